//! Exchanges and their keys.

use async_trait::async_trait;

use super::StoreError;

/// A marketplace that pulls listings and sends orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRow {
    /// Its code: small letters, digits, hyphens.
    pub exchange: String,
    /// Its name.
    pub name: String,
    /// What it may see and how, JSON.
    pub profile: String,
    /// When it was added.
    pub created_at_ms: i64,
    /// When it was removed; 0: it was not.
    pub removed_at_ms: i64,
}

/// A key of an exchange. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeKeyRow {
    /// The part of the key that is no secret.
    pub key_id: String,
    /// Whose it is.
    pub exchange: String,
    /// Hash of the part that is, 32 bytes.
    pub hash: Vec<u8>,
    /// Words with a space between.
    pub scopes: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// From when on it opens nothing; 0: never.
    pub expires_at_ms: i64,
    /// The day in Vietnam on which it was used last; empty: never.
    pub last_day: String,
}

/// Reads exchanges.
#[async_trait]
pub trait ExchangeReader: Send {
    /// One exchange, also a removed one.
    async fn exchange(&mut self, exchange: &str) -> Result<Option<ExchangeRow>, StoreError>;
    /// Exchanges after a code, also removed ones, in order.
    async fn exchanges(&mut self, after: &str, limit: i64) -> Result<Vec<ExchangeRow>, StoreError>;
    /// A key by the part that is no secret.
    async fn exchange_key(&mut self, key_id: &str) -> Result<Option<ExchangeKeyRow>, StoreError>;
    /// The keys of an exchange, the oldest first.
    async fn exchange_keys(&mut self, exchange: &str) -> Result<Vec<ExchangeKeyRow>, StoreError>;
}

/// Writes exchanges.
#[async_trait]
pub trait ExchangeWriter: Send {
    /// Adds an exchange; answers false if its code is taken, also by a removed one.
    async fn insert_exchange(&mut self, row: &ExchangeRow) -> Result<bool, StoreError>;
    /// Gives an exchange another name and profile; answers whether there is such a one that was not removed.
    async fn set_exchange(&mut self, exchange: &str, name: &str, profile: &str) -> Result<bool, StoreError>;
    /// Marks an exchange as removed and ends all its keys; answers whether there was such a one.
    async fn remove_exchange(&mut self, exchange: &str, at_ms: i64) -> Result<bool, StoreError>;
    /// Adds a key; answers false if its id is taken.
    async fn insert_exchange_key(&mut self, row: &ExchangeKeyRow) -> Result<bool, StoreError>;
    /// Ends a key at a time, unless it ends earlier; answers whether that changed anything.
    async fn end_exchange_key(&mut self, key_id: &str, at_ms: i64) -> Result<bool, StoreError>;
    /// Notes on which day a key was used; an earlier day changes nothing.
    async fn note_exchange_key(&mut self, key_id: &str, day: &str) -> Result<(), StoreError>;
}
