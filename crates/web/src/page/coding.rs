//! Content codings: which one a reader would have, and bytes in it (RFC 9110, section 12.5.3; Brotli is RFC 7932).
//!
//! There are two efforts. A page that was just made is compressed in a quarter of a millisecond, because somebody waits
//! and it may never be asked for again; only if it would not fit the first round trip, it takes twice that. One that is kept and asked for a second time is compressed once, as well as it
//! can be in about two milliseconds, for all who come after.
//!
//! All codings of a page share one weak validator: they are the same page.

use std::io::Write as _;

use axum::http::{HeaderMap, HeaderValue, header};

/// A way to write bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Brotli,
}

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Somebody waits for bytes that may never be asked for again.
    Quick,
    /// Once, for many.
    Thorough,
}

/// What fits the first round trip of a new connection with some headers (ten packets of 1,460 bytes, RFC 6928).
const FIRST_ROUND_BYTES: usize = 13_500;
/// Brotli's qualities: half a page's time goes into the step from 3 to 4, which saves one byte in twenty.
const QUICK: i32 = 3;
const QUICK_AND_SMALL: i32 = 4;
const THOROUGH: i32 = 6;

/// Shorter documents are sent as they are: a coding's own bytes would eat what it saves.
const WORTH_BYTES: usize = 600;

impl Coding {
    /// What the reader would rather have; without a word from it, the bytes as they are.
    pub(crate) fn of(asked: &HeaderMap) -> Self {
        let (mut brotli, mut gzip, mut identity, mut rest) = (None, None, None, None);
        let lists = asked.get_all(header::ACCEPT_ENCODING);
        for one in lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(',')) {
            let (name, weight) = one.split_once(';').unwrap_or((one, ""));
            let weight = Some(crate::language::weight_thousandths(weight));
            match name.trim() {
                name if name.eq_ignore_ascii_case("br") => brotli = weight,
                name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                    gzip = weight;
                }
                name if name.eq_ignore_ascii_case("identity") => identity = weight,
                "*" => rest = weight,
                _ => {}
            }
        }
        // The bytes as they are are fine unless somebody says otherwise, and the last resort if they do.
        let identity = identity.unwrap_or(1);
        let weight = |known: Option<u16>| known.or(rest).unwrap_or(0);
        let (brotli, gzip) = (weight(brotli), weight(gzip));
        match () {
            () if brotli > 0 && brotli >= gzip && brotli >= identity => Self::Brotli,
            () if gzip > 0 && gzip >= identity => Self::Gzip,
            () => Self::Identity,
        }
    }

    /// The coding for documents of this type and length.
    pub(crate) fn for_document(self, media_type: Option<&HeaderValue>, bytes: usize) -> Self {
        if bytes >= WORTH_BYTES && is_text(media_type) { self } else { Self::Identity }
    }

    /// Its name in `Content-Encoding`.
    pub(crate) fn name(self) -> Option<HeaderValue> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Brotli => Some(HeaderValue::from_static("br")),
        }
    }

    /// The bytes in this coding.
    pub(crate) fn write(self, bytes: &[u8], effort: Effort) -> Vec<u8> {
        // Writing to memory does not fail.
        self.try_write(bytes, effort).expect("memory takes bytes")
    }

    fn try_write(self, bytes: &[u8], effort: Effort) -> std::io::Result<Vec<u8>> {
        let quick = effort == Effort::Quick;
        let out = Vec::with_capacity(bytes.len() / 4);
        match self {
            Self::Identity => Ok(bytes.to_owned()),
            Self::Gzip => {
                let level = flate2::Compression::new(if quick { 4 } else { 7 });
                let mut gzip = flate2::write::GzEncoder::new(out, level);
                gzip.write_all(bytes)?;
                gzip.finish()
            }
            Self::Brotli if quick => {
                let small = brotli(bytes, QUICK, out)?;
                let fits = small.len() <= FIRST_ROUND_BYTES;
                if fits { Ok(small) } else { brotli(bytes, QUICK_AND_SMALL, Vec::with_capacity(small.len())) }
            }
            Self::Brotli => brotli(bytes, THOROUGH, out),
        }
    }
}

fn brotli(bytes: &[u8], quality: i32, mut out: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality,
        // A window of 256 KiB is larger than any page.
        lgwin: 18,
        mode: brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT,
        size_hint: bytes.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters)?;
    Ok(out)
}

/// Whether documents of this type become shorter: pictures are compressed already.
pub(crate) fn is_text(media_type: Option<&HeaderValue>) -> bool {
    let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.starts_with("text/") || media_type == "application/json" || media_type == "image/svg+xml"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn of(asked: &str) -> Coding {
        Coding::of(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_str(asked).unwrap())]))
    }

    #[test]
    fn a_reader_gets_the_coding_that_it_weighs_most() {
        assert_eq!(Coding::of(&HeaderMap::new()), Coding::Identity);
        for (asked, coding) in [
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip, deflate", Coding::Gzip),
            ("br;q=0.5, gzip", Coding::Gzip),
            ("br;q=0.5, gzip;q=0.5", Coding::Brotli),
            ("br;q=0, gzip;q=0.001", Coding::Gzip),
            ("br;q=0", Coding::Identity),
            ("*", Coding::Brotli),
            ("br;q=0, *", Coding::Gzip),
            ("*;q=0", Coding::Identity),
            ("identity;q=0, *;q=0", Coding::Identity),
            ("identity, br;q=0.9", Coding::Identity),
            ("identity;q=0.5, br", Coding::Brotli),
            ("GZIP", Coding::Gzip),
            ("br;q=x", Coding::Identity),
            ("", Coding::Identity),
        ] {
            assert_eq!(of(asked), coding, "{asked}");
        }
    }

    #[test]
    fn every_coding_gives_the_same_bytes_back() {
        let page = "<p>Cà phê Cầu Đất, lô CD-2601</p>\n".repeat(500);
        for effort in [Effort::Quick, Effort::Thorough] {
            let gzip = Coding::Gzip.write(page.as_bytes(), effort);
            let mut text = String::new();
            flate2::read::GzDecoder::new(&*gzip).read_to_string(&mut text).unwrap();
            assert_eq!(text, page);
            let brotli = Coding::Brotli.write(page.as_bytes(), effort);
            let mut text = Vec::new();
            brotli::BrotliDecompress(&mut &*brotli, &mut text).unwrap();
            assert_eq!(text, page.as_bytes());
            assert!(gzip.len() < 1_000 && brotli.len() < 1_000, "{} {}", gzip.len(), brotli.len());
        }
    }

    #[test]
    fn a_large_page_is_made_small_also_for_its_first_reader() {
        // Words that hardly repeat, as no page has them.
        let words = |count: u32| -> String {
            (0..count).map(|n| format!("<i>{:x}</i>", n.wrapping_mul(2_654_435_761))).collect()
        };
        let quick = |page: &str| Coding::Brotli.write(page.as_bytes(), Effort::Quick).len();
        let at = |page: &str, quality| brotli(page.as_bytes(), quality, Vec::new()).unwrap().len();
        let (small, large) = (words(1_500), words(6_000));
        assert!(at(&small, QUICK) < FIRST_ROUND_BYTES && at(&large, QUICK) > FIRST_ROUND_BYTES);
        assert_eq!(quick(&small), at(&small, QUICK));
        assert_eq!(quick(&large), at(&large, QUICK_AND_SMALL));
    }

    #[test]
    fn pictures_and_short_answers_are_sent_as_they_are() {
        let type_of = |value| HeaderValue::from_static(value);
        let brotli = |media_type, bytes| Coding::Brotli.for_document(Some(&type_of(media_type)), bytes);
        assert_eq!(brotli("text/html; charset=utf-8", 10_000), Coding::Brotli);
        assert_eq!(brotli("application/json", 10_000), Coding::Brotli);
        assert_eq!(brotli("image/png", 10_000), Coding::Identity);
        assert_eq!(brotli("text/html; charset=utf-8", 100), Coding::Identity);
        assert_eq!(Coding::Gzip.for_document(None, 10_000), Coding::Identity);
    }
}
