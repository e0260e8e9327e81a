//! Check digits and check characters of the GS1 keys.
//!
//! Numeric keys end in one digit, so that the sum of all digits, weighted 1, 3, 1, 3, … from the right, is a multiple
//! of ten (GS1 General Specifications 7.9.1). Keys with letters end in a pair of characters from a set of 32: the sum
//! of the characters' values, weighted with the primes from the right, modulo 1021, written in two five-bit halves
//! (7.9.5).
//!
//! Ten values cannot catch everything: a swap of two neighbouring digits that differ by five passes.

use crate::char_set::SET_82;

const CHECK_CHARACTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Weights of the characters before the pair, the last of them first. A key has at most 25 characters, so 23.
const PRIMES: [u32; 23] =
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];

/// The check digit that belongs after `digits`, or `None` if they are not digits.
///
/// ```
/// assert_eq!(nguon_id::check_digit("0952123400010"), Some('5'));
/// assert_eq!(nguon_id::check_digit("952x"), None);
/// ```
pub fn check_digit(digits: &str) -> Option<char> {
    if digits.is_empty() {
        return None;
    }
    let mut sum = 0;
    for (position, digit) in digits.chars().rev().enumerate() {
        let weight = if position % 2 == 0 { 3 } else { 1 };
        // Reduced at each step: the text may be longer than any key.
        sum = (sum + weight * digit.to_digit(10)?) % 10;
    }
    char::from_digit((10 - sum) % 10, 10)
}

/// Whether the last digit of `digits` is the check digit of those before it.
pub(crate) fn has_right_check_digit(digits: &str) -> bool {
    let mut body = digits.chars();
    let last = body.next_back();
    last.is_some() && check_digit(body.as_str()) == last
}

/// Whether the last two characters of `key` are the check characters of those before them.
pub(crate) fn has_right_check_pair(key: &str) -> bool {
    let Some((body, pair)) = key.as_bytes().split_last_chunk::<2>() else {
        return false;
    };
    if body.len() > PRIMES.len() {
        return false;
    }
    let mut sum: u32 = 0;
    for (character, weight) in body.iter().rev().zip(PRIMES) {
        let Some(value) = SET_82.bytes().position(|member| member == *character) else {
            return false;
        };
        sum += weight * u32::try_from(value).expect("the set has 82 members");
    }
    sum %= 1021;
    let half = |bits: u32| CHECK_CHARACTERS[(bits & 31) as usize];
    *pair == [half(sum >> 5), half(sum)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_of_published_keys_is_right() {
        for key in ["09506000134352", "9506000134376", "106141412345678908", "95012346", "614141123452"] {
            assert!(has_right_check_digit(key), "{key}");
        }
        assert!(!has_right_check_digit("09506000134353"));
        assert!(!has_right_check_digit(""));
        assert!(!has_right_check_digit("٣"));
    }

    #[test]
    fn every_single_wrong_digit_is_noticed() {
        let right = "09521234000105";
        for position in 0..right.len() {
            for digit in '0'..='9' {
                let mut wrong = right.to_owned();
                wrong.replace_range(position..=position, digit.encode_utf8(&mut [0; 4]));
                assert_eq!(has_right_check_digit(&wrong), wrong == right, "{wrong}");
            }
        }
    }

    /// The example of the General Specifications, 7.9.5.
    #[test]
    fn the_check_pair_of_the_published_model_number_is_right() {
        assert!(has_right_check_pair("1987654Ad4X4bL5ttr2310c2K"));
        for wrong in ["1987654Ad4X4bL5ttr2310c2X", "1987654Bd4X4bL5ttr2310c2K", "2", "", "ô22"] {
            assert!(!has_right_check_pair(wrong), "{wrong}");
        }
    }
}
