//! A simulated candidate's voice as a microphone, with the truth about when
//! what was really said.

use super::{Pauses, Script};
use crate::audio::{MicSource, Player, RATE, SamplePos};
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

/// After the last sound: the lips close, and what it answers is over.
const CLOSES: usize = RATE as usize / 10;

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

/// Where a candidate's voice goes.
enum Way {
    /// Straight into a microphone that is a program.
    Mouth(Arc<Mutex<Shared>>),
    /// Through the air: a real speaker, and whatever microphone hears it.
    Air(Player, Vec<Spoken>),
}

/// The candidate's end: hears lines, says answers.
pub struct Candidate {
    way: Way,
    voice: Box<dyn Synthesizer>,
    pauses: Pauses,
    /// From the end of a line to the first sound of the answer.
    thinks: usize,
}

impl Candidate {
    /// A candidate with this voice (16 kHz), who begins to answer
    /// `think_ms` after a line has ended and pauses so between sentences.
    pub fn new(voice: Box<dyn Synthesizer>, pauses: Pauses, think_ms: u32) -> (Self, Mouth) {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let mouth = Mouth {
            shared: shared.clone(),
            noise: 0x9e37_79b9,
        };
        let way = Way::Mouth(shared);
        (Self::of(voice, pauses, think_ms, way), mouth)
    }

    /// A candidate who speaks through a speaker. When it is heard is not
    /// known here, so what it says comes back without positions.
    pub fn through(
        player: Player,
        voice: Box<dyn Synthesizer>,
        pauses: Pauses,
        think_ms: u32,
    ) -> Self {
        Self::of(voice, pauses, think_ms, Way::Air(player, Vec::new()))
    }

    fn of(voice: Box<dyn Synthesizer>, pauses: Pauses, think_ms: u32, way: Way) -> Self {
        Self {
            way,
            voice,
            pauses,
            thinks: (RATE / 1000 * think_ms) as usize,
        }
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
        Ok(match self.way {
            Way::Mouth(shared) => {
                let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                shared.spoken.clone()
            }
            Way::Air(_, spoken) => spoken,
        })
    }

    fn say(&mut self, line: LineId, text: &str) -> Result<(), SpeechError> {
        let mut pcm = vec![0.0; self.thinks];
        let mut before = None;
        for sentence in sentences(text) {
            let mut said = Vec::new();
            self.voice.speak(&normalise(sentence), &mut |part| {
                said.extend_from_slice(part);
                ControlFlow::Continue(())
            })?;
            if let Some(before) = before.replace(sentence) {
                let ms = self.pauses.after(before) as usize;
                pcm.resize(pcm.len() + ms * RATE as usize / 1000, 0.0);
            }
            pcm.extend_from_slice(trimmed(&said));
        }
        pcm.resize(pcm.len() + CLOSES, 0.0);
        match &mut self.way {
            Way::Mouth(shared) => {
                let saying = Saying {
                    line,
                    text: text.to_owned(),
                    pcm,
                    done: 0,
                    start: 0,
                };
                let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                shared.queue.push_back(saying);
            }
            Way::Air(player, spoken) => {
                spoken.push(Spoken {
                    line,
                    text: text.to_owned(),
                    start: 0,
                    end: 0,
                });
                let player = player.clone();
                // The player takes a few seconds at a time.
                tokio::task::spawn_blocking(move || {
                    player.begin(line);
                    // Stopped only where the demonstration is over.
                    let _ = player.push(line, &pcm);
                    player.finish(line);
                });
            }
        }
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

/// First and last sound.
fn sounds(pcm: &[f32]) -> Option<(usize, usize)> {
    let loud = |s: &f32| s.abs() > SILENCE;
    Some((pcm.iter().position(loud)?, pcm.iter().rposition(loud)?))
}

/// Without the synthesiser's own silence at both ends.
pub fn trimmed(pcm: &[f32]) -> &[f32] {
    sounds(pcm).map_or(&[], |(first, last)| &pcm[first..=last])
}

impl Saying {
    fn truth(&self) -> Option<Spoken> {
        let (first, last) = sounds(&self.pcm)?;
        let (first, last) = (first as SamplePos, last as SamplePos);
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
        let pauses = Pauses::new(1, "beep");
        let (mut candidate, mut mouth) = Candidate::new(Box::new(Beep), pauses, 1);
        let mut out = [0.0; 160];
        mouth.fill(0, &mut out);
        candidate.say(7, "Yes.").unwrap();
        for i in 1..60 {
            mouth.fill(i * 160, &mut out);
        }
        let Way::Mouth(shared) = &candidate.way else {
            panic!("expected a mouth");
        };
        let spoken = shared.lock().unwrap().spoken.clone();
        assert_eq!(spoken.len(), 1);
        assert_eq!((spoken[0].start, spoken[0].end), (160 + 16, 160 + 17));
    }
}
