//! `GET /c?code=8J3K-Q0ZH`: from the short code that is printed under a QR to the lot's page, for a sticker whose QR is
//! unreadable or leads elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use nguon_id::ShortCode;

use super::fault::{self, Fault};
use super::words::{Words, parameter};
use crate::app::App;
use crate::problem::Problem;

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let typed = parameter(&uri, "code").unwrap_or_default();
    let Ok(code) = ShortCode::parse(&typed) else {
        return Ok(fault::page(Fault::MistypedCode, &typed, words, &uri, &headers));
    };
    let service = app.service.clone();
    let found = app.ask(async move { service.catalogue().lot_by_short_code(code).await }).await?;
    Ok(match found.map_err(|error| Problem::from(nguon_service::LookupError::Store(error)))? {
        Some(lot) => Redirect::to(&words.href(&lot.path())).into_response(),
        None => fault::page(Fault::UnknownCode, &code.to_string(), words, &uri, &headers),
    })
}
