//! Private sections: people and places. What was erased is gone.

use nguon_export::eudr::Place;
use nguon_ledger::{Act, Record, SectionType};
use nguon_storage::SectionRow;
use nguon_trace::facts::Facts;
use serde::Deserialize;

use super::{ExportError, Exports};
use crate::rows;

/// Letters of a person's name that are shown.
const NAME_LETTERS: usize = 120;

impl Exports {
    async fn record(&self, index: u64) -> Result<Option<Record>, ExportError> {
        let at = rows::signed(index);
        let row = self.store.reader().await?.records(at, 1).await?.into_iter().next();
        Ok(row
            .filter(|row| row.log_index == at && !row.disputed)
            .and_then(|row| Record::parse(&row.bytes).ok()))
    }

    async fn sections(&self, index: u64) -> Result<Vec<SectionRow>, ExportError> {
        let at = rows::signed(index);
        Ok(self.store.reader().await?.sections(at, at.saturating_add(1)).await?)
    }

    /// The names of the people that a record's sections name.
    pub(super) async fn people(&self, index: u64) -> Result<Option<String>, ExportError> {
        #[derive(Deserialize)]
        struct Person {
            name: String,
        }
        let sections = self.sections(index).await?;
        let people = sections.iter().filter(|section| section.kind == i64::from(SectionType::PERSON.0));
        let names: Vec<String> = people
            .filter_map(|section| serde_json::from_slice::<Person>(&section.payload).ok())
            .map(|person| person.name.chars().take(NAME_LETTERS).collect())
            .filter(|name: &String| !name.trim().is_empty())
            .collect();
        if names.is_empty() {
            let record = self.record(index).await?;
            let was_named = record
                .is_some_and(|record| record.sections().iter().any(|one| one.kind == SectionType::PERSON));
            // The record still says that somebody was named; who it was is nobody's to know any more.
            return Ok(was_named.then(|| "(đã xóa theo yêu cầu)".to_owned()));
        }
        Ok(Some(names.join(", ")))
    }

    /// Where a plot lies, by the newest card of its organisation that says so. An erased place is not replaced by an
    /// older one: whoever had it erased meant the place, not the record.
    pub(super) async fn place(&self, plot: &str, organisation: &str) -> Result<Place, ExportError> {
        let mut indexes = self.store.reader().await?.entries_of_subject(plot).await?;
        indexes.retain(|index| rows::unsigned(*index) < self.projector.size());
        for index in indexes.into_iter().rev().map(rows::unsigned) {
            if self.projector.is_void(index) {
                continue;
            }
            let Some(record) = self.record(index).await? else { continue };
            let places = record.sections().iter().any(|section| section.kind == SectionType::PLACES);
            // Cards of plots are laid by these acts; the projector takes no others.
            let lays = matches!(record.act(), Some(Act::Diary | Act::Lot | Act::Commerce));
            if !places || !lays || record.belongs_to().to_string() != organisation {
                continue;
            }
            let sections = self.sections(index).await?;
            let of = |kind: SectionType| sections.iter().find(|section| section.kind == i64::from(kind.0));
            let card = of(SectionType::PUBLIC).and_then(|public| nguon_epcis::read(&public.payload).ok());
            match card.map(|card| card.facts) {
                Some(Facts::Plot(card)) if card.uri == plot => {}
                // A harvest may have a place of its own; what is erased may have been a card.
                _ => continue,
            }
            return Ok(match of(SectionType::PLACES) {
                Some(place) => Place::Given(place.payload.clone()),
                None => Place::Erased,
            });
        }
        Ok(Place::Absent)
    }
}
