//! What one interview was like: numbers and findings, folded from its record
//! and nothing else.

use super::conduct;
use super::flow;
use super::talk::Talk;
use crate::event::{EndReason, Event, Mode, Record};
use crate::interview::bank::{Kind, Level};
use crate::interview::score::Lexical;
use crate::interview::score::recommend::Advice;
use crate::interview::{Asked, Interview, Setup};
use crate::record::{RecordError, RecordReader};
use crate::report::{self, Report};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A record that no facts can be drawn from.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// It cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its head holds no setup of an interview.
    #[error("{path}: found a head without a setup that can be read, expected one: {why}")]
    Setup {
        /// The record's folder.
        path: PathBuf,
        /// What the reader says.
        why: String,
    },
}

/// What is looked for, and what it is called when it is found.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The interview did not end by itself.
    Endless,
    /// Stages out of order, or one left out.
    StageOrder,
    /// The closing lines are not exactly what they should be.
    ClosingLines,
    /// Longer than was agreed on.
    Budget,
    /// One thing said too often.
    Loop,
    /// An advanced question without a good answer before it.
    Advanced,
    /// A question that the documents do not list.
    Unlisted,
    /// A section of the documents is missing.
    Section,
    /// Something asked twice, or said again without a cause.
    Repeat,
    /// Two questions at once.
    DoubleQuestion,
    /// Markdown in a line that is spoken.
    Markdown,
    /// The recruiter said what the candidate was to say.
    Leak,
    /// Praise, blame, or a score.
    Praise,
    /// Something stated about the employer that the job does not say.
    Unsourced,
    /// Talk that neither asks nor answers.
    Lecture,
    /// The same words before two questions in a row.
    Mechanical,
    /// Relevance below the target.
    Relevance,
    /// A better profile was valued less.
    Order,
}

impl Check {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 18] = [
        Self::Endless,
        Self::StageOrder,
        Self::ClosingLines,
        Self::Budget,
        Self::Loop,
        Self::Advanced,
        Self::Unlisted,
        Self::Section,
        Self::Repeat,
        Self::DoubleQuestion,
        Self::Markdown,
        Self::Leak,
        Self::Praise,
        Self::Unsourced,
        Self::Lecture,
        Self::Mechanical,
        Self::Relevance,
        Self::Order,
    ];

    /// As reports call it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Endless => "interviews without an end of their own",
            Self::StageOrder => "stages out of order",
            Self::ClosingLines => "closing lines not exact",
            Self::Budget => "longer than agreed",
            Self::Loop => "loops",
            Self::Advanced => "advanced questions without a good answer before",
            Self::Unlisted => "questions missing from the documents",
            Self::Section => "sections missing from the documents",
            Self::Repeat => "repeated questions",
            Self::DoubleQuestion => "double questions",
            Self::Markdown => "markdown spoken",
            Self::Leak => "key points given away",
            Self::Praise => "praise, blame or scores spoken",
            Self::Unsourced => "statements about the employer without a source",
            Self::Lecture => "lectures",
            Self::Mechanical => "the same acknowledgement twice in a row",
            Self::Relevance => "relevance below the target",
            Self::Order => "better candidates valued less",
        }
    }
}

/// Something found wanting.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub check: Check,
    /// The session's id; empty where it is about all of them.
    pub session: String,
    /// Place in the session's log, 0 where it is about the whole.
    pub seq: u64,
    /// The words in question.
    pub line: String,
    /// What is wrong with them.
    pub why: String,
}

/// One question asked.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct QuestionFacts {
    /// Its id.
    pub id: String,
    /// Its family: the part of the id before the dot.
    pub family: String,
    /// What it is about.
    pub kind: Kind,
    /// How deep it goes.
    pub level: Level,
    /// Relevance to the job, 0-1.
    pub relevance: Option<f32>,
    /// What the answers were worth, where scored.
    pub score: Option<u8>,
    /// Probes asked.
    pub probes: usize,
    /// The candidate did not know.
    pub struggled: bool,
    /// Whether anything was answered.
    pub answered: bool,
}

/// One interview.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Facts {
    /// The session's id.
    pub session: String,
    /// The position.
    pub position: String,
    /// The candidate.
    pub candidate: String,
    /// What the simulated candidate was like; empty for people.
    pub profile: String,
    /// How the interviewer behaved.
    pub mode: Mode,
    /// Why it ended.
    pub ended: Option<EndReason>,
    /// Relevance of the introduction question.
    pub introduction: f32,
    /// Every planned question that was asked.
    pub questions: Vec<QuestionFacts>,
    /// Mean of the scores.
    pub mean: Option<f32>,
    /// The recommendation.
    pub advice: Advice,
    /// What the candidate asked at the end.
    pub asked_back: usize,
    /// Length, pauses included, in seconds.
    pub length_s: f64,
    /// Pauses on request, in seconds.
    pub paused_s: f64,
    /// Length agreed on, in seconds.
    pub budget_s: f64,
    /// Turns of the recruiter.
    pub turns: usize,
    /// Recruiter's words a turn, mean.
    pub words_a_turn: f64,
    /// Words of the recruiter's longest turn after the disclosure.
    pub longest_turn: usize,
    /// The candidate's share of the time in which somebody spoke, 0-1.
    pub candidate_share: Option<f64>,
    /// The recruiter's acknowledgements with how often each was said.
    #[serde(skip)]
    pub acknowledgements: Vec<String>,
    /// The recruiter's lines besides the bank's questions, for comparing
    /// tones.
    #[serde(skip)]
    pub wording: Vec<String>,
    /// What was found wanting.
    pub findings: Vec<Finding>,
}

/// Everything that the checks look at.
pub(super) struct Material<'a> {
    pub(super) session: &'a str,
    pub(super) setup: &'a Setup,
    pub(super) records: &'a [Record],
    pub(super) account: &'a [Asked],
    pub(super) report: &'a Report,
    pub(super) talk: &'a Talk,
    /// `transcript.txt` as it stands in the record.
    pub(super) transcript: &'a str,
}

impl Material<'_> {
    /// Something found wanting at a place of the log.
    pub(super) fn finding(&self, check: Check, seq: u64, line: &str, why: String) -> Finding {
        Finding {
            check,
            session: self.session.to_owned(),
            seq,
            line: line.to_owned(),
            why,
        }
    }
}

impl Facts {
    /// Folds the facts of the record in a folder.
    ///
    /// # Errors
    ///
    /// Where the record cannot be read.
    pub fn of_record(folder: &Path) -> Result<Self, FactsError> {
        let reader = RecordReader::open(folder)?;
        let head = reader.head();
        let setup: Setup =
            serde_json::from_value(head.setup.clone()).map_err(|e| FactsError::Setup {
                path: folder.to_owned(),
                why: e.to_string(),
            })?;
        let mut records = Vec::new();
        for record in reader.records()? {
            records.push(record?);
        }
        let transcript = std::fs::read_to_string(folder.join("documents/transcript.txt"));
        Ok(Self::of_session(
            &head.session,
            head.began_unix_ms,
            &setup,
            &records,
            &transcript.unwrap_or_default(),
        ))
    }

    /// Folds the facts of a session.
    pub fn of_session(
        session: &str,
        began_unix_ms: i64,
        setup: &Setup,
        records: &[Record],
        transcript: &str,
    ) -> Self {
        let interview = taken_again(setup, records);
        let account = interview.asked();
        let report = report::of_session(setup, began_unix_ms, records.to_vec(), account, &Lexical);
        let mut talk = Talk::fold(records, setup);
        talk.paused_ms = interview.paused().as_millis() as u64;
        let material = Material {
            session,
            setup,
            records,
            account,
            report: &report,
            talk: &talk,
            transcript,
        };
        let mut findings = flow::check(&material);
        findings.extend(conduct::check(&material));
        findings.sort_by_key(|f| f.seq);
        let simulated = records.iter().find_map(|record| match &record.event {
            Event::Client(facts) => facts.simulated.clone(),
            _ => None,
        });
        Self {
            session: session.to_owned(),
            position: setup.job.title.clone(),
            candidate: setup.resume.name.clone(),
            profile: simulated.unwrap_or_default(),
            mode: setup.settings.mode,
            ended: report.ended,
            introduction: setup.plan.introduction.score,
            questions: questions(&report),
            mean: report.average_score,
            advice: report.recommendation.advice,
            asked_back: talk.asked_back,
            length_s: talk.length_ms as f64 / 1000.0,
            paused_s: talk.paused_ms as f64 / 1000.0,
            budget_s: f64::from(setup.settings.minutes) * 60.0,
            turns: talk.turns.len(),
            words_a_turn: talk.words_a_turn(),
            longest_turn: talk.longest_turn(),
            candidate_share: talk.candidate_share(),
            acknowledgements: talk.acknowledgements(),
            wording: talk.wording(),
            findings,
        }
    }
}

/// The interviewer after the recorded inputs: its own account of them.
fn taken_again(setup: &Setup, records: &[Record]) -> Interview {
    let mut interview = Interview::new(setup);
    for record in records {
        if let Event::Input { input } = &record.event {
            interview.handle(input.clone(), record.at);
            while interview.poll().is_some() {}
        }
    }
    interview
}

fn questions(report: &Report) -> Vec<QuestionFacts> {
    let items = report.questions.iter();
    items
        .map(|item| QuestionFacts {
            id: item.id.clone(),
            family: item.id.split('.').next().unwrap_or_default().to_owned(),
            kind: item.kind,
            level: item.level,
            relevance: item.relevance,
            score: item.score.score,
            probes: item.follow_ups.len(),
            struggled: item.struggled,
            answered: item.is_answered(),
        })
        .collect()
}
