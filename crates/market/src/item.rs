//! A listing as the feed shows it: the offer, where it comes from, and how to check both.
//!
//! The fields stand in JSON in the order in which they stand here. Days are `YYYY-MM-DD`, instants RFC 3339 in UTC,
//! amounts integers. What is not known is left out, never empty or zero.

use jiff::Timestamp;
use jiff::civil::Date;
use nguon_id::{CommuneCode, Edition, Gtin, ProductCode};
use serde::{Deserialize, Serialize};

use crate::availability::end_of_day_ms;
use crate::{Digest, Measure, PriceVnd, ReasonCode, Shown};

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
    /// What it is, in Vietnamese.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description_vi: Option<String>,
    /// What it is, in English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description_en: Option<String>,
    /// Nhãn hiệu: brand or trade mark.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub brand: Option<String>,
    /// `gtin` or `internal_code`.
    #[serde(flatten)]
    pub product: ProductKey,
    /// Who sells and answers for it, recognised by the province.
    pub organisation: Organisation,
    /// Who made the lots: the seller, or those it bought from.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub producers: Vec<Organisation>,
    /// Where it grew, or most of it; where no plot is known, the seller's commune.
    pub origin: Origin,
    /// All communes that its plots lie in, where there is more than one.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub origins: Vec<Origin>,
    /// The price in đồng.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, minimum = 1, maximum = 1_000_000_000_000_u64))]
    pub price_vnd: PriceVnd,
    /// What that price buys.
    pub price_per: Measure,
    /// Whether the price includes value-added tax.
    pub vat_included: bool,
    /// Prices from some quantity on, by rising quantity.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tiers: Vec<Tier>,
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
    /// What one pack is called: khay, túi, chai.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub packaging: Option<String>,
    /// How to keep it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub storage: Option<String>,
    /// Cảnh báo an toàn: whom it may harm.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warnings: Option<String>,
    /// The standards it is made to (TCVN, QCVN, TCCS).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub standards: Vec<String>,
    /// What is left to sell: what the seller says, and never more than the ledger knows of in its lots.
    pub stock: Measure,
    /// The lots it draws on.
    pub lots: Vec<LotRef>,
    /// Certificates that hold today: of its lots, and such as the seller claims for the offer.
    pub certificates: Vec<Certificate>,
    /// OCOP stars, where a certificate that holds gives them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ocop_stars: Option<u8>,
    /// Pictures, by their contents.
    pub images: Vec<Image>,
    /// Whether it is offered.
    pub status: Status,
    /// When this last changed, by the service's clock.
    pub updated_at: Timestamp,
    /// How the asking exchange is shown it, by its profile; nothing where nobody asked with a key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shown: Option<Shown>,
}

impl FeedItem {
    /// The first instant at which time alone ends the offer, Unix milliseconds: its own validity, a lot's last day, a claimed
    /// certificate's last day.
    pub fn ends_at_ms(&self) -> i64 {
        self.ends().map(|(at_ms, _)| at_ms).min().unwrap_or(i64::MAX)
    }

    /// Why the offer has ended by this time although nothing was recorded; the weightiest reason.
    pub fn ended(&self, now_ms: i64) -> Option<ReasonCode> {
        self.ends().filter(|(at_ms, _)| *at_ms <= now_ms).map(|(_, code)| code).min()
    }

    fn ends(&self) -> impl Iterator<Item = (i64, ReasonCode)> {
        let lots =
            self.lots.iter().filter_map(|lot| lot.best_before).map(|day| (day, ReasonCode::LotExpired));
        let claims = self.certificates.iter().filter(|certificate| certificate.claimed);
        let claims =
            claims.filter_map(|claim| claim.valid_until).map(|day| (day, ReasonCode::CertificateLapsed));
        let days = lots.chain(claims).map(|(day, code)| (end_of_day_ms(day), code));
        days.chain([(self.valid_until.as_millisecond().saturating_add(1), ReasonCode::Expired)])
    }
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
    /// Mã số thuế: tax number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tax_code: Option<String>,
    /// The organisation's telephone, never a person's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hotline: Option<String>,
    /// Its web page.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub website: Option<String>,
}

/// A price from some quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tier {
    /// From so much on.
    pub from: Measure,
    /// What `price_per` of the item costs then, in đồng.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, minimum = 1, maximum = 1_000_000_000_000_u64))]
    pub price_vnd: PriceVnd,
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
    /// Mã tỉnh, where the commune is one that we know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub province_code: Option<String>,
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
    /// Ngày sản xuất: the day it was made or packed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub produced_on: Option<Date>,
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
    /// True: the seller claims it for this offer, which ends with it. False: it stands with a lot.
    #[serde(default)]
    pub claimed: bool,
    /// True: a certifier or authority signed its card. False: its holder did.
    #[serde(default)]
    pub confirmed: bool,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Image {
    /// BLAKE3 of the file.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-f]{64}$"))]
    pub blake3: Digest,
    /// IANA media type (`image/jpeg`).
    pub media_type: String,
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
