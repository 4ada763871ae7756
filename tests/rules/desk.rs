//! A data folder with one sealed, spoken record in it.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use viva::clock::SessionTime;
use viva::event::*;
use viva::record::*;

/// 12 November 2025, 22:13:20 UTC.
pub(crate) const BEGAN: i64 = 1_762_985_600_000;
/// The recording's length in seconds.
pub(crate) const SECONDS: u64 = 12;

pub(crate) struct Desk {
    pub(crate) data: TempDir,
    pub(crate) id: String,
    /// The policy that jobs of further records name.
    pub(crate) policy: Option<&'static str>,
}

/// The candidate's only long answer: a word every half second from 2 s on.
pub(crate) const ANSWER: &str = "My name is Zoë Example and I called five five nine in Python.";

pub(crate) fn words(text: &str, from_ms: u64) -> Vec<Word> {
    (0..)
        .zip(text.split(' '))
        .map(|(i, text)| Word {
            text: text.into(),
            start_ms: from_ms + 500 * i,
            end_ms: from_ms + 500 * i + 400,
            confidence: 0.9,
        })
        .collect()
}

pub(crate) fn utterance(id: u32, text: &str, from_ms: u64) -> Event {
    let words = words(text, from_ms);
    let end_ms = words.last().unwrap().end_ms;
    Event::Input {
        input: Input::Utterance(Utterance {
            id,
            text: text.into(),
            words,
            start_ms: from_ms,
            end_ms,
            confidence: 0.9,
            source: Source::Voice,
        }),
    }
}

pub(crate) fn line(id: u32, text: &str) -> Event {
    Event::Output {
        output: Output::Say(Line {
            id,
            text: text.into(),
            purpose: Purpose::Question,
            stage: Stage::Introduction,
            question: None,
            number: None,
            of: 1,
            expects: Expects::Long,
        }),
    }
}

pub(crate) fn noise(first: u64, n: usize) -> Vec<i16> {
    (0..n as u64)
        .map(|i| ((first + i) * 7919 % 20_011) as i16 - 10_000)
        .collect()
}

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The answer, if the status was 0.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.out
    }

    /// The error, if the status was 2; it is one line.
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.status, 2, "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        self.err
    }

    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Desk {
    /// A new data folder with a record of this candidate's, begun then.
    pub(crate) fn of(candidate: &str, began_unix_ms: i64) -> Self {
        let mut desk = Self {
            data: tempfile::tempdir().unwrap(),
            id: String::new(),
            policy: None,
        };
        desk.id = desk.record(candidate, began_unix_ms);
        desk
    }

    pub(crate) fn new() -> Self {
        Self::of("Zoë Example", BEGAN)
    }

    /// Runs the program on this data folder: exit status and what it said.
    pub(crate) fn viva(&self, args: &[&str]) -> Said {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_viva"))
            .args(args)
            .env("VIVA_DATA_DIR", self.data())
            .env("VIVA_BY", "Ann Reviewer")
            .env_remove("VIVA_CONFIG")
            .output()
            .unwrap();
        Said {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    pub(crate) fn dir(&self) -> PathBuf {
        sessions_dir(self.data()).join(&self.id)
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::own(self.data(), &[]).unwrap()
    }

    pub(crate) fn annexes(&self) -> Annexes {
        Annexes::open(self.data(), &self.id).unwrap()
    }

    /// Adds a record that is not brought to its end yet.
    pub(crate) fn begin(&self, candidate: &str, began_unix_ms: i64) -> RecordWriter {
        let head = Head {
            format: FORMAT,
            session: new_session_id(began_unix_ms).unwrap(),
            began_unix_ms,
            candidate: candidate.into(),
            position: "Data Engineer".into(),
            company: Some("Example Ltd".into()),
            program: "viva 0.0.0".into(),
            hashes: Default::default(),
            setup: serde_json::json!({
                "job": {"title": "Data Engineer", "retention": self.policy},
                "resume": {"name": candidate, "summary": "Writes Python."}
            }),
        };
        let options = Options {
            sync: SyncPolicy::Never,
            ..Options::default()
        };
        RecordWriter::create_with(&sessions_dir(self.data()), &head, &options).unwrap()
    }

    /// Adds a sealed record and returns its id.
    pub(crate) fn record(&self, candidate: &str, began_unix_ms: i64) -> String {
        let mut writer = self.begin(candidate, began_unix_ms);
        let mut at = 0;
        let mut log = |writer: &mut RecordWriter, event: &Event| {
            at += 100;
            writer.append(SessionTime(at), event).unwrap();
        };
        let consent = Output::Consent {
            given: true,
            how: ConsentHow::Key,
        };
        log(&mut writer, &Event::Output { output: consent });
        writer.start_audio(RATE).unwrap();
        log(&mut writer, &Event::AudioStarted { rate: RATE });
        log(
            &mut writer,
            &line(1, "Thank you, Zoë. Please introduce yourself."),
        );
        let played = Event::Played {
            line: 1,
            start_ms: 200,
            end_ms: 1_600,
        };
        log(&mut writer, &played);
        log(&mut writer, &utterance(1, ANSWER, 2_000));
        log(&mut writer, &utterance(2, "Python again.", 9_500));
        for first in (0..SECONDS * 16_000).step_by(1_600) {
            writer
                .audio(Track::Near, first, &noise(first, 1_600))
                .unwrap();
            writer
                .audio(Track::Far, first, &noise(first + 5, 1_600))
                .unwrap();
        }
        let text = format!(
            "Recruiter: Thank you, Zoë. Please introduce yourself.\nCandidate: {ANSWER}\nCandidate: Python again.\n"
        );
        let json = serde_json::json!({
            "candidate": candidate,
            "dialogue": [
                {"who": "candidate", "text": ANSWER, "start_ms": 2_000, "end_ms": 8_400,
                 "utterance": {"text": ANSWER, "words": words(ANSWER, 2_000)}},
            ],
            "questions": [{"score": {"hits": [
                {"says": "names a language", "quote": "five nine in Python",
                 "start_ms": 6_500, "end_ms": 8_400}]}}],
        });
        let documents = [
            ("transcript.txt".to_owned(), text.into_bytes()),
            (
                "transcript.json".to_owned(),
                serde_json::to_vec_pretty(&json).unwrap(),
            ),
            ("report.pdf".to_owned(), b"%PDF-1.4 Zoe".to_vec()),
        ];
        let id = writer.head().session.clone();
        writer.finish(&documents).unwrap();
        id
    }
}

/// Every file below a folder with its bytes, by its path.
pub(crate) fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(dir: &Path, prefix: &str, out: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), out);
            } else {
                out.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    if dir.is_dir() {
        walk(dir, "", &mut out);
    }
    out.sort();
    out
}
