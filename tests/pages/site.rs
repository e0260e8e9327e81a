//! A whole site on a loopback port: a service, its pages, and what is in its ledger.

use std::net::SocketAddr;
use std::sync::Arc;

use nguon_fixtures::farm::Farm;
use nguon_fixtures::{LedgerContext, Season, Step, Submission};
use nguon_ledger::note::{KeyKind, NoteSigner};
use nguon_ledger::{OrganisationId, Seen, Standing};
use nguon_service::{
    Cosigner, Folder, Incoming, ManualClock, OperatorAct, OperatorKeys, OwnWitness, Service, Settings,
};
use nguon_web::{Web, WorkLimits};
use tokio::sync::oneshot;

const ORIGIN: &str = "ledger.example.org/pages";
/// 5 January 2026, 07:00 in Vietnam: an hour before a farm begins.
pub(crate) const MORNING_MS: i64 = 1_767_571_200_000;
/// 1 September 2025: the ledger is a little older than its first season.
pub(crate) const BEFORE_THE_SEASON_MS: i64 = 1_756_688_400_000;
/// Every season of these tests is the demo's.
const SEED: u64 = 2026;

/// A ledger that is served until this is dropped.
pub(crate) struct Site {
    /// `http://127.0.0.1:…`
    pub(crate) origin: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) context: LedgerContext,
    pub(crate) service: Arc<Service>,
    _ending: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

impl Site {
    /// An empty ledger at this time.
    pub(crate) async fn begin(now_ms: i64) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let keys = OperatorKeys::open(&folder.path().join("keys"), true).unwrap();
        let store = nguon_storage::open(&format!("sqlite:{}", folder.path().join("ledger.db").display()))
            .await
            .unwrap();
        let objects = Arc::new(Folder::new(folder.path().join("public")).unwrap());
        let clock = Arc::new(ManualClock::new(now_ms));
        let log = NoteSigner::new(ORIGIN, *keys.log).unwrap();
        let log_key = log.verifier_key(KeyKind::Ed25519);
        let newest = folder.path().join("witness.checkpoint");
        let witness =
            OwnWitness::open("ledger.example.org/witness", *keys.witness, log_key, newest, clock.clone())
                .unwrap();
        let settings = Settings {
            origin: ORIGIN.to_owned(),
            // As a browser reaches it: the canonical address is on the same host.
            public_base_url: origin.clone(),
            operator_name: "Chi cục Thử Nghiệm".to_owned(),
            longest_silence_ms: i64::MAX,
            webhook_networks: Vec::new(),
        };
        let cosigners: Vec<Arc<dyn Cosigner>> = vec![Arc::new(witness)];
        let service = Service::start(settings, store, objects, keys, clock.clone(), cosigners).await.unwrap();
        let service = Arc::new(service);
        let web = Web::new(nguon_web::Settings {
            service: service.clone(),
            metrics: nguon_web::metrics::builder().unwrap().build_recorder().handle(),
            independent_witnesses: Vec::new(),
            limits: WorkLimits::default(),
        });
        let (ending, ended) = oneshot::channel::<()>();
        let router = web.router();
        tokio::spawn(async move {
            let ended = async {
                // Dropped is ended too.
                let _ = ended.await;
            };
            nguon_web::server::serve(listener, router, nguon_web::server::Limits::default(), ended).await;
        });
        let context = LedgerContext { ledger_id: service.ledger_id(), origin: ORIGIN.to_owned() };
        Self { origin, clock, context, service, _ending: ending, _folder: folder }
    }

    /// A recognised farm that begins now.
    pub(crate) async fn farm(&self, seed: u64, name: &str, now_ms: i64) -> Farm {
        let mut farm = Farm::named(seed, name, &self.context);
        farm.set_now_ms(now_ms);
        self.take(farm.start()).await;
        self.recognise(farm.id()).await;
        farm
    }

    /// Takes records in order.
    pub(crate) async fn take(&self, submissions: impl IntoIterator<Item = Submission>) {
        for submission in submissions {
            self.clock.set(submission.at_ms);
            for one in self.service.submit(vec![incoming(&submission)]).await {
                assert!(one.answer.is_ok(), "{:?}", one.answer);
            }
        }
        self.service.settle().await;
    }

    /// The operator recognises an organisation as producer and packer.
    pub(crate) async fn recognise(&self, organisation: OrganisationId) {
        let act = OperatorAct::Standing { organisation, bits: Standing(3), reason: 1 };
        self.service.act(act).await.unwrap();
        self.service.settle().await;
    }

    /// Plays the demo's season; answers when it ended.
    pub(crate) async fn play_the_season(&self) -> i64 {
        let mut season = Season::new(SEED, &self.context);
        let (mut seen, mut day, mut waiting) = (Seen::NONE, 0, Vec::new());
        let mut now_ms = BEFORE_THE_SEASON_MS;
        while let Some(step) = season.next(seen) {
            now_ms = step.at_ms();
            let is_new_day = now_ms / 86_400_000 != day;
            if is_new_day || waiting.len() >= 200 || matches!(step, Step::Operator { .. }) {
                // What the season expects to be refused is; the demo's own command checks each answer.
                self.service.submit(std::mem::take(&mut waiting)).await;
            }
            if is_new_day {
                day = now_ms / 86_400_000;
                self.service.settle().await;
                if let Some((checkpoint, _)) = self.service.lookup().checkpoint().await.unwrap() {
                    seen = Seen { size: checkpoint.size().0, root: checkpoint.root() };
                }
            }
            self.clock.set(now_ms);
            match step {
                Step::Submit(submission) => waiting.push(incoming(&submission)),
                Step::Operator { act, .. } => {
                    self.service.settle().await;
                    self.service.act(operator_act(act)).await.unwrap();
                }
            }
        }
        self.service.submit(waiting).await;
        self.service.settle().await;
        now_ms
    }
}

fn incoming(submission: &Submission) -> Incoming {
    let openings = submission.openings.iter().map(|opening| (opening.salt, opening.payload.clone()));
    Incoming { record: submission.record.clone(), openings: openings.collect() }
}

fn operator_act(act: nguon_fixtures::OperatorAct) -> OperatorAct {
    match act {
        nguon_fixtures::OperatorAct::Standing { organisation, bits, reason } => {
            OperatorAct::Standing { organisation, bits, reason }
        }
        nguon_fixtures::OperatorAct::Erase { event_id, section, reason } => {
            OperatorAct::Erase { event: event_id, section, reason }
        }
    }
}
