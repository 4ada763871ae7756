//! A certificate as its bytes came, and which of them vouch for which.

use super::TimestampError;
use super::signature;
use der::asn1::{Any, BitString, ObjectIdentifier};
use der::{Decode, Encode, Sequence};
use std::path::{Path, PathBuf};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// `id-kp-timeStamping`.
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// Extensions of a certificate that are understood here, so that they may be
/// critical: basicConstraints, keyUsage, extKeyUsage. Names of subjects are
/// not needed, so subjectAltName may be too.
const UNDERSTOOD: [&str; 4] = ["2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17"];
/// Certificates from the signer to a root at most.
const LONGEST: usize = 8;
/// Signatures that are checked at most before a search is given up: names can
/// be made to match in circles.
const MOST_CHECKS: usize = 64;

/// A certificate split where it is signed.
#[derive(Sequence)]
struct Parts {
    signed: Any,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// One certificate and its bytes.
#[derive(Clone, Debug)]
pub(super) struct Cert {
    pub(super) der: Vec<u8>,
    pub(super) read: Certificate,
}

impl Cert {
    pub(super) fn of_der(der: &[u8]) -> Result<Self, TimestampError> {
        Ok(Self {
            der: der.to_vec(),
            read: Certificate::from_der(der)?,
        })
    }

    /// The subject's name as RFC 4514 writes it.
    pub(super) fn name(&self) -> String {
        let name = self.read.tbs_certificate().subject().to_string();
        name.chars().filter(|c| !c.is_control()).collect()
    }

    fn is_valid_at(&self, unix_ms: i64) -> bool {
        let validity = self.read.tbs_certificate().validity();
        let at = std::time::Duration::from_millis(u64::try_from(unix_ms).unwrap_or(0));
        let from = validity.not_before.to_unix_duration();
        // Valid through the whole of its last second.
        let until = validity.not_after.to_unix_duration() + std::time::Duration::from_millis(999);
        from <= at && at <= until
    }

    /// Whether it may have signed a time stamp at this time (RFC 3161,
    /// section 2.3): it is for that alone, and says so critically.
    pub(super) fn may_stamp_at(&self, unix_ms: i64) -> Result<(), TimestampError> {
        let refuse = |what: &str| {
            Err(TimestampError::Certificate {
                name: self.name(),
                what: what.into(),
            })
        };
        let tbs = self.read.tbs_certificate();
        match tbs.get_extension::<ExtendedKeyUsage>()? {
            None => return refuse("has no extended key usage, expected timeStamping"),
            Some((false, _)) => return refuse("has an extended key usage that is not critical"),
            Some((true, usage)) if usage.0 != [TIME_STAMPING] => {
                return refuse("is for other uses than timeStamping alone");
            }
            Some(_) => {}
        }
        if let Some((_, usage)) = tbs.get_extension::<KeyUsage>()?
            && !usage.digital_signature()
            && !usage.non_repudiation()
        {
            return refuse("has a key that is not for signatures");
        }
        if !self.is_valid_at(unix_ms) {
            return refuse("was not valid at the time that it stamped");
        }
        Ok(())
    }

    /// Whether it may vouch for others, `below` of them authorities too.
    fn may_issue_at(&self, unix_ms: i64, below: usize) -> bool {
        let tbs = self.read.tbs_certificate();
        let Ok(Some((_, basic))) = tbs.get_extension::<BasicConstraints>() else {
            return false;
        };
        let room = basic
            .path_len_constraint
            .is_none_or(|most| below <= usize::from(most));
        let usage = match tbs.get_extension::<KeyUsage>() {
            Ok(usage) => usage.is_none_or(|(_, usage)| usage.key_cert_sign()),
            Err(_) => false,
        };
        // An authority that is limited to other uses vouches for no stamp.
        let purpose = match tbs.get_extension::<ExtendedKeyUsage>() {
            Ok(purpose) => purpose.is_none_or(|(_, p)| p.0.contains(&TIME_STAMPING)),
            Err(_) => false,
        };
        basic.ca && room && usage && purpose && self.is_valid_at(unix_ms)
    }

    fn has_unknown_critical(&self) -> bool {
        let extensions = self.read.tbs_certificate().extensions();
        extensions.into_iter().flatten().any(|extension| {
            extension.critical && !UNDERSTOOD.contains(&extension.extn_id.to_string().as_str())
        })
    }

    /// Whether `issuer` signed this one.
    fn is_signed_by(&self, issuer: &Self) -> bool {
        let checked = (|| {
            let parts = Parts::from_der(&self.der)?;
            let tbs = issuer.read.tbs_certificate();
            signature::check(
                tbs.subject_public_key_info(),
                &parts.algorithm,
                None,
                &parts.signed.to_der()?,
                parts.signature.as_bytes().unwrap_or_default(),
            )
        })();
        checked.is_ok()
    }
}

/// Certificates that a stamp's authority may chain to: trust that is given,
/// not found.
#[derive(Clone, Debug)]
pub struct Roots {
    certs: Vec<Cert>,
    path: PathBuf,
}

impl Roots {
    /// Reads certificates in PEM. Other blocks in the file are refused, so
    /// that a key does not lie about in it.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no certificate or something else.
    pub fn read(path: &Path) -> Result<Self, TimestampError> {
        let bad = |what: String| TimestampError::Roots {
            path: path.into(),
            what,
        };
        let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
        let mut certs = Vec::new();
        let mut rest = text.as_str();
        while let Some(begin) = rest.find("-----BEGIN ") {
            let end = rest[begin..]
                .find("-----END ")
                .and_then(|at| rest[begin + at + 9..].find("-----").map(|n| at + 9 + n + 5))
                .ok_or_else(|| bad("a block in it has no end".into()))?;
            let block = &rest[begin..begin + end];
            let (label, der) = der::pem::decode_vec(block.as_bytes())
                .map_err(|e| bad(format!("block {} is no PEM ({e})", certs.len() + 1)))?;
            if label != "CERTIFICATE" {
                return Err(bad(format!("found a {label}, expected certificates only")));
            }
            let cert = Cert::of_der(&der)
                .map_err(|e| bad(format!("certificate {}: {e}", certs.len() + 1)))?;
            certs.push(cert);
            rest = &rest[begin + end..];
        }
        if certs.is_empty() {
            return Err(bad(
                "found no certificate in PEM, expected at least one".into()
            ));
        }
        Ok(Self {
            certs,
            path: path.into(),
        })
    }

    /// The file that they were read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The root that vouches for `signer` at this time, by its name; through
    /// the certificates of the token where it must be.
    pub(super) fn vouch(
        &self,
        signer: &Cert,
        between: &[Cert],
        unix_ms: i64,
    ) -> Result<String, TimestampError> {
        let mut checks = 0;
        self.climb(signer, between, unix_ms, 0, &mut checks)
            .ok_or_else(|| TimestampError::Untrusted {
                name: signer.name(),
                roots: self.path.clone(),
            })
    }

    fn climb(
        &self,
        cert: &Cert,
        between: &[Cert],
        unix_ms: i64,
        below: usize,
        checks: &mut usize,
    ) -> Option<String> {
        if cert.has_unknown_critical() {
            return None;
        }
        if self.certs.iter().any(|root| root.der == cert.der) {
            return Some(cert.name());
        }
        if below == LONGEST {
            return None;
        }
        let issued = |by: &&Cert| {
            by.read.tbs_certificate().subject() == cert.read.tbs_certificate().issuer()
                && by.der != cert.der
        };
        let candidates = self.certs.iter().chain(between);
        for issuer in candidates.filter(issued) {
            *checks += 1;
            if *checks > MOST_CHECKS {
                return None;
            }
            if issuer.may_issue_at(unix_ms, below)
                && cert.is_signed_by(issuer)
                && let Some(root) = self.climb(issuer, between, unix_ms, below + 1, checks)
            {
                return Some(root);
            }
        }
        None
    }
}
