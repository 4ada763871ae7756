//! The recording as one stream: both sides mixed at their volumes, silences
//! left out with a short cross-fade, from any place to the end.

use super::silence::Silences;
use super::sound::{Frame, Sound};
use std::collections::VecDeque;
use std::io;

/// Frames of the fade at a beginning and at a seam: 5 ms, too short to be
/// missed and long enough not to click.
const FADE: usize = 80;
/// Frames that are read at a time.
const PART: usize = 1_024;

/// Reads a recording from a place on.
#[derive(Debug)]
pub(super) struct Feed {
    /// The next frame of the recording, and where it ends.
    at: u64,
    end: u64,
    /// Samples given so far.
    given: u64,
    /// From which given sample on the recording is at which frame, oldest
    /// first.
    runs: VecDeque<(u64, u64)>,
}

impl Feed {
    /// From frame `at` to frame `end`.
    pub(super) fn new(at: u64, end: u64) -> Self {
        Self {
            at: at.min(end),
            end,
            given: 0,
            runs: VecDeque::from([(0, at.min(end))]),
        }
    }

    pub(super) const fn ended(&self) -> bool {
        self.at >= self.end
    }

    /// The frame of the recording that a place in the stream belongs to.
    pub(super) fn frame(&self, place: f64) -> u64 {
        let run = self.runs.iter().rev().find(|run| run.0 as f64 <= place);
        let (given, at) = run
            .or_else(|| self.runs.front())
            .copied()
            .unwrap_or_default();
        let frame = at + (place - given as f64).max(0.0) as u64;
        frame.min(self.end)
    }

    /// Appends up to `wanted` samples, fewer only at the end. What stands in
    /// `silences` is left out.
    pub(super) fn read(
        &mut self,
        sound: &mut impl Sound,
        silences: Option<&Silences>,
        gains: [f32; 2],
        wanted: usize,
        out: &mut Vec<f32>,
    ) -> io::Result<()> {
        let target = out.len() + wanted;
        let mut frames = [Frame::default(); PART];
        while out.len() < target && !self.ended() {
            let next = silences.and_then(|s| s.next(self.at));
            if let Some(range) = next.as_ref().filter(|range| range.start <= self.at) {
                self.seam(sound, range.end, gains, out)?;
                continue;
            }
            let until = next.map_or(self.end, |range| range.start.min(self.end));
            let n = ((until - self.at) as usize)
                .min(target - out.len())
                .min(PART);
            sound.read(self.at, &mut frames[..n])?;
            for frame in &frames[..n] {
                let ramp = if self.given < FADE as u64 && self.runs[0].1 > 0 {
                    (self.given + 1) as f32 / FADE as f32
                } else {
                    1.0
                };
                out.push(mix(*frame, gains) * ramp);
                self.given += 1;
            }
            self.at += n as u64;
        }
        Ok(())
    }

    /// Goes on at frame `to`, faded into what would have followed.
    fn seam(
        &mut self,
        sound: &mut impl Sound,
        to: u64,
        gains: [f32; 2],
        out: &mut Vec<f32>,
    ) -> io::Result<()> {
        let to = to.min(self.end);
        if self.given == 0 {
            // Nothing was heard yet that could break off.
            self.runs[0].1 = to;
            self.at = to;
            return Ok(());
        }
        let n = FADE.min((self.end - to) as usize);
        let (mut old, mut new) = ([Frame::default(); FADE], [Frame::default(); FADE]);
        sound.read(self.at, &mut old[..n])?;
        sound.read(to, &mut new[..n])?;
        for (i, (old, new)) in old.iter().zip(&new).take(n).enumerate() {
            let w = (i + 1) as f32 / (FADE + 1) as f32;
            out.push(mix(*old, gains) * (1.0 - w) + mix(*new, gains) * w);
        }
        self.runs.push_back((self.given, to));
        self.given += n as u64;
        self.at = to + n as u64;
        Ok(())
    }
}

/// Both sides in one, clipped where they are too loud together.
fn mix(frame: Frame, gains: [f32; 2]) -> f32 {
    let [near, far] = frame.map(|sample| f32::from(sample) / 32_768.0);
    (near * gains[0] + far * gains[1]).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(feed: &mut Feed, sound: &mut Vec<Frame>, silences: Option<&Silences>) -> Vec<f32> {
        let mut out = Vec::new();
        while !feed.ended() {
            feed.read(sound, silences, [1.0, 1.0], 333, &mut out)
                .unwrap();
        }
        out
    }

    #[test]
    fn both_sides_are_mixed_at_their_volumes_and_never_wrap() {
        let mut sound: Vec<Frame> = vec![[8_192, 4_096], [32_767, 32_767], [-32_768, -32_768]];
        let mut out = Vec::new();
        let mut feed = Feed::new(0, 3);
        feed.read(&mut sound, None, [1.0, 2.0], 10, &mut out)
            .unwrap();
        assert_eq!(out, [0.5, 1.0, -1.0]);
        let mut muted = Vec::new();
        let mut feed = Feed::new(0, 1);
        feed.read(&mut sound, None, [0.0, 1.0], 10, &mut muted)
            .unwrap();
        assert_eq!(muted, [0.125]);
    }

    #[test]
    fn a_stream_from_the_beginning_is_the_recording_sample_by_sample() {
        let mut sound: Vec<Frame> = (0..5_000).map(|i| [i, 0]).collect();
        let out = all(&mut Feed::new(0, 5_000), &mut sound, None);
        assert!(
            out.iter()
                .enumerate()
                .all(|(i, v)| *v == i as f32 / 32_768.0)
        );
        assert_eq!(out.len(), 5_000);
    }

    #[test]
    fn a_stream_from_the_middle_fades_in() {
        let mut sound: Vec<Frame> = vec![[16_384, 0]; 5_000];
        let out = all(&mut Feed::new(1_000, 5_000), &mut sound, None);
        assert_eq!(out.len(), 4_000);
        assert!(out[0] < 0.01 && out[FADE] == 0.5);
        assert!(out.windows(2).all(|w| (w[1] - w[0]).abs() < 0.01));
    }

    #[test]
    fn silences_are_left_out_without_a_jump_and_the_place_follows() {
        // Half a second of a steady level, a second to be left out at
        // another level, and the first level again.
        let mut sound: Vec<Frame> = vec![[8_192, 0]; 32_000];
        sound[8_000..24_000].fill([0, 0]);
        let found = Silences::find(&mut sound.clone(), 32_000, &[]).unwrap();
        assert_eq!(found.frames(), 16_000 - 4_800);
        let mut feed = Feed::new(0, 32_000);
        let out = all(&mut feed, &mut sound, Some(&found));
        assert_eq!(out.len() as u64, 32_000 - found.frames());
        assert_eq!(feed.frame(0.0), 0);
        assert_eq!(feed.frame(10_000.0), 10_000);
        assert_eq!(feed.frame(10_400.0), 21_600);
        assert_eq!(feed.frame(20_000.0), 31_200);
        // Beginning inside a silence begins at its end.
        let mut feed = Feed::new(15_000, 32_000);
        let out = all(&mut feed, &mut sound, Some(&found));
        assert_eq!((feed.frame(0.0), out.len()), (21_600, 10_400));
    }

    #[test]
    fn a_seam_between_two_levels_is_a_ramp() {
        let mut sound: Vec<Frame> = vec![[0, 0]; 40_000];
        sound[20_000..].fill([3_000, 0]);
        let found = Silences::find(&mut vec![[0, 0]; 40_000], 30_000, &[]).unwrap();
        let out = all(&mut Feed::new(0, 40_000), &mut sound, Some(&found));
        let steepest = out
            .windows(2)
            .map(|w| (w[1] - w[0]).abs())
            .fold(0.0, f32::max);
        assert!(steepest < 0.002, "{steepest}");
    }
}
