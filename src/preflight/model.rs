//! How fast this machine hears, and which model fits it.

use super::Finding;
use crate::audio::RATE;
use crate::clock::Clock;
use crate::speech::ggml_file::ModelFacts;
use crate::speech::model::{self, FoundModel};
use crate::speech::whisper::{WhisperRecognizer, WhisperSettings};
use crate::speech::{Cancel, DecodeHints, Recognizer, SpeechError};

/// Five seconds of speech heard within this keep up with a conversation, in
/// ms: decoding begins at the first short pause, some 350 ms before a turn
/// is taken to be over, and the reply may begin 700 ms after the last word.
pub(super) const KEEPS_UP_MS: f64 = 500.0;
/// The stretch of speech that this is said of, in seconds.
pub(super) const STRETCH_S: f64 = 5.0;
/// Encoder positions for a second of audio, and those that are always added.
const POSITIONS: f64 = 50.0;
/// See [`POSITIONS`].
const MARGIN: f64 = 64.0;
/// Tokens for a second of speech: about 2.6 words.
const TOKENS: f64 = 4.0;

/// What the sizes of a Whisper model are (A. Radford and others, "Robust
/// Speech Recognition via Large-Scale Weak Supervision", 2022, table 1; the
/// turbo model has four decoder layers).
pub(super) struct Family {
    pub(super) name: &'static str,
    width: f64,
    encoder: f64,
    decoder: f64,
}

impl Family {
    /// Work for a stretch of speech; all have about as many words.
    pub(super) fn work(&self) -> f64 {
        work(self.width, self.encoder, self.decoder, 51_864.0, STRETCH_S)
    }
}

/// From the best to the fastest.
pub(super) const FAMILIES: [Family; 4] = [
    Family {
        name: "large-v3-turbo",
        width: 1280.0,
        encoder: 32.0,
        decoder: 4.0,
    },
    Family {
        name: "small.en",
        width: 768.0,
        encoder: 12.0,
        decoder: 12.0,
    },
    Family {
        name: "base.en",
        width: 512.0,
        encoder: 6.0,
        decoder: 6.0,
    },
    Family {
        name: "tiny.en",
        width: 384.0,
        encoder: 4.0,
        decoder: 4.0,
    },
];

/// Multiplications for a stretch of speech: layers of attention and feed
/// forward over the encoder's positions and the decoder's tokens, and the
/// choice among all words. Good enough to compare models on one machine.
fn work(width: f64, encoder: f64, decoder: f64, vocabulary: f64, seconds: f64) -> f64 {
    let positions = seconds * POSITIONS + MARGIN;
    let tokens = seconds * TOKENS;
    let square = width * width;
    let heard = encoder * positions * (12.0 * square + 2.0 * positions * width);
    // The decoder also attends to what was heard.
    let said = decoder * tokens * (16.0 * square + 2.0 * positions * width);
    let across = decoder * positions * 2.0 * square;
    heard + said + across + tokens * vocabulary * width
}

fn work_of(facts: &ModelFacts, seconds: f64) -> f64 {
    work(
        facts.audio_state.into(),
        facts.audio_layers.into(),
        facts.text_layers.into(),
        facts.vocab.into(),
        seconds,
    )
}

/// One model on this machine.
pub(super) struct Measured {
    pub(super) model: FoundModel,
    took_ms: f64,
    /// The same for [`STRETCH_S`] of speech.
    pub(super) stretch_ms: f64,
    /// Milliseconds for so much work.
    pub(super) per_work: f64,
    heard: String,
}

/// Lets every installed model hear `speech`; says how fast the one is that
/// would be used, and which one suits this machine.
pub fn decoding(speech: &[f32], configured: Option<&str>, threads: usize) -> Vec<Finding> {
    let part = "recogniser";
    let used = match model::find(None, configured) {
        Ok(used) => used,
        Err(error) => {
            let advice = "Fetch one with: viva models get base.en";
            return vec![Finding::failed(part, error.to_string(), advice)];
        }
    };
    let mut models = vec![used];
    for other in model::installed(&model::places()) {
        if models.iter().all(|known| known.name != other.name) {
            models.push(other);
        }
    }
    let mut found = Vec::new();
    let mut measured: Vec<Measured> = Vec::new();
    for model in models {
        let first = measured.is_empty() && found.is_empty();
        match measure(&model, speech, threads, &Cancel::default()) {
            Ok((one, _)) => measured.push(one),
            Err(error) if first => {
                let advice = "Check it with `viva models verify`, or choose another with --model";
                found.push(Finding::failed(part, error.to_string(), advice));
            }
            Err(error) => found.push(Finding::warning(
                part,
                error.to_string(),
                "It is not the one that is used; check it with `viva models verify`",
            )),
        }
    }
    if let Some(used) = measured.first() {
        found.push(judge(used, speech.len(), threads));
        found.push(recommend(&measured));
    }
    found
}

/// Lets a model hear `speech`, and says how long that takes; the recogniser
/// comes back, to hear more. `cancel` ends it between loading and hearing, and
/// while it hears.
pub(super) fn measure(
    model: &FoundModel,
    speech: &[f32],
    threads: usize,
    cancel: &Cancel,
) -> Result<(Measured, WhisperRecognizer), SpeechError> {
    let settings = WhisperSettings {
        threads,
        // Nothing is known yet of what is said.
        use_prompt: false,
        ..WhisperSettings::default()
    };
    let mut ears = WhisperRecognizer::load(&model.path, &settings)?;
    let seconds = speech.len() as f64 / f64::from(RATE);
    let clock = Clock::system();
    let mut hear = || {
        let from = clock.nanos();
        let heard = ears.transcribe(speech, &DecodeHints::default(), cancel)?;
        let took_ms = (clock.nanos() - from) as f64 / 1e6;
        Ok::<_, SpeechError>((took_ms, heard.text))
    };
    // The first one also pays for memory that is touched for the first time.
    let (first_ms, _) = hear()?;
    let (again_ms, heard) = hear()?;
    let took_ms = again_ms.min(first_ms);
    let per_work = took_ms / work_of(ears.facts(), seconds);
    let measured = Measured {
        model: model.clone(),
        took_ms,
        stretch_ms: per_work * work_of(ears.facts(), STRETCH_S),
        per_work,
        heard,
    };
    Ok((measured, ears))
}

fn judge(used: &Measured, samples: usize, threads: usize) -> Finding {
    let seconds = samples as f64 / f64::from(RATE);
    let factor = used.took_ms / 1000.0 / seconds;
    let says = format!(
        "{} hears {seconds:.1} s of speech in {:.0} ms ({factor:.3} of real time, {threads} thread{})",
        used.model.name,
        used.took_ms,
        if threads == 1 { "" } else { "s" },
    );
    let finding = if used.model.starter {
        Finding::warning(
            "recogniser",
            format!("{says}. It knows synthetic voices only"),
            "For people, fetch a real model: viva models get base.en",
        )
    } else if used.stretch_ms > 2.0 * KEEPS_UP_MS {
        Finding::warning(
            "recogniser",
            format!("{says}. That is too slow for a conversation"),
            "Choose a smaller model, or end other programs",
        )
    } else {
        Finding::ok("recogniser", says)
    };
    finding
        .with("model", used.model.name.as_str())
        .with("threads", threads)
        .with("audio_s", (seconds * 100.0).round() / 100.0)
        .with("took_ms", used.took_ms.round())
        .with("real_time_factor", (factor * 1000.0).round() / 1000.0)
        .with("heard", used.heard.as_str())
}

/// The best family that keeps up, by its own measure where it is installed,
/// otherwise by that of the model that is most like it.
fn recommend(measured: &[Measured]) -> Finding {
    let estimates: Vec<(&Family, f64, bool)> = FAMILIES
        .iter()
        .map(|family| {
            let own = measured
                .iter()
                .find(|m| m.model.name.starts_with(family.name));
            // The largest measured one says most about large ones.
            let like = measured
                .iter()
                .max_by(|a, b| a.stretch_ms.total_cmp(&b.stretch_ms));
            let guess = like.map_or(f64::MAX, |like| like.per_work * family.work());
            (family, own.map_or(guess, |m| m.stretch_ms), own.is_some())
        })
        .collect();
    let best = estimates
        .iter()
        .find(|(_, ms, _)| *ms <= KEEPS_UP_MS)
        .or_else(|| estimates.last());
    let Some((family, ms, installed)) = best else {
        return Finding::ok("model", "No model is known");
    };
    let larger = estimates
        .iter()
        .rev()
        .find(|(_, other, _)| *other > KEEPS_UP_MS && *ms <= KEEPS_UP_MS)
        .map_or_else(String::new, |(larger, ms, _)| {
            format!("; {} would need {}", larger.name, about(*ms))
        });
    let says = format!(
        "For this machine: {}, which needs {} for {STRETCH_S:.0} s of speech{larger}",
        family.name,
        about(*ms)
    );
    let finding = if *ms > KEEPS_UP_MS {
        Finding::warning(
            "model",
            format!("{says}. Replies will come late"),
            "Use a faster machine, or answer by keyboard",
        )
    } else if *installed {
        Finding::ok("model", says)
    } else {
        Finding::warning(
            "model",
            format!("{says} (estimated)"),
            format!("Fetch it with: viva models get {}", family.name),
        )
    };
    let all: serde_json::Map<String, serde_json::Value> = estimates
        .iter()
        .map(|(family, ms, _)| (family.name.to_owned(), ms.round().into()))
        .collect();
    finding
        .with("recommended", family.name)
        .with("ms_for_5_s", all)
}

/// A time as people say it.
pub fn about(ms: f64) -> String {
    if ms >= 950.0 {
        format!("about {:.1} s", ms / 1000.0)
    } else {
        format!("about {:.0} ms", (ms / 10.0).ceil() * 10.0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Verdict;
    use super::*;

    pub(in crate::preflight) fn one(
        name: &str,
        stretch_ms: f64,
        facts: (f64, f64, f64),
    ) -> Measured {
        let (width, encoder, decoder) = facts;
        let work = work(width, encoder, decoder, 51_864.0, STRETCH_S);
        Measured {
            model: FoundModel {
                path: format!("ggml-{name}.bin").into(),
                name: name.into(),
                starter: name.starts_with("starter"),
                tried: Vec::new(),
            },
            took_ms: stretch_ms,
            stretch_ms,
            per_work: stretch_ms / work,
            heard: String::new(),
        }
    }

    #[test]
    fn larger_models_need_more_work_in_about_the_known_proportions() {
        let all: Vec<f64> = FAMILIES.iter().map(Family::work).collect();
        assert!(all.windows(2).all(|w| w[0] > 2.0 * w[1]), "{all:?}");
        // base is twice to three times tiny.
        assert!((2.0..3.5).contains(&(all[2] / all[3])), "{all:?}");
    }

    #[test]
    fn the_best_model_that_keeps_up_is_recommended() {
        let of = |ms| recommend(&[one("tiny.en", ms, (384.0, 4.0, 4.0))]);
        assert_eq!(of(5.0).facts["recommended"], "large-v3-turbo");
        assert_eq!(of(40.0).facts["recommended"], "small.en");
        assert_eq!(of(150.0).facts["recommended"], "base.en");
        assert_eq!(of(400.0).facts["recommended"], "tiny.en");
        let slow = of(3_000.0);
        assert_eq!(slow.facts["recommended"], "tiny.en");
        assert_eq!(slow.verdict, Verdict::Warning);
    }

    #[test]
    fn one_that_is_installed_needs_no_fetching() {
        let measured = [
            one("starter-q5_1", 60.0, (384.0, 4.0, 4.0)),
            one("base.en-q5_1", 180.0, (512.0, 6.0, 6.0)),
        ];
        let found = recommend(&measured);
        assert_eq!(found.facts["recommended"], "base.en");
        assert_eq!((found.verdict, found.advice), (Verdict::Ok, None));
        let found = recommend(&measured[..1]);
        assert_eq!(found.verdict, Verdict::Warning);
        assert!(found.advice.unwrap().contains("viva models get"));
    }
}
