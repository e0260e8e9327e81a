//! The SQL of exchanges and their keys: said once, as in `repository.rs`.

use async_trait::async_trait;
use sqlx::Row;

use super::driver::DbRow;
use super::repository::{Reading, Writing};
use crate::port::{ExchangeKeyRow, ExchangeReader, ExchangeRow, ExchangeWriter, StoreError};

fn exchange(row: &DbRow) -> Result<ExchangeRow, sqlx::Error> {
    Ok(ExchangeRow {
        exchange: row.try_get("exchange")?,
        name: row.try_get("name")?,
        profile: row.try_get("profile")?,
        created_at_ms: row.try_get("created_at_ms")?,
        removed_at_ms: row.try_get("removed_at_ms")?,
    })
}

fn key(row: &DbRow) -> Result<ExchangeKeyRow, sqlx::Error> {
    Ok(ExchangeKeyRow {
        key_id: row.try_get("key_id")?,
        exchange: row.try_get("exchange")?,
        hash: row.try_get("hash")?,
        scopes: row.try_get("scopes")?,
        created_at_ms: row.try_get("created_at_ms")?,
        expires_at_ms: row.try_get("expires_at_ms")?,
        last_day: row.try_get("last_day")?,
    })
}

#[async_trait]
impl ExchangeReader for Reading {
    async fn exchange(&mut self, code: &str) -> Result<Option<ExchangeRow>, StoreError> {
        let query = sqlx::query(
            "SELECT exchange, name, profile, created_at_ms, removed_at_ms FROM exchange WHERE exchange = $1",
        );
        self.one(query.bind(code.to_owned()), exchange).await
    }

    async fn exchanges(&mut self, after: &str, limit: i64) -> Result<Vec<ExchangeRow>, StoreError> {
        let query = sqlx::query(
            "SELECT exchange, name, profile, created_at_ms, removed_at_ms FROM exchange
             WHERE exchange > $1 ORDER BY exchange LIMIT $2",
        );
        self.many(query.bind(after.to_owned()).bind(limit), exchange).await
    }

    async fn exchange_key(&mut self, key_id: &str) -> Result<Option<ExchangeKeyRow>, StoreError> {
        let query = sqlx::query(
            "SELECT key_id, exchange, hash, scopes, created_at_ms, expires_at_ms, last_day FROM exchange_key
             WHERE key_id = $1",
        );
        self.one(query.bind(key_id.to_owned()), key).await
    }

    async fn exchange_keys(&mut self, exchange: &str) -> Result<Vec<ExchangeKeyRow>, StoreError> {
        let query = sqlx::query(
            "SELECT key_id, exchange, hash, scopes, created_at_ms, expires_at_ms, last_day FROM exchange_key
             WHERE exchange = $1 ORDER BY created_at_ms, key_id",
        );
        self.many(query.bind(exchange.to_owned()), key).await
    }
}

#[async_trait]
impl ExchangeWriter for Writing {
    async fn insert_exchange(&mut self, row: &ExchangeRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO exchange (exchange, name, profile, created_at_ms, removed_at_ms)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (exchange) DO NOTHING",
        );
        let query = query
            .bind(row.exchange.clone())
            .bind(row.name.clone())
            .bind(row.profile.clone())
            .bind(row.created_at_ms)
            .bind(row.removed_at_ms);
        Ok(self.run(query).await? == 1)
    }

    async fn set_exchange(&mut self, exchange: &str, name: &str, profile: &str) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE exchange SET name = $1, profile = $2 WHERE exchange = $3 AND removed_at_ms = 0",
        );
        let query = query.bind(name.to_owned()).bind(profile.to_owned()).bind(exchange.to_owned());
        Ok(self.run(query).await? == 1)
    }

    async fn remove_exchange(&mut self, exchange: &str, at_ms: i64) -> Result<bool, StoreError> {
        let keys = sqlx::query(
            "UPDATE exchange_key SET expires_at_ms = $1
             WHERE exchange = $2 AND (expires_at_ms = 0 OR expires_at_ms > $1)",
        );
        self.run(keys.bind(at_ms).bind(exchange.to_owned())).await?;
        let query =
            sqlx::query("UPDATE exchange SET removed_at_ms = $1 WHERE exchange = $2 AND removed_at_ms = 0");
        Ok(self.run(query.bind(at_ms).bind(exchange.to_owned())).await? == 1)
    }

    async fn insert_exchange_key(&mut self, row: &ExchangeKeyRow) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "INSERT INTO exchange_key (key_id, exchange, hash, scopes, created_at_ms, expires_at_ms, last_day)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key_id) DO NOTHING",
        );
        let query = query
            .bind(row.key_id.clone())
            .bind(row.exchange.clone())
            .bind(row.hash.clone())
            .bind(row.scopes.clone())
            .bind(row.created_at_ms)
            .bind(row.expires_at_ms)
            .bind(row.last_day.clone());
        Ok(self.run(query).await? == 1)
    }

    async fn end_exchange_key(&mut self, key_id: &str, at_ms: i64) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE exchange_key SET expires_at_ms = $1
             WHERE key_id = $2 AND (expires_at_ms = 0 OR expires_at_ms > $1)",
        );
        Ok(self.run(query.bind(at_ms).bind(key_id.to_owned())).await? == 1)
    }

    async fn note_exchange_key(&mut self, key_id: &str, day: &str) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE exchange_key SET last_day = $1 WHERE key_id = $2 AND last_day < $1");
        self.run(query.bind(day.to_owned()).bind(key_id.to_owned())).await.map(drop)
    }
}
