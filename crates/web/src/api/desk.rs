//! `/api/v1/desk…`: what a device of an organisation may know beside what everybody reads, and how people come in.
//!
//! ```text
//! GET /api/v1/desk                       who this key is, and how its chain stands
//! GET /api/v1/desk/subjects?kind=plot    what its organisation has, with salts and newest records: enough to sign about it
//! GET /api/v1/desk/diary?plot=URI        what is recorded on a plot
//! GET /api/v1/desk/members               who holds the organisation's keys (role admin; the look is noted)
//! GET /api/v1/desk/messages              what wants an answer
//! POST /api/v1/desk/import/{kind}        what a spreadsheet says, or what is wrong with which cell
//! ```
//!
//! Requests are signed by the device's key (RFC 9421; a body is covered by its `Content-Digest`, RFC 9530). Answers are nobody else's:
//! `no-store`.

mod enrolment;
mod erasure;
mod messages;
mod sheets;
mod things;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use nguon_ledger::PublicKey;
use nguon_service::desk::{Colleague, Member, Person};
use nguon_service::{DeskError, LookupError, OrganisationView};
use nguon_trace::crops;
use nguon_trace::facts::organisation_urn;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::control;
use crate::api::organisation::{Key, Words};
use crate::app::App;
use crate::device::signed_by;
use crate::page::words::parameters;
use crate::problem::{Document, Problem};

/// The routes.
pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(who))
        .routes(routes!(members))
        .routes(routes!(looks))
        .routes(routes!(crops))
        .routes(routes!(things::subjects))
        .routes(routes!(things::subject))
        .routes(routes!(things::diary))
        .routes(routes!(messages::messages))
        .routes(routes!(enrolment::list))
        .routes(routes!(enrolment::lay, enrolment::withdraw))
        .routes(routes!(enrolment::show))
        .routes(routes!(enrolment::answer))
        .routes(routes!(erasure::wish, erasure::wishes))
        .routes(routes!(sheets::import))
        .routes(routes!(sheets::template))
        .routes(routes!(sheets::export))
}

/// Who a key is.
#[derive(Serialize, ToSchema)]
struct Who {
    /// Whose it is.
    organisation: Place,
    /// The key, and how its chain stands: the next record has `head.seq` + 1 and names `head.event_id`.
    key: Key,
    /// The private section that its delegation named; null if it named nobody, or it was erased.
    #[schema(value_type = Option<Object>)]
    person: Option<Value>,
    /// Records in the read models.
    size: u64,
    /// What time it is here (Unix milliseconds).
    now_ms: i64,
}

/// An organisation, to its own devices.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnOrganisation)]
struct Place {
    /// The event id of its genesis record.
    id: String,
    /// How records call it.
    uri: String,
    /// What it calls itself; null while it has not said.
    name: Option<Words>,
    /// What the operator recognises it as.
    standing: Vec<&'static str>,
    /// Its commune, `code@edition`; null while it has not said.
    commune: Option<String>,
}

/// The people of an organisation.
#[derive(Serialize, ToSchema)]
struct Members {
    /// By public key.
    members: Vec<One>,
}

/// A key, and who holds it.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
struct One {
    #[serde(flatten)]
    key: Key,
    /// The private section that the delegation named.
    #[schema(value_type = Option<Object>)]
    person: Option<Value>,
    /// Somebody was named, and it was erased.
    person_erased: bool,
    /// The record that gave it its rights; null for a root.
    delegated: Option<Delegated>,
}

/// A delegation.
#[derive(Serialize, ToSchema)]
struct Delegated {
    /// Its record.
    event_id: String,
    /// Where in the log.
    index: u64,
}

/// Who looked at names.
#[derive(Serialize, ToSchema)]
struct Looks {
    /// The newest first, 500 at most.
    looks: Vec<Look>,
}

/// One look.
#[derive(Serialize, ToSchema)]
struct Look {
    /// When (Unix milliseconds).
    at_ms: i64,
    /// Which key.
    key: String,
    /// At what: `members`, or a thing's URI.
    what: String,
}

/// Who am I?
///
/// What a device asks first: its organisation, its rights, where its chain goes on.
#[utoipa::path(
    get, path = "/api/v1/desk", tag = "desk",
    responses(
        (status = 200, description = "Who this key is", body = Who),
        (status = 401, description = "`request-unsigned`, `request-signature-malformed`, `request-signature-stale`, `request-signature-wrong`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`: no organisation admitted the key; `request-for-another-host`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn who(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let key = signed_by(&app, &parts)?;
    let service = app.service.clone();
    let found = app.ask(async move {
        let desk = service.desk();
        let member = desk.member(&key)?;
        let organisation = service.catalogue().organisation(member.organisation()).await?;
        let person = desk.person_of(&key).await?;
        Ok::<_, DeskError>((member, organisation, person, desk.size().await?))
    });
    let (member, organisation, person, size) = found.await??;
    let organisation = organisation.ok_or_else(|| Problem::new("organisation-not-found"))?;
    Ok(private(Who {
        organisation: organisation.into(),
        key: member.key.into(),
        person: named(person).0,
        size,
        now_ms: app.service.now_ms(),
    }))
}

/// Who holds our keys?
///
/// All keys of the organisation with the people that its delegations name, for keys with the role `admin`. Each look is noted before it.
#[utoipa::path(
    get, path = "/api/v1/desk/members", tag = "desk",
    responses(
        (status = 200, description = "2,000 at most", body = Members),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn members(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let found = app.ask(async move { service.desk().members(&member).await }).await??;
    let members = found.into_iter().map(|Colleague { key, person, delegated }| {
        let (person, person_erased) = named(person);
        let delegated = delegated.map(|(event, index)| Delegated { event_id: event.to_string(), index });
        One { key: key.into(), person, person_erased, delegated }
    });
    Ok(private(Members { members: members.collect() }))
}

/// Who looked at our names?
#[utoipa::path(
    get, path = "/api/v1/desk/looks", tag = "desk",
    responses(
        (status = 200, description = "The newest first", body = Looks),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn looks(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let found = app.ask(async move { service.desk().looks(&member).await }).await??;
    let looks = found.into_iter().map(|(at_ms, key, what)| Look { at_ms, key: key.to_string(), what });
    Ok(private(Looks { looks: looks.collect() }))
}

/// What plots give.
///
/// The crops that the rules know: what a plot can plausibly give and when, so that a phone without signal can warn before signing.
#[utoipa::path(
    get, path = "/api/v1/crops", tag = "desk",
    responses((status = 200, description = "A list of rows: `key`, `methods`, `vi`, `en`, `per` (`cycle` or `year`), `cycles`, `days`, `typical_kg_ha`, `cap_kg_ha`, `months`, `source`", content_type = "application/json")),
)]
pub(crate) async fn crops(parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let text = serde_json::to_vec(crops::all()).map_err(|error| Problem::internal(&error))?;
    let etag = format!("\"{}\"", blake3::hash(&text).to_hex().get(..16).unwrap_or_default());
    if crate::page::has(&parts.headers, &etag) {
        return Ok((axum::http::StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let fields = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, "public, max-age=3600".to_owned()),
        (header::ETAG, etag),
    ];
    Ok((fields, text).into_response())
}

/// The member whose key it is.
fn member(app: &App, key: PublicKey) -> Result<Member, Problem> {
    Ok(app.service.desk().member(&key)?)
}

fn named(person: Person) -> (Option<Value>, bool) {
    match person {
        Person::Unnamed => (None, false),
        Person::Erased => (None, true),
        Person::Named(person) => (Some(person), false),
    }
}

/// An answer that nobody keeps.
fn private(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn no_parameters(parts: &Parts) -> Result<(), Problem> {
    if parameters(&parts.uri).is_empty() { Ok(()) } else { Err(Problem::new("query-unknown")) }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotYours => Self::new("not-yours"),
            DeskError::Store(error) => LookupError::Store(error).into(),
            DeskError::Project(error) => Self::internal(&error),
        }
    }
}

impl From<OrganisationView> for Place {
    fn from(known: OrganisationView) -> Self {
        let id = known.id.to_string();
        let commune = known.card.as_ref().and_then(|card| card.commune.as_ref());
        Self {
            uri: organisation_urn(&id),
            id,
            commune: commune.map(|commune| format!("{}@{}", commune.code, commune.edition)),
            name: known.card.map(|card| card.name.into()),
            standing: control::standing(known.standing),
        }
    }
}
