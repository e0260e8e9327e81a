//! A real service over a farm that does not exist, and what its pages answer.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use nguon_fixtures::{LedgerContext, Submission};
use nguon_service::{
    Cosigner, Folder, Incoming, ManualClock, OperatorKeys, OwnWitness, Service, Settings, Taken,
};
use nguon_web::{Web, WorkLimits};
use tower::ServiceExt as _;

pub(crate) const ORIGIN: &str = "ledger.example.org/given";
pub(crate) const BASE: &str = "https://nguon.example";

/// A ledger and its pages.
pub(crate) struct Ledger {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) context: LedgerContext,
    pub(crate) router: Router,
    web: Web,
    /// The same pages, each made anew.
    without_copies: Router,
    /// Keys, database and published files; gone with this.
    pub(crate) _folder: tempfile::TempDir,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    /// Without its content coding.
    pub(crate) fn decoded(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.header("content-encoding") {
            "br" => brotli::BrotliDecompress(&mut &*self.bytes, &mut bytes).unwrap(),
            "gzip" => {
                std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*self.bytes), &mut bytes)
                    .unwrap();
            }
            _ => bytes.clone_from(&self.bytes),
        }
        bytes
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Ledger {
    /// A new ledger at this time.
    pub(crate) async fn new(now_ms: i64) -> Self {
        Self::with_page_bytes(now_ms, WorkLimits::default().page_bytes).await
    }

    /// One that keeps so many bytes of pages.
    pub(crate) async fn with_page_bytes(now_ms: i64, page_bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = OperatorKeys::open(&folder.path().join("keys"), true).unwrap();
        let store = nguon_storage::open(&format!("sqlite:{}", folder.path().join("ledger.db").display()))
            .await
            .unwrap();
        let objects = Arc::new(Folder::new(folder.path().join("public")).unwrap());
        let clock = Arc::new(ManualClock::new(now_ms));
        let log = nguon_ledger::note::NoteSigner::new(ORIGIN, *keys.log).unwrap();
        let log_key = log.verifier_key(nguon_ledger::note::KeyKind::Ed25519);
        let newest = folder.path().join("witness.checkpoint");
        let witness =
            OwnWitness::open("ledger.example.org/witness", *keys.witness, log_key, newest, clock.clone())
                .unwrap();
        let settings = Settings {
            origin: ORIGIN.to_owned(),
            public_base_url: BASE.to_owned(),
            operator_name: "Chi cục Thử Nghiệm".to_owned(),
            longest_silence_ms: i64::MAX,
            webhook_networks: Vec::new(),
        };
        let cosigners: Vec<Arc<dyn Cosigner>> = vec![Arc::new(witness)];
        let service = Service::start(settings, store, objects, keys, clock.clone(), cosigners).await.unwrap();
        let service = Arc::new(service);
        let web = |page_bytes| {
            Web::new(nguon_web::Settings {
                service: service.clone(),
                metrics: nguon_web::metrics::builder().unwrap().build_recorder().handle(),
                independent_witnesses: Vec::new(),
                limits: WorkLimits { page_bytes, ..WorkLimits::default() },
            })
        };
        let without_copies = web(0).router();
        let web = web(page_bytes);
        let context = LedgerContext { ledger_id: service.ledger_id(), origin: ORIGIN.to_owned() };
        Self { router: web.router(), web, without_copies, service, clock, context, _folder: folder }
    }

    /// Submits records in order; all must be taken.
    pub(crate) async fn take(&self, submissions: impl IntoIterator<Item = Submission>) {
        for submission in submissions {
            self.clock.set(submission.at_ms);
            let openings =
                submission.openings.into_iter().map(|opening| (opening.salt, opening.payload)).collect();
            let incoming = Incoming { record: submission.record, openings };
            for one in self.service.submit(vec![incoming]).await {
                assert!(matches!(one.answer, Ok(Taken::Logged { .. })), "{:?}", one.answer);
            }
        }
        self.service.settle().await;
    }

    /// The operator recognises an organisation.
    pub(crate) async fn recognise(&self, organisation: nguon_ledger::OrganisationId, bits: u16) {
        let bits = nguon_ledger::Standing(bits);
        self.service
            .act(nguon_service::OperatorAct::Standing { organisation, bits, reason: 1 })
            .await
            .unwrap();
        self.service.settle().await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(path, &[]).await
    }

    pub(crate) async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        answer(&self.router, Request::get(path), headers).await
    }

    pub(crate) async fn head(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        answer(&self.router, Request::head(path), headers).await
    }

    pub(crate) async fn ask_as(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        answer(&self.router, Request::builder().method(method).uri(path), headers).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        called(&self.router, request).await
    }

    /// Asks those who keep nothing.
    pub(crate) async fn ask_without_copies(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        answer(&self.without_copies, Request::get(path), headers).await
    }

    /// What the process counts, from the address that is not everybody's.
    pub(crate) async fn counters(&self) -> Answer {
        answer(&self.web.counters(), Request::get("/metrics"), &[]).await
    }

    /// How many pages are kept, and in how many bytes.
    pub(crate) fn kept_pages(&self) -> (usize, u64) {
        self.web.kept_pages()
    }
}

async fn answer(
    router: &Router,
    mut request: axum::http::request::Builder,
    headers: &[(&str, &str)],
) -> Answer {
    {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        called(router, request.body(Body::empty()).unwrap()).await
    }
}

async fn called(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, bytes }
}
