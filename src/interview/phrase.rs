//! Phrases of a rubric and where they occur in a sentence: words compared by
//! stem, in order; `*` stands for up to six words; articles, fillers and a
//! word that "and" couples are passed over. [`Phrase::find_turned`] finds the
//! same said the other way round ("the response is stored").

use super::stems::{self, Break, Token};

/// How many words a `*` may stand for.
const GAP: usize = 6;
/// How many articles and fillers may stand between two neighbouring words.
const SKIP: usize = 2;
/// How many binding words may stand between a thing and what is done to it.
const BOUND: usize = 4;

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
        let denies = parts
            .iter()
            .any(|p| matches!(p, Part::Word(w) if DENYING.contains(&w.surface.as_str())));
        Self { parts, denies }
    }

    /// The words of the phrase.
    pub fn words(&self) -> impl Iterator<Item = &Token> {
        self.parts.iter().filter_map(|part| match part {
            Part::Word(word) => Some(word),
            Part::Gap => None,
        })
    }

    /// Places where the phrase is said the other way round, with nothing but
    /// binding words in between: "validate the data" for "data validation",
    /// "the response that we stored" for "store * response". Only for two
    /// words, or one word and what follows a `*`: with more the order may
    /// matter ("bias * down * variance * up").
    pub fn find_turned(&self, sentence: &[Token]) -> Vec<Place> {
        let (first, rest) = match &self.parts[..] {
            [Part::Word(first), rest @ Part::Word(_)] => (first, std::slice::from_ref(rest)),
            [Part::Word(first), Part::Gap, rest @ ..]
                if !rest.is_empty() && rest.iter().all(|p| matches!(p, Part::Word(_))) =>
            {
                (first, rest)
            }
            _ => return Vec::new(),
        };
        let matter = |word: &Token| !stems::is_function_word(&word.surface);
        let content = rest.iter().any(|p| matches!(p, Part::Word(w) if matter(w)));
        if !matter(first) || !content {
            return Vec::new();
        }
        (0..sentence.len())
            .filter_map(|from| {
                let end = walk(rest, sentence, from, SKIP)?;
                let bound = sentence[end..]
                    .iter()
                    .take(BOUND)
                    .take_while(|word| BINDING.contains(&word.surface.as_str()))
                    .count();
                let paused = sentence[from..end + bound]
                    .iter()
                    .any(|word| word.after != Break::None);
                let at = (end..=end + bound).find(|&at| {
                    sentence
                        .get(at)
                        .is_some_and(|word| stems::same(first, word))
                })?;
                (!paused).then_some(Place { from, to: at + 1 })
            })
            .collect()
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
            if skipped >= SKIP || at == 0 {
                return None;
            }
            let repeated = words[at - 1].stem == here.stem;
            // "roll it back": what is done to what was named before.
            let object = ["it", "them"].contains(&here.surface.as_str());
            if here.is_skippable() || repeated || object {
                return walk(parts, words, at + 1, skipped + 1);
            }
            // "unit and integration tests", "code or data validation".
            let coupled = ["and", "or"].contains(&here.surface.as_str());
            if skipped == 0 && coupled {
                return walk(parts, words, at + 2, SKIP);
            }
            None
        }
    }
}

/// Words by which a phrase itself denies something or sets it aside.
const DENYING: &[&str] = &[
    "not", "no", "never", "without", "instead", "rather", "longer",
];

/// Words that bind a thing to what is done to it.
const BINDING: &[&str] = &[
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "being",
    "get",
    "gets",
    "got",
    "that",
    "which",
    "who",
    "we",
    "i",
    "you",
    "they",
    "it",
    "the",
    "a",
    "an",
    "of",
    "to",
    "has",
    "have",
    "had",
    "will",
    "can",
    "could",
    "should",
    "would",
    "must",
    "also",
    "then",
    "already",
    "always",
    "first",
    "automatically",
    "by",
    "our",
    "my",
    "their",
    "its",
];

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
        assert!(finds("roll back", "then I roll it back"));
    }

    #[test]
    fn a_coupled_word_is_passed_over() {
        assert!(finds("unit test", "I write unit and integration tests"));
        assert!(finds("training error", "the training and validation error"));
        assert!(!finds("unit test", "one unit and then we test"));
    }

    #[test]
    fn the_same_is_found_the_other_way_round() {
        let turned =
            |phrase: &str, text: &str| !Phrase::parse(phrase).find_turned(&tokens(text)).is_empty();
        assert!(turned("data validation", "we validate the data"));
        assert!(turned("store * response", "the response is stored"));
        assert!(turned(
            "store * response",
            "the response that we have stored"
        ));
        assert!(turned("split * into tables", "into tables it is split"));
        assert!(turned("faster reads", "reads are faster"));
        assert!(!turned(
            "store * response",
            "the response, and then a store"
        ));
        assert!(!turned("too simple", "simple too"));
        assert!(!turned(
            "bias * down * variance * up",
            "variance goes up and bias goes down"
        ));
    }

    #[test]
    fn cut_and_joined_words_match() {
        assert!(finds("overfit", "so it over fits"));
        assert!(finds("under fit", "it underfits"));
        assert!(finds("usestate", "i use state"));
        assert!(finds("time out", "after a timeout"));
    }
}
