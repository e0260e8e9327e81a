//! `GET /api/v1/recall-scope/…`: if a lot is called back, what goes with it, and whom to call.
//!
//! The answer names lots, organisations and buyers as the public records do; people are in no public answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use nguon_id::LotId;
use nguon_service::{LookupError, RecallScope};
use nguon_trace::facts::Text;
use nguon_trace::quantity::Quantity;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::lots::json_answer;
use crate::app::App;
use crate::problem::{Document, Problem};

/// What a recall reaches.
#[derive(Serialize, ToSchema)]
#[schema(as = RecallScope)]
pub(crate) struct Scope {
    /// The lot that it begins with, by URI.
    lot: String,
    /// Whether there is more than this answer holds.
    cut_off: bool,
    /// Packs (pieces) that were made, in all lots together.
    packs_made: u64,
    /// Packs that are still somewhere.
    packs_left: u64,
    /// The lot and everything that was made of it, nearest first.
    lots: Vec<Line>,
    /// Organisations that made or got some of it, those with most left first.
    organisations: Vec<Holder>,
    /// Buyers that are no organisation of the ledger, as their sellers named them.
    buyers: Vec<Buyer>,
    /// The plots where the lot grew.
    plots: Vec<Ground>,
    /// Offers that draw on any of the lots, by URI.
    listings: Vec<String>,
    /// Orders of exchanges that any of the lots went into: the exchange knows who bought.
    orders: Vec<Ordered>,
}

/// A lot of the scope.
#[derive(Serialize, ToSchema)]
#[schema(as = RecallLot)]
struct Line {
    /// Its URI.
    uri: String,
    /// Steps from the start.
    steps: u32,
    /// Its product's name.
    #[schema(value_type = Option<Object>)]
    product: Option<Text>,
    /// Whether it is recalled now.
    recalled: bool,
    /// Made, in base units.
    #[schema(value_type = Option<Object>)]
    made: Option<Quantity>,
    /// Sold to whoever eats it.
    #[schema(value_type = Option<Object>)]
    sold: Option<Quantity>,
    /// Still somewhere.
    #[schema(value_type = Option<Object>)]
    left: Option<Quantity>,
    /// Its numbered labels, as ranges of `first` and `last`: `unsold` are on packs that nobody has recorded as sold, `shipped`
    /// says by organisation (an empty id: somebody outside the ledger) which went where. Null: it has none.
    #[schema(value_type = Option<Object>)]
    labels: Option<Value>,
    /// Its page.
    page_url: Option<String>,
}

/// An organisation with lots of the scope.
#[derive(Serialize, ToSchema)]
#[schema(as = RecallHolder)]
struct Holder {
    /// Its id.
    organisation_id: String,
    /// Its name.
    #[schema(value_type = Option<Object>)]
    name: Option<Text>,
    /// Its own telephone number.
    hotline: Option<String>,
    /// Of each lot, by URI: what it made or got, and what it has left.
    #[schema(value_type = Object)]
    lots: BTreeMap<String, Held>,
}

/// What an organisation has of a lot.
#[derive(Serialize, ToSchema)]
#[schema(as = RecallHeld)]
struct Held {
    /// Made or got.
    #[schema(value_type = Object)]
    got: Quantity,
    /// Left.
    #[schema(value_type = Object)]
    left: Quantity,
}

/// A buyer outside the ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = RecallBuyer)]
struct Buyer {
    /// What the seller called it.
    uri: String,
    /// What went there of each lot; none where nobody said how much.
    #[schema(value_type = Object)]
    lots: BTreeMap<String, Option<Quantity>>,
}

/// An order that a lot went into. The exchange's own name of it is for the exchange and the recall's desk.
#[derive(Serialize, ToSchema)]
#[schema(as = RecallOrder)]
struct Ordered {
    /// What the ledger calls it, as in the sale's record.
    order_id: String,
    /// The exchange's code.
    exchange: String,
    /// `reserved`, `confirmed`, `shipped`, `delivered`, `cancelled` or `expired`.
    state: String,
    /// The lot, by URI.
    lot: String,
    /// How much of it.
    #[schema(value_type = Object)]
    quantity: Quantity,
}

/// A plot.
#[derive(Serialize, ToSchema)]
#[schema(as = RecallPlot)]
struct Ground {
    /// Its URI.
    uri: String,
    /// The co-operative's code for it.
    code: Option<String>,
    /// Its commune, as code and day of the list.
    commune: Option<String>,
}

/// What a recall of a lot would reach.
///
/// The lot and everything that was made of it, who has how much of it left, buyers outside the ledger, the plots, the offers, the orders of exchanges. It is
/// computed whether or not the lot is recalled.
#[utoipa::path(
    get, path = "/api/v1/recall-scope/{*lot}", tag = "catalogue",
    params(("lot" = String, Path, description = "The path of the lot's page, without the slash in front")),
    responses(
        (status = 200, description = "The scope", body = Scope),
        (status = 304, description = "You have it"),
        (status = 400, description = "`lot-malformed`, `query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`lot-not-found`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`lot-cycle`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn scope(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::new("query-unknown"));
    }
    let path = uri.path().strip_prefix("/api/v1/recall-scope").unwrap_or_default();
    let id = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    let service = app.service.clone();
    let found = app.ask(async move { service.catalogue().recall_scope(&id).await }).await?;
    match found.map_err(|error| Problem::from(LookupError::Store(error)))? {
        None => Err(Problem::new("lot-not-found")),
        Some(Err(on)) => Err(Problem::new("lot-cycle").with("lot", on)),
        Some(Ok(scope)) => json_answer(&Scope::of(scope, app.service.public_base_url()), &headers),
    }
}

impl Scope {
    fn of(scope: RecallScope, base: &str) -> Self {
        let (packs_made, packs_left) = scope.packs();
        Self {
            lot: scope.start,
            cut_off: scope.cut_off,
            packs_made,
            packs_left,
            lots: scope
                .lots
                .into_iter()
                .map(|lot| Line {
                    page_url: LotId::from_uri(&lot.uri).ok().map(|id| format!("{base}{}", id.path())),
                    uri: lot.uri,
                    steps: lot.steps,
                    product: lot.product,
                    recalled: lot.is_recalled,
                    made: lot.made,
                    sold: lot.sold,
                    left: lot.left,
                    labels: (!lot.labels.is_empty()).then(|| {
                        json!({
                            "unsold": lot.labels.unsold(),
                            "sold": lot.labels.sold(),
                            "void": lot.labels.void,
                            "shipped": lot.labels.shipped,
                        })
                    }),
                })
                .collect(),
            organisations: scope
                .holders
                .into_iter()
                .map(|holder| Holder {
                    organisation_id: holder.id,
                    name: holder.card.as_ref().map(|card| card.name.clone()),
                    hotline: holder.card.and_then(|card| card.hotline),
                    lots: holder
                        .lots
                        .into_iter()
                        .map(|(lot, (got, left))| (lot, Held { got, left }))
                        .collect(),
                })
                .collect(),
            buyers: scope.buyers.into_iter().map(|(uri, lots)| Buyer { uri, lots }).collect(),
            plots: scope
                .plots
                .into_iter()
                .map(|(uri, card)| Ground {
                    uri,
                    commune: card.as_ref().map(|card| card.commune.to_string()),
                    code: card.map(|card| card.code),
                })
                .collect(),
            listings: scope.listings.into_iter().collect(),
            orders: scope
                .orders
                .into_iter()
                .map(|order| Ordered {
                    order_id: order.order_id,
                    exchange: order.exchange,
                    state: order.state,
                    lot: order.lot,
                    quantity: order.quantity,
                })
                .collect(),
        }
    }
}
