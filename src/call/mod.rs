//! The candidate's side of a call: microphone to text to engine, engine to
//! voice to speaker. One task holds the loop ([`run`]); decoding and voice
//! have threads of their own; the audio callbacks know nothing of any of it.

mod bargein;
mod completeness;
mod din;
mod draft;
mod link;
pub mod listen;
mod near;
mod run;
mod seam;
mod spool;
mod tls;
mod turn;
mod voice;
mod voice_choice;
mod voice_take;
mod wire;

pub use bargein::judge as judge_over_line;
pub use completeness::{cue, word_count};
pub use link::{Address, Link, LinkError};
pub use run::{Call, run};
pub use spool::tidy_spools;
pub use voice::Voice;
pub use wire::{WireSettings, deliver_left};

use crate::audio::{AudioError, BusyGuard};
use crate::clock::SessionTime;
use crate::event::{EndReason, Line, Request, Stage, TurnTimes, Utterance};
use std::path::PathBuf;
use std::sync::Arc;

/// What the call tells whoever watches it (captions, a simulated candidate).
/// Watchers that fall behind are told how much they missed.
#[derive(Clone, Debug)]
pub enum CallEvent {
    /// The engine has prepared the interview.
    Connected {
        /// The session's id.
        session: String,
        /// Name of the candidate.
        candidate: String,
        /// Title of the job.
        position: String,
        /// The job's company.
        company: Option<String>,
    },
    /// The recruiter is about to say this.
    Line(Line),
    /// The recruiter stopped, at the line's end or before.
    LineEnded {
        /// The line.
        line: Line,
        /// What was heard of it.
        heard: String,
        /// Whether that was all.
        complete: bool,
        /// Keeps a fast clock from running away until dropped.
        hold: Hold,
    },
    /// The candidate began to speak.
    SpeechStarted,
    /// What was understood so far; may change.
    Partial(String),
    /// The candidate has stopped; the words are being made out.
    SpeechEnded,
    /// A finished utterance.
    Utterance(Utterance),
    /// What was heard had no words in it.
    Ignored,
    /// Consent is decided.
    Consent(bool),
    /// The stages of a turn.
    Turn(TurnTimes),
    /// Loudness in dB of full scale.
    Level {
        /// Microphone.
        near_db: f32,
        /// Speaker.
        far_db: f32,
    },
    /// Where the interview stands.
    Status {
        /// Where in the course.
        stage: Stage,
        /// Time that is left.
        left: SessionTime,
        /// How long the pause that goes on may last; nothing where none does.
        pause: Option<SessionTime>,
    },
    /// The interviewer waits without its usual patience, or with it again.
    Hold(bool),
    /// The microphone is muted, or open again.
    Muted(bool),
    /// The recruiter's voice has this speed from the next line on; 1 is its
    /// own.
    VoiceSpeed(f32),
    /// The recruiter speaks with this voice from the next line on.
    Voice(String),
    /// Pauses may be this many times longer.
    PauseFactor(f32),
    /// The connection to the engine is lost, or back. Meanwhile everything is
    /// kept here; nothing has to be said again.
    Connection {
        /// Whether it is there.
        up: bool,
    },
    /// Who follows the call now, by their roles; nobody where it is empty.
    Listening(Vec<String>),
    /// Something failed and the call goes on without it.
    Problem(String),
    /// Something that was wrong is well again.
    Notice(String),
    /// The interview is over; the record is being finished.
    Ended(EndReason),
}

/// See [`CallEvent::LineEnded`].
#[derive(Clone, Default)]
pub struct Hold(#[allow(dead_code, reason = "held for its drop")] Option<Arc<BusyGuard>>);

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hold")
    }
}

/// What the candidate can do besides speaking.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Consent by key.
    Consent(bool),
    /// A key instead of words.
    Request(Request),
    /// An answer that was typed.
    Type(String),
    /// Mute the microphone, or open it again.
    Mute(bool),
    /// Make the recruiter's voice slower or faster, 0.5-2; 1 is its own.
    VoiceSpeed(f32),
    /// Let the recruiter speak with another voice, by its name.
    Voice(String),
    /// Let pauses be this many times longer, 1-4.
    PauseFactor(f32),
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The session's id.
    pub session: String,
    /// Why the interview ended.
    pub reason: EndReason,
    /// Folder of the record, where the engine is on this machine.
    pub record: Option<PathBuf>,
    /// Samples that the microphone or the speaker lost.
    pub lost: u64,
}

/// Why a call could not be held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The engine.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Microphone or speaker.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The voice's or the recogniser's thread could not be started.
    #[error("{0}")]
    Thread(String),
}
