//! Texts of others on paper: composed, without anything that is no letter, mark or sign of its own.

use nguon_trace::facts::Text;
use unicode_normalization::UnicodeNormalization as _;

/// A text composed (NFC), with lines and without other control characters, those that turn the direction of what follows
/// (Unicode UAX #9) and non-characters, which XML 1.0 cannot hold.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfc() {
        match c {
            '\n' => plain.push('\n'),
            '\t' => plain.push(' '),
            c if c.is_control() || is_hidden(c) => {}
            c => plain.push(c),
        }
    }
    plain
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// In English where somebody wrote it.
pub(crate) fn english(text: &Text) -> String {
    match &text.en {
        Some(en) if *en != text.vi => format!("{en} ({})", text.vi),
        _ => text.vi.clone(),
    }
}

/// The first sixteen digits of an event id: enough to find it, and to be typed.
pub(crate) fn short(event_id: &str) -> String {
    event_id.chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_on_paper_is_left_out() {
        assert_eq!(plain("Cà phê\u{0} Ca\u{302}\u{300}u\tĐất\n\u{202e}x\u{ffff}\u{7}"), "Cà phê Cầu Đất\nx");
    }
}
