//! The one chain that all sound runs through, in steps of 10 ms on the
//! sample clock: echo canceller, voice detector, endpointer, meters, and the
//! chunks for the record. It knows no device, file, channel or wall clock.

use super::capture::Missing;
use super::echo::{EchoCanceller, Residual, STEP};
use super::endpoint::{Action, Endpointer, FRAME, Frame, Span};
use super::level::{NoiseFloor, SILENCE_DB, rms_db};
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

/// How long after a line its echo may still be heard: 200 ms.
const ECHO_TAIL: u64 = 3_200;

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
    actions: Vec<Action>,
    /// Samples of the frame that is being filled: without echo, with it, and
    /// of the far end.
    frame: Vec<f32>,
    frame_raw: Vec<f32>,
    frame_far: Vec<f32>,
    heard: History,
    chunk_near: Vec<f32>,
    chunk_far: Vec<f32>,
    line: Option<LineId>,
    line_ended: Option<SamplePos>,
    muted: bool,
}

/// The last cleaned samples, long enough for the longest segment.
struct History {
    samples: VecDeque<f32>,
    /// Index of the next sample.
    end: u64,
    keep: usize,
}

impl History {
    fn push(&mut self, samples: &[f32]) {
        self.samples.extend(samples);
        self.end += samples.len() as u64;
        let extra = self.samples.len().saturating_sub(self.keep);
        self.samples.drain(..extra);
    }

    fn cut(&self, from: u64, to: u64) -> Vec<f32> {
        let begin = self.end - self.samples.len() as u64;
        let index = |at: u64| (at.clamp(begin, self.end) - begin) as usize;
        self.samples
            .range(index(from)..index(to))
            .copied()
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
            actions: Vec::new(),
            frame: Vec::with_capacity(FRAME),
            frame_raw: Vec::with_capacity(FRAME),
            frame_far: Vec::with_capacity(FRAME),
            heard: History {
                samples: VecDeque::new(),
                end: 0,
                keep: keep_ms as usize * 16,
            },
            chunk_near: Vec::with_capacity(CHUNK),
            chunk_far: Vec::with_capacity(CHUNK),
            line: None,
            line_ended: None,
            muted: false,
        }
    }

    /// Position of the next step.
    pub const fn position(&self) -> SamplePos {
        self.pos
    }

    /// Obeys a command.
    pub fn command(&mut self, command: FrontendCommand, out: &mut Vec<AudioEvent>) {
        match command {
            FrontendCommand::Expect(expects) => self.endpointer.expect(expects),
            FrontendCommand::PauseFactor(factor) => self.endpointer.pause_factor(factor),
            FrontendCommand::Mute(on) => self.muted = on,
            FrontendCommand::SentenceComplete { segment, complete } => {
                self.endpointer.sentence(segment, complete);
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
                why: "the audio was not taken from the device in time".into(),
            }));
        }
        for news in step.lines {
            self.line_news(*news, out);
        }
        let near = if self.muted { &[0.0; STEP] } else { step.near };
        self.listen(near, step.far, out);
        self.pos += STEP as u64;
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
                AudioEvent::LineStarted { line, at }
            }
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
        let (clean, raw) = match &mut self.echo {
            Some(echo) => echo.process(near, far),
            None => (*near, *near),
        };
        let (mut clean, mut raw, mut far) = (&clean[..], &raw[..], &far[..]);
        while !clean.is_empty() {
            let n = clean.len().min(FRAME - self.frame.len());
            let (now, later) = clean.split_at(n);
            let (now_raw, later_raw) = raw.split_at(n);
            let (now_far, later_far) = far.split_at(n);
            self.frame.extend_from_slice(now);
            self.frame_raw.extend_from_slice(now_raw);
            self.frame_far.extend_from_slice(now_far);
            (clean, raw, far) = (later, later_raw, later_far);
            if self.frame.len() == FRAME {
                self.judge();
                self.report(out);
            }
        }
    }

    /// One whole frame: is it voice, and what follows from that.
    fn judge(&mut self) {
        for value in &mut self.frame {
            *value = value.clamp(-1.0, 1.0);
        }
        let mut voice = self.detector.predict_f32(&self.frame);
        if self.heard.end < WARM_UP {
            voice = 0.0;
        }
        let level_db = rms_db(&self.frame);
        let raw_db = rms_db(&self.frame_raw);
        let far_db = rms_db(&self.frame_far);
        if voice < 0.3 {
            self.noise.add(level_db);
        }
        let echo_ends = self.line_ended.map_or(0, |at| at + ECHO_TAIL);
        let over_line = self.line.is_some();
        let gated = over_line || self.pos < echo_ends;
        let possible = if !gated {
            true
        } else if over_line && !self.barge_in {
            false
        } else if self.echo.is_some() {
            self.residual
                .plausible(level_db, raw_db, far_db, self.noise.db())
        } else {
            level_db > self.noise.db() + 8.0
        };
        let frame = Frame {
            voice: if possible { voice } else { 0.0 },
            level_db,
            over_line,
        };
        self.heard.push(&self.frame);
        self.frame.clear();
        self.frame_raw.clear();
        self.frame_far.clear();
        self.endpointer.push(frame, &mut self.actions);
    }

    /// Turns the endpointer's frames into sample positions and audio.
    fn report(&mut self, out: &mut Vec<AudioEvent>) {
        for action in std::mem::take(&mut self.actions) {
            let event = match action {
                Action::Started { at, over_line } => AudioEvent::SpeechStarted {
                    at: self.place(at),
                    over_line: self.line.filter(|_| over_line),
                },
                Action::BargeIn { at } => {
                    let Some(line) = self.line else { continue };
                    AudioEvent::BargeIn {
                        line,
                        at: self.place(at),
                    }
                }
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
