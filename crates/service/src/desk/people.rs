//! Who holds the keys of an organisation: the people that its delegations name, for those who admit them.

use nguon_ledger::{Control, EventId, PERSON_OF_DELEGATION, PublicKey, Record};
use nguon_storage::PersonReadRow;

use super::{Desk, DeskError, Member};
use crate::catalogue::KeyView;
use crate::rows;

/// Letters of a person's document that are given out: it was signed by the organisation itself.
const PERSON_BYTES: usize = 16 * 1024;
/// A look is noted by its minute.
const MINUTE_MS: i64 = 60_000;
/// Looks among which this minute's own is sought.
const NEWEST_LOOKS: i64 = 100;
/// Keys of one answer.
const COLLEAGUES: usize = 2_000;

/// What a private section says of a person. No `Debug`: it must not get into a log by a slip.
#[derive(Clone)]
pub enum Person {
    /// Nobody was named.
    Unnamed,
    /// Somebody was, and it was erased.
    Erased,
    /// The section's JSON.
    Named(serde_json::Value),
}

/// A key of the organisation, and who holds it.
#[derive(Clone)]
pub struct Colleague {
    /// The key, and how it stands.
    pub key: KeyView,
    /// Who holds it.
    pub person: Person,
    /// The record that gave it its rights, and its place; none of a root.
    pub delegated: Option<(EventId, u64)>,
}

impl Desk {
    /// Who holds a key, by its newest delegation: for that key itself.
    pub async fn person_of(&self, key: &PublicKey) -> Result<Person, DeskError> {
        Ok(self.delegation_of(key).await?.map_or(Person::Unnamed, |(_, _, person)| person))
    }

    /// All keys of the member's organisation and who holds them. The look is noted first.
    pub async fn members(&self, member: &Member) -> Result<Vec<Colleague>, DeskError> {
        if !member.admits() {
            return Err(DeskError::NotYours);
        }
        self.note_look(member, "members").await?;
        let mut colleagues = Vec::new();
        for key in self.catalogue.keys_of(member.organisation()).into_iter().take(COLLEAGUES) {
            let found = self.delegation_of(&key.key).await?;
            let (person, delegated) = match found {
                Some((event, index, person)) => (person, Some((event, index))),
                None => (Person::Unnamed, None),
            };
            colleagues.push(Colleague { key, person, delegated });
        }
        Ok(colleagues)
    }

    /// Who looked at names of the member's organisation, the newest first: when, which key, at what.
    pub async fn looks(&self, member: &Member) -> Result<Vec<(i64, PublicKey, String)>, DeskError> {
        if !member.admits() {
            return Err(DeskError::NotYours);
        }
        let rows = self.store.reader().await?.person_reads(member.organisation().as_bytes(), 500).await?;
        Ok(rows.into_iter().map(|row| (row.read_at_ms, rows::public_key(&row.reader), row.what)).collect())
    }

    /// Once a minute: whoever asks a thousand times in it looked once, and does not keep the writer busy.
    pub(super) async fn note_look(&self, member: &Member, what: &str) -> Result<(), DeskError> {
        let row = PersonReadRow {
            organisation_id: member.organisation().as_bytes().to_vec(),
            read_at_ms: self.clock.now_ms() / MINUTE_MS * MINUTE_MS,
            reader: member.key.key.as_bytes().to_vec(),
            what: what.to_owned(),
        };
        let newest = self.store.reader().await?.person_reads(&row.organisation_id, NEWEST_LOOKS).await?;
        if newest.contains(&row) {
            return Ok(());
        }
        let mut unit = self.store.unit().await?;
        unit.note_person_read(&row).await?;
        Ok(unit.save().await?)
    }

    /// The record that last gave a key its rights, and the person that it names.
    async fn delegation_of(&self, key: &PublicKey) -> Result<Option<(EventId, u64, Person)>, DeskError> {
        let since = {
            let known = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.authority.key(key).map(|key| key.since)
        };
        let Some(index) = since else { return Ok(None) };
        let at = rows::signed(index);
        let mut reader = self.store.reader().await?;
        let Some(row) = reader.records_of(&[at]).await?.into_iter().next() else { return Ok(None) };
        let Ok(record) = Record::parse(&row.bytes) else { return Ok(None) };
        let Control::Delegate(delegation) = record.control() else { return Ok(None) };
        let sections = reader.sections_of(&[at]).await?;
        let opened = sections.iter().find(|one| one.position == i64::from(PERSON_OF_DELEGATION));
        let person = match (delegation.person, opened) {
            (None, _) => Person::Unnamed,
            (Some(_), None) => Person::Erased,
            (Some(_), Some(section)) if section.payload.len() > PERSON_BYTES => Person::Unnamed,
            (Some(_), Some(section)) => {
                serde_json::from_slice(&section.payload).map_or(Person::Unnamed, Person::Named)
            }
        };
        Ok(Some((record.event_id(), index, person)))
    }
}
