//! Pictures of a code: SVG for pages and labels, PNG for anything else, text for a terminal.
//!
//! All three include the quiet zone and are black on white whatever lies behind them.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use crate::QrCode;
use crate::xml::{push_attribute, push_escaped};

/// Pixels on a module's side that [`QrCode::png`] draws: at most 7,400 × 7,400 pixels in all.
pub const MODULE_PIXELS: RangeInclusive<u32> = 1..=40;

/// How an SVG stands on its page.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SvgOptions<'a> {
    /// What a screen reader says: where the code leads. Empty means the URL itself.
    pub title: &'a str,
    /// Width and height of the whole picture in millimetres; without it the page decides.
    pub print_width_mm: Option<f64>,
}

impl<'a> SvgOptions<'a> {
    /// A picture with this title, as large as its page likes.
    pub fn titled(title: &'a str) -> SvgOptions<'a> {
        SvgOptions { title, print_width_mm: None }
    }
}

impl QrCode {
    /// A complete SVG document that can also stand inside HTML. Its user unit is one module.
    pub fn svg(&self, options: &SvgOptions<'_>) -> String {
        let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\"");
        if let Some(mm) = options.print_width_mm {
            // Writing to a String cannot fail, here and below.
            let _ = write!(svg, " width=\"{mm}mm\" height=\"{mm}mm\"");
        }
        self.push_svg_rest(&mut svg, options.title);
        svg
    }

    /// The same as an element of another SVG: `x`, `y` and `side` are in that one's units.
    pub(crate) fn push_nested_svg(&self, out: &mut String, x: &str, y: &str, side: &str) {
        out.push_str("<svg");
        for (name, value) in [("x", x), ("y", y), ("width", side), ("height", side)] {
            push_attribute(out, name, value);
        }
        self.push_svg_rest(out, "");
    }

    fn push_svg_rest(&self, out: &mut String, title: &str) {
        let n = self.full_size();
        // crispEdges: no grey seams between the rows at odd scales. Both colours are named, as a page in dark
        // colours or a design's <svg fill="…"> would otherwise hand down its own.
        let _ = write!(out, " viewBox=\"0 0 {n} {n}\" role=\"img\" shape-rendering=\"crispEdges\"><title>");
        push_escaped(out, if title.is_empty() { self.url() } else { title });
        let _ = write!(out, "</title><path fill=\"#fff\" d=\"M0 0h{n}v{n}H0z\"/><path fill=\"#000\" d=\"");
        self.push_path(out);
        out.push_str("\"/></svg>");
    }

    /// One rectangle for each run of dark modules in a row. Closing a rectangle returns to its
    /// start, so each next one is a relative move: about 2 kB for the codes on our labels.
    fn push_path(&self, out: &mut String) {
        let n = self.full_size();
        let (mut at_x, mut at_y) = (0, 0);
        for y in 0..n {
            let mut x = 0;
            while x < n {
                let run = (x..n).take_while(|x| self.is_dark(*x, y)).count();
                if run == 0 {
                    x += 1;
                    continue;
                }
                if y == at_y {
                    let _ = write!(out, "m{} 0", x - at_x);
                } else {
                    let _ = write!(out, "M{x} {y}");
                }
                let _ = write!(out, "h{run}v1h-{run}z");
                (at_x, at_y) = (x, y);
                x += run;
            }
        }
    }

    /// A PNG of one bit a pixel, greyscale. `module_pixels` outside [`MODULE_PIXELS`] is brought
    /// to the nearer end, so that no request can ask for gigabytes.
    pub fn png(&self, module_pixels: u32) -> Vec<u8> {
        let scale = module_pixels.clamp(*MODULE_PIXELS.start(), *MODULE_PIXELS.end());
        let n = self.full_size();
        let fits = "a symbol has at most 185 modules with its quiet zone";
        let pixels = u32::try_from(n).expect(fits) * scale;
        let mut bits = Vec::new();
        for y in 0..n {
            let row = self.png_row(y, scale);
            for _ in 0..scale {
                bits.extend_from_slice(&row);
            }
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, pixels, pixels);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let written = encoder.write_header().and_then(|mut w| {
            w.write_image_data(&bits)?;
            w.finish()
        });
        written.expect("memory takes every byte, and the rows have the header's length");
        file
    }

    /// One row of pixels, eight a byte, leftmost in the highest bit; 1 is white.
    fn png_row(&self, y: usize, scale: u32) -> Vec<u8> {
        let colours = (0..self.full_size())
            .flat_map(|x| std::iter::repeat_n(u8::from(!self.is_dark(x, y)), scale as usize));
        let mut row = Vec::new();
        for (i, white) in colours.enumerate() {
            if i % 8 == 0 {
                row.push(0);
            }
            if let Some(byte) = row.last_mut() {
                *byte |= white << (7 - i % 8);
            }
        }
        row
    }

    /// Text for a terminal, two rows of modules in each line. Each line sets black on white and
    /// resets at its end (ECMA-48, SGR), so it scans on dark and light terminals alike. Meant for a
    /// terminal only: into a file, print the URL.
    pub fn terminal(&self) -> String {
        let n = self.full_size();
        let mut text = String::new();
        for y in (0..n).step_by(2) {
            text.push_str("\u{1b}[38;5;16;48;5;231m");
            for x in 0..n {
                text.push(match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                    (false, false) => ' ',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (true, true) => '█',
                });
            }
            text.push_str("\u{1b}[0m\n");
        }
        text
    }
}
