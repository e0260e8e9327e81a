//! `GET /api/v1/listings`: the feed of listings, for exchanges that poll.
//!
//! ```text
//! GET /api/v1/listings                        from the beginning
//! GET /api/v1/listings?cursor=AgAAAAAAABJnAAAAAlEx&limit=100
//! Link: <https://…/api/v1/listings?cursor=…>; rel="next"
//! ```
//!
//! Changes come in the order of the log, which never moves, each listing once and at its newest: following `next` misses
//! nothing, also while others write, and no page offers what was recalled since. Exchanges with a key have
//! [more forms](crate::api::feed). `Link` (RFC 8288) is there while more is waiting; at the end, come back with the same `next`.
//! Parameters that are not named here are refused: a reader whose cursor is spelt wrong would read page one for ever.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use nguon_market::{Cursor, FeedPage};

use super::answer::cacheable;
use super::words::parameters;
use crate::app::App;
use crate::problem::{Document, Problem};

/// Changes on a page when nobody asks for another number.
const ITEMS: i64 = 100;
/// Changes on a page, at most.
const FEED_ITEMS: i64 = 200;

/// Listings that appeared, changed or went, oldest change first.
///
/// Keep one row a listing: `put` replaces it, `gone` deletes it. Keep `next` after you have kept the page.
#[utoipa::path(
    get, path = "/api/v1/listings", tag = "catalogue",
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before; none: from the beginning"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "Changes on a page; 100 otherwise"),
    ),
    responses(
        (status = 200, description = "A page of changes", body = FeedPage, headers(
            ("link", description = "The next page, while more is waiting (RFC 8288)"), ("etag", description = "Weak"),
        )),
        (status = 304, description = "You have this page"),
        (status = 400, description = "`query-unknown`, `cursor-malformed`", body = Document,
            content_type = "application/problem+json"),
        (status = 410, description = "`cursor-gone`", body = Document, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn feed(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (cursor, limit) = read(&uri)?;
    let service = app.service.clone();
    let page = app.ask(async move { service.feeds().changes(None, cursor, limit).await }).await??;
    let bytes = serde_json::to_vec(&page).map_err(|error| Problem::internal(&error))?;
    let mut response = cacheable(StatusCode::OK, "application/json", bytes, &headers);
    if page.has_more {
        let base = app.service.public_base_url();
        let link = format!("<{base}/api/v1/listings?cursor={}&limit={limit}>; rel=\"next\"", page.next);
        response.headers_mut().extend(HeaderValue::try_from(link).ok().map(|link| (header::LINK, link)));
    }
    Ok(response)
}

fn read(uri: &Uri) -> Result<(Cursor, i64), Problem> {
    let (mut cursor, mut limit) = (None, None);
    for (name, value) in parameters(uri) {
        match name.as_str() {
            "cursor" if cursor.is_none() => {
                let read = Cursor::parse(&value);
                cursor = Some(read.map_err(|error| Problem::new("cursor-malformed").because(error))?);
            }
            "limit" if limit.is_none() => {
                let read = value.parse::<i64>().ok().filter(|limit| (1..=FEED_ITEMS).contains(limit));
                let why = format!("limit is a number from 1 to {FEED_ITEMS}");
                limit = Some(read.ok_or_else(|| Problem::new("query-unknown").because(why))?);
            }
            _ => {
                let name: String = name.chars().take(40).collect();
                return Err(
                    Problem::new("query-unknown").because(format!("`{name}` is unknown or there twice"))
                );
            }
        }
    }
    Ok((cursor.unwrap_or(Cursor::START), limit.unwrap_or(ITEMS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_parameter_is_refused_and_not_ignored() {
        let of =
            |query: &str| read(&format!("/api/v1/listings{query}").parse().unwrap()).map_err(|p| p.code());
        assert_eq!(of(""), Ok((Cursor::START, 100)));
        assert_eq!(
            of("?limit=7&cursor=AgAAAAAAABJnAAAAAlEx"),
            Ok((Cursor { log_index: 4711, position: 2, day: 20_785 }, 7))
        );
        for query in ["?after=x", "?limit=0", "?limit=201", "?limit=1&limit=2", "?limit=-1", "?lang=en"] {
            assert_eq!(of(query), Err("query-unknown"), "{query}");
        }
        assert_eq!(of("?cursor=AQ"), Err("cursor-malformed"));
        assert_eq!(of("?cursor="), Err("cursor-malformed"));
    }
}
