//! Pallets and cases: what moves a container moves the lots in it, whether its record names them or not.
//!
//! Who moves a container speaks of what it put there itself, or of what the lot's maker did: nobody fills another's pallet, nor puts
//! another's case on it. The judge applies the same rule (`carried` in `nguon-trace`); here it decides which lots
//! hear of a record, within bounds: anybody can write of anybody's containers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nguon_id::LotId;
use nguon_trace::facts::{Action, Event, What};
use nguon_trace::lot::{Said, carries, moves};

use super::{ProjectError, Projector};

/// A case in a crate on a pallet.
const DEPTH: usize = 3;
/// Lots in one container, at most.
const LOTS: usize = 500;
/// Containers that are looked into for one record, at most.
const CONTAINERS: usize = 100;
/// Records on one container that are looked at, at most.
const RECORDS: usize = 500;

/// Whose word a way from a lot to a container is, beside that of whoever moves it: nobody's, or one organisation's.
type By = Option<String>;

impl Projector {
    /// The lots that a record about containers is about without naming them.
    pub(super) async fn lots_inside(
        &mut self,
        mover: &str,
        event: &Event,
    ) -> Result<BTreeSet<String>, ProjectError> {
        let named: BTreeSet<&str> = match &event.what {
            What::Objects { objects, .. } if moves(&event.step) => {
                objects.iter().map(|object| object.subject.as_str()).collect()
            }
            What::Aggregation { action: Action::Add, contents, .. } => {
                contents.iter().map(|content| content.subject.as_str()).collect()
            }
            _ => return Ok(BTreeSet::new()),
        };
        let mut inside: BTreeMap<String, BTreeSet<By>> = BTreeMap::new();
        let mut seen: BTreeSet<(String, By)> = BTreeSet::new();
        let outer = named.iter().filter(|uri| LotId::from_uri(uri).is_err());
        let mut open: Vec<(String, By, usize)> = outer.map(|uri| ((*uri).to_owned(), None, DEPTH)).collect();
        while let Some((container, by, depth)) = open.pop() {
            if seen.len() >= CONTAINERS || !seen.insert((container.clone(), by.clone())) {
                continue;
            }
            for (_, loader, told) in self.told_of(&container).await? {
                let What::Aggregation { action: Action::Add, container: Some(into), contents } = &told.what
                else {
                    continue;
                };
                let Some(by) = also(&by, &loader, mover).filter(|_| *into == container) else { continue };
                let contents: BTreeSet<&str> =
                    contents.iter().map(|content| content.subject.as_str()).collect();
                for content in contents {
                    if LotId::from_uri(content).is_err() {
                        if depth > 1 {
                            open.push((content.to_owned(), by.clone(), depth - 1));
                        }
                    } else if inside.len() < LOTS || inside.contains_key(content) {
                        inside.entry(content.to_owned()).or_default().insert(by.clone());
                    }
                }
            }
        }
        let mut lots = BTreeSet::new();
        for (lot, ways) in inside {
            if !named.contains(lot.as_str()) && self.is_word_of_maker(&lot, &ways).await? {
                lots.insert(lot);
            }
        }
        Ok(lots)
    }

    /// Records before this one that moved what lots are put into now, by whoever loads them: a loading may be told late.
    pub(super) async fn moved_before(
        &mut self,
        loader: &str,
        event: &Event,
    ) -> Result<BTreeSet<(u64, String)>, ProjectError> {
        let What::Aggregation { action: Action::Add, container: Some(container), .. } = &event.what else {
            return Ok(BTreeSet::new());
        };
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![(container.clone(), DEPTH)];
        while let Some((container, depth)) = open.pop() {
            if seen.len() >= CONTAINERS || !seen.insert(container.clone()) {
                continue;
            }
            for (index, by, told) in self.told_of(&container).await? {
                match &told.what {
                    What::Objects { .. } if moves(&told.step) => {
                        found.insert((index, by));
                    }
                    What::Aggregation { action: Action::Add, container: Some(into), contents }
                        if by == loader && contents.iter().any(|content| content.subject == container) =>
                    {
                        found.insert((index, by));
                        if depth > 1 {
                            open.push((into.clone(), depth - 1));
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// Whether one of the ways into the container is the mover's own word, or that of the lot's maker.
    pub(super) async fn is_word_of_maker(
        &mut self,
        lot: &str,
        ways: &BTreeSet<By>,
    ) -> Result<bool, ProjectError> {
        if ways.contains(&None) {
            return Ok(true);
        }
        let maker = self.lot_state(lot).await?.and_then(|state| state.maker.clone());
        Ok(maker.is_some() && ways.contains(&maker))
    }

    /// What recognised organisations told of a container before this record: (entry, organisation, event).
    async fn told_of(&mut self, container: &str) -> Result<Vec<(u64, String, Arc<Event>)>, ProjectError> {
        self.history(container).await?;
        let history = self.histories.get(container).map(Vec::as_slice).unwrap_or_default();
        let known = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let told = history.iter().rev().filter_map(|heard| match &heard.entry.said {
            Said::Event(event) if event.correction.is_none() && carries(event, container) => {
                let organisation = &heard.entry.organisation;
                let id = organisation.parse().ok()?;
                let recognised = known.standing_at(id, heard.entry.index).is_recognised();
                recognised.then(|| (heard.entry.index, organisation.clone(), event.clone()))
            }
            _ => None,
        });
        Ok(told.take(RECORDS).collect())
    }
}

/// A way with one more step by this organisation; nothing if it would be the word of two beside the mover.
fn also(by: &By, loader: &str, mover: &str) -> Option<By> {
    match by {
        _ if loader == mover => Some(by.clone()),
        None => Some(Some(loader.to_owned())),
        Some(known) if known == loader => Some(by.clone()),
        Some(_) => None,
    }
}
