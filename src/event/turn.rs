//! When the stages of a turn were reached, and what a sound over a line was.

use super::{LineId, UtteranceId};
use serde::{Deserialize, Serialize};

/// The stages of one turn, in milliseconds of the recording's sample clock.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct TurnTimes {
    /// The utterance that ended the turn.
    pub utterance: UtteranceId,
    /// The candidate's last speech.
    pub speech_ended_ms: u64,
    /// The endpointer decided.
    pub endpoint_ms: u64,
    /// The final text was there and known to be final: not before the
    /// endpoint.
    pub text_ms: u64,
    /// The same text was decoded, on the chance that it would be final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded_ms: Option<u64>,
    /// The engine's reply was there.
    pub reply_ms: Option<u64>,
    /// The reply's first sample was played.
    pub first_audio_ms: Option<u64>,
}

/// What a sound over a line turned out to be.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OverLine {
    /// Words that take the turn: the line was stopped.
    Interruption,
    /// "Mhm": the line was brought back, and the turn was not taken.
    Backchannel,
    /// The line itself, come back through the microphone: it was brought
    /// back, and nothing counts as said.
    Echo,
    /// A cough or a knock: the line was brought back.
    Noise,
    /// The line was at its end before this was clear: what was said counts
    /// as said after it.
    Ended,
}

/// A sound over a line and what was done, as samples of the recording.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct SoundOver {
    /// The line.
    pub line: LineId,
    /// First sample of the sound.
    pub sound_sample: u64,
    /// Where the line began to be softened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ducked_sample: Option<u64>,
    /// Where it began to be stopped; it is silent 10 ms later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_sample: Option<u64>,
    /// Where it was decided what the sound was.
    pub decided_sample: u64,
    /// What it was.
    pub was: OverLine,
}
