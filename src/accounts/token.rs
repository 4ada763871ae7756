//! Tokens: a claim and its signature, `PAYLOAD.SIGNATURE` in base64url. The
//! payload is JSON; the Ed25519 signature is over a line that says what it
//! is for, and the payload's bytes. A token that is signed still counts only
//! while the store knows it.

use super::AccountsError;
use super::role::Role;
use crate::record::{SealKey, VerifyingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// Longest token that is looked at, in bytes.
const MOST: usize = 1024;

/// What is signed before the payload: a signature for one thing is none for
/// another.
const PURPOSE: &[u8] = b"viva token 1\n";

/// What a token is for.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// One interview.
    Invite,
    /// A program that acts in a role.
    Access,
    /// The first administrator's account.
    Setup,
}

/// What a token says.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// What for.
    pub kind: TokenKind,
    /// Id in the store.
    pub id: String,
    /// In which role.
    pub role: Role,
    /// From when on it does not count, in milliseconds since 1970 (UTC).
    pub expires_unix_ms: i64,
}

/// Why a token does not count.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not of our making at all.
    #[error("The token is not one of this program: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// Signed by somebody else, or changed.
    #[error("The token's signature is not this engine's")]
    Signature,
    /// Its time is over.
    #[error("Token {id} has expired")]
    Expired {
        /// Its id.
        id: String,
    },
    /// It was taken back, or the store does not know it.
    #[error("Token {id} was revoked")]
    Revoked {
        /// Its id.
        id: String,
    },
    /// It is for something else.
    #[error("A token of kind {found:?} is not for this")]
    Kind {
        /// What it is for.
        found: TokenKind,
    },
    /// The store cannot be read.
    #[error("The token cannot be looked up: {what}")]
    Store {
        /// What the system said.
        what: String,
    },
}

impl Claims {
    /// The token's text.
    pub(super) fn sign(&self, key: &SealKey) -> Result<String, AccountsError> {
        let payload = serde_json::to_vec(self)
            .map_err(|e| AccountsError::Machine(format!("The token cannot be made: {e}")))?;
        let signature = key.sign(&signed(&payload)).to_bytes();
        Ok(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(payload),
            URL_SAFE_NO_PAD.encode(signature)
        ))
    }

    /// What a token says, if this key signed it. Whether it has expired or
    /// was revoked is not looked at here.
    pub(super) fn read(token: &str, key: &VerifyingKey) -> Result<Self, TokenError> {
        let bad = |what| TokenError::Malformed { what };
        let (payload, signature) = parts(token)?;
        let signature: [u8; 64] = signature
            .try_into()
            .map_err(|_| bad("its signature is not 64 bytes long"))?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        key.verify_strict(&signed(&payload), &signature)
            .map_err(|_| TokenError::Signature)?;
        serde_json::from_slice(&payload).map_err(|_| bad("it says nothing that is known"))
    }

    /// What a token says of itself, unproven: for whoever holds it.
    ///
    /// # Errors
    /// Where it is no token.
    pub fn peek(token: &str) -> Result<Self, TokenError> {
        let (payload, _) = parts(token)?;
        serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed {
            what: "it says nothing that is known",
        })
    }
}

fn parts(token: &str) -> Result<(Vec<u8>, Vec<u8>), TokenError> {
    let bad = |what| TokenError::Malformed { what };
    if token.len() > MOST {
        return Err(bad("it is too long"));
    }
    let (payload, signature) = token
        .split_once('.')
        .ok_or_else(|| bad("it has no signature"))?;
    let read = |text| {
        URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| bad("it is not base64url"))
    };
    Ok((read(payload)?, read(signature)?))
}

fn signed(payload: &[u8]) -> Vec<u8> {
    [PURPOSE, payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claims() -> Claims {
        Claims {
            kind: TokenKind::Access,
            id: "01J8Z3Y6Q7V8W9X0ABCDEFGHJK".into(),
            role: Role::Recruiter,
            expires_unix_ms: 1_800_000_000_000,
        }
    }

    #[test]
    fn a_token_says_what_was_signed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let key = SealKey::open_or_make_as(dir.path(), "tokens.key").unwrap();
        let other = SealKey::open_or_make_as(dir.path(), "other.key").unwrap();
        let token = claims().sign(&key).unwrap();
        assert_eq!(Claims::read(&token, &key.public()), Ok(claims()));
        assert_eq!(Claims::peek(&token), Ok(claims()));
        assert_eq!(
            Claims::read(&token, &other.public()),
            Err(TokenError::Signature)
        );
        // Another payload under the same signature.
        let (_, signature) = token.split_once('.').unwrap();
        let mut more = claims();
        more.role = Role::Administrator;
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&more).unwrap());
        let forged = format!("{payload}.{signature}");
        assert_eq!(
            Claims::read(&forged, &key.public()),
            Err(TokenError::Signature)
        );
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_a_token_and_none_panics(text in ".{0,200}") {
            let dir = tempfile::tempdir().unwrap();
            let key = SealKey::open_or_make_as(dir.path(), "tokens.key").unwrap();
            prop_assert!(Claims::read(&text, &key.public()).is_err());
        }
    }
}
