//! A label that was scanned strangely was looked into by who made its lot.
//!
//! ```text
//! scans ─▶ signs ─▶ settled (who, when, why; kept and shown) ─▶ later scans ─▶ signs anew
//! ```
//!
//! **Trust.** The maker settles signs against its own labels, and could settle too soon. So what stood against the label, the day and
//! the maker's words are on its page from then on, and the same thing happening again is a sign again. Nothing else ends one.

use std::sync::Arc;

use jiff::civil::Date;
use nguon_id::LotId;
use nguon_ledger::{PublicKey, Roles};
use nguon_storage::{ScanSettledRow, Store, StoreError};
use nguon_trace::facts::vietnam_day;
use nguon_trace::scans::{self, ScanDay, Sign};

use super::{Seen, seen, sold_on};
use crate::Service;
use crate::reports::one_line;

/// Characters of a reason, at most.
pub const SETTLE_REASON_MAX: usize = 300;
/// How often a label was looked into, as far as it is shown: the newest times.
const SHOWN: i64 = 5;

/// What came of looking into a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The day in Vietnam.
    pub day: Date,
    /// What stood against the label until then.
    pub signs: Vec<Sign>,
    /// The maker's words.
    pub reason: String,
}

/// Why a label is not settled, in the order in which it is looked at.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Nothing, or hardly anything, is said of what came of it.
    #[error("say in a sentence what came of looking into it")]
    Unsaid,
    /// The reason is longer than [`SETTLE_REASON_MAX`] characters.
    #[error("a reason has {SETTLE_REASON_MAX} characters at most")]
    TooLong,
    /// No record tells of the lot.
    #[error("the ledger has no such lot")]
    NoLot,
    /// The key may not speak for the lot's maker.
    #[error("the key is not one that records lots for the lot's maker")]
    NotYours,
    /// Nothing speaks against the label.
    #[error("nothing in the scans speaks against this label")]
    NothingAgainst,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Service {
    /// Keeps what came of looking into a label, by the word of a key that records lots for its maker.
    pub async fn settle_scans(
        &self,
        lot: &LotId,
        number: u32,
        reason: &str,
        key: &PublicKey,
    ) -> Result<Settled, SettleError> {
        let reason = one_line(reason);
        if reason.chars().filter(|letter| letter.is_alphanumeric()).count() < 3 {
            return Err(SettleError::Unsaid);
        }
        if reason.chars().count() > SETTLE_REASON_MAX {
            return Err(SettleError::TooLong);
        }
        let lot = self.catalogue.lot(lot).await?.ok_or(SettleError::NoLot)?;
        let maker = lot.state.maker.as_deref();
        let acting = self
            .catalogue
            .acting(key)
            .filter(|view| view.roles.contains(Roles::LOT) && maker == Some(&view.organisation.to_string()));
        let Some(acting) = acting else { return Err(SettleError::NotYours) };
        // What is under way is counted first, so that it is part of what was looked into.
        self.scans_counted().await;
        let standing = lot.state.labels.standing(number);
        let Seen { scans, signs, .. } =
            seen(&self.lookup.store, &lot.state.uri, number, sold_on(standing)).await?;
        if signs.is_empty() {
            return Err(SettleError::NothingAgainst);
        }
        let now_ms = self.now_ms();
        let day = vietnam_day(now_ms);
        let counted: Vec<(Option<&str>, u64)> =
            scans.iter().filter(|one| one.day == day).map(|one| (one.province, one.phones)).collect();
        let row = ScanSettledRow {
            lot_uri: lot.state.uri.clone(),
            number: i64::from(number),
            settled_at_ms: now_ms,
            day: day.to_string(),
            organisation_id: acting.organisation.as_bytes().to_vec(),
            author: key.as_bytes().to_vec(),
            reason: reason.clone(),
            signs: serde_json::to_string(&signs).expect("signs are words and numbers"),
            counted: serde_json::to_string(&counted).expect("words and numbers"),
        };
        let mut unit = self.lookup.store.unit().await?;
        unit.settle_scans(&row).await?;
        unit.save().await?;
        Ok(Settled { day, signs, reason })
    }
}

/// How a label was looked into, the newest first, and its scans since.
pub(super) async fn since(
    store: &Arc<dyn Store>,
    lot_uri: &str,
    number: u32,
    scans: &[ScanDay],
) -> Result<(Vec<Settled>, Vec<ScanDay>), StoreError> {
    let rows = store.reader().await?.scans_settled(lot_uri, i64::from(number), SHOWN).await?;
    let Some(newest) = rows.first() else { return Ok((Vec::new(), scans.to_vec())) };
    let counted: Vec<(Option<String>, u64)> = serde_json::from_str(&newest.counted).unwrap_or_default();
    let left = match newest.day.parse() {
        Ok(day) => scans::since(scans, day, &counted),
        Err(_) => scans.to_vec(),
    };
    let settled = rows.iter().filter_map(|row| {
        Some(Settled {
            day: row.day.parse().ok()?,
            signs: serde_json::from_str(&row.signs).ok()?,
            reason: row.reason.clone(),
        })
    });
    Ok((settled.collect(), left))
}
