//! The line grammar that the C2SP text formats share: lines that end in a newline, decimals without leading
//! zeros, hashes in padded base64 (RFC 4648 §4). Everything has exactly one spelling, so that what was parsed
//! prints as it came.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::merkle::Hash;

/// Cuts the next line off, without its newline; `None` if no newline is left.
pub(crate) fn next_line<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (line, after) = rest.split_once('\n')?;
    *rest = after;
    Some(line)
}

/// A decimal without sign, leading zeros or overflow.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if canonical && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Base64 with padding and no stray bits.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A hash of exactly 32 bytes in base64.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    Hash::try_from(base64(text)?.as_slice()).ok()
}

/// Writes bytes as base64.
pub(crate) fn to_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "1_000", "18446744073709551616", "١"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(base64("AAE="), Some(vec![0, 1]));
        for text in ["AAE", "AAF=", "AAE=\n", "AA E=", "AAE==", "__8="] {
            assert_eq!(base64(text), None, "{text:?}");
        }
    }
}
