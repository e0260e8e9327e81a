//! Public pages in a real browser: Debian's Chromium, driven from Node, on a site that this process serves.
//!
//! Each test serves a ledger of its own on a loopback port and hands the addresses to a script beside this file. Without
//! Chromium, Node or the scripts' packages a test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "a test")]

mod node;
mod site;

use nguon_fixtures::farm::{Device, Farm};
use nguon_ledger::Act;
use nguon_trace::facts::{
    self, Action, Amount, Certificate, Event, Facts, LotData, OrganisationKind, Scheme, Step, Text, What,
    organisation_urn,
};
use nguon_trace::quantity::Quantity;

use node::Page;
use site::{BEFORE_THE_SEASON_MS, MORNING_MS, Site};

const DAY_MS: i64 = 86_400_000;

/// Lots of a farm in each way in which a lot can stand, and pages of codes that lead nowhere.
async fn every_kind(site: &Site, farm: &mut Farm) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut lot = |name: &str, uri: &str| pages.push(Page::lot(name, uri));

    let fresh = farm.pack_lot("K1");
    let records = [
        farm.harvest(Device::Phone(1), "C1", 60_000),
        farm.harvest(Device::Phone(2), "C2", 60_000),
        farm.pack(&[(farm.lot("C1"), 50_000)], &fresh, 100),
        farm.list("o1", std::slice::from_ref(&fresh), 35_000, 80),
    ];
    site.take(records).await;
    lot("on offer", &fresh);
    lot("harvested, partly used", &farm.lot("C1"));

    let blended = farm.pack_lot("K2");
    site.take([farm.pack(&[(farm.lot("C1"), 5_000), (farm.lot("C2"), 45_000)], &blended, 100)]).await;
    lot("blended of two", &blended);
    lot("blended into another", &farm.lot("C2"));

    let printed = farm.pack_lot("K3");
    site.take([farm.print_codes(&printed, 100)]).await;
    lot("not activated", &printed);

    let records = [
        farm.harvest(Device::Phone(1), "C4", 10_000),
        farm.pack(&[(farm.lot("C4"), 50_000)], &farm.pack_lot("K4"), 100),
    ];
    site.take(records).await;
    lot("doubtful", &farm.lot("C4"));

    let of = |lot: &str, grams| vec![Amount::of(lot, Quantity::grams(grams))];
    for (number, step, name) in [("C5", Step::Selling, "sold out"), ("C6", Step::Destroying, "destroyed")] {
        let uri = farm.lot(number);
        let records = [
            farm.harvest(Device::Phone(1), number, 5_000),
            farm.observe(Device::Manager, Act::Lot, step, of(&uri, 5_000)),
        ];
        site.take(records).await;
        lot(name, &uri);
    }

    let recalled = farm.pack_lot("K7");
    let records = [
        farm.harvest(Device::Phone(1), "C7", 60_000),
        farm.pack(&[(farm.lot("C7"), 50_000)], &recalled, 100),
        farm.recall(&[farm.lot("C7")]),
    ];
    site.take(records).await;
    lot("recalled", &farm.lot("C7"));
    lot("recalled with its source", &recalled);

    // Nobody made it; somebody else speaks of it.
    let claimed = farm.lot("C8");
    let mut rival = site.farm(8, "rival", farm.now_ms()).await;
    site.take([rival.recall(std::slice::from_ref(&claimed))]).await;
    lot("claims only", &claimed);

    // A product that has no card.
    let cardless = format!("https://{}/p/khong-co-the/l/C9", site.context.origin);
    let what = What::Objects { action: Action::Add, objects: of(&cardless, 5_000) };
    let event = Event::new(farm.now_ms(), Step::Harvest, what);
    site.take([farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(event)), &[])]).await;
    lot("without a product card", &cardless);

    pages.extend([
        Page::of("first page", "/", 200),
        Page::of("search", "/?q=ca+chua", 200),
        Page::of("an organisation", format!("/o/{}", farm.id()), 200),
        Page::of("unknown lot", "/01/09521100200028/10/XYZ", 404),
        Page::of("wrong check digit", "/01/09521234567894/10/X", 400),
        Page::of("a code without a lot", "/01/09521234567899", 404),
        Page::of("no such address of a lot", "/p/Ch%C3%A8/l/1", 400),
        Page::of("a mistyped short code", "/c?code=8J3K-Q0ZZ", 400),
        Page::of("a pack's code that nobody has", "/c?code=0003K0008938NKR", 404),
        Page::of("the form for reports", "/report?code=8J3K-Q0ZH", 200),
        Page::of("an unknown case", "/report/0000-0000-0012", 404),
        Page::of("unknown organisation", "/o/zz", 404),
        Page::of("nowhere", "/khong/co", 404),
    ]);
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_page_is_accessible_and_light_for_every_reader() {
    if !node::is_here("every kind of page") {
        return;
    }
    let site = Site::begin(BEFORE_THE_SEASON_MS).await;
    let end_ms = site.play_the_season().await;
    let mut farm = site.farm(7, "farm", end_ms + 3_600_000).await;
    let mut pages = every_kind(&site, &mut farm).await;
    // Of the demo: where it tells people to look, and whatever has the most to tell.
    for (name, path) in [
        ("rice of forty farmers", "/01/09521100700023/10/260615-A"),
        ("recalled tomatoes", "/01/09521101000016/10/260302-A"),
        ("their harvest", "/p/ca-chua-don-duong/l/260228-DO016"),
        ("potatoes under suspicion", "/p/khoai-tay-da-lat/l/260721-S"),
        ("stickers not activated", "/01/09521100200028/10/261002-Z"),
        ("tea without a GTIN", "/p/che-shan-tuyet-100g/l/260916-A"),
    ] {
        pages.push(Page { linked: true, ..Page::of(name, path, 200) });
    }
    node::check("pages.mjs", &site, &pages).await;
    node::check("shared-words.mjs", &site, &pages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_past_its_date_is_shown_as_that_on_a_phone() {
    if !node::is_here("past its date") {
        return;
    }
    let site = Site::begin(MORNING_MS).await;
    let mut farm = site.farm(7, "farm", MORNING_MS + 3_600_000).await;
    let packed = farm.pack_lot("K1");
    let records =
        [farm.harvest(Device::Phone(1), "C1", 60_000), farm.pack(&[(farm.lot("C1"), 50_000)], &packed, 100)];
    site.take(records).await;
    site.clock.set(farm.now_ms() + 20 * DAY_MS);
    node::check("pages.mjs", &site, &[Page::lot("past its date", &packed)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lighthouse_has_no_reservation_about_a_phone_on_a_slow_line() {
    if !node::is_here("Lighthouse") {
        return;
    }
    let site = Site::begin(MORNING_MS).await;
    let mut farm = site.farm(7, "farm", MORNING_MS + 3_600_000).await;
    let packed = farm.pack_lot("K1");
    let records = [
        farm.harvest(Device::Phone(1), "C1", 60_000),
        farm.pack(&[(farm.lot("C1"), 50_000)], &packed, 100),
        farm.list("o1", std::slice::from_ref(&packed), 35_000, 80),
    ];
    site.take(records).await;
    let pages = [
        Page::lot("a lot", &packed),
        Page::of("first page", "/", 200),
        Page::of("the form for reports", "/report", 200),
        Page::of("an organisation", format!("/o/{}?lang=en", farm.id()), 200),
    ];
    node::check("lighthouse.mjs", &site, &pages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_hopes_will_run_is_only_text() {
    if !node::is_here("hostile texts") {
        return;
    }
    let site = Site::begin(MORNING_MS).await;
    let mut pages = Vec::new();
    for (seed, evil) in (0..).zip(HOSTILE) {
        let mut farm = site.farm(20 + seed, &format!("evil-{seed}"), MORNING_MS + 3_600_000).await;
        let lot = farm.lot("X1");
        site.take(say_everywhere(&site, &mut farm, &lot, evil)).await;
        let path = nguon_id::LotId::from_uri(&lot).unwrap().path();
        let query: String = evil.bytes().map(|byte| format!("%{byte:02X}")).collect();
        pages.extend([
            Page::of(&format!("lot of {seed}"), path.clone(), 200),
            Page::of(&format!("organisation of {seed}"), format!("/o/{}", farm.id()), 200),
            Page::of(&format!("search for {seed}"), format!("/?q={query}"), 200),
            Page::of(&format!("code of {seed}"), format!("/c?code={query}"), 400),
            Page::of(&format!("organisation called {seed}"), format!("/o/{query}"), 404),
            Page::of(&format!("lot called {seed}"), format!("/p/x/l/{query}"), 400),
        ]);
    }
    pages.push(Page::of("first page", "/", 200));
    node::check("hostile.mjs", &site, &pages).await;
}

/// What people write who hope that it will run: in elements, attributes, comments, scripts, styles, addresses, JSON, and with
/// characters that turn the text around them.
const HOSTILE: [&str; 8] = [
    "\"><script>ran(1);alert(1)</script>'&<img src=x onerror=ran(2)>",
    "</script><script>ran(3)</script><svg onload=ran(4)>",
    "--><svg/onload=ran(5)><!--]]><style>@import url(//evil.example/x)</style>",
    "' onmouseover='ran(6)' autofocus onfocus='ran(7)' x='",
    "javascript:ran(8)//\"><a href=javascript:ran(9)>x</a>",
    "{{7*7}}${ran(10)}<iframe srcdoc='<script>parent.ran(11)</script>'></iframe><base href=//evil.example/>",
    "\u{202e}\u{2066}<ran(12)>\u{2028}\u{2029}\u{feff}</title></textarea></style></script><script>ran(13)</script>",
    "\\u003cscript\\u003eran(14)\\u003c/script\\u003e&lt;script&gt;ran(15)&lt;/script&gt;<meta http-equiv=refresh content=0;url=//evil.example>",
];

/// The text in every field of cards and events that reaches a page.
fn say_everywhere(site: &Site, farm: &mut Farm, lot: &str, evil: &str) -> Vec<nguon_fixtures::Submission> {
    const LINK: &str = "javascript:ran(0)";
    let text = || Text::both(evil, evil);
    let some = || Some(evil.to_owned());
    let organisation = facts::Organisation {
        uri: farm.urn(),
        name: text(),
        kind: OrganisationKind::Farm,
        address: text(),
        commune: None,
        identifiers: vec![facts::Identifier { scheme: evil.to_owned(), value: evil.to_owned() }],
        hotline: some(),
        website: Some(LINK.to_owned()),
    };
    let base = format!("https://{}/{}", site.context.origin, farm.id());
    let paper = format!("{base}/paper");
    let certificate = Certificate {
        uri: paper.clone(),
        scheme: Scheme::Other(evil.to_owned()),
        number: evil.to_owned(),
        issuer: evil.to_owned(),
        holder: farm.urn(),
        valid_from: jiff::civil::date(2025, 1, 1),
        valid_until: None,
        scope: Some(text()),
        covers: Vec::new(),
        legal_basis: some(),
    };
    let product = facts::Product {
        uri: format!("{base}/product"),
        code: "x-1".parse().unwrap(),
        gtin: None,
        name: text(),
        category: "tea".to_owned(),
        description: Some(text()),
        unit_name: text(),
        net_content: Some(Quantity::grams(500)),
        shelf_life_days: Some(10),
        input_per_output: None,
        brand: Some(text()),
        warnings: Some(text()),
        storage: Some(text()),
        standards: vec![evil.to_owned()],
        image: None,
    };
    let plot = facts::Plot {
        uri: format!("{base}/plot"),
        code: evil.to_owned(),
        commune: nguon_id::Commune::parse("24943@2025-07-01").unwrap(),
        place_name: Some(text()),
        area_m2: 1_000,
        crop: text(),
        crop_code: None,
        growing_method: None,
        planting_area_code: some(),
    };
    let made = What::Transformation {
        process: None,
        inputs: vec![Amount::of(LINK, Quantity::grams(1)), Amount::of(evil, Quantity::grams(1))],
        outputs: vec![Amount::of(lot, Quantity::grams(1_000))],
    };
    let mut making = Event::new(farm.now_ms(), Step::Other(Some(LINK.to_owned())), made);
    making.place = Some(plot.uri.clone());
    making.source = Some(LINK.to_owned());
    making.destination = Some(organisation_urn(evil));
    making.note = Some(text());
    making.certificates = vec![paper];
    making.lot = LotData {
        number: some(),
        product: Some(product.uri.clone()),
        growing_method: some(),
        country_of_origin: some(),
        plots: vec![plot.uri.clone()],
        ..LotData::default()
    };
    let whole = |action| What::Objects { action, objects: vec![Amount::whole(lot)] };
    let spraying = facts::PlantProtection {
        product: some(),
        active_substance: some(),
        dose: some(),
        target: some(),
        area_m2: Some(1),
        phi_days: Some(3),
    };
    let steps = [
        Step::PlantProtection(spraying),
        Step::Fertilising { product: some(), dose: some() },
        Step::Irrigation { water: some() },
        Step::Waste { what: some() },
        Step::Test { what: some(), conformant: Some(true) },
        Step::Recall { reason: Some(text()) },
    ];
    let mut records = vec![
        farm.say(Device::Manager, Act::Commerce, &Facts::Organisation(organisation), &[]),
        farm.say(Device::Manager, Act::Commerce, &Facts::Certificate(certificate), &[]),
        farm.say(Device::Manager, Act::Commerce, &Facts::Product(product), &[]),
        farm.say(Device::Manager, Act::Commerce, &Facts::Plot(plot), &[]),
        farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(making)), &[]),
    ];
    for step in steps {
        let act = if matches!(step, Step::Recall { .. }) { Act::Recall } else { Act::Lot };
        let event = Event::new(farm.now_ms(), step, whole(Action::Observe));
        records.push(farm.say(Device::Manager, act, &Facts::Event(Box::new(event)), &[]));
    }
    records
}
