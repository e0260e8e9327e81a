//! What is coming, and what is asked for it: expected harvests by commune, crop and week, and prices by week.
//!
//! - **Forecast**: each registered plot's crop and area, its last plantings, and [`nguon_trace::forecast`]. Beside it stands how wrong the same
//!   sums were for the twelve months before, by crop, against the lots that were harvested.
//! - **Prices**: what co-operatives asked at their own gate, from their signed listings, each listing once a week at its newest, per kilogram. A group
//!   of fewer than [`GROUP_MIN`] listings is not shown: nobody's single bargain is a series. Medians and quartiles, no model.
//!
//! Both are worked out from the read models, at most every [`FRESH_MS`], and follow from them alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use nguon_market::{Change, FeedItem, Measure};
use nguon_storage::{Store, StoreError};
use nguon_trace::crops::{self, Crop, Per};
use nguon_trace::facts::{Facts, Step, vietnam_day};
use nguon_trace::forecast::{self, Error, Standing};
use nguon_trace::quantity::Unit;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::commune;
use crate::project::{Card, lot_of};

/// Listings in a group of prices, at least.
pub const GROUP_MIN: usize = 5;
/// Weeks that are looked ahead.
pub const WEEKS_AHEAD: i64 = 26;
/// How old an answer may be.
const FRESH_MS: i64 = 15 * 60_000;
/// Rows read at once.
const STEP: i64 = 500;
/// Entries of one plot that are looked through for plantings, the newest first.
const ENTRIES_MAX: usize = 400;

/// What is expected of a crop in a commune in a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Mã xã with the edition of its list.
    pub commune: String,
    /// Its name.
    pub commune_name: String,
    /// Mã tỉnh, where it is known.
    pub province_code: Option<String>,
    /// The crop's key.
    pub crop: String,
    /// The week's Monday.
    pub week: Date,
    /// How much, in whole kilograms.
    pub kilograms: u64,
    /// From how many plots.
    pub plots: u32,
}

/// How wrong the forecast of a crop would have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CropError {
    /// The crop's key.
    pub crop: String,
    /// Its name in Vietnamese, with the harvested form.
    pub vi: String,
    /// And in English.
    pub en: String,
    /// First and last day of what is compared.
    pub from: Date,
    /// See `from`.
    pub until: Date,
    /// What would have been expected, in kilograms.
    pub expected_kilograms: u64,
    /// What was harvested, by the records.
    pub harvested_kilograms: u64,
    /// Sum of the months' differences, in thousandths of what was harvested; none where nothing was.
    pub error_permille: Option<u64>,
}

/// Prices of a category in a province in a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// The category.
    pub category: String,
    /// Mã tỉnh of the origin; empty where it is not known.
    pub province_code: String,
    /// The week's Monday.
    pub week: Date,
    /// How many listings.
    pub listings: usize,
    /// A quarter of them asked this or less, in đồng a kilogram.
    pub low_quartile_vnd: u64,
    /// The one in the middle.
    pub median_vnd: u64,
    /// A quarter of them asked this or more.
    pub high_quartile_vnd: u64,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// By crop, commune and week.
    pub expected: Vec<Expected>,
    /// By crop.
    pub errors: Vec<CropError>,
    /// By category, province and week.
    pub prices: Vec<Price>,
}

/// Works it out, now and then.
pub struct Outlooks {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    made: Mutex<Option<(i64, Arc<Outlook>)>>,
}

struct Plot {
    commune: nguon_id::Commune,
    crop: &'static Crop,
    area_m2: u64,
    plantings: Vec<Date>,
}

impl Outlooks {
    /// Over a store's read models.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, made: Mutex::new(None) }
    }

    /// The outlook, a quarter of an hour old at most.
    pub async fn now(&self) -> Result<Arc<Outlook>, StoreError> {
        let now_ms = self.clock.now_ms();
        // Held while it is made: who comes meanwhile waits for the same one.
        let mut made = self.made.lock().await;
        if let Some((at_ms, outlook)) = &*made
            && (0..FRESH_MS).contains(&(now_ms - at_ms))
        {
            return Ok(outlook.clone());
        }
        let outlook = Arc::new(self.make(vietnam_day(now_ms)).await?);
        *made = Some((now_ms, outlook.clone()));
        Ok(outlook)
    }

    async fn make(&self, today: Date) -> Result<Outlook, StoreError> {
        let plots = self.plots().await?;
        let harvested = self.harvested(&plots, today).await?;
        Ok(Outlook {
            expected: expected(&plots, today),
            errors: errors(&plots, &harvested, today),
            prices: self.prices().await?,
        })
    }

    /// Registered plots with a crop that we have numbers for, by URI.
    async fn plots(&self) -> Result<HashMap<String, Plot>, StoreError> {
        let (mut plots, mut after) = (HashMap::new(), String::new());
        loop {
            let rows = self.store.reader().await?.list_subjects("plot", &after, STEP).await?;
            let Some(last) = rows.last() else { return Ok(plots) };
            after.clone_from(&last.uri);
            for row in &rows {
                let Some(Card { facts: Facts::Plot(card), organisation, .. }) = Card::of(row) else {
                    continue;
                };
                let key = card.crop_code.as_deref().unwrap_or_default();
                let Some(crop) = crops::lookup(key, card.growing_method.as_deref()) else { continue };
                let plantings = match crop.per {
                    Per::Year => Vec::new(),
                    Per::Cycle => self.plantings(&row.uri, &organisation).await?,
                };
                let plot = Plot { commune: card.commune, crop, area_m2: card.area_m2, plantings };
                plots.insert(row.uri.clone(), plot);
            }
        }
    }

    /// When a plot was planted, by its own organisation's word.
    async fn plantings(&self, plot: &str, organisation: &str) -> Result<Vec<Date>, StoreError> {
        let mut reader = self.store.reader().await?;
        let mut indexes = reader.entries_of_subject(plot).await?;
        indexes.sort_unstable_by(|a, b| b.cmp(a));
        indexes.truncate(ENTRIES_MAX);
        let own: BTreeSet<i64> = reader
            .records_of(&indexes)
            .await?
            .into_iter()
            .filter(|record| !record.disputed && hex::encode(&record.organisation_id) == organisation)
            .map(|record| record.log_index)
            .collect();
        let sections = reader.sections_of(&Vec::from_iter(own)).await?;
        let said = sections.iter().filter_map(|section| nguon_epcis::read(&section.payload).ok());
        let mut days: Vec<Date> = said
            .filter_map(|document| match document.facts {
                Facts::Event(event) if matches!(event.step, Step::Planting { .. }) => {
                    Some(vietnam_day(event.time_ms))
                }
                _ => None,
            })
            .collect();
        days.sort_unstable();
        days.dedup();
        Ok(days)
    }

    /// Grams harvested by crop and month in the twelve months before.
    async fn harvested(
        &self,
        plots: &HashMap<String, Plot>,
        today: Date,
    ) -> Result<BTreeMap<(&'static str, Date), u64>, StoreError> {
        let (from, until) = past(today);
        let (mut sums, mut after) = (BTreeMap::new(), String::new());
        loop {
            let rows = self.store.reader().await?.list_subjects("lot", &after, STEP).await?;
            let Some(last) = rows.last() else { return Ok(sums) };
            after.clone_from(&last.uri);
            for lot in rows.iter().filter_map(lot_of) {
                let crop = lot.origin_plots.iter().find_map(|plot| plots.get(plot)).map(|plot| plot.crop);
                let day = lot.harvest_from.filter(|day| (from..=until).contains(day));
                let made =
                    lot.balance.filter(|balance| balance.unit == Unit::Gram).map(|balance| balance.made);
                // What was made of other lots was harvested before.
                if let (Some(crop), Some(day), Some(made), true) = (crop, day, made, lot.inputs.is_empty()) {
                    let sum: &mut u64 = sums.entry((crop.key.as_str(), day.first_of_month())).or_default();
                    *sum = sum.saturating_add(made);
                }
            }
        }
    }

    async fn prices(&self) -> Result<Vec<Price>, StoreError> {
        let mut groups: BTreeMap<(String, String, Date), HashMap<String, u64>> = BTreeMap::new();
        let mut after = (-1, 0);
        loop {
            let found = self.store.reader().await?.feed(after.0, after.1, STEP).await?;
            let Some(last) = found.last() else { break };
            after = (last.log_index, last.position);
            for row in &found {
                let Ok(Change::Put(item)) = serde_json::from_str(&row.change) else { continue };
                let Some(price) = per_kilogram(&item) else { continue };
                let week = forecast::monday(vietnam_day(item.updated_at.as_millisecond()));
                let province = item.origin.province_code.clone().unwrap_or_default();
                let group = groups.entry((item.category.clone(), province, week)).or_default();
                group.insert(item.listing, price);
            }
        }
        let shown = groups.into_iter().filter(|(_, asked)| asked.len() >= GROUP_MIN);
        Ok(shown
            .map(|((category, province_code, week), asked)| {
                let mut asked: Vec<u64> = asked.into_values().collect();
                asked.sort_unstable();
                let at = |quarter: usize| asked[(asked.len() - 1) * quarter / 4];
                Price {
                    category,
                    province_code,
                    week,
                    listings: asked.len(),
                    low_quartile_vnd: at(1),
                    median_vnd: at(2),
                    high_quartile_vnd: at(3),
                }
            })
            .collect())
    }
}

/// What a kilogram is asked for, where the offer lets one say so.
fn per_kilogram(item: &FeedItem) -> Option<u64> {
    let grams = |measure: Measure| measure.value.checked_mul(measure.unit.grams()?);
    let one = grams(item.price_per);
    let pack = || grams(item.net_content?)?.checked_mul(item.price_per.value);
    let grams = one.or_else(pack).filter(|grams| *grams > 0)?;
    u64::try_from(u128::from(item.price_vnd.dong()) * 1_000 / u128::from(grams)).ok()
}

/// The twelve whole months before a day.
fn past(today: Date) -> (Date, Date) {
    let until = today.first_of_month().yesterday().unwrap_or(today);
    let from = until.first_of_month().checked_sub(11.months()).unwrap_or(until);
    (from, until)
}

/// A plot as it stands after each planting; a perennial once.
fn standings(plot: &Plot) -> Vec<Standing> {
    let of = |planted| Standing { crop: plot.crop, area_m2: plot.area_m2, planted };
    match plot.crop.per {
        Per::Year => vec![of(None)],
        Per::Cycle => plot.plantings.iter().map(|day| of(Some(*day))).collect(),
    }
}

fn expected(plots: &HashMap<String, Plot>, today: Date) -> Vec<Expected> {
    let from = forecast::monday(today);
    let until = from.checked_add((WEEKS_AHEAD * 7 - 1).days()).unwrap_or(from);
    type Sum<'a> = (nguon_id::Commune, u64, BTreeSet<&'a str>);
    let mut sums: BTreeMap<(&str, String, Date), Sum<'_>> = BTreeMap::new();
    for (uri, plot) in plots {
        for standing in standings(plot) {
            for week in forecast::weeks(&standing, from, until) {
                let key = (plot.crop.key.as_str(), plot.commune.to_string(), week.monday);
                let sum = sums.entry(key).or_insert_with(|| (plot.commune, 0, BTreeSet::new()));
                sum.1 = sum.1.saturating_add(week.grams);
                sum.2.insert(uri);
            }
        }
    }
    sums.into_iter()
        .map(|((crop, commune, week), (place, grams, plots))| Expected {
            commune,
            commune_name: commune::name(&place),
            province_code: commune::province_code(&place).map(str::to_owned),
            crop: crop.to_owned(),
            week,
            kilograms: grams / 1_000,
            plots: u32::try_from(plots.len()).unwrap_or(u32::MAX),
        })
        .collect()
}

fn errors(
    plots: &HashMap<String, Plot>,
    harvested: &BTreeMap<(&'static str, Date), u64>,
    today: Date,
) -> Vec<CropError> {
    let (from, until) = past(today);
    let mut expected: BTreeMap<(&str, Date), u64> = BTreeMap::new();
    for plot in plots.values() {
        for standing in standings(plot) {
            for (day, mg) in forecast::days(&standing, from, until) {
                *expected.entry((plot.crop.key.as_str(), day.first_of_month())).or_default() += mg;
            }
        }
    }
    let crops: BTreeMap<&str, &Crop> =
        plots.values().map(|plot| (plot.crop.key.as_str(), plot.crop)).collect();
    let months: Vec<Date> = from.series(1.month()).take_while(|month| *month <= until).collect();
    crops
        .into_iter()
        .map(|(key, crop)| {
            let mut error = Error::default();
            for month in &months {
                let wanted = expected.get(&(key, *month)).copied().unwrap_or(0) / 1_000;
                error.month(wanted, harvested.get(&(key, *month)).copied().unwrap_or(0));
            }
            CropError {
                crop: key.to_owned(),
                vi: crop.vi.clone(),
                en: crop.en.clone(),
                from,
                until,
                expected_kilograms: error.expected_grams / 1_000,
                harvested_kilograms: error.harvested_grams / 1_000,
                error_permille: error.permille(),
            }
        })
        .collect()
}
