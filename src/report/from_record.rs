//! From a record on disk to its report: head and log are read, the
//! interview's set-up is taken from the head, the interviewer gives its own
//! account, and the report is folded as it was when the record was sealed.

use super::{Report, account, of_session};
use crate::digest::sha256_hex;
use crate::event::Record;
use crate::interview::Setup;
use crate::interview::score::Similarity;
use crate::record::{Head, RecordError, RecordReader};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why no report can be made of a record.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FromRecordError {
    /// Head or log cannot be read, or do not follow from each other.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The head holds no set-up that this program understands.
    #[error(
        "{path}: member `setup` is no interview's set-up ({what}): expected job, resume, settings and plan"
    )]
    Setup {
        /// The head's file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// What a record holds of an interview, besides its audio.
#[derive(Clone, Debug)]
pub struct RecordedSession {
    /// Who, for what, when, with which program.
    pub head: Head,
    /// What the interview was set up with.
    pub setup: Setup,
    /// The log, from the first to the last whole line.
    pub records: Vec<Record>,
    /// Whether the record is sealed.
    pub sealed: bool,
    /// Whether somebody is writing it now.
    pub running: bool,
}

impl RecordedSession {
    /// Reads a record's folder. Half a line at the end of the log (a killed
    /// writer) does not count.
    ///
    /// # Errors
    /// Where head or log cannot be read, a line of the log does not follow
    /// from the one before, or the head's set-up is not one.
    pub fn read(dir: &Path) -> Result<Self, FromRecordError> {
        let reader = RecordReader::open(dir)?;
        let head = reader.head().clone();
        let setup = serde_json::from_value::<Setup>(head.setup.clone()).map_err(|error| {
            FromRecordError::Setup {
                path: dir.join("head.json"),
                what: error.to_string(),
            }
        })?;
        let records = reader.records()?.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            sealed: reader.is_complete(),
            running: reader.is_being_written(),
            head,
            setup,
            records,
        })
    }

    /// Which similarity took part in the scores of a record's sealed
    /// documents, by its name; none where there are no such documents.
    pub fn scored_by(dir: &Path) -> Option<String> {
        let text = std::fs::read(dir.join("documents/transcript.json")).ok()?;
        let report: serde_json::Value = serde_json::from_slice(&text).ok()?;
        Some(report.get("scored_by")?.as_str()?.to_owned())
    }

    /// The sealed `transcript.json` of a record, if it is there and is what
    /// the manifest says.
    pub fn sealed_report(record: &RecordReader) -> Option<serde_json::Value> {
        const NAME: &str = "documents/transcript.json";
        let entry = record
            .manifest()?
            .files
            .iter()
            .find(|file| file.path == NAME)?;
        let bytes = std::fs::read(record.dir().join(NAME)).ok()?;
        (sha256_hex(&bytes) == entry.sha256)
            .then(|| serde_json::from_slice(&bytes).ok())
            .flatten()
    }

    /// The report: the same as the one that was sealed, if `by` is the same.
    pub fn report(&self, by: &dyn Similarity) -> Report {
        let asked = account(&self.setup, &self.records);
        let records = self.records.clone();
        of_session(&self.setup, self.head.began_unix_ms, records, &asked, by)
    }
}
