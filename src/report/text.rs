//! The transcript as plain text, section by section.

use super::Report;
use super::corrections::beside;
use super::dialogue::Speaker;
use super::evaluation::{Answer, QaItem};
use super::wording::{
    CRITICAL_RULE, NO_ANSWER, NO_QUESTION, NONE_SHOWN, PART_RULE, PRACTICE, clock, day, flat,
    heading, kind, questions, score, sentence, titled,
};
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
    section(&mut out, &heading::QUESTIONS.to_uppercase());
    out.push('\n');
    if report.questions.is_empty() {
        let _ = writeln!(out, "{NO_QUESTION}\n");
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

fn section(out: &mut String, name: &str) {
    let _ = writeln!(out, "{RULE}\n{name}\n{RULE}");
}

fn header(out: &mut String, report: &Report) {
    let _ = writeln!(
        out,
        "Interview Transcript\n{RULE}\nCandidate: {}",
        flat(&report.candidate)
    );
    if report.practice {
        let _ = writeln!(out, "{PRACTICE}");
    }
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
    if let Some(corrected) = &report.corrected {
        let _ = writeln!(out, "Corrections: {}", corrected.text());
    }
    let _ = writeln!(out, "{RULE}\n");
}

/// What one said after the other without a break stands together.
fn dialogue(out: &mut String, report: &Report) {
    let mut last = None;
    for turn in &report.dialogue {
        let text = match &turn.correction {
            None => turn.shown(),
            Some(correction) => format!("{}\n{}", turn.shown(), beside(correction)),
        };
        if last == Some(turn.who) && !looks_like_layout(&text) {
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

/// Whether a text at the begin of a line could be taken for a speaker's name,
/// a rule or a heading of this layout.
fn looks_like_layout(text: &str) -> bool {
    let head: String = text.chars().take(24).collect();
    head.contains(':')
        || head.starts_with(['=', '-', '#', '[', '*'])
        || (head.len() > 3 && head.to_uppercase() == head)
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
    let _ = writeln!(
        out,
        "Question: {}\n",
        asked(&item.asked, item.heard.as_deref())
    );
    let _ = writeln!(out, "Answer: {}", answer(&item.answers));
    for follow_up in &item.follow_ups {
        let _ = writeln!(
            out,
            "\nFollow-up: {}\n\nAnswer: {}",
            asked(&follow_up.asked, follow_up.heard.as_deref()),
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

/// What was to be asked, with a mark where less of it was heard.
fn asked(asked: &str, heard: Option<&str>) -> String {
    match heard.map(flat) {
        None => flat(asked),
        Some(heard) if heard.is_empty() => {
            format!("{} [interrupted before anything was heard]", flat(asked))
        }
        Some(heard) => format!("{} [interrupted; heard as far as \"{heard}\"]", flat(asked)),
    }
}

fn answer(answers: &[Answer]) -> String {
    if answers.is_empty() {
        return NO_ANSWER.to_owned();
    }
    answers
        .iter()
        .map(|answer| match &answer.correction {
            None => flat(&answer.text),
            Some(correction) => format!("{}\n{}\n", flat(&answer.text), beside(correction)),
        })
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
        let _ = writeln!(out, "{NO_QUESTION}");
    }
}

fn judged(out: &mut String, item: &QaItem) {
    let score = &item.score;
    let Some(number) = score.score else {
        let reason = score
            .abstained
            .as_deref()
            .unwrap_or("no reason is recorded");
        let _ = writeln!(out, "   Not scored: {}", sentence(reason));
        said(out, &score.hits);
        out.push('\n');
        return;
    };
    let _ = writeln!(
        out,
        "   Score: {number}/5\n   Justification: {}",
        flat(&score.why)
    );
    said(out, &score.hits);
    for wrong in &score.misconceptions {
        let _ = writeln!(
            out,
            "   - Said wrongly: \"{}\" (a misconception: {} {}{})",
            flat(&wrong.quote),
            sentence(&wrong.says),
            wrong.id,
            when(wrong)
        );
    }
    for missing in &item.missing {
        let _ = writeln!(out, "   - Not said: {}", flat(missing));
    }
    out.push('\n');
}

fn said(out: &mut String, evidence: &[Evidence]) {
    for hit in evidence {
        let _ = writeln!(
            out,
            "   - Said: \"{}\" ({}{})",
            flat(&hit.quote),
            hit.id,
            when(hit)
        );
    }
}

fn when(hit: &Evidence) -> String {
    hit.start_ms
        .map_or_else(String::new, |ms| format!(", {}", clock(ms)))
}

fn hr(out: &mut String, report: &Report) {
    let hr = &report.hr;
    let _ = writeln!(out, "## {}\n", heading::HR);
    let _ = writeln!(out, "**Candidate:** {}", flat(&report.candidate));
    let _ = writeln!(out, "**Position:** {}", flat(&report.position));
    if let Some(company) = &report.company {
        let _ = writeln!(out, "**Company:** {}", flat(company));
    }
    let _ = writeln!(out, "**Interview Date:** {}\n", day(&report.date));
    let _ = writeln!(out, "### {}\n\n{}\n", heading::SUITABILITY, hr.suitability);
    let _ = writeln!(out, "### {}\n", heading::STRENGTHS);
    for strength in &hr.strengths {
        let _ = writeln!(
            out,
            "*   **{}** {} In the candidate's words: \"{}\" ({})",
            titled(&strength.title),
            strength.shows,
            strength.quote,
            place(strength.question, strength.start_ms, strength.score)
        );
    }
    none(out, hr.strengths.is_empty());
    let _ = writeln!(out, "\n### {}\n", heading::GAPS);
    for gap in &hr.gaps {
        out.push_str("*   ");
        if gap.critical {
            out.push_str("**CRITICAL GAP:** ");
        }
        let _ = write!(out, "**{}** ", titled(&gap.title));
        for wrong in &gap.wrong {
            let _ = write!(
                out,
                "Said wrongly: \"{}\" (a misconception: {}) ",
                flat(&wrong.quote),
                flat(&wrong.says)
            );
        }
        if !gap.lacks.is_empty() {
            let _ = write!(out, "{} ", gap.lacks);
        }
        let _ = writeln!(out, "({})", place(gap.question, None, gap.score));
    }
    if hr.gaps.is_empty() {
        out.push_str("None found in this interview.\n");
    } else {
        let _ = writeln!(out, "\n{CRITICAL_RULE}");
    }
    let _ = writeln!(out, "\n### {}\n", heading::SKILLS);
    for (shown, how) in [(&hr.skills, ""), (&hr.skills_in_part, ", in part")] {
        for skill in shown {
            let _ = writeln!(
                out,
                "*   {}{how} ({})",
                flat(&skill.skill),
                questions(&skill.questions)
            );
        }
    }
    none(out, hr.skills.is_empty() && hr.skills_in_part.is_empty());
    requirements(out, report);
    let _ = writeln!(
        out,
        "\n### {}\n\n{}",
        heading::COMMUNICATION,
        hr.communication
    );
    if !hr.not_assessed.is_empty() {
        let _ = writeln!(out, "\n### {}\n", heading::NOT_ASSESSED);
    }
    for open in &hr.not_assessed {
        let number = open
            .question
            .map_or_else(String::new, |number| format!("Q{number} "));
        let _ = writeln!(
            out,
            "*   {number}{} {}",
            titled(&open.what),
            flat(&open.why)
        );
    }
    let _ = writeln!(out, "\n### {}\n", heading::RECOMMENDATION);
    let _ = writeln!(
        out,
        "**{}.** {}",
        report.recommendation.text, report.recommendation.because
    );
}

fn requirements(out: &mut String, report: &Report) {
    if report.requirements.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n### {}\n", heading::REQUIREMENTS);
    for requirement in &report.requirements {
        let text = &requirement.text;
        let _ = if requirement.questions.is_empty() {
            writeln!(out, "*   {text}: not examined")
        } else {
            writeln!(
                out,
                "*   {text}: {} ({})",
                questions(&requirement.questions),
                best(requirement.best)
            )
        };
    }
    let _ = writeln!(out, "\n{PART_RULE}");
}

fn best(number: Option<u8>) -> String {
    match number {
        Some(_) => format!("best score {}", score(number)),
        None => score(None),
    }
}

/// Where a statement rests: question, time and score.
fn place(question: usize, start_ms: Option<u64>, number: u8) -> String {
    let at = start_ms.map_or_else(String::new, |ms| format!(", {}", clock(ms)));
    format!("Q{question}{at}, Evaluation Score: {number}/5")
}

fn none(out: &mut String, nothing: bool) {
    if nothing {
        let _ = writeln!(out, "{NONE_SHOWN}");
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
