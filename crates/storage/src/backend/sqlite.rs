//! SQLite: one writing connection, several read-only ones, WAL with `synchronous = FULL`.

use std::path::Path;
use std::str::FromStr;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Row, Sqlite, Transaction};

use super::{many, repository};
use crate::port::{Reader, RecordRow, SectionRow, Store, StoreError, TableShape, Unit};

pub(super) type Db = Sqlite;
pub(super) type DbRow = sqlx::sqlite::SqliteRow;
pub(super) type DbConnection = sqlx::sqlite::SqliteConnection;
pub(super) type DbPoolConnection = sqlx::pool::PoolConnection<Sqlite>;
pub(super) type DbTransaction = Transaction<'static, Sqlite>;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/sqlite");

/// Takes the write lock at once: a later upgrade from reading could not wait for it.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// The embedded store: one file, and its WAL beside it.
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    description: String,
}

impl SqliteStore {
    /// Opens or makes the file, migrates it, and reads back that commits are durable.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(std::time::Duration::from_secs(30))
            // Rows that the reading thread may be ahead: fewer, and it stops and waits within each page of rows.
            .row_buffer_size(1_000)
            .pragma("cache_size", "-65536")
            // An erased section's bytes are overwritten in the file, not only unlinked.
            .pragma("secure_delete", "ON");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        MIGRATOR.run(&writer).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writer).await?;
        if parse_version(&version) < (3, 51, 3) {
            return Err(StoreError::Unfit(format!(
                "version {version}; a WAL database needs 3.51.3 or newer"
            )));
        }
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&writer).await?;
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&writer).await?;
        if synchronous != 2 || journal != "wal" {
            return Err(StoreError::Unfit(format!("synchronous = {synchronous}, journal_mode = {journal}")));
        }
        let readers =
            SqlitePoolOptions::new().max_connections(8).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers, description: format!("SQLite {version}") })
    }

    /// Opens a file of this version's tables to read only: nothing is made, migrated or set.
    pub async fn open_for_audit(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .read_only(true)
            .busy_timeout(std::time::Duration::from_secs(30))
            .pragma("cache_size", "-65536");
        let readers = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        repository::check_version(&readers, &MIGRATOR).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&readers).await?;
        Ok(Self { writer: readers.clone(), readers, description: format!("SQLite {version}, read only") })
    }
}

/// Many rows a statement. (PostgreSQL takes arrays; see its `insert_records`.)
pub(super) async fn insert_records(
    connection: &mut DbConnection,
    rows: &[RecordRow],
) -> Result<(), StoreError> {
    const SQL: (&str, usize, &str) = (
        "INSERT INTO record (log_index, organisation_id, author, seq, disputed, kind, event_id, bytes) VALUES",
        8,
        "",
    );
    many::insert_many(connection, SQL, rows, |query, row| {
        query
            .bind(row.log_index)
            .bind(row.organisation_id.clone())
            .bind(row.author.clone())
            .bind(row.seq)
            .bind(i64::from(row.disputed))
            .bind(row.kind)
            .bind(row.event_id.clone())
            .bind(row.bytes.clone())
    })
    .await
}

/// As [`insert_records`].
pub(super) async fn insert_sections(
    connection: &mut DbConnection,
    rows: &[SectionRow],
) -> Result<(), StoreError> {
    const SQL: (&str, usize, &str) =
        ("INSERT INTO section (log_index, position, kind, salt, payload) VALUES", 5, "");
    many::insert_many(connection, SQL, rows, |query, row| {
        query
            .bind(row.log_index)
            .bind(row.position)
            .bind(row.kind)
            .bind(row.salt.clone())
            .bind(row.payload.clone())
    })
    .await
}

/// Somebody else writes, or the pool is closed or in use: a new connection would change nothing.
fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        // SQLITE_BUSY; extended codes hold it in their low byte.
        sqlx::Error::Database(error) => {
            error.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
        }
        _ => false,
    }
}

fn parse_version(version: &str) -> (u32, u32, u32) {
    let mut parts = version.split('.').map(|part| u32::from_str(part).unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[async_trait]
impl Store for SqliteStore {
    async fn scrub(&self) -> Result<(), StoreError> {
        let busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.writer).await?;
        if busy == 0 { Ok(()) } else { Err(StoreError::WalInUse) }
    }

    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(repository::Reading(self.readers.acquire().await?)))
    }

    async fn unit(&self) -> Result<Box<dyn Unit>, StoreError> {
        match self.writer.begin_with(BEGIN).await {
            Ok(transaction) => Ok(Box::new(repository::Writing(transaction))),
            Err(error) if is_busy(&error) => Err(error.into()),
            // A full disk can make SQLite end a transaction by itself, and the connection still counts it as open:
            // such a connection begins nothing any more, a new one does.
            Err(error) => {
                tracing::warn!(%error, "the writing connection is replaced");
                self.writer.acquire().await?.detach().close_hard().await?;
                Ok(Box::new(repository::Writing(self.writer.begin_with(BEGIN).await?)))
            }
        }
    }

    fn describe(&self) -> &str {
        &self.description
    }

    async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        let lines: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&self.readers).await?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    async fn shape(&self) -> Result<Vec<TableShape>, StoreError> {
        let rows = sqlx::query(
            "SELECT m.name AS table_name, c.name AS column_name, c.\"notnull\" AS required
             FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'
             ORDER BY m.name, c.name",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(TableShape {
                    table: row.try_get("table_name")?,
                    column: row.try_get("column_name")?,
                    required: row.try_get("required")?,
                })
            })
            .collect()
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_writer_goes_on_after_a_full_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("ledger.sqlite")).await.unwrap();
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&store.writer).await.unwrap();
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 4));
        sqlx::query(limit).execute(&store.writer).await.unwrap();
        let row = |log_index, length| SectionRow {
            log_index,
            position: 0,
            kind: 1,
            salt: vec![0; 32],
            payload: vec![0; length],
        };
        let mut unit = store.unit().await.unwrap();
        let error = unit.insert_sections(&[row(0, 1 << 20)]).await.unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        drop(unit);

        let mut unit = store.unit().await.unwrap();
        unit.insert_sections(&[row(1, 1 << 20)]).await.unwrap();
        unit.save().await.unwrap();
        let kept = store.reader().await.unwrap().sections(0, 10).await.unwrap();
        assert_eq!(kept, [row(1, 1 << 20)], "nothing of the failed unit");
        store.close().await;
    }
}
