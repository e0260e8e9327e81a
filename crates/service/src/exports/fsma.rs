//! The FDA's sheet.

use std::collections::{BTreeMap, BTreeSet};

use nguon_export::fsma::{Location, Lot, Place, Records, Told};
use nguon_id::LotId;
use nguon_trace::facts::{Event, Organisation, Step, Text, What, vietnam_day};
use nguon_trace::lot::{Effect, LotState, Said, product_of};

use super::eudr::plots_of;
use super::{Export, ExportError, Exports, Reached, XLSX, slug_of_lots};
use crate::commune;

impl Exports {
    /// What happened to lots and to all that they were made of, as the electronic sortable spreadsheet of 21 CFR 1.1455.
    pub async fn fsma(&mut self, lots: &[LotId], now_ms: i64) -> Result<Export, ExportError> {
        let mut walked: BTreeMap<String, Reached> = BTreeMap::new();
        let mut remarks = Vec::new();
        for id in lots {
            let walk = self.walk(id).await?;
            if walk.cut_off {
                remarks.push((
                    "chuỗi truy ngược quá dài, chưa đi hết".to_owned(),
                    "the way back is too long and was not walked to its end".to_owned(),
                ));
            }
            walked.extend(walk.lots.into_iter().map(|lot| (lot.uri.clone(), lot)));
        }
        let mut told: BTreeMap<u64, Heard> = BTreeMap::new();
        for lot in walked.values() {
            let Some(state) = &lot.state else { continue };
            self.hear(state, &mut told).await?;
        }
        let mut records = Records {
            asked: lots.iter().map(|id| id.lot().to_string()).collect(),
            told: Vec::with_capacity(told.len()),
            lots: BTreeMap::new(),
            places: BTreeMap::new(),
            organisations: BTreeMap::new(),
            ledger: self.origin.clone(),
            made_on: vietnam_day(now_ms),
        };
        let mut hexes: BTreeSet<String> = BTreeSet::new();
        let mut plots: BTreeSet<String> = BTreeSet::new();
        for (index, heard) in told {
            let event = heard.of_its_lots();
            hexes.insert(heard.organisation.clone());
            hexes.extend(heard.destination.clone());
            for uri in event.source.iter().chain(&event.destination) {
                hexes.extend(nguon_trace::facts::organisation_in_urn(uri).map(str::to_owned));
            }
            if let Some(source) = &event.source
                && let Some(hex) = self.projector.party(source).await?
            {
                // A GLN that an organisation said to be its own.
                if let Some(card) = self.organisation(&hex).await? {
                    records.places.insert(source.clone(), Place::Location(location(&card)));
                }
            }
            plots.extend(event.place.clone());
            if event.step == Step::Harvest {
                plots.extend(plots_of(&event));
            }
            records.told.push(Told {
                index,
                event_id: heard.event_id,
                organisation: heard.organisation,
                destination: heard.destination,
                event,
            });
        }
        for (uri, lot) in walked {
            let state = lot.state.as_ref();
            plots.extend(state.iter().flat_map(|state| state.origin_plots.iter().cloned()));
            hexes.extend(state.and_then(|state| state.maker.clone()));
            let made = self.lot_of(lot).await?;
            records.lots.insert(uri, made);
        }
        for uri in plots {
            if let Some((card, organisation, _)) = self.plot_card(&uri).await? {
                let commune = commune::name(&card.commune);
                let locality =
                    card.place_name.map_or_else(|| commune.clone(), |name| format!("{}, {commune}", name.vi));
                hexes.insert(organisation.clone());
                records.places.insert(uri, Place::Plot { field: card.code, locality, organisation });
            }
        }
        let cards = self.names(hexes).await?;
        records.organisations = cards.into_iter().map(|(hex, card)| (hex, location(&card))).collect();
        Ok(Export {
            bytes: records.xlsx()?,
            file_name: format!("fsma204-{}.xlsx", slug_of_lots(lots)),
            media_type: XLSX,
            remarks,
        })
    }

    /// The records that count for a lot.
    async fn hear(&mut self, state: &LotState, told: &mut BTreeMap<u64, Heard>) -> Result<(), ExportError> {
        let counts: BTreeSet<u64> = state
            .stages
            .iter()
            .filter(|stage| stage.effect == Effect::Counts)
            .map(|stage| stage.record)
            .collect();
        for entry in self.projector.entries_on(&state.uri).await? {
            let Said::Event(event) = &entry.said else { continue };
            if !counts.contains(&entry.index) {
                continue;
            }
            let heard = told.entry(entry.index).or_insert_with(|| Heard {
                event_id: entry.event_id.clone(),
                organisation: entry.organisation.clone(),
                destination: entry.destination.clone(),
                event: event.as_ref().clone(),
                lots: BTreeSet::new(),
            });
            heard.lots.insert(state.uri.clone());
        }
        Ok(())
    }

    /// What the sheet says of a lot; its crop and variety, if it was harvested.
    async fn lot_of(&mut self, lot: Reached) -> Result<Lot, ExportError> {
        let number = LotId::from_uri(&lot.uri).map(|id| id.lot().to_string());
        let mut made = Lot {
            number: number.unwrap_or_else(|_| lot.uri.clone()),
            product_uri: lot
                .product
                .as_ref()
                .map(|product| product.uri.clone())
                .or_else(|| product_of(&lot.uri)),
            net_content: lot.product.as_ref().and_then(|product| product.net_content),
            product: lot.product.map(|product| product.name),
            ..Lot::default()
        };
        let Some(state) = lot.state else { return Ok(made) };
        made.maker = state.maker;
        made.harvest_from = state.harvest_from;
        made.harvest_until = state.harvest_until;
        made.plots = state.origin_plots.into_iter().collect();
        if !state.inputs.is_empty() {
            return Ok(made);
        }
        let mut crops: BTreeMap<String, Text> = BTreeMap::new();
        let mut varieties = BTreeSet::new();
        for uri in &made.plots {
            let Some((card, organisation, _)) = self.plot_card(uri).await? else { continue };
            crops.insert(card.crop.vi.clone(), card.crop);
            varieties.extend(self.variety(uri, &organisation, state.harvest_until).await?);
        }
        made.commodity = if crops.len() == 1 { crops.into_values().next() } else { None };
        made.variety = (!varieties.is_empty()).then(|| varieties.into_iter().collect::<Vec<_>>().join("; "));
        Ok(made)
    }

    /// What was planted last before a day.
    async fn variety(
        &mut self,
        plot: &str,
        organisation: &str,
        harvest: Option<jiff::civil::Date>,
    ) -> Result<Option<String>, ExportError> {
        let entries = self.projector.entries_on(plot).await?;
        let worth = nguon_trace::plot::worth(plot, &entries, organisation);
        let planted = entries.iter().filter_map(|entry| {
            let Said::Event(event) = &entry.said else { return None };
            let Step::Planting { variety, .. } = &event.step else { return None };
            let counts = worth.get(&entry.index).is_some_and(|worth| worth.effect == Effect::Counts);
            let before = harvest.is_none_or(|harvest| vietnam_day(event.time_ms) <= harvest);
            (counts && before).then_some((event.time_ms, entry.index, variety))
        });
        Ok(planted.max_by_key(|(time, index, _)| (*time, *index)).and_then(|(.., variety)| variety.clone()))
    }
}

/// A record, and the lots for which it counts.
struct Heard {
    event_id: String,
    organisation: String,
    destination: Option<String>,
    event: Event,
    lots: BTreeSet<String>,
}

impl Heard {
    /// The event without the lots that are not asked about or for which it does not count.
    fn of_its_lots(&self) -> Event {
        let mut event = self.event.clone();
        match &mut event.what {
            What::Objects { objects, .. } | What::Transaction { objects, .. } => {
                objects.retain(|amount| self.lots.contains(&amount.subject));
            }
            What::Transformation { outputs, .. } => {
                outputs.retain(|amount| self.lots.contains(&amount.subject));
            }
            What::Aggregation { contents: things, .. } | What::Association { children: things, .. } => {
                things.retain(|amount| self.lots.contains(&amount.subject));
            }
            What::Foreign(_) => {}
        }
        event
    }
}

/// Business name, telephone, address (21 CFR 1.1310).
fn location(card: &Organisation) -> Location {
    let gln = card.identifiers.iter().find(|identifier| identifier.scheme == "gln");
    let both = |text: &Text| match &text.en {
        Some(en) if *en != text.vi => format!("{en} ({})", text.vi),
        _ => text.vi.clone(),
    };
    Location {
        name: both(&card.name),
        phone: card.hotline.clone(),
        address: Some(both(&card.address)),
        gln: gln.map(|gln| gln.value.clone()),
    }
}
