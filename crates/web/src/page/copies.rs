//! Pages are kept as they were last made, and a kept page is always what a new one would be.
//!
//! ```text
//! asked ─▶ kept, and it holds ───────────────────────────────────────────▶ 200 or 304: nothing is read or written
//!      └─▶ not kept ─▶ made once, for all who ask for it meanwhile ─▶ kept ─▶ 200
//!                             └─▶ the database does not answer ─▶ the last copy, with its date ─▶ 200, never as today's
//!                                                                └─▶ none kept ─▶ 503
//! ```
//!
//! **When a page holds.** While it is made, the catalogue takes down the name of everything that it reads
//! ([`nguon_service::turns`]); the page holds until the projector or the publisher says one of these names, until the day
//! ends in Vietnam, and until an offer on it begins or ends, whichever is first. A page that reads something beside the
//! catalogue notes its name in [`Making::seen`]. Who joins others that wait for a page gets one that was begun after it
//! asked, or one that still holds: a recall is on every page that is asked for after it.
//!
//! **Memory.** Pages, with their compressed forms, take so many bytes and no more ([`crate::WorkLimits`]); what is asked for
//! once is driven out by what is asked for again (S3-FIFO). A page that no longer holds stays until it is made again or
//! driven out: it is the copy of a bad day.
//!
//! **A copy** says in the page when it was made and that later things are missing, keeps its banner (a recall stays a
//! recall), has no validator, and is not to be stored (`Cache-Control: no-store`, `Age`, and `Cache-Status` with a negative
//! `ttl`, RFC 9211). Also a page that would hold is a copy while the database is known not to answer.

mod pulse;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use nguon_service::Catalogue;
use nguon_service::catalogue::end_of_day_ms;
use nguon_service::turns::{Basis, Seen};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::sync::OnceCell;

use self::pulse::Pulse;
use super::answer::Page;
use super::coding::{Coding, Effort};
use super::fault;
use super::words::Words;
use crate::app::App;
use crate::problem::Problem;

/// Who has an older copy of a page waits so long for a new one.
const PATIENCE: Duration = Duration::from_secs(3);
/// What a page's compressed forms and headers take beside it, about: they are made later, and the room is kept.
const FORMS_PERCENT: usize = 35;
const HEADERS_BYTES: usize = 1_500;
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    path: String,
    form: Form,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// A page in a language.
    Html(Words),
    Json,
}

impl Key {
    /// The page under a path that has one spelling.
    pub(crate) fn new(path: String, form: Form) -> Self {
        Self { path, form }
    }
}

/// What a page is made with.
pub(crate) struct Making {
    pub(crate) app: Arc<App>,
    /// Takes down what it reads.
    pub(crate) catalogue: Catalogue,
    /// For what is read elsewhere.
    pub(crate) seen: Arc<Seen>,
    /// Read before anything else.
    pub(crate) now_ms: i64,
}

/// A page as it was made.
struct Kept {
    page: Page,
    basis: Basis,
    made_ms: i64,
    holds_until_ms: i64,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Kept {
    /// Whether one made now would be the same.
    fn holds(&self, now_ms: i64) -> bool {
        (self.made_ms..self.holds_until_ms).contains(&now_ms) && self.basis.holds()
    }

    fn in_coding(&self, coding: Coding) -> Bytes {
        let thorough = || coding.write(&self.page.bytes, Effort::Thorough).into();
        match coding {
            Coding::Identity => self.page.bytes.clone(),
            Coding::Gzip => self.gzip.get_or_init(thorough).clone(),
            Coding::Brotli => self.brotli.get_or_init(thorough).clone(),
        }
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Arc<Kept>> for Weight {
    fn weight(&self, key: &Key, kept: &Arc<Kept>) -> u64 {
        let page = kept.page.bytes.len();
        (page + page * FORMS_PERCENT / 100 + HEADERS_BYTES + key.path.len() + kept.basis.bytes()) as u64
    }
}

/// Somebody makes it; the others wait for the same.
type Shared = Arc<OnceCell<Result<Arc<Kept>, Problem>>>;

/// The pages that are kept.
pub(crate) struct Copies {
    /// None where nothing is to be kept.
    kept: Option<Cache<Key, Arc<Kept>, Weight>>,
    making: Mutex<HashMap<Key, Shared>>,
    pulse: Arc<Pulse>,
    made: AtomicU64,
}

/// How a page was answered, for the metrics.
fn count(how: &'static str) {
    metrics::counter!("nguon_pages_answered_total", "how" => how).increment(1);
}

impl Copies {
    /// Pages of so many bytes; 0 keeps none.
    pub(crate) fn new(bytes: u64) -> Self {
        // A page of a lot has about 40 kB.
        let pages = usize::try_from(bytes / 50_000).unwrap_or(usize::MAX).max(16);
        let kept = (bytes > 0).then(|| Cache::with_weighter(pages, bytes, Weight));
        Self { kept, making: Mutex::default(), pulse: Arc::default(), made: AtomicU64::new(0) }
    }

    /// Pages and their bytes, about.
    pub(crate) fn size(&self) -> (usize, u64) {
        self.kept.as_ref().map_or((0, 0), |kept| (kept.len(), kept.weight()))
    }

    fn get(&self, key: &Key) -> Option<Arc<Kept>> {
        self.kept.as_ref()?.get(key)
    }

    fn keep(&self, key: Key, made: &Arc<Kept>) {
        let Some(kept) = &self.kept else { return };
        if made.page.status == StatusCode::OK {
            kept.insert(key, made.clone());
        } else {
            kept.remove(&key);
        }
        // Now and then: adding up the parts of the cache takes its locks.
        if self.made.fetch_add(1, Ordering::Relaxed).is_multiple_of(64) {
            metrics::gauge!("nguon_pages_kept").set(kept.len() as f64);
            metrics::gauge!("nguon_pages_kept_bytes").set(kept.weight() as f64);
        }
    }

    fn join(&self, key: &Key) -> Shared {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        making.entry(key.clone()).or_default().clone()
    }

    /// Whoever comes from now on begins anew.
    fn leave(&self, key: &Key, shared: &Shared, only_if_last: bool) {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ours = making.get(key).is_some_and(|known| Arc::ptr_eq(known, shared));
        // Two: the table's and ours.
        if is_ours && (!only_if_last || Arc::strong_count(shared) <= 2) {
            making.remove(key);
        }
    }
}

/// Whoever waited and goes away leaves nothing behind.
struct Waiting<'a> {
    copies: &'a Copies,
    key: &'a Key,
    shared: Shared,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.copies.leave(self.key, &self.shared, true);
    }
}

/// Answers with a page: the kept one if it holds, or a new one, or while the database does not answer the last one.
pub(crate) async fn answer<F>(
    app: &Arc<App>,
    key: Key,
    asked: &HeaderMap,
    make: impl Fn(Making) -> F,
) -> Result<Response, Problem>
where
    F: Future<Output = Result<Page, Problem>> + Send + 'static,
{
    let copies = &app.copies;
    let is_down = Pulse::is_down(app);
    let now_ms = app.service.now_ms();
    let before = copies.get(&key);
    match &before {
        Some(kept) if is_down => return Ok(copy(kept, key.form, asked, now_ms)),
        Some(kept) if kept.holds(now_ms) => {
            count("kept");
            return Ok(kept.page.answer_in(asked, |coding| kept.in_coding(coding)));
        }
        None if is_down => return trouble(Problem::new("read-failed"), &key, asked),
        _ => {}
    }
    let making = made(app, &key, &make);
    let made = match &before {
        // It goes on being made, for who comes next.
        Some(_) => tokio::time::timeout(PATIENCE, making).await.unwrap_or_else(|_| {
            copies.pulse.doubt();
            Err(Problem::new("timed-out"))
        }),
        None => making.await,
    };
    match (made, before) {
        (Ok(made), _) => {
            count("made");
            Ok(made.page.answer(asked))
        }
        (Err(problem), Some(kept)) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => {
            Ok(copy(&kept, key.form, asked, now_ms))
        }
        (Err(problem), _) => trouble(problem, &key, asked),
    }
}

/// The last copy of a page, for one who asked for something near it that cannot be read now.
pub(crate) fn last(app: &App, key: &Key, asked: &HeaderMap) -> Option<Response> {
    let kept = app.copies.get(key)?;
    Some(copy(&kept, key.form, asked, app.service.now_ms()))
}

/// Answers with a page that is not kept: of a search, or of one who asked for the fiftieth part of a list.
pub(crate) async fn answer_once<F>(
    app: &Arc<App>,
    key: Key,
    asked: &HeaderMap,
    make: impl Fn(Making) -> F,
) -> Result<Response, Problem>
where
    F: Future<Output = Result<Page, Problem>> + Send + 'static,
{
    if Pulse::is_down(app) {
        return trouble(Problem::new("read-failed"), &key, asked);
    }
    match app.ask(make(begin(app))).await.flatten() {
        Ok(page) => Ok(page.answer(asked)),
        Err(problem) => {
            hear(app, Some(&problem));
            trouble(problem, &key, asked)
        }
    }
}

fn begin(app: &Arc<App>) -> Making {
    let now_ms = app.service.now_ms();
    let seen = Arc::new(Seen::begin(app.service.turns().clone()));
    let catalogue = app.service.catalogue();
    // Who keeps nothing remembers nothing.
    let catalogue = if app.copies.kept.is_some() { catalogue.clone() } else { catalogue.without_memory() };
    let catalogue = catalogue.seen_by(seen.clone());
    Making { app: app.clone(), catalogue, seen, now_ms }
}

/// The page as it is now: made by one, for all who wait for it.
async fn made<F>(app: &Arc<App>, key: &Key, make: &impl Fn(Making) -> F) -> Result<Arc<Kept>, Problem>
where
    F: Future<Output = Result<Page, Problem>> + Send + 'static,
{
    let copies = &app.copies;
    // Who joins may get what was begun before it asked. If that does not hold, the next was begun after.
    let mut again = true;
    loop {
        let waiting = Waiting { copies, key, shared: copies.join(key) };
        let made = waiting
            .shared
            .get_or_init(|| async {
                let made = make_and_keep(app, key, make).await;
                copies.leave(key, &waiting.shared, false);
                made
            })
            .await
            .clone();
        match made {
            Ok(made) if again && !made.holds(app.service.now_ms()) => again = false,
            made => return made,
        }
    }
}

async fn make_and_keep<F>(
    app: &Arc<App>,
    key: &Key,
    make: &impl Fn(Making) -> F,
) -> Result<Arc<Kept>, Problem>
where
    F: Future<Output = Result<Page, Problem>> + Send + 'static,
{
    let making = begin(app);
    let (seen, made_ms) = (making.seen.clone(), making.now_ms);
    let (page, keeping, key) = (make(making), app.clone(), key.clone());
    let work = async move {
        let made = page.await.map(|page| {
            let holds_until_ms = page.holds_until_ms.unwrap_or(i64::MAX).min(end_of_day_ms(made_ms));
            Arc::new(Kept {
                page,
                basis: seen.finish(),
                made_ms,
                holds_until_ms,
                brotli: OnceLock::new(),
                gzip: OnceLock::new(),
            })
        });
        hear(&keeping, made.as_ref().err());
        if let Ok(made) = &made {
            keeping.copies.keep(key, made);
        }
        made
    };
    app.ask(work).await.flatten()
}

/// What the making of a page tells about the database.
fn hear(app: &App, problem: Option<&Problem>) {
    let pulse = &app.copies.pulse;
    match problem.map(Problem::code) {
        None => pulse.heard(),
        Some("read-failed") => pulse.missed(),
        Some(_) => pulse.doubt(),
    }
}

/// The last good page, said to be that.
fn copy(kept: &Kept, form: Form, asked: &HeaderMap, now_ms: i64) -> Response {
    count("copy");
    let mut page = kept.page.clone();
    if let Form::Html(words) = form {
        page.bytes = with_notice(&page.bytes, words, kept.made_ms);
    }
    let seconds = now_ms.saturating_sub(kept.made_ms).max(0) / 1_000;
    page.headers.remove(header::ETAG);
    page.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page.headers.insert(header::AGE, seconds.into());
    let status = HeaderValue::try_from(format!("nguon; hit; ttl=-{}; detail=database-down", seconds.max(1)));
    page.headers.extend(status.ok().map(|status| (CACHE_STATUS, status)));
    page.answer(asked)
}

/// The page with a line in front of everything that it says.
fn with_notice(page: &[u8], words: Words, made_ms: i64) -> Bytes {
    let moment = words.moment_in_vietnam(made_ms);
    let said = words.with("copy-notice", &[("at", &moment.text)]);
    let notice =
        format!("\n<p class=\"banner wait\" role=\"status\" data-copy=\"{}\">{said}</p>", moment.machine);
    // Inside of the main part, where readers of screens begin too.
    let start = page.windows(5).position(|five| five == b"<main").unwrap_or(0);
    let inside = page.iter().skip(start).position(|byte| *byte == b'>').map_or(0, |end| start + end + 1);
    let (front, back) = page.split_at_checked(inside).unwrap_or((page, b""));
    [front, notice.as_bytes(), back].concat().into()
}

/// Nothing to show: a page for people, a problem for programs.
fn trouble(problem: Problem, key: &Key, asked: &HeaderMap) -> Result<Response, Problem> {
    let Form::Html(words) = key.form else { return Err(problem) };
    if problem.status() != StatusCode::SERVICE_UNAVAILABLE {
        return Err(problem);
    }
    count("trouble");
    let uri: Uri = key.path.parse().unwrap_or_default();
    let retry = problem.into_response().headers().get(header::RETRY_AFTER).cloned();
    let mut response = fault::page(fault::Fault::Trouble, &key.path, words, &uri, asked);
    response.headers_mut().remove(header::ETAG);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().extend(retry.map(|retry| (header::RETRY_AFTER, retry)));
    Ok(response)
}
