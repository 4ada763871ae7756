//! Finds an echo that has jumped: where the prediction of a filter that was
//! right is found in what is heard now.

use super::filter::Filter;
use super::reference::Reference;
use super::{BINS, BLOCK, PARTS, Spectra};
use crate::audio::fft::{Complex, Fft};

/// Blocks that are heard: 128 ms, about two sounds of speech.
const HEARD: usize = 32;
/// Blocks to either side in which it is looked for: 64 ms.
const ASIDE: usize = 16;
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
    /// `filter` to predict what is heard: within 64 ms to either side, and none
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
        let mut windows = [0.0f32; 2 * ASIDE * BLOCK + 1];
        for (at, energy) in windows.iter_mut().enumerate() {
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
        let fit = |at: usize| self.work[at] / windows[at].sqrt();
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
