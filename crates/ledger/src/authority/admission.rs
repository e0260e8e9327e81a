//! What the log does with a record, before it does it.

use super::{Authority, Rights};
use crate::hash::{EventId, PublicKey, next_key_digest};
use crate::key::KeyError;
use crate::record::{Kind, Record};

/// What the log does with a record that is well formed and whose signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It becomes the next entry.
    Append,
    /// It is logged already: the first answer again.
    Duplicate,
    /// It becomes the next entry as disputed, and the operator's evidence the one after; the answer is a conflict.
    Dispute {
        /// The record logged first at its place.
        first: EventId,
    },
    /// Its place is taken, and the log has all it needs to know of that: nothing is logged.
    Conflict {
        /// The record logged first at its place.
        first: EventId,
        /// This one.
        other: EventId,
    },
    /// Not now; nothing is logged.
    Hold(Hold),
}

/// Why a record waits. Held is not accepted: no index, no receipt, its author keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hold {
    /// Records of the chain before it are missing.
    #[error("the chain goes on at seq {expected}, which has not come yet")]
    Gap {
        /// The place that comes next.
        expected: u64,
    },
    /// Its key was revoked, and it lies above the last good place: it waits for `adopt`.
    #[error("the key was revoked, and the organisation has not adopted this record")]
    AfterRevocation {
        /// The last place that the organisation stands behind.
        last_good: Option<u64>,
    },
    /// The chain forked: it waits for `adopt`, a new delegation or a revocation.
    #[error("the chain forked: records {first} and {other} claim one place")]
    Frozen {
        /// The record logged first.
        first: EventId,
        /// The disputed one.
        other: EventId,
    },
}

impl Hold {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "gap",
            Self::AfterRevocation { .. } => "after-revocation",
            Self::Frozen { .. } => "frozen",
        }
    }
}

/// Why a record is refused for good, or until something else is logged; in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Signed for another ledger.
    #[error("the record was signed for another ledger")]
    WrongLedger,
    /// Only the operator's genesis can be the first record.
    #[error("the log has no operator yet: its first record must be a genesis")]
    NoOperator,
    /// The author of a genesis or rotation fails enrolment.
    #[error("the key may not be enrolled: {0}")]
    WeakKey(KeyError),
    /// A genesis by a key that belongs to an organisation already.
    #[error("the key already belongs to an organisation")]
    KeyTaken,
    /// No organisation stands behind the author.
    #[error("no organisation stands behind this key")]
    UnknownKey,
    /// Signed in the name of another organisation.
    #[error("the key belongs to another organisation")]
    OrganisationMismatch,
    /// The author was a root, and a rotation has replaced it.
    #[error("this root key was replaced")]
    RootReplaced,
    /// The organisation is suspended.
    #[error("the organisation is suspended")]
    Suspended,
    /// The caller owed the record logged first at this place (see [`Authority::needs_trunk`]).
    #[error("the record logged first at this place was not looked up")]
    TrunkUnknown,
    /// It follows another record than the chain's head.
    #[error("the chain's head is {head}, and the record follows another")]
    PrevMismatch {
        /// The chain's head.
        head: EventId,
    },
}

impl Refusal {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongLedger => "wrong-ledger",
            Self::NoOperator => "no-operator",
            Self::WeakKey(_) => "weak-key",
            Self::KeyTaken => "key-taken",
            Self::UnknownKey => "unknown-key",
            Self::OrganisationMismatch => "organisation-mismatch",
            Self::RootReplaced => "root-replaced",
            Self::Suspended => "suspended",
            Self::TrunkUnknown => "trunk-unknown",
            Self::PrevMismatch { .. } => "prev-mismatch",
        }
    }
}

impl Authority {
    /// Whether [`Authority::admit`] must be told which record was logged first at this author and seq. It knows each
    /// chain's head itself, so retries of the newest record cost no lookup.
    pub fn needs_trunk(&self, record: &Record) -> bool {
        record.kind() != Kind::Genesis
            && self.head(&record.author()).is_some_and(|head| record.seq() < head.seq)
    }

    /// Decides what the log does with a record whose signature was verified. `trunk` is the event id logged first at
    /// its author and seq, when [`Authority::needs_trunk`] asks for it.
    pub fn admit(&self, record: &Record, trunk: Option<EventId>) -> Result<Admission, Refusal> {
        if record.ledger_id() != self.ledger {
            return Err(Refusal::WrongLedger);
        }
        if record.kind() == Kind::Genesis {
            return self.admit_genesis(record);
        }
        if self.operator.is_none() {
            return Err(Refusal::NoOperator);
        }
        let author = record.author();
        let Some(key) = self.keys.get(&author) else { return self.admit_rotation(record) };

        let (seq, event) = (record.seq(), record.event_id());
        let taken = key.head.filter(|head| seq <= head.seq);
        let first = taken.and_then(|head| if seq == head.seq { Some(head.event) } else { trunk });
        if first == Some(event) {
            return Ok(Admission::Duplicate);
        }
        if record.organisation() != key.organisation {
            return Err(Refusal::OrganisationMismatch);
        }
        if key.rights == Rights::FormerRoot {
            return Err(Refusal::RootReplaced);
        }
        if self.is_suspended(key.organisation) {
            return Err(Refusal::Suspended);
        }
        if taken.is_some() {
            let first = first.ok_or(Refusal::TrunkUnknown)?;
            let is_known = key.revoked.is_some() || key.fork.is_some() || self.owes_evidence_of(&author);
            return Ok(if is_known {
                Admission::Conflict { first, other: event }
            } else {
                Admission::Dispute { first }
            });
        }
        // Here seq lies above the head, so the head's is not the largest number.
        let expected = key.head.map_or(0, |head| head.seq + 1);
        if seq > expected {
            return Ok(Admission::Hold(Hold::Gap { expected }));
        }
        let head = key.head.map_or(EventId::ZERO, |head| head.event);
        if record.prev() != head {
            return Err(Refusal::PrevMismatch { head });
        }
        if self.is_adopted(key.organisation, event) {
            return Ok(Admission::Append);
        }
        // A revocation says up to where the chain is good, and so also resolves a fork.
        Ok(match (key.revoked, key.fork) {
            (Some(revoked), _) if key.is_doubted(seq) => {
                Admission::Hold(Hold::AfterRevocation { last_good: revoked.last_good })
            }
            (None, Some(fork)) if fork.frozen => {
                Admission::Hold(Hold::Frozen { first: fork.first, other: fork.other })
            }
            _ => Admission::Append,
        })
    }

    fn admit_genesis(&self, record: &Record) -> Result<Admission, Refusal> {
        if let Some(key) = self.keys.get(&record.author()) {
            return if key.organisation == record.belongs_to() {
                Ok(Admission::Duplicate)
            } else {
                Err(Refusal::KeyTaken)
            };
        }
        record.author().check_enrolment().map_err(Refusal::WeakKey)?;
        Ok(Admission::Append)
    }

    /// A record by a key that nobody delegated: only a rotation by the key that was committed to has a right to come.
    fn admit_rotation(&self, record: &Record) -> Result<Admission, Refusal> {
        if !self.is_committed_next(record) {
            return Err(Refusal::UnknownKey);
        }
        record.author().check_enrolment().map_err(Refusal::WeakKey)?;
        if self.is_suspended(record.organisation()) {
            return Err(Refusal::Suspended);
        }
        Ok(Admission::Append)
    }

    /// Whether the record is a rotation by the key that its organisation committed to.
    pub(super) fn is_committed_next(&self, record: &Record) -> bool {
        record.kind() == Kind::Rotate
            && self
                .organisations
                .get(&record.organisation())
                .is_some_and(|organisation| organisation.next == next_key_digest(&record.author()))
    }

    fn owes_evidence_of(&self, author: &PublicKey) -> bool {
        self.owed_evidence.is_some_and(|owed| owed.author == *author)
    }
}
