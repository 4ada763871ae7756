//! The one place where it is noted that somebody looked into a record.

use super::health::in_place;
use super::house::House;
use super::problem::Problem;
use crate::accounts::{Act, Identity};
use crate::clock::unix_millis;
use crate::record::access::{self as record, Reader};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Header that says why a record is looked into.
const REASON: &str = "x-reason";
/// Characters of a reason that are kept.
const REASON_MOST: usize = 500;

/// Why a record is looked into, as the request says it: by the header
/// `X-Reason`, or by `reason` in its address, because what a page's player
/// and frames ask for carries no headers of the page's.
#[derive(Clone, Debug, Default)]
pub(super) struct Reason(Option<String>);

impl Reason {
    /// The reason that headers give.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = headers
            .get(REASON)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Self::cut(text)
    }

    /// A reason that is stated in a request's body; nothing where it is
    /// empty.
    pub(super) fn stated(text: &str) -> Option<Self> {
        let reason = Self::cut(Some(text.to_owned()));
        reason.0.is_some().then_some(reason)
    }

    fn cut(text: Option<String>) -> Self {
        let text = text.map(|t| t.trim().chars().take(REASON_MOST).collect::<String>());
        Self(text.filter(|t| !t.is_empty()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reason {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let reason = Self::of(&parts.headers);
        if reason.0.is_some() {
            return Ok(reason);
        }
        let query = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri);
        let text = query.ok().and_then(|Query(mut all)| all.remove("reason"));
        Ok(Self::cut(text))
    }
}

/// Puts on the access log that somebody is about to read or hear something of
/// a session, with the reason that the request gives, if any.
///
/// # Errors
/// Where a reason is required and none is given, and where it cannot be
/// logged: then nothing may be read.
pub(super) fn note(
    house: &House,
    who: &Identity,
    act: Act,
    session: &str,
    what: &str,
    reason: &Reason,
) -> Result<(), Problem> {
    note_all(house, who, act, &[session], what, reason)
}

/// The same for several sessions that are read at once.
///
/// # Errors
/// As [`note`].
pub(super) fn note_all(
    house: &House,
    who: &Identity,
    act: Act,
    sessions: &[&str],
    what: &str,
    reason: &Reason,
) -> Result<(), Problem> {
    let role = who.role_for(act).map_or("", |role| role.name());
    let why = reason.0.as_deref();
    // A call that goes on is no record yet, and the candidate is told.
    if house.reason_required && why.is_none() && act != Act::WatchLive {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "reason_required",
            "Records are opened here for a stated reason only: say why, by the header X-Reason or \
             by `reason` in the address; it stands on the access log",
        ));
    }
    house.metrics.read(what);
    let now = unix_millis();
    let is_new = |session: &&&str| house.reads.is_new(&who.name, session, what, why, now);
    let new: Vec<&str> = sessions.iter().filter(is_new).copied().collect();
    if new.is_empty() {
        return Ok(());
    }
    in_place(|| log(house, who, &new, what, why, now))?;
    // Not before: the same read meanwhile must not lean on a line that is not
    // there yet, or never will be. A doubled line does no harm.
    for session in &new {
        house.reads.keep(&who.name, session, what, why, now);
    }
    // Who it was stands on the access log, not in the engine's.
    tracing::info!(sessions = ?new, role, what, "record read");
    Ok(())
}

fn log(
    house: &House,
    who: &Identity,
    sessions: &[&str],
    what: &str,
    why: Option<&str>,
    now: i64,
) -> Result<(), Problem> {
    let dirs = sessions.iter().map(|session| house.shelf.folder(session));
    let dirs: Vec<PathBuf> = dirs.collect::<Result<_, _>>()?;
    let dirs: Vec<&Path> = dirs.iter().map(PathBuf::as_path).collect();
    let reader = Reader { by: &who.name, why };
    let action = format!("serve {what}");
    record::note(&house.engine.data_dir, &dirs, &action, reader, now)?;
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
    fn key(by: &str, session: &str, what: &str, why: Option<&str>) -> String {
        [by, session, what, why.unwrap_or_default()].join("\n")
    }

    /// Whether a read is to be logged: it is another one than those of the
    /// last minutes.
    fn is_new(&self, by: &str, session: &str, what: &str, why: Option<&str>, now: i64) -> bool {
        let reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let logged = reads.get(&Self::key(by, session, what, why));
        logged.is_none_or(|at| now - at >= AGAIN_AFTER_MS)
    }

    /// Remembers a read that was logged.
    fn keep(&self, by: &str, session: &str, what: &str, why: Option<&str>, now: i64) {
        let mut reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reads.len() >= READS {
            reads.retain(|_, at| now - *at < AGAIN_AFTER_MS);
        }
        if reads.len() < READS {
            reads.insert(Self::key(by, session, what, why), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_read_is_logged_once_in_a_while_and_another_one_at_once() {
        let reads = Reads::default();
        assert!(reads.is_new("rita", "S", "audio", None, 0));
        // The line is not there yet.
        assert!(reads.is_new("rita", "S", "audio", None, 0));
        reads.keep("rita", "S", "audio", None, 0);
        assert!(!reads.is_new("rita", "S", "audio", None, AGAIN_AFTER_MS - 1));
        assert!(reads.is_new("rita", "S", "audio", Some("a complaint"), 1));
        assert!(reads.is_new("rita", "T", "audio", None, 1));
        assert!(reads.is_new("otto", "S", "audio", None, 1));
        assert!(reads.is_new("rita", "S", "audio", None, AGAIN_AFTER_MS));
    }
}
