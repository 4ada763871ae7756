//! Signed JSON objects: canonical, with the members `key` and `signature`.

use super::error::RecordError;
use super::key::{SealKey, Trust, key_id, public_key_from_hex};
use super::manifest::{KeyEntry, SealFault, canonical};
use super::verify::{Findings, ProblemKind};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The largest whole number that every reader of JSON reads the same.
const EXACT: u64 = 1 << 53;

fn unstorable(what: impl ToString) -> RecordError {
    RecordError::Unstorable {
        what: what.to_string(),
    }
}

fn members<T: Serialize>(of: &T) -> Result<Map<String, Value>, RecordError> {
    match serde_json::to_value(of).map_err(unstorable)? {
        Value::Object(members) => Ok(members),
        _ => Err(unstorable("not an object")),
    }
}

/// The bytes of its file: canonical, and a newline.
pub(crate) fn bytes<T: Serialize>(of: &T) -> Result<Vec<u8>, RecordError> {
    let mut bytes = canonical(&Value::Object(members(of)?));
    bytes.push(b'\n');
    Ok(bytes)
}

/// Fills in the members `key` and `signature`; the file's bytes come back.
pub(crate) fn seal<T: Serialize + DeserializeOwned>(
    object: &mut T,
    key: &SealKey,
) -> Result<Vec<u8>, RecordError> {
    let mut value = members(object)?;
    let public = key.public();
    let entry = KeyEntry {
        id: key_id(&public),
        public: hex::encode(public.as_bytes()),
    };
    value.insert(
        "key".into(),
        serde_json::to_value(entry).map_err(unstorable)?,
    );
    value.remove("signature");
    let signature = key.sign(&canonical(&Value::Object(value.clone())));
    let signature = hex::encode(signature.to_bytes());
    value.insert("signature".into(), Value::String(signature));
    *object = serde_json::from_value(Value::Object(value)).map_err(unstorable)?;
    bytes(object)
}

/// Checks the signature with the key that the object names. Strict: one
/// message, one key, one possible signature text.
pub(crate) fn check<T: Serialize>(object: &T) -> Result<VerifyingKey, SealFault> {
    let mut value = members(object).map_err(|_| SealFault::Malformed("object"))?;
    let entry: KeyEntry = value
        .get("key")
        .and_then(|key| serde_json::from_value(key.clone()).ok())
        .ok_or(SealFault::Malformed("public key"))?;
    let public = public_key_from_hex(&entry.public)
        .filter(|key| key_id(key) == entry.id)
        .ok_or(SealFault::Malformed("public key"))?;
    let Some(Value::String(text)) = value.remove("signature") else {
        return Err(SealFault::Malformed("signature"));
    };
    let signature = hex::decode(&text)
        .ok()
        .filter(|bytes| hex::encode(bytes) == text)
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(SealFault::Malformed("signature"))?;
    public
        .verify_strict(&canonical(&Value::Object(value)), &signature)
        .map_err(|_| SealFault::Invalid)?;
    Ok(public)
}

/// Reads an object that was signed, and whether its bytes are in the one form
/// that a writer gives it.
pub(super) fn parse<T: DeserializeOwned + Serialize>(file: &[u8]) -> (Result<T, String>, bool) {
    match serde_json::from_slice::<T>(file) {
        Ok(value) => {
            let same = bytes(&value).is_ok_and(|own| own == file);
            (Ok(value), same)
        }
        Err(e) => (Err(e.to_string()), false),
    }
}

/// Whether the signature is good; that it is foreign is only told.
pub(super) fn judge<T: Serialize>(
    object: &T,
    canonical: bool,
    trust: &Trust,
    at: &str,
    wrong: &mut Findings,
) -> bool {
    match check(object) {
        Ok(key) => {
            if !canonical {
                let detail = "is not in the one form that a writer gives it";
                wrong.add(ProblemKind::Changed, at, detail);
                return false;
            }
            if !trust.accepts(&key) {
                let detail = format!(
                    "signed by key {}, which is not among the trusted ones",
                    key_id(&key)
                );
                wrong.add(ProblemKind::ForeignSignature, at, detail);
            }
            true
        }
        Err(SealFault::Malformed(what)) => {
            let detail = format!("the {what} is missing or malformed");
            wrong.add(ProblemKind::BadSignature, at, detail);
            false
        }
        Err(SealFault::Invalid) => {
            let detail = "was changed after it was signed, or its key was replaced";
            wrong.add(ProblemKind::BadSignature, at, detail);
            false
        }
    }
}

/// Whether every reader of JSON gives this value the same canonical form.
pub(super) fn check_storable(value: &Value) -> Result<(), RecordError> {
    match value {
        Value::Number(n) => {
            let size = n.as_u64().or_else(|| n.as_i64().map(i64::unsigned_abs));
            if size.is_none_or(|size| size > EXACT) {
                return Err(unstorable(format!(
                    "found the number {n}, expected a whole number of at most 2^53"
                )));
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(check_storable),
        Value::Object(map) => map.iter().try_for_each(|(name, value)| {
            if !name.is_ascii() {
                return Err(unstorable(format!(
                    "found the member {name:?}, expected a name in ASCII"
                )));
            }
            check_storable(value)
        }),
        _ => Ok(()),
    }
}
