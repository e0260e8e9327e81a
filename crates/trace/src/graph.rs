//! From lot to lot: one step, or all the way, back to what a lot was made of or forward to what was made of it.
//!
//! ```text
//!   harvest A ──500 kg──┐
//!                       ├──▶ packs P ──▶ pallet …       back(P) = {A, B}     forward(A) = {P, …}
//!   harvest B ──280 kg──┘
//! ```
//!
//! Whoever holds the links (a database, a test) hands them out through a closure, one lot at a time. A walk is bounded
//! in lots and says when it stopped early. Goods cannot be made of themselves: a cycle is an error that names a lot on it.
//!
//! A walk back also knows [`shares`]: how much of the start comes from each lot, where every step on the way is counted in
//! one unit.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::facts::Event;
use crate::quantity::Quantity;

/// One lot went into another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// The lot that was used.
    pub input: String,
    /// The lot that was made.
    pub output: String,
    /// How much of the input was used, for all outputs together.
    pub used: Option<Quantity>,
    /// How much of the output was made, of all inputs together.
    pub made: Option<Quantity>,
}

/// The links that one event makes. A correction makes none.
#[must_use]
pub fn links(event: &Event) -> Vec<Link> {
    if event.correction.is_some() {
        return Vec::new();
    }
    let mut links = Vec::new();
    for input in event.inputs() {
        for output in event.outputs() {
            links.push(Link {
                input: input.subject.clone(),
                output: output.subject.clone(),
                used: input.quantity,
                made: output.quantity,
            });
        }
    }
    links
}

/// Which way to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To what a lot was made of.
    Back,
    /// To what was made of it.
    Forward,
}

/// How far to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many steps from the start.
    pub steps: u32,
    /// How many lots in all, the start included.
    pub lots: usize,
}

impl Bounds {
    /// One step back or forward, as traceability law asks for.
    pub const ONE_STEP: Self = Self { steps: 1, lots: 100_000 };
    /// All the way, within what a machine holds easily.
    pub const ALL: Self = Self { steps: u32::MAX, lots: 100_000 };
}

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Each lot reached and its least number of steps from the start, which is 0.
    pub lots: BTreeMap<String, u32>,
    /// Each link walked, sorted.
    pub links: Vec<Link>,
    /// Whether the bounds cut something off.
    pub cut_off: bool,
}

/// A lot is, step by step, made of itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("lot {0} would be made of itself")]
pub struct Cycle(pub String);

/// Links of one walk, at most: among few lots there may be very many.
const LINKS: usize = 200_000;

/// Walks from `start`. `lookup` gives the links of one lot in the walk's direction: those with it as output when going
/// back, as input when going forward; links of other lots are ignored.
pub fn walk(
    start: &str,
    direction: Direction,
    bounds: Bounds,
    mut lookup: impl FnMut(&str) -> Vec<Link>,
) -> Result<Walk, Cycle> {
    let mut lots = HashMap::from([(start.to_owned(), 0)]);
    let mut found = Vec::new();
    let mut cut_off = false;
    let mut queue = VecDeque::from([(start.to_owned(), 0_u32)]);
    while let Some((lot, steps)) = queue.pop_front() {
        for link in lookup(&lot) {
            let (near, next) = match direction {
                Direction::Back => (&link.output, &link.input),
                Direction::Forward => (&link.input, &link.output),
            };
            if *near != lot {
                continue;
            }
            if found.len() >= LINKS {
                cut_off = true;
                break;
            }
            if !lots.contains_key(next) {
                if steps >= bounds.steps || lots.len() >= bounds.lots {
                    cut_off = true;
                    continue;
                }
                lots.insert(next.clone(), steps + 1);
                queue.push_back((next.clone(), steps + 1));
            }
            found.push(link);
        }
    }
    // Equal links are one: which of them comes first does not matter.
    found.sort_unstable();
    found.dedup();
    match cycle(&found) {
        Some(lot) => Err(Cycle(lot)),
        None => Ok(Walk { lots: lots.into_iter().collect(), links: found, cut_off }),
    }
}

/// The share of the start that comes from each lot of a walk [back](Direction::Back), in millionths. A lot whose part cannot
/// be told, since inputs of one making are counted in several units or not at all, is left out with all behind it.
///
/// ```
/// use nguon_trace::graph::{Bounds, Direction, Link, shares, walk};
/// use nguon_trace::quantity::Quantity;
/// let link = |input: &str, grams| Link {
///     input: input.to_owned(),
///     output: "packs".to_owned(),
///     used: Some(Quantity::grams(grams)),
///     made: None,
/// };
/// let links = vec![link("harvest A", 500), link("harvest B", 1_500)];
/// let walk = walk("packs", Direction::Back, Bounds::ALL, |_| links.clone())?;
/// assert_eq!(shares("packs", &walk)["harvest A"], 250_000);
/// # Ok::<(), nguon_trace::graph::Cycle>(())
/// ```
#[must_use]
pub fn shares(start: &str, walk: &Walk) -> BTreeMap<String, u32> {
    let names = Numbered::of(&walk.links);
    // What each lot was made of; a lot may go in several times.
    let mut inputs: Vec<BTreeMap<usize, Option<Quantity>>> = vec![BTreeMap::new(); names.lots.len()];
    let mut open = vec![0_usize; names.lots.len()];
    for (link, (input, output)) in walk.links.iter().zip(&names.links) {
        let of = &mut inputs[*output];
        let sum = match (of.get(input), link.used) {
            (None, used) => used,
            (Some(Some(known)), Some(used)) if known.unit == used.unit => {
                Some(Quantity { amount: known.amount.saturating_add(used.amount), unit: used.unit })
            }
            _ => None,
        };
        if of.insert(*input, sum).is_none() {
            open[*input] += 1;
        }
    }
    // In billionths, so that a long chain of roundings stays below one part in a million.
    let whole = 1_000_000_000_u128;
    let Some(first) = names.lots.iter().position(|lot| *lot == start) else {
        return BTreeMap::from([(start.to_owned(), 1_000_000)]);
    };
    // Known, or not to be told; nothing yet for a lot that was not reached.
    let mut parts: Vec<Option<Option<u128>>> = vec![None; names.lots.len()];
    parts[first] = Some(Some(whole));
    let mut ready = vec![first];
    while let Some(lot) = ready.pop() {
        let part = parts[lot].flatten();
        let made_of = &inputs[lot];
        let unit = made_of.values().next().copied().flatten().map(|quantity| quantity.unit);
        let sum = made_of.values().try_fold(0_u128, |sum, used| {
            let used = (*used).filter(|used| Some(used.unit) == unit)?;
            Some(sum + u128::from(used.amount))
        });
        for (input, used) in made_of {
            let more = match (part, sum, used) {
                (Some(part), Some(sum @ 1..), Some(used)) => Some(part * u128::from(used.amount) / sum),
                _ => None,
            };
            let known = parts[*input].get_or_insert(Some(0));
            *known = known.zip(more).map(|(known, more)| known + more);
            open[*input] -= 1;
            if open[*input] == 0 {
                ready.push(*input);
            }
        }
    }
    let known = names.lots.iter().zip(parts).filter_map(|(lot, part)| Some((*lot, part.flatten()?)));
    known
        .filter_map(|(lot, part)| Some((lot.to_owned(), u32::try_from((part + 500) / 1_000).ok()?)))
        .collect()
}

/// Links with numbers for lots: URIs are long and begin alike, so each is looked up once.
struct Numbered<'a> {
    lots: Vec<&'a str>,
    /// Input and output.
    links: Vec<(usize, usize)>,
}

impl<'a> Numbered<'a> {
    fn of(links: &'a [Link]) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::with_capacity(links.len());
        let mut lots = Vec::new();
        let mut number = |lot: &'a str| {
            *numbers.entry(lot).or_insert_with(|| {
                lots.push(lot);
                lots.len() - 1
            })
        };
        let links = links.iter().map(|link| (number(&link.input), number(&link.output))).collect();
        Self { lots, links }
    }
}

/// A lot on a cycle, if there is one: takes away lots that nothing points to until only cycles (and what hangs behind
/// them) are left, then follows the arrows backwards onto one.
fn cycle(links: &[Link]) -> Option<String> {
    let names = Numbered::of(links);
    let mut inputs: Vec<Vec<usize>> = vec![Vec::new(); names.lots.len()];
    let mut outputs: Vec<Vec<usize>> = vec![Vec::new(); names.lots.len()];
    for (input, output) in names.links {
        inputs[output].push(input);
        outputs[input].push(output);
    }
    let mut waiting: Vec<usize> = inputs.iter().map(Vec::len).collect();
    let mut free: Vec<usize> = (0..waiting.len()).filter(|lot| waiting[*lot] == 0).collect();
    let mut left = waiting.len();
    while let Some(lot) = free.pop() {
        left -= 1;
        for output in &outputs[lot] {
            waiting[*output] -= 1;
            if waiting[*output] == 0 {
                free.push(*output);
            }
        }
    }
    // Every lot still waiting has an input that still waits; going back that many times must end on a cycle.
    let mut lot = waiting.iter().position(|count| *count > 0)?;
    for _ in 0..left {
        lot = *inputs[lot].iter().find(|input| waiting[**input] > 0)?;
    }
    Some(names.lots[lot].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(input: &str, output: &str) -> Link {
        Link { input: input.to_owned(), output: output.to_owned(), used: None, made: None }
    }

    fn over(links: Vec<Link>) -> impl FnMut(&str) -> Vec<Link> {
        move |lot| links.iter().filter(|link| link.input == lot || link.output == lot).cloned().collect()
    }

    #[test]
    fn a_pack_leads_back_to_its_harvests_and_a_harvest_forward_to_its_packs() {
        let links = vec![link("harvest A", "pack"), link("harvest B", "pack"), link("pack", "gift box")];
        let back = walk("gift box", Direction::Back, Bounds::ALL, over(links.clone())).unwrap();
        assert_eq!(back.lots["harvest A"], 2);
        assert_eq!(back.lots.len(), 4);
        let forward = walk("harvest A", Direction::Forward, Bounds::ALL, over(links.clone())).unwrap();
        assert_eq!(forward.lots.keys().collect::<Vec<_>>(), ["gift box", "harvest A", "pack"]);
        let one = walk("gift box", Direction::Back, Bounds::ONE_STEP, over(links)).unwrap();
        assert_eq!((one.lots.len(), one.cut_off), (2, true));
    }

    #[test]
    fn a_walk_over_many_lots_stops_where_it_was_told() {
        let chain: Vec<Link> = (0..300).map(|n| link(&format!("{n:03}"), &format!("{:03}", n + 1))).collect();
        let all = walk("300", Direction::Back, Bounds::ALL, over(chain.clone())).unwrap();
        assert_eq!((all.lots.len(), all.cut_off, all.lots["000"]), (301, false, 300));
        let some = walk("300", Direction::Back, Bounds { steps: u32::MAX, lots: 10 }, over(chain)).unwrap();
        assert_eq!((some.lots.len(), some.cut_off), (10, true));
    }

    #[test]
    fn shares_multiply_along_the_way_and_add_up_where_ways_meet() {
        let used = |input: &str, output: &str, grams| Link {
            used: Some(Quantity::grams(grams)),
            ..link(input, output)
        };
        let links = vec![
            used("a", "sorted 1", 300),
            used("b", "sorted 1", 100),
            used("a", "sorted 2", 50),
            used("c", "sorted 2", 50),
            used("sorted 1", "packs", 200),
            used("sorted 2", "packs", 200),
            link("unweighed", "c"),
        ];
        let back = walk("packs", Direction::Back, Bounds::ALL, over(links)).unwrap();
        let shares = shares("packs", &back);
        assert_eq!((shares["sorted 1"], shares["sorted 2"]), (500_000, 500_000));
        assert_eq!((shares["a"], shares["b"], shares["c"]), (625_000, 125_000, 250_000));
        assert!(!shares.contains_key("unweighed"));
    }

    #[test]
    fn ten_thousand_ancestors_and_a_chain_of_two_hundred() {
        let mut links: Vec<Link> = (0..10_000)
            .map(|n| Link { used: Some(Quantity::grams(1)), ..link(&format!("h{n:05}"), "blend") })
            .collect();
        links.extend((0..200).map(|n| link(&format!("{n:03}"), &format!("{:03}", n + 1))));
        links.push(link("blend", "000"));
        let mut by_output: BTreeMap<String, Vec<Link>> = BTreeMap::new();
        for one in links {
            by_output.entry(one.output.clone()).or_default().push(one);
        }
        let back =
            walk("200", Direction::Back, Bounds::ALL, |lot| by_output.get(lot).cloned().unwrap_or_default());
        let back = back.unwrap();
        assert_eq!((back.lots.len(), back.lots["h09999"]), (10_202, 202));
    }

    #[test]
    fn a_lot_cannot_be_made_of_itself() {
        let links = vec![link("a", "b"), link("b", "c"), link("c", "b"), link("c", "d")];
        let Cycle(on) = walk("d", Direction::Back, Bounds::ALL, over(links)).unwrap_err();
        assert!(on == "b" || on == "c", "{on}");
        let own = walk("a", Direction::Forward, Bounds::ALL, over(vec![link("a", "a")]));
        assert_eq!(own, Err(Cycle("a".to_owned())));
        let twice = vec![link("a", "b"), link("a", "c"), link("b", "d"), link("c", "d")];
        assert!(walk("d", Direction::Back, Bounds::ALL, over(twice)).is_ok(), "meeting again is no cycle");
    }
}
