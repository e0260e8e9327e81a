//! The one place where errors become answers: RFC 9457 `application/problem+json`.
//!
//! ```json
//! {
//!   "type": "urn:nguon:problem:fork",
//!   "title": "Hai bản ghi khác nhau ở cùng một chỗ",
//!   "status": 409,
//!   "detail": "Khóa này đã ký một bản ghi khác ở số thứ tự 7 …",
//!   "instance": "urn:nguon:request:5f0c2d9a-12",
//!   "vi": { "title": "…", "detail": "…" },
//!   "en": { "title": "…", "detail": "…" },
//!   "seq": 7, "first": "…", "other": "…", "evidence_logged": true
//! }
//! ```
//!
//! `type` is stable: programs decide by it and by the extension members, never by texts. `title` and `detail` are in the
//! language that the request asked for; both languages are always there, because the one who reads a farmer's
//! screenshot is often somebody else. `cause`, where present, is one technical sentence in English for developers.
//!
//! A handler returns a [`Problem`]; the middleware in [`crate::observe`] gives it language and request id. What a client
//! cannot use (a database's error) goes to the log and not into the answer.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nguon_ledger::{Hold, Refusal};
use nguon_service::exchanges::Allowance;
use nguon_service::feeds::{FeedError, HORIZON_DAYS, SHEET_ROWS_MAX};
use nguon_service::images::IMAGE_BYTES_MAX;
use nguon_service::pictures::PictureError;
use nguon_service::{ImageRefused, LookupError, MAX_PAYLOAD_BYTES, Refused};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::language::{Language, Text};

/// Where the media type of RFC 9457, section 3, is named.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Each code with its status, in the order of the message files.
const STATUSES: &[(&str, StatusCode)] = &[
    ("request-malformed", StatusCode::BAD_REQUEST),
    ("request-too-large", StatusCode::PAYLOAD_TOO_LARGE),
    ("too-many-records", StatusCode::PAYLOAD_TOO_LARGE),
    ("no-records", StatusCode::BAD_REQUEST),
    ("media-type-unsupported", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ("encoding-unsupported", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ("body-too-slow", StatusCode::REQUEST_TIMEOUT),
    ("body-incomplete", StatusCode::BAD_REQUEST),
    ("query-unknown", StatusCode::BAD_REQUEST),
    ("id-malformed", StatusCode::BAD_REQUEST),
    ("index-malformed", StatusCode::BAD_REQUEST),
    ("not-found", StatusCode::NOT_FOUND),
    ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
    ("record-not-found", StatusCode::NOT_FOUND),
    ("file-not-found", StatusCode::NOT_FOUND),
    ("organisation-not-found", StatusCode::NOT_FOUND),
    ("key-not-found", StatusCode::NOT_FOUND),
    ("not-published-yet", StatusCode::NOT_FOUND),
    ("cursor-malformed", StatusCode::BAD_REQUEST),
    ("cursor-gone", StatusCode::GONE),
    ("sheet-too-long", StatusCode::UNPROCESSABLE_ENTITY),
    ("lot-malformed", StatusCode::BAD_REQUEST),
    ("lot-not-found", StatusCode::NOT_FOUND),
    ("lot-cycle", StatusCode::CONFLICT),
    ("preflight-too-much", StatusCode::UNPROCESSABLE_ENTITY),
    ("evidence-too-large", StatusCode::UNPROCESSABLE_ENTITY),
    ("image-not-found", StatusCode::NOT_FOUND),
    ("image-removed", StatusCode::GONE),
    ("image-too-large", StatusCode::PAYLOAD_TOO_LARGE),
    ("image-digest-mismatch", StatusCode::UNPROCESSABLE_ENTITY),
    ("image-not-named", StatusCode::NOT_FOUND),
    ("image-not-recognised", StatusCode::FORBIDDEN),
    ("image-kind-mismatch", StatusCode::UNPROCESSABLE_ENTITY),
    ("image-too-many-pixels", StatusCode::UNPROCESSABLE_ENTITY),
    ("image-metadata", StatusCode::UNPROCESSABLE_ENTITY),
    ("image-unfit", StatusCode::UNPROCESSABLE_ENTITY),
    ("request-unsigned", StatusCode::UNAUTHORIZED),
    ("request-for-another-host", StatusCode::FORBIDDEN),
    ("request-signature-malformed", StatusCode::UNAUTHORIZED),
    ("request-signature-stale", StatusCode::UNAUTHORIZED),
    ("request-signature-wrong", StatusCode::UNAUTHORIZED),
    ("not-yours", StatusCode::FORBIDDEN),
    ("thing-not-found", StatusCode::NOT_FOUND),
    ("invitation-unknown", StatusCode::NOT_FOUND),
    ("invitation-expired", StatusCode::GONE),
    ("invitation-used", StatusCode::CONFLICT),
    ("invitation-taken", StatusCode::CONFLICT),
    ("invitation-cannot-give", StatusCode::UNPROCESSABLE_ENTITY),
    ("invitation-span", StatusCode::UNPROCESSABLE_ENTITY),
    ("too-many-invitations", StatusCode::UNPROCESSABLE_ENTITY),
    ("possession-invalid", StatusCode::UNPROCESSABLE_ENTITY),
    ("section-unknown", StatusCode::NOT_FOUND),
    ("too-many-erasures", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-kind-unknown", StatusCode::NOT_FOUND),
    ("sheet-too-large", StatusCode::PAYLOAD_TOO_LARGE),
    ("sheet-unpacks-too-large", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-broken", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-old-excel", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-locked", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-not-unicode", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-too-many-rows", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-too-many-columns", StatusCode::UNPROCESSABLE_ENTITY),
    ("sheet-no-rows", StatusCode::UNPROCESSABLE_ENTITY),
    ("key-missing", StatusCode::UNAUTHORIZED),
    ("key-unknown", StatusCode::UNAUTHORIZED),
    ("key-ended", StatusCode::UNAUTHORIZED),
    ("key-scope", StatusCode::FORBIDDEN),
    ("rate-limited", StatusCode::TOO_MANY_REQUESTS),
    ("order-malformed", StatusCode::BAD_REQUEST),
    ("order-unknown", StatusCode::NOT_FOUND),
    ("order-exists", StatusCode::CONFLICT),
    ("idempotency-key-reused", StatusCode::UNPROCESSABLE_ENTITY),
    ("listing-unknown", StatusCode::UNPROCESSABLE_ENTITY),
    ("other-seller", StatusCode::UNPROCESSABLE_ENTITY),
    ("not-for-sale", StatusCode::CONFLICT),
    ("unit-unfit", StatusCode::UNPROCESSABLE_ENTITY),
    ("below-minimum", StatusCode::UNPROCESSABLE_ENTITY),
    ("price-changed", StatusCode::CONFLICT),
    ("total-unfit", StatusCode::UNPROCESSABLE_ENTITY),
    ("stock-short", StatusCode::CONFLICT),
    ("order-too-early", StatusCode::CONFLICT),
    ("order-ended", StatusCode::CONFLICT),
    ("goods-left", StatusCode::CONFLICT),
    ("lot-not-for-sale", StatusCode::CONFLICT),
    ("invoice-unfit", StatusCode::UNPROCESSABLE_ENTITY),
    ("order-not-sold", StatusCode::CONFLICT),
    ("sale-unfit", StatusCode::UNPROCESSABLE_ENTITY),
    ("webhook-malformed", StatusCode::BAD_REQUEST),
    ("webhook-address", StatusCode::UNPROCESSABLE_ENTITY),
    ("webhook-kind", StatusCode::UNPROCESSABLE_ENTITY),
    ("webhook-too-many", StatusCode::CONFLICT),
    ("webhook-unknown", StatusCode::NOT_FOUND),
    ("labels-not-printed", StatusCode::NOT_FOUND),
    ("labels-beyond-packs", StatusCode::CONFLICT),
    ("too-many-labels", StatusCode::UNPROCESSABLE_ENTITY),
    ("nothing-to-settle", StatusCode::CONFLICT),
    ("settle-reason", StatusCode::UNPROCESSABLE_ENTITY),
    ("record-encoding", StatusCode::BAD_REQUEST),
    ("record-malformed", StatusCode::BAD_REQUEST),
    ("record-too-large", StatusCode::PAYLOAD_TOO_LARGE),
    ("payload-too-large", StatusCode::PAYLOAD_TOO_LARGE),
    ("wrong-ledger", StatusCode::UNPROCESSABLE_ENTITY),
    ("openings-mismatch", StatusCode::UNPROCESSABLE_ENTITY),
    ("weak-key", StatusCode::UNPROCESSABLE_ENTITY),
    ("signature-invalid", StatusCode::UNPROCESSABLE_ENTITY),
    ("no-operator", StatusCode::SERVICE_UNAVAILABLE),
    ("key-taken", StatusCode::CONFLICT),
    ("unknown-key", StatusCode::FORBIDDEN),
    ("organisation-mismatch", StatusCode::FORBIDDEN),
    ("root-replaced", StatusCode::FORBIDDEN),
    ("suspended", StatusCode::FORBIDDEN),
    ("prev-mismatch", StatusCode::CONFLICT),
    ("fork", StatusCode::CONFLICT),
    ("operator-root", StatusCode::FORBIDDEN),
    ("unknown-event", StatusCode::UNPROCESSABLE_ENTITY),
    ("too-many-held", StatusCode::TOO_MANY_REQUESTS),
    ("strangers-budget", StatusCode::TOO_MANY_REQUESTS),
    ("busy", StatusCode::SERVICE_UNAVAILABLE),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
    ("read-failed", StatusCode::SERVICE_UNAVAILABLE),
    ("timed-out", StatusCode::SERVICE_UNAVAILABLE),
    ("not-ready", StatusCode::SERVICE_UNAVAILABLE),
    ("internal", StatusCode::INTERNAL_SERVER_ERROR),
];

/// Seconds after which a client may try again what could not be done now.
pub(crate) const RETRY_AFTER_S: u32 = 2;

/// An error as it is answered.
#[derive(Debug, Clone)]
pub struct Problem {
    code: &'static str,
    status: StatusCode,
    arguments: Vec<(&'static str, String)>,
    members: Map<String, Value>,
    retry_after_s: Option<u32>,
    allowance: Option<Allowance>,
}

/// The document of RFC 9457. More members may stand beside these, by `type`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "urn:nguon:problem:unknown-key",
    "title": "Chưa tổ chức nào đứng sau khóa này",
    "status": 403,
    "detail": "Bản ghi được ký bằng một khóa chưa có trong sổ nên không được lưu. …",
    "instance": "urn:nguon:request:5f0c2d9a-12",
    "vi": { "title": "Chưa tổ chức nào đứng sau khóa này", "detail": "…" },
    "en": { "title": "No organisation stands behind this key", "detail": "…" }
}))]
pub struct Document {
    /// Stable: `urn:nguon:problem:` and the problem's code (RFC 9457, section 3.1.1).
    #[serde(rename = "type")]
    pub type_uri: String,
    /// What it is called, in the language asked for.
    pub title: String,
    /// The HTTP status that belongs to it.
    pub status: u16,
    /// What happened and what to do, in the language asked for.
    pub detail: String,
    /// Names the request, for a report: `urn:nguon:request:` and the request id.
    pub instance: String,
    /// The texts in Vietnamese.
    pub vi: Text,
    /// The texts in English.
    pub en: Text,
    /// Extension members, by type (RFC 9457, section 3.2).
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: &'static str) -> Self {
        let known = STATUSES.iter().find(|(known, _)| *known == code);
        let status = known.map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status);
        let retry_after_s = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S);
        Self { code, status, arguments: Vec::new(), members: Map::new(), retry_after_s, allowance: None }
    }

    /// The problem of an answer that has only a status.
    pub(crate) fn bare(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            404 => "not-found",
            405 => "method-not-allowed",
            413 => "request-too-large",
            415 => "media-type-unsupported",
            500.. => "internal",
            _ => "request-malformed",
        };
        Self { status, ..Self::new(code) }
    }

    /// Adds an extension member.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds an extension member that the text names too.
    pub fn saying(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.arguments.push((name, text));
        self.with(name, value)
    }

    /// Adds one technical sentence for developers.
    pub fn because(self, cause: impl std::fmt::Display) -> Self {
        self.with("cause", cause.to_string())
    }

    /// Says when to try again.
    pub fn retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Says what is left of an exchange's rate; with nothing left, when to try again.
    pub fn limited_by(mut self, allowance: Allowance) -> Self {
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            self.retry_after_s = Some(allowance.reset_s.max(1));
        }
        self.allowance = Some(allowance);
        self
    }

    /// Logs what only the operator can use, and answers that the server failed.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new("internal")
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The document, in a language, for a request.
    pub fn document(&self, language: Language, instance: &str) -> Document {
        let (vi, en) = (
            Language::Vietnamese.text(self.code, &self.arguments),
            Language::English.text(self.code, &self.arguments),
        );
        let Text { title, detail } = match language.of_problems() {
            Language::Vietnamese => vi.clone(),
            Language::English | Language::Chinese => en.clone(),
        };
        Document {
            type_uri: format!("urn:nguon:problem:{}", self.code),
            title,
            status: self.status.as_u16(),
            detail,
            instance: instance.to_owned(),
            vi,
            en,
            members: self.members.clone(),
        }
    }

    /// The whole answer, keeping what headers `response` has.
    pub(crate) fn render(&self, response: &mut Response, language: Language, instance: &str) {
        let document = serde_json::to_vec(&self.document(language, instance)).unwrap_or_default();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.of_problems().tag()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
        *response.body_mut() = document.into();
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(allowance) = self.allowance {
            crate::exchange::mark(&mut response, allowance);
        }
        if self.status == StatusCode::UNAUTHORIZED && self.code.starts_with("key-") {
            // RFC 9110, section 11.6.1: with 401 it says how to come in.
            let challenge = HeaderValue::from_static("Bearer realm=\"nguon\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.code == "encoding-unsupported" {
            // RFC 9110, section 12.5.3: with 415 it says which codings would have been taken.
            response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match &refused {
            Refused::Malformed(error) => Self::new(refused.code()).because(error),
            Refused::Openings(error) => Self::new(refused.code()).because(error),
            Refused::Signature(error) => Self::new(refused.code()).because(error),
            Refused::PayloadTooLarge { section, bytes } => Self::new(refused.code())
                .saying("section", *section)
                .saying("bytes", *bytes)
                .saying("limit_bytes", MAX_PAYLOAD_BYTES),
            Refused::Authority(refusal) => refusal.into(),
            Refused::Fork { seq, first, other, logged } => Self::new(refused.code())
                .saying("seq", *seq)
                .with("first", first.to_string())
                .with("other", other.to_string())
                .with("evidence_logged", *logged),
            Refused::UnknownEvent(event) => Self::new(refused.code()).with("event", event.to_string()),
            Refused::TooManyHeld(held) => Self::new(refused.code()).saying("held", *held),
            Refused::OperatorRoot | Refused::StrangersBudget | Refused::Busy | Refused::Unavailable => {
                Self::new(refused.code())
            }
        }
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::WeakKey(error) => Self::new(refusal.code()).because(error),
            // Our own fault, never the author's.
            Refusal::TrunkUnknown => Self::internal(refusal),
            Refusal::PrevMismatch { head } => Self::new(refusal.code()).with("head", head.to_string()),
            _ => Self::new(refusal.code()),
        }
    }
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::TooOld => Self::new("cursor-gone").saying("days", HORIZON_DAYS),
            FeedError::TooManyRows => Self::new("sheet-too-long").saying("limit", SHEET_ROWS_MAX),
            FeedError::Sheet(error) => Self::internal(&error),
            FeedError::Store(error) => LookupError::Store(error).into(),
        }
    }
}

impl From<LookupError> for Problem {
    fn from(error: LookupError) -> Self {
        tracing::error!(%error, "a question could not be answered");
        match error {
            LookupError::Store(_) | LookupError::Objects(_) => Self::new("read-failed"),
            LookupError::Damaged { .. } => Self::new("internal"),
        }
    }
}

impl From<ImageRefused> for Problem {
    fn from(refused: ImageRefused) -> Self {
        match refused {
            ImageRefused::TooLarge(_) => Self::new("image-too-large").saying("limit_bytes", IMAGE_BYTES_MAX),
            ImageRefused::OtherDigest(is) => {
                Self::new("image-digest-mismatch").saying("blake3", is.to_string())
            }
            ImageRefused::Removed => Self::new("image-removed"),
            ImageRefused::NotNamed => Self::new("image-not-named"),
            ImageRefused::NotRecognised => Self::new("image-not-recognised"),
            ImageRefused::OtherKind { said, is } => {
                Self::new("image-kind-mismatch").saying("said", said).saying("is", is)
            }
            ImageRefused::Picture(PictureError::Beside(found)) => {
                Self::new("image-metadata").saying("found", found)
            }
            ImageRefused::Picture(PictureError::TooManyPixels { width, height, limit }) => {
                Self::new("image-too-many-pixels")
                    .saying("width", width)
                    .saying("height", height)
                    .saying("limit_pixels", limit)
            }
            ImageRefused::Picture(error) => Self::new("image-unfit").because(error),
            ImageRefused::Busy => Self::new("busy"),
            ImageRefused::Failed(error) => error.into(),
        }
    }
}

/// Why a record waits: a stable word, a text, and what the word needs.
pub(crate) fn hold_text(hold: &Hold, language: Language) -> Text {
    let arguments: Vec<(&'static str, String)> = match hold {
        Hold::Gap { expected } => vec![("expected_seq", expected.to_string())],
        _ => Vec::new(),
    };
    language.text(&format!("held-{}", hold.code()), &arguments)
}

/// The members of a hold.
pub(crate) fn hold_members(hold: &Hold) -> Map<String, Value> {
    let value = match hold {
        Hold::Gap { expected } => json!({ "expected_seq": expected }),
        Hold::AfterRevocation { last_good } => json!({ "last_good_seq": last_good }),
        Hold::Frozen { first, other } => json!({ "first": first.to_string(), "other": other.to_string() }),
    };
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nguon_ledger::{EventId, KeyError, OpeningError, Record, SignatureError};

    /// One of each way to refuse a record.
    fn all_refusals() -> Vec<Refused> {
        let event = EventId::ZERO;
        let malformed = Record::parse(b"NGN1").unwrap_err();
        let too_long = Record::parse(&[0; 70_000]).unwrap_err();
        let authority = [
            Refusal::WrongLedger,
            Refusal::NoOperator,
            Refusal::WeakKey(KeyError::Identity),
            Refusal::KeyTaken,
            Refusal::UnknownKey,
            Refusal::OrganisationMismatch,
            Refusal::RootReplaced,
            Refusal::Suspended,
            Refusal::TrunkUnknown,
            Refusal::PrevMismatch { head: event },
        ];
        let door = [
            Refused::Malformed(malformed),
            Refused::Malformed(too_long),
            Refused::PayloadTooLarge { section: 1, bytes: 300_000 },
            Refused::Openings(OpeningError::Type { section: 0 }),
            Refused::Signature(SignatureError::Invalid),
            Refused::Fork { seq: 7, first: event, other: event, logged: true },
            Refused::OperatorRoot,
            Refused::UnknownEvent(event),
            Refused::TooManyHeld(256),
            Refused::StrangersBudget,
            Refused::Busy,
            Refused::Unavailable,
        ];
        door.into_iter().chain(authority.map(Refused::Authority)).collect()
    }

    #[test]
    fn each_refusal_has_a_type_a_status_and_texts_without_holes() {
        for refused in all_refusals() {
            let problem = Problem::from(refused.clone());
            assert!(STATUSES.iter().any(|(code, _)| *code == problem.code()), "{refused:?}");
            let document = problem.document(Language::Vietnamese, "urn:nguon:request:1");
            for text in [&document.vi, &document.en] {
                assert!(!text.detail.contains("{$") && !text.detail.contains("{ $"), "{text:?}");
                assert_ne!(text.title, problem.code(), "{refused:?} has no text");
            }
        }
    }

    #[test]
    fn who_only_reads_is_not_told_to_keep_a_record() {
        let failed = Problem::from(LookupError::Objects(std::io::Error::other("gone")));
        assert_eq!((failed.code(), failed.status().as_u16()), ("read-failed", 503));
        let document = failed.document(Language::Vietnamese, "urn:nguon:request:1");
        assert_eq!(document.vi.title, "Tạm thời chưa đọc được");
        assert!(!document.vi.detail.contains("bản ghi") && !document.en.detail.contains("record"));
    }

    #[test]
    fn each_code_has_a_text_in_both_languages() {
        let holds = ["held-gap", "held-after-revocation", "held-frozen"];
        for code in STATUSES.iter().map(|(code, _)| *code).chain(holds) {
            assert!(Language::Vietnamese.knows(code) && Language::English.knows(code), "{code}");
        }
    }

    #[test]
    fn a_fork_names_both_records() {
        let problem = Problem::from(Refused::Fork {
            seq: 7,
            first: EventId::from_bytes([1; 32]),
            other: EventId::from_bytes([2; 32]),
            logged: false,
        });
        let document =
            serde_json::to_value(problem.document(Language::English, "urn:nguon:request:1")).unwrap();
        assert_eq!(document["type"], "urn:nguon:problem:fork");
        assert_eq!(document["status"], 409);
        assert_eq!(document["first"], "01".repeat(32));
        assert_eq!(document["other"], "02".repeat(32));
        assert_eq!(document["evidence_logged"], false);
        assert!(document["detail"].as_str().unwrap().contains("place 7"), "{document}");
        assert!(document["vi"]["detail"].as_str().unwrap().contains("số thứ tự 7"), "{document}");
    }
}
