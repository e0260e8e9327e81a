//! Stories of one small province: who may say what, and what an auditor makes of it.

#![expect(clippy::unwrap_used, reason = "a test may stop at what is wrong")]

mod audit;
mod authority;
mod history;
mod laws;
