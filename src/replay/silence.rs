//! Where nobody is to be heard, on either side. Such a stretch is not left
//! out whole: 0.3 s of it stay, as between two sentences.
//!
//! The level decides, against what is usual for each side: a microphone in a
//! room with a fan is never as quiet as a voice that was synthesised. Words
//! that the recogniser heard are never left out, however soft they are.

use super::sound::{Frame, Sound};
use crate::record::RATE;
use std::io;
use std::ops::Range;

/// What stays of a silence on either end, in frames: together 0.3 s.
const KEPT: u64 = RATE as u64 * 150 / 1000;
/// What is left out at least; less is not worth a seam.
const WORTH: u64 = RATE as u64 / 10;
/// Frames of which one level is taken: 20 ms, a period of the lowest voice.
const HOP: usize = RATE as usize / 50;
/// A level so far above the usual quiet of its side is somebody.
const ABOVE_DB: f32 = 10.0;
/// Louder than this is never silence, quieter than the other always: a
/// person across the room, and the noise of 16 bits.
const LOUDEST_DB: f32 = -38.0;
const QUIETEST_DB: f32 = -60.0;
/// The level of digital silence, in dB.
const NOTHING_DB: f32 = -100.0;

/// Stretches to be left out: sorted, apart, in frames of the recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silences(Vec<Range<u64>>);

impl Silences {
    /// Looks through a recording of so many frames (behind the sound's own
    /// end is silence). What is in `keep` (frames) is never left out.
    ///
    /// # Errors
    /// If the recording cannot be read.
    pub fn find(sound: &mut impl Sound, frames: u64, keep: &[Range<u64>]) -> io::Result<Self> {
        let mut levels: Vec<[f32; 2]> = Vec::new();
        let mut hop = [Frame::default(); HOP];
        let hops = sound.frames().div_ceil(HOP as u64);
        for at in 0..hops {
            sound.read(at * HOP as u64, &mut hop)?;
            levels.push([level(&hop, 0), level(&hop, 1)]);
        }
        let limits = [limit(&levels, 0), limit(&levels, 1)];
        let loud = levels
            .iter()
            .enumerate()
            .filter(|(_, l)| l[0] > limits[0] || l[1] > limits[1])
            .map(|(i, _)| {
                let from = i as u64 * HOP as u64;
                from..from + HOP as u64
            });
        let mut heard: Vec<Range<u64>> = loud.chain(keep.iter().cloned()).collect();
        heard.sort_by_key(|range| (range.start, range.end));
        heard.push(frames..frames);
        let mut found = Vec::new();
        let mut quiet = 0;
        for range in heard {
            let (from, to) = (quiet + KEPT, range.start.min(frames).saturating_sub(KEPT));
            if to >= from + WORTH {
                found.push(from..to);
            }
            quiet = quiet.max(range.end);
        }
        Ok(Self(found))
    }

    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many frames are left out.
    pub fn frames(&self) -> u64 {
        self.0.iter().map(|r| r.end - r.start).sum()
    }

    /// The first stretch that does not end before or at this frame.
    pub fn next(&self, at: u64) -> Option<Range<u64>> {
        let i = self.0.partition_point(|range| range.end <= at);
        self.0.get(i).cloned()
    }

    /// The place so many frames of what is played after `at`.
    pub fn forward(&self, mut at: u64, mut frames: u64) -> u64 {
        while let Some(range) = self.next(at) {
            let before = range.start.saturating_sub(at);
            if frames < before {
                break;
            }
            frames -= before;
            at = range.end;
        }
        at.saturating_add(frames)
    }

    /// The place so many frames of what is played before `at`.
    pub fn back(&self, mut at: u64, mut frames: u64) -> u64 {
        for range in self.0.iter().rev() {
            if range.start >= at {
                continue;
            }
            let after = at.saturating_sub(range.end);
            // Both ends of a silence are one place; the later one is heard.
            if frames <= after {
                break;
            }
            frames -= after;
            at = range.start;
        }
        at.saturating_sub(frames)
    }
}

/// Root mean square of one side, in dB of full scale.
fn level(hop: &[Frame], side: usize) -> f32 {
    let energy: i64 = hop.iter().map(|f| i64::from(f[side]).pow(2)).sum();
    if energy == 0 {
        return NOTHING_DB;
    }
    let mean = energy as f64 / hop.len() as f64 / f64::from(1u32 << 30);
    10.0 * mean.log10() as f32
}

/// What a side must be louder than to be heard: the level that a tenth of
/// its time stays below, and some more. Digital silence (gaps) has no say.
fn limit(levels: &[[f32; 2]], side: usize) -> f32 {
    let mut real: Vec<f32> = levels.iter().map(|l| l[side]).collect();
    real.retain(|level| *level > NOTHING_DB);
    real.sort_by(f32::total_cmp);
    let floor = real.get(real.len() / 10).copied().unwrap_or(NOTHING_DB);
    (floor + ABOVE_DB).clamp(QUIETEST_DB, LOUDEST_DB)
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "one silence is meant, not many frames"
)]
mod tests {
    use super::*;

    const SECOND: u64 = RATE as u64;

    /// Seconds of (candidate, recruiter) amplitudes.
    fn call(parts: &[(f64, i16, i16)]) -> Vec<Frame> {
        let mut out = Vec::new();
        for (seconds, near, far) in parts {
            for i in 0..(seconds * f64::from(RATE)) as usize {
                let sign = if i % 40 < 20 { 1 } else { -1 };
                out.push([near * sign, far * sign]);
            }
        }
        out
    }

    fn find(mut sound: Vec<Frame>, keep: &[Range<u64>]) -> Silences {
        let frames = sound.frames();
        Silences::find(&mut sound, frames, keep).unwrap()
    }

    #[test]
    fn a_silence_of_both_sides_is_shortened_to_a_third_of_a_second() {
        let found = find(
            call(&[
                (1.0, 4000, 0),
                (2.0, 0, 0),
                (1.0, 0, 4000),
                (0.3, 0, 0),
                (1.0, 4000, 0),
            ]),
            &[],
        );
        assert_eq!(found.0, [SECOND + KEPT..3 * SECOND - KEPT]);
        assert_eq!(found.frames(), 2 * SECOND - 2 * KEPT);
    }

    #[test]
    fn while_one_side_speaks_nothing_is_left_out() {
        assert!(find(call(&[(3.0, 4000, 0), (3.0, 0, 4000)]), &[]).is_empty());
    }

    #[test]
    fn the_noise_of_a_room_is_silence_and_a_voice_over_it_is_not() {
        // -50 dB of noise, a voice at -24 dB.
        let found = find(call(&[(1.0, 2000, 0), (4.0, 100, 0), (1.0, 2000, 0)]), &[]);
        assert_eq!(found.0, [SECOND + KEPT..5 * SECOND - KEPT]);
        // Where it is always loud, nothing is taken for silence.
        assert!(find(call(&[(5.0, 1000, 0)]), &[]).is_empty());
    }

    #[test]
    fn words_that_were_recognised_stay_however_soft() {
        let word = 3 * SECOND..4 * SECOND;
        let found = find(
            call(&[(1.0, 4000, 0), (6.0, 3, 0)]),
            std::slice::from_ref(&word),
        );
        assert_eq!(
            found.0,
            [
                SECOND + KEPT..3 * SECOND - KEPT,
                4 * SECOND + KEPT..7 * SECOND - KEPT
            ]
        );
    }

    #[test]
    fn going_back_and_forth_counts_what_is_played() {
        let s = Silences(vec![100..200, 300..1000]);
        assert_eq!(s.forward(0, 50), 50);
        assert_eq!(s.forward(50, 100), 250);
        assert_eq!(s.forward(150, 10), 210);
        assert_eq!(s.forward(250, 60), 1010);
        assert_eq!(s.back(1010, 60), 250);
        assert_eq!(s.back(250, 100), 50);
        assert_eq!(s.back(150, 10), 90);
        assert_eq!(s.back(250, 1000), 0);
        // Back and forth by the same way, from any place that is played.
        for at in (0..100).chain(200..300).chain(1000..1100) {
            assert_eq!(s.back(s.forward(at, 120), 120), at, "{at}");
        }
    }

    #[test]
    fn a_record_without_sound_keeps_what_is_shown() {
        let mut sound = super::super::sound::NoSound;
        let found = Silences::find(
            &mut sound,
            20 * SECOND,
            &[0..SECOND, 10 * SECOND..12 * SECOND],
        )
        .unwrap();
        assert_eq!(
            found.0,
            [
                SECOND + KEPT..10 * SECOND - KEPT,
                12 * SECOND + KEPT..20 * SECOND - KEPT
            ]
        );
    }
}
