//! Reads a session's annexes and says what is wrong with them: each file by
//! itself, the chain through all of them, and the tip that counts them.

use super::{Annex, Annexes, LOCK, Listed, TIP, Tip, kind};
use crate::record::error::RecordError;
use crate::record::head::check_id;
use crate::record::key::Trust;
use crate::record::log::sha256_hex;
use crate::record::signed;
use crate::record::verify::{Findings, ProblemKind};
use std::collections::BTreeSet;
use std::fs;
use std::io;

/// One annex file.
#[derive(Clone)]
pub(super) struct Entry {
    name: String,
    /// The annex's id: its own, or the name's if it cannot be read.
    pub(super) id: String,
    /// SHA-256 of the file.
    pub(super) sha256: String,
    annex: Result<Annex, String>,
    canonical: bool,
}

/// What stands in the folder, judged by nobody yet.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// In the order of their ids.
    pub(super) entries: Vec<Entry>,
    tip: Option<Result<(Tip, bool), String>>,
    strangers: Vec<String>,
    unreadable: Vec<(String, String)>,
}

impl Found {
    /// Hashes of annexes whose files an erasure took away.
    fn taken(&self) -> BTreeSet<String> {
        let tombs = self.entries.iter().filter_map(|e| e.annex.as_ref().ok());
        tombs
            .filter(|a| a.kind == kind::TOMBSTONE && signed::check(*a).is_ok())
            .flat_map(accounted_for)
            .filter(|(name, _)| split(name).is_some())
            .map(|(_, sha256)| sha256)
            .collect()
    }

    /// How many annexes were made.
    pub(super) fn count(&self) -> u64 {
        let here: BTreeSet<&String> = self.entries.iter().map(|e| &e.sha256).collect();
        let gone = self.taken().iter().filter(|h| !here.contains(h)).count();
        (self.entries.len() + gone) as u64
    }
}

/// File names and hashes of the annexes that a tombstone stands for.
pub(crate) fn accounted_for(tombstone: &Annex) -> Vec<(String, String)> {
    let listed = tombstone.body.get("annexes").and_then(|a| a.as_array());
    let text = |entry: &serde_json::Value, name| Some(entry.get(name)?.as_str()?.to_owned());
    listed
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((text(entry, "file")?, text(entry, "sha256")?)))
        .collect()
}

/// The ULID and kind in a file's name.
fn split(name: &str) -> Option<(&str, &str)> {
    let (id, kind) = name.strip_suffix(".json")?.split_once('-')?;
    check_id(id).is_ok().then_some((id, kind))
}

pub(super) fn read(annexes: &Annexes) -> Result<Found, RecordError> {
    let mut found = Found::default();
    let fail = |e| RecordError::io("list", &annexes.dir, e);
    let folder = match fs::read_dir(&annexes.dir) {
        Ok(folder) => folder,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(fail(e)),
    };
    for file in folder {
        let name = file
            .map_err(fail)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        // What a killed writer had not yet renamed was never stated.
        if name == LOCK || (name.starts_with('.') && name.ends_with(".part")) {
            continue;
        }
        if name != TIP && split(&name).is_none() {
            found.strangers.push(name);
            continue;
        }
        let bytes = match fs::read(annexes.dir.join(&name)) {
            Ok(bytes) => bytes,
            Err(e) => {
                found.unreadable.push((name, e.to_string()));
                continue;
            }
        };
        if name == TIP {
            let (tip, canonical) = signed::parse::<Tip>(&bytes);
            found.tip = Some(tip.map(|tip| (tip, canonical)));
            continue;
        }
        let (annex, canonical) = signed::parse::<Annex>(&bytes);
        let own = annex.as_ref().ok().map(|a| a.id.as_str());
        let id = own
            .or_else(|| split(&name).map(|s| s.0))
            .unwrap_or_default();
        found.entries.push(Entry {
            id: id.to_owned(),
            sha256: sha256_hex(&bytes),
            annex,
            canonical,
            name,
        });
    }
    found
        .entries
        .sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
    found.strangers.sort();
    Ok(found)
}

fn place(name: &str) -> String {
    format!("annexes/{name}")
}

pub(super) fn judge(annexes: &Annexes, found: Found, trust: &Trust) -> Listed {
    let mut wrong = Findings::default();
    for name in &found.strangers {
        wrong.add(ProblemKind::Extra, place(name), "is no annex");
    }
    for (name, why) in &found.unreadable {
        wrong.add(ProblemKind::Unreadable, place(name), why);
    }
    // Of two files with one id, the one whose name fits is the annex.
    let mut twice = BTreeSet::new();
    for pair in found.entries.windows(2) {
        if pair[0].id == pair[1].id {
            let fits = |e: &Entry| split(&e.name).is_some_and(|(id, _)| id == e.id);
            let odd = if fits(&pair[0]) { &pair[1] } else { &pair[0] };
            let detail = format!("stands here a second time, as annex {}", odd.id);
            wrong.add(ProblemKind::Extra, place(&odd.name), detail);
            twice.insert(odd.name.clone());
        }
    }
    let taken = found.taken();
    let manifest = expected_manifest(annexes, &found);
    let (mut sound, mut manifest_seen) = (Vec::new(), false);
    let mut before: Option<(&str, bool)> = None;
    let hashes: BTreeSet<&str> = found.entries.iter().map(|e| e.sha256.as_str()).collect();
    for entry in found.entries.iter().filter(|e| !twice.contains(&e.name)) {
        let whole = check_one(annexes, entry, trust, &mut wrong);
        let follows = match (whole.as_ref(), before) {
            // A changed file is to blame for what does not follow from it.
            (None, _) | (_, Some((_, false))) => true,
            (Some(annex), before) => match (&annex.prev, before) {
                (None, None) => true,
                (Some(prev), Some((hash, true))) if prev == hash => true,
                (Some(prev), None) if taken.contains(prev) => true,
                (prev, _) => {
                    let elsewhere = prev.as_ref().is_none_or(|p| hashes.contains(p.as_str()));
                    let (kind, detail) = if elsewhere {
                        (
                            ProblemKind::Reordered,
                            "does not follow the annex before it",
                        )
                    } else {
                        (ProblemKind::Deleted, "the annex before this one is missing")
                    };
                    wrong.add(kind, place(&entry.name), detail);
                    false
                }
            },
        };
        before = Some((&entry.sha256, whole.is_some()));
        let Some(annex) = whole.filter(|_| follows) else {
            continue;
        };
        manifest_seen |= annex.manifest.is_some();
        let bound = match (&annex.manifest, &manifest) {
            (Some(stated), Some(own)) => stated == own,
            // Stated before the seal.
            (None, _) => !manifest_seen,
            (Some(_), None) => true,
        };
        if !bound {
            let detail = "was stated about another seal than the record has";
            wrong.add(ProblemKind::Inconsistent, place(&entry.name), detail);
            continue;
        }
        if signed::check(&annex).is_ok_and(|key| trust.accepts(&key)) {
            sound.push(annex);
        }
    }
    check_tip(annexes, &found, trust, before, &mut wrong);
    Listed {
        annexes: sound,
        problems: wrong.into_vec(),
    }
}

/// The hash that annexes must carry: of the record's own manifest, or, once
/// it is erased, of the one that its tombstone names.
fn expected_manifest(annexes: &Annexes, found: &Found) -> Option<String> {
    if let Ok(Some(own)) = annexes.manifest_hash() {
        return Some(own);
    }
    let mut sound = found.entries.iter().filter_map(|e| e.annex.as_ref().ok());
    let tomb = sound.find(|a| a.kind == kind::TOMBSTONE && signed::check(*a).is_ok());
    tomb.and_then(|a| a.manifest.clone())
}

/// Checks one file by itself; the annex comes back if its signature is good,
/// whoever made it.
fn check_one(
    annexes: &Annexes,
    entry: &Entry,
    trust: &Trust,
    wrong: &mut Findings,
) -> Option<Annex> {
    let at = place(&entry.name);
    let annex = match &entry.annex {
        Ok(annex) => annex,
        Err(why) => {
            wrong.add(ProblemKind::Unreadable, at, why);
            return None;
        }
    };
    if !signed::judge(annex, entry.canonical, trust, &at, wrong) {
        return None;
    }
    if annex.session != annexes.session {
        let detail = format!("is about session {}", annex.session);
        wrong.add(ProblemKind::Inconsistent, at, detail);
        return None;
    }
    if annex.file_name() != entry.name {
        let detail = format!("is annex {} by its content", annex.file_name());
        wrong.add(ProblemKind::Reordered, at, detail);
    }
    Some(annex.clone())
}

/// The tip counts the annexes. A killed writer may have left it one behind.
fn check_tip(
    annexes: &Annexes,
    found: &Found,
    trust: &Trust,
    last: Option<(&str, bool)>,
    wrong: &mut Findings,
) {
    let at = place(TIP);
    let here = found.count();
    let tip = match &found.tip {
        None if here > 1 => {
            wrong.add(ProblemKind::Missing, at, "the count of the annexes is gone");
            return;
        }
        None => return,
        Some(Err(why)) => {
            wrong.add(ProblemKind::Unreadable, at, why);
            return;
        }
        Some(Ok((tip, canonical))) => {
            if !signed::judge(tip, *canonical, trust, &at, wrong) {
                return;
            }
            tip
        }
    };
    if tip.session != annexes.session {
        let detail = format!("is about session {}", tip.session);
        wrong.add(ProblemKind::Inconsistent, at, detail);
        return;
    }
    let known =
        found.entries.iter().any(|e| e.sha256 == tip.last) || found.taken().contains(&tip.last);
    if !known && last.is_none_or(|(_, whole)| whole) {
        let detail = format!(
            "{here} annexes found, {} stated; the last is missing",
            tip.count
        );
        wrong.add(ProblemKind::CutTail, "annexes", detail);
    } else if known && here > tip.count + 1 {
        let detail = format!("{here} annexes found, {} stated", tip.count);
        wrong.add(ProblemKind::Inconsistent, at, detail);
    }
}
