//! A sound over a line: the line is softened at once, then stopped where the
//! sound is a voice that goes on, or brought back where it was a cough. Pure:
//! it counts frames, like the endpointer.
//!
//! ```text
//!          stands out          a voice that goes on
//!   Full ------------> Ducked ----------------------> Held
//!    ^___________________|  quiet, and no word          |
//!    ^__________________________________________________|  the house decided
//! ```
//!
//! *Held* keeps the line's place: nothing is lost if the words turn out to be
//! an "mhm". Who stops the line for good is the house, which knows the words.

use super::settings::InterruptSettings;

/// How loud the line is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Loudness {
    /// As it was made.
    #[default]
    Full = 0,
    /// Softly: somebody made a sound.
    Ducked = 1,
    /// Not at all, and no further: somebody speaks.
    Held = 2,
}

impl Loudness {
    /// From its number; anything else is `Full`.
    pub const fn from_u8(n: u8) -> Self {
        match n {
            1 => Self::Ducked,
            2 => Self::Held,
            _ => Self::Full,
        }
    }
}

/// One frame as far as a line that is playing is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound {
    /// Whether a line is playing.
    pub over_line: bool,
    /// By how many dB it stands out of echo and noise; not above 0: it does
    /// not.
    pub excess_db: f32,
    /// Whether it is a voice.
    pub voiced: bool,
    /// Whether the endpointer has a turn open: words were heard.
    pub in_turn: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Interrupt {
    settings: Frames,
    state: State,
    now: u64,
    /// Frames that stood out, newest in bit 0.
    loud: u32,
    /// Whether an endless noise was given up on, and since when it is quiet.
    deaf: Option<u64>,
}

/// The settings in frames.
#[derive(Clone, Copy, Debug)]
struct Frames {
    duck: u32,
    alone_db: f32,
    stop: u64,
    voiced: u64,
    gap: u64,
    quiet: u64,
    verdict: u64,
    noise: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Full,
    Sounding(Burst),
    Held(Burst),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Burst {
    first: u64,
    last: u64,
    /// Voiced frames, and the last of them.
    voiced: u64,
    last_voiced: u64,
    /// Words were heard in it.
    words: bool,
}

impl Interrupt {
    /// Nothing heard yet.
    pub fn new(s: &InterruptSettings) -> Self {
        let frames = |ms: u32| u64::from(ms.div_ceil(super::endpoint::FRAME_MS)).max(1);
        Self {
            settings: Frames {
                duck: s.duck_frames.clamp(1, 3),
                alone_db: s.duck_alone_db,
                stop: frames(s.stop_ms),
                voiced: frames(s.voiced_ms),
                gap: frames(s.gap_ms),
                quiet: frames(s.quiet_ms),
                verdict: frames(s.verdict_ms),
                noise: frames(s.noise_ms),
            },
            state: State::Full,
            now: 0,
            loud: 0,
            deaf: None,
        }
    }

    /// How loud the line is to be now.
    pub const fn loudness(&self) -> Loudness {
        match self.state {
            State::Full => Loudness::Full,
            State::Sounding(_) => Loudness::Ducked,
            State::Held(_) => Loudness::Held,
        }
    }

    /// The house decided that it was nothing: the line goes on.
    pub fn restore(&mut self) {
        self.state = State::Full;
        self.loud = 0;
    }

    /// Takes the next frame. Gives the sound's first frame when the line
    /// stops for it.
    pub fn push(&mut self, sound: Sound) -> Option<u64> {
        let at = self.now;
        self.now += 1;
        if !sound.over_line {
            self.restore();
            self.deaf = None;
            return None;
        }
        let loud = sound.excess_db > 0.0;
        self.loud = (self.loud << 1) | u32::from(loud);
        match self.state {
            State::Full => {
                self.begin(at, sound);
                None
            }
            State::Sounding(mut burst) => {
                burst.add(at, sound);
                self.state = State::Sounding(burst);
                self.sounding(at, burst, sound.in_turn)
            }
            State::Held(mut burst) => {
                burst.add(at, sound);
                self.state = State::Held(burst);
                if at - burst.last >= self.patience(burst) {
                    self.restore();
                }
                None
            }
        }
    }

    /// Quiet after which the line comes back without a word of the house.
    const fn patience(&self, burst: Burst) -> u64 {
        if burst.words {
            self.settings.verdict
        } else {
            self.settings.quiet
        }
    }

    fn begin(&mut self, at: u64, sound: Sound) {
        if let Some(quiet) = self.deaf {
            if sound.voiced {
                self.deaf = None;
            } else if sound.excess_db > 0.0 {
                self.deaf = Some(at);
                return;
            } else if at - quiet >= self.settings.quiet {
                self.deaf = None;
            }
        }
        let recent = self.loud & 0b111;
        let enough = recent.count_ones() >= self.settings.duck;
        if recent & 1 == 0 || !(enough || sound.excess_db >= self.settings.alone_db) {
            return;
        }
        let back = u64::from(u32::BITS - recent.leading_zeros() - 1);
        let mut burst = Burst {
            first: at.saturating_sub(back),
            last: at,
            voiced: 0,
            last_voiced: 0,
            words: false,
        };
        burst.add(at, sound);
        self.state = State::Sounding(burst);
    }

    fn sounding(&mut self, at: u64, burst: Burst, in_turn: bool) -> Option<u64> {
        let s = self.settings;
        let long = at + 1 - burst.first;
        let goes_on = burst.voiced >= s.voiced && at - burst.last_voiced <= s.gap;
        if long >= s.stop && goes_on {
            self.state = State::Held(burst);
            return Some(burst.first);
        }
        let quiet = at - burst.last;
        if quiet >= self.patience(burst) {
            self.restore();
        } else if long >= s.noise && !in_turn {
            self.restore();
            self.deaf = Some(at);
        }
        None
    }
}

impl Burst {
    const fn add(&mut self, at: u64, sound: Sound) {
        self.words |= sound.in_turn;
        if sound.excess_db > 0.0 || sound.voiced {
            self.last = at;
        }
        if sound.voiced {
            self.voiced += 1;
            self.last_voiced = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: Sound = Sound {
        over_line: true,
        excess_db: -5.0,
        voiced: false,
        in_turn: false,
    };
    const VOICE: Sound = Sound {
        excess_db: 6.0,
        voiced: true,
        ..LINE
    };
    const KNOCK: Sound = Sound {
        excess_db: 6.0,
        ..LINE
    };

    struct Run(Interrupt);

    impl Run {
        fn frames(&mut self, n: usize, sound: Sound) -> Vec<u64> {
            (0..n).filter_map(|_| self.0.push(sound)).collect()
        }

        fn loudness(&self) -> Loudness {
            self.0.loudness()
        }
    }

    fn run() -> Run {
        let mut run = Run(Interrupt::new(&InterruptSettings::default()));
        run.frames(10, LINE);
        run
    }

    #[test]
    fn two_frames_that_stand_out_duck_and_one_that_does_so_clearly() {
        let mut run = run();
        run.frames(1, VOICE);
        assert_eq!(run.loudness(), Loudness::Full);
        run.frames(1, VOICE);
        assert_eq!(run.loudness(), Loudness::Ducked);
        let mut run = self::run();
        let clear = Sound {
            excess_db: 12.0,
            ..VOICE
        };
        run.frames(1, clear);
        assert_eq!(run.loudness(), Loudness::Ducked);
    }

    #[test]
    fn a_voice_that_goes_on_stops_the_line_after_288_ms() {
        let mut run = run();
        assert!(run.frames(17, VOICE).is_empty());
        assert_eq!(run.frames(1, VOICE), [10]);
        assert_eq!(run.loudness(), Loudness::Held);
        // It waits for the house, because words were heard.
        let word = Sound {
            in_turn: true,
            ..VOICE
        };
        run.frames(1, word);
        run.frames(100, LINE);
        assert_eq!(run.loudness(), Loudness::Held);
        run.0.restore();
        assert_eq!(run.loudness(), Loudness::Full);
    }

    #[test]
    fn a_knock_or_a_cough_brings_the_line_back_after_160_ms_of_quiet() {
        let mut run = run();
        run.frames(12, KNOCK);
        assert_eq!(run.loudness(), Loudness::Ducked);
        assert!(run.frames(9, LINE).is_empty());
        assert_eq!(run.loudness(), Loudness::Ducked);
        run.frames(1, LINE);
        assert_eq!(run.loudness(), Loudness::Full);
    }

    #[test]
    fn after_a_word_the_line_stays_soft_until_the_house_decides() {
        let mut run = run();
        let word = Sound {
            in_turn: true,
            ..VOICE
        };
        let after = Sound {
            in_turn: true,
            ..LINE
        };
        run.frames(12, word);
        run.frames(100, after);
        assert_eq!(run.loudness(), Loudness::Ducked);
        // Nobody decided: never stuck.
        run.frames(200, after);
        assert_eq!(run.loudness(), Loudness::Full);
    }

    #[test]
    fn an_endless_noise_is_played_over_until_a_voice_is_heard() {
        let mut run = run();
        assert!(run.frames(400, KNOCK).is_empty());
        assert_eq!(run.loudness(), Loudness::Full);
        run.frames(2, VOICE);
        assert_eq!(run.loudness(), Loudness::Ducked);
    }

    #[test]
    fn a_line_that_is_over_leaves_nothing_behind() {
        let mut run = run();
        run.frames(30, VOICE);
        let over = Sound {
            over_line: false,
            ..VOICE
        };
        run.frames(1, over);
        assert_eq!(run.loudness(), Loudness::Full);
    }

    proptest! {
        #[test]
        fn it_never_holds_without_ducking_first_and_never_gets_stuck(
            frames in proptest::collection::vec((any::<bool>(), -20f32..20.0, any::<bool>(), any::<bool>()), 0..600)
        ) {
            let mut it = Interrupt::new(&InterruptSettings::default());
            let mut before = Loudness::Full;
            for (over_line, excess_db, voiced, in_turn) in frames {
                let began = it.push(Sound { over_line, excess_db, voiced, in_turn });
                let now = it.loudness();
                prop_assert!(now != Loudness::Held || before != Loudness::Full);
                prop_assert_eq!(began.is_some(), now == Loudness::Held && before == Loudness::Ducked);
                before = now;
            }
            for _ in 0..260 {
                it.push(Sound { in_turn: true, ..LINE });
            }
            prop_assert_eq!(it.loudness(), Loudness::Full);
        }
    }
}
