//! What storage stories start from, and rows to say things with.

use std::sync::Arc;

use nguon_storage::{
    CheckpointRow, FeedRow, HeadRow, HeldRow, Reader, RecordRow, SectionRow, Store, SubjectRow, Unit,
};
use nguon_tests::Database;

/// An empty store and its database.
pub(crate) struct Given {
    pub(crate) store: Arc<dyn Store>,
    /// Dropped last: the store's connections are closed by then.
    pub(crate) _database: Database,
}

impl Given {
    pub(crate) async fn on(database: Option<Database>) -> Option<Self> {
        let database = database?;
        Some(Self { store: database.open().await, _database: database })
    }

    pub(crate) async fn reader(&self) -> Box<dyn Reader> {
        self.store.reader().await.expect("a connection")
    }

    pub(crate) async fn unit(&self) -> Box<dyn Unit> {
        self.store.unit().await.expect("a transaction")
    }

    /// An empty log.
    pub(crate) async fn with_head(self) -> Self {
        let mut unit = self.unit().await;
        unit.create_head(&head(0)).await.unwrap();
        unit.save().await.unwrap();
        self
    }
}

pub(crate) fn head(size: i64) -> HeadRow {
    HeadRow {
        ledger_id: vec![9; 32],
        origin: "ledger.example.org/đà-lạt".to_owned(),
        size,
        root: vec![8; 32],
    }
}

/// An entry of an author of its own, at seq 0.
pub(crate) fn record(log_index: i64) -> RecordRow {
    let name = log_index.to_be_bytes().repeat(4);
    RecordRow {
        log_index,
        organisation_id: vec![1; 32],
        author: name.clone(),
        seq: 0,
        disputed: false,
        kind: 0,
        event_id: name,
        bytes: vec![0, 255, 39, 92, u8::try_from(log_index % 256).expect("a remainder of 256")],
    }
}

pub(crate) fn section(log_index: i64, position: i64) -> SectionRow {
    SectionRow { log_index, position, kind: 1, salt: vec![7; 32], payload: b"{\"x\":\"\xc4\x91\"}".to_vec() }
}

pub(crate) fn held(author: u8, seq: i64, event: u8) -> HeldRow {
    HeldRow {
        author: vec![author; 32],
        seq,
        event_id: vec![event; 32],
        organisation_id: vec![1; 32],
        reason: "gap".to_owned(),
        received_at_ms: 1_767_000_000_000,
        bytes: vec![event, 0, 1],
        openings: vec![],
        seal: vec![5; 32],
    }
}

pub(crate) fn checkpoint(size: i64, note: &str) -> CheckpointRow {
    CheckpointRow { size, note: note.as_bytes().to_vec() }
}

pub(crate) fn subject(uri: &str, kind: &str, search_key: &str, last_index: i64) -> SubjectRow {
    SubjectRow {
        uri: uri.to_owned(),
        kind: kind.to_owned(),
        organisation_id: vec![1; 32],
        status: "active".to_owned(),
        search_key: search_key.to_owned(),
        last_index,
        state: "{\"name\":\"Cà chua Đơn Dương 🍅\"}".to_owned(),
    }
}

pub(crate) fn change(log_index: i64, position: i64) -> FeedRow {
    FeedRow { log_index, position, listing_uri: "l/1".to_owned(), change: format!("{{\"n\":{position}}}") }
}
