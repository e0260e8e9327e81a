//! Administrative places of Việt Nam by their official codes.
//!
//! ```text
//! 68                  province (tỉnh, thành phố): two digits
//! 03349               commune (xã, phường, đặc khu): five digits; the leading zeros count
//! 03349@2025-07-01    commune of a certain edition of the list
//! ```
//!
//! Codes outlive what they name: since 1 July 2025 (Decision 19/2025/QĐ-TTg) 44 is Quảng Trị and no longer Quảng Bình.
//! A code without the edition of its list is therefore half an answer, and [`Commune`] keeps the two together.
//!
//! Which codes exist and what they are called is not known here.

use std::fmt;
use std::str::FromStr;

/// Why a text does not name a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// A province code is two digits.
    #[error("a province code is two digits")]
    Province,
    /// A commune code is five digits.
    #[error("a commune code is five digits, zeros in front included")]
    Commune,
    /// An edition is a day, written YYYY-MM-DD.
    #[error("an edition of the list is a day, written YYYY-MM-DD")]
    Edition,
}

/// Mã tỉnh: the code of a province or city.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProvinceCode([u8; 2]);

/// Mã xã: the code of a commune, ward or special zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommuneCode([u8; 5]);

/// The day from which a list of administrative units holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition {
    year: u16,
    month: u8,
    day: u8,
}

/// A commune, as one edition of the list means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commune {
    /// Its code.
    pub code: CommuneCode,
    /// The edition in which the code stands.
    pub edition: Edition,
}

impl ProvinceCode {
    /// Reads two digits.
    pub fn parse(text: &str) -> Result<ProvinceCode, PlaceError> {
        digits(text).map(ProvinceCode).ok_or(PlaceError::Province)
    }

    /// The two digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only digits are stored")
    }
}

impl CommuneCode {
    /// Reads five digits.
    pub fn parse(text: &str) -> Result<CommuneCode, PlaceError> {
        digits(text).map(CommuneCode).ok_or(PlaceError::Commune)
    }

    /// The five digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only digits are stored")
    }
}

impl Edition {
    /// Reads a day of the calendar, written YYYY-MM-DD.
    pub fn parse(text: &str) -> Result<Edition, PlaceError> {
        let mut parts = text.split('-');
        let mut part = |length| {
            parts
                .next()
                .filter(|digits| digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|digits| digits.parse::<u16>().ok())
                .ok_or(PlaceError::Edition)
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        if parts.next().is_some() || !is_day_of_month(year, month, day) {
            return Err(PlaceError::Edition);
        }
        let two_digits = |number| u8::try_from(number).expect("two digits were read");
        Ok(Edition { year, month: two_digits(month), day: two_digits(day) })
    }
}

impl Commune {
    /// Reads a code and an edition with `@` between them.
    pub fn parse(text: &str) -> Result<Commune, PlaceError> {
        let (code, edition) = text.split_once('@').ok_or(PlaceError::Edition)?;
        Ok(Commune { code: CommuneCode::parse(code)?, edition: Edition::parse(edition)? })
    }
}

/// Whether the Gregorian calendar has this day.
pub(crate) fn is_day_of_month(year: u16, month: u16, day: u16) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: [u8; N] = text.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for Commune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.code, self.edition)
    }
}

macro_rules! text_of_code {
    ($($code:ident)*) => {$(
        impl fmt::Display for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($code), "({})"), self.as_str())
            }
        }
    )*};
}

text_of_code!(ProvinceCode CommuneCode);

macro_rules! from_str {
    ($($place:ident)*) => {$(
        impl FromStr for $place {
            type Err = PlaceError;

            fn from_str(text: &str) -> Result<Self, PlaceError> {
                Self::parse(text)
            }
        }
    )*};
}

from_str!(ProvinceCode CommuneCode Edition Commune);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leading_zeros_of_a_commune_count() {
        assert_eq!(CommuneCode::parse("03349").map(|code| code.to_string()), Ok("03349".to_owned()));
        for wrong in ["3349", "003349", "0334a", "0334 ", "٠٣٣٤٩", ""] {
            assert_eq!(CommuneCode::parse(wrong), Err(PlaceError::Commune), "{wrong}");
        }
        assert_eq!(ProvinceCode::parse("1"), Err(PlaceError::Province));
        assert!(ProvinceCode::parse("68").is_ok());
    }

    #[test]
    fn a_commune_is_a_code_of_an_edition() {
        let before = Commune::parse("24805@2025-07-01").unwrap();
        let after = Commune::parse("24805@2026-04-30").unwrap();
        assert_ne!(before, after);
        assert!(before.edition < after.edition);
        assert_eq!(Commune::parse("24805"), Err(PlaceError::Edition));
    }

    #[test]
    fn an_edition_is_a_day_that_exists() {
        for wrong in
            ["2025-02-29", "2025-13-01", "2025-7-1", "2025-07-01-", "+025-07-01", "2025-07-00", "1900-02-29"]
        {
            assert_eq!(Edition::parse(wrong), Err(PlaceError::Edition), "{wrong}");
        }
        for right in ["2000-02-29", "2024-02-29", "2025-12-31"] {
            assert!(Edition::parse(right).is_ok(), "{right}");
        }
    }

    proptest! {
        #[test]
        fn printing_undoes_parsing(text in "[0-9]{5}@20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])") {
            prop_assert_eq!(Commune::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn no_input_panics(text in any::<String>(), near in "[0-9٣@-]{0,20}") {
            for text in [text, near] {
                let _ = (Commune::parse(&text), ProvinceCode::parse(&text), Edition::parse(&text));
            }
        }
    }
}
