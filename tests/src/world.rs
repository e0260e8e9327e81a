//! A running ledger, and the audit that every story ends with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nguon_fixtures::farm::Farm;
use nguon_fixtures::{LedgerContext, Submission};
use nguon_ledger::note::{KeyKind, NoteSigner, VerifierKey};
use nguon_ledger::policy::Policy;
use nguon_ledger::{EventId, OrganisationId, SigningKey, Standing, ledger_id};
use nguon_service::audit::{Findings, Published, database, published};
use nguon_service::sequencer::StartError;
use nguon_service::submit::{Answer, Incoming, Refused, Taken};
use nguon_service::{
    Cosigner, Folder, Gateways, ManualClock, OperatorAct, OperatorKeys, OwnWitness, Service, Settings,
    Submitted,
};
use nguon_storage::Store;
use tempfile::TempDir;

use crate::database::Database;
use crate::published::PublishedFolder;

/// The log's permanent name.
pub const ORIGIN: &str = "ledger.example.org/story";
/// The name of the operator's own witness.
pub const WITNESS: &str = "ledger.example.org/witness";

const LOG: [u8; 32] = [1; 32];
const WITNESS_SEED: [u8; 32] = [4; 32];
const SEAL: [u8; 32] = [5; 32];
/// Seeds of the gateway keys that the operator's machine keeps; whoever wants to be sold for delegates one.
pub const GATEWAYS: [[u8; 32]; 2] = [[70; 32], [71; 32]];

/// Publishing and projecting are done long before this, or hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A ledger with its clock, its files and its witness.
pub struct World {
    /// Stands until it is set; [`World::submit`] sets it to when records were sent.
    pub clock: Arc<ManualClock>,
    /// What farms sign for.
    pub context: LedgerContext,
    /// Whose ledger this is.
    pub settings: fn() -> Settings,
    /// The operator's keys.
    pub keys: fn() -> OperatorKeys,
    service: Option<Service>,
    folder: TempDir,
    database: Database,
}

/// What the audit found.
pub struct Audited {
    /// In the published files.
    pub published: Published,
    /// In the database.
    pub database: Findings,
}

impl Audited {
    /// Places of everything that does not hold.
    pub fn places(&self) -> Vec<String> {
        self.published.wrong.listed.iter().chain(&self.database.listed).map(ToString::to_string).collect()
    }
}

/// The settings of a story's ledger.
pub fn settings() -> Settings {
    Settings {
        origin: ORIGIN.to_owned(),
        public_base_url: "https://shop.example.org".to_owned(),
        operator_name: "Chi cục Thử Nghiệm".to_owned(),
        longest_silence_ms: i64::MAX,
        // A story's receivers listen here.
        webhook_networks: vec!["127.0.0.0/8".parse().expect("a network")],
    }
}

fn keys() -> OperatorKeys {
    OperatorKeys {
        log: LOG.into(),
        operator: SigningKey::from_seed([2; 32]),
        operator_next: SigningKey::from_seed([3; 32]).public(),
        desk: SigningKey::from_seed([6; 32]),
        witness: WITNESS_SEED.into(),
        seal: SEAL.into(),
        serial: [6; 32].into(),
        webhook: [8; 32].into(),
        gateways: Gateways::of(&GATEWAYS),
    }
}

fn log_key(origin: &str, seed: [u8; 32]) -> VerifierKey {
    NoteSigner::new(origin, seed).expect("an origin of our own").verifier_key(KeyKind::Ed25519)
}

impl World {
    /// A new ledger on this database.
    pub async fn begin(database: Database) -> Self {
        let first = log_key(ORIGIN, LOG);
        let context = LedgerContext {
            ledger_id: ledger_id(ORIGIN, first.public().as_bytes()),
            origin: ORIGIN.to_owned(),
        };
        // Before the farms' first day.
        let clock = Arc::new(ManualClock::new(1_767_000_000_000));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut world = Self { clock, context, settings, keys, service: None, folder, database };
        world.start().await.expect("a new ledger starts");
        world
    }

    /// Starts the service, if its ledger is sound.
    pub async fn start(&mut self) -> Result<(), StartError> {
        let store = self.database.open().await;
        let service = self.another(store).await?;
        self.service = Some(service);
        Ok(())
    }

    /// Another service on the same database and files, over this store.
    pub async fn another(&self, store: Arc<dyn Store>) -> Result<Service, StartError> {
        let (settings, keys) = ((self.settings)(), (self.keys)());
        let log = log_key(&settings.origin, *keys.log);
        let objects = Arc::new(Folder::new(self.public()).expect("a folder of our own"));
        let newest = self.witness_file();
        let witness = OwnWitness::open(WITNESS, *keys.witness, log, newest, self.clock.clone());
        let cosigners: Vec<Arc<dyn Cosigner>> = vec![Arc::new(witness.expect("a witness of our own"))];
        Service::start(settings, store, objects, keys, self.clock.clone(), cosigners).await
    }

    /// Stops the service; the database and the files stay.
    pub async fn stop(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop().await;
        }
    }

    /// Stops it and starts it again.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await.expect("it starts again");
    }

    /// Stops it and says why it does not start again.
    pub async fn refusal(&mut self) -> StartError {
        self.stop().await;
        self.start().await.expect_err("it must not start")
    }

    /// The running service.
    pub fn service(&self) -> &Service {
        self.service.as_ref().expect("the service was stopped by the story")
    }

    /// The story's database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The folder of published files.
    pub fn public(&self) -> PathBuf {
        self.folder.path().join("public")
    }

    /// Where the witness keeps the newest checkpoint that it cosigned.
    pub fn witness_file(&self) -> PathBuf {
        self.folder.path().join("witness.checkpoint")
    }

    /// Whom the story trusts: the log and the operator's witness, which must have cosigned.
    pub fn policy(&self) -> Policy {
        let witness = NoteSigner::new(WITNESS, WITNESS_SEED).expect("a name of our own");
        let witness = witness.verifier_key(KeyKind::Cosignature);
        Policy::new(log_key(ORIGIN, LOG), vec![witness], 1).expect("one witness is a quorum of one")
    }

    /// A farm of this name, recognised, with its phones enrolled and its cards laid.
    pub async fn farm(&self, name: &str) -> Farm {
        let mut farm = Farm::named(1, name, &self.context);
        self.log_all(farm.start()).await;
        self.recognise(farm.id(), Standing::PRODUCER).await;
        farm
    }

    /// The operator recognises an organisation.
    pub async fn recognise(&self, organisation: OrganisationId, bits: Standing) -> u64 {
        self.act(OperatorAct::Standing { organisation, bits, reason: 1 }).await
    }

    /// The operator acts.
    pub async fn act(&self, act: OperatorAct) -> u64 {
        self.service().act(act).await.expect("the operator may")
    }

    /// The operator erases a section of a record.
    pub async fn erase(&self, event: EventId, section: u8) -> u64 {
        // The index by event id is behind the writer.
        self.settle().await;
        self.act(OperatorAct::Erase { event, section, reason: 1 }).await
    }

    /// Sends records in one request.
    pub async fn submit(&self, submissions: Vec<Submission>) -> Vec<Answer> {
        self.submit_to(self.service(), submissions).await
    }

    /// Sends records in one request to another service.
    pub async fn submit_to(&self, service: &Service, submissions: Vec<Submission>) -> Vec<Answer> {
        for submission in &submissions {
            self.clock.set(submission.at_ms);
        }
        let events: Vec<EventId> = submissions.iter().map(|one| one.event_id).collect();
        let answers = service.submit(submissions.into_iter().map(incoming).collect()).await;
        assert_eq!(answers.iter().filter_map(|one| one.event).collect::<Vec<_>>(), events);
        answers.into_iter().map(|one: Submitted| one.answer).collect()
    }

    /// Sends one record.
    pub async fn say(&self, submission: Submission) -> Answer {
        self.submit(vec![submission]).await.remove(0)
    }

    /// Sends one record, which must be logged now; its index.
    pub async fn log(&self, submission: Submission) -> u64 {
        taken(self.say(submission).await)
    }

    /// Sends records in one request, which must all be logged now; their indexes.
    pub async fn log_all(&self, submissions: Vec<Submission>) -> Vec<u64> {
        self.submit(submissions).await.into_iter().map(taken).collect()
    }

    /// Sends one record, which must be refused.
    pub async fn refused(&self, submission: Submission) -> Refused {
        self.say(submission).await.expect_err("it must be refused")
    }

    /// Waits until all that is logged is published and in the read models.
    pub async fn settle(&self) {
        tokio::time::timeout(PATIENCE, self.service().settle())
            .await
            .unwrap_or_else(|_| panic!("it does not settle: {:?}", self.service().progress()));
    }

    /// Lets an hour pass, which the operator's next epoch says on the log.
    pub async fn hours_pass(&self, hours: i64) {
        self.clock.set(self.service().now_ms() + hours * 3_600_000);
        let before = self.service().progress().logged;
        self.service().tick().await;
        for _ in 0..500 {
            if self.service().progress().logged > before {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no epoch was logged");
    }

    /// Audits published files and database from outside, as `nguon verify` does.
    pub async fn audit(&self) -> Audited {
        let policy = self.policy();
        let first = *log_key(ORIGIN, LOG).public().as_bytes();
        let files = PublishedFolder(self.public());
        let published = published(&files, &policy, &first, |_, _| {}).expect("a folder can be read");
        let store = match &self.service {
            Some(service) => service.lookup().store.clone(),
            None => self.database.open().await,
        };
        let fresh = Database::sqlite().await.expect("SQLite is always there");
        let rebuilt = fresh.open().await;
        let database = database(&store, &rebuilt, &policy, &first, &published.leaves, Some(&SEAL), |_, _| {})
            .await
            .expect("the database answers");
        rebuilt.close().await;
        if self.service.is_none() {
            store.close().await;
        }
        Audited { published, database }
    }

    /// Everything that is logged is published, and nothing is wrong with any of it.
    pub async fn check(&self) -> Audited {
        self.settle().await;
        let audited = self.audit().await;
        let places = audited.places();
        assert!(places.is_empty(), "the audit names\n  {}", places.join("\n  "));
        assert_eq!(audited.published.size().0, self.service().progress().logged);
        audited
    }

    /// The last check, and the end.
    pub async fn end(mut self) {
        self.check().await;
        self.stop().await;
    }
}

fn incoming(submission: Submission) -> Incoming {
    let openings = submission.openings.into_iter().map(|opening| (opening.salt, opening.payload)).collect();
    Incoming { record: submission.record, openings }
}

/// The index of a record that was logged now.
pub fn taken(answer: Answer) -> u64 {
    match answer {
        Ok(Taken::Logged { index, again: false }) => index,
        other => panic!("it was to be logged: {other:?}"),
    }
}
