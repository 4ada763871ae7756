//! What `voice.onnx.json` says about a Piper voice.

use crate::speech::SpeechError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Marks that stand around and between the phonemes.
const PAD: &str = "_";
const BEGIN: &str = "^";
const END: &str = "$";

/// The settings of one voice.
#[derive(Deserialize, Clone, Debug)]
pub struct VoiceSettings {
    audio: Audio,
    #[serde(default)]
    espeak: Espeak,
    #[serde(default)]
    inference: Inference,
    /// How text becomes phonemes; older files do not say and mean espeak.
    #[serde(default)]
    phoneme_type: PhonemeType,
    phoneme_id_map: BTreeMap<String, Vec<i32>>,
    #[serde(default = "one")]
    num_speakers: u32,
}

const fn one() -> u32 {
    1
}

#[derive(Deserialize, Clone, Debug)]
struct Audio {
    sample_rate: u32,
}

#[derive(Deserialize, Clone, Debug, Default)]
struct Espeak {
    #[serde(default)]
    voice: String,
}

/// The network's own scales.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(default)]
pub(super) struct Inference {
    /// How much the sound varies.
    pub(super) noise_scale: f32,
    /// Length of every phoneme; 2 is half the speed.
    pub(super) length_scale: f32,
    /// How much the lengths vary.
    pub(super) noise_w: f32,
}

impl Default for Inference {
    /// Piper's own defaults.
    fn default() -> Self {
        Self {
            noise_scale: 0.667,
            length_scale: 1.0,
            noise_w: 0.8,
        }
    }
}

/// What the network's symbols are.
#[derive(Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum PhonemeType {
    /// IPA as espeak-ng writes it.
    #[default]
    Espeak,
    /// The letters themselves.
    Text,
}

impl VoiceSettings {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// [`SpeechError::BadModel`] naming the file and what is wrong with it.
    pub fn load(path: &Path) -> Result<Self, SpeechError> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| SpeechError::BadModel(format!("{}: {e}", path.display())))?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads settings; `name` is told where they cannot be used.
    ///
    /// # Errors
    ///
    /// [`SpeechError::BadModel`] with the first thing that is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, SpeechError> {
        let wrong = |why: String| SpeechError::BadModel(format!("{name}: {why}"));
        let settings: Self = serde_json::from_str(text)
            .map_err(|e| wrong(format!("no settings of a Piper voice: {e}")))?;
        let rate = settings.audio.sample_rate;
        if !(8_000..=48_000).contains(&rate) {
            return Err(wrong(format!("sample_rate is {rate}, expected 8000-48000")));
        }
        for mark in [PAD, BEGIN, END] {
            if settings.ids(mark).is_empty() {
                return Err(wrong(format!("phoneme_id_map has no {mark:?}")));
            }
        }
        let scales = settings.inference;
        let all = [scales.noise_scale, scales.length_scale, scales.noise_w];
        if all.iter().any(|s| !s.is_finite() || *s < 0.0) || scales.length_scale == 0.0 {
            return Err(wrong(format!(
                "inference is {all:?}, expected scales above 0"
            )));
        }
        let voice = &settings.espeak.voice;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+');
        let named = !voice.is_empty() && !voice.starts_with('-') && voice.chars().all(plain);
        if settings.phoneme_type == PhonemeType::Espeak && !named {
            return Err(wrong(format!(
                "espeak.voice is {voice:?}, expected a name such as \"en-us\""
            )));
        }
        Ok(settings)
    }

    /// Samples a second of what the network makes.
    pub fn rate(&self) -> u32 {
        self.audio.sample_rate
    }

    /// How many people it can speak as.
    pub const fn speakers(&self) -> u32 {
        self.num_speakers
    }

    /// The espeak-ng voice whose phonemes it was trained on; nothing where it
    /// takes letters.
    pub fn espeak(&self) -> Option<&str> {
        (self.phoneme_type == PhonemeType::Espeak).then_some(self.espeak.voice.as_str())
    }

    pub(super) const fn inference(&self) -> Inference {
        self.inference
    }

    fn ids(&self, symbol: &str) -> &[i32] {
        self.phoneme_id_map.get(symbol).map_or(&[], Vec::as_slice)
    }

    /// The network's numbers for phonemes, one a letter: between the marks of
    /// begin and end, each followed by padding. This is the order in which
    /// Piper's voices are trained. Unknown ones are left out. Nothing where
    /// none is known.
    pub(super) fn sequence(&self, phonemes: &str) -> Vec<i32> {
        let mut ids = Vec::new();
        let mut symbol = [0; 4];
        for c in phonemes.chars() {
            let known = self.ids(c.encode_utf8(&mut symbol));
            if known.is_empty() {
                tracing::debug!(phoneme = %c, "the voice does not know it");
                continue;
            }
            ids.extend_from_slice(known);
            ids.extend_from_slice(self.ids(PAD));
        }
        if ids.is_empty() {
            return ids;
        }
        let mut all = [self.ids(BEGIN), self.ids(PAD)].concat();
        all.append(&mut ids);
        all.extend_from_slice(self.ids(END));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"audio": {"sample_rate": 22050}, "phoneme_type": "text",
        "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [14], "b": [15, 16]}}"#;

    #[test]
    fn phonemes_stand_between_marks_and_padding() {
        let settings = VoiceSettings::parse("v", TEXT).unwrap();
        assert_eq!(settings.sequence("a?b"), [1, 0, 14, 0, 15, 16, 0, 2]);
        assert!(settings.sequence("?!").is_empty());
        assert_eq!(settings.inference(), Inference::default());
        assert_eq!((settings.rate(), settings.speakers()), (22_050, 1));
        assert_eq!(settings.espeak(), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, told) in [
            ("22050", "5", "sample_rate is 5, expected 8000-48000"),
            ("\"^\"", "\"x\"", "phoneme_id_map has no \"^\""),
            ("\"text\"", "\"espeak\"", "espeak.voice is \"\""),
            ("\"text\"", "\"pinyin\"", "unknown variant `pinyin`"),
            (
                "\"phoneme_type\"",
                "\"inference\": {\"length_scale\": 0}, \"phoneme_type\"",
                "inference is",
            ),
        ] {
            let error = VoiceSettings::parse("v.json", &TEXT.replacen(from, to, 1));
            let error = error.unwrap_err().to_string();
            assert!(
                error.starts_with("v.json: ") && error.contains(told),
                "{error}"
            );
        }
    }
}
