//! The speech models that a candidate may choose from, with what each costs
//! and how fast it would be on this machine.

use super::model::{FAMILIES, KEEPS_UP_MS, Measured, measure};
use crate::speech::catalogue;
use crate::speech::model::{self, FoundModel, STARTER_FILE};
use crate::speech::{Cancel, DecodeHints, Recognizer, SpeechError};

/// What is offered, best text first; of a family, the whole model before the
/// one with rounded weights.
const OFFERED: [&str; 7] = [
    "large-v3-turbo-q5_0",
    "small.en",
    "small.en-q5_1",
    "base.en",
    "base.en-q5_1",
    "tiny.en",
    "tiny.en-q5_1",
];

/// One model to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its name, such as `base.en`.
    pub name: String,
    /// Its length, in bytes.
    pub bytes: u64,
    /// Milliseconds that this machine needs for five seconds of speech; no
    /// number where nobody knows.
    pub ms_for_5_s: f64,
    /// Whether that was measured with this model, or worked out from another.
    pub measured: bool,
    /// Whether it keeps up with a conversation.
    pub keeps_up: bool,
    /// Whether it is here already.
    pub installed: bool,
    /// Whether it is the starter model.
    pub starter: bool,
    /// Whether it suits this machine best.
    pub recommended: bool,
    /// What it means for accuracy.
    pub accuracy: &'static str,
}

/// A loaded model, and what is offered beside it.
pub struct Ears {
    recognizer: Box<dyn Recognizer>,
    /// The loaded model.
    pub model: FoundModel,
    /// Milliseconds that it needs for five seconds of speech.
    pub ms_for_5_s: f64,
    /// Whether it keeps up with a conversation.
    pub keeps_up: bool,
    /// What could be used in its place.
    pub offers: Vec<Offer>,
}

impl Ears {
    /// Transcribes 16 kHz mono audio, the last 30 s of it.
    ///
    /// # Errors
    ///
    /// What the recogniser reports; [`SpeechError::Cancelled`] where `cancel`
    /// ended it.
    pub fn hear(&mut self, audio: &[f32], cancel: &Cancel) -> Result<String, SpeechError> {
        let most = 30 * crate::audio::RATE as usize;
        let audio = &audio[audio.len().saturating_sub(most)..];
        let heard = self
            .recognizer
            .transcribe(audio, &DecodeHints::default(), cancel)?;
        Ok(heard.text)
    }
}

/// Loads the model that `wanted` names, or the best that is installed, and
/// measures it with `speech` (16 kHz mono, some seconds).
///
/// # Errors
///
/// If there is no such model, or it cannot be used;
/// [`SpeechError::Cancelled`] where `cancel` ended it.
pub fn hear_with(
    wanted: Option<&str>,
    speech: &[f32],
    threads: usize,
    cancel: &Cancel,
) -> Result<Ears, SpeechError> {
    let model = model::find(None, wanted)?;
    let (measured, recognizer) = measure(&model, speech, threads, cancel)?;
    Ok(Ears {
        recognizer: Box::new(recognizer),
        ms_for_5_s: measured.stretch_ms,
        keeps_up: measured.stretch_ms <= KEEPS_UP_MS,
        offers: offers(Some(&measured), &model::installed(&model::places())),
        model,
    })
}

/// What can be chosen where no model is here to measure with: nobody knows
/// how fast each would be.
pub fn offers_unmeasured() -> Vec<Offer> {
    offers(None, &model::installed(&model::places()))
}

/// What can be chosen, by the measure of one model.
fn offers(measured: Option<&Measured>, installed: &[FoundModel]) -> Vec<Offer> {
    let here = |name: &str| installed.iter().any(|m| m.name == name);
    let is_own = |name: &str| measured.is_some_and(|m| m.model.name == name);
    let mut all: Vec<Offer> = OFFERED
        .iter()
        .filter_map(|name| {
            let known = catalogue::known(name)?;
            let family = FAMILIES.iter().find(|f| name.starts_with(f.name))?;
            let own = is_own(name);
            let ms = measured.map_or(f64::NAN, |m| match own {
                true => m.stretch_ms,
                false => m.per_work * family.work(),
            });
            Some(Offer {
                name: (*name).to_owned(),
                bytes: known.bytes,
                ms_for_5_s: ms,
                measured: own,
                keeps_up: ms <= KEEPS_UP_MS,
                installed: here(name),
                starter: false,
                recommended: false,
                accuracy: accuracy(family.name),
            })
        })
        .collect();
    if measured.is_some() {
        recommend(&mut all);
    } else if let Some(base) = all.iter_mut().find(|o| o.name == "base.en") {
        // A good start on most machines.
        base.recommended = true;
    }
    // Others that are here, such as one's own, come last and are judged by
    // nobody.
    for model in installed {
        if all.iter().any(|offer| offer.name == model.name) {
            continue;
        }
        let own = measured.filter(|m| m.model.name == model.name);
        let bytes = std::fs::metadata(&model.path).map_or(0, |m| m.len());
        all.push(Offer {
            name: model.name.clone(),
            bytes,
            ms_for_5_s: own.map_or(f64::NAN, |m| m.stretch_ms),
            measured: own.is_some(),
            keeps_up: own.is_none_or(|m| m.stretch_ms <= KEEPS_UP_MS),
            installed: true,
            starter: model.starter,
            recommended: false,
            accuracy: if model.starter {
                accuracy(STARTER_FILE)
            } else {
                "not known here"
            },
        });
    }
    all
}

/// Marks the best family that keeps up: what is here of it, or its first.
fn recommend(offers: &mut [Offer]) {
    let best = offers
        .iter()
        .find(|o| o.keeps_up)
        .or_else(|| offers.iter().rev().find(|o| !o.name.contains('-')));
    let Some(accuracy) = best.map(|o| o.accuracy) else {
        return;
    };
    let family = |o: &&mut Offer| o.accuracy == accuracy;
    let chosen = match offers.iter_mut().filter(family).find(|o| o.installed) {
        Some(here) => Some(here),
        None => offers.iter_mut().find(family),
    };
    if let Some(chosen) = chosen {
        chosen.recommended = true;
    }
}

/// What a family means for accuracy, in few words.
fn accuracy(family: &str) -> &'static str {
    match family {
        "large-v3-turbo" => "best, with hard words too",
        "small.en" => "very good",
        "base.en" => "good; some terms are missed",
        "tiny.en" => "fair; many terms are missed",
        _ => "poor: synthetic voices only",
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::one;
    use super::*;

    const STARTER: (f64, f64, f64) = (384.0, 4.0, 4.0);

    fn found(name: &str) -> FoundModel {
        FoundModel {
            path: format!("ggml-{name}.bin").into(),
            name: name.into(),
            starter: name.starts_with("starter"),
            tried: Vec::new(),
        }
    }

    fn recommended(ms: f64, installed: &[&str]) -> String {
        let installed: Vec<FoundModel> = installed.iter().map(|n| found(n)).collect();
        let all = offers(Some(&one("starter-q5_1", ms, STARTER)), &installed);
        let mut marked = all.iter().filter(|o| o.recommended);
        let name = marked.next().unwrap().name.clone();
        assert_eq!(marked.next(), None);
        name
    }

    #[test]
    fn the_best_that_keeps_up_is_recommended() {
        assert_eq!(recommended(5.0, &[]), "large-v3-turbo-q5_0");
        assert_eq!(recommended(40.0, &[]), "small.en");
        assert_eq!(recommended(150.0, &[]), "base.en");
        assert_eq!(recommended(400.0, &[]), "tiny.en");
        assert_eq!(recommended(4_000.0, &[]), "tiny.en");
    }

    #[test]
    fn what_is_here_is_recommended_before_what_must_be_fetched() {
        assert_eq!(recommended(150.0, &["base.en-q5_1"]), "base.en-q5_1");
        assert_eq!(recommended(150.0, &["tiny.en"]), "base.en");
    }

    #[test]
    fn the_starter_is_offered_last_and_called_poor() {
        let all = offers(
            Some(&one("starter-q5_1", 60.0, STARTER)),
            &[found("starter-q5_1"), found("base.en")],
        );
        let last = all.last().unwrap();
        assert!(last.starter && last.measured && last.accuracy.contains("poor"));
        assert!(all.iter().any(|o| o.name == "base.en" && o.installed));
        let base = all.iter().find(|o| o.name == "base.en").unwrap();
        assert!(base.ms_for_5_s > 60.0 && !base.measured);
    }
}
