//! Finds an echo that has jumped: where the prediction of a filter that was
//! right is found in what is heard now.

use super::filter::Filter;
use super::reference::Reference;
use super::{BINS, BLOCK, PARTS, Spectra};
use crate::audio::fft::{Complex, Fft};

/// Blocks that are heard: 128 ms, about two sounds of speech.
const HEARD: usize = 32;
/// Blocks to either side in which it is looked for: 192 ms.
const ASIDE: usize = 48;
/// Blocks that are predicted for that.
const SPAN: usize = HEARD + 2 * ASIDE;
/// The newest blocks of what is heard, on which a place must prove right: the
/// older ones may be from before the jump.
const NEWEST: usize = 16;

const SAMPLES: usize = SPAN * BLOCK;

/// What is needed to look for an echo; nothing is allocated then.
#[derive(Clone, Debug)]
pub(super) struct Seeker {
    heard: [f32; HEARD * BLOCK],
    /// What was left of it by the filter that is used.
    left: [f32; HEARD * BLOCK],
    played: Spectra,
    short: Fft,
    long: Fft,
    predicted: Vec<f32>,
    work: Vec<f32>,
    first: Vec<Complex>,
    second: Vec<Complex>,
    /// Energy of the prediction's differences in each place.
    windows: Vec<f32>,
}

impl Seeker {
    /// The prediction must leave no more than this share of the energy.
    const FOUND: f32 = 0.5;
    /// And no more than this share of what the filter leaves where it is.
    const BETTER: f32 = 0.6;

    /// Nothing was heard yet.
    pub(super) fn new() -> Self {
        Self {
            heard: [0.0; HEARD * BLOCK],
            left: [0.0; HEARD * BLOCK],
            played: Spectra::new(SPAN + PARTS),
            short: Fft::new(2 * BLOCK),
            long: Fft::new(SAMPLES),
            predicted: vec![0.0; SAMPLES],
            work: vec![0.0; SAMPLES],
            first: vec![Complex::default(); SAMPLES / 2 + 1],
            second: vec![Complex::default(); SAMPLES / 2 + 1],
            windows: vec![0.0; 2 * ASIDE * BLOCK + 1],
        }
    }

    /// A block was heard, and so much was left of it.
    pub(super) fn hear(&mut self, heard: &[f32; BLOCK], left: &[f32; BLOCK]) {
        for (ring, new) in [(&mut self.heard, heard), (&mut self.left, left)] {
            ring.copy_within(BLOCK.., 0);
            ring[(HEARD - 1) * BLOCK..].copy_from_slice(new);
        }
    }

    /// By how many samples more than `delay` the reference must be delayed for
    /// `filter` to predict what is heard: within 192 ms to either side, and none
    /// where nothing fits.
    pub(super) fn seek(
        &mut self,
        filter: &Filter,
        reference: &Reference,
        delay: f64,
    ) -> Option<isize> {
        let aside = ASIDE * BLOCK;
        self.predict(filter, reference, delay - aside as f64);
        // Where they agree best: their correlation, of first differences,
        // because the loudest of a voice is its least telling.
        self.work.fill(0.0);
        difference(&self.heard, &mut self.work);
        self.long.forward(&self.work, &mut self.first);
        difference(&self.predicted, &mut self.work);
        self.long.forward(&self.work, &mut self.second);
        let energy = |x: &[f32]| x.iter().map(|v| v * v).sum::<f32>();
        let mut window = energy(&self.work[..HEARD * BLOCK]);
        for (at, energy) in self.windows.iter_mut().enumerate() {
            *energy = window.max(1e-12);
            let next = self.work.get(at + HEARD * BLOCK).copied().unwrap_or(0.0);
            window += next * next - self.work[at] * self.work[at];
        }
        for (first, second) in self.first.iter_mut().zip(&self.second) {
            let turned = Complex {
                re: first.re,
                im: -first.im,
            };
            *first = turned.times(*second);
        }
        self.long.inverse(&self.first, &mut self.work);
        let fit = |at: usize| self.work[at] / self.windows[at].sqrt();
        let best = (0..=2 * aside).max_by(|a, b| fit(*a).total_cmp(&fit(*b)))?;
        // Proof on what was heard last.
        let newest = (HEARD - NEWEST) * BLOCK;
        let predicted = &self.predicted[best + newest..best + HEARD * BLOCK];
        let heard = &self.heard[newest..];
        let rest = heard.iter().zip(predicted).map(|(h, p)| (h - p) * (h - p));
        let rest: f32 = rest.sum();
        let found = rest < Self::FOUND * energy(heard)
            && rest < Self::BETTER * energy(&self.left[newest..]);
        found.then_some(aside as isize - best as isize)
    }

    /// What the filter predicts with such a delay, in the last blocks.
    fn predict(&mut self, filter: &Filter, reference: &Reference, delay: f64) {
        let mut samples = [0.0f32; 2 * BLOCK];
        for back in (0..SPAN + PARTS).rev() {
            reference.read((back + 2) * BLOCK, delay, 0.0, &mut samples);
            self.short.forward(&samples, self.played.next());
        }
        for (number, to) in self.predicted.chunks_exact_mut(BLOCK).enumerate() {
            let echo: [Complex; BINS] = filter.echo(&self.played, SPAN - 1 - number);
            self.short.inverse(&echo, &mut samples);
            to.copy_from_slice(&samples[BLOCK..]);
        }
    }
}

/// Each sample without the one before.
fn difference(of: &[f32], to: &mut [f32]) {
    let mut before = 0.0;
    for (to, of) in to.iter_mut().zip(of) {
        *to = of - before;
        before = *of;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A filter that has learnt an echo of 600 samples, and what is found of
    /// one that comes after `delay` samples, or of `other` sound.
    fn found(delay: usize, other: bool) -> Option<isize> {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut noise =
            |n: usize| -> Vec<f32> { (0..n).map(|_| rng.random_range(-0.3f32..=0.3)).collect() };
        let (played, voice) = (noise(64_000), noise(64_000));
        let (mut filter, mut fft) = (Filter::new(), Fft::new(2 * BLOCK));
        let (mut reference, mut seeker) = (Reference::new(), Seeker::new());
        let mut spectra = Spectra::new(PARTS);
        for block in 0..1_000 {
            let at = block * BLOCK;
            reference.push(&played[at..at + BLOCK]);
            let mut samples = [0.0f32; 2 * BLOCK];
            reference.read(2 * BLOCK, 300.0, 0.0, &mut samples);
            fft.forward(&samples, spectra.next());
            let echo = |delay: usize, i: usize| {
                let from = (at + i).checked_sub(delay);
                from.map_or(0.0, |from| 0.3 * played[from])
            };
            let (echo_spectrum, expected) = filter.predict(&spectra);
            fft.inverse(&echo_spectrum, &mut samples);
            let rest: [f32; BLOCK] = std::array::from_fn(|i| echo(600, i) - samples[BLOCK + i]);
            samples[..BLOCK].fill(0.0);
            samples[BLOCK..].copy_from_slice(&rest);
            let mut error = [Complex::default(); BINS];
            fft.forward(&samples, &mut error);
            filter.learn(&error, &expected, &spectra, &mut fft);
            let heard = std::array::from_fn(|i| match other {
                true => 0.3 * voice[at + i],
                false => echo(delay, i),
            });
            seeker.hear(&heard, &heard);
        }
        seeker.seek(&filter, &reference, 300.0)
    }

    #[test]
    fn an_echo_is_found_to_the_sample_on_either_side_and_in_its_place() {
        for delay in [600, 601, 73, 1_800, 3_500] {
            assert_eq!(found(delay, false), Some(delay as isize - 600), "{delay}");
        }
    }

    #[test]
    fn what_is_no_echo_or_out_of_reach_is_not_found() {
        assert_eq!(found(600, true), None);
        assert_eq!(found(8_000, false), None);
    }
}
