//! What may be sold now: `stock`, and what webhooks say when that changes.
//!
//! The projector says what there is by the records ([`crate::project`]), orders say what they took. Whoever changes either
//! calls [`tell`] in the same transaction, so that no change is without its message and no message without its change.

use std::collections::{BTreeMap, BTreeSet};

use nguon_market::{NewsKind, Offer, OfferStanding, news};
use nguon_storage::{MessageRow, StockKey, StockRow, StoreError, Unit};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::rows;

/// The `standing` of what may be sold.
pub(crate) const FOR_SALE: &str = "for_sale";
/// The `kind` of a listing's row.
pub(crate) const LISTING: &str = "listing";
/// The `kind` of a lot's row.
pub(crate) const LOT: &str = "lot";

/// What an order must know of a listing, beside its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OfferDetail {
    /// The lots it draws on, by URI.
    pub(crate) lots: Vec<String>,
    /// The product.
    pub(crate) product: String,
    /// What the seller calls it, in Vietnamese.
    pub(crate) title: String,
    /// The product's category.
    pub(crate) category: String,
    /// What the price is for, if that is another unit than the stock's.
    pub(crate) price_unit: String,
    /// Whether a certificate that a lot of it goes under has ended.
    pub(crate) certificate_ended: bool,
    /// The least that is sold at once, in base units.
    pub(crate) min_order: u64,
}

impl OfferDetail {
    /// From a row; one that cannot be read has no lots, so that nothing is sold of it.
    pub(crate) fn of(row: &StockRow) -> Self {
        serde_json::from_str(&row.detail).unwrap_or_else(|_| Self {
            lots: Vec::new(),
            product: String::new(),
            title: String::new(),
            category: String::new(),
            price_unit: String::new(),
            certificate_ended: false,
            min_order: 0,
        })
    }
}

/// The row's key.
pub(crate) fn key(row: &StockRow) -> StockKey {
    StockKey { organisation_id: row.organisation_id.clone(), uri: row.uri.clone(), epoch: row.epoch.clone() }
}

/// What nobody has taken.
pub(crate) fn free(row: &StockRow) -> u64 {
    rows::unsigned(row.supply.saturating_sub(row.taken))
}

/// Whether it may be sold at this time.
pub(crate) fn is_for_sale(row: &StockRow, now_ms: i64) -> bool {
    row.standing == FOR_SALE && (row.from_ms..=row.until_ms).contains(&now_ms)
}

/// How much of a listing somebody could buy now.
pub(crate) fn left(listing: &StockRow, lots: &BTreeMap<(&[u8], &str), &StockRow>, now_ms: i64) -> u64 {
    let detail = OfferDetail::of(listing);
    let uris: BTreeSet<&str> = detail.lots.iter().map(String::as_str).collect();
    let on_lots = uris
        .iter()
        .filter_map(|lot| lots.get(&(listing.organisation_id.as_slice(), *lot)))
        .filter(|lot| lot.unit == listing.unit && is_for_sale(lot, now_ms))
        .fold(0_u64, |sum, lot| sum.saturating_add(free(lot)));
    free(listing).min(on_lots)
}

/// Says what is new about these listings, if anything is.
pub(crate) async fn tell(
    unit: &mut dyn Unit,
    listings: &BTreeSet<String>,
    log_index: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    if listings.is_empty() {
        return Ok(());
    }
    let uris: Vec<&str> = listings.iter().map(String::as_str).collect();
    let mut listings = unit.stock_now(&uris).await?;
    listings.retain(|row| row.kind == LISTING);
    let lots: BTreeSet<String> = listings.iter().flat_map(|row| OfferDetail::of(row).lots).collect();
    let lots: Vec<&str> = lots.iter().map(String::as_str).collect();
    let lots = unit.stock_now(&lots).await?;
    let lots: BTreeMap<(&[u8], &str), &StockRow> =
        lots.iter().map(|row| ((row.organisation_id.as_slice(), row.uri.as_str()), row)).collect();
    let mut messages = Vec::new();
    for listing in &listings {
        let now = Offer {
            state: standing(listing, left(listing, &lots, now_ms)),
            price_vnd: rows::unsigned(listing.price_dong),
            price_per: rows::unsigned(listing.price_per),
            certificate_ended: OfferDetail::of(listing).certificate_ended,
        };
        let before: Option<Offer> = serde_json::from_str(&listing.told).ok();
        if before.as_ref() == Some(&now) {
            continue;
        }
        let told = serde_json::to_string(&now).expect("an offer is JSON");
        // Somebody else may just have told the same from another transaction.
        if !unit.set_told(&key(listing), &listing.told, &told).await? {
            continue;
        }
        for kind in news(before.as_ref(), &now) {
            messages.push(message(kind, listing, before.as_ref(), &now, log_index, now_ms));
        }
    }
    unit.insert_messages(&messages).await
}

fn standing(listing: &StockRow, left: u64) -> OfferStanding {
    if listing.standing == FOR_SALE {
        return if left == 0 { OfferStanding::OutOfStock } else { OfferStanding::ForSale };
    }
    let known = OfferStanding::parse(&listing.standing);
    known.unwrap_or(OfferStanding::Gone(nguon_market::ReasonCode::Withdrawn))
}

fn message(
    kind: NewsKind,
    listing: &StockRow,
    before: Option<&Offer>,
    now: &Offer,
    log_index: i64,
    now_ms: i64,
) -> MessageRow {
    let detail = OfferDetail::of(listing);
    let mut data = json!({
        "listing": listing.uri,
        "seller": hex::encode(&listing.organisation_id),
        "category": detail.category,
        "title": detail.title,
        "standing": now.state.key(),
        "price_vnd": now.price_vnd,
        "price_per": { "amount": now.price_per, "unit": listing.unit },
    });
    if kind == NewsKind::PriceChanged {
        data["price_vnd_before"] = json!(before.map(|before| before.price_vnd));
        data["price_per_before"] =
            json!({ "amount": before.map(|before| before.price_per), "unit": listing.unit });
    }
    let about = format!("{}\n{}\n{}\n{log_index}\n{now_ms}", listing.uri, listing.told, now.state.key());
    new_message(kind, "", &about, log_index, now_ms, &data)
}

/// A message in the envelope of Standard Webhooks. `about` names the change: the same change is the same message.
pub(crate) fn new_message(
    kind: NewsKind,
    exchange: &str,
    about: &str,
    log_index: i64,
    now_ms: i64,
    data: &serde_json::Value,
) -> MessageRow {
    let name = blake3::hash(format!("{}\n{exchange}\n{about}", kind.key()).as_bytes()).to_hex();
    let body = json!({ "type": kind.key(), "timestamp": rows::moment(now_ms), "data": data });
    MessageRow {
        message_id: format!("msg_{}", &name[..32]),
        kind: kind.key().to_owned(),
        exchange_id: exchange.to_owned(),
        log_index,
        made_ms: now_ms,
        body: body.to_string(),
    }
}
