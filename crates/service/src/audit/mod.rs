//! A whole ledger, checked from outside: the published files by themselves, then the database against them.
//!
//! [`published`] trusts only the policy (the log's key, the witnesses): it reads every entry, opening, tile and
//! checkpoint. [`database`] then compares every column of every row with what was proven, and the read models with
//! those that the records give. Each [`Wrong`] names a place.

mod database;
mod published;

use serde::Serialize;

pub use database::{compare_read_models, database};
pub use published::{Files, Published, published};

/// Something that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// File, or table and row.
    pub place: String,
    /// Which entry, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Which record, hex, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub sentence: String,
}

impl Wrong {
    pub(crate) fn at(place: impl Into<String>, code: &str, sentence: impl std::fmt::Display) -> Self {
        Self {
            place: place.into(),
            index: None,
            event_id: None,
            code: code.to_owned(),
            sentence: sentence.to_string(),
        }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence)
    }
}

/// Faults listed, at most; the rest is counted.
const LISTED: usize = 100;

/// Collects what is wrong without growing beyond bound.
#[derive(Debug, Default)]
pub struct Findings {
    /// All of them.
    pub count: u64,
    /// The first of them.
    pub listed: Vec<Wrong>,
}

impl Findings {
    pub(crate) fn add(&mut self, wrong: Wrong) {
        self.count += 1;
        if self.listed.len() < LISTED {
            self.listed.push(wrong);
        }
    }

    /// Whether nothing is wrong.
    pub fn none(&self) -> bool {
        self.count == 0
    }
}
