//! What is wrong with a log, and where.

use crate::authority::{AuthorityFinding, Hold, Refusal};
use crate::hash::EventId;
use crate::key::{KeyError, SignatureError};
use crate::record::RecordError;
use std::fmt;

/// Something that operator or store did wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The entry; none for the log as a whole.
    pub index: Option<u64>,
    /// The record, where the entry is one.
    pub event: Option<EventId>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The caller has left an entry out, or gave one twice.
    #[error("entry {expected} was to come")]
    OutOfOrder {
        /// The index that comes next.
        expected: u64,
    },
    /// The entry is no record.
    #[error("the entry is no record: {0}")]
    Malformed(#[from] RecordError),
    /// Its author's key may not be enrolled.
    #[error("the author's key may not be enrolled: {0}")]
    WeakAuthor(#[from] KeyError),
    /// Forged.
    #[error("the record is forged: {0}")]
    Forged(#[from] SignatureError),
    /// It had to be refused.
    #[error("the record had to be refused: {0}")]
    Refused(#[from] Refusal),
    /// It was logged before.
    #[error("the record was logged twice")]
    LoggedTwice,
    /// An author's second fork, or one of a revoked key, had to be answered and not logged.
    #[error("the log has its author's fork already")]
    ForkLoggedAgain,
    /// It had to wait.
    #[error("the record had to be held: {0}")]
    NotHeld(Hold),
    /// The operator's evidence does not follow at once.
    #[error("the record is disputed, and the operator's evidence does not follow")]
    EvidenceMissing,
    /// Evidence of a fork that is not in the log.
    #[error("the evidence names a fork that did not happen so")]
    EvidenceUnfounded,
    /// The operator broke the rule for its clock.
    #[error("the epoch breaks its rule: {0}")]
    Epoch(AuthorityFinding),
    /// An opening of a section that the record does not have.
    #[error("the record has no section {section}, and an opening is published for it")]
    OpeningUnknown {
        /// Which section.
        section: u8,
    },
    /// The published contents are not what was signed.
    #[error("the opening of section {section} does not match its commitment")]
    OpeningMismatch {
        /// Which section.
        section: u8,
    },
    /// A public section cannot be opened, and nobody announced why.
    #[error("public section {section} has neither opening nor erasure notice")]
    OpeningMissing {
        /// Which section.
        section: u8,
    },
    /// Contents that the operator announced as deleted are still published.
    #[error("section {section} was announced as erased, and its opening is still published")]
    ErasedStillOpen {
        /// Which section.
        section: u8,
    },
    /// The checkpoint is of another log.
    #[error("the checkpoint has another origin")]
    Origin,
    /// The checkpoint promises more or fewer entries.
    #[error("the checkpoint covers {checkpoint} entries, and there are {found}")]
    Size {
        /// The checkpoint's size.
        checkpoint: u64,
        /// Entries at hand.
        found: u64,
    },
    /// The entries are not those of the checkpoint.
    #[error("the checkpoint has another root than the entries at size {size}")]
    Root {
        /// The size.
        size: u64,
    },
}

impl FaultKind {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfOrder { .. } => "out-of-order",
            Self::Malformed(_) => "malformed",
            Self::WeakAuthor(_) => "weak-author",
            Self::Forged(_) => "forged",
            Self::Refused(refusal) => refusal.code(),
            Self::LoggedTwice => "logged-twice",
            Self::ForkLoggedAgain => "fork-logged-again",
            Self::NotHeld(_) => "not-held",
            Self::EvidenceMissing => "evidence-missing",
            Self::EvidenceUnfounded => "evidence-unfounded",
            Self::Epoch(finding) => finding.code(),
            Self::OpeningUnknown { .. } => "opening-unknown",
            Self::OpeningMismatch { .. } => "opening-mismatch",
            Self::OpeningMissing { .. } => "opening-missing",
            Self::ErasedStillOpen { .. } => "erased-still-open",
            Self::Origin => "origin",
            Self::Size { .. } => "size",
            Self::Root { .. } => "root",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.index, self.event) {
            (Some(index), Some(event)) => write!(f, "entry {index}, record {event}: {}", self.kind),
            (Some(index), None) => write!(f, "entry {index}: {}", self.kind),
            _ => self.kind.fmt(f),
        }
    }
}
