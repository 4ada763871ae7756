//! Neural voices in the form of Piper: `NAME.onnx` beside `NAME.onnx.json`,
//! run in pure Rust on the processor.
//!
//! A sentence is spoken in pieces. A helper thread makes the next piece while
//! the listener still has the last one, so that the first sound comes early
//! and a break takes effect at once.

pub mod installed;
mod network;
pub mod pace;
mod phonemes;
mod settings;

pub use phonemes::ESPEAK;
pub use settings::VoiceSettings;

use super::wave::{RATE, To16k};
use super::{SpeechError, Synthesizer};
use installed::Installed;
use network::Network;
use phonemes::{Phonemizer, pieces};
use settings::Inference;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

/// Hexadecimal digits of the model's SHA-256 that name it in records.
const DIGITS: usize = 12;

/// A neural voice.
pub struct PiperVoice {
    /// Shared with the thread that makes the sound, which may outlive a line
    /// that was broken off by one piece.
    parts: Arc<Parts>,
    name: String,
}

struct Parts {
    network: Network,
    settings: VoiceSettings,
    phonemizer: Phonemizer,
    scales: Inference,
    file: String,
}

impl std::fmt::Debug for PiperVoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PiperVoice")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PiperVoice {
    /// Opens an installed voice; it speaks at `speed` times its own, 0.5-2.
    ///
    /// # Errors
    ///
    /// [`SpeechError::BadModel`] where a file cannot be used,
    /// [`SpeechError::Engine`] where espeak-ng is needed and not there.
    pub fn open(voice: &Installed, speed: f32) -> Result<Self, SpeechError> {
        Self::open_with(voice, speed, ESPEAK)
    }

    /// As [`PiperVoice::open`], with another program than espeak-ng that
    /// takes the same arguments.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn open_with(voice: &Installed, speed: f32, program: &str) -> Result<Self, SpeechError> {
        let settings = VoiceSettings::load(&voice.settings)?;
        // First what is cheap to find missing.
        let phonemizer = Phonemizer::open(settings.espeak(), program)?;
        let network = Network::load(&voice.model, &settings)?;
        let file = voice.model.display().to_string();
        let sum = crate::digest::sha256_file(&voice.model)
            .map_err(|e| SpeechError::BadModel(format!("{file}: {e}")))?;
        let own = settings.inference();
        let speed = if speed.is_finite() {
            speed.clamp(0.5, 2.0)
        } else {
            1.0
        };
        Ok(Self {
            parts: Arc::new(Parts {
                network,
                phonemizer,
                scales: Inference {
                    length_scale: own.length_scale / speed,
                    ..own
                },
                settings,
                file,
            }),
            name: format!("piper {} sha256:{}", voice.name, &sum[..DIGITS]),
        })
    }
}

impl Parts {
    /// One piece at 16 kHz.
    fn speak(&self, piece: &str) -> Result<Vec<f32>, SpeechError> {
        let failed = |why: String| SpeechError::Engine(format!("Voice {}: {why}", self.file));
        let ids = self.settings.sequence(&self.phonemizer.of(piece)?);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sound = self.network.run(ids, self.scales).map_err(failed)?;
        let sound: Vec<f32> = sound.iter().map(|s| s.clamp(-1.0, 1.0)).collect();
        if self.settings.rate() == RATE {
            return Ok(sound);
        }
        let mut resampler = To16k::new(self.settings.rate()).map_err(failed)?;
        Ok(resampler.whole(sound))
    }
}

impl Synthesizer for PiperVoice {
    fn name(&self) -> String {
        self.name.clone()
    }

    /// Always 16 kHz; what the network makes is resampled.
    fn rate(&self) -> u32 {
        RATE
    }

    fn speak(
        &mut self,
        sentence: &str,
        out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
    ) -> Result<(), SpeechError> {
        let pieces = pieces(sentence);
        let parts = self.parts.clone();
        // Holds one piece ready; full means that the thread waits. It ends
        // with its pieces, or at the first that nobody takes.
        let (send, made) = sync_channel(1);
        std::thread::Builder::new()
            .name("piper".into())
            .spawn(move || {
                for piece in pieces {
                    let sound = parts.speak(&piece);
                    let failed = sound.is_err();
                    if send.send(sound).is_err() || failed {
                        return;
                    }
                }
            })
            .map_err(|e| SpeechError::Engine(format!("The voice's thread: {e}")))?;
        for sound in made {
            // 20 ms each, so that a break takes effect at once.
            for buffer in sound?.chunks(RATE as usize / 50) {
                if out(buffer).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
