//! Copies that are taken away: `?copy=1` asks for one, a right allows it, and
//! it stands on the access log as one.

use super::problem::Problem;
use crate::accounts::{Act, Identity};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use std::collections::BTreeMap;

/// Whether a request asks for a copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copying(bool);

impl<S: Send + Sync> FromRequestParts<S> for Copying {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri);
        let asked = query.ok().and_then(|Query(mut all)| all.remove("copy"));
        match asked.as_deref() {
            None => Ok(Self(false)),
            Some("1") => Ok(Self(true)),
            Some(found) => {
                let found: String = found.chars().take(40).collect();
                Err(Problem::bad(format!("copy: found `{found}`, expected 1")))
            }
        }
    }
}

impl Copying {
    /// What is read, by its name on the access log.
    ///
    /// # Errors
    /// Where a copy is asked for by somebody who may not take one.
    pub(super) fn what(
        self,
        who: &Identity,
        read: &'static str,
        copied: &'static str,
    ) -> Result<&'static str, Problem> {
        if !self.0 {
            return Ok(read);
        }
        if who.may(Act::Download) {
            return Ok(copied);
        }
        let roles: Vec<_> = who.roles.iter().map(|r| r.name()).collect();
        let act = Act::Download;
        Err(Problem::forbidden(format!(
            "Role {} may not {act}",
            roles.join(", ")
        )))
    }

    /// Makes the browser keep a copy as a file, instead of showing it.
    pub(super) fn attach(self, response: &mut Response, name: &str) {
        let value = format!("attachment; filename=\"{name}\"");
        if self.0
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
    }
}
