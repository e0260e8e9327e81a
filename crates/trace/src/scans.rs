//! What scanning one label shows: a code that many phones meet, in places where one pack cannot be.
//!
//! ```text
//! (day, province, phones) …  ─▶  signs:  far_apart       two far provinces within the hour
//!                                        many_provinces   four provinces or more
//!                                        many_phones      twenty phones or more
//!                                        after_sale       three phones or more, a week after it was sold
//! ```
//!
//! A sign is no proof: a pack may be shown around, a photograph of it passed on, a province named that is not true. It says
//! that one code was met more often than one pack is, so that the next buyer looks twice. A phone counts once a day; who
//! scans again tomorrow is another one, because nobody is remembered. Thresholds are held to a simulation in the tests:
//! a copied code shows within twenty scans of the copies, and of honest ones fewer than one in a thousand do.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A province (tỉnh, thành phố).
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Province {
    /// Its code: two digits.
    pub code: String,
    /// Its name in Vietnamese.
    pub vi: String,
    /// Its name in English.
    pub en: String,
    /// Its name in Chinese.
    pub zh: String,
    /// Latitude and longitude of its administration, in hundredths of a degree.
    pub seat: [i32; 2],
}

/// All provinces, in order of their codes.
pub fn provinces() -> &'static [Province] {
    #[derive(Deserialize)]
    struct Table {
        province: Vec<Province>,
    }
    static PROVINCES: OnceLock<Vec<Province>> = OnceLock::new();
    PROVINCES.get_or_init(|| {
        let table: Table =
            toml::from_str(include_str!("../provinces.toml")).expect("a test reads provinces.toml");
        table.province
    })
}

/// The province of a code.
#[must_use]
pub fn province(code: &str) -> Option<&'static Province> {
    provinces().iter().find(|province| province.code == code)
}

impl Province {
    /// Kilometres between the seats of two provinces, to one or two in a hundred: the Earth is taken for flat between them.
    #[must_use]
    pub fn kilometres_to(&self, other: &Self) -> u32 {
        let [north, east] = [self.seat[0] - other.seat[0], self.seat[1] - other.seat[1]];
        // A degree is 111 km; eastwards in Vietnam (8° to 23° N) about 107 km.
        let (north, east) = (i64::from(north) * 111, i64::from(east) * 107);
        u32::try_from((north * north + east * east).isqrt() / 100).unwrap_or(u32::MAX)
    }
}

/// Kilometres that no pack goes within an hour. Between two seats: provinces that touch may be met on both sides of their border.
pub const FAR_KM: u32 = 300;
/// Phones that one pack hardly meets.
pub const MANY_PHONES: u64 = 20;
/// Provinces that one pack hardly comes to.
pub const MANY_PROVINCES: usize = 4;
/// Days after a sale in which buyers may still scan what they bought.
pub const AFTER_SALE_DAYS: i32 = 7;
/// Phones after these days that are hardly all the buyer's.
pub const AFTER_SALE_PHONES: u64 = 3;

/// Phones that scanned a label on a day, in a province if they named one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanDay {
    /// The day in Vietnam.
    pub day: Date,
    /// The province.
    pub province: Option<&'static str>,
    /// How many phones.
    pub phones: u64,
}

/// What speaks against a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "sign", rename_all = "snake_case")]
pub enum Sign {
    /// Phones in two far provinces met it within an hour.
    FarApart {
        /// On which day.
        day: Date,
        /// The codes of the two provinces.
        provinces: [String; 2],
    },
    /// Phones in many provinces met it.
    ManyProvinces {
        /// How many.
        provinces: usize,
    },
    /// Many phones met it.
    ManyPhones {
        /// How many.
        phones: u64,
    },
    /// Its pack is recorded as sold, and phones went on meeting it.
    AfterSale {
        /// The day of the sale.
        sold_on: Date,
        /// How many phones did.
        phones: u64,
    },
}

impl Sign {
    /// A stable word for machines.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::FarApart { .. } => "far_apart",
            Self::ManyProvinces { .. } => "many_provinces",
            Self::ManyPhones { .. } => "many_phones",
            Self::AfterSale { .. } => "after_sale",
        }
    }
}

/// All phones of a label's days.
#[must_use]
pub fn phones(days: &[ScanDay]) -> u64 {
    days.iter().fold(0, |sum, day| sum.saturating_add(day.phones))
}

/// The scans that came after a label was looked into on a day, when so many phones of that day had been counted in each province
/// (none: the phones that named none).
#[must_use]
pub fn since(days: &[ScanDay], looked_on: Date, counted: &[(Option<String>, u64)]) -> Vec<ScanDay> {
    let later = days.iter().filter_map(|one| {
        let before = match one.day.cmp(&looked_on) {
            std::cmp::Ordering::Less => return None,
            std::cmp::Ordering::Equal => {
                let known = counted.iter().find(|(province, _)| province.as_deref() == one.province);
                known.map_or(0, |(_, phones)| *phones)
            }
            std::cmp::Ordering::Greater => 0,
        };
        let phones = one.phones.saturating_sub(before);
        (phones > 0).then_some(ScanDay { phones, ..*one })
    });
    later.collect()
}

/// What a label's days show; `sold_on` is the day on which its pack is recorded as sold.
#[must_use]
pub fn signs(days: &[ScanDay], sold_on: Option<Date>) -> Vec<Sign> {
    let mut found = Vec::new();
    let provinces = days.iter().filter_map(|day| day.province).collect::<BTreeSet<_>>().len();
    if provinces >= MANY_PROVINCES {
        found.push(Sign::ManyProvinces { provinces });
    }
    let all = phones(days);
    if all >= MANY_PHONES {
        found.push(Sign::ManyPhones { phones: all });
    }
    if let Some(sold_on) = sold_on {
        let late = |day: &&ScanDay| (day.day - sold_on).get_days() > AFTER_SALE_DAYS;
        let late: Vec<ScanDay> = days.iter().filter(late).copied().collect();
        if phones(&late) >= AFTER_SALE_PHONES {
            found.push(Sign::AfterSale { sold_on, phones: phones(&late) });
        }
    }
    found
}

/// Two of these provinces, named within an hour, between which no pack goes in that time.
#[must_use]
pub fn far_apart<'a>(codes: &[&'a str]) -> Option<[&'a str; 2]> {
    let known: Vec<(&str, &Province)> =
        codes.iter().filter_map(|code| Some((*code, province(code)?))).collect();
    known.iter().enumerate().find_map(|(place, (code, here))| {
        let far = known[place + 1..].iter().find(|(_, there)| here.kilometres_to(there) >= FAR_KM)?;
        Some([*code, far.0])
    })
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    fn days(counts: &[(i64, &'static str, u64)]) -> Vec<ScanDay> {
        let day = |&(day, province, phones): &(i64, &'static str, u64)| ScanDay {
            day: date(2026, 4, 1).saturating_add(day.days()),
            province: Some(province).filter(|code| !code.is_empty()),
            phones,
        };
        counts.iter().map(day).collect()
    }

    #[test]
    fn the_provinces_are_thirty_four() {
        let codes: Vec<&str> = provinces().iter().map(|province| province.code.as_str()).collect();
        assert_eq!(codes.len(), 34);
        assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 2));
        for province in provinces() {
            let [north, east] = province.seat;
            assert!((850..2340).contains(&north) && (10210..10950).contains(&east), "{}", province.vi);
        }
        let between = |a, b| province(a).unwrap().kilometres_to(province(b).unwrap());
        // As the crow flies: Hà Nội to Hồ Chí Minh City about 1,140 km, Đà Lạt to Nha Trang about 90 km.
        assert!((1_110..1_170).contains(&between("01", "79")), "{}", between("01", "79"));
        assert!((80..100).contains(&between("68", "56")), "{}", between("68", "56"));
        assert_eq!(between("68", "68"), 0);
    }

    #[test]
    fn only_far_provinces_are_far() {
        assert_eq!(far_apart(&["01", "31", "79"]), Some(["01", "79"]));
        assert_eq!(far_apart(&["68", "75", "56"]), None, "neighbours");
        assert_eq!(far_apart(&["68", "00", ""]), None, "no such provinces");
        assert_eq!(far_apart(&["01"]), None);
    }

    #[test]
    fn a_pack_that_is_bought_and_shown_around_has_nothing_against_it() {
        assert_eq!(signs(&[], None), []);
        assert_eq!(signs(&days(&[(0, "68", 3), (1, "79", 8), (2, "", 8)]), None), []);
        // The buyer, on the evening and a week after it.
        assert_eq!(signs(&days(&[(0, "", 2), (7, "", 5), (8, "", 2)]), Some(date(2026, 4, 1))), []);
    }

    #[test]
    fn what_was_looked_into_is_not_held_against_a_label_again() {
        let all = days(&[(0, "68", 12), (1, "68", 6), (1, "", 4), (1, "79", 1), (2, "68", 3)]);
        let looked_on = all[1].day;
        let counted = [(Some("68".to_owned()), 4), (None, 4)];
        let left = since(&all, looked_on, &counted);
        assert_eq!(left, days(&[(1, "68", 2), (1, "79", 1), (2, "68", 3)]));
        assert_eq!(signs(&left, None), []);
        assert_eq!(since(&all, all[4].day.saturating_add(1.days()), &[]), []);
    }

    #[test]
    fn what_one_pack_hardly_does_is_a_sign() {
        assert_eq!(signs(&days(&[(0, "68", 12), (1, "68", 8)]), None), [Sign::ManyPhones { phones: 20 }]);
        let spread = days(&[(0, "68", 1), (1, "79", 1), (2, "01", 1), (3, "48", 1), (4, "48", 1)]);
        assert_eq!(signs(&spread, None), [Sign::ManyProvinces { provinces: 4 }]);
        let sold_on = date(2026, 4, 1);
        let after = days(&[(0, "", 2), (8, "", 1), (30, "", 2)]);
        assert_eq!(signs(&after, Some(sold_on)), [Sign::AfterSale { sold_on, phones: 3 }]);
        assert_eq!(signs(&after, None), []);
    }

    /// A generator of its own, so that the crate needs none: SplitMix64 (Steele, Lea, Flood 2014).
    struct Chance(u64);

    impl Chance {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }

        fn below(&mut self, bound: u64) -> u64 {
            self.next() % bound
        }
    }

    /// A phone that scans: the day, and the province that one in ten names.
    fn scan(chance: &mut Chance, day: u64, home: usize) -> ScanDay {
        let named = chance.below(10) == 0;
        let province = named.then(|| provinces()[home].code.as_str());
        let day = date(2026, 4, 1).saturating_add(i64::try_from(day).unwrap().days());
        ScanDay { day, province, phones: 1 }
    }

    #[test]
    fn copies_show_among_a_million_scans_and_honest_packs_do_not() {
        let mut chance = Chance(2026);
        let (mut scans, mut honest, mut false_alarms) = (0_u64, 0_u64, 0_u64);
        while scans < 1_000_000 {
            // Every second phone that meets a pack is followed by another one; one pack in fifty is resold or shown around, in
            // another province too; one in a hundred is kept and scanned for weeks.
            let mut all = Vec::new();
            let home = usize::try_from(chance.below(34)).unwrap();
            let away = usize::try_from(chance.below(34)).unwrap();
            let mut day = 0;
            let shown_around = chance.below(50) == 0;
            loop {
                let place = if shown_around && chance.below(2) == 0 { away } else { home };
                all.push(scan(&mut chance, day, place));
                day += chance.below(3);
                if chance.below(if shown_around { 5 } else { 2 }) == 0 {
                    break;
                }
            }
            if chance.below(100) == 0 {
                for _ in 0..chance.below(6) {
                    day += 1 + chance.below(7);
                    all.push(scan(&mut chance, day, home));
                }
            }
            scans += u64::try_from(all.len()).unwrap();
            honest += 1;
            false_alarms += u64::from(!signs(&all, None).is_empty());
        }
        assert!(false_alarms * 1_000 <= honest, "{false_alarms} of {honest} honest packs");

        // Copies of one code lie in shops all over the country: after twenty scans of them at most it shows.
        for _ in 0..500 {
            let mut all = vec![scan(&mut chance, 0, 25)];
            let mut copies = 0;
            while signs(&all, None).is_empty() {
                let (day, place) = (chance.below(30), usize::try_from(chance.below(34)).unwrap());
                all.push(scan(&mut chance, day, place));
                copies += 1;
            }
            assert!(copies <= 20, "{copies} scans of copies");
        }
    }
}
