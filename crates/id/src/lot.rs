//! Lots and their permanent addresses.
//!
//! ```text
//! with a GTIN       path  /01/09521234000105/10/XOAI-260115-A
//!                   URI   https://id.gs1.org/01/09521234000105/10/XOAI-260115-A
//! without           path  /p/che-shan-tuyet/l/260412-B
//!                   URI   https://{origin}/p/che-shan-tuyet/l/260412-B
//! ```
//!
//! A co-operative without a GS1 licence has no GTIN, and none may be invented for it. Its products get names of their
//! own, under the ledger's permanent origin, which never changes; the host that serves the pages may. The URI is what
//! records hold, so it is written in one way only: percent-encoding included, no slash at the end, no query.
//!
//! Lot numbers are case-sensitive and their zeros count: `00123`, `123` and `123.0` are three lots.

use std::fmt;
use std::str::FromStr;

use crate::char_set::{in_set_82, percent_decode, percent_encode};
use crate::digital_link::{DigitalLink, LinkError, check_characters, path_of, split};
use crate::key::Gtin;

const TEXT_MAX: usize = 20;
const PRODUCT_MAX: usize = 40;

/// Why a text is not a lot or serial number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// More than twenty characters.
    #[error("it has {found} characters, 20 at most are allowed")]
    TooLong {
        /// How many there are.
        found: usize,
    },
    /// A character outside set 82: a blank, an accented letter, and some signs.
    #[error("the character {0:?} is not allowed")]
    Character(char),
    /// `.` and `..` are lost in addresses: every browser takes them for "here" and "up" (RFC 3986 5.2.4).
    #[error("one or two dots alone cannot stand in an address")]
    Dots,
}

/// Why a text is not the name of a product of our own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a product name has 1 to 40 small letters a to z, digits and hyphens, and no hyphen at its ends")]
pub struct ProductCodeError;

/// Why a path or an address does not name a lot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LotIdError {
    /// Not a Digital Link, and not an address of our own form either.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A good Digital Link to something that is not a lot.
    #[error("this is a GS1 link, but not to a lot")]
    NotALot,
    /// The product name of an address of our own.
    #[error(transparent)]
    Product(#[from] ProductCodeError),
    /// The lot number.
    #[error("lot number: {0}")]
    Lot(#[from] TextError),
}

/// Số lô: a batch or lot number, AI (10): 1 to 20 characters of set 82 (General Specifications 3.4.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotCode(String);

/// A serial number, AI (21): 1 to 20 characters of set 82 (General Specifications 3.5.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(String);

/// The name of a product of our own, for those who have no GTIN: `[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductCode(String);

/// Which lot.
///
/// ```
/// use nguon_id::LotId;
/// let lot = LotId::from_path("/p/che-shan-tuyet/l/260412-B").unwrap();
/// let uri = lot.uri("ledger.example.org/given");
/// assert_eq!(uri, "https://ledger.example.org/given/p/che-shan-tuyet/l/260412-B");
/// assert_eq!(LotId::from_uri(&uri), Ok(lot));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LotId {
    /// A lot of a product with a GTIN.
    Gs1 {
        /// The product.
        gtin: Gtin,
        /// The number of the lot.
        lot: LotCode,
    },
    /// A lot of a product with a name of our own.
    Own {
        /// The product.
        product: ProductCode,
        /// The number of the lot.
        lot: LotCode,
    },
}

impl LotCode {
    /// Reads a lot number.
    pub fn parse(text: &str) -> Result<LotCode, TextError> {
        check_text(text).map(|()| LotCode(text.to_owned()))
    }

    /// The number as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serial {
    /// Reads a serial number.
    pub fn parse(text: &str) -> Result<Serial, TextError> {
        check_text(text).map(|()| Serial(text.to_owned()))
    }

    /// The number as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ProductCode {
    /// Reads the name of a product.
    pub fn parse(text: &str) -> Result<ProductCode, ProductCodeError> {
        let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let fits = (1..=PRODUCT_MAX).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits { Ok(ProductCode(text.to_owned())) } else { Err(ProductCodeError) }
    }

    /// The name as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LotId {
    /// The number of the lot, of whatever product.
    pub fn lot(&self) -> &LotCode {
        match self {
            LotId::Gs1 { lot, .. } | LotId::Own { lot, .. } => lot,
        }
    }

    /// The path on any server that knows the lot.
    pub fn path(&self) -> String {
        let lot = percent_encode(self.lot().as_str());
        match self {
            LotId::Gs1 { gtin, .. } => format!("/01/{gtin}/10/{lot}"),
            LotId::Own { product, .. } => format!("/p/{product}/l/{lot}"),
        }
    }

    /// The permanent URI, as records hold it. `origin` is the ledger's permanent origin name, a host that may be
    /// followed by a path; a GTIN is the same in every ledger, so lots with one do not depend on it.
    pub fn uri(&self, origin: &str) -> String {
        let origin = match self {
            LotId::Gs1 { .. } => "id.gs1.org",
            LotId::Own { .. } => origin.trim_end_matches('/'),
        };
        format!("https://{origin}{}", self.path())
    }

    /// Reads the path that a server was asked for, after any stem. One slash at the end is tolerated; query and
    /// fragment do not change which lot is meant.
    pub fn from_path(path: &str) -> Result<LotId, LotIdError> {
        check_characters(path)?;
        let (bare, _) = split(path);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        if let [.., "p", product, "l", lot] = bare.split('/').collect::<Vec<_>>()[..] {
            let lot = percent_decode(lot).ok_or(LinkError::Encoding { ai: "10".to_owned() })?;
            return Ok(LotId::Own { product: ProductCode::parse(product)?, lot: LotCode::parse(&lot)? });
        }
        let link = DigitalLink::from_path(path)?;
        match (link.gtin(), link.qualifiers()) {
            (Some(gtin), [lot]) if lot.ai() == "10" => {
                Ok(LotId::Gs1 { gtin, lot: LotCode::parse(lot.value())? })
            }
            _ => Err(LotIdError::NotALot),
        }
    }

    /// Reads the address of a lot, with any host and stem. Whose lot it is, for names of our own, is for the caller to
    /// know: two ledgers may both have a `/p/che/l/1`.
    pub fn from_uri(uri: &str) -> Result<LotId, LotIdError> {
        LotId::from_path(path_of(uri)?)
    }
}

fn check_text(text: &str) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if let Some(character) = text.chars().find(|character| !in_set_82(*character)) {
        return Err(TextError::Character(character));
    }
    if text.len() > TEXT_MAX {
        return Err(TextError::TooLong { found: text.len() });
    }
    if text == "." || text == ".." {
        return Err(TextError::Dots);
    }
    Ok(())
}

macro_rules! text {
    ($($name:ident: $error:ty,)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }
    )*};
}

text! {
    LotCode: TextError,
    Serial: TextError,
    ProductCode: ProductCodeError,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::char_set::SET_82;
    use proptest::prelude::*;

    const ORIGIN: &str = "ledger.example.org/given";

    #[test]
    fn zeros_and_capitals_of_a_lot_number_count() {
        let lots = ["00123", "123", "123.0", "1E2", "1e2"].map(|text| LotCode::parse(text).unwrap());
        for (place, lot) in lots.iter().enumerate() {
            assert!(!lots[..place].contains(lot), "{lot}");
        }
    }

    #[test]
    fn a_refused_lot_number_says_why() {
        assert_eq!(LotCode::parse(""), Err(TextError::Empty));
        assert_eq!(LotCode::parse("LÔ-1"), Err(TextError::Character('Ô')));
        assert_eq!(LotCode::parse("A 1"), Err(TextError::Character(' ')));
        assert_eq!(LotCode::parse("A#1"), Err(TextError::Character('#')));
        assert_eq!(LotCode::parse(&"1".repeat(21)), Err(TextError::TooLong { found: 21 }));
        assert_eq!(LotCode::parse(".."), Err(TextError::Dots));
        assert!(LotCode::parse(&"1".repeat(20)).is_ok() && LotCode::parse("A.1").is_ok());
        assert_eq!(Serial::parse("S\n"), Err(TextError::Character('\n')));
        assert!(Serial::parse("S/1").is_ok());
    }

    #[test]
    fn a_product_name_is_plain() {
        for right in ["a", "0", "che-shan-tuyet", "a--b", &"x".repeat(40)] {
            assert!(ProductCode::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "-", "a-", "-a", "Chè", "CHE", "a b", "a_b", &"x".repeat(41)] {
            assert_eq!(ProductCode::parse(wrong), Err(ProductCodeError), "{wrong}");
        }
    }

    #[test]
    fn a_lot_is_found_under_any_host_and_stem() {
        for (uri, path) in [
            ("https://ledger.example.org/given/p/che/l/A1", "/p/che/l/A1"),
            ("http://localhost:8080/p/che/l/A1/?lang=en#proof", "/p/che/l/A1"),
            ("https://a/p/x/l/y/p/che/l/A%2f1", "/p/che/l/A%2F1"),
            ("https://coop.example/vi/01/09506000134352/10/A1?17=270101", "/01/09506000134352/10/A1"),
        ] {
            assert_eq!(LotId::from_uri(uri).map(|lot| lot.path()), Ok(path.to_owned()), "{uri}");
        }
    }

    #[test]
    fn a_refused_address_says_why() {
        use LotIdError::*;
        let rows = [
            ("https://a/01/09506000134352", NotALot),
            ("https://a/01/09506000134352/10/A1/21/S1", NotALot),
            ("https://a/01/09506000134352/22/V/10/A1", NotALot),
            ("https://a/414/9506000134376/254/PLOT-07", NotALot),
            ("https://a/01/09506000134352/10/..", Lot(TextError::Dots)),
            ("https://a/p/Che/l/A1", Product(ProductCodeError)),
            ("https://a/p/che/l/", Link(LinkError::NoKey)),
            ("https://a/p/che/l/%20", Lot(TextError::Character(' '))),
            ("https://a/p/che/l/%2", Link(LinkError::Encoding { ai: "10".to_owned() })),
            ("ftp://a/p/che/l/A1", Link(LinkError::Scheme)),
            ("https://a/p/che/lot/A1", Link(LinkError::NoKey)),
        ];
        for (uri, reason) in rows {
            assert_eq!(LotId::from_uri(uri), Err(reason), "{uri}");
        }
    }

    #[test]
    fn only_lots_of_our_own_depend_on_the_origin() {
        let own = LotId::from_path("/p/che/l/A1").unwrap();
        assert_eq!(own.uri("a.example/"), "https://a.example/p/che/l/A1");
        let gs1 = LotId::from_path("/01/09506000134352/10/A1").unwrap();
        assert_eq!(gs1.uri("a.example"), "https://id.gs1.org/01/09506000134352/10/A1");
    }

    proptest! {
        #[test]
        fn printing_undoes_parsing(lot in any_lot()) {
            prop_assert_eq!(LotId::from_path(&lot.path()), Ok(lot.clone()));
            prop_assert_eq!(LotId::from_uri(&lot.uri(ORIGIN)), Ok(lot.clone()));
            prop_assert_eq!(LotId::from_uri(&lot.uri(ORIGIN)).unwrap().uri(ORIGIN), lot.uri(ORIGIN));
        }

        #[test]
        fn no_input_panics(text in any::<String>(), path in "(/(p|l|01|10|che|[ -~]{0,4})){0,6}") {
            let _ = (LotCode::parse(&text), Serial::parse(&text), ProductCode::parse(&text));
            let _ = (LotId::from_path(&text), LotId::from_uri(&text), LotId::from_path(&path));
        }
    }

    fn any_lot() -> impl Strategy<Value = LotId> {
        let lot = proptest::collection::vec(proptest::sample::select(SET_82.as_bytes()), 1..=20)
            .prop_map(|bytes| bytes.into_iter().map(char::from).collect::<String>())
            .prop_filter_map("dots alone", |text| LotCode::parse(&text).ok());
        let product =
            "[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?".prop_map(|name| ProductCode::parse(&name).unwrap());
        let gtin = "[0-9]{13}"
            .prop_map(|body| Gtin::parse(&format!("{body}{}", crate::check_digit(&body).unwrap())).unwrap());
        (lot, product, gtin, any::<bool>()).prop_map(|(lot, product, gtin, has_gtin)| {
            if has_gtin { LotId::Gs1 { gtin, lot } } else { LotId::Own { product, lot } }
        })
    }
}
