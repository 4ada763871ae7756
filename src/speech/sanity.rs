//! Honest ears: what a recogniser writes although nobody said it is taken
//! out. Three kinds only: text that stands for noise (`[BLANK_AUDIO]`,
//! punctuation alone), text of a decode that itself says "no speech", and a
//! phrase that the decoder repeats without end. Everything else stays, also
//! a "thank you" that a person may really have said.

use super::words::{self, SpokenWord};

/// Above this the decoder's "no speech" counts, where its words are
/// uncertain too (whisper's own reference uses the same 0.6).
const NO_SPEECH: f32 = 0.6;
/// Words below this mean probability are uncertain.
const UNSURE: f32 = 0.5;
/// Above this "no speech" counts alone.
const SURELY_NO_SPEECH: f32 = 0.95;
/// The longest phrase, in words, whose endless repetition is found.
const LONGEST_PHRASE: usize = 12;

/// What is left of a decode after the lies are taken out; often all of it.
pub(super) fn tidy(words: Vec<SpokenWord>, no_speech: f32) -> Vec<SpokenWord> {
    let words = without_brackets(words);
    let spoken = words
        .iter()
        .any(|w| w.text.contains(|c: char| c.is_alphanumeric()));
    let denied = no_speech >= SURELY_NO_SPEECH
        || (no_speech >= NO_SPEECH && words::confidence(&words) < UNSURE);
    if !spoken || denied {
        return Vec::new();
    }
    without_loops(words)
}

/// Takes out `[...]` anywhere, and the whole text where it stands in
/// `(...)` or `*...*`: nobody speaks brackets.
fn without_brackets(words: Vec<SpokenWord>) -> Vec<SpokenWord> {
    let whole = |open, close| {
        words.first().is_some_and(|w| w.text.starts_with(open))
            && words.last().is_some_and(|w| {
                w.text
                    .trim_end_matches(['.', ',', '!', '?'])
                    .ends_with(close)
            })
    };
    if whole('(', ')') || whole('*', '*') {
        return Vec::new();
    }
    let mut inside = false;
    words
        .into_iter()
        .filter(|word| {
            let opens = word.text.starts_with('[');
            let drop = inside || opens;
            if drop {
                inside = !word.text.contains(']');
            }
            !drop
        })
        .collect()
}

/// Cuts a phrase that is said over and over down to one. People repeat
/// themselves ("very very very"), so a phrase of one word may stand three
/// times, one of two or more words twice.
fn without_loops(mut words: Vec<SpokenWord>) -> Vec<SpokenWord> {
    let keys: Vec<String> = words
        .iter()
        .map(|w| {
            w.text
                .chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        })
        .collect();
    let mut keep = vec![true; words.len()];
    let mut at = 0;
    while at < keys.len() {
        let Some((len, times)) = loop_at(&keys[at..]) else {
            at += 1;
            continue;
        };
        let end = at + len * times;
        keep[at + len..end].fill(false);
        // A loop that the end of the text cuts inside its last round.
        let rest = keys[end..]
            .iter()
            .zip(&keys[at..at + len])
            .take_while(|(a, b)| a == b)
            .count();
        if end + rest == keys.len() {
            keep[end..].fill(false);
        }
        at = end;
    }
    let mut keep = keep.into_iter();
    words.retain(|_| keep.next().unwrap_or(true));
    words
}

/// The shortest phrase at the beginning of `keys` that is repeated beyond
/// what people do: its length in words, and how often.
fn loop_at(keys: &[String]) -> Option<(usize, usize)> {
    (1..=LONGEST_PHRASE.min(keys.len() / 3)).find_map(|len| {
        let times = 1 + keys[len..]
            .chunks_exact(len)
            .take_while(|chunk| *chunk == &keys[..len])
            .count();
        let allowed = if len == 1 { 3 } else { 2 };
        (times > allowed).then_some((len, times))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spoken(text: &str, probability: f32) -> Vec<SpokenWord> {
        words::from_tokens([(text.as_bytes(), probability)])
    }

    fn tidied(text: &str, no_speech: f32) -> String {
        let words = tidy(spoken(text, 0.9), no_speech);
        let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
        texts.join(" ")
    }

    #[test]
    fn what_stands_for_noise_is_taken_out() {
        for text in [
            "[BLANK_AUDIO]",
            "(silence)",
            "[ Silence ]",
            "(upbeat music).",
            "*coughs*",
            "...",
            " . ,",
            "",
        ] {
            assert_eq!(tidied(text, 0.0), "", "{text}");
        }
        assert_eq!(tidied("I [cough] [door slams] agree.", 0.0), "I agree.");
    }

    #[test]
    fn no_speech_counts_where_the_words_are_uncertain() {
        assert_eq!(tidied("Thank you.", 0.1), "Thank you.");
        assert_eq!(tidied("Thank you.", 0.7), "Thank you.");
        assert_eq!(tidied("Thank you.", 0.97), "");
        assert!(tidy(spoken("Thank you.", 0.3), 0.7).is_empty());
    }

    #[test]
    fn runaway_loops_are_cut_to_one() {
        for (text, left) in [
            ("no no no no no no", "no"),
            ("I use it. I use it. I use it. I use", "I use it."),
            ("So the test the test the test passed", "So the test passed"),
            ("very very very good", "very very very good"),
            (
                "I had had enough, bit by bit by bit",
                "I had had enough, bit by bit by bit",
            ),
            ("so so so so then then then then", "so then"),
        ] {
            assert_eq!(tidied(text, 0.0), left, "{text}");
        }
    }

    proptest! {
        #[test]
        fn only_words_that_were_there_are_left(text in "([a-c\\[\\]()*.]{0,3} ){0,30}") {
            let before = spoken(&text, 0.9);
            let after = tidy(before.clone(), 0.0);
            let mut rest = before.iter();
            prop_assert!(after.iter().all(|w| rest.any(|b| b == w)));
        }
    }
}
