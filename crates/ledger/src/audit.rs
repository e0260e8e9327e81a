//! A whole log, checked by somebody who trusts nobody: every signature, chain, right, opening, leaf and root.
//!
//! An audit is fed all entries in order with the openings that are published for them, and at the end a checkpoint whose
//! signatures the caller has verified ([`crate::policy::Policy::judge`]). What it finds is of two sorts, never mixed:
//!
//! * a *fault* is something that operator or store did wrong: an entry that is no record, a signature that does not
//!   hold, a record that [`Authority::admit`] would not have let in, a fork without its evidence, a public section
//!   nobody can open though no erasure was announced, one that is open though its erasure was, another root than the
//!   checkpoint's. One fault, and the log does not hold.
//! * a *finding* ([`AuthorityFinding`]) is something that a signer did: counted by its code, and no reason to doubt
//!   the log.
//!
//! ```
//! use nguon_ledger::merkle::{EMPTY_ROOT, TreeSize};
//! use nguon_ledger::{audit::Audit, checkpoint::Checkpoint};
//!
//! let audit = Audit::new("ledger.example.org/given", &[7; 32]);
//! let report = audit.finish(&Checkpoint::new("ledger.example.org/given", TreeSize(0), EMPTY_ROOT)?);
//! assert!(report.holds());
//! # Ok::<(), nguon_ledger::checkpoint::CheckpointError>(())
//! ```
//!
//! Nearly all of the time goes into signatures, which do not depend on each other: [`examine`] does that part of an
//! entry on any thread, and [`Audit::take`] the part that has an order. [`Audit::entry`] does both.
//!
//! Memory grows by three hashes a record: the root at each size, against which `seen` is checked, the event ids of
//! each chain, by which a fork is told from a repetition, and those of the records with openings, which a later notice
//! may erase.
//!
//! What this does not do: judge contents; tell whether others see the same log (witnesses do) or whether it is
//! fresh; miss the last record of a chain, to which nothing links, without the receipt or the older checkpoint that
//! shows it was there ([`Audit::check_checkpoint`]); demand epochs in time, since no record proves when it arrived.

mod fault;

pub use fault::{Fault, FaultKind};

use crate::authority::{Admission, Authority, AuthorityFinding, Refusal, split_view};
use crate::checkpoint::Checkpoint;
use crate::control::Control;
use crate::hash::{EventId, PublicKey, ledger_id, section_commitment};
use crate::key::{KeyError, VerifyingKey};
use crate::merkle::{EMPTY_ROOT, Frontier, Hash, leaf_hash};
use crate::openings::Opened;
use crate::record::Record;
use std::collections::{BTreeMap, HashMap};

/// What an audit says at its end.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many entries were checked.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// How many faults there are, those of the entries included.
    pub fault_count: u64,
    /// The faults that only the end shows; those of an entry were answered with it.
    pub faults: Vec<Fault>,
    /// How many findings there are of each code.
    pub findings: BTreeMap<&'static str, u64>,
    /// Who may say what after the last entry.
    pub authority: Authority,
}

impl Report {
    /// Whether the log holds.
    pub fn holds(&self) -> bool {
        self.fault_count == 0
    }
}

/// Author keys that were enrolled, so that each is decoded once.
#[derive(Debug, Default)]
pub struct EnrolledKeys(HashMap<PublicKey, Result<VerifyingKey, KeyError>>);

impl EnrolledKeys {
    /// The key, decoded and held to the enrolment rule once.
    pub fn enrol(&mut self, key: PublicKey) -> Result<VerifyingKey, KeyError> {
        *self.0.entry(key).or_insert_with(|| key.check_enrolment())
    }
}

/// What can be said of one entry by itself.
#[derive(Debug)]
pub struct Examined {
    leaf: Hash,
    record: Result<Record, FaultKind>,
    openings: Vec<FaultKind>,
    opened: Vec<u8>,
    unopened: Vec<u8>,
}

impl Examined {
    /// The record, if it is one and its signature holds; and what is wrong with its openings.
    pub fn into_parts(self) -> (Result<Record, FaultKind>, Vec<FaultKind>) {
        (self.record, self.openings)
    }

    /// Public sections that nobody opened.
    pub fn unopened(&self) -> &[u8] {
        &self.unopened
    }
}

/// Checks what an entry shows by itself: structure, signature, openings. Any thread, in any order, each with its own keys.
pub fn examine(keys: &mut EnrolledKeys, entry: &[u8], openings: &[Opened]) -> Examined {
    let mut examined = Examined {
        leaf: leaf_hash(entry),
        record: read(keys, entry),
        openings: Vec::new(),
        opened: openings.iter().map(|opened| opened.position).collect(),
        unopened: Vec::new(),
    };
    let Ok(record) = &examined.record else { return examined };
    let sections = record.sections();
    for opened in openings {
        let section = opened.position;
        match sections.get(usize::from(section)) {
            None => examined.openings.push(FaultKind::OpeningUnknown { section }),
            Some(signed) => {
                if section_commitment(&opened.salt, signed.kind.0, &opened.payload) != signed.commitment {
                    examined.openings.push(FaultKind::OpeningMismatch { section });
                }
            }
        }
    }
    examined.unopened = (0..)
        .zip(&sections)
        .filter(|(position, signed)| {
            signed.kind.is_public() && !openings.iter().any(|opened| opened.position == *position)
        })
        .map(|(position, _)| position)
        .collect();
    examined
}

fn read(keys: &mut EnrolledKeys, entry: &[u8]) -> Result<Record, FaultKind> {
    let record = Record::parse(entry)?;
    record.verify(&keys.enrol(record.author())?)?;
    Ok(record)
}

/// A fork that was logged, and whose evidence must be the next entry.
#[derive(Clone, Copy, Debug)]
struct Dispute {
    index: u64,
    author: PublicKey,
    first: EventId,
    other: EventId,
}

/// A section that somebody could open, or a public one that nobody could, when its record came.
#[derive(Clone, Copy, Debug)]
struct Section {
    index: u64,
    event: EventId,
    section: u8,
}

/// An audit on its way through a log.
#[derive(Debug)]
pub struct Audit {
    origin: String,
    authority: Authority,
    keys: EnrolledKeys,
    frontier: Frontier,
    /// The root at each size from 0 on.
    roots: Vec<Hash>,
    /// The undisputed records of each author by seq.
    chains: HashMap<PublicKey, Vec<EventId>>,
    dispute: Option<Dispute>,
    opened: Vec<Section>,
    unopened: Vec<Section>,
    fault_count: u64,
    findings: BTreeMap<&'static str, u64>,
}

impl Audit {
    /// An audit of the log with this origin that began with this Ed25519 key. Both together name the ledger that every
    /// record was signed for.
    pub fn new(origin: &str, first_log_key: &[u8; 32]) -> Self {
        Self {
            origin: origin.to_owned(),
            authority: Authority::new(ledger_id(origin, first_log_key)),
            keys: EnrolledKeys::default(),
            frontier: Frontier::new(),
            roots: vec![EMPTY_ROOT],
            chains: HashMap::new(),
            dispute: None,
            opened: Vec::new(),
            unopened: Vec::new(),
            fault_count: 0,
            findings: BTreeMap::new(),
        }
    }

    /// How many entries were taken.
    pub fn size(&self) -> u64 {
        self.frontier.size().0
    }

    /// Who may say what after the entries so far.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Checks the next entry with the openings published for it.
    pub fn entry(&mut self, index: u64, entry: &[u8], openings: &[Opened]) -> Vec<Fault> {
        let examined = examine(&mut self.keys, entry, openings);
        self.take(index, examined)
    }

    /// Checks the next entry where the part that needs no order is done.
    pub fn take(&mut self, index: u64, examined: Examined) -> Vec<Fault> {
        let expected = self.size();
        if index != expected {
            return self.count(vec![Fault {
                index: Some(index),
                event: None,
                kind: FaultKind::OutOfOrder { expected },
            }]);
        }
        let mut faults = Vec::new();
        let due = self.dispute.take();
        let mut evidence_came = false;
        match examined.record {
            Err(kind) => faults.push(Fault { index: Some(index), event: None, kind }),
            Ok(record) => {
                let event = record.event_id();
                let mut kinds = Vec::new();
                evidence_came = self.judge(&record, index, due, &mut kinds);
                kinds.extend(examined.openings);
                faults.extend(kinds.into_iter().map(|kind| Fault {
                    index: Some(index),
                    event: Some(event),
                    kind,
                }));
                let place = |section| Section { index, event, section };
                self.opened.extend(examined.opened.into_iter().map(place));
                self.unopened.extend(examined.unopened.into_iter().map(place));
            }
        }
        if let Some(due) = due
            && !evidence_came
        {
            faults.push(due.without_evidence());
        }
        self.frontier.push(examined.leaf);
        self.roots.push(self.frontier.root());
        self.count(faults)
    }

    /// What the authority says of the record at this index. Answers whether it is the evidence that was due.
    fn judge(
        &mut self,
        record: &Record,
        index: u64,
        due: Option<Dispute>,
        faults: &mut Vec<FaultKind>,
    ) -> bool {
        let (author, seq, event) = (record.author(), record.seq(), record.event_id());
        let trunk = self.trunk(&author, seq);
        match self.authority.admit(record, trunk) {
            Ok(Admission::Append) => {}
            Ok(Admission::Dispute { first }) => {
                self.dispute = Some(Dispute { index, author, first, other: event });
            }
            Ok(Admission::Duplicate) => {
                faults.push(FaultKind::LoggedTwice);
                return false;
            }
            Ok(Admission::Conflict { .. }) => {
                faults.push(FaultKind::ForkLoggedAgain);
                return false;
            }
            // The chain goes on from here all the same: one fault must not make one of every later record.
            Ok(Admission::Hold(hold)) => faults.push(FaultKind::NotHeld(hold)),
            Err(refusal @ Refusal::PrevMismatch { .. }) => faults.push(refusal.into()),
            Err(refusal) => {
                faults.push(refusal.into());
                return false;
            }
        }
        if self.dispute.is_none() {
            let chain = self.chains.entry(author).or_default();
            // After a gap, which was a fault, the places no longer fit: old ones stay known, later ones are not kept.
            if u64::try_from(chain.len()) == Ok(seq) {
                chain.push(event);
            }
        }

        let mut findings = self.authority.append(record, index);
        let roots = &self.roots;
        let root_at = |size| usize::try_from(size).ok().and_then(|size| roots.get(size)).copied();
        // Never asked beyond the record's own index; an unknown root would agree with none.
        findings.extend(split_view(record, index, |size| root_at(size).unwrap_or(Hash([0; 32]))));

        let mut evidence_came = false;
        for finding in findings {
            match finding {
                AuthorityFinding::EpochBackwards | AuthorityFinding::EpochSize { .. } => {
                    faults.push(FaultKind::Epoch(finding));
                }
                AuthorityFinding::Forked { .. } => {
                    evidence_came = due.is_some_and(|due| due.is_shown_by(record.control()));
                    if !evidence_came {
                        faults.push(FaultKind::EvidenceUnfounded);
                    }
                }
                _ => {}
            }
            *self.findings.entry(finding.code()).or_default() += 1;
        }
        evidence_came
    }

    fn trunk(&self, author: &PublicKey, seq: u64) -> Option<EventId> {
        self.chains.get(author)?.get(usize::try_from(seq).ok()?).copied()
    }

    /// Whether the entries so far are those of this checkpoint, or go on from it.
    pub fn check_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), FaultKind> {
        if checkpoint.origin() != self.origin {
            return Err(FaultKind::Origin);
        }
        let size = checkpoint.size().0;
        let root = usize::try_from(size).ok().and_then(|size| self.roots.get(size));
        match root {
            None => Err(FaultKind::Size { checkpoint: size, found: self.size() }),
            Some(root) if *root != checkpoint.root() => Err(FaultKind::Root { size }),
            Some(_) => Ok(()),
        }
    }

    /// Ends the audit: all entries of this checkpoint were taken.
    pub fn finish(mut self, checkpoint: &Checkpoint) -> Report {
        let mut faults: Vec<Fault> = self.dispute.take().iter().map(Dispute::without_evidence).collect();
        // Only now, since an erasure is announced after the record.
        for Section { index, event, section } in std::mem::take(&mut self.opened) {
            if self.authority.is_erased(event, section) {
                let kind = FaultKind::ErasedStillOpen { section };
                faults.push(Fault { index: Some(index), event: Some(event), kind });
            }
        }
        for Section { index, event, section } in std::mem::take(&mut self.unopened) {
            if !self.authority.is_erased(event, section) {
                let kind = FaultKind::OpeningMissing { section };
                faults.push(Fault { index: Some(index), event: Some(event), kind });
            }
        }
        let (size, found) = (checkpoint.size().0, self.size());
        let verdict = if size < found {
            Err(FaultKind::Size { checkpoint: size, found })
        } else {
            self.check_checkpoint(checkpoint)
        };
        faults.extend(verdict.err().map(|kind| Fault { index: None, event: None, kind }));
        let faults = self.count(faults);
        Report {
            size: found,
            root: self.frontier.root(),
            fault_count: self.fault_count,
            faults,
            findings: self.findings,
            authority: self.authority,
        }
    }

    fn count(&mut self, faults: Vec<Fault>) -> Vec<Fault> {
        self.fault_count += faults.len() as u64;
        faults
    }
}

impl Dispute {
    fn is_shown_by(&self, control: &Control) -> bool {
        let Self { author, first, other, .. } = *self;
        *control == Control::ForkEvidence { author, first, other }
    }

    fn without_evidence(&self) -> Fault {
        Fault { index: Some(self.index), event: Some(self.other), kind: FaultKind::EvidenceMissing }
    }
}
