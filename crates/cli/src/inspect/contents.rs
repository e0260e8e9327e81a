//! Openings and the contents they show.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::{Commitment, Opening, Record, SectionType, handle};
use nguon_trace::facts::Facts;
use serde_json::{Value, json};

use super::Given;
use crate::parcel;
use crate::report::Report;

/// An opening whose record is not at hand.
#[derive(Debug)]
pub(super) struct LooseOpening {
    pub(super) salt: [u8; 32],
    pub(super) payload: Vec<u8>,
    /// The section type, if the file names it.
    kind: Option<SectionType>,
    /// What it must open, if the file names it.
    commitment: Option<Commitment>,
}

impl LooseOpening {
    /// Reads `{"salt", "payload" (base64) or "payload_utf8", "type"?, "commitment"?}`.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let payload = match text("payload_utf8") {
            Some(payload) => payload.as_bytes().to_vec(),
            None => STANDARD.decode(text("payload")?).ok()?,
        };
        let kind = ["type", "section_type"].iter().find_map(|key| value.get(key).and_then(Value::as_u64));
        Some(Self {
            salt: parcel::salt(text("salt")?).ok()?,
            payload,
            kind: kind.and_then(|kind| u16::try_from(kind).ok()).map(SectionType),
            commitment: text("commitment").and_then(|commitment| commitment.parse().ok()),
        })
    }
}

/// What a section type holds, in words.
pub(super) fn section_type(kind: SectionType) -> String {
    let words = match kind {
        SectionType::PUBLIC => "public facts",
        SectionType::PERSON => "one person",
        SectionType::PLACES => "exact places",
        SectionType::ATTACHMENTS => "attachments",
        _ => "unknown to this version",
    };
    format!("{} ({words})", kind.0)
}

/// Openings without their record.
pub(super) fn openings(openings: &[LooseOpening], given: &Given) -> Report {
    let one = |opening: &LooseOpening| loose(opening, given);
    match openings {
        [opening] => one(opening),
        many => {
            let mut report = Report::new("openings", format!("{} openings", many.len()));
            report.parts = many.iter().map(one).collect();
            report
        }
    }
}

fn loose(loose: &LooseOpening, given: &Given) -> Report {
    let mut report = Report::new("opening", "An opening: salt and contents of one section");
    report.say("salt", hex::encode(loose.salt));
    let commitment = |kind| Opening { kind, salt: loose.salt, payload: loose.payload.clone() }.commitment();
    let known = [SectionType::PUBLIC, SectionType::PERSON, SectionType::PLACES, SectionType::ATTACHMENTS];
    let kinds = loose.kind.map_or(known.to_vec(), |kind| vec![kind]);
    for kind in &kinds {
        let name = if loose.kind.is_some() {
            "commitment".to_owned()
        } else {
            format!("commitment_as_type_{}", kind.0)
        };
        report.say(name, commitment(*kind));
    }
    if let Some(kind) = loose.kind {
        report.say("type", section_type(kind));
    }
    say_payload(&mut report, loose.kind, &loose.payload);
    match loose.commitment {
        Some(expected) if kinds.iter().any(|kind| commitment(*kind) == expected) => {
            report.holds("commitment", "opens the commitment that the file names");
        }
        Some(expected) => report.fails("commitment", format!("does not open {expected}")),
        None => report
            .leaves_open("commitment", "inspect the record with --openings to see which section it opens"),
    }
    if !given.openings.is_empty() {
        report.leaves_open("openings", "--openings is for records");
    }
    report
}

/// The contents of one section of a record.
pub(super) fn section(place: usize, opening: &Opening, record: Option<&Record>) -> Report {
    let mut report =
        Report::new("contents", format!("Contents of section {place}: {}", section_type(opening.kind)));
    say_payload(&mut report, Some(opening.kind), &opening.payload);
    if let (SectionType::PUBLIC, Some(record)) = (opening.kind, record) {
        check_subjects(&mut report, &opening.payload, record);
    }
    report
}

/// Whether the document names the record's subjects: a matter of contents, so a difference is noted and fails nothing.
fn check_subjects(report: &mut Report, payload: &[u8], record: &Record) {
    let Ok(document) = nguon_epcis::read(payload) else { return };
    let named: Vec<_> = document.subjects.iter().map(|(uri, salt)| handle(uri, salt)).collect();
    let signed: Vec<_> = record.subjects().iter().map(|subject| subject.handle).collect();
    if named == signed {
        let says = format!("{} URIs and salts make the record's handles, in order", named.len());
        report.holds("subjects", says);
    } else {
        report.notes("subjects", "the URIs and salts in the document do not make the record's handles");
    }
}

fn say_payload(report: &mut Report, kind: Option<SectionType>, payload: &[u8]) {
    report.say_number("payload_bytes", payload.len() as u64, payload.len());
    match std::str::from_utf8(payload) {
        Ok(text) => {
            let value = serde_json::from_str::<Value>(text);
            let shown = value.as_ref().map_or_else(|_| text.to_owned(), |value| format!("{value:#}"));
            report.say_value("payload", value.unwrap_or_else(|_| json!(text)), shown);
        }
        Err(_) => report.say("payload_hex", hex::encode(payload)),
    }
    if kind == Some(SectionType::PUBLIC) {
        judge_facts(report, payload);
    }
}

/// What a public document says; one that cannot be read is still what somebody signed, so it is noted.
fn judge_facts(report: &mut Report, payload: &[u8]) {
    match nguon_epcis::read(payload) {
        Ok(document) => {
            report.say("facts", facts_kind(&document.facts));
            for (place, (uri, salt)) in document.subjects.iter().enumerate() {
                report.say(format!("subject_uri_{place}"), uri);
                report.say(format!("subject_handle_{place}"), handle(uri, salt));
            }
            report.holds("public facts", "read");
        }
        Err(error) => report.notes("public facts", format!("cannot be read and count for nothing: {error}")),
    }
}

/// A document of public facts by itself.
pub(super) fn facts(bytes: &[u8]) -> Report {
    let mut report = Report::new("facts", "A document of public facts, not signed by anybody here");
    match nguon_epcis::read(bytes) {
        Ok(document) => {
            report.say("facts", facts_kind(&document.facts));
            for (place, uri) in document.facts.subject_uris().into_iter().enumerate() {
                report.say(format!("subject_uri_{place}"), uri);
            }
            report.holds("public facts", "read");
        }
        Err(error) => report.fails("public facts", error),
    }
    report
}

/// Facts in two words.
pub(super) fn facts_kind(facts: &Facts) -> String {
    match facts {
        Facts::Event(event) => format!("event: {}", event.step.key().replace('_', " ")),
        Facts::Organisation(organisation) => format!("organisation: {}", organisation.name.vi),
        Facts::Plot(plot) => format!("plot: {}", plot.code),
        Facts::Product(product) => format!("product: {}", product.name.vi),
        Facts::Certificate(certificate) => {
            format!("certificate: {} {}", certificate.scheme, certificate.number)
        }
        Facts::Listing(listing) => format!("listing: {}", listing.title.vi),
    }
}
