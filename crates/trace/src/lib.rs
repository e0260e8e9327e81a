//! What may be said about a farm's produce, and what follows from it.
//!
//! [`facts`] is the model of one public section of a ledger record; [`quantity`] its integer amounts. Nothing here
//! reads bytes (that is `nguon-epcis`) or knows a signature (that is `nguon-ledger`).

pub mod facts;
pub mod quantity;
