//! How the level of a sound moves. A voice holds its vowels, knocks die away
//! at once. A near voice breaks off between its sounds; one at the other end
//! of a room rings on.

use super::sound::{RATE, level_db, quantile};

/// Window of one level: 20 ms, a period of the lowest voice and more, so that
/// its pulses do not count as movement.
const WINDOW: usize = 320;
/// Step from level to level, 5 ms.
const STEP: usize = 80;
/// The same in milliseconds.
const STEP_MS: u32 = (STEP * 1000 / RATE) as u32;
/// A level is held as long as it stays within so many dB.
const HELD_DB: f32 = 10.0;
/// Levels this far below the loudest are not looked at: what sounds behind a
/// voice is held for ever.
const LOUD_DB: f32 = 25.0;
/// Steps after which more says nothing new: 400 ms.
const MOST: usize = 80;
/// Steps over which a fall is measured: 50 ms.
const FALL: usize = 10;
/// Levels this far below the loudest are the end of a fall, not its begin.
const TOP_DB: f32 = 12.0;

/// How the level of one stretch of audio moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Envelope {
    /// The longest time that a loud level is held, milliseconds; 400 at most.
    pub(super) held_ms: u32,
    /// How far the level falls within 50 ms where it falls fastest, dB.
    pub(super) fall_db: f32,
}

impl Envelope {
    /// Measures 16 kHz mono audio.
    pub(super) fn of(audio: &[f32]) -> Self {
        let windows = audio.windows(WINDOW).step_by(STEP);
        let levels: Vec<f32> = windows.map(level_db).collect();
        let loudest = quantile(&levels, 0.98).unwrap_or_default();
        let held = (0..levels.len()).map(|from| held(&levels[from..], loudest - LOUD_DB));
        let falls: Vec<f32> = levels
            .iter()
            .zip(levels.iter().skip(FALL))
            .filter(|(from, _)| **from > loudest - TOP_DB)
            .map(|(from, to)| from - to)
            .collect();
        Self {
            held_ms: held.max().unwrap_or(0) as u32 * STEP_MS,
            fall_db: quantile(&falls, 0.98).unwrap_or(0.0),
        }
    }
}

/// Levels from the first on that stay above `least` and near each other.
fn held(levels: &[f32], least: f32) -> usize {
    let (mut low, mut high) = (f32::MAX, f32::MIN);
    levels
        .iter()
        .take(MOST)
        .take_while(|level| {
            (low, high) = (low.min(**level), high.max(**level));
            **level >= least && high - low <= HELD_DB
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    /// Bursts of a tone, two a second, each shaped by the time since its
    /// begin in seconds.
    fn bursts(pitch: f32, shape: impl Fn(f32) -> f32) -> Vec<f32> {
        (0..2 * RATE)
            .map(|i| {
                let since = (i % (RATE / 2)) as f32 / RATE as f32;
                0.3 * shape(since) * (i as f32 / RATE as f32 * pitch * TAU).sin()
            })
            .collect()
    }

    #[test]
    fn a_vowel_is_held_and_a_knock_is_not() {
        let knocks = Envelope::of(&bursts(180.0, |t| (-55.0 * t).exp()));
        assert!(knocks.held_ms <= 60, "{knocks:?}");
        let vowel = |t| if t < 0.15 { 1.0 } else { 1e-4 };
        for pitch in [70.0, 120.0, 300.0] {
            let vowels = Envelope::of(&bursts(pitch, vowel));
            assert!((120..=200).contains(&vowels.held_ms), "{vowels:?}");
        }
        let hum = Envelope::of(&bursts(120.0, |_| 1.0));
        assert_eq!(hum.held_ms, 400);
    }

    #[test]
    fn a_near_voice_breaks_off_and_a_room_rings_on() {
        let near = Envelope::of(&bursts(120.0, |t| if t < 0.2 { 1.0 } else { 0.01 }));
        assert!(near.fall_db > 30.0, "{near:?}");
        // 60 dB in half a second.
        let ringing = |t: f32| 10f32.powf(-6.0 * (t - 0.2).max(0.0));
        let far = Envelope::of(&bursts(120.0, ringing));
        assert!(far.fall_db < 9.0, "{far:?}");
    }

    #[test]
    fn nothing_and_too_little_have_measures_too() {
        for audio in [vec![], vec![0.1; 10], vec![0.0; RATE]] {
            let still = Envelope::of(&audio);
            assert_eq!(still.fall_db, 0.0);
        }
    }
}
