//! Honest ears: what a recogniser writes although nobody said it is taken
//! out. A decode is put beside the sound that it is of ([`Sound`]), and each
//! rule asks for more certainty where the sound gives less reason for words:
//!
//! | what | why it is no speech |
//! |-|-|
//! | `[BLANK_AUDIO]`, `(music)`, punctuation alone | nobody speaks brackets |
//! | no word with a vowel ("D't.") | nobody can say it |
//! | the decoder's own "no speech" | it says so, and is unsure of the words |
//! | a known invention, nothing voiced | learnt from captions of silence |
//! | any words, next to nothing voiced | needs a very sure decoder |
//! | more words than anybody says in the voiced time | the decoder ran on |
//! | a phrase without end | cut to one; unsure words go with it |
//! | no clear pitch, little above its background | many voices, or none |
//! | little above a background that comes and goes | a few, far away |
//! | never breaks off where its background does | the same |
//! | a burst, or a pitch above all voices | barks, sirens |
//! | a burst without brightness | doors |
//! | no brightness, and no level is held | knocks |
//! | the prompt said back | decoded again without it, to see |
//!
//! Everything else stays, also a "thank you" that a person really says: a
//! voice was there. Never is a voice told from another voice.

use super::SpeechError;
use super::carried::{fits, is_carried};
use super::leak;
use super::loops::without_loops;
use super::sound::Sound;
use super::words::{self, SpokenWord};

/// As strict as the numbers below say; `viva bench ears --strictness` shows
/// what more and less of it would cost.
pub(crate) const USUAL: f32 = 1.0;
/// Above this the decoder's "no speech" counts, where its words are
/// uncertain too (whisper's own reference uses the same 0.6).
const NO_SPEECH: f32 = 0.6;
/// Words below this mean probability are uncertain.
const UNSURE: f32 = 0.5;
/// Above this "no speech" counts alone.
const SURELY_NO_SPEECH: f32 = 0.95;
/// Share of the words that a repetition may be, for the rest to stand when it
/// is unsure.
const REPEATED: f32 = 0.5;
/// What is said without a vowel, or written so.
const WITHOUT_VOWEL: [&str; 14] = [
    "hm", "hmm", "mm", "mmm", "mhm", "nth", "mr", "mrs", "ms", "dr", "st", "vs", "shh", "pst",
];

/// What a decoder gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoded {
    pub(super) words: Vec<SpokenWord>,
    /// Its own probability that there was no speech.
    pub(super) no_speech: f32,
}

/// Decodes, and decodes again without the prompt where the words may be the
/// prompt's and nobody's. What is left may be nothing.
pub(super) fn honest(
    sound: &Sound,
    prompt: Option<&str>,
    mut decode: impl FnMut(Option<&str>) -> Result<Decoded, SpeechError>,
) -> Result<Decoded, SpeechError> {
    let with = decode(prompt)?;
    let no_speech = with.no_speech;
    let kept = tidy(with.words, no_speech, sound, USUAL);
    let words = match prompt {
        Some(prompt) if leak::suspicious(&kept, prompt) => {
            let plain = decode(None)?;
            let plain = tidy(plain.words, plain.no_speech, sound, USUAL);
            if leak::confirmed(&kept, &plain, prompt) {
                kept
            } else {
                plain
            }
        }
        _ => kept,
    };
    Ok(Decoded { words, no_speech })
}

/// What is left of a decode after the lies are taken out; often all of it.
/// Where the sound gives less reason for words, `strictness` times the usual
/// certainty is asked for.
pub(super) fn tidy(
    words: Vec<SpokenWord>,
    no_speech: f32,
    sound: &Sound,
    strictness: f32,
) -> Vec<SpokenWord> {
    let words = without_brackets(words);
    let before = words.len();
    let carried = is_spoken(&words, no_speech) && is_carried(&words, sound, strictness);
    if before > 0 {
        let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
        let (text, sure) = (texts.join(" "), words::confidence(&words));
        tracing::debug!(text, sure, no_speech, ?sound, carried, "decoded");
    }
    if !carried {
        return Vec::new();
    }
    let words = without_loops(words);
    let repeated = (before - words.len()) as f32 > REPEATED * before as f32;
    if (repeated && words::confidence(&words) < UNSURE) || !fits(&words, sound) {
        return Vec::new();
    }
    words
}

/// Whether the decode itself says that there are words.
fn is_spoken(words: &[SpokenWord], no_speech: f32) -> bool {
    let any = words.iter().any(|w| can_be_said(&w.text));
    let denied = no_speech >= SURELY_NO_SPEECH
        || (no_speech >= NO_SPEECH && words::confidence(words) < UNSURE);
    any && !denied
}

/// Whether somebody can say this word: it has a vowel, or it is spelt out
/// (figures, capitals), or it is one of the few that go without.
fn can_be_said(word: &str) -> bool {
    let letters: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.is_empty() {
        return false;
    }
    let vowel = |c: char| !c.is_ascii_alphabetic() || "aeiouyAEIOUY".contains(c);
    let spelt = letters.chars().all(|c| !c.is_lowercase());
    spelt || letters.contains(vowel) || WITHOUT_VOWEL.contains(&letters.to_lowercase().as_str())
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

#[cfg(test)]
mod tests {
    use super::super::carried::tests::{BABBLE, NEAR, NOTHING};
    use super::*;
    use proptest::prelude::*;

    fn spoken(text: &str, probability: f32) -> Vec<SpokenWord> {
        words::from_tokens([(text.as_bytes(), probability)])
    }

    fn left(text: &str, probability: f32, no_speech: f32, sound: &Sound) -> String {
        let words = tidy(spoken(text, probability), no_speech, sound, USUAL);
        let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
        texts.join(" ")
    }

    fn tidied(text: &str, no_speech: f32) -> String {
        left(text, 0.9, no_speech, &NEAR)
    }

    #[test]
    fn words_that_nobody_can_say_are_told_from_those_that_are_spelt_out() {
        for word in [
            "No.", "SQL", "C", "404", "mhm,", "rhythm", "naïve", "Été", "мир",
        ] {
            assert!(can_be_said(word), "{word}");
        }
        for word in ["D't.", "T't", "brr", "...", ""] {
            assert!(!can_be_said(word), "{word}");
        }
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
        assert_eq!(left("Thank you.", 0.3, 0.7, &NEAR), "");
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

    #[test]
    fn known_inventions_go_only_where_nobody_spoke() {
        for text in [
            "Thank you.",
            "you",
            "Thanks for watching!",
            "Thank you so much for watching.",
            "Bye.",
        ] {
            assert_eq!(left(text, 0.95, 0.1, &NOTHING), "", "{text}");
            assert_eq!(left(text, 0.95, 0.1, &NEAR), text);
        }
        let brief = Sound {
            voiced_ms: 400,
            ..NEAR
        };
        assert_eq!(left("Thank you.", 0.6, 0.1, &brief), "Thank you.");
        assert_eq!(left("Subtitles by the community", 0.95, 0.1, &brief), "");
        // Whispered, and the decoder is sure.
        assert_eq!(
            left("I used a mutex.", 0.9, 0.1, &NOTHING),
            "I used a mutex."
        );
        assert_eq!(left("I used a mutex.", 0.7, 0.1, &NOTHING), "");
    }

    #[test]
    fn unsure_words_stay_where_one_near_voice_was_and_go_in_babble() {
        let text = "and then we went home";
        assert_eq!(left(text, 0.5, 0.1, &BABBLE), "");
        assert_eq!(left(text, 0.75, 0.1, &BABBLE), text);
        assert_eq!(left(text, 0.2, 0.1, &NEAR), text);
    }

    #[test]
    fn more_words_than_a_mouth_can_say_are_none() {
        let many = "we went to the house and the garden and ".repeat(6);
        let brief = Sound {
            voiced_ms: 800,
            ..NEAR
        };
        let different: Vec<String> = (0..60).map(|i| format!("word{i}")).collect();
        assert_eq!(left(&different.join(" "), 0.9, 0.1, &brief), "");
        assert!(!left(&many, 0.9, 0.1, &NEAR).is_empty(), "a loop is cut");
        assert_eq!(left(&many, 0.3, 0.1, &NEAR), "", "an unsure loop goes");
    }

    #[test]
    fn a_prompt_that_is_said_back_is_found_by_decoding_without_it() {
        let prompt = Some("Python, Django, PostgreSQL, Redis, Docker");
        let mut asked = Vec::new();
        let mut run = |with: &str, without: &str| {
            asked.clear();
            let decode = |prompt: Option<&str>| {
                asked.push(prompt.is_some());
                Ok(Decoded {
                    words: spoken(if prompt.is_some() { with } else { without }, 0.8),
                    no_speech: 0.1,
                })
            };
            let words = honest(&NEAR, prompt, decode).unwrap().words;
            let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
            (texts.join(" "), asked.len())
        };
        let list = "Python, Django, PostgreSQL, Redis";
        assert_eq!(run(list, "Yes, I do."), ("Yes, I do.".into(), 2));
        assert_eq!(run(list, ""), (String::new(), 2));
        assert_eq!(
            run(list, "python, django, postgres, redis"),
            (list.into(), 2)
        );
        let plain = "I used Django with Redis behind it.";
        assert_eq!(run(plain, "unused"), (plain.into(), 1));
    }

    proptest! {
        #[test]
        fn only_words_that_were_there_are_left(text in "([a-c\\[\\]()*.]{0,3} ){0,30}") {
            let before = spoken(&text, 0.9);
            let after = tidy(before.clone(), 0.0, &NEAR, USUAL);
            let mut rest = before.iter();
            prop_assert!(after.iter().all(|w| rest.any(|b| b == w)));
        }
    }
}
