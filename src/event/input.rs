//! What the interviewer can be told: by the candidate, by the candidate's
//! machine, and by a recruiter who watches.

use super::{LineId, Track, Utterance};
use serde::{Deserialize, Serialize};

/// How consent was given or refused.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ConsentHow {
    /// A spoken answer.
    Voice,
    /// A key or a button.
    Key,
    /// Given beforehand, on the command line or with the invitation.
    Beforehand,
}

/// What a candidate can ask for with a key instead of words.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Say the last question again.
    Repeat,
    /// Say it in other words.
    Rephrase,
    /// Let me think.
    Think,
    /// Next question, please.
    Skip,
    /// Stop the clock.
    Pause,
    /// Go on after a pause.
    Resume,
    /// I have finished my answer.
    Finished,
    /// End the interview now.
    End,
}

/// Everything that the interviewer can be told.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// The candidate's side is ready.
    Begin,
    /// Consent by key or beforehand. (Consent by voice is an utterance.)
    Consent {
        /// Given or refused.
        given: bool,
        /// By what means.
        how: ConsentHow,
    },
    /// The candidate began to speak; whatever waits for an answer waits on.
    SpeechStarted,
    /// Speech ended without words (noise, a cough, an empty decode).
    SpeechIgnored,
    /// A finished utterance.
    Utterance(Utterance),
    /// A line was played to its end, or was stopped by the candidate.
    LineEnded {
        /// Which line.
        line: LineId,
        /// What was heard of it.
        heard: String,
        /// Whether it was heard to the end.
        complete: bool,
    },
    /// The candidate pressed a key.
    Request {
        /// What was asked for.
        request: Request,
    },
    /// The candidate's microphone or speaker went or came back. While it is
    /// gone, nothing that is not heard is silence.
    Device {
        /// Which side.
        track: Track,
        /// Whether it is there now.
        there: bool,
    },
    /// The deadline that the interviewer asked for has come.
    Tick,
    /// The candidate's side is gone for good.
    Left,
    /// The candidate is back after an interruption; what was under way then
    /// (a line, an utterance, a pause) is lost.
    Resumed,
    /// The candidate's side is connected again after a break in which it
    /// lost nothing. That nothing was heard meanwhile is not silence.
    Reconnected,
    /// A person who watches the call steers it.
    Steer {
        /// Who.
        by: String,
        /// What is to be done.
        act: Steer,
    },
    /// The candidate muted the microphone, or opened it again. While it is
    /// muted nobody is taken to be silent.
    Muted {
        /// On or off.
        on: bool,
    },
    /// The candidate asks for longer or shorter pauses from now on; see
    /// [`Settings::pause_factor`](super::Settings::pause_factor).
    PauseFactor {
        /// How many times longer, 1-4.
        factor: f32,
    },
}

/// What a recruiter may do to a call that is going on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Steer {
    /// Go on to the next question; what was answered counts.
    AskNext,
    /// Drop the open question: its answer counts for nothing.
    Skip,
    /// Ask the neutral probe for the heaviest key point that is missing.
    Probe,
    /// Ask this in place of the next question. Without a rubric its answer
    /// is not scored.
    Ask {
        /// The question, at most 500 characters.
        text: String,
    },
    /// Stop the clock.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Say goodbye and end.
    End,
    /// Say this in one's own name; the interviewer keeps silent until the
    /// word is handed back.
    Say {
        /// What, at most 500 characters.
        text: String,
    },
    /// Let the interviewer go on.
    HandBack,
}
