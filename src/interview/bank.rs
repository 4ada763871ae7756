//! The question bank: what may be asked, and what a good answer contains.

use serde::{Deserialize, Serialize};

/// What a question is about.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A project of the candidate's own.
    Project,
    /// Knowledge and skill.
    Technical,
    /// Conduct at work.
    Behavioral,
}

/// How deep a question goes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Asked of everybody.
    #[default]
    Core,
    /// Asked only after a good answer to a core question.
    Advanced,
}

/// One thing that a full answer says.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct KeyPoint {
    /// Unique within the question.
    pub id: String,
    /// The statement.
    pub says: String,
    /// Phrases that count as saying so: matched on word stems, in order,
    /// inside one sentence; `*` stands for up to six words in between.
    pub any_of: Vec<String>,
    /// Share in the score, relative to the other points.
    #[serde(default = "one")]
    pub weight: f32,
    /// A neutral follow-up that does not give the answer away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
}

/// One thing that is often said and wrong.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// Unique within the question.
    pub id: String,
    /// The wrong statement.
    pub says: String,
    /// Phrases that count as saying so.
    pub any_of: Vec<String>,
}

/// Spoken answers of the four profiles, for simulated candidates.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Samples {
    /// Vague.
    pub weak: String,
    /// About half of the points.
    pub average: String,
    /// Most points.
    pub strong: String,
    /// All points and an example.
    pub exceptional: String,
}

/// One question with its rubric.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Unique: family prefix, dot, slug.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// Skills that it examines, as job descriptions name them.
    pub skills: Vec<String>,
    /// How deep it goes.
    #[serde(default)]
    pub level: Level,
    /// The question, as spoken.
    pub ask: String,
    /// The same question in other, fewer words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
    /// What a strong candidate might say.
    #[serde(default)]
    pub ideal: String,
    /// One or two sentences of teaching, for `coach` mode.
    #[serde(default)]
    pub explain: String,
    /// What a full answer says.
    #[serde(default, rename = "key_point")]
    pub key_points: Vec<KeyPoint>,
    /// What is often said and wrong.
    #[serde(default, rename = "misconception")]
    pub misconceptions: Vec<Misconception>,
    /// Answers for simulated candidates; never part of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Samples>,
}

/// One file of the bank.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// The family's name, for people.
    #[serde(default)]
    pub family: String,
    /// Prefix of its questions' ids.
    #[serde(default)]
    pub prefix: String,
    /// Skills that mark a job as belonging to it.
    #[serde(default)]
    pub about: Vec<String>,
    /// The questions.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
}

fn one() -> f32 {
    1.0
}
