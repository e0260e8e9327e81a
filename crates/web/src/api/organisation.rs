//! Organisations and their keys: who stands behind what, as of the last projected record.
//!
//! Everything here follows from the log and can be checked against it (`Authority` in `nguon-ledger`); it is a reading
//! aid for people, and the place where a phone asks how its own chain stands.
//!
//! ```text
//! GET /api/v1/organisations?recognised=true&limit=50&after=<id of the last one of the page before>
//! Link: <https://…/api/v1/organisations?recognised=true&limit=50&after=…>; rel="next"
//! ```

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_ledger::authority::Rights;
use nguon_ledger::{Flags, OrganisationId, PublicKey};
use nguon_service::catalogue::ORGANISATIONS;
use nguon_service::{KeyView, LookupError, OrganisationView};
use nguon_trace::facts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::control;
use crate::api::record::moment;
use crate::app::App;
use crate::page::words::parameters;
use crate::problem::{self, Problem};

/// A revocation must be seen within seconds.
const CACHING: &str = "public, max-age=2";

/// Organisations on a page when nobody asks for another number.
const ITEMS: usize = 100;

/// A page of organisations.
#[derive(Serialize, ToSchema)]
struct Organisations {
    /// By id.
    organisations: Vec<Organisation>,
}

/// An organisation.
#[derive(Serialize, ToSchema)]
struct Organisation {
    /// The event id of its genesis record.
    id: String,
    /// What it calls itself; null while it has not said.
    name: Option<Words>,
    /// Its address as people write it.
    address: Option<Words>,
    /// What the operator recognises it as: `producer` · `packer` · `inspector` · `authority` · `suspended`. Empty:
    /// not recognised; its records are shown as such and its lots get no listing.
    standing: Vec<&'static str>,
    /// Its root key now.
    root_key: String,
    /// Index of its genesis record.
    since_index: u64,
    /// It runs this log.
    operator: bool,
    /// Where its keys are.
    keys: String,
}

/// A text in Vietnamese and, if it was given, in English.
#[derive(Serialize, ToSchema)]
pub(crate) struct Words {
    /// Vietnamese.
    vi: String,
    /// English.
    en: Option<String>,
}

/// The keys of an organisation.
#[derive(Serialize, ToSchema)]
struct Keys {
    /// By public key.
    keys: Vec<Key>,
}

/// A key, and how its chain stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Key {
    /// Ed25519 public key.
    key: String,
    /// Whose it is, for ever.
    organisation_id: String,
    /// `root` · `former-root` (replaced: signs nothing any more) · `delegated`.
    rights: &'static str,
    /// What it may do: `diary` · `lot` · `commerce` · `inspection` · `recall` · `admin`.
    roles: Vec<&'static str>,
    /// It is held by a service on the organisation's behalf.
    gateway: bool,
    /// The last moment, in log time, at which its records count (Unix milliseconds); null: no such limit.
    not_after_ms: Option<u64>,
    /// The same in RFC 3339, if a calendar has it.
    not_after: Option<String>,
    /// Its last accepted record: the next one has `seq` + 1 and names this event as `prev`. Null: none yet, begin at 0.
    head: Option<Head>,
    /// How it ended; null: it has not.
    revoked: Option<Revoked>,
    /// Two records that it signed for one place; null: none.
    fork: Option<Forked>,
    /// The chain waits for its organisation to resolve the fork.
    frozen: bool,
}

/// The end of a chain so far.
#[derive(Serialize, ToSchema)]
#[schema(as = ChainHead)]
struct Head {
    /// Its place.
    seq: u64,
    /// The record there.
    event_id: String,
}

/// The end of a key.
#[derive(Serialize, ToSchema)]
#[schema(as = Revocation)]
struct Revoked {
    /// Log index from which it holds.
    index: u64,
    /// The last place in its chain that the organisation stands behind; null: none.
    last_good_seq: Option<u64>,
    /// Reason code.
    reason: u16,
}

/// A fork.
#[derive(Serialize, ToSchema)]
#[schema(as = Fork)]
struct Forked {
    /// Logged first.
    first: String,
    /// Logged as disputed.
    other: String,
}

/// Organisations, by id.
///
/// Anybody may begin one; only those that the operator recognises get listings.
#[utoipa::path(
    get, path = "/api/v1/organisations", tag = "who is who",
    params(
        ("after" = Option<String>, Query, description = "The id of the last organisation of the page before; none: from the beginning"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "Organisations on a page; 100 otherwise"),
        ("recognised" = Option<bool>, Query, description = "`true`: only those with a standing that are not suspended"),
    ),
    responses(
        (status = 200, description = "A page of those who ever began here", body = Organisations, headers(
            ("link", description = "The next page, while more may be waiting (RFC 8288)"),
        )),
        (status = 400, description = "`query-unknown`, `id-malformed`", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    let Page { after, limit, recognised } = Page::read(&uri)?;
    let catalogue = app.service.catalogue().clone();
    let known = app.ask(async move { catalogue.organisations(after, limit, recognised).await }).await?;
    let known = known.map_err(LookupError::from)?;
    let last = known.last().filter(|_| known.len() == limit).map(|last| last.id);
    let mut response = answer(Organisations { organisations: known.into_iter().map(Into::into).collect() });
    if let Some(last) = last {
        let base = app.service.public_base_url();
        let link = format!(
            "<{base}/api/v1/organisations?recognised={recognised}&limit={limit}&after={last}>; rel=\"next\""
        );
        response.headers_mut().extend(HeaderValue::try_from(link).ok().map(|link| (header::LINK, link)));
    }
    Ok(response)
}

/// Which organisations are asked for.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    after: Option<OrganisationId>,
    limit: usize,
    recognised: bool,
}

impl Page {
    fn read(uri: &Uri) -> Result<Self, Problem> {
        let (mut after, mut limit, mut recognised) = (None, None, None);
        for (name, value) in parameters(uri) {
            match name.as_str() {
                "after" if after.is_none() => {
                    after = Some(value.parse().map_err(|_| Problem::new("id-malformed"))?);
                }
                "limit" if limit.is_none() => {
                    let read = value.parse::<usize>().ok().filter(|n| (1..=ORGANISATIONS).contains(n));
                    let why = format!("limit is a number from 1 to {ORGANISATIONS}");
                    limit = Some(read.ok_or_else(|| Problem::new("query-unknown").because(why))?);
                }
                "recognised" if recognised.is_none() => {
                    let why = "recognised is true or false";
                    let read = value.parse::<bool>();
                    recognised = Some(read.map_err(|_| Problem::new("query-unknown").because(why))?);
                }
                _ => {
                    let name: String = name.chars().take(40).collect();
                    let why = format!("`{name}` is unknown or there twice");
                    return Err(Problem::new("query-unknown").because(why));
                }
            }
        }
        Ok(Self { after, limit: limit.unwrap_or(ITEMS), recognised: recognised.unwrap_or(false) })
    }
}

/// One organisation.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation_id}", tag = "who is who",
    params(("organisation_id" = String, Path, description = "64 hexadecimal digits: the event id of its genesis record")),
    responses(
        (status = 200, description = "The organisation", body = Organisation),
        (status = 400, description = "`id-malformed`", body = problem::Document, content_type = "application/problem+json"),
        (status = 404, description = "`organisation-not-found`", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(answer(Organisation::from(organisation(&app, &id).await?)))
}

/// The keys of an organisation.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation_id}/keys", tag = "who is who",
    params(("organisation_id" = String, Path, description = "64 hexadecimal digits")),
    responses(
        (status = 200, description = "All it ever had", body = Keys),
        (status = 400, description = "`id-malformed`", body = problem::Document, content_type = "application/problem+json"),
        (status = 404, description = "`organisation-not-found`", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn keys(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let organisation = organisation(&app, &id).await?;
    let keys = app.service.catalogue().keys_of(organisation.id);
    Ok(answer(Keys { keys: keys.into_iter().map(Into::into).collect() }))
}

/// One key: what a phone asks in order to go on.
///
/// Head of its chain, rights, end and fork. A moment behind the log: a phone that has just sent a record trusts the answer
/// that it got then.
#[utoipa::path(
    get, path = "/api/v1/keys/{public_key}", tag = "who is who",
    params(("public_key" = String, Path, description = "Ed25519 public key, 64 hexadecimal digits")),
    responses(
        (status = 200, description = "The key", body = Key),
        (status = 400, description = "`id-malformed`", body = problem::Document, content_type = "application/problem+json"),
        (status = 404, description = "`key-not-found`: nobody stands behind it", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn key(State(app): State<Arc<App>>, Path(key): Path<String>) -> Result<Response, Problem> {
    let public: PublicKey = key.parse().map_err(|_| Problem::new("id-malformed"))?;
    let known = app.service.catalogue().key(&public).ok_or_else(|| Problem::new("key-not-found"))?;
    Ok(answer(Key::from(known)))
}

async fn organisation(app: &App, id: &str) -> Result<OrganisationView, Problem> {
    let id: OrganisationId = id.parse().map_err(|_| Problem::new("id-malformed"))?;
    let catalogue = app.service.catalogue().clone();
    let known = app.ask(async move { catalogue.organisation(id).await }).await?.map_err(LookupError::from)?;
    known.ok_or_else(|| Problem::new("organisation-not-found"))
}

fn answer(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, CACHING)], Json(body)).into_response()
}

impl From<facts::Text> for Words {
    fn from(text: facts::Text) -> Self {
        Self { vi: text.vi, en: text.en }
    }
}

impl From<OrganisationView> for Organisation {
    fn from(known: OrganisationView) -> Self {
        let (name, address) = known.card.map(|card| (card.name.into(), card.address.into())).unzip();
        Self {
            id: known.id.to_string(),
            name,
            address,
            standing: control::standing(known.standing),
            root_key: known.root.to_string(),
            since_index: known.since,
            operator: known.operator,
            keys: format!("/api/v1/organisations/{}/keys", known.id),
        }
    }
}

impl From<KeyView> for Key {
    fn from(known: KeyView) -> Self {
        let (rights, not_after_ms) = match known.rights {
            Rights::Root => ("root", None),
            Rights::FormerRoot => ("former-root", None),
            Rights::Delegated { not_after_ms, .. } => ("delegated", Some(not_after_ms)),
        };
        Self {
            key: known.key.to_string(),
            organisation_id: known.organisation.to_string(),
            rights,
            roles: control::roles(known.roles),
            gateway: known.flags.contains(Flags::SERVICE),
            not_after_ms,
            not_after: not_after_ms.and_then(moment),
            head: known.head.map(|head| Head { seq: head.seq, event_id: head.event.to_string() }),
            revoked: known.revoked.map(|revoked| Revoked {
                index: revoked.index,
                last_good_seq: revoked.last_good,
                reason: revoked.reason,
            }),
            fork: known
                .fork
                .map(|fork| Forked { first: fork.first.to_string(), other: fork.other.to_string() }),
            frozen: known.fork.is_some_and(|fork| fork.frozen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_organisations_is_asked_for_exactly() {
        let of = |query: &str| {
            Page::read(&format!("/api/v1/organisations{query}").parse().unwrap()).map_err(|p| p.code())
        };
        let page = |after, limit, recognised| Ok(Page { after, limit, recognised });
        assert_eq!(of(""), page(None, 100, false));
        let id = "ab".repeat(32);
        assert_eq!(
            of(&format!("?after={id}&limit=200&recognised=true")),
            page(Some(id.parse().unwrap()), 200, true)
        );
        for query in ["?limit=0", "?limit=201", "?limit=2&limit=2", "?recognised=1", "?page=2"] {
            assert_eq!(of(query), Err("query-unknown"), "{query}");
        }
        assert_eq!(of("?after=xyz"), Err("id-malformed"));
    }
}
