//! Phạm vi thu hồi: if this lot is called back, what is to be called back with it, and from whom.

use std::collections::{BTreeMap, BTreeSet};

use nguon_id::LotId;
use nguon_storage::{LotOrderRow, StoreError};
use nguon_trace::facts::{Facts, Organisation, Plot, Text, organisation_in_urn, organisation_urn};
use nguon_trace::graph::{Bounds, Direction};
use nguon_trace::labels::Labels;
use nguon_trace::lot::{Effect, LotState, LotStatus};
use nguon_trace::quantity::{Quantity, Unit};

use super::{Catalogue, Trace};
use crate::project::lot_of;
use crate::rows;

/// Lots of one scope, at most: one more is said with `cut_off`.
const LOTS: Bounds = Bounds { steps: u32::MAX, lots: 5_000 };
/// Lots read in one statement.
const READ_AT_ONCE: usize = 200;

/// What a recall of a lot reaches.
#[derive(Debug, Clone)]
pub struct RecallScope {
    /// The lot that it begins with.
    pub start: String,
    /// The lot and everything that was made of it, nearest first.
    pub lots: Vec<ScopeLot>,
    /// Who has or had some of it, by id, hex: those with most left first.
    pub holders: Vec<ScopeHolder>,
    /// Buyers that are no organisation of the ledger, by the URI that the seller wrote, with the lots that went there.
    pub buyers: BTreeMap<String, BTreeMap<String, Option<Quantity>>>,
    /// The plots where the lot grew.
    pub plots: BTreeMap<String, Option<Plot>>,
    /// Offers that draw on any of the lots.
    pub listings: BTreeSet<String>,
    /// Orders of exchanges that any of the lots went into, called off ones too, by lot and time: the last link to whoever eats it.
    pub orders: Vec<ScopeOrder>,
    /// Whether there is more than this.
    pub cut_off: bool,
}

/// A lot of a scope.
#[derive(Debug, Clone)]
pub struct ScopeLot {
    /// Its URI.
    pub uri: String,
    /// Steps from the start.
    pub steps: u32,
    /// Its product's name.
    pub product: Option<Text>,
    /// Whether it is recalled now.
    pub is_recalled: bool,
    /// Made.
    pub made: Option<Quantity>,
    /// Sold to whoever eats it.
    pub sold: Option<Quantity>,
    /// Still somewhere: with its maker, or with those it went to.
    pub left: Option<Quantity>,
    /// Its numbered labels.
    pub labels: Labels,
}

/// An order that a lot of a scope went into.
#[derive(Debug, Clone)]
pub struct ScopeOrder {
    /// The lot.
    pub lot: String,
    /// How much of it.
    pub quantity: Quantity,
    /// Whose exchange it is.
    pub exchange: String,
    /// What the exchange calls it.
    pub reference: String,
    /// What we call it.
    pub order_id: String,
    /// A stable word for where it stands.
    pub state: String,
    /// Who sold, hex.
    pub seller: String,
}

/// An organisation that has or had lots of a scope.
#[derive(Debug, Clone)]
pub struct ScopeHolder {
    /// Its id, hex.
    pub id: String,
    /// Who it is.
    pub card: Option<Organisation>,
    /// Of each lot: what it got or made, and what it has left.
    pub lots: BTreeMap<String, (Quantity, Quantity)>,
}

impl Catalogue {
    /// What a recall of a lot reaches; nothing if no record tells of it, the cycle's lot if it would be made of itself.
    pub async fn recall_scope(&self, id: &LotId) -> Result<Option<Result<RecallScope, String>>, StoreError> {
        let (start, reached, cut_off) = match self.trace(id, Direction::Forward, LOTS).await? {
            None => return Ok(None),
            Some(Trace::Cycle(on)) => return Ok(Some(Err(on))),
            Some(Trace::Walked { start, lots, cut_off, .. }) => (start, lots, cut_off),
        };
        let mut scope = RecallScope {
            start: start.clone(),
            lots: Vec::with_capacity(reached.len()),
            holders: Vec::new(),
            buyers: BTreeMap::new(),
            plots: BTreeMap::new(),
            listings: BTreeSet::new(),
            orders: Vec::new(),
            cut_off,
        };
        let mut holders: BTreeMap<String, BTreeMap<String, (Quantity, Quantity)>> = BTreeMap::new();
        let mut plots = BTreeSet::new();
        for some in reached.chunks(READ_AT_ONCE) {
            let names: Vec<&str> = some.iter().map(|lot| lot.uri.as_str()).collect();
            let rows = self.store.reader().await?.subjects(&names).await?;
            let mut states: BTreeMap<String, LotState> =
                rows.iter().filter_map(|row| Some((row.uri.clone(), lot_of(row)?))).collect();
            let mut orders: BTreeMap<String, Vec<LotOrderRow>> = BTreeMap::new();
            for order in self.store.reader().await?.orders_of_lots(&names).await? {
                orders.entry(order.lot_uri.clone()).or_default().push(order);
            }
            for lot in some {
                let Some(state) = states.remove(&lot.uri) else { continue };
                if state.uri == start {
                    plots.clone_from(&state.origin_plots);
                }
                self.add_buyers(&state, &mut scope.buyers).await?;
                let listings = self.store.reader().await?.listings_of_lot(&state.uri).await?;
                scope.listings.extend(listings.into_iter().map(|row| row.uri));
                for order in orders.remove(&lot.uri).unwrap_or_default() {
                    let unit = state.balance.map_or(Unit::Piece, |sum| sum.unit);
                    scope.orders.push(ScopeOrder {
                        lot: order.lot_uri,
                        quantity: Quantity { amount: rows::unsigned(order.amount), unit },
                        exchange: order.exchange_id,
                        reference: order.reference,
                        order_id: order.order_id,
                        state: order.state,
                        seller: hex::encode(order.organisation_id),
                    });
                }
                if let Some(sum) = state.balance {
                    for (organisation, held) in &state.holdings {
                        let quantity = |amount| Quantity { amount, unit: sum.unit };
                        let got = held.made.saturating_add(held.sent_here.max(held.received));
                        let of = holders.entry(organisation.clone()).or_default();
                        of.insert(state.uri.clone(), (quantity(got), quantity(held.left)));
                    }
                }
                scope.lots.push(line(&state, lot.steps, lot.product.as_deref().cloned()));
            }
        }
        scope.lots.sort_by(|a, b| (a.steps, &a.uri).cmp(&(b.steps, &b.uri)));
        for (id, lots) in holders {
            let card = match self.card(&organisation_urn(&id)).await?.map(|card| card.facts) {
                Some(Facts::Organisation(card)) => Some(card),
                _ => None,
            };
            scope.holders.push(ScopeHolder { id, card, lots });
        }
        let left = |holder: &ScopeHolder| {
            holder.lots.values().map(|(_, left)| left.amount).fold(0, u64::saturating_add)
        };
        scope.holders.sort_by(|a, b| left(b).cmp(&left(a)).then_with(|| a.id.cmp(&b.id)));
        for uri in plots {
            let card = match self.card(&uri).await?.map(|card| card.facts) {
                Some(Facts::Plot(card)) => Some(card),
                _ => None,
            };
            scope.plots.insert(uri, card);
        }
        Ok(Some(Ok(scope)))
    }

    /// Buyers that the ledger knows by nothing but the name that the seller wrote.
    async fn add_buyers(
        &self,
        state: &LotState,
        buyers: &mut BTreeMap<String, BTreeMap<String, Option<Quantity>>>,
    ) -> Result<(), StoreError> {
        for stage in state.stages.iter().filter(|stage| stage.effect == Effect::Counts) {
            let Some(to) = stage.destination.as_ref().filter(|to| organisation_in_urn(to).is_none()) else {
                continue;
            };
            if !matches!(stage.step.key(), "shipping" | "selling") || self.party(to).await?.is_some() {
                continue;
            }
            let known = buyers
                .entry(to.clone())
                .or_default()
                .entry(state.uri.clone())
                .or_insert(stage.quantity.map(|quantity| Quantity { amount: 0, unit: quantity.unit }));
            *known = match (*known, stage.quantity) {
                (Some(known), Some(more)) if known.unit == more.unit => {
                    Some(Quantity { amount: known.amount.saturating_add(more.amount), unit: more.unit })
                }
                _ => None,
            };
        }
        Ok(())
    }
}

fn line(state: &LotState, steps: u32, product: Option<Text>) -> ScopeLot {
    let part = |amount: fn(&nguon_trace::lot::Balance) -> u64| {
        state.balance.map(|sum| Quantity { amount: amount(&sum), unit: sum.unit })
    };
    ScopeLot {
        uri: state.uri.clone(),
        steps,
        product,
        is_recalled: matches!(state.status, LotStatus::Recalled { .. }),
        made: part(|sum| sum.made),
        sold: part(|sum| sum.sold),
        left: part(|sum| sum.left),
        labels: state.labels.clone(),
    }
}

impl RecallScope {
    /// Packs that were made of it, and packs still somewhere.
    pub fn packs(&self) -> (u64, u64) {
        let pieces = |quantity: Option<Quantity>| match quantity {
            Some(Quantity { amount, unit: Unit::Piece }) => amount,
            _ => 0,
        };
        self.lots.iter().fold((0, 0), |(made, left), lot| {
            (made.saturating_add(pieces(lot.made)), left.saturating_add(pieces(lot.left)))
        })
    }
}
