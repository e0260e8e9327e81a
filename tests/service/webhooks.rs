//! Webhooks: every message arrives in the end, at whoever may hear it, and no receiver harms anybody but itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nguon_fixtures::farm::Farm;
use nguon_market::Profile;
use nguon_service::exchanges::Scope;
use nguon_service::webhooks::ENDPOINTS_MAX;
use nguon_service::webhooks::EndpointError;
use nguon_service::webhooks::guard::AddressRefused;
use nguon_service::webhooks::sign::Signer;
use nguon_storage::DeliveryRow;
use nguon_tests::World;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::given;
use super::orders::{Shop, later, order, shop};

/// What came to a receiver.
#[derive(Debug, Clone)]
struct Heard {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

/// A receiver on loopback that answers what it is told to.
struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicU64>,
}

impl Receiver {
    async fn answering(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(answer.to_owned())));
        let asked = Arc::new(AtomicU64::new(0));
        let (kept, said, counted) = (heard.clone(), answer.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (kept, said) = (kept.clone(), said.lock().unwrap().clone());
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let mut buffer = [0; 4_096];
                    let parsed = loop {
                        match stream.read(&mut buffer).await {
                            Ok(0) | Err(_) => return,
                            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
                        }
                        if let Some(parsed) = parse(&bytes) {
                            break parsed;
                        }
                    };
                    kept.lock().unwrap().push(parsed);
                    if said == "silence" {
                        tokio::time::sleep(Duration::from_secs(3_600)).await;
                    }
                    stream.write_all(said.as_bytes()).await.ok();
                });
            }
        });
        Self { address, heard, answer, asked }
    }

    fn url(&self) -> String {
        format!("http://{}/hook?shop=1", self.address)
    }

    fn answer(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until so many requests came.
    async fn hears(&self, count: usize) -> Vec<Heard> {
        for _ in 0..400 {
            let heard = self.heard();
            if heard.len() >= count {
                return heard;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{count} were to come: {:#?}", self.heard());
    }

    async fn hears_no_more_than(&self, count: usize) {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(self.heard().len(), count, "{:#?}", self.heard());
    }
}

const DONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn parse(bytes: &[u8]) -> Option<Heard> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    assert_eq!(lines.next()?, "POST /hook?shop=1 HTTP/1.1");
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    (body.len() >= length).then(|| Heard { headers, body: body.to_owned() })
}

/// An exchange that hears everything at this receiver; its endpoint and secret.
async fn exchange(world: &World, code: &str, receiver: &Receiver, kinds: &[&str]) -> (String, String) {
    let scopes = [Scope::Webhooks];
    world.service().exchanges().add(code, code, &Profile::default(), &scopes).await.unwrap();
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let (row, secret) = world.service().webhooks().add(code, &receiver.url(), &kinds).await.unwrap();
    (row.endpoint_id, secret.reveal().to_string())
}

async fn deliveries(world: &World, code: &str, endpoint: &str, state: &str) -> Vec<DeliveryRow> {
    world.service().webhooks().deliveries(code, endpoint, state).await.unwrap()
}

/// Waits until so many deliveries of an endpoint are in a state.
async fn become_(world: &World, code: &str, endpoint: &str, state: &str, count: usize) -> Vec<DeliveryRow> {
    for _ in 0..400 {
        let rows = deliveries(world, code, endpoint, state).await;
        if rows.len() >= count {
            return rows;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{count} were to be {state}: {:?}", deliveries(world, code, endpoint, "waiting").await);
}

async fn list(world: &World, farm: &mut Farm, packs: &str, price: u64) {
    later(farm);
    world.log(farm.list("khay", &[packs.to_owned()], price, 300)).await;
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_hears_of_each_change_once_signed_both_ways() {
    let Some(world) = given().await else { return };
    let Shop { mut farm, packs, listing } = shop(&world, "farm", 300, None).await;
    let receiver = Receiver::answering(DONE).await;
    let (endpoint, secret) = exchange(&world, "san-lam-dong", &receiver, &[]).await;
    list(&world, &mut farm, &packs, 26_000).await;
    let heard = receiver.hears(1).await.remove(0);
    assert_eq!(heard.kind(), "listing.price_changed", "nothing from before it was made");
    let data = &heard.json()["data"];
    assert_eq!(
        (&data["listing"], &data["price_vnd"], &data["price_vnd_before"]),
        (&Value::from(listing.as_str()), &Value::from(26_000), &Value::from(25_000))
    );
    assert_eq!(heard.headers["content-type"], "application/json");
    let stamp: i64 = heard.headers["webhook-timestamp"].parse().unwrap();
    assert_eq!(stamp, world.service().now_ms() / 1_000);

    // Verified as a library does, from what was sent.
    let signed = format!("{}.{stamp}.{}", heard.id(), heard.body);
    let signatures: Vec<&str> = heard.headers["webhook-signature"].split(' ').collect();
    assert_eq!(signatures.len(), 2);
    let signer = Signer::new(&(world.keys)().webhook);
    assert_eq!(*signer.secret(&endpoint, 0).reveal(), secret);
    let expected = signer.signatures(&[signer.secret(&endpoint, 0)], heard.id(), stamp, &heard.body);
    assert_eq!(heard.headers["webhook-signature"], expected);
    let of = signatures[1].strip_prefix("v1a,").unwrap();
    let bytes: [u8; 64] = base64_of(of).try_into().unwrap();
    let key = signer.public().check_enrolment().unwrap();
    key.verify(signed.as_bytes(), &bytes).unwrap();
    assert_eq!(world.service().webhooks().public_key(), signer.public_text());

    // All that can happen to it.
    let bought = world.service().orders().reserve(&order("DH-1", &listing, 300), &Profile::default()).await;
    let by = nguon_service::orders::By::Exchange("san-lam-dong".to_owned());
    let off = nguon_market::OrderStep::Cancel(nguon_market::CancelReason::Buyer);
    receiver.hears(2).await;
    let id = bought.unwrap().view.order.order_id;
    world.service().orders().step(&by, &id, off).await.unwrap();
    receiver.hears(3).await;
    later(&mut farm);
    world.log(farm.recall(std::slice::from_ref(&packs))).await;
    receiver.hears(4).await;
    later(&mut farm);
    world.log(farm.end_recall(std::slice::from_ref(&packs))).await;
    receiver.hears(5).await;
    world.log(farm.withdraw("khay", std::slice::from_ref(&packs), 26_000)).await;
    let all = receiver.hears(6).await;
    let kinds: Vec<String> = all.iter().map(Heard::kind).collect();
    assert_eq!(
        kinds,
        [
            "listing.price_changed",
            "listing.out_of_stock",
            "listing.available",
            "listing.recalled",
            "listing.available",
            "listing.gone",
        ]
    );
    become_(&world, "san-lam-dong", &endpoint, "delivered", 6).await;
    receiver.hears_no_more_than(6).await;
    world.end().await;
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_for_days_then_dead_and_replayed_with_its_own_name() {
    let Some(mut world) = given().await else { return };
    let Shop { mut farm, packs, .. } = shop(&world, "farm", 300, None).await;
    let receiver = Receiver::answering("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n").await;
    let (endpoint, _) = exchange(&world, "san-lam-dong", &receiver, &["listing.price_changed"]).await;
    list(&world, &mut farm, &packs, 26_000).await;
    receiver.hears(1).await;
    let waiting = become_(&world, "san-lam-dong", &endpoint, "waiting", 1).await;
    for _ in 0..200 {
        if deliveries(&world, "san-lam-dong", &endpoint, "waiting").await[0].attempts == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let first = deliveries(&world, "san-lam-dong", &endpoint, "waiting").await.remove(0);
    assert_eq!((first.attempts, first.status), (1, 500));
    let pause = first.next_ms - world.service().now_ms();
    assert!((4_500..=5_500).contains(&pause), "{pause}");
    // A restart loses nothing.
    world.restart().await;
    let begun = world.service().now_ms();
    for attempt in 2..=10 {
        let next = deliveries(&world, "san-lam-dong", &endpoint, "waiting").await[0].next_ms;
        world.clock.set(next);
        receiver.hears(attempt).await;
        for _ in 0..200 {
            let rows = deliveries(&world, "san-lam-dong", &endpoint, "waiting").await;
            if rows.first().is_none_or(|row| row.attempts == i64::try_from(attempt).unwrap()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    let dead = become_(&world, "san-lam-dong", &endpoint, "dead", 1).await.remove(0);
    assert_eq!((dead.attempts, dead.error.as_str()), (10, "the answer was 500"));
    let days = (world.service().now_ms() - begun) / 86_400_000;
    assert!((2..=4).contains(&days), "{days} days");

    receiver.answer(DONE);
    let webhooks = world.service().webhooks();
    let stranger = webhooks.replay("san-khac", &endpoint, None).await;
    assert!(matches!(stranger, Err(EndpointError::Unknown)));
    assert_eq!(webhooks.replay("san-lam-dong", &endpoint, None).await.unwrap(), 1);
    become_(&world, "san-lam-dong", &endpoint, "delivered", 1).await;
    let all = receiver.heard();
    let (first, last) = (&all[0], all.last().unwrap());
    assert_eq!((first.id(), &first.body), (last.id(), &last.body), "whoever has it knows it again");
    assert_ne!(first.headers["webhook-timestamp"], last.headers["webhook-timestamp"]);
    assert_ne!(first.headers["webhook-signature"], last.headers["webhook-signature"]);
    // One that arrived is sent again only if it is asked for by name.
    assert_eq!(webhooks.replay("san-lam-dong", &endpoint, None).await.unwrap(), 0);
    assert_eq!(webhooks.replay("san-lam-dong", &endpoint, Some(last.id())).await.unwrap(), 1);
    receiver.hears(12).await;
    drop(waiting);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_receiver_keeps_nobody_else_waiting_and_a_hostile_one_learns_nothing() {
    let Some(world) = given().await else { return };
    let Shop { mut farm, packs, .. } = shop(&world, "farm", 300, None).await;
    let silent = Receiver::answering("silence").await;
    let endless =
        Receiver::answering(&format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(100_000))).await;
    let nonsense = Receiver::answering("SSH-2.0-OpenSSH_9.9\r\n").await;
    let secret = Receiver::answering(DONE).await;
    let moved = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", secret.url());
    let moved = Receiver::answering(&moved).await;
    let gone = Receiver::answering("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").await;
    let good = Receiver::answering(DONE).await;
    let kinds = ["listing.price_changed"];
    let mut endpoints = Vec::new();
    for (code, receiver) in [
        ("silent", &silent),
        ("endless", &endless),
        ("nonsense", &nonsense),
        ("moved", &moved),
        ("gone", &gone),
        ("good", &good),
    ] {
        endpoints.push((code, exchange(&world, code, receiver, &kinds).await.0));
    }
    for price in [26_000, 27_000, 28_000] {
        list(&world, &mut farm, &packs, price).await;
    }
    // All three reach the good one while the silent one still holds its first.
    good.hears(3).await;
    assert_eq!(silent.heard().len(), 1);
    for (code, expected) in
        [("moved", "the answer was 302"), ("endless", "no HTTP: "), ("nonsense", "no HTTP: ")]
    {
        let endpoint = &endpoints.iter().find(|(known, _)| *known == code).unwrap().1;
        let mut said = String::new();
        for _ in 0..200 {
            let rows = deliveries(&world, code, endpoint, "waiting").await;
            said =
                rows.iter().map(|row| row.error.clone()).find(|error| !error.is_empty()).unwrap_or_default();
            if !said.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert!(said.starts_with(expected), "{code}: {said}");
    }
    assert_eq!(secret.asked.load(Ordering::SeqCst), 0, "a redirect is not followed");
    let endpoint = &endpoints[4].1;
    become_(&world, "gone", endpoint, "dead", 3).await;
    assert_eq!(world.service().webhooks().of_exchange("gone").await.unwrap()[0].state, "ended");
    assert_eq!(gone.heard().len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_what_it_may_not_see_or_of_others_orders() {
    let Some(world) = given().await else { return };
    let Shop { mut farm, packs, listing } = shop(&world, "farm", 300, None).await;
    let (one, other, blind) =
        (Receiver::answering(DONE).await, Receiver::answering(DONE).await, Receiver::answering(DONE).await);
    exchange(&world, "san-lam-dong", &one, &[]).await;
    exchange(&world, "san-quang-tri", &other, &[]).await;
    let tea: Profile = serde_json::from_str("{\"categories\":[\"tea\"]}").unwrap();
    world.service().exchanges().add("tra", "Trà", &tea, &[Scope::Webhooks]).await.unwrap();
    world.service().webhooks().add("tra", &blind.url(), &[]).await.unwrap();
    let asked = order("DH-1", &listing, 3);
    world.service().orders().reserve(&asked, &Profile::default()).await.unwrap();
    later(&mut farm);
    world.log(farm.recall(std::slice::from_ref(&packs))).await;
    let heard = one.hears(2).await;
    let mut kinds: Vec<String> = heard.iter().map(Heard::kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["listing.recalled", "order.recalled"]);
    let recalled = heard.iter().find(|heard| heard.kind() == "order.recalled").unwrap().json();
    assert_eq!(
        (&recalled["data"]["reference"], &recalled["data"]["amount"]),
        (&Value::from("DH-1"), &Value::from(3))
    );
    assert_eq!(other.hears(1).await[0].kind(), "listing.recalled");
    world.service().exchanges().remove("san-quang-tri").await.unwrap();
    later(&mut farm);
    world.log(farm.end_recall(std::slice::from_ref(&packs))).await;
    one.hears(3).await;
    other.hears_no_more_than(1).await;
    assert_eq!(blind.heard().len(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_checked_counted_rotated_and_ended() {
    let Some(world) = given().await else { return };
    let Shop { mut farm, packs, .. } = shop(&world, "farm", 300, None).await;
    let receiver = Receiver::answering(DONE).await;
    let (endpoint, old) = exchange(&world, "san-lam-dong", &receiver, &[]).await;
    let webhooks = world.service().webhooks();
    let add = async |url: &str, kinds: &[&str]| {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        webhooks.add("san-lam-dong", url, &kinds).await.map(|(row, _)| row)
    };
    assert!(matches!(add("gopher://x/", &[]).await, Err(EndpointError::Address(AddressRefused::Scheme))));
    assert!(matches!(add("https://x.example.org/", &["order.lost"]).await, Err(EndpointError::Kind(_))));
    let new = webhooks.rotate("san-lam-dong", &endpoint).await.unwrap().reveal().to_string();
    assert_ne!(old, new);
    list(&world, &mut farm, &packs, 26_000).await;
    let heard = receiver.hears(1).await.remove(0);
    assert_eq!(heard.headers["webhook-signature"].matches("v1,").count(), 2, "both secrets sign for a day");
    farm.set_now_ms(farm.now_ms() + 25 * 3_600_000);
    list(&world, &mut farm, &packs, 27_000).await;
    let heard = receiver.hears(2).await.remove(1);
    assert_eq!(heard.headers["webhook-signature"].matches("v1,").count(), 1);

    for _ in 1..ENDPOINTS_MAX {
        add("https://x.example.org/", &[]).await.unwrap();
    }
    assert!(matches!(add("https://x.example.org/", &[]).await, Err(EndpointError::TooMany)));
    webhooks.end("san-lam-dong", &endpoint).await.unwrap();
    assert!(matches!(webhooks.end("san-khac", &endpoint).await, Err(EndpointError::Unknown)));
    add("https://x.example.org/", &[]).await.unwrap();
    list(&world, &mut farm, &packs, 28_000).await;
    receiver.hears_no_more_than(2).await;
    world.end().await;
}
