//! Whether somebody who was let in may stay: what lets in can be taken back
//! while it is being used.

use super::identity::Means;
use super::invitation::InvitationState;
use super::{Accounts, AccountsError, TokenError};

impl Accounts {
    /// Whether what let somebody in still does. Passwords are looked at where
    /// sign-ins are kept; a secret is its engine's for as long as that runs.
    ///
    /// # Errors
    /// [`TokenError::Revoked`] and [`TokenError::Expired`]; an invitation
    /// whose session has begun does not expire. [`TokenError::Store`] where
    /// that cannot be found out.
    pub fn still(&self, means: &Means, now_unix_ms: i64) -> Result<(), TokenError> {
        let store = |e: AccountsError| TokenError::Store {
            what: e.to_string(),
        };
        match means {
            Means::Password | Means::Secret => Ok(()),
            Means::Token { id } => {
                let all = self.tokens().map_err(store)?;
                let token = all.into_iter().find(|token| token.id == *id);
                match token {
                    Some(token) if token.revoked_unix_ms.is_none() => {
                        if now_unix_ms < token.expires_unix_ms {
                            Ok(())
                        } else {
                            Err(TokenError::Expired { id: id.clone() })
                        }
                    }
                    _ => Err(TokenError::Revoked { id: id.clone() }),
                }
            }
            Means::Invitation { id } => match self.invitation(id) {
                Ok(invitation) => match invitation.state(now_unix_ms) {
                    InvitationState::Revoked => Err(TokenError::Revoked { id: id.clone() }),
                    _ => Ok(()),
                },
                Err(AccountsError::NoInvitation { .. }) => {
                    Err(TokenError::Revoked { id: id.clone() })
                }
                Err(error) => Err(store(error)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Invite, Role};

    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn who_came_by_something_stays_until_it_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(dir.path()).unwrap();
        let (token, _) = accounts
            .add_token("pipeline", Role::Recruiter, NOW + 1000, NOW)
            .unwrap();
        let id = token.id;
        let means = Means::Token { id: id.clone() };
        assert_eq!(accounts.still(&means, NOW), Ok(()));
        let expired = Err(TokenError::Expired { id: id.clone() });
        assert_eq!(accounts.still(&means, NOW + 1000), expired);
        accounts.revoke_token(&id, NOW).unwrap();
        assert_eq!(accounts.still(&means, NOW), Err(TokenError::Revoked { id }));

        let invite = Invite {
            expires_unix_ms: NOW + 1000,
            ..Invite::default()
        };
        let id = accounts.invite(invite, NOW).unwrap().0.id;
        let means = Means::Invitation { id: id.clone() };
        // A call that goes on outlives the day until which it could begin.
        assert_eq!(accounts.still(&means, NOW + 1000), Ok(()));
        accounts.revoke_invitation(&id, NOW).unwrap();
        assert_eq!(accounts.still(&means, NOW), Err(TokenError::Revoked { id }));
        let unknown = Means::Token { id: "x".into() };
        assert!(accounts.still(&unknown, NOW).is_err());
    }
}
