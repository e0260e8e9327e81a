//! The log as plain files, exactly as they were published ([C2SP tlog-tiles]), and the keys to check them with.
//!
//! | file | changes | cached |
//! |---|---|---|
//! | `/checkpoint` | with every publication | one second |
//! | `/checkpoints/<size>` | never, but for cosignatures that come late | an hour |
//! | `/tile/…` | never | for ever |
//! | `/openings/…` | when contents are erased | a minute |
//!
//! All have a strong `ETag` (RFC 9110, section 8.8.3) and answer 304 to who has them. Paths have one spelling, parsed
//! before anything is opened: no path reaches the file system that is not the name of a tile.
//!
//! **Trust.** None is needed: who changes a file makes proofs fail and can make no false one hold.
//!
//! [C2SP tlog-tiles]: https://c2sp.org/tlog-tiles

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tile::Tile;
use nguon_service::checkpoint_name;

use crate::app::App;
use crate::problem::{self, Problem};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const A_SECOND: &str = "public, max-age=1";
const A_MINUTE: &str = "public, max-age=60";
const AN_HOUR: &str = "public, max-age=3600";

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// The newest checkpoint.
///
/// A signed note over size and root of the log, with the cosignatures of witnesses (C2SP tlog-checkpoint,
/// tlog-cosignature).
#[utoipa::path(
    get, path = "/checkpoint", tag = "log",
    responses(
        (status = 200, description = "A signed note", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 304, description = "Not newer than the ETag sent"),
        (status = 404, description = "Nothing is published yet", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn checkpoint(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    file(&app, "checkpoint".to_owned(), TEXT, A_SECOND, &headers).await
}

/// An earlier checkpoint.
///
/// Every checkpoint that was published, by size, numbered like a tile: 1234067 is `x001/x234/067`.
#[utoipa::path(
    get, path = "/checkpoints/{*size}", tag = "log",
    params(("size" = String, Path, description = "The size in groups of three digits, each but the last after an x (C2SP tlog-tiles)", example = "003")),
    responses(
        (status = 200, description = "A signed note", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 304, description = "Not newer than the ETag sent"),
        (status = 404, description = "No checkpoint of this size was published", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn checkpoint_of_size(
    State(app): State<Arc<App>>,
    Path(size): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The number has the one spelling of a tile's.
    let number = Tile::parse(&format!("tile/entries/{size}")).ok().filter(Tile::is_full);
    let number = number.ok_or_else(|| Problem::new("file-not-found"))?.index();
    file(&app, format!("checkpoints/{}", checkpoint_name(number)), TEXT, AN_HOUR, &headers).await
}

/// A tile of hashes or a bundle of entries.
///
/// `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`, exactly as C2SP tlog-tiles writes it. A partial tile may be gone
/// once the full one is there: ask for that.
#[utoipa::path(
    get, path = "/tile/{*path}", tag = "log",
    params(("path" = String, Path, description = "The rest of a tile's path (C2SP tlog-tiles)", example = "0/000.p/3")),
    responses(
        (status = 200, description = "32 bytes a hash; or entries, each u16 length and bytes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The ETag sent is still right"),
        (status = 404, description = "No such tile", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn tile(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tile_file(&app, &format!("tile/{path}"), FOR_EVER, &headers).await
}

/// The openings of public sections, 256 records a file.
///
/// Beside the entry bundles and numbered like them: for each record u16 count, then for each opening u8 section, 32 bytes
/// of salt, u32 length, payload (big-endian). An erasure takes an opening out, so such a file may change.
#[utoipa::path(
    get, path = "/openings/{*path}", tag = "log",
    params(("path" = String, Path, description = "`<N>[.p/<W>]`, as for entry bundles", example = "000.p/3")),
    responses(
        (status = 200, description = "The openings", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The ETag sent is still right"),
        (status = 404, description = "No such file", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn openings(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    tile_file(&app, &format!("openings/{path}"), A_MINUTE, &headers).await
}

/// The log's verifier key.
///
/// `<name>+<key id>+<base64>` as signed notes have it (C2SP signed-note). Pin it from a second source before you trust it.
#[utoipa::path(
    get, path = "/log.vkey", tag = "log",
    responses((status = 200, description = "One line", body = String, content_type = "text/plain; charset=utf-8")),
)]
pub(crate) async fn log_key(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    answer(lines(std::slice::from_ref(app.service.log_key())), TEXT, A_MINUTE, &headers)
}

/// The verifier keys of the witnesses.
///
/// One a line, nothing else; empty while nobody cosigns. `/api/v1/ledger` says which are the operator's own.
#[utoipa::path(
    get, path = "/witnesses.vkey", tag = "log",
    responses((status = 200, description = "One key a line", body = String, content_type = "text/plain; charset=utf-8")),
)]
pub(crate) async fn witness_keys(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    answer(lines(app.service.witness_keys()), TEXT, A_MINUTE, &headers)
}

fn lines(keys: &[VerifierKey]) -> Vec<u8> {
    keys.iter().map(|key| format!("{key}\n")).collect::<String>().into_bytes()
}

async fn tile_file(
    app: &App,
    path: &str,
    caching: &'static str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let tile = Tile::parse(path).map_err(|_| Problem::new("file-not-found"))?;
    file(app, tile.path(), BYTES, caching, headers).await
}

async fn file(
    app: &App,
    name: String,
    media_type: &'static str,
    caching: &'static str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let lookup = app.service.lookup().clone();
    let bytes = app.ask(async move { lookup.object(&name).await }).await??;
    let bytes = bytes.ok_or_else(|| Problem::new("file-not-found"))?;
    Ok(answer(bytes, media_type, caching, headers))
}

/// Bytes with their ETag, or 304 to who has them already (RFC 9110, section 13.1.2).
pub(crate) fn answer(
    bytes: Vec<u8>,
    media_type: &'static str,
    caching: &'static str,
    asked: &HeaderMap,
) -> Response {
    let digest = blake3::hash(&bytes);
    let tag = format!("\"{}\"", hex::encode(&digest.as_bytes()[..16]));
    let known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, media_type)], bytes).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}
