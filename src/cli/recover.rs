//! Recovery as commands see it: what a start says of it, and
//! `viva sessions recover`.

use super::embedding;
use crate::clock::unix_millis;
use crate::record::{RecordError, SessionState, SessionSummary, list, locate};
use crate::server::{Admission, Engine, Recovered, RecoveredState, recover, recover_one};
use anyhow::bail;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Recovers what a killed process left, and says in a line each on standard
/// error what came of it. Sessions that were marked before are not told again.
pub(super) fn at_start(engine: &Engine) -> anyhow::Result<()> {
    let marked = list(&engine.sessions_dir())?;
    let known = |one: &Recovered| {
        let same = |s: &SessionSummary| s.id == one.session && s.state == SessionState::Interrupted;
        matches!(one.state, RecoveredState::Interrupted { .. }) && marked.iter().any(same)
    };
    for one in recover(engine, unix_millis())? {
        if !known(&one) {
            eprintln!("{}", line(&one));
        }
    }
    Ok(())
}

/// The newest session in an engine's folder that can go on.
pub(super) fn newest(engine: &Engine) -> anyhow::Result<String> {
    let dir = engine.sessions_dir();
    recover(engine, unix_millis())?;
    let interrupted = |s: &SessionSummary| s.state == SessionState::Interrupted;
    match list(&dir)?.into_iter().rfind(interrupted) {
        Some(session) => Ok(session.id),
        None => bail!(
            "--continue: there is no interrupted session in {}",
            dir.display()
        ),
    }
}

/// An engine that only looks after a folder.
pub(super) fn keeper(data_dir: &Path, sessions_dir: Option<PathBuf>) -> Engine {
    Engine {
        data_dir: data_dir.to_owned(),
        sessions_dir,
        clock: None,
        local: true,
        admission: Admission::Open,
        similarity: embedding::installed(),
        stop: Default::default(),
    }
}

/// One line about one session.
fn line(one: &Recovered) -> String {
    let id = &one.session;
    match &one.state {
        RecoveredState::Finished { .. } => {
            format!("Session {id} was left unfinished; it is sealed now.")
        }
        RecoveredState::Interrupted { at } => format!(
            "Session {id} was interrupted at {at}; go on with: viva interview --continue {id}"
        ),
        RecoveredState::Sealed { why } => {
            format!("Session {id} is sealed without documents: {why}.")
        }
        RecoveredState::Failed { why } => format!("Session {id} cannot be recovered: {why}."),
    }
}

/// `viva sessions recover`: all sessions, or one.
pub(super) fn run(
    data_dir: &Path,
    session: Option<&str>,
    finish: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let mut engine = keeper(data_dir, None);
    let done = match session {
        None => recover(&engine, unix_millis())?,
        Some(name) => {
            let dir = locate(data_dir, name)?;
            engine.sessions_dir = dir.parent().map(Path::to_path_buf);
            let state = match recover_one(&engine, &dir, unix_millis(), finish) {
                Ok(state) => state,
                Err(e @ (RecordError::Locked { .. } | RecordError::Sealed { .. })) => bail!(e),
                Err(e) => RecoveredState::Failed {
                    why: format!("{:#}", anyhow::Error::from(e)),
                },
            };
            let id = dir.file_name().unwrap_or_default();
            vec![Recovered {
                session: id.to_string_lossy().into_owned(),
                dir,
                state,
            }]
        }
    };
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&done)?)?;
    } else if done.is_empty() {
        writeln!(out, "No session is unfinished.")?;
    } else {
        for one in &done {
            writeln!(out, "{}", line(one))?;
        }
    }
    let failed = |one: &Recovered| matches!(one.state, RecoveredState::Failed { .. });
    Ok(ExitCode::from(u8::from(done.iter().any(failed))))
}
