//! A4 paper: texts, rules and boxes on pages, written as PDF with their fonts inside.
//!
//! Pages are collected first and written at the end, so that each knows how many there are. The fonts are Noto Sans, cut
//! down to Latin with all of Vietnamese (`nguon-fonts`); a letter that they lack is drawn as their empty box.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

use crate::text::plain;

/// A4, lying: width and height in points.
pub(crate) const A4: [f32; 2] = [841.89, 595.28];

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// A font of this crate cannot be read.
    #[error("a font cannot be read")]
    Font,
    /// The writer refused something.
    #[error("the document could not be written: {0}")]
    Writer(String),
}

/// Red, green, blue.
pub(crate) type Colour = [u8; 3];

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    pub(crate) bold: bool,
    /// In points.
    pub(crate) size: f32,
    pub(crate) colour: Colour,
}

impl Type {
    pub(crate) const fn of(size: f32, colour: Colour) -> Self {
        Self { bold: false, size, colour }
    }

    pub(crate) const fn bold(size: f32, colour: Colour) -> Self {
        Self { bold: true, size, colour }
    }

    /// From baseline to baseline.
    pub(crate) fn leading(self) -> f32 {
        self.size * 1.36
    }

    /// From the top of a line to its baseline.
    pub(crate) fn ascent(self) -> f32 {
        self.size * 1.06
    }
}

enum Mark {
    Text { at: [f32; 2], look: Type, text: String },
    Box { at: [f32; 2], size: [f32; 2], colour: Colour },
}

/// Pages; points from the upper left corner.
pub(crate) struct Paper {
    regular: Face,
    bold: Face,
    pages: Vec<Vec<Mark>>,
}

struct Face {
    font: Font,
    table: FontRef<'static>,
    units: f32,
    /// Widths of the letters up to the last of the fonts' blocks, in ems: texts are measured letter by letter.
    widths: Vec<f32>,
}

/// Letters whose widths are kept.
const KEPT: u32 = 0x2200;

impl Face {
    fn read(bytes: &'static [u8]) -> Result<Self, PaperError> {
        let font = Font::new(bytes.into(), 0).ok_or(PaperError::Font)?;
        let table = FontRef::new(bytes).map_err(|_| PaperError::Font)?;
        let units = f32::from(table.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let mut face = Self { font, table, units, widths: Vec::new() };
        face.widths = (0..KEPT).map(|c| char::from_u32(c).map_or(0.0, |c| face.measure(c))).collect();
        Ok(face)
    }

    /// Glyph and width of each letter, in ems.
    fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let letters = self.table.charmap();
        let widths = self.table.glyph_metrics(Size::unscaled(), LocationRef::default());
        let glyphs = text.char_indices().map(|(start, c)| {
            let glyph = letters.map(c).unwrap_or_default();
            KrillaGlyph {
                glyph_id: GlyphId::new(glyph.to_u32()),
                text_range: start..start + c.len_utf8(),
                x_advance: widths.advance_width(glyph).unwrap_or_default() / self.units,
                x_offset: 0.0,
                y_offset: 0.0,
                y_advance: 0.0,
                location: None,
            }
        });
        glyphs.collect()
    }

    fn width(&self, c: char) -> f32 {
        let kept = usize::try_from(u32::from(c)).ok().and_then(|c| self.widths.get(c));
        kept.copied().unwrap_or_else(|| self.measure(c))
    }

    fn measure(&self, c: char) -> f32 {
        let glyph = self.table.charmap().map(c).unwrap_or_default();
        let widths = self.table.glyph_metrics(Size::unscaled(), LocationRef::default());
        widths.advance_width(glyph).unwrap_or_default() / self.units
    }
}

impl Paper {
    pub(crate) fn new() -> Result<Self, PaperError> {
        Ok(Self {
            regular: Face::read(nguon_fonts::NOTO_SANS_REGULAR)?,
            bold: Face::read(nguon_fonts::NOTO_SANS_BOLD)?,
            pages: Vec::new(),
        })
    }

    pub(crate) fn turn(&mut self) {
        self.pages.push(Vec::new());
    }

    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Goes back to a page, for what stands on all of them.
    pub(crate) fn on(&mut self, page: usize, draw: impl FnOnce(&mut Self)) {
        let later = self.pages.split_off(page + 1);
        draw(self);
        self.pages.extend(later);
    }

    fn face(&self, look: Type) -> &Face {
        if look.bold { &self.bold } else { &self.regular }
    }

    /// How wide a text is on one line.
    pub(crate) fn width(&self, look: Type, text: &str) -> f32 {
        let face = self.face(look);
        text.chars().map(|c| face.width(c)).sum::<f32>() * look.size
    }

    /// The lines of a text in a column: broken at blanks, inside a word only if the word is wider than the column.
    pub(crate) fn wrap(&self, look: Type, text: &str, width: f32) -> Vec<String> {
        let face = self.face(look);
        let room = width / look.size;
        let blank = face.width(' ');
        let mut lines = Vec::new();
        for paragraph in plain(text).split('\n') {
            let (mut line, mut used) = (String::new(), 0.0);
            for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
                let long: f32 = word.chars().map(|c| face.width(c)).sum();
                if !line.is_empty() {
                    if used + blank + long <= room {
                        line.push(' ');
                        line.push_str(word);
                        used += blank + long;
                        continue;
                    }
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                for c in word.chars() {
                    let wide = face.width(c);
                    if used + wide > room && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(c);
                    used += wide;
                }
            }
            lines.push(line);
        }
        lines
    }

    /// A text on one line; `at` is its left end and its baseline.
    pub(crate) fn text(&mut self, at: [f32; 2], look: Type, text: &str) {
        if let Some(page) = self.pages.last_mut() {
            page.push(Mark::Text { at, look, text: plain(text) });
        }
    }

    /// The same, ending at `at`.
    pub(crate) fn text_ending(&mut self, at: [f32; 2], look: Type, text: &str) {
        let width = self.width(look, text);
        self.text([at[0] - width, at[1]], look, text);
    }

    /// The same, around `at`.
    pub(crate) fn text_around(&mut self, at: [f32; 2], look: Type, text: &str) {
        let width = self.width(look, text);
        self.text([at[0] - width / 2.0, at[1]], look, text);
    }

    /// A filled box; a rule is a thin one. `at` is its upper left corner.
    pub(crate) fn fill(&mut self, at: [f32; 2], size: [f32; 2], colour: Colour) {
        if let Some(page) = self.pages.last_mut() {
            page.push(Mark::Box { at, size, colour });
        }
    }

    /// The document.
    pub(crate) fn finish(
        self,
        title: &str,
        author: &str,
        made: jiff::civil::Date,
    ) -> Result<Vec<u8>, PaperError> {
        let mut document = Document::new();
        for page in &self.pages {
            let settings = PageSettings::from_wh(A4[0], A4[1])
                .ok_or_else(|| PaperError::Writer("no page".to_owned()))?;
            let mut sheet = document.start_page_with(settings);
            let mut surface = sheet.surface();
            for mark in page {
                self.draw(&mut surface, mark);
            }
            surface.finish();
            sheet.finish();
        }
        let day = DateTime::new(made.year().unsigned_abs())
            .month(made.month().unsigned_abs())
            .day(made.day().unsigned_abs());
        document.set_metadata(
            Metadata::new()
                .title(plain(title))
                .authors(vec![plain(author)])
                .language("vi".to_owned())
                .creation_date(day),
        );
        document.finish().map_err(|error| PaperError::Writer(format!("{error:?}")))
    }

    fn draw(&self, surface: &mut Surface<'_>, mark: &Mark) {
        let paint = |[red, green, blue]: Colour| Fill {
            paint: rgb::Color::new(red, green, blue).into(),
            opacity: NormalizedF32::ONE,
            rule: FillRule::default(),
        };
        match mark {
            Mark::Text { at, look, text } => {
                if text.is_empty() {
                    return;
                }
                let face = self.face(*look);
                surface.set_fill(Some(paint(look.colour)));
                let glyphs = face.glyphs(text);
                surface.draw_glyphs(
                    Point::from_xy(at[0], at[1]),
                    &glyphs,
                    face.font.clone(),
                    text,
                    look.size,
                    false,
                );
            }
            Mark::Box { at, size, colour } => {
                let Some(rect) = Rect::from_xywh(at[0], at[1], size[0], size[1]) else { return };
                let mut path = PathBuilder::new();
                path.push_rect(rect);
                if let Some(path) = path.finish() {
                    surface.set_fill(Some(paint(*colour)));
                    surface.draw_path(&path);
                }
            }
        }
    }
}
