//! `GET /assets/{name}-{hash}.{ext}`, `GET /verify` and `GET /app`: the front end, as it was built.
//!
//! An asset's name changes with its bytes, so it is kept for a year and never asked for again; a name that is not of this build is
//! not found. Everything is compressed once, at build time (Brotli), and sent so to whoever takes it.
//!
//! **Trust.** Whoever changes these bytes changes the check that readers run. That is why `/verify` says of itself that it comes from
//! the operator, and why anybody else may host the same page.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nguon_frontend::{APP, Asset, DESK, MANIFEST, VERIFY, VERIFY_POLICY, WORKER};

use super::answer::has;
use crate::problem::Problem;

const A_YEAR: &str = "public, max-age=31536000, immutable";
const HALF_A_MINUTE: &str = "public, max-age=30";

pub(crate) async fn asset(Path(name): Path<String>, asked: HeaderMap) -> Response {
    match nguon_frontend::asset(&name) {
        Some(asset) => send(asset, A_YEAR, &asked),
        None => Problem::new("not-found").into_response(),
    }
}

/// The check as one page, under its own policy: its script and style by hash, and connections to any ledger.
pub(crate) async fn verify(asked: HeaderMap) -> Response {
    let mut response = send(&VERIFY, HALF_A_MINUTE, &asked);
    let policy = HeaderValue::from_static(VERIFY_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// What the app may do: its own script and style, this server and nobody else. Photographs are looked at before they are sent.
const APP_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; \
    media-src 'self' blob:; font-src 'none'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
/// What the app may ask the phone for.
const APP_PERMISSIONS: &str = "camera=(self), geolocation=(self), microphone=(self)";

/// The shell of the farmer's app. What it shows comes from the phone's own storage and from the API.
pub(crate) async fn app(asked: HeaderMap) -> Response {
    of_app(&APP, &asked)
}

/// The co-operative's desk: a page of its own, that may do what the app may.
pub(crate) async fn desk(asked: HeaderMap) -> Response {
    of_app(&DESK, &asked)
}

/// The app's service worker. It rules over `/app` alone.
pub(crate) async fn worker(asked: HeaderMap) -> Response {
    let mut response = of_app(&WORKER, &asked);
    response.headers_mut().insert("service-worker-allowed", HeaderValue::from_static("/app"));
    response
}

/// What the app is called and looks like on a phone.
pub(crate) async fn manifest(asked: HeaderMap) -> Response {
    of_app(&MANIFEST, &asked)
}

fn of_app(asset: &'static Asset, asked: &HeaderMap) -> Response {
    // A newer app is seen the next time that somebody opens it.
    let mut response = send(asset, "no-cache", asked);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(APP_POLICY));
    headers.insert("permissions-policy", HeaderValue::from_static(APP_PERMISSIONS));
    response
}

fn send(asset: &'static Asset, caching: &'static str, asked: &HeaderMap) -> Response {
    // Weak: one name for both forms.
    let etag = format!("W/\"{}\"", asset.name);
    let is_kept = has(asked, &etag);
    let takes_brotli = takes_brotli(asked);
    let mut response = match (is_kept, takes_brotli) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, true) => asset.brotli.into_response(),
        (false, false) => asset.bytes.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if takes_brotli && !is_kept {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// RFC 9110, section 12.5.3, for the one coding that we have: named, and not with a weight of zero.
fn takes_brotli(asked: &HeaderMap) -> bool {
    asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
            name.trim().eq_ignore_ascii_case("br") && weight.is_ok_and(|weight| weight > 0.0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_whoever_takes_it_only() {
        let takes = |value: &str| {
            takes_brotli(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]))
        };
        assert!(takes("gzip, deflate, br, zstd") && takes("BR;q=0.5") && takes("br"));
        assert!(!takes("gzip") && !takes("br;q=0") && !takes("br;q=0.000") && !takes("br;q=x") && !takes(""));
        assert!(!takes_brotli(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn an_asset_is_kept_for_a_year_and_a_name_of_another_build_is_not_there() {
        let loader = nguon_frontend::LOADER.name;
        let asked = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("br"))]);
        let response = asset(Path(loader.to_owned()), asked).await;
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(headers[header::CONTENT_ENCODING], "br");
        assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let etag = HeaderMap::from_iter([(header::IF_NONE_MATCH, headers[header::ETAG].clone())]);
        assert_eq!(asset(Path(loader.to_owned()), etag).await.status(), StatusCode::NOT_MODIFIED);
        for name in ["loader-0000000000000000.js", "loader.js", "..", "verify.html"] {
            let response = asset(Path(name.to_owned()), HeaderMap::new()).await;
            assert_ne!(response.status(), StatusCode::OK, "{name}");
        }
    }

    #[tokio::test]
    async fn the_app_runs_its_own_script_and_talks_to_its_own_server() {
        let response = app(HeaderMap::new()).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && policy.contains("connect-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("https:"), "{policy}");
        let page = desk(HeaderMap::new()).await;
        assert_eq!(
            page.headers()[header::CONTENT_SECURITY_POLICY],
            response.headers()[header::CONTENT_SECURITY_POLICY]
        );
        assert_ne!(page.headers()[header::ETAG], response.headers()[header::ETAG], "the desk is no shell");
        let response = worker(HeaderMap::new()).await;
        assert_eq!(response.headers()["service-worker-allowed"], "/app");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
    }

    #[tokio::test]
    async fn the_page_names_its_own_script_and_may_ask_any_ledger() {
        let response = verify(HeaderMap::new()).await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'sha256-") && policy.contains("connect-src https:"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
