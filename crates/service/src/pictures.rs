//! What a picture from outside is, told from its bytes before anything is decoded; and how one is written anew.
//!
//! ```text
//! inspect   JPEG segments, PNG chunks, WebP chunks: kind, width and height, and what is in it beside the picture
//! limits    bytes, pixels; one frame; eight bits a sample
//! rewrite   decoded, turned upright, made smaller, written as JPEG with its colour profile and nothing else
//! ```
//!
//! A picture carries more than a picture: where it was taken, by which telephone, a second picture, a whole film behind the last
//! byte. So parts are taken by a list of what may be there, and everything that is not on it has a name ([`Picture::beside`]).
//! Sources: ITU-T T.81 annex B, JFIF 1.02, PNG (third edition) clause 11, RFC 9649 (WebP).
//!
//! The size is read from the header, so a few bytes that promise a gigabyte of pixels are refused as a few bytes. The decoders
//! are the `image` crate's; they run under its limits, outside of the async threads, and a panic in one is a refusal.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader};

/// 12 megapixels, as telephones count them (4,080 × 3,060 is 12.5 million).
pub const PIXELS_MAX: u64 = 12 << 20;
/// A colour profile longer than this is something else.
const PROFILE_BYTES_MAX: usize = 64 << 10;
/// Passes of a JPEG; cameras and editors write one, or ten.
const SCANS_MAX: u32 = 32;
/// Of a picture that we write.
const JPEG_QUALITY: u8 = 80;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ITU-T T.81 in JFIF or Adobe's dress.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Kind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// What the first bytes say.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(PNG) {
            Some(Self::Png)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }
}

/// Why a picture will not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Neither of the three kinds.
    #[error("the file is no JPEG, PNG or WebP picture")]
    NotAPicture,
    /// It ends too early, or a part of it does not fit.
    #[error("the picture is broken: {0}")]
    Broken(&'static str),
    /// A rare way of writing pictures, which we do not take.
    #[error("{0} are not taken: save it as an ordinary JPEG")]
    Unsupported(&'static str),
    /// Too many pixels, as its header says.
    #[error("{width} × {height} pixels are too many: {limit} are taken")]
    TooManyPixels {
        /// Across.
        width: u32,
        /// Down.
        height: u32,
        /// How many are taken.
        limit: u64,
    },
    /// There is more in the file than a picture.
    #[error("there is more in the file than a picture: {0}")]
    Beside(String),
    /// The decoder gave up.
    #[error("the picture cannot be decoded: {0}")]
    Undecodable(String),
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is.
    pub kind: Kind,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// A JPEG that comes in passes: its decoder keeps all of them in memory.
    pub is_progressive: bool,
    /// What is in it beside the picture, by name, each once: `EXIF`, `XMP`, `a comment`, ….
    pub beside: Vec<String>,
}

impl Picture {
    /// Reads headers and parts; decodes nothing.
    pub fn inspect(bytes: &[u8]) -> Result<Self, PictureError> {
        let kind = Kind::of(bytes).ok_or(PictureError::NotAPicture)?;
        let mut found = Found::default();
        match kind {
            Kind::Jpeg => jpeg(bytes, &mut found)?,
            Kind::Png => png(bytes, &mut found)?,
            Kind::Webp => webp(bytes, &mut found)?,
        }
        let Some((width, height)) = found.size else { return Err(PictureError::Broken("it has no size")) };
        if width == 0 || height == 0 {
            return Err(PictureError::Broken("it has no pixels"));
        }
        Ok(Self { kind, width, height, is_progressive: found.is_progressive, beside: found.beside })
    }

    /// At most so many pixels.
    pub fn within(self, limit: u64) -> Result<Self, PictureError> {
        if u64::from(self.width) * u64::from(self.height) > limit {
            return Err(PictureError::TooManyPixels { width: self.width, height: self.height, limit });
        }
        Ok(self)
    }

    /// Nothing but the picture.
    pub fn alone(self) -> Result<Self, PictureError> {
        if self.beside.is_empty() { Ok(self) } else { Err(PictureError::Beside(self.beside.join(", "))) }
    }

    /// Decodes the bytes that this was read from, turned upright, with the colour profile.
    fn decode(&self, bytes: &[u8]) -> Result<(DynamicImage, Option<Vec<u8>>), PictureError> {
        let refuse = |error: image::ImageError| PictureError::Undecodable(error.to_string());
        let format = match self.kind {
            Kind::Jpeg => ImageFormat::Jpeg,
            Kind::Png => ImageFormat::Png,
            Kind::Webp => ImageFormat::WebP,
        };
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(self.width);
        limits.max_image_height = Some(self.height);
        // Four bytes a pixel, and as much again for what a decoder keeps beside it.
        limits.max_alloc = Some(u64::from(self.width) * u64::from(self.height) * 8 + (8 << 20));
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(refuse)?;
        if decoder.dimensions() != (self.width, self.height) {
            return Err(PictureError::Broken("two headers say two sizes"));
        }
        let orientation = decoder.orientation().map_err(refuse)?;
        let profile = decoder.icc_profile().map_err(refuse)?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(refuse)?;
        picture.apply_orientation(orientation);
        Ok((picture, profile.filter(|profile| profile.len() <= PROFILE_BYTES_MAX)))
    }

    /// Whether the decoder makes a picture of it.
    pub fn check_pixels(&self, bytes: &[u8]) -> Result<(), PictureError> {
        self.decode(bytes).map(drop)
    }

    /// The picture as a JPEG of its own: at most so wide and so high, upright, on white where it was transparent, with its
    /// colour profile and nothing else of what was in the file.
    pub fn rewrite(&self, bytes: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PictureError> {
        let (mut picture, profile) = self.decode(bytes)?;
        if picture.width() > width || picture.height() > height {
            picture = picture.thumbnail(width, height);
        }
        let picture = on_white(picture);
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        if let Some(profile) = profile {
            // JPEG takes any profile of this length.
            drop(encoder.set_icc_profile(profile));
        }
        encoder.encode_image(&picture).map_err(|error| PictureError::Undecodable(error.to_string()))?;
        Ok(jpeg)
    }
}

/// Red, green and blue, eight bits each.
fn on_white(picture: DynamicImage) -> image::RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let clear = picture.into_rgba8();
    image::RgbImage::from_fn(clear.width(), clear.height(), |x, y| {
        let [r, g, b, a] = clear.get_pixel(x, y).0;
        let over = |part: u8| {
            let sum = u32::from(part) * u32::from(a) + 255 * (255 - u32::from(a));
            u8::try_from(sum / 255).unwrap_or(255)
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}

#[derive(Default)]
struct Found {
    size: Option<(u32, u32)>,
    is_progressive: bool,
    beside: Vec<String>,
}

impl Found {
    fn beside(&mut self, name: impl Into<String>) {
        let name = name.into();
        if !self.beside.contains(&name) {
            self.beside.push(name);
        }
    }
}

fn be16(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|two| u32::from(u16::from_be_bytes(*two)))
}

fn be32(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|four| u32::from_be_bytes(*four))
}

fn le24(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|[a, b, c]| u32::from_le_bytes([*a, *b, *c, 0]))
}

/// ITU-T T.81, annex B: markers and segments.
fn jpeg(bytes: &[u8], found: &mut Found) -> Result<(), PictureError> {
    const SHORT: PictureError = PictureError::Broken("it ends too early");
    let mut at = 2;
    let mut scans = 0;
    loop {
        if *bytes.get(at).ok_or(SHORT)? != 0xff {
            return Err(PictureError::Broken("something stands between its segments"));
        }
        // B.1.1.2: a marker may have any number of fill bytes before it.
        while bytes.get(at) == Some(&0xff) {
            at += 1;
        }
        let marker = *bytes.get(at).ok_or(SHORT)?;
        at += 1;
        match marker {
            0xd9 => {
                if at != bytes.len() {
                    found.beside("bytes behind the end of the picture");
                }
                return Ok(());
            }
            0x00 | 0x01 | 0xd0..=0xd8 => return Err(PictureError::Broken("a marker in a wrong place")),
            _ => {}
        }
        let length = be16(bytes.get(at..).ok_or(SHORT)?).ok_or(SHORT)? as usize;
        let segment = bytes.get(at + 2..at + length.max(2)).ok_or(SHORT)?;
        at += length.max(2);
        jpeg_segment(marker, segment, found)?;
        if marker == 0xda {
            // Each scan goes over the whole picture again: a few bytes more would be a second of work more.
            scans += 1;
            if scans > SCANS_MAX {
                return Err(PictureError::Unsupported("JPEGs of many passes"));
            }
            at = scan_end(bytes, at).ok_or(SHORT)?;
        }
    }
}

/// The next marker that is neither a stuffed byte nor a restart (B.1.1.5).
fn scan_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at..)? {
            [0xff, 0x00 | 0xd0..=0xd7, ..] => at += 2,
            [0xff, 0xff, ..] => at += 1,
            [0xff, _, ..] => return Some(at),
            [_, ..] => at += 1,
            [] => return None,
        }
    }
}

fn jpeg_segment(marker: u8, segment: &[u8], found: &mut Found) -> Result<(), PictureError> {
    match marker {
        0xc0..=0xc2 => {
            let [8, size @ ..] = segment else {
                return Err(PictureError::Unsupported("JPEGs of twelve bits"));
            };
            if found.size.is_some() {
                return Err(PictureError::Broken("it has two frames"));
            }
            let side = |from| size.get(from..).and_then(be16);
            let (Some(height), Some(width)) = (side(0), side(2)) else {
                return Err(PictureError::Broken("its header is too short"));
            };
            found.size = Some((width, height));
            found.is_progressive = marker == 0xc2;
        }
        // Huffman and quantisation tables, restart interval, scan.
        0xc4 | 0xdb | 0xdd | 0xda => {}
        0xc3 | 0xc5..=0xcf | 0xdc | 0xde | 0xdf => {
            return Err(PictureError::Unsupported("lossless, hierarchical and arithmetic JPEGs"));
        }
        0xe0 if segment.starts_with(b"JFIF\0") && segment.len() == 14 => {}
        0xe0 => found.beside("a small copy (JFIF)"),
        0xe1 if segment.starts_with(b"Exif\0") => found.beside("EXIF"),
        0xe1 if segment.starts_with(b"http://ns.adobe.com/") => found.beside("XMP"),
        0xe2 if segment.starts_with(b"ICC_PROFILE\0") && segment.len() <= PROFILE_BYTES_MAX => {}
        0xe2 if segment.starts_with(b"MPF\0") => found.beside("more pictures (MPF)"),
        0xed => found.beside("IPTC"),
        0xee if segment.starts_with(b"Adobe") => {}
        0xfe => found.beside("a comment"),
        other => found.beside(format!("a segment {other:02X}")),
    }
    Ok(())
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// PNG, third edition, clause 5.3: chunks.
fn png(bytes: &[u8], found: &mut Found) -> Result<(), PictureError> {
    const SHORT: PictureError = PictureError::Broken("it ends too early");
    let mut at = PNG.len();
    loop {
        let head = bytes.get(at..).ok_or(SHORT)?;
        let length = be32(head).ok_or(SHORT)? as usize;
        let kind = head.get(4..8).ok_or(SHORT)?;
        let end = length.checked_add(12).ok_or(SHORT)?;
        let contents = head.get(8..end - 4).ok_or(SHORT)?;
        // The check sum of the chunk is the decoder's.
        if head.len() < end {
            return Err(SHORT);
        }
        at += end;
        if found.size.is_none() && kind != b"IHDR" {
            return Err(PictureError::Broken("it does not begin with its header"));
        }
        match kind {
            b"IHDR" => {
                let side = |from| contents.get(from..).and_then(be32);
                let (Some(width), Some(height), Some(depth)) = (side(0), side(4), contents.get(8)) else {
                    return Err(PictureError::Broken("its header is too short"));
                };
                if *depth > 8 {
                    return Err(PictureError::Unsupported("PNGs of sixteen bits"));
                }
                found.size = Some((width, height));
            }
            b"IEND" => {
                if at != bytes.len() {
                    found.beside("bytes behind the end of the picture");
                }
                return Ok(());
            }
            b"acTL" | b"fcTL" | b"fdAT" => return Err(PictureError::Unsupported("moving pictures")),
            b"PLTE" | b"IDAT" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"sBIT" | b"bKGD" | b"pHYs"
            | b"cICP" => {}
            b"iCCP" if length <= PROFILE_BYTES_MAX => {}
            b"eXIf" => found.beside("EXIF"),
            b"tEXt" | b"zTXt" => found.beside("a text"),
            b"iTXt" if contents.starts_with(b"XML:com.adobe.xmp\0") => found.beside("XMP"),
            b"iTXt" => found.beside("a text"),
            b"tIME" => found.beside("a time"),
            other => found.beside(format!("a chunk {}", other.escape_ascii())),
        }
    }
}

/// RFC 9649, section 2.
fn webp(bytes: &[u8], found: &mut Found) -> Result<(), PictureError> {
    const SHORT: PictureError = PictureError::Broken("it ends too early");
    let promised = bytes.get(4..).and_then(le32).ok_or(SHORT)? as usize;
    let end = promised.checked_add(8).filter(|end| *end <= bytes.len()).ok_or(SHORT)?;
    if end != bytes.len() {
        found.beside("bytes behind the end of the picture");
    }
    let mut at = 12;
    while at < end {
        let head = bytes.get(at..end).ok_or(SHORT)?;
        let kind = head.get(..4).ok_or(SHORT)?;
        let length = head.get(4..).and_then(le32).ok_or(SHORT)? as usize;
        let contents = length.checked_add(8).and_then(|to| head.get(8..to)).ok_or(SHORT)?;
        at += 8 + length + length % 2;
        let size = match kind {
            b"VP8X" => match (contents.get(4..).and_then(le24), contents.get(7..).and_then(le24)) {
                (Some(width), Some(height)) => Some((width + 1, height + 1)),
                _ => return Err(SHORT),
            },
            // RFC 6386, section 9.1.
            b"VP8 " => match contents {
                [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] => {
                    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
                    Some((side(*w0, *w1), side(*h0, *h1)))
                }
                _ => return Err(PictureError::Broken("its first frame is none")),
            },
            b"VP8L" => match (contents.first(), contents.get(1..).and_then(le32)) {
                (Some(0x2f), Some(bits)) => Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)),
                _ => return Err(PictureError::Broken("its first frame is none")),
            },
            b"ALPH" => None,
            b"ICCP" if length <= PROFILE_BYTES_MAX => None,
            b"ANIM" | b"ANMF" => return Err(PictureError::Unsupported("moving pictures")),
            b"EXIF" => {
                found.beside("EXIF");
                None
            }
            b"XMP " => {
                found.beside("XMP");
                None
            }
            other => {
                found.beside(format!("a chunk {}", other.escape_ascii()));
                None
            }
        };
        if let Some(size) = size {
            if found.size.is_some_and(|before| before != size) {
                return Err(PictureError::Broken("two headers say two sizes"));
            }
            found.size = Some(size);
        }
    }
    Ok(())
}

fn le32(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests;
