//! Đơn hàng: an order as a state machine. It knows nothing of stock, keys or tables; it says what a step does to them.
//!
//! ```text
//!            confirm              ship            deliver
//! reserved ───────────▶ confirmed ─────▶ shipped ────────▶ delivered
//!   │  │ ▲                  │
//!   │  │ └ confirm, if there │ cancel: what the ledger was told is taken back
//!   │  │   is stock again    ▼
//!   │  └─ expire ─▶ expired  cancelled
//!   └──── cancel ──────────────▲
//! ```
//!
//! A step that was taken already is [`Moved::Already`]: whoever sends it again, because the answer got lost, hears the
//! same as the first time and nothing happens twice. Instants are Unix milliseconds.

use serde::{Deserialize, Serialize};

/// Why an order ended before its goods left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The buyer, or the exchange for the buyer.
    Buyer,
    /// The seller.
    Seller,
    /// A lot of it may not be sold any more: recalled, blocked, destroyed or expired.
    LotNotForSale,
}

impl CancelReason {
    /// The stable word, as in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Seller => "seller",
            Self::LotNotForSale => "lot_not_for_sale",
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Buyer, Self::Seller, Self::LotNotForSale].into_iter().find(|reason| reason.key() == word)
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// Goods are set aside.
    Reserved {
        /// The last instant of it.
        until_ms: i64,
    },
    /// Sold: the ledger is told.
    Confirmed,
    /// The goods left the seller.
    Shipped,
    /// They arrived.
    Delivered,
    /// Ended before the goods left.
    Cancelled(CancelReason),
    /// Nobody confirmed it in time.
    Expired,
}

/// What somebody, or the clock, does to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStep {
    /// The buyer has decided.
    Confirm,
    /// The goods leave.
    Ship,
    /// They arrived.
    Deliver,
    /// It is off.
    Cancel(CancelReason),
    /// Its time is over.
    Expire,
}

/// What a transition does to the stock that the order took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockEffect {
    /// It stays taken.
    Keep,
    /// It is given back.
    Release,
    /// It was given back and must be there once more, or the step fails.
    TakeAgain,
}

/// What a transition tells the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LedgerEffect {
    /// Nothing.
    Nothing,
    /// That so much of these lots is sold.
    Sale,
    /// That saying so was wrong.
    TakeBack,
}

/// A step that does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transition {
    /// Where the order stands then.
    pub to: OrderState,
    /// What becomes of its stock.
    pub stock: StockEffect,
    /// What the ledger is told.
    pub ledger: LedgerEffect,
    /// Whether each lot of it must be one that may be sold now.
    pub lots_must_be_sound: bool,
}

/// What a step comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moved {
    /// This.
    To(Transition),
    /// Nothing: it was taken before.
    Already,
}

/// Why a step cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum StepRefused {
    /// The step before it is missing.
    #[error("the order is {}: the step before this one is missing", .0.key())]
    TooEarly(OrderState),
    /// The order ended.
    #[error("the order is {}: it has ended", .0.key())]
    Ended(OrderState),
    /// The goods have left; what comes back is a return, which the co-operative records.
    #[error("the order is {}: its goods have left", .0.key())]
    GoodsLeft(OrderState),
    /// A reservation whose time is not over.
    #[error("the reservation is not over yet")]
    NotDue,
}

impl OrderState {
    /// The stable word, as in JSON and tables.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Reserved { .. } => "reserved",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled(_) => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// From a row: the word, the end of the reservation, the reason of a cancelled one.
    #[must_use]
    pub fn parse(word: &str, until_ms: i64, reason: &str) -> Option<Self> {
        Some(match word {
            "reserved" => Self::Reserved { until_ms },
            "confirmed" => Self::Confirmed,
            "shipped" => Self::Shipped,
            "delivered" => Self::Delivered,
            "cancelled" => Self::Cancelled(CancelReason::parse(reason)?),
            "expired" => Self::Expired,
            _ => return None,
        })
    }

    /// Whether stock is taken for it.
    #[must_use]
    pub fn holds_stock(self) -> bool {
        !matches!(self, Self::Cancelled(_) | Self::Expired)
    }

    /// Whether it is sold: the ledger says so, or will.
    #[must_use]
    pub fn is_sold(self) -> bool {
        matches!(self, Self::Confirmed | Self::Shipped | Self::Delivered)
    }

    /// What a step does at an instant.
    pub fn step(self, step: OrderStep, now_ms: i64) -> Result<Moved, StepRefused> {
        let to = |to, stock, ledger, lots_must_be_sound| {
            Ok(Moved::To(Transition { to, stock, ledger, lots_must_be_sound }))
        };
        match (self, step) {
            // Late or not: as long as nobody took the stock back, it is the buyer's.
            (Self::Reserved { .. }, OrderStep::Confirm) => {
                to(Self::Confirmed, StockEffect::Keep, LedgerEffect::Sale, true)
            }
            (Self::Expired, OrderStep::Confirm) => {
                to(Self::Confirmed, StockEffect::TakeAgain, LedgerEffect::Sale, true)
            }
            (Self::Confirmed | Self::Shipped | Self::Delivered, OrderStep::Confirm) => Ok(Moved::Already),
            (Self::Confirmed, OrderStep::Ship) => {
                to(Self::Shipped, StockEffect::Keep, LedgerEffect::Nothing, true)
            }
            (Self::Shipped | Self::Delivered, OrderStep::Ship) => Ok(Moved::Already),
            (Self::Shipped, OrderStep::Deliver) => {
                to(Self::Delivered, StockEffect::Keep, LedgerEffect::Nothing, false)
            }
            (Self::Delivered, OrderStep::Deliver) => Ok(Moved::Already),
            (Self::Reserved { .. }, OrderStep::Ship | OrderStep::Deliver)
            | (Self::Confirmed, OrderStep::Deliver) => Err(StepRefused::TooEarly(self)),
            (Self::Reserved { .. }, OrderStep::Cancel(reason)) => {
                to(Self::Cancelled(reason), StockEffect::Release, LedgerEffect::Nothing, false)
            }
            (Self::Confirmed, OrderStep::Cancel(reason)) => {
                to(Self::Cancelled(reason), StockEffect::Release, LedgerEffect::TakeBack, false)
            }
            (Self::Cancelled(_) | Self::Expired, OrderStep::Cancel(_)) => Ok(Moved::Already),
            (Self::Shipped | Self::Delivered, OrderStep::Cancel(_)) => Err(StepRefused::GoodsLeft(self)),
            (Self::Reserved { until_ms }, OrderStep::Expire) if now_ms > until_ms => {
                to(Self::Expired, StockEffect::Release, LedgerEffect::Nothing, false)
            }
            (Self::Reserved { .. }, OrderStep::Expire) => Err(StepRefused::NotDue),
            (_, OrderStep::Expire) => Ok(Moved::Already),
            (Self::Cancelled(_), OrderStep::Confirm)
            | (Self::Cancelled(_) | Self::Expired, OrderStep::Ship | OrderStep::Deliver) => {
                Err(StepRefused::Ended(self))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNTIL: i64 = 1_000;
    const RESERVED: OrderState = OrderState::Reserved { until_ms: UNTIL };
    const CANCELLED: OrderState = OrderState::Cancelled(CancelReason::Buyer);
    const CANCEL: OrderStep = OrderStep::Cancel(CancelReason::Seller);

    #[test]
    fn an_order_goes_from_shelf_to_door_and_each_step_twice_is_once() {
        let mut state = RESERVED;
        let steps = [OrderStep::Confirm, OrderStep::Ship, OrderStep::Deliver];
        let said = [LedgerEffect::Sale, LedgerEffect::Nothing, LedgerEffect::Nothing];
        for (n, (step, ledger)) in steps.into_iter().zip(said).enumerate() {
            let Ok(Moved::To(done)) = state.step(step, 0) else { panic!("{state:?} {step:?}") };
            assert_eq!((done.ledger, done.stock), (ledger, StockEffect::Keep));
            state = done.to;
            for again in &steps[..=n] {
                assert_eq!(state.step(*again, 0), Ok(Moved::Already), "{state:?} {again:?}");
            }
        }
        assert_eq!(state, OrderState::Delivered);
        assert_eq!(state.step(CANCEL, 0), Err(StepRefused::GoodsLeft(state)));
    }

    #[test]
    fn what_ends_before_the_goods_leave_gives_its_stock_back() {
        for (from, ledger) in
            [(RESERVED, LedgerEffect::Nothing), (OrderState::Confirmed, LedgerEffect::TakeBack)]
        {
            let Ok(Moved::To(done)) = from.step(CANCEL, 0) else { panic!("{from:?}") };
            assert_eq!((done.stock, done.ledger), (StockEffect::Release, ledger));
            assert_eq!(done.to, OrderState::Cancelled(CancelReason::Seller));
        }
        assert_eq!(RESERVED.step(OrderStep::Expire, UNTIL), Err(StepRefused::NotDue));
        let Ok(Moved::To(done)) = RESERVED.step(OrderStep::Expire, UNTIL + 1) else { panic!() };
        assert_eq!((done.to, done.stock), (OrderState::Expired, StockEffect::Release));
        let Ok(Moved::To(late)) = OrderState::Expired.step(OrderStep::Confirm, UNTIL + 9) else { panic!() };
        assert_eq!((late.to, late.stock), (OrderState::Confirmed, StockEffect::TakeAgain));
    }

    #[test]
    fn no_step_jumps_over_another_or_wakes_a_dead_order() {
        for (from, step, refused) in [
            (RESERVED, OrderStep::Ship, StepRefused::TooEarly(RESERVED)),
            (RESERVED, OrderStep::Deliver, StepRefused::TooEarly(RESERVED)),
            (OrderState::Confirmed, OrderStep::Deliver, StepRefused::TooEarly(OrderState::Confirmed)),
            (CANCELLED, OrderStep::Confirm, StepRefused::Ended(CANCELLED)),
            (CANCELLED, OrderStep::Ship, StepRefused::Ended(CANCELLED)),
            (OrderState::Expired, OrderStep::Deliver, StepRefused::Ended(OrderState::Expired)),
        ] {
            assert_eq!(from.step(step, 0), Err(refused));
        }
    }

    proptest! {
        #[test]
        fn stock_is_taken_exactly_while_the_state_holds_it_and_the_ledger_says_exactly_what_is_sold(
            steps in prop::collection::vec((0_u8..6, 0_i64..3_000), 0..40),
        ) {
            let (mut state, mut taken, mut told) = (RESERVED, true, false);
            for (step, now) in steps {
                let step = match step {
                    0 => OrderStep::Confirm,
                    1 => OrderStep::Ship,
                    2 => OrderStep::Deliver,
                    3 => OrderStep::Cancel(CancelReason::Buyer),
                    4 => OrderStep::Cancel(CancelReason::LotNotForSale),
                    _ => OrderStep::Expire,
                };
                if let Ok(Moved::To(done)) = state.step(step, now) {
                    match done.stock {
                        StockEffect::Keep => prop_assert!(taken),
                        StockEffect::Release => { prop_assert!(taken); taken = false; }
                        StockEffect::TakeAgain => { prop_assert!(!taken); taken = true; }
                    }
                    match done.ledger {
                        LedgerEffect::Nothing => {}
                        LedgerEffect::Sale => { prop_assert!(!told); told = true; }
                        LedgerEffect::TakeBack => { prop_assert!(told); told = false; }
                    }
                    state = done.to;
                }
                prop_assert_eq!(state.holds_stock(), taken);
                prop_assert_eq!(state.is_sold(), told);
                let reason = match state { OrderState::Cancelled(reason) => reason.key(), _ => "" };
                prop_assert_eq!(OrderState::parse(state.key(), UNTIL, reason), Some(state));
            }
        }
    }
}
