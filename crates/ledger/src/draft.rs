//! Drafts: a record before it is signed.
//!
//! A draft has the fields of a record that its author chooses; author and signature come from the key. The bytes are
//! held to the rules of [`Record::parse`] *before* the key signs them, so no key ever signs something malformed.
//!
//! ```
//! use nguon_ledger::{Control, Draft, LedgerId, SigningKey, next_key_digest};
//!
//! let root = SigningKey::from_seed([1; 32]);
//! let next = SigningKey::from_seed([2; 32]);
//! let genesis = Draft::first(
//!     LedgerId::from_bytes([3; 32]),
//!     nguon_ledger::OrganisationId::ZERO,
//!     Control::Genesis { next: next_key_digest(&next.public()) },
//! )
//! .sign(&root)?;
//! assert_eq!(genesis.belongs_to(), genesis.event_id().into());
//! # Ok::<(), nguon_ledger::RecordError>(())
//! ```
//!
//! What this does not do: keep the chain. Whoever signs remembers its key's last `seq` and event id, on stable storage,
//! before it lets the record go; a key that forgets forks.

use crate::control::Control;
use crate::hash::{EventId, LedgerId, OrganisationId};
use crate::key::SigningKey;
use crate::record::{Act, MAGIC, MAX_SECTIONS, Record, RecordError, SUITE, SectionRef, Seen, Subject};

/// A record before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The kind, and what it does to the ledger itself.
    pub control: Control,
    /// The act of an event.
    pub act: Option<Act>,
    /// Which log it is for.
    pub ledger_id: LedgerId,
    /// In whose name; zero in a genesis record.
    pub organisation: OrganisationId,
    /// Its place in the author's chain.
    pub seq: u64,
    /// The author's record before it; zero at seq 0.
    pub prev: EventId,
    /// What the device's clock says; 0 = unknown.
    pub device_time_ms: u64,
    /// The newest checkpoint that the device verified.
    pub seen: Seen,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// What contents it commits to.
    pub sections: Vec<SectionRef>,
}

impl Draft {
    /// The first record of a chain, with nothing in it but its control body.
    pub fn first(ledger_id: LedgerId, organisation: OrganisationId, control: Control) -> Self {
        Self {
            control,
            act: None,
            ledger_id,
            organisation,
            seq: 0,
            prev: EventId::ZERO,
            device_time_ms: 0,
            seen: Seen::NONE,
            subjects: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// The record after `last` of the same author, with nothing in it but its control body.
    pub fn after(last: &Record, control: Control) -> Self {
        Self {
            seq: last.seq().saturating_add(1),
            prev: last.event_id(),
            ..Self::first(last.ledger_id(), last.belongs_to(), control)
        }
    }

    /// Signs the draft, if it is well formed.
    pub fn sign(&self, key: &SigningKey) -> Result<Record, RecordError> {
        let mut bytes = self.body(key)?;
        let body_bytes = bytes.len();
        // The structure does not depend on the signature, so it is checked with none: a signature over malformed
        // bytes must not come to exist.
        bytes.extend_from_slice(&[0; 64]);
        let unsigned = Record::parse(&bytes)?;
        bytes[body_bytes..].copy_from_slice(&key.sign(&unsigned.signed_bytes()));
        Record::parse(&bytes)
    }

    fn body(&self, key: &SigningKey) -> Result<Vec<u8>, RecordError> {
        let subjects = u8::try_from(self.subjects.len())
            .map_err(|_| RecordError::TooManySubjects(self.subjects.len()))?;
        let sections = u8::try_from(self.sections.len())
            .ok()
            .filter(|count| usize::from(*count) <= MAX_SECTIONS)
            .ok_or(RecordError::TooManySections(self.sections.len()))?;
        let mut control = Vec::new();
        self.control.write(&mut control);
        let kind = self.control.kind();
        let control_bytes = u16::try_from(control.len())
            .map_err(|_| RecordError::ControlLength { kind, length: control.len() })?;

        let mut bytes = Vec::with_capacity(512);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[kind as u8, SUITE, subjects, sections]);
        bytes.extend_from_slice(&control_bytes.to_be_bytes());
        bytes.push(self.act.map_or(0, |act| act as u8));
        bytes.extend_from_slice(&[0; 5]);
        bytes.extend_from_slice(self.ledger_id.as_bytes());
        bytes.extend_from_slice(self.organisation.as_bytes());
        bytes.extend_from_slice(key.public().as_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(self.prev.as_bytes());
        bytes.extend_from_slice(&self.device_time_ms.to_be_bytes());
        bytes.extend_from_slice(&self.seen.size.to_be_bytes());
        bytes.extend_from_slice(&self.seen.root.0);
        for subject in &self.subjects {
            bytes.extend_from_slice(subject.handle.as_bytes());
            bytes.extend_from_slice(subject.newest.as_bytes());
        }
        for section in &self.sections {
            bytes.extend_from_slice(&section.kind.0.to_be_bytes());
            bytes.extend_from_slice(section.commitment.as_bytes());
        }
        bytes.extend_from_slice(&control);
        Ok(bytes)
    }
}
