//! The API and its description: one file an endpoint, one call for route and description.
//!
//! Conventions, told once in the description of `/api/openapi.json`: ids, keys, hashes and salts are 64 lower-case
//! hexadecimal digits; bytes are base64 (RFC 4648, section 4); times are Unix milliseconds with an RFC 3339 twin; sizes are
//! bytes; masses and money, where a document names them, are integers of grams and đồng. No endpoint takes query
//! parameters that it does not name.

pub(crate) use self::order::slip;

pub(crate) mod body;
mod control;
pub(crate) mod desk;
pub(crate) mod feed;
pub(crate) mod health;
mod ledger;
mod order;
mod organisation;
mod preflight;
mod receipt;
mod record;
mod serial;
mod submit;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::Problem;
use crate::published;

/// How many records one request may carry.
pub const RECORDS_MAX: usize = 500;
/// How long the body of a request may be.
pub const BODY_BYTES_MAX: usize = 8 << 20;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "nguon",
        version = "1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        description = "A province's ledger of farm records: signed by phones, ordered in a transparency log, \
            checkable by anybody.\n\n\
            Ids, keys, hashes and salts are 64 hexadecimal digits. Bytes are base64 (RFC 4648, section 4, padded). \
            Times are Unix milliseconds (`…_ms`, UTC), where useful with an RFC 3339 twin. Sizes are bytes.\n\n\
            Errors are RFC 9457 problems (`application/problem+json`) with a stable `type` \
            (`urn:nguon:problem:<code>`), in the language of `Accept-Language` (vi, en; Vietnamese otherwise), with both \
            languages always inside. Parameters that an address does not name are refused.\n\n\
            The log itself is published as C2SP tlog-tiles: `/checkpoint` and `/tile/…`."
    ),
    tags(
        (name = "records", description = "Send signed records; read them back with their proofs"),
        (name = "catalogue", description = "Lots and listings, for exchanges, shops and pages"),
        (name = "desk", description = "For devices of organisations: requests signed by the device's key (RFC 9421)"),
        (name = "exchanges", description = "Feeds for exchanges, with an API key"),
        (name = "orders", description = "Reserve, buy and send goods: for exchanges with a key of the scope `orders`, and for sellers"),
        (name = "webhooks", description = "Hear of changes without asking (Standard Webhooks): for exchanges with a key of the scope `webhooks`"),
        (name = "who is who", description = "The ledger, its organisations and their keys"),
        (name = "log", description = "The transparency log as plain files (C2SP tlog-tiles, tlog-checkpoint)"),
        (name = "operation", description = "For those who run the server"),
    ),
)]
struct Description;

/// All routes of the API and the published log.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let api = OpenApiRouter::new()
        .routes(routes!(submit::submit))
        .routes(routes!(preflight::preflight))
        .routes(routes!(record::by_event))
        .routes(routes!(record::by_index))
        .routes(routes!(receipt::receipt))
        .routes(routes!(ledger::ledger))
        .routes(routes!(organisation::one))
        .routes(routes!(organisation::keys))
        .routes(routes!(organisation::key))
        .routes(routes!(order::order))
        .routes(routes!(order::one))
        .routes(routes!(order::confirm))
        .routes(routes!(order::ship))
        .routes(routes!(order::deliver))
        .routes(routes!(order::cancel))
        .routes(routes!(order::invoice))
        .routes(routes!(order::sale_draft, order::sale))
        .routes(routes!(webhook::list, webhook::add))
        .routes(routes!(webhook::key))
        .routes(routes!(webhook::end))
        .routes(routes!(webhook::rotate))
        .routes(routes!(webhook::replay))
        .routes(routes!(openapi))
        .layer(from_fn(refuse_query));
    let files = OpenApiRouter::new()
        .routes(routes!(published::checkpoint))
        .routes(routes!(published::checkpoint_of_size))
        .routes(routes!(published::tile))
        .routes(routes!(published::openings))
        .routes(routes!(published::log_key))
        .routes(routes!(published::witness_keys));
    let operation = OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz));
    let (router, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .merge(api)
        // These take query parameters of their own, and check them.
        .merge(crate::page::machine())
        .routes(routes!(organisation::list))
        .merge(feed::routes())
        .routes(routes!(serial::serials))
        .routes(routes!(serial::scan_signs))
        .merge(desk::router())
        .routes(routes!(serial::settle))
        .routes(routes!(order::list))
        .routes(routes!(webhook::deliveries))
        .merge(files)
        .merge(operation)
        .with_state(app.clone())
        .split_for_parts();
    // OpenAPI has no name for "the rest of the path": axum's `{*path}` is written `{path}` there.
    description.paths.paths = std::mem::take(&mut description.paths.paths)
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    let text = description.to_json().expect("a description made of strings is JSON");
    app.openapi.get_or_init(|| Bytes::from(text));
    // Set before any layer: one that is set later would stand outside of the layers.
    router.method_not_allowed_fallback(async || Problem::new("method-not-allowed"))
}

/// What the process counts, for an address of its own: it is nobody's outside, and a proxy that forgets a rule must not show it.
pub(crate) fn counters(app: &Arc<App>) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(app.clone())
}

/// The description of this API, OpenAPI 3.1.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")),
)]
async fn openapi(State(app): State<Arc<App>>) -> Response {
    let text = app.openapi.get().cloned().unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], text)
        .into_response()
}

/// A misspelt filter must not look like an answer to the question that was meant.
async fn refuse_query(request: Request, next: Next) -> Response {
    match request.uri().query() {
        None | Some("") => next.run(request).await,
        Some(_) => Problem::new("query-unknown").into_response(),
    }
}
