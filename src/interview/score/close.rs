//! Support for a key point that none of its phrases found: a sentence close
//! in meaning to what the point says. Closeness is no grade: a confident wrong
//! statement is close to a right one, and the question repeated is close to
//! both. So it counts half, and only where the sentence adds something to the
//! question, is stated and not hedged, is closer to this point than to any
//! other, and is by a margin closer to it than to the question and to each
//! misconception. Beyond words ([`Lexical`](super::Lexical)) it counts only in an answer in
//! which nothing wrong was found.

use super::evidence::text;
use super::similarity::Similarity;
use crate::event::Utterance;
use crate::interview::bank::Question;
use crate::interview::phrase::{Phrase, Place};
use crate::interview::sentence::{Manner, Sentence};
use crate::interview::stems;
use std::collections::BTreeSet;

/// What a supported point brings of its weight.
pub(super) const SHARE: f32 = 0.5;

/// Words of a sentence that may still be compared as one statement.
const LONGEST: usize = 60;
/// Words that a sentence adds to the question at least.
const NEW: usize = 3;

/// What an answer claims, ready to be compared.
pub(super) struct Claims<'a> {
    question: &'a Question,
    /// Sentence, its text and whole place.
    said: Vec<(usize, &'a str, Place)>,
}

/// A sentence that supports a point.
pub(super) struct Near {
    pub(super) sentence: usize,
    pub(super) place: Place,
}

impl<'a> Claims<'a> {
    pub(super) fn of(
        question: &'a Question,
        answers: &[&'a Utterance],
        sentences: &[Sentence],
        asked: &BTreeSet<String>,
    ) -> Self {
        let nothing = Phrase::parse("");
        let claim = |(at, sentence): (usize, &Sentence)| {
            let fresh = |w: &&stems::Token| stems::is_content(w) && !asked.contains(&w.stem);
            let place = Place {
                from: 0,
                to: sentence.words.len(),
            };
            let states = !sentence.listed
                && sentence.words.len() <= LONGEST
                && sentence.words.iter().filter(fresh).count() >= NEW
                && sentence.manner(&nothing, place, false) == Manner::Said
                && !sentence.reports_an_error(place);
            states.then(|| (at, text(sentence, answers), place))
        };
        Self {
            question,
            said: sentences.iter().enumerate().filter_map(claim).collect(),
        }
    }

    /// The sentence that is closest to the point at `at`, if close enough.
    pub(super) fn closest(&self, at: usize, by: &dyn Similarity) -> Option<Near> {
        let says = &self.question.key_points[at].says;
        let mut best: Option<(f32, usize, Place)> = None;
        for &(sentence, said, place) in &self.said {
            let near = by.similarity(says, said);
            if near < by.enough() || best.is_some_and(|(b, ..)| b >= near) {
                continue;
            }
            if near >= self.rivals(said, by) + by.margin() && self.is_of(at, said, near, by) {
                best = Some((near, sentence, place));
            }
        }
        best.map(|(_, sentence, place)| Near { sentence, place })
    }

    /// Whether the sentence is closer to this point than to any other.
    fn is_of(&self, at: usize, said: &str, near: f32, by: &dyn Similarity) -> bool {
        let points = self.question.key_points.iter().enumerate();
        points
            .filter(|(other, _)| *other != at)
            .all(|(_, point)| by.similarity(&point.says, said) <= near)
    }

    /// How close the sentence is to what it must not be mistaken for.
    fn rivals(&self, said: &str, by: &dyn Similarity) -> f32 {
        let wrong = self.question.misconceptions.iter().map(|w| w.says.as_str());
        std::iter::once(self.question.ask.as_str())
            .chain(wrong)
            .map(|rival| by.similarity(rival, said))
            .fold(0.0, f32::max)
    }
}
