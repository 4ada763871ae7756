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
//!
//! A filter follows an echo that moves slowly at best. So the echo is made to
//! stand still: the filter sees what was played through a delay that follows
//! the echo's own, smoothly where clocks drift and at once where it jumps.

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

/// Parts of the filter, one block each: 200 ms from the aligned place on. A
/// furnished room's echo has fallen by 60 dB then.
const PARTS: usize = 56;

/// How many blocks late an echo may begin: 700 ms.
const LATEST: usize = 175;

/// Nothing that is heard is louder; full scale is 1.
const LOUDEST: f32 = 1e3;

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
    /// Blocks until it is kept again; until the echo is looked for, and how
    /// many there are between two times now.
    keep_in: u32,
    seek_in: u32,
    seek_every: u32,
    seeker: Seeker,
    /// Blocks for which an echo that was found again still counts as lost.
    found_for: u32,
    /// The delay that was told, in blocks.
    told: Option<usize>,
    /// How well it agrees with what is heard, over 32 ms and 64 ms.
    soon: Agreement,
    later: Agreement,
    /// How much of the prediction is taken out.
    share: f32,
}

impl Predictor {
    /// Blocks that the filter begins before the delay that is told: room for
    /// an estimate that is a little late, and for echoes that come earlier.
    const LEAD: usize = 6;
    /// A delay that is told to lie so far into the filter moves it.
    const MOVE: usize = 9;
    /// Blocks between two times that a filter that is right is kept.
    const KEEP: u32 = 64;
    /// Blocks with little explained until the echo is looked for elsewhere; by
    /// how many more it is each time that it is not found, and at most. A
    /// voice over the echo looks the same, and a search costs as much as
    /// several blocks.
    const SEEK: u32 = 8;
    const SEEK_LATER: u32 = 2;
    const SEEK_SELDOM: u32 = 32;
    /// Blocks in which what passed before an echo was found again may still be
    /// in some filter or other: 128 ms.
    const FOUND: u32 = 32;

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
            seek_every: Self::SEEK,
            seeker: Seeker::new(),
            found_for: 0,
            told: None,
            soon: Agreement::over(8.0),
            later: Agreement::over(16.0),
            share: 1.0,
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
        // It may begin elsewhere than was thought.
        self.filter.doubt_all();
    }

    /// Looks for the echo of the filter that was right around a delay.
    fn seek(&mut self, around: f64) -> bool {
        let found = self.seeker.seek(&self.kept, &self.reference, around);
        let Some(by) = found else {
            return false;
        };
        self.filter.learn_from(&self.kept);
        self.delay = around + by as f64;
        // Not before it is played: then it begins earlier in the filter.
        let early = ((Reference::LEAST - self.delay) / BLOCK as f64).ceil();
        if early > 0.0 {
            self.delay += early * BLOCK as f64;
            self.filter.shift(early as isize);
            self.kept.shift(early as isize);
        }
        self.retrace();
        if by != 0 {
            self.found_for = Self::FOUND;
        }
        // They speak of where it was.
        self.soon.forget();
        self.later.forget();
        true
    }

    /// Nothing is heard or predicted for a block, but the clocks go on.
    pub(super) fn rest(&mut self, played: &[f32; BLOCK]) {
        self.reference.push(played);
        self.move_by(self.drift.rate() * BLOCK as f64);
    }

    /// The echo comes so much later.
    fn move_by(&mut self, samples: f64) {
        let delay = self.delay + samples;
        self.delay = delay.clamp(Reference::LEAST, (LATEST * BLOCK) as f64);
        if (self.delay - delay).abs() > 0.0 {
            // It cannot be followed any further.
            self.drift.stop();
        }
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
        self.proven && (self.soon.doubtful() || self.found_for > 0)
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
        self.move_by(rate * BLOCK as f64);
        self.before.copy_from_slice(&samples[BLOCK..]);
        self.fft.forward(&samples, self.played.next());

        let (echo, explained) = self.filter.predict(&self.played);
        self.fft.inverse(&echo, &mut samples);
        let rest: [f32; BLOCK] = std::array::from_fn(|i| heard[i] - samples[BLOCK + i]);
        if !rest.iter().all(|v| v.abs() < LOUDEST) {
            // A device gave what is no sound; it must not stay in the filter.
            *self = Self::new();
            return heard.map(|v| if v.abs() < LOUDEST { v } else { 0.0 });
        }
        let echo = &samples[BLOCK..];
        self.soon.add(heard, echo);
        self.later.add(heard, echo);
        self.seeker.hear(heard, &rest);
        let later = self.drift.follow(echo, &rest, self.soon.right());
        self.move_by(later);
        samples[..BLOCK].fill(0.0);
        samples[BLOCK..].copy_from_slice(&rest);
        let mut error = [Complex::default(); BINS];
        self.fft.forward(&samples, &mut error);
        if self.proven && self.later.wrong() {
            self.filter.doubt_all();
        }
        self.filter
            .learn(&error, &explained, &self.played, &mut self.fft);
        // What is surely not there must not be taken out: it would be put in.
        let share = self.later.found_if_wrong();
        let step = (share - self.share) / BLOCK as f32;
        let out = std::array::from_fn(|i| {
            let share = self.share + step * (i + 1) as f32;
            heard[i] - share * (heard[i] - rest[i])
        });
        self.share = share;
        self.tend();
        out
    }

    /// Keeps a filter that is right, and looks for an echo that was lost.
    fn tend(&mut self) {
        self.keep_in = self.keep_in.saturating_sub(1);
        self.found_for = self.found_for.saturating_sub(1);
        if self.keep_in == 0 && self.soon.right() && self.later.right() {
            self.keep_in = Self::KEEP;
            self.kept.learn_from(&self.filter);
            self.proven = true;
        }
        if !self.proven || !self.later.explains_little() {
            (self.seek_in, self.seek_every) = (Self::SEEK, Self::SEEK);
            return;
        }
        self.seek_in = self.seek_in.saturating_sub(1);
        if self.seek_in == 0 && !self.seek(self.delay) {
            // It may be a voice, which is not soon over.
            self.seek_every = (self.seek_every + Self::SEEK_LATER).min(Self::SEEK_SELDOM);
            self.seek_in = self.seek_every;
        }
    }
}

#[cfg(test)]
mod tests;
