//! What wants an answer from an organisation.

use std::sync::Arc;

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use nguon_id::LotId;
use nguon_service::NoticedSign;
use nguon_trace::finding::{Code, Severity};
use nguon_trace::scans::Sign;
use serde::Serialize;
use utoipa::ToSchema;

use super::{member, no_parameters, private};
use crate::app::App;
use crate::device::signed_by;
use crate::problem::{Document, Problem};

/// What wants an answer.
#[derive(Serialize, ToSchema)]
struct Messages {
    /// Warnings and worse on the organisation's lots, the gravest first; 200 at most.
    findings: Vec<Found>,
    /// Lots that are called back.
    recalls: Vec<Recalled>,
    /// Records that wait, and are not accepted yet.
    held: Vec<Held>,
    /// Keys that signed two records for one place.
    forks: Vec<Forked>,
    /// Labels that look copied.
    scan_signs: Vec<Copied>,
    /// What shoppers reported, without contacts.
    reports: Vec<Reported>,
    /// There was more than is shown.
    cut: bool,
}

/// A finding on a lot.
#[derive(Serialize, ToSchema)]
struct Found {
    /// The lot.
    lot: String,
    /// The path of its page.
    path: Option<String>,
    /// Which rule.
    #[schema(value_type = String)]
    code: Code,
    /// `warning` or `blocking`.
    #[schema(value_type = String)]
    severity: Severity,
    /// What is found, in Vietnamese.
    vi: String,
    /// The same in English.
    en: String,
    /// Log indexes of the records that it rests on (`/api/v1/log/entries/{index}`).
    records: Vec<u64>,
}

/// A lot that is called back.
#[derive(Serialize, ToSchema)]
struct Recalled {
    /// The lot.
    lot: String,
    /// The path of its page.
    path: Option<String>,
}

/// A record that waits.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldRecord)]
struct Held {
    /// Which.
    event_id: String,
    /// Who signed it.
    author: String,
    /// Its place.
    seq: u64,
    /// `gap`, `after-revocation` or `frozen`.
    reason: String,
    /// When it came (Unix milliseconds).
    received_at_ms: i64,
}

/// A key that forked.
#[derive(Serialize, ToSchema)]
#[schema(as = ForkedKey)]
struct Forked {
    /// The key.
    key: String,
    /// Logged first.
    first: String,
    /// Logged as disputed.
    other: String,
    /// The chain waits for its organisation.
    frozen: bool,
}

/// A label that looks copied.
#[derive(Serialize, ToSchema)]
struct Copied {
    /// The label's lot.
    lot: String,
    /// The path of the lot's page.
    path: Option<String>,
    /// Its number.
    number: u32,
    /// The day on which it was first noticed.
    day: String,
    /// What it is.
    #[schema(value_type = Object)]
    #[serde(flatten)]
    sign: Sign,
}

/// A shopper's report.
#[derive(Serialize, ToSchema)]
struct Reported {
    /// Its number.
    case: String,
    /// The lot.
    lot: String,
    /// Why.
    reason: String,
    /// In the shopper's words.
    words: String,
    /// When it came (Unix milliseconds).
    received_at_ms: i64,
    /// How far it is.
    progress: String,
}

/// What wants an answer?
///
/// Findings on the organisation's lots, recalls, records that wait, forks, labels that look copied, shoppers' reports.
#[utoipa::path(
    get, path = "/api/v1/desk/messages", tag = "desk",
    responses(
        (status = 200, description = "Everything that wants an answer", body = Messages),
        (status = 401, description = "`request-unsigned` and the others", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`not-yours`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn messages(State(app): State<Arc<App>>, parts: Parts) -> Result<Response, Problem> {
    no_parameters(&parts)?;
    let member = member(&app, signed_by(&app, &parts)?)?;
    let service = app.service.clone();
    let found = app.ask(async move { service.desk().messages(&member, service.reports()).await });
    let found = found.await??;
    let path = |uri: &str| LotId::from_uri(uri).ok().map(|id| id.path());
    let messages = Messages {
        findings: found
            .findings
            .into_iter()
            .map(|one| Found {
                lot: one.lot,
                path: one.path,
                code: one.finding.code,
                severity: one.finding.severity,
                vi: one.finding.text_vi,
                en: one.finding.text_en,
                records: one.finding.records,
            })
            .collect(),
        recalls: found.recalls.into_iter().map(|(lot, path)| Recalled { lot, path }).collect(),
        held: found
            .held
            .into_iter()
            .map(|(waiting, reason)| Held {
                event_id: waiting.event.to_string(),
                author: waiting.author.to_string(),
                seq: waiting.seq,
                reason,
                received_at_ms: waiting.received_at_ms,
            })
            .collect(),
        forks: found
            .forks
            .into_iter()
            .filter_map(|key| {
                let fork = key.fork?;
                Some(Forked {
                    key: key.key.to_string(),
                    first: fork.first.to_string(),
                    other: fork.other.to_string(),
                    frozen: fork.frozen,
                })
            })
            .collect(),
        scan_signs: found
            .signs
            .into_iter()
            .map(|NoticedSign { lot_uri, number, day, sign }| Copied {
                path: path(&lot_uri),
                lot: lot_uri,
                number,
                day,
                sign,
            })
            .collect(),
        reports: found
            .reports
            .into_iter()
            .map(|case| Reported {
                case: case.case.to_string(),
                lot: case.lot_uri,
                reason: case.reason.key().to_owned(),
                words: case.words,
                received_at_ms: case.received_at_ms,
                progress: case.progress.key().to_owned(),
            })
            .collect(),
        cut: found.cut,
    };
    Ok(private(messages))
}
