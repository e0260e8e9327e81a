//! The check values: every `*.json` in `fixtures/vectors`, and in `../shared/vectors` where that is at hand.
//!
//! A vector file holds what it holds: parts that are missing are passed over, and whatever is there is checked.

#![expect(clippy::unwrap_used, reason = "a test may stop at what is wrong")]

use nguon_ledger::audit::EnrolledKeys;
use nguon_ledger::{
    Control, EventId, Opening, PublicKey, Record, SectionType, SigningKey, handle, next_key_digest,
};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The vector files, parsed. Fails when there is none: a check of nothing would pass.
fn vector_files() -> Vec<(PathBuf, Value)> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["fixtures/vectors", "../shared/vectors"] {
        let Ok(entries) = std::fs::read_dir(workspace.join(folder)) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "json") {
                let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                // Other vector files may lie here; a ledger's has records. The same file in both folders is checked once.
                let is_new = files.iter().all(|(_, known)| *known != value);
                if value.get("records").is_some() && is_new {
                    files.push((path, value));
                }
            }
        }
    }
    assert!(!files.is_empty(), "no vector file found");
    files
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(value, name).unwrap_or_else(|| panic!("no {name}"))).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Parses and verifies as a server does: the author's key is enrolled first.
fn read(bytes: &[u8]) -> Result<Record, String> {
    read_with(&mut EnrolledKeys::default(), bytes)
}

fn read_with(keys: &mut EnrolledKeys, bytes: &[u8]) -> Result<Record, String> {
    let record = Record::parse(bytes).map_err(|error| error.to_string())?;
    let key = keys.enrol(record.author()).map_err(|error| error.to_string())?;
    record.verify(&key).map_err(|error| error.to_string())?;
    Ok(record)
}

#[test]
fn every_record_has_its_names_and_holds() {
    for (path, file) in vector_files() {
        for vector in list(&file, "records") {
            let name = text(vector, "name").unwrap_or("unnamed");
            let record =
                read(&bytes(vector, "record")).unwrap_or_else(|error| panic!("{path:?} {name}: {error}"));
            let check = |field: &str, value: String| {
                if let Some(expected) = text(vector, field) {
                    assert_eq!(value, expected, "{path:?} {name}: {field}");
                }
            };
            check("event_id", record.event_id().to_string());
            check("leaf_hash", record.leaf_hash().to_string());
            check("prev", record.prev().to_string());
            check("signed_bytes_sha256", sha256_hex(&record.signed_bytes()));
            if let Control::Genesis { next } | Control::Rotate { next } = record.control() {
                check("next_key_digest", next.to_string());
            }
            if let Some(ledger) = text(&file, "ledger_id") {
                assert_eq!(record.ledger_id().to_string(), ledger, "{path:?} {name}");
            }
            if let Control::Delegate(delegation) = record.control() {
                let proof = delegation.verify_possession(record.ledger_id(), record.organisation());
                assert_eq!(proof, Ok(()), "{path:?} {name}");
            }
        }
    }
}

#[test]
fn a_record_written_anew_from_its_fields_is_the_same_bytes() {
    for (path, file) in vector_files() {
        let keys: Vec<SigningKey> = file
            .get("secret_keys")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(_, seed)| seed.as_str())
            .map(|seed| SigningKey::from_seed(hex::decode(seed).unwrap().try_into().unwrap()))
            .collect();
        for vector in list(&file, "records") {
            let record = Record::parse(&bytes(vector, "record")).unwrap();
            let Some(key) = keys.iter().find(|key| key.public() == record.author()) else { continue };
            let draft = nguon_ledger::Draft {
                control: record.control().clone(),
                act: record.act(),
                ledger_id: record.ledger_id(),
                organisation: record.organisation(),
                seq: record.seq(),
                prev: record.prev(),
                device_time_ms: record.device_time_ms(),
                seen: record.seen(),
                subjects: record.subjects(),
                sections: record.sections(),
            };
            assert_eq!(draft.sign(key).unwrap(), record, "{path:?} {:?}", text(vector, "name"));
        }
    }
}

#[test]
fn every_reject_is_refused() {
    for (path, file) in vector_files() {
        for vector in list(&file, "rejects") {
            let why = text(vector, "why").unwrap_or("unnamed");
            assert!(read(&bytes(vector, "record")).is_err(), "{path:?} {why}");
        }
        for vector in file.get("bad_keys").map_or(&[][..], |bad| list(bad, "keys")) {
            let why = text(vector, "why").unwrap_or("unnamed");
            let key: PublicKey = text(vector, "key").unwrap().parse().unwrap();
            assert!(key.check_enrolment().is_err(), "{path:?} {why}");
        }
    }
}

#[test]
fn rights_that_the_device_did_not_sign_do_not_hold() {
    for (path, file) in vector_files() {
        let Some(vector) = file.get("bad_possession") else { continue };
        let record = read(&bytes(vector, "record")).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let Control::Delegate(delegation) = record.control() else { panic!("{path:?}: no delegation") };
        assert!(delegation.verify_possession(record.ledger_id(), record.organisation()).is_err(), "{path:?}");
    }
}

#[test]
fn handles_commitments_and_next_keys_are_those_of_the_format() {
    for (path, file) in vector_files() {
        for vector in list(&file, "subjects") {
            let salt = bytes(vector, "salt").try_into().unwrap();
            let name = handle(text(vector, "uri").unwrap(), &salt).to_string();
            assert_eq!(Some(name.as_str()), text(vector, "handle"), "{path:?}");
        }
        for vector in list(&file, "sections") {
            let opening = Opening {
                kind: SectionType(vector["type"].as_u64().unwrap().try_into().unwrap()),
                salt: bytes(vector, "salt").try_into().unwrap(),
                payload: match text(vector, "payload_utf8") {
                    Some(payload) => payload.as_bytes().to_vec(),
                    None => bytes(vector, "payload"),
                },
            };
            let commitment = opening.commitment().to_string();
            assert_eq!(Some(commitment.as_str()), text(vector, "commitment"), "{path:?}");
        }
        let next_key = file.get("secret_keys").and_then(|keys| text(keys, "org next"));
        let genesis = list(&file, "records").iter().find(|vector| text(vector, "name") == Some("genesis"));
        if let (Some(seed), Some(genesis)) = (next_key, genesis) {
            let key = SigningKey::from_seed(hex::decode(seed).unwrap().try_into().unwrap());
            let digest = next_key_digest(&key.public()).to_string();
            assert_eq!(Some(digest.as_str()), text(genesis, "next_key_digest"), "{path:?}");
        }
    }
}

#[test]
fn the_ledger_id_comes_from_the_origin_and_the_first_key() {
    for (path, file) in vector_files() {
        let (Some(origin), Some(expected)) = (text(&file, "origin"), text(&file, "ledger_id")) else {
            continue;
        };
        let Some(seed) = file.get("secret_keys").and_then(|keys| text(keys, "log")) else { continue };
        let key = SigningKey::from_seed(hex::decode(seed).unwrap().try_into().unwrap());
        let id = nguon_ledger::ledger_id(origin, key.public().as_bytes());
        assert_eq!(id.to_string(), expected, "{path:?}");
    }
}

/// One flipped bit is enough: either the frame is no record, or the signature does not hold.
#[test]
fn a_flipped_bit_anywhere_in_a_record_is_noticed() {
    let mut keys = EnrolledKeys::default();
    for (path, file) in vector_files() {
        for vector in list(&file, "records") {
            let good = bytes(vector, "record");
            // Each verification costs a fraction of a millisecond, and the record of 255 subjects has 130,000 bits:
            // there, one bit of each byte, another one from byte to byte.
            let every_bit = good.len() < 1_000;
            for at in 0..good.len() {
                let bits = if every_bit { 0..8 } else { at % 8..at % 8 + 1 };
                for bit in bits {
                    let mut flipped = good.clone();
                    flipped[at] ^= 1 << bit;
                    assert!(
                        read_with(&mut keys, &flipped).is_err(),
                        "{path:?} {:?}: byte {at} bit {bit}",
                        text(vector, "name")
                    );
                }
            }
        }
    }
}

#[test]
fn no_prefix_of_a_record_is_a_record() {
    for (_, file) in vector_files() {
        for vector in list(&file, "records") {
            let good = bytes(vector, "record");
            for length in (0..good.len().min(1_000)).chain([good.len() - 1]) {
                assert!(Record::parse(&good[..length]).is_err());
            }
        }
    }
}

#[test]
fn the_thousand_records_of_the_log_can_be_made_again() {
    for (path, file) in vector_files() {
        let Some(log) = file.get("log") else { continue };
        let Some(seed) = file.get("secret_keys").and_then(|keys| text(keys, "device 2")) else { continue };
        let (Some(first), Some(last)) = (text(log, "first_record"), text(log, "last_event_id")) else {
            continue;
        };
        let key = SigningKey::from_seed(hex::decode(seed).unwrap().try_into().unwrap());
        let mut record = Record::parse(&hex::decode(first).unwrap()).unwrap();
        let size = log["size"].as_u64().unwrap();
        let start_ms = log["t0"].as_u64().unwrap();
        for i in 1..size {
            let mut draft = nguon_ledger::Draft::after(&record, Control::Event);
            draft.act = record.act();
            draft.device_time_ms = start_ms + i;
            record = draft.sign(&key).unwrap();
        }
        assert_eq!(record.event_id(), last.parse::<EventId>().unwrap(), "{path:?}");
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}
