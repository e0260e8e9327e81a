//! `GET /outlook`, `GET /api/v1/forecast`, `GET /api/v1/prices`: what is coming, and what is asked for it.
//!
//! How it is worked out, and how wrong it was, is on the page and in [`nguon_service::outlook`]. Nothing of one plot or one seller is
//! told: sums by commune, crop and week; prices of five listings or more.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use jiff::civil::Date;
use nguon_service::LookupError;
use nguon_service::outlook::{CropError, Expected, GROUP_MIN, Outlook, Price};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, STYLE, cacheable};
use super::words::{Languages, Words, parameters};
use crate::app::App;
use crate::language::Language;
use crate::problem::{Document, Problem};

/// Weeks on the page.
const WEEKS: usize = 8;
/// Rows of prices on the page.
const PRICES: usize = 40;
const STYLE_OF_TABLES: &str = include_str!("../../static/developers.css");

/// What is expected, by crop, commune and week.
#[derive(Serialize, ToSchema)]
pub(crate) struct Forecast {
    /// Sums in whole kilograms; no row for nothing.
    #[schema(value_type = Vec<Object>)]
    expected: Vec<Expected>,
    /// How wrong the same sums were for the twelve whole months before, by crop.
    #[schema(value_type = Vec<Object>)]
    errors: Vec<CropError>,
}

/// What was asked, by category, province and week.
#[derive(Serialize, ToSchema)]
pub(crate) struct Prices {
    /// Quartiles in đồng a kilogram, of five listings or more.
    #[schema(value_type = Vec<Object>)]
    prices: Vec<Price>,
}

async fn outlook(app: &App) -> Result<Arc<Outlook>, Problem> {
    let service = app.service.clone();
    let made = app.ask(async move { service.outlooks().now().await }).await?;
    made.map_err(|error| LookupError::Store(error).into())
}

/// The values of these parameters; any other is refused.
fn filters<const N: usize>(uri: &Uri, known: [&str; N]) -> Result<[Option<String>; N], Problem> {
    let mut found = [const { None }; N];
    for (name, value) in parameters(uri) {
        let place = known.iter().position(|one| *one == name).filter(|place| found[*place].is_none());
        let Some(place) = place else {
            let name: String = name.chars().take(40).collect();
            return Err(Problem::new("query-unknown").because(format!("`{name}` is unknown or there twice")));
        };
        found[place] = Some(value);
    }
    Ok(found)
}

/// Expected harvests of the next 26 weeks.
///
/// From registered plots, their plantings and typical yields (`crops.toml`), with the error of the same sums for the year before.
#[utoipa::path(
    get, path = "/api/v1/forecast", tag = "catalogue",
    params(
        ("crop" = Option<String>, Query, description = "One crop's only, by its key"),
        ("commune" = Option<String>, Query, description = "One commune's only: `24943@2025-07-01`"),
    ),
    responses(
        (status = 200, description = "A quarter of an hour old at most", body = Forecast),
        (status = 400, description = "`query-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn forecast(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let [crop, commune] = filters(&uri, ["crop", "commune"])?;
    let all = outlook(&app).await?;
    let wanted = |one: &&Expected| {
        crop.as_ref().is_none_or(|crop| one.crop == *crop)
            && commune.as_ref().is_none_or(|commune| one.commune == *commune)
    };
    let forecast = Forecast {
        expected: all.expected.iter().filter(wanted).cloned().collect(),
        errors: all
            .errors
            .iter()
            .filter(|one| crop.as_ref().is_none_or(|crop| one.crop == *crop))
            .cloned()
            .collect(),
    };
    json(&forecast, &headers)
}

/// Prices that co-operatives asked at their gate, by week.
///
/// From signed listings, each once a week, by the kilogram. Groups of fewer than five listings are not told.
#[utoipa::path(
    get, path = "/api/v1/prices", tag = "catalogue",
    params(
        ("category" = Option<String>, Query, description = "One category's only"),
        ("province" = Option<String>, Query, description = "One province's only, by its code"),
    ),
    responses(
        (status = 200, description = "A quarter of an hour old at most", body = Prices),
        (status = 400, description = "`query-unknown`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn prices(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let [category, province] = filters(&uri, ["category", "province"])?;
    let all = outlook(&app).await?;
    let wanted = |one: &&Price| {
        category.as_ref().is_none_or(|category| one.category == *category)
            && province.as_ref().is_none_or(|province| one.province_code == *province)
    };
    json(&Prices { prices: all.prices.iter().filter(wanted).cloned().collect() }, &headers)
}

fn json(value: &impl Serialize, headers: &HeaderMap) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(value).map_err(|error| Problem::internal(&error))?;
    Ok(cacheable(StatusCode::OK, "application/json", bytes, headers))
}

/// A crop with its next weeks.
struct CropRow {
    name: String,
    weeks: Vec<String>,
    error: Option<String>,
}

struct PriceRow {
    category: String,
    province: String,
    week: String,
    low: String,
    median: String,
    high: String,
    listings: usize,
}

#[derive(Template)]
#[template(path = "page/outlook.html")]
struct OutlookPage {
    words: Words,
    style: &'static str,
    style_of_tables: &'static str,
    languages: Languages,
    code: String,
    english: bool,
    weeks: Vec<String>,
    crops: Vec<CropRow>,
    prices: Vec<PriceRow>,
    group_min: usize,
}

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let all = outlook(&app).await?;
    let english = words.language != Language::Vietnamese;
    let mut by_crop: BTreeMap<&str, BTreeMap<Date, u64>> = BTreeMap::new();
    let mut weeks: Vec<Date> = all.expected.iter().map(|one| one.week).collect();
    weeks.sort_unstable();
    weeks.dedup();
    weeks.truncate(WEEKS);
    for one in &all.expected {
        *by_crop.entry(&one.crop).or_default().entry(one.week).or_default() += one.kilograms;
    }
    let crops = all.errors.iter().map(|error| {
        let of_crop = by_crop.get(error.crop.as_str());
        let tonnes = |week: &Date| {
            let kilograms = of_crop.and_then(|weeks| weeks.get(week)).copied().unwrap_or(0);
            if kilograms == 0 { "–".to_owned() } else { words.number(kilograms) }
        };
        CropRow {
            name: if english { error.en.clone() } else { error.vi.clone() },
            weeks: weeks.iter().map(tonnes).collect(),
            error: error.error_permille.map(|permille| format!("±{} %", words.number(permille.div_ceil(10)))),
        }
    });
    let page = OutlookPage {
        words,
        style: STYLE,
        style_of_tables: STYLE_OF_TABLES,
        languages: Languages::of(words, &uri),
        code: String::new(),
        english,
        crops: crops.collect(),
        weeks: weeks.iter().map(|week| words.date(*week)).collect(),
        prices: all.prices.iter().rev().take(PRICES).map(|price| price_row(price, words)).collect(),
        group_min: GROUP_MIN,
    };
    Ok(answer::page(StatusCode::OK, &page, words)?.answer(&headers))
}

fn price_row(price: &Price, words: Words) -> PriceRow {
    PriceRow {
        category: price.category.clone(),
        province: price.province_code.clone(),
        week: words.date(price.week),
        low: words.number(price.low_quartile_vnd),
        median: words.number(price.median_vnd),
        high: words.number(price.high_quartile_vnd),
        listings: price.listings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_nobody_knows_is_refused() {
        let of = |query: &str| {
            filters(&format!("/x{query}").parse().unwrap(), ["crop", "commune"])
                .map_err(|problem| problem.code())
        };
        assert_eq!(of(""), Ok([None, None]));
        assert_eq!(of("?commune=a&crop=b"), Ok([Some("b".to_owned()), Some("a".to_owned())]));
        for query in ["?crops=a", "?crop=a&crop=b"] {
            assert_eq!(of(query), Err("query-unknown"), "{query}");
        }
    }
}
