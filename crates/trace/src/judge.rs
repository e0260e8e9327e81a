//! The rules of [`crate::lot`], applied.

use std::collections::{BTreeMap, BTreeSet};

use nguon_id::LotId;

use crate::balance::{self, Flow, Movement};
use crate::facts::{Action, Amount, Event, Step, What, organisation_in_urn};
use crate::finding::Code;
use crate::history::{History, Told, destination, event, inspects, makes, names, registers, speaks_for_all};
use crate::lot::{
    Around, CLAIMS_SHOWN, Effect, Entry, Input, Inspection, LotState, LotStatus, Output, Stage, Upstream,
    Weight, late_by_ms,
};
use crate::plot::plots_of;
use crate::quantity::{Quantity, Unit};
use crate::recalls::inherited;
use crate::rules::{blocked_sources, overdrawn_sources, recalled_source, unknown_sources};

/// How the lot stands, from every record on it and from what is known around it.
///
/// `history` may come in any order and with repetitions of the same index, which are ignored after the first.
#[must_use]
pub fn judge<'a>(uri: &'a str, history: impl IntoIterator<Item = &'a Entry>, around: Around<'_>) -> LotState {
    let mut entries: Vec<&Entry> = history.into_iter().collect();
    entries.sort_by_key(|entry| entry.index);
    entries.dedup_by_key(|entry| entry.index);
    History::new(uri, entries, around).state(around)
}

/// The plots that a lot was harvested on, by anybody's word of full weight.
#[must_use]
pub fn grown_on<'a>(uri: &str, history: impl IntoIterator<Item = &'a Entry>) -> BTreeSet<&'a str> {
    let events = history.into_iter().filter(|entry| entry.counts == Weight::Full).filter_map(event);
    let harvests = events.filter(|event| event.step == Step::Harvest && makes(event, uri));
    harvests.flat_map(plots_of).collect()
}

/// The lots that a lot was made of, by anybody's word of full weight.
#[must_use]
pub fn sources<'a>(uri: &str, history: impl IntoIterator<Item = &'a Entry>) -> BTreeSet<&'a str> {
    let events = history.into_iter().filter(|entry| entry.counts == Weight::Full).filter_map(event);
    let making = events.filter(|event| names(event.outputs(), uri));
    making
        .flat_map(|event| event.inputs())
        .map(|input| input.subject.as_str())
        .filter(|lot| *lot != uri)
        .collect()
}

/// The lots that a lot was used in, by anybody's word of full weight: whoever must hear when it is judged otherwise.
#[must_use]
pub fn used_in<'a>(uri: &str, history: impl IntoIterator<Item = &'a Entry>) -> BTreeSet<&'a str> {
    let events = history.into_iter().filter(|entry| entry.counts == Weight::Full).filter_map(event);
    let using = events.filter(|event| names(event.inputs(), uri));
    let outputs = using.flat_map(|event| event.outputs());
    outputs.map(|output| output.subject.as_str()).filter(|lot| *lot != uri).collect()
}

impl<'a> History<'a> {
    fn state(&self, around: Around<'_>) -> LotState {
        let movements = self.movements();
        let sums = balance::sum(self.maker, &movements);
        let inputs = self.inputs();
        let upstream: Vec<&Upstream> =
            around.upstream.iter().filter(|lot| inputs.iter().any(|input| input.uri == lot.uri)).collect();

        let (stages, claims) = self.stages();
        let mut state = LotState {
            uri: self.uri.to_owned(),
            number: None,
            product: None,
            status: LotStatus::Unknown,
            maker: self.maker.map(str::to_owned),
            source_makers: upstream
                .iter()
                .flat_map(|lot| lot.maker.iter().chain(&lot.source_makers).cloned())
                .collect(),
            holders: self.holders.iter().map(|organisation| (*organisation).to_owned()).collect(),
            harvest_from: None,
            harvest_until: None,
            produced_on: None,
            best_before: None,
            use_by: None,
            country_of_origin: None,
            growing_method: None,
            origin_plots: BTreeSet::new(),
            balance: sums.balance,
            holdings: sums.holdings,
            overdrawn: sums.overdrawn,
            outputs: self.outputs(),
            inputs,
            stages,
            claims,
            certificates: BTreeSet::new(),
            inspections: self.inspections(),
            recalls: self.recalls(&upstream),
            labels: self.labels(),
            findings: sums.findings,
        };
        self.describe(&mut state, &upstream);
        state.status = self.status(&state, &movements, &upstream);
        let of_another = around.owner.is_some_and(|owner| self.maker != Some(owner.organisation));
        state.findings.extend(self.transformation_findings(around.factors, of_another));
        state.findings.extend(self.record_findings());
        state.findings.extend(self.sold_after_recall(&state.recalls, &movements));
        state.findings.extend(upstream.iter().filter_map(|lot| recalled_source(lot, &state.inputs)));
        state.findings.extend(blocked_sources(&upstream, &state.inputs));
        state.findings.extend(overdrawn_sources(&upstream, self.maker, &state.inputs));
        state.findings.extend(unknown_sources(&upstream, &state.inputs));
        state.findings.extend(self.made_of_nothing());
        // An erased harvest is missed in the lot's records and in the plot's: once is enough.
        let known = state.findings.iter().any(|finding| finding.code == Code::FactsErased);
        let on_plots = self.plot_findings(around.plots).into_iter();
        state.findings.extend(on_plots.filter(|finding| !known || finding.code != Code::FactsErased));
        state.findings.extend(self.labels_beyond_packs(&state));
        state.findings.extend(self.labels_printed_twice());
        state
            .findings
            .sort_by(|a, b| (a.severity, a.code, &a.records).cmp(&(b.severity, b.code, &b.records)));
        state
    }

    /// The lot's own card, from the records that made or registered it; what its inputs know fills the gaps.
    fn describe(&self, state: &mut LotState, upstream: &[&Upstream]) {
        for (_, event) in self.by_maker() {
            let (makes, registers) = (makes(event, self.uri), registers(event, self.uri));
            if makes || registers {
                let lot = &event.lot;
                fill(&mut state.number, &lot.number);
                fill(&mut state.product, &lot.product);
                fill(&mut state.produced_on, &lot.produced_on);
                fill(&mut state.best_before, &lot.best_before);
                fill(&mut state.use_by, &lot.use_by);
                fill(&mut state.country_of_origin, &lot.country_of_origin);
                fill(&mut state.growing_method, &lot.growing_method);
                earlier(&mut state.harvest_from, lot.harvest_from);
                later(&mut state.harvest_until, lot.harvest_until);
                state.origin_plots.extend(lot.plots.iter().cloned());
            }
            if makes && event.step == Step::Harvest {
                state.origin_plots.extend(event.place.clone());
            }
            if makes || matches!(event.step, Step::Inspecting { .. } | Step::Test { .. }) {
                state.certificates.extend(event.certificates.iter().cloned());
            }
        }
        for lot in upstream {
            state.origin_plots.extend(lot.origin_plots.iter().cloned());
            earlier(&mut state.harvest_from, lot.harvest_from);
            later(&mut state.harvest_until, lot.harvest_until);
        }
        if state.product.is_none() {
            state.product = product_of(self.uri);
        }
        if state.number.is_none() {
            state.number = LotId::from_uri(self.uri).ok().map(|id| id.lot().as_str().to_owned());
        }
    }

    fn movements(&self) -> Vec<Movement<'a>> {
        let contents = self.contents();
        let had_it = self.counting().filter(|(entry, _)| self.had_it(entry));
        had_it.flat_map(|(entry, event)| self.movements_of(entry, event, &contents)).collect()
    }

    fn movements_of(&self, entry: &'a Entry, event: &'a Event, contents: &Contents<'_>) -> Vec<Movement<'a>> {
        let organisation = entry.organisation.as_str();
        let to = destination(entry, event);
        let movement = |flow, quantity| Movement { record: entry.index, organisation, flow, to, quantity };
        let of_lot = |amounts: &'a [Amount], flow: Flow| {
            let here = amounts.iter().filter(|amount| amount.subject == self.uri);
            here.map(|amount| movement(flow, amount.quantity)).collect::<Vec<_>>()
        };
        match &event.what {
            What::Transformation { inputs, outputs, .. } => {
                let mut both = of_lot(inputs, Flow::Used);
                both.extend(of_lot(outputs, Flow::Made));
                both
            }
            What::Objects { action, objects } => {
                let from = event.source.as_deref().and_then(organisation_in_urn);
                let from_itself = from == Some(organisation);
                let leaves = event.destination.is_some() && to != Some(organisation);
                let flow = match event.step {
                    Step::Harvest | Step::Packing | Step::Processing | Step::Sorting | Step::Handling
                        if *action == Action::Add =>
                    {
                        Flow::Made
                    }
                    Step::Shipping if leaves => Flow::Shipped,
                    // Sold to somebody who goes on with it: to the lot that is the same as shipped.
                    Step::Selling if to.is_some_and(|to| to != organisation) => Flow::Shipped,
                    Step::Receiving if self.maker != Some(organisation) && !from_itself => Flow::Received,
                    Step::Returning if !from_itself => Flow::Received,
                    Step::Selling => Flow::Sold,
                    Step::Sampling | Step::Destroying => Flow::Lost,
                    _ => return Vec::new(),
                };
                let mut all = of_lot(objects, flow);
                for container in objects {
                    // By the word of whoever moves it, or of the maker: nobody fills another's container.
                    let container = container.subject.as_str();
                    let own = contents.get(&(organisation, container));
                    if let Some(quantity) = own.or_else(|| contents.get(&(self.maker?, container))) {
                        all.push(movement(flow, *quantity));
                    }
                }
                all
            }
            What::Aggregation { .. }
            | What::Association { .. }
            | What::Transaction { .. }
            | What::Foreign(_) => Vec::new(),
        }
    }

    /// How much of the lot was put into each container. A container (an SSCC) is never used twice, so what is taken out
    /// again does not matter for a record that moves it.
    fn contents(&self) -> Contents<'a> {
        let mut contents = Contents::new();
        for (entry, event) in self.counting().filter(|(entry, _)| self.had_it(entry)) {
            let What::Aggregation { action: Action::Add, container: Some(container), contents: put } =
                &event.what
            else {
                continue;
            };
            for amount in put.iter().filter(|amount| amount.subject == self.uri) {
                let place = (entry.organisation.as_str(), container.as_str());
                add_up(&mut contents, place, amount.quantity);
            }
        }
        // A case that is put on a pallet brings along what is in it; cases in crates on pallets, and no deeper.
        let mut deeper = contents.clone();
        for _ in 0..2 {
            let mut next = Contents::new();
            for (entry, event) in self.counting().filter(|(entry, _)| self.had_it(entry)) {
                let What::Aggregation { action: Action::Add, container: Some(container), contents: put } =
                    &event.what
                else {
                    continue;
                };
                for inner in put.iter().filter(|inner| inner.subject != *container) {
                    let by = entry.organisation.as_str();
                    let inner = inner.subject.as_str();
                    let makers = || deeper.get(&(self.maker?, inner));
                    if let Some(quantity) = deeper.get(&(by, inner)).or_else(makers) {
                        add_up(&mut next, (by, container.as_str()), *quantity);
                    }
                }
            }
            for (place, quantity) in &next {
                add_up(&mut contents, *place, *quantity);
            }
            deeper = next;
        }
        contents
    }

    fn inputs(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (entry, event) in self.by_maker() {
            if !event.outputs().iter().any(|output| output.subject == self.uri) {
                continue;
            }
            for input in event.inputs().iter().filter(|input| input.subject != self.uri) {
                let (uri, quantity) = (input.subject.clone(), input.quantity);
                inputs.push(Input { uri, quantity, share_millionths: None, record: entry.index });
            }
        }
        let one_unit: Option<(u128, Unit)> = inputs
            .iter()
            .try_fold(None, |sum, input| {
                let quantity = input.quantity?;
                match sum {
                    None => Some(Some((u128::from(quantity.amount), quantity.unit))),
                    Some((total, unit)) if unit == quantity.unit => {
                        Some(Some((total + u128::from(quantity.amount), unit)))
                    }
                    Some(_) => None,
                }
            })
            .flatten();
        if let Some((total @ 1.., _)) = one_unit {
            for input in &mut inputs {
                let amount = input.quantity.map_or(0, |quantity| u128::from(quantity.amount));
                input.share_millionths = u32::try_from(amount * 1_000_000 / total).ok();
            }
        }
        inputs
    }

    fn outputs(&self) -> Vec<Output> {
        let mut outputs = Vec::new();
        for (entry, event) in self.counting().filter(|(entry, _)| self.had_it(entry)) {
            let Some(used) = event.inputs().iter().find(|input| input.subject == self.uri) else { continue };
            for output in event.outputs().iter().filter(|output| output.subject != self.uri) {
                outputs.push(Output {
                    uri: output.subject.clone(),
                    used: used.quantity,
                    made: output.quantity,
                    record: entry.index,
                });
            }
        }
        outputs
    }

    fn inspections(&self) -> Vec<Inspection> {
        let inspection = |(entry, event): Told<'_>| {
            let (Step::Inspecting { conformant } | Step::Test { conformant, .. }) = &event.step else {
                return None;
            };
            Some(Inspection {
                record: entry.index,
                organisation: entry.organisation.clone(),
                independent: inspects(entry.standing) && !self.had_it(entry),
                time_ms: event.time_ms,
                conformant: *conformant,
                certificates: event.certificates.clone(),
            })
        };
        self.counting().filter_map(inspection).collect()
    }

    /// The stages, and how many claims there are.
    fn stages(&self) -> (Vec<Stage>, u64) {
        let mut claims = 0;
        let contents = self.contents();
        let stage = |entry: &&'a Entry| {
            let event = event(entry)?;
            let effect = self.effect(entry, event);
            if effect != Effect::Counts && !self.had_it(entry) {
                claims += 1;
                if claims > CLAIMS_SHOWN {
                    return None;
                }
            }
            let confirmed_by = self.confirmed_by(entry);
            let mut stage = stage_of(self.uri, entry, event, effect, self.had_it(entry), confirmed_by);
            // What a container takes along.
            for object in event.objects().iter().filter(|_| effect == Effect::Counts) {
                let (by, container) = (entry.organisation.as_str(), object.subject.as_str());
                let makers = || contents.get(&(self.maker?, container));
                if let Some(quantity) = contents.get(&(by, container)).or_else(makers)
                    && stage.quantity.is_none()
                {
                    stage.quantity = *quantity;
                    stage.container.get_or_insert_with(|| container.to_owned());
                }
            }
            Some(stage)
        };
        let mut stages: Vec<Stage> = self.entries.iter().rev().filter_map(stage).collect();
        stages.sort_by_key(|stage| (stage.time_ms, stage.record));
        (stages, u64::try_from(claims).expect("no more than there are records"))
    }

    fn status(&self, state: &LotState, movements: &[Movement<'_>], upstream: &[&Upstream]) -> LotStatus {
        if let Some(recall) = self.recall().or_else(|| upstream.iter().find_map(|lot| inherited(lot))) {
            return recall;
        }
        let activated = |(_, event): Told<'_>| {
            makes(event, self.uri) || (event.step == Step::Commissioning && names(event.objects(), self.uri))
        };
        match (self.maker.is_some(), self.counting().any(activated)) {
            (false, _) => LotStatus::Unknown,
            (true, false) => LotStatus::Registered,
            (true, true) => self.exhausted(state, movements).unwrap_or(LotStatus::Active),
        }
    }

    /// Sold out or destroyed, whichever emptied the lot.
    fn exhausted(&self, state: &LotState, movements: &[Movement<'_>]) -> Option<LotStatus> {
        let gone = |movement: &&Movement<'_>| matches!(movement.flow, Flow::Used | Flow::Sold | Flow::Lost);
        let emptied = match state.balance {
            Some(balance) => balance.made > 0 && balance.left == 0,
            None => movements
                .iter()
                .filter(gone)
                .any(|movement| movement.quantity.is_none() && self.maker == Some(movement.organisation)),
        };
        if !emptied {
            return None;
        }
        let times: BTreeMap<u64, i64> =
            state.stages.iter().map(|stage| (stage.record, stage.time_ms)).collect();
        let last = movements
            .iter()
            .filter(gone)
            .max_by_key(|movement| (times.get(&movement.record), movement.record));
        Some(if last?.flow == Flow::Lost { LotStatus::Destroyed } else { LotStatus::SoldOut })
    }
}

/// The state with one more claim of somebody who neither made nor held the lot, if that is all it is: the same as judging
/// the whole history again, without looking at it. `entry` is newer than all others.
#[must_use]
pub fn with_claim(state: &LotState, entry: &Entry) -> Option<LotState> {
    let event = event(entry)?;
    let organisation = entry.organisation.as_str();
    let is_stranger = |hex: &str| state.maker.as_deref() != Some(hex) && !state.holders.contains(hex);
    let brings = makes(event, &state.uri) || registers(event, &state.uri);
    // Whoever could be the maker, or speaks of every lot, or takes something back, has the whole history judged.
    let is_claim = state.maker.is_some()
        && is_stranger(organisation)
        && event.correction.is_none()
        && !speaks_for_all(entry, event)
        && !(brings && (entry.standing.makes() || state.balance.is_none()))
        && state.stages.iter().all(|stage| stage.record < entry.index);
    if !is_claim {
        return None;
    }
    let effect = match entry.counts {
        Weight::None { reason } => Effect::Void { reason },
        _ => Effect::Claim,
    };
    let mut state = state.clone();
    state.claims += 1;
    let is_shown_claim = |stage: &Stage| stage.effect != Effect::Counts && is_stranger(&stage.organisation);
    let shown = state.stages.iter().filter(|stage| is_shown_claim(stage));
    if shown.clone().count() >= CLAIMS_SHOWN
        && let Some(oldest) = shown.map(|stage| stage.record).min()
    {
        state.stages.retain(|stage| stage.record != oldest);
    }
    let stage = stage_of(&state.uri, entry, event, effect, false, None);
    let place =
        state.stages.partition_point(|other| (other.time_ms, other.record) < (stage.time_ms, stage.record));
    state.stages.insert(place, stage);
    Some(state)
}

/// How much of the lot each organisation put into each container.
type Contents<'a> = BTreeMap<(&'a str, &'a str), Option<Quantity>>;

fn add_up<'a>(contents: &mut Contents<'a>, place: (&'a str, &'a str), more: Option<Quantity>) {
    let sum = match (contents.get(&place), more) {
        (None, quantity) => quantity,
        (Some(Some(before)), Some(more)) if before.unit == more.unit => {
            Some(Quantity { amount: before.amount.saturating_add(more.amount), unit: more.unit })
        }
        _ => None,
    };
    contents.insert(place, sum);
}

/// The record as a page shows it; of a claim only who, what and when, so that strangers do not fill the page.
fn stage_of(
    uri: &str,
    entry: &Entry,
    event: &Event,
    effect: Effect,
    had_it: bool,
    confirmed_by: Option<u64>,
) -> Stage {
    let amounts = event.inputs().iter().chain(event.outputs()).chain(event.objects());
    let quantity = amounts.filter(|amount| amount.subject == uri).find_map(|amount| amount.quantity);
    let in_full = had_it || effect == Effect::Counts;
    let if_full = |text: &Option<String>| text.clone().filter(|_| in_full);
    Stage {
        record: entry.index,
        event_id: entry.event_id.clone(),
        organisation: entry.organisation.clone(),
        author: entry.author.clone(),
        gateway: entry.gateway,
        effect,
        step: if in_full { event.step.clone() } else { event.step.bare() },
        time_ms: event.time_ms,
        offset_minutes: event.offset_minutes,
        device_time_ms: entry.device_time_ms,
        late_by_ms: late_by_ms(event.time_ms, entry.logged_ms),
        place: if_full(&event.place),
        source: if_full(&event.source),
        destination: if_full(&event.destination),
        quantity,
        container: if_full(&event.container().map(str::to_owned)),
        certificates: if in_full { event.certificates.clone() } else { Vec::new() },
        for_another: event.for_another,
        confirmed_by,
        note: event.note.clone().filter(|_| in_full),
        photos: if in_full { event.photos.clone() } else { Vec::new() },
    }
}

/// The product in a lot's address.
#[must_use]
pub fn product_of(uri: &str) -> Option<String> {
    match LotId::from_uri(uri).ok()? {
        LotId::Gs1 { gtin, .. } => Some(format!("https://id.gs1.org/01/{gtin}")),
        LotId::Own { .. } => uri.rsplit_once("/l/").map(|(product, _)| product.to_owned()),
    }
}

fn fill<T: Clone>(known: &mut Option<T>, said: &Option<T>) {
    if known.is_none() {
        known.clone_from(said);
    }
}

fn earlier<T: Ord>(known: &mut Option<T>, said: Option<T>) {
    // None is less than any day, so the lesser of the two is not simply the minimum.
    *known = match (known.take(), said) {
        (Some(known), Some(said)) => Some(known.min(said)),
        (known, said) => known.or(said),
    };
}

fn later<T: Ord>(known: &mut Option<T>, said: Option<T>) {
    *known = known.take().max(said);
}
