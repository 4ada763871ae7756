//! Retention: how long a record is kept, by which policy, and what is due.
//! Policies are data (`config/retention.toml`, or a file of one's own); the
//! arithmetic is the calendar's, in UTC. Nothing is erased here.

use super::annex::{Annexes, kind};
use super::error::RecordError;
use super::head::Head;
use super::hold::{Hold, holds, sound};
use super::key::Trust;
use super::reader::read_head;
use super::sessions::{SessionState, list, sessions_dir};
use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::path::Path;

const BUILTIN: &str = include_str!("../../config/retention.toml");

/// What the person concerned is given beside recording, text and résumé.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Disclose {
    /// The scores and the recommendation.
    pub scores: bool,
    /// Which words the scores rest on.
    pub evidence: bool,
}

impl Default for Disclose {
    fn default() -> Self {
        Self {
            scores: true,
            evidence: true,
        }
    }
}

/// One policy.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What it is chosen by.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Where it is meant to hold.
    pub jurisdiction: String,
    /// Due this long after the interview began (`6 months`); without it,
    /// never by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
    /// Not erased before this long after the interview began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<String>,
    /// Due this long after the person concerned asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_request: Option<String>,
    /// Why so.
    pub because: String,
    /// Laws and their articles.
    pub sources: Vec<String>,
    /// What an export for the person concerned holds.
    #[serde(default)]
    pub disclose: Disclose,
}

/// All policies that can be chosen.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    policy: Vec<Policy>,
}

impl Policies {
    /// The built-in ones, and before them those of one's own file, which may
    /// replace built-in ones of the same id.
    ///
    /// # Errors
    /// Where the file cannot be read or says something that is no policy.
    pub fn load(own: Option<&Path>) -> Result<Self, RecordError> {
        let mut all = match own {
            None => Self { policy: Vec::new() },
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|e| RecordError::io("read", path, e))?;
                Self::parse(&text, &path.display().to_string())?
            }
        };
        for builtin in Self::parse(BUILTIN, "config/retention.toml")?.policy {
            if all.get(&builtin.id).is_none() {
                all.policy.push(builtin);
            }
        }
        Ok(all)
    }

    /// Reads policies from TOML; `place` names them in errors.
    ///
    /// # Errors
    /// [`RecordError::Refused`] with the reason.
    pub fn parse(text: &str, place: &str) -> Result<Self, RecordError> {
        let bad = |what: String| RecordError::Refused {
            what: format!("Retention policies {place}: {what}"),
        };
        let all: Self = toml::from_str(text).map_err(|e| bad(e.to_string()))?;
        for (at, policy) in all.policy.iter().enumerate() {
            if policy.id.trim().is_empty() {
                return Err(bad(format!("policy {} has an empty id", at + 1)));
            }
            if all.policy[..at].iter().any(|p| p.id == policy.id) {
                return Err(bad(format!("there are two policies `{}`", policy.id)));
            }
            for (member, span) in [
                ("keep", &policy.keep),
                ("at_least", &policy.at_least),
                ("on_request", &policy.on_request),
            ] {
                let Some(text) = span else { continue };
                if later(0, text).is_none_or(|ms| ms <= 0) {
                    return Err(bad(format!(
                        "policy `{}`, {member}: found {text:?}, expected a span like \"6 months\"",
                        policy.id
                    )));
                }
            }
            let ms = |span: &Option<String>| span.as_ref().and_then(|s| later(0, s));
            if let (Some(keep), Some(least)) = (ms(&policy.keep), ms(&policy.at_least))
                && keep < least
            {
                return Err(bad(format!(
                    "policy `{}`: `keep` is shorter than `at_least`",
                    policy.id
                )));
            }
        }
        Ok(all)
    }

    /// A policy by its id.
    pub fn get(&self, id: &str) -> Option<&Policy> {
        self.policy.iter().find(|p| p.id == id)
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.policy.iter()
    }

    /// A policy by its id.
    ///
    /// # Errors
    /// [`RecordError::Refused`], with the ids that there are.
    pub fn find(&self, id: &str) -> Result<&Policy, RecordError> {
        self.get(id).ok_or_else(|| {
            let ids: Vec<&str> = self.policy.iter().map(|p| p.id.as_str()).collect();
            RecordError::Refused {
                what: format!(
                    "There is no retention policy `{id}`; there are {}",
                    ids.join(", ")
                ),
            }
        })
    }
}

/// A time so much later by the calendar.
fn later(unix_ms: i64, span: &str) -> Option<i64> {
    let span: Span = span.parse().ok()?;
    let from = Timestamp::from_millisecond(unix_ms).ok()?;
    let to = from.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    Some(to.timestamp().as_millisecond())
}

/// What a policy says of a record now.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its time is over: to be erased.
    Due,
    /// Its time is not over, or it has none.
    Kept,
    /// A legal hold stands.
    Held,
    /// The session is running.
    Live,
    /// It cannot be told; a person must look.
    Unclear,
}

/// How a record stands with its policy.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Standing {
    /// The session's id.
    pub session: String,
    /// The candidate's name; empty if the head cannot be read.
    pub candidate: String,
    /// When it began, in milliseconds since 1970 (UTC).
    pub began_unix_ms: i64,
    /// The policy's id.
    pub policy: String,
    /// Who chose it: `job` or `settings`.
    pub chosen_by: &'static str,
    /// What follows.
    pub verdict: Verdict,
    /// When it is due, if ever.
    pub due_unix_ms: Option<i64>,
    /// Before this time it must not be erased, if there is such a duty.
    pub not_before_unix_ms: Option<i64>,
    /// When the person concerned asked for erasure, if that was noted.
    pub requested_unix_ms: Option<i64>,
    /// The holds that stand.
    pub holds: Vec<Hold>,
    /// The reason in one sentence.
    pub why: String,
}

/// How every record in a data folder stands, oldest first. `chosen` is the
/// policy of those whose job names none.
///
/// # Errors
/// Where `chosen` is no policy, or the folder cannot be listed.
pub fn survey(
    data_dir: &Path,
    policies: &Policies,
    chosen: &str,
    trust: &Trust,
    now_unix_ms: i64,
) -> Result<Vec<Standing>, RecordError> {
    policies.find(chosen)?;
    list(&sessions_dir(data_dir))?
        .into_iter()
        .filter(|s| s.state != SessionState::Erased)
        .map(|s| standing(data_dir, &s.id, policies, chosen, trust, now_unix_ms))
        .collect()
}

/// How one record stands.
///
/// # Errors
/// [`RecordError::NotFound`], [`RecordError::BadId`], or if the annexes
/// cannot be listed.
pub fn standing(
    data_dir: &Path,
    session: &str,
    policies: &Policies,
    chosen: &str,
    trust: &Trust,
    now_unix_ms: i64,
) -> Result<Standing, RecordError> {
    let annexes = Annexes::open(data_dir, session)?;
    let dir = sessions_dir(data_dir).join(session);
    if !dir.is_dir() {
        return Err(RecordError::NotFound { path: dir });
    }
    let head = read_head(&dir).ok().map(|(head, _)| head);
    let of_job = head.as_ref().and_then(policy_of_job);
    let began_unix_ms = head
        .as_ref()
        .map_or_else(|| time_of(session), |h| h.began_unix_ms);
    let mut out = Standing {
        session: session.to_owned(),
        candidate: head.map_or_else(String::new, |h| h.candidate),
        began_unix_ms,
        chosen_by: if of_job.is_some() { "job" } else { "settings" },
        policy: of_job.unwrap_or_else(|| chosen.to_owned()),
        verdict: Verdict::Unclear,
        due_unix_ms: None,
        not_before_unix_ms: None,
        requested_unix_ms: None,
        holds: Vec::new(),
        why: String::new(),
    };
    let stated = match sound(&annexes, trust) {
        Ok(listed) => listed.annexes,
        Err(refused @ RecordError::Refused { .. }) => {
            out.why = refused.to_string();
            return Ok(out);
        }
        Err(error) => return Err(error),
    };
    out.holds = holds(&stated);
    let asked = stated.iter().filter(|a| a.kind == kind::REQUEST);
    out.requested_unix_ms = asked
        .filter_map(|a| a.body.get("on_unix_ms")?.as_i64())
        .min();
    let policy = match policies.find(&out.policy) {
        Ok(policy) => policy,
        Err(unknown) => {
            out.why = unknown.to_string();
            return Ok(out);
        }
    };
    reckon(&mut out, policy);
    (out.verdict, out.why) = if super::lock::is_locked(&dir) {
        (Verdict::Live, "the session is being written".to_owned())
    } else if let Some(hold) = out.holds.first() {
        (Verdict::Held, format!("held by {}: {}", hold.by, hold.why))
    } else {
        match out.due_unix_ms {
            Some(due) if due <= now_unix_ms => (Verdict::Due, out.why),
            _ => (Verdict::Kept, out.why),
        }
    };
    Ok(out)
}

/// Fills in the times and the reason.
fn reckon(out: &mut Standing, policy: &Policy) {
    let kept = policy.keep.as_ref().map(|span| {
        let why = format!("kept for {span} after the interview");
        (later(out.began_unix_ms, span), why)
    });
    let asked = match (&policy.on_request, out.requested_unix_ms) {
        (Some(span), Some(on)) => Some((
            later(on, span),
            format!("erased within {span} of the request of {}", day(on)),
        )),
        _ => None,
    };
    let first = kept
        .into_iter()
        .chain(asked)
        .filter_map(|(due, why)| Some((due?, why)))
        .min();
    let least = policy.at_least.as_ref();
    out.not_before_unix_ms = least.and_then(|span| later(out.began_unix_ms, span));
    (out.due_unix_ms, out.why) = match (first, out.not_before_unix_ms) {
        (Some((due, _)), Some(least)) if due < least => (
            Some(least),
            format!(
                "must be kept for {} after the interview",
                policy.at_least.as_deref().unwrap_or_default()
            ),
        ),
        (Some((due, why)), _) => (Some(due), why),
        (None, _) => (None, "erased by hand only".to_owned()),
    };
}

/// The policy that the session's job names.
fn policy_of_job(head: &Head) -> Option<String> {
    let named = head.setup.get("job")?.get("retention")?.as_str()?;
    Some(named.to_owned())
}

/// The time in a session's id.
pub(super) fn time_of(session: &str) -> i64 {
    ulid::Ulid::from_string(session)
        .ok()
        .and_then(|id| i64::try_from(id.timestamp_ms()).ok())
        .unwrap_or(0)
}

/// A day in UTC.
fn day(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(
        |_| "?".into(),
        |t| t.to_zoned(TimeZone::UTC).date().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policies_are_sound_and_name_their_sources() {
        let all = Policies::load(None).unwrap();
        assert!(all.iter().count() >= 8);
        for policy in all.iter() {
            assert!(policy.id == "manual" || !policy.sources.is_empty());
            assert!(!policy.because.is_empty());
        }
    }

    #[test]
    fn spans_follow_the_calendar() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let from = at("2023-08-31T12:00:00Z");
        assert_eq!(later(from, "6 months"), Some(at("2024-02-29T12:00:00Z")));
        assert_eq!(later(from, "30 days"), Some(at("2023-09-30T12:00:00Z")));
        assert_eq!(later(from, "soon"), None);
    }

    #[test]
    fn what_is_no_policy_is_named() {
        let check = |text: &str, named: &str| {
            let error = Policies::parse(text, "own.toml").unwrap_err().to_string();
            assert!(
                error.contains("own.toml") && error.contains(named),
                "{error}"
            );
        };
        let policy = |more: &str| {
            format!(
                "[[policy]]\nid = \"x\"\nname = \"X\"\njurisdiction = \"X\"\nbecause = \"\"\n\
                 sources = []\n{more}\n"
            )
        };
        check(&policy("keep = \"long\""), "\"long\"");
        check(&policy("keep = \"-1 year\""), "-1 year");
        check(&policy("kepe = \"1 year\""), "kepe");
        check(&(policy("") + &policy("")), "two policies `x`");
        check(
            &policy("keep = \"1 month\"\nat_least = \"1 year\""),
            "shorter",
        );
    }
}
