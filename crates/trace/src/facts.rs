//! What one public section of a ledger record says: an event, or a card of master data.
//!
//! Facts are claims of whoever signed the record; nothing here is judged. They hold nothing private: who picked and
//! the exact place live in other sections of the record, which can be erased. Every thing has a URI (a GS1 Digital
//! Link where a GTIN, GLN or SSCC exists, otherwise a URI of our own); cards on one URI may follow each other, and the
//! newest counts: a GTIN that comes later is a second [`Product`] on the same URI, so printed stickers keep working.
//!
//! What this does not model: EPCIS fields that no rule and no page of ours needs (sensor reports, dispositions that
//! follow from the step, foreign extensions). `nguon-epcis` says which ones it leaves out.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use nguon_id::{Commune, Gtin, ProductCode};
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;

/// What a public section says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// Something happened, to lots, plots or logistic units.
    Event(Box<Event>),
    /// Who an organisation is.
    Organisation(Organisation),
    /// What a plot is.
    Plot(Plot),
    /// What a product is.
    Product(Product),
    /// A certificate or other paper.
    Certificate(Certificate),
    /// An offer for sale.
    Listing(Listing),
}

/// A text for people: Vietnamese, and English where somebody wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub en: Option<String>,
}

impl Text {
    /// A text in Vietnamese alone.
    pub fn vi(vi: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: None }
    }

    /// A text in both languages.
    pub fn both(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: Some(en.into()) }
    }
}

/// A BLAKE3 digest, written as 64 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(pub [u8; 32]);

/// The text is not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hex digits")]
pub struct DigestError;

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(DigestError),
        };
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| DigestError)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

/// One of the names that the several registers give to a thing (`domain`: five state systems, no mapping between them).
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
    /// Whether the offer stands.
    pub state: ListingState,
}

/// A photograph: its bytes lie outside the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// BLAKE3 of the file.
    pub digest: Digest,
    /// IANA media type (`image/jpeg`).
    pub media_type: String,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caption: Option<Text>,
}

/// How much of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The lot's, unit's or plot's URI.
    pub subject: String,
    /// How much of it; a logistic unit or a whole lot needs none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quantity: Option<Quantity>,
    /// A quantity in a unit that we don't count in, kept as it was written (`40 LBR`). No rule uses it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uncounted: Option<Uncounted>,
}

/// A quantity in a unit that we don't count in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncounted {
    /// The number's text.
    pub decimal: String,
    /// Its unit code (UN/CEFACT Recommendation 20).
    pub uom: String,
}

impl Amount {
    /// So much of a lot.
    pub fn of(subject: impl Into<String>, quantity: Quantity) -> Self {
        Self { subject: subject.into(), quantity: Some(quantity), uncounted: None }
    }

    /// The thing itself, unquantified: a pallet, or all there is of a lot.
    pub fn whole(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), quantity: None, uncounted: None }
    }
}

/// What an object event does to the identity of its objects (EPCIS 2.0, section 7.3.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They come into being (or, of a container, are put in).
    Add,
    /// They are seen.
    Observe,
    /// They cease to be (or, of a container, are taken out).
    Delete,
}

/// The things an event is about, as EPCIS' event types arrange them (EPCIS 2.0, section 7.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// ObjectEvent: these things, as they are.
    Objects {
        /// What becomes of their identity.
        action: Action,
        /// The things.
        objects: Vec<Amount>,
    },
    /// TransformationEvent: inputs are used up, outputs come into being.
    Transformation {
        /// The URI of a process that several events belong to: a crop cycle, or the parts of one large blend.
        process: Option<String>,
        /// What is used.
        inputs: Vec<Amount>,
        /// What is made.
        outputs: Vec<Amount>,
    },
    /// AggregationEvent: things in or out of a container.
    Aggregation {
        /// What becomes of the link.
        action: Action,
        /// The container: a pallet's SSCC.
        container: Option<String>,
        /// The contents; none on [`Action::Delete`] means all of them.
        contents: Vec<Amount>,
    },
    /// AssociationEvent: things fixed to another for long, such as a label or sensor to a reusable crate.
    Association {
        /// What becomes of the link.
        action: Action,
        /// The thing they are fixed to.
        parent: String,
        /// The things.
        children: Vec<Amount>,
    },
    /// TransactionEvent: things and a business document, without movement.
    Transaction {
        /// What becomes of the link.
        action: Action,
        /// The container, if the things lie in one.
        parent: Option<String>,
        /// The things.
        objects: Vec<Amount>,
    },
    /// An event type of somebody's own, by its URI. Its things are unread.
    Foreign(String),
}

/// A spraying.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantProtection {
    /// Tên thương phẩm: the registered product.
    pub product: Option<String>,
    /// Hoạt chất: the active substance.
    pub active_substance: Option<String>,
    /// Liều lượng: the dose as the label or the farmer says it.
    pub dose: Option<String>,
    /// The pest or the reason.
    pub target: Option<String>,
    /// Thời gian cách ly: the pre-harvest interval of that product on that crop, in days. Unknown is not zero.
    pub phi_days: Option<u16>,
}

/// What was done. Steps in the order of a season.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Gieo trồng: sowing or planting.
    Planting {
        /// The variety.
        variety: Option<String>,
    },
    /// Bón phân: fertiliser.
    Fertilising {
        /// The fertiliser.
        product: Option<String>,
        /// How much, in words.
        dose: Option<String>,
    },
    /// Phun thuốc bảo vệ thực vật: plant protection.
    PlantProtection(PlantProtection),
    /// Tưới nước: irrigation.
    Irrigation {
        /// The source of the water.
        water: Option<String>,
    },
    /// Soil, water or residue test.
    Test {
        /// What was tested, in words.
        what: Option<String>,
        /// Whether it passed.
        conformant: Option<bool>,
    },
    /// Thu hoạch: a lot comes from a plot.
    Harvest,
    /// Làm mát: cooling.
    Cooling,
    /// Sơ chế: washing, trimming, drying that keeps the lot's identity.
    Handling,
    /// Phân loại: sorting, grading, splitting.
    Sorting,
    /// Đóng gói: lots become packs.
    Packing,
    /// Chế biến: lots become something else.
    Processing,
    /// Lấy mẫu: a sample leaves the lot and does not come back.
    Sampling,
    /// Things are put into a container.
    Aggregating,
    /// Things are taken out of a container.
    Disaggregating,
    /// Codes are printed and not yet activated (CBV `encoding`, disposition `encoded`).
    Encoding,
    /// Codes are activated (CBV `commissioning`).
    Commissioning,
    /// Xuất hàng: to another organisation, or another place.
    Shipping,
    /// Vận chuyển: on the road.
    Transporting,
    /// Nhận hàng: what arrived.
    Receiving,
    /// Lưu kho: storing.
    Storing,
    /// Bán: sold to whoever eats it.
    Selling,
    /// Trả lại: goods come back.
    Returning,
    /// Kiểm tra: an inspection.
    Inspecting {
        /// Whether it passed; none if only held.
        conformant: Option<bool>,
    },
    /// Thu hồi: a recall.
    Recall {
        /// Why.
        reason: Option<Text>,
    },
    /// A recall is over.
    RecallEnded {
        /// Why.
        reason: Option<Text>,
    },
    /// Tiêu hủy: destroyed or lost.
    Destroying,
    /// A step that we have no rule for, by its URI; none if the event names none.
    Other(Option<String>),
}

impl Step {
    /// The step's stable key, for messages and columns.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Planting { .. } => "planting",
            Self::Fertilising { .. } => "fertilising",
            Self::PlantProtection(_) => "plant_protection",
            Self::Irrigation { .. } => "irrigation",
            Self::Test { .. } => "testing",
            Self::Harvest => "harvesting",
            Self::Cooling => "cooling",
            Self::Handling => "handling",
            Self::Sorting => "sorting",
            Self::Packing => "packing",
            Self::Processing => "processing",
            Self::Sampling => "sampling",
            Self::Aggregating => "aggregating",
            Self::Disaggregating => "disaggregating",
            Self::Encoding => "encoding",
            Self::Commissioning => "commissioning",
            Self::Shipping => "shipping",
            Self::Transporting => "transporting",
            Self::Receiving => "receiving",
            Self::Storing => "storing",
            Self::Selling => "selling",
            Self::Returning => "returning",
            Self::Inspecting { .. } => "inspecting",
            Self::Recall { .. } => "recall",
            Self::RecallEnded { .. } => "recall_ended",
            Self::Destroying => "destroying",
            Self::Other(_) => "other",
        }
    }
}

/// What an event says about the lots that it makes (EPCIS' instance/lot master data).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotData {
    /// The lot number as it stands on the pack.
    pub number: Option<String>,
    /// The product's URI.
    pub product: Option<String>,
    /// First day of harvest.
    pub harvest_from: Option<Date>,
    /// Last day of harvest.
    pub harvest_until: Option<Date>,
    /// Ngày sản xuất: production or packing date.
    pub produced_on: Option<Date>,
    /// Best before.
    pub best_before: Option<Date>,
    /// Hạn sử dụng: use by.
    pub use_by: Option<Date>,
    /// Country of origin (ISO 3166-1 alpha-2).
    pub country_of_origin: Option<String>,
    /// GS1 growing method code.
    pub growing_method: Option<String>,
    /// The plots it grew on, by URI.
    pub plots: Vec<String>,
}

/// A business document: purchase order, dispatch advice, test report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// CBV's type (`po`, `desadv`, `bol`, `testres`) or a URI.
    pub kind: Option<String>,
    /// The document's URI.
    pub uri: String,
}

/// "Part k of n" of one transformation that is too large for one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part {
    /// 1 to `of`.
    pub number: u16,
    /// How many parts there are.
    pub of: u16,
}

/// Why an event was declared wrong (CBV 2.0, error reason identifiers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorReason {
    /// It never happened.
    DidNotOccur,
    /// It happened, otherwise.
    IncorrectData,
    /// A reason of somebody's own, by its URI.
    Other(String),
}

/// An event declared wrong. The event that carries this repeats the wrong one, with its id (EPCIS 2.0, section 7.4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The id of the wrong event: [`event_urn`] of its record, or the id that it gave itself.
    pub of: String,
    /// When the error was declared, Unix milliseconds.
    pub declared_ms: i64,
    /// Why.
    pub reason: Option<ErrorReason>,
    /// The ids of the events that say it right.
    pub corrective_ids: Vec<String>,
}

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// An id that the event gives itself. Most give none: the record's event id names them ([`event_urn`]).
    pub id: Option<String>,
    /// When, Unix milliseconds.
    pub time_ms: i64,
    /// The clock's offset from UTC there, in minutes (Vietnam: 420).
    pub offset_minutes: i16,
    /// What was done.
    pub step: Step,
    /// To what.
    pub what: What,
    /// Part k of n of one transformation.
    pub part: Option<Part>,
    /// Where it happened: a plot's or place's URI (EPCIS' read point).
    pub place: Option<String>,
    /// Where the things are afterwards (EPCIS' business location).
    pub place_after: Option<String>,
    /// The organisation that gives, by URI.
    pub source: Option<String>,
    /// The organisation that gets, by URI.
    pub destination: Option<String>,
    /// The certificates it happened under, by URI.
    pub certificates: Vec<String>,
    /// Its business documents.
    pub papers: Vec<Paper>,
    /// About the lots that it makes.
    pub lot: LotData,
    /// A public note.
    pub note: Option<Text>,
    /// Photographs.
    pub photos: Vec<Photo>,
    /// If set, this does not say that the event happened, but that saying so was wrong.
    pub correction: Option<Correction>,
}

/// Vietnam's clock: UTC+7, no summer time.
pub const VIETNAM_OFFSET_MINUTES: i16 = 420;

impl Event {
    /// An event on Vietnam's clock, with nothing else said yet.
    #[must_use]
    pub fn new(time_ms: i64, step: Step, what: What) -> Self {
        Self {
            id: None,
            time_ms,
            offset_minutes: VIETNAM_OFFSET_MINUTES,
            step,
            what,
            part: None,
            place: None,
            place_after: None,
            source: None,
            destination: None,
            certificates: Vec::new(),
            papers: Vec::new(),
            lot: LotData::default(),
            note: None,
            photos: Vec::new(),
            correction: None,
        }
    }

    /// What the event uses up.
    #[must_use]
    pub fn inputs(&self) -> &[Amount] {
        match &self.what {
            What::Transformation { inputs, .. } => inputs,
            _ => &[],
        }
    }

    /// What the event makes by transformation.
    #[must_use]
    pub fn outputs(&self) -> &[Amount] {
        match &self.what {
            What::Transformation { outputs, .. } => outputs,
            _ => &[],
        }
    }

    /// The things that the event neither uses nor makes by transformation: objects, contents, children.
    #[must_use]
    pub fn objects(&self) -> &[Amount] {
        match &self.what {
            What::Objects { objects, .. } | What::Transaction { objects, .. } => objects,
            What::Aggregation { contents, .. } => contents,
            What::Association { children, .. } => children,
            What::Transformation { .. } | What::Foreign(_) => &[],
        }
    }

    /// The container or parent.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        match &self.what {
            What::Aggregation { container, .. } => container.as_deref(),
            What::Association { parent, .. } => Some(parent),
            What::Transaction { parent, .. } => parent.as_deref(),
            _ => None,
        }
    }

    /// The process several events belong to.
    #[must_use]
    pub fn process(&self) -> Option<&str> {
        match &self.what {
            What::Transformation { process, .. } => process.as_deref(),
            _ => None,
        }
    }
}

impl Facts {
    /// The URIs of what the facts are about, each once: the natural subjects of their record.
    ///
    /// Of an event: its lots, containers and process, and the place when something grows there (a plot has a history
    /// of its own; a warehouse does not need one).
    #[must_use]
    pub fn subject_uris(&self) -> Vec<&str> {
        let mut uris: Vec<&str> = Vec::new();
        match self {
            Self::Event(event) => {
                let amounts = event.inputs().iter().chain(event.outputs()).chain(event.objects());
                uris.extend(amounts.map(|amount| amount.subject.as_str()));
                uris.extend(event.container());
                uris.extend(event.process());
                uris.extend(event.lot.plots.iter().map(String::as_str));
                let grows = matches!(
                    event.step,
                    Step::Planting { .. }
                        | Step::Fertilising { .. }
                        | Step::PlantProtection(_)
                        | Step::Irrigation { .. }
                        | Step::Harvest
                );
                uris.extend(event.place.as_deref().filter(|_| grows));
            }
            Self::Organisation(organisation) => uris.push(&organisation.uri),
            Self::Plot(plot) => uris.push(&plot.uri),
            Self::Product(product) => uris.push(&product.uri),
            Self::Certificate(certificate) => uris.push(&certificate.uri),
            Self::Listing(listing) => {
                uris.push(&listing.uri);
                uris.extend(listing.lots.iter().map(String::as_str));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        uris.retain(|uri| seen.insert(*uri));
        uris
    }
}

/// `urn:nguon:event:` and the record's event id in hex: how an event without an id of its own is named.
#[must_use]
pub fn event_urn(event_id_hex: &str) -> String {
    format!("urn:nguon:event:{event_id_hex}")
}

/// `urn:nguon:org:` and the organisation id (the event id of its genesis record) in hex.
#[must_use]
pub fn organisation_urn(organisation_hex: &str) -> String {
    format!("urn:nguon:org:{organisation_hex}")
}

/// The organisation id in an [`organisation_urn`].
#[must_use]
pub fn organisation_in_urn(uri: &str) -> Option<&str> {
    uri.strip_prefix("urn:nguon:org:")
}
