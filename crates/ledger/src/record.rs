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

mod error;
mod kind;

pub use error::RecordError;
pub use kind::{Act, Kind};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Draft;
    use crate::hash::NextKeyDigest;
    use crate::key::SigningKey;

    fn sign(draft: &Draft) -> Result<Record, RecordError> {
        draft.sign(&SigningKey::from_seed([1; 32]))
    }

    /// An event at seq 1 with one subject and one section.
    fn event() -> Draft {
        Draft {
            act: Some(Act::Lot),
            seq: 1,
            prev: EventId::from_bytes([2; 32]),
            device_time_ms: 1_776_168_875_000,
            seen: Seen { size: 3, root: merkle::Hash([4; 32]) },
            subjects: vec![Subject { handle: Handle::from_bytes([5; 32]), newest: EventId::ZERO }],
            sections: vec![SectionRef {
                kind: SectionType::PUBLIC,
                commitment: Commitment::from_bytes([6; 32]),
            }],
            ..first(Control::Event)
        }
    }

    fn first(control: Control) -> Draft {
        Draft::first(LedgerId::from_bytes([7; 32]), OrganisationId::from_bytes([8; 32]), control)
    }

    #[test]
    fn a_record_says_what_its_draft_said() {
        let draft = event();
        let record = sign(&draft).unwrap();
        assert_eq!(record.as_bytes().len(), 200 + 64 + 34 + 64);
        assert_eq!(Record::parse(record.as_bytes()).as_ref(), Ok(&record));
        assert_eq!((record.kind(), record.act(), record.seq()), (Kind::Event, draft.act, 1));
        assert_eq!((record.prev(), record.device_time_ms()), (draft.prev, draft.device_time_ms));
        assert_eq!(
            (record.seen(), record.subjects(), record.sections()),
            (draft.seen, draft.subjects, draft.sections)
        );
        assert_eq!((record.ledger_id(), record.belongs_to()), (draft.ledger_id, draft.organisation));
    }

    #[test]
    fn signing_again_is_not_another_event() {
        let record = sign(&event()).unwrap();
        let mut other = record.as_bytes().to_vec();
        *other.last_mut().unwrap() ^= 1;
        let other = Record::parse(&other).unwrap();
        assert_eq!(other.event_id(), record.event_id());
        assert_ne!(other.leaf_hash(), record.leaf_hash());
        let key = record.author().check_enrolment().unwrap();
        assert_eq!(record.verify(&key), Ok(()));
        assert_eq!(other.verify(&key), Err(SignatureError::Invalid));
        let stranger = SigningKey::from_seed([2; 32]).public().check_enrolment().unwrap();
        assert_eq!(record.verify(&stranger), Err(SignatureError::Invalid));
    }

    /// Each row spoils one field of a good record; the rules are tried in this order.
    #[test]
    fn each_structural_rule_has_its_refusal() {
        let good = sign(&event()).unwrap().as_bytes().to_vec();
        let length = RecordError::Length { expected: 426, found: 362 };
        for (at, bytes, refusal) in [
            (0, &[0][..], RecordError::Magic),
            (4, &[2], RecordError::Kind(2)),
            (5, &[2], RecordError::Suite(2)),
            (7, &[33], RecordError::TooManySections(33)),
            (9, &[1], RecordError::ControlLength { kind: Kind::Event, length: 1 }),
            (10, &[0], RecordError::Act { kind: Kind::Event, act: 0 }),
            (10, &[6], RecordError::Act { kind: Kind::Event, act: 6 }),
            (15, &[1], RecordError::Reserved),
            (6, &[2], length),
            (48, &[0; 32], RecordError::NoOrganisation),
            (112, &[0; 8], RecordError::PrevAtStart),
            (120, &[0; 32], RecordError::NoPrev),
            (160, &[0; 8], RecordError::RootWithoutSize),
        ] {
            let mut bad = good.clone();
            bad[at..at + bytes.len()].copy_from_slice(bytes);
            assert_eq!(Record::parse(&bad), Err(refusal));
        }
        assert_eq!(Record::parse(&good[..263]), Err(RecordError::TooShort(263)));
        assert_eq!(Record::parse(&[0; 65_536]), Err(RecordError::TooLong(65_536)));
    }

    #[test]
    fn no_key_signs_a_malformed_draft() {
        let next = NextKeyDigest::from_bytes([9; 32]);
        let genesis = Draft { organisation: OrganisationId::ZERO, ..first(Control::Genesis { next }) };
        assert!(sign(&genesis).is_ok());
        let (seq, prev) = (1, EventId::from_bytes([2; 32]));
        let subject = event().subjects[0];
        let section = event().sections[0];
        for (draft, refusal) in [
            (first(Control::Genesis { next }), RecordError::GenesisInsideOrganisation),
            (Draft { seq, prev, ..genesis }, RecordError::NotFirst(Kind::Genesis)),
            (Draft { seq, prev, ..first(Control::Rotate { next }) }, RecordError::NotFirst(Kind::Rotate)),
            (
                Draft { act: Some(Act::Lot), ..first(Control::Rotate { next }) },
                RecordError::Act { kind: Kind::Rotate, act: 2 },
            ),
            (first(Control::Event), RecordError::Act { kind: Kind::Event, act: 0 }),
            (first(Control::Adopt(vec![])), RecordError::ControlLength { kind: Kind::Adopt, length: 0 }),
            (Draft { subjects: vec![subject; 256], ..event() }, RecordError::TooManySubjects(256)),
            (Draft { sections: vec![section; 33], ..event() }, RecordError::TooManySections(33)),
            (first(Control::Adopt(vec![prev; 2_040])), RecordError::TooLong(200 + 64 + 32 * 2_040)),
        ] {
            assert_eq!(sign(&draft), Err(refusal));
        }
    }

    #[test]
    fn the_spare_byte_of_an_erasure_notice_is_zero() {
        let notice = Control::ErasureNotice { event: EventId::from_bytes([3; 32]), section: 255, reason: 1 };
        let mut bytes = sign(&first(notice)).unwrap().as_bytes().to_vec();
        bytes[200 + 33] = 1;
        assert_eq!(Record::parse(&bytes), Err(RecordError::Reserved));
    }
}
