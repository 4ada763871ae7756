//! Whether what a microphone gives is what is played: the two are brought to
//! the lag at which they are most alike (cross-correlation by way of their
//! spectra), and there a filter of a few taps is fitted by least squares. It
//! covers gain and a delay that is no whole number of samples. A copy leaves
//! next to nothing; a room, which rings for much longer, leaves much.

use super::super::RATE;
use super::super::fft::{Complex, Fft};
use super::super::level::rms_db;
use std::collections::VecDeque;

/// A copy may seem this early, since the two clocks are known to some
/// milliseconds only: 0.1 s.
const EARLIEST: usize = RATE as usize / 10;
/// What is played must be this loud to be found, in dB.
const LOUD_DB: f32 = -45.0;
/// A piece has so many parts, of which so many must be loud.
const PARTS: usize = 16;
const LOUD_PARTS: usize = 10;
/// Taps of the filter.
const TAPS: usize = 5;
/// From this share on, what the filter explains makes a copy.
const COPY: f64 = 0.97;
/// Up to this share it is none.
const DIFFERS: f64 = 0.5;
/// A copy inside the machine is as loud as what is played, within this, in
/// dB. What a quiet and very dry room gives back is softer.
const GAIN_DB: f32 = 3.0;

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A copy.
    Copy,
    /// Something was played and something else arrived, or nothing.
    Differs,
    /// Nothing can be said.
    Unknown,
}

/// Looks for what was played, half as long as a span, among a span of the
/// microphone's sound.
pub(super) struct Likeness {
    near: VecDeque<f32>,
    far: VecDeque<f32>,
    /// Samples of the microphone looked at, a power of two.
    span: usize,
    /// Samples between two looks, and since the last.
    every: usize,
    since: usize,
    fft: Fft,
}

impl Likeness {
    /// Half a second is looked at every tenth: what is late by up to 0.15 s is
    /// told soon after a line begins.
    pub(super) fn early() -> Self {
        Self::new(8_192, RATE as usize / 10)
    }

    /// A second is looked at every quarter: what is late by up to 0.41 s.
    pub(super) fn late() -> Self {
        Self::new(16_384, RATE as usize / 4)
    }

    fn new(span: usize, every: usize) -> Self {
        Self {
            near: VecDeque::with_capacity(span),
            far: VecDeque::with_capacity(span),
            span,
            every,
            since: 0,
            fft: Fft::new(span),
        }
    }

    /// What was heard until now is of no use.
    pub(super) fn forget(&mut self) {
        self.near.clear();
        self.far.clear();
    }

    /// Takes equally many samples of both and looks now and then.
    pub(super) fn hear(&mut self, near: &[f32], far: &[f32]) -> Verdict {
        for (kept, new) in [(&mut self.near, near), (&mut self.far, far)] {
            let over = (kept.len() + new.len()).saturating_sub(self.span);
            kept.drain(..over);
            kept.extend(new);
        }
        self.since += near.len();
        if self.since < self.every || self.near.len() < self.span {
            return Verdict::Unknown;
        }
        self.since = 0;
        self.look()
    }

    fn look(&mut self) -> Verdict {
        let piece = self.span / 2;
        let part = piece / PARTS;
        let far = &self.far.make_contiguous()[EARLIEST..EARLIEST + piece];
        let loud = far.chunks_exact(part).filter(|p| rms_db(p) > LOUD_DB);
        if loud.count() < LOUD_PARTS {
            return Verdict::Unknown;
        }
        let near = self.near.make_contiguous();
        let played = rms_db(far);
        // Of the piece's place among the span nothing is known yet.
        let most = near.chunks_exact(part).map(rms_db);
        if most.fold(f32::MIN, f32::max) < played - GAIN_DB {
            return Verdict::Differs;
        }
        let lag = best_lag(&mut self.fft, near, far);
        // Room for the filter on both sides.
        let lag = lag.clamp(TAPS / 2, self.span - piece - TAPS / 2);
        let there = &near[lag..lag + piece];
        let share = explained(there, far);
        if share >= COPY && (rms_db(there) - played).abs() < GAIN_DB {
            Verdict::Copy
        } else if share < DIFFERS {
            Verdict::Differs
        } else {
            Verdict::Unknown
        }
    }
}

/// Where in `near` the piece fits best.
fn best_lag(fft: &mut Fft, near: &[f32], far: &[f32]) -> usize {
    let mut padded = vec![0.0; near.len()];
    padded[..far.len()].copy_from_slice(far);
    let mut piece = vec![Complex::default(); near.len() / 2 + 1];
    let mut span = piece.clone();
    fft.forward(&padded, &mut piece);
    fft.forward(near, &mut span);
    for (product, piece) in span.iter_mut().zip(&piece) {
        let mirrored = Complex {
            re: piece.re,
            im: -piece.im,
        };
        *product = product.times(mirrored);
    }
    fft.inverse(&span, &mut padded);
    let lags = padded[..=near.len() - far.len()].iter().enumerate();
    lags.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
        .map_or(0, |(lag, _)| lag)
}

/// Share of `near`'s energy that a short filter of `far` explains, 0-1.
fn explained(near: &[f32], far: &[f32]) -> f64 {
    let half = TAPS / 2;
    let inner = &near[half..near.len() - half];
    let shifted = |tap: usize| &far[tap..tap + inner.len()];
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| f64::from(a * b));
        products.sum()
    };
    let whole = dot(inner, inner);
    let right: [f64; TAPS] = std::array::from_fn(|i| dot(shifted(i), inner));
    let mut matrix: [[f64; TAPS]; TAPS] =
        std::array::from_fn(|i| std::array::from_fn(|j| dot(shifted(i), shifted(j))));
    // Neighbours are so alike that a little must keep them apart.
    for (i, row) in matrix.iter_mut().enumerate() {
        row[i] *= 1.0 + 1e-5;
    }
    let taps = solve(matrix, right);
    let fits: f64 = taps.iter().zip(&right).map(|(tap, r)| tap * r).sum();
    match whole > 0.0 {
        true => (fits / whole).clamp(0.0, 1.0),
        false => 0.0,
    }
}

/// Gaussian elimination; the matrix is symmetric and positive definite, so no
/// rows change places.
fn solve(mut matrix: [[f64; TAPS]; TAPS], mut right: [f64; TAPS]) -> [f64; TAPS] {
    for i in 0..TAPS {
        for below in i + 1..TAPS {
            let factor = matrix[below][i] / matrix[i][i];
            let row = matrix[i];
            for (to, from) in matrix[below].iter_mut().zip(row) {
                *to -= factor * from;
            }
            right[below] -= factor * right[i];
        }
    }
    for i in (0..TAPS).rev() {
        let known: f64 = (i + 1..TAPS).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise whose neighbours are alike, as those of speech are, swelling and
    /// fading.
    pub(crate) fn speechlike(n: usize, seed: u64) -> Vec<f32> {
        let (mut s, mut last) = (seed | 1, 0.0);
        (0..n)
            .map(|i| {
                s ^= s << 13;
                s ^= s >> 7;
                s ^= s << 17;
                let white = (s >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
                last = 0.8 * last + 0.2 * white;
                last * (0.5 + 0.4 * (i as f32 / 2_000.0).sin())
            })
            .collect()
    }

    fn verdicts(near: &[f32], far: &[f32]) -> Vec<Verdict> {
        verdicts_of(Likeness::late(), near, far)
    }

    fn verdicts_of(mut likeness: Likeness, near: &[f32], far: &[f32]) -> Vec<Verdict> {
        let steps = near.chunks_exact(160).zip(far.chunks_exact(160));
        let all = steps.map(|(near, far)| likeness.hear(near, far));
        all.filter(|v| *v != Verdict::Unknown).collect()
    }

    /// Heard `late` samples later, between two samples, at a gain.
    fn late(far: &[f32], late: f32, gain: f32) -> Vec<f32> {
        let (whole, part) = (late.floor() as usize, late.fract());
        let at = |i: usize| far.get(i).copied().unwrap_or_default();
        (0..far.len())
            .map(|i| {
                let there = |i: usize| i.checked_sub(whole).map_or(0.0, at);
                let before = i.checked_sub(1).map_or(0.0, there);
                (there(i) * (1.0 - part) + before * part) * gain
            })
            .collect()
    }

    #[test]
    fn a_copy_is_found_at_any_delay_within_a_second() {
        let far = speechlike(32_000, 5);
        for (delay, gain) in [(0.0, 1.0), (3.5, 0.9), (400.25, 1.0), (6_000.5, 0.8)] {
            let found = verdicts(&late(&far, delay, gain), &far);
            assert_eq!(found.first(), Some(&Verdict::Copy), "{delay}");
            assert!(found.iter().all(|v| *v == Verdict::Copy), "{found:?}");
        }
    }

    #[test]
    fn a_copy_that_is_hardly_late_is_found_half_a_second_after_a_line_began() {
        let far = speechlike(8_800, 5);
        let found = verdicts_of(Likeness::early(), &late(&far, 1_600.5, 1.0), &far);
        assert_eq!(found.first(), Some(&Verdict::Copy));
    }

    #[test]
    fn rooms_other_voices_and_soft_echoes_are_no_copies() {
        let far = speechlike(32_000, 5);
        let ring: Vec<f32> = (0..40).map(|i| 0.9f32.powi(i) * 0.5).collect();
        let room: Vec<f32> = (0..far.len())
            .map(|i| {
                let rings = ring.iter().enumerate();
                rings
                    .filter_map(|(k, r)| Some(far[i.checked_sub(40 + k * 37)?] * r))
                    .sum()
            })
            .collect();
        let other = speechlike(32_000, 77);
        let both: Vec<f32> = far.iter().zip(&other).map(|(a, b)| a + b).collect();
        let soft = late(&far, 100.0, 0.05);
        for near in [&room, &other, &both, &soft, &vec![0.0; 32_000]] {
            for likeness in [Likeness::early(), Likeness::late()] {
                assert!(!verdicts_of(likeness, near, &far).contains(&Verdict::Copy));
            }
        }
        assert!(verdicts(&other, &far).contains(&Verdict::Differs));
        assert_eq!(verdicts(&other, &vec![0.0; 32_000]), []);
    }
}
