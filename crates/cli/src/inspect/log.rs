//! The log's own texts and files: notes, checkpoints, receipts, keys, tiles, bundles.

use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::merkle::{Frontier, leaf_hash, verify_inclusion};
use nguon_ledger::note::{KeyKind, Note, VerifierKey};
use nguon_ledger::policy::Policy;
use nguon_ledger::proof::TlogProof;
use nguon_ledger::tile::{decode_entries, decode_hashes};
use nguon_ledger::{Record, ledger_id, openings};

use super::{Given, record};
use crate::report::Report;

/// A signed note; most often a checkpoint.
pub(super) fn note(bytes: &[u8], given: &Given) -> Report {
    let note = match Note::parse(bytes) {
        Ok(note) => note,
        Err(error) => {
            let mut report = Report::new("note", "A signed note that is none");
            report.fails("form", error);
            return report;
        }
    };
    match Checkpoint::parse(note.text()) {
        Ok(checkpoint) => {
            let mut report = Report::new("checkpoint", format!("A checkpoint of {}", checkpoint.origin()));
            say_checkpoint(&mut report, &checkpoint, &note);
            report.holds("form", "a signed note that carries a checkpoint");
            judge_note(&mut report, &note, given);
            report
        }
        Err(error) => {
            let mut report = Report::new("note", "A signed note that carries no checkpoint");
            report.say("text", note.text());
            say_signatures(&mut report, &note);
            report.holds("form", "a signed note");
            report.notes("checkpoint", error);
            match given.log.iter().chain(&given.witnesses).collect::<Vec<_>>() {
                keys if keys.is_empty() => {
                    report.leaves_open("signature", "give the signer's key with --log-vkey")
                }
                keys => report.judge("signature", &note.open(keys.iter().copied()), "by the key given"),
            }
            report
        }
    }
}

fn say_checkpoint(report: &mut Report, checkpoint: &Checkpoint, note: &Note) {
    report.say("origin", checkpoint.origin());
    report.say_number("tree_size", checkpoint.size().0, format!("{} records", checkpoint.size()));
    report.say("root", checkpoint.root());
    say_signatures(report, note);
}

fn say_signatures(report: &mut Report, note: &Note) {
    for (place, signature) in note.signatures().iter().enumerate() {
        report.say(
            format!("signature_{place}"),
            format!("{} (key ID {:08x})", signature.name(), signature.key_id()),
        );
    }
}

/// Whether the log signed it, and which of the witnesses given cosigned.
fn judge_note(report: &mut Report, note: &Note, given: &Given) {
    let Some(log) = &given.log else {
        report.leaves_open("checkpoint signature", "give the log's key with --log-vkey");
        return;
    };
    let policy = match Policy::new(log.clone(), given.witnesses.clone(), 0) {
        Ok(policy) => policy,
        Err(error) => return report.fails("keys given", error),
    };
    match policy.judge(note) {
        Err(error) => report.fails("checkpoint signature", error),
        Ok(verdict) => {
            report.holds("checkpoint signature", format!("by {} with the key given", log.name()));
            for cosigner in &verdict.cosigned_by {
                let at = crate::report::time(cosigner.unix_seconds.saturating_mul(1000));
                report.holds("cosignature", format!("{} at {at}", cosigner.witness));
            }
            let missing = given.witnesses.len().saturating_sub(verdict.cosigned_by.len());
            if missing > 0 {
                report.notes("cosignature", format!("{missing} of the witnesses given did not cosign"));
            }
        }
    }
}

/// A tlog-proof with the record in `extra`.
pub(super) fn receipt(bytes: &[u8], given: &Given) -> Report {
    let proof = match TlogProof::parse(bytes) {
        Ok(proof) => proof,
        Err(error) => {
            let mut report = Report::new("receipt", "A receipt that is none");
            report.fails("form", error);
            return report;
        }
    };
    let mut report =
        Report::new("receipt", format!("A receipt: the record at index {} of the log", proof.index));
    report.say_number("index", proof.index.0, proof.index);
    report.say_number("proof_hashes", proof.hashes.len() as u64, proof.hashes.len());
    let checkpoint = match Checkpoint::parse(proof.checkpoint_note.text()) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            report.fails("checkpoint", error);
            return report;
        }
    };
    say_checkpoint(&mut report, &checkpoint, &proof.checkpoint_note);
    report.holds("form", "a tlog-proof with a signed checkpoint");
    if proof.extra.is_empty() {
        report.leaves_open("inclusion", "the receipt carries no record, so there is no leaf to prove");
    } else {
        let (leaf, size, root) = (leaf_hash(&proof.extra), checkpoint.size(), checkpoint.root());
        let inclusion = verify_inclusion(leaf, proof.index, size, &proof.hashes, root);
        report.judge(
            "inclusion",
            &inclusion,
            format!("the record is leaf {} under the checkpoint's root", proof.index),
        );
    }
    judge_note(&mut report, &proof.checkpoint_note, given);
    if !proof.extra.is_empty() {
        report.parts.push(record::report(&proof.extra, given));
    }
    report
}

/// Verifier keys, one a line.
pub(super) fn verifier_keys(text: &str) -> Report {
    let one = |line: &str| {
        let mut report = Report::new("vkey", "A verifier key");
        match line.parse::<VerifierKey>() {
            Err(error) => report.fails("vkey", format!("{error}: {line}")),
            Ok(key) => {
                let words = match key.kind() {
                    KeyKind::Ed25519 => "01: Ed25519, signs checkpoints as a log does",
                    KeyKind::Cosignature => "04: Ed25519, cosigns as a witness does",
                };
                report.say("name", key.name());
                report.say("key_id", format!("{:08x}", key.id()));
                report.say("type", words);
                report.say("public_key", key.public());
                if key.kind() == KeyKind::Ed25519 {
                    let id = ledger_id(key.name(), key.public().as_bytes());
                    report.say_value(
                        "ledger_id",
                        id.to_string().into(),
                        format!("{id} (if this is the log's first key)"),
                    );
                }
                report.holds("vkey", "key ID, name and key belong together; the key is fit for enrolment");
            }
        }
        report
    };
    let mut reports: Vec<Report> = text.lines().filter(|line| !line.is_empty()).map(one).collect();
    if reports.len() == 1 {
        return reports.remove(0);
    }
    let mut report = Report::new("vkeys", format!("{} verifier keys", reports.len()));
    report.parts = reports;
    report
}

/// An entry bundle: every record is read and its signature checked.
pub(super) fn bundle(bytes: &[u8], width: u16, first: Option<u64>, given: &Given) -> Report {
    let mut report = Report::new("bundle", format!("An entry bundle of {width} records"));
    let entries = match decode_entries(bytes, width) {
        Ok(entries) => entries,
        Err(error) => {
            report.fails("form", error);
            return report;
        }
    };
    report.say_number("entries", width.into(), width);
    report.holds("form", "lengths and entries fill the file exactly");
    let mut damaged = 0_u64;
    for (entry, place) in entries.into_iter().zip(0_u64..) {
        let index = first.unwrap_or(0).saturating_add(place);
        let mut judged = record::report(entry, &Given { author: None, ..only_log(given) });
        if let Ok(record) = Record::parse(entry) {
            let title = record::title(&record);
            let words = title.trim_start_matches("A record: ");
            report.say(
                format!("entry_{index}"),
                format!(
                    "{} {words}, seq {} of {}",
                    record.event_id(),
                    record.seq(),
                    short(&record.author().to_string())
                ),
            );
        }
        if !judged.all_holds() {
            damaged += 1;
            judged.title = format!("Entry {index}: {}", judged.title);
            report.parts.push(judged);
        }
    }
    if damaged == 0 {
        report.holds("records", "every one is well formed and signed by its author");
    } else {
        report.fails("records", format!("{damaged} of {width} do not hold"));
    }
    report.leaves_open("order", "that these are the log's records in the log's order: `nguon verify`");
    report
}

fn only_log(given: &Given) -> Given {
    Given { log: given.log.clone(), ..Given::default() }
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// A tile of hashes.
pub(super) fn tile(bytes: &[u8]) -> Report {
    let width = u16::try_from(bytes.len() / 32).unwrap_or(u16::MAX);
    let mut report = Report::new("tile", format!("A tile of {width} hashes"));
    match decode_hashes(bytes, width) {
        Err(error) => report.fails("form", error),
        Ok(hashes) => {
            let mut tree = Frontier::new();
            for (place, hash) in hashes.iter().enumerate() {
                tree.push(*hash);
                report.say(format!("hash_{place}"), hash);
            }
            report.say("root_over_these", tree.root());
            report.holds("form", "whole hashes");
        }
    }
    report.leaves_open("place", "that the log's root is made of these hashes: `nguon verify`");
    report
}

/// A file of openings as the log publishes it.
pub(super) fn published_openings(bytes: &[u8], width: u16) -> Report {
    let mut report =
        Report::new("openings file", format!("Openings of the public sections of {width} records"));
    match openings::decode(bytes, width) {
        Err(error) => report.fails("form", error),
        Ok(records) => {
            for (place, record) in records.iter().enumerate() {
                for opened in record {
                    let name = format!("record_{place}_section_{}", opened.position);
                    report.say(name, format!("{} bytes: {}", opened.payload.len(), says(&opened.payload)));
                }
            }
            report.holds("form", "openings by rising position, and nothing after them");
        }
    }
    report.leaves_open("commitments", "that they open the records beside them: `nguon verify`");
    report
}

fn says(payload: &[u8]) -> String {
    match nguon_epcis::read(payload) {
        Ok(document) => super::contents::facts_kind(&document.facts),
        Err(error) => format!("cannot be read: {error}"),
    }
}
