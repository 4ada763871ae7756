//! How far away the engine is.

use super::{Finding, rounded};
use crate::call::{Address, Link, LinkError};
use crate::clock::Clock;
use crate::server::{Admission, Engine, INTERVIEW_PATH, serve};
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the engine is called where none is named.
pub const OWN_ENGINE: &str = "an engine on this machine";

/// Round trips that are measured.
const TIMES: usize = 12;
/// Pause between them.
const PAUSE: Duration = Duration::from_millis(25);
/// A usual round trip longer than this is felt in every reply, in ms.
const FAR_MS: f32 = 150.0;
/// One that takes so long now and then makes replies stumble, in ms.
const STUMBLE_MS: f32 = 1_000.0;

/// Connects to the engine at `address`, or to one that is started here for
/// it, and measures how long its answers take. No session is begun.
pub async fn round_trip(address: Option<&Address>, data_dir: &Path) -> Finding {
    let stop = CancellationToken::new();
    let (name, address) = match address {
        Some(address) => (address.url().to_owned(), address.clone()),
        None => match start(data_dir, stop.clone()).await {
            Ok(url) => (OWN_ENGINE.to_owned(), Address::new(&url)),
            Err(error) => {
                return Finding::failed(
                    "engine",
                    format!("No engine can be started here: {error}"),
                    "Another program may hold all ports of this machine",
                );
            }
        },
    };
    let measured = measure(&address).await;
    stop.cancel();
    match measured {
        Ok((connect_ms, trips)) => judge(&name, connect_ms, trips),
        Err(error) => Finding::failed(
            "engine",
            error.to_string(),
            "Look at the address and at the network, or ask whoever invited you",
        ),
    }
}

async fn start(data_dir: &Path, stop: CancellationToken) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}{INTERVIEW_PATH}", listener.local_addr()?);
    let engine = Engine {
        data_dir: data_dir.to_owned(),
        sessions_dir: None,
        clock: None,
        admission: Admission::Open,
        similarity: None,
        local: true,
        stop,
    };
    tokio::spawn(serve(listener, engine));
    Ok(url)
}

/// Milliseconds to connect, and of each round trip.
async fn measure(address: &Address) -> Result<(f32, Vec<f32>), LinkError> {
    let clock = Clock::system();
    let since = |from: u64| (clock.nanos() - from) as f32 / 1e6;
    let from = clock.nanos();
    let mut link = Link::open(address).await?;
    let connect_ms = since(from);
    let mut trips = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let from = clock.nanos();
        link.ping().await?;
        trips.push(since(from));
        tokio::time::sleep(PAUSE).await;
    }
    link.close().await;
    Ok((connect_ms, trips))
}

fn judge(name: &str, connect_ms: f32, mut trips: Vec<f32>) -> Finding {
    trips.sort_by(f32::total_cmp);
    let usual = trips[trips.len() / 2];
    let most = trips[trips.len() - 1];
    let says = format!("{name} answers within {usual:.1} ms, {most:.1} ms at most");
    let finding = if usual > FAR_MS || most > STUMBLE_MS {
        Finding::warning(
            "engine",
            says,
            "Every reply comes later by that: use a cable or stand nearer to the wireless router",
        )
    } else {
        Finding::ok("engine", says)
    };
    finding
        .with("connect_ms", rounded(connect_ms))
        .with("round_trip_p50_ms", rounded(usual))
        .with("round_trip_max_ms", rounded(most))
        .with("round_trips", trips.len())
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[tokio::test]
    async fn an_engine_of_its_own_is_near_and_begins_no_session() {
        let dir = tempfile::tempdir().unwrap();
        let found = round_trip(None, dir.path()).await;
        assert!(found.says.starts_with(OWN_ENGINE), "{found:?}");
        assert_eq!(found.facts["round_trips"], TIMES);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_named() {
        // Bound and closed again: nobody listens there.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/v1/interview", free.local_addr().unwrap());
        drop(free);
        let found = round_trip(Some(&Address::new(&url)), Path::new("/nowhere")).await;
        assert_eq!(found.verdict, Verdict::Failed);
        assert!(found.says.contains(&url), "{found:?}");
    }

    #[test]
    fn a_far_engine_is_a_warning() {
        assert_eq!(judge("it", 1.0, vec![200.0; 5]).verdict, Verdict::Warning);
        assert_eq!(judge("it", 1.0, vec![20.0; 5]).verdict, Verdict::Ok);
        let stumbles = vec![20.0, 20.0, 20.0, 1_500.0];
        assert_eq!(judge("it", 1.0, stumbles).verdict, Verdict::Warning);
    }
}
