//! What the tests of the log are given: the check values of the format, and corpora of other projects that lie
//! beside the project and are not part of it.

use std::fs;
use std::path::{Path, PathBuf};

use nguon_ledger::merkle::Hash;
use serde_json::Value;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder of a corpus, if it is there; says so plainly if not.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let folder = workspace().join("../shared/corpora").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the corpus {name} is not here");
    None
}

/// All JSON files below a folder, parsed, in the order of their paths.
pub(crate) fn json_files(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).expect("readable");
            found.push((path, serde_json::from_str(&text).expect("JSON")));
        }
    }
    found
}

/// Every file of check values that has a `log` part: the project's own and those given from outside.
pub(crate) fn vectors() -> Vec<(PathBuf, Value)> {
    let own = workspace().join("fixtures/vectors");
    let outside = workspace().join("../shared/vectors");
    let folders = [own, outside].into_iter().filter(|folder| folder.is_dir());
    let all: Vec<_> =
        folders.flat_map(|folder| json_files(&folder)).filter(|(_, file)| file["log"].is_object()).collect();
    assert!(!all.is_empty(), "the project's own check values are part of it");
    all
}

/// The text of a field.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// The bytes of a hexadecimal field.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).expect("hexadecimal")
}

/// The 32 bytes of a hexadecimal field.
pub(crate) fn bytes32(value: &Value) -> [u8; 32] {
    bytes(value).try_into().expect("32 bytes")
}

/// The hash of a hexadecimal field.
pub(crate) fn hash(value: &Value) -> Hash {
    Hash(bytes32(value))
}

/// The hashes of a list of hexadecimal fields.
pub(crate) fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().expect("a list").iter().map(hash).collect()
}

/// The records of the check values' log, built byte by byte from the format's tables and not with the crate's own
/// writer: 1000 records by `device 2`, without subjects and sections.
pub(crate) fn records(vectors: &Value) -> Vec<Vec<u8>> {
    use ed25519_dalek::{Signer, SigningKey};

    let log = &vectors["log"];
    let key = SigningKey::from_bytes(&bytes32(&vectors["secret_keys"]["device 2"]));
    let first_time = log["t0"].as_u64().expect("a time");
    let mut prev = [0; 32];
    let mut records = Vec::new();
    for seq in 0..log["size"].as_u64().expect("a size") {
        let mut record = Vec::new();
        record.extend_from_slice(b"NGN1\x01\x01\x00\x00\x00\x00");
        // The act of the given first record; the others have the same.
        record.push(bytes(&log["first_record"])[10]);
        record.extend_from_slice(&[0; 5]);
        record.extend_from_slice(&bytes(&vectors["ledger_id"]));
        record.extend_from_slice(&bytes(&log["org_id"]));
        record.extend_from_slice(key.verifying_key().as_bytes());
        record.extend_from_slice(&seq.to_be_bytes());
        record.extend_from_slice(&prev);
        record.extend_from_slice(&(first_time + seq).to_be_bytes());
        record.extend_from_slice(&[0; 40]);
        prev = blake3::derive_key("nguon 2026-11 event id v1", &record);
        let mut signed = format!("DSSEv1 31 application/vnd.nguon.record.v1 {} ", record.len()).into_bytes();
        signed.extend_from_slice(&record);
        record.extend_from_slice(&key.sign(&signed).to_bytes());
        records.push(record);
    }
    assert_eq!(records[0], bytes(&log["first_record"]));
    assert_eq!(hex::encode(prev), text(&log["last_event_id"]));
    records
}
