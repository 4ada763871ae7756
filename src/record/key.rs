//! The key that seals records, made on first use, and its id.

use super::disk::{private_dirs, sync_dir};
use super::error::RecordError;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FILE: &str = "signing.key";

/// An Ed25519 key with its file `signing.key` (PKCS #8, PEM).
pub struct SealKey(SigningKey);

/// A key's short name: the first 16 hex digits of the SHA-256 of the 32
/// bytes of the public key.
pub fn key_id(public: &VerifyingKey) -> String {
    let mut id = hex::encode(Sha256::digest(public.as_bytes()));
    id.truncate(16);
    id
}

impl SealKey {
    /// The key in this folder (`DATA/keys`), made if there is none. The file
    /// can be read by its owner only; one that others can read is refused.
    pub fn open_or_make(keys_dir: &Path) -> Result<Self, RecordError> {
        Self::open_or_make_as(keys_dir, FILE)
    }

    /// The same for a key that signs something else, in a file of its own.
    pub(crate) fn open_or_make_as(keys_dir: &Path, file: &str) -> Result<Self, RecordError> {
        match Self::open_as(keys_dir, file)? {
            Some(key) => Ok(key),
            None => Self::make(keys_dir, file),
        }
    }

    /// The key in this folder, if there is one.
    pub fn open(keys_dir: &Path) -> Result<Option<Self>, RecordError> {
        Self::open_as(keys_dir, FILE)
    }

    fn open_as(keys_dir: &Path, file: &str) -> Result<Option<Self>, RecordError> {
        let path = keys_dir.join(file);
        let pem = match fs::read_to_string(&path) {
            Ok(pem) => pem,
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(e) => return Err(RecordError::io("read", &path, e)),
        };
        refuse_if_open_to_others(&path)?;
        SigningKey::from_pkcs8_pem(&pem)
            .map(|key| Some(Self(key)))
            .map_err(|e| RecordError::BadKey {
                what: format!("it is not an Ed25519 key in PEM ({e})"),
                path,
            })
    }

    fn make(dir: &Path, file: &str) -> Result<Self, RecordError> {
        let path = &dir.join(file);
        let mut seed = [0u8; 32];
        getrandom::fill(&mut seed).map_err(|e| {
            RecordError::io("read randomness for", path, io::Error::other(e.to_string()))
        })?;
        let key = SigningKey::from_bytes(&seed);
        let pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|e| RecordError::BadKey {
                path: path.into(),
                what: e.to_string(),
            })?;
        private_dirs(true)
            .create(dir)
            .map_err(|e| RecordError::io("create", dir, e))?;
        // Named by the public half: two makers at once never share it.
        let temp = dir.join(format!(".{file}.{}.part", key_id(&key.verifying_key())));
        let written = write_private(&temp, pem.as_bytes())
            .map_err(|e| RecordError::io("write", path, e))
            .and_then(|()| publish(&temp, path));
        let _ = fs::remove_file(&temp);
        written?;
        sync_dir(dir)?;
        // Another process may have been first: what is in the file counts.
        Self::open_as(dir, file)?.ok_or_else(|| RecordError::NotFound { path: path.into() })
    }

    /// The public half.
    pub fn public(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Signature {
        self.0.sign(bytes)
    }
}

/// Gives the file its name only if nobody else has done so meanwhile.
fn publish(temp: &Path, path: &Path) -> Result<(), RecordError> {
    match fs::hard_link(temp, path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no links.
        Err(_) => fs::rename(temp, path).map_err(|e| RecordError::io("rename", path, e)),
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn refuse_if_open_to_others(path: &Path) -> Result<(), RecordError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|e| RecordError::io("read", path, e))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(RecordError::BadKey {
        path: path.into(),
        what: format!(
            "others may read it (mode {:o}, expected 600): chmod 600 it, or make a new one if it \
             may have been copied",
            mode & 0o777
        ),
    })
}

#[cfg(not(unix))]
fn refuse_if_open_to_others(_: &Path) -> Result<(), RecordError> {
    Ok(())
}

/// Whose signatures a verification accepts.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Any key: only that the seal is whole is checked, not whose it is.
    Any,
    /// These public keys.
    Keys(Vec<VerifyingKey>),
}

impl Trust {
    /// The own key of this data folder, if it has one, and these others.
    pub fn own(data_dir: &Path, others: &[VerifyingKey]) -> Result<Self, RecordError> {
        let own = SealKey::open(&keys_dir(data_dir))?.map(|key| key.public());
        Ok(Self::Keys(
            own.into_iter().chain(others.iter().copied()).collect(),
        ))
    }

    pub(super) fn accepts(&self, key: &VerifyingKey) -> bool {
        match self {
            Self::Any => true,
            Self::Keys(keys) => keys.contains(key),
        }
    }
}

/// Where a data folder keeps its keys.
pub fn keys_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("keys")
}

/// The file of a data folder's signing key, whether there is one or not.
pub fn key_file(data_dir: &Path) -> PathBuf {
    keys_dir(data_dir).join(FILE)
}

/// Reads a public key from its 64 hex digits.
pub fn public_key_from_hex(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = hex::decode(text.trim()).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let keys = keys_dir(dir.path());
        let first = SealKey::open_or_make(&keys).unwrap().public();
        assert_eq!(SealKey::open_or_make(&keys).unwrap().public(), first);
        assert_eq!(fs::read_dir(&keys).unwrap().count(), 1);
        assert_eq!(key_id(&first).len(), 16);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = keys.join(FILE);
            assert_eq!(
                fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600
            );
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            let refused = SealKey::open(&keys).err().unwrap().to_string();
            assert!(refused.contains("mode 644"), "{refused}");
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        write_private(&dir.path().join(FILE), b"hello").unwrap();
        let refused = SealKey::open(dir.path()).err().unwrap().to_string();
        assert!(refused.contains("not an Ed25519 key"), "{refused}");
    }
}
