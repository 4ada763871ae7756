//! How close two sentences are in meaning: the seam, and the scorer that is
//! always there.

use crate::interview::stems;
use std::collections::BTreeSet;

/// Compares meanings.
pub trait Similarity: std::fmt::Debug {
    /// Its name in records.
    fn name(&self) -> &str;

    /// How much of what `statement` says is said by `said`, 0-1.
    fn similarity(&self, statement: &str, said: &str) -> f32;

    /// From which similarity on a sentence supports a statement.
    fn enough(&self) -> f32;

    /// By how much a sentence must be closer to a statement than to the
    /// question and to what is wrong.
    fn margin(&self) -> f32;
}

/// Counts common word stems: the share of the statement's matter that occurs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lexical;

impl Similarity for Lexical {
    fn name(&self) -> &str {
        "lexical"
    }

    fn similarity(&self, statement: &str, said: &str) -> f32 {
        let wanted = content(statement);
        let there = content(said);
        if wanted.len() < 3 {
            return 0.0;
        }
        wanted.intersection(&there).count() as f32 / wanted.len() as f32
    }

    fn enough(&self) -> f32 {
        0.6
    }

    fn margin(&self) -> f32 {
        0.0
    }
}

/// The distinct stems of a text that carry matter.
pub fn content(text: &str) -> BTreeSet<String> {
    let words = stems::tokens(text).into_iter();
    words
        .filter(stems::is_content)
        .map(|word| word.stem)
        .collect()
}
