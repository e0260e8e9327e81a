//! What shoppers and shops see: lots, listings, recalls.

use nguon_fixtures::farm::{Device, Farm};
use nguon_id::{Gtin, LotCode, LotId};
use nguon_ledger::{Act, Standing};
use nguon_market::{Change, Cursor, PriceVnd, ReasonCode, Status};
use nguon_service::Lot;
use nguon_tests::{ORIGIN, World};
use nguon_trace::facts::{Facts, Listing, ListingState};
use nguon_trace::finding::Code;
use nguon_trace::lot::{Effect, LotStatus};
use nguon_trace::quantity::Quantity;

use super::given;

const HOUR_MS: i64 = 3_600_000;

/// All changes of the feed, a small page at a time.
async fn feed(world: &World) -> Vec<Change> {
    world.settle().await;
    let mut after = Cursor::START;
    let mut all = Vec::new();
    loop {
        let page = world.service().feeds().changes(None, after, 2).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if !page.has_more {
            return all;
        }
    }
}

/// What a shop that read the whole feed knows of a listing.
async fn offered(world: &World, listing: &str) -> Result<Status, Option<ReasonCode>> {
    match feed(world).await.into_iter().rfind(|change| change.listing() == listing) {
        Some(Change::Put(item)) => Ok(item.status),
        Some(Change::Gone { reason, .. }) => Err(Some(reason)),
        None => Err(None),
    }
}

/// Ten trays for a đồng each, for a day.
fn for_one_dong(uri: String, packs: &str, now_ms: i64) -> Listing {
    Listing {
        uri,
        product: format!("https://{ORIGIN}/p/{}", Farm::PACKED),
        lots: vec![packs.to_owned()],
        title: nguon_trace::facts::Text::vi("Cà chua 1 đồng"),
        price_dong: 1,
        price_per: Quantity::pieces(1),
        vat_included: true,
        valid_from_ms: now_ms,
        valid_until_ms: now_ms + 24 * HOUR_MS,
        stock: Quantity::pieces(10),
        min_order: None,
        tiers: Vec::new(),
        images: Vec::new(),
        certificates: Vec::new(),
        state: ListingState::Active,
    }
}

/// The trays' card, with what one holds.
fn trays(holding: Option<Quantity>) -> Facts {
    Facts::Product(nguon_trace::facts::Product {
        uri: format!("https://{ORIGIN}/p/{}", Farm::PACKED),
        code: nguon_id::ProductCode::parse(Farm::PACKED).unwrap(),
        gtin: None,
        name: nguon_trace::facts::Text::vi("Cà chua, khay"),
        category: "tomato".to_owned(),
        description: None,
        unit_name: nguon_trace::facts::Text::vi("khay"),
        net_content: holding,
        shelf_life_days: None,
        input_per_output: None,
        brand: None,
        warnings: None,
        storage: None,
        standards: Vec::new(),
        image: None,
    })
}

async fn lot(world: &World, uri: &str) -> Option<Lot> {
    world.settle().await;
    world.service().catalogue().lot(&LotId::from_uri(uri).unwrap()).await.unwrap()
}

/// A farm with a thousand trays of a pack lot that came from one harvest.
async fn with_packs(world: &World) -> (Farm, String, String) {
    let mut farm = world.farm("farm").await;
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    world.log(farm.harvest(Device::Phone(1), "260105-A", 820_000)).await;
    world.log(farm.pack(&[(harvest.clone(), 500_000)], &packs, 1_000)).await;
    later(&mut farm);
    (farm, harvest, packs)
}

/// Six minutes later: the next record has an epoch before it, so that log time is the farm's, and an offer that begins
/// now has begun.
fn later(farm: &mut Farm) {
    let now = farm.now_ms();
    farm.set_now_ms(now + 6 * 60_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_reaches_what_was_made_of_the_lot_and_its_listing() {
    let Some(mut world) = given().await else { return };
    let (mut farm, harvest, packs) = with_packs(&world).await;
    let listing = farm.listing("khay");
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 300)).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active));
    assert_eq!(lot(&world, &packs).await.unwrap().listings.len(), 1);

    world.log(farm.recall(std::slice::from_ref(&harvest))).await;
    assert_eq!(offered(&world, &listing).await, Err(Some(ReasonCode::LotRecalled)));
    let recalled = lot(&world, &packs).await.unwrap();
    assert!(
        matches!(&recalled.state.status, LotStatus::Recalled { inherited_from: Some(from), .. } if *from == harvest),
        "{:?}",
        recalled.state.status
    );
    assert!(recalled.listings.is_empty(), "the page offers nothing");
    world.check().await;
    world.restart().await;

    world.log(farm.end_recall(std::slice::from_ref(&harvest))).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active));
    assert_eq!(lot(&world, &packs).await.unwrap().state.status, LotStatus::Active);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_knows_who_has_how_much_of_what() {
    let Some(world) = given().await else { return };
    let (mut farm, harvest, packs) = with_packs(&world).await;
    let shop = world.farm("shop").await;
    let listing = farm.listing("khay");
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 300)).await;
    world.log(farm.ship(&packs, Quantity::pieces(120), &shop.urn())).await;
    world.log(farm.ship(&packs, Quantity::pieces(30), "https://example.com/quan-com-ba-nam")).await;
    world.log(farm.ship(&packs, Quantity::pieces(5), "https://example.com/quan-com-ba-nam")).await;
    world.settle().await;
    let id = LotId::from_uri(&harvest).unwrap();
    let scope = world.service().catalogue().recall_scope(&id).await.unwrap().unwrap().unwrap();
    let lots: Vec<&str> = scope.lots.iter().map(|lot| lot.uri.as_str()).collect();
    assert_eq!(lots, [harvest.as_str(), packs.as_str()]);
    assert_eq!(scope.packs(), (1_000, 1_000), "shipped is still somewhere");
    let holder = |id: &str| scope.holders.iter().find(|holder| holder.id == id).unwrap();
    let got = &holder(&shop.id().to_string()).lots;
    assert_eq!(got[&packs], (Quantity::pieces(120), Quantity::pieces(120)));
    assert!(!got.contains_key(&harvest), "it got packs, not the harvest");
    let own = &holder(&farm.id().to_string()).lots;
    assert_eq!(own[&packs].1, Quantity::pieces(845));
    assert_eq!(own[&harvest], (Quantity::grams(820_000), Quantity::grams(320_000)));
    let buyer = &scope.buyers["https://example.com/quan-com-ba-nam"];
    assert_eq!(buyer[&packs], Some(Quantity::pieces(35)));
    assert_eq!(scope.plots.keys().collect::<Vec<_>>(), [&farm.plot()]);
    assert_eq!(scope.listings.iter().collect::<Vec<_>>(), [&listing]);
    assert!(!scope.cut_off && scope.lots.iter().all(|lot| !lot.is_recalled));

    world.log(farm.recall(std::slice::from_ref(&harvest))).await;
    world.settle().await;
    let scope = world.service().catalogue().recall_scope(&id).await.unwrap().unwrap().unwrap();
    assert!(scope.lots.iter().all(|lot| lot.is_recalled));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tray_holds_counts_for_lots_that_were_packed_before_it_was_said() {
    let Some(world) = given().await else { return };
    let (mut farm, _, packs) = with_packs(&world).await;
    let listing = farm.listing("khay");
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 300)).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active), "1,000 trays of 500 g out of 500 kg");
    for (holding, expected) in [
        (Some(Quantity::grams(501)), vec![Code::OutputBeyondInput]),
        (None, vec![Code::FactorUndeclared]),
        (Some(Quantity::grams(500)), vec![]),
    ] {
        world.log(farm.say(Device::Manager, Act::Commerce, &trays(holding), &[])).await;
        let found = lot(&world, &packs).await.unwrap().state.findings;
        let about_trays = |code: &Code| *code != Code::FoodSafetyMissing;
        let found: Vec<Code> = found.iter().map(|finding| finding.code).filter(about_trays).collect();
        assert_eq!(found, expected, "{holding:?}");
        let goes = offered(&world, &listing).await;
        assert_eq!(goes.is_ok(), expected != [Code::OutputBeyondInput], "{holding:?}: {goes:?}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_says_each_thing_once() {
    let Some(mut world) = given().await else { return };
    let (mut farm, harvest, packs) = with_packs(&world).await;
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 300)).await;
    assert_eq!(feed(&world).await.len(), 1);
    // What changes nothing about the offer is no change of the feed, whoever hears it after whatever pause.
    world.log(farm.print_codes(&packs, 1_000)).await;
    world.log(farm.activate_codes(&packs, 990)).await;
    world.settle().await;
    world.log(farm.harvest(Device::Phone(2), "260105-A", 1_000)).await;
    world.restart().await;
    world.log(farm.spray(Device::Phone(1), Some(7))).await;
    world.hours_pass(25).await;
    assert_eq!(feed(&world).await.len(), 1, "{:#?}", feed(&world).await);
    world.log(farm.recall(std::slice::from_ref(&harvest))).await;
    world.settle().await;
    world.log(farm.recall(&[harvest])).await;
    // The offer is told at its newest alone: what was recalled is for sale on no page of the feed.
    let told = feed(&world).await;
    assert!(matches!(&told[..], [Change::Gone { reason: ReasonCode::LotRecalled, .. }]), "{told:#?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_ends_with_its_time_and_with_its_lots_best_before() {
    let Some(mut world) = given().await else { return };
    let (mut farm, _, packs) = with_packs(&world).await;
    world.log(farm.list("lau", std::slice::from_ref(&packs), 25_000, 300)).await;
    let short = Listing {
        uri: farm.listing("ngan"),
        product: format!("https://{ORIGIN}/p/{}", Farm::PACKED),
        lots: vec![packs.clone()],
        title: nguon_trace::facts::Text::vi("Cà chua"),
        price_dong: 25_000,
        price_per: Quantity::pieces(1),
        vat_included: true,
        valid_from_ms: farm.now_ms() + 2 * HOUR_MS,
        valid_until_ms: farm.now_ms() + 5 * HOUR_MS,
        stock: Quantity::pieces(10),
        min_order: None,
        tiers: Vec::new(),
        images: Vec::new(),
        certificates: Vec::new(),
        state: ListingState::Active,
    };
    world.log(farm.say(Device::Manager, Act::Commerce, &Facts::Listing(short), &[])).await;
    let (long, short) = (farm.listing("lau"), farm.listing("ngan"));
    assert_ne!(offered(&world, &short).await, Ok(Status::Active), "its time has not come");
    world.hours_pass(3).await;
    assert_eq!(offered(&world, &short).await, Ok(Status::Active));
    world.restart().await;
    world.hours_pass(3).await;
    assert_eq!(offered(&world, &short).await, Err(Some(ReasonCode::Expired)));
    assert_eq!(offered(&world, &long).await, Ok(Status::Active));
    // Best before the eighth day after packing.
    world.hours_pass(7 * 24).await;
    assert_eq!(offered(&world, &long).await, Ok(Status::Active));
    world.restart().await;
    world.hours_pass(3 * 24).await;
    assert_eq!(offered(&world, &long).await, Err(Some(ReasonCode::LotExpired)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_listing_is_gone_and_may_come_back() {
    let Some(world) = given().await else { return };
    let (mut farm, _, packs) = with_packs(&world).await;
    let listing = farm.listing("khay");
    let packs = [packs];
    world.log(farm.list("khay", &packs, 25_000, 300)).await;
    world.log(farm.withdraw("khay", &packs, 25_000)).await;
    assert_eq!(offered(&world, &listing).await, Err(Some(ReasonCode::Withdrawn)));
    later(&mut farm);
    world.log(farm.list("khay", &packs, 23_000, 100)).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active));
    later(&mut farm);
    world.log(farm.list("khay", &packs, 23_000, 0)).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::SoldOut));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sells_a_lot_of_somebody_else() {
    let Some(world) = given().await else { return };
    let (mut farm, _, packs) = with_packs(&world).await;
    let mut rival = world.farm("rival").await;
    later(&mut rival);
    world.log(rival.list("khay", std::slice::from_ref(&packs), 9_000, 300)).await;
    assert_eq!(offered(&world, &rival.listing("khay")).await, Err(None));
    assert!(lot(&world, &packs).await.unwrap().listings.is_empty());

    // And once it went to him, he does.
    world.log(farm.ship(&packs, Quantity::pieces(500), &rival.urn())).await;
    world.log(rival.receive(&packs, Quantity::pieces(500), &farm.urn())).await;
    assert_eq!(offered(&world, &rival.listing("khay")).await, Ok(Status::Active));
    // Nobody takes over a listing by writing its name.
    let stolen = for_one_dong(rival.listing("khay"), &packs, farm.now_ms());
    world.log(farm.say(Device::Manager, Act::Commerce, &Facts::Listing(stolen), &[])).await;
    let last = feed(&world).await.pop();
    assert!(
        matches!(&last, Some(Change::Put(item)) if item.price_vnd == PriceVnd::try_from(9_000).unwrap()),
        "{last:?}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rival_writes_on_a_lot_is_shown_and_changes_nothing() {
    let Some(world) = given().await else { return };
    let (_, harvest, packs) = with_packs(&world).await;
    let before = [lot(&world, &harvest).await.unwrap().state, lot(&world, &packs).await.unwrap().state];
    let mut rival = world.farm("rival").await;
    world.log(rival.recall(&[harvest.clone(), packs.clone()])).await;
    world.log(rival.harvest(Device::Phone(1), "260105-A", 5)).await;
    world.log(rival.receive(&packs, Quantity::pieces(9_999), "urn:nguon:org:0")).await;
    world.log(rival.pack(&[(harvest.clone(), 820_000)], &packs, 1)).await;
    let after = [lot(&world, &harvest).await.unwrap().state, lot(&world, &packs).await.unwrap().state];
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(
            (&after.status, &after.maker, &after.balance),
            (&before.status, &before.maker, &before.balance)
        );
        assert_eq!((&after.inputs, &after.outputs), (&before.inputs, &before.outputs));
        assert_eq!(after.findings, before.findings);
        let claims: Vec<_> =
            after.stages.iter().filter(|stage| stage.organisation == rival.id().to_string()).collect();
        assert_eq!(claims.len(), 3);
        assert!(claims.iter().all(|stage| stage.effect == Effect::Claim), "{claims:?}");
    }
    // An authority's recall is another matter.
    let mut authority = world.farm("chi-cuc").await;
    world.recognise(authority.id(), Standing::AUTHORITY).await;
    world.log(authority.recall(std::slice::from_ref(&harvest))).await;
    let recalled = lot(&world, &packs).await.unwrap().state.status;
    assert!(matches!(recalled, LotStatus::Recalled { .. }), "{recalled:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gtin_that_came_later_leads_both_ways() {
    let Some(world) = given().await else { return };
    let (mut farm, harvest, packs) = with_packs(&world).await;
    let gtin = Gtin::parse("9521234000105").unwrap();
    let number = LotCode::parse("P1").unwrap();
    let with_gtin = LotId::Gs1 { gtin, lot: number };
    world.settle().await;
    assert!(world.service().catalogue().lot(&with_gtin).await.unwrap().is_none());

    world.log(farm.product_card(Farm::PACKED, Some(gtin))).await;
    world.settle().await;
    let found = world.service().catalogue().lot(&with_gtin).await.unwrap().expect("the old sticker's lot");
    assert_eq!(found.state.uri, packs);

    // A lot that was made under its GTIN is found by the code on an old sticker.
    let later = LotId::Gs1 { gtin, lot: LotCode::parse("P2").unwrap() };
    world.log(farm.pack(&[(harvest, 100_000)], &later.uri(ORIGIN), 200)).await;
    let found = lot(&world, &farm.pack_lot("P2")).await.expect("the new lot");
    assert_eq!(found.state.uri, later.uri(ORIGIN));
    // By its short code, too.
    let code = found.short_code.expect("every lot has one");
    assert_eq!(world.service().catalogue().lot_by_short_code(code).await.unwrap(), Some(later));

    // A rival who writes the same GTIN on a product of his own gets nothing.
    let mut rival = world.farm("rival").await;
    world.log(rival.product_card("ca-chua-khac", Some(gtin))).await;
    world.settle().await;
    let found = world.service().catalogue().lot(&with_gtin).await.unwrap().unwrap();
    assert_eq!(found.state.uri, packs);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_shipped_and_four_hundred_and_eighty_received_are_both_shown() {
    let Some(world) = given().await else { return };
    let (mut farm, _, packs) = with_packs(&world).await;
    let mut shop = world.farm("shop").await;
    world.recognise(shop.id(), Standing::PACKER).await;
    world.log(farm.ship(&packs, Quantity::pieces(500), &shop.urn())).await;
    world.log(shop.receive(&packs, Quantity::pieces(480), &farm.urn())).await;
    let found = lot(&world, &packs).await.unwrap();
    let (from, to) =
        (found.state.holdings[&farm.id().to_string()], found.state.holdings[&shop.id().to_string()]);
    assert_eq!((from.made, from.shipped, from.left), (1_000, 500, 500));
    assert_eq!((to.sent_here, to.received), (500, 480));
    assert!(found.organisations.contains_key(&shop.id().to_string()), "with its card");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_without_accents_finds_the_lot() {
    let Some(world) = given().await else { return };
    let (farm, _, packs) = with_packs(&world).await;
    world.settle().await;
    for text in ["ca chua", "CÀ CHUA", "p1", "khay 500"] {
        let lines = world.service().catalogue().search_lots(text, 10).await.unwrap();
        assert_eq!(lines.iter().filter(|line| line.id.uri(ORIGIN) == packs).count(), 1, "{text}");
    }
    assert!(world.service().catalogue().search_lots("%", 10).await.unwrap().is_empty());
    let mine = world.service().catalogue().lots_of(farm.id(), "", 10).await.unwrap();
    assert_eq!(mine.len(), 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_seller_offers_nothing() {
    let Some(world) = given().await else { return };
    let (mut farm, _, packs) = with_packs(&world).await;
    let listing = farm.listing("khay");
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 300)).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active));
    world.recognise(farm.id(), Standing(Standing::PRODUCER.0 | Standing::SUSPENDED.0)).await;
    assert_eq!(offered(&world, &listing).await, Err(Some(ReasonCode::SellerUnrecognised)));
    world.recognise(farm.id(), Standing::PRODUCER).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active), "let in again");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spray_that_is_told_late_takes_the_listing_down() {
    let Some(mut world) = given().await else { return };
    let (mut farm, harvest, packs) = with_packs(&world).await;
    let listing = farm.listing("khay");
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 300)).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active));
    world.restart().await;

    // Two days before the harvest, with seven days to wait; told now.
    let now = farm.now_ms();
    farm.set_now_ms(now - 48 * HOUR_MS);
    let mut spray = farm.spray(Device::Phone(2), Some(7));
    farm.set_now_ms(now);
    spray.at_ms = now;
    world.log(spray).await;
    assert_eq!(offered(&world, &listing).await, Err(Some(ReasonCode::LotBlocked)));
    let codes = |lot: Lot| lot.state.findings.into_iter().map(|finding| finding.code).collect::<Vec<_>>();
    assert_eq!(codes(lot(&world, &harvest).await.unwrap()), [Code::InsidePhi]);
    assert_eq!(codes(lot(&world, &packs).await.unwrap()), [Code::SourceBlocked]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plot_that_is_registered_late_gives_its_harvests_their_effect() {
    let Some(world) = given().await else { return };
    let mut farm = Farm::named(1, "farm", &world.context);
    let mut start = farm.start();
    let plot = farm.plot();
    let is_card = |one: &nguon_fixtures::Submission| {
        one.openings.iter().any(|opening| {
            let document = nguon_epcis::read(&opening.payload);
            document.is_ok_and(|document| matches!(document.facts, Facts::Plot(card) if card.uri == plot))
        })
    };
    let place = start.iter().position(is_card).expect("the farm registers its plot");
    // The plot's card is the last thing that its phone signs.
    let card = start.remove(place);
    world.log_all(start).await;
    world.recognise(farm.id(), Standing::PRODUCER).await;
    let harvest = farm.lot("260105-A");
    let sent = farm.harvest(Device::Phone(2), "260105-A", 820_000);
    world.log(sent).await;
    let before = lot(&world, &harvest).await.unwrap().state;
    assert_eq!(before.status, LotStatus::Unknown);
    assert_eq!(before.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::PlotUnknown]);
    world.log(card).await;
    let after = lot(&world, &harvest).await.unwrap().state;
    assert_eq!((after.status, after.findings), (LotStatus::Active, Vec::new()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diary_phone_can_neither_recall_nor_sell_by_calling_it_a_diary() {
    let Some(world) = given().await else { return };
    let (mut farm, harvest, packs) = with_packs(&world).await;
    let cheap = farm.listing("re");
    let listing = for_one_dong(cheap.clone(), &packs, farm.now_ms());
    world.log(farm.say(Device::Phone(1), Act::Diary, &Facts::Listing(listing), &[])).await;
    assert_eq!(offered(&world, &cheap).await, Err(None), "never offered");
    let objects = vec![nguon_trace::facts::Amount::whole(&harvest)];
    let recall = nguon_trace::facts::Step::Recall { reason: None };
    world.log(farm.observe(Device::Phone(1), Act::Diary, recall, objects)).await;
    let state = lot(&world, &harvest).await.unwrap().state;
    assert_eq!(state.status, LotStatus::Active);
    assert_eq!(state.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::ActDiffers]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_that_ends_ends_for_a_blend_of_many_grades() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let harvest = farm.lot("260105-A");
    world.log(farm.harvest(Device::Phone(1), "260105-A", 820_000)).await;
    let grades: Vec<String> = (0..6).map(|n| farm.pack_lot(&format!("G{n}"))).collect();
    for grade in &grades {
        world.log(farm.pack(&[(harvest.clone(), 50_000)], grade, 100)).await;
    }
    let blend = farm.pack_lot("BLEND");
    let inputs: Vec<(String, u64)> = grades.iter().map(|grade| (grade.clone(), 50_000)).collect();
    world.log(farm.pack(&inputs, &blend, 600)).await;
    world.log(farm.recall(std::slice::from_ref(&harvest))).await;
    assert!(matches!(lot(&world, &blend).await.unwrap().state.status, LotStatus::Recalled { .. }));
    world.log(farm.end_recall(std::slice::from_ref(&harvest))).await;
    assert!(!matches!(lot(&world, &blend).await.unwrap().state.status, LotStatus::Recalled { .. }));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_its_standing_keeps_no_name() {
    let Some(world) = given().await else { return };
    let gtin = Gtin::parse("09521234000105").unwrap();
    let mut squatter = world.farm("squatter").await;
    world.log(squatter.product_card(Farm::PACKED, Some(gtin))).await;
    world.recognise(squatter.id(), Standing(0)).await;
    let mut farm = world.farm("farm").await;
    world.log(farm.product_card("cua-minh", Some(gtin))).await;
    let id = LotId::Gs1 { gtin, lot: LotCode::parse("L1").unwrap() };
    let uri = id.uri(ORIGIN);
    world.log(farm.pack(&[(farm.lot("260105-A"), 50_000)], &uri, 100)).await;
    let found = lot(&world, &uri).await.unwrap();
    assert_eq!(found.state.maker, Some(farm.id().to_string()));
    let by_its_code = lot(&world, &format!("https://{ORIGIN}/p/cua-minh/l/L1")).await.unwrap();
    assert_eq!(by_its_code.state.uri, uri, "the GTIN is the farm's product now");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packs_lead_back_to_their_harvests_and_harvests_forward_to_their_packs() {
    use nguon_service::Trace;
    use nguon_trace::graph::{Bounds, Direction};

    let Some(world) = given().await else { return };
    let (mut farm, harvest, packs) = with_packs(&world).await;
    let second = farm.lot("260105-B");
    world.log(farm.harvest(Device::Phone(1), "260105-B", 100_000)).await;
    world
        .log(farm.pack(&[(harvest.clone(), 75_000), (second.clone(), 25_000)], &farm.pack_lot("P2"), 190))
        .await;
    let walked = async |uri: &str, direction, bounds| {
        world.settle().await;
        let id = LotId::from_uri(uri).unwrap();
        match world.service().catalogue().trace(&id, direction, bounds).await.unwrap() {
            Some(Trace::Walked { lots, cut_off, .. }) => {
                let reached = lots.into_iter().map(|lot| (lot.uri, (lot.steps, lot.share_millionths)));
                Ok((reached.collect::<std::collections::BTreeMap<_, _>>(), cut_off))
            }
            Some(Trace::Cycle(on)) => Err(Some(on)),
            None => Err(None),
        }
    };
    let (back, cut_off) = walked(&farm.pack_lot("P2"), Direction::Back, Bounds::ALL).await.unwrap();
    assert_eq!((back[&harvest], back[&second]), ((1, Some(750_000)), (1, Some(250_000))));
    assert!(!cut_off);
    let (forward, _) = walked(&harvest, Direction::Forward, Bounds::ONE_STEP).await.unwrap();
    assert_eq!(forward.keys().cloned().collect::<Vec<_>>(), {
        let mut all = vec![harvest.clone(), packs.clone(), farm.pack_lot("P2")];
        all.sort();
        all
    });
    assert_eq!(walked(&farm.lot("nobody"), Direction::Back, Bounds::ALL).await, Err(None));
    // Packs go back into what they were made of.
    let round = farm.pack_lot("P3");
    world.log(farm.pack(&[(farm.pack_lot("P2"), 100)], &round, 1)).await;
    world.log(farm.pack(&[(round, 100)], &farm.pack_lot("P2"), 1)).await;
    assert!(matches!(walked(&farm.pack_lot("P2"), Direction::Back, Bounds::ALL).await, Err(Some(_))));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_card_on_a_certificate_blocks_nothing() {
    use nguon_trace::facts::{Certificate, Scheme, Step, Text, What};

    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let packs = farm.pack_lot("P1");
    let uri = format!("https://{ORIGIN}/cert/VG-1");
    let inputs = vec![nguon_trace::facts::Amount::of(farm.lot("260105-A"), Quantity::grams(500_000))];
    let outputs = vec![nguon_trace::facts::Amount::of(&packs, Quantity::pieces(1_000))];
    world.log(farm.harvest(Device::Phone(1), "260105-A", 820_000)).await;
    let what = What::Transformation { process: None, inputs, outputs };
    let mut packing = nguon_trace::facts::Event::new(farm.now_ms(), Step::Packing, what);
    packing.certificates = vec![uri.clone()];
    world.log(farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(packing)), &[])).await;
    later(&mut farm);
    let listing = farm.listing("khay");
    world.log(farm.list("khay", std::slice::from_ref(&packs), 25_000, 300)).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active), "nobody laid the certificate yet");
    let card = |holder: String, until| Certificate {
        uri: uri.clone(),
        scheme: Scheme::VietGap,
        number: "VG-1".to_owned(),
        issuer: "Tổ chức chứng nhận".to_owned(),
        holder,
        valid_from: jiff::civil::date(2024, 1, 1),
        valid_until: Some(until),
        scope: None::<Text>,
        covers: Vec::new(),
        legal_basis: None,
    };
    let (past, future) = (jiff::civil::date(2025, 1, 1), jiff::civil::date(2027, 1, 1));
    let mut stranger = Farm::named(1, "stranger", &world.context);
    world.log_all(stranger.start()).await;
    let forged = Facts::Certificate(card("urn:nguon:org:00".to_owned(), past));
    world.log(stranger.say(Device::Manager, Act::Commerce, &forged, &[])).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active));
    // A certifier's word counts, both ways.
    let mut certifier = world.farm("certifier").await;
    world.recognise(certifier.id(), Standing::INSPECTOR).await;
    let over = Facts::Certificate(card(farm.urn(), past));
    world.restart().await;
    world.log(certifier.say(Device::Manager, Act::Commerce, &over, &[])).await;
    assert_eq!(offered(&world, &listing).await, Err(Some(ReasonCode::LotBlocked)));
    let renewed = Facts::Certificate(card(farm.urn(), future));
    world.restart().await;
    world.log(certifier.say(Device::Manager, Act::Commerce, &renewed, &[])).await;
    assert_eq!(offered(&world, &listing).await, Ok(Status::Active));
    world.end().await;
}
