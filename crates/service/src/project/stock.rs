//! What there is to sell, by the records: a row for each listing and for each lot that one draws on, written with the read
//! models in one transaction.
//!
//! ```text
//! supply of a lot = came in − went out + what the counted sales of orders took out
//! ```
//!
//! Orders count what they took themselves (`taken`), sold or not. So a sale that reaches the log lowers what is left and is put
//! back into the supply in the same transaction, and what is free stays what it was: nothing is sold twice while a sale is on
//! its way, and a sale that the ledger's rules do not count takes nothing.
//!
//! While read models are made again this table stays as it is: [`Projector::follows_stock`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::Offset;
use nguon_market::{NewsKind, ReasonCode};
use nguon_storage::{LotOrderRow, MessageRow, Reader, StockRow, StoreError, SubjectRow, Unit};
use nguon_trace::facts::Facts;
use nguon_trace::finding::{Code, Severity};
use nguon_trace::lot::{Effect, LotState, LotStatus};
use nguon_trace::quantity::Unit as Counted;
use serde_json::json;

use super::cards::Card;
use super::lots::lot_of;
use super::{ProjectError, Projector};
use crate::orders::stock::{FOR_SALE, LISTING, LOT, OfferDetail, new_message, tell};
use crate::rows;

/// Listings that are looked at again in one go after a rebuild.
const AT_ONCE: usize = 500;

impl Projector {
    /// Whether what is taken in now is new to `stock`. A rebuild goes through the whole history again; of that nobody is told a
    /// second time, and nothing is sold by what was left last year.
    pub(super) fn follows_stock(&self) -> bool {
        rows::signed(self.size) >= self.stock_mark
    }

    /// Knows again how far stock came, and of which lots there is some.
    pub(super) async fn load_stock(&mut self) -> Result<(), ProjectError> {
        self.stocked.clear();
        let mut reader = self.target.reader().await?;
        self.stock_mark = reader.stock_mark().await?;
        self.stock_is_stale = self.stock_mark != rows::signed(self.size);
        let mut after = (Vec::new(), String::new());
        loop {
            let page = reader.list_stock((&after.0, &after.1), 1_000).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = (last.organisation_id.clone(), last.uri.clone());
            for row in page.into_iter().filter(|row| row.kind == LOT) {
                self.stocked.entry(row.uri).or_default().insert(hex::encode(row.organisation_id));
            }
        }
    }

    /// The listings whose stock is to be written with this transaction: those that changed, or all after a rebuild.
    fn listings_to_stock(&mut self, changed: BTreeSet<String>) -> Vec<String> {
        if !std::mem::take(&mut self.stock_is_stale) {
            return changed.into_iter().collect();
        }
        let known = self.listings.values().flatten().cloned();
        changed.into_iter().chain(known).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The rows of what changed, or nothing while read models are made again.
    pub(super) async fn stock_rows(
        &mut self,
        changed: BTreeSet<String>,
        mut lots: BTreeSet<String>,
    ) -> Result<Option<Stocked>, ProjectError> {
        if !self.follows_stock() {
            self.stock_is_stale = true;
            return Ok(None);
        }
        if self.stock_is_stale {
            lots.extend(self.stocked.keys().cloned());
        }
        let listings = self.listings_to_stock(changed);
        let mut rows: BTreeMap<(Vec<u8>, String), StockRow> = BTreeMap::new();
        for some in listings.chunks(AT_ONCE) {
            if some.len() > 1 {
                self.prefetch_offers(some).await?;
            }
            for listing in some {
                for row in self.stock_of(listing).await? {
                    rows.insert((row.organisation_id.clone(), row.uri.clone()), row);
                }
            }
        }
        for lot in lots {
            let Some(state) = self.lot_state(&lot).await? else { continue };
            for seller in self.stocked.get(&lot).cloned().unwrap_or_default() {
                let row = self.stock_of_lot(&state, &seller).await?;
                rows.extend(row.map(|row| ((row.organisation_id.clone(), row.uri.clone()), row)));
            }
        }
        for ((_, uri), row) in rows.iter().filter(|(_, row)| row.kind == LOT) {
            let seller = hex::encode(&row.organisation_id);
            self.stocked.entry(uri.clone()).or_default().insert(seller);
        }
        Ok(Some(Stocked { rows: rows.into_values().collect(), listings: listings.into_iter().collect() }))
    }

    /// The orders that lots of this transaction went into, where they are recalled now.
    pub(super) async fn recalled_orders(
        &self,
        changed: &[SubjectRow],
    ) -> Result<Vec<(RecalledLot, Vec<LotOrderRow>)>, ProjectError> {
        let recalled = |row: &SubjectRow| match lot_of(row)?.status {
            LotStatus::Recalled { record, .. } => Some(RecalledLot { uri: row.uri.clone(), record }),
            _ => None,
        };
        let rows = changed.iter().filter(|row| row.kind == "lot" && row.status == "recalled");
        let recalled: Vec<RecalledLot> = rows.filter_map(recalled).collect();
        if recalled.is_empty() {
            return Ok(Vec::new());
        }
        let uris: Vec<&str> = recalled.iter().map(|lot| lot.uri.as_str()).collect();
        let orders = self.target.reader().await?.orders_of_lots(&uris).await?;
        let of = |lot: RecalledLot| {
            let mine = orders.iter().filter(|order| order.lot_uri == lot.uri).cloned().collect();
            (lot, mine)
        };
        Ok(recalled.into_iter().map(of).collect())
    }

    async fn stock_of(&mut self, uri: &str) -> Result<Vec<StockRow>, ProjectError> {
        let Some(card) = self.card_of(uri).await? else { return Ok(Vec::new()) };
        let Facts::Listing(listing) = &card.facts else { return Ok(Vec::new()) };
        let Some(judged) = self.availability(uri).await? else { return Ok(Vec::new()) };
        let now = self.offer_time();
        let organisation_id = hex::decode(&card.organisation).unwrap_or_default();
        let mut rows = Vec::new();
        let mut lots = Vec::new();
        let mut ended = false;
        for lot in self.lots_behind(&card, listing).await? {
            let today = nguon_trace::facts::vietnam_day(now);
            ended |=
                self.papers_findings(&lot, today).await?.iter().any(|finding| {
                    matches!(finding.code, Code::CertificateEnded | Code::CertificateNotValid)
                });
            if let Some(row) = self.stock_of_lot(&lot, &card.organisation).await? {
                lots.push(lot.uri.clone());
                rows.push(row);
            }
        }
        let against =
            judged.reasons().iter().map(|reason| reason.code).find(|code| *code != ReasonCode::SoldOut);
        let standing = against.map_or(FOR_SALE, ReasonCode::code);
        let product = self.card_of(&listing.product).await?;
        let category = match product.as_deref() {
            Some(Card { facts: Facts::Product(product), .. }) => product.category.clone(),
            _ => String::new(),
        };
        let detail = OfferDetail {
            lots,
            product: listing.product.clone(),
            title: listing.title.vi.clone(),
            category,
            certificate_ended: ended,
            price_unit: unit_word(listing.price_per.unit).to_owned(),
            min_order: listing
                .min_order
                .filter(|least| least.unit == listing.stock.unit)
                .map_or(0, |least| least.amount),
        };
        rows.push(StockRow {
            organisation_id,
            uri: uri.to_owned(),
            kind: LISTING.to_owned(),
            unit: unit_word(listing.stock.unit).to_owned(),
            supply: rows::signed(listing.stock.amount),
            taken: 0,
            epoch: card.event_id.clone(),
            standing: standing.to_owned(),
            from_ms: listing.valid_from_ms,
            until_ms: listing.valid_until_ms,
            price_dong: rows::signed(listing.price_dong),
            price_per: rows::signed(listing.price_per.amount),
            detail: serde_json::to_string(&detail).expect("texts and numbers are JSON"),
            told: String::new(),
        });
        Ok(rows)
    }

    /// What an organisation has of a lot; nothing if nobody said how much was made.
    async fn stock_of_lot(&mut self, lot: &LotState, seller: &str) -> Result<Option<StockRow>, ProjectError> {
        let Some(balance) = lot.balance else { return Ok(None) };
        let today = nguon_trace::facts::vietnam_day(self.offer_time());
        let papers = self.papers_findings(lot, today).await?;
        let blocked = papers.iter().any(|finding| finding.severity == Severity::Blocking);
        Ok(Some(StockRow {
            organisation_id: hex::decode(seller).unwrap_or_default(),
            uri: lot.uri.clone(),
            kind: LOT.to_owned(),
            unit: unit_word(balance.unit).to_owned(),
            supply: self.supply(lot, seller, balance.unit).await?,
            taken: 0,
            epoch: String::new(),
            standing: standing_of(lot, blocked).to_owned(),
            from_ms: i64::MIN,
            until_ms: last_moment_ms(lot),
            price_dong: 0,
            price_per: 0,
            detail: String::new(),
            told: String::new(),
        }))
    }

    /// What a seller has of a lot, with the sales of orders put back.
    async fn supply(&self, lot: &LotState, seller: &str, unit: Counted) -> Result<i64, StoreError> {
        let Some(holding) = lot.holdings.get(seller) else { return Ok(0) };
        let mut supply = holding.at_hand();
        if holding.sold > 0 {
            let mut reader = self.target.reader().await?;
            let sold = sold_by_orders(&mut *reader, lot, seller, unit).await?;
            supply = supply.saturating_add(rows::signed(sold));
        }
        Ok(supply)
    }
}

/// How much of a lot the counted sales of an organisation's orders took out of it.
pub(crate) async fn sold_by_orders(
    reader: &mut dyn Reader,
    lot: &LotState,
    organisation: &str,
    unit: Counted,
) -> Result<u64, StoreError> {
    let sales = reader.sales_of_lot(&lot.uri).await?;
    let sales: BTreeSet<String> = sales.iter().map(hex::encode).collect();
    let counted = lot.stages.iter().filter(|stage| {
        stage.effect == Effect::Counts
            && stage.organisation == organisation
            && sales.contains(&stage.event_id)
    });
    let amounts = counted.filter_map(|stage| stage.quantity).filter(|quantity| quantity.unit == unit);
    Ok(amounts.fold(0, |sum: u64, quantity| sum.saturating_add(quantity.amount)))
}

/// Stock of one transaction.
pub(super) struct Stocked {
    rows: Vec<StockRow>,
    listings: BTreeSet<String>,
}

/// A lot that is recalled now, and by which record.
pub(super) struct RecalledLot {
    pub(super) uri: String,
    pub(super) record: u64,
}

/// Writes the stock, and says what is new: to everybody of listings, to each exchange of its own orders.
pub(super) async fn put(
    unit: &mut dyn Unit,
    stocked: &Stocked,
    recalled: Vec<(RecalledLot, Vec<LotOrderRow>)>,
    size: u64,
    now_ms: i64,
) -> Result<(), StoreError> {
    // What messages tell of happened by the last entry; who listens from the next one on does not hear of it.
    let index = rows::signed(size.saturating_sub(1));
    unit.put_stock(&stocked.rows).await?;
    tell(unit, &stocked.listings, index, now_ms).await?;
    let mut messages: Vec<MessageRow> = Vec::new();
    for (lot, orders) in recalled {
        for order in orders {
            if matches!(order.state.as_str(), "cancelled" | "expired") {
                continue;
            }
            let about = format!("{}\n{}\n{}", order.order_id, lot.uri, lot.record);
            let data = json!({
                "order_id": order.order_id,
                "reference": order.reference,
                "state": order.state,
                "lot": lot.uri,
                "amount": order.amount,
                "recall_record": lot.record,
            });
            messages.push(new_message(
                NewsKind::OrderRecalled,
                &order.exchange_id,
                &about,
                index,
                now_ms,
                &data,
            ));
        }
    }
    unit.insert_messages(&messages).await?;
    unit.set_stock_mark(rows::signed(size)).await
}

/// The word that tables use.
pub(crate) fn unit_word(unit: Counted) -> &'static str {
    match unit {
        Counted::Gram => "gram",
        Counted::Millilitre => "millilitre",
        Counted::Piece => "piece",
    }
}

fn standing_of(lot: &LotState, blocked_by_papers: bool) -> &'static str {
    let blocked =
        blocked_by_papers || lot.findings.iter().any(|finding| finding.severity == Severity::Blocking);
    match &lot.status {
        LotStatus::Recalled { .. } => ReasonCode::LotRecalled.code(),
        LotStatus::Destroyed => ReasonCode::LotDestroyed.code(),
        LotStatus::Registered | LotStatus::Unknown => ReasonCode::LotBlocked.code(),
        LotStatus::SoldOut | LotStatus::Active if blocked => ReasonCode::LotBlocked.code(),
        // Sold out by the records: what is left for orders is what the amounts say.
        LotStatus::SoldOut | LotStatus::Active => FOR_SALE,
    }
}

fn last_moment_ms(lot: &LotState) -> i64 {
    let midnight = |day: Date| {
        let next = day.tomorrow().ok()?.at(0, 0, 0, 0);
        Offset::constant(7).to_timestamp(next).ok()
    };
    let days = [lot.best_before, lot.use_by].into_iter().flatten();
    // A day beyond the calendar never ends.
    days.filter_map(midnight).map(|end| end.as_millisecond() - 1).min().unwrap_or(i64::MAX)
}
