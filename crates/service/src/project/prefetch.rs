//! What a transaction will ask for, read before it begins in a few statements: a statement for each thing would cost more
//! than judging it.
//!
//! Nothing depends on it. What was not thought of is read when it is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nguon_epcis::Document;
use nguon_id::LotId;
use nguon_ledger::{Record, SectionType};
use nguon_storage::StoreError;
use nguon_trace::facts::{Event, Facts, Step};
use nguon_trace::lot::product_of;

use super::lots::lot_of;
use super::{ProjectError, Projector};
use crate::rows;

/// Things that are read ahead for one transaction, at most.
const THINGS: usize = 4_000;
/// Entries on them, at most: a thing with a longer history is read alone.
const ENTRIES: usize = 4_000;

/// An entry of the log, parsed.
pub(super) struct Parsed {
    pub(super) record: Arc<Record>,
    pub(super) disputed: bool,
    /// What its public section says, if it is there and can be read.
    pub(super) public: Option<Result<Document, nguon_epcis::ReadError>>,
    /// Bytes of both, about.
    pub(super) bytes: usize,
}

/// Whether an event says something that a plot is judged by: watering and weeding do not.
pub(super) fn tells(event: &Event) -> bool {
    event.correction.is_some()
        || matches!(event.step, Step::Planting { .. } | Step::PlantProtection(_) | Step::Harvest)
}

impl Projector {
    /// Reads what the next entries are about, and what was recorded on it.
    pub(super) async fn prefetch(&mut self, entries: &[Parsed]) -> Result<(), ProjectError> {
        let mut things: BTreeSet<String> = BTreeSet::new();
        // Whose histories will be needed: those of plots whose diary goes on, of lots by the word of those who had them.
        let mut asked: BTreeMap<String, Option<String>> = BTreeMap::new();
        for entry in entries {
            let Some(Ok(document)) = &entry.public else { continue };
            let diary = match &document.facts {
                Facts::Event(event) => Some(tells(event)),
                _ => None,
            };
            for (uri, _) in &document.subjects {
                if things.len() > THINGS {
                    break;
                }
                things.insert(uri.clone());
                if LotId::from_uri(uri).is_ok() {
                    things.extend(product_of(uri));
                    if diary.is_some() {
                        asked.insert(uri.clone(), Some(entry.record.belongs_to().to_string()));
                    }
                } else if diary == Some(true) {
                    asked.insert(uri.clone(), None);
                }
            }
        }
        self.prefetch_things(things).await?;
        let mut wanted: Vec<String> = Vec::new();
        for (uri, organisation) in asked {
            if self.histories.contains(&uri) {
                continue;
            }
            let is_wanted = match organisation {
                None => true,
                Some(organisation) => match self.lots.get(&uri) {
                    Some(Some(lot)) => {
                        lot.maker.as_ref().is_none_or(|maker| *maker == organisation)
                            || lot.holders.contains(&organisation)
                    }
                    _ => false,
                },
            };
            if is_wanted {
                wanted.push(uri);
            }
        }
        let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let mut of: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for (uri, index) in self.target.reader().await?.entries_of_subjects(&names).await? {
            of.entry(uri).or_default().insert(index);
        }
        let mut indexes: BTreeSet<i64> = BTreeSet::new();
        of.retain(|_, own| {
            let fits = indexes.len() + own.len() <= ENTRIES;
            if fits {
                indexes.extend(own.iter());
            }
            fits
        });
        let read = self.read_entries(&indexes).await?;
        for (uri, own) in of {
            self.remember(&uri, own.iter().filter_map(|index| Some((*index, read.get(index)?)))).await?;
        }
        Ok(())
    }

    /// Reads listings and the lots they draw on.
    pub(super) async fn prefetch_offers(&mut self, listings: &[String]) -> Result<(), ProjectError> {
        self.prefetch_things(listings.iter().cloned().collect()).await?;
        let mut lots = BTreeSet::new();
        for listing in listings {
            if let Some(card) = self.card_of(listing).await?
                && let Facts::Listing(offer) = &card.facts
            {
                lots.extend(offer.lots.iter().cloned());
            }
        }
        Ok(self.prefetch_things(lots).await?)
    }

    async fn prefetch_things(&mut self, things: BTreeSet<String>) -> Result<(), StoreError> {
        let mut unknown = Vec::new();
        for uri in &things {
            if !self.lots.contains(uri) && !self.subjects.contains(uri) {
                unknown.push(uri.as_str());
            }
        }
        let rows = self.target.reader().await?.subjects(&unknown).await?;
        let mut absent: BTreeSet<&str> = unknown.into_iter().collect();
        for row in rows {
            absent.remove(row.uri.as_str());
            match lot_of(&row) {
                Some(lot) => self.lots.insert(row.uri, Some(Arc::new(lot))),
                None => self.subjects.insert(row.uri.clone(), Some(row)),
            }
        }
        for uri in absent {
            self.subjects.insert(uri.to_owned(), None);
        }
        Ok(())
    }

    /// Entries of the log, by index.
    pub(super) async fn read_entries(
        &self,
        indexes: &BTreeSet<i64>,
    ) -> Result<BTreeMap<i64, Parsed>, ProjectError> {
        let indexes: Vec<i64> = indexes.iter().copied().collect();
        let mut reader = self.source.reader().await?;
        let records = reader.records_of(&indexes).await?;
        let mut publics = BTreeMap::new();
        for section in reader.sections_of(&indexes).await? {
            if section.kind == i64::from(SectionType::PUBLIC.0) {
                publics.entry(section.log_index).or_insert(section.payload);
            }
        }
        let mut parsed = BTreeMap::new();
        for row in records {
            let index = rows::unsigned(row.log_index);
            let record = Record::parse(&row.bytes)
                .map_err(|error| ProjectError::Damaged { index, why: error.to_string() })?;
            let public = publics.remove(&row.log_index);
            parsed.insert(row.log_index, Parsed::new(record, row.disputed, public.as_deref()));
        }
        Ok(parsed)
    }
}

impl Parsed {
    pub(super) fn new(record: Record, disputed: bool, public: Option<&[u8]>) -> Self {
        let bytes = record.as_bytes().len() + public.map_or(0, <[u8]>::len);
        Self { record: Arc::new(record), disputed, public: public.map(nguon_epcis::read), bytes }
    }
}
