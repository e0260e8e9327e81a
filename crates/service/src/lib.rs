//! The use cases: one function for each thing a person can do, behind every door (API, pages, command line).
//!
//! ```text
//! submit ─▶ door ─▶ sequencer ─▶ database ─▶ publisher ─▶ tiles, checkpoint, cosignatures
//!                                    └─────▶ projector ─▶ lots, listings, organisations
//! ```
//!
//! - [`submit`]: what can be decided about a record without the head: bytes, openings, signature.
//! - [`sequencer`]: the one writer.
//! - [`publish`]: plain files from the database, signed and cosigned.
//! - [`project`]: read models from records; thrown away and made again at will.
//! - [`serials`]: one pack's own code; [`scans`]: who scans it, counted;
//! - [`orders`]: what exchanges set aside and buy, and the sales that the ledger is told of;
//! - [`webhooks`]: what exchanges are told;
//! - [`preflight`]: what would become of a draft;
//! - [`desk`]: what a device of an organisation may know, and how people come in;
//! - [`turns`]: what an answer was made of, and whether any of it changed since;
//! - [`lookup`]: records and proofs; [`catalogue`]: lots, products, listings and who is who; [`exports`]: files for offices.
//!
//! Rules about farming are in `nguon-trace`, about signatures and authority in `nguon-ledger`; here they meet.

pub mod audit;
pub mod catalogue;
pub mod clock;
pub mod commune;
pub mod desk;
pub mod evidence;
pub mod exchanges;
pub mod exports;
pub mod feeds;
mod held;
pub mod images;
pub mod keys;
pub mod lookup;
pub mod objects;
pub mod orders;
pub mod outlook;
pub mod pictures;
pub mod preflight;
pub mod project;
pub mod publish;
pub mod reports;
mod rows;
pub mod scans;
pub mod sequencer;
pub mod serials;
pub mod submit;
pub mod turns;
pub mod webhooks;
pub mod witness;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nguon_ledger::note::{KeyKind, NoteSigner, VerifierKey};
use nguon_ledger::{EventId, LedgerId, Record};
use nguon_storage::Store;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub use crate::audit::compare_read_models;
pub use crate::catalogue::{
    Bracket, Catalogue, Certified, KeyView, Lot, LotBrief, LotLine, OrganisationView, RecallScope,
    ScopeHolder, ScopeLot, ScopeOrder, Trace, TracedLot,
};
pub use crate::clock::{Clock, ManualClock, SystemClock};
pub use crate::desk::{Desk, DeskError};
pub use crate::evidence::EvidenceError;
pub use crate::exchanges::{Exchanges, Scope};
pub use crate::images::{ImageRefused, Images};
pub use crate::keys::OperatorKeys;
pub use crate::lookup::{Entry, Lookup, LookupError};
pub use crate::objects::{Folder, Objects};
pub use crate::orders::{Gateways, Orders};
pub use crate::preflight::PreflightError;
pub use crate::project::{
    Card, Draft, Foreseen, ForeseenLot, ForeseenOffer, Known, ProjectError, Projector, first_short_alias,
    search_key,
};
pub use crate::publish::{PublishError, checkpoint_name};
pub use crate::reports::Reports;
pub use crate::scans::Scan;
pub use crate::sequencer::{OperatorAct, StartError};
pub use crate::serials::{
    LOTS_TRIED_MAX, NoticedSign, Pack, PackFound, SERIALS_MAX, SETTLE_REASON_MAX, Serials, SerialsError,
    SettleError, Settled,
};
pub use crate::submit::{Answer, Incoming, MAX_PAYLOAD_BYTES, Refused, Taken};
pub use nguon_storage::StoreError;

pub use crate::witness::{Asked, Cosigner, OwnWitness};

use crate::preflight::Preflight;
use crate::project::Pace;
use crate::publish::Publisher;
use crate::scans::Scans;
use crate::sequencer::{Parts, Queue, Sequencer};
use crate::serials::Tagger;
use crate::submit::{Door, KnownKeys, Submission};
use crate::turns::Turns;

/// How long somebody who asks for evidence waits for the turn.
const EVIDENCE_PATIENCE: Duration = Duration::from_secs(5);
/// Records of one request that are verified without leaving the async worker: 60 µs each.
const INLINE_RECORDS: usize = 4;

/// What a service needs to start.
pub struct Settings {
    /// The log's permanent name: looks like a host and path, outlives any domain.
    pub origin: String,
    /// Where pages and codes are reached today, without a slash at the end.
    pub public_base_url: String,
    /// What the operator is called: said in a new ledger's first records.
    pub operator_name: String,
    /// The ledger does not start when the clock is further ahead of its newest epoch than this: epochs never fall, so one
    /// start with a wrong clock would end every key that expires.
    pub longest_silence_ms: i64,
    /// Networks that webhooks may reach though they are not public.
    pub webhook_networks: Vec<webhooks::guard::Network>,
}

impl Settings {
    fn webhook_client(&self) -> webhooks::send::Client {
        let guard = webhooks::guard::Guard { private: self.webhook_networks.clone() };
        webhooks::send::Client::new(guard, Arc::new(webhooks::send::SystemNames))
    }
}

/// A running ledger.
pub struct Service {
    settings: Settings,
    ledger_id: LedgerId,
    log_key: VerifierKey,
    witness_keys: Vec<VerifierKey>,
    door: Arc<Door>,
    queue: Option<Queue>,
    lookup: Lookup,
    catalogue: Catalogue,
    images: Arc<Images>,
    reports: Arc<Reports>,
    desk: Desk,
    exchanges: exchanges::Exchanges,
    feeds: feeds::Feeds,
    outlooks: outlook::Outlooks,
    orders: Arc<Orders>,
    webhooks: Arc<webhooks::Webhooks>,
    /// What sales are told and webhooks sent by: asked to stop, and awaited.
    telling: Option<(watch::Sender<bool>, Vec<JoinHandle<()>>)>,
    directory: project::Directory,
    evidence_turn: tokio::sync::Semaphore,
    preflight: Preflight,
    tagger: Tagger,
    scans: Scans,
    turns: Arc<Turns>,
    clock: Arc<dyn Clock>,
    projected: watch::Receiver<u64>,
    logged: watch::Receiver<u64>,
    published: watch::Receiver<u64>,
    hurry: Arc<Notify>,
    deposed: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
    counting: Option<JoinHandle<()>>,
    ticker: JoinHandle<()>,
}

/// One record's answer, with its event id if the bytes were a record.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// Its name.
    pub event: Option<EventId>,
    /// What became of it.
    pub answer: Answer,
}

/// How far each part has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Entries that are durable.
    pub logged: u64,
    /// Entries under the published checkpoint.
    pub published: u64,
    /// Entries in the read models.
    pub projected: u64,
}

impl Service {
    /// Opens the ledger, repairs what a crash left half published, and starts working.
    pub async fn start(
        settings: Settings,
        store: Arc<dyn Store>,
        objects: Arc<dyn Objects>,
        mut keys: OperatorKeys,
        clock: Arc<dyn Clock>,
        cosigners: Vec<Arc<dyn Cosigner>>,
    ) -> Result<Self, StartError> {
        let name = |error: &dyn std::fmt::Display| StartError::Operator(error.to_string());
        let signer = NoteSigner::new(&settings.origin, *keys.log).map_err(|error| name(&error))?;
        let log_key = signer.verifier_key(KeyKind::Ed25519);
        let known = Arc::new(KnownKeys::default());
        let deposed = Arc::new(AtomicBool::new(false));
        let pace = Arc::new(Pace::default());
        let tagger = Tagger(keys.serial.clone());
        let gateways = Arc::new(std::mem::take(&mut keys.gateways));
        let signer_of_webhooks = webhooks::sign::Signer::new(&keys.webhook);
        let parts = Parts {
            store: store.clone(),
            clock: clock.clone(),
            keys: Arc::new(keys),
            known: known.clone(),
            origin: settings.origin.clone(),
            operator_name: settings.operator_name.clone(),
            log_key: log_key.clone(),
            deposed: deposed.clone(),
            pace: pace.clone(),
            longest_silence_ms: settings.longest_silence_ms,
        };
        let (sequencer, logged) = Sequencer::open(parts).await?;
        let ledger_id = sequencer.ledger_id();
        let witness_keys: Vec<VerifierKey> = cosigners.iter().map(|cosigner| cosigner.key()).collect();
        let turns = Arc::new(Turns::default());
        let publisher = Arc::new(Publisher {
            turns: turns.clone(),
            store: store.clone(),
            objects: objects.clone(),
            signer,
            log_key: log_key.clone(),
            cosigners,
        });
        let size = publisher.repair().await.map_err(|error| match error {
            PublishError::Behind { shown, size } => StartError::BehindCheckpoint { signed: shown, size },
            error => name(&error),
        })?;
        let (shown, published) = watch::channel(size);
        let hurry = Arc::new(Notify::new());
        let projector = Projector::open(ledger_id, store.clone(), store.clone())
            .await
            .map_err(|error| name(&error))?
            .telling(turns.clone());
        let catalogue = Catalogue::new(
            store.clone(),
            projector.directory(),
            settings.origin.clone(),
            witness_keys.clone(),
        )
        .remembering(turns.clone());
        let directory = projector.directory();
        let (scans, counting) = Scans::start(store.clone());
        let preflight =
            Preflight::new(store.clone(), directory.clone(), clock.clone(), settings.origin.clone());
        let lookup = Lookup { store: store.clone(), objects: objects.clone(), log_key: log_key.clone() };
        let (seen, projected) = watch::channel(projector.size());
        let images =
            Images::new(lookup.clone(), directory.clone(), clock.clone(), projected.clone(), turns.clone());
        let images = Arc::new(images);
        images.repair().await.map_err(|error| name(&error))?;
        let (queue, writer) = sequencer.start();
        let door = Arc::new(Door::new(ledger_id, known));
        let news = Arc::new(Notify::new());
        let orders = Arc::new(Orders::new(
            store.clone(),
            clock.clone(),
            directory.clone(),
            logged.clone(),
            news.clone(),
        ));
        let webhooks = Arc::new(webhooks::Webhooks::new(
            store.clone(),
            clock.clone(),
            signer_of_webhooks,
            settings.webhook_client(),
            logged.clone(),
            news,
        ));
        let teller = orders::sales::Teller {
            orders: orders.clone(),
            gateways,
            door: door.clone(),
            queue: queue.clone(),
            ledger_id,
            projected: projected.clone(),
            heads: std::collections::HashMap::new(),
        };
        let (stop_telling, told_to_stop) = watch::channel(false);
        let sending = tokio::spawn(webhooks.clone().run(told_to_stop.clone()));
        let telling = Some((stop_telling, vec![tokio::spawn(teller.run(told_to_stop)), sending]));
        let projecting = tokio::spawn(projector.run(logged.clone(), seen, pace));
        let publishing = tokio::spawn(publisher.run(logged.clone(), size, shown, hurry.clone()));
        let secret = keys::random_seed().map_err(|error| name(&error))?;
        let desk = Desk::new(store.clone(), catalogue.clone(), directory.clone(), clock.clone());
        let reports = Arc::new(Reports::new(store.clone(), catalogue.clone(), clock.clone(), secret));
        let exchanges = exchanges::Exchanges::new(store.clone(), clock.clone());
        let outlooks = outlook::Outlooks::new(store.clone(), clock.clone());
        let feeds = feeds::Feeds::new(
            store.clone(),
            clock.clone(),
            images.clone(),
            &settings.public_base_url,
            &settings.operator_name,
        );
        let (ticking, forgetting) = (queue.clone(), reports.clone());
        let (sweeping, sent) = (orders.clone(), webhooks.clone());
        let ticker = tokio::spawn(async move {
            loop {
                for minute in 0..60 {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    ticking.tick().await;
                    if let Err(error) = sweeping.sweep().await {
                        tracing::error!(%error, "reservations whose time is over could not be ended");
                    }
                    // Soon after a start, then by the hour.
                    if minute == 0
                        && let Err(error) = forgetting.forget().await
                    {
                        tracing::error!(%error, "contacts whose time is over could not be forgotten");
                    }
                    if minute == 0
                        && let Err(error) = sent.forget().await
                    {
                        tracing::error!(%error, "old webhook messages could not be forgotten");
                    }
                }
            }
        });
        Ok(Self {
            settings,
            ledger_id,
            log_key: log_key.clone(),
            witness_keys,
            door,
            queue: Some(queue),
            lookup,
            catalogue,
            images,
            reports,
            desk,
            exchanges,
            feeds,
            outlooks,
            orders,
            webhooks,
            telling,
            directory,
            evidence_turn: tokio::sync::Semaphore::new(1),
            preflight,
            tagger,
            scans,
            turns,
            clock,
            projected,
            logged,
            published,
            hurry,
            deposed,
            tasks: vec![writer, publishing, projecting],
            counting: Some(counting),
            ticker,
        })
    }

    /// The ledger's id: what records are signed for.
    pub fn ledger_id(&self) -> LedgerId {
        self.ledger_id
    }

    /// The log's permanent name.
    pub fn origin(&self) -> &str {
        &self.settings.origin
    }

    /// Where pages and codes are reached today.
    pub fn public_base_url(&self) -> &str {
        &self.settings.public_base_url
    }

    /// The key that checkpoints are signed with.
    pub fn log_key(&self) -> &VerifierKey {
        &self.log_key
    }

    /// The keys of those who cosign.
    pub fn witness_keys(&self) -> &[VerifierKey] {
        &self.witness_keys
    }

    /// Records, proofs and published files.
    pub fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    /// Lots, listings, and who is who.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// When what changed: whoever keeps answers asks it whether they still hold.
    pub fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    /// Photographs that records name.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// Takes shoppers' reports of suspicious stickers.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }

    /// Answers devices of organisations.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Exchanges, their keys and profiles.
    pub fn exchanges(&self) -> &exchanges::Exchanges {
        &self.exchanges
    }

    /// Expected harvests, and prices that were asked.
    pub fn outlooks(&self) -> &outlook::Outlooks {
        &self.outlooks
    }

    /// What is for sale, for exchanges.
    pub fn feeds(&self) -> &feeds::Feeds {
        &self.feeds
    }

    /// Orders of exchanges.
    pub fn orders(&self) -> &Arc<Orders> {
        &self.orders
    }

    /// What exchanges are told without asking.
    pub fn webhooks(&self) -> &Arc<webhooks::Webhooks> {
        &self.webhooks
    }

    /// The newest reports about an organisation's lots, without contacts, or those before one.
    pub async fn reports_of(
        &self,
        organisation: nguon_ledger::OrganisationId,
        before: Option<&reports::Case>,
        limit: i64,
    ) -> Result<Vec<reports::Case>, StoreError> {
        self.reports.desk().of(organisation, before, limit).await
    }

    /// Everything that speaks of a lot, in one zip that can be checked offline.
    pub async fn evidence(&self, lot: &nguon_id::LotId) -> Result<exports::Export, EvidenceError> {
        let _turn = self.evidence_turn().await?;
        self.collector().collect(lot).await
    }

    /// The same for a phone's own check: JSON, smaller. `independent` names the witnesses that the operator does not own.
    pub async fn light_evidence(
        &self,
        lot: &nguon_id::LotId,
        independent: &[String],
    ) -> Result<Vec<u8>, EvidenceError> {
        let _turn = self.evidence_turn().await?;
        self.collector().light(lot, independent).await
    }

    /// One at a time: a file may take thousands of proofs.
    async fn evidence_turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, EvidenceError> {
        let turn = tokio::time::timeout(EVIDENCE_PATIENCE, self.evidence_turn.acquire());
        turn.await.ok().and_then(Result::ok).ok_or(EvidenceError::Busy)
    }

    fn collector(&self) -> evidence::Collector<'_> {
        evidence::Collector {
            store: self.lookup.store.clone(),
            lookup: &self.lookup,
            catalogue: &self.catalogue,
            directory: self.directory.clone(),
            log_vkey: self.log_key.to_string(),
            witness_vkeys: self.witness_keys.iter().map(ToString::to_string).collect(),
        }
    }

    /// What would become of drafts, if they were signed and logged now, one after the other.
    pub async fn preflight(&self, drafts: Vec<Draft>) -> Result<Vec<Foreseen>, PreflightError> {
        self.preflight.foresee(drafts).await
    }

    /// Counts that somebody scanned a label, some time soon.
    pub fn scanned(&self, scan: Scan) {
        self.scans.count(scan);
    }

    /// Waits until all scans are counted.
    pub async fn scans_counted(&self) {
        self.scans.flush().await;
    }

    /// What time the service takes it to be.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Takes records, one answer each, in their order.
    pub async fn submit(&self, incoming: Vec<Incoming>) -> Vec<Submitted> {
        let events: Vec<Option<EventId>> = incoming
            .iter()
            .map(|one| Record::parse(&one.record).ok().map(|record| record.event_id()))
            .collect();
        let verified = if incoming.len() <= INLINE_RECORDS {
            self.door.verify(incoming)
        } else {
            let (door, count) = (self.door.clone(), incoming.len());
            tokio::task::spawn_blocking(move || door.verify(incoming))
                .await
                .unwrap_or_else(|_| (0..count).map(|_| Err(Refused::Unavailable)).collect())
        };
        let mut sound: Vec<Submission> = Vec::with_capacity(verified.len());
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(verified.len());
        for one in verified {
            match one {
                Ok(submission) => {
                    sound.push(submission);
                    answers.push(None);
                }
                Err(refused) => answers.push(Some(Err(refused))),
            }
        }
        let mut decided = if sound.is_empty() { Vec::new() } else { self.append(sound).await }.into_iter();
        events
            .into_iter()
            .zip(answers)
            .map(|(event, answer)| Submitted {
                event,
                answer: answer.or_else(|| decided.next()).unwrap_or(Err(Refused::Unavailable)),
            })
            .inspect(|one| {
                let answer = match &one.answer {
                    Ok(Taken::Logged { again: false, .. }) => "logged",
                    Ok(Taken::Logged { again: true, .. }) => "again",
                    Ok(Taken::Held(_)) => "held",
                    Err(refused) => refused.code(),
                };
                metrics::counter!("nguon_records_answered_total", "answer" => answer).increment(1);
            })
            .collect()
    }

    async fn append(&self, sound: Vec<Submission>) -> Vec<Answer> {
        match &self.queue {
            Some(queue) => queue.append(sound).await,
            None => vec![Err(Refused::Busy); sound.len()],
        }
    }

    /// Logs an act of the operator; answers its index.
    pub async fn act(&self, act: OperatorAct) -> Result<u64, Refused> {
        match &self.queue {
            Some(queue) => queue.act(act).await,
            None => Err(Refused::Busy),
        }
    }

    /// Whether this service still writes: not stopping, and no other sequencer has taken over its database.
    pub fn is_writing(&self) -> bool {
        self.queue.is_some()
            && !self.deposed.load(Ordering::SeqCst)
            && !self.tasks.iter().any(JoinHandle::is_finished)
    }

    /// Lets an idle epoch be logged if one is due.
    pub async fn tick(&self) {
        if let Some(queue) = &self.queue {
            queue.tick().await;
        }
    }

    /// Whether the database answers.
    pub async fn reaches_database(&self) -> Result<(), StoreError> {
        self.lookup.store.reader().await?.head().await.map(drop)
    }

    /// How far each part has come.
    pub fn progress(&self) -> Progress {
        Progress {
            logged: *self.logged.borrow(),
            published: *self.published.borrow(),
            projected: *self.projected.borrow(),
        }
    }

    /// Waits until all that is logged now is published and in the read models.
    pub async fn settle(&self) {
        let size = *self.logged.borrow();
        self.hurry.notify_one();
        let (mut published, mut projected) = (self.published.clone(), self.projected.clone());
        drop(published.wait_for(|shown| *shown >= size).await);
        drop(projected.wait_for(|done| *done >= size).await);
    }

    /// Takes nothing new, writes and publishes what was taken, and stops.
    pub async fn stop(mut self) {
        self.ticker.abort();
        drop(self.ticker.await);
        if let Some((stop, telling)) = self.telling.take() {
            stop.send_replace(true);
            for task in telling {
                drop(task.await);
            }
        }
        drop(self.queue.take());
        for task in self.tasks.drain(..) {
            drop(task.await);
        }
        self.scans.flush().await;
        if let Some(counting) = self.counting.take() {
            counting.abort();
            drop(counting.await);
        }
        self.lookup.store.close().await;
    }
}
