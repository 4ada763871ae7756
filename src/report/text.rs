//! The transcript as plain text, section by section.

use super::Report;
use super::dialogue::{Speaker, flat};
use super::evaluation::{Answer, QaItem};
use crate::interview::bank::Kind;
use crate::interview::score::Evidence;
use std::fmt::Write;

const RULE: &str = "============================================================";
const THIN: &str = "----------------------------------------";

/// Writes `transcript.txt`.
pub fn transcript_txt(report: &Report) -> String {
    let mut out = String::new();
    header(&mut out, report);
    dialogue(&mut out, report);
    section(&mut out, "TECHNICAL QUESTIONS AND ANSWERS");
    out.push('\n');
    if report.questions.is_empty() {
        out.push_str("No question was asked.\n\n");
    }
    for item in &report.questions {
        question(&mut out, item);
    }
    out.push('\n');
    section(&mut out, "EVALUATION REPORT");
    evaluation(&mut out, report);
    out.push('\n');
    section(&mut out, "HR REPORT");
    hr(&mut out, report);
    out.push('\n');
    section(&mut out, "RECOMMENDATION (FULL)");
    recommendation(&mut out, report);
    out
}

/// A session time for people: minutes and seconds of the recording.
pub fn clock(ms: u64) -> String {
    format!("{:02}:{:02}", ms / 60_000, ms / 1000 % 60)
}

/// The heading of a kind of question.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "PROJECT",
        Kind::Technical => "TECHNICAL",
        Kind::Behavioral => "BEHAVIORAL",
    }
}

fn section(out: &mut String, name: &str) {
    let _ = writeln!(out, "{RULE}\n{name}\n{RULE}");
}

fn header(out: &mut String, report: &Report) {
    let _ = writeln!(
        out,
        "Interview Transcript\n{RULE}\nCandidate: {}",
        flat(&report.candidate)
    );
    if let Some(profile) = &report.profile {
        let _ = writeln!(out, "Quality Profile: {}", flat(profile));
    }
    let _ = writeln!(
        out,
        "Position: {}\nTotal Turns: {}",
        flat(&report.position),
        report.total_turns
    );
    match report.average_relevance {
        Some(mean) => _ = writeln!(out, "Average Relevance Score: {mean:.3}"),
        None => out.push_str("Average Relevance Score: not known\n"),
    }
    match report.average_score {
        Some(mean) => _ = writeln!(out, "Average Evaluation Score: {mean:.2}/5"),
        None => out.push_str("Average Evaluation Score: not scored\n"),
    }
    let _ = writeln!(out, "{RULE}\n");
}

/// What one said after the other without a break stands together.
fn dialogue(out: &mut String, report: &Report) {
    let mut last = None;
    for turn in &report.dialogue {
        let text = turn.shown();
        if last == Some(turn.who) {
            let _ = writeln!(out, "{text}\n");
            continue;
        }
        let who = match turn.who {
            Speaker::Recruiter => "AI Recruiter",
            Speaker::Candidate => "Candidate",
        };
        let _ = writeln!(out, "{who}: {text}\n");
        last = Some(turn.who);
    }
}

fn question(out: &mut String, item: &QaItem) {
    let relevance = item
        .relevance
        .map_or_else(|| "not known".to_owned(), |value| format!("{value:.3}"));
    let _ = writeln!(
        out,
        "Q{} [{}] (Relevance: {relevance})",
        item.number,
        kind(item.kind)
    );
    let _ = writeln!(out, "Question: {}\n", item.asked);
    let _ = writeln!(out, "Answer: {}", answer(&item.answers));
    for follow_up in &item.follow_ups {
        let _ = writeln!(
            out,
            "\nFollow-up: {}\n\nAnswer: {}",
            follow_up.asked,
            answer(&follow_up.answers)
        );
    }
    if item.struggled {
        out.push_str("[CANDIDATE STRUGGLED]\n");
    }
    if item.explained {
        out.push_str("[EXPLAINED]\n");
    }
    let _ = writeln!(out, "\n{THIN}\n");
}

fn answer(answers: &[Answer]) -> String {
    if answers.is_empty() {
        return "[no answer was heard]".to_owned();
    }
    answers
        .iter()
        .map(|answer| flat(&answer.text))
        .collect::<Vec<_>>()
        .join(" ")
}

fn evaluation(out: &mut String, report: &Report) {
    out.push_str("Evaluation:\n");
    let of = |wanted: fn(Kind) -> bool| {
        report
            .questions
            .iter()
            .filter(move |item| wanted(item.kind))
    };
    let groups = [
        (
            "Project / Experience Question",
            of(|kind| kind == Kind::Project),
        ),
        ("Technical Questions", of(|kind| kind == Kind::Technical)),
        ("Behavioral Questions", of(|kind| kind == Kind::Behavioral)),
    ];
    let mut number = 0;
    for (name, items) in groups {
        let items: Vec<&QaItem> = items.collect();
        if items.is_empty() {
            continue;
        }
        number += 1;
        let _ = writeln!(out, "{number}. {name}:");
        for item in items {
            let _ = writeln!(out, "   Q{}: {}", item.number, flat(&item.title));
            judged(out, item);
        }
    }
    if number == 0 {
        out.push_str("No question was asked.\n");
    }
}

fn judged(out: &mut String, item: &QaItem) {
    let score = &item.score;
    let Some(number) = score.score else {
        let reason = score
            .abstained
            .as_deref()
            .unwrap_or("no reason is recorded");
        let _ = writeln!(out, "   Not scored: {reason}.");
        said(out, "Said", &score.hits);
        out.push('\n');
        return;
    };
    let _ = writeln!(out, "   Score: {number}/5\n   Justification: {}", score.why);
    said(out, "Said", &score.hits);
    said(out, "Said wrongly", &score.misconceptions);
    for missing in &item.missing {
        let _ = writeln!(out, "   - Not said: {missing}");
    }
    out.push('\n');
}

fn said(out: &mut String, how: &str, evidence: &[Evidence]) {
    for hit in evidence {
        let when = hit
            .start_ms
            .map_or_else(String::new, |ms| format!(", {}", clock(ms)));
        let _ = writeln!(
            out,
            "   - {how}: \"{}\" ({}{when})",
            flat(&hit.quote),
            hit.id
        );
    }
}

fn hr(out: &mut String, report: &Report) {
    let hr = &report.hr;
    let _ = writeln!(out, "## HR Interview Report\n");
    let _ = writeln!(out, "**Candidate:** {}", flat(&report.candidate));
    let _ = writeln!(out, "**Position:** {}", flat(&report.position));
    if let Some(company) = &report.company {
        let _ = writeln!(out, "**Company:** {}", flat(company));
    }
    let _ = writeln!(out, "**Interview Date:** {}\n", day(&report.date));
    let _ = writeln!(
        out,
        "### Candidate Overall Suitability\n\n{}\n",
        hr.suitability
    );
    out.push_str("### Key Strengths\n\n");
    for strength in &hr.strengths {
        let _ = writeln!(
            out,
            "*   **{}** {} \"{}\" (Q{}, Evaluation Score: {}/5)",
            titled(&strength.title),
            strength.shows,
            strength.quote,
            strength.question,
            strength.score
        );
    }
    none(out, hr.strengths.is_empty());
    out.push_str("\n### Areas for Development & Critical Gaps\n\n");
    for gap in &hr.gaps {
        let mark = if gap.critical {
            "**CRITICAL GAP:** "
        } else {
            ""
        };
        let lacks = if gap.lacks.is_empty() {
            "No further detail."
        } else {
            &gap.lacks
        };
        let _ = writeln!(
            out,
            "*   {mark}**{}** {lacks} (Q{}, Evaluation Score: {}/5)",
            titled(&gap.title),
            gap.question,
            gap.score
        );
    }
    for open in &hr.not_assessed {
        let _ = writeln!(out, "*   {open}");
    }
    if hr.gaps.is_empty() && hr.not_assessed.is_empty() {
        out.push_str("None found in this interview.\n");
    }
    out.push_str("\n### Technical Skills Demonstrated\n\n");
    for skill in &hr.skills {
        let questions: Vec<String> = skill
            .questions
            .iter()
            .map(|number| format!("Q{number}"))
            .collect();
        let _ = writeln!(out, "*   {} ({})", skill.skill, questions.join(", "));
    }
    none(out, hr.skills.is_empty());
    let _ = writeln!(
        out,
        "\n### Communication Effectiveness\n\n{}\n",
        hr.communication
    );
    out.push_str("### Overall Recommendation\n\n");
    let _ = writeln!(
        out,
        "**{}.** {}",
        report.recommendation.text, report.recommendation.because
    );
}

fn none(out: &mut String, nothing: bool) {
    if nothing {
        out.push_str("None shown in this interview.\n");
    }
}

/// A title that ends like a heading before a text.
fn titled(title: &str) -> String {
    let title = flat(title);
    if title.ends_with(['?', '.', '!', ':']) {
        title
    } else {
        format!("{title}:")
    }
}

fn recommendation(out: &mut String, report: &Report) {
    let it = &report.recommendation;
    let _ = writeln!(out, "**{}.** {}\n\nRule: {}", it.text, it.because, it.rule);
    let _ = writeln!(
        out,
        "Scores: by rubric, key points matched on word stems and {} similarity; every quote stands in the record.",
        report.scored_by
    );
}

/// `2026-11-23` as `23 November 2026`.
fn day(iso: &str) -> String {
    match iso.parse::<jiff::civil::Date>() {
        Ok(date) => date.strftime("%-d %B %Y").to_string(),
        Err(_) => iso.to_owned(),
    }
}
