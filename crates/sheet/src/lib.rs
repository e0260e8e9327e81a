//! What does a co-operative's spreadsheet say? Members, plots, products, diary and lots, from XLSX and CSV with Vietnamese heads.
//!
//! ```text
//! bytes ──grid──▶ cells ──columns──▶ rows by field ──read──▶ facts to be signed, or what is wrong with which cell
//! ```
//!
//! Nothing is guessed: a number that could be two numbers, a day that could be two days, a sào of nobody knows how many square
//! metres are faults, each with its cell and what to write instead. One fault, and nothing of the file is taken. What comes out
//! are [facts](nguon_trace::facts), which the device of whoever imports signs like any other.
//!
//! What this does not do: sign, keep, or know a ledger. What is known (plots, products, communes) comes in as [`Known`].

pub mod columns;
pub mod fault;
pub mod grid;
mod legacy;
mod lots;
mod plots;
mod read;
mod season;
mod value;
pub mod write;

pub use columns::{Column, Kind};
pub use fault::{Fault, FaultCode};
pub use grid::{Grid, GridError};
pub use read::{FAULTS_MAX, Known, KnownLot, KnownPlot, KnownProduct, Person, Row, Said, read};
