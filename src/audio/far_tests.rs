use super::super::playback::{Item, PlaybackSource, Tap};
use super::super::player::{Player, Supply};
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

/// A stream at 48 kHz: its callback's side, where its sound goes in, and what
/// it tells of it.
fn stream(lines: &Lines) -> (PlaybackSource, rtrb::Producer<Item>, TapEnds) {
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
    (source, ends.items, tap_ends)
}

fn rig(latency_ms: i64) -> Rig {
    let lines = Arc::new(Lines::new());
    let (source, ends, tap_ends) = stream(&lines);
    Rig {
        player: Player(lines.clone()),
        source,
        ends,
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

    /// 10 ms of both clocks.
    fn step(&mut self, news: &mut Vec<LineNews>, missing: &mut Vec<Missing>) -> [f32; STEP] {
        let mut step = [0.0; STEP];
        self.speaker
            .step(self.pos, Some(0), &mut step, news, missing);
        self.pos += STEP as u64;
        self.played += 480;
        step
    }

    /// Runs both devices for so many steps of 10 ms.
    fn run(&mut self, steps: usize) -> (Vec<f32>, Vec<LineNews>) {
        let (mut far, mut news) = (Vec::new(), Vec::new());
        for _ in 0..steps {
            let now = self.played as i64 * 1_000_000_000 / 48_000;
            let mut buffer = [0.0f32; 960];
            self.source
                .fill(&mut buffer, now + self.latency_ms * 1_000_000);
            far.extend(self.step(&mut news, &mut Vec::new()));
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
        let (source, ends, tap_ends) = stream(&self.lines);
        self.source = source;
        self.ends = ends;
        self.resampler = Resampler::new(RATE, 48_000).unwrap();
        self.speaker.attach(tap_ends).unwrap();
    }

    /// Lets only the microphone's clock go on.
    fn run_deaf(&mut self, steps: usize) -> (Vec<LineNews>, Vec<Missing>) {
        let (mut news, mut missing) = (Vec::new(), Vec::new());
        for _ in 0..steps {
            assert_eq!(self.step(&mut news, &mut missing), [0.0; STEP]);
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
