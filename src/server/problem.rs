//! Refusals over HTTP: a status, a name for programs and one sentence for a
//! person, as JSON: `{"error": "forbidden", "message": "..."}`.

use crate::accounts::{AccountsError, TokenError};
use crate::record::RecordError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    /// Its name; refusals are counted by it.
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Seconds after which it may be tried again.
    pub(super) retry_after: Option<u64>,
}

/// A refusal's name, for whoever counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code(pub(super) &'static str);

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl ToString) -> Self {
        Self {
            status,
            code,
            message: message.to_string(),
            retry_after: None,
        }
    }

    pub(super) fn bad(message: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(super) fn forbidden(message: impl ToString) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub(super) fn not_found(message: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn conflict(message: impl ToString) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    pub(super) fn limit(message: impl ToString) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "limit", message)
    }

    /// Something failed here; what, is for the log and not for the asker.
    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The engine could not do this; its log says why",
        )
    }

    fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({"error": self.code, "message": self.message}).to_string();
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, "application/json")],
            body,
        )
            .into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                header::HeaderValue::from_static("Bearer"),
            );
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Code(self.code));
        response
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        let code = match &error {
            TokenError::Malformed { .. } => "token_malformed",
            TokenError::Signature => "token_signature",
            TokenError::Expired { .. } => "token_expired",
            TokenError::Revoked { .. } => "token_revoked",
            TokenError::Kind { .. } => "token_kind",
            _ => return Self::internal(&error),
        };
        Self::new(StatusCode::UNAUTHORIZED, code, error)
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NotFound { .. } => Self::not_found("There is no such record here"),
            RecordError::BadId { .. } => Self::new(StatusCode::BAD_REQUEST, "bad_id", error),
            RecordError::Refused { .. } | RecordError::Unstorable { .. } => Self::conflict(error),
            other => Self::internal(&other),
        }
    }
}

impl From<AccountsError> for Problem {
    fn from(error: AccountsError) -> Self {
        use AccountsError as E;
        match error {
            E::Store(error) => error.into(),
            E::Token(error) => error.into(),
            E::Wait { seconds } => Self::limit(&error).after(seconds),
            E::SignIn => Self::new(StatusCode::UNAUTHORIZED, "sign_in", error),
            E::Taken { .. } | E::LastAdministrator { .. } | E::Used { .. } => Self::conflict(error),
            E::NoUser { .. } | E::NoToken { .. } | E::NoInvitation { .. } => Self::not_found(error),
            E::Machine(_) => Self::internal(&error),
            _ => Self::bad(error),
        }
    }
}
