//! Annexes: signed statements about a record, made after its seal. The record
//! itself is never touched; each annex is bound to it by the manifest's hash
//! and to the annex before by that one's hash. The format is defined in the
//! module documentation of [`crate::record`].

mod check;

pub(super) use check::accounted_for;

use super::disk::{RealDisk, lock_file, private_dirs, replace_whole, write_whole};
use super::error::RecordError;
use super::head::check_id;
use super::key::{SealKey, Trust, keys_dir};
use super::manifest::KeyEntry;
use super::sessions::sessions_dir;
use super::verify::Problem;
use super::{MANIFEST, manifest, signed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// The format of annexes that this program writes.
pub const ANNEX_FORMAT: u32 = 1;

/// Kinds of annexes that this program writes. Others are verified alike.
pub mod kind {
    /// A correction of what was recognised.
    pub const CORRECTION: &str = "correction";
    /// A legal hold begins: nothing may be erased.
    pub const HOLD: &str = "hold";
    /// A legal hold ends.
    pub const RELEASE: &str = "release";
    /// The person concerned asked for erasure.
    pub const REQUEST: &str = "request";
    /// A redacted copy was made.
    pub const REDACTION: &str = "redaction";
    /// The record is to be erased, and what stays known of it.
    pub const TOMBSTONE: &str = "tombstone";
    /// The erasure was brought to its end.
    pub const ERASED: &str = "erased";
    /// A time stamp by an authority.
    pub const TIMESTAMP: &str = "timestamp";
    /// Anything else that somebody wants to state.
    pub const NOTE: &str = "note";
}

/// The file that says how many annexes there are.
const TIP: &str = "tip.json";
const LOCK: &str = "lock";

/// One annex as it stands in its file.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Annex {
    /// Version of the format, now [`ANNEX_FORMAT`].
    pub format: u32,
    /// Its own id, a ULID; also the beginning of its file's name. Ids grow
    /// along the chain.
    pub id: String,
    /// The session that it is about.
    pub session: String,
    /// SHA-256 of the record's `manifest.json`; none if the record was not
    /// sealed when this was stated.
    pub manifest: Option<String>,
    /// What sort of statement, see [`kind`].
    pub kind: String,
    /// When it was stated, in milliseconds since 1970 (UTC).
    pub at_unix_ms: i64,
    /// Who stated it.
    pub by: String,
    /// What is stated; its shape depends on the kind.
    pub body: Value,
    /// SHA-256 of the file of the annex before; none in the first.
    pub prev: Option<String>,
    /// The key that signed.
    pub key: KeyEntry,
    /// Ed25519 signature in hex over the canonical form of all the above.
    pub signature: String,
}

impl Annex {
    /// Its file's name.
    pub fn file_name(&self) -> String {
        format!("{}-{}.json", self.id, self.kind)
    }
}

/// How many annexes there are, kept beside them, so that a missing end shows.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Tip {
    format: u32,
    session: String,
    count: u64,
    last: String,
    key: KeyEntry,
    signature: String,
}

/// What [`Annexes::list`] finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// The annexes that hold: signed by a trusted key, about this record, in
    /// the order in which they were made.
    pub annexes: Vec<Annex>,
    /// Everything that is wrong with this session's annexes; those concerned
    /// are not among the above.
    pub problems: Vec<Problem>,
}

/// The annexes of one session.
#[derive(Clone, Debug)]
pub struct Annexes {
    data_dir: PathBuf,
    dir: PathBuf,
    session: String,
}

/// Where a data folder keeps its annexes.
pub fn annexes_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("annexes")
}

impl Annexes {
    /// The annexes of a session, of which there may be none. Nothing is made.
    ///
    /// # Errors
    /// [`RecordError::BadId`].
    pub fn open(data_dir: &Path, session: &str) -> Result<Self, RecordError> {
        check_id(session)?;
        Ok(Self {
            data_dir: data_dir.to_path_buf(),
            dir: annexes_dir(data_dir).join(session),
            session: session.to_owned(),
        })
    }

    /// The session that they are about.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Their folder; it may not exist.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads all annexes and checks signatures, chain and completeness.
    ///
    /// # Errors
    /// Only where the folder cannot be listed; whatever is wrong inside is in
    /// [`Listed::problems`].
    pub fn list(&self, trust: &Trust) -> Result<Listed, RecordError> {
        let found = check::read(self)?;
        Ok(check::judge(self, found, trust))
    }

    /// Everything that is wrong with this session's annexes, and corrections
    /// of what the record does not say.
    pub fn verify(&self, trust: &Trust) -> Vec<Problem> {
        match self.list(trust) {
            Ok(listed) => {
                let mut problems = listed.problems;
                problems.extend(super::correct::check(&self.record_dir(), &listed.annexes));
                problems
            }
            Err(error) => vec![Problem {
                kind: super::ProblemKind::Unreadable,
                place: "annexes".into(),
                detail: error.to_string(),
            }],
        }
    }

    /// States something about the record, signed by this data folder's key.
    /// `body` holds strings, whole numbers, lists and objects with ASCII
    /// names only. Two who append at once come one after the other.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] if there is neither such a record nor an
    /// annex of one; [`RecordError::Refused`] if the annexes that are there
    /// are damaged, because a new one would cover that up;
    /// [`RecordError::Unstorable`], [`RecordError::BadKey`] and failures of
    /// the disk. Nothing is stated then.
    pub fn append(
        &self,
        kind: &str,
        by: &str,
        body: Value,
        now_unix_ms: i64,
    ) -> Result<Annex, RecordError> {
        let locked = self.lock()?;
        self.append_locked(&locked, kind, by, body, now_unix_ms)
    }

    /// Keeps others from appending until the guard is dropped.
    pub(super) fn lock(&self) -> Result<AnnexLock, RecordError> {
        if !self.dir.is_dir() && !self.record_dir().is_dir() {
            return Err(RecordError::NotFound {
                path: self.record_dir(),
            });
        }
        private_dirs(true)
            .create(&self.dir)
            .map_err(|e| RecordError::io("create", &self.dir, e))?;
        let file = lock_file(&self.dir.join(LOCK))?;
        Ok(AnnexLock { _file: file })
    }

    pub(super) fn append_locked(
        &self,
        locked: &AnnexLock,
        kind: &str,
        by: &str,
        body: Value,
        now_unix_ms: i64,
    ) -> Result<Annex, RecordError> {
        self.state(locked, kind, by, body, now_unix_ms, false)
    }

    /// The same; `despite_damage` only where what is damaged goes away.
    pub(super) fn state(
        &self,
        _locked: &AnnexLock,
        kind: &str,
        by: &str,
        body: Value,
        now_unix_ms: i64,
        despite_damage: bool,
    ) -> Result<Annex, RecordError> {
        check_kind(kind)?;
        signed::check_storable(&body)?;
        let found = check::read(self)?;
        let already = check::judge(self, found.clone(), &Trust::Any);
        if let Some(problem) = already.problems.first().filter(|_| !despite_damage) {
            return Err(RecordError::Refused {
                what: format!(
                    "Nothing can be stated about {}, because its annexes are damaged: {}, {}",
                    self.session, problem.place, problem.detail
                ),
            });
        }
        let last = found.entries.last();
        let key = SealKey::open_or_make(&keys_dir(&self.data_dir))?;
        let mut annex = Annex {
            format: ANNEX_FORMAT,
            id: next_id(last.map(|e| e.id.as_str()), now_unix_ms)?,
            session: self.session.clone(),
            manifest: self
                .manifest_hash()?
                .or_else(|| already.annexes.last().and_then(|a| a.manifest.clone())),
            kind: kind.to_owned(),
            at_unix_ms: now_unix_ms,
            by: by.to_owned(),
            body,
            prev: last.map(|e| e.sha256.clone()),
            key: KeyEntry::default(),
            signature: String::new(),
        };
        let bytes = signed::seal(&mut annex, &key)?;
        write_whole(&RealDisk, &self.dir, &annex.file_name(), &bytes)?;
        let mut tip = Tip {
            format: ANNEX_FORMAT,
            session: self.session.clone(),
            count: found.count() + 1,
            last: super::log::sha256_hex(&bytes),
            key: KeyEntry::default(),
            signature: String::new(),
        };
        let bytes = signed::seal(&mut tip, &key)?;
        replace_whole(&self.dir, TIP, &bytes)?;
        // Read back: numbers and strings are now as they will be read.
        serde_json::from_slice(&signed::bytes(&annex)?).map_err(|e| RecordError::Unstorable {
            what: e.to_string(),
        })
    }

    /// Names and hashes of all files that are or should be annexes.
    pub(super) fn files(&self) -> Result<Vec<(String, String)>, RecordError> {
        let mut out = Vec::new();
        if !self.dir.is_dir() {
            return Ok(out);
        }
        for name in manifest::list_files(&self.dir)? {
            if name != TIP && name != LOCK {
                let hash = manifest::hash_file(&self.dir.join(&name))?.1;
                out.push((name, hash));
            }
        }
        Ok(out)
    }

    /// Takes away the files of annexes that a tombstone accounts for.
    pub(super) fn remove_files(&self, names: &[String]) -> Result<(), RecordError> {
        for name in names {
            let path = self.dir.join(name);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(RecordError::io("remove", &path, e));
                }
                _ => {}
            }
        }
        super::disk::sync_dir(&self.dir)
    }

    fn record_dir(&self) -> PathBuf {
        sessions_dir(&self.data_dir).join(&self.session)
    }

    /// The hash of the record's manifest as it stands, if there is one.
    fn manifest_hash(&self) -> Result<Option<String>, RecordError> {
        let path = self.record_dir().join(MANIFEST);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(manifest::hash_file(&path)?.1))
    }
}

/// Held while one appends.
pub(super) struct AnnexLock {
    _file: File,
}

/// Kinds become part of a file's name.
fn check_kind(kind: &str) -> Result<(), RecordError> {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    if kind.is_empty() || kind.len() > 32 || !kind.chars().all(plain) {
        return Err(RecordError::BadName { found: kind.into() });
    }
    Ok(())
}

/// A ULID of this time that sorts after the last one, even if the clock was
/// put back.
fn next_id(last: Option<&str>, now_unix_ms: i64) -> Result<String, RecordError> {
    let id = super::new_session_id(now_unix_ms)?;
    let Some(last) = last.filter(|last| *last >= id.as_str()) else {
        return Ok(id);
    };
    Ulid::from_string(last)
        .ok()
        .and_then(|last| last.increment().ok())
        .map(|next| next.to_string())
        .ok_or_else(|| RecordError::BadId { found: last.into() })
}
