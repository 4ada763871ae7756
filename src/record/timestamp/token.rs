//! Checks a time-stamp token by itself: what it stamps, who signed it, with a
//! certificate that may do that (RFC 3161, RFC 5652, RFC 5816).

use super::TimestampError;
use super::cert::{Cert, Roots};
use super::message::{Signed, SigningCertificateV2, TST_INFO, TstInfo};
use super::signature::{self, Hash};
use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::asn1::{Any, Int, ObjectIdentifier, OctetString};
use der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
/// `id-aa-signingCertificateV2`.
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// `id-aa-signingCertificate`, which knows SHA-1 only.
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");

/// What a token says, after its signature was checked.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    /// When, in milliseconds since 1970 (UTC).
    pub(super) unix_ms: i64,
    /// Under which policy: an object identifier.
    pub(super) policy: String,
    /// The stamp's number in hex.
    pub(super) serial: String,
    nonce: Option<Int>,
    signer: Cert,
    others: Vec<Cert>,
}

impl Checked {
    /// Whether it answers the request with this nonce.
    pub(super) fn answers(&self, nonce: &Int) -> Result<(), TimestampError> {
        let shown = |n: &Int| hex::encode(n.as_bytes());
        match &self.nonce {
            Some(found) if found == nonce => Ok(()),
            found => Err(TimestampError::Mismatch {
                what: "nonce",
                found: found.as_ref().map_or_else(|| "none".into(), shown),
                expected: shown(nonce),
            }),
        }
    }

    /// The name in the signer's certificate.
    pub(super) fn signer(&self) -> String {
        self.signer.name()
    }

    /// The root that vouches for the signer, by its name.
    pub(super) fn root(&self, roots: &Roots) -> Result<String, TimestampError> {
        roots.vouch(&self.signer, &self.others, self.unix_ms)
    }
}

fn malformed(what: impl Into<String>) -> TimestampError {
    TimestampError::Malformed { what: what.into() }
}

/// Checks that `token` stamps this SHA-256, and everything that can be
/// checked without trust in anybody.
pub(super) fn check(token: &[u8], hash: [u8; 32]) -> Result<Checked, TimestampError> {
    let signed = Signed::of_token(token)?;
    if signed.content.econtent_type != TST_INFO {
        return Err(malformed(format!(
            "found content {}, expected a time stamp's",
            signed.content.econtent_type
        )));
    }
    let content = signed
        .content
        .econtent
        .as_ref()
        .ok_or_else(|| malformed("it has no content"))?
        .decode_as::<OctetString>()?;
    let signer = match signed.signers.as_slice() {
        [one] => one,
        several => {
            let found = several.len();
            return Err(malformed(format!("{found} signers found, 1 expected")));
        }
    };
    // Certificates that cannot be read are nobody's: the one that is needed
    // is looked for among the others.
    let listed = signed.certificates.iter().flat_map(|set| set.iter());
    let certs: Vec<Cert> = listed
        .filter_map(|any| Cert::of_der(&any.to_der().ok()?).ok())
        .collect();
    let own = certs
        .iter()
        .find(|cert| is_meant(cert, &signer.sid))
        .ok_or_else(|| malformed("its signer's certificate is not in it"))?;
    check_signature(signer, own, content.as_bytes())?;

    let info = TstInfo::from_der(content.as_bytes())?;
    if info.version != 1 {
        let found = info.version;
        return Err(malformed(format!("version {found} found, 1 expected")));
    }
    if info.has_critical_extension() {
        return Err(malformed("it has a critical extension"));
    }
    if !info.imprint.is_sha256(hash) {
        return Err(TimestampError::Mismatch {
            what: "hash",
            found: hex::encode(info.imprint.hashed_message.as_bytes()),
            expected: hex::encode(hash),
        });
    }
    let unix_ms = info.unix_ms()?;
    own.may_stamp_at(unix_ms)?;
    Ok(Checked {
        unix_ms,
        policy: info.policy.to_string(),
        serial: hex::encode(info.serial.as_bytes()),
        nonce: info.nonce,
        signer: own.clone(),
        others: certs,
    })
}

fn is_meant(cert: &Cert, by: &SignerIdentifier) -> bool {
    let tbs = cert.read.tbs_certificate();
    match by {
        SignerIdentifier::IssuerAndSerialNumber(by) => {
            *tbs.issuer() == by.issuer && *tbs.serial_number() == by.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => tbs
            .get_extension::<SubjectKeyIdentifier>()
            .is_ok_and(|found| found.is_some_and(|(_, own)| own == *id)),
    }
}

/// The signature over the signed attributes, and these over the content.
fn check_signature(signer: &SignerInfo, cert: &Cert, content: &[u8]) -> Result<(), TimestampError> {
    let hash = Hash::of(&signer.digest_alg.oid)?;
    let attributes = signer
        .signed_attrs
        .as_ref()
        .ok_or_else(|| malformed("it has no signed attributes"))?;
    let one = |oid: ObjectIdentifier, what: &str| -> Result<&Any, TimestampError> {
        let mut found = attributes.iter().filter(|a| a.oid == oid);
        match (found.next().map(|a| a.values.as_slice()), found.next()) {
            (Some([value]), None) => Ok(value),
            _ => Err(malformed(format!("expected one signed attribute {what}"))),
        }
    };
    if one(CONTENT_TYPE, "contentType")?.decode_as::<ObjectIdentifier>()? != TST_INFO {
        return Err(malformed("its signed content type is not a time stamp's"));
    }
    let digest = one(MESSAGE_DIGEST, "messageDigest")?.decode_as::<OctetString>()?;
    if digest.as_bytes() != hash.digest(content) {
        return Err(TimestampError::Signature);
    }
    if !attributes.iter().any(|a| a.oid == SIGNING_CERTIFICATE_V2)
        && attributes.iter().any(|a| a.oid == SIGNING_CERTIFICATE)
    {
        return Err(TimestampError::Unsupported {
            what: "it names its certificate by SHA-1 only, expected SHA-256 (RFC 5816)".into(),
        });
    }
    let meant: SigningCertificateV2 =
        one(SIGNING_CERTIFICATE_V2, "signingCertificateV2")?.decode_as()?;
    let meant = meant
        .certs
        .first()
        .ok_or_else(|| malformed("it names no certificate"))?;
    let by = match &meant.hash_algorithm {
        Some(algorithm) => Hash::of(&algorithm.oid)?,
        None => Hash::Sha256,
    };
    if meant.hash.as_bytes() != by.digest(&cert.der) {
        return Err(TimestampError::Certificate {
            name: cert.name(),
            what: "is not the one that the signer named".into(),
        });
    }
    signature::check(
        cert.read.tbs_certificate().subject_public_key_info(),
        &signer.signature_algorithm,
        Some(hash),
        // Signed is the DER form with its own tag (RFC 5652, section 5.4).
        &attributes.to_der()?,
        signer.signature.as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_comes_as_a_token_or_an_answer_is_refused_without_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..400)
        ) {
            prop_assert!(check(&bytes, [0; 32]).is_err());
            prop_assert!(super::super::message::granted(&bytes).is_err());
        }
    }
}
