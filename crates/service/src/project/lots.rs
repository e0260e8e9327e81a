//! Lots: everything recorded on one, judged by `nguon-trace`, and what was made of it judged after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nguon_epcis::Document;
use nguon_id::{LotId, ShortCode};
use nguon_ledger::{Act, AuthorityFinding, EventId, OrganisationId, Record, Subject};
use nguon_storage::SubjectRow;
use nguon_trace::facts::{Event, Facts, Step, organisation_in_urn};
use nguon_trace::lot::{
    Around, Entry, LotState, LotStatus, Owner, Said, Standing, Upstream, Void, Weight, carries, grown_on,
    judge, product_of, products_around, sources, used_in, with_claim,
};
use nguon_trace::plot::{self, Ground, PlotState};

use super::cards::Card;
use super::prefetch::{Parsed, tells};
use super::{FIRST_DRAFT, ProjectError, Projector, proven_subjects, search_key};
use crate::rows;

/// Lots judged again because of one entry, at most: a recall of a lot that went into more packs than this reaches
/// the rest with the next entry on them.
const REACH: usize = 20_000;
/// The same for an entry of an organisation that the province does not recognise: anybody can make one, and with it a tree
/// of lots.
const STRANGERS_REACH: usize = 500;

/// A record on a lot, and what was known about it when the lot was judged last.
#[derive(Clone)]
pub(super) struct Heard {
    record: Arc<Record>,
    pub(super) entry: Entry,
    /// About how much of memory it takes.
    bytes: usize,
}

impl Heard {
    fn new(record: Arc<Record>, index: u64, disputed: bool, said: Said, bytes: usize) -> Self {
        let entry = Entry {
            index,
            event_id: record.event_id().to_string(),
            organisation: record.belongs_to().to_string(),
            author: record.author().to_string(),
            standing: Standing::default(),
            counts: Weight::Full,
            device_time_ms: record.device_time_ms(),
            logged_ms: 0,
            handle: None,
            link_missing: false,
            gateway: false,
            disputed,
            destination: None,
            said,
        };
        // Beside what was signed, its names in hex and the places of its fields.
        Self { record, entry, bytes: bytes + 1_000 }
    }
}

/// About how much of memory a history takes.
pub(super) fn history_bytes(history: &[Heard]) -> usize {
    history.iter().map(|heard| heard.bytes).sum()
}

/// About how much of memory a lot's state takes.
pub(super) fn lot_bytes(lot: &LotState) -> usize {
    2_000 + lot.stages.len() * 700 + (lot.inputs.len() + lot.outputs.len() + lot.findings.len()) * 250
}

/// About how much of memory a plot's state takes.
pub(super) fn plot_bytes(plot: &PlotState) -> usize {
    300 + plot.lots.values().map(|on_plot| 250 + on_plot.findings.len() * 500).sum::<usize>()
}

impl Projector {
    pub(super) async fn event(
        &mut self,
        (record, bytes): (&Arc<Record>, usize),
        proven: &[(String, Subject)],
        event: Event,
        disputed: bool,
    ) -> Result<(), ProjectError> {
        let tells = tells(&event);
        let grown: BTreeSet<&String> = event.place.iter().chain(&event.lot.plots).collect();
        let (mut lots, mut plots, mut containers) = (Vec::new(), Vec::new(), Vec::new());
        for (uri, subject) in proven {
            self.link(uri);
            if LotId::from_uri(uri).is_ok() {
                lots.push((uri, subject));
            } else if grown.contains(uri) || self.is_plot(uri).await? {
                plots.push((uri, subject));
            } else {
                containers.push((uri, subject));
            }
        }
        let organisation = record.belongs_to().to_string();
        // Anybody can make an organisation, and a few bytes about a pallet would be about hundreds of lots.
        let recognised = self.standing_at(record.belongs_to(), self.size).is_recognised();
        let follows = recognised && !containers.is_empty();
        let inside = match follows {
            true => self.lots_inside(&organisation, &event).await?,
            false => BTreeSet::new(),
        };
        // What moved before it was loaded, by the order of the log, is heard now.
        let loaded: Vec<String> = lots.iter().map(|(uri, _)| (*uri).clone()).chain(inside.clone()).collect();
        if follows {
            for (index, mover) in self.moved_before(&organisation, &event).await? {
                let ways = BTreeSet::from([Some(organisation.clone()).filter(|loader| *loader != mover)]);
                for lot in &loaded {
                    if self.is_word_of_maker(lot, &ways).await? {
                        self.link_entry(lot, index);
                        self.histories.remove(lot);
                    }
                }
            }
        }
        for (plot, _) in &plots {
            if tells {
                self.plot_state(plot).await?;
                self.history(plot).await?;
            }
        }
        let told: Vec<_> = plots.iter().filter(|_| tells).map(|(uri, _)| (*uri).clone()).collect();
        let mut touched: Vec<String> = Vec::new();
        let said = Said::Event(Arc::new(event));
        let named = lots.into_iter().map(|(uri, subject)| (uri, Some(subject)));
        for (uri, subject) in named.chain(inside.iter().map(|uri| (uri, None))) {
            let mut heard = Heard::new(record.clone(), self.size, disputed, said.clone(), bytes);
            match subject {
                // A draft's subjects have no salts yet.
                Some(_) if self.size >= FIRST_DRAFT => {}
                Some(subject) => heard.entry.handle = Some(subject.handle.to_string()),
                None => self.link(uri),
            }
            if let Some(before) = self.lot_state(uri).await? {
                self.weigh(&mut heard).await?;
                if let Some(state) = with_claim(&before, &heard.entry) {
                    if let Some(subject) = subject.filter(|_| self.histories.contains(uri)) {
                        self.place(&mut heard, uri, subject).await?;
                    }
                    if let Some(history) = self.histories.get_mut(uri) {
                        history.push(heard);
                    }
                    self.put_lot(state).await?;
                    continue;
                }
            }
            // After the history is there, so that it is not asked for what stands in it.
            self.history(uri).await?;
            if let Some(subject) = subject {
                self.place(&mut heard, uri, subject).await?;
            }
            if let Some(history) = self.histories.get_mut(uri) {
                history.push(heard);
            }
            touched.push(uri.clone());
        }
        for (uri, subject) in plots {
            // A plot's history that nobody asked for yet is read when somebody does.
            if tells && let Some(history) = self.histories.get_mut(uri) {
                let mut heard = Heard::new(record.clone(), self.size, disputed, said.clone(), bytes);
                heard.entry.handle = Some(subject.handle.to_string());
                history.push(heard);
            }
        }
        for (uri, _) in containers {
            if let Some(history) = self.histories.get_mut(uri) {
                history.push(Heard::new(record.clone(), self.size, disputed, said.clone(), bytes));
            }
        }
        for plot in told {
            touched.extend(self.judge_plot(&plot).await?);
        }
        let reach = if recognised { self.reach() } else { STRANGERS_REACH };
        self.judge_from(touched, reach).await
    }

    /// Whether somebody laid a plot's card there: a record may speak of a plot without a place.
    async fn is_plot(&mut self, uri: &str) -> Result<bool, ProjectError> {
        Ok(self.card_of(uri).await?.is_some_and(|card| matches!(card.facts, Facts::Plot(_))))
    }

    /// Lots judged again because of one entry, at most. A draft is anybody's.
    pub(super) fn reach(&self) -> usize {
        if self.foresees_at_ms.is_some() { STRANGERS_REACH } else { REACH }
    }

    /// Where the record stands in the thing's own chain.
    async fn place(&mut self, heard: &mut Heard, uri: &str, subject: &Subject) -> Result<(), ProjectError> {
        // A draft's subjects have no salts yet.
        if heard.entry.index >= FIRST_DRAFT {
            return Ok(());
        }
        heard.entry.handle = Some(subject.handle.to_string());
        if subject.newest == EventId::ZERO {
            return Ok(());
        }
        let (newest, handle) = (subject.newest.to_string(), subject.handle.to_string());
        let index = heard.entry.index;
        let known = self.histories.get(uri).is_some_and(|history| {
            let same = |entry: &Entry| entry.event_id == newest && entry.handle.as_ref() == Some(&handle);
            history.iter().rev().any(|other| other.entry.index < index && same(&other.entry))
        });
        heard.entry.link_missing = !known && !self.is_before(subject, index).await?;
        Ok(())
    }

    /// Whether an entry before this one is the subject's newest record.
    async fn is_before(&self, subject: &Subject, index: u64) -> Result<bool, ProjectError> {
        let prefix = rows::event_prefix(&subject.newest);
        let mut indexes = self.target.reader().await?.entries_of_event(prefix).await?;
        indexes.extend(self.batch.events.iter().filter(|known| known.0 == prefix).map(|known| known.1));
        for found in indexes.into_iter().filter(|found| rows::unsigned(*found) < index) {
            let rows = self.source.reader().await?.records(found, 1).await?;
            let Some(row) = rows.first().filter(|row| row.log_index == found) else { continue };
            if row.event_id == subject.newest.as_bytes()
                && let Ok(record) = Record::parse(&row.bytes)
                && record.subjects().iter().any(|other| other.handle == subject.handle)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a plot's diary says, as of the last entry taken in.
    pub(super) async fn plot_state(&mut self, uri: &str) -> Result<Arc<PlotState>, ProjectError> {
        if let Some(known) = self.plots.get(uri) {
            return Ok(known.clone());
        }
        let state = Arc::new(self.read_plot(uri).await?);
        self.plots.insert(uri.to_owned(), state.clone());
        Ok(state)
    }

    async fn read_plot(&mut self, uri: &str) -> Result<PlotState, ProjectError> {
        self.history(uri).await?;
        let mut history = self.histories.remove(uri).unwrap_or_default();
        for heard in &mut history {
            self.weigh(heard).await?;
        }
        let card = self.card_of(uri).await?;
        let mut areas = Vec::new();
        if let Some(card) = &card {
            for other in plot::beside(uri, history.iter().map(|heard| &heard.entry)) {
                if let Some(Card { facts: Facts::Plot(plot), organisation, .. }) =
                    self.card_of(other).await?.as_deref()
                    && *organisation == card.organisation
                {
                    areas.push((other.to_owned(), plot.area_m2));
                }
            }
        }
        let ground = card.as_deref().and_then(|card| match &card.facts {
            Facts::Plot(plot) => Some(Ground {
                organisation: &card.organisation,
                area_m2: plot.area_m2,
                crop_code: plot.crop_code.as_deref(),
                growing_method: plot.growing_method.as_deref(),
                beside: &areas,
            }),
            _ => None,
        });
        let state = plot::judge(uri, history.iter().map(|heard| &heard.entry), ground);
        self.histories.insert(uri.to_owned(), history);
        Ok(state)
    }

    /// Everything recorded on a lot or plot that this projector knows of, with what it weighs now.
    pub(crate) async fn entries_on(&mut self, uri: &str) -> Result<Vec<Entry>, ProjectError> {
        let indexes = self.target.reader().await?.entries_of_subject(uri).await?;
        // Another projector may write the read models, and be ahead.
        let indexes = indexes.into_iter().filter(|index| rows::unsigned(*index) < self.size).collect();
        let mut entries = Vec::new();
        for (index, parsed) in self.read_entries(&indexes).await? {
            let said = match parsed.public {
                None => Said::Erased,
                Some(Err(_)) => Said::Unreadable,
                Some(Ok(Document { facts: Facts::Event(event), .. })) => Said::Event(Arc::from(event)),
                Some(Ok(_)) => continue,
            };
            let index = rows::unsigned(index);
            let mut heard = Heard::new(parsed.record, index, parsed.disputed, said, parsed.bytes);
            self.weigh(&mut heard).await?;
            entries.push(heard.entry);
        }
        Ok(entries)
    }

    /// Judges a plot again; answers the lots about which it now says something else.
    async fn judge_plot(&mut self, uri: &str) -> Result<Vec<String>, ProjectError> {
        let before = self.plots.remove(uri);
        let now = self.plot_state(uri).await?;
        let Some(before) = before else { return Ok(now.lots.keys().cloned().collect()) };
        let all: BTreeSet<&String> = before.lots.keys().chain(now.lots.keys()).collect();
        let same_owner = before.organisation == now.organisation;
        let changed =
            all.into_iter().filter(|lot| !same_owner || before.lots.get(*lot) != now.lots.get(*lot));
        Ok(changed.cloned().collect())
    }

    /// A plot's card was laid or replaced.
    pub(super) async fn plot_changed(&mut self, uri: &str) -> Result<(), ProjectError> {
        let mut lots = self.judge_plot(uri).await?;
        let history = self.histories.get_mut(uri).map(|history| &*history).into_iter().flatten();
        let beside = plot::beside(uri, history.map(|heard| &heard.entry));
        let beside: Vec<String> = beside.into_iter().map(str::to_owned).collect();
        // What they gave together is shared out by area.
        for other in beside {
            lots.extend(self.judge_plot(&other).await?);
        }
        let reach = self.reach();
        self.judge_from(lots, reach).await
    }

    /// Lots on a record whose weight changed: adopted, erased, or signed by a key that was revoked.
    pub(super) async fn weigh_again(&mut self, event: EventId) -> Result<(), ProjectError> {
        let prefix = rows::event_prefix(&event);
        let mut indexes = self.target.reader().await?.entries_of_event(prefix).await?;
        indexes.extend(self.batch.events.iter().filter(|known| known.0 == prefix).map(|known| known.1));
        for index in indexes {
            let mut things = self.target.reader().await?.subjects_of_entry(index).await?;
            things.extend(self.batch.links.iter().filter(|link| link.1 == index).map(|link| link.0.clone()));
            for thing in &things {
                self.histories.remove(thing);
            }
            let (mut lots, others): (Vec<_>, Vec<_>) =
                things.into_iter().partition(|uri| LotId::from_uri(uri).is_ok());
            for other in others {
                lots.extend(self.judge_plot(&other).await?);
            }
            self.judge_from(lots, REACH).await?;
        }
        Ok(())
    }

    /// Whether an event of the log was signed for this organisation, and is one that an adoption makes count.
    pub(super) async fn is_in_doubt(
        &mut self,
        event: EventId,
        organisation: OrganisationId,
    ) -> Result<bool, ProjectError> {
        let prefix = rows::event_prefix(&event);
        let mut indexes = self.target.reader().await?.entries_of_event(prefix).await?;
        indexes.extend(self.batch.events.iter().filter(|known| known.0 == prefix).map(|known| known.1));
        for index in indexes {
            let rows = self.source.reader().await?.records(index, 1).await?;
            let Some(row) = rows.first().filter(|row| row.event_id == event.as_bytes()) else { continue };
            let known = self.known();
            let key = known.authority.key(&rows::public_key(&row.author));
            let doubted = key.is_some_and(|key| key.is_doubted(rows::unsigned(row.seq)));
            if row.organisation_id == organisation.as_bytes() && (row.disputed || doubted) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the ledger knows now about one record on a lot. Asked again at each judgement: whose a GLN is, how a key
    /// is kept and what was adopted may change after the record, and must not depend on what is still in memory.
    async fn weigh(&mut self, heard: &mut Heard) -> Result<(), ProjectError> {
        let Heard { record, entry, .. } = heard;
        let index = entry.index;
        entry.destination = match &entry.said {
            Said::Event(event) => match &event.destination {
                Some(uri) => self.party(uri).await?,
                None => None,
            },
            Said::Unreadable | Said::Erased => None,
        };
        entry.logged_ms = self.time_at(index);
        let organisation = record.belongs_to();
        entry.standing = self.standing_at(organisation, index);
        let known = self.known();
        let key = known.authority.key(&record.author());
        let adopted = known.authority.is_adopted(organisation, record.event_id());
        let doubted = key.is_some_and(|key| key.is_doubted(record.seq()));
        let found = known.findings(index);
        entry.counts = found
            .iter()
            .find_map(|finding| match finding {
                AuthorityFinding::Disputed if adopted => None,
                AuthorityFinding::Disputed => Some(Void::Disputed),
                AuthorityFinding::StandingLacking => Some(Void::StandingLacking),
                finding if finding.is_void() => Some(Void::RoleLacking),
                _ => None,
            })
            .map_or(if doubted && !adopted { Weight::Claim } else { Weight::Full }, |reason| Weight::None {
                reason,
            });
        let fits = match &entry.said {
            Said::Event(event) => is_signed_as(record.act(), &event.step),
            Said::Unreadable | Said::Erased => true,
        };
        if !fits && !matches!(entry.counts, Weight::None { .. }) {
            entry.counts = Weight::None { reason: Void::ActDiffers };
        }
        entry.gateway = key.is_some_and(|key| key.flags().contains(nguon_ledger::Flags::SERVICE));
        Ok(())
    }

    /// The organisation behind a GLN, hex, if one said that the GLN is its own.
    pub(crate) async fn party(&mut self, uri: &str) -> Result<Option<String>, ProjectError> {
        let Ok(link) = nguon_id::DigitalLink::parse(uri) else { return Ok(None) };
        if !matches!(link.key().ai(), "414" | "417") {
            return Ok(None);
        }
        let owner = self.alias(&format!("gln:{}", link.key().value())).await?;
        Ok(owner.as_deref().and_then(organisation_in_urn).map(str::to_owned))
    }

    /// Everything recorded on a lot before this entry; on a plot, what it is judged by.
    pub(super) async fn history(&mut self, uri: &str) -> Result<(), ProjectError> {
        if self.histories.contains(uri) {
            return Ok(());
        }
        // The first record on a lot makes its row.
        let is_new = !self.is_told_links
            && LotId::from_uri(uri).is_ok()
            && !matches!(self.lots.get(uri), Some(Some(_)))
            && self.subject(uri).await?.is_none();
        let mut indexes = BTreeSet::new();
        if !is_new {
            indexes.extend(self.target.reader().await?.entries_of_subject(uri).await?);
        }
        indexes.extend(self.batch.links.iter().filter(|link| link.0 == uri).map(|link| link.1));
        indexes.remove(&rows::signed(self.size));
        let read = self.read_entries(&indexes).await?;
        self.remember(uri, read.iter().map(|(index, entry)| (*index, entry))).await
    }

    /// Keeps these entries as what was recorded on a thing.
    pub(super) async fn remember(
        &mut self,
        uri: &str,
        entries: impl Iterator<Item = (i64, &Parsed)>,
    ) -> Result<(), ProjectError> {
        let is_lot = LotId::from_uri(uri).is_ok();
        self.histories.insert(uri.to_owned(), Vec::new());
        for (index, parsed) in entries {
            let (said, subject) = match &parsed.public {
                None => (Said::Erased, None),
                Some(Err(_)) => (Said::Unreadable, None),
                Some(Ok(document)) => match &document.facts {
                    Facts::Event(event) if is_lot || tells(event) || carries(event, uri) => {
                        let proven = proven_subjects(&parsed.record, document);
                        let subject = proven.into_iter().find(|(known, _)| known == uri);
                        (Said::Event(Arc::new((**event).clone())), subject.map(|(_, subject)| subject))
                    }
                    _ => continue,
                },
            };
            let index = rows::unsigned(index);
            let mut heard = Heard::new(parsed.record.clone(), index, parsed.disputed, said, parsed.bytes);
            if let Some(subject) = subject {
                heard.entry.handle = Some(subject.handle.to_string());
                if is_lot {
                    self.place(&mut heard, uri, &subject).await?;
                }
            }
            if let Some(history) = self.histories.get_mut(uri) {
                history.push(heard);
            }
        }
        Ok(())
    }

    /// Judges these lots, and what is made of them as far as that hears something new: each after all that it is made
    /// of, so that one judgement is enough.
    pub(super) async fn judge_from(&mut self, lots: Vec<String>, reach: usize) -> Result<(), ProjectError> {
        let mut changed = BTreeSet::new();
        let mut waiting: BTreeSet<String> = BTreeSet::new();
        for lot in BTreeSet::from_iter(lots) {
            let judged = self.judge_one(&lot).await?;
            if judged.shows {
                changed.insert(lot.clone());
            }
            if judged.feeds {
                waiting.extend(self.made_of(&lot).await?);
                waiting.extend(judged.fed);
            }
        }
        // What is found while judging may be made of more than was known before: a few rounds, and a cycle ends.
        for _ in 0..4 {
            if waiting.is_empty() {
                break;
            }
            let order = self.in_order(&waiting, reach).await?;
            let known: BTreeSet<String> = order.iter().cloned().collect();
            let mut next = BTreeSet::new();
            for lot in order {
                if !waiting.remove(&lot) {
                    continue;
                }
                let judged = self.judge_one(&lot).await?;
                if judged.shows {
                    changed.insert(lot.clone());
                }
                if judged.feeds {
                    let made = self.made_of(&lot).await?.into_iter().chain(judged.fed);
                    let (soon, later): (Vec<_>, Vec<_>) = made.partition(|uri| known.contains(uri));
                    waiting.extend(soon);
                    next.extend(later);
                }
            }
            // What still waits stands on a cycle, or was judged before the last word on it was heard.
            waiting.extend(next);
        }
        for lot in changed {
            self.lot_changed(&lot).await?;
        }
        Ok(())
    }

    /// The lots that are made of this one.
    pub(super) async fn made_of(&mut self, lot: &str) -> Result<Vec<String>, ProjectError> {
        let state = self.lot_state(lot).await?;
        let outputs = state.iter().flat_map(|state| &state.outputs).map(|output| output.uri.clone());
        Ok(outputs.filter(|uri| uri != lot).collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// These lots and what is made of them, each after what it is made of; of a cycle in any order.
    async fn in_order(&mut self, lots: &BTreeSet<String>, reach: usize) -> Result<Vec<String>, ProjectError> {
        let mut outputs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut open: Vec<String> = lots.iter().cloned().collect();
        while let Some(lot) = open.pop() {
            if outputs.contains_key(&lot) || outputs.len() >= reach {
                continue;
            }
            let made = self.made_of(&lot).await?;
            open.extend(made.iter().cloned());
            outputs.insert(lot, made);
        }
        let mut inputs: BTreeMap<&str, usize> = outputs.keys().map(|lot| (lot.as_str(), 0)).collect();
        for made in outputs.values().flatten() {
            if let Some(count) = inputs.get_mut(made.as_str()) {
                *count += 1;
            }
        }
        let mut free: Vec<&str> =
            inputs.iter().filter(|(_, count)| **count == 0).map(|(lot, _)| *lot).collect();
        let mut order = Vec::with_capacity(outputs.len());
        while let Some(lot) = free.pop() {
            inputs.remove(lot);
            order.push(lot.to_owned());
            for made in &outputs[lot] {
                if let Some(count) = inputs.get_mut(made.as_str()) {
                    *count -= 1;
                    if *count == 0 {
                        free.push(made);
                    }
                }
            }
        }
        order.extend(inputs.into_keys().map(str::to_owned));
        Ok(order)
    }

    /// Judges one lot; answers who must hear of it.
    async fn judge_one(&mut self, lot: &str) -> Result<Judged, ProjectError> {
        self.history(lot).await?;
        let before = self.lot_state(lot).await?;
        let mut history = self.histories.remove(lot).unwrap_or_default();
        for heard in &mut history {
            self.weigh(heard).await?;
        }
        let entries = || history.iter().map(|heard| &heard.entry);
        let mut upstream = Vec::new();
        for uri in sources(lot, entries()) {
            upstream.extend(self.lot_state(uri).await?.as_deref().map(Upstream::from));
        }
        let mut plots = Vec::new();
        for uri in grown_on(lot, entries()) {
            plots.push(self.plot_state(uri).await?);
        }
        let plots: Vec<&PlotState> = plots.iter().map(AsRef::as_ref).collect();
        let product = match product_of(lot) {
            Some(uri) => self.product_card(&uri).await?,
            None => None,
        };
        let card = product.as_deref().filter(|card| matches!(card.facts, Facts::Product(_)));
        let mut factors = Vec::new();
        for product in products_around(lot, entries()) {
            let card = self.product_card(&product).await?;
            if let Some(Facts::Product(card)) = card.as_deref().map(|card| &card.facts) {
                factors.push((product, super::cards::factors(card)));
            }
        }
        let around = Around {
            upstream: &upstream,
            owner: card.and_then(|card| Some(Owner { organisation: &card.organisation, since: card.since? })),
            plots: &plots,
            factors: &factors,
        };
        let state = judge(lot, entries(), around);
        let fed = used_in(lot, entries()).into_iter().map(str::to_owned).collect();
        self.histories.insert(lot.to_owned(), history);
        if before.as_deref() == Some(&state) {
            return Ok(Judged::default());
        }
        let judged = match before.as_deref() {
            Some(before) => Judged {
                shows: without_records(before) != without_records(&state),
                feeds: Upstream::from(before) != Upstream::from(&state),
                fed,
            },
            None => Judged { shows: true, feeds: true, fed },
        };
        self.put_lot(state).await?;
        if before.is_none() {
            self.give_short_code(lot).await?;
        }
        Ok(judged)
    }

    async fn put_lot(&mut self, state: LotState) -> Result<(), ProjectError> {
        let row = self.lot_row(&state).await?;
        self.put(row);
        self.lots.insert(state.uri.clone(), Some(Arc::new(state)));
        Ok(())
    }

    /// A product's card by its URI, or by a Digital Link with the GTIN that the card names.
    async fn product_card(&mut self, uri: &str) -> Result<Option<Arc<Card>>, ProjectError> {
        let named = match nguon_id::DigitalLink::parse(uri).ok().and_then(|link| link.gtin()) {
            Some(gtin) => self.alias(&format!("gtin:{gtin}")).await?,
            None => None,
        };
        Ok(self.card_of(named.as_deref().unwrap_or(uri)).await?)
    }

    async fn lot_row(&mut self, state: &LotState) -> Result<SubjectRow, ProjectError> {
        let product = match &state.product {
            Some(uri) => match self.product_card(uri).await?.as_deref() {
                Some(Card { facts: Facts::Product(product), .. }) => product.name.vi.clone(),
                _ => String::new(),
            },
            None => String::new(),
        };
        let number = LotId::from_uri(&state.uri).map(|id| id.lot().to_string()).unwrap_or_default();
        let owner: OrganisationId =
            state.maker.as_deref().and_then(|maker| maker.parse().ok()).unwrap_or(OrganisationId::ZERO);
        let last = state.stages.iter().map(|stage| stage.record).max().unwrap_or(self.size);
        Ok(SubjectRow {
            uri: state.uri.clone(),
            kind: "lot".to_owned(),
            organisation_id: owner.as_bytes().to_vec(),
            status: status(&state.status).to_owned(),
            search_key: search_key(&format!("{product} {number}")),
            last_index: rows::signed(last),
            state: serde_json::to_string(state).expect("a lot's state has text keys only"),
        })
    }

    /// The code that is printed under the QR, for a sticker that leads elsewhere: 35 bits of the lot's URI, and the
    /// next 35 when another lot has them already.
    async fn give_short_code(&mut self, lot: &str) -> Result<(), ProjectError> {
        for attempt in 0_u8..16 {
            let alias = short_alias(short_code(lot, attempt));
            match self.alias(&alias).await? {
                Some(owner) if owner != lot => {}
                _ => {
                    self.put_alias(alias, lot);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The n-th short code that a lot may get.
pub(crate) fn short_code(lot: &str, attempt: u8) -> ShortCode {
    let mut hasher = blake3::Hasher::new_derive_key("nguon 2026-11 short code v1");
    hasher.update(lot.as_bytes());
    hasher.update(&[0, attempt]);
    let [a, b, c, d, e, ..] = *hasher.finalize().as_bytes();
    ShortCode::from_bits(u64::from_be_bytes([0, 0, 0, a, b, c, d, e]))
}

/// The other name under which a lot is found by its short code, unless another lot had the same code before.
pub fn first_short_alias(lot: &str) -> String {
    short_alias(short_code(lot, 0))
}

/// How a short code stands among the other names.
pub(crate) fn short_alias(code: ShortCode) -> String {
    format!("short:{code}")
}

/// A stable word for how a lot stands.
pub(crate) fn status(status: &LotStatus) -> &'static str {
    match status {
        LotStatus::Unknown => "unknown",
        LotStatus::Registered => "registered",
        LotStatus::Active => "active",
        LotStatus::SoldOut => "sold_out",
        LotStatus::Destroyed => "destroyed",
        LotStatus::Recalled { .. } => "recalled",
    }
}

/// Who must hear that a lot was judged otherwise.
#[derive(Debug, Clone, Default)]
struct Judged {
    /// Those who look at it: more of it changed than the list of its records.
    shows: bool,
    /// What is made of it.
    feeds: bool,
    /// What it was used in, by anybody's word: of a lot that nobody made nothing is made, and what was made of it must
    /// hear so.
    fed: BTreeSet<String>,
}

/// Whether a step was signed as the act that it is: rights follow the act in the record's header, so an effect that
/// follows from the contents must be of the same act.
fn is_signed_as(act: Option<Act>, step: &Step) -> bool {
    let Some(act) = act else { return false };
    match step {
        Step::Planting { .. }
        | Step::Fertilising { .. }
        | Step::PlantProtection(_)
        | Step::Irrigation { .. }
        | Step::Waste { .. } => matches!(act, Act::Diary | Act::Lot),
        Step::Test { .. } => matches!(act, Act::Diary | Act::Lot | Act::Inspection),
        Step::Inspecting { .. } => act == Act::Inspection,
        Step::Recall { .. } | Step::RecallEnded { .. } => act == Act::Recall,
        Step::Shipping | Step::Receiving | Step::Selling | Step::Returning => {
            matches!(act, Act::Lot | Act::Commerce)
        }
        Step::Confirming { .. } | Step::Other(_) => true,
        _ => act == Act::Lot,
    }
}

fn without_records(state: &LotState) -> LotState {
    LotState { stages: Vec::new(), claims: 0, ..state.clone() }
}

/// The state in a lot's row.
pub(crate) fn lot_of(row: &SubjectRow) -> Option<LotState> {
    if row.kind == "lot" { serde_json::from_str(&row.state).ok() } else { None }
}
