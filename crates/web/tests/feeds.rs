//! Feeds as exchanges read them over HTTP: twelve of them, in different forms, words and prices.

#![allow(clippy::unwrap_used, reason = "a test")]

mod ledger;

use std::collections::BTreeMap;

use ledger::{Answer, BASE, Ledger};
use nguon_fixtures::farm::{Device, Farm};
use nguon_ledger::Act;
use nguon_market::form::Form;
use nguon_market::{Change, ExchangeFile, FeedItem, FeedPage, Profile, Rates, Unit};
use nguon_service::Scope;
use nguon_trace::facts::{Certificate, Facts, Listing, ListingState, PriceTier, Scheme, Text};
use nguon_trace::quantity::Quantity;
use serde_json::Value;

/// 5 January 2026, 07:00 in Vietnam: an hour before the farm begins.
const MORNING_MS: i64 = 1_767_571_200_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

struct Shop {
    ledger: Ledger,
    farm: Farm,
    packs: Vec<String>,
}

/// A farm that offers trays of three lots.
async fn shop() -> Shop {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    let mut packs = Vec::new();
    for number in ["1", "2", "3"] {
        let (loose, pack) = (farm.lot(&format!("C{number}")), farm.pack_lot(&format!("K{number}")));
        ledger.take([farm.harvest(Device::Phone(1), &format!("C{number}"), 60_000)]).await;
        ledger.take([farm.pack(&[(loose, 50_000)], &pack, 100)]).await;
        packs.push(pack);
    }
    let mut shop = Shop { ledger, farm, packs };
    shop.later(6);
    for (place, lot) in shop.packs.clone().iter().enumerate() {
        let name = format!("khay-{place}");
        let offered = shop.farm.list(&name, std::slice::from_ref(lot), 25_000 + 1_000 * place as u64, 80);
        shop.ledger.take([offered]).await;
    }
    shop
}

impl Shop {
    fn later(&mut self, minutes: i64) {
        let now = self.farm.now_ms();
        self.farm.set_now_ms(now + minutes * MINUTE_MS);
        self.ledger.clock.set(now + minutes * MINUTE_MS);
    }

    async fn key(&self, code: &str, profile: &Profile, scopes: &[Scope]) -> String {
        let key = self.ledger.service.exchanges().add(code, "Sàn thử", profile, scopes).await.unwrap();
        format!("Bearer {}", key.reveal())
    }

    async fn get(&self, key: &str, path: &str) -> Answer {
        self.ledger.ask(path, &[("authorization", key)]).await
    }

    /// Trays of a lot on offer, in other words than the farm's.
    fn offer(&self, name: &str, lot: &str) -> Listing {
        Listing {
            uri: self.farm.listing(name),
            product: format!("https://{}/p/{}", self.ledger.context.origin, Farm::PACKED),
            lots: vec![lot.to_owned()],
            title: Text::vi("Cà chua"),
            price_dong: 25_000,
            price_per: Quantity::pieces(1),
            vat_included: true,
            valid_from_ms: self.farm.now_ms() - MINUTE_MS,
            valid_until_ms: self.farm.now_ms() + 20 * DAY_MS,
            stock: Quantity::pieces(1_000),
            min_order: Some(Quantity::pieces(2)),
            tiers: Vec::new(),
            images: Vec::new(),
            certificates: Vec::new(),
            state: ListingState::Active,
        }
    }

    async fn say(&mut self, facts: Facts, act: Act) {
        self.later(1);
        let said = self.farm.say(Device::Manager, act, &facts, &[]);
        self.ledger.take([said]).await;
    }
}

fn code(answer: &Answer) -> String {
    let problem: Value = serde_json::from_slice(&answer.bytes).unwrap();
    problem["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

fn items(answer: &Answer) -> Vec<FeedItem> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let document: Value = serde_json::from_slice(&answer.bytes).unwrap();
    serde_json::from_value(document["items"].clone()).unwrap()
}

fn page(answer: &Answer) -> FeedPage {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.bytes).unwrap()
}

/// The address in a `Link` with this relation, without our own name in front.
fn link(answer: &Answer, relation: &str) -> String {
    let links = answer.headers.get_all("link").iter().map(|link| link.to_str().unwrap());
    let found =
        links.flat_map(|link| link.split(", ")).find(|link| link.ends_with(&format!("rel=\"{relation}\"")));
    let address = found.unwrap().split(['<', '>']).nth(1).unwrap();
    address.strip_prefix(BASE).unwrap().to_owned()
}

#[tokio::test]
async fn twelve_exchanges_read_one_content_in_their_own_forms_words_and_prices() {
    let shop = shop().await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/exchanges");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 12);
    let mut forms = std::collections::BTreeSet::new();
    for file in files {
        let exchange: ExchangeFile = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(file.file_stem().unwrap().to_str(), Some(exchange.code.as_str()));
        let scopes: Vec<Scope> = exchange.scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        let key = shop.key(&exchange.code, &exchange.profile, &scopes).await;
        let form = exchange.form.unwrap();
        let json = shop.get(&key, "/api/v1/feed/listings.json").await;
        let items = items(&json);
        assert_eq!(items.len(), 3, "{}", exchange.code);
        for item in &items {
            assert_eq!(item.shown, Some(exchange.profile.show(item)), "{}", exchange.code);
        }
        let answer = shop.get(&key, &format!("/api/v1/feed/{form}")).await;
        assert_eq!(answer.status, 200);
        if form == "listings.xlsx" {
            assert!(answer.bytes.starts_with(b"PK"));
        } else {
            let text = answer.text();
            for item in &items {
                let shown = item.shown.as_ref().unwrap();
                for wanted in
                    [item.event_id.to_string(), shown.price_vnd.dong().to_string(), item.proof_url.clone()]
                {
                    assert!(text.contains(&wanted), "{}: {form} lacks {wanted}", exchange.code);
                }
            }
            let media_type = Form::of_file(&form).unwrap().media_type();
            assert_eq!(answer.header("content-type"), media_type);
        }
        forms.insert(form);
    }
    assert_eq!(forms.len(), Form::ALL.len() + 1, "every form has its reader, the spreadsheet too");
}

#[tokio::test]
async fn a_key_is_asked_for_and_what_is_left_of_its_rate_is_told() {
    let shop = shop().await;
    let path = "/api/v1/feed/changes";
    let answer = shop.ledger.get(path).await;
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (401, "key-missing"));
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    for (key, status, expected) in [
        ("Bearer nguon_x", 401, "key-unknown"),
        ("Basic !", 401, "key-missing"),
        (&format!("Bearer nguon_{}_{}", "0a".repeat(6), "5f".repeat(32)), 401, "key-unknown"),
    ] {
        let answer = shop.get(key, path).await;
        assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (status, expected), "{key}");
    }
    let orders = shop.key("chi-don-hang", &Profile::default(), &[Scope::Orders]).await;
    let answer = shop.get(&orders, path).await;
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (403, "key-scope"));

    let rates = Rates { feed: 2, ..Rates::default() };
    let profile = Profile { requests_per_minute: rates, ..Profile::default() };
    let key = shop.key("voso", &profile, &[Scope::Feed]).await;
    let answer = shop.get(&key, path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("ratelimit-policy"), "\"feed\";q=2;w=60");
    assert_eq!(answer.header("ratelimit"), "\"feed\";r=1;t=30");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert!(answer.header("vary").contains("authorization"));
    assert_eq!(shop.get(&key, "/api/v1/feed/changes?nonsense=1").await.status, 400, "it counts too");
    let answer = shop.get(&key, path).await;
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (429, "rate-limited"));
    assert_eq!(answer.header("retry-after"), "30");
    assert_eq!(answer.header("ratelimit"), "\"feed\";r=0;t=30");
}

#[tokio::test]
async fn what_is_not_named_is_refused_and_a_cursor_is_somebodys_own() {
    let shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    for (path, status, expected) in [
        ("/api/v1/feed/changes?after=x", 400, "query-unknown"),
        ("/api/v1/feed/changes?starting_after=x", 400, "query-unknown"),
        ("/api/v1/feed/changes?limit=0", 400, "query-unknown"),
        ("/api/v1/feed/changes?limit=1001", 400, "query-unknown"),
        ("/api/v1/feed/changes?cursor=AQ", 400, "cursor-malformed"),
        ("/api/v1/feed/changes?cursor=", 400, "cursor-malformed"),
        // A cursor beyond the log: of another ledger, or of one that was restored from an old copy.
        ("/api/v1/feed/changes?cursor=AgAAAA______AAAAAFEx", 410, "cursor-gone"),
        ("/api/v1/feed/listings.json?cursor=AgAAAAAAABJnAAAAAlEx", 400, "query-unknown"),
        ("/api/v1/feed/listings.json?organisation=7", 400, "query-unknown"),
        ("/api/v1/feed/listings.xls", 404, "file-not-found"),
    ] {
        let answer = shop.get(&key, path).await;
        assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (status, expected), "{path}");
        let problem: Value = serde_json::from_slice(&answer.bytes).unwrap();
        assert!(!problem["vi"]["detail"].as_str().unwrap().contains("{ $"), "{problem}");
    }
    let schema = shop.ledger.get("/api/v1/feed/schema.json").await;
    assert_eq!(schema.header("content-type"), "application/schema+json");
    assert_eq!(shop.get(&key, "/api/v1/feed/listings.json?category=none").await.status, 200);
    let own = format!("/api/v1/feed/listings.json?category=tomato&organisation={}", shop.farm.id());
    assert_eq!(items(&shop.get(&key, &own).await).len(), 3);
}

#[tokio::test]
async fn a_recall_leaves_snapshot_and_changes_at_once_and_the_same_again_costs_a_304() {
    let mut shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    let snapshot = shop.get(&key, "/api/v1/feed/listings.json").await;
    assert_eq!(items(&snapshot).len(), 3);
    let tag = snapshot.header("etag").to_owned();
    let with_tag = [("authorization", key.as_str()), ("if-none-match", tag.as_str())];
    let again = shop.ledger.ask("/api/v1/feed/listings.json", &with_tag).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    assert_eq!(again.header("etag"), tag);
    assert_eq!(shop.ledger.ask("/api/v1/feed/listings.csv", &with_tag).await.status, 200, "another form");

    let follow = link(&snapshot, "next");
    let quiet = shop.get(&key, &follow).await;
    assert!(page(&quiet).items.is_empty() && !page(&quiet).has_more);
    let quiet_tag = quiet.header("etag").to_owned();
    let asked = [("authorization", key.as_str()), ("if-none-match", quiet_tag.as_str())];
    assert_eq!(shop.ledger.ask(&follow, &asked).await.status, 304);

    shop.later(6);
    let recalled = shop.farm.recall(&[shop.packs[1].clone()]);
    shop.ledger.take([recalled]).await;
    let after = shop.ledger.ask("/api/v1/feed/listings.json", &with_tag).await;
    assert_eq!(items(&after).len(), 2);
    let told = page(&shop.ledger.ask(&follow, &asked).await);
    let gone = shop.farm.listing("khay-1");
    assert!(
        matches!(&told.items[..], [Change::Gone { listing, reason, .. }]
            if *listing == gone && *reason == nguon_market::ReasonCode::LotRecalled),
        "{told:?}"
    );
    // The open feed, too, and without any page on which it was still for sale.
    let open = page(&shop.ledger.get("/api/v1/listings").await);
    assert!(open.items.iter().all(|change| !matches!(change, Change::Put(item) if item.listing == gone)));
    let caching = shop.ledger.get("/api/v1/listings").await;
    assert_eq!(
        caching.header("cache-control"),
        "public, max-age=20, stale-while-revalidate=10, stale-if-error=10"
    );
}

#[tokio::test]
async fn an_offer_that_only_time_ends_is_gone_at_its_own_millisecond_and_the_snapshots_tag_with_it() {
    let shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    let snapshot = shop.get(&key, "/api/v1/feed/listings.json").await;
    let ends = items(&snapshot).iter().map(FeedItem::ends_at_ms).min().unwrap();
    let tag = snapshot.header("etag").to_owned();
    let asked = [("authorization", key.as_str()), ("if-none-match", tag.as_str())];
    shop.ledger.clock.set(ends - 1);
    assert_eq!(shop.ledger.ask("/api/v1/feed/listings.json", &asked).await.status, 304);
    // Nothing is recorded meanwhile.
    shop.ledger.clock.set(ends);
    let after = shop.ledger.ask("/api/v1/feed/listings.json", &asked).await;
    assert!(items(&after).len() < 3);
    assert!(items(&after).iter().all(|item| item.ends_at_ms() > ends));
}

#[tokio::test]
async fn changes_are_told_for_ninety_days() {
    let mut shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    let follow = link(&shop.get(&key, "/api/v1/feed/listings.json").await, "next");
    shop.later(6);
    let withdrawn = shop.farm.withdraw("khay-0", &[shop.packs[0].clone()], 25_000);
    shop.ledger.take([withdrawn]).await;
    let now = shop.farm.now_ms();
    shop.ledger.clock.set(now + 89 * DAY_MS);
    assert_eq!(shop.get(&key, &follow).await.status, 200);
    shop.ledger.clock.set(now + 91 * DAY_MS);
    let late = shop.get(&key, &follow).await;
    assert_eq!((late.status.as_u16(), code(&late).as_str()), (410, "cursor-gone"));
    let anew = page(&shop.get(&key, "/api/v1/feed/changes").await);
    assert!(
        anew.items.iter().all(|change| change.listing() != shop.farm.listing("khay-0")),
        "too old to be told"
    );
}

#[tokio::test]
async fn a_copy_that_follows_equals_the_snapshot_whatever_happened_between() {
    let mut shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    let first = shop.get(&key, "/api/v1/feed/listings.json").await;
    let mut copy: BTreeMap<String, FeedItem> =
        items(&first).into_iter().map(|item| (item.listing.clone(), item)).collect();
    let mut follow = link(&first, "next").replace("changes?", "changes?limit=1&");
    for round in 0..6_u64 {
        shop.later(6);
        let lot = shop.packs[usize::try_from(round % 3).unwrap()].clone();
        let said = match round {
            0 => shop.farm.list("moi", &[lot], 31_000, 10),
            1 => shop.farm.withdraw("khay-1", &[lot], 26_000),
            2 => shop.farm.recall(&[lot]),
            3 => shop.farm.list("khay-0", &[lot], 21_000, 5),
            4 => shop.farm.list("khay-1", &[lot], 22_000, 7),
            _ => shop.farm.end_recall(&[lot]),
        };
        shop.ledger.take([said]).await;
        loop {
            let told = page(&shop.get(&key, &follow).await);
            for change in told.items {
                match change {
                    Change::Put(item) => drop(copy.insert(item.listing.clone(), *item)),
                    Change::Gone { listing, .. } => drop(copy.remove(&listing)),
                }
            }
            follow = format!("/api/v1/feed/changes?cursor={}&limit=1", told.next);
            if !told.has_more {
                break;
            }
        }
        let whole = items(&shop.get(&key, "/api/v1/feed/listings.json").await);
        let whole: BTreeMap<String, FeedItem> =
            whole.into_iter().map(|item| (item.listing.clone(), item)).collect();
        assert_eq!(copy, whole, "round {round}");
    }
}

#[tokio::test]
async fn an_exchange_sees_whom_it_may_sell_for_and_hears_when_it_may_no_more() {
    let shop = shop().await;
    let own = shop.farm.id().to_string().parse().unwrap();
    let only = |organisations| Profile { organisations: Some(organisations), ..Profile::default() };
    let key = shop.key("voso", &only([own].into()), &[Scope::Feed]).await;
    let first = shop.get(&key, "/api/v1/feed/listings.json").await;
    assert_eq!(items(&first).len(), 3);
    let before = page(&shop.get(&key, "/api/v1/feed/changes").await);
    let exchanges = shop.ledger.service.exchanges();
    exchanges.set_profile("voso", None, &only(std::collections::BTreeSet::new())).await.unwrap();
    assert_eq!(items(&shop.get(&key, "/api/v1/feed/listings.json").await).len(), 0);
    let after = page(&shop.get(&key, "/api/v1/feed/changes").await);
    assert_ne!(before.selection, after.selection);
    assert!(after.items.iter().all(|change| {
        matches!(change, Change::Gone { reason: nguon_market::ReasonCode::NotAdmitted, .. })
    }));
}

#[tokio::test]
async fn what_is_promised_is_never_more_than_the_ledger_has_and_a_claim_must_hold() {
    let mut shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    let lot = shop.packs[2].clone();
    let holder = shop.farm.urn();
    let paper = |until| Certificate {
        uri: "https://ledger.example.org/given/paper/vietgap-1".to_owned(),
        scheme: Scheme::VietGap,
        number: "VietGAP-TT-99-01-0001".to_owned(),
        issuer: "Trung tâm Chứng nhận Mẫu".to_owned(),
        holder: holder.clone(),
        valid_from: jiff::civil::date(2025, 1, 1),
        valid_until: Some(until),
        scope: None,
        covers: Vec::new(),
        legal_basis: None,
    };
    let tiers = vec![
        PriceTier { from: Quantity::pieces(50), price_dong: 22_000 },
        PriceTier { from: Quantity::pieces(10), price_dong: 24_000 },
        PriceTier { from: Quantity::pieces(99), price_dong: 0 },
    ];
    let mut offer = shop.offer("khai", &lot);
    offer.certificates = vec![paper(jiff::civil::date(2026, 1, 10)).uri];
    offer.tiers = tiers;
    // A claim of a paper that nobody laid here.
    shop.say(Facts::Listing(offer.clone()), Act::Commerce).await;
    let seen = |items: Vec<FeedItem>| items.into_iter().find(|item| item.listing.ends_with("khai"));
    assert!(seen(items(&shop.get(&key, "/api/v1/feed/listings.json").await)).is_none());

    shop.say(Facts::Certificate(paper(jiff::civil::date(2026, 1, 10))), Act::Commerce).await;
    let item = seen(items(&shop.get(&key, "/api/v1/feed/listings.json").await)).unwrap();
    assert_eq!(item.stock, nguon_market::Measure { value: 100, unit: Unit::Piece }, "a hundred were packed");
    assert_eq!(
        item.tiers.iter().map(|tier| (tier.from.value, tier.price_vnd.dong())).collect::<Vec<_>>(),
        [(10, 24_000), (50, 22_000)]
    );
    assert!(item.certificates[0].claimed && !item.certificates[0].confirmed);
    assert_eq!(item.origin.text, "Xã Ka Đô, Lâm Đồng");
    assert_eq!(item.origin.province_code.as_deref(), Some("68"));
    assert_eq!(item.producers.len(), 1);
    assert_eq!(item.packaging.as_deref(), Some("khay"));

    // Its last day is over, with nothing recorded: at that very millisecond.
    let end = jiff::civil::date(2026, 1, 11)
        .at(0, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7)));
    let end_ms = end.unwrap().timestamp().as_millisecond();
    shop.ledger.clock.set(end_ms - 1);
    assert!(seen(items(&shop.get(&key, "/api/v1/feed/listings.json").await)).is_some());
    shop.ledger.clock.set(end_ms);
    assert!(seen(items(&shop.get(&key, "/api/v1/feed/listings.json").await)).is_none());

    // A longer one brings it back.
    shop.farm.set_now_ms(end_ms);
    shop.later(10);
    shop.say(Facts::Certificate(paper(jiff::civil::date(2027, 1, 10))), Act::Commerce).await;
    assert!(seen(items(&shop.get(&key, "/api/v1/feed/listings.json").await)).is_some());
    // What leaves the co-operative's hands is not offered any more.
    let shipped = shop.farm.ship(&lot, Quantity::pieces(70), "https://example.com/quan-com");
    shop.ledger.take([shipped]).await;
    let item = seen(items(&shop.get(&key, "/api/v1/feed/listings.json").await)).unwrap();
    assert_eq!(item.stock.value, 30);
}

/// Copies of an offer under other names, straight into the feed: a snapshot of many megabytes.
async fn many(shop: &Shop, copies: i64) {
    let file = shop.ledger._folder.path().join("ledger.db");
    let store = nguon_storage::open(&format!("sqlite:{}", file.display())).await.unwrap();
    let first = store.reader().await.unwrap().feed(-1, 0, 1).await.unwrap().remove(0);
    let rows: Vec<nguon_storage::FeedRow> = (1..=copies)
        .map(|n| {
            let uri = format!("{}-{n:06}", first.listing_uri);
            nguon_storage::FeedRow {
                position: first.position + 100 + n,
                change: first.change.replace(&format!("{}\"", first.listing_uri), &format!("{uri}\"")),
                listing_uri: uri,
                ..first.clone()
            }
        })
        .collect();
    let mut unit = store.unit().await.unwrap();
    unit.append_feed(&rows).await.unwrap();
    unit.save().await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_is_let_go_and_keeps_nobody_else_out() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    const COPIES: i64 = 20_000;
    let shop = shop().await;
    many(&shop, COPIES).await;
    let rates = Rates { feed: 60_000, ..Rates::default() };
    let profile = Profile { requests_per_minute: rates, ..Profile::default() };
    let hanging = shop.key("treo-may", &profile, &[Scope::Feed]).await;
    let healthy = shop.key("voso", &profile, &[Scope::Feed]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = nguon_web::server::Limits {
        stall: std::time::Duration::from_secs(3),
        ..nguon_web::server::Limits::default()
    };
    let router = shop.ledger.router.clone();
    let serving = tokio::spawn(nguon_web::server::serve(listener, router, limits, std::future::pending()));
    let ask = format!(
        "GET /api/v1/feed/listings.jsonl HTTP/1.1\r\nhost: nguon.example\r\nauthorization: {hanging}\r\n\r\n"
    );
    let mut stuck = Vec::new();
    for _ in 0..2 {
        let mut line = tokio::net::TcpStream::connect(address).await.unwrap();
        line.write_all(ask.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        line.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        stuck.push(line);
    }
    // Two of one exchange hang: its third is told so, and others are served.
    let third = shop.get(&hanging, "/api/v1/feed/listings.jsonl").await;
    assert_eq!((third.status.as_u16(), code(&third).as_str()), (503, "busy"));
    let whole = shop.get(&healthy, "/api/v1/feed/listings.jsonl").await;
    assert_eq!(whole.text().lines().count(), usize::try_from(COPIES).unwrap() + 3);
    assert!(whole.bytes.len() > 20_000_000, "{} bytes fill no socket's buffer", whole.bytes.len());
    // What hangs is let go, and does not look whole to who reads on.
    let mut rest = Vec::new();
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let ended = stuck[0].read_to_end(&mut rest).await;
    assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "no last chunk");
    assert!(rest.len() < whole.bytes.len());
    let mut served = 503;
    for _ in 0..50 {
        served = shop
            .ledger
            .head("/api/v1/feed/listings.jsonl", &[("authorization", &hanging)])
            .await
            .status
            .as_u16();
        if served == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(served, 200, "its places are free again");
    serving.abort();
}

#[tokio::test]
async fn a_sellers_dossier_is_one_zip_whose_every_file_is_named_with_its_hash() {
    let shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    let answer = shop.get(&key, &format!("/api/v1/feed/dossier/{}", shop.farm.id())).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    assert_eq!(answer.header("content-type"), "application/zip");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(answer.bytes)).unwrap();
    let mut files = BTreeMap::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        let name = file.name().unwrap().into_owned();
        assert!(name.is_ascii(), "{name}");
        files.insert(name, bytes);
    }
    let manifest: Value = serde_json::from_slice(&files.remove("manifest.json").unwrap()).unwrap();
    let named = manifest["files"].as_array().unwrap();
    assert_eq!(named.len(), files.len());
    for one in named {
        let bytes = &files[one["name"].as_str().unwrap()];
        assert_eq!(one["blake3"], blake3::hash(bytes).to_hex().as_str());
        assert_eq!(one["bytes"], bytes.len());
    }
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "DOC-TRUOC.txt",
            "giay-to/giay-to.csv",
            "phieu-dang-ky.xlsx",
            "qr/ca-chua-thu-khay-500g.png",
            "qr/ca-chua-thu-khay-500g.svg",
            "san-pham.csv",
            "san-pham.xlsx"
        ]
    );
    let csv = String::from_utf8(files["san-pham.csv"].clone()).unwrap();
    assert_eq!(csv.lines().count(), 4);
    for (path, status, expected) in [
        ("/api/v1/feed/dossier/7", 400, "id-malformed"),
        (&format!("/api/v1/feed/dossier/{}", "0".repeat(64)), 404, "organisation-not-found"),
        (&format!("/api/v1/feed/dossier/{}?a=1", shop.farm.id()), 400, "query-unknown"),
    ] {
        let answer = shop.get(&key, path).await;
        assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (status, expected), "{path}");
    }
}

#[tokio::test]
async fn bodies_are_compressed_as_asked_and_come_whole() {
    let shop = shop().await;
    let key = shop.key("voso", &Profile::default(), &[Scope::Feed]).await;
    let plain = shop.get(&key, "/api/v1/feed/listings.jsonl").await;
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.text().lines().count(), 3);
    let asked = [("authorization", key.as_str()), ("accept-encoding", "gzip")];
    let gzip = shop.ledger.ask("/api/v1/feed/listings.jsonl", &asked).await;
    assert_eq!(gzip.header("content-encoding"), "gzip");
    assert_eq!(gzip.decoded(), plain.bytes);
    let asked = [("authorization", key.as_str()), ("accept-encoding", "zstd")];
    let zstd = shop.ledger.ask("/api/v1/feed/listings.jsonl", &asked).await;
    assert_eq!(zstd.header("content-encoding"), "zstd");
    assert_eq!(zstd.bytes[..4], [0x28, 0xb5, 0x2f, 0xfd], "RFC 8878's magic number");
    assert!(zstd.bytes.len() < plain.bytes.len());
    assert!(
        zstd.header("vary").contains("accept-encoding")
            || zstd.headers.get_all("vary").iter().any(|vary| vary == "accept-encoding")
    );
}
