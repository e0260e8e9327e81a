//! From lot to lot, with what the read models know of each: one step, or all the way.

use std::collections::{BTreeMap, BTreeSet};

use nguon_id::LotId;
use nguon_storage::StoreError;
use nguon_trace::facts::{Facts, Organisation, Product, organisation_urn};
use nguon_trace::graph::{Bounds, Cycle, Direction, Link, shares, walk};
use nguon_trace::lot::LotState;
use nguon_trace::quantity::Quantity;

use super::{Catalogue, is_askable};
use crate::project::lot_of;

/// What a walk from lot to lot found.
#[derive(Debug, Clone)]
pub enum Trace {
    /// Lots and the links between them.
    Walked {
        /// Where it began.
        start: String,
        /// Every lot that was reached, by URI.
        lots: Vec<TracedLot>,
        /// Which went into which.
        links: Vec<Link>,
        /// Whether the bounds cut something off.
        cut_off: bool,
    },
    /// A lot would be made of itself: nobody can say what it was made of.
    Cycle(String),
}

/// A lot that a walk reached.
#[derive(Debug, Clone)]
pub struct TracedLot {
    /// Its URI.
    pub uri: String,
    /// Steps from the start.
    pub steps: u32,
    /// Its share of the start, when walking back.
    pub share_millionths: Option<u32>,
    /// Its product.
    pub product: Option<Product>,
    /// Who made it.
    pub maker: Option<Organisation>,
    /// How it stands; none if no record tells of it.
    pub state: Option<LotState>,
}

impl Catalogue {
    /// From a lot back to what it was made of, or forward to what was made of it; nothing if no record tells of it.
    pub async fn trace(
        &self,
        id: &LotId,
        direction: Direction,
        bounds: Bounds,
    ) -> Result<Option<Trace>, StoreError> {
        let Some((_, start, _)) = self.find(id).await? else { return Ok(None) };
        let start_uri = start.uri.clone();
        let mut states = BTreeMap::from([(start_uri.clone(), start)]);
        let mut edge = vec![start_uri.clone()];
        let mut steps = 0;
        let mut reader = self.store.reader().await?;
        // One more than the walk may take, so that it knows whether it was cut off.
        while !edge.is_empty() && steps <= bounds.steps && states.len() <= bounds.lots {
            let known = edge.iter().filter_map(|uri| states.get(uri));
            let next: BTreeSet<String> = known
                .flat_map(|state| neighbours(state, direction))
                .map(|link| far_end(link, direction))
                .collect();
            edge.clear();
            for uri in next {
                if states.len() > bounds.lots {
                    break;
                }
                if states.contains_key(&uri) || !is_askable(&uri) {
                    continue;
                }
                if let Some(state) = reader.subject(&uri).await?.as_ref().and_then(lot_of) {
                    states.insert(uri.clone(), state);
                    edge.push(uri);
                }
            }
            steps += 1;
        }
        drop(reader);
        let walked = walk(&start_uri, direction, bounds, |uri| {
            states.get(uri).map(|state| neighbours(state, direction)).unwrap_or_default()
        });
        let walk = match walked {
            Ok(walk) => walk,
            Err(Cycle(on)) => return Ok(Some(Trace::Cycle(on))),
        };
        let shares = match direction {
            Direction::Back => shares(&start_uri, &walk),
            Direction::Forward => BTreeMap::new(),
        };
        let mut products: BTreeMap<String, Option<Product>> = BTreeMap::new();
        let mut makers: BTreeMap<String, Option<Organisation>> = BTreeMap::new();
        let mut lots = Vec::with_capacity(walk.lots.len());
        for (uri, steps) in &walk.lots {
            let state = states.remove(uri);
            let (product, maker) = match &state {
                Some(state) => (state.product.clone(), state.maker.clone()),
                None => (None, None),
            };
            if let Some(uri) = &product
                && !products.contains_key(uri)
            {
                products.insert(uri.clone(), self.product(uri).await?);
            }
            if let Some(hex) = &maker
                && !makers.contains_key(hex)
            {
                let card = self.card(&organisation_urn(hex)).await?.map(|card| card.facts);
                let card = match card {
                    Some(Facts::Organisation(card)) => Some(card),
                    _ => None,
                };
                makers.insert(hex.clone(), card);
            }
            lots.push(TracedLot {
                uri: uri.clone(),
                steps: *steps,
                share_millionths: shares.get(uri).copied(),
                product: product.and_then(|uri| products.get(&uri).cloned().flatten()),
                maker: maker.and_then(|hex| makers.get(&hex).cloned().flatten()),
                state,
            });
        }
        Ok(Some(Trace::Walked { start: start_uri, lots, links: walk.links, cut_off: walk.cut_off }))
    }
}

/// The links of a lot in a walk's direction.
fn neighbours(state: &LotState, direction: Direction) -> Vec<Link> {
    let uri = &state.uri;
    match direction {
        Direction::Back => state
            .inputs
            .iter()
            .map(|input| Link {
                input: input.uri.clone(),
                output: uri.clone(),
                used: input.quantity,
                made: state.balance.map(|balance| Quantity { amount: balance.made, unit: balance.unit }),
            })
            .collect(),
        Direction::Forward => state
            .outputs
            .iter()
            .map(|output| Link {
                input: uri.clone(),
                output: output.uri.clone(),
                used: output.used,
                made: output.made,
            })
            .collect(),
    }
}

fn far_end(link: Link, direction: Direction) -> String {
    match direction {
        Direction::Back => link.input,
        Direction::Forward => link.output,
    }
}
