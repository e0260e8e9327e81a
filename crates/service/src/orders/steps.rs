//! Steps of an order: the pure machine says what a step does, one transaction does it.

use std::collections::BTreeMap;

use nguon_ledger::OrganisationId;
use nguon_market::{
    CancelReason, LedgerEffect, Moved, NewsKind, OrderState, OrderStep, Short, StepRefused, StockEffect,
    Transition,
};
use nguon_storage::{OrderRow, OrderStepRow, StockKey, StoreError, Unit};
use serde_json::json;

use super::stock::{new_message, tell};
use super::{ATTEMPTS, Answered, KEY_KEPT_MS, OrderRefused, OrderView, Orders, is_collision, owed, touched};

/// Reservations that are ended in one go.
const SWEPT: i64 = 100;

/// Who does something with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The exchange that it came from.
    Exchange(String),
    /// The seller's desk.
    Seller(OrganisationId),
    /// Time.
    Clock,
}

impl By {
    fn word(&self) -> &'static str {
        match self {
            Self::Exchange(_) => "exchange",
            Self::Seller(_) => "seller",
            Self::Clock => "clock",
        }
    }

    /// An order of somebody else is not there.
    pub(super) fn check(&self, order: &OrderRow) -> Result<(), OrderRefused> {
        let theirs = match self {
            Self::Exchange(exchange) => *exchange == order.exchange_id,
            Self::Seller(organisation) => organisation.as_bytes() == order.organisation_id.as_slice(),
            Self::Clock => true,
        };
        if theirs { Ok(()) } else { Err(OrderRefused::Unknown) }
    }
}

/// Where the row stands; none if it says what no program of ours wrote.
pub(super) fn state_of(order: &OrderRow) -> Option<OrderState> {
    OrderState::parse(&order.state, order.until_ms, &order.reason)
}

fn step_word(step: OrderStep) -> &'static str {
    match step {
        OrderStep::Confirm => "confirm",
        OrderStep::Ship => "ship",
        OrderStep::Deliver => "deliver",
        OrderStep::Cancel(_) => "cancel",
        OrderStep::Expire => "expire",
    }
}

/// What one attempt came to.
enum Done {
    Moved,
    /// Another step was first.
    TooLate,
    NotSound(Vec<String>),
}

impl Orders {
    /// Takes a step; a step that was taken before is answered with the order as it stands.
    ///
    /// To be called in a task of its own, as [`Orders::reserve`].
    pub async fn step(&self, by: &By, order_id: &str, step: OrderStep) -> Result<Answered, OrderRefused> {
        let _turn = self.turn().await?;
        self.step_now(by, order_id, step).await
    }

    async fn step_now(&self, by: &By, order_id: &str, step: OrderStep) -> Result<Answered, OrderRefused> {
        for attempt in 0..ATTEMPTS {
            let view = self.view_of(order_id).await?;
            by.check(&view.order)?;
            let state =
                state_of(&view.order).ok_or_else(|| OrderRefused::Inconsistent(order_id.to_owned()))?;
            let now_ms = self.clock.now_ms();
            let transition = match state.step(step, now_ms)? {
                Moved::Already => return Ok(Answered { view, again: true }),
                Moved::To(transition) => transition,
            };
            match self.try_step(by, &view, step, transition, now_ms).await {
                Ok(Done::Moved) => {
                    self.owing.notify_one();
                    self.news.notify_one();
                    return Ok(Answered { view: self.view_of(order_id).await?, again: false });
                }
                Ok(Done::TooLate) => self.breathe(attempt).await,
                Ok(Done::NotSound(lots)) => {
                    // Nobody has bought it yet: what cannot be sold is not kept for them.
                    if matches!(state, OrderState::Reserved { .. }) {
                        let off = OrderStep::Cancel(CancelReason::LotNotForSale);
                        Box::pin(self.step_now(&By::Clock, order_id, off)).await?;
                    }
                    return Err(OrderRefused::LotNotForSale(lots));
                }
                Err(OrderRefused::Store(error)) if is_collision(&error) => self.breathe(attempt).await,
                Err(error) => return Err(error),
            }
        }
        Err(OrderRefused::Busy)
    }

    async fn try_step(
        &self,
        by: &By,
        view: &OrderView,
        step: OrderStep,
        transition: Transition,
        now_ms: i64,
    ) -> Result<Done, OrderRefused> {
        let OrderView { order, lines, lots, .. } = view;
        let reason = match transition.to {
            OrderState::Cancelled(reason) => reason.key(),
            _ => "",
        };
        let mut unit = self.store.unit().await?;
        let order_id = &order.order_id;
        if !unit.move_order(order_id, order.version, transition.to.key(), reason).await? {
            return Ok(Done::TooLate);
        }
        let row = OrderStepRow {
            order_id: order_id.clone(),
            version: order.version + 1,
            step: step_word(step).to_owned(),
            done_by: by.word().to_owned(),
            at_ms: now_ms,
        };
        unit.insert_order_step(&row).await?;
        let mut stock: BTreeMap<StockKey, (i64, bool)> = BTreeMap::new();
        let key = |uri: &str, epoch: &str| StockKey {
            organisation_id: order.organisation_id.clone(),
            uri: uri.to_owned(),
            epoch: epoch.to_owned(),
        };
        for line in lines {
            stock.entry(key(&line.listing_uri, &line.listing_epoch)).or_insert((0, false)).0 += line.amount;
        }
        for lot in lots {
            stock.entry(key(&lot.lot_uri, "")).or_insert((0, true)).0 += lot.amount;
        }
        let mut unsound = Vec::new();
        for (key, (amount, is_lot)) in &stock {
            match transition.stock {
                StockEffect::Keep if *is_lot && transition.lots_must_be_sound => {
                    if !unit.hold_stock(key, now_ms).await? {
                        unsound.push(key.uri.clone());
                    }
                }
                StockEffect::Keep => {}
                // A listing that was offered anew counts from nothing; a lot counts for ever.
                StockEffect::Release => {
                    if !unit.give_stock(key, *amount).await? && *is_lot {
                        return Err(OrderRefused::Inconsistent(key.uri.clone()));
                    }
                }
                StockEffect::TakeAgain => {
                    if !unit.take_stock(key, *amount, now_ms).await? {
                        return Err(OrderRefused::Short(Short { line: 0, free: 0 }));
                    }
                }
            }
        }
        if !unsound.is_empty() {
            return Ok(Done::NotSound(unsound));
        }
        match transition.ledger {
            LedgerEffect::Nothing => {}
            LedgerEffect::Sale => unit.owe(&owed(order, "sale", now_ms)).await?,
            LedgerEffect::TakeBack => {
                // What nobody has signed yet needs not be taken back.
                if !unit.pay(order_id, "sale").await? {
                    unit.owe(&owed(order, "take_back", now_ms)).await?;
                }
            }
        }
        let index = self.log_size();
        if transition.stock != StockEffect::Keep {
            let touched = touched(&mut *unit, lines, lots).await?;
            tell(&mut *unit, &touched, index, now_ms).await?;
        }
        if !matches!(by, By::Exchange(_)) {
            tell_exchange(&mut *unit, order, transition.to, reason, index, now_ms).await?;
        }
        unit.save().await?;
        Ok(Done::Moved)
    }

    /// Ends reservations whose time is over; answers how many.
    pub async fn sweep(&self) -> Result<u64, OrderRefused> {
        let _turn = self.turn().await?;
        let mut unit = self.store.unit().await?;
        unit.forget_idempotency(self.clock.now_ms().saturating_sub(KEY_KEPT_MS)).await?;
        unit.save().await?;
        self.sweep_now().await
    }

    pub(super) async fn sweep_now(&self) -> Result<u64, OrderRefused> {
        let mut ended = 0;
        loop {
            let over = self.store.reader().await?.orders_over(self.clock.now_ms(), SWEPT).await?;
            let mut moved = 0;
            for order in &over {
                match self.step_now(&By::Clock, &order.order_id, OrderStep::Expire).await {
                    Ok(answered) => moved += u64::from(!answered.again),
                    // Somebody confirmed or cancelled it in this moment.
                    Err(OrderRefused::Step(StepRefused::NotDue)) => {}
                    Err(error) => return Err(error),
                }
            }
            ended += moved;
            if moved == 0 || over.len() < usize::try_from(SWEPT).unwrap_or(usize::MAX) {
                return Ok(ended);
            }
        }
    }
}

/// The exchange did not ask for this step, so it is told.
async fn tell_exchange(
    unit: &mut dyn Unit,
    order: &OrderRow,
    to: OrderState,
    reason: &str,
    index: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut data = json!({ "order_id": order.order_id, "reference": order.reference, "state": to.key() });
    if !reason.is_empty() {
        data["reason"] = json!(reason);
    }
    let about = format!("{}\n{}", order.order_id, order.version + 1);
    let message = new_message(NewsKind::OrderChanged, &order.exchange_id, &about, index, now_ms, &data);
    unit.insert_messages(&[message]).await
}
