//! `GET /api/v1/trace/…`: one step back and one step forward, as traceability law asks, or all the way.
//!
//! ```text
//! GET /api/v1/trace/back/01/09521100700023/10/260615-A             what the lot was made of, all the way
//! GET /api/v1/trace/forward/p/ca-chua-don-duong/l/260228-DO016?steps=1   what was made of it, one step
//! ```
//!
//! The answer names lots, organisations and quantities; people are in no public answer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use nguon_id::LotId;
use nguon_service::{LookupError, Trace, TracedLot};
use nguon_trace::facts::Text;
use nguon_trace::graph::{Bounds, Direction, Link};
use nguon_trace::quantity::Quantity;
use serde::Serialize;
use utoipa::ToSchema;

use super::lots::json_answer;
use super::words::parameters;
use crate::app::App;
use crate::problem::{Document, Problem};

/// Lots in one answer, at most: one more is said with `cut_off`.
const LOTS: usize = 20_000;

/// A walk from lot to lot.
#[derive(Serialize, ToSchema)]
pub(crate) struct Walked {
    /// The lot where it began, by URI.
    lot: String,
    /// `back` or `forward`.
    direction: &'static str,
    /// Whether `steps`, or the most lots of one answer, cut something off.
    cut_off: bool,
    /// Every lot that was reached, nearest first.
    lots: Vec<Reached>,
    /// Which lot went into which.
    links: Vec<Went>,
}

/// A lot that was reached.
#[derive(Serialize, ToSchema)]
struct Reached {
    /// Its permanent URI.
    uri: String,
    /// Its number, as on the pack.
    number: Option<String>,
    /// Steps from the start, which is 0.
    steps: u32,
    /// Walking back: its share of the start, in millionths, where every step on the way is counted in one unit.
    share_millionths: Option<u32>,
    /// Its product's name.
    #[schema(value_type = Option<Object>)]
    product: Option<Text>,
    /// Who made it.
    #[schema(value_type = Option<Object>)]
    maker: Option<Text>,
    /// As in the lot's own document; none if no record tells of it.
    #[schema(value_type = Option<Object>)]
    status: Option<serde_json::Value>,
    /// Whether something blocking stands against it.
    blocked: bool,
    /// First day of harvest.
    harvested_on: Option<String>,
    /// The plots it comes from, by URI.
    plots: Vec<String>,
    /// Its page.
    page_url: Option<String>,
}

/// One lot went into another.
#[derive(Serialize, ToSchema)]
struct Went {
    /// The lot that was used.
    input: String,
    /// The lot that was made.
    output: String,
    /// How much of the input, in base units.
    #[schema(value_type = Option<Object>)]
    used: Option<Quantity>,
    /// How much of the output, of all inputs together.
    #[schema(value_type = Option<Object>)]
    made: Option<Quantity>,
}

/// What a lot was made of, or what was made of it.
///
/// `direction` is `back` or `forward`; `lot` is the path of the lot's page: `01/{gtin}/10/{lot}` or `p/{product}/l/{lot}`.
/// `lot-cycle` says that a lot would be made of itself, so that nobody can say what it was made of.
#[utoipa::path(
    get, path = "/api/v1/trace/{direction}/{*lot}", tag = "catalogue",
    params(
        ("direction" = String, Path, description = "`back` or `forward`"),
        ("lot" = String, Path, description = "The path of the lot's page, without the slash in front"),
        ("steps" = Option<u32>, Query, description = "How many steps; all the way without it"),
    ),
    responses(
        (status = 200, description = "Lots and links", body = Walked),
        (status = 304, description = "You have it"),
        (status = 400, description = "`lot-malformed`, `query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`lot-not-found`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`lot-cycle`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn trace(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut bounds = Bounds { lots: LOTS, ..Bounds::ALL };
    for (name, value) in parameters(&uri) {
        match (name.as_str(), value.parse()) {
            ("steps", Ok(steps @ 1..)) => bounds.steps = steps,
            _ => {
                return Err(Problem::new("query-unknown")
                    .because("only one parameter is known here: steps, a number from 1"));
            }
        }
    }
    // The raw path: a decoded one could not be told from one with slashes of its own.
    let path = uri.path().strip_prefix("/api/v1/trace").unwrap_or_default();
    let (direction, path) = match (path.strip_prefix("/back"), path.strip_prefix("/forward")) {
        (Some(path), _) => (Direction::Back, path),
        (_, Some(path)) => (Direction::Forward, path),
        _ => {
            return Err(Problem::new("query-unknown").because("the direction is `back` or `forward`"));
        }
    };
    let id = LotId::from_path(path).map_err(|error| Problem::new("lot-malformed").because(error))?;
    let service = app.service.clone();
    let found = app.ask(async move { service.catalogue().trace(&id, direction, bounds).await }).await?;
    let (start, mut lots, links, cut_off) =
        match found.map_err(|error| Problem::from(LookupError::Store(error)))? {
            None => return Err(Problem::new("lot-not-found")),
            Some(Trace::Cycle(on)) => return Err(Problem::new("lot-cycle").with("lot", on)),
            Some(Trace::Walked { start, lots, links, cut_off }) => (start, lots, links, cut_off),
        };
    lots.sort_by(|a, b| (a.steps, &a.uri).cmp(&(b.steps, &b.uri)));
    let base = app.service.public_base_url();
    let walked = Walked {
        lot: start,
        direction: match direction {
            Direction::Back => "back",
            Direction::Forward => "forward",
        },
        cut_off,
        lots: lots.into_iter().map(|lot| Reached::of(lot, base)).collect(),
        links: links.into_iter().map(Went::of).collect(),
    };
    json_answer(&walked, &headers)
}

impl Reached {
    fn of(lot: TracedLot, base: &str) -> Self {
        let brief = lot.brief.as_ref();
        let id = LotId::from_uri(&lot.uri).ok();
        Self {
            number: id.as_ref().map(|id| id.lot().to_string()),
            page_url: id.map(|id| format!("{base}{}", id.path())),
            steps: lot.steps,
            share_millionths: lot.share_millionths,
            status: brief.and_then(|brief| serde_json::to_value(&brief.status).ok()),
            blocked: brief.is_some_and(|brief| brief.blocked),
            harvested_on: brief.and_then(|brief| brief.harvest_from).map(|day| day.to_string()),
            plots: brief.map(|brief| brief.plots.clone()).unwrap_or_default(),
            product: lot.product.as_deref().cloned(),
            maker: lot.maker.as_deref().cloned(),
            uri: lot.uri,
        }
    }
}

impl Went {
    fn of(link: Link) -> Self {
        Self { input: link.input, output: link.output, used: link.used, made: link.made }
    }
}
