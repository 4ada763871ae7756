//! Which neural voices there are, where they lie, and how one comes there.
//!
//! Voices are those of the `rhasspy/piper-voices` repository on Hugging Face:
//! `en_US-ljspeech-medium` is `en/en_US/ljspeech/medium/` there, a model and
//! its settings. The sums of the catalogue are those of many independent
//! public lock files. For a voice outside it, the model is checked against
//! the sum that the server names; for its settings the server names none, so
//! they are read, and their sum is recorded as found.

use super::settings::VoiceSettings;
use crate::speech::download::{self, DownloadError, Request, SumSource};
use crate::speech::{Cancel, SpeechError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the files come from unless a mirror is set.
pub const HUGGING_FACE: &str = "https://huggingface.co/rhasspy/piper-voices/resolve/main";

/// One known voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownVoice {
    /// Its name.
    pub name: &'static str,
    /// Length of the model in bytes.
    pub bytes: u64,
    /// SHA-256 of the model.
    pub sha256: &'static str,
    /// SHA-256 of its settings.
    pub settings_sha256: &'static str,
    /// What it is, and what its recordings may be used for.
    pub note: &'static str,
}

/// Known voices, in the order in which an installed one is preferred.
pub const KNOWN: [KnownVoice; 2] = [
    KnownVoice {
        name: "en_US-ljspeech-medium",
        bytes: 63_531_379,
        sha256: "6f52a751e2349abe7a76735eb09dc1875298c77ea2342ffd2fef79ff81b87f22",
        settings_sha256: "141d612cc0a95ed7efc1ca936b845c2364967f2e9217c5dbfcf69fc4d6c65860",
        note: "neural voice, English; recordings in the public domain; needs espeak-ng",
    },
    KnownVoice {
        name: "en_US-lessac-medium",
        bytes: 63_201_294,
        sha256: "5efe09e69902187827af646e1a6e9d269dee769f9877d17b16b1b46eeaaf019f",
        settings_sha256: "efe19c417bed055f2d69908248c6ba650fa135bc868b0e6abb3da181dab690a0",
        note: "neural voice, English; recordings for research only; needs espeak-ng",
    },
];

/// The known voice of this name.
pub fn known(name: &str) -> Option<&'static KnownVoice> {
    KNOWN.iter().find(|voice| voice.name == name)
}

/// The folder of a voice in the repository, by its name
/// (`LANGUAGE_REGION-NAME-QUALITY`); nothing where the name is no voice's.
pub fn folder_of(name: &str) -> Option<String> {
    let mut parts = name.split('-');
    let (locale, person, quality) = (parts.next()?, parts.next()?, parts.next()?);
    let (language, region) = locale.split_once('_')?;
    let lower = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase());
    let plain = |s: &str| {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        !s.is_empty() && s.bytes().all(word)
    };
    let fits = parts.next().is_none()
        && matches!(language.len(), 2 | 3)
        && lower(language)
        && matches!(region.len(), 2 | 3)
        && plain(region)
        && plain(person)
        && matches!(quality, "x_low" | "low" | "medium" | "high");
    fits.then(|| format!("{language}/{locale}/{person}/{quality}"))
}

/// A voice's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name, such as `en_US-ljspeech-medium`.
    pub name: String,
    /// The network.
    pub model: PathBuf,
    /// What belongs to it.
    pub settings: PathBuf,
}

impl Installed {
    /// The voice of this name in `folder`, there or not.
    pub fn named(folder: &Path, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            model: folder.join(format!("{name}.onnx")),
            settings: folder.join(format!("{name}.onnx.json")),
        }
    }

    /// The voice whose network is this file.
    ///
    /// # Errors
    ///
    /// [`SpeechError::NoModel`] naming the file that is missing.
    pub fn at(model: &Path) -> Result<Self, SpeechError> {
        let name = model.file_stem().unwrap_or_default().to_string_lossy();
        let voice = Self::named(model.parent().unwrap_or_else(|| Path::new("")), &name);
        for file in voice.files() {
            if !file.is_file() {
                return Err(SpeechError::NoModel(format!(
                    "there is no file {}; a neural voice is a .onnx file and a .onnx.json beside \
                     it",
                    file.display()
                )));
            }
        }
        Ok(voice)
    }

    /// Both files.
    pub fn files(&self) -> [&Path; 2] {
        [&self.model, &self.settings]
    }

    /// Length of the model in bytes.
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(&self.model).map_or(0, |m| m.len())
    }

    /// Where its speed on this machine is remembered.
    pub(super) fn pace_file(&self) -> PathBuf {
        self.model.with_extension("onnx.pace.json")
    }
}

/// All voices in `places`, each name once: the known ones first, in the order
/// of the catalogue, then the others by name.
pub fn installed(places: &[PathBuf]) -> Vec<Installed> {
    let mut found: Vec<Installed> = Vec::new();
    for place in places {
        let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let voice = path.extension().is_some_and(|e| e == "onnx");
            if let Some(voice) = voice.then(|| Installed::at(&path).ok()).flatten()
                && found.iter().all(|v| v.name != voice.name)
            {
                found.push(voice);
            }
        }
    }
    let rank = |v: &Installed| KNOWN.iter().position(|k| k.name == v.name);
    found.sort_by_key(|v| (rank(v).unwrap_or(KNOWN.len()), v.name.clone()));
    found
}

/// What a download came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where the voice lies now.
    pub voice: Installed,
    /// SHA-256 of model and settings.
    pub sums: [String; 2],
    /// Where the model's sum came from.
    pub source: SumSource,
    /// Whether the sum of the settings was only recorded.
    pub recorded: bool,
    /// Bytes that this run brought; 0 where all was there.
    pub fetched: u64,
}

/// Fetches a voice from `mirror` (with the repository's folders) or from
/// Hugging Face into `folder`. `progress` gets the bytes of the model that
/// are there, and of all, where that is known.
///
/// # Errors
///
/// [`DownloadError`]; [`DownloadError::BadName`] where the name is no
/// voice's. No file gets its name before it was checked.
pub fn fetch(
    name: &str,
    mirror: Option<&str>,
    folder: &Path,
    force: bool,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Fetched, DownloadError> {
    let inside = folder_of(name).ok_or_else(|| DownloadError::BadName(name.to_owned()))?;
    let base = mirror.unwrap_or(HUGGING_FACE).trim_end_matches('/');
    let known = known(name);
    let mut request = Request {
        name: name.to_owned(),
        mirror: format!("{base}/{inside}"),
        folder: folder.to_owned(),
        force,
        bytes: None,
        sha256: known.map(|k| k.settings_sha256.to_owned()),
        pause: Duration::from_secs(2),
        cancel: Cancel::default(),
    };
    let voice = Installed::named(folder, name);
    let file = format!("{name}.onnx.json");
    // The small file first: a wrong mirror shows at once.
    let (settings_sum, mut fetched) = match known {
        Some(_) => {
            let done = download::fetch_file(&request, &file, &mut |_, _| {})?;
            (done.sha256, done.fetched)
        }
        None if voice.settings.is_file() && !force => (download::sha256_of(&voice.settings)?, 0),
        None => {
            let text = download::fetch_text(&format!("{}/{file}", request.mirror))?;
            VoiceSettings::parse(&file, &text).map_err(|e| DownloadError::Network {
                url: request.mirror.clone(),
                why: e.to_string(),
            })?;
            let sum = download::write_text(&voice.settings, &text)?;
            (sum, text.len() as u64)
        }
    };
    request.bytes = known.map(|k| k.bytes);
    request.sha256 = known.map(|k| k.sha256.to_owned());
    let model = download::fetch_file(&request, &format!("{name}.onnx"), progress)?;
    fetched += model.fetched;
    Ok(Fetched {
        voice,
        sums: [model.sha256, settings_sum],
        source: model.source,
        recorded: known.is_none(),
        fetched,
    })
}

/// What a check of one file of a voice came to: whether it is whole, and why.
///
/// # Errors
///
/// Where the file cannot be read.
pub fn verify(voice: &Installed, file: &Path) -> Result<(bool, String), DownloadError> {
    let found = download::sha256_of(file)?;
    let known = known(&voice.name).map(|known| {
        if file == voice.model {
            known.sha256.to_owned()
        } else {
            known.settings_sha256.to_owned()
        }
    });
    let from = if known.is_some() {
        "the catalogue"
    } else {
        "the .sha256 file beside it"
    };
    Ok(match known.or_else(|| download::sum_beside(file)) {
        Some(expected) if expected == found => (true, format!("whole, SHA-256 as in {from}")),
        Some(expected) => (
            false,
            format!("differs: SHA-256 is {found}, expected {expected} (from {from})"),
        ),
        None => (true, "there; no SHA-256 is known for it".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_folder() {
        assert_eq!(
            folder_of("en_US-libritts_r-medium").as_deref(),
            Some("en/en_US/libritts_r/medium")
        );
        for other in [
            "base.en-q5_1",
            "small.en",
            "en_US-ljspeech",
            "en_US-../..-low",
            "en_US-a-b-low",
            "en-a-low",
            "en_US-a-huge",
        ] {
            assert_eq!(folder_of(other), None, "{other}");
        }
        for known in KNOWN {
            assert!(folder_of(known.name).is_some());
            for sum in [known.sha256, known.settings_sha256] {
                assert_eq!(hex::decode(sum).unwrap().len(), 32, "{}", known.name);
            }
        }
    }

    #[test]
    fn whole_voices_are_found_and_known_ones_come_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["aa_AA-own-low", KNOWN[1].name, KNOWN[0].name, "half"] {
            let voice = Installed::named(dir.path(), name);
            std::fs::write(&voice.model, b"x").unwrap();
            if name != "half" {
                std::fs::write(&voice.settings, b"x").unwrap();
            }
        }
        let places = [dir.path().to_owned(), dir.path().join("none")];
        let found = installed(&places);
        let names: Vec<&str> = found.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, [KNOWN[0].name, KNOWN[1].name, "aa_AA-own-low"]);
        let half = Installed::at(&dir.path().join("half.onnx")).unwrap_err();
        assert!(half.to_string().contains("half.onnx.json"), "{half}");
    }
}
