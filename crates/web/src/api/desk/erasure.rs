//! Yêu cầu xóa: what people want erased, and what became of it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use nguon_service::desk::WishError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{member, no_parameters, private};
use crate::api::body;
use crate::app::App;
use crate::device::{signed_by, signed_with};
use crate::problem::{Document, Problem};

const BODY_BYTES_MAX: usize = 1_024;

/// What is to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The record.
    event: String,
    /// Which section, from 0; 255 is the person of a delegation.
    section: u8,
    /// The legal reason, by its code.
    reason: u16,
}

/// What was asked for.
#[derive(Serialize, ToSchema)]
struct Wishes {
    /// The newest first, 500 at most.
    erasures: Vec<Wished>,
}

/// One wish, and what became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ErasureWish)]
struct Wished {
    /// The record.
    event: String,
    /// Which section.
    section: u8,
    /// The legal reason.
    reason: u16,
    /// Which key asked.
    asked_by: String,
    /// When (Unix milliseconds).
    asked_at_ms: i64,
    /// `waiting`, `erased` (the notice is on the log), or `refused`.
    state: &'static str,
    /// Why it is not erased.
    answer: Option<String>,
}

/// Ask for an erasure.
///
/// For the key that signed the record, and for keys that may admit people. The operator erases, and says so on the log; the record and every proof stay.
#[utoipa::path(
    put, path = "/api/v1/desk/erasures", tag = "desk",
    request_body = Wish,
    responses(
        (status = 201, description = "Taken down"),
        (status = 200, description = "It was asked for before"),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`section-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`too-many-erasures`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn wish(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    no_parameters(&parts)?;
    let read = body::read_json(&parts.headers, body, BODY_BYTES_MAX, &app.body_bytes).await?;
    let member = member(&app, signed_with(&app, &parts, &read.bytes)?)?;
    let wish: Wish = serde_json::from_slice(&read.bytes)
        .map_err(|error| Problem::new("request-malformed").because(error))?;
    let event = wish.event.parse().map_err(|_| Problem::new("id-malformed"))?;
    let service = app.service.clone();
    let new =
        app.ask(async move { service.desk().wish_erased(&member, event, wish.section, wish.reason).await });
    let new = new.await?.map_err(|error| match error {
        WishError::NotYours => Problem::new("not-yours"),
        WishError::Unknown => Problem::new("section-unknown"),
        WishError::TooMany => Problem::new("too-many-erasures"),
        WishError::Desk(error) => error.into(),
    })?;
    Ok(if new { StatusCode::CREATED } else { StatusCode::OK }.into_response())
}

/// What did we ask to have erased?
#[utoipa::path(
    get, path = "/api/v1/desk/erasures", tag = "desk",
    responses(
        (status = 200, description = "The organisation's wishes", body = Wishes),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn wishes(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let found = app.ask(async move { service.desk().wishes(&member).await }).await??;
    let erasures = found.into_iter().map(|wish| Wished {
        event: wish.event.to_string(),
        section: wish.section,
        reason: wish.reason,
        asked_by: wish.asked_by.to_string(),
        asked_at_ms: wish.asked_at_ms,
        state: match (wish.erased, wish.answer.is_empty()) {
            (true, _) => "erased",
            (false, true) => "waiting",
            (false, false) => "refused",
        },
        answer: (!wish.answer.is_empty()).then_some(wish.answer),
    });
    Ok(private(Wishes { erasures: erasures.collect() }))
}
