//! Listens as a call does, without an engine: sound through the frontend,
//! the endpointer, the recogniser and all the walls against words that
//! nobody said. For measuring what a room makes of it.

use super::completeness::{cue, word_count};
use super::near::Near;
use super::turn::{FinishedTurn, Step, Turns};
use crate::audio::echo::STEP;
use crate::audio::frontend::{self, Frontend};
use crate::audio::{AudioEvent, AudioSettings, FrontendCommand, SamplePos};
use crate::event::Utterance;
use crate::speech::{DecodeHints, Recognizer, SpeechError};
use std::time::Duration;

/// What was heard of a recording.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Utterances that had words.
    pub utterances: Vec<Utterance>,
    /// Turns in which something was taken for speech at first.
    pub turns: usize,
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
        heard: Heard::default(),
        now: 0,
    };
    let mut events = Vec::new();
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
        for event in events.drain(..) {
            ears.event(event, recognizer, hints)?;
        }
    }
    Ok(ears.heard)
}

struct Ears {
    frontend: Frontend,
    turns: Turns,
    near: Near,
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
    ) -> Result<(), SpeechError> {
        match event {
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
                    && word_count(&text) > 0
                {
                    let command = FrontendCommand::Cue {
                        segment,
                        cue: cue(&text),
                        words: word_count(&text),
                    };
                    self.frontend.command(command, &mut Vec::new());
                }
            }
            AudioEvent::Resumed { segment } => self.turns.resumed(segment),
            AudioEvent::TurnEnded { speech_end, at, .. } => {
                self.turns.ended(speech_end, at);
                while let Some(Step::Turn(FinishedTurn { utterance, .. })) = self.turns.take(at) {
                    self.heard.turns += 1;
                    self.heard.utterances.extend(utterance);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
