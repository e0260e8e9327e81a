//! Lots as JSON: what the pages show, for programs.
//!
//! ```text
//! GET /api/v1/lots?q=cau+dat                        newest lots whose product or number contains the text
//! GET /api/v1/lots/01/09521100100038/10/CD-R-2601   one lot, by either of its paths
//! ```
//!
//! The answer is the service's judgement of public records. It is not signed: whoever must not trust this server reads
//! the records that it names, and the log.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use nguon_id::LotId;
use nguon_service::{LookupError, Lot, LotLine};
use nguon_trace::facts::Text;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::{self, Page};
use super::copies::Form;
use super::lot::best_path;
use super::words::parameters;
use crate::app::App;
use crate::problem::{Document, Problem};

/// Lots in one answer, at most.
const LOTS: i64 = 50;

/// Lots that were found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lots {
    /// Newest first; 50 at most.
    lots: Vec<Line>,
}

/// A lot in a list.
#[derive(Serialize, ToSchema)]
struct Line {
    /// Its permanent URI.
    uri: String,
    /// Its number, as on the pack.
    number: String,
    /// `unknown` · `registered` · `active` · `sold_out` · `destroyed` · `recalled`.
    status: String,
    /// Its product's name, if there is a card.
    #[schema(value_type = Option<Object>)]
    product: Option<Text>,
    /// Who made it, if they said who they are.
    #[schema(value_type = Option<Object>)]
    maker: Option<Text>,
    /// Its page.
    page_url: String,
}

/// A lot with everything that its page shows.
#[derive(Serialize, ToSchema)]
#[schema(as = Lot)]
pub(crate) struct LotDocument {
    /// Its permanent URI, as records name it.
    uri: String,
    /// The short code under its QR.
    short_code: Option<String>,
    /// Its page, under the best name that it has today.
    page_url: String,
    /// Its product: `uri`, `code`, `gtin`, `name`, `category`, `brand`, `net_content`, `shelf_life_days`, `input_per_output`
    /// (what goes in for one that comes out, at least, as the maker declares it), `warnings`, `storage`, `standards`.
    #[schema(value_type = Option<Object>)]
    product: Option<Value>,
    /// What the law asks a trace to show (Circular 02/2024, Decree 37/2026 art. 32): what is there, what is missing, what to
    /// do about it.
    #[schema(value_type = Vec<Object>)]
    completeness: Value,
    /// How it stands: status, dates, balance, inputs, outputs, stages, inspections, findings.
    #[schema(value_type = Object)]
    state: Value,
    /// Organisations that it names, by id: `name`, `address`.
    #[schema(value_type = Object)]
    organisations: Value,
    /// Plots by URI: `code`, `commune`, `area_m2`.
    #[schema(value_type = Object)]
    plots: Value,
    /// Certificates by URI, with who signed them and whether that confirms them.
    #[schema(value_type = Object)]
    certificates: Value,
    /// When each of its records was logged, by index, as far as cosigned checkpoints prove it.
    #[schema(value_type = Object)]
    brackets: Value,
    /// The newest entry on it.
    last_index: u64,
}

/// The newest lots whose product or number contains a text.
#[utoipa::path(
    get, path = "/api/v1/lots", tag = "catalogue",
    params(("q" = Option<String>, Query, description = "Part of a product's name or of a lot number; accents do not matter")),
    responses(
        (status = 200, description = "Lots, newest first", body = Lots),
        (status = 400, description = "`query-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn search(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut wanted = None;
    for (name, value) in parameters(&uri) {
        if name != "q" || wanted.is_some() {
            return Err(Problem::new("query-unknown").because("only one parameter is known here: q"));
        }
        wanted = Some(value);
    }
    let service = app.service.clone();
    let wanted = wanted.unwrap_or_default();
    let found = app.ask(async move { service.catalogue().search_lots(&wanted, LOTS).await }).await?;
    let lines = found.map_err(|error| Problem::from(LookupError::Store(error)))?;
    let base = app.service.public_base_url();
    let lots = Lots { lots: lines.into_iter().map(|line| Line::of(line, base)).collect() };
    json_answer(&lots, &headers)
}

impl Line {
    fn of(line: LotLine, base: &str) -> Self {
        Self {
            uri: line.state.uri,
            number: line.id.lot().to_string(),
            status: line.status,
            product: line.product.map(|product| product.name),
            maker: line.maker.map(|maker| maker.name),
            page_url: format!("{base}{}", line.id.path()),
        }
    }
}

/// One lot, by either of its paths: `01/{gtin}/10/{lot}` or `p/{product}/l/{lot}`.
#[utoipa::path(
    get, path = "/api/v1/lots/{*lot}", tag = "catalogue",
    params(("lot" = String, Path, description = "The path of the lot's page, without the slash in front")),
    responses(
        (status = 200, description = "The lot", body = LotDocument),
        (status = 304, description = "You have it"),
        (status = 400, description = "`lot-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`lot-not-found`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn lot(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::new("query-unknown"));
    }
    // The raw path: a decoded one could not be told from one with slashes of its own.
    let path = uri.path().strip_prefix("/api/v1/lots").unwrap_or_default();
    let id = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    super::lot::answer(&app, id, Form::Json, &headers).await
}

/// A lot as JSON.
pub(super) fn document(app: &App, lot: &Lot) -> Result<Page, Problem> {
    let organisations = lot.organisations.iter().map(|(id, card)| {
        (
            id.clone(),
            json!({ "name": card.name, "kind": card.kind, "address": card.address, "hotline": card.hotline }),
        )
    });
    let plots = lot.plots.iter().map(|(uri, card)| {
        let commune = card.commune.to_string();
        let area = json!({ "code": card.code, "commune": commune, "area_m2": card.area_m2,
            "planting_area_code": card.planting_area_code });
        (uri.clone(), area)
    });
    let certificates = lot.certificates.iter().map(|(uri, certified)| {
        let certificate = &certified.certificate;
        let one = json!({
            "scheme": certificate.scheme, "number": certificate.number, "issuer": certificate.issuer,
            "valid_from": certificate.valid_from, "valid_until": certificate.valid_until,
            "signed_by": certified.signed_by, "confirmed": certified.confirmed, "event_id": certified.event_id,
        });
        (uri.clone(), one)
    });
    let product = lot.product.as_ref().map(|product| {
        json!({
            "uri": product.uri, "code": product.code.as_str(), "gtin": product.gtin.map(|gtin| gtin.to_string()),
            "name": product.name, "category": product.category, "brand": product.brand,
            "net_content": product.net_content, "shelf_life_days": product.shelf_life_days,
            "input_per_output": product.input_per_output.map(|ratio| ratio.to_decimal()),
            "warnings": product.warnings, "storage": product.storage, "standards": product.standards,
        })
    });
    let document = LotDocument {
        uri: lot.state.uri.clone(),
        short_code: lot.short_code.map(|code| code.to_string()),
        page_url: format!("{}{}", app.service.public_base_url(), best_path(lot)),
        product,
        completeness: serde_json::to_value(lot.completeness()).map_err(|error| Problem::internal(&error))?,
        state: serde_json::to_value(&lot.state).map_err(|error| Problem::internal(&error))?,
        organisations: organisations.collect::<serde_json::Map<_, _>>().into(),
        plots: plots.collect::<serde_json::Map<_, _>>().into(),
        certificates: certificates.collect::<serde_json::Map<_, _>>().into(),
        brackets: serde_json::to_value(&lot.brackets).map_err(|error| Problem::internal(&error))?,
        last_index: lot.last_index,
    };
    json_page(&document)
}

pub(super) fn json_answer(document: &impl Serialize, headers: &HeaderMap) -> Result<Response, Problem> {
    Ok(json_page(document)?.answer(headers))
}

fn json_page(document: &impl Serialize) -> Result<Page, Problem> {
    let bytes = serde_json::to_vec(document).map_err(|error| Problem::internal(&error))?;
    let vary = HeaderValue::from_static("accept, accept-language, accept-encoding");
    Ok(answer::document(StatusCode::OK, "application/json", bytes).with(header::VARY, vary))
}
