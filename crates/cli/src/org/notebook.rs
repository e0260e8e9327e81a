//! What a signer remembers beside its keys: where each key's chain stands, and the salt and newest record of each subject.
//!
//! ```text
//! subjects.json
//! {"chains":   {"<public key>": {"ledger_id": "…", "organisation": "…", "head": {"seq": 3, "event_id": "…"} or null}},
//!  "subjects": {"<URI>": {"salt": "<32 hex digits>", "newest": "<event id>" or null}}}
//! ```
//!
//! It is written, durably, before a signed record leaves: a key that forgets its last place signs it twice, and forks.
//!
//! **Trust.** No secrets of its own, but the salts let their reader find these subjects in the log. Whoever changes it
//! can make the key fork or give a subject a second handle; both are seen by everybody.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use nguon_ledger::{EventId, LedgerId, OrganisationId, PublicKey, Record, Subject, handle};
use serde::{Deserialize, Serialize};

/// The notebook of the keys in one folder.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notebook {
    #[serde(skip)]
    path: PathBuf,
    #[serde(default)]
    chains: BTreeMap<String, NotedChain>,
    #[serde(default)]
    subjects: BTreeMap<String, NotedSubject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NotedChain {
    ledger_id: String,
    organisation: String,
    head: Option<NotedHead>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NotedHead {
    seq: u64,
    event_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NotedSubject {
    salt: String,
    newest: Option<String>,
}

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChainState {
    /// Which ledger it is in.
    pub(crate) ledger_id: LedgerId,
    /// Whose key it is; none for a root before its genesis.
    pub(crate) organisation: OrganisationId,
    /// Its last record, if it has one.
    pub(crate) head: Option<(u64, EventId)>,
}

impl ChainState {
    /// Where a chain stands after this record.
    pub(crate) fn after(record: &Record) -> Self {
        Self {
            ledger_id: record.ledger_id(),
            organisation: record.belongs_to(),
            head: Some((record.seq(), record.event_id())),
        }
    }
}

impl Notebook {
    /// The notebook named, or `subjects.json` beside the key; empty if it is not there yet.
    pub(crate) fn open(named: Option<&Path>, key_file: &Path) -> anyhow::Result<Self> {
        let path = named.map_or_else(|| key_file.with_file_name("subjects.json"), Path::to_owned);
        let mut notebook: Self = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged; restore it, or the key may fork", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        notebook.path = path;
        Ok(notebook)
    }

    /// Writes it, durably.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        let path = std::path::absolute(&self.path)?;
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        nguon_service::objects::write_durably(&path, &json)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Where it is kept.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where a key's chain stands, if it was noted.
    pub(crate) fn chain(&self, key: &PublicKey) -> anyhow::Result<Option<ChainState>> {
        let Some(noted) = self.chains.get(&key.to_string()) else { return Ok(None) };
        let damaged = || anyhow!("{} has a damaged entry for the key {key}", self.path.display());
        let head = match &noted.head {
            Some(head) => Some((head.seq, head.event_id.parse().map_err(|_| damaged())?)),
            None => None,
        };
        Ok(Some(ChainState {
            ledger_id: noted.ledger_id.parse().map_err(|_| damaged())?,
            organisation: noted.organisation.parse().map_err(|_| damaged())?,
            head,
        }))
    }

    /// Notes where a key's chain stands.
    pub(crate) fn note_chain(&mut self, key: &PublicKey, chain: &ChainState) {
        let noted = NotedChain {
            ledger_id: chain.ledger_id.to_string(),
            organisation: chain.organisation.to_string(),
            head: chain.head.map(|(seq, event)| NotedHead { seq, event_id: event.to_string() }),
        };
        self.chains.insert(key.to_string(), noted);
    }

    /// A subject as a record names it, and its salt; `None` if the URI was never noted.
    pub(crate) fn subject(&self, uri: &str) -> anyhow::Result<Option<([u8; 16], Subject)>> {
        let Some(noted) = self.subjects.get(uri) else { return Ok(None) };
        let damaged = || anyhow!("{} has a damaged entry for {uri}", self.path.display());
        let mut salt = [0; 16];
        hex::decode_to_slice(&noted.salt, &mut salt).map_err(|_| damaged())?;
        let newest = match &noted.newest {
            Some(newest) => newest.parse().map_err(|_| damaged())?,
            None => EventId::ZERO,
        };
        Ok(Some((salt, Subject { handle: handle(uri, &salt), newest })))
    }

    /// Notes a subject's salt and its newest record.
    pub(crate) fn note_subject(&mut self, uri: &str, salt: &[u8; 16], newest: Option<EventId>) {
        let newest = newest.map(|newest| newest.to_string());
        self.subjects.insert(uri.to_owned(), NotedSubject { salt: hex::encode(salt), newest });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("phone.key");
        let mut notebook = Notebook::open(None, &key_file).unwrap();
        let key = PublicKey::from_bytes([1; 32]);
        let chain = ChainState {
            ledger_id: LedgerId::from_bytes([2; 32]),
            organisation: OrganisationId::from_bytes([3; 32]),
            head: Some((4, EventId::from_bytes([5; 32]))),
        };
        assert_eq!(notebook.chain(&key).unwrap(), None);
        notebook.note_chain(&key, &chain);
        notebook.note_subject("urn:x", &[6; 16], None);
        notebook.note_subject("urn:y", &[7; 16], Some(EventId::from_bytes([8; 32])));
        notebook.save().unwrap();

        let again = Notebook::open(None, &key_file).unwrap();
        assert_eq!(again.chain(&key).unwrap(), Some(chain));
        let (salt, subject) = again.subject("urn:y").unwrap().unwrap();
        assert_eq!((salt, subject.newest), ([7; 16], EventId::from_bytes([8; 32])));
        assert!(again.subject("urn:x").unwrap().unwrap().1.newest.is_zero());
        assert_eq!(again.subject("urn:z").unwrap(), None);
    }
}
