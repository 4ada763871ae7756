//! Who may do what: roles and their rights, people with passwords, signed
//! tokens for programs, invitations for candidates.
//!
//! | file | holds |
//! |-|-|
//! | `DATA/users.json` | names, roles and Argon2id hashes (PHC strings) |
//! | `DATA/tokens.json` | which tokens were given out; never the tokens |
//! | `DATA/invites/<id>.json` | one invitation: job, résumé, settings, its session |
//! | `DATA/keys/tokens.key` | the Ed25519 key that signs tokens, and nothing else |
//!
//! All of them are their owner's alone and replaced whole, under one lock.
//!
//! # Invariants
//!
//! 1. What is not allowed by [`Role::may`] is denied.
//! 2. No secret is stored: passwords as hashes, tokens not at all.
//! 3. Nothing here reads a clock: times come in, in milliseconds since 1970
//!    (UTC).

mod identity;
mod invitation;
mod password;
mod role;
mod secret;
mod standing;
mod store;
mod throttle;
mod token;
mod tokens;
mod users;

pub use identity::{Identity, Means};
pub use invitation::{Invitation, InvitationState, Invite};
pub use password::{PASSWORD_LEAST, PASSWORD_MOST};
pub use role::{Act, Role};
pub use secret::Secret;
pub use throttle::Throttle;
pub use token::{Claims, TokenError, TokenKind};
pub use tokens::Issued;
pub use users::User;

use crate::record::{RecordError, SealKey, keys_dir};
use std::path::{Path, PathBuf};

/// Why something about accounts cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// The disk, or a file of ours that is damaged.
    #[error(transparent)]
    Store(#[from] RecordError),
    /// A name that is none.
    #[error(
        "User name `{found}`: expected 1 to 64 letters, digits, dots, dashes, underscores or @"
    )]
    Name {
        /// What was given.
        found: String,
    },
    /// A user of this name is there already.
    #[error("There is a user `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// No such user.
    #[error("There is no user `{name}`")]
    NoUser {
        /// The name.
        name: String,
    },
    /// A user without a role could do nothing.
    #[error(
        "User `{name}`: found no role, expected at least one of recruiter, compliance, administrator, operator"
    )]
    NoRole {
        /// The name.
        name: String,
    },
    /// A role that is given by invitation or token only.
    #[error("Role candidate: expected an invitation (viva invite) or a token, not an account")]
    CandidateAccount,
    /// Nobody could manage accounts any more.
    #[error("`{name}` is the last administrator and stays")]
    LastAdministrator {
        /// The name.
        name: String,
    },
    /// A password that is too short or too long.
    #[error("The password has {found} characters, expected {PASSWORD_LEAST} to {PASSWORD_MOST}")]
    Password {
        /// How many characters it has.
        found: usize,
    },
    /// Name or password is wrong; which of the two is not told.
    #[error("Name or password is wrong")]
    SignIn,
    /// Too many failures.
    #[error("Too many failed sign-ins: try again in {seconds} s")]
    Wait {
        /// How long.
        seconds: u64,
    },
    /// No such token.
    #[error("There is no token {id}")]
    NoToken {
        /// Its id.
        id: String,
    },
    /// No such invitation.
    #[error("There is no invitation {id}")]
    NoInvitation {
        /// Its id.
        id: String,
    },
    /// The invitation's one session was begun already.
    #[error("Invitation {id} was used already, by session {session}")]
    Used {
        /// Its id.
        id: String,
        /// The session.
        session: String,
    },
    /// A token that does not count.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The machine gives no random numbers, or the hash cannot be made.
    #[error("{0}")]
    Machine(String),
}

/// The accounts of one data folder.
pub struct Accounts {
    data_dir: PathBuf,
    key: SealKey,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts")
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// The accounts in this folder; its key for tokens is made on first use.
    ///
    /// # Errors
    /// Where the key cannot be read or made.
    pub fn open(data_dir: &Path) -> Result<Self, AccountsError> {
        Ok(Self {
            key: SealKey::open_or_make_as(&keys_dir(data_dir), "tokens.key")?,
            data_dir: data_dir.to_owned(),
        })
    }

    /// Who comes with this token.
    ///
    /// # Errors
    /// [`TokenError`], by what is wrong with it.
    pub fn bearer(&self, token: &str, now_unix_ms: i64) -> Result<Identity, TokenError> {
        let claims = Claims::read(token, &self.key.public())?;
        match claims.kind {
            TokenKind::Invite => self.invited(&claims, now_unix_ms),
            TokenKind::Access => {
                let issued = self.good_token(&claims, now_unix_ms)?;
                Ok(Identity {
                    name: issued.label,
                    roles: vec![issued.role],
                    means: Means::Token { id: issued.id },
                })
            }
            // It sets up the first account, and is no way in.
            TokenKind::Setup => Err(TokenError::Kind { found: claims.kind }),
        }
    }

    fn sign(&self, claims: &Claims) -> Result<String, AccountsError> {
        claims.sign(&self.key)
    }
}

/// A new id, a ULID of this time.
fn new_id(now_unix_ms: i64) -> Result<String, AccountsError> {
    Ok(crate::record::new_session_id(now_unix_ms)?)
}

/// Fills bytes that nobody can guess.
fn random<const N: usize>() -> Result<[u8; N], AccountsError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| AccountsError::Machine(format!("No random numbers: {e}")))?;
    Ok(bytes)
}
