//! Lists everything that is wrong with a record. Goes on after each problem,
//! and blames as few places as explain what is found.

mod audio;
mod events;
mod order;

use super::error::RecordError;
use super::key::{Trust, key_id};
use super::manifest::{Manifest, SealFault, hash_file, list_files, stays_inside};
use super::reader::read_head;
use super::{AUDIO_CHAIN, CALL_WAV, DOCUMENTS, EVENTS, HEAD, LOCK, MANIFEST};
use serde::Serialize;
use std::fmt;
use std::fs;
use std::path::Path;

/// What sort of thing is wrong.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// A file that should be there is not.
    Missing,
    /// A file or bytes that should not be there are.
    Extra,
    /// Bytes are not those that were written.
    Changed,
    /// The end is missing.
    CutTail,
    /// Lines stand in another order, or twice.
    Reordered,
    /// Lines from the middle are missing.
    Deleted,
    /// A line or file that cannot be read as what it should be.
    Unreadable,
    /// Time goes back.
    WrongClock,
    /// The session was not brought to its end.
    NotSealed,
    /// The signature is not over this manifest.
    BadSignature,
    /// A good signature by a key that is not trusted.
    ForeignSignature,
    /// A time stamp by an authority that does not hold.
    BadTimestamp,
    /// A good time stamp by an authority that no trusted root vouches for.
    ForeignTimestamp,
    /// There is audio without consent.
    NoConsent,
    /// Two files contradict each other.
    Inconsistent,
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Changed => "changed",
            Self::CutTail => "cut tail",
            Self::Reordered => "reordered",
            Self::Deleted => "deleted",
            Self::Unreadable => "unreadable",
            Self::WrongClock => "wrong clock",
            Self::NotSealed => "not sealed",
            Self::BadSignature => "bad signature",
            Self::ForeignSignature => "foreign signature",
            Self::BadTimestamp => "bad time stamp",
            Self::ForeignTimestamp => "foreign stamp",
            Self::NoConsent => "no consent",
            Self::Inconsistent => "inconsistent",
        })
    }
}

/// One thing that is wrong with a record.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What sort of thing.
    pub kind: ProblemKind,
    /// Where: a file's path, then line, second or part, if that is known.
    pub place: String,
    /// What was found and what was expected.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<17} {}: {}", self.kind, self.place, self.detail)
    }
}

/// The problems found so far, each place and kind once.
#[derive(Default)]
pub(super) struct Findings(Vec<Problem>);

impl Findings {
    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    pub(super) fn add(
        &mut self,
        kind: ProblemKind,
        place: impl Into<String>,
        detail: impl Into<String>,
    ) {
        let place = place.into();
        if !self.0.iter().any(|p| p.kind == kind && p.place == place) {
            self.0.push(Problem {
                kind,
                place,
                detail: detail.into(),
            });
        }
    }

    /// Whether anything is known to be wrong with this file.
    fn blames(&self, file: &str) -> bool {
        self.0.iter().any(|p| {
            p.place
                .strip_prefix(file)
                .is_some_and(|r| r.is_empty() || r.starts_with(' '))
        })
    }
}

/// Everything that is wrong with the record in `dir`; empty if it is whole
/// and sealed by a key that `trust` accepts. Needs memory for the audio
/// chain (about 200 bytes for each second), not for log or audio.
pub fn verify(dir: &Path, trust: &Trust) -> Vec<Problem> {
    let mut found = Findings::default();
    let manifest = match Manifest::read(dir) {
        Ok(Some(manifest)) => Some(manifest),
        Ok(None) => {
            let detail = "the session was not brought to its end, or the seal was removed";
            found.add(ProblemKind::NotSealed, MANIFEST, detail);
            None
        }
        Err(e) => {
            found.add(ProblemKind::Unreadable, MANIFEST, reason(&e));
            None
        }
    };
    // Hashing the files whole and walking the chains both read everything:
    // side by side they take half the time.
    let whole = std::thread::scope(|scope| {
        let hashing = scope.spawn(|| manifest.as_ref().map(|m| compare_files(dir, m)));
        if let Some(manifest) = &manifest {
            check_seal(dir, manifest, trust, &mut found);
        }
        check_content(dir, manifest.as_ref(), &mut found);
        hashing.join().unwrap_or_else(|_| {
            let mut findings = Findings::default();
            findings.add(ProblemKind::Unreadable, ".", "comparing the files failed");
            Some(findings)
        })
    });
    match whole {
        Some(whole) => {
            for p in whole.0 {
                // A line or a second says more than "the file is different".
                let named = matches!(p.kind, ProblemKind::Changed | ProblemKind::CutTail)
                    && found.blames(&p.place);
                if !named {
                    found.add(p.kind, p.place, p.detail);
                }
            }
        }
        None => check_names(dir, &mut found),
    }
    found.0
}

/// The sentence of an error, with its cause.
fn reason(e: &RecordError) -> String {
    match std::error::Error::source(e) {
        Some(cause) => format!("{e}: {cause}"),
        None => e.to_string(),
    }
}

fn check_seal(dir: &Path, manifest: &Manifest, trust: &Trust, found: &mut Findings) {
    let same = fs::read(dir.join(MANIFEST))
        .ok()
        .zip(manifest.to_bytes().ok())
        .is_some_and(|(a, b)| a == b);
    if !same {
        let detail = "is not in the one form that a writer gives it";
        found.add(ProblemKind::Changed, MANIFEST, detail);
    }
    match manifest.check_seal() {
        Ok(key) if trust.accepts(&key) => {}
        Ok(key) => {
            let detail = format!(
                "sealed by key {}, which is not among the trusted ones",
                key_id(&key)
            );
            found.add(ProblemKind::ForeignSignature, MANIFEST, detail);
        }
        Err(SealFault::Malformed(what)) => {
            let detail = format!("the {what} is missing or malformed");
            found.add(ProblemKind::BadSignature, MANIFEST, detail);
        }
        Err(SealFault::Invalid) => {
            let detail = "the manifest was changed after it was signed, or its key was replaced";
            found.add(ProblemKind::BadSignature, MANIFEST, detail);
        }
    }
}

/// Head, log and audio: each by its own chain.
fn check_content(dir: &Path, manifest: Option<&Manifest>, found: &mut Findings) {
    let head = match read_head(dir) {
        Ok((head, hash)) => Some((head, hex::encode(hash))),
        Err(RecordError::NotFound { .. }) => {
            if manifest.is_none() {
                found.add(ProblemKind::Missing, HEAD, "the head is not there");
            }
            None
        }
        Err(e) => {
            found.add(ProblemKind::Unreadable, HEAD, reason(&e));
            None
        }
    };
    let sealed = manifest.and_then(|m| m.files.iter().find(|f| f.path == HEAD));
    // If the head is not the sealed one, its id proves nothing.
    if let (Some((head, hash)), Some(manifest), Some(sealed)) = (&head, manifest, sealed)
        && head.session != manifest.session
        && *hash == sealed.sha256
    {
        let detail = format!(
            "is the seal of session {}, but the head is of {}",
            manifest.session, head.session
        );
        found.add(ProblemKind::Inconsistent, MANIFEST, detail);
    }
    // Both chains begin with the head's hash. The sealed one is better than
    // the one found: then a changed head is blamed itself, and only it.
    let start = sealed
        .map(|f| f.sha256.clone())
        .or_else(|| head.map(|(_, hash)| hash));
    let begin = Start {
        hash: start,
        sealed: sealed.is_some(),
    };
    let facts = events::check(dir, manifest, &begin, found);
    let frames = audio::check(dir, manifest, &begin, found);
    if facts.as_ref().is_some_and(|f| f.interrupted)
        && let Some(p) = found
            .0
            .iter_mut()
            .find(|p| p.kind == ProblemKind::NotSealed)
    {
        p.detail = "the session was interrupted, and neither continued nor finished".into();
    }
    let Some(facts) = facts.filter(|_| !found.blames(EVENTS)) else {
        return;
    };
    if frames.is_some() && !facts.consent {
        let detail = "there is a recording, but the log has no consent to it";
        found.add(ProblemKind::NoConsent, CALL_WAV, detail);
    }
    if let (Some(frames), Some(logged), true) = (frames, facts.audio_ended, manifest.is_some())
        && frames != logged
        && !found.blames(CALL_WAV)
    {
        let detail = format!("{frames} samples long, but the log says {logged}");
        found.add(ProblemKind::Inconsistent, CALL_WAV, detail);
    }
}

/// What both chains begin with.
struct Start {
    /// The head's hash in hex, if it is known.
    hash: Option<String>,
    /// Whether it comes from the manifest.
    sealed: bool,
}

/// Compares the folder with the manifest's list.
fn compare_files(dir: &Path, manifest: &Manifest) -> Findings {
    let mut found = Findings::default();
    for entry in &manifest.files {
        if !stays_inside(&entry.path) {
            let detail = format!("lists {:?}, which is not inside the record", entry.path);
            found.add(ProblemKind::Inconsistent, MANIFEST, detail);
            continue;
        }
        let path = dir.join(&entry.path);
        match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let detail = "is in the manifest, but not in the folder";
                found.add(ProblemKind::Missing, &entry.path, detail);
                continue;
            }
            Ok(meta) if !meta.is_file() => {
                found.add(ProblemKind::Changed, &entry.path, "is not a plain file");
                continue;
            }
            _ => {}
        }
        match hash_file(&path) {
            Ok((bytes, _)) if bytes != entry.bytes => {
                let kind = if bytes < entry.bytes {
                    ProblemKind::CutTail
                } else {
                    ProblemKind::Changed
                };
                let detail = format!("{bytes} bytes found, {} sealed", entry.bytes);
                found.add(kind, &entry.path, detail);
            }
            Ok((_, hash)) if hash != entry.sha256 => {
                let detail = "its bytes are not those that were sealed";
                found.add(ProblemKind::Changed, &entry.path, detail);
            }
            Ok(_) => {}
            Err(e) => found.add(ProblemKind::Unreadable, &entry.path, reason(&e)),
        }
    }
    match list_files(dir) {
        Ok(files) => {
            for file in files {
                let listed = manifest.files.iter().any(|e| e.path == file);
                if !listed && file != MANIFEST && !is_empty_lock(dir, &file) {
                    let detail = "is in the folder, but not in the manifest";
                    found.add(ProblemKind::Extra, file, detail);
                }
            }
        }
        Err(e) => found.add(ProblemKind::Unreadable, ".", reason(&e)),
    }
    found
}

/// A writer that was killed between seal and clean-up leaves its lock file.
fn is_empty_lock(dir: &Path, file: &str) -> bool {
    file == LOCK && fs::symlink_metadata(dir.join(file)).is_ok_and(|m| m.is_file() && m.len() == 0)
}

/// Without a manifest only the names can be judged.
fn check_names(dir: &Path, found: &mut Findings) {
    match list_files(dir) {
        Ok(files) => {
            for file in files {
                let known = [HEAD, EVENTS, CALL_WAV, AUDIO_CHAIN, MANIFEST].contains(&&*file)
                    || is_empty_lock(dir, &file)
                    || file
                        .strip_prefix(DOCUMENTS)
                        .is_some_and(|r| r.starts_with('/') && !r.starts_with("/."));
                if !known {
                    found.add(ProblemKind::Extra, file, "is no part of a record");
                }
            }
        }
        Err(e) => found.add(ProblemKind::Unreadable, ".", reason(&e)),
    }
}
