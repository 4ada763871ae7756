//! Predicts the echo from what is played: an adaptive filter that knows how
//! sure it is of each of its coefficients.
//!
//! A Kalman filter in the frequency domain, in parts of one block each (G.
//! Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic
//! echo control in hands-free telephones", 2006; F. Kuech, E. Mabande and G.
//! Enzner, "State-space architecture of the partitioned-block-based acoustic
//! echo controller", 2014). What it cannot explain counts as noise, so a voice
//! over the line slows it instead of leading it astray, without anybody
//! having to say that there is a voice.

use super::fft::{Complex, Fft};

/// Samples of a block: 4 ms.
pub(super) const BLOCK: usize = 64;

/// Bins of a block's spectrum, which is that of two blocks of samples.
const BINS: usize = BLOCK + 1;

/// Parts of the filter, one block each: 192 ms from the aligned place on. A
/// furnished room's echo has fallen by 58 dB then.
const PARTS: usize = 48;

/// How many blocks late an echo may begin: 700 ms.
const LATEST: usize = 175;

/// Blocks of the past on which a move of the filter is tried: 200 ms, several
/// sounds of speech.
const TRIED: usize = 50;

/// Spectra that are kept of what was played.
const KEPT: usize = LATEST + PARTS + TRIED;

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
pub(super) struct Predictor {
    fft: Fft,
    /// Spectra of what was played, a ring; and where its newest is.
    played: Vec<[Complex; BINS]>,
    newest: usize,
    newest_heard: usize,
    /// The block before, which a spectrum takes in as well.
    before: [f32; BLOCK],
    /// What was heard in the last blocks, a ring like `played`.
    heard: Vec<[f32; BLOCK]>,
    filter: Vec<[Complex; BINS]>,
    /// How uncertain each coefficient is (its error's expected power).
    doubt: Vec<[f32; BINS]>,
    /// Power of what was not explained.
    noise: [f32; BINS],
    /// The filter's first part is for the echo of so many blocks ago.
    from: usize,
    /// It was moved there.
    aligned: bool,
    turn: usize,
    /// How well it agrees with what is heard, over 32 ms and 64 ms.
    soon: Agreement,
    later: Agreement,
}

impl Predictor {
    /// Blocks that the filter begins before the delay that is told: room for
    /// an estimate that is a little late.
    const LEAD: usize = 4;
    /// A delay that is told to lie so far into the filter moves it.
    const MOVE: usize = 14;
    /// What a filter that moved with the echo must leave at most, as a share
    /// of what one that stayed leaves: else it stayed.
    const CLEARLY: f32 = 0.8;

    /// A filter that knows nothing yet.
    pub(super) fn new() -> Self {
        Self {
            fft: Fft::new(2 * BLOCK),
            played: vec![[Complex::default(); BINS]; KEPT],
            newest: 0,
            newest_heard: 0,
            before: [0.0; BLOCK],
            heard: vec![[0.0; BLOCK]; TRIED],
            filter: vec![[Complex::default(); BINS]; PARTS],
            doubt: (0..PARTS).map(|part| [prior(part); BINS]).collect(),
            noise: [0.0; BINS],
            from: 0,
            aligned: false,
            turn: 0,
            soon: Agreement::default(),
            later: Agreement::default(),
        }
    }

    /// The echo is `delay` blocks late, as far as is known.
    pub(super) fn align(&mut self, delay: usize) {
        let inside = delay.checked_sub(self.from);
        let fits = inside.is_some_and(|at| (1..=Self::MOVE).contains(&at));
        if fits || (delay == 0 && self.from == 0) {
            return;
        }
        let first = !std::mem::replace(&mut self.aligned, true);
        let from = delay.saturating_sub(Self::LEAD).min(LATEST - 1);
        // Either the estimate came late, and what was learnt is true where it
        // is; or the echo itself has moved, and kept its shape. The last
        // sounds tell which.
        let mut stays = self.clone();
        stays.shift(from as isize - self.from as isize);
        stays.from = from;
        let mut moved = Self {
            from,
            ..self.clone()
        };
        let moved_with_it = moved.left() < stays.left() * Self::CLEARLY;
        *self = if moved_with_it { moved } else { stays };
        if first || moved_with_it {
            // It may begin elsewhere than was thought.
            self.doubt_all();
        }
    }

    /// All of the filter is open again.
    fn doubt_all(&mut self) {
        for (part, doubt) in self.doubt.iter_mut().enumerate() {
            doubt.iter_mut().for_each(|d| *d = d.max(prior(part)));
        }
    }

    /// Moves what is known by so many parts towards the filter's begin.
    fn shift(&mut self, by: isize) {
        let old = (self.filter.clone(), self.doubt.clone());
        for part in 0..PARTS {
            let was = part.checked_add_signed(by).filter(|at| *at < PARTS);
            self.filter[part] = was.map_or_else(|| [Complex::default(); BINS], |at| old.0[at]);
            self.doubt[part] = was.map_or_else(|| [prior(part); BINS], |at| old.1[at]);
        }
    }

    /// The energy that this filter would have left of the last blocks.
    fn left(&mut self) -> f32 {
        let mut samples = [0.0f32; 2 * BLOCK];
        let mut left = 0.0;
        for back in 0..TRIED {
            let mut echo = [Complex::default(); BINS];
            for (part, filter) in self.filter.iter().enumerate() {
                let played = &self.played[(self.newest + back + self.from + part) % KEPT];
                for i in 0..BINS {
                    echo[i] = echo[i].plus(played[i].times(filter[i]));
                }
            }
            self.fft.inverse(&echo, &mut samples);
            let heard = &self.heard[(self.newest_heard + back) % TRIED];
            let rest = heard.iter().zip(&samples[BLOCK..]);
            left += rest.map(|(h, e)| (h - e) * (h - e)).sum::<f32>();
        }
        left
    }

    /// Whether what is predicted may not be in what is heard, because the echo
    /// has moved. A voice over it does not look like that, because it adds to
    /// the echo and does not take its place.
    pub(super) fn doubtful(&self) -> bool {
        // Before it was told where the echo is, it may be out of reach.
        self.aligned && self.soon.disagrees(0.7)
    }

    /// Whether it surely is not.
    fn fails(&self) -> bool {
        self.aligned && self.later.disagrees(0.5)
    }

    /// Takes what was played and what was heard at the same time, and gives
    /// what was heard without the echo.
    pub(super) fn process(&mut self, heard: &[f32; BLOCK], played: &[f32; BLOCK]) -> [f32; BLOCK] {
        let mut samples = [0.0f32; 2 * BLOCK];
        samples[..BLOCK].copy_from_slice(&self.before);
        samples[BLOCK..].copy_from_slice(played);
        self.before = *played;
        self.newest = (self.newest + KEPT - 1) % KEPT;
        self.fft.forward(&samples, &mut self.played[self.newest]);
        self.newest_heard = (self.newest_heard + TRIED - 1) % TRIED;
        self.heard[self.newest_heard] = *heard;

        let (echo, explained) = self.predict();
        self.fft.inverse(&echo, &mut samples);
        let rest: [f32; BLOCK] = std::array::from_fn(|i| heard[i] - samples[BLOCK + i]);
        if !rest.iter().all(|v| v.is_finite()) {
            // A device gave what is no number; it must not stay in the filter.
            *self = Self::new();
            return heard.map(|v| if v.is_finite() { v } else { 0.0 });
        }
        let echo = &samples[BLOCK..];
        self.soon.add(heard, echo, 1.0 / 8.0);
        self.later.add(heard, echo, 1.0 / 16.0);
        if self.fails() {
            self.doubt_all();
        }
        samples[..BLOCK].fill(0.0);
        samples[BLOCK..].copy_from_slice(&rest);
        let mut error = [Complex::default(); BINS];
        self.fft.forward(&samples, &mut error);
        self.learn(&error, &explained);
        rest
    }

    /// The echo's spectrum, and the power that its error is expected to have.
    fn predict(&mut self) -> ([Complex; BINS], [f32; BINS]) {
        let keep = STAYS * STAYS;
        let mut echo = [Complex::default(); BINS];
        let mut power = [0.0f32; BINS];
        for (part, (filter, doubt)) in self.filter.iter().zip(&mut self.doubt).enumerate() {
            let played = &self.played[(self.newest + self.from + part) % KEPT];
            for i in 0..BINS {
                let (x, w) = (played[i], filter[i]);
                doubt[i] = keep * doubt[i] + (1.0 - keep) * w.power();
                power[i] += x.power() * doubt[i];
                echo[i] = echo[i].plus(x.times(w));
            }
        }
        (echo, power)
    }

    fn learn(&mut self, error: &[Complex; BINS], expected: &[f32; BINS]) {
        let mut share = [0.0f32; BINS];
        for i in 0..BINS {
            self.noise[i] += (error[i].power() - self.noise[i]) * (1.0 - NOISE_STAYS);
            // Half of each transform's samples are silence.
            share[i] = 1.0 / (0.5 * expected[i] + self.noise[i] + LEAST);
        }
        for (part, (filter, doubt)) in self.filter.iter_mut().zip(&mut self.doubt).enumerate() {
            let played = &self.played[(self.newest + self.from + part) % KEPT];
            for i in 0..BINS {
                let (x, e) = (played[i], error[i]);
                let gain = doubt[i] * share[i];
                filter[i].re += gain * (x.re * e.re + x.im * e.im);
                filter[i].im += gain * (x.re * e.im - x.im * e.re);
                doubt[i] *= (1.0 - 0.5 * gain * x.power()).max(0.0);
            }
        }
        let mut samples = [0.0f32; 2 * BLOCK];
        for _ in 0..CONSTRAINED {
            let filter = &mut self.filter[self.turn];
            self.turn = (self.turn + 1) % PARTS;
            self.fft.inverse(filter, &mut samples);
            samples[BLOCK..].fill(0.0);
            self.fft.forward(&samples, filter);
        }
    }
}

/// A prediction and what was heard, smoothed.
#[derive(Clone, Copy, Debug, Default)]
struct Agreement {
    /// Their product.
    both: f32,
    /// The energy of the prediction, and of what was heard.
    predicted: f32,
    heard: f32,
}

impl Agreement {
    /// A prediction below this energy a block tells nothing: -60 dB.
    const AUDIBLE: f32 = 1e-6 * BLOCK as f32;
    /// What is heard is no echo that moved where it has so many times the
    /// prediction's energy: then chance decides how well they agree.
    const COMPARABLE: f32 = 3.0;

    fn add(&mut self, heard: &[f32], predicted: &[f32], share: f32) {
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        self.both += (product(heard, predicted) - self.both) * share;
        self.predicted += (product(predicted, predicted) - self.predicted) * share;
        self.heard += (product(heard, heard) - self.heard) * share;
    }

    /// Less than `least` of the prediction is found in what is heard. One that
    /// is right is found whole, more or less by what a voice adds by chance.
    fn disagrees(&self, least: f32) -> bool {
        self.predicted > Self::AUDIBLE
            && self.both < least * self.predicted
            && self.heard < Self::COMPARABLE * self.predicted
    }
}

fn prior(part: usize) -> f32 {
    let softer = (DECAY_DB * part as f32).min(DECAY_MOST_DB);
    UNKNOWN * 10f32.powf(-softer / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Noise with syllables, an echo `delay` samples late, and what is left
    /// of it in dB, second for second. `voice`: as loud as the echo.
    fn left(delay: usize, told: usize, seconds: usize, voice: bool) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let n = seconds * 16_000;
        let mut noise = |gain: f32| -> Vec<f32> {
            (0..n)
                .map(|i| {
                    let loud = if i / 3_000 % 2 == 0 { 1.0 } else { 0.2 };
                    rng.random_range(-1.0f32..=1.0) * loud * gain
                })
                .collect()
        };
        let (far, over) = (noise(0.3), noise(0.1));
        let mut predictor = Predictor::new();
        predictor.align(told);
        let (mut before, mut after) = (0.0f32, 0.0f32);
        let mut found = Vec::new();
        for block in 0..n / BLOCK {
            let at = block * BLOCK;
            let echo: [f32; BLOCK] = std::array::from_fn(|i| {
                let back = |d: usize| (at + i).checked_sub(d).map_or(0.0, |i| far[i]);
                0.3 * back(delay) - 0.15 * back(delay + 90) + 0.1 * back(delay + 700)
            });
            let said = |i: usize| if voice { over[at + i] } else { 0.0 };
            let heard = std::array::from_fn(|i| echo[i] + said(i));
            let played = std::array::from_fn(|i| far[at + i]);
            let out = predictor.process(&heard, &played);
            for i in 0..BLOCK {
                before += echo[i] * echo[i];
                after += (out[i] - said(i)).powi(2);
            }
            if (block + 1) % 250 == 0 {
                found.push(10.0 * (after / before).log10());
                (before, after) = (0.0, 0.0);
            }
        }
        found
    }

    #[test]
    fn an_echo_inside_its_reach_is_taken_out_within_seconds() {
        for (delay, told) in [(0, 0), (320, 5), (2_880, 45), (8_000, 125)] {
            let left = left(delay, told, 4, false);
            assert!(left[0] < -8.0 && left[3] < -25.0, "{delay}: {left:?}");
        }
    }

    #[test]
    fn a_voice_as_loud_as_the_echo_does_not_lead_it_astray() {
        let left = left(320, 5, 6, true);
        assert!(left[5] < -10.0, "{left:?}");
        assert!(left.iter().all(|db| *db < 1.0), "{left:?}");
    }

    #[test]
    fn an_estimate_that_follows_a_moved_echo_late_does_not_undo_what_was_learnt() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let mut predictor = Predictor::new();
        predictor.align(20);
        let mut past = vec![0.0f32; 64 * BLOCK];
        let mut after = Vec::new();
        for block in 0..3_000 {
            let played: [f32; BLOCK] = std::array::from_fn(|_| rng.random_range(-0.3f32..=0.3));
            past.extend(played);
            // The echo moves, and the filter learns that before it is told.
            let delay = if block < 1_000 { 20 } else { 32 } * BLOCK;
            if block == 2_500 {
                predictor.align(32);
            }
            let begin = past.len() - BLOCK - delay;
            let heard: [f32; BLOCK] = std::array::from_fn(|i| 0.3 * past[begin + i]);
            let out = predictor.process(&heard, &played);
            let power = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
            after.push(10.0 * (power(&out).max(1e-12) / power(&heard)).log10());
        }
        let around = &after[2_480..2_560];
        assert!(around.iter().all(|db| *db < -15.0), "{around:?}");
    }

    #[test]
    fn what_is_no_number_does_no_lasting_harm() {
        let mut predictor = Predictor::new();
        let tone = [0.1f32; BLOCK];
        for bad in [f32::NAN, f32::INFINITY] {
            let out = predictor.process(&[bad; BLOCK], &tone);
            assert_eq!(out, [0.0; BLOCK]);
            assert_eq!(predictor.process(&tone, &[bad; BLOCK]), tone);
            let out = predictor.process(&tone, &tone);
            assert!(out.iter().all(|v| v.is_finite()), "{out:?}");
        }
    }

    #[test]
    fn a_delay_that_is_told_late_keeps_what_was_learnt() {
        let mut told = Predictor::new();
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let mut past = vec![0.0f32; 2_560];
        let mut after = Vec::new();
        for block in 0..1_000 {
            if block == 700 {
                told.align(40);
            }
            let played: [f32; BLOCK] = std::array::from_fn(|_| rng.random_range(-0.3f32..=0.3));
            past.extend(played);
            let begin = past.len() - BLOCK - 2_560;
            let heard = std::array::from_fn(|i| 0.3 * past[begin + i]);
            let out = told.process(&heard, &played);
            let power = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
            after.push(10.0 * (power(&out).max(1e-12) / power(&heard).max(1e-12)).log10());
        }
        assert!(
            after[650..720].iter().all(|db| *db < -15.0),
            "{:?}",
            &after[690..710]
        );
    }
}
