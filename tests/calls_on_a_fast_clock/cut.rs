//! Networks that cut, delay, double and swallow: nothing is lost, nothing is
//! doubled, and the call goes on by itself.

use crate::calls::{
    RATE, Running, Taken, Talker, Typist, engine, open, start, take, type_answers, wire,
};
use futures_util::{SinkExt, StreamExt};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use viva::call::{CallError, CallEvent, Outcome, deliver_left, run};
use viva::event::*;
use viva::interview::score::Lexical;
use viva::protocol::SUBPROTOCOL;
use viva::record::{RecordReader, SessionState, Trust, list, verify};
use viva::replay::rederive;
use viva::server::INTERVIEW_PATH;
use viva::speech::scripted::{ScriptedRecognizer, SilentVoice};
use viva::speech::{Recognizer, Synthesizer};

/// What a network does to a call.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    seed: u64,
    /// Cuts after this many messages, each time anew.
    cut_after: Option<(usize, usize)>,
    /// So many cuts at most.
    cuts: usize,
    /// Share of messages that come twice.
    doubled: f64,
    /// Longest delay of a message, in milliseconds.
    delay_ms: u64,
}

/// A network between a candidate's side and an engine.
struct Network {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    faults: Faults,
    upstream: Mutex<String>,
    /// Nothing goes through, and nobody is told.
    swallows: AtomicBool,
    /// No connection is accepted.
    down: AtomicBool,
    /// Counts the cuts that were asked for.
    cut: watch::Sender<u64>,
    cuts: AtomicUsize,
    doubled: AtomicUsize,
    /// Client messages that went through.
    passed: AtomicUsize,
}

impl Network {
    async fn new(engine: &Running, faults: Faults) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            faults,
            upstream: Mutex::new(engine.url.clone()),
            swallows: AtomicBool::new(false),
            down: AtomicBool::new(false),
            cut: watch::Sender::new(0),
            cuts: AtomicUsize::new(0),
            doubled: AtomicUsize::new(0),
            passed: AtomicUsize::new(0),
        });
        let network = shared.clone();
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((socket, _)) = listener.accept().await {
                number += 1;
                if !network.down.load(Ordering::SeqCst) {
                    tokio::spawn(carry(network.clone(), socket, number));
                }
            }
        });
        Self {
            url: format!("ws://{address}{INTERVIEW_PATH}"),
            shared,
        }
    }

    fn leads_to(&self, engine: &Running) {
        self.shared.upstream.lock().unwrap().clone_from(&engine.url);
    }

    fn cut(&self) {
        self.shared.cut.send_modify(|n| *n += 1);
    }

    fn count(&self, of: impl Fn(&Shared) -> &AtomicUsize) -> usize {
        of(&self.shared).load(Ordering::SeqCst)
    }
}

#[allow(clippy::result_large_err, reason = "the library's own signature")]
fn agree(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    response
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    Ok(response)
}

/// Carries one connection until it is cut or ends.
async fn carry(shared: Arc<Shared>, socket: TcpStream, number: u64) {
    let faults = shared.faults;
    let mut cut = shared.cut.subscribe();
    let mut chance = ChaCha8Rng::seed_from_u64(faults.seed ^ number);
    let upstream = shared.upstream.lock().unwrap().clone();
    let mut request = upstream.as_str().into_client_request().unwrap();
    let protocol = HeaderValue::from_static(SUBPROTOCOL);
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let Ok((mut engine, _)) = tokio_tungstenite::connect_async(request).await else {
        return;
    };
    let Ok(mut candidate) = tokio_tungstenite::accept_hdr_async(socket, agree).await else {
        return;
    };
    let cut_after = faults
        .cut_after
        .map(|(least, most)| chance.random_range(least..=most));
    let mut carried = 0;
    loop {
        let (up, message) = tokio::select! {
            _ = cut.changed() => {
                shared.cuts.fetch_add(1, Ordering::SeqCst);
                return;
            }
            message = candidate.next() => (true, message),
            message = engine.next() => (false, message),
        };
        let Some(Ok(message)) = message else {
            return;
        };
        if matches!(message, Message::Ping(_) | Message::Pong(_)) {
            if shared.swallows.load(Ordering::SeqCst) {
                // Its own answer to a ping would be a sign of life.
                std::future::pending::<()>().await;
            }
            continue;
        }
        if shared.swallows.load(Ordering::SeqCst) {
            let _ = cut.changed().await;
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if faults.delay_ms > 0 {
            let delay = chance.random_range(0..=faults.delay_ms);
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let doubles = carried > 4 && chance.random_bool(faults.doubled);
        for _ in 0..=usize::from(doubles) {
            let passed = if up {
                shared.passed.fetch_add(1, Ordering::SeqCst);
                engine.send(message.clone()).await.is_ok()
            } else {
                candidate.send(message.clone()).await.is_ok()
            };
            if !passed {
                return;
            }
        }
        shared
            .doubled
            .fetch_add(usize::from(doubles), Ordering::SeqCst);
        carried += 1;
        let cuts = shared.cuts.load(Ordering::SeqCst);
        if cut_after.is_some_and(|n| carried >= n) && cuts < faults.cuts {
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return;
        }
    }
}

fn parts() -> (Box<dyn Recognizer>, Box<dyn Synthesizer>) {
    let ears = ScriptedRecognizer::texts([""; 0]);
    (Box::new(ears), Box::new(SilentVoice))
}

fn log_of(record: &Path) -> Vec<Record> {
    let reader = RecordReader::open(record).unwrap();
    reader.records().unwrap().map(Result::unwrap).collect()
}

/// Whole, derivable, with every typed answer once and in order, and with
/// every sample that the candidate spoke.
fn nothing_is_lost_or_doubled(record: &Path, taken: &Taken) {
    assert_eq!(verify(record, &Trust::Any), []);
    let found = rederive(record, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    let log = log_of(record);
    let typed: Vec<&str> = log
        .iter()
        .filter_map(|r| match &r.event {
            Event::Input {
                input: Input::Utterance(u),
            } if u.source == Source::Typed => Some(u.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(typed, taken.typed);
    let lost: Vec<&Event> = log
        .iter()
        .map(|r| &r.event)
        .filter(|e| matches!(e, Event::Gap { why, .. } if why != "before consent"))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    every_sample_is_there(record, &log);
}

/// The near track is what the candidate said, sample by sample.
fn every_sample_is_there(record: &Path, log: &[Record]) {
    let began = log
        .iter()
        .find_map(|r| match &r.event {
            Event::Gap {
                why,
                first_sample,
                samples,
                track: Track::Near,
            } if why == "before consent" => Some((first_sample + samples) as usize),
            _ => None,
        })
        .unwrap();
    let mut wav = hound::WavReader::open(record.join("call.wav")).unwrap();
    let near: Vec<i16> = wav
        .samples::<i16>()
        .step_by(2)
        .map(Result::unwrap)
        .collect();
    let talker = Talker::new();
    let said = |n: usize| (talker.at(n as u64) * 32_767.0).round() as i32;
    let wrong = (began..near.len())
        .filter(|n| (i32::from(near[*n]) - said(*n)).abs() > 1)
        .count();
    assert_eq!(wrong, 0, "of {} samples", near.len() - began);
    assert!(near.len() > began + 30 * RATE as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_cuts_delays_and_doubles_loses_nothing() {
    for seed in 1..=3 {
        let home = tempfile::tempdir().unwrap();
        let engine = engine(home.path()).await;
        let faults = Faults {
            seed,
            cut_after: Some((20, 400)),
            cuts: 12,
            doubled: 0.1,
            delay_ms: 2,
        };
        let network = Network::new(&engine, faults).await;
        let taken = take(
            home.path(),
            &engine,
            &network.url,
            parts(),
            Typist::default(),
        )
        .await;
        let outcome = taken.outcome.as_ref().unwrap();
        assert_eq!(outcome.reason, EndReason::Completed);
        let record = record_of(&engine);
        nothing_is_lost_or_doubled(&record, &taken);
        assert!(network.count(|s| &s.cuts) >= 3);
        assert!(network.count(|s| &s.doubled) >= 10);
        assert!(taken.losses >= 3);
        // What was unsent is not kept longer than it is needed.
        let left = std::fs::read_dir(home.path().join("spool"))
            .unwrap()
            .count();
        assert_eq!(left, 0);
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_goes_on_after_its_engine_was_started_anew() {
    let home = tempfile::tempdir().unwrap();
    let first = engine(home.path()).await;
    let clock = first.engine.clock.clone().unwrap();
    let network = Network::new(&first, Faults::default()).await;
    let (view, seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let mut watching = view.subscribe();
    let (_, call) = open(home.path(), &first, &network.url, parts(), view, commands).await;
    let typing = tokio::spawn(type_answers(Typist::default(), seen, keys));
    let calling = tokio::spawn(run(call));
    // In the middle of the introduction the engine goes and comes back.
    until(&mut watching, |e| matches!(e, CallEvent::Consent(true))).await;
    first.stop().await;
    let second = start(home.path(), clock).await;
    network.leads_to(&second);
    let taken = completed(calling, typing).await;
    assert!(taken.losses >= 1);
    let record = record_of(&second);
    nothing_is_lost_or_doubled(&record, &taken);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path()).await;
    let network = Network::new(&engine, Faults::default()).await;
    let (view, seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let mut watching = view.subscribe();
    let (_, call) = open(home.path(), &engine, &network.url, parts(), view, commands).await;
    let typing = tokio::spawn(type_answers(Typist::default(), seen, keys));
    let calling = tokio::spawn(run(call));
    until(&mut watching, |e| matches!(e, CallEvent::Consent(true))).await;
    network.shared.swallows.store(true, Ordering::SeqCst);
    until(&mut watching, |e| {
        matches!(e, CallEvent::Connection { up: false })
    })
    .await;
    network.shared.swallows.store(false, Ordering::SeqCst);
    let taken = completed(calling, typing).await;
    let record = record_of(&engine);
    nothing_is_lost_or_doubled(&record, &taken);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_side_had_not_sent_is_sent_at_its_next_start() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path()).await;
    let network = Network::new(&engine, Faults::default()).await;
    let (view, seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let mut watching = view.subscribe();
    let (session, call) = open(home.path(), &engine, &network.url, parts(), view, commands).await;
    let typist = Typist {
        silent_after: Some(1),
        ..Typist::default()
    };
    let typing = tokio::spawn(type_answers(typist, seen, keys.clone()));
    let calling = tokio::spawn(run(call));
    until(&mut watching, |e| matches!(e, CallEvent::Consent(true))).await;
    network.shared.down.store(true, Ordering::SeqCst);
    network.cut();
    until(&mut watching, |e| {
        matches!(e, CallEvent::Connection { up: false })
    })
    .await;
    let said = "This was said while nobody could be reached.";
    keys.send(viva::call::Command::Type(said.into()))
        .await
        .unwrap();
    while !matches!(
        watching.recv().await.unwrap(),
        CallEvent::Utterance(u) if u.text == said
    ) {}
    // It is in the spool once the wire's task has it.
    let dir = home.path().join("spool").join(&session);
    while !spooled(&dir, said) {
        tokio::task::yield_now().await;
    }
    calling.abort();
    let _ = calling.await;
    drop(keys);
    typing.await.unwrap();

    network.shared.down.store(false, Ordering::SeqCst);
    let facts = ClientFacts::default();
    let sent = deliver_left(
        &viva::call::Address::new(&network.url),
        &wire(home.path()),
        facts,
        &session,
    )
    .await
    .unwrap();
    assert!(sent > 0);
    let record = engine.engine.sessions_dir().join(&session);
    let once = log_of(&record)
        .iter()
        .filter(
            |r| matches!(&r.event, Event::Input { input: Input::Utterance(u) } if u.text == said),
        )
        .count();
    assert_eq!(once, 1);
    assert!(!dir.exists());
    let state = list(&engine.engine.sessions_dir()).unwrap().remove(0).state;
    assert_ne!(state, SessionState::Complete);
    engine.stop().await;
}

/// Follows a call until something is shown.
async fn until(watching: &mut broadcast::Receiver<CallEvent>, is: impl Fn(&CallEvent) -> bool) {
    while !is(&watching.recv().await.unwrap()) {}
}

/// What came of a call that was taken to its end.
async fn completed(
    calling: JoinHandle<Result<Outcome, CallError>>,
    typing: JoinHandle<(Vec<String>, Vec<String>, usize)>,
) -> Taken {
    let outcome = calling.await.unwrap();
    let (problems, typed, losses) = typing.await.unwrap();
    assert_eq!(outcome.as_ref().unwrap().reason, EndReason::Completed);
    Taken {
        outcome,
        problems,
        typed,
        losses,
    }
}

/// Whether a spool holds this answer.
fn spooled(dir: &Path, said: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).contains(said)
    })
}

/// The only record of an engine.
fn record_of(running: &Running) -> PathBuf {
    let dir = running.engine.sessions_dir();
    let sessions = list(&dir).unwrap();
    assert_eq!(sessions.len(), 1);
    dir.join(&sessions[0].id)
}
