//! Everything that the format's check values hold is inspected: what is sound holds, what is broken says why.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vectors/ledger.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

fn look(bytes: impl AsRef<[u8]>, given: &Given) -> Report {
    inspect(bytes.as_ref(), None, given).expect("recognised")
}

fn given() -> Given {
    let vectors = vectors();
    Given {
        log: Some(text(&vectors, "log_vkey").parse().unwrap()),
        witnesses: vec![text(&vectors, "witness_vkey").parse().unwrap()],
        ..Given::default()
    }
}

#[test]
fn every_sound_record_holds_in_every_spelling() {
    for record in list(&vectors(), "records") {
        let hex = text(record, "record");
        let bytes = hex::decode(hex).unwrap();
        let spellings: [(&str, Vec<u8>); 4] = [
            ("binary", bytes.clone()),
            ("hex", format!("{}\n{}\n", &hex[..64], hex[64..].to_uppercase()).into_bytes()),
            ("base64", STANDARD.encode(&bytes).into_bytes()),
            ("base64", URL_SAFE_NO_PAD.encode(&bytes).into_bytes()),
        ];
        for (read_as, spelling) in spellings {
            let report = look(&spelling, &given());
            assert!(report.all_holds(), "{}: {:?}", record["name"], report.failures());
            let json = report.to_json();
            assert_eq!(json["read_as"], read_as, "{}", record["name"]);
            assert_eq!(json["says"]["event_id"], record["event_id"]);
            assert_eq!(json["says"]["leaf_hash"], record["leaf_hash"]);
        }
    }
}

#[test]
fn every_broken_record_says_which_rule_it_breaks() {
    for reject in list(&vectors(), "rejects") {
        let report = look(text(reject, "record"), &given());
        let failures = report.failures();
        assert!(!failures.is_empty(), "{}", reject["why"]);
        assert!(failures.iter().all(|(_, reason)| !reason.is_empty()), "{}: {failures:?}", reject["why"]);
        let known = ["structure", "author key", "signature"];
        assert!(failures.iter().all(|(rule, _)| known.contains(rule)), "{}: {failures:?}", reject["why"]);
    }
}

#[test]
fn a_record_can_hold_while_the_possession_in_it_does_not() {
    let report = look(text(&vectors()["bad_possession"], "record"), &given());
    let json = report.to_json();
    let result = |rule: &str| {
        let checks = json["checks"].as_array().unwrap();
        checks.iter().find(|check| check["check"] == rule).map(|check| check["result"].clone())
    };
    assert_eq!(result("signature"), Some("holds".into()));
    assert_eq!(result("possession"), Some("fails".into()));
    assert_eq!(report.failures().len(), 1);
}

#[test]
fn keys_that_enrolment_refuses_do_not_hold() {
    for key in list(&vectors()["bad_keys"], "keys") {
        let report = look(text(key, "key"), &Given::default());
        assert_eq!(report.failures()[0].0, "author key", "{}", key["why"]);
    }
}

#[test]
fn another_author_than_the_one_demanded_is_named() {
    let vectors = vectors();
    let record = text(&list(&vectors, "records")[0], "record");
    let given = Given { author: Some(PublicKey::from_bytes([9; 32])), ..Given::default() };
    assert_eq!(look(record, &given).failures()[0].0, "author");
}

#[test]
fn openings_fit_the_record_that_they_belong_to() {
    let vectors = vectors();
    let sections = list(&vectors, "sections");
    let opened = |place: usize| {
        let section = &sections[place];
        let mut salt = [0; 32];
        hex::decode_to_slice(text(section, "salt"), &mut salt).unwrap();
        (salt, text(section, "payload_utf8").as_bytes().to_vec())
    };
    let record = list(&vectors, "records").iter().find(|record| record["name"] == "event 0").unwrap();
    let check = |openings: Vec<([u8; 32], Vec<u8>)>| {
        let report = look(text(record, "record"), &Given { openings, ..Given::default() });
        let json = report.to_json();
        let checks = json["checks"].as_array().unwrap();
        checks.iter().find(|check| check["check"] == "openings").unwrap()["result"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(check(vec![opened(1), opened(2)]), "holds");
    assert_eq!(check(vec![opened(2)]), "not_checked", "only one of two");
    assert_eq!(check(vec![opened(1), opened(3)]), "fails", "one is of another record");

    for section in sections {
        let report = look(section.to_string(), &Given::default());
        assert_eq!(report.kind, "opening");
        assert!(report.all_holds(), "{:?}", report.failures());
        let mut wrong = section.clone();
        wrong["payload_utf8"] = "{}".into();
        assert_eq!(look(wrong.to_string(), &Given::default()).failures()[0].0, "commitment");
    }
}

#[test]
fn checkpoint_and_keys_hold_under_their_log() {
    let vectors = vectors();
    let note = text(&vectors["log"], "checkpoint");
    let report = look(note, &given());
    assert_eq!(report.kind, "checkpoint");
    assert!(report.all_holds(), "{:?}", report.failures());
    assert_eq!(report.to_json()["says"]["tree_size"], 1000);

    let forged = note.replace("\n1000\n", "\n1001\n");
    assert_eq!(look(&forged, &given()).failures()[0].0, "checkpoint signature");
    assert!(look(&forged, &Given::default()).all_holds(), "without a key the signature is left open");

    for vkey in ["log_vkey", "witness_vkey"] {
        let vkey = text(&vectors, vkey);
        assert!(look(vkey, &Given::default()).all_holds());
        let wrong = vkey.replacen('+', "x+", 1);
        assert_eq!(look(&wrong, &Given::default()).failures()[0].0, "vkey");
    }
}

#[test]
fn a_receipt_holds_for_its_record_only() {
    let vectors = vectors();
    let log = &vectors["log"];
    let record = hex::decode(text(log, "first_record")).unwrap();
    let hashes: String = list(&log["inclusion"], "0")
        .iter()
        .map(|hash| format!("{}\n", STANDARD.encode(hex::decode(hash.as_str().unwrap()).unwrap())))
        .collect();
    let receipt = |record: &[u8], index: u64| {
        format!(
            "c2sp.org/tlog-proof@v1\nextra {}\nindex {index}\n{hashes}\n{}",
            STANDARD.encode(record),
            text(log, "checkpoint")
        )
    };
    let report = look(receipt(&record, 0), &given());
    assert!(report.all_holds(), "{:?}", report.failures());
    assert_eq!(report.parts[0].kind, "record");

    assert_eq!(look(receipt(&record, 1), &given()).failures()[0].0, "inclusion");
    let mut other = record;
    *other.last_mut().unwrap() ^= 1;
    let report = look(receipt(&other, 0), &given());
    let failed: Vec<&str> = report.failures().iter().map(|(rule, _)| *rule).collect();
    assert_eq!(failed, ["inclusion", "signature"]);
    assert_eq!(look("c2sp.org/tlog-proof@v1\n", &given()).failures()[0].0, "form");
}

#[test]
fn bundles_and_tiles_are_told_by_their_contents_or_their_path() {
    let vectors = vectors();
    let records: Vec<Vec<u8>> =
        list(&vectors, "records").iter().map(|record| hex::decode(text(record, "record")).unwrap()).collect();
    let mut bundle = nguon_ledger::tile::encode_entries(&records).unwrap();
    let report = look(&bundle, &Given::default());
    assert_eq!((report.kind, report.all_holds()), ("bundle", true));

    let last = bundle.len() - 1;
    bundle[last] ^= 1;
    let path = format!("/mirror/tile/entries/001.p/{}", records.len());
    let report = inspect(&bundle, Some(Path::new(&path)), &Given::default()).unwrap();
    assert_eq!(report.failures()[0].0, "records");
    assert!(
        report.parts[0].title.starts_with(&format!("Entry {}", 255 + records.len())),
        "{}",
        report.parts[0].title
    );

    let tile = [7_u8; 96];
    assert_eq!(look(tile, &Given::default()).kind, "tile");
    let published = [0_u8, 0, 0, 0, 0, 0];
    let path = Some(Path::new("openings/000.p/3"));
    assert!(inspect(&published, path, &Given::default()).unwrap().all_holds());
}

#[test]
fn what_is_nothing_of_ours_is_not_recognised() {
    for bytes in [&b""[..], b"\n", b"hello", b"{}", b"[1]", b"NGN", &[0xff; 31], "Đà Lạt".as_bytes()] {
        assert!(inspect(bytes, None, &Given::default()).is_none(), "{bytes:?}");
    }
}

#[test]
fn records_that_travel_together_follow_one_another() {
    let vectors = vectors();
    let chain = |names: [&str; 3]| {
        let record = |name: &&str| {
            let record = list(&vectors, "records").iter().find(|record| record["name"] == **name).unwrap();
            serde_json::json!({ "record": STANDARD.encode(hex::decode(text(record, "record")).unwrap()) })
        };
        let parcel = serde_json::json!({ "records": names.iter().map(record).collect::<Vec<_>>() });
        let report = look(parcel.to_string(), &Given::default());
        report
            .checks
            .iter()
            .map(|check| {
                check.result
                    == crate::report::Outcome::Holds("the records of each key follow one another".to_owned())
            })
            .next()
    };
    assert_eq!(chain(["event 0", "genesis", "event 1"]), Some(true));
    assert_eq!(chain(["event 0", "genesis", "event 2"]), Some(false));
}

#[test]
fn the_exit_code_says_it_too() {
    let vectors = vectors();
    let folder = tempfile::tempdir().unwrap();
    let exit = |contents: &str| {
        let file = folder.path().join("thing");
        std::fs::write(&file, contents).unwrap();
        let args = Args {
            file,
            json: true,
            log_vkey: None,
            witness_vkey: Vec::new(),
            openings: Vec::new(),
            key: None,
        };
        run(&args).unwrap()
    };
    assert_eq!(exit(text(&list(&vectors, "records")[0], "record")), ExitCode::SUCCESS);
    assert_eq!(exit(text(&vectors["bad_possession"], "record")), ExitCode::FAILURE);
    assert_eq!(exit("xin chào"), ExitCode::from(2));
    for reject in list(&vectors, "rejects") {
        assert_ne!(exit(text(reject, "record")), ExitCode::SUCCESS, "{}", reject["why"]);
    }
}

#[test]
fn any_byte_changed_in_a_record_is_noticed() {
    let vectors = vectors();
    let record = hex::decode(text(&list(&vectors, "records")[2], "record")).unwrap();
    for at in 0..record.len() {
        let mut changed = record.clone();
        changed[at] ^= 0x20;
        let report = inspect(&changed, None, &Given::default());
        assert!(report.is_none_or(|report| !report.all_holds()), "byte {at}");
    }
}
