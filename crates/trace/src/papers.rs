//! Giấy tờ: the certificates that a lot names, judged by the day on which somebody asks.
//!
//! A certificate counts for the day on which the lot was made: one that had ended by then, or belongs to somebody else,
//! blocks the lot; one that ended later is only said to have ended. OCOP stars hold for 36 months (Decision
//! 148/QĐ-TTg of 2023) even if the paper names no end. Who signed the card, a certifier or the holder itself, is
//! shown with it (*confirmed* or *claimed*) and is no finding. Of anybody else no card [counts](is_heard).

use jiff::ToSpan;
use jiff::civil::Date;

use crate::facts::{Certificate, Scheme, organisation_in_urn, organisation_urn, vietnam_day};
use crate::finding::{Code, Finding, date_en, date_vi};
use crate::lot::{Effect, LotState};

/// Months for which OCOP stars hold.
const OCOP_MONTHS: i64 = 36;

/// A certificate that a lot names.
#[derive(Debug, Clone, Copy)]
pub struct Paper<'a> {
    /// Its URI.
    pub uri: &'a str,
    /// Its card, if anybody laid one who [is heard](is_heard).
    pub card: Option<&'a Certificate>,
    /// The organisation (hex) that the card's holder means, where the holder is not an
    /// [`organisation_urn`] but, say, a GLN that the caller knows.
    pub holder: Option<&'a str>,
}

/// The last day of a certificate, if it has one.
#[must_use]
pub fn last_day(card: &Certificate) -> Option<Date> {
    let stars = match card.scheme {
        Scheme::Ocop { .. } => {
            card.valid_from.checked_add(OCOP_MONTHS.months()).and_then(|day| day.yesterday()).ok()
        }
        _ => None,
    };
    match (card.valid_until, stars) {
        (Some(until), Some(stars)) => Some(until.min(stars)),
        (until, stars) => until.or(stars),
    }
}

/// Whether a certificate's card is of somebody whose word on it counts for the lot: whoever certifies, or made it or what it
/// was made of. Anybody else's, a buyer's too, would let others block it.
#[must_use]
pub fn is_heard(lot: &LotState, signer: &str, certifies: bool) -> bool {
    certifies || lot.maker.as_deref() == Some(signer) || lot.source_makers.contains(signer)
}

/// What the papers have against the lot on this day.
#[must_use]
pub fn judge(lot: &LotState, papers: &[Paper<'_>], today: Date) -> Vec<Finding> {
    let mut found: Vec<Finding> = papers
        .iter()
        .filter(|paper| lot.certificates.contains(paper.uri))
        .flat_map(|paper| one(lot, paper, today))
        .collect();
    found.sort_by(|a, b| (a.severity, a.code, &a.records).cmp(&(b.severity, b.code, &b.records)));
    found
}

fn one(lot: &LotState, paper: &Paper<'_>, today: Date) -> Vec<Finding> {
    let naming = lot.stages.iter().filter(|stage| {
        stage.effect == Effect::Counts && stage.certificates.iter().any(|uri| uri == paper.uri)
    });
    let records: Vec<u64> = naming.map(|stage| stage.record).collect();
    let finding = |code, vi: String, en: String| Finding::new(code, records.clone(), vi, en);
    let Some(card) = paper.card else {
        return vec![finding(
            Code::CertificateUnknown,
            "Lô nêu một giấy chứng nhận mà chưa ai đưa lên hệ thống.".to_owned(),
            "The lot names a certificate that nobody has laid here.".to_owned(),
        )];
    };
    let (number, made) = (&card.number, day_made(lot, today));
    let mut found = Vec::new();
    let holder = paper.holder.or_else(|| organisation_in_urn(&card.holder));
    let may_name = |holder: &str| lot.maker.as_deref() == Some(holder) || lot.source_makers.contains(holder);
    if holder.is_some_and(|holder| !may_name(holder)) {
        found.push(finding(
            Code::CertificateOfAnother,
            format!("Giấy chứng nhận {number} được cấp cho đơn vị khác."),
            format!("Certificate {number} was issued to another organisation."),
        ));
    }
    let end = last_day(card);
    if made < card.valid_from {
        found.push(finding(
            Code::CertificateNotValid,
            format!(
                "Giấy chứng nhận {number} có hiệu lực từ {}, sau ngày làm ra lô ({}).",
                date_vi(card.valid_from),
                date_vi(made)
            ),
            format!(
                "Certificate {number} began on {}, after the lot was made ({}).",
                date_en(card.valid_from),
                date_en(made)
            ),
        ));
    } else if let Some(end) = end.filter(|end| *end < made) {
        found.push(finding(
            Code::CertificateNotValid,
            format!(
                "Giấy chứng nhận {number} đã hết hạn ngày {}, trước ngày làm ra lô ({}).",
                date_vi(end),
                date_vi(made)
            ),
            format!(
                "Certificate {number} ended on {}, before the lot was made ({}).",
                date_en(end),
                date_en(made)
            ),
        ));
    } else if let Some(end) = end.filter(|end| *end < today) {
        found.push(finding(
            Code::CertificateEnded,
            format!(
                "Giấy chứng nhận {number} còn hiệu lực khi làm ra lô, và đã hết hạn ngày {}.",
                date_vi(end)
            ),
            format!("Certificate {number} was valid when the lot was made, and ended on {}.", date_en(end)),
        ));
    }
    if !card.covers.is_empty() && !covers(card, lot) {
        found.push(finding(
            Code::CertificateScope,
            format!("Giấy chứng nhận {number} không ghi sản phẩm, thửa hay lô này trong phạm vi."),
            format!("Certificate {number} does not name this product, plot or lot in its scope."),
        ));
    }
    found
}

fn covers(card: &Certificate, lot: &LotState) -> bool {
    let maker = lot.maker.as_deref().map(organisation_urn);
    card.covers.iter().any(|uri| {
        *uri == lot.uri
            || Some(uri) == lot.product.as_ref()
            || Some(uri) == maker.as_ref()
            || lot.origin_plots.contains(uri)
    })
}

/// The day on which the lot was made, as far as somebody said it.
fn day_made(lot: &LotState, today: Date) -> Date {
    let first = lot.stages.iter().find(|stage| stage.effect == Effect::Counts);
    let said = lot.produced_on.or(lot.harvest_until).or(lot.harvest_from);
    said.or(first.map(|stage| vietnam_day(stage.time_ms))).unwrap_or(today)
}
