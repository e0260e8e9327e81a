//! Ghi danh: invitations on their way between a manager's app and a phone (see `nguon_service::desk::enrolment`).
//!
//! ```text
//! PUT    /api/v1/desk/enrolments/{id}     signed by a key that may admit: {"invitation": {…}, "expires_at_ms": …}
//! GET    /api/v1/enrolments/{id}          the phone: what is offered, by whom
//! PUT    /api/v1/enrolments/{id}/answer   the phone: {"device": "<hex>", "possession": "<base64>"}
//! GET    /api/v1/desk/enrolments          the manager: who answered
//! ```
//!
//! The id is the secret that the code carries: 32 hexadecimal digits, random.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::PublicKey;
use nguon_service::desk::{Answered, Enrolment, EnrolmentError, Invitation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{member, no_parameters, private};
use crate::api::body;
use crate::api::organisation::Words;
use crate::app::App;
use crate::device::{signed_by, signed_with};
use crate::problem::{Document, Problem};

/// How long a body may be.
const BODY_BYTES_MAX: usize = 4 * 1024;

/// An invitation that is laid down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Laid {
    /// `ledger_id`, `organisation`, `roles`, `flags`, `not_after_ms`, `person`, as `nguon org invite` writes them.
    #[schema(value_type = Object)]
    invitation: Invitation,
    /// Until when it may be answered (Unix milliseconds), 30 days from now at most.
    expires_at_ms: i64,
}

/// A device's answer.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    /// Its key, hex.
    device: String,
    /// Its signature that it holds the key and agrees, base64 of 64 bytes.
    possession: String,
}

/// Invitations of an organisation.
#[derive(Serialize, ToSchema)]
struct Enrolments {
    /// The newest first, 1,000 at most.
    enrolments: Vec<One>,
}

/// An invitation, to whoever laid it down.
#[derive(Serialize, ToSchema)]
#[schema(as = Enrolment)]
struct One {
    /// The secret of its code.
    id: String,
    /// What is offered.
    #[schema(value_type = Object)]
    invitation: Invitation,
    /// When it was made (Unix milliseconds).
    created_at_ms: i64,
    /// Until when it may be answered (Unix milliseconds).
    expires_at_ms: i64,
    /// The device that took it.
    answer: Option<Taken>,
    /// `open` · `answered` · `admitted` · `expired`.
    state: &'static str,
}

/// An invitation, to a phone.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenInvitation)]
struct Offered {
    /// What is offered.
    #[schema(value_type = Object)]
    invitation: Invitation,
    /// Who invites.
    organisation: Inviting,
    /// Until when it may be answered (Unix milliseconds).
    expires_at_ms: i64,
    /// `open` · `answered` · `admitted` · `expired`.
    state: &'static str,
}

/// Who invites.
#[derive(Serialize, ToSchema)]
struct Inviting {
    /// The organisation.
    id: String,
    /// What it calls itself.
    name: Option<Words>,
}

/// Lay an invitation down.
///
/// For a key that may admit devices. The same again changes nothing.
#[utoipa::path(
    put, path = "/api/v1/desk/enrolments/{id}", tag = "desk",
    params(("id" = String, Path, description = "32 random hexadecimal digits")),
    request_body = Laid,
    responses(
        (status = 201, description = "It waits for an answer"),
        (status = 200, description = "It was there"),
        (status = 400, description = "`id-malformed`, `request-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`invitation-taken`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`invitation-cannot-give`, `invitation-span`, `too-many-invitations`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn lay(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    no_parameters(&parts)?;
    let id = secret(&id)?;
    let read = body::read_json(&parts.headers, body, BODY_BYTES_MAX, &app.body_bytes).await?;
    let member = member(&app, signed_with(&app, &parts, &read.bytes)?)?;
    let laid: Laid = serde_json::from_slice(&read.bytes)
        .map_err(|error| Problem::new("request-malformed").because(error))?;
    let service = app.service.clone();
    let new =
        app.ask(async move { service.desk().invite(&member, id, laid.invitation, laid.expires_at_ms).await });
    let status = if new.await?? { StatusCode::CREATED } else { StatusCode::OK };
    Ok(status.into_response())
}

/// Take an invitation back.
#[utoipa::path(
    delete, path = "/api/v1/desk/enrolments/{id}", tag = "desk",
    params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 204, description = "It is gone. A device that was admitted stays"),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`invitation-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn withdraw(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let id = secret(&id)?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    app.ask(async move { service.desk().withdraw(&member, id).await }).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Who answered?
#[utoipa::path(
    get, path = "/api/v1/desk/enrolments", tag = "desk",
    responses(
        (status = 200, description = "The organisation's invitations", body = Enrolments),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let found = app.ask(async move { service.desk().enrolments(&member).await }).await??;
    Ok(private(Enrolments { enrolments: found.into_iter().map(Into::into).collect() }))
}

/// What am I offered?
///
/// For whoever has the code. Nothing in it names a person.
#[utoipa::path(
    get, path = "/api/v1/enrolments/{id}", tag = "desk",
    params(("id" = String, Path, description = "32 hexadecimal digits, from the code")),
    responses(
        (status = 200, description = "The invitation", body = Offered),
        (status = 400, description = "`id-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`invitation-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let id = secret(&id)?;
    let service = app.service.clone();
    let found = app.ask(async move {
        let enrolment = service.desk().enrolment(id).await?;
        let organisation = service.catalogue().organisation(enrolment.invitation.organisation).await;
        Ok::<_, EnrolmentError>((enrolment, organisation?))
    });
    let (enrolment, organisation) = found.await??;
    let name = organisation.and_then(|one| one.card).map(|card| card.name.into());
    Ok(private(Offered {
        organisation: Inviting { id: enrolment.invitation.organisation.to_string(), name },
        invitation: enrolment.invitation,
        expires_at_ms: enrolment.expires_at_ms,
        state: enrolment.state,
    }))
}

/// I take it.
///
/// One device takes an invitation. It has no right yet: the organisation's own key gives it, on the log, after a person looked.
#[utoipa::path(
    put, path = "/api/v1/enrolments/{id}/answer", tag = "desk",
    params(("id" = String, Path, description = "32 hexadecimal digits, from the code")),
    request_body = Taken,
    responses(
        (status = 201, description = "Kept: it waits for the organisation's confirmation"),
        (status = 200, description = "This device answered before"),
        (status = 400, description = "`id-malformed`, `request-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`invitation-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`invitation-used`: another device took it", body = Document, content_type = "application/problem+json"),
        (status = 410, description = "`invitation-expired`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`possession-invalid`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    no_parameters(&parts)?;
    let id = secret(&id)?;
    let read = body::read_json(&parts.headers, body, BODY_BYTES_MAX, &app.body_bytes).await?;
    let malformed = |why: &str| Problem::new("request-malformed").because(why);
    let taken: Taken = serde_json::from_slice(&read.bytes).map_err(|error| malformed(&error.to_string()))?;
    let device: PublicKey =
        taken.device.parse().map_err(|_| malformed("`device` is 64 hexadecimal digits"))?;
    let possession = BASE64_STANDARD.decode(&taken.possession).ok().and_then(|bytes| bytes.try_into().ok());
    let possession: [u8; 64] =
        possession.ok_or_else(|| malformed("`possession` is the base64 of 64 bytes"))?;
    let service = app.service.clone();
    let answered = app.ask(async move { service.desk().take(id, device, possession).await }).await??;
    Ok(match answered {
        Answered::Now => StatusCode::CREATED,
        Answered::Before => StatusCode::OK,
    }
    .into_response())
}

fn secret(text: &str) -> Result<[u8; 16], Problem> {
    let malformed = || Problem::new("id-malformed").because("32 hexadecimal digits");
    if text.len() != 32 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(malformed());
    }
    u128::from_str_radix(text, 16).map(u128::to_be_bytes).map_err(|_| malformed())
}

impl From<Enrolment> for One {
    fn from(enrolment: Enrolment) -> Self {
        let answer = enrolment.answer.map(|answer| Taken {
            device: answer.device.to_string(),
            possession: BASE64_STANDARD.encode(answer.possession),
        });
        Self {
            id: format!("{:032x}", u128::from_be_bytes(enrolment.id)),
            invitation: enrolment.invitation,
            created_at_ms: enrolment.created_at_ms,
            expires_at_ms: enrolment.expires_at_ms,
            answer,
            state: enrolment.state,
        }
    }
}

impl From<EnrolmentError> for Problem {
    fn from(error: EnrolmentError) -> Self {
        match error {
            EnrolmentError::NotYours => Self::new("not-yours"),
            EnrolmentError::CannotGive => Self::new("invitation-cannot-give"),
            EnrolmentError::Span => Self::new("invitation-span"),
            EnrolmentError::Taken => Self::new("invitation-taken"),
            EnrolmentError::TooMany => Self::new("too-many-invitations"),
            EnrolmentError::Unknown => Self::new("invitation-unknown"),
            EnrolmentError::Expired => Self::new("invitation-expired"),
            EnrolmentError::Used => Self::new("invitation-used"),
            EnrolmentError::Possession => Self::new("possession-invalid"),
            EnrolmentError::Desk(error) => error.into(),
        }
    }
}
