//! Text from speech and speech from text, behind two seams: [`Recognizer`]
//! and [`Synthesizer`]. Each has its real parts (whisper.cpp; flite, neural
//! voices, an external command) and a scripted double.

mod carried;
pub mod catalogue;
pub mod command;
pub mod differences;
pub mod download;
mod envelope;
#[cfg(feature = "flite")]
pub mod flite;
pub mod ggml_file;
mod leak;
mod loops;
mod markdown;
pub mod model;
pub mod normalise;
pub mod piper;
mod sanity;
pub mod scripted;
pub mod sentences;
pub mod sound;
pub mod voices;
pub mod wave;
pub mod wer;
pub mod whisper;
mod words;
pub mod worker;

use crate::event::Word;
pub(crate) use sanity::USUAL as USUAL_STRICTNESS;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A flag that asks running work to stop. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for the stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for a foreign function that polls it.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// What is known before decoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecodeHints {
    /// Words that are likely to come up (the question's, the résumé's).
    pub prompt: Option<String>,
}

/// What was recognised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// The text, trimmed; empty where nothing was spoken.
    pub text: String,
    /// The words; times are relative to the first sample of the audio.
    pub words: Vec<Word>,
    /// Geometric mean of the tokens' probabilities, 0-1.
    pub confidence: f32,
    /// Probability that there was no speech at all, 0-1.
    pub no_speech: f32,
    /// What the audio was like.
    pub sound: sound::Sound,
    /// How long the decoding took.
    pub took: Duration,
}

/// Turns speech into text.
pub trait Recognizer: Send {
    /// The model's name, for the record.
    fn name(&self) -> String;

    /// Decodes 16 kHz mono audio of at most 30 s.
    ///
    /// # Errors
    ///
    /// [`SpeechError::Cancelled`] where `cancel` was raised, else what the
    /// engine reported.
    fn transcribe(
        &mut self,
        audio: &[f32],
        hints: &DecodeHints,
        cancel: &Cancel,
    ) -> Result<Transcript, SpeechError>;
}

/// Turns text into speech.
pub trait Synthesizer: Send {
    /// The voice's name, for the record.
    fn name(&self) -> String;

    /// Samples a second of what [`Synthesizer::speak`] delivers.
    fn rate(&self) -> u32;

    /// Speaks one sentence, delivering mono samples as they are ready.
    /// Stops within a buffer when `out` breaks.
    ///
    /// # Errors
    ///
    /// What the engine reported. A broken `out` is not an error.
    fn speak(
        &mut self,
        sentence: &str,
        out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
    ) -> Result<(), SpeechError>;
}

/// Why speech could not be recognised or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The work was called off; nothing is wrong.
    #[error("Cancelled")]
    Cancelled,
    /// No model was found; the places that were looked into are named.
    #[error("No speech model found: {0}")]
    NoModel(String),
    /// The model file cannot be used; the text names it and says why.
    #[error("{0}")]
    BadModel(String),
    /// The engine failed.
    #[error("{0}")]
    Engine(String),
}
