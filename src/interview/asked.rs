//! What was asked and what came back: the interviewer's own account, from
//! which documents are written.

use super::score::Score;
use crate::clock::SessionTime;
use crate::event::{LineId, Stage, Utterance, UtteranceId};
use serde::{Deserialize, Serialize};

/// What became of a question.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Still being answered.
    #[default]
    Open,
    /// Something was answered.
    Answered,
    /// The candidate said that he or she does not know.
    DontKnow,
    /// The candidate asked to go on.
    Skipped,
    /// Nothing was said.
    Unanswered,
    /// The recruiter went on; what was said, if anything, counts for nothing.
    Passed,
}

/// One question of the course.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Asked {
    /// Id of the planned question; nothing for the introduction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Where in the course.
    pub stage: Stage,
    /// Its number in the course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The question as it was asked, without what was said before it.
    pub text: String,
    /// The line that asked it.
    pub line: LineId,
    /// When.
    pub at: SessionTime,
    /// Key points that were probed, in order.
    pub probes: Vec<String>,
    /// Utterances that answer it and its probes, in order.
    pub answers: Vec<Utterance>,
    /// Utterances that were requests or signs of listening.
    pub asides: Vec<UtteranceId>,
    /// What became of it.
    pub outcome: Outcome,
    /// The candidate did not know, or said next to nothing of it.
    pub struggled: bool,
    /// The answer was explained (`coach` mode).
    pub explained: bool,
    /// What the answers are worth; nothing for the introduction and where
    /// nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
}

/// One question that the candidate asked at the end.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct AskedBack {
    /// What was said.
    pub utterance: Utterance,
    /// Ids of the job's facts that answered it.
    pub facts: Vec<String>,
    /// Whether it, or a part of it, was passed on to the recruiter.
    pub passed_on: bool,
}
