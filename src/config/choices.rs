//! What a candidate chose at the first interview: microphone, speaker and
//! speech model. A file of its own beneath the user's config file, so that
//! what a person wrote there is never touched, and wins.

use super::{ConfigError, user_file};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What stands above the choices in their file.
const HEAD: &str = "\
# What was chosen before an interview. viva.toml beside this file wins over it.
# To be asked again: viva interview --setup. To forget it: viva config forget.
";

/// What was chosen; what is not set is the system's own, or the best that is
/// installed.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// A microphone's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<String>,
    /// A speaker's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// A speech model's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl Choices {
    /// The file of the choices, beside the user's config file, whether it
    /// exists or not. `None` where the system names no folder.
    pub fn path() -> Option<PathBuf> {
        Some(user_file()?.with_file_name("choices.toml"))
    }

    /// Reads them; nothing where nothing was chosen yet.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not what [`Self::save`] writes.
    pub fn load(path: &Path) -> Result<Option<Self>, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ConfigError::read(path, source)),
        };
        toml::from_str(&text)
            .map(Some)
            .map_err(|e| ConfigError::Syntax {
                path: path.to_owned(),
                message: format!(
                    "{}; to begin anew: viva config forget",
                    e.to_string().trim_end()
                ),
            })
    }

    /// Writes them, whole or not at all.
    ///
    /// # Errors
    ///
    /// If the file or its folder cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ConfigError> {
        let failed = |source| ConfigError::Write {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        // Plain strings always make a table.
        let body = toml::to_string(self).unwrap_or_default();
        let part = path.with_extension("part");
        std::fs::write(&part, format!("{HEAD}{body}")).map_err(failed)?;
        std::fs::rename(&part, path).map_err(failed)
    }

    /// Forgets them; whether there was anything to forget.
    ///
    /// # Errors
    ///
    /// If the file is there and cannot be removed.
    pub fn forget(path: &Path) -> Result<bool, ConfigError> {
        match std::fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(ConfigError::Write {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Puts them beneath the settings of a config file.
    pub(super) fn lay_under(self, file: &mut Table) {
        for (section, key, value) in [
            ("audio", "microphone", self.microphone),
            ("audio", "speaker", self.speaker),
            ("speech", "model", self.model),
        ] {
            let Some(value) = value else { continue };
            let section = file
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            // Anything else is refused where the whole is read.
            if let Value::Table(section) = section {
                section.entry(key).or_insert(Value::String(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn usb() -> Choices {
        Choices {
            microphone: Some("USB \"blue\"".into()),
            speaker: None,
            model: Some("base.en".into()),
        }
    }

    #[test]
    fn choices_are_kept_explained_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("viva/choices.toml");
        assert_eq!(Choices::load(&path).unwrap(), None);
        usb().save(&path).unwrap();
        assert_eq!(Choices::load(&path).unwrap(), Some(usb()));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("viva config forget"), "{text}");
        assert!(!text.contains("speaker"), "{text}");
        // Nothing chosen is a choice too.
        Choices::default().save(&path).unwrap();
        assert_eq!(Choices::load(&path).unwrap(), Some(Choices::default()));
        assert!(Choices::forget(&path).unwrap());
        assert!(!Choices::forget(&path).unwrap());
    }

    #[test]
    fn a_damaged_file_is_named_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("choices.toml");
        std::fs::write(&path, "microphone = 3\n").unwrap();
        let error = Choices::load(&path).unwrap_err().to_string();
        assert!(error.contains("choices.toml"), "{error}");
        assert!(error.contains("viva config forget"), "{error}");
    }

    #[test]
    fn the_config_file_and_the_environment_win_over_choices() {
        let dir = tempfile::tempdir().unwrap();
        let (file, choices) = (
            dir.path().join("viva.toml"),
            dir.path().join("choices.toml"),
        );
        usb().save(&choices).unwrap();
        std::fs::write(&file, "[audio]\nmicrophone = \"mine\"\nbarge_in = false\n").unwrap();
        let load = |env: &[(&str, &str)]| {
            let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            Config::load_layers(Some(&file), Some(&choices), env.collect::<Vec<_>>()).unwrap()
        };
        let config = load(&[]);
        assert_eq!(config.audio.microphone.as_deref(), Some("mine"));
        assert!(!config.audio.barge_in);
        assert_eq!(config.speech.model.as_deref(), Some("base.en"));
        let config = load(&[("VIVA_SPEECH_MODEL", "tiny.en")]);
        assert_eq!(config.speech.model.as_deref(), Some("tiny.en"));
        assert_eq!(config.audio.speaker, None);
    }
}
