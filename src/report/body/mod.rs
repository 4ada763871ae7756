//! The report as sections of paragraphs, lists and tables: what Markdown,
//! HTML and PDF have in common. Order and wording are decided here, once;
//! how it looks is the renderers' matter. Texts in here are on one
//! line and without control characters; nothing in here is escaped.

mod about;
mod decision;
mod questions;

use super::Report;
use super::dialogue::Speaker;
use super::wording::{ANCHORS, NO_QUESTION, NONE_SHOWN, count, day, flat, heading, score};
use crate::event::TurnTimes;
use crate::interview::score::recommend::Advice;

/// A piece of a paragraph.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    /// Plain words.
    Text(String),
    /// Words that stand out.
    Strong(String),
    /// Somebody's words, with the time when they were spoken.
    Quote(String, Option<u64>),
    /// A time of the recording.
    Time(u64),
    /// A question of this report, by its number.
    Question(usize),
    /// A question's score.
    Score(Option<u8>),
    /// A word of warning or a mark, in capitals.
    Mark(&'static str),
}

/// How a table's column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table. The first column heads its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Heads of the columns, how they are set, and their share of the width.
    pub columns: Vec<(&'static str, Align, f32)>,
    /// Cells, row by row.
    pub rows: Vec<Vec<Vec<Span>>>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A remark in small print.
    Note(Vec<Span>),
    /// Items of equal rank.
    List(Vec<Vec<Span>>),
    /// Names and values.
    Facts(Vec<(&'static str, Vec<Span>)>),
    /// Rows and columns.
    Table(Table),
    /// What is recommended, and why.
    Verdict(Advice, String, String),
    /// Something that was asked, or that was answered.
    Said {
        /// Who.
        who: Speaker,
        /// What it is (`Question`, `Answer` ...).
        label: &'static str,
        /// When, milliseconds of the recording.
        at: Option<u64>,
        /// What.
        spans: Vec<Span>,
    },
    /// One turn of the conversation.
    Turn {
        /// Who.
        who: Speaker,
        /// From when to when, milliseconds of the recording.
        at: Option<(u64, u64)>,
        /// What.
        spans: Vec<Span>,
    },
    /// The stages of every turn, as a drawing where one can be drawn; the
    /// numbers stand in a table beside it.
    Timeline(Vec<TurnTimes>),
}

/// A heading and what stands under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its name in links; unique.
    pub id: String,
    /// 2 or 3; the title is 1.
    pub level: u8,
    /// Its heading.
    pub title: String,
    /// The score that stands beside the heading of a question.
    pub score: Option<Option<u8>>,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// The whole document.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Its title.
    pub title: String,
    /// The candidate's name.
    pub candidate: String,
    /// Position, company and day in one line.
    pub subtitle: String,
    /// Under the title.
    pub facts: Vec<(&'static str, Vec<Span>)>,
    /// In order.
    pub sections: Vec<Section>,
}

/// The name of a question's section in links.
pub fn question_id(number: usize) -> String {
    format!("q{number}")
}

/// Composes the document of a report.
pub fn compose(report: &Report) -> Body {
    let candidate = match flat(&report.candidate) {
        name if name.is_empty() => "Unnamed candidate".to_owned(),
        name => name,
    };
    let position = flat(&report.position);
    let company = report.company.as_deref().map(flat).unwrap_or_default();
    let mut subtitle: Vec<String> = [position, company, day(&report.date)].into();
    subtitle.retain(|part| !part.is_empty());
    let mut sections = vec![decision::recommendation(report), decision::scores(report)];
    sections.extend(decision::hr_sections(report));
    sections.push(section(
        "questions",
        2,
        heading::QUESTIONS,
        if report.questions.is_empty() {
            vec![Block::Paragraph(vec![text(NO_QUESTION)])]
        } else {
            Vec::new()
        },
    ));
    sections.extend(report.questions.iter().map(questions::question));
    sections.extend(questions::asked_back(report));
    sections.push(questions::transcript(report));
    sections.push(about::timing(report));
    sections.push(about::about(report));
    Body {
        title: if report.practice {
            format!("PRACTICE interview report: {candidate}")
        } else {
            format!("Interview report: {candidate}")
        },
        candidate,
        subtitle: subtitle.join(" · "),
        facts: decision::facts(report),
        sections,
    }
}

fn text(words: impl Into<String>) -> Span {
    Span::Text(words.into())
}

fn section(id: &str, level: u8, title: &str, blocks: Vec<Block>) -> Section {
    Section {
        id: id.to_owned(),
        level,
        title: title.to_owned(),
        score: None,
        blocks,
    }
}

fn list_or_none(items: Vec<Vec<Span>>) -> Block {
    if items.is_empty() {
        Block::Paragraph(vec![text(NONE_SHOWN)])
    } else {
        Block::List(items)
    }
}

/// A score and what it is of, in words for those who do not see it.
pub(super) fn score_words(number: Option<u8>) -> String {
    number.map_or_else(|| score(None), |n| format!("score {n} of 5"))
}

/// How many questions, in words, for a description of the document.
pub(super) fn description(report: &Report) -> String {
    format!(
        "{}; {} asked",
        report.recommendation.text,
        count(report.recommendation.asked, "question")
    )
}

fn scale() -> String {
    let anchors: Vec<String> = ANCHORS
        .iter()
        .map(|(n, says)| format!("{n} {says}"))
        .collect();
    anchors.join("; ")
}
