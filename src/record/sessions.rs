//! What sessions there are, told quickly: heads and ends are read, nothing is
//! verified.

use super::erase::with_tombstone;
use super::error::RecordError;
use super::head::check_id;
use super::lock::is_locked;
use super::manifest::Manifest;
use super::reader::{Lines, read_head};
use super::retention::time_of;
use super::{EVENTS, HEAD};
use crate::clock::SessionTime;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How far a session got.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Ended and sealed.
    Complete,
    /// Being written now.
    Writing,
    /// Broken off and marked so; can be continued or finished.
    Interrupted,
    /// Broken off; readable to its last whole line. The next start marks it.
    Incomplete,
    /// Head or seal cannot be read; `verify` says why.
    Damaged,
    /// Erased by rule; a tombstone stands for it.
    Erased,
}

/// One session in a list.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session's id.
    pub id: String,
    /// The candidate's name; empty if the head cannot be read.
    pub candidate: String,
    /// The position; empty if the head cannot be read.
    pub position: String,
    /// When it began, in milliseconds since 1970 (UTC).
    pub began_unix_ms: i64,
    /// How far it got.
    pub state: SessionState,
    /// Time of its last event, in milliseconds of the session.
    pub duration_ms: u64,
}

/// All sessions in a folder, oldest first, and those that were erased from it
/// (by the tombstones in the folder `annexes` beside it). Folders whose names
/// are no session ids are passed over; a folder that does not exist has no
/// sessions.
pub fn list(sessions_dir: &Path) -> Result<Vec<SessionSummary>, RecordError> {
    let fail = |e| RecordError::io("list", sessions_dir, e);
    let mut ids = match sessions_dir.parent() {
        Some(data_dir) => with_tombstone(data_dir, false)?,
        None => Vec::new(),
    };
    let entries = match fs::read_dir(sessions_dir) {
        Ok(entries) => Some(entries),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(fail(e)),
    };
    for entry in entries.into_iter().flatten() {
        let entry = entry.map_err(fail)?;
        if let Ok(id) = entry.file_name().into_string()
            && check_id(&id).is_ok()
            && entry.path().is_dir()
        {
            ids.push(id);
        }
    }
    // ULIDs sort by time.
    ids.sort();
    ids.dedup();
    Ok(ids
        .into_iter()
        .map(|id| summary(&sessions_dir.join(&id), id))
        .collect())
}

/// Where a data folder keeps its sessions.
pub fn sessions_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("sessions")
}

/// The folder of a record that is named by its session id or by its path.
///
/// # Errors
/// [`RecordError::NotFound`] if there is no such folder.
pub fn locate(data_dir: &Path, name: &str) -> Result<PathBuf, RecordError> {
    let dir = if check_id(name).is_ok() && !Path::new(name).is_dir() {
        sessions_dir(data_dir).join(name)
    } else {
        PathBuf::from(name)
    };
    if dir.is_dir() {
        Ok(dir)
    } else {
        Err(RecordError::NotFound { path: dir })
    }
}

/// What a list says of the session in `dir`.
pub fn summary(dir: &Path, id: String) -> SessionSummary {
    if !dir.exists() {
        return SessionSummary {
            candidate: String::new(),
            position: String::new(),
            began_unix_ms: time_of(&id),
            state: SessionState::Erased,
            duration_ms: 0,
            id,
        };
    }
    let head = read_head(dir).ok().map(|(head, _)| head);
    let sealed = Manifest::read(dir);
    let last = match &sealed {
        Ok(Some(_)) => None,
        _ => last_line(dir),
    };
    let (sealed, state) = match sealed {
        _ if head.is_none() && dir.join(HEAD).exists() => (None, SessionState::Damaged),
        Ok(Some(manifest)) => (Some(manifest.events.ended_ms), SessionState::Complete),
        Ok(None) if is_locked(dir) => (None, SessionState::Writing),
        Ok(None) if last.as_ref().is_some_and(|l| l.event.kind == "interrupted") => {
            (None, SessionState::Interrupted)
        }
        Ok(None) => (None, SessionState::Incomplete),
        Err(_) => (None, SessionState::Damaged),
    };
    SessionSummary {
        candidate: head
            .as_ref()
            .map_or_else(String::new, |h| h.candidate.clone()),
        position: head
            .as_ref()
            .map_or_else(String::new, |h| h.position.clone()),
        began_unix_ms: head.map_or(0, |h| h.began_unix_ms),
        state,
        duration_ms: sealed.unwrap_or_else(|| last.map_or(0, |l| l.at.millis())),
        id,
    }
}

/// What a list needs of a line.
#[derive(Deserialize)]
struct Last {
    at: SessionTime,
    event: Kind,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

/// The last whole line, found from the end of the log.
fn last_line(dir: &Path) -> Option<Last> {
    const TAIL: u64 = 1 << 20;
    let mut file = File::open(dir.join(EVENTS)).ok()?;
    let len = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL))).ok()?;
    let mut lines = Lines::new(BufReader::new(file.take(TAIL)));
    let mut last = None;
    // The first of these may be half a line: it does not parse.
    while let Ok(Some(line)) = lines.next() {
        last = serde_json::from_slice::<Last>(line).ok().or(last);
    }
    last
}
