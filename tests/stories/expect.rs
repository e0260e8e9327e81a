//! What the ledger says, against what a story expects.

use std::collections::BTreeSet;

use nguon_fixtures::story::{Column, Detail, Expectation, Expected};
use nguon_id::LotId;
use nguon_market::{Change, Cursor, Status};
use nguon_service::Lot;
use nguon_trace::finding::{Code, Severity};
use nguon_trace::labels::Ranges;
use nguon_trace::lot::{Effect, LotStatus, Stage};
use nguon_trace::quantity::Quantity;

use crate::play::Player;

/// Everything that a lot's block got wrong.
struct Differences(Vec<String>);

impl Differences {
    fn expect<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: &T, found: &T) {
        if expected != found {
            self.0.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }
}

impl Player<'_> {
    /// Holds the ledger to an expectation.
    pub(crate) async fn meet(&self, expectation: &Expectation) -> Result<(), String> {
        let differences = match &expectation.of {
            Expected::Lot { lot, status, details } => self.lot(lot, status, details).await?,
            Expected::Offer { offer, status } => {
                let mut differences = Differences(Vec::new());
                differences.expect(offer, status, &self.offered(offer).await?);
                differences
            }
        };
        if differences.0.is_empty() {
            return Ok(());
        }
        Err(self.at(expectation.number, format!("\n  {}", differences.0.join("\n  "))))
    }

    async fn lot(&self, name: &str, status: &str, details: &[Detail]) -> Result<Differences, String> {
        let uri = self.names().thing(name);
        let id = LotId::from_uri(&uri).map_err(|error| format!("{name}: {error}"))?;
        let found = self.world.service().catalogue().lot(&id).await.map_err(|error| error.to_string())?;
        let lot = found.ok_or_else(|| format!("no record tells of {name}"))?;
        let mut differences = Differences(Vec::new());
        differences.expect(&format!("{name} is"), &status, &status_of(&lot.state.status));
        for severity in [Severity::Blocking, Severity::Warning, Severity::Info] {
            let expected: BTreeSet<Code> = details
                .iter()
                .filter_map(|detail| match detail {
                    Detail::Findings(of, codes) if *of == severity => Some(codes),
                    _ => None,
                })
                .flatten()
                .copied()
                .collect();
            let found = lot.state.findings.iter().filter(|finding| finding.severity == severity);
            differences.expect(&format!("{severity:?}"), &expected, &found.map(|one| one.code).collect());
        }
        for detail in details {
            self.detail(&lot, detail, &mut differences);
        }
        if !differences.0.is_empty() {
            let said = lot.state.findings.iter().map(|finding| format!("it says: {}", finding.text_vi));
            differences.0.extend(said);
        }
        Ok(differences)
    }

    fn detail(&self, lot: &Lot, detail: &Detail, differences: &mut Differences) {
        let state = &lot.state;
        let id = |name: &String| self.cast.id(name).map(|id| id.to_string()).unwrap_or_default();
        match detail {
            Detail::Findings(..) => {}
            Detail::Maker(who) => {
                let expected = who.as_ref().map(id);
                if expected != state.maker {
                    differences.0.push(format!("maker: expected {who:?}, found {:?}", state.maker));
                }
            }
            Detail::Holders(whom) => {
                let expected: BTreeSet<String> = whom.iter().map(id).collect();
                if expected != state.holders {
                    differences.0.push(format!("holders: expected {whom:?}, found {:?}", state.holders));
                }
            }
            Detail::Amount(column, quantity) => {
                let found = state.balance.and_then(|balance| {
                    let amount = match column {
                        Column::Made => balance.made,
                        Column::Used => balance.used,
                        Column::Shipped => balance.shipped,
                        Column::Sold => balance.sold,
                        Column::Lost => balance.lost,
                        Column::Left => balance.left,
                        Column::Sent | Column::Received => return None,
                    };
                    Some(Quantity { amount, unit: balance.unit })
                });
                differences.expect(&format!("{column:?}"), &Some(*quantity), &found);
            }
            Detail::Share(who, columns) => {
                for (column, quantity) in columns {
                    let found = state.holdings.get(&id(who)).zip(state.balance).map(|(share, balance)| {
                        let amount = match column {
                            Column::Made => share.made,
                            Column::Sent => share.sent_here,
                            Column::Received => share.received,
                            Column::Used => share.used,
                            Column::Shipped => share.shipped,
                            Column::Sold => share.sold,
                            Column::Lost => share.lost,
                            Column::Left => share.left,
                        };
                        Quantity { amount, unit: balance.unit }
                    });
                    differences.expect(&format!("with {who}, {column:?}"), &Some(*quantity), &found);
                }
            }
            Detail::Plots(codes) => {
                let expected: BTreeSet<String> =
                    codes.iter().map(|code| self.names().plot(code, "")).collect();
                differences.expect("plots", &expected, &state.origin_plots);
            }
            Detail::Inputs(count) => {
                let lots: BTreeSet<&String> = state.inputs.iter().map(|input| &input.uri).collect();
                differences.expect("inputs", count, &lots.len());
            }
            Detail::Sentence(text) => {
                if !state.findings.iter().any(|finding| finding.text_vi == *text) {
                    differences.0.push(format!("nothing says: {text}"));
                }
            }
            Detail::Claims(count) => differences.expect("claims", count, &state.claims),
            Detail::Inspections(all, independent) => {
                let found = state.inspections.iter().filter(|inspection| inspection.independent).count();
                let expected = (*all, *independent);
                differences.expect("inspections", &expected, &(state.inspections.len(), found));
            }
            Detail::Effect(label, effect) => {
                let found = self.stage(lot, label).map(|stage| effect_of(stage.effect));
                differences.expect(&format!("effect of {label}"), &Some(effect.as_str()), &found);
            }
            Detail::Confirmed(label, is_confirmed) => {
                let found = self.stage(lot, label).map(|stage| stage.confirmed_by.is_some());
                differences.expect(&format!("{label} is confirmed"), &Some(*is_confirmed), &found);
            }
            Detail::Labels(which, ranges) => {
                let labels = &state.labels;
                let found = match which.as_str() {
                    "printed" => labels.printed.clone(),
                    "active" => labels.active.clone(),
                    "void" => labels.void.clone(),
                    _ => labels.sold(),
                };
                differences.expect(&format!("labels {which}"), &Ranges::of(ranges.iter().copied()), &found);
            }
            Detail::Inherits(from) => {
                let expected = Some(self.names().thing(from));
                let found = match &state.status {
                    LotStatus::Recalled { inherited_from, .. } => inherited_from.clone(),
                    _ => None,
                };
                differences.expect("because of", &expected, &found);
            }
        }
    }

    /// The labelled line among the lot's stages.
    fn stage<'l>(&self, lot: &'l Lot, label: &str) -> Option<&'l Stage> {
        let event_id = self.said.get(label)?.event_id.to_string();
        lot.state.stages.iter().find(|stage| stage.event_id == event_id)
    }

    /// What a shop that read the whole feed knows of an offer.
    async fn offered(&self, offer: &str) -> Result<String, String> {
        let uri = self.names().offer(offer);
        let feeds = self.world.service().feeds();
        let mut after = Cursor::START;
        let mut newest = None;
        loop {
            let page = feeds.changes(None, after, 100).await.map_err(|error| error.to_string())?;
            newest = page.items.into_iter().rfind(|change| change.listing() == uri).or(newest);
            after = page.next;
            if !page.has_more {
                break;
            }
        }
        Ok(match newest {
            None => "never".to_owned(),
            Some(Change::Put(item)) if item.status == Status::Active => "active".to_owned(),
            Some(Change::Put(_)) => "sold_out".to_owned(),
            Some(Change::Gone { reason, .. }) => word(&reason)?,
        })
    }
}

/// The stable word of a code.
pub(crate) fn word(code: &impl serde::Serialize) -> Result<String, String> {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(format!("a code is a word, not {other:?}")),
    }
}

fn status_of(status: &LotStatus) -> &'static str {
    match status {
        LotStatus::Unknown => "unknown",
        LotStatus::Registered => "registered",
        LotStatus::Active => "active",
        LotStatus::SoldOut => "sold_out",
        LotStatus::Destroyed => "destroyed",
        LotStatus::Recalled { .. } => "recalled",
    }
}

fn effect_of(effect: Effect) -> &'static str {
    match effect {
        Effect::Counts => "counts",
        Effect::Claim => "claim",
        Effect::Void { .. } => "void",
        Effect::Corrected { .. } => "corrected",
        Effect::Correction { .. } => "correction",
    }
}
