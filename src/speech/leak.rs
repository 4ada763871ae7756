//! Whether a decode only says its prompt back. A prompt makes likely words
//! likelier, and where little was heard a decoder may write it down instead
//! of what was said.

use super::wer::comparable;
use super::words::{self, SpokenWord};

/// Words of the prompt in the prompt's order, one after the other, that
/// nobody says by chance.
const RUN: usize = 4;
/// Share of the text, in words, that such runs must be.
const SHARE: f32 = 0.5;
/// Below this mean probability two words in the prompt's order are enough.
const UNSURE: f32 = 0.6;

/// Whether `said` may be read off the `prompt` rather than heard. To be
/// found out by decoding again without it.
pub(super) fn suspicious(said: &[SpokenWord], prompt: &str) -> bool {
    let text = plain(said);
    let run = longest_run(&text, &comparable(prompt));
    if run.words < 2 {
        return false;
    }
    let most = run.words as f32 >= SHARE * text.len() as f32;
    let unsure = words::confidence(said) < UNSURE;
    let at_an_edge = run.from == 0 || run.from + run.words == text.len();
    (run.words >= RUN && (most || at_an_edge)) || (most && unsure)
}

/// Whether the decode without the prompt confirms a run of its words.
pub(super) fn confirmed(said: &[SpokenWord], without: &[SpokenWord], prompt: &str) -> bool {
    let (text, other) = (plain(said), plain(without));
    let run = longest_run(&text, &comparable(prompt));
    // A run that nobody said is missing from the other text.
    if text.len() > other.len() + run.words / 2 {
        return false;
    }
    // Rare words are spelt otherwise without the prompt: half are enough.
    2 * text.iter().filter(|w| other.contains(w)).count() >= text.len()
}

fn plain(words: &[SpokenWord]) -> Vec<String> {
    words.iter().flat_map(|w| comparable(&w.text)).collect()
}

/// A stretch of a text that stands in the prompt too.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    from: usize,
    words: usize,
}

fn longest_run(text: &[String], prompt: &[String]) -> Run {
    let mut best = Run::default();
    // Lengths of the runs that end at each word of the prompt.
    let mut row = vec![0usize; prompt.len() + 1];
    for (place, word) in text.iter().enumerate() {
        for at in (0..prompt.len()).rev() {
            row[at + 1] = if *word == prompt[at] { row[at] + 1 } else { 0 };
            if row[at + 1] > best.words {
                best = Run {
                    from: place + 1 - row[at + 1],
                    words: row[at + 1],
                };
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "Python, Django, PostgreSQL, Redis, Docker, Kubernetes";

    fn said(text: &str, probability: f32) -> Vec<SpokenWord> {
        words::from_tokens([(text.as_bytes(), probability)])
    }

    #[test]
    fn a_run_in_the_prompts_order_is_suspicious() {
        for (text, probability, expected) in [
            ("Python, Django, PostgreSQL, Redis", 0.9, true),
            ("Django, PostgreSQL", 0.4, true),
            ("Django, PostgreSQL", 0.9, false),
            ("Redis and Python", 0.3, false),
            (
                "At work I used Python and Django for six years and moved to Redis",
                0.4,
                false,
            ),
            (
                "I am not sure. Python, Django, PostgreSQL, Redis",
                0.9,
                true,
            ),
            ("", 0.0, false),
        ] {
            let words = said(text, probability);
            assert_eq!(suspicious(&words, PROMPT), expected, "{text}");
        }
        assert!(!suspicious(&said("Python", 0.1), ""));
    }

    #[test]
    fn what_is_heard_without_the_prompt_too_was_said() {
        let list = said("Python, Django, PostgreSQL, Redis", 0.9);
        assert!(confirmed(
            &list,
            &said("python, jango, postgres, redis", 0.6),
            PROMPT
        ));
        assert!(!confirmed(&list, &said("", 0.0), PROMPT));
        let tail = said(
            "I am not sure about that. Python, Django, PostgreSQL, Redis",
            0.9,
        );
        assert!(!confirmed(
            &tail,
            &said("I am not sure about that.", 0.9),
            PROMPT
        ));
        assert!(!confirmed(&list, &said("I don't know.", 0.8), PROMPT));
    }
}
