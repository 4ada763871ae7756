//! The one chain that all sound runs through, in steps of 10 ms on the
//! sample clock: echo canceller, voice detector, endpointer, meters, and the
//! chunks for the record. It knows no device, file, channel or wall clock.

use super::capture::Missing;
use super::echo::{Cleaned, EchoCanceller, EchoState, STEP};
use super::endpoint::{Action, Endpointer, FRAME, Frame, Span};
use super::interrupt::{Interrupt, Loudness, Sound};
use super::level::{NoiseFloor, SILENCE_DB, rms_db};
use super::residual::{Excess, Levels, Residual};
use super::settings::AudioSettings;
use super::{AudioEvent, FrontendCommand, SamplePos, Segment};
use crate::event::{LineId, Track};
use earshot::Detector;
use std::collections::VecDeque;

/// Samples in a chunk for the record, and between two levels: 100 ms.
pub const CHUNK: usize = 1_600;

/// Samples at the very beginning in which nothing counts as voice: 256 ms. A
/// detector that has heard nothing yet takes the first noise for it.
const WARM_UP: u64 = 4_096;

/// Frames for which a turn is kept open without a microphone: 20 s. Whoever
/// has waited longer begins again anyway.
const KEEP_OPEN: u64 = 1_250;

/// How long a line's echo may still be heard after the last of it has
/// arrived: 200 ms.
const ECHO_TAIL: u64 = 3_200;

/// Frames after the last one that stood out for which a voice is still taken
/// to be there: 320 ms, a little more than a word's own pauses.
const VOICE_STAYS: u8 = 20;
/// Frames before the first one that stood out which are the voice's too: soft
/// first sounds.
const VOICE_BEFORE: usize = 2;
/// How much of the linear result is used while a voice and an echo are heard
/// at once. Measured by the word errors of the starter model on made rooms: the
/// linear one alone leaves words of the line in, the clean one alone loses
/// words of the candidate.
const BOTH: f32 = 0.5;
/// Probability from which a frame over a line is a voice: where the detector
/// was trained to decide.
const VOICED: f32 = 0.5;
/// How far a frame must stand out after the linear filter alone to be a part
/// of a word, in dB: the filter fails by less.
const CLEAR: f32 = 6.0;
/// Steps between two reports on the echo: 1 s.
const REPORT: u64 = 100;

/// Something that happened to a line, on the session's sample clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineNews {
    /// Its first sample was played.
    Started {
        /// Which line.
        line: LineId,
        /// Where.
        at: SamplePos,
    },
    /// Its loudness begins to change.
    Level {
        /// Which line.
        line: LineId,
        /// Where.
        at: SamplePos,
        /// To what.
        loudness: Loudness,
    },
    /// It is over.
    Ended {
        /// Which line.
        line: LineId,
        /// Where.
        at: SamplePos,
        /// 16 kHz samples of it that were played.
        played: u64,
        /// Whether that was all of them.
        complete: bool,
    },
}

/// One step of 10 ms.
pub struct Step<'a> {
    /// The microphone.
    pub near: &'a [f32; STEP],
    /// What was played at the same time.
    pub far: &'a [f32; STEP],
    /// What happened to lines within this step.
    pub lines: &'a [LineNews],
    /// Samples missing from the microphone, as far as known.
    pub missing: &'a [Missing],
    /// Samples missing from what was played.
    pub missing_far: &'a [Missing],
    /// Where the microphone's file came to its end.
    pub mic_ended: Option<SamplePos>,
}

/// The chain's state.
pub struct Frontend {
    pos: SamplePos,
    barge_in: bool,
    echo: Option<EchoCanceller>,
    residual: Residual,
    noise: NoiseFloor,
    detector: Box<Detector>,
    endpointer: Endpointer,
    interrupt: Interrupt,
    actions: Vec<Action>,
    /// Samples of the frame that is being filled: without echo, with what
    /// the linear filter leaves of it, with all of it, and of the far end.
    frame: Vec<f32>,
    frame_linear: Vec<f32>,
    frame_raw: Vec<f32>,
    frame_far: Vec<f32>,
    heard: History,
    /// Frames for which a voice is still taken to be there.
    voice_stays: u8,
    chunk_near: Vec<f32>,
    chunk_far: Vec<f32>,
    line: Option<LineId>,
    line_ended: Option<SamplePos>,
    /// There is no microphone; and frames for which a turn was kept open.
    absent: bool,
    kept_open: u64,
    muted: bool,
    /// Too loud for any word to be understood.
    din: bool,
}

/// The last samples, long enough for the longest segment: with the echo
/// suppressed, and with it predicted only.
struct History {
    clean: VecDeque<f32>,
    linear: VecDeque<f32>,
    /// How much of the linear samples is used, for each frame.
    shares: VecDeque<f32>,
    /// Index of the next sample.
    end: u64,
    keep: usize,
}

impl History {
    fn push(&mut self, clean: &[f32], linear: &[f32], share: f32) {
        self.clean.extend(clean);
        self.linear.extend(linear);
        self.shares.push_back(share);
        self.end += FRAME as u64;
        while self.clean.len() > self.keep {
            self.clean.drain(..FRAME);
            self.linear.drain(..FRAME);
            self.shares.pop_front();
        }
    }

    /// A voice began in the newest frame: what is just before is its too.
    fn voice_began(&mut self, share: f32) {
        for before in self.shares.iter_mut().rev().take(VOICE_BEFORE + 1) {
            *before = before.max(share);
        }
    }

    fn cut(&self, from: u64, to: u64) -> Vec<f32> {
        let begin = self.end - self.clean.len() as u64;
        let index = |at: u64| (at.clamp(begin, self.end) - begin) as usize;
        let share = |frame: usize| self.shares.get(frame).copied().unwrap_or(1.0);
        (index(from)..index(to))
            .map(|i| {
                let (frame, within) = (i / FRAME, i % FRAME);
                // From one to the next over a frame, so that nothing clicks.
                let (before, now) = (share(frame.saturating_sub(1)), share(frame));
                let share = before + (now - before) * within as f32 / FRAME as f32;
                self.clean[i] + (self.linear[i] - self.clean[i]) * share
            })
            .collect()
    }
}

impl Frontend {
    /// A chain at position 0.
    pub fn new(settings: &AudioSettings) -> Self {
        let endpoint = settings.endpoint.clone();
        // Two seconds more than a segment can have: pre-roll and pause.
        let keep_ms = endpoint.cut_after_ms.max(1_024) + endpoint.pre_roll_ms + 2_000;
        Self {
            pos: 0,
            barge_in: settings.barge_in,
            echo: settings.echo_cancel.then(EchoCanceller::new),
            residual: Residual::new(),
            noise: NoiseFloor::new(),
            detector: Box::new(Detector::default()),
            endpointer: Endpointer::new(endpoint),
            interrupt: Interrupt::new(&settings.interrupt),
            actions: Vec::new(),
            frame: Vec::with_capacity(FRAME),
            frame_linear: Vec::with_capacity(FRAME),
            frame_raw: Vec::with_capacity(FRAME),
            frame_far: Vec::with_capacity(FRAME),
            heard: History {
                clean: VecDeque::new(),
                linear: VecDeque::new(),
                shares: VecDeque::new(),
                end: 0,
                keep: keep_ms as usize * 16,
            },
            voice_stays: 0,
            chunk_near: Vec::with_capacity(CHUNK),
            chunk_far: Vec::with_capacity(CHUNK),
            line: None,
            line_ended: None,
            absent: false,
            kept_open: 0,
            muted: false,
            din: false,
        }
    }

    /// Whether the next steps stand in place of sound, because there is no
    /// microphone. Their silence says nothing of the candidate: an answer
    /// that is being given is not over, for a while.
    pub const fn absent(&mut self, absent: bool) {
        if !absent {
            self.kept_open = 0;
        }
        self.absent = absent;
    }

    /// Whether a line is being heard, or its echo may still be.
    pub fn hears_line(&self) -> bool {
        let delay_ms = self.echo.as_ref().map_or(0, EchoCanceller::delay_ms);
        let late = u64::from(delay_ms) * 16 + ECHO_TAIL;
        let echo_ends = self.line_ended.map_or(0, |at| at + late);
        self.line.is_some() || self.pos < echo_ends
    }

    /// Position of the next step.
    pub const fn position(&self) -> SamplePos {
        self.pos
    }

    /// How loud the line that is playing is to be from now on.
    pub const fn loudness(&self) -> Loudness {
        self.interrupt.loudness()
    }

    /// What is known of the echo. Nothing without a canceller.
    pub fn echo_state(&self) -> EchoState {
        self.echo
            .as_ref()
            .map_or_else(EchoState::default, |e| self.residual.state(e.delay_ms()))
    }

    /// Obeys a command.
    pub fn command(&mut self, command: FrontendCommand, out: &mut Vec<AudioEvent>) {
        match command {
            FrontendCommand::Expect(asked) => self.endpointer.expect(asked),
            FrontendCommand::Thinking(on) => self.endpointer.thinking(on),
            FrontendCommand::PauseFactor(factor) => self.endpointer.pause_factor(factor),
            FrontendCommand::Mute(on) => self.muted = on,
            FrontendCommand::Din(on) => self.din = on,
            FrontendCommand::Cue {
                segment,
                cue,
                words,
            } => self.endpointer.cue(segment, cue, words),
            FrontendCommand::Told { segment, told } => self.endpointer.told(segment, told),
            FrontendCommand::Restore { echo } => {
                self.interrupt.restore();
                if echo {
                    self.residual.distrust();
                }
            }
            FrontendCommand::Finish => {
                self.endpointer.finish(&mut self.actions);
                self.report(out);
            }
        }
    }

    /// Takes a step and appends what it brought.
    pub fn step(&mut self, step: &Step<'_>, out: &mut Vec<AudioEvent>) {
        for (track, gaps) in [(Track::Near, step.missing), (Track::Far, step.missing_far)] {
            out.extend(gaps.iter().map(|gap| AudioEvent::Gap {
                track,
                at: gap.at,
                samples: gap.samples,
                why: gap.why.into(),
            }));
        }
        for news in step.lines {
            self.line_news(*news, out);
        }
        let near = if self.muted { &[0.0; STEP] } else { step.near };
        self.listen(near, step.far, out);
        self.pos += STEP as u64;
        if (self.pos / STEP as u64).is_multiple_of(REPORT) && self.residual.far_active() {
            out.push(AudioEvent::Echo(self.echo_state()));
        }
        if let Some(at) = step.mic_ended {
            out.push(AudioEvent::MicEnded { at });
        }
        self.chunk_near.extend_from_slice(near);
        self.chunk_far.extend_from_slice(step.far);
        if self.chunk_near.len() >= CHUNK {
            self.chunk(out);
        }
    }

    /// Gives out what is left of the last chunk; nothing follows.
    pub fn finish(&mut self, out: &mut Vec<AudioEvent>) {
        if !self.chunk_near.is_empty() {
            self.chunk(out);
        }
    }

    fn line_news(&mut self, news: LineNews, out: &mut Vec<AudioEvent>) {
        out.push(match news {
            LineNews::Started { line, at } => {
                self.line = Some(line);
                self.residual.trust();
                AudioEvent::LineStarted { line, at }
            }
            LineNews::Level { line, at, loudness } => AudioEvent::LineLevel { line, at, loudness },
            LineNews::Ended {
                line,
                at,
                played,
                complete,
            } => {
                if self.line == Some(line) {
                    self.line = None;
                    self.line_ended = Some(at);
                }
                AudioEvent::LineEnded {
                    line,
                    at,
                    played,
                    complete,
                }
            }
        });
    }

    fn listen(&mut self, near: &[f32; STEP], far: &[f32; STEP], out: &mut Vec<AudioEvent>) {
        let heard = match &mut self.echo {
            Some(echo) => echo.process(near, far),
            None => Cleaned {
                raw: *near,
                linear: *near,
                clean: *near,
            },
        };
        let mut done = 0;
        while done < STEP {
            let n = (STEP - done).min(FRAME - self.frame.len());
            let now = done..done + n;
            self.frame.extend_from_slice(&heard.clean[now.clone()]);
            self.frame_linear
                .extend_from_slice(&heard.linear[now.clone()]);
            self.frame_raw.extend_from_slice(&heard.raw[now.clone()]);
            self.frame_far.extend_from_slice(&far[now]);
            done += n;
            if self.frame.len() == FRAME {
                self.judge(out);
            }
        }
    }

    /// One whole frame: is it voice, and what follows from that.
    fn judge(&mut self, out: &mut Vec<AudioEvent>) {
        for value in self.frame.iter_mut().chain(&mut self.frame_linear) {
            *value = value.clamp(-1.0, 1.0);
        }
        let levels = Levels {
            clean: rms_db(&self.frame),
            linear: rms_db(&self.frame_linear),
            raw: rms_db(&self.frame_raw),
            far: rms_db(&self.frame_far),
            noise: self.noise.db(),
        };
        let excess = self.excess(levels);
        let share = self.share(excess.early > 0.0);
        self.heard.push(&self.frame, &self.frame_linear, share);
        if excess.early > 0.0 {
            self.heard.voice_began(share);
        }
        for (value, linear) in self.frame.iter_mut().zip(&self.frame_linear) {
            *value += (linear - *value) * share;
        }
        let mut voice = self.detector.predict_f32(&self.frame);
        if self.heard.end <= WARM_UP {
            voice = 0.0;
        }
        if voice < 0.3 && !self.absent {
            self.noise.add(levels.clean);
        }
        // While the line is soft, so is its echo, and a voice is clear.
        let soft = self.interrupt.loudness() != Loudness::Full;
        if excess.sure <= 0.0 && !(soft && excess.early > CLEAR) {
            voice = 0.0;
        }
        let voiced = voice >= VOICED && !self.absent;
        if self.absent {
            let keep = self.endpointer.in_turn() && self.kept_open < KEEP_OPEN;
            self.kept_open += u64::from(keep);
            voice = if keep { 1.0 } else { 0.0 };
        }
        self.frame.clear();
        self.frame_linear.clear();
        self.frame_raw.clear();
        self.frame_far.clear();
        let over_line = self.line.is_some();
        let frame = Frame {
            voice,
            level_db: levels.clean,
            over_line,
        };
        self.endpointer.push(frame, &mut self.actions);
        let sound = Sound {
            over_line,
            excess_db: excess.early,
            voiced,
            in_turn: self.endpointer.in_turn(),
        };
        let stopped_for = self.interrupt.push(sound);
        self.report(out);
        if let (Some(first), Some(line)) = (stopped_for, self.line) {
            let at = self.place(first);
            out.push(AudioEvent::BargeIn { line, at });
        }
    }

    /// By how much a frame stands out; above 0 it can be the candidate.
    fn excess(&mut self, levels: Levels) -> Excess {
        let over_line = self.line.is_some();
        let echo = match &self.echo {
            Some(echo) => {
                if echo.lost() {
                    self.residual.lost();
                }
                Some(self.residual.excess(levels, echo.delay_ms()))
            }
            None => None,
        };
        let all = |db| Excess {
            sure: db,
            early: db,
        };
        if !self.hears_line() {
            all(f32::INFINITY)
        } else if over_line && (!self.barge_in || self.din) {
            all(f32::NEG_INFINITY)
        } else {
            echo.unwrap_or_else(|| all(levels.clean - levels.noise - 8.0))
        }
    }

    /// How much of the linear result is to be used in this frame.
    fn share(&mut self, stands_out: bool) -> f32 {
        if !self.residual.far_active() {
            self.voice_stays = 0;
            return 1.0;
        }
        self.voice_stays = if stands_out {
            VOICE_STAYS
        } else {
            self.voice_stays.saturating_sub(1)
        };
        if self.voice_stays > 0 { BOTH } else { 0.0 }
    }

    /// Turns the endpointer's frames into sample positions and audio.
    fn report(&mut self, out: &mut Vec<AudioEvent>) {
        for action in std::mem::take(&mut self.actions) {
            let event = match action {
                Action::Started { at, over_line } => AudioEvent::SpeechStarted {
                    at: self.place(at),
                    over_line: self.line.filter(|_| over_line),
                },
                Action::Paused { segment, span } => AudioEvent::Paused(self.segment(segment, span)),
                Action::Resumed { segment } => AudioEvent::Resumed { segment },
                Action::Closed { segment } => AudioEvent::SegmentClosed { segment },
                Action::Ended {
                    segment,
                    speech_end,
                    at,
                } => AudioEvent::TurnEnded {
                    segment,
                    speech_end: self.place(speech_end),
                    at: self.place(at),
                },
            };
            out.push(event);
        }
    }

    fn segment(&self, id: u32, span: Span) -> Segment {
        let frame = FRAME as u64;
        let late = self.late();
        // The first samples out of the canceller are from before position 0.
        let from = (span.start * frame).max(late);
        let audio = self.heard.cut(from, span.end * frame);
        Segment {
            id,
            start: from - late,
            speech_start: self.place(span.speech_start),
            speech_end: self.place(span.speech_end),
            audio: audio.into(),
        }
    }

    const fn late(&self) -> u64 {
        match self.echo {
            Some(_) => EchoCanceller::DELAY as u64,
            None => 0,
        }
    }

    /// The sample position of a frame's begin.
    const fn place(&self, frame: u64) -> SamplePos {
        (frame * FRAME as u64).saturating_sub(self.late())
    }

    fn chunk(&mut self, out: &mut Vec<AudioEvent>) {
        let at = self.pos - self.chunk_near.len() as u64;
        let level = |track: &[f32]| rms_db(track).max(SILENCE_DB);
        let (near_db, far_db) = (level(&self.chunk_near), level(&self.chunk_far));
        out.push(AudioEvent::Chunk {
            at,
            near: to_i16(&self.chunk_near),
            far: to_i16(&self.chunk_far),
        });
        out.push(AudioEvent::Level { near_db, far_db });
        self.chunk_near.clear();
        self.chunk_far.clear();
    }
}

/// Samples as they are stored and sent.
pub fn to_i16(samples: &[f32]) -> Vec<i16> {
    samples
        .iter()
        .copied()
        .map(super::pcm::Pcm::from_f32)
        .collect()
}

#[cfg(test)]
#[path = "frontend_tests.rs"]
mod tests;
