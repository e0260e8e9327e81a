//! Read models from records: who is who, which lots there are and how they stand, what is for sale.
//!
//! The projector follows the log behind the sequencer, one entry at a time and in order, and keeps nothing that
//! does not follow from the entries before: `now` is the newest epoch's time, not the machine's. So a rebuild gives
//! the same rows, and `nguon verify` compares them.
//!
//! ```text
//! entry ─▶ authority ─▶ void? ─▶ facts ─▶ card (organisation, plot, product, certificate, listing)
//!                                    └──▶ event ─▶ its lots, judged again ─▶ lots made from them ─▶ listings
//! ```
//!
//! Many entries are one transaction; a crash between two loses none, because `projection` says how far it came in
//! the same transaction.

mod cards;
mod containers;
mod foresee;
mod item;
mod known;
mod listings;
mod lots;
mod memory;
mod prefetch;
mod stock;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use nguon_epcis::Document;
use nguon_ledger::{
    Act, AuthorityFinding, Control, LedgerId, OrganisationId, Record, SectionType, Subject, handle,
};
use nguon_storage::{FeedRow, RecordRow, SectionRow, Store, StoreError, SubjectRow};
use nguon_trace::facts::Facts;
use nguon_trace::lot::{LotState, Standing};
use nguon_trace::plot::PlotState;
use tokio::sync::watch;

use crate::catalogue::LotBrief;
use crate::rows;
use crate::turns::{Name, Turns};
use memory::Kept;
use prefetch::Parsed;

pub use cards::Card;
pub use foresee::{Draft, FIRST_DRAFT, Foreseen, ForeseenLot, ForeseenOffer};
pub use known::Known;
pub use lots::first_short_alias;
pub(crate) use lots::{lot_of, short_alias, short_code};
pub(crate) use stock::sold_by_orders;

/// The projection's name in the database.
pub(crate) const NAME: &str = "all";
/// Entries of one transaction.
const BATCH: i64 = 500;
/// A group of this many records is a storm: many phones at once, each waiting.
const STORM_RECORDS: usize = 32;
/// Bytes of rows in one transaction, about: one entry may change hundreds of lots.
const BATCH_BYTES: usize = 16 << 20;
/// Entries of one transaction in a storm: the writer waits for it on SQLite.
const STORM_BATCH: i64 = 100;
/// In a storm a batch is followed by a rest of so many times its own length, but no longer than [`REST`].
const STORM_REST: u32 = 9;
/// The longest rest.
const REST: Duration = Duration::from_millis(500);
/// No rest when so many entries wait: a recall among them must show within seconds.
const BEHIND: u64 = 2_000;
/// No rest when an entry waits for so long.
const WAITED: Duration = Duration::from_secs(5);
/// Letters of a name that can be searched.
const SEARCHED: usize = 400;
/// Bytes of things kept in memory between transactions, about.
const KEPT_BYTES: usize = 128 << 20;
/// After a failure nothing is projected for this long.
const PAUSE: Duration = Duration::from_secs(2);

/// What is known as of the last projected entry: shared with those who answer questions.
pub type Directory = Arc<RwLock<Known>>;

/// Why projecting stopped. Nothing acknowledged is lost: it goes on from where it was.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry cannot be read.
    #[error("entry {index} is damaged: {why}")]
    Damaged {
        /// Which.
        index: u64,
        /// How.
        why: String,
    },
}

/// Reads records from one store and writes read models into another (the same one, but for an audit).
pub struct Projector {
    source: Arc<dyn Store>,
    target: Arc<dyn Store>,
    directory: Directory,
    size: u64,
    subjects: Kept<Option<SubjectRow>>,
    /// What was recorded on a lot, in log order; on a plot, what it is judged by.
    histories: Kept<Vec<lots::Heard>>,
    /// Rows of `subjects` as values, so that each is read once.
    cards: Kept<Option<Arc<Card>>>,
    lots: Kept<Option<Arc<LotState>>>,
    /// What each plot's diary says.
    plots: Kept<Arc<PlotState>>,
    /// Other names of things.
    aliases: Kept<Option<String>>,
    /// Which listings draw on a lot.
    listings: HashMap<String, BTreeSet<String>>,
    /// Which listings draw, or drew, on a lot under a certificate.
    papers: HashMap<String, BTreeSet<String>>,
    /// Listings that the feed shows now.
    offered: BTreeSet<String>,
    /// When the next listing expires or begins, by log time.
    calendar: BTreeSet<(i64, String)>,
    /// Bytes of what is kept in memory, about.
    kept_bytes: usize,
    /// Entries of one transaction.
    entries: i64,
    batch: Pending,
    /// When it only looks ahead: what time it is. Nothing of it is saved.
    foresees_at_ms: Option<i64>,
    /// Whether the target knew what some entries are about before it heard of them: their facts were erased.
    is_told_links: bool,
    /// Who is told what changed.
    turns: Option<Arc<Turns>>,
    /// How far the target's stock has followed the log, which a rebuild does not take back.
    stock_mark: i64,
    /// Whether stock must be looked at again for all listings.
    stock_is_stale: bool,
    /// Who sells, or sold, which lots: orders may hold some of them though no listing draws on them any more.
    stocked: HashMap<String, BTreeSet<String>>,
}

/// What the next transaction writes.
#[derive(Default)]
struct Pending {
    events: Vec<(i64, i64)>,
    links: Vec<(String, i64)>,
    changed: BTreeSet<String>,
    listing_lots: BTreeSet<(String, String)>,
    aliases: BTreeMap<String, String>,
    feed: Vec<FeedRow>,
    /// Listings whose stock may be another one.
    offers: BTreeSet<String>,
    /// Lots whose stock may be another one.
    lots: BTreeSet<String>,
    /// Organisations whose keys or standing changed.
    organisations: BTreeSet<OrganisationId>,
    /// Whether a day of log time ended.
    day_passed: bool,
    /// Of the rows that changed.
    bytes: usize,
}

impl Projector {
    fn new(source: Arc<dyn Store>, target: Arc<dyn Store>, directory: Directory) -> Self {
        Self {
            source,
            target,
            directory,
            size: 0,
            subjects: Kept::new(|row| row.as_ref().map_or(0, |row| 300 + row.state.len())),
            histories: Kept::new(|history| lots::history_bytes(history)),
            cards: Kept::new(|_| 2_000),
            lots: Kept::new(|lot| lot.as_deref().map_or(0, lots::lot_bytes)),
            plots: Kept::new(|plot| lots::plot_bytes(plot)),
            aliases: Kept::new(|_| 150),
            papers: HashMap::new(),
            offered: BTreeSet::new(),
            listings: HashMap::new(),
            calendar: BTreeSet::new(),
            kept_bytes: KEPT_BYTES,
            entries: BATCH,
            batch: Pending::default(),
            foresees_at_ms: None,
            is_told_links: false,
            turns: None,
            stock_mark: 0,
            stock_is_stale: false,
            stocked: HashMap::new(),
        }
    }

    /// A projector that only reads, beside the one that writes, as far as that one came.
    pub(crate) fn reading(store: Arc<dyn Store>, directory: Directory, size: u64) -> Self {
        Self { size, ..Self::new(store.clone(), store, directory) }
    }

    /// Says what changed, once it is in the database.
    #[must_use]
    pub(crate) fn telling(self, turns: Arc<Turns>) -> Self {
        Self { turns: Some(turns), ..self }
    }

    /// Whatever was read before may not hold any more.
    fn tell_all_changed(&self) {
        if let Some(turns) = &self.turns {
            turns.all_changed();
        }
    }

    /// A projector that goes on where the target's read models end.
    pub async fn open(
        ledger_id: LedgerId,
        source: Arc<dyn Store>,
        target: Arc<dyn Store>,
    ) -> Result<Self, ProjectError> {
        let directory = Arc::new(RwLock::new(Known::new(ledger_id)));
        let mut projector = Self::new(source, target, directory);
        projector.load().await?;
        Ok(projector)
    }

    /// Takes in each entry alone and keeps nothing of it in memory: slow, and the read models are the same.
    #[must_use]
    pub fn without_memory(self) -> Self {
        Self { kept_bytes: 0, entries: 1, ..self }
    }

    /// Who is who.
    pub fn directory(&self) -> Directory {
        self.directory.clone()
    }

    /// Entries taken in.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whatever is asked next is read again.
    fn forget(&mut self) {
        self.subjects.clear();
        self.histories.clear();
        self.cards.clear();
        self.lots.clear();
        self.plots.clear();
        self.aliases.clear();
    }

    /// Makes the memory agree with the target: authority from the records, the rest on demand.
    async fn load(&mut self) -> Result<(), ProjectError> {
        // Also before: after a failure nobody knows what of the last transaction is in the database.
        self.tell_all_changed();
        let ledger_id = self.known().authority.ledger_id();
        let done = rows::unsigned(self.target.reader().await?.projection(NAME).await?);
        let mut known = Known::new(ledger_id);
        self.forget();
        self.batch = Pending::default();
        self.size = 0;
        while self.size < done {
            let rows = self.source.reader().await?.records(rows::signed(self.size), 2_000).await?;
            for row in rows.into_iter().take(usize::try_from(done - self.size).unwrap_or(usize::MAX)) {
                let record = Self::parse(&row, self.size)?;
                known.note(&record, self.size);
                self.size += 1;
            }
        }
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = known;
        self.tell_all_changed();
        self.load_stock().await?;
        self.load_listings().await
    }

    /// Goes on to where the read models are now, without writing: for whoever reads beside the projector that writes them.
    pub(crate) async fn follow_read_models(&mut self) -> Result<(), ProjectError> {
        let done = rows::unsigned(self.target.reader().await?.projection(NAME).await?);
        self.forget();
        let directory = self.directory.clone();
        while self.size < done {
            let rows = self.source.reader().await?.records(rows::signed(self.size), 2_000).await?;
            if rows.is_empty() {
                return Err(ProjectError::Damaged { index: self.size, why: "it is not there".to_owned() });
            }
            let mut known = directory.write().unwrap_or_else(PoisonError::into_inner);
            for row in rows.into_iter().take(usize::try_from(done - self.size).unwrap_or(usize::MAX)) {
                let record = Self::parse(&row, self.size)?;
                known.note(&record, self.size);
                self.size += 1;
            }
        }
        Ok(())
    }

    /// Whether what was found against an entry takes all effect from it.
    pub(crate) fn is_void(&self, index: u64) -> bool {
        self.known().is_void(index)
    }

    fn parse(row: &RecordRow, index: u64) -> Result<Record, ProjectError> {
        let damaged = |why: String| ProjectError::Damaged { index, why };
        if rows::unsigned(row.log_index) != index {
            return Err(damaged("it is not there".to_owned()));
        }
        Record::parse(&row.bytes).map_err(|error| damaged(error.to_string()))
    }

    /// What is known as of the last entry. Not to be held over an `await`.
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Log time at an entry.
    fn time_at(&self, index: u64) -> i64 {
        match self.foresees_at_ms {
            Some(now) if index >= foresee::FIRST_DRAFT => now,
            _ => self.known().time_at(index),
        }
    }

    /// The standing that an organisation has at an entry.
    pub(crate) fn standing_at(&self, organisation: OrganisationId, index: u64) -> Standing {
        self.known().standing_at(organisation, index)
    }

    /// Takes in all that is logged beyond; answers how far it came.
    pub async fn catch_up(&mut self) -> Result<u64, ProjectError> {
        while self.step(self.entries).await? {}
        Ok(self.size)
    }

    /// Takes in the next entries; answers whether there were any.
    ///
    /// An entry that holds what the database cannot take is found by taking in each alone, and its public facts count
    /// for nothing, as if they were unreadable: nobody's record may stop those of all others.
    async fn step(&mut self, limit: i64) -> Result<bool, ProjectError> {
        let end = self.size.saturating_add(limit.unsigned_abs());
        match self.advance(limit, true).await {
            Err(ProjectError::Store(error)) if is_refusal(&error) => {}
            answer => return answer,
        }
        self.load().await?;
        while self.size < end {
            let index = self.size;
            match self.advance(1, true).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(ProjectError::Store(error)) if is_refusal(&error) => {
                    tracing::error!(index, %error, "the database does not take the facts of an entry");
                    metrics::counter!("nguon_unreadable_sections_total").increment(1);
                    self.load().await?;
                    self.advance(1, false).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Takes in the next entries as one transaction, with their public facts or without.
    async fn advance(&mut self, limit: i64, with_facts: bool) -> Result<bool, ProjectError> {
        let mut reader = self.source.reader().await?;
        let from = rows::signed(self.size);
        let records = reader.records(from, limit).await?;
        if records.is_empty() {
            return Ok(false);
        }
        let to = from + i64::try_from(records.len()).unwrap_or(limit);
        let mut sections: VecDeque<SectionRow> = reader.sections(from, to).await?.into();
        drop(reader);
        let mut entries = Vec::with_capacity(records.len());
        for (index, row) in (self.size..).zip(records) {
            let mut public = None;
            while sections.front().is_some_and(|section| section.log_index <= row.log_index) {
                if let Some(section) = sections.pop_front()
                    && section.kind == i64::from(SectionType::PUBLIC.0)
                    && section.log_index == row.log_index
                    && public.is_none()
                    && with_facts
                {
                    public = Some(section.payload);
                }
            }
            entries.push(Parsed::new(Self::parse(&row, index)?, row.disputed, public.as_deref()));
        }
        self.prefetch(&entries).await?;
        for entry in entries {
            self.take(entry).await?;
            self.size += 1;
            if self.batch.bytes > BATCH_BYTES {
                break;
            }
        }
        self.save().await?;
        Ok(true)
    }

    /// Takes in entries that are only some of a log, in order: evidence about a lot.
    pub(crate) async fn take_some(&mut self) -> Result<(), ProjectError> {
        self.is_told_links = true;
        loop {
            let rows = self.source.reader().await?.records(rows::signed(self.size), BATCH).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let indexes = rows.iter().map(|row| row.log_index).collect();
            for (index, entry) in self.read_entries(&indexes).await? {
                self.size = rows::unsigned(index);
                self.take(entry).await?;
                self.size += 1;
            }
            self.save().await?;
        }
    }

    /// Takes in what is new, leaving most of the machine to the writer while a storm of records comes in: phones wait
    /// for the writer, and nobody for the read models.
    async fn follow_log(
        &mut self,
        sizes: &watch::Receiver<u64>,
        pace: &Pace,
        shown: &watch::Sender<u64>,
    ) -> Result<(), ProjectError> {
        let mut goal = (*sizes.borrow(), moment());
        loop {
            let storms = pace.storms();
            let begun = moment();
            let limit = if pace.is_storm() { STORM_BATCH } else { self.entries };
            let more = self.step(limit).await?;
            shown.send_replace(self.size);
            // The writer is gone: what is left is taken in at the next start.
            if !more || sizes.has_changed().is_err() {
                return Ok(());
            }
            let head = *sizes.borrow();
            if self.size >= goal.0 {
                goal = (head, moment());
            }
            let behind = head.saturating_sub(self.size) > BEHIND || goal.1.elapsed() > WAITED;
            if pace.storms() != storms && !behind {
                tokio::time::sleep(REST.min(begun.elapsed() * STORM_REST)).await;
            }
        }
    }

    async fn take(&mut self, entry: Parsed) -> Result<(), ProjectError> {
        let record = &entry.record.clone();
        let index = self.size;
        self.directory.write().unwrap_or_else(PoisonError::into_inner).note(record, index);
        self.batch.events.push((rows::event_prefix(&record.event_id()), rows::signed(index)));
        if !matches!(record.control(), Control::Event | Control::Epoch { .. }) {
            self.batch.organisations.insert(record.belongs_to());
        }
        match record.control() {
            Control::Epoch { .. } => return self.time_passes(index).await,
            Control::Adopt(events) => {
                for event in BTreeSet::from_iter(events) {
                    // Only one's own records can be adopted, and only adopted ones weigh something else now.
                    let takes = self.known().authority.is_adopted(record.belongs_to(), *event);
                    if takes && self.is_in_doubt(*event, record.belongs_to()).await? {
                        self.weigh_again(*event).await?;
                    }
                }
            }
            Control::ErasureNotice { event, section, .. } => {
                let takes = {
                    let authority = &self.known().authority;
                    authority.operator() == Some(record.belongs_to()) && authority.is_erased(*event, *section)
                };
                if takes {
                    self.weigh_again(*event).await?;
                }
            }
            Control::Standing { organisation, .. } => {
                if self.standing_at(*organisation, index).is_recognised() {
                    self.recognised(*organisation).await?;
                }
                self.standing_changed(*organisation).await?;
                self.batch.organisations.insert(*organisation);
            }
            Control::Revoke { key, .. } => {
                let doubted = self.known().findings(index).iter().find_map(|finding| match finding {
                    AuthorityFinding::AfterRevocation { from, to } => Some(*from..=*to),
                    _ => None,
                });
                for seq in doubted.into_iter().flatten() {
                    let found =
                        self.source.reader().await?.records_at(key.as_bytes(), seq.cast_signed()).await?;
                    for row in found {
                        self.weigh_again(rows::event_id(&row.event_id)).await?;
                    }
                }
            }
            _ => {}
        }
        self.read(entry).await
    }

    /// Takes in what an entry says.
    async fn read(&mut self, entry: Parsed) -> Result<(), ProjectError> {
        let Parsed { record, disputed, public, bytes } = entry;
        let record = &record;
        let Some(public) = public else { return Ok(()) };
        let void = self.is_void(self.size);
        let Ok(document) = public else {
            // Logged, shown as unreadable, counts for nothing (ledger format, idea 5).
            metrics::counter!("nguon_unreadable_sections_total").increment(1);
            return Ok(());
        };
        let proven = proven_subjects(record, &document);
        match document.facts {
            Facts::Event(event) => self.event((record, bytes), &proven, *event, disputed).await,
            _ if void || disputed || !self.is_signed_as(record, &document.facts) => Ok(()),
            card => self.card(record, &proven, card).await,
        }
    }

    /// Whether a card was signed as an act that lays such cards. A root may say who its organisation is.
    fn is_signed_as(&self, record: &Record, facts: &Facts) -> bool {
        let Some(act) = record.act() else { return false };
        let known = self.known();
        let organisation = known.authority.organisation(record.belongs_to());
        let is_root = organisation.is_some_and(|known| known.root == record.author());
        match facts {
            Facts::Listing(_) => act == Act::Commerce,
            Facts::Organisation(_) | Facts::Product(_) => act == Act::Commerce || is_root,
            Facts::Certificate(_) => matches!(act, Act::Inspection | Act::Commerce),
            Facts::Plot(_) => matches!(act, Act::Diary | Act::Lot | Act::Commerce),
            Facts::Event(_) => true,
        }
    }

    /// The thing's row, from memory or the target.
    async fn subject(&mut self, uri: &str) -> Result<Option<SubjectRow>, StoreError> {
        if let Some(known) = self.subjects.get(uri) {
            return Ok(known.clone());
        }
        let found = self.target.reader().await?.subject(uri).await?;
        self.subjects.insert(uri.to_owned(), found.clone());
        Ok(found)
    }

    /// The card of a thing, if it is one.
    pub(crate) async fn card_of(&mut self, uri: &str) -> Result<Option<Arc<Card>>, StoreError> {
        if let Some(known) = self.cards.get(uri) {
            return Ok(known.clone());
        }
        let card = self.subject(uri).await?.as_ref().and_then(Card::of).map(Arc::new);
        self.cards.insert(uri.to_owned(), card.clone());
        Ok(card)
    }

    /// How a lot stands, if it is one.
    pub(crate) async fn lot_state(&mut self, uri: &str) -> Result<Option<Arc<LotState>>, StoreError> {
        if let Some(known) = self.lots.get(uri) {
            return Ok(known.clone());
        }
        let state = self.subject(uri).await?.as_ref().and_then(lot_of).map(Arc::new);
        self.lots.insert(uri.to_owned(), state.clone());
        Ok(state)
    }

    fn put(&mut self, row: SubjectRow) {
        self.cards.remove(&row.uri);
        self.lots.remove(&row.uri);
        self.batch.bytes += row.state.len();
        self.batch.changed.insert(row.uri.clone());
        self.subjects.insert(row.uri.clone(), Some(row));
    }

    fn link(&mut self, uri: &str) {
        self.link_entry(uri, self.size);
    }

    fn link_entry(&mut self, uri: &str, index: u64) {
        // Twice is once: the store keeps each link one time.
        self.batch.links.push((uri.to_owned(), rows::signed(index)));
    }

    /// What another name stands for, this transaction's names included.
    async fn alias(&mut self, alias: &str) -> Result<Option<String>, StoreError> {
        if let Some(known) = self.aliases.get(alias) {
            return Ok(known.clone());
        }
        let found = self.target.reader().await?.alias(alias).await?;
        self.aliases.insert(alias.to_owned(), found.clone());
        Ok(found)
    }

    fn put_alias(&mut self, alias: String, uri: &str) {
        self.aliases.insert(alias.clone(), Some(uri.to_owned()));
        self.batch.aliases.insert(alias, uri.to_owned());
    }

    async fn save(&mut self) -> Result<(), ProjectError> {
        let mut batch = std::mem::take(&mut self.batch);
        let stocked =
            self.stock_rows(std::mem::take(&mut batch.offers), std::mem::take(&mut batch.lots)).await?;
        let changed: Vec<SubjectRow> =
            batch.changed.iter().filter_map(|uri| self.subjects.get(uri).and_then(Option::clone)).collect();
        let mut briefs = Vec::new();
        for row in changed.iter().filter(|row| row.kind == "lot") {
            briefs.extend(self.lots.get(&row.uri).and_then(Option::as_deref).map(LotBrief::row));
        }
        let recalled = if stocked.is_some() { self.recalled_orders(&changed).await? } else { Vec::new() };
        let now = self.offer_time();
        let mut unit = self.target.unit().await?;
        unit.index_events(&batch.events).await?;
        unit.link_records(&batch.links).await?;
        unit.put_subjects(&changed).await?;
        unit.put_lot_briefs(&briefs).await?;
        let (drawn_on, aliases) = (Vec::from_iter(batch.listing_lots), Vec::from_iter(batch.aliases));
        unit.put_listing_lots(&drawn_on).await?;
        unit.put_aliases(&aliases).await?;
        unit.append_feed(&batch.feed).await?;
        if let Some(stocked) = stocked {
            stock::put(&mut *unit, &stocked, recalled, self.size, now).await?;
        }
        unit.set_projection(NAME, rows::signed(self.size)).await?;
        unit.save().await?;
        self.stock_mark = self.stock_mark.max(rows::signed(self.size));
        if let Some(turns) = &self.turns {
            let things = changed.iter().flat_map(|row| {
                [Name::Thing(&row.uri), Name::Kind(&row.kind), Name::KindOf(&row.organisation_id, &row.kind)]
            });
            let names = things
                .chain(drawn_on.iter().map(|(lot, _)| Name::ListingsOf(lot)))
                .chain(aliases.iter().map(|(alias, _)| Name::Alias(alias)))
                .chain(batch.organisations.iter().map(|id| Name::Organisation(id.as_bytes())))
                .chain((!batch.organisations.is_empty()).then_some(Name::Organisations))
                .chain(batch.day_passed.then_some(Name::LogDay));
            turns.changed(names);
        }
        // A lot's row is in the database now, and its state is kept as a value.
        for row in changed.into_iter().filter(|row| row.kind == "lot") {
            self.subjects.remove(&row.uri);
        }
        let kept = self.subjects.bytes()
            + self.histories.bytes()
            + self.cards.bytes()
            + self.lots.bytes()
            + self.plots.bytes()
            + self.aliases.bytes();
        if kept > self.kept_bytes / 2 {
            self.subjects.grow_old();
            self.histories.grow_old();
            self.cards.grow_old();
            self.lots.grow_old();
            self.plots.grow_old();
            self.aliases.grow_old();
        }
        metrics::gauge!("nguon_projected_size").set(self.size as f64);
        Ok(())
    }

    /// Runs until the sequencer is gone.
    pub async fn run(mut self, mut sizes: watch::Receiver<u64>, shown: watch::Sender<u64>, pace: Arc<Pace>) {
        // A ledger from before there were orders has read models and no stock.
        if self.stock_is_stale
            && self.follows_stock()
            && let Err(error) = self.save().await
        {
            tracing::error!(%error, "stock could not be written at the start");
            self.stock_is_stale = true;
        }
        loop {
            if let Err(error) = self.follow_log(&sizes, &pace, &shown).await {
                tracing::error!(%error, "projecting failed");
                metrics::counter!("nguon_project_failures_total").increment(1);
                tokio::time::sleep(PAUSE).await;
                if let Err(error) = self.load().await {
                    tracing::error!(%error, "the read models could not be read again");
                }
                if sizes.has_changed().is_ok() {
                    sizes.mark_changed();
                }
            }
            if sizes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// How hard the writer works, told to those who follow it.
#[derive(Debug, Default)]
pub struct Pace {
    storms: AtomicU64,
    last: AtomicUsize,
}

impl Pace {
    /// The writer committed a group of so many records.
    pub(crate) fn committed(&self, records: usize) {
        self.last.store(records, Ordering::Relaxed);
        if records >= STORM_RECORDS {
            self.storms.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn storms(&self) -> u64 {
        self.storms.load(Ordering::Relaxed)
    }

    fn is_storm(&self) -> bool {
        self.last.load(Ordering::Relaxed) >= STORM_RECORDS
    }
}

/// Whether the database refuses a value, as opposed to being ill: SQLSTATE classes 22 (data exception) and 54 (program
/// limit exceeded), SQLite's `TOOBIG`.
fn is_refusal(error: &StoreError) -> bool {
    let StoreError::Database(error) = error else { return false };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| {
        code == "18" || code.len() == 5 && (code.starts_with("22") || code.starts_with("54"))
    })
}

fn moment() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a batch took, and how long one waited, decide about rests; no answer does"
    )]
    Instant::now()
}

/// The subjects that a document names with the salt behind the record's own handle. A URI without its handle is
/// only mentioned: what the signature covers is the handle.
fn proven_subjects(record: &Record, document: &Document) -> Vec<(String, Subject)> {
    let subjects: HashMap<_, _> =
        record.subjects().into_iter().map(|subject| (subject.handle, subject)).collect();
    let named = document.subjects.iter();
    named.filter_map(|(uri, salt)| Some((uri.clone(), *subjects.get(&handle(uri, salt))?))).collect()
}

/// A name folded for search: lower case, no accents, `đ` as `d`, and no more of it than somebody would type.
pub fn search_key(text: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    text.nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'đ' { 'd' } else { letter })
        .take(SEARCHED)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::search_key;

    #[test]
    fn da_lat_finds_đà_lạt() {
        assert_eq!(search_key("Dâu tây ĐÀ LẠT, Cầu Đất"), "dau tay da lat, cau dat");
        assert_eq!(search_key("Hòa Thắng"), search_key("Hoà Thắng"));
    }
}
