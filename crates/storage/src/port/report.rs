//! Rows that follow from no record and are nobody's business but the operator's: what shoppers report, who read it, and
//! which pictures were taken away.

use std::fmt;

use async_trait::async_trait;

use super::StoreError;

/// A shopper's report. Empty text is "not said", 0 is "not yet".
#[derive(Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Its case number, as it is printed.
    pub case_number: String,
    /// The maker of the lot; empty if no lot is known.
    pub organisation_id: Vec<u8>,
    /// The lot's URI; empty if none is known.
    pub lot_uri: String,
    /// The code it is about, as it was typed.
    pub about: String,
    /// Why: a stable word.
    pub reason: String,
    /// What was written.
    pub words: String,
    /// Telephone number or address of who wrote it.
    pub contact: String,
    /// When it came.
    pub received_at_ms: i64,
    /// A stable word for how far it is.
    pub state: String,
    /// What everybody who has the case number may read.
    pub answer: String,
    /// When it was closed.
    pub closed_at_ms: i64,
    /// Whether there is a photograph.
    pub has_photo: bool,
}

/// Without what somebody wrote: a row that gets into a log or an error says nothing of a person.
impl fmt::Debug for ReportRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportRow")
            .field("case_number", &self.case_number)
            .field("lot_uri", &self.lot_uri)
            .field("reason", &self.reason)
            .field("received_at_ms", &self.received_at_ms)
            .field("state", &self.state)
            .field("closed_at_ms", &self.closed_at_ms)
            .field("has_photo", &self.has_photo)
            .finish_non_exhaustive()
    }
}

/// Somebody looked at personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalReadRow {
    /// Of which case.
    pub case_number: String,
    /// When.
    pub read_at_ms: i64,
    /// Who.
    pub reader: String,
    /// What for.
    pub purpose: String,
}

/// A picture that must not be shown again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRemovalRow {
    /// Its BLAKE3, 32 bytes.
    pub blake3: Vec<u8>,
    /// Why.
    pub reason: String,
    /// Who took it away.
    pub removed_by: String,
    /// When.
    pub removed_at_ms: i64,
}

/// Reads of [`super::Reader`] that have nothing to do with the log.
#[async_trait]
pub trait ReportReader: Send {
    /// One case.
    async fn report(&mut self, case_number: &str) -> Result<Option<ReportRow>, StoreError>;
    /// Cases before one (time, number), the newest first.
    async fn list_reports(&mut self, before: (i64, &str), limit: i64) -> Result<Vec<ReportRow>, StoreError>;
    /// Cases about an organisation's lots before one (time, number), the newest first.
    async fn reports_of(
        &mut self,
        organisation_id: &[u8],
        before: (i64, &str),
        limit: i64,
    ) -> Result<Vec<ReportRow>, StoreError>;
    /// The photograph of a case.
    async fn report_photo(&mut self, case_number: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Who looked at the personal data of a case, in order.
    async fn personal_reads(&mut self, case_number: &str) -> Result<Vec<PersonalReadRow>, StoreError>;
    /// Whether a picture was taken away.
    async fn image_removal(&mut self, blake3: &[u8]) -> Result<Option<ImageRemovalRow>, StoreError>;
    /// Pictures that were taken away, after a digest.
    async fn image_removals(&mut self, after: &[u8], limit: i64) -> Result<Vec<ImageRemovalRow>, StoreError>;
}

/// Writes of [`super::Unit`] that have nothing to do with the log.
#[async_trait]
pub trait ReportWriter: Send {
    /// Keeps a report; answers whether it is new. One of the same number stays as it is.
    async fn insert_report(&mut self, row: &ReportRow) -> Result<bool, StoreError>;
    /// Keeps the photograph of a case.
    async fn insert_report_photo(&mut self, case_number: &str, jpeg: &[u8]) -> Result<(), StoreError>;
    /// Says how far a case is; answers whether there is such a case.
    async fn set_report_state(
        &mut self,
        case_number: &str,
        state: &str,
        answer: &str,
        closed_at_ms: i64,
    ) -> Result<bool, StoreError>;
    /// Forgets everything of a case that somebody wrote or sent; answers whether there is such a case.
    async fn erase_report(&mut self, case_number: &str) -> Result<bool, StoreError>;
    /// Forgets contacts and photographs of cases that were closed, or came, before these times; answers how many there were.
    async fn erase_contacts(
        &mut self,
        closed_before_ms: i64,
        received_before_ms: i64,
    ) -> Result<u64, StoreError>;
    /// Notes that somebody looks at personal data.
    async fn note_personal_read(&mut self, row: &PersonalReadRow) -> Result<(), StoreError>;
    /// Notes that a picture was taken away; the first word stands.
    async fn insert_image_removal(&mut self, row: &ImageRemovalRow) -> Result<(), StoreError>;
}
