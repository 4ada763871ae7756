//! What was agreed on with a candidate, read from a record.

use super::{RecordError, RecordReader};
use crate::event::{Accommodations, Settings};
use std::path::Path;

/// What a session's settings say, and what the candidate set in it since:
/// whoever goes on with an interrupted interview needs no flags again.
///
/// # Errors
/// Where there is no such session, or it cannot be read.
pub fn accommodations(sessions_dir: &Path, id: &str) -> Result<Accommodations, RecordError> {
    let reader = RecordReader::open_id(sessions_dir, id)?;
    // A set-up of an older form says nothing of what it does not know.
    let settings = reader.head().setup.get("settings").cloned();
    let settings: Settings = settings
        .and_then(|settings| serde_json::from_value(settings).ok())
        .unwrap_or_default();
    let mut agreed = Accommodations::of(&settings);
    for record in reader.records()? {
        agreed.note(&record?.event);
    }
    Ok(agreed)
}
