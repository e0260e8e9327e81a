//! `GET /images/{blake3}`: a photograph by its contents, for ever the same. `?w=160|320|480|960` gives a smaller JPEG of it.
//!
//! `PUT /api/v1/images/{blake3}?event={event id}` brings one: whoever has the bytes that a logged record names may.
//!
//! ```text
//! Cache-Control: public, max-age=31536000, s-maxage=86400, immutable
//! ETag: "3f9a…-480"
//! ```
//!
//! A reader keeps a picture for a year: its address is its contents. What stands between (a proxy of a whole network) keeps it for
//! a day, so that a picture that was taken away is gone from there too.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_ledger::EventId;
use nguon_service::images::{IMAGE_BYTES_MAX, Kept, Shown, WIDTHS};
use nguon_service::pictures::Kind;
use nguon_trace::facts::Digest;

use super::answer::has;
use super::words::parameters;
use crate::api::body;
use crate::app::App;
use crate::problem::{Document, Problem};

const FOR_EVER: &str = "public, max-age=31536000, s-maxage=86400, immutable";

pub(crate) async fn picture(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    uri: Uri,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let digest: Digest = digest.parse().map_err(|_| Problem::new("id-malformed"))?;
    let mut width = None;
    for (name, value) in parameters(&uri) {
        match (name.as_str(), value.parse::<u32>()) {
            ("w", Ok(one)) if WIDTHS.contains(&one) => width = Some(one),
            _ => return Err(Problem::new("query-unknown").because("w is 160, 320, 480 or 960")),
        }
    }
    let etag = match width {
        Some(width) => format!("\"{digest}-{width}\""),
        None => format!("\"{digest}\""),
    };
    let service = app.service.clone();
    let shown = app.ask(async move { service.images().show(digest, width).await }).await??;
    let bytes = match shown {
        Shown::Picture(bytes) => bytes,
        Shown::Removed => return Err(Problem::new("image-removed")),
        Shown::Absent => return Err(Problem::new("image-not-found")),
    };
    let Some(kind) = Kind::of(&bytes) else {
        return Err(Problem::internal(&format!("the file of picture {digest} holds no picture")));
    };
    let mut response = if has(&asked, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(bytes))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    headers.extend(HeaderValue::try_from(etag).ok().map(|etag| (header::ETAG, etag)));
    Ok(response)
}

/// Bring a photograph.
///
/// The body is the file itself, at most 3,000,000 bytes: exactly the bytes whose BLAKE3 a logged record names (`nguon:photos` of an
/// event, `nguon:image` of a product), among its first twelve. JPEG, PNG or WebP as the record says, one frame, at most
/// 12,582,912 pixels, and nothing beside the picture: no EXIF, XMP, place or comment. They are taken out before the record is
/// signed, because a clean file has another digest. Sending it again is free. Once it is kept it is at `/images/{blake3}`.
#[utoipa::path(
    put, path = "/api/v1/images/{blake3}", tag = "records",
    params(
        ("blake3" = String, Path, description = "BLAKE3 of the file, 64 hexadecimal digits"),
        ("event" = String, Query, description = "Event id of the record that names it"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, uncompressed"),
    responses(
        (status = 201, description = "It is kept now"),
        (status = 204, description = "It was kept already"),
        (status = 400, description = "`id-malformed`, `query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`image-not-recognised`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`image-not-named`", body = Document, content_type = "application/problem+json"),
        (status = 410, description = "`image-removed`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`image-too-large`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`image-digest-mismatch`, `image-kind-mismatch`, `image-too-many-pixels`, `image-metadata` (with `found`), `image-unfit`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn keep(
    State(app): State<Arc<App>>,
    Path(digest): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let digest: Digest = digest.parse().map_err(|_| Problem::new("id-malformed"))?;
    let event: EventId = match parameters(&uri).as_slice() {
        [(name, event)] if name == "event" => event.parse().map_err(|_| Problem::new("id-malformed"))?,
        _ => return Err(Problem::new("query-unknown").because("event is the id of the record that names it")),
    };
    let read = body::read_any(&headers, body, IMAGE_BYTES_MAX, &app.body_bytes).await;
    let read = read.map_err(|problem| match problem.code() {
        "request-too-large" => Problem::new("image-too-large").saying("limit_bytes", IMAGE_BYTES_MAX),
        _ => problem,
    })?;
    let (service, share) = (app.service.clone(), read.share);
    let kept = app
        .ask(async move {
            let kept = service.images().keep(digest, event, read.bytes).await;
            drop(share);
            kept
        })
        .await??;
    let location = HeaderValue::try_from(format!("/images/{digest}")).ok();
    let mut response = match kept {
        Kept::New => StatusCode::CREATED.into_response(),
        Kept::Again => StatusCode::NO_CONTENT.into_response(),
    };
    response.headers_mut().extend(location.map(|location| (header::LOCATION, location)));
    Ok(response)
}
