//! Questions, their answers and what these are worth. Every planned question
//! that was asked is listed, answered or not.

use super::Planned;
use super::dialogue::{Asked, Dialogue, Exchange};
use super::wording::flat;
use crate::event::{Purpose, Stage};
use crate::interview::Outcome;
use crate::interview::bank::{KeyPoint, Kind, Level, Question};
use crate::interview::score::{self, Score, Similarity};
use crate::record::Correction;
use serde::Serialize;

/// One answer.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// Number of the utterance.
    pub utterance: u32,
    /// What was said.
    pub text: String,
    /// Begin in the recording, milliseconds.
    pub start_ms: Option<u64>,
    /// End in the recording, milliseconds.
    pub end_ms: Option<u64>,
    /// What was said instead, by a correction made after the seal. The score
    /// does not know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
}

/// One key point of the rubric, said or not.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Point {
    /// Its id within the question.
    pub id: String,
    /// The statement.
    pub says: String,
    /// Its share in the score, relative to the other points.
    pub weight: f32,
    /// Whether it was said.
    pub said: bool,
}

/// A probe and its answers.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct FollowUp {
    /// As it was to be said.
    pub asked: String,
    /// What was heard of it, where it was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// When it was asked, milliseconds of the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// Id of the key point that it is after.
    pub point: Option<String>,
    /// What was answered.
    pub answers: Vec<Answer>,
}

/// One question with all that belongs to it.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct QaItem {
    /// Place among the questions asked, from 1.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// How deep it goes.
    pub level: Level,
    /// Skills that it examines.
    pub skills: Vec<String>,
    /// Few words for it.
    pub title: String,
    /// Relevance to the job, 0-1, where known.
    pub relevance: Option<f32>,
    /// Why it was chosen.
    pub why_chosen: String,
    /// As it was to be asked.
    pub asked: String,
    /// What was heard of it, where it was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// When it was asked, milliseconds of the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// What became of it, where the interviewer tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What was answered.
    pub answers: Vec<Answer>,
    /// Probes and their answers.
    pub follow_ups: Vec<FollowUp>,
    /// Whether the candidate did not know or said next to nothing.
    pub struggled: bool,
    /// Whether the recruiter explained afterwards.
    pub explained: bool,
    /// What the answers are worth.
    pub score: Score,
    /// The rubric's key points, in its order.
    pub points: Vec<Point>,
    /// How many of them were said before any follow-up was asked.
    pub unprompted: usize,
    /// What the rubric says of the points that were missing, weightiest
    /// first.
    pub missing: Vec<String>,
}

impl QaItem {
    /// Whether anything was answered.
    pub fn is_answered(&self) -> bool {
        !self.answers.is_empty()
            || self
                .follow_ups
                .iter()
                .any(|probe| !probe.answers.is_empty())
    }
}

/// Lists and scores all questions asked.
pub fn evaluate(dialogue: &Dialogue, plan: &[Planned], by: &dyn Similarity) -> Vec<QaItem> {
    let item = |(at, asked)| evaluate_one(at + 1, asked, dialogue, plan, by);
    dialogue.asked.iter().enumerate().map(item).collect()
}

fn evaluate_one(
    number: usize,
    asked: &Asked,
    dialogue: &Dialogue,
    plan: &[Planned],
    by: &dyn Similarity,
) -> QaItem {
    let planned = plan
        .iter()
        .find(|planned| planned.question.id == asked.question);
    let turn = &dialogue.turns[asked.main.asked];
    let unknown;
    let question = match planned {
        Some(planned) => &planned.question,
        None => {
            let project = turn
                .line
                .as_ref()
                .is_some_and(|line| line.stage == Stage::Project);
            unknown = unplanned(&asked.question, &turn.text, project);
            &unknown
        }
    };
    let utterances = dialogue.utterances(asked.answers());
    let passed = asked.outcome == Some(Outcome::Passed);
    let score = score::assess_with(question, &utterances, by);
    let score = if passed { dropped(score) } else { score };
    let first = dialogue.utterances(asked.main.answers.iter().copied());
    let unprompted = if asked.probes.is_empty() {
        score.hits.len()
    } else {
        score::assess_with(question, &first, by).hits.len()
    };
    let points = points(question, &score);
    QaItem {
        number,
        id: asked.question.clone(),
        kind: question.kind,
        level: question.level,
        skills: question.skills.clone(),
        title: question
            .short
            .clone()
            .unwrap_or_else(|| question.ask.clone()),
        relevance: planned.and_then(|planned| planned.relevance),
        why_chosen: planned
            .map(|planned| planned.why.clone())
            .unwrap_or_default(),
        asked: flat(asked.text.as_ref().unwrap_or(&turn.text)),
        heard: turn.heard.as_deref().map(flat),
        start_ms: turn.start_ms,
        outcome: asked.outcome,
        answers: answers(&asked.main, dialogue),
        follow_ups: asked
            .probes
            .iter()
            .map(|probe| follow_up(probe, dialogue))
            .collect(),
        struggled: !passed && score::struggled(question, &utterances),
        explained: asked.explained,
        missing: missing(&points),
        points,
        unprompted,
        score,
    }
}

/// What a recruiter has dropped is worth nothing either way.
fn dropped(score: Score) -> Score {
    let why = "The recruiter dropped the question.";
    Score {
        score: None,
        abstained: Some(why.to_owned()),
        why: why.to_owned(),
        ..score
    }
}

fn points(question: &Question, score: &Score) -> Vec<Point> {
    let point = |point: &KeyPoint| Point {
        id: point.id.clone(),
        says: point.says.clone(),
        weight: point.weight,
        said: score.hits.iter().any(|hit| hit.id == point.id),
    };
    question.key_points.iter().map(point).collect()
}

fn missing(points: &[Point]) -> Vec<String> {
    let mut missing: Vec<&Point> = points.iter().filter(|point| !point.said).collect();
    // Stable, so that equals stay in the rubric's order.
    missing.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    missing.iter().map(|point| point.says.clone()).collect()
}

fn follow_up(probe: &Exchange, dialogue: &Dialogue) -> FollowUp {
    let turn = &dialogue.turns[probe.asked];
    let point = turn.line.as_ref().and_then(|line| match &line.purpose {
        Purpose::Probe { point } => Some(point.clone()),
        _ => None,
    });
    FollowUp {
        asked: flat(&turn.text),
        heard: turn.heard.as_deref().map(flat),
        start_ms: turn.start_ms,
        point,
        answers: answers(probe, dialogue),
    }
}

fn answers(exchange: &Exchange, dialogue: &Dialogue) -> Vec<Answer> {
    let turns = exchange
        .answers
        .iter()
        .filter_map(|&at| dialogue.turns.get(at));
    turns
        .map(|turn| Answer {
            utterance: turn.utterance.as_ref().map_or(0, |utterance| utterance.id),
            text: turn.text.clone(),
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
            correction: None,
        })
        .collect()
}

/// A question that the plan does not know has no rubric.
fn unplanned(id: &str, ask: &str, project: bool) -> Question {
    Question {
        id: id.to_owned(),
        kind: if project {
            Kind::Project
        } else {
            Kind::Technical
        },
        skills: Vec::new(),
        level: Level::Core,
        ask: ask.to_owned(),
        short: None,
        ideal: String::new(),
        explain: String::new(),
        key_points: Vec::new(),
        misconceptions: Vec::new(),
        sample: None,
    }
}
