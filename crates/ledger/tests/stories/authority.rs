//! Who may say what: the rules of the format, one by one.

use crate::history::{LOGGED, Log, Outcome, Signer, farm, found, key, ledger, revoke};
use nguon_ledger::authority::{Authority, Rights, split_view};
use nguon_ledger::merkle::Hash;
use nguon_ledger::{
    Act, Admission, AuthorityFinding, Control, Draft, EventId, Hold, LedgerId, OrganisationId, PublicKey,
    Record, Refusal, Roles, Seen, Standing, next_key_digest,
};

#[test]
fn a_phone_that_was_delegated_records_a_harvest() {
    let (mut log, _, mut phone) = farm();
    for note in 0..3 {
        assert_eq!(log.offer(&phone.event(Act::Lot, note)), LOGGED);
    }
    let head = log.authority.head(&phone.public()).unwrap();
    assert_eq!((head.seq, head.event), (2, phone.last.unwrap().event_id()));
}

#[test]
fn sending_again_is_free_whatever_became_of_the_key() {
    let (mut log, mut root, mut phone) = farm();
    let records = [phone.diary(1), phone.diary(2), phone.diary(3)];
    for record in &records {
        assert_eq!(log.offer(record), LOGGED);
    }
    log.offer(&root.sign(revoke(phone.public(), Some(0))));
    log.set_standing(root.organisation, Standing::SUSPENDED);
    for record in &records {
        assert_eq!(log.offer(record), Outcome::Duplicate);
    }
    assert_eq!(log.offer(&log.entries[1].0.clone()), Outcome::Duplicate, "the genesis too");
}

#[test]
fn a_record_of_another_ledger_is_refused() {
    let (log, _, phone) = farm();
    let mut draft = phone.draft(Control::Event);
    draft.ledger_id = LedgerId::from_bytes([8; 32]);
    draft.act = Some(Act::Diary);
    assert_eq!(log.admit(&draft.sign(&phone.key).unwrap()), Err(Refusal::WrongLedger));
}

#[test]
fn a_log_begins_with_its_operator() {
    let authority = Authority::new(ledger());
    let record = Signer::new(3, OrganisationId::from_bytes([1; 32])).diary(0);
    assert_eq!(authority.admit(&record, None), Err(Refusal::NoOperator));
}

#[test]
fn a_key_that_nobody_stands_behind_is_refused() {
    let (mut log, root, _) = farm();
    let mut stranger = Signer::new(99, root.organisation);
    assert_eq!(log.offer(&stranger.diary(0)), Outcome::Refused(Refusal::UnknownKey));
}

#[test]
fn a_phone_cannot_speak_for_another_co_operative() {
    let (mut log, _, mut phone) = farm();
    phone.organisation = log.co_operative(30).organisation;
    assert_eq!(log.offer(&phone.diary(0)), Outcome::Refused(Refusal::OrganisationMismatch));
}

#[test]
fn one_key_founds_one_organisation() {
    let (mut log, _, phone) = farm();
    let again = found(10, 77);
    assert_eq!(log.offer(again.last.as_ref().unwrap()), Outcome::Refused(Refusal::KeyTaken));
    let device = found(20, 77);
    assert_eq!(device.public(), phone.public());
    assert_eq!(log.offer(device.last.as_ref().unwrap()), Outcome::Refused(Refusal::KeyTaken));
}

#[test]
fn an_organisation_without_standing_writes_and_is_shown_as_unrecognised() {
    let mut log = Log::new();
    let mut root = found(10, 11);
    assert_eq!(log.offer(&root.last.clone().unwrap()), LOGGED);
    assert_eq!(log.offer(&root.diary(0)).codes(), ["not-recognised"]);
    log.set_standing(root.organisation, Standing::PRODUCER);
    assert_eq!(log.offer(&root.diary(1)), LOGGED);
}

#[test]
fn a_suspended_organisation_is_refused_until_it_is_taken_back() {
    let (mut log, mut root, mut phone) = farm();
    log.set_standing(root.organisation, Standing::PRODUCER | Standing::SUSPENDED);
    let (by_phone, by_root) = (phone.diary(0), root.sign(revoke(phone.public(), None)));
    assert_eq!(log.offer(&by_phone), Outcome::Refused(Refusal::Suspended));
    assert_eq!(log.offer(&by_root), Outcome::Refused(Refusal::Suspended));
    log.set_standing(root.organisation, Standing::PRODUCER);
    assert_eq!(log.offer(&by_phone), LOGGED);
}

#[test]
fn the_operator_cannot_lock_itself_out() {
    let mut log = Log::new();
    let operator = log.operator.organisation;
    assert_eq!(log.set_standing(operator, Standing::SUSPENDED), LOGGED);
    assert_eq!(log.set_standing(operator, Standing(0)), LOGGED);
}

#[test]
fn an_act_beyond_the_role_is_logged_and_counts_for_nothing() {
    let (mut log, _, mut phone) = farm();
    let outcome = log.offer(&phone.event(Act::Commerce, 0));
    assert_eq!(outcome, Outcome::Logged(vec![AuthorityFinding::RoleLacking { needs: Roles::COMMERCE }]));
    assert!(matches!(outcome, Outcome::Logged(findings) if findings[0].is_void()));
}

#[test]
fn an_inspection_needs_role_and_standing() {
    let mut log = Log::new();
    let mut root = log.co_operative(10);
    let mut inspector = log.phone(&mut root, 20, Roles::INSPECTION);
    assert_eq!(log.offer(&inspector.event(Act::Inspection, 0)).codes(), ["standing-lacking"]);
    log.set_standing(root.organisation, Standing::INSPECTOR);
    assert_eq!(log.offer(&inspector.event(Act::Inspection, 1)), LOGGED);
}

#[test]
fn a_key_expires_by_the_epoch_before_its_record() {
    let (mut log, mut root, mut phone) = farm();
    assert_eq!(log.offer(&root.sign(phone.agree(Roles::DIARY, 1_000))), LOGGED);
    assert_eq!(log.offer(&phone.diary(0)), LOGGED, "no epoch yet");
    log.epoch(1_000);
    assert_eq!(log.offer(&phone.diary(1)), LOGGED, "the last moment");
    log.epoch(1_001);
    assert_eq!(log.offer(&phone.diary(2)).codes(), ["key-expired"]);
    assert_eq!(log.offer(&root.sign(phone.agree(Roles::DIARY, 2_000))), LOGGED);
    assert_eq!(log.offer(&phone.diary(3)), LOGGED, "delegated again");
}

#[test]
fn an_admin_enrols_phones_and_only_the_root_makes_or_ends_admins() {
    let (mut log, mut root, phone) = farm();
    let mut admin = log.phone(&mut root, 40, Roles::ADMIN);
    let other_admin = log.phone(&mut root, 41, Roles::ADMIN);
    let new_phone = Signer::new(42, root.organisation);
    assert_eq!(log.offer(&admin.sign(new_phone.agree(Roles::DIARY, 9))), LOGGED);
    assert_eq!(log.offer(&admin.sign(new_phone.agree(Roles::ADMIN, 9))).codes(), ["not-authorised"]);
    assert_eq!(log.offer(&admin.sign(other_admin.agree(Roles::DIARY, 9))).codes(), ["not-authorised"]);
    assert_eq!(log.offer(&admin.sign(revoke(other_admin.public(), None))).codes(), ["not-authorised"]);
    assert_eq!(log.offer(&admin.sign(revoke(phone.public(), None))), LOGGED);
    assert_eq!(log.offer(&root.sign(revoke(other_admin.public(), None))), LOGGED);
    assert_eq!(log.key(&new_phone).roles(), Roles::DIARY);
}

#[test]
fn a_control_record_by_a_phone_is_logged_without_effect() {
    let (mut log, root, mut phone) = farm();
    let friend = Signer::new(50, root.organisation);
    let event = EventId::from_bytes([4; 32]);
    let next = next_key_digest(&friend.public());
    for control in [
        friend.agree(Roles::DIARY, 9),
        revoke(friend.public(), None),
        Control::Adopt(vec![event]),
        Control::ForkEvidence { author: root.public(), first: event, other: event },
        Control::ErasureNotice { event, section: 0, reason: 0 },
        Control::Epoch { time_ms: 5, size: log.size(), map_root: [0; 32] },
        Control::Standing { organisation: root.organisation, bits: Standing::AUTHORITY, reason: 0 },
        Control::NextLogKey(friend.public()),
    ] {
        let mut expected = log.authority.clone();
        let record = phone.sign(control);
        assert_eq!(log.offer(&record).codes(), ["not-authorised"]);
        expected.restore_head(&phone.public(), record.seq(), record.event_id());
        assert_eq!(log.authority, expected, "the chain goes on, and nothing else changed");
    }
    // A rotation begins a chain, so a phone that wrote already can only fork with one.
    let mut fresh = log.co_operative(60);
    let mut device = log.phone(&mut fresh, 70, Roles::DIARY);
    assert_eq!(log.offer(&device.sign(Control::Rotate { next })).codes(), ["not-authorised"]);
    assert_eq!(log.authority.organisation(fresh.organisation).unwrap().root, fresh.public());
}

#[test]
fn only_the_operators_keys_do_the_operators_work() {
    let (mut log, _, _) = farm();
    let mut clerk = Signer::new(80, log.operator.organisation);
    assert_eq!(log.operate(clerk.agree(Roles::DIARY, u64::MAX)), LOGGED);
    let epoch = |log: &Log, time_ms| Control::Epoch { time_ms, size: log.size(), map_root: [0; 32] };
    let control = epoch(&log, 5);
    assert_eq!(log.offer(&clerk.sign(control)).codes(), ["not-authorised"]);
    assert_eq!(log.operate(clerk.agree(Roles::ADMIN, u64::MAX)), LOGGED);
    let control = epoch(&log, 6);
    assert_eq!(log.offer(&clerk.sign(control)), LOGGED);
    assert_eq!(log.authority.newest_epoch().unwrap().time_ms, 6);
}

#[test]
fn rights_without_the_devices_signature_have_no_effect() {
    let (mut log, mut root, _) = farm();
    let phone = Signer::new(50, root.organisation);
    let Control::Delegate(mut delegation) = phone.agree(Roles::DIARY, 9) else { unreachable!() };
    delegation.roles = Roles::ALL;
    assert_eq!(log.offer(&root.sign(Control::Delegate(delegation))).codes(), ["possession-invalid"]);
    delegation.device = "0100000000000000000000000000000000000000000000000000000000000000".parse().unwrap();
    assert_eq!(log.offer(&root.sign(Control::Delegate(delegation))).codes(), ["weak-key"]);
    assert_eq!(log.authority.key(&phone.public()), None);
}

#[test]
fn a_key_belongs_to_one_organisation_for_ever() {
    let (mut log, mut root, phone) = farm();
    let mut rival = log.co_operative(30);
    let lured = phone.agree_in(rival.organisation, Roles::DIARY, 9);
    assert_eq!(log.offer(&rival.sign(lured)).codes(), ["key-of-another-organisation"]);
    assert_eq!(log.offer(&rival.sign(revoke(phone.public(), None))).codes(), ["key-of-another-organisation"]);
    assert_eq!(log.offer(&root.sign(root.agree(Roles::DIARY, 9))).codes(), ["key-is-root"]);
    assert_eq!(log.key(&phone).organisation, root.organisation);
}

#[test]
fn a_revoked_key_never_returns() {
    let (mut log, mut root, mut phone) = farm();
    let records: Vec<Record> = (0..5).map(|note| phone.diary(note)).collect();
    for record in &records[..3] {
        assert_eq!(log.offer(record), LOGGED);
    }
    let outcome = log.offer(&root.sign(revoke(phone.public(), Some(3))));
    assert_eq!(outcome, LOGGED, "nothing above seq 3 was logged");
    assert_eq!(log.offer(&root.sign(phone.agree(Roles::ALL, u64::MAX))).codes(), ["key-ended"]);
    assert_eq!(log.offer(&records[3]), LOGGED, "written before the loss, sent late");
    let held = Outcome::Held(Hold::AfterRevocation { last_good: Some(3) });
    assert_eq!(log.offer(&records[4]), held);
    assert_eq!(log.offer(&root.sign(Control::Adopt(vec![records[4].event_id()]))), LOGGED);
    assert_eq!(log.offer(&records[4]).codes(), ["adopted"]);
}

#[test]
fn revoking_again_only_lowers_the_last_good_place() {
    let (mut log, mut root, mut phone) = farm();
    for note in 0..5 {
        log.offer(&phone.diary(note));
    }
    let mut again = |last_good| log.offer(&root.sign(revoke(phone.public(), last_good)));
    assert_eq!(again(Some(2)), Outcome::Logged(vec![AuthorityFinding::AfterRevocation { from: 3, to: 4 }]));
    assert_eq!(again(Some(3)).codes(), ["key-ended"]);
    assert_eq!(again(None), Outcome::Logged(vec![AuthorityFinding::AfterRevocation { from: 0, to: 4 }]));
    assert_eq!(again(Some(0)).codes(), ["key-ended"]);
    assert!(log.key(&phone).is_doubted(0));
}

#[test]
fn nobody_adopts_for_another_organisation() {
    let (mut log, mut root, mut phone) = farm();
    let mut rival = log.co_operative(30);
    log.offer(&root.sign(revoke(phone.public(), None)));
    let record = phone.diary(0);
    assert_eq!(log.offer(&rival.sign(Control::Adopt(vec![record.event_id()]))), LOGGED);
    assert_eq!(log.offer(&record), Outcome::Held(Hold::AfterRevocation { last_good: None }));
}

#[test]
fn the_root_moves_only_to_the_key_it_committed_to() {
    let (mut log, mut root, mut phone) = farm();
    let rotation = |seed| Control::Rotate { next: next_key_digest(&key(seed).public()) };
    let mut thief = Signer::new(666, root.organisation);
    assert_eq!(log.offer(&thief.sign(rotation(667))), Outcome::Refused(Refusal::UnknownKey));
    let late = root.sign(Control::Adopt(vec![EventId::from_bytes([3; 32])]));
    let mut next = Signer::new(11, root.organisation);
    let rotate = next.sign(rotation(12));
    assert_eq!(log.offer(&rotate), LOGGED);
    assert_eq!(log.offer(&rotate), Outcome::Duplicate);
    assert_eq!(log.key(&root).rights, Rights::FormerRoot);
    assert_eq!(log.key(&next).rights, Rights::Root);
    assert_eq!(log.offer(&late), Outcome::Refused(Refusal::RootReplaced));
    assert_eq!(log.offer(&next.sign(root.agree(Roles::DIARY, 9))).codes(), ["key-ended"]);
    assert_eq!(log.offer(&phone.diary(0)), LOGGED, "phones stay");
    assert_eq!(log.offer(&next.sign(revoke(phone.public(), None))).codes(), ["after-revocation"]);
    let mut third = Signer::new(12, root.organisation);
    assert_eq!(log.offer(&third.sign(rotation(13))), LOGGED);
}

#[test]
fn a_fork_is_logged_once_with_its_evidence_and_freezes_the_chain() {
    let (mut log, _, mut phone) = farm();
    let base = phone.diary(0);
    let trunk = phone.diary(1);
    let next = phone.diary(2);
    let fork =
        |note| Draft { act: Some(Act::Diary), device_time_ms: note, ..Draft::after(&base, Control::Event) };
    let (other, third) = (fork(7).sign(&phone.key).unwrap(), fork(8).sign(&phone.key).unwrap());
    for record in [&base, &trunk] {
        log.offer(record);
    }
    let size = log.size();
    assert_eq!(log.offer(&other), Outcome::Disputed);
    assert_eq!(log.size(), size + 2);
    let (first, disputed) = (trunk.event_id(), other.event_id());
    assert_eq!(log.admit(&third), Ok(Admission::Conflict { first, other: third.event_id() }));
    assert_eq!(log.offer(&other), Outcome::Conflict, "the same answer again");
    assert_eq!(log.offer(&next), Outcome::Held(Hold::Frozen { first, other: disputed }));
    assert_eq!(log.size(), size + 2, "nothing more was logged");
    assert_eq!(log.authority.head(&phone.public()).unwrap().event, first, "the trunk stays");
}

/// A phone that forked at seq 1, with the trunk's next record in hand.
fn forked() -> (Log, Signer, Signer, Record, Record) {
    let (mut log, root, mut phone) = farm();
    let base = phone.diary(0);
    let trunk = phone.diary(1);
    let next = phone.diary(2);
    let draft = Draft { act: Some(Act::Diary), device_time_ms: 7, ..Draft::after(&base, Control::Event) };
    let other = draft.sign(&phone.key).unwrap();
    for record in [&base, &trunk, &other] {
        log.offer(record);
    }
    assert!(matches!(log.offer(&next), Outcome::Held(Hold::Frozen { .. })));
    (log, root, phone, other, next)
}

#[test]
fn a_disputed_control_record_has_no_effect() {
    let (mut log, mut root, _) = farm();
    let admin = log.phone(&mut root, 40, Roles::ADMIN);
    let [kept, disputed] = [50, 51].map(|seed| Signer::new(seed, root.organisation));
    let enrol = |phone: &Signer| admin.draft(phone.agree(Roles::DIARY, 9)).sign(&admin.key).unwrap();
    assert_eq!(log.offer(&enrol(&kept)), LOGGED);
    assert_eq!(log.offer(&enrol(&disputed)), Outcome::Disputed);
    assert!(log.authority.key(&kept.public()).is_some());
    assert_eq!(log.authority.key(&disputed.public()), None);
}

#[test]
fn a_new_delegation_lets_a_forked_chain_go_on_from_its_head() {
    let (mut log, mut root, mut phone, other, next) = forked();
    assert_eq!(log.offer(&root.sign(phone.agree(Roles::DIARY, u64::MAX))), LOGGED);
    assert_eq!(log.offer(&next), LOGGED);
    assert_eq!(log.offer(&phone.diary(3)), LOGGED);
    assert_eq!(log.offer(&other), Outcome::Conflict);
}

#[test]
fn a_revocation_lets_a_forked_chain_go_on_to_its_last_good_place() {
    let (mut log, mut root, mut phone, _, next) = forked();
    assert_eq!(log.offer(&root.sign(revoke(phone.public(), Some(2)))), LOGGED);
    assert_eq!(log.offer(&next), LOGGED);
    assert_eq!(log.offer(&phone.diary(3)), Outcome::Held(Hold::AfterRevocation { last_good: Some(2) }));
}

#[test]
fn adopting_makes_held_records_count_one_by_one_and_in_order() {
    let (mut log, mut root, mut phone, other, next) = forked();
    let after = phone.diary(3);
    assert_eq!(log.offer(&root.sign(Control::Adopt(vec![after.event_id(), other.event_id()]))), LOGGED);
    assert_eq!(
        log.offer(&after),
        Outcome::Held(Hold::Gap { expected: 2 }),
        "adopted, and still not its turn"
    );
    assert!(log.authority.is_adopted(root.organisation, other.event_id()));
    assert_eq!(log.authority.head(&phone.public()).unwrap().seq, 1, "the disputed record is no head");
    assert_eq!(log.offer(&root.sign(Control::Adopt(vec![next.event_id()]))), LOGGED);
    assert_eq!(log.offer(&next).codes(), ["adopted"]);
    assert_eq!(log.offer(&after).codes(), ["adopted"]);
}

#[test]
fn a_revoked_key_cannot_fill_the_log_with_forks() {
    let (mut log, mut root, mut phone) = farm();
    let fork = Draft { act: Some(Act::Diary), device_time_ms: 7, ..phone.draft(Control::Event) };
    log.offer(&phone.diary(0));
    log.offer(&root.sign(revoke(phone.public(), None)));
    assert_eq!(log.offer(&fork.sign(&phone.key).unwrap()), Outcome::Conflict);
}

#[test]
fn a_gap_is_held_and_names_what_is_missing() {
    let (mut log, _, mut phone) = farm();
    let records = [phone.diary(0), phone.diary(1)];
    assert_eq!(log.offer(&records[1]), Outcome::Held(Hold::Gap { expected: 0 }));
    assert_eq!(log.offer(&records[0]), LOGGED);
    assert_eq!(log.offer(&records[1]), LOGGED);
}

#[test]
fn a_record_that_follows_another_than_the_head_is_refused() {
    let (mut log, _, mut phone) = farm();
    log.offer(&phone.diary(0));
    let mut draft = phone.draft(Control::Event);
    (draft.act, draft.prev) = (Some(Act::Diary), EventId::from_bytes([9; 32]));
    let head = phone.last.as_ref().unwrap().event_id();
    let record = draft.sign(&phone.key).unwrap();
    assert_eq!(log.offer(&record), Outcome::Refused(Refusal::PrevMismatch { head }));
}

#[test]
fn an_old_place_cannot_be_judged_without_the_record_that_has_it() {
    let (mut log, _, mut phone) = farm();
    let first = phone.diary(0);
    log.offer(&first);
    assert!(!log.authority.needs_trunk(&first), "the head is known");
    log.offer(&phone.diary(1));
    assert!(log.authority.needs_trunk(&first));
    assert_eq!(log.authority.admit(&first, None), Err(Refusal::TrunkUnknown));
}

#[test]
fn epochs_never_go_back_and_name_their_own_place() {
    let mut log = Log::new();
    assert_eq!(log.epoch(10), LOGGED);
    assert_eq!(log.epoch(10), LOGGED);
    assert_eq!(log.epoch(9).codes(), ["epoch-backwards"]);
    let outcome = log.operate(Control::Epoch { time_ms: 20, size: 77, map_root: [0; 32] });
    assert_eq!(outcome.codes(), ["epoch-size"]);
    assert_eq!(log.authority.newest_epoch().unwrap().time_ms, 10);
}

#[test]
fn erasures_and_the_logs_next_key_are_remembered() {
    let (mut log, _, mut phone) = farm();
    let record = phone.diary(0);
    log.offer(&record);
    let notice = Control::ErasureNotice { event: record.event_id(), section: 1, reason: 3 };
    assert_eq!(log.operate(notice), LOGGED);
    assert!(log.authority.is_erased(record.event_id(), 1) && !log.authority.is_erased(record.event_id(), 0));
    assert_eq!(log.operate(Control::NextLogKey(key(5).public())), LOGGED);
    assert_eq!(log.authority.log_keys()[0].key, key(5).public());
    assert_eq!(log.operate(Control::NextLogKey(PublicKey::ZERO)).codes(), ["weak-key"]);
    let unknown = OrganisationId::from_bytes([1; 32]);
    assert_eq!(log.set_standing(unknown, Standing::PRODUCER).codes(), ["target-unknown"]);
}

#[test]
fn a_device_cannot_have_seen_more_than_there_was() {
    let (log, _, phone) = farm();
    let index = log.size();
    let root = Hash([1; 32]);
    let verdict = |size, there: Option<Hash>| {
        let seen = Seen { size, root };
        let draft = Draft { act: Some(Act::Diary), seen, ..phone.draft(Control::Event) };
        let record = draft.sign(&phone.key).unwrap();
        // The log is asked only for roots that it has.
        split_view(&record, index, |asked| there.filter(|_| asked == size).unwrap())
    };
    assert_eq!(verdict(index, Some(root)), None);
    assert_eq!(verdict(index, Some(Hash([2; 32]))), Some(AuthorityFinding::SplitView { size: index }));
    assert_eq!(verdict(index + 1, None), Some(AuthorityFinding::SplitView { size: index + 1 }));
}
