//! Where a reader of the feed has got to.
//!
//! Changes are in the order of the log, which has no gaps and never moves: the entry that caused a change and, as one
//! recall takes down many listings, the change's place among those it caused.
//!
//! ```text
//! offset  bytes  field, big-endian
//! 0       1      version, 01
//! 1       8      log index
//! 9       4      position
//! ```
//!
//! Written as 18 characters of base64url without padding (RFC 4648, 5). To readers it is opaque. It is not signed:
//! whoever makes one up reads the public feed from another place, nothing more.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;
const BYTES: usize = 13;

/// The last change that a reader has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cursor {
    /// The log entry that caused the change.
    pub log_index: u64,
    /// The change's place among those the entry caused, from 0.
    pub position: u32,
}

/// Why a text is not a cursor of this service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not one of ours, or cut or changed on the way.
    #[error("this is not a cursor of this feed: take the one a page gave, as it is, or start without one")]
    Malformed,
    /// Made by a service of another version.
    #[error("this cursor has version {0}, which this feed does not know: start again without a cursor")]
    UnknownVersion(u8),
}

impl Cursor {
    /// Before every change: entry 0 is the operator's genesis, which changes no listing.
    pub const START: Cursor = Cursor { log_index: 0, position: 0 };

    /// Reads a cursor; there is exactly one text for each.
    pub fn parse(text: &str) -> Result<Cursor, CursorError> {
        // The length first: no need to decode what a stranger made long.
        if text.len() != (BYTES * 8).div_ceil(6) {
            return Err(CursorError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
        let (version, rest) = bytes.split_first().ok_or(CursorError::Malformed)?;
        if *version != VERSION {
            return Err(CursorError::UnknownVersion(*version));
        }
        let (log_index, position) = rest.split_first_chunk().ok_or(CursorError::Malformed)?;
        let position = position.try_into().map_err(|_| CursorError::Malformed)?;
        Ok(Cursor { log_index: u64::from_be_bytes(*log_index), position: u32::from_be_bytes(position) })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [VERSION; BYTES];
        bytes[1..9].copy_from_slice(&self.log_index.to_be_bytes());
        bytes[9..].copy_from_slice(&self.position.to_be_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Cursor, CursorError> {
        Cursor::parse(text)
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;

    fn try_from(text: String) -> Result<Cursor, CursorError> {
        Cursor::parse(&text)
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> String {
        cursor.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_is_eighteen_characters() {
        assert_eq!(Cursor::START.to_string(), "AQAAAAAAAAAAAAAAAA");
        let cursor = Cursor { log_index: 4_711, position: 2 };
        assert_eq!(cursor.to_string(), "AQAAAAAAABJnAAAAAg");
        assert_eq!(serde_json::to_string(&cursor).unwrap(), "\"AQAAAAAAABJnAAAAAg\"");
    }

    #[test]
    fn what_is_not_exactly_a_cursor_is_refused() {
        let unknown = CursorError::UnknownVersion;
        let cases = [
            ("", CursorError::Malformed),
            ("0", CursorError::Malformed),
            ("2026-11-22", CursorError::Malformed),
            ("AQAAAAAAABJnAAAAA", CursorError::Malformed),
            ("AQAAAAAAABJnAAAAAgA", CursorError::Malformed),
            ("AQAAAAAAABJnAAAAAg==", CursorError::Malformed),
            (" AQAAAAAAABJnAAAAA", CursorError::Malformed),
            ("AQAAAAAAABJnAAAA+/", CursorError::Malformed),
            // The last four bits carry nothing and must be zero: one cursor, one text.
            ("AQAAAAAAABJnAAAAAh", CursorError::Malformed),
            ("AgAAAAAAABJnAAAAAg", unknown(2)),
            ("AAAAAAAAABJnAAAAAg", unknown(0)),
        ];
        for (text, expected) in cases {
            assert_eq!(Cursor::parse(text), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_undoes_parsing(log_index: u64, position: u32) {
            let cursor = Cursor { log_index, position };
            prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }

        #[test]
        fn each_cursor_has_one_text(text in "[A-Za-z0-9_-]{18}") {
            if let Ok(cursor) = Cursor::parse(&text) {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = Cursor::parse(&text);
        }

        #[test]
        fn cursors_sort_as_the_log_does(a: (u64, u32), b: (u64, u32)) {
            let cursor = |(log_index, position)| Cursor { log_index, position };
            prop_assert_eq!(cursor(a).cmp(&cursor(b)), a.cmp(&b));
        }
    }
}
