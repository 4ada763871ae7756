//! Finds words in the lines of a record. Case, accents and punctuation do
//! not matter ("resume" finds "Résumé,"); a word is found by any part of
//! itself, a phrase where its words follow each other in one line.

use super::lines::TimedLine;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One place that says what was looked for.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Number of the line, from 1.
    pub line: usize,
    /// When the first word is said, milliseconds of the recording.
    pub start_ms: u64,
    /// Place of that word in the line, from 0.
    pub word: usize,
    /// How many words were found.
    pub words: usize,
}

/// All places, in order of time. Text without a letter or digit is nowhere.
pub fn find(lines: &[TimedLine], text: &str) -> Vec<Match> {
    let wanted: Vec<String> = text
        .split_whitespace()
        .map(folded)
        .filter(|word| !word.is_empty())
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for line in lines {
        // Signs that stand alone ("-") are no words.
        let said: Vec<(usize, String)> = line
            .words
            .iter()
            .enumerate()
            .map(|(i, word)| (i, folded(&word.text)))
            .filter(|(_, word)| !word.is_empty())
            .collect();
        let places = said.windows(wanted.len()).filter(|said| {
            said.iter()
                .enumerate()
                .all(|(i, (_, word))| fits(word, &wanted, i))
        });
        found.extend(places.map(|said| {
            let first = said[0].0;
            Match {
                line: line.number,
                start_ms: line.words[first].start_ms,
                word: first,
                words: said[said.len() - 1].0 + 1 - first,
            }
        }));
    }
    found.sort_by_key(|place| (place.start_ms, place.line, place.word));
    found
}

/// Whether a word can be the `i`th of the wanted ones: the first may be the
/// end of a word, the last the beginning of one.
fn fits(word: &str, wanted: &[String], i: usize) -> bool {
    let (first, last) = (i == 0, i + 1 == wanted.len());
    match (first, last) {
        (true, true) => word.contains(&wanted[i]),
        (true, false) => word.ends_with(&wanted[i]),
        (false, true) => word.starts_with(&wanted[i]),
        (false, false) => word == wanted[i],
    }
}

/// A word without case, accents and punctuation; what tells C, C++ and C#
/// apart stays.
fn folded(word: &str) -> String {
    word.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .filter(|c| c.is_alphanumeric() || ['+', '#'].contains(c))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines::TimedWord;
    use super::*;
    use crate::report::dialogue::Speaker;

    fn lines(texts: &[&str]) -> Vec<TimedLine> {
        let line = |(i, text): (usize, &&str)| TimedLine {
            number: i + 1,
            seq: 0,
            who: Speaker::Candidate,
            text: (*text).to_owned(),
            start_ms: i as u64 * 10_000,
            end_ms: i as u64 * 10_000 + 9_000,
            corrected: None,
            heard: true,
            exact: true,
            words: text
                .split_whitespace()
                .enumerate()
                .map(|(w, word)| TimedWord {
                    text: word.to_owned(),
                    start_ms: i as u64 * 10_000 + w as u64 * 100,
                    end_ms: i as u64 * 10_000 + w as u64 * 100 + 90,
                })
                .collect(),
        };
        texts.iter().enumerate().map(line).collect()
    }

    fn at(texts: &[&str], wanted: &str) -> Vec<(usize, u64, usize)> {
        find(&lines(texts), wanted)
            .iter()
            .map(|m| (m.line, m.start_ms, m.words))
            .collect()
    }

    #[test]
    fn a_word_is_found_at_its_time_whatever_its_case_and_dress() {
        let said = ["I wrote a Résumé, twice.", "resumes are dull", "no"];
        assert_eq!(at(&said, "resume"), [(1, 300, 1), (2, 10_000, 1)]);
        assert_eq!(at(&said, "RÉSUMÉ"), [(1, 300, 1), (2, 10_000, 1)]);
        assert_eq!(at(&said, "thrice"), []);
    }

    #[test]
    fn a_phrase_is_found_where_its_words_follow_each_other() {
        let said = ["we use hash - tables; and hash sums", "tables of hash"];
        assert_eq!(at(&said, "hash tab"), [(1, 200, 3)]);
        assert_eq!(at(&said, "  HASH\tsums "), [(1, 600, 2)]);
        assert_eq!(at(&said, "use tables"), []);
    }

    #[test]
    fn one_line_may_say_it_twice_and_signs_alone_are_nowhere() {
        assert_eq!(at(&["go and go"], "go").len(), 2);
        assert_eq!(at(&["what? no!"], "?"), []);
        assert_eq!(at(&["what"], "  "), []);
        assert_eq!(at(&["I know C++ well", "I know C"], "c++"), [(1, 200, 1)]);
    }
}
