//! A listing as the feed shows it: the offer, where it comes from, and how to check both.
//!
//! The fields stand in JSON in the order in which they stand here. Days are `YYYY-MM-DD`, instants RFC 3339 in UTC,
//! amounts integers. What is not known is left out, never empty or zero.

use jiff::Timestamp;
use jiff::civil::Date;
use nguon_id::{CommuneCode, Edition, Gtin, ProductCode};
use serde::{Deserialize, Serialize};

use crate::{Digest, Measure, PriceVnd};

/// One listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedItem {
    /// The listing's URI: its name for as long as it lives.
    pub listing: String,
    /// Event id of the signed record that this was read from.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
    pub event_id: Digest,
    /// That record's place in the log.
    pub log_index: u64,
    /// Where the proof is that the log holds the record.
    pub proof_url: String,
    /// The public page of the product's origin.
    pub trace_url: String,
    /// Tên hàng: the name in Vietnamese.
    pub name_vi: String,
    /// The name in English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name_en: Option<String>,
    /// Kind of produce, by the province's own list (`coffee`, `strawberry`).
    pub category: String,
    /// `gtin` or `internal_code`.
    #[serde(flatten)]
    pub product: ProductKey,
    /// Who sells and answers for it.
    pub organisation: Organisation,
    /// Where it grew.
    pub origin: Origin,
    /// The price in đồng.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, minimum = 1, maximum = 1_000_000_000_000_u64))]
    pub price_vnd: PriceVnd,
    /// What that price buys.
    pub price_per: Measure,
    /// Whether the price includes value-added tax.
    pub vat_included: bool,
    /// First instant of the offer.
    pub valid_from: Timestamp,
    /// Last instant of the offer.
    pub valid_until: Timestamp,
    /// The smallest order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min_order: Option<Measure>,
    /// What one pack holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub net_content: Option<Measure>,
    /// What the seller says is left to sell.
    pub stock: Measure,
    /// The lots it draws on.
    pub lots: Vec<LotRef>,
    /// Certificates that the seller claims for it.
    pub certificates: Vec<Certificate>,
    /// Pictures, by their contents.
    pub images: Vec<Image>,
    /// Whether it is offered.
    pub status: Status,
    /// When this last changed, by the service's clock.
    pub updated_at: Timestamp,
}

/// The product's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProductKey {
    /// Its GTIN, in 14 digits.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[serde(with = "as_text")]
    Gtin(Gtin),
    /// The co-operative's own code, when it has no GTIN.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    #[serde(with = "as_text")]
    InternalCode(ProductCode),
}

/// Who sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organisation {
    /// Event id of its genesis record.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
    pub id: Digest,
    /// Its name.
    pub name: String,
    /// Its address, as people write it.
    pub address: String,
}

/// Where it grew: the commune, no finer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Origin {
    /// Mã xã, in five digits.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9]{5}$"))]
    #[serde(with = "as_text")]
    pub commune_code: CommuneCode,
    /// The day from which the list of communes holds that the code is from.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    #[serde(with = "as_text")]
    pub code_edition: Edition,
    /// In words: commune and province.
    pub text: String,
}

/// A lot that a listing draws on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LotRef {
    /// The lot's URI.
    pub uri: String,
    /// The code printed on the pack.
    pub code: String,
    /// Its public page.
    pub trace_url: String,
    /// Ngày thu hoạch: the day it was harvested, the last one if there were several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub harvest_date: Option<Date>,
    /// Hạn sử dụng: the last day on which it is at its best.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub best_before: Option<Date>,
}

/// A certificate, as its holder or issuer states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Certificate {
    /// The scheme (`vietgap`, `ocop-4`).
    pub scheme: String,
    /// The paper's number.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; papers without an end have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_until: Option<Date>,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Image {
    /// BLAKE3 of the file.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
    pub blake3: Digest,
    /// Where the file is.
    pub url: String,
}

/// Whether a listing is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It may be bought.
    Active,
    /// Nothing is left for now.
    SoldOut,
    /// A lot of it is recalled.
    Recalled,
    /// Taken back, by its seller or by a rule.
    Withdrawn,
    /// The offer or a lot of it is past its last day.
    Expired,
}

impl Status {
    /// Whether the feed shows it as an item; all else is told as gone.
    pub fn is_listed(self) -> bool {
        matches!(self, Status::Active | Status::SoldOut)
    }
}

/// A type of `nguon-id` as its text.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr<Err: Display>,
    {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
