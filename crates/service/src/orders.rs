//! Orders of exchanges: what is set aside, sold, sent and called off, and that nothing is sold twice.
//!
//! ```text
//! POST an order ─▶ plan (nguon_market::allocate) ─▶ one transaction: order, lines, lots; stock taken row by row, if there is so much
//! a step        ─▶ OrderState::step              ─▶ one transaction: state by compare-and-swap, stock given back, what is owed
//! what is owed  ─▶ a signed record ([`sales`])    ─▶ the ledger's one door; what it counts is what stock counts
//! ```
//!
//! - **Once.** An order is named by its exchange and the exchange's own reference; a request also by its `Idempotency-Key`. The same
//!   again is answered with the same, another under the same name is refused.
//! - **Never too much.** Only one statement takes stock, and it asks whether there is so much (`OrderWriter::take_stock`). A plan
//!   that came too late takes nothing and is made again.
//! - **Never from a bad lot.** Recalled, blocked, destroyed and expired lots give nothing, and nothing that holds one is confirmed or
//!   sent. What a recall reaches names the orders ([`crate::Catalogue::recall_scope`]).
//! - **No money, no people.** A total is reckoned and a transfer code printed ([`slip`]); who buys is the exchange's business.
//!
//! **Trust.** Who can write these rows can hide an order or free stock. They cannot sell on the ledger what a co-operative does not
//! have: its own records say how much there is, and [`reconcile`] names each difference.

pub mod gateway;
pub mod reconcile;
mod request;
pub mod sales;
pub mod slip;
mod steps;
pub(crate) mod stock;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use nguon_ledger::OrganisationId;
use nguon_market::{
    Invoice, InvoiceError, Payee, PriceVnd, Profile, Shelf, Short, StepRefused, Take, Wanted, allocate,
    total_price,
};
use nguon_storage::{
    AllocationRow, IdempotencyRow, OrderLineRow, OrderRow, OrderStepRow, OwedRow, PayeeRow, SaleRow,
    StockKey, StockRow, Store, StoreError,
};
use tokio::sync::{Notify, Semaphore, watch};

pub use self::gateway::Gateways;
pub use self::request::{NewLine, NewOrder};
pub use self::steps::By;
use self::stock::{FOR_SALE, LISTING, OfferDetail, free, is_for_sale, tell};
use crate::clock::Clock;
use crate::keys::random_seed;
use crate::project::Directory;
use crate::rows;

/// Lines of one order, at most.
pub const LINES_MAX: usize = 50;
/// Characters of an exchange's own name of an order.
pub const REFERENCE_MAX: usize = 80;
/// Characters of an `Idempotency-Key`.
pub const KEY_MAX: usize = 255;
/// Goods are set aside for so long, unless the exchange asks for less or more.
pub const HOLD_MS: i64 = 15 * 60_000;
/// And no longer than this.
pub const HOLD_MS_MAX: i64 = 24 * 3_600_000;
/// An `Idempotency-Key` is remembered for so long.
pub const KEY_KEPT_MS: i64 = 48 * 3_600_000;
/// A plan that came too late is made again so many times.
const ATTEMPTS: u32 = 40;
/// Order transactions at once: the writer of records needs connections, too.
const AT_ONCE: usize = 4;
/// How long an order waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why an order or a step of it was refused, in the order in which it is looked at.
#[derive(Debug, thiserror::Error)]
pub enum OrderRefused {
    /// Something in the request cannot be: `what` is a stable word.
    #[error("{what}: {why}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// What it may be.
        why: &'static str,
    },
    /// The key stood for another request.
    #[error("this Idempotency-Key stood for another request")]
    KeyReused,
    /// The exchange has an order of this name with other contents.
    #[error("the order {0} exists with other contents")]
    OtherContents(String),
    /// No such order, or none of theirs.
    #[error("there is no such order")]
    Unknown,
    /// No such listing, or one that this exchange does not see.
    #[error("line {line}: there is no such listing")]
    ListingUnknown {
        /// From zero.
        line: usize,
    },
    /// Two sellers.
    #[error("line {line}: another seller than the first line's; make one order a seller")]
    OtherSeller {
        /// From zero.
        line: usize,
    },
    /// The listing is not for sale.
    #[error("line {line}: not for sale ({reason})")]
    NotForSale {
        /// From zero.
        line: usize,
        /// A stable word.
        reason: String,
    },
    /// The quantity is in another unit.
    #[error("line {line}: sold by the {unit}")]
    Unit {
        /// From zero.
        line: usize,
        /// What it is sold by.
        unit: String,
    },
    /// Less than the seller sells at once.
    #[error("line {line}: at least {least}")]
    BelowMinimum {
        /// From zero.
        line: usize,
        /// In base units.
        least: u64,
    },
    /// The price is another one now.
    #[error("line {line}: the price is {price_vnd} now")]
    PriceChanged {
        /// From zero.
        line: usize,
        /// Đồng.
        price_vnd: u64,
    },
    /// The line costs nothing, or more than anybody means.
    #[error("line {line}: its total is no price")]
    Total {
        /// From zero.
        line: usize,
    },
    /// Not so much is left.
    #[error("line {}: {} is left", .0.line, .0.free)]
    Short(Short),
    /// The step does not follow.
    #[error(transparent)]
    Step(#[from] StepRefused),
    /// Lots of it may not be sold any more.
    #[error("lots of this order may not be sold: {}", .0.join(", "))]
    LotNotForSale(Vec<String>),
    /// Not an invoice.
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
    /// The order is not sold, so it has no invoice.
    #[error("the order is not sold")]
    NotSold,
    /// The record is not this order's sale.
    #[error("the record does not say what was sold: {0}")]
    OtherRecord(&'static str),
    /// Too many at once.
    #[error("too many orders at once")]
    Busy,
    /// What the tables say cannot be.
    #[error("the stock of {0} does not hold what its orders took")]
    Inconsistent(String),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] crate::keys::KeyFileError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An order with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// The order.
    pub order: OrderRow,
    /// Its lines.
    pub lines: Vec<OrderLineRow>,
    /// Which lots fill them.
    pub lots: Vec<AllocationRow>,
    /// What was done with it.
    pub steps: Vec<OrderStepRow>,
    /// What the ledger was told of it.
    pub sales: Vec<SaleRow>,
}

/// What an order came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The order as it stands.
    pub view: OrderView,
    /// Whether it was there already.
    pub again: bool,
}

/// Takes orders.
pub struct Orders {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) directory: Directory,
    /// How long the log is.
    pub(crate) logged: watch::Receiver<u64>,
    turns: Arc<Semaphore>,
    /// The ledger has to be told something.
    pub(crate) owing: Arc<Notify>,
    /// Somebody has to be told something.
    pub(crate) news: Arc<Notify>,
}

/// What one attempt came to.
enum Tried {
    Taken(String),
    /// Another request with this name was first.
    There,
    /// Somebody took it meanwhile: plan again.
    TooLate,
}

impl Orders {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        directory: Directory,
        logged: watch::Receiver<u64>,
        news: Arc<Notify>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Self { store, clock, directory, logged, turns, owing: Arc::new(Notify::new()), news }
    }

    /// Orders in a store, for the desk: without a running ledger, which nobody is told of then.
    pub fn desk(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let nobody = crate::project::Known::new(nguon_ledger::LedgerId::from_bytes([0; 32]));
        let (_, logged) = watch::channel(0);
        Self::new(store, clock, Arc::new(RwLock::new(nobody)), logged, Arc::new(Notify::new()))
    }

    /// How long the log is. (A guard of the channel must not be held over an await.)
    fn log_size(&self) -> i64 {
        rows::signed(*self.logged.borrow())
    }

    async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit, OrderRefused> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(OrderRefused::Busy)
    }

    /// Sets goods aside, or sells them at once if the order says so.
    ///
    /// To be called in a task of its own: whoever asks may be gone before the transaction is over.
    pub async fn reserve(&self, asked: &NewOrder, profile: &Profile) -> Result<Answered, OrderRefused> {
        asked.check()?;
        let fingerprint = asked.fingerprint();
        let _turn = self.turn().await?;
        let mut swept = false;
        for attempt in 0..ATTEMPTS {
            if let Some(found) = self.existing(asked, &fingerprint).await? {
                return Ok(found);
            }
            match self.try_reserve(asked, &fingerprint, profile).await {
                Ok(Tried::Taken(order_id)) => {
                    self.owing.notify_one();
                    self.news.notify_one();
                    return Ok(Answered { view: self.view_of(&order_id).await?, again: false });
                }
                Ok(Tried::There) => {}
                Ok(Tried::TooLate) => self.breathe(attempt).await,
                Err(OrderRefused::Store(error)) if is_collision(&error) => self.breathe(attempt).await,
                // What is set aside for longer than it was asked for is anybody's.
                Err(OrderRefused::Short(_)) if !swept => {
                    swept = true;
                    self.sweep_now().await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(OrderRefused::Busy)
    }

    /// A moment for those who were faster, longer each time, and not the same for all.
    async fn breathe(&self, attempt: u32) {
        let spread = u64::from(random_seed().map_or(0, |seed| seed[0]));
        tokio::time::sleep(Duration::from_micros(u64::from(attempt) * (500 + 20 * spread))).await;
    }

    /// The order that this request made before.
    async fn existing(&self, asked: &NewOrder, fingerprint: &[u8]) -> Result<Option<Answered>, OrderRefused> {
        let mut reader = self.store.reader().await?;
        if let Some(key) = &asked.idempotency_key
            && let Some(known) = reader.idempotency(&asked.exchange, key).await?
        {
            let order = reader.order(&known.order_id).await?;
            let same = order.is_some_and(|order| order.reference == asked.reference);
            if known.fingerprint != fingerprint || !same {
                return Err(OrderRefused::KeyReused);
            }
        }
        let Some(order) = reader.order_by_reference(&asked.exchange, &asked.reference).await? else {
            return Ok(None);
        };
        drop(reader);
        if order.fingerprint != fingerprint {
            return Err(OrderRefused::OtherContents(order.order_id));
        }
        Ok(Some(Answered { view: self.view_of(&order.order_id).await?, again: true }))
    }

    /// The listings of an order and the lots behind them, as they stand: listings by URI, then all lots.
    async fn shelves(
        &self,
        asked: &NewOrder,
    ) -> Result<(BTreeMap<String, StockRow>, Vec<StockRow>), OrderRefused> {
        let uris: BTreeSet<&str> = asked.lines.iter().map(|line| line.listing.as_str()).collect();
        let uris: Vec<&str> = uris.into_iter().collect();
        let mut reader = self.store.reader().await?;
        let rows = reader.stock(&uris).await?;
        let listings: BTreeMap<String, StockRow> =
            rows.into_iter().filter(|row| row.kind == LISTING).map(|row| (row.uri.clone(), row)).collect();
        let lots: BTreeSet<String> = listings.values().flat_map(|row| OfferDetail::of(row).lots).collect();
        let lots: Vec<&str> = lots.iter().map(String::as_str).collect();
        let lots = reader.stock(&lots).await?;
        Ok((listings, lots.into_iter().filter(|row| row.kind == stock::LOT).collect()))
    }

    async fn try_reserve(
        &self,
        asked: &NewOrder,
        fingerprint: &[u8],
        profile: &Profile,
    ) -> Result<Tried, OrderRefused> {
        let now_ms = self.clock.now_ms();
        let (listings, lots) = self.shelves(asked).await?;
        let planned = plan(asked, profile, &listings, &lots, now_ms)?;
        let order_id = hex::encode(&random_seed()?[..16]);
        let state = if asked.confirm { "confirmed" } else { "reserved" };
        let steps: &[&str] = if asked.confirm { &["reserve", "confirm"] } else { &["reserve"] };
        let order = OrderRow {
            order_id: order_id.clone(),
            exchange_id: asked.exchange.clone(),
            reference: asked.reference.clone(),
            organisation_id: planned.organisation_id.clone(),
            fingerprint: fingerprint.to_vec(),
            state: state.to_owned(),
            reason: String::new(),
            until_ms: now_ms.saturating_add(asked.hold_ms.unwrap_or(HOLD_MS)),
            created_ms: now_ms,
            total_dong: planned.total_dong,
            version: if asked.confirm { 1 } else { 0 },
            invoice: String::new(),
        };
        let mut lines = planned.lines;
        lines.iter_mut().for_each(|line| line.order_id.clone_from(&order_id));
        let mut allocations = planned.allocations;
        allocations.iter_mut().for_each(|one| one.order_id.clone_from(&order_id));

        let mut unit = self.store.unit().await?;
        if !unit.insert_order(&order, &lines, &allocations).await? {
            return Ok(Tried::There);
        }
        for (key, amount) in &planned.takes {
            if !unit.take_stock(key, rows::signed(*amount), now_ms).await? {
                return Ok(Tried::TooLate);
            }
        }
        for (version, step) in (0..).zip(steps) {
            let row = OrderStepRow {
                order_id: order_id.clone(),
                version,
                step: (*step).to_owned(),
                done_by: "exchange".to_owned(),
                at_ms: now_ms,
            };
            unit.insert_order_step(&row).await?;
        }
        if asked.confirm {
            unit.owe(&owed(&order, "sale", now_ms)).await?;
        }
        if let Some(key) = &asked.idempotency_key {
            let row = IdempotencyRow {
                exchange_id: asked.exchange.clone(),
                key: key.clone(),
                fingerprint: fingerprint.to_vec(),
                order_id: order_id.clone(),
                at_ms: now_ms,
            };
            if !unit.insert_idempotency(&row).await? {
                return Ok(Tried::There);
            }
        }
        let touched = touched(&mut *unit, &lines, &allocations).await?;
        tell(&mut *unit, &touched, self.log_size(), now_ms).await?;
        unit.save().await?;
        Ok(Tried::Taken(order_id))
    }

    /// An order with all that belongs to it; nothing if there is none.
    pub async fn view(&self, order_id: &str) -> Result<Option<OrderView>, StoreError> {
        let mut reader = self.store.reader().await?;
        let Some(order) = reader.order(order_id).await? else { return Ok(None) };
        Ok(Some(OrderView {
            lines: reader.order_lines(order_id).await?,
            lots: reader.order_allocations(order_id).await?,
            steps: reader.order_steps(order_id).await?,
            sales: reader.sales_of_order(order_id).await?,
            order,
        }))
    }

    /// An order, for whom it concerns.
    pub async fn seen_by(&self, by: &By, order_id: &str) -> Result<OrderView, OrderRefused> {
        let view = self.view_of(order_id).await?;
        by.check(&view.order)?;
        Ok(view)
    }

    async fn view_of(&self, order_id: &str) -> Result<OrderView, OrderRefused> {
        self.view(order_id).await?.ok_or(OrderRefused::Unknown)
    }

    /// Orders of a seller before one (time, id), the newest first: for the co-operative's desk.
    pub async fn of_organisation(
        &self,
        organisation: OrganisationId,
        before: Option<(i64, String)>,
        limit: i64,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let (time, id) = before.unwrap_or((i64::MAX, String::new()));
        let mut reader = self.store.reader().await?;
        reader.orders_of_seller(organisation.as_bytes(), (time, &id), limit).await
    }

    /// Orders of an exchange before one (time, id), the newest first.
    pub async fn of_exchange(
        &self,
        exchange: &str,
        before: Option<(i64, String)>,
        limit: i64,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let (time, id) = before.unwrap_or((i64::MAX, String::new()));
        self.store.reader().await?.orders_of_exchange(exchange, (time, &id), limit).await
    }

    /// Says where an organisation is paid.
    pub async fn set_payee(&self, organisation: OrganisationId, payee: &Payee) -> Result<(), StoreError> {
        let mut unit = self.store.unit().await?;
        let row = PayeeRow {
            organisation_id: organisation.as_bytes().to_vec(),
            bank: payee.bank().to_owned(),
            account: payee.account().to_owned(),
        };
        unit.put_payee(&row).await?;
        unit.save().await
    }

    /// Says where the invoice of a sold order is found.
    pub async fn set_invoice(
        &self,
        by: &By,
        order_id: &str,
        invoice: &Invoice,
    ) -> Result<OrderView, OrderRefused> {
        invoice.check()?;
        let view = self.view_of(order_id).await?;
        by.check(&view.order)?;
        if !steps::state_of(&view.order).is_some_and(nguon_market::OrderState::is_sold) {
            return Err(OrderRefused::NotSold);
        }
        let text = serde_json::to_string(invoice).expect("an invoice is JSON");
        let mut unit = self.store.unit().await?;
        unit.set_invoice(order_id, &text).await?;
        unit.save().await?;
        self.view_of(order_id).await
    }
}

/// What the ledger is owed about an order.
fn owed(order: &OrderRow, kind: &str, due_ms: i64) -> OwedRow {
    OwedRow {
        order_id: order.order_id.clone(),
        kind: kind.to_owned(),
        organisation_id: order.organisation_id.clone(),
        due_ms,
    }
}

/// Listings about which there may be news: those of the order, and those on lots that are empty or were.
async fn touched(
    unit: &mut dyn nguon_storage::Unit,
    lines: &[OrderLineRow],
    allocations: &[AllocationRow],
) -> Result<BTreeSet<String>, StoreError> {
    let mut touched: BTreeSet<String> = lines.iter().map(|line| line.listing_uri.clone()).collect();
    let mut moved: BTreeMap<&str, i64> = BTreeMap::new();
    for one in allocations {
        *moved.entry(&one.lot_uri).or_default() += one.amount;
    }
    let uris: Vec<&str> = moved.keys().copied().collect();
    for row in unit.stock_now(&uris).await? {
        let left = row.supply.saturating_sub(row.taken);
        // Between nothing and what was moved: before or after it, the shelf was empty.
        if left <= moved.get(row.uri.as_str()).copied().unwrap_or(0) {
            touched.extend(unit.listings_on(&row.uri).await?);
        }
    }
    Ok(touched)
}

/// Whether the database chose somebody else: a deadlock (40P01) or a serialization failure (40001), which PostgreSQL answers
/// to one of two that wait for each other.
fn is_collision(error: &StoreError) -> bool {
    let StoreError::Database(error) = error else { return false };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "40P01" || code == "40001")
}

/// An order that could be taken.
struct Planned {
    organisation_id: Vec<u8>,
    lines: Vec<OrderLineRow>,
    allocations: Vec<AllocationRow>,
    /// In the order in which everybody takes.
    takes: BTreeMap<StockKey, u64>,
    total_dong: i64,
}

fn plan(
    asked: &NewOrder,
    profile: &Profile,
    listings: &BTreeMap<String, StockRow>,
    lots: &[StockRow],
    now_ms: i64,
) -> Result<Planned, OrderRefused> {
    let mut organisation_id: Option<Vec<u8>> = None;
    let mut wanted = Vec::with_capacity(asked.lines.len());
    let mut offers = Vec::with_capacity(asked.lines.len());
    for (line, new) in asked.lines.iter().enumerate() {
        let listing = listings.get(&new.listing).ok_or(OrderRefused::ListingUnknown { line })?;
        let detail = OfferDetail::of(listing);
        let seller: nguon_market::Digest = hex::encode(&listing.organisation_id)
            .parse()
            .map_err(|_| OrderRefused::ListingUnknown { line })?;
        if !profile.admits(&seller, &detail.category) {
            return Err(OrderRefused::ListingUnknown { line });
        }
        let first = organisation_id.get_or_insert_with(|| listing.organisation_id.clone());
        if *first != listing.organisation_id {
            return Err(OrderRefused::OtherSeller { line });
        }
        if !is_for_sale(listing, now_ms) {
            let reason = if listing.standing == FOR_SALE { "expired" } else { &listing.standing };
            return Err(OrderRefused::NotForSale { line, reason: reason.to_owned() });
        }
        let by_the = || OrderRefused::Unit { line, unit: listing.unit.clone() };
        let (amount, unit) = new.quantity.in_base_units().ok_or_else(by_the)?;
        if request::unit_word(unit) != listing.unit || detail.price_unit != listing.unit {
            return Err(by_the());
        }
        if amount < detail.min_order {
            return Err(OrderRefused::BelowMinimum { line, least: detail.min_order });
        }
        let price_vnd = rows::unsigned(listing.price_dong);
        if new.price_vnd.is_some_and(|expected| expected != price_vnd) {
            return Err(OrderRefused::PriceChanged { line, price_vnd });
        }
        let sellable = |lot: &&StockRow| {
            lot.organisation_id == listing.organisation_id
                && lot.unit == listing.unit
                && is_for_sale(lot, now_ms)
                && detail.lots.contains(&lot.uri)
        };
        wanted.push(Wanted {
            listing: listing.uri.clone(),
            lots: lots.iter().filter(sellable).map(|lot| lot.uri.clone()).collect(),
            amount,
            at_least: if asked.partial { detail.min_order.max(1) } else { amount },
        });
        offers.push((listing, detail, amount));
    }
    let organisation_id = organisation_id.unwrap_or_default();
    let seller = organisation_id.clone();
    let shelf = |row: &StockRow| Shelf { uri: row.uri.clone(), free: free(row), until_ms: row.until_ms };
    let mine = lots.iter().filter(|lot| lot.organisation_id == seller);
    let shelves: Vec<Shelf> = mine.clone().map(shelf).chain(listings.values().map(shelf)).collect();
    let filled: Vec<Vec<Take>> = allocate(&wanted, &shelves).map_err(OrderRefused::Short)?;

    let mut planned = Planned {
        organisation_id,
        lines: Vec::new(),
        allocations: Vec::new(),
        takes: BTreeMap::new(),
        total_dong: 0,
    };
    let keys: BTreeMap<&str, StockKey> =
        mine.chain(listings.values()).map(|row| (row.uri.as_str(), stock::key(row))).collect();
    for (line, (takes, (listing, detail, wanted))) in filled.into_iter().zip(offers).enumerate() {
        let amount: u64 = takes.iter().map(|take| take.amount).sum();
        let price = PriceVnd::try_from(rows::unsigned(listing.price_dong));
        let total = price
            .and_then(|price| total_price(price, rows::unsigned(listing.price_per), amount))
            .map_err(|_| OrderRefused::Total { line })?;
        let number = i64::try_from(line).unwrap_or(i64::MAX);
        let mut take = |uri: &str, amount: u64| {
            if let Some(key) = keys.get(uri) {
                *planned.takes.entry(key.clone()).or_default() += amount;
            }
        };
        take(&listing.uri, amount);
        for one in &takes {
            take(&one.lot, one.amount);
        }
        planned.allocations.extend(takes.into_iter().map(|take| AllocationRow {
            order_id: String::new(),
            line: number,
            lot_uri: take.lot,
            amount: rows::signed(take.amount),
        }));
        planned.lines.push(OrderLineRow {
            order_id: String::new(),
            line: number,
            listing_uri: listing.uri.clone(),
            listing_epoch: listing.epoch.clone(),
            product_uri: detail.product,
            title: detail.title,
            unit: listing.unit.clone(),
            wanted: rows::signed(wanted),
            amount: rows::signed(amount),
            price_dong: listing.price_dong,
            price_per: listing.price_per,
            total_dong: rows::signed(total.dong()),
        });
        planned.total_dong = planned.total_dong.saturating_add(rows::signed(total.dong()));
    }
    Ok(planned)
}
