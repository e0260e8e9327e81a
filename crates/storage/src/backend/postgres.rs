//! PostgreSQL 15 or newer: a pool of connections, `synchronous_commit` on.

use std::str::FromStr;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Postgres, Row, Transaction};

use super::repository;
use crate::port::{Reader, RecordRow, SectionRow, Store, StoreError, TableShape, Unit};

pub(super) type Db = Postgres;
pub(super) type DbRow = sqlx::postgres::PgRow;
pub(super) type DbConnection = PgConnection;
pub(super) type DbPoolConnection = sqlx::pool::PoolConnection<Postgres>;
pub(super) type DbTransaction = Transaction<'static, Postgres>;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/postgres");

/// The store at scale.
pub struct PostgresStore {
    pool: PgPool,
    description: String,
}

impl PostgresStore {
    /// Connects, migrates, and reads back that commits are durable.
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(address)?.application_name("nguon");
        let pool = PgPoolOptions::new().max_connections(12).connect_with(options).await?;
        MIGRATOR.run(&pool).await?;
        let synchronous: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&pool).await?;
        if synchronous == "off" {
            return Err(StoreError::Unfit(
                "synchronous_commit is off: acknowledged records could be lost".to_owned(),
            ));
        }
        let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&pool).await?;
        Ok(Self { pool, description: format!("PostgreSQL {version}") })
    }

    /// Connects to a database of this version's tables to read only: nothing is migrated or written.
    pub async fn open_for_audit(address: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(address)?
            .application_name("nguon verify")
            .options([("default_transaction_read_only", "on")]);
        let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
        repository::check_version(&pool, &MIGRATOR).await?;
        let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&pool).await?;
        Ok(Self { pool, description: format!("PostgreSQL {version}, read only") })
    }
}

/// One statement of arrays for a whole group: each statement is a round trip, and a text of thousands of placeholders
/// costs more than the rows. (SQLite has no arrays; see its `insert_records`.)
pub(super) async fn insert_records(
    connection: &mut PgConnection,
    rows: &[RecordRow],
) -> Result<(), StoreError> {
    let numbers = |of: fn(&RecordRow) -> i64| rows.iter().map(of).collect::<Vec<i64>>();
    sqlx::query(
        "INSERT INTO record (log_index, organisation_id, author, seq, disputed, kind, event_id, bytes)
         SELECT * FROM UNNEST($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[],
                              $7::bytea[], $8::bytea[])",
    )
    .bind(numbers(|row| row.log_index))
    .bind(rows.iter().map(|row| row.organisation_id.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.author.as_slice()).collect::<Vec<_>>())
    .bind(numbers(|row| row.seq))
    .bind(numbers(|row| i64::from(row.disputed)))
    .bind(numbers(|row| row.kind))
    .bind(rows.iter().map(|row| row.event_id.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.bytes.as_slice()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// As [`insert_records`].
pub(super) async fn insert_sections(
    connection: &mut PgConnection,
    rows: &[SectionRow],
) -> Result<(), StoreError> {
    let numbers = |of: fn(&SectionRow) -> i64| rows.iter().map(of).collect::<Vec<i64>>();
    sqlx::query(
        "INSERT INTO section (log_index, position, kind, salt, payload)
         SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[])",
    )
    .bind(numbers(|row| row.log_index))
    .bind(numbers(|row| row.position))
    .bind(numbers(|row| row.kind))
    .bind(rows.iter().map(|row| row.salt.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.payload.as_slice()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The name as an identifier: nothing in it needs quoting.
fn identifier(name: &str) -> Result<&str, StoreError> {
    let plain = |letter: u8| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'_');
    if name.is_empty() || name.len() > 63 || !name.bytes().all(plain) {
        return Err(StoreError::Address(name.to_owned()));
    }
    Ok(name)
}

pub(crate) async fn create_database(server: &str, name: &str) -> Result<String, StoreError> {
    let name = identifier(name)?;
    let options = PgConnectOptions::from_str(server)?;
    let mut connection = sqlx::PgConnection::connect_with(&options).await?;
    let mut sql = String::from("CREATE DATABASE ");
    sql.push_str(name);
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
    Ok(options.database(name).to_url_lossy().to_string())
}

pub(crate) async fn drop_database(server: &str, name: &str) -> Result<(), StoreError> {
    let name = identifier(name)?;
    let mut connection = sqlx::PgConnection::connect_with(&PgConnectOptions::from_str(server)?).await?;
    let mut sql = String::from("DROP DATABASE IF EXISTS ");
    sql.push_str(name);
    sql.push_str(" WITH (FORCE)");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
    Ok(())
}

#[async_trait]
impl Store for PostgresStore {
    async fn scrub(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(repository::Reading(self.pool.acquire().await?)))
    }

    async fn unit(&self) -> Result<Box<dyn Unit>, StoreError> {
        Ok(Box::new(repository::Writing(self.pool.begin().await?)))
    }

    fn describe(&self) -> &str {
        &self.description
    }

    async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        // PostgreSQL's own page checks (amcheck, data checksums) are the database administrator's; what is ours
        // to check, the audit checks row by row.
        Ok(Vec::new())
    }

    async fn shape(&self) -> Result<Vec<TableShape>, StoreError> {
        let rows = sqlx::query(
            "SELECT table_name::text AS table_name, column_name::text AS column_name, is_nullable = 'NO' AS required
             FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%'
             ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"",
        )
        .fetch_all(&self.pool)
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
        self.pool.close().await;
    }
}
