//! SQLite: one writing connection, several read-only ones, WAL with `synchronous = FULL`.

use std::path::Path;
use std::str::FromStr;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, Transaction};

use super::repository;
use crate::port::{Reader, RecordRow, SectionRow, Store, StoreError, TableShape, Unit};

pub(super) type Db = Sqlite;
pub(super) type DbRow = sqlx::sqlite::SqliteRow;
pub(super) type DbConnection = sqlx::sqlite::SqliteConnection;
pub(super) type DbPoolConnection = sqlx::pool::PoolConnection<Sqlite>;
pub(super) type DbTransaction = Transaction<'static, Sqlite>;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/sqlite");

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
    repository::insert_many(connection, SQL, rows, |query, row| {
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
    repository::insert_many(connection, SQL, rows, |query, row| {
        query
            .bind(row.log_index)
            .bind(row.position)
            .bind(row.kind)
            .bind(row.salt.clone())
            .bind(row.payload.clone())
    })
    .await
}

fn parse_version(version: &str) -> (u32, u32, u32) {
    let mut parts = version.split('.').map(|part| u32::from_str(part).unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[async_trait]
impl Store for SqliteStore {
    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(repository::Reading(self.readers.acquire().await?)))
    }

    async fn unit(&self) -> Result<Box<dyn Unit>, StoreError> {
        Ok(Box::new(repository::Writing(self.writer.begin_with("BEGIN IMMEDIATE").await?)))
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
