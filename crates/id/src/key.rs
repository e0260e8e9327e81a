//! The GS1 keys that the ledger handles by itself: products, places and parties, logistic units.
//!
//! ```text
//! GTIN   09521234000105       14 digits; shorter ones are filled up with zeros on the left
//! GLN    9521234000006        13 digits
//! SSCC   095212340000000013   18 digits
//! ```
//!
//! The last digit checks the others (General Specifications 7.9.1). Whether a key was ever allocated is not checked:
//! that is GS1's registry, not arithmetic. The other keys of Digital Link are checked in [`DigitalLink`].
//!
//! [`DigitalLink`]: crate::DigitalLink

use std::fmt;
use std::str::FromStr;

use crate::check_digit::has_right_check_digit;

/// Why a text is not a GS1 key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Something other than digits.
    #[error("a {key} has digits only, not {character:?}")]
    Character {
        /// The kind of key.
        key: &'static str,
        /// The first character that is not a digit.
        character: char,
    },
    /// The wrong number of digits.
    #[error("a {key} does not have {found} digits")]
    Length {
        /// The kind of key.
        key: &'static str,
        /// How many digits there are.
        found: usize,
    },
    /// A slip of the hand: the check digit does not belong to the others.
    #[error("the check digit of this {key} is wrong")]
    CheckDigit {
        /// The kind of key.
        key: &'static str,
    },
}

/// Global Trade Item Number: a kind of product, in a certain packing. Always 14 digits (General Specifications 3.3.2).
///
/// ```
/// use nguon_id::Gtin;
/// assert_eq!(Gtin::parse("9521234000105").unwrap().as_str(), "09521234000105");
/// assert!(Gtin::parse("9521234000106").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; 14]);

/// Global Location Number: a place or a party (General Specifications 3.7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gln([u8; 13]);

/// Serial Shipping Container Code: one pallet, crate or parcel (General Specifications 3.3.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sscc([u8; 18]);

impl Gtin {
    /// Reads a GTIN of 8, 12, 13 or 14 digits.
    pub fn parse(text: &str) -> Result<Gtin, KeyError> {
        // The zeros on the left do not change the check digit, so it can be checked afterwards.
        let padded = match text.len() {
            8 | 12 | 13 => format!("{text:0>14}"),
            _ => text.to_owned(),
        };
        parse_digits("GTIN", &padded, text).map(Gtin)
    }

    /// The 14 digits.
    pub fn as_str(&self) -> &str {
        as_str(&self.0)
    }
}

impl Gln {
    /// Reads the 13 digits of a GLN.
    pub fn parse(text: &str) -> Result<Gln, KeyError> {
        parse_digits("GLN", text, text).map(Gln)
    }

    /// The 13 digits.
    pub fn as_str(&self) -> &str {
        as_str(&self.0)
    }
}

impl Sscc {
    /// Reads the 18 digits of an SSCC.
    pub fn parse(text: &str) -> Result<Sscc, KeyError> {
        parse_digits("SSCC", text, text).map(Sscc)
    }

    /// The 18 digits.
    pub fn as_str(&self) -> &str {
        as_str(&self.0)
    }
}

fn parse_digits<const N: usize>(key: &'static str, padded: &str, given: &str) -> Result<[u8; N], KeyError> {
    if let Some(character) = given.chars().find(|character| !character.is_ascii_digit()) {
        return Err(KeyError::Character { key, character });
    }
    let digits = padded.as_bytes().try_into().map_err(|_| KeyError::Length { key, found: given.len() })?;
    if has_right_check_digit(padded) { Ok(digits) } else { Err(KeyError::CheckDigit { key }) }
}

fn as_str(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).expect("only digits are stored")
}

macro_rules! text_of_key {
    ($($key:ident)*) => {$(
        impl fmt::Display for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($key), "({})"), self.as_str())
            }
        }

        impl FromStr for $key {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                Self::parse(text)
            }
        }
    )*};
}

text_of_key!(Gtin Gln Sscc);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_digit;
    use proptest::prelude::*;

    #[test]
    fn a_gtin_of_any_length_becomes_fourteen_digits() {
        for (given, stored) in [
            ("95012346", "00000095012346"),
            ("614141123452", "00614141123452"),
            ("9506000134352", "09506000134352"),
            ("09506000134352", "09506000134352"),
        ] {
            assert_eq!(Gtin::parse(given).map(|gtin| gtin.to_string()), Ok(stored.to_owned()));
        }
    }

    #[test]
    fn a_refused_key_says_why() {
        assert_eq!(Gtin::parse("95060001343"), Err(KeyError::Length { key: "GTIN", found: 11 }));
        assert_eq!(Gtin::parse("950600013435"), Err(KeyError::CheckDigit { key: "GTIN" }));
        assert_eq!(Gtin::parse("9506000134352 "), Err(KeyError::Character { key: "GTIN", character: ' ' }));
        assert_eq!(Gtin::parse(""), Err(KeyError::Length { key: "GTIN", found: 0 }));
        assert_eq!(Gln::parse("95060001343760"), Err(KeyError::Length { key: "GLN", found: 14 }));
        assert_eq!(Sscc::parse("106141412345678907"), Err(KeyError::CheckDigit { key: "SSCC" }));
        assert!(Gln::parse("9506000134376").is_ok() && Sscc::parse("106141412345678908").is_ok());
    }

    proptest! {
        #[test]
        fn printing_undoes_parsing(body in "[0-9]{13}") {
            let text = format!("{body}{}", check_digit(&body).unwrap());
            prop_assert_eq!(Gtin::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn no_input_panics(text in any::<String>(), digits in "[0-9]{0,40}") {
            for text in [text, digits] {
                let _ = (Gtin::parse(&text), Gln::parse(&text), Sscc::parse(&text), check_digit(&text));
            }
        }
    }
}
