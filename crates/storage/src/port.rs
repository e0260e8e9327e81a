//! The rows and the two traits that the rest of the project sees. No driver is named here.

mod desk;
mod exchange;
mod order;
mod report;
mod scan;
mod webhook;

use async_trait::async_trait;

pub use self::desk::{DeskReader, DeskWriter, EnrolmentRow, ErasureRequestRow, PersonReadRow};
pub use self::exchange::{ExchangeKeyRow, ExchangeReader, ExchangeRow, ExchangeWriter};
pub use self::order::{
    AllocationRow, IdempotencyRow, LotOrderRow, OrderLineRow, OrderReader, OrderRow, OrderStepRow,
    OrderWriter, OwedRow, PayeeRow, SaleRow, SoldRow, StockKey, StockRow,
};
pub use self::report::{ImageRemovalRow, PersonalReadRow, ReportReader, ReportRow, ReportWriter};
pub use self::scan::{ScanDayRow, ScanPhoneRow, ScanReader, ScanSettledRow, ScanSignRow, ScanUnit};
pub use self::webhook::{DeliveryRow, EndpointRow, MessageRow, WebhookReader, WebhookWriter};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address names no database we know.
    #[error("the database address must begin with sqlite: or postgres:// (it begins with `{0}`)")]
    Address(String),
    /// SQLite below 3.51.3 can corrupt a WAL database; a pragma was not taken.
    #[error("this SQLite will not do: {0}")]
    Unfit(String),
    /// Another sequencer moved the head first: what was to be written is not.
    #[error("the head of the log moved: another sequencer is writing")]
    HeadMoved,
    /// An audit changes nothing, so it cannot read tables of another version.
    #[error(
        "the database has tables of another version ({found} migrations, this version has {ours}): nothing was changed; use the version of nguon that runs it"
    )]
    OtherVersion {
        /// Migrations in the database.
        found: usize,
        /// Migrations of this version.
        ours: usize,
    },
    /// A reader keeps SQLite's write-ahead log from being emptied.
    #[error("a reader keeps the write-ahead log from being emptied")]
    WalInUse,
    /// The database's migrations are not ours.
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The world broke: disk full, connection lost, a constraint that code above must prevent.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// The newest state of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadRow {
    /// Ledger id, 32 bytes.
    pub ledger_id: Vec<u8>,
    /// The log's permanent name.
    pub origin: String,
    /// Entries in the log.
    pub size: i64,
    /// Root over them, 32 bytes.
    pub root: Vec<u8>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Its place.
    pub log_index: i64,
    /// The organisation named in it; its own event id for a genesis record.
    pub organisation_id: Vec<u8>,
    /// Its author's key.
    pub author: Vec<u8>,
    /// Its place in the author's chain. The bits of a `u64` (a seq above `i64::MAX` is negative here).
    pub seq: i64,
    /// The second record of a fork.
    pub disputed: bool,
    /// Kind byte.
    pub kind: i64,
    /// Event id, 32 bytes.
    pub event_id: Vec<u8>,
    /// The exact signed bytes.
    pub bytes: Vec<u8>,
}

/// The opening of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionRow {
    /// The entry it belongs to.
    pub log_index: i64,
    /// Which section; 255 = a delegation's person.
    pub position: i64,
    /// Section type.
    pub kind: i64,
    /// Salt, 32 bytes.
    pub salt: Vec<u8>,
    /// Contents.
    pub payload: Vec<u8>,
}

/// A record that waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// Its author's key.
    pub author: Vec<u8>,
    /// Its place in the author's chain.
    pub seq: i64,
    /// Event id.
    pub event_id: Vec<u8>,
    /// The organisation named in it.
    pub organisation_id: Vec<u8>,
    /// Why it waits: a stable word.
    pub reason: String,
    /// When it came.
    pub received_at_ms: i64,
    /// The exact signed bytes.
    pub bytes: Vec<u8>,
    /// Its openings, encoded.
    pub openings: Vec<u8>,
    /// Keyed hash over the row.
    pub seal: Vec<u8>,
}

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Tree size.
    pub size: i64,
    /// The signed note, cosignatures included.
    pub note: Vec<u8>,
}

/// An entry, and the first checkpoint over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredEntry {
    /// Its place.
    pub log_index: i64,
    /// The exact signed bytes.
    pub bytes: Vec<u8>,
    /// The size of the first checkpoint that covers it; none until one does.
    pub covered_by: Option<i64>,
}

/// What is known of one thing with a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRow {
    /// Its permanent URI.
    pub uri: String,
    /// `organisation`, `plot`, `product`, `lot`, `listing`, `certificate`.
    pub kind: String,
    /// Whose it is.
    pub organisation_id: Vec<u8>,
    /// A stable word for its state.
    pub status: String,
    /// Its name, folded for search.
    pub search_key: String,
    /// The newest entry that tells of it.
    pub last_index: i64,
    /// The judgement, JSON.
    pub state: String,
}

/// One change of the listings feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// The entry that caused it.
    pub log_index: i64,
    /// The n-th change it caused.
    pub position: i64,
    /// Which listing.
    pub listing_uri: String,
    /// The change, JSON.
    pub change: String,
}

/// A table as the database itself describes it: to prove that both engines have the same schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableShape {
    /// Table name.
    pub table: String,
    /// Column name.
    pub column: String,
    /// `NOT NULL`.
    pub required: bool,
}

/// A table whose rows an audit counts, so that none lies outside the pages that it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The head of the log: one row.
    LogHead,
    /// Entries.
    Record,
    /// Openings.
    Section,
    /// Signed checkpoints.
    Checkpoint,
    /// How far projections came.
    Projection,
    /// Entries by event id.
    EventIndex,
    /// Things.
    Subject,
    /// What a walk asks of a lot.
    LotBrief,
    /// Which entries tell of which thing.
    SubjectRecord,
    /// Which listings draw on which lot.
    ListingLot,
    /// Other names.
    Alias,
    /// The listings feed.
    FeedChange,
}

impl Table {
    /// Its name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogHead => "log_head",
            Self::Record => "record",
            Self::Section => "section",
            Self::Checkpoint => "checkpoint",
            Self::Projection => "projection",
            Self::EventIndex => "event_index",
            Self::Subject => "subject",
            Self::LotBrief => "lot_brief",
            Self::SubjectRecord => "subject_record",
            Self::ListingLot => "listing_lot",
            Self::Alias => "alias",
            Self::FeedChange => "feed_change",
        }
    }
}

/// A database with the schema in it.
#[async_trait]
pub trait Store: Send + Sync {
    /// Takes deleted bytes out of the files beside the tables, as far as the database can: SQLite's write-ahead log is
    /// emptied. PostgreSQL's is recycled by its own rules.
    async fn scrub(&self) -> Result<(), StoreError>;
    /// A connection for reading. Decisions are never made from it alone: the writer decides.
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;
    /// A transaction for writing. Begin it in a task of its own, not in a request handler: a handler can be
    /// cancelled while it waits here, and the connection would go back to the pool with an open transaction.
    async fn unit(&self) -> Result<Box<dyn Unit>, StoreError>;
    /// What kind of database, and its version, for logs and metrics.
    fn describe(&self) -> &str;
    /// The database's own check of its pages and indexes; empty when sound.
    async fn integrity(&self) -> Result<Vec<String>, StoreError>;
    /// Tables and columns as the database describes them, sorted.
    async fn shape(&self) -> Result<Vec<TableShape>, StoreError>;
    /// Closes all connections.
    async fn close(&self);
}

/// Reads. Each call is one statement, or a few where it is given many keys.
#[async_trait]
pub trait Reader:
    DeskReader + ExchangeReader + OrderReader + ReportReader + ScanReader + WebhookReader
{
    /// How many rows a table has.
    async fn count(&mut self, table: Table) -> Result<i64, StoreError>;
    /// The head, or nothing in a new database.
    async fn head(&mut self) -> Result<Option<HeadRow>, StoreError>;
    /// Entries from `from` on, at most `limit`, in order.
    async fn records(&mut self, from: i64, limit: i64) -> Result<Vec<RecordRow>, StoreError>;
    /// The entries at a place of an author's chain: the trunk first, then the disputed one.
    async fn records_at(&mut self, author: &[u8], seq: i64) -> Result<Vec<RecordRow>, StoreError>;
    /// An organisation's control records (all but events) from an entry on, at most `limit`, in order.
    async fn control_records(
        &mut self,
        organisation_id: &[u8],
        from: i64,
        limit: i64,
    ) -> Result<Vec<RecordRow>, StoreError>;
    /// Openings of the entries `from..to`, in order.
    async fn sections(&mut self, from: i64, to: i64) -> Result<Vec<SectionRow>, StoreError>;
    /// Entries whose event id begins with these eight bytes.
    async fn find_event(&mut self, event_prefix: i64) -> Result<Vec<RecordRow>, StoreError>;
    /// Held records of one author, in order of seq.
    async fn held(&mut self, author: &[u8]) -> Result<Vec<HeldRow>, StoreError>;
    /// Held records at one place of a chain.
    async fn held_at(&mut self, author: &[u8], seq: i64) -> Result<Vec<HeldRow>, StoreError>;
    /// How many records of each author wait, and their bytes with openings.
    async fn held_sizes(&mut self) -> Result<Vec<(Vec<u8>, i64, i64)>, StoreError>;
    /// A few held records that came before a time.
    async fn held_before(&mut self, received_at_ms: i64, limit: i64) -> Result<Vec<HeldRow>, StoreError>;
    /// All held records.
    async fn list_held(&mut self) -> Result<Vec<HeldRow>, StoreError>;
    /// The newest checkpoint.
    async fn newest_checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError>;
    /// The checkpoint of exactly this size.
    async fn checkpoint(&mut self, size: i64) -> Result<Option<CheckpointRow>, StoreError>;
    /// These entries, each with the size of the first checkpoint that covers it, in any order.
    async fn covered_entries(&mut self, log_indexes: &[i64]) -> Result<Vec<CoveredEntry>, StoreError>;
    /// The first checkpoint that covers an entry.
    async fn checkpoint_covering(&mut self, log_index: i64) -> Result<Option<CheckpointRow>, StoreError>;
    /// Checkpoints of a size above `after`, in order.
    async fn list_checkpoints(&mut self, after: i64, limit: i64) -> Result<Vec<CheckpointRow>, StoreError>;
    /// How many entries a projection has taken in; 0 if it never ran.
    async fn projection(&mut self, name: &str) -> Result<i64, StoreError>;
    /// All projections and how far they came.
    async fn projections(&mut self) -> Result<Vec<(String, i64)>, StoreError>;
    /// One thing.
    async fn subject(&mut self, uri: &str) -> Result<Option<SubjectRow>, StoreError>;
    /// These things, as far as they are known, in any order.
    async fn subjects(&mut self, uris: &[&str]) -> Result<Vec<SubjectRow>, StoreError>;
    /// What a walk asks of these lots, as far as they are known, in any order: one a line, as they were written.
    async fn lot_briefs(&mut self, uris: &[&str]) -> Result<String, StoreError>;
    /// What a walk asks of all lots after a URI, in order of URI: (URI, JSON).
    async fn list_lot_briefs(&mut self, after: &str, limit: i64)
    -> Result<Vec<(String, String)>, StoreError>;
    /// These entries, in any order.
    async fn records_of(&mut self, log_indexes: &[i64]) -> Result<Vec<RecordRow>, StoreError>;
    /// Openings of these entries; those of one entry in order.
    async fn sections_of(&mut self, log_indexes: &[i64]) -> Result<Vec<SectionRow>, StoreError>;
    /// Which entries tell of which of these things, in any order.
    async fn entries_of_subjects(&mut self, uris: &[&str]) -> Result<Vec<(String, i64)>, StoreError>;
    /// Things of a kind after a URI, in order of URI.
    async fn list_subjects(
        &mut self,
        kind: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError>;
    /// An organisation's things of a kind, in order of URI.
    async fn subjects_of(
        &mut self,
        organisation_id: &[u8],
        kind: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError>;
    /// Things whose folded name contains the (folded) text.
    async fn search_subjects(
        &mut self,
        kind: &str,
        text: &str,
        limit: i64,
    ) -> Result<Vec<SubjectRow>, StoreError>;
    /// Which entries tell of a thing, in order.
    async fn entries_of_subject(&mut self, uri: &str) -> Result<Vec<i64>, StoreError>;
    /// Which things an entry tells of, in order of URI.
    async fn subjects_of_entry(&mut self, log_index: i64) -> Result<Vec<String>, StoreError>;
    /// Entries whose event id begins with these eight bytes, by the index behind the writer.
    async fn entries_of_event(&mut self, event_prefix: i64) -> Result<Vec<i64>, StoreError>;
    /// Listings that draw on a lot, in order of URI.
    async fn listings_of_lot(&mut self, lot_uri: &str) -> Result<Vec<SubjectRow>, StoreError>;
    /// What another name stands for.
    async fn alias(&mut self, alias: &str) -> Result<Option<String>, StoreError>;
    /// Feed changes after (entry, position), in commit order.
    async fn feed(&mut self, log_index: i64, position: i64, limit: i64) -> Result<Vec<FeedRow>, StoreError>;
    /// The newest change of each listing, if it came after (entry, position), in commit order.
    async fn feed_newest(&mut self, after: (i64, i64), limit: i64) -> Result<Vec<FeedRow>, StoreError>;
    /// The newest change of each listing after a URI, in order of URI.
    async fn feed_by_listing(&mut self, after: &str, limit: i64) -> Result<Vec<FeedRow>, StoreError>;
    /// The last change of the feed.
    async fn feed_last(&mut self) -> Result<Option<FeedRow>, StoreError>;
    /// All things after a URI, in order of URI.
    async fn all_subjects(&mut self, after: &str, limit: i64) -> Result<Vec<SubjectRow>, StoreError>;
    /// The index of event ids after (prefix, entry).
    async fn event_index(&mut self, after: (i64, i64), limit: i64) -> Result<Vec<(i64, i64)>, StoreError>;
    /// Which entries tell of which thing, after (uri, entry).
    async fn links(&mut self, after: (&str, i64), limit: i64) -> Result<Vec<(String, i64)>, StoreError>;
    /// Which lots listings draw on, after (lot, listing).
    async fn listing_lots(
        &mut self,
        after: (&str, &str),
        limit: i64,
    ) -> Result<Vec<(String, String)>, StoreError>;
    /// Other names and what they stand for, after a name.
    async fn aliases(&mut self, after: &str, limit: i64) -> Result<Vec<(String, String)>, StoreError>;
}

/// Writes that happen together or not at all.
#[async_trait]
pub trait Unit: DeskWriter + ExchangeWriter + OrderWriter + ReportWriter + ScanUnit + WebhookWriter {
    /// The first head of a new ledger.
    async fn create_head(&mut self, head: &HeadRow) -> Result<(), StoreError>;
    /// Moves the head from one size to the next, or answers [`StoreError::HeadMoved`].
    async fn advance_head(&mut self, old_size: i64, size: i64, root: &[u8]) -> Result<(), StoreError>;
    /// Appends entries.
    async fn insert_records(&mut self, rows: &[RecordRow]) -> Result<(), StoreError>;
    /// Keeps openings.
    async fn insert_sections(&mut self, rows: &[SectionRow]) -> Result<(), StoreError>;
    /// Forgets one opening.
    async fn erase_section(&mut self, log_index: i64, position: i64) -> Result<(), StoreError>;
    /// Keeps a record that waits; again for the same one changes nothing.
    async fn hold(&mut self, row: &HeldRow) -> Result<(), StoreError>;
    /// Lets a held record go.
    async fn release(&mut self, author: &[u8], seq: i64, event_id: &[u8]) -> Result<(), StoreError>;
    /// Keeps a checkpoint (a new note of the same size, with more cosignatures, replaces it).
    async fn put_checkpoint(&mut self, row: &CheckpointRow) -> Result<(), StoreError>;
    /// Says how far a projection has come.
    async fn set_projection(&mut self, name: &str, size: i64) -> Result<(), StoreError>;
    /// Makes entries findable by event id: (first eight bytes, entry).
    async fn index_events(&mut self, rows: &[(i64, i64)]) -> Result<(), StoreError>;
    /// Says which entries tell of which thing.
    async fn link_records(&mut self, rows: &[(String, i64)]) -> Result<(), StoreError>;
    /// Writes what is known of things.
    async fn put_subjects(&mut self, rows: &[SubjectRow]) -> Result<(), StoreError>;
    /// Writes what a walk asks of lots: (URI, JSON without line breaks); no URI comes twice.
    async fn put_lot_briefs(&mut self, rows: &[(String, String)]) -> Result<(), StoreError>;
    /// Says that a listing draws on lots.
    async fn put_listing_lots(&mut self, rows: &[(String, String)]) -> Result<(), StoreError>;
    /// Gives things other names; no name comes twice among the rows.
    async fn put_aliases(&mut self, rows: &[(String, String)]) -> Result<(), StoreError>;
    /// Adds changes to the feed.
    async fn append_feed(&mut self, rows: &[FeedRow]) -> Result<(), StoreError>;
    /// Empties all read models.
    async fn clear_read_models(&mut self) -> Result<(), StoreError>;
    /// Makes all of it durable.
    async fn save(self: Box<Self>) -> Result<(), StoreError>;
}
