//! Codes of single packs, for whoever prints them, and what their scans show.
//!
//! ```text
//! GET /api/v1/serials/p/che-shan-tuyet/l/260412-B?first=1&last=1000     signed by a key of the lot's maker
//! number,serial,url
//! 1,00001…,https://nguon.example/p/che-shan-tuyet/l/260412-B/s/00001…
//!
//! POST /api/v1/scan-signs/p/che-shan-tuyet/l/260412-B?number=22&reason=…      signed likewise: it was looked into
//! ```
//!
//! A serial is a secret until it is printed: who could read it could print it. So these two answers are for keys of the
//! organisation alone ([`crate::device`]), and nothing keeps them.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{header, request::Parts};
use axum::response::{IntoResponse, Response};
use nguon_id::LotId;
use nguon_service::{LookupError, NoticedSign, SerialsError, SettleError};
use nguon_trace::labels::{LabelRange, MAX_LABEL};
use nguon_trace::scans::Sign;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::device::signed_by;
use crate::page::words::parameters;
use crate::problem::{Document, Problem};

/// Signs of one answer, at most.
const SIGNS: i64 = 500;

/// The codes of a lot's labels.
///
/// Those whose numbers are recorded as printed (`nguon:labels` of an event with `bizStep` `encoding`) and not voided. The request is
/// signed by a key of the lot's maker that may record lots (RFC 9421: `"@method" "@authority" "@path" "@query"`, `alg="ed25519"`, `keyid` the
/// key in hex, `tag="nguon:<ledger id>"`).
#[utoipa::path(
    get, path = "/api/v1/serials/{*lot}", tag = "catalogue",
    params(
        ("lot" = String, Path, description = "The path of the lot's page, without the slash in front"),
        ("first" = Option<u32>, Query, description = "The first number; 1 otherwise"),
        ("last" = Option<u32>, Query, description = "The last number; the highest otherwise"),
    ),
    responses(
        (status = 200, description = "`number,serial,url`, a line each, at most 200,000", body = String, content_type = "text/csv"),
        (status = 400, description = "`lot-malformed`, `query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`request-unsigned`, `request-signature-malformed`, `request-signature-stale`, `request-signature-wrong`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`, `request-for-another-host`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`lot-not-found`, `labels-not-printed`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`labels-beyond-packs`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`too-many-labels`, `wrong-ledger`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn serials(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    let wanted = wanted(&parts)?;
    let path = parts.uri.path().strip_prefix("/api/v1/serials").unwrap_or_default();
    let id = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    let key = signed_by(&app, &parts)?;
    let service = app.service.clone();
    let made = app.ask(async move {
        let serials = service.serials(&id, wanted, &key).await?;
        let mut csv = String::from("number,serial,url\n");
        for (number, serial, url) in serials.each() {
            writeln!(csv, "{number},{serial},{url}").expect("a string grows");
        }
        Ok(csv)
    });
    let csv = made.await?.map_err(|error: SerialsError| match error {
        SerialsError::NoLot => Problem::new("lot-not-found"),
        SerialsError::NotYours => Problem::new("not-yours"),
        SerialsError::BeyondPacks => Problem::new("labels-beyond-packs"),
        SerialsError::NotPrinted => Problem::new("labels-not-printed"),
        SerialsError::TooMany => Problem::new("too-many-labels"),
        SerialsError::Store(error) => LookupError::Store(error).into(),
    })?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], csv)
        .into_response())
}

/// `?first=1&last=1000`.
fn wanted(parts: &Parts) -> Result<Option<LabelRange>, Problem> {
    let (mut first, mut last) = (1, u64::from(MAX_LABEL));
    let mut any = false;
    for (name, value) in parameters(&parts.uri) {
        let number = value.parse().map_err(|_| Problem::new("query-unknown"))?;
        match name.as_str() {
            "first" => first = number,
            "last" => last = number,
            _ => return Err(Problem::new("query-unknown")),
        }
        any = true;
    }
    match LabelRange::new(first, last) {
        Some(range) => Ok(any.then_some(range)),
        None => Err(Problem::new("query-unknown")),
    }
}

/// What scans of an organisation's labels show.
#[derive(Serialize, ToSchema)]
struct Signs {
    /// By lot and number.
    signs: Vec<Noticed>,
    /// What to ask for next; null: there is no more.
    next: Option<String>,
}

/// Something that speaks against a label.
#[derive(Serialize, ToSchema)]
#[schema(as = ScanSign)]
struct Noticed {
    /// The label's lot, by URI.
    lot: String,
    /// The label's number in it.
    number: u32,
    /// The day on which it was first noticed, in Vietnam.
    day: String,
    /// `sign` is `far_apart`, `many_provinces`, `many_phones` or `after_sale`, with what belongs to it.
    #[schema(value_type = Object)]
    #[serde(flatten)]
    sign: Sign,
}

/// What scans show.
///
/// Signs that codes of the organisation's lots were copied, for the organisation whose key signed the request.
#[utoipa::path(
    get, path = "/api/v1/scan-signs", tag = "catalogue",
    params(("after" = Option<String>, Query, description = "`next` of the answer before")),
    responses(
        (status = 200, description = "500 at most", body = Signs),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn scan_signs(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    let mut after = (String::new(), 0, String::new());
    for (name, value) in parameters(&parts.uri) {
        let read = value.split_once(' ').and_then(|(number, rest)| {
            let (sign, lot) = rest.split_once(' ')?;
            Some((lot.to_owned(), number.parse().ok()?, sign.to_owned()))
        });
        after = read.filter(|_| name == "after").ok_or_else(|| Problem::new("query-unknown"))?;
    }
    let key = signed_by(&app, &parts)?;
    let acting = app.service.catalogue().acting(&key).ok_or_else(|| Problem::new("not-yours"))?;
    let service = app.service.clone();
    let found = app.ask(async move {
        service.noticed_signs(acting.organisation, (&after.0, after.1, &after.2), SIGNS).await
    });
    let found = found.await?.map_err(LookupError::Store)?;
    let is_full = found.len() == usize::try_from(SIGNS).unwrap_or(usize::MAX);
    let next = found
        .last()
        .filter(|_| is_full)
        .map(|last| format!("{} {} {}", last.number, last.sign.key(), last.lot_uri));
    let signs = found.into_iter().map(|NoticedSign { lot_uri, number, day, sign }| Noticed {
        lot: lot_uri,
        number,
        day,
        sign,
    });
    let signs = Signs { signs: signs.collect(), next };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(signs)).into_response())
}

/// What came of looking into a label.
#[derive(Serialize, ToSchema)]
#[schema(as = ScansSettled)]
struct SettledNow {
    /// The label's number in its lot.
    number: u32,
    /// The day in Vietnam.
    day: String,
    /// What stood against the label until now.
    #[schema(value_type = Vec<Object>)]
    signs: Vec<Sign>,
    /// The reason, as it is shown.
    reason: String,
}

/// Settles what scans of a label showed.
///
/// Who made the lot looked into it, and says in a sentence what came of it: the label's page says so from now on, with what stood against
/// it, and nothing speaks against the label until it is scanned strangely again. Signed as the codes of labels are; number and reason stand in
/// the question, which the signature covers. The reason is for everybody to read: no names in it.
#[utoipa::path(
    post, path = "/api/v1/scan-signs/{*lot}", tag = "catalogue",
    params(
        ("lot" = String, Path, description = "The path of the lot's page, without the slash in front"),
        ("number" = u32, Query, description = "The label's number"),
        ("reason" = String, Query, description = "What came of it: 3 to 300 characters"),
    ),
    responses(
        (status = 200, description = "It is kept", body = SettledNow),
        (status = 400, description = "`lot-malformed`, `query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`lot-not-found`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`nothing-to-settle`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`settle-reason`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn settle(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    let (mut number, mut reason) = (None, String::new());
    for (name, value) in parameters(&parts.uri) {
        match name.as_str() {
            "number" => number = value.parse::<u32>().ok(),
            "reason" => reason = value,
            _ => return Err(Problem::new("query-unknown")),
        }
    }
    let key = signed_by(&app, &parts)?;
    let number = number.ok_or_else(|| Problem::new("query-unknown"))?;
    let path = parts.uri.path().strip_prefix("/api/v1/scan-signs").unwrap_or_default();
    let id = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    let service = app.service.clone();
    let settled = app.ask(async move { service.settle_scans(&id, number, &reason, &key).await });
    let settled = settled.await?.map_err(|error| match error {
        SettleError::Unsaid | SettleError::TooLong => Problem::new("settle-reason"),
        SettleError::NoLot => Problem::new("lot-not-found"),
        SettleError::NotYours => Problem::new("not-yours"),
        SettleError::NothingAgainst => Problem::new("nothing-to-settle"),
        SettleError::Store(error) => LookupError::Store(error).into(),
    })?;
    let day = settled.day.to_string();
    let answer = SettledNow { number, day, signs: settled.signs, reason: settled.reason };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}
