//! How does a label reach paper? Pictures of labels, PDF sheets, and the bytes of label printers.
//!
//! A [`Press`] holds the fonts. It makes a [`Plate`] of a design and a lot's facts, once; each [`Label`] of
//! that lot (its code, and its serial if it has one) is then drawn over it:
//!
//! ```text
//! Plate ──▶ Stamp (at so many dots)  ──▶ Picture ──▶ PNG
//!   │                                    Bitmap  ──▶ Roll: TSPL or ZPL, label after label into a writer
//!   └─────▶ Book (on a Sheet)        ──▶ PDF, page after page
//! ```
//!
//! Codes are drawn here and not by the SVG renderer: on pictures and rolls a module is a whole number of
//! dots, black or white and never in between; in PDF it is a shape.
//!
//! What a design can do is decided by `nguon-label`, when it is read. Here is the second wall: the renderer
//! is built without system fonts, resolves no address (only PNG and JPEG that are inside the template), and
//! refuses embedded pictures that would unfold to much more than they weigh. So a label looks the same on
//! every machine. This crate opens no file and reads no clock; it writes into what it is given.

mod bitmap;
mod book;
mod draw;
mod picture;
mod plate;
mod press;
mod roll;
mod sheet;

pub use bitmap::Bitmap;
pub use book::{Book, BookError, test_page};
pub use picture::{DPI, Picture, Resolution, Stamp};
pub use plate::{Label, Plate, PlateError};
pub use press::{Press, PressError};
pub use roll::{Language, Roll, RollError};
pub use sheet::{OFFSET_TENTHS_MAX, SHEETS, Setting, Sheet, SheetError};
