//! From evidence to a number, or to an abstention with its reason.

use super::evidence::Found;
use super::matter::{self, Matter};
use super::similarity::Similarity;
use super::LEAST_CONFIDENCE;
use crate::event::Utterance;
use crate::interview::bank::Question;
use crate::interview::sentence::Sentence;

/// Coverage from which on 2, 3, 4 and 5 are given.
pub const ANCHORS: [f32; 4] = [0.12, 0.36, 0.58, 0.80];

/// A number or none, and the reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// 1-5.
    pub score: Option<u8>,
    /// Why there is none.
    pub abstained: Option<String>,
    /// How it follows.
    pub why: String,
}

/// Judges what was found.
pub fn judge(
    question: &Question,
    answers: &[&Utterance],
    sentences: &[Sentence],
    found: &Found,
    _by: &dyn Similarity,
) -> Verdict {
    if sentences.is_empty() {
        return abstain("no answer was heard");
    }
    if question.key_points.is_empty() {
        return abstain("the question has no rubric");
    }
    let confidence = confidence(answers);
    if confidence < LEAST_CONFIDENCE {
        let reason = format!("the recogniser was not sure of the words (mean confidence {confidence:.2})");
        return abstain(&reason);
    }
    let matter = matter::weigh(question, sentences);
    let wrong = found.misconceptions.len() as f32 + 0.5 * found.denied.len() as f32;
    if wrong == 0.0 && says_it_in_other_words(found, &matter, sentences) {
        return abstain("the answer is to the point as far as its words show, but in words that the rubric does not know");
    }
    let base = 1 + ANCHORS.iter().filter(|&&from| found.coverage >= from).count() as u8;
    let score = mend(base, found.coverage, wrong);
    Verdict { score: Some(score), abstained: None, why: why(question, found, sentences, base, score) }
}

/// What wrong statements leave of a score.
fn mend(base: u8, coverage: f32, wrong: f32) -> u8 {
    if wrong >= 1.0 && coverage < 0.25 {
        return 1;
    }
    let most = match wrong {
        w if w >= 2.0 => 2,
        w if w >= 1.0 => 3,
        _ => 5,
    };
    base.saturating_sub(u8::from(wrong >= 1.0)).clamp(1, most)
}

/// Much was told, about the matter, and little of it was recognised.
fn says_it_in_other_words(found: &Found, matter: &Matter, sentences: &[Sentence]) -> bool {
    let _ = sentences;
    found.coverage < ANCHORS[1] && matter.telling >= 4 && matter.talk < 3.0
}

fn abstain(reason: &str) -> Verdict {
    Verdict { score: None, abstained: Some(reason.to_owned()), why: format!("Not scored: {reason}.") }
}

/// Mean confidence, by words.
fn confidence(answers: &[&Utterance]) -> f32 {
    let mut sum = 0.0;
    let mut words = 0.0;
    for answer in answers {
        let count = answer.text.split_whitespace().count() as f32;
        sum += answer.confidence * count;
        words += count;
    }
    if words > 0.0 { sum / words } else { 0.0 }
}

fn why(question: &Question, found: &Found, sentences: &[Sentence], base: u8, score: u8) -> String {
    let total = question.key_points.len();
    let heard: Vec<&str> = found.hits.iter().map(|hit| hit.evidence.id.as_str()).collect();
    let percent = (100.0 * found.coverage).round();
    let mut out = if heard.is_empty() {
        format!("None of the {total} key points was stated")
    } else {
        format!("{} of {total} key points were stated ({}), {percent:.0} % of the weight", heard.len(), heard.join(", "))
    };
    if matter::is_stuffed(sentences) {
        out.push_str("; key words that were only listed do not count");
    }
    out.push('.');
    if score < base {
        let wrong: Vec<&str> = found.misconceptions.iter().chain(&found.denied).map(|e| e.id.as_str()).collect();
        out.push_str(&format!(" Lowered from {base} for what was said wrongly ({}).", wrong.join(", ")));
    }
    out
}
