//! The serial that nguon prints on one pack: its number among the lot's labels, and a tag that only the operator can make.
//!
//! ```text
//! 0003K  9QX7M2T4WA     number, 25 bits as five characters · tag, 50 bits as ten
//! ```
//!
//! It stands as AI (21) in the pack's address (General Specifications 3.5.2: up to twenty characters). Nobody who has seen
//! some serials can make another; whoever tries them all at a million a second needs thirty-six years for one lot's
//! label, and asks a server that does not answer so fast. What the tag is made of is for the caller to say.
//!
//! The characters are those of the [short code](crate::ShortCode), and reading forgives the same slips.

use std::fmt;
use std::str::FromStr;

use crate::short_code::{ALPHABET, symbol_of};

const NUMBER_SYMBOLS: usize = 5;
const TAG_SYMBOLS: usize = 10;
const SYMBOLS: usize = NUMBER_SYMBOLS + TAG_SYMBOLS;

/// The bits of a tag.
pub const TAG_BITS: u32 = 50;

/// Why a text is no serial of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SerialCodeError {
    /// A character that no serial of ours has.
    #[error("no serial has the character {0:?}")]
    Character(char),
    /// The wrong number of characters.
    #[error("a serial has fifteen characters, not {found}")]
    Length {
        /// How many there are, hyphens and blanks apart.
        found: usize,
    },
    /// Labels are counted from one.
    #[error("there is no label number 0")]
    Zero,
}

/// A serial by its form; whether its tag is right is not known yet.
///
/// ```
/// use nguon_id::SerialCode;
/// let serial = SerialCode::new(115, 0x2_1234_5678).unwrap();
/// assert_eq!(serial.to_string(), "0003K0008938NKR");
/// assert_eq!(SerialCode::parse("0003k-00089-38nkr"), Ok(serial));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialCode {
    number: u32,
    tag: u64,
}

impl SerialCode {
    /// The serial of a label; none for number 0 or one of more than 25 bits. Of the tag the lowest [`TAG_BITS`] count.
    pub fn new(number: u32, tag: u64) -> Option<SerialCode> {
        let fits = number > 0 && number < 1 << (5 * NUMBER_SYMBOLS);
        fits.then_some(SerialCode { number, tag: tag & ((1 << TAG_BITS) - 1) })
    }

    /// The label's number in its lot, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// The 50 bits of the tag.
    pub fn tag(self) -> u64 {
        self.tag
    }

    /// Reads a serial as it stands in an address, or as a person typed it.
    pub fn parse(text: &str) -> Result<SerialCode, SerialCodeError> {
        let mut found = 0;
        let (mut number, mut tag) = (0_u32, 0_u64);
        for character in text.chars().filter(|character| !matches!(character, '-' | ' ')) {
            let symbol = symbol_of(character).ok_or(SerialCodeError::Character(character))?;
            match found {
                0..NUMBER_SYMBOLS => number = number << 5 | u32::from(symbol),
                NUMBER_SYMBOLS..SYMBOLS => tag = tag << 5 | u64::from(symbol),
                _ => {}
            }
            found += 1;
        }
        if found != SYMBOLS {
            return Err(SerialCodeError::Length { found });
        }
        SerialCode::new(number, tag).ok_or(SerialCodeError::Zero)
    }
}

impl fmt::Display for SerialCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from(self.number) << TAG_BITS | u128::from(self.tag);
        for place in (0..SYMBOLS).rev() {
            let symbol = usize::try_from(bits >> (5 * place) & 31).expect("five bits fit in anything");
            write!(f, "{}", char::from(ALPHABET[symbol]))?;
        }
        Ok(())
    }
}

impl FromStr for SerialCode {
    type Err = SerialCodeError;

    fn from_str(text: &str) -> Result<Self, SerialCodeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_refused_serial_says_why() {
        assert_eq!(SerialCode::parse("0003K0008938"), Err(SerialCodeError::Length { found: 12 }));
        assert_eq!(SerialCode::parse("0003K00089385MRX"), Err(SerialCodeError::Length { found: 16 }));
        assert_eq!(SerialCode::parse("0003K00089385MU"), Err(SerialCodeError::Character('U')));
        assert_eq!(SerialCode::parse("0000000089385MR"), Err(SerialCodeError::Zero));
        assert_eq!(SerialCode::new(1 << 25, 0), None);
    }

    proptest! {
        #[test]
        fn printing_undoes_parsing(number in 1..1_u32 << 25, tag in 0..1_u64 << TAG_BITS) {
            let serial = SerialCode::new(number, tag).unwrap();
            prop_assert_eq!((serial.number(), serial.tag()), (number, tag));
            prop_assert_eq!(SerialCode::parse(&serial.to_string()), Ok(serial));
            prop_assert_eq!(serial.to_string().len(), 15);
        }

        #[test]
        fn no_input_panics(text in any::<String>(), near in "[0-9A-Za-z -]{0,20}") {
            let _ = (SerialCode::parse(&text), SerialCode::parse(&near));
        }
    }
}
