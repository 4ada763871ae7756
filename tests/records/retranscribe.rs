//! A spoken record is heard again by the real model. Skipped, with a line
//! that says so, where the starter model is not there.
#![cfg(feature = "flite")]

#[path = "../spread_words/mod.rs"]
mod spread_words;

use serde_json::Value;
use spread_words::spread_evenly;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use viva::clock::SessionTime;
use viva::event::*;
use viva::record::*;
use viva::speech::voices::open_voice;

const LOST: &str = "Then we measured the queries.";

/// A data folder with one sealed, spoken record.
struct Desk {
    data: TempDir,
    id: String,
    log: Vec<Event>,
    near: Vec<i16>,
}

impl Desk {
    fn new() -> Self {
        let consent = Output::Consent {
            given: true,
            how: ConsentHow::Key,
        };
        let client = ClientFacts {
            model: "starter-q5_1 sha256:00".into(),
            ..ClientFacts::default()
        };
        Self {
            data: tempfile::tempdir().unwrap(),
            id: new_session_id(1_763_000_000_000).unwrap(),
            log: vec![
                Event::Client(client),
                Event::Output { output: consent },
                Event::AudioStarted { rate: RATE },
            ],
            near: vec![0; 16_000],
        }
    }

    /// Says this, and two seconds of nothing; where it was comes back.
    fn say(&mut self, text: &str) -> (u64, u64) {
        let from = self.near.len() as u64;
        let mut voice = open_voice("rms", 1.0).unwrap();
        voice
            .speak(text, &mut |pcm| {
                self.near.extend(pcm.iter().map(|v| (v * 32_767.0) as i16));
                ControlFlow::Continue(())
            })
            .unwrap();
        let to = self.near.len() as u64;
        self.near.extend(vec![0; 32_000]);
        (from / 16, to / 16)
    }

    /// This was understood there.
    fn understood(&mut self, (start_ms, end_ms): (u64, u64), text: &str) {
        self.log.push(Event::Input {
            input: Input::Utterance(Utterance {
                id: self.log.len() as u32,
                text: text.into(),
                words: spread_evenly(text, start_ms, end_ms),
                start_ms,
                end_ms,
                confidence: 0.9,
                source: Source::Voice,
            }),
        });
    }

    fn seal(&self) {
        let head = Head {
            format: FORMAT,
            session: self.id.clone(),
            began_unix_ms: 1_763_000_000_000,
            candidate: "Zoë Example".into(),
            position: "Data Engineer".into(),
            company: None,
            program: viva::PROGRAM.into(),
            hashes: [].into(),
            setup: Value::Null,
        };
        let options = Options {
            sync: SyncPolicy::Never,
            ..Options::default()
        };
        let sessions = sessions_dir(self.data.path());
        let mut writer = RecordWriter::create_with(&sessions, &head, &options).unwrap();
        for (at, event) in (0..).zip(&self.log) {
            writer.append(SessionTime(at), event).unwrap();
            if let Event::AudioStarted { rate } = event {
                writer.start_audio(*rate).unwrap();
            }
        }
        for (first, near) in (0..).step_by(1_600).zip(self.near.chunks(1_600)) {
            writer.audio(Track::Near, first, near).unwrap();
            writer
                .audio(Track::Far, first, &vec![0; near.len()])
                .unwrap();
        }
        writer.finish(&[]).unwrap();
    }

    fn viva(&self, args: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_viva"))
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("VIVA_DATA_DIR", self.data.path())
            .env("VIVA_BY", "Ann Reviewer")
            .env_remove("VIVA_CONFIG")
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// Hears the record (or its copy) again; exit status and facts.
    fn again(&self, what: &str, model: &Path) -> (i32, Value) {
        let model = model.to_str().unwrap();
        let (status, out, err) = self.viva(&[
            "verify",
            what,
            "--retranscribe",
            "--model",
            model,
            "--threads",
            "1",
            "--json",
        ]);
        let facts = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
        (status, facts)
    }
}

fn model() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-starter-q5_1.bin");
    if !path.is_file() {
        eprintln!("skipped: no starter model in models/");
        return None;
    }
    Some(path)
}

fn texts<'a>(of: &'a Value, name: &str) -> Vec<&'a str> {
    let all = of.as_array().unwrap().iter();
    all.map(|one| one[name].as_str().unwrap()).collect()
}

#[test]
fn a_spoken_record_is_heard_again_word_by_word() {
    let Some(model) = model() else { return };
    let mut desk = Desk::new();
    let place = desk.say("I built a service in Python that answers requests.");
    desk.understood(place, "I built a circus in Python that answers requests.");
    let place = desk.say("Yes, I have done that.");
    desk.understood(place, "Yes, I have done that.");
    desk.say(LOST);
    let end = desk.near.len() as u64 / 16;
    desk.near.extend(vec![0; 48_000]);
    desk.understood((end + 500, end + 2_000), "Thank you for watching.");
    desk.seal();

    let (status, facts) = desk.again(&desk.id, &model);
    // Words that differ are no fault of a record.
    assert_eq!((status, &facts["whole"]), (0, &true.into()), "{facts}");
    let again = &facts["retranscription"];
    assert_eq!(again["live_model"], "starter-q5_1 sha256:00");
    assert_eq!(
        (&again["model"], &again["same_model"]),
        (&"starter-q5_1".into(), &false.into())
    );
    let utterances = &again["utterances"];
    assert_eq!(
        texts(utterances, "outcome"),
        ["compared", "compared", "no_speech"],
        "{again:#}"
    );
    let changed: Vec<&Value> = utterances[0]["stretches"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["kind"] != "same")
        .collect();
    assert_eq!(changed.len(), 1, "{again:#}");
    assert_eq!(
        (&changed[0]["first"], &changed[0]["second"]),
        (&"circus".into(), &"service".into())
    );
    assert_eq!(utterances[1]["errors"]["words"], 5);
    assert_eq!(utterances[1]["rate"], 0.0, "{again:#}");
    let lost = texts(&again["unlogged"], "text");
    let errors = viva::speech::wer::word_errors(LOST, &lost.join(" "));
    assert!(errors.rate() < 0.3, "{lost:?}");
}

#[test]
fn what_is_taken_out_of_a_copy_is_not_listened_to() {
    let Some(model) = model() else { return };
    let mut desk = Desk::new();
    let place = desk.say("I built a service in Python that answers requests.");
    desk.understood(place, "I built a service in Python that answers requests.");
    let taken = desk.say("My name is Alice.");
    desk.understood(taken, "My name is Alice.");
    desk.seal();
    let clock = |ms: u64| format!("0:{:02}.{:03}", ms / 1000, ms % 1000);
    let span = format!("{}-{}", clock(taken.0), clock(taken.1));
    let made = desk.viva(&[
        "redact", &desk.id, "--spans", &span, "--why", "a name", "--json",
    ]);
    assert_eq!(made.0, 0, "{made:?}");
    let made: Value = serde_json::from_str(&made.1).unwrap();
    let copy = made["dir"].as_str().unwrap();
    let (status, facts) = desk.again(copy, &model);
    assert_eq!(status, 0, "{facts}");
    let again = &facts["retranscription"];
    let outcomes = texts(&again["utterances"], "outcome");
    assert_eq!(outcomes, ["compared", "taken_out"], "{again:#}");
    assert_eq!(again["rate"], 0.0, "{again:#}");
    assert_eq!(again["unlogged"], serde_json::json!([]));
    assert!(again["taken_out_ms"].as_u64().unwrap() >= taken.1 - taken.0);
}

#[test]
fn a_damaged_record_is_heard_again_and_still_found_wanting() {
    let Some(model) = model() else { return };
    let mut desk = Desk::new();
    let place = desk.say("Yes, I have done that.");
    desk.understood(place, "Yes, I have done that.");
    desk.seal();
    let wav = sessions_dir(desk.data.path())
        .join(&desk.id)
        .join("call.wav");
    let mut bytes = std::fs::read(&wav).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&wav, bytes).unwrap();
    let (status, facts) = desk.again(&desk.id, &model);
    assert_eq!((status, &facts["whole"]), (1, &false.into()));
    assert_eq!(facts["retranscription"]["errors"]["words"], 5);
}

#[test]
fn a_person_reads_what_differs_and_by_which_model() {
    let Some(model) = model() else { return };
    let mut desk = Desk::new();
    let place = desk.say("Yes, I have done that.");
    desk.understood(place, "Yes, I have run that.");
    desk.seal();
    let model = model.to_str().unwrap();
    let (status, out, err) = desk.viva(&["verify", &desk.id, "--retranscribe", "--model", model]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    for told in [
        "is whole",
        "Heard again with starter-q5_1",
        "live  Yes, I have [run] that.",
        "now   Yes, I have [done] that.",
        "1 utterance compared: 1 of 5 words differ (20.0 %): 1 changed, 0 only live, 0 only now.",
        "A difference is no fault of the record",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
}

#[test]
fn a_model_that_is_not_there_and_flags_that_mean_nothing_are_refused() {
    let desk = Desk::new();
    desk.seal();
    let (status, _, err) = desk.viva(&["verify", &desk.id, "--retranscribe", "--model", "absent"]);
    assert_eq!(status, 2);
    assert!(err.contains("absent is not installed"), "{err}");
    let (status, _, err) = desk.viva(&["verify", &desk.id, "--model", "base.en"]);
    assert_eq!(status, 2);
    assert!(err.contains("--retranscribe"), "{err}");
}
