//! Thu hồi: since when a lot is recalled, by whom, and who gave it on all the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::balance::{Flow, Movement};
use crate::facts::{Event, Step};
use crate::finding::{Code, Finding, date_en, date_vi, quantity_en, quantity_vi};
use crate::history::{History, Told, destination};
use crate::lot::{LotStatus, RECALL_HEARD_MS, RECALLS_KEPT, Recalled, Standing, Upstream};
use crate::quantity::Quantity;

impl<'a> History<'a> {
    /// The recall that stands, if one does: the first of those that nobody who may has ended.
    pub(crate) fn recall(&self) -> Option<LotStatus> {
        let (entry, event, _) = self.called().into_iter().find(|(.., until_ms)| until_ms.is_none())?;
        let Step::Recall { reason } = &event.step else { return None };
        Some(LotStatus::Recalled {
            reason: reason.clone(),
            since_ms: event.time_ms,
            by: entry.organisation.clone(),
            record: entry.index,
            inherited_from: None,
        })
    }

    /// Every recall by the maker or an authority, with when the same or an authority ended it.
    fn called(&self) -> Vec<(&'a crate::lot::Entry, &'a Event, Option<i64>)> {
        let mut called: Vec<(_, &Event, Option<i64>)> = Vec::new();
        for (entry, event) in self.counting() {
            let authority = entry.standing.has(Standing::AUTHORITY);
            let may = authority || self.maker == Some(entry.organisation.as_str());
            match event.step {
                Step::Recall { .. } if may => called.push((entry, event, None)),
                Step::RecallEnded { .. } if may => {
                    let ends = |(open, ..): &&mut (&crate::lot::Entry, &Event, Option<i64>)| {
                        authority || open.organisation == entry.organisation
                    };
                    for (_, _, until_ms) in called.iter_mut().filter(ends) {
                        until_ms.get_or_insert(event.time_ms);
                    }
                }
                _ => {}
            }
        }
        called
    }

    /// When the lot was recalled, and what it was made of.
    pub(crate) fn recalls(&self, upstream: &[&Upstream]) -> Vec<Recalled> {
        let own = self.called().into_iter().map(|(entry, event, until_ms)| Recalled {
            record: entry.index,
            by: entry.organisation.clone(),
            // The device's word may lie before anybody could hear of it.
            from_ms: event.time_ms.max(entry.logged_ms),
            until_ms,
        });
        let mut by_record: BTreeMap<u64, Recalled> = BTreeMap::new();
        for recalled in own.chain(upstream.iter().flat_map(|lot| lot.recalls.iter().cloned())) {
            // One record may recall several lots of which one came back earlier: this one only with the last.
            let known = by_record.entry(recalled.record).or_insert_with(|| recalled.clone());
            known.until_ms = known.until_ms.zip(recalled.until_ms).map(|(one, other)| one.max(other));
        }
        let older = by_record.len().saturating_sub(RECALLS_KEPT);
        by_record.into_values().skip(older).collect()
    }

    /// What was shipped or sold on while the lot was recalled. The log's order and the event's day must both say so: what
    /// happened before and was recorded late, or was recorded before, is no fault.
    pub(crate) fn sold_after_recall(
        &self,
        recalls: &[Recalled],
        movements: &[Movement<'_>],
    ) -> Option<Finding> {
        if recalls.is_empty() {
            return None;
        }
        let times: BTreeMap<u64, i64> =
            self.counting().map(|(entry, event)| (entry.index, event.time_ms)).collect();
        let while_recalled = |movement: &Movement<'_>| {
            let time_ms = *times.get(&movement.record)?;
            recalls.iter().find(|recalled| {
                movement.record > recalled.record
                    && time_ms >= recalled.from_ms.saturating_add(RECALL_HEARD_MS)
                    && recalled.until_ms.is_none_or(|until_ms| time_ms < until_ms)
            })
        };
        let came_from = self.senders();
        let mut destroyed = destroyed(movements, &times, recalls);
        let mut given: Vec<&Movement<'_>> = Vec::new();
        let mut first: Option<i64> = None;
        for movement in movements {
            let Some(recalled) = while_recalled(movement) else { continue };
            let is_fault = match (movement.flow, movement.to) {
                (Flow::Sold, _) | (Flow::Shipped, None) => true,
                (Flow::Shipped, Some(to)) => {
                    let goes_back = self.maker == Some(to)
                        || recalled.by == to
                        || came_from.contains(&(to, movement.organisation));
                    !goes_back && !take(&mut destroyed, to, movement.quantity)
                }
                _ => false,
            };
            if is_fault {
                given.push(movement);
                first = Some(first.map_or(recalled.from_ms, |known| known.min(recalled.from_ms)));
            }
        }
        let day = crate::facts::vietnam_day(first?);
        let sum = given.iter().map(|movement| movement.quantity).reduce(|sum, more| match (sum, more) {
            (Some(sum), Some(more)) if sum.unit == more.unit => {
                Some(Quantity { amount: sum.amount.saturating_add(more.amount), unit: sum.unit })
            }
            _ => None,
        });
        let (vi, en) = match sum.flatten() {
            Some(sum) => (format!("vẫn có {}", quantity_vi(sum)), format!("{} of it", quantity_en(sum))),
            None => ("vẫn có hàng".to_owned(), "some of it".to_owned()),
        };
        Some(Finding::new(
            Code::SoldAfterRecall,
            given.iter().map(|movement| movement.record).collect(),
            format!("Lô bị thu hồi từ ngày {}, nhưng sau đó {vi} được giao hoặc bán tiếp.", date_vi(day)),
            format!("The lot was recalled on {}; after that, {en} went on to others.", date_en(day)),
        ))
    }

    /// Who sent the lot to whom.
    fn senders(&self) -> BTreeSet<(&'a str, &'a str)> {
        let sent = |(entry, event): Told<'a>| {
            matches!(event.step, Step::Shipping | Step::Selling)
                .then(|| Some((entry.organisation.as_str(), destination(entry, event)?)))?
        };
        self.counting().filter_map(sent).collect()
    }
}

/// How much each organisation destroyed after a recall; none is all that it had.
fn destroyed<'a>(
    movements: &[Movement<'a>],
    times: &BTreeMap<u64, i64>,
    recalls: &[Recalled],
) -> BTreeMap<&'a str, Option<Quantity>> {
    let since_ms = recalls.iter().map(|recalled| recalled.from_ms).min().unwrap_or(i64::MAX);
    let mut destroyed: BTreeMap<&str, Option<Quantity>> = BTreeMap::new();
    for movement in movements.iter().filter(|movement| movement.flow == Flow::Lost) {
        if times.get(&movement.record).is_none_or(|time_ms| *time_ms < since_ms) {
            continue;
        }
        let sum = match (destroyed.get(movement.organisation), movement.quantity) {
            (None, quantity) => quantity,
            (Some(Some(sum)), Some(more)) if sum.unit == more.unit => {
                Some(Quantity { amount: sum.amount.saturating_add(more.amount), unit: sum.unit })
            }
            // In another unit it cannot be added; all of it it stays.
            (Some(known), _) => *known,
        };
        destroyed.insert(movement.organisation, sum);
    }
    destroyed
}

/// Whether so much was destroyed where it went; it is counted once.
fn take(destroyed: &mut BTreeMap<&str, Option<Quantity>>, to: &str, sent: Option<Quantity>) -> bool {
    match (destroyed.get_mut(to), sent) {
        (Some(None), _) | (Some(_), None) => true,
        (Some(Some(left)), Some(sent)) if left.unit == sent.unit && left.amount >= sent.amount => {
            left.amount -= sent.amount;
            true
        }
        _ => false,
    }
}

/// The recall that a lot passes on to what was made of it.
pub(crate) fn inherited(lot: &Upstream) -> Option<LotStatus> {
    let LotStatus::Recalled { reason, since_ms, by, record, inherited_from } = &lot.status else {
        return None;
    };
    Some(LotStatus::Recalled {
        reason: reason.clone(),
        since_ms: *since_ms,
        by: by.clone(),
        record: *record,
        inherited_from: Some(inherited_from.clone().unwrap_or_else(|| lot.uri.clone())),
    })
}
