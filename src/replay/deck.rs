//! What a person does with a record that plays: pause, go somewhere, change
//! the speed, look for words. Joins [`Player`] and [`Output`]; both run on
//! whatever clock the output has.
//!
//! Whatever is changed is heard at once: what waits to be played is thrown
//! away, and made again from the place that was heard last.

use super::find::{Match, find};
use super::lines::Timeline;
use super::output::Output;
use super::player::Player;
use super::sound::Sound;
use super::stretch::SPEEDS;
use crate::audio::AudioError;
use crate::record::RATE;
use crate::report::dialogue::Speaker;
use std::io;
use thiserror::Error;

/// Speeds that keys go through.
const STEPS: [f64; 11] = [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0];
/// Later than this into a line, "the line before" is its own beginning, ms.
const INTO_LINE_MS: u64 = 1_500;
/// Samples made at a time.
const PART: usize = RATE as usize / 20;

/// Why playing ended early.
#[derive(Debug, Error)]
pub enum PlayError {
    /// The recording cannot be read.
    #[error("The recording cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The speaker or file that it goes to failed.
    #[error(transparent)]
    Output(#[from] AudioError),
}

/// Everything that a person can ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Stop, or go on.
    TogglePause,
    /// So many milliseconds of what is played forward, or back.
    Jump(i64),
    /// To the beginning of the next line.
    NextLine,
    /// To the beginning of this line, or of the one before.
    PreviousLine,
    /// To the beginning.
    Begin,
    /// To the last line.
    LastLine,
    /// To this time of the recording, milliseconds.
    To(u64),
    /// One step faster.
    Faster,
    /// One step slower.
    Slower,
    /// Leave out silences, or not.
    ToggleSilence,
    /// Mute a side, or not.
    ToggleMute(Speaker),
    /// Look for words, and go to the first place from here on.
    Find(String),
    /// To the next place that says them.
    NextMatch,
    /// To the one before.
    PreviousMatch,
}

/// How playing begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Seconds of the recording a second, see [`SPEEDS`].
    pub speed: f64,
    /// Leave out silences.
    pub skip_silence: bool,
    /// Volumes of candidate and recruiter; 1 is as recorded.
    pub volumes: [f32; 2],
    /// Whether candidate and recruiter are muted.
    pub muted: [bool; 2],
}

impl Default for Options {
    fn default() -> Self {
        Self {
            speed: 1.0,
            skip_silence: false,
            volumes: [1.0, 1.0],
            muted: [false, false],
        }
    }
}

/// Whether it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Playing,
    /// It stands.
    Paused,
    /// Everything was played.
    Ended,
}

/// A record that plays.
pub struct Deck<S, O> {
    timeline: Timeline,
    player: Player<S>,
    output: O,
    options: Options,
    state: State,
    /// The frame where it stands while it does not play.
    stands: u64,
    /// Whether the output was told that nothing follows.
    finished: bool,
    query: String,
    found: Vec<Match>,
    /// Place in `found` of the one that was gone to.
    chosen: Option<usize>,
    pcm: Vec<f32>,
}

const fn side(who: Speaker) -> usize {
    match who {
        Speaker::Candidate => 0,
        Speaker::Recruiter => 1,
    }
}

const fn frames(ms: u64) -> u64 {
    ms * RATE as u64 / 1000
}

impl<S: Sound, O: Output> Deck<S, O> {
    /// A record at its beginning, ready to play.
    ///
    /// # Errors
    /// If silences are to be left out and the recording cannot be read.
    pub fn new(
        timeline: Timeline,
        sound: S,
        output: O,
        options: Options,
    ) -> Result<Self, PlayError> {
        let mut player = Player::new(sound, &timeline);
        player.set_speed(options.speed);
        player.set_skip(options.skip_silence)?;
        let mut deck = Self {
            timeline,
            player,
            output,
            options,
            state: State::Playing,
            stands: 0,
            finished: false,
            query: String::new(),
            found: Vec::new(),
            chosen: None,
            pcm: Vec::new(),
        };
        deck.set_gains();
        Ok(deck)
    }

    /// What is shown of the record.
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Whether it plays.
    pub const fn state(&self) -> State {
        self.state
    }

    /// How it plays now.
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// What was looked for, every place that says it, and the number (from
    /// 0) of the place that was gone to.
    pub fn search(&self) -> (&str, &[Match], Option<usize>) {
        (&self.query, &self.found, self.chosen)
    }

    /// Milliseconds of silence that are left out in all.
    pub fn left_out_ms(&self) -> u64 {
        let silences = self.player.silences();
        silences.map_or(0, |s| s.frames() * 1000 / u64::from(RATE))
    }

    /// What is heard now, milliseconds of the recording.
    ///
    /// # Errors
    /// If the output failed.
    pub fn position_ms(&mut self) -> Result<u64, PlayError> {
        let ms = self.frame()? * 1000 / u64::from(RATE);
        // Lines may end a part of a millisecond after the last frame.
        Ok(if self.state == State::Ended {
            self.timeline.length_ms.max(ms)
        } else {
            ms
        })
    }

    fn frame(&mut self) -> Result<u64, PlayError> {
        Ok(match self.state {
            State::Playing => self.player.heard(self.output.played()?),
            State::Paused | State::Ended => self.stands,
        })
    }

    /// Hands the output what it has room for. Call it at least every 50 ms.
    ///
    /// # Errors
    /// If the recording cannot be read, or the output failed.
    pub fn step(&mut self) -> Result<State, PlayError> {
        if self.state != State::Playing {
            return Ok(self.state);
        }
        while !self.finished {
            let room = self.output.room()?;
            if room == 0 {
                break;
            }
            self.pcm.clear();
            self.player.render(room.min(PART), &mut self.pcm)?;
            if self.pcm.is_empty() {
                self.output.finish();
                self.finished = true;
            } else {
                self.output.push(&self.pcm)?;
            }
        }
        if self.finished && self.output.played()? >= self.player.made() {
            self.stands = self.player.end();
            self.state = State::Ended;
        }
        Ok(self.state)
    }

    /// Waits until what was played is surely heard.
    pub fn drain(&mut self) {
        self.output.drain();
    }

    /// Ends it; whatever the output writes is complete.
    ///
    /// # Errors
    /// If the output failed.
    pub fn close(mut self) -> Result<(), PlayError> {
        Ok(self.output.close()?)
    }

    /// Does what was asked for; says what a person should know about it.
    ///
    /// # Errors
    /// If the recording cannot be read, or the output failed.
    pub fn apply(&mut self, command: Command) -> Result<Option<String>, PlayError> {
        let now = self.frame()?;
        let now_ms = now * 1000 / u64::from(RATE);
        let mut note = None;
        let to = match command {
            Command::TogglePause => {
                self.state = match self.state {
                    State::Playing => State::Paused,
                    State::Paused => State::Playing,
                    // Once more from the beginning.
                    State::Ended => {
                        self.resume(0, State::Playing);
                        return Ok(None);
                    }
                };
                now
            }
            Command::Jump(ms) => self.player.away(now, ms),
            Command::NextLine => match self.timeline.next(now_ms) {
                Some(line) => frames(line.start_ms),
                None => now,
            },
            Command::PreviousLine => frames(self.line_before(now_ms)),
            Command::Begin => 0,
            Command::LastLine => frames(self.timeline.lines.last().map_or(0, |l| l.start_ms)),
            Command::To(ms) => frames(ms.min(self.timeline.length_ms)),
            Command::Faster | Command::Slower => {
                let speed = self.player.speed();
                let step = if command == Command::Faster {
                    STEPS.iter().find(|step| **step > speed)
                } else {
                    STEPS.iter().rev().find(|step| **step < speed)
                };
                match step {
                    Some(step) => self.player.set_speed(*step),
                    None => {
                        note = Some(format!(
                            "Speeds go from {} to {}",
                            SPEEDS.start(),
                            SPEEDS.end()
                        ))
                    }
                }
                self.options.speed = self.player.speed();
                now
            }
            Command::ToggleSilence => {
                self.player.set_skip(!self.player.skips())?;
                self.options.skip_silence = self.player.skips();
                now
            }
            Command::ToggleMute(who) => {
                let muted = &mut self.options.muted[side(who)];
                *muted = !*muted;
                self.set_gains();
                now
            }
            Command::Find(text) => {
                let (to, said) = self.look_for(text, now_ms);
                note = said;
                to.map_or(now, frames)
            }
            Command::NextMatch | Command::PreviousMatch => {
                let forward = command == Command::NextMatch;
                let (to, said) = self.another_match(forward);
                note = said;
                to.map_or(now, frames)
            }
        };
        // At the end only a way back does anything.
        let state = match self.state {
            State::Ended if to < now => State::Playing,
            state => state,
        };
        self.resume(to, state);
        Ok(note)
    }

    fn resume(&mut self, frame: u64, state: State) {
        self.output.cut();
        self.player.go_to(frame);
        self.finished = false;
        self.stands = frame;
        self.state = state;
    }

    fn set_gains(&mut self) {
        let Options { volumes, muted, .. } = self.options;
        let gain = |i: usize| if muted[i] { 0.0 } else { volumes[i] };
        self.player.set_gains([gain(0), gain(1)]);
    }

    fn line_before(&self, now_ms: u64) -> u64 {
        let lines = &self.timeline.lines;
        let Some(this) = self.timeline.at(now_ms).map(|i| lines[i].start_ms) else {
            return 0;
        };
        if now_ms >= this + INTO_LINE_MS {
            return this;
        }
        let before = lines.iter().rev().find(|line| line.start_ms < this);
        before.map_or(0, |line| line.start_ms)
    }

    fn look_for(&mut self, text: String, now_ms: u64) -> (Option<u64>, Option<String>) {
        let found = find(&self.timeline.lines, &text);
        if found.is_empty() {
            return (None, Some(format!("Nothing says \"{text}\"")));
        }
        let first = found.iter().position(|place| place.start_ms >= now_ms);
        self.query = text;
        self.found = found;
        let note = first.is_none().then(|| "From the beginning".to_owned());
        (self.choose(first.unwrap_or(0)), note)
    }

    fn another_match(&mut self, forward: bool) -> (Option<u64>, Option<String>) {
        let Some(last) = self.found.len().checked_sub(1) else {
            return (None, Some("Nothing was looked for".to_owned()));
        };
        let (next, note) = match (self.chosen.unwrap_or(0), forward) {
            (at, true) if at == last => (0, Some("From the beginning")),
            (0, false) => (last, Some("From the end")),
            (at, true) => (at + 1, None),
            (at, false) => (at - 1, None),
        };
        (self.choose(next), note.map(str::to_owned))
    }

    fn choose(&mut self, at: usize) -> Option<u64> {
        self.chosen = Some(at);
        self.found.get(at).map(|place| place.start_ms)
    }
}

#[cfg(test)]
#[path = "deck_tests.rs"]
mod tests;
