//! Which session a connection gets: a new one, by what the invitation or the
//! caller says, or the interrupted one that is its own.

use super::health::in_place;
use super::house::House;
use super::socket::{Hello, refusal};
use super::{Admission, Refusal, Session};
use crate::accounts::{AccountsError, Identity, Means};
use crate::clock::unix_millis;
use crate::event::{Accommodations, ClientFacts};
use crate::protocol::{ErrorCode, Resume, ServerMessage, SetupRequest};
use crate::record::{RecordError, accommodations, new_session_id};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// How long a session that another process has is waited for.
const FREE_WITHIN: Duration = Duration::from_secs(2);

/// A session that may begin or go on.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) out: Vec<ServerMessage>,
    /// Counts it among those that are held.
    pub(super) permit: OwnedSemaphorePermit,
    pub(super) resumed: bool,
}

/// Why there is none.
pub(super) enum NotOpened {
    Refused(Refusal),
    /// The invitation's session was begun before.
    Begun {
        session: String,
    },
}

impl From<Refusal> for NotOpened {
    fn from(refused: Refusal) -> Self {
        Self::Refused(refused)
    }
}

/// Prepares a new session, or takes up an interrupted one, for whoever may.
pub(super) async fn open(
    house: &House,
    caller: &Identity,
    hello: Hello,
) -> Result<Opened, NotOpened> {
    let Hello {
        client,
        setup,
        resume,
    } = hello;
    if house.engine.stop.is_cancelled() {
        return Err(refusal(ErrorCode::Stopping, "The engine is stopping").into());
    }
    if let Some(resume) = resume {
        may_resume(house, caller, &resume.session)?;
        // Its old connection gives its place back first.
        house.take_over(&resume.session).await;
        let permit = permit(house)?;
        let (session, out) = take_up(house, &client, &resume).await?;
        return Ok(Opened {
            session,
            out,
            permit,
            resumed: true,
        });
    }
    let permit = permit(house)?;
    // Documents are read, the plan is made, the record is begun.
    let (session, out) = in_place(|| begin(house, caller, client, &setup))?;
    Ok(Opened {
        session,
        out,
        permit,
        resumed: false,
    })
}

/// What was agreed on for the caller: in the session that is to go on or that
/// was begun by the invitation, in the invitation, or nothing.
pub(super) fn agreed(
    house: &House,
    caller: &Identity,
    session: Option<&str>,
) -> Result<Option<Accommodations>, Refusal> {
    if let Some(session) = session {
        may_resume(house, caller, session)?;
        return in_record(house, session).map(Some);
    }
    let (Admission::Accounts(accounts), Means::Invitation { id }) =
        (&house.engine.admission, &caller.means)
    else {
        return Ok(None);
    };
    let invitation = accounts
        .invitation(id)
        .map_err(|e| refusal(ErrorCode::Record, e))?;
    match &invitation.session {
        Some(session) => in_record(house, session).map(Some),
        None => Ok(Some(Accommodations::of(&invitation.setup.settings))),
    }
}

fn in_record(house: &House, session: &str) -> Result<Accommodations, Refusal> {
    accommodations(&house.engine.sessions_dir(), session).map_err(|error| match error {
        RecordError::NotFound { .. } => {
            let text = format!("There is no session {session} here");
            refusal(ErrorCode::Resume, text)
        }
        error => error.into(),
    })
}

fn permit(house: &House) -> Result<OwnedSemaphorePermit, Refusal> {
    house.calls.clone().try_acquire_owned().map_err(|_| {
        let most = house.limits.sessions;
        refusal(
            ErrorCode::Limit,
            format!("The engine holds {most} calls already: try again later"),
        )
    })
}

/// Whether a session is the caller's own.
fn may_resume(house: &House, caller: &Identity, session: &str) -> Result<(), Refusal> {
    let Admission::Accounts(accounts) = &house.engine.admission else {
        return Ok(());
    };
    let own = match &caller.means {
        Means::Invitation { id } => accounts
            .invitation(id)
            .map(|i| i.session.as_deref() == Some(session)),
        Means::Token { id } => accounts.walked_in(id, session),
        Means::Password | Means::Secret => Ok(false),
    };
    match own {
        Ok(true) => Ok(()),
        Ok(false) => Err(refusal(
            ErrorCode::Denied,
            "That session is not of this invitation or token",
        )),
        Err(error) => Err(refusal(ErrorCode::Record, error)),
    }
}

async fn take_up(
    house: &House,
    client: &ClientFacts,
    resume: &Resume,
) -> Result<(Session, Vec<ServerMessage>), Refusal> {
    let give_up = Instant::now() + FREE_WITHIN;
    loop {
        match in_place(|| Session::resume(&house.engine, client.clone(), resume)) {
            // Somebody who recovers has it for a moment only.
            Err(refused) if refused.code == ErrorCode::Busy && Instant::now() < give_up => {
                tokio::time::sleep(FREE_WITHIN / 40).await;
            }
            done => return done,
        }
    }
}

/// Begins a session: by invitation what it says, else what the caller wants.
fn begin(
    house: &House,
    caller: &Identity,
    client: ClientFacts,
    wanted: &SetupRequest,
) -> Result<(Session, Vec<ServerMessage>), NotOpened> {
    let Admission::Accounts(accounts) = &house.engine.admission else {
        return Ok(Session::open(&house.engine, client, wanted)?);
    };
    let failed = |error: AccountsError| NotOpened::from(refusal(ErrorCode::Record, error));
    let now = unix_millis();
    let identity = (new_session_id(now).map_err(Refusal::from)?, now);
    let id = identity.0.clone();
    match &caller.means {
        Means::Invitation { id: invitation } => {
            let setup = match accounts.use_invitation(invitation, &id) {
                Ok(setup) => setup,
                Err(AccountsError::Used { session, .. }) => {
                    return Err(NotOpened::Begun { session });
                }
                Err(error) => return Err(failed(error)),
            };
            match Session::open_as(&house.engine, client, &setup, Some(identity)) {
                Ok(opened) => {
                    accounts.strip_invitation(invitation).map_err(failed)?;
                    Ok(opened)
                }
                Err(refused) => {
                    accounts.unuse_invitation(invitation).map_err(failed)?;
                    Err(refused.into())
                }
            }
        }
        Means::Token { id: token } => {
            accounts.walk_in(token, &id, now).map_err(failed)?;
            Ok(Session::open_as(
                &house.engine,
                client,
                wanted,
                Some(identity),
            )?)
        }
        Means::Password | Means::Secret => Err(refusal(
            ErrorCode::Denied,
            "Expected an invitation or a token for candidates",
        )
        .into()),
    }
}
