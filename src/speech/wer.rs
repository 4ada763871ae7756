//! Word error rate: how far a recognised text is from what was said.
//!
//! Both texts are brought to one form first: lower case, no punctuation,
//! hyphens as spaces, numbers and symbols in words.

use crate::numbers;
use std::ops::AddAssign;

/// Counts of one comparison, or the sum of many.
#[derive(serde::Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WordErrors {
    /// Words that were said.
    pub words: usize,
    /// Words heard as others.
    pub substitutions: usize,
    /// Words heard that were not said.
    pub insertions: usize,
    /// Words said that were not heard.
    pub deletions: usize,
}

impl WordErrors {
    /// All errors.
    pub const fn errors(&self) -> usize {
        self.substitutions + self.insertions + self.deletions
    }

    /// Errors a said word; above 1 where more is heard than said. Where
    /// nothing was said, 0 if nothing was heard, else 1.
    pub fn rate(&self) -> f64 {
        if self.words == 0 {
            return if self.errors() == 0 { 0.0 } else { 1.0 };
        }
        self.errors() as f64 / self.words as f64
    }
}

impl AddAssign for WordErrors {
    fn add_assign(&mut self, other: Self) {
        self.words += other.words;
        self.substitutions += other.substitutions;
        self.insertions += other.insertions;
        self.deletions += other.deletions;
    }
}

/// Compares what was `said` with what was `heard`.
pub fn word_errors(said: &str, heard: &str) -> WordErrors {
    count(&steps(&comparable(said), &comparable(heard)))
}

/// The words of `text` in the form in which they are compared.
pub fn comparable(text: &str) -> Vec<String> {
    let spaced: String = text
        .chars()
        .flat_map(|c| match c {
            '%' => " percent ".chars().collect::<Vec<char>>(),
            '&' => " and ".chars().collect(),
            '-' | '/' | '\u{2013}' | '\u{2014}' => vec![' '],
            '\'' | '\u{2019}' => Vec::new(),
            c => c.to_lowercase().collect(),
        })
        .collect();
    spaced.split_whitespace().flat_map(compared).collect()
}

/// One written word as the words that are compared.
fn compared(word: &str) -> Vec<String> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#'));
    let ordinal = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| word.strip_suffix(end)?.parse().ok());
    let said = numbers::number(word).or_else(|| ordinal.map(numbers::ordinal));
    let said = said.unwrap_or_else(|| {
        word.chars()
            .map(|c| {
                if c.is_alphanumeric() || matches!(c, '+' | '#') {
                    c
                } else {
                    ' '
                }
            })
            .collect()
    });
    said.split_whitespace().map(str::to_owned).collect()
}

/// Pairs of words that are compared at most, a byte each: an hour of talk has
/// about 8,000 words. Longer texts count as wholly different.
const MOST_PAIRS: usize = 1 << 26;

/// One step on the way from what was said to what was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The word was heard.
    Same,
    /// The word was heard as another.
    Substituted,
    /// A word was heard that was not said.
    Inserted,
    /// The word was not heard.
    Deleted,
}

/// The cheapest way from `said` to `heard` (Levenshtein over words). Takes a
/// byte for each pair of words between the first and the last difference.
pub fn steps(said: &[String], heard: &[String]) -> Vec<Step> {
    let before = same(said.iter().zip(heard));
    let (said, heard) = (&said[before..], &heard[before..]);
    let after = same(said.iter().rev().zip(heard.iter().rev()));
    let said = &said[..said.len() - after];
    let heard = &heard[..heard.len() - after];
    let mut steps = vec![Step::Same; before];
    steps.extend(between(said, heard));
    steps.extend(std::iter::repeat_n(Step::Same, after));
    steps
}

fn same<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> usize {
    pairs.take_while(|(a, b)| a == b).count()
}

fn between(said: &[String], heard: &[String]) -> Vec<Step> {
    let width = heard.len() + 1;
    if width.saturating_mul(said.len() + 1) > MOST_PAIRS {
        let mut steps = vec![Step::Deleted; said.len()];
        steps.extend(vec![Step::Inserted; heard.len()]);
        return steps;
    }
    // The last step of the cheapest way to each pair of lengths.
    let mut last = vec![Step::Inserted; width * (said.len() + 1)];
    let mut costs: Vec<u32> = (0u32..).take(width).collect();
    for (i, word) in said.iter().enumerate() {
        let row = &mut last[width * (i + 1)..width * (i + 2)];
        let mut diagonal = costs[0];
        costs[0] += 1;
        row[0] = Step::Deleted;
        for (j, other) in heard.iter().enumerate() {
            let (step, cost) = if word == other {
                (Step::Same, diagonal)
            } else {
                (Step::Substituted, diagonal + 1)
            };
            let ways = [
                (step, cost),
                (Step::Deleted, costs[j + 1] + 1),
                (Step::Inserted, costs[j] + 1),
            ];
            let best = ways.into_iter().min_by_key(|way| way.1);
            diagonal = costs[j + 1];
            (row[j + 1], costs[j + 1]) = best.unwrap_or((step, cost));
        }
    }
    let (mut i, mut j) = (said.len(), heard.len());
    let mut steps = Vec::new();
    while i > 0 || j > 0 {
        let step = last[width * i + j];
        i -= usize::from(step != Step::Inserted);
        j -= usize::from(step != Step::Deleted);
        steps.push(step);
    }
    steps.reverse();
    steps
}

fn count(steps: &[Step]) -> WordErrors {
    let mut errors = WordErrors::default();
    for step in steps {
        errors.words += usize::from(*step != Step::Inserted);
        match step {
            Step::Same => {}
            Step::Substituted => errors.substitutions += 1,
            Step::Inserted => errors.insertions += 1,
            Step::Deleted => errors.deletions += 1,
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(said: &str, heard: &str) -> (usize, usize, usize) {
        let e = word_errors(said, heard);
        (e.substitutions, e.insertions, e.deletions)
    }

    #[test]
    fn each_kind_of_error_is_counted() {
        assert_eq!(counts("a b c d", "a b c d"), (0, 0, 0));
        assert_eq!(counts("a b c d", "a x c d"), (1, 0, 0));
        assert_eq!(counts("a b c d", "a b c d e"), (0, 1, 0));
        assert_eq!(counts("a b c d", "a d"), (0, 0, 2));
        assert_eq!(counts("", "a"), (0, 1, 0));
        assert_eq!(word_errors("a b c d", "x b c").rate(), 0.5);
        assert_eq!(word_errors("", "").rate(), 0.0);
        assert_eq!(word_errors("", "a").rate(), 1.0);
    }

    #[test]
    fn the_same_words_in_another_dress_are_no_errors() {
        for (said, heard) in [
            ("It rose by 12%.", "it rose by twelve percent"),
            ("a well-known, fast cache", "A well known fast cache!"),
            (
                "the 3rd of 1,200 rows",
                "the third of one thousand two hundred rows",
            ),
            ("don\u{2019}t stop", "dont stop"),
            ("C++ & Rust", "c++ and rust"),
            ("CI/CD", "ci cd"),
        ] {
            assert_eq!(word_errors(said, heard).errors(), 0, "{said} / {heard}");
        }
    }

    #[test]
    fn a_text_beyond_all_measure_is_different_and_no_burden() {
        let words = |word: &str| vec![word; 9_000].join(" ");
        assert_eq!(word_errors(&words("a"), &words("b")).errors(), 18_000);
        assert_eq!(word_errors(&words("a"), &words("a")).errors(), 0);
    }

    proptest! {
        #[test]
        fn errors_are_within_their_bounds(said in "[a-c ]{0,30}", heard in "[a-c ]{0,30}") {
            let e = word_errors(&said, &heard);
            let (n, m) = (comparable(&said).len(), comparable(&heard).len());
            prop_assert_eq!(e.words, n);
            prop_assert!(e.errors() <= n.max(m) && e.errors() >= n.abs_diff(m));
            prop_assert_eq!(e.insertions + n, e.deletions + m);
            prop_assert_eq!(word_errors(&heard, &said).errors(), e.errors());
        }
    }
}
