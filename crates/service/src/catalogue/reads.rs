//! The catalogue's only way to the database, so that whatever it reads has a name in [`crate::turns`].
//!
//! A statement that is not here cannot be asked by the catalogue: whoever adds one says which names its answer hangs on.

use std::sync::Arc;

use nguon_storage::{CheckpointRow, CoveredEntry, LotOrderRow, Reader, Store, StoreError, SubjectRow};

use crate::turns::{Name, Seen};

/// A store, and who takes down what is read from it.
#[derive(Clone)]
pub(super) struct Reads {
    store: Arc<dyn Store>,
    seen: Option<Arc<Seen>>,
}

/// A connection for reading.
pub(super) struct Reading<'a> {
    reader: Box<dyn Reader>,
    reads: &'a Reads,
}

impl Reads {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, seen: None }
    }

    /// The same, with somebody who takes down what is read.
    pub(super) fn seen_by(&self, seen: Arc<Seen>) -> Self {
        Self { store: self.store.clone(), seen: Some(seen) }
    }

    /// Takes down the name of something that is read from memory.
    pub(super) fn note(&self, name: Name<'_>) {
        if let Some(seen) = &self.seen {
            seen.note(name);
        }
    }

    pub(super) async fn reader(&self) -> Result<Reading<'_>, StoreError> {
        Ok(Reading { reader: self.store.reader().await?, reads: self })
    }
}

impl Reading<'_> {
    pub(super) async fn subject(&mut self, uri: &str) -> Result<Option<SubjectRow>, StoreError> {
        self.reads.note(Name::Thing(uri));
        self.reader.subject(uri).await
    }

    pub(super) async fn subjects(&mut self, uris: &[&str]) -> Result<Vec<SubjectRow>, StoreError> {
        uris.iter().for_each(|uri| self.reads.note(Name::Thing(uri)));
        self.reader.subjects(uris).await
    }

    /// A lot's brief changes with its row.
    pub(super) async fn lot_briefs(&mut self, uris: &[&str]) -> Result<String, StoreError> {
        uris.iter().for_each(|uri| self.reads.note(Name::Thing(uri)));
        self.reader.lot_briefs(uris).await
    }

    pub(super) async fn alias(&mut self, alias: &str) -> Result<Option<String>, StoreError> {
        self.reads.note(Name::Alias(alias));
        self.reader.alias(alias).await
    }

    pub(super) async fn search_subjects(
        &mut self,
        kind: &str,
        key: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        self.reads.note(Name::Kind(kind));
        self.reader.search_subjects(kind, key, limit).await
    }

    pub(super) async fn subjects_of(
        &mut self,
        organisation_id: &[u8],
        kind: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        self.reads.note(Name::KindOf(organisation_id, kind));
        let rows = self.reader.subjects_of(organisation_id, kind, after, limit).await?;
        // One that becomes somebody else's is told by its own name and the new owner's.
        rows.iter().for_each(|row| self.reads.note(Name::Thing(&row.uri)));
        Ok(rows)
    }

    pub(super) async fn listings_of_lot(&mut self, lot: &str) -> Result<Vec<SubjectRow>, StoreError> {
        self.reads.note(Name::ListingsOf(lot));
        let rows = self.reader.listings_of_lot(lot).await?;
        rows.iter().for_each(|row| self.reads.note(Name::Thing(&row.uri)));
        Ok(rows)
    }

    /// Orders come without a record: no name says when they change.
    pub(super) async fn orders_of_lots(&mut self, lots: &[&str]) -> Result<Vec<LotOrderRow>, StoreError> {
        self.reads.note(Name::Everything);
        self.reader.orders_of_lots(lots).await
    }

    /// An entry that is there never changes, and checkpoints grow: the first over an entry stays the first.
    pub(super) async fn covered_entries(
        &mut self,
        log_indexes: &[i64],
    ) -> Result<Vec<CoveredEntry>, StoreError> {
        let rows = self.reader.covered_entries(log_indexes).await?;
        if rows.len() < log_indexes.len() {
            self.reads.note(Name::Everything);
        }
        for row in &rows {
            self.reads.note(match row.covered_by {
                Some(size) => Name::Checkpoint(size),
                None => Name::NewestCheckpoint,
            });
        }
        Ok(rows)
    }

    pub(super) async fn checkpoint(&mut self, size: i64) -> Result<Option<CheckpointRow>, StoreError> {
        self.reads.note(Name::Checkpoint(size));
        self.reader.checkpoint(size).await
    }
}
