//! The adaptive filter itself: a Kalman filter in the frequency domain, in
//! parts of one block each.

use super::{BINS, BLOCK, PARTS, Spectra};
use crate::audio::fft::{Complex, Fft};

/// How much of the filter is still true a block later: half is forgotten in
/// about 1.4 s, so that it follows whoever moves the laptop.
const STAYS: f32 = 0.999;

/// How uncertain a coefficient is before anything is known, as a power
/// relative to what is played: an echo as loud as the line has 1 in all.
const UNKNOWN: f32 = 0.01;
/// By how much later parts are expected to be softer, in dB a part: a room
/// that reverberates for 300 ms.
const DECAY_DB: f32 = 0.8;
/// Nowhere is less expected than so many dB below the first part.
const DECAY_MOST_DB: f32 = 20.0;

/// How much of the unexplained power's estimate is kept a block.
const NOISE_STAYS: f32 = 0.8;

/// Parts whose filters are brought back to one block's length each time; all
/// of them take their turns. (The product of two spectra wraps around.)
const CONSTRAINED: usize = 6;

/// Keeps divisions finite where there is no sound at all.
const LEAST: f32 = 1e-9;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    taps: Vec<[Complex; BINS]>,
    /// How uncertain each coefficient is (its error's expected power).
    doubt: Vec<[f32; BINS]>,
    /// Power of what was not explained.
    noise: [f32; BINS],
    turn: usize,
}

impl Filter {
    /// A filter that knows nothing yet.
    pub(super) fn new() -> Self {
        Self {
            taps: vec![[Complex::default(); BINS]; PARTS],
            doubt: (0..PARTS).map(|part| [prior(part); BINS]).collect(),
            noise: [0.0; BINS],
            turn: 0,
        }
    }

    /// Takes over what another knows, without allocating.
    pub(super) fn learn_from(&mut self, other: &Self) {
        self.taps.copy_from_slice(&other.taps);
        self.doubt.copy_from_slice(&other.doubt);
    }

    /// All of the filter is open again.
    pub(super) fn doubt_all(&mut self) {
        for (part, doubt) in self.doubt.iter_mut().enumerate() {
            doubt.iter_mut().for_each(|d| *d = d.max(prior(part)));
        }
    }

    /// Moves what is known by so many parts towards the filter's begin.
    pub(super) fn shift(&mut self, by: isize) {
        let mut take = |part: usize| {
            let was = part.checked_add_signed(by).filter(|at| *at < PARTS);
            self.taps[part] = was.map_or_else(|| [Complex::default(); BINS], |at| self.taps[at]);
            self.doubt[part] = was.map_or_else(|| [prior(part); BINS], |at| self.doubt[at]);
        };
        // From the side that everything moves to.
        if by >= 0 {
            (0..PARTS).for_each(&mut take);
        } else {
            (0..PARTS).rev().for_each(&mut take);
        }
    }

    /// The spectrum of the echo of what was played up to `back` blocks ago.
    pub(super) fn echo(&self, played: &Spectra, back: usize) -> [Complex; BINS] {
        let mut echo = [Complex::default(); BINS];
        for (part, taps) in self.taps.iter().enumerate() {
            let played = played.back(back + part);
            for i in 0..BINS {
                echo[i] = echo[i].plus(played[i].times(taps[i]));
            }
        }
        echo
    }

    /// The newest echo's spectrum, and the power that its error is expected to
    /// have.
    pub(super) fn predict(&mut self, played: &Spectra) -> ([Complex; BINS], [f32; BINS]) {
        let keep = STAYS * STAYS;
        let mut echo = [Complex::default(); BINS];
        let mut power = [0.0f32; BINS];
        for (part, (taps, doubt)) in self.taps.iter().zip(&mut self.doubt).enumerate() {
            let played = played.back(part);
            for i in 0..BINS {
                let (x, w) = (played[i], taps[i]);
                doubt[i] = keep * doubt[i] + (1.0 - keep) * w.power();
                power[i] += x.power() * doubt[i];
                echo[i] = echo[i].plus(x.times(w));
            }
        }
        (echo, power)
    }

    /// Takes in the error of a prediction, and the power that was expected of
    /// it.
    pub(super) fn learn(
        &mut self,
        error: &[Complex; BINS],
        expected: &[f32; BINS],
        played: &Spectra,
        fft: &mut Fft,
    ) {
        let mut share = [0.0f32; BINS];
        for i in 0..BINS {
            self.noise[i] += (error[i].power() - self.noise[i]) * (1.0 - NOISE_STAYS);
            // Half of each transform's samples are silence.
            share[i] = 1.0 / (0.5 * expected[i] + self.noise[i] + LEAST);
        }
        for (part, (taps, doubt)) in self.taps.iter_mut().zip(&mut self.doubt).enumerate() {
            let played = played.back(part);
            for i in 0..BINS {
                let (x, e) = (played[i], error[i]);
                let gain = doubt[i] * share[i];
                taps[i].re += gain * (x.re * e.re + x.im * e.im);
                taps[i].im += gain * (x.re * e.im - x.im * e.re);
                doubt[i] *= (1.0 - 0.5 * gain * x.power()).max(0.0);
            }
        }
        let mut samples = [0.0f32; 2 * BLOCK];
        for _ in 0..CONSTRAINED {
            let taps = &mut self.taps[self.turn];
            self.turn = (self.turn + 1) % PARTS;
            fft.inverse(taps, &mut samples);
            samples[BLOCK..].fill(0.0);
            fft.forward(&samples, taps);
        }
    }
}

fn prior(part: usize) -> f32 {
    let softer = (DECAY_DB * part as f32).min(DECAY_MOST_DB);
    UNKNOWN * 10f32.powf(-softer / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_moves_both_ways_and_what_comes_in_is_unknown() {
        for by in [3isize, -3] {
            let mut filter = Filter::new();
            for part in 0..PARTS {
                filter.taps[part] = [Complex {
                    re: part as f32,
                    im: 1.0,
                }; BINS];
                filter.doubt[part] = [0.0; BINS];
            }
            filter.shift(by);
            for part in 0..PARTS {
                match part.checked_add_signed(by).filter(|at| *at < PARTS) {
                    Some(was) => {
                        assert_eq!(filter.taps[part][5].re, was as f32);
                        assert_eq!(filter.doubt[part][5], 0.0);
                    }
                    None => {
                        assert_eq!(filter.taps[part][5], Complex::default());
                        assert_eq!(filter.doubt[part][5], prior(part));
                    }
                }
            }
        }
    }
}
