//! What was played, later by a time that may change by fractions of a sample:
//! so that an echo whose delay moves stands still for the filter.
//!
//! Between samples it is read by a windowed sinc (J. Smith, "Bandlimited
//! interpolation", 1984; a table of phases, the nearest of which is taken).

/// Samples of the past: two seconds, longer than the longest delay, the filter
/// and what is tried again of them.
const KEPT: usize = 1 << 15;

/// Samples that one between them is made of.
const TAPS: usize = 16;

/// Places between two samples. The nearest is at most 1/1024 sample off, which
/// leaves an error 55 dB down at 4 kHz.
const PHASES: usize = 512;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    past: Vec<f32>,
    /// How many samples were played so far.
    end: usize,
    /// Weights of the samples around each place.
    phases: Vec<[f32; TAPS]>,
}

impl Reference {
    /// The shortest delay in samples at which everything is known that a
    /// sample is made of.
    pub(super) const LEAST: f64 = (TAPS / 2) as f64;

    /// Nothing was played yet.
    pub(super) fn new() -> Self {
        let weight = |phase: usize, tap: usize| {
            let half = (TAPS / 2) as f32;
            let from = tap as f32 - (half - 1.0) - phase as f32 / PHASES as f32;
            let turned = std::f32::consts::PI * from;
            let sinc = if turned.abs() < 1e-6 {
                1.0
            } else {
                turned.sin() / turned
            };
            // Raised cosine: no side lobes to speak of.
            sinc * (0.5 + 0.5 * (turned / half).cos())
        };
        let phase = |phase| std::array::from_fn(|tap| weight(phase, tap));
        Self {
            past: vec![0.0; KEPT],
            end: 0,
            phases: (0..PHASES).map(phase).collect(),
        }
    }

    /// More was played.
    pub(super) fn push(&mut self, samples: &[f32]) {
        for sample in samples {
            self.past[self.end % KEPT] = *sample;
            self.end += 1;
        }
    }

    /// What was played `delay` samples before each of the moments from `back`
    /// samples ago on. The delay is that of the first moment and grows by
    /// `rate` samples a sample. What is not known (any more, or yet) is
    /// silence.
    pub(super) fn read(&self, back: usize, delay: f64, rate: f64, out: &mut [f32]) {
        let begin = self.end as f64 - back as f64 - delay;
        for (i, out) in out.iter_mut().enumerate() {
            let place = begin + i as f64 * (1.0 - rate);
            let whole = place.floor();
            let phase = ((place - whole) * PHASES as f64).round() as usize;
            let (whole, phase) = if phase == PHASES {
                (whole as isize + 1, 0)
            } else {
                (whole as isize, phase)
            };
            *out = if phase == 0 {
                self.at(whole)
            } else {
                let first = whole + 1 - (TAPS / 2) as isize;
                let weights = self.phases[phase].iter();
                let weighted = weights.zip(first..).map(|(w, at)| w * self.at(at));
                weighted.sum()
            };
        }
    }

    fn at(&self, index: isize) -> f32 {
        match usize::try_from(index) {
            Ok(at) if at < self.end && at + KEPT >= self.end => self.past[at % KEPT],
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_delays_give_the_samples_themselves_and_what_is_unknown_is_silence() {
        let mut reference = Reference::new();
        let played: Vec<f32> = (1..=200).map(|i| i as f32).collect();
        reference.push(&played);
        let mut out = [0.0; 64];
        reference.read(64, 100.0, 0.0, &mut out);
        assert_eq!(out, played[36..100]);
        reference.read(64, 180.0, 0.0, &mut out);
        assert_eq!(out[..44], [0.0; 44]);
        assert_eq!(out[44..], played[..20]);
        reference.read(64, -10.0, 0.0, &mut out);
        assert_eq!(out[..54], played[146..]);
        assert_eq!(out[54..], [0.0; 10]);
    }

    #[test]
    fn delays_between_samples_and_growing_ones_follow_a_tone() {
        let mut reference = Reference::new();
        let tone = |at: f64| (at * 0.7).sin() as f32;
        reference.push(&(0..4_000).map(|i| tone(f64::from(i))).collect::<Vec<_>>());
        let mut out = [0.0; 64];
        for (delay, rate) in [(100.0, 0.0), (100.25, 0.0), (37.9, 0.002), (37.9, -0.002)] {
            reference.read(64, delay, rate, &mut out);
            for (i, found) in out.iter().enumerate() {
                let at = 4_000.0 - 64.0 + i as f64 - (delay + rate * i as f64);
                let off = (found - tone(at)).abs();
                assert!(off < 0.005, "{delay} {rate} {i}: off by {off}");
            }
        }
    }
}
