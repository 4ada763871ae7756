//! Who comes: by bearer token, by cookie, by the secret of an engine that
//! was started for one call.

use super::Admission;
use super::house::House;
use super::passes::Pass;
use super::problem::Problem;
use super::signins;
use crate::accounts::{Accounts, Identity, Means, Role, Secret};
use crate::clock::unix_millis;
use axum::http::{HeaderMap, StatusCode, header};
use axum_extra::extract::CookieJar;
use std::sync::Arc;

/// How somebody was recognised.
pub(super) enum Via {
    /// By something that no other page can send.
    Header,
    /// By a cookie: a request that changes something must carry this secret.
    Cookie {
        /// The secret.
        csrf: Secret,
        /// The sign-in's key.
        key: String,
    },
}

impl Via {
    /// What a socket of this caller depends on.
    pub(super) fn pass(&self, identity: &Identity) -> Pass {
        match self {
            Self::Header => Pass::Means(identity.means.clone()),
            Self::Cookie { key, .. } => Pass::SignIn(key.clone()),
        }
    }
}

impl House {
    /// The cookie's name. With TLS the prefix keeps other hosts and plain
    /// connections from setting it.
    pub(super) const fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-viva" } else { "viva" }
    }

    /// The accounts, where there are any.
    pub(super) fn accounts(&self) -> Result<&Arc<Accounts>, Problem> {
        match &self.engine.admission {
            Admission::Accounts(accounts) => Ok(accounts),
            _ => Err(Problem::forbidden("This engine has no accounts")),
        }
    }

    /// Who comes.
    pub(super) fn identify(&self, headers: &HeaderMap) -> Result<(Identity, Via), Problem> {
        let caller = || Identity {
            name: "the candidate".into(),
            roles: vec![Role::Candidate],
            means: Means::Secret,
        };
        let token = bearer(headers)?;
        match (&self.engine.admission, token) {
            (Admission::Open, _) => Ok((caller(), Via::Header)),
            (Admission::Secret(secret), Some(token)) if secret.is(token) => {
                Ok((caller(), Via::Header))
            }
            (Admission::Secret(_), Some(_)) => Err(unknown("The secret is not this engine's")),
            (Admission::Secret(_), None) => Err(nobody()),
            (Admission::Accounts(accounts), Some(token)) => {
                let identity = accounts.bearer(token, unix_millis())?;
                Ok((identity, Via::Header))
            }
            (Admission::Accounts(accounts), None) => {
                let jar = CookieJar::from_headers(headers);
                let cookie = jar.get(self.cookie_name()).ok_or_else(nobody)?;
                let (identity, csrf) = self
                    .sign_ins
                    .find(accounts, cookie.value(), unix_millis())?
                    .ok_or_else(|| unknown("The sign-in is over: sign in again"))?;
                let key = signins::key(cookie.value());
                Ok((identity, Via::Cookie { csrf, key }))
            }
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|v| {
        let (scheme, token) = v.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match token {
        Some(token) => Ok(Some(token)),
        None => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "token_malformed",
            "Authorization: expected Bearer and a token",
        )),
    }
}

fn nobody() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "no_token",
        "Expected a token or a sign-in",
    )
}

fn unknown(message: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "token_unknown", message)
}
