//! Something that happened: when, where, to what, and about which lots.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Photo, Step, Text};
use crate::labels::LabelRange;
use crate::quantity::Quantity;

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
    /// The labels that it is about, by number: printed, activated, voided, shipped or sold, as the step says.
    pub labels: Vec<LabelRange>,
    /// Whether the signer entered it for somebody else, who is named in a private section and may confirm it
    /// ([`Step::Confirming`]).
    pub for_another: bool,
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
            labels: Vec::new(),
            for_another: false,
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
