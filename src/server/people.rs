//! Accounts, tokens and invitations over HTTP.

use super::INTERVIEW_PATH;
use super::health::blocking;
use super::house::House;
use super::problem::Problem;
use crate::accounts::{
    Accounts, AccountsError, Identity, Invitation, InvitationState, Invite, Issued, Role, User,
};
use crate::clock::unix_millis;
use crate::document;
use crate::protocol::{Document, SetupRequest};
use crate::server::prepare;
use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The longest that a token or an invitation counts: a year, in days.
const DAYS_MOST: u32 = 366;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// A request's body: JSON of one shape.
pub(super) struct Given<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<House>> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, house: &Arc<House>) -> Result<Self, Problem> {
        let bytes = body(request, house).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "malformed", format!("Body: {e}")))
    }
}

/// A request's body, within the limit.
async fn body(request: Request, house: &Arc<House>) -> Result<Bytes, Problem> {
    Bytes::from_request(request, house).await.map_err(|e| {
        let most = house.limits.body;
        let text = format!("{e}: at most {most} bytes are taken");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
    })
}

/// Does something with the accounts where it holds nobody up.
pub(super) async fn with_accounts<T: Send + 'static>(
    house: &House,
    work: impl FnOnce(&Accounts) -> Result<T, AccountsError> + Send + 'static,
) -> Result<T, Problem> {
    let accounts = house.accounts()?.clone();
    Ok(blocking(move || work(&accounts)).await??)
}

/// A person, without the password's hash.
#[derive(Serialize, Debug)]
pub(super) struct Person {
    name: String,
    roles: Vec<Role>,
    changed_unix_ms: i64,
}

impl From<User> for Person {
    fn from(user: User) -> Self {
        Self {
            changed_unix_ms: user.changed_unix_ms,
            name: user.name,
            roles: user.roles,
        }
    }
}

/// A new account.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    /// The name to sign in with.
    name: String,
    /// Any of `recruiter`, `compliance`, `administrator`, `operator`.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// 12 to 256 characters.
    password: String,
}

/// Another password.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    /// 12 to 256 characters.
    password: String,
}

/// A new token for a program.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What it is called; stands on logs as who did something.
    label: String,
    /// One of `candidate`, `recruiter`, `compliance`, `administrator`,
    /// `operator`.
    #[schema(value_type = String)]
    role: Role,
    /// How many days it counts, 1 to 366.
    days: u32,
}

/// A new invitation.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInvitation {
    /// Job, résumé, candidate, banks and settings, as in the hello of
    /// viva.v1.
    #[schema(value_type = Object)]
    setup: SetupRequest,
    /// How many days the interview can be begun, 1 to 366.
    days: u32,
}

pub(super) async fn users(State(house): State<Arc<House>>) -> Result<Json<Vec<Person>>, Problem> {
    let users = with_accounts(&house, Accounts::users).await?;
    Ok(Json(users.into_iter().map(Person::from).collect()))
}

pub(super) async fn add_user(
    State(house): State<Arc<House>>,
    Given(new): Given<NewUser>,
) -> Result<(StatusCode, Json<Person>), Problem> {
    let now = unix_millis();
    let user = with_accounts(&house, move |accounts| {
        accounts.add_user(&new.name, new.roles, &new.password, now)
    });
    Ok((StatusCode::CREATED, Json(user.await?.into())))
}

pub(super) async fn remove_user(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let removed = with_accounts(&house, move |accounts| accounts.remove_user(&name));
    house.take_back(Some(&who), removed).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_password(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(name): Path<String>,
    Given(new): Given<NewPassword>,
) -> Result<StatusCode, Problem> {
    let now = unix_millis();
    let set = with_accounts(&house, move |accounts| {
        accounts.set_password(&name, &new.password, now)
    });
    house.take_back(Some(&who), set).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn tokens(State(house): State<Arc<House>>) -> Result<Json<Vec<Issued>>, Problem> {
    Ok(Json(with_accounts(&house, Accounts::tokens).await?))
}

/// A token that was just made.
#[derive(Serialize, Debug)]
pub(super) struct Made<T> {
    #[serde(flatten)]
    about: T,
    /// Shown this once.
    token: String,
    /// Where to go with it, where it is an invitation's.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

pub(super) async fn add_token(
    State(house): State<Arc<House>>,
    Given(new): Given<NewToken>,
) -> Result<(StatusCode, Json<Made<Issued>>), Problem> {
    let now = unix_millis();
    let expires = expiry(new.days, now)?;
    if new.label.trim().is_empty() || new.label.len() > 100 {
        return Err(Problem::bad("label: expected 1 to 100 characters"));
    }
    let (about, token) = with_accounts(&house, move |accounts| {
        accounts.add_token(&new.label, new.role, expires, now)
    })
    .await?;
    let link = None;
    Ok((StatusCode::CREATED, Json(Made { about, token, link })))
}

pub(super) async fn revoke_token(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Issued>, Problem> {
    let now = unix_millis();
    let revoked = with_accounts(&house, move |accounts| accounts.revoke_token(&id, now));
    Ok(Json(house.take_back(Some(&who), revoked).await?))
}

/// An invitation, without the documents in it.
#[derive(Serialize, Debug)]
pub(super) struct Invited {
    id: String,
    by: String,
    candidate: Option<String>,
    made_unix_ms: i64,
    expires_unix_ms: i64,
    state: InvitationState,
    session: Option<String>,
}

impl Invited {
    fn of(invitation: Invitation, now: i64) -> Self {
        Self {
            state: invitation.state(now),
            candidate: invitation.setup.candidate,
            id: invitation.id,
            by: invitation.by,
            made_unix_ms: invitation.made_unix_ms,
            expires_unix_ms: invitation.expires_unix_ms,
            session: invitation.session,
        }
    }
}

pub(super) async fn invitations(
    State(house): State<Arc<House>>,
) -> Result<Json<Vec<Invited>>, Problem> {
    let now = unix_millis();
    let all = with_accounts(&house, Accounts::invitations).await?;
    Ok(Json(all.into_iter().map(|i| Invited::of(i, now)).collect()))
}

pub(super) async fn invite(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    headers: HeaderMap,
    Given(new): Given<NewInvitation>,
) -> Result<(StatusCode, Json<Made<Invited>>), Problem> {
    let now = unix_millis();
    let expires_unix_ms = expiry(new.days, now)?;
    let NewInvitation { setup, .. } = new;
    let checked = blocking(move || prepare(&setup).map(|_| setup)).await?;
    // A candidate must not be the first to find out that a job is none.
    let setup = checked.map_err(Problem::bad)?;
    let (invitation, token) = with_accounts(&house, move |accounts| {
        let by = who.name;
        accounts.invite(
            Invite {
                setup,
                expires_unix_ms,
                by,
            },
            now,
        )
    })
    .await?;
    let scheme = if house.secure { "wss" } else { "ws" };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let link = host.map(|host| format!("{scheme}://{host}{INTERVIEW_PATH}#{token}"));
    let about = Invited::of(invitation, now);
    Ok((StatusCode::CREATED, Json(Made { about, token, link })))
}

/// Reads a file of a job or a résumé into text; nothing of it is kept.
pub(super) async fn read_document(
    State(house): State<Arc<House>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<Document>, Problem> {
    let bytes = body(request, &house).await?;
    let read = blocking(move || document::read(&name, &bytes)).await?;
    let document::Reading { name, text, .. } = read.map_err(Problem::bad)?;
    Ok(Json(Document { name, text }))
}

pub(super) async fn revoke_invitation(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Json<Invited>, Problem> {
    let now = unix_millis();
    let revoked = with_accounts(&house, move |accounts| accounts.revoke_invitation(&id, now));
    let revoked = house.take_back(Some(&who), revoked).await?;
    Ok(Json(Invited::of(revoked, now)))
}

fn expiry(days: u32, now: i64) -> Result<i64, Problem> {
    if !(1..=DAYS_MOST).contains(&days) {
        return Err(Problem::bad(format!(
            "days: found {days}, expected 1 to {DAYS_MOST}"
        )));
    }
    Ok(now + i64::from(days) * DAY_MS)
}
