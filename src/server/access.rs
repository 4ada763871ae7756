//! The one place where it is noted that somebody looked into a record.

use super::house::House;
use super::problem::Problem;
use crate::accounts::{Act, Identity};
use axum::http::HeaderMap;

/// Header that says why a record is looked into.
const REASON: &str = "x-reason";
/// Characters of a reason that are kept.
const REASON_MOST: usize = 500;

/// Notes that somebody is about to read or hear something of a session, with
/// the reason that the request gives in `X-Reason`, if any.
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
    // Who it was stands with the record, not in the engine's log.
    tracing::info!(
        session,
        role,
        what,
        reason = reason.is_some(),
        "record read"
    );
    Ok(())
}
