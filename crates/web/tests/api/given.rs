//! A ledger, a co-operative with a phone, and somebody who asks over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use nguon_ledger::control::{Delegation, Flags, Roles};
use nguon_ledger::note::{KeyKind, NoteSigner};
use nguon_ledger::{
    Act, Control, Draft, LedgerId, Opening, OrganisationId, Record, SectionRef, SectionType, SigningKey,
    next_key_digest, sign_possession,
};
use nguon_service::{Folder, ManualClock, OperatorKeys, OwnWitness, Service, Settings};
use nguon_web::{Web, WorkLimits};
use serde_json::{Value, json};
use tower::ServiceExt;
use zeroize::Zeroizing;

pub(crate) const ORIGIN: &str = "ledger.example.vn/lam-dong";
/// 2026-04-17 08:00 in Đà Lạt.
pub(crate) const NOW_MS: i64 = 1_776_387_600_000;

/// A running ledger and its routes.
pub(crate) struct Ledger {
    pub(crate) service: Arc<Service>,
    pub(crate) web: Web,
    pub(crate) router: Router,
    pub(crate) folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's code, after checking that it is a whole one.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16(), "{document}");
        check_problem(&document)
    }
}

/// The code of a problem document, which must be a whole one.
pub(crate) fn check_problem(document: &Value) -> String {
    for member in ["title", "detail", "instance"] {
        assert!(document[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {document}");
    }
    for language in ["vi", "en"] {
        assert!(
            document[language]["title"].is_string() && document[language]["detail"].is_string(),
            "{document}"
        );
    }
    assert!(document["instance"].as_str().unwrap().starts_with("urn:nguon:request:"), "{document}");
    document["type"].as_str().unwrap().strip_prefix("urn:nguon:problem:").unwrap().to_owned()
}

pub(crate) async fn ledger() -> Ledger {
    ledger_with(WorkLimits::default()).await
}

pub(crate) async fn ledger_with(limits: WorkLimits) -> Ledger {
    let folder = tempfile::tempdir().unwrap();
    let seed = |n: u8| Zeroizing::new([n; 32]);
    let keys = OperatorKeys {
        log: seed(1),
        operator: SigningKey::from_seed([2; 32]),
        operator_next: SigningKey::from_seed([3; 32]).public(),
        desk: SigningKey::from_seed([6; 32]),
        witness: seed(4),
        seal: seed(5),
        serial: seed(6),
        webhook: [8; 32].into(),
        gateways: Default::default(),
    };
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let log_key = NoteSigner::new(ORIGIN, [1; 32]).unwrap().verifier_key(KeyKind::Ed25519);
    let newest = folder.path().join("witness.newest");
    let witness = OwnWitness::open("witness.example.vn", [4; 32], log_key, newest, clock.clone()).unwrap();
    let file = folder.path().join("ledger.sqlite");
    let store = nguon_storage::open(&format!("sqlite:{}", file.display())).await.unwrap();
    let objects = Arc::new(Folder::new(folder.path().join("public")).unwrap());
    let settings = Settings {
        origin: ORIGIN.to_owned(),
        public_base_url: "https://truyxuat.example.vn".to_owned(),
        operator_name: "Sở Nông nghiệp và Môi trường".to_owned(),
        longest_silence_ms: i64::MAX,
        webhook_networks: Vec::new(),
    };
    let service =
        Service::start(settings, store, objects, keys, clock, vec![Arc::new(witness)]).await.unwrap();
    let service = Arc::new(service);
    let web = Web::new(nguon_web::Settings {
        service: service.clone(),
        metrics: metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle(),
        independent_witnesses: Vec::new(),
        limits,
    });
    let router = web.router();
    Ledger { service, web, router, folder }
}

impl Ledger {
    pub(crate) async fn call(&self, request: Request<Body>) -> Answered {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answered { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answered {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.call(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, &[]).await
    }

    pub(crate) async fn post(&self, body: impl Into<Body>, headers: &[(&str, &str)]) -> Answered {
        self.post_to("/api/v1/records", body, headers).await
    }

    pub(crate) async fn post_to(
        &self,
        path: &str,
        body: impl Into<Body>,
        headers: &[(&str, &str)],
    ) -> Answered {
        let mut request = Request::builder().method("POST").uri(path);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.call(request.body(body.into()).unwrap()).await
    }

    /// Sends records and gives back their results.
    pub(crate) async fn send(&self, records: &[Value]) -> (Answered, Vec<Value>) {
        let answered = self.post(json!({ "records": records }).to_string(), &[]).await;
        let results =
            answered.json()["results"].as_array().unwrap_or_else(|| panic!("{}", answered.text())).clone();
        (answered, results)
    }

    /// Sends one record that must be logged now.
    pub(crate) async fn log(&self, sent: &Value) -> u64 {
        let (answered, results) = self.send(std::slice::from_ref(sent)).await;
        assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
        results[0]["index"].as_u64().unwrap()
    }
}

/// The JSON of a record and its openings.
pub(crate) fn sent(record: &Record, openings: &[Opening]) -> Value {
    let openings: Vec<Value> = openings
        .iter()
        .map(|opening| json!({ "salt": hex::encode(opening.salt), "payload": BASE64_STANDARD.encode(&opening.payload) }))
        .collect();
    json!({ "record": BASE64_STANDARD.encode(record.as_bytes()), "openings": openings })
}

/// Somebody who signs, and remembers the chain.
pub(crate) struct Signer {
    pub(crate) key: SigningKey,
    pub(crate) organisation: OrganisationId,
    pub(crate) last: Option<Record>,
    ledger: LedgerId,
}

impl Signer {
    /// The root of a new co-operative, and its genesis.
    pub(crate) fn root(ledger: &Ledger, seed: u8) -> (Self, Record) {
        let key = SigningKey::from_seed([seed; 32]);
        let next = SigningKey::from_seed([seed ^ 0xff; 32]).public();
        let ledger = ledger.service.ledger_id();
        let control = Control::Genesis { next: next_key_digest(&next) };
        let genesis = Draft::first(ledger, OrganisationId::ZERO, control).sign(&key).unwrap();
        let organisation = genesis.belongs_to();
        (Self { key, organisation, last: Some(genesis.clone()), ledger }, genesis)
    }

    /// A new phone, and the delegation that admits it.
    pub(crate) fn delegate(&mut self, seed: u8) -> (Self, Record) {
        let key = SigningKey::from_seed([seed; 32]);
        let (roles, flags, until) = (Roles::DIARY | Roles::LOT, Flags(0), 1_800_000_000_000);
        let possession = sign_possession(&key, self.ledger, self.organisation, roles, flags, until, None);
        let delegation =
            Delegation { device: key.public(), roles, flags, not_after_ms: until, person: None, possession };
        let record = self.sign(self.draft(Control::Delegate(delegation)));
        (Self { key, organisation: self.organisation, last: None, ledger: self.ledger }, record)
    }

    pub(crate) fn draft(&self, control: Control) -> Draft {
        match &self.last {
            Some(last) => Draft::after(last, control),
            None => Draft::first(self.ledger, self.organisation, control),
        }
    }

    pub(crate) fn sign(&mut self, draft: Draft) -> Record {
        let record = draft.sign(&self.key).unwrap();
        self.last = Some(record.clone());
        record
    }

    /// A line of the farm diary, whose public section says this.
    pub(crate) fn note(&mut self, says: &str) -> Value {
        let (record, opening) = self.noted(says);
        sent(&record, &[opening])
    }

    pub(crate) fn noted(&mut self, says: &str) -> (Record, Opening) {
        let payload = json!({ "note": says }).to_string().into_bytes();
        let opening = Opening { kind: SectionType::PUBLIC, salt: [7; 32], payload };
        let draft = Draft {
            act: Some(Act::Diary),
            sections: vec![SectionRef { kind: opening.kind, commitment: opening.commitment() }],
            device_time_ms: NOW_MS.unsigned_abs(),
            ..self.draft(Control::Event)
        };
        (self.sign(draft), opening)
    }
}

/// A co-operative with one phone, both logged.
pub(crate) async fn cooperative(ledger: &Ledger) -> (Signer, Signer) {
    let (mut root, genesis) = Signer::root(ledger, 10);
    let (phone, delegation) = root.delegate(20);
    let (_, results) = ledger.send(&[sent(&genesis, &[]), sent(&delegation, &[])]).await;
    assert!(results.iter().all(|result| result["status"] == 201), "{results:?}");
    (root, phone)
}
