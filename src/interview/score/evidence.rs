//! Finds what an answer says of a rubric: key points, their contraries and
//! misconceptions, each with the words that said so and when.

use super::Evidence;
use super::close::{self, Claims};
use super::listing;
use super::similarity::{Lexical, Similarity};
use crate::event::Utterance;
use crate::interview::bank::Question;
use crate::interview::phrase::{Phrase, Place};
use crate::interview::sentence::{Manner, Sentence};
use crate::interview::stems::{self, Token};
use std::collections::BTreeSet;

/// Words of a quote on either side of the phrase, where a sentence is longer.
const QUOTE: usize = 14;

/// Points denied outright from which on a denial is no longer read as the
/// absence that a point speaks of.
const DENIALS: usize = 3;

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
    /// Whether words of the rubric were listed and for that not counted.
    pub stuffed: bool,
}

/// Where a phrase of a point stands.
struct Mention {
    /// Which of the rubric's points.
    point: usize,
    /// Sentence that it begins in.
    sentence: usize,
    /// As many bytes as words can be quoted: the sentence, or two as one.
    span: usize,
    place: Place,
    manner: Manner,
    /// Whether a denial would be read as the point's own absence.
    tolerant: bool,
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
    let spans = Spans::of(sentences);
    let mut mentions: Vec<Mention> = Vec::new();
    for (at, point) in question.key_points.iter().enumerate() {
        mentions.extend(spans.mentions(at, &point.says, &point.any_of, &asked));
    }
    withdraw_tolerance(&mut mentions, &spans);
    let named: Vec<(usize, usize)> = mentions.iter().map(|m| (m.sentence, m.point)).collect();
    let weights: Vec<f32> = question
        .key_points
        .iter()
        .map(|p| p.weight.max(0.0))
        .collect();
    let lists = listing::judge(sentences, &named, &weights);
    let mut hits: Vec<Option<Hit>> = Vec::new();
    let mut found = Found {
        misconceptions: wrong(question, answers, &spans, &lists),
        stuffed: lists.stuffed,
        ..Found::default()
    };
    for (at, point) in question.key_points.iter().enumerate() {
        let mut best: Option<Hit> = None;
        let mut denied = None;
        for mention in mentions.iter().filter(|m| m.point == at) {
            if !lists.counts(mention.sentence, at) {
                continue;
            }
            let quoted = || {
                let sentence = &spans.all[mention.span].1;
                quote(&point.id, &point.says, sentence, mention.place, answers)
            };
            let share = match mention.manner {
                Manner::Said => 1.0,
                Manner::Hedged => 0.5,
                Manner::Aside => continue,
                Manner::Denied => {
                    denied.get_or_insert_with(quoted);
                    continue;
                }
            };
            if best.as_ref().is_none_or(|b| b.share < share) {
                best = Some(Hit {
                    evidence: quoted(),
                    share,
                    sentence: mention.sentence,
                });
            }
        }
        if best.is_none() {
            found.denied.extend(denied);
        }
        hits.push(best);
    }
    let claims = Claims::of(question, answers, sentences, &asked);
    let supported = |hits: &mut Vec<Option<Hit>>, by: &dyn Similarity| {
        for (at, point) in question.key_points.iter().enumerate() {
            let open = hits[at].is_none() && found.denied.iter().all(|e| e.id != point.id);
            let near = (open && !found.stuffed)
                .then(|| claims.closest(at, by))
                .flatten();
            hits[at] = hits[at].take().or_else(|| {
                let near = near?;
                let sentence = &sentences[near.sentence];
                Some(Hit {
                    evidence: quote(&point.id, &point.says, sentence, near.place, answers),
                    share: close::SHARE,
                    sentence: near.sentence,
                })
            });
        }
    };
    supported(&mut hits, &Lexical);
    let right = found.misconceptions.is_empty() && found.denied.is_empty();
    if right && by.name() != Lexical.name() {
        supported(&mut hits, by);
    }
    let heard = hits
        .iter()
        .zip(&weights)
        .map(|(hit, weight)| hit.as_ref().map_or(0.0, |h| h.share * weight));
    let heard: f32 = heard.sum();
    let total: f32 = weights.iter().sum();
    found.coverage = if total > 0.0 { heard / total } else { 0.0 };
    found.hits = hits.into_iter().flatten().collect();
    found
}

/// Misconceptions that were said, and not reported of others.
fn wrong(
    question: &Question,
    answers: &[&Utterance],
    spans: &Spans,
    lists: &listing::Lists,
) -> Vec<Evidence> {
    let said = |wrong: &crate::interview::bank::Misconception| {
        let phrases: Vec<Phrase> = wrong.any_of.iter().map(|p| Phrase::parse(p)).collect();
        let says = stems::tokens(&wrong.says);
        spans.all.iter().find_map(|(first, sentence)| {
            if lists.skips(*first) {
                return None;
            }
            let mut places = phrases.iter().flat_map(|phrase| {
                let found = phrase.find_all(&sentence.words).into_iter();
                found.map(move |place| (phrase, place))
            });
            let (_, place) = places.find(|(phrase, place)| {
                let tolerant = speaks_of_absence(&says, phrase);
                sentence.manner(phrase, *place, tolerant) == Manner::Said
                    && !sentence.reports_an_error(*place)
            })?;
            Some(quote(&wrong.id, &wrong.says, sentence, place, answers))
        })
    };
    question.misconceptions.iter().filter_map(said).collect()
}

/// The sentences, and pairs of which the second speaks on about the first.
struct Spans {
    /// The sentence that it begins with, and its words.
    all: Vec<(usize, Sentence)>,
    /// How many of them are single sentences.
    single: usize,
}

impl Spans {
    fn of(sentences: &[Sentence]) -> Self {
        let mut all: Vec<(usize, Sentence)> = sentences.iter().cloned().enumerate().collect();
        let single = all.len();
        for (at, pair) in sentences.windows(2).enumerate() {
            all.extend(pair[0].carried_on(&pair[1]).map(|both| (at, both)));
        }
        Self { all, single }
    }

    /// All places where a phrase of a point stands.
    fn mentions(
        &self,
        point: usize,
        says: &str,
        any_of: &[String],
        asked: &BTreeSet<String>,
    ) -> Vec<Mention> {
        let says = stems::tokens(says);
        let mut out = Vec::new();
        for text in any_of {
            let phrase = Phrase::parse(text);
            let tolerant = speaks_of_absence(&says, &phrase);
            for (span, (first, sentence)) in self.all.iter().enumerate() {
                // Of a pair only what reaches over its middle is new.
                let middle = (span >= self.single).then(|| self.all[*first].1.words.len());
                let crosses = |place: &Place| {
                    middle.is_none_or(|middle| place.from < middle && place.to > middle)
                };
                let places = phrase.find_all(&sentence.words).into_iter();
                let places = places.chain(phrase.find_turned(&sentence.words));
                for place in places.filter(crosses) {
                    if only_repeats(asked, &phrase, sentence) {
                        continue;
                    }
                    out.push(Mention {
                        point,
                        sentence: *first,
                        span,
                        place,
                        manner: sentence.manner(&phrase, place, tolerant),
                        tolerant,
                    });
                }
            }
        }
        out
    }
}

/// An answer that denies point after point ("no tests, no rollback, never a
/// canary") states no absence that a rubric may ask for.
fn withdraw_tolerance(mentions: &mut [Mention], spans: &Spans) {
    let denied: BTreeSet<usize> = mentions
        .iter()
        .filter(|m| m.manner == Manner::Denied)
        .map(|m| m.point)
        .collect();
    if denied.len() < DENIALS {
        return;
    }
    for mention in mentions.iter_mut().filter(|m| m.tolerant) {
        let sentence = &spans.all[mention.span].1;
        mention.manner = sentence.manner(&Phrase::parse(""), mention.place, false);
    }
}

/// Whether a statement is about what is absent, avoided or removed, and the
/// phrase names that thing or nothing that the statement names: then a denial
/// in the answer does not turn it around.
fn speaks_of_absence(says: &[Token], phrase: &Phrase) -> bool {
    let Some(absent) = says
        .iter()
        .position(|word| ABSENCE.contains(&word.stem.as_str()))
    else {
        return false;
    };
    let named = |word: &&Token| stems::is_content(word) && says.iter().any(|w| w.stem == word.stem);
    let mut names = phrase.words().filter(named).peekable();
    names.peek().is_none()
        || names.any(|word| says[absent..].iter().any(|other| other.stem == word.stem))
}

/// Whether the phrase's words are the question's own and the sentence adds
/// next to nothing to them.
fn only_repeats(asked: &BTreeSet<String>, phrase: &Phrase, sentence: &Sentence) -> bool {
    let own = |word: &Token| stems::is_function_word(&word.surface) || asked.contains(&word.stem);
    let fresh = |word: &&Token| stems::is_content(word) && !asked.contains(&word.stem);
    let mut new = BTreeSet::new();
    new.extend(sentence.words.iter().filter(fresh).map(|w| &w.stem));
    let echoes = |word: &Token| asked.contains(&word.stem) && stems::is_content(word);
    // Without a word of its own the whole sentence is the question's.
    (new.is_empty() && phrase.words().any(echoes)) || (phrase.words().all(own) && new.len() < 3)
}

/// The sentence as it was written.
pub(super) fn text<'a>(sentence: &Sentence, answers: &[&'a Utterance]) -> &'a str {
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
