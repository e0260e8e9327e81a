//! Amounts and prices as integers, with the units that Vietnamese markets trade in.
//!
//! ```text
//! {"value": 500, "unit": "g"}        500 g          65000      65.000 đ, đồng has no smaller unit
//! {"value": 1, "unit": "carton"}     1 thùng
//! ```
//!
//! A measure says what the seller says: nothing here turns a box into kilograms, and `dozen` is a *chục*, ten here
//! and twelve or more in some markets of the Mekong delta, so that it is never computed with.

use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Gam.
    #[serde(rename = "g")]
    Gram,
    /// Kilôgam.
    #[serde(rename = "kg")]
    Kilogram,
    /// Yến: 10 kg.
    Yen,
    /// Tạ: 100 kg.
    Ta,
    /// Tấn: 1,000 kg.
    Tonne,
    /// Mililít.
    #[serde(rename = "ml")]
    Millilitre,
    /// Lít.
    #[serde(rename = "l")]
    Litre,
    /// Trái, quả, cái: one of it.
    Piece,
    /// Chục.
    Dozen,
    /// Bó.
    Bunch,
    /// Cành: a cut flower, an artichoke on its stem.
    Stem,
    /// Hộp.
    Box,
    /// Thùng.
    Carton,
    /// Túi.
    Bag,
    /// Bao.
    Sack,
    /// Khay.
    Tray,
    /// Chai.
    Bottle,
    /// Hũ.
    Jar,
}

impl Unit {
    /// Every unit, in the order of the enumeration.
    pub const ALL: [Unit; 18] = [
        Unit::Gram,
        Unit::Kilogram,
        Unit::Yen,
        Unit::Ta,
        Unit::Tonne,
        Unit::Millilitre,
        Unit::Litre,
        Unit::Piece,
        Unit::Dozen,
        Unit::Bunch,
        Unit::Stem,
        Unit::Box,
        Unit::Carton,
        Unit::Bag,
        Unit::Sack,
        Unit::Tray,
        Unit::Bottle,
        Unit::Jar,
    ];

    /// As it is written after a number in Vietnamese.
    pub fn name_vi(self) -> &'static str {
        self.names().0
    }

    /// As it is written after a number in English, in the singular.
    pub fn name_en(self) -> &'static str {
        self.names().1
    }

    /// Grams in one of it, where it is a mass.
    pub fn grams(self) -> Option<u64> {
        match self {
            Unit::Gram => Some(1),
            Unit::Kilogram => Some(1_000),
            Unit::Yen => Some(10_000),
            Unit::Ta => Some(100_000),
            Unit::Tonne => Some(1_000_000),
            _ => None,
        }
    }

    /// Millilitres in one of it, where it is a volume.
    pub fn millilitres(self) -> Option<u64> {
        match self {
            Unit::Millilitre => Some(1),
            Unit::Litre => Some(1_000),
            _ => None,
        }
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Unit::Gram => ("g", "g"),
            Unit::Kilogram => ("kg", "kg"),
            Unit::Yen => ("yến", "yến (10 kg)"),
            Unit::Ta => ("tạ", "tạ (100 kg)"),
            Unit::Tonne => ("tấn", "tonne"),
            Unit::Millilitre => ("ml", "ml"),
            Unit::Litre => ("lít", "litre"),
            Unit::Piece => ("trái", "piece"),
            Unit::Dozen => ("chục", "chục (ten)"),
            Unit::Bunch => ("bó", "bunch"),
            Unit::Stem => ("cành", "stem"),
            Unit::Box => ("hộp", "box"),
            Unit::Carton => ("thùng", "carton"),
            Unit::Bag => ("túi", "bag"),
            Unit::Sack => ("bao", "sack"),
            Unit::Tray => ("khay", "tray"),
            Unit::Bottle => ("chai", "bottle"),
            Unit::Jar => ("hũ", "jar"),
        }
    }
}

/// What lots are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseUnit {
    /// Grams.
    Gram,
    /// Millilitres.
    Millilitre,
    /// Trade items.
    Piece,
}

/// So many of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measure {
    /// How many.
    pub value: u64,
    /// Of what.
    pub unit: Unit,
}

impl Measure {
    /// Whole kilograms as such, all else in grams.
    pub fn from_grams(grams: u64) -> Measure {
        Measure::in_thousands(grams, Unit::Gram, Unit::Kilogram)
    }

    /// Whole litres as such, all else in millilitres.
    pub fn from_millilitres(millilitres: u64) -> Measure {
        Measure::in_thousands(millilitres, Unit::Millilitre, Unit::Litre)
    }

    /// So many pieces.
    pub fn pieces(value: u64) -> Measure {
        Measure { value, unit: Unit::Piece }
    }

    /// In base units; none where no number says how much it is (how heavy is a box?) or it is beyond 2^63 - 1.
    #[must_use]
    pub fn in_base_units(self) -> Option<(u64, BaseUnit)> {
        let (times, base) = match (self.unit.grams(), self.unit.millilitres(), self.unit) {
            (Some(grams), _, _) => (grams, BaseUnit::Gram),
            (_, Some(millilitres), _) => (millilitres, BaseUnit::Millilitre),
            (_, _, Unit::Piece) => (1, BaseUnit::Piece),
            _ => return None,
        };
        let amount = self.value.checked_mul(times).filter(|amount| *amount <= i64::MAX.unsigned_abs())?;
        Some((amount, base))
    }

    fn in_thousands(value: u64, small: Unit, large: Unit) -> Measure {
        if value > 0 && value.is_multiple_of(1000) {
            Measure { value: value / 1000, unit: large }
        } else {
            Measure { value, unit: small }
        }
    }
}

/// A price in đồng, from 1 to [`PriceVnd::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000_000_000_u64))]
#[serde(into = "u64", try_from = "u64")]
pub struct PriceVnd(u64);

/// A price that no one can mean.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a price is from 1 to 1,000,000,000,000 đồng, not {0}")]
pub struct PriceError(pub u64);

impl PriceVnd {
    /// A thousand thousand million đồng: far above any lot, and exact in every JSON reader (RFC 8259, 6: below 2^53).
    pub const MAX: u64 = 1_000_000_000_000;

    /// The price in đồng.
    pub fn dong(self) -> u64 {
        self.0
    }
}

/// What `amount` base units cost at `price` for `per` of them, to the nearest đồng, a half up.
pub fn total_price(price: PriceVnd, per: u64, amount: u64) -> Result<PriceVnd, PriceError> {
    let per = u128::from(per.max(1));
    let exact = u128::from(price.dong()) * u128::from(amount);
    let dong = u64::try_from((exact * 2 + per) / (2 * per)).unwrap_or(u64::MAX);
    PriceVnd::try_from(dong)
}

impl TryFrom<u64> for PriceVnd {
    type Error = PriceError;

    fn try_from(dong: u64) -> Result<PriceVnd, PriceError> {
        if (1..=PriceVnd::MAX).contains(&dong) { Ok(PriceVnd(dong)) } else { Err(PriceError(dong)) }
    }
}

impl From<PriceVnd> for u64 {
    fn from(price: PriceVnd) -> u64 {
        price.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_of_nothing_or_of_everything_is_refused() {
        for dong in [0, 1_000_000_000_001, 1_000_000_000_000_000_000, u64::MAX] {
            assert_eq!(PriceVnd::try_from(dong), Err(PriceError(dong)));
            assert!(serde_json::from_str::<PriceVnd>(&dong.to_string()).is_err());
        }
        for dong in [1, 65_000, PriceVnd::MAX] {
            let price = PriceVnd::try_from(dong).unwrap();
            assert_eq!(serde_json::to_string(&price).unwrap(), dong.to_string());
        }
        for text in ["-1", "65000.5", "\"65000\"", "6.5e4", "null"] {
            assert!(serde_json::from_str::<PriceVnd>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_total_is_exact_to_the_dong_and_never_nothing_or_more_than_anybody_means() {
        let price = |dong| PriceVnd::try_from(dong).unwrap();
        for (each, per, amount, expected) in [
            (25_000, 1, 3, Ok(75_000)),
            (65_000, 1_000, 1_500, Ok(97_500)),
            (10_001, 1_000, 500, Ok(5_001)),
            (1, 1_000, 499, Err(PriceError(0))),
            (PriceVnd::MAX, 1, 2, Err(PriceError(2 * PriceVnd::MAX))),
            (PriceVnd::MAX, 1, i64::MAX.unsigned_abs(), Err(PriceError(u64::MAX))),
        ] {
            assert_eq!(
                total_price(price(each), per, amount).map(PriceVnd::dong),
                expected,
                "{each} {per} {amount}"
            );
        }
    }

    #[test]
    fn a_quintal_is_so_many_grams_and_a_box_is_no_number_of_anything() {
        let measure = |value, unit| Measure { value, unit }.in_base_units();
        assert_eq!(measure(2, Unit::Ta), Some((200_000, BaseUnit::Gram)));
        assert_eq!(measure(3, Unit::Litre), Some((3_000, BaseUnit::Millilitre)));
        assert_eq!(measure(7, Unit::Piece), Some((7, BaseUnit::Piece)));
        assert_eq!(measure(u64::MAX, Unit::Tonne), None);
        assert_eq!(measure(u64::MAX, Unit::Piece), None, "beyond what a database counts");
        for unit in [Unit::Box, Unit::Dozen, Unit::Sack] {
            assert_eq!(measure(1, unit), None);
        }
    }

    #[test]
    fn each_unit_has_its_own_code_and_names() {
        let mut codes: Vec<String> = Unit::ALL.iter().map(|u| serde_json::to_string(u).unwrap()).collect();
        for (unit, code) in Unit::ALL.iter().zip(&codes) {
            assert_eq!(serde_json::from_str::<Unit>(code).unwrap(), *unit);
            assert!(!unit.name_vi().is_empty() && !unit.name_en().is_empty());
        }
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), Unit::ALL.len());
        assert!(serde_json::from_str::<Unit>("\"KG\"").is_err());
    }

    #[test]
    fn grams_are_told_in_kilograms_when_they_are_whole() {
        let kilograms = |value| Measure { value, unit: Unit::Kilogram };
        let grams = |value| Measure { value, unit: Unit::Gram };
        for (told, expected) in
            [(1000, kilograms(1)), (12_000, kilograms(12)), (1500, grams(1500)), (0, grams(0))]
        {
            assert_eq!(Measure::from_grams(told), expected);
        }
        assert_eq!(Measure::from_millilitres(2000), Measure { value: 2, unit: Unit::Litre });
        assert_eq!(Measure::pieces(3), Measure { value: 3, unit: Unit::Piece });
    }
}
