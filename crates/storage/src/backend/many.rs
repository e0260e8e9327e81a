//! Many rows or keys in few statements. A statement a row would cost a thread hand-over (SQLite) or a round trip
//! (PostgreSQL) each.

use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database};

use super::driver::{Db, DbConnection, DbRow};
use crate::port::StoreError;

type DbQuery<'q> = Query<'q, Db, <Db as Database>::Arguments>;

/// Rows or keys of one statement. Powers of four, so that only five statements a table are ever prepared.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];
/// Values of one statement, at most. SQLite finds a `$1` by going through the names of all before it, so that binding costs
/// the square of their number.
const VALUES: usize = 512;

/// `INSERT … VALUES ($1,$2),($3,$4)… suffix`. Only constants of this file enter the text.
fn insert(prefix: &'static str, columns: usize, rows: usize, suffix: &'static str) -> AssertSqlSafe<String> {
    let mut sql = String::with_capacity(prefix.len() + suffix.len() + rows * columns * 6);
    sql.push_str(prefix);
    for row in 0..rows {
        sql.push_str(if row == 0 { " (" } else { ",(" });
        for column in 0..columns {
            if column > 0 {
                sql.push(',');
            }
            sql.push('$');
            sql.push_str(&(row * columns + column + 1).to_string());
        }
        sql.push(')');
    }
    sql.push_str(suffix);
    AssertSqlSafe(sql)
}

/// Writes rows.
pub(super) async fn insert_many<T>(
    connection: &mut DbConnection,
    (prefix, columns, suffix): (&'static str, usize, &'static str),
    mut rows: &[T],
    bind: impl for<'q> Fn(DbQuery<'q>, &T) -> DbQuery<'q>,
) -> Result<(), StoreError> {
    while !rows.is_empty() {
        let take =
            CHUNKS.into_iter().find(|size| *size <= rows.len() && size * columns <= VALUES).unwrap_or(1);
        let (now, later) = rows.split_at(take);
        let mut query = sqlx::query(insert(prefix, columns, take, suffix));
        for row in now {
            query = bind(query, row);
        }
        query.execute(&mut *connection).await?;
        rows = later;
    }
    Ok(())
}

/// `prefix ($1,$2,…) suffix`. Only constants of `repository.rs` enter the text.
fn one_of(prefix: &'static str, keys: usize, suffix: &'static str) -> AssertSqlSafe<String> {
    let mut sql = String::with_capacity(prefix.len() + suffix.len() + keys * 5);
    sql.push_str(prefix);
    for key in 0..keys {
        sql.push_str(if key == 0 { " ($" } else { ",$" });
        sql.push_str(&(key + 1).to_string());
    }
    sql.push(')');
    sql.push_str(suffix);
    AssertSqlSafe(sql)
}

/// Reads the rows of these keys. A key that is named twice may give its rows twice.
pub(super) async fn select_many<K, T>(
    connection: &mut DbConnection,
    (prefix, suffix): (&'static str, &'static str),
    mut keys: &[K],
    bind: impl for<'q> Fn(DbQuery<'q>, &K) -> DbQuery<'q>,
    read: fn(&DbRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    while !keys.is_empty() {
        let take = CHUNKS.into_iter().find(|size| *size <= keys.len()).unwrap_or(1);
        let (now, later) = keys.split_at(take);
        let mut query = sqlx::query(one_of(prefix, take, suffix));
        for key in now {
            query = bind(query, key);
        }
        for row in &query.fetch_all(&mut *connection).await? {
            found.push(read(row)?);
        }
        keys = later;
    }
    Ok(found)
}
