//! Where an exchange is told what changes, without asking: endpoints by Standard Webhooks, their secrets, and what became of messages.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nguon_service::exchanges::Caller;
use nguon_service::webhooks::EndpointError;
use nguon_service::webhooks::{DeliveryRow, EndpointRow};
use nguon_service::{LookupError, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::body;
use crate::app::App;
use crate::exchange::{self, caller};
use crate::page::words::parameters;
use crate::problem::{Document, Problem};

/// Bytes of a request.
const BODY_BYTES: usize = 16 << 10;

/// An endpoint to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook, example = json!({ "url": "https://exchange.example.org/nguon", "kinds": ["listing.recalled", "order.recalled"] }))]
pub(crate) struct Sent {
    /// `https`, at most 500 characters; its name must lead to public addresses only.
    url: String,
    /// What to hear of; none: everything. `listing.out_of_stock`, `listing.available`, `listing.price_changed`, `listing.recalled`,
    /// `listing.certificate_expired`, `listing.gone`, `order.recalled`, `order.changed`.
    #[serde(default)]
    kinds: Vec<String>,
}

/// An endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct Shown {
    /// Its name.
    id: String,
    /// Where messages go.
    url: String,
    /// What it hears of; none: everything.
    kinds: Vec<String>,
    /// `active` or `ended`.
    state: String,
    /// When it was made, Unix milliseconds.
    created_ms: i64,
    /// `whsec_` and base64, told once: what `v1` signatures are verified with.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The endpoints of an exchange.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
struct All {
    /// All of them, ended ones too.
    endpoints: Vec<Shown>,
}

/// What `v1a` signatures are verified with.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookKey)]
struct PublicKey {
    /// `whpk_` and base64 of 32 bytes: Ed25519.
    public_key: String,
}

/// A secret, told once.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
struct NewSecret {
    /// `whsec_` and base64. The one before signs, too, for another day.
    secret: String,
}

/// What became of messages.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeliveries)]
struct Deliveries {
    /// 200 at most, the newest first.
    deliveries: Vec<Delivery>,
}

/// What became of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
struct Delivery {
    /// Its `webhook-id`.
    message: String,
    /// `waiting`, `delivered` or `dead`.
    state: String,
    /// How often it was sent.
    attempts: i64,
    /// When it is sent next, Unix milliseconds.
    next_ms: i64,
    /// The last HTTP status; 0: no answer.
    status: i64,
    /// Why the last attempt failed.
    error: String,
}

/// What to send again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookReplay)]
pub(crate) struct Again {
    /// A `webhook-id`, whatever became of it; none: all that are dead.
    #[serde(default)]
    message: Option<String>,
}

/// How many are sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplayed)]
struct Replayed {
    /// So many.
    replayed: u64,
}

fn shown(row: EndpointRow, secret: Option<String>) -> Shown {
    Shown {
        id: row.endpoint_id,
        url: row.url,
        kinds: row.kinds.split(' ').filter(|kind| !kind.is_empty()).map(str::to_owned).collect(),
        state: row.state,
        created_ms: row.created_ms,
        secret,
    }
}

fn delivery(row: DeliveryRow) -> Delivery {
    Delivery {
        message: row.message_id,
        state: row.state,
        attempts: row.attempts,
        next_ms: row.next_ms,
        status: row.status,
        error: row.error,
    }
}

fn mark(caller: &Caller, mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    exchange::mark(&mut response, caller.allowance);
    response
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::new("webhook-malformed").because(error))
}

/// The exchange's endpoints.
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "webhooks",
    responses(
        (status = 200, description = "All of them", body = All),
        (status = 401, description = "`key-missing`, `key-unknown`, `key-ended`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`key-scope`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = caller(&app, &headers, Scope::Webhooks).await?;
    let (service, exchange) = (app.service.clone(), caller.exchange.clone());
    let found = app.ask(async move { service.webhooks().of_exchange(&exchange).await }).await?;
    let endpoints = found.map_err(LookupError::Store)?.into_iter().map(|row| shown(row, None)).collect();
    Ok(mark(&caller, Json(All { endpoints }).into_response()))
}

/// Make an endpoint.
///
/// It is told what happens from now on, signed by Standard Webhooks in both ways: `v1` (HMAC-SHA256 under the secret of this answer) and
/// `v1a` (Ed25519 under `/api/v1/webhooks/key`). Messages come at least once and in any order: look whether you know `webhook-id`, and follow
/// the change feed for what you missed. 2xx is success; `410` ends the endpoint; anything else is tried again for three days.
#[utoipa::path(
    post, path = "/api/v1/webhooks", tag = "webhooks",
    request_body(content = Sent, description = "At most 16 KiB"),
    responses(
        (status = 201, description = "The endpoint, with its secret", body = Shown),
        (status = 400, description = "`webhook-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`webhook-too-many`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`webhook-address`, `webhook-kind`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent = body::read_json(&headers, sent, BODY_BYTES, &app.body_bytes).await?;
    let caller = caller(&app, &headers, Scope::Webhooks).await?;
    let asked: Sent = read(&sent.bytes)?;
    let (service, exchange) = (app.service.clone(), caller.exchange.clone());
    let made = app.ask(async move { service.webhooks().add(&exchange, &asked.url, &asked.kinds).await });
    let (row, secret) = made.await??;
    let answer = shown(row, Some(secret.reveal().to_string()));
    Ok(mark(&caller, (StatusCode::CREATED, Json(answer)).into_response()))
}

/// The key of all `v1a` signatures.
#[utoipa::path(
    get, path = "/api/v1/webhooks/key", tag = "webhooks",
    responses((status = 200, description = "The operator's public key for webhooks", body = PublicKey)),
)]
pub(crate) async fn key(State(app): State<Arc<App>>) -> Response {
    let answer = PublicKey { public_key: app.service.webhooks().public_key() };
    ([(header::CACHE_CONTROL, "public, max-age=60")], Json(answer)).into_response()
}

/// End an endpoint.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{endpoint}", tag = "webhooks",
    params(("endpoint" = String, Path, description = "Its name")),
    responses(
        (status = 204, description = "What waited for it is given up"),
        (status = 404, description = "`webhook-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Path(endpoint): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = caller(&app, &headers, Scope::Webhooks).await?;
    let (service, exchange) = (app.service.clone(), caller.exchange.clone());
    app.ask(async move { service.webhooks().end(&exchange, &endpoint).await }).await??;
    Ok(mark(&caller, StatusCode::NO_CONTENT.into_response()))
}

/// Replace an endpoint's secret.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{endpoint}/secret", tag = "webhooks",
    params(("endpoint" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "The new one, told once", body = NewSecret),
        (status = 404, description = "`webhook-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    Path(endpoint): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = caller(&app, &headers, Scope::Webhooks).await?;
    let (service, exchange) = (app.service.clone(), caller.exchange.clone());
    let secret = app.ask(async move { service.webhooks().rotate(&exchange, &endpoint).await }).await??;
    Ok(mark(&caller, Json(NewSecret { secret: secret.reveal().to_string() }).into_response()))
}

/// What became of messages.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{endpoint}/deliveries", tag = "webhooks",
    params(
        ("endpoint" = String, Path, description = "Its name"),
        ("state" = Option<String>, Query, description = "`waiting`, `delivered` or `dead`; `dead` otherwise"),
    ),
    responses(
        (status = 200, description = "The newest", body = Deliveries),
        (status = 404, description = "`webhook-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn deliveries(
    State(app): State<Arc<App>>,
    Path(endpoint): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let mut state = "dead".to_owned();
    for (name, value) in parameters(&parts.uri) {
        if name != "state" || !["waiting", "delivered", "dead"].contains(&value.as_str()) {
            return Err(Problem::new("query-unknown"));
        }
        state = value;
    }
    let caller = caller(&app, &parts.headers, Scope::Webhooks).await?;
    let (service, exchange) = (app.service.clone(), caller.exchange.clone());
    let found = app.ask(async move { service.webhooks().deliveries(&exchange, &endpoint, &state).await });
    let deliveries = found.await??.into_iter().map(delivery).collect();
    Ok(mark(&caller, Json(Deliveries { deliveries }).into_response()))
}

/// Send messages again.
///
/// They keep their `webhook-id` and get a new time.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{endpoint}/replay", tag = "webhooks",
    request_body(content = Again, description = "At most 16 KiB"),
    params(("endpoint" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "How many", body = Replayed),
        (status = 404, description = "`webhook-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    Path(endpoint): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent = body::read_json(&headers, sent, BODY_BYTES, &app.body_bytes).await?;
    let caller = caller(&app, &headers, Scope::Webhooks).await?;
    let again: Again = read(&sent.bytes)?;
    let (service, exchange) = (app.service.clone(), caller.exchange.clone());
    let message = again.message;
    let replayed =
        app.ask(async move { service.webhooks().replay(&exchange, &endpoint, message.as_deref()).await });
    Ok(mark(&caller, Json(Replayed { replayed: replayed.await?? }).into_response()))
}

impl From<EndpointError> for Problem {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Address(why) => Self::new("webhook-address").because(why),
            EndpointError::Kind(kind) => Self::new("webhook-kind").saying("kind", kind),
            EndpointError::TooMany => Self::new("webhook-too-many"),
            EndpointError::Unknown => Self::new("webhook-unknown"),
            EndpointError::Randomness(_) => Self::internal(&error),
            EndpointError::Store(error) => LookupError::Store(error).into(),
        }
    }
}
