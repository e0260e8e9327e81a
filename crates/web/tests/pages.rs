//! What a shopper sees, for each way in which a lot can stand.

#![allow(clippy::unwrap_used, reason = "a test")]

mod ledger;

use ledger::{BASE, Ledger};
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::Gtin;
use nguon_ledger::Act;
use nguon_trace::facts::{
    self, Action, Amount, Certificate, Event, Facts, LotData, OrganisationKind, Scheme, Step, Text, What,
    organisation_urn,
};
use nguon_trace::quantity::Quantity;

/// 5 January 2026, 07:00 in Vietnam: an hour before the farm begins.
const MORNING_MS: i64 = 1_767_571_200_000;
/// At most 30 s in each of two places that keep a page: a recall shows within a minute.
const CACHING: &str = "public, max-age=20, stale-while-revalidate=10, stale-if-error=10";
const DAY_MS: i64 = 86_400_000;

async fn farm() -> (Ledger, Farm) {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    (ledger, farm)
}

fn path(uri: &str) -> String {
    nguon_id::LotId::from_uri(uri).unwrap().path()
}

fn trays(lot: &str, trays: u64) -> Vec<Amount> {
    vec![Amount::of(lot, Quantity::pieces(trays))]
}

/// The banner's colour, and all of the page.
async fn seen(ledger: &Ledger, path: &str) -> (String, String) {
    let answer = ledger.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let page = answer.text().to_owned();
    check_page(&page);
    let tone = page.split("<div class=\"banner ").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (tone, page)
}

/// A page without its data block, which is not run, and in which nothing stands that could end it.
fn without_data(page: &str) -> String {
    let Some((before, after)) = page.split_once("<script type=\"application/ld+json\">") else {
        return page.to_owned();
    };
    let (data, rest) = after.split_once("</script>").unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(data).is_ok(), "{data}");
    assert!(!data.contains(['<', '>', '&']), "{data}");
    format!("{before}{rest}")
}

/// The page without the one script that it may load, which is ours and named by its hash.
fn without_loader(page: &str) -> String {
    let (before, after) =
        page.split_once("<script type=\"module\" src=\"/assets/loader-").unwrap_or((page, ""));
    let (hash, after) = after.split_once(".js\"></script>").unwrap_or(("", after));
    assert!(hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{hash}");
    format!("{before}{after}")
}

/// What holds of every page.
fn check_page(page: &str) {
    assert!(page.starts_with("<!doctype html>"), "{}", &page[..40]);
    let page = &without_loader(&without_data(page));
    for forbidden in ["<script", "javascript:", " style=", " onerror", "@font-face", "<iframe"] {
        assert!(!page.to_lowercase().contains(forbidden), "{forbidden}");
    }
    // Every resource is ours; canonical and licences may name other hosts, in links.
    for source in page.split(" src=\"").skip(1) {
        assert!(source.starts_with('/'), "{}", source.split('"').next().unwrap());
    }
    assert!(!page.contains("{ $") && !page.contains("{$"), "a hole in a text");
    for key in ["status-", "fact-", "step-", "proof-", "severity-", "category-", "standing-", "fault-"] {
        let text = page.split("</style>").nth(1).unwrap();
        for found in text.split(key).skip(1) {
            let rest: String = found.chars().take(12).collect();
            assert!(
                rest.starts_with(char::is_uppercase) || !text.contains(&format!(">{key}{rest}")),
                "{key}{rest}"
            );
        }
    }
    assert!(page.len() < 60_000, "{} bytes", page.len());
}

#[tokio::test]
async fn each_way_in_which_a_lot_stands_has_its_own_banner() {
    let (ledger, mut farm) = farm().await;
    let (loose, packed) = (farm.lot("C1"), farm.pack_lot("K1"));

    ledger.take([farm.print_codes(&packed, 100)]).await;
    let (tone, page) = seen(&ledger, &path(&packed)).await;
    assert_eq!(tone, "wait");
    assert!(page.contains("Tem đã in, chưa kích hoạt"));

    ledger
        .take([
            farm.harvest(Device::Phone(1), "C1", 60_000),
            farm.pack(&[(loose.clone(), 50_000)], &packed, 100),
        ])
        .await;
    for lot in [&loose, &packed] {
        let (tone, page) = seen(&ledger, &path(lot)).await;
        assert_eq!(tone, "good", "{lot}");
        assert!(page.contains("Có trong sổ, chưa thấy điều gì bất thường"));
        assert!(
            page.contains("Xã Ka Đô, Lâm Đồng")
                && page.contains("<time datetime=\"2026-01-05\">05/01/2026</time>")
        );
        assert!(page.contains("Hiện chỉ có chính người vận hành ký làm chứng"));
        assert!(page.contains(&format!("nguon verify {BASE}")));
    }

    ledger.clock.set(farm.now_ms() + 20 * DAY_MS);
    let (tone, page) = seen(&ledger, &path(&packed)).await;
    assert_eq!(tone, "doubt");
    assert!(page.contains("Đã quá hạn dùng") && page.contains("Hạn ghi trong sổ là 13/01/2026"));

    farm.set_now_ms(farm.now_ms() + 20 * DAY_MS);
    ledger.take([farm.recall(std::slice::from_ref(&loose))]).await;
    let (tone, page) = seen(&ledger, &path(&loose)).await;
    assert_eq!(tone, "stop");
    for text in
        ["ĐANG THU HỒI", "Phun thuốc chưa đủ thời gian cách ly", "HTX Thử Nghiệm farm", "Không ăn, không bán"]
    {
        assert!(page.contains(text), "{text}");
    }
    // What was made of it is recalled too, and says where it began.
    let (tone, page) = seen(&ledger, &path(&packed)).await;
    assert_eq!(tone, "stop");
    assert!(
        page.contains("Bắt đầu từ lô nguyên liệu") && page.contains(&format!("href=\"{}\"", path(&loose)))
    );

    ledger.take([farm.end_recall(std::slice::from_ref(&loose))]).await;
    let sold = farm.observe(Device::Manager, Act::Lot, Step::Selling, trays(&packed, 100));
    ledger.take([sold]).await;
    let (_, page) = seen(&ledger, &path(&packed)).await;
    assert!(page.contains("Đã bán lẻ"));
}

#[tokio::test]
async fn what_does_not_agree_is_told_with_the_reason() {
    let (ledger, mut farm) = farm().await;
    let (loose, packed) = (farm.lot("C1"), farm.pack_lot("K1"));
    let records =
        [farm.harvest(Device::Phone(1), "C1", 10_000), farm.pack(&[(loose.clone(), 50_000)], &packed, 100)];
    ledger.take(records).await;
    let (tone, page) = seen(&ledger, &path(&loose)).await;
    assert_eq!(tone, "doubt");
    assert!(page.contains("Có nghi vấn về lô hàng này") && page.contains("Nghiêm trọng: dừng chào bán"));
    assert!(page.contains("50 kg") && page.contains("10 kg"));

    // Destroyed, and sold out.
    let waste = farm.harvest(Device::Phone(1), "C2", 5_000);
    let lot = farm.lot("C2");
    let gone = farm.observe(
        Device::Manager,
        Act::Lot,
        Step::Destroying,
        vec![Amount::of(&lot, Quantity::grams(5_000))],
    );
    ledger.take([waste, gone]).await;
    let (tone, page) = seen(&ledger, &path(&lot)).await;
    assert_eq!(tone, "stop");
    assert!(page.contains("Lô hàng đã bị tiêu hủy"));

    let sold = farm.harvest(Device::Phone(1), "C3", 5_000);
    let lot = farm.lot("C3");
    let selling = farm.observe(
        Device::Manager,
        Act::Lot,
        Step::Selling,
        vec![Amount::of(&lot, Quantity::grams(5_000))],
    );
    ledger.take([sold, selling]).await;
    assert_eq!(seen(&ledger, &path(&lot)).await.0, "gone");
}

#[tokio::test]
async fn somebody_elses_word_is_a_claim_and_a_late_entry_is_visibly_late() {
    let (ledger, mut farm) = farm().await;
    let mut rival = Farm::named(8, "rival", &ledger.context);
    ledger.take(rival.start()).await;
    let lot = farm.lot("C1");
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    ledger.take([rival.recall(std::slice::from_ref(&lot))]).await;
    let (tone, page) = seen(&ledger, &path(&lot)).await;
    assert_eq!(tone, "good", "a rival recalls nobody's lot");
    assert!(page.contains("Lời của bên khác, không có hiệu lực với lô"));

    // A lot of which only a stranger speaks.
    let other = farm.lot("C9");
    ledger.take([rival.recall(std::slice::from_ref(&other))]).await;
    let (tone, page) = seen(&ledger, &path(&other)).await;
    assert_eq!(tone, "doubt");
    assert!(page.contains("Chưa có ai chịu trách nhiệm về lô này"));

    let mut late = farm.harvest(Device::Phone(2), "C4", 1_000);
    ledger.clock.set(late.at_ms + 9 * DAY_MS);
    late.at_ms += 9 * DAY_MS;
    ledger.take([late]).await;
    let (_, page) = seen(&ledger, &path(&farm.lot("C4"))).await;
    assert!(page.contains("Ghi muộn"), "{page}");
    assert!(page.contains("Đồng hồ thiết bị báo"));
    assert!(page.contains("Vào sổ"));
}

#[tokio::test]
async fn what_was_corrected_stays_in_sight_and_says_why() {
    let (ledger, mut farm) = farm().await;
    let lot = farm.lot("C1");
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    let what =
        What::Objects { action: Action::Observe, objects: vec![Amount::of(&lot, Quantity::grams(9_000))] };
    let mut wrong = Event::new(farm.now_ms(), Step::Selling, what);
    let said = farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(wrong.clone())), &[]);
    wrong.correction = Some(facts::Correction {
        of: facts::event_urn(&said.event_id.to_string()),
        declared_ms: farm.now_ms(),
        reason: Some(facts::ErrorReason::DidNotOccur),
        corrective_ids: Vec::new(),
    });
    wrong.note = Some(Text::both("Ghi nhầm sang lô khác", "Meant for another lot"));
    let correction = farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(wrong)), &[]);
    ledger.take([said, correction]).await;
    let (tone, page) = seen(&ledger, &path(&lot)).await;
    assert_eq!(tone, "good");
    assert!(page.contains("<li class=\"corrected\"") && page.contains("<li class=\"correction\""));
    assert!(page.contains("Chính người ghi đã đính chính: Ghi nhầm sang lô khác"));
    assert!(!page.contains("Đã bán lẻ"), "nothing was sold");
}

#[tokio::test]
async fn a_recall_shows_at_once_and_an_unchanged_page_is_not_sent_twice() {
    let (ledger, mut farm) = farm().await;
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    let lot = path(&farm.lot("C1"));
    let first = ledger.get(&lot).await;
    let etag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), CACHING);
    assert!(first.header("vary").contains("accept-language"));
    assert_eq!(first.header("content-language"), "vi");
    let policy = first.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-")
            && policy.contains("frame-ancestors 'none'")
    );
    assert!(!policy.contains("unsafe"));

    let again = ledger.ask(&lot, &[("if-none-match", &etag)]).await;
    assert_eq!((again.status.as_u16(), again.bytes.len(), again.header("etag")), (304, 0, etag.as_str()));
    let english = ledger.ask(&lot, &[("if-none-match", &etag), ("accept-language", "en")]).await;
    assert_eq!((english.status.as_u16(), english.header("content-language")), (200, "en"));

    ledger.take([farm.recall(&[farm.lot("C1")])]).await;
    let recalled = ledger.ask(&lot, &[("if-none-match", &etag)]).await;
    assert_eq!(recalled.status, 200);
    assert!(recalled.text().contains("ĐANG THU HỒI"));
}

#[tokio::test]
async fn a_gtin_that_comes_later_does_not_break_the_stickers() {
    let (ledger, mut farm) = farm().await;
    let packed = farm.pack_lot("K1");
    let records =
        [farm.harvest(Device::Phone(1), "C1", 60_000), farm.pack(&[(farm.lot("C1"), 50_000)], &packed, 100)];
    ledger.take(records).await;
    let own = path(&packed);
    let gs1 = "/01/09521234567899/10/K1";
    assert_eq!(ledger.get(gs1).await.status, 404);
    let canonical = |page: &str| {
        page.split("rel=\"canonical\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(canonical(&seen(&ledger, &own).await.1), format!("{BASE}{own}"));

    ledger.take([farm.product_card(Farm::PACKED, Some(Gtin::parse("09521234567899").unwrap()))]).await;
    let (old, new) = (seen(&ledger, &own).await.1, seen(&ledger, gs1).await.1);
    assert_eq!(old, new, "one lot, one page");
    assert_eq!(canonical(&old), format!("{BASE}{gs1}"));
    assert_eq!(ledger.get(&own).await.header("link"), format!("<{BASE}{gs1}>; rel=\"canonical\""));
    // A slash at the end, parameters and a shorter GTIN are the same lot (Digital Link: URI Syntax, 4.6).
    for same in [format!("{gs1}/"), format!("{gs1}?17=270101"), format!("{own}/")] {
        assert_eq!(ledger.get(&same).await.status, 200, "{same}");
    }
}

#[tokio::test]
async fn a_code_that_leads_nowhere_says_what_to_do() {
    let (ledger, mut farm) = farm().await;
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    let cases = [
        ("/p/che/l/1", 404, "Sổ không có lô hàng này"),
        ("/01/09521234567899/10/X", 404, "Sổ không có lô hàng này"),
        ("/01/09521234567894/10/X", 400, "Mã GTIN bị sai"),
        ("/01/09521234567899", 404, "Mã này không chỉ tới một lô hàng"),
        ("/p/Ch%C3%A8/l/1", 400, "Địa chỉ này không thể là của một lô hàng"),
        ("/p/che/l/%ff", 400, "Địa chỉ này không thể là của một lô hàng"),
        ("/p/che/l/123456789012345678901", 400, "Địa chỉ này không thể là của một lô hàng"),
        ("/p/che/l/..%2f..%2fetc", 404, "Sổ không có lô hàng này"),
        ("/c?code=8J3K-Q0ZZ", 400, "Mã ngắn bị gõ nhầm"),
        ("/c?code=%3Cscript%3Ealert(1)%3C/script%3E", 400, "Mã ngắn bị gõ nhầm"),
        ("/c", 400, "Mã ngắn bị gõ nhầm"),
        ("/o/zz", 404, "Sổ không có đơn vị này"),
    ];
    for (path, status, title) in cases {
        let answer = ledger.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.text().contains(title), "{path}: {}", answer.text());
        assert!(answer.text().contains("name=\"code\""), "{path}");
        check_page(answer.text());
        let english = ledger.ask(path, &[("accept-language", "en")]).await;
        check_page(english.text());
        assert!(english.text().contains("<html lang=\"en\">") && !english.text().contains(title), "{path}");
    }
    let unknown = nguon_id::ShortCode::from_bits(1).to_string();
    assert_eq!(ledger.get(&format!("/c?code={unknown}")).await.status, 404);

    // The right code, however it was typed, leads to the lot.
    let page = seen(&ledger, &path(&farm.lot("C1"))).await.1;
    let code = page
        .split("<p class=\"code\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_lowercase()
        .replace('-', "+");
    let answer = ledger.get(&format!("/c?code={code}&lang=en")).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), format!("{}?lang=en", path(&farm.lot("C1"))));
}

#[tokio::test]
async fn script_in_every_field_is_only_text() {
    const EVIL: &str = "\"><script>alert(1)</script>'&<img src=x onerror=alert(2)>";
    const LINK: &str = "javascript:alert(3)";
    let (ledger, mut farm) = farm().await;
    let text = || Text::both(EVIL, EVIL);
    let organisation = facts::Organisation {
        uri: farm.urn(),
        name: text(),
        kind: OrganisationKind::Cooperative,
        address: text(),
        commune: None,
        identifiers: vec![facts::Identifier { scheme: EVIL.to_owned(), value: EVIL.to_owned() }],
        hotline: Some(EVIL.to_owned()),
        website: Some(LINK.to_owned()),
    };
    let paper = format!("https://{}/paper/1", ledger.context.origin);
    let certificate = Certificate {
        uri: paper.clone(),
        scheme: Scheme::Other(EVIL.to_owned()),
        number: EVIL.to_owned(),
        issuer: EVIL.to_owned(),
        holder: farm.urn(),
        valid_from: jiff::civil::date(2025, 1, 1),
        valid_until: None,
        scope: Some(text()),
        covers: Vec::new(),
        legal_basis: Some(EVIL.to_owned()),
    };
    let lot = farm.lot("X1");
    let what = What::Transformation {
        process: None,
        inputs: vec![Amount::of(LINK, Quantity::grams(1))],
        outputs: vec![Amount::of(&lot, Quantity::grams(1_000))],
    };
    let mut event = Event::new(farm.now_ms(), Step::Other(Some(LINK.to_owned())), what);
    event.place = Some(LINK.to_owned());
    event.source = Some(LINK.to_owned());
    event.destination = Some(organisation_urn(EVIL));
    event.note = Some(text());
    event.certificates = vec![paper.clone()];
    event.lot = LotData {
        number: Some(EVIL.to_owned()),
        growing_method: Some(EVIL.to_owned()),
        country_of_origin: Some(EVIL.to_owned()),
        ..LotData::default()
    };
    let recall = Step::Recall { reason: Some(text()) };
    let what = What::Objects { action: Action::Observe, objects: vec![Amount::whole(&lot)] };
    let recall = Event::new(farm.now_ms(), recall, what);
    let records = [
        farm.say(Device::Manager, Act::Commerce, &Facts::Organisation(organisation), &[]),
        farm.say(Device::Manager, Act::Commerce, &Facts::Certificate(certificate), &[]),
        farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(event)), &[]),
        farm.say(Device::Manager, Act::Recall, &Facts::Event(Box::new(recall)), &[]),
    ];
    ledger.take(records).await;
    let own = format!("/o/{}", farm.id());
    for address in [path(&lot), own, "/".to_owned(), "/?q=%3Cscript%3Ealert(1)%3C/script%3E".to_owned()] {
        for language in ["vi", "en", "zh"] {
            let answer = ledger.ask(&address, &[("accept-language", language)]).await;
            assert_eq!(answer.status, 200, "{address}");
            let page = without_loader(&without_data(answer.text()));
            for raw in ["<script", "<img src=x", "href=\"javascript"] {
                assert!(!page.contains(raw), "{raw} on {address}");
            }
        }
    }
    let page = ledger.get(&path(&lot)).await.text().to_owned();
    assert!(
        page.contains("&lt;script&gt;") || page.contains("&#60;script&#62;"),
        "the text is there, as text"
    );
}

#[tokio::test]
async fn an_organisation_has_a_page_and_the_first_page_finds_lots() {
    let (ledger, mut farm) = farm().await;
    for number in 0..30 {
        ledger.take([farm.harvest(Device::Phone(1), &format!("C{number:02}"), 60_000)]).await;
    }
    let home = ledger.get("/").await;
    assert_eq!(home.status, 200);
    check_page(home.text());
    for text in ["HTX Thử Nghiệm farm", "Chi cục Thử Nghiệm", ledger::ORIGIN, "C29"] {
        assert!(home.text().contains(text), "{text}");
    }
    let found = ledger.get("/?q=C07").await;
    assert!(found.text().contains("/l/C07") && !found.text().contains("/l/C08"));
    assert!(ledger.get("/?q=zzz").await.text().contains("Không có lô hàng nào"));

    let own = format!("/o/{}", farm.id());
    let page = ledger.get(&own).await.text().to_owned();
    check_page(&page);
    assert!(page.contains("người sản xuất, nơi đóng gói"));
    assert!(page.contains("/l/C00") && !page.contains("/l/C29"));
    let next = page
        .split("<a href=\"")
        .find(|rest| rest.contains("rel=\"next\"") && rest.find("rel=\"next\"") < rest.find('>'));
    let next = next.unwrap().split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
    let last = ledger.get(&next).await;
    assert!(last.text().contains("/l/C29") && !last.text().contains("/l/C00"));
}

#[tokio::test]
async fn strangers_do_not_crowd_out_whom_the_operator_recognises() {
    let (ledger, farm) = farm().await;
    let mut strangers = Vec::new();
    for seed in 0..5 {
        let mut stranger = Farm::named(20 + seed, "stranger", &ledger.context);
        ledger.take(stranger.start()).await;
        strangers.push(stranger.id());
    }
    ledger.recognise(strangers[4], 0x8001).await;
    let home = ledger.get("/").await;
    assert!(home.text().contains(&format!("/o/{}", farm.id())));
    for stranger in &strangers {
        assert!(!home.text().contains(&stranger.to_string()), "neither unknown nor suspended");
    }

    let mut at = "/api/v1/organisations?limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = ledger.get(&at).await;
        assert_eq!(answer.status, 200, "{at}");
        let page: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
        let ids = page["organisations"].as_array().unwrap();
        assert!(ids.len() <= 2);
        seen.extend(ids.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let link = answer.header("link").to_owned();
        if link.is_empty() {
            break;
        }
        assert!(link.ends_with("; rel=\"next\""));
        at = link[1..].split('>').next().unwrap().strip_prefix(BASE).unwrap().to_owned();
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.len(), 7, "the operator, the farm and five strangers, each once");
    let answer = ledger.get("/api/v1/organisations?recognised=true").await;
    for stranger in &strangers {
        assert!(!answer.text().contains(&stranger.to_string()));
    }
    assert!(answer.text().contains(&farm.id().to_string()) && answer.header("link").is_empty());
}

#[tokio::test]
async fn the_first_page_shows_each_product_before_a_second_lot_of_one() {
    let (ledger, mut farm) = farm().await;
    let packed = farm.pack_lot("K1");
    let records =
        [farm.harvest(Device::Phone(1), "A0", 60_000), farm.pack(&[(farm.lot("A0"), 50_000)], &packed, 100)];
    ledger.take(records).await;
    for number in 0..12 {
        ledger.take([farm.harvest(Device::Phone(1), &format!("C{number:02}"), 60_000)]).await;
    }
    let home = ledger.get("/").await;
    assert!(home.text().contains(&path(&packed)), "its product has no newer lot");
    assert!(home.text().contains("/l/C11") && !home.text().contains("/l/C03"));
}

#[tokio::test]
async fn control_characters_find_nothing_and_break_nothing() {
    let (ledger, mut farm) = farm().await;
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    let own = format!("/o/{}?after=%00", farm.id());
    for address in
        ["/?q=%00", "/?q=C%001", "/api/v1/lots?q=%00C1", "/api/v1/lots?q=%1b%07", "/c?code=%00", own.as_str()]
    {
        let answer = ledger.get(address).await;
        assert!(!answer.status.is_server_error(), "{address}: {}", answer.text());
        assert!(!answer.text().contains(['\0', '\u{1b}', '\u{7}']), "{address}");
    }
    let turned = ledger.get("/?q=%E2%80%AEC1").await;
    assert_eq!(turned.status, 200);
    assert!(turned.text().contains("value=\"C1\"") && !turned.text().contains('\u{202e}'));
    assert!(ledger.get("/?q=C%001").await.text().contains("/l/C1"));
    assert!(ledger.get("/api/v1/lots?q=%00C1").await.text().contains("/l/C1"));
    let long = format!("/api/v1/lots?q=C1{}", "+".repeat(5_000));
    assert_eq!(ledger.get(&long).await.status, 200);
}

#[tokio::test]
async fn the_feed_is_walked_from_cursor_to_cursor() {
    let (ledger, mut farm) = farm().await;
    let mut wanted = Vec::new();
    for number in 0..7 {
        let (loose, packed) = (format!("C{number}"), farm.pack_lot(&format!("K{number}")));
        let records = [
            farm.harvest(Device::Phone(1), &loose, 60_000),
            farm.pack(&[(farm.lot(&loose), 50_000)], &packed, 100),
            farm.list(&format!("o{number}"), std::slice::from_ref(&packed), 35_000, 80),
        ];
        ledger.take(records).await;
        wanted.push(farm.listing(&format!("o{number}")));
    }
    // An offer that begins now is valid when log time has passed its first moment.
    ledger.clock.set(farm.now_ms() + 2 * 3_600_000);
    ledger.recognise(farm.id(), 3).await;

    let mut at = "/api/v1/listings?limit=3".to_owned();
    let mut told = Vec::new();
    loop {
        let answer = ledger.get(&at).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, CACHING));
        let page: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
        assert!(page["items"].as_array().unwrap().len() <= 3);
        for item in page["items"].as_array().unwrap() {
            told.push(item["listing"].as_str().unwrap().to_owned());
            assert!(item["trace_url"].as_str().unwrap().starts_with(BASE));
        }
        let kept = ledger.ask(&at, &[("if-none-match", answer.header("etag"))]).await;
        assert_eq!(kept.status, 304);
        if page["has_more"] == false {
            assert_eq!(answer.header("link"), "");
            break;
        }
        let link = answer.header("link").to_owned();
        assert!(link.ends_with("; rel=\"next\""));
        at = link[1..].split('>').next().unwrap().strip_prefix(BASE).unwrap().to_owned();
        assert!(at.contains(page["next"].as_str().unwrap()));
    }
    assert_eq!(told, wanted);

    // The offer is on the lot's page, and gone from it with the recall.
    let lot = farm.pack_lot("K0");
    assert!(seen(&ledger, &path(&lot)).await.1.contains("35.000\u{a0}₫ / khay"));
    ledger.take([farm.recall(std::slice::from_ref(&lot))]).await;
    assert!(!seen(&ledger, &path(&lot)).await.1.contains("35.000"));

    for (query, code) in
        [("after=x", "query-unknown"), ("cursor=x", "cursor-malformed"), ("limit=0", "query-unknown")]
    {
        let answer = ledger.get(&format!("/api/v1/listings?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (400, "application/problem+json")
        );
        assert!(answer.text().contains(&format!("urn:nguon:problem:{code}")), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_lot_is_also_told_as_json() {
    let (ledger, mut farm) = farm().await;
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    let lot = farm.lot("C1");
    let answer = ledger.get(&format!("/api/v1/lots{}", path(&lot))).await;
    let document: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
    assert_eq!(document["uri"], lot);
    assert_eq!(document["state"]["status"]["state"], "active");
    assert_eq!(document["state"]["balance"]["made"], 60_000);
    assert_eq!(document["page_url"], format!("{BASE}{}", path(&lot)));
    let negotiated = ledger.ask(&path(&lot), &[("accept", "application/json")]).await;
    assert_eq!(negotiated.bytes, answer.bytes);
    assert_eq!(answer.header("cache-control"), CACHING, "a recall shows within a minute");

    let found: serde_json::Value =
        serde_json::from_slice(&ledger.get("/api/v1/lots?q=c1").await.bytes).unwrap();
    assert_eq!(found["lots"][0]["uri"], lot);
    for (path, status, code) in [
        ("/api/v1/lots/p/che/l/1", 404, "lot-not-found"),
        ("/api/v1/lots/01/09521234567894/10/1", 400, "lot-malformed"),
        ("/api/v1/lots?p=1", 400, "query-unknown"),
        ("/images/00", 400, "id-malformed"),
        (&format!("/images/{}", "0".repeat(64)), 404, "image-not-found"),
        ("/qr/gif/p/che/l/1", 404, "not-found"),
        ("/qr/png/p/che/l/1?size=41", 400, "query-unknown"),
        ("/qr/svg/p/Che/l/1", 400, "lot-malformed"),
    ] {
        let answer = ledger.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.text().contains(&format!("urn:nguon:problem:{code}\"")), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_qr_code_leads_to_the_page() {
    let ledger = Ledger::new(MORNING_MS).await;
    for path in ["/p/ca-chua-thu/l/260115-A", "/01/09521234567899/10/DL-2611", "/p/che/l/A%2F1"] {
        let answer = ledger.get(&format!("/qr/png{path}?size=6")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"), "{path}");
        let picture = image::load_from_memory(&answer.bytes).unwrap().to_luma8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            picture.as_raw()[y * width + x]
        });
        let codes = prepared.detect_grids();
        assert_eq!(codes.len(), 1, "{path}");
        assert_eq!(codes[0].decode().unwrap().1, format!("{BASE}{path}"));

        let svg = ledger.get(&format!("/qr/svg{path}")).await;
        assert_eq!(svg.header("content-type"), "image/svg+xml");
        assert!(svg.text().starts_with("<svg ") && svg.header("cache-control").contains("max-age=86400"));
        let kept = ledger.ask(&format!("/qr/svg{path}"), &[("if-none-match", svg.header("etag"))]).await;
        assert_eq!(kept.status, 304);
    }
}

#[tokio::test]
async fn a_reader_at_a_wrong_address_gets_a_page_and_a_program_a_problem() {
    let ledger = Ledger::new(MORNING_MS).await;
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let answer = ledger.ask("/khong/co/%3Cscript%3E", &browser).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (404, "text/html; charset=utf-8"));
    check_page(answer.text());
    assert!(answer.text().contains("Không có trang này") && answer.text().contains("href=\"/\""));
    let english = ledger.ask("/nowhere?lang=en", &browser).await;
    assert!(english.text().contains("There is no such page"));
    for accept in ["application/json", "*/*"] {
        let answer = ledger.ask("/nowhere", &[("accept", accept)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (404, "application/problem+json")
        );
    }
}

#[tokio::test]
async fn a_page_elsewhere_may_check_a_lot_and_is_sent_few_bytes() {
    let (ledger, mut farm) = farm().await;
    let lot = farm.lot("C1");
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    let address = format!("/api/v1/check{}", path(&lot));
    let elsewhere = [("origin", "https://checker.example.org"), ("accept-encoding", "gzip, br")];
    let answer = ledger.ask(&address, &elsewhere).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("content-encoding"), "br");
    let plain = ledger.get(&address).await;
    let check: serde_json::Value = serde_json::from_slice(&plain.bytes).unwrap();
    assert_eq!(check["format"], "nguon check 1");
    assert_eq!(check["witnesses"][0]["operators_own"], true);
    let etag = plain.header("etag").to_owned();
    assert_eq!(ledger.ask(&address, &[("if-none-match", &etag)]).await.status, 304);
    for (address, status) in
        [("/api/v1/check/p/khong-co/l/1", 404), ("/api/v1/check/xyz", 400), (&format!("{address}?a=b"), 400)]
    {
        let refused = ledger.ask(address, &elsewhere).await;
        assert_eq!(refused.status, status, "{address}");
        assert_eq!(refused.header("access-control-allow-origin"), "*", "the reason can be read there too");
    }
    let tile = ledger.ask("/checkpoint", &elsewhere).await;
    assert_eq!(tile.header("access-control-allow-origin"), "*");
}
