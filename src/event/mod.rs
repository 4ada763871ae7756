//! The vocabulary of a session: what may come in ([`Input`]), what the
//! interviewer may do ([`Output`]), and everything that the log keeps
//! ([`Event`], [`Record`]). Log, live monitor and replay speak these words.

mod agreed;
mod input;
mod line;
mod settings;
mod turn;
mod utterance;

pub use agreed::{Accommodations, is_voice_name};
pub use input::{ConsentHow, Input, Request, Steer};
pub use line::{Expects, Line, Purpose, Stage, Told};
pub use settings::{Mode, Settings, USUAL_BREAKS};
pub use turn::{OverLine, SoundOver, TurnTimes};
pub use utterance::{Source, Utterance, Word};

use crate::clock::SessionTime;
use serde::{Deserialize, Serialize};

/// Number of one recruiter's line within its session, from 1.
pub type LineId = u32;
/// Number of one candidate's utterance within its session, from 1.
pub type UtteranceId = u32;

/// Why an interview ended.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The course was taken to its end.
    Completed,
    /// The time budget was used up; the closing lines were said.
    TimeUp,
    /// Consent was refused; nothing was recorded.
    ConsentRefused,
    /// The candidate asked to end.
    CandidateEnded,
    /// The candidate's side went away.
    CandidateLeft,
    /// Nobody answered.
    NoAnswer,
    /// A recruiter ended it.
    RecruiterEnded,
}

/// Everything that the interviewer can do.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Output {
    /// Speak this line.
    Say(Line),
    /// Consent is decided: audio may be sent and stored from now on, or never.
    Consent {
        /// Given or refused.
        given: bool,
        /// By what means.
        how: ConsentHow,
    },
    /// Do not wait for an answer with the usual patience: the candidate
    /// asked for time or for a pause.
    Hold {
        /// On or off.
        on: bool,
    },
    /// The interview is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// One side of the recording.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// The candidate's microphone, left channel.
    Near,
    /// What the speaker really played, right channel.
    Far,
}

/// What the candidate's side runs on; facts for the record.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFacts {
    /// Program name and version.
    pub program: String,
    /// Speech model's file name and SHA-256.
    pub model: String,
    /// Voice of the recruiter.
    pub voice: String,
    /// Microphone, as named by the system.
    pub microphone: String,
    /// Speaker, as named by the system.
    pub speaker: String,
    /// Quality profile, where the candidate is simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<String>,
}

/// Everything that the log keeps.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The candidate's side introduced itself.
    Client(ClientFacts),
    /// The interviewer was told something.
    Input {
        /// What.
        input: Input,
    },
    /// The interviewer did something.
    Output {
        /// What.
        output: Output,
    },
    /// From here on the recording is kept. Its sample 0 was captured when the
    /// candidate's side began, a little before session time 0; what was
    /// captured before this is silence.
    AudioStarted {
        /// Samples a second.
        rate: u32,
    },
    /// A line was played, to its end or in part.
    Played {
        /// Which line.
        line: LineId,
        /// First sample, milliseconds of the recording.
        start_ms: u64,
        /// Last sample, milliseconds of the recording.
        end_ms: u64,
    },
    /// Samples that are missing from a track; silence stands in their place.
    Gap {
        /// Which side.
        track: Track,
        /// First missing sample of the recording.
        first_sample: u64,
        /// How many.
        samples: u64,
        /// Why.
        why: String,
    },
    /// There was a sound over a line.
    SoundOver(SoundOver),
    /// When each stage of a turn was reached.
    Turn(TurnTimes),
    /// Something failed and the session goes on without it.
    Problem {
        /// Which part (`recogniser`, `voice`, `microphone`, `disk` ...).
        part: String,
        /// What happened, in one sentence.
        message: String,
    },
    /// The candidate made the recruiter's voice slower or faster.
    VoiceSpeed {
        /// From now on; 1 is the voice's own.
        speed: f32,
    },
    /// The candidate chose another voice for the recruiter.
    VoiceChoice {
        /// Its name.
        voice: String,
    },
    /// The recording ended.
    AudioEnded {
        /// Length in samples.
        samples: u64,
    },
    /// The session broke off after the event before. Written by the engine
    /// where it lost the candidate's side, by the next start where the
    /// engine itself was killed.
    Interrupted {
        /// Why, in one sentence.
        why: String,
        /// When that was noticed, in milliseconds since 1970 (UTC).
        unix_ms: i64,
        /// Bytes of half a line that were cut off the log.
        log_bytes: u64,
        /// Bytes of sound that were cut off the recording; they were never
        /// acknowledged.
        audio_bytes: u64,
    },
    /// Somebody began, or ceased, to follow the call; the candidate is told.
    Watcher {
        /// Who.
        by: String,
        /// In which role.
        role: String,
        /// Began, or ceased.
        present: bool,
    },
    /// An interrupted session goes on. Session time stood still meanwhile.
    Resumed {
        /// When, in milliseconds since 1970 (UTC).
        unix_ms: i64,
    },
}

/// One line of the log.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Record {
    /// Position in the log, from 1.
    pub seq: u64,
    /// When, on the session's clock.
    pub at: SessionTime,
    /// What.
    pub event: Event,
}
