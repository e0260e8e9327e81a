//! Kiểm tra trước khi ký: what would a draft bring up, if it were signed and logged now?
//!
//! A draft becomes a record under a key that nobody stands behind, comes after all that is logged, and goes through the
//! same code as every record of the log: in a projector that reads the same rows and never saves. Drafts of one
//! request follow each other, so that a whole import can be looked at before any of it is signed.
//!
//! Whose draft it is is only said, not proven: the answer holds nothing that is not public.

use std::collections::HashMap;
use std::sync::Arc;

use nguon_epcis::{Document, ReadError};
use nguon_export::geometry::Outline;
use nguon_ledger::{
    Act, Control, Draft as Unsigned, Opening, OrganisationId, Record, SectionRef, SectionType, SigningKey,
    Subject, handle,
};
use nguon_storage::Store;
use nguon_trace::draft::{Refusal, plots_worked, refusal_of, refusal_of_void, refusals};
use nguon_trace::facts::{Event, Facts, Step, vietnam_day};
use nguon_trace::finding::Finding;
use nguon_trace::labels::Ranges;
use nguon_trace::lot::{Effect, LotState, LotStatus, Void};

use super::prefetch::Parsed;
use super::{Directory, ProjectError, Projector, lot_of};

/// The index of the first draft: after every entry that a log may have.
pub const FIRST_DRAFT: u64 = 1 << 62;
/// Lots that are walked to find whether one would be made of itself.
const WALKED: usize = 500;

/// Something that somebody is about to sign.
#[derive(Debug, Clone)]
pub struct Draft {
    /// In whose name.
    pub organisation: OrganisationId,
    /// The act it is to be signed as; the one that fits, if none is said.
    pub act: Option<Act>,
    /// The public facts, as a record's public section; subjects need no salts.
    pub document: Vec<u8>,
    /// With a plot's card: where it lies, as the section of places (a GeoJSON Feature).
    pub place: Option<Vec<u8>>,
}

/// What would become of one draft.
#[derive(Debug, Clone, Default)]
pub struct Foreseen {
    /// Why it should not be signed.
    pub refusals: Vec<Refusal>,
    /// What is odd about a plot's place, without speaking against signing: (stable word, Vietnamese, English).
    pub remarks: Vec<(&'static str, String, String)>,
    /// The lots that would be judged otherwise, those that the draft names first.
    pub lots: Vec<ForeseenLot>,
    /// For a listing: whether the feed would show it.
    pub offer: Option<ForeseenOffer>,
}

/// A listing as it would be.
#[derive(Debug, Clone)]
pub struct ForeseenOffer {
    /// Whether the feed would show it.
    pub listed: bool,
    /// Everything that speaks against offering it, the weightiest first. Not listed without a reason: its product's or
    /// seller's card is missing.
    pub reasons: Vec<nguon_market::Reason>,
}

/// A lot as it would be.
#[derive(Debug, Clone)]
pub struct ForeseenLot {
    /// What the draft would be worth for it; none if it is not among the lot's own records.
    pub effect: Option<Effect>,
    /// How it would stand.
    pub state: LotState,
    /// The findings that it would have and has not.
    pub raised: Vec<Finding>,
    /// The findings that it has and would not have any more.
    pub settled: Vec<Finding>,
}

/// Activating or voiding labels of a lot that were never printed or are void: it would have no effect, and stay.
fn labels_not_printed(facts: &Facts, uri: &str, state: &LotState) -> Option<Refusal> {
    let Facts::Event(event) = facts else { return None };
    let named = event.objects().iter().any(|amount| amount.subject == uri);
    let meant = Ranges::of(event.labels.iter().copied());
    let wrong = match event.step {
        Step::Commissioning if named => meant.without(&state.labels.active),
        Step::Decommissioning if named => meant.without(&state.labels.printed),
        _ => return None,
    };
    (!wrong.is_empty()).then(|| Refusal::LabelsNotPrinted { lot: uri.to_owned(), labels: wrong.to_string() })
}

/// What a lot had against it before the drafts that change it.
#[derive(Default)]
struct Seen(HashMap<String, Vec<Finding>>);

impl Projector {
    /// A projector that only looks ahead, from where the other one is.
    fn ahead(store: Arc<dyn Store>, directory: Directory, now_ms: i64) -> Self {
        let ahead = Self::new(store.clone(), store, directory);
        Self { size: FIRST_DRAFT, foresees_at_ms: Some(now_ms), ..ahead }
    }

    /// What would become of these drafts, one after the other.
    pub(crate) async fn foresee(
        store: Arc<dyn Store>,
        directory: Directory,
        now_ms: i64,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Foreseen>, ProjectError> {
        let mut ahead = Self::ahead(store, directory, now_ms);
        let mut seen = Seen::default();
        let mut answers = Vec::with_capacity(drafts.len());
        for draft in drafts {
            answers.push(ahead.foresee_one(&draft, now_ms, &mut seen).await?);
            ahead.size += 1;
        }
        Ok(answers)
    }

    async fn foresee_one(
        &mut self,
        draft: &Draft,
        now_ms: i64,
        seen: &mut Seen,
    ) -> Result<Foreseen, ProjectError> {
        let refused = |refusal| Ok(Foreseen { refusals: vec![refusal], ..Foreseen::default() });
        let facts = match nguon_epcis::read(&draft.document) {
            Ok(document) => document.facts,
            Err(ReadError::Quantity { subject, error }) => {
                return refused(Refusal::Quantity { subject, error });
            }
            Err(error) => return refused(Refusal::Unreadable { why: error.to_string() }),
        };
        if self.known().authority.organisation(draft.organisation).is_none() {
            return refused(Refusal::OrganisationUnknown);
        }
        let mut answer = Foreseen {
            refusals: refusals(&facts, &draft.organisation.to_string(), now_ms),
            ..Foreseen::default()
        };
        if let Facts::Event(event) = &facts {
            let own = draft.organisation.to_string();
            for plot in plots_worked(event) {
                let known = self
                    .card_of(plot)
                    .await?
                    .is_some_and(|card| card.organisation == own && matches!(card.facts, Facts::Plot(_)));
                if !known {
                    answer.refusals.push(Refusal::PlotUnknown { plot: plot.to_owned() });
                }
            }
            if let Some(lot) = self.made_of_itself(event).await? {
                answer.refusals.push(Refusal::MadeOfItself { lot });
            }
        }
        if let (Facts::Plot(plot), Some(place)) = (&facts, &draft.place) {
            match Outline::parse(place) {
                Ok(outline) => {
                    let odd = outline.suffices_for(plot.area_m2).err();
                    answer.remarks.extend(odd.map(|odd| (odd.key(), odd.vi(), odd.en())));
                    let odd = outline.warnings(plot.area_m2).into_iter();
                    answer.remarks.extend(odd.map(|odd| (odd.key(), odd.vi(), odd.en())));
                }
                Err(error) => answer.refusals.push(Refusal::Place {
                    fault: error.key(),
                    vi: error.vi(),
                    en: error.en(),
                }),
            }
        }
        let Some((record, payload)) = self.as_record(draft, facts.clone()) else {
            answer.refusals.push(Refusal::TooLarge);
            return Ok(answer);
        };
        if !matches!(facts, Facts::Event(_)) && !self.is_signed_as(&record, &facts) {
            answer.refusals.push(Refusal::ActDiffers);
        }
        self.batch.changed.clear();
        self.read(Parsed::new(record, false, Some(&payload))).await?;
        let changed: Vec<String> = self.batch.changed.iter().cloned().collect();
        for uri in changed {
            let Some(state) = self.lot_state(&uri).await? else { continue };
            let before = match seen.0.remove(&uri) {
                Some(before) => before,
                None => self.findings_before(&uri, now_ms).await?,
            };
            let mut now = state.findings.clone();
            now.extend(self.papers_findings(&state, vietnam_day(now_ms)).await?);
            let lot = ForeseenLot {
                effect: state.stages.iter().find(|stage| stage.record == self.size).map(|stage| stage.effect),
                raised: now.iter().filter(|finding| !before.contains(finding)).cloned().collect(),
                settled: before.iter().filter(|finding| !now.contains(finding)).cloned().collect(),
                state: LotState::clone(&state),
            };
            seen.0.insert(uri.clone(), now);
            let own = lot.raised.iter().filter(|finding| finding.records.contains(&self.size));
            answer.refusals.extend(own.filter_map(|finding| refusal_of(finding.code, &uri)));
            answer.refusals.extend(labels_not_printed(&facts, &uri, &state));
            match lot.effect {
                Some(Effect::Void { reason: Void::PlotUnknown }) => {}
                Some(Effect::Void { reason }) => answer.refusals.push(refusal_of_void(reason, &uri)),
                Some(Effect::Claim) => answer.remarks.push((
                    "claim",
                    format!(
                        "Lô {uri} không do đơn vị làm ra hay nhận về, nên lời ghi này không có tác dụng."
                    ),
                    format!(
                        "The organisation neither made nor received {uri}, so what it says has no effect."
                    ),
                )),
                Some(Effect::Counts) if hands_on(&facts) && is_recalled(&lot.state) => answer.remarks.push((
                    "lot_recalled",
                    format!("Lô {uri} đang bị thu hồi. Đừng bán, đừng giao tiếp."),
                    format!("Lot {uri} is recalled. Do not sell it, and do not hand it on."),
                )),
                _ => {}
            }
            answer.lots.push(lot);
        }
        answer.lots.sort_by_key(|lot| lot.effect.is_none());
        let mut known = Vec::new();
        answer.refusals.retain(|refusal| {
            let is_new = !known.contains(refusal);
            known.push(refusal.clone());
            is_new
        });
        if let Facts::Listing(listing) = &facts {
            let row = self.subject(&listing.uri).await?;
            let listed = row.is_some_and(|row| row.kind == "listing" && row.status != "gone");
            let judged = self.availability(&listing.uri).await?;
            let reasons = judged.map(|judged| judged.reasons().to_vec()).unwrap_or_default();
            answer.offer = Some(ForeseenOffer { listed, reasons });
        }
        Ok(answer)
    }

    /// What a lot has against it in the log.
    async fn findings_before(&mut self, uri: &str, now_ms: i64) -> Result<Vec<Finding>, ProjectError> {
        let row = self.target.reader().await?.subject(uri).await?;
        let Some(state) = row.as_ref().and_then(lot_of) else { return Ok(Vec::new()) };
        let mut found = self.papers_findings(&state, vietnam_day(now_ms)).await?;
        found.splice(0..0, state.findings);
        Ok(found)
    }

    /// A lot that would be made of itself, by way of others.
    async fn made_of_itself(&mut self, event: &Event) -> Result<Option<String>, ProjectError> {
        let inputs: Vec<&str> = event.inputs().iter().map(|input| input.subject.as_str()).collect();
        let mut open: Vec<String> = event.outputs().iter().map(|output| output.subject.clone()).collect();
        let mut reached: std::collections::BTreeSet<String> = open.iter().cloned().collect();
        if inputs.is_empty() {
            return Ok(None);
        }
        while let Some(lot) = open.pop() {
            for next in self.made_of(&lot).await? {
                if inputs.contains(&next.as_str()) {
                    return Ok(Some(next));
                }
                if reached.len() < WALKED && reached.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        Ok(None)
    }

    /// The draft as a record; nothing if it is more than one can hold.
    fn as_record(&self, draft: &Draft, facts: Facts) -> Option<(Record, Vec<u8>)> {
        let salt = [0; 16];
        let uris: Vec<String> = facts.subject_uris().into_iter().map(str::to_owned).collect();
        let newest = nguon_ledger::EventId::ZERO;
        let subjects: Vec<Subject> =
            uris.iter().map(|uri| Subject { handle: handle(uri, &salt), newest }).collect();
        let act = draft.act.unwrap_or_else(|| act_of(&facts));
        let document = Document { subjects: uris.into_iter().map(|uri| (uri, salt)).collect(), facts };
        let payload = nguon_epcis::write(&document);
        let opening = Opening { kind: SectionType::PUBLIC, salt: [0; 32], payload: payload.clone() };
        let section = SectionRef { kind: SectionType::PUBLIC, commitment: opening.commitment() };
        let ledger_id = self.known().authority.ledger_id();
        let unsigned = Unsigned {
            act: Some(act),
            subjects,
            sections: vec![section],
            // Each draft is another record.
            seq: self.size - FIRST_DRAFT,
            prev: match self.size {
                FIRST_DRAFT => newest,
                _ => nguon_ledger::EventId::from_bytes([0xff; 32]),
            },
            ..Unsigned::first(ledger_id, draft.organisation, Control::Event)
        };
        // Nobody stands behind this key: what it signs is a draft, and leaves this function's caller never.
        let record = unsigned.sign(&SigningKey::from_seed(*b"nguon: a draft that is not kept ")).ok()?;
        (payload.len() <= nguon_epcis::MAX_BYTES).then_some((record, payload))
    }
}

/// Whether an event brings goods to somebody else.
fn hands_on(facts: &Facts) -> bool {
    matches!(facts, Facts::Event(event) if matches!(event.step, Step::Selling | Step::Shipping))
}

fn is_recalled(state: &LotState) -> bool {
    matches!(state.status, LotStatus::Recalled { .. })
}

/// The act that facts are signed as.
fn act_of(facts: &Facts) -> Act {
    match facts {
        Facts::Event(event) => match event.step {
            Step::Planting { .. }
            | Step::Fertilising { .. }
            | Step::PlantProtection(_)
            | Step::Irrigation { .. }
            | Step::Test { .. }
            | Step::Confirming { .. }
            | Step::Waste { .. } => Act::Diary,
            Step::Inspecting { .. } => Act::Inspection,
            Step::Recall { .. } | Step::RecallEnded { .. } => Act::Recall,
            _ => Act::Lot,
        },
        Facts::Plot(_) => Act::Diary,
        Facts::Organisation(_) | Facts::Product(_) | Facts::Certificate(_) | Facts::Listing(_) => {
            Act::Commerce
        }
    }
}
