//! What do printed letters look like? Noto Sans, regular and bold, as bytes.
//!
//! From Debian's `fonts-noto-core` 20201225, cut down to Latin, Greek and signs, with all of Vietnamese,
//! under the SIL Open Font License (`OFL.txt`). No page for a browser uses them: these are for what is
//! drawn here, so that a paper or a label looks the same wherever it is made.

/// TrueType, weight 400.
pub static NOTO_SANS_REGULAR: &[u8] = include_bytes!("../NotoSans-Regular.ttf");

/// TrueType, weight 700.
pub static NOTO_SANS_BOLD: &[u8] = include_bytes!("../NotoSans-Bold.ttf");
