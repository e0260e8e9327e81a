//! Pallets and cases: what moves a container moves the lots in it, whether its record names them or not.
//!
//! Who moves a container speaks of what it put there itself, or of what the lot's maker did: nobody fills another's pallet. The
//! judge applies the same rule to quantities; here it decides which lots hear of a record.

use std::collections::{BTreeMap, BTreeSet};

use nguon_id::LotId;
use nguon_trace::facts::{Action, Event, Step, What};
use nguon_trace::lot::Said;

use super::{ProjectError, Projector};

/// A case in a crate on a pallet.
const DEPTH: u8 = 3;
/// Lots in one container, at most.
const LOTS: usize = 500;

/// Lots with the organisations that put them there.
type Contents = BTreeMap<String, BTreeSet<String>>;

impl Projector {
    /// The lots that a record about containers is about without naming them.
    pub(super) async fn lots_inside(
        &mut self,
        organisation: &str,
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
        let mut inside = Contents::new();
        for container in named.iter().filter(|uri| LotId::from_uri(uri).is_err()) {
            self.look_into(container, DEPTH, &mut inside).await?;
        }
        let mut lots = BTreeSet::new();
        for (lot, loaders) in inside {
            if !named.contains(lot.as_str()) && self.may_speak(organisation, &lot, &loaders).await? {
                lots.insert(lot);
            }
        }
        Ok(lots)
    }

    /// Records before this one that moved what the lots are put into now: a loading may be told late.
    pub(super) async fn moved_before(
        &mut self,
        organisation: &str,
        event: &Event,
        lot: &str,
    ) -> Result<BTreeSet<u64>, ProjectError> {
        let What::Aggregation { action: Action::Add, container: Some(container), .. } = &event.what else {
            return Ok(BTreeSet::new());
        };
        let loaders = BTreeSet::from([organisation.to_owned()]);
        let mut found = BTreeSet::new();
        let mut containers = vec![container.clone()];
        for _ in 0..DEPTH {
            let mut outer = Vec::new();
            for container in std::mem::take(&mut containers) {
                for (index, by, told) in self.told_of(&container).await? {
                    let is_moved = matches!(told.what, What::Objects { .. }) && moves(&told.step);
                    if is_moved && self.may_speak(&by, lot, &loaders).await? {
                        found.insert(index);
                    }
                    if let What::Aggregation { action: Action::Add, container: Some(into), contents } =
                        &told.what
                        && contents.iter().any(|content| content.subject == container)
                    {
                        found.insert(index);
                        outer.push(into.clone());
                    }
                }
            }
            containers = outer;
        }
        Ok(found)
    }

    /// Whether an organisation that moves a container speaks of a lot that these put there.
    async fn may_speak(
        &mut self,
        organisation: &str,
        lot: &str,
        loaders: &BTreeSet<String>,
    ) -> Result<bool, ProjectError> {
        if loaders.contains(organisation) {
            return Ok(true);
        }
        let maker = self.lot_state(lot).await?.and_then(|state| state.maker.clone());
        Ok(maker.is_some_and(|maker| loaders.contains(&maker)))
    }

    async fn look_into(
        &mut self,
        container: &str,
        depth: u8,
        inside: &mut Contents,
    ) -> Result<(), ProjectError> {
        let mut open = vec![(container.to_owned(), depth)];
        while let Some((container, depth)) = open.pop() {
            for (_, by, told) in self.told_of(&container).await? {
                let What::Aggregation { action: Action::Add, container: Some(into), contents } = &told.what
                else {
                    continue;
                };
                if *into != container {
                    continue;
                }
                for content in contents {
                    if LotId::from_uri(&content.subject).is_ok() {
                        if inside.len() < LOTS || inside.contains_key(&content.subject) {
                            inside.entry(content.subject.clone()).or_default().insert(by.clone());
                        }
                    } else if depth > 1 {
                        open.push((content.subject.clone(), depth - 1));
                    }
                }
            }
        }
        Ok(())
    }

    /// What was told of a container before this record: (entry, organisation, event).
    async fn told_of(
        &mut self,
        container: &str,
    ) -> Result<Vec<(u64, String, std::sync::Arc<Event>)>, ProjectError> {
        self.history(container).await?;
        let history = self.histories.get(container).map(Vec::as_slice).unwrap_or_default();
        let told = history.iter().filter_map(|heard| match &heard.entry.said {
            Said::Event(event) => Some((heard.entry.index, heard.entry.organisation.clone(), event.clone())),
            Said::Unreadable | Said::Erased => None,
        });
        Ok(told.collect())
    }
}

fn moves(step: &Step) -> bool {
    matches!(
        step,
        Step::Shipping
            | Step::Receiving
            | Step::Selling
            | Step::Returning
            | Step::Sampling
            | Step::Destroying
            | Step::Transporting
            | Step::Storing
    )
}

/// Whether an event says what lies in a container, or where it went.
pub(super) fn carries(event: &Event, container: &str) -> bool {
    match &event.what {
        What::Aggregation { container: into, contents, .. } => {
            into.as_deref() == Some(container) || contents.iter().any(|content| content.subject == container)
        }
        What::Objects { objects, .. } => {
            moves(&event.step) && objects.iter().any(|object| object.subject == container)
        }
        _ => false,
    }
}
