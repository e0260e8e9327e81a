//! What must be said of a record that was logged.

use crate::control::{PossessionError, Roles};
use crate::hash::EventId;
use crate::key::KeyError;
use crate::merkle;
use crate::record::Record;

/// What must be said of a logged record, in order of precedence. A finding blames the signer, never the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityFinding {
    /// Its place in the chain was taken: it counts for nothing unless its organisation adopts it.
    #[error("another record of this key was logged first at this place")]
    Disputed,
    /// It was held after a fork or a revocation, and its organisation took it on.
    #[error("held after a fork or a revocation, and adopted by its organisation")]
    Adopted,
    /// The device had seen a tree that is not this log's: somebody shows different logs to different people.
    #[error("the device had seen another log than this one at {size} records")]
    SplitView {
        /// The size of the tree it had seen.
        size: u64,
    },
    /// The key's time was over.
    #[error("the key's time was over")]
    KeyExpired,
    /// The act is beyond the key's role.
    #[error("the key lacks the role for this act")]
    RoleLacking {
        /// What it needs.
        needs: Roles,
    },
    /// An inspection by an organisation that is not recognised as inspector.
    #[error("the organisation is not recognised as an inspector")]
    StandingLacking,
    /// The operator does not recognise the organisation as anything.
    #[error("the organisation is not recognised")]
    NotRecognised,
    /// A control record by a key that may not: no effect.
    #[error("the key may not do this")]
    NotAuthorised,
    /// The key announced or delegated to fails enrolment: no effect.
    #[error("the key named may not be enrolled: {0}")]
    WeakKey(KeyError),
    /// The device did not sign the rights: no effect.
    #[error("the device did not sign these rights")]
    PossessionInvalid,
    /// The key named belongs to another organisation, or to none: no effect.
    #[error("the key named is not one of this organisation")]
    KeyOfAnotherOrganisation,
    /// The key named is its organisation's root, which only rotation changes: no effect.
    #[error("the key named is the organisation's root")]
    KeyIsRoot,
    /// The key named has ended, and never returns: no effect.
    #[error("the key named has ended, and never returns")]
    KeyEnded,
    /// The key or organisation named is not in the log: no effect.
    #[error("what the record names is not in the log")]
    TargetUnknown,
    /// An epoch earlier than the one before: no effect.
    #[error("the time falls behind the epoch before")]
    EpochBackwards,
    /// An epoch that names another place than its own: no effect.
    #[error("the epoch names {size} records before it, and there are {index}")]
    EpochSize {
        /// What it says.
        size: u64,
        /// Its index.
        index: u64,
    },
    /// A revocation that comes after records above the last good one: they stay, with a flag.
    #[error(
        "records from seq {from} to {to} were logged before the revocation and are no longer vouched for"
    )]
    AfterRevocation {
        /// The first such place of the chain.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The operator's evidence of a fork: the chain is frozen.
    #[error("records {first} and {other} claim one place: the chain is frozen")]
    Forked {
        /// The one logged first.
        first: EventId,
        /// The disputed one.
        other: EventId,
    },
}

impl AuthorityFinding {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disputed => "disputed",
            Self::Adopted => "adopted",
            Self::SplitView { .. } => "split-view",
            Self::KeyExpired => "key-expired",
            Self::RoleLacking { .. } => "role-lacking",
            Self::StandingLacking => "standing-lacking",
            Self::NotRecognised => "not-recognised",
            Self::NotAuthorised => "not-authorised",
            Self::WeakKey(_) => "weak-key",
            Self::PossessionInvalid => "possession-invalid",
            Self::KeyOfAnotherOrganisation => "key-of-another-organisation",
            Self::KeyIsRoot => "key-is-root",
            Self::KeyEnded => "key-ended",
            Self::TargetUnknown => "target-unknown",
            Self::EpochBackwards => "epoch-backwards",
            Self::EpochSize { .. } => "epoch-size",
            Self::AfterRevocation { .. } => "after-revocation",
            Self::Forked { .. } => "forked",
        }
    }

    /// Whether a record with this finding counts for nothing. A disputed record counts again once it is adopted.
    pub fn is_void(&self) -> bool {
        !matches!(
            self,
            Self::Adopted
                | Self::SplitView { .. }
                | Self::NotRecognised
                | Self::AfterRevocation { .. }
                | Self::Forked { .. }
        )
    }
}

impl From<PossessionError> for AuthorityFinding {
    fn from(error: PossessionError) -> Self {
        match error {
            PossessionError::Key(error) => Self::WeakKey(error),
            PossessionError::Signature(_) => Self::PossessionInvalid,
        }
    }
}

/// Whether the device had seen another log: a tree larger than what came before the record at `index`, or another root
/// than this log's at that size. `root_at` gives the log's root at a size of at most `index`.
pub fn split_view(
    record: &Record,
    index: u64,
    root_at: impl FnOnce(u64) -> merkle::Hash,
) -> Option<AuthorityFinding> {
    let seen = record.seen();
    let agrees = seen.size == 0 || (seen.size <= index && root_at(seen.size) == seen.root);
    (!agrees).then_some(AuthorityFinding::SplitView { size: seen.size })
}
