//! Which words are taken out: words and phrases, the candidate's name, and
//! numbers. Letters are compared without case and accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word of a text: where it stands, and how it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) folded: String,
}

/// The words of a text: runs of letters and digits.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut open: Option<usize> = None;
    let ends = text
        .char_indices()
        .map(|(at, c)| (at, c.is_alphanumeric() || is_combining_mark(c)))
        .chain([(text.len(), false)]);
    for (at, inside) in ends {
        match (inside, open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                out.push(Token {
                    start,
                    end: at,
                    folded: fold(&text[start..at]),
                });
                open = None;
            }
            _ => {}
        }
    }
    out
}

pub(super) fn fold(word: &str) -> String {
    word.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A text in which bars stand for the words of a candidate's name.
pub fn hide_name(candidate: &str, text: &str) -> String {
    let rules = Rules {
        names: true,
        ..Rules::default()
    }
    .with_candidate(candidate);
    let tokens = tokens(text);
    let words: Vec<String> = tokens.iter().map(|t| t.folded.clone()).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (token, hidden) in tokens.iter().zip(rules.named(&words)) {
        out.push_str(&text[at..token.start]);
        out.push_str(if hidden {
            super::BAR
        } else {
            &text[token.start..token.end]
        });
        at = token.end;
    }
    out.push_str(&text[at..]);
    out
}

/// Words that stand for numbers.
const NUMBERS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
    "dozen",
];

/// Words that belong to a number when they stand between or before its words.
const JOINED: &[&str] = &["one", "oh", "o", "and", "point", "double", "triple", "dash"];

/// Which words are taken out.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// As they were given, and their words folded; the last may end in `*`.
    phrases: Vec<(String, Vec<String>)>,
    /// Parts of the candidate's name.
    name: Vec<String>,
    names: bool,
    numbers: bool,
}

impl Rules {
    /// Rules for these words and phrases (a word may end in `*` for any
    /// ending), for the candidate's name and for numbers.
    ///
    /// # Errors
    /// A sentence for a person, if a word has neither letters nor digits.
    pub fn new(words: &[String], names: bool, numbers: bool) -> Result<Self, String> {
        let mut phrases = Vec::new();
        for text in words {
            let mut parts: Vec<String> = tokens(text).into_iter().map(|t| t.folded).collect();
            let Some(last) = parts.last_mut() else {
                return Err(format!(
                    "found {text:?}, expected a word with letters or digits"
                ));
            };
            if text.trim_end().ends_with('*') {
                last.push('*');
            }
            phrases.push((text.clone(), parts));
        }
        Ok(Self {
            phrases,
            name: Vec::new(),
            names,
            numbers,
        })
    }

    /// Fills in the candidate's name, if names are taken out.
    pub(super) fn with_candidate(mut self, candidate: &str) -> Self {
        if self.names {
            let parts = tokens(candidate).into_iter().map(|t| t.folded);
            self.name = parts.filter(|p| p.chars().count() > 1).collect();
        }
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty() && !self.names && !self.numbers
    }

    pub(super) fn words(&self) -> usize {
        self.phrases.len()
    }

    pub(super) const fn names(&self) -> bool {
        self.names
    }

    pub(super) const fn numbers(&self) -> bool {
        self.numbers
    }

    /// The words as they were given.
    pub(super) fn spelled(&self) -> Vec<&str> {
        self.phrases.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// The first phrases that stand in none of these texts, as given.
    pub(super) fn never_said(&self, said: &[Vec<String>]) -> Option<String> {
        let never: Vec<&str> = self
            .phrases
            .iter()
            .filter(|(_, phrase)| !said.iter().any(|text| !places(phrase, text).is_empty()))
            .map(|(text, _)| text.as_str())
            .collect();
        (!never.is_empty()).then(|| never.join(", "))
    }

    /// Which of these words are taken out, numbers left aside.
    pub(super) fn named(&self, words: &[String]) -> Vec<bool> {
        let mut hit = vec![false; words.len()];
        for (_, phrase) in &self.phrases {
            for at in places(phrase, words) {
                hit[at..at + phrase.len()].fill(true);
            }
        }
        for (i, word) in words.iter().enumerate() {
            hit[i] |= self.name.contains(word);
        }
        hit
    }

    /// Which of these words are taken out.
    pub(super) fn hits(&self, words: &[String]) -> Vec<bool> {
        let mut hit = self.named(words);
        if !self.numbers {
            return hit;
        }
        let sure = |w: &String| is_number(w) && w != "one";
        let mut number: Vec<bool> = words.iter().map(sure).collect();
        // A lone "one" is no number, but beside another it is.
        loop {
            let before = number.clone();
            for i in 0..words.len() {
                let near = |j: Option<usize>| j.is_some_and(|j| before.get(j) == Some(&true));
                let (left, right) = (near(i.checked_sub(1)), near(Some(i + 1)));
                let word = words[i].as_str();
                number[i] |= match word {
                    "one" => {
                        left || right
                            || (i > 0 && words[i - 1] == "one")
                            || words.get(i + 1).is_some_and(|w| w == "one")
                    }
                    _ if JOINED.contains(&word) => left && right,
                    _ => false,
                };
            }
            if before == number {
                break;
            }
        }
        for (hit, number) in hit.iter_mut().zip(number) {
            *hit |= number;
        }
        hit
    }
}

/// Whether a folded word is a number.
pub(super) fn is_number(word: &str) -> bool {
    word.chars().any(char::is_numeric) || NUMBERS.contains(&word)
}

/// Where a phrase stands among words.
fn places(phrase: &[String], words: &[String]) -> Vec<usize> {
    let same = |pattern: &String, word: &String| match pattern.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => pattern == word,
    };
    words
        .windows(phrase.len())
        .enumerate()
        .filter(|(_, window)| phrase.iter().zip(*window).all(|(p, w)| same(p, w)))
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn barred(rules: &Rules, text: &str) -> String {
        let words: Vec<String> = tokens(text).into_iter().map(|t| t.folded).collect();
        let hits = rules.hits(&words);
        let hit = words.iter().zip(hits).filter(|(_, hit)| *hit);
        hit.map(|(w, _)| w.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_phrases_and_endings_are_found_whatever_their_case_and_accents() {
        let words = ["acme corp".to_owned(), "Zoe".into(), "micro*".into()];
        let rules = Rules::new(&words, false, false).unwrap();
        let text = "At ACME, Corp's ZOË built Microservices for acme.";
        assert_eq!(barred(&rules, text), "acme corp zoe microservices");
        assert!(Rules::new(&["--".to_owned()], false, false).is_err());
    }

    #[test]
    fn numbers_are_digits_and_number_words_but_not_a_lone_one() {
        let rules = Rules::new(&[], false, true).unwrap();
        let check = |text: &str, found: &str| assert_eq!(barred(&rules, text), found, "{text}");
        check("one of the 3 teams", "3");
        check("call five five one oh nine", "five five one oh nine");
        check(
            "a hundred and twenty of them and more",
            "hundred and twenty",
        );
        check("one one", "one one");
        check("version v2 and so on", "v2");
    }

    #[test]
    fn every_part_of_the_candidates_name_is_taken_out() {
        let rules = Rules::new(&[], true, false).unwrap();
        let rules = rules.with_candidate("Zoë J. van Example");
        assert_eq!(barred(&rules, "Zoe, Mr. Example's J"), "zoe example");
    }
}
