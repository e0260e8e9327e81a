//! The API as its users meet it: a real ledger on SQLite in a folder of its own, a clock that stands, seeded keys.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "stories unwrap, and measure how long a line stays open"
)]

mod connections;
mod description;
mod given;
mod limits;
mod orders;
mod preflight;
mod published;
mod read;
mod records;
