//! Which tokens were given out to programs: ids, roles and times, so that
//! they can be listed and taken back. The tokens themselves are not kept.

use super::role::Role;
use super::token::{Claims, TokenError, TokenKind};
use super::{Accounts, AccountsError, new_id};
use serde::{Deserialize, Serialize};

const FILE: &str = "tokens.json";

/// One token that was given out.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// Its id, a ULID.
    pub id: String,
    /// What for.
    pub kind: TokenKind,
    /// What it is called; stands on logs as who did something.
    pub label: String,
    /// In which role.
    pub role: Role,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub made_unix_ms: i64,
    /// From when on it does not count.
    pub expires_unix_ms: i64,
    /// When it was taken back or used up, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_unix_ms: Option<i64>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Tokens {
    tokens: Vec<Issued>,
}

impl Accounts {
    /// Makes a token for a program; the text comes back and is not kept.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn add_token(
        &self,
        label: &str,
        role: Role,
        expires_unix_ms: i64,
        now_unix_ms: i64,
    ) -> Result<(Issued, String), AccountsError> {
        self.issue(TokenKind::Access, label, role, expires_unix_ms, now_unix_ms)
    }

    /// The one-time token by which the first administrator is made; nothing
    /// where there is a user already. Those made before do not count any more.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn setup_token(
        &self,
        expires_unix_ms: i64,
        now_unix_ms: i64,
    ) -> Result<Option<String>, AccountsError> {
        if !self.users()?.is_empty() {
            return Ok(None);
        }
        self.end_setup(now_unix_ms)?;
        let (_, token) = self.issue(
            TokenKind::Setup,
            "first start",
            Role::Administrator,
            expires_unix_ms,
            now_unix_ms,
        )?;
        Ok(Some(token))
    }

    /// Whether a set-up token counts.
    ///
    /// # Errors
    /// By what is wrong with it.
    pub fn check_setup(&self, token: &str, now_unix_ms: i64) -> Result<(), TokenError> {
        let claims = Claims::read(token, &self.key.public())?;
        if claims.kind != TokenKind::Setup {
            return Err(TokenError::Kind { found: claims.kind });
        }
        self.good_token(&claims, now_unix_ms).map(|_| ())
    }

    /// Takes every set-up token back.
    pub(super) fn end_setup(&self, now_unix_ms: i64) -> Result<(), AccountsError> {
        self.change(FILE, |all: &mut Tokens| {
            for token in &mut all.tokens {
                if token.kind == TokenKind::Setup {
                    token.revoked_unix_ms.get_or_insert(now_unix_ms);
                }
            }
            Ok(())
        })
    }

    fn issue(
        &self,
        kind: TokenKind,
        label: &str,
        role: Role,
        expires_unix_ms: i64,
        now_unix_ms: i64,
    ) -> Result<(Issued, String), AccountsError> {
        let issued = Issued {
            id: new_id(now_unix_ms)?,
            kind,
            label: label.trim().to_owned(),
            role,
            made_unix_ms: now_unix_ms,
            expires_unix_ms,
            revoked_unix_ms: None,
        };
        let token = self.sign(&Claims {
            kind,
            id: issued.id.clone(),
            role,
            expires_unix_ms,
        })?;
        self.change(FILE, |all: &mut Tokens| {
            all.tokens.push(issued.clone());
            Ok(())
        })?;
        Ok((issued, token))
    }

    /// All tokens that were given out, oldest first.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn tokens(&self) -> Result<Vec<Issued>, AccountsError> {
        Ok(self.read::<Tokens>(FILE)?.tokens)
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// [`AccountsError::NoToken`], and failures of the disk.
    pub fn revoke_token(&self, id: &str, now_unix_ms: i64) -> Result<Issued, AccountsError> {
        self.change(FILE, |all: &mut Tokens| {
            let token = all.tokens.iter_mut().find(|t| t.id == id);
            let token = token.ok_or_else(|| AccountsError::NoToken { id: id.into() })?;
            token.revoked_unix_ms.get_or_insert(now_unix_ms);
            Ok(token.clone())
        })
    }

    /// The stored token behind claims, if it counts now. What is stored
    /// decides, not what the token says of itself.
    pub(super) fn good_token(
        &self,
        claims: &Claims,
        now_unix_ms: i64,
    ) -> Result<Issued, TokenError> {
        let id = || claims.id.clone();
        let all = self.tokens().map_err(|e| TokenError::Store {
            what: e.to_string(),
        })?;
        let token = all
            .into_iter()
            .find(|t| t.id == claims.id && t.kind == claims.kind && t.role == claims.role)
            .ok_or_else(|| TokenError::Revoked { id: id() })?;
        if token.revoked_unix_ms.is_some() {
            return Err(TokenError::Revoked { id: id() });
        }
        if now_unix_ms >= token.expires_unix_ms.min(claims.expires_unix_ms) {
            return Err(TokenError::Expired { id: id() });
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn a_token_counts_until_it_expires_or_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(dir.path()).unwrap();
        let (issued, token) = accounts
            .add_token("pipeline", Role::Recruiter, NOW + 1000, NOW)
            .unwrap();
        let who = accounts.bearer(&token, NOW + 999).unwrap();
        assert_eq!(
            (who.name.as_str(), who.roles),
            ("pipeline", vec![Role::Recruiter])
        );
        assert_eq!(
            accounts.bearer(&token, NOW + 1000),
            Err(TokenError::Expired {
                id: issued.id.clone()
            })
        );
        accounts.revoke_token(&issued.id, NOW).unwrap();
        assert_eq!(
            accounts.bearer(&token, NOW),
            Err(TokenError::Revoked { id: issued.id })
        );
        let stored = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
        assert!(!stored.contains(&token));
    }

    #[test]
    fn the_set_up_token_makes_one_administrator_and_lets_nobody_in() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(dir.path()).unwrap();
        let first = accounts.setup_token(NOW + 1000, NOW).unwrap().unwrap();
        let second = accounts.setup_token(NOW + 1000, NOW).unwrap().unwrap();
        assert!(accounts.check_setup(&first, NOW).is_err());
        assert!(accounts.bearer(&second, NOW).is_err());
        let roles = vec![Role::Administrator];
        accounts
            .set_up(&second, "ada", roles, "a long enough one", NOW)
            .unwrap();
        assert!(
            accounts
                .set_up(
                    &second,
                    "eve",
                    vec![Role::Administrator],
                    "a long enough one",
                    NOW
                )
                .is_err()
        );
        assert_eq!(accounts.setup_token(NOW + 1000, NOW).unwrap(), None);
        assert_eq!(accounts.users().unwrap().len(), 1);
    }
}
