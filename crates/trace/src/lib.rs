//! What may be said about a farm's produce, and what follows from it.
//!
//! [`facts`] is the model of one public section of a ledger record; [`quantity`] its integer amounts. [`lot::judge`]
//! takes what was recorded about one lot and says how the lot stands, with every [`finding`] that goes against it;
//! [`plot::judge`] says what a plot's diary has against the lots that grew there, with the yields and seasons of [`crops`];
//! [`papers::judge`] what a lot's certificates are worth on a day, [`absent::judge`] which are missing; [`labels`] are its numbered stickers, [`scans`] what scanning them shows; [`graph`] walks from lot to lot; [`forecast`] is what plantings let one expect; [`draft`] is what
//! speaks against signing something.
//!
//! Everything is a value in, a value out: nothing here reads bytes (that is `nguon-epcis`), knows a signature (that is
//! `nguon-ledger`), a clock or a database.

pub mod absent;
pub mod completeness;
pub mod crops;
pub mod draft;
pub mod facts;
pub mod finding;
pub mod forecast;
pub mod graph;
pub mod labels;
pub mod lot;
pub mod papers;
pub mod plot;
pub mod quantity;
pub mod scans;

mod balance;
mod history;
mod judge;
mod making;
mod recalls;
mod rules;
