//! What anybody may ask of the ledger: a record with its public openings, and the proof that it is in the log.
//!
//! Proofs are computed from the published tiles, not from the database: what is answered is what everybody sees.

use std::sync::Arc;

use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::merkle::{LeafIndex, TreeSize};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::proof::TlogProof;
use nguon_ledger::{EventId, Opening, Record, SectionType, tile};
use nguon_storage::{RecordRow, Store, StoreError};

use crate::objects::Objects;
use crate::publish::fetch;
use crate::rows;

/// The row of an event: by the index behind the writer, or among the entries that it has not taken in yet.
pub(crate) async fn find_event(store: &dyn Store, event: EventId) -> Result<Option<RecordRow>, StoreError> {
    let mut reader = store.reader().await?;
    let same = |row: &RecordRow| row.event_id == event.as_bytes();
    // How far the index has come is read first: what it takes in meanwhile is looked at twice, and nothing is missed.
    let mut from = reader.projection(crate::project::NAME).await?;
    if let Some(row) = reader.find_event(rows::event_prefix(&event)).await?.into_iter().find(same) {
        return Ok(Some(row));
    }
    loop {
        let batch = reader.records(from, 1_000).await?;
        let Some(last) = batch.last() else { return Ok(None) };
        from = last.log_index + 1;
        if let Some(row) = batch.into_iter().find(same) {
            return Ok(Some(row));
        }
    }
}

/// Why a question could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A published file failed.
    #[error("a published file: {0}")]
    Objects(#[from] std::io::Error),
    /// A row or file is damaged: the audit will name it.
    #[error("entry {index} is damaged: {why}")]
    Damaged {
        /// Which.
        index: u64,
        /// How.
        why: String,
    },
}

/// An entry of the log with what may be shown of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place.
    pub index: u64,
    /// The second record of a fork.
    pub disputed: bool,
    /// The record.
    pub record: Record,
    /// Openings of its public sections: (section, opening). An erased one is missing.
    pub openings: Vec<(u8, Opening)>,
}

/// Reads entries and proofs.
#[derive(Clone)]
pub struct Lookup {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Published files.
    pub objects: Arc<dyn Objects>,
    /// The log's key.
    pub log_key: VerifierKey,
}

impl Lookup {
    /// The entry of an event id.
    pub async fn entry(&self, event: EventId) -> Result<Option<Entry>, LookupError> {
        match find_event(&*self.store, event).await? {
            Some(row) => self.open(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The entry at a place of the log.
    pub async fn entry_at(&self, index: u64) -> Result<Option<Entry>, LookupError> {
        let found = self.store.reader().await?.records(rows::signed(index), 1).await?;
        match found.into_iter().find(|row| rows::unsigned(row.log_index) == index) {
            Some(row) => self.open(row).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn open(&self, row: RecordRow) -> Result<Entry, LookupError> {
        let index = rows::unsigned(row.log_index);
        let damaged = |why: String| LookupError::Damaged { index, why };
        let record = Record::parse(&row.bytes).map_err(|error| damaged(error.to_string()))?;
        let sections = self.store.reader().await?.sections(row.log_index, row.log_index + 1).await?;
        let openings = sections
            .into_iter()
            .filter(|section| section.kind == i64::from(SectionType::PUBLIC.0))
            .map(|section| {
                let salt = section
                    .salt
                    .as_slice()
                    .try_into()
                    .map_err(|_| damaged("a salt is not 32 bytes".into()))?;
                let position =
                    u8::try_from(section.position).map_err(|_| damaged("a section of no place".into()))?;
                Ok((position, Opening { kind: SectionType::PUBLIC, salt, payload: section.payload }))
            })
            .collect::<Result<_, LookupError>>()?;
        Ok(Entry { index, disputed: row.disputed, record, openings })
    }

    /// The published checkpoint, newest first choice, as (checkpoint, note).
    pub async fn checkpoint(&self) -> Result<Option<(Checkpoint, Vec<u8>)>, LookupError> {
        let Some(note) = self.object("checkpoint").await? else { return Ok(None) };
        let (checkpoint, _) =
            nguon_ledger::checkpoint::open_checkpoint(&note, &self.log_key).map_err(|error| {
                LookupError::Damaged { index: 0, why: format!("the published checkpoint: {error}") }
            })?;
        Ok(Some((checkpoint, note)))
    }

    /// The receipt of an entry under the newest checkpoint (C2SP tlog-proof, the record in `extra`); nothing until a
    /// checkpoint covers it.
    pub async fn receipt(&self, entry: &Entry) -> Result<Option<TlogProof>, LookupError> {
        let Some((checkpoint, note)) = self.checkpoint().await? else { return Ok(None) };
        self.receipt_under(entry, &checkpoint, &note).await
    }

    /// The receipt of an entry under this checkpoint; nothing if it does not cover it.
    pub async fn receipt_under(
        &self,
        entry: &Entry,
        checkpoint: &Checkpoint,
        note: &[u8],
    ) -> Result<Option<TlogProof>, LookupError> {
        if entry.index >= checkpoint.size().0 {
            return Ok(None);
        }
        let damaged = |why: String| LookupError::Damaged { index: entry.index, why };
        let objects = self.objects.clone();
        let (index, size): (LeafIndex, TreeSize) = (LeafIndex(entry.index), checkpoint.size());
        let hashes = tokio::task::spawn_blocking(move || {
            tile::inclusion_from_tiles(index, size, |tile| fetch(&*objects, tile))
                .map_err(|error| error.to_string())
        })
        .await
        .map_err(|error| damaged(error.to_string()))?
        .map_err(damaged)?;
        let checkpoint_note =
            nguon_ledger::note::Note::parse(note).map_err(|error| damaged(error.to_string()))?;
        Ok(Some(TlogProof { extra: entry.record.as_bytes().to_vec(), index, hashes, checkpoint_note }))
    }

    /// A published file.
    pub async fn object(&self, name: &str) -> Result<Option<Vec<u8>>, LookupError> {
        let (objects, name) = (self.objects.clone(), name.to_owned());
        Ok(tokio::task::spawn_blocking(move || objects.get(&name))
            .await
            .map_err(|error| std::io::Error::other(error.to_string()))??)
    }
}
