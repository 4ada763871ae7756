//! Whether the engine runs, whether it can take a call, and its figures.

use super::house::House;
use super::problem::Problem;
use crate::record;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};

/// Free space below which no call should be begun: an hour of one and more.
const LEAST_FREE: u64 = 400 * 1024 * 1024;

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(State(house): State<Arc<House>>) -> Response {
    if house.engine.stop.is_cancelled() {
        return not_ready("The engine is stopping");
    }
    let dir = house.engine.sessions_dir();
    let looked = blocking(move || {
        record::check_writable(&dir)?;
        record::free_space(&dir)
    });
    match looked.await {
        Ok(Ok(free)) if free < LEAST_FREE => {
            let (free, least) = (free / 1_000_000, LEAST_FREE / 1_000_000);
            not_ready(&format!(
                "The disk has {free} MB free, expected at least {least}"
            ))
        }
        Ok(Ok(_)) => "ready\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            not_ready("The sessions' folder cannot be written")
        }
        Err(problem) => problem.into_response(),
    }
}

fn not_ready(why: &str) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why).into_response()
}

pub(super) async fn metrics(State(house): State<Arc<House>>) -> Response {
    match house.metrics.text() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// Does what waits for a disk in the middle of a task, while the other tasks
/// of its thread go on elsewhere. Where there is one thread for all, they
/// wait.
pub(super) fn in_place<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// Does what waits for a disk or takes long where it holds nobody up.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::internal(&error))
}
