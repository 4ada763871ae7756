//! When a device counts as gone, when to try again, and when it is back:
//! decided from counts and times that are handed in.

/// A running device that calls back no more for this long is stuck, in
/// milliseconds. A busy machine makes callbacks late by up to two tenths of a
/// second, and all that was captured meanwhile still comes; far beyond that
/// nothing comes any more.
const STALL_MS: u64 = 1_000;
/// The same before the first callback, and for a stream this young: sound
/// servers let an idle device sleep and may take 2 s to wake it.
const FIRST_MS: u64 = 3_000;
/// Errors without a callback in between that mean that the device is gone,
/// even if the system does not say so: a sound server that has ended makes a
/// million a second, one that stumbles some hundreds at once.
const ERRORS: u64 = 10_000;
/// How long nothing but errors must have come, in milliseconds.
const ERRORS_MS: u64 = 400;
/// Pause between two tries to open a device that is gone: a third of the
/// 300 ms within which one that returns is to be used again.
const RETRY_MS: u64 = 100;

/// Why a device is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The system says that it is not there.
    Disconnected,
    /// Its format changed, so that the stream must be made anew.
    Changed,
    /// It says nothing and does nothing.
    Stalled,
}

impl Why {
    /// What happened, after "The microphone ...".
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Disconnected => "was disconnected",
            Self::Changed => "changed its format",
            Self::Stalled => "stopped working",
        }
    }

    /// What a gap on the record says.
    pub(crate) const fn gap(self) -> &'static str {
        match self {
            Self::Disconnected => "the device was disconnected",
            Self::Changed => "the device changed its format",
            Self::Stalled => "the device stopped working",
        }
    }
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Nothing.
    Wait,
    /// The stream is over: let go of it. Said once an absence.
    Lost(Why),
    /// A stream that was opened in the place of a lost one does not work
    /// either: let go of it.
    Discard,
    /// Try to open the device.
    Open,
    /// It works again.
    Back,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Opened, without a callback yet.
    Opened { at: u64 },
    /// Working since; the last callback was seen then, and so many errors
    /// had come by that time.
    Running {
        since: u64,
        at: u64,
        beats: u64,
        errors: u64,
    },
    /// Not there; the next try is due then.
    Gone { next: u64 },
    /// A try is under way.
    Opening,
}

/// One device's watch. Times are milliseconds of one clock.
#[derive(Debug)]
pub(crate) struct Watch {
    state: State,
    /// Whether the device counts as gone until it is back.
    lost: bool,
}

impl Watch {
    /// For a device that was opened now.
    pub(crate) const fn new(now: u64) -> Self {
        Self {
            state: State::Opened { at: now },
            lost: false,
        }
    }

    /// Whether the device counts as gone.
    #[cfg(test)]
    pub(crate) const fn lost(&self) -> bool {
        self.lost
    }

    /// Takes the numbers of the stream's callbacks and errors, and what the
    /// system said about its end.
    pub(crate) fn look(&mut self, now: u64, beats: u64, errors: u64, over: Option<Why>) -> Advice {
        match self.state {
            State::Opened { .. } | State::Running { .. } if over.is_some() => {
                self.gone(now, over.unwrap_or(Why::Stalled))
            }
            State::Opened { at } if beats == 0 => {
                if now < at + FIRST_MS {
                    return Advice::Wait;
                }
                self.gone(now, Why::Stalled)
            }
            State::Opened { .. } => {
                self.state = State::Running {
                    since: now,
                    at: now,
                    beats,
                    errors,
                };
                if std::mem::take(&mut self.lost) {
                    Advice::Back
                } else {
                    Advice::Wait
                }
            }
            State::Running {
                since,
                beats: before,
                ..
            } if beats != before => {
                self.state = State::Running {
                    since,
                    at: now,
                    beats,
                    errors,
                };
                Advice::Wait
            }
            State::Running {
                since,
                at,
                errors: before,
                ..
            } => {
                if errors - before >= ERRORS && now >= at + ERRORS_MS {
                    return self.gone(now, Why::Disconnected);
                }
                let young = now < since + FIRST_MS;
                if now < at + if young { FIRST_MS } else { STALL_MS } {
                    return Advice::Wait;
                }
                self.gone(now, Why::Stalled)
            }
            State::Gone { next } => {
                if now < next {
                    return Advice::Wait;
                }
                self.state = State::Opening;
                Advice::Open
            }
            State::Opening => Advice::Wait,
        }
    }

    /// The try that was advised succeeded.
    pub(crate) const fn opened(&mut self, now: u64) {
        self.state = State::Opened { at: now };
    }

    /// The try that was advised failed.
    pub(crate) const fn failed(&mut self, now: u64) {
        self.state = State::Gone {
            next: now + RETRY_MS,
        };
    }

    fn gone(&mut self, now: u64, why: Why) -> Advice {
        self.state = State::Gone { next: now };
        if std::mem::replace(&mut self.lost, true) {
            Advice::Discard
        } else {
            Advice::Lost(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_device_that_works_is_left_alone() {
        let mut watch = Watch::new(0);
        for i in 1..1_000 {
            // Late now and then, but never for a second.
            let late = if i % 50 == 0 { 700 } else { 0 };
            assert_eq!(watch.look(i * 1_000 + late, i, 0, None), Advice::Wait);
            assert_eq!(watch.look(i * 1_000 + late + 200, i, 0, None), Advice::Wait);
        }
        assert!(!watch.lost());
    }

    #[test]
    fn a_device_that_is_unplugged_is_lost_at_once_tried_often_and_told_back() {
        let mut watch = Watch::new(0);
        watch.look(10, 5, 0, None);
        let gone = Some(Why::Disconnected);
        assert_eq!(watch.look(20, 5, 0, gone), Advice::Lost(Why::Disconnected));
        assert_eq!(watch.look(20, 0, 0, None), Advice::Open);
        assert_eq!(watch.look(25, 0, 0, None), Advice::Wait);
        watch.failed(30);
        assert_eq!(watch.look(129, 0, 0, None), Advice::Wait);
        assert_eq!(watch.look(130, 0, 0, None), Advice::Open);
        watch.opened(160);
        assert!(watch.lost());
        assert_eq!(watch.look(165, 0, 0, None), Advice::Wait);
        assert_eq!(watch.look(175, 1, 0, None), Advice::Back);
        assert!(!watch.lost());
    }

    #[test]
    fn a_stream_that_never_calls_back_is_made_anew() {
        let mut watch = Watch::new(0);
        assert_eq!(watch.look(FIRST_MS - 1, 0, 0, None), Advice::Wait);
        assert_eq!(watch.look(FIRST_MS, 0, 0, None), Advice::Lost(Why::Stalled));
        assert_eq!(watch.look(FIRST_MS, 0, 0, None), Advice::Open);
        watch.opened(FIRST_MS + 50);
        // The new one is no better: no second message, but another try.
        assert_eq!(watch.look(2 * FIRST_MS + 50, 0, 0, None), Advice::Discard);
        assert_eq!(watch.look(2 * FIRST_MS + 50, 0, 0, None), Advice::Open);
    }

    #[test]
    fn a_stream_that_falls_silent_is_stuck_after_a_second() {
        let mut watch = Watch::new(0);
        watch.look(10, 1, 0, None);
        // Not within its first moments.
        assert_eq!(watch.look(2_500, 1, 0, None), Advice::Wait);
        assert_eq!(watch.look(4_000, 2, 0, None), Advice::Wait);
        assert_eq!(watch.look(4_000 + STALL_MS - 1, 2, 0, None), Advice::Wait);
        assert_eq!(
            watch.look(4_000 + STALL_MS, 2, 0, None),
            Advice::Lost(Why::Stalled)
        );
    }

    #[test]
    fn nothing_but_errors_means_that_the_device_is_gone() {
        let mut watch = Watch::new(0);
        // Many of them at the start, and a few now and then, are usual.
        assert_eq!(watch.look(10, 0, 50_000, None), Advice::Wait);
        assert_eq!(watch.look(20, 1, 50_000, None), Advice::Wait);
        assert_eq!(watch.look(190, 1, 50_100, None), Advice::Wait);
        assert_eq!(watch.look(200, 2, 50_100, None), Advice::Wait);
        assert_eq!(watch.look(210, 2, 60_000, None), Advice::Wait);
        assert_eq!(watch.look(590, 2, 150_000, None), Advice::Wait);
        assert_eq!(
            watch.look(600, 2, 200_000, None),
            Advice::Lost(Why::Disconnected)
        );
    }

    proptest! {
        /// Whatever a device does: lost and back take turns, and nothing is
        /// opened while something is open or being opened.
        #[test]
        fn lost_and_back_take_turns(steps in proptest::collection::vec((0u64..900, 0u8..8), 1..200)) {
            let mut watch = Watch::new(0);
            let (mut now, mut beats, mut open, mut opening, mut lost) = (0, 0, true, false, false);
            for (time, act) in steps {
                now += time;
                if open && act < 4 {
                    beats += 1;
                }
                if opening && act == 5 {
                    watch.opened(now);
                    (open, opening, beats) = (true, false, 0);
                } else if opening && act == 6 {
                    watch.failed(now);
                    opening = false;
                }
                let over = (open && act == 7).then_some(Why::Disconnected);
                match watch.look(now, if open { beats } else { 0 }, 0, over) {
                    Advice::Wait => {}
                    Advice::Lost(_) => {
                        prop_assert!(open && !lost);
                        (open, lost) = (false, true);
                    }
                    Advice::Discard => {
                        prop_assert!(open && lost);
                        open = false;
                    }
                    Advice::Open => {
                        prop_assert!(!open && !opening && lost);
                        opening = true;
                    }
                    Advice::Back => {
                        prop_assert!(open && lost && beats > 0);
                        lost = false;
                    }
                }
                prop_assert_eq!(watch.lost(), lost);
            }
        }
    }
}
