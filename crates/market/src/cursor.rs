//! Where a reader of the feed has got to, and when it was told.
//!
//! Changes are in the order of the log, which has no gaps and never moves: the entry that caused a change and, as one
//! recall takes down many listings, the change's place among those it caused.
//!
//! ```text
//! offset  bytes  field, big-endian
//! 0       1      version, 02
//! 1       8      log index
//! 9       4      position
//! 13      2      the day on which it was told, days since 1970-01-01
//! ```
//!
//! Written as 20 characters of base64url without padding (RFC 4648, 5). To readers it is opaque. It is not signed:
//! whoever makes one up reads the feed from another place, nothing more. The day is there because deletions are not told for
//! ever: a reader that comes back after that has missed some, whatever its place.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const VERSION: u8 = 2;
const BYTES: usize = 15;
const DAY_MS: i64 = 86_400_000;

/// The last change that a reader has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cursor {
    /// The log entry that caused the change.
    pub log_index: u64,
    /// The change's place among those the entry caused, from 0.
    pub position: u32,
    /// The day on which the cursor was told: days since 1970-01-01 in UTC.
    pub day: u16,
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
    pub const START: Cursor = Cursor { log_index: 0, position: 0, day: 0 };

    /// Whether every change comes after it, whenever it was told.
    pub fn is_start(self) -> bool {
        (self.log_index, self.position) == (0, 0)
    }

    /// The same place, told at this time.
    #[must_use]
    pub fn told_at(self, now_ms: i64) -> Cursor {
        Cursor { day: u16::try_from(now_ms.div_euclid(DAY_MS).max(0)).unwrap_or(u16::MAX), ..self }
    }

    /// Whole days since it was told.
    pub fn age_days(self, now_ms: i64) -> i64 {
        now_ms.div_euclid(DAY_MS) - i64::from(self.day)
    }

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
        let (log_index, rest) = rest.split_first_chunk().ok_or(CursorError::Malformed)?;
        let (position, day) = rest.split_first_chunk().ok_or(CursorError::Malformed)?;
        let day = day.try_into().map_err(|_| CursorError::Malformed)?;
        Ok(Cursor {
            log_index: u64::from_be_bytes(*log_index),
            position: u32::from_be_bytes(*position),
            day: u16::from_be_bytes(day),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [VERSION; BYTES];
        bytes[1..9].copy_from_slice(&self.log_index.to_be_bytes());
        bytes[9..13].copy_from_slice(&self.position.to_be_bytes());
        bytes[13..].copy_from_slice(&self.day.to_be_bytes());
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

    const CURSOR: Cursor = Cursor { log_index: 4_711, position: 2, day: 20_785 };

    #[test]
    fn a_cursor_is_twenty_characters() {
        assert_eq!(Cursor::START.to_string(), "AgAAAAAAAAAAAAAAAAAA");
        assert_eq!(CURSOR.to_string(), "AgAAAAAAABJnAAAAAlEx");
        assert_eq!(serde_json::to_string(&CURSOR).unwrap(), "\"AgAAAAAAABJnAAAAAlEx\"");
    }

    #[test]
    fn what_is_not_exactly_a_cursor_is_refused() {
        let unknown = CursorError::UnknownVersion;
        let cases = [
            ("", CursorError::Malformed),
            ("0", CursorError::Malformed),
            ("2026-11-22", CursorError::Malformed),
            ("AgAAAAAAABJnAAAAAlE", CursorError::Malformed),
            ("AgAAAAAAABJnAAAAAlExA", CursorError::Malformed),
            ("AgAAAAAAABJnAAAAAlEx==", CursorError::Malformed),
            (" gAAAAAAABJnAAAAAlEx", CursorError::Malformed),
            ("AgAAAAAAABJnAAAAAl+/", CursorError::Malformed),
            ("AQAAAAAAABJnAAAAAlEx", unknown(1)),
            ("AwAAAAAAABJnAAAAAlEx", unknown(3)),
        ];
        for (text, expected) in cases {
            assert_eq!(Cursor::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_cursor_knows_its_age_and_the_start_has_none() {
        // 28 November 2026 is day 20,785.
        let now_ms = 20_785 * DAY_MS + 1;
        assert_eq!(Cursor::START.told_at(now_ms).day, 20_785);
        assert_eq!(CURSOR.age_days(now_ms), 0);
        assert_eq!(CURSOR.age_days(now_ms + 90 * DAY_MS), 90);
        assert!(Cursor::START.told_at(now_ms).is_start() && !CURSOR.is_start());
        assert_eq!(Cursor::START.told_at(-1).day, 0);
        assert_eq!(Cursor::START.told_at(i64::MAX).day, u16::MAX);
    }

    proptest! {
        #[test]
        fn printing_undoes_parsing(log_index: u64, position: u32, day: u16) {
            let cursor = Cursor { log_index, position, day };
            prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }

        #[test]
        fn each_cursor_has_one_text(text in "[A-Za-z0-9_-]{20}") {
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
            let cursor = |(log_index, position)| Cursor { log_index, position, day: 7 };
            prop_assert_eq!(cursor(a).cmp(&cursor(b)), a.cmp(&b));
        }
    }
}
