//! `GET /robots.txt` (RFC 9309): pages may be found and kept by search engines; the API and the log's tiles are for programs
//! that know what they ask for, and are large.

use axum::http::header;
use axum::response::IntoResponse;

pub(crate) async fn text() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, "User-agent: *\nDisallow: /api/\nDisallow: /tile/\nDisallow: /c?\n")
}
