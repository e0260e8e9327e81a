//! `GET /o/{organisation}`: who an organisation says it is, what the operator recognises it as, and its lots.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use nguon_ledger::{OrganisationId, Standing};
use nguon_service::LookupError;
use nguon_trace::facts::OrganisationKind;

use super::answer::{self, Page, STYLE};
use super::copies::{self, Form, Key, Making};
use super::fault::{self, Fault};
use super::home::LotCard;
use super::words::{Languages, Words, parameter, percent_encoded};
use crate::app::App;
use crate::problem::Problem;

/// Lots on a page.
const LOTS: usize = 24;

#[derive(Template)]
#[template(path = "page/organisation.html")]
struct OrganisationPage {
    words: Words,
    style: &'static str,
    languages: Languages,
    code: String,
    canonical: String,
    title: String,
    kind: Option<String>,
    address: Option<String>,
    hotline: Option<String>,
    website: Option<String>,
    identifiers: Vec<(String, String)>,
    standing: String,
    /// `good`, `doubt` or `stop`.
    tone: &'static str,
    id: String,
    lots: Vec<LotCard>,
    next: Option<String>,
}

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Path(asked): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let Ok(id) = asked.parse::<OrganisationId>() else {
        return Ok(fault::page(Fault::UnknownOrganisation, &asked, words, &uri, &headers));
    };
    let after = parameter(&uri, "after").unwrap_or_default();
    let key = Key::new(format!("/o/{id}"), Form::Html(words));
    if after.is_empty() {
        // Made for all: nothing of this one's address is on it.
        let own: Uri = format!("/o/{id}").parse().map_err(|error| Problem::internal(&error))?;
        copies::answer(&app, key, &headers, |making| made(making, id, String::new(), words, own.clone()))
            .await
    } else {
        let make = |making| made(making, id, after.clone(), words, uri.clone());
        copies::answer_once(&app, key, &headers, make).await
    }
}

async fn made(
    making: Making,
    id: OrganisationId,
    after: String,
    words: Words,
    uri: Uri,
) -> Result<Page, Problem> {
    let (app, catalogue) = (&making.app, &making.catalogue);
    let failed = |error| Problem::from(LookupError::Store(error));
    let Some(view) = catalogue.organisation(id).await.map_err(failed)? else {
        return fault::made(Fault::UnknownOrganisation, &id.to_string(), words, &uri);
    };
    // One more than fits says whether there is a next page.
    let limit = i64::try_from(LOTS + 1).unwrap_or(i64::MAX);
    let mut lots = catalogue.lots_of(id, &after, limit).await.map_err(failed)?;
    let has_more = lots.len() > LOTS;
    lots.truncate(LOTS);
    let next = lots.last().filter(|_| has_more).map(|line| {
        let after = percent_encoded(&line.state.uri);
        words.href(&format!("/o/{id}?after={after}"))
    });
    let card = view.card.as_ref();
    let kind = card.map(|card| kind(words, card.kind));
    let hex = id.to_string();
    let page = OrganisationPage {
        words,
        style: STYLE,
        languages: Languages::of(words, &uri),
        code: String::new(),
        canonical: format!("{}/o/{id}", app.service.public_base_url()),
        title: match card {
            Some(card) => words.text(&card.name).to_owned(),
            None => words.with("organisation-without-card", &[("id", hex.get(..8).unwrap_or(&hex))]),
        },
        kind,
        address: card.map(|card| words.text(&card.address).to_owned()).filter(|address| !address.is_empty()),
        hotline: card.and_then(|card| card.hotline.clone()),
        website: card.and_then(|card| card.website.clone()),
        identifiers: card
            .map(|card| {
                card.identifiers
                    .iter()
                    .map(|known| {
                        let label = words.known("identifier", &known.scheme);
                        (label.unwrap_or_else(|| known.scheme.clone()), known.value.clone())
                    })
                    .collect()
            })
            .unwrap_or_default(),
        standing: if view.operator { words.t("standing-operator") } else { standing(words, view.standing) },
        tone: match view.standing {
            suspended if suspended.0 & Standing::SUSPENDED.0 != 0 => "stop",
            Standing(0) if !view.operator => "doubt",
            _ => "good",
        },
        id: hex,
        lots: lots.into_iter().map(|line| LotCard::of(words, line, making.now_ms)).collect(),
        next,
    };
    answer::page(StatusCode::OK, &page, words)
}

/// What an organisation says it is.
pub(crate) fn kind(words: Words, kind: OrganisationKind) -> String {
    words.t(match kind {
        OrganisationKind::Cooperative => "kind-cooperative",
        OrganisationKind::CooperativeGroup => "kind-cooperative-group",
        OrganisationKind::Farm => "kind-farm",
        OrganisationKind::Company => "kind-company",
        OrganisationKind::Certifier => "kind-certifier",
        OrganisationKind::Authority => "kind-authority",
    })
}

/// What the operator recognises an organisation as, in words.
pub(crate) fn standing(words: Words, standing: Standing) -> String {
    if standing.0 & Standing::SUSPENDED.0 != 0 {
        return words.t("standing-suspended");
    }
    let known = [
        (Standing::PRODUCER, "standing-producer"),
        (Standing::PACKER, "standing-packer"),
        (Standing::INSPECTOR, "standing-inspector"),
        (Standing::AUTHORITY, "standing-authority"),
    ];
    let held: Vec<String> =
        known.into_iter().filter(|(bit, _)| standing.0 & bit.0 != 0).map(|(_, key)| words.t(key)).collect();
    if held.is_empty() { words.t("standing-none") } else { held.join(", ") }
}
