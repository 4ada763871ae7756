//! After a kill: what can be finished is finished and sealed, what was
//! interrupted in the middle is marked and kept for its candidate to resume.

use super::Engine;
use super::resume::{Reopened, reopen};
use crate::clock::SessionTime;
use crate::event::{EndReason, Event};
use crate::protocol::ServerMessage;
use crate::record::{RecordError, unsealed};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How long an interrupted session is kept open for its candidate, in
/// milliseconds: a day. It is sealed as it stands then, because only a seal
/// protects it.
const RESUME_WITHIN_MS: i64 = 24 * 3600 * 1000;

/// What became of one unfinished session.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The session's id.
    pub session: String,
    /// Its folder.
    pub dir: PathBuf,
    /// What was done.
    #[serde(flatten)]
    pub state: RecoveredState,
}

/// See [`Recovered`].
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RecoveredState {
    /// Its documents were written and it was sealed.
    Finished {
        /// Why the interview ended.
        reason: EndReason,
    },
    /// It is marked as interrupted and can be resumed.
    Interrupted {
        /// Session time at which it goes on.
        at: SessionTime,
    },
    /// It was sealed as it stands, without documents.
    Sealed {
        /// Why this program cannot derive them.
        why: String,
    },
    /// Nothing could be done.
    Failed {
        /// Why.
        why: String,
    },
}

/// Recovers every unfinished session of an engine's folder that no living
/// writer has. `now_unix_ms` decides which were interrupted so long ago that
/// they are finished.
///
/// # Errors
/// If the folder cannot be listed. What fails for one session is told with it.
pub fn recover(engine: &Engine, now_unix_ms: i64) -> Result<Vec<Recovered>, RecordError> {
    let mut done = Vec::new();
    for dir in unsealed(&engine.sessions_dir())? {
        match recover_one(engine, &dir, now_unix_ms, false) {
            Err(RecordError::Locked { .. } | RecordError::Sealed { .. }) => {}
            other => done.push(told(&dir, other)),
        }
    }
    Ok(done)
}

/// Recovers one session; `finish` seals it even if it could be resumed.
///
/// # Errors
/// [`RecordError::Locked`] and [`RecordError::Sealed`] where there is nothing
/// to do, and whatever keeps the record from being read or written.
pub fn recover_one(
    engine: &Engine,
    dir: &Path,
    now_unix_ms: i64,
    finish: bool,
) -> Result<RecoveredState, RecordError> {
    let mut session = match reopen(engine, dir)? {
        Reopened::Session(session) => session,
        Reopened::Foreign { writer, why } => {
            if !finish {
                return Ok(RecoveredState::Failed { why });
            }
            writer.finish(&[])?;
            return Ok(RecoveredState::Sealed { why });
        }
    };
    let mut marks = session.records.iter().filter_map(|r| match r.event {
        Event::Interrupted { unix_ms, .. } => Some(unix_ms),
        _ => None,
    });
    let since = marks.next_back().unwrap_or(now_unix_ms);
    // A clock that was set back makes nothing old.
    let given_up = now_unix_ms.saturating_sub(since) > RESUME_WITHIN_MS;
    if !finish && !given_up && !session.is_over() {
        return Ok(RecoveredState::Interrupted { at: session.from });
    }
    session.left()?;
    match session.finish()? {
        ServerMessage::Done { reason, .. } => Ok(RecoveredState::Finished { reason }),
        // A session ends with nothing else.
        other => Err(RecordError::Unstorable {
            what: format!("{other:?}"),
        }),
    }
}

fn told(dir: &Path, result: Result<RecoveredState, RecordError>) -> Recovered {
    let name = dir.file_name().unwrap_or_default();
    Recovered {
        session: name.to_string_lossy().into_owned(),
        dir: dir.to_path_buf(),
        state: result.unwrap_or_else(|e| RecoveredState::Failed { why: full(&e) }),
    }
}

fn full(error: &RecordError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
