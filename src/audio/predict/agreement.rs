//! Whether what is predicted of an echo is in what is heard.

use super::BLOCK;

/// A prediction and what was heard, smoothed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreement {
    /// How much of a new block is taken in.
    share: f32,
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
    /// One that is right is found whole, more or less by what a voice adds by
    /// chance. Over a few blocks that is up to a third of it, so less is a
    /// reason for doubt...
    const DOUBTFUL: f32 = 0.7;
    /// ...and over twice as many blocks less than half is none of chance.
    const WRONG: f32 = 0.5;
    /// More than this share of what is heard is most of it.
    const MOST: f32 = 0.4;
    /// From here on the prediction is found whole.
    const WHOLE: f32 = 0.8;
    /// What is heard is little more than the echo up to so many times the
    /// prediction's energy.
    const ALONE: f32 = 1.5;

    /// Over about so many blocks.
    pub(super) fn over(blocks: f32) -> Self {
        Self {
            share: 1.0 / blocks,
            both: 0.0,
            predicted: 0.0,
            heard: 0.0,
        }
    }

    /// As if nothing was heard yet.
    pub(super) const fn forget(&mut self) {
        (self.both, self.predicted, self.heard) = (0.0, 0.0, 0.0);
    }

    /// Takes in a block.
    pub(super) fn add(&mut self, heard: &[f32], predicted: &[f32]) {
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        self.both += (product(heard, predicted) - self.both) * self.share;
        self.predicted += (product(predicted, predicted) - self.predicted) * self.share;
        self.heard += (product(heard, heard) - self.heard) * self.share;
    }

    /// There may be none of it.
    pub(super) fn doubtful(&self) -> bool {
        self.disagrees(Self::DOUBTFUL)
    }

    /// There surely is none of it.
    pub(super) fn wrong(&self) -> bool {
        self.disagrees(Self::WRONG)
    }

    /// The share of the prediction that is there where it is surely wrong, and
    /// else 1.
    pub(super) fn found_if_wrong(&self) -> f32 {
        if self.wrong() {
            (self.both / self.predicted).clamp(0.0, 1.0)
        } else {
            1.0
        }
    }

    /// All of it is there, and little else.
    pub(super) fn right(&self) -> bool {
        self.predicted > Self::AUDIBLE
            && self.both > Self::WHOLE * self.predicted
            && self.heard < Self::ALONE * self.predicted
    }

    /// Most of what is heard is not explained.
    pub(super) fn explains_little(&self) -> bool {
        let rest = self.heard - 2.0 * self.both + self.predicted;
        self.heard > Self::AUDIBLE && rest > Self::MOST * self.heard
    }

    /// Less than `least` of the prediction is found in what is heard.
    fn disagrees(&self, least: f32) -> bool {
        self.predicted > Self::AUDIBLE
            && self.both < least * self.predicted
            && self.heard < Self::COMPARABLE * self.predicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(heard: impl Fn(usize) -> f32, predicted: impl Fn(usize) -> f32) -> Agreement {
        let mut agreement = Agreement::over(8.0);
        for block in 0..32 {
            let of = |sound: &dyn Fn(usize) -> f32| -> [f32; BLOCK] {
                std::array::from_fn(|i| sound(block * BLOCK + i))
            };
            agreement.add(&of(&heard), &of(&predicted));
        }
        agreement
    }

    fn tone(at: usize, turn: f32) -> f32 {
        0.1 * (at as f32 * turn).sin()
    }

    #[test]
    fn an_echo_where_it_is_predicted_is_right_and_one_elsewhere_is_wrong() {
        let there = after(|at| tone(at, 0.3), |at| tone(at, 0.3));
        assert!(there.right() && !there.doubtful() && !there.wrong());
        let moved = after(|at| tone(at + 10, 0.3), |at| tone(at, 0.3));
        assert!(!moved.right() && moved.doubtful() && moved.wrong());
    }

    #[test]
    fn a_voice_over_an_echo_is_no_sign_that_it_moved() {
        for loud in [1.0, 4.0] {
            let voice = after(
                |at| tone(at, 0.3) + loud * tone(at, 0.71),
                |at| tone(at, 0.3),
            );
            assert!(!voice.right() && !voice.doubtful(), "{loud}");
        }
    }

    #[test]
    fn what_is_hardly_predicted_tells_nothing() {
        let faint = after(|at| tone(at, 0.3), |at| 1e-4 * tone(at, 0.9));
        assert!(!faint.right() && !faint.doubtful());
    }
}
