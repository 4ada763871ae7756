//! From a sentence to pieces of phonemes.
//!
//! English letters do not tell their sounds: a voice that was trained on
//! espeak-ng's phonemes sounds right with those only. So the program
//! espeak-ng writes them, where it is installed; it runs as a process of its
//! own, so that its licence (GPL) stays its own. There is no rule of thumb in
//! its place. Voices that were trained on letters need no program.

use crate::speech::SpeechError;
use crate::speech::command::answer;
use std::time::Duration;
use unicode_normalization::UnicodeNormalization;

/// The program that writes phonemes.
pub const ESPEAK: &str = "espeak-ng";
/// A clause is written in milliseconds; a program that takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(5);
/// Signs that end a clause and are heard.
const SIGNS: [char; 6] = ['.', ',', ';', ':', '!', '?'];
/// Words that a piece has at least where a sentence is cut at a comma.
const WORDS_LEAST: usize = 4;
/// Letters of a piece at most; a longer one is cut between words.
const LETTERS_MOST: usize = 400;

/// Writes phonemes.
#[derive(Clone, Debug)]
pub(super) enum Phonemizer {
    /// The letters themselves.
    Letters,
    /// A program, and the name of the language it is asked for.
    Program {
        /// The program.
        program: String,
        /// Its name for the language.
        language: String,
    },
}

impl Phonemizer {
    /// One that needs no program, or one whose program answers.
    ///
    /// # Errors
    ///
    /// [`SpeechError::Engine`] where the program is not there.
    pub(super) fn open(espeak: Option<&str>, program: &str) -> Result<Self, SpeechError> {
        let Some(language) = espeak else {
            return Ok(Self::Letters);
        };
        let found = Self::Program {
            program: program.to_owned(),
            language: language.to_owned(),
        };
        found.of("a").map_err(|e| {
            SpeechError::Engine(format!(
                "{e}; this voice takes its phonemes from espeak-ng (Debian: apt install espeak-ng)"
            ))
        })?;
        Ok(found)
    }

    /// The phonemes of one piece, with the sign at its end.
    pub(super) fn of(&self, piece: &str) -> Result<String, SpeechError> {
        let piece = piece.trim();
        let (program, language) = match self {
            Self::Letters => return Ok(piece.to_lowercase().nfd().collect()),
            Self::Program { program, language } => (program, language),
        };
        let mut phonemes = String::new();
        for clause in clauses(piece) {
            let said = answer(
                program,
                &["-q", "--ipa", "-v", language, "--stdin"],
                clause,
                PATIENCE,
            )?;
            let said = spoken(&said);
            if said.is_empty() {
                return Err(SpeechError::Engine(format!(
                    "Voice program {program:?} wrote no phonemes for {clause:?}"
                )));
            }
            if !phonemes.is_empty() {
                phonemes.push(' ');
            }
            phonemes.push_str(&said);
            // espeak-ng leaves out the sign that makes the voice rise or fall.
            phonemes.extend(clause.chars().last().filter(|c| SIGNS.contains(c)));
        }
        Ok(phonemes)
    }
}

/// The parts of a piece that end with a sign of their own.
fn clauses(piece: &str) -> Vec<&str> {
    let mut clauses = Vec::new();
    let mut rest = piece;
    let end = |text: &str| {
        let spaces = text.match_indices(' ').map(|(at, _)| at);
        spaces.into_iter().find(|&at| text[..at].ends_with(SIGNS))
    };
    while let Some(at) = end(rest) {
        clauses.push(rest[..at].trim());
        rest = &rest[at..];
    }
    clauses.push(rest.trim());
    clauses.retain(|c| c.contains(char::is_alphanumeric));
    clauses
}

/// What espeak-ng wrote, in one line, without its remarks on the language
/// ("(en)"), its signs for joined letters and its marks of stress on nothing.
fn spoken(said: &str) -> String {
    let mut out = String::new();
    let mut remark = false;
    for c in said.nfd() {
        match c {
            '(' => remark = true,
            ')' => remark = false,
            _ if remark => {}
            '\u{200d}' | '\u{361}' => {}
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Cuts a sentence into pieces that are spoken one after the other, so that
/// the first is heard while the others are made: at commas and the like,
/// where both sides are long enough to keep their melody.
pub(super) fn pieces(sentence: &str) -> Vec<String> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut count = 0;
    for (at, word) in words.iter().enumerate() {
        let word = &word[..word.floor_char_boundary(LETTERS_MOST)];
        if piece.len() + word.len() >= LETTERS_MOST {
            pieces.push(std::mem::take(&mut piece));
            count = 0;
        }
        if !piece.is_empty() {
            piece.push(' ');
        }
        piece.push_str(word);
        count += 1;
        let ends = word.ends_with([',', ';', ':']);
        if ends && count >= WORDS_LEAST && words.len() - at > WORDS_LEAST {
            pieces.push(std::mem::take(&mut piece));
            count = 0;
        }
    }
    pieces.push(piece);
    pieces.retain(|p| p.contains(char::is_alphanumeric));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_are_cut_where_both_sides_are_long() {
        let cut =
            pieces("Thank you, that is clear, now tell me about a time, any time, when it failed.");
        assert_eq!(
            cut,
            [
                "Thank you, that is clear,",
                "now tell me about a time,",
                "any time, when it failed."
            ]
        );
        assert_eq!(pieces("Yes, of course."), ["Yes, of course."]);
        assert!(pieces(" \u{2026} ").is_empty());
        let long = pieces(&"word ".repeat(500));
        assert!(long.iter().all(|p| p.len() <= LETTERS_MOST) && long.len() > 5);
        assert_eq!(long.join(" "), "word ".repeat(500).trim_end());
    }

    #[test]
    fn clauses_keep_their_signs() {
        assert_eq!(
            clauses("Thank you, Ada. Now: why?"),
            ["Thank you,", "Ada.", "Now:", "why?"]
        );
        assert_eq!(
            clauses("version 1.5 , \u{2026} or later"),
            ["version 1.5 ,", "\u{2026} or later"]
        );
        assert!(clauses("?!").is_empty());
    }

    #[test]
    fn remarks_of_the_program_are_no_phonemes() {
        assert_eq!(
            spoken(" h\u{259}l\u{2c8}o\u{28a}\n (en)w\u{2c8}\u{25c}\u{2d0}ld(fr)\n"),
            "h\u{259}l\u{2c8}o\u{28a} w\u{2c8}\u{25c}\u{2d0}ld"
        );
    }

    #[test]
    fn letters_are_small_and_taken_apart() {
        let of = |text| Phonemizer::Letters.of(text).unwrap();
        assert_eq!(of("Caf\u{e9}?"), "cafe\u{301}?");
    }

    #[test]
    fn a_missing_program_is_told_with_its_remedy() {
        let error = Phonemizer::open(Some("en-us"), "no-such-phonemes").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("was not found") && text.contains("apt install espeak-ng"),
            "{text}"
        );
    }
}
