//! Scores an answer against a question's rubric: evidence first, then a
//! number or an abstention.

use serde::{Deserialize, Serialize};

/// Words of an answer that say something, and when they were spoken.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Id of the key point or misconception.
    pub id: String,
    /// What the rubric says.
    pub says: String,
    /// The sentence of the answer that said so.
    pub quote: String,
    /// Begin in the recording, milliseconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// End in the recording, milliseconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u64>,
}

/// What one answer is worth and why.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Score {
    /// 1-5 on the anchors; nothing where the scorer abstains.
    pub score: Option<u8>,
    /// Why there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abstained: Option<String>,
    /// Key points that were said.
    pub hits: Vec<Evidence>,
    /// Ids of key points that were not.
    pub missing: Vec<String>,
    /// Misconceptions that were said.
    pub misconceptions: Vec<Evidence>,
    /// Share of the rubric's weight that was said, 0-1.
    pub coverage: f32,
    /// One or two sentences: how the score follows from the evidence.
    pub why: String,
}
