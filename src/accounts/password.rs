//! Passwords as Argon2id hashes, in PHC strings. Parameters are those that
//! the `argon2` crate recommends (OWASP: 19 MiB, 2 passes, 1 lane); a hash
//! made with others is verified with its own.

use super::AccountsError;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::OnceLock;

/// Characters that a password has at least.
pub const PASSWORD_LEAST: usize = 12;
/// Characters that a password has at most: hashing takes time by length.
pub const PASSWORD_MOST: usize = 256;

/// The hash of a new password.
///
/// # Errors
/// Where it is too short or too long.
pub(super) fn hash(password: &str) -> Result<String, AccountsError> {
    let found = password.chars().count();
    if !(PASSWORD_LEAST..=PASSWORD_MOST).contains(&found) {
        return Err(AccountsError::Password { found });
    }
    hash_any(password)
}

fn hash_any(password: &str) -> Result<String, AccountsError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|e| AccountsError::Machine(format!("The password cannot be hashed: {e}")))
}

/// Whether this is the password of a hash. Without a hash it takes as long
/// and says no, so that nobody learns by timing which names there are.
pub(super) fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if password.chars().count() > PASSWORD_MOST {
        return false;
    }
    let known = hash.is_some();
    let nobody = || NOBODY.get_or_init(|| hash_any("nobody has this password").unwrap_or_default());
    let hash = hash.unwrap_or_else(|| nobody());
    let same = PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    });
    same && known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let hashed = hash("correct horse battery").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$"), "{hashed}");
        assert!(!hashed.contains("correct"));
        assert!(verify("correct horse battery", Some(&hashed)));
        assert!(!verify("correct horse batterY", Some(&hashed)));
        assert!(!verify("nobody has this password", None));
        assert!(!verify("anything", Some("not a hash")));
        assert_ne!(hashed, hash("correct horse battery").unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused_by_length() {
        let error = hash("short").unwrap_err().to_string();
        assert_eq!(error, "The password has 5 characters, expected 12 to 256");
        assert!(hash(&"x".repeat(257)).is_err());
    }
}
