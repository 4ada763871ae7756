//! How fast a voice is on this machine: measured once, remembered beside the
//! voice, and measured again where the machine or the program changed.

use super::installed::Installed;
use crate::clock::Clock;
use crate::speech::{SpeechError, Synthesizer};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// What is spoken to measure.
const SENTENCE: &str = "Thank you, that was a clear answer, and now I would like to hear about \
     something that did not go as planned.";
/// A voice may take half as long as it speaks: the recogniser works meanwhile.
pub const FACTOR_MOST: f64 = 0.5;
/// Silence before the first sound, in milliseconds, that still feels like an
/// answer: pauses between speakers rarely pass half a second (Stivers and
/// others, *Universals and cultural variation in turn-taking in
/// conversation*, 2009).
pub const FIRST_MS_MOST: f64 = 500.0;

/// A measured speed.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Pace {
    /// The program that measured.
    program: String,
    /// Processors that it had.
    cores: usize,
    /// Length of the model in bytes: another file was not measured.
    bytes: u64,
    /// Time to the first sound, in milliseconds.
    pub first_ms: f64,
    /// Time of making divided by length of the sound (real-time factor).
    pub factor: f64,
}

impl Pace {
    /// Whether that is fast enough for a conversation; why not, where it is
    /// not.
    ///
    /// # Errors
    ///
    /// The reason, as a clause.
    pub fn enough(&self) -> Result<(), String> {
        if self.factor > FACTOR_MOST {
            return Err(format!(
                "it needs {:.2} of the time that it speaks, expected {FACTOR_MOST} at most",
                self.factor
            ));
        }
        if self.first_ms > FIRST_MS_MOST {
            return Err(format!(
                "its first sound takes {:.0} ms, expected {FIRST_MS_MOST:.0} ms at most",
                self.first_ms
            ));
        }
        Ok(())
    }

    /// The speed in words.
    pub fn text(&self) -> String {
        format!(
            "first sound after {:.0} ms, real-time factor {:.2}",
            self.first_ms, self.factor
        )
    }
}

/// What is remembered of a voice, where it was measured by this program on
/// this machine.
pub fn remembered(voice: &Installed) -> Option<Pace> {
    let text = std::fs::read_to_string(voice.pace_file()).ok()?;
    let pace: Pace = serde_json::from_str(&text).ok()?;
    let same = pace.program == crate::PROGRAM
        && pace.cores == cores()
        && pace.bytes == voice.bytes()
        && pace.factor.is_finite()
        && pace.first_ms.is_finite();
    same.then_some(pace)
}

/// Measures an open voice and remembers the result, where its folder can be
/// written to.
///
/// # Errors
///
/// What the voice reported, or that it says nothing.
pub fn measure(
    voice: &Installed,
    open: &mut dyn Synthesizer,
    clock: &Clock,
) -> Result<Pace, SpeechError> {
    // The first time is spent on memory that is not there yet.
    time(open, clock)?;
    let (first, whole, samples) = time(open, clock)?;
    if samples == 0 {
        return Err(SpeechError::Engine(format!(
            "Voice {} says nothing",
            voice.name
        )));
    }
    let seconds = samples as f64 / f64::from(open.rate());
    let pace = Pace {
        program: crate::PROGRAM.to_owned(),
        cores: cores(),
        bytes: voice.bytes(),
        first_ms: first as f64 / 1e6,
        factor: whole as f64 / 1e9 / seconds,
    };
    let file = voice.pace_file();
    let text = serde_json::to_string(&pace).unwrap_or_default();
    if let Err(error) = std::fs::write(&file, text) {
        tracing::debug!(%error, file = %file.display(), "the speed is not remembered");
    }
    Ok(pace)
}

/// Nanoseconds to the first sound and to the last, and the samples.
fn time(open: &mut dyn Synthesizer, clock: &Clock) -> Result<(u64, u64, usize), SpeechError> {
    let began = clock.nanos();
    let mut first = None;
    let mut samples = 0;
    open.speak(SENTENCE, &mut |buffer| {
        first.get_or_insert_with(|| clock.nanos());
        samples += buffer.len();
        ControlFlow::Continue(())
    })?;
    let ended = clock.nanos();
    Ok((first.unwrap_or(ended) - began, ended - began, samples))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SessionTime;

    /// Says one second; each half takes so many milliseconds to make.
    struct Slow(Clock, u64);

    impl Synthesizer for Slow {
        fn name(&self) -> String {
            "slow".into()
        }

        fn rate(&self) -> u32 {
            16_000
        }

        fn speak(
            &mut self,
            _: &str,
            out: &mut dyn FnMut(&[f32]) -> ControlFlow<()>,
        ) -> Result<(), SpeechError> {
            for _ in 0..2 {
                self.0
                    .advance_to(SessionTime(self.0.now().millis() + self.1));
                let _ = out(&[0.1; 8_000]);
            }
            Ok(())
        }
    }

    #[test]
    fn speed_is_measured_judged_and_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let voice = Installed::named(dir.path(), "en_US-test-low");
        std::fs::write(&voice.model, b"model").unwrap();
        assert_eq!(remembered(&voice), None);
        for (half, verdict) in [
            (100, ""),
            (300, "needs 0.60 of the time"),
            (600, "needs 1.20 of the time"),
        ] {
            let clock = Clock::driven();
            let mut slow = Slow(clock.clone(), half);
            let pace = measure(&voice, &mut slow, &clock).unwrap();
            assert_eq!(pace.first_ms, half as f64);
            match pace.enough() {
                Ok(()) => assert!(verdict.is_empty(), "{half}"),
                Err(why) => assert!(!verdict.is_empty() && why.contains(verdict), "{why}"),
            }
            assert_eq!(remembered(&voice), Some(pace));
        }
        let late = Pace {
            first_ms: 700.0,
            factor: 0.2,
            ..remembered(&voice).unwrap()
        };
        assert!(late.enough().unwrap_err().contains("takes 700 ms"));
        // Another file was never measured.
        std::fs::write(&voice.model, b"another model").unwrap();
        assert_eq!(remembered(&voice), None);
    }
}
