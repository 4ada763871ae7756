//! What an interview needs, looked at before it begins: devices, levels,
//! echo, engine, recogniser, voice, disk, clock, folders. Every finding says
//! in plain words what was found and, where something is wrong, what to do.

mod engine;
mod machine;
mod model;
mod offer;
mod probe;
mod rehearsal;
mod sound;
mod voice;

pub use engine::{OWN_ENGINE, round_trip};
pub use machine::{disk, folders, wall_clock};
pub use model::{about, decoding};
pub use offer::{Ears, Offer, hear_with, offers_unmeasured};
pub use probe::{Echo, find_echo, test_sound};
pub use rehearsal::{Cue, News, Place, rehearse};
pub use sound::{SoundPlan, sound};
pub use voice::speaking;

use serde::Serialize;
use serde_json::{Map, Value};

/// How a finding is to be taken.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// An interview can be held, less well than it could.
    Warning,
    /// No interview can be held like this.
    Failed,
}

/// One thing that was looked at.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Finding {
    /// What: `microphone`, `speaker`, `echo`, `engine` ...
    pub part: &'static str,
    /// How to take it.
    pub verdict: Verdict,
    /// What was found, in one sentence.
    pub says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What was measured, with units in the names.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
}

impl Finding {
    /// As it should be.
    pub fn ok(part: &'static str, says: impl Into<String>) -> Self {
        Self {
            part,
            verdict: Verdict::Ok,
            says: says.into(),
            advice: None,
            facts: Map::new(),
        }
    }

    /// Less well than it could be.
    pub fn warning(part: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warning,
            advice: Some(advice.into()),
            ..Self::ok(part, says)
        }
    }

    /// No interview like this.
    pub fn failed(part: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Failed,
            ..Self::warning(part, says, advice)
        }
    }

    /// With something measured. Numbers that are none are left out.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.facts.insert(name.to_owned(), value);
        }
        self
    }
}

/// The worst of all findings.
pub fn worst(findings: &[Finding]) -> Verdict {
    findings
        .iter()
        .map(|finding| finding.verdict)
        .max()
        .unwrap_or(Verdict::Ok)
}

/// A measured number for people and JSON: one digit after the point.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_counts() {
        let ok = Finding::ok("disk", "fine");
        let bad = Finding::failed("key", "others may read it", "chmod 600 it");
        let weak = Finding::warning("echo", "loud", "turn it down");
        assert_eq!(worst(&[]), Verdict::Ok);
        assert_eq!(worst(&[ok.clone(), weak.clone()]), Verdict::Warning);
        assert_eq!(worst(&[bad, ok, weak]), Verdict::Failed);
    }

    #[test]
    fn what_could_not_be_measured_is_left_out() {
        let finding = Finding::ok("echo", "none")
            .with("delay_ms", None::<f64>)
            .with("loss_db", 12.5);
        let json = serde_json::to_string(&finding).unwrap();
        assert_eq!(
            json,
            r#"{"part":"echo","verdict":"ok","says":"none","facts":{"loss_db":12.5}}"#
        );
    }
}
