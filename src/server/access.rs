//! The one place where it is noted that somebody looked into a record.

use super::health::in_place;
use super::house::House;
use super::problem::Problem;
use crate::accounts::{Act, Identity};
use crate::clock::unix_millis;
use crate::record::access::{self as record, Reader};
use axum::http::HeaderMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Header that says why a record is looked into.
const REASON: &str = "x-reason";
/// Characters of a reason that are kept.
const REASON_MOST: usize = 500;

/// Puts on the access log that somebody is about to read or hear something of
/// a session, with the reason that the request gives in `X-Reason`, if any.
///
/// # Errors
/// Where it cannot be logged: then nothing may be read.
pub(super) fn note(
    house: &House,
    who: &Identity,
    act: Act,
    session: &str,
    what: &str,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    note_all(house, who, act, &[session], what, headers)
}

/// The same for several sessions that one answer shows something of.
///
/// # Errors
/// As for [`note`].
pub(super) fn note_all(
    house: &House,
    who: &Identity,
    act: Act,
    sessions: &[&str],
    what: &str,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let reason = headers.get(REASON).map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.chars().take(REASON_MOST).collect::<String>()
    });
    let reason = reason.as_deref();
    let role = who.role_for(act).map_or("", |role| role.name());
    let now = unix_millis();
    let mut new = Vec::new();
    for session in sessions {
        house.metrics.read(what);
        if house.reads.is_new(&who.name, session, what, reason, now) {
            new.push(*session);
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let noted = in_place(|| {
        let dirs = new.iter().map(|session| house.shelf.folder(session));
        let dirs = dirs.collect::<Result<Vec<_>, _>>()?;
        let dirs: Vec<&Path> = dirs.iter().map(PathBuf::as_path).collect();
        let why = reason.map(str::trim).filter(|r| !r.is_empty());
        let reader = Reader { by: &who.name, why };
        let action = format!("serve {what}");
        record::note(&house.engine.data_dir, &dirs, &action, reader, now)
    });
    for session in new {
        if noted.is_ok() {
            // Who it was stands on the access log, not in the engine's.
            tracing::info!(session, role, what, "record read");
        } else {
            // What was not logged is new when it is asked for again.
            house.reads.forget(&who.name, session, what, reason);
        }
    }
    Ok(noted?)
}

/// A player asks for a recording in many pieces: the same read by the same
/// person is logged again only after this time, in milliseconds.
const AGAIN_AFTER_MS: i64 = 10 * 60 * 1000;
/// Reads that are remembered for it; beyond it the log has more lines.
const READS: usize = 10_000;

/// Which reads were logged lately.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<BTreeMap<String, i64>>);

impl Reads {
    /// Whether a read is to be logged: it is another one than those of the
    /// last minutes.
    fn is_new(&self, by: &str, session: &str, what: &str, why: Option<&str>, now: i64) -> bool {
        let key = key(by, session, what, why);
        let mut reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reads.get(&key).is_some_and(|at| now - at < AGAIN_AFTER_MS) {
            return false;
        }
        if reads.len() >= READS {
            reads.retain(|_, at| now - *at < AGAIN_AFTER_MS);
        }
        if reads.len() < READS {
            reads.insert(key, now);
        }
        true
    }

    /// A read was not logged after all.
    fn forget(&self, by: &str, session: &str, what: &str, why: Option<&str>) {
        let mut reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reads.remove(&key(by, session, what, why));
    }
}

fn key(by: &str, session: &str, what: &str, why: Option<&str>) -> String {
    [by, session, what, why.unwrap_or_default()].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_read_is_logged_once_in_a_while_and_another_one_at_once() {
        let reads = Reads::default();
        assert!(reads.is_new("rita", "S", "audio", None, 0));
        assert!(!reads.is_new("rita", "S", "audio", None, AGAIN_AFTER_MS - 1));
        assert!(reads.is_new("rita", "S", "audio", Some("a complaint"), 1));
        assert!(reads.is_new("rita", "T", "audio", None, 1));
        assert!(reads.is_new("otto", "S", "audio", None, 1));
        assert!(reads.is_new("rita", "S", "audio", None, AGAIN_AFTER_MS));
        reads.forget("rita", "S", "audio", None);
        assert!(reads.is_new("rita", "S", "audio", None, AGAIN_AFTER_MS));
    }
}
