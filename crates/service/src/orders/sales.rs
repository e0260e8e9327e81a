//! What is sold is told to the ledger: an event of the co-operative's, signed by its gateway key or by a device of its own.
//!
//! ```text
//! confirmed ─▶ owed ─▶ signed and written down ─▶ submitted ─▶ logged
//!                         │                          └ refused: owed again, later
//!                         └ one transaction with the end of the debt: after a crash the same bytes are sent again
//! ```
//!
//! A sale is an `ObjectEvent` of `retail_selling` over the lots of the order, each with its amount, naming the order as
//! `urn:nguon:order:<id>` (`bizTransaction` of type `po`). It names no buyer. An order that is called off after its sale was
//! signed is taken back by the same event with an error declaration (EPCIS 2.0, section 7.4.1.3).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use nguon_epcis::Document;
use nguon_ledger::{
    Act, Control, Draft, EventId, LedgerId, Opening, OrganisationId, PublicKey, Record, SectionRef,
    SectionType, Seen, SigningKey, Subject, handle,
};
use nguon_storage::{OwedRow, SaleRow, StoreError};
use nguon_trace::facts::{
    Action, Amount, Correction, ErrorReason, Event, Facts, Paper, Step, What, event_urn, organisation_urn,
};
use nguon_trace::lot::Effect;
use nguon_trace::quantity::{Quantity, Unit};
use tokio::sync::watch;

use super::gateway::{Gateways, key_of};
use super::steps::{By, state_of};
use super::{OrderRefused, OrderView, Orders};
use crate::keys::random_seed;
use crate::project::lot_of;
use crate::rows;
use crate::sequencer::Queue;
use crate::submit::{Door, Incoming, Taken};

/// Debts that are looked at in one go.
const AT_ONCE: i64 = 200;
/// What cannot be told now is tried again after this.
const LATER_MS: i64 = 60_000;
/// Without a call, it is looked whether there is something to tell.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Tells the ledger what is sold.
pub(crate) struct Teller {
    pub(crate) orders: Arc<Orders>,
    pub(crate) gateways: Arc<Gateways>,
    pub(crate) door: Arc<Door>,
    pub(crate) queue: Queue,
    pub(crate) ledger_id: LedgerId,
    pub(crate) projected: watch::Receiver<u64>,
    /// The last record of each key that this process signed and saw logged.
    pub(crate) heads: HashMap<PublicKey, (u64, EventId)>,
}

/// Why something was not told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TellError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] crate::keys::KeyFileError),
    #[error("a record could not be drafted: {0}")]
    Draft(#[from] nguon_ledger::RecordError),
    #[error("what was written down cannot be read")]
    Damaged,
}

impl Teller {
    /// Runs until it is told to stop.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.tell_all().await {
                tracing::error!(%error, "the ledger could not be told what was sold");
                metrics::counter!("nguon_order_tell_failures_total").increment(1);
            }
            tokio::select! {
                () = self.orders.owing.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Sends what was signed and not answered, then signs and sends what is owed.
    async fn tell_all(&mut self) -> Result<(), TellError> {
        let signed = self.orders.store.reader().await?.sales_in_state("signed", AT_ONCE).await?;
        for sale in signed {
            self.send(&sale).await?;
        }
        let keys = self.gateways.keys()?;
        loop {
            let now_ms = self.orders.clock.now_ms();
            let owed = self.orders.store.reader().await?.owed(now_ms, AT_ONCE).await?;
            if owed.is_empty() {
                return Ok(());
            }
            for debt in owed {
                if !self.settle(&debt, &keys).await? {
                    // A device of the co-operative's may do it meanwhile; this looks again later.
                    let due_ms = now_ms.saturating_add(LATER_MS);
                    let mut unit = self.orders.store.unit().await?;
                    unit.put_off(&debt.order_id, &debt.kind, due_ms).await?;
                    unit.save().await?;
                }
            }
        }
    }

    /// Signs and sends one thing; answers whether it is done with.
    async fn settle(&mut self, debt: &OwedRow, keys: &[SigningKey]) -> Result<bool, TellError> {
        let Some(view) = self.orders.view(&debt.order_id).await? else { return Err(TellError::Damaged) };
        let organisation = OrganisationId::from_bytes(
            debt.organisation_id.as_slice().try_into().map_err(|_| TellError::Damaged)?,
        );
        let sold = view.sales.iter().rfind(|sale| sale.kind == "sale" && sale.state != "refused");
        let is_sold = state_of(&view.order).is_some_and(nguon_market::OrderState::is_sold);
        if (debt.kind == "take_back" && sold.is_none()) || (debt.kind == "sale" && !is_sold) {
            // It never reached the log, or was called off before it did.
            let mut unit = self.orders.store.unit().await?;
            unit.pay(&debt.order_id, &debt.kind).await?;
            unit.save().await?;
            return Ok(true);
        }
        let key = {
            let known = self.orders.directory.read().unwrap_or_else(PoisonError::into_inner);
            key_of(keys, &known.authority, organisation)
        };
        let Some(key) = key else { return Ok(false) };
        let now_ms = self.orders.clock.now_ms();
        let mut event = self.orders.sale_event(&view, now_ms).await?;
        if let (true, Some(sold)) = (debt.kind == "take_back", sold) {
            event.correction = Some(Correction {
                of: event_urn(&hex::encode(&sold.event_id)),
                declared_ms: now_ms,
                reason: Some(ErrorReason::DidNotOccur),
                corrective_ids: Vec::new(),
            });
        }
        let (record, opening) = self.sign(key, organisation, event, now_ms).await?;
        let sale = SaleRow {
            event_id: record.event_id().as_bytes().to_vec(),
            order_id: debt.order_id.clone(),
            kind: debt.kind.clone(),
            state: "signed".to_owned(),
            log_index: -1,
            refusal: String::new(),
            signed_ms: now_ms,
            bytes: record.as_bytes().to_vec(),
            openings: written(&[opening]),
        };
        let mut unit = self.orders.store.unit().await?;
        // Called off in this moment: nothing is owed any more, and what was signed is thrown away.
        if !unit.pay(&debt.order_id, &debt.kind).await? {
            return Ok(true);
        }
        unit.insert_sale(&sale).await?;
        unit.save().await?;
        self.send(&sale).await?;
        Ok(true)
    }

    /// Where the key's chain goes on.
    async fn head(&mut self, key: &PublicKey) -> Option<(u64, EventId)> {
        if let Some(head) = self.heads.get(key) {
            return Some(*head);
        }
        // Whatever this key signed before is in the read models when they have come as far as the log is now.
        let size = *self.orders.logged.borrow();
        drop(self.projected.wait_for(|done| *done >= size).await);
        let known = self.orders.directory.read().unwrap_or_else(PoisonError::into_inner);
        known.authority.head(key).map(|head| (head.seq, head.event))
    }

    async fn sign(
        &mut self,
        key: &SigningKey,
        organisation: OrganisationId,
        event: Event,
        now_ms: i64,
    ) -> Result<(Record, Opening), TellError> {
        let mut subjects = Vec::new();
        let mut named = Vec::new();
        for amount in event.objects() {
            let (salt, newest) = self.orders.known_subject(&amount.subject).await?;
            let salt = match salt {
                Some(salt) => salt,
                None => {
                    let mut salt = [0; 16];
                    salt.copy_from_slice(&random_seed()?[..16]);
                    salt
                }
            };
            named.push(Subject { handle: handle(&amount.subject, &salt), newest });
            subjects.push((amount.subject.clone(), salt));
        }
        let facts = Facts::Event(Box::new(event));
        let payload = nguon_epcis::write(&Document { facts, subjects });
        let opening = Opening { kind: SectionType::PUBLIC, salt: *random_seed()?, payload };
        let head = self.head(&key.public()).await;
        let draft = Draft {
            control: Control::Event,
            act: Some(Act::Commerce),
            ledger_id: self.ledger_id,
            organisation,
            seq: head.map_or(0, |(seq, _)| seq.saturating_add(1)),
            prev: head.map_or(EventId::ZERO, |(_, event)| event),
            device_time_ms: rows::unsigned(now_ms),
            seen: Seen::NONE,
            subjects: named,
            sections: vec![SectionRef { kind: opening.kind, commitment: opening.commitment() }],
        };
        Ok((draft.sign(key)?, opening))
    }

    /// Sends what was signed, and notes what became of it.
    async fn send(&mut self, sale: &SaleRow) -> Result<(), TellError> {
        let record = Record::parse(&sale.bytes).map_err(|_| TellError::Damaged)?;
        let openings = read(&sale.openings).ok_or(TellError::Damaged)?;
        let incoming = Incoming { record: sale.bytes.clone(), openings };
        let answer = match self.door.verify(vec![incoming]).pop() {
            Some(Ok(submission)) => self.queue.append(vec![submission]).await.pop(),
            Some(Err(refused)) => Some(Err(refused)),
            None => None,
        };
        match answer {
            Some(Ok(Taken::Logged { index, .. })) => {
                self.heads.insert(record.author(), (record.seq(), record.event_id()));
                let mut unit = self.orders.store.unit().await?;
                unit.set_sale(&sale.event_id, "logged", rows::signed(index), "").await?;
                unit.save().await?;
                metrics::counter!("nguon_order_records_total", "kind" => sale.kind.clone()).increment(1);
            }
            // A device sent it before what its chain needs: it lies with the ledger, and is asked for again.
            Some(Ok(Taken::Held(_))) | None => {}
            // Not now.
            Some(Err(refused)) if matches!(refused.code(), "busy" | "unavailable" | "strangers-budget") => {}
            Some(Err(refused)) => {
                tracing::warn!(order = sale.order_id, code = refused.code(), "the ledger refused a sale");
                self.heads.remove(&record.author());
                let organisation_id = record.belongs_to().as_bytes().to_vec();
                let due_ms = self.orders.clock.now_ms().saturating_add(LATER_MS);
                let mut unit = self.orders.store.unit().await?;
                unit.set_sale(&sale.event_id, "refused", -1, refused.code()).await?;
                let kind = sale.kind.clone();
                unit.owe(&OwedRow { order_id: sale.order_id.clone(), kind, organisation_id, due_ms }).await?;
                unit.save().await?;
            }
        }
        Ok(())
    }
}

/// Openings as they are written down: salt, length in four bytes, contents.
fn written(openings: &[Opening]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for opening in openings {
        bytes.extend_from_slice(&opening.salt);
        let length = u32::try_from(opening.payload.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&opening.payload);
    }
    bytes
}

fn read(mut bytes: &[u8]) -> Option<Vec<([u8; 32], Vec<u8>)>> {
    let mut openings = Vec::new();
    while !bytes.is_empty() {
        let (salt, rest) = bytes.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (payload, rest) = rest.split_at_checked(length)?;
        openings.push((*salt, payload.to_vec()));
        bytes = rest;
    }
    Some(openings)
}

/// The order's own name in a record.
fn order_urn(order_id: &str) -> String {
    format!("urn:nguon:order:{order_id}")
}

fn counted_in(word: &str) -> Unit {
    match word {
        "gram" => Unit::Gram,
        "millilitre" => Unit::Millilitre,
        _ => Unit::Piece,
    }
}

impl Orders {
    /// What a sale of this order says.
    pub(crate) async fn sale_event(&self, view: &OrderView, now_ms: i64) -> Result<Event, StoreError> {
        let units: HashMap<i64, Unit> =
            view.lines.iter().map(|line| (line.line, counted_in(&line.unit))).collect();
        let mut lots: BTreeMap<&str, Quantity> = BTreeMap::new();
        for lot in &view.lots {
            let unit = units.get(&lot.line).copied().unwrap_or(Unit::Piece);
            let sum = lots.entry(&lot.lot_uri).or_insert(Quantity { amount: 0, unit });
            sum.amount = sum.amount.saturating_add(rows::unsigned(lot.amount));
        }
        let objects = lots.into_iter().map(|(uri, quantity)| Amount::of(uri, quantity)).collect();
        // It was sold when it was confirmed, not when somebody came to sign it: a recall may lie between the two.
        let confirmed = view.steps.iter().rfind(|step| step.step == "confirm").map(|step| step.at_ms);
        let time_ms = confirmed.unwrap_or(now_ms);
        let mut event =
            Event::new(time_ms, Step::Selling, What::Objects { action: Action::Observe, objects });
        event.source = Some(organisation_urn(&hex::encode(&view.order.organisation_id)));
        event.papers = vec![Paper { kind: Some("po".to_owned()), uri: order_urn(&view.order.order_id) }];
        Ok(event)
    }

    /// What a device of the seller's signs to sell this order: EPCIS JSON-LD without subjects.
    pub async fn sale_draft(&self, by: &By, order_id: &str) -> Result<Vec<u8>, OrderRefused> {
        let view = self.view(order_id).await?.ok_or(OrderRefused::Unknown)?;
        by.check(&view.order)?;
        let event = self.sale_event(&view, self.clock.now_ms()).await?;
        Ok(nguon_epcis::write(&Document { facts: Facts::Event(Box::new(event)), subjects: Vec::new() }))
    }

    /// Takes the sale of an order as a device of the seller's signed it; it is sent to the ledger at once.
    pub async fn sell_signed(
        &self,
        by: &By,
        order_id: &str,
        signed: &Incoming,
    ) -> Result<OrderView, OrderRefused> {
        let other = OrderRefused::OtherRecord;
        let view = self.view(order_id).await?.ok_or(OrderRefused::Unknown)?;
        by.check(&view.order)?;
        let record = Record::parse(&signed.record).map_err(|_| other("it is no record"))?;
        if record.belongs_to().as_bytes() != view.order.organisation_id.as_slice() {
            return Err(other("it is another organisation's"));
        }
        let public = record.sections().iter().position(|section| section.kind == SectionType::PUBLIC);
        let payload =
            public.and_then(|place| signed.openings.get(place)).map(|(_, payload)| payload.as_slice());
        let document = payload.and_then(|payload| nguon_epcis::read(payload).ok());
        let Some(Facts::Event(said)) = document.map(|document| document.facts) else {
            return Err(other("it has no public event"));
        };
        let asked = self.sale_event(&view, said.time_ms).await?;
        if said.correction.is_some() || said.step != Step::Selling || said.papers != asked.papers {
            return Err(other("it is no sale of this order"));
        }
        let sorted = |event: &Event| {
            let mut objects = event.objects().to_vec();
            objects.sort_by(|a, b| a.subject.cmp(&b.subject));
            objects
        };
        if sorted(&said) != sorted(&asked) {
            return Err(other("lots or amounts differ"));
        }
        let openings: Vec<Opening> = record
            .sections()
            .iter()
            .zip(&signed.openings)
            .map(|(section, (salt, payload))| Opening {
                kind: section.kind,
                salt: *salt,
                payload: payload.clone(),
            })
            .collect();
        let mut unit = self.store.unit().await?;
        if !unit.pay(order_id, "sale").await? {
            return Err(other("nothing is owed for this order"));
        }
        let sale = SaleRow {
            event_id: record.event_id().as_bytes().to_vec(),
            order_id: order_id.to_owned(),
            kind: "sale".to_owned(),
            state: "signed".to_owned(),
            log_index: -1,
            refusal: String::new(),
            signed_ms: self.clock.now_ms(),
            bytes: signed.record.clone(),
            openings: written(&openings),
        };
        unit.insert_sale(&sale).await?;
        unit.save().await?;
        self.owing.notify_one();
        self.view(order_id).await?.ok_or(OrderRefused::Unknown)
    }

    /// The salt under which a lot is known to those who had it, and the newest of their records on it.
    async fn known_subject(&self, uri: &str) -> Result<(Option<[u8; 16]>, EventId), StoreError> {
        let mut reader = self.store.reader().await?;
        let lot = reader.subject(uri).await?.as_ref().and_then(lot_of);
        let newest = lot.and_then(|lot| {
            let counted = lot.stages.iter().filter(|stage| stage.effect == Effect::Counts);
            counted.map(|stage| (stage.record, stage.event_id.clone())).max()
        });
        let Some((index, event)) = newest else { return Ok((None, EventId::ZERO)) };
        let sections = reader.sections_of(&[rows::signed(index)]).await?;
        let salt = sections
            .iter()
            .filter(|section| section.kind == i64::from(SectionType::PUBLIC.0))
            .filter_map(|section| nguon_epcis::read(&section.payload).ok())
            .flat_map(|document| document.subjects)
            .find(|(named, _)| named == uri)
            .map(|(_, salt)| salt);
        Ok(match (salt, event.parse()) {
            (Some(salt), Ok(event)) => (Some(salt), event),
            _ => (None, EventId::ZERO),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_read_as_they_were_written_down() {
        let opening = |n: u8, payload: &[u8]| Opening {
            kind: SectionType::PUBLIC,
            salt: [n; 32],
            payload: payload.to_vec(),
        };
        let bytes = written(&[opening(1, b"{}"), opening(2, b"")]);
        assert_eq!(read(&bytes), Some(vec![([1; 32], b"{}".to_vec()), ([2; 32], Vec::new())]));
        for cut in 1..bytes.len() {
            // A cut between two openings is one opening less, everywhere else it is seen.
            assert_eq!(read(&bytes[..cut]).is_some(), cut == 38, "{cut}");
        }
    }
}
