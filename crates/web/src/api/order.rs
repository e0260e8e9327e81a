//! Orders: an exchange sets goods aside, buys them, and says how far they came; the co-operative sees its own and does the same.
//!
//! ```text
//! POST /api/v1/orders                          Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324
//! { "reference": "DH-1001", "lines": [ { "listing": "https://…/l/ca-chua", "quantity": { "value": 30, "unit": "piece" } } ] }
//!   201 new · 200 the same again · 409 something is in the way, with what is left
//!
//! POST /api/v1/orders/{order_id}/confirm       then /ship, /deliver; or /cancel
//! ```
//!
//! Whoever asks is an exchange by its key (scope `orders`), or a seller by the signature of a device of its own that may sell
//! ([`crate::device`]). An order of somebody else is not there.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::Roles;
use nguon_market::{CancelReason, Invoice, Measure, OrderStep, StepRefused};
use nguon_service::orders::{Answered, By, NewLine, NewOrder, OrderRefused, OrderView};
use nguon_service::{Incoming, LookupError, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::body;
use crate::app::App;
use crate::device::signed_by;
use crate::exchange::{self, caller};
use crate::page::words::parameters;
use crate::problem::{Document, Problem};

/// Bytes of an order.
const BODY_BYTES: usize = 64 << 10;
/// Bytes of a signed record with its openings, base64.
const RECORD_BYTES: usize = 512 << 10;
/// Orders of one page.
const PAGE: i64 = 100;

/// An order to take.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "reference": "DH-1001",
    "lines": [{
        "listing": "https://nguon.example/demo/l/ca-chua-don-duong",
        "quantity": { "value": 30, "unit": "piece" },
        "price_vnd": 25000
    }]
}))]
pub(crate) struct Sent {
    /// What you call it, for ever: 1 to 80 printable ASCII characters without spaces, and nothing about a person.
    reference: String,
    /// 1 to 50 lines, all of one seller.
    #[schema(min_items = 1, max_items = 50)]
    lines: Vec<SentLine>,
    /// Whether less than that will do. Otherwise it is all or nothing.
    #[serde(default)]
    partial: bool,
    /// Whether it is paid, or as good as: sold at once, without a reservation before.
    #[serde(default)]
    confirm: bool,
    /// For how long goods are set aside: 1 to 86,400; 900 otherwise.
    #[serde(default)]
    hold_seconds: Option<i64>,
}

/// A line of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SentLine {
    /// Which listing, by URI.
    listing: String,
    /// How much. Mass and volume in any of their units; `piece` is what the product is sold by.
    quantity: Measure,
    /// The price that the buyer saw, as the co-operative signed it. If it is another one now, nothing is taken.
    #[serde(default)]
    price_vnd: Option<u64>,
}

/// An order as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct Shown {
    /// Its name here: 32 hexadecimal digits, also in the sale's record.
    order_id: String,
    /// The exchange's code.
    exchange: String,
    /// What the exchange calls it.
    reference: String,
    /// The seller's id.
    seller: String,
    /// `reserved`, `confirmed`, `shipped`, `delivered`, `cancelled` or `expired`.
    state: String,
    /// Why it was cancelled: `buyer`, `seller` or `lot_not_for_sale`.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    /// The last instant of the reservation, Unix milliseconds.
    reserved_until_ms: i64,
    /// When it came.
    created_ms: i64,
    /// What it costs, in đồng, as far as it was filled.
    total_vnd: i64,
    /// Its lines.
    lines: Vec<ShownLine>,
    /// What was done with it.
    steps: Vec<ShownStep>,
    /// What the ledger was told of it.
    records: Vec<ShownRecord>,
    /// Where its invoice is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<Invoice>,
}

/// A line.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderLine)]
struct ShownLine {
    /// The listing.
    listing: String,
    /// What the seller calls it.
    title: String,
    /// `gram`, `millilitre` or `piece`: what amounts are counted in.
    unit: String,
    /// What was asked for.
    wanted: i64,
    /// What it got.
    amount: i64,
    /// The price, in đồng.
    price_vnd: i64,
    /// For so many of the unit.
    price_per: i64,
    /// What the line costs, in đồng.
    total_vnd: i64,
    /// The lots that fill it, first expired first.
    lots: Vec<ShownLot>,
}

/// So much of a lot.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderLot)]
struct ShownLot {
    /// Its URI.
    lot: String,
    /// How much of it.
    amount: i64,
}

/// A step.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderStep)]
struct ShownStep {
    /// `reserve`, `confirm`, `ship`, `deliver`, `cancel` or `expire`.
    step: String,
    /// `exchange`, `seller` or `clock`.
    by: String,
    /// When, Unix milliseconds.
    at_ms: i64,
}

/// A record of the ledger about the order.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderRecord)]
struct ShownRecord {
    /// Its event id.
    event_id: String,
    /// `sale`, or `take_back` of one.
    kind: String,
    /// `signed`, `logged` or `refused`.
    state: String,
    /// Its place in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<i64>,
}

impl From<OrderView> for Shown {
    fn from(view: OrderView) -> Self {
        let OrderView { order, lines, lots, steps, sales } = view;
        let lines = lines.into_iter().map(|line| ShownLine {
            lots: lots
                .iter()
                .filter(|lot| lot.line == line.line)
                .map(|lot| ShownLot { lot: lot.lot_uri.clone(), amount: lot.amount })
                .collect(),
            listing: line.listing_uri,
            title: line.title,
            unit: line.unit,
            wanted: line.wanted,
            amount: line.amount,
            price_vnd: line.price_dong,
            price_per: line.price_per,
            total_vnd: line.total_dong,
        });
        let records = sales.into_iter().map(|sale| ShownRecord {
            event_id: hex::encode(sale.event_id),
            kind: sale.kind,
            state: sale.state,
            index: (sale.log_index >= 0).then_some(sale.log_index),
        });
        Self {
            invoice: serde_json::from_str(&order.invoice).ok(),
            order_id: order.order_id,
            exchange: order.exchange_id,
            reference: order.reference,
            seller: hex::encode(order.organisation_id),
            state: order.state,
            reason: order.reason,
            reserved_until_ms: order.until_ms,
            created_ms: order.created_ms,
            total_vnd: order.total_dong,
            lines: lines.collect(),
            steps: steps
                .into_iter()
                .map(|step| ShownStep { step: step.step, by: step.done_by, at_ms: step.at_ms })
                .collect(),
            records: records.collect(),
        }
    }
}

/// Orders, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Orders)]
struct Page {
    /// Without their lines.
    orders: Vec<Brief>,
    /// What to ask for next, as `before`; null: there is no more.
    next: Option<String>,
}

/// An order in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderBrief)]
struct Brief {
    /// Its name here.
    order_id: String,
    /// The exchange's code.
    exchange: String,
    /// What the exchange calls it.
    reference: String,
    /// Where it stands.
    state: String,
    /// When it came.
    created_ms: i64,
    /// What it costs, in đồng.
    total_vnd: i64,
}

/// Who asks, and what is left of an exchange's rate.
struct Asking {
    by: By,
    allowance: Option<nguon_service::exchanges::Allowance>,
}

/// An exchange by its key, or a seller by the signature of a device that may sell.
async fn asking(app: &App, parts: &Parts) -> Result<Asking, Problem> {
    if parts.headers.contains_key("signature-input") {
        let key = signed_by(app, parts)?;
        let acting = app.service.catalogue().acting(&key);
        let acting = acting.filter(|known| known.roles.contains(Roles::COMMERCE));
        let acting = acting.ok_or_else(|| Problem::new("not-yours"))?;
        return Ok(Asking { by: By::Seller(acting.organisation), allowance: None });
    }
    let caller = caller(app, &parts.headers, Scope::Orders).await?;
    Ok(Asking { by: By::Exchange(caller.exchange), allowance: Some(caller.allowance) })
}

impl Asking {
    fn mark(&self, mut response: Response) -> Response {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(allowance) = self.allowance {
            exchange::mark(&mut response, allowance);
        }
        response
    }

    fn answer(&self, status: StatusCode, view: OrderView) -> Response {
        self.mark((status, Json(Shown::from(view))).into_response())
    }
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::new("order-malformed").because(error))
}

/// One order: its name is 32 hexadecimal digits, and nothing else is looked for.
fn named(order_id: &str) -> Result<String, Problem> {
    let hex =
        order_id.len() == 32 && order_id.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'));
    if hex { Ok(order_id.to_owned()) } else { Err(Problem::new("order-unknown")) }
}

/// Order.
///
/// Sets goods aside for 15 minutes, or sells them at once with `confirm`. The lots are chosen here, first expired first, and named in the
/// answer. The same order again (by `reference`, or `Idempotency-Key`) is answered with the same; other contents under the same name are
/// refused. Prices are those that the co-operative signed.
#[utoipa::path(
    post, path = "/api/v1/orders", tag = "orders",
    request_body(content = Sent, description = "At most 64 KiB"),
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request, 1 to 255 printable ASCII characters; kept for 48 hours")),
    responses(
        (status = 201, description = "Taken", body = Shown),
        (status = 200, description = "It was there already", body = Shown),
        (status = 400, description = "`order-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`key-missing`, `key-unknown`, `key-ended`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`key-scope`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`stock-short` with `left`, `not-for-sale`, `price-changed` with `price_vnd`, `order-exists`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`listing-unknown`, `other-seller`, `unit-unfit`, `below-minimum`, `total-unfit`, `idempotency-key-reused`", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn order(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent = body::read_json(&headers, sent, BODY_BYTES, &app.body_bytes).await?;
    let caller = caller(&app, &headers, Scope::Orders).await?;
    let asked: Sent = read(&sent.bytes)?;
    let key = match headers.get_all("idempotency-key").iter().collect::<Vec<_>>()[..] {
        [] => None,
        [key] => Some(key.to_str().unwrap_or("").to_owned()),
        _ => return Err(Problem::new("order-malformed").because("two Idempotency-Keys")),
    };
    let new = NewOrder {
        exchange: caller.exchange.clone(),
        reference: asked.reference,
        lines: asked
            .lines
            .into_iter()
            .map(|line| NewLine { listing: line.listing, quantity: line.quantity, price_vnd: line.price_vnd })
            .collect(),
        partial: asked.partial,
        confirm: asked.confirm,
        hold_ms: asked.hold_seconds.map(|seconds| seconds.saturating_mul(1_000)),
        idempotency_key: key,
    };
    let (service, profile) = (app.service.clone(), caller.profile.clone());
    let Answered { view, again } =
        app.ask(async move { service.orders().reserve(&new, &profile).await }).await??;
    let status = if again { StatusCode::OK } else { StatusCode::CREATED };
    let place = HeaderValue::try_from(format!("/api/v1/orders/{}", view.order.order_id));
    let asking = Asking { by: By::Exchange(caller.exchange), allowance: Some(caller.allowance) };
    let mut response = asking.answer(status, view);
    response.headers_mut().extend(place.ok().map(|place| (header::LOCATION, place)));
    Ok(response)
}

/// Orders.
///
/// An exchange's own by its key, or a seller's by the signature of a device that may sell (RFC 9421, as for serials): the newest first.
#[utoipa::path(
    get, path = "/api/v1/orders", tag = "orders",
    params(("before" = Option<String>, Query, description = "`next` of the answer before")),
    responses(
        (status = 200, description = "100 at most", body = Page),
        (status = 401, description = "`key-missing` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`key-scope`, `not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    let mut before = None;
    for (name, value) in parameters(&parts.uri) {
        let read = value.split_once('-').and_then(|(time, id)| Some((time.parse().ok()?, named(id).ok()?)));
        before = Some(read.filter(|_| name == "before").ok_or_else(|| Problem::new("query-unknown"))?);
    }
    let asking = asking(&app, &parts).await?;
    let (service, by) = (app.service.clone(), asking.by.clone());
    let found = app.ask(async move {
        match by {
            By::Exchange(exchange) => service.orders().of_exchange(&exchange, before, PAGE).await,
            By::Seller(seller) => service.orders().of_organisation(seller, before, PAGE).await,
            By::Clock => Ok(Vec::new()),
        }
    });
    let found = found.await?.map_err(LookupError::Store)?;
    let full = found.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
    let next = found.last().filter(|_| full).map(|last| format!("{}-{}", last.created_ms, last.order_id));
    let orders = found.into_iter().map(|order| Brief {
        order_id: order.order_id,
        exchange: order.exchange_id,
        reference: order.reference,
        state: order.state,
        created_ms: order.created_ms,
        total_vnd: order.total_dong,
    });
    Ok(asking.mark(Json(Page { orders: orders.collect(), next }).into_response()))
}

/// One order.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}", tag = "orders",
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "The order", body = Shown),
        (status = 401, description = "`key-missing` and the others", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let asking = asking(&app, &parts).await?;
    let order_id = named(&order_id)?;
    let (service, by) = (app.service.clone(), asking.by.clone());
    let view = app.ask(async move { service.orders().seen_by(&by, &order_id).await }).await??;
    Ok(asking.answer(StatusCode::OK, view))
}

async fn take_step(
    app: Arc<App>,
    order_id: String,
    parts: Parts,
    step: impl FnOnce(&By) -> OrderStep,
) -> Result<Response, Problem> {
    let asking = asking(&app, &parts).await?;
    let order_id = named(&order_id)?;
    let (service, by, step) = (app.service.clone(), asking.by.clone(), step(&asking.by));
    let Answered { view, .. } =
        app.ask(async move { service.orders().step(&by, &order_id, step).await }).await??;
    Ok(asking.answer(StatusCode::OK, view))
}

/// Confirm an order.
///
/// It is sold, and the ledger is told: a signed event of the co-operative's. After the reservation's end it succeeds only if the goods are
/// still there. Again is the same.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/confirm", tag = "orders",
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "The order", body = Shown),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`order-ended`, `stock-short`, `lot-not-for-sale`: the order is cancelled then", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    take_step(app, order_id, parts, |_| OrderStep::Confirm).await
}

/// Send an order off.
///
/// Refused while a lot of it is recalled, blocked or past its day.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/ship", tag = "orders",
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "The order", body = Shown),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`order-too-early`, `order-ended`, `lot-not-for-sale`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ship(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    take_step(app, order_id, parts, |_| OrderStep::Ship).await
}

/// Say that an order arrived.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/deliver", tag = "orders",
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "The order", body = Shown),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`order-too-early`, `order-ended`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn deliver(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    take_step(app, order_id, parts, |_| OrderStep::Deliver).await
}

/// Call an order off.
///
/// Before its goods leave. What the ledger was told is taken back by a record of its own.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/cancel", tag = "orders",
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "The order", body = Shown),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`goods-left`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let reason = |by: &By| match by {
        By::Seller(_) => OrderStep::Cancel(CancelReason::Seller),
        By::Exchange(_) | By::Clock => OrderStep::Cancel(CancelReason::Buyer),
    };
    take_step(app, order_id, parts, reason).await
}

/// Say where the invoice is.
///
/// Number, symbol, the seller's tax code and the look-up code of the electronic invoice, once the order is sold. They are kept with the
/// order and are in no record. A tax code of twelve digits is a person's number and is refused.
#[utoipa::path(
    put, path = "/api/v1/orders/{order_id}/invoice", tag = "orders",
    request_body(content = Invoice, description = "At most 64 KiB"),
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "The order", body = Shown),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`order-not-sold`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`invoice-unfit`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn invoice(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
    sent: Body,
) -> Result<Response, Problem> {
    let sent = body::read_json(&parts.headers, sent, BODY_BYTES, &app.body_bytes).await?;
    let asking = asking(&app, &parts).await?;
    let order_id = named(&order_id)?;
    let invoice: Invoice = read(&sent.bytes)?;
    let (service, by) = (app.service.clone(), asking.by.clone());
    let view = app.ask(async move { service.orders().set_invoice(&by, &order_id, &invoice).await }).await??;
    Ok(asking.answer(StatusCode::OK, view))
}

/// What the sale's record says.
///
/// For a seller that signs its sales with a device of its own instead of leaving it to a gateway key: EPCIS JSON-LD without subjects, to be
/// signed as an act of commerce and sent to `POST /api/v1/orders/{order_id}/sale`.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/sale", tag = "orders",
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "EPCIS 2.0", body = Object),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn sale_draft(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let asking = asking(&app, &parts).await?;
    let order_id = named(&order_id)?;
    let (service, by) = (app.service.clone(), asking.by.clone());
    let draft = app.ask(async move { service.orders().sale_draft(&by, &order_id).await }).await??;
    Ok(asking.mark(([(header::CONTENT_TYPE, "application/ld+json")], draft).into_response()))
}

/// A record that a device signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignedSale)]
pub(crate) struct SentSale {
    /// The exact signed bytes, base64.
    record: String,
    /// One for each section of the record, in order.
    openings: Vec<SentOpening>,
}

/// What opens one section's commitment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignedSaleOpening)]
struct SentOpening {
    /// 32 bytes as 64 hexadecimal digits.
    salt: String,
    /// The contents, base64.
    payload: String,
}

/// Sell an order by a device's record.
///
/// The record must say what was sold, lot by lot; it goes to the ledger through the same door as every other.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/sale", tag = "orders",
    request_body(content = SentSale, description = "At most 512 KiB"),
    params(("order_id" = String, Path, description = "32 hexadecimal digits")),
    responses(
        (status = 200, description = "The order", body = Shown),
        (status = 400, description = "`order-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`order-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`sale-unfit`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn sale(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
    sent: Body,
) -> Result<Response, Problem> {
    let sent = body::read_json(&parts.headers, sent, RECORD_BYTES, &app.body_bytes).await?;
    let asking = asking(&app, &parts).await?;
    let order_id = named(&order_id)?;
    let sale: SentSale = read(&sent.bytes)?;
    let wrong = |what: &str| Problem::new("order-malformed").because(what);
    let record = BASE64_STANDARD.decode(&sale.record).map_err(|_| wrong("record is not base64"))?;
    let mut openings = Vec::with_capacity(sale.openings.len().min(32));
    for opening in sale.openings {
        let mut salt = [0; 32];
        hex::decode_to_slice(&opening.salt, &mut salt)
            .map_err(|_| wrong("a salt has 64 hexadecimal digits"))?;
        let payload =
            BASE64_STANDARD.decode(&opening.payload).map_err(|_| wrong("a payload is not base64"))?;
        openings.push((salt, payload));
    }
    let (service, by) = (app.service.clone(), asking.by.clone());
    let signed = Incoming { record, openings };
    let view = app.ask(async move { service.orders().sell_signed(&by, &order_id, &signed).await }).await??;
    Ok(asking.answer(StatusCode::OK, view))
}

/// The slip of an order as a page to print: [`crate::page`] writes it.
pub(crate) async fn slip(
    State(app): State<Arc<App>>,
    Path(order_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let asking = asking(&app, &parts).await?;
    let order_id = named(&order_id)?;
    let (service, by) = (app.service.clone(), asking.by.clone());
    let slip =
        app.ask(async move { service.orders().slip(&by, &order_id, service.catalogue()).await }).await??;
    let response = crate::page::slip(&slip, &parts.uri, &parts.headers)?;
    Ok(asking.mark(response))
}

impl From<OrderRefused> for Problem {
    fn from(refused: OrderRefused) -> Self {
        let at = |code, line: usize| Self::new(code).saying("line", line);
        match refused {
            OrderRefused::Malformed { what, .. } => {
                Self::new("order-malformed").with("part", what).because(refused)
            }
            OrderRefused::KeyReused => Self::new("idempotency-key-reused"),
            OrderRefused::OtherContents(order_id) => Self::new("order-exists").with("order_id", order_id),
            OrderRefused::Unknown => Self::new("order-unknown"),
            OrderRefused::ListingUnknown { line } => at("listing-unknown", line),
            OrderRefused::OtherSeller { line } => at("other-seller", line),
            OrderRefused::NotForSale { line, reason } => at("not-for-sale", line).with("reason", reason),
            OrderRefused::Unit { line, unit } => at("unit-unfit", line).saying("unit", unit),
            OrderRefused::BelowMinimum { line, least } => at("below-minimum", line).saying("least", least),
            OrderRefused::PriceChanged { line, price_vnd } => {
                at("price-changed", line).saying("price_vnd", price_vnd)
            }
            OrderRefused::Total { line } => at("total-unfit", line),
            OrderRefused::Short(short) => at("stock-short", short.line).saying("left", short.free),
            OrderRefused::Step(StepRefused::TooEarly(state)) => {
                Self::new("order-too-early").with("state", state.key())
            }
            OrderRefused::Step(StepRefused::Ended(state)) => {
                Self::new("order-ended").with("state", state.key())
            }
            OrderRefused::Step(StepRefused::GoodsLeft(state)) => {
                Self::new("goods-left").with("state", state.key())
            }
            // Only the clock ends reservations.
            OrderRefused::Step(StepRefused::NotDue) => Self::internal(&refused),
            OrderRefused::LotNotForSale(lots) => Self::new("lot-not-for-sale").with("lots", lots),
            OrderRefused::Invoice(error) => Self::new("invoice-unfit").because(error),
            OrderRefused::NotSold => Self::new("order-not-sold"),
            OrderRefused::OtherRecord(why) => Self::new("sale-unfit").because(why),
            OrderRefused::Busy => Self::new("busy"),
            OrderRefused::Inconsistent(_) | OrderRefused::Randomness(_) => Self::internal(&refused),
            OrderRefused::Store(error) => LookupError::Store(error).into(),
        }
    }
}
