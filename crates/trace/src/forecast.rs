//! Dự báo thu hoạch: what declared plantings let one expect, by week.
//!
//! Simple on purpose, so that a farmer can work it out again:
//!
//! - a **perennial** (`per = "year"`) gives the middle of what is typical for its area, spread evenly over the days of its harvest months;
//! - an **annual** (`per = "cycle"`) gives the middle of what is typical for each planting, spread evenly over the second half of its cycle,
//!   as far as those days are in its harvest months. Without a recorded planting nothing is expected of it.
//!
//! Both from [`crate::crops`]. It knows no weather, price or pest. How wrong it was before is shown beside it ([`Error`]): who
//! reads a forecast must know what it is worth.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::crops::{Crop, Per};

/// A plot as far as a forecast needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What grows there.
    pub crop: &'static Crop,
    /// Its area.
    pub area_m2: u64,
    /// When it was planted, as its own organisation recorded; perennials need none.
    pub planted: Option<Date>,
}

/// What is expected in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub monday: Date,
    /// How much.
    pub grams: u64,
}

/// How wrong the same sums were for what was harvested already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Error {
    /// What was expected of that time.
    pub expected_grams: u64,
    /// What was harvested.
    pub harvested_grams: u64,
    /// The sum of all months' differences, each without its sign.
    pub off_grams: u64,
}

impl Error {
    /// Takes in a month.
    pub fn month(&mut self, expected_grams: u64, harvested_grams: u64) {
        self.expected_grams = self.expected_grams.saturating_add(expected_grams);
        self.harvested_grams = self.harvested_grams.saturating_add(harvested_grams);
        self.off_grams = self.off_grams.saturating_add(expected_grams.abs_diff(harvested_grams));
    }

    /// Differences in thousandths of what was harvested (WAPE); none where nothing was.
    #[must_use]
    pub fn permille(&self) -> Option<u64> {
        let off = u128::from(self.off_grams) * 1_000;
        off.checked_div(u128::from(self.harvested_grams)).and_then(|permille| u64::try_from(permille).ok())
    }
}

/// The Monday of a day's week.
#[must_use]
pub fn monday(day: Date) -> Date {
    let since = i64::from(day.weekday().since(Weekday::Monday));
    day.checked_sub(since.days()).unwrap_or(day)
}

/// The days on which a plot gives, within `from..=until`, with what each gives in milligrams (a small plot gives less than a gram a day).
pub fn days(plot: &Standing, from: Date, until: Date) -> impl Iterator<Item = (Date, u64)> {
    let [low, high] = plot.crop.typical_kg_ha;
    // One kilogram a hectare is a hundred milligrams a square metre.
    let all_mg = (low + high) / 2 * 100 * plot.area_m2;
    let (window, each_mg) = match (plot.crop.per, plot.planted) {
        (Per::Year, _) => {
            let fruitful = (1..=12).filter(|month| plot.crop.is_harvested_in(*month));
            let days: u64 = fruitful.map(days_of_month).sum();
            (Some((from, until)), all_mg / days.max(1))
        }
        (Per::Cycle, None) => (None, 0),
        (Per::Cycle, Some(planted)) => {
            let whole = i64::from(plot.crop.days);
            let first = planted.checked_add((whole / 2).days()).unwrap_or(Date::MAX);
            let last = planted.checked_add(whole.days()).unwrap_or(Date::MAX);
            let fruitful = each_day(first, last).filter(|day| plot.crop.is_harvested_in(day.month())).count();
            let each = all_mg / u64::try_from(fruitful.max(1)).unwrap_or(1);
            (Some((first.max(from), last.min(until))), each)
        }
    };
    let crop = plot.crop;
    let all = window.into_iter().flat_map(|(first, last)| each_day(first, last));
    all.filter(|day| crop.is_harvested_in(day.month())).map(move |day| (day, each_mg))
}

/// What a plot gives by week.
#[must_use]
pub fn weeks(plot: &Standing, from: Date, until: Date) -> Vec<Week> {
    let mut weeks: Vec<(Date, u64)> = Vec::new();
    for (day, mg) in days(plot, from, until) {
        let monday = monday(day);
        match weeks.last_mut() {
            Some((same, sum)) if *same == monday => *sum += mg,
            _ => weeks.push((monday, mg)),
        }
    }
    weeks.into_iter().map(|(monday, mg)| Week { monday, grams: mg / 1_000 }).collect()
}

/// Days of a month in a year that is not a leap year.
fn days_of_month(month: i8) -> u64 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Every day from one until another; two years at most.
fn each_day(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |day| *day <= last).take(732)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::crops::{all, lookup};

    fn sum(weeks: &[Week]) -> u64 {
        weeks.iter().map(|week| week.grams).sum()
    }

    #[test]
    fn a_hectare_of_arabica_gives_its_year_between_october_and_march() {
        let plot = Standing { crop: lookup("arabica", None).unwrap(), area_m2: 10_000, planted: None };
        let weeks = weeks(&plot, date(2025, 10, 1), date(2026, 9, 30));
        assert!((13_990_000..=14_000_000).contains(&sum(&weeks)), "14 t are typical: {}", sum(&weeks));
        assert!(weeks.iter().all(|week| week.monday.weekday() == Weekday::Monday));
        assert_eq!(weeks.first().unwrap().monday, date(2025, 9, 29));
        assert!(weeks.last().unwrap().monday <= date(2026, 3, 31));
    }

    #[test]
    fn an_annual_gives_after_half_its_cycle_and_nothing_without_a_planting() {
        let crop = lookup("tomato", None).unwrap();
        let planted = Some(date(2026, 1, 5));
        let plot = Standing { crop, area_m2: 1_000, planted };
        let given = weeks(&plot, date(2026, 1, 1), date(2026, 12, 31));
        let half = date(2026, 1, 5).checked_add(i64::from(crop.days / 2).days()).unwrap();
        assert_eq!(given.first().unwrap().monday, monday(half));
        let typical = (crop.typical_kg_ha[0] + crop.typical_kg_ha[1]) / 2 * 100;
        assert!((typical * 99 / 100..=typical).contains(&sum(&given)), "{} of {typical}", sum(&given));
        assert_eq!(weeks(&Standing { planted: None, ..plot }, date(2026, 1, 1), date(2026, 12, 31)), []);
        let later = weeks(&plot, date(2026, 8, 20), date(2026, 12, 31));
        assert_eq!(later, [], "its cycle is over");
    }

    #[test]
    fn an_error_is_told_in_thousandths_of_what_was_harvested() {
        let mut error = Error::default();
        assert_eq!(error.permille(), None);
        error.month(100, 80);
        error.month(0, 20);
        assert_eq!((error.permille(), error.expected_grams, error.harvested_grams), (Some(400), 100, 100));
    }

    proptest! {
        #[test]
        fn no_plot_gives_more_than_what_is_typical(crop in 0usize..40, area_m2 in 1u64..10_000_000, month in 1i8..=12, day in 1i8..=28) {
            let crop = &all()[crop % all().len()];
            let planted = Some(date(2026, month, day));
            let plot = Standing { crop, area_m2, planted };
            let given = weeks(&plot, date(2026, 1, 1), date(2026, 12, 31));
            prop_assert!(sum(&given) <= (crop.typical_kg_ha[0] + crop.typical_kg_ha[1]) / 2 * area_m2 / 10);
        }
    }
}
