//! The documents of a session, by their file names. Whoever seals a record,
//! writes its documents again or proves that they follow from its log calls
//! the same two functions.

use super::wording::PRACTICE;
use super::{
    Facts, Report, captions_vtt, fold_with, report_html, report_md, report_pdf, requirements,
    study_plan_md, timing_txt, transcript_json, transcript_txt,
};
use crate::event::Record;
use crate::interview::score::Similarity;
use crate::interview::{Asked, Setup};

/// Folds the report of a session that began at this time, in milliseconds
/// since 1970 (UTC). `account` is the interviewer's own
/// ([`account`](super::account)).
pub fn of_session(
    setup: &Setup,
    began_unix_ms: i64,
    records: Vec<Record>,
    account: &[Asked],
    by: &dyn Similarity,
) -> Report {
    let facts = Facts::of_session(setup, date_of(began_unix_ms), records);
    let mut report = fold_with(&facts, account, by);
    report.requirements = requirements::requirements(setup, &report.questions);
    report.hr.not_assessed.extend(requirements::not_examined(
        setup,
        &report.questions,
        &report.requirements,
        report.ended,
    ));
    report
}

/// A form that a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// The transcript in the fixed layout, plain text.
    Txt,
    /// The report as Markdown.
    Md,
    /// The report as one HTML file.
    Html,
    /// The report as PDF.
    Pdf,
    /// Everything with times, as JSON.
    Json,
    /// Captions of the recording, WebVTT.
    Vtt,
    /// How long each part of the program took, plain text.
    Timing,
}

impl Format {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 7] = [
        Self::Txt,
        Self::Md,
        Self::Html,
        Self::Pdf,
        Self::Json,
        Self::Vtt,
        Self::Timing,
    ];

    /// The name of its file among a record's documents.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Txt => "transcript.txt",
            Self::Md => "report.md",
            Self::Html => "report.html",
            Self::Pdf => "report.pdf",
            Self::Json => "transcript.json",
            Self::Vtt => "captions.vtt",
            Self::Timing => "timing.txt",
        }
    }

    /// Whether its bytes are text.
    pub const fn is_text(self) -> bool {
        !matches!(self, Self::Pdf)
    }
}

/// Writes a report in one form. `audio` is where the recording lies, as a
/// link of the written document.
pub fn document(report: &Report, format: Format, audio: &str) -> Vec<u8> {
    match format {
        Format::Txt => transcript_txt(report).into_bytes(),
        Format::Md => report_md(report, audio).into_bytes(),
        Format::Html => report_html(report, audio).into_bytes(),
        Format::Pdf => report_pdf(report),
        Format::Json => transcript_json(report).into_bytes(),
        Format::Vtt => captions_vtt(report).into_bytes(),
        Format::Timing if report.practice => {
            format!("{PRACTICE}\n\n{}", timing_txt(&report.timing)).into_bytes()
        }
        Format::Timing => timing_txt(&report.timing).into_bytes(),
    }
}

/// Where a record's recording lies, seen from its documents.
pub const AUDIO: &str = "../call.wav";

/// The name of the study plan among the documents of a practice interview.
pub const STUDY_PLAN: &str = "study-plan.md";

/// Everything that is written for a finished session: name and content. A
/// practice interview has a study plan, too.
pub fn documents(report: &Report) -> Vec<(String, Vec<u8>)> {
    let plan = report
        .practice
        .then(|| (STUDY_PLAN.to_owned(), study_plan_md(report).into_bytes()));
    Format::ALL
        .into_iter()
        .map(|format| {
            (
                format.file_name().to_owned(),
                document(report, format, AUDIO),
            )
        })
        .chain(plan)
        .collect()
}

/// The day (UTC) of a time in milliseconds since 1970.
fn date_of(unix_ms: i64) -> jiff::civil::Date {
    jiff::Timestamp::from_millisecond(unix_ms)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
}
