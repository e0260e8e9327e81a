//! `GET /api/v1/receipts/{event_id}`: the proof that a record is in the log, to keep for years.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::api::record;
use crate::app::App;
use crate::problem::{self, Problem};
use crate::published;

/// A newer receipt proves the same under a newer checkpoint.
const CACHING: &str = "public, max-age=60";
/// A checkpoint follows an answer within about a second.
const ASK_AGAIN_S: u32 = 1;

/// The receipt of a record.
///
/// A C2SP tlog-proof: the record itself (`extra`), its index, the inclusion proof (RFC 6962) and the cosigned checkpoint.
/// It can be checked without any network by who knows the log's key. `not-published-yet` until a checkpoint covers the
/// record: ask again after `Retry-After`.
#[utoipa::path(
    get, path = "/api/v1/receipts/{event_id}", tag = "records",
    params(("event_id" = String, Path, description = "64 hexadecimal digits")),
    responses(
        (status = 200, description = "c2sp.org/tlog-proof@v1", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 304, description = "The ETag sent is still right"),
        (status = 400, description = "`id-malformed`", body = problem::Document, content_type = "application/problem+json"),
        (status = 404, description = "`record-not-found`, or `not-published-yet` with Retry-After", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn receipt(
    State(app): State<Arc<App>>,
    Path(event): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let entry = record::entry(&app, &event).await?;
    let (lookup, index) = (app.service.lookup().clone(), entry.index);
    let proof = app.ask(async move { lookup.receipt(&entry).await }).await??;
    let proof = proof
        .ok_or_else(|| Problem::new("not-published-yet").with("index", index).retry_after_s(ASK_AGAIN_S))?;
    Ok(published::answer(proof.to_string().into_bytes(), "text/plain; charset=utf-8", CACHING, &headers))
}
