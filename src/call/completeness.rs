//! Does what was said so far sound finished? A cue for the endpointer: a
//! speaker who stops after "because" goes on, one who stops after a whole
//! sentence may be done. The words by which it is judged are data
//! (`config/cues.toml`).

use crate::audio::Cue;
use crate::interview::{Intent, understand};
use serde::Deserialize;
use std::sync::OnceLock;

/// Longest half of a clause ("When the job failed."), in words: longer ones
/// mostly have their other half, with a comma that was not heard.
const HALF: usize = 7;

/// The words of `config/cues.toml`.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Words {
    goes_on: Vec<String>,
    may_go_on: Vec<String>,
    fillers: Vec<String>,
    thinking: Vec<String>,
    yes: Vec<String>,
    closing: Vec<String>,
    half_clauses: Vec<String>,
    numbers: Vec<String>,
    list_nouns: Vec<String>,
    ordinals: Vec<Vec<String>>,
    last: Vec<String>,
}

impl Words {
    fn get() -> &'static Self {
        static WORDS: OnceLock<Words> = OnceLock::new();
        WORDS.get_or_init(|| {
            #[allow(clippy::unwrap_used, reason = "a test reads the built-in words")]
            toml::from_str(include_str!("../../config/cues.toml")).unwrap()
        })
    }
}

/// What the end of `text` suggests about what follows.
pub fn cue(text: &str) -> Cue {
    let words = Words::get();
    let text = text.trim();
    let sentences: Vec<Vec<String>> = text
        .split_inclusive(['.', '!', '?', '…'])
        .map(spoken)
        .filter(|s| !s.is_empty())
        .collect();
    let Some(end) = sentences.last() else {
        return Cue::Unsure;
    };
    let joined = end.join(" ");
    if words.thinking.contains(&joined) {
        return Cue::Thinking;
    }
    if sentences.len() == 1 && words.yes.contains(&joined) && !text.ends_with([',', '-', '…']) {
        return Cue::Yes;
    }
    // A request is short, and a whole sentence of its own.
    match understand(&joined).intent {
        Intent::Finished => return Cue::Done,
        Intent::Think => return Cue::Thinking,
        Intent::Skip
        | Intent::Repeat
        | Intent::Rephrase
        | Intent::Pause
        | Intent::Resume
        | Intent::DontKnow
        | Intent::End => return Cue::Asks,
        Intent::AskBack | Intent::Aside if text.ends_with('?') => return Cue::Asks,
        Intent::AskBack | Intent::Aside | Intent::Answer | Intent::Sign => {}
    }
    if ends_with_one_of(end, &words.fillers) && !(end.len() > 1 && ends_with(end, "well")) {
        let thinks = end.iter().all(|w| words.fillers.contains(w));
        return if thinks { Cue::Thinking } else { Cue::Filler };
    }
    let stopped = text.ends_with(['.', '!', '?']) && !text.ends_with("...");
    let last = end.last().map(String::as_str).unwrap_or_default();
    let among = |list: &[String]| list.iter().any(|w| w == last);
    if text.ends_with([',', ';', ':', '-', '…'])
        || text.ends_with("...")
        || among(&words.goes_on)
        || (!stopped && among(&words.may_go_on))
    {
        return Cue::GoesOn;
    }
    if text.ends_with('?') {
        return Cue::Asks;
    }
    let half = words.half_clauses.iter().any(|h| begins_with(end, h));
    if half && end.len() <= HALF && !last_sentence(text).contains(',') {
        return Cue::GoesOn;
    }
    if in_a_list(&sentences) {
        return Cue::Listing;
    }
    let looks_back = sentences.len() > 1 && words.closing.iter().any(|c| begins_with(end, c));
    match (stopped, looks_back) {
        (true, true) => Cue::Closing,
        (true, false) => Cue::Whole,
        (false, _) => Cue::Unsure,
    }
}

/// How many words there are.
pub fn word_count(text: &str) -> u32 {
    u32::try_from(spoken(text).len()).unwrap_or(u32::MAX)
}

/// The words, lower case and without marks.
fn spoken(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|w| {
            w.trim_matches(|c: char| !c.is_alphanumeric())
                .replace('’', "'")
                .to_lowercase()
        })
        .filter(|w| !w.is_empty())
        .collect()
}

fn last_sentence(text: &str) -> &str {
    let body = text.trim_end_matches(['.', '!', '?']);
    body.rfind(['.', '!', '?']).map_or(body, |i| &body[i + 1..])
}

/// The place behind the words of `phrase`, where they stand from `at` on.
fn phrase_at(words: &[String], at: usize, phrase: &str) -> bool {
    let mut rest = words[at..].iter();
    phrase
        .split(' ')
        .all(|p| rest.next().is_some_and(|w| w == p))
}

fn begins_with(words: &[String], phrase: &str) -> bool {
    phrase_at(words, 0, phrase)
}

fn ends_with(words: &[String], phrase: &str) -> bool {
    let length = phrase.split(' ').count();
    words.len() >= length && phrase_at(words, words.len() - length, phrase)
}

fn ends_with_one_of(words: &[String], phrases: &[String]) -> bool {
    phrases.iter().any(|p| ends_with(words, p))
}

fn contains(words: &[String], phrase: &str) -> bool {
    (0..words.len()).any(|at| phrase_at(words, at, phrase))
}

/// Whether a list was begun and its end was not reached: fewer items than
/// were told, or a first one without a second.
fn in_a_list(sentences: &[Vec<String>]) -> bool {
    let words = Words::get();
    let all: Vec<String> = sentences.concat();
    let told = (0..all.len()).rev().find(|&at| {
        let mut near = all[at + 1..].iter().take(2);
        words.numbers.contains(&all[at]) && near.any(|n| words.list_nouns.contains(n))
    });
    let (from, length) = match told {
        Some(at) => {
            let number = words.numbers.iter().position(|n| *n == all[at]);
            (at + 1, number.map(|n| n + 2))
        }
        None => (0, None),
    };
    let items = &all[from..];
    if words.last.iter().any(|l| contains(items, l)) {
        return false;
    }
    // The highest item that opens a sentence, or follows the announcement.
    let opens = |phrases: &Vec<String>| {
        phrases.iter().any(|p| {
            let open = |s: &Vec<String>| {
                begins_with(s, p)
                    || begins_with(s, &format!("the {p}"))
                    || begins_with(s, &format!("and {p}"))
            };
            sentences.iter().any(open) || (length.is_some() && contains(items, p))
        })
    };
    let reached = words.ordinals.iter().rposition(opens).map_or(0, |i| i + 1);
    match length {
        // Told, but counted otherwise: after a sentence or two nobody knows.
        Some(length) if reached == 0 => all.len() - from < 2 + 2 * length,
        Some(length) => reached < length,
        None => reached == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn endings_are_told_apart() {
        for (text, expected) in [
            ("I built it in Python.", Cue::Whole),
            ("Yes!", Cue::Yes),
            ("Yes, of course.", Cue::Yes),
            ("Yes,", Cue::GoesOn),
            ("Yes, we did.", Cue::Whole),
            ("I did it twice. Yes.", Cue::Whole),
            ("It went really well.", Cue::Whole),
            ("That is what I worked on.", Cue::Whole),
            ("We chose it because", Cue::GoesOn),
            ("We chose it because.", Cue::GoesOn),
            ("I worked on", Cue::GoesOn),
            ("First we cleaned the data,", Cue::GoesOn),
            ("It was fine...", Cue::GoesOn),
            ("When the job failed.", Cue::GoesOn),
            ("When the job failed, we ran it again.", Cue::Whole),
            ("And then, um...", Cue::Filler),
            ("We used uh", Cue::Filler),
            ("it worked well", Cue::Unsure),
            ("", Cue::Unsure),
            ("...", Cue::Unsure),
        ] {
            assert_eq!(cue(text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_speaker_says_about_the_turn_itself_counts() {
        for (text, expected) in [
            ("We measured it twice. That's it.", Cue::Done),
            ("That was my answer.", Cue::Done),
            ("I'm done.", Cue::Done),
            ("Let me think.", Cue::Thinking),
            ("Hmm.", Cue::Thinking),
            (
                "Good question. Let me think about that for a moment.",
                Cue::Thinking,
            ),
            ("Give me a second.", Cue::Thinking),
            ("Could you repeat the question?", Cue::Asks),
            ("Do you mean the training data?", Cue::Asks),
            ("I don't know.", Cue::Asks),
            ("Let me think. I would use a queue.", Cue::Whole),
        ] {
            assert_eq!(cue(text), expected, "{text}");
        }
    }

    #[test]
    fn a_sentence_that_looks_back_closes_what_was_told() {
        for (text, expected) in [
            ("It was slow. So that's how we found it.", Cue::Closing),
            ("We tested it twice. In the end we kept it.", Cue::Closing),
            (
                "We tested it twice. In the end we kept it because",
                Cue::GoesOn,
            ),
            ("We tested it twice. Overall, um", Cue::Filler),
            // There is nothing to look back at.
            ("That's why I applied.", Cue::Whole),
            ("In the end we kept it. It is still there.", Cue::Whole),
        ] {
            assert_eq!(cue(text), expected, "{text}");
        }
    }

    #[test]
    fn a_list_goes_on_until_its_last_item() {
        for (text, expected) in [
            ("First, we cleaned the data.", Cue::Listing),
            (
                "First, we cleaned the data. Second, we trained.",
                Cue::Whole,
            ),
            ("I see three reasons.", Cue::Listing),
            (
                "There are three main reasons. First, it is fast.",
                Cue::Listing,
            ),
            (
                "There are three reasons. First, it is fast. Second, it is cheap.",
                Cue::Listing,
            ),
            (
                "There are three reasons. First, it is fast. Second, it is cheap. Third, it works.",
                Cue::Whole,
            ),
            (
                "There are three reasons. First, it is fast. And finally, it works.",
                Cue::Whole,
            ),
            (
                "I would do two things. First, I measure. Then I change it.",
                Cue::Whole,
            ),
            ("At first I was surprised.", Cue::Whole),
        ] {
            assert_eq!(cue(text), expected, "{text}");
        }
    }

    #[test]
    fn the_words_are_whole_and_in_one_list_only() {
        let words = Words::get();
        for word in &words.goes_on {
            assert!(!words.may_go_on.contains(word), "{word}");
        }
        assert_eq!(words.ordinals.len(), words.numbers.len() + 1);
    }

    proptest! {
        #[test]
        fn any_text_has_a_cue(text in ".{0,120}") {
            let _ = (cue(&text), word_count(&text));
        }

        #[test]
        fn a_conjunction_at_the_end_always_goes_on(text in "[a-z ]{0,60}", stop in "[.]?") {
            prop_assert_eq!(cue(&format!("{text} and{stop}")), Cue::GoesOn);
        }
    }
}
