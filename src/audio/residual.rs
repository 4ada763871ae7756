//! Whether what is heard while a line plays can be the candidate: it must
//! stand out of the room's noise and of what may be left of the echo.

use super::echo::EchoState;
use super::level::SILENCE_DB;
use std::collections::VecDeque;

/// The levels of one frame of 16 ms, in dB of full scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// After the canceller.
    pub clean: f32,
    /// After its linear filter.
    pub linear: f32,
    /// Before it.
    pub raw: f32,
    /// What was played.
    pub far: f32,
    /// The room's noise.
    pub noise: f32,
}

/// By how many dB a frame stands out; not above 0: it does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excess {
    /// After the canceller: sure enough for words.
    pub sure: f32,
    /// The same, or after its linear filter only. The suppressor takes up to
    /// a tenth of a second to let a voice through; this is there at once, but
    /// not as sure: enough to soften a line.
    pub early: f32,
}

/// Learns what is left of the echo.
#[derive(Clone, Debug)]
pub struct Residual {
    /// What is left of the echo, in dB relative to what is played.
    coupling_db: f32,
    /// The same after the linear filter.
    linear_db: f32,
    /// The same before the canceller: the echo itself.
    echo_db: f32,
    /// Asked for on top, after an echo was taken for a voice.
    distrust_db: f32,
    /// Frames since the line began, and since the echo was lost.
    line_for: u32,
    found_for: u32,
    /// The newest far levels, oldest first: as far back as an echo may come.
    far: VecDeque<f32>,
    /// The loudest far end whose echo may still be heard.
    far_db: f32,
    /// Energies of the echo before and after the canceller, smoothed.
    before: f32,
    after: f32,
    /// Frames in which something loud was played, and in which it was heard.
    played: u32,
    audible: u32,
}

impl Residual {
    /// Before anything is known: a loud speaker next to the microphone, with
    /// a canceller that has not adapted yet.
    const UNKNOWN: f32 = -12.0;
    /// How much louder than the rest of an echo speech must be, in dB.
    const MARGIN: f32 = 8.0;
    /// The same after the linear filter, which fails more often.
    const LINEAR_MARGIN: f32 = 10.0;
    /// How much louder than the noise floor speech must be, in dB.
    const ABOVE_NOISE: f32 = 8.0;
    /// A room never counts as more quiet than this, in dB: nobody speaks so
    /// softly, and the canceller makes noise of its own.
    const QUIETEST: f32 = -68.0;
    /// How fast the far end is forgotten once its echo has arrived, in dB a
    /// frame: 60 dB in 0.6 s, as a furnished room does.
    const FORGET: f32 = 1.6;
    /// Cancelling never counts as better than this, in dB: it fails for
    /// moments.
    const BEST: f32 = -36.0;
    /// When the echo of a line's first word comes it counts as no better than
    /// this, in dB, and then by so much more a frame: the suppressor has heard
    /// nothing but the candidate for a while, and takes some tenths of a
    /// second to find back.
    const AFRESH: f32 = -22.0;
    const BETTER: f32 = 0.4;
    /// The linear filter counts as no help for a line's first echo, because
    /// clocks drift in a pause, and by so much better a frame, in dB.
    const LINEAR_BETTER: f32 = 0.6;
    /// Frames from which more than this was taken are the echo's, in dB: of a
    /// voice as loud as the echo the canceller takes less, and of the soft
    /// sounds of one that is 6 dB softer no more.
    const TAKEN: f32 = 20.0;
    /// The far end counts as played above this, in dB.
    const LOUD: f32 = -50.0;
    /// Frames over which the energies are averaged: half a second.
    const SMOOTH: f32 = 1.0 / 32.0;
    /// Frames of an echo that is heard, and of a far end whose echo is not,
    /// after which the canceller counts as settled: 0.5 s and 1 s.
    const SETTLED: u32 = 32;
    const SILENT: u32 = 64;
    /// An echo that is heard in less than one of so many frames is none.
    const SELDOM: u32 = 8;
    /// ERLE from which it counts as settled, in dB.
    const GOOD: f32 = 15.0;
    /// The longest delay, in frames: what the canceller can find.
    const LONGEST: usize = 44;
    /// A delay's uncertainty, in frames: its own and one frame's edges.
    const SPREAD: usize = 3;
    /// How much more is asked for after each echo that was taken for a voice,
    /// in dB, and at most.
    const DISTRUST: f32 = 6.0;
    const DISTRUST_MOST: f32 = 18.0;

    /// Nothing known yet.
    pub fn new() -> Self {
        Self {
            coupling_db: Self::UNKNOWN,
            linear_db: 0.0,
            echo_db: 0.0,
            distrust_db: 0.0,
            line_for: u32::MAX,
            found_for: u32::MAX,
            far: VecDeque::with_capacity(Self::LONGEST + 1),
            far_db: SILENCE_DB,
            before: 0.0,
            after: 0.0,
            played: 0,
            audible: 0,
        }
    }

    /// By how much a frame stands out. `delay_ms` is the canceller's view of
    /// the echo's delay.
    pub fn excess(&mut self, levels: Levels, delay_ms: u32) -> Excess {
        self.remember(levels.far, delay_ms);
        self.line_for = self.line_for.saturating_add(1);
        self.found_for = self.found_for.saturating_add(1);
        // Before the canceller has settled, a moment without echo says nothing
        // of the next one.
        let settled = self.state(delay_ms).converged;
        let coupling = if settled {
            self.coupling_db.max(self.best(delay_ms))
        } else {
            self.coupling_db.max(Self::UNKNOWN)
        };
        let noise = levels.noise.max(Self::QUIETEST) + Self::ABOVE_NOISE;
        let above = |level: f32, coupling: f32, margin: f32| {
            level - (self.far_db + coupling + margin + self.distrust_db).max(noise)
        };
        // What the canceller adds was not heard.
        let heard = levels.clean.min(levels.raw);
        let mut sure = above(heard, coupling, Self::MARGIN);
        let linear_db = self.linear_db.max(self.linear_best(delay_ms));
        let linear = above(levels.linear, linear_db, Self::LINEAR_MARGIN);
        if levels.raw - levels.clean > Self::TAKEN {
            sure = sure.min(0.0);
        }
        if sure <= 0.0 {
            self.learn(levels, linear > 0.0, delay_ms);
        }
        Excess {
            sure,
            early: if settled { sure.max(linear) } else { sure },
        }
    }

    /// What stood out was the echo: more is asked for from now on.
    pub fn distrust(&mut self) {
        self.distrust_db = (self.distrust_db + Self::DISTRUST).min(Self::DISTRUST_MOST);
    }

    /// A new line: what was taken for a voice in the last one is forgotten,
    /// and how well the canceller did at its end says little at first.
    pub fn trust(&mut self) {
        self.distrust_db = 0.0;
        self.line_for = 0;
    }

    /// The echo is not where it was.
    pub fn lost(&mut self) {
        self.found_for = 0;
    }

    /// How good, in dB, the canceller can be at this place of a line.
    fn best(&self, delay_ms: u32) -> f32 {
        let of_line = Self::AFRESH - Self::BETTER * self.echoing(delay_ms) as f32;
        of_line.max(Self::UNKNOWN - Self::BETTER * self.found_for as f32)
    }

    /// The same for its linear filter.
    fn linear_best(&self, delay_ms: u32) -> f32 {
        let echoing = self.echoing(delay_ms).min(self.found_for);
        self.echo_db - Self::LINEAR_BETTER * echoing as f32
    }

    /// Frames for which the line's echo has surely been there.
    const fn echoing(&self, delay_ms: u32) -> u32 {
        self.line_for.saturating_sub(Self::frames(delay_ms))
    }

    /// A delay in frames, as long as it may be.
    const fn frames(delay_ms: u32) -> u32 {
        delay_ms.div_ceil(16) + Self::SPREAD as u32
    }

    /// Whether a far end may be heard in this frame.
    pub fn far_active(&self) -> bool {
        self.far_db > Self::LOUD
    }

    /// What is known. `delay_ms` as in [`Self::excess`].
    pub fn state(&self, delay_ms: u32) -> EchoState {
        // A voice over a line is no echo: that is there as often as the line.
        let often = self.audible * Self::SELDOM >= self.played;
        let heard = often && self.audible >= Self::SETTLED;
        let erle = 10.0 * (self.before.max(1e-12) / self.after.max(1e-12)).log10();
        EchoState {
            delay_ms: heard.then_some(delay_ms),
            erle_db: heard.then_some(erle),
            converged: if heard {
                erle >= Self::GOOD
            } else {
                !often && self.played >= Self::SILENT
            },
        }
    }

    fn remember(&mut self, far_db: f32, delay_ms: u32) {
        if self.far.len() > Self::LONGEST {
            self.far.pop_front();
        }
        self.far.push_back(far_db);
        let back = if self.state(delay_ms).converged {
            Self::frames(delay_ms) as usize
        } else {
            Self::LONGEST
        };
        let loudest = self.far.iter().rev().take(back.min(Self::LONGEST) + 1);
        let loudest = loudest.copied().fold(SILENCE_DB, f32::max);
        self.far_db = (self.far_db - Self::FORGET).max(loudest);
    }

    /// Frames that are not the candidate show what is left of the echo.
    /// Frames that stand out do not: a candidate's own voice must not make
    /// the program deaf to it.
    /// `doubtful`: after the linear filter it stands out.
    fn learn(&mut self, levels: Levels, doubtful: bool, delay_ms: u32) {
        // Only while something loud is played is the relation meaningful.
        if !self.far_active() {
            return;
        }
        // Where its echo has not come yet, that nothing is heard says nothing.
        let down = if self.echoing(delay_ms) > 0 {
            0.03
        } else {
            0.0
        };
        let seen = (levels.clean - self.far_db).clamp(Self::BEST, 0.0);
        // Up fast, because hearing oneself is the worse fault; down with a
        // time constant of about half a second.
        let rate = if seen > self.coupling_db { 0.3 } else { down };
        self.coupling_db += (seen - self.coupling_db) * rate;
        let seen = (levels.linear - self.far_db).clamp(Self::BEST, 0.0);
        let rate = match (seen > self.linear_db, doubtful) {
            (true, false) => 0.3,
            // A voice, or a filter that fails: only time tells.
            (true, true) => 0.05,
            (false, _) => down,
        };
        self.linear_db += (seen - self.linear_db) * rate;
        let seen = (levels.raw - self.far_db).clamp(Self::BEST, 0.0);
        let rate = match (seen > self.echo_db, doubtful) {
            (true, false) => 0.1,
            (true, true) => 0.0,
            (false, _) => down,
        };
        self.echo_db += (seen - self.echo_db) * rate;
        self.played = self.played.saturating_add(1);
        if levels.raw > levels.noise + 2.0 * Self::ABOVE_NOISE {
            self.audible = self.audible.saturating_add(1);
            let power = |db: f32| 10f32.powf(db / 10.0);
            self.before += (power(levels.raw) - self.before) * Self::SMOOTH;
            self.after += (power(levels.clean) - self.after) * Self::SMOOTH;
        }
    }
}

impl Default for Residual {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(clean: f32, raw: f32, far: f32) -> Levels {
        Levels {
            clean,
            linear: raw - 10.0,
            raw,
            far,
            noise: -70.0,
        }
    }

    #[test]
    fn what_is_left_of_an_echo_is_not_the_candidate_but_a_voice_is() {
        let mut residual = Residual::new();
        // An echo that settles at 25 dB below what is played.
        assert!((0..200).all(|_| residual.excess(levels(-45.0, -28.0, -20.0), 40).sure < 0.0));
        assert!(residual.excess(levels(-25.0, -24.0, -20.0), 40).sure > 0.0);
        // As loud, but most of it was taken out.
        assert!(residual.excess(levels(-25.0, -4.0, -20.0), 40).sure <= 0.0);
        // Soft as the room itself.
        assert!(residual.excess(levels(-64.0, -64.0, -20.0), 40).sure < 0.0);
    }

    #[test]
    fn a_voice_that_is_suppressed_at_first_stands_out_early() {
        let mut residual = Residual::new();
        (0..200).for_each(|_| {
            residual.excess(levels(-60.0, -32.0, -20.0), 40);
        });
        let voice = Levels {
            linear: -24.0,
            ..levels(-50.0, -23.0, -20.0)
        };
        let found = residual.excess(voice, 40);
        assert!(found.sure <= 0.0 && found.early > 0.0, "{found:?}");
    }

    #[test]
    fn before_it_has_settled_only_a_loud_voice_stands_out() {
        let mut residual = Residual::new();
        assert!(residual.excess(levels(-30.0, -28.0, -20.0), 40).sure < 0.0);
        assert!(residual.excess(levels(-20.0, -18.0, -20.0), 40).sure > 0.0);
    }

    #[test]
    fn an_echo_that_comes_late_still_counts_as_one() {
        let mut residual = Residual::new();
        (0..200).for_each(|_| {
            residual.excess(levels(-45.0, -28.0, -20.0), 480);
        });
        // The line pauses, its echo goes on for half a second.
        assert!((0..28).all(|_| residual.excess(levels(-40.0, -25.0, -90.0), 480).sure < 0.0));
        (0..60).for_each(|_| {
            residual.excess(levels(-90.0, -80.0, -90.0), 480);
        });
        assert!(residual.excess(levels(-40.0, -39.0, -90.0), 480).sure > 0.0);
    }

    #[test]
    fn its_state_follows_the_echo() {
        let mut residual = Residual::new();
        assert_eq!(residual.state(20), EchoState::default());
        (0..100).for_each(|_| {
            residual.excess(levels(-60.0, -30.0, -20.0), 120);
        });
        let state = residual.state(120);
        assert_eq!(state.delay_ms, Some(120));
        assert!(state.converged && (state.erle_db.unwrap() - 30.0).abs() < 1.0);
        // With a headset nothing of it is heard.
        let mut headset = Residual::new();
        (0..100).for_each(|_| {
            headset.excess(levels(-75.0, -75.0, -20.0), 20);
        });
        let none = EchoState {
            converged: true,
            ..EchoState::default()
        };
        assert_eq!(headset.state(20), none);
    }

    #[test]
    fn an_echo_that_was_taken_for_a_voice_raises_the_bar_until_the_next_line() {
        let mut residual = Residual::new();
        // 20 dB below what is played: no better than what a new line gets.
        (0..200).for_each(|_| {
            residual.excess(levels(-40.0, -28.0, -20.0), 40);
        });
        let voice = levels(-29.0, -28.0, -20.0);
        let fresh = residual.clone().excess(voice, 40).sure;
        residual.distrust();
        assert!((fresh - residual.clone().excess(voice, 40).sure - 6.0).abs() < 0.5);
        residual.trust();
        assert!((fresh - residual.excess(voice, 40).sure).abs() < 0.5);
    }

    #[test]
    fn the_time_before_an_echo_arrives_teaches_nothing() {
        let mut residual = Residual::new();
        (0..300).for_each(|_| {
            residual.excess(levels(-45.0, -28.0, -20.0), 480);
        });
        residual.trust();
        // Nothing is heard of the line's first half second; then the filter
        // fails, because the clocks have drifted apart.
        (0..30).for_each(|_| {
            residual.excess(levels(-80.0, -80.0, -20.0), 480);
        });
        let echo = Levels {
            linear: -29.0,
            ..levels(-60.0, -28.0, -20.0)
        };
        assert!((0..8).all(|_| residual.excess(echo, 480).early <= 0.0));
    }

    #[test]
    fn an_echo_that_was_lost_is_mistrusted_until_it_is_found_again() {
        let mut residual = Residual::new();
        let echo = levels(-60.0, -28.0, -20.0);
        (0..300).for_each(|_| {
            residual.excess(echo, 100);
        });
        let leak = levels(-34.0, -28.0, -20.0);
        assert!(residual.clone().excess(leak, 100).sure > 0.0);
        residual.lost();
        assert!(residual.clone().excess(leak, 100).sure <= 0.0);
        (0..100).for_each(|_| {
            residual.excess(echo, 100);
        });
        assert!(residual.excess(leak, 100).sure > 0.0);
    }

    #[test]
    fn a_new_line_is_mistrusted_until_its_echo_was_taken_out() {
        let mut residual = Residual::new();
        let echo = levels(-60.0, -28.0, -20.0);
        (0..300).for_each(|_| {
            residual.excess(echo, 40);
        });
        // What leaks through at a line's start would else count as a voice.
        let leak = levels(-38.0, -28.0, -20.0);
        for delay_ms in [40, 480] {
            let mut residual = residual.clone();
            assert!(residual.clone().excess(leak, delay_ms).sure > 0.0);
            residual.trust();
            // However late its echo is.
            for _ in 0..delay_ms / 16 {
                residual.excess(levels(-80.0, -80.0, -20.0), delay_ms);
            }
            assert!(residual.clone().excess(leak, delay_ms).sure <= 0.0);
            (0..100).for_each(|_| {
                residual.excess(echo, delay_ms);
            });
            assert!(residual.excess(leak, delay_ms).sure > 0.0);
        }
    }
}
