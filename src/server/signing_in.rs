//! Signing in and out, the first administrator, and who one is.

use super::health::blocking;
use super::house::House;
use super::people::{Given, with_accounts};
use super::problem::Problem;
use crate::accounts::{AccountsError, Act, Identity, Means, Role, Secret, User};
use crate::clock::unix_millis;
use crate::server::guard::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError};
use utoipa::ToSchema;

/// Who signs in: by name and password, or by a token.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The name.
    #[serde(default)]
    name: String,
    /// The password.
    #[serde(default)]
    password: String,
    /// A token, in place of both.
    #[serde(default)]
    token: Option<String>,
}

/// The first administrator.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct SetUp {
    /// The one-time token of the link.
    token: String,
    /// The name to sign in with.
    name: String,
    /// 12 to 256 characters.
    password: String,
    /// Further roles, beside administrator.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
}

/// One's own password.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPassword {
    /// The one until now.
    old: String,
    /// 12 to 256 characters.
    new: String,
}

/// Who one is.
#[derive(Serialize, Debug)]
pub(super) struct Me {
    name: String,
    roles: Vec<Role>,
    may: Vec<Act>,
    /// To be sent as `x-csrf-token` with every request that changes
    /// something, where one is signed in by cookie.
    csrf: Option<String>,
    /// Whether a reason must be given to open a record.
    reason_required: bool,
}

pub(super) async fn me(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    csrf: Option<Extension<Secret>>,
) -> Json<Me> {
    Json(Me {
        may: Act::ALL.into_iter().filter(|act| who.may(*act)).collect(),
        name: who.name,
        roles: who.roles,
        csrf: csrf.map(|Extension(csrf)| csrf.expose().to_owned()),
        reason_required: house.reason_required,
    })
}

pub(super) async fn sign_in(
    State(house): State<Arc<House>>,
    Extension(Caller(address)): Extension<Caller>,
    jar: CookieJar,
    Given(given): Given<SignIn>,
) -> Result<Response, Problem> {
    let now = unix_millis();
    let cookie = match given.token {
        Some(token) => {
            house.accounts()?.bearer(&token, now)?;
            house.sign_ins.token(&token, now)?
        }
        None => {
            let place = address.to_string();
            let user = password(&house, &place, given.name, given.password, now).await?;
            house.sign_ins.user(&user.name, user.changed_unix_ms, now)?
        }
    };
    Ok((jar.add(cookie_for(&house, cookie)), StatusCode::NO_CONTENT).into_response())
}

/// The user of a name and password; guessing is slowed down, by name and by
/// address.
async fn password(
    house: &House,
    address: &str,
    name: String,
    password: String,
    now: i64,
) -> Result<User, Problem> {
    let (by_name, by_address) = (format!("name {name}"), format!("address {address}"));
    let keys = [by_name.as_str(), by_address.as_str()];
    let throttle = || {
        house
            .throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    };
    throttle().check(&keys, now)?;
    let accounts = house.accounts()?.clone();
    match blocking(move || accounts.sign_in(&name, &password)).await? {
        Ok(user) => {
            throttle().succeeded(&by_name);
            Ok(user)
        }
        Err(error) => {
            if matches!(error, AccountsError::SignIn) {
                throttle().failed(&keys, now);
            }
            Err(error.into())
        }
    }
}

fn cookie_for(house: &House, value: String) -> Cookie<'static> {
    Cookie::build((house.cookie_name(), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(house.secure)
        .build()
}

pub(super) async fn sign_out(
    State(house): State<Arc<House>>,
    jar: CookieJar,
) -> (CookieJar, StatusCode) {
    let name = house.cookie_name();
    if let Some(cookie) = jar.get(name) {
        house.sign_ins.end(cookie.value());
        house.look_round().await;
    }
    let gone = cookie_for(&house, String::new());
    (jar.remove(gone), StatusCode::NO_CONTENT)
}

pub(super) async fn own_password(
    State(house): State<Arc<House>>,
    Extension(who): Extension<Identity>,
    Extension(Caller(address)): Extension<Caller>,
    Given(given): Given<OwnPassword>,
) -> Result<StatusCode, Problem> {
    if who.means != Means::Password {
        return Err(Problem::forbidden("Only an account has a password"));
    }
    let now = unix_millis();
    let place = address.to_string();
    password(&house, &place, who.name.clone(), given.old, now).await?;
    let set = with_accounts(&house, move |accounts| {
        accounts.set_password(&who.name, &given.new, now)
    });
    house.take_back(None, set).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_up(
    State(house): State<Arc<House>>,
    jar: CookieJar,
    Given(given): Given<SetUp>,
) -> Result<Response, Problem> {
    let now = unix_millis();
    let user = with_accounts(&house, move |accounts| {
        accounts.set_up(&given.token, &given.name, given.roles, &given.password, now)
    })
    .await?;
    let cookie = house.sign_ins.user(&user.name, user.changed_unix_ms, now)?;
    tracing::info!("the first administrator was made");
    Ok((jar.add(cookie_for(&house, cookie)), StatusCode::CREATED).into_response())
}
