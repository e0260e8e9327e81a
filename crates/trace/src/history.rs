//! The records on one lot in log order, and whose word counts for it (rules 1 to 3 of [`crate::lot`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Action, Amount, Event, Step, What, event_urn, organisation_in_urn};
use crate::lot::{AHEAD_MS, Around, Effect, Entry, Said, Standing, Void, Weight};
use crate::plot::{PlotState, plots_of};

/// A record and the event it tells.
pub(crate) type Told<'a> = (&'a Entry, &'a Event);

/// The entries in log order, and what each weighs for this lot.
pub(crate) struct History<'a> {
    pub(crate) uri: &'a str,
    pub(crate) entries: Vec<&'a Entry>,
    /// The index of a record that was declared wrong, and of the record that declares it.
    corrected: BTreeMap<u64, u64>,
    /// The same the other way round; of several records, the first.
    corrects: BTreeMap<u64, u64>,
    /// Records that say what cannot be (rule 0).
    impossible: BTreeMap<u64, Void>,
    pub(crate) maker: Option<&'a str>,
    pub(crate) holders: BTreeSet<&'a str>,
    /// Containers that the lot was put into, with whose word that is: one organisation's or two.
    loads: BTreeSet<(&'a str, &'a str, Option<&'a str>)>,
}

impl<'a> History<'a> {
    /// The history of a lot.
    pub(crate) fn new(uri: &'a str, entries: Vec<&'a Entry>, around: Around<'_>) -> Self {
        let mut history = Self::of(uri, entries);
        let unknown = history.on_unknown_plots(around.plots);
        history.impossible.extend(unknown);
        history.maker = history.find_maker(around);
        let twice = history.made_twice();
        history.impossible.extend(twice);
        history.holders = history.find_holders();
        history
    }

    /// The history of a plot: only the word of the organisation whose it is counts.
    pub(crate) fn of_plot(uri: &'a str, entries: Vec<&'a Entry>, organisation: &'a str) -> Self {
        Self { maker: Some(organisation), ..Self::of(uri, entries) }
    }

    fn of(uri: &'a str, entries: Vec<&'a Entry>) -> Self {
        let corrected = corrected(&entries);
        let corrects = corrected.iter().rev().map(|(of, by)| (*by, *of)).collect();
        let ahead = |entry: &&&Entry| {
            let event = event(entry);
            entry.logged_ms > 0
                && event.is_some_and(|event| event.time_ms > entry.logged_ms.saturating_add(AHEAD_MS))
        };
        let impossible = entries.iter().filter(ahead).map(|entry| (entry.index, Void::FutureDate)).collect();
        let loads = loads(uri, &entries, &corrected);
        Self { uri, entries, corrected, corrects, impossible, maker: None, holders: BTreeSet::new(), loads }
    }

    /// Harvests from plots that their organisation has not registered, or that the record's subjects do not name.
    fn on_unknown_plots(&self, plots: &[&PlotState]) -> Vec<(u64, Void)> {
        let knows = |entry: &Entry, plot: &str| {
            let known = plots.iter().find(|known| known.uri == plot);
            known
                .and_then(|known| known.lots.get(self.uri))
                .is_some_and(|on| on.harvests.contains(&entry.index))
        };
        let harvests =
            self.standing().filter(|(_, event)| event.step == Step::Harvest && makes(event, self.uri));
        let unknown =
            harvests.filter(|(entry, event)| !plots_of(event).iter().all(|plot| knows(entry, plot)));
        unknown.map(|(entry, _)| (entry.index, Void::PlotUnknown)).collect()
    }

    /// Makings of a lot that was made before: the same one recorded twice, or a harvest of what was packed.
    fn made_twice(&self) -> Vec<(u64, Void)> {
        let mut twice = Vec::new();
        let mut first: Option<bool> = None;
        let mut at: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
        for (entry, event) in self.standing() {
            if self.maker != Some(entry.organisation.as_str()) || !makes(event, self.uri) {
                continue;
            }
            let is_harvest = event.step == Step::Harvest;
            let same = |other: &&Event| {
                (&other.step, &other.what, &other.place, other.part)
                    == (&event.step, &event.what, &event.place, event.part)
            };
            let known = at.entry(event.time_ms).or_default();
            if *first.get_or_insert(is_harvest) != is_harvest || known.iter().any(same) {
                twice.push((entry.index, Void::MadeTwice));
            } else {
                known.push(event);
            }
        }
        twice
    }

    /// Records of those who had it, whose facts were erased.
    pub(crate) fn erased(&self) -> impl Iterator<Item = &'a Entry> {
        let entries = self.entries.iter().copied();
        entries
            .filter(|entry| entry.said == Said::Erased && entry.counts == Weight::Full && self.had_it(entry))
    }

    /// Records of those who had it that were declared wrong, with their events.
    pub(crate) fn taken_back(&self) -> impl Iterator<Item = Told<'a>> {
        self.entries.iter().copied().filter_map(|entry| {
            let event = event(entry)?;
            let was = entry.counts == Weight::Full && self.corrected.contains_key(&entry.index);
            (was && self.had_it(entry)).then_some((entry, event))
        })
    }

    /// Why the record has no effect, if it says what cannot be.
    pub(crate) fn impossible(&self, entry: &Entry) -> Option<Void> {
        self.impossible.get(&entry.index).copied()
    }

    /// Records of full weight that were not declared wrong, with their events.
    fn standing(&self) -> impl Iterator<Item = Told<'a>> {
        self.entries.iter().copied().filter_map(|entry| {
            let event = event(entry)?;
            let stands = entry.counts == Weight::Full
                && event.correction.is_none()
                && !self.corrected.contains_key(&entry.index)
                && !self.impossible.contains_key(&entry.index);
            stands.then_some((entry, event))
        })
    }

    /// Records that count for this lot.
    pub(crate) fn counting(&self) -> impl Iterator<Item = Told<'a>> {
        self.standing().filter(|(entry, event)| self.concerns(entry, event))
    }

    pub(crate) fn concerns(&self, entry: &Entry, event: &Event) -> bool {
        let brings = makes(event, self.uri) || registers(event, self.uri);
        let own = if brings { self.maker == Some(entry.organisation.as_str()) } else { self.had_it(entry) };
        own && self.reaches(entry, event) || speaks_for_all(entry, event)
    }

    /// Whether what moves things moves this lot: it names the lot, or a container that the lot lies in by the word of whoever moves it
    /// or of the lot's maker.
    fn reaches(&self, entry: &Entry, event: &Event) -> bool {
        let What::Objects { objects, .. } = &event.what else { return true };
        if !moves(&event.step) || names(objects, self.uri) {
            return true;
        }
        let mover = entry.organisation.as_str();
        let is_heard = |by: &str| by == mover || self.maker == Some(by);
        self.loads.iter().any(|(container, first, second)| {
            is_heard(first) && second.is_none_or(is_heard) && names(objects, container)
        })
    }

    /// Records of the maker that count.
    pub(crate) fn by_maker(&self) -> impl Iterator<Item = Told<'a>> {
        self.counting().filter(|(entry, _)| self.maker == Some(entry.organisation.as_str()))
    }

    /// Whether the record's organisation made or received the lot.
    pub(crate) fn had_it(&self, entry: &Entry) -> bool {
        let organisation = entry.organisation.as_str();
        self.maker == Some(organisation) || self.holders.contains(organisation)
    }

    fn find_maker(&self, around: Around<'_>) -> Option<&'a str> {
        let may_make = |entry: &Entry, event: &Event| {
            around.owner.is_none_or(|owner| {
                let is_owners = |input: &Amount| {
                    around.upstream.iter().any(|lot| {
                        lot.uri == input.subject
                            && lot.maker.as_deref() == Some(owner.organisation)
                            && lot.holders.contains(&entry.organisation)
                    })
                };
                // Of the owner's lots only: a gram of them would lend the name to a tonne of anything.
                let from_the_owner = !event.inputs().is_empty() && event.inputs().iter().all(is_owners);
                entry.index < owner.since || entry.organisation == owner.organisation || from_the_owner
            })
        };
        let rank = |entry: &Entry, event: &Event| {
            let made = makes(event, self.uri);
            let brought = made || registers(event, self.uri);
            (brought && may_make(entry, event)).then_some((!entry.standing.makes(), !made, entry.index))
        };
        let ranked = self.standing().filter_map(|(entry, event)| Some((rank(entry, event)?, entry)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, entry)| entry.organisation.as_str())
    }

    /// Follows the goods: whoever the maker sent them to, whoever those sent them to, and so on.
    fn find_holders(&self) -> BTreeSet<&'a str> {
        let mut sent: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
        for (entry, event) in self.standing() {
            if matches!(event.step, Step::Shipping | Step::Selling)
                && self.reaches(entry, event)
                && let Some(to) = destination(entry, event)
            {
                sent.entry(&entry.organisation).or_default().push(to);
            }
        }
        let mut holders = BTreeSet::new();
        let mut reached: Vec<&str> = self.maker.into_iter().collect();
        while let Some(organisation) = reached.pop() {
            for to in sent.remove(organisation).unwrap_or_default() {
                if Some(to) != self.maker && holders.insert(to) {
                    reached.push(to);
                }
            }
        }
        holders
    }

    /// Whether a record has an effect on the lot.
    pub(crate) fn effect(&self, entry: &Entry, event: &Event) -> Effect {
        if let Weight::None { reason } = entry.counts {
            return Effect::Void { reason };
        }
        if event.correction.is_some() {
            return Effect::Correction { of: self.corrects.get(&entry.index).copied() };
        }
        if let Some(by) = self.corrected.get(&entry.index) {
            return Effect::Corrected { by: *by };
        }
        let matters = self.had_it(entry) || self.maker.is_none();
        if let (Some(reason), Weight::Full, true) = (self.impossible(entry), entry.counts, matters) {
            return Effect::Void { reason };
        }
        match entry.counts {
            Weight::Full if self.concerns(entry, event) => Effect::Counts,
            _ => Effect::Claim,
        }
    }
}

/// The containers that a lot was put into: itself, in a case, or in a case in a crate.
fn loads<'a>(
    uri: &str,
    entries: &[&'a Entry],
    corrected: &BTreeMap<u64, u64>,
) -> BTreeSet<(&'a str, &'a str, Option<&'a str>)> {
    let loadings: Vec<(&str, &str, &[Amount])> = entries
        .iter()
        .filter(|entry| entry.counts == Weight::Full && !corrected.contains_key(&entry.index))
        .filter_map(|entry| match &event(entry)?.what {
            What::Aggregation { action: Action::Add, container: Some(container), contents } => {
                Some((entry.organisation.as_str(), container.as_str(), contents.as_slice()))
            }
            _ => None,
        })
        .collect();
    let mut loads = BTreeSet::new();
    for (by, container, contents) in &loadings {
        if names(contents, uri) {
            loads.insert((*container, *by, None));
        }
    }
    for _ in 0..2 {
        for (by, container, contents) in &loadings {
            let inner: Vec<_> = loads.iter().filter(|(inner, ..)| names(contents, inner)).copied().collect();
            for (_, first, second) in inner {
                match second {
                    _ if *by == first || second == Some(*by) => loads.insert((*container, first, second)),
                    None => loads.insert((*container, first, Some(*by))),
                    // Three organisations' words: nobody's own.
                    Some(_) => false,
                };
            }
        }
    }
    loads
}

/// Whether a step takes things somewhere, or away.
#[must_use]
pub fn moves(step: &Step) -> bool {
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
#[must_use]
pub fn carries(event: &Event, container: &str) -> bool {
    match &event.what {
        What::Aggregation { container: into, contents, .. } => {
            into.as_deref() == Some(container) || names(contents, container)
        }
        What::Objects { objects, .. } => moves(&event.step) && names(objects, container),
        _ => false,
    }
}

pub(crate) fn event(entry: &Entry) -> Option<&Event> {
    match &entry.said {
        Said::Event(event) => Some(event),
        Said::Unreadable | Said::Erased => None,
    }
}

/// Which records were declared wrong, by which: only one's own, by a record of full weight that repeats the step (EPCIS 2.0,
/// section 7.4.1.3), so that taking something back needs the same rights as saying it. The first declaration counts.
fn corrected(entries: &[&Entry]) -> BTreeMap<u64, u64> {
    let mut declared: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for entry in entries {
        if let (Weight::Full, Some(Event { correction: Some(correction), .. })) = (entry.counts, event(entry))
        {
            let step = event(entry).map_or("", |event| event.step.key());
            declared.entry((&entry.organisation, &correction.of, step)).or_insert(entry.index);
        }
    }
    let mut corrected = BTreeMap::new();
    for entry in entries {
        let Some(said) = event(entry).filter(|event| event.correction.is_none()) else { continue };
        let by = |id: &str| declared.get(&(entry.organisation.as_str(), id, said.step.key())).copied();
        let own = said.id.as_deref().and_then(by);
        if let Some(by) = own.or_else(|| by(&event_urn(&entry.event_id))) {
            corrected.insert(entry.index, by);
        }
    }
    corrected
}

pub(crate) fn names(amounts: &[Amount], uri: &str) -> bool {
    amounts.iter().any(|amount| amount.subject == uri)
}

/// Whether the event brings the lot about.
pub(crate) fn makes(event: &Event, uri: &str) -> bool {
    match &event.what {
        What::Transformation { outputs, .. } => names(outputs, uri),
        What::Objects { action: Action::Add, objects } => {
            let step = &event.step;
            let creates = [Step::Harvest, Step::Packing, Step::Processing, Step::Sorting, Step::Handling];
            creates.contains(step) && names(objects, uri)
        }
        _ => false,
    }
}

/// Whether the event prints or activates the lot's codes.
pub(crate) fn registers(event: &Event, uri: &str) -> bool {
    matches!(event.step, Step::Encoding | Step::Commissioning) && names(event.objects(), uri)
}

/// Whether an organisation of this standing may inspect and certify.
#[must_use]
pub fn inspects(standing: Standing) -> bool {
    standing.has(Standing::CERTIFIER) || standing.has(Standing::AUTHORITY)
}

/// Inspectors speak about inspections of any lot, authorities about recalls too.
pub(crate) fn speaks_for_all(entry: &Entry, event: &Event) -> bool {
    match event.step {
        Step::Inspecting { .. } | Step::Test { .. } => inspects(entry.standing),
        Step::Recall { .. } | Step::RecallEnded { .. } => entry.standing.has(Standing::AUTHORITY),
        _ => false,
    }
}

/// The organisation that the goods go to.
pub(crate) fn destination<'a>(entry: &'a Entry, event: &'a Event) -> Option<&'a str> {
    entry.destination.as_deref().or_else(|| organisation_in_urn(event.destination.as_deref()?))
}
