//! Somebody with a database prompt: reads and changes single values past the store.
//!
//! Names of tables and columns come from the database's own description; values are bound.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Database, Decode, Row, Type};

/// A value of any column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// One connection.
pub enum Raw {
    /// To a file.
    Sqlite(sqlx::SqliteConnection),
    /// To a server.
    Postgres(sqlx::PgConnection),
}

impl Raw {
    pub(crate) async fn sqlite(file: &Path) -> Self {
        let options =
            SqliteConnectOptions::new().filename(file).busy_timeout(std::time::Duration::from_secs(10));
        Self::Sqlite(sqlx::SqliteConnection::connect_with(&options).await.expect("the file opens"))
    }

    pub(crate) async fn postgres(address: &str) -> Self {
        Self::Postgres(sqlx::PgConnection::connect(address).await.expect("the server answers"))
    }

    /// Runs a statement with bound values; how many rows it changed.
    pub async fn run(&mut self, sql: &str, values: &[Value]) -> u64 {
        self.try_run(sql, values).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs a statement that the database may refuse.
    pub async fn try_run(&mut self, sql: &str, values: &[Value]) -> Result<u64, sqlx::Error> {
        let safe = AssertSqlSafe(sql.to_owned());
        macro_rules! execute {
            ($connection:expr) => {{
                let mut query = sqlx::query(safe);
                for value in values {
                    query = match value.clone() {
                        Value::Number(number) => query.bind(number),
                        Value::Text(text) => query.bind(text),
                        Value::Bytes(bytes) => query.bind(bytes),
                    };
                }
                query.execute($connection).await?.rows_affected()
            }};
        }
        Ok(match self {
            Self::Sqlite(connection) => execute!(connection),
            Self::Postgres(connection) => execute!(connection),
        })
    }

    /// The first value of the first row; nothing if there is no row.
    pub async fn value(&mut self, sql: &str) -> Option<Value> {
        let safe = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => {
                let row = sqlx::query(safe).fetch_optional(connection).await;
                row.unwrap_or_else(|error| panic!("{sql}: {error}")).map(|row| value(&row))
            }
            Self::Postgres(connection) => {
                let row = sqlx::query(safe).fetch_optional(connection).await;
                row.unwrap_or_else(|error| panic!("{sql}: {error}")).map(|row| value(&row))
            }
        }
    }

    /// Every index as `table (column, …)`, unique ones marked, as the database describes them, sorted.
    pub async fn indexes(&mut self) -> Vec<String> {
        let mut lines: Vec<String> = match self {
            Self::Sqlite(connection) => sqlx::query_scalar(
                "SELECT m.name || ' (' || (SELECT group_concat(c.name, ', ')
                     FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) AS c) || ')'
                     || CASE i.\"unique\" WHEN 1 THEN ' unique' ELSE '' END
                     || CASE i.origin WHEN 'pk' THEN '' ELSE ' ' || i.name END
                 FROM sqlite_schema AS m, pragma_index_list(m.name) AS i
                 WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'
                 UNION
                 SELECT m.name || ' (' || p.name || ') unique'
                 FROM sqlite_schema AS m, pragma_table_info(m.name) AS p
                 WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND p.type = 'INTEGER' AND p.pk = 1
                     AND NOT EXISTS (SELECT 1 FROM pragma_index_list(m.name) AS i WHERE i.origin = 'pk')",
            )
            .fetch_all(connection)
            .await
            .expect("SQLite describes its indexes"),
            Self::Postgres(connection) => sqlx::query_scalar(
                "SELECT t.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.n)
                     FROM unnest(x.indkey) WITH ORDINALITY AS k(attnum, n)
                     JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attnum) || ')'
                     || CASE WHEN x.indisunique THEN ' unique' ELSE '' END
                     || CASE WHEN x.indisprimary THEN '' ELSE ' ' || i.relname END
                 FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS t ON t.oid = x.indrelid
                 JOIN pg_namespace AS n ON n.oid = t.relnamespace
                 WHERE n.nspname = current_schema() AND t.relname NOT LIKE '\\_sqlx%'",
            )
            .fetch_all(connection)
            .await
            .expect("PostgreSQL describes its indexes"),
        };
        lines.sort();
        lines
    }
}

fn value<R: Row>(row: &R) -> Value
where
    usize: sqlx::ColumnIndex<R>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    String: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    if let Ok(number) = row.try_get::<i64, _>(0) {
        return Value::Number(number);
    }
    match row.try_get::<String, _>(0) {
        Ok(text) => Value::Text(text),
        Err(_) => Value::Bytes(row.try_get(0).expect("a number, a text or bytes")),
    }
}
