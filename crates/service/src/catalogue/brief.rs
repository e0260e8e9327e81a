//! What a walk from lot to lot asks of each: a tenth of its judgement, so that ten thousand lots are read in a moment.

use jiff::civil::Date;
use nguon_trace::finding::Severity;
use nguon_trace::graph::{Direction, Link};
use nguon_trace::lot::{LotState, LotStatus};
use nguon_trace::quantity::Quantity;
use serde::{Deserialize, Serialize};

/// How a lot stands, in brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotBrief {
    /// Its URI.
    pub uri: String,
    /// How it stands.
    pub status: LotStatus,
    /// Whether something blocking stands against it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub blocked: bool,
    /// Its product's URI.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub product: Option<String>,
    /// Who made it, hex.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub maker: Option<String>,
    /// First day of harvest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub harvest_from: Option<Date>,
    /// The plots it comes from.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub plots: Vec<String>,
    /// How much was made, if that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub made: Option<Quantity>,
    /// What it was made of: URI, and how much of that was used.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inputs: Vec<(String, Option<Quantity>)>,
    /// What was made of it: URI, how much of this lot was used, how much was made.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub outputs: Vec<(String, Option<Quantity>, Option<Quantity>)>,
}

impl From<&LotState> for LotBrief {
    fn from(state: &LotState) -> Self {
        Self {
            uri: state.uri.clone(),
            status: state.status.clone(),
            blocked: state.findings.iter().any(|finding| finding.severity == Severity::Blocking),
            product: state.product.clone(),
            maker: state.maker.clone(),
            harvest_from: state.harvest_from,
            plots: state.origin_plots.iter().cloned().collect(),
            made: state.balance.map(|balance| Quantity { amount: balance.made, unit: balance.unit }),
            inputs: state.inputs.iter().map(|input| (input.uri.clone(), input.quantity)).collect(),
            outputs: state
                .outputs
                .iter()
                .map(|output| (output.uri.clone(), output.used, output.made))
                .collect(),
        }
    }
}

impl LotBrief {
    /// The row of a lot.
    pub(crate) fn row(state: &LotState) -> (String, String) {
        let brief = serde_json::to_string(&Self::from(state)).expect("a brief has text keys only");
        (state.uri.clone(), brief)
    }

    /// The lots one step away.
    pub(super) fn next(&self, direction: Direction) -> Box<dyn Iterator<Item = &str> + '_> {
        match direction {
            Direction::Back => Box::new(self.inputs.iter().map(|input| input.0.as_str())),
            Direction::Forward => Box::new(self.outputs.iter().map(|output| output.0.as_str())),
        }
    }

    /// The lot's links.
    pub(super) fn links(&self, direction: Direction) -> Vec<Link> {
        let uri = self.uri.as_str();
        let link = |input: &str, output: &str, used, made| Link {
            input: input.to_owned(),
            output: output.to_owned(),
            used,
            made,
        };
        match direction {
            Direction::Back => {
                self.inputs.iter().map(|(input, used)| link(input, uri, *used, self.made)).collect()
            }
            Direction::Forward => {
                self.outputs.iter().map(|(output, used, made)| link(uri, output, *used, *made)).collect()
            }
        }
    }
}
