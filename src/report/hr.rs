//! The HR report: what the scores and their evidence mean for the people who
//! decide. Says nothing that no answer shows, nothing about voice, and says
//! plainly what was not assessed and why.

use super::dialogue::Dialogue;
use super::evaluation::QaItem;
use super::wording::{NEVER, and, count, ending, flat};
use crate::interview::Outcome;
use crate::interview::bank::{Kind, Level};
use crate::interview::open;
use crate::interview::score::Evidence;
use crate::interview::score::recommend::Recommendation;
use serde::Serialize;

/// How many strengths are named at most.
const STRENGTHS: usize = 3;
/// Single right points of weak answers are named only up to here.
const FEW: usize = 2;
/// How many missing points of one answer are named.
const LACKS: usize = 3;

/// What a good answer shows, or what was right in one that was not good.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Strength {
    /// Number of the question.
    pub question: usize,
    /// What it was about.
    pub title: String,
    /// What the rubric calls it, and how much of the rubric it is.
    pub shows: String,
    /// The candidate's words.
    pub quote: String,
    /// When they were spoken, milliseconds of the recording.
    pub start_ms: Option<u64>,
    /// The question's score.
    pub score: u8,
}

/// What an answer lacks.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Gap {
    /// Number of the question.
    pub question: usize,
    /// What it was about.
    pub title: String,
    /// Whether the answer scored 1, or scored 2 on a core question.
    pub critical: bool,
    /// What was missing.
    pub lacks: String,
    /// What was said wrongly.
    pub wrong: Vec<Evidence>,
    /// The question's score.
    pub score: u8,
}

/// A skill that an answer shows.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct SkillShown {
    /// Its name.
    pub skill: String,
    /// Numbers of the questions.
    pub questions: Vec<usize>,
}

/// Something that this interview says nothing about.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct NotAssessed {
    /// Number of the question, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<usize>,
    /// What.
    pub what: String,
    /// Why, as a sentence.
    pub why: String,
}

/// The HR report.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct HrReport {
    /// On the whole.
    pub suitability: String,
    /// Best first, three at most.
    pub strengths: Vec<Strength>,
    /// Worst first.
    pub gaps: Vec<Gap>,
    /// What says nothing either way, with the reason.
    pub not_assessed: Vec<NotAssessed>,
    /// Technical skills, from answers scored 4 or 5.
    pub skills: Vec<SkillShown>,
    /// Technical skills, from answers scored 3.
    pub skills_in_part: Vec<SkillShown>,
    /// From content and structure only.
    pub communication: String,
    /// In words.
    pub recommendation: String,
}

/// Writes it.
pub fn write(
    position: &str,
    items: &[QaItem],
    recommendation: &Recommendation,
    dialogue: &Dialogue,
) -> HrReport {
    let full = skills(items, |score| score >= 4);
    let mut in_part = skills(items, |score| score == 3);
    in_part.retain(|part| !full.iter().any(|shown| shown.skill == part.skill));
    HrReport {
        suitability: suitability(position, items, recommendation, dialogue),
        strengths: strengths(items),
        gaps: gaps(items),
        not_assessed: items.iter().filter_map(not_assessed).collect(),
        skills: full,
        skills_in_part: in_part,
        communication: communication(items),
        recommendation: format!("{}. {}", recommendation.text, recommendation.because),
    }
}

fn suitability(
    position: &str,
    items: &[QaItem],
    recommendation: &Recommendation,
    dialogue: &Dialogue,
) -> String {
    let mut out = vec![];
    match recommendation.mean {
        None => out.push("Nothing can be said: no answer was scored.".to_owned()),
        Some(mean) => {
            let level = match mean {
                m if m >= 4.0 => "the answers cover most of what the questions ask for",
                m if m >= 3.0 => {
                    "the answers cover the main points of what the questions ask for, with gaps"
                }
                m if m >= 2.0 => "the answers cover a part of what the questions ask for",
                _ => "the answers cover little of what the questions ask for",
            };
            let (asked, scored) = (recommendation.asked, recommendation.scored);
            let role = match flat(position) {
                name if name.is_empty() => "On the whole".to_owned(),
                name => format!("For the position of {name}"),
            };
            let one = if scored == 1 { "was" } else { "were" };
            out.push(format!(
                "{role}, {level}. {scored} of {} {one} scored, with a mean of {mean:.2} of 5.",
                count(asked, "question")
            ));
            for (from, to, text) in [(4, 5, "Scored 4 or 5"), (1, 2, "Scored 1 or 2")] {
                let named: Vec<String> = items
                    .iter()
                    .filter(|item| item.score.score.is_some_and(|n| (from..=to).contains(&n)))
                    .map(|item| format!("Q{}", item.number))
                    .collect();
                if !named.is_empty() {
                    out.push(format!("{text}: {}.", and(&named)));
                }
            }
            if 2 * scored < asked {
                out.push(
                    "This rests on less than half of the questions and should be read with care."
                        .to_owned(),
                );
            }
        }
    }
    out.extend(ending(dialogue.ended).map(str::to_owned));
    out.join(" ")
}

/// From answers scored 4 or 5, then 3; where these are few, single points
/// that weaker answers got right.
fn strengths(items: &[QaItem]) -> Vec<Strength> {
    let mut order: Vec<&QaItem> = items
        .iter()
        .filter(|item| item.score.score.is_some() && !item.score.hits.is_empty())
        .collect();
    order.sort_by(|a, b| {
        let by_score = b.score.score.cmp(&a.score.score);
        by_score
            .then(b.score.coverage.total_cmp(&a.score.coverage))
            .then(a.number.cmp(&b.number))
    });
    let mut out = Vec::new();
    for item in order {
        let Some(score) = item.score.score else {
            continue;
        };
        let most = if score >= 3 { STRENGTHS } else { FEW };
        if out.len() < most {
            out.extend(strength(item, score));
        }
    }
    out
}

fn strength(item: &QaItem, score: u8) -> Option<Strength> {
    let weight = |hit: &Evidence| {
        let point = item.points.iter().find(|point| point.id == hit.id);
        point.map_or(0.0, |point| point.weight)
    };
    // The weightiest point; the first of equals.
    let best = item.score.hits.iter().reduce(|best, hit| {
        if weight(hit) > weight(best) {
            hit
        } else {
            best
        }
    })?;
    let (said, all) = (item.score.hits.len(), item.points.len().max(1));
    let says = best.says.trim_end_matches('.');
    let shows = match (said, said == all) {
        // Without a rubric there are no key points to be counted.
        _ if item.score.by == open::BY => format!("The answer {}.", says.replacen('S', "s", 1)),
        (1, false) => format!("One of {all} key points was stated: {says}."),
        (_, true) if all == 1 => format!("The key point was stated: {says}."),
        (_, true) => format!("All {all} key points were stated, among them: {says}."),
        _ => format!("{said} of {all} key points were stated, among them: {says}."),
    };
    Some(Strength {
        question: item.number,
        title: flat(&item.title),
        shows: flat(&shows),
        quote: flat(&best.quote),
        start_ms: best.start_ms,
        score,
    })
}

fn gaps(items: &[QaItem]) -> Vec<Gap> {
    let gap = |item: &QaItem| {
        let score = item.score.score.filter(|&score| score <= 3)?;
        Some(Gap {
            question: item.number,
            title: flat(&item.title),
            critical: score == 1 || (score == 2 && item.level == Level::Core),
            lacks: lacks(item),
            wrong: item.score.misconceptions.clone(),
            score,
        })
    };
    let mut gaps: Vec<Gap> = items.iter().filter_map(gap).collect();
    gaps.sort_by_key(|gap| (!gap.critical, gap.score, gap.question));
    gaps
}

fn lacks(item: &QaItem) -> String {
    let mut out = Vec::new();
    if item.outcome == Some(Outcome::DontKnow) {
        out.push("The candidate said that they did not know.".to_owned());
    }
    let named: Vec<&str> = item
        .missing
        .iter()
        .take(LACKS)
        .map(|says| says.trim_end_matches('.'))
        .collect();
    if !named.is_empty() {
        let more = match item.missing.len().saturating_sub(LACKS) {
            0 => String::new(),
            n => format!("; and {n} more"),
        };
        out.push(format!("Not stated: {}{more}.", named.join("; ")));
    } else if item.score.misconceptions.is_empty() && out.is_empty() {
        out.push("The key points were stated with doubt or in part only.".to_owned());
    }
    flat(&out.join(" "))
}

fn not_assessed(item: &QaItem) -> Option<NotAssessed> {
    let why = item.score.abstained.as_deref()?;
    let why = match item.outcome {
        Some(Outcome::Skipped) if !item.is_answered() => "the candidate asked to skip it",
        _ => why,
    };
    Some(NotAssessed {
        question: Some(item.number),
        what: flat(&item.title),
        why: format!("Not scored: {why}."),
    })
}

/// Skills of technical questions whose score is such.
fn skills(items: &[QaItem], such: impl Fn(u8) -> bool) -> Vec<SkillShown> {
    let mut out: Vec<SkillShown> = Vec::new();
    let technical = items.iter().filter(|item| item.kind == Kind::Technical);
    for item in technical.filter(|item| item.score.score.is_some_and(&such)) {
        for skill in &item.skills {
            match out.iter_mut().find(|shown| shown.skill == *skill) {
                Some(shown) => shown.questions.push(item.number),
                None => out.push(SkillShown {
                    skill: skill.clone(),
                    questions: vec![item.number],
                }),
            }
        }
    }
    out
}

/// How completely and how readily questions were answered, as counts of
/// statements; nothing that depends on how they sounded or how long they
/// were.
fn communication(items: &[QaItem]) -> String {
    let answered: Vec<&QaItem> = items.iter().filter(|item| item.is_answered()).collect();
    if answered.is_empty() {
        return format!("Nothing can be said: no answer was heard. {NEVER}");
    }
    let mut out = vec![format!(
        "{} of {} got an answer.",
        answered.len(),
        count(items.len(), "question")
    )];
    // What could not be scored says nothing either way.
    let scored = || answered.iter().filter(|item| item.score.score.is_some());
    let sum = |of: fn(&QaItem) -> usize| scored().map(|item| of(item)).sum::<usize>();
    let said = sum(|item| item.score.hits.len());
    let asked_for = sum(|item| item.points.len());
    let unprompted = sum(|item| item.unprompted.min(item.score.hits.len()));
    if asked_for > 0 {
        let were = if said == 1 { "was" } else { "were" };
        let mut text = format!(
            "Of the {} that the scored ones ask for, {said} {were} stated",
            count(asked_for, "key point")
        );
        match said - unprompted {
            0 if said == 0 => text.push('.'),
            0 => text.push_str(", all before any follow-up question."),
            n => text.push_str(&format!(
                ": {unprompted} in the first answers and {n} after follow-up questions."
            )),
        }
        out.push(text);
    }
    let names = |such: fn(&QaItem) -> bool| -> Vec<String> {
        let found = answered.iter().filter(|item| such(item));
        found.map(|item| format!("Q{}", item.number)).collect()
    };
    let whole = names(|item| {
        item.score.score.is_some() && !item.points.is_empty() && item.missing.is_empty()
    });
    if !whole.is_empty() {
        out.push(format!("Complete: {}.", and(&whole)));
    }
    let off = names(|item| item.score.hits.is_empty() && item.score.score.is_some());
    if !off.is_empty() {
        out.push(format!(
            "Without any of the points asked for: {}.",
            and(&off)
        ));
    }
    let lost = names(|item| item.struggled);
    if !lost.is_empty() {
        out.push(format!("The candidate struggled with {}.", and(&lost)));
    }
    out.extend(answered.iter().find_map(|item| story(item)));
    out.push(NEVER.to_owned());
    out.join(" ")
}

/// What an account of the candidate's own work holds and lacks.
fn story(item: &QaItem) -> Option<String> {
    if item.kind != Kind::Project || item.points.is_empty() || item.score.score.is_none() {
        return None;
    }
    let ids = |said: bool| -> Vec<String> {
        let points = item.points.iter().filter(|point| point.said == said);
        points
            .map(|point| point.id.replace(['-', '_'], " "))
            .collect()
    };
    let (told, untold) = (ids(true), ids(false));
    Some(match (told.is_empty(), untold.is_empty()) {
        (true, _) => "The account of a project names none of what it was asked for.".to_owned(),
        (false, true) => format!("The account of a project is whole: {}.", and(&told)),
        (false, false) => format!(
            "The account of a project tells of: {}; it leaves open: {}.",
            and(&told),
            and(&untold)
        ),
    })
}
