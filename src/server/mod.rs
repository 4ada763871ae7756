//! The engine's side: a websocket for each candidate with a session task
//! that owns the interview and its record, sockets for those who follow a
//! call, and an HTTP API over accounts, invitations and records.
//!
//! The library takes a bound listener and a stop token; it never binds or
//! listens for signals by itself.
//!
//! Where live sessions are registered ([`Registry`]), how what happens fans
//! out ([`FanOut`]) and where records rest ([`Shelf`]) are three seams; the
//! defaults stay in this process and on this machine.

mod access;
mod admit;
mod compare;
mod console;
mod copying;
mod entry;
mod fanout;
mod glance;
mod guard;
mod health;
mod house;
mod limits;
mod listing;
mod live;
mod metrics;
mod monitor;
mod openapi;
mod passes;
mod peaks;
mod people;
mod prepare;
mod problem;
mod records;
mod recover;
mod registry;
mod resume;
mod review;
mod routes;
mod session;
mod signing_in;
mod signins;
mod socket;
mod tls;
mod watched;
mod witness;

pub use fanout::{FanOut, FanOuts, Feed, InProcess, Next};
pub use limits::Limits;
pub use live::{Coverage, Live, Order, Progress, Sound, Stamped, Standing, Update, Watcher};
pub use monitor::{FollowerMessage, LIVE_SUBPROTOCOL, LiveMessage};
pub use openapi::description;
pub use prepare::prepare;
pub use recover::{Recovered, RecoveredState, recover, recover_one};
pub use registry::{LocalFolder, Map, Registry, Shelf};
pub use routes::{Needs, ROUTES, Route};
pub use session::{Opening, Refusal, Session};
pub use tls::tls_from_files;
pub use witness::Witness;

use crate::accounts::{Accounts, Secret};
use crate::clock::{Clock, unix_millis};
use crate::interview::score::Similarity;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, delete, get, post};
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use house::House;
use std::net::SocketAddr;
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
    /// Who is let in.
    pub admission: Admission,
    /// What judges closeness of meaning in the documents, where one is
    /// installed; the words alone do otherwise. The course of an interview
    /// never depends on it.
    pub similarity: Option<Arc<dyn Similarity + Send + Sync>>,
    /// Stops every session: they are told, and their records finished.
    pub stop: CancellationToken,
}

/// Whom an engine lets in.
#[derive(Clone, Debug)]
pub enum Admission {
    /// Anybody, as a candidate: for an engine inside this process.
    Open,
    /// Whoever has this secret, as a candidate: for an engine that a program
    /// starts for its own call.
    Secret(Secret),
    /// Whoever has an account, a token or an invitation.
    Accounts(Arc<Accounts>),
}

/// How an engine is served.
#[derive(Clone, Default)]
pub struct Serving {
    /// What is bounded.
    pub limits: Limits,
    /// Certificate and key, where TLS ends here.
    pub tls: Option<RustlsConfig>,
    /// A proxy before the engine ends TLS and says where requests come from.
    pub behind_proxy: bool,
    /// Who stamps what is sealed with the time. Nobody waits for it, and a
    /// stamp that fails changes nothing.
    pub witness: Option<Witness>,
    /// Whether who opens a record must say why; the reason stands on the
    /// access log.
    pub reason_required: bool,
    /// Where live sessions are registered, if not in this process.
    pub registry: Option<Arc<dyn Registry>>,
    /// How events fan out, if not in this process.
    pub fan_outs: Option<Arc<dyn FanOuts>>,
    /// Where records rest, if not in the engine's folder.
    pub shelf: Option<Arc<dyn Shelf>>,
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
    serve_as(listener, engine, Serving::default()).await
}

/// How long calls may need to finish their records after the stop.
const SEAL_WITHIN: Duration = Duration::from_secs(60);
/// How long other requests may go on after the stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(2);
/// How long a connection may take to its first request.
const REQUEST_WITHIN: Duration = Duration::from_secs(20);

/// The same, with limits, TLS and seams of one's own. When it returns, every
/// call's record is sealed, or marked as interrupted.
///
/// # Errors
///
/// Where the listener fails.
pub async fn serve_as(
    listener: TcpListener,
    engine: Engine,
    serving: Serving,
) -> std::io::Result<()> {
    let stop = engine.stop.clone();
    let house = Arc::new(House::new(engine, &serving));
    let app = router(house.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let sweeping = tokio::spawn(sweep(house.clone()));
    let reviewing = tokio::spawn(house.clone().review_always());
    let handle = axum_server::Handle::new();
    let stopping = tokio::spawn({
        let handle = handle.clone();
        async move {
            stop.cancelled().await;
            handle.graceful_shutdown(Some(DRAIN_WITHIN));
        }
    });
    let server = axum_server::Server::<SocketAddr>::from_listener(listener)
        .handle(handle)
        .first_request_timeout(REQUEST_WITHIN)
        // Small messages must not wait for each other.
        .acceptor(NoDelayAcceptor::new());
    let served = match serving.tls {
        Some(tls) => {
            let tls = |plain| RustlsAcceptor::new(tls).acceptor(plain);
            server.map(tls).serve(app).await
        }
        None => server.serve(app).await,
    };
    stopping.abort();
    sweeping.abort();
    reviewing.abort();
    if tokio::time::timeout(SEAL_WITHIN, house.emptied())
        .await
        .is_err()
    {
        tracing::warn!("a call did not end in time; the next start finishes its record");
    }
    served
}

fn router(house: Arc<House>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/v1/openapi.json", get(openapi::openapi))
        .merge(console::routes())
        .route("/v1/setup", post(signing_in::set_up))
        .route("/v1/sign-in", post(signing_in::sign_in))
        .route("/v1/sign-out", post(signing_in::sign_out))
        .route("/v1/me", get(signing_in::me))
        .route("/v1/me/password", post(signing_in::own_password))
        .route("/v1/users", get(people::users).post(people::add_user))
        .route("/v1/users/{name}", delete(people::remove_user))
        .route("/v1/users/{name}/password", post(people::set_password))
        .route("/v1/tokens", get(people::tokens).post(people::add_token))
        .route("/v1/tokens/{id}", delete(people::revoke_token))
        .route(
            "/v1/invitations",
            get(people::invitations).post(people::invite),
        )
        .route("/v1/documents/{name}", post(people::read_document))
        .route("/v1/invitations/{id}", delete(people::revoke_invitation))
        .route(INTERVIEW_PATH, any(socket::interview))
        .route("/v1/live", get(monitor::live))
        .route("/v1/live/{id}", any(monitor::follow))
        .route("/v1/sessions", get(listing::sessions))
        .route("/v1/sessions/{id}", get(records::session))
        .route("/v1/sessions/{id}/review", get(review::review))
        .route("/v1/sessions/{id}/transcript", get(records::transcript))
        .route("/v1/sessions/{id}/events", get(records::events))
        .route("/v1/sessions/{id}/audio", get(records::audio))
        .route("/v1/sessions/{id}/peaks", get(records::peaks))
        .route("/v1/sessions/{id}/documents", get(records::documents))
        .route("/v1/sessions/{id}/documents/{name}", get(records::document))
        .route("/v1/sessions/{id}/verify", get(records::verify))
        .route(
            "/v1/sessions/{id}/notes",
            get(records::notes).post(records::add_note),
        )
        .route("/v1/jobs", get(compare::jobs))
        .route("/v1/jobs/{id}/comparison", get(compare::comparison))
        .route("/v1/jobs/{id}/comparison/names", post(compare::names))
        .route("/v1/study", get(compare::study))
        .route("/v1/study/page", get(compare::study_page))
        .route_layer(from_fn_with_state(house.clone(), guard::guard))
        .fallback(guard::nowhere)
        .layer(DefaultBodyLimit::max(house.limits.body))
        .with_state(house)
}

/// How often interrupted sessions are looked through for those that nobody
/// came back to.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Recovers again and again. Whoever starts an engine recovers first, before
/// anybody can connect.
async fn sweep(house: Arc<House>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let engine = house.engine.clone();
        let swept = tokio::task::spawn_blocking(move || recover(&engine, unix_millis())).await;
        match swept {
            Ok(Ok(done)) => {
                for one in done {
                    tracing::info!(session = one.session, state = ?one.state, "recovered");
                    if matches!(one.state, RecoveredState::Interrupted { .. }) {
                        continue;
                    }
                    house.retire(&one.session);
                    if let (Some(witness), RecoveredState::Finished { .. }) =
                        (&house.witness, &one.state)
                    {
                        witness.stamp_later(&house.engine, &one.session);
                    }
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "sessions were not recovered"),
            Err(error) => tracing::warn!(%error, "sessions were not recovered"),
        }
        let shelf = house.shelf.clone();
        peaks::tidy(&house.engine.data_dir, |id| shelf.folder(id).is_ok());
        if let Admission::Accounts(accounts) = &house.engine.admission
            && let Err(error) = accounts.tidy_invitations(unix_millis())
        {
            tracing::warn!(%error, "invitations were not tidied");
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
