//! What a plot can plausibly give: `crops.toml`, a row for each crop and growing method, with its source.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// What one cap is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each crop cycle, from planting to the next planting.
    Cycle,
    /// Any 365 days.
    Year,
}

/// One crop, grown in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// What plot cards and plantings call it.
    pub key: String,
    /// The growing methods that the row is for; none: all without a row of their own.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Its name in Vietnamese, with the harvested form.
    pub vi: String,
    /// Its name in English.
    pub en: String,
    /// What the cap is for.
    pub per: Per,
    /// Cycles in 365 days, at most.
    #[serde(default = "one")]
    pub cycles: u32,
    /// Days from planting to the last harvest, at most.
    #[serde(default = "year")]
    pub days: u16,
    /// Kilograms a hectare on a normal farm.
    pub typical_kg_ha: [u64; 2],
    /// Kilograms a hectare that no honest farm passes.
    pub cap_kg_ha: u64,
    /// Months of harvest; none: all.
    #[serde(default)]
    pub months: Vec<i8>,
    /// Where the numbers come from.
    pub source: String,
}

fn one() -> u32 {
    1
}

fn year() -> u16 {
    365
}

impl Crop {
    /// Grams that so many square metres give in one cycle or year, at most.
    #[must_use]
    pub fn cap_grams(&self, area_m2: u64) -> u64 {
        // One kilogram a hectare is a tenth of a gram a square metre.
        self.cap_kg_ha.saturating_mul(area_m2) / 10
    }

    /// Whether it is harvested in this month, 1 to 12.
    #[must_use]
    pub fn is_harvested_in(&self, month: i8) -> bool {
        self.months.is_empty() || self.months.contains(&month)
    }
}

/// All rows.
pub fn all() -> &'static [Crop] {
    #[derive(Deserialize)]
    struct Table {
        crop: Vec<Crop>,
    }
    static CROPS: OnceLock<Vec<Crop>> = OnceLock::new();
    CROPS.get_or_init(|| {
        let table: Table = toml::from_str(include_str!("../crops.toml")).expect("a test reads crops.toml");
        table.crop
    })
}

/// The row of a crop grown in this way.
#[must_use]
pub fn lookup(key: &str, method: Option<&str>) -> Option<&'static Crop> {
    let rows = || all().iter().filter(|crop| crop.key == key);
    let own = rows().find(|crop| method.is_some_and(|method| crop.methods.iter().any(|one| one == method)));
    own.or_else(|| rows().find(|crop| crop.methods.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_source_and_a_cap_above_what_is_normal() {
        for crop in all() {
            let [low, high] = crop.typical_kg_ha;
            assert!(low < high && high * 5 / 4 <= crop.cap_kg_ha, "{}", crop.key);
            assert!(!crop.source.is_empty() && !crop.vi.is_empty() && !crop.en.is_empty(), "{}", crop.key);
            assert!(crop.months.iter().all(|month| (1..=12).contains(month)), "{}", crop.key);
            assert!(lookup(&crop.key, None).is_some(), "{}: a row for every method", crop.key);
        }
    }

    #[test]
    fn strawberries_in_july_grow_under_cover_only() {
        assert!(!lookup("strawberry", Some("FIELD_GROWN")).unwrap().is_harvested_in(7));
        assert!(!lookup("strawberry", None).unwrap().is_harvested_in(7));
        assert!(lookup("strawberry", Some("GREENHOUSE")).unwrap().is_harvested_in(7));
        assert_eq!(lookup("banana", None), None);
        assert_eq!(lookup("potato", None).unwrap().cap_grams(10_000), 40_000_000);
    }
}
