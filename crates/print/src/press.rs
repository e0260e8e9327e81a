//! The fonts, and the renderer that knows nothing else.

use std::sync::Arc;

use krilla::text::Font;
use nguon_label::{Design, Fields, Letters};
use resvg::usvg::{self, ImageHrefResolver, ImageKind, fontdb};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider as _};

use crate::plate::{Plate, PlateError};

/// Name of the fonts in their own tables.
const FAMILY: &str = "Noto Sans";

/// Kerning moves a letter by more than this only where it brings it nearer.
const KERNING: f64 = 1.01;

/// Letters whose widths are kept.
const KEPT: u32 = 0x2200;

/// A font of this program cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a font cannot be read")]
pub struct PressError;

/// Fonts and the renderer's settings, read once.
pub struct Press {
    pub(crate) options: usvg::Options<'static>,
    regular: Face,
    bold: Face,
}

pub(crate) struct Face {
    pub(crate) id: fontdb::ID,
    pub(crate) font: Font,
    table: FontRef<'static>,
    units: f32,
    /// In ems, by letter.
    widths: Vec<f32>,
}

impl Press {
    /// Reads the fonts.
    pub fn new() -> Result<Press, PressError> {
        let mut fonts = fontdb::Database::new();
        let regular = Face::read(nguon_fonts::NOTO_SANS_REGULAR, &mut fonts)?;
        let bold = Face::read(nguon_fonts::NOTO_SANS_BOLD, &mut fonts)?;
        // Whatever a design asks for, these are what there is.
        fonts.set_serif_family(FAMILY);
        fonts.set_sans_serif_family(FAMILY);
        fonts.set_monospace_family(FAMILY);
        fonts.set_cursive_family(FAMILY);
        fonts.set_fantasy_family(FAMILY);
        let images = ImageHrefResolver {
            resolve_data: Box::new(|mime, bytes, _| match mime {
                "image/png" => Some(ImageKind::PNG(bytes)),
                "image/jpeg" => Some(ImageKind::JPEG(bytes)),
                // An SVG inside would be read with rules of its own.
                _ => None,
            }),
            // The default opens files.
            resolve_string: Box::new(|_, _| None),
        };
        let options = usvg::Options {
            font_family: FAMILY.to_owned(),
            languages: vec!["vi".to_owned()],
            image_href_resolver: images,
            fontdb: Arc::new(fonts),
            ..usvg::Options::default()
        };
        Ok(Press { options, regular, bold })
    }

    /// Fills a design with a lot's facts, captions in this language; the serial comes later, label by label.
    pub fn plate(
        &self,
        design: &Design,
        fields: &Fields<'_>,
        language: &str,
    ) -> Result<Plate<'_>, PlateError> {
        Plate::new(self, design, fields, language)
    }

    /// Letters of a text that the fonts do not have, each once: they would print as empty boxes.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let letters = self.regular.table.charmap();
        let mut missing: Vec<char> =
            text.chars().filter(|c| !c.is_control() && *c != ' ' && letters.map(*c).is_none()).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// The font for PDF that the layout chose.
    pub(crate) fn face(&self, id: fontdb::ID) -> Option<&Face> {
        [&self.regular, &self.bold].into_iter().find(|face| face.id == id)
    }
}

impl Letters for Press {
    fn ems(&self, text: &str, bold: bool) -> f64 {
        let face = if bold { &self.bold } else { &self.regular };
        text.chars().map(|c| f64::from(face.width(c))).sum::<f64>() * KERNING
    }
}

impl Face {
    fn read(bytes: &'static [u8], fonts: &mut fontdb::Database) -> Result<Face, PressError> {
        let id = fonts.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
        let id = id.first().copied().ok_or(PressError)?;
        let font = Font::new(bytes.into(), 0).ok_or(PressError)?;
        let table = FontRef::new(bytes).map_err(|_| PressError)?;
        let units = f32::from(table.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let mut face = Face { id, font, table, units, widths: Vec::new() };
        face.widths = (0..KEPT).map(|c| char::from_u32(c).map_or(0.0, |c| face.measure(c))).collect();
        Ok(face)
    }

    /// In ems.
    pub(crate) fn advance(&self, glyph: u32) -> f32 {
        let widths = self.table.glyph_metrics(Size::unscaled(), LocationRef::default());
        widths.advance_width(GlyphId::new(glyph)).unwrap_or_default() / self.units
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
