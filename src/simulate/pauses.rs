//! How long a simulated speaker is silent between two pieces of speech.
//!
//! Pauses in speech are about log-normal in length (Campione and Véronis
//! 2002, "A large-scale multilingual study of silent pause duration"). The
//! medians here are of slow, thoughtful talk: 350 ms at a comma, 550 ms
//! between two sentences, 700 ms where the speaker stops in the middle of a
//! clause to look for words; all within 0.1-3 s. A part of the spread lies
//! between speakers: each has a pace that all of its pauses share.

use super::chance::Chance;

/// Shortest and longest pause, milliseconds.
const BOUNDS: (f64, f64) = (100.0, 3_000.0);
/// Spread of the speakers' paces, in natural logarithms. With [`OWN`] it
/// makes the 0.5 that pauses at commas and stops have over all speakers.
const SPEAKERS: f64 = 0.25;
/// Spread of one speaker's pauses, in natural logarithms.
const OWN: f64 = 0.43;
/// The same while looking for words, which takes as long as it takes.
const OWN_SEARCH: f64 = 0.55;

/// One speaker's pauses.
#[derive(Clone, Debug)]
pub struct Pauses {
    chance: Chance,
    pace: f64,
}

impl Pauses {
    /// The pauses of the speaker of this name; the same seed gives the same.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut chance = Chance::new(seed, name);
        let pace = (SPEAKERS * normal(&mut chance)).exp();
        Self { chance, pace }
    }

    /// Silence after these words when more follows, in milliseconds.
    pub fn after(&mut self, before: &str) -> u64 {
        let before = before.trim_end();
        let (median, spread) = if before.ends_with(['.', '!', '?']) {
            (550.0, OWN)
        } else if before.ends_with(',') && !before.ends_with("um,") {
            (350.0, OWN)
        } else {
            (700.0, OWN_SEARCH)
        };
        let ms = median * self.pace * (spread * normal(&mut self.chance)).exp();
        ms.clamp(BOUNDS.0, BOUNDS.1) as u64
    }
}

/// The sum of twelve even chances is as good as normal, and ends.
fn normal(chance: &mut Chance) -> f64 {
    let one = |chance: &mut Chance| chance.between(0, 1_000_000) as f64 / 1e6;
    (0..12).map(|_| one(chance)).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_within_bounds_and_depend_on_their_place() {
        let median = |before: &str| {
            // Over many speakers.
            let mut all: Vec<u64> = (0..999)
                .map(|seed| Pauses::new(seed, "v").after(before))
                .collect();
            assert!(all.iter().all(|ms| (100..=3_000).contains(ms)));
            all.sort_unstable();
            all[499]
        };
        let (comma, stop, middle) = (median("data,"), median("data."), median("because"));
        assert!(comma < stop && stop < middle, "{comma} {stop} {middle}");
        assert!((500..600).contains(&stop), "{stop}");
    }

    #[test]
    fn speakers_differ_and_each_keeps_its_pace() {
        let mean = |seed| {
            let mut pauses = Pauses::new(seed, "v");
            (0..200).map(|_| pauses.after("data.")).sum::<u64>() / 200
        };
        let all: Vec<u64> = (0..20).map(mean).collect();
        let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
        assert!(most * 10 > least * 14, "{all:?}");
        assert_eq!(mean(3), mean(3));
    }
}
