//! The one door: what arrives becomes a verified [`Submission`], or a [`Refused`] that says why.
//!
//! Everything that can be decided without the head of the log is decided here, on all cores and outside the
//! transaction: structure, ledger, openings against commitments, the signature. Cheap refusals come first.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use nguon_ledger::{
    Control, EventId, Kind, LedgerId, Opening, OpeningError, PublicKey, Record, RecordError, Refusal,
    SignatureError, VerifyingKey, check_openings,
};

/// A record as it came, with the openings of its sections in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The exact signed bytes.
    pub record: Vec<u8>,
    /// Salt and contents of each section; then, for a delegation, of its person, if it names one.
    pub openings: Vec<([u8; 32], Vec<u8>)>,
}

/// A record whose bytes, openings and signature hold.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The record.
    pub record: Record,
    /// One opening a section, in order; for a delegation with a person, the person's opening last.
    pub openings: Vec<Opening>,
}

/// Why a record was not taken. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The bytes are not a record.
    #[error("the bytes are not a record: {0}")]
    Malformed(#[from] RecordError),
    /// The openings together are too large.
    #[error(
        "the contents up to section {section} have {bytes} bytes; a record takes {MAX_PAYLOAD_BYTES} in all"
    )]
    PayloadTooLarge {
        /// The section with which it became too much, from 0.
        section: usize,
        /// How many bytes they have together.
        bytes: usize,
    },
    /// The openings are not those of the record.
    #[error("the openings do not fit the record: {0}")]
    Openings(#[from] OpeningError),
    /// The signature does not hold.
    #[error("the signature does not hold: {0}")]
    Signature(#[from] SignatureError),
    /// The ledger's rules on who may write refuse it.
    #[error("{0}")]
    Authority(#[from] Refusal),
    /// Another record of this author stands at this place: a fork.
    #[error("another record of this key stands at seq {seq}: {first}; this one is {other}")]
    Fork {
        /// The place in the chain.
        seq: u64,
        /// The event logged first.
        first: EventId,
        /// The event refused.
        other: EventId,
        /// True when this record was logged as evidence: the first fork of the key.
        logged: bool,
    },
    /// The operator's root signs only inside the service, which keeps its chain; people sign with the desk's key.
    #[error("the operator's root signs nothing from outside: use the key of the operator's desk")]
    OperatorRoot,
    /// An act of the operator names an event that is not in the log.
    #[error("no event {0} is in the log")]
    UnknownEvent(EventId),
    /// Too many records of this key wait already.
    #[error("{0} records of this key wait already; send the missing one first")]
    TooManyHeld(usize),
    /// Organisations that nobody recognises wrote more than their share.
    #[error(
        "organisations that the province has not recognised wrote too much; keep the record, and ask to be recognised"
    )]
    StrangersBudget,
    /// The queue is full, or the service is closing.
    #[error("the ledger is busy; keep the record and send it again")]
    Busy,
    /// The database failed; the record is not stored.
    #[error("the ledger could not write; keep the record and send it again")]
    Unavailable,
}

/// Contents of one record's sections together, at most. Photographs are named by hash in a manifest, not carried here.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

impl Refused {
    /// A stable word for the problem `type`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(RecordError::TooLong(_)) => "record-too-large",
            Self::Malformed(_) => "record-malformed",
            Self::PayloadTooLarge { .. } => "payload-too-large",
            Self::Openings(_) => "openings-mismatch",
            Self::Signature(_) => "signature-invalid",
            Self::Authority(refusal) => refusal.code(),
            Self::Fork { .. } => "fork",
            Self::OperatorRoot => "operator-root",
            Self::UnknownEvent(_) => "unknown-event",
            Self::TooManyHeld(_) => "too-many-held",
            Self::StrangersBudget => "strangers-budget",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What became of a record that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is entry `index` of the log, durably. `again` when it already was.
    Logged {
        /// Its place.
        index: u64,
        /// True for a retry.
        again: bool,
    },
    /// It waits, without index or receipt: the phone keeps it.
    Held(nguon_ledger::Hold),
}

/// The answer to one record.
pub type Answer = Result<Taken, Refused>;

/// Decoded keys that the ledger knows, shared between the verifiers and the sequencer.
#[derive(Default)]
pub struct KnownKeys(RwLock<HashMap<PublicKey, VerifyingKey>>);

impl KnownKeys {
    /// The decoded key, if the ledger knows it.
    pub fn lookup(&self, key: &PublicKey) -> Option<VerifyingKey> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(key).cloned()
    }

    /// Remembers what a logged record made known.
    pub fn learn(&self, record: &Record) {
        let key = match record.control() {
            Control::Genesis { .. } | Control::Rotate { .. } => record.author(),
            Control::Delegate(delegation) => delegation.device,
            _ => return,
        };
        if let Ok(verifying) = key.check_enrolment() {
            self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, verifying);
        }
    }
}

/// Verifies the records of one request.
pub struct Door {
    ledger_id: LedgerId,
    known: Arc<KnownKeys>,
}

impl Door {
    /// A door to this ledger.
    pub fn new(ledger_id: LedgerId, known: Arc<KnownKeys>) -> Self {
        Self { ledger_id, known }
    }

    /// Verifies each record by itself; one bad record does not harm its neighbours.
    pub fn verify(&self, incoming: Vec<Incoming>) -> Vec<Result<Submission, Refused>> {
        let mut met = HashMap::new();
        incoming.into_iter().map(|one| self.verify_one(one, &mut met)).collect()
    }

    fn verify_one(
        &self,
        incoming: Incoming,
        met: &mut HashMap<PublicKey, VerifyingKey>,
    ) -> Result<Submission, Refused> {
        let record = Record::parse(&incoming.record)?;
        if record.ledger_id() != self.ledger_id {
            return Err(Refusal::WrongLedger.into());
        }
        let openings = open(&record, incoming.openings)?;
        let author = record.author();
        let begins = matches!(record.kind(), Kind::Genesis | Kind::Rotate);
        let key = match self.known.lookup(&author).or_else(|| met.get(&author).cloned()) {
            Some(key) => key,
            None if begins => author.check_enrolment().map_err(Refusal::WeakKey)?,
            None => return Err(Refusal::UnknownKey.into()),
        };
        record.verify(&key)?;
        // A delegation and its device's first records may come in one request.
        if begins {
            met.insert(author, key);
        }
        if let Control::Delegate(delegation) = record.control()
            && let Ok(device) = delegation.device.check_enrolment()
        {
            met.insert(delegation.device, device);
        }
        Ok(Submission { record, openings })
    }
}

/// Fits openings to a record's sections, and a delegation's last opening to its person.
fn open(record: &Record, given: Vec<([u8; 32], Vec<u8>)>) -> Result<Vec<Opening>, Refused> {
    let mut bytes = 0_usize;
    for (section, (_, payload)) in given.iter().enumerate() {
        bytes = bytes.saturating_add(payload.len());
        if bytes > MAX_PAYLOAD_BYTES {
            return Err(Refused::PayloadTooLarge { section, bytes });
        }
    }
    let sections = record.sections();
    let person = match record.control() {
        Control::Delegate(delegation) => delegation.person,
        _ => None,
    };
    let expected = sections.len() + usize::from(person.is_some());
    if given.len() != expected {
        return Err(OpeningError::Count { expected, found: given.len() }.into());
    }
    let kinds = sections.iter().map(|section| section.kind).chain([nguon_ledger::SectionType::PERSON]);
    let openings: Vec<Opening> =
        given.into_iter().zip(kinds).map(|((salt, payload), kind)| Opening { kind, salt, payload }).collect();
    check_openings(record, &openings[..sections.len()])?;
    if let (Some(commitment), Some(opening)) = (person, openings.get(sections.len()))
        && opening.commitment() != commitment
    {
        return Err(OpeningError::Commitment { section: sections.len() }.into());
    }
    Ok(openings)
}
