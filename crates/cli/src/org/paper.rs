//! A secret key on paper: four rows of sixteen characters that a person can copy by hand.
//!
//! ```text
//! row      1  8ZJ4 M0QK 7TTD R2XN       13 characters hold 8 bytes of the seed, 3 check the row
//! letters  0123456789ABCDEFGHJKMNPQRSTVWXYZ (Crockford's base32: no I, L, O, U; read, O is 0, I and L are 1)
//! bits     8 bytes ‖ 0 ‖ the first 15 bits of BLAKE3 derive_key("nguon 2026-11 paper row v1", row number ‖ 8 bytes)
//! ```
//!
//! A wrong character is noticed and named by its row (but for one chance in 32,768), also a row in the wrong place; the
//! public key printed beside the rows decides for the whole.
//!
//! **Trust.** The paper is the key. Whoever copies it is the organisation's root until the root is rotated.

use nguon_ledger::{PublicKey, SigningKey};
use thiserror::Error;
use zeroize::Zeroizing;

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ROWS: usize = 4;
const LETTERS_A_ROW: usize = 16;
const CHECK_BITS: u32 = 15;

/// Why a paper could not be read, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PaperError {
    /// A character that is in no row.
    #[error("row {row} has the character {letter:?}; rows have digits and letters, without U")]
    Letter {
        /// Which row.
        row: usize,
        /// What stands there.
        letter: char,
    },
    /// Too few or too many characters.
    #[error("row {row} has {found} characters, not {LETTERS_A_ROW}")]
    Length {
        /// Which row.
        row: usize,
        /// How many it has.
        found: usize,
    },
    /// The check characters do not fit.
    #[error(
        "row {0} is miscopied: its last three characters do not fit the others. Compare it with the paper"
    )]
    Check(usize),
    /// One row twice.
    #[error("row {0} is there twice; restore one key at a time")]
    Twice(usize),
    /// A row is not there.
    #[error("row {0} is missing; a key has the rows 1 to {ROWS}, each after its number")]
    Missing(usize),
    /// All rows fit, and the key is another one's.
    #[error("the rows make the key {made}, and the paper names {named}")]
    OtherKey {
        /// What the rows make.
        made: PublicKey,
        /// What the paper says.
        named: PublicKey,
    },
}

/// The rows of a seed, ready to print.
pub(crate) fn print(seed: &[u8; 32]) -> Zeroizing<String> {
    let (rows, _) = seed.as_chunks::<8>();
    let mut text = Zeroizing::new(String::with_capacity(128));
    for (row, bytes) in (1_u8..).zip(rows) {
        text.push_str(&format!("  {row} "));
        let bits = u128::from(u64::from_be_bytes(*bytes)) << (CHECK_BITS + 1) | u128::from(check(row, bytes));
        for place in 0..LETTERS_A_ROW {
            if place % 4 == 0 {
                text.push(' ');
            }
            let shift = 5 * (LETTERS_A_ROW - 1 - place);
            text.push(char::from(LETTERS[usize::from((bits >> shift).to_le_bytes()[0] & 31)]));
        }
        text.push('\n');
    }
    text
}

/// Reads the rows, and the public key if it stands there too; other lines are passed over.
pub(crate) fn read(text: &str) -> Result<Zeroizing<[u8; 32]>, PaperError> {
    let mut rows: [Option<[u8; 8]>; ROWS] = [None; ROWS];
    for line in text.lines() {
        let Some((number, letters)) = line.trim().split_once(char::is_whitespace) else { continue };
        let Some(row) = number.trim_end_matches('.').parse().ok().filter(|row| (1..=ROWS).contains(row))
        else {
            continue;
        };
        let bytes = read_row(row, letters)?;
        if rows[row - 1].replace(bytes).is_some() {
            return Err(PaperError::Twice(row));
        }
    }
    let mut seed = Zeroizing::new([0; 32]);
    for (place, row) in rows.iter().enumerate() {
        let bytes = row.ok_or(PaperError::Missing(place + 1))?;
        seed[place * 8..place * 8 + 8].copy_from_slice(&bytes);
    }
    let made = SigningKey::from_seed(*seed).public();
    match named_key(text) {
        Some(named) if named != made => Err(PaperError::OtherKey { made, named }),
        _ => Ok(seed),
    }
}

/// The public key that a line of the paper names.
fn named_key(text: &str) -> Option<PublicKey> {
    let word = |word: &str| word.parse().ok();
    text.lines().flat_map(str::split_whitespace).find_map(word)
}

fn read_row(row: usize, letters: &str) -> Result<[u8; 8], PaperError> {
    let mut bits = 0_u128;
    let mut found = 0;
    for letter in letters.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let upper = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let value = LETTERS.iter().position(|known| char::from(*known) == upper);
        let value = value.ok_or(PaperError::Letter { row, letter })?;
        found += 1;
        if found <= LETTERS_A_ROW {
            bits = bits << 5 | value as u128;
        }
    }
    if found != LETTERS_A_ROW {
        return Err(PaperError::Length { row, found });
    }
    let (head, low) = (bits >> (CHECK_BITS + 1), bits & 0xffff);
    let bytes = u64::try_from(head).map_err(|_| PaperError::Check(row))?.to_be_bytes();
    let number = u8::try_from(row).map_err(|_| PaperError::Missing(row))?;
    if low == u128::from(check(number, &bytes)) { Ok(bytes) } else { Err(PaperError::Check(row)) }
}

/// A zero bit and 15 bits that depend on the row's number and contents.
fn check(row: u8, bytes: &[u8; 8]) -> u16 {
    let mut hasher = blake3::Hasher::new_derive_key("nguon 2026-11 paper row v1");
    hasher.update(&[row]).update(bytes);
    let digest = hasher.finalize();
    u16::from_be_bytes([digest.as_bytes()[0], digest.as_bytes()[1]]) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> [u8; 32] {
        std::array::from_fn(|place| u8::try_from(place * 7 + 3).unwrap())
    }

    #[test]
    fn a_seed_comes_back_from_paper() {
        for seed in [seed(), [0; 32], [0xff; 32]] {
            assert_eq!(*read(&print(&seed)).unwrap(), seed, "{}", *print(&seed));
            assert_eq!(*read(&print(&seed).to_lowercase().replace(' ', "  ")).unwrap(), seed);
        }
    }

    #[test]
    fn letters_that_look_like_digits_are_digits() {
        let paper = print(&[0; 32]);
        let row = paper.lines().next().unwrap().trim_start_matches("  1 ");
        assert!(row.contains('0'), "{row}");
        assert_eq!(read_row(1, &row.replace('0', "O").replace('1', "l")), Ok([0; 8]));
    }

    #[test]
    fn every_wrong_character_is_named_by_its_row() {
        let paper = print(&seed());
        for (place, line) in paper.lines().enumerate() {
            for (at, letter) in line.char_indices().skip(4).filter(|(_, letter)| *letter != ' ') {
                let mut wrong = line.to_owned();
                wrong.replace_range(at..=at, if letter == '7' { "8" } else { "7" });
                let text = paper.replace(line, &wrong);
                assert_eq!(read(&text).unwrap_err(), PaperError::Check(place + 1), "{text}");
            }
        }
    }

    #[test]
    fn rows_must_all_be_there_once_and_in_their_place() {
        let paper = print(&seed());
        let lines: Vec<&str> = paper.lines().collect();
        assert_eq!(read(&lines[..3].join("\n")).unwrap_err(), PaperError::Missing(4));
        assert_eq!(read(&format!("{}{}", *paper, *paper)).unwrap_err(), PaperError::Twice(1));
        let swapped = paper.replace("  1 ", "  x ").replace("  2 ", "  1 ").replace("  x ", "  2 ");
        assert_eq!(read(&swapped).unwrap_err(), PaperError::Check(2));
        assert_eq!(read("1 ABCD").unwrap_err(), PaperError::Length { row: 1, found: 4 });
        assert_eq!(read("1 ABCU").unwrap_err(), PaperError::Letter { row: 1, letter: 'U' });
    }

    #[test]
    fn the_public_key_on_the_paper_decides() {
        let own = SigningKey::from_seed(seed()).public();
        let other = SigningKey::from_seed([1; 32]).public();
        assert!(read(&format!("key {own}\n{}", *print(&seed()))).is_ok());
        assert_eq!(
            read(&format!("key {other}\n{}", *print(&seed()))).unwrap_err(),
            PaperError::OtherKey { made: own, named: other }
        );
    }
}
