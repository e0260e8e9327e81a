//! Đối chiếu: what orders say was sold of each lot, and what the ledger counts as sold by them.
//!
//! ```text
//! counted on the ledger = sold by orders − sales on their way + take-backs on their way
//! taken in stock        = held by orders (reserved or sold)
//! ```
//!
//! Each lot where either does not hold is a difference with a name; what is on its way is no difference. A shelf from which
//! more was taken than the records leave (a harvest corrected downwards, a loss) is a shortfall, with the orders it hits.

use std::collections::BTreeMap;
use std::time::Duration;

use nguon_storage::{LotOrderRow, StoreError};

use super::Orders;
use crate::project::{NAME, lot_of, sold_by_orders};
use crate::rows;

/// Lots that are read in one go.
const PAGE: i64 = 200;
/// How often a difference is looked at again.
const LOOKS: u32 = 4;
/// Before each time.
const PAUSE: Duration = Duration::from_millis(250);

/// One lot of one seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotLine {
    /// Who sells, hex.
    pub organisation: String,
    /// The lot.
    pub lot: String,
    /// Of all orders that hold stock.
    pub held: i64,
    /// Of those that are sold.
    pub sold: i64,
    /// What the ledger counts as sold by them.
    pub counted: i64,
    /// Sold, and not counted yet.
    pub waiting: i64,
    /// Called off, and still counted.
    pub returning: i64,
    /// What stock says is taken.
    pub taken: i64,
    /// What there is by the records; none where no listing draws on it any more.
    pub supply: Option<i64>,
}

impl LotLine {
    /// Whether the ledger counts what orders say.
    #[must_use]
    pub fn ledger_agrees(&self) -> bool {
        self.counted == self.sold - self.waiting + self.returning
    }

    /// Whether stock holds what orders took.
    #[must_use]
    pub fn stock_agrees(&self) -> bool {
        self.supply.is_none() || self.taken == self.held
    }

    /// How much more was taken than there is.
    #[must_use]
    pub fn short_by(&self) -> i64 {
        self.supply.map_or(0, |supply| (self.taken - supply).max(0))
    }
}

/// What comes of comparing all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Every lot that an order went into.
    pub lots: Vec<LotLine>,
    /// What the ledger still has to be told.
    pub owed: i64,
    /// For each lot that is short: the orders that it hits, the newest last.
    pub hit: BTreeMap<String, Vec<LotOrderRow>>,
}

impl Reconciliation {
    /// Lots where orders, stock and ledger do not say the same.
    pub fn differences(&self) -> impl Iterator<Item = &LotLine> {
        self.lots.iter().filter(|lot| !lot.ledger_agrees() || !lot.stock_agrees())
    }

    /// Lots of which more was taken than there is.
    pub fn shortfalls(&self) -> impl Iterator<Item = &LotLine> {
        self.lots.iter().filter(|lot| lot.short_by() > 0)
    }
}

impl Orders {
    /// Compares orders, stock and ledger, lot by lot.
    ///
    /// Orders go on meanwhile, and no one statement reads all three: what differs is looked at again, and only what
    /// differs each time is a difference.
    pub async fn reconcile(&self) -> Result<Reconciliation, StoreError> {
        let mut found = self.compare().await?;
        for _ in 0..LOOKS {
            if found.differences().next().is_none() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            found = self.compare().await?;
        }
        Ok(found)
    }

    async fn compare(&self) -> Result<Reconciliation, StoreError> {
        let mut found = Reconciliation {
            owed: self.store.reader().await?.count_owed().await?,
            ..Reconciliation::default()
        };
        let mut after = (Vec::new(), String::new());
        loop {
            let page = self.store.reader().await?.list_sold((&after.0, &after.1), PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = (last.organisation_id.clone(), last.lot_uri.clone());
            for row in page {
                let line = self.line(&row).await?;
                if line.short_by() > 0 {
                    let orders = self.store.reader().await?.orders_of_lots(&[&line.lot]).await?;
                    found.hit.insert(line.lot.clone(), orders);
                }
                found.lots.push(line);
            }
        }
    }

    async fn line(&self, row: &nguon_storage::SoldRow) -> Result<LotLine, StoreError> {
        let organisation = hex::encode(&row.organisation_id);
        let mut reader = self.store.reader().await?;
        let projected = reader.projection(NAME).await?;
        let stock = reader.stock(&[&row.lot_uri]).await?;
        let stock = stock.into_iter().find(|stock| stock.organisation_id == row.organisation_id);
        let lot = reader.subject(&row.lot_uri).await?.as_ref().and_then(lot_of);
        let counted = match lot.as_ref().and_then(|lot| Some((lot, lot.balance?.unit))) {
            Some((lot, unit)) => rows::signed(sold_by_orders(&mut *reader, lot, &organisation, unit).await?),
            None => 0,
        };
        let (mut waiting, mut returning) = (0, 0);
        for order in reader.orders_of_lots(&[&row.lot_uri]).await? {
            if order.organisation_id != row.organisation_id {
                continue;
            }
            let sales = reader.sales_of_order(&order.order_id).await?;
            let shown = |kind: &str| {
                sales
                    .iter()
                    .any(|sale| sale.kind == kind && sale.state == "logged" && sale.log_index < projected)
            };
            let is_sold = matches!(order.state.as_str(), "confirmed" | "shipped" | "delivered");
            let is_counted = shown("sale") && !shown("take_back");
            match (is_sold, is_counted) {
                (true, false) => waiting += order.amount,
                (false, true) => returning += order.amount,
                _ => {}
            }
        }
        Ok(LotLine {
            organisation,
            lot: row.lot_uri.clone(),
            held: row.held,
            sold: row.sold,
            counted,
            waiting,
            returning,
            taken: stock.as_ref().map_or(row.held, |stock| stock.taken),
            supply: stock.map(|stock| stock.supply),
        })
    }
}
