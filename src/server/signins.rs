//! Who is signed in by a cookie. Kept in memory only: a restart signs
//! everybody out.

use crate::accounts::{Accounts, AccountsError, Identity, Secret, TokenError};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A sign-in ends after so long without a request, in milliseconds.
const IDLE_MS: i64 = 2 * 3600 * 1000;
/// And after so long in any case, in milliseconds.
const MOST_MS: i64 = 12 * 3600 * 1000;
/// Sign-ins that are kept at most; beyond, the oldest is signed out.
const MOST: usize = 10_000;

/// By what somebody signed in; looked at again with every request.
#[derive(Clone, Debug)]
enum By {
    /// Name and password, last changed then.
    User(String, i64),
    /// A token.
    Token(Secretly),
}

/// A token that is not shown.
#[derive(Clone)]
struct Secretly(String);

impl std::fmt::Debug for Secretly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secretly")
    }
}

#[derive(Clone, Debug)]
struct SignIn {
    by: By,
    /// What a page proves with that a request is its own.
    csrf: Secret,
    since_unix_ms: i64,
    seen_unix_ms: i64,
}

/// Everybody who is signed in, by the hash of the cookie's value.
#[derive(Debug, Default)]
pub(super) struct SignIns(Mutex<BTreeMap<String, SignIn>>);

impl SignIns {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, SignIn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs a user in; the cookie's value comes back.
    pub(super) fn user(
        &self,
        name: &str,
        changed_unix_ms: i64,
        now: i64,
    ) -> Result<String, AccountsError> {
        self.add(By::User(name.to_owned(), changed_unix_ms), now)
    }

    /// Signs in whoever has this token.
    pub(super) fn token(&self, token: &str, now: i64) -> Result<String, AccountsError> {
        self.add(By::Token(Secretly(token.to_owned())), now)
    }

    fn add(&self, by: By, now: i64) -> Result<String, AccountsError> {
        let cookie = Secret::new()?;
        let sign_in = SignIn {
            by,
            csrf: Secret::new()?,
            since_unix_ms: now,
            seen_unix_ms: now,
        };
        let mut all = self.lock();
        all.retain(|_, s| fresh(s, now));
        while all.len() >= MOST {
            let oldest = all.iter().min_by_key(|(_, s)| s.seen_unix_ms);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            all.remove(&oldest);
        }
        all.insert(key(cookie.expose()), sign_in);
        Ok(cookie.expose().to_owned())
    }

    /// Who comes with this cookie, and the secret of his or her pages; nobody
    /// where the sign-in is over.
    ///
    /// # Errors
    /// Where that cannot be found out now: the sign-in stays.
    pub(super) fn find(
        &self,
        accounts: &Accounts,
        cookie: &str,
        now: i64,
    ) -> Result<Option<(Identity, Secret)>, AccountsError> {
        self.of_key(accounts, &key(cookie), now)
    }

    /// The same by the key of a sign-in.
    ///
    /// # Errors
    /// As [`SignIns::find`].
    pub(super) fn of_key(
        &self,
        accounts: &Accounts,
        key: &str,
        now: i64,
    ) -> Result<Option<(Identity, Secret)>, AccountsError> {
        let found = {
            let mut all = self.lock();
            let Some(sign_in) = all.get_mut(key).filter(|s| fresh(s, now)) else {
                return Ok(None);
            };
            sign_in.seen_unix_ms = now;
            sign_in.clone()
        };
        let identity = match &found.by {
            By::User(name, changed) => {
                let user = accounts.user(name)?;
                user.filter(|u| u.changed_unix_ms == *changed)
                    .map(|u| u.identity())
            }
            By::Token(token) => match accounts.bearer(&token.0, now) {
                Err(error @ TokenError::Store { .. }) => return Err(error.into()),
                found => found.ok(),
            },
        };
        if identity.is_none() {
            self.lock().remove(key);
        }
        Ok(identity.map(|identity| (identity, found.csrf)))
    }

    /// Signs out.
    pub(super) fn end(&self, cookie: &str) {
        self.lock().remove(&key(cookie));
    }
}

fn fresh(sign_in: &SignIn, now: i64) -> bool {
    now - sign_in.seen_unix_ms < IDLE_MS && now - sign_in.since_unix_ms < MOST_MS
}

/// What a sign-in is kept by; the cookie's value cannot be told from it.
pub(super) fn key(cookie: &str) -> String {
    hex::encode(Sha256::digest(cookie))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Role;

    #[test]
    fn a_sign_in_ends_with_time_with_the_account_and_with_its_password() {
        let home = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(home.path()).unwrap();
        let roles = vec![Role::Recruiter];
        let user = accounts
            .add_user("rita", roles, "a long enough one", 1)
            .unwrap();
        let all = SignIns::default();
        let sign_in = |now| all.user("rita", user.changed_unix_ms, now).unwrap();
        let there = |cookie: &str, now| all.find(&accounts, cookie, now).unwrap().is_some();
        let cookie = sign_in(0);
        assert!(there(&cookie, IDLE_MS - 1));
        assert!(!there(&cookie, 2 * IDLE_MS));
        assert!(!there("another", 0));
        let cookie = sign_in(0);
        for n in 1..7 {
            assert_eq!(
                there(&cookie, n * (IDLE_MS - 1)),
                n < 7 && n * (IDLE_MS - 1) < MOST_MS
            );
        }
        let cookie = sign_in(0);
        all.end(&cookie);
        assert!(!there(&cookie, 0));
        let cookie = sign_in(0);
        accounts
            .set_password("rita", "another good one", 2)
            .unwrap();
        assert!(!there(&cookie, 0));
    }

    #[test]
    fn accounts_that_cannot_be_read_sign_nobody_out() {
        let home = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(home.path()).unwrap();
        let roles = vec![Role::Recruiter];
        let user = accounts
            .add_user("rita", roles, "a long enough one", 1)
            .unwrap();
        let (_, token) = accounts.add_token("otto", Role::Operator, 9, 1).unwrap();
        let all = SignIns::default();
        let cookies = [
            all.user("rita", user.changed_unix_ms, 0).unwrap(),
            all.token(&token, 0).unwrap(),
        ];
        for file in ["users.json", "tokens.json"] {
            let (file, aside) = (home.path().join(file), home.path().join("aside"));
            std::fs::rename(&file, &aside).unwrap();
            std::fs::create_dir(&file).unwrap();
            let found = cookies.iter().map(|cookie| all.find(&accounts, cookie, 2));
            assert_eq!(found.filter(Result::is_err).count(), 1, "{file:?}");
            std::fs::remove_dir(&file).unwrap();
            std::fs::rename(&aside, &file).unwrap();
            for cookie in &cookies {
                assert!(all.find(&accounts, cookie, 2).unwrap().is_some());
            }
        }
    }
}
