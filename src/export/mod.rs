//! What is handed out: one archive for the person concerned ([`subject`]),
//! one for a reviewer ([`review`]). An archive holds the bytes of the record
//! as they are, and pages that open from disk without a network. The same
//! records, read at the same time, give the same archive, byte for byte.

mod archive;
mod outline;
mod page;
pub mod review;
pub mod subject;

use crate::record::RecordError;
use crate::report::FromRecordError;
use std::path::PathBuf;

/// Why an archive could not be made. Nothing is left then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A record cannot be derived again.
    #[error(transparent)]
    Replay(#[from] FromRecordError),
    /// The archive's file cannot be written.
    #[error("Cannot write the archive {path}: {why}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A rule forbids it, or there is nothing to hand out.
    #[error("{0}")]
    Refused(String),
}
