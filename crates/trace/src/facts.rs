//! What one public section of a ledger record says: an event, or a card of master data.
//!
//! Facts are claims of whoever signed the record; nothing here is judged. They hold nothing private: who picked and
//! the exact place live in other sections of the record, which can be erased. Every thing has a URI (a GS1 Digital
//! Link where a GTIN, GLN or SSCC exists, otherwise a URI of our own); cards on one URI may follow each other, and the
//! newest counts: a GTIN that comes later is a second [`Product`] on the same URI, so printed stickers keep working.
//!
//! What this does not model: EPCIS fields that no rule and no page of ours needs (sensor reports, dispositions that
//! follow from the step, foreign extensions). `nguon-epcis` says which ones it leaves out.

mod card;
mod event;
mod step;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

pub use card::{
    Certificate, Identifier, Listing, ListingState, Organisation, OrganisationKind, Plot, PriceTier, Product,
    Scheme,
};
pub use event::{
    Action, Amount, Correction, ErrorReason, Event, LotData, Paper, Part, Uncounted, VIETNAM_OFFSET_MINUTES,
    What,
};
pub use step::{PlantProtection, Step};

/// What a public section says.
#[expect(
    clippy::large_enum_variant,
    reason = "cards are held one at a time; events come in thousands, and they are boxed"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// Something happened, to lots, plots or logistic units.
    Event(Box<Event>),
    /// Who an organisation is.
    Organisation(Organisation),
    /// What a plot is.
    Plot(Plot),
    /// What a product is.
    Product(Product),
    /// A certificate or other paper.
    Certificate(Certificate),
    /// An offer for sale.
    Listing(Listing),
}

/// A text for people: Vietnamese, and English where somebody wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub en: Option<String>,
}

impl Text {
    /// A text in Vietnamese alone.
    pub fn vi(vi: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: None }
    }

    /// A text in both languages.
    pub fn both(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: Some(en.into()) }
    }
}

/// A BLAKE3 digest, written as 64 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(pub [u8; 32]);

/// The text is not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hex digits")]
pub struct DigestError;

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(DigestError),
        };
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| DigestError)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

/// A photograph: its bytes lie outside the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// BLAKE3 of the file.
    pub digest: Digest,
    /// IANA media type (`image/jpeg`).
    pub media_type: String,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caption: Option<Text>,
}

impl Facts {
    /// The URIs of what the facts are about, each once: the natural subjects of their record.
    ///
    /// Of an event: its lots, containers and process, and the place when something grows there (a plot has a history
    /// of its own; a warehouse does not need one).
    #[must_use]
    pub fn subject_uris(&self) -> Vec<&str> {
        let mut uris: Vec<&str> = Vec::new();
        match self {
            Self::Event(event) => {
                let amounts = event.inputs().iter().chain(event.outputs()).chain(event.objects());
                uris.extend(amounts.map(|amount| amount.subject.as_str()));
                uris.extend(event.container());
                uris.extend(event.process());
                uris.extend(event.lot.plots.iter().map(String::as_str));
                let grows = matches!(
                    event.step,
                    Step::Planting { .. }
                        | Step::Fertilising { .. }
                        | Step::PlantProtection(_)
                        | Step::Irrigation { .. }
                        | Step::Harvest
                );
                uris.extend(event.place.as_deref().filter(|_| grows));
            }
            Self::Organisation(organisation) => uris.push(&organisation.uri),
            Self::Plot(plot) => uris.push(&plot.uri),
            Self::Product(product) => uris.push(&product.uri),
            Self::Certificate(certificate) => uris.push(&certificate.uri),
            Self::Listing(listing) => {
                uris.push(&listing.uri);
                uris.extend(listing.lots.iter().map(String::as_str));
            }
        }
        let mut seen = BTreeSet::new();
        uris.retain(|uri| seen.insert(*uri));
        uris
    }
}

/// The day in Vietnam (UTC+7, no summer time) at an instant: the day that pre-harvest intervals and seasons count.
#[must_use]
pub fn vietnam_day(time_ms: i64) -> Date {
    let local = time_ms.saturating_add(i64::from(VIETNAM_OFFSET_MINUTES) * 60_000);
    let instant = Timestamp::from_millisecond(local);
    instant.map_or(if local < 0 { Date::MIN } else { Date::MAX }, |instant| {
        Offset::UTC.to_datetime(instant).date()
    })
}

/// `urn:nguon:event:` and the record's event id in hex: how an event without an id of its own is named.
#[must_use]
pub fn event_urn(event_id_hex: &str) -> String {
    format!("urn:nguon:event:{event_id_hex}")
}

/// `urn:nguon:org:` and the organisation id (the event id of its genesis record) in hex.
#[must_use]
pub fn organisation_urn(organisation_hex: &str) -> String {
    format!("urn:nguon:org:{organisation_hex}")
}

/// The organisation id in an [`organisation_urn`].
#[must_use]
pub fn organisation_in_urn(uri: &str) -> Option<&str> {
    uri.strip_prefix("urn:nguon:org:")
}
