//! A shopper reports a suspicious sticker: without an account, and with a case number for the answer.
//!
//! ```text
//! form ─▶ token ─▶ what is said, checked ─▶ lot and its maker ─▶ limits ─▶ photograph written anew ─▶ one transaction
//!                                                                                                      └▶ case number
//! received ──▶ open ──▶ closed, with an answer ──▶ contact and photograph forgotten
//! ```
//!
//! - **To whom.** The organisation that made the lot ([`Desk::of`]) and the province ([`Desk::list`]). A code that leads to no lot
//!   goes to the province alone.
//! - **What it does not do.** No number of reports changes how a lot stands: anybody can send ten thousand. A recall is signed by
//!   somebody who may (`nguon-trace`), after looking.
//! - **Who said it.** Nobody is asked. A telephone number or an e-mail address may be left; it stands in one column, is in no
//!   list, log, metric or address, each look at it is noted with who and why ([`Desk::personal`]), and it is forgotten, with the
//!   photograph, some days after the case was closed, and after [`OLDEST_DAYS`] in any case.
//! - **Against machines.** A form carries a token that is a keyed hash over its time ([`token`]): no state, one report each. Then
//!   there are limits by network, by lot and in all ([`limit`]); a network is a hash under a key of this process and is
//!   forgotten with it.
//!
//! The photograph is decoded and written anew, so that neither the place in it nor anything behind its last byte is kept. It
//! lies in the database: accepted with the report or not at all, erased with it, and in no folder that anybody serves.

pub mod desk;
pub mod limit;
mod lot;
pub mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use nguon_id::CaseNumber;
use nguon_storage::{ReportRow, Store, StoreError};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

pub use self::desk::{Case, Desk, Personal};
use self::limit::Limits;
pub use self::limit::Whose;
pub use self::token::TokenError;
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::pictures::{Kind, Picture, PictureError};

/// Characters of what is written.
pub const WORDS_MAX: usize = 1_000;
/// Characters of the code that a report is about: somebody may paste a whole address.
pub const ABOUT_MAX: usize = 300;
/// Characters of a contact.
pub const CONTACT_MAX: usize = 120;
/// Bytes of a photograph as it comes from a telephone.
pub const PHOTO_BYTES_MAX: usize = 8_000_000;
/// Pixels of one: 24 megapixels, as the telephones with the most write by themselves (5,712 × 4,284).
const PHOTO_PIXELS_MAX: u64 = 24 << 20;
/// Pixels of a JPEG in several passes, whose coefficients are all in memory, and of the other kinds.
const PHOTO_PIXELS_MAX_OTHERWISE: u64 = crate::pictures::PIXELS_MAX;
/// A photograph that is kept is at most so wide and high: a sticker can be read on it.
const PHOTO_SIDE: u32 = 1_280;
/// Contacts are kept for so many days after a case was closed, unless the operator says otherwise.
pub const CONTACT_DAYS: u16 = 90;
/// And no longer than this after the report came, closed or not.
pub const OLDEST_DAYS: i64 = 366;
/// How long somebody waits for the turn to have a photograph read.
const PATIENCE: Duration = Duration::from_secs(8);

/// Why somebody reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The sticker's code leads to another site.
    LeadsElsewhere,
    /// The pack in hand is not what the page says.
    LooksDifferent,
    /// It is sold elsewhere, or by others, than the page says.
    SoldElsewhere,
    /// It is still sold after a recall, or past its day.
    RecalledOrExpired,
    /// Something else.
    Other,
}

impl Reason {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 5] = [
        Self::LeadsElsewhere,
        Self::LooksDifferent,
        Self::SoldElsewhere,
        Self::RecalledOrExpired,
        Self::Other,
    ];

    /// A stable word.
    pub fn key(self) -> &'static str {
        match self {
            Self::LeadsElsewhere => "leads-elsewhere",
            Self::LooksDifferent => "looks-different",
            Self::SoldElsewhere => "sold-elsewhere",
            Self::RecalledOrExpired => "recalled-or-expired",
            Self::Other => "other",
        }
    }

    /// The reason of a word.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.key() == key)
    }
}

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It came.
    Received,
    /// Somebody looks at it.
    Open,
    /// It is closed.
    Closed,
}

impl Progress {
    /// A stable word.
    pub fn key(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    fn of(key: &str) -> Self {
        match key {
            "open" => Self::Open,
            "closed" => Self::Closed,
            _ => Self::Received,
        }
    }
}

/// What was filled in. No `Debug`: it must not get into a log by a slip.
#[derive(Clone, Default)]
pub struct Filled {
    /// The form's token.
    pub token: String,
    /// The code it is about: an address, a path, a short code.
    pub about: String,
    /// Why: a word of [`Reason`].
    pub reason: String,
    /// In own words.
    pub words: String,
    /// Telephone or e-mail.
    pub contact: String,
    /// A picture; empty is none.
    pub photo: Vec<u8>,
}

/// A report was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub case: CaseNumber,
    /// True when the same form had been sent before.
    pub again: bool,
}

/// Why a report was not taken, in the order in which it is looked at. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum ReportRefused {
    /// The form is too old, too fresh, or none of ours.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No reason was chosen.
    #[error("choose a reason")]
    NoReason,
    /// Neither a code nor a word nor a picture.
    #[error("say what it is about: a code, some words, or a picture")]
    Nothing,
    /// Too many characters.
    #[error("{field} takes {limit} characters")]
    TooLong {
        /// Which field: `about`, `words` or `contact`.
        field: &'static str,
        /// How many it takes.
        limit: usize,
    },
    /// The contact is neither a telephone number nor an e-mail address.
    #[error("the contact is neither a telephone number nor an e-mail address")]
    Contact,
    /// The photograph has too many bytes.
    #[error("the photograph has too many bytes")]
    PhotoTooLarge,
    /// This very form was sent with other contents.
    #[error("this form was sent already: {0}")]
    SentOtherwise(CaseNumber),
    /// Too many reports.
    #[error("too many reports from this {whose:?}; again in {seconds} s")]
    TooMany {
        /// What there were too many of.
        whose: Whose,
        /// When to try again.
        seconds: u32,
    },
    /// The photograph is none, or too much of one.
    #[error(transparent)]
    Photo(#[from] PictureError),
    /// Too many photographs at once.
    #[error("too many photographs at once")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReportRefused {
    /// A stable word, for the message and the metric.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(TokenError::Early) => "early",
            Self::Token(_) => "old",
            Self::NoReason => "no-reason",
            Self::Nothing => "nothing",
            Self::TooLong { .. } => "too-long",
            Self::Contact => "contact",
            Self::PhotoTooLarge => "photo-too-large",
            Self::SentOtherwise(_) => "sent-otherwise",
            Self::TooMany { .. } => "too-many",
            Self::Photo(PictureError::TooManyPixels { .. }) => "photo-too-large",
            Self::Photo(_) => "photo",
            Self::Busy => "busy",
            Self::Store(_) => "store",
        }
    }
}

/// Takes reports.
pub struct Reports {
    desk: Desk,
    catalogue: Catalogue,
    clock: Arc<dyn Clock>,
    secret: Zeroizing<[u8; 32]>,
    forms: token::Forms,
    limits: Limits,
    /// One photograph is decoded at a time.
    turn: Semaphore,
    contact_days: AtomicU16,
}

impl Reports {
    /// `secret` is random and of this process: with it go the forms that are open and the networks that were counted.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        catalogue: Catalogue,
        clock: Arc<dyn Clock>,
        secret: Zeroizing<[u8; 32]>,
    ) -> Self {
        Self {
            desk: Desk::new(store, clock.clone()),
            catalogue,
            clock,
            forms: token::Forms::new(&secret),
            secret,
            limits: Limits::default(),
            turn: Semaphore::new(1),
            contact_days: AtomicU16::new(CONTACT_DAYS),
        }
    }

    /// Where reports are read and answered.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// For how many days after a case was closed contacts are kept.
    pub fn contact_days(&self) -> u16 {
        self.contact_days.load(Ordering::Relaxed)
    }

    /// Says for how many days after a case was closed contacts are kept.
    pub fn keep_contacts_for(&self, days: u16) {
        self.contact_days.store(days, Ordering::Relaxed);
    }

    /// Forgets contacts and photographs whose time is over; answers how many there were.
    pub async fn forget(&self) -> Result<u64, StoreError> {
        self.desk.forget(self.contact_days()).await
    }

    /// A token for a new form.
    pub fn form(&self) -> String {
        self.forms.issue(self.clock.now_ms())
    }

    /// Somebody comes with a form; whoever comes too often is told so before anything is read. Answers seconds to wait.
    pub fn knock(&self, network: &[u8]) -> Result<(), u32> {
        self.limits.knock(limit::key(&self.secret, network), self.clock.now_ms())
    }

    /// Takes a report. Once this answers, it is durable.
    pub async fn receive(&self, network: &[u8], filled: Filled) -> Result<Received, ReportRefused> {
        let received = self.take(network, filled).await;
        let answer = match &received {
            Ok(Received { again: false, .. }) => "received",
            Ok(Received { again: true, .. }) => "again",
            Err(refused) => refused.code(),
        };
        metrics::counter!("nguon_reports_total", "answer" => answer).increment(1);
        received
    }

    async fn take(&self, network: &[u8], filled: Filled) -> Result<Received, ReportRefused> {
        let now_ms = self.clock.now_ms();
        let case = self.forms.redeem(&filled.token, now_ms)?;
        let mut row = checked(&filled)?;
        row.case_number = case.to_string();
        row.received_at_ms = now_ms;
        if let Some(before) = self.desk.store().reader().await?.report(&row.case_number).await? {
            let said =
                |row: &ReportRow| [&row.about, &row.reason, &row.words, &row.contact].map(Clone::clone);
            return match said(&before) == said(&row) {
                true => Ok(Received { case, again: true }),
                false => Err(ReportRefused::SentOtherwise(case)),
            };
        }
        let lot = lot::of(&self.catalogue, &row.about).await?;
        let counted = lot.as_ref().map_or(row.about.to_lowercase(), |lot| lot.uri.clone());
        let network = limit::key(&self.secret, network);
        let counted = limit::key(&self.secret, counted.as_bytes());
        self.limits
            .take(network, counted, now_ms)
            .map_err(|(whose, seconds)| ReportRefused::TooMany { whose, seconds })?;
        if let Some(lot) = lot {
            row.organisation_id = lot.maker.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
            row.lot_uri = lot.uri;
        }
        let photo = if filled.photo.is_empty() { None } else { Some(self.rewrite(filled.photo).await?) };
        let mut unit = self.desk.store().unit().await?;
        // Two of one form at once: the second finds the first.
        let is_new = unit.insert_report(&row).await?;
        if let (true, Some(photo)) = (is_new, &photo) {
            unit.insert_report_photo(&row.case_number, photo).await?;
        }
        unit.save().await?;
        Ok(Received { case, again: !is_new })
    }

    async fn rewrite(&self, photo: Vec<u8>) -> Result<Vec<u8>, ReportRefused> {
        let picture = Picture::inspect(&photo)?;
        let limit = match picture.kind {
            Kind::Jpeg if !picture.is_progressive => PHOTO_PIXELS_MAX,
            _ => PHOTO_PIXELS_MAX_OTHERWISE,
        };
        let picture = picture.within(limit)?;
        let Ok(Ok(_turn)) = tokio::time::timeout(PATIENCE, self.turn.acquire()).await else {
            return Err(ReportRefused::Busy);
        };
        let written =
            tokio::task::spawn_blocking(move || picture.rewrite(&photo, PHOTO_SIDE, PHOTO_SIDE)).await;
        // A decoder that panics has refused.
        Ok(written.unwrap_or_else(|panic| Err(PictureError::Undecodable(panic.to_string())))?)
    }
}

/// What was filled in, as it is kept; the case, the time and the lot are still open.
fn checked(filled: &Filled) -> Result<ReportRow, ReportRefused> {
    let reason = Reason::of(&filled.reason).ok_or(ReportRefused::NoReason)?;
    let (about, contact) = (one_line(&filled.about), one_line(&filled.contact));
    let words = plain(&filled.words);
    if about.is_empty() && words.is_empty() && filled.photo.is_empty() {
        return Err(ReportRefused::Nothing);
    }
    for (field, text, limit) in
        [("about", &about, ABOUT_MAX), ("words", &words, WORDS_MAX), ("contact", &contact, CONTACT_MAX)]
    {
        if text.chars().count() > limit {
            return Err(ReportRefused::TooLong { field, limit });
        }
    }
    if !contact.is_empty() && !is_contact(&contact) {
        return Err(ReportRefused::Contact);
    }
    if filled.photo.len() > PHOTO_BYTES_MAX {
        return Err(ReportRefused::PhotoTooLarge);
    }
    Ok(ReportRow {
        case_number: String::new(),
        organisation_id: Vec::new(),
        lot_uri: String::new(),
        about,
        reason: reason.key().to_owned(),
        words,
        contact,
        received_at_ms: 0,
        state: Progress::Received.key().to_owned(),
        answer: String::new(),
        closed_at_ms: 0,
        has_photo: !filled.photo.is_empty(),
    })
}

/// Text of a stranger, without what cannot be seen and changes what is read, nor NUL, which PostgreSQL has not.
pub(crate) fn plain(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.trim().chars().filter(|c| !hidden(*c)).collect()
}

pub(crate) fn one_line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

/// Something that can be called or written to.
fn is_contact(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_address = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    (8..=15).contains(&digits) || is_address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Filled {
        Filled { about: "8J3K-Q0ZH".to_owned(), reason: "other".to_owned(), ..Filled::default() }
    }

    #[test]
    fn what_is_filled_in_is_checked_in_order() {
        assert!(checked(&filled()).is_ok());
        let refused = |filled: Filled| checked(&filled).err().map(|refused| refused.code());
        assert_eq!(refused(Filled::default()), Some("no-reason"));
        assert_eq!(refused(Filled { reason: "OTHER".to_owned(), ..filled() }), Some("no-reason"));
        assert_eq!(refused(Filled { about: " \n\u{200b}".to_owned(), ..filled() }), Some("nothing"));
        assert_eq!(refused(Filled { about: String::new(), words: "x".to_owned(), ..filled() }), None);
        assert_eq!(refused(Filled { words: "ạ".repeat(1_000), ..filled() }), None, "characters, not bytes");
        assert_eq!(refused(Filled { words: "ạ".repeat(1_001), ..filled() }), Some("too-long"));
        assert_eq!(refused(Filled { about: "x".repeat(301), ..filled() }), Some("too-long"));
        for (contact, code) in [
            ("0912 345 678", None),
            ("+84 (0)912.345.678", None),
            ("lan@example.vn", None),
            ("@example.vn", Some("contact")),
            ("lan@localhost", Some("contact")),
            ("gọi tôi nhé", Some("contact")),
            ("1234", Some("contact")),
            ("12345678901234567890", Some("contact")),
        ] {
            assert_eq!(refused(Filled { contact: contact.to_owned(), ..filled() }), code, "{contact}");
        }
        let photo = vec![0; PHOTO_BYTES_MAX + 1];
        assert_eq!(refused(Filled { photo, ..filled() }), Some("photo-too-large"));
    }

    #[test]
    fn what_cannot_be_seen_is_not_kept_and_lines_are() {
        let words = "  Tem giả?\r\nBán ở chợ \u{202e}ạl\u{202c}\0\u{1b}[2J ".to_owned();
        let row = checked(&Filled { words, about: "a\r\nb".to_owned(), ..filled() }).ok().unwrap();
        assert_eq!(row.words, "Tem giả?\nBán ở chợ ạl[2J");
        assert_eq!(row.about, "a b");
    }
}
