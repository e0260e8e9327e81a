//! The names that things in the ledger carry: GS1 keys, our own product and lot names, places, and the short code under
//! a QR. Each is parsed once, at the door; a [`Gtin`] in hand is a valid GTIN.
//!
//! ```text
//! lot with a GTIN       https://id.gs1.org/01/09521234000105/10/XOAI-260115-A
//! lot without one       https://ledger.example.org/given/p/che-shan-tuyet/l/260412-B
//! commune               24805@2025-07-01
//! one pack of a lot     https://id.gs1.org/01/09521234000105/10/XOAI-260115-A/21/0003K9QX7M2T4WA
//! short code of a lot   8J3K-Q0ZH
//! case of a report      8J3K-Q0ZH-7M25
//! ```
//!
//! Standards: GS1 General Specifications (keys and Application Identifiers), GS1 Digital Link: URI Syntax 1.2 and later
//! (addresses). TCVN 13274:2020, the Vietnamese formats of traceability codes, builds on the same identifiers:
//! (01) for the item, (410) to (417) with a GLN for the place, (10), (21) and (00).
//!
//! This crate does not know who owns a key, which communes exist, or what any lot holds. It has no IO, clock or
//! randomness.

mod ai;
mod case_number;
mod char_set;
mod check_digit;
mod digital_link;
mod key;
mod lot;
mod pack;
mod place;
mod serial_code;
mod short_code;

pub use ai::ValueError;
pub use case_number::CaseNumber;
pub use check_digit::check_digit;
pub use digital_link::{DigitalLink, Element, LinkError};
pub use key::{Gln, Gtin, KeyError, Sscc};
pub use lot::{LotCode, LotId, LotIdError, ProductCode, ProductCodeError, Serial, TextError};
pub use pack::PackId;
pub use place::{Commune, CommuneCode, Edition, PlaceError, ProvinceCode};
pub use serial_code::{SerialCode, SerialCodeError, TAG_BITS};
pub use short_code::{ShortCode, ShortCodeError};
