//! Studies over many interviews: whether the interviewer kept to its course,
//! how relevant and how hard its questions were, how scores and
//! recommendations follow what candidates know, how long it all took, and
//! how the interviewer behaved. Everything is folded from records; the same
//! records give the same study, byte for byte.

pub mod chart;
mod compare;
mod conduct;
mod facts;
mod figures;
mod flow;
mod html;
pub mod impact;
mod png;
mod tables;
mod talk;

pub use compare::{Cell, Column, Compared, Comparison, Quote, Row, Who};
pub use facts::{Check, Facts, FactsError, Finding, QuestionFacts};
pub use figures::{Figure, figures};
pub use flow::SECTIONS;
pub use html::{page, page_alone};
pub use png::{PngError, png};
pub use tables::{
    Advices, ByGroup, ByJob, ByMode, ByProfile, ByQuestion, Lengths, Relevance, Tones,
};

use serde::Serialize;
use std::collections::BTreeMap;

/// Mean relevance of the questions asked that is expected, 0-1.
pub const RELEVANCE: f64 = 0.85;

/// How often one check found something.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which.
    pub check: Check,
    /// The same, in words.
    pub what: &'static str,
    /// How often.
    pub found: usize,
}

/// A study.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Study {
    /// Name and version of this layout.
    pub schema: &'static str,
    /// Program that folded it.
    pub program: &'static str,
    /// Number of interviews.
    pub interviews: usize,
    /// Planned questions asked, in all.
    pub questions_asked: usize,
    /// Probes asked, in all.
    pub probes_asked: usize,
    /// Share of questions and probes that the documents list, 0-1.
    pub listed: Option<f64>,
    /// How the interviews ended.
    pub ended: BTreeMap<String, usize>,
    /// Every check with what it found, in a fixed order.
    pub checks: Vec<Count>,
    /// Relevance of all questions asked.
    pub relevance: Relevance,
    /// Rank correlation (Spearman) of quality and mean score over the
    /// interviews of the four qualities; -1 to 1.
    pub discrimination: Option<f64>,
    /// By what the candidate was like.
    pub profiles: Vec<ByProfile>,
    /// By job.
    pub jobs: Vec<ByJob>,
    /// By the interviewer's mode.
    pub modes: Vec<ByMode>,
    /// By level of the questions.
    pub levels: Vec<ByGroup>,
    /// By kind of the questions.
    pub kinds: Vec<ByGroup>,
    /// By family of the questions.
    pub families: Vec<ByGroup>,
    /// By question.
    pub questions: Vec<ByQuestion>,
    /// Lengths against the time agreed on.
    pub lengths: Lengths,
    /// What was said before questions and probes, with how often.
    pub acknowledgements: Vec<(String, usize)>,
    /// How much the tones differ in wording.
    pub tones: Vec<Tones>,
    /// Everything found wanting.
    pub findings: Vec<Finding>,
}

impl Study {
    /// Folds a study. The order of the interviews has no part in it but for
    /// the order of the findings.
    pub fn of(facts: &[Facts]) -> Self {
        let mut findings: Vec<Finding> = facts.iter().flat_map(|f| f.findings.clone()).collect();
        let relevance = tables::relevance(facts);
        let jobs = tables::by_job(facts);
        let profiles = tables::by_profile(facts);
        findings.extend(tables::too_little_relevance(&relevance, &jobs));
        findings.extend(tables::out_of_order(&profiles));
        let checks = Check::ALL.iter().map(|check| Count {
            check: *check,
            what: check.text(),
            found: findings.iter().filter(|f| f.check == *check).count(),
        });
        let questions_asked: usize = facts.iter().map(|f| f.questions.len()).sum();
        let all = facts.iter().flat_map(|f| &f.questions);
        let probes_asked: usize = all.map(|q| q.probes).sum();
        let missing = findings
            .iter()
            .filter(|f| f.check == Check::Unlisted)
            .count();
        let lines = questions_asked + probes_asked;
        let mut ended = BTreeMap::new();
        for fact in facts {
            let reason = fact.ended.map_or_else(|| "none".to_owned(), tables::reason);
            *ended.entry(reason).or_insert(0) += 1;
        }
        Self {
            schema: "viva.study.v1",
            program: crate::PROGRAM,
            interviews: facts.len(),
            questions_asked,
            probes_asked,
            listed: (lines > 0)
                .then(|| tables::round(1.0 - missing.min(lines) as f64 / lines as f64)),
            ended,
            checks: checks.collect(),
            relevance,
            discrimination: tables::discrimination(facts),
            profiles,
            jobs,
            modes: tables::by_mode(facts),
            levels: tables::by_group(facts, |q| tables::level(q.level).to_owned()),
            kinds: tables::by_group(facts, |q| tables::kind(q.kind).to_owned()),
            families: tables::by_group(facts, |q| q.family.clone()),
            questions: tables::by_question(facts),
            lengths: tables::lengths(facts),
            acknowledgements: tables::acknowledgements(facts),
            tones: tables::tones(facts),
            findings,
        }
    }

    /// How often a check found something.
    pub fn found(&self, check: Check) -> usize {
        self.checks
            .iter()
            .find(|count| count.check == check)
            .map_or(0, |count| count.found)
    }

    /// `study.json`, with a newline at its end.
    ///
    /// # Errors
    ///
    /// Never, unless a number is none.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
