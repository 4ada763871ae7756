//! A simulated candidate's voice as a microphone, with the truth about when
//! what was really said.

use super::Script;
use crate::audio::{MicSource, RATE, SamplePos};
use crate::call::CallEvent;
use crate::event::{Expects, LineId};
use crate::speech::normalise::normalise;
use crate::speech::sentences::sentences;
use crate::speech::{SpeechError, Synthesizer};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// Quieter than this is the synthesiser's own silence.
const SILENCE: f32 = 0.01;
/// Loudness of the room: -76 dB of full scale.
const ROOM: f32 = 0.000_16;
/// A pause between two sentences, beside the voice's own of about 300 ms.
const BREATH: usize = RATE as usize / 8;

/// One thing that was really said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The line that it answers.
    pub line: LineId,
    /// The words.
    pub text: String,
    /// First sound.
    pub start: SamplePos,
    /// Last sound.
    pub end: SamplePos,
}

/// Something to be said after a while.
struct Saying {
    line: LineId,
    text: String,
    pcm: Vec<f32>,
    done: usize,
    start: SamplePos,
}

#[derive(Default)]
struct Shared {
    queue: VecDeque<Saying>,
    spoken: Vec<Spoken>,
}

/// The microphone's end of a simulated candidate.
pub struct Mouth {
    shared: Arc<Mutex<Shared>>,
    noise: u64,
}

/// The candidate's end: hears lines, says answers.
pub struct Candidate {
    shared: Arc<Mutex<Shared>>,
    voice: Box<dyn Synthesizer>,
    /// From the end of a line to the first sound of the answer.
    thinks: usize,
}

impl Candidate {
    /// A candidate with this voice (16 kHz), who begins to answer
    /// `think_ms` after a line has ended.
    pub fn new(voice: Box<dyn Synthesizer>, think_ms: u32) -> (Self, Mouth) {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let candidate = Self {
            shared: shared.clone(),
            voice,
            thinks: (RATE / 1000 * think_ms) as usize,
        };
        (
            candidate,
            Mouth {
                shared,
                noise: 0x9e37_79b9,
            },
        )
    }

    /// Answers every line until the call is over. What was really said comes
    /// back.
    ///
    /// # Errors
    ///
    /// Where the voice fails.
    pub async fn answer(
        mut self,
        mut script: Script<'_>,
        mut view: broadcast::Receiver<CallEvent>,
    ) -> Result<Vec<Spoken>, SpeechError> {
        loop {
            match view.recv().await {
                Ok(CallEvent::LineEnded {
                    line,
                    complete: true,
                    hold,
                    ..
                }) if line.expects != Expects::Nothing => {
                    if let Some(text) = script.reply(&line) {
                        self.say(line.id, &text)?;
                    }
                    drop(hold);
                }
                Ok(CallEvent::Ended(_)) | Err(broadcast::error::RecvError::Closed) => break,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            }
        }
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(shared.spoken.clone())
    }

    fn say(&mut self, line: LineId, text: &str) -> Result<(), SpeechError> {
        let mut pcm = vec![0.0; self.thinks];
        for sentence in sentences(text) {
            self.voice.speak(&normalise(sentence), &mut |part| {
                pcm.extend_from_slice(part);
                ControlFlow::Continue(())
            })?;
            pcm.resize(pcm.len() + BREATH, 0.0);
        }
        let saying = Saying {
            line,
            text: text.to_owned(),
            pcm,
            done: 0,
            start: 0,
        };
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.queue.push_back(saying);
        Ok(())
    }
}

impl MicSource for Mouth {
    fn fill(&mut self, at: SamplePos, out: &mut [f32]) {
        for sample in &mut *out {
            self.noise ^= self.noise << 13;
            self.noise ^= self.noise >> 7;
            self.noise ^= self.noise << 17;
            *sample = ((self.noise >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * ROOM;
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(saying) = shared.queue.front_mut() else {
            return;
        };
        if saying.done == 0 {
            saying.start = at;
        }
        let rest = &saying.pcm[saying.done..];
        for (sample, said) in out.iter_mut().zip(rest) {
            *sample += said;
        }
        saying.done += rest.len().min(out.len());
        if saying.done == saying.pcm.len()
            && let Some(said) = shared.queue.pop_front()
        {
            shared.spoken.extend(said.truth());
        }
    }
}

impl Saying {
    fn truth(&self) -> Option<Spoken> {
        let loud = |s: &f32| s.abs() > SILENCE;
        let first = self.pcm.iter().position(loud)? as SamplePos;
        let last = self.pcm.iter().rposition(loud)? as SamplePos;
        Some(Spoken {
            line: self.line,
            text: self.text.clone(),
            start: self.start + first,
            end: self.start + last,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Beep;

    impl Synthesizer for Beep {
        fn name(&self) -> String {
            "beep".into()
        }

        fn rate(&self) -> u32 {
            RATE
        }

        fn speak(
            &mut self,
            _sentence: &str,
            out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
        ) -> Result<(), SpeechError> {
            let _ = out(&[0.0, 0.5, -0.5, 0.0]);
            Ok(())
        }
    }

    #[test]
    fn the_truth_is_where_the_first_and_the_last_sound_were() {
        let (mut candidate, mut mouth) = Candidate::new(Box::new(Beep), 1);
        let mut out = [0.0; 160];
        mouth.fill(0, &mut out);
        candidate.say(7, "Yes.").unwrap();
        for i in 1..40 {
            mouth.fill(i * 160, &mut out);
        }
        let spoken = candidate.shared.lock().unwrap().spoken.clone();
        assert_eq!(spoken.len(), 1);
        assert_eq!((spoken[0].start, spoken[0].end), (160 + 17, 160 + 18));
    }
}
