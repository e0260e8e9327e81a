//! Pages are kept: what is shown while the database is away, and that what is kept is never old.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use nguon_fixtures::Submission;
use nguon_fixtures::farm::{Device, Farm};
use nguon_ledger::Standing;
use nguon_service::{OperatorAct, Service};
use nguon_tests::{Switch, World, taken};
use nguon_web::{Settings, Web, WorkLimits};
use tower::ServiceExt as _;

use super::given;

/// A running service over a database that can be taken away, with its pages, and a farm.
struct Pages {
    world: World,
    switch: Arc<Switch>,
    service: Arc<Service>,
    router: Router,
    farm: Farm,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn is_copy(&self) -> bool {
        self.text.contains("data-copy=\"")
    }
}

impl Pages {
    async fn open(mut world: World) -> Self {
        world.stop().await;
        let switch = Switch::over(world.database()).await;
        let service = Arc::new(world.another(switch.clone()).await.unwrap());
        let web = Web::new(Settings {
            service: service.clone(),
            metrics: nguon_web::metrics::builder().unwrap().build_recorder().handle(),
            independent_witnesses: Vec::new(),
            limits: WorkLimits::default(),
        });
        let farm = Farm::named(1, "copies", &world.context);
        let mut pages = Self { world, switch, service, router: web.router(), farm };
        let records = pages.farm.start();
        pages.take(records).await;
        let (organisation, bits) = (pages.farm.id(), Standing::PRODUCER);
        pages.service.act(OperatorAct::Standing { organisation, bits, reason: 1 }).await.unwrap();
        pages.service.settle().await;
        pages
    }

    async fn take(&self, submissions: Vec<Submission>) {
        for one in self.world.submit_to(&self.service, submissions).await {
            taken(one);
        }
        self.service.settle().await;
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        get(&self.router, path, headers).await
    }

    async fn end(self) {
        drop(self.router);
        let Ok(service) = Arc::try_unwrap(self.service) else { panic!("somebody still holds the service") };
        service.stop().await;
        let mut world = self.world;
        world.start().await.unwrap();
        world.end().await;
    }
}

async fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes).unwrap() }
}

fn path(uri: &str) -> String {
    nguon_id::LotId::from_uri(uri).unwrap().path()
}

#[tokio::test]
async fn while_the_database_is_away_the_last_page_is_shown_with_its_date() {
    let Some(world) = given().await else { return };
    let mut pages = Pages::open(world).await;
    let (sound, recalled, unseen) = (pages.farm.lot("A1"), pages.farm.lot("A2"), pages.farm.lot("A3"));
    let mut records: Vec<Submission> =
        ["A1", "A2", "A3"].map(|number| pages.farm.harvest(Device::Phone(1), number, 60_000)).into();
    records.push(pages.farm.recall(std::slice::from_ref(&recalled)));
    pages.take(records).await;
    let (sound, recalled, unseen) = (path(&sound), path(&recalled), path(&unseen));
    let json = format!("/api/v1/lots{sound}");
    let before = pages.get(&sound, &[]).await;
    let told = pages.get(&json, &[]).await;
    assert_eq!((before.status, told.status), (StatusCode::OK, StatusCode::OK));
    assert!(!before.is_copy() && pages.get(&recalled, &[]).await.text.contains("ĐANG THU HỒI"));

    pages.switch.take_away(pages.world.database()).await;
    // Nothing is kept of this one: whoever asks is told, and it is known from then on.
    let trouble = pages.get(&unseen, &[]).await;
    assert_eq!(trouble.status, StatusCode::SERVICE_UNAVAILABLE, "{}", trouble.text);
    assert_eq!((trouble.header("retry-after"), trouble.header("cache-control")), ("2", "no-store"));
    assert!(trouble.header("content-type").starts_with("text/html"), "a page, for people");
    assert!(trouble.text.contains("Tạm thời chưa mở được trang này"), "{}", trouble.text);

    let copy = pages.get(&sound, &[("if-none-match", before.header("etag"))]).await;
    assert_eq!(copy.status, StatusCode::OK, "not 304: the reader's own copy says nothing of this");
    assert!(copy.is_copy() && copy.text.contains("Đây là bản lưu lúc"), "{}", copy.text);
    assert_eq!((copy.header("etag"), copy.header("cache-control")), ("", "no-store"));
    assert!(copy.header("cache-status").starts_with("nguon; hit; ttl=-"), "{:?}", copy.headers);
    assert!(copy.header("age").parse::<u64>().is_ok());
    let notice = copy.text.split("<p class=\"banner wait\"").nth(1).unwrap().split("</p>").next().unwrap();
    let without = copy.text.replace(&format!("\n<p class=\"banner wait\"{notice}</p>"), "");
    assert_eq!(without, before.text, "nothing else changed");
    let recalled = pages.get(&recalled, &[]).await;
    assert!(recalled.is_copy() && recalled.text.contains("ĐANG THU HỒI"), "a recall stays one");
    let told_again = pages.get(&json, &[]).await;
    assert_eq!((told_again.text, told_again.headers.get("etag")), (told.text, None));
    assert!(!told_again.headers["age"].is_empty());
    let english = pages.get(&sound, &[("accept-language", "en")]).await;
    assert_eq!(english.status, StatusCode::SERVICE_UNAVAILABLE, "nobody asked for that one before");
    assert!(english.text.contains("This page cannot be shown right now"));

    pages.switch.bring_back(pages.world.database()).await;
    let mut again = pages.get(&sound, &[]).await;
    for _ in 0..100 {
        if !again.is_copy() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        again = pages.get(&sound, &[]).await;
    }
    assert_eq!((again.text, again.headers.get("etag")), (before.text, before.headers.get("etag")));
    assert_eq!(pages.get(&unseen, &[]).await.status, StatusCode::OK);
    let recall = pages.farm.recall(&[pages.farm.lot("A1")]);
    pages.take(vec![recall]).await;
    assert!(pages.get(&sound, &[]).await.text.contains("ĐANG THU HỒI"));
    pages.end().await;
}

#[tokio::test]
async fn a_storm_of_scans_of_one_pack_makes_its_page_once() {
    let Some(world) = given().await else { return };
    let mut pages = Pages::open(world).await;
    let (first, second) = (pages.farm.lot("B1"), pages.farm.lot("B2"));
    let records = ["B1", "B2"].map(|number| pages.farm.harvest(Device::Phone(1), number, 60_000)).into();
    pages.take(records).await;
    let (first, second) = (path(&first), path(&second));
    // One alone, for comparison: cards of the farm are remembered from then on.
    let before = pages.switch.readers();
    assert_eq!(pages.get(&first, &[]).await.status, StatusCode::OK);
    let alone = pages.switch.readers() - before;
    let before = pages.switch.readers();
    let storm: Vec<_> = (0..200)
        .map(|_| {
            let (router, path) = (pages.router.clone(), second.clone());
            tokio::spawn(async move { get(&router, &path, &[]).await })
        })
        .collect();
    let mut bodies = std::collections::BTreeSet::new();
    for one in storm {
        let answer = one.await.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
        bodies.insert(answer.text);
    }
    assert_eq!(bodies.len(), 1);
    assert!(pages.switch.readers() - before <= alone, "{} for one alone", alone);
    let before = pages.switch.readers();
    assert_eq!(pages.get(&second, &[]).await.status, StatusCode::OK);
    assert_eq!(pages.switch.readers(), before, "a kept page asks nobody");
    pages.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recall_is_on_every_page_that_is_asked_for_after_it() {
    let Some(world) = given().await else { return };
    let mut pages = Pages::open(world).await;
    let (source, packed) = (pages.farm.lot("C1"), pages.farm.pack_lot("C2"));
    let records = vec![
        pages.farm.harvest(Device::Phone(1), "C1", 60_000),
        pages.farm.pack(&[(source.clone(), 50_000)], &packed, 100),
    ];
    pages.take(records).await;
    let paths = [path(&source), path(&packed)];
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let crowd: Vec<_> = (0..6)
        .map(|n| {
            let (router, path, stop) = (pages.router.clone(), paths[n % 2].clone(), stop.clone());
            tokio::spawn(async move {
                let mut asked = 0_u32;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    assert_eq!(get(&router, &path, &[]).await.status, StatusCode::OK);
                    asked += 1;
                    tokio::task::yield_now().await;
                }
                asked
            })
        })
        .collect();
    for round in 0..8 {
        let recall = pages.farm.recall(std::slice::from_ref(&source));
        pages.take(vec![recall]).await;
        for path in &paths {
            assert!(pages.get(path, &[]).await.text.contains("ĐANG THU HỒI"), "round {round}: {path}");
        }
        let end = pages.farm.end_recall(std::slice::from_ref(&source));
        pages.take(vec![end]).await;
        for path in &paths {
            assert!(!pages.get(path, &[]).await.text.contains("ĐANG THU HỒI"), "round {round}: {path}");
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for one in crowd {
        assert!(one.await.unwrap() > 0);
    }
    pages.end().await;
}
