//! Thửa: what a plot's diary says about the lots that grew on it.
//!
//! ```text
//! entries (records on the plot, in any order) ─┐
//!                                              ├─▶ judge ─▶ PlotState: for each lot harvested there, what is found
//! ground (the plot's card) ────────────────────┘
//! ```
//!
//! Only the word of the organisation whose plot it is counts: a rival can neither spray nor harvest there. The rules:
//!
//! 1. *Thời gian cách ly* (PHI): days are calendar days in Vietnam. The day of spraying is day 0; sprayed on 1 June with
//!    seven days, the first day of harvest is 8 June. On one day the hour decides which came first. An interval that nobody stated is unknown, never zero. Sprays on
//!    an earlier crop of the same plot count.
//! 2. *Yield*: what was harvested since the planting (or in 365 days) against [`crate::crops`] for the plot's area. From
//!    the harvest on that passes the cap, each lot of that time is called implausible. A harvest from several plots
//!    is shared out by their areas, which is how it grew (or in equal parts where one of them has no card).
//! 3. *Season*: the month of harvest, where the crop's row names months.
//!
//! A spraying that its own organisation declared wrong does not count; a harvest inside its interval is said to depend on it.
//! The answer follows from the *set* of records, as in [`crate::lot`]; a late entry changes it as if it had come in time.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::crops::{self, Crop, Per};
use crate::facts::{Event, Step, vietnam_day};
use crate::finding::{Code, Finding, date_en, date_vi, quantity_en, quantity_vi};
use crate::history::{History, Told, event};
use crate::lot::{Effect, Entry};
use crate::quantity::{Quantity, Unit};

/// A spraying with an unknown interval is held against harvests of so many days: longer intervals are rare.
const UNKNOWN_PHI_DAYS: i32 = 60;

/// Sprays before a harvest that are looked at, the latest first: more than any crop gets in two years.
const SPRAYS_LOOKED_AT: usize = 200;
/// Records that one finding names, at most: the newest.
const RECORDS_SHOWN: usize = 40;

/// A plot's card, as far as the rules need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground<'a> {
    /// The organisation whose plot it is, hex.
    pub organisation: &'a str,
    /// Its area.
    pub area_m2: u64,
    /// What grows there, by its key in `crops.toml`, where no planting says otherwise.
    pub crop_code: Option<&'a str>,
    /// How it is grown.
    pub growing_method: Option<&'a str>,
    /// The areas of the organisation's other plots that were harvested [together](beside) with it, by URI.
    pub beside: &'a [(String, u64)],
}

/// The plots that harvests on this one name with it.
#[must_use]
pub fn beside<'a>(uri: &str, history: impl IntoIterator<Item = &'a Entry>) -> BTreeSet<&'a str> {
    let harvests = history.into_iter().filter_map(event).filter(|event| event.step == Step::Harvest);
    let named = harvests.map(plots_of).filter(|plots| plots.contains(&uri));
    named.flatten().filter(|plot| *plot != uri).collect()
}

/// This plot's part of what was harvested on all of these.
fn part_of(amount: u64, uri: &str, plots: &BTreeSet<&str>, ground: Ground<'_>) -> u64 {
    let area = |plot: &str| match plot {
        own if own == uri => Some(u128::from(ground.area_m2)),
        other => ground.beside.iter().find(|(known, _)| known == other).map(|(_, area)| u128::from(*area)),
    };
    let all: Option<u128> = plots.iter().map(|plot| area(plot)).sum();
    let (own, all) = match all {
        Some(all @ 1..) if plots.len() > 1 => (u128::from(ground.area_m2), all),
        _ => (1, u128::try_from(plots.len().max(1)).unwrap_or(u128::MAX)),
    };
    u64::try_from(u128::from(amount) * own / all).unwrap_or(amount)
}

/// What a plot says about one lot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnPlot {
    /// The harvests that count, by log index.
    pub harvests: Vec<u64>,
    /// What is found.
    pub findings: Vec<Finding>,
}

/// What a plot's diary says about the lots that grew on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlotState {
    /// The plot's URI.
    pub uri: String,
    /// The organisation whose plot it is, hex; none if nobody registered it.
    pub organisation: Option<String>,
    /// By lot.
    pub lots: BTreeMap<String, OnPlot>,
}

/// What the plot's diary says. Without a card the plot is unknown, and no harvest on it counts.
#[must_use]
pub fn judge<'a>(
    uri: &'a str,
    history: impl IntoIterator<Item = &'a Entry>,
    ground: Option<Ground<'a>>,
) -> PlotState {
    let organisation = ground.map(|ground| ground.organisation.to_owned());
    let mut state = PlotState { uri: uri.to_owned(), organisation, lots: BTreeMap::new() };
    let Some(ground) = ground else { return state };
    let mut entries: Vec<&Entry> = history.into_iter().collect();
    entries.sort_by_key(|entry| entry.index);
    entries.dedup_by_key(|entry| entry.index);
    let history = History::of_plot(uri, entries, ground.organisation);
    let diary = Diary::of(&history, ground);
    for harvest in &diary.harvests {
        let on_plot = state.lots.entry(harvest.lot.to_owned()).or_default();
        if on_plot.harvests.last() != Some(&harvest.record) {
            on_plot.harvests.push(harvest.record);
        }
    }
    let mut found = diary.intervals();
    found.extend(diary.withdrawals());
    found.extend(diary.erasures());
    found.extend(diary.yields(ground));
    found.extend(diary.seasons(ground));
    for (lot, finding) in found {
        state.lots.entry(lot.to_owned()).or_default().findings.push(finding);
    }
    for on_plot in state.lots.values_mut() {
        on_plot.harvests.sort_unstable();
        on_plot.findings.sort();
    }
    state
}

/// What a record of the diary is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worth {
    /// Whether it counts.
    pub effect: Effect,
    /// The record in which another device of the organisation confirms what was entered for another.
    pub confirmed_by: Option<u64>,
}

/// What each event of the plot's diary is worth, by log index: for whoever shows the diary itself.
#[must_use]
pub fn worth<'a>(
    uri: &'a str,
    history: impl IntoIterator<Item = &'a Entry>,
    organisation: &'a str,
) -> BTreeMap<u64, Worth> {
    let mut entries: Vec<&Entry> = history.into_iter().collect();
    entries.sort_by_key(|entry| entry.index);
    entries.dedup_by_key(|entry| entry.index);
    let history = History::of_plot(uri, entries, organisation);
    let worth = history.entries.iter().filter_map(|entry| {
        let said = event(entry)?;
        let confirmed_by = if said.for_another { history.confirmed_by(entry) } else { None };
        Some((entry.index, Worth { effect: history.effect(entry, said), confirmed_by }))
    });
    worth.collect()
}

struct Spray<'a> {
    record: u64,
    day: Date,
    time_ms: i64,
    product: Option<&'a str>,
    phi_days: Option<u16>,
}

impl<'a> Spray<'a> {
    fn of((entry, event): Told<'a>) -> Option<Self> {
        let Step::PlantProtection(spray) = &event.step else { return None };
        Some(Self {
            record: entry.index,
            day: vietnam_day(event.time_ms),
            time_ms: event.time_ms,
            product: spray.product.as_deref().or(spray.active_substance.as_deref()),
            phi_days: spray.phi_days,
        })
    }
}

struct Planting<'a> {
    day: Date,
    crop: Option<&'a str>,
}

struct Harvest<'a> {
    record: u64,
    lot: &'a str,
    from: Date,
    until: Date,
    time_ms: i64,
    /// The plot's part of it; none if it was not weighed.
    grams: Option<u64>,
}

/// The diary in the order of its days.
struct Diary<'a> {
    /// Records whose facts were erased, and the day on which they were logged.
    erased: Vec<(u64, Date)>,
    sprays: Vec<Spray<'a>>,
    /// Sprays that were declared wrong.
    taken_back: Vec<Spray<'a>>,
    plantings: Vec<Planting<'a>>,
    harvests: Vec<Harvest<'a>>,
    /// What was harvested into which lot when, so that a repetition is noticed.
    known: HashSet<(&'a str, i64, Option<Quantity>)>,
    /// The grams of the harvests before each, in their order.
    before: Vec<u64>,
}

/// The plots that a harvest names: those of its lot, or the place where it happened.
pub(crate) fn plots_of(event: &Event) -> Vec<&str> {
    if event.lot.plots.is_empty() {
        return event.place.as_deref().into_iter().collect();
    }
    event.lot.plots.iter().map(String::as_str).collect()
}

impl<'a> Diary<'a> {
    fn of(history: &History<'a>, ground: Ground<'_>) -> Self {
        let erased = history.erased().map(|entry| (entry.index, vietnam_day(entry.logged_ms))).collect();
        let mut diary = Self {
            erased,
            sprays: Vec::new(),
            taken_back: history.taken_back().filter_map(Spray::of).collect(),
            plantings: Vec::new(),
            harvests: Vec::new(),
            known: HashSet::new(),
            before: vec![0],
        };
        for (entry, event) in history.counting() {
            let day = vietnam_day(event.time_ms);
            diary.sprays.extend(Spray::of((entry, event)));
            match &event.step {
                Step::Planting { crop, .. } => diary.plantings.push(Planting { day, crop: crop.as_deref() }),
                Step::Harvest => diary.harvested(history.uri, ground, (entry, event), day),
                _ => {}
            }
        }
        diary.sprays.sort_by_key(|spray| (spray.day, spray.record));
        diary.plantings.sort_by_key(|planting| planting.day);
        diary.harvests.sort_by_key(|harvest| (harvest.from, harvest.record));
        for harvest in &diary.harvests {
            let sum = diary.before.last().copied().unwrap_or(0).saturating_add(harvest.grams.unwrap_or(0));
            diary.before.push(sum);
        }
        diary
    }

    fn harvested(&mut self, uri: &str, ground: Ground<'_>, (entry, event): Told<'a>, day: Date) {
        let from = event.lot.harvest_from.or(event.lot.harvest_until).unwrap_or(day);
        let until = event.lot.harvest_until.unwrap_or(from).max(from);
        // Named twice, a plot is one plot.
        let plots: BTreeSet<&str> = plots_of(event).into_iter().collect();
        for made in event.outputs().iter().chain(event.objects()) {
            // What a phone recorded twice grew once.
            let is_new = self.known.insert((&made.subject, event.time_ms, made.quantity));
            let grams = match made.quantity {
                Some(Quantity { unit: Unit::Gram, .. }) if !is_new => Some(0),
                Some(Quantity { amount, unit: Unit::Gram }) => Some(part_of(amount, uri, &plots, ground)),
                _ => None,
            };
            let (lot, time_ms) = (made.subject.as_str(), event.time_ms);
            self.harvests.push(Harvest { record: entry.index, lot, from, until, time_ms, grams });
        }
    }

    /// Rule 1.
    fn intervals(&self) -> Vec<(&'a str, Finding)> {
        let mut found = Vec::new();
        for harvest in &self.harvests {
            // Only what was sprayed before the last day of harvest, the latest first.
            let before = self.sprays.partition_point(|spray| spray.day <= harvest.until);
            let mut worst: Option<(Date, &Spray<'_>, u16)> = None;
            let mut broken = vec![harvest.record];
            let mut unknown = vec![harvest.record];
            for spray in self.sprays[..before].iter().rev().take(SPRAYS_LOOKED_AT) {
                // Picked in the morning, sprayed in the afternoon.
                if spray.day == harvest.until && spray.time_ms > harvest.time_ms {
                    continue;
                }
                match spray.phi_days {
                    Some(days) => {
                        let free = after(spray.day, i64::from(days));
                        if harvest.from < free {
                            if broken.len() < RECORDS_SHOWN {
                                broken.push(spray.record);
                            }
                            if worst.is_none_or(|(worst, ..)| worst < free) {
                                worst = Some((free, spray, days));
                            }
                        }
                    }
                    None if days_between(spray.day, harvest.from) < UNKNOWN_PHI_DAYS
                        && unknown.len() < RECORDS_SHOWN =>
                    {
                        unknown.push(spray.record);
                    }
                    None => {}
                }
            }
            if let Some((free, spray, days)) = worst {
                let (vi, en) = (spray.product.unwrap_or("thuốc"), spray.product.unwrap_or("a product"));
                found.push((
                    harvest.lot,
                    Finding::new(
                        Code::InsidePhi,
                        broken,
                        format!(
                            "Thu hoạch ngày {} khi chưa hết thời gian cách ly: phun {vi} ngày {}, cách ly {days} ngày, sớm nhất ngày {} mới được thu.",
                            date_vi(harvest.from),
                            date_vi(spray.day),
                            date_vi(free)
                        ),
                        format!(
                            "Harvested on {} inside the pre-harvest interval: {en} was sprayed on {}, its interval is {days} days, and the first day of harvest is {}.",
                            date_en(harvest.from),
                            date_en(spray.day),
                            date_en(free)
                        ),
                    ),
                ));
            }
            if unknown.len() > 1 {
                found.push((
                    harvest.lot,
                    Finding::new(
                        Code::PhiUnverified,
                        unknown,
                        "Trước khi thu hoạch có phun thuốc mà không ghi thời gian cách ly, nên chưa kiểm được.".to_owned(),
                        "Before the harvest something was sprayed without stating its pre-harvest interval, so it cannot be checked.".to_owned(),
                    ),
                ));
            }
        }
        found
    }

    /// Whoever declares a spraying wrong is believed, and everybody sees what it would have meant.
    fn withdrawals(&self) -> Vec<(&'a str, Finding)> {
        let mut found = Vec::new();
        for harvest in &self.harvests {
            let inside = self.taken_back.iter().find(|spray| {
                let before = spray.day < harvest.until
                    || (spray.day == harvest.until && spray.time_ms <= harvest.time_ms);
                let free = spray.phi_days.map(|days| after(spray.day, i64::from(days)));
                before && free.is_some_and(|free| harvest.from < free)
            });
            let Some(spray) = inside else { continue };
            found.push((
                harvest.lot,
                Finding::new(
                    Code::SprayTakenBack,
                    vec![spray.record, harvest.record],
                    format!(
                        "Lần phun ngày {} đã được đính chính là ghi sai; nếu đúng, lô này thu hoạch khi chưa hết thời gian cách ly.",
                        date_vi(spray.day)
                    ),
                    format!(
                        "The spraying of {} was declared wrong; had it been right, the harvest would be inside its pre-harvest interval.",
                        date_en(spray.day)
                    ),
                ),
            ));
        }
        found
    }

    /// Whoever has a spraying erased does not get rid of it.
    fn erasures(&self) -> Vec<(&'a str, Finding)> {
        let near =
            |harvest: &Harvest<'_>, day: Date| days_between(day, harvest.from).abs() < UNKNOWN_PHI_DAYS;
        let lots = self.harvests.iter().filter_map(|harvest| {
            let records: Vec<u64> = self
                .erased
                .iter()
                .filter(|(_, day)| near(harvest, *day))
                .map(|(record, _)| *record)
                .collect();
            (!records.is_empty()).then(|| {
                let (vi, en) = (
                    "Một bản ghi trong nhật ký của thửa, quanh ngày thu hoạch, đã bị xóa nội dung."
                        .to_owned(),
                    "A record of the plot's diary, from around the day of harvest, had its facts erased."
                        .to_owned(),
                );
                (harvest.lot, Finding::new(Code::FactsErased, records, vi, en))
            })
        });
        lots.collect()
    }

    /// What grew there on a day, and since when, if it was planted.
    fn crop_on(&self, day: Date, ground: Ground<'_>) -> (Option<&'static Crop>, Option<Date>) {
        let planted = self.plantings[..self.plantings.partition_point(|planting| planting.day <= day)].last();
        let key = planted.and_then(|planting| planting.crop).or(ground.crop_code);
        let crop = key.and_then(|key| crops::lookup(key, ground.growing_method));
        (crop, planted.map(|planting| planting.day))
    }

    /// Rule 2.
    fn yields(&self, ground: Ground<'_>) -> Vec<(&'a str, Finding)> {
        let mut found = Vec::new();
        let mut unchecked: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (place, harvest) in self.harvests.iter().enumerate() {
            let (crop, planted) = self.crop_on(harvest.from, ground);
            let (Some(crop), Some(_)) = (crop, harvest.grams) else {
                unchecked.entry(harvest.lot).or_default().push(harvest.record);
                continue;
            };
            let year = after(harvest.from, -364);
            let cap = crop.cap_grams(ground.area_m2);
            let since = match crop.per {
                Per::Year => year,
                Per::Cycle => after(harvest.from, -i64::from(crop.days)).max(planted.unwrap_or(Date::MIN)),
            };
            let excess = self.beyond(place, since, cap).or_else(|| {
                let yearly = cap.saturating_mul(u64::from(crop.cycles));
                if crop.per == Per::Cycle { self.beyond(place, year, yearly) } else { None }
            });
            found.extend(excess.map(|excess| (harvest.lot, excess.finding(crop, ground, harvest))));
        }
        for (lot, records) in unchecked {
            found.push((
                lot,
                Finding::new(
                    Code::YieldUnverified,
                    records,
                    "Chưa so được sản lượng với diện tích: thửa không ghi cây trồng trong danh mục, hoặc lô không ghi khối lượng.".to_owned(),
                    "The yield could not be compared with the area: the plot names no crop of the list, or the lot was not weighed.".to_owned(),
                ),
            ));
        }
        found
    }

    /// The harvests since a day up to this one, if together they are more than the cap.
    fn beyond(&self, place: usize, since: Date, cap: u64) -> Option<Excess> {
        let first = self.harvests[..=place].partition_point(|harvest| harvest.from < since);
        let sum = self.before[place + 1] - self.before[first];
        // The newest ones: a long season's list would be longer than anybody reads.
        let shown = first.max((place + 1).saturating_sub(RECORDS_SHOWN));
        (sum > cap).then(|| Excess {
            sum,
            cap,
            since: self.harvests[first].from,
            records: self.harvests[shown..=place].iter().map(|harvest| harvest.record).collect(),
        })
    }

    /// Rule 3.
    fn seasons(&self, ground: Ground<'_>) -> Vec<(&'a str, Finding)> {
        let mut found = Vec::new();
        for harvest in &self.harvests {
            let Some(crop) = self.crop_on(harvest.from, ground).0 else { continue };
            if crop.is_harvested_in(harvest.from.month()) {
                continue;
            }
            found.push((
                harvest.lot,
                Finding::new(
                    Code::OutOfSeason,
                    vec![harvest.record],
                    format!("Thu hoạch ngày {} là trái vụ của {} ở đây.", date_vi(harvest.from), crop.vi),
                    format!("{} is outside the season of {} here.", date_en(harvest.from), crop.en),
                ),
            ));
        }
        found
    }
}

/// More harvested than can have grown.
struct Excess {
    sum: u64,
    cap: u64,
    since: Date,
    records: Vec<u64>,
}

impl Excess {
    fn finding(self, crop: &Crop, ground: Ground<'_>, harvest: &Harvest<'_>) -> Finding {
        let (sum, cap) = (Quantity::grams(self.sum), Quantity::grams(self.cap));
        let area = Quantity::pieces(ground.area_m2);
        let (area_vi, area_en) = (quantity_vi(area), quantity_en(area));
        let number = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        Finding::new(
            Code::YieldImplausible,
            self.records,
            format!(
                "Từ ngày {} đến ngày {} thửa này ghi thu {}; {} m² {} cho nhiều nhất khoảng {}.",
                date_vi(self.since),
                date_vi(harvest.from),
                quantity_vi(sum),
                number(&area_vi),
                crop.vi,
                quantity_vi(cap)
            ),
            format!(
                "From {} to {} this plot recorded {}; {} m² of {} give about {} at most.",
                date_en(self.since),
                date_en(harvest.from),
                quantity_en(sum),
                number(&area_en),
                crop.en,
                quantity_en(cap)
            ),
        )
    }
}

fn after(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

fn days_between(from: Date, until: Date) -> i32 {
    from.until(until).map_or(i32::MAX, |span| span.get_days())
}
