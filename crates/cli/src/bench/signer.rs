//! A device of the benchmarks: its key, its chain, and what it says.

use std::collections::HashMap;

use anyhow::Context;
use nguon_epcis::Document;
use nguon_ledger::{
    Act, Control, Draft, EventId, LedgerId, NextKeyDigest, Opening, OrganisationId, Record, SectionRef,
    SectionType, SigningKey, Subject, handle, next_key_digest,
};
use nguon_storage::{RecordRow, SectionRow};
use nguon_trace::facts::Facts;

/// A record with its openings.
pub(super) struct Signed {
    pub(super) record: Record,
    pub(super) openings: Vec<Opening>,
}

impl Signed {
    /// The rows of it at a place of the log, as the sequencer writes them.
    pub(super) fn rows(self, log_index: i64) -> anyhow::Result<(RecordRow, Vec<SectionRow>)> {
        let Self { record, openings } = self;
        let mut sections = Vec::with_capacity(openings.len());
        for (opening, position) in openings.into_iter().zip(0..) {
            sections.push(SectionRow {
                log_index,
                position,
                kind: i64::from(opening.kind.0),
                salt: opening.salt.to_vec(),
                payload: opening.payload,
            });
        }
        let row = RecordRow {
            log_index,
            organisation_id: record.belongs_to().as_bytes().to_vec(),
            author: record.author().as_bytes().to_vec(),
            seq: i64::try_from(record.seq()).context("a short chain")?,
            disputed: false,
            kind: record.kind() as i64,
            event_id: record.event_id().as_bytes().to_vec(),
            bytes: record.as_bytes().to_vec(),
        };
        Ok((row, sections))
    }
}

/// The newest record on each thing: whoever writes next on it names that.
pub(super) type Newest = HashMap<String, EventId>;

/// A key and the end of its chain.
pub(super) struct Signer {
    key: SigningKey,
    ledger_id: LedgerId,
    organisation: OrganisationId,
    seq: u64,
    prev: EventId,
}

/// 32 bytes that follow from a name: keys and salts of the benchmarks protect nothing.
fn seeded(name: &str) -> [u8; 32] {
    *blake3::hash(name.as_bytes()).as_bytes()
}

impl Signer {
    /// The device with this name. A root names no organisation yet.
    pub(super) fn new(name: &str, ledger_id: LedgerId, organisation: OrganisationId) -> Self {
        let key = SigningKey::from_seed(seeded(name));
        Self { key, ledger_id, organisation, seq: 0, prev: EventId::ZERO }
    }

    /// The device will write for this organisation.
    pub(super) fn enrol(&mut self, organisation: OrganisationId) {
        self.organisation = organisation;
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(super) fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// What a root commits to as the root after it.
    pub(super) fn next_root(name: &str) -> NextKeyDigest {
        next_key_digest(&SigningKey::from_seed(seeded(name)).public())
    }

    /// The record that makes the organisation, which is the device's from then on.
    pub(super) fn genesis(&mut self, next_root: &str, time_ms: i64) -> anyhow::Result<Signed> {
        let signed = self.control(Control::Genesis { next: Self::next_root(next_root) }, time_ms)?;
        self.organisation = signed.record.belongs_to();
        Ok(signed)
    }

    /// A record of the ledger's own business.
    pub(super) fn control(&mut self, control: Control, time_ms: i64) -> anyhow::Result<Signed> {
        let record = self.sign(self.draft(control, time_ms))?;
        Ok(Signed { record, openings: Vec::new() })
    }

    /// A record of facts, with a person in a private section if it names one.
    pub(super) fn say(
        &mut self,
        act: Act,
        facts: Facts,
        person: Option<&str>,
        newest: &mut Newest,
        time_ms: i64,
    ) -> anyhow::Result<Signed> {
        let uris: Vec<String> = facts.subject_uris().into_iter().map(str::to_owned).collect();
        let mut draft = self.draft(Control::Event, time_ms);
        let mut subjects = Vec::with_capacity(uris.len());
        for uri in &uris {
            let salt: [u8; 16] = *seeded(uri).first_chunk().context("a digest has 32 bytes")?;
            let newest = newest.get(uri).copied().unwrap_or(EventId::ZERO);
            draft.subjects.push(Subject { handle: handle(uri, &salt), newest });
            subjects.push((uri.clone(), salt));
        }
        let public = nguon_epcis::write(&Document { subjects, facts });
        let person = person.map(|name| {
            let payload = format!(r#"{{"type":"nguon:Person","name":"{name}","role":"grower"}}"#);
            (SectionType::PERSON, payload.into_bytes())
        });
        let sections = [(SectionType::PUBLIC, public)].into_iter().chain(person);
        let place = format!("{}/{}", self.key.public(), self.seq);
        let openings: Vec<Opening> = sections
            .map(|(kind, payload)| Opening { kind, salt: seeded(&format!("{place}/{}", kind.0)), payload })
            .collect();
        draft.act = Some(act);
        draft.sections = openings
            .iter()
            .map(|opening| SectionRef { kind: opening.kind, commitment: opening.commitment() })
            .collect();
        let record = self.sign(draft)?;
        for uri in uris {
            newest.insert(uri, record.event_id());
        }
        Ok(Signed { record, openings })
    }

    fn draft(&self, control: Control, time_ms: i64) -> Draft {
        Draft {
            seq: self.seq,
            prev: self.prev,
            device_time_ms: time_ms.unsigned_abs(),
            ..Draft::first(self.ledger_id, self.organisation, control)
        }
    }

    fn sign(&mut self, draft: Draft) -> anyhow::Result<Record> {
        let record = draft.sign(&self.key)?;
        self.seq += 1;
        self.prev = record.event_id();
        Ok(record)
    }
}
