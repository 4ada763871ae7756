//! Finds what an answer says of a rubric: key points, their contraries and
//! misconceptions, each with the words that said so and when.

use super::similarity::Similarity;
use super::{Evidence, matter};
use crate::event::Utterance;
use crate::interview::bank::Question;
use crate::interview::phrase::{Phrase, Place};
use crate::interview::sentence::{Manner, Sentence};
use crate::interview::stems::{self, Token};
use std::collections::BTreeSet;

/// Words of a quote on either side of the phrase, where a sentence is longer.
const QUOTE: usize = 14;

/// A key point that was heard.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The words.
    pub evidence: Evidence,
    /// How much of the point's weight it brings: 1 said, 0.5 hedged or close.
    pub share: f32,
    /// Sentence that said so.
    pub sentence: usize,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Key points that were said, in the rubric's order.
    pub hits: Vec<Hit>,
    /// Key points of which only the contrary was said.
    pub denied: Vec<Evidence>,
    /// Misconceptions that were said.
    pub misconceptions: Vec<Evidence>,
    /// Share of the rubric's weight that was said, 0-1.
    pub coverage: f32,
}

/// Looks for all points of the rubric.
pub fn gather(
    question: &Question,
    answers: &[&Utterance],
    sentences: &[Sentence],
    by: &dyn Similarity,
) -> Found {
    let asked: BTreeSet<String> = stems::tokens(&question.ask)
        .into_iter()
        .map(|t| t.stem)
        .collect();
    let stuffed = matter::is_stuffed(sentences);
    let mut found = Found::default();
    let mut heard = 0.0;
    let total: f32 = question.key_points.iter().map(|p| p.weight.max(0.0)).sum();
    for point in &question.key_points {
        let phrases: Vec<Phrase> = point.any_of.iter().map(|p| Phrase::parse(p)).collect();
        let tolerant = speaks_of_absence(&point.says);
        let mut best: Option<Hit> = None;
        let mut denied = None;
        for (at, sentence) in sentences.iter().enumerate() {
            for (phrase, place) in places(&phrases, sentence) {
                if (stuffed && sentence.is_fragment()) || only_repeats(&asked, phrase, sentence) {
                    continue;
                }
                let share = match sentence.manner(phrase, place, tolerant) {
                    Manner::Said => 1.0,
                    Manner::Hedged => 0.5,
                    Manner::Denied => {
                        denied.get_or_insert_with(|| {
                            quote(&point.id, &point.says, sentence, place, answers)
                        });
                        continue;
                    }
                };
                if best.as_ref().is_none_or(|b| b.share < share) {
                    let evidence = quote(&point.id, &point.says, sentence, place, answers);
                    best = Some(Hit {
                        evidence,
                        share,
                        sentence: at,
                    });
                }
            }
        }
        if best.is_none() && denied.is_none() && !stuffed {
            best = close(
                point.id.as_str(),
                &point.says,
                sentences,
                answers,
                &asked,
                by,
            );
        }
        match (best, denied) {
            (Some(hit), _) => {
                heard += hit.share * point.weight.max(0.0);
                found.hits.push(hit);
            }
            (None, Some(contrary)) => found.denied.push(contrary),
            (None, None) => {}
        }
    }
    found.coverage = if total > 0.0 { heard / total } else { 0.0 };
    for wrong in &question.misconceptions {
        let phrases: Vec<Phrase> = wrong.any_of.iter().map(|p| Phrase::parse(p)).collect();
        let tolerant = speaks_of_absence(&wrong.says);
        let said = sentences.iter().find_map(|sentence| {
            if (stuffed && sentence.is_fragment()) || sentence.reports_an_error() {
                return None;
            }
            places(&phrases, sentence)
                .find(|(phrase, place)| sentence.manner(phrase, *place, tolerant) == Manner::Said)
                .map(|(_, place)| quote(&wrong.id, &wrong.says, sentence, place, answers))
        });
        found.misconceptions.extend(said);
    }
    found
}

fn places<'a>(
    phrases: &'a [Phrase],
    sentence: &'a Sentence,
) -> impl Iterator<Item = (&'a Phrase, Place)> {
    phrases.iter().flat_map(|phrase| {
        phrase
            .find_all(&sentence.words)
            .into_iter()
            .map(move |place| (phrase, place))
    })
}

/// A sentence whose words are close to the statement supports it by half.
fn close(
    id: &str,
    says: &str,
    sentences: &[Sentence],
    answers: &[&Utterance],
    asked: &BTreeSet<String>,
    by: &dyn Similarity,
) -> Option<Hit> {
    let mut best: Option<(f32, usize)> = None;
    for (at, sentence) in sentences.iter().enumerate() {
        let new = sentence
            .words
            .iter()
            .filter(|w| stems::is_content(w) && !asked.contains(&w.stem))
            .count();
        if sentence.listed || new < 3 || sentence.words.len() > 60 {
            continue;
        }
        let near = by.similarity(says, text(sentence, answers));
        if near >= by.enough() && best.is_none_or(|(b, _)| b < near) {
            best = Some((near, at));
        }
    }
    let (_, at) = best?;
    let sentence = &sentences[at];
    let place = Place {
        from: 0,
        to: sentence.words.len(),
    };
    let said = sentence.manner(&Phrase::parse(""), place, false) == Manner::Said;
    said.then(|| Hit {
        evidence: quote(id, says, sentence, place, answers),
        share: 0.5,
        sentence: at,
    })
}

/// Whether the statement is about what is absent, avoided or removed: then a
/// denial in the answer does not turn it around.
fn speaks_of_absence(says: &str) -> bool {
    stems::tokens(says)
        .iter()
        .any(|word| ABSENCE.contains(&word.stem.as_str()))
}

/// Whether the phrase's words are the question's own and the sentence adds
/// next to nothing to them.
fn only_repeats(asked: &BTreeSet<String>, phrase: &Phrase, sentence: &Sentence) -> bool {
    let own = |word: &Token| stems::is_function_word(&word.surface) || asked.contains(&word.stem);
    phrase.words().all(own)
        && sentence
            .words
            .iter()
            .filter(|w| stems::is_content(w) && !asked.contains(&w.stem))
            .count()
            < 3
}

fn text<'a>(sentence: &Sentence, answers: &[&'a Utterance]) -> &'a str {
    let (Some(first), Some(last)) = (sentence.words.first(), sentence.words.last()) else {
        return "";
    };
    answers[sentence.utterance]
        .text
        .get(first.from..last.to)
        .unwrap_or("")
}

/// The words around `place`, as they were written, with their times.
fn quote(
    id: &str,
    says: &str,
    sentence: &Sentence,
    place: Place,
    answers: &[&Utterance],
) -> Evidence {
    let words = &sentence.words;
    let whole = words.len() <= 2 * QUOTE;
    let from = if whole {
        0
    } else {
        place.from.saturating_sub(QUOTE)
    };
    let to = if whole {
        words.len()
    } else {
        (place.to + QUOTE).min(words.len())
    };
    let utterance = answers[sentence.utterance];
    let (first, last) = (words[from].from, words[to - 1].to);
    let (start_ms, end_ms) = times(utterance, first, last).unzip();
    let quote = utterance
        .text
        .get(first..last)
        .unwrap_or_default()
        .to_owned();
    Evidence {
        id: id.to_owned(),
        says: says.to_owned(),
        quote,
        start_ms,
        end_ms,
    }
}

/// When the bytes `from..to` of an utterance were spoken: its words are
/// looked up in its text one after the other.
fn times(utterance: &Utterance, from: usize, to: usize) -> Option<(u64, u64)> {
    let mut at = 0;
    let mut start = None;
    let mut end = None;
    for word in &utterance.words {
        let bare = word.text.trim();
        let Some(found) = utterance.text.get(at..).and_then(|rest| rest.find(bare)) else {
            continue;
        };
        let begin = at + found;
        at = begin + bare.len();
        if at > from && begin < to {
            start = start.or(Some(word.start_ms));
            end = Some(word.end_ms);
        }
    }
    start.zip(end)
}

const ABSENCE: &[&str] = &[
    "no", "not", "nobodi", "never", "without", "avoid", "prevent", "remov", "reduc", "limit",
    "safe", "less", "fewer", "stop", "protect", "instead", "lower", "neither", "minim", "elimin",
    "cannot", "only",
];
