//! Feeds for exchanges: a snapshot in the form that they read, and the changes after it.
//!
//! ```text
//! GET /api/v1/feed/listings.json          everything that is for sale        Authorization: Bearer nguon_…
//! Link: <https://…/api/v1/feed/changes?cursor=…>; rel="next", <https://…/api/v1/feed/schema.json>; rel="describedby"
//! ETag: W/"…"                             If-None-Match: the same again costs a 304
//!
//! GET /api/v1/feed/changes?cursor=…       what changed since: put or gone, each listing at its newest
//! ```
//!
//! A snapshot is written while it is sent, a few hundred listings at a time, and holds no transaction: the memory it takes does not
//! grow with its length, and a slow reader holds nobody up. A body that ends early ends the connection without its last chunk, so
//! that no reader takes half a list for the whole. Answers are compressed (gzip, zstd) and never kept by a cache without asking.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_market::form::{Form, SCHEMA};
use nguon_market::{Cursor, FeedPage};
use nguon_service::exchanges::Caller;
use nguon_service::feeds::{PAGE_MAX, Selection, Walk};
use nguon_service::{LookupError, Scope};
use tokio::sync::mpsc;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, SnapshotTurn};
use crate::exchange::{caller, mark};
use crate::page::words::parameters;
use crate::problem::{Document, Problem};

/// Changes on a page when nobody asks for another number.
const CHANGES: i64 = 500;
/// A reader that takes nothing for so long is let go.
const PATIENCE: Duration = Duration::from_secs(60);
/// The table as a workbook.
const SHEET: &str = "listings.xlsx";
const SHEET_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// A kept answer is asked for again each time: a recall must not wait for a clock.
const CACHING: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The routes, compressed.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(changes))
        .routes(routes!(schema))
        .routes(routes!(dossier))
        .routes(routes!(snapshot))
        .layer(CompressionLayer::new())
}

/// The JSON Schema of `listings.json` and `changes`.
#[utoipa::path(
    get, path = "/api/v1/feed/schema.json", tag = "exchanges",
    responses((status = 200, description = "JSON Schema 2020-12", content_type = "application/schema+json")),
)]
async fn schema(uri: Uri) -> Result<Response, Problem> {
    if let Some((name, _)) = parameters(&uri).first() {
        return Err(unknown(name));
    }
    let headers =
        [(header::CONTENT_TYPE, "application/schema+json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    Ok((headers, SCHEMA).into_response())
}

/// Listings that appeared, changed or went since a cursor, each at its newest, in the order of the log.
///
/// Keep one row a listing: `put` replaces it, `gone` deletes it; both may come again. Keep `next` after you have kept the page. When
/// `selection` is another than before, what you may see has changed: take a new snapshot.
#[utoipa::path(
    get, path = "/api/v1/feed/changes", tag = "exchanges",
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the snapshot or page before; none: from the beginning"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "Changes on a page; 500 otherwise"),
    ),
    responses(
        (status = 200, description = "A page of changes", body = FeedPage, headers(
            ("link", description = "The next page, while more is waiting (RFC 8288)"), ("etag", description = "Weak"),
            ("ratelimit", description = "What is left of your rate"), ("ratelimit-policy", description = "Your rate"),
        )),
        (status = 304, description = "You have this page"),
        (status = 400, description = "`query-unknown`, `cursor-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`key-missing`, `key-unknown`, `key-ended`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`key-scope`", body = Document, content_type = "application/problem+json"),
        (status = 410, description = "`cursor-gone`: begin with a snapshot", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`, with Retry-After", body = Document, content_type = "application/problem+json"),
    ),
)]
async fn changes(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let who = caller(&app, &headers, Scope::Feed).await?;
    let marked = who.allowance;
    answer_changes(&app, &uri, &headers, who).await.map_err(|problem| problem.limited_by(marked))
}

async fn answer_changes(
    app: &Arc<App>,
    uri: &Uri,
    headers: &HeaderMap,
    who: Caller,
) -> Result<Response, Problem> {
    let (mut cursor, mut limit) = (None, None);
    for (name, value) in parameters(uri) {
        match name.as_str() {
            "cursor" if cursor.is_none() => {
                let read = Cursor::parse(&value);
                cursor = Some(read.map_err(|error| Problem::new("cursor-malformed").because(error))?);
            }
            "limit" if limit.is_none() => {
                let read = value.parse::<i64>().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                let why = || {
                    Problem::new("query-unknown").because(format!("limit is a number from 1 to {PAGE_MAX}"))
                };
                limit = Some(read.ok_or_else(why)?);
            }
            _ => return Err(unknown(&name)),
        }
    }
    let (cursor, asked) = (cursor.unwrap_or(Cursor::START), limit.unwrap_or(CHANGES));
    let (service, profile) = (app.service.clone(), who.profile.clone());
    let page = app.ask(async move { service.feeds().changes(Some(&profile), cursor, asked).await }).await??;
    let bytes = serde_json::to_vec(&page).map_err(|error| Problem::internal(&error))?;
    let tag = etag(&blake3::hash(&bytes).to_hex()[..32]);
    let mut response = if has(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
    };
    let base = app.service.public_base_url();
    let mut links = vec![format!("<{base}/api/v1/feed/schema.json>; rel=\"describedby\"")];
    if page.has_more {
        let limit = limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
        links.push(format!("<{base}/api/v1/feed/changes?cursor={}{limit}>; rel=\"next\"", page.next));
    }
    finish(&mut response, &tag, &links, &who);
    Ok(response)
}

/// A seller's dossier: one zip for an exchange that takes letters and no feed.
///
/// What it sells as a spreadsheet, its registration sheet, photographs, certificates that hold, QR codes, and a manifest with the BLAKE3 of
/// each file. No person's papers are in it.
#[utoipa::path(
    get, path = "/api/v1/feed/dossier/{organisation}", tag = "exchanges",
    params(("organisation" = String, Path, description = "Event id of the seller's genesis record")),
    responses(
        (status = 200, description = "The zip", content_type = "application/zip", body = Vec<u8>),
        (status = 400, description = "`id-malformed`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`key-missing`, `key-unknown`, `key-ended`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`key-scope`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`organisation-not-found`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`sheet-too-long`", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`, with Retry-After", body = Document, content_type = "application/problem+json"),
    ),
)]
async fn dossier(
    State(app): State<Arc<App>>,
    Path(organisation): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = caller(&app, &headers, Scope::Feed).await?;
    if let Some((name, _)) = parameters(&uri).first() {
        return Err(unknown(name).limited_by(who.allowance));
    }
    let id: nguon_ledger::OrganisationId =
        organisation.parse().map_err(|_| Problem::new("id-malformed").limited_by(who.allowance))?;
    let turn = app.snapshot_turn(&who.exchange)?;
    let (service, profile) = (app.service.clone(), who.profile.clone());
    let made = app.ask(async move {
        let _turn = turn;
        let view = service
            .catalogue()
            .organisation(id)
            .await
            .map_err(|error| Problem::from(LookupError::Store(error)))?;
        let card = view.and_then(|view| view.card).ok_or_else(|| Problem::new("organisation-not-found"))?;
        service.feeds().dossier(profile, id, &card).await.map_err(Problem::from)
    });
    let export = made.await?.map_err(|problem| problem.limited_by(who.allowance))?;
    let named = format!("attachment; filename=\"{}\"", export.file_name);
    let headers = [(header::CONTENT_TYPE, export.media_type), (header::CACHE_CONTROL, "private, no-store")];
    let mut response = (headers, [(header::CONTENT_DISPOSITION, named)], export.bytes).into_response();
    mark(&mut response, who.allowance);
    Ok(response)
}

/// Everything that is for sale, in one of these forms.
///
/// `listings.json`, `listings.jsonl`, `listings.csv`, `listings.xlsx`, `google.xml` and `google.tsv` (Google Merchant, Meta),
/// `schema-org.jsonld`, `dfc.jsonld` (Data Food Consortium). `Link: rel="next"` says where changes go on.
#[utoipa::path(
    get, path = "/api/v1/feed/{file}", tag = "exchanges",
    params(
        ("file" = String, Path, description = "The form, by its file's name"),
        ("organisation" = Option<String>, Query, description = "One seller's only: the event id of its genesis record"),
        ("category" = Option<String>, Query, description = "One category's only"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "application/json", body = FeedPage, headers(
            ("link", description = "Where changes go on (RFC 8288)"), ("etag", description = "Weak"),
            ("ratelimit", description = "What is left of your rate"), ("ratelimit-policy", description = "Your rate"),
        )),
        (status = 304, description = "You have this file"),
        (status = 400, description = "`query-unknown`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`key-missing`, `key-unknown`, `key-ended`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`key-scope`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`file-not-found`", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "`sheet-too-long`", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`, with Retry-After", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`: too many snapshots are being written", body = Document, content_type = "application/problem+json"),
    ),
)]
async fn snapshot(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let who = caller(&app, &headers, Scope::Feed).await?;
    let marked = who.allowance;
    answer_snapshot(&app, &file, &uri, &headers, who).await.map_err(|problem| problem.limited_by(marked))
}

async fn answer_snapshot(
    app: &Arc<App>,
    file: &str,
    uri: &Uri,
    headers: &HeaderMap,
    who: Caller,
) -> Result<Response, Problem> {
    let form = Form::of_file(file);
    if form.is_none() && file != SHEET {
        return Err(Problem::new("file-not-found"));
    }
    let selection = selection(uri)?;
    let (service, profile, asked) =
        (app.service.clone(), who.profile.clone(), (selection.clone(), file.to_owned()));
    let tag = app.ask(async move { service.feeds().tag(Some(&profile), &asked.0, &asked.1).await }).await??;
    let tag = etag(&tag);
    let (service, profile) = (app.service.clone(), who.profile.clone());
    let walk = app.ask(async move { service.feeds().begin(Some(profile), selection).await }).await??;
    let base = app.service.public_base_url();
    let links = [
        format!("<{base}/api/v1/feed/changes?cursor={}>; rel=\"next\"", walk.next),
        format!("<{base}/api/v1/feed/schema.json>; rel=\"describedby\""),
    ];
    let mut response = if has(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let turn = app.snapshot_turn(&who.exchange)?;
        match form {
            Some(form) => {
                let body = stream(app, form, walk, (who.profile.clone(), turn))?;
                ([(header::CONTENT_TYPE, form.media_type())], body).into_response()
            }
            None => {
                let service = app.service.clone();
                let made = app.ask(async move { (service.feeds().sheet(walk).await, turn).0 }).await??;
                ([(header::CONTENT_TYPE, SHEET_TYPE)], made).into_response()
            }
        }
    };
    if response.status() == StatusCode::OK {
        let named = HeaderValue::try_from(format!("inline; filename=\"{file}\""));
        response.headers_mut().extend(named.ok().map(|named| (header::CONTENT_DISPOSITION, named)));
    }
    finish(&mut response, &tag, &links, &who);
    Ok(response)
}

/// Writes a snapshot into a body, as fast as it is read.
fn stream(
    app: &Arc<App>,
    form: Form,
    mut walk: Walk,
    (profile, turn): (Arc<nguon_market::Profile>, SnapshotTurn),
) -> Result<Body, Problem> {
    let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(2);
    let service = app.service.clone();
    app.begin(async move {
        let _turn = turn;
        let mut writer = service.feeds().writer(form, &walk);
        let mut out = Vec::new();
        writer.begin(&mut out);
        loop {
            match service.feeds().step(&mut walk).await {
                Ok(Some(items)) => {
                    for item in &items {
                        let shown = item.shown.clone().unwrap_or_else(|| profile.show(item));
                        writer.item(item, &shown, &mut out);
                    }
                    if out.is_empty() {
                        continue;
                    }
                }
                Ok(None) => {
                    writer.end(&mut out);
                    let last = sender.send(Ok(std::mem::take(&mut out).into()));
                    if tokio::time::timeout(PATIENCE, last).await.is_err() {
                        tracing::info!("a reader of a snapshot took nothing for a minute");
                    }
                    return;
                }
                Err(error) => {
                    // The reader sees a body that breaks off, and not half a list that looks whole.
                    tracing::error!(%error, "a snapshot broke off");
                    let broken = sender.send(Err(std::io::Error::other("the snapshot broke off")));
                    drop(tokio::time::timeout(PATIENCE, broken).await);
                    return;
                }
            }
            match tokio::time::timeout(PATIENCE, sender.send(Ok(std::mem::take(&mut out).into()))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => {
                    tracing::info!("a reader of a snapshot took nothing for a minute");
                    let broken = sender.try_send(Err(std::io::Error::other("the reader was too slow")));
                    drop(broken);
                    return;
                }
            }
        }
    })?;
    Ok(Body::new(Pages { receiver, ended: false }))
}

/// A body from a channel.
struct Pages {
    receiver: mpsc::Receiver<Result<Bytes, std::io::Error>>,
    ended: bool,
}

impl HttpBody for Pages {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        self.receiver.poll_recv(context).map(|got| {
            self.ended = got.is_none();
            got.map(|got| got.map(hyper::body::Frame::data))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

fn selection(uri: &Uri) -> Result<Selection, Problem> {
    let mut selection = Selection::default();
    for (name, value) in parameters(uri) {
        match name.as_str() {
            "organisation" if selection.organisation.is_none() => {
                let id = value.parse().map_err(|error| Problem::new("query-unknown").because(error))?;
                selection.organisation = Some(id);
            }
            "category" if selection.category.is_none() && value.len() <= 100 => {
                selection.category = Some(value.to_string())
            }
            _ => return Err(unknown(&name)),
        }
    }
    Ok(selection)
}

fn unknown(name: &str) -> Problem {
    let name: String = name.chars().take(40).collect();
    Problem::new("query-unknown").because(format!("`{name}` is unknown or there twice"))
}

/// Weak: the bytes may be compressed, by us or by a proxy.
fn etag(hash: &str) -> String {
    format!("W/\"{hash}\"")
}

/// Whether the reader has it (RFC 9110, section 13.1.2).
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let bare = tag.trim_start_matches("W/");
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == bare
    })
}

fn finish(response: &mut Response, tag: &str, links: &[String], who: &Caller) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, CACHING);
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    for link in links {
        if let Ok(link) = HeaderValue::try_from(link) {
            headers.append(header::LINK, link);
        }
    }
    mark(response, who.allowance);
}
