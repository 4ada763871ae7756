//! The messages of RFC 3161 as far as they are needed, and the parts of a
//! token. Certificates stay as the bytes that came, because signatures and
//! hashes are over these.

use super::TimestampError;
use cms::signed_data::{EncapsulatedContentInfo, SignerInfo};
use der::asn1::{Any, BitString, Int, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, Tag, Tagged};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// `id-ct-TSTInfo`.
pub(super) const TST_INFO: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// `id-signedData`.
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// `id-sha256`.
pub(super) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// What is to be stamped: a hash.
#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
pub(super) struct MessageImprint {
    pub(super) hash_algorithm: AlgorithmIdentifierOwned,
    pub(super) hashed_message: OctetString,
}

impl MessageImprint {
    /// Of something whose SHA-256 is known.
    pub(super) fn sha256(hash: [u8; 32]) -> Result<Self, der::Error> {
        Ok(Self {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: SHA_256,
                parameters: None,
            },
            hashed_message: OctetString::new(hash)?,
        })
    }

    /// Whether it is this hash. The parameters of SHA-256 are absent or NULL.
    pub(super) fn is_sha256(&self, hash: [u8; 32]) -> bool {
        self.hash_algorithm.oid == SHA_256 && self.hashed_message.as_bytes() == hash
    }
}

/// `TimeStampReq`, without policy and extensions: the authority's usual
/// policy is asked for.
#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
struct TimeStampReq {
    version: u8,
    imprint: MessageImprint,
    nonce: Int,
    cert_req: bool,
}

/// The bytes of a request for a stamp on this hash; the signer's certificate
/// is asked for, so that the token can be checked by itself later.
pub(super) fn request(hash: [u8; 32], nonce: &Int) -> Result<Vec<u8>, der::Error> {
    let request = TimeStampReq {
        version: 1,
        imprint: MessageImprint::sha256(hash)?,
        nonce: nonce.clone(),
        cert_req: true,
    };
    request.to_der()
}

/// A positive number of 62 bits of chance.
pub(super) fn nonce() -> Result<Int, TimestampError> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(|e| TimestampError::Malformed {
        what: format!("the system has no randomness to give ({e})"),
    })?;
    // Positive and as long as it looks, whatever chance gave.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(Int::new(&bytes)?)
}

#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
struct TimeStampResp {
    status: PkiStatusInfo,
    token: Option<Any>,
}

#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
struct PkiStatusInfo {
    status: u32,
    text: Option<Vec<String>>,
    failure: Option<BitString>,
}

/// `PKIFailureInfo` of RFC 3161, by the number of its bit.
const FAILURES: [(u32, &str); 8] = [
    (0, "unrecognised algorithm"),
    (2, "bad request"),
    (5, "data in a wrong format"),
    (14, "the authority's clock is not available"),
    (15, "the policy is not supported"),
    (16, "an extension is not supported"),
    (17, "more was asked for than there is"),
    (25, "system failure"),
];

/// The token in an authority's answer.
pub(super) fn granted(answer: &[u8]) -> Result<Vec<u8>, TimestampError> {
    let answer = TimeStampResp::from_der(answer)?;
    // 0 granted, 1 granted with modifications; all others carry no token.
    if answer.status.status > 1 {
        let mut why = answer.status.text.unwrap_or_default();
        for (bit, name) in FAILURES {
            let set = |bits: &BitString| bits.get(bit as usize).unwrap_or(false);
            if answer.status.failure.as_ref().is_some_and(set) {
                why.push(name.to_owned());
            }
        }
        return Err(TimestampError::Rejected {
            status: answer.status.status,
            why: if why.is_empty() {
                "no reason given".to_owned()
            } else {
                // The words come from outside.
                let why = why.join("; ");
                why.chars().filter(|c| !c.is_control()).take(200).collect()
            },
        });
    }
    match answer.token {
        Some(token) => Ok(token.to_der()?),
        None => Err(TimestampError::Malformed {
            what: "the answer says granted, but has no token".into(),
        }),
    }
}

/// What the authority signed.
#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
pub(super) struct TstInfo {
    pub(super) version: u8,
    pub(super) policy: ObjectIdentifier,
    pub(super) imprint: MessageImprint,
    pub(super) serial: Int,
    /// A GeneralizedTime; may have a fraction, which `der`'s own type does
    /// not know.
    gen_time: Any,
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    pub(super) nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<Any>,
    #[asn1(
        context_specific = "1",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    extensions: Option<Vec<x509_cert::ext::Extension>>,
}

impl TstInfo {
    /// The stamp's time, in milliseconds since 1970 (UTC).
    pub(super) fn unix_ms(&self) -> Result<i64, TimestampError> {
        let bad = || TimestampError::Malformed {
            what: format!(
                "its time is {:?}, expected YYYYMMDDhhmmss[.f]Z",
                String::from_utf8_lossy(self.gen_time.value())
            ),
        };
        let text = std::str::from_utf8(self.gen_time.value()).map_err(|_| bad())?;
        if self.gen_time.tag() != Tag::GeneralizedTime {
            return Err(bad());
        }
        let digits = text.strip_suffix('Z').ok_or_else(bad)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() != 14 || !plain(whole) || !plain(fraction) {
            return Err(bad());
        }
        let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", whole)
            .and_then(|t| t.to_zoned(jiff::tz::TimeZone::UTC))
            .map_err(|_| bad())?;
        let mut millis = 0;
        for (at, digit) in fraction.bytes().take(3).enumerate() {
            millis += i64::from(digit - b'0') * [100, 10, 1][at];
        }
        Ok(time.timestamp().as_second() * 1000 + millis)
    }

    /// Extensions that must be understood; none is here.
    pub(super) fn has_critical_extension(&self) -> bool {
        let listed = self.extensions.iter().flatten();
        listed.into_iter().any(|extension| extension.critical)
    }
}

#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
struct Accuracy {
    seconds: Option<u64>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u16>,
}

#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: Any,
}

/// `SignedData` of RFC 5652, its certificates as they came.
#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
pub(super) struct Signed {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    pub(super) content: EncapsulatedContentInfo,
    #[asn1(
        context_specific = "0",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    pub(super) certificates: Option<SetOfVec<Any>>,
    #[asn1(
        context_specific = "1",
        tag_mode = "IMPLICIT",
        constructed = "true",
        optional = "true"
    )]
    crls: Option<SetOfVec<Any>>,
    pub(super) signers: SetOfVec<SignerInfo>,
}

impl Signed {
    /// Opens a token.
    pub(super) fn of_token(token: &[u8]) -> Result<Self, TimestampError> {
        let outer = ContentInfo::from_der(token)?;
        if outer.content_type != SIGNED_DATA {
            return Err(TimestampError::Malformed {
                what: format!("found content {}, expected signed data", outer.content_type),
            });
        }
        Ok(outer.content.decode_as()?)
    }
}

/// `SigningCertificateV2` of RFC 5035: which certificate the signer means.
#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
pub(super) struct SigningCertificateV2 {
    pub(super) certs: Vec<EssCertIdV2>,
    policies: Option<Any>,
}

#[derive(Sequence, Clone, Debug, PartialEq, Eq)]
pub(super) struct EssCertIdV2 {
    /// SHA-256 where it is absent.
    pub(super) hash_algorithm: Option<AlgorithmIdentifierOwned>,
    pub(super) hash: OctetString,
    issuer_serial: Option<Any>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(tag: Tag, time: &str) -> Result<i64, String> {
        let info = TstInfo {
            version: 1,
            policy: SHA_256,
            imprint: MessageImprint::sha256([0; 32]).unwrap(),
            serial: Int::new(&[4]).unwrap(),
            gen_time: Any::new(tag, time.as_bytes()).unwrap(),
            accuracy: None,
            ordering: false,
            nonce: None,
            tsa: None,
            extensions: None,
        };
        let info = TstInfo::from_der(&info.to_der().unwrap()).unwrap();
        info.unix_ms().map_err(|e| e.to_string())
    }

    #[test]
    fn times_are_read_with_and_without_a_fraction() {
        for (time, expected) in [
            ("20251112221320Z", 1_762_985_600_000),
            ("20251112221320.5Z", 1_762_985_600_500),
            ("20251112221320.0429Z", 1_762_985_600_042),
            ("19700101000000Z", 0),
        ] {
            assert_eq!(at(Tag::GeneralizedTime, time), Ok(expected), "{time}");
        }
        for time in [
            "",
            "Z",
            "20251112221320",
            "20251112221320+0100",
            "20251312221320Z",
            "202511122213Z",
            "2025111222132éZ",
            "20251112221320.x1Z",
        ] {
            let refused = at(Tag::GeneralizedTime, time).unwrap_err();
            assert!(
                refused.contains("expected YYYYMMDDhhmmss"),
                "{time}: {refused}"
            );
        }
        assert!(at(Tag::UtcTime, "20251112221320Z").is_err());
    }

    #[test]
    fn a_request_is_the_one_that_the_standard_describes() {
        let nonce = Int::new(&[0x31, 0x4c]).unwrap();
        let hash: [u8; 32] = std::array::from_fn(|n| n as u8);
        // Version 1, SHA-256 of these bytes, the nonce, and certReq true.
        let expected = format!(
            "303b020101302f300b060960864801650304020104 20{}0202314c0101ff",
            hex::encode(hash)
        );
        let bytes = request(hash, &nonce).unwrap();
        assert_eq!(hex::encode(bytes), expected.replace(' ', ""));
    }
}
