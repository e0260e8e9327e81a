//! From lot to lot, with what the read models know of each: one step, or all the way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use nguon_id::LotId;
use nguon_storage::StoreError;
use nguon_trace::facts::{Facts, Text, organisation_urn};
use nguon_trace::graph::{Bounds, Cycle, Direction, Link, shares, walk};

use super::{Catalogue, LotBrief, is_askable};

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
    /// Its product's name.
    pub product: Option<Arc<Text>>,
    /// The name of who made it.
    pub maker: Option<Arc<Text>>,
    /// How it stands; none if no record tells of it.
    pub brief: Option<LotBrief>,
}

impl Catalogue {
    /// From a lot back to what it was made of, or forward to what was made of it; nothing if no record tells of it.
    pub async fn trace(
        &self,
        id: &LotId,
        direction: Direction,
        bounds: Bounds,
    ) -> Result<Option<Trace>, StoreError> {
        let found = self.find(&mut self.store.reader().await?, id).await?;
        let Some((_, start, _)) = found else { return Ok(None) };
        let start_uri = start.uri.clone();
        let mut briefs = HashMap::from([(start_uri.clone(), LotBrief::from(&start))]);
        let mut edge = vec![start_uri.clone()];
        let mut steps = 0;
        // One more than the walk may take, so that it knows whether it was cut off.
        while !edge.is_empty() && steps <= bounds.steps && briefs.len() <= bounds.lots {
            let next: BTreeSet<&str> = edge
                .iter()
                .filter_map(|uri| briefs.get(uri))
                .flat_map(|brief| brief.next(direction))
                .filter(|uri| !briefs.contains_key(*uri) && is_askable(uri))
                .collect();
            let next: Vec<&str> = next.into_iter().take(bounds.lots + 1 - briefs.len()).collect();
            let read = self.store.reader().await?.lot_briefs(&next).await?;
            edge.clear();
            for brief in parsed(&read) {
                edge.push(brief.uri.clone());
                briefs.insert(brief.uri.clone(), brief);
            }
            steps += 1;
        }
        let walked = walk(&start_uri, direction, bounds, |uri| {
            briefs.get(uri).map(|brief| brief.links(direction)).unwrap_or_default()
        });
        let walk = match walked {
            Ok(walk) => walk,
            Err(Cycle(on)) => return Ok(Some(Trace::Cycle(on))),
        };
        let shares = match direction {
            Direction::Back => shares(&start_uri, &walk),
            Direction::Forward => BTreeMap::new(),
        };
        let mut products: HashMap<String, Option<Arc<Text>>> = HashMap::new();
        let mut makers: HashMap<String, Option<Arc<Text>>> = HashMap::new();
        let mut lots = Vec::with_capacity(walk.lots.len());
        for (uri, steps) in walk.lots {
            let brief = briefs.remove(&uri);
            let (mut product, mut maker) = (None, None);
            if let Some(uri) = brief.as_ref().and_then(|brief| brief.product.as_ref()) {
                if !products.contains_key(uri) {
                    let name = self.product(uri).await?.map(|product| Arc::new(product.name));
                    products.insert(uri.clone(), name);
                }
                product = products.get(uri).cloned().flatten();
            }
            if let Some(hex) = brief.as_ref().and_then(|brief| brief.maker.as_ref()) {
                if !makers.contains_key(hex) {
                    let card = self.card(&organisation_urn(hex)).await?.map(|card| card.facts);
                    let name = match card {
                        Some(Facts::Organisation(card)) => Some(Arc::new(card.name)),
                        _ => None,
                    };
                    makers.insert(hex.clone(), name);
                }
                maker = makers.get(hex).cloned().flatten();
            }
            lots.push(TracedLot {
                share_millionths: shares.get(&uri).copied(),
                uri,
                steps,
                product,
                maker,
                brief,
            });
        }
        Ok(Some(Trace::Walked { start: start_uri, lots, links: walk.links, cut_off: walk.cut_off }))
    }
}

/// Lines that one thread reads by itself: to begin another costs as much as some hundreds.
const LINES_ALONE: usize = 1_000;
/// Threads that read together, at most: others want to be answered, too.
const READERS: usize = 4;

/// The lots of a step; of many, each core reads its part.
fn parsed(read: &str) -> Vec<LotBrief> {
    let parse = |lines: &[&str]| -> Vec<LotBrief> {
        lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let lines: Vec<&str> = read.lines().collect();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(READERS);
    if lines.len() <= LINES_ALONE || cores == 1 {
        return parse(&lines);
    }
    std::thread::scope(|scope| {
        let parts = lines.chunks(lines.len().div_ceil(cores));
        let readers: Vec<_> = parts.map(|part| scope.spawn(move || parse(part))).collect();
        readers
            .into_iter()
            .flat_map(|reader| reader.join().expect("a line that is no lot is left out"))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lots_are_read_as_few_are() {
        let line = |n: usize| format!(r#"{{"uri":"lot {n}","status":{{"state":"active"}}}}"#);
        let all: Vec<String> = (0..5 * LINES_ALONE).map(line).collect();
        let mut text = all.join("\n");
        text.push_str("\nno lot at all");
        let read: Vec<String> = parsed(&text).into_iter().map(|brief| brief.uri).collect();
        let expected: Vec<String> = (0..5 * LINES_ALONE).map(|n| format!("lot {n}")).collect();
        assert_eq!(read, expected);
    }
}
