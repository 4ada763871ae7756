//! What a candidate said or typed, as it was understood.

use super::UtteranceId;
use serde::{Deserialize, Serialize};

/// One recognised word with its place in the recording.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Word {
    /// The word as written, with its punctuation.
    pub text: String,
    /// Begin, milliseconds of the recording.
    pub start_ms: u64,
    /// End, milliseconds of the recording.
    pub end_ms: u64,
    /// Probability of the word's tokens, 0-1 (geometric mean).
    pub confidence: f32,
}

/// How an utterance came in.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Spoken and recognised.
    #[default]
    Voice,
    /// Typed by the candidate.
    Typed,
}

/// One stretch of candidate speech, ended by the endpointer.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Utterance {
    /// Its number within the session.
    pub id: UtteranceId,
    /// The text as recognised or typed.
    pub text: String,
    /// The words with their times; empty for typed text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// First speech, milliseconds of the recording.
    pub start_ms: u64,
    /// Last speech, milliseconds of the recording.
    pub end_ms: u64,
    /// The recogniser's confidence in the text, 0-1; 1 for typed text.
    pub confidence: f32,
    /// Voice or keyboard.
    #[serde(default)]
    pub source: Source,
}
