//! Legal holds: a record under hold is not erased, whatever a policy says.
//! A hold begins and ends with an annex; several may stand at once.

use super::annex::{Annex, Annexes, Listed, kind};
use super::error::RecordError;
use super::key::Trust;
use serde::Serialize;
use serde_json::json;

/// A hold that stands.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The id of the annex that began it.
    pub id: String,
    /// Who put it.
    pub by: String,
    /// Why.
    pub why: String,
    /// When, in milliseconds since 1970 (UTC).
    pub at_unix_ms: i64,
}

/// The holds that stand among these annexes, oldest first.
pub fn holds(annexes: &[Annex]) -> Vec<Hold> {
    let released: Vec<&str> = annexes
        .iter()
        .filter(|a| a.kind == kind::RELEASE)
        .filter_map(|a| a.body.get("holds")?.as_array())
        .flatten()
        .filter_map(|id| id.as_str())
        .collect();
    annexes
        .iter()
        .filter(|a| a.kind == kind::HOLD && !released.contains(&a.id.as_str()))
        .map(|a| Hold {
            id: a.id.clone(),
            by: a.by.clone(),
            why: text(a, "why"),
            at_unix_ms: a.at_unix_ms,
        })
        .collect()
}

/// Ends one hold, or all that stand; those ended come back.
///
/// # Errors
/// [`RecordError::Refused`] if there is no such hold, or the annexes are
/// damaged; failures of the disk.
pub fn release(
    annexes: &Annexes,
    trust: &Trust,
    one: Option<&str>,
    by: &str,
    why: &str,
    now_unix_ms: i64,
) -> Result<Vec<Hold>, RecordError> {
    let locked = annexes.lock()?;
    let listed = sound(annexes, trust)?;
    let mut ended = holds(&listed.annexes);
    if let Some(id) = one {
        ended.retain(|hold| hold.id == id);
    }
    if ended.is_empty() {
        let which = one.map_or_else(|| "no hold".to_owned(), |id| format!("no hold {id}"));
        return Err(RecordError::Refused {
            what: format!("There is {which} on session {}", annexes.session()),
        });
    }
    let ids: Vec<&str> = ended.iter().map(|h| h.id.as_str()).collect();
    let body = json!({"holds": ids, "why": why});
    annexes.append_locked(&locked, kind::RELEASE, by, body, now_unix_ms)?;
    Ok(ended)
}

/// The annexes, if nothing is wrong with them: where something is, a hold
/// may be among what was lost.
pub(super) fn sound(annexes: &Annexes, trust: &Trust) -> Result<Listed, RecordError> {
    let listed = annexes.list(trust)?;
    match listed.problems.first() {
        None => Ok(listed),
        Some(problem) => Err(RecordError::Refused {
            what: format!(
                "The annexes of {} are damaged, so a hold or a correction may be missing: {}, {}",
                annexes.session(),
                problem.place,
                problem.detail
            ),
        }),
    }
}

/// A text in an annex's body; empty if it has none.
pub(super) fn text(annex: &Annex, member: &str) -> String {
    let text = annex.body.get(member).and_then(|t| t.as_str());
    text.unwrap_or_default().to_owned()
}
