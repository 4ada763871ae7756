//! Settings: defaults < choices < config file < environment < flags. Read and
//! checked once, at the start; the rest of the house is handed its own part.
//!
//! The file is TOML (`viva.toml` in the user's config folder, or `--config`).
//! Every key can also be set as `VIVA_<SECTION>_<KEY>` in the environment.

mod choices;
mod error;
mod keys;
mod sections;

pub use choices::Choices;
pub use error::ConfigError;
pub use keys::nearest;
pub use sections::{
    AudioConfig, DataConfig, EngineConfig, LogConfig, LogFormat, RecordConfig, RetentionConfig,
    SpeechConfig,
};

use crate::audio::EndpointSettings;
use crate::event::{Settings, is_voice_name};
use keys::{check_keys, overlay_env};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::Table;

/// A config file in which every setting is explained and none is changed.
pub const EXPLAINED: &str = include_str!("../config/viva.toml");

/// All settings.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where things are kept.
    pub data: DataConfig,
    /// Which engine to talk to.
    pub engine: EngineConfig,
    /// Microphone and speaker.
    pub audio: AudioConfig,
    /// When speech begins, pauses and ends.
    pub endpoint: EndpointSettings,
    /// Recogniser and voice.
    pub speech: SpeechConfig,
    /// How interviews are held.
    pub interview: Settings,
    /// How long records are kept.
    pub retention: RetentionConfig,
    /// Who witnesses when a record was sealed, and how records are opened.
    pub record: RecordConfig,
    /// The program's own log.
    pub log: LogConfig,
}

impl Config {
    /// Reads the settings: from `file`, or from the user's config file where
    /// there is one, and from the environment (`VIVA_...`) over it. Beneath
    /// the user's own file are the user's [`Choices`]; a named file stands
    /// alone.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, by name.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        match file {
            Some(file) => Self::load_layers(Some(file), None, env),
            None => {
                let own = user_file().filter(|path| path.is_file());
                Self::load_layers(own.as_deref(), Choices::path().as_deref(), env)
            }
        }
    }

    fn load_layers(
        file: Option<&Path>,
        choices: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = Table::new();
        let mut place = "Settings".to_owned();
        if let Some(path) = file {
            place = format!("Config file {}", path.display());
            let text = std::fs::read_to_string(path).map_err(|e| ConfigError::read(path, e))?;
            table = text
                .parse()
                .map_err(|e: toml::de::Error| ConfigError::Syntax {
                    path: path.to_owned(),
                    message: e.to_string().trim_end().to_owned(),
                })?;
        }
        if let Some(chosen) = choices.map(Choices::load).transpose()?.flatten() {
            chosen.lay_under(&mut table);
        }
        let known = Self::every_key();
        check_keys(&table, &known, "", &place)?;
        overlay_env(&mut table, &known, env)?;
        let config: Self = table
            .try_into()
            .map_err(|e: toml::de::Error| ConfigError::Value {
                place,
                message: e.to_string().trim_end().to_owned(),
            })?;
        config.check()?;
        Ok(config)
    }

    /// Whether the values are in range.
    ///
    /// # Errors
    ///
    /// The first that is not.
    pub fn check(&self) -> Result<(), ConfigError> {
        let i = &self.interview;
        in_range("interview.questions", i.questions, 1, 10)?;
        in_range("interview.follow_ups", i.follow_ups, 0, 3)?;
        in_range("interview.minutes", i.minutes, 2, 180)?;
        in_range("interview.patience_s", i.patience_s, 3, 120)?;
        in_range("interview.pause_factor", i.pause_factor, 1.0, 4.0)?;
        in_range("interview.breaks", i.breaks, 3, 12)?;
        in_range(
            "interview.voice_speed",
            i.voice_speed.unwrap_or(1.0),
            0.5,
            2.0,
        )?;
        if let Some(voice) = i.voice.as_ref().filter(|v| !is_voice_name(v)) {
            return Err(ConfigError::Value {
                place: "interview.voice".into(),
                message: format!("found `{voice}`, expected a voice's name"),
            });
        }
        let o = &self.audio.interrupt;
        in_range("audio.interrupt.duck_frames", o.duck_frames, 1, 3)?;
        in_range("audio.interrupt.duck_alone_db", o.duck_alone_db, 0.0, 60.0)?;
        in_range("audio.interrupt.stop_ms", o.stop_ms, 100, 2_000)?;
        in_range("audio.interrupt.voiced_ms", o.voiced_ms, 16, o.stop_ms)?;
        in_range("audio.interrupt.gap_ms", o.gap_ms, 16, 500)?;
        in_range("audio.interrupt.quiet_ms", o.quiet_ms, 48, 2_000)?;
        in_range("audio.interrupt.verdict_ms", o.verdict_ms, 1_000, 30_000)?;
        in_range("audio.interrupt.noise_ms", o.noise_ms, 200, 10_000)?;
        in_range("speech.speed", self.speech.speed, 0.5, 2.0)?;
        in_range("speech.threads", self.speech.threads, 1, 64)?;
        if let Some(url) = &self.record.timestamp_authority
            && !["http://", "https://"].iter().any(|s| url.starts_with(s))
        {
            return Err(ConfigError::Value {
                place: "record.timestamp_authority".into(),
                message: format!("found `{url}`, expected an address with http:// or https://"),
            });
        }
        self.endpoint
            .check()
            .map_err(|message| match message.split_once(": ") {
                Some((place, message)) => ConfigError::Value {
                    place: place.to_owned(),
                    message: message.to_owned(),
                },
                None => ConfigError::Value {
                    place: "endpoint".into(),
                    message,
                },
            })?;
        if i.language != "en" {
            return Err(ConfigError::Value {
                place: "interview.language".into(),
                message: format!("found `{}`, expected `en`", i.language),
            });
        }
        Ok(())
    }

    /// The folder for sessions, keys and models.
    pub fn data_dir(&self) -> PathBuf {
        self.data
            .dir
            .clone()
            .or_else(|| {
                Some(
                    directories::ProjectDirs::from("", "", "viva")?
                        .data_dir()
                        .to_owned(),
                )
            })
            .unwrap_or_else(|| PathBuf::from("data"))
    }

    /// A table in which every key is set, optional ones too.
    fn every_key() -> Table {
        let mut all = Self::default();
        all.data.dir = Some(PathBuf::from("."));
        all.engine.url = Some(String::new());
        all.engine.certificates = Some(PathBuf::from("."));
        all.audio.microphone = Some(String::new());
        all.audio.speaker = Some(String::new());
        all.speech.model = Some(String::new());
        all.speech.mirror = Some(String::new());
        all.interview.typed = true;
        all.interview.captions = true;
        all.interview.voice_speed = Some(1.0);
        all.interview.voice = Some(String::new());
        // One that is left out where it is the usual.
        all.interview.breaks += 1;
        all.retention.file = Some(PathBuf::from("."));
        all.record.timestamp_authority = Some(String::new());
        all.record.timestamp_ca = Some(PathBuf::from("."));
        // Plain structs with string keys always make a table.
        Table::try_from(all).unwrap_or_default()
    }
}

/// The user's own config file, whether it exists or not.
pub fn user_file() -> Option<PathBuf> {
    Some(
        directories::ProjectDirs::from("", "", "viva")?
            .config_dir()
            .join("viva.toml"),
    )
}

fn in_range<T: PartialOrd + std::fmt::Display>(
    key: &str,
    found: T,
    low: T,
    high: T,
) -> Result<(), ConfigError> {
    if found >= low && found <= high {
        return Ok(());
    }
    Err(ConfigError::Value {
        place: key.to_owned(),
        message: format!("found {found}, expected {low} to {high}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::Value;

    fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("viva.toml");
        std::fs::write(&file, text).unwrap();
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(Some(&file), env.collect::<Vec<_>>())
    }

    #[test]
    fn the_environment_overrides_the_file_and_the_file_the_defaults() {
        let text = "[interview]\nquestions = 5\nminutes = 20\n";
        let config = load(text, &[("VIVA_INTERVIEW_QUESTIONS", "2")]).unwrap();
        assert_eq!(config.interview.questions, 2);
        assert_eq!(config.interview.minutes, 20);
        assert_eq!(config.interview.follow_ups, 2);
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_valid_one() {
        let error = load("[speech]\nmodle = \"x\"\n", &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains("`speech.modle`"), "{error}");
        assert!(error.contains("did you mean `speech.model`?"), "{error}");
        let error = load("", &[("VIVA_SPEECH_THREAD", "1")])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("did you mean `VIVA_SPEECH_THREADS`?"),
            "{error}"
        );
    }

    #[test]
    fn a_value_out_of_range_or_of_another_type_is_named() {
        let error = load("[interview]\nquestions = 40\n", &[])
            .unwrap_err()
            .to_string();
        assert_eq!(error, "interview.questions: found 40, expected 1 to 10");
        let error = load("[interview]\nquestions = \"many\"\n", &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains("questions"), "{error}");
        let error = load("", &[("VIVA_SPEECH_SPEED", "fast")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("found `fast`"), "{error}");
    }

    #[test]
    fn the_patience_at_the_end_of_a_turn_can_be_set() {
        let env = [("VIVA_ENDPOINT_HABIT_MOST", "2.0")];
        let config = load("[endpoint]\ncomplete_ms = 900\n", &env).unwrap();
        assert_eq!(config.endpoint.complete_ms, 900);
        assert_eq!(config.endpoint.habit_most, 2.0);
        let error = load("[endpoint]\nlong_ms = 20\n", &[]).unwrap_err();
        let told = "endpoint.long_ms: found 20, expected 128 to 30000";
        assert_eq!(error.to_string(), told);
    }

    #[test]
    fn a_file_that_is_not_toml_is_refused_with_its_line() {
        let error = load("[speech\n", &[]).unwrap_err().to_string();
        assert!(
            error.contains("viva.toml") && error.contains("line 1"),
            "{error}"
        );
    }

    /// Settings of 32 bits are not written with all the digits of 64.
    fn same(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Float(a), Value::Float(b)) => *a as f32 == *b as f32,
            (Value::Table(a), Value::Table(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
            }
            (a, b) => a == b,
        }
    }

    #[test]
    fn every_setting_is_explained_with_its_default() {
        // A line such as `# key = value`, without its sign.
        let key = |line: &str| {
            let rest = line.strip_prefix("# ")?;
            let (name, _) = rest.split_once(" = ")?;
            let simple = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            simple.then(|| rest.to_owned())
        };
        let lines = EXPLAINED.lines();
        let text: Vec<String> = lines
            .map(|line| key(line).unwrap_or_else(|| line.to_owned()))
            .collect();
        let explained: Table = text.join("\n").parse().unwrap();
        let keys = |table: &Table| -> Vec<String> {
            let sections = table.iter();
            let mut keys: Vec<String> = sections
                .flat_map(|(section, keys)| {
                    let keys = keys.as_table().unwrap().keys();
                    keys.map(move |key| format!("{section}.{key}"))
                })
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&explained), keys(&Config::every_key()));
        let defaults = Table::try_from(Config::default()).unwrap();
        for (section, values) in &defaults {
            for (key, value) in values.as_table().unwrap() {
                // Half of this machine's cores.
                if key != "threads" {
                    let found = explained[section].get(key);
                    assert!(
                        found.is_some_and(|found| same(found, value)),
                        "{section}.{key}: found {found:?}, expected {value:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_key_is_one_that_the_settings_accept() {
        let all: Config = Config::every_key().try_into().unwrap();
        assert_eq!(all.speech.threads, Config::default().speech.threads);
    }
}
