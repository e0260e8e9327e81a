//! `GET /api/v1/records/{event_id}`: what a record says, and its exact bytes.
//!
//! The JSON is a reading aid: whoever wants to know, and not to believe, takes the bytes (`Accept:
//! application/octet-stream`, or the member `record`), checks the signature, and asks for the receipt.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::{EventId, Record, SectionRef, SectionType};
use nguon_service::Entry;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::api::control::{self, ControlView};
use crate::app::App;
use crate::problem::{self, Problem};
use crate::published;

/// A record may lose contents by erasure, and nothing else ever changes.
const CACHING: &str = "public, max-age=60";

/// How often, and how long apart, it is looked whether the index by event id has caught up: a second in all.
const INDEX_LOOKS: usize = 20;
const INDEX_PAUSE: Duration = Duration::from_millis(50);

/// A logged record.
#[derive(Serialize, ToSchema)]
#[schema(as = Record)]
struct RecordView {
    /// Its name: the digest of its body.
    event_id: String,
    /// Its place in the log, from 0.
    index: u64,
    /// The second record that a key signed for one place: it counts for nothing unless its organisation adopts it.
    disputed: bool,
    /// `event`, or the kind of a control record.
    kind: String,
    /// What an event is: `diary` · `lot` · `commerce` · `inspection` · `recall`.
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<String>,
    /// The ledger it was signed for.
    ledger_id: String,
    /// In whose name.
    organisation_id: String,
    /// The Ed25519 public key that signed.
    author: String,
    /// Its place in the author's chain, from 0.
    seq: u64,
    /// The author's record before it; null for the first.
    prev: Option<String>,
    /// What the device's clock said (Unix milliseconds): a claim. Null: unknown.
    device_time_ms: Option<u64>,
    /// The same in RFC 3339, if a calendar has it.
    device_time: Option<String>,
    /// The newest checkpoint that the device had verified: the record was not made before it.
    seen: Option<SeenView>,
    /// What it is about.
    subjects: Vec<SubjectView>,
    /// Its contents, as far as they are public.
    sections: Vec<SectionView>,
    /// What a control record does to the ledger itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<ControlView>,
    /// RFC 6962 leaf hash, SHA-256.
    leaf_hash: String,
    /// The exact signed bytes, base64.
    record: String,
    /// Where its receipt is (C2SP tlog-proof).
    receipt: String,
}

/// A checkpoint that a device had verified.
#[derive(Serialize, ToSchema)]
#[schema(as = Seen)]
struct SeenView {
    /// Tree size.
    size: u64,
    /// Root, SHA-256.
    root: String,
}

/// A thing that a record is about.
#[derive(Serialize, ToSchema)]
#[schema(as = Subject)]
struct SubjectView {
    /// Its name in the log.
    handle: String,
    /// The newest record on it that the device knew; null: none.
    newest: Option<String>,
}

/// One section.
#[derive(Serialize, ToSchema)]
#[schema(as = Section)]
struct SectionView {
    /// Its place, from 0.
    position: usize,
    /// 1 public facts · 2 person · 3 exact places · 4 attachments.
    #[serde(rename = "type")]
    kind: u16,
    /// The salted BLAKE3 commitment that was signed.
    commitment: String,
    /// `open`: here it is · `private`: not for everybody · `erased`: its contents were deleted, the proofs stay whole.
    state: &'static str,
    /// What hides the contents from guessing.
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    /// The exact contents, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// The contents as JSON, if they are JSON; most often one EPCIS 2.0 event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    document: Option<Box<RawValue>>,
}

/// A record by its event id.
///
/// `Accept: application/octet-stream` gives the exact signed bytes.
#[utoipa::path(
    get, path = "/api/v1/records/{event_id}", tag = "records",
    params(("event_id" = String, Path, description = "64 hexadecimal digits")),
    responses(
        (status = 200, description = "The record", content((RecordView = "application/json"), (Vec<u8> = "application/octet-stream"))),
        (status = 304, description = "The ETag sent is still right"),
        (status = 400, description = "`id-malformed`", body = problem::Document, content_type = "application/problem+json"),
        (status = 404, description = "`record-not-found`", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn by_event(
    State(app): State<Arc<App>>,
    Path(event): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let entry = entry(&app, &event).await?;
    Ok(answer(&entry, &headers))
}

/// A record by its place in the log.
#[utoipa::path(
    get, path = "/api/v1/log/entries/{index}", tag = "records",
    params(("index" = u64, Path, description = "Its place, from 0")),
    responses(
        (status = 200, description = "The record, as under its event id", content((RecordView = "application/json"), (Vec<u8> = "application/octet-stream"))),
        (status = 304, description = "The ETag sent is still right"),
        (status = 400, description = "`index-malformed`", body = problem::Document, content_type = "application/problem+json"),
        (status = 404, description = "`record-not-found`", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn by_index(
    State(app): State<Arc<App>>,
    Path(index): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let plain = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    let index = Some(index).filter(|_| plain).and_then(|index| index.parse::<i64>().ok());
    let index = index.ok_or_else(|| Problem::new("index-malformed"))?.unsigned_abs();
    let lookup = app.service.lookup().clone();
    let entry = app.ask(async move { lookup.entry_at(index).await }).await??;
    let entry = entry.ok_or_else(|| Problem::new("record-not-found"))?;
    let mut response = answer(&entry, &headers);
    // RFC 9110, section 8.7: the same thing lives there.
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/records/{}", entry.record.event_id())) {
        response.headers_mut().insert(header::CONTENT_LOCATION, place);
    }
    Ok(response)
}

/// The entry of an event id as it stands in a path.
pub(crate) async fn entry(app: &App, event: &str) -> Result<Entry, Problem> {
    let event: EventId = event.parse().map_err(|_| Problem::new("id-malformed"))?;
    let find = async || {
        let lookup = app.service.lookup().clone();
        app.ask(async move { lookup.entry(event).await }).await?.map_err(Problem::from)
    };
    if let Some(entry) = find().await? {
        return Ok(entry);
    }
    // The index by event id is written a moment after the record: who was just told that a record is logged must
    // find it.
    let logged = app.service.progress().logged;
    for _ in 0..INDEX_LOOKS {
        if app.service.progress().projected >= logged {
            break;
        }
        tokio::time::sleep(INDEX_PAUSE).await;
    }
    find().await?.ok_or_else(|| {
        let problem = Problem::new("record-not-found");
        if app.service.progress().projected >= logged { problem } else { problem.retry_after_s(1) }
    })
}

fn answer(entry: &Entry, headers: &HeaderMap) -> Response {
    let wants_bytes = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.to_ascii_lowercase().contains("application/octet-stream"));
    let mut response = if wants_bytes {
        published::answer(entry.record.as_bytes().to_vec(), "application/octet-stream", CACHING, headers)
    } else {
        let json = serde_json::to_vec(&view(entry)).expect("a view made of strings and numbers is JSON");
        published::answer(json, "application/json", CACHING, headers)
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}

fn view(entry: &Entry) -> RecordView {
    let record = &entry.record;
    let seen = record.seen();
    let known_time = Some(record.device_time_ms()).filter(|time| *time != 0);
    RecordView {
        event_id: record.event_id().to_string(),
        index: entry.index,
        disputed: entry.disputed,
        kind: record.kind().to_string().replace(' ', "-"),
        act: record.act().map(|act| act.to_string()),
        ledger_id: record.ledger_id().to_string(),
        organisation_id: record.belongs_to().to_string(),
        author: record.author().to_string(),
        seq: record.seq(),
        prev: named(record.prev()),
        device_time_ms: known_time,
        device_time: known_time.and_then(moment),
        seen: (seen.size != 0).then(|| SeenView { size: seen.size, root: seen.root.to_string() }),
        subjects: record
            .subjects()
            .iter()
            .map(|subject| SubjectView { handle: subject.handle.to_string(), newest: named(subject.newest) })
            .collect(),
        sections: sections(entry, record),
        control: control::view(record.control()),
        leaf_hash: record.leaf_hash().to_string(),
        record: BASE64_STANDARD.encode(record.as_bytes()),
        receipt: format!("/api/v1/receipts/{}", record.event_id()),
    }
}

fn sections(entry: &Entry, record: &Record) -> Vec<SectionView> {
    let one = |(position, section): (usize, &SectionRef)| {
        let opening =
            entry.openings.iter().find(|(place, _)| usize::from(*place) == position).map(|(_, open)| open);
        SectionView {
            position,
            kind: section.kind.0,
            commitment: section.commitment.to_string(),
            state: match (section.kind == SectionType::PUBLIC, opening) {
                (false, _) => "private",
                (true, Some(_)) => "open",
                (true, None) => "erased",
            },
            salt: opening.map(|opening| hex::encode(opening.salt)),
            payload: opening.map(|opening| BASE64_STANDARD.encode(&opening.payload)),
            // Kept as text: a tree of a hostile document would take many times its bytes.
            document: opening.and_then(|opening| serde_json::from_slice(&opening.payload).ok()),
        }
    };
    record.sections().iter().enumerate().map(one).collect()
}

/// The format's "none" is zero.
fn named(event: EventId) -> Option<String> {
    (!event.is_zero()).then(|| event.to_string())
}

/// Unix milliseconds in RFC 3339, unless it is a year that no calendar has.
pub(crate) fn moment(unix_ms: u64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()?;
    Some(time.to_string())
}
