//! A label design: a folder of `qr-templates/` with `template.svg` and `template.toml`.
//!
//! ```text
//! width_mm = 50              # the same as the SVG's width, height and viewBox:
//! height_mm = 30             # one user unit is one millimetre
//! [name]
//! vi = "Tem trơn 50 × 30 mm" # Vietnamese is required, other languages follow their tag
//! [captions.lot]             # {caption.lot} in the template
//! vi = "Lô"
//! en = "Lot"
//! ```
//!
//! [`Design::parse`] checks both once; [`Design::fill`] cannot fail afterwards. A `<text>` with an
//! empty field is left out, caption and all. Fields are shortened by the rule in [`Design::fill`].
//!
//! Labels of one lot differ in their codes and serials alone. Whoever draws thousands asks for
//! [`Design::ground`] once and for [`Design::own_texts`] each time, and draws the code at
//! [`Design::qr_place`] itself.
//!
//! Whoever writes a design decides what a label looks like, and may print other words than ours on
//! it; the checks see to it that a design cannot read files, call out or run in a browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::QrCode;
use crate::fit::{AnyFont, Letters, Place, fit, one_line};
use crate::template::{self, FieldText, Part, Piece, QrPlace, Template, TemplateError};
use crate::xml::{push_attribute, push_escaped};

/// The fields that a template can name.
pub const FIELDS: [&str; 12] = [
    "product",
    "lot",
    "packed_on",
    "best_before",
    "net_weight",
    "organisation",
    "address",
    "origin",
    "certificates",
    "storage",
    "short_code",
    "serial",
];

/// Those that are never cut: a part of one says something else.
pub(crate) const WHOLE: [&str; 6] = ["lot", "packed_on", "best_before", "net_weight", "short_code", "serial"];

/// What goes on one label, as people read it. An empty text is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fields<'a> {
    /// Tên sản phẩm: the product's name.
    pub product: &'a str,
    /// Mã lô: the lot's code.
    pub lot: &'a str,
    /// Ngày đóng gói: the day it was packed, as dd/mm/yyyy.
    pub packed_on: &'a str,
    /// Hạn sử dụng: until when it is best, as dd/mm/yyyy.
    pub best_before: &'a str,
    /// Khối lượng tịnh: the net weight with its unit.
    pub net_weight: &'a str,
    /// Đơn vị sản xuất: the co-operative.
    pub organisation: &'a str,
    /// Its address.
    pub address: &'a str,
    /// Xuất xứ: where it was grown.
    pub origin: &'a str,
    /// Chứng nhận: certificates by name, as words: "VietGAP · OCOP 4 sao". Their logos belong to others.
    pub certificates: &'a str,
    /// Bảo quản: how to keep it.
    pub storage: &'a str,
    /// Mã tra cứu: what a shopper types when the code cannot be scanned or leads elsewhere.
    pub short_code: &'a str,
    /// Số sê-ri: this very pack's own.
    pub serial: &'a str,
}

impl<'a> Fields<'a> {
    fn value(&self, field: &str) -> &'a str {
        match field {
            "product" => self.product,
            "lot" => self.lot,
            "packed_on" => self.packed_on,
            "best_before" => self.best_before,
            "net_weight" => self.net_weight,
            "organisation" => self.organisation,
            "address" => self.address,
            "origin" => self.origin,
            "certificates" => self.certificates,
            "storage" => self.storage,
            "short_code" => self.short_code,
            "serial" => self.serial,
            _ => "",
        }
    }
}

/// Why a design is refused.
#[derive(Debug, thiserror::Error)]
pub enum DesignError {
    /// `template.toml` is not what it should be.
    #[error("template.toml: {0}")]
    Settings(#[from] toml::de::Error),
    /// `template.svg` is refused.
    #[error("template.svg: {0}")]
    Template(#[from] TemplateError),
    /// A text without its Vietnamese.
    #[error("template.toml: {0} has no Vietnamese text (vi)")]
    NoVietnamese(String),
    /// A caption that the template names and `template.toml` does not have.
    #[error("template.svg names {{caption.{0}}}, which template.toml does not have")]
    UnknownCaption(String),
    /// The two files differ about the size, or it is no size a label can have.
    #[error(
        "template.svg must have width=\"{width_mm}mm\" height=\"{height_mm}mm\" \
         viewBox=\"0 0 {width_mm} {height_mm}\", as template.toml says, each from 5 to 300"
    )]
    Size {
        /// Width in `template.toml`.
        width_mm: f64,
        /// Height in `template.toml`.
        height_mm: f64,
    },
    /// The code's place, quiet zone included, is not all on the label.
    #[error("template.svg: the code's place goes over the label's edge")]
    QrOutside,
}

/// A text by language tag.
type Words = BTreeMap<String, String>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    width_mm: f64,
    height_mm: f64,
    name: Words,
    #[serde(default)]
    captions: BTreeMap<String, Words>,
}

/// A label design that passed its checks.
#[derive(Debug, Clone)]
pub struct Design {
    settings: Settings,
    template: Template,
}

impl Design {
    /// Reads the two files of a design.
    pub fn parse(template_svg: &str, template_toml: &str) -> Result<Design, DesignError> {
        let settings: Settings = toml::from_str(template_toml)?;
        let template = template::parse(template_svg)?;
        let design = Design { settings, template };
        design.check_size()?;
        design.check_qr_place()?;
        design.check_words()?;
        Ok(design)
    }

    /// The design's name in this language, or in Vietnamese.
    pub fn name(&self, language: &str) -> &str {
        say(&self.settings.name, language)
    }

    /// Width of the label.
    pub fn width_mm(&self) -> f64 {
        self.settings.width_mm
    }

    /// Height of the label.
    pub fn height_mm(&self) -> f64 {
        self.settings.height_mm
    }

    /// Printed side of the code with its quiet zone: what [`QrCode::judge_print_width`] asks for.
    pub fn qr_side_mm(&self) -> f64 {
        self.template.qr.side_mm
    }

    /// Where the code goes.
    pub fn qr_place(&self) -> QrPlace {
        self.template.qr
    }

    /// Whether each of its labels can show a serial.
    pub fn shows_serial(&self) -> bool {
        self.texts().any(FieldText::is_own)
    }

    /// The fields that it shows.
    pub fn fields(&self) -> Vec<&'static str> {
        let parts: Vec<&Part> = self.texts().flat_map(|text| &text.parts).collect();
        FIELDS.into_iter().filter(|field| parts.contains(&&Part::Field(field))).collect()
    }

    /// One label as an SVG document, captions in this language.
    ///
    /// A text wider than its `data-fit` takes as many lines as `data-lines` gives it, then shrinks to no
    /// less than 0.7 of its size, and is then cut and ends in `…`; a text with a code, a date or a weight
    /// is never cut but shrinks on. Widths are estimated, towards the careful side. A QR code that prints
    /// too small is drawn all the same: ask [`QrCode::judge_print_width`] first.
    pub fn fill(&self, fields: &Fields<'_>, language: &str, code: &QrCode) -> String {
        let mut svg = String::new();
        for piece in &self.template.pieces {
            match piece {
                Piece::Xml(xml) => svg.push_str(xml),
                Piece::Qr => {
                    let QrPlace { x_mm, y_mm, side_mm } = self.template.qr;
                    let [x, y, side] = [x_mm, y_mm, side_mm].map(|n| n.to_string());
                    code.push_nested_svg(&mut svg, &x, &y, &side);
                }
                Piece::Text(text) => self.push_text(&mut svg, text, fields, language, &AnyFont),
            }
        }
        svg
    }

    /// The same without what is a single label's own: its code and the texts with its serial.
    pub fn ground(&self, fields: &Fields<'_>, language: &str, letters: &dyn Letters) -> String {
        let mut svg = String::new();
        for piece in &self.template.pieces {
            match piece {
                Piece::Xml(xml) => svg.push_str(xml),
                Piece::Text(text) if !text.is_own() => {
                    self.push_text(&mut svg, text, fields, language, letters);
                }
                Piece::Text(_) | Piece::Qr => {}
            }
        }
        svg
    }

    /// The texts with this label's serial, to be drawn over the [`Design::ground`]; `None` if there are none.
    pub fn own_texts(&self, fields: &Fields<'_>, language: &str, letters: &dyn Letters) -> Option<String> {
        let mut svg = self.template.head.clone();
        for text in self.texts().filter(|text| text.is_own()) {
            self.push_text(&mut svg, text, fields, language, letters);
        }
        if svg.len() == self.template.head.len() {
            return None;
        }
        svg.push_str("</svg>");
        Some(svg)
    }

    fn texts(&self) -> impl Iterator<Item = &FieldText> {
        self.template.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Xml(_) | Piece::Qr => None,
        })
    }

    fn push_text(
        &self,
        svg: &mut String,
        text: &FieldText,
        fields: &Fields<'_>,
        language: &str,
        letters: &dyn Letters,
    ) {
        let Some(words) = self.words(text, fields, language) else { return };
        let place = Place { font_size: text.font_size, width: text.fit, lines: text.lines };
        let fitted = fit(&words, text.style, place, letters);
        // Hundredths of a millimetre, rounded down so that it still fits. Writing cannot fail.
        let font_size = (fitted.font_size * 100.0).floor() / 100.0;
        let _ = write!(svg, "<text{} font-size=\"{font_size}\">", text.attributes);
        for (i, line) in fitted.lines.iter().enumerate() {
            if i == 0 {
                push_escaped(svg, line);
                continue;
            }
            svg.push_str("<tspan");
            push_attribute(svg, "x", &text.x);
            push_attribute(svg, "dy", &format!("{:.2}", font_size * LEADING));
            svg.push('>');
            push_escaped(svg, line);
            svg.push_str("</tspan>");
        }
        svg.push_str("</text>");
    }

    fn words(&self, text: &FieldText, fields: &Fields<'_>, language: &str) -> Option<String> {
        if text.only_with.is_some_and(|field| one_line(fields.value(field)).is_empty()) {
            return None;
        }
        let mut words = String::new();
        for part in &text.parts {
            match part {
                Part::Words(fixed) => words.push_str(fixed),
                Part::Caption(name) => {
                    words.push_str(say(self.settings.captions.get(name)?, language));
                }
                Part::Field(field) => match one_line(fields.value(field)).as_str() {
                    "" => return None,
                    value => words.push_str(value),
                },
            }
        }
        Some(words)
    }

    fn check_size(&self) -> Result<(), DesignError> {
        let Settings { width_mm, height_mm, .. } = self.settings;
        let expected =
            [format!("{width_mm}mm"), format!("{height_mm}mm"), format!("0 0 {width_mm} {height_mm}")];
        let label_size = 5.0..=300.0;
        let possible = label_size.contains(&width_mm) && label_size.contains(&height_mm);
        if possible && self.template.frame == expected {
            return Ok(());
        }
        Err(DesignError::Size { width_mm, height_mm })
    }

    fn check_qr_place(&self) -> Result<(), DesignError> {
        let QrPlace { x_mm, y_mm, side_mm } = self.template.qr;
        // What decimal fractions lose on the way to binary ones.
        let slack = 1e-6;
        let inside = x_mm + side_mm <= self.width_mm() + slack && y_mm + side_mm <= self.height_mm() + slack;
        if inside { Ok(()) } else { Err(DesignError::QrOutside) }
    }

    fn check_words(&self) -> Result<(), DesignError> {
        let captions = self.settings.captions.iter();
        let captions = captions.map(|(name, words)| (format!("captions.{name}"), words));
        let name = ("name".to_owned(), &self.settings.name);
        for (place, words) in captions.chain([name]) {
            if !words.contains_key(VIETNAMESE) {
                return Err(DesignError::NoVietnamese(place));
            }
        }
        for text in self.texts() {
            for part in &text.parts {
                match part {
                    Part::Caption(name) if !self.settings.captions.contains_key(name) => {
                        return Err(DesignError::UnknownCaption(name.clone()));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

const VIETNAMESE: &str = "vi";

/// From baseline to baseline, in sizes of the font.
const LEADING: f64 = 1.22;

fn say<'a>(words: &'a Words, language: &str) -> &'a str {
    words.get(language).or_else(|| words.get(VIETNAMESE)).map_or("", String::as_str)
}
