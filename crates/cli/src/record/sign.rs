//! Public facts become a signed record.
//!
//! The document keeps the bytes its author wrote. Only `nguon:subjects` is added before its last bracket: the URI and salt of
//! each subject, in the order of the record's handles. A document that has the member already is taken as it is, and its
//! salts are remembered; that is how a subject made by somebody else is handed on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail, ensure};
use nguon_ledger::{Act, Control, EventId, Opening, OrganisationId, SectionType, Subject, handle};
use serde_json::json;

use crate::org::chain::{Chain, Words};
use crate::org::notebook::Notebook;
use crate::org::{open_key, random, read_person};
use crate::report::print_fields;

const EXAMPLES: &str = "\
harvest.json:
  {\"@context\": [\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",
                {\"nguon\": \"urn:nguon:voc:\"}],
   \"type\": \"ObjectEvent\", \"action\": \"ADD\", \"bizStep\": \"creating_class_instance\",
   \"eventTime\": \"2026-01-15T10:00:00.000+07:00\", \"eventTimeZoneOffset\": \"+07:00\",
   \"quantityList\": [{\"epcClass\": \"https://id.gs1.org/01/09521234000105/10/XOAI-260115-A\",
                     \"quantity\": 820, \"uom\": \"KGM\"}]}

Subjects (the lots, plots, listings that the facts name) get their salts from subjects.json beside the key, or new ones \
when nobody named them before. A lot that came from somebody else has a salt already: hand over the sender's facts, or \
give --salt URI=HEX, or the lot gets a second handle and a finding with it.

The act decides which role the key needs: diary, lot, commerce, inspection or recall.";

/// `nguon record sign`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Sign {
    /// The public facts: one JSON document.
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// What sort of act it is.
    #[arg(long, default_value = "lot", value_parser = act, value_name = "ACT")]
    act: Act,
    /// A person: JSON with a name. Erasable.
    #[arg(long, value_name = "FILE")]
    person: Vec<PathBuf>,
    /// An exact place: a GeoJSON feature. Erasable.
    #[arg(long, value_name = "FILE")]
    place: Vec<PathBuf>,
    /// Files that belong to it; the record names their digests in a manifest, the files stay with you.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    attach: Vec<PathBuf>,
    #[command(flatten)]
    hand: Hand,
}

/// Who signs, and what of the things that the facts name is known here.
#[derive(Debug, clap::Args)]
pub(crate) struct Hand {
    /// The device's key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// In whose name, if nothing remembers it.
    #[arg(long, value_name = "ID")]
    org: Option<OrganisationId>,
    /// Salt of a subject that somebody else made, 32 hex digits.
    #[arg(long, value_name = "URI=HEX", value_parser = salt_of)]
    salt: Vec<(String, [u8; 16])>,
    /// Newest record known on a subject, if it is not one that was signed here.
    #[arg(long, value_name = "URI=EVENT", value_parser = newest_of)]
    newest: Vec<(String, EventId)>,
    #[command(flatten)]
    pub(crate) chain: Chain,
}

impl Sign {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.hand.chain.check()?;
        let shown = self.facts.display().to_string();
        let text = std::fs::read_to_string(&self.facts).with_context(|| format!("cannot read {shown}"))?;
        let mut openings = Vec::new();
        for person in &self.person {
            openings.push(read_person(person)?);
        }
        for place in &self.place {
            openings.push(read_place(place)?);
        }
        if !self.attach.is_empty() {
            openings.push(manifest(&self.attach)?);
        }
        self.hand.sign(self.act, &text, &shown, openings)
    }
}

impl Hand {
    /// Signs public facts, which are called `shown`, with more sections behind them, and delivers the record.
    pub(crate) fn sign(
        &self,
        act: Act,
        text: &str,
        shown: &str,
        private: Vec<Opening>,
    ) -> anyhow::Result<ExitCode> {
        self.chain.check()?;
        let key = open_key(&self.key)?;
        let mut notebook = Notebook::open(self.chain.subjects.as_deref(), &self.key)?;
        let (payload, subjects) = self.public_section(text, shown, &notebook)?;
        let mut openings = vec![Opening { kind: SectionType::PUBLIC, salt: random()?, payload }];
        openings.extend(private);
        let sections = openings.len();
        let mut signer = self.chain.resume(&key, self.org, &notebook)?;
        let named = subjects.iter().map(|subject| subject.named);
        let words =
            Words { act: Some(act), subjects: named.collect(), openings, ..Words::control(Control::Event) };
        let signed = signer.sign(words)?;
        let event = signed.record.event_id();
        for subject in &subjects {
            notebook.note_subject(&subject.uri, &subject.salt, Some(event));
        }

        let mut fields = vec![
            ("event id", event.to_string()),
            ("organisation", signer.organisation().to_string()),
            ("act", act.to_string()),
            ("seq", signed.record.seq().to_string()),
            ("sections", sections.to_string()),
        ];
        for subject in &subjects {
            let new = if subject.is_new { " (new)" } else { "" };
            fields.push(("subject", format!("{}{new}", subject.uri)));
        }
        print_fields("Signed", &fields)?;
        self.chain.deliver(&[signed], &mut notebook)
    }

    /// The document with its subjects, and the subjects as the record names them.
    fn public_section(
        &self,
        text: &str,
        shown: &str,
        notebook: &Notebook,
    ) -> anyhow::Result<(Vec<u8>, Vec<Known>)> {
        let document = nguon_epcis::read(text.as_bytes()).with_context(|| {
            format!("{shown} would be signed and count for nothing, because nobody could read it; nothing was signed")
        })?;
        let uris = document.facts.subject_uris();
        if document.subjects.is_empty() {
            let subjects = uris
                .into_iter()
                .map(|uri| self.known(uri, None, notebook))
                .collect::<anyhow::Result<Vec<_>>>()?;
            let payload = with_subjects(text, &subjects)?;
            return Ok((payload, subjects));
        }
        let missing: Vec<&str> =
            uris.into_iter().filter(|uri| !document.subjects.iter().any(|(named, _)| named == uri)).collect();
        ensure!(
            missing.is_empty(),
            "{shown} has nguon:subjects without {}; add it or leave them all out",
            missing.join(", ")
        );
        let known = |(uri, salt): &(String, [u8; 16])| self.known(uri, Some(*salt), notebook);
        let subjects = document.subjects.iter().map(known).collect::<anyhow::Result<Vec<_>>>()?;
        Ok((text.as_bytes().to_vec(), subjects))
    }

    fn known(&self, uri: &str, in_document: Option<[u8; 16]>, notebook: &Notebook) -> anyhow::Result<Known> {
        let noted = notebook.subject(uri)?;
        let given = self.salt.iter().find(|(named, _)| named == uri).map(|(_, salt)| *salt).or(in_document);
        if let (Some(given), Some((noted, _))) = (given, noted)
            && given != noted
        {
            bail!("{uri} has another salt in {}; a subject has one salt for ever", notebook.path().display());
        }
        let is_new = given.is_none() && noted.is_none();
        let salt = match given.or(noted.map(|(salt, _)| salt)) {
            Some(salt) => salt,
            None => random()?,
        };
        let newest = self.newest.iter().find(|(named, _)| named == uri).map(|(_, newest)| *newest);
        let newest = newest.or(noted.map(|(_, subject)| subject.newest)).unwrap_or(EventId::ZERO);
        Ok(Known { uri: uri.to_owned(), salt, named: Subject { handle: handle(uri, &salt), newest }, is_new })
    }
}

/// A subject with its salt.
struct Known {
    uri: String,
    salt: [u8; 16],
    named: Subject,
    is_new: bool,
}

/// Puts `nguon:subjects` before the document's last bracket and leaves every other byte as it was.
fn with_subjects(text: &str, subjects: &[Known]) -> anyhow::Result<Vec<u8>> {
    if subjects.is_empty() {
        return Ok(text.as_bytes().to_vec());
    }
    let list: Vec<_> =
        subjects.iter().map(|known| json!({ "uri": known.uri, "salt": hex::encode(known.salt) })).collect();
    let open =
        text.trim_end().strip_suffix('}').ok_or_else(|| anyhow!("the facts are not one JSON object"))?;
    let payload = format!("{open},\"nguon:subjects\":{}}}", json!(list)).into_bytes();
    let read = nguon_epcis::read(&payload).context("nguon:subjects could not be added to the facts")?;
    let expected = subjects.iter().map(|known| (known.uri.clone(), known.salt));
    ensure!(
        expected.eq(read.subjects),
        "nguon:subjects could not be added: the document gives the prefix `nguon` another meaning"
    );
    Ok(payload)
}

fn read_place(path: &Path) -> anyhow::Result<Opening> {
    let payload = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let place: serde_json::Value =
        serde_json::from_slice(&payload).with_context(|| format!("{} is not JSON", path.display()))?;
    ensure!(
        place.get("type").and_then(serde_json::Value::as_str) == Some("Feature"),
        "{} is no place; a place is a GeoJSON Feature in WGS 84, longitude first (RFC 7946)",
        path.display()
    );
    Ok(Opening { kind: SectionType::PLACES, salt: random()?, payload })
}

/// Names the files by digest, type and size.
fn manifest(files: &[PathBuf]) -> anyhow::Result<Opening> {
    let mut entries = Vec::with_capacity(files.len());
    for path in files {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        entries.push(json!({
            "blake3": blake3::hash(&bytes).to_hex().as_str(),
            "mediaType": media_type(path),
            "bytes": bytes.len(),
            "name": path.file_name().unwrap_or_default().to_string_lossy(),
        }));
    }
    let payload = json!({ "type": "nguon:Attachments", "files": entries }).to_string().into_bytes();
    Ok(Opening { kind: SectionType::ATTACHMENTS, salt: random()?, payload })
}

fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match extension.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        "csv" => "text/csv",
        "json" => "application/json",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

pub(super) fn act(text: &str) -> anyhow::Result<Act> {
    Ok(match text {
        "diary" => Act::Diary,
        "lot" => Act::Lot,
        "commerce" => Act::Commerce,
        "inspection" => Act::Inspection,
        "recall" => Act::Recall,
        _ => bail!("an act is diary, lot, commerce, inspection or recall"),
    })
}

/// The last `=` parts URI and value: a URI may have one of its own.
fn salt_of(text: &str) -> anyhow::Result<(String, [u8; 16])> {
    let (uri, salt) =
        text.rsplit_once('=').ok_or_else(|| anyhow!("a URI, `=`, and its salt of 32 hex digits"))?;
    let mut bytes = [0; 16];
    hex::decode_to_slice(salt, &mut bytes).map_err(|_| anyhow!("a subject's salt has 32 hex digits"))?;
    Ok((uri.to_owned(), bytes))
}

fn newest_of(text: &str) -> anyhow::Result<(String, EventId)> {
    let (uri, event) =
        text.rsplit_once('=').ok_or_else(|| anyhow!("a URI, `=`, and an event id of 64 hex digits"))?;
    Ok((uri.to_owned(), event.parse().map_err(|_| anyhow!("an event id has 64 hex digits"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_help_is_a_harvest() {
        let (from, to) = (EXAMPLES.find('{').unwrap(), EXAMPLES.find("\n\n").unwrap());
        let document = nguon_epcis::read(&EXAMPLES.as_bytes()[from..to]).unwrap();
        let nguon_trace::facts::Facts::Event(event) = document.facts else { panic!("an event") };
        assert_eq!(event.step, nguon_trace::facts::Step::Harvest);
        assert_eq!(event.objects().len(), 1);
    }
}
