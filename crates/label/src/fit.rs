//! Makes a text fit its place on a label without knowing the font.
//!
//! The rule, in this order:
//!
//! 1. white space and control characters become one space; marks that reorder text are dropped;
//! 2. a text whose estimated width fits is left as it is;
//! 3. otherwise the font shrinks, down to [`SMALLEST`] of its size;
//! 4. otherwise, at that size, the end is cut and `…` put in its place; but a text with a code in it
//!    is never cut, it shrinks until it fits: half a lot code names another lot.
//!
//! The estimate takes DejaVu Sans, the widest of the common sans-serif fonts, so it errs towards
//! smaller text. It does not shape, kern or break lines.

/// How far a text may shrink before it is cut.
pub(crate) const SMALLEST: f64 = 0.7;

/// Bold DejaVu Sans is at most this much wider.
const BOLD: f64 = 1.13;

/// A text as it will be drawn.
#[derive(Debug, PartialEq)]
pub(crate) struct Fitted {
    pub(crate) text: String,
    pub(crate) font_size: f64,
}

/// How a text may be changed to fit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    pub(crate) bold: bool,
    /// Holds a code: never cut.
    pub(crate) whole: bool,
}

pub(crate) fn fit(text: &str, font_size: f64, style: Style, width: f64) -> Fitted {
    let em_width = |t: &str| t.chars().map(advance).sum::<f64>() * if style.bold { BOLD } else { 1.0 };
    let wanted = em_width(text) * font_size;
    if wanted <= width {
        return Fitted { text: text.to_owned(), font_size };
    }
    let shrunk = font_size * width / wanted;
    if style.whole || shrunk >= font_size * SMALLEST {
        return Fitted { text: text.to_owned(), font_size: shrunk };
    }
    let font_size = font_size * SMALLEST;
    let mut cut = text.to_owned();
    while !cut.is_empty() && (em_width(&cut) + em_width("…")) * font_size > width {
        // A letter goes with the marks that stand on it.
        while cut.pop().is_some_and(is_mark) {}
    }
    Fitted { text: format!("{}…", cut.trim_end()), font_size }
}

/// A field as one line of visible text.
pub(crate) fn one_line(text: &str) -> String {
    // Marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX #9, 2)
    // could print a lot code backwards.
    let reorders =
        |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let spaced: String =
        text.chars().filter(|c| !reorders(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Estimated advance of one character, in ems: no less than DejaVu Sans has for any letter of
/// Vietnamese and English.
fn advance(c: char) -> f64 {
    match c {
        c if is_mark(c) => 0.0,
        ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '/' | '!' | '(' | ')' | '-' | 'i' | 'j' | 'l' | 't'
        | 'f' | 'r' | 'I' => 0.44,
        'm' | 'w' | 'M' | 'W' | '%' | 'Ơ' | 'Ớ' | 'Ờ' | 'Ở' | 'Ỡ' | 'Ợ' => 1.0,
        c if c >= '\u{2e80}' => 1.04,
        c if c.is_uppercase() => 0.86,
        c if c.is_alphanumeric() => 0.65,
        c if c.is_ascii() && c != '@' => 0.84,
        _ => 1.04,
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { bold: false, whole: false };

    #[test]
    fn a_code_is_never_cut() {
        let lot = "LDG-2611-07-ARABICA-A";
        let fitted = fit(lot, 3.0, Style { whole: true, ..PLAIN }, 10.0);
        assert_eq!(fitted.text, lot);
        assert!(fitted.font_size < 3.0 * SMALLEST);
    }

    #[test]
    fn a_text_stays_then_shrinks_then_is_cut() {
        let text = "Cà phê Arabica Cầu Đất";
        let wide = fit(text, 3.0, PLAIN, 60.0);
        assert_eq!(wide, Fitted { text: text.to_owned(), font_size: 3.0 });
        let narrower = fit(text, 3.0, PLAIN, 30.0);
        assert_eq!(narrower.text, text);
        assert!(narrower.font_size < 3.0 && narrower.font_size >= 3.0 * SMALLEST);
        let narrow = fit(text, 3.0, PLAIN, 15.0);
        assert_eq!(narrow.text, "Cà phê Ar…");
        assert!((narrow.font_size - 3.0 * SMALLEST).abs() < 1e-9);
        assert_eq!(fit(text, 3.0, PLAIN, 0.0).text, "…");
    }

    #[test]
    fn bold_needs_more_room() {
        let bold = Style { bold: true, ..PLAIN };
        let plain = fit("Dâu tây", 3.0, PLAIN, 11.0).font_size;
        assert!(fit("Dâu tây", 3.0, bold, 11.0).font_size < plain);
    }

    #[test]
    fn a_cut_takes_a_letter_with_its_marks() {
        // "Cầu" decomposed: C, a, circumflex, grave, u.
        let cut = fit("Ca\u{302}\u{300}u", 1.0, PLAIN, 1.35).text;
        assert_eq!(cut, "C…");
        assert_eq!(advance('\u{302}'), 0.0);
    }

    #[test]
    fn a_field_is_one_visible_line() {
        assert_eq!(one_line("  Rau\tmuống\n\0 nước "), "Rau muống nước");
        assert_eq!(one_line("DL\u{202e}1162\u{2066}"), "DL1162");
    }
}
