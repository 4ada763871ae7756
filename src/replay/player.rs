//! Plays a record: from a place in the recording to samples, at a speed, and
//! from samples that were heard back to the place. Time here is samples
//! counted; whoever takes them is the clock.

use super::feed::Feed;
use super::lines::Timeline;
use super::silence::Silences;
use super::sound::Sound;
use super::stretch::Stretch;
use crate::record::RATE;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;

/// A sample that was made and the place in the feed that it belongs to.
#[derive(Clone, Copy, Debug)]
struct Mark {
    made: u64,
    place: f64,
    speed: f64,
}

/// A recording, a place in it, and how it is played.
#[derive(Debug)]
pub struct Player<S> {
    sound: S,
    /// Where the record ends, in frames; lines may go on after the sound.
    end: u64,
    kept: Vec<Range<u64>>,
    /// Found when they are first asked for.
    silences: Option<Silences>,
    skip: bool,
    gains: [f32; 2],
    feed: Feed,
    stretch: Stretch,
    marks: VecDeque<Mark>,
    made: u64,
    pcm: Vec<f32>,
}

impl<S: Sound> Player<S> {
    /// A player at the beginning, at speed 1.
    pub fn new(sound: S, timeline: &Timeline) -> Self {
        let end = (timeline.length_ms * u64::from(RATE) / 1000).max(sound.frames());
        Self {
            sound,
            end,
            kept: timeline.kept(),
            silences: None,
            skip: false,
            gains: [1.0, 1.0],
            feed: Feed::new(0, end),
            stretch: Stretch::new(1.0),
            marks: VecDeque::new(),
            made: 0,
            pcm: Vec::new(),
        }
    }

    /// The frame after the last.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// Goes to a frame; samples are counted from 0 again.
    pub fn go_to(&mut self, frame: u64) {
        self.feed = Feed::new(frame, self.end);
        self.stretch.reset();
        self.marks.clear();
        self.made = 0;
    }

    /// Seconds of the recording that a second plays.
    pub const fn speed(&self) -> f64 {
        self.stretch.speed()
    }

    /// Plays at this speed from here on, see [`super::stretch::SPEEDS`].
    pub const fn set_speed(&mut self, speed: f64) {
        self.stretch.set_speed(speed);
    }

    /// Volumes of candidate and recruiter; 1 is as recorded.
    pub const fn set_gains(&mut self, gains: [f32; 2]) {
        self.gains = gains;
    }

    /// Whether silences are left out.
    pub const fn skips(&self) -> bool {
        self.skip
    }

    /// Leaves silences out from here on, or not. The first time, the whole
    /// recording is looked through.
    ///
    /// # Errors
    /// If the recording cannot be read.
    pub fn set_skip(&mut self, skip: bool) -> io::Result<()> {
        if skip && self.silences.is_none() {
            let found = Silences::find(&mut self.sound, self.end, &self.kept)?;
            self.silences = Some(found);
        }
        self.skip = skip;
        Ok(())
    }

    /// The silences that are left out, if any are.
    pub fn silences(&self) -> Option<&Silences> {
        self.silences.as_ref().filter(|_| self.skip)
    }

    /// The place `ms` of what is played after frame `at`, or before it.
    pub fn away(&self, at: u64, ms: i64) -> u64 {
        let frames = ms.unsigned_abs().saturating_mul(u64::from(RATE) / 1000);
        let none = Silences::default();
        let silences = self.silences().unwrap_or(&none);
        if ms < 0 {
            silences.back(at, frames)
        } else {
            silences.forward(at, frames).min(self.end)
        }
    }

    /// Appends at least `wanted` samples, fewer only at the end.
    ///
    /// # Errors
    /// If the recording cannot be read.
    pub fn render(&mut self, wanted: usize, out: &mut Vec<f32>) -> io::Result<()> {
        let target = out.len() + wanted;
        while out.len() < target {
            let wants = self.stretch.wants();
            if wants > 0 && !self.feed.ended() {
                self.pcm.clear();
                let silences = self.silences.as_ref().filter(|_| self.skip);
                self.feed
                    .read(&mut self.sound, silences, self.gains, wants, &mut self.pcm)?;
                self.stretch.push(&self.pcm);
            }
            if self.feed.ended() {
                self.stretch.finish();
            }
            let mark = Mark {
                made: self.made,
                place: self.stretch.place(),
                speed: self.stretch.speed(),
            };
            let made = self.stretch.pull(out);
            if made > 0 {
                self.marks.push_back(mark);
                self.made += made as u64;
            } else if self.feed.ended() {
                break;
            }
        }
        Ok(())
    }

    /// Samples made since the last [`Self::go_to`].
    pub const fn made(&self) -> u64 {
        self.made
    }

    /// The frame that is heard when so many of the samples have been played.
    /// What was played before is forgotten.
    pub fn heard(&mut self, played: u64) -> u64 {
        while self.marks.get(1).is_some_and(|next| next.made <= played) {
            self.marks.pop_front();
        }
        let Some(mark) = self.marks.front() else {
            return self.feed.frame(0.0);
        };
        let since = played.saturating_sub(mark.made) as f64;
        let limit = self
            .marks
            .get(1)
            .map_or_else(|| self.stretch.place(), |next| next.place);
        let place = (mark.place + since * mark.speed).min(limit);
        self.feed.frame(place)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sound::Frame;
    use super::*;

    fn player(seconds: u64) -> Player<Vec<Frame>> {
        let sound = (0..seconds * u64::from(RATE))
            .map(|i| [((i % 100) * 100) as i16, 0])
            .collect();
        let timeline = Timeline {
            length_ms: seconds * 1000,
            ..Timeline::default()
        };
        Player::new(sound, &timeline)
    }

    #[test]
    fn what_is_played_at_speed_1_is_the_recording() {
        let mut player = player(2);
        let mut out = Vec::new();
        player.render(usize::MAX / 2, &mut out).unwrap();
        assert_eq!(out.len(), 32_000);
        let same = |(i, v): (usize, &f32)| *v == ((i % 100) * 100) as f32 / 32_768.0;
        assert!(out.iter().enumerate().all(same));
    }

    #[test]
    fn the_place_that_is_heard_runs_with_the_speed() {
        for speed in [0.5, 1.0, 1.5, 2.0, 4.0] {
            let mut player = player(8);
            player.go_to(16_000);
            player.set_speed(speed);
            let mut out = Vec::new();
            player.render(16_000, &mut out).unwrap();
            for played in [0, 1_000, 7_777, 16_000] {
                let wanted = 16_000 + (played as f64 * speed) as u64;
                let got = player.heard(played);
                assert!(got.abs_diff(wanted) <= 1, "{speed} {played}: {got}");
            }
        }
    }

    #[test]
    fn lines_after_the_end_of_the_sound_have_their_time_too() {
        let timeline = Timeline {
            length_ms: 3_000,
            ..Timeline::default()
        };
        let mut player = Player::new(vec![[100, 0]; 16_000], &timeline);
        let mut out = Vec::new();
        player.render(100_000, &mut out).unwrap();
        assert_eq!(out.len(), 48_000);
        assert!(out[16_000..].iter().all(|v| *v == 0.0));
        assert_eq!(player.heard(48_000), 48_000);
    }
}
