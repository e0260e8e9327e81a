//! Cards of master data: who an organisation is, what a plot, a product, a certificate, an offer.

use std::fmt;

use jiff::civil::Date;
use nguon_id::{Commune, Gtin, ProductCode};
use serde::{Deserialize, Serialize};

use super::{Photo, Text};
use crate::quantity::{Quantity, Ratio};

/// One of the names that the several registers give to a thing (five state systems in Vietnam, no mapping between them).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    /// Which register: `gtin`, `gln`, `tax` (mã số thuế), `puc`, `phc`, `ggn`, `vn-uid`, `internal`, …
    pub scheme: String,
    /// The name there.
    pub value: String,
}

/// What an organisation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// Hợp tác xã: a co-operative.
    Cooperative,
    /// Tổ hợp tác: a co-operative group.
    CooperativeGroup,
    /// Trang trại or hộ: a farm or a household.
    Farm,
    /// A company that packs, processes or trades.
    Company,
    /// A certifier or a laboratory.
    Certifier,
    /// A state authority.
    Authority,
}

/// Who an organisation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// The organisation's URI: [`organisation_urn`], or a Digital Link with its GLN.
    pub uri: String,
    /// Its name.
    pub name: Text,
    /// What it does.
    pub kind: OrganisationKind,
    /// The address as people write it.
    pub address: Text,
    /// The commune of the address.
    pub commune: Option<Commune>,
    /// Its names in registers.
    pub identifiers: Vec<Identifier>,
    /// The organisation's telephone number, never a person's.
    pub hotline: Option<String>,
    /// Its web page.
    pub website: Option<String>,
}

/// What a plot is. The exact place is private; the commune is what the public sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plot {
    /// The plot's URI.
    pub uri: String,
    /// The co-operative's own code for it (`LÔ-07`).
    pub code: String,
    /// Where it lies, coarsely.
    pub commune: Commune,
    /// A place name that the public may read (`Cầu Đất`).
    pub place_name: Option<Text>,
    /// Area in square metres (a sào is 360, 500 or 1,000 of them, so it is never stored).
    pub area_m2: u64,
    /// What grows there.
    pub crop: Text,
    /// The same by its key in the list of [crops](crate::crops), so that yields can be compared.
    pub crop_code: Option<String>,
    /// A GS1 growing method code (`FIELD_GROWN`, `GREENHOUSE`, `ORGANIC`, `INTEGRATED_PEST_MANAGEMENT`, …).
    pub growing_method: Option<String>,
    /// Mã số vùng trồng: the planting-area code (`VN-LDOR-0019`).
    pub planting_area_code: Option<String>,
}

/// What a product is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The product's URI. It stays the same when a GTIN comes later.
    pub uri: String,
    /// The product code on stickers; every product has one.
    pub code: ProductCode,
    /// The GTIN, once the co-operative is a member of GS1: 14 digits.
    pub gtin: Option<Gtin>,
    /// Its name.
    pub name: Text,
    /// A category slug (`coffee`, `strawberry`, `rice`).
    pub category: String,
    /// A description for shoppers.
    pub description: Option<Text>,
    /// What one trade item is called (`túi`, `hộp`, `kg`).
    pub unit_name: Text,
    /// What one trade item holds.
    pub net_content: Option<Quantity>,
    /// Shelf life in days.
    pub shelf_life_days: Option<u32>,
    /// How much of what goes in makes one kilogram (or litre) of it, at least: fresh to dried, cherries to green coffee.
    pub input_per_output: Option<Ratio>,
    /// Nhãn hiệu: brand, trade mark or model.
    pub brand: Option<Text>,
    /// Cảnh báo an toàn: allergens, whom it may harm.
    pub warnings: Option<Text>,
    /// How to keep it.
    pub storage: Option<Text>,
    /// The standards it is made to: TCVN, QCVN, the producer's own (TCCS).
    pub standards: Vec<String>,
    /// A picture.
    pub image: Option<Photo>,
}

/// What kind of paper a [`Certificate`] is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Scheme {
    /// VietGAP (TCVN 11892-1).
    VietGap,
    /// GLOBALG.A.P.
    GlobalGap,
    /// OCOP, with its stars (1 to 5); valid 36 months.
    Ocop {
        /// How many stars.
        stars: u8,
    },
    /// Organic (TCVN 11041, EU, USDA; the number says which).
    Organic,
    /// Food-safety certificate of a facility, or the signed commitment of a small producer.
    FoodSafety,
    /// Tự công bố sản phẩm: self-declaration of a packaged food.
    SelfDeclaration,
    /// A laboratory's test report.
    TestReport,
    /// Mã số vùng trồng: planting-area code.
    PlantingArea,
    /// Any other scheme, by its name.
    Other(String),
}

impl From<Scheme> for String {
    fn from(scheme: Scheme) -> Self {
        scheme.to_string()
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VietGap => "vietgap",
            Self::GlobalGap => "globalgap",
            Self::Ocop { stars } => return write!(f, "ocop-{stars}"),
            Self::Organic => "organic",
            Self::FoodSafety => "food-safety",
            Self::SelfDeclaration => "self-declaration",
            Self::TestReport => "test-report",
            Self::PlantingArea => "planting-area",
            Self::Other(name) => name,
        })
    }
}

impl From<String> for Scheme {
    fn from(name: String) -> Self {
        match name.as_str() {
            "vietgap" => Self::VietGap,
            "globalgap" => Self::GlobalGap,
            "organic" => Self::Organic,
            "food-safety" => Self::FoodSafety,
            "self-declaration" => Self::SelfDeclaration,
            "test-report" => Self::TestReport,
            "planting-area" => Self::PlantingArea,
            other => match other.strip_prefix("ocop-").and_then(|stars| stars.parse().ok()) {
                Some(stars @ 1..=5) if other.len() == 6 => Self::Ocop { stars },
                _ => Self::Other(name),
            },
        }
    }
}

/// A certificate or other paper. Signed by the certifier it is confirmed; signed by the holder it is a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate's URI; events name it in `certificationInfo`.
    pub uri: String,
    /// The scheme.
    pub scheme: Scheme,
    /// The paper's number.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// The URI of the organisation it was issued to.
    pub holder: String,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; papers without an end have none.
    pub valid_until: Option<Date>,
    /// What it covers, in words.
    pub scope: Option<Text>,
    /// The plots, products or lots it covers, by URI; none named means what the holder makes.
    pub covers: Vec<String>,
    /// The law or decision it rests on, where the paper names one.
    pub legal_basis: Option<String>,
}

/// Whether an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingState {
    /// On offer, as long as the dates and the lots allow.
    Active,
    /// Taken back by the seller.
    Withdrawn,
}

/// An offer for sale, in đồng. A later record on the same URI replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The listing's URI.
    pub uri: String,
    /// The product's URI.
    pub product: String,
    /// The lots it draws on, by URI.
    pub lots: Vec<String>,
    /// The headline.
    pub title: Text,
    /// The price in đồng, which has no smaller unit.
    pub price_dong: u64,
    /// What that price buys: `Quantity::grams(1000)` is a price by the kilogram.
    pub price_per: Quantity,
    /// Whether the price includes value-added tax.
    pub vat_included: bool,
    /// First instant of the offer, Unix milliseconds.
    pub valid_from_ms: i64,
    /// Last instant of the offer, Unix milliseconds.
    pub valid_until_ms: i64,
    /// How much there is to sell.
    pub stock: Quantity,
    /// The smallest order.
    pub min_order: Option<Quantity>,
    /// Prices for more of it, by how much.
    pub tiers: Vec<PriceTier>,
    /// Pictures of what is offered.
    pub images: Vec<Photo>,
    /// The certificates that the seller claims for the offer, by URI, beside those of the lots.
    pub certificates: Vec<String>,
    /// Whether the offer stands.
    pub state: ListingState,
}

/// Giá sỉ: the price of an offer from some quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceTier {
    /// From so much on.
    pub from: Quantity,
    /// The price in đồng, for what the offer's price buys.
    pub price_dong: u64,
}
