//! The audio callbacks never allocate, and never wait for anybody.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use rtrb::RingBuffer;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use viva::audio::capture::{CaptureReader, CaptureSink, Missing, capture_path};
use viva::audio::loudspeaker::ring;
use viva::audio::pcm::Pcm;
use viva::audio::playback::{Item, PlaybackEnds, PlaybackSource, Tap, What};
use viva::audio::{Flags, Loudness};

// Ends the process on any allocation inside `assert_no_alloc`.
#[global_allocator]
static GUARD: AllocDisabler = AllocDisabler;

fn capture() -> (CaptureSink, CaptureReader) {
    capture_path(48_000, 2).unwrap()
}

struct Speaker {
    source: PlaybackSource,
    ends: PlaybackEnds,
    flags: Arc<Flags>,
}

/// A speaker whose reader never comes.
fn speaker(room: usize) -> (Speaker, rtrb::Consumer<f32>) {
    let flags = Arc::new(Flags::default());
    let (samples, taken) = RingBuffer::new(48_000);
    let (blocks, _) = RingBuffer::new(64);
    let tap = Some(Tap { samples, blocks });
    let (source, ends) = PlaybackSource::new(48_000, 2, room, flags.clone(), tap);
    let speaker = Speaker {
        source,
        ends,
        flags,
    };
    (speaker, taken)
}

impl Speaker {
    fn line(&mut self, take: u32, samples: usize) {
        for _ in 0..samples {
            let value = 0.5;
            self.ends.items.push(Item::Sample { value, take }).unwrap();
        }
        self.ends.items.push(Item::End { take }).unwrap();
    }
}

fn captures<T: Pcm>() {
    let (mut sink, _reader) = capture();
    let data = vec![T::from_f32(0.25); 2 * 511];
    // Far more than the rings hold, so that the losing path is tried too.
    assert_no_alloc(|| (0..2_000).for_each(|i| sink.write(&data, i)));
    assert!(sink.lost() > 0);
}

fn plays<T: Pcm>() {
    let (mut speaker, _taken) = speaker(100_000);
    speaker.line(1, 20_000);
    speaker.line(2, 20_000);
    speaker.line(3, 20_000);
    let mut out = vec![T::from_f32(0.0); 2 * 511];
    let Speaker { source, flags, .. } = &mut speaker;
    assert_no_alloc(|| {
        (0..20).for_each(|i| source.fill(&mut out, i));
        for loudness in [Loudness::Ducked, Loudness::Held, Loudness::Full] {
            flags.set_loudness(loudness);
            (0..5).for_each(|i| source.fill(&mut out, i));
        }
        flags.stopped.store(2, Ordering::Release);
        (0..200).for_each(|i| source.fill(&mut out, i));
    });
}

#[test]
fn capturing_allocates_nothing_in_any_format() {
    captures::<f32>();
    captures::<f64>();
    captures::<i16>();
    captures::<u16>();
    captures::<i32>();
    captures::<u8>();
}

#[test]
fn playing_allocates_nothing_in_any_format() {
    plays::<f32>();
    plays::<f64>();
    plays::<i16>();
    plays::<u16>();
    plays::<i32>();
    plays::<u8>();
}

#[test]
fn playing_a_recording_allocates_nothing_full_empty_or_cut() {
    let (mut feed, mut source) = ring(48_000.try_into().unwrap());
    feed.push(&[0.5; 60_000]);
    let mut heard = 0.0;
    assert_no_alloc(|| heard += source.by_ref().take(30_000).sum::<f32>());
    feed.cut();
    feed.push(&[0.5; 1_000]);
    assert_no_alloc(|| heard += source.by_ref().take(30_000).sum::<f32>());
    assert_eq!(feed.played(), 1_000);
    assert!(heard > 15_000.0);
}

#[test]
fn reading_the_clock_as_callbacks_do_allocates_nothing() {
    let clock = viva::clock::Clock::system();
    assert_no_alloc(|| {
        (0..100).for_each(|_| {
            clock.nanos();
        })
    });
}

#[test]
fn a_stalled_consumer_stops_no_capture_and_every_lost_frame_is_counted() {
    let (mut sink, mut reader) = capture();
    let block = [0.5f32; 2 * 480];
    // Half a minute during which nobody reads.
    for i in 0..3_000 {
        sink.write(&block, i * 10_000_000);
    }
    let taken = 10 * 48_000;
    assert_eq!(sink.lost(), 3_000 * 480 - taken);
    // The reader wakes up, and the gap lies where the loss was.
    let (mut step, mut missing, mut steps) = ([0.0; 160], Vec::new(), 0u64);
    while reader.read(&mut step, &mut missing) {
        steps += 1;
    }
    sink.write(&block, 0);
    sink.write(&block, 0);
    while reader.read(&mut step, &mut missing) {
        steps += 1;
    }
    let gap = Missing {
        at: 160_000,
        samples: 320_000,
        why: "the audio was not taken from the device in time",
    };
    assert_eq!(missing, [gap]);
    assert!(steps.abs_diff(3_002) <= 2, "{steps} steps");
}

#[test]
fn a_stalled_consumer_stops_no_playing_and_loses_no_mark() {
    let (mut speaker, taken) = speaker(200_000);
    speaker.line(1, 150_000);
    let mut out = [0.0f32; 2 * 480];
    let mut heard = 0;
    for i in 0..400 {
        speaker.source.fill(&mut out, i);
        heard += out.iter().step_by(2).filter(|v| **v == 0.5).count();
    }
    // Sound came out long after the tap was full.
    assert_eq!(heard, 150_000);
    assert!(taken.slots() <= 48_000);
    let mut marks = Vec::new();
    while let Ok(mark) = speaker.ends.marks.pop() {
        marks.push(mark.what);
    }
    let frames = 150_000;
    assert_eq!(
        marks,
        [What::Started { take: 1 }, What::Ended { take: 1, frames }]
    );
}
