//! From evidence to a number, or to an abstention with its reason.

use super::evidence::Found;
use super::{Certainty, matter};
use crate::event::Utterance;
use crate::interview::bank::Question;
use crate::interview::sentence::Sentence;

/// Coverage from which on 2, 3, 4 and 5 are given.
pub const ANCHORS: [f32; 4] = [0.12, 0.36, 0.58, 0.80];

/// Coverage that one chance hit does not reach.
const TWO_POINTS: f32 = 0.25;

/// What a denied key point weighs against a misconception.
const DENIED: f32 = 0.35;

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
) -> Verdict {
    if sentences.is_empty() {
        return abstain("no answer was heard");
    }
    if question.key_points.is_empty() {
        return abstain("the question has no rubric");
    }
    let certainty = Certainty::of(answers);
    // Not even for the best score.
    if let Some(reason) = certainty.forbids(Some(5)) {
        return abstain(&reason);
    }
    let wrong = found.misconceptions.len() as f32 + DENIED * found.denied.len() as f32;
    let base = 1 + ANCHORS
        .iter()
        .filter(|&&from| found.coverage >= from)
        .count() as u8;
    let mut most = 5;
    if wrong == 0.0 && !found.stuffed {
        match bearing(question, sentences, found.coverage) {
            Bearing::Known => {}
            Bearing::Elsewhere => most = 2,
            Bearing::Unknown => {
                return abstain(
                    "much was said, but in words that the rubric does not know, so a person should judge it",
                );
            }
        }
    }
    let score = mend(base, found.coverage, wrong).min(most);
    if let Some(reason) = certainty.forbids(Some(score)) {
        return abstain(&reason);
    }
    Verdict {
        score: Some(score),
        abstained: None,
        why: why(question, found, base, score),
    }
}

/// What an answer's words bear on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bearing {
    /// The rubric can tell.
    Known,
    /// Another subject.
    Elsewhere,
    /// The rubric cannot tell.
    Unknown,
}

/// Whether the rubric has the words to judge an answer. Only an answer that
/// says much of which little is found puts it in doubt.
fn bearing(question: &Question, sentences: &[Sentence], coverage: f32) -> Bearing {
    if coverage >= ANCHORS[2] {
        return Bearing::Known;
    }
    let matter = matter::weigh(question, sentences);
    if !matter.is_telling() {
        return Bearing::Known;
    }
    if matter.story {
        // Asked for what happened, and nothing that happened is told.
        let untold = matter.words >= 40 && 100 * matter.past < 3 * matter.words;
        return match (coverage >= TWO_POINTS, untold) {
            (_, true) => Bearing::Elsewhere,
            (true, false) => Bearing::Known,
            (false, false) => Bearing::Unknown,
        };
    }
    let focus = matter.known as f32 / matter.new as f32;
    // The more of the points was found, the less of the answer must be made
    // of the rubric's words.
    let few = match coverage {
        c if c >= ANCHORS[1] => 0.16,
        c if c >= TWO_POINTS => 0.20,
        _ => 0.30,
    };
    if focus >= few {
        Bearing::Known
    } else if matter.is_elsewhere(question) {
        Bearing::Elsewhere
    } else {
        Bearing::Unknown
    }
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

pub(super) fn abstain(reason: &str) -> Verdict {
    Verdict {
        score: None,
        abstained: Some(reason.to_owned()),
        why: format!("Not scored: {reason}."),
    }
}

fn why(question: &Question, found: &Found, base: u8, score: u8) -> String {
    let total = question.key_points.len();
    let heard: Vec<&str> = found
        .hits
        .iter()
        .map(|hit| hit.evidence.id.as_str())
        .collect();
    let percent = (100.0 * found.coverage).round();
    let mut out = if heard.is_empty() {
        format!("None of the {total} key points was stated")
    } else {
        format!(
            "{} of {total} key points were stated ({}), {percent:.0} % of the weight",
            heard.len(),
            heard.join(", ")
        )
    };
    if found.stuffed {
        out.push_str("; key words that were only listed do not count");
    }
    out.push('.');
    let wrong = found.misconceptions.len() + found.denied.len();
    if score < base && wrong == 0 {
        out.push_str(" Most of the answer is about something else.");
    } else if score < base {
        let wrong: Vec<&str> = found
            .misconceptions
            .iter()
            .chain(&found.denied)
            .map(|e| e.id.as_str())
            .collect();
        out.push_str(&format!(
            " Lowered from {base} for what was said wrongly ({}).",
            wrong.join(", ")
        ));
    }
    out
}
