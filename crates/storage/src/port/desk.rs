//! Rows of a co-operative's desk that follow from no record: invitations, who looked at names, what is to be erased.

use async_trait::async_trait;

use super::{HeldRow, StoreError};

/// An invitation on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRow {
    /// What whoever answers must know, 16 bytes.
    pub enrolment_id: Vec<u8>,
    /// Who invites.
    pub organisation_id: Vec<u8>,
    /// The rights that are offered, JSON.
    pub invitation: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// Until when it may be answered.
    pub expires_at_ms: i64,
    /// The key that answered; empty: none yet.
    pub device: Vec<u8>,
    /// Its signature over the rights.
    pub possession: Vec<u8>,
}

/// Somebody looked at people's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonReadRow {
    /// Of whose people.
    pub organisation_id: Vec<u8>,
    /// When.
    pub read_at_ms: i64,
    /// Which key.
    pub reader: Vec<u8>,
    /// At what: a stable word, or a thing's URI.
    pub what: String,
}

/// Something that somebody wants erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRequestRow {
    /// Whose record.
    pub organisation_id: Vec<u8>,
    /// Which record.
    pub event_id: Vec<u8>,
    /// Which section; 255 = a delegation's person.
    pub section: i64,
    /// The legal reason, by its code.
    pub reason: i64,
    /// Which key asked.
    pub asked_by: Vec<u8>,
    /// When.
    pub asked_at_ms: i64,
    /// Why the operator does not erase it; empty while it has not said so.
    pub answer: String,
}

/// Reads of [`super::Reader`] for a desk.
#[async_trait]
pub trait DeskReader: Send {
    /// One invitation.
    async fn enrolment(&mut self, enrolment_id: &[u8]) -> Result<Option<EnrolmentRow>, StoreError>;
    /// An organisation's invitations, the newest first.
    async fn enrolments_of(
        &mut self,
        organisation_id: &[u8],
        limit: i64,
    ) -> Result<Vec<EnrolmentRow>, StoreError>;
    /// Who looked at names of an organisation's people, the newest first.
    async fn person_reads(
        &mut self,
        organisation_id: &[u8],
        limit: i64,
    ) -> Result<Vec<PersonReadRow>, StoreError>;
    /// What an organisation wants erased, the newest first.
    async fn erasure_requests_of(
        &mut self,
        organisation_id: &[u8],
        limit: i64,
    ) -> Result<Vec<ErasureRequestRow>, StoreError>;
    /// What anybody wants erased, the oldest first.
    async fn erasure_requests(&mut self, limit: i64) -> Result<Vec<ErasureRequestRow>, StoreError>;
    /// Records in an organisation's name that wait, by author and place.
    async fn held_of(&mut self, organisation_id: &[u8], limit: i64) -> Result<Vec<HeldRow>, StoreError>;
}

/// Writes of [`super::Unit`] for a desk.
#[async_trait]
pub trait DeskWriter: Send {
    /// Keeps an invitation; answers whether it is new. One of the same id stays as it is.
    async fn insert_enrolment(&mut self, row: &EnrolmentRow) -> Result<bool, StoreError>;
    /// Keeps the answer of a device, if nobody answered before and it is not too late; answers whether it was kept.
    async fn answer_enrolment(
        &mut self,
        enrolment_id: &[u8],
        device: &[u8],
        possession: &[u8],
        now_ms: i64,
    ) -> Result<bool, StoreError>;
    /// Takes an invitation back; answers whether there was one.
    async fn delete_enrolment(
        &mut self,
        organisation_id: &[u8],
        enrolment_id: &[u8],
    ) -> Result<bool, StoreError>;
    /// Forgets invitations that ended before a time; answers how many.
    async fn delete_enrolments_before(&mut self, expires_at_ms: i64) -> Result<u64, StoreError>;
    /// Notes that somebody looks at names.
    async fn note_person_read(&mut self, row: &PersonReadRow) -> Result<(), StoreError>;
    /// Keeps what somebody wants erased; answers whether it is new.
    async fn insert_erasure_request(&mut self, row: &ErasureRequestRow) -> Result<bool, StoreError>;
    /// Says why something is not erased; answers whether it was asked for.
    async fn answer_erasure_request(
        &mut self,
        event_id: &[u8],
        section: i64,
        answer: &str,
    ) -> Result<bool, StoreError>;
}
