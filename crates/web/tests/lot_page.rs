//! What a lot's page says to programs, to other sites and in three languages.

#![allow(clippy::unwrap_used, reason = "a test")]

mod ledger;

use std::collections::BTreeSet;

use ledger::{BASE, Ledger};
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::Gtin;
use nguon_trace::facts::{Action, Amount, Event, Facts, Step, What};
use nguon_trace::quantity::Quantity;
use serde_json::Value;

/// 5 January 2026, 07:00 in Vietnam: an hour before the farm begins.
const MORNING_MS: i64 = 1_767_571_200_000;

/// A farm that harvested, packed and offers 100 trays.
async fn selling() -> (Ledger, Farm) {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    let packed = farm.pack_lot("K1");
    let records = [
        farm.product_card(Farm::PACKED, Some(Gtin::parse("09521234567899").unwrap())),
        farm.harvest(Device::Phone(1), "C1", 60_000),
        farm.pack(&[(farm.lot("C1"), 50_000)], &packed, 100),
        farm.list("o1", std::slice::from_ref(&packed), 35_000, 80),
    ];
    ledger.take(records).await;
    // An offer that begins now is valid when log time has passed its first moment.
    ledger.clock.set(farm.now_ms() + 2 * 3_600_000);
    ledger.recognise(farm.id(), 3).await;
    (ledger, farm)
}

fn path(uri: &str) -> String {
    nguon_id::LotId::from_uri(uri).unwrap().path()
}

fn linked(page: &str) -> Value {
    let data = page.split("<script type=\"application/ld+json\">").nth(1).unwrap();
    serde_json::from_str(data.split("</script>").next().unwrap()).unwrap()
}

async fn page(ledger: &Ledger, path: &str) -> String {
    let answer = ledger.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.text().to_owned()
}

#[tokio::test]
async fn machines_read_the_same_numbers_as_people_and_as_the_feed() {
    let (ledger, farm) = selling().await;
    let own = path(&farm.pack_lot("K1"));
    let data = linked(&page(&ledger, &own).await);
    let canonical = format!("{BASE}/01/09521234567899/10/K1");
    assert_eq!(data["@id"], canonical);
    assert_eq!((&data["gtin"], &data["gs1:hasBatchLotNumber"]), (&"09521234567899".into(), &"K1".into()));
    assert_eq!(data["gs1:isProductRecalled"], false);
    assert_eq!(data["gs1:harvestDate"], "2026-01-05");
    assert_eq!(data["additionalProperty"][0]["value"], "active");
    assert_eq!(data["manufacturer"]["@id"], format!("{BASE}/o/{}", farm.id()));

    let feed: Value = serde_json::from_slice(&ledger.get("/api/v1/listings").await.bytes).unwrap();
    let item = &feed["items"][0];
    let offer = &data["offers"][0];
    assert_eq!(offer["@id"], item["listing"]);
    assert_eq!(offer["price"], item["price_vnd"].to_string());
    assert_eq!(offer["inventoryLevel"]["value"], item["stock"]["value"]);
    assert_eq!(offer["validFrom"], item["valid_from"]);
    assert_eq!(offer["priceValidUntil"], item["valid_until"]);
    let specification = &offer["priceSpecification"];
    assert_eq!(specification["valueAddedTaxIncluded"], item["vat_included"]);
    assert_eq!(specification["referenceQuantity"]["value"], item["price_per"]["value"]);
    assert_eq!(offer["availability"], "https://schema.org/InStock");
    assert_eq!(data["gs1:bestBeforeDate"], item["lots"][0]["best_before"]);
}

#[tokio::test]
async fn a_recall_is_told_to_machines_and_ends_the_offer() {
    let (ledger, mut farm) = selling().await;
    let lot = farm.pack_lot("K1");
    ledger.take([farm.recall(std::slice::from_ref(&lot))]).await;
    let data = linked(&page(&ledger, &path(&lot)).await);
    assert_eq!(data["gs1:isProductRecalled"], true);
    assert_eq!(data["additionalProperty"][0]["value"], "recalled");
    assert!(data.get("offers").is_none(), "{data}");
    let badge = ledger.get(&format!("/badge{}.svg", path(&lot))).await;
    assert!(badge.text().contains("ĐANG THU HỒI") && badge.text().contains("#b3201d"));
}

/// Words of the GS1 Web Vocabulary in a document.
fn gs1_words(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "@context") {
                found.extend(name.starts_with("gs1:").then(|| name.clone()));
                gs1_words(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gs1_words(item, found)),
        Value::String(text) => found.extend(text.starts_with("gs1:").then(|| text.clone())),
        _ => {}
    }
}

#[tokio::test]
async fn each_gs1_word_is_in_the_vocabulary() {
    let (ledger, farm) = selling().await;
    let mut words = BTreeSet::new();
    for lot in [farm.pack_lot("K1"), farm.lot("C1")] {
        gs1_words(&linked(&page(&ledger, &path(&lot)).await), &mut words);
    }
    assert!(words.len() >= 8, "{words:?}");
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/corpora/gs1-webvoc/gs1Voc.jsonld");
    let Ok(text) = std::fs::read_to_string(&corpus) else {
        println!("skipped: gs1-webvoc: {} is not here", corpus.display());
        return;
    };
    let vocabulary: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
    let known: BTreeSet<&str> =
        vocabulary["@graph"].as_array().unwrap().iter().filter_map(|term| term["@id"].as_str()).collect();
    // Codes that a card may hold, and their words here.
    let methods = ["CONVENTIONAL", "FIELD_GROWN", "GREENHOUSE", "HYDROPONIC", "INTEGRATED_PEST_MANAGEMENT"];
    words.extend(methods.map(|code| format!("gs1:GrowingMethodCode-{code}")));
    words.extend(
        ["harvestDateStart", "harvestDateEnd", "expirationDate", "netContent", "unitCode"]
            .map(|w| format!("gs1:{w}")),
    );
    for word in &words {
        assert!(known.contains(word.as_str()), "{word}");
    }
}

#[tokio::test]
async fn whoever_shares_the_address_shares_what_it_says() {
    let (ledger, farm) = selling().await;
    let page = page(&ledger, &path(&farm.pack_lot("K1"))).await;
    let property = |name: &str| {
        let mark = format!("<meta property=\"og:{name}\" content=\"");
        page.split(&mark).nth(1).unwrap_or_else(|| panic!("{name}")).split('"').next().unwrap().to_owned()
    };
    assert!(property("title").contains("K1"));
    assert_eq!(property("url"), format!("{BASE}/01/09521234567899/10/K1"));
    assert!(property("description").starts_with("Có trong sổ, chưa thấy điều gì bất thường · HTX"));
    assert!(property("image").starts_with(&format!("{BASE}/qr/png/01/")));
    assert_eq!(property("locale"), "vi_VN");
}

#[tokio::test]
async fn a_badge_says_how_the_lot_stands_and_runs_nothing() {
    let (ledger, farm) = selling().await;
    let own = path(&farm.pack_lot("K1"));
    let badge = ledger.get(&format!("/badge{own}.svg?lang=en")).await;
    assert_eq!((badge.status.as_u16(), badge.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(badge.header("cache-control"), "public, max-age=60");
    let text = badge.text();
    assert!(
        text.contains("In the ledger, nothing unusual seen") && text.contains("Traced on Nguồn · 5 Jan 2026")
    );
    for forbidden in ["<script", "style=", "href", "onload", "@font-face"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert!(text.len() < 1_500);
    let kept =
        ledger.ask(&format!("/badge{own}.svg?lang=en"), &[("if-none-match", badge.header("etag"))]).await;
    assert_eq!(kept.status, 304);

    // Browsers show it although nobody knows the lot.
    let unknown = ledger.get("/badge/p/che/l/1.svg").await;
    assert_eq!((unknown.status.as_u16(), unknown.header("content-type")), (404, "image/svg+xml"));
    assert!(unknown.text().contains("Sổ không có lô hàng này"));
    for (address, status) in [("/badge/p/che/l/1", 404), ("/badge/01/09521234567894/10/X.svg", 400)] {
        assert_eq!(ledger.get(address).await.status.as_u16(), status, "{address}");
    }

    // What the page offers to paste is the badge, with a link to the page.
    let page = page(&ledger, &format!("{own}?lang=en")).await;
    let canonical = format!("{BASE}/01/09521234567899/10/K1");
    let pasted = page.split("<pre><code>&#60;a").nth(1).unwrap().split("</code>").next().unwrap();
    assert!(pasted.contains(&canonical) && pasted.contains("/badge/01/09521234567899/10/K1.svg?lang=en"));
}

#[tokio::test]
async fn a_page_is_in_three_languages_and_says_what_is_not() {
    let (ledger, mut farm) = selling().await;
    // More is packed than was harvested: a finding.
    let (loose, packed) = (farm.lot("C2"), farm.pack_lot("K2"));
    let records =
        [farm.harvest(Device::Phone(1), "C2", 10_000), farm.pack(&[(loose.clone(), 50_000)], &packed, 100)];
    ledger.take(records).await;
    let own = path(&loose);
    let chinese = ledger.ask(&own, &[("accept-language", "zh-CN,zh;q=0.9,en;q=0.5")]).await;
    assert_eq!(chinese.header("content-language"), "zh-Hans");
    let text = chinese.text();
    assert!(text.contains("<html lang=\"zh-Hans\">") && text.contains("这一批次存在疑点"));
    // The rule's name is Chinese; its sentence is English, and marked as that.
    assert!(text.contains("<b>用出的多于曾有的</b>"), "{text}");
    assert!(text.contains("<span lang=\"en\">") && text.contains("按账本中的原文显示"));
    assert!(text.contains("hreflang=\"vi\"") && text.contains("hreflang=\"x-default\""));
    for (link, tag) in [("vi", "vi"), ("en", "en"), ("zh", "zh-Hans")] {
        let answer = ledger.get(&format!("{own}?lang={link}")).await;
        assert_eq!(answer.header("content-language"), tag);
    }
    // In Vietnamese nothing of it is foreign.
    let vietnamese = page(&ledger, &own).await;
    assert!(!vietnamese.contains("<span lang="));

    // Errors are told in English to whoever reads Chinese.
    let problem = ledger.ask("/api/v1/lots/p/che/l/1", &[("accept-language", "zh")]).await;
    assert_eq!(problem.header("content-language"), "en");
}

#[tokio::test]
async fn the_map_shows_communes_and_the_archipelagos() {
    let (ledger, farm) = selling().await;
    let page = page(&ledger, &path(&farm.pack_lot("K1"))).await;
    for text in ["Hoàng Sa", "Trường Sa", "<li value=\"1\">Xã Ka Đô, Lâm Đồng", "Nơi trồng"] {
        assert!(page.contains(text), "{text}");
    }
}

#[tokio::test]
async fn through_whose_hands_a_lot_went_is_told_with_amounts() {
    let (ledger, mut farm) = selling().await;
    let mut shop = Farm::named(9, "shop", &ledger.context);
    ledger.take(shop.start()).await;
    ledger.recognise(shop.id(), 2).await;
    let lot = farm.pack_lot("K1");
    let what =
        What::Objects { action: Action::Observe, objects: vec![Amount::of(&lot, Quantity::pieces(60))] };
    let mut shipping = Event::new(farm.now_ms(), Step::Shipping, what);
    shipping.destination = Some(shop.urn());
    let shipped = farm.say(Device::Manager, nguon_ledger::Act::Lot, &Facts::Event(Box::new(shipping)), &[]);
    ledger.take([shipped]).await;
    let page = page(&ledger, &path(&lot)).await;
    let hands = page.split("Đã qua tay ai").nth(1).expect("two hands").split("</ul>").next().unwrap();
    assert!(hands.contains("làm ra 100 khay · giao đi 60 khay · còn 40 khay"), "{hands}");
    assert!(hands.contains("bên giao ghi đã giao 60 khay · còn 60 khay"), "{hands}");
}

#[tokio::test]
async fn search_engines_are_told_what_is_for_them() {
    let ledger = Ledger::new(MORNING_MS).await;
    let answer = ledger.get("/robots.txt").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert!(answer.text().starts_with("User-agent: *\n") && !answer.text().contains("Disallow: /\n"));
}
