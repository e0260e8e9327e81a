//! `GET /qr/{svg|png}/{path of a lot}`: the QR code of a lot's page, for stickers and screens.
//!
//! The code holds the public base URL and the path as it was asked for, under either name of the lot. `?size=` says how
//! many pixels a module of a PNG has, 1 to 40.
//!
//! A code is drawn for any well-formed address, known or not: stickers are often printed before the harvest.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_id::LotId;
use nguon_label::{MODULE_PIXELS, QrCode, SvgOptions};

use super::answer::cacheable;
use super::words::{Words, parameters};
use crate::app::App;
use crate::problem::Problem;

/// Pixels on a module's side when nobody asks for another size.
const SIZE: u32 = 8;

pub(crate) async fn picture(
    State(app): State<Arc<App>>,
    Path((format, _)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_svg = match format.as_str() {
        "svg" => true,
        "png" => false,
        _ => return Err(Problem::new("not-found")),
    };
    let mut size = SIZE;
    for (name, value) in parameters(&uri) {
        match (name.as_str(), value.parse::<u32>()) {
            ("size", Ok(asked)) if MODULE_PIXELS.contains(&asked) => size = asked,
            ("lang", _) => {}
            _ => return Err(Problem::new("query-unknown").because("size is a number from 1 to 40")),
        }
    }
    // The raw path: a decoded one could not be told from one with slashes of its own.
    let path = uri.path().get("/qr/svg".len()..).unwrap_or_default();
    let lot = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    let url = format!("{}{}", app.service.public_base_url(), lot.path());
    let code = QrCode::new(&url).map_err(|error| Problem::internal(&error))?;
    let words = Words::of(&uri, &headers);
    let (media_type, bytes) = if is_svg {
        let title = words.with("qr-title", &[("lot", lot.lot().as_str())]);
        ("image/svg+xml", code.svg(&SvgOptions::titled(&title)).into_bytes())
    } else {
        ("image/png", code.png(size))
    };
    let mut response = cacheable(StatusCode::OK, media_type, bytes, &headers).into_response();
    // It changes only when the host of the pages does.
    let a_day = HeaderValue::from_static("public, max-age=86400, stale-while-revalidate=604800");
    response.headers_mut().insert(header::CACHE_CONTROL, a_day);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}
