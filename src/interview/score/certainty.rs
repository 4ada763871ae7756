//! How sure a recogniser must have been of an answer for it to be scored, and
//! the surer the lower the score: a low one says that something is missing,
//! and of words that may have been others nobody can say that.

use crate::event::Utterance;
use crate::interview::stems;

/// Mean confidence below which the recogniser's words are not scored.
pub const LEAST_CONFIDENCE: f32 = 0.35;

/// Mean confidence below which what was *not* heard counts for nothing: a low
/// score says that something is missing, and of an answer that was hardly
/// understood nobody can say that. Words that are understood have 0.8 and
/// more; of a mumbled sentence, the small words alone bring the mean to 0.6.
pub const LEAST_FOR_FAULT: f32 = 0.65;
/// The same for an answer of up to [`FEW_WORDS`] that name something: there is
/// nothing else in it to go by. Of single words that are said softly and heard
/// wrong, one in a hundred has as much.
pub const LEAST_FOR_FEW: f32 = 0.85;
/// Words of an answer that is a single fact.
pub const FEW_WORDS: usize = 2;
/// The same for the words of a longer answer that carry its matter.
const LEAST_FOR_MATTER: f32 = 0.5;
/// Scores up to this one say that something is missing.
pub const FAULT: u8 = 2;

/// How sure the recogniser was of the answers to a question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certainty {
    /// Words in all.
    words: usize,
    /// Mean confidence, by words.
    mean: f32,
    /// The same of the words that carry matter, where it is known.
    matter: Option<f32>,
}

impl Certainty {
    pub(crate) fn of(answers: &[&Utterance]) -> Self {
        let count = |answer: &&Utterance| answer.text.split_whitespace().count();
        let words = answers.iter().map(count).sum::<usize>();
        let sum: f32 = answers.iter().map(|a| a.confidence * count(a) as f32).sum();
        let matter: Vec<f32> = answers
            .iter()
            .flat_map(|a| &a.words)
            .filter(|w| stems::tokens(&w.text).iter().any(stems::is_content))
            .map(|w| w.confidence)
            .collect();
        let mean = |sum: f32, count: usize| sum / count.max(1) as f32;
        Self {
            words,
            mean: mean(sum, words),
            matter: (!matter.is_empty()).then(|| mean(matter.iter().sum(), matter.len())),
        }
    }

    /// Why answers of this certainty get no such score, if they do not.
    pub(crate) fn forbids(self, score: Option<u8>) -> Option<String> {
        let fault = score.is_none_or(|score| score <= FAULT);
        let least = match self.words {
            _ if !fault => LEAST_CONFIDENCE,
            ..=FEW_WORDS if self.matter.is_some() => LEAST_FOR_FEW,
            _ => LEAST_FOR_FAULT,
        };
        let matter = self.matter.filter(|m| fault && *m < LEAST_FOR_MATTER);
        let found = matter.or_else(|| (self.mean < least).then_some(self.mean))?;
        Some(format!(
            "the recogniser was not sure of the words (mean confidence {found:.2})"
        ))
    }
}
