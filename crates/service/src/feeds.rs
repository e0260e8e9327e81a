//! Feeds for exchanges: a complete snapshot in any form, and the changes after it.
//!
//! ```text
//! snapshot ──▶ next ──▶ changes?cursor=next ──▶ next ──▶ …
//! ```
//!
//! - **Both come from one table**, the changes of listings in the order of the log; of each listing only its newest change is told. So
//!   no page, however late it is read, offers what was recalled since.
//! - **A snapshot** goes through the listings by name and holds no transaction while its reader is slow. A listing that changes
//!   meanwhile is told as it was or as it is, and its change comes after `next`, which was taken before the first item: a reader
//!   that goes on from there misses nothing.
//! - **Time** ends offers too, without any record: what has ended is left out here at its very millisecond, though the change that
//!   says so comes with the next record of the log.
//! - Deletions are told for [`HORIZON_DAYS`], so that a reader that begins does not hear of all that was ever sold. A cursor says on which
//!   day it was told; who comes back later than that begins with a snapshot ([`FeedError::TooOld`]).
//!
//! A [`Profile`] chooses what is seen, and says beside the signed price what the exchange shows ([`FeedItem::shown`]).

pub mod dossier;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use nguon_export::listings::{ListingsSheet, SheetCell};
use nguon_market::form::table::{self, Cell};
use nguon_market::form::{Form, Heading, Writer};
use nguon_market::{Change, Cursor, Digest, FeedFormat, FeedItem, FeedPage, Profile, ReasonCode};
use nguon_storage::{FeedRow, Store, StoreError};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::images::Images;
use crate::rows;

/// Days for which changes are told.
pub const HORIZON_DAYS: i64 = 90;
/// Changes of one page, at most.
pub const PAGE_MAX: i64 = 1_000;
/// Listings that are read at once while a snapshot is written.
const STEP: i64 = 500;
/// Rows of a spreadsheet: it is made in memory.
pub const SHEET_ROWS_MAX: usize = 20_000;
/// Changes with every new form of the bytes: a kept copy of an older version is not the same.
const VERSION: &str = "feed 1.0";
const DAY_MS: i64 = 86_400_000;

/// What is asked of a feed beside the caller's profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// One seller's only.
    pub organisation: Option<Digest>,
    /// One category's only.
    pub category: Option<String>,
}

/// Why there is no feed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The reader missed what is no longer told, or comes from another ledger.
    #[error("the cursor is older than {HORIZON_DAYS} days, or of another ledger")]
    TooOld,
    /// More rows than a spreadsheet is made for.
    #[error("more than {SHEET_ROWS_MAX} listings")]
    TooManyRows,
    /// The spreadsheet could not be written.
    #[error(transparent)]
    Sheet(#[from] nguon_export::SheetError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The feeds.
pub struct Feeds {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    images: Arc<Images>,
    base_url: Arc<str>,
    title: Arc<str>,
    ends: Mutex<Ends>,
}

/// When each offered listing ends by time alone. Ten megabytes for a hundred thousand.
#[derive(Default)]
struct Ends {
    seen: Option<(i64, i64)>,
    of: HashMap<String, i64>,
    order: BTreeMap<i64, u32>,
}

impl Ends {
    fn take(&mut self, listing: &str) {
        if let Some(end) = self.of.remove(listing)
            && let Some(count) = self.order.get_mut(&end)
        {
            *count -= 1;
            if *count == 0 {
                self.order.remove(&end);
            }
        }
    }

    fn put(&mut self, listing: String, end: i64) {
        self.take(&listing);
        self.of.insert(listing, end);
        *self.order.entry(end).or_default() += 1;
    }

    /// The newest end that has passed.
    fn passed(&self, now_ms: i64) -> i64 {
        self.order.range(..=now_ms).next_back().map_or(i64::MIN, |(end, _)| *end)
    }
}

/// A snapshot under way.
pub struct Walk {
    profile: Option<Arc<Profile>>,
    selection: Selection,
    after: String,
    /// Where changes go on.
    pub next: Cursor,
}

impl Feeds {
    /// Feeds of a store. `title` is what files are called.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        images: Arc<Images>,
        base_url: &str,
        title: &str,
    ) -> Self {
        Self { store, clock, images, base_url: base_url.into(), title: title.into(), ends: Mutex::default() }
    }

    /// A page of changes after a cursor, as this profile sees them.
    pub async fn changes(
        &self,
        profile: Option<&Profile>,
        after: Cursor,
        limit: i64,
    ) -> Result<FeedPage, FeedError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let now_ms = self.clock.now_ms();
        let horizon_ms = now_ms.saturating_sub(HORIZON_DAYS * DAY_MS);
        let (index, position) = (rows::signed(after.log_index), i64::from(after.position));
        let mut reader = self.store.reader().await?;
        if !after.is_start() {
            let size = reader.head().await?.map_or(0, |head| head.size);
            if index >= size || after.age_days(now_ms) > HORIZON_DAYS {
                return Err(FeedError::TooOld);
            }
        }
        let found = reader.feed_newest((index, position), limit + 1).await?;
        drop(reader);
        let has_more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
        let (mut next, mut items) = (after, Vec::new());
        for row in found.into_iter().take(usize::try_from(limit).unwrap_or_default()) {
            next = cursor_of(&row);
            match read(&row) {
                Some(Change::Put(item)) => items.push(self.told(*item, profile, now_ms)),
                Some(Change::Gone { at, .. }) if at.as_millisecond() < horizon_ms => {}
                Some(gone) => items.push(gone),
                None => {}
            }
        }
        let selection = profile.map(|profile| selection_word(Some(profile), &Selection::default()));
        let next = next.told_at(now_ms);
        Ok(FeedPage { format: FeedFormat::V1, items, next, has_more, selection })
    }

    /// What a change is to this profile now: an item, or gone by time or because it is not admitted.
    fn told(&self, item: FeedItem, profile: Option<&Profile>, now_ms: i64) -> Change {
        let gone = |reason, at| Change::Gone { listing: item.listing.clone(), reason, at };
        if let Some(reason) = item.ended(now_ms) {
            let at = jiff::Timestamp::from_millisecond(item.ends_at_ms()).unwrap_or(item.valid_until);
            return gone(reason, at);
        }
        if profile.is_some_and(|profile| !profile.admits(&item.organisation.id, &item.category)) {
            return gone(ReasonCode::NotAdmitted, item.updated_at);
        }
        Change::Put(Box::new(self.dressed(item, profile)))
    }

    /// With absolute addresses, pictures that are there, and what the exchange shows.
    fn dressed(&self, mut item: FeedItem, profile: Option<&Profile>) -> FeedItem {
        let base = &self.base_url;
        item.images.retain(|image| self.images.is_kept(&image.blake3.0));
        let lots = item.lots.iter_mut().map(|lot| &mut lot.trace_url);
        let images = item.images.iter_mut().map(|image| &mut image.url);
        for url in [&mut item.proof_url, &mut item.trace_url].into_iter().chain(lots).chain(images) {
            *url = format!("{base}{url}");
        }
        item.shown = profile.map(|profile| profile.show(&item));
        item
    }

    /// Names what a snapshot would say now: the same as long as nothing was recorded and no offer ended.
    pub async fn tag(
        &self,
        profile: Option<&Profile>,
        selection: &Selection,
        file: &str,
    ) -> Result<String, FeedError> {
        let mut ends = self.ends.lock().await;
        loop {
            let after = ends.seen.unwrap_or((-1, 0));
            let found = self.store.reader().await?.feed_newest(after, STEP).await?;
            let Some(last) = found.last() else { break };
            ends.seen = Some((last.log_index, last.position));
            for row in &found {
                match read(row) {
                    Some(Change::Put(item)) => ends.put(row.listing_uri.clone(), item.ends_at_ms()),
                    _ => ends.take(&row.listing_uri),
                }
            }
        }
        let state = format!("{:?} {}", ends.seen, ends.passed(self.clock.now_ms()));
        drop(ends);
        let parts = [VERSION, &state, &self.base_url, file, &selection_word(profile, selection)];
        Ok(blake3::hash(parts.join("\n").as_bytes()).to_hex()[..32].to_owned())
    }

    /// Begins a snapshot.
    pub async fn begin(
        &self,
        profile: Option<Arc<Profile>>,
        selection: Selection,
    ) -> Result<Walk, FeedError> {
        let last = self.store.reader().await?.feed_last().await?;
        let next = last.as_ref().map_or(Cursor::START, cursor_of).told_at(self.clock.now_ms());
        Ok(Walk { profile, selection, after: String::new(), next })
    }

    /// The next items of a snapshot; nothing at its end. May answer with no item before the end.
    pub async fn step(&self, walk: &mut Walk) -> Result<Option<Vec<FeedItem>>, FeedError> {
        let found = self.store.reader().await?.feed_by_listing(&walk.after, STEP).await?;
        let Some(last) = found.last() else { return Ok(None) };
        walk.after.clone_from(&last.listing_uri);
        let now_ms = self.clock.now_ms();
        let mut items = Vec::new();
        for row in &found {
            let Some(Change::Put(item)) = read(row) else { continue };
            let wanted = walk.selection.organisation.is_none_or(|one| one == item.organisation.id)
                && walk.selection.category.as_ref().is_none_or(|one| *one == item.category);
            if wanted && let Change::Put(item) = self.told(*item, walk.profile.as_deref(), now_ms) {
                items.push(*item);
            }
        }
        Ok(Some(items))
    }

    /// A writer for a snapshot's bytes.
    pub fn writer(&self, form: Form, walk: &Walk) -> Writer {
        Writer::new(
            form,
            Heading {
                base_url: self.base_url.to_string(),
                title: self.title.to_string(),
                next: walk.next,
                selection: selection_word(walk.profile.as_deref(), &walk.selection),
            },
        )
    }

    /// A snapshot as a spreadsheet.
    pub async fn sheet(&self, mut walk: Walk) -> Result<Vec<u8>, FeedError> {
        let shown_by = walk.profile.clone().unwrap_or_default();
        let mut rows: Vec<Vec<SheetCell>> = Vec::new();
        while let Some(items) = self.step(&mut walk).await? {
            if rows.len() + items.len() > SHEET_ROWS_MAX {
                return Err(FeedError::TooManyRows);
            }
            rows.extend(items.iter().map(|item| sheet_row(item, &shown_by)));
        }
        let (title, author) = (format!("Tin chào bán: {}", self.title), self.title.to_string());
        let made_on = vietnam_day(self.clock.now_ms());
        let made = tokio::task::spawn_blocking(move || {
            ListingsSheet {
                name: "Hàng bán",
                title: &title,
                author: &author,
                columns: &table::COLUMNS,
                rows,
                made_on,
            }
            .to_xlsx()
        });
        let failed =
            |_| FeedError::Sheet(nguon_export::SheetError::Writer("the writer broke off".to_owned()));
        Ok(made.await.map_err(failed)??)
    }
}

/// One row of a sheet.
pub(crate) fn sheet_row(item: &FeedItem, profile: &Profile) -> Vec<SheetCell> {
    let shown = item.shown.clone().unwrap_or_else(|| profile.show(item));
    let cells = table::row(item, &shown).into_iter();
    cells
        .map(|cell| match cell {
            Cell::Empty => SheetCell::Empty,
            Cell::Text(text) => SheetCell::Text(text),
            Cell::Whole(number) => SheetCell::Whole(number),
            Cell::Day(day) => SheetCell::Day(day),
        })
        .collect()
}

pub(crate) fn vietnam_day(now_ms: i64) -> jiff::civil::Date {
    let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    jiff::tz::offset(7).to_datetime(now).date()
}

fn read(row: &FeedRow) -> Option<Change> {
    serde_json::from_str(&row.change)
        .inspect_err(|error| tracing::error!(%error, "a change cannot be read"))
        .ok()
}

fn cursor_of(row: &FeedRow) -> Cursor {
    Cursor {
        log_index: rows::unsigned(row.log_index),
        position: u32::try_from(row.position).unwrap_or(u32::MAX),
        day: 0,
    }
}

/// Names a profile and what was asked beside it.
fn selection_word(profile: Option<&Profile>, selection: &Selection) -> String {
    let profile =
        profile.map(|profile| serde_json::to_string(profile).expect("a profile has text keys only"));
    let text = format!("{}\n{selection:?}", profile.unwrap_or_default());
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}
