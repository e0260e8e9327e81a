//! For those who run the server: is the process alive, can it serve, what does it count.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{self, Problem};

/// The database must answer within this.
const DATABASE: Duration = Duration::from_secs(2);
/// The publisher may be behind without moving for this long: a witness may be slow, a disk may not be full.
const PUBLISHER: Duration = Duration::from_secs(30);

/// How the publisher looked when somebody asked last.
#[derive(Default)]
pub(crate) struct Publishing(Mutex<Option<(u64, Instant)>>);

impl Publishing {
    /// Whether it has been behind, without a step, since an earlier question that is too long ago.
    fn is_stuck(&self, logged: u64, published: u64, now: Instant) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if published >= logged {
            *seen = None;
            return false;
        }
        match *seen {
            Some((size, since)) if size == published => now.duration_since(since) > PUBLISHER,
            _ => {
                *seen = Some((published, now));
                false
            }
        }
    }
}

/// The process is alive.
#[derive(Serialize, ToSchema)]
struct Alive {
    /// Always `ok`.
    status: &'static str,
}

/// What was looked at.
#[derive(Serialize, ToSchema)]
struct Ready {
    /// Always `ready`; otherwise the answer is a problem.
    status: &'static str,
    /// Each check and whether it passed.
    checks: Checks,
}

/// Each check and whether it passed.
#[derive(Serialize, ToSchema, Clone, Copy)]
struct Checks {
    /// The database answers.
    database: bool,
    /// Records reach the published log.
    publisher: bool,
    /// This process is the one that writes.
    writer: bool,
}

/// Whether the process is alive.
///
/// It says nothing about the database: restarting the process would not help that.
#[utoipa::path(
    get, path = "/healthz", tag = "operation",
    responses((status = 200, description = "Alive", body = Alive)),
)]
pub(crate) async fn healthz() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(Alive { status: "ok" })).into_response()
}

/// Whether the process can serve.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "Ready", body = Ready),
        (status = 503, description = "`not-ready`; `checks` says what is missing", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let lookup = app.service.lookup().clone();
    let first = app.ask(async move { lookup.entry_at(0).await });
    let database = matches!(tokio::time::timeout(DATABASE, first).await, Ok(Ok(Ok(Some(_)))));
    let progress = app.service.progress();
    #[expect(clippy::disallowed_methods, reason = "the edge measures how long the publisher has stood still")]
    let now = Instant::now();
    let publisher = !app.publishing.is_stuck(progress.logged, progress.published, now);
    let checks = Checks { database, publisher, writer: app.service.is_writing() };
    if database && publisher && checks.writer {
        Ok(([(header::CACHE_CONTROL, "no-store")], Json(Ready { status: "ready", checks })).into_response())
    } else {
        Err(Problem::new("not-ready").with("checks", json!(checks)))
    }
}

/// What the process counts, in Prometheus' text format 0.0.4. Numbers only: no label holds anything that a client sent.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.metrics.run_upkeep();
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4"), (header::CACHE_CONTROL, "no-store")],
        app.metrics.render(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_publisher_is_stuck_when_it_is_behind_and_stands_still() {
        let publishing = Publishing::default();
        #[expect(clippy::disallowed_methods, reason = "a paused clock")]
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(!publishing.is_stuck(10, 5, start));
        assert!(!publishing.is_stuck(20, 6, after(31)), "it moved");
        assert!(!publishing.is_stuck(20, 6, after(61)));
        assert!(publishing.is_stuck(20, 6, after(62)));
        assert!(!publishing.is_stuck(20, 20, after(63)));
    }
}
