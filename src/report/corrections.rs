//! Corrections that were made after the seal, shown beside what was
//! recognised. Nothing is replaced, and no score changes: whoever wants that
//! has to score again.

use super::Report;
use super::wording::{count, flat};
use crate::record::{BESIDE, Correction};
use serde::Serialize;

/// What a report says of corrections as a whole.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// How many are shown.
    pub count: usize,
    /// When the last of them was stated, in milliseconds since 1970 (UTC).
    pub as_of_unix_ms: i64,
}

impl Corrected {
    /// One sentence or two for people.
    pub fn text(&self) -> String {
        format!(
            "With {} as of {}, shown beside what was recognised. Scores rest on what was \
             recognised; only a person who scores again can change them.",
            count(self.count, "correction"),
            moment(self.as_of_unix_ms)
        )
    }
}

/// What stands beside a text that was corrected.
pub fn beside(correction: &Correction) -> String {
    format!(
        "{BESIDE}{}: {}]",
        flat(&correction.by),
        flat(&correction.text)
    )
}

/// Date and time in UTC.
fn moment(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string()
}

impl Report {
    /// Puts corrections beside the utterances that they are about; those of
    /// other utterances are passed over.
    pub fn correct(&mut self, corrections: &[Correction]) {
        let of = |utterance: u32| corrections.iter().find(|c| c.utterance == utterance);
        let mut shown: Vec<&Correction> = Vec::new();
        for turn in &mut self.dialogue {
            let said = turn.utterance.as_ref();
            if let Some(correction) = said.and_then(|said| of(said.id)) {
                turn.correction = Some(correction.clone());
                shown.push(correction);
            }
        }
        for item in &mut self.questions {
            let follow_ups = item.follow_ups.iter_mut().flat_map(|f| &mut f.answers);
            for answer in item.answers.iter_mut().chain(follow_ups) {
                answer.correction = of(answer.utterance).cloned();
            }
        }
        self.corrected = shown
            .iter()
            .map(|c| c.at_unix_ms)
            .max()
            .map(|last| Corrected {
                count: shown.len(),
                as_of_unix_ms: last,
            });
    }
}
