//! Which event is which row of which sheet.

use std::collections::BTreeMap;

use jiff::civil::Date;
use nguon_id::DigitalLink;
use nguon_trace::facts::{Amount, Event, Step, organisation_in_urn, vietnam_day};
use nguon_trace::quantity::{Quantity, Unit};

use super::{Location, Lot, Place, Records, Told};
use crate::sheet::{Cell, Row};
use crate::text;

/// The rows of each sheet, in order of time.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) harvesting: Vec<Row>,
    pub(super) cooling: Vec<Row>,
    pub(super) packing: Vec<Row>,
    pub(super) shipping: Vec<Row>,
    pub(super) receiving: Vec<Row>,
    pub(super) transformation: Vec<Row>,
}

/// What other records say of a lot.
#[derive(Default)]
struct Known<'a> {
    harvest: Option<&'a Told>,
    cooling: Option<&'a Told>,
    receivings: Vec<&'a Told>,
    /// The first that uses or receives it.
    next: Option<&'a Told>,
    packed: bool,
}

struct Book<'a> {
    records: &'a Records,
    known: BTreeMap<&'a str, Known<'a>>,
}

pub(super) fn of(records: &Records) -> Rows {
    let mut told: Vec<&Told> = records.told.iter().filter(|told| told.event.correction.is_none()).collect();
    told.sort_by_key(|told| (told.event.time_ms, told.index));
    let mut known: BTreeMap<&str, Known<'_>> = BTreeMap::new();
    for one in &told {
        let event = &one.event;
        for made in event.outputs().iter().chain(event.objects()) {
            let lot = known.entry(&made.subject).or_default();
            match event.step {
                Step::Harvest => {
                    lot.harvest.get_or_insert(one);
                }
                Step::Cooling => {
                    lot.cooling.get_or_insert(one);
                }
                Step::Receiving => {
                    lot.receivings.push(one);
                    lot.next.get_or_insert(one);
                }
                Step::Packing => lot.packed = true,
                _ => {}
            }
        }
        for used in event.inputs() {
            known.entry(&used.subject).or_default().next.get_or_insert(one);
        }
    }
    let book = Book { records, known };
    let mut rows = Rows::default();
    for one in told {
        book.add(one, &mut rows);
    }
    rows
}

impl Book<'_> {
    fn add(&self, told: &Told, rows: &mut Rows) {
        let event = &told.event;
        let about: Vec<(&Amount, &Lot)> = event
            .outputs()
            .iter()
            .chain(event.objects())
            .filter_map(|amount| Some((amount, self.records.lots.get(&amount.subject)?)))
            .collect();
        match event.step {
            Step::Harvest => rows.harvesting.extend(about.iter().map(|of| self.harvested(told, *of))),
            Step::Cooling => rows.cooling.extend(about.iter().map(|of| self.cooled(told, *of))),
            Step::Shipping | Step::Returning => {
                rows.shipping.extend(about.iter().map(|of| self.shipped(told, *of)));
            }
            // To somebody with a name in the ledger; others are those who eat it.
            Step::Selling if self.recipient(told).is_some() => {
                rows.shipping.extend(about.iter().map(|of| self.shipped(told, *of)));
            }
            Step::Receiving => rows.receiving.extend(about.iter().map(|of| self.received(told, *of))),
            _ => {
                for used in event.inputs() {
                    for made in &about {
                        if matches!(event.step, Step::Packing) && self.is_raw(&used.subject) {
                            rows.packing.push(self.packed(told, used, *made));
                        } else {
                            rows.transformation.push(self.transformed(told, used, *made));
                        }
                    }
                }
            }
        }
    }

    /// Whether a lot was harvested and never packed.
    fn is_raw(&self, lot: &str) -> bool {
        self.known.get(lot).is_some_and(|known| known.harvest.is_some() && !known.packed)
    }

    fn harvested(&self, told: &Told, (amount, lot): (&Amount, &Lot)) -> Row {
        let recipient = self.next(told, &amount.subject);
        let mut cells = vec![recipient];
        cells.extend(commodity(lot));
        cells.extend(quantity(amount));
        cells.push(Cell::opt_text(self.farm(told, lot)));
        cells.push(self.fields(told, lot));
        cells.push(Cell::date(Some(harvest_day(&told.event, lot))));
        record(told, cells)
    }

    fn cooled(&self, told: &Told, (amount, lot): (&Amount, &Lot)) -> Row {
        let harvest = self.known.get(amount.subject.as_str()).and_then(|known| known.harvest);
        let mut cells = vec![self.next(told, &amount.subject)];
        cells.extend(commodity(lot));
        cells.extend(quantity(amount));
        cells.push(Cell::opt_text(self.here(told)));
        cells.push(Cell::Date(vietnam_day(told.event.time_ms)));
        cells.push(Cell::opt_text(harvest.and_then(|harvest| self.farm(harvest, lot))));
        record(told, cells)
    }

    fn packed(&self, told: &Told, used: &Amount, (made, lot): (&Amount, &Lot)) -> Row {
        let nothing = (Known::default(), Lot::default());
        let known = self.known.get(used.subject.as_str()).unwrap_or(&nothing.0);
        let raw = self.records.lots.get(&used.subject).unwrap_or(&nothing.1);
        let harvester = known.harvest.and_then(|harvest| self.organisation(&harvest.organisation));
        let mut cells: Vec<Cell> = commodity(raw).into();
        // The packer's own: goods may have been received on the way to it.
        let received = known.receivings.iter().rev().find(|receiving| {
            receiving.organisation == told.organisation && receiving.event.time_ms <= told.event.time_ms
        });
        cells.push(Cell::date(received.map(|receiving| vietnam_day(receiving.event.time_ms))));
        cells.extend(quantity(used));
        cells.push(Cell::opt_text(known.harvest.and_then(|harvest| self.farm(harvest, raw))));
        cells.push(known.harvest.map_or(Cell::Empty, |harvest| self.fields(harvest, raw)));
        cells.push(Cell::opt_text(harvester.map(|harvester| harvester.name.clone())));
        cells.push(Cell::opt_text(harvester.and_then(|harvester| harvester.phone.clone())));
        cells.push(Cell::date(known.harvest.map(|harvest| harvest_day(&harvest.event, raw))));
        cells.push(Cell::opt_text(known.cooling.and_then(|cooling| self.here(cooling))));
        cells.push(Cell::date(known.cooling.map(|cooling| vietnam_day(cooling.event.time_ms))));
        cells.push(Cell::text(&raw.number));
        cells.push(code(lot));
        cells.push(description(lot));
        cells.extend(quantity(made));
        cells.push(Cell::opt_text(self.here(told)));
        cells.push(self.reference(lot));
        cells.push(Cell::Date(made_on(&told.event)));
        cells.push(Cell::text(&used.subject));
        record(told, cells)
    }

    fn shipped(&self, told: &Told, (amount, lot): (&Amount, &Lot)) -> Row {
        let mut cells = vec![code(lot)];
        cells.extend(quantity(amount));
        cells.push(description(lot));
        cells.push(Cell::opt_text(self.recipient(told)));
        cells.push(Cell::opt_text(self.here(told)));
        cells.push(Cell::Date(vietnam_day(told.event.time_ms)));
        cells.extend(self.source(lot));
        record(told, cells)
    }

    fn received(&self, told: &Told, (amount, lot): (&Amount, &Lot)) -> Row {
        let mut cells = vec![code(lot)];
        cells.extend(quantity(amount));
        cells.push(description(lot));
        cells.push(Cell::opt_text(told.event.source.as_deref().and_then(|uri| self.party(uri))));
        cells.push(Cell::opt_text(self.here(told)));
        cells.push(Cell::Date(vietnam_day(told.event.time_ms)));
        cells.extend(self.source(lot));
        record(told, cells)
    }

    fn transformed(&self, told: &Told, used: &Amount, (made, lot): (&Amount, &Lot)) -> Row {
        let input = self.records.lots.get(&used.subject);
        let mut cells = vec![
            input.map_or_else(|| Cell::text(&used.subject), code),
            input.map_or(Cell::Empty, description),
        ];
        cells.extend(quantity(used));
        cells.push(code(lot));
        cells.push(description(lot));
        cells.extend(quantity(made));
        cells.push(Cell::opt_text(self.here(told)));
        cells.push(self.reference(lot));
        cells.push(Cell::Date(made_on(&told.event)));
        record(told, cells)
    }

    fn organisation(&self, hex: &str) -> Option<&Location> {
        self.records.organisations.get(hex)
    }

    /// A place or an organisation by URI.
    fn party(&self, uri: &str) -> Option<String> {
        if let Some(hex) = organisation_in_urn(uri) {
            return Some(self.organisation(hex).map_or_else(|| uri.to_owned(), Location::describe));
        }
        match self.records.places.get(uri) {
            Some(Place::Location(location)) => Some(location.describe()),
            Some(Place::Plot { organisation, locality, .. }) => {
                Some(on_farm(self.organisation(organisation), locality))
            }
            // A GLN stands for itself (21 CFR 1.1310 takes one for a location's description if its holder can tell).
            None => Some(match DigitalLink::parse(uri) {
                Ok(link) => format!("GLN {}", link.key().value()),
                Err(_) => uri.to_owned(),
            }),
        }
    }

    /// Where an event happened: its place, or its organisation's address.
    fn here(&self, told: &Told) -> Option<String> {
        match told.event.place.as_deref() {
            Some(uri) if self.records.places.contains_key(uri) || organisation_in_urn(uri).is_some() => {
                self.party(uri)
            }
            _ => self.organisation(&told.organisation).map(Location::describe),
        }
    }

    fn recipient(&self, told: &Told) -> Option<String> {
        match told.destination.as_deref().and_then(|hex| self.organisation(hex)) {
            Some(location) => Some(location.describe()),
            None => told.event.destination.as_deref().and_then(|uri| self.party(uri)),
        }
    }

    /// To whom a lot went from here: by the event's own word, or whoever is the first to use it.
    fn next(&self, told: &Told, lot: &str) -> Cell {
        let user = || self.known.get(lot).and_then(|known| known.next).and_then(|next| self.here(next));
        Cell::opt_text(self.recipient(told).or_else(user))
    }

    /// The farm: whose plot it is, or whoever harvested.
    fn farm(&self, harvest: &Told, lot: &Lot) -> Option<String> {
        let plots = self.plots(harvest, lot);
        match plots.first().and_then(|uri| self.records.places.get(*uri)) {
            Some(Place::Plot { organisation, locality, .. }) => {
                Some(on_farm(self.organisation(organisation), locality))
            }
            _ => self.here(harvest),
        }
    }

    fn fields(&self, harvest: &Told, lot: &Lot) -> Cell {
        let names = self.plots(harvest, lot).into_iter().map(|uri| match self.records.places.get(uri) {
            Some(Place::Plot { field, .. }) => field.clone(),
            _ => uri.to_owned(),
        });
        Cell::text(names.collect::<Vec<_>>().join("; "))
    }

    /// The plots of a harvest, or of the lot where the harvest names none.
    fn plots<'b>(&self, harvest: &'b Told, lot: &'b Lot) -> Vec<&'b str> {
        let event = &harvest.event;
        if !event.lot.plots.is_empty() {
            return event.lot.plots.iter().map(String::as_str).collect();
        }
        match event.place.as_deref() {
            Some(place) if matches!(self.records.places.get(place), Some(Place::Plot { .. })) => vec![place],
            _ => lot.plots.iter().map(String::as_str).collect(),
        }
    }

    fn source(&self, lot: &Lot) -> [Cell; 2] {
        let maker = lot.maker.as_deref().and_then(|hex| self.organisation(hex));
        [Cell::opt_text(maker.map(Location::describe)), self.reference(lot)]
    }

    fn reference(&self, lot: &Lot) -> Cell {
        let maker = lot.maker.as_deref().and_then(|hex| self.organisation(hex));
        Cell::opt_text(maker.and_then(|maker| maker.gln.clone()))
    }
}

fn on_farm(organisation: Option<&Location>, locality: &str) -> String {
    let farm = organisation.cloned().unwrap_or_default();
    Location { address: Some(locality.to_owned()), ..farm }.describe()
}

/// `260302-A (https://id.gs1.org/01/09521101000016)`.
fn code(lot: &Lot) -> Cell {
    match &lot.product_uri {
        Some(product) => Cell::text(format!("{} ({product})", lot.number)),
        None => Cell::text(&lot.number),
    }
}

fn description(lot: &Lot) -> Cell {
    let Some(product) = &lot.product else { return Cell::Empty };
    let content = lot.net_content.map(|content| format!(", {}", nguon_trace::finding::quantity_en(content)));
    Cell::text(format!("{}{}", text::english(product), content.unwrap_or_default()))
}

fn commodity(lot: &Lot) -> [Cell; 2] {
    let commodity = lot.commodity.as_ref().or(lot.product.as_ref());
    [Cell::opt_text(commodity.map(text::english)), Cell::opt_text(lot.variety.clone())]
}

fn quantity(amount: &Amount) -> [Cell; 2] {
    match (amount.quantity, &amount.uncounted) {
        (Some(Quantity { amount, unit: Unit::Gram }), _) => [Cell::thousandths(amount), Cell::text("kg")],
        (Some(Quantity { amount, unit: Unit::Millilitre }), _) => {
            [Cell::thousandths(amount), Cell::text("litres")]
        }
        (Some(Quantity { amount, unit: Unit::Piece }), _) => [Cell::whole(amount), Cell::text("pieces")],
        (None, Some(uncounted)) => [Cell::text(&uncounted.decimal), Cell::text(&uncounted.uom)],
        (None, None) => [Cell::Empty, Cell::Empty],
    }
}

fn harvest_day(event: &Event, lot: &Lot) -> Date {
    let said = event.lot.harvest_until.or(event.lot.harvest_from).or(lot.harvest_until).or(lot.harvest_from);
    said.unwrap_or_else(|| vietnam_day(event.time_ms))
}

fn made_on(event: &Event) -> Date {
    event.lot.produced_on.unwrap_or_else(|| vietnam_day(event.time_ms))
}

/// The row with its reference document and its record.
fn record(told: &Told, mut cells: Vec<Cell>) -> Row {
    match told.event.papers.first() {
        Some(paper) => {
            cells.push(Cell::text(paper.kind.as_deref().unwrap_or("document")));
            cells.push(Cell::text(&paper.uri));
        }
        None => {
            cells.push(Cell::text("Signed ledger record"));
            cells.push(Cell::text(text::short(&told.event_id)));
        }
    }
    cells.push(Cell::whole(told.index));
    cells.push(Cell::text(text::short(&told.event_id)));
    Row::of(cells)
}
