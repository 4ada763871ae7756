//! Everything that can go wrong with a session folder, by what the caller can
//! do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The disk is full. What was acknowledged is safe; free space and retry.
    #[error("No space is left on the disk that holds {path}")]
    DiskFull {
        /// The file that could not grow.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The place cannot be written to at all; choose another data folder.
    #[error("Cannot write to {path}")]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Any other failure of the file system.
    #[error("Cannot {doing} {path}")]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A folder of this id is there already; a session is written only once.
    #[error("Session {id} exists already in {path}")]
    Exists {
        /// The session's id.
        id: String,
        /// Its folder.
        path: PathBuf,
    },
    /// Another writer has the session open.
    #[error("Session {id} is being written by another process ({path} is locked)")]
    Locked {
        /// The session's id.
        id: String,
        /// Its lock file.
        path: PathBuf,
    },
    /// No such session.
    #[error("There is no record at {path}")]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Not a session id; ids become folder names, so nothing else is let in.
    #[error("Bad session id {found:?}: expected a ULID, 26 capital letters and digits")]
    BadId {
        /// What was given.
        found: String,
    },
    /// Not a plain file name.
    #[error("Bad document name {found:?}: expected letters, digits, '.', '-' and '_' only")]
    BadName {
        /// What was given.
        found: String,
    },
    /// Audio came before consent was on the log, or before it was started.
    #[error("No audio may be stored: {why}")]
    NoConsent {
        /// What is missing.
        why: &'static str,
    },
    /// Audio that does not fit the recording.
    #[error("Audio does not fit the recording: {what}: found {found}, expected {expected}")]
    BadAudio {
        /// The quantity that is wrong.
        what: &'static str,
        /// Its value.
        found: u64,
        /// The value or limit that was expected.
        expected: u64,
    },
    /// A WAV file holds 4 GiB at most.
    #[error(
        "The recording is too long for a WAV file: sample {found} is past the limit of {limit} \
         (4 GiB, 18 hours)"
    )]
    TooLong {
        /// The position asked for, in samples.
        found: u64,
        /// The last possible position, in samples.
        limit: u64,
    },
    /// An earlier write failed and the file could not be put right again.
    #[error("An earlier write to {path} failed; nothing can be added to it any more")]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// The session's clock went back.
    #[error("The session's clock went back: found {found_ms} ms after {last_ms} ms")]
    ClockBack {
        /// Time of the event that was refused.
        found_ms: u64,
        /// Time of the event before.
        last_ms: u64,
    },
    /// The session was sealed; nothing is added to it any more.
    #[error("Session {id} is complete and sealed; nothing can be added to it")]
    Sealed {
        /// The session's id.
        id: String,
    },
    /// An event that would not read back (a number that is not a number).
    #[error("The event cannot be stored: {what}")]
    Unstorable {
        /// Why not.
        what: String,
    },
    /// A line, head or manifest that does not say what it should.
    #[error("{path}, line {line}: {what}")]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A read of a record could not be put on the access log, so it must not
    /// happen.
    #[error(
        "The record was not opened: a read must be logged in {path} first, and that failed \
         (another data folder: VIVA_DATA_DIR)"
    )]
    Unlogged {
        /// The access log.
        path: PathBuf,
        /// Why it cannot be written.
        source: Box<Self>,
    },
    /// A rule forbids it.
    #[error("{what}")]
    Refused {
        /// Which one, and what can be done, in one or two sentences.
        what: String,
    },
    /// The signing key cannot be used.
    #[error("The signing key {path} cannot be used: {what}")]
    BadKey {
        /// The key's file.
        path: PathBuf,
        /// Why not, and what to do.
        what: String,
    },
}

impl RecordError {
    /// Sorts an I/O error by what the caller can do about it.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path, source }
            }
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory
                if matches!(doing, "write" | "create" | "rename") =>
            {
                Self::NotWritable { path, source }
            }
            _ => Self::Io {
                doing,
                path,
                source,
            },
        }
    }
}
