//! What an exchange is told: listings with what the ledger knows of them, in a feed that can be followed.
//!
//! ```text
//! a signed listing  ──┐
//! the states of lots ─┼─▶ available ─▶ Change::Put(FeedItem) or Change::Gone ─▶ FeedPage
//! the time ───────────┘
//! ```
//!
//! **Invariant.** No active listing stands on a lot that is recalled, destroyed, expired, blocked by a finding or
//! unknown, claims a certificate that does not hold, or is outside its own validity. [`available`] is the only place that decides it; page, feed and API ask it.
//!
//! The fields are the union of what Vietnamese law asks of an offer: Law 78/2025/QH15 on product quality, Decree
//! 37/2026/NĐ-CP art. 32 (product passport), Circular 02/2024/TT-BKHCN (ten items of traceability), Decree 52/2013/NĐ-CP
//! (price and validity).
//!
//! An order ([`OrderState`]) is a state machine, and [`allocate`] says which lots fill it; a sale's slip has a [`Payee`] and
//! an [`Invoice`].
//!
//! This crate does not read the ledger or keep stock. It has no IO, clock or randomness.

mod allocate;
mod availability;
mod cursor;
mod digest;
mod feed;
pub mod form;
mod invoice;
mod item;
mod measure;
mod news;
mod order;
mod profile;
mod reason;
mod vietqr;

pub use allocate::{Shelf, Short, Take, Wanted, allocate};
pub use availability::{Availability, ListingState, LotCondition, LotState, OfferState, Reason, available};
pub use cursor::{Cursor, CursorError};
pub use digest::{Digest, DigestError};
pub use feed::{Change, FeedFormat, FeedPage};
pub use invoice::{Invoice, InvoiceError};
pub use item::{Certificate, FeedItem, Image, LotRef, Organisation, Origin, ProductKey, Status, Tier};
pub use measure::{BaseUnit, Measure, PriceError, PriceVnd, Unit, total_price};
pub use news::{NewsKind, Offer, OfferStanding, news};
pub use order::{
    CancelReason, LedgerEffect, Moved, OrderState, OrderStep, StepRefused, StockEffect, Transition,
};
pub use profile::{ExchangeFile, PriceRule, Profile, ProfileError, ProfileLanguage, Rates, Shown};
pub use reason::ReasonCode;
pub use vietqr::{Payee, PayeeError, checksum};
