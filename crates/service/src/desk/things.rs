//! What an organisation has: its plots, products, lots, papers and offers, with what a device needs in order to sign about them.

use std::collections::HashMap;

use nguon_id::LotId;
use nguon_ledger::{EventId, OrganisationId, Record, SectionType, handle};
use nguon_storage::{RecordRow, SectionRow, SubjectRow};
use nguon_trace::facts::{Event, Step, vietnam_day};
use nguon_trace::lot::{Effect, LotState, Said};
use nguon_trace::quantity::Quantity;
use serde_json::{Value, json};

use super::{Desk, DeskError};
use crate::project::Projector;
use crate::rows;

/// Things on a page.
pub(super) const THINGS: i64 = 100;
/// Entries of one thing that are looked through for its handle: the first so many, and the last.
const LOOKED_AT: usize = 24;
/// Lines of a diary.
const LINES: usize = 500;

/// A thing with a history, and how to go on with it.
#[derive(Debug, Clone)]
pub struct Thing {
    /// Its permanent URI.
    pub uri: String,
    /// `plot` · `product` · `lot` · `certificate` · `listing` · `organisation`.
    pub kind: String,
    /// A stable word for how it stands.
    pub status: String,
    /// The salt of its handle; none if it was never opened by its own organisation, or its first facts were erased.
    pub salt: Option<[u8; 16]>,
    /// The newest record on that handle.
    pub newest: Option<EventId>,
    /// The path of its page, of a lot.
    pub path: Option<String>,
    /// What is known of it: a card's own document; of a lot, how it stands.
    pub state: Value,
}

/// A line of a plot's diary.
#[derive(Debug, Clone)]
pub struct DiaryLine {
    /// Its index in the log.
    pub index: u64,
    /// The record, hex.
    pub event_id: String,
    /// What it is worth.
    pub effect: Effect,
    /// The record in which another device confirms what was entered for another.
    pub confirmed_by: Option<u64>,
    /// The day in Vietnam, `2026-04-12`.
    pub day: String,
    /// What happened.
    pub event: Event,
}

impl DiaryLine {
    /// The lots that it made or names, with quantities.
    pub fn lots(&self) -> impl Iterator<Item = (&str, Option<Quantity>)> {
        let amounts = self.event.outputs().iter().chain(self.event.objects());
        amounts
            .filter(|amount| LotId::from_uri(&amount.subject).is_ok())
            .map(|amount| (amount.subject.as_str(), amount.quantity))
    }

    /// What was applied, its active substance, dose and pre-harvest interval.
    #[must_use]
    pub fn applied(&self) -> (Option<&str>, Option<&str>, Option<&str>, Option<u16>) {
        match &self.event.step {
            Step::Fertilising { product, dose } => (product.as_deref(), None, dose.as_deref(), None),
            Step::PlantProtection(spray) => (
                spray.product.as_deref(),
                spray.active_substance.as_deref(),
                spray.dose.as_deref(),
                spray.phi_days,
            ),
            _ => (None, None, None, None),
        }
    }
}

impl Desk {
    /// An organisation's things of a kind, in order of URI, after one; and whether there are more.
    pub async fn things(
        &self,
        organisation: OrganisationId,
        kind: &str,
        after: &str,
    ) -> Result<(Vec<Thing>, bool), DeskError> {
        if after.contains('\0') {
            return Ok((Vec::new(), false));
        }
        let mut reader = self.store.reader().await?;
        let mut found = reader.subjects_of(organisation.as_bytes(), kind, after, THINGS + 1).await?;
        drop(reader);
        let has_more = found.len() > rows::count(THINGS);
        found.truncate(rows::count(THINGS));
        Ok((self.with_handles(found, organisation).await?, has_more))
    }

    /// One thing of anybody's, by its URI or the path of its page.
    pub async fn thing(
        &self,
        called: &str,
        organisation: OrganisationId,
    ) -> Result<Option<Thing>, DeskError> {
        if called.contains('\0') {
            return Ok(None);
        }
        let uri = match LotId::from_path(called) {
            Ok(id) => match self.catalogue.maker_of(&id).await? {
                Some((uri, _)) => uri,
                None => return Ok(None),
            },
            Err(_) => called.to_owned(),
        };
        let row = self.store.reader().await?.subject(&uri).await?;
        let things = self.with_handles(row.into_iter().collect(), organisation).await?;
        Ok(things.into_iter().next())
    }

    /// Says of each under which handle its own organisation began it, and what was last said there.
    async fn with_handles(
        &self,
        found: Vec<SubjectRow>,
        asking: OrganisationId,
    ) -> Result<Vec<Thing>, DeskError> {
        let uris: Vec<&str> = found.iter().map(|row| row.uri.as_str()).collect();
        let mut reader = self.store.reader().await?;
        let mut entries: HashMap<String, Vec<i64>> = HashMap::new();
        for (uri, index) in reader.entries_of_subjects(&uris).await? {
            entries.entry(uri).or_default().push(index);
        }
        let mut wanted: Vec<i64> = Vec::new();
        for of_one in entries.values_mut() {
            of_one.sort_unstable();
            if of_one.len() > 2 * LOOKED_AT {
                of_one.drain(LOOKED_AT..of_one.len() - LOOKED_AT);
            }
            wanted.extend(of_one.iter());
        }
        wanted.sort_unstable();
        wanted.dedup();
        let records = reader.records_of(&wanted).await?;
        let sections = reader.sections_of(&wanted).await?;
        drop(reader);
        let records: HashMap<i64, &RecordRow> = records.iter().map(|row| (row.log_index, row)).collect();
        let mut public: HashMap<i64, &SectionRow> = HashMap::new();
        for section in sections.iter().filter(|one| one.kind == i64::from(SectionType::PUBLIC.0)) {
            public.entry(section.log_index).or_insert(section);
        }
        let things = found.into_iter().map(|row| {
            let of_one = entries.get(&row.uri).map(Vec::as_slice).unwrap_or_default();
            let own = |index: &&i64| {
                records.get(*index).is_some_and(|record| record.organisation_id == row.organisation_id)
            };
            let salt = of_one.iter().filter(own).find_map(|index| {
                let document = nguon_epcis::read(&public.get(index)?.payload).ok()?;
                let subjects = document.subjects.into_iter();
                subjects.filter(|(uri, _)| *uri == row.uri).map(|(_, salt)| salt).next()
            });
            let newest = salt.and_then(|salt| {
                let known = handle(&row.uri, &salt);
                of_one.iter().rev().find_map(|index| {
                    let record = Record::parse(&records.get(index)?.bytes).ok()?;
                    record.subjects().iter().any(|subject| subject.handle == known).then(|| record.event_id())
                })
            });
            let path = LotId::from_uri(&row.uri).ok().map(|id| id.path());
            let state = state(&row, asking);
            Thing { uri: row.uri, kind: row.kind, status: row.status, salt, newest, path, state }
        });
        Ok(things.collect())
    }

    /// What is recorded on an organisation's plot, the newest first.
    pub async fn diary(&self, plot: &str, organisation: OrganisationId) -> Result<Vec<DiaryLine>, DeskError> {
        let owner = organisation.to_string();
        if plot.contains('\0') {
            return Ok(Vec::new());
        }
        let size = self.size().await?;
        let mut projector = Projector::reading(self.store.clone(), self.directory.clone(), size);
        let entries = projector.entries_on(plot).await?;
        let worth = nguon_trace::plot::worth(plot, &entries, &owner);
        let lines = entries.into_iter().rev().filter_map(|entry| {
            let worth = worth.get(&entry.index)?;
            let Said::Event(event) = entry.said else { return None };
            Some(DiaryLine {
                index: entry.index,
                event_id: entry.event_id,
                effect: worth.effect,
                confirmed_by: worth.confirmed_by,
                day: vietnam_day(event.time_ms).to_string(),
                event: event.as_ref().clone(),
            })
        });
        let mut lines: Vec<DiaryLine> = lines.take(LINES).collect();
        lines.sort_by_key(|line| std::cmp::Reverse((line.event.time_ms, line.index)));
        Ok(lines)
    }
}

/// What a device is told of a thing: a card as it was laid; of a lot, how it stands, and the asking organisation's share.
fn state(row: &SubjectRow, asking: OrganisationId) -> Value {
    if let Some(lot) = crate::project::lot_of(row) {
        return lot_state(&lot, &asking.to_string());
    }
    let state: Value = serde_json::from_str(&row.state).unwrap_or_default();
    state.get("document").cloned().unwrap_or_default()
}

fn lot_state(lot: &LotState, asking: &str) -> Value {
    let findings = lot.findings.iter().map(|finding| {
        json!({
            "code": finding.code,
            "severity": finding.severity,
            "vi": finding.text_vi,
            "en": finding.text_en,
            "records": finding.records,
        })
    });
    json!({
        "number": lot.number,
        "product": lot.product,
        "status": lot.status,
        "maker": lot.maker,
        "harvest_from": lot.harvest_from,
        "harvest_until": lot.harvest_until,
        "produced_on": lot.produced_on,
        "best_before": lot.best_before,
        "use_by": lot.use_by,
        "balance": lot.balance,
        "holding": lot.holdings.get(asking),
        "plots": lot.origin_plots,
        "labels": lot.labels,
        "may_be_offered": lot.may_be_offered(),
        "findings": findings.collect::<Vec<Value>>(),
    })
}
