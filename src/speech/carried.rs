//! What a sound can carry: how sure a decoder must be of its words, by what
//! was measured of the sound that they are of. One near voice that stands out
//! carries any word; the less a sound is like that, the surer the decoder
//! must be.

use super::sound::Sound;
use super::wer;
use super::words::{self, SpokenWord};

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
/// fade into each other and stand 12 to 17 above their softest moments, 21
/// where all of them pause for once; one near voice falls by more than 21
/// within its own words.
const PROMINENCE_UNSTEADY_DB: (f32, f32) = (14.0, 30.0);
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
/// What a decoder must be sure of to be believed in a pitch above all voices:
/// it is sometimes sure that a dog says "Ah".
const CERTAIN: f32 = 0.95;
/// The same in a slam: a door is 0.47 sure at most, a low voice's "No" 0.8 and
/// more.
const SURE_IN_SLAM: f32 = 0.8;
/// The same in a dark sound that lasts longer, as knocks in a row do: they are
/// 0.68 sure that they say "Don't", and 0.7 and more of a low voice's "Okay".
const STURDY: f32 = 0.77;
/// From the first to the second, in ms, a sound is too long for a few knocks.
const KNOCKS_MS: (f32, f32) = (500.0, 1_000.0);
/// The same for the longest time that its level is held: it is no knock but a
/// muffled word, however short it is.
const VOWEL_MS: (f32, f32) = (200.0, 300.0);
/// Up to the first nothing in a sound is held, and it is knocks, however long
/// they go on; from the second on something is. The shortest word that a
/// voice says holds its vowel for 90.
const HELD_MS: (f32, f32) = (60.0, 90.0);
/// From the first to the second, in dB within 50 ms, a voice breaks off as a
/// near one does. Asked only where the floor is not steady: noise behind a
/// voice fills its breaks.
const FALL_DB: (f32, f32) = (10.0, 15.0);
/// What a decoder must be sure of to be believed without any pitch: it is
/// 0.85 sure that a cough says "Of".
const PITCHLESS: f32 = 0.9;
/// From the first to the second, in ms, a sound is too long for coughs.
const COUGHS_MS: (f32, f32) = (1_000.0, 1_800.0);
/// Softer than this nobody speaks into a microphone of their own, in dB of
/// full scale: it is a voice from another room.
const FAR_DB: f32 = -58.0;

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

/// Whether the sound can carry words of this certainty.
pub(super) fn is_carried(words: &[SpokenWord], sound: &Sound, strictness: f32) -> bool {
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
        breaks_off(sound),
    ];
    // A short word has a vowel: without any pitch it was a cough or a breath.
    let rest = if signs[0] == 0.0 {
        let short = 1.0 - ramp(voiced_ms, COUGHS_MS);
        SURE_WITHOUT + short * (PITCHLESS - SURE_WITHOUT)
    } else {
        SURE_WITHOUT * (1.0 - signs.into_iter().fold(1.0, f32::min))
    };
    let high = ramp(sound.high, HIGH);
    rest.max(CERTAIN * high).max(doubt_of_dark(sound))
}

/// The same for a dark sound: a vowel sounds higher than a door or a knock.
/// The weightiest of three signs decides: the length of a slam, that of a few
/// knocks where nothing is held as a vowel is, or that nothing is held at all.
fn doubt_of_dark(sound: &Sound) -> f32 {
    let (voiced_ms, held_ms) = (sound.voiced_ms as f32, sound.held_ms as f32);
    let less = |value, bounds| 1.0 - ramp(value, bounds);
    let slam = less(voiced_ms, SLAM_MS);
    let knocks = less(voiced_ms, KNOCKS_MS) * less(held_ms, VOWEL_MS);
    let sign = slam.max(knocks).max(less(held_ms, HELD_MS));
    let dark = sign * less(sound.bright_db, BRIGHT_DB);
    dark.sqrt() * (STURDY + slam * (SURE_IN_SLAM - STURDY))
}

/// Whether a voice breaks off between its sounds, 0-1: at the other end of a
/// room it rings on.
fn breaks_off(sound: &Sound) -> f32 {
    let unsteady = ramp(sound.floor_spread_db, UNSTEADY_DB);
    1.0 - unsteady * (1.0 - ramp(sound.fall_db, FALL_DB))
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
pub(super) fn fits(words: &[SpokenWord], sound: &Sound) -> bool {
    let letters: usize = words
        .iter()
        .map(|w| w.text.chars().filter(|c| c.is_alphanumeric()).count())
        .sum();
    letters as f32 <= LETTERS_FREE + LETTERS_A_SECOND * sound.voiced_ms as f32 / 1000.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One near voice in a quiet room.
    pub(in crate::speech) const NEAR: Sound = Sound {
        voiced_ms: 3_000,
        level_db: -22.0,
        floor_db: -55.0,
        floor_spread_db: 6.0,
        clarity: 0.95,
        high: 0.0,
        bright_db: -3.0,
        held_ms: 300,
        fall_db: 25.0,
    };
    /// A room full of talk.
    pub(in crate::speech) const BABBLE: Sound = Sound {
        voiced_ms: 3_000,
        level_db: -19.0,
        floor_db: -24.0,
        floor_spread_db: 1.7,
        clarity: 0.42,
        high: 0.1,
        bright_db: -3.0,
        held_ms: 300,
        fall_db: 25.0,
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
        held_ms: 300,
        fall_db: 25.0,
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
        held_ms: 400,
        fall_db: 8.5,
    };
    /// Nobody.
    pub(in crate::speech) const NOTHING: Sound = Sound {
        voiced_ms: 32,
        level_db: -30.0,
        floor_db: -31.0,
        floor_spread_db: 0.5,
        clarity: 0.3,
        high: 0.0,
        bright_db: -3.0,
        held_ms: 300,
        fall_db: 25.0,
    };

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
            held_ms: 140,
            ..low
        };
        let knocks = Sound {
            voiced_ms: 500,
            held_ms: 100,
            ..low
        };
        let hammering = Sound {
            voiced_ms: 1_300,
            held_ms: 45,
            ..low
        };
        let muffled = Sound {
            voiced_ms: 600,
            held_ms: 350,
            ..low
        };
        // All of them pause for once.
        let pausing = Sound {
            floor_db: -40.0,
            floor_spread_db: 28.0,
            ..FAR_TALK
        };
        for (what, sound, refused, taken) in [
            ("one near voice", NEAR, 0.0, 0.05),
            ("noise 5 dB softer", NOISY, 0.35, 0.60),
            ("a room full of talk", BABBLE, 0.60, 0.75),
            ("a few far away", FAR_TALK, 0.60, 0.70),
            ("a cough", short(290, 0.46), 0.87, 0.91),
            ("coughs in a row", short(930, 0.41), 0.80, 0.91),
            ("a knock", short(240, 0.99), 0.60, 0.75),
            ("a short word", short(500, 0.95), 0.35, 0.55),
            ("a siren", siren, 0.85, 0.95),
            ("a few who pause for once", pausing, 0.60, 0.70),
            ("a door", door, 0.70, 0.85),
            ("knocks in a row", knocks, 0.70, 0.80),
            ("knocks without end", hammering, 0.70, 0.80),
            ("a muffled word", muffled, 0.0, 0.45),
            ("a low voice at the microphone", low, 0.0, 0.05),
        ] {
            assert!(needed(&sound) >= refused, "{what}: {}", needed(&sound));
            assert!(needed(&sound) <= taken, "{what}: {}", needed(&sound));
        }
    }
}
