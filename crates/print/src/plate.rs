//! A design filled with a lot's facts: what all its labels have in common.

use nguon_label::{Design, Fields, QrCode, QrPlace};
use resvg::usvg::{self, BlendMode, Group, Node, Tree};

use crate::press::Press;

/// Pixels that the pictures inside a design may unfold to, all together: a few kilobytes of PNG can hold gigabytes.
const IMAGE_PIXELS_MAX: f64 = 16_000_000.0;

/// Why a design cannot be printed, though its files are right.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlateError {
    /// The renderer does not read it.
    #[error("the design cannot be drawn: {0}")]
    Unreadable(String),
    /// An embedded picture is larger than a label can need, or no picture.
    #[error("the pictures inside the design unfold to more than 16 million pixels")]
    ImageTooLarge,
    /// It asks for what paper cannot show in one way only.
    #[error("the design uses {0}, which does not come out the same on every printer")]
    Effect(&'static str),
    /// Too large for this resolution.
    #[error("the label has more than 40 million dots at this resolution; take fewer dots on an inch")]
    TooManyDots,
    /// A module would be less than two dots.
    #[error(
        "{modules} modules on {side_mm} mm are less than two dots each: take a larger design, more dots on an inch or \
         a shorter address"
    )]
    CodeTooDense {
        /// Modules on the code's side, quiet zone included.
        modules: usize,
        /// Printed side of its place.
        side_mm: f64,
    },
}

/// What is one label's own.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// The code of its page.
    pub code: &'a QrCode,
    /// Its serial, or nothing.
    pub serial: &'a str,
}

/// A design with a lot's facts on it.
pub struct Plate<'p> {
    pub(crate) press: &'p Press,
    design: Design,
    language: String,
    pub(crate) ground: Tree,
}

impl<'p> Plate<'p> {
    pub(crate) fn new(
        press: &'p Press,
        design: &Design,
        fields: &Fields<'_>,
        language: &str,
    ) -> Result<Plate<'p>, PlateError> {
        let ground = read(press, &design.ground(fields, language, press))?;
        let mut image_pixels = 0.0;
        check(ground.root(), &mut image_pixels)?;
        Ok(Plate { press, design: design.clone(), language: language.to_owned(), ground })
    }

    /// Width and height.
    pub fn size_mm(&self) -> (f64, f64) {
        (self.design.width_mm(), self.design.height_mm())
    }

    pub(crate) fn qr_place(&self) -> QrPlace {
        self.design.qr_place()
    }

    /// The texts with this label's serial, laid out.
    pub(crate) fn own(&self, label: &Label<'_>) -> Result<Option<Tree>, PlateError> {
        let fields = Fields { serial: label.serial, ..Fields::default() };
        let Some(svg) = self.design.own_texts(&fields, &self.language, self.press) else { return Ok(None) };
        let tree = read(self.press, &svg)?;
        check(tree.root(), &mut 0.0)?;
        Ok(Some(tree))
    }
}

pub(crate) fn read(press: &Press, svg: &str) -> Result<Tree, PlateError> {
    Tree::from_str(svg, &press.options).map_err(|error| PlateError::Unreadable(error.to_string()))
}

fn check(group: &Group, image_pixels: &mut f64) -> Result<(), PlateError> {
    if !group.filters().is_empty() {
        return Err(PlateError::Effect("a filter"));
    }
    if group.mask().is_some() {
        return Err(PlateError::Effect("a mask"));
    }
    if group.blend_mode() != BlendMode::Normal {
        return Err(PlateError::Effect("mix-blend-mode"));
    }
    if let Some(clip) = group.clip_path() {
        let plain = |node: &Node| matches!(node, Node::Path(_));
        if clip.clip_path().is_some() || !clip.root().children().iter().all(plain) {
            return Err(PlateError::Effect("a clip path of other things than shapes"));
        }
    }
    for node in group.children() {
        match node {
            Node::Group(inner) => check(inner, image_pixels)?,
            Node::Image(image) => {
                if !matches!(image.kind(), usvg::ImageKind::PNG(_) | usvg::ImageKind::JPEG(_)) {
                    return Err(PlateError::Effect("a picture that is neither PNG nor JPEG"));
                }
                *image_pixels += f64::from(image.size().width()) * f64::from(image.size().height());
                if *image_pixels > IMAGE_PIXELS_MAX {
                    return Err(PlateError::ImageTooLarge);
                }
            }
            Node::Path(_) | Node::Text(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `nguon-label` refuses anyway is not resolved here either.
    #[test]
    fn the_renderer_opens_no_file_and_calls_nobody() {
        let press = Press::new().unwrap_or_else(|error| panic!("{error}"));
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let file = folder.path().join("seen.png");
        let dot = nguon_label::QrCode::new("https://a.example/").map(|code| code.png(1)).unwrap_or_default();
        std::fs::write(&file, dot).unwrap_or_else(|error| panic!("{error}"));
        for address in [
            file.display().to_string(),
            format!("file://{}", file.display()),
            "seen.png".to_owned(),
            "http://127.0.0.1:9/x.png".to_owned(),
            "data:image/svg+xml;base64,PHN2Zy8+".to_owned(),
        ] {
            let svg = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\
                 <image width='9' height='9' href='{address}'/></svg>"
            );
            let tree = read(&press, &svg).unwrap_or_else(|error| panic!("{error}"));
            assert!(tree.root().children().is_empty(), "{address}");
        }
    }
}
