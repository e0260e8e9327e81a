//! What an auditor makes of a log: an honest one holds, whatever its signers did; one changed place, and it does not.

use crate::history::{LOG_KEY, LOGGED, Log, ORIGIN, Outcome, Signer, farm, revoke};
use nguon_ledger::audit::{Audit, EnrolledKeys, Fault, FaultKind, Report, examine};
use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::merkle::{Hash, Tree, TreeSize, leaf_hash};
use nguon_ledger::openings::Opened;
use nguon_ledger::{
    Act, AuthorityFinding, Control, Draft, EventId, Hold, Opening, Record, Refusal, Roles, SectionRef,
    SectionType, Seen,
};
use std::collections::BTreeMap;

/// Entries as a mirror holds them, with the openings beside them.
#[derive(Clone)]
struct Mirror {
    entries: Vec<Vec<u8>>,
    openings: BTreeMap<usize, Vec<Opened>>,
}

impl Mirror {
    fn of(log: &Log) -> Self {
        let entries = log.entries.iter().map(|(record, _)| record.as_bytes().to_vec()).collect();
        Self { entries, openings: BTreeMap::new() }
    }

    fn checkpoint(&self) -> Checkpoint {
        let mut tree = Tree::new();
        tree.extend(self.entries.iter().map(|entry| leaf_hash(entry)));
        Checkpoint::new(ORIGIN, tree.size(), tree.root()).unwrap()
    }

    /// The faults in order, and the report.
    fn audit(&self, checkpoint: &Checkpoint) -> (Vec<Fault>, Report) {
        let mut audit = Audit::new(ORIGIN, &LOG_KEY);
        let mut faults = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let openings = self.openings.get(&index).map_or(&[][..], Vec::as_slice);
            faults.extend(audit.entry(u64::try_from(index).unwrap(), entry, openings));
        }
        let report = audit.finish(checkpoint);
        faults.extend(&report.faults);
        assert_eq!(report.fault_count, u64::try_from(faults.len()).unwrap());
        (faults, report)
    }

    /// What is wrong where, if the operator signs for whatever there is.
    fn faults(&self) -> Vec<(Option<u64>, FaultKind)> {
        self.audit(&self.checkpoint()).0.iter().map(|fault| (fault.index, fault.kind)).collect()
    }

    fn findings(&self) -> Vec<(&'static str, u64)> {
        let (faults, report) = self.audit(&self.checkpoint());
        assert_eq!(faults, []);
        report.findings.into_iter().collect()
    }

    fn push(&mut self, record: &Record) {
        self.entries.push(record.as_bytes().to_vec());
    }

    fn last(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap() - 1
    }
}

/// An event with one public section and one person, with its openings.
fn harvest(phone: &mut Signer, note: u8) -> (Record, [Opening; 2]) {
    let opening = |kind, salt| Opening { kind, salt: [salt; 32], payload: vec![note; 40] };
    let openings = [opening(SectionType::PUBLIC, 1), opening(SectionType::PERSON, 2)];
    let sections = openings.each_ref().map(|o| SectionRef { kind: o.kind, commitment: o.commitment() });
    let draft = Draft { act: Some(Act::Lot), sections: sections.to_vec(), ..phone.draft(Control::Event) };
    (phone.sign_draft(&draft), openings)
}

fn published(opening: &Opening) -> Vec<Opened> {
    vec![Opened { position: 0, salt: opening.salt, payload: opening.payload.clone() }]
}

/// A log in which signers did all sorts of things, and the operator did everything right.
fn eventful() -> Mirror {
    let (mut log, mut root, mut phone) = farm();
    log.epoch(1_000);
    let base = phone.diary(0);
    log.offer(&base);
    let fork = Draft { act: Some(Act::Diary), device_time_ms: 7, ..phone.draft(Control::Event) };
    log.offer(&phone.diary(1));
    assert_eq!(log.offer(&fork.sign(&phone.key).unwrap()), Outcome::Disputed);
    assert_eq!(log.offer(&root.sign(phone.agree(Roles::LOT, 2_000))), LOGGED);
    log.offer(&phone.event(Act::Commerce, 2));
    log.epoch(3_000);
    log.offer(&phone.event(Act::Lot, 3));
    log.offer(&root.sign(revoke(phone.public(), Some(2))));
    let held = phone.diary(4);
    assert!(matches!(log.offer(&held), Outcome::Held(_)));
    log.offer(&root.sign(Control::Adopt(vec![held.event_id()])));
    log.offer(&held);
    Mirror::of(&log)
}

#[test]
fn an_honest_log_holds_whatever_its_signers_did() {
    let found = eventful().findings();
    let expected = [
        ("adopted", 1),
        ("after-revocation", 1),
        ("disputed", 1),
        ("forked", 1),
        ("key-expired", 2),
        ("role-lacking", 2),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_flipped_bit_in_any_entry_is_noticed_at_its_place() {
    let good = eventful();
    let checkpoint = good.checkpoint();
    for at in 0..good.entries.len() {
        for byte in 0..good.entries[at].len() {
            // One bit of each seventh byte, another from byte to byte: a whole audit is run for each.
            if byte % 7 != at % 7 {
                continue;
            }
            let mut bad = good.clone();
            bad.entries[at][byte] ^= 1 << (byte % 8);
            let (faults, _) = bad.audit(&checkpoint);
            assert_eq!(faults[0].index, Some(u64::try_from(at).unwrap()), "byte {byte}");
            assert!(faults.iter().any(|fault| matches!(fault.kind, FaultKind::Root { .. })));
        }
    }
}

#[test]
fn an_entry_left_out_doubled_or_moved_is_noticed_even_if_the_operator_signs_it() {
    let good = eventful();
    for at in 0..good.entries.len() {
        let mut doubled = good.clone();
        doubled.entries.insert(at, good.entries[at].clone());
        assert!(!doubled.faults().is_empty(), "doubled {at}");
        // Nothing links to the last record of a chain: that it was logged, only an older checkpoint or a receipt shows.
        let author = |entry: &[u8]| Record::parse(entry).unwrap().author();
        let is_linked = good.entries[at + 1..].iter().any(|later| author(later) == author(&good.entries[at]));
        let mut short = good.clone();
        short.entries.remove(at);
        assert_ne!(short.checkpoint().root(), good.checkpoint().root());
        assert!(!is_linked || !short.faults().is_empty(), "left out {at}");
    }
    let mut moved = good.clone();
    moved.entries.swap(0, 1);
    assert!(!moved.faults().is_empty());
}

#[test]
fn a_caller_that_skips_an_entry_is_told() {
    let mirror = eventful();
    let mut audit = Audit::new(ORIGIN, &LOG_KEY);
    assert_eq!(audit.entry(0, &mirror.entries[0], &[]), []);
    let fault = audit.entry(2, &mirror.entries[2], &[])[0];
    assert_eq!(fault.kind, FaultKind::OutOfOrder { expected: 1 });
    assert_eq!(audit.entry(1, &mirror.entries[1], &[]), []);
}

#[test]
fn examining_elsewhere_gives_the_same_verdicts() {
    let mut mirror = eventful();
    mirror.entries[3][70] ^= 1;
    let checkpoint = mirror.checkpoint();
    let mut audit = Audit::new(ORIGIN, &LOG_KEY);
    let mut examined: Vec<_> =
        mirror.entries.iter().rev().map(|entry| examine(&mut EnrolledKeys::default(), entry, &[])).collect();
    let mut faults = Vec::new();
    for index in 0..=mirror.last() {
        faults.extend(audit.take(index, examined.pop().unwrap()));
    }
    let (expected, report) = mirror.audit(&checkpoint);
    let there = audit.finish(&checkpoint);
    faults.extend(&there.faults);
    assert_eq!(faults, expected);
    assert_eq!((there.root, there.authority), (report.root, report.authority));
}

#[test]
fn a_checkpoint_over_other_entries_does_not_hold() {
    let mirror = eventful();
    let good = mirror.checkpoint();
    let (size, root) = (good.size(), good.root());
    let kinds = |origin, size, root| {
        let (faults, report) = mirror.audit(&Checkpoint::new(origin, size, root).unwrap());
        assert_eq!(report.holds(), faults.is_empty());
        faults.iter().map(|fault| fault.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(ORIGIN, size, root), []);
    assert_eq!(kinds("ledger.example.org/other", size, root), [FaultKind::Origin]);
    assert_eq!(kinds(ORIGIN, size, Hash([1; 32])), [FaultKind::Root { size: size.0 }]);
    for other in [size.0 - 1, size.0 + 1] {
        let expected = FaultKind::Size { checkpoint: other, found: size.0 };
        assert_eq!(kinds(ORIGIN, TreeSize(other), root), [expected]);
    }
}

#[test]
fn an_older_checkpoint_must_be_the_beginning_of_this_log() {
    let mirror = eventful();
    let mut older = mirror.clone();
    older.entries.truncate(4);
    let mut audit = Audit::new(ORIGIN, &LOG_KEY);
    for (index, entry) in (0..).zip(&mirror.entries) {
        audit.entry(index, entry, &[]);
    }
    assert_eq!(audit.check_checkpoint(&older.checkpoint()), Ok(()));
    older.entries.swap(1, 2);
    assert_eq!(audit.check_checkpoint(&older.checkpoint()), Err(FaultKind::Root { size: 4 }));
}

#[test]
fn a_public_section_without_opening_needs_an_erasure_notice() {
    let (mut log, _, mut phone) = farm();
    let (record, openings) = harvest(&mut phone, 0);
    log.offer(&record);
    let index = log.size() - 1;
    let at = usize::try_from(index).unwrap();

    let mut mirror = Mirror::of(&log);
    assert_eq!(mirror.faults(), [(Some(index), FaultKind::OpeningMissing { section: 0 })]);
    mirror.openings.insert(at, published(&openings[0]));
    assert_eq!(mirror.faults(), [], "persons are not published");
    mirror.openings.get_mut(&at).unwrap()[0].payload[0] ^= 1;
    assert_eq!(mirror.faults(), [(Some(index), FaultKind::OpeningMismatch { section: 0 })]);
    mirror.openings.get_mut(&at).unwrap()[0].position = 2;
    let unknown = (Some(index), FaultKind::OpeningUnknown { section: 2 });
    assert_eq!(mirror.faults(), [unknown, (Some(index), FaultKind::OpeningMissing { section: 0 })]);

    log.operate(Control::ErasureNotice { event: record.event_id(), section: 0, reason: 1 });
    assert_eq!(Mirror::of(&log).faults(), []);
}

#[test]
fn an_opening_that_was_announced_as_erased_may_not_stay_published() {
    let (mut log, _, mut phone) = farm();
    let (record, openings) = harvest(&mut phone, 0);
    log.offer(&record);
    let index = log.size() - 1;
    let at = usize::try_from(index).unwrap();
    log.operate(Control::ErasureNotice { event: record.event_id(), section: 0, reason: 1 });
    let mut mirror = Mirror::of(&log);
    mirror.openings.insert(at, published(&openings[0]));
    assert_eq!(mirror.faults(), [(Some(index), FaultKind::ErasedStillOpen { section: 0 })]);
    mirror.openings.remove(&at);
    assert_eq!(mirror.faults(), []);
}

#[test]
fn an_erasure_notice_by_somebody_else_explains_nothing() {
    let (mut log, mut root, mut phone) = farm();
    let (record, _) = harvest(&mut phone, 0);
    log.offer(&record);
    let index = log.size() - 1;
    log.offer(&root.sign(Control::ErasureNotice { event: record.event_id(), section: 0, reason: 1 }));
    assert_eq!(Mirror::of(&log).faults(), [(Some(index), FaultKind::OpeningMissing { section: 0 })]);
}

#[test]
fn a_device_that_saw_another_log_is_evidence_and_no_fault() {
    let (mut log, _, mut phone) = farm();
    let mut tree = Tree::new();
    tree.extend(log.entries.iter().map(|(record, _)| record.leaf_hash()));
    let size = log.size();
    let mut see = |seen| {
        let draft = Draft { act: Some(Act::Lot), seen, ..phone.draft(Control::Event) };
        log.offer(&phone.sign_draft(&draft));
    };
    see(Seen { size, root: tree.root() });
    see(Seen { size: 2, root: tree.root_at(TreeSize(2)).unwrap() });
    see(Seen { size: 2, root: tree.root() });
    see(Seen { size: 1_000, root: tree.root() });
    assert_eq!(Mirror::of(&log).findings(), [("split-view", 2)]);
}

#[test]
fn a_fork_without_its_evidence_is_the_operators_fault() {
    let (mut log, _, mut phone) = farm();
    log.offer(&phone.diary(0));
    let fork = Draft { act: Some(Act::Diary), device_time_ms: 7, ..phone.draft(Control::Event) };
    let trunk = phone.diary(1);
    log.offer(&trunk);
    let disputed = fork.sign(&phone.key).unwrap();
    let mut mirror = Mirror::of(&log);
    mirror.push(&disputed);
    let missing = (Some(mirror.last()), FaultKind::EvidenceMissing);
    assert_eq!(mirror.faults(), [missing]);

    // Evidence that names another trunk is no evidence.
    let control = Control::ForkEvidence {
        author: phone.public(),
        first: EventId::from_bytes([1; 32]),
        other: disputed.event_id(),
    };
    let mut wrong = mirror.clone();
    wrong.push(&log.operator.draft(control).sign(&log.operator.key).unwrap());
    assert_eq!(wrong.faults(), [(Some(wrong.last()), FaultKind::EvidenceUnfounded), missing]);

    // Another record in between, then the evidence: too late, and for nothing.
    let (author, other) = (phone.public(), disputed.event_id());
    let epoch = log.operator.sign(Control::Epoch { time_ms: 1, size: mirror.last() + 1, map_root: [0; 32] });
    let evidence = |first| Control::ForkEvidence { author, first, other };
    let late = log.operator.draft(evidence(trunk.event_id())).sign(&log.operator.key).unwrap();
    let mut too_late = mirror.clone();
    too_late.push(&epoch);
    too_late.push(&late);
    let unfounded = (Some(too_late.last()), FaultKind::EvidenceUnfounded);
    assert_eq!(too_late.faults(), [missing, unfounded]);
}

#[test]
fn evidence_of_a_fork_that_never_was_is_the_operators_fault() {
    let (mut log, _, mut phone) = farm();
    let record = phone.diary(0);
    log.offer(&record);
    let (first, other) = (record.event_id(), EventId::from_bytes([1; 32]));
    let control = Control::ForkEvidence { author: phone.public(), first, other };
    assert_eq!(log.operate(control).codes(), ["forked"]);
    assert_eq!(Mirror::of(&log).faults(), [(Some(log.size() - 1), FaultKind::EvidenceUnfounded)]);
}

#[test]
fn what_should_not_have_been_logged_is_the_operators_fault() {
    let (mut log, mut root, mut phone) = farm();
    let records: Vec<Record> = (0..4).map(|note| phone.diary(note)).collect();
    log.offer(&records[0]);
    let mirror = Mirror::of(&log);
    let logged = |records: &[&Record]| {
        let mut mirror = mirror.clone();
        records.iter().for_each(|record| mirror.push(record));
        mirror.faults()
    };
    let at = mirror.last() + 1;

    assert_eq!(logged(&[&records[0]]), [(Some(at), FaultKind::LoggedTwice)]);
    let gap = FaultKind::NotHeld(Hold::Gap { expected: 1 });
    assert_eq!(logged(&[&records[2], &records[3]]), [(Some(at), gap)], "one fault, not one a record");
    let stranger = Signer::new(99, root.organisation).diary(0);
    assert_eq!(logged(&[&stranger]), [(Some(at), FaultKind::Refused(Refusal::UnknownKey))]);
    let revocation = root.sign(revoke(phone.public(), Some(0)));
    let held = FaultKind::NotHeld(Hold::AfterRevocation { last_good: Some(0) });
    assert_eq!(logged(&[&revocation, &records[1]]), [(Some(at + 1), held)]);
}

#[test]
fn an_epoch_that_breaks_its_rule_is_the_operators_fault() {
    let mut log = Log::new();
    log.epoch(10);
    assert_eq!(log.epoch(9).codes(), ["epoch-backwards"]);
    log.operate(Control::Epoch { time_ms: 11, size: 9, map_root: [0; 32] });
    let faults = [
        (Some(2), FaultKind::Epoch(AuthorityFinding::EpochBackwards)),
        (Some(3), FaultKind::Epoch(AuthorityFinding::EpochSize { size: 9, index: 3 })),
    ];
    assert_eq!(Mirror::of(&log).faults(), faults);
}

#[test]
fn a_fault_says_where_and_what() {
    let mut mirror = eventful();
    mirror.entries[2].pop();
    let fault = mirror.audit(&mirror.checkpoint()).0[0];
    assert_eq!(fault.kind.code(), "malformed");
    assert!(fault.to_string().starts_with("entry 2: the entry is no record: "), "{fault}");
}
