//! Lô hàng: how one lot stands, judged from everything that was recorded about it.
//!
//! ```text
//! entries (records on the lot, in any order) ─┐
//!                                             ├─▶ judge ─▶ LotState: status, amounts, stages, findings
//! around: the lots it was made of and the ─────┘
//! plots it grew on (both judged), the product's owner
//! ```
//!
//! The rules, in the order in which they apply:
//!
//! 0. What cannot be has no effect, and is found: an event dated more than a day after it was logged, a harvest from a plot
//!    that its organisation has not registered, a lot that is made a second time (the same making recorded twice, or
//!    a harvest of what was packed).
//! 1. A correction by the organisation that wrote a record takes that record away; it stays in sight, marked.
//! 2. The *maker* is whoever's record first made the lot, a recognised organisation's before any other's: so nobody takes
//!    a lot by being first without a standing. Where the product has an [`Owner`], others make its lots only of lots that
//!    the owner made and that went to them. *Holders* are those it went to, by the word of the maker or of an earlier
//!    holder. A lot goes nowhere by the word of the receiver alone.
//! 3. A record counts if it carries full weight (its key, role and standing, which the ledger decides) and comes from the
//!    maker or a holder, or from an inspector about inspections, or from an authority about recalls. What others say is
//!    a claim: without any effect. All claims are counted, and the newest [`CLAIMS_SHOWN`] shown.
//!    Only the maker makes the lot and says what it is; a holder speaks of its own share.
//! 4. Amounts are summed for each holder; what is left is what came in less what went out. Together holders never use up
//!    more than the maker shipped: whoever of them gave on more than it got is *overdrawn*, which warns of the lot and
//!    blocks what that holder made of it. Quantities in another unit are not converted, and found.
//! 5. A recall stands until whoever called it, or an authority, ends it; a recalled input recalls what was made of it, and
//!    anything else that blocks an input blocks it too. Whoever ships or sells on meanwhile is found, also when it is over; goods that
//!    go back the way they came, or are destroyed where they went, may move.
//!
//! [`judge`] is a function of the *set* of entries: they are sorted by log index first, so arrival order is nothing.
//! Late records are sorted in like all others; that is why a whole history is judged and not the last event.
//!
//! Pre-harvest intervals, yields and seasons are judged on the [plot](crate::plot); certificates by the day on which somebody
//! asks ([`crate::papers`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::facts::{Event, Photo, Step, Text};
use crate::finding::{Code, Finding, Severity};
use crate::labels::Labels;
use crate::plot::PlotState;
use crate::quantity::{Quantity, Unit};

pub use crate::history::{carries, inspects, moves};
pub use crate::making::{Factors, products_around};

pub use crate::judge::{grown_on, judge, product_of, sources, used_in, with_claim};

/// The standing bits of an organisation, as the ledger's operator set them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Standing(pub u16);

impl Standing {
    /// A producer.
    pub const PRODUCER: Self = Self(1);
    /// A packer, processor or trader.
    pub const PACKER: Self = Self(2);
    /// A certifier or inspector.
    pub const CERTIFIER: Self = Self(4);
    /// An authority, which may recall anybody's lot.
    pub const AUTHORITY: Self = Self(8);
    /// Suspended: nothing of it is offered.
    pub const SUSPENDED: Self = Self(0x8000);

    /// Whether the province recognises the organisation as anything, and has not suspended it.
    #[must_use]
    pub fn is_recognised(self) -> bool {
        self != Self::default() && !self.has(Self::SUSPENDED)
    }

    /// Whether it is a maker of lots that the province recognises.
    #[must_use]
    pub fn makes(self) -> bool {
        self.has(Self::PRODUCER) || self.has(Self::PACKER)
    }

    /// Whether all bits of the other are set.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Why a record counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Void {
    /// The key's role does not cover the act.
    RoleLacking,
    /// The organisation lacks the standing that the act needs.
    StandingLacking,
    /// One of two records for one place in a device's chain, and not the one that stands.
    Disputed,
    /// The key was revoked, for this record too.
    Revoked,
    /// The record was signed as another act than what it tells: a recall as a diary entry, say.
    ActDiffers,
    /// The event is dated after it was logged.
    FutureDate,
    /// A harvest from a plot that its organisation has not registered.
    PlotUnknown,
    /// The lot had been made before.
    MadeTwice,
}

/// How many claims of organisations that neither made nor held a lot are among its stages: the newest ones.
pub const CLAIMS_SHOWN: usize = 20;

/// The recognised organisation whose product a lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// Its id, hex.
    pub organisation: &'a str,
    /// The log index from which the product is its own; lots that others made before stay theirs.
    pub since: u64,
}

/// What the ledger says a record weighs, before anybody asks whose lot it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Right key, right role.
    Full,
    /// Shown as somebody's claim.
    Claim,
    /// Counts for nothing.
    None {
        /// Why.
        reason: Void,
    },
}

/// What a record on the lot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// An event; one may be about hundreds of lots.
    Event(Arc<Event>),
    /// Something that cannot be read.
    Unreadable,
    /// Its public facts were erased, by a logged notice.
    Erased,
}

/// One record on the lot, with what the ledger knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its index in the log.
    pub index: u64,
    /// Its event id, hex.
    pub event_id: String,
    /// The organisation it was signed for, hex.
    pub organisation: String,
    /// The key that signed it, hex.
    pub author: String,
    /// The organisation's standing at that index.
    pub standing: Standing,
    /// What the record weighs.
    pub counts: Weight,
    /// What the device's clock said, Unix milliseconds; 0 is unknown.
    pub device_time_ms: u64,
    /// When it was logged: the newest epoch before it, Unix milliseconds; 0 is unknown.
    pub logged_ms: i64,
    /// The handle under which the record names the lot, hex.
    pub handle: Option<String>,
    /// Whether the record names an earlier one on the lot that is not there.
    pub link_missing: bool,
    /// Whether a service holds the key on the organisation's behalf.
    pub gateway: bool,
    /// Whether the device signed two records for one place in its chain, this being one of them.
    pub disputed: bool,
    /// The organisation (hex) that the event's destination means, where the destination is not an
    /// [`organisation_urn`](crate::facts::organisation_urn) but, say, a GLN that the caller knows.
    pub destination: Option<String>,
    /// What it says.
    pub said: Said,
}

/// Three days: what a phone without signal may need until it is in town again.
pub const LATE_AFTER_MS: u64 = 3 * 86_400_000;

/// How long after the event its record was logged, if that is longer than [`LATE_AFTER_MS`].
#[must_use]
pub fn late_by_ms(event_time_ms: i64, logged_ms: i64) -> Option<u64> {
    let late = u64::try_from(logged_ms.saturating_sub(event_time_ms)).ok()?;
    (late > LATE_AFTER_MS).then_some(late)
}

/// An event may be dated so much later than its record was logged: clocks that stand a few hours wrong, and epochs that
/// come every few minutes.
pub const AHEAD_MS: i64 = 86_400_000;

/// What a lot is judged with, beside its own records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// The [`sources`] that are known.
    pub upstream: &'a [Upstream],
    /// Whose the [product](product_of) is, if anybody's.
    pub owner: Option<Owner<'a>>,
    /// The plots of [`grown_on`].
    pub plots: &'a [&'a PlotState],
    /// What the cards of [`products_around`] declare, by product.
    pub factors: &'a [(String, Factors)],
}

/// How a lot stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LotStatus {
    /// Nobody who could say so has said that this lot exists; at most there are claims.
    Unknown,
    /// Its codes are printed, and the lot is not made yet.
    Registered,
    /// There is something of it.
    Active,
    /// All of it is sold, or used to make something else.
    SoldOut,
    /// What was left of it is destroyed.
    Destroyed,
    /// Do not eat, do not sell.
    Recalled {
        /// Why.
        reason: Option<Text>,
        /// Since when, Unix milliseconds, by the recall's own word.
        since_ms: i64,
        /// The organisation (hex) that called it.
        by: String,
        /// The index of the recall's record.
        record: u64,
        /// The lot it began with, if not this one.
        inherited_from: Option<String>,
    },
}

/// A time in which a lot was recalled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Recalled {
    /// The index of the recall's record, which may be on a lot that this one was made of.
    pub record: u64,
    /// The organisation (hex) that called it.
    pub by: String,
    /// From when everybody could know: when it was logged, Unix milliseconds.
    pub from_ms: i64,
    /// Until when, by the word that ended it, Unix milliseconds; none while it stands.
    pub until_ms: Option<i64>,
}

/// How many recalls of a lot are remembered: the newest ones.
pub const RECALLS_KEPT: usize = 32;

/// A lorry that is on its way when a recall is logged is not held against anybody: so long after, Unix milliseconds.
pub const RECALL_HEARD_MS: i64 = 3_600_000;

/// An input lot, as far as what was made of it must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// Its URI.
    pub uri: String,
    /// How it stands.
    pub status: LotStatus,
    /// Who made it, hex.
    pub maker: Option<String>,
    /// Who made the lots that it was made of, hex.
    pub source_makers: BTreeSet<String>,
    /// To whom it went, hex.
    pub holders: BTreeSet<String>,
    /// The plots it comes from.
    pub origin_plots: BTreeSet<String>,
    /// First and last day of harvest.
    pub harvest_from: Option<Date>,
    /// Last day of harvest.
    pub harvest_until: Option<Date>,
    /// What blocks it, beside a recall.
    pub blocked_by: BTreeSet<Code>,
    /// Who of those it went to gave on more than they got, hex.
    pub overdrawn: BTreeSet<String>,
    /// Whether nobody can say what some of it was made of.
    pub is_of_unknown_source: bool,
    /// When it was recalled.
    pub recalls: Vec<Recalled>,
}

impl From<&LotState> for Upstream {
    fn from(state: &LotState) -> Self {
        Self {
            uri: state.uri.clone(),
            status: state.status.clone(),
            maker: state.maker.clone(),
            source_makers: state.source_makers.clone(),
            holders: state.holders.clone(),
            origin_plots: state.origin_plots.clone(),
            harvest_from: state.harvest_from,
            harvest_until: state.harvest_until,
            blocked_by: state
                .findings
                .iter()
                .filter(|finding| finding.severity == Severity::Blocking)
                .map(|finding| finding.code)
                .filter(|code| *code != Code::RecalledSource)
                .collect(),
            overdrawn: state.overdrawn.clone(),
            is_of_unknown_source: state.findings.iter().any(|finding| finding.code == Code::SourceUnknown),
            recalls: state.recalls.clone(),
        }
    }
}

/// What one organisation did with the lot, in the lot's unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Made by it.
    pub made: u64,
    /// Shipped or sold to it, by the sender's word.
    pub sent_here: u64,
    /// Received by it (or come back), by its own word.
    pub received: u64,
    /// Used to make other lots.
    pub used: u64,
    /// Shipped to others.
    pub shipped: u64,
    /// Sold to consumers.
    pub sold: u64,
    /// Sampled, destroyed, lost.
    pub lost: u64,
    /// What it still has.
    pub left: u64,
}

/// What became of the whole lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// The unit that the lot is counted in.
    pub unit: Unit,
    /// Made.
    pub made: u64,
    /// Used to make other lots, by whomever.
    pub used: u64,
    /// Shipped by the maker to others; it is still somewhere.
    pub shipped: u64,
    /// Sold to consumers, by whomever.
    pub sold: u64,
    /// Sampled, destroyed, lost, by whomever.
    pub lost: u64,
    /// Made less used, sold and lost; never below zero.
    pub left: u64,
}

/// A lot that went into this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// Its URI.
    pub uri: String,
    /// How much of it.
    pub quantity: Option<Quantity>,
    /// Its share of all inputs in millionths, where all are counted in one unit.
    pub share_millionths: Option<u32>,
    /// The record that says so.
    pub record: u64,
}

/// A lot that was made of this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Output {
    /// Its URI.
    pub uri: String,
    /// How much of this lot was used.
    pub used: Option<Quantity>,
    /// How much was made, of this and other inputs.
    pub made: Option<Quantity>,
    /// The record that says so.
    pub record: u64,
}

/// Whether a stage has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It counts.
    Counts,
    /// Somebody's claim.
    Claim,
    /// It counts for nothing.
    Void {
        /// Why.
        reason: Void,
    },
    /// Declared wrong by its own organisation.
    Corrected {
        /// The record that declares it.
        by: u64,
    },
    /// It declares another record wrong.
    Correction {
        /// The index of that record, if it is about this lot.
        of: Option<u64>,
    },
}

/// One record on the lot, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its index in the log.
    pub record: u64,
    /// Its event id, hex.
    pub event_id: String,
    /// The organisation, hex.
    pub organisation: String,
    /// The key, hex.
    pub author: String,
    /// Whether a service holds the key.
    pub gateway: bool,
    /// Whether it counts.
    pub effect: Effect,
    /// What was done.
    pub step: Step,
    /// When, Unix milliseconds, by the event's word.
    pub time_ms: i64,
    /// The offset from UTC there, in minutes.
    pub offset_minutes: i16,
    /// What the device's clock said.
    pub device_time_ms: u64,
    /// How late it was logged.
    pub late_by_ms: Option<u64>,
    /// Where.
    pub place: Option<String>,
    /// From which organisation, by URI.
    pub source: Option<String>,
    /// To which organisation, by URI.
    pub destination: Option<String>,
    /// How much of this lot it is about.
    pub quantity: Option<Quantity>,
    /// The container.
    pub container: Option<String>,
    /// The certificates it happened under.
    pub certificates: Vec<String>,
    /// Whether the signer entered it for somebody else.
    pub for_another: bool,
    /// The record in which another device of the organisation confirms it.
    pub confirmed_by: Option<u64>,
    /// The public note.
    pub note: Option<Text>,
    /// Photographs.
    pub photos: Vec<Photo>,
}

/// An inspection or a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The record.
    pub record: u64,
    /// By which organisation, hex.
    pub organisation: String,
    /// Whether that organisation is an inspector or an authority, and neither made nor held the lot.
    pub independent: bool,
    /// When, Unix milliseconds.
    pub time_ms: i64,
    /// Whether the lot passed.
    pub conformant: Option<bool>,
    /// The papers about it, by URI.
    pub certificates: Vec<String>,
}

/// How a lot stands, and everything a page about it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotState {
    /// The lot's URI.
    pub uri: String,
    /// Its number.
    pub number: Option<String>,
    /// The product's URI.
    pub product: Option<String>,
    /// How it stands.
    pub status: LotStatus,
    /// Who made it, hex.
    pub maker: Option<String>,
    /// Who made the lots that it was made of, all the way back, hex.
    pub source_makers: BTreeSet<String>,
    /// To whom it went, hex.
    pub holders: BTreeSet<String>,
    /// First day of harvest.
    pub harvest_from: Option<Date>,
    /// Last day of harvest.
    pub harvest_until: Option<Date>,
    /// Production or packing date.
    pub produced_on: Option<Date>,
    /// Best before.
    pub best_before: Option<Date>,
    /// Use by.
    pub use_by: Option<Date>,
    /// Country of origin.
    pub country_of_origin: Option<String>,
    /// Growing method.
    pub growing_method: Option<String>,
    /// The plots it comes from, its inputs' plots included.
    pub origin_plots: BTreeSet<String>,
    /// What became of it; none if nobody said how much was made.
    pub balance: Option<Balance>,
    /// The same for each organisation, by id.
    pub holdings: BTreeMap<String, Holding>,
    /// Who of those it went to gave on more than they got, hex.
    pub overdrawn: BTreeSet<String>,
    /// What it was made of.
    pub inputs: Vec<Input>,
    /// What was made of it.
    pub outputs: Vec<Output>,
    /// The records on it, in the order in which things happened; of claims only the newest [`CLAIMS_SHOWN`].
    pub stages: Vec<Stage>,
    /// How many records of organisations that neither made nor held it stand there without effect, the shown ones
    /// included.
    pub claims: u64,
    /// The certificates that the counting records name.
    pub certificates: BTreeSet<String>,
    /// The inspections that count.
    pub inspections: Vec<Inspection>,
    /// When it was recalled, or something that it was made of; the newest [`RECALLS_KEPT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recalls: Vec<Recalled>,
    /// Its numbered labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// What is held against it, gravest first.
    pub findings: Vec<Finding>,
}

impl LotState {
    /// Whether the lot may be offered: it is active and nothing blocking stands against it.
    #[must_use]
    pub fn may_be_offered(&self) -> bool {
        self.status == LotStatus::Active
            && self.findings.iter().all(|finding| finding.severity != Severity::Blocking)
    }
}
