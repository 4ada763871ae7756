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
//! | a burst, or a pitch above all voices | knocks, barks, sirens |
//! | a burst without brightness | doors |
//! | the prompt said back | decoded again without it, to see |
//!
//! Everything else stays, also a "thank you" that a person really says: a
//! voice was there. Never is a voice told from another voice.

use super::leak;
use super::sound::Sound;
use super::words::{self, SpokenWord};
use super::{SpeechError, wer};

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
/// The longest phrase, in words, whose endless repetition is found.
const LONGEST_PHRASE: usize = 12;
/// Voice shorter than this is a click or a breath: the shortest "no" has
/// about 200 ms with the sounds that belong to it.
const VOICED_MS: u32 = 96;
/// What a decoder must be sure of, to be believed without a voice.
const VERY_SURE: f32 = 0.85;
/// Words that a fast speaker says in a second (auctioneers aside), as
/// letters: words may be long or short.
const LETTERS_A_SECOND: f32 = 40.0;
/// Letters that any voice, however short, may carry: detectors lose the ends
/// of words.
const LETTERS_FREE: f32 = 24.0;
/// Share of the words that a repetition may be, for the rest to stand when it
/// is unsure.
const REPEATED: f32 = 0.5;
/// What a decoder must be sure of where nothing says that one near voice was
/// there. Decoders are rarely this sure of noise and babble, and rarely less
/// sure of what they hear right (`viva bench ears` shows both).
const SURE_WITHOUT: f32 = 0.68;
/// From the first to the second, clarity of pitch speaks for one voice: many
/// at once stay below 0.55, and 10 dB of noise leave 0.85.
const CLARITY: (f32, f32) = (0.55, 0.85);
/// The same for standing out, in dB: a room full of talk stands 5 above its
/// own softest moments, a voice 10 dB above steady noise 14.
const PROMINENCE_DB: (f32, f32) = (6.0, 15.0);
/// The same where the floor is not steady. A few at the far end of a room
/// fade into each other and stand 12 to 17 above their softest moments; one
/// near voice falls by more than 21 within its own words.
const PROMINENCE_UNSTEADY_DB: (f32, f32) = (14.0, 22.0);
/// From the first to the second, a floor is not steady, in dB between its
/// soft frames: noise has 2.5 at most, talk 4 and more.
const UNSTEADY_DB: (f32, f32) = (2.5, 4.0);
/// The same for the voiced time, in ms: bursts are short. A short word may
/// be as short, so it must be surer.
const LENGTH_MS: (f32, f32) = (250.0, 900.0);
/// The same, against it, for the share of pitches that are too high for a
/// voice: people have less than 0.1, barks, bells and sirens 0.6 and more.
const HIGH: (f32, f32) = (0.15, 0.4);
/// The same for the brightness of something short, in dB: words have -6 and
/// more, a door that falls shut -8 and less. Long speech may be darker: a
/// microphone close to a low voice makes it so.
const BRIGHT_DB: (f32, f32) = (-8.0, -6.5);
/// The voiced time of a slam, in ms: at most the first; from the second on it
/// is a word. Low voices are as dark as doors, but said words take longer.
const SLAM_MS: (f32, f32) = (220.0, 300.0);
/// What a decoder must be sure of to be believed in a slam, or in a pitch
/// above all voices: it is sometimes sure that a door says "Op" and that a
/// dog says "Ah".
const CERTAIN: f32 = 0.95;
/// The same in a dark sound that lasts longer, as knocks in a row do: it is
/// 0.68 sure that they say "Don't", and 0.7 and more of a low voice's "Okay".
const STURDY: f32 = 0.77;
/// From the first to the second, in ms, a sound is too long for knocks.
const KNOCKS_MS: (f32, f32) = (500.0, 1_000.0);
/// Softer than this nobody speaks into a microphone of their own, in dB of
/// full scale: it is a voice from another room.
const FAR_DB: f32 = -58.0;

/// What is said without a vowel, or written so.
const WITHOUT_VOWEL: [&str; 14] = [
    "hm", "hmm", "mm", "mmm", "mhm", "nth", "mr", "mrs", "ms", "dr", "st", "vs", "shh", "pst",
];

/// Texts that recognisers are known to write over silence and noise: the
/// ends of captioned films, in the form of [`wer::comparable`].
const INVENTIONS: &[&str] = &[
    "you",
    "thank you",
    "thank you very much",
    "thank you so much",
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "thank you very much for watching",
    "thanks for listening",
    "thank you for listening",
    "please subscribe",
    "like and subscribe",
    "please like and subscribe",
    "dont forget to subscribe",
    "see you next time",
    "see you in the next video",
    "bye",
    "bye bye",
    "okay",
    "so",
    "oh",
    "the end",
    "music",
    "applause",
    "i",
    "yeah",
    "mm",
    "hmm",
    "uh",
    "um",
];

/// Beginnings of captions' credits; nobody answers so.
const CREDITS: &[&str] = &[
    "subtitles by",
    "subtitled by",
    "captions by",
    "captioned by",
    "transcribed by",
    "transcription by",
    "translated by",
    "subtitles made by",
    "copyright",
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

/// Whether the sound can carry words of this certainty.
fn is_carried(words: &[SpokenWord], sound: &Sound, strictness: f32) -> bool {
    let text: Vec<String> = words
        .iter()
        .flat_map(|w| wer::comparable(&w.text))
        .collect();
    let text = text.join(" ");
    if CREDITS.iter().any(|credit| text.starts_with(credit)) && sound.voiced_ms < 1_000 {
        return false;
    }
    let sure = words::confidence(words);
    if sound.voiced_ms < VOICED_MS {
        let enough = VERY_SURE.max(needed(sound));
        return sure >= enough * strictness && !INVENTIONS.contains(&text.as_str());
    }
    sure >= needed(sound) * strictness
}

/// The mean probability that words need: none where one near voice leads,
/// more the less the sound says so. The weakest sign decides.
fn needed(sound: &Sound) -> f32 {
    let voiced_ms = sound.voiced_ms as f32;
    let signs = [
        ramp(sound.clarity, CLARITY),
        stands_out(sound),
        ramp(voiced_ms, LENGTH_MS),
        f32::from(u8::from(sound.level_db >= FAR_DB)),
    ];
    // A vowel sounds higher than a door or a knock.
    let dark = (1.0 - ramp(voiced_ms, KNOCKS_MS)) * (1.0 - ramp(sound.bright_db, BRIGHT_DB));
    let slam = 1.0 - ramp(voiced_ms, SLAM_MS);
    let dark = dark.sqrt() * (STURDY + slam * (CERTAIN - STURDY));
    // A short word has a vowel: without any pitch it was a cough or a breath.
    let rest = if signs[0] == 0.0 && signs[2] < 1.0 {
        VERY_SURE
    } else {
        SURE_WITHOUT * (1.0 - signs.into_iter().fold(1.0, f32::min))
    };
    let high = ramp(sound.high, HIGH);
    rest.max(CERTAIN * high).max(dark)
}

/// Whether a voice stands out of what is behind it, 0-1.
fn stands_out(sound: &Sound) -> f32 {
    let unsteady = ramp(sound.floor_spread_db, UNSTEADY_DB);
    let (steady, moving) = (PROMINENCE_DB, PROMINENCE_UNSTEADY_DB);
    let between = |a: f32, b: f32| a + unsteady * (b - a);
    let bounds = (between(steady.0, moving.0), between(steady.1, moving.1));
    ramp(sound.prominence_db(), bounds)
}

/// 0 up to the first, 1 from the second on.
fn ramp(value: f32, (from, to): (f32, f32)) -> f32 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// Whether so many letters can have been said in the voiced time.
fn fits(words: &[SpokenWord], sound: &Sound) -> bool {
    let letters: usize = words
        .iter()
        .map(|w| w.text.chars().filter(|c| c.is_alphanumeric()).count())
        .sum();
    letters as f32 <= LETTERS_FREE + LETTERS_A_SECOND * sound.voiced_ms as f32 / 1000.0
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

    /// One near voice in a quiet room.
    const NEAR: Sound = Sound {
        voiced_ms: 3_000,
        level_db: -22.0,
        floor_db: -55.0,
        floor_spread_db: 6.0,
        clarity: 0.95,
        high: 0.0,
        bright_db: -3.0,
    };
    /// A room full of talk.
    const BABBLE: Sound = Sound {
        voiced_ms: 3_000,
        level_db: -19.0,
        floor_db: -24.0,
        floor_spread_db: 1.7,
        clarity: 0.42,
        high: 0.1,
        bright_db: -3.0,
    };
    /// One voice, 5 dB above steady noise.
    const NOISY: Sound = Sound {
        voiced_ms: 3_000,
        level_db: -16.0,
        floor_db: -26.0,
        floor_spread_db: 0.5,
        clarity: 0.70,
        high: 0.0,
        bright_db: -3.0,
    };
    /// Two people who talk at the other end of the room.
    const FAR_TALK: Sound = Sound {
        voiced_ms: 15_000,
        level_db: -16.0,
        floor_db: -31.5,
        floor_spread_db: 7.0,
        clarity: 0.92,
        high: 0.06,
        bright_db: -3.0,
    };
    /// Nobody.
    const NOTHING: Sound = Sound {
        voiced_ms: 32,
        level_db: -30.0,
        floor_db: -31.0,
        floor_spread_db: 0.5,
        clarity: 0.3,
        high: 0.0,
        bright_db: -3.0,
    };

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
    fn the_less_a_sound_is_one_near_voice_the_surer_the_decoder_must_be() {
        let short = |voiced_ms, clarity| Sound {
            voiced_ms,
            clarity,
            ..NEAR
        };
        let siren = Sound { high: 1.0, ..NEAR };
        let low = Sound {
            bright_db: -9.0,
            ..NEAR
        };
        let door = Sound {
            voiced_ms: 200,
            ..low
        };
        for (what, sound, refused, taken) in [
            ("one near voice", NEAR, 0.0, 0.05),
            ("noise 5 dB softer", NOISY, 0.35, 0.60),
            ("a room full of talk", BABBLE, 0.60, 0.75),
            ("a few far away", FAR_TALK, 0.40, 0.60),
            ("a cough", short(290, 0.46), 0.80, 0.90),
            ("a knock", short(240, 0.99), 0.60, 0.75),
            ("a short word", short(500, 0.95), 0.35, 0.55),
            ("a siren", siren, 0.85, 0.95),
            ("a door", door, 0.85, 0.95),
            ("a low voice at the microphone", low, 0.0, 0.05),
        ] {
            assert!(needed(&sound) >= refused, "{what}: {}", needed(&sound));
            assert!(needed(&sound) <= taken, "{what}: {}", needed(&sound));
        }
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
