//! What is known of a session before it begins, and its id.

use super::error::RecordError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ulid::Ulid;
use unicode_normalization::UnicodeNormalization;

/// The format that this program writes.
pub const FORMAT: u32 = 1;

/// The first file of a record, `head.json`. Unknown members are ignored.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Head {
    /// Version of the record's format, now [`FORMAT`].
    pub format: u32,
    /// The session's id, a ULID; also the folder's name.
    pub session: String,
    /// Session time 0, in milliseconds since 1970 (UTC).
    pub began_unix_ms: i64,
    /// The candidate's name as given.
    pub candidate: String,
    /// The position as given in the job.
    pub position: String,
    /// The company, if the job names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Program name and version that wrote the record.
    pub program: String,
    /// SHA-256 in hex of what the interview rests on, by name: `model`,
    /// `bank`, `config`.
    #[serde(default)]
    pub hashes: BTreeMap<String, String>,
    /// Everything that a fresh interviewer needs to take the same interview
    /// again; opaque to the record.
    #[serde(default)]
    pub setup: serde_json::Value,
}

/// A name as it is compared: case, accents and spaces do not count.
pub fn comparable_name(name: &str) -> String {
    let letters: String = name
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A new session id for a session that began at this time: sorted by time,
/// 80 bits of it from the system's source of chance.
///
/// # Errors
/// If the system has no randomness to give.
pub fn new_session_id(began_unix_ms: i64) -> Result<String, RecordError> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| RecordError::Io {
        doing: "read",
        path: "the system's random source".into(),
        source: std::io::Error::other(e.to_string()),
    })?;
    let millis = u64::try_from(began_unix_ms).unwrap_or(0);
    Ok(Ulid::from_parts(millis, u128::from_le_bytes(bytes)).to_string())
}

/// Lets an id pass only in its one canonical spelling, so that no path can
/// be smuggled in as one.
pub fn check_id(id: &str) -> Result<(), RecordError> {
    match Ulid::from_string(id) {
        Ok(ulid) if ulid.to_string() == id => Ok(()),
        _ => Err(RecordError::BadId {
            found: id.chars().take(80).collect(),
        }),
    }
}
