//! `GET /api/v1/evidence/…`: everything that speaks of a lot, in one zip that is checked offline with `nguon verify`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_id::LotId;
use nguon_service::EvidenceError;

use crate::app::App;
use crate::problem::{Document, Problem};

/// A lot's evidence.
///
/// One zip: the signed records on the lot, on what it was made of, on their plots, products, certificates and organisations, and those that
/// gave their signers their rights, each with its proof under one cosigned checkpoint (C2SP tlog-proof), and their public facts.
/// No names of people, no exact places. `nguon verify FILE.zip` checks it without any network and judges the lot again from it.
#[utoipa::path(
    get, path = "/api/v1/evidence/{*lot}", tag = "catalogue",
    params(("lot" = String, Path, description = "The path of the lot's page, without the slash in front")),
    responses(
        (status = 200, description = "The evidence", body = Vec<u8>, content_type = "application/zip"),
        (status = 400, description = "`lot-malformed`, `query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`lot-not-found`; `not-published-yet` with Retry-After", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`lot-cycle`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`evidence-too-large`: check the whole log instead", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn evidence(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::new("query-unknown"));
    }
    let path = uri.path().strip_prefix("/api/v1/evidence").unwrap_or_default();
    let id = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    let service = app.service.clone();
    let made = app.ask(async move { service.evidence(&id).await }).await?;
    let export = made.map_err(|error| match error {
        EvidenceError::NoLot(_) => Problem::new("lot-not-found"),
        EvidenceError::Cycle(on) => Problem::new("lot-cycle").saying("lot", on),
        EvidenceError::TooLarge => Problem::new("evidence-too-large"),
        EvidenceError::NotPublished => Problem::new("not-published-yet").retry_after_s(2),
        EvidenceError::Busy => Problem::new("busy"),
        EvidenceError::Lookup(error) => Problem::from(error),
        error @ EvidenceError::Zip(_) => Problem::internal(&error),
    })?;
    let named = format!("attachment; filename=\"{}\"", export.file_name);
    let named = HeaderValue::try_from(named).map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(export.media_type)),
        (header::CONTENT_DISPOSITION, named),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, export.bytes).into_response())
}
