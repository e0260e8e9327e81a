//! Text into XML 1.0, and back out of attribute values with numbers in them.

use std::fmt::Write as _;

/// Appends `text` so that it can stand in element content and in a quoted attribute.
///
/// Characters that XML 1.0 (2.2, Char) does not allow become U+FFFD: one pasted zero byte would
/// otherwise make the whole document unreadable.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
}

/// Appends ` name="value"`.
pub(crate) fn push_attribute(out: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = write!(out, " {name}=\"");
    push_escaped(out, value);
    out.push('"');
}
