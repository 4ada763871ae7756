//! Phrases of a rubric and where they occur in a sentence: words compared by
//! stem, in order; `*` stands for up to six words; articles and fillers in
//! between are passed over.

use super::stems::{self, Token};

/// How many words a `*` may stand for.
const GAP: usize = 6;
/// How many articles and fillers may stand between two neighbouring words.
const SKIP: usize = 2;

#[derive(Clone, Debug)]
enum Part {
    Word(Token),
    Gap,
}

/// A parsed phrase.
#[derive(Clone, Debug)]
pub struct Phrase {
    parts: Vec<Part>,
    /// Whether the phrase itself denies something.
    pub denies: bool,
}

/// Where a phrase stands in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// First word.
    pub from: usize,
    /// Behind the last word.
    pub to: usize,
}

impl Phrase {
    /// Reads a phrase. One without a word matches nothing.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        for piece in text.split('*') {
            if !parts.is_empty() {
                parts.push(Part::Gap);
            }
            let words = stems::tokens(piece);
            let article = |w: &Token| ["a", "an", "the"].contains(&w.surface.as_str());
            let bare = words.iter().filter(|w| !article(w)).count();
            let keep = |w: &Token| bare == 0 || !article(w);
            parts.extend(words.into_iter().filter(keep).map(Part::Word));
        }
        while matches!(parts.last(), Some(Part::Gap)) {
            parts.pop();
        }
        let denies = parts.iter().any(|p| {
            matches!(p, Part::Word(w) if ["not", "no", "never", "without"].contains(&w.surface.as_str()))
        });
        Self { parts, denies }
    }

    /// The words of the phrase.
    pub fn words(&self) -> impl Iterator<Item = &Token> {
        self.parts.iter().filter_map(|part| match part {
            Part::Word(word) => Some(word),
            Part::Gap => None,
        })
    }

    /// All places where the phrase begins in `sentence`.
    pub fn find_all(&self, sentence: &[Token]) -> Vec<Place> {
        if self.parts.is_empty() {
            return Vec::new();
        }
        (0..sentence.len())
            .filter_map(|from| {
                let to = walk(&self.parts, sentence, from, SKIP)?;
                Some(Place { from, to })
            })
            .collect()
    }
}

/// The end of a match of `parts` that begins exactly at `at`.
fn walk(parts: &[Part], words: &[Token], at: usize, skipped: usize) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else {
        return Some(at);
    };
    match part {
        Part::Gap => (0..=GAP)
            .take_while(|gap| at + gap <= words.len())
            .find_map(|gap| walk(rest, words, at + gap, SKIP)),
        Part::Word(wanted) => {
            let here = words.get(at)?;
            if stems::same(wanted, here)
                && let Some(end) = walk(rest, words, at + 1, 0)
            {
                return Some(end);
            }
            // One word that the recogniser cut in two, or two that it joined.
            if let Some(next) = words.get(at + 1)
                && stems::same_joined(wanted, here, next)
                && let Some(end) = walk(rest, words, at + 2, 0)
            {
                return Some(end);
            }
            if let Some((Part::Word(second), rest)) = rest.split_first()
                && stems::same_joined(here, wanted, second)
                && let Some(end) = walk(rest, words, at + 1, 0)
            {
                return Some(end);
            }
            let repeated = at > 0 && words[at - 1].stem == here.stem;
            let inside = skipped < SKIP && at > 0;
            (inside && (here.is_skippable() || repeated))
                .then(|| walk(parts, words, at + 1, skipped + 1))
                .flatten()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::stems::tokens;

    fn finds(phrase: &str, text: &str) -> bool {
        !Phrase::parse(phrase).find_all(&tokens(text)).is_empty()
    }

    #[test]
    fn words_match_by_stem_in_order_with_gaps() {
        assert!(finds(
            "bias * down * variance * up",
            "bias goes down but variance goes up"
        ));
        assert!(!finds(
            "variance * bias",
            "bias goes down but variance goes up"
        ));
        assert!(finds("store * response", "I stored the original response"));
        assert!(!finds(
            "store * response",
            "store one two three four five six seven response"
        ));
    }

    #[test]
    fn articles_fillers_and_repeats_are_passed_over() {
        assert!(finds("store the response", "store um response"));
        assert!(finds("i mutate the state", "i i mutate state"));
    }

    #[test]
    fn cut_and_joined_words_match() {
        assert!(finds("overfit", "so it over fits"));
        assert!(finds("under fit", "it underfits"));
        assert!(finds("usestate", "i use state"));
        assert!(finds("time out", "after a timeout"));
    }
}
