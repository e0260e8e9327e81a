//! The exchanges that pull listings and send orders: their accounts, keys and profiles.
//!
//! ```text
//! nguon_3f9a12bc04de_89ab…64 digits     a key: what kind it is, which one, and the secret
//!       └ key id      └ secret           kept: key id, BLAKE3 of the secret, scopes, when it ends
//! ```
//!
//! - A key opens what its **scopes** say and nothing else. The secret is 32 random bytes, so a fast hash is enough: there is
//!   nothing to guess.
//! - **Rotation.** A new key holds at once, the old ones for an overlap that the operator chooses ([`Exchanges::rotate`]). `list` shows
//!   on which day each was used last, so that nobody ends a key that is still in somebody's program.
//! - **Profile** ([`nguon_market::Profile`]): which co-operatives and categories the exchange sees, in which words and prices.
//! - A removed exchange keeps its code: orders and records name it for ever.
//!
//! **Trust.** Who can write these rows can let somebody in. They cannot make a listing or change one: exchanges check what
//! co-operatives signed.

pub mod limit;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use nguon_market::{Profile, ProfileError};
use nguon_storage::{ExchangeKeyRow, ExchangeRow, Store, StoreError};
use zeroize::Zeroizing;

pub use self::limit::Allowance;
use self::limit::Limits;
use crate::clock::Clock;
use crate::keys::{KeyFileError, random_seed};

/// Keys of an exchange that hold at the same time, at most.
pub const LIVE_KEYS_MAX: usize = 4;
/// Characters of an exchange's name, at most.
pub const NAME_CHARS_MAX: usize = 120;
const PREFIX: &str = "nguon_";
const KEY_ID_BYTES: usize = 6;
/// The length of a key as it is written.
const KEY_CHARS: usize = PREFIX.len() + 2 * KEY_ID_BYTES + 1 + 64;

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Snapshots, changes and the dossier.
    Feed,
    /// Orders.
    Orders,
    /// The exchange's webhooks.
    Webhooks,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Feed, Self::Orders, Self::Webhooks];

    /// A stable word.
    pub fn key(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Orders => "orders",
            Self::Webhooks => "webhooks",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a scope is feed, orders or webhooks")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.into_iter().find(|scope| scope.key() == text).ok_or(ScopeError)
    }
}

/// A key, told once. No `Debug`: it must not get into a log by a slip.
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// The key as the exchange sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Who asks: a key that holds, of an exchange that was not removed.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The exchange's code.
    pub exchange: String,
    /// Its name.
    pub name: String,
    /// The part of its key that is no secret.
    pub key_id: String,
    /// What it may see and how.
    pub profile: Arc<Profile>,
    /// What is left of its rate.
    pub allowance: Allowance,
}

/// Why nobody was let in, in the order in which it is looked at.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefused {
    /// Not a key of ours, or one that was never given out.
    #[error("this key is unknown")]
    Unknown,
    /// It was replaced, or its exchange was removed.
    #[error("this key has ended")]
    Ended,
    /// It opens other things.
    #[error("this key does not open `{0}`")]
    Scope(Scope),
    /// Too many requests.
    #[error("too many requests")]
    TooMany(Allowance),
    /// The account could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account's profile is none.
    #[error("the profile of `{0}` cannot be read")]
    Profile(String),
}

/// Why an account could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A code has a form.
    #[error("an exchange's code is 2 to 40 small letters, digits and hyphens, and begins with a letter")]
    Code,
    /// A name has bounds.
    #[error("an exchange's name has 1 to {NAME_CHARS_MAX} characters and no control characters")]
    Name,
    /// A key opens something.
    #[error("a key has at least one scope")]
    NoScope,
    /// A code is never given twice.
    #[error("the code is taken; codes are never given twice, because orders name them for ever")]
    Taken,
    /// There is none, or it was removed.
    #[error("there is no such exchange")]
    Unknown,
    /// More would be a leak.
    #[error("{LIVE_KEYS_MAX} keys of this exchange hold already: end one first")]
    TooManyKeys,
    /// The profile is out of bounds.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] KeyFileError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An exchange as the operator sees it.
#[derive(Debug, Clone)]
pub struct ExchangeView {
    /// The row.
    pub row: ExchangeRow,
    /// Its keys, the oldest first.
    pub keys: Vec<ExchangeKeyRow>,
}

/// The accounts.
pub struct Exchanges {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl Exchanges {
    /// Accounts in a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, limits: Limits::default() }
    }

    /// Adds an exchange and gives it a key.
    pub async fn add(
        &self,
        code: &str,
        name: &str,
        profile: &Profile,
        scopes: &[Scope],
    ) -> Result<ApiKey, AccountError> {
        if !is_code(code) {
            return Err(AccountError::Code);
        }
        let row = ExchangeRow {
            exchange: code.to_owned(),
            name: checked_name(name)?,
            profile: written(profile)?,
            created_at_ms: self.clock.now_ms(),
            removed_at_ms: 0,
        };
        let (key, key_row) = self.fresh_key(code, scopes)?;
        let mut unit = self.store.unit().await?;
        if !unit.insert_exchange(&row).await? {
            return Err(AccountError::Taken);
        }
        unit.insert_exchange_key(&key_row).await?;
        unit.save().await?;
        Ok(key)
    }

    /// Gives an exchange a new key with the scopes of its newest one, and ends the others after `overlap_ms`.
    pub async fn rotate(&self, code: &str, overlap_ms: i64) -> Result<ApiKey, AccountError> {
        let view = self.standing(code).await?;
        let now_ms = self.clock.now_ms();
        let live: Vec<&ExchangeKeyRow> = view.keys.iter().filter(|key| holds(key, now_ms)).collect();
        if live.len() >= LIVE_KEYS_MAX {
            return Err(AccountError::TooManyKeys);
        }
        let newest = view.keys.last().map(|key| scopes_of(&key.scopes)).unwrap_or_default();
        let scopes = if newest.is_empty() { vec![Scope::Feed] } else { newest };
        let (key, row) = self.fresh_key(code, &scopes)?;
        let mut unit = self.store.unit().await?;
        for old in live {
            unit.end_exchange_key(&old.key_id, now_ms.saturating_add(overlap_ms.max(0))).await?;
        }
        unit.insert_exchange_key(&row).await?;
        unit.save().await?;
        Ok(key)
    }

    /// Gives an exchange one more key, for another program of its own.
    pub async fn add_key(&self, code: &str, scopes: &[Scope]) -> Result<ApiKey, AccountError> {
        let view = self.standing(code).await?;
        let now_ms = self.clock.now_ms();
        if view.keys.iter().filter(|key| holds(key, now_ms)).count() >= LIVE_KEYS_MAX {
            return Err(AccountError::TooManyKeys);
        }
        let (key, row) = self.fresh_key(code, scopes)?;
        let mut unit = self.store.unit().await?;
        unit.insert_exchange_key(&row).await?;
        unit.save().await?;
        Ok(key)
    }

    /// Ends one key now; answers whether it held.
    pub async fn end_key(&self, key_id: &str) -> Result<bool, AccountError> {
        let mut unit = self.store.unit().await?;
        let ended = unit.end_exchange_key(key_id, self.clock.now_ms()).await?;
        unit.save().await?;
        Ok(ended)
    }

    /// Removes an exchange: all its keys end now.
    pub async fn remove(&self, code: &str) -> Result<(), AccountError> {
        let mut unit = self.store.unit().await?;
        if !unit.remove_exchange(code, self.clock.now_ms()).await? {
            return Err(AccountError::Unknown);
        }
        unit.save().await?;
        Ok(())
    }

    /// Gives an exchange another profile, and another name if one is given.
    pub async fn set_profile(
        &self,
        code: &str,
        name: Option<&str>,
        profile: &Profile,
    ) -> Result<(), AccountError> {
        let view = self.standing(code).await?;
        let name = checked_name(name.unwrap_or(&view.row.name))?;
        let mut unit = self.store.unit().await?;
        if !unit.set_exchange(code, &name, &written(profile)?).await? {
            return Err(AccountError::Unknown);
        }
        unit.save().await?;
        Ok(())
    }

    /// One exchange with its keys, also a removed one.
    pub async fn one(&self, code: &str) -> Result<Option<ExchangeView>, StoreError> {
        let mut reader = self.store.reader().await?;
        let Some(row) = reader.exchange(code).await? else { return Ok(None) };
        let keys = reader.exchange_keys(code).await?;
        Ok(Some(ExchangeView { row, keys }))
    }

    /// All exchanges, also removed ones.
    pub async fn list(&self) -> Result<Vec<ExchangeView>, StoreError> {
        let mut reader = self.store.reader().await?;
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let rows = reader.exchanges(&after, 200).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            after.clone_from(&last.exchange);
            for row in rows {
                let keys = reader.exchange_keys(&row.exchange).await?;
                found.push(ExchangeView { row, keys });
            }
        }
    }

    /// Who holds this key, if it opens this scope and its rate is not used up. Counts the request.
    pub async fn authenticate(&self, key: &str, scope: Scope) -> Result<Caller, KeyRefused> {
        let (key_id, hash) = taken_apart(key).ok_or(KeyRefused::Unknown)?;
        let now_ms = self.clock.now_ms();
        let mut reader = self.store.reader().await?;
        let row = reader.exchange_key(key_id).await?.ok_or(KeyRefused::Unknown)?;
        // Compared as hashes, so that the time it takes says nothing.
        if blake3::Hash::from_slice(&row.hash).ok() != Some(hash) {
            return Err(KeyRefused::Unknown);
        }
        let account = reader.exchange(&row.exchange).await?.ok_or(KeyRefused::Unknown)?;
        drop(reader);
        if !holds(&row, now_ms) || account.removed_at_ms != 0 {
            return Err(KeyRefused::Ended);
        }
        if !scopes_of(&row.scopes).contains(&scope) {
            return Err(KeyRefused::Scope(scope));
        }
        let profile: Profile = serde_json::from_str(&account.profile)
            .map_err(|_| KeyRefused::Profile(account.exchange.clone()))?;
        let rates = profile.requests_per_minute;
        let quota = match scope {
            Scope::Feed => rates.feed,
            Scope::Orders => rates.orders,
            Scope::Webhooks => rates.webhooks,
        };
        let allowance =
            self.limits.take(&account.exchange, scope, quota, now_ms).map_err(KeyRefused::TooMany)?;
        self.note(&row, now_ms).await?;
        Ok(Caller {
            exchange: account.exchange,
            name: account.name,
            key_id: row.key_id,
            profile: Arc::new(profile),
            allowance,
        })
    }

    /// Notes that a key was used today: one write a key and day.
    async fn note(&self, row: &ExchangeKeyRow, now_ms: i64) -> Result<(), StoreError> {
        let at = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let today = jiff::tz::offset(7).to_datetime(at).date().to_string();
        if row.last_day >= today {
            return Ok(());
        }
        let mut unit = self.store.unit().await?;
        unit.note_exchange_key(&row.key_id, &today).await?;
        unit.save().await
    }

    async fn standing(&self, code: &str) -> Result<ExchangeView, AccountError> {
        let view = self.one(code).await?.ok_or(AccountError::Unknown)?;
        if view.row.removed_at_ms != 0 { Err(AccountError::Unknown) } else { Ok(view) }
    }

    fn fresh_key(&self, code: &str, scopes: &[Scope]) -> Result<(ApiKey, ExchangeKeyRow), AccountError> {
        let mut scopes = scopes.to_vec();
        scopes.sort();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(AccountError::NoScope);
        }
        let secret = random_seed()?;
        let key_id = hex::encode(&random_seed()?[..KEY_ID_BYTES]);
        let words: Vec<&str> = scopes.iter().map(|scope| scope.key()).collect();
        let row = ExchangeKeyRow {
            hash: hash(&secret).as_bytes().to_vec(),
            exchange: code.to_owned(),
            scopes: words.join(" "),
            created_at_ms: self.clock.now_ms(),
            expires_at_ms: 0,
            last_day: String::new(),
            key_id: key_id.clone(),
        };
        let secret = Zeroizing::new(hex::encode(*secret));
        Ok((ApiKey(Zeroizing::new(format!("{PREFIX}{key_id}_{}", *secret))), row))
    }
}

/// Whether a key opens anything at this time.
fn holds(key: &ExchangeKeyRow, now_ms: i64) -> bool {
    key.expires_at_ms == 0 || now_ms < key.expires_at_ms
}

/// The scopes of a row; words of a later version open nothing here.
fn scopes_of(words: &str) -> Vec<Scope> {
    words.split(' ').filter_map(|word| word.parse().ok()).collect()
}

fn hash(secret: &[u8; 32]) -> blake3::Hash {
    blake3::Hash::from_bytes(blake3::derive_key("nguon 2026-11 exchange api key", secret))
}

/// The key's id, and the hash of its secret.
fn taken_apart(key: &str) -> Option<(&str, blake3::Hash)> {
    if key.len() != KEY_CHARS {
        return None;
    }
    let (key_id, secret) = key.strip_prefix(PREFIX)?.split_once('_')?;
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut bytes = Zeroizing::new([0; 32]);
    if key_id.len() != 2 * KEY_ID_BYTES || !is_hex(key_id) || !is_hex(secret) {
        return None;
    }
    hex::decode_to_slice(secret, bytes.as_mut()).ok()?;
    Some((key_id, hash(&bytes)))
}

fn is_code(code: &str) -> bool {
    (2..=40).contains(&code.len())
        && code.starts_with(|first: char| first.is_ascii_lowercase())
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn checked_name(name: &str) -> Result<String, AccountError> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(AccountError::Name) }
}

fn written(profile: &Profile) -> Result<String, AccountError> {
    profile.check()?;
    Ok(serde_json::to_string(profile).expect("a profile has text keys only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_key_is_a_key() {
        let key = format!("nguon_{}_{}", "0a".repeat(6), "5f".repeat(32));
        assert_eq!(taken_apart(&key).unwrap().0, "0a".repeat(6));
        for wrong in [
            String::new(),
            key[1..].to_owned(),
            format!("{key}0"),
            key.to_uppercase(),
            key.replace("nguon_", "other_"),
            key.replace("_5", "-5"),
            key.replacen('f', "g", 1),
            format!("nguon_{}_{}", "0a".repeat(7), "5f".repeat(31)),
            "ạ".repeat(KEY_CHARS / 3),
        ] {
            assert!(taken_apart(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_code_is_fit_for_an_address_and_for_a_record() {
        for code in ["voso", "san-lam-dong", "a1"] {
            assert!(is_code(code), "{code}");
        }
        for code in ["", "a", "1a", "-a", "Voso", "vỏ-sò", "a_b", &"a".repeat(41), "a/b"] {
            assert!(!is_code(code), "{code}");
        }
    }
}
