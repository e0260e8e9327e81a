//! Mass balance: what came in and what went out, for each organisation that had the lot.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Code, Finding, quantity_en, quantity_vi};
use crate::lot::{Balance, Holding};
use crate::quantity::{Quantity, Unit};

/// Which way a part of the lot went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Made,
    Used,
    Shipped,
    Received,
    Sold,
    Lost,
}

/// A part of the lot that went somewhere, by the word of one record that counts.
#[derive(Debug, Clone)]
pub(crate) struct Movement<'a> {
    pub(crate) record: u64,
    pub(crate) organisation: &'a str,
    pub(crate) flow: Flow,
    /// The organisation it went to.
    pub(crate) to: Option<&'a str>,
    /// How much; all there is of it, if the record does not say.
    pub(crate) quantity: Option<Quantity>,
}

/// The sums over all movements, which stand in the order of their records.
pub(crate) struct Sums {
    pub(crate) balance: Option<Balance>,
    pub(crate) holdings: BTreeMap<String, Holding>,
    pub(crate) overdrawn: BTreeSet<String>,
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn sum(maker: Option<&str>, movements: &[Movement<'_>]) -> Sums {
    let made = movements.iter().filter(|movement| movement.flow == Flow::Made);
    // The unit that the lot was first made in is the one it is counted in.
    let unit = made.clone().find_map(|movement| Some(movement.quantity?.unit));
    let (Some(unit), Some(maker)) = (unit, maker) else {
        return Sums {
            balance: None,
            holdings: BTreeMap::new(),
            overdrawn: BTreeSet::new(),
            findings: Vec::new(),
        };
    };
    let mut findings = Vec::new();
    let mut holdings: BTreeMap<String, Holding> = BTreeMap::new();
    let mut other_units = Vec::new();
    for movement in movements {
        match movement.quantity {
            Some(quantity) if quantity.unit == unit => add(&mut holdings, movement, quantity.amount),
            Some(_) if movement.organisation == maker => other_units.push(movement.record),
            Some(_) => {}
            None => {}
        }
    }
    // "All there is" can only be said once it is known what else went: so these come last, in their own order.
    for movement in movements.iter().filter(|movement| movement.quantity.is_none()) {
        let outward = !matches!(movement.flow, Flow::Made | Flow::Received);
        let left = holdings.get(movement.organisation).map_or(0, left);
        if outward && left > 0 {
            add(&mut holdings, movement, left);
        }
    }
    if !other_units.is_empty() {
        findings.push(Finding::new(
            Code::UnitDiffers,
            other_units,
            "Có bản ghi dùng đơn vị khác với đơn vị của lô, nên không được cộng vào số lượng.".to_owned(),
            "Some records use another unit than the lot is counted in, so they are not in its sums."
                .to_owned(),
        ));
    }

    findings.extend(received_beyond_shipped(maker, &holdings, movements, unit));
    let mut outward: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for movement in movements {
        let counted = movement.quantity.is_some_and(|quantity| quantity.unit == unit);
        if counted && !matches!(movement.flow, Flow::Made | Flow::Received) {
            outward.entry(movement.organisation).or_default().push(movement.record);
        }
    }
    let mut overdrawn = BTreeSet::new();
    for (organisation, holding) in &mut holdings {
        let (came, went) = (came_in(holding), went_out(holding));
        holding.left = came.saturating_sub(went);
        if went > came {
            let records = outward.remove(organisation.as_str()).unwrap_or_default();
            if organisation == maker {
                findings.push(beyond_left(records, went, came, unit));
            } else {
                findings.push(holder_overdrawn(records, went, came, unit));
                overdrawn.insert(organisation.clone());
            }
        }
    }

    let own = holdings.get(maker).copied().unwrap_or_default();
    let others = |part: fn(&Holding) -> u64| {
        let holders = holdings.iter().filter(|(organisation, _)| organisation.as_str() != maker);
        holders.map(|(_, holding)| part(holding)).fold(0, u64::saturating_add)
    };
    // Whatever holders say, together they used up no more than the maker shipped.
    let mut shipped = own.shipped;
    let mut share = |said: u64| {
        let part = said.min(shipped);
        shipped -= part;
        part
    };
    let used = own.used.saturating_add(share(others(|holding| holding.used)));
    let sold = own.sold.saturating_add(share(others(|holding| holding.sold)));
    let lost = own.lost.saturating_add(share(others(|holding| holding.lost)));
    let gone = used.saturating_add(sold).saturating_add(lost);
    let (made, shipped) = (own.made, own.shipped);
    let balance = Balance { unit, made, used, shipped, sold, lost, left: made.saturating_sub(gone) };
    Sums { balance: Some(balance), holdings, overdrawn, findings }
}

fn add(holdings: &mut BTreeMap<String, Holding>, movement: &Movement<'_>, amount: u64) {
    let holding = holdings.entry(movement.organisation.to_owned()).or_default();
    let part = match movement.flow {
        Flow::Made => &mut holding.made,
        Flow::Used => &mut holding.used,
        Flow::Shipped => &mut holding.shipped,
        Flow::Received => &mut holding.received,
        Flow::Sold => &mut holding.sold,
        Flow::Lost => &mut holding.lost,
    };
    *part = part.saturating_add(amount);
    if let (Flow::Shipped, Some(to)) = (movement.flow, movement.to) {
        let receiver = holdings.entry(to.to_owned()).or_default();
        receiver.sent_here = receiver.sent_here.saturating_add(amount);
    }
}

/// What an organisation says it received goes before what others say they sent it, but nobody receives more than was
/// sent. (Goods that come back to their maker were not sent to it.)
fn came_in(holding: &Holding) -> u64 {
    let received = match (holding.received, holding.sent_here) {
        (0, sent) => sent,
        (received, 0) => received,
        (received, sent) => received.min(sent),
    };
    holding.made.saturating_add(received)
}

/// One finding a receiver: shown as it is, not smoothed.
fn received_beyond_shipped(
    maker: &str,
    holdings: &BTreeMap<String, Holding>,
    movements: &[Movement<'_>],
    unit: Unit,
) -> Vec<Finding> {
    let beyond = holdings.iter().filter(|(organisation, holding)| {
        organisation.as_str() != maker && holding.sent_here > 0 && holding.received > holding.sent_here
    });
    beyond
        .map(|(organisation, holding)| {
            let records = movements.iter().filter(|movement| {
                (movement.flow == Flow::Received && movement.organisation == organisation)
                    || (movement.flow == Flow::Shipped && movement.to == Some(organisation))
            });
            let quantity = |amount| Quantity { amount, unit };
            let (came, sent) = (quantity(holding.received), quantity(holding.sent_here));
            Finding::new(
                Code::ReceivedBeyondShipped,
                records.map(|movement| movement.record).collect(),
                format!(
                    "Bên nhận ghi {} trong khi bên giao chỉ ghi {}.",
                    quantity_vi(came),
                    quantity_vi(sent)
                ),
                format!("{} were received, but only {} were shipped.", quantity_en(came), quantity_en(sent)),
            )
        })
        .collect()
}

impl Holding {
    /// What came in less what went out; below zero when more went out, where [`Holding::left`] stops at nothing.
    #[must_use]
    pub fn at_hand(&self) -> i64 {
        let difference = i128::from(came_in(self)) - i128::from(went_out(self));
        i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
    }
}

fn went_out(holding: &Holding) -> u64 {
    [holding.used, holding.shipped, holding.sold, holding.lost].into_iter().fold(0, u64::saturating_add)
}

fn left(holding: &Holding) -> u64 {
    came_in(holding).saturating_sub(went_out(holding))
}

fn holder_overdrawn(records: Vec<u64>, went: u64, came: u64, unit: Unit) -> Finding {
    let (went, came) = (Quantity { amount: went, unit }, Quantity { amount: came, unit });
    Finding::new(
        Code::HolderOverdrawn,
        records,
        format!(
            "Một đơn vị nhận hàng đã xuất ra {} trong khi chỉ nhận {}.",
            quantity_vi(went),
            quantity_vi(came)
        ),
        format!("Somebody who got {} of it gave on {}.", quantity_en(came), quantity_en(went)),
    )
}

fn beyond_left(records: Vec<u64>, went: u64, came: u64, unit: Unit) -> Finding {
    let (went, came) = (Quantity { amount: went, unit }, Quantity { amount: came, unit });
    Finding::new(
        Code::BeyondLeft,
        records,
        format!("Đã xuất ra {} trong khi chỉ có {}.", quantity_vi(went), quantity_vi(came)),
        format!("{} went out, but only {} was there.", quantity_en(went), quantity_en(came)),
    )
}
