//! One pack's own code: given out to its maker alone, known by its tag, doubted by its scans.

use nguon_fixtures::farm::{Device, Farm};
use nguon_id::{LotId, PackId, Serial, SerialCode};
use nguon_ledger::Act;
use nguon_service::{Pack, PackFound, Scan, SerialsError, SettleError};
use nguon_tests::World;
use nguon_trace::facts::{Action, Amount, Event, Facts, Step, What, vietnam_day};
use nguon_trace::labels::{LabelRange, LabelStanding, Ranges};
use nguon_trace::quantity::Quantity;
use nguon_trace::scans::Sign;

use super::given;

/// A thousand packs of a harvest, with labels 1 to 1000 printed and 1 to 990 in use.
async fn labelled(world: &World) -> (Farm, String) {
    let mut farm = world.farm("farm").await;
    let (harvest, packs) = (farm.lot("260105-A"), farm.pack_lot("P1"));
    world.log(farm.harvest(Device::Manager, "260105-A", 500_000)).await;
    world.log(farm.pack(&[(harvest, 500_000)], &packs, 1_000)).await;
    world.log(farm.label(Step::Encoding, &packs, 1, 1_000)).await;
    world.log(farm.label(Step::Commissioning, &packs, 1, 990)).await;
    world.settle().await;
    (farm, packs)
}

async fn codes(world: &World, farm: &Farm, lot: &str) -> Vec<(u32, SerialCode, String)> {
    let id = LotId::from_uri(lot).unwrap();
    let key = farm.public(Device::Manager);
    world.service().serials(&id, None, &key).await.unwrap().each().collect()
}

async fn pack(world: &World, lot: &str, serial: &str) -> Pack {
    let id = PackId { lot: LotId::from_uri(lot).unwrap(), serial: Serial::parse(serial).unwrap() };
    world.service().pack(&id).await.unwrap().unwrap()
}

async fn standing(world: &World, lot: &str, serial: SerialCode) -> LabelStanding {
    match pack(world, lot, &serial.to_string()).await {
        Pack::Known { standing, .. } => standing,
        Pack::Foreign { .. } => panic!("{serial} is ours"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_given_to_the_maker_of_the_lot_alone() {
    let Some(world) = given().await else { return };
    let (mut farm, packs) = labelled(&world).await;
    let other = world.farm("other").await;
    let all = codes(&world, &farm, &packs).await;
    assert_eq!(all.len(), 1_000);
    for (number, serial, url) in &all {
        assert_eq!(*number, serial.number());
        let read = PackId::from_path(url.strip_prefix(world.service().public_base_url()).unwrap()).unwrap();
        assert_eq!(read.serial.as_str(), serial.to_string());
    }
    let id = LotId::from_uri(&packs).unwrap();
    let asked = async |key, wanted: Option<(u64, u64)>| {
        let wanted = wanted.and_then(|(first, last)| LabelRange::new(first, last));
        let answer = world.service().serials(&id, wanted, &key).await;
        answer.map(|serials| serials.each().count())
    };
    assert_eq!(asked(farm.public(Device::Manager), Some((1, 10))).await.unwrap(), 10);
    let stranger = nguon_ledger::SigningKey::from_seed([9; 32]).public();
    for key in [other.public(Device::Manager), stranger] {
        assert!(matches!(asked(key, None).await, Err(SerialsError::NotYours)));
    }
    assert!(matches!(
        asked(farm.public(Device::Manager), Some((1_001, 2_000))).await,
        Err(SerialsError::NotPrinted)
    ));

    // What is void is not given out again; more labels than packs are not given out at all.
    world.log(farm.label(Step::Decommissioning, &packs, 991, 1_000)).await;
    world.settle().await;
    assert_eq!(asked(farm.public(Device::Manager), None).await.unwrap(), 990);
    world.log(farm.label(Step::Encoding, &packs, 1_001, 1_100)).await;
    world.settle().await;
    assert!(matches!(asked(farm.public(Device::Manager), None).await, Err(SerialsError::BeyondPacks)));

    // A key that has ended opens no drawer.
    world.log(farm.label(Step::Decommissioning, &packs, 1_001, 1_090)).await;
    world.settle().await;
    assert_eq!(asked(farm.public(Device::Phone(2)), None).await.unwrap(), 1_000);
    world.log(farm.revoke(Device::Manager, Device::Phone(2), None)).await;
    world.settle().await;
    assert!(matches!(asked(farm.public(Device::Phone(2)), None).await, Err(SerialsError::NotYours)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_known_by_its_tag_and_stands_as_its_records_say() {
    let Some(world) = given().await else { return };
    let (mut farm, packs) = labelled(&world).await;
    let all = codes(&world, &farm, &packs).await;
    let serial = |number: usize| all[number - 1].1;
    assert_eq!(standing(&world, &packs, serial(1)).await, LabelStanding::Active);
    assert_eq!(standing(&world, &packs, serial(991)).await, LabelStanding::NotActive);
    world.log(farm.label(Step::Decommissioning, &packs, 2, 2)).await;
    world.log(farm.label(Step::Selling, &packs, 3, 3)).await;
    world.settle().await;
    assert_eq!(standing(&world, &packs, serial(2)).await, LabelStanding::Void);
    assert!(matches!(standing(&world, &packs, serial(3)).await, LabelStanding::Sold { .. }));

    // One character off, another's number under this tag, a code of another lot, somebody's own numbering.
    let text = serial(1).to_string();
    let wrong = format!("{}{}", &text[..14], if text.ends_with('0') { '1' } else { '0' });
    let moved = format!("0000Z{}", &text[5..]);
    for foreign in [wrong.as_str(), &moved, "12345", "SN-0001", "000000000000000"] {
        assert!(matches!(pack(&world, &packs, foreign).await, Pack::Foreign { .. }), "{foreign}");
    }
    let harvest = farm.lot("260105-A");
    assert!(matches!(pack(&world, &harvest, &text).await, Pack::Foreign { .. }));
    // As a person types it.
    assert!(matches!(pack(&world, &packs, &text.to_lowercase()).await, Pack::Known { number: 1, .. }));
    let nowhere = PackId::from_path("/p/nothing/l/1/s/1").unwrap();
    assert!(world.service().pack(&nowhere).await.unwrap().is_none());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_are_counted_by_phone_and_day_and_copies_show() {
    let Some(world) = given().await else { return };
    let (mut farm, packs) = labelled(&world).await;
    let all = codes(&world, &farm, &packs).await;
    let now_ms = world.service().now_ms();
    let scan = |number: u32, network: u32, agent: u32, at_ms: i64| Scan {
        lot_uri: packs.clone(),
        organisation: farm.id(),
        number,
        sold_on: None,
        network: network.to_be_bytes().to_vec(),
        agent: agent.to_be_bytes().to_vec(),
        province: None,
        at_ms,
    };
    // A phone of a network of its own, which may say where it is afterwards.
    let scanned = |number: u32, phone: u32, province: Option<&str>, at_ms: i64| {
        world.service().scanned(scan(number, phone, 0, at_ms));
        if let Some(province) = province {
            let province = Some(province.to_owned());
            world.service().scanned(Scan { province, ..scan(number, phone, 0, at_ms) });
        }
    };
    let seen = async |number: usize| match pack(&world, &packs, &all[number - 1].1.to_string()).await {
        Pack::Known { scans, signs, .. } => (scans.iter().map(|day| day.phones).sum::<u64>(), signs),
        Pack::Foreign { .. } => panic!("ours"),
    };
    // One phone, three times; it says where it is the second time, and another province the third.
    for province in [None, Some("68"), Some("79")] {
        scanned(1, 1, province, now_ms);
    }
    // A province that is none.
    scanned(1, 2, Some("99"), now_ms);
    world.service().scans_counted().await;
    assert_eq!(seen(1).await, (2, vec![]));

    // The same sticker in Hà Nội and in Hồ Chí Minh City within the hour; two networks alone are no sign, nor is a day between.
    for (label, later_ms, networks) in [(2, 3_000_000, 3), (3, 4_000_000, 3), (6, 3_000_000, 2)] {
        scanned(label, 1, Some("01"), now_ms);
        for phone in 2..=networks {
            scanned(label, phone, Some("79"), now_ms + later_ms);
        }
    }
    // Whoever never scanned says no place; one network is three phones at most, whatever its browsers call themselves.
    world.service().scanned(Scan { province: Some("01".to_owned()), ..scan(7, 1, 0, now_ms) });
    for agent in 0..50 {
        world.service().scanned(scan(7, 2, agent, now_ms));
    }
    // Twenty phones.
    for phone in 0..20 {
        scanned(4, phone, None, now_ms);
    }
    world.service().scans_counted().await;
    let day = vietnam_day(now_ms);
    let far = Sign::FarApart { day, provinces: ["01".to_owned(), "79".to_owned()] };
    assert_eq!(seen(2).await, (3, vec![far.clone()]));
    assert_eq!(seen(3).await, (3, vec![]));
    assert_eq!(seen(6).await, (2, vec![]));
    assert_eq!(seen(7).await, (3, vec![]));
    assert_eq!(seen(4).await, (20, vec![Sign::ManyPhones { phones: 20 }]));

    // The organisation hears of both, and nobody else does.
    let noticed = world.service().noticed_signs(farm.id(), ("", 0, ""), 9).await.unwrap();
    let found: Vec<(u32, &Sign)> = noticed.iter().map(|one| (one.number, &one.sign)).collect();
    assert_eq!(found, [(2, &far), (4, &Sign::ManyPhones { phones: 20 })]);
    let next = world.service().noticed_signs(farm.id(), (&packs, 2, "far_apart"), 9).await.unwrap();
    assert_eq!(next.len(), 1);
    let other = world.farm("other").await;
    assert_eq!(world.service().noticed_signs(other.id(), ("", 0, ""), 9).await.unwrap(), []);

    // Sold, and met by three phones more than a week later.
    world.log(farm.label(Step::Selling, &packs, 5, 5)).await;
    world.settle().await;
    let sold_on = vietnam_day(farm.now_ms());
    for phone in 0..3 {
        world.service().scanned(Scan {
            lot_uri: packs.clone(),
            organisation: farm.id(),
            number: 5,
            sold_on: Some(sold_on),
            network: vec![phone],
            agent: Vec::new(),
            province: None,
            at_ms: farm.now_ms() + 9 * 86_400_000,
        });
    }
    world.service().scans_counted().await;
    assert_eq!(seen(5).await, (3, vec![Sign::AfterSale { sold_on, phones: 3 }]));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_made_the_lot_settles_what_scans_showed_and_later_scans_show_it_anew() {
    let Some(world) = given().await else { return };
    let (farm, packs) = labelled(&world).await;
    let all = codes(&world, &farm, &packs).await;
    let other = world.farm("other").await;
    let id = LotId::from_uri(&packs).unwrap();
    let now_ms = world.service().now_ms();
    let scans = async |networks: std::ops::Range<u32>, days: i64| {
        for network in networks {
            world.service().scanned(Scan {
                lot_uri: packs.clone(),
                organisation: farm.id(),
                number: 4,
                sold_on: None,
                network: network.to_be_bytes().to_vec(),
                agent: Vec::new(),
                province: None,
                at_ms: now_ms + days * 86_400_000,
            });
        }
        world.service().scans_counted().await;
    };
    let known = async || match pack(&world, &packs, &all[3].1.to_string()).await {
        Pack::Known { scans, signs, settled, .. } => {
            (scans.iter().map(|day| day.phones).sum::<u64>(), signs, settled)
        }
        Pack::Foreign { .. } => panic!("ours"),
    };
    let key = farm.public(Device::Manager);
    let reason = "Gói trưng bày ở hội chợ";
    let settle = async |reason: &str, key: &nguon_ledger::PublicKey| {
        world.service().settle_scans(&id, 4, reason, key).await
    };
    assert!(matches!(settle(reason, &key).await, Err(SettleError::NothingAgainst)));
    scans(0..20, 0).await;
    assert_eq!(known().await.1, [Sign::ManyPhones { phones: 20 }]);

    assert!(matches!(settle(" . ", &key).await, Err(SettleError::Unsaid)));
    assert!(matches!(settle(&"x".repeat(301), &key).await, Err(SettleError::TooLong)));
    let others = other.public(Device::Manager);
    assert!(matches!(settle(reason, &others).await, Err(SettleError::NotYours)));
    assert_eq!(known().await.1.len(), 1, "nobody settled it");
    let settled = settle(&format!("{reason}\u{202e}\n"), &key).await.unwrap();
    assert_eq!((settled.reason.as_str(), settled.day), (reason, vietnam_day(now_ms)));
    assert_eq!(settled.signs, [Sign::ManyPhones { phones: 20 }]);
    assert_eq!(known().await, (20, vec![], vec![settled.clone()]), "the scans stay");
    assert_eq!(world.service().noticed_signs(farm.id(), ("", 0, ""), 9).await.unwrap(), []);
    assert!(matches!(settle(reason, &key).await, Err(SettleError::NothingAgainst)));

    // Later that day, and the next day: what was looked into counts no more.
    scans(100..119, 0).await;
    assert_eq!(known().await, (39, vec![], vec![settled.clone()]));
    scans(200..201, 1).await;
    assert_eq!(known().await, (40, vec![Sign::ManyPhones { phones: 20 }], vec![settled]));
    let noticed = world.service().noticed_signs(farm.id(), ("", 0, ""), 9).await.unwrap();
    assert_eq!(noticed.iter().map(|one| one.number).collect::<Vec<_>>(), [4]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_its_lot_is_found_among_the_lots_that_it_may_be_of() {
    let Some(world) = given().await else { return };
    let (farm, packs) = labelled(&world).await;
    let all = codes(&world, &farm, &packs).await;
    let serial = all[6].1;
    let found = async |serial| world.service().find_pack(serial, None).await.unwrap();
    let PackFound::Pack(id) = found(serial).await else { panic!("{serial} is ours") };
    assert_eq!((id.lot.uri(&world.context.origin), id.serial.as_str()), (packs, serial.to_string().as_str()));
    let wrong = SerialCode::new(serial.number(), serial.tag() ^ 1).unwrap();
    assert_eq!(found(wrong).await, PackFound::Nobodys);
    let nobodys = nguon_id::Gtin::parse("09521234567899").unwrap();
    assert_eq!(world.service().find_pack(serial, Some(&nobodys)).await.unwrap(), PackFound::Nobodys);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_names_the_labels_that_are_still_about_and_where_they_went() {
    let Some(world) = given().await else { return };
    let (mut farm, packs) = labelled(&world).await;
    let shop = world.farm("shop").await;
    let ranges = |first, last| Ranges::of(LabelRange::new(first, last));
    let what =
        What::Objects { action: Action::Observe, objects: vec![Amount::of(&packs, Quantity::pieces(400))] };
    let event = Event {
        labels: ranges(1, 400).ranges().to_vec(),
        source: Some(farm.urn()),
        destination: Some(shop.urn()),
        ..Event::new(farm.now_ms(), Step::Shipping, what)
    };
    world.log(farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(event)), &[])).await;
    world.log(farm.label(Step::Selling, &packs, 901, 910)).await;
    world.settle().await;
    let id = LotId::from_uri(&packs).unwrap();
    let scope = world.service().catalogue().recall_scope(&id).await.unwrap().unwrap().unwrap();
    let labels = &scope.lots[0].labels;
    assert_eq!(
        labels.unsold(),
        Ranges::of([1, 911].iter().zip([900, 990]).filter_map(|(first, last)| LabelRange::new(*first, last)))
    );
    assert_eq!(labels.shipped.get(&shop.id().to_string()), Some(&ranges(1, 400)));
    world.end().await;
}
