//! Words that the recogniser was not sure of: where a score would be another
//! without them, there is none.

use crate::event::Utterance;

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
