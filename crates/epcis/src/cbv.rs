//! The words of the Core Business Vocabulary, and which [`Step`] they mean.
//!
//! One term has four spellings; strict EPCIS 2.0 JSON takes the bare word only (CBV 2.0, section 7):
//!
//! ```text
//! shipping    urn:epcglobal:cbv:bizstep:shipping    https://ref.gs1.org/cbv/BizStep-shipping    cbv:BizStep-shipping
//! ```
//!
//! CBV has no planting, spraying or cooling, so those steps are `urn:nguon:bizStep:…`; and one CBV word,
//! `creating_class_instance`, stands for harvest, packing and processing. [`step_of`] says what a step word means when
//! nothing else is said; where that is not what happened, the writer adds `nguon:step`.

use nguon_trace::facts::{Action, PlantProtection, Step, What};
use nguon_trace::quantity::Unit;

/// A vocabulary of CBV.
#[derive(Clone, Copy)]
pub(crate) enum Vocabulary {
    BizStep,
    Disposition,
    BizTransaction,
    SourceDestination,
    ErrorReason,
}

/// The bare word of a CBV term in any of its spellings; any other URI as it is.
pub(crate) fn bare(term: &str, vocabulary: Vocabulary) -> &str {
    let (urn, name) = match vocabulary {
        Vocabulary::BizStep => ("urn:epcglobal:cbv:bizstep:", "BizStep-"),
        Vocabulary::Disposition => ("urn:epcglobal:cbv:disp:", "Disp-"),
        Vocabulary::BizTransaction => ("urn:epcglobal:cbv:btt:", "BTT-"),
        Vocabulary::SourceDestination => ("urn:epcglobal:cbv:sdt:", "SDT-"),
        Vocabulary::ErrorReason => ("urn:epcglobal:cbv:er:", "ER-"),
    };
    if let Some(word) = term.strip_prefix(urn) {
        return word;
    }
    let namespaces =
        ["cbv:", "https://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/"];
    namespaces.iter().find_map(|namespace| term.strip_prefix(namespace)?.strip_prefix(name)).unwrap_or(term)
}

/// Our own steps.
pub(crate) const OWN_STEP: &str = "urn:nguon:bizStep:";

/// What the event's own words say about it, before `nguon:step` is looked at.
pub(crate) struct Words<'a> {
    /// `bizStep`, bare.
    pub(crate) biz_step: Option<&'a str>,
    /// `disposition`, bare.
    pub(crate) disposition: Option<&'a str>,
    /// Whether `persistentDisposition` sets, or unsets, `recalled`.
    pub(crate) sets_recalled: bool,
    pub(crate) unsets_recalled: bool,
}

/// The step that the words mean. Details that steps carry (variety, dose, reason) are still empty.
pub(crate) fn step_of(words: &Words<'_>, what: &What) -> Step {
    let recalled = words.disposition == Some("recalled");
    if words.sets_recalled || (recalled && matches!(words.biz_step, None | Some("holding"))) {
        return Step::Recall { reason: None };
    }
    if words.unsets_recalled {
        return Step::RecallEnded { reason: None };
    }
    let aggregation = matches!(what, What::Aggregation { .. });
    let word = match words.biz_step {
        None => {
            return match what {
                What::Aggregation { action: Action::Add, .. } => Step::Aggregating,
                What::Aggregation { action: Action::Delete, .. } => Step::Disaggregating,
                _ => Step::Other(None),
            };
        }
        Some(word) => word,
    };
    if let Some(key) = word.strip_prefix(OWN_STEP)
        && let Some(step) = step_with_key(key)
    {
        return step;
    }
    match word {
        "creating_class_instance" => created(what),
        "packing" if aggregation => Step::Aggregating,
        "packing" => Step::Packing,
        "unpacking" => Step::Disaggregating,
        "sampling" => Step::Sampling,
        "encoding" => Step::Encoding,
        "commissioning" => Step::Commissioning,
        "decommissioning" => Step::Decommissioning,
        "shipping" | "departing" => Step::Shipping,
        "transporting" => Step::Transporting,
        "receiving" if words.disposition == Some("returned") => Step::Returning,
        "receiving" => Step::Receiving,
        "storing" => Step::Storing,
        "retail_selling" => Step::Selling,
        "inspecting" => Step::Inspecting {
            conformant: match words.disposition {
                Some("conformant") => Some(true),
                Some("non_conformant") => Some(false),
                _ => None,
            },
        },
        "destroying" => Step::Destroying,
        other => Step::Other(Some(other.to_owned())),
    }
}

/// Harvest, packing or processing? Something from nothing grew; weight into counted packs is packing; the rest changed.
fn created(what: &What) -> Step {
    let What::Transformation { inputs, outputs, .. } = what else { return Step::Harvest };
    let counted = |unit: Unit| unit == Unit::Piece;
    let unit_of = |amount: &nguon_trace::facts::Amount| amount.quantity.map(|quantity| quantity.unit);
    let packs = !outputs.is_empty() && outputs.iter().all(|output| unit_of(output).is_some_and(counted));
    let loose = inputs.iter().any(|input| unit_of(input).is_some_and(|unit| !counted(unit)));
    match (inputs.is_empty(), packs && loose) {
        (true, _) => Step::Harvest,
        (false, true) => Step::Packing,
        (false, false) => Step::Processing,
    }
}

/// The step of a [`Step::key`], details empty; `other` is no step by itself.
pub(crate) fn step_with_key(key: &str) -> Option<Step> {
    Some(match key {
        "planting" => Step::Planting { crop: None, variety: None, seed_origin: None },
        "fertilising" => Step::Fertilising { product: None, dose: None },
        "plant_protection" => Step::PlantProtection(PlantProtection::default()),
        "irrigation" => Step::Irrigation { water: None },
        "testing" => Step::Test { what: None, conformant: None },
        "harvesting" => Step::Harvest,
        "cooling" => Step::Cooling,
        "handling" => Step::Handling,
        "sorting" => Step::Sorting,
        "packing" => Step::Packing,
        "processing" => Step::Processing,
        "sampling" => Step::Sampling,
        "aggregating" => Step::Aggregating,
        "disaggregating" => Step::Disaggregating,
        "encoding" => Step::Encoding,
        "commissioning" => Step::Commissioning,
        "decommissioning" => Step::Decommissioning,
        "shipping" => Step::Shipping,
        "transporting" => Step::Transporting,
        "receiving" => Step::Receiving,
        "storing" => Step::Storing,
        "waste" => Step::Waste { what: None },
        "confirming" => Step::Confirming { events: Vec::new() },
        "selling" => Step::Selling,
        "returning" => Step::Returning,
        "inspecting" => Step::Inspecting { conformant: None },
        "recall" => Step::Recall { reason: None },
        "recall_ended" => Step::RecallEnded { reason: None },
        "destroying" => Step::Destroying,
        _ => return None,
    })
}

/// The `bizStep` and `disposition` that say a step, as far as CBV can (domain table: GS1 US recommendations for FSMA 204,
/// release 2.0, for harvest; CBV 2.0 section 7.1 and 7.2 for the rest).
pub(crate) fn words_of(step: &Step) -> (Option<String>, Option<&'static str>) {
    let (word, disposition) = match step {
        Step::Planting { .. }
        | Step::Fertilising { .. }
        | Step::PlantProtection(_)
        | Step::Irrigation { .. }
        | Step::Test { .. }
        | Step::Waste { .. }
        | Step::Confirming { .. } => (None, None),
        Step::Cooling | Step::Handling => (None, Some("in_progress")),
        Step::Sorting => (None, Some("active")),
        Step::Harvest | Step::Packing | Step::Processing => (Some("creating_class_instance"), Some("active")),
        Step::Sampling => (Some("sampling"), Some("destroyed")),
        Step::Aggregating => (Some("packing"), Some("in_progress")),
        Step::Disaggregating => (Some("unpacking"), Some("in_progress")),
        Step::Encoding => (Some("encoding"), Some("encoded")),
        Step::Commissioning => (Some("commissioning"), Some("active")),
        Step::Decommissioning => (Some("decommissioning"), Some("inactive")),
        Step::Shipping => (Some("shipping"), Some("in_transit")),
        Step::Transporting => (Some("transporting"), Some("in_transit")),
        Step::Receiving => (Some("receiving"), Some("in_progress")),
        Step::Storing => (Some("storing"), Some("sellable_not_accessible")),
        Step::Selling => (Some("retail_selling"), Some("retail_sold")),
        Step::Returning => (Some("receiving"), Some("returned")),
        Step::Inspecting { conformant: Some(true) } => (Some("inspecting"), Some("conformant")),
        Step::Inspecting { conformant: Some(false) } => (Some("inspecting"), Some("non_conformant")),
        Step::Inspecting { conformant: None } => (Some("inspecting"), Some("in_progress")),
        Step::Recall { .. } => (Some("holding"), Some("recalled")),
        Step::RecallEnded { .. } => (None, None),
        Step::Destroying => (Some("destroying"), Some("destroyed")),
        Step::Other(word) => return (word.clone(), None),
    };
    (Some(word.map_or_else(|| format!("{OWN_STEP}{}", step.key()), str::to_owned)), disposition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_term_has_many_spellings() {
        for spelling in [
            "shipping",
            "urn:epcglobal:cbv:bizstep:shipping",
            "https://ref.gs1.org/cbv/BizStep-shipping",
            "https://ns.gs1.org/cbv/BizStep-shipping",
            "cbv:BizStep-shipping",
        ] {
            assert_eq!(bare(spelling, Vocabulary::BizStep), "shipping");
        }
        assert_eq!(bare("urn:epcglobal:cbv:sdt:owning_party", Vocabulary::SourceDestination), "owning_party");
        assert_eq!(
            bare("https://ref.gs1.org/cbv/Disp-active", Vocabulary::BizStep),
            "https://ref.gs1.org/cbv/Disp-active"
        );
    }
}
