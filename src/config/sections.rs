//! The settings by section, each with its defaults beside it.

use crate::audio::InterruptSettings;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The program's own log, on standard error.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// How its lines are written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Serialize, Deserialize, clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Who witnesses when a record was sealed, and how records are opened.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RecordConfig {
    /// Web address of a time-stamp authority (RFC 3161) that is asked for a
    /// stamp after each seal. Nobody is asked if not set. Only the hash of
    /// the sealed record's `manifest.json` leaves the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp_authority: Option<String>,
    /// Whether who opens a record through the engine must say why; the
    /// reason stands on the access log.
    pub reason_required: bool,
    /// A file with the certificates (PEM) that such authorities must chain
    /// to; without it a stamp's signature is checked, but not whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp_ca: Option<PathBuf>,
}

/// How long records are kept.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// The policy of records whose job names none, by its id.
    pub policy: String,
    /// A file with policies of one's own, beside the built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            policy: "manual".into(),
            file: None,
        }
    }
}

/// Where things are kept.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Folder for sessions, keys and downloaded models; the user's data
    /// folder if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
}

/// Which engine to talk to.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
    /// Websocket address of an engine; one is started here if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File with certificates (PEM) that are trusted beside the well-known
    /// ones, for an engine with one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<PathBuf>,
}

/// Microphone and speaker.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct AudioConfig {
    /// `wav:FILE`, or (part of) a device's name; the default device if not
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<String>,
    /// `wav:FILE`, `none`, or (part of) a device's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Remove the speaker's sound from the microphone's.
    pub echo_cancel: bool,
    /// Stop a line when the candidate speaks over it.
    pub barge_in: bool,
    /// When a sound over a line softens it, and when it stops it.
    pub interrupt: InterruptSettings,
}

impl Default for AudioConfig {
    fn default() -> Self {
        Self {
            microphone: None,
            speaker: None,
            echo_cancel: true,
            barge_in: true,
            interrupt: InterruptSettings::default(),
        }
    }
}

/// Recogniser and voice.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechConfig {
    /// Path or name of the speech model; the best installed if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Threads of the recogniser; half of the cores if not set. They wait
    /// for each other in a spin, so more than there are free cores are slower
    /// by far than one.
    pub threads: usize,
    /// The recruiter's voice: `auto` (the best that is installed and fast
    /// enough), `slt`, `rms`, `awb`, `kal`, a neural voice's name or file, or
    /// `command:...`.
    pub voice: String,
    /// The recruiter's speed, 1 is the voice's own, 0.5-2.
    pub speed: f32,
    /// Where to download models from, instead of Hugging Face.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
}

impl Default for SpeechConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            model: None,
            threads: (cores / 2).clamp(1, 4),
            voice: "auto".into(),
            speed: 1.0,
            mirror: None,
        }
    }
}
