//! Makes a text fit its place on a label.
//!
//! The rule, in this order:
//!
//! 1. white space and control characters become one space; marks that reorder text are dropped;
//! 2. a text that fits, on as few lines as it can and no more than its place has, is left as it is; a font that
//!    is a little smaller is preferred to another line, and lines are made about equally long;
//! 3. otherwise the font shrinks, down to [`SMALLEST`] of its size;
//! 4. otherwise, at that size, the end is cut after a word and `…` put in its place; but a text with a code, a date
//!    or a weight in it is never cut, it shrinks until it fits: half a lot code names another lot.
//!
//! Lines break at spaces only. How wide letters are says a [`Letters`]: whoever draws with a font of
//! their own knows it, and [`AnyFont`] is the estimate for whoever does not.

/// How far a text may shrink before it is cut.
pub(crate) const SMALLEST: f64 = 0.7;

/// How far it shrinks rather than take another line.
const SPARED: f64 = 0.92;

/// How wide the letters are that a label will be drawn with.
pub trait Letters {
    /// Width of a text on one line, in ems.
    fn ems(&self, text: &str, bold: bool) -> f64;
}

/// The font is not known, as in an SVG for any browser: DejaVu Sans, the widest of the common
/// sans-serif fonts, so it errs towards smaller text.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyFont;

impl Letters for AnyFont {
    fn ems(&self, text: &str, bold: bool) -> f64 {
        // Bold DejaVu Sans is at most this much wider.
        text.chars().map(advance).sum::<f64>() * if bold { 1.13 } else { 1.0 }
    }
}

/// A text as it will be drawn.
#[derive(Debug, PartialEq)]
pub(crate) struct Fitted {
    pub(crate) lines: Vec<String>,
    pub(crate) font_size: f64,
}

/// How a text may be changed to fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) bold: bool,
    /// Holds a code, a date or a weight: never cut.
    pub(crate) whole: bool,
}

/// The place of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) font_size: f64,
    pub(crate) width: f64,
    pub(crate) lines: usize,
}

pub(crate) fn fit(text: &str, style: Style, place: Place, letters: &dyn Letters) -> Fitted {
    let ems = |text: &str| letters.ems(text, style.bold);
    // A line is spared where the letters need not shrink much for it.
    let fewer = (1..place.lines).map(|lines| (lines, SPARED));
    for (lines, smallest) in fewer.chain([(place.lines, SMALLEST)]) {
        if let Some(fitted) = shrunk(text, Place { lines, ..place }, smallest, &ems) {
            return fitted;
        }
    }
    if style.whole {
        let font_size = place.font_size.min(place.width / ems(text).max(f64::MIN_POSITIVE));
        return Fitted { lines: vec![text.to_owned()], font_size };
    }
    let font_size = place.font_size * SMALLEST;
    let room = place.width / font_size;
    let mut lines = broken(text, room, &ems);
    // A word without end is cut on the line where it stands.
    let whole = lines.iter().take(place.lines.saturating_sub(1)).take_while(|line| ems(line) <= room);
    let rest = lines.split_off(whole.count());
    lines.push(cut(&rest.join(" "), room, &ems));
    Fitted { lines, font_size }
}

/// The text in its lines, as large as it can be; nothing if it would have to be smaller than this share.
fn shrunk(text: &str, place: Place, smallest: f64, ems: &dyn Fn(&str) -> f64) -> Option<Fitted> {
    // A hundredth each: a text shrinks by no more than it must.
    for hundredths in (0..=100_u32).rev() {
        let share = f64::from(hundredths) / 100.0;
        if share < smallest - 1e-9 {
            break;
        }
        let font_size = place.font_size * share;
        let room = place.width / font_size;
        let lines = broken(text, room, ems);
        if lines.len() <= place.lines && lines.iter().all(|line| ems(line) <= room) {
            return Some(Fitted { lines: balanced(text, lines, room, ems), font_size });
        }
    }
    None
}

/// As many lines, of about the same length: no single word is left for the last.
fn balanced(text: &str, lines: Vec<String>, room: f64, ems: &dyn Fn(&str) -> f64) -> Vec<String> {
    let count = lines.len();
    let mut best = lines;
    let (mut low, mut high) = (0.0, room);
    for _ in 0..12 {
        let middle = (low + high) / 2.0;
        let lines = broken(text, middle, ems);
        if lines.len() == count && lines.iter().all(|line| ems(line) <= middle) {
            (best, high) = (lines, middle);
        } else {
            low = middle;
        }
    }
    best
}

/// The beginning of a text, after a whole word where it has one.
fn cut(text: &str, room: f64, ems: &dyn Fn(&str) -> f64) -> String {
    let mut cut = text.to_owned();
    let mut broke_a_word = false;
    while !cut.is_empty() && ems(&format!("{cut}…")) > room {
        // A letter goes with the marks that stand on it.
        while cut.pop().is_some_and(is_mark) {}
        broke_a_word = !text.get(cut.len()..).is_some_and(|rest| rest.starts_with(' '));
    }
    if broke_a_word && let Some((words, _)) = cut.rsplit_once(' ') {
        cut = words.to_owned();
    }
    format!("{}…", cut.trim_end_matches([' ', ',', '·', '–']))
}

/// Lines no wider than `room`, as far as words allow.
fn broken(text: &str, room: f64, ems: &dyn Fn(&str) -> f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if ems(&format!("{line} {word}")) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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

    fn fitted(text: &str, style: Style, width: f64, lines: usize) -> Fitted {
        fit(text, style, Place { font_size: 3.0, width, lines }, &AnyFont)
    }

    #[test]
    fn a_code_is_never_cut() {
        let lot = "LDG-2611-07-ARABICA-A";
        let fitted = fitted(lot, Style { whole: true, ..PLAIN }, 10.0, 1);
        assert_eq!(fitted.lines, [lot]);
        assert!(fitted.font_size < 3.0 * SMALLEST);
    }

    #[test]
    fn a_text_stays_then_shrinks_then_is_cut() {
        let text = "Cà phê Arabica Cầu Đất";
        let wide = fitted(text, PLAIN, 60.0, 1);
        assert_eq!(wide, Fitted { lines: vec![text.to_owned()], font_size: 3.0 });
        let narrower = fitted(text, PLAIN, 34.0, 1);
        assert_eq!(narrower.lines, [text]);
        assert!(narrower.font_size < 3.0 && narrower.font_size >= 3.0 * SMALLEST);
        let narrow = fitted(text, PLAIN, 15.0, 1);
        assert_eq!(narrow.lines, ["Cà phê…"]);
        assert!((narrow.font_size - 3.0 * SMALLEST).abs() < 1e-9);
        assert_eq!(fitted(text, PLAIN, 0.0, 1).lines, ["…"]);
    }

    #[test]
    fn a_long_text_takes_the_lines_it_is_given() {
        let text = "Bảo quản nơi khô ráo, thoáng mát, tránh ánh nắng trực tiếp";
        let two = fitted(text, PLAIN, 60.0, 2);
        assert_eq!(two.lines, ["Bảo quản nơi khô ráo, thoáng", "mát, tránh ánh nắng trực tiếp"]);
        assert!((two.font_size - 3.0).abs() < 1e-9);
        let cut = fitted(text, PLAIN, 30.0, 2);
        assert_eq!(cut.lines, ["Bảo quản nơi khô ráo,", "thoáng mát, tránh ánh…"]);
        assert_eq!(fitted("Rau", PLAIN, 30.0, 2).lines, ["Rau"]);
        let endless = fitted(&"ƯỠNG".repeat(20), PLAIN, 15.0, 2);
        assert_eq!(endless.lines, ["ƯỠNGƯỠ…"]);
    }

    #[test]
    fn bold_needs_more_room() {
        let bold = Style { bold: true, ..PLAIN };
        let plain = fitted("Dâu tây", PLAIN, 11.0, 1).font_size;
        assert!(fitted("Dâu tây", bold, 11.0, 1).font_size < plain);
    }

    #[test]
    fn a_cut_takes_a_letter_with_its_marks() {
        // "Cầu" decomposed: C, a, circumflex, grave, u.
        let cut = fitted("Ca\u{302}\u{300}u", PLAIN, 4.1, 1).lines;
        assert_eq!(cut, ["C…"]);
        assert_eq!(advance('\u{302}'), 0.0);
    }

    #[test]
    fn a_field_is_one_visible_line() {
        assert_eq!(one_line("  Rau\tmuống\n\0 nước "), "Rau muống nước");
        assert_eq!(one_line("DL\u{202e}1162\u{2066}"), "DL1162");
    }
}
