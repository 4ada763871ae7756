//! A secret that is compared in constant time and never shown.

use super::{AccountsError, random};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// 256 random bits, in hex.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// Where the machine gives no random numbers.
    pub fn new() -> Result<Self, AccountsError> {
        Ok(Self(hex::encode(random::<32>()?)))
    }

    /// Whether this is it. Hashes are compared, so that not even the length
    /// can be found by timing.
    pub fn is(&self, found: &str) -> bool {
        let (a, b) = (Sha256::digest(&self.0), Sha256::digest(found));
        a[..].ct_eq(&b[..]).into()
    }

    /// The text, for whoever is to have it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_is_the_secret_and_nothing_shows_it() {
        let secret = Secret::new().unwrap();
        let text = secret.expose().to_owned();
        assert!(secret.is(&text));
        assert!(!secret.is(&text[1..]));
        assert!(!secret.is(Secret::new().unwrap().expose()));
        assert!(!format!("{secret:?}").contains(&text));
    }
}
