//! Orders, the stock they take, and what the ledger is told of them.

use async_trait::async_trait;

use super::StoreError;

/// What may be sold of a lot by who has it, or of a listing by who offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Who sells.
    pub organisation_id: Vec<u8>,
    /// The lot or listing.
    pub uri: String,
    /// `lot` or `listing`.
    pub kind: String,
    /// What it is counted in: a stable word.
    pub unit: String,
    /// What there is by the records, with what was sold by orders put back; below zero when more went out than came in.
    pub supply: i64,
    /// What orders hold of it.
    pub taken: i64,
    /// The listing's record; empty for a lot.
    pub epoch: String,
    /// `for_sale`, or a stable word for why not.
    pub standing: String,
    /// The first instant at which it may be sold.
    pub from_ms: i64,
    /// The last one.
    pub until_ms: i64,
    /// A listing's price, in đồng.
    pub price_dong: i64,
    /// For so many base units.
    pub price_per: i64,
    /// More of a listing, JSON.
    pub detail: String,
    /// What webhooks last said of a listing, JSON; empty: nothing yet.
    pub told: String,
}

/// Which stock, and under which offer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StockKey {
    /// Who sells.
    pub organisation_id: Vec<u8>,
    /// The lot or listing.
    pub uri: String,
    /// The listing's record; empty for a lot.
    pub epoch: String,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Our name for it, 32 hex digits.
    pub order_id: String,
    /// Which exchange it came from.
    pub exchange_id: String,
    /// What the exchange calls it.
    pub reference: String,
    /// Who sells.
    pub organisation_id: Vec<u8>,
    /// A hash of what was asked.
    pub fingerprint: Vec<u8>,
    /// A stable word for where it stands.
    pub state: String,
    /// Why it was cancelled; empty if it was not.
    pub reason: String,
    /// The last instant of its reservation.
    pub until_ms: i64,
    /// When it came.
    pub created_ms: i64,
    /// What it costs, in đồng.
    pub total_dong: i64,
    /// How many steps were taken.
    pub version: i64,
    /// Its invoice, JSON; empty until there is one.
    pub invoice: String,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLineRow {
    /// Of which order.
    pub order_id: String,
    /// Which line, from zero.
    pub line: i64,
    /// The listing.
    pub listing_uri: String,
    /// The listing's record.
    pub listing_epoch: String,
    /// The product.
    pub product_uri: String,
    /// What the listing called it.
    pub title: String,
    /// What it is counted in.
    pub unit: String,
    /// How much was asked for.
    pub wanted: i64,
    /// How much it got.
    pub amount: i64,
    /// The price, in đồng.
    pub price_dong: i64,
    /// For so many base units.
    pub price_per: i64,
    /// What the line costs, in đồng.
    pub total_dong: i64,
}

/// So much of a lot for a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllocationRow {
    /// Of which order.
    pub order_id: String,
    /// Of which line.
    pub line: i64,
    /// The lot.
    pub lot_uri: String,
    /// How much of it.
    pub amount: i64,
}

/// A step of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderStepRow {
    /// Of which order.
    pub order_id: String,
    /// The how many-th, from zero.
    pub version: i64,
    /// Which: a stable word.
    pub step: String,
    /// `exchange`, `seller` or `clock`.
    pub done_by: String,
    /// When.
    pub at_ms: i64,
}

/// An order that a lot went into: what a recall asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotOrderRow {
    /// The lot.
    pub lot_uri: String,
    /// How much of it, in all lines.
    pub amount: i64,
    /// The order.
    pub order_id: String,
    /// The exchange.
    pub exchange_id: String,
    /// What the exchange calls it.
    pub reference: String,
    /// Who sells.
    pub organisation_id: Vec<u8>,
    /// A stable word for where it stands.
    pub state: String,
    /// When it came.
    pub created_ms: i64,
}

/// Something that the ledger still has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedRow {
    /// About which order.
    pub order_id: String,
    /// `sale` or `take_back`.
    pub kind: String,
    /// By whom.
    pub organisation_id: Vec<u8>,
    /// Not before this time.
    pub due_ms: i64,
}

/// A record about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleRow {
    /// The record's event id.
    pub event_id: Vec<u8>,
    /// About which order.
    pub order_id: String,
    /// `sale` or `take_back`.
    pub kind: String,
    /// `signed`, `logged` or `refused`.
    pub state: String,
    /// Its entry; -1 until it is logged.
    pub log_index: i64,
    /// Why it was refused; empty if it was not.
    pub refusal: String,
    /// When it was signed.
    pub signed_ms: i64,
    /// The exact signed bytes.
    pub bytes: Vec<u8>,
    /// Its openings, encoded.
    pub openings: Vec<u8>,
}

/// What a key of a request stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// Whose key.
    pub exchange_id: String,
    /// The key.
    pub key: String,
    /// A hash of the request.
    pub fingerprint: Vec<u8>,
    /// The order that it was about.
    pub order_id: String,
    /// When.
    pub at_ms: i64,
}

/// What orders took of a lot, for the reconciliation with the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldRow {
    /// Who sells.
    pub organisation_id: Vec<u8>,
    /// The lot.
    pub lot_uri: String,
    /// Of all orders that hold stock.
    pub held: i64,
    /// Of those that are sold.
    pub sold: i64,
}

/// Where an organisation is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayeeRow {
    /// Who.
    pub organisation_id: Vec<u8>,
    /// The bank's BIN.
    pub bank: String,
    /// The account.
    pub account: String,
}

/// Reads of [`super::Reader`] about orders.
#[async_trait]
pub trait OrderReader: Send {
    /// Stock by lot or listing, whoever sells, in any order.
    async fn stock(&mut self, uris: &[&str]) -> Result<Vec<StockRow>, StoreError>;
    /// All stock after (organisation, URI), in order.
    async fn list_stock(&mut self, after: (&[u8], &str), limit: i64) -> Result<Vec<StockRow>, StoreError>;
    /// How far stock follows the log; 0 if it never did.
    async fn stock_mark(&mut self) -> Result<i64, StoreError>;
    /// One order.
    async fn order(&mut self, order_id: &str) -> Result<Option<OrderRow>, StoreError>;
    /// The order that an exchange calls so.
    async fn order_by_reference(
        &mut self,
        exchange_id: &str,
        reference: &str,
    ) -> Result<Option<OrderRow>, StoreError>;
    /// Orders of a seller before one (time, id), the newest first.
    async fn orders_of_seller(
        &mut self,
        organisation_id: &[u8],
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<OrderRow>, StoreError>;
    /// Orders of an exchange before one (time, id), the newest first.
    async fn orders_of_exchange(
        &mut self,
        exchange_id: &str,
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<OrderRow>, StoreError>;
    /// Orders whose reservation ended before a time, the oldest first.
    async fn orders_over(&mut self, before_ms: i64, limit: i64) -> Result<Vec<OrderRow>, StoreError>;
    /// The lines of an order, in order.
    async fn order_lines(&mut self, order_id: &str) -> Result<Vec<OrderLineRow>, StoreError>;
    /// Which lots fill an order, by line and lot.
    async fn order_allocations(&mut self, order_id: &str) -> Result<Vec<AllocationRow>, StoreError>;
    /// What was done with an order, in order.
    async fn order_steps(&mut self, order_id: &str) -> Result<Vec<OrderStepRow>, StoreError>;
    /// The orders that lots went into, ended ones too, by lot and order.
    async fn orders_of_lots(&mut self, lot_uris: &[&str]) -> Result<Vec<LotOrderRow>, StoreError>;
    /// What the ledger has to be told by now, the oldest first.
    async fn owed(&mut self, now_ms: i64, limit: i64) -> Result<Vec<OwedRow>, StoreError>;
    /// How many things the ledger still has to be told.
    async fn count_owed(&mut self) -> Result<i64, StoreError>;
    /// Records of a state, the oldest first.
    async fn sales_in_state(&mut self, state: &str, limit: i64) -> Result<Vec<SaleRow>, StoreError>;
    /// The records about an order, the oldest first.
    async fn sales_of_order(&mut self, order_id: &str) -> Result<Vec<SaleRow>, StoreError>;
    /// Event ids of the sales that a lot went into.
    async fn sales_of_lot(&mut self, lot_uri: &str) -> Result<Vec<Vec<u8>>, StoreError>;
    /// What orders took of lots after (organisation, lot), in order.
    async fn list_sold(&mut self, after: (&[u8], &str), limit: i64) -> Result<Vec<SoldRow>, StoreError>;
    /// What a key of a request stood for.
    async fn idempotency(
        &mut self,
        exchange_id: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError>;
    /// Where an organisation is paid.
    async fn payee(&mut self, organisation_id: &[u8]) -> Result<Option<PayeeRow>, StoreError>;
}

/// Writes of [`super::Unit`] about orders, with what they must read on the way.
#[async_trait]
pub trait OrderWriter: Send {
    /// Says how much there is, and whether it may be sold. What is taken stays, unless the offer is another one.
    async fn put_stock(&mut self, rows: &[StockRow]) -> Result<(), StoreError>;
    /// Stock as this transaction sees it.
    async fn stock_now(&mut self, uris: &[&str]) -> Result<Vec<StockRow>, StoreError>;
    /// Takes stock if there is so much and it may be sold at that time: one statement. Answers whether it did.
    async fn take_stock(&mut self, key: &StockKey, amount: i64, now_ms: i64) -> Result<bool, StoreError>;
    /// Gives stock back; answers whether there was so much taken under that offer.
    async fn give_stock(&mut self, key: &StockKey, amount: i64) -> Result<bool, StoreError>;
    /// Whether it may be sold at that time, however much is left; the row stays as it is and waits for whoever changes it.
    async fn hold_stock(&mut self, key: &StockKey, now_ms: i64) -> Result<bool, StoreError>;
    /// Notes what webhooks say of a listing, unless somebody noted another thing since `was`.
    async fn set_told(&mut self, key: &StockKey, was: &str, told: &str) -> Result<bool, StoreError>;
    /// Listings that draw, or drew, on a lot, in order.
    async fn listings_on(&mut self, lot_uri: &str) -> Result<Vec<String>, StoreError>;
    /// Says how far stock follows the log; never back.
    async fn set_stock_mark(&mut self, size: i64) -> Result<(), StoreError>;
    /// Keeps an order with its lines and lots; answers whether the exchange had none of this name.
    async fn insert_order(
        &mut self,
        row: &OrderRow,
        lines: &[OrderLineRow],
        allocations: &[AllocationRow],
    ) -> Result<bool, StoreError>;
    /// Moves an order from the version that was read to the next; answers whether nobody else did.
    async fn move_order(
        &mut self,
        order_id: &str,
        version: i64,
        state: &str,
        reason: &str,
    ) -> Result<bool, StoreError>;
    /// Notes a step.
    async fn insert_order_step(&mut self, row: &OrderStepRow) -> Result<(), StoreError>;
    /// Says which invoice an order has; answers whether there is such an order.
    async fn set_invoice(&mut self, order_id: &str, invoice: &str) -> Result<bool, StoreError>;
    /// Notes that the ledger has to be told something.
    async fn owe(&mut self, row: &OwedRow) -> Result<(), StoreError>;
    /// Lets it wait; what nobody owes any more stays so.
    async fn put_off(&mut self, order_id: &str, kind: &str, due_ms: i64) -> Result<(), StoreError>;
    /// Takes that back; answers whether it was still there.
    async fn pay(&mut self, order_id: &str, kind: &str) -> Result<bool, StoreError>;
    /// Keeps a signed record about an order; the same one again changes nothing.
    async fn insert_sale(&mut self, row: &SaleRow) -> Result<(), StoreError>;
    /// Says what became of it.
    async fn set_sale(
        &mut self,
        event_id: &[u8],
        state: &str,
        log_index: i64,
        refusal: &str,
    ) -> Result<(), StoreError>;
    /// Notes what a key of a request stands for; answers whether it is new.
    async fn insert_idempotency(&mut self, row: &IdempotencyRow) -> Result<bool, StoreError>;
    /// Forgets keys from before a time.
    async fn forget_idempotency(&mut self, before_ms: i64) -> Result<u64, StoreError>;
    /// Says where an organisation is paid.
    async fn put_payee(&mut self, row: &PayeeRow) -> Result<(), StoreError>;
}
