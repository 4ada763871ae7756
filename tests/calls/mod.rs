//! Drives whole calls on a fast clock whose answers are typed, with somebody
//! who also speaks, so that there is sound to keep.
#![allow(dead_code, reason = "each suite uses a part of it")]

pub(crate) mod seat;

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use viva::audio::{AudioSession, AudioSettings, MicSource, MicSpec, Pace, SpeakerSpec};
use viva::call::{Call, CallError, CallEvent, Command, Link, Outcome, Voice, WireSettings, run};
use viva::clock::Clock;
use viva::event::*;
use viva::protocol::{ClientMessage, Document, Resume, ServerMessage, SetupRequest, VERSION};
use viva::server::{Engine, INTERVIEW_PATH, serve};
use viva::speech::voices::open_voice;
use viva::speech::worker::RecognizerWorker;
use viva::speech::{Recognizer, Synthesizer};

const JOB: &str = include_str!("../../config/jobs/python-backend-developer.toml");
pub(crate) const RATE: u64 = 16_000;

/// Somebody who says the same words every 25 seconds.
#[derive(Clone)]
pub(crate) struct Talker {
    words: Arc<[f32]>,
}

impl Talker {
    pub(crate) fn new() -> Self {
        let mut words = Vec::new();
        let mut voice = open_voice("rms", 1.0).unwrap();
        let text = "I have built a service in Python that answers requests.";
        voice
            .speak(text, &mut |pcm| {
                words.extend_from_slice(pcm);
                ControlFlow::Continue(())
            })
            .unwrap();
        Self {
            words: words.into(),
        }
    }

    /// What is heard at a sample.
    pub(crate) fn at(&self, sample: u64) -> f32 {
        let place = (sample % (25 * RATE)) as usize;
        self.words.get(place).copied().unwrap_or(0.0)
    }
}

impl MicSource for Talker {
    fn fill(&mut self, at: u64, out: &mut [f32]) {
        for (at, sample) in (at..).zip(out) {
            *sample = self.at(at);
        }
    }
}

/// An engine on a loopback port that can be stopped and started anew.
pub(crate) struct Running {
    pub(crate) engine: Engine,
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.engine.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

/// Starts an engine on a clock that is driven.
pub(crate) async fn engine(home: &Path) -> Running {
    start(home, Clock::driven()).await
}

pub(crate) async fn start(home: &Path, clock: Clock) -> Running {
    let engine = Engine {
        clock: Some(clock),
        ..seat::engine_here(home)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    Running {
        url: format!("ws://{address}{INTERVIEW_PATH}"),
        address,
        serving: tokio::spawn(serve(listener, engine.clone())),
        engine,
    }
}

/// Who types the answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typist {
    /// Types a long answer only once a problem was shown.
    pub(crate) waits_for_a_problem: bool,
    /// Falls silent after so many answers.
    pub(crate) silent_after: Option<usize>,
}

/// What came of a call.
pub(crate) struct Taken {
    pub(crate) outcome: Result<Outcome, CallError>,
    /// Problems that the candidate was shown.
    pub(crate) problems: Vec<String>,
    /// Answers that were typed, in order.
    pub(crate) typed: Vec<String>,
    /// How often the connection was shown as lost.
    pub(crate) losses: usize,
}

/// What the candidate's side runs on, and its spool.
pub(crate) fn wire(home: &Path) -> WireSettings {
    WireSettings {
        spool: home.join("spool"),
        give_up_after: Duration::from_secs(60),
    }
}

/// A document of a name.
pub(crate) fn document(name: &str, text: &str) -> Document {
    Document {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// Asks for a short interview without a résumé, or for one that goes on.
pub(crate) fn hello(resume: Option<Resume>) -> ClientMessage {
    hello_with(short(), resume)
}

/// The same with settings of one's own.
pub(crate) fn hello_with(settings: Settings, resume: Option<Resume>) -> ClientMessage {
    ClientMessage::Hello {
        protocol: VERSION,
        client: ClientFacts::default(),
        setup: Box::new(SetupRequest {
            job: document("job.toml", JOB),
            settings,
            ..SetupRequest::default()
        }),
        resume,
    }
}

/// One technical question.
pub(crate) fn short() -> Settings {
    Settings {
        questions: 1,
        ..Settings::default()
    }
}

/// What the candidate's side hears, and how it is interviewed.
pub(crate) struct Side {
    pub(crate) mic: MicSpec,
    pub(crate) barge_in: bool,
    pub(crate) settings: Settings,
}

/// Opens a call; the session's id comes with it.
pub(crate) async fn open(
    home: &Path,
    running: &Running,
    url: &str,
    parts: (Box<dyn Recognizer>, Box<dyn Synthesizer>),
    view: broadcast::Sender<CallEvent>,
    commands: mpsc::Receiver<Command>,
) -> (String, Call) {
    let side = Side {
        mic: MicSpec::Live(Box::new(Talker::new())),
        barge_in: false,
        settings: short(),
    };
    open_as(side, home, running, url, parts, view, commands).await
}

/// The same with a side of its own.
pub(crate) async fn open_as(
    side: Side,
    home: &Path,
    running: &Running,
    url: &str,
    parts: (Box<dyn Recognizer>, Box<dyn Synthesizer>),
    view: broadcast::Sender<CallEvent>,
    commands: mpsc::Receiver<Command>,
) -> (String, Call) {
    let hello = hello_with(side.settings.clone(), None);
    open_for(&hello, side, (home, running, url), parts, view, commands).await
}

/// The same with a hello of its own; the side's settings do not count.
pub(crate) async fn open_for(
    hello: &ClientMessage,
    side: Side,
    (home, running, url): (&Path, &Running, &str),
    (ears, voice): (Box<dyn Recognizer>, Box<dyn Synthesizer>),
    view: broadcast::Sender<CallEvent>,
    commands: mpsc::Receiver<Command>,
) -> (String, Call) {
    let mut link = Link::connect(url).await.unwrap();
    let settings = AudioSettings {
        pace: Pace::Fast,
        clock: running.engine.clock.clone(),
        echo_cancel: false,
        barge_in: side.barge_in,
        ..AudioSettings::default()
    };
    let audio = AudioSession::open(side.mic, SpeakerSpec::None, settings).unwrap();
    let voice = Voice::start(voice, audio.player.clone()).unwrap();
    let welcome = link.hello(hello).await.unwrap();
    let ServerMessage::Welcome { session, .. } = &welcome else {
        panic!("expected a welcome, found {welcome:?}");
    };
    let session = session.clone();
    let call = Call {
        link,
        welcome,
        client: ClientFacts::default(),
        wire: wire(home),
        audio,
        recognizer: RecognizerWorker::spawn(ears).unwrap(),
        voice,
        consent_beforehand: false,
        pause_factor: 1.0,
        view,
        commands,
    };
    (session, call)
}

/// Takes a whole interview whose answers are typed, whatever is heard.
pub(crate) async fn take(
    home: &Path,
    running: &Running,
    url: &str,
    parts: (Box<dyn Recognizer>, Box<dyn Synthesizer>),
    typist: Typist,
) -> Taken {
    let (view, seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let (_, call) = open(home, running, url, parts, view, commands).await;
    let typing = tokio::spawn(type_answers(typist, seen, keys));
    let outcome = run(call).await;
    let (problems, typed, losses) = typing.await.unwrap();
    Taken {
        outcome,
        problems,
        typed,
        losses,
    }
}

/// Answers whatever is asked until the call is over.
pub(crate) async fn type_answers(
    typist: Typist,
    mut seen: broadcast::Receiver<CallEvent>,
    keys: mpsc::Sender<Command>,
) -> (Vec<String>, Vec<String>, usize) {
    let (mut problems, mut typed, mut losses) = (Vec::new(), Vec::<String>::new(), 0);
    let mut waits = typist.waits_for_a_problem;
    let next = |typed: &mut Vec<String>, text: String| {
        if typist.silent_after.is_some_and(|n| typed.len() >= n) {
            return None;
        }
        typed.push(text.clone());
        Some(Command::Type(text))
    };
    while let Ok(event) = seen.recv().await {
        let long = |typed: &Vec<String>| {
            format!("I use Python and PostgreSQL, answer {}.", typed.len() + 1)
        };
        match event {
            CallEvent::Problem(message) => {
                problems.push(message);
                if std::mem::take(&mut waits) {
                    let text = long(&typed);
                    if let Some(answer) = next(&mut typed, text) {
                        let _ = keys.send(answer).await;
                    }
                }
            }
            CallEvent::Connection { up: false } => losses += 1,
            CallEvent::LineEnded { line, hold, .. } => {
                let answer = match line.expects {
                    Expects::Nothing => continue,
                    Expects::YesNo => Some(Command::Consent(true)),
                    Expects::Short => next(&mut typed, "No, thank you.".into()),
                    Expects::Long if waits => continue,
                    Expects::Long => {
                        let text = long(&typed);
                        next(&mut typed, text)
                    }
                };
                if let Some(answer) = answer {
                    let _ = keys.send(answer).await;
                }
                drop(hold);
            }
            _ => {}
        }
    }
    (problems, typed, losses)
}
