//! The symbol itself: which URLs may become a QR code, its modules, and how large they print.
//!
//! QR Code Model 2 (ISO/IEC 18004), error correction level M, the smallest version that holds the
//! text, a quiet zone of four modules on each side (ISO/IEC 18004, 6.3.8). It is a plain QR code
//! that holds a URI, as GS1 Digital Link wants, and not the "GS1 QR Code" that begins with FNC1.
//! No logo in the middle: that spends the error correction that dirt and folds need.

/// Light modules around the symbol on each side.
pub const QUIET_ZONE: usize = 4;

/// Bytes that version 40 holds at level M (ISO/IEC 18004, table 7).
const MAX_BYTES: usize = 2331;

/// Smallest and largest module, in millimetres, that a till's scanner is promised to read:
/// GS1 General Specifications, 5.12.3.1, symbol specification table 1 (QR Code with a GS1 Digital
/// Link URI, general retail point of sale).
pub const RETAIL_X_DIMENSION_MM: (f64, f64) = (0.396, 0.990);

/// Why a text cannot become a QR code, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// Not an absolute `http` or `https` URL with a host.
    #[error("a QR code holds an absolute http or https URL with a host")]
    NotHttpUrl,
    /// A name or password before the host: it makes a stranger's host look like ours.
    #[error("the URL names a user before its host, which hides where it leads")]
    UserInfo,
    /// A character that RFC 3986 does not allow unencoded, or a `%` without two hex digits.
    #[error("{character:?} at byte {at} may not stand in a URL: percent-encode it")]
    ForbiddenCharacter {
        /// The character.
        character: char,
        /// Its place, in bytes from the start.
        at: usize,
    },
    /// More than the largest symbol holds.
    #[error("the URL has {bytes} bytes, a QR code of level M holds at most {max}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The most that fits.
        max: usize,
    },
}

/// How a printed module compares with what a till's scanner is promised to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XDimension {
    /// Below the retail limit: print it larger or shorten the URL. Phones may still read it.
    TooSmall,
    /// Within [`RETAIL_X_DIMENSION_MM`].
    Retail,
    /// Above the retail limit: fine on a poster, not at a till.
    TooLarge,
}

/// A QR code for one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    url: String,
    size: usize,
    modules: Vec<bool>,
}

impl QrCode {
    /// Makes the code. The URL is taken as it is: no normalisation, no change of case.
    pub fn new(url: &str) -> Result<QrCode, QrError> {
        QrCode::check(url)?;
        let too_long = QrError::TooLong { bytes: url.len(), max: MAX_BYTES };
        let code =
            qrcode::QrCode::with_error_correction_level(url, qrcode::EcLevel::M).map_err(|_| too_long)?;
        let size = code.width();
        let modules = code.into_colors().into_iter().map(|c| c == qrcode::Color::Dark).collect();
        Ok(QrCode { url: url.to_owned(), size, modules })
    }

    /// Whether [`QrCode::new`] would take this URL, without making the code.
    pub fn check(url: &str) -> Result<(), QrError> {
        check_url(url)?;
        if url.len() > MAX_BYTES {
            return Err(QrError::TooLong { bytes: url.len(), max: MAX_BYTES });
        }
        Ok(())
    }

    /// The URL it holds.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Modules on a side, without the quiet zone: 21 for version 1, four more for each version.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Modules on a side with the quiet zone.
    pub fn full_size(&self) -> usize {
        self.size + 2 * QUIET_ZONE
    }

    /// Rows from the top, each from the left; `true` is dark. Without the quiet zone.
    pub fn modules(&self) -> impl ExactSizeIterator<Item = &[bool]> {
        self.modules.chunks_exact(self.size)
    }

    /// Whether the module is dark, counted with the quiet zone; outside of it all is light.
    pub(crate) fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |v: usize| v.checked_sub(QUIET_ZONE).filter(|v| *v < self.size);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.modules[y * self.size + x],
            _ => false,
        }
    }

    /// Width of one module when the code, quiet zone included, prints this wide.
    pub fn x_dimension_mm(&self, print_width_mm: f64) -> f64 {
        // At most 185 modules: exact in a f64.
        print_width_mm / u32::try_from(self.full_size()).map_or(f64::INFINITY, f64::from)
    }

    /// [`QrCode::x_dimension_mm`] against the retail limits.
    pub fn judge_print_width(&self, print_width_mm: f64) -> XDimension {
        let x = self.x_dimension_mm(print_width_mm);
        if x > RETAIL_X_DIMENSION_MM.1 {
            XDimension::TooLarge
        } else if x >= RETAIL_X_DIMENSION_MM.0 {
            XDimension::Retail
        } else {
            XDimension::TooSmall
        }
    }
}

/// The URL with its scheme and host in capitals, which leads to the same page (RFC 3986, 6.2.2.1).
///
/// Capitals, digits and `$%*+-./:` take 5½ bits each in a code and small letters 8 (ISO/IEC 18004, 7.4.4), so an
/// address of those alone makes a smaller symbol. It is off unless somebody asks for it: some phones'
/// cameras do not take `HTTPS://` for an address. The path is left as it is, for there capitals name something else.
#[must_use]
pub fn upper_case_host(url: &str) -> String {
    let host = url
        .split_once("://")
        .map_or(0, |(scheme, rest)| scheme.len() + 3 + rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, path) = url.split_at(host);
    host.to_ascii_uppercase() + path
}

/// RFC 3986 with scheme `http` or `https`. Hosts are not looked up and paths are not resolved.
fn check_url(url: &str) -> Result<(), QrError> {
    let (scheme, rest) = url.split_once("://").ok_or(QrError::NotHttpUrl)?;
    // Upper case is allowed (RFC 3986, 3.1): it makes a smaller symbol.
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(QrError::NotHttpUrl);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.starts_with(':') {
        return Err(QrError::NotHttpUrl);
    }
    if authority.contains('@') {
        return Err(QrError::UserInfo);
    }
    for (at, character) in url.char_indices() {
        let allowed = match character {
            '%' => {
                let digits = url.as_bytes().get(at + 1..at + 3);
                digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
            }
            // Unreserved and reserved characters, RFC 3986, 2.2 and 2.3.
            c => c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=".contains(c),
        };
        if !allowed {
            return Err(QrError::ForbiddenCharacter { character, at });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_urls_become_codes() {
        let cases = [
            ("", QrError::NotHttpUrl),
            ("nguon.example/x", QrError::NotHttpUrl),
            ("//nguon.example/x", QrError::NotHttpUrl),
            ("javascript://nguon.example/%0aalert(1)", QrError::NotHttpUrl),
            ("https:///x", QrError::NotHttpUrl),
            ("https://:443/x", QrError::NotHttpUrl),
            ("https://nguon.example@evil.example/", QrError::UserInfo),
            ("https://a.example/cà", QrError::ForbiddenCharacter { character: 'à', at: 19 }),
            ("https://a.example/a b", QrError::ForbiddenCharacter { character: ' ', at: 19 }),
            ("https://a.example/a\n", QrError::ForbiddenCharacter { character: '\n', at: 19 }),
            ("https://a.example/\"", QrError::ForbiddenCharacter { character: '"', at: 18 }),
            ("https://a.example/<", QrError::ForbiddenCharacter { character: '<', at: 18 }),
            ("https://a.example/%C", QrError::ForbiddenCharacter { character: '%', at: 18 }),
            ("https://a.example/%Cx", QrError::ForbiddenCharacter { character: '%', at: 18 }),
        ];
        for (url, expected) in cases {
            assert_eq!(QrCode::new(url), Err(expected), "{url}");
        }
        for url in ["http://[::1]:8080/a?b=c&d#e", "HTTPS://ID.GS1.ORG/01/09521234567899", "https://a"] {
            assert_eq!(QrCode::new(url).map(|c| c.url().to_owned()), Ok(url.to_owned()));
        }
    }

    #[test]
    fn a_url_longer_than_the_largest_symbol_is_refused() {
        let url = |bytes: usize| format!("https://a.example/{}", "x".repeat(bytes - 18));
        assert_eq!(QrCode::new(&url(MAX_BYTES)).map(|c| c.size()), Ok(177));
        let refused = QrError::TooLong { bytes: 2332, max: 2331 };
        assert_eq!(QrCode::new(&url(MAX_BYTES + 1)), Err(refused));
    }

    #[test]
    fn the_smallest_version_that_holds_the_url_is_taken() {
        for bytes in (20..300).step_by(7) {
            let url = format!("https://a.example/{}", "x".repeat(bytes - 18));
            let size = QrCode::new(&url).map(|c| c.size()).unwrap_or_default();
            let version = i16::try_from((size - 17) / 4).unwrap_or_default();
            let smaller = qrcode::Version::Normal(version - 1);
            let m = qrcode::EcLevel::M;
            assert!(version > 1 && qrcode::QrCode::with_version(&url, smaller, m).is_err(), "{url}");
        }
    }

    #[test]
    fn capitals_make_a_smaller_code_where_all_are_capitals() {
        let url = "https://nguon.lamdong.gov.vn/01/09521234567899/10/DL-2611-07";
        let upper = upper_case_host(url);
        assert_eq!(upper, "HTTPS://NGUON.LAMDONG.GOV.VN/01/09521234567899/10/DL-2611-07");
        let size = |url: &str| QrCode::new(url).map(|code| code.size());
        assert!(size(&upper).unwrap_or(999) < size(url).unwrap_or_default());
        assert_eq!(upper_case_host("https://a.vn/p/che"), "HTTPS://A.VN/p/che");
        assert_eq!(upper_case_host("https://a.vn"), "HTTPS://A.VN");
        assert_eq!(upper_case_host("a.vn/p"), "a.vn/p");
    }

    #[test]
    fn a_module_is_judged_by_the_retail_limits() {
        let Ok(code) = QrCode::new("https://id.gs1.org/01/09521234567899") else {
            unreachable!("a valid URL")
        };
        assert_eq!(code.full_size(), 37);
        assert!((code.x_dimension_mm(18.5) - 0.5).abs() < 1e-9);
        let cases = [
            (14.6, XDimension::TooSmall),
            (14.7, XDimension::Retail),
            (36.6, XDimension::Retail),
            (36.7, XDimension::TooLarge),
            (0.0, XDimension::TooSmall),
            (f64::NAN, XDimension::TooSmall),
        ];
        for (print_width_mm, expected) in cases {
            assert_eq!(code.judge_print_width(print_width_mm), expected, "{print_width_mm}");
        }
    }
}
