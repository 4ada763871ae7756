//! Words that the recogniser was not sure of: where a score would be another
//! without them, there is none; nor where a low one would be another if what
//! sounds like a name of the rubric were that name.

use crate::event::Utterance;
use crate::interview::bank::Question;
use crate::interview::mishearing;

/// Below this confidence a word is no evidence of its own.
pub(super) const UNSURE: f32 = super::LEAST_CONFIDENCE;

/// The utterance without some of its words, by place. Its confidence is that
/// of the words that are left.
pub(crate) fn without(utterance: &Utterance, out: impl Fn(usize) -> bool) -> Utterance {
    let kept = |at: &usize| !out(*at);
    let words: Vec<_> = (0..utterance.words.len())
        .filter(kept)
        .map(|at| utterance.words[at].clone())
        .collect();
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    let confidence = if words.is_empty() {
        0.0
    } else {
        words.iter().map(|w| w.confidence).sum::<f32>() / words.len() as f32
    };
    Utterance {
        text: texts.join(" "),
        confidence,
        words,
        ..utterance.clone()
    }
}

/// The answers without their unsure words; nothing where all words are sure.
pub(super) fn sure_parts(answers: &[&Utterance]) -> Option<Vec<Utterance>> {
    let unsure = |answer: &Utterance, at: usize| answer.words[at].confidence < UNSURE;
    let any = answers
        .iter()
        .any(|a| (0..a.words.len()).any(|at| unsure(a, at)));
    any.then(|| {
        answers
            .iter()
            .map(|answer| {
                if answer.words.is_empty() {
                    (*answer).clone()
                } else {
                    let whole = answer.confidence;
                    Utterance {
                        confidence: whole,
                        ..without(answer, |at| unsure(answer, at))
                    }
                }
            })
            .collect()
    })
}

/// The answers as they may have been said: with a name of the rubric where
/// the recogniser wrote something that sounds like it and was not quite sure.
/// Nothing where there is no such word.
pub(super) fn otherwise(
    question: &Question,
    answers: &[&Utterance],
    missing: &[String],
) -> Option<Vec<Utterance>> {
    let found = answers.iter().enumerate().find_map(|(at, answer)| {
        let found = mishearing::find(question, answer, missing)?;
        Some((at, mishearing::corrected(answer, &found)))
    });
    let (at, mended) = found?;
    let mut out: Vec<Utterance> = answers.iter().map(|a| (*a).clone()).collect();
    out[at] = mended;
    Some(out)
}
