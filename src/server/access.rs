//! The one place where it is noted that somebody looked into a record.

use super::house::House;
use super::problem::Problem;
use crate::accounts::{Act, Identity};
use crate::clock::unix_millis;
use crate::record::access::{self as record, Reader};
use axum::http::HeaderMap;
use std::collections::BTreeMap;
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
    let reason = headers.get(REASON).map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.chars().take(REASON_MOST).collect::<String>()
    });
    let role = who.role_for(act).map_or("", |role| role.name());
    house.metrics.read(what);
    let now = unix_millis();
    if !house
        .reads
        .is_new(&who.name, session, what, reason.as_deref(), now)
    {
        return Ok(());
    }
    let dir = house.shelf.folder(session)?;
    let why = reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let reader = Reader { by: &who.name, why };
    let action = format!("serve {what}");
    record::note(&house.engine.data_dir, &[&dir], &action, reader, now)?;
    // Who it was stands on the access log, not in the engine's.
    tracing::info!(session, role, what, "record read");
    Ok(())
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
        let key = [by, session, what, why.unwrap_or_default()].join("\n");
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
    }
}
