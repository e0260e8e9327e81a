//! The short code printed under a QR, for people who read it out over the phone or type it into a message.
//!
//! ```text
//! 8J3K-Q0ZH     35 bits as seven characters, highest first, and one check character
//! ```
//!
//! The characters are Crockford's base 32 (<https://www.crockford.com/base32.html>): digits and capitals without I, L,
//! O and U. Reading forgives: small letters, hyphens and blanks, I and L for 1, O for 0.
//!
//! The check character is that of Damm's algorithm (H. M. Damm, *Total anti-symmetrische Quasigruppen*, Marburg 2004)
//! for the quasigroup `a ∗ b = 2·(a + b)` over the field of 32 elements with the polynomial x⁵ + x² + 1, where adding is
//! exclusive or. It is the case of 2ᵏ symbols, in which the quasigroup needs no table. Every single wrong character and
//! every swap of two neighbours is noticed; the tests go through all of them.
//!
//! A code is a hint, not an identifier: it holds 35 bits of whatever the caller derives from the lot's address, so two
//! lots may share one, and whoever looks a code up must be ready to find several.

use std::fmt;
use std::str::FromStr;

pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS: u32 = 35;
const SYMBOLS: usize = 8;

/// Why a text is not a short code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShortCodeError {
    /// A character that no code has.
    #[error("no short code has the character {0:?}")]
    Character(char),
    /// The wrong number of characters.
    #[error("a short code has eight characters, not {found}")]
    Length {
        /// How many characters there are, hyphens and blanks apart.
        found: usize,
    },
    /// A slip of hand or tongue.
    #[error("the code has a wrong or swapped character")]
    Check,
}

/// A short code with its check character right.
///
/// ```
/// use nguon_id::ShortCode;
/// let code = ShortCode::from_bits(0x2_1234_5678);
/// assert_eq!(ShortCode::parse(&code.to_string().to_lowercase()), Ok(code));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortCode(u64);

impl ShortCode {
    /// The code of the lowest 35 bits; the caller takes them from a hash of the lot's address.
    pub fn from_bits(bits: u64) -> ShortCode {
        ShortCode(bits & ((1 << BITS) - 1))
    }

    /// The 35 bits, as they are stored and looked up.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Reads a code as a person wrote it.
    pub fn parse(text: &str) -> Result<ShortCode, ShortCodeError> {
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
        Ok(ShortCode(body.iter().fold(0, |bits, symbol| bits << 5 | u64::from(*symbol))))
    }

    fn symbols(self) -> [u8; SYMBOLS] {
        let mut symbols = [0; SYMBOLS];
        let body = &mut symbols[..SYMBOLS - 1];
        for (place, symbol) in body.iter_mut().rev().enumerate() {
            *symbol = u8::try_from(self.0 >> (5 * place) & 31).expect("five bits fit in eight");
        }
        symbols[SYMBOLS - 1] = check_symbol(body);
        symbols
    }
}

/// Damm's interim digit after `symbols`: the check symbol that belongs behind them, and zero once it stands there.
pub(crate) fn check_symbol(symbols: &[u8]) -> u8 {
    symbols.iter().fold(0, |interim, symbol| double(interim ^ symbol))
}

/// Twice an element of the field of 32.
fn double(element: u8) -> u8 {
    let doubled = element << 1;
    if doubled & 0b10_0000 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

pub(crate) fn symbol_of(character: char) -> Option<u8> {
    let plain = match character.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let place = ALPHABET.iter().position(|member| char::from(*member) == plain)?;
    u8::try_from(place).ok()
}

impl fmt::Display for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, symbol) in self.symbols().into_iter().enumerate() {
            let hyphen = if place == SYMBOLS / 2 { "-" } else { "" };
            write!(f, "{hyphen}{}", char::from(ALPHABET[usize::from(symbol)]))?;
        }
        Ok(())
    }
}

impl FromStr for ShortCode {
    type Err = ShortCodeError;

    fn from_str(text: &str) -> Result<Self, ShortCodeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text of eight symbols, right or wrong.
    fn text(symbols: &[u8]) -> String {
        symbols.iter().map(|symbol| char::from(ALPHABET[usize::from(*symbol)])).collect()
    }

    #[test]
    fn reading_forgives_what_people_do() {
        let code = ShortCode::from_bits(1);
        assert_eq!(code.to_string(), "0000-0012");
        for written in ["0000-0012", "00000012", "oooo oo12", "OOOO-OOI2", "ooooool2", " 0 0-0-0 00 1 2 "] {
            assert_eq!(ShortCode::parse(written), Ok(code), "{written}");
        }
    }

    #[test]
    fn a_refused_code_says_why() {
        assert_eq!(ShortCode::parse("0000-001"), Err(ShortCodeError::Length { found: 7 }));
        assert_eq!(ShortCode::parse("0000-00120"), Err(ShortCodeError::Length { found: 9 }));
        assert_eq!(ShortCode::parse("0000-001U"), Err(ShortCodeError::Character('U')));
        assert_eq!(ShortCode::parse("0000-001đ"), Err(ShortCodeError::Character('đ')));
        assert_eq!(ShortCode::parse("0000-0013"), Err(ShortCodeError::Check));
    }

    /// The whole of what the scheme promises, in its own terms: the interim is a linear function of the symbols, so an
    /// error is noticed in every code if it is noticed in one. These are all errors of one symbol, and all swaps.
    #[test]
    fn every_wrong_symbol_and_every_swap_leaves_a_remainder() {
        for place in 0..SYMBOLS {
            for difference in 1..32 {
                let mut error = [0; SYMBOLS];
                error[place] = difference;
                assert_ne!(check_symbol(&error), 0, "{difference} at {place}");
                // A swap of two neighbours changes both by the same difference.
                if place > 0 {
                    error[place - 1] = difference;
                    assert_ne!(check_symbol(&error), 0, "swap by {difference} at {place}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_slip_in_any_code_is_noticed(bits in any::<u64>()) {
            let right = ShortCode::from_bits(bits).symbols();
            for place in 0..SYMBOLS {
                for other in (0..32).filter(|other| *other != right[place]) {
                    let mut wrong = right;
                    wrong[place] = other;
                    prop_assert_eq!(ShortCode::parse(&text(&wrong)), Err(ShortCodeError::Check));
                }
                if place > 0 && right[place] != right[place - 1] {
                    let mut wrong = right;
                    wrong.swap(place, place - 1);
                    prop_assert_eq!(ShortCode::parse(&text(&wrong)), Err(ShortCodeError::Check));
                }
            }
        }

        #[test]
        fn printing_undoes_parsing(bits in 0..1u64 << BITS) {
            let code = ShortCode::from_bits(bits);
            prop_assert_eq!(code.bits(), bits);
            prop_assert_eq!(ShortCode::parse(&code.to_string()), Ok(code));
        }

        #[test]
        fn no_input_panics(text in any::<String>(), near in "[0-9A-Za-z -]{0,12}") {
            let _ = (ShortCode::parse(&text), ShortCode::parse(&near));
        }
    }
}
