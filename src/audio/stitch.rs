//! One microphone out of several streams: what each captured lies where it
//! was captured on one sample clock, and what lies between is silence that
//! is told as missing. The clock goes on while there is no stream at all.

use super::align::frames_ns;
use super::capture::{CaptureReader, Missing};
use super::watch::Why;
use super::{RATE, SamplePos};
use std::collections::VecDeque;

/// How far the clock stays behind the wall's while there is no stream, in
/// nanoseconds: what a stream that is back captures first must not lie
/// before what was given out already. Twice what its times need to be known.
const BEHIND_NS: i64 = 150_000_000;
/// Samples of silence made at a time: 10 ms.
const FILL: u64 = 160;
/// A gap that goes on is told this often, so that a record that breaks off
/// has it all the same: 1 s.
const TELL: u64 = RATE as u64;

/// A stretch in which there is no stream.
struct Absence {
    why: Why,
    /// Up to here it was told.
    told: SamplePos,
}

/// See the module.
pub(crate) struct Stitched {
    reader: Option<CaptureReader>,
    /// Position of the reader's sample 0; nothing until its place is known.
    base: Option<i64>,
    /// Samples of the reader that are still to be dropped, because silence
    /// was given out in their place.
    drop: u64,
    /// When position 0 was captured, in nanoseconds of the wall clock.
    origin_ns: Option<i64>,
    ready: VecDeque<f32>,
    /// Position of the first sample that is ready.
    pos: SamplePos,
    missing: VecDeque<Missing>,
    absence: Option<Absence>,
    scratch: Vec<Missing>,
    taken: VecDeque<f32>,
}

impl Stitched {
    /// Begins with a stream; its sample 0 is at position 0.
    pub(crate) fn new(reader: CaptureReader) -> Self {
        Self {
            reader: Some(reader),
            base: Some(0),
            drop: 0,
            origin_ns: None,
            ready: VecDeque::new(),
            pos: 0,
            missing: VecDeque::new(),
            absence: None,
            scratch: Vec::new(),
            taken: VecDeque::new(),
        }
    }

    /// The stream is over; all that it captured stays.
    pub(crate) fn lose(&mut self, why: Why, now_ns: i64) {
        self.collect();
        if self.origin_ns.is_none() {
            // Lost before its times were known: the clock begins about here.
            self.origin_ns = Some(now_ns - frames_ns(self.end(), RATE));
        }
        self.detach();
        let end = self.end();
        self.absence.get_or_insert(Absence { why, told: end });
    }

    /// A stream that was attached gives nothing; another will follow.
    pub(crate) fn detach(&mut self) {
        self.reader = None;
        self.base = None;
    }

    /// A new stream, of whatever rate and channels, takes the place.
    pub(crate) fn attach(&mut self, reader: CaptureReader) {
        self.reader = Some(reader);
        self.base = None;
    }

    /// Whether what comes next is silence in place of sound.
    pub(crate) const fn absent(&self) -> bool {
        self.absence.is_some()
    }

    /// When position 0 was captured, in nanoseconds of the wall clock, as
    /// far as that is known yet.
    pub(crate) fn offset_ns(&self) -> Option<i64> {
        let now = self.reader.as_ref().zip(self.base);
        let now = now.and_then(|(reader, base)| Some(reader.offset_ns()? - place_ns(base)));
        now.or(self.origin_ns)
    }

    /// Fills `out` if that much is there or known to be missing.
    pub(crate) fn read(
        &mut self,
        now_ns: i64,
        out: &mut [f32],
        missing: &mut Vec<Missing>,
    ) -> bool {
        if self.ready.len() < out.len() {
            self.collect();
            self.fill_until(now_ns);
        }
        if self.ready.len() < out.len() {
            return false;
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

    fn end(&self) -> SamplePos {
        self.pos + self.ready.len() as u64
    }

    /// Takes what the stream has, if its place is known.
    fn collect(&mut self) {
        self.place();
        let (Some(reader), Some(base)) = (&mut self.reader, self.base) else {
            return;
        };
        reader.take(&mut self.taken, &mut self.scratch);
        for gap in self.scratch.drain(..) {
            let at = (gap.at as i64 + base).max(0) as u64;
            self.missing.push_back(Missing { at, ..gap });
        }
        let n = self.drop.min(self.taken.len() as u64);
        self.drop -= n;
        self.taken.drain(..n as usize);
        self.ready.append(&mut self.taken);
        if self.absence.is_none()
            && let Some(offset) = reader.offset_ns()
        {
            self.origin_ns = Some(offset - place_ns(base));
        }
    }

    /// Finds out where a new stream's first sample belongs.
    fn place(&mut self) {
        let (Some(reader), None) = (&mut self.reader, self.base) else {
            return;
        };
        let (Some(first), Some(origin)) = (reader.first_ns(), self.origin_ns) else {
            return;
        };
        let want = ((first - origin) as f64 * f64::from(RATE) / 1e9).round() as i64;
        let end = self.end() as i64;
        self.drop = (end - want).max(0) as u64;
        self.silence((want - end).max(0) as u64);
        self.base = Some(want);
        if let Some(Absence { why, told }) = self.absence.take() {
            self.tell(why, told, self.end());
        }
    }

    fn fill_until(&mut self, now_ns: i64) {
        let (Some(_), Some(origin)) = (&self.absence, self.origin_ns) else {
            return;
        };
        while origin + frames_ns(self.end() + FILL, RATE) + BEHIND_NS <= now_ns {
            self.silence(FILL);
        }
        let end = self.end();
        if let Some(Absence { why, told }) = &mut self.absence
            && end >= *told + TELL
        {
            let (why, from) = (*why, std::mem::replace(told, end));
            self.tell(why, from, end);
        }
    }

    fn silence(&mut self, samples: u64) {
        self.ready
            .extend(std::iter::repeat_n(0.0, samples as usize));
    }

    fn tell(&mut self, why: Why, from: SamplePos, to: SamplePos) {
        if to > from {
            self.missing.push_back(Missing {
                at: from,
                samples: to - from,
                why: why.gap(),
            });
        }
    }
}

/// The time of a place on the sample clock, before 0 too.
fn place_ns(place: i64) -> i64 {
    frames_ns(place.unsigned_abs(), RATE) * place.signum()
}

#[cfg(test)]
mod tests {
    use super::super::capture::{CaptureSink, capture_path};
    use super::*;
    use proptest::prelude::*;

    /// A sound that tells its own time: sample by sample a value that only
    /// that sample has, at 16 kHz.
    fn at_16k(index: i64) -> f32 {
        ((index % 30_000) as f32 + 1.0) / 40_000.0
    }

    struct Rig {
        stitched: Stitched,
        sink: Option<(CaptureSink, u32, usize)>,
        now_ms: i64,
        out: Vec<f32>,
        missing: Vec<Missing>,
        /// Where another stream began.
        seams: Vec<u64>,
    }

    impl Rig {
        fn new(rate: u32) -> Self {
            let (sink, reader) = capture_path(rate, 1).unwrap();
            Self {
                stitched: Stitched::new(reader),
                sink: Some((sink, rate, 1)),
                now_ms: 0,
                out: Vec::new(),
                missing: Vec::new(),
                seams: Vec::new(),
            }
        }

        fn lose(&mut self) {
            self.sink = None;
            let now = self.now_ms * 1_000_000;
            self.stitched.lose(Why::Disconnected, now);
        }

        fn attach(&mut self, rate: u32, channels: usize) {
            let (sink, reader) = capture_path(rate, channels).unwrap();
            self.stitched.attach(reader);
            self.sink = Some((sink, rate, channels));
            self.seams.push(16 * self.now_ms.unsigned_abs());
        }

        /// Lets time pass, in steps of 10 ms, the callbacks with it.
        fn run(&mut self, ms: i64) {
            for _ in 0..ms / 10 {
                if let Some((sink, rate, channels)) = &mut self.sink {
                    let frames = *rate as usize / 100;
                    let buffer: Vec<f32> = (0..frames)
                        .flat_map(|i| {
                            let at = self.now_ms as f64 / 1000.0 + i as f64 / f64::from(*rate);
                            let value = at_16k((at * 16_000.0).round() as i64);
                            std::iter::repeat_n(value, *channels)
                        })
                        .collect();
                    sink.write(&buffer, self.now_ms * 1_000_000);
                }
                self.now_ms += 10;
                let mut step = [0.0; 160];
                while self
                    .stitched
                    .read(self.now_ms * 1_000_000, &mut step, &mut self.missing)
                {
                    self.out.extend(step);
                }
            }
        }

        /// Samples told as missing, joined where they touch.
        fn gaps(&self) -> Vec<(u64, u64)> {
            let mut gaps: Vec<(u64, u64)> = Vec::new();
            for gap in &self.missing {
                match gaps.last_mut() {
                    Some((at, n)) if *at + *n == gap.at => *n += gap.samples,
                    _ => gaps.push((gap.at, gap.samples)),
                }
            }
            gaps
        }

        /// Every sample is the one of its time, or is told as missing.
        fn check(&self) {
            let gaps = self.gaps();
            for (i, value) in self.out.iter().enumerate() {
                let i = i as u64;
                let gap = gaps.iter().find(|(at, n)| i >= *at && i < at + n);
                match gap {
                    Some(_) => assert_eq!(*value, 0.0, "sample {i} of a gap"),
                    None => {
                        let want = at_16k(i as i64);
                        // Sudden changes ring a little in a converter, at the
                        // start of a stream too that follows without a gap.
                        let ends = gaps.iter().flat_map(|(at, n)| [*at, at + n]);
                        let mut changes = ends.chain(self.seams.iter().copied());
                        let near = changes.any(|at| i.abs_diff(at) < 200);
                        let wraps = i % 30_000 < 200 || i % 30_000 > 29_800;
                        if !near && !wraps && i > 200 {
                            assert!((value - want).abs() < 2e-3, "sample {i}: {value} {want}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_stream_that_is_replaced_leaves_a_gap_of_the_length_that_it_had() {
        let mut rig = Rig::new(16_000);
        rig.run(1_000);
        rig.lose();
        rig.run(2_000);
        rig.attach(16_000, 1);
        rig.run(1_000);
        assert_eq!(rig.gaps(), [(16_000, 32_000)]);
        // Told while it lasted, not only at its end.
        assert!(rig.missing.len() >= 2, "{:?}", rig.missing);
        assert!(rig.missing.iter().all(|m| m.why == Why::Disconnected.gap()));
        assert!(rig.out.len() as i64 >= 16 * (rig.now_ms - 20));
        rig.check();
    }

    #[test]
    fn another_rate_and_other_channels_keep_the_clock() {
        let mut rig = Rig::new(48_000);
        rig.run(1_000);
        rig.lose();
        rig.run(500);
        rig.attach(44_100, 2);
        rig.run(1_000);
        rig.lose();
        rig.run(300);
        rig.attach(16_000, 1);
        rig.run(1_000);
        let gaps = rig.gaps();
        assert_eq!(gaps.len(), 2, "{gaps:?}");
        // What a converter holds back of a lost stream is missing too: 10 ms.
        for ((at, n), (want_at, want_n)) in gaps.iter().zip([(16_000, 8_000), (40_000, 4_800)]) {
            assert!(at.abs_diff(want_at) <= 480, "{gaps:?}");
            assert!((at + n).abs_diff(want_at + want_n) <= 2, "{gaps:?}");
        }
        rig.check();
    }

    #[test]
    fn the_clock_goes_on_without_a_stream_and_not_faster_than_the_walls() {
        let mut rig = Rig::new(16_000);
        rig.run(500);
        rig.lose();
        rig.run(60_000);
        let (made, passed) = (rig.out.len() as i64, 16 * rig.now_ms);
        assert!(
            made <= passed && made > passed - 16 * 200,
            "{made} {passed}"
        );
        assert!(rig.stitched.absent());
    }

    #[test]
    fn a_stream_that_is_lost_before_its_first_sound_is_no_harm() {
        let mut rig = Rig::new(16_000);
        rig.lose();
        rig.run(1_000);
        rig.attach(48_000, 1);
        rig.run(500);
        assert_eq!(rig.gaps(), [(0, 16_000)]);
        rig.check();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn however_often_it_goes_every_sample_is_in_its_place(
            turns in proptest::collection::vec((1i64..80, 0i64..120, 0usize..3, 1usize..3), 1..6)
        ) {
            let mut rig = Rig::new(16_000);
            for (with, without, rate, channels) in turns {
                rig.run(with * 10);
                rig.lose();
                rig.run(without * 10);
                rig.attach([16_000, 44_100, 48_000][rate], channels);
            }
            rig.run(1_000);
            prop_assert!(rig.out.len() as i64 <= 16 * rig.now_ms);
            prop_assert!(rig.out.len() as i64 >= 16 * (rig.now_ms - 50));
            rig.check();
        }
    }
}
