//! Standard output: a reader that went away (`| head`) is an error like any other, not a panic.

use std::fmt::Display;
use std::io::Write;

/// Prints one line.
pub(crate) fn line(text: impl Display) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// Text from outside, with nothing in it that moves a terminal's cursor or turns its line around.
pub(crate) fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn no_text_from_outside_moves_the_cursor() {
        assert_eq!(visible("a\u{1b}[2Jb\u{9b}c\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(visible("Sổ Lâm Đồng"), "Sổ Lâm Đồng");
    }
}
