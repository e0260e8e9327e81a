//! `GET /`: what this ledger is, a box to search in, the newest lots, who takes part, and how far the log has come.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use nguon_service::turns::Name;
use nguon_service::{LookupError, LotLine, OrganisationView};

use super::answer::{self, Page, STYLE};
use super::copies::{self, Form, Key, Making};
use super::organisation::standing;
use super::picture;
use super::words::{Languages, Moment, Words, parameter};
use crate::app::App;
use crate::problem::Problem;

/// Lots on the first page.
const NEWEST: usize = 9;
/// Organisations on the first page.
const MEMBERS: usize = 24;
/// Lots that a search shows.
const FOUND: i64 = 30;
/// Characters of a search that are looked at.
const QUERY_MAX: usize = 60;

#[derive(Template)]
#[template(path = "page/home.html")]
struct HomePage {
    words: Words,
    style: &'static str,
    languages: Languages,
    code: String,
    /// What was searched for.
    wanted: String,
    lots: Vec<LotCard>,
    organisations: Vec<Member>,
    operator: String,
    origin: String,
    size: Option<String>,
    checked_at: Option<Moment>,
}

/// A lot in a list.
pub(crate) struct LotCard {
    pub(crate) drawing: &'static str,
    pub(crate) product: String,
    pub(crate) number: String,
    pub(crate) maker: Option<String>,
    pub(crate) harvested: Option<String>,
    pub(crate) href: String,
    /// As a banner's.
    pub(crate) tone: &'static str,
    pub(crate) status: String,
}

struct Member {
    name: String,
    address: String,
    standing: String,
    href: String,
}

struct Found {
    lots: Vec<LotLine>,
    organisations: Vec<OrganisationView>,
    operator: Option<OrganisationView>,
    size: Option<u64>,
    checked_at_ms: Option<i64>,
}

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let typed = parameter(&uri, "q").unwrap_or_default();
    // Control characters are nobody's lot, and no database's text.
    let wanted: String = typed.trim().chars().filter(|c| !c.is_control()).take(QUERY_MAX).collect();
    let key = Key::new("/".to_owned(), Form::Html(words));
    if wanted.is_empty() {
        // Made for all: nothing of this one's address is on it.
        let make = |making| made(making, words, String::new(), Languages::of(words, &Uri::from_static("/")));
        copies::answer(&app, key, &headers, make).await
    } else {
        let make = |making| made(making, words, wanted.clone(), Languages::of(words, &uri));
        copies::answer_once(&app, key, &headers, make).await
    }
}

async fn made(making: Making, words: Words, wanted: String, languages: Languages) -> Result<Page, Problem> {
    let app = &making.app;
    let found = find(&making, &wanted).await.map_err(Problem::from)?;
    let operator = found.operator.and_then(|view| view.card);
    let page = HomePage {
        words,
        style: STYLE,
        languages,
        code: String::new(),
        wanted,
        lots: found.lots.into_iter().map(|line| LotCard::of(words, line, making.now_ms)).collect(),
        operator: operator.as_ref().map(|card| words.text(&card.name).to_owned()).unwrap_or_default(),
        organisations: members(words, &found.organisations),
        origin: app.service.origin().to_owned(),
        size: found.size.map(|size| words.number(size)),
        checked_at: found.checked_at_ms.map(|ms| words.moment_in_vietnam(ms)),
    };
    answer::page(StatusCode::OK, &page, words)
}

async fn find(making: &Making, wanted: &str) -> Result<Found, LookupError> {
    let catalogue = &making.catalogue;
    let (lots, organisations, operator) = if wanted.is_empty() {
        (
            catalogue.newest_lots(NEWEST).await?,
            catalogue.organisations(None, MEMBERS, true).await?,
            catalogue.operator().await?,
        )
    } else {
        (catalogue.search_lots(wanted, FOUND).await?, Vec::new(), None)
    };
    // The published file is beside the catalogue.
    making.seen.note(Name::NewestCheckpoint);
    let size = making.app.service.lookup().checkpoint().await?.map(|(checkpoint, _)| checkpoint.size().0);
    let checked_at_ms = match size.and_then(|size| size.checked_sub(1)) {
        Some(last) => catalogue.bracket(last).await?.not_after_ms,
        None => None,
    };
    Ok(Found { lots, organisations, operator, size, checked_at_ms })
}

/// Recognised organisations that said who they are, by name; the operator is named elsewhere.
fn members(words: Words, views: &[OrganisationView]) -> Vec<Member> {
    let mut members: Vec<Member> = views
        .iter()
        .filter(|view| !view.operator)
        .filter_map(|view| {
            let card = view.card.as_ref()?;
            Some(Member {
                name: words.text(&card.name).to_owned(),
                address: words.text(&card.address).to_owned(),
                standing: standing(words, view.standing),
                href: words.href(&format!("/o/{}", view.id)),
            })
        })
        .collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    members
}

impl LotCard {
    pub(crate) fn of(words: Words, line: LotLine, now_ms: i64) -> Self {
        use nguon_trace::facts::vietnam_day;
        use nguon_trace::finding::Severity;
        use nguon_trace::lot::LotStatus;

        let found = |severity| line.state.findings.iter().any(|finding| finding.severity == severity);
        let today = vietnam_day(now_ms);
        let over = line.state.best_before.into_iter().chain(line.state.use_by).any(|day| day < today);
        let (tone, key) = match line.state.status {
            LotStatus::Recalled { .. } => ("stop", "status-recalled"),
            LotStatus::Destroyed => ("stop", "status-destroyed"),
            LotStatus::Unknown => ("doubt", "status-claims-only"),
            _ if found(Severity::Blocking) => ("doubt", "status-doubtful"),
            LotStatus::Registered => ("wait", "status-registered"),
            _ if over => ("doubt", "status-expired"),
            LotStatus::SoldOut => ("gone", "status-sold-out"),
            LotStatus::Active if found(Severity::Warning) => ("note", "status-noted"),
            LotStatus::Active => ("good", "listed-active"),
        };
        let category = line.product.as_ref().map_or("", |product| product.category.as_str());
        let product = line.product.as_ref().map(|product| words.text(&product.name).to_owned());
        let number = line.id.lot().to_string();
        Self {
            drawing: picture::of(category).0,
            product: product.unwrap_or_else(|| number.clone()),
            maker: line.maker.map(|maker| words.text(&maker.name).to_owned()),
            harvested: line
                .state
                .harvest_until
                .map(|day| words.with("harvested-on", &[("day", &words.date(day))])),
            href: words.href(&line.id.path()),
            number,
            tone,
            status: words.t(key),
        }
    }
}
