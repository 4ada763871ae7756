//! Two sample clocks on one wall clock: where a device's frame 0 lies in
//! time, from the noisy times of its callbacks.

use std::collections::VecDeque;

/// Times kept: at the usual 10 ms a callback about two seconds. Enough for a
/// steady median, short enough to follow a device that slips.
const KEEP: usize = 200;
/// Times needed before anything is said.
const ENOUGH: usize = 12;
/// Times needed for a first guess.
const FEW: usize = 4;
/// A change of the newest times by this much is a device that ran dry or
/// over, not noise: 12 ms.
const JUMP_NS: i64 = 12_000_000;
/// Callbacks closer than this together tell nothing new, in milliseconds.
const APART_MS: u64 = 5;

/// The time of a device's frame 0, as the median of what its callbacks said.
#[derive(Debug)]
pub struct OffsetTrack {
    rate: u32,
    recent: VecDeque<i64>,
    last: Option<u64>,
}

impl OffsetTrack {
    /// For a device with `rate` frames a second.
    pub const fn new(rate: u32) -> Self {
        Self {
            rate,
            recent: VecDeque::new(),
            last: None,
        }
    }

    /// The callback that began with frame `frame` said that this frame is
    /// captured or heard at `at_ns`.
    pub fn add(&mut self, frame: u64, at_ns: i64) {
        let apart = u64::from(self.rate) * APART_MS / 1000;
        if self.last.is_some_and(|last| frame < last + apart) {
            return;
        }
        self.last = Some(frame);
        if self.recent.len() == KEEP {
            self.recent.pop_front();
        }
        self.recent.push_back(at_ns - frames_ns(frame, self.rate));
        // After a jump, what was known before is of no use.
        let old = self.recent.len().saturating_sub(ENOUGH);
        if old >= ENOUGH {
            let new = median(self.recent.range(old..));
            if (new - median(self.recent.range(..old))).abs() > JUMP_NS {
                self.recent.drain(..old);
            }
        }
    }

    /// A first guess at the time of frame 0, in nanoseconds.
    pub fn first(&self) -> Option<i64> {
        (self.recent.len() >= FEW).then(|| median(self.recent.iter()))
    }

    /// The time of frame 0 in nanoseconds, once it is known so well that a
    /// change of it means something: sound servers settle for seconds.
    pub fn settled(&self) -> Option<i64> {
        self.value().filter(|_| self.recent.len() == KEEP)
    }

    /// The time of frame 0 in nanoseconds, once it is known.
    pub fn value(&self) -> Option<i64> {
        if self.recent.len() < ENOUGH {
            return None;
        }
        Some(median(self.recent.iter()))
    }
}

fn median<'a>(times: impl Iterator<Item = &'a i64>) -> i64 {
    let mut sorted: Vec<i64> = times.copied().collect();
    let middle = sorted.len() / 2;
    *sorted.select_nth_unstable(middle).1
}

/// How long so many frames take, in nanoseconds.
pub fn frames_ns(frames: u64, rate: u32) -> i64 {
    (i128::from(frames) * 1_000_000_000 / i128::from(rate)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_late_callbacks_do_not_move_the_clock() {
        let mut track = OffsetTrack::new(48_000);
        assert_eq!(track.value(), None);
        for i in 0..100u64 {
            let late = if i % 9 == 0 { 40_000_000 } else { 0 };
            track.add(i * 480, 5_000_000 + frames_ns(i * 480, 48_000) + late);
        }
        assert_eq!(track.value(), Some(5_000_000));
    }

    #[test]
    fn a_device_that_ran_dry_is_followed_within_a_few_callbacks() {
        let mut track = OffsetTrack::new(48_000);
        for i in 0..200u64 {
            let late = if i < 150 { 0 } else { 30_000_000 };
            track.add(i * 480, frames_ns(i * 480, 48_000) + late);
            if i == 149 {
                assert_eq!(track.value(), Some(0));
            }
        }
        assert_eq!(track.value(), Some(30_000_000));
    }
}
