//! The engine's side of a call: a websocket for each candidate, a session
//! task that owns the interview and its record.
//!
//! The library takes a bound listener and a stop token; it never binds or
//! listens for signals by itself.

mod recover;
mod resume;
mod session;
mod socket;
mod witness;

pub use recover::{Recovered, RecoveredState, recover, recover_one};
pub use session::{Opening, Refusal, Session, prepare};
pub use witness::Witness;

use crate::clock::{Clock, unix_millis};
use crate::interview::score::Similarity;
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::{any, get};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Path of the candidate's websocket.
pub const INTERVIEW_PATH: &str = "/v1/interview";

/// What every session of an engine shares.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Folder for sessions and keys.
    pub data_dir: PathBuf,
    /// Folder of the sessions, where it is not `data_dir/sessions`.
    pub sessions_dir: Option<PathBuf>,
    /// A driven clock for calls that run faster than real time; each session
    /// follows the system's clock otherwise.
    pub clock: Option<Clock>,
    /// Whether both sides are on one machine: the record's folder is named
    /// to the candidate's side then.
    pub local: bool,
    /// What judges closeness of meaning in the documents, where one is
    /// installed; the words alone do otherwise. The course of an interview
    /// never depends on it.
    pub similarity: Option<Arc<dyn Similarity + Send + Sync>>,
    /// Stops every session: they are told, and their records finished.
    pub stop: CancellationToken,
}

impl Engine {
    /// The folder that holds the sessions.
    pub fn sessions_dir(&self) -> PathBuf {
        self.sessions_dir
            .clone()
            .unwrap_or_else(|| self.data_dir.join("sessions"))
    }
}

/// Serves interviews until the engine's stop token is cancelled.
///
/// # Errors
///
/// Where the listener fails.
pub async fn serve(listener: TcpListener, engine: Engine) -> std::io::Result<()> {
    serve_witnessed(listener, engine, None).await
}

/// The same; what is sealed gets a time stamp from the witness, if there is
/// one. Nobody waits for it, and a stamp that fails changes nothing.
///
/// # Errors
///
/// Where the listener fails.
pub async fn serve_witnessed(
    listener: TcpListener,
    engine: Engine,
    witness: Option<Witness>,
) -> std::io::Result<()> {
    let stop = engine.stop.clone();
    let app = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route(INTERVIEW_PATH, any(socket::interview))
        .with_state(Arc::new(socket::Held::new(engine.clone(), witness.clone())));
    let sweeping = tokio::spawn(sweep(engine, witness));
    let served = axum::serve(listener, app)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await;
    sweeping.abort();
    served
}

/// How often interrupted sessions are looked through for those that nobody
/// came back to.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Recovers again and again. Whoever starts an engine recovers first, before
/// anybody can connect.
async fn sweep(engine: Engine, witness: Option<Witness>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let recovering = engine.clone();
        let swept = tokio::task::spawn_blocking(move || recover(&recovering, unix_millis())).await;
        match swept {
            Ok(Ok(done)) => {
                for one in done {
                    tracing::info!(session = one.session, state = ?one.state, "recovered");
                    if let (Some(witness), RecoveredState::Finished { .. }) = (&witness, &one.state)
                    {
                        witness.stamp_later(&engine, &one.session);
                    }
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "sessions were not recovered"),
            Err(error) => tracing::warn!(%error, "sessions were not recovered"),
        }
    }
}

/// Whether a request may come in: programs send no `Origin`, pages of this
/// very server send its own; any other page is refused.
fn origin_allowed(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let origin = origin.to_str().ok().and_then(|o| o.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_and_own_pages_may_connect() {
        let check = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:7800".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            origin_allowed(&headers)
        };
        assert!(check(None));
        assert!(check(Some("http://127.0.0.1:7800")));
        assert!(!check(Some("http://127.0.0.1:9999")));
        assert!(!check(Some("https://elsewhere.example")));
        assert!(!check(Some("null")));
    }
}
