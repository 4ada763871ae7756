//! What was agreed on so that a candidate can take the interview well, as a
//! fold: what the settings say, and what the candidate set since.

use super::{Event, Input, Settings};
use serde::{Deserialize, Serialize};

/// What the candidate's program has to know before it opens a microphone or a
/// voice.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default)]
pub struct Accommodations {
    /// Every answer is typed; there is no microphone.
    pub typed: bool,
    /// The recruiter's lines are read, not heard.
    pub captions: bool,
    /// Pauses may be this many times longer, 1-4.
    pub pause_factor: f32,
    /// Speed of the recruiter's voice, 0.5-2, where one was agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_speed: Option<f32>,
    /// The recruiter's voice by its name, where one was agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Breaks of five minutes that may be taken in all.
    pub breaks: u8,
}

impl Default for Accommodations {
    fn default() -> Self {
        Self::of(&Settings::default())
    }
}

impl Accommodations {
    /// What the settings say.
    pub fn of(settings: &Settings) -> Self {
        Self {
            typed: settings.typed,
            captions: settings.captions,
            pause_factor: settings.pause_factor,
            voice_speed: settings.voice_speed,
            voice: settings.voice.clone(),
            breaks: settings.breaks,
        }
    }

    /// Takes an event of the log: what the candidate sets counts from then on.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Input {
                input: Input::PauseFactor { factor },
            } => self.pause_factor = *factor,
            Event::VoiceSpeed { speed } => self.voice_speed = Some(*speed),
            Event::VoiceChoice { voice } => self.voice = Some(voice.clone()),
            _ => {}
        }
    }
}

/// Whether a text can be the name of a voice that is built in or installed.
/// What comes from elsewhere must be one: the path of a file, or a program
/// that speaks, is for the owner of a machine alone to name.
pub fn is_voice_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=64).contains(&text.len()) && text.chars().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_last_counts() {
        let settings = Settings {
            typed: true,
            voice_speed: Some(0.8),
            ..Settings::default()
        };
        let events = [
            Event::VoiceSpeed { speed: 0.9 },
            Event::Input {
                input: Input::PauseFactor { factor: 2.0 },
            },
            Event::VoiceChoice {
                voice: "rms".into(),
            },
            Event::VoiceSpeed { speed: 0.7 },
        ];
        let mut agreed = Accommodations::of(&settings);
        for event in &events {
            agreed.note(event);
        }
        let expected = Accommodations {
            typed: true,
            pause_factor: 2.0,
            voice_speed: Some(0.7),
            voice: Some("rms".into()),
            ..Accommodations::default()
        };
        assert_eq!(agreed, expected);
    }

    #[test]
    fn programs_and_files_are_no_names_of_voices() {
        for good in ["slt", "en_GB-alan-low", "auto"] {
            assert!(is_voice_name(good), "{good}");
        }
        for bad in [
            "",
            "command:rm -r",
            "../voice",
            "/tmp/v.onnx",
            "v.onnx",
            "a b",
        ] {
            assert!(!is_voice_name(bad), "{bad}");
        }
    }

    #[test]
    fn settings_without_them_are_written_as_before() {
        let text = serde_json::to_string(&Settings::default()).unwrap();
        for word in ["voice", "breaks", "typed", "captions"] {
            assert!(!text.contains(word), "{text}");
        }
    }
}
