//! `GET /api/v1/ledger`: which ledger this is, how far it has come, and who vouches for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::language::{Language, Text};

/// This ledger.
#[derive(Serialize, ToSchema)]
struct Ledger {
    /// The log's permanent name: the first line of its checkpoints. It looks like a host and path, and is none.
    origin: String,
    /// What records are signed for: a digest of origin and the log's first key.
    ledger_id: String,
    /// Where pages and codes are reached today.
    public_base_url: String,
    /// How many records there are.
    size: Size,
    /// The log's verifier key, as in `/log.vkey`. Pin it from a second source.
    log_key: String,
    /// Who cosigns.
    witnesses: Vec<WitnessView>,
    /// True while no witness is named that the operator does not own.
    cosigned_by_operator_only: bool,
    /// The same in words: Vietnamese.
    vi: Text,
    /// The same in words: English.
    en: Text,
}

/// Sizes of the log, in records.
#[derive(Serialize, ToSchema)]
#[schema(as = LogSize)]
struct Size {
    /// Durable.
    logged: u64,
    /// Under the published checkpoint.
    published: u64,
}

/// A witness.
#[derive(Serialize, ToSchema)]
#[schema(as = Witness)]
struct WitnessView {
    /// Its name.
    name: String,
    /// Its verifier key, as in `/witnesses.vkey`.
    key: String,
    /// The operator runs it: it proves nothing about the operator.
    operators_own: bool,
}

/// The ledger and who vouches for it.
#[utoipa::path(
    get, path = "/api/v1/ledger", tag = "who is who",
    responses((status = 200, description = "This ledger", body = Ledger)),
)]
pub(crate) async fn ledger(State(app): State<Arc<App>>) -> Response {
    let service = &app.service;
    let progress = service.progress();
    let witnesses: Vec<WitnessView> = service
        .witness_keys()
        .iter()
        .map(|key| WitnessView {
            name: key.name().to_owned(),
            key: key.to_string(),
            operators_own: !app.independent_witnesses.iter().any(|name| name == key.name()),
        })
        .collect();
    let alone = witnesses.iter().all(|witness| witness.operators_own);
    let key = if alone { "cosigned-by-operator-only" } else { "cosigned-by-others" };
    let ledger = Ledger {
        origin: service.origin().to_owned(),
        ledger_id: service.ledger_id().to_string(),
        public_base_url: service.public_base_url().to_owned(),
        size: Size { logged: progress.logged, published: progress.published },
        log_key: service.log_key().to_string(),
        witnesses,
        cosigned_by_operator_only: alone,
        vi: Language::Vietnamese.text(key, &[]),
        en: Language::English.text(key, &[]),
    };
    ([(header::CACHE_CONTROL, "public, max-age=1")], Json(ledger)).into_response()
}
