//! How a page is answered: one document without script, its style named by hash, and a validator made of its bytes.
//!
//! ```text
//! Cache-Control: public, max-age=30
//! ETag: W/"<128 bits of the BLAKE3 of the document>"
//! Content-Security-Policy: default-src 'none'; style-src 'sha256-…'; img-src 'self'; form-action 'self'; …
//! ```
//!
//! The validator covers everything on the page (state, cards, neighbours, proofs, language, the day), so a recall is a new
//! page at the origin at once, and within a minute in whatever stands between: nothing may be shown stale. A problem page
//! is never cached longer than a good one.
//!
//! Characters that turn the direction of other text (Unicode Standard Annex #9, sections 2.1 and 2.2) and controls are
//! left out of every page: no name of somebody's rewrites the line that it stands in. JSON has them as they were
//! signed.

use std::sync::LazyLock;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::words::Words;
use crate::problem::Problem;

/// The style sheet, in every page: the first screen needs no second request.
pub(crate) const STYLE: &str = include_str!("../../static/page.css");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    HeaderValue::try_from(format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    ))
    .expect("base64 is ASCII")
});

/// The policy of a page that loads script: our own files, which may ask this server and make no markup out of text.
static WITH_SCRIPT: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = POLICY.to_str().unwrap_or_default();
    let script =
        "script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
    HeaderValue::try_from(format!("{policy}; {script}")).expect("base64 is ASCII")
});

/// Lets a page load script.
pub(crate) fn with_script(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, WITH_SCRIPT.clone());
    response
}

/// Answers with a page, or with 304 if the reader has it.
pub(crate) fn html(status: StatusCode, page: &impl Template, words: Words, asked: &HeaderMap) -> Response {
    let text = match page.render() {
        Ok(text) => text,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let mut response = cacheable(status, "text/html; charset=utf-8", plain(text).into(), asked);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(words.language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
    response
}

/// Answers with bytes that may be kept for half a minute, or with 304 if the reader has them (RFC 9110, section 13.1.2).
pub(crate) fn cacheable(
    status: StatusCode,
    media_type: &'static str,
    bytes: Vec<u8>,
    asked: &HeaderMap,
) -> Response {
    let hash = blake3::hash(&bytes).to_hex();
    // Weak: a proxy may compress the bytes.
    let etag = format!("W/\"{}\"", &hash[..32]);
    let is_kept = status == StatusCode::OK && has(asked, &etag);
    let mut response =
        if is_kept { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(bytes)) };
    if !is_kept {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=30"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// A document without characters that a reader cannot see and that change what it reads.
fn plain(mut text: String) -> String {
    text.retain(|c| match c {
        // Marks, embeddings and overrides, isolates; what has no width; tags. Two names may not look the same and differ.
        '\u{00ad}'
        | '\u{061c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => false,
        '\n' | '\t' => true,
        _ => !c.is_control(),
    });
    text
}

/// Whether `If-None-Match` names this validator, compared weakly.
pub(crate) fn has(asked: &HeaderMap, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let lists = asked.get_all(header::IF_NONE_MATCH);
    lists
        .iter()
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|tag| tag.trim() == "*" || bare(tag) == bare(etag))
}

/// Whether the reader would rather have JSON than a page.
pub(crate) fn wants_json(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains("application/json") && !accepted.contains("text/html")
}

/// Whether the reader asks for a page by name, as browsers do; a program that takes anything does not.
pub(crate) fn wants_html(asked: &HeaderMap) -> bool {
    asked
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|accepted| accepted.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_page_is_not_sent_again() {
        let asked = |value: &str| {
            HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap())])
        };
        for (list, kept) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), ("\"b\"", false)]
        {
            assert_eq!(has(&asked(list), "W/\"a\""), kept, "{list}");
        }
        assert!(!has(&HeaderMap::new(), "W/\"a\""));
    }

    #[test]
    fn no_character_turns_the_text_around_it() {
        let evil = "Chè \u{202e}gnuhT\u{202c} \u{2066}x\u{2069}\0\u{1b}\u{85}\n<b>Đà Lạt</b>\t";
        assert_eq!(plain(evil.to_owned()), "Chè gnuhT x\n<b>Đà Lạt</b>\t");
    }

    #[test]
    fn a_browser_gets_a_page_and_a_program_gets_json() {
        let wants = |value: &str| {
            wants_json(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(value).unwrap())]))
        };
        assert!(wants("application/json") && wants("application/json, */*;q=0.1"));
        assert!(!wants("text/html,application/xhtml+xml,application/json;q=0.9") && !wants("*/*"));
    }
}
