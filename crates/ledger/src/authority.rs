//! Who may say what: decided from the records alone, in the order in which they were logged.
//!
//! An organisation is a root key that delegates. Its genesis record makes it, `delegate` records admit device keys with
//! roles, `revoke` ends them, `rotate` moves the root to the key it committed to before. The organisation whose genesis
//! stands at index 0 is the *operator*, and says what the others are recognised as. [`Authority`] is all of this as it
//! stands before some index. The sequencer that accepts records and the auditor who checks it years later run the
//! same two steps for each record:
//!
//! ```text
//! admit   what the log does with it: append, answer again, dispute, hold, refuse     changes nothing
//! append  what the record at this index changes, and what must be said of it         refuses nothing
//! ```
//!
//! # Decisions
//!
//! The format leaves these to whoever applies it; every verifier must decide them in the same way.
//!
//! 1. *Rules judge, they do not gag.* Refused is only what is malformed or forged, of another ledger, by a key that no
//!    organisation stands behind or of a suspended one, in the name of another organisation, by a root that was
//!    replaced, or not linked to its own chain. A control record by a key without the right, a delegation whose
//!    proof of possession fails or whose device key is weak, an epoch that goes back: all are logged, have no effect,
//!    and leave an [`AuthorityFinding`].
//! 2. A key that comes in by itself, as the author of a genesis or rotation, must pass enrolment, or the record is
//!    refused: nothing signed by a weak key proves anything. A rotation by a key that was not committed to is a record by
//!    an unknown key. A genesis by a key that already belongs somewhere is refused: a key has one organisation for ever.
//! 3. A chain is frozen from the fork evidence on. Its next record is held, and appended once an `adopt` of its own
//!    organisation names it and its place in the chain has come. A new delegation of the same key lets the chain go on from
//!    its head, and a revocation up to the last good seq. An author's later forks are answered and never logged.
//! 4. Adopting a disputed record makes its contents count, and does not move the chain's head. A disputed *control*
//!    record never takes effect; the organisation says it again on an undisputed chain.
//! 5. The operator's keys are its root and its delegated keys with the admin role. The operator cannot be suspended:
//!    nobody would be left to take it back.
//! 6. A root may do everything. It is never delegated to or revoked; only rotation ends it, for good.
//! 7. Revoking again may only lower the last good seq.
//! 8. The same bytes at the same place are answered as before, whatever became of key and organisation since.
//!
//! What this does not do: look at contents, count time other than by epochs, know the log's roots (see [`split_view`]), or
//! keep what events say. An `Authority` grows with organisations and keys, adoptions and erasures, not with events: it
//! is rebuilt at start from the control records and the chain heads ([`Authority::restore`],
//! [`Authority::restore_head`]).
//!
//! Trust: an `Authority` is a cache of the log. Whoever changes it can have forged rights accepted here, and no audit
//! would agree.

mod admission;
mod effect;
mod finding;

pub use admission::{Admission, Hold, Refusal};
pub use finding::{AuthorityFinding, split_view};

use crate::control::{Flags, Roles, Standing};
use crate::hash::{EventId, LedgerId, NextKeyDigest, OrganisationId, PublicKey};
use crate::record::Act;
use std::collections::{BTreeMap, BTreeSet};

/// Who may say what, as it stands after some number of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    ledger: LedgerId,
    operator: Option<OrganisationId>,
    organisations: BTreeMap<OrganisationId, Organisation>,
    keys: BTreeMap<PublicKey, Key>,
    adopted: BTreeSet<(OrganisationId, EventId)>,
    erased: BTreeSet<(EventId, u8)>,
    newest_epoch: Option<Epoch>,
    log_keys: Vec<LogKey>,
    owed_evidence: Option<OwedEvidence>,
}

/// An organisation as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its root key.
    pub root: PublicKey,
    /// What it committed to as its next root key.
    pub next: NextKeyDigest,
    /// What the operator recognises it as.
    pub standing: Standing,
    /// Index of its genesis record.
    pub since: u64,
}

/// A key as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose it is, for ever.
    pub organisation: OrganisationId,
    /// What it may do.
    pub rights: Rights,
    /// Index of the record that last gave it these rights.
    pub since: u64,
    /// How it ended, if it did.
    pub revoked: Option<Revocation>,
    /// Its fork, if it ever forked.
    pub fork: Option<Fork>,
    /// Its last accepted record.
    pub head: Option<Head>,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// The organisation's root: everything.
    Root,
    /// A root that was replaced: nothing, for ever.
    FormerRoot,
    /// What was delegated.
    Delegated {
        /// Which acts, and whether it may enrol others.
        roles: Roles,
        /// How the key is kept.
        flags: Flags,
        /// The last moment in log time.
        not_after_ms: u64,
    },
}

/// The end of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Index from which it holds.
    pub index: u64,
    /// The last place in the chain that the organisation stands behind; `None`: no place at all.
    pub last_good: Option<u64>,
    /// Why.
    pub reason: u16,
}

/// Two records that one key signed for one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The one logged first: trunk.
    pub first: EventId,
    /// The one logged as disputed.
    pub other: EventId,
    /// Whether the chain waits for its organisation.
    pub frozen: bool,
}

/// The last accepted record of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its place in the chain.
    pub seq: u64,
    /// Its name.
    pub event: EventId,
}

/// The operator's clock as it was last set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Index of the record.
    pub index: u64,
    /// Unix milliseconds.
    pub time_ms: u64,
    /// Root of the map; zero while there is none.
    pub map_root: [u8; 32],
}

/// A key that was announced to sign checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogKey {
    /// Index of the announcement.
    pub index: u64,
    /// The key.
    pub key: PublicKey,
}

/// A disputed record was logged, and the operator's evidence of it must follow at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwedEvidence {
    /// Who forked.
    pub author: PublicKey,
    /// The disputed record.
    pub other: EventId,
}

impl Authority {
    /// Nobody may say anything yet: the ledger before its first record.
    pub fn new(ledger: LedgerId) -> Self {
        Self {
            ledger,
            operator: None,
            organisations: BTreeMap::new(),
            keys: BTreeMap::new(),
            adopted: BTreeSet::new(),
            erased: BTreeSet::new(),
            newest_epoch: None,
            log_keys: Vec::new(),
            owed_evidence: None,
        }
    }

    /// The ledger.
    pub fn ledger_id(&self) -> LedgerId {
        self.ledger
    }

    /// The operator's organisation, once its genesis is logged.
    pub fn operator(&self) -> Option<OrganisationId> {
        self.operator
    }

    /// One organisation.
    pub fn organisation(&self, id: OrganisationId) -> Option<&Organisation> {
        self.organisations.get(&id)
    }

    /// All organisations, by id.
    pub fn organisations(&self) -> impl Iterator<Item = (OrganisationId, &Organisation)> {
        self.organisations.iter().map(|(id, organisation)| (*id, organisation))
    }

    /// One key.
    pub fn key(&self, key: &PublicKey) -> Option<&Key> {
        self.keys.get(key)
    }

    /// All keys, in byte order.
    pub fn keys(&self) -> impl Iterator<Item = (PublicKey, &Key)> {
        self.keys.iter().map(|(public, key)| (*public, key))
    }

    /// The last accepted record of a chain.
    pub fn head(&self, author: &PublicKey) -> Option<Head> {
        self.keys.get(author).and_then(|key| key.head)
    }

    /// What an organisation is recognised as; nothing if it is unknown.
    pub fn standing(&self, organisation: OrganisationId) -> Standing {
        self.organisations.get(&organisation).map_or(Standing(0), |known| known.standing)
    }

    /// Whether an organisation's keys are refused for now.
    pub fn is_suspended(&self, organisation: OrganisationId) -> bool {
        self.standing(organisation).contains(Standing::SUSPENDED) && self.operator != Some(organisation)
    }

    /// Whether an organisation took on a record of its own that was held or disputed.
    pub fn is_adopted(&self, organisation: OrganisationId, event: EventId) -> bool {
        self.adopted.contains(&(organisation, event))
    }

    /// Whether the operator announced that this section's contents were deleted.
    pub fn is_erased(&self, event: EventId, section: u8) -> bool {
        self.erased.contains(&(event, section))
    }

    /// The operator's clock.
    pub fn newest_epoch(&self) -> Option<Epoch> {
        self.newest_epoch
    }

    /// The keys announced to sign checkpoints after the first one, in order.
    pub fn log_keys(&self) -> &[LogKey] {
        &self.log_keys
    }

    /// The evidence that must be the very next record, if a disputed one was just logged.
    pub fn owed_evidence(&self) -> Option<OwedEvidence> {
        self.owed_evidence
    }
}

impl Key {
    /// What it may do.
    pub fn roles(&self) -> Roles {
        match self.rights {
            Rights::Root => Roles::ALL,
            Rights::FormerRoot => Roles(0),
            Rights::Delegated { roles, .. } => roles,
        }
    }

    /// How it is kept.
    pub fn flags(&self) -> Flags {
        match self.rights {
            Rights::Delegated { flags, .. } => flags,
            Rights::Root | Rights::FormerRoot => Flags(0),
        }
    }

    /// Whether its rights ended before the given epoch.
    pub fn is_expired(&self, epoch: Option<Epoch>) -> bool {
        match (self.rights, epoch) {
            (Rights::Delegated { not_after_ms, .. }, Some(epoch)) => epoch.time_ms > not_after_ms,
            _ => false,
        }
    }

    /// Whether its organisation no longer stands behind what it wrote at this place of its chain: such a record stays
    /// logged and is shown with a flag, unless it was adopted.
    pub fn is_doubted(&self, seq: u64) -> bool {
        self.revoked.is_some_and(|revoked| revoked.last_good.is_none_or(|last_good| seq > last_good))
    }
}

impl Roles {
    /// The role that an act needs.
    pub fn for_act(act: Act) -> Self {
        match act {
            Act::Diary => Self::DIARY,
            Act::Lot => Self::LOT,
            Act::Commerce => Self::COMMERCE,
            Act::Inspection => Self::INSPECTION,
            Act::Recall => Self::RECALL,
        }
    }
}
