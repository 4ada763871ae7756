//! Why settings cannot be used.

use std::path::{Path, PathBuf};

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("Config file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be written or removed.
    #[error("{path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("Config file {path}: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        message: String,
    },
    /// A key that there is not.
    #[error("{place}: unknown key `{key}`{}", nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?")))]
    UnknownKey {
        /// File or environment.
        place: String,
        /// The key with its section.
        key: String,
        /// The most similar key that there is.
        nearest: Option<String>,
    },
    /// A value of the wrong type or out of range.
    #[error("{place}: {message}")]
    Value {
        /// File, environment or key.
        place: String,
        /// What was found and what was expected.
        message: String,
    },
}

impl ConfigError {
    pub(super) fn read(path: &Path, source: std::io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            source,
        }
    }
}
