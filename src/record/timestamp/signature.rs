//! Checks one signature with the key of a certificate: RSA (PKCS #1 v1.5 and
//! PSS) of at least 2048 bits and ECDSA on P-256, over SHA-256, SHA-384 or
//! SHA-512. What else there is is refused by its number, not guessed at.

use super::TimestampError;
use der::asn1::{ObjectIdentifier, UintRef};
use der::{Decode, Sequence};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{BoxedUint, PublicKey, pkcs1v15, pss};
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
const EC: ObjectIdentifier = oid("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");

const RSA_WITH: [(ObjectIdentifier, Hash); 3] = [
    (oid("1.2.840.113549.1.1.11"), Hash::Sha256),
    (oid("1.2.840.113549.1.1.12"), Hash::Sha384),
    (oid("1.2.840.113549.1.1.13"), Hash::Sha512),
];
const ECDSA_WITH: [(ObjectIdentifier, Hash); 3] = [
    (oid("1.2.840.10045.4.3.2"), Hash::Sha256),
    (oid("1.2.840.10045.4.3.3"), Hash::Sha384),
    (oid("1.2.840.10045.4.3.4"), Hash::Sha512),
];
const HASHES: [(ObjectIdentifier, Hash); 3] = [
    (super::message::SHA_256, Hash::Sha256),
    (oid("2.16.840.1.101.3.4.2.2"), Hash::Sha384),
    (oid("2.16.840.1.101.3.4.2.3"), Hash::Sha512),
];

/// Bits that an RSA key must have at least.
const RSA_BITS: usize = 2048;

/// A hash function that is trusted here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By its number.
    pub(super) fn of(oid: &ObjectIdentifier) -> Result<Self, TimestampError> {
        named(&HASHES, oid).ok_or_else(|| unsupported("hash function", oid))
    }

    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

fn named(list: &[(ObjectIdentifier, Hash)], oid: &ObjectIdentifier) -> Option<Hash> {
    list.iter().find(|(known, _)| known == oid).map(|(_, h)| *h)
}

fn unsupported(what: &str, oid: &ObjectIdentifier) -> TimestampError {
    TimestampError::Unsupported {
        what: format!(
            "{what} {oid} is not known here, expected RSA or ECDSA on P-256 with SHA-256, \
             SHA-384 or SHA-512"
        ),
    }
}

/// `RSAPublicKey` of PKCS #1.
#[derive(Sequence)]
struct RsaNumbers<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// `RSASSA-PSS-params` of RFC 4055.
#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt: Option<u16>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u8>,
}

/// Checks that `signature` is over `message` by this key. `with` is the hash
/// that stands beside the algorithm in a token; a certificate's algorithm
/// names its own.
///
/// # Errors
/// [`TimestampError::Signature`] if it is not, and
/// [`TimestampError::Unsupported`] if that cannot be told.
pub(super) fn check(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    with: Option<Hash>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), TimestampError> {
    let number = &algorithm.oid;
    if *number == RSA_PSS {
        let (hash, salt) = pss_parameters(algorithm)?;
        agree(hash, with)?;
        return rsa_pss(&rsa_key(key)?, hash, salt, message, signature);
    }
    if let Some(hash) = named(&ECDSA_WITH, number) {
        agree(hash, with)?;
        return ecdsa(key, &hash.digest(message), signature);
    }
    let hash = match (named(&RSA_WITH, number), with) {
        (Some(hash), with) => {
            agree(hash, with)?;
            hash
        }
        (None, Some(with)) if *number == RSA => with,
        _ => return Err(unsupported("signature", number)),
    };
    rsa_pkcs1(&rsa_key(key)?, hash, message, signature)
}

fn agree(hash: Hash, with: Option<Hash>) -> Result<(), TimestampError> {
    if with.is_none_or(|with| with == hash) {
        return Ok(());
    }
    Err(TimestampError::Malformed {
        what: "digest and signature name two hash functions".into(),
    })
}

fn wrong<E>(_: E) -> TimestampError {
    TimestampError::Signature
}

fn rsa_key(key: &SubjectPublicKeyInfoOwned) -> Result<PublicKey, TimestampError> {
    if ![RSA, RSA_PSS].contains(&key.algorithm.oid) {
        return Err(unsupported("key", &key.algorithm.oid));
    }
    let malformed = || TimestampError::Malformed {
        what: "the certificate's RSA key cannot be read".into(),
    };
    let bytes = key.subject_public_key.as_bytes().ok_or_else(malformed)?;
    let numbers = RsaNumbers::from_der(bytes)?;
    let number = |uint: UintRef<'_>| {
        let bytes = uint.as_bytes();
        let bits = u32::try_from(bytes.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(8);
        BoxedUint::from_be_slice(bytes, bits).map_err(|_| malformed())
    };
    let modulus = numbers.modulus.as_bytes();
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |b| b.leading_zeros() as usize);
    if bits < RSA_BITS {
        return Err(TimestampError::Unsupported {
            what: format!("an RSA key of {bits} bits, expected at least {RSA_BITS}"),
        });
    }
    PublicKey::new(number(numbers.modulus)?, number(numbers.exponent)?).map_err(|_| malformed())
}

fn rsa_pkcs1(
    key: &PublicKey,
    hash: Hash,
    message: &[u8],
    signature: &[u8],
) -> Result<(), TimestampError> {
    let signature = pkcs1v15::Signature::try_from(signature).map_err(wrong)?;
    let digest = hash.digest(message);
    let key = key.clone();
    match hash {
        Hash::Sha256 => {
            pkcs1v15::VerifyingKey::<Sha256>::new(key).verify_prehash(&digest, &signature)
        }
        Hash::Sha384 => {
            pkcs1v15::VerifyingKey::<Sha384>::new(key).verify_prehash(&digest, &signature)
        }
        Hash::Sha512 => {
            pkcs1v15::VerifyingKey::<Sha512>::new(key).verify_prehash(&digest, &signature)
        }
    }
    .map_err(wrong)
}

fn rsa_pss(
    key: &PublicKey,
    hash: Hash,
    salt: usize,
    message: &[u8],
    signature: &[u8],
) -> Result<(), TimestampError> {
    let signature = pss::Signature::try_from(signature).map_err(wrong)?;
    let digest = hash.digest(message);
    let key = key.clone();
    match hash {
        Hash::Sha256 => pss::VerifyingKey::<Sha256>::new_with_salt_len(key, salt)
            .verify_prehash(&digest, &signature),
        Hash::Sha384 => pss::VerifyingKey::<Sha384>::new_with_salt_len(key, salt)
            .verify_prehash(&digest, &signature),
        Hash::Sha512 => pss::VerifyingKey::<Sha512>::new_with_salt_len(key, salt)
            .verify_prehash(&digest, &signature),
    }
    .map_err(wrong)
}

/// Hash and length of the salt. The mask must use the same hash, as it does
/// wherever PSS is used with a hash that is still trusted.
fn pss_parameters(algorithm: &AlgorithmIdentifierOwned) -> Result<(Hash, usize), TimestampError> {
    let missing = || TimestampError::Unsupported {
        what: "PSS with SHA-1, expected SHA-256, SHA-384 or SHA-512".into(),
    };
    let parameters = algorithm.parameters.as_ref().ok_or_else(missing)?;
    let parameters: PssParameters = parameters.decode_as()?;
    let hash = Hash::of(&parameters.hash.ok_or_else(missing)?.oid)?;
    let mask = parameters.mask.ok_or_else(missing)?;
    let mask_hash = match (&mask.oid, &mask.parameters) {
        (oid, Some(inner)) if *oid == MGF1 => {
            Hash::of(&inner.decode_as::<AlgorithmIdentifierOwned>()?.oid)?
        }
        (oid, _) => return Err(unsupported("mask", oid)),
    };
    agree(hash, Some(mask_hash))?;
    if parameters.trailer.is_some_and(|t| t != 1) {
        return Err(TimestampError::Malformed {
            what: "PSS has another trailer than 1".into(),
        });
    }
    Ok((hash, usize::from(parameters.salt.unwrap_or(20))))
}

fn ecdsa(
    key: &SubjectPublicKeyInfoOwned,
    digest: &[u8],
    signature: &[u8],
) -> Result<(), TimestampError> {
    if key.algorithm.oid != EC {
        return Err(unsupported("key", &key.algorithm.oid));
    }
    let curve = key.algorithm.parameters.as_ref();
    let curve = curve.and_then(|c| c.decode_as::<ObjectIdentifier>().ok());
    if curve != Some(P_256) {
        let named = curve.map_or_else(|| "an unnamed one".to_owned(), |c| c.to_string());
        return Err(TimestampError::Unsupported {
            what: format!("curve {named} is not known here, expected P-256"),
        });
    }
    let point = key.subject_public_key.as_bytes().unwrap_or_default();
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| {
        TimestampError::Malformed {
            what: "the certificate's P-256 key is no point of the curve".into(),
        }
    })?;
    let signature = p256::ecdsa::Signature::from_der(signature).map_err(wrong)?;
    key.verify_prehash(digest, &signature).map_err(wrong)
}
