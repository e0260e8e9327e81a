//! The plots of a consignment.

use std::collections::BTreeSet;

use nguon_export::eudr::{Collection, Consignment, Lot, Plot, Portion};
use nguon_id::LotId;
use nguon_trace::facts::{Event, Product, Step, Text};
use nguon_trace::finding::Severity;
use nguon_trace::lot::{Effect, LotState, LotStatus, Said};
use nguon_trace::quantity::{Quantity, Unit};

use super::{Export, ExportError, Exports, Reached, slug_of_lots};
use crate::commune;

const GEOJSON: &str = "application/geo+json";

impl Exports {
    /// The plots on which lots grew, as GeoJSON for the European Union. Refused if one is missing, unless the rest is asked
    /// for.
    pub async fn eudr(&mut self, lots: &[LotId], rest: bool) -> Result<Export, ExportError> {
        let mut consignment = Consignment::default();
        for id in lots {
            self.add(&mut consignment, id).await?;
        }
        let named: BTreeSet<String> =
            consignment.portions.iter().flat_map(|portion| portion.plots.iter().cloned()).collect();
        for uri in named {
            if let Some(plot) = self.ground(&uri).await? {
                consignment.plots.insert(uri, plot);
            }
        }
        let collection = Collection::of(&consignment);
        let bytes = if rest { collection.rest() } else { collection.geojson()? };
        let faults = collection.faults().iter().map(|fault| (fault.vi(), fault.en()));
        let warnings = collection.warnings().iter().map(|warning| (warning.vi(), warning.en()));
        Ok(Export {
            bytes,
            file_name: format!("eudr-{}.geojson", slug_of_lots(lots)),
            media_type: GEOJSON,
            remarks: faults.chain(warnings).collect(),
        })
    }

    /// A lot, and what it has from which harvest.
    async fn add(&mut self, consignment: &mut Consignment, id: &LotId) -> Result<(), ExportError> {
        let walked = self.walk(id).await?;
        consignment.cut_off |= walked.cut_off;
        let start = walked.lots.iter().find(|lot| lot.uri == walked.start);
        let grams = start.and_then(|lot| net_grams(lot.state.as_ref()?, lot.product.as_ref()));
        consignment.lots.push(Lot {
            uri: walked.start.clone(),
            number: id.lot().to_string(),
            product: start.and_then(|lot| lot.product.as_ref()).map(|product| product.name.clone()),
            grams,
            blocked: start.and_then(|lot| lot.state.as_ref()).map(blocked).unwrap_or_default(),
        });
        // What was made of other lots grew where those grew.
        let ends: Vec<&Reached> = walked
            .lots
            .iter()
            .filter(|lot| lot.state.as_ref().is_none_or(|state| state.inputs.is_empty()))
            .collect();
        let parts = grams.map(|grams| {
            let shares: Vec<u64> =
                ends.iter().map(|lot| share(lot, &walked.start).unwrap_or_default().into()).collect();
            // Shares are rounded; where they are of the whole lot, so are the parts.
            let known: u64 = shares.iter().sum();
            let rounded = u64::try_from(ends.len()).unwrap_or(u64::MAX);
            let whole = if known.abs_diff(1_000_000) <= rounded { known } else { known.max(1_000_000) };
            shared_out(grams, &shares, whole)
        });
        for (place, lot) in ends.into_iter().enumerate() {
            let share = share(lot, &walked.start);
            let part = parts.as_ref().filter(|_| share.is_some()).map(|parts| parts[place]);
            let portions = match &lot.state {
                Some(state) => self.portions(state, part).await?,
                None => Vec::new(),
            };
            if portions.is_empty() {
                consignment.without_origin.push((lot.uri.clone(), share));
            }
            consignment.portions.extend(portions);
        }
        Ok(())
    }

    /// What a harvested lot has from which plots: each of its harvests by its own weight, where all are weighed.
    async fn portions(&mut self, state: &LotState, part: Option<u64>) -> Result<Vec<Portion>, ExportError> {
        let counts: BTreeSet<u64> = state
            .stages
            .iter()
            .filter(|stage| stage.effect == Effect::Counts && stage.step == Step::Harvest)
            .map(|stage| stage.record)
            .collect();
        let mut harvests = Vec::new();
        for entry in self.projector.entries_on(&state.uri).await? {
            if counts.contains(&entry.index)
                && let Said::Event(event) = entry.said
            {
                harvests.push(event);
            }
        }
        let weights: Option<Vec<u64>> = harvests.iter().map(|event| weight(event, &state.uri)).collect();
        let sum: u128 = weights.iter().flatten().map(|weight| u128::from(*weight)).sum();
        let portions = harvests.iter().enumerate().map(|(place, event)| {
            let grams = match (&weights, harvests.len()) {
                (_, 1) => part,
                (Some(weights), _) if sum > 0 => part
                    .and_then(|part| u64::try_from(u128::from(part) * u128::from(weights[place]) / sum).ok()),
                _ => None,
            };
            let from = event.lot.harvest_from.or(event.lot.harvest_until);
            let day = nguon_trace::facts::vietnam_day(event.time_ms);
            let from = from.unwrap_or(day);
            Portion {
                harvest_lot: state.uri.clone(),
                grams,
                plots: plots_of(event),
                from: Some(from),
                until: Some(event.lot.harvest_until.unwrap_or(from).max(from)),
            }
        });
        Ok(portions.filter(|portion| !portion.plots.is_empty()).collect())
    }

    /// A plot with its place.
    async fn ground(&self, uri: &str) -> Result<Option<Plot>, ExportError> {
        let Some((card, organisation, _)) = self.plot_card(uri).await? else { return Ok(None) };
        let producer = self.organisation(&organisation).await?.map(|card| card.name.vi);
        let place = self.place(uri, &organisation).await?;
        let mut production_place = vec![card.code.clone()];
        production_place.extend(card.place_name.map(|name| name.vi));
        production_place.push(commune::name(&card.commune));
        Ok(Some(Plot {
            code: card.code,
            producer: producer.unwrap_or(organisation),
            production_place: production_place.join(", "),
            declared_m2: card.area_m2,
            place,
        }))
    }
}

/// Net mass of a whole lot: weighed, or counted in packs that hold so much.
fn net_grams(state: &LotState, product: Option<&Product>) -> Option<u64> {
    let balance = state.balance?;
    match (balance.unit, product.and_then(|product| product.net_content)) {
        (Unit::Gram, _) => Some(balance.made),
        (Unit::Piece, Some(Quantity { amount, unit: Unit::Gram })) => balance.made.checked_mul(amount),
        _ => None,
    }
}

/// A lot's share of the one that was asked about, in millionths.
fn share(lot: &Reached, start: &str) -> Option<u32> {
    if lot.uri == start { Some(1_000_000) } else { lot.share_millionths }
}

/// An amount in parts of these weights, so that together they are no gram more or less than their weight of the whole.
fn shared_out(amount: u64, weights: &[u64], whole: u64) -> Vec<u64> {
    let whole = u128::from(whole.max(1));
    let mut before = 0_u128;
    let mut given = 0_u64;
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        before = (before + u128::from(*weight)).min(whole);
        let until = u128::from(amount) * before / whole;
        let until = u64::try_from(until).unwrap_or(u64::MAX);
        parts.push(until.saturating_sub(given));
        given = until;
    }
    parts
}

/// What a harvest put into a lot.
fn weight(event: &Event, lot: &str) -> Option<u64> {
    let made = event.outputs().iter().chain(event.objects()).filter(|amount| amount.subject == lot);
    made.map(|amount| match amount.quantity {
        Some(Quantity { amount, unit: Unit::Gram }) => Some(amount),
        _ => None,
    })
    .sum()
}

/// The plots that a harvest names: those of its lot, or the place where it happened.
pub(super) fn plots_of(event: &Event) -> BTreeSet<String> {
    if event.lot.plots.is_empty() {
        return event.place.iter().cloned().collect();
    }
    event.lot.plots.iter().cloned().collect()
}

/// What nobody may overlook about a lot.
fn blocked(state: &LotState) -> Vec<Text> {
    let recalled = match &state.status {
        LotStatus::Recalled { reason, .. } => {
            let why = reason.clone().unwrap_or_default();
            let en = why.en.as_ref().map_or_else(String::new, |en| format!(": {en}"));
            let vi = if why.vi.is_empty() { String::new() } else { format!(": {}", why.vi) };
            Some(Text::both(format!("đã thu hồi{vi}"), format!("recalled{en}")))
        }
        _ => None,
    };
    let blocking = state.findings.iter().filter(|finding| finding.severity == Severity::Blocking);
    recalled
        .into_iter()
        .chain(blocking.map(|finding| Text::both(&finding.text_vi, &finding.text_en)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::shared_out;

    #[test]
    fn no_gram_is_lost_where_a_lot_is_shared_out() {
        assert_eq!(shared_out(15_000, &[666_667, 333_333], 1_000_000), [10_000, 5_000]);
        assert_eq!(shared_out(10, &[1, 1, 1], 3).iter().sum::<u64>(), 10);
        assert_eq!(shared_out(10, &[250_000], 1_000_000), [2], "the rest is of unknown origin");
        assert_eq!(shared_out(u64::MAX, &[u64::MAX, u64::MAX], u64::MAX), [u64::MAX, 0]);
        assert_eq!(shared_out(5, &[0, 0], 0), [0, 0]);
    }
}
