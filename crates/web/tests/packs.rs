//! One pack's own page: what it says of its code, who is counted, and who may read the codes before they are printed.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]

mod ledger;

use ledger::{Answer, BASE, Ledger};
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::LotId;
use nguon_ledger::SigningKey;
use nguon_ledger::request::{Asked, Signed};
use nguon_trace::facts::Step;
use nguon_web::server::{Limits, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// 5 January 2026, 07:00 in Vietnam.
const MORNING_MS: i64 = 1_767_571_200_000;
const HOST: &str = "nguon.example";

struct Given {
    ledger: Ledger,
    farm: Farm,
    /// The path of the lot of packs.
    lot: String,
    /// Addresses of packs 1 to 20, by number less one.
    packs: Vec<String>,
}

/// Twenty packs with labels 1 to 20, of which 1 to 18 are in use.
async fn given() -> Given {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    let packed = farm.pack_lot("K1");
    let records = [
        farm.product_card(Farm::PACKED, None),
        farm.harvest(Device::Phone(1), "C1", 60_000),
        farm.pack(&[(farm.lot("C1"), 10_000)], &packed, 20),
        farm.label(Step::Encoding, &packed, 1, 20),
        farm.label(Step::Commissioning, &packed, 1, 18),
        farm.label(Step::Decommissioning, &packed, 2, 2),
    ];
    ledger.take(records).await;
    ledger.clock.set(farm.now_ms());
    let id = LotId::from_uri(&packed).unwrap();
    // All but the void one: its code was printed before.
    let key = farm.public(Device::Manager);
    let serials = ledger.service.serials(&id, None, &key).await.unwrap();
    let urls = serials.each().map(|(_, _, url)| url.strip_prefix(BASE).unwrap().to_owned());
    let mut packs: Vec<String> = urls.collect();
    packs.insert(1, String::new());
    Given { lot: id.path(), ledger, farm, packs }
}

impl Given {
    fn pack(&self, number: usize) -> &str {
        &self.packs[number - 1]
    }

    /// The answer to a request that a key signed.
    async fn signed(&self, key: &SigningKey, path: &str, host: &str, seconds_ago: u64) -> Answer {
        self.signed_as("GET", key, path, host, seconds_ago).await
    }

    async fn signed_as(
        &self,
        method: &str,
        key: &SigningKey,
        path: &str,
        host: &str,
        seconds_ago: u64,
    ) -> Answer {
        let (bare, query) = path.split_once('?').map_or((path, None), |(bare, query)| (bare, Some(query)));
        let asked = Asked { method, authority: host, path: bare, query, content_digest: None };
        let now_s = u64::try_from(self.ledger.service.now_ms() / 1_000).unwrap();
        let signed = Signed::new(&asked, &self.ledger.service.ledger_id(), key, now_s - seconds_ago);
        let headers = [("host", host), ("signature-input", &signed.input), ("signature", &signed.signature)];
        self.ledger.ask_as(method, path, &headers).await
    }
}

fn problem(answer: &Answer) -> String {
    let document: Value = serde_json::from_slice(&answer.bytes).unwrap();
    document["type"].as_str().unwrap().strip_prefix("urn:nguon:problem:").unwrap().to_owned()
}

#[tokio::test]
async fn a_pack_says_what_is_known_of_its_own_code() {
    let given = given().await;
    let page = given.ledger.get(given.pack(1)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Gói số 1") && page.text().contains("Chưa có điện thoại nào quét tem này"));
    assert!(page.text().contains("banner good"), "nothing speaks against it");
    assert_eq!(page.header("cache-control"), "private, no-cache");
    assert_eq!(page.header("x-robots-tag"), "noindex");
    assert_eq!(page.header("link"), format!("<{BASE}{}>; rel=\"canonical\"", given.lot));
    let waiting = given.ledger.get(given.pack(19)).await;
    assert!(waiting.text().contains("banner wait") && waiting.text().contains("Tem chưa kích hoạt"));

    // As a person or another program writes it.
    let lower = given.pack(1).to_lowercase();
    let lower = format!("{}{}", given.lot, lower.strip_prefix(&given.lot.to_lowercase()).unwrap());
    assert_eq!(given.ledger.get(&lower).await.status, 200);
    let json = given.ledger.ask(given.pack(1), &[("accept", "application/json")]).await;
    let document: Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!(
        (&document["number"], &document["label"], &document["phones"]),
        (&1.into(), &"active".into(), &0.into())
    );
    for (language, words) in [("en", "Pack no. 1"), ("zh", "第 1 件")] {
        let page = given.ledger.get(&format!("{}?lang={language}", given.pack(1))).await;
        assert!(page.text().contains(words), "{language}");
    }
}

#[tokio::test]
async fn a_code_that_was_not_given_out_leads_to_the_lot_and_no_further() {
    let given = given().await;
    let good = given.pack(1);
    let tampered = format!("{}{}", &good[..good.len() - 1], if good.ends_with('7') { '8' } else { '7' });
    for foreign in
        [tampered.as_str(), &format!("{}/s/1", given.lot), &format!("{}/s/00000000000000A", given.lot)]
    {
        let page = given.ledger.get(foreign).await;
        assert_eq!(page.status, 404, "{foreign}");
        assert!(page.text().contains("Mã này không do sổ cấp"));
        assert!(page.text().contains(&format!("href=\"{}\"", given.lot)));
        assert!(!page.text().contains("banner good"));
    }
    for bad in
        ["/s/", "/s/%3Cscript%3E", "/s/..", "/s/AAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/s/a/b", "/s/%ff", "/t/1"]
    {
        let page = given.ledger.get(&format!("{}{bad}", given.lot)).await;
        assert!(page.status.is_client_error(), "{bad}: {}", page.status);
        assert!(!page.text().contains("<script>"), "{bad}");
    }
    assert_eq!(given.ledger.get("/p/nothing/l/1/s/1").await.status, 404);
}

#[tokio::test]
async fn codes_are_read_with_a_key_of_the_maker_alone() {
    let given = given().await;
    let path = format!("/api/v1/serials{}", given.lot);
    let manager = given.farm.key(Device::Manager);
    let answer = given.signed(&manager, &path, HOST, 0).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let lines: Vec<&str> = answer.text().lines().collect();
    assert_eq!((lines[0], lines.len()), ("number,serial,url", 20));
    assert!(lines[1].starts_with("1,") && lines[1].ends_with(given.pack(1)));
    let part = given.signed(&manager, &format!("{path}?first=3&last=4"), HOST, 0).await;
    assert_eq!(part.text().lines().count(), 3);

    assert_eq!(problem(&given.ledger.get(&path).await), "request-unsigned");
    assert_eq!(problem(&given.signed(&manager, &path, "evil.example", 0).await), "request-for-another-host");
    assert_eq!(problem(&given.signed(&manager, &path, HOST, 301).await), "request-signature-stale");
    let stranger = SigningKey::from_seed([9; 32]);
    assert_eq!(problem(&given.signed(&stranger, &path, HOST, 0).await), "not-yours");
    let nothing = given.signed(&manager, &format!("{path}?first=100&last=200"), HOST, 0).await;
    assert_eq!((nothing.status.as_u16(), problem(&nothing)), (404, "labels-not-printed".to_owned()));
    for query in ["?first=0", "?first=2&last=1", "?from=1", "?first=x"] {
        assert_eq!(
            problem(&given.signed(&manager, &format!("{path}{query}"), HOST, 0).await),
            "query-unknown"
        );
    }
    let signs = given.signed(&manager, "/api/v1/scan-signs", HOST, 0).await;
    assert_eq!(
        serde_json::from_slice::<Value>(&signs.bytes).unwrap(),
        serde_json::json!({"signs": [], "next": null})
    );
    assert_eq!(problem(&given.signed(&stranger, "/api/v1/scan-signs", HOST, 0).await), "not-yours");
}

/// A request over a line of its own, as from behind a proxy.
async fn over_the_line(address: std::net::SocketAddr, head: &str, body: &str, from: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!(
        "{head} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\nx-forwarded-for: {from}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn phones_are_counted_once_and_a_copied_label_shows() {
    let given = given().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server =
        tokio::spawn(serve(listener, given.ledger.router.clone(), Limits::default(), std::future::pending()));
    let pack = given.pack(3);
    let get = async |from: &str, more: &str| {
        let answer = over_the_line(address, &format!("GET {pack}"), "", &format!("{from}{more}")).await;
        given.ledger.service.scans_counted().await;
        answer
    };
    assert!(get("198.51.100.1", "").await.contains("Chưa có điện thoại nào"));
    // The same network and browser again, a preview of the link, somebody who only asks whether it is there.
    get("198.51.100.77", "").await;
    get("203.0.113.1", "\r\nuser-agent: facebookexternalhit/1.1").await;
    get("203.0.113.1", "\r\nsec-purpose: prefetch").await;
    over_the_line(address, &format!("HEAD {pack}"), "", "203.0.113.1").await;
    assert!(
        get("198.51.100.1", "")
            .await
            .contains("Trước bạn, 1 điện thoại đã quét tem này, lần đầu ngày 05/01/2026")
    );

    // It says where it is.
    let form = "\r\ncontent-type: application/x-www-form-urlencoded";
    let sent =
        over_the_line(address, &format!("POST {pack}"), "province=68", &format!("198.51.100.1{form}")).await;
    assert!(sent.starts_with("HTTP/1.1 303") && sent.contains(&format!("location: {pack}")), "{sent}");
    for bad in ["province=99", "province=", "x", "province=%00"] {
        let sent = over_the_line(address, &format!("POST {pack}"), bad, &format!("198.51.100.1{form}")).await;
        assert!(sent.starts_with("HTTP/1.1 303"), "{bad}: {sent}");
    }
    let long = "p".repeat(600);
    let sent = over_the_line(address, &format!("POST {pack}"), &long, &format!("198.51.100.1{form}")).await;
    assert!(sent.starts_with("HTTP/1.1 413"), "{sent}");
    given.ledger.service.scans_counted().await;

    for n in 0..19 {
        get(&format!("203.0.{n}.1"), "").await;
    }
    let page = get("198.51.100.1", "").await;
    assert!(page.contains("banner doubt") && page.contains("20 điện thoại đã quét mã này"), "{page}");
    // Another pack of the same lot has nothing against it.
    assert!(given.ledger.get(given.pack(4)).await.text().contains("banner good"));

    // Who made the lot looks into it, and says so by a signed request; the page says so, too, and is good again.
    let manager = given.farm.key(Device::Manager);
    let reason = "G%C3%B3i%20tr%C6%B0ng%20b%C3%A0y%20%3Cb%3E%E1%BB%9F%20h%E1%BB%99i%20ch%E1%BB%A3%3C%2Fb%3E";
    let path = format!("/api/v1/scan-signs{}?number=3&reason={reason}", given.lot);
    let post = async |key: &SigningKey, path: &str| given.signed_as("POST", key, path, HOST, 0).await;
    assert_eq!(problem(&given.ledger.ask_as("POST", &path, &[]).await), "request-unsigned");
    assert_eq!(problem(&given.signed(&manager, &path, HOST, 0).await), "method-not-allowed");
    assert_eq!(problem(&post(&SigningKey::from_seed([9; 32]), &path).await), "not-yours");
    assert_eq!(problem(&post(&manager, &path.replace("number=3", "number=4")).await), "nothing-to-settle");
    assert_eq!(problem(&post(&manager, &path.replace("number=3", "number=x")).await), "query-unknown");
    assert_eq!(problem(&post(&manager, &format!("{path}&more=1")).await), "query-unknown");
    let wordless = format!("/api/v1/scan-signs{}?number=3&reason=.", given.lot);
    assert_eq!(problem(&post(&manager, &wordless).await), "settle-reason");
    let done = post(&manager, &path).await;
    let document: Value = serde_json::from_slice(&done.bytes).unwrap();
    assert_eq!((done.status.as_u16(), &document["signs"][0]["sign"]), (200, &"many_phones".into()));
    assert_eq!(problem(&post(&manager, &path).await), "nothing-to-settle");
    let page = get("198.51.100.1", "").await;
    assert!(page.contains("banner good") && page.contains("đơn vị làm ra lô đã xem xét điều này"), "{page}");
    assert!(page.contains("Gói trưng bày &#60;b&#62;ở hội chợ"), "its words are words: {page}");
    server.abort();
}

#[tokio::test]
async fn a_code_typed_without_its_lot_leads_to_the_pack_or_says_what_to_type() {
    let given = given().await;
    let serial = given.pack(3).rsplit_once('/').unwrap().1.to_owned();
    let lot = LotId::from_path(&given.lot).unwrap();
    let short = given.ledger.service.catalogue().lot(&lot).await.unwrap().unwrap().short_code.unwrap();
    for typed in
        [serial.clone(), serial.to_lowercase(), format!("{short}+{serial}"), format!("{serial}{short}")]
    {
        let answer = given.ledger.get(&format!("/c?code={typed}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, given.pack(3)), "{typed}");
    }
    let wrong = format!("{}{}", &serial[..14], if serial.ends_with('0') { '1' } else { '0' });
    let answer = given.ledger.get(&format!("/c?code={wrong}")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("Không có gói nào mang mã này") && answer.text().contains(&wrong));
    // A product's address with the pack's code and no lot: none of the product's lots has it.
    let answer = given.ledger.get(&format!("/01/09521234567899/21/{serial}")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("Không có gói nào mang mã này"), "{}", answer.text());
}
