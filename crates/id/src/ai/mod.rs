//! Application Identifiers: the two to four digits that say what a GS1 value is (General Specifications, section 3).
//!
//! A value is checked part by part: how many characters of which set, then what they must mean (a check digit, a date,
//! a country). A group of values is checked for company: a lot number says nothing without a product, a net weight
//! stands once.
//!
//! Not checked: whether a company prefix is allocated (only GS1's tables know), the inside of North American coupons
//! (8110, 8112), and the centuries of two-digit years.

mod code_list;
mod table;
mod value;

pub(crate) use value::Rule;
pub use value::ValueError;

/// What is known of one identifier, or of a run of identifiers that share it.
#[derive(Debug)]
pub(crate) struct Row {
    first: &'static str,
    last: &'static str,
    /// For quantities, whose last digit is the place of the decimal point: the highest such digit. `first` and `last`
    /// are then the three digits before it, and only one of such a family may be present.
    highest_decimal: Option<u8>,
    in_query: bool,
    parts: &'static [Part],
    requires: &'static str,
    excludes: &'static str,
}

/// One part of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    set: Set,
    min: usize,
    max: usize,
    optional: bool,
    rules: &'static [Rule],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Digits,
    Set82,
    Set39,
    Set64,
}

/// The row of `ai`, if there is such an identifier.
pub(crate) fn lookup(ai: &str) -> Option<&'static Row> {
    let after = table::ROWS.partition_point(|row| row.first <= ai);
    let row = table::ROWS.get(after.checked_sub(1)?)?;
    row.covers(ai).then_some(row)
}

/// The sequences of qualifiers that may follow `ai` in the path of a Digital Link, if `ai` is a primary key.
pub(crate) fn qualifiers(ai: &str) -> Option<&'static [&'static [&'static str]]> {
    table::KEYS.iter().find(|(key, _)| *key == ai).map(|(_, sequences)| *sequences)
}

/// Whether values of `ai` have a length that is fixed for ever, so that barcodes need no separator after them. Such
/// elements are written first (General Specifications, figure 7.8.5-2).
pub(crate) fn has_predefined_length(ai: &str) -> bool {
    let prefix = ai.get(..2).and_then(|digits| digits.parse::<u8>().ok());
    matches!(prefix, Some(0..=4 | 11..=20 | 31..=36 | 41))
}

impl Row {
    const fn one(
        ai: &'static str,
        in_query: bool,
        parts: &'static [Part],
        requires: &'static str,
        excludes: &'static str,
    ) -> Row {
        Row::run(ai, ai, in_query, parts, requires, excludes)
    }

    const fn run(
        first: &'static str,
        last: &'static str,
        in_query: bool,
        parts: &'static [Part],
        requires: &'static str,
        excludes: &'static str,
    ) -> Row {
        Row { first, last, highest_decimal: None, in_query, parts, requires, excludes }
    }

    const fn decimal(
        first: &'static str,
        last: &'static str,
        highest: u8,
        in_query: bool,
        parts: &'static [Part],
        requires: &'static str,
        excludes: &'static str,
    ) -> Row {
        Row { first, last, highest_decimal: Some(highest), in_query, parts, requires, excludes }
    }

    fn covers(&self, ai: &str) -> bool {
        let family = match self.highest_decimal {
            None => ai,
            Some(highest) => match ai.as_bytes() {
                [_, _, _, place] if (b'0'..=highest).contains(place) => &ai[..3],
                _ => return false,
            },
        };
        family.len() == self.first.len()
            && family.bytes().all(|byte| byte.is_ascii_digit())
            && (self.first..=self.last).contains(&family)
    }

    /// Whether the identifier may be a data attribute, in the query of a Digital Link.
    pub(crate) fn is_attribute(&self) -> bool {
        self.in_query
    }

    /// Checks a value against the parts of this identifier.
    pub(crate) fn check(&self, value: &str) -> Result<(), ValueError> {
        let least: usize = self.parts.iter().filter(|part| !part.optional).map(|part| part.min).sum();
        let most: usize = self.parts.iter().map(|part| part.max).sum();
        // Lengths first: of a value that was cut off, a wrong check digit is no news.
        let length = value.chars().count();
        if length < least {
            return Err(ValueError::TooShort { least });
        }
        if length > most {
            return Err(ValueError::TooLong { most });
        }
        if let Some(character) = value.chars().find(|character| !character.is_ascii()) {
            return Err(ValueError::Character(character));
        }
        let mut rest = value;
        for part in self.parts {
            let (piece, tail) = rest.split_at(rest.len().min(part.max));
            rest = tail;
            if part.optional && piece.is_empty() {
                continue;
            }
            if piece.len() < part.min {
                return Err(ValueError::TooShort { least: value.len() + part.min - piece.len() });
            }
            part.set.check(piece)?;
            part.rules.iter().try_for_each(|rule| rule.apply(piece))?;
        }
        Ok(())
    }

    /// Whether `present` has what an element of this identifier needs beside it.
    pub(crate) fn is_in_needed_company(&self, present: &[&str]) -> bool {
        self.requires.is_empty()
            || self.requires.split(',').any(|group| {
                group.split('+').all(|pattern| present.iter().any(|other| matches_pattern(pattern, other)))
            })
    }

    /// The first of `present` that must not stand beside an element `ai` of this row.
    pub(crate) fn unwanted<'a>(&self, ai: &str, present: &[&'a str]) -> Option<&'a str> {
        present.iter().copied().find(|other| {
            let sibling = self.highest_decimal.is_some() && other.len() == 4 && other[..3] == ai[..3];
            *other != ai
                && (sibling || self.excludes.split(',').any(|pattern| matches_pattern(pattern, other)))
        })
    }
}

fn matches_pattern(pattern: &str, ai: &str) -> bool {
    pattern.len() == ai.len() && pattern.bytes().zip(ai.bytes()).all(|(want, is)| want == b'n' || want == is)
}

impl Part {
    const fn new(set: Set, min: usize, max: usize) -> Part {
        Part { set, min, max, optional: false, rules: &[] }
    }

    const fn or_none(self) -> Part {
        Part { optional: true, ..self }
    }

    const fn with(self, rules: &'static [Rule]) -> Part {
        Part { rules, ..self }
    }
}

/// Exactly `length` digits.
const fn n(length: usize) -> Part {
    Part::new(Set::Digits, length, length)
}

/// One to `max` digits.
const fn n_to(max: usize) -> Part {
    Part::new(Set::Digits, 1, max)
}

/// Exactly `length` characters of set 82.
const fn x(length: usize) -> Part {
    Part::new(Set::Set82, length, length)
}

/// One to `max` characters of set 82.
const fn x_to(max: usize) -> Part {
    Part::new(Set::Set82, 1, max)
}

/// One to `max` characters of set 39.
const fn y_to(max: usize) -> Part {
    Part::new(Set::Set39, 1, max)
}

/// One to `max` characters of set 64.
const fn z_to(max: usize) -> Part {
    Part::new(Set::Set64, 1, max)
}

impl Set {
    fn check(self, piece: &str) -> Result<(), ValueError> {
        use crate::char_set::{in_set_39, in_set_64, in_set_82};
        let wrong = match self {
            Set::Digits => piece.chars().find(|character| !character.is_ascii_digit()),
            Set::Set82 => piece.chars().find(|character| !in_set_82(*character)),
            Set::Set39 => piece.chars().find(|character| !in_set_39(*character)),
            // Padding may follow, as base64 has it.
            Set::Set64 => {
                let unpadded = piece.trim_end_matches('=');
                let padding = (piece.len() - unpadded.len() > 2).then_some('=');
                unpadded.chars().find(|character| !in_set_64(*character)).or(padding)
            }
        };
        wrong.map_or(Ok(()), |character| Err(ValueError::Character(character)))
    }
}

#[cfg(test)]
mod tests;
