//! What does an office want on paper? EUDR geolocation, FSMA 204 sheet, VietGAP diary.
//!
//! - [`geometry`]: where a plot lies, read and checked.
//! - [`eudr`]: where the goods of a consignment grew, for the European Union.
//! - [`diary`]: the VietGAP diary of a plot and season, as a spreadsheet and on paper.
//! - [`recall`]: what a recall reaches, whom to call, who worked on it.
//! - [`listings`]: what is for sale, for an exchange's staff.
//! - [`fsma`]: what happened to some lots, for the United States' FDA.
//!
//! Everything is a value in, bytes out. What goes in was gathered, and judged, by others; names of people and exact places
//! may stand in what comes out: whoever asks for it must be allowed to have it.

pub mod diary;
pub mod eudr;
pub mod fsma;
pub mod geometry;
pub mod listings;
pub mod recall;

mod paper;
mod sheet;
mod text;

pub use crate::paper::PaperError;
pub use crate::sheet::SheetError;
