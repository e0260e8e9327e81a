//! Where reports are read, answered and forgotten: by the operator's people, and by the organisation whose lots they are about.
//!
//! **Trust.** Who can read the database reads the contacts in it. The note of each look is written before the look, by the same
//! program, so it keeps honest people honest; it does not stop somebody with a database prompt.

use std::sync::Arc;

use nguon_id::CaseNumber;
use nguon_ledger::OrganisationId;
use nguon_storage::{PersonalReadRow, ReportRow, Store, StoreError};

use super::{OLDEST_DAYS, Progress, Reason, WORDS_MAX, plain};
use crate::clock::Clock;

const DAY_MS: i64 = 86_400_000;

/// A case, without what is personal in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its number.
    pub case: CaseNumber,
    /// Whose lot it is about.
    pub organisation: Option<OrganisationId>,
    /// The lot's URI; empty if the code leads to none.
    pub lot_uri: String,
    /// The code, as it was typed.
    pub about: String,
    /// Why.
    pub reason: Reason,
    /// In the reporter's words.
    pub words: String,
    /// When it came, Unix milliseconds.
    pub received_at_ms: i64,
    /// How far it is.
    pub progress: Progress,
    /// What everybody with the number may read.
    pub answer: String,
    /// When it was closed, Unix milliseconds.
    pub closed_at_ms: Option<i64>,
    /// Whether there is a contact.
    pub has_contact: bool,
    /// Whether there is a photograph.
    pub has_photo: bool,
}

impl Case {
    /// Whether nothing of what was told is kept: a report tells something, so it was erased.
    pub fn is_erased(&self) -> bool {
        self.about.is_empty() && self.words.is_empty() && !self.has_photo && !self.has_contact
    }
}

/// What is personal in a case. No `Debug`: it must not get into a log by a slip.
pub struct Personal {
    /// Telephone or e-mail; empty if none was left.
    pub contact: String,
    /// JPEG.
    pub photo: Option<Vec<u8>>,
}

/// Why the desk could not do it.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Nobody has this number.
    #[error("there is no case {0}")]
    NoCase(CaseNumber),
    /// It is closed; whoever means to change that says so.
    #[error("case {0} is closed")]
    Closed(CaseNumber),
    /// The answer is too long.
    #[error("an answer has at most {WORDS_MAX} characters")]
    TooLong,
    /// Who looks, or why, was not said.
    #[error("say who looks at it and why")]
    Unsaid,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads and answers.
#[derive(Clone)]
pub struct Desk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Desk {
    /// A desk at a database; a service may run on it meanwhile.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// One case.
    pub async fn case(&self, case: CaseNumber) -> Result<Option<Case>, StoreError> {
        Ok(self.store.reader().await?.report(&case.to_string()).await?.and_then(Case::of))
    }

    /// The newest cases, or those before one.
    pub async fn list(&self, before: Option<&Case>, limit: i64) -> Result<Vec<Case>, StoreError> {
        let (ms, number) = place(before);
        let rows = self.store.reader().await?.list_reports((ms, &number), limit).await?;
        Ok(rows.into_iter().filter_map(Case::of).collect())
    }

    /// The newest cases about an organisation's lots, or those before one.
    pub async fn of(
        &self,
        organisation: OrganisationId,
        before: Option<&Case>,
        limit: i64,
    ) -> Result<Vec<Case>, StoreError> {
        let (ms, number) = place(before);
        let mut reader = self.store.reader().await?;
        let rows = reader.reports_of(organisation.as_bytes(), (ms, &number), limit).await?;
        Ok(rows.into_iter().filter_map(Case::of).collect())
    }

    /// What is personal in a case. That `reader` looks at it for this `purpose` is durable before it is read.
    pub async fn personal(
        &self,
        case: CaseNumber,
        reader: &str,
        purpose: &str,
    ) -> Result<Personal, DeskError> {
        let (reader, purpose) = (plain(reader), plain(purpose));
        if reader.is_empty() || purpose.is_empty() {
            return Err(DeskError::Unsaid);
        }
        let case_number = case.to_string();
        if self.store.reader().await?.report(&case_number).await?.is_none() {
            return Err(DeskError::NoCase(case));
        }
        let look = PersonalReadRow {
            case_number: case_number.clone(),
            read_at_ms: self.clock.now_ms(),
            reader,
            purpose,
        };
        let mut unit = self.store.unit().await?;
        unit.note_personal_read(&look).await?;
        unit.save().await?;
        let mut reader = self.store.reader().await?;
        let row = reader.report(&case_number).await?.ok_or(DeskError::NoCase(case))?;
        Ok(Personal { contact: row.contact, photo: reader.report_photo(&case_number).await? })
    }

    /// Who looked at what is personal in a case: (when, who, why), in order.
    pub async fn looks(&self, case: CaseNumber) -> Result<Vec<(i64, String, String)>, StoreError> {
        let rows = self.store.reader().await?.personal_reads(&case.to_string()).await?;
        Ok(rows.into_iter().map(|row| (row.read_at_ms, row.reader, row.purpose)).collect())
    }

    /// Somebody looks at a case that is not closed.
    pub async fn open(&self, case: CaseNumber) -> Result<(), DeskError> {
        if self.case(case).await?.ok_or(DeskError::NoCase(case))?.progress == Progress::Closed {
            return Err(DeskError::Closed(case));
        }
        self.reopen(case).await
    }

    /// The same, also if it is closed: the answer is gone, and what is personal is kept until it is closed again (if it was not
    /// forgotten before).
    pub async fn reopen(&self, case: CaseNumber) -> Result<(), DeskError> {
        self.set(case, Progress::Open, "", 0).await
    }

    /// Closes a case with an answer that everybody with its number may read. With the same answer again is fine.
    pub async fn close(&self, case: CaseNumber, answer: &str) -> Result<(), DeskError> {
        let before = self.case(case).await?.ok_or(DeskError::NoCase(case))?;
        if before.progress == Progress::Closed && before.answer != plain(answer) {
            return Err(DeskError::Closed(case));
        }
        self.answer_again(case, answer).await
    }

    /// The same, also if it is closed with another answer: the day of the first time stays.
    pub async fn answer_again(&self, case: CaseNumber, answer: &str) -> Result<(), DeskError> {
        let answer = plain(answer);
        if answer.chars().count() > WORDS_MAX {
            return Err(DeskError::TooLong);
        }
        let before = self.case(case).await?.ok_or(DeskError::NoCase(case))?;
        let at_ms = before.closed_at_ms.unwrap_or(self.clock.now_ms());
        self.set(case, Progress::Closed, &answer, at_ms).await
    }

    async fn set(
        &self,
        case: CaseNumber,
        progress: Progress,
        answer: &str,
        closed_at_ms: i64,
    ) -> Result<(), DeskError> {
        let mut unit = self.store.unit().await?;
        let found = unit.set_report_state(&case.to_string(), progress.key(), answer, closed_at_ms).await?;
        unit.save().await?;
        if found { Ok(()) } else { Err(DeskError::NoCase(case)) }
    }

    /// Forgets the code, the words, the contact and the photograph of a case: somebody asked for it. Number, reason, lot and days
    /// stay.
    pub async fn erase(&self, case: CaseNumber) -> Result<(), DeskError> {
        let mut unit = self.store.unit().await?;
        let found = unit.erase_report(&case.to_string()).await?;
        unit.save().await?;
        self.scrub().await;
        if found { Ok(()) } else { Err(DeskError::NoCase(case)) }
    }

    /// Forgets contacts and photographs of cases that were closed so many days ago, or are very old.
    pub async fn forget(&self, days: u16) -> Result<u64, StoreError> {
        let now_ms = self.clock.now_ms();
        let closed_before_ms = now_ms - i64::from(days) * DAY_MS;
        let mut unit = self.store.unit().await?;
        let forgotten = unit.erase_contacts(closed_before_ms, now_ms - OLDEST_DAYS * DAY_MS).await?;
        unit.save().await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "contacts and photographs of closed cases were forgotten");
            self.scrub().await;
        }
        Ok(forgotten)
    }

    /// The write-ahead log still holds what was erased; if a reader is in the way, the next checkpoint takes it.
    async fn scrub(&self) {
        if let Err(error) = self.store.scrub().await {
            tracing::warn!(%error, "what was erased stays in the write-ahead log for now");
        }
    }
}

/// Before everything, or before a case.
fn place(before: Option<&Case>) -> (i64, String) {
    before.map_or((i64::MAX, String::new()), |case| (case.received_at_ms, case.case.to_string()))
}

impl Case {
    /// A row of ours; one whose number was damaged is left out.
    fn of(row: ReportRow) -> Option<Self> {
        let organisation = <[u8; 32]>::try_from(row.organisation_id).ok();
        Some(Self {
            case: CaseNumber::parse(&row.case_number).ok()?,
            organisation: organisation.map(OrganisationId::from_bytes),
            lot_uri: row.lot_uri,
            about: row.about,
            reason: Reason::of(&row.reason).unwrap_or(Reason::Other),
            words: row.words,
            received_at_ms: row.received_at_ms,
            progress: Progress::of(&row.state),
            answer: row.answer,
            closed_at_ms: (row.closed_at_ms > 0).then_some(row.closed_at_ms),
            has_contact: !row.contact.is_empty(),
            has_photo: row.has_photo,
        })
    }
}
