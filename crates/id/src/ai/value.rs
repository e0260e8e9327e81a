//! What the characters of a value must mean.

use super::code_list;
use crate::check_digit::{has_right_check_digit, has_right_check_pair};
use crate::place::is_day_of_month;

/// Why a value does not fit its Application Identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The value is cut off.
    #[error("it is too short: {least} characters at least")]
    TooShort {
        /// The fewest characters that would do.
        least: usize,
    },
    /// The value runs on.
    #[error("it is too long: {most} characters at most")]
    TooLong {
        /// The most characters there may be.
        most: usize,
    },
    /// A character outside the set of the identifier.
    #[error("the character {0:?} may not stand here")]
    Character(char),
    /// The check digit does not belong to the other digits: most often a slip of the hand.
    #[error("the check digit is wrong")]
    CheckDigit,
    /// The pair of check characters does not belong to the others.
    #[error("the check characters are wrong")]
    CheckPair,
    /// The value has to begin with a GS1 company prefix.
    #[error("it does not begin with a company prefix")]
    CompanyPrefix,
    /// There is no such day.
    #[error("there is no such date")]
    Date,
    /// There is no such time of day.
    #[error("there is no such time of day")]
    Time,
    /// ISO 3166-1 has no such country.
    #[error("there is no country with this code")]
    Country,
    /// ISO 4217 has no such currency.
    #[error("there is no currency with this code")]
    Currency,
    /// Not one of the values that the identifier allows.
    #[error("it is not one of the allowed values")]
    Meaning,
}

/// One rule for one part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    CheckDigit,
    CheckPair,
    CompanyPrefix,
    /// YYMMDD.
    Date,
    /// YYMMDD, where day 00 leaves the day open.
    DateOrMonth,
    /// YYYYMMDD.
    LongDate,
    HourMinute,
    Hour,
    Minute,
    Second,
    Country,
    CountryOr999,
    CountryLetters,
    Currency,
    Escapes,
    Latitude,
    Longitude,
    YesNo,
    Hyphen,
    ImporterIndex,
    Zero,
    NonZero,
    NoLeadingZero,
    HasNonDigit,
    Winding,
    PieceOfTotal,
    Iban,
    MediaType,
    Sex,
    BirthSequence,
}

impl Rule {
    /// Applies the rule to a part whose characters and length are already right.
    pub(crate) fn apply(self, piece: &str) -> Result<(), ValueError> {
        let (holds, refusal) = match self {
            Rule::CheckDigit => (has_right_check_digit(piece), ValueError::CheckDigit),
            Rule::CheckPair => (has_right_check_pair(piece), ValueError::CheckPair),
            // The shortest company prefix has four digits.
            Rule::CompanyPrefix => (
                piece.len() >= 4 && piece.bytes().take(4).all(|byte| byte.is_ascii_digit()),
                ValueError::CompanyPrefix,
            ),
            // Two-digit years lie within fifty years of today (General Specifications 7.12), so every fourth one is a
            // leap year: 2000 is, and 1900 and 2100 are out of reach.
            Rule::Date => (is_date(2000 + number(&piece[..2]), &piece[2..]), ValueError::Date),
            Rule::DateOrMonth => {
                let day_is_open = piece.ends_with("00") && (1..=12).contains(&number(&piece[2..4]));
                (day_is_open || is_date(2000 + number(&piece[..2]), &piece[2..]), ValueError::Date)
            }
            Rule::LongDate => (is_date(number(&piece[..4]), &piece[4..]), ValueError::Date),
            Rule::HourMinute => (number(&piece[..2]) < 24 && number(&piece[2..]) < 60, ValueError::Time),
            Rule::Hour => (number(piece) < 24, ValueError::Time),
            Rule::Minute | Rule::Second => (number(piece) < 60, ValueError::Time),
            Rule::Country => (code_list::is_country_number(piece), ValueError::Country),
            Rule::CountryOr999 => {
                (piece == "999" || code_list::is_country_number(piece), ValueError::Country)
            }
            Rule::CountryLetters => (code_list::is_country_letters(piece), ValueError::Country),
            Rule::Currency => (code_list::is_currency_number(piece), ValueError::Currency),
            Rule::Escapes => (has_whole_escapes(piece), ValueError::Meaning),
            // Ten-millionths of a degree, counted from the south pole and eastwards from Greenwich.
            Rule::Latitude => (piece <= "1800000000", ValueError::Meaning),
            Rule::Longitude => (piece <= "3600000000", ValueError::Meaning),
            Rule::YesNo => (matches!(piece, "0" | "1"), ValueError::Meaning),
            Rule::Hyphen => (piece == "-", ValueError::Meaning),
            Rule::ImporterIndex => (piece.chars().all(crate::char_set::in_set_64), ValueError::Meaning),
            Rule::Zero => (piece.bytes().all(|byte| byte == b'0'), ValueError::Meaning),
            Rule::NonZero => (piece.bytes().any(|byte| byte != b'0'), ValueError::Meaning),
            Rule::NoLeadingZero => (!piece.starts_with('0'), ValueError::Meaning),
            Rule::HasNonDigit => (piece.bytes().any(|byte| !byte.is_ascii_digit()), ValueError::Meaning),
            Rule::Winding => (matches!(piece, "0" | "1" | "9"), ValueError::Meaning),
            Rule::PieceOfTotal => {
                let (piece_number, total) = (&piece[..2], &piece[2..]);
                (piece_number != "00" && piece_number <= total, ValueError::Meaning)
            }
            Rule::Iban => (is_iban(piece), ValueError::Meaning),
            Rule::MediaType => (matches!(number(piece), 1..=10 | 80..=99), ValueError::Meaning),
            Rule::Sex => (matches!(piece, "0" | "1" | "2" | "9"), ValueError::Meaning),
            Rule::BirthSequence => (
                matches!(piece.as_bytes(), [child @ b'1'..=b'9', b'/', total @ b'1'..=b'9'] if child <= total),
                ValueError::Meaning,
            ),
        };
        if holds { Ok(()) } else { Err(refusal) }
    }
}

/// The number of at most four digits.
fn number(digits: &str) -> u16 {
    digits.bytes().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
}

fn is_date(year: u16, month_and_day: &str) -> bool {
    is_day_of_month(year, number(&month_and_day[..2]), number(&month_and_day[2..]))
}

/// Texts of people, such as addresses, keep their percent-encoding inside the value.
fn has_whole_escapes(piece: &str) -> bool {
    piece
        .split('%')
        .skip(1)
        .all(|after| after.as_bytes().iter().take(2).filter(|b| b.is_ascii_hexdigit()).count() == 2)
}

/// ISO 13616: country, two check digits, account; as a number with letters as 10 to 35, one more than a multiple of 97.
fn is_iban(piece: &str) -> bool {
    if piece.len() < 15 || !piece.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return false;
    }
    let (head, account) = piece.split_at(4);
    let remainder = account
        .chars()
        .chain(head.chars())
        .filter_map(|c| c.to_digit(36))
        .fold(0, |sum, value| (sum * if value < 10 { 10 } else { 100 } + value) % 97);
    code_list::is_country_letters(&head[..2]) && remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_tells_right_from_wrong() {
        let rows = [
            (Rule::Date, "240229", "230229"),
            (Rule::Date, "260115", "260100"),
            (Rule::DateOrMonth, "260200", "261300"),
            (Rule::DateOrMonth, "260131", "260230"),
            (Rule::LongDate, "20000229", "19000229"),
            (Rule::HourMinute, "2359", "2400"),
            (Rule::Hour, "23", "24"),
            (Rule::Minute, "59", "60"),
            (Rule::Country, "704", "999"),
            (Rule::CountryOr999, "999", "998"),
            (Rule::CountryLetters, "VN", "vn"),
            (Rule::Currency, "704", "705"),
            (Rule::Escapes, "%C4%90%C3%A0", "a%C"),
            (Rule::Escapes, "a+b", "%C%4"),
            (Rule::Latitude, "1800000000", "1800000001"),
            (Rule::Longitude, "3600000000", "3600000001"),
            (Rule::YesNo, "1", "2"),
            (Rule::Hyphen, "-", "X"),
            (Rule::ImporterIndex, "_", "="),
            (Rule::Zero, "0", "1"),
            (Rule::NonZero, "010", "000"),
            (Rule::NoLeadingZero, "10", "0"),
            (Rule::HasNonDigit, "1A", "12"),
            (Rule::Winding, "9", "2"),
            (Rule::PieceOfTotal, "0202", "0302"),
            (Rule::PieceOfTotal, "0101", "0002"),
            (Rule::Iban, "GB82WEST12345698765432", "GB82WEST12345698765433"),
            (Rule::Iban, "FR1420041010050500013M02606", "FR14"),
            (Rule::MediaType, "80", "11"),
            (Rule::Sex, "9", "3"),
            (Rule::BirthSequence, "2/3", "3/2"),
            (Rule::CompanyPrefix, "9506A", "950A"),
        ];
        for (rule, right, wrong) in rows {
            assert_eq!(rule.apply(right), Ok(()), "{rule:?} {right}");
            assert!(rule.apply(wrong).is_err(), "{rule:?} {wrong}");
        }
    }
}
