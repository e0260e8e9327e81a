//! `GET /o/{organisation}`: who an organisation says it is, what the operator recognises it as, where it grows what, and its
//! lots. A farm or a household that keeps its own keys is an organisation like any other, and this is its page.
//!
//! Nobody else has one. Names of people stand in private sections, which no page shows; a page about a farmer needs a consent
//! that can be taken back and a text that can be erased with it, and the ledger has neither yet. Plots are told by commune
//! and crop, so that nobody's own field is picked out.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use nguon_ledger::{OrganisationId, Standing};
use nguon_service::{LookupError, commune};
use nguon_trace::facts::{OrganisationKind, Plot};

use super::answer::{self, Page, STYLE};
use super::copies::{self, Form, Key, Making};
use super::fault::{self, Fault};
use super::home::LotCard;
use super::words::{Languages, Said, Words, parameter, percent_encoded};
use crate::app::App;
use crate::problem::Problem;

/// Lots on a page.
const LOTS: usize = 24;
/// Plots that are summed up; of more, nothing is said rather than a sum of some.
const PLOTS: usize = 1_000;

#[derive(Template)]
#[template(path = "page/organisation.html")]
struct OrganisationPage {
    words: Words,
    style: &'static str,
    languages: Languages,
    code: String,
    /// Scheme and host of the pages.
    base: String,
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
    grounds: Vec<Ground>,
    lots: Vec<LotCard>,
    next: Option<String>,
    /// One sentence for whoever finds the page.
    summary: String,
}

/// What grows in a commune, and on how much.
struct Ground {
    commune: String,
    crop: Said,
    plots: String,
    area: String,
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
    let plots = catalogue.plots_of(id, i64::try_from(PLOTS + 1).unwrap_or(i64::MAX)).await.map_err(failed)?;
    let grounds = if plots.len() > PLOTS { Vec::new() } else { grounds(words, &plots) };
    let has_more = lots.len() > LOTS;
    lots.truncate(LOTS);
    let next = lots.last().filter(|_| has_more).map(|line| {
        let after = percent_encoded(&line.state.uri);
        words.href(&format!("/o/{id}?after={after}"))
    });
    let card = view.card.as_ref();
    let kind = card.map(|card| kind(words, card.kind));
    let hex = id.to_string();
    let title = match card {
        Some(card) => words.text(&card.name).to_owned(),
        None => words.with("organisation-without-card", &[("id", hex.get(..8).unwrap_or(&hex))]),
    };
    let standing = if view.operator { words.t("standing-operator") } else { standing(words, view.standing) };
    let address = card.map(|card| words.text(&card.address).to_owned()).filter(|address| !address.is_empty());
    let summary = [Some(title.clone()), kind.clone(), address.clone()];
    let page = OrganisationPage {
        words,
        style: STYLE,
        languages: Languages::of(words, &uri),
        code: String::new(),
        base: app.service.public_base_url().to_owned(),
        canonical: format!("{}/o/{id}", app.service.public_base_url()),
        title,
        kind,
        address,
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
        standing,
        tone: match view.standing {
            suspended if suspended.0 & Standing::SUSPENDED.0 != 0 => "stop",
            Standing(0) if !view.operator => "doubt",
            _ => "good",
        },
        id: hex,
        lots: lots.into_iter().map(|line| LotCard::of(words, line, making.now_ms)).collect(),
        next,
        grounds,
        summary: summary.into_iter().flatten().collect::<Vec<_>>().join(" · "),
    };
    answer::page(StatusCode::OK, &page, words)
}

/// Plots by commune and crop, the largest first.
fn grounds(words: Words, plots: &[Plot]) -> Vec<Ground> {
    let mut sums: BTreeMap<(String, &str), (&Plot, u64, u64)> = BTreeMap::new();
    for plot in plots {
        let place = commune::name(&plot.commune);
        let (_, count, area) = sums.entry((place, plot.crop.vi.as_str())).or_insert((plot, 0, 0));
        *count += 1;
        *area = area.saturating_add(plot.area_m2);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (_, _, area))| std::cmp::Reverse(*area));
    let ground = |((commune, _), (plot, count, area)): ((String, &str), (&Plot, u64, u64))| Ground {
        commune,
        crop: words.said(&plot.crop),
        plots: words.count("plots", count),
        area: words.area(area),
    };
    sums.into_iter().map(ground).collect()
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
