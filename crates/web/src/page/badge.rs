//! `GET /badge/{path of a lot}.svg`: how a lot stands, small, for other sites: a picture without script that tells nobody who
//! looked at it.
//!
//! It shows what the page's banner says, and the day. It may be kept for a minute, so that a recall is on every site that
//! embeds it a minute later. A code that nobody wrote of gets a badge that says so, with status 404: browsers show it all
//! the same. No text that somebody else wrote is in it, nor in the HTML to paste.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use nguon_id::LotId;
use nguon_service::LookupError;

use super::answer::cacheable;
use super::lot;
use super::words::{Words, day_in_vietnam, in_language};
use crate::app::App;
use crate::problem::Problem;

/// Its size in CSS pixels.
const WIDTH: u32 = 300;
const HEIGHT: u32 = 48;

pub(crate) async fn picture(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    // The raw path: a decoded one could not be told from one with slashes of its own.
    let path = uri.path().strip_prefix("/badge").and_then(|path| path.strip_suffix(".svg"));
    let path = path.ok_or_else(|| Problem::new("not-found"))?;
    let id = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    let service = app.service.clone();
    let found = app.ask(async move { service.catalogue().lot(&id).await }).await?;
    let found = found.map_err(|error| Problem::from(LookupError::Store(error)))?;
    let (status, (tone, standing)) = match &found {
        Some(lot) => (StatusCode::OK, lot::standing(&app, words, lot)),
        None => (StatusCode::NOT_FOUND, ("doubt", words.t("fault-unknown-lot"))),
    };
    let day = words.date(day_in_vietnam(app.service.now_ms()));
    let title = format!("{} · {day}", words.t("badge-title"));
    let mut response =
        cacheable(status, "image/svg+xml", svg(words, tone, &title, &standing).into_bytes(), &headers);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// Where the badge of the lot at a path is.
pub(super) fn path(lot: &str) -> String {
    format!("/badge{lot}.svg")
}

/// What to paste into another site: a link to the page, with the badge in it.
pub(super) fn html(words: Words, base: &str, lot: &str) -> String {
    let picture = in_language(&path(lot), words.language);
    format!(
        "<a href=\"{base}{lot}\"><img src=\"{base}{picture}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" alt=\"{}\"></a>",
        words.t("badge-title")
    )
}

/// Colours of its own, since it stands on pages that we do not know: white on dark enough, 4.5 to 1 and more.
fn svg(words: Words, tone: &str, title: &str, standing: &str) -> String {
    let (ground, sign) = match tone {
        "good" => ("#1c6a42", "✓"),
        "note" => ("#1f5a86", "i"),
        "wait" => ("#7a5a00", "…"),
        "gone" => ("#555b57", "–"),
        "stop" => ("#b3201d", "!"),
        _ => ("#9a4200", "!"),
    };
    let tag = words.language.tag();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         role=\"img\" xml:lang=\"{tag}\"><title>{title}: {standing}</title>\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\" fill=\"{ground}\"/>\
         <circle cx=\"24\" cy=\"24\" r=\"13\" fill=\"#fff\"/>\
         <g font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif\">\
         <text x=\"24\" y=\"30\" font-size=\"17\" font-weight=\"800\" text-anchor=\"middle\" fill=\"{ground}\">{sign}</text>\
         <text x=\"46\" y=\"19\" font-size=\"11\" fill=\"#fff\">{title}</text>\
         <text x=\"46\" y=\"36\" font-size=\"13\" font-weight=\"700\" fill=\"#fff\">{standing}</text></g></svg>"
    )
}
