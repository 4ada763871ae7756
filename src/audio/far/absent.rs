//! The far end while there is no speaker: nothing is heard, lines that were
//! stopped are over all the same, and the hole is told.

use super::super::capture::Missing;
use super::super::echo::STEP;
use super::super::error::AudioError;
use super::super::frontend::LineNews;
use super::super::playback::{Mark, What};
use super::super::watch::Why;
use super::super::{RATE, SamplePos};
use super::{DeviceSpeaker, TapEnds, tell};
use std::sync::atomic::Ordering;

/// A gap that goes on is told this often: 1 s.
const TELL: u64 = RATE as u64;

/// A stretch in which there is no speaker.
pub(super) struct Absence {
    why: Why,
    /// Up to here it was told.
    told: SamplePos,
}

/// The line that is being played, as far as the marks say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Playing(Option<(u32, u64)>);

impl Playing {
    /// Takes a mark.
    pub(super) fn note(&mut self, mark: &Mark) {
        self.0 = match mark.what {
            What::Started { take } => Some((take, mark.frame)),
            What::Ended { .. } | What::Stopped { .. } => None,
            What::Level { .. } => return,
        };
    }
}

impl DeviceSpeaker {
    /// The stream is over. Lines that it had are over too, with what was
    /// handed to the device of them.
    pub(crate) fn lose(
        &mut self,
        pos: SamplePos,
        why: Why,
        news: &mut Vec<LineNews>,
        missing: &mut Vec<Missing>,
    ) {
        self.take();
        while let Some(mark) = self.marks.pop_front() {
            self.playing.note(&mark);
            tell(&self.lines, mark, pos, self.ends.rate, news);
        }
        missing.extend(self.missing.drain(..).map(|gap| Missing { at: pos, ..gap }));
        let (playing, from) = self.playing.0.unwrap_or((0, self.frames));
        let stopped = What::Stopped {
            last: self.lines.stop(),
            playing,
            frames: self.frames.saturating_sub(from),
        };
        let mark = Mark {
            frame: self.frames,
            what: stopped,
        };
        tell(&self.lines, mark, pos, self.ends.rate, news);
        self.playing = Playing::default();
        self.forget();
        if self.absence.is_none() {
            self.absence = Some(Absence { why, told: pos });
        }
    }

    /// A new stream takes the place, of whatever rate.
    ///
    /// # Errors
    ///
    /// [`AudioError::Rate`] if its rate cannot be converted.
    pub(crate) fn attach(&mut self, ends: TapEnds) -> Result<(), AudioError> {
        let mut new = Self::new(self.lines.clone(), ends)?;
        new.absence = self.absence.take();
        *self = new;
        Ok(())
    }

    /// The new stream does not work.
    pub(crate) fn detach(&mut self) {
        self.take();
        self.forget();
    }

    /// The new stream works.
    pub(crate) fn back(&mut self, pos: SamplePos, missing: &mut Vec<Missing>) {
        if let Some(Absence { why, told }) = self.absence.take() {
            gap(why, told, pos, missing);
        }
    }

    /// A step in which nothing is heard. False if there is a speaker.
    pub(super) fn step_absent(
        &mut self,
        pos: SamplePos,
        out: &mut [f32; STEP],
        news: &mut Vec<LineNews>,
        missing: &mut Vec<Missing>,
    ) -> bool {
        let Some(Absence { why, told }) = &mut self.absence else {
            return false;
        };
        out.fill(0.0);
        if pos >= *told + TELL {
            gap(*why, *told, pos, missing);
            *told = pos;
        }
        // Nobody else can tell of a line that is stopped now.
        let stopped = What::Stopped {
            last: self.lines.flags.stopped.load(Ordering::Acquire),
            playing: 0,
            frames: 0,
        };
        let mark = Mark {
            frame: 0,
            what: stopped,
        };
        tell(&self.lines, mark, pos, self.ends.rate, news);
        true
    }

    /// Drops what waits to be heard.
    fn forget(&mut self) {
        self.waiting.clear();
        self.marks.clear();
        self.missing.clear();
        self.silent = 0;
        self.shift = None;
    }
}

fn gap(why: Why, from: SamplePos, to: SamplePos, missing: &mut Vec<Missing>) {
    if to > from {
        missing.push(Missing {
            at: from,
            samples: to - from,
            why: why.gap(),
        });
    }
}
