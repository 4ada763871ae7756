//! Follows an echo whose delay grows or shrinks because two clocks do not run
//! alike: a delay-locked loop of second order (J. Spilker and D. Magill, "The
//! Delay-Lock Discriminator", 1961). The filter itself is the local copy: as
//! long as it lags behind the echo, what it leaves has the shape of the
//! prediction's slope.

use super::BLOCK;

/// See the module. Delays are in samples, rates in samples a sample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drift {
    /// How fast the delay grows.
    rate: f64,
    /// Energy of the prediction's slope, and its product with what is left.
    slope: f32,
    both: f32,
    /// The last two samples of the prediction, and the last one left.
    last: [f32; 2],
    rest: f32,
}

impl Drift {
    /// Share of a new block in what is known of the lag: 64 ms.
    const SMOOTH: f32 = 1.0 / 16.0;
    /// A lag counts as no longer than this, in samples: the slope tells it
    /// only for small ones.
    const LONGEST: f64 = 1.0;
    /// Share of a lag that is made up for in a block, and share by which it
    /// changes the rate. On its own that would ring a little; but the filter
    /// follows as well, which damps it.
    const CATCH_UP: f64 = 0.03;
    const LEARN: f64 = 0.5 * Self::CATCH_UP * Self::CATCH_UP;
    /// A prediction whose slope has less energy a block tells nothing.
    const FLAT: f32 = 1e-9;
    /// No two clocks differ by more.
    const MOST: f64 = 0.004;

    /// How fast the delay grows.
    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }

    /// It cannot be followed.
    pub(super) const fn stop(&mut self) {
        self.rate = 0.0;
    }

    /// Takes a block of the prediction and of what it left; gives how much
    /// later than predicted the echo is to be taken for.
    pub(super) fn follow(&mut self, predicted: &[f32], rest: &[f32], sure: bool) -> f64 {
        let (mut slope, mut both) = (0.0, 0.0);
        let [mut a, mut b] = self.last;
        let mut left = self.rest;
        for (c, next) in predicted.iter().zip(rest) {
            let s = 0.5 * (c - a);
            slope += s * s;
            both += s * left;
            (a, b, left) = (b, *c, *next);
        }
        self.last = [a, b];
        self.rest = left;
        self.slope += (slope - self.slope) * Self::SMOOTH;
        self.both += (both - self.both) * Self::SMOOTH;
        if !sure {
            return 0.0;
        }
        let lag = f64::from(-self.both / self.slope.max(Self::FLAT));
        let lag = lag.clamp(-Self::LONGEST, Self::LONGEST);
        let rate = self.rate + Self::LEARN * lag / BLOCK as f64;
        self.rate = rate.clamp(-Self::MOST, Self::MOST);
        Self::CATCH_UP * lag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Drift {
        pub(in super::super) const fn set_rate(&mut self, rate: f64) {
            self.rate = rate;
        }
    }

    /// What is told of a tone that comes `lag` samples after its prediction.
    fn told(lag: f32, sure: bool) -> (f64, f64) {
        let mut drift = Drift::default();
        let tone = |at: f32| 0.1 * (at * 0.3).sin();
        let mut moved = 0.0;
        for block in 0..100 {
            let at = |i: usize| (block * BLOCK + i) as f32;
            let predicted: [f32; BLOCK] = std::array::from_fn(|i| tone(at(i)));
            let rest: [f32; BLOCK] = std::array::from_fn(|i| tone(at(i) - lag) - tone(at(i)));
            moved += drift.follow(&predicted, &rest, sure);
        }
        (moved, drift.rate())
    }

    #[test]
    fn a_late_echo_is_followed_and_an_early_one_too_but_never_on_a_guess() {
        for lag in [0.5f32, -0.5] {
            let (moved, rate) = told(lag, true);
            assert!(
                moved * f64::from(lag) > 0.2 && rate * f64::from(lag) > 0.0,
                "{lag}"
            );
            assert_eq!(told(lag, false), (0.0, 0.0));
        }
        let (moved, rate) = told(0.0, true);
        assert!(moved.abs() < 1e-3 && rate.abs() < 1e-6);
    }

    #[test]
    fn no_rate_is_beyond_what_clocks_do() {
        let mut drift = Drift::default();
        let slope: [f32; BLOCK] = std::array::from_fn(|i| 0.1 * (i as f32).sin());
        let rest = slope.map(|v| 100.0 * v);
        for _ in 0..100_000 {
            drift.follow(&slope, &rest, true);
        }
        assert!(drift.rate().abs() <= Drift::MOST);
    }
}
