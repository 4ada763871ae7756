//! The far end on the near end's sample clock: what was played, where it was
//! heard, and what became of each line.

use super::align::{OffsetTrack, frames_ns};
mod absent;

use super::capture::{Missing, OVERRUN};
use super::echo::STEP;
use super::error::AudioError;
use super::file::WavSpeaker;
use super::frontend::LineNews;
use super::playback::{Block, Item, Mark, PlaybackEnds, PlaybackSource, What};
use super::player::{Lines, Supply};
use super::resample::Resampler;
use super::{RATE, SamplePos};
use absent::{Absence, Playing};
use rtrb::Consumer;
use std::collections::VecDeque;
use std::sync::Arc;

/// A speaker without a device, on the microphone's own clock: a WAV file or
/// nothing.
pub(crate) struct LocalSpeaker {
    lines: Arc<Lines>,
    source: PlaybackSource,
    ends: PlaybackEnds,
    wav: Option<WavSpeaker>,
    scratch: Vec<f32>,
    starved: bool,
}

impl LocalSpeaker {
    pub(crate) fn new(lines: Arc<Lines>, wav: Option<WavSpeaker>) -> Self {
        // Room for a step of samples and the ends of very short lines.
        let flags = lines.flags.clone();
        let (source, ends) = PlaybackSource::new(RATE, 1, 4 * STEP, flags, None);
        Self {
            lines,
            source,
            ends,
            wav,
            scratch: Vec::new(),
            starved: false,
        }
    }

    /// Whether a line is open whose audio is late.
    pub(crate) const fn starved(&self) -> bool {
        self.starved
    }

    /// Plays one step.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; playing goes on without it.
    pub(crate) fn step(
        &mut self,
        out: &mut [f32; STEP],
        news: &mut Vec<LineNews>,
    ) -> Result<(), AudioError> {
        self.feed();
        self.source.fill(out, 0);
        while let Ok(mark) = self.ends.marks.pop() {
            // Both clocks are one.
            tell(&self.lines, mark, mark.frame, RATE, news);
        }
        let Some(wav) = &mut self.wav else {
            return Ok(());
        };
        wav.write(out).inspect_err(|_| self.wav = None)
    }

    pub(crate) fn finish(self) -> Result<(), AudioError> {
        self.wav.map_or(Ok(()), WavSpeaker::finish)
    }

    fn feed(&mut self) {
        self.starved = false;
        let items = &mut self.ends.items;
        let capacity = items.buffer().capacity();
        // More than a step, because the ends of lines take room too.
        while capacity - items.slots() < 2 * STEP {
            self.scratch.clear();
            let item = match self.lines.supply(STEP, &mut self.scratch) {
                Supply::Samples(take, _) => {
                    for value in &self.scratch {
                        let value = *value;
                        // At most three steps are in a ring of four.
                        let _ = items.push(Item::Sample { value, take });
                    }
                    continue;
                }
                Supply::End(take, _) => Item::End { take },
                Supply::Starved => {
                    self.starved = capacity - items.slots() < STEP;
                    return;
                }
                Supply::Nothing | Supply::Closed => return,
            };
            let _ = items.push(item);
        }
    }
}

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
mod tests {
    use super::super::playback::{PlaybackSource, Tap};
    use super::super::player::Player;
    use super::*;
    use rtrb::RingBuffer;

    /// A speaker at 48 kHz that is heard `latency_ms` after its callbacks,
    /// next to a microphone whose sample 0 is at time 0.
    struct Rig {
        player: Player,
        source: PlaybackSource,
        ends: rtrb::Producer<Item>,
        speaker: DeviceSpeaker,
        resampler: Resampler,
        lines: Arc<Lines>,
        latency_ms: i64,
        played: u64,
        pos: SamplePos,
    }

    fn rig(latency_ms: i64) -> Rig {
        let lines = Arc::new(Lines::new());
        let (samples, taken) = RingBuffer::new(480_000);
        let (blocks, told) = RingBuffer::new(1_000);
        let tap = Tap { samples, blocks };
        let flags = lines.flags.clone();
        let (source, ends) = PlaybackSource::new(48_000, 2, 200_000, flags, Some(tap));
        let tap_ends = TapEnds {
            samples: taken,
            blocks: told,
            marks: ends.marks,
            rate: 48_000,
        };
        Rig {
            player: Player(lines.clone()),
            source,
            ends: ends.items,
            speaker: DeviceSpeaker::new(lines.clone(), tap_ends).unwrap(),
            resampler: Resampler::new(RATE, 48_000).unwrap(),
            lines,
            latency_ms,
            played: 0,
            pos: 0,
        }
    }

    impl Rig {
        fn feed(&mut self) {
            let (mut pcm, mut out) = (Vec::new(), Vec::new());
            loop {
                pcm.clear();
                out.clear();
                let (take, end) = match self.lines.supply(1_600, &mut pcm) {
                    Supply::Samples(take, _) => (take, false),
                    Supply::End(take, _) => (take, true),
                    _ => return,
                };
                self.resampler.push(&pcm, &mut out);
                if end {
                    self.resampler.finish(&mut out);
                }
                for value in &out {
                    let value = *value;
                    self.ends.push(Item::Sample { value, take }).unwrap();
                }
                if end {
                    self.ends.push(Item::End { take }).unwrap();
                }
            }
        }

        /// Runs both devices for so many steps of 10 ms.
        fn run(&mut self, steps: usize) -> (Vec<f32>, Vec<LineNews>) {
            let (mut far, mut news) = (Vec::new(), Vec::new());
            for _ in 0..steps {
                let now = self.played as i64 * 1_000_000_000 / 48_000;
                let mut buffer = [0.0f32; 960];
                self.source
                    .fill(&mut buffer, now + self.latency_ms * 1_000_000);
                self.played += 480;
                let mut step = [0.0; STEP];
                let mut missing = Vec::new();
                self.speaker
                    .step(self.pos, Some(0), &mut step, &mut news, &mut missing);
                self.pos += STEP as u64;
                far.extend(step);
            }
            (far, news)
        }
    }

    #[test]
    fn a_line_lies_where_it_was_heard_and_has_its_whole_length() {
        let mut rig = rig(50);
        rig.run(100);
        rig.player.begin(1);
        let tone: Vec<f32> = (0..8_000).map(|i| (i as f32 * 0.2).sin() * 0.5).collect();
        rig.player.push(1, &tone).unwrap();
        rig.player.finish(1);
        rig.feed();
        let (far, news) = rig.run(100);
        // Handed over at 1.000 s, heard 50 ms later.
        let start = 16_000 + 800;
        assert_eq!(
            news,
            [
                LineNews::Started { line: 1, at: start },
                LineNews::Ended {
                    line: 1,
                    at: start + 8_000,
                    played: 8_000,
                    complete: true
                },
            ]
        );
        for i in 200..7_800 {
            let heard = far[(start - 16_000) as usize + i];
            assert!((heard - tone[i]).abs() < 0.02, "{i}: {heard} {}", tone[i]);
        }
    }

    #[test]
    fn a_clock_that_falls_behind_is_corrected_in_silence_only() {
        let mut rig = rig(50);
        rig.run(50);
        rig.player.begin(1);
        rig.player.push(1, &[0.5; 32_000]).unwrap();
        rig.player.finish(1);
        rig.feed();
        rig.run(10);
        let before = rig.speaker.shift;
        // The device slips by 30 ms.
        rig.latency_ms = 20;
        rig.run(180);
        assert_eq!(rig.speaker.shift, before);
        rig.run(100);
        assert_eq!(rig.speaker.shift, before.map(|s| s - 480));
    }

    #[test]
    fn a_device_that_runs_dry_leaves_a_hole_in_the_line() {
        let mut rig = rig(50);
        rig.run(50);
        rig.player.begin(1);
        rig.player.push(1, &[0.5; 16_000]).unwrap();
        rig.player.finish(1);
        rig.feed();
        rig.run(30);
        rig.latency_ms = 80;
        let (_, news) = rig.run(150);
        let [LineNews::Ended { at, played, .. }] = news[..] else {
            panic!("{news:?}");
        };
        assert_eq!((at, played), (8_000 + 800 + 16_000 + 480, 16_000));
    }

    #[test]
    fn a_stopped_line_counts_what_was_heard() {
        let mut rig = rig(20);
        rig.run(50);
        rig.player.begin(1);
        rig.player.push(1, &[0.5; 16_000]).unwrap();
        rig.feed();
        rig.run(30);
        rig.player.stop();
        let (_, news) = rig.run(30);
        let [
            LineNews::Ended {
                played, complete, ..
            },
        ] = news[..]
        else {
            panic!("{news:?}");
        };
        assert_eq!((played, complete), (4_800 + 160, false));
    }

    impl Rig {
        /// Puts a new stream in the place of the lost one.
        fn attach(&mut self) {
            let (samples, taken) = RingBuffer::new(480_000);
            let (blocks, told) = RingBuffer::new(1_000);
            let tap = Tap { samples, blocks };
            let flags = self.lines.flags.clone();
            let (source, ends) = PlaybackSource::new(48_000, 2, 200_000, flags, Some(tap));
            let tap_ends = TapEnds {
                samples: taken,
                blocks: told,
                marks: ends.marks,
                rate: 48_000,
            };
            self.source = source;
            self.ends = ends.items;
            self.resampler = Resampler::new(RATE, 48_000).unwrap();
            self.speaker.attach(tap_ends).unwrap();
        }

        /// Lets only the microphone's clock go on.
        fn run_deaf(&mut self, steps: usize) -> (Vec<LineNews>, Vec<Missing>) {
            let (mut news, mut missing) = (Vec::new(), Vec::new());
            for _ in 0..steps {
                let mut step = [0.0; STEP];
                self.speaker
                    .step(self.pos, Some(0), &mut step, &mut news, &mut missing);
                assert_eq!(step, [0.0; STEP]);
                self.pos += STEP as u64;
                self.played += 480;
            }
            (news, missing)
        }
    }

    #[test]
    fn a_line_ends_with_its_speaker_and_the_next_is_played_by_the_new_one() {
        let mut rig = rig(20);
        rig.run(50);
        rig.player.begin(1);
        rig.player.push(1, &[0.5; 16_000]).unwrap();
        rig.feed();
        rig.run(30);
        let (mut news, mut missing) = (Vec::new(), Vec::new());
        let lost_at = rig.pos;
        let why = super::super::watch::Why::Disconnected;
        rig.speaker.lose(rig.pos, why, &mut news, &mut missing);
        let [
            LineNews::Ended {
                line: 1,
                played,
                complete: false,
                ..
            },
        ] = news[..]
        else {
            panic!("{news:?}");
        };
        assert_eq!(played, 4_800);
        // A line that waits for the new speaker, and one that is stopped
        // before it is there.
        rig.player.begin(2);
        rig.player.push(2, &[0.5; 1_600]).unwrap();
        rig.player.stop();
        let (news, first) = rig.run_deaf(150);
        let [
            LineNews::Ended {
                line: 2,
                played: 0,
                complete: false,
                ..
            },
        ] = news[..]
        else {
            panic!("{news:?}");
        };
        rig.player.begin(3);
        rig.player.push(3, &[0.5; 1_600]).unwrap();
        rig.player.finish(3);
        rig.attach();
        rig.speaker.back(rig.pos, &mut missing);
        missing.splice(0..0, first);
        let told: u64 = missing.iter().map(|gap| gap.samples).sum();
        assert_eq!((missing[0].at, told), (lost_at, rig.pos - lost_at));
        rig.feed();
        let (_, news) = rig.run(60);
        let [
            LineNews::Started { line: 3, .. },
            LineNews::Ended {
                line: 3,
                played: 1_600,
                complete: true,
                ..
            },
        ] = news[..]
        else {
            panic!("{news:?}");
        };
    }
}
