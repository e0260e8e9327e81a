//! The character sets of GS1 values (General Specifications 7.11), and percent-encoding for addresses.
//!
//! Every GS1 value is ASCII without blanks, so encoding works on bytes, and what is decoded is checked against its
//! set by the caller. Unreserved characters of RFC 3986 2.3 stay as they are; all others become `%` and two
//! upper-case digits, which makes the encoding of a value unique.

/// Characters of set 82 in the order of their values (figure 7.11-1).
pub(crate) const SET_82: &str =
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Whether `character` is in set 82, the one of lot and serial numbers.
pub(crate) fn in_set_82(character: char) -> bool {
    SET_82.contains(character)
}

/// Whether `character` is in set 39, the one of component and part identifiers (figure 7.11-2).
pub(crate) fn in_set_39(character: char) -> bool {
    matches!(character, '#' | '-' | '/' | '0'..='9' | 'A'..='Z')
}

/// Whether `character` is in set 64, base64 for addresses (figure 7.11-3).
pub(crate) fn in_set_64(character: char) -> bool {
    matches!(character, '-' | '0'..='9' | 'A'..='Z' | '_' | 'a'..='z')
}

/// `value` as it stands in one path segment or query value.
pub(crate) fn percent_encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The text that `encoded` stands for; `None` if a `%` is not followed by two hexadecimal digits (RFC 3986 2.1) or
/// the bytes are not text.
pub(crate) fn percent_decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next()?)? << 4 | hex(rest.next()?)? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sets_have_the_sizes_of_their_names() {
        let ascii = || (0..128u8).map(char::from);
        assert_eq!(ascii().filter(|c| in_set_82(*c)).count(), 82);
        assert_eq!(ascii().filter(|c| in_set_39(*c)).count(), 39);
        assert_eq!(ascii().filter(|c| in_set_64(*c)).count(), 64);
    }

    #[test]
    fn half_an_escape_is_refused() {
        for wrong in ["%", "%2", "%GG", "a%-1", "%+1", "%C3", "%FF"] {
            assert_eq!(percent_decode(wrong), None, "{wrong}");
        }
        assert_eq!(percent_decode("A%2fB%20"), Some("A/B ".to_owned()));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(value in any::<String>()) {
            prop_assert_eq!(percent_decode(&percent_encode(&value)), Some(value));
        }
    }
}
