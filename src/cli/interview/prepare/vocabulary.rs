//! What may be pressed, done and known before the interview.

use crate::audio::{DeviceInfo, MicSpec, SpeakerSpec};
use crate::cli::open::{parse_mic, parse_speaker};
use crate::config::Choices;
use crate::preflight::{self, Cue, Finding, Offer, Place};
use std::sync::Arc;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// Which microphone?
    Microphone,
    /// Which speaker?
    Speaker,
    /// Which speech model?
    Model,
    /// A model is being fetched.
    Fetch,
    /// Is all well?
    Check,
}

/// How the preparation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// All was looked at; begin.
    Go,
    /// Begin without more ado.
    Skip,
    /// Begin, and type every answer.
    Typed,
    /// No interview now.
    Leave,
}

/// A key, from a screen or a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Enter,
    Escape,
    Up,
    Down,
    Letter(char),
    /// An entry of a list, from 1.
    Number(usize),
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(super) enum Do {
    Sound(Cue),
    /// Transcribe this.
    Hear {
        audio: Arc<[f32]>,
        /// What its text carries.
        test: u32,
    },
    /// Load this model, or the best, and measure it.
    Measure(Option<String>),
    /// Remember these, whatever becomes of the rest.
    Keep(Choices),
    Fetch {
        name: String,
        /// What its news carry.
        run: u32,
    },
    StopFetch,
    /// A download is over, or not wanted any more.
    ForgetFetch,
    Engine,
}

/// What the measured model is like.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) name: String,
    pub(super) starter: bool,
    pub(super) ms_for_5_s: f64,
    pub(super) keeps_up: bool,
    pub(super) offers: Vec<Offer>,
    /// Why it is not the one that was wanted.
    pub(super) instead: Option<String>,
}

/// How a download goes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FetchNews {
    Progress { there: u64, total: Option<u64> },
    Whole,
    Stopped,
    Failed { why: String, any: bool },
}

/// What became known.
#[derive(Clone, Debug)]
pub(super) enum News {
    Devices(Result<Vec<DeviceInfo>, String>),
    Sound(preflight::News),
    /// The test sentence, spoken; or why it cannot be.
    Voice(Result<Arc<[f32]>, String>),
    Ears(Result<Heard, String>),
    Text {
        /// Which test's words these are.
        test: u32,
        text: Result<String, String>,
    },
    Engine(Finding),
    Fetch {
        /// Which run of a download tells it.
        run: u32,
        news: FetchNews,
    },
}

/// What is to be prepared.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Microphone, speaker and model are asked for first.
    pub(super) setup: bool,
    /// Nothing is said or heard: only the engine matters.
    pub(super) typed: bool,
    /// Nothing is played.
    pub(super) captions: bool,
    /// What the settings name.
    pub(super) choices: Choices,
    /// A download that goes on.
    pub(super) fetching: Option<String>,
}

/// A microphone by the words of the settings.
pub(super) fn microphone(text: Option<&str>) -> Place {
    match parse_mic(text) {
        MicSpec::Device(name) => Place::Device(name),
        MicSpec::Wav(file) => Place::Wav(file),
        // No words mean a program.
        MicSpec::Live(_) => Place::None,
    }
}

/// A speaker by the words of the settings.
pub(super) fn speaker(text: Option<&str>) -> Place {
    match parse_speaker(text) {
        SpeakerSpec::Device(name) => Place::Device(name),
        SpeakerSpec::Wav(file) => Place::Wav(file),
        SpeakerSpec::None => Place::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_speaker_may_be_none() {
        assert_eq!(speaker(Some("none")), Place::None);
        let named = Place::Device(Some("none".into()));
        assert_eq!(microphone(Some("none")), named);
        assert_eq!(microphone(None), Place::Device(None));
        for place in [microphone, speaker] {
            assert_eq!(place(Some("wav:a.wav")), Place::Wav("a.wav".into()));
        }
    }
}
