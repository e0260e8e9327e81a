//! Texts of others on paper: composed, without anything that is no letter, mark or sign of its own.

use jiff::civil::Date;
use nguon_trace::facts::{Text, VIETNAM_OFFSET_MINUTES};
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

/// `07/11/2026`.
pub(crate) fn date_vi(date: Date) -> String {
    format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
}

/// `07:30`, by Vietnam's clock.
pub(crate) fn clock(time_ms: i64) -> String {
    let minutes = time_ms.div_euclid(60_000) + i64::from(VIETNAM_OFFSET_MINUTES);
    let minutes = minutes.rem_euclid(24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `12.500`.
pub(crate) fn whole_vi(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

/// A cell's number as Vietnamese write it: `12.500,5`.
pub(crate) fn number_vi(number: f64) -> String {
    let text = format!("{number}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let grouped = whole.parse().map_or_else(|_| whole.to_owned(), whole_vi);
    if rest.is_empty() { grouped } else { format!("{grouped},{rest}") }
}

/// In English where somebody wrote it.
pub(crate) fn english(text: &Text) -> String {
    match &text.en {
        Some(en) if *en != text.vi => format!("{en} ({})", text.vi),
        _ => text.vi.clone(),
    }
}

/// The first twelve digits of an event id: with the index enough to check it, and to be typed.
pub(crate) fn short(event_id: &str) -> String {
    event_id.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_on_paper_is_left_out() {
        assert_eq!(plain("Cà phê\u{0} Ca\u{302}\u{300}u\tĐất\n\u{202e}x\u{ffff}\u{7}"), "Cà phê Cầu Đất\nx");
    }

    #[test]
    fn numbers_and_days_are_written_as_vietnamese_write_them() {
        assert_eq!(number_vi(12_500.5), "12.500,5");
        assert_eq!(number_vi(0.999), "0,999");
        assert_eq!(whole_vi(1_000_000), "1.000.000");
        assert_eq!(date_vi(jiff::civil::date(2026, 3, 7)), "07/03/2026");
        assert_eq!((clock(0), clock(-1)), ("07:00".to_owned(), "06:59".to_owned()));
    }
}
