//! Labels in dots.

use nguon_label::QrCode;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::Tree;

use crate::bitmap::Bitmap;
use crate::plate::{Label, Plate, PlateError};

/// Dots on an inch that labels are drawn for.
pub const DPI: std::ops::RangeInclusive<u32> = 150..=1200;

/// Dots of a picture, at most: 300 × 300 mm at 600 dpi would be more.
const DOTS_MAX: u64 = 40_000_000;

/// Fewer dots on a module's side are not told apart by a print head.
const MODULE_DOTS_MIN: u32 = 2;

/// How fine a printer or a picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    dpi: u32,
    per_mm: f64,
}

impl Resolution {
    /// So many dots on an inch, within [`DPI`]. What is sold as 203 dpi has 8 dots on a millimetre.
    pub fn of_dpi(dpi: u32) -> Option<Resolution> {
        let per_mm = if dpi == 203 { 8.0 } else { f64::from(dpi) / 25.4 };
        DPI.contains(&dpi).then_some(Resolution { dpi, per_mm })
    }

    /// As it was asked for.
    pub fn dpi(self) -> u32 {
        self.dpi
    }

    /// The length in dots, to the nearest.
    pub fn dots(self, mm: f64) -> u32 {
        whole((mm * self.per_mm).round())
    }

    /// The length of so many dots.
    pub fn mm(self, dots: u32) -> f64 {
        f64::from(dots) / self.per_mm
    }
}

/// Lengths here are of labels, which end at 300 mm.
fn whole(dots: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, and no length is negative"
    )]
    {
        dots as u32
    }
}

/// A plate in dots.
pub struct Stamp<'p> {
    plate: &'p Plate<'p>,
    resolution: Resolution,
    ground: Pixmap,
}

/// One label in dots, black, white and colours.
pub struct Picture {
    pixels: Pixmap,
    resolution: Resolution,
}

impl<'p> Plate<'p> {
    /// Draws what all labels have in common, once.
    pub fn stamp(&'p self, resolution: Resolution) -> Result<Stamp<'p>, PlateError> {
        let (width_mm, height_mm) = self.size_mm();
        let (width, height) = (resolution.dots(width_mm), resolution.dots(height_mm));
        if u64::from(width) * u64::from(height) > DOTS_MAX {
            return Err(PlateError::TooManyDots);
        }
        let mut ground = Pixmap::new(width, height).ok_or(PlateError::TooManyDots)?;
        ground.fill(Color::WHITE);
        draw(&self.ground, resolution, &mut ground);
        Ok(Stamp { plate: self, resolution, ground })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "dots on a millimetre are a small number")]
fn draw(tree: &Tree, resolution: Resolution, pixels: &mut Pixmap) {
    // The tree's unit is a CSS pixel, 96 on an inch; a label's is the millimetre.
    let scale = (resolution.per_mm * 25.4 / 96.0) as f32;
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
}

impl Stamp<'_> {
    /// Width and height in dots.
    pub fn dots(&self) -> (u32, u32) {
        (self.ground.width(), self.ground.height())
    }

    /// Dots on the side of a module of this code, and its printed size in millimetres: whole dots make codes smaller than
    /// their place.
    pub fn module(&self, code: &QrCode) -> (u32, f64) {
        let side = whole((self.plate.qr_place().side_mm * self.resolution.per_mm + 1e-6).floor());
        let dots = u32::try_from(code.full_size()).map_or(0, |modules| side / modules);
        (dots, self.resolution.mm(dots))
    }

    /// One label.
    pub fn picture(&self, label: &Label<'_>) -> Result<Picture, PlateError> {
        let mut pixels = self.ground.clone();
        self.draw_code(label.code, &mut pixels)?;
        if let Some(own) = self.plate.own(label)? {
            draw(&own, self.resolution, &mut pixels);
        }
        Ok(Picture { pixels, resolution: self.resolution })
    }

    fn draw_code(&self, code: &QrCode, pixels: &mut Pixmap) -> Result<(), PlateError> {
        let place = self.plate.qr_place();
        let (module, _) = self.module(code);
        if module < MODULE_DOTS_MIN {
            return Err(PlateError::CodeTooDense { modules: code.full_size(), side_mm: place.side_mm });
        }
        let modules = u32::try_from(code.full_size()).map_err(|_| PlateError::TooManyDots)?;
        // In the middle of its place, on whole dots.
        let spare = (place.side_mm * self.resolution.per_mm - f64::from(module * modules)).max(0.0) / 2.0;
        let corner = |mm: f64| whole((mm * self.resolution.per_mm + spare).floor());
        let (left, top) = (corner(place.x_mm), corner(place.y_mm));
        let quiet = u32::try_from(nguon_label::QUIET_ZONE).map_err(|_| PlateError::TooManyDots)?;
        square(pixels, left, top, module * modules, [255; 4]);
        for (row, y) in code.modules().zip(quiet..) {
            for (dark, x) in row.iter().zip(quiet..) {
                if *dark {
                    square(pixels, left + x * module, top + y * module, module, [0, 0, 0, 255]);
                }
            }
        }
        Ok(())
    }
}

fn square(pixels: &mut Pixmap, left: u32, top: u32, side: u32, colour: [u8; 4]) {
    let width = pixels.width();
    let right = (left + side).min(width);
    for y in top..(top + side).min(pixels.height()) {
        let at =
            |x: u32| usize::try_from(u64::from(y) * u64::from(width) + u64::from(x)).unwrap_or(usize::MAX);
        let row = at(left.min(right)) * 4..at(right) * 4;
        if let Some(row) = pixels.data_mut().get_mut(row) {
            row.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&colour));
        }
    }
}

impl Picture {
    /// Width and height in dots.
    pub fn dots(&self) -> (u32, u32) {
        (self.pixels.width(), self.pixels.height())
    }

    /// A PNG of exactly these dots that says how large it prints; grey if nothing on it has a colour.
    pub fn png(&self) -> Vec<u8> {
        let rgb: Vec<u8> = self.pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        let grey = rgb.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]);
        let mut file = Vec::new();
        let (width, height) = self.dots();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_color(if grey { png::ColorType::Grayscale } else { png::ColorType::Rgb });
        let per_metre = self.resolution.dots(1000.0);
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: per_metre,
            yppu: per_metre,
            unit: png::Unit::Meter,
        }));
        let bytes = if grey { rgb.into_iter().step_by(3).collect() } else { rgb };
        let written = encoder.write_header().and_then(|mut w| {
            w.write_image_data(&bytes)?;
            w.finish()
        });
        written.expect("memory takes every byte, and there are as many as the header says");
        file
    }

    /// Black or nothing, as a thermal printer knows it.
    pub fn bitmap(&self) -> Bitmap {
        let (width, height) = self.dots();
        let dark = self.pixels.data().chunks_exact(4).map(|p| {
            // Rec. 709 luma in 256ths.
            let luma = 54 * u32::from(p[0]) + 183 * u32::from(p[1]) + 19 * u32::from(p[2]);
            luma < DARK_BELOW * 256
        });
        Bitmap::new(width, height, dark)
    }
}

/// Half covered dots print: thin strokes of small letters stay whole.
const DARK_BELOW: u32 = 150;
