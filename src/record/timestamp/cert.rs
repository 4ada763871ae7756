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

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
        IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
    };
    use rstest::rstest;

    /// 1 July 2025, in the middle of all that is valid.
    const THEN: i64 = 1_751_328_000_000;

    /// A certificate and the key that belongs to it.
    struct Made {
        cert: Cert,
        params: CertificateParams,
        key: KeyPair,
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(2026, 1, 1);
        params
    }

    fn ca(name: &str, most_below: u8) -> CertificateParams {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(most_below));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
    }

    /// With an extended key usage of these bytes in hex.
    fn for_use(usage: &str, critical: bool) -> CertificateParams {
        let mut params = params("Stamps");
        let usage = hex::decode(usage).unwrap();
        let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], usage);
        extension.set_criticality(critical);
        params.custom_extensions.push(extension);
        params
    }

    /// For time stamps alone, critically or not.
    fn stamps(critical: bool) -> CertificateParams {
        for_use("300a06082b06010505070308", critical)
    }

    fn made(params: CertificateParams, by: Option<&Made>) -> Made {
        let key = KeyPair::generate().unwrap();
        let cert = match by {
            Some(by) => {
                let issuer = Issuer::from_params(&by.params, &by.key);
                params.signed_by(&key, &issuer).unwrap()
            }
            None => params.self_signed(&key).unwrap(),
        };
        let cert = Cert::of_der(cert.der()).unwrap();
        Made { cert, params, key }
    }

    fn roots(made: &Made) -> Roots {
        Roots {
            certs: vec![made.cert.clone()],
            path: "roots.pem".into(),
        }
    }

    #[test]
    fn only_a_certificate_for_stamps_alone_may_stamp() {
        let told = |params: CertificateParams, at: i64| {
            made(params, None)
                .cert
                .may_stamp_at(at)
                .map_err(|e| e.to_string())
        };
        assert_eq!(told(stamps(true), THEN), Ok(()));
        let several = for_use("301406082b0601050507030806082b06010505070301", true);
        let mut elsewhere = stamps(true);
        elsewhere.key_usages = vec![KeyUsagePurpose::KeyAgreement];
        let year = 366 * 24 * 3600 * 1000;
        for (params, at, expected) in [
            (params("None"), THEN, "has no extended key usage"),
            (stamps(false), THEN, "is not critical"),
            (several, THEN, "other uses than timeStamping alone"),
            (elsewhere, THEN, "not for signatures"),
            (stamps(true), THEN - year, "was not valid"),
            (stamps(true), THEN + year, "was not valid"),
        ] {
            let refused = told(params, at).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn a_root_vouches_through_those_between() {
        let root = made(ca("Root", 1), None);
        let middle = made(ca("Middle", 0), Some(&root));
        let signer = made(stamps(true), Some(&middle));
        let roots = roots(&root);
        let between = [signer.cert.clone(), middle.cert.clone()];
        assert_eq!(
            roots.vouch(&signer.cert, &between, THEN).unwrap(),
            "CN=Root"
        );
        assert!(roots.vouch(&signer.cert, &[], THEN).is_err());
    }

    #[rstest]
    #[case::that_is_no_authority(params("Middle"), 1)]
    #[case::for_servers_only(for_servers(), 1)]
    #[case::under_a_root_that_allows_none_between(ca("Middle", 0), 0)]
    #[case::with_an_unknown_critical_rule(with_a_rule(), 1)]
    #[case::that_had_expired(expired(), 1)]
    fn a_root_does_not_vouch_through_one(#[case] middle: CertificateParams, #[case] below: u8) {
        let root = made(ca("Root", below), None);
        let middle = made(middle, Some(&root));
        let signer = made(stamps(true), Some(&middle));
        let refused = roots(&root).vouch(&signer.cert, &[middle.cert], THEN);
        assert!(matches!(refused, Err(TimestampError::Untrusted { .. })));
    }

    fn for_servers() -> CertificateParams {
        let mut params = ca("Middle", 0);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params
    }

    fn with_a_rule() -> CertificateParams {
        let mut params = ca("Middle", 0);
        let mut rule = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        rule.set_criticality(true);
        params.custom_extensions.push(rule);
        params
    }

    fn expired() -> CertificateParams {
        let mut params = ca("Middle", 0);
        params.not_after = date_time_ymd(2025, 2, 1);
        params
    }

    #[test]
    fn a_name_alone_vouches_for_nobody() {
        let root = made(ca("Root", 1), None);
        let double = made(ca("Root", 1), None);
        let signer = made(stamps(true), Some(&double));
        assert!(roots(&root).vouch(&signer.cert, &[], THEN).is_err());
        assert!(roots(&double).vouch(&signer.cert, &[], THEN).is_ok());
    }

    #[test]
    fn names_in_a_circle_end() {
        // Each named as the issuer of the other, and neither a root.
        let one = made(ca("One", 9), None);
        let two = made(ca("Two", 9), Some(&one));
        let again = {
            let key = KeyPair::generate().unwrap();
            let cert = ca("One", 9)
                .signed_by(&key, &Issuer::from_params(&two.params, &two.key))
                .unwrap();
            Cert::of_der(cert.der()).unwrap()
        };
        let root = made(ca("Root", 1), None);
        let signer = made(stamps(true), Some(&two));
        let between = [two.cert, again];
        assert!(roots(&root).vouch(&signer.cert, &between, THEN).is_err());
    }

    #[test]
    fn a_file_of_roots_holds_certificates_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("roots.pem");
        let root = params("Root");
        let key = KeyPair::generate().unwrap();
        let pem = root.self_signed(&key).unwrap().pem();
        let told = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Roots::read(&file)
                .map(|roots| roots.certs.len())
                .map_err(|e| e.to_string())
        };
        assert_eq!(told(&format!("Root\n{pem}\nand again\n{pem}")), Ok(2));
        for (text, expected) in [
            (String::new(), "found no certificate"),
            (pem.replace("-----END", "END"), "has no end"),
            (pem.replace("MI", "!!"), "is no PEM"),
            (format!("{pem}{}", key.serialize_pem()), "PRIVATE KEY"),
        ] {
            let refused = told(&text).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
