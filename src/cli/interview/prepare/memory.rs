//! What is remembered between two preparations: a download that was not
//! finished, and a check that all went well a short while ago.

use crate::clock::unix_millis;
use crate::config::Config;
use crate::record::{read_json, replace_cached};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The file, in the data folder.
const FILE: &str = "preparation.json";
/// A check that went well is not repeated for so long: an hour. Who goes on
/// after an interruption is not held up, and devices seldom change so soon.
const GOOD_FOR_MS: i64 = 3_600_000;

/// What a check was about: it says nothing about anything else.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    microphone: Option<String>,
    speaker: Option<String>,
    model: Option<String>,
    typed: bool,
    captions: bool,
    /// Without what lets one in there.
    engine: Option<String>,
}

impl About {
    /// What an interview with these settings depends on.
    pub(super) fn of(config: &Config) -> Self {
        let engine = crate::cli::open::engine_address(config);
        Self {
            microphone: config.audio.microphone.clone(),
            speaker: config.audio.speaker.clone(),
            model: config.speech.model.clone(),
            typed: config.interview.typed,
            captions: config.interview.captions,
            engine: engine.map(|address| address.url().to_owned()),
        }
    }
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
struct Passed {
    about: About,
    /// Milliseconds since 1970.
    at_ms: i64,
}

/// What is remembered.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(default)]
struct Kept {
    /// The model whose download goes on.
    fetching: Option<String>,
    passed: Option<Passed>,
}

/// The memory of one data folder.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// The memory in this folder.
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// A memory that cannot be read is none: everything is asked again.
    fn read(&self) -> Kept {
        let kept = read_json(&self.folder.join(FILE));
        kept.ok().flatten().unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) {
        let before = self.read();
        let mut kept = before.clone();
        change(&mut kept);
        if kept == before {
            return;
        }
        let written = serde_json::to_vec(&kept).map_err(|e| e.to_string());
        let written = written.and_then(|bytes| {
            replace_cached(&self.folder, FILE, &bytes).map_err(|e| e.to_string())
        });
        if let Err(error) = written {
            tracing::warn!(error, "What was prepared is not remembered");
        }
    }

    /// The model whose download was begun and not finished.
    pub(super) fn fetching(&self) -> Option<String> {
        self.read().fetching
    }

    /// A download begins, or is over.
    pub(super) fn set_fetching(&self, model: Option<&str>) {
        self.change(|kept| kept.fetching = model.map(str::to_owned));
    }

    /// Minutes since all was well with this, if that was a short while ago.
    pub(super) fn passed(&self, about: &About) -> Option<i64> {
        self.passed_at(about, unix_millis())
    }

    fn passed_at(&self, about: &About, now_ms: i64) -> Option<i64> {
        let passed = self.read().passed?;
        let age = now_ms - passed.at_ms;
        (passed.about == *about && (0..GOOD_FOR_MS).contains(&age)).then_some(age / 60_000)
    }

    /// All is well now.
    pub(super) fn pass(&self, about: About) {
        self.pass_at(about, unix_millis());
    }

    fn pass_at(&self, about: About, at_ms: i64) {
        self.change(|kept| kept.passed = Some(Passed { about, at_ms }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_check_counts_for_an_hour_and_for_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::new(dir.path().join("new"));
        let mut config = Config::default();
        let about = About::of(&config);
        assert_eq!(memory.passed_at(&about, 5), None);
        memory.pass_at(about.clone(), 1_000);
        assert_eq!(memory.passed_at(&about, 1_000 + 120_000), Some(2));
        assert_eq!(memory.passed_at(&about, 1_000 + GOOD_FOR_MS), None);
        // The clock was set back.
        assert_eq!(memory.passed_at(&about, 0), None);
        config.audio.microphone = Some("another".into());
        assert_eq!(memory.passed_at(&About::of(&config), 1_000), None);
        // Who only types was not asked about sound.
        let mut typed = Config::default();
        typed.interview.typed = true;
        assert_eq!(memory.passed_at(&About::of(&typed), 1_000), None);
    }

    #[test]
    fn an_engine_is_remembered_without_what_lets_one_in() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::new(dir.path().to_owned());
        let mut config = Config::default();
        config.engine.url = Some("ws://recruiter.example/v1/interview#secret".into());
        memory.pass_at(About::of(&config), 1_000);
        let text = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
        assert!(
            text.contains("recruiter.example") && !text.contains("secret"),
            "{text}"
        );
    }

    #[test]
    fn a_download_is_remembered_until_it_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::new(dir.path().to_owned());
        memory.set_fetching(Some("base.en"));
        assert_eq!(memory.fetching().as_deref(), Some("base.en"));
        memory.set_fetching(None);
        assert_eq!(memory.fetching(), None);
        // Damage is no memory, and no reason to stop.
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        assert_eq!(memory.fetching(), None);
    }
}
