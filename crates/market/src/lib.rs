//! What an exchange is told: listings with what the ledger knows of them, in a feed that can be followed.
//!
//! ```text
//! a signed listing  ──┐
//! the states of lots ─┼─▶ available ─▶ Change::Put(FeedItem) or Change::Gone ─▶ FeedPage
//! the time ───────────┘
//! ```
//!
//! **Invariant.** No active listing stands on a lot that is recalled, destroyed, expired, blocked by a finding or
//! unknown, or outside its own validity. [`available`] is the only place that decides it; page, feed and API ask it.
//!
//! The fields are the union of what Vietnamese law asks of an offer: Law 78/2025/QH15 on product quality, Decree
//! 37/2026/NĐ-CP art. 32 (product passport), Circular 02/2024/TT-BKHCN (ten items of traceability), Decree 52/2013/NĐ-CP
//! (price and validity).
//!
//! This crate does not read the ledger, keep stock or take orders. It has no IO, clock or randomness.

mod availability;
mod cursor;
mod digest;
mod feed;
mod item;
mod measure;
mod profile;
mod reason;

pub use availability::{Availability, ListingState, LotCondition, LotState, OfferState, Reason, available};
pub use cursor::{Cursor, CursorError};
pub use digest::{Digest, DigestError};
pub use feed::{Change, FeedFormat, FeedPage};
pub use item::{Certificate, FeedItem, Image, LotRef, Organisation, Origin, ProductKey, Status};
pub use measure::{Measure, PriceError, PriceVnd, Unit};
pub use profile::{PriceRule, Profile, ProfileError, ProfileLanguage, Rates, Shown};
pub use reason::ReasonCode;
