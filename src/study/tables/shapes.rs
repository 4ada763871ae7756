//! What the tables hold.

use crate::event::Mode;
use crate::interview::bank::{Kind, Level};
use crate::interview::score::recommend::Advice;
use serde::Serialize;

/// Relevance of all questions asked: introduction, project, technical and
/// behavioral ones, each probe counted with its question.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Relevance {
    /// How many.
    pub asked: usize,
    /// Mean, 0-1.
    pub mean: Option<f64>,
    /// Least.
    pub least: Option<f64>,
    /// How many are below the target.
    pub below: usize,
}

/// How often each recommendation was given.
#[derive(Serialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Advices {
    /// Proceed to next round.
    pub proceed: usize,
    /// Consider with reservations.
    pub reservations: usize,
    /// Not a fit at this time.
    pub not_a_fit: usize,
    /// Nothing was scored.
    pub none: usize,
}

impl Advices {
    pub(super) fn add(&mut self, advice: Advice) {
        *match advice {
            Advice::Proceed => &mut self.proceed,
            Advice::Reservations => &mut self.reservations,
            Advice::NotAFit => &mut self.not_a_fit,
            Advice::None => &mut self.none,
        } += 1;
    }

    /// How many in all.
    pub fn all(&self) -> usize {
        self.proceed + self.reservations + self.not_a_fit + self.none
    }
}

/// Interviews with one kind of candidate.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct ByProfile {
    /// Which.
    pub profile: String,
    /// How many interviews.
    pub interviews: usize,
    /// Mean of the interviews' mean scores.
    pub mean: Option<f64>,
    /// Answers by score, 1 to 5.
    pub scores: [usize; 5],
    /// Answers that were not scored.
    pub unscored: usize,
    /// Recommendations.
    pub advice: Advices,
    /// Mean length in seconds.
    pub length_s: f64,
    /// Mean share of the talking time that was the candidate's, 0-1.
    pub candidate_share: Option<f64>,
    /// Recruiter's words a turn, mean.
    pub words_a_turn: f64,
    /// Probes a question, mean.
    pub probes: f64,
    /// Findings in all.
    pub findings: usize,
}

/// Interviews for one job.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct ByJob {
    /// Its title.
    pub position: String,
    /// How many interviews.
    pub interviews: usize,
    /// Mean relevance of the questions asked.
    pub relevance: Option<f64>,
    /// Least relevance of a question asked.
    pub least: Option<f64>,
    /// Mean score by quality.
    pub means: [Option<f64>; 4],
    /// Recommendations to the four qualities.
    pub advice: [Advices; 4],
    /// Different questions asked.
    pub questions: usize,
}

/// Interviews in one mode.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct ByMode {
    /// Which.
    pub mode: Mode,
    /// How many interviews.
    pub interviews: usize,
    /// Mean of the interviews' mean scores.
    pub mean: Option<f64>,
    /// Mean length in seconds.
    pub length_s: f64,
    /// Recruiter's words a turn, mean.
    pub words_a_turn: f64,
    /// The longest turn after the disclosure, in words.
    pub longest_turn: usize,
}

/// Questions of one group.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct ByGroup {
    /// Its name.
    pub name: String,
    /// How often asked.
    pub asked: usize,
    /// Mean score.
    pub mean: Option<f64>,
    /// Mean score by quality.
    pub means: [Option<f64>; 4],
    /// Mean score of the upper two qualities less that of the lower two.
    pub discrimination: Option<f64>,
    /// Mean relevance.
    pub relevance: Option<f64>,
}

/// One question.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct ByQuestion {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// How deep it goes.
    pub level: Level,
    /// How often asked.
    pub asked: usize,
    /// How often not scored although something was answered.
    pub abstained: usize,
    /// Mean score.
    pub mean: Option<f64>,
    /// Mean score by quality.
    pub means: [Option<f64>; 4],
    /// Mean score of the upper two qualities less that of the lower two.
    pub discrimination: Option<f64>,
    /// Mean relevance to the jobs that it was asked for.
    pub relevance: Option<f64>,
    /// Probes each time, mean.
    pub probes: f64,
}

/// Lengths of the interviews.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Lengths {
    /// Median, seconds.
    pub p50_s: f64,
    /// 95th percentile (nearest rank), seconds.
    pub p95_s: f64,
    /// Longest, seconds.
    pub max_s: f64,
    /// Length over the time agreed on, pauses left out: largest, 0-1.
    pub most_of_budget: f64,
    /// Interviews by tenths of their budget.
    pub tenths: [usize; 10],
}

/// How much the wording of two modes differs.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Tones {
    /// One.
    pub a: Mode,
    /// The other.
    pub b: Mode,
    /// Share of the recruiter's own lines in `a` that are never said in `b`.
    pub differ: f64,
    /// A few lines that only `a` says.
    pub only_a: Vec<String>,
    /// A few lines that only `b` says.
    pub only_b: Vec<String>,
}
