//! The database against what the published files prove: every column of every row.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use nguon_ledger::authority::Authority;
use nguon_ledger::merkle::{Frontier, Hash};
use nguon_ledger::policy::Policy;
use nguon_ledger::{Admission, Control, EventId, Opening, PERSON_OF_DELEGATION, Record, SectionType};
use nguon_storage::{SectionRow, Store, StoreError, Table};

use super::{Findings, Wrong};
use crate::project::{ProjectError, Projector};
use crate::{held, rows};

/// Audits a database. `leaves` are those of the published log, to which every row is compared; entries beyond them are
/// checked by themselves. `fresh` is an empty store, in which the read models are made again. `seal` is the key of
/// held rows, if it is at hand.
pub async fn database(
    store: &Arc<dyn Store>,
    fresh: &Arc<dyn Store>,
    policy: &Policy,
    first_log_key: &[u8; 32],
    leaves: &[Hash],
    seal: Option<&[u8; 32]>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Findings, StoreError> {
    let mut wrong = Findings::default();
    for line in store.integrity().await? {
        wrong.add(Wrong::at("database", "integrity", line));
    }
    let ledger_id = nguon_ledger::ledger_id(policy.log().name(), first_log_key);
    let Some(head) = store.reader().await?.head().await? else {
        wrong.add(Wrong::at("log_head", "head-missing", "the database has no head"));
        return Ok(wrong);
    };
    let size = rows::unsigned(head.size);
    let mut authority = Authority::new(ledger_id);
    let mut frontier = Frontier::new();
    let mut roots = HashMap::new();
    let (mut opened, mut unopened) = (Vec::new(), Vec::new());
    let mut section_rows = 0_i64;
    loop {
        let from = frontier.size().0;
        let mut reader = store.reader().await?;
        let batch = reader.records(rows::signed(from), 1_000).await?;
        if batch.is_empty() {
            break;
        }
        let to = batch.last().map_or(0, |row| row.log_index + 1);
        let mut sections: BTreeMap<i64, Vec<SectionRow>> = BTreeMap::new();
        for section in reader.sections(rows::signed(from), to).await? {
            section_rows += 1;
            sections.entry(section.log_index).or_default().push(section);
        }
        for row in batch {
            let index = frontier.size().0;
            let place = format!("record {index}");
            if rows::unsigned(row.log_index) != index {
                wrong.add(Wrong::at(place, "row-missing", format!("the next row is {}", row.log_index)));
                return Ok(wrong);
            }
            let record = match Record::parse(&row.bytes) {
                Ok(record) => record,
                Err(error) => {
                    wrong.add(Wrong::at(place, "record-malformed", error));
                    return Ok(wrong);
                }
            };
            if leaves
                .get(usize::try_from(index).unwrap_or(usize::MAX))
                .is_some_and(|leaf| *leaf != record.leaf_hash())
            {
                wrong.add(Wrong::at(
                    &place,
                    "record-differs",
                    "the row's bytes are not those of the published entry",
                ));
            }
            let disputed =
                matches!(authority.admit(&record, Some(another_id(&record))), Ok(Admission::Dispute { .. }));
            if rows::record(&record, index, disputed) != row {
                wrong.add(Wrong::at(
                    &place,
                    "columns-differ",
                    "a column of the row does not say what its record says",
                ));
            }
            check_sections(
                index,
                &record,
                sections.remove(&row.log_index).unwrap_or_default(),
                (&mut opened, &mut unopened),
                &mut wrong,
            );
            authority.append(&record, index);
            frontier.push(record.leaf_hash());
            roots.insert(index + 1, frontier.root());
        }
        for (index, _) in sections {
            wrong.add(Wrong::at(format!("section of {index}"), "section-unknown", "a section of no entry"));
        }
        progress(frontier.size().0, size);
    }
    let at = |(index, event, position): (u64, EventId, u8), code: &str, sentence: &str| Wrong {
        place: format!("section {index}/{position}"),
        index: Some(index),
        event_id: Some(event.to_string()),
        code: code.to_owned(),
        sentence: sentence.to_owned(),
    };
    for section in unopened {
        if !authority.is_erased(section.1, section.2) {
            wrong.add(at(
                section,
                "section-missing",
                "the opening is missing, and no erasure notice says why",
            ));
        }
    }
    for section in opened {
        if authority.is_erased(section.1, section.2) {
            wrong.add(at(
                section,
                "erased-still-open",
                "an erasure notice names it, and the opening is there",
            ));
        }
    }
    beyond_the_log(store, rows::signed(frontier.size().0), section_rows, &mut wrong).await?;
    if head.ledger_id != ledger_id.as_bytes() || head.origin != policy.log().name() {
        wrong.add(Wrong::at("log_head", "head-differs", "the head names another ledger"));
    }
    if size != frontier.size().0 || head.root != frontier.root().0 {
        wrong.add(Wrong::at("log_head", "head-differs", "the head's size or root is not that of the rows"));
    }
    if size < leaves.len() as u64 {
        wrong.add(Wrong::at(
            "log_head",
            "behind-the-log",
            format!("{} entries are published, the database has {size}", leaves.len()),
        ));
    }
    checkpoints(store, policy, &roots, &mut wrong).await?;
    for row in store.reader().await?.list_held().await? {
        let place = format!("held {}", hex::encode(&row.event_id));
        if seal.is_some_and(|seal| held::submission(&row, seal).is_none()) {
            wrong.add(Wrong::at(place, "held-changed", "the row of a held record was changed"));
        }
    }
    read_models(store, fresh, ledger_id, &mut wrong).await?;
    Ok(wrong)
}

/// Which entry, its record, which section.
type Section = (u64, EventId, u8);

/// Any id that is not the record's: asks [`Authority::admit`] whether the record disputes what stands at its place.
fn another_id(record: &Record) -> EventId {
    let mut other = *record.event_id().as_bytes();
    other[0] ^= 1;
    EventId::from_bytes(other)
}

fn check_sections(
    index: u64,
    record: &Record,
    found: Vec<SectionRow>,
    (opened, unopened): (&mut Vec<Section>, &mut Vec<Section>),
    wrong: &mut Findings,
) {
    let signed = record.sections();
    let person = match record.control() {
        Control::Delegate(delegation) => delegation.person,
        _ => None,
    };
    let mut expected: BTreeMap<u8, _> = signed
        .iter()
        .zip(0_u8..)
        .map(|(section, position)| (position, (section.kind, section.commitment)))
        .collect();
    if let Some(commitment) = person {
        expected.insert(PERSON_OF_DELEGATION, (SectionType::PERSON, commitment));
    }
    for row in found {
        let place = format!("section {index}/{}", row.position);
        let signed = u8::try_from(row.position)
            .ok()
            .and_then(|position| Some((position, expected.remove(&position)?)));
        let Some((position, (kind, commitment))) = signed else {
            wrong.add(Wrong::at(place, "section-unknown", "the record has no such section"));
            continue;
        };
        opened.push((index, record.event_id(), position));
        let holds =
            row.kind == i64::from(kind.0)
                && row.salt.as_slice().try_into().is_ok_and(|salt| {
                    Opening { kind, salt, payload: row.payload }.commitment() == commitment
                });
        if !holds {
            wrong.add(Wrong {
                place,
                index: Some(index),
                event_id: Some(record.event_id().to_string()),
                code: "section-differs".to_owned(),
                sentence: "the opening does not match the commitment that was signed".to_owned(),
            });
        }
    }
    unopened.extend(expected.into_keys().map(|position| (index, record.event_id(), position)));
}

/// Rows that no page of the audit meets: at negative places, beyond the head, or a second head.
async fn beyond_the_log(
    store: &Arc<dyn Store>,
    size: i64,
    section_rows: i64,
    wrong: &mut Findings,
) -> Result<(), StoreError> {
    let mut reader = store.reader().await?;
    let mut strange = Vec::new();
    for (from, to) in [(i64::MIN, 0), (size, i64::MAX)] {
        strange.extend(reader.sections(from, to).await?);
    }
    for row in &strange {
        let place = format!("section {}/{}", row.log_index, row.position);
        wrong.add(Wrong::at(place, "section-unknown", "a section of no entry"));
    }
    let known = [(Table::LogHead, 1), (Table::Record, size), (Table::Section, section_rows)];
    for (table, expected) in known {
        let found = reader.count(table).await?;
        if found != expected {
            wrong.add(rows_unknown(table, found, expected));
        }
    }
    Ok(())
}

fn rows_unknown(table: Table, found: i64, expected: i64) -> Wrong {
    let sentence = format!("the table has {found} rows, and {expected} have a place in the log");
    Wrong::at(table.name(), "rows-unknown", sentence)
}

async fn checkpoints(
    store: &Arc<dyn Store>,
    policy: &Policy,
    roots: &HashMap<u64, Hash>,
    wrong: &mut Findings,
) -> Result<(), StoreError> {
    let (mut after, mut visited) = (i64::MIN, 0_i64);
    loop {
        let batch = store.reader().await?.list_checkpoints(after, 1_000).await?;
        let Some(last) = batch.last() else { break };
        after = last.size;
        for row in batch {
            visited += 1;
            let place = format!("checkpoint {}", row.size);
            let verdict = nguon_ledger::note::Note::parse(&row.note)
                .map_err(|error| error.to_string())
                .and_then(|note| policy.judge(&note).map_err(|error| error.to_string()));
            match verdict {
                Err(error) => wrong.add(Wrong::at(place, "checkpoint-forged", error)),
                Ok(verdict) => {
                    let checkpoint = verdict.checkpoint;
                    if checkpoint.size().0 != rows::unsigned(row.size)
                        || roots.get(&checkpoint.size().0) != Some(&checkpoint.root())
                    {
                        wrong.add(Wrong::at(&place, "root", "the checkpoint's root is not that of the rows"));
                    }
                    if !verdict.quorum_met {
                        wrong.add(Wrong::at(place, "quorum-missing", "a cosignature is missing"));
                    }
                }
            }
        }
    }
    let found = store.reader().await?.count(Table::Checkpoint).await?;
    if found != visited {
        wrong.add(rows_unknown(Table::Checkpoint, found, visited));
    }
    Ok(())
}

async fn read_models(
    store: &Arc<dyn Store>,
    fresh: &Arc<dyn Store>,
    ledger_id: nguon_ledger::LedgerId,
    wrong: &mut Findings,
) -> Result<(), StoreError> {
    let made = async {
        let mut projector = Projector::open(ledger_id, store.clone(), fresh.clone()).await?;
        projector.catch_up().await
    };
    match made.await {
        Err(ProjectError::Store(error)) => return Err(error),
        Err(error) => wrong.add(Wrong::at("read models", "not-rebuilt", error)),
        Ok(_) => {
            for difference in compare_read_models(&**store, &**fresh, super::LISTED).await? {
                wrong.add(Wrong::at(
                    difference,
                    "read-model-differs",
                    "the row is not what the records give",
                ));
            }
        }
    }
    Ok(())
}

/// Places where two stores' read models differ, at most `most`.
pub async fn compare_read_models(
    left: &dyn Store,
    right: &dyn Store,
    most: usize,
) -> Result<Vec<String>, StoreError> {
    let mut places = Vec::new();
    for table in READ_MODELS {
        let (mut ours, mut theirs) = (Lines::new(table), Lines::new(table));
        loop {
            let order = match (ours.peek(left).await?, theirs.peek(right).await?) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => {
                    ours.next();
                    theirs.next();
                    continue;
                }
                (Some(a), Some(b)) => a.0.cmp(&b.0),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            };
            let first = if order == Ordering::Greater { &mut theirs } else { &mut ours };
            if let Some((key, _)) = first.next() {
                places.push(format!("{} {key}", table.name()));
            }
            if order == Ordering::Equal {
                theirs.next();
            }
            if places.len() >= most {
                return Ok(places);
            }
        }
        // A page begins after a key, so the lowest keys of all are on none: nothing that is made has them.
        for (store, visited) in [(left, ours.visited), (right, theirs.visited)] {
            let found = store.reader().await?.count(table).await?;
            if found != visited {
                places.push(format!("{} ({} rows without a key)", table.name(), found - visited));
            }
        }
    }
    Ok(places)
}

/// The tables that are made again from the records.
const READ_MODELS: [Table; 8] = [
    Table::Projection,
    Table::EventIndex,
    Table::Subject,
    Table::LotBrief,
    Table::SubjectRecord,
    Table::ListingLot,
    Table::Alias,
    Table::FeedChange,
];

/// What tells a row from all others of its table, in the table's order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Name(String),
    Names(String, String),
    Entry(String, i64),
    Numbers(i64, i64),
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Names(a, b) => write!(f, "{a} {b}"),
            Self::Entry(uri, index) => write!(f, "{uri} {index}"),
            Self::Numbers(a, b) => write!(f, "{a}/{b}"),
        }
    }
}

/// One table's rows as (key, all columns), in key order, a page at a time.
struct Lines {
    table: Table,
    page: VecDeque<(Key, String)>,
    after: (i64, i64),
    after_text: (String, String),
    visited: i64,
    done: bool,
}

/// Rows of one page.
const PAGE: i64 = 1_000;

impl Lines {
    fn new(table: Table) -> Self {
        Self {
            table,
            page: VecDeque::new(),
            after: (i64::MIN, i64::MIN),
            after_text: (String::new(), String::new()),
            visited: 0,
            done: false,
        }
    }

    fn next(&mut self) -> Option<(Key, String)> {
        self.page.pop_front()
    }

    async fn peek(&mut self, store: &dyn Store) -> Result<Option<&(Key, String)>, StoreError> {
        if self.page.is_empty() && !self.done {
            self.fill(store).await?;
            self.visited += i64::try_from(self.page.len()).unwrap_or(i64::MAX);
            // There are few projections: they come all at once.
            self.done = self.page.is_empty() || self.table == Table::Projection;
        }
        Ok(self.page.front())
    }

    async fn fill(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let mut reader = store.reader().await?;
        match self.table {
            Table::Projection => {
                for row in reader.projections().await? {
                    self.push(Key::Name(row.0.clone()), &row);
                }
            }
            Table::EventIndex => {
                for row in reader.event_index(self.after, PAGE).await? {
                    self.after = row;
                    self.push(Key::Numbers(row.0, row.1), &row);
                }
            }
            Table::Subject => {
                for row in reader.all_subjects(&self.after_text.0, PAGE).await? {
                    self.after_text.0.clone_from(&row.uri);
                    self.push(Key::Name(row.uri.clone()), &row);
                }
            }
            Table::LotBrief => {
                for row in reader.list_lot_briefs(&self.after_text.0, PAGE).await? {
                    self.after_text.0.clone_from(&row.0);
                    self.push(Key::Name(row.0.clone()), &row);
                }
            }
            Table::SubjectRecord => {
                for row in reader.links((&self.after_text.0, self.after.1), PAGE).await? {
                    self.after_text.0.clone_from(&row.0);
                    self.after.1 = row.1;
                    self.push(Key::Entry(row.0.clone(), row.1), &row);
                }
            }
            Table::ListingLot => {
                for row in reader.listing_lots((&self.after_text.0, &self.after_text.1), PAGE).await? {
                    self.after_text.clone_from(&row);
                    self.push(Key::Names(row.0.clone(), row.1.clone()), &row);
                }
            }
            Table::Alias => {
                for row in reader.aliases(&self.after_text.0, PAGE).await? {
                    self.after_text.0.clone_from(&row.0);
                    self.push(Key::Name(row.0.clone()), &row);
                }
            }
            Table::FeedChange => {
                for row in reader.feed(self.after.0, self.after.1, PAGE).await? {
                    self.after = (row.log_index, row.position);
                    self.push(Key::Numbers(row.log_index, row.position), &row);
                }
            }
            // The log itself is not made again: the audit goes through it row by row.
            Table::LogHead | Table::Record | Table::Section | Table::Checkpoint => {}
        }
        Ok(())
    }

    fn push(&mut self, key: Key, row: &dyn std::fmt::Debug) {
        self.page.push_back((key, format!("{row:?}")));
    }
}
