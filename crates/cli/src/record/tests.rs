//! A phone signs a season's first acts offline.

use std::path::PathBuf;

use clap::Parser;
use nguon_ledger::{SectionType, handle};

use super::*;
use crate::parcel::{Parcel, Signed};

const LEDGER: &str = "85539e369bf8c076696769638fff355f4b0a66d2f5f73386c834f1a7c849d044";
const LOT: &str = "https://id.gs1.org/01/09521234000105/10/XOAI-260115-A";

#[derive(Parser)]
#[command(no_binary_name = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

struct Phone(tempfile::TempDir);

impl Phone {
    fn new() -> Self {
        let phone = Self(tempfile::tempdir().unwrap());
        nguon_service::keys::write_seed(&phone.path("phone.key"), &[5; 32]).unwrap();
        phone.write("harvest.json", &harvest("ADD", "creating_class_instance"));
        phone.write("later.json", &harvest("OBSERVE", "storing"));
        phone
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn record(&self, words: &[&str]) -> anyhow::Result<ExitCode> {
        let files = words.iter().map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).into_os_string(),
            None => (*word).into(),
        });
        let command = Line::try_parse_from(files).unwrap_or_else(|error| panic!("{error}")).command;
        run(Args { command })
    }

    /// Signs the first time, when nothing is remembered.
    fn begin(&self, more: &[&str]) -> anyhow::Result<Signed> {
        let organisation = "22".repeat(32);
        let first = ["--seq", "0", "--ledger", LEDGER, "--org", &organisation];
        self.sign("harvest.json", "first.json", &[&first[..], more].concat())
    }

    fn sign(&self, facts: &str, out: &str, more: &[&str]) -> anyhow::Result<Signed> {
        let (facts, out_word) = (format!("@{facts}"), format!("@{out}"));
        let words = ["sign", "--key", "@phone.key", "--facts", &facts, "--out", &out_word];
        assert_eq!(self.record(&[&words[..], more].concat())?, ExitCode::SUCCESS);
        Ok(Parcel::open(&self.path(out)).unwrap().unpack().unwrap().remove(0))
    }
}

fn harvest(action: &str, step: &str) -> String {
    format!(
        r#"{{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {{"nguon": "urn:nguon:voc:"}}],
  "type": "ObjectEvent", "action": "{action}", "bizStep": "{step}",
  "eventTime": "2026-01-15T10:00:00.000+07:00", "eventTimeZoneOffset": "+07:00",
  "extractor:own": {{"kept": 1.50}},
  "quantityList": [{{"epcClass": "{LOT}", "quantity": 820, "uom": "KGM"}}]
}}
"#
    )
}

fn error(result: anyhow::Result<Signed>) -> String {
    format!("{:#}", result.unwrap_err())
}

#[test]
fn facts_keep_their_bytes_and_gain_their_subjects() {
    let phone = Phone::new();
    let signed = phone.begin(&[]).unwrap();
    let payload = String::from_utf8(signed.openings[0].payload.clone()).unwrap();
    let original = harvest("ADD", "creating_class_instance");
    let (kept, added) = payload.split_once(",\"nguon:subjects\":").unwrap();
    assert_eq!(kept, original.trim_end().strip_suffix('}').unwrap());
    assert!(added.contains(LOT), "{added}");
    let (uri, salt) = &nguon_epcis::read(payload.as_bytes()).unwrap().subjects[0];
    assert_eq!(signed.record.subjects()[0].handle, handle(uri, salt));
    signed.record.verify(&signed.record.author().check_enrolment().unwrap()).unwrap();
}

#[test]
fn the_next_record_continues_the_chain_and_the_subject() {
    let phone = Phone::new();
    let first = phone.begin(&[]).unwrap();
    let second = phone.sign("later.json", "second.json", &[]).unwrap();
    assert_eq!((second.record.seq(), second.record.prev()), (1, first.record.event_id()));
    assert_eq!(second.record.organisation(), first.record.organisation());
    let (before, after) = (first.record.subjects()[0], second.record.subjects()[0]);
    assert_eq!(after.handle, before.handle, "one salt for ever");
    assert!(before.newest.is_zero());
    assert_eq!(after.newest, first.record.event_id());
}

#[test]
fn people_places_and_files_go_into_sections_of_their_own() {
    let phone = Phone::new();
    phone.write("farmer.json", r#"{"type": "nguon:Person", "name": "Trần Thị B"}"#);
    phone.write(
        "place.json",
        r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": [108.5, 11.9]}}"#,
    );
    phone.write("row.jpg", "abc");
    let signed = phone
        .begin(&[
            "--person",
            "@farmer.json",
            "--place",
            "@place.json",
            "--attach",
            "@row.jpg",
            "--device-time",
            "2026-01-15T10:05:00+07:00",
        ])
        .unwrap();
    let kinds: Vec<SectionType> = signed.record.sections().iter().map(|section| section.kind).collect();
    assert_eq!(
        kinds,
        [SectionType::PUBLIC, SectionType::PERSON, SectionType::PLACES, SectionType::ATTACHMENTS]
    );
    assert_eq!(signed.record.device_time_ms(), 1_768_446_300_000);
    let manifest: serde_json::Value = serde_json::from_slice(&signed.openings[3].payload).unwrap();
    // BLAKE3's own test: b3sum of "abc".
    assert_eq!(
        manifest["files"][0]["blake3"],
        "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
    );
    assert_eq!(manifest["files"][0]["mediaType"], "image/jpeg");
    assert_eq!(phone.record(&["check", "@first.json"]).unwrap(), ExitCode::SUCCESS);
}

#[test]
fn a_subject_made_by_somebody_else_keeps_its_salt() {
    let salt = "4d1170c94c0848bc625ee0614e207b09";
    let phone = Phone::new();
    let signed = phone.begin(&["--salt", &format!("{LOT}={salt}")]).unwrap();
    let handed_on = "8492b85568bdda5ef75231240f4bbf25bb65fbf9faeff4ec26c66e5892459579";
    assert_eq!(signed.record.subjects()[0].handle.to_string(), handed_on);
    let other = format!("{LOT}={}", "00".repeat(16));
    assert!(
        error(phone.sign("later.json", "second.json", &["--salt", &other])).contains("one salt for ever")
    );

    // The same from the sender's own document.
    let received = Phone::new();
    let document = String::from_utf8(signed.openings[0].payload.clone()).unwrap();
    received.write("harvest.json", &document);
    let again = received.begin(&[]).unwrap();
    assert_eq!(again.record.subjects()[0].handle.to_string(), handed_on);
    assert_eq!(again.openings[0].payload, document.as_bytes());
}

#[test]
fn what_nobody_could_read_is_not_signed() {
    let phone = Phone::new();
    phone.write("harvest.json", &harvest("ADD", "storing").replace("820", "-820"));
    assert!(error(phone.begin(&[])).contains("nothing was signed"));
    phone.write("harvest.json", "[]");
    assert!(error(phone.begin(&[])).contains("nothing was signed"));
    phone.write("farmer.json", "{}");
    phone.write("harvest.json", &harvest("ADD", "storing"));
    assert!(error(phone.begin(&["--person", "@farmer.json"])).contains("names nobody"));
    assert!(!phone.path("subjects.json").exists(), "nothing was remembered");
}

#[test]
fn a_changed_file_does_not_pass_the_check() {
    let phone = Phone::new();
    phone.begin(&[]).unwrap();
    let parcel = Parcel::open(&phone.path("first.json")).unwrap();
    let mut changed = parcel.clone();
    changed.records[0].openings[0].payload = "e30=".to_owned();
    changed.save(&phone.path("changed.json")).unwrap();
    assert_eq!(phone.record(&["check", "@changed.json"]).unwrap(), ExitCode::FAILURE);
    let mut alone = parcel;
    alone.records[0].openings.clear();
    alone.save(&phone.path("alone.json")).unwrap();
    assert_eq!(
        phone.record(&["check", "@alone.json"]).unwrap(),
        ExitCode::FAILURE,
        "every section must be opened"
    );
}
