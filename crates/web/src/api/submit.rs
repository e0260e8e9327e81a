//! `POST /api/v1/records`: signed records come in, each with its own answer.
//!
//! ```json
//! { "records": [ { "record": "<base64>", "openings": [ { "salt": "<64 hex>", "payload": "<base64>" } ] } ] }
//! ```
//!
//! One opening for each section, in order; a delegation that names a person has the person's opening last. Retries are
//! free: a record that is logged already gets its first answer again. A device keeps each record until it holds the receipt.
//!
//! With one record the HTTP status is that of its answer. With several it is 200 whatever became of them, and each
//! answer has its own status: 207 is WebDAV's, whose clients expect its XML (RFC 4918, section 13).

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nguon_service::{Incoming, Submitted, Taken};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::{BODY_BYTES_MAX, RECORDS_MAX, body};
use crate::app::App;
use crate::language::{Language, Text};
use crate::observe::RequestId;
use crate::problem::{self, Problem};

/// Records to take.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "records": [{ "record": "TkdOMQEB…", "openings": [{ "salt": "6f1c…", "payload": "eyJ0…" }] }] }))]
struct Sent {
    /// 1 to 500 records. Records of one key in the order of their `seq`.
    #[schema(min_items = 1, max_items = 500)]
    records: Vec<SentRecord>,
}

/// One signed record with its contents.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SentRecord {
    /// The exact signed bytes, base64; at most 65,535 bytes.
    record: String,
    /// One for each section of the record, in order; then, for a delegation that names a person, the person's.
    #[serde(default)]
    openings: Vec<SentOpening>,
}

/// What opens one section's commitment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SentOpening {
    /// 32 bytes as 64 hexadecimal digits.
    salt: String,
    /// The contents, base64; those of one record have at most 262,144 bytes together.
    payload: String,
}

/// One answer for each record, in the order in which they were sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct Answers {
    /// In the order in which the records were sent.
    results: Vec<Answer>,
}

/// What became of one record.
#[derive(Serialize, ToSchema)]
struct Answer {
    /// 201 logged now · 200 was logged already · 202 waits · otherwise as the problem says.
    status: u16,
    /// What became of it.
    state: Became,
    /// The record's name, if the bytes were a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// Its place in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    /// Where its receipt will be: ready when a checkpoint covers the record, within seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    /// Why it waits. It has no index and no receipt: the device keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<HoldAnswer>,
    /// Why it was not taken. Nothing of it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<problem::Document>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RecordState)]
enum Became {
    Logged,
    Held,
    Refused,
}

/// Why a record waits.
#[derive(Serialize, ToSchema)]
struct HoldAnswer {
    /// `gap` · `after-revocation` · `frozen`.
    reason: &'static str,
    /// In the language asked for.
    #[serde(flatten)]
    text: Text,
    /// `expected_seq` for a gap; `last_good_seq` after a revocation (null: none); `first` and `other` for a fork.
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// Send records.
///
/// Takes 1 to 500 signed records with the openings of all their sections, and answers them one by one, in order. An
/// answer `logged` means that the record is durable at that index. Sending a record again is free and gives the first
/// answer again. Contents are never judged here: what a valid key signed is logged, and rules judge it later.
///
/// Refusals by `type`: `record-encoding`, `record-malformed` 400 · `record-too-large`, `payload-too-large` 413 ·
/// `wrong-ledger`, `openings-mismatch`, `weak-key`, `signature-invalid` 422 · `unknown-key`, `organisation-mismatch`,
/// `root-replaced`, `suspended` 403 · `key-taken`, `prev-mismatch`, `fork` 409 · `too-many-held`, `strangers-budget` 429 · `busy`,
/// `unavailable`, `timed-out` 503 with Retry-After.
#[utoipa::path(
    post, path = "/api/v1/records", tag = "records",
    request_body(content = Sent, description = "At most 8 MiB, uncompressed"),
    responses(
        (status = 201, description = "The only record sent is logged now", body = Answers),
        (status = 200, description = "The only record was logged already; or several records were sent, and each answer has its own status", body = Answers),
        (status = 202, description = "The only record waits", body = Answers),
        (status = 400, description = "The request cannot be read (problem), or the only record cannot (answers)", body = problem::Document, content_type = "application/problem+json"),
        (status = 403, description = "The only record is by a key that nobody stands behind, or of a suspended organisation", body = Answers),
        (status = 408, description = "The body came too slowly", body = problem::Document, content_type = "application/problem+json"),
        (status = 409, description = "The only record is a fork, or does not join its chain", body = Answers),
        (status = 413, description = "Too large, or more than 500 records", body = problem::Document, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json, or compressed", body = problem::Document, content_type = "application/problem+json"),
        (status = 422, description = "Signature, openings, key or ledger of the only record do not fit", body = Answers),
        (status = 429, description = "Too many records of this key wait already", body = Answers),
        (status = 503, description = "Busy or unavailable: keep the records and send them again", body = problem::Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    language: Language,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let read = body::read_json(&headers, body, BODY_BYTES_MAX, &app.body_bytes).await?;
    let sent: Sent = serde_json::from_slice(&read.bytes)
        .map_err(|error| Problem::new("request-malformed").because(error))?;
    match sent.records.len() {
        0 => return Err(Problem::new("no-records")),
        1..=RECORDS_MAX => {}
        _ => return Err(Problem::new("too-many-records").saying("limit", RECORDS_MAX)),
    }
    // What cannot be decoded is answered in its place; the others go on.
    let mut decoded = Vec::with_capacity(sent.records.len());
    let mut incoming = Vec::with_capacity(sent.records.len());
    for record in sent.records {
        decoded.push(record.decode().map(|one| incoming.push(one)));
    }
    let (service, share) = (app.service.clone(), read.share);
    drop(read.bytes);
    let mut submitted = match incoming.is_empty() {
        true => Vec::new(),
        false => {
            app.ask(async move {
                let answers = service.submit(incoming).await;
                drop(share);
                answers
            })
            .await?
        }
    }
    .into_iter();
    let results: Vec<Answer> = decoded
        .into_iter()
        .map(|decoded| match decoded {
            Ok(()) => submitted.next().map_or_else(
                || Answer::refused(Problem::internal(&"a record got no answer"), None, language, &request),
                |one| Answer::of(one, language, &request),
            ),
            Err(problem) => Answer::refused(problem, None, language, &request),
        })
        .collect();
    Ok(answer(results, language))
}

fn answer(results: Vec<Answer>, language: Language) -> Response {
    let status = match results.as_slice() {
        [only] => StatusCode::from_u16(only.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        _ => StatusCode::OK,
    };
    let location = match results.as_slice() {
        [Answer { state: Became::Logged, event_id: Some(event), .. }] => {
            Some(format!("/api/v1/records/{event}"))
        }
        _ => None,
    };
    let again = results.iter().any(|one| one.status == StatusCode::SERVICE_UNAVAILABLE.as_u16());
    let mut response = (
        status,
        [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_LANGUAGE, language.tag())],
        Json(Answers { results }),
    )
        .into_response();
    if let Some(location) = location.and_then(|location| location.parse().ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if again {
        response.headers_mut().insert(header::RETRY_AFTER, problem::RETRY_AFTER_S.into());
    }
    response
}

impl SentRecord {
    fn decode(self) -> Result<Incoming, Problem> {
        let bytes = |what: String, text: &str| {
            BASE64_STANDARD.decode(text).map_err(|error| {
                Problem::new("record-encoding").because(format!("{what} is not base64: {error}"))
            })
        };
        let record = bytes("record".to_owned(), &self.record)?;
        let openings = self
            .openings
            .into_iter()
            .enumerate()
            .map(|(n, opening)| {
                let mut salt = [0; 32];
                hex::decode_to_slice(&opening.salt, &mut salt).map_err(|_| {
                    Problem::new("record-encoding")
                        .because(format!("the salt of opening {n} is not 64 hexadecimal digits"))
                })?;
                Ok((salt, bytes(format!("the payload of opening {n}"), &opening.payload)?))
            })
            .collect::<Result<_, Problem>>()?;
        Ok(Incoming { record, openings })
    }
}

impl Answer {
    fn of(one: Submitted, language: Language, request: &RequestId) -> Self {
        let event_id = one.event.map(|event| event.to_string());
        match one.answer {
            Ok(Taken::Logged { index, again }) => Self {
                status: if again { StatusCode::OK } else { StatusCode::CREATED }.as_u16(),
                receipt: event_id.as_ref().map(|event| format!("/api/v1/receipts/{event}")),
                index: Some(index),
                ..Self::new(Became::Logged, event_id)
            },
            Ok(Taken::Held(hold)) => Self {
                status: StatusCode::ACCEPTED.as_u16(),
                hold: Some(HoldAnswer {
                    reason: hold.code(),
                    text: problem::hold_text(&hold, language),
                    members: problem::hold_members(&hold),
                }),
                ..Self::new(Became::Held, event_id)
            },
            Err(refused) => Self::refused(refused.into(), event_id, language, request),
        }
    }

    fn refused(problem: Problem, event_id: Option<String>, language: Language, request: &RequestId) -> Self {
        Self {
            status: problem.status().as_u16(),
            problem: Some(problem.document(language, &request.instance())),
            ..Self::new(Became::Refused, event_id)
        }
    }

    fn new(state: Became, event_id: Option<String>) -> Self {
        Self { status: 0, state, event_id, index: None, receipt: None, hold: None, problem: None }
    }
}
