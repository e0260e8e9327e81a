//! What surrounds every request: its id, its span, its metrics, security headers, and the rendering of problems.
//!
//! - **Request id.** A client or proxy may send a sane `x-request-id`; else one is made. It is in the answer, in every log
//!   line of the request and in a problem's `instance`.
//! - **Logs** name method, matched route, status and milliseconds. Never the query string, path parameters or the
//!   client's address: a log is no map of who looked at what.
//! - **Metrics** have bounded labels: the route as it is declared, never the path.
//! - **Headers.** `nosniff`, no referrer, and a policy under which an answer of the API can run nothing. A page
//!   that needs more sets its own policy, which stands.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::language::Language;
use crate::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id that is taken from outside.
const REQUEST_ID_BYTES_MAX: usize = 64;
/// What an answer of the API may load: nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Names requests: unlikely to meet another process's names, and nothing secret.
pub(crate) struct RequestIds {
    process: u64,
    next: AtomicU64,
}

/// The name of one request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// The URI that names the request in a problem.
    pub(crate) fn instance(&self) -> String {
        format!("urn:nguon:request:{}", self.0)
    }
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        // The hasher of a map is seeded by the system: enough to tell two processes apart.
        let process = std::hash::RandomState::new().build_hasher().finish();
        Self { process, next: AtomicU64::new(0) }
    }

    fn of(&self, headers: &HeaderMap) -> RequestId {
        let is_sane = |id: &&str| {
            (1..=REQUEST_ID_BYTES_MAX).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(is_sane);
        RequestId(match sent {
            Some(id) => id.into(),
            None => {
                let n = self.next.fetch_add(1, Ordering::Relaxed);
                format!("{:08x}-{n}", self.process & 0xffff_ffff).into()
            }
        })
    }
}

/// The outermost layer.
pub(crate) async fn observe(
    State(ids): State<Arc<RequestIds>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = ids.of(request.headers());
    let language = Language::of(request.headers());
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", id = &*id.0, method, route);

    #[expect(clippy::disallowed_methods, reason = "the edge measures how long an answer took")]
    let started = std::time::Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = started.elapsed();

    finish(&mut response, language, &id);
    count(method, &route, response.status().as_u16(), took);
    span.in_scope(|| {
        let status = response.status().as_u16();
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if status >= 500 {
            tracing::warn!(status, ms, "answered")
        } else {
            tracing::info!(status, ms, "answered")
        }
    });
    response
}

fn finish(response: &mut Response, language: Language, id: &RequestId) {
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| unexplained(response));
    if let Some(problem) = problem {
        problem.render(response, language, &id.instance());
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
}

/// An error that the framework answered by itself, in plain text or nothing: it becomes a problem too.
fn unexplained(response: &Response) -> Option<Problem> {
    let status = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_bare = media_type.is_none_or(|media_type| media_type.starts_with("text/plain"));
    if !is_bare || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    Some(Problem::bare(status))
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn count(method: &'static str, route: &str, status: u16, took: Duration) {
    let route = route.to_owned();
    metrics::counter!(
        "nguon_http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string()
    )
    .increment(1);
    metrics::histogram!(crate::metrics::DURATION, "method" => method, "route" => route)
        .record(took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_from_outside_is_taken_only_if_it_is_harmless() {
        let ids = RequestIds::new();
        let of = |id: &str| {
            let headers =
                HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_bytes(id.as_bytes()).unwrap())]);
            ids.of(&headers).0.to_string()
        };
        assert_eq!(of("trace-1.a_B"), "trace-1.a_B");
        for id in ["", "a b", "a\"b", "{}", &"x".repeat(65), "khóa"] {
            assert_ne!(of(id), id);
        }
        assert_ne!(ids.of(&HeaderMap::new()).0, ids.of(&HeaderMap::new()).0);
    }
}
