//! What is written of assessments beside the usual documents: what each
//! score rests on, and one line an interview for a table of many.

use super::Assessment;
use crate::interview::open;
use crate::interview::score::recommend::Advice;
use crate::report::{QaItem, transcript_txt};
use std::fmt::Write;

/// Letters of a question's title at most.
const TITLE: usize = 90;

const RULE: &str = "============================================================";

/// The transcript with scores and reports, and behind it what they rest on.
pub fn text(assessment: &Assessment) -> String {
    let mut out = transcript_txt(&assessment.report);
    let _ = writeln!(out, "\n{RULE}\nBASIS OF THE SCORES\n{RULE}");
    for basis in &assessment.basis {
        let by = match (&basis.rubric, &basis.subject) {
            (Some(rubric), _) => format!("rubric of {rubric}"),
            (None, Some(subject)) => format!("content, subject: {subject}"),
            (None, None) => "content, subject not known".to_owned(),
        };
        let meets = if basis.requirements.is_empty() {
            String::new()
        } else {
            format!("; the job asks for {}", basis.requirements.join(", "))
        };
        let _ = writeln!(out, "Q{}: {by}{meets}.", basis.question);
    }
    if assessment.basis.is_empty() {
        out.push_str("No question was asked.\n");
    }
    if let Some(rule) = assessment.content_rule {
        let _ = writeln!(out, "\nContent: {rule}");
    }
    out
}

/// Heads the table.
pub fn heading() -> String {
    format!(
        "{:<24} {:<12} {:>4} {:>6}  {:<27} {:>10}  SCORES",
        "CANDIDATE", "LABEL", "ASKED", "MEAN", "ADVICE", "WORDS/TURN"
    )
}

/// One interview in a line of the table. The label is what the file says of
/// the candidate; no score knows it.
pub fn line(assessment: &Assessment) -> String {
    let report = &assessment.report;
    let scores: Vec<String> = report
        .questions
        .iter()
        .map(|q| {
            q.score
                .score
                .map_or_else(|| "-".to_owned(), |s| s.to_string())
        })
        .collect();
    let mean = report
        .average_score
        .map_or_else(|| "-".to_owned(), |mean| format!("{mean:.2}"));
    format!(
        "{:<24} {:<12} {:>5} {:>6}  {:<27} {:>10.0}  {}",
        cut(&report.candidate, 24),
        report
            .profile
            .as_deref()
            .map_or_else(|| "-".to_owned(), |p| cut(p, 12)),
        report.questions.len(),
        mean,
        report.recommendation.text,
        assessment.words_a_turn,
        scores.join(" ")
    )
}

/// Ends the table: how many of which advice, and what could not be read.
pub fn closing(done: &[Assessment], wrong: usize) -> String {
    let count = |advice| {
        let same = |a: &&Assessment| a.report.recommendation.advice == advice;
        done.iter().filter(same).count()
    };
    let means: Vec<f32> = done.iter().filter_map(|a| a.report.average_score).collect();
    let mean = means.iter().sum::<f32>() / means.len().max(1) as f32;
    let mut out = format!(
        "{} interviews: {} proceed, {} with reservations, {} not a fit, {} without a recommendation",
        done.len(),
        count(Advice::Proceed),
        count(Advice::Reservations),
        count(Advice::NotAFit),
        count(Advice::None)
    );
    if !means.is_empty() {
        let _ = write!(out, "; mean {mean:.2}");
    }
    if wrong > 0 {
        let _ = write!(out, "; {wrong} could not be read");
    }
    out
}

/// A title for a question: its last sentence, cut.
pub(super) fn title(ask: &str) -> String {
    let flat = ask.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = flat.find('?').map_or(flat.as_str(), |at| &flat[..=at]);
    cut(first, TITLE)
}

/// How the candidate made himself or herself understood, from content alone.
pub(super) fn communication(items: &[QaItem]) -> String {
    let answered: Vec<&QaItem> = items.iter().filter(|item| item.is_answered()).collect();
    if answered.is_empty() {
        return "Nothing can be said: no answer was heard.".to_owned();
    }
    let probed = answered
        .iter()
        .filter(|item| !item.follow_ups.is_empty())
        .count();
    let lost = answered.iter().filter(|item| item.struggled).count();
    let concrete = answered
        .iter()
        .filter(|item| item.score.score >= Some(4))
        .count();
    let by_content = answered
        .iter()
        .filter(|item| item.score.by == open::BY)
        .count();
    format!(
        "{} of {} questions were answered, {by_content} of them judged by their content without a rubric. \
         {concrete} answers state much of what was asked for, {probed} led to a follow-up question, and in {lost} the candidate struggled. \
         Judged from content and structure only; voice, accent, pace and emotion were not considered.",
        answered.len(),
        items.len(),
    )
}

fn cut(text: &str, most: usize) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    if plain.chars().count() <= most {
        return plain;
    }
    let kept: String = plain.chars().take(most.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}
