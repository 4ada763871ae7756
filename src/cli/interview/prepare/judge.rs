//! What the state of a preparation means, in words.

use super::state::State;
use super::vocabulary::Heard;
use crate::preflight::{Finding, Verdict, about};

/// How fast the meter falls back, in dB a second.
const FALL_DB: f32 = 30.0;
/// Softer than this a voice is too quiet, and louder than that too loud, in
/// dB of full scale.
const GOOD_DB: std::ops::RangeInclusive<f32> = -46.0..=-6.0;
/// What the starter model means.
const STARTER: &str = "It knows synthetic voices only and will misunderstand much of \
     what people say";

/// A plain warning of it.
pub(super) fn starter_is_used() -> String {
    format!(
        "The starter model is used. {STARTER}; you can type your answers, or fetch a better one \
         later."
    )
}

impl State {
    /// The meter, in dB of full scale: up at once, down slowly.
    pub(super) fn level_db(&self, now_ms: u64) -> f32 {
        let (db, at) = self.level;
        db - FALL_DB * (now_ms.saturating_sub(at)) as f32 / 1_000.0
    }

    /// What the level means, in words.
    pub(super) fn level_word(&self, now_ms: u64) -> &'static str {
        if self.speaking {
            return match self.level_db(now_ms) {
                db if db < *GOOD_DB.start() => "too quiet",
                db if db > *GOOD_DB.end() => "too loud",
                _ => "good",
            };
        }
        self.spoken_word()
    }

    /// What the level of all that was said so far means, in words.
    pub(super) fn spoken_word(&self) -> &'static str {
        match self.levels.and_then(|l| l.speech_db) {
            Some(db) if db < *GOOD_DB.start() => "too quiet",
            Some(db) if db > *GOOD_DB.end() => "too loud",
            Some(_) => "good",
            None => "say something",
        }
    }

    /// What is wrong with the microphone's sound.
    pub(super) fn faults(&self) -> &[&'static str] {
        // One that is not there was told of as a whole.
        match &self.microphone {
            Some(found) if found.verdict == Verdict::Failed => &[],
            _ => &self.faults,
        }
    }

    /// The speech model, judged.
    pub(super) fn speech(&self) -> Option<Finding> {
        let part = "speech";
        Some(match self.ears.as_ref()? {
            Err(why) => Finding::failed(part, why.clone(), "D chooses a model, W types answers"),
            Ok(heard) => {
                let fast = about(heard.ms_for_5_s);
                let name = &heard.name;
                let best = heard.offers.iter().find(|o| o.recommended);
                let better = best.filter(|o| o.name != *name);
                if heard.starter {
                    let advice = "D chooses a better one, W types answers";
                    Finding::warning(part, format!("{name}. {STARTER}"), advice)
                } else if !heard.keeps_up {
                    Finding::warning(
                        part,
                        format!("{name} needs {fast} for 5 s of speech here: replies come late"),
                        "D chooses a faster one, W types answers",
                    )
                } else {
                    let says = format!("{name}: 5 s of speech in {fast}, which keeps up");
                    let mut found = Finding::ok(part, says);
                    found.advice = better.map(|o| format!("{} suits this machine best: D", o.name));
                    found
                }
            }
        })
    }

    /// Whether everything was looked at and is well.
    pub(super) fn all_well(&self) -> bool {
        let well = |f: &Option<Finding>| f.as_ref().is_some_and(|f| f.verdict == Verdict::Ok);
        let sound = well(&self.microphone) && (self.plan.captions || well(&self.speaker));
        well(&self.engine) && (self.plan.typed || (sound && self.faults.is_empty()))
    }

    /// Whether a voice was heard, so that its level says something.
    pub(super) fn has_levels(&self) -> bool {
        self.levels.is_some_and(|l| l.speech_db.is_some())
    }

    /// The model that an interview can use where it is not the chosen one.
    pub(super) fn usable_model(&self) -> Option<String> {
        match &self.ears {
            Some(Ok(Heard {
                name,
                instead: Some(_),
                ..
            })) => Some(name.clone()),
            _ => None,
        }
    }
}
