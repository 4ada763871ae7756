//! Names that a word may have been: a recogniser that was not quite sure
//! wrote something that sounds like a name of the rubric ("Covernie" for
//! "Kubernetes"). Right names and wrong ones are looked at alike, and a word
//! of the rubric or of a trade is never taken for another.

use super::bank::Question;
use super::score::{subject_words, trade};
use super::stems::{self, Token};
use crate::event::{Source, Utterance, Word};
use std::collections::BTreeSet;
use std::ops::Range;

/// From this confidence on a word is what was said.
const SURE: f32 = 0.9;
/// Words of a name at most, and of what it was heard as.
const WORDS: usize = 2;
/// Letters of a name from which on it can be told by its sound.
const LETTERS: usize = 6;
/// Sounds that both must have.
const SOUNDS: usize = 3;
/// The same as a share of the sounds of the longer one: the end of a muffled
/// name is lost.
const SHARE: f32 = 0.65;

/// What was heard, and what it may have been.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mishearing {
    /// Places in the utterance's words.
    pub(super) words: Range<usize>,
    /// The name, a phrase of the rubric.
    pub(super) name: String,
}

/// Whether anything in an answer may be misheard.
pub(super) fn is_possible(answer: &Utterance) -> bool {
    answer.source != Source::Typed && answer.words.iter().any(|w| w.confidence < SURE)
}

/// The words of an answer that sound most like a name that the rubric has and
/// the answer lacks. `missing` are the ids of the key points that were not
/// said.
pub(super) fn find(
    question: &Question,
    answer: &Utterance,
    missing: &[String],
) -> Option<Mishearing> {
    if !is_possible(answer) {
        return None;
    }
    let names = names(question, missing);
    if names.is_empty() {
        return None;
    }
    let own = subject_words(question);
    let mut best: Option<(f32, Mishearing)> = None;
    for length in 1..=WORDS.min(answer.words.len()) {
        for from in 0..=answer.words.len() - length {
            let words = from..from + length;
            let Some(heard) = misheard(&answer.words[words.clone()], &own) else {
                continue;
            };
            for name in &names {
                let like = alike(&heard, &letters(name));
                // Of equals the first.
                if like >= SHARE && best.as_ref().is_none_or(|(b, _)| like > *b) {
                    let (words, name) = (words.clone(), name.clone());
                    best = Some((like, Mishearing { words, name }));
                }
            }
        }
    }
    best.map(|(_, found)| found)
}

/// The answer with the name in the place of what was heard, to see what that
/// would change.
pub(super) fn corrected(answer: &Utterance, found: &Mishearing) -> Utterance {
    let mut out = answer.clone();
    let (Some(first), Some(last)) = (
        answer.words.get(found.words.start),
        answer
            .words
            .get(found.words.clone())
            .and_then(<[Word]>::last),
    ) else {
        return out;
    };
    let bare = last.text.trim_end_matches(['.', ',', ';', ':', '?', '!']);
    let behind = &last.text[bare.len()..];
    let name = Word {
        text: format!("{}{behind}", found.name),
        start_ms: first.start_ms,
        end_ms: last.end_ms,
        confidence: 1.0,
    };
    out.words.splice(found.words.clone(), [name]);
    let texts: Vec<&str> = out.words.iter().map(|w| w.text.as_str()).collect();
    out.text = texts.join(" ");
    let sum: f32 = out.words.iter().map(|w| w.confidence).sum();
    out.confidence = sum / out.words.len() as f32;
    out
}

/// Names of the rubric that were not said and that the question does not say
/// itself: phrases of the rubric.
fn names(question: &Question, missing: &[String]) -> Vec<String> {
    let asked: BTreeSet<String> = stems::tokens(&question.ask)
        .into_iter()
        .map(|t| t.stem)
        .collect();
    let points = question.key_points.iter();
    let right = points
        .filter(|p| missing.contains(&p.id))
        .map(|p| &p.any_of);
    let wrong = question.misconceptions.iter().map(|m| &m.any_of);
    let mut out = Vec::new();
    for phrases in right.chain(wrong) {
        for phrase in phrases.iter().filter(|p| !p.contains('*')) {
            let tokens = stems::tokens(phrase);
            let named = (1..=WORDS).contains(&tokens.len())
                && tokens.iter().any(stems::is_content)
                && !tokens.iter().any(|t| asked.contains(&t.stem));
            if named && letters(phrase).len() >= LETTERS {
                out.push(phrase.clone());
            }
        }
    }
    out
}

/// The letters of words that may be misheard; nothing where they are sure, or
/// where all that carry matter are the rubric's or a trade's own.
fn misheard(words: &[Word], own: &BTreeSet<String>) -> Option<String> {
    let tokens: Vec<Token> = words.iter().flat_map(|w| stems::tokens(&w.text)).collect();
    let known = |t: &Token| own.contains(&t.stem) || trade::is_trade(&t.stem);
    if tokens.iter().filter(|t| stems::is_content(t)).all(known) {
        return None;
    }
    // A name that was cut in two may have one sure half.
    let sum: f32 = words.iter().map(|w| w.confidence).sum();
    (sum < SURE * words.len() as f32).then(|| tokens.iter().map(|t| t.surface.as_str()).collect())
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// How much of the sounds of two words is the same in the same order, as a
/// share of the longer one, 0-1. They must begin alike. Lips are one sound:
/// what tells a "b" from a "v" is lost first.
fn alike(a: &str, b: &str) -> f32 {
    let sounds = |word: &str| stems::consonants(word).replace('f', "p").into_bytes();
    let (a, b) = (sounds(a), sounds(b));
    if a.first() != b.first() {
        return 0.0;
    }
    let shared = common(&a, &b);
    if shared < SOUNDS {
        return 0.0;
    }
    shared as f32 / a.len().max(b.len()) as f32
}

/// Length of the longest common subsequence.
fn common(a: &[u8], b: &[u8]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut before = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y {
                before + 1
            } else {
                above.max(row[at])
            };
            before = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::bank::Bank;

    const BANK: &str = r#"
family = "containers"
prefix = "containers"
about = ["orchestration"]

[[question]]
id = "containers.run"
kind = "technical"
skills = ["orchestration"]
level = "core"
ask = "What runs the containers of a large service?"
ideal = "Kubernetes runs them, and a StatefulSet keeps what belongs to one."
explain = "An orchestrator compares what runs with what should run."
sample = { weak = "I do not know.", average = "Kubernetes.", strong = "Kubernetes.", exceptional = "Kubernetes." }

[[question.key_point]]
id = "name"
says = "Names Kubernetes."
any_of = ["kubernetes"]

[[question.key_point]]
id = "rolling"
says = "Updates them one by one."
any_of = ["rolling update", "one * other"]

[[question.misconception]]
id = "virtual"
says = "VirtualBox runs them."
any_of = ["virtualbox"]
"#;

    fn question() -> Question {
        let bank = Bank::with_own(&[("containers.toml", BANK)], true).unwrap();
        bank.questions().next().unwrap().1.clone()
    }

    fn said(text: &str, confidence: f32) -> Utterance {
        let word = |text: &str| Word {
            text: text.into(),
            start_ms: 0,
            end_ms: 0,
            confidence,
        };
        Utterance {
            id: 1,
            text: text.into(),
            words: text.split_whitespace().map(word).collect(),
            start_ms: 0,
            end_ms: 0,
            confidence,
            source: Source::Voice,
        }
    }

    fn name(text: &str, confidence: f32) -> Option<String> {
        let missing = ["name".to_owned(), "rolling".to_owned()];
        find(&question(), &said(text, confidence), &missing).map(|m| m.name)
    }

    #[test]
    fn what_sounds_like_a_name_of_the_rubric_may_be_it() {
        for (text, expected) in [
            ("Covernie.", Some("kubernetes")),
            ("Cooper Nettie's.", Some("kubernetes")),
            ("I would use cabernet for that.", Some("kubernetes")),
            ("The roaming update.", Some("rolling update")),
            ("Virtue box.", Some("virtualbox")),
            ("Banana.", None),
            ("Docker.", None),
            ("A container.", None),
            ("I do not know.", None),
            ("Some of them.", None),
            ("", None),
        ] {
            assert_eq!(name(text, 0.75).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sure_words_and_typed_ones_are_what_was_said() {
        assert_eq!(name("Covernie.", 0.95), None);
        let typed = Utterance {
            source: Source::Typed,
            ..said("Covernie.", 0.5)
        };
        assert_eq!(find(&question(), &typed, &["name".to_owned()]), None);
        // What was said already is not missing.
        assert_eq!(find(&question(), &said("Covernie.", 0.5), &[]), None);
    }

    #[test]
    fn the_name_takes_the_place_of_what_was_heard() {
        let answer = said("I use cooper nettis, mostly.", 0.6);
        let found = find(&question(), &answer, &["name".to_owned()]).unwrap();
        let mended = corrected(&answer, &found);
        assert_eq!(mended.text, "I use kubernetes, mostly.");
        assert_eq!(mended.words.len(), 4);
        assert!((mended.confidence - 0.7).abs() < 1e-6);
    }
}
