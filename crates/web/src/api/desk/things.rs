//! Plots, products, lots, papers and offers of an organisation, and the diaries of its plots.

use std::sync::Arc;

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use nguon_service::desk::{DiaryLine, Thing};
use nguon_trace::facts::Step;
use nguon_trace::lot::Effect;
use nguon_trace::quantity::Quantity;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{member, private};
use crate::app::App;
use crate::device::signed_by;
use crate::page::words::parameters;
use crate::problem::{Document, Problem};

/// What a device may list.
const KINDS: [&str; 5] = ["plot", "product", "lot", "certificate", "listing"];

/// A page of things.
#[derive(Serialize, ToSchema)]
struct Subjects {
    /// In order of URI, 100 at most.
    subjects: Vec<Subject>,
    /// What to ask for next (`after`); null: there is no more.
    next: Option<String>,
}

/// A thing with a history.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskSubject)]
struct Subject {
    /// Its permanent URI.
    uri: String,
    /// `plot` · `product` · `lot` · `certificate` · `listing` · `organisation`.
    kind: String,
    /// The salt of its handle, 32 hexadecimal digits; null if its own organisation never opened one.
    salt: Option<String>,
    /// The newest record on that handle: what the next one names.
    newest: Option<String>,
    /// A stable word for how it stands.
    status: String,
    /// A card as it was laid (JSON-LD); of a lot, how it stands.
    #[schema(value_type = Object)]
    state: Value,
    /// The path of its page, of a lot.
    path: Option<String>,
}

/// A plot's diary.
#[derive(Serialize, ToSchema)]
struct Diary {
    /// The newest first, 500 at most.
    entries: Vec<Line>,
}

/// An event of the diary.
#[derive(Serialize, ToSchema)]
#[schema(as = DiaryEntry)]
struct Line {
    /// Its record.
    event_id: String,
    /// Where in the log.
    index: u64,
    /// The day in Vietnam.
    day: String,
    /// When it happened (Unix milliseconds).
    time_ms: i64,
    /// What was done, by the vocabulary's key.
    step: &'static str,
    /// `counts`, `claim`, `void`, `corrected` or `correction`.
    effect: &'static str,
    /// What was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    /// Its active substance.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_substance: Option<String>,
    /// How much.
    #[serde(skip_serializing_if = "Option::is_none")]
    dose: Option<String>,
    /// Its pre-harvest interval in days; null is unknown, never zero.
    phi_days: Option<u16>,
    /// The lots that it made or names.
    lots: Vec<LotAmount>,
    /// Of a harvest: the plots that it came from, which share its quantity by their areas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plots: Vec<String>,
    /// Of a planting: what was planted, by its key in `/api/v1/crops`.
    #[serde(skip_serializing_if = "Option::is_none")]
    crop: Option<String>,
    /// The signer entered it for somebody else.
    entered_for_another: bool,
    /// Index of the record in which another device confirms it.
    confirmed_by: Option<u64>,
}

/// So much of a lot.
#[derive(Serialize, ToSchema)]
struct LotAmount {
    /// The lot.
    uri: String,
    /// In grams, millilitres or pieces.
    #[schema(value_type = Option<Object>)]
    quantity: Option<Quantity>,
}

/// What do we have?
///
/// Things of the organisation whose key signed the request, with what it takes to sign about them.
#[utoipa::path(
    get, path = "/api/v1/desk/subjects", tag = "desk",
    params(
        ("kind" = String, Query, description = "`plot` · `product` · `lot` · `certificate` · `listing`"),
        ("after" = Option<String>, Query, description = "`next` of the answer before"),
    ),
    responses(
        (status = 200, description = "100 at most", body = Subjects),
        (status = 400, description = "`query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn subjects(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    let (mut kind, mut after) = (None, String::new());
    for (name, value) in parameters(&parts.uri) {
        match name.as_str() {
            "kind" => kind = KINDS.into_iter().find(|one| *one == value),
            "after" => after = value,
            _ => return Err(Problem::new("query-unknown")),
        }
    }
    let kind = kind.ok_or_else(|| {
        Problem::new("query-unknown").because("kind is plot, product, lot, certificate or listing")
    })?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let found = app.ask(async move { service.desk().things(member.organisation(), kind, &after).await });
    let (things, has_more) = found.await??;
    let next = things.last().filter(|_| has_more).map(|last| last.uri.clone());
    Ok(private(Subjects { subjects: things.into_iter().map(Into::into).collect(), next }))
}

/// What is this?
///
/// One thing of anybody's, by its URI or the path of its page: a lot that somebody hands over, scanned from its label.
#[utoipa::path(
    get, path = "/api/v1/desk/subject", tag = "desk",
    params(("uri" = String, Query, description = "Its URI, or the path of its page")),
    responses(
        (status = 200, description = "The thing", body = Subject),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`thing-not-found`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn subject(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    let called = only(&parts, "uri")?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let found = app.ask(async move { service.desk().thing(&called, member.organisation()).await });
    let thing = found.await??.ok_or_else(|| Problem::new("thing-not-found"))?;
    Ok(private(Subject::from(thing)))
}

/// What was done on a plot?
#[utoipa::path(
    get, path = "/api/v1/desk/diary", tag = "desk",
    params(("plot" = String, Query, description = "The plot's URI")),
    responses(
        (status = 200, description = "What is recorded on it by its own organisation and by inspectors", body = Diary),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn diary(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    let plot = only(&parts, "plot")?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let lines = app.ask(async move { service.desk().diary(&plot, member.organisation()).await }).await??;
    Ok(private(Diary { entries: lines.into_iter().map(Into::into).collect() }))
}

/// The one parameter that is asked for.
fn only(parts: &Parts, wanted: &str) -> Result<String, Problem> {
    let mut found = None;
    for (name, value) in parameters(&parts.uri) {
        if name != wanted || found.replace(value).is_some() {
            return Err(Problem::new("query-unknown"));
        }
    }
    found.ok_or_else(|| Problem::new("query-unknown").because(format!("`{wanted}` is missing")))
}

impl From<Thing> for Subject {
    fn from(thing: Thing) -> Self {
        Self {
            uri: thing.uri,
            kind: thing.kind,
            salt: thing.salt.map(|salt| salt.iter().map(|byte| format!("{byte:02x}")).collect()),
            newest: thing.newest.map(|event| event.to_string()),
            status: thing.status,
            state: thing.state,
            path: thing.path,
        }
    }
}

impl From<DiaryLine> for Line {
    fn from(line: DiaryLine) -> Self {
        let (input, active_substance, dose, phi_days) = line.applied();
        let lots = line.lots().map(|(uri, quantity)| LotAmount { uri: uri.to_owned(), quantity });
        Self {
            step: line.event.step.key(),
            effect: match line.effect {
                Effect::Counts => "counts",
                Effect::Claim => "claim",
                Effect::Void { .. } => "void",
                Effect::Corrected { .. } => "corrected",
                Effect::Correction { .. } => "correction",
            },
            input: input.map(str::to_owned),
            active_substance: active_substance.map(str::to_owned),
            dose: dose.map(str::to_owned),
            phi_days,
            lots: lots.collect(),
            plots: line.event.lot.plots.clone(),
            crop: match &line.event.step {
                Step::Planting { crop, .. } => crop.clone(),
                _ => None,
            },
            index: line.index,
            time_ms: line.event.time_ms,
            entered_for_another: line.event.for_another,
            confirmed_by: line.confirmed_by,
            day: line.day,
            event_id: line.event_id,
        }
    }
}
