//! Scores an answer against a question's rubric: evidence first, then a
//! number or an abstention.
//!
//! # The rule
//!
//! 1. *Evidence.* A key point is heard where one of its phrases stands in a
//!    statement: on word stems, in order, inside one sentence. A phrase that
//!    is denied, set aside, only listed, or only repeats the question does
//!    not count; one said with "maybe" or "I guess" counts half; a sentence
//!    that is close to what the rubric says ([`Similarity`]) counts half.
//! 2. *Coverage* is the heard share of the key points' weight.
//! 3. *Anchors*: 5 from 0.80, 4 from 0.58, 3 from 0.36, 2 from 0.12, else 1.
//! 4. *Wrong statements.* One misconception takes one away and leaves 3 at
//!    most, two leave 2 at most, and with little else heard it is 1. A key
//!    point of which only the contrary was said weighs a third of one.
//! 5. *Another subject* leaves 2 at most: many words of another question, or
//!    of the trades, against few of this one.
//! 6. *Abstention.* Nothing was heard; the recogniser was not sure of the
//!    words, or of those on which the score would rest; a low score would rest
//!    on a word or two, or on one that sounds like a name of the rubric, and
//!    these are not quite sure; or much was said in words that the rubric
//!    does not know. An abstention is never a low score.
//!
//! Length, fluency, politeness and filler have no part in it: talk is left
//! out before what was said is weighed.

pub mod anchor;
mod certainty;
mod close;
pub(crate) mod doubt;
pub mod evidence;
mod listing;
pub mod matter;
pub mod recommend;
pub mod similarity;
mod subject;
mod talk;
pub mod trade;

use super::bank::Question;
use super::sentence::{self, Sentence};
use crate::event::{Source, Utterance};
pub(crate) use certainty::Certainty;
pub use certainty::{FAULT, FEW_WORDS, LEAST_CONFIDENCE, LEAST_FOR_FAULT, LEAST_FOR_FEW};
use serde::{Deserialize, Serialize};
pub use similarity::{Lexical, Similarity};
use std::collections::BTreeSet;

/// Words of an answer that say something, and when they were spoken.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Id of the key point or misconception.
    pub id: String,
    /// What the rubric says.
    pub says: String,
    /// The sentence of the answer that said so.
    pub quote: String,
    /// Begin in the recording, milliseconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// End in the recording, milliseconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u64>,
}

/// What one answer is worth and why.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Score {
    /// 1-5 on the anchors; nothing where the scorer abstains.
    pub score: Option<u8>,
    /// Why there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abstained: Option<String>,
    /// Key points that were said.
    pub hits: Vec<Evidence>,
    /// Ids of key points that were not.
    pub missing: Vec<String>,
    /// Misconceptions that were said.
    pub misconceptions: Vec<Evidence>,
    /// Share of the rubric's weight that was said, 0-1.
    pub coverage: f32,
    /// One or two sentences: how the score follows from the evidence.
    pub why: String,
    /// Which similarity took part: `lexical`, or an embedding model's name and
    /// the first digits of its SHA-256.
    #[serde(default)]
    pub by: String,
}

/// Scores the answers to one question: to itself and to its probes, in order.
pub fn assess(question: &Question, answers: &[&Utterance]) -> Score {
    assess_with(question, answers, &Lexical)
}

/// Scores a written answer.
pub fn assess_text(question: &Question, answer: &str) -> Score {
    assess_text_with(question, answer, &Lexical)
}

/// Scores a written answer with the given similarity.
pub fn assess_text_with(question: &Question, answer: &str, by: &dyn Similarity) -> Score {
    let utterance = Utterance {
        id: 1,
        text: answer.to_owned(),
        words: Vec::new(),
        start_ms: 0,
        end_ms: 0,
        confidence: 1.0,
        source: Source::Typed,
    };
    assess_with(question, &[&utterance], by)
}

/// Scores with the given similarity.
pub fn assess_with(question: &Question, answers: &[&Utterance], by: &dyn Similarity) -> Score {
    let (found, mut verdict) = judged(question, answers, by);
    if verdict.score.is_some()
        && let Some(sure) = doubt::sure_parts(answers)
    {
        let sure: Vec<&Utterance> = sure.iter().collect();
        let (rest, other) = judged(question, &sure, by);
        if points(&rest) != points(&found) && other.score != verdict.score {
            verdict = anchor::abstain(
                "the recogniser was not sure of words that the score would rest on",
            );
        }
    }
    let missing = question.key_points.iter().map(|p| p.id.clone());
    let missing: Vec<String> = missing
        .filter(|id| !found.hits.iter().any(|hit| hit.evidence.id == *id))
        .collect();
    if verdict.score.is_some_and(|score| score <= FAULT)
        && let Some(otherwise) = doubt::otherwise(question, answers, &missing)
    {
        let answers: Vec<&Utterance> = otherwise.iter().collect();
        if judged(question, &answers, by).1.score != verdict.score {
            verdict = anchor::abstain(
                "a word that the score would rest on sounds like another, and the recogniser was not sure of it",
            );
        }
    }
    Score {
        score: verdict.score,
        abstained: verdict.abstained,
        hits: found.hits.into_iter().map(|hit| hit.evidence).collect(),
        missing,
        misconceptions: found.misconceptions,
        coverage: found.coverage,
        why: verdict.why,
        by: by.name().to_owned(),
    }
}

fn judged(
    question: &Question,
    answers: &[&Utterance],
    by: &dyn Similarity,
) -> (evidence::Found, anchor::Verdict) {
    let sentences = sentences(answers);
    let found = evidence::gather(question, answers, &sentences, by);
    let verdict = anchor::judge(question, answers, &sentences, &found);
    (found, verdict)
}

/// What was said and what was said wrongly, by id.
fn points(found: &evidence::Found) -> Vec<&str> {
    let hits = found.hits.iter().map(|h| h.evidence.id.as_str());
    let wrong = found.misconceptions.iter().map(|e| e.id.as_str());
    hits.chain(wrong).collect()
}

/// Whether the candidate said that they do not know, or said next to nothing
/// that the rubric asks for. Not so where nobody spoke or nothing was scored.
pub fn struggled(question: &Question, answers: &[&Utterance]) -> bool {
    let sentences = sentences(answers);
    if sentences.is_empty() {
        return false;
    }
    let score = assess(question, answers);
    let lost = matter::does_not_know(&sentences);
    match score.score {
        Some(number) => number <= 1 || (number <= 2 && lost),
        None => lost,
    }
}

/// The stems of all that a question, its rubric and its answers say.
pub(super) fn subject_words(question: &Question) -> BTreeSet<String> {
    subject::words(question)
}

fn sentences(answers: &[&Utterance]) -> Vec<Sentence> {
    let split = |(at, answer): (usize, &&Utterance)| sentence::split(&answer.text, at);
    answers.iter().enumerate().flat_map(split).collect()
}
