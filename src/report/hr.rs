//! The HR report: what the scores and their evidence mean for the people who
//! decide. Says nothing that no answer shows, and nothing about voice.

use super::dialogue::{Dialogue, flat};
use super::evaluation::QaItem;
use crate::event::EndReason;
use crate::interview::bank::{Kind, Level};
use crate::interview::score::recommend::Recommendation;
use serde::Serialize;

/// How many strengths are named.
const STRENGTHS: usize = 3;

/// What a good answer shows.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Strength {
    /// Number of the question.
    pub question: usize,
    /// What it was about.
    pub title: String,
    /// What the rubric calls it.
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
    /// Whether a question that everybody is asked was not answered well.
    pub critical: bool,
    /// What was missing or wrong.
    pub lacks: String,
    /// The question's score.
    pub score: u8,
}

/// A skill that a good answer shows.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct SkillShown {
    /// Its name.
    pub skill: String,
    /// Numbers of the questions.
    pub questions: Vec<usize>,
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
    /// Questions that say nothing either way, with the reason.
    pub not_assessed: Vec<String>,
    /// From answers scored 4 or 5.
    pub skills: Vec<SkillShown>,
    /// From content and structure only.
    pub communication: String,
    /// In words.
    pub recommendation: String,
}

/// Writes it.
pub fn write(items: &[QaItem], recommendation: &Recommendation, dialogue: &Dialogue) -> HrReport {
    HrReport {
        suitability: suitability(items, recommendation, dialogue),
        strengths: strengths(items),
        gaps: gaps(items),
        not_assessed: items.iter().filter_map(not_assessed).collect(),
        skills: skills(items),
        communication: communication(items),
        recommendation: format!("{}. {}", recommendation.text, recommendation.because),
    }
}

fn suitability(items: &[QaItem], recommendation: &Recommendation, dialogue: &Dialogue) -> String {
    let ended = match dialogue.ended {
        Some(EndReason::Completed) => "",
        Some(EndReason::TimeUp) => " The time was used up before all questions were asked.",
        Some(EndReason::ConsentRefused) => " Consent was refused, so nothing was asked.",
        Some(EndReason::CandidateEnded) => " The candidate ended the interview early.",
        Some(EndReason::CandidateLeft) => " The connection to the candidate was lost.",
        Some(EndReason::NoAnswer) => " The interview ended because nobody answered.",
        None => " The record does not show an end of the interview.",
    };
    let Some(mean) = recommendation.mean else {
        return format!("Nothing can be said: no answer was scored.{ended}");
    };
    let good = items
        .iter()
        .filter(|item| item.score.score >= Some(4))
        .count();
    let poor = items
        .iter()
        .filter(|item| matches!(item.score.score, Some(1 | 2)))
        .count();
    let level = match mean {
        m if m >= 4.0 => "The answers cover most of what the questions ask for",
        m if m >= 3.0 => "The answers cover the main points of the questions, with gaps",
        m if m >= 2.0 => "The answers cover a part of what the questions ask for",
        _ => "The answers cover little of what the questions ask for",
    };
    let (asked, scored) = (recommendation.asked, recommendation.scored);
    format!(
        "{level}: mean {mean:.2} of 5 over {scored} scored of {asked} asked, {good} with 4 or 5, {poor} with 1 or 2.{ended}"
    )
}

fn strengths(items: &[QaItem]) -> Vec<Strength> {
    let mut good: Vec<&QaItem> = items
        .iter()
        .filter(|item| item.score.score >= Some(4))
        .collect();
    good.sort_by(|a, b| {
        let order = b.score.score.cmp(&a.score.score);
        order
            .then(b.score.coverage.total_cmp(&a.score.coverage))
            .then(a.number.cmp(&b.number))
    });
    let strength = |item: &QaItem| {
        let hit = item.score.hits.first()?;
        Some(Strength {
            question: item.number,
            title: item.title.clone(),
            shows: hit.says.clone(),
            quote: flat(&hit.quote),
            start_ms: hit.start_ms,
            score: item.score.score?,
        })
    };
    good.into_iter()
        .filter_map(strength)
        .take(STRENGTHS)
        .collect()
}

fn gaps(items: &[QaItem]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = items
        .iter()
        .filter_map(|item| {
            let score = item.score.score.filter(|&score| score <= 3)?;
            let wrong = item
                .score
                .misconceptions
                .iter()
                .map(|m| format!("said wrongly: \"{}\"", flat(&m.quote)));
            let missing = item
                .missing
                .iter()
                .map(|says| format!("not said: {}", says.trim_end_matches('.')));
            let lacks: Vec<String> = wrong.chain(missing).take(4).collect();
            let critical = score == 1 || (score == 2 && item.level == Level::Core);
            Some(Gap {
                question: item.number,
                title: item.title.clone(),
                critical,
                lacks: lacks.join("; "),
                score,
            })
        })
        .collect();
    gaps.sort_by_key(|gap| (!gap.critical, gap.score, gap.question));
    gaps
}

fn not_assessed(item: &QaItem) -> Option<String> {
    let reason = item.score.abstained.as_deref()?;
    Some(format!(
        "Q{} {}: not scored, {reason}.",
        item.number, item.title
    ))
}

fn skills(items: &[QaItem]) -> Vec<SkillShown> {
    let mut out: Vec<SkillShown> = Vec::new();
    for item in items.iter().filter(|item| item.score.score >= Some(4)) {
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

fn communication(items: &[QaItem]) -> String {
    let answered: Vec<&QaItem> = items.iter().filter(|item| item.is_answered()).collect();
    if answered.is_empty() {
        return "Nothing can be said: no answer was heard.".to_owned();
    }
    let points = |items: &[&QaItem]| -> (usize, usize) {
        let said = items.iter().map(|item| item.score.hits.len()).sum();
        let missing: usize = items.iter().map(|item| item.score.missing.len()).sum();
        (said, said + missing)
    };
    let (said, asked_for) = points(&answered);
    let probed = answered
        .iter()
        .filter(|item| !item.follow_ups.is_empty())
        .count();
    let lost = answered.iter().filter(|item| item.struggled).count();
    let mut out = format!(
        "{} of {} questions were answered; {said} of the {asked_for} points that these ask for were stated. \
         {probed} of the answers needed a follow-up question, and in {lost} the candidate struggled.",
        answered.len(),
        items.len(),
    );
    let story = answered
        .iter()
        .find(|item| item.kind == Kind::Project && !item.score.hits.is_empty());
    if let Some(item) = story {
        let parts: Vec<&str> = item.score.hits.iter().map(|hit| hit.id.as_str()).collect();
        out.push_str(&format!(
            " The account of a project names: {}.",
            parts.join(", ")
        ));
    }
    out.push_str(" Judged from content and structure only; voice, accent, pace and emotion were not considered.");
    out
}
