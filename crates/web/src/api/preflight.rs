//! `POST /api/v1/preflight`: what would the rules say of a draft? Asked before it is signed, because what is signed stays.
//!
//! ```json
//! { "drafts": [ { "organisation_id": "<64 hex>", "act": "lot", "facts": { "type": "ObjectEvent", … } } ] }
//! ```
//!
//! Drafts follow each other: the second is judged as if the first were logged. Nothing is stored, and nothing is answered
//! that is not public; whose draft it is, is not checked.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use nguon_ledger::{Act, OrganisationId};
use nguon_market::ReasonCode;
use nguon_service::preflight::{DRAFTS_MAX, FIRST_DRAFT};
use nguon_service::{Draft, Foreseen, ForeseenLot, PreflightError, ProjectError};
use nguon_trace::finding::Finding;
use nguon_trace::lot::Effect;
use nguon_trace::quantity::Quantity;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::api::body;
use crate::app::App;
use crate::language::Language;
use crate::problem::{self, Problem};

/// How long the body may be.
const BODY_BYTES_MAX: usize = 2 << 20;

/// Drafts to look into.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// 1 to 100 drafts, in the order in which they are to be signed.
    #[schema(min_items = 1, max_items = 100)]
    drafts: Vec<AskedDraft>,
}

/// Something that somebody is about to sign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskedDraft {
    /// In whose name.
    #[schema(value_type = String)]
    organisation_id: String,
    /// `diary` · `lot` · `commerce` · `inspection` · `recall`; the one that fits the facts, if none is said.
    act: Option<String>,
    /// The public section: an EPCIS 2.0 event or a card. `nguon:subjects` is not needed.
    #[schema(value_type = Object)]
    facts: Box<RawValue>,
    /// With a plot's card: where it lies, a GeoJSON Feature in WGS 84, longitude first (RFC 7946). It is not kept.
    #[schema(value_type = Option<Object>)]
    place: Option<Box<RawValue>>,
}

/// One answer for each draft, in their order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Foresight {
    /// In the order of the drafts.
    results: Vec<Outlook>,
}

/// What would become of one draft.
#[derive(Serialize, ToSchema)]
struct Outlook {
    /// Whether nothing says that it should not be signed. Findings may be raised all the same.
    may_sign: bool,
    /// The gravest finding it would raise: `blocking` · `warning` · `info`; none if it raises none.
    gravest: Option<&'static str>,
    /// Why it should not be signed.
    refusals: Vec<Refused>,
    /// What whoever signs should know, without speaking against it: `claim`, `lot_recalled`, what is odd about a plot's place
    /// (`area_differs`, `point_too_coarse`, `coarse`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<Refused>,
    /// Lots that would be judged otherwise, those that it names first.
    lots: Vec<LotOutlook>,
    /// For a listing: whether the feed would show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<Offer>,
}

/// Why something should not be signed.
#[derive(Serialize, ToSchema)]
struct Refused {
    /// Stable: `unreadable` · `organisation_unknown` · `quantity` · `unit_unknown` · `future_date` · `self_shipment` · `made_of_itself` · `plot_unknown` ·
    /// what is wrong with a plot's place (`crosses_itself`, `not_closed`, …) · `made_twice` · `act_differs` · `void` · `too_large`.
    code: &'static str,
    /// What happened and what to do, in Vietnamese.
    text_vi: String,
    /// The same in English.
    text_en: String,
}

/// A lot as it would be.
#[derive(Serialize, ToSchema)]
struct LotOutlook {
    /// Its URI.
    uri: String,
    /// What the draft would be worth for it: `counts`, `claim`, `void`, `corrected`, `correction`; none if it is not about
    /// the lot itself.
    effect: Option<&'static str>,
    /// How it would stand: `active`, `recalled`, …
    #[schema(value_type = Object)]
    status: serde_json::Value,
    /// What would be left of it, in base units.
    #[schema(value_type = Option<Object>)]
    left: Option<Quantity>,
    /// The findings that it would have and has not.
    raised: Vec<Raised>,
    /// The findings that it has and would not have any more.
    settled: Vec<Raised>,
}

/// A finding, as in the lot's own document.
#[derive(Serialize, ToSchema)]
struct Raised {
    /// Stable code.
    #[schema(value_type = String)]
    code: nguon_trace::finding::Code,
    /// `blocking` · `warning` · `info`.
    severity: &'static str,
    /// Whether it rests on drafts of this request.
    on_drafts: bool,
    /// The logged records that it rests on, by index.
    records: Vec<u64>,
    /// In Vietnamese.
    text_vi: String,
    /// In English.
    text_en: String,
}

/// A listing as it would be.
#[derive(Serialize, ToSchema)]
struct Offer {
    /// Whether the feed would show it. Not listed without a reason: its product's or seller's card is missing.
    listed: bool,
    /// What speaks against it, the weightiest first.
    reasons: Vec<OfferReason>,
}

/// Why something would not be offered.
#[derive(Serialize, ToSchema)]
struct OfferReason {
    /// As in the feed's withdrawals: `lot_recalled`, `lot_blocked`, `sold_out`, …
    code: &'static str,
    /// The lot, when a lot is the reason.
    lot: Option<String>,
    /// In Vietnamese.
    text_vi: &'static str,
    /// In English.
    text_en: &'static str,
}

/// Look into drafts before they are signed.
///
/// Says of each draft why it should not be signed (`refusals`: an impossible quantity or day, a lot made twice, an unknown
/// plot, a shipment to oneself), and which findings its lots and what is made of them would get or lose. A draft is judged
/// as if those before it in the request were logged. Nothing is stored.
#[utoipa::path(
    post, path = "/api/v1/preflight", tag = "records",
    request_body(content = Asked, description = "At most 2 MiB, uncompressed"),
    responses(
        (status = 200, description = "One answer for each draft", body = Foresight),
        (status = 400, description = "The request cannot be read", body = problem::Document, content_type = "application/problem+json"),
        (status = 413, description = "Too large, or more than 100 drafts", body = problem::Document, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json, or compressed", body = problem::Document, content_type = "application/problem+json"),
        (status = 422, description = "`preflight-too-much`: ask with fewer drafts", body = problem::Document, content_type = "application/problem+json"),
        (status = 503, description = "Busy: sign without asking, or ask again", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn preflight(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let read = body::read_json(&headers, body, BODY_BYTES_MAX, &app.body_bytes).await?;
    let asked: Asked = serde_json::from_slice(&read.bytes)
        .map_err(|error| Problem::new("request-malformed").because(error))?;
    match asked.drafts.len() {
        0 => return Err(Problem::new("no-records")),
        1..=DRAFTS_MAX => {}
        _ => return Err(Problem::new("too-many-records").saying("limit", DRAFTS_MAX)),
    }
    let drafts = asked.drafts.into_iter().map(AskedDraft::read).collect::<Result<Vec<_>, Problem>>()?;
    let (service, share) = (app.service.clone(), read.share);
    drop(read.bytes);
    let foreseen = app
        .ask(async move {
            let foreseen = service.preflight(drafts).await;
            drop(share);
            foreseen
        })
        .await?
        .map_err(|error| match error {
            PreflightError::Busy => Problem::new("busy"),
            PreflightError::TooMuch => Problem::new("preflight-too-much"),
            PreflightError::Project(ProjectError::Store(error)) => {
                tracing::error!(%error, "a preflight could not read");
                Problem::new("read-failed")
            }
            error @ PreflightError::Project(_) => Problem::internal(&error),
        })?;
    let results = foreseen.into_iter().map(Outlook::of).collect();
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_LANGUAGE, language.tag())];
    Ok((headers, Json(Foresight { results })).into_response())
}

impl AskedDraft {
    fn read(self) -> Result<Draft, Problem> {
        let organisation: OrganisationId =
            self.organisation_id.parse().map_err(|_| Problem::new("id-malformed"))?;
        let act = match self.act.as_deref() {
            None => None,
            Some("diary") => Some(Act::Diary),
            Some("lot") => Some(Act::Lot),
            Some("commerce") => Some(Act::Commerce),
            Some("inspection") => Some(Act::Inspection),
            Some("recall") => Some(Act::Recall),
            Some(_) => {
                return Err(Problem::new("request-malformed")
                    .because("an act is diary, lot, commerce, inspection or recall"));
            }
        };
        let bytes = |raw: &RawValue| raw.get().as_bytes().to_vec();
        let (document, place) = (bytes(&self.facts), self.place.as_deref().map(bytes));
        Ok(Draft { organisation, act, document, place })
    }
}

impl Outlook {
    fn of(foreseen: Foreseen) -> Self {
        let gravest = foreseen.lots.iter().flat_map(|lot| &lot.raised).map(|finding| finding.severity).min();
        let refused = |refusal: &nguon_trace::draft::Refusal| Refused {
            code: refusal.code(),
            text_vi: refusal.text_vi(),
            text_en: refusal.text_en(),
        };
        Self {
            may_sign: foreseen.refusals.is_empty(),
            gravest: gravest.map(nguon_trace::finding::Severity::key),
            refusals: foreseen.refusals.iter().map(refused).collect(),
            remarks: foreseen
                .remarks
                .into_iter()
                .map(|(code, text_vi, text_en)| Refused { code, text_vi, text_en })
                .collect(),
            lots: foreseen.lots.into_iter().map(LotOutlook::of).collect(),
            offer: foreseen.offer.map(|offer| Offer {
                listed: offer.listed,
                reasons: offer
                    .reasons
                    .into_iter()
                    .map(|reason| {
                        let (text_vi, text_en) = why(reason.code);
                        OfferReason { code: reason.code.code(), lot: reason.lot, text_vi, text_en }
                    })
                    .collect(),
            }),
        }
    }
}

/// Why something would not be offered, in Vietnamese and English.
fn why(reason: ReasonCode) -> (&'static str, &'static str) {
    match reason {
        ReasonCode::LotRecalled => ("Lô đang bị thu hồi.", "The lot is recalled."),
        ReasonCode::LotDestroyed => ("Lô đã tiêu hủy.", "The lot was destroyed."),
        ReasonCode::LotUnknown => {
            ("Lô chưa có trong sổ, hoặc không phải của đơn vị.", "The ledger has no such lot of this seller.")
        }
        ReasonCode::LotBlocked => {
            ("Lô có vấn đề phải xử lý trước khi bán.", "Something blocking stands against the lot.")
        }
        ReasonCode::LotExpired => ("Lô đã quá hạn.", "The lot is past its day."),
        ReasonCode::SellerUnrecognised => (
            "Đơn vị chưa được tỉnh công nhận, hoặc đang bị đình chỉ.",
            "The seller is not recognised, or suspended.",
        ),
        ReasonCode::NoLot => ("Tin rao không ghi lô nào.", "The offer names no lot."),
        ReasonCode::Withdrawn => ("Tin rao đã rút.", "The offer is withdrawn."),
        ReasonCode::NotYetValid => ("Chưa đến ngày bán.", "Its time has not come."),
        ReasonCode::Expired => ("Tin rao đã hết hạn.", "Its time is over."),
        ReasonCode::SoldOut => ("Đã hết hàng.", "Nothing is left."),
        ReasonCode::NotAdmitted => ("Sàn không được phép bán.", "The exchange may not sell it."),
        ReasonCode::CertificateLapsed => (
            "Giấy chứng nhận nêu trong tin chào bán không còn hiệu lực hoặc không phải của đơn vị.",
            "A certificate that the listing claims does not hold, or is not the seller's.",
        ),
    }
}

impl LotOutlook {
    fn of(lot: ForeseenLot) -> Self {
        let raised = |findings: Vec<Finding>| findings.into_iter().map(Raised::of).collect();
        Self {
            effect: lot.effect.map(|effect| match effect {
                Effect::Counts => "counts",
                Effect::Claim => "claim",
                Effect::Void { .. } => "void",
                Effect::Corrected { .. } => "corrected",
                Effect::Correction { .. } => "correction",
            }),
            status: serde_json::to_value(&lot.state.status).unwrap_or_default(),
            left: lot.state.balance.map(|sum| Quantity { amount: sum.left, unit: sum.unit }),
            raised: raised(lot.raised),
            settled: raised(lot.settled),
            uri: lot.state.uri,
        }
    }
}

impl Raised {
    fn of(finding: Finding) -> Self {
        let on_drafts = finding.records.iter().any(|index| *index >= FIRST_DRAFT);
        Self {
            code: finding.code,
            severity: finding.severity.key(),
            on_drafts,
            records: finding.records.into_iter().filter(|index| *index < FIRST_DRAFT).collect(),
            text_vi: finding.text_vi,
            text_en: finding.text_en,
        }
    }
}
