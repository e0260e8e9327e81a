//! Why bytes are not a record.

use super::{Kind, MAX_RECORD_BYTES, MAX_SECTIONS};

/// Why bytes are not a record, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Shorter than the fixed fields and the signature.
    #[error("a record has at least 264 bytes, not {0}")]
    TooShort(usize),
    /// Longer than an entry of the log can be.
    #[error("a record has at most {MAX_RECORD_BYTES} bytes, not {0}")]
    TooLong(usize),
    /// Begins with something else.
    #[error("the bytes do not begin with NGN1")]
    Magic,
    /// No such kind.
    #[error("there is no record of kind {0:#04x}")]
    Kind(u8),
    /// No such suite.
    #[error("there is no suite {0:#04x}")]
    Suite(u8),
    /// More subjects than a record can name; only a draft can have them.
    #[error("a record has at most 255 subjects, not {0}")]
    TooManySubjects(usize),
    /// More sections than a record may have.
    #[error("a record has at most {MAX_SECTIONS} sections, not {0}")]
    TooManySections(usize),
    /// The control body is not as long as its kind demands.
    #[error("a control body of {length} bytes does not fit the kind {kind}")]
    ControlLength {
        /// The record's kind.
        kind: Kind,
        /// The length it gives.
        length: usize,
    },
    /// An event without an act, with an unknown act, or an act on something that is no event.
    #[error("the act {act:#04x} does not fit the kind {kind}")]
    Act {
        /// The record's kind.
        kind: Kind,
        /// The act byte.
        act: u8,
    },
    /// A byte that must be zero is not.
    #[error("a reserved byte is not zero")]
    Reserved,
    /// Not as long as its first 16 bytes say.
    #[error("the first 16 bytes promise {expected} bytes, and there are {found}")]
    Length {
        /// What follows from the counts.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// A genesis record makes its organisation and cannot be inside one.
    #[error("a genesis record names an organisation")]
    GenesisInsideOrganisation,
    /// Only a genesis record has no organisation.
    #[error("the record names no organisation")]
    NoOrganisation,
    /// A genesis or rotation begins its author's chain.
    #[error("a {0} record must be the first of its author's chain")]
    NotFirst(Kind),
    /// The first record of a chain has nothing before it.
    #[error("the first record of a chain names one before it")]
    PrevAtStart,
    /// Every later record names the one before it.
    #[error("a later record of a chain does not name the one before it")]
    NoPrev,
    /// A device that saw no checkpoint saw no root.
    #[error("the record names a root and no tree size")]
    RootWithoutSize,
}
