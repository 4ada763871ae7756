//! Doubles: a recogniser that answers from a script, and a voice that is
//! silent for as long as a real one would speak.

use super::sound::Sound;
use super::{Cancel, DecodeHints, Recognizer, SpeechError, Synthesizer, Transcript, words};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

type Answer = Box<dyn FnMut(&[f32], &Cancel) -> Result<String, SpeechError> + Send>;

/// Answers from a list, or by a function of the audio.
pub struct ScriptedRecognizer(Answer);

impl std::fmt::Debug for ScriptedRecognizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScriptedRecognizer")
    }
}

impl ScriptedRecognizer {
    /// Gives one text a call, then empty ones.
    pub fn texts<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Self {
        let mut texts: VecDeque<String> = texts.into_iter().map(Into::into).collect();
        Self::by(Box::new(move |_, _| {
            Ok(texts.pop_front().unwrap_or_default())
        }))
    }

    /// Answers by `answer`.
    pub fn by(answer: Answer) -> Self {
        Self(answer)
    }
}

impl Recognizer for ScriptedRecognizer {
    fn name(&self) -> String {
        "scripted".into()
    }

    fn transcribe(
        &mut self,
        audio: &[f32],
        _hints: &DecodeHints,
        cancel: &Cancel,
    ) -> Result<Transcript, SpeechError> {
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        let text = (self.0)(audio, cancel)?;
        let spoken = words::from_tokens([(text.as_bytes(), 1.0)]);
        Ok(Transcript {
            confidence: words::confidence(&spoken),
            words: words::spread(&spoken, audio),
            no_speech: if spoken.is_empty() { 1.0 } else { 0.0 },
            text: text.trim().to_owned(),
            sound: Sound::default(),
            took: Duration::ZERO,
        })
    }
}

/// Silent for 60 ms a letter, in buffers of 20 ms at 16 kHz.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentVoice;

impl SilentVoice {
    const RATE: u32 = 16_000;
    const BUFFER: usize = 320;
    /// Buffers of one letter.
    const PER_LETTER: usize = 3;
}

impl Synthesizer for SilentVoice {
    fn name(&self) -> String {
        "silent".into()
    }

    fn rate(&self) -> u32 {
        Self::RATE
    }

    fn speak(
        &mut self,
        sentence: &str,
        out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
    ) -> Result<(), SpeechError> {
        let letters = sentence.chars().filter(|c| c.is_alphanumeric()).count();
        for _ in 0..letters * Self::PER_LETTER {
            if out(&[0.0; Self::BUFFER]).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_read_in_order_and_then_silent() {
        let mut ears = ScriptedRecognizer::texts(["one two", "three"]);
        let mut hear = || {
            ears.transcribe(&[0.1; 16_000], &DecodeHints::default(), &Cancel::default())
                .unwrap()
        };
        let first = hear();
        assert_eq!((first.words.len(), first.text.as_str()), (2, "one two"));
        assert_eq!((hear().text.as_str(), hear().text.as_str()), ("three", ""));
    }

    #[test]
    fn silence_is_as_long_as_speech_and_stops_at_once() {
        let (mut samples, mut buffers) = (0, 0);
        SilentVoice
            .speak("Hello there.", &mut |b| {
                samples += b.len();
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(samples, 10 * 960);
        SilentVoice
            .speak("Hello there.", &mut |_| {
                buffers += 1;
                ControlFlow::Break(())
            })
            .unwrap();
        assert_eq!(buffers, 1);
    }
}
