//! What the rules hold against a lot, in plain words.
//!
//! A finding has a stable code for machines, a severity that decides about listings, the log indexes of the records it
//! rests on, and a sentence in Vietnamese and in English. Findings rest only on records of organisations that made or
//! received the lot, and of inspectors: what a rival writes can never put one on somebody else's lot.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::quantity::{Quantity, Unit};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The lot may not be offered for sale while this stands.
    Blocking,
    /// People should know before they rely on the lot.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// A stable word for machines.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// Which rule spoke, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// An input lot is recalled.
    RecalledSource,
    /// Harvested inside a pre-harvest interval.
    InsidePhi,
    /// A plot gave more than can grow there.
    YieldImplausible,
    /// A transformation gave more than went in.
    OutputBeyondInput,
    /// A lot of somebody else's product whose quantity cannot be compared with what went in.
    BrandUnverified,
    /// More left the lot than was ever in it.
    BeyondLeft,
    /// Parts of one transformation are missing: it is judged when it is complete, and not offered before.
    PartsMissing,
    /// A certificate had ended, or had not begun, on the day the lot was made.
    CertificateNotValid,
    /// A certificate of somebody else.
    CertificateOfAnother,
    /// A record's public facts were erased.
    FactsErased,
    /// Something blocking stands against an input lot.
    SourceBlocked,
    /// The maker gave on more of an input lot than it had got.
    SourceOverdrawn,
    /// Shipped or sold on while it was recalled.
    SoldAfterRecall,
    /// Nobody has recorded that an input lot was made.
    SourceUnknown,
    /// A spraying inside whose interval the lot was harvested was declared wrong.
    SprayTakenBack,
    /// Something was sprayed before the harvest, and nobody stated its pre-harvest interval.
    PhiUnverified,
    /// Harvested in a month in which the crop is not harvested.
    OutOfSeason,
    /// A harvest from a plot that its organisation has not registered. It counts for nothing.
    PlotUnknown,
    /// A harvest that names no plot.
    PlotMissing,
    /// The lot was made a second time. That counts for nothing.
    MadeTwice,
    /// An event from the future. It counts for nothing.
    FutureDate,
    /// Shipped to whom it came from. It moves nothing.
    SelfShipment,
    /// More arrived than was sent.
    ReceivedBeyondShipped,
    /// Somebody whom the lot went to gave on more than it had got.
    HolderOverdrawn,
    /// More codes were printed than there are packs.
    LabelsBeyondPacks,
    /// The same label was printed by two records.
    LabelsPrintedTwice,
    /// A certificate that nobody laid.
    CertificateUnknown,
    /// A certificate that does not cover this lot.
    CertificateScope,
    /// Offered or given on as VietGAP, OCOP, organic, and no paper with it says so.
    ClaimWithoutPaper,
    /// Quantities in a unit that the lot is not counted in.
    UnitDiffers,
    /// The maker has no standing in the province.
    MakerUnrecognised,
    /// A record was signed as another act than what it tells.
    ActDiffers,
    /// A record was signed by a key whose role does not cover the act.
    RoleLacking,
    /// A record came from an organisation without the standing that the act needs.
    StandingLacking,
    /// A record is one of two that one device signed for the same place in its chain.
    Disputed,
    /// A record's public facts cannot be read.
    Unreadable,
    /// A record names one before it that is not there.
    LinkMissing,
    /// The lot was given a second handle.
    SecondHandle,
    /// A record was logged long after what it tells.
    LateEntry,
    /// A certificate was valid when the lot was made, and has ended since.
    CertificateEnded,
    /// Offered without any paper about food safety.
    FoodSafetyMissing,
    /// Offered with a planting-area code for which it names no paper.
    PlantingAreaMissing,
    /// The yield could not be compared with the area.
    YieldUnverified,
    /// What was made could not be compared with what went in, or only one to one.
    FactorUndeclared,
    /// A step that no rule knows.
    UnknownStep,
}

impl Code {
    /// How much findings of this code weigh.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::RecalledSource
            | Self::InsidePhi
            | Self::YieldImplausible
            | Self::OutputBeyondInput
            | Self::BrandUnverified
            | Self::BeyondLeft
            | Self::PartsMissing
            | Self::CertificateNotValid
            | Self::CertificateOfAnother
            | Self::FactsErased
            | Self::SourceBlocked
            | Self::SourceOverdrawn => Severity::Blocking,
            Self::SoldAfterRecall
            | Self::SourceUnknown
            | Self::SprayTakenBack
            | Self::PhiUnverified
            | Self::OutOfSeason
            | Self::PlotUnknown
            | Self::PlotMissing
            | Self::MadeTwice
            | Self::FutureDate
            | Self::SelfShipment
            | Self::ReceivedBeyondShipped
            | Self::HolderOverdrawn
            | Self::ActDiffers
            | Self::LabelsBeyondPacks
            | Self::LabelsPrintedTwice
            | Self::CertificateUnknown
            | Self::CertificateScope
            | Self::ClaimWithoutPaper
            | Self::UnitDiffers
            | Self::MakerUnrecognised
            | Self::RoleLacking
            | Self::StandingLacking
            | Self::Disputed
            | Self::Unreadable
            | Self::LinkMissing
            | Self::SecondHandle => Severity::Warning,
            Self::LateEntry
            | Self::CertificateEnded
            | Self::FoodSafetyMissing
            | Self::PlantingAreaMissing
            | Self::YieldUnverified
            | Self::FactorUndeclared
            | Self::UnknownStep => Severity::Info,
        }
    }
}

/// Something held against a lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// The log indexes of the records it rests on, ascending.
    pub records: Vec<u64>,
    /// The sentence in Vietnamese.
    pub text_vi: String,
    /// The sentence in English.
    pub text_en: String,
}

impl Finding {
    pub(crate) fn new(code: Code, mut records: Vec<u64>, text_vi: String, text_en: String) -> Self {
        records.sort_unstable();
        records.dedup();
        Self { code, severity: code.severity(), records, text_vi, text_en }
    }
}

/// `12,5 kg`, `1,5 lít`, `1.200 đơn vị`: as one writes it in Vietnam.
#[must_use]
pub fn quantity_vi(quantity: Quantity) -> String {
    let unit = match quantity.unit {
        Unit::Gram => "kg",
        Unit::Millilitre => "lít",
        Unit::Piece => "đơn vị",
    };
    format!("{} {unit}", decimal(quantity, '.', ','))
}

/// `12.5 kg`, `1.5 l`, `1,200 pieces`.
#[must_use]
pub fn quantity_en(quantity: Quantity) -> String {
    let unit = match quantity.unit {
        Unit::Gram => "kg",
        Unit::Millilitre => "l",
        Unit::Piece if quantity.amount == 1 => "piece",
        Unit::Piece => "pieces",
    };
    format!("{} {unit}", decimal(quantity, ',', '.'))
}

/// `8/6/2026`.
#[must_use]
pub fn date_vi(day: Date) -> String {
    format!("{}/{}/{}", day.day(), day.month(), day.year())
}

/// `8 June 2026`.
#[must_use]
pub fn date_en(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

fn decimal(quantity: Quantity, group: char, point: char) -> String {
    let (text, _) = quantity.to_epcis();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    for (position, digit) in whole.char_indices() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            out.push(group);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_people_write_them() {
        let check = |quantity, vi: &str, en: &str| {
            assert_eq!((quantity_vi(quantity), quantity_en(quantity)), (vi.to_owned(), en.to_owned()));
        };
        check(Quantity::grams(12_500), "12,5 kg", "12.5 kg");
        check(Quantity::grams(1_250_000), "1.250 kg", "1,250 kg");
        check(Quantity::millilitres(250), "0,25 lít", "0.25 l");
        check(Quantity::pieces(1), "1 đơn vị", "1 piece");
        check(Quantity::pieces(1_000_000), "1.000.000 đơn vị", "1,000,000 pieces");
    }
}
