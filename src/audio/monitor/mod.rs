//! A microphone that is none: sound servers offer a *monitor*, a copy of what
//! a speaker plays, among their sources, and give it to whoever listens where
//! there is no microphone. Its sound must never be taken for a candidate's.
//!
//! The server is asked where it can be ([`ask`]): once at the beginning, and
//! again when the sound turns to digital silence, as that of a monitor does
//! between lines. Where it does not answer, the sound itself tells ([`copy`]).

mod ask;
mod copy;

use super::RATE;
use super::attempt::{Attempt, Progress};
use super::error::AudioError;
use crate::clock::Clock;
use ask::Source;
pub(super) use ask::{default_source, source_of_this_process};
use copy::{Likeness, Verdict};
use std::sync::Arc;

/// Samples judged at a time: 100 ms.
const WINDOW: usize = RATE as usize / 10;
/// Windows of digital silence after sound that make it worth asking: 0.3 s.
const SILENT: u32 = 3;
/// Windows with sound of its own that mean a microphone: 0.5 s. A notice that
/// another program plays is over by then, or taken for one until the next
/// line.
const OWN: u32 = 5;
/// The speaker must have been silent for so many samples before a sound is
/// no late copy: 0.6 s.
const FAR_SILENT: usize = RATE as usize * 6 / 10;
/// Pause between two questions while there is no microphone, in milliseconds:
/// one that returns is to be used again soon.
const ASK_MS: u64 = 400;
/// The first pause between two while there is one.
const SELDOM_MS: u64 = 2_000;
/// The longest: noise suppressors make a silence of every pause.
const RARELY_MS: u64 = 60_000;
/// Comparisons in a row that make a copy: chance makes one.
const ALIKE: u32 = 2;
/// Comparisons, none of them a copy between, before a sound counts as none
/// any more: more than a second. A server that starves makes holes.
const DIFFERS: u32 = 12;

/// Why samples are missing while there is nothing but a monitor.
pub(super) const COPY: &str = "there was no microphone, only a copy of what is played";

/// Whether a device or source is a monitor, by its name or description.
pub(super) fn is_monitor(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with(".monitor") || name.starts_with("monitor of ")
}

/// What the candidate is told when a monitor took the microphone's place.
pub(super) const GONE: &str = "There is no microphone: what arrives is a copy of what the speaker \
     plays. Please plug a microphone in, or choose one in the system's sound settings; until \
     then, answers can be typed";
/// That it is over.
pub(super) const BACK: &str = "The microphone is back";

/// Looks whether a microphone that was opened just now is a monitor. One
/// that was named is used all the same, unless it is that of the speaker:
/// monitors of other outputs serve as virtual cables.
///
/// # Errors
///
/// [`AudioError::Monitor`] if it is.
pub(super) fn refuse(name: &str, named: bool, clock: &Clock) -> Result<(), AudioError> {
    if is_monitor(name) && !named {
        return Err(AudioError::Monitor {
            name: name.to_owned(),
            known: String::new(),
        });
    }
    let asked = Attempt::begin_aloud(clock.now().millis(), source_of_this_process);
    match asked.map_err(AudioError::Thread)?.wait(clock) {
        Progress::Done(Some(source)) if source.is_copy(named) => Err(AudioError::Monitor {
            known: source.known(),
            name: source.name,
        }),
        _ => Ok(()),
    }
}

type Ask = dyn Fn() -> Option<Source> + Send + Sync;

/// What became of the microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// There is none any more, only a monitor.
    Gone,
    /// There is one again.
    Back,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Microphone,
    /// Nothing but a monitor: as the server says, or only by its sound.
    Copy {
        told_by_server: bool,
    },
}

/// Watches one microphone's sound. Times are milliseconds of one clock.
pub(super) struct Guard {
    /// The microphone was asked for by name.
    named: bool,
    ask: Arc<Ask>,
    asking: Option<Attempt<Option<Source>>>,
    /// No question before this, and the pause after the next.
    ask_at: u64,
    pause: u64,
    state: State,
    early: Likeness,
    late: Likeness,
    window: Vec<f32>,
    /// Windows of digital silence in a row, and whether it was asked for.
    silent: u32,
    asked: bool,
    /// The device is another one, which was not asked for yet.
    other: bool,
    /// It sounds like a copy, and the server was asked.
    suspect: bool,
    /// The server called what sounded like a copy a microphone.
    denied: bool,
    /// Windows in a row with sound that is not the speaker's.
    own: u32,
    /// Comparisons in a row that found a copy, and that found none.
    alike: u32,
    differs: u32,
    far_silent: usize,
}

impl Guard {
    /// For a microphone that was not refused.
    pub(super) fn new(named: bool) -> Self {
        Self::asking(named, source_of_this_process)
    }

    fn asking(named: bool, ask: impl Fn() -> Option<Source> + Send + Sync + 'static) -> Self {
        Self {
            named,
            ask: Arc::new(ask),
            asking: None,
            ask_at: 0,
            pause: SELDOM_MS,
            state: State::Microphone,
            early: Likeness::early(),
            late: Likeness::late(),
            window: Vec::with_capacity(WINDOW),
            silent: 0,
            asked: true,
            other: false,
            suspect: false,
            denied: false,
            own: 0,
            alike: 0,
            differs: 0,
            far_silent: 0,
        }
    }

    /// Whether there is nothing but a monitor.
    pub(super) const fn absent(&self) -> bool {
        matches!(self.state, State::Copy { .. })
    }

    /// The device is gone altogether: what was known of it is of no use for
    /// the next, which is asked for at its first sound.
    pub(super) fn forget(&mut self) {
        let fresh = Self {
            named: self.named,
            ask: self.ask.clone(),
            other: true,
            ..Self::new(self.named)
        };
        *self = fresh;
    }

    /// Takes what the microphone gave and what was heard meanwhile.
    pub(super) fn hear(&mut self, now: u64, near: &[f32], far: &[f32]) -> Option<Turn> {
        self.far_silent = match far.iter().all(|v| v.abs() < 1e-5) {
            true => self.far_silent + far.len(),
            false => 0,
        };
        self.window.extend_from_slice(near);
        if self.window.len() >= WINDOW {
            self.look_at_window();
        }
        let before = self.absent();
        let heard = [self.early.hear(near, far), self.late.hear(near, far)];
        for heard in heard {
            self.judge(heard, now);
        }
        if let Some(answer) = self.answer(now) {
            self.take(answer.as_ref());
        }
        self.ask_if_due(now);
        match (before, self.absent()) {
            (false, true) => Some(Turn::Gone),
            (true, false) => Some(Turn::Back),
            _ => None,
        }
    }

    fn look_at_window(&mut self) {
        let first = self.window[0];
        if self.window.iter().all(|v| (v - first).abs() < 1e-6) {
            self.silent += 1;
            self.own = 0;
        } else {
            (self.silent, self.asked) = (0, false);
            self.own = match self.far_silent >= FAR_SILENT {
                true => self.own + 1,
                false => 0,
            };
        }
        self.window.clear();
    }

    fn judge(&mut self, heard: Verdict, now: u64) {
        match heard {
            Verdict::Copy => {
                self.differs = 0;
                self.alike += 1;
                let new = self.state == State::Microphone && !self.suspect;
                if new && self.alike >= ALIKE {
                    (self.suspect, self.ask_at) = (true, now);
                }
            }
            Verdict::Differs => {
                self.differs += 1;
                self.alike = 0;
            }
            Verdict::Unknown => {}
        }
        let by_sound = State::Copy {
            told_by_server: false,
        };
        if self.state == by_sound && (self.own >= OWN || self.differs >= DIFFERS) {
            self.state = State::Microphone;
        }
    }

    fn be_copy(&mut self, told_by_server: bool) {
        self.state = State::Copy { told_by_server };
        (self.own, self.differs, self.suspect) = (0, 0, false);
    }

    fn forget_sound(&mut self) {
        self.early.forget();
        self.late.forget();
        (self.alike, self.differs) = (0, 0);
    }

    /// What the server answered; `Some(None)` where it did not.
    fn answer(&mut self, now: u64) -> Option<Option<Source>> {
        let answer = match self.asking.as_ref()?.look(now) {
            Progress::Pending => return None,
            Progress::Done(answer) => answer,
            Progress::Stuck | Progress::Died => None,
        };
        self.asking = None;
        Some(answer)
    }

    fn take(&mut self, answer: Option<&Source>) {
        let copy = answer.map(|source| source.is_copy(self.named));
        match (self.state, copy) {
            (_, Some(true)) => {
                self.denied = false;
                self.be_copy(true);
            }
            (State::Microphone, None) if self.suspect => self.be_copy(false),
            (State::Microphone, Some(false)) if self.suspect => {
                // It may have been one until just now. What goes on sounding
                // like a copy is one under another name.
                if std::mem::replace(&mut self.denied, true) {
                    self.be_copy(false);
                }
                self.suspect = false;
                self.forget_sound();
            }
            (State::Copy { told_by_server }, answer) if told_by_server => match answer {
                Some(_) => {
                    self.state = State::Microphone;
                    self.forget_sound();
                }
                None => self.be_copy(false),
            },
            _ => {}
        }
    }

    fn ask_if_due(&mut self, now: u64) {
        let sought = self.absent() && !self.denied;
        let wanted = sought || self.suspect || self.other || (self.silent >= SILENT && !self.asked);
        if !wanted || self.asking.is_some() || now < self.ask_at {
            return;
        }
        (self.asked, self.other) = (true, false);
        self.ask_at = if sought || self.suspect {
            now + ASK_MS
        } else {
            self.pause = (self.pause * 2).min(RARELY_MS);
            now + self.pause
        };
        let ask = self.ask.clone();
        match Attempt::begin_aloud(now, move || ask()) {
            Ok(asking) => self.asking = Some(asking),
            Err(error) => tracing::warn!(%error, "No thread to ask the sound server"),
        }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
