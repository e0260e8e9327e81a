//! Records, and what goes into them: invitations, acceptances, public keys.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::{
    Control, Delegation, Flags, Kind, Opening, PERSON_OF_DELEGATION, PublicKey, Record, Roles, SectionRef,
    SectionType, ledger_id,
};

use super::words::{act_words, flag_words, kind_word, or_none, role_words, standing_words};
use super::{Given, contents};
use crate::parcel::{Parcel, fit_openings, person_of};
use crate::report::Report;
use nguon_service::desk::{Acceptance, Invitation};

/// What a record says and whether it holds by itself.
pub(super) fn report(bytes: &[u8], given: &Given) -> Report {
    let record = match Record::parse(bytes) {
        Ok(record) => record,
        Err(error) => {
            let mut report = Report::new("record", format!("A record that is none, {} bytes", bytes.len()));
            report.fails("structure", error);
            return report;
        }
    };
    let mut report = Report::new("record", format!("{}, {} bytes", title(&record), bytes.len()));
    say_fields(&mut report, &record);
    report.holds("structure", "every length, count and reserved byte as the format demands");
    judge_author(&mut report, &record, given);
    judge_possession(&mut report, &record);
    judge_ledger(&mut report, &record, given);
    judge_openings(&mut report, &record, given);
    report.leaves_open(
        "authority",
        "whether this key might say it, and where it stands in the log, is decided by the whole log: `nguon verify`",
    );
    report
}

/// Records with their openings, as they are submitted.
pub(super) fn parcel(parcel: &Parcel, given: &Given) -> Report {
    let one = |packed: &crate::parcel::Packed| {
        let bytes =
            match packed.record_bytes().or_else(|error| hex::decode(&packed.record).map_err(|_| error)) {
                Ok(bytes) => bytes,
                Err(error) => {
                    let mut report = Report::new("record", "A record that cannot be read");
                    report.fails("base64", error);
                    return report;
                }
            };
        // What is submitted has all its openings, in order; those given beside are for whoever kept them apart.
        if packed.openings.is_empty() && !given.openings.is_empty() {
            return self::report(&bytes, given);
        }
        let opened: Result<Vec<_>, _> =
            packed.openings.iter().map(crate::parcel::PackedOpening::open).collect();
        let mut report = self::report(&bytes, &Given { openings: Vec::new(), ..given.clone() });
        report.checks.retain(|check| check.rule != "openings");
        match (opened, Record::parse(&bytes)) {
            (Err(error), _) => report.fails("openings", error),
            (Ok(_), Err(_)) => {}
            (Ok(opened), Ok(record)) => match fit_openings(&record, opened) {
                Err(error) => report.fails("openings", error),
                Ok(openings) => {
                    report.holds("openings", format!("all {} open their commitments", openings.len()));
                    show_openings(&mut report, &record, &openings);
                }
            },
        }
        report
    };
    let mut reports: Vec<Report> = parcel.records.iter().map(one).collect();
    if reports.len() == 1 {
        return reports.remove(0);
    }
    let mut report = Report::new("records", format!("{} records with their openings", reports.len()));
    judge_chains(&mut report, parcel);
    report.parts = reports;
    report
}

/// Whether the records of each key follow one another, as far as they are here.
fn judge_chains(report: &mut Report, parcel: &Parcel) {
    let mut heads: BTreeMap<PublicKey, Record> = BTreeMap::new();
    for bytes in parcel.records.iter().filter_map(|packed| packed.record_bytes().ok()) {
        let Ok(record) = Record::parse(&bytes) else { continue };
        if let Some(head) = heads.get(&record.author())
            && (record.seq() != head.seq().saturating_add(1) || record.prev() != head.event_id())
        {
            let (author, seq) = (record.author(), head.seq());
            return report
                .fails("chain", format!("{} does not follow seq {seq} of {author}", record.event_id()));
        }
        heads.insert(record.author(), record);
    }
    report.holds("chain", "the records of each key follow one another");
}

/// A record in a few words.
pub(super) fn title(record: &Record) -> String {
    match record.act() {
        Some(act) => format!("A record: event, {act}"),
        None => format!("A record: {}", record.kind()),
    }
}

fn say_fields(report: &mut Report, record: &Record) {
    report.say("event_id", record.event_id());
    report.say("leaf_hash", record.leaf_hash());
    report.say_value(
        "kind",
        kind_word(record.kind()).into(),
        format!("{} ({:#04x})", record.kind(), record.kind() as u8),
    );
    report.say("suite", "01 (Ed25519 strict, BLAKE3-256)");
    if let Some(act) = record.act() {
        report.say_value("act", act.to_string().into(), act_words(act));
    }
    report.say("ledger_id", record.ledger_id());
    match record.kind() {
        Kind::Genesis => {
            report.say_value(
                "organisation",
                record.belongs_to().to_string().into(),
                format!("{} (made by this record)", record.belongs_to()),
            );
        }
        _ => report.say("organisation", record.organisation()),
    }
    report.say("author", record.author());
    report.say_number("seq", record.seq(), record.seq());
    report.say("prev", or_none(record.prev().is_zero(), record.prev(), "none: the first of its chain"));
    match record.device_time_ms() {
        0 => report.say_number("device_time_ms", 0, "unknown"),
        time => report.say_time("device_time_ms", time),
    }
    let seen = record.seen();
    report.say_number(
        "seen_size",
        seen.size,
        or_none(seen.size == 0, format!("{} records", seen.size), "0 (no checkpoint)"),
    );
    if seen.size > 0 {
        report.say("seen_root", seen.root);
    }
    for (place, subject) in record.subjects().iter().enumerate() {
        report.say(format!("subject_{place}"), subject.handle);
        report.say(
            format!("subject_{place}_newest"),
            or_none(subject.newest.is_zero(), subject.newest, "none known"),
        );
    }
    for (place, section) in record.sections().iter().enumerate() {
        report.say(format!("section_{place}_type"), contents::section_type(section.kind));
        report.say(format!("section_{place}_commitment"), section.commitment);
    }
    say_control(report, record.control());
    report.say("signature", hex::encode(record.signature()));
}

fn say_control(report: &mut Report, control: &Control) {
    match control {
        Control::Event => {}
        Control::Genesis { next } | Control::Rotate { next } => report.say("next_key_digest", next),
        Control::Delegate(delegation) => {
            say_rights(report, delegation);
            report.say("possession", hex::encode(delegation.possession));
        }
        Control::Revoke { key, last_good, reason } => {
            report.say("revoked_key", key);
            match last_good {
                Some(seq) => report.say_number("last_good_seq", *seq, seq),
                None => report.say_value("last_good_seq", serde_json::Value::Null, "none of its records"),
            }
            report.say_number("reason", (*reason).into(), reason);
        }
        Control::ForkEvidence { author, first, other } => {
            report.say("forked_key", author);
            report.say("logged_first", first);
            report.say("disputed", other);
        }
        Control::Adopt(events) => {
            for (place, event) in events.iter().enumerate() {
                report.say(format!("adopted_{place}"), event);
            }
        }
        Control::ErasureNotice { event, section, reason } => {
            report.say("erased_in", event);
            let words = match *section {
                PERSON_OF_DELEGATION => "255 (the person of a delegation)".to_owned(),
                section => section.to_string(),
            };
            report.say_number("erased_section", (*section).into(), words);
            report.say_number("reason", (*reason).into(), reason);
        }
        Control::Epoch { time_ms, size, map_root } => {
            report.say_time("log_time_ms", *time_ms);
            report.say_number("tree_size_before", *size, format!("{size} records"));
            report.say("map_root", or_none(*map_root == [0; 32], hex::encode(map_root), "none yet"));
        }
        Control::Standing { organisation, bits, reason } => {
            report.say("whose_standing", organisation);
            report.say_number("standing", bits.0.into(), standing_words(*bits));
            report.say_number("reason", (*reason).into(), reason);
        }
        Control::NextLogKey(key) => report.say("next_log_key", key),
    }
}

fn say_rights(report: &mut Report, delegation: &Delegation) {
    report.say("device", delegation.device);
    report.say_number("roles", delegation.roles.0.into(), role_words(delegation.roles));
    report.say_number("flags", delegation.flags.0.into(), flag_words(delegation.flags));
    report.say_time("not_after_ms", delegation.not_after_ms);
    report.say("person", delegation.person.map_or("none".to_owned(), |person| person.to_string()));
}

fn judge_author(report: &mut Report, record: &Record, given: &Given) {
    if let Some(expected) = given.author {
        if expected == record.author() {
            report.holds("author", "the key given with --key");
        } else {
            report.fails("author", format!("signed by another key than {expected}"));
        }
    }
    match record.author().check_enrolment() {
        Err(error) => {
            report.fails("author key", error);
            report.fails("signature", "a key that may not be enrolled verifies nothing");
        }
        Ok(key) => {
            report.holds("author key", "canonical, no small-order part: fit for enrolment");
            report.judge(
                "signature",
                &record.verify(&key),
                "strict Ed25519 by the author over the whole body",
            );
        }
    }
}

fn judge_possession(report: &mut Report, record: &Record) {
    let Control::Delegate(delegation) = record.control() else { return };
    let possession = delegation.verify_possession(record.ledger_id(), record.organisation());
    report.judge("possession", &possession, "the device signed exactly these rights");
    let unnamed = (delegation.roles.0 & !Roles::ALL.0, delegation.flags.0 & !Flags::SERVICE.0);
    if unnamed != (0, 0) {
        report.notes("rights", "there are role or flag bits that this version has no name for");
    }
}

fn judge_ledger(report: &mut Report, record: &Record, given: &Given) {
    let Some(log) = &given.log else { return };
    if record.ledger_id() == ledger_id(log.name(), log.public().as_bytes()) {
        report.holds("ledger", format!("signed for {}", log.name()));
    } else {
        let takes = format!(
            "not the ledger that began with this key of {}; if the log's key was changed, give its first",
            log.name()
        );
        report.leaves_open("ledger", takes);
    }
}

fn judge_openings(report: &mut Report, record: &Record, given: &Given) {
    let person = person_of(record).map(|commitment| SectionRef { kind: SectionType::PERSON, commitment });
    let commitments: Vec<SectionRef> = record.sections().into_iter().chain(person).collect();
    if given.openings.is_empty() {
        match commitments.len() {
            0 => report.holds("openings", "the record has no sections"),
            count => report.leaves_open("openings", format!("{count} not given; name them with --openings")),
        }
        return;
    }
    let mut used = vec![false; given.openings.len()];
    let mut opened = Vec::new();
    for (place, section) in commitments.iter().enumerate() {
        let fits = given.openings.iter().enumerate().find_map(|(number, (salt, payload))| {
            let opening = Opening { kind: section.kind, salt: *salt, payload: payload.clone() };
            (opening.commitment() == section.commitment).then_some((number, opening))
        });
        if let Some((number, opening)) = fits {
            used[number] = true;
            opened.push((place, opening));
        }
    }
    let strangers = used.iter().filter(|used| !**used).count();
    if strangers > 0 {
        report.fails("openings", format!("{strangers} of those given open no commitment of this record"));
    } else if opened.len() < commitments.len() {
        report.leaves_open(
            "openings",
            format!("{} of {} given, and they hold", opened.len(), commitments.len()),
        );
    } else {
        report.holds("openings", format!("all {} open their commitments", opened.len()));
    }
    report
        .parts
        .extend(opened.iter().map(|(place, opening)| contents::section(*place, opening, Some(record))));
}

fn show_openings(report: &mut Report, record: &Record, openings: &[Opening]) {
    let parts = openings.iter().enumerate();
    report.parts.extend(parts.map(|(place, opening)| contents::section(place, opening, Some(record))));
}

/// An invitation: nothing is signed yet.
pub(super) fn invitation(invitation: &Invitation) -> Report {
    let mut report = Report::new("invitation", "An invitation to a device; nobody signed it");
    report.say("ledger_id", invitation.ledger_id);
    report.say("organisation", invitation.organisation);
    report.say_number("roles", invitation.roles.0.into(), role_words(invitation.roles));
    report.say_number("flags", invitation.flags.0.into(), flag_words(invitation.flags));
    report.say_time("not_after_ms", invitation.not_after_ms);
    report.say("person", invitation.person.map_or("none".to_owned(), |person| person.to_string()));
    report.holds("form", "complete; `nguon org accept` answers it");
    report
}

/// A device's answer to an invitation.
pub(super) fn acceptance(acceptance: &Acceptance) -> Report {
    let mut report =
        Report::new("acceptance", "A device's possession of its key, and its consent to these rights");
    report.say("ledger_id", acceptance.invitation.ledger_id);
    report.say("organisation", acceptance.invitation.organisation);
    let delegation = acceptance.delegation();
    say_rights(&mut report, &delegation);
    report.say_value(
        "possession",
        STANDARD.encode(acceptance.possession).into(),
        hex::encode(acceptance.possession),
    );
    let possession =
        delegation.verify_possession(acceptance.invitation.ledger_id, acceptance.invitation.organisation);
    report.judge("possession", &possession, "the device signed exactly these rights");
    report
}

/// 32 bytes by themselves.
pub(super) fn key(key: &PublicKey) -> Report {
    let mut report = Report::new(
        "public key",
        "32 bytes: a public key, an id, a digest or a secret seed look alike. Judged as a public key:",
    );
    report.judge("author key", &key.check_enrolment(), "canonical, no small-order part: fit for enrolment");
    report
}
