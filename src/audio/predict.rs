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

mod agreement;
mod drift;
mod filter;
mod reference;
mod seek;

use super::fft::{Complex, Fft};
use agreement::Agreement;
use drift::Drift;
use filter::Filter;
use reference::Reference;
use seek::Seeker;

/// Samples of a block: 4 ms.
pub(super) const BLOCK: usize = 64;

/// Bins of a block's spectrum, which is that of two blocks of samples.
const BINS: usize = BLOCK + 1;

/// Parts of the filter, one block each: 192 ms from the aligned place on. A
/// furnished room's echo has fallen by 58 dB then.
const PARTS: usize = 48;

/// How many blocks late an echo may begin: 700 ms.
const LATEST: usize = 175;

/// Spectra of what was played, newest first.
#[derive(Clone, Debug)]
struct Spectra {
    ring: Vec<[Complex; BINS]>,
    newest: usize,
}

impl Spectra {
    fn new(kept: usize) -> Self {
        Self {
            ring: vec![[Complex::default(); BINS]; kept],
            newest: 0,
        }
    }

    /// The place for the next one.
    fn next(&mut self) -> &mut [Complex; BINS] {
        self.newest = (self.newest + self.ring.len() - 1) % self.ring.len();
        &mut self.ring[self.newest]
    }

    /// The one of so many blocks ago.
    fn back(&self, blocks: usize) -> &[Complex; BINS] {
        &self.ring[(self.newest + blocks) % self.ring.len()]
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Predictor {
    fft: Fft,
    reference: Reference,
    /// Of the reference, as the filter saw it.
    played: Spectra,
    /// The reference's block before, which a spectrum takes in as well.
    before: [f32; BLOCK],
    /// From what is played to the reference, in samples.
    delay: f64,
    drift: Drift,
    filter: Filter,
    /// The filter when it was last right; and whether it ever was.
    kept: Filter,
    proven: bool,
    /// Blocks until it is kept again, and until the echo is looked for.
    keep_in: u32,
    seek_in: u32,
    seeker: Seeker,
    /// The delay that was told, in blocks.
    told: Option<usize>,
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
    /// Blocks between two times that a filter that is right is kept.
    const KEEP: u32 = 64;
    /// Blocks of doubt until the echo is looked for elsewhere, again and again.
    const SEEK: u32 = 8;

    /// A filter that knows nothing yet.
    pub(super) fn new() -> Self {
        Self {
            fft: Fft::new(2 * BLOCK),
            reference: Reference::new(),
            played: Spectra::new(PARTS),
            before: [0.0; BLOCK],
            delay: Reference::LEAST,
            drift: Drift::default(),
            filter: Filter::new(),
            kept: Filter::new(),
            proven: false,
            keep_in: 0,
            seek_in: Self::SEEK,
            seeker: Seeker::new(),
            told: None,
            soon: Agreement::over(8.0),
            later: Agreement::over(16.0),
        }
    }

    /// The echo is `delay` blocks late, as far as is known.
    pub(super) fn align(&mut self, delay: usize) {
        let before = self.told.replace(delay);
        if before == Some(delay) {
            return;
        }
        let inside = (delay * BLOCK) as f64 - self.delay;
        let fits = inside >= BLOCK as f64 && inside < ((Self::MOVE + 1) * BLOCK) as f64;
        let to = (delay.saturating_sub(Self::LEAD).min(LATEST) * BLOCK) as f64;
        let by = ((to - self.delay) / BLOCK as f64).round() as isize;
        if fits || by == 0 {
            return;
        }
        // The echo itself has moved, and kept its shape; or the estimate came
        // late, and what was learnt is true where it is.
        if self.proven && self.soon.doubtful() && self.seek(to) {
            return;
        }
        self.delay += (by * BLOCK as isize) as f64;
        self.filter.shift(by);
        self.kept.shift(by);
        self.retrace();
        if !self.proven {
            // It may begin elsewhere than was thought.
            self.filter.doubt_all();
        }
    }

    /// Looks for the echo of the filter that was right around a delay.
    fn seek(&mut self, around: f64) -> bool {
        let found = self.seeker.seek(&self.kept, &self.reference, around);
        let Some(by) = found else {
            return false;
        };
        self.delay = (around + by as f64).max(Reference::LEAST);
        self.filter.learn_from(&self.kept);
        self.retrace();
        true
    }

    /// The reference of the past as the delay is now.
    fn retrace(&mut self) {
        let mut samples = [0.0f32; 2 * BLOCK];
        for back in (0..PARTS).rev() {
            self.reference
                .read((back + 2) * BLOCK, self.delay, 0.0, &mut samples);
            self.fft.forward(&samples, self.played.next());
        }
        self.before.copy_from_slice(&samples[BLOCK..]);
    }

    /// Whether what is predicted may not be in what is heard, because the echo
    /// has moved. A voice over it does not look like that, because it adds to
    /// the echo and does not take its place.
    pub(super) fn doubtful(&self) -> bool {
        // Before it was ever right, the echo may be out of reach.
        self.proven && self.soon.doubtful()
    }

    /// What was played as the filter sees it: its echo comes at once.
    pub(super) const fn reference(&self) -> &[f32; BLOCK] {
        &self.before
    }

    /// Takes what was played and what was heard at the same time, and gives
    /// what was heard without the echo.
    pub(super) fn process(&mut self, heard: &[f32; BLOCK], played: &[f32; BLOCK]) -> [f32; BLOCK] {
        self.reference.push(played);
        let mut samples = [0.0f32; 2 * BLOCK];
        samples[..BLOCK].copy_from_slice(&self.before);
        let rate = self.drift.rate();
        self.reference
            .read(BLOCK, self.delay, rate, &mut samples[BLOCK..]);
        self.delay += rate * BLOCK as f64;
        self.before.copy_from_slice(&samples[BLOCK..]);
        self.fft.forward(&samples, self.played.next());

        let (echo, explained) = self.filter.predict(&self.played);
        self.fft.inverse(&echo, &mut samples);
        let rest: [f32; BLOCK] = std::array::from_fn(|i| heard[i] - samples[BLOCK + i]);
        if !rest.iter().all(|v| v.is_finite()) {
            // A device gave what is no number; it must not stay in the filter.
            *self = Self::new();
            return heard.map(|v| if v.is_finite() { v } else { 0.0 });
        }
        let echo = &samples[BLOCK..];
        self.soon.add(heard, echo);
        self.later.add(heard, echo);
        self.seeker.hear(heard, &rest);
        let later = self.drift.follow(echo, &rest, self.soon.right());
        self.delay = (self.delay + later).clamp(Reference::LEAST, (LATEST * BLOCK) as f64);
        samples[..BLOCK].fill(0.0);
        samples[BLOCK..].copy_from_slice(&rest);
        let mut error = [Complex::default(); BINS];
        self.fft.forward(&samples, &mut error);
        if self.later.wrong() {
            self.filter.doubt_all();
        }
        self.filter
            .learn(&error, &explained, &self.played, &mut self.fft);
        self.tend();
        rest
    }

    /// Keeps a filter that is right, and looks for an echo that was lost.
    fn tend(&mut self) {
        self.keep_in = self.keep_in.saturating_sub(1);
        if self.keep_in == 0 && self.soon.right() && self.later.right() {
            self.keep_in = Self::KEEP;
            self.kept.learn_from(&self.filter);
            self.proven = true;
        }
        if !self.doubtful() {
            self.seek_in = Self::SEEK;
            return;
        }
        self.seek_in = self.seek_in.saturating_sub(1);
        if self.seek_in == 0 {
            self.seek_in = Self::SEEK;
            self.seek(self.delay);
        }
    }
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
