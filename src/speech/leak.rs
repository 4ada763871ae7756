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
    let prompt = comparable(prompt);
    let text: Vec<String> = said.iter().flat_map(|w| comparable(&w.text)).collect();
    if text.is_empty() || prompt.len() < 2 {
        return false;
    }
    let run = longest_run(&text, &prompt);
    let least = if words::confidence(said) < UNSURE {
        2
    } else {
        RUN
    };
    run >= least && run as f32 >= SHARE * text.len() as f32
}

/// Whether the decode without prompt confirms a run of the prompt's words.
pub(super) fn confirmed(said: &[SpokenWord], plain: &[SpokenWord], prompt: &str) -> bool {
    let prompt = comparable(prompt);
    let text = |words: &[SpokenWord]| -> Vec<String> {
        words.iter().flat_map(|w| comparable(&w.text)).collect()
    };
    let (with, without) = (text(said), text(plain));
    let run = longest_run(&with, &prompt);
    // Rare words are spelt otherwise without the prompt, so half the words
    // and about the same number of them are enough.
    let shared = with.iter().filter(|w| without.contains(w)).count();
    run > 0 && 2 * shared >= with.len() && with.len() <= without.len() + without.len() / 2 + 1
}

/// Length of the longest stretch of `text` that stands in `prompt` too.
fn longest_run(text: &[String], prompt: &[String]) -> usize {
    let mut best = 0;
    // Lengths of the runs that end at each word of the prompt.
    let mut row = vec![0usize; prompt.len() + 1];
    for word in text {
        for at in (0..prompt.len()).rev() {
            row[at + 1] = if *word == prompt[at] { row[at] + 1 } else { 0 };
            best = best.max(row[at + 1]);
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
        assert!(!confirmed(&list, &said("I don't know.", 0.8), PROMPT));
    }
}
