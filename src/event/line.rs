//! What the recruiter says, and what sort of answer it waits for.

use super::{LineId, UtteranceId};
use serde::{Deserialize, Serialize};

/// What kind of thing a line says.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(tag = "is", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// Says that this is an AI and a recording, and asks for consent.
    Disclosure,
    /// Asks again for a clear yes or no.
    ConsentAgain,
    /// Asks for an introduction.
    Introduction,
    /// A planned question of the plan.
    Question,
    /// A neutral probe for what the rubric still misses.
    Probe {
        /// The key point it is after.
        point: String,
    },
    /// The question again, whole or in short form.
    Repeat,
    /// The question in other words.
    Rephrase,
    /// Asks whether words of an utterance were heard right.
    Confirm {
        /// The utterance.
        utterance: UtteranceId,
    },
    /// The one gentle prompt after silence.
    Nudge,
    /// Words that ask for nothing (a pause is granted, take your time).
    Remark,
    /// A sentence or two of teaching; `coach` mode only.
    Explain,
    /// "Before we wrap up, do you have any questions for me?"
    Invitation,
    /// A reply to the candidate's question.
    Reply {
        /// The job's fact that it rests on, if any.
        fact: Option<String>,
    },
    /// "Sorry, this is out of scope."
    OutOfScope,
    /// The last words.
    Farewell,
    /// What a person says or asks in the call; only the voice is a machine's.
    Human {
        /// Who.
        by: String,
    },
}

/// What sort of answer a line expects: how patient the endpointer should be.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Expects {
    /// No answer.
    Nothing,
    /// Yes or no.
    YesNo,
    /// A few words.
    Short,
    /// An explanation or a story.
    #[default]
    Long,
}

/// How much of what a question asks for was told so far, roughly: enough to
/// know whether more is to be expected, and too little to read a score from.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Next to nothing.
    Little,
    /// A part.
    Some,
    /// Nearly all.
    Most,
}

/// Where in the course a line stands.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Disclosure and consent.
    #[default]
    Opening,
    /// The introduction question.
    Introduction,
    /// The project question.
    Project,
    /// Technical questions.
    Technical,
    /// The candidate's questions.
    Closing,
    /// Nothing follows.
    Ended,
}

/// One thing that the recruiter says.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number within the session.
    pub id: LineId,
    /// The whole text as it is to be spoken: no markdown.
    pub text: String,
    /// What kind of thing it says.
    pub purpose: Purpose,
    /// Where in the course it stands.
    pub stage: Stage,
    /// Id of the planned question that it asks, probes or repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Number of that question among all planned, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// How many questions are planned in all.
    pub of: u32,
    /// The answer it expects.
    pub expects: Expects,
}
