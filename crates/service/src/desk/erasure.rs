//! Yêu cầu xóa: what people of an organisation want erased, and what became of it.
//!
//! The operator erases (`nguon org erase`): the section goes, a notice on the log says so, and every proof still stands.

use nguon_ledger::{EventId, PERSON_OF_DELEGATION, PublicKey, Record};
use nguon_storage::{ErasureRequestRow, StoreError};

use super::{Desk, DeskError, Member};
use crate::rows;

/// Wishes of one answer.
const WISHES: i64 = 500;
/// Wishes of one organisation that nobody has answered, at most.
const WAITING_MAX: usize = 200;

/// Something that somebody wants erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureWish {
    /// Which record.
    pub event: EventId,
    /// Which section; 255 is a delegation's person.
    pub section: u8,
    /// The legal reason, by its code.
    pub reason: u16,
    /// Which key asked.
    pub asked_by: PublicKey,
    /// When.
    pub asked_at_ms: i64,
    /// Whether the notice is on the log.
    pub erased: bool,
    /// Why the operator does not erase it; empty while it has not said so.
    pub answer: String,
}

/// Why a wish is not taken down.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// The key may not ask that.
    #[error("the key may not ask that")]
    NotYours,
    /// No record of the organisation has this section.
    #[error("no record of the organisation has this section")]
    Unknown,
    /// Too many wait.
    #[error("too many wait for an answer")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<StoreError> for WishError {
    fn from(error: StoreError) -> Self {
        Self::Desk(error.into())
    }
}

impl Desk {
    /// Takes a wish down; answers whether it is new. Whoever signed the record may ask, and whoever admits people.
    pub async fn wish_erased(
        &self,
        member: &Member,
        event: EventId,
        section: u8,
        reason: u16,
    ) -> Result<bool, WishError> {
        let record = self.record_of(&event).await?.ok_or(WishError::Unknown)?;
        if record.belongs_to() != member.organisation() {
            return Err(WishError::Unknown);
        }
        if !member.admits() && record.author() != member.key.key {
            return Err(WishError::NotYours);
        }
        if section != PERSON_OF_DELEGATION && usize::from(section) >= record.sections().len() {
            return Err(WishError::Unknown);
        }
        let waiting = self.wishes(member).await?;
        if waiting.iter().filter(|wish| !wish.erased && wish.answer.is_empty()).count() >= WAITING_MAX {
            return Err(WishError::TooMany);
        }
        let row = ErasureRequestRow {
            organisation_id: member.organisation().as_bytes().to_vec(),
            event_id: event.as_bytes().to_vec(),
            section: i64::from(section),
            reason: i64::from(reason),
            asked_by: member.key.key.as_bytes().to_vec(),
            asked_at_ms: self.clock.now_ms(),
            answer: String::new(),
        };
        let mut unit = self.store.unit().await?;
        let new = unit.insert_erasure_request(&row).await?;
        unit.save().await?;
        Ok(new)
    }

    /// What the member's organisation asked for, the newest first.
    pub async fn wishes(&self, member: &Member) -> Result<Vec<ErasureWish>, DeskError> {
        let rows =
            self.store.reader().await?.erasure_requests_of(member.organisation().as_bytes(), WISHES).await?;
        Ok(rows.iter().map(|row| self.wish(row)).collect())
    }

    fn wish(&self, row: &ErasureRequestRow) -> ErasureWish {
        let event = rows::event_id(&row.event_id);
        let section = u8::try_from(row.section).unwrap_or(PERSON_OF_DELEGATION);
        let erased = {
            let known = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.authority.is_erased(event, section)
        };
        ErasureWish {
            event,
            section,
            reason: u16::try_from(row.reason).unwrap_or(0),
            asked_by: rows::public_key(&row.asked_by),
            asked_at_ms: row.asked_at_ms,
            erased,
            answer: row.answer.clone(),
        }
    }

    async fn record_of(&self, event: &EventId) -> Result<Option<Record>, StoreError> {
        let mut reader = self.store.reader().await?;
        let indexes = reader.entries_of_event(rows::event_prefix(event)).await?;
        let found = reader.records_of(&indexes).await?;
        let mut records = found.iter().filter_map(|row| Record::parse(&row.bytes).ok());
        Ok(records.find(|record| record.event_id() == *event))
    }
}
