//! Brings the index up to date with the folder: what is new or has changed is
//! read, what is gone is taken out. Whether a session has changed is told by
//! sizes and times of a few of its files, so that an index that is up to date
//! costs no reading.

use super::IndexError;
use super::fold::{Entry, Flag, fold};
use super::search::name_of;
use super::store::Store;
use crate::record::{
    RecordError, Trust, annexes_dir, check_id, redactions_dir, sessions_dir, summary,
};
use rusqlite::{Connection, params};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What was done to bring the index up to date.
#[derive(Serialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Sessions in it now.
    pub sessions: u64,
    /// Sessions that were read: new ones, and those that have changed.
    pub read: u64,
    /// Sessions that are no longer there.
    pub removed: u64,
    /// Among all of them, those that cannot be read to the end.
    pub damaged: i64,
    /// Why the index was thrown away and built anew, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewed: Option<String>,
    /// Why the index could not be kept, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unkept: Option<String>,
}

/// A name as it is compared: lower case, without accents.
pub(super) fn key(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c) && !c.is_control())
        .flat_map(char::to_lowercase)
        .collect()
}

impl Store {
    /// Compares the index with the folder and reads what differs.
    pub(super) fn update(&mut self, trust: &Trust) -> Result<Update, IndexError> {
        let data_dir = self.data_dir.clone();
        let there = stamps(&data_dir)?;
        let fail = |source| IndexError::Database {
            path: super::store::path(&data_dir),
            source,
        };
        let known = self.run(known)?;
        let mut update = Update {
            sessions: there.len() as u64,
            renewed: self.renewed.take(),
            unkept: self.unkept.take(),
            ..Update::default()
        };
        let change = self.db.transaction().map_err(fail)?;
        for id in known.keys().filter(|id| !there.contains_key(*id)) {
            remove(&change, id).map_err(fail)?;
            update.removed += 1;
        }
        for (id, stamp) in &there {
            let before = known.get(id);
            if before == Some(stamp) {
                continue;
            }
            if before.is_some() {
                remove(&change, id).map_err(fail)?;
            }
            let entry = fold(&data_dir, &sessions_dir(&data_dir).join(id), id, trust);
            insert(&change, id, stamp, &entry).map_err(fail)?;
            update.read += 1;
        }
        let damaged = "SELECT count(*) FROM flags WHERE flag = ?1";
        update.damaged = change
            .query_row(damaged, [Flag::Damaged.name()], |row| row.get(0))
            .map_err(fail)?;
        change.commit().map_err(fail)?;
        Ok(update)
    }
}

/// The stamp of every session in the index.
fn known(db: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut rows = db.prepare("SELECT id, stamp FROM sessions")?;
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Every session in the folder, and what tells whether it has changed.
fn stamps(data_dir: &Path) -> Result<BTreeMap<String, String>, RecordError> {
    let dir = sessions_dir(data_dir);
    let fail = |source| RecordError::Io {
        doing: "list",
        path: dir.clone(),
        source,
    };
    let mut out = BTreeMap::new();
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(out),
        Err(e) => return Err(fail(e)),
    };
    for entry in entries {
        let entry = entry.map_err(fail)?;
        if let Ok(id) = entry.file_name().into_string()
            && check_id(&id).is_ok()
            && entry.path().is_dir()
        {
            let stamp = stamp(data_dir, &entry.path(), &id);
            out.insert(id, stamp);
        }
    }
    Ok(out)
}

fn stamp(data_dir: &Path, dir: &Path, id: &str) -> String {
    let mut out = String::new();
    let mut note = |path: &Path| {
        let meta = fs::metadata(path);
        let time = meta.as_ref().ok().and_then(|m| m.modified().ok());
        let since = time.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        let size = meta.as_ref().map_or(0, fs::Metadata::len);
        // Writing to a text cannot fail.
        let _ = write!(out, "{size}@{} ", since.map_or(0, |s| s.as_nanos()));
        meta.is_ok()
    };
    note(&annexes_dir(data_dir).join(id).join("tip.json"));
    note(&redactions_dir(data_dir).join(id));
    // A sealed record does not change any more.
    if !note(&dir.join("manifest.json")) {
        note(&dir.join("head.json"));
        note(&dir.join("events.jsonl"));
        let state = summary(dir, id.to_owned()).state;
        let _ = write!(out, "{state:?}");
    }
    out
}

/// Takes a session out.
pub(super) fn remove(db: &Connection, session: &str) -> rusqlite::Result<()> {
    // The full-text index must be told the words, as it keeps no text.
    for sql in [
        "INSERT INTO words (words, rowid, text)
         SELECT 'delete', id, text FROM lines WHERE session = ?1",
        "DELETE FROM lines WHERE session = ?1",
        "DELETE FROM flags WHERE session = ?1",
        "DELETE FROM sessions WHERE id = ?1",
    ] {
        db.prepare_cached(sql)?.execute([session])?;
    }
    Ok(())
}

fn insert(db: &Connection, id: &str, stamp: &str, entry: &Entry) -> rusqlite::Result<()> {
    let of = &entry.summary;
    db.prepare_cached(
        "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        id,
        stamp,
        of.candidate,
        of.position,
        entry.company,
        key(&of.candidate),
        key(&format!("{} {}", of.position, entry.company)),
        of.began_unix_ms,
        i64::try_from(of.duration_ms).unwrap_or(i64::MAX),
        name_of(&of.state),
        entry.score,
        entry.advice.map(|advice| name_of(&advice)),
    ])?;
    let mut flags = db.prepare_cached("INSERT INTO flags VALUES (?1, ?2)")?;
    for flag in &entry.flags {
        flags.execute([id, flag.name()])?;
    }
    let mut lines = db.prepare_cached(
        "INSERT INTO lines (session, seq, recruiter, at_ms, start_ms, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut words = db.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?;
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    for line in &entry.lines {
        lines.execute(params![
            id,
            whole(line.seq),
            line.recruiter,
            whole(line.at_ms),
            line.start_ms.map(whole),
            line.text,
        ])?;
        words.execute(params![db.last_insert_rowid(), line.text])?;
    }
    Ok(())
}
