//! Listens as a call does, without an engine: sound through the frontend,
//! the endpointer, the recogniser and all the walls against words that
//! nobody said. For measuring what a room makes of it.

use super::completeness::{cue, word_count};
use super::din::{Din, News};
use super::near::Near;
use super::turn::{FinishedTurn, Step, Turns};
use crate::audio::echo::STEP;
use crate::audio::frontend::{self, Frontend};
use crate::audio::{AudioEvent, AudioSettings, FrontendCommand, SamplePos};
use crate::event::Utterance;
use crate::speech::{DecodeHints, Recognizer, SpeechError};
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// What was heard of a recording.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Utterances that had words.
    pub utterances: Vec<Utterance>,
    /// Turns in which something was taken for speech at first.
    pub turns: usize,
    /// Times that it was found to be too loud for any word.
    pub dins: usize,
    /// Decodes that were begun, in order.
    pub decodes: Vec<Decode>,
}

/// One decode of a piece of what was heard.
#[derive(Clone, Copy, Debug)]
pub struct Decode {
    /// Where on the sample clock it was begun.
    pub at: SamplePos,
    /// Samples that were decoded.
    pub samples: usize,
    /// Where the piece was cut off from the one before it, if that was
    /// inside of speech.
    pub cut: Option<SamplePos>,
    /// How long it took.
    pub took: Duration,
}

impl Heard {
    /// Words in all.
    pub fn words(&self) -> usize {
        let count = |u: &Utterance| u.text.split_whitespace().count();
        self.utterances.iter().map(count).sum()
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.utterances.iter().map(|u| u.text.as_str()).collect();
        texts.join(" ")
    }
}

/// Listens to 16 kHz mono `audio` with nothing playing. Decodes take no time
/// on the sample clock.
///
/// # Errors
///
/// What the recogniser reports.
pub fn listen(
    audio: &[f32],
    settings: &AudioSettings,
    recognizer: &mut dyn Recognizer,
    hints: &DecodeHints,
) -> Result<Heard, SpeechError> {
    let mut ears = Ears {
        frontend: Frontend::new(settings),
        turns: Turns::default(),
        near: Near::default(),
        din: Din::default(),
        heard: Heard::default(),
        now: 0,
    };
    let mut events = Vec::new();
    let mut open = VecDeque::new();
    // Silence at the end lets the last turn end.
    let tail = 16_000 * 3;
    for begin in (0..audio.len() + tail).step_by(STEP) {
        let near = std::array::from_fn(|i| audio.get(begin + i).copied().unwrap_or(0.0));
        let step = frontend::Step {
            near: &near,
            far: &[0.0; STEP],
            lines: &[],
            missing: &[],
            missing_far: &[],
            mic_ended: None,
        };
        ears.now = (begin + STEP) as SamplePos;
        ears.frontend.step(&step, &mut events);
        open.extend(events.drain(..));
        while let Some(event) = open.pop_front() {
            ears.event(event, recognizer, hints, &mut events)?;
            // What was commanded comes of the place where it was.
            for event in events.drain(..).rev() {
                open.push_front(event);
            }
        }
    }
    Ok(ears.heard)
}

struct Ears {
    frontend: Frontend,
    turns: Turns,
    near: Near,
    din: Din,
    heard: Heard,
    /// Samples that were heard.
    now: SamplePos,
}

impl Ears {
    fn event(
        &mut self,
        event: AudioEvent,
        recognizer: &mut dyn Recognizer,
        hints: &DecodeHints,
        out: &mut Vec<AudioEvent>,
    ) -> Result<(), SpeechError> {
        match event {
            AudioEvent::SpeechStarted { .. } => {
                self.din.began();
            }
            AudioEvent::Paused(segment) => {
                let (start, own) = (segment.start, segment.audio.len());
                let Step::Decode { job, audio, cancel } = self.turns.paused(segment) else {
                    return Ok(());
                };
                let text = recognizer.transcribe(&audio, hints, &cancel)?;
                self.heard.decodes.push(Decode {
                    at: self.now,
                    samples: audio.len(),
                    cut: (audio.len() > own).then_some(start),
                    took: text.took,
                });
                let text = self.near.judge(text);
                if let Some(Step::Partial { segment, text }) =
                    self.turns.decoded(job, text, self.now)
                {
                    if word_count(&text) > 0 {
                        let command = FrontendCommand::Cue {
                            segment,
                            cue: cue(&text),
                            words: word_count(&text),
                        };
                        self.frontend.command(command, out);
                    }
                    self.understood_or_not(self.turns.unheard().as_ref(), out);
                }
            }
            AudioEvent::Resumed { segment } => self.turns.resumed(segment),
            AudioEvent::TurnEnded { speech_end, at, .. } => {
                self.turns.ended(speech_end, at);
                self.din.ended(at);
                while let Some(Step::Turn(turn)) = self.turns.take(at) {
                    let FinishedTurn {
                        utterance, unheard, ..
                    } = turn;
                    self.understood_or_not(unheard.as_ref(), out);
                    self.din.turn_over(unheard.is_none());
                    self.heard.turns += 1;
                    self.heard.utterances.extend(utterance);
                }
            }
            AudioEvent::Level { .. } => {
                self.din.quiet(self.now, 0);
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends the open turn in a din, as a call does.
    fn understood_or_not(&mut self, unheard: Option<&Range<SamplePos>>, out: &mut Vec<AudioEvent>) {
        let Some(sound) = unheard else {
            self.din.words();
            return;
        };
        if let Some(news) = self.din.nothing(sound) {
            self.heard.dins += usize::from(news == News::Began);
            self.frontend.command(FrontendCommand::Finish, out);
        }
    }
}
