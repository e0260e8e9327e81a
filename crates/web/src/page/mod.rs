//! Public pages: what a shopper, an inspector or a stranger sees, as HTML from the server and whole without script.
//!
//! ```text
//! GET /                              what this ledger is, a search box, the newest lots, who takes part
//! GET /01/{gtin}/10/{lot}            a lot by GS1 Digital Link
//! GET /p/{product}/l/{lot}           a lot of a product without a GTIN
//! GET /01/{gtin}/10/{lot}/21/{serial}, /p/{product}/l/{lot}/s/{serial}   one pack; POST: where it is
//! GET /01/{gtin}/21/{serial}          one pack, if its code tells which lot it is of
//! GET /o/{organisation}              an organisation and its lots
//! GET /c?code=8J3K-Q0ZH              the short code under a QR, a pack's code, or both: leads to the page
//! GET /qr/{svg|png}/{path of a lot}  the QR code of its page
//! GET /badge/{path of a lot}.svg     how it stands, for other sites to embed
//! GET /images/{blake3}?w=480         photographs that records name; PUT /api/v1/images/{blake3} brings one
//! GET /report?code=…                  tell of a suspicious sticker; POST sends it
//! GET /report/{case}                 how far a case is, and nothing of what was told
//! GET /orders/{order_id}/slip        an order's slip to print, for its exchange and its seller alone
//! GET /assets/{name}-{hash}.{ext}    script, loaded by those who ask for it
//! GET /developers                    how an exchange's developer begins: lines to copy, every error, a client
//! GET /outlook                       expected harvests and prices; /api/v1/forecast and /api/v1/prices as JSON
//! GET /verify                        the check in the browser as a page of its own
//! GET /api/v1/listings               the feed for exchanges
//! GET /api/v1/lots…                  lots as JSON
//! GET /api/v1/trace/…                one step back or forward, or all the way, as JSON
//! ```
//!
//! A lot has one page under both of its addresses: a GTIN that came later does not break the stickers that were printed
//! before. Every code gets a clear answer: unknown, mistyped, printed and not activated, in the ledger, doubtful,
//! expired, recalled. A page tells what is known and by whom it was said; it never says that a pack is what its
//! sticker says, because no code can prove that.
//!
//! Pages decide nothing: how a lot stands is judged by `nguon-trace`. They set no cookie, load nothing from elsewhere and
//! keep no trace of who read them; of a pack's page they count readers ([`nguon_service::scans`]).

mod answer;
mod asset;
mod badge;
mod coding;
mod copies;
mod developers;
mod evidence;
mod fault;
mod home;
mod image;
mod listings;
mod lot;
mod lots;
mod organisation;
mod outlook;
mod picture;
mod qr;
mod recall;
mod report;
mod robots;
mod short_code;
mod slip;
mod trace;
pub(crate) mod words;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::answer::has;
pub(crate) use self::copies::Copies;
use self::fault::Fault;
pub(crate) use self::slip::page as slip;
use self::words::Words;
use crate::app::App;
use crate::problem::Problem;

/// The pages and pictures.
pub(crate) fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/", get(home::page))
        .route("/01/{*lot}", get(lot::page).post(lot::place))
        .route("/p/{*lot}", get(lot::page).post(lot::place))
        .route("/o/{organisation}", get(organisation::page))
        .route("/c", get(short_code::page))
        .route("/qr/{format}/{*lot}", get(qr::picture))
        .route("/badge/{*lot}", get(badge::picture))
        .route("/images/{blake3}", get(image::picture))
        .route("/report", get(report::form).post(report::send))
        .route("/report/{case}", get(report::case))
        .route("/developers", get(developers::page))
        .route("/developers/keep_in_step.py", get(developers::client))
        .route("/outlook", get(outlook::page))
        .route("/orders/{order_id}/slip", get(crate::api::slip))
        .route("/favicon.ico", get(picture::icon))
        .route("/robots.txt", get(robots::text))
        .route("/assets/{name}", get(asset::asset))
        .route("/verify", get(asset::verify))
        .route("/app", get(asset::app))
        .route("/app/desk", get(asset::desk))
        .route("/app/sw.js", get(asset::worker))
        .route("/app/manifest.webmanifest", get(asset::manifest))
        .with_state(app.clone())
}

/// What programs read: merged into the API, so that it is described there. Takes its own query parameters.
pub(crate) fn machine() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(listings::feed))
        .routes(routes!(outlook::forecast))
        .routes(routes!(outlook::prices))
        .routes(routes!(lots::search))
        .routes(routes!(lots::lot))
        .routes(routes!(trace::trace))
        .routes(routes!(evidence::evidence))
        .routes(routes!(evidence::light))
        .routes(routes!(image::keep))
        .routes(routes!(recall::scope))
}

/// An address that is not there: a page for people, a problem for programs.
pub(crate) async fn nowhere(uri: Uri, headers: HeaderMap) -> Response {
    if answer::wants_html(&headers) {
        return fault::page(Fault::NoPage, uri.path(), Words::of(&uri, &headers), &uri, &headers);
    }
    Problem::new("not-found").into_response()
}

/// Pages are only read; who asks what may be done is told (RFC 9110, section 9.3.7).
pub(crate) async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, "GET, HEAD, OPTIONS")]).into_response();
    }
    Problem::new("method-not-allowed").into_response()
}
