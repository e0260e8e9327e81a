//! Standard output: a reader that went away (`| head`) is an error like any other, not a panic.

use std::fmt::Display;
use std::io::Write;

/// Prints one line.
pub(crate) fn line(text: impl Display) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}
