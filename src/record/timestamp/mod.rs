//! Time stamps by an authority (RFC 3161): that a record was sealed before a
//! certain time, witnessed by somebody else. What is stamped is the SHA-256
//! of the bytes of `manifest.json`, and with it everything in the record.
//! Nothing else leaves the machine, and only where an authority is chosen.
//!
//! A token is kept as an annex of the kind [`kind::TIMESTAMP`] and can be
//! checked without any network. That its signature holds says that somebody
//! with that certificate stamped; that this is an authority says only a root
//! that is trusted here ([`Roots`]). Revocation lists are not asked for: a
//! certificate that was revoked after a stamp does not undo it, and one that
//! was revoked before must be taken from the roots by hand.

mod authority;
mod cert;
mod message;
mod signature;
mod token;

pub use authority::Authority;
pub use cert::Roots;

use super::annex::{Annex, Annexes, kind};
use super::error::RecordError;
use super::hold::text;
use super::manifest;
use super::sessions::sessions_dir;
use super::verify::{Findings, Problem, ProblemKind};
use super::{MANIFEST, check_id};
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Why there is no stamp, or it does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// Not an address that can be asked; correct it.
    #[error("Time-stamp authority {found:?}: expected an address with http:// or https://")]
    BadUrl {
        /// What was given.
        found: String,
    },
    /// The authority cannot be reached or does not answer; try again later.
    #[error("Time-stamp authority {url}: {why}")]
    Network {
        /// Its address.
        url: String,
        /// What failed.
        why: String,
    },
    /// The authority says no.
    #[error("The authority refused a time stamp (status {status}): {why}")]
    Rejected {
        /// PKIStatus of RFC 3161.
        status: u32,
        /// In its own words.
        why: String,
    },
    /// Not what RFC 3161 asks for.
    #[error("The time stamp is malformed: {what}")]
    Malformed {
        /// What was found and what was expected.
        what: String,
    },
    /// A good stamp of something else.
    #[error("The time stamp has another {what}: found {found}, expected {expected}")]
    Mismatch {
        /// Hash or nonce.
        what: &'static str,
        /// As found, in hex.
        found: String,
        /// As expected, in hex.
        expected: String,
    },
    /// Changed after it was signed, or signed by somebody else.
    #[error("The time stamp's signature does not hold")]
    Signature,
    /// The certificate may not be used for this.
    #[error("The time stamp's certificate {name:?} {what}")]
    Certificate {
        /// Its subject.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// An algorithm that is not known here, or not trusted any more.
    #[error("The time stamp cannot be checked here: {what}")]
    Unsupported {
        /// Which one.
        what: String,
    },
    /// No given root vouches for the authority.
    #[error("The authority {name:?} does not chain to a certificate in {roots}")]
    Untrusted {
        /// The signer's name.
        name: String,
        /// The file with the roots.
        roots: PathBuf,
    },
    /// The file with trusted certificates cannot be used.
    #[error("Trusted certificates {path}: {what}")]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The record or its annexes cannot be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<der::Error> for TimestampError {
    fn from(error: der::Error) -> Self {
        Self::Malformed {
            what: error.to_string(),
        }
    }
}

/// One time stamp of a record whose signature holds.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The annex's id.
    pub annex: String,
    /// The stamped time, in milliseconds since 1970 (UTC).
    pub unix_ms: i64,
    /// The authority's policy, an object identifier.
    pub policy: String,
    /// The stamp's number, in hex.
    pub serial: String,
    /// The name in the authority's certificate.
    pub signer: String,
    /// The authority's address.
    pub authority: String,
    /// The trusted root that vouches for the authority; nothing where no
    /// roots are known here.
    pub root: Option<String>,
}

/// The hash of a sealed record's manifest.
fn manifest_hash(data_dir: &Path, session: &str) -> Result<[u8; 32], RecordError> {
    check_id(session)?;
    let dir = sessions_dir(data_dir).join(session);
    if !dir.is_dir() {
        return Err(RecordError::NotFound { path: dir });
    }
    let path = dir.join(MANIFEST);
    if !path.is_file() {
        return Err(RecordError::Refused {
            what: format!("Session {session} is not sealed, so there is nothing to stamp yet"),
        });
    }
    let hash = manifest::hash_file(&path)?.1;
    hash_of_hex(&hash).ok_or(RecordError::Unstorable { what: hash })
}

fn hash_of_hex(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}

/// Gets a stamp for a sealed record from an authority, checks it, and keeps
/// it as an annex. `by` is who asked.
///
/// # Errors
/// If the record is not sealed, the authority does not answer or refuses, or
/// its answer does not hold; nothing is kept then.
pub fn stamp(
    data_dir: &Path,
    session: &str,
    authority: &Authority,
    roots: Option<&Roots>,
    by: &str,
    now_unix_ms: i64,
) -> Result<Stamp, TimestampError> {
    let hash = manifest_hash(data_dir, session)?;
    let nonce = message::nonce()?;
    let answer = authority.ask(&message::request(hash, &nonce)?)?;
    let token = message::granted(&answer)?;
    let checked = token::check(&token, hash)?;
    checked.answers(&nonce)?;
    let root = roots.map(|roots| checked.root(roots)).transpose()?;
    let body = json!({
        "authority": authority.url,
        "time_unix_ms": checked.unix_ms,
        "policy": checked.policy,
        "serial": checked.serial,
        "signer": checked.signer(),
        "token": hex::encode(&token),
    });
    let annexes = Annexes::open(data_dir, session)?;
    let annex = annexes.append(kind::TIMESTAMP, by, body, now_unix_ms)?;
    Ok(told(&annex, &checked, root))
}

fn told(annex: &Annex, checked: &token::Checked, root: Option<String>) -> Stamp {
    Stamp {
        annex: annex.id.clone(),
        unix_ms: checked.unix_ms,
        policy: checked.policy.clone(),
        serial: checked.serial.clone(),
        signer: checked.signer(),
        authority: text(annex, "authority"),
        root,
    }
}

/// Whether one of these annexes is a time stamp.
pub fn is_stamped(annexes: &[Annex]) -> bool {
    annexes.iter().any(|a| a.kind == kind::TIMESTAMP)
}

/// Checks the stamps among a record's annexes (as [`Annexes::list`] gives
/// them: signed, and about this very record), without any network. Stamps
/// that hold come back, and what is wrong with the others.
pub fn check_stamps(annexes: &[Annex], roots: Option<&Roots>) -> (Vec<Stamp>, Vec<Problem>) {
    let mut sound = Vec::new();
    let mut found = Findings::default();
    for annex in annexes.iter().filter(|a| a.kind == kind::TIMESTAMP) {
        let place = format!("annexes/{}", annex.file_name());
        match check_annex(annex) {
            Err(error) => found.add(ProblemKind::BadTimestamp, place, error.to_string()),
            Ok(checked) => match roots.map(|roots| checked.root(roots)).transpose() {
                Ok(root) => sound.push(told(annex, &checked, root)),
                Err(error) => {
                    found.add(ProblemKind::ForeignTimestamp, place, error.to_string());
                }
            },
        }
    }
    (sound, found.into_vec())
}

fn check_annex(annex: &Annex) -> Result<token::Checked, TimestampError> {
    let malformed = |what: &str| TimestampError::Malformed { what: what.into() };
    let hash = annex.manifest.as_deref().and_then(hash_of_hex);
    let hash = hash.ok_or_else(|| malformed("it was stated before the record was sealed"))?;
    let token = hex::decode(text(annex, "token"))
        .ok()
        .filter(|token| !token.is_empty())
        .ok_or_else(|| malformed("the annex has no token in hex"))?;
    let checked = token::check(&token, hash)?;
    let stated = annex.body.get("time_unix_ms").and_then(|t| t.as_i64());
    if stated != Some(checked.unix_ms)
        || text(annex, "policy") != checked.policy
        || text(annex, "serial") != checked.serial
        || text(annex, "signer") != checked.signer()
    {
        return Err(malformed("the annex tells another stamp than its token"));
    }
    Ok(checked)
}
