//! The words of the trades: how much of an answer is told in them, and in
//! those of which field. It serves where the topics have no list of matters
//! for what was asked, and can only say that much was told in the words of
//! the job's own trade, close to the question.
//!
//! A word counts by how few topics speak of it (inverse document frequency,
//! Spärck Jones 1972, here between 0 and 1).

use super::subject::is_asking;
use super::topic::Topic;
use std::collections::{BTreeMap, BTreeSet};

/// Weight from which on a word is one of the trades' and not everybody's.
const TELLING: f32 = 0.45;
/// Weight of a question's word that no topic has.
const STRANGE: f32 = 0.3;
/// What any word of a question counts when it comes back.
const ANY: f32 = 0.1;
/// How much a field with many words is held back in the comparison.
const SIZE: f32 = 0.35;

/// Words of all topics with their weights, and which fields they are from.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    weights: BTreeMap<String, f32>,
    /// Of each word, the places of the fields that have it.
    fields: BTreeMap<String, BTreeSet<usize>>,
    count: usize,
}

impl Vocabulary {
    /// Counts the words of all topics.
    pub(super) fn of(topics: &[Topic], fields: usize) -> Self {
        let mut seen: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        let mut out = Self {
            count: fields,
            ..Self::default()
        };
        for topic in topics {
            for word in &topic.words {
                let entry = seen.entry(word).or_default();
                entry.0 += 1;
                entry.1 |= topic.question.is_none();
                let there = out.fields.entry(word.clone()).or_default();
                there.insert(topic.field);
            }
        }
        let all = (topics.len() as f32).max(2.0).ln();
        for (word, (count, listed)) in seen {
            // What a single question of a bank says may be anybody's word.
            if count >= 2 || listed {
                let weight = (topics.len() as f32 / count as f32).ln() / all;
                out.weights.insert(word.to_owned(), weight);
            }
        }
        out
    }

    /// The weight of a word of a trade; nothing for everybody's words.
    pub(super) fn weight(&self, word: &str) -> Option<f32> {
        let weight = self.weights.get(word).copied();
        weight.filter(|&weight| weight >= TELLING)
    }

    /// How far words are those of the given fields, 1 where no other field
    /// has more of them.
    pub(super) fn closeness(&self, said: &BTreeSet<String>, own: &BTreeSet<usize>) -> f32 {
        let rare = |word: &String| {
            let there = self.fields.get(word).map_or(0, BTreeSet::len).max(1);
            ((self.count + 1) as f32 / there as f32).ln()
        };
        let share = |within: &dyn Fn(&BTreeSet<usize>) -> bool| -> f32 {
            let mut told = 0.0;
            let mut size = 0.0;
            for (word, fields) in &self.fields {
                if self.weights.contains_key(word) && within(fields) {
                    size += rare(word);
                    if said.contains(word) {
                        told += rare(word);
                    }
                }
            }
            if size > 0.0 {
                told / size.powf(SIZE)
            } else {
                0.0
            }
        };
        let ours = share(&|fields| !fields.is_disjoint(own));
        let others = (0..self.count)
            .filter(|field| !own.contains(field))
            .map(|field| share(&|fields| fields.contains(&field)));
        let most = others.fold(ours, f32::max);
        if most > 0.0 { ours / most } else { 0.0 }
    }

    /// Share of a question's telling words that come back, by weight.
    pub(super) fn echo(&self, asked: &BTreeSet<String>, said: &BTreeSet<String>) -> f32 {
        let weight = |word: &String| ANY + self.weights.get(word).copied().unwrap_or(STRANGE);
        let telling = || asked.iter().filter(|word| !is_asking(word));
        let all: f32 = telling().map(weight).sum();
        let back: f32 = telling().filter(|w| said.contains(*w)).map(weight).sum();
        if all > 0.0 { back / all } else { 0.0 }
    }
}
