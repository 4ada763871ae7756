//! How fast the recruiter's voice is.

use super::{Finding, rounded};
use crate::audio::RATE;
use crate::clock::Clock;
use crate::speech::normalise::normalise;
use crate::speech::voices::open_voice;
use std::ops::ControlFlow;

/// A sentence like those that are said in an interview.
const SENTENCE: &str = "A model that is too simple will miss the pattern in the data, and a model \
     that is too complex will learn the noise.";
/// A first sound later than this is felt in every reply, in ms.
const SLOW_MS: f32 = 300.0;
/// A voice slower than speech itself falls silent in the middle of a line.
const TOO_SLOW: f32 = 0.8;

/// Speaks a sentence with the voice that `spec` names, to nobody; the sound
/// comes back, for a recogniser to hear.
pub fn speaking(spec: &str, speed: f32) -> (Finding, Vec<f32>) {
    let part = "voice";
    let advice = "Choose another voice with --voice";
    let mut voice = match open_voice(spec, speed) {
        Ok(voice) => voice,
        Err(error) => return (Finding::failed(part, error.to_string(), advice), Vec::new()),
    };
    let clock = Clock::system();
    let (mut pcm, mut first) = (Vec::new(), None);
    let spoken = voice.speak(&normalise(SENTENCE), &mut |samples| {
        first.get_or_insert_with(|| clock.nanos());
        pcm.extend_from_slice(samples);
        ControlFlow::Continue(())
    });
    let whole = clock.nanos() as f32 / 1e6;
    let name = voice.name();
    if let Err(error) = spoken {
        let says = format!("The voice {name} fails: {error}");
        return (Finding::failed(part, says, advice), Vec::new());
    }
    let rate = voice.rate();
    if rate != RATE {
        let says = format!("The voice {name} delivers {rate} Hz, expected {RATE}");
        return (Finding::failed(part, says, advice), Vec::new());
    }
    let Some(first) = first.filter(|_| !pcm.is_empty()) else {
        let says = format!("The voice {name} says nothing");
        return (Finding::warning(part, says, advice), Vec::new());
    };
    let first_ms = first as f32 / 1e6;
    let length_ms = pcm.len() as f32 * 1000.0 / RATE as f32;
    let share = whole / length_ms;
    let says = format!(
        "{name} begins after {first_ms:.0} ms and needs {:.1} % of the time it speaks",
        share * 100.0
    );
    let finding = if first_ms > SLOW_MS || share > TOO_SLOW {
        Finding::warning(part, says, format!("Replies come late: {}", lower(advice)))
    } else {
        Finding::ok(part, says)
    };
    let finding = finding.with("first_audio_ms", rounded(first_ms)).with(
        "real_time_factor",
        (f64::from(share) * 1000.0).round() / 1000.0,
    );
    (finding, pcm)
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_voice_that_is_silent_or_unknown_is_told() {
        let (found, pcm) = speaking("silent", 1.0);
        assert_ne!(found.verdict, Verdict::Failed);
        assert!(pcm.iter().all(|v| *v == 0.0));
        let (found, _) = speaking("nobody", 1.0);
        assert_eq!(found.verdict, Verdict::Failed);
        assert!(found.says.contains("nobody"), "{found:?}");
    }

    #[cfg(feature = "flite")]
    #[test]
    fn a_built_in_voice_is_measured() {
        let (found, pcm) = speaking("slt", 1.0);
        assert!(pcm.len() > 4 * RATE as usize);
        assert!(found.facts.contains_key("first_audio_ms"), "{found:?}");
    }
}
