//! Public keys of others that are trusted here, each under a name that
//! somebody gave it: `keys/trusted/<key id>.json`. Whoever can write to the
//! data folder can add one, as he could replace the own key.

use super::disk::{private_dirs, read_json, replace_whole};
use super::error::RecordError;
use super::key::{Trust, key_id, keys_dir, public_key_from_hex};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey, EncodePublicKey};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A key of somebody else that is trusted here.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// See [`key_id`].
    pub id: String,
    /// Whose it is, in the words of the one who trusted it.
    pub name: String,
    /// The 32 bytes of the Ed25519 public key, in hex.
    pub public: String,
    /// When it was trusted, in milliseconds since 1970 (UTC).
    pub since_unix_ms: i64,
}

impl TrustedKey {
    /// The key itself; nothing if the entry was changed so that its parts do
    /// not fit each other.
    pub fn key(&self) -> Option<VerifyingKey> {
        public_key_from_hex(&self.public).filter(|key| key_id(key) == self.id)
    }
}

fn dir(data_dir: &Path) -> PathBuf {
    keys_dir(data_dir).join("trusted")
}

/// The keys of others that are trusted here, by their ids.
///
/// # Errors
/// If the folder cannot be listed, or an entry is none.
pub fn trusted_keys(data_dir: &Path) -> Result<Vec<TrustedKey>, RecordError> {
    let dir = dir(data_dir);
    let fail = |e| RecordError::io("list", &dir, e);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(e) => return Err(fail(e)),
    };
    let mut out = Vec::new();
    for entry in entries {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What a killed writer had not yet renamed was never trusted.
        if name.starts_with('.') {
            continue;
        }
        let Some(entry) = read_json::<TrustedKey>(&path)? else {
            continue;
        };
        if entry.key().is_none() || *name != *format!("{}.json", entry.id) {
            return Err(RecordError::BadKey {
                path,
                what: "its name, id and key do not belong together; distrust it and trust it \
                       again"
                    .into(),
            });
        }
        out.push(entry);
    }
    out.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

/// Trusts a key from now on, or gives one that is trusted another name.
///
/// # Errors
/// [`RecordError::Refused`] for an empty name or the own key; failures of
/// the disk.
pub fn trust_key(
    data_dir: &Path,
    key: &VerifyingKey,
    name: &str,
    now_unix_ms: i64,
) -> Result<TrustedKey, RecordError> {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let entry = TrustedKey {
        id: key_id(key),
        name: name.trim().to_owned(),
        public: hex::encode(key.as_bytes()),
        since_unix_ms: now_unix_ms,
    };
    let refuse = |what: String| Err(RecordError::Refused { what });
    if entry.name.is_empty() {
        return refuse("Found an empty name, expected whose key it is".into());
    }
    if matches!(Trust::own(data_dir, &[])?, Trust::Keys(own) if own.contains(key)) {
        return refuse(format!("Key {} is the own key of this folder", entry.id));
    }
    let dir = dir(data_dir);
    private_dirs(true)
        .create(&dir)
        .map_err(|e| RecordError::io("create", &dir, e))?;
    let mut bytes = serde_json::to_vec(&entry).map_err(|e| RecordError::Unstorable {
        what: e.to_string(),
    })?;
    bytes.push(b'\n');
    replace_whole(&dir, &format!("{}.json", entry.id), &bytes)?;
    Ok(entry)
}

/// Trusts a key no longer.
///
/// # Errors
/// [`RecordError::Refused`] if it was not trusted; failures of the disk.
pub fn distrust_key(data_dir: &Path, id: &str) -> Result<(), RecordError> {
    let refuse = |what: String| Err(RecordError::Refused { what });
    if id.len() != 16 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return refuse(format!("Found {id:?}, expected a key id of 16 hex digits"));
    }
    let path = dir(data_dir).join(format!("{}.json", id.to_lowercase()));
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            refuse(format!("Key {id} is not among the trusted ones"))
        }
        Err(e) => Err(RecordError::io("remove", &path, e)),
    }
}

impl Trust {
    /// The own key of this data folder, the keys of others that are trusted
    /// in it, and these. For reading what others sealed; orders (erasure,
    /// holds) count with [`Trust::own`] only.
    ///
    /// # Errors
    /// If a key cannot be read.
    pub fn known(data_dir: &Path, others: &[VerifyingKey]) -> Result<Self, RecordError> {
        let mut all: Vec<VerifyingKey> = others.to_vec();
        all.extend(trusted_keys(data_dir)?.iter().filter_map(TrustedKey::key));
        Self::own(data_dir, &all)
    }
}

/// A public key in PEM (SubjectPublicKeyInfo), as other programs read it.
pub fn public_key_to_pem(key: &VerifyingKey) -> String {
    // Fails only where memory does.
    key.to_public_key_pem(LineEnding::LF).unwrap_or_default()
}

/// Reads a public key from PEM (SubjectPublicKeyInfo).
pub fn public_key_from_pem(text: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_public_key_pem(text.trim()).ok()
}
