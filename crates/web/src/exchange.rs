//! Requests of exchanges, opened by an API key.
//!
//! ```text
//! Authorization: Bearer nguon_3f9a12bc04de_89ab…
//! Authorization: Basic …                          the key as the password: for programs that only know passwords
//!
//! RateLimit-Policy: "feed";q=60;w=60              sixty requests a minute
//! RateLimit: "feed";r=59;t=1                      fifty-nine are left; all are there again in a second
//! ```
//!
//! Both fields are those of draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651). A key in an address is not taken:
//! addresses are logged by every proxy on the way.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_service::exchanges::{Allowance, Caller, KeyRefused};
use nguon_service::{LookupError, Scope};

use crate::app::App;
use crate::problem::Problem;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// A header longer than this holds no key of ours.
const HEADER_BYTES_MAX: usize = 512;

/// The exchange that asks, if its key opens this scope. Counts the request.
pub(crate) async fn caller(app: &App, headers: &HeaderMap, scope: Scope) -> Result<Caller, Problem> {
    let key = key_of(headers)?;
    let service = app.service.clone();
    let asked = app.ask(async move { service.exchanges().authenticate(&key, scope).await }).await?;
    asked.map_err(|refused| match refused {
        KeyRefused::Unknown => Problem::new("key-unknown"),
        KeyRefused::Ended => Problem::new("key-ended"),
        KeyRefused::Scope(scope) => Problem::new("key-scope").saying("scope", scope.key()),
        KeyRefused::TooMany(allowance) => {
            Problem::new("rate-limited").saying("quota", allowance.quota).limited_by(allowance)
        }
        KeyRefused::Store(error) => LookupError::Store(error).into(),
        KeyRefused::Profile(_) => Problem::internal(&refused),
    })
}

fn key_of(headers: &HeaderMap) -> Result<String, Problem> {
    let missing = || Problem::new("key-missing");
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() || value.len() > HEADER_BYTES_MAX {
        return Err(missing());
    }
    let (scheme, rest) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(missing)?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Ok(rest.trim().to_owned()),
        "basic" => {
            let bytes = STANDARD.decode(rest.trim()).map_err(|_| missing())?;
            let text = String::from_utf8(bytes).map_err(|_| missing())?;
            let (_, password) = text.split_once(':').ok_or_else(missing)?;
            Ok(password.to_owned())
        }
        _ => Err(missing()),
    }
}

/// Says in an answer what is left of the caller's rate, and that it is theirs alone.
pub(crate) fn mark(response: &mut Response, allowance: Allowance) {
    let headers = response.headers_mut();
    for (name, text) in limits(allowance) {
        headers.extend(HeaderValue::try_from(text).ok().map(|value| (name, value)));
    }
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
}

/// The two fields.
pub(crate) fn limits(allowance: Allowance) -> [(HeaderName, String); 2] {
    let Allowance { scope, quota, window_s, remaining, reset_s } = allowance;
    [
        (POLICY, format!("\"{scope}\";q={quota};w={window_s}")),
        (LIMIT, format!("\"{scope}\";r={remaining};t={reset_s}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(authorization: &[&str]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        key_of(&headers).map_err(|problem| problem.code())
    }

    #[test]
    fn a_key_comes_as_a_bearer_token_or_as_a_password() {
        assert_eq!(key(&["Bearer nguon_1"]).as_deref(), Ok("nguon_1"));
        assert_eq!(key(&["bearer  nguon_1 "]).as_deref(), Ok("nguon_1"));
        let basic = format!("Basic {}", STANDARD.encode("any:nguon_1:2"));
        assert_eq!(key(&[&basic]).as_deref(), Ok("nguon_1:2"));
        let long = format!("Bearer {}", "x".repeat(600));
        for wrong in [
            &[][..],
            &["nguon_1"],
            &["Bearer"],
            &["Digest nguon_1"],
            &["Basic !!"],
            &["Basic bm8="],
            &["Bearer a", "Bearer b"],
            &[&long],
        ] {
            assert_eq!(key(wrong), Err("key-missing"), "{wrong:?}");
        }
    }
}
