//! The record: a claim that somebody signed, byte for byte.
//!
//! A phone, a packing-house computer or a gateway signs these bytes with its own key, and they are never written anew:
//! [`Record`] keeps the bytes it was parsed from and reads its fields out of them. Every author key has its own hash
//! chain (`seq`, `prev`), so that any number of phones work offline at once.
//!
//! ```text
//! 0    4     magic "NGN1"
//! 4    1     kind
//! 5    1     suite: 01 = Ed25519 (strict) + BLAKE3-256
//! 6    1     s, number of subjects
//! 7    1     n, number of sections, at most 32
//! 8    2     length of the control body
//! 10   1     act, for an event; else zero
//! 11   5     zero
//! 16   32    ledger id
//! 48   32    organisation id; zero in a genesis record, whose event id becomes it
//! 80   32    author's public key
//! 112  8     seq: 0 for the key's first record
//! 120  32    prev: event id at seq − 1; zero at seq 0
//! 152  8     device time, Unix ms: a claim; 0 = unknown
//! 160  8     seen size: newest checkpoint that the device had verified; 0 = none
//! 168  32    seen root; zero if none
//! 200  64·s  subjects: handle ‖ event id of the newest record on it known to the device
//! …    34·n  sections: u16 type ‖ commitment
//! …    …     control body
//! end  64    Ed25519 signature over DSSE(application/vnd.nguon.record.v1, everything before)
//! ```
//!
//! Integers are big-endian. All lengths follow from the first 16 bytes, so there is exactly one way to write a record.
//!
//! ```
//! use nguon_ledger::{Record, RecordError};
//!
//! assert_eq!(Record::parse(b"NGN1"), Err(RecordError::TooShort(4)));
//! ```
//!
//! What this does not do: decide whether the author may say so ([`crate::Authority`]), read the contents
//! ([`crate::section`]), or place the record in the log ([`crate::merkle`]).

use crate::control::Control;
use crate::hash::{Commitment, EventId, Handle, LedgerId, OrganisationId, PublicKey, event_id};
use crate::key::{SignatureError, VerifyingKey, dsse};
use crate::merkle;
use crate::section::SectionType;
use std::fmt;

/// The longest record: an entry bundle of C2SP `tlog-tiles` gives an entry's length in 16 bits.
pub const MAX_RECORD_BYTES: usize = 65_535;

/// The DSSE payload type of a record.
const RECORD_TYPE: &str = "application/vnd.nguon.record.v1";

pub(crate) const MAGIC: &[u8; 4] = b"NGN1";
pub(crate) const SUITE: u8 = 1;
/// The most sections that a record has.
pub const MAX_SECTIONS: usize = 32;

const HEADER_BYTES: usize = 200;
const SUBJECT_BYTES: usize = 64;
const SECTION_BYTES: usize = 34;
const SIGNATURE_BYTES: usize = 64;

/// What sort of record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Something that happened in the world.
    Event = 0x01,
    /// Makes an organisation.
    Genesis = 0x10,
    /// Gives a device rights.
    Delegate = 0x11,
    /// Ends a key.
    Revoke = 0x12,
    /// Moves the root to its pre-committed next key.
    Rotate = 0x13,
    /// Shows that an author signed two records for one place.
    ForkEvidence = 0x20,
    /// Takes on held or disputed records.
    Adopt = 0x21,
    /// Announces that contents were deleted.
    ErasureNotice = 0x22,
    /// The operator's clock.
    Epoch = 0x30,
    /// What an organisation is recognised as.
    Standing = 0x31,
    /// Announces the log's next key.
    NextLogKey = 0x32,
}

impl Kind {
    /// The kind written as this byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0x01 => Self::Event,
            0x10 => Self::Genesis,
            0x11 => Self::Delegate,
            0x12 => Self::Revoke,
            0x13 => Self::Rotate,
            0x20 => Self::ForkEvidence,
            0x21 => Self::Adopt,
            0x22 => Self::ErasureNotice,
            0x30 => Self::Epoch,
            0x31 => Self::Standing,
            0x32 => Self::NextLogKey,
            _ => return None,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "event",
            Self::Genesis => "genesis",
            Self::Delegate => "delegate",
            Self::Revoke => "revoke",
            Self::Rotate => "rotate",
            Self::ForkEvidence => "fork evidence",
            Self::Adopt => "adopt",
            Self::ErasureNotice => "erasure notice",
            Self::Epoch => "epoch",
            Self::Standing => "standing",
            Self::NextLogKey => "next log key",
        })
    }
}

/// What sort of event it is; decides which role its author needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Act {
    /// Nhật ký đồng ruộng: the farm diary.
    Diary = 1,
    /// Harvest, pack, move, process.
    Lot = 2,
    /// Listing, price, sale.
    Commerce = 3,
    /// Inspection, certificate.
    Inspection = 4,
    /// Recall.
    Recall = 5,
}

impl Act {
    /// The act written as this byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Diary,
            2 => Self::Lot,
            3 => Self::Commerce,
            4 => Self::Inspection,
            5 => Self::Recall,
            _ => return None,
        })
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Diary => "diary",
            Self::Lot => "lot",
            Self::Commerce => "commerce",
            Self::Inspection => "inspection",
            Self::Recall => "recall",
        })
    }
}

/// The newest checkpoint that the device had verified when it signed: the record was not made before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The checkpoint's tree size; 0 = none.
    pub size: u64,
    /// The checkpoint's root; zero if none.
    pub root: merkle::Hash,
}

impl Seen {
    /// No checkpoint at all.
    pub const NONE: Self = Self { size: 0, root: merkle::Hash([0; 32]) };
}

/// A thing that a record is about: a lot, a plot, a crop cycle, a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name in the log.
    pub handle: Handle,
    /// The newest record on it that the device knew; zero if none.
    pub newest: EventId,
}

/// A commitment to contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionRef {
    /// What the contents are.
    pub kind: SectionType,
    /// What opens only to them.
    pub commitment: Commitment,
}

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

/// A well-formed record: its exact bytes, and what they say. Nothing is known of its signature until
/// [`Record::verify`] held.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    bytes: Vec<u8>,
    kind: Kind,
    act: Option<Act>,
    control: Control,
    event_id: EventId,
}

impl Record {
    /// Reads a record, holding it to every structural rule.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let Some((header, _)) =
            bytes.split_first_chunk::<HEADER_BYTES>().filter(|(_, rest)| rest.len() >= SIGNATURE_BYTES)
        else {
            return Err(RecordError::TooShort(bytes.len()));
        };
        if bytes.len() > MAX_RECORD_BYTES {
            return Err(RecordError::TooLong(bytes.len()));
        }
        if !header.starts_with(MAGIC) {
            return Err(RecordError::Magic);
        }
        let kind = Kind::from_byte(header[4]).ok_or(RecordError::Kind(header[4]))?;
        if header[5] != SUITE {
            return Err(RecordError::Suite(header[5]));
        }
        let sections = usize::from(header[7]);
        if sections > MAX_SECTIONS {
            return Err(RecordError::TooManySections(sections));
        }
        let control_bytes = usize::from(u16::from_be_bytes([header[8], header[9]]));
        if !Control::length_fits(kind, control_bytes) {
            return Err(RecordError::ControlLength { kind, length: control_bytes });
        }
        let act = Act::from_byte(header[10]);
        if act.is_some() != (kind == Kind::Event) || (act.is_none() && header[10] != 0) {
            return Err(RecordError::Act { kind, act: header[10] });
        }
        if header[11..16] != [0; 5] {
            return Err(RecordError::Reserved);
        }
        let control_at = HEADER_BYTES + SUBJECT_BYTES * usize::from(header[6]) + SECTION_BYTES * sections;
        let expected = control_at + control_bytes + SIGNATURE_BYTES;
        if bytes.len() != expected {
            return Err(RecordError::Length { expected, found: bytes.len() });
        }
        let body = &bytes[..control_at + control_bytes];
        let control = Control::read(kind, &body[control_at..])?;
        let record = Self { bytes: bytes.to_vec(), kind, act, control, event_id: event_id(body) };
        record.check_fields()?;
        Ok(record)
    }

    /// The rules between fields.
    fn check_fields(&self) -> Result<(), RecordError> {
        match (self.kind == Kind::Genesis, self.organisation().is_zero()) {
            (true, false) => return Err(RecordError::GenesisInsideOrganisation),
            (false, true) => return Err(RecordError::NoOrganisation),
            _ => {}
        }
        if matches!(self.kind, Kind::Genesis | Kind::Rotate) && self.seq() != 0 {
            return Err(RecordError::NotFirst(self.kind));
        }
        match (self.seq() == 0, self.prev().is_zero()) {
            (true, false) => return Err(RecordError::PrevAtStart),
            (false, true) => return Err(RecordError::NoPrev),
            _ => {}
        }
        if self.seen().size == 0 && self.seen() != Seen::NONE {
            return Err(RecordError::RootWithoutSize);
        }
        Ok(())
    }

    /// Checks the author's signature. `key` is the author's key, decoded; another key verifies nothing.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), SignatureError> {
        if key.public() != self.author() {
            return Err(SignatureError::Invalid);
        }
        key.verify(&self.signed_bytes(), &self.signature())
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The act; an event has one and nothing else does.
    pub fn act(&self) -> Option<Act> {
        self.act
    }

    /// Which log it was signed for.
    pub fn ledger_id(&self) -> LedgerId {
        LedgerId::from_bytes(self.field(16))
    }

    /// The organisation as written: zero in a genesis record. See [`Record::belongs_to`].
    pub fn organisation(&self) -> OrganisationId {
        OrganisationId::from_bytes(self.field(48))
    }

    /// The organisation in whose name it was signed; for a genesis record, the one that it makes.
    pub fn belongs_to(&self) -> OrganisationId {
        if self.kind == Kind::Genesis { self.event_id.into() } else { self.organisation() }
    }

    /// Who signed.
    pub fn author(&self) -> PublicKey {
        PublicKey::from_bytes(self.field(80))
    }

    /// Its place in the author's chain.
    pub fn seq(&self) -> u64 {
        u64::from_be_bytes(self.field(112))
    }

    /// The author's record before it; zero at seq 0.
    pub fn prev(&self) -> EventId {
        EventId::from_bytes(self.field(120))
    }

    /// What the device's clock said, in Unix milliseconds; 0 = unknown.
    pub fn device_time_ms(&self) -> u64 {
        u64::from_be_bytes(self.field(152))
    }

    /// The newest checkpoint that the device had verified.
    pub fn seen(&self) -> Seen {
        Seen { size: u64::from_be_bytes(self.field(160)), root: merkle::Hash(self.field(168)) }
    }

    /// What it is about.
    pub fn subjects(&self) -> Vec<Subject> {
        (0..usize::from(self.bytes[6]))
            .map(|i| HEADER_BYTES + SUBJECT_BYTES * i)
            .map(|at| Subject {
                handle: Handle::from_bytes(self.field(at)),
                newest: EventId::from_bytes(self.field(at + 32)),
            })
            .collect()
    }

    /// What contents it commits to.
    pub fn sections(&self) -> Vec<SectionRef> {
        let start = HEADER_BYTES + SUBJECT_BYTES * usize::from(self.bytes[6]);
        (0..usize::from(self.bytes[7]))
            .map(|i| start + SECTION_BYTES * i)
            .map(|at| SectionRef {
                kind: SectionType(u16::from_be_bytes(self.field(at))),
                commitment: Commitment::from_bytes(self.field(at + 2)),
            })
            .collect()
    }

    /// What it does to the ledger itself.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The author's signature.
    pub fn signature(&self) -> [u8; 64] {
        self.field(self.bytes.len() - SIGNATURE_BYTES)
    }

    /// Its name.
    pub fn event_id(&self) -> EventId {
        self.event_id
    }

    /// Its leaf in the log, which covers the signature too.
    pub fn leaf_hash(&self) -> merkle::Hash {
        merkle::leaf_hash(&self.bytes)
    }

    /// What the author signed: DSSE's pre-authentication encoding of the body.
    pub fn signed_bytes(&self) -> Vec<u8> {
        dsse(RECORD_TYPE, &[self.body()])
    }

    /// Everything before the signature.
    pub fn body(&self) -> &[u8] {
        &self.bytes[..self.bytes.len() - SIGNATURE_BYTES]
    }

    /// The whole record.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        *self.bytes[at..].first_chunk().expect("parse checked the length against the counts")
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} {} by {} at seq {})", self.kind, self.event_id, self.author(), self.seq())
    }
}
