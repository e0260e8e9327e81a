//! The number of a case: what somebody who reported a suspicious sticker keeps, to ask later what came of it.
//!
//! ```text
//! 8J3K-Q0ZH-7M25     55 bits as eleven characters, highest first, and one check character
//! ```
//!
//! Characters, check character and forgiving reader are those of the [short code](crate::ShortCode). Whoever guesses meets
//! one of a million cases once in thirty-six thousand million tries, and learns how far that case is, no more.

use std::fmt;
use std::str::FromStr;

use crate::short_code::{ALPHABET, ShortCodeError, check_symbol, symbol_of};

const SYMBOLS: usize = 12;
const BITS: u32 = 55;

/// A case number with its check character right.
///
/// ```
/// use nguon_id::CaseNumber;
/// let case = CaseNumber::from_bits(0x12_3456_789a_bcde);
/// assert_eq!(CaseNumber::parse(&case.to_string().to_lowercase()), Ok(case));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber(u64);

impl CaseNumber {
    /// The number of the lowest 55 bits, which nobody should be able to guess.
    pub fn from_bits(bits: u64) -> CaseNumber {
        CaseNumber(bits & ((1 << BITS) - 1))
    }

    /// Reads a number as a person wrote it.
    pub fn parse(text: &str) -> Result<CaseNumber, ShortCodeError> {
        let mut symbols = [0; SYMBOLS];
        let mut found = 0;
        for character in text.chars().filter(|character| !matches!(character, '-' | ' ')) {
            let symbol = symbol_of(character).ok_or(ShortCodeError::Character(character))?;
            if let Some(place) = symbols.get_mut(found) {
                *place = symbol;
            }
            found += 1;
        }
        if found != SYMBOLS {
            return Err(ShortCodeError::Length { found });
        }
        if check_symbol(&symbols) != 0 {
            return Err(ShortCodeError::Check);
        }
        let body = &symbols[..SYMBOLS - 1];
        Ok(CaseNumber(body.iter().fold(0, |bits, symbol| bits << 5 | u64::from(*symbol))))
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut symbols = [0; SYMBOLS];
        let body = &mut symbols[..SYMBOLS - 1];
        for (place, symbol) in body.iter_mut().rev().enumerate() {
            *symbol = u8::try_from(self.0 >> (5 * place) & 31).expect("five bits fit in eight");
        }
        symbols[SYMBOLS - 1] = check_symbol(body);
        for (place, symbol) in symbols.into_iter().enumerate() {
            let hyphen = if place > 0 && place % 4 == 0 { "-" } else { "" };
            write!(f, "{hyphen}{}", char::from(ALPHABET[usize::from(symbol)]))?;
        }
        Ok(())
    }
}

impl FromStr for CaseNumber {
    type Err = ShortCodeError;

    fn from_str(text: &str) -> Result<Self, ShortCodeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_refused_number_says_why() {
        assert_eq!(CaseNumber::from_bits(1).to_string(), "0000-0000-0012");
        assert_eq!(CaseNumber::parse("oooo oooo ool2"), Ok(CaseNumber::from_bits(1)));
        assert_eq!(CaseNumber::parse("0000-0012"), Err(ShortCodeError::Length { found: 8 }));
        assert_eq!(CaseNumber::parse("0000-0000-00120"), Err(ShortCodeError::Length { found: 13 }));
        assert_eq!(CaseNumber::parse("0000-0000-001U"), Err(ShortCodeError::Character('U')));
        assert_eq!(CaseNumber::parse("0000-0000-0013"), Err(ShortCodeError::Check));
    }

    proptest! {
        #[test]
        fn printing_undoes_parsing_and_every_slip_is_noticed(bits in 0..1_u64 << BITS) {
            let case = CaseNumber::from_bits(bits);
            let text = case.to_string();
            prop_assert_eq!(CaseNumber::parse(&text), Ok(case));
            let letters: Vec<char> = text.chars().filter(|letter| *letter != '-').collect();
            for place in 0..SYMBOLS {
                for other in ALPHABET.iter().map(|letter| char::from(*letter)) {
                    let mut wrong = letters.clone();
                    wrong[place] = other;
                    let wrong: String = wrong.into_iter().collect();
                    let expected =
                        if other == letters[place] { Ok(case) } else { Err(ShortCodeError::Check) };
                    prop_assert_eq!(CaseNumber::parse(&wrong), expected);
                }
                if place > 0 && letters[place] != letters[place - 1] {
                    let mut wrong = letters.clone();
                    wrong.swap(place, place - 1);
                    let wrong: String = wrong.into_iter().collect();
                    prop_assert_eq!(CaseNumber::parse(&wrong), Err(ShortCodeError::Check));
                }
            }
        }

        #[test]
        fn no_input_panics(text in any::<String>(), near in "[0-9A-Za-z -]{0,18}") {
            let _ = (CaseNumber::parse(&text), CaseNumber::parse(&near));
        }
    }
}
