//! Documents folded from a record: transcript, questions and answers,
//! evaluation, HR report, recommendation, timing. A fold reads the log and
//! the plan and nothing else, so that the same record always gives the same
//! documents; it never fails, whatever the log holds.
//!
//! [`Report`] holds everything that is said. [`text`], [`captions`] and
//! [`timing`] write it in their own layouts; Markdown, HTML and PDF render
//! one [`body`], so that they have the same sections in the same words.

pub mod after;
pub mod body;
pub mod captions;
pub mod corrections;
pub mod dialogue;
pub mod documents;
pub mod evaluation;
pub mod font;
pub mod from_record;
pub mod hr;
pub mod html;
pub mod markdown;
pub(crate) mod markup;
pub mod pdf;
pub mod recording;
pub mod requirements;
pub mod review;
pub mod study_plan;
pub mod text;
pub mod timeline;
pub mod timing;
mod wording;

use crate::event::{ClientFacts, EndReason, Event, Mode, Record};
use crate::interview::bank::Question;
use crate::interview::score::recommend::{self, Recommendation};
use crate::interview::score::{Lexical, Similarity};
use crate::interview::{Asked, Interview, PlannedQuestion, Setup};
use serde::Serialize;

pub use captions::captions_vtt;
pub use corrections::Corrected;
pub use dialogue::{Dialogue, Turn};
pub use documents::{Format, document, documents, of_session};
pub use evaluation::QaItem;
pub use from_record::{FromRecordError, RecordedSession};
pub use hr::HrReport;
pub use html::report_html;
pub use markdown::report_md;
pub use pdf::report_pdf;
pub use recording::Recording;
pub use requirements::Requirement;
pub use study_plan::study_plan_md;
pub use text::transcript_txt;
pub use timing::{Timing, timing_txt};

/// One question of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The question with its rubric.
    pub question: Question,
    /// Its relevance to the job, 0-1, where known.
    pub relevance: Option<f32>,
    /// Why it was chosen.
    pub why: String,
}

/// What a report is folded from.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The candidate's whole name.
    pub candidate: String,
    /// The position applied for.
    pub position: String,
    /// Who hires.
    pub company: Option<String>,
    /// The day of the interview.
    pub date: jiff::civil::Date,
    /// Quality profile, of simulated candidates only.
    pub profile: Option<String>,
    /// Whether it was practice.
    pub practice: bool,
    /// The questions that were planned.
    pub plan: Vec<Planned>,
    /// The log.
    pub records: Vec<Record>,
}

impl Facts {
    /// The facts of a session: its setup, its day and its log.
    pub fn of_session(setup: &Setup, date: jiff::civil::Date, records: Vec<Record>) -> Self {
        let planned = |planned: &PlannedQuestion| Planned {
            question: planned.question.clone(),
            relevance: Some(planned.relevance.score),
            why: planned.why.clone(),
        };
        let company = setup.job.company.trim();
        Self {
            candidate: setup.resume.name.clone(),
            position: setup.job.title.clone(),
            company: (!company.is_empty()).then(|| company.to_owned()),
            date,
            profile: None,
            practice: setup.settings.mode == Mode::Coach,
            plan: setup.plan.questions.iter().map(planned).collect(),
            records,
        }
    }
}

/// The interviewer's own account of a session: the recorded inputs are fed
/// to a fresh [`Interview`], which decides which words answer which question.
pub fn account(setup: &Setup, records: &[Record]) -> Vec<Asked> {
    let mut interview = Interview::new(setup);
    for record in records {
        if let Event::Input { input } = &record.event {
            interview.handle(input.clone(), record.at);
            while interview.poll().is_some() {}
        }
    }
    interview.asked().to_vec()
}

/// Everything that the documents say.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Report {
    /// Name and version of this layout.
    pub schema: &'static str,
    /// The candidate's whole name.
    pub candidate: String,
    /// The position applied for.
    pub position: String,
    /// Who hires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Day of the interview, ISO 8601.
    pub date: String,
    /// Quality profile, of simulated candidates only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Whether it was practice: an interview in coach mode.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub practice: bool,
    /// Number of times the recruiter took the floor.
    pub total_turns: usize,
    /// Mean relevance of all questions asked, 0-1.
    pub average_relevance: Option<f32>,
    /// Mean of the scores given; what was not scored is left out.
    pub average_score: Option<f32>,
    /// Whether consent was given, where that was decided.
    pub consent: Option<bool>,
    /// Why the interview ended, where it did.
    pub ended: Option<EndReason>,
    /// Time of the last event, milliseconds of the session.
    pub length_ms: u64,
    /// What there is to hear.
    pub recording: Recording,
    /// What the candidate's side ran on, where it told.
    pub client: Option<ClientFacts>,
    /// Who said what, in order.
    pub dialogue: Vec<Turn>,
    /// Every planned question that was asked, with its answers and score.
    pub questions: Vec<QaItem>,
    /// What the candidate asked at the end.
    pub asked_back: Vec<AskedBack>,
    /// The job's must-haves, where the job is known.
    pub requirements: Vec<Requirement>,
    /// For the people who decide.
    pub hr: HrReport,
    /// With its rule.
    pub recommendation: Recommendation,
    /// The stages of the turns.
    pub timing: Timing,
    /// What failed on the way.
    pub problems: Vec<String>,
    /// Which similarity took part in the scores.
    pub scored_by: String,
    /// How many corrections made after the seal are shown, and as of when;
    /// nothing where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
}

/// Something that the candidate asked and what was replied.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct AskedBack {
    /// What was asked.
    pub asked: String,
    /// When, milliseconds of the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// What was replied.
    pub replies: Vec<String>,
    /// Whether it, or a part of it, waits for a person's answer.
    pub passed_on: bool,
}

/// Folds a report, scored with the similarity that is always there.
pub fn fold(facts: &Facts) -> Report {
    fold_with(facts, &[], &Lexical)
}

/// Folds a report. Where there is an `account` of the interviewer it decides
/// which utterances answer which question; else the order of the lines does.
pub fn fold_with(facts: &Facts, account: &[Asked], by: &dyn Similarity) -> Report {
    let mut dialogue = Dialogue::fold(&facts.records);
    dialogue.settle(account);
    let questions = evaluation::evaluate(&dialogue, &facts.plan, by);
    let scores: Vec<Option<u8>> = questions.iter().map(|item| item.score.score).collect();
    let recommendation = recommend::recommend(&scores);
    let relevance: Vec<f32> = questions.iter().filter_map(|item| item.relevance).collect();
    let asked_back = asked_back(&dialogue);
    let hr = hr::write(&facts.position, &questions, &recommendation, &dialogue);
    Report {
        schema: "viva.report.v1",
        candidate: facts.candidate.clone(),
        position: facts.position.clone(),
        company: facts.company.clone(),
        date: facts.date.to_string(),
        profile: facts.profile.clone().or(dialogue.simulated),
        practice: facts.practice,
        total_turns: dialogue.recruiter_turns,
        average_relevance: (!relevance.is_empty())
            .then(|| relevance.iter().sum::<f32>() / relevance.len() as f32),
        average_score: recommendation.mean,
        consent: dialogue.consent,
        ended: dialogue.ended,
        length_ms: dialogue.length_ms,
        asked_back,
        requirements: Vec::new(),
        recording: dialogue.recording,
        client: client(&facts.records),
        dialogue: dialogue.turns,
        questions,
        hr,
        recommendation,
        timing: timing::fold(&facts.records),
        problems: dialogue.problems,
        scored_by: by.name().to_owned(),
        corrected: None,
    }
}

fn asked_back(dialogue: &Dialogue) -> Vec<AskedBack> {
    let turns = &dialogue.turns;
    let back = |back: &dialogue::AskedBack| AskedBack {
        asked: turns[back.asked].text.clone(),
        start_ms: turns[back.asked].start_ms,
        replies: back.replies.iter().map(|&at| turns[at].shown()).collect(),
        passed_on: back.passed_on,
    };
    dialogue.asked_back.iter().map(back).collect()
}

fn client(records: &[Record]) -> Option<ClientFacts> {
    records.iter().find_map(|record| match &record.event {
        Event::Client(facts) => Some(facts.clone()),
        _ => None,
    })
}

/// Everything, with times, as JSON with a newline at its end.
pub fn transcript_json(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_else(|err| {
        // Only a map with keys that are no strings could fail; there is none.
        format!("{{\"error\": \"The report is not representable: {err}\"}}")
    });
    text.push('\n');
    text
}
