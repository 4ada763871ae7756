//! Erasure: the record goes, and a signed tombstone without personal data
//! stays, so that it can be shown that it was erased by rule. The tombstone
//! is stated first, as the intent; then everything is removed; then the end
//! is stated. Where the process is killed between, the next start goes on.
//!
//! What is removed is unlinked, not overwritten: on today's disks an
//! overwritten file leaves its old blocks behind all the same. Copies that
//! were handed out, and backups, are not reached from here.

use super::annex::{Annex, AnnexLock, Annexes, annexes_dir, kind};
use super::disk::sync_dir;
use super::error::RecordError;
use super::head::check_id;
use super::hold::{holds, sound, text};
use super::key::Trust;
use super::lock::held_by_another;
use super::manifest::{Manifest, list_files};
use super::reader::read_head;
use super::redactions_dir;
use super::sessions::sessions_dir;
use super::verify::{Findings, Problem, ProblemKind, verify};
use serde::Serialize;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Who erases, and why.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who.
    pub by: &'a str,
    /// Why; must not name the person concerned.
    pub why: &'a str,
    /// Id of the policy that asks for it, if one does.
    pub policy: Option<&'a str>,
    /// Erase although annexes are damaged, where a hold may be lost.
    pub despite_damage: bool,
}

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The tombstone stands.
    Stated,
    /// The record is out of its place.
    Moved,
    /// The record is gone.
    RecordGone,
    /// Its redacted copies are gone.
    RedactionsGone,
    /// The annexes that the tombstone stands for are gone.
    AnnexesGone,
}

/// What is known of an erased session.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Erased {
    /// The session's id.
    pub session: String,
    /// When the tombstone was stated.
    pub at_unix_ms: i64,
    /// Who erased.
    pub by: String,
    /// Why.
    pub why: String,
    /// By which policy, if by one.
    pub policy: Option<String>,
    /// The key that signed the tombstone.
    pub key: String,
    /// Whether the erasure was brought to its end.
    pub finished: bool,
    /// The whole tombstone.
    pub tombstone: Annex,
}

/// A session whose erasure was gone on with, and what came of it.
pub type GoneOn = (String, Result<(), RecordError>);

/// Erases the record of a session, its redacted copies and what was stated
/// about it. `watch` hears of each step; what it answers with an error stops
/// the erasure there, as a kill would. At [`Step::RecordGone`] whatever else
/// knows of the session (a search index) must forget it.
///
/// # Errors
/// [`RecordError::NotFound`]; [`RecordError::Locked`] for a session that is
/// being written; [`RecordError::Refused`] under a hold, with damaged
/// annexes, or for a reason that names the candidate; failures of the disk.
/// Once the tombstone stands, [`finish_erasures`] goes on.
pub fn erase(
    data_dir: &Path,
    session: &str,
    order: &Order<'_>,
    trust: &Trust,
    now_unix_ms: i64,
    watch: &mut dyn FnMut(Step) -> Result<(), RecordError>,
) -> Result<Erased, RecordError> {
    let annexes = Annexes::open(data_dir, session)?;
    let dir = sessions_dir(data_dir).join(session);
    let refuse = |what: String| Err(RecordError::Refused { what });
    match fs::symlink_metadata(&dir) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            return refuse(format!(
                "{} is a link or a file: what it leads to would stay; erase it by hand",
                dir.display()
            ));
        }
        Err(_) => {
            return match erased(data_dir, session, trust)? {
                Some(found) => refuse(format!(
                    "Session {session} was erased already, by {}",
                    found.by
                )),
                None => Err(RecordError::NotFound { path: dir }),
            };
        }
    }
    if super::lock::is_locked(&dir) {
        return Err(held_by_another(&dir.join(super::LOCK)));
    }
    if let Ok((head, _)) = read_head(&dir)
        && let Some(name) = named_in(&head.candidate, order.why)
    {
        return refuse(format!(
            "The reason names the candidate ({name}), and it stays: say it without the name"
        ));
    }
    let locked = annexes.lock()?;
    match sound(&annexes, trust) {
        Ok(listed) => {
            if let Some(hold) = holds(&listed.annexes).first() {
                return refuse(format!(
                    "Session {session} is under a legal hold by {}: {}",
                    hold.by, hold.why
                ));
            }
        }
        Err(RecordError::Refused { .. }) if order.despite_damage => {}
        Err(error) => return Err(error),
    }
    let body = epitaph(data_dir, &dir, &annexes, order, trust)?;
    let tombstone = annexes.state(
        &locked,
        kind::TOMBSTONE,
        order.by,
        body,
        now_unix_ms,
        order.despite_damage,
    )?;
    watch(Step::Stated)?;
    finish(data_dir, &annexes, &locked, &tombstone, now_unix_ms, watch)?;
    Ok(told(&tombstone, true))
}

/// The words of a name that stand in a text.
pub(super) fn named_in(candidate: &str, text: &str) -> Option<String> {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.chars().count() > 2)
            .map(str::to_lowercase)
            .collect()
    };
    let said = words(text);
    words(candidate)
        .into_iter()
        .find(|part| said.contains(part))
}

/// What stays known: ends, hashes and numbers, nobody's words.
fn epitaph(
    data_dir: &Path,
    dir: &Path,
    annexes: &Annexes,
    order: &Order<'_>,
    trust: &Trust,
) -> Result<Value, RecordError> {
    let (mut files, mut bytes) = (0u64, 0u64);
    for path in list_files(dir)? {
        files += 1;
        bytes += fs::symlink_metadata(dir.join(path)).map_or(0, |m| m.len());
    }
    let manifest = Manifest::read(dir).ok().flatten();
    let redactions = match fs::read_dir(redactions_dir(data_dir).join(annexes.session())) {
        Ok(entries) => entries.count(),
        Err(_) => 0,
    };
    let problems = verify(dir, trust).len();
    let gone: Vec<Value> = annexes
        .files()?
        .into_iter()
        .map(|(file, sha256)| json!({"file": file, "sha256": sha256}))
        .collect();
    Ok(json!({
        "why": order.why,
        "policy": order.policy,
        "program": crate::PROGRAM,
        "events": manifest.as_ref().map(|m| json!({
            "count": m.events.count, "last": m.events.last, "ended_ms": m.events.ended_ms,
        })),
        "audio": manifest.as_ref().and_then(|m| m.audio.as_ref()).map(|a| json!({
            "samples": a.samples, "rate": a.rate, "chain": a.chain,
        })),
        "sealed_by": manifest.as_ref().map(|m| m.key.id.clone()),
        "files": files,
        "bytes": bytes,
        "redactions": redactions,
        "problems": problems,
        "annexes": gone,
    }))
}

/// Removes everything that a tombstone stands for, and says so.
fn finish(
    data_dir: &Path,
    annexes: &Annexes,
    locked: &AnnexLock,
    tombstone: &Annex,
    now_unix_ms: i64,
    watch: &mut dyn FnMut(Step) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let session = annexes.session();
    // Out of its place at once, so that nobody meets half a record.
    let parked = put_aside(&sessions_dir(data_dir), session)?;
    watch(Step::Moved)?;
    remove(&parked)?;
    watch(Step::RecordGone)?;
    let parked = put_aside(&redactions_dir(data_dir), session)?;
    remove(&parked)?;
    watch(Step::RedactionsGone)?;
    let gone = super::annex::accounted_for(tombstone);
    let names: Vec<String> = gone.into_iter().map(|(name, _)| name).collect();
    annexes.remove_files(&names)?;
    watch(Step::AnnexesGone)?;
    let body = json!({"tombstone": tombstone.id});
    annexes.append_locked(locked, kind::ERASED, &tombstone.by, body, now_unix_ms)?;
    Ok(())
}

fn put_aside(dir: &Path, session: &str) -> Result<PathBuf, RecordError> {
    let (from, to) = (dir.join(session), dir.join(format!(".{session}.erasing")));
    if from.exists() {
        // Left by an earlier, killed try.
        remove(&to)?;
        fs::rename(&from, &to).map_err(|e| RecordError::io("rename", &from, e))?;
        sync_dir(dir)?;
    }
    Ok(to)
}

fn remove(dir: &Path) -> Result<(), RecordError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(RecordError::io("remove", dir, e)),
        _ => match dir.parent() {
            Some(parent) if parent.is_dir() => sync_dir(parent),
            _ => Ok(()),
        },
    }
}

fn told(tombstone: &Annex, finished: bool) -> Erased {
    Erased {
        session: tombstone.session.clone(),
        at_unix_ms: tombstone.at_unix_ms,
        by: tombstone.by.clone(),
        why: text(tombstone, "why"),
        policy: Some(text(tombstone, "policy")).filter(|p| !p.is_empty()),
        key: tombstone.key.id.clone(),
        finished,
        tombstone: tombstone.clone(),
    }
}

/// What is known of a session's erasure, if a tombstone of it stands that a
/// trusted key signed. Say nothing about what else is wrong:
/// [`Annexes::verify`] and [`Erased::problems`] do.
///
/// # Errors
/// [`RecordError::BadId`], or if the annexes cannot be listed.
pub fn erased(
    data_dir: &Path,
    session: &str,
    trust: &Trust,
) -> Result<Option<Erased>, RecordError> {
    let listed = Annexes::open(data_dir, session)?.list(trust)?;
    let Some(tombstone) = listed.annexes.iter().find(|a| a.kind == kind::TOMBSTONE) else {
        return Ok(None);
    };
    let finished = listed
        .annexes
        .iter()
        .any(|a| a.kind == kind::ERASED && text(a, "tombstone") == tombstone.id);
    Ok(Some(told(tombstone, finished)))
}

impl Erased {
    /// Whether what the tombstone says is so: nothing may be left.
    pub fn problems(&self, data_dir: &Path) -> Vec<Problem> {
        let mut found = Findings::default();
        if !self.finished {
            let detail = "the erasure was not brought to its end; the next start goes on";
            found.add(ProblemKind::Inconsistent, "annexes", detail);
        }
        for (name, dir) in [
            ("sessions", sessions_dir(data_dir)),
            ("redactions", redactions_dir(data_dir)),
        ] {
            for left in [self.session.clone(), format!(".{}.erasing", self.session)] {
                if self.finished && dir.join(&left).exists() {
                    let detail = "is here, although it was erased";
                    found.add(ProblemKind::Extra, format!("{name}/{left}"), detail);
                }
            }
        }
        found.into_vec()
    }
}

/// Goes on with erasures that a killed process left. Cheap where there are
/// none: only names are read. Those that were left come back, with what came
/// of them now.
///
/// # Errors
/// If the folder of annexes cannot be listed.
pub fn finish_erasures(
    data_dir: &Path,
    trust: &Trust,
    now_unix_ms: i64,
    forget: &dyn Fn(&str) -> Result<(), RecordError>,
) -> Result<Vec<GoneOn>, RecordError> {
    let mut out = Vec::new();
    for session in with_tombstone(data_dir, true)? {
        let annexes = Annexes::open(data_dir, &session)?;
        let result = annexes.lock().and_then(|locked| {
            // Another process may have finished it meanwhile.
            let tombstone = match erased(data_dir, &session, trust)? {
                Some(found) if !found.finished => found.tombstone,
                Some(_) => return Ok(false),
                None => {
                    return Err(RecordError::Refused {
                        what: format!(
                            "The tombstone of {session} is not signed by a trusted key or is \
                             damaged; nothing was erased"
                        ),
                    });
                }
            };
            finish(
                data_dir,
                &annexes,
                &locked,
                &tombstone,
                now_unix_ms,
                &mut |step| {
                    if step == Step::RecordGone {
                        forget(&session)?;
                    }
                    Ok(())
                },
            )?;
            Ok(true)
        });
        match result {
            Ok(false) => {}
            Ok(true) => out.push((session, Ok(()))),
            Err(error) => out.push((session, Err(error))),
        }
    }
    Ok(out)
}

/// Ids of sessions that have a tombstone, by the names of the files alone;
/// sorted. With `open`, only those whose erasure has no end yet.
pub(super) fn with_tombstone(data_dir: &Path, open: bool) -> Result<Vec<String>, RecordError> {
    let dir = annexes_dir(data_dir);
    let fail = |e| RecordError::io("list", &dir, e);
    let mut out = Vec::new();
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(out),
        Err(e) => return Err(fail(e)),
    };
    for entry in entries {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if check_id(&name).is_err() || !entry.path().is_dir() {
            continue;
        }
        let files = list_files(&entry.path())?;
        let has = |kind: &str| files.iter().any(|f| f.ends_with(&format!("-{kind}.json")));
        if has(kind::TOMBSTONE) && !(open && has(kind::ERASED)) {
            out.push(name);
        }
    }
    out.sort();
    Ok(out)
}
