//! Amounts as integers: grams, millilitres, pieces.
//!
//! A mass balance that is one gram off because 0.1 has no binary form accuses an honest co-operative. So a decimal is
//! read from its text into integer base units, exactly, or refused:
//!
//! ```text
//! 12.5 KGM -> 12 500 g      2 TNE -> 2 000 000 g      1.5 LTR -> 1 500 ml      80 (no unit) -> 80 pieces
//! 0.0001 KGM -> refused: finer than a gram
//! ```
//!
//! Unit codes are those of UN/CEFACT Recommendation 20 that EPCIS 2.0 uses in `uom` (section 7.3.3.3); without `uom` a
//! quantity counts trade items. Units never convert into each other here: a kilogram of berries has no fixed number
//! of boxes.

use serde::{Deserialize, Serialize};

/// The base unit of a [`Quantity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Mass, in grams.
    Gram,
    /// Volume, in millilitres.
    Millilitre,
    /// Trade items: boxes, bags, fruits.
    Piece,
}

/// An amount in integer base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// How many base units.
    pub amount: u64,
    /// Which base unit.
    pub unit: Unit,
}

/// How much goes in for one that comes out, by mass or volume, in thousandths: 4,500 is 4.5 : 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ratio {
    /// Thousandths, at least one.
    pub thousandths: u32,
}

impl Ratio {
    /// Reads a JSON number's text: at most three decimals, more than zero, less than a million.
    ///
    /// ```
    /// use nguon_trace::quantity::Ratio;
    /// assert_eq!(Ratio::parse("4.5"), Some(Ratio { thousandths: 4_500 }));
    /// ```
    #[must_use]
    pub fn parse(decimal: &str) -> Option<Self> {
        let thousandths = scaled(decimal, 3).ok()?;
        let thousandths = u32::try_from(thousandths).ok().filter(|it| (1..1_000_000_000).contains(it))?;
        Some(Self { thousandths })
    }

    /// The decimal text that [`parse`](Self::parse) reads back.
    #[must_use]
    pub fn to_decimal(self) -> String {
        thousandths(u64::from(self.thousandths))
    }
}

/// Why a decimal and its unit code are not a [`Quantity`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// The text is not a JSON number.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// A quantity below zero.
    #[error("a quantity cannot be negative: {0}")]
    Negative(String),
    /// The unit code is none that we count in.
    #[error("unit `{0}` is not one of KGM, GRM, TNE, LTR, MLT")]
    UnknownUnit(String),
    /// Finer than the base unit.
    #[error("{0} is finer than the smallest unit we count (gram, millilitre, piece)")]
    TooFine(String),
    /// More base units than 2^63 - 1.
    #[error("{0} is more than can be counted")]
    TooMuch(String),
}

/// 2^63 - 1: the largest amount, so that a database's signed integer holds it.
pub const MAX_AMOUNT: u64 = i64::MAX.unsigned_abs();

impl Quantity {
    /// Grams.
    #[must_use]
    pub const fn grams(amount: u64) -> Self {
        Self { amount, unit: Unit::Gram }
    }

    /// Millilitres.
    #[must_use]
    pub const fn millilitres(amount: u64) -> Self {
        Self { amount, unit: Unit::Millilitre }
    }

    /// Trade items.
    #[must_use]
    pub const fn pieces(amount: u64) -> Self {
        Self { amount, unit: Unit::Piece }
    }

    /// Reads a JSON number's text and an EPCIS unit code.
    ///
    /// ```
    /// use nguon_trace::quantity::Quantity;
    /// assert_eq!(Quantity::parse("12.5", Some("KGM")), Ok(Quantity::grams(12_500)));
    /// ```
    pub fn parse(decimal: &str, uom: Option<&str>) -> Result<Self, QuantityError> {
        let (unit, places) = match uom {
            None => (Unit::Piece, 0),
            Some("GRM") => (Unit::Gram, 0),
            Some("KGM") => (Unit::Gram, 3),
            Some("TNE") => (Unit::Gram, 6),
            Some("MLT") => (Unit::Millilitre, 0),
            Some("LTR") => (Unit::Millilitre, 3),
            Some(other) => return Err(QuantityError::UnknownUnit(other.to_owned())),
        };
        Ok(Self { amount: scaled(decimal, places)?, unit })
    }

    /// The decimal text and unit code that [`parse`](Self::parse) reads back: kilograms, litres, or pieces.
    #[must_use]
    pub fn to_epcis(self) -> (String, Option<&'static str>) {
        match self.unit {
            Unit::Gram => (thousandths(self.amount), Some("KGM")),
            Unit::Millilitre => (thousandths(self.amount), Some("LTR")),
            Unit::Piece => (self.amount.to_string(), None),
        }
    }
}

fn thousandths(amount: u64) -> String {
    let (whole, rest) = (amount / 1000, amount % 1000);
    if rest == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{rest:03}");
    text.trim_end_matches('0').to_owned()
}

/// `decimal` (RFC 8259 number grammar) times ten to the `places`, exactly.
fn scaled(decimal: &str, places: i64) -> Result<u64, QuantityError> {
    let not_a_number = || QuantityError::NotANumber(decimal.to_owned());
    let (negative, unsigned) = match decimal.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, decimal),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().map_err(|_| not_a_number())?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return Err(not_a_number()),
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(not_a_number());
    }

    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    if negative {
        return Err(QuantityError::Negative(decimal.to_owned()));
    }
    let trailing = significant.len() - significant.trim_end_matches('0').len();
    let digits = &significant[..significant.len() - trailing];
    // value = digits * 10^shift base units
    let shift = i64::from(exponent) + places + length(trailing) - length(fraction.len());
    if shift < 0 {
        return Err(QuantityError::TooFine(decimal.to_owned()));
    }
    let too_much = || QuantityError::TooMuch(decimal.to_owned());
    let value = digits.parse::<u64>().map_err(|_| too_much())?;
    let power = u32::try_from(shift).ok().and_then(|shift| 10_u64.checked_pow(shift)).ok_or_else(too_much)?;
    value.checked_mul(power).filter(|amount| *amount <= MAX_AMOUNT).ok_or_else(too_much)
}

fn length(of: usize) -> i64 {
    i64::try_from(of).expect("a string in memory is shorter than 2^63")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_refused() {
        let check = |decimal: &str, uom: Option<&str>, expected: Result<Quantity, QuantityError>| {
            assert_eq!(Quantity::parse(decimal, uom), expected, "{decimal} {uom:?}");
        };
        let text = str::to_owned;
        check("12.5", Some("KGM"), Ok(Quantity::grams(12_500)));
        check("0.1", Some("KGM"), Ok(Quantity::grams(100)));
        check("4.35", Some("KGM"), Ok(Quantity::grams(4_350)));
        check("2", Some("TNE"), Ok(Quantity::grams(2_000_000)));
        check("0.000001", Some("TNE"), Ok(Quantity::grams(1)));
        check("250", Some("GRM"), Ok(Quantity::grams(250)));
        check("1.50", Some("LTR"), Ok(Quantity::millilitres(1_500)));
        check("80", None, Ok(Quantity::pieces(80)));
        check("80.0", None, Ok(Quantity::pieces(80)));
        check("8e1", None, Ok(Quantity::pieces(80)));
        check("1E-3", Some("KGM"), Ok(Quantity::grams(1)));
        check("-0", Some("KGM"), Ok(Quantity::grams(0)));
        check("9223372036854775807", Some("GRM"), Ok(Quantity::grams(MAX_AMOUNT)));
        check("9223372036854775808", Some("GRM"), Err(QuantityError::TooMuch(text("9223372036854775808"))));
        check("1e400", Some("GRM"), Err(QuantityError::TooMuch(text("1e400"))));
        check("1e99999", Some("GRM"), Err(QuantityError::NotANumber(text("1e99999"))));
        check("0.0001", Some("KGM"), Err(QuantityError::TooFine(text("0.0001"))));
        check("2.5", None, Err(QuantityError::TooFine(text("2.5"))));
        check("-2", None, Err(QuantityError::Negative(text("-2"))));
        check("1", Some("LBR"), Err(QuantityError::UnknownUnit(text("LBR"))));
        for bad in ["", ".", "1.", ".5", "+1", "1,5", "NaN", "0x10", "1e", "1e1.5", "--1"] {
            check(bad, None, Err(QuantityError::NotANumber(text(bad))));
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for amount in [0, 1, 10, 999, 1_000, 12_500, 1_000_001, MAX_AMOUNT] {
            for unit in [Unit::Gram, Unit::Millilitre, Unit::Piece] {
                let quantity = Quantity { amount, unit };
                let (decimal, uom) = quantity.to_epcis();
                assert_eq!(Quantity::parse(&decimal, uom), Ok(quantity), "{decimal} {uom:?}");
            }
        }
    }
}
