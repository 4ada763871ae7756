//! WordPiece tokens as BERT's uncased models want them, read from a
//! `tokenizer.json`: text cleaned, lower case, accents off, split at spaces
//! and punctuation, then the longest pieces of the vocabulary.
//! (Schuster and Nakajima, 2012; Devlin et al., 2018.)

use super::MeaningError;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Tokens of one text at most, its two marks included; what follows is cut.
pub(super) const MOST: usize = 128;
/// Letters of a text that are looked at: more than 128 tokens can hold in any
/// language that people speak.
const LETTERS: usize = 4000;

/// A vocabulary with its rules.
pub struct WordPiece {
    vocabulary: HashMap<String, u32>,
    /// Mark of a piece that continues a word.
    prefix: String,
    /// Letters of a word from which on it is unknown.
    longest: usize,
    lowercase: bool,
    strip_accents: bool,
    begin: u32,
    end: u32,
    unknown: u32,
}

#[derive(Deserialize)]
struct File {
    model: Model,
    normalizer: Normalizer,
    pre_tokenizer: Kind,
}

#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

#[derive(Deserialize)]
struct Model {
    r#type: String,
    vocab: HashMap<String, u32>,
    #[serde(default = "unknown")]
    unk_token: String,
    #[serde(default = "prefix")]
    continuing_subword_prefix: String,
    #[serde(default = "longest")]
    max_input_chars_per_word: usize,
}

#[derive(Deserialize)]
struct Normalizer {
    r#type: String,
    #[serde(default)]
    strip_accents: Option<bool>,
    #[serde(default = "yes")]
    lowercase: bool,
}

fn unknown() -> String {
    "[UNK]".to_owned()
}

fn prefix() -> String {
    "##".to_owned()
}

fn longest() -> usize {
    100
}

fn yes() -> bool {
    true
}

impl WordPiece {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    ///
    /// Where it cannot be read or is of another kind.
    pub fn load(path: &Path) -> Result<Self, MeaningError> {
        let text = std::fs::read_to_string(path).map_err(|source| MeaningError::Io {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse(&text).map_err(|(found, expected)| MeaningError::Tokenizer {
            path: path.display().to_string(),
            found,
            expected,
        })
    }

    /// What was found, and what was expected instead.
    fn parse(text: &str) -> Result<Self, (String, &'static str)> {
        let file: File = serde_json::from_str(text)
            .map_err(|e| (e.to_string(), "a tokenizer.json with a WordPiece model"))?;
        for (found, expected) in [
            (&file.model.r#type, "WordPiece"),
            (&file.normalizer.r#type, "BertNormalizer"),
            (&file.pre_tokenizer.r#type, "BertPreTokenizer"),
        ] {
            if found != expected {
                return Err((found.clone(), expected));
            }
        }
        let token = |name: &str| {
            let id = file.model.vocab.get(name).copied();
            id.ok_or_else(|| {
                (
                    format!("no token {name}"),
                    "a vocabulary with [CLS], [SEP] and [UNK]",
                )
            })
        };
        Ok(Self {
            begin: token("[CLS]")?,
            end: token("[SEP]")?,
            unknown: token(&file.model.unk_token)?,
            lowercase: file.normalizer.lowercase,
            strip_accents: file
                .normalizer
                .strip_accents
                .unwrap_or(file.normalizer.lowercase),
            prefix: file.model.continuing_subword_prefix,
            longest: file.model.max_input_chars_per_word,
            vocabulary: file.model.vocab,
        })
    }

    /// The tokens of a text between its two marks, at most 128.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut out = vec![self.begin];
        for word in words(&self.normal(text)) {
            self.pieces(word, &mut out);
            if out.len() >= MOST {
                break;
            }
        }
        out.truncate(MOST - 1);
        out.push(self.end);
        out
    }

    /// Cleaned, with spaces around ideographs, accents off, lower case.
    fn normal(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for c in text.chars().take(LETTERS) {
            if c.is_whitespace() {
                clean.push(' ');
            } else if is_ideograph(c) {
                clean.extend([' ', c, ' ']);
            } else if !is_control(c) {
                clean.push(c);
            }
        }
        if self.strip_accents {
            let accent = |c: &char| c.general_category() == GeneralCategory::NonspacingMark;
            clean = clean.nfd().filter(|c| !accent(c)).collect();
        }
        if self.lowercase {
            clean = clean.to_lowercase();
        }
        clean
    }

    /// The longest pieces, from the left; a word that has none for a part of
    /// it is unknown as a whole.
    fn pieces(&self, word: &str, out: &mut Vec<u32>) {
        let from = out.len();
        if word.chars().count() > self.longest {
            out.push(self.unknown);
            return;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let begins = out.len() == from;
            let found = ends(rest).find_map(|to| {
                let piece = &rest[..to];
                let id = if begins {
                    self.vocabulary.get(piece)
                } else {
                    self.vocabulary.get(&format!("{}{piece}", self.prefix))
                };
                id.map(|&id| (id, to))
            });
            let Some((id, to)) = found else {
                out.truncate(from);
                out.push(self.unknown);
                return;
            };
            out.push(id);
            rest = &rest[to..];
        }
    }
}

/// Where a piece of `text` may end, the last place first.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().rev().map(|(at, c)| at + c.len_utf8())
}

/// Words and single punctuation marks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mark = |c: char| is_punctuation(c);
    text.split(' ').flat_map(move |part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let to = if mark(first) {
                first.len_utf8()
            } else {
                rest.find(mark).unwrap_or(rest.len())
            };
            let (word, after) = rest.split_at(to);
            rest = after;
            Some(word)
        })
    })
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// Controls, formats and code points that are nobody's; the replacement
/// character as well.
fn is_control(c: char) -> bool {
    c == '\u{fffd}' || c.general_category_group() == GeneralCategoryGroup::Other
}

/// The blocks of Chinese characters, which stand for words.
const fn is_ideograph(c: char) -> bool {
    matches!(c as u32,
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F
        | 0x2B740..=0x2B81F | 0x2B820..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small vocabulary; the numbers are the places.
    fn small() -> WordPiece {
        let vocabulary = [
            "[UNK]", "[CLS]", "[SEP]", "over", "##fit", "##s", "cafe", ",", "don", "'", "t",
            "\u{65e5}", "fit",
        ];
        let vocab: serde_json::Map<String, serde_json::Value> = vocabulary
            .iter()
            .enumerate()
            .map(|(at, token)| ((*token).to_owned(), at.into()))
            .collect();
        let json = serde_json::json!({
            "normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": null},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "vocab": vocab, "unk_token": "[UNK]",
                      "continuing_subword_prefix": "##", "max_input_chars_per_word": 20},
        });
        WordPiece::parse(&json.to_string()).unwrap()
    }

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        let tokens = small();
        for (text, ids) in [
            ("Overfits", vec![1, 3, 4, 5, 2]),
            ("Caf\u{e9}, don't", vec![1, 6, 7, 8, 9, 10, 2]),
            ("over\u{0}\u{200b}fit \t fit", vec![1, 3, 4, 12, 2]),
            ("fit\u{65e5}fit", vec![1, 12, 11, 12, 2]),
            ("overwhelm fit", vec![1, 0, 12, 2]),
            ("fitfitfitfitfitfitfitfit", vec![1, 0, 2]),
            ("", vec![1, 2]),
        ] {
            assert_eq!(tokens.encode(text), ids, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let ids = small().encode(&"fit ".repeat(100_000));
        assert_eq!((ids.len(), ids[MOST - 1]), (MOST, 2));
    }

    #[test]
    fn another_kind_is_named() {
        let (found, expected) = WordPiece::parse(
            r#"{"model": {"type": "BPE", "vocab": {}}, "normalizer": {"type": "NFC"},
                "pre_tokenizer": {"type": "ByteLevel"}}"#,
        )
        .err()
        .unwrap();
        assert_eq!((found.as_str(), expected), ("BPE", "WordPiece"));
        assert!(WordPiece::parse("{").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_marks_and_no_more_than_the_most(text in "\\PC{0,300}") {
            let ids = small().encode(&text);
            proptest::prop_assert!(ids.len() <= MOST && ids[0] == 1 && *ids.last().unwrap() == 2);
        }
    }
}
