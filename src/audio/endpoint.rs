//! The endpointer: from the voice probability of each 16 ms frame to turns
//! and segments. Pure: it counts frames, and knows no samples, clock or
//! channel.
//!
//! ```text
//!  Idle -> Speech <-> Pause -> Between -> Speech ...   (one turn)
//!   ^________________|__________|  the pause budget is used up
//! ```
//!
//! A *segment* is one piece of speech for the recogniser; a *turn* is all
//! segments up to a pause that is longer than the budget.

mod habit;
mod patience;

pub use habit::Habit;
pub use patience::{AnswerKind, Cue, Patience, longest_ms};

use super::SegmentId;
use super::settings::EndpointSettings;
use crate::event::Told;
use std::collections::VecDeque;

/// Length of a frame in 16 kHz samples: what the voice detector takes.
pub const FRAME: usize = 256;
/// Length of a frame in milliseconds.
pub const FRAME_MS: u32 = 16;
/// How much longer than the budget a turn may stay open for a burst that is
/// neither speech nor silence yet, in frames.
const GRACE: u64 = 10;
/// Frames over which loudness is averaged to find a quiet place: 80 ms, the
/// gap between two words rather than a stop inside one.
const QUIET: usize = 5;
/// How fast the loudest speech is forgotten, in dB a frame: 6 dB a second, so
/// that whoever goes on softly is heard as well.
const FORGET_DB: f32 = 0.1;

/// One frame as the detector saw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Probability of voice, 0-1.
    pub voice: f32,
    /// Loudness, dB of full scale.
    pub level_db: f32,
    /// Whether a line is playing.
    pub over_line: bool,
}

/// A segment's place, in frames; ends are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First frame, pre-roll included.
    pub start: u64,
    /// First speech frame.
    pub speech_start: u64,
    /// End of the last speech frame.
    pub speech_end: u64,
    /// End of the audio to decode.
    pub end: u64,
}

/// What the endpointer decides. Positions are frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A turn began.
    Started {
        /// First speech frame.
        at: u64,
        /// Whether a line was playing.
        over_line: bool,
    },
    /// The open segment pauses here.
    Paused {
        /// Which segment.
        segment: SegmentId,
        /// What to decode.
        span: Span,
    },
    /// The paused segment goes on.
    Resumed {
        /// Which segment.
        segment: SegmentId,
    },
    /// The paused segment is final, and the turn goes on.
    Closed {
        /// Which segment.
        segment: SegmentId,
    },
    /// The turn is over.
    Ended {
        /// Its last segment.
        segment: SegmentId,
        /// End of its last speech frame.
        speech_end: u64,
        /// Where that was decided.
        at: u64,
    },
}

/// The state machine.
#[derive(Debug)]
pub struct Endpointer {
    limits: Limits,
    settings: EndpointSettings,
    /// How long a silence may be; its cue is about the newest segment.
    patience: Patience,
    /// Last speech of the turn before and what its words were, until the next
    /// question.
    before: Option<(u64, Option<Cue>)>,
    state: State,
    /// Frames seen.
    now: u64,
    /// The last 32 frames' speech flags, newest in bit 0.
    window: u32,
    burst: Option<Burst>,
    next: SegmentId,
    /// End of the audio that was given away with the last segment.
    given: u64,
    levels: VecDeque<f32>,
    /// About how loud the loudest of the last speech was.
    loudest_db: f32,
}

/// The settings in frames.
#[derive(Clone, Copy, Debug)]
struct Limits {
    onset: u32,
    window: u32,
    min_speech: u64,
    pre_roll: u64,
    tail: u64,
    pause: u64,
    close_pause: u64,
    close_after: u64,
    cut_after: u64,
    cut_search: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Speech(Open),
    Pause(Open),
    Between(Last),
}

#[derive(Clone, Copy, Debug)]
struct Open {
    id: SegmentId,
    start: u64,
    speech_start: u64,
    speech_end: u64,
}

/// The last segment of a turn that goes on.
#[derive(Clone, Copy, Debug)]
struct Last {
    id: SegmentId,
    speech_end: u64,
}

/// Speech frames that are not yet known to be speech.
#[derive(Clone, Copy, Debug)]
struct Burst {
    first: u64,
    last: u64,
    count: u64,
    onset: bool,
}

impl Limits {
    fn new(s: &EndpointSettings) -> Self {
        let frames = |ms: u32| u64::from(ms.div_ceil(FRAME_MS));
        let window = s.onset_window.clamp(1, 32);
        Self {
            onset: s.onset_frames.clamp(1, window),
            window,
            min_speech: frames(s.min_speech_ms).max(1),
            pre_roll: frames(s.pre_roll_ms),
            tail: frames(s.tail_ms),
            pause: frames(s.pause_ms).max(1),
            close_pause: frames(s.close_pause_ms),
            close_after: frames(s.close_after_ms),
            // Less than this and the search for a quiet place has no room.
            cut_after: frames(s.cut_after_ms).max(64),
            cut_search: frames(s.cut_search_ms).max(1) as usize,
        }
    }
}

impl Endpointer {
    /// An endpointer at frame 0, with nobody speaking.
    pub fn new(settings: EndpointSettings) -> Self {
        Self {
            limits: Limits::new(&settings),
            settings,
            patience: Patience {
                factor: 1.0,
                ..Patience::default()
            },
            before: None,
            state: State::Idle,
            now: 0,
            window: 0,
            burst: None,
            next: 1,
            given: 0,
            levels: VecDeque::new(),
            loudest_db: f32::NEG_INFINITY,
        }
    }

    /// What sort of answer is expected from now on.
    pub const fn expect(&mut self, asked: AnswerKind) {
        self.patience.asked = asked;
        self.patience.cut_ms = 0;
        self.before = None;
    }

    /// Pauses may be this many times longer; 1-10, anything else is cut.
    pub const fn pause_factor(&mut self, factor: f32) {
        self.patience.factor = if factor.is_nan() {
            1.0
        } else {
            factor.clamp(1.0, 10.0)
        };
    }

    /// Whether the candidate was given time to think.
    pub const fn thinking(&mut self, on: bool) {
        self.patience.thinking = on;
    }

    /// What the words of the turn up to `segment` suggest, and how many they
    /// are. Void as soon as speech goes on.
    pub fn cue(&mut self, segment: SegmentId, cue: Cue, words: u32) {
        if self.newest() == Some(segment) {
            self.patience.cue = Some((cue, words));
            self.patience.told = None;
        }
    }

    /// How much of what was asked for the words of the turn up to `segment`
    /// tell. Void as soon as speech goes on.
    pub fn told(&mut self, segment: SegmentId, told: Told) {
        if self.newest() == Some(segment) && self.patience.cue.is_some() {
            self.patience.told = Some(told);
        }
    }

    /// The segment whose words are the newest, while nobody speaks in a turn.
    const fn newest(&self) -> Option<SegmentId> {
        match self.state {
            State::Pause(open) => Some(open.id),
            State::Between(last) => Some(last.id),
            State::Idle | State::Speech(_) => None,
        }
    }

    /// How this speaker pauses, as far as was learnt.
    pub const fn habit(&self) -> &Habit {
        &self.patience.habit
    }

    /// Whether a turn is going on.
    pub const fn in_turn(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// Ends the turn now, if there is one.
    pub fn finish(&mut self, out: &mut Vec<Action>) {
        match self.state {
            State::Idle => {}
            State::Speech(open) => {
                self.pause(open, self.now, out);
                self.end(open.id, open.speech_end, out);
                // What was said belongs to the turn that is over.
                self.window = 0;
                self.burst = None;
            }
            State::Pause(open) => self.end(open.id, open.speech_end, out),
            State::Between(last) => self.end(last.id, last.speech_end, out),
        }
    }

    /// Takes the next frame.
    pub fn push(&mut self, frame: Frame, out: &mut Vec<Action>) {
        let speech = match self.state {
            State::Speech(_) => {
                let faint = self.loudest_db - self.settings.end_drop_db;
                frame.voice >= self.settings.keep_probability && frame.level_db > faint
            }
            _ => frame.voice >= self.settings.begin_probability,
        };
        let loud = if speech {
            frame.level_db
        } else {
            f32::NEG_INFINITY
        };
        self.loudest_db = loud.max(self.loudest_db - FORGET_DB);
        self.remember(frame, speech);
        self.now += 1;
        match self.state {
            State::Idle => self.idle(frame.over_line, out),
            State::Speech(open) => self.speaking(open, speech, out),
            State::Pause(open) => self.pausing(open, out),
            State::Between(last) => self.between(last, out),
        }
    }

    fn remember(&mut self, frame: Frame, speech: bool) {
        self.window = (self.window << 1) | u32::from(speech);
        self.levels.push_back(frame.level_db);
        if self.levels.len() > self.limits.cut_search + QUIET {
            self.levels.pop_front();
        }
        let (now, onset) = (self.now, self.onset());
        if speech {
            let fresh = Burst {
                first: now,
                last: now,
                count: 0,
                onset: false,
            };
            let burst = self.burst.get_or_insert(fresh);
            burst.last = now;
            burst.count += 1;
            burst.onset |= onset;
        } else {
            let window = u64::from(self.limits.window);
            self.burst = self.burst.filter(|b| now - b.last < window);
        }
    }

    /// Whether enough of the newest frames are speech for it to begin.
    const fn onset(&self) -> bool {
        let recent = self.window & (u32::MAX >> (32 - self.limits.window));
        recent.count_ones() >= self.limits.onset
    }

    /// The burst, if it is long enough to be a word.
    fn word(&self) -> Option<Burst> {
        self.burst
            .filter(|b| b.onset && b.count >= self.limits.min_speech)
    }

    fn idle(&mut self, over_line: bool, out: &mut Vec<Action>) {
        if let Some(word) = self.word() {
            self.start(word.first, over_line, out);
        }
    }

    fn start(&mut self, first: u64, over_line: bool, out: &mut Vec<Action>) {
        // Speech that returns at once: the turn before was not over.
        if let Some((before, cue)) = self.before.take() {
            let ms = self.learn(first.saturating_sub(before), cue);
            // Where nothing was heard of the reply yet, nobody was disturbed.
            if over_line && ms <= self.settings.reopen_ms {
                self.patience.cut_ms = self.patience.cut_ms.max(ms);
            }
        }
        out.push(Action::Started {
            at: first,
            over_line,
        });
        self.open(first);
    }

    fn open(&mut self, first: u64) {
        let start = first.saturating_sub(self.limits.pre_roll).max(self.given);
        self.state = State::Speech(Open {
            id: self.next,
            start,
            speech_start: first.max(self.given),
            speech_end: self.now,
        });
        self.next += 1;
        self.patience.forget_words();
        self.burst = None;
    }

    /// A pause behind words of this kind was none at the end of a turn.
    /// Its length in milliseconds comes back.
    fn learn(&mut self, frames: u64, behind: Option<Cue>) -> u32 {
        let ms = u32::try_from(frames.saturating_mul(u64::from(FRAME_MS))).unwrap_or(u32::MAX);
        self.patience.habit.learn(ms, &self.settings);
        if matches!(behind, Some(Cue::Closing | Cue::Whole)) {
            self.patience.between.learn(ms, &self.settings);
        }
        ms
    }

    /// What the words before the open pause are, where they are known.
    fn behind(&self) -> Option<Cue> {
        self.patience.cue.map(|(cue, _)| cue)
    }

    fn speaking(&mut self, mut open: Open, speech: bool, out: &mut Vec<Action>) {
        if speech {
            open.speech_end = self.now;
        }
        self.state = State::Speech(open);
        if self.now - open.speech_end >= self.limits.pause {
            self.pause(open, self.now, out);
            self.state = State::Pause(open);
            self.window = 0;
            self.burst = None;
        } else if self.now - open.start >= self.limits.cut_after {
            self.cut(open, out);
        }
    }

    fn pause(&mut self, open: Open, end: u64, out: &mut Vec<Action>) {
        let end = end.min(open.speech_end + self.limits.tail);
        self.given = end;
        let span = Span {
            start: open.start,
            speech_start: open.speech_start,
            speech_end: open.speech_end,
            end,
        };
        let segment = open.id;
        out.push(Action::Paused { segment, span });
    }

    fn pausing(&mut self, mut open: Open, out: &mut Vec<Action>) {
        if self.onset() {
            self.learn(self.now - open.speech_end, self.behind());
            open.speech_end = self.now;
            self.state = State::Speech(open);
            self.patience.forget_words();
            self.burst = None;
            out.push(Action::Resumed { segment: open.id });
            return;
        }
        let silence = self.now - open.speech_end;
        if self.over_budget(silence) {
            self.end(open.id, open.speech_end, out);
        } else if silence >= self.limits.close_pause
            && self.given - open.start >= self.limits.close_after
        {
            out.push(Action::Closed { segment: open.id });
            self.state = State::Between(Last {
                id: open.id,
                speech_end: open.speech_end,
            });
        }
    }

    fn between(&mut self, last: Last, out: &mut Vec<Action>) {
        if let Some(word) = self.word() {
            self.learn(word.first.saturating_sub(last.speech_end), self.behind());
            self.open(word.first);
        } else if self.over_budget(self.now - last.speech_end) {
            self.end(last.id, last.speech_end, out);
        }
    }

    fn over_budget(&self, silence: u64) -> bool {
        let budget = self.budget();
        // A burst may yet be the next word: it decides, within reason.
        let grace = if self.burst.is_some() { GRACE } else { 0 };
        silence >= budget + grace
    }

    fn budget(&self) -> u64 {
        let ms = self.patience.budget_ms(&self.settings);
        let frames = u64::from(ms.div_ceil(FRAME_MS));
        frames.max(self.limits.pause)
    }

    fn end(&mut self, segment: SegmentId, speech_end: u64, out: &mut Vec<Action>) {
        self.state = State::Idle;
        self.before = Some((speech_end, self.behind()));
        self.patience.forget_words();
        out.push(Action::Ended {
            segment,
            speech_end,
            at: self.now,
        });
    }

    /// Cuts an overlong segment at the quietest recent place.
    fn cut(&mut self, open: Open, out: &mut Vec<Action>) {
        let levels = self.levels.make_contiguous();
        let oldest = self.now - levels.len() as u64;
        let quietest = levels
            .windows(QUIET)
            .map(|w| w.iter().sum::<f32>())
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(0, |(i, _)| i + QUIET / 2);
        let middle = open.start + (self.now - open.start) / 2;
        let cut = (oldest + quietest as u64 + 1).clamp(middle, self.now);
        let head = Open {
            speech_end: open.speech_end.min(cut),
            ..open
        };
        self.pause(head, cut, out);
        // Nothing may be lost between the two, so the tail is not trimmed.
        self.given = cut;
        if let Some(Action::Paused { span, .. }) = out.last_mut() {
            span.end = cut;
        }
        out.push(Action::Closed { segment: open.id });
        if open.speech_end > cut {
            self.state = State::Speech(Open {
                id: self.next,
                start: cut,
                speech_start: cut,
                speech_end: open.speech_end,
            });
            self.next += 1;
        } else {
            self.burst = None;
            self.state = State::Between(Last {
                id: open.id,
                speech_end: open.speech_end,
            });
        }
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
