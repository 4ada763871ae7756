//! What was agreed on before an interview.

use serde::{Deserialize, Serialize};

/// How the interviewer behaves.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Warm wording.
    #[default]
    Friendly,
    /// Reserved wording.
    Formal,
    /// Terse, to the point.
    Technical,
    /// Practice: explains after a struggle. Never used to assess.
    Coach,
}

/// What was agreed on before the interview began.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default)]
pub struct Settings {
    /// How the interviewer behaves.
    pub mode: Mode,
    /// Number of technical questions, 1-10.
    pub questions: u8,
    /// Neutral probes at most for each question, 0-3.
    pub follow_ups: u8,
    /// The whole interview's length at most, in minutes.
    pub minutes: u16,
    /// Language of the interview (only `en` now).
    pub language: String,
    /// Seconds without an answer before the one gentle prompt.
    pub patience_s: u16,
    /// Accommodation: pauses are allowed to be this many times longer (1-4).
    pub pause_factor: f32,
    /// Accommodation: every answer is typed; there is no microphone.
    #[serde(skip_serializing_if = "is_off")]
    pub typed: bool,
    /// Accommodation: the recruiter's lines are read, not heard.
    #[serde(skip_serializing_if = "is_off")]
    pub captions: bool,
    /// Accommodation: the speed of the recruiter's voice, 0.5-2; the
    /// candidate's own choice if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_speed: Option<f32>,
    /// Accommodation: the recruiter's voice, by its name (see
    /// [`is_voice_name`](super::is_voice_name)); the candidate's own choice if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Accommodation: so many breaks of five minutes may be taken in all,
    /// with the clock stopped, 3-12.
    #[serde(skip_serializing_if = "is_usual")]
    pub breaks: u8,
    /// Where questions and order depend on chance, this is the chance.
    pub seed: u64,
}

/// Records without these accommodations stay as they were.
const fn is_off(value: &bool) -> bool {
    !*value
}

/// The breaks that everybody may take.
pub const USUAL_BREAKS: u8 = 3;

const fn is_usual(breaks: &u8) -> bool {
    *breaks == USUAL_BREAKS
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Friendly,
            questions: 3,
            follow_ups: 2,
            minutes: 30,
            language: "en".into(),
            patience_s: 15,
            pause_factor: 1.0,
            typed: false,
            captions: false,
            voice_speed: None,
            voice: None,
            breaks: USUAL_BREAKS,
            seed: 1,
        }
    }
}
