//! Invitations: what one candidate is to be asked, and which session came of
//! it. One session only; the same token takes it up again after a break.

use super::identity::{Identity, Means};
use super::role::Role;
use super::token::{Claims, TokenError, TokenKind};
use super::{Accounts, AccountsError, new_id};
use crate::protocol::SetupRequest;
use crate::record::{RecordError, check_id, read_json};
use serde::{Deserialize, Serialize};
use std::io;

/// Folder of the invitations.
const DIR: &str = "invites";

/// How long a session that was begun in time can be taken up again after the
/// invitation has expired, in milliseconds: an interruption near its end must
/// not lose the interview.
const RESUME_WITHIN_MS: i64 = 24 * 3600 * 1000;

/// What an invitation is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invite {
    /// Job, résumé, candidate, banks and settings.
    pub setup: SetupRequest,
    /// From when on no session can be begun, in milliseconds since 1970 (UTC).
    pub expires_unix_ms: i64,
    /// Who invites.
    pub by: String,
}

/// One invitation as it is kept.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Its id, a ULID.
    pub id: String,
    /// Who invited.
    pub by: String,
    /// When, in milliseconds since 1970 (UTC).
    pub made_unix_ms: i64,
    /// From when on no session can be begun.
    pub expires_unix_ms: i64,
    /// When it was taken back, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_unix_ms: Option<i64>,
    /// The session that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What is to be asked of whom.
    pub setup: SetupRequest,
}

/// How an invitation stands.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// Its session can be begun.
    Open,
    /// Its session was begun.
    Used,
    /// Nobody came in time.
    Expired,
    /// Taken back.
    Revoked,
}

impl Invitation {
    /// How it stands at a time.
    pub fn state(&self, now_unix_ms: i64) -> InvitationState {
        if self.revoked_unix_ms.is_some() {
            InvitationState::Revoked
        } else if self.session.is_some() {
            InvitationState::Used
        } else if now_unix_ms >= self.expires_unix_ms {
            InvitationState::Expired
        } else {
            InvitationState::Open
        }
    }
}

impl Accounts {
    /// Makes an invitation; its token comes back and is not kept.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn invite(
        &self,
        invite: Invite,
        now_unix_ms: i64,
    ) -> Result<(Invitation, String), AccountsError> {
        let invitation = Invitation {
            id: new_id(now_unix_ms)?,
            by: invite.by,
            made_unix_ms: now_unix_ms,
            expires_unix_ms: invite.expires_unix_ms,
            revoked_unix_ms: None,
            session: None,
            setup: invite.setup,
        };
        let token = self.sign(&Claims {
            kind: TokenKind::Invite,
            id: invitation.id.clone(),
            role: Role::Candidate,
            expires_unix_ms: invitation.expires_unix_ms,
        })?;
        self.put(&file(&invitation.id), &invitation)?;
        Ok((invitation, token))
    }

    /// One invitation.
    ///
    /// # Errors
    /// [`AccountsError::NoInvitation`], and where it cannot be read.
    pub fn invitation(&self, id: &str) -> Result<Invitation, AccountsError> {
        let none = || AccountsError::NoInvitation { id: id.into() };
        check_id(id).map_err(|_| none())?;
        read_json(&self.data_dir.join(file(id)))?.ok_or_else(none)
    }

    /// All invitations, oldest first. One that cannot be read is left out and
    /// logged.
    ///
    /// # Errors
    /// Where the folder cannot be listed.
    pub fn invitations(&self) -> Result<Vec<Invitation>, AccountsError> {
        let dir = self.data_dir.join(DIR);
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(RecordError::io("list", &dir, e).into()),
        };
        let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
        let mut ids: Vec<String> = names
            .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
            .filter(|id| check_id(id).is_ok())
            .collect();
        ids.sort();
        let read = |id: &String| match self.invitation(id) {
            Ok(invitation) => Some(invitation),
            Err(error) => {
                tracing::warn!(invitation = id, %error, "invitation not read");
                None
            }
        };
        Ok(ids.iter().filter_map(read).collect())
    }

    /// Takes an invitation back. A session that was begun can then not be
    /// taken up again.
    ///
    /// # Errors
    /// [`AccountsError::NoInvitation`], and failures of the disk.
    pub fn revoke_invitation(
        &self,
        id: &str,
        now_unix_ms: i64,
    ) -> Result<Invitation, AccountsError> {
        self.change_invitation(id, |invitation| {
            invitation.revoked_unix_ms.get_or_insert(now_unix_ms);
            invitation.setup = SetupRequest::default();
            Ok(())
        })
    }

    /// Notes which session came of an invitation; what is to be asked comes
    /// back. Of two who come at once the second is refused.
    ///
    /// # Errors
    /// [`AccountsError::Used`], and failures of the disk.
    pub fn use_invitation(&self, id: &str, session: &str) -> Result<SetupRequest, AccountsError> {
        let invitation = self.change_invitation(id, |invitation| {
            if let Some(session) = &invitation.session {
                return Err(AccountsError::Used {
                    id: id.into(),
                    session: session.clone(),
                });
            }
            invitation.session = Some(session.to_owned());
            Ok(())
        })?;
        Ok(invitation.setup)
    }

    /// Gives an invitation back whose session could not be begun after all.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn unuse_invitation(&self, id: &str) -> Result<(), AccountsError> {
        self.change_invitation(id, |invitation| {
            invitation.session = None;
            Ok(())
        })
        .map(|_| ())
    }

    /// Takes the documents out of an invitation whose session has begun: the
    /// record has what is needed of them, and goes by its own rules.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn strip_invitation(&self, id: &str) -> Result<(), AccountsError> {
        self.change_invitation(id, |invitation| {
            invitation.setup = SetupRequest::default();
            Ok(())
        })
        .map(|_| ())
    }

    /// Takes the documents out of every invitation by which nobody can come
    /// any more.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn tidy_invitations(&self, now_unix_ms: i64) -> Result<(), AccountsError> {
        for invitation in self.invitations()? {
            let open = invitation.state(now_unix_ms) == InvitationState::Open;
            if !open && invitation.setup != SetupRequest::default() {
                self.strip_invitation(&invitation.id)?;
            }
        }
        Ok(())
    }

    /// Notes that a session was begun by a token for programs, so that only
    /// that token takes it up again.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn walk_in(
        &self,
        token: &str,
        session: &str,
        now_unix_ms: i64,
    ) -> Result<(), AccountsError> {
        let id = new_id(now_unix_ms)?;
        self.put(
            &file(&id),
            &Invitation {
                id: id.clone(),
                by: by_token(token),
                made_unix_ms: now_unix_ms,
                expires_unix_ms: now_unix_ms,
                revoked_unix_ms: None,
                session: Some(session.to_owned()),
                setup: SetupRequest::default(),
            },
        )
    }

    /// Whether a session was begun by this token.
    ///
    /// # Errors
    /// Where invitations cannot be read.
    pub fn walked_in(&self, token: &str, session: &str) -> Result<bool, AccountsError> {
        let by = by_token(token);
        let all = self.invitations()?;
        Ok(all
            .iter()
            .any(|i| i.by == by && i.session.as_deref() == Some(session)))
    }

    fn change_invitation(
        &self,
        id: &str,
        change: impl FnOnce(&mut Invitation) -> Result<(), AccountsError>,
    ) -> Result<Invitation, AccountsError> {
        let _locked = self.lock()?;
        let mut invitation = self.invitation(id)?;
        change(&mut invitation)?;
        self.put(&file(id), &invitation)?;
        Ok(invitation)
    }

    /// Who comes with an invitation's token.
    pub(super) fn invited(
        &self,
        claims: &Claims,
        now_unix_ms: i64,
    ) -> Result<Identity, TokenError> {
        let id = || claims.id.clone();
        let invitation = self.invitation(&claims.id).map_err(|e| match e {
            AccountsError::NoInvitation { .. } => TokenError::Revoked { id: id() },
            other => TokenError::Store {
                what: other.to_string(),
            },
        })?;
        let late = match invitation.state(now_unix_ms) {
            InvitationState::Open => false,
            InvitationState::Used => {
                now_unix_ms >= invitation.expires_unix_ms.saturating_add(RESUME_WITHIN_MS)
            }
            InvitationState::Expired => true,
            InvitationState::Revoked => return Err(TokenError::Revoked { id: id() }),
        };
        if late {
            return Err(TokenError::Expired { id: id() });
        }
        Ok(Identity {
            name: format!("invitation {}", claims.id),
            roles: vec![Role::Candidate],
            means: Means::Invitation { id: id() },
        })
    }
}

fn by_token(id: &str) -> String {
    format!("token {id}")
}

fn file(id: &str) -> String {
    format!("{DIR}/{id}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;
    const SESSION: &str = "01J8Z3Y6Q7V8W9X0ABCDEFGHJK";

    fn invited() -> (tempfile::TempDir, Accounts, Invitation, String) {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(dir.path()).unwrap();
        let invite = Invite {
            expires_unix_ms: NOW + 1000,
            by: "rita".into(),
            ..Invite::default()
        };
        let (invitation, token) = accounts.invite(invite, NOW).unwrap();
        (dir, accounts, invitation, token)
    }

    #[test]
    fn an_invitation_begins_one_session_and_takes_it_up_again() {
        let (_dir, accounts, invitation, token) = invited();
        let who = accounts.bearer(&token, NOW).unwrap();
        assert_eq!(who.roles, [Role::Candidate]);
        accounts.use_invitation(&invitation.id, SESSION).unwrap();
        let refused = accounts
            .use_invitation(&invitation.id, "other")
            .unwrap_err();
        assert!(matches!(refused, AccountsError::Used { session, .. } if session == SESSION));
        // A begun session outlives the invitation for a day.
        assert!(accounts.bearer(&token, NOW + 2000).is_ok());
        assert!(
            accounts
                .bearer(&token, NOW + 1000 + RESUME_WITHIN_MS)
                .is_err()
        );
    }

    #[test]
    fn an_invitation_that_expired_or_was_taken_back_lets_nobody_in() {
        let (_dir, accounts, invitation, token) = invited();
        let expired = TokenError::Expired {
            id: invitation.id.clone(),
        };
        assert_eq!(accounts.bearer(&token, NOW + 1000), Err(expired));
        accounts.revoke_invitation(&invitation.id, NOW).unwrap();
        let revoked = TokenError::Revoked { id: invitation.id };
        assert_eq!(accounts.bearer(&token, NOW), Err(revoked));
        let states: Vec<_> = accounts
            .invitations()
            .unwrap()
            .iter()
            .map(|i| i.state(NOW))
            .collect();
        assert_eq!(states, [InvitationState::Revoked]);
    }

    #[test]
    fn an_id_that_is_a_path_names_no_invitation() {
        let (_dir, accounts, ..) = invited();
        let refused = accounts.invitation("../users").unwrap_err();
        assert!(matches!(refused, AccountsError::NoInvitation { .. }));
    }
}
