//! What to work on after a practice interview: the questions with the most to
//! gain first, and of each the points that were missing. It quotes rubrics
//! and never the candidate.

use super::Report;
use super::evaluation::QaItem;
use super::markdown::escape;
use super::wording::{PRACTICE, flat, score};
use std::fmt::Write;

/// A score from which on a question needs no more work.
const GOOD: u8 = 4;

/// Writes `study-plan.md`.
pub fn study_plan_md(report: &Report) -> String {
    let mut out = format!("# Study plan\n\n> {PRACTICE}\n\n");
    let place = [
        Some(flat(&report.position)),
        report.company.as_deref().map(flat),
    ];
    let place: Vec<String> = place
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    let _ = writeln!(
        out,
        "For: {}, {}\n",
        escape(&place.join(", ")),
        flat(&report.date)
    );
    // Unanswered questions were asked all the same: they come first.
    let mut items: Vec<&QaItem> = report.questions.iter().collect();
    items.sort_by_key(|item| (item.score.score.unwrap_or(0), item.number));
    let (work, good): (Vec<&QaItem>, Vec<&QaItem>) = items
        .into_iter()
        .partition(|item| item.score.score.is_none_or(|s| s < GOOD) || wrong(item));
    if report.questions.is_empty() {
        out.push_str("No question was asked, so there is nothing to build a plan on.\n");
        return out;
    }
    if work.is_empty() {
        out.push_str("Every answer was mostly complete or better.\n\n");
    }
    for (at, item) in work.iter().enumerate() {
        let _ = writeln!(
            out,
            "## {}. {} ({})\n",
            at + 1,
            escape(&flat(&item.title)),
            score(item.score.score)
        );
        question(&mut out, item);
    }
    if !good.is_empty() {
        out.push_str("## To keep fresh\n\n");
        for item in good {
            let _ = write!(
                out,
                "- {} ({})",
                escape(&flat(&item.title)),
                score(item.score.score)
            );
            let missing: Vec<String> = item.missing.iter().map(|m| flat(m)).collect();
            if !missing.is_empty() {
                let _ = write!(out, "; still to add: {}", escape(&missing.join(" ")));
            }
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn wrong(item: &QaItem) -> bool {
    !item.score.misconceptions.is_empty()
}

fn question(out: &mut String, item: &QaItem) {
    let _ = writeln!(out, "Asked: {}\n", escape(&flat(&item.asked)));
    if !item.skills.is_empty() {
        let skills: Vec<String> = item.skills.iter().map(|s| flat(s)).collect();
        let _ = writeln!(out, "Skills: {}\n", escape(&skills.join(", ")));
    }
    if wrong(item) {
        out.push_str("Something that was said is a known misconception. Look this one up:\n\n");
        for evidence in &item.score.misconceptions {
            let _ = writeln!(out, "- {}", escape(&flat(&evidence.says)));
        }
        out.push('\n');
    }
    if item.missing.is_empty() {
        if item.is_answered() {
            out.push_str("Say the same again with an example of your own.\n\n");
        } else {
            out.push_str("Answer it aloud once, in two minutes.\n\n");
        }
        return;
    }
    out.push_str("Be able to explain, in your own words:\n\n");
    for missing in &item.missing {
        let _ = writeln!(out, "- [ ] {}", escape(&flat(missing)));
    }
    out.push('\n');
}
