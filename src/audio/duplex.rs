//! A speaker, a room and a microphone on one sample clock, with the real
//! chain between them: to measure what a call would do with given sound.

use super::echo::STEP;
use super::frontend::{Frontend, LineNews, Step};
use super::interrupt::Loudness;
use super::playback::{Item, PlaybackEnds, PlaybackSource, What};
use super::player::Flags;
use super::room::{Room, RoomSettings};
use super::settings::AudioSettings;
use super::{AudioEvent, FrontendCommand, RATE, SamplePos};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Samples that wait before the speaker.
const ROOM: usize = 4 * STEP;

/// Runs sample for sample; no device, thread or wall clock.
pub struct Duplex {
    frontend: Frontend,
    source: PlaybackSource,
    ends: PlaybackEnds,
    flags: Arc<Flags>,
    room: Room,
    /// Lines to play, first to last.
    lines: VecDeque<(u32, VecDeque<f32>)>,
    stopped: u32,
    /// What the speaker played and the microphone heard so far.
    pub far: Vec<f32>,
    /// See `far`.
    pub near: Vec<f32>,
}

impl Duplex {
    /// Silent, at position 0.
    pub fn new(settings: &AudioSettings, room: RoomSettings) -> Self {
        let flags = Arc::new(Flags::default());
        let (source, ends) = PlaybackSource::new(RATE, 1, ROOM, flags.clone(), None);
        Self {
            frontend: Frontend::new(settings),
            source,
            ends,
            flags,
            room: Room::new(room),
            lines: VecDeque::new(),
            stopped: 0,
            far: Vec::new(),
            near: Vec::new(),
        }
    }

    /// The chain itself.
    pub const fn frontend(&self) -> &Frontend {
        &self.frontend
    }

    /// Where the sample clock stands.
    pub const fn position(&self) -> SamplePos {
        self.frontend.position()
    }

    /// Plays a line after those before. Lines are numbered from 1, in order.
    pub fn say(&mut self, line: u32, pcm: &[f32]) {
        self.lines.push_back((line, pcm.iter().copied().collect()));
    }

    /// Whether everything that was to be said has gone to the speaker.
    pub fn is_silent(&self) -> bool {
        self.lines.is_empty()
    }

    /// Stops every line, as the house does for words.
    pub fn stop(&mut self, last: u32) {
        self.stopped = last;
        self.flags.stopped.store(last, Ordering::Release);
        self.lines.retain(|l| l.0 > last);
    }

    /// Tells the chain something, as the house does.
    pub fn command(&mut self, command: FrontendCommand, out: &mut Vec<AudioEvent>) {
        self.frontend.command(command, out);
    }

    /// Moves on by 10 ms, with the candidate's own voice at the microphone.
    pub fn step(&mut self, voice: &[f32], out: &mut Vec<AudioEvent>) {
        self.feed();
        let mut far = [0.0f32; STEP];
        self.source.fill(&mut far, 0);
        let mut news = Vec::new();
        while let Ok(mark) = self.ends.marks.pop() {
            let at = mark.frame;
            news.push(match mark.what {
                What::Started { take } => LineNews::Started { line: take, at },
                What::Level { take, loudness } => LineNews::Level {
                    line: take,
                    at,
                    loudness,
                },
                What::Ended { take, frames } => LineNews::Ended {
                    line: take,
                    at,
                    played: frames,
                    complete: true,
                },
                What::Stopped {
                    playing, frames, ..
                } => LineNews::Ended {
                    line: playing,
                    at,
                    played: frames,
                    complete: false,
                },
            });
        }
        let mut near = [0.0f32; STEP];
        for (to, from) in near.iter_mut().zip(voice) {
            *to = *from;
        }
        self.room.pass(&far, &mut near);
        for value in &mut near {
            *value = value.clamp(-1.0, 1.0);
        }
        self.far.extend(far);
        self.near.extend(near);
        let step = Step {
            near: &near,
            far: &far,
            lines: &news,
            missing: &[],
            missing_far: &[],
            mic_ended: None,
        };
        self.frontend.step(&step, out);
        self.flags.set_loudness(self.frontend.loudness());
    }

    /// How loud the line is to be now.
    pub const fn loudness(&self) -> Loudness {
        self.frontend.loudness()
    }

    fn feed(&mut self) {
        while ROOM - self.ends.items.slots() < 2 * STEP {
            let Some((take, pcm)) = self.lines.front_mut() else {
                return;
            };
            let take = *take;
            let item = match pcm.pop_front() {
                Some(value) => Item::Sample { value, take },
                None => {
                    self.lines.pop_front();
                    Item::End { take }
                }
            };
            // There is room: at most two steps are in a ring of four.
            let _ = self.ends.items.push(item);
        }
    }
}
