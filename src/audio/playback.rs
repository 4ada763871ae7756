//! The speaker's side of a line: what a playing callback does. It takes
//! samples from a ring, ducks and fades them, and passes on what it really
//! played, with marks where lines began and ended.

use super::interrupt::Loudness;
use super::pcm::Pcm;
use super::player::Flags;
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Level of a ducked line: -15 dB, soft enough that the candidate feels
/// heard, loud enough that the line is not gone if it was only a cough.
const DUCK: f32 = 0.178;
/// Time in which the level follows, in milliseconds: no click, and far
/// within the 60 ms that ducking may take.
const RAMP_MS: u32 = 20;
/// Time in which a stopped line fades out, in milliseconds.
const FADE_MS: u32 = 10;
/// Frames handled at a time.
const PART: usize = 256;
/// Marks that may wait. A line makes two; when the ring is full, playing
/// waits (silence), so that no line's end is ever lost.
const MARKS: usize = 64;

/// What goes to the playing callback.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// One sample of a take (one line's number in order of beginning).
    Sample {
        /// Mono, at the speaker's rate.
        value: f32,
        /// Whose.
        take: u32,
    },
    /// The take has no more.
    End {
        /// Which.
        take: u32,
    },
}

/// Something that happened to a line, at a frame of the speaker's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Frames that the speaker was given before it.
    pub frame: u64,
    /// What happened.
    pub what: What,
}

/// See [`Mark`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The take's first sample is played.
    Started {
        /// Which take.
        take: u32,
    },
    /// The take was played to its end.
    Ended {
        /// Which take.
        take: u32,
        /// Frames of it that were played.
        frames: u64,
    },
    /// The playing take's loudness begins to change.
    Level {
        /// Which take.
        take: u32,
        /// To what.
        loudness: Loudness,
    },
    /// All takes up to this one are stopped.
    Stopped {
        /// The last one.
        last: u32,
        /// The one that was playing, 0 if none was.
        playing: u32,
        /// Frames of that one that were played, the fade included.
        frames: u64,
    },
}

/// One callback's worth of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Frames that follow in the ring of samples.
    pub frames: usize,
    /// Frames lost just before them because a ring was full.
    pub lost: u64,
    /// When the first of them was captured or is heard, in nanoseconds of
    /// the session's wall clock.
    pub at_ns: i64,
}

/// Where a playing callback reports what it played.
#[derive(Debug)]
pub struct Tap {
    /// What was played, mono.
    pub samples: Producer<f32>,
    /// One entry a callback.
    pub blocks: Producer<Block>,
}

/// The playing callback's state.
#[derive(Debug)]
pub struct PlaybackSource {
    items: Consumer<Item>,
    marks: Producer<Mark>,
    tap: Option<Tap>,
    flags: Arc<Flags>,
    channels: usize,
    frame: u64,
    /// The take that is playing, 0 for none, and its frames so far.
    take: u32,
    take_frames: u64,
    gain: f32,
    gain_step: f32,
    loudness: Loudness,
    /// Frames of a fade that are left, and of a whole one.
    fade: Option<u32>,
    fade_frames: u32,
    /// The last value of [`Flags::stopped`] that was dealt with.
    stopped: u32,
    lost: u64,
}

/// The other ends of a [`PlaybackSource`].
#[derive(Debug)]
pub struct PlaybackEnds {
    /// Takes what is to be played. Full: the feeder waits.
    pub items: Producer<Item>,
    /// Gives what happened to lines.
    pub marks: Consumer<Mark>,
}

impl PlaybackSource {
    /// A source for a speaker with `rate` frames a second of `channels`
    /// samples, and a ring of `room` samples before it.
    pub fn new(
        rate: u32,
        channels: usize,
        room: usize,
        flags: Arc<Flags>,
        tap: Option<Tap>,
    ) -> (Self, PlaybackEnds) {
        let (items, taken) = RingBuffer::new(room);
        let (marked, marks) = RingBuffer::new(MARKS);
        let source = Self {
            items: taken,
            marks: marked,
            tap,
            flags,
            channels: channels.max(1),
            frame: 0,
            take: 0,
            take_frames: 0,
            gain: 1.0,
            gain_step: 1000.0 / (rate * RAMP_MS) as f32,
            loudness: Loudness::Full,
            fade: None,
            fade_frames: rate * FADE_MS / 1000,
            stopped: 0,
            lost: 0,
        };
        (source, PlaybackEnds { items, marks })
    }

    /// Fills a callback's buffer of interleaved frames; `at_ns` is when its
    /// first frame will be heard.
    pub fn fill<T: Pcm>(&mut self, out: &mut [T], at_ns: i64) {
        let frames = out.len() / self.channels;
        let tapped = self.open_tap(frames);
        let mut mono = [0.0f32; PART];
        for part in out.chunks_mut(PART * self.channels) {
            let mono = &mut mono[..part.len() / self.channels];
            self.render(mono);
            for (frame, value) in part.chunks_mut(self.channels).zip(mono.iter()) {
                let sample = T::from_f32(value.clamp(-1.0, 1.0));
                // More channels than two are mostly not loudspeakers in
                // front of the candidate.
                for (channel, to) in frame.iter_mut().enumerate() {
                    *to = if channel < 2 {
                        sample
                    } else {
                        T::from_f32(0.0)
                    };
                }
            }
            if tapped && let Some(tap) = &mut self.tap {
                // There is room: it was asked for above.
                let _ = tap.samples.push_partial_slice(mono);
            }
        }
        self.close_tap(tapped, frames, at_ns);
    }

    /// Whether what is played now can be passed on as a whole.
    fn open_tap(&self, frames: usize) -> bool {
        self.tap
            .as_ref()
            .is_some_and(|tap| tap.samples.slots() >= frames && !tap.blocks.is_full())
    }

    fn close_tap(&mut self, tapped: bool, frames: usize, at_ns: i64) {
        let Some(tap) = &mut self.tap else { return };
        if tapped {
            let lost = std::mem::take(&mut self.lost);
            let block = Block {
                frames,
                lost,
                at_ns,
            };
            // There is room: it was asked for before.
            let _ = tap.blocks.push(block);
        } else {
            self.lost += frames as u64;
        }
    }

    fn render(&mut self, mono: &mut [f32]) {
        let stop = self.flags.stopped.load(Ordering::Acquire);
        if stop > self.stopped && self.fade.is_none() {
            // What is silent already needs no fade.
            let silent = self.take == 0 || self.gain == 0.0;
            self.fade = Some(if silent { 0 } else { self.fade_frames });
        }
        let loudness = self.flags.loudness();
        if loudness != self.loudness && (self.take == 0 || !self.marks.is_full()) {
            self.loudness = loudness;
            if self.take != 0 {
                let take = self.take;
                self.mark(What::Level { take, loudness });
            }
        }
        let (target, step) = match self.loudness {
            Loudness::Full => (1.0, self.gain_step),
            Loudness::Ducked => (DUCK, self.gain_step),
            // As fast as a stop, because it may become one.
            Loudness::Held => (0.0, 1.0 / self.fade_frames.max(1) as f32),
        };
        for value in mono {
            self.gain = if self.gain < target {
                (self.gain + step).min(target)
            } else {
                (self.gain - step).max(target)
            };
            *value = if self.loudness == Loudness::Held && self.gain == 0.0 {
                // The line keeps its place, unless it is stopped there.
                if self.fade.is_some() && !self.marks.is_full() {
                    self.end_stopped(stop);
                }
                0.0
            } else {
                self.next(stop) * self.gain
            };
            self.frame += 1;
        }
    }

    /// Everything up to `stop` is stopped and silent.
    fn end_stopped(&mut self, stop: u32) {
        self.mark(What::Stopped {
            last: stop,
            playing: self.take,
            frames: self.take_frames,
        });
        self.stopped = stop;
        self.take = 0;
        self.take_frames = 0;
        self.fade = None;
    }

    fn next(&mut self, stop: u32) -> f32 {
        loop {
            if self.marks.is_full() {
                return 0.0;
            }
            if self.fade == Some(0) {
                self.end_stopped(stop);
                continue;
            }
            let Ok(&item) = self.items.peek() else {
                // A stopped line that has run dry cannot fade any further.
                if self.fade.is_some() {
                    self.fade = Some(0);
                    continue;
                }
                return 0.0;
            };
            match item {
                Item::Sample { take, value } if take > stop => {
                    if self.fade.is_some() {
                        self.fade = Some(0);
                        continue;
                    }
                    self.drop_item();
                    if take != self.take {
                        self.take = take;
                        self.take_frames = 0;
                        self.mark(What::Started { take });
                    }
                    self.take_frames += 1;
                    return value;
                }
                Item::Sample { take, value } => {
                    self.drop_item();
                    if let (Some(left), true) = (self.fade, take == self.take) {
                        self.fade = Some(left - 1);
                        self.take_frames += 1;
                        return value * left as f32 / self.fade_frames as f32;
                    }
                }
                Item::End { take } => {
                    self.drop_item();
                    if take > stop {
                        let playing = self.take == take;
                        let frames = if playing { self.take_frames } else { 0 };
                        self.mark(What::Ended { take, frames });
                        self.take = 0;
                        self.take_frames = 0;
                    } else if take == self.take && self.fade.is_some() {
                        self.fade = Some(0);
                    }
                }
            }
        }
    }

    fn drop_item(&mut self) {
        let _ = self.items.pop();
    }

    fn mark(&mut self, what: What) {
        // Only called with room in the ring.
        let frame = self.frame;
        let _ = self.marks.push(Mark { frame, what });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rig {
        source: PlaybackSource,
        ends: PlaybackEnds,
        flags: Arc<Flags>,
    }

    fn rig() -> Rig {
        let flags = Arc::new(Flags::default());
        let (source, ends) = PlaybackSource::new(16_000, 1, 50_000, flags.clone(), None);
        Rig {
            source,
            ends,
            flags,
        }
    }

    impl Rig {
        fn line(&mut self, take: u32, samples: usize, end: bool) {
            for _ in 0..samples {
                let value = 0.5;
                self.ends.items.push(Item::Sample { value, take }).unwrap();
            }
            if end {
                self.ends.items.push(Item::End { take }).unwrap();
            }
        }

        fn play(&mut self, frames: usize) -> Vec<f32> {
            let mut out = vec![9.0; frames];
            self.source.fill(&mut out, 0);
            out
        }

        fn marks(&mut self) -> Vec<(u64, What)> {
            let mut all = Vec::new();
            while let Ok(mark) = self.ends.marks.pop() {
                all.push((mark.frame, mark.what));
            }
            all
        }
    }

    #[test]
    fn lines_are_marked_at_their_first_sample_and_after_their_last() {
        let mut rig = rig();
        rig.play(100);
        rig.line(1, 1000, true);
        rig.line(2, 10, true);
        let out = rig.play(2000);
        assert_eq!(out.iter().filter(|v| **v == 0.5).count(), 1010);
        assert_eq!(
            rig.marks(),
            [
                (100, What::Started { take: 1 }),
                (
                    1100,
                    What::Ended {
                        take: 1,
                        frames: 1000
                    }
                ),
                (1100, What::Started { take: 2 }),
                (
                    1110,
                    What::Ended {
                        take: 2,
                        frames: 10
                    }
                ),
            ]
        );
    }

    #[test]
    fn a_stop_fades_within_ten_milliseconds_and_drops_the_rest() {
        let mut rig = rig();
        rig.line(1, 20_000, false);
        rig.play(1600);
        rig.flags.stopped.store(1, Ordering::Release);
        let out = rig.play(1600);
        assert!(out[0] > 0.45 && out[159] > 0.0 && out[160] == 0.0);
        assert!(out.windows(2).all(|w| w[1] <= w[0] && w[0] - w[1] < 0.01));
        assert_eq!(
            rig.marks().last(),
            Some(&(
                1760,
                What::Stopped {
                    last: 1,
                    playing: 1,
                    frames: 1760
                }
            ))
        );
        rig.line(2, 100, true);
        assert_eq!(rig.play(200)[..100], [0.5; 100]);
    }

    #[test]
    fn a_stop_without_sound_is_answered_at_once() {
        let mut rig = rig();
        rig.flags.stopped.store(3, Ordering::Release);
        rig.play(1);
        let stopped = What::Stopped {
            last: 3,
            playing: 0,
            frames: 0,
        };
        assert_eq!(rig.marks(), [(0, stopped)]);
    }

    #[test]
    fn ducking_follows_within_its_ramp_and_back_and_is_marked_where_it_begins() {
        let mut rig = rig();
        rig.line(1, 5000, true);
        rig.play(1000);
        rig.flags.set_loudness(Loudness::Ducked);
        let out = rig.play(1000);
        assert!(out[0] < 0.5 && (out[320] - 0.5 * DUCK).abs() < 1e-4);
        rig.flags.set_loudness(Loudness::Full);
        assert!((rig.play(1000)[320] - 0.5).abs() < 1e-4);
        let level = |loudness| What::Level { take: 1, loudness };
        assert_eq!(
            rig.marks()[1..],
            [
                (1000, level(Loudness::Ducked)),
                (2000, level(Loudness::Full))
            ]
        );
    }

    #[test]
    fn a_held_line_is_silent_within_ten_milliseconds_and_goes_on_where_it_was() {
        let mut rig = rig();
        for i in 0..4000 {
            let value = i as f32 / 4000.0;
            rig.ends
                .items
                .push(Item::Sample { value, take: 1 })
                .unwrap();
        }
        rig.play(1600);
        rig.flags.set_loudness(Loudness::Held);
        let out = rig.play(1600);
        assert!(out[158] > 0.0 && out[160..].iter().all(|v| *v == 0.0));
        rig.flags.set_loudness(Loudness::Full);
        let out = rig.play(800);
        // 1600 before, and less than 160 in the fade.
        let at = out[400] * 4000.0;
        assert!((1600.0..1600.0 + 160.0).contains(&(at - 400.0)), "{at}");
    }

    #[test]
    fn a_held_line_that_is_stopped_ends_there_and_the_next_one_is_whole() {
        let mut rig = rig();
        rig.line(1, 20_000, false);
        rig.play(1600);
        rig.flags.set_loudness(Loudness::Held);
        rig.play(1600);
        rig.flags.stopped.store(1, Ordering::Release);
        rig.line(2, 100, true);
        rig.play(10);
        let stopped = rig.marks().pop().unwrap();
        let What::Stopped {
            last: 1,
            playing: 1,
            frames,
        } = stopped.1
        else {
            panic!("{stopped:?}");
        };
        assert!(stopped.0 == 3200 && (1600..1760).contains(&frames));
        rig.flags.set_loudness(Loudness::Full);
        rig.play(2000);
        let told = rig.marks();
        assert!(told.contains(&(
            told[0].0 + 100,
            What::Ended {
                take: 2,
                frames: 100
            }
        )));
    }

    #[test]
    fn a_reader_that_stands_still_delays_lines_but_loses_no_mark() {
        let mut rig = rig();
        for take in 1..=100 {
            rig.line(take, 1, true);
        }
        rig.play(1000);
        let mut marks = rig.marks();
        rig.play(1000);
        marks.extend(rig.marks());
        rig.play(1000);
        marks.extend(rig.marks());
        rig.play(1000);
        marks.extend(rig.marks());
        assert_eq!(marks.len(), 200);
    }

    #[test]
    fn sound_goes_to_the_first_two_channels_only() {
        let flags = Arc::new(Flags::default());
        let (mut source, mut ends) = PlaybackSource::new(48_000, 4, 10, flags, None);
        let sample = Item::Sample {
            value: 0.5,
            take: 1,
        };
        ends.items.push(sample).unwrap();
        let mut out = [1i16; 8];
        source.fill(&mut out, 0);
        assert_eq!(out, [16_384, 16_384, 0, 0, 0, 0, 0, 0]);
    }
}
