//! A name that is mumbled, heard by the real model through a whole call:
//! "Did you say ...?" once at most, what is said anew counts, and where nothing
//! comes of it, there is no score.
//! Skipped, with a line that says so, where the starter model is not there.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![cfg(feature = "flite")]

mod calls;

use calls::{RATE, Side, document, engine, open_for};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::{broadcast, mpsc};
use viva::audio::{MicSource, MicSpec};
use viva::call::{CallEvent, Command, run};
use viva::event::*;
use viva::interview::score::{FAULT, LEAST_CONFIDENCE, Lexical};
use viva::protocol::{ClientMessage, SetupRequest, VERSION};
use viva::replay::rederive;
use viva::report::{RecordedSession, account};
use viva::speech::model;
use viva::speech::scripted::SilentVoice;
use viva::speech::voices::open_voice;
use viva::speech::whisper::{WhisperRecognizer, WhisperSettings};

const JOB: &str =
    "title = \"Platform Engineer\"\ncompany = \"Acme\"\nskills = [\"orchestration\"]\n";
const BANK: &str = r#"
family = "containers"
prefix = "containers"
about = ["orchestration"]

[[question]]
id = "containers.run"
kind = "technical"
skills = ["orchestration"]
level = "core"
ask = "What runs the containers of a large service, and keeps them running?"
ideal = "Kubernetes runs them and starts new ones where some have died."
explain = "An orchestrator compares what runs with what should run."
sample = { weak = "I do not know.", average = "Kubernetes.", strong = "Kubernetes starts new ones.", exceptional = "Kubernetes runs them and starts new ones." }

[[question.key_point]]
id = "name"
says = "Names Kubernetes."
any_of = ["kubernetes"]
weight = 2.0

[[question.key_point]]
id = "anew"
says = "Starts new ones."
any_of = ["starts new", "start new"]
"#;

/// A mouth that says what is put into it, in a quiet room.
#[derive(Clone, Default)]
struct Mouth(Arc<Mutex<VecDeque<f32>>>);

impl MicSource for Mouth {
    fn fill(&mut self, at: u64, out: &mut [f32]) {
        let mut queue = self.0.lock().unwrap();
        for (at, sample) in (at..).zip(out) {
            let room = (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32 / 8_388_608.0 - 1.0;
            *sample = queue.pop_front().unwrap_or(0.0) + 3e-4 * room;
        }
    }
}

/// Speech behind a hand: everything above `cut_hz` is soft.
fn mumbled(text: &str, cut_hz: f32) -> Vec<f32> {
    let mut pcm = Vec::new();
    open_voice("slt", 1.0)
        .unwrap()
        .speak(text, &mut |part| {
            pcm.extend_from_slice(part);
            ControlFlow::Continue(())
        })
        .unwrap();
    let share = 1.0 - (-cut_hz * std::f32::consts::TAU / RATE as f32).exp();
    for _ in 0..4 {
        let mut held = 0.0;
        for sample in &mut pcm {
            held += share * (*sample - held);
            *sample = held;
        }
    }
    let power = pcm.iter().map(|s| s * s).sum::<f32>() / pcm.len() as f32;
    pcm.iter().map(|s| s * 0.06 / power.sqrt()).collect()
}

/// What came of the question about containers.
#[derive(Debug)]
struct Heard {
    /// What the recogniser made of the answer, with the least sure word.
    text: String,
    least: f32,
    confidence: f32,
    /// What was asked about.
    confirms: Vec<String>,
    score: Option<u8>,
    abstained: Option<String>,
}

/// Takes an interview in which the answer is spoken once, so, and every other
/// one is typed; also the reply to "Did you say ...?", if there is one.
async fn interview(
    home: &Path,
    model: &Path,
    answer: Vec<f32>,
    reply: Option<&'static str>,
) -> Heard {
    let running = engine(home).await;
    let hello = ClientMessage::Hello {
        protocol: VERSION,
        client: ClientFacts::default(),
        setup: Box::new(SetupRequest {
            job: document("job.toml", JOB),
            bank: vec![document("containers.toml", BANK)],
            bank_alone: true,
            settings: Settings {
                questions: 1,
                follow_ups: 0,
                ..Settings::default()
            },
            ..SetupRequest::default()
        }),
        resume: None,
    };
    let mouth = Mouth::default();
    let side = Side {
        mic: MicSpec::Live(Box::new(mouth.clone())),
        barge_in: false,
        settings: Settings::default(),
    };
    let settings = WhisperSettings {
        threads: 1,
        ..WhisperSettings::default()
    };
    let ears = WhisperRecognizer::load(model, &settings).unwrap();
    let (view, mut seen) = broadcast::channel(4096);
    let (keys, commands) = mpsc::channel(16);
    let parts = (Box::new(ears) as _, Box::new(SilentVoice) as _);
    let url = running.url.clone();
    let place = (home, &running, url.as_str());
    let (_, call) = open_for(&hello, side, place, parts, view, commands).await;
    let answering = tokio::spawn(async move {
        let mut answer = Some(answer);
        while let Ok(event) = seen.recv().await {
            let CallEvent::LineEnded { line, hold, .. } = event else {
                continue;
            };
            let asked = line.question.as_deref() == Some("containers.run");
            let confirm = matches!(line.purpose, Purpose::Confirm { .. });
            let typed = match line.expects {
                _ if confirm => reply.map(|reply| Command::Type(reply.into())),
                _ if asked => {
                    if let Some(pcm) = answer.take() {
                        let mut queue = mouth.0.lock().unwrap();
                        queue.extend(vec![0.0; RATE as usize / 2]);
                        queue.extend(pcm);
                    }
                    None
                }
                Expects::Nothing => None,
                Expects::YesNo => Some(Command::Consent(true)),
                Expects::Short => Some(Command::Type("No, thank you.".into())),
                Expects::Long => Some(Command::Type("I have run servers for years.".into())),
            };
            if let Some(command) = typed {
                let _ = keys.send(command).await;
            }
            drop(hold);
        }
    });
    let outcome = run(call).await.unwrap();
    running.stop().await;
    answering.await.unwrap();
    let record = outcome.record.unwrap();
    let found = rederive(&record, &Lexical).unwrap();
    assert!(found.follows() && found.complete, "{found:?}");
    let session = RecordedSession::read(&record).unwrap();
    let mut heard = Heard {
        text: String::new(),
        least: 1.0,
        confidence: 0.0,
        confirms: Vec::new(),
        score: None,
        abstained: None,
    };
    for record in &session.records {
        match &record.event {
            Event::Output {
                output: Output::Say(line),
            } if matches!(line.purpose, Purpose::Confirm { .. }) => {
                heard.confirms.push(line.text.clone());
            }
            Event::Input {
                input: Input::Utterance(u),
            } if u.source == Source::Voice => {
                heard.text = format!("{} {}", heard.text, u.text).trim().to_owned();
                heard.confidence = u.confidence;
                let least = u.words.iter().map(|w| w.confidence);
                heard.least = least.fold(heard.least, f32::min);
            }
            _ => {}
        }
    }
    let asked = account(&session.setup, &session.records);
    let asked = asked
        .into_iter()
        .find(|a| a.question.as_deref() == Some("containers.run"));
    if let Some(score) = asked.and_then(|a| a.score) {
        (heard.score, heard.abstained) = (score.score, score.abstained);
    }
    heard
}

/// The same in a home of its own; nothing, with a line that says so, where
/// there is no starter model.
async fn heard(text: &str, cut_hz: f32, reply: Option<&'static str>) -> Option<Heard> {
    let Ok(found) = model::find(Some("starter"), None) else {
        eprintln!("skipped: no starter model");
        return None;
    };
    let home = tempfile::tempdir().unwrap();
    let heard = interview(home.path(), &found.path, mumbled(text, cut_hz), reply).await;
    eprintln!("{text} {cut_hz} Hz, {reply:?}: {heard:?}");
    assert!(heard.confirms.len() <= 1, "{text} {cut_hz}: {heard:?}");
    Some(heard)
}

const CUTS_HZ: [f32; 5] = [6_000.0, 2_000.0, 1_500.0, 1_200.0, 700.0];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mumbled_name_is_asked_about_once_and_never_scored_unconfirmed() {
    let mut all = Vec::new();
    for text in ["Kubernetes.", "I would use Kubernetes for that."] {
        for cut_hz in CUTS_HZ {
            let Some(heard) = heard(text, cut_hz, None).await else {
                return;
            };
            // What was not heard right is no fault of the candidate's.
            let low = heard.score.is_some_and(|s| s <= FAULT);
            assert!(!low, "{text} {cut_hz}: {heard:?}");
            assert!(heard.score.is_some() || heard.abstained.is_some() || heard.text.is_empty());
            if heard.confidence < LEAST_CONFIDENCE || !heard.confirms.is_empty() {
                assert_eq!(heard.score, None, "{text} {cut_hz}: {heard:?}");
            }
            all.push(heard);
        }
    }
    // The sweep goes from what is heard to what nobody could score.
    assert!(all.iter().any(|h| h.score.is_some()), "{all:?}");
    assert!(all.iter().any(|h| h.score.is_none()), "{all:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mumbled_name_counts_once_it_is_said_anew() {
    let mut counted = 0;
    for cut_hz in CUTS_HZ {
        let anew = Some("No, I said Kubernetes.");
        let Some(heard) = heard("Kubernetes.", cut_hz, anew).await else {
            return;
        };
        if heard.confirms.is_empty() {
            continue;
        }
        // The name is not given away.
        let told = heard.confirms.iter().any(|c| c.contains("Kubernetes"));
        assert!(!told || heard.text.contains("Kubernetes"), "{heard:?}");
        assert!(heard.score > Some(FAULT), "{cut_hz}: {heard:?}");
        counted += 1;
    }
    assert!(counted > 0, "none of the mumbled names was asked about");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_answer_is_scored_as_it_is_and_not_asked_about() {
    for (text, right) in [
        ("I would use Kubernetes for that.", true),
        ("I would write that down on paper.", false),
        ("I do not know.", false),
    ] {
        let Some(heard) = heard(text, 8_000.0, None).await else {
            return;
        };
        assert!(heard.confirms.is_empty(), "{heard:?}");
        assert_eq!(heard.score.map(|s| s > FAULT), Some(right), "{heard:?}");
    }
}
