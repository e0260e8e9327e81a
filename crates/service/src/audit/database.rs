//! The database against what the published files prove: every column of every row.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use nguon_ledger::authority::Authority;
use nguon_ledger::merkle::{Frontier, Hash};
use nguon_ledger::policy::Policy;
use nguon_ledger::{Admission, Control, Opening, PERSON_OF_DELEGATION, Record, SectionType};
use nguon_storage::{SectionRow, Store, StoreError};

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
    let mut unopened: Vec<(u64, Record, u8)> = Vec::new();
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
                &mut unopened,
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
    for (index, record, position) in unopened {
        if !authority.is_erased(record.event_id(), position) {
            wrong.add(Wrong {
                place: format!("section {index}/{position}"),
                index: Some(index),
                event_id: Some(record.event_id().to_string()),
                code: "section-missing".to_owned(),
                sentence: "the opening is missing, and no erasure notice says why".to_owned(),
            });
        }
    }
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

/// Any id that is not the record's: asks [`Authority::admit`] whether the record disputes what stands at its place.
fn another_id(record: &Record) -> nguon_ledger::EventId {
    let mut other = *record.event_id().as_bytes();
    other[0] ^= 1;
    nguon_ledger::EventId::from_bytes(other)
}

fn check_sections(
    index: u64,
    record: &Record,
    found: Vec<SectionRow>,
    unopened: &mut Vec<(u64, Record, u8)>,
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
        let Some((kind, commitment)) =
            u8::try_from(row.position).ok().and_then(|position| expected.remove(&position))
        else {
            wrong.add(Wrong::at(place, "section-unknown", "the record has no such section"));
            continue;
        };
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
    unopened.extend(expected.into_keys().map(|position| (index, record.clone(), position)));
}

async fn checkpoints(
    store: &Arc<dyn Store>,
    policy: &Policy,
    roots: &HashMap<u64, Hash>,
    wrong: &mut Findings,
) -> Result<(), StoreError> {
    let mut after = -1;
    loop {
        let batch = store.reader().await?.list_checkpoints(after, 1_000).await?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = last.size;
        for row in batch {
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
    for table in Table::ALL {
        let (mut ours, mut theirs) = (Lines::new(table), Lines::new(table));
        loop {
            match (ours.peek(left).await?, theirs.peek(right).await?) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => {
                    ours.next();
                    theirs.next();
                }
                (Some(a), Some(b)) => {
                    places.push(format!("{} {}", table.name(), a.0.clone().min(b.0.clone())));
                    match a.0.cmp(&b.0) {
                        std::cmp::Ordering::Less => ours.next(),
                        std::cmp::Ordering::Greater => theirs.next(),
                        std::cmp::Ordering::Equal => {
                            ours.next();
                            theirs.next();
                        }
                    }
                }
                (Some(a), None) => {
                    places.push(format!("{} {}", table.name(), a.0));
                    ours.next();
                }
                (None, Some(b)) => {
                    places.push(format!("{} {}", table.name(), b.0));
                    theirs.next();
                }
            }
            if places.len() >= most {
                return Ok(places);
            }
        }
    }
    Ok(places)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Projection,
    EventIndex,
    Subject,
    SubjectRecord,
    ListingLot,
    Alias,
    FeedChange,
}

impl Table {
    const ALL: [Self; 7] = [
        Self::Projection,
        Self::EventIndex,
        Self::Subject,
        Self::SubjectRecord,
        Self::ListingLot,
        Self::Alias,
        Self::FeedChange,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Projection => "projection",
            Self::EventIndex => "event_index",
            Self::Subject => "subject",
            Self::SubjectRecord => "subject_record",
            Self::ListingLot => "listing_lot",
            Self::Alias => "alias",
            Self::FeedChange => "feed_change",
        }
    }
}

/// One table's rows as (key, all columns), in key order, a page at a time.
struct Lines {
    table: Table,
    page: std::collections::VecDeque<(String, String)>,
    after: (i64, i64),
    after_text: (String, String),
    started: bool,
    done: bool,
}

/// Rows of one page.
const PAGE: i64 = 1_000;

impl Lines {
    fn new(table: Table) -> Self {
        Self {
            table,
            page: std::collections::VecDeque::new(),
            after: (i64::MIN, i64::MIN),
            after_text: (String::new(), String::new()),
            started: false,
            done: false,
        }
    }

    fn next(&mut self) {
        self.page.pop_front();
    }

    async fn peek(&mut self, store: &dyn Store) -> Result<Option<&(String, String)>, StoreError> {
        if self.page.is_empty() && !self.done {
            self.fill(store).await?;
            self.started = true;
            self.done = self.page.is_empty();
        }
        Ok(self.page.front())
    }

    async fn fill(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let mut reader = store.reader().await?;
        let text =
            |key: &dyn std::fmt::Debug, row: &dyn std::fmt::Debug| (format!("{key:?}"), format!("{row:?}"));
        match self.table {
            Table::Projection => {
                if !self.started {
                    for row in reader.projections().await? {
                        self.page.push_back(text(&row.0, &row));
                    }
                }
            }
            Table::EventIndex => {
                for row in reader.event_index(self.after, PAGE).await? {
                    self.after = row;
                    self.page.push_back((ordered(row), format!("{row:?}")));
                }
            }
            Table::Subject => {
                for row in reader.all_subjects(&self.after_text.0, PAGE).await? {
                    self.after_text.0.clone_from(&row.uri);
                    self.page.push_back((row.uri.clone(), format!("{row:?}")));
                }
            }
            Table::SubjectRecord => {
                let index = if self.started { self.after.1 } else { -1 };
                for row in reader.links((&self.after_text.0, index), PAGE).await? {
                    self.after_text.0.clone_from(&row.0);
                    self.after.1 = row.1;
                    self.page.push_back((format!("{}\u{1}{:020}", row.0, row.1), format!("{row:?}")));
                }
            }
            Table::ListingLot => {
                for row in reader.listing_lots((&self.after_text.0, &self.after_text.1), PAGE).await? {
                    self.after_text.clone_from(&row);
                    self.page.push_back((format!("{}\u{1}{}", row.0, row.1), format!("{row:?}")));
                }
            }
            Table::Alias => {
                for row in reader.aliases(&self.after_text.0, PAGE).await? {
                    self.after_text.0.clone_from(&row.0);
                    self.page.push_back((row.0.clone(), format!("{row:?}")));
                }
            }
            Table::FeedChange => {
                let after = if self.started { self.after } else { (-1, -1) };
                for row in reader.feed(after.0, after.1, PAGE).await? {
                    self.after = (row.log_index, row.position);
                    self.page.push_back((ordered(self.after), format!("{row:?}")));
                }
            }
        }
        Ok(())
    }
}

/// Two numbers as text that sorts as they do.
fn ordered((a, b): (i64, i64)) -> String {
    let up = |n: i64| n.cast_unsigned() ^ (1 << 63);
    format!("{:020}/{:020}", up(a), up(b))
}
