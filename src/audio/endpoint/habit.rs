//! How one speaker pauses, learnt during the call: the pauses after which
//! speech went on. A quantile rather than a mean, so that one long search
//! for a word does not slow the rest of the call, and mixed with what is
//! usual, so that the first few pauses do not decide alone.
//!
//! It is a number about this call's silences; nothing else is concluded
//! from it, and it is forgotten with the call.

use crate::audio::EndpointSettings;
use std::collections::VecDeque;

/// Pauses that are remembered: a minute or two of talk, so that it follows a
/// speaker who warms up.
const KEEP: usize = 40;
/// The share of pauses that should lie below the learnt length.
const QUANTILE: f64 = 0.8;

/// The pauses so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    pauses: VecDeque<u32>,
}

impl Habit {
    /// A pause of this many milliseconds was one inside a turn. Shorter ones
    /// than `pause_ms` are gaps between words, and longer ones than
    /// `reopen_ms` are taken to be no pauses of this turn.
    pub fn learn(&mut self, ms: u32, s: &EndpointSettings) {
        if ms < s.pause_ms || ms > s.reopen_ms {
            return;
        }
        if self.pauses.len() == KEEP {
            self.pauses.pop_front();
        }
        self.pauses.push_back(ms);
    }

    /// How many pauses were learnt from, 40 at most.
    pub fn learnt(&self) -> usize {
        self.pauses.len()
    }

    /// By how much budgets are stretched for this speaker, 1 for one whose
    /// pauses are as `usual_ms` says; within `habit_least` to `habit_most`.
    pub fn factor(&self, usual_ms: u32, s: &EndpointSettings) -> f32 {
        let usual = usual_ms as f32;
        let n = self.pauses.len() as f32;
        let weight = s.habit_weight as f32;
        if n + weight <= 0.0 || usual <= 0.0 {
            return 1.0;
        }
        let own = (self.quantile() as f32 * n + usual * weight) / (n + weight);
        let least = s.habit_least.min(1.0);
        (own / usual).clamp(least, s.habit_most.max(least))
    }

    /// Nearest rank; 0 where nothing was learnt.
    fn quantile(&self) -> u32 {
        let mut sorted: Vec<u32> = self.pauses.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (sorted.len() as f64 * QUANTILE).ceil() as usize;
        sorted
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pauses: impl IntoIterator<Item = u32>) -> f32 {
        let s = EndpointSettings::default();
        let mut habit = Habit::default();
        for pause in pauses {
            habit.learn(pause, &s);
        }
        habit.factor(s.habit_usual_ms, &s)
    }

    #[test]
    fn nothing_learnt_is_the_usual() {
        assert_eq!(of([]), 1.0);
    }

    #[test]
    fn a_slow_speaker_is_given_more_time_and_a_fast_one_less_within_bounds() {
        let s = EndpointSettings::default();
        assert!(of(vec![1_100; 20]) > 1.2);
        assert!(of(vec![200; 40]) < 1.0);
        assert!(of(vec![s.reopen_ms; 40]) <= s.habit_most);
        assert!(of(vec![s.pause_ms; 40]) >= s.habit_least);
    }

    #[test]
    fn one_search_for_a_word_changes_little() {
        let mut pauses = vec![400; 20];
        let before = of(pauses.clone());
        pauses.push(1_900);
        assert!((of(pauses) - before).abs() < 0.1);
    }

    #[test]
    fn gaps_between_words_and_absences_teach_nothing() {
        assert_eq!(of([50, 100, 60_000]), 1.0);
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let slow_then_fast = [vec![1_500; 40], vec![300; 40]].concat();
        assert_eq!(of(slow_then_fast), of(vec![300; 40]));
    }
}
