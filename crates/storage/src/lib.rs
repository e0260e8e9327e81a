//! Where the ledger and its read models are kept: SQLite for one machine, PostgreSQL for a province.
//!
//! There is **one text of SQL**. `backend/repository.rs` and `backend/scan.rs` say every statement once and name only
//! `super::driver` and `many.rs`; they are compiled twice by `#[path]`, beside `sqlite.rs` and beside `postgres.rs`. What differs
//! between the two engines (pools, pragmas, transactions) is in those two files, in the open.
//!
//! - [`Store`] opens a [`Reader`] (one connection, no transaction) or a [`Unit`] (one transaction, writes only).
//!   A unit that is dropped without [`Unit::save`] never happened.
//! - The head of the log moves by compare-and-swap ([`Unit::advance_head`]); nobody locks.
//! - No clock and no randomness: times and ids come in as arguments.
//!
//! **Trust.** Who can write this database can hide what is not yet published and break the service. They cannot
//! change a record, an order or a published section without the audit (`nguon verify`) naming the place: records
//! are signed, their order is under signed checkpoints, sections are committed to, read models can be made again.

#![expect(clippy::duplicate_mod, reason = "each database compiles the same repository")]

mod port;

#[path = "backend"]
mod sqlite {
    #[path = "desk.rs"]
    mod desk;
    #[path = "sqlite.rs"]
    mod driver;
    #[path = "exchange.rs"]
    mod exchange;
    #[path = "many.rs"]
    mod many;
    #[path = "order.rs"]
    mod order;
    #[path = "report.rs"]
    mod report;
    #[path = "repository.rs"]
    mod repository;
    #[path = "scan.rs"]
    mod scan;
    #[path = "webhook.rs"]
    mod webhook;
    pub use driver::SqliteStore;
}

#[path = "backend"]
mod postgres {
    #[path = "desk.rs"]
    mod desk;
    #[path = "postgres.rs"]
    mod driver;
    #[path = "exchange.rs"]
    mod exchange;
    #[path = "many.rs"]
    mod many;
    #[path = "order.rs"]
    mod order;
    #[path = "report.rs"]
    mod report;
    #[path = "repository.rs"]
    mod repository;
    #[path = "scan.rs"]
    mod scan;
    #[path = "webhook.rs"]
    mod webhook;
    pub use driver::PostgresStore;
    pub(crate) use driver::{create_database, drop_database};
}

pub use port::{
    AllocationRow, CheckpointRow, CoveredEntry, DeliveryRow, DeskReader, DeskWriter, EndpointRow,
    EnrolmentRow, ErasureRequestRow, ExchangeKeyRow, ExchangeReader, ExchangeRow, ExchangeWriter, FeedRow,
    HeadRow, HeldRow, IdempotencyRow, ImageRemovalRow, LotOrderRow, MessageRow, OrderLineRow, OrderReader,
    OrderRow, OrderStepRow, OrderWriter, OwedRow, PayeeRow, PersonReadRow, PersonalReadRow, Reader,
    RecordRow, ReportReader, ReportRow, ReportWriter, SaleRow, ScanDayRow, ScanPhoneRow, ScanReader,
    ScanSettledRow, ScanSignRow, ScanUnit, SectionRow, SoldRow, StockKey, StockRow, Store, StoreError,
    SubjectRow, Table, TableShape, Unit, WebhookReader, WebhookWriter,
};
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;

use std::path::Path;
use std::sync::Arc;

/// Opens the store that an address names: `sqlite:FILE` (made if absent) or `postgres://…`, and migrates it.
pub async fn open(address: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match Address::of(address)? {
        Address::Sqlite(file) => Arc::new(SqliteStore::open(file).await?),
        Address::Postgres => Arc::new(PostgresStore::open(address).await?),
    })
}

/// Opens the store that an address names to read only: nothing is made or migrated, and tables of another version are
/// refused ([`StoreError::OtherVersion`]).
pub async fn open_for_audit(address: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match Address::of(address)? {
        Address::Sqlite(file) => Arc::new(SqliteStore::open_for_audit(file).await?),
        Address::Postgres => Arc::new(PostgresStore::open_for_audit(address).await?),
    })
}

enum Address<'a> {
    Sqlite(&'a Path),
    Postgres,
}

impl<'a> Address<'a> {
    fn of(address: &'a str) -> Result<Self, StoreError> {
        if let Some(file) = address.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(Path::new(file.strip_prefix("//").unwrap_or(file))));
        }
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Self::Postgres);
        }
        Err(StoreError::Address(address.split(':').next().unwrap_or_default().to_owned()))
    }
}

/// Makes a new, empty database on a PostgreSQL server and answers its address: for tests and benchmarks, which need
/// a ledger of their own. The name holds lower-case letters, digits and underscores.
pub async fn create_database(server: &str, name: &str) -> Result<String, StoreError> {
    postgres::create_database(server, name).await
}

/// Removes a database that [`create_database`] made, with everything in it.
pub async fn drop_database(server: &str, name: &str) -> Result<(), StoreError> {
    postgres::drop_database(server, name).await
}
