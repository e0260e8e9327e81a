//! `GET /report?code=…`: a form to tell of a suspicious sticker, without an account and without script.
//! `POST /report` sends it and leads to `GET /report/{case}`, which says how far the case is.
//!
//! Nothing of what was told is on any page: who has a case number sees its state, its days and the public answer. A form that was
//! refused comes back as it was filled in, but for the photograph, which a browser does not send twice.
//!
//! These pages are kept by nobody (`no-store`): a form has its own token, and a state may change at any time.

mod upload;

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nguon_id::CaseNumber;
use nguon_service::reports::{
    ABOUT_MAX, CONTACT_MAX, Case, Filled, Progress, Reason, ReportRefused, WORDS_MAX, Whose,
};
use sha2::{Digest as _, Sha256};

use self::upload::UploadError;
use super::answer::{STYLE, html};
use super::words::{Languages, Moment, Words, parameter};
use crate::app::App;
use crate::problem::Problem;
use crate::visitor::Peer;

/// What only these two pages need of style.
const FORM_STYLE: &str = include_str!("../../static/report.css");

static FORM_STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| {
    format!("style-src 'sha256-{}' ", BASE64_STANDARD.encode(Sha256::digest(FORM_STYLE.as_bytes())))
});

#[derive(Template)]
#[template(path = "page/report.html")]
struct FormPage {
    words: Words,
    style: &'static str,
    form_style: &'static str,
    languages: Languages,
    code: String,
    action: String,
    /// What is wrong with what was sent: (in which field, what to do).
    error: Option<(&'static str, String)>,
    photo_again: bool,
    token: String,
    about: String,
    /// (word, text, chosen)
    reasons: Vec<(&'static str, String, bool)>,
    said: String,
    contact: String,
    retention: String,
    about_max: usize,
    words_max: usize,
    contact_max: usize,
}

#[derive(Template)]
#[template(path = "page/case.html")]
struct CasePage {
    words: Words,
    style: &'static str,
    form_style: &'static str,
    languages: Languages,
    code: String,
    asked: String,
    found: Option<Found>,
    retention: String,
}

struct Found {
    number: String,
    tone: &'static str,
    sign: &'static str,
    state: String,
    state_text: String,
    received: Moment,
    closed: Option<Moment>,
    answer: String,
    is_closed: bool,
    /// Nothing of what was told is kept any more.
    is_erased: bool,
}

/// The empty form; `?case=` leads to a case.
pub(crate) async fn form(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let words = Words::of(&uri, &headers);
    if let Some(typed) = parameter(&uri, "case") {
        return match CaseNumber::parse(&typed) {
            Ok(case) => Redirect::to(&words.href(&format!("/report/{case}"))).into_response(),
            Err(_) => case_page(&app, words, &uri, &headers, (&typed, None)),
        };
    }
    let about = parameter(&uri, "code").unwrap_or_default().chars().take(ABOUT_MAX).collect();
    let filled = Filled { about, ..Filled::default() };
    form_page(&app, words, &uri, &headers, (StatusCode::OK, None), (&filled, false))
}

/// Takes the form.
pub(crate) async fn send(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let words = Words::of(&uri, &headers);
    // Without our accept loop in front (a test) all come from one network.
    let network = peer.map_or_else(Vec::new, |Extension(peer)| peer.network(&headers).bytes());
    let again = |error: Error, filled: &Filled, photo_again: bool| {
        let mut response = form_page(
            &app,
            words,
            &uri,
            &headers,
            (error.status, Some(error.shown(words))),
            (filled, photo_again),
        );
        if let Some(seconds) = error.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    };
    if let Err(seconds) = app.service.reports().knock(&network) {
        return again(Error::too_many("report-error-many-network", seconds), &Filled::default(), false);
    }
    let (mut filled, share) = match upload::read(&app, &headers, body).await {
        Ok(read) => read,
        Err(error) => return again(error.into(), &Filled::default(), false),
    };
    let photo = std::mem::take(&mut filled.said.photo);
    let had_photo = !photo.is_empty();
    if filled.is_robot {
        return again(Error::of("", "report-error-robot"), &filled.said, had_photo);
    }
    let (service, sent) = (app.service.clone(), Filled { photo, ..filled.said.clone() });
    let received = app
        .ask(async move {
            let received = service.reports().receive(&network, sent).await;
            drop(share);
            received
        })
        .await;
    match received {
        Ok(Ok(received)) => Redirect::to(&words.href(&format!("/report/{}", received.case))).into_response(),
        Ok(Err(refused)) => again(refused.into(), &filled.said, had_photo),
        Err(problem) => again(Error::from(UploadError::Problem(problem)), &filled.said, had_photo),
    }
}

/// How far a case is.
pub(crate) async fn case(
    State(app): State<Arc<App>>,
    Path(asked): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let Ok(number) = CaseNumber::parse(&asked) else {
        return Ok(case_page(&app, words, &uri, &headers, (&asked, None)));
    };
    let service = app.service.clone();
    let found = app.ask(async move { service.reports().desk().case(number).await }).await?;
    let found = found.map_err(|error| Problem::from(nguon_service::LookupError::Store(error)))?;
    Ok(case_page(&app, words, &uri, &headers, (&number.to_string(), found)))
}

/// What is wrong, where, and for how long.
struct Error {
    status: StatusCode,
    field: &'static str,
    key: &'static str,
    arguments: Vec<(&'static str, String)>,
    retry_after_s: Option<u32>,
}

impl Error {
    fn of(field: &'static str, key: &'static str) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { status, field, key, arguments: Vec::new(), retry_after_s: None }
    }

    fn too_many(key: &'static str, seconds: u32) -> Self {
        let minutes = seconds.div_ceil(60).max(1).to_string();
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            arguments: vec![("minutes", minutes)],
            retry_after_s: Some(seconds),
            ..Self::of("", key)
        }
    }

    fn unavailable(key: &'static str) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, retry_after_s: Some(10), ..Self::of("", key) }
    }

    fn shown(&self, words: Words) -> (&'static str, String) {
        let arguments: Vec<(&'static str, &str)> =
            self.arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
        (self.field, words.with(self.key, &arguments))
    }
}

impl From<ReportRefused> for Error {
    fn from(refused: ReportRefused) -> Self {
        match refused {
            ReportRefused::Token(nguon_service::reports::TokenError::Early) => {
                Self::of("", "report-error-early")
            }
            ReportRefused::Token(_) => Self::of("", "report-error-old"),
            ReportRefused::NoReason => Self::of("reason", "report-error-no-reason"),
            ReportRefused::Nothing => Self::of("about", "report-error-nothing"),
            ReportRefused::TooLong { field, limit } => Self {
                arguments: vec![("limit", limit.to_string())],
                ..Self::of(field, "report-error-too-long")
            },
            ReportRefused::Contact => Self::of("contact", "report-error-contact"),
            ReportRefused::SentOtherwise(case) => Self {
                status: StatusCode::CONFLICT,
                arguments: vec![("case", case.to_string())],
                ..Self::of("", "report-error-sent-otherwise")
            },
            ReportRefused::TooMany { whose, seconds } => Self::too_many(
                match whose {
                    Whose::Network => "report-error-many-network",
                    Whose::Lot => "report-error-many-lot",
                    Whose::All => "report-error-many-all",
                },
                seconds,
            ),
            ReportRefused::PhotoTooLarge
            | ReportRefused::Photo(nguon_service::pictures::PictureError::TooManyPixels { .. }) => Self {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                ..Self::of("photo", "report-error-photo-large")
            },
            ReportRefused::Photo(_) => Self::of("photo", "report-error-photo"),
            ReportRefused::Busy => Self::unavailable("report-error-busy"),
            ReportRefused::Store(error) => {
                tracing::error!(%error, "a report could not be written");
                Self::unavailable("report-error-busy")
            }
        }
    }
}

impl From<UploadError> for Error {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::TooLarge => Self {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                ..Self::of("photo", "report-error-photo-large")
            },
            UploadError::Problem(problem) => Self {
                status: problem.status(),
                retry_after_s: (problem.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(10),
                ..Self::of("", "report-error-form")
            },
            UploadError::Form => {
                Self { status: StatusCode::BAD_REQUEST, ..Self::of("", "report-error-form") }
            }
        }
    }
}

fn retention(app: &App, words: Words) -> String {
    words.with("report-retention", &[("days", &app.service.reports().contact_days().to_string())])
}

fn form_page(
    app: &App,
    words: Words,
    uri: &Uri,
    headers: &HeaderMap,
    (status, error): (StatusCode, Option<(&'static str, String)>),
    (filled, photo_again): (&Filled, bool),
) -> Response {
    let page = FormPage {
        words,
        style: STYLE,
        form_style: FORM_STYLE,
        languages: Languages::of(words, uri),
        code: String::new(),
        action: words.href("/report"),
        error,
        photo_again,
        token: app.service.reports().form(),
        about: filled.about.clone(),
        reasons: Reason::ALL
            .into_iter()
            .map(|reason| {
                let text = words.known("report-reason", reason.key()).unwrap_or_default();
                (reason.key(), text, reason.key() == filled.reason)
            })
            .collect(),
        said: filled.words.clone(),
        contact: filled.contact.clone(),
        retention: retention(app, words),
        about_max: ABOUT_MAX,
        words_max: WORDS_MAX,
        contact_max: CONTACT_MAX,
    };
    private(html(status, &page, words, headers))
}

fn case_page(
    app: &App,
    words: Words,
    uri: &Uri,
    headers: &HeaderMap,
    (asked, found): (&str, Option<Case>),
) -> Response {
    let found = found.map(|case| {
        let (tone, sign) = match case.progress {
            Progress::Received => ("note", "✓"),
            Progress::Open => ("wait", "…"),
            Progress::Closed => ("good", "✓"),
        };
        let key = case.progress.key();
        Found {
            number: case.case.to_string(),
            tone,
            sign,
            state: words.known("report-state", key).unwrap_or_default(),
            state_text: words.known("report-state", &format!("{key}-text")).unwrap_or_default(),
            received: words.moment_in_vietnam(case.received_at_ms),
            closed: case.closed_at_ms.map(|at_ms| words.moment_in_vietnam(at_ms)),
            is_erased: case.is_erased(),
            is_closed: case.progress == Progress::Closed,
            answer: case.answer,
        }
    });
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let page = CasePage {
        words,
        style: STYLE,
        form_style: FORM_STYLE,
        languages: Languages::of(words, uri),
        code: String::new(),
        asked: asked.chars().take(20).collect(),
        found,
        retention: retention(app, words),
    };
    private(html(status, &page, words, headers))
}

/// Kept by nobody; and the second style sheet is named beside the first.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.remove(header::ETAG);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = policy.map(|policy| policy.replacen("style-src ", &FORM_STYLE_SOURCE, 1));
    if let Some(Ok(policy)) = policy.map(HeaderValue::try_from) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use nguon_service::pictures::PictureError;
    use nguon_service::reports::TokenError;

    #[test]
    fn each_refusal_has_a_message_without_holes_in_each_language() {
        let too_many = |whose| ReportRefused::TooMany { whose, seconds: 61 };
        let refusals = || {
            [
                ReportRefused::Token(TokenError::Early),
                ReportRefused::Token(TokenError::Old),
                ReportRefused::Token(TokenError::Unknown),
                ReportRefused::NoReason,
                ReportRefused::Nothing,
                ReportRefused::TooLong { field: "words", limit: 1_000 },
                ReportRefused::Contact,
                ReportRefused::PhotoTooLarge,
                ReportRefused::SentOtherwise(CaseNumber::from_bits(1)),
                too_many(Whose::Network),
                too_many(Whose::Lot),
                too_many(Whose::All),
                ReportRefused::Photo(PictureError::NotAPicture),
                ReportRefused::Photo(PictureError::TooManyPixels { width: 1, height: 1, limit: 0 }),
                ReportRefused::Busy,
            ]
            .map(Error::from)
        };
        let others = || {
            let problem = Problem::new("body-too-slow");
            [UploadError::TooLarge, UploadError::Form, UploadError::Problem(problem)].map(Error::from)
        };
        for tag in ["vi", "en", "zh"] {
            let uri = format!("/report?lang={tag}").parse().unwrap();
            let words = Words::of(&uri, &HeaderMap::new());
            let robot = [Error::of("", "report-error-robot")];
            for error in refusals().into_iter().chain(others()).chain(robot) {
                let (field, text) = error.shown(words);
                assert_ne!(text, error.key, "{tag}");
                assert!(!text.contains("{$") && !text.contains("{ $"), "{text}");
                assert!(["", "reason", "about", "words", "photo", "contact"].contains(&field), "{field}");
                assert!(error.status.is_client_error() || error.retry_after_s.is_some(), "{text}");
            }
        }
        let wait = Error::from(too_many(Whose::Lot));
        assert_eq!((wait.status.as_u16(), wait.retry_after_s), (429, Some(61)));
    }

    #[test]
    fn each_reason_and_state_has_its_words() {
        let words = Words::of(&"/report?lang=en".parse().unwrap(), &HeaderMap::new());
        for reason in Reason::ALL {
            assert!(words.known("report-reason", reason.key()).is_some(), "{}", reason.key());
        }
        for progress in [Progress::Received, Progress::Open, Progress::Closed] {
            for key in [progress.key().to_owned(), format!("{}-text", progress.key())] {
                assert!(words.known("report-state", &key).is_some(), "{key}");
            }
        }
    }
}
