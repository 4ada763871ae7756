//! The seal: every file's hash, the heads of both chains, and a signature.

use super::disk::read_json;
use super::error::RecordError;
use super::head::FORMAT;
use super::key::{SealKey, key_id, public_key_from_hex};
use super::{CALL_WAV, MANIFEST, RATE};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path};

/// The last file of a record, `manifest.json`: with it, the record is
/// complete.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Version of the record's format.
    pub format: u32,
    /// The session's id.
    pub session: String,
    /// Program name and version that sealed the record.
    pub program: String,
    /// Every other file, sorted by path.
    pub files: Vec<FileEntry>,
    /// The event log's end.
    pub events: EventsEnd,
    /// The recording's end, if audio was recorded.
    pub audio: Option<AudioEnd>,
    /// The key that signed.
    pub key: KeyEntry,
    /// Ed25519 signature in hex over [`canonical`] bytes of all the above.
    pub signature: String,
}

/// One file.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path inside the record, with `/`.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256 in hex.
    pub sha256: String,
}

/// Where the event log ends.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct EventsEnd {
    /// Number of events.
    pub count: u64,
    /// SHA-256 of the last line, without its newline.
    pub last: String,
    /// Session time of the last event, in milliseconds.
    pub ended_ms: u64,
}

/// Where the recording ends.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct AudioEnd {
    /// Frames a second.
    pub rate: u32,
    /// Length in frames.
    pub samples: u64,
    /// The audio chain's last value.
    pub chain: String,
}

/// Who signed.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyEntry {
    /// See [`key_id`].
    pub id: String,
    /// The 32 bytes of the Ed25519 public key, in hex.
    pub public: String,
}

/// What is wrong with a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SealFault {
    /// The public key or the signature is no such thing.
    Malformed(&'static str),
    /// The signature is not over these bytes by this key.
    Invalid,
}

/// The canonical bytes of a JSON value (RFC 8785 for the values that a
/// manifest has: strings, whole numbers, lists, objects with ASCII names):
/// no white space, members sorted by name, shortest escapes.
pub fn canonical(value: &Value) -> Vec<u8> {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut members: Vec<_> = map.iter().collect();
                members.sort_by(|a, b| a.0.cmp(b.0));
                let members = members.into_iter().map(|(k, v)| (k.clone(), sorted(v)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    sorted(value).to_string().into_bytes()
}

impl Manifest {
    /// What a check of the record looks at, in words: what the seal covers.
    pub fn covers(&self) -> Vec<String> {
        let mut out = vec![
            format!("{} files, each by its hash", self.files.len()),
            format!(
                "{} events, each by its link to the one before",
                self.events.count
            ),
        ];
        if let Some(audio) = &self.audio {
            let seconds = audio.samples.div_ceil(u64::from(audio.rate.max(1)));
            out.push(format!("{seconds} seconds of sound, each by its hash"));
        }
        out.push(format!("the signature by key {}", self.key.id));
        out
    }

    /// Signs what the other members say.
    pub(super) fn seal(&mut self, key: &SealKey) -> Result<(), RecordError> {
        let public = key.public();
        self.key = KeyEntry {
            id: key_id(&public),
            public: hex::encode(public.as_bytes()),
        };
        self.signature = hex::encode(key.sign(&self.signed_bytes()?).to_bytes());
        Ok(())
    }

    /// The file's bytes: canonical, and a newline.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        let mut bytes = canonical(&self.value()?);
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn value(&self) -> Result<Value, RecordError> {
        serde_json::to_value(self).map_err(|e| RecordError::Unstorable {
            what: e.to_string(),
        })
    }

    fn signed_bytes(&self) -> Result<Vec<u8>, RecordError> {
        let mut value = self.value()?;
        if let Value::Object(map) = &mut value {
            map.remove("signature");
        }
        Ok(canonical(&value))
    }

    /// Checks the signature with the key that the manifest names. Strict:
    /// one message, one key, one possible signature text.
    pub(super) fn check_seal(&self) -> Result<VerifyingKey, SealFault> {
        let public = public_key_from_hex(&self.key.public)
            .filter(|k| key_id(k) == self.key.id)
            .ok_or(SealFault::Malformed("public key"))?;
        let signature = hex::decode(&self.signature)
            .ok()
            .filter(|bytes| hex::encode(bytes) == self.signature)
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .ok_or(SealFault::Malformed("signature"))?;
        let bytes = self
            .signed_bytes()
            .map_err(|_| SealFault::Malformed("manifest"))?;
        public
            .verify_strict(&bytes, &signature)
            .map_err(|_| SealFault::Invalid)?;
        Ok(public)
    }

    /// Reads `manifest.json` of a record; `None` if there is none.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, RecordError> {
        read_json(&dir.join(MANIFEST))
    }
}

/// What [`describe`] needs to know beyond the files themselves.
pub(super) struct Ends {
    pub(super) session: String,
    pub(super) program: String,
    pub(super) events: EventsEnd,
    pub(super) audio_samples: u64,
    pub(super) audio_chain: [u8; 32],
}

/// An unsigned manifest of the files that stand in `dir`.
pub(super) fn describe(dir: &Path, ends: Ends) -> Result<Manifest, RecordError> {
    let mut files = Vec::new();
    for path in list_files(dir)? {
        if path != MANIFEST && path != super::LOCK {
            let (bytes, sha256) = hash_file(&dir.join(&path))?;
            files.push(FileEntry {
                path,
                bytes,
                sha256,
            });
        }
    }
    let audio = files.iter().any(|f| f.path == CALL_WAV).then(|| AudioEnd {
        rate: RATE,
        samples: ends.audio_samples,
        chain: hex::encode(ends.audio_chain),
    });
    Ok(Manifest {
        format: FORMAT,
        session: ends.session,
        program: ends.program,
        files,
        events: ends.events,
        audio,
        key: KeyEntry {
            id: String::new(),
            public: String::new(),
        },
        signature: String::new(),
    })
}

/// Every file below `dir` as a relative path with `/`, sorted; links are
/// listed, not followed. Names that are not Unicode show a replacement mark.
///
/// # Errors
/// If a folder cannot be listed.
pub fn list_files(dir: &Path) -> Result<Vec<String>, RecordError> {
    fn walk(dir: &Path, prefix: &str, out: &mut Vec<String>) -> Result<(), RecordError> {
        let fail = |e| RecordError::io("list", dir, e);
        for entry in fs::read_dir(dir).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(fail)?.is_dir() {
                walk(&entry.path(), &format!("{path}/"), out)?;
            } else {
                out.push(path);
            }
        }
        Ok(())
    }
    let mut out = Vec::new();
    walk(dir, "", &mut out)?;
    out.sort();
    Ok(out)
}

/// Size and SHA-256 of a file.
pub(super) fn hash_file(path: &Path) -> Result<(u64, String), RecordError> {
    let fail = |e| RecordError::io("read", path, e);
    let mut file = File::open(path).map_err(fail)?;
    let mut hash = Sha256::new();
    let mut buf = vec![0; 1 << 18];
    let mut size = 0;
    loop {
        let n = file.read(&mut buf).map_err(fail)?;
        if n == 0 {
            return Ok((size, hex::encode(hash.finalize())));
        }
        size += n as u64;
        hash.update(&buf[..n]);
    }
}

/// Whether a path from a manifest stays inside the record.
pub(super) fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && Path::new(path)
            .components()
            .all(|c| matches!(c, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_bytes_do_not_depend_on_order_or_white_space() {
        let a: Value =
            serde_json::from_str("{ \"b\": [1, {\"d\":\"\\u00e9\",\"c\":null}], \"a\":2}").unwrap();
        assert_eq!(
            canonical(&a),
            "{\"a\":2,\"b\":[1,{\"c\":null,\"d\":\"é\"}]}".as_bytes()
        );
        assert_eq!(canonical(&json!("\u{1}\n/")), b"\"\\u0001\\n/\"");
    }

    #[test]
    fn paths_that_lead_out_of_the_record_are_seen() {
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "./x"] {
            assert!(!stays_inside(bad), "{bad}");
        }
        assert!(stays_inside("documents/transcript.txt"));
    }
}
