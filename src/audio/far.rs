//! The far end on the near end's sample clock: what was played, where it was
//! heard, and what became of each line.

mod absent;
mod local;

use super::align::{OffsetTrack, frames_ns};
use super::capture::{Missing, OVERRUN};
use super::echo::STEP;
use super::error::AudioError;
use super::frontend::LineNews;
use super::playback::{Block, Mark, What};
use super::player::Lines;
use super::resample::Resampler;
use super::{RATE, SamplePos};
use absent::{Absence, Playing};
pub(crate) use local::LocalSpeaker;
use rtrb::Consumer;
use std::collections::VecDeque;
use std::sync::Arc;

/// Translates a mark into news for the house.
fn tell(lines: &Lines, mark: Mark, at: SamplePos, rate: u32, news: &mut Vec<LineNews>) {
    match mark.what {
        What::Started { take } => {
            let line = lines.started(take);
            news.extend(line.map(|line| LineNews::Started { line, at }));
        }
        What::Level { take, loudness } => {
            let line = lines.started(take);
            news.extend(line.map(|line| LineNews::Level { line, at, loudness }));
        }
        What::Ended { take, .. } => news.extend(lines.ended(take).map(|a| LineNews::Ended {
            line: a.line,
            at,
            played: a.pushed,
            complete: true,
        })),
        What::Stopped {
            last,
            playing,
            frames,
        } => {
            for account in lines.stopped(last) {
                let frames = if account.take == playing { frames } else { 0 };
                let played = frames * u64::from(RATE) / u64::from(rate);
                let played = played.min(account.pushed);
                news.push(LineNews::Ended {
                    line: account.line,
                    at,
                    played,
                    complete: account.finished && played == account.pushed,
                });
            }
        }
    }
}

/// What a device's playing callback leaves.
pub(crate) struct TapEnds {
    pub(crate) samples: Consumer<f32>,
    pub(crate) blocks: Consumer<Block>,
    pub(crate) marks: Consumer<Mark>,
    pub(crate) rate: u32,
}

/// Differences between the two clocks that are corrected while nothing is
/// played, in 16 kHz samples: 10 ms. Smaller ones are within the noise of
/// callback times, and an echo canceller likes a steady delay.
const DRIFT: i64 = 160;
/// The same before the first line: 1 ms.
const FIRST: i64 = 16;

/// A real speaker's far end.
///
/// Frame `k` of the speaker, as 16 kHz sample `i`, is heard while the
/// microphone captures sample `i + shift`. The shift follows from the times
/// of both devices' callbacks.
pub(crate) struct DeviceSpeaker {
    lines: Arc<Lines>,
    ends: TapEnds,
    resampler: Resampler,
    offset: OffsetTrack,
    scratch: Vec<f32>,
    /// Device frames taken so far.
    frames: u64,
    /// 16 kHz samples waiting, the first of which has index `index`.
    waiting: VecDeque<f32>,
    index: u64,
    /// How many of the newest waiting samples are silence.
    silent: usize,
    shift: Option<i64>,
    /// Whether a line has been heard under this shift.
    used: bool,
    marks: VecDeque<Mark>,
    missing: VecDeque<Missing>,
    playing: Playing,
    absence: Option<Absence>,
}

impl DeviceSpeaker {
    pub(crate) fn new(lines: Arc<Lines>, ends: TapEnds) -> Result<Self, AudioError> {
        Ok(Self {
            resampler: Resampler::new(ends.rate, RATE)?,
            offset: OffsetTrack::new(ends.rate),
            lines,
            ends,
            scratch: Vec::new(),
            frames: 0,
            waiting: VecDeque::new(),
            index: 0,
            silent: 0,
            shift: None,
            used: false,
            marks: VecDeque::new(),
            missing: VecDeque::new(),
            playing: Playing::default(),
            absence: None,
        })
    }

    /// What was heard during the step at `pos`. `near_ns` is when the
    /// microphone's sample 0 was captured, if known.
    pub(crate) fn step(
        &mut self,
        pos: SamplePos,
        near_ns: Option<i64>,
        out: &mut [f32; STEP],
        news: &mut Vec<LineNews>,
        missing: &mut Vec<Missing>,
    ) {
        if self.step_absent(pos, out, news, missing) {
            return;
        }
        self.take();
        self.align(near_ns);
        out.fill(0.0);
        let Some(mut shift) = self.shift else {
            // Too early to know; a line that begins within the first tenth
            // of a second waits here.
            return;
        };
        let first = pos as i64 - shift;
        // What was played before the first sample captured.
        let late = (first - self.index as i64).clamp(0, self.waiting.len() as i64);
        self.drop_samples(late as usize);
        // Not heard yet: silence until then.
        let early = (self.index as i64 - first).clamp(0, STEP as i64) as usize;
        let have = self.waiting.len().min(STEP - early);
        for (to, from) in out[early..].iter_mut().zip(self.waiting.range(..have)) {
            *to = *from;
        }
        self.drop_samples(have);
        let dry = STEP - early - have;
        if dry > 0 {
            // The device ran dry, so what follows is heard that much later.
            shift += dry as i64;
            self.shift = Some(shift);
        }
        self.tell_until(pos, shift, news, missing);
    }

    fn take(&mut self) {
        while let Ok(mark) = self.ends.marks.pop() {
            self.marks.push_back(mark);
        }
        while let Ok(block) = self.ends.blocks.pop() {
            if block.lost > 0 {
                let at = self.to_16k(self.frames);
                let samples = self.to_16k(self.frames + block.lost) - at;
                let why = OVERRUN;
                self.missing.push_back(Missing { at, samples, why });
                self.frames += block.lost;
                self.scratch.clear();
                self.scratch.resize(block.lost as usize, 0.0);
                self.resampler.push(&self.scratch, &mut self.waiting);
            }
            self.offset.add(self.frames, block.at_ns);
            self.scratch.clear();
            if let Ok(chunk) = self.ends.samples.read_chunk(block.frames) {
                let (a, b) = chunk.as_slices();
                self.scratch.extend_from_slice(a);
                self.scratch.extend_from_slice(b);
                chunk.commit_all();
            }
            self.frames += block.frames as u64;
            let before = self.waiting.len();
            self.resampler.push(&self.scratch, &mut self.waiting);
            let added = self.waiting.len() - before;
            let quiet = self.waiting.range(before..).rev();
            let quiet = quiet.take_while(|v| v.abs() < 1e-5).count();
            self.silent = if quiet == added {
                self.silent + added
            } else {
                quiet
            };
        }
    }

    fn align(&mut self, near_ns: Option<i64>) {
        let (Some(near), Some(far)) = (near_ns, self.offset.value()) else {
            return;
        };
        let want = ((far - near) as f64 * f64::from(RATE) / 1e9).round() as i64;
        let Some(shift) = self.shift else {
            self.shift = Some(want);
            return;
        };
        let off = (want - shift).abs();
        let quiet = self.silent >= self.waiting.len() && self.marks.is_empty();
        self.used |= !quiet;
        let least = if self.used { DRIFT } else { FIRST };
        // Within a line only a hole can be put in, where the device ran dry;
        // nothing of what was heard is ever cut out.
        if off > least && (quiet || want > shift) {
            self.shift = Some(want);
        }
    }

    fn drop_samples(&mut self, n: usize) {
        self.waiting.drain(..n);
        self.index += n as u64;
        self.silent = self.silent.min(self.waiting.len());
    }

    fn tell_until(
        &mut self,
        pos: SamplePos,
        shift: i64,
        news: &mut Vec<LineNews>,
        missing: &mut Vec<Missing>,
    ) {
        let end = pos + STEP as u64;
        let place = |index: u64| (index as i64 + shift).max(pos as i64) as u64;
        while let Some(mark) = self.marks.front().copied() {
            let at = place(self.to_16k(mark.frame));
            if at >= end {
                break;
            }
            self.marks.pop_front();
            self.playing.note(&mark);
            tell(&self.lines, mark, at, self.ends.rate, news);
        }
        while let Some(gap) = self.missing.front().copied() {
            let at = place(gap.at);
            if at >= end {
                break;
            }
            self.missing.pop_front();
            missing.push(Missing { at, ..gap });
        }
    }

    fn to_16k(&self, frame: u64) -> u64 {
        frame * u64::from(RATE) / u64::from(self.ends.rate)
    }
}

/// When a program's sample 0 "was captured", for a device as speaker.
pub(crate) fn program_offset_ns(pos: SamplePos, due_ns: u64) -> i64 {
    due_ns as i64 - frames_ns(pos, RATE)
}

#[cfg(test)]
#[path = "far_tests.rs"]
mod tests;
