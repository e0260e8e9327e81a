//! What is printed on a pack: the QR code of a lot's page, and the label around it.
//!
//! A [`QrCode`] is made from one absolute URL and drawn as SVG, PNG or terminal text. A [`Design`]
//! is a label drawn by somebody else (`qr-templates/`): an SVG template with named fields, checked
//! when it is read, filled with escaped text afterwards.
//!
//! ```
//! use nguon_label::{QrCode, SvgOptions};
//!
//! let code = QrCode::new("https://nguon.example/01/09521234567899/10/DL-2611")?;
//! assert!(code.svg(&SvgOptions::titled("Trang truy xuất")).starts_with("<svg "));
//! # Ok::<(), nguon_label::QrError>(())
//! ```
//!
//! This crate knows no fonts and draws no pixels: `nguon-print` makes pictures, sheets and printers' bytes
//! of labels. It does no IO.

mod allowed;
mod design;
mod fit;
mod picture;
mod qr;
mod template;
mod xml;

pub use design::{Design, DesignError, FIELDS, Fields};
pub use fit::{AnyFont, Letters};
pub use picture::{MODULE_PIXELS, SvgOptions};
pub use qr::{QUIET_ZONE, QrCode, QrError, RETAIL_X_DIMENSION_MM, XDimension, upper_case_host};
pub use template::{QrPlace, TemplateError};
