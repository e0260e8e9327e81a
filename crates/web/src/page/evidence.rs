//! `GET /api/v1/evidence/…`: everything that speaks of a lot, in one zip that is checked offline with `nguon verify`; and
//! `GET /api/v1/check/…`: the same for the check in a reader's own browser.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_id::LotId;
use nguon_service::EvidenceError;

use super::answer::cacheable;
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
    let id = lot_of(&uri, "/api/v1/evidence")?;
    let service = app.service.clone();
    let made = app.ask(async move { service.evidence(&id).await }).await?;
    let export = made.map_err(problem_of)?;
    let named = format!("attachment; filename=\"{}\"", export.file_name);
    let named = HeaderValue::try_from(named).map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(export.media_type)),
        (header::CONTENT_DISPOSITION, named),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, export.bytes).into_response())
}

/// A lot's evidence for a phone.
///
/// The records and proofs of `/api/v1/evidence/{lot}` as one JSON text, a third to a fifth of the bytes once it is compressed:
/// `checkpoint` is the signed note that all are proven under, each of `records` has its exact bytes, its place, its inclusion proof
/// (the hashes from the leaf up; the last `shared` ones are those of the record before) and the openings of its public sections
/// (`text` if the payload is UTF-8, else `payload`). The check that a lot's page offers reads this.
#[utoipa::path(
    get, path = "/api/v1/check/{*lot}", tag = "catalogue",
    params(("lot" = String, Path, description = "The path of the lot's page, without the slash in front")),
    responses(
        (status = 200, description = "The evidence, form `nguon check 1`", content_type = "application/json"),
        (status = 304, description = "Not newer than the ETag sent"),
        (status = 400, description = "`lot-malformed`, `query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`lot-not-found`; `not-published-yet` with Retry-After", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`lot-cycle`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`evidence-too-large`: check the whole log instead", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn light(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = lot_of(&uri, "/api/v1/check")?;
    let (service, independent) = (app.service.clone(), app.independent_witnesses.clone());
    let made = app.ask(async move { service.light_evidence(&id, &independent).await }).await?;
    Ok(cacheable(StatusCode::OK, "application/json", made.map_err(problem_of)?, &headers))
}

fn lot_of(uri: &Uri, below: &str) -> Result<LotId, Problem> {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::new("query-unknown"));
    }
    let path = uri.path().strip_prefix(below).unwrap_or_default();
    LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))
}

fn problem_of(error: EvidenceError) -> Problem {
    match error {
        EvidenceError::NoLot(_) => Problem::new("lot-not-found"),
        EvidenceError::Cycle(on) => Problem::new("lot-cycle").saying("lot", on),
        EvidenceError::TooLarge => Problem::new("evidence-too-large"),
        EvidenceError::NotPublished => Problem::new("not-published-yet").retry_after_s(2),
        EvidenceError::Busy => Problem::new("busy"),
        EvidenceError::Lookup(error) => Problem::from(error),
        error @ EvidenceError::Zip(_) => Problem::internal(&error),
    }
}
