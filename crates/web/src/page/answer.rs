//! How a page is answered: one document without script, its style named by hash, and a validator made of its bytes.
//!
//! ```text
//! Cache-Control: public, max-age=20, stale-while-revalidate=10, stale-if-error=10
//! ETag: W/"<128 bits of the BLAKE3 of the document>"
//! Vary: accept, accept-language, accept-encoding
//! Content-Security-Policy: default-src 'none'; style-src 'sha256-…'; img-src 'self'; connect-src 'self'; …
//! ```
//!
//! The validator covers everything on the page (state, cards, neighbours, proofs, language, the day), so a recall is a new
//! page at the origin at once. It is weak (RFC 9110, section 8.8.1): the page is the same in whatever coding it is sent.
//!
//! **Within a minute elsewhere.** Whoever keeps an answer may show it for 20 s, and for 10 s more while it asks again
//! (RFC 5861, section 3) or when it cannot reach us (section 4): 30 s. A proxy that tells the page's age (`Age`, RFC 9111,
//! section 5.1) leaves the browser behind it only the rest; one that does not (nginx) lets it begin anew: 60 s. Nothing may
//! be shown for longer. A problem page is never cached longer than a good one.
//!
//! Characters that turn the direction of other text (Unicode Standard Annex #9, sections 2.1 and 2.2) and controls are
//! left out of every page: no name of somebody's rewrites the line that it stands in. JSON has them as they were
//! signed.

use std::sync::LazyLock;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::coding::{Coding, Effort, is_text};
use super::words::Words;
use crate::problem::Problem;

/// See the module's words: 30 s a keeper.
const CACHING: &str = "public, max-age=20, stale-while-revalidate=10, stale-if-error=10";

/// The style sheet, in every page: the first screen needs no second request.
pub(crate) const STYLE: &str = include_str!("../../static/page.css");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    HeaderValue::try_from(format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ))
    .expect("base64 is ASCII")
});

/// The policy of a page that loads script: our own files, which may ask this server, as any page may, and make no markup out of text.
static WITH_SCRIPT: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = POLICY.to_str().unwrap_or_default();
    let script = "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
    HeaderValue::try_from(format!("{policy}; {script}")).expect("base64 is ASCII")
});

/// A document with its headers, before it is known who asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) bytes: Bytes,
    /// All but what depends on the coding.
    pub(crate) headers: HeaderMap,
    /// Until when it says the same if nothing is recorded, Unix milliseconds; none: until the day ends.
    pub(crate) holds_until_ms: Option<i64>,
}

/// A page.
pub(crate) fn page(status: StatusCode, page: &impl Template, words: Words) -> Result<Page, Problem> {
    let text = page.render().map_err(|error| Problem::internal(&error))?;
    let made = document(status, "text/html; charset=utf-8", plain(text).into_bytes());
    Ok(made
        .with(header::CONTENT_SECURITY_POLICY, POLICY.clone())
        .with(header::CONTENT_LANGUAGE, HeaderValue::from_static(words.language.tag()))
        .with(header::VARY, HeaderValue::from_static("accept, accept-language, accept-encoding")))
}

/// Bytes that may be kept for half a minute.
pub(crate) fn document(status: StatusCode, media_type: &'static str, bytes: Vec<u8>) -> Page {
    let hash = blake3::hash(&bytes).to_hex();
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHING));
    // Weak: the bytes may be compressed, by us or by a proxy.
    headers.extend(
        HeaderValue::try_from(format!("W/\"{}\"", &hash[..32])).ok().map(|etag| (header::ETAG, etag)),
    );
    Page { status, bytes: bytes.into(), headers, holds_until_ms: None }
}

impl Page {
    /// With another header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Loading script.
    pub(crate) fn with_script(self) -> Self {
        self.with(header::CONTENT_SECURITY_POLICY, WITH_SCRIPT.clone())
    }

    /// Saying the same until then, if nothing is recorded.
    pub(crate) fn holding_until_ms(self, moment: i64) -> Self {
        Self { holds_until_ms: Some(moment), ..self }
    }

    /// The answer to one who asks: 304 if it has the page (RFC 9110, section 13.1.2), in the coding that it prefers.
    pub(crate) fn answer(&self, asked: &HeaderMap) -> Response {
        self.answer_in(asked, |coding| coding.write(&self.bytes, Effort::Quick).into())
    }

    /// As [`Page::answer`], with a way to the bytes in a coding.
    pub(crate) fn answer_in(&self, asked: &HeaderMap, in_coding: impl FnOnce(Coding) -> Bytes) -> Response {
        let mut headers = self.headers.clone();
        let is_text = is_text(headers.get(header::CONTENT_TYPE));
        if is_text && !varies_by_coding(&headers) {
            headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        let etag = headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
        if self.status == StatusCode::OK && etag.is_some_and(|etag| has(asked, etag)) {
            // What a cache may change of what it has, and nothing about bytes that are not sent (section 15.4.5).
            headers.remove(header::CONTENT_TYPE);
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            *response.headers_mut() = headers;
            return response;
        }
        let coding = Coding::of(asked).for_document(self.headers.get(header::CONTENT_TYPE), self.bytes.len());
        let bytes = match coding.name() {
            None => self.bytes.clone(),
            Some(name) => {
                headers.insert(header::CONTENT_ENCODING, name);
                in_coding(coding)
            }
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

fn varies_by_coding(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::VARY);
    lists.iter().any(|list| list.to_str().is_ok_and(|list| list.contains("accept-encoding")))
}

/// Answers with a page, or with 304 if the reader has it.
pub(crate) fn html(
    status: StatusCode,
    template: &impl Template,
    words: Words,
    asked: &HeaderMap,
) -> Response {
    match page(status, template, words) {
        Ok(page) => page.answer(asked),
        Err(problem) => problem.into_response(),
    }
}

/// Answers with bytes that may be kept for half a minute, or with 304 if the reader has them.
pub(crate) fn cacheable(
    status: StatusCode,
    media_type: &'static str,
    bytes: Vec<u8>,
    asked: &HeaderMap,
) -> Response {
    document(status, media_type, bytes).answer(asked)
}

/// A document without characters that a reader cannot see and that change what it reads.
fn plain(mut text: String) -> String {
    // Nearly every page has none.
    if may_hide_something(text.as_bytes()) {
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
    }
    text
}

/// Whether UTF-8 text may hold a character that [`plain`] leaves out, by its first two or three bytes.
fn may_hide_something(bytes: &[u8]) -> bool {
    // Most of a page is markup: runs of plain ASCII are passed over many bytes at a time.
    const RUN: usize = 32;
    let is_ascii = |run: &[u8]| {
        run.iter().fold(true, |so_far, byte| {
            so_far & ((byte.wrapping_sub(0x20) < 0x5f) | (*byte == b'\n') | (*byte == b'\t'))
        })
    };
    let runs = bytes.chunks(RUN).zip((0..).step_by(RUN));
    runs.filter(|(run, _)| !is_ascii(run)).any(|(run, at)| (at..at + run.len()).any(|at| hides(bytes, at)))
}

/// Whether a character that is left out may begin here.
fn hides(bytes: &[u8], at: usize) -> bool {
    let next = |at: usize| bytes.get(at).copied().unwrap_or(0);
    match next(at) {
        b'\n' | b'\t' => false,
        0..0x20 | 0x7f => true,
        // U+0080 to U+009F, U+00AD.
        0xc2 => next(at + 1) < 0xa0 || next(at + 1) == 0xad,
        0xd8 => next(at + 1) == 0x9c,
        // U+2000 to U+203F, U+2040 to U+207F: a dash and a quotation mark are there too.
        0xe2 => match next(at + 1) {
            0x80 => matches!(next(at + 2), 0x8b..=0x8f | 0xaa..=0xae),
            0x81 => next(at + 2) >= 0xa0,
            _ => false,
        },
        0xef => next(at + 1) == 0xbb,
        0xf3 => next(at + 1) == 0xa0,
        _ => false,
    }
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
    fn a_glance_at_the_bytes_misses_no_character_that_is_left_out() {
        for c in '\0'..=char::MAX {
            let text = format!("a{c}b");
            let is_left_out = plain_slowly(&text) != text;
            assert!(!is_left_out || may_hide_something(text.as_bytes()), "{:x}", u32::from(c));
            assert_eq!(plain(text.clone()), plain_slowly(&text));
        }
        // Wherever it stands, also over the edge of what is looked at together.
        for before in 0..100 {
            for hidden in ["\u{202e}", "\u{85}", "\u{e0041}", "\0", "\u{feff}"] {
                let text = format!("{}{hidden}{}", "x".repeat(before), "y".repeat(70));
                assert!(may_hide_something(text.as_bytes()), "{before}");
            }
        }
        let page = "Cà phê Cầu Đất – “thơm”\u{a0}₫ · … ✓ chữ 中文\n\t";
        assert!(!may_hide_something(page.as_bytes()), "what pages are full of is not taken for it");
    }

    /// As it was before anybody wanted it fast.
    fn plain_slowly(text: &str) -> String {
        let is_hidden = |c: char| {
            let code = u32::from(c);
            matches!(code, 0xad | 0x61c | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff)
                || (0xe0000..=0xe007f).contains(&code)
                || c.is_control() && c != '\n' && c != '\t'
        };
        text.chars().filter(|c| !is_hidden(*c)).collect()
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
