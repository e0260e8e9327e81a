//! The one writer: puts verified records in order, many in one transaction.
//!
//! ```text
//! submit ─▶ Door (all cores) ─▶ queue (bounded) ─▶ Sequencer ─▶ one transaction ─▶ answers
//!                                                      │
//!                                                      └─▶ head size ─▶ publisher, projector
//! ```
//!
//! The sequencer takes whatever waits (no timer: while one group is being made durable, the next collects),
//! asks [`Authority`] about each record in turn, and commits records, openings, held records and the head
//! together. Only then does it answer. The head moves by compare-and-swap: a second sequencer on the same
//! database loses the race, stops, and says so; it never signs.
//!
//! A commit that fails leaves memory ahead of the database: the state is read again from the database before
//! the next group. Jobs of a failed group are tried once more one by one, so that none can spoil its neighbours.

mod waiting;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nguon_epcis::Document;
use nguon_ledger::merkle::{Frontier, Hash};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::{
    Act, Admission, Authority, Control, Delegation, Draft, EventId, Flags, Kind, LedgerId, Opening,
    OrganisationId, PublicKey, Record, Roles, SectionRef, SectionType, Seen, Subject, handle,
    sign_possession,
};
use nguon_storage::{HeadRow, HeldRow, RecordRow, SectionRow, Store, StoreError};
use nguon_trace::facts::{Facts, Organisation, OrganisationKind, Text, organisation_urn};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::keys::OperatorKeys;
use crate::lookup::find_event;
use crate::project::Pace;
use crate::rows;
use crate::submit::{Answer, KnownKeys, Refused, Submission, Taken};

/// Records in one transaction, at most.
const GROUP_RECORDS: usize = 512;
/// Bytes in one transaction, about.
const GROUP_BYTES: usize = 1 << 20;
/// A held record is dropped after this; the phone still has it.
const HELD_MS: i64 = 90 * 24 * 3_600_000;
/// A new epoch is logged before a record when the newest is older than this (the format asks for 10 minutes).
pub(crate) const EPOCH_MS: i64 = 5 * 60_000;
/// With nothing new, an epoch is logged this often, so that what expires by the clock shows on the log.
const IDLE_EPOCH_MS: i64 = 3_600_000;
/// After a failed commit nothing is tried for this long.
const PAUSE: Duration = Duration::from_secs(1);

/// What only the operator may write.
#[derive(Debug, Clone)]
pub enum OperatorAct {
    /// Recognises or suspends an organisation.
    Standing {
        /// Which.
        organisation: OrganisationId,
        /// Its standing from now on.
        bits: nguon_ledger::Standing,
        /// Reason code, shown on its page.
        reason: u16,
    },
    /// Erases the opening of one section (255 = a delegation's person) and logs the notice.
    Erase {
        /// Whose.
        event: EventId,
        /// Which section.
        section: u8,
        /// Legal reason code.
        reason: u16,
    },
}

/// What happened to an operator's act.
pub type ActAnswer = Result<u64, Refused>;

enum Job {
    Records { submissions: Vec<Submission>, reply: oneshot::Sender<Vec<Answer>> },
    Act { act: OperatorAct, reply: oneshot::Sender<ActAnswer> },
    Tick { done: oneshot::Sender<()> },
}

impl Job {
    fn weight(&self) -> (usize, usize) {
        match self {
            Self::Records { submissions, .. } => (
                submissions.len(),
                submissions
                    .iter()
                    .map(|one| {
                        one.record.as_bytes().len()
                            + one.openings.iter().map(|opening| opening.payload.len()).sum::<usize>()
                    })
                    .sum(),
            ),
            Self::Act { .. } | Self::Tick { .. } => (1, 512),
        }
    }
}

/// Why the ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database holds another ledger.
    #[error("the database holds the ledger {found}, and the settings and log key say {expected}")]
    OtherLedger {
        /// What the database says.
        found: String,
        /// What the settings say.
        expected: LedgerId,
    },
    /// An entry cannot be read.
    #[error("entry {index} of the log is damaged: {why}")]
    Damaged {
        /// Which.
        index: u64,
        /// How.
        why: String,
    },
    /// The entries do not give the root that the head names.
    #[error(
        "the {size} entries give the root {found}, and the head says {expected}: the database was changed"
    )]
    RootDiffers {
        /// How many entries.
        size: u64,
        /// What the entries give.
        found: Hash,
        /// What the head says.
        expected: String,
    },
    /// The log is behind, or beside, a checkpoint that was signed.
    #[error(
        "a checkpoint of size {signed} was signed, and the database has {size} entries that do not continue it: \
         restore the newest backup, never an older one"
    )]
    BehindCheckpoint {
        /// The checkpoint's size.
        signed: u64,
        /// The database's size.
        size: u64,
    },
    /// The published files failed.
    #[error("the published files failed: {0}")]
    Objects(#[from] std::io::Error),
    /// The machine's clock is implausibly far ahead of the ledger's last word.
    #[error(
        "the clock says {}, and the ledger's newest epoch is of {}: if the clock is right, say so with --after-long-silence",
        rows::moment(*now_ms), rows::moment(*newest_ms)
    )]
    ClockAhead {
        /// The newest epoch.
        newest_ms: i64,
        /// The clock.
        now_ms: i64,
    },
    /// The operator's key is not the one that this ledger's operator signs with.
    #[error(
        "the operator's key file holds {found}, and this ledger's operator signs with {expected}: put the right key back"
    )]
    OtherOperator {
        /// What the file holds.
        found: PublicKey,
        /// What the log says.
        expected: PublicKey,
    },
    /// Our own record could not be made.
    #[error("the operator's record could not be made: {0}")]
    Operator(String),
}

/// The sequencer's door: cheap to clone.
#[derive(Clone)]
pub struct Queue {
    jobs: mpsc::Sender<Job>,
}

impl Queue {
    /// Puts verified records in order; the answer means they are durable.
    pub async fn append(&self, submissions: Vec<Submission>) -> Vec<Answer> {
        let count = submissions.len();
        let (reply, answers) = oneshot::channel();
        // Full means overloaded: say so at once rather than queue without bound.
        if self.jobs.try_send(Job::Records { submissions, reply }).is_err() {
            return vec![Err(Refused::Busy); count];
        }
        answers.await.unwrap_or_else(|_| vec![Err(Refused::Unavailable); count])
    }

    /// Logs an act of the operator; answers its index.
    pub async fn act(&self, act: OperatorAct) -> ActAnswer {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Act { act, reply }).await.map_err(|_| Refused::Unavailable)?;
        answer.await.map_err(|_| Refused::Unavailable)?
    }

    /// Lets time pass: an idle epoch if one is due, old held records dropped.
    pub async fn tick(&self) {
        let (done, over) = oneshot::channel();
        if self.jobs.send(Job::Tick { done }).await.is_ok() {
            drop(over.await);
        }
    }
}

/// The writer's state. Everything but the settings follows from the database.
pub struct Sequencer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    keys: Arc<OperatorKeys>,
    known: Arc<KnownKeys>,
    head: watch::Sender<u64>,
    ledger_id: LedgerId,
    origin: String,
    operator_name: String,
    log_key: VerifierKey,
    state: State,
    /// Memory may be ahead of the database.
    stale: bool,
    /// Set once: another sequencer took over.
    deposed: Arc<AtomicBool>,
    pace: Arc<Pace>,
    /// What strangers may still write, in bytes, and when that was reckoned.
    strangers: Option<(i64, i64)>,
}

#[derive(Default)]
struct State {
    authority: Option<Authority>,
    frontier: Frontier,
    held: HashMap<PublicKey, Share>,
    roots: HashMap<u64, Hash>,
    alarmed: HashSet<PublicKey>,
}

/// What of one key waits.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    records: usize,
    bytes: usize,
}

impl Share {
    fn of(row: &HeldRow) -> Self {
        Self { records: 1, bytes: row.bytes.len() + row.openings.len() }
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.bytes += other.bytes;
    }

    fn take(&mut self, other: Self) {
        self.records = self.records.saturating_sub(other.records);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

/// One transaction in the making.
#[derive(Default)]
struct Group {
    old_size: u64,
    records: Vec<RecordRow>,
    sections: Vec<SectionRow>,
    held: Vec<HeldRow>,
    released: Vec<HeldRow>,
    erased: Vec<(u64, u8)>,
    trunk: HashMap<(PublicKey, u64), (EventId, u64)>,
    learned: Vec<Record>,
}

/// The world broke in the middle of a group: nothing of it is acknowledged.
struct Broken;

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed while a group was decided");
        Self
    }
}

/// What a new sequencer needs.
pub struct Parts {
    /// Where the ledger is kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The operator's keys.
    pub keys: Arc<OperatorKeys>,
    /// Keys shared with the verifiers.
    pub known: Arc<KnownKeys>,
    /// The log's permanent name.
    pub origin: String,
    /// What the operator is called, for a new ledger.
    pub operator_name: String,
    /// The log's verifier key.
    pub log_key: VerifierKey,
    /// Becomes true when another sequencer took over.
    pub deposed: Arc<AtomicBool>,
    /// Told of each group.
    pub pace: Arc<Pace>,
    /// How far ahead of the newest epoch the clock may be at a start.
    pub longest_silence_ms: i64,
}

impl Sequencer {
    /// Opens the ledger of a database, or begins it.
    pub async fn open(parts: Parts) -> Result<(Self, watch::Receiver<u64>), StartError> {
        let log_public = nguon_ledger::SigningKey::from_seed(*parts.keys.log).public();
        let ledger_id = nguon_ledger::ledger_id(&parts.origin, log_public.as_bytes());
        let (head, sizes) = watch::channel(0);
        let mut sequencer = Self {
            store: parts.store,
            clock: parts.clock,
            keys: parts.keys,
            known: parts.known,
            head,
            ledger_id,
            origin: parts.origin,
            operator_name: parts.operator_name,
            log_key: parts.log_key,
            state: State::default(),
            stale: false,
            deposed: parts.deposed,
            pace: parts.pace,
            strangers: None,
        };
        if sequencer.store.reader().await?.head().await?.is_none() {
            sequencer.begin().await?;
        }
        sequencer.load().await?;
        let (now_ms, newest) = (sequencer.clock.now_ms(), sequencer.authority().newest_epoch());
        if let Some(epoch) = newest
            && now_ms.saturating_sub(rows::signed(epoch.time_ms)) > parts.longest_silence_ms
        {
            return Err(StartError::ClockAhead { newest_ms: rows::signed(epoch.time_ms), now_ms });
        }
        Ok((sequencer, sizes))
    }

    fn is_deposed(&self) -> bool {
        self.deposed.load(Ordering::SeqCst)
    }

    /// The ledger's id.
    pub fn ledger_id(&self) -> LedgerId {
        self.ledger_id
    }

    /// Writes the operator's genesis as entry 0, who the operator is as entry 1, and its desk's key as entry 2.
    async fn begin(&mut self) -> Result<(), StartError> {
        let operator = |error: &dyn std::fmt::Display| StartError::Operator(error.to_string());
        let next = nguon_ledger::next_key_digest(&self.keys.operator_next);
        let mut draft = Draft::first(self.ledger_id, OrganisationId::ZERO, Control::Genesis { next });
        draft.device_time_ms = self.clock.now_ms().unsigned_abs();
        let genesis = draft.clone().sign(&self.keys.operator).map_err(|error| operator(&error))?;
        let organisation = genesis.belongs_to();
        let salt = crate::keys::random_seed().map_err(|error| operator(&error))?;
        let (handle_salt, _) = salt.split_first_chunk::<16>().expect("a seed has 32 bytes");
        let uri = organisation_urn(&organisation.to_string());
        let subject = Subject { handle: handle(&uri, handle_salt), newest: EventId::ZERO };
        let document = Document {
            subjects: vec![(uri.clone(), *handle_salt)],
            facts: Facts::Organisation(operator_card(uri, &self.operator_name)),
        };
        let salt = crate::keys::random_seed().map_err(|error| operator(&error))?;
        let opening =
            Opening { kind: SectionType::PUBLIC, salt: *salt, payload: nguon_epcis::write(&document) };
        let card = Draft {
            control: Control::Event,
            act: Some(Act::Diary),
            organisation,
            seq: 1,
            prev: genesis.event_id(),
            subjects: vec![subject],
            sections: vec![SectionRef { kind: opening.kind, commitment: opening.commitment() }],
            ..draft
        }
        .sign(&self.keys.operator)
        .map_err(|error| operator(&error))?;
        let device = self.keys.desk.public();
        let (roles, flags, not_after_ms) = (Roles::ADMIN, Flags::default(), u64::MAX);
        let possession =
            sign_possession(&self.keys.desk, self.ledger_id, organisation, roles, flags, not_after_ms, None);
        let desk = Delegation { device, roles, flags, not_after_ms, person: None, possession };
        let desk = Draft::after(&card, Control::Delegate(desk))
            .sign(&self.keys.operator)
            .map_err(|error| operator(&error))?;
        let records = [genesis, card, desk];
        let mut frontier = Frontier::new();
        frontier.extend(records.iter().map(Record::leaf_hash));
        let mut unit = self.store.unit().await?;
        unit.create_head(&HeadRow {
            ledger_id: self.ledger_id.as_bytes().to_vec(),
            origin: self.origin.clone(),
            size: 3,
            root: frontier.root().0.to_vec(),
        })
        .await?;
        let rows: Vec<RecordRow> =
            records.iter().zip(0..).map(|(record, index)| rows::record(record, index, false)).collect();
        unit.insert_records(&rows).await?;
        unit.insert_sections(&rows::sections(&records[1], 1, &[opening])).await?;
        Ok(unit.save().await?)
    }

    /// Reads the whole log again: authority, chain heads and root from the exact bytes, never from summaries.
    async fn load(&mut self) -> Result<(), StartError> {
        let mut reader = self.store.reader().await?;
        let head = reader.head().await?.ok_or(StoreError::HeadMoved)?;
        if head.ledger_id != self.ledger_id.as_bytes() {
            return Err(StartError::OtherLedger {
                found: hex::encode(head.ledger_id),
                expected: self.ledger_id,
            });
        }
        let signed = match reader.newest_checkpoint().await? {
            Some(row) => Some(rows::checkpoint(&row, &self.log_key).ok_or(StartError::Damaged {
                index: rows::unsigned(row.size),
                why: "its checkpoint does not verify under the log's key".to_owned(),
            })?),
            None => None,
        };
        let mut authority = Authority::new(self.ledger_id);
        let mut frontier = Frontier::new();
        let mut continues = signed.is_none();
        loop {
            let from = i64::try_from(frontier.size().0).unwrap_or(i64::MAX);
            let batch = reader.records(from, 2_000).await?;
            if batch.is_empty() || from >= head.size {
                break;
            }
            for row in batch {
                let index = frontier.size().0;
                let damaged = |why: String| StartError::Damaged { index, why };
                if rows::unsigned(row.log_index) != index {
                    return Err(damaged("it is not there".to_owned()));
                }
                let record = Record::parse(&row.bytes).map_err(|error| damaged(error.to_string()))?;
                authority.append(&record, index);
                let void = matches!(record.control(), Control::Delegate(one) if authority.key(&one.device).is_none());
                if !void {
                    self.known.learn(&record);
                }
                frontier.push(record.leaf_hash());
                if let Some(signed) = &signed
                    && frontier.size() == signed.size()
                {
                    continues = frontier.root() == signed.root();
                }
            }
        }
        let operator = authority.operator().and_then(|id| authority.organisation(id)).map(|known| known.root);
        if let Some(expected) = operator.filter(|root| *root != self.keys.operator.public()) {
            return Err(StartError::OtherOperator { found: self.keys.operator.public(), expected });
        }
        let size = frontier.size().0;
        if rows::unsigned(head.size) != size || head.root != frontier.root().0 {
            return Err(StartError::RootDiffers {
                size,
                found: frontier.root(),
                expected: hex::encode(&head.root),
            });
        }
        if !continues {
            return Err(StartError::BehindCheckpoint { signed: signed.map_or(0, |one| one.size().0), size });
        }
        let mut waiting = HashMap::new();
        for (author, records, bytes) in reader.held_sizes().await? {
            let share = Share { records: rows::count(records), bytes: rows::count(bytes) };
            waiting.insert(rows::public_key(&author), share);
        }
        self.state = State { authority: Some(authority), frontier, held: waiting, ..State::default() };
        self.stale = false;
        self.head.send_replace(size);
        Ok(())
    }

    /// Runs until every [`Queue`] is dropped; what was queued before is still written.
    pub fn start(mut self) -> (Queue, tokio::task::JoinHandle<()>) {
        let (jobs, mut queue) = mpsc::channel::<Job>(4_096);
        let task = tokio::spawn(async move {
            while let Some(first) = queue.recv().await {
                let (mut records, mut bytes) = first.weight();
                let mut group = vec![first];
                while records < GROUP_RECORDS && bytes < GROUP_BYTES {
                    let Ok(next) = queue.try_recv() else { break };
                    let (more_records, more_bytes) = next.weight();
                    records += more_records;
                    bytes += more_bytes;
                    group.push(next);
                }
                self.write(group).await;
            }
        });
        (Queue { jobs }, task)
    }

    async fn write(&mut self, jobs: Vec<Job>) {
        let mut waiting = match self.write_group(jobs).await {
            Ok(()) => return,
            Err(jobs) => jobs,
        };
        // One by one: none may spoil its neighbours.
        if waiting.len() > 1 && !self.is_deposed() {
            let mut failed = Vec::new();
            for job in waiting {
                if let Err(again) = self.write_group(vec![job]).await {
                    failed.extend(again);
                }
            }
            waiting = failed;
        }
        if waiting.is_empty() {
            return;
        }
        for job in waiting {
            match job {
                Job::Records { submissions, reply } => {
                    drop(reply.send(vec![Err(Refused::Unavailable); submissions.len()]));
                }
                Job::Act { reply, .. } => drop(reply.send(Err(Refused::Unavailable))),
                Job::Tick { .. } => {}
            }
        }
        tokio::time::sleep(PAUSE).await;
    }

    /// Decides, commits, answers. On failure gives the jobs back, unanswered.
    async fn write_group(&mut self, jobs: Vec<Job>) -> Result<(), Vec<Job>> {
        if self.is_deposed() {
            return Err(jobs);
        }
        if self.stale
            && let Err(error) = self.load().await
        {
            tracing::error!(%error, "the ledger could not be read again after a failed commit");
            return Err(jobs);
        }
        let mut group = Group { old_size: self.state.frontier.size().0, ..Group::default() };
        let mut answers = Vec::with_capacity(jobs.len());
        for job in &jobs {
            match self.decide(&mut group, job).await {
                Ok(answer) => answers.push(answer),
                Err(Broken) => {
                    self.stale = true;
                    return Err(jobs);
                }
            }
        }
        if let Err(error) = self.commit(&mut group).await {
            tracing::error!(%error, records = group.records.len(), "a group could not be committed");
            metrics::counter!("nguon_commit_failures_total").increment(1);
            self.stale = true;
            if matches!(error, StoreError::HeadMoved) {
                self.deposed.store(true, Ordering::SeqCst);
            }
            return Err(jobs);
        }
        for (job, answer) in jobs.into_iter().zip(answers) {
            match (job, answer) {
                (Job::Records { reply, .. }, Decided::Records(answers)) => drop(reply.send(answers)),
                (Job::Act { reply, .. }, Decided::Act(answer)) => drop(reply.send(answer)),
                (Job::Tick { done }, _) => drop(done.send(())),
                _ => {}
            }
        }
        Ok(())
    }

    async fn commit(&mut self, group: &mut Group) -> Result<(), StoreError> {
        if group.records.is_empty() && group.held.is_empty() && group.released.is_empty() {
            return Ok(());
        }
        let size = self.state.frontier.size().0;
        let mut unit = self.store.unit().await?;
        if !group.records.is_empty() {
            unit.advance_head(
                rows::signed(group.old_size),
                rows::signed(size),
                &self.state.frontier.root().0,
            )
            .await?;
            unit.insert_records(&group.records).await?;
            unit.insert_sections(&group.sections).await?;
        }
        for row in &group.held {
            unit.hold(row).await?;
        }
        for row in &group.released {
            unit.release(&row.author, row.seq, &row.event_id).await?;
        }
        for (index, position) in &group.erased {
            unit.erase_section(rows::signed(*index), i64::from(*position)).await?;
        }
        unit.save().await?;
        if !group.erased.is_empty() {
            // The write-ahead log still holds what was erased; if a reader is in the way, the next checkpoint takes it.
            if let Err(error) = self.store.scrub().await {
                tracing::warn!(%error, "what was erased stays in the write-ahead log for now");
            }
        }
        for record in &group.learned {
            self.known.learn(record);
        }
        self.pace.committed(group.records.len());
        metrics::counter!("nguon_records_logged_total").increment(group.records.len() as u64);
        metrics::histogram!("nguon_group_records").record(group.records.len() as f64);
        metrics::gauge!("nguon_log_size").set(size as f64);
        self.head.send_replace(size);
        Ok(())
    }

    async fn decide(&mut self, group: &mut Group, job: &Job) -> Result<Decided, Broken> {
        match job {
            Job::Records { submissions, .. } => {
                let mut answers = Vec::with_capacity(submissions.len());
                for submission in submissions {
                    answers.push(self.take(group, submission).await?);
                }
                Ok(Decided::Records(answers))
            }
            Job::Act { act, .. } => Ok(Decided::Act(self.act(group, act).await?)),
            Job::Tick { .. } => {
                self.tick(group).await?;
                Ok(Decided::Nothing)
            }
        }
    }

    fn authority(&self) -> &Authority {
        self.state.authority.as_ref().expect("open and load set it before anything is decided")
    }

    /// Decides one record, with the records before it in this group already counted.
    async fn take(&mut self, group: &mut Group, submission: &Submission) -> Result<Answer, Broken> {
        let record = &submission.record;
        let moves_root =
            record.kind() == Kind::Rotate && self.authority().operator() == Some(record.organisation());
        if record.author() == self.keys.operator.public() || moves_root {
            return Ok(Err(Refused::OperatorRoot));
        }
        let place = (record.author(), record.seq());
        let trunk = if self.authority().needs_trunk(record) { self.trunk(group, place).await? } else { None };
        let admission = match self.authority().admit(record, trunk.map(|(event, _)| event)) {
            Ok(admission) => admission,
            Err(refusal) => return Ok(Err(Refused::Authority(refusal))),
        };
        Ok(match admission {
            Admission::Append if !self.may_stranger_write(submission) => Err(Refused::StrangersBudget),
            Admission::Append => {
                let index = self.log(group, record, &submission.openings, false).await?;
                self.erase_what_is_noticed(group, record).await?;
                self.stop_waiting(group, record).await?;
                self.let_go(group, record).await?;
                Ok(Taken::Logged { index, again: false })
            }
            Admission::Duplicate => match self.trunk(group, place).await? {
                Some((_, index)) => Ok(Taken::Logged { index, again: true }),
                None => Err(Refused::Unavailable),
            },
            Admission::Dispute { first } => {
                self.log(group, record, &submission.openings, true).await?;
                let other = record.event_id();
                let evidence = Control::ForkEvidence { author: record.author(), first, other };
                self.log_own(group, evidence).await?;
                tracing::warn!(author = %record.author(), seq = record.seq(), "a fork was logged as evidence");
                metrics::counter!("nguon_forks_total").increment(1);
                Err(Refused::Fork { seq: record.seq(), first, other, logged: true })
            }
            Admission::Conflict { first, other } => {
                Err(Refused::Fork { seq: record.seq(), first, other, logged: false })
            }
            Admission::Hold(reason) => self.hold(group, submission, reason).await?,
        })
    }

    /// What was logged first at a place of a chain: event and index.
    async fn trunk(&self, group: &Group, place: (PublicKey, u64)) -> Result<Option<(EventId, u64)>, Broken> {
        if let Some(found) = group.trunk.get(&place) {
            return Ok(Some(*found));
        }
        let mut reader = self.store.reader().await?;
        let found = reader.records_at(place.0.as_bytes(), place.1.cast_signed()).await?;
        Ok(found
            .iter()
            .find(|row| !row.disputed)
            .map(|row| (rows::event_id(&row.event_id), rows::unsigned(row.log_index))))
    }

    /// Makes a record the next entry.
    async fn log(
        &mut self,
        group: &mut Group,
        record: &Record,
        openings: &[Opening],
        disputed: bool,
    ) -> Result<u64, Broken> {
        if self.epoch_age_ms() >= EPOCH_MS {
            self.log_epoch(group);
        }
        self.watch_for_split(record).await?;
        Ok(self.enter(group, record, openings, disputed))
    }

    fn enter(&mut self, group: &mut Group, record: &Record, openings: &[Opening], disputed: bool) -> u64 {
        let index = self.state.frontier.size().0;
        self.state.frontier.push(record.leaf_hash());
        if let Some(authority) = self.state.authority.as_mut() {
            authority.append(record, index);
        }
        group.records.push(rows::record(record, index, disputed));
        group.sections.extend(rows::sections(record, index, openings));
        if !disputed {
            group.trunk.insert((record.author(), record.seq()), (record.event_id(), index));
        }
        let named = match record.control() {
            Control::Genesis { .. } | Control::Rotate { .. } => Some(record.author()),
            Control::Delegate(delegation) => Some(delegation.device),
            _ => None,
        };
        // Only what took effect is remembered.
        if named.is_some_and(|key| self.authority().key(&key).is_some()) {
            group.learned.push(record.clone());
        }
        index
    }

    /// Signs and enters a record of the operator's own.
    async fn log_own(&mut self, group: &mut Group, control: Control) -> Result<u64, Broken> {
        if self.epoch_age_ms() >= EPOCH_MS {
            self.log_epoch(group);
        }
        Ok(self.enter_own(group, control))
    }

    fn enter_own(&mut self, group: &mut Group, control: Control) -> u64 {
        let key = self.keys.operator.public();
        let head = self.authority().head(&key).expect("entry 0 is the operator's genesis");
        let organisation = self.authority().operator().expect("entry 0 is the operator's genesis");
        let record = Draft {
            control,
            act: None,
            ledger_id: self.ledger_id,
            organisation,
            seq: head.seq + 1,
            prev: head.event,
            device_time_ms: self.clock.now_ms().unsigned_abs(),
            seen: Seen::NONE,
            subjects: Vec::new(),
            sections: Vec::new(),
        }
        .sign(&self.keys.operator)
        .expect("an operator's record has no sections and a control body of its kind's length");
        self.enter(group, &record, &[], false)
    }

    fn epoch_age_ms(&self) -> i64 {
        match self.authority().newest_epoch() {
            Some(epoch) => self.clock.now_ms().saturating_sub(rows::signed(epoch.time_ms)),
            None => i64::MAX,
        }
    }

    fn log_epoch(&mut self, group: &mut Group) {
        // Epochs never fall, whatever the machine's clock does.
        let newest = self.authority().newest_epoch().map_or(0, |epoch| epoch.time_ms);
        let time_ms = self.clock.now_ms().unsigned_abs().max(newest);
        let size = self.state.frontier.size().0;
        self.enter_own(group, Control::Epoch { time_ms, size, map_root: [0; 32] });
    }

    /// A checkpoint that a phone saw and we never signed means that somebody shows another log under our key.
    async fn watch_for_split(&mut self, record: &Record) -> Result<(), Broken> {
        let seen = record.seen();
        if seen.size == 0 || self.state.roots.get(&seen.size) == Some(&seen.root) {
            return Ok(());
        }
        let mut reader = self.store.reader().await?;
        let ours = reader
            .checkpoint(rows::signed(seen.size))
            .await?
            .and_then(|row| rows::checkpoint(&row, &self.log_key))
            .map(|checkpoint| checkpoint.root());
        if let Some(root) = ours {
            if self.state.roots.len() >= 10_000 {
                self.state.roots.clear();
            }
            self.state.roots.insert(seen.size, root);
        }
        // Anybody can sign a false `seen`: an alarm is for keys of recognised organisations, once each. The finding
        // stands with every such record.
        let recognised = self.authority().standing(record.belongs_to()) != nguon_ledger::Standing::default();
        if ours != Some(seen.root) && recognised && self.state.alarmed.insert(record.author()) {
            tracing::error!(
                event = %record.event_id(), size = seen.size,
                "SPLIT VIEW: a phone names a checkpoint that this log did not sign"
            );
            metrics::counter!("nguon_split_views_total").increment(1);
        }
        Ok(())
    }

    async fn act(&mut self, group: &mut Group, act: &OperatorAct) -> Result<ActAnswer, Broken> {
        match act {
            OperatorAct::Standing { organisation, bits, reason } => {
                let control = Control::Standing { organisation: *organisation, bits: *bits, reason: *reason };
                Ok(Ok(self.log_own(group, control).await?))
            }
            OperatorAct::Erase { event, section, reason } => {
                let Some(index) = self.index_of(group, *event).await? else {
                    return Ok(Err(Refused::UnknownEvent(*event)));
                };
                group.erased.push((index, *section));
                let control = Control::ErasureNotice { event: *event, section: *section, reason: *reason };
                Ok(Ok(self.log_own(group, control).await?))
            }
        }
    }

    /// A notice from the operator's desk erases like one of the service's own, if the desk may.
    async fn erase_what_is_noticed(&mut self, group: &mut Group, record: &Record) -> Result<(), Broken> {
        if let Control::ErasureNotice { event, section, .. } = record.control()
            && self.authority().is_erased(*event, *section)
            && let Some(index) = self.index_of(group, *event).await?
        {
            group.erased.push((index, *section));
        }
        Ok(())
    }

    async fn index_of(&self, group: &Group, event: EventId) -> Result<Option<u64>, Broken> {
        let row = match group.records.iter().find(|row| row.event_id == event.as_bytes()) {
            Some(row) => Some(row.clone()),
            None => find_event(&*self.store, event).await?,
        };
        Ok(row.map(|row| rows::unsigned(row.log_index)))
    }

    async fn tick(&mut self, group: &mut Group) -> Result<(), Broken> {
        if self.epoch_age_ms() >= IDLE_EPOCH_MS {
            self.log_epoch(group);
        }
        let oldest = self.clock.now_ms().saturating_sub(HELD_MS);
        for row in self.store.reader().await?.held_before(oldest, 100).await? {
            self.release(group, row);
        }
        Ok(())
    }
}

fn operator_card(uri: String, name: &str) -> Organisation {
    Organisation {
        uri,
        name: Text::vi(name),
        kind: OrganisationKind::Authority,
        address: Text::default(),
        commune: None,
        identifiers: Vec::new(),
        hotline: None,
        website: None,
    }
}

enum Decided {
    Records(Vec<Answer>),
    Act(ActAnswer),
    Nothing,
}
