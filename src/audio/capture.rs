//! The microphone's side: what a capturing callback does ([`CaptureSink`]),
//! and the thread that turns what it left into 16 kHz steps
//! ([`CaptureReader`]).

use super::align::{OffsetTrack, frames_ns};
use super::error::AudioError;
use super::pcm::Pcm;
use super::playback::Block;
use super::resample::Resampler;
use super::{RATE, SamplePos};
use rtrb::chunks::ChunkError;
use rtrb::{Consumer, Producer, RingBuffer};
use std::collections::VecDeque;

/// Seconds that a stalled reader may take before captured audio is lost.
const ROOM_S: usize = 10;
/// Callbacks that may wait; the smallest seen were 1 ms or less.
const BLOCKS: usize = 16_384;
/// A device's clock that stands still for this long has lost that much
/// sound: 100 ms. Less is within the noise of callback times on a busy
/// machine.
const HOLE_NS: i64 = 100_000_000;
/// Sound that must have come after a supposed hole before it is believed: a
/// burst of late callbacks is over by then, a hole is not.
const CONFIRM_NS: i64 = 100_000_000;
/// Why samples are missing that the callback had no room for.
pub(crate) const OVERRUN: &str = "the audio was not taken from the device in time";
/// Why samples are missing that never came.
const HOLE: &str = "the device gave no sound for a while";

/// The capturing callback's state: mixes to mono, copies, counts.
#[derive(Debug)]
pub struct CaptureSink {
    samples: Producer<f32>,
    blocks: Producer<Block>,
    channels: usize,
    lost: u64,
}

impl CaptureSink {
    /// Takes a callback's buffer of interleaved frames, the first of which
    /// was captured at `at_ns`. A buffer that does not fit is counted as
    /// lost, as a whole.
    pub fn write<T: Pcm>(&mut self, data: &[T], at_ns: i64) {
        let frames = data.len() / self.channels;
        if self.blocks.is_full() || self.put(data, frames).is_err() {
            self.lost += frames as u64;
            return;
        }
        let block = Block {
            frames,
            lost: std::mem::take(&mut self.lost),
            at_ns,
        };
        // There is room: it was asked for above, and only we push.
        let _ = self.blocks.push(block);
    }

    /// Frames that were lost since the last one that was taken.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    fn put<T: Pcm>(&mut self, data: &[T], frames: usize) -> Result<(), ChunkError> {
        let chunk = self.samples.write_chunk_uninit(frames)?;
        let scale = 1.0 / self.channels as f32;
        let mono = data
            .chunks_exact(self.channels)
            .map(|frame| frame.iter().map(|s| s.to_f32()).sum::<f32>() * scale);
        chunk.fill_from_iter(mono);
        Ok(())
    }
}

/// Samples that are missing from a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The first one.
    pub at: SamplePos,
    /// How many.
    pub samples: u64,
    /// Why, as the record says it.
    pub why: &'static str,
}

/// What was captured, at 16 kHz, without a hole: silence stands where
/// samples were lost.
pub struct CaptureReader {
    samples: Consumer<f32>,
    blocks: Consumer<Block>,
    rate: u32,
    resampler: Resampler,
    scratch: Vec<f32>,
    /// Device frames taken so far, lost ones included.
    frames: u64,
    ready: VecDeque<f32>,
    pos: SamplePos,
    missing: VecDeque<Missing>,
    offset: OffsetTrack,
}

/// Both ends of a capture path for a device with `rate` frames a second of
/// `channels` samples.
///
/// # Errors
///
/// [`AudioError::Rate`] if the rate cannot be converted.
pub fn capture_path(
    rate: u32,
    channels: usize,
) -> Result<(CaptureSink, CaptureReader), AudioError> {
    let (samples, taken) = RingBuffer::new(rate as usize * ROOM_S);
    let (blocks, told) = RingBuffer::new(BLOCKS);
    let sink = CaptureSink {
        samples,
        blocks,
        channels: channels.max(1),
        lost: 0,
    };
    let reader = CaptureReader {
        samples: taken,
        blocks: told,
        rate,
        resampler: Resampler::new(rate, RATE)?,
        scratch: Vec::new(),
        frames: 0,
        ready: VecDeque::new(),
        pos: 0,
        missing: VecDeque::new(),
        offset: OffsetTrack::new(rate),
    };
    Ok((sink, reader))
}

impl CaptureReader {
    /// Fills `out` if that much has been captured; says what of it is
    /// missing in `missing`.
    pub fn read(&mut self, out: &mut [f32], missing: &mut Vec<Missing>) -> bool {
        while self.ready.len() < out.len() {
            if !self.take_block() {
                return false;
            }
        }
        let n = out.len();
        for (to, from) in out.iter_mut().zip(self.ready.drain(..n)) {
            *to = from;
        }
        self.pos += n as u64;
        let told = self.missing.iter().take_while(|gap| gap.at < self.pos);
        let told = told.count();
        missing.extend(self.missing.drain(..told));
        true
    }

    /// When sample 0 was captured, in nanoseconds of the wall clock, as far
    /// as that is known yet.
    pub fn offset_ns(&self) -> Option<i64> {
        self.offset.value()
    }

    /// When sample 0 was captured, as the first callbacks said it: known a few
    /// hundredths of a second after the first.
    pub fn first_ns(&mut self) -> Option<i64> {
        while self.take_block() {}
        self.offset.first()
    }

    /// Moves all that was captured so far to the end of `out`; says what of
    /// it is missing in `missing`.
    pub fn take(&mut self, out: &mut VecDeque<f32>, missing: &mut Vec<Missing>) {
        while self.take_block() {}
        self.pos += self.ready.len() as u64;
        out.append(&mut self.ready);
        missing.extend(self.missing.drain(..));
    }

    /// Counts frames that the device itself lost as missing.
    pub fn skip(&mut self, frames: u64, why: &'static str) {
        if frames == 0 {
            return;
        }
        let to_16k = |frame: u64| frame * u64::from(RATE) / u64::from(self.rate);
        let at = to_16k(self.frames);
        let end = to_16k(self.frames + frames);
        self.missing.push_back(Missing {
            at,
            samples: end - at,
            why,
        });
        self.frames += frames;
        // A second at a time, so that a long hole takes no more memory.
        let mut left = frames as usize;
        while left > 0 {
            let n = left.min(self.rate as usize);
            self.scratch.clear();
            self.scratch.resize(n, 0.0);
            self.resampler.push(&self.scratch, &mut self.ready);
            left -= n;
        }
    }

    fn take_block(&mut self) -> bool {
        let Ok(&block) = self.blocks.peek() else {
            return false;
        };
        let Some(hole) = self.hole(&block) else {
            return false;
        };
        let _ = self.blocks.pop();
        self.skip(block.lost, OVERRUN);
        self.skip(hole, HOLE);
        self.offset.add(self.frames, block.at_ns);
        self.scratch.clear();
        if let Ok(chunk) = self.samples.read_chunk(block.frames) {
            let (a, b) = chunk.as_slices();
            self.scratch.extend_from_slice(a);
            self.scratch.extend_from_slice(b);
            chunk.commit_all();
        }
        self.frames += block.frames as u64;
        self.resampler.push(&self.scratch, &mut self.ready);
        true
    }

    /// Frames that the device never gave before this block, although time
    /// went on; nothing while that cannot be told yet. A device says nothing
    /// of them: only its times do.
    fn hole(&mut self, block: &Block) -> Option<u64> {
        let Some(origin) = self.offset.settled() else {
            return Some(0);
        };
        let mut frame = self.frames + block.lost;
        let late = |frame: u64, at_ns: i64| at_ns - origin - frames_ns(frame, self.rate);
        if late(frame, block.at_ns) < HOLE_NS {
            return Some(0);
        }
        let waiting = self.blocks.slots();
        let chunk = self.blocks.read_chunk(waiting).ok()?;
        let (a, b) = chunk.as_slices();
        let mut least = i64::MAX;
        let mut seen = 0;
        for (i, next) in a.iter().chain(b).enumerate() {
            if i > 0 {
                frame += next.lost;
            }
            least = least.min(late(frame, next.at_ns));
            frame += next.frames as u64;
            seen += frames_ns(next.frames as u64, self.rate);
            if least < HOLE_NS {
                return Some(0);
            }
            if seen >= CONFIRM_NS {
                let frames = i128::from(least) * i128::from(self.rate) / 1_000_000_000;
                return Some(frames as u64);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(reader: &mut CaptureReader) -> (Vec<f32>, Vec<Missing>) {
        let (mut all, mut missing) = (Vec::new(), Vec::new());
        let mut step = [0.0; 160];
        while reader.read(&mut step, &mut missing) {
            all.extend_from_slice(&step);
        }
        (all, missing)
    }

    #[test]
    fn frames_of_any_size_and_format_become_16_khz_mono() {
        let (mut sink, mut reader) = capture_path(48_000, 2).unwrap();
        let tone: Vec<i16> = (0..48_000)
            .flat_map(|i| {
                let v = (i as f32 * 440.0 * std::f32::consts::TAU / 48_000.0).sin();
                [(v * 20_000.0) as i16, 0]
            })
            .collect();
        let mut rest = &tone[..];
        let mut size = 1;
        while !rest.is_empty() {
            let (now, later) = rest.split_at((size * 2).min(rest.len()));
            sink.write(now, 0);
            rest = later;
            size = size * 7 % 997 + 1;
        }
        let (all, missing) = read_all(&mut reader);
        assert!(missing.is_empty());
        assert!(all.len() > 15_700 && all.len() <= 16_000, "{}", all.len());
        for (i, v) in all.iter().enumerate().skip(500) {
            let expected = (i as f32 * 440.0 * std::f32::consts::TAU / 16_000.0).sin() * 0.305;
            assert!((v - expected).abs() < 0.01, "sample {i}: {v} {expected}");
        }
    }

    #[test]
    fn a_stalled_reader_finds_silence_of_the_right_length_where_samples_were_lost() {
        let (mut sink, mut reader) = capture_path(16_000, 1).unwrap();
        for _ in 0..1_200 {
            sink.write(&[0.25f32; 160], 0);
        }
        assert_eq!(sink.lost(), 200 * 160);
        let (first, missing) = read_all(&mut reader);
        assert_eq!((first.len(), missing.len()), (160_000, 0));
        sink.write(&[0.5f32; 160], 0);
        let (rest, missing) = read_all(&mut reader);
        let gap = Missing {
            at: 160_000,
            samples: 32_000,
            why: OVERRUN,
        };
        assert_eq!(missing, [gap]);
        assert_eq!(rest.len(), 32_160);
        assert!(rest[..32_000].iter().all(|v| *v == 0.0));
        assert!(rest[32_000..].iter().all(|v| *v == 0.5));
    }

    /// Callbacks of 10 ms; the device stands still after `before` of them
    /// for `hole_ms`, and the callback after it says so `late_ms` too late.
    fn with_hole(before: u64, hole_ms: u64, late_ms: u64) -> (Vec<f32>, Vec<Missing>) {
        let (mut sink, mut reader) = capture_path(48_000, 1).unwrap();
        for i in 0..before + 100 {
            let hole = if i < before { 0 } else { hole_ms };
            let late = if i == before { late_ms } else { 0 };
            let value = if i < before { 0.25 } else { 0.5 };
            let at_ms = 1_000 + i * 10 + hole + late;
            sink.write(&[value; 480], at_ms as i64 * 1_000_000);
        }
        read_all(&mut reader)
    }

    #[test]
    fn a_hole_that_only_the_times_tell_of_is_marked_and_not_closed_up() {
        let (all, missing) = with_hole(300, 400, 0);
        let gap = Missing {
            at: 48_000,
            samples: 6_400,
            why: HOLE,
        };
        assert_eq!(missing, [gap]);
        assert!(all.len() >= 70_000, "{}", all.len());
        assert!(all[48_100..54_300].iter().all(|v| v.abs() < 1e-3));
        assert!(all[54_600..].iter().all(|v| (v - 0.5).abs() < 0.01));
    }

    #[test]
    fn one_late_callback_is_no_hole() {
        for (hole, late) in [(0, 400), (60, 0), (60, 200)] {
            let (_, missing) = with_hole(300, hole, late);
            assert_eq!(missing, []);
        }
    }
}
