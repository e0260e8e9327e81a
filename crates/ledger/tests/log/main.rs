//! The log as others see it: its tree and tiles, its notes and witnesses, its receipts.

mod given;
mod merkle;
mod note;
mod proof;
