//! A data folder with one sealed record, always the same bytes, of which one
//! file at a time is replaced.

use crate::clock::SessionTime;
use crate::event::*;
use crate::record::*;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The record's session.
pub const SESSION: &str = "01K9X0000000000000000000FZ";

/// A data folder. The key is fixed, so that what is found is found again.
pub struct Desk {
    data: TempDir,
    /// Accepts the folder's own key alone.
    pub trust: Trust,
}

impl Desk {
    /// A sealed record of every kind of event, 2.3 s of sound, a document.
    pub fn sealed() -> Self {
        let desk = Self::empty();
        let mut writer = desk.writer();
        for (at, event) in (0..).zip(events()) {
            let start = matches!(event, Event::AudioStarted { .. });
            writer.append(SessionTime(at * 100), &event).unwrap();
            if start {
                writer.start_audio(RATE).unwrap();
            }
        }
        let sound: Vec<i16> = (0..36_800).map(|i| (i * 37 % 20_011) as i16).collect();
        for track in [Track::Near, Track::Far] {
            writer.audio(track, 0, &sound).unwrap();
        }
        let documents = [("transcript.txt".to_owned(), b"one\ntwo\n".to_vec())];
        writer.finish(&documents).unwrap();
        assert_eq!(verify(&desk.dir(), &desk.trust), []);
        desk
    }

    /// The same as its writer would have left it, killed before the seal.
    pub fn unsealed() -> Self {
        let desk = Self::sealed();
        fs::remove_file(desk.dir().join("manifest.json")).unwrap();
        fs::remove_dir_all(desk.dir().join("documents")).unwrap();
        desk
    }

    fn empty() -> Self {
        // In memory where that is to be had: every try writes a file.
        let memory = Path::new("/dev/shm");
        let data = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let data = data.unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        let keys = data.path().join("keys");
        fs::create_dir(&keys).unwrap();
        let path = keys.join("signing.key");
        fs::write(&path, key.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let trust = Trust::own(data.path(), &[]).unwrap();
        Self { data, trust }
    }

    fn writer(&self) -> RecordWriter {
        let head = Head {
            format: FORMAT,
            session: SESSION.into(),
            began_unix_ms: 1_763_000_000_000,
            candidate: "Zoë Example".into(),
            position: "Data Engineer".into(),
            company: Some("Example Ltd".into()),
            program: "viva 0.0.0".into(),
            hashes: [("bank".to_owned(), "00".repeat(32))].into(),
            setup: serde_json::json!({"job": {"title": "Data Engineer"}, "seed": 7}),
        };
        RecordWriter::create_with(&sessions_dir(self.data.path()), &head, &options()).unwrap()
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The record's folder.
    pub fn dir(&self) -> PathBuf {
        sessions_dir(self.data.path()).join(SESSION)
    }

    /// What stands in one of its files.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir().join(name)).unwrap()
    }

    /// Puts other bytes into one of its files.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.dir().join(name), bytes).unwrap();
    }
}

/// Waits for no disk.
pub fn options() -> Options {
    Options {
        sync: SyncPolicy::Never,
        ..Options::default()
    }
}

fn events() -> Vec<Event> {
    let said = |id: u32, text: &str| Utterance {
        id,
        text: text.into(),
        words: text
            .split(' ')
            .zip(0u64..)
            .map(|(word, i)| Word {
                text: word.into(),
                start_ms: 100 * i,
                end_ms: 100 * i + 90,
                confidence: 0.75,
            })
            .collect(),
        start_ms: 0,
        end_ms: 900,
        confidence: 0.8,
        source: Source::Voice,
    };
    let line = Line {
        id: 1,
        text: "What is an index?".into(),
        purpose: Purpose::Question,
        stage: Stage::Technical,
        question: Some("sql-index".into()),
        number: Some(1),
        of: 3,
        expects: Expects::Long,
    };
    let how = ConsentHow::Voice;
    let output = |output| Event::Output { output };
    let input = |input| Event::Input { input };
    vec![
        Event::Client(ClientFacts {
            program: "viva 0.0.0".into(),
            model: "base.en sha256:00".into(),
            ..ClientFacts::default()
        }),
        input(Input::Begin),
        output(Output::Consent { given: true, how }),
        Event::AudioStarted { rate: RATE },
        output(Output::Say(line)),
        Event::Played {
            line: 1,
            start_ms: 100,
            end_ms: 900,
        },
        input(Input::LineEnded {
            line: 1,
            heard: "What is an".into(),
            complete: false,
        }),
        input(Input::Utterance(said(1, "A sorted copy of a column"))),
        Event::Turn(TurnTimes {
            utterance: 1,
            speech_ended_ms: 900,
            endpoint_ms: 1_400,
            text_ms: 1_500,
            decoded_ms: Some(1_200),
            reply_ms: Some(1_510),
            first_audio_ms: None,
        }),
        Event::Problem {
            part: "microphone".into(),
            message: "It was silent".into(),
        },
        Event::Interrupted {
            why: "the engine was stopped".into(),
            unix_ms: 1_763_000_001_000,
            log_bytes: 0,
            audio_bytes: 3,
        },
        Event::Resumed {
            unix_ms: 1_763_000_002_000,
        },
        output(Output::Ended {
            reason: EndReason::Completed,
        }),
        Event::AudioEnded { samples: 36_800 },
    ]
}
