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
    /// changes the rate: critically damped, settled in half a second.
    const CATCH_UP: f64 = 0.02;
    const LEARN: f64 = 0.25 * Self::CATCH_UP * Self::CATCH_UP;
    /// No two clocks differ by more.
    const MOST: f64 = 0.004;

    /// How fast the delay grows.
    pub(super) const fn rate(&self) -> f64 {
        self.rate
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
        let lag = f64::from(-self.both / self.slope.max(1e-9));
        let lag = lag.clamp(-Self::LONGEST, Self::LONGEST);
        let rate = self.rate + Self::LEARN * lag / BLOCK as f64;
        self.rate = rate.clamp(-Self::MOST, Self::MOST);
        Self::CATCH_UP * lag
    }
}
