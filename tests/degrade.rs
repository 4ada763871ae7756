//! Where a part of a call dies, the call goes on without it: the recording
//! continues, the log says what failed, and the candidate can still answer.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use viva::audio::{AudioSession, AudioSettings, MicSource, MicSpec, Pace, SpeakerSpec};
use viva::call::{Call, CallEvent, Command, Link, Voice, run};
use viva::clock::Clock;
use viva::event::*;
use viva::interview::score::Lexical;
use viva::protocol::{ClientMessage, Document, SetupRequest, VERSION};
use viva::record::{RecordReader, Trust, verify};
use viva::replay::rederive;
use viva::server::{Engine, INTERVIEW_PATH, serve};
use viva::speech::scripted::{ScriptedRecognizer, SilentVoice};
use viva::speech::voices::open_voice;
use viva::speech::worker::RecognizerWorker;
use viva::speech::{Recognizer, SpeechError, Synthesizer};

const JOB: &str = include_str!("../config/jobs/python-backend-developer.toml");
const RATE: u64 = 16_000;

/// Somebody who says the same words every 25 seconds.
struct Talker {
    words: Vec<f32>,
}

impl Talker {
    fn new() -> Self {
        let mut words = Vec::new();
        let mut voice = open_voice("rms", 1.0).unwrap();
        let text = "I have built a service in Python that answers requests.";
        voice
            .speak(text, &mut |pcm| {
                words.extend_from_slice(pcm);
                ControlFlow::Continue(())
            })
            .unwrap();
        Self { words }
    }
}

impl MicSource for Talker {
    fn fill(&mut self, at: u64, out: &mut [f32]) {
        for (at, sample) in (at..).zip(out) {
            let place = (at % (25 * RATE)) as usize;
            *sample = self.words.get(place).copied().unwrap_or(0.0);
        }
    }
}

/// A voice that speaks silently so often, then fails or panics.
struct Failing {
    after: u32,
    panics: bool,
}

impl Synthesizer for Failing {
    fn name(&self) -> String {
        "failing".into()
    }

    fn rate(&self) -> u32 {
        RATE as u32
    }

    fn speak(
        &mut self,
        sentence: &str,
        out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
    ) -> Result<(), SpeechError> {
        if self.after > 0 {
            self.after -= 1;
            return SilentVoice.speak(sentence, out);
        }
        assert!(!self.panics, "the voice breaks");
        Err(SpeechError::Engine("The voice has no breath left".into()))
    }
}

/// Takes a whole interview whose answers are typed, whatever is heard; with
/// `speaks_first`, what takes long is typed only once a problem was shown.
/// The record comes back, and the problems that the candidate was shown.
async fn interview(
    home: &Path,
    ears: Box<dyn Recognizer>,
    voice: Box<dyn Synthesizer>,
    speaks_first: bool,
) -> (PathBuf, Vec<String>) {
    let clock = Clock::driven();
    let stop = CancellationToken::new();
    let engine = Engine {
        data_dir: home.to_owned(),
        sessions_dir: None,
        clock: Some(clock.clone()),
        local: true,
        similarity: None,
        stop: stop.clone(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(serve(listener, engine));
    let url = format!("ws://{address}{INTERVIEW_PATH}");
    let mut link = Link::connect(&url).await.unwrap();
    let settings = AudioSettings {
        pace: Pace::Fast,
        clock: Some(clock),
        echo_cancel: false,
        barge_in: false,
        ..AudioSettings::default()
    };
    let mic = MicSpec::Live(Box::new(Talker::new()));
    let audio = AudioSession::open(mic, SpeakerSpec::None, settings).unwrap();
    let voice = Voice::start(voice, audio.player.clone()).unwrap();
    let hello = ClientMessage::Hello {
        protocol: VERSION,
        client: ClientFacts::default(),
        setup: Box::new(SetupRequest {
            job: Document {
                name: "job.toml".into(),
                text: JOB.into(),
            },
            settings: Settings {
                questions: 1,
                ..Settings::default()
            },
            ..SetupRequest::default()
        }),
        resume: None,
    };
    let welcome = link.hello(&hello).await.unwrap();
    let (view, mut seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let typing = tokio::spawn(async move {
        let mut shown = Vec::new();
        let typed = || Command::Type("I use Python and PostgreSQL.".into());
        let mut waits = speaks_first;
        while let Ok(event) = seen.recv().await {
            match event {
                CallEvent::Problem(message) => {
                    shown.push(message);
                    if std::mem::take(&mut waits) {
                        let _ = keys.send(typed()).await;
                    }
                }
                CallEvent::LineEnded { line, hold, .. } => {
                    let answer = match line.expects {
                        Expects::Nothing => continue,
                        Expects::YesNo => Command::Consent(true),
                        Expects::Short => Command::Type("No, thank you.".into()),
                        Expects::Long if waits => continue,
                        Expects::Long => typed(),
                    };
                    let _ = keys.send(answer).await;
                    drop(hold);
                }
                _ => {}
            }
        }
        shown
    });
    let call = Call {
        link,
        welcome,
        audio,
        recognizer: RecognizerWorker::spawn(ears).unwrap(),
        voice,
        consent_beforehand: false,
        pause_factor: 1.0,
        view,
        commands,
    };
    let outcome = run(call).await.unwrap();
    assert_eq!(outcome.reason, EndReason::Completed);
    stop.cancel();
    serving.await.unwrap().unwrap();
    (outcome.record.unwrap(), typing.await.unwrap())
}

/// What every such record must be: whole, derivable, recorded to its end,
/// with the problem of this part told once.
fn holds(record: &Path, part: &str) {
    assert_eq!(verify(record, &Trust::Any), []);
    let found = rederive(record, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    let reader = RecordReader::open(record).unwrap();
    let log: Vec<Record> = reader.records().unwrap().map(Result::unwrap).collect();
    let problems: Vec<&Record> = log
        .iter()
        .filter(|r| matches!(&r.event, Event::Problem { part: p, .. } if p == part))
        .collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    // The interview went on after it.
    let typed = log.iter().filter(|r| {
        let typed = matches!(
            &r.event, Event::Input { input: Input::Utterance(u) } if u.source == Source::Typed
        );
        typed && r.seq > problems[0].seq
    });
    assert!(typed.count() >= 2);
    // Sound was kept to the end.
    let end = reader.manifest().unwrap().audio.as_ref().unwrap().samples;
    let last = log.last().unwrap().at.millis();
    assert!(end * 1000 / RATE + 2_000 > last, "{end} samples, {last} ms");
    let gaps = log
        .iter()
        .filter(|r| matches!(&r.event, Event::Gap { why, .. } if why != "before consent"));
    assert_eq!(gaps.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recogniser_that_dies_leaves_the_recording_and_the_keyboard() {
    for panics in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let ears = ScriptedRecognizer::by(Box::new(move |_, _| {
            assert!(!panics, "the recogniser breaks");
            Err(SpeechError::Engine("The recogniser hears nothing".into()))
        }));
        let (record, shown) =
            interview(home.path(), Box::new(ears), Box::new(SilentVoice), true).await;
        holds(&record, "recogniser");
        assert!(shown.iter().any(|m| m.contains("typed")), "{shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_that_dies_leaves_the_recording_and_the_captions() {
    for panics in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let ears = ScriptedRecognizer::texts([""; 0]);
        // The disclosure is heard; what follows is read.
        let voice = Failing { after: 6, panics };
        let (record, shown) = interview(home.path(), Box::new(ears), Box::new(voice), false).await;
        holds(&record, "voice");
        assert_eq!(shown.len(), 1, "{shown:?}");
    }
}
