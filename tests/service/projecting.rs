//! Read models follow from the records alone, however the work was cut.

use std::time::Duration;

use nguon_fixtures::Submission;
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::{Gln, Gtin};
use nguon_ledger::{Act, Flags, Record, Roles};
use nguon_service::submit::Taken;
use nguon_service::{Projector, compare_read_models};
use nguon_tests::{Database, World};
use nguon_trace::facts::{
    Action, Amount, Event, Facts, Identifier, Organisation, OrganisationKind, Step, Text, What,
};
use nguon_trace::quantity::Quantity;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::given;

/// What may happen next.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Water(u8),
    Harvest(u8, u8),
    Pack(u8, u8),
    Codes(u8),
    Ship(u8),
    Recall(u8),
    EndRecall(u8),
    List(u8, u8),
    Withdraw(u8, u8),
    ProductCard(bool),
    Fork(u8),
    AdoptLast,
    Revoke(u8),
    Delegate(u8),
    RivalHarvest(u8),
    RivalList(u8),
    Hours(i64),
    /// The projector catches up: the end of a batch.
    Pause,
    /// And forgets what it had in memory.
    Restart,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => (1..=2_u8).prop_map(Deed::Water),
        4 => (1..=2_u8, 0..3_u8).prop_map(|(phone, lot)| Deed::Harvest(phone, lot)),
        4 => (0..3_u8, 0..2_u8).prop_map(|(lot, pack)| Deed::Pack(lot, pack)),
        2 => (0..2_u8).prop_map(Deed::Codes),
        2 => (0..2_u8).prop_map(Deed::Ship),
        2 => (0..3_u8).prop_map(Deed::Recall),
        2 => (0..3_u8).prop_map(Deed::EndRecall),
        4 => (0..2_u8, 0..2_u8).prop_map(|(listing, pack)| Deed::List(listing, pack)),
        1 => (0..2_u8, 0..2_u8).prop_map(|(listing, pack)| Deed::Withdraw(listing, pack)),
        1 => any::<bool>().prop_map(Deed::ProductCard),
        1 => (1..=2_u8).prop_map(Deed::Fork),
        1 => Just(Deed::AdoptLast),
        1 => (1..=2_u8).prop_map(Deed::Revoke),
        1 => (1..=2_u8).prop_map(Deed::Delegate),
        1 => (0..3_u8).prop_map(Deed::RivalHarvest),
        1 => (0..2_u8).prop_map(Deed::RivalList),
        2 => prop_oneof![Just(1_i64), Just(26), Just(9 * 24)].prop_map(Deed::Hours),
        5 => Just(Deed::Pause),
        2 => Just(Deed::Restart),
    ]
}

struct Story {
    world: World,
    farm: Farm,
    rival: Farm,
    last: Vec<Submission>,
}

impl Story {
    /// Sends it; whether it is logged, held or refused is the ledger's business.
    async fn send(&mut self, submission: Submission) {
        let answer = self.world.say(submission.clone()).await;
        if !matches!(answer, Ok(Taken::Logged { .. })) {
            self.last = vec![submission];
        }
    }

    async fn happen(&mut self, deed: Deed) {
        let now = self.world.service().now_ms();
        for farm in [&mut self.farm, &mut self.rival] {
            if farm.now_ms() < now {
                farm.set_now_ms(now);
            }
        }
        let number = |lot: u8| format!("260105-{lot}");
        let lot = |farm: &Farm, n: u8| farm.lot(&number(n));
        let pack = |farm: &Farm, n: u8| farm.pack_lot(&format!("P{n}"));
        let farm = &mut self.farm;
        let submission = match deed {
            Deed::Water(phone) => farm.water(Device::Phone(phone), "giếng"),
            Deed::Harvest(phone, lot) => farm.harvest(Device::Phone(phone), &number(lot), 500_000),
            Deed::Pack(from, to) => farm.pack(&[(lot(farm, from), 100_000)], &pack(farm, to), 200),
            Deed::Codes(n) => farm.activate_codes(&pack(farm, n), 200),
            Deed::Ship(n) => farm.ship(&pack(farm, n), Quantity::pieces(50), &self.rival.urn()),
            Deed::Recall(n) => farm.recall(&[lot(farm, n)]),
            Deed::EndRecall(n) => farm.end_recall(&[lot(farm, n)]),
            Deed::List(listing, n) => farm.list(&format!("l{listing}"), &[pack(farm, n)], 25_000, 50),
            Deed::Withdraw(listing, n) => farm.withdraw(&format!("l{listing}"), &[pack(farm, n)], 25_000),
            Deed::ProductCard(named) => {
                let gtin = named.then(|| Gtin::parse("9521234000105").expect("a GTIN"));
                farm.product_card(Farm::PACKED, gtin)
            }
            Deed::Fork(phone) => {
                let facts = farm.watering("suối");
                farm.say_from_old_copy(Device::Phone(phone), Act::Diary, &facts)
            }
            Deed::AdoptLast => match self.last.pop() {
                Some(held) => farm.adopt(Device::Manager, &[held.event_id]),
                None => return,
            },
            Deed::Revoke(phone) => {
                let key = self.world.service().catalogue().key(&farm.public(Device::Phone(phone)));
                let good = key.and_then(|key| key.head).map(|head| head.seq / 2);
                farm.revoke(Device::Manager, Device::Phone(phone), good)
            }
            Deed::Delegate(phone) => {
                farm.delegate(Device::Manager, Device::Phone(phone), Roles::DIARY | Roles::LOT)
            }
            Deed::RivalHarvest(n) => self.rival.harvest(Device::Phone(1), &number(n), 7_000),
            Deed::RivalList(n) => {
                let packs = [pack(&self.rival, n)];
                self.rival.list("rival", &packs, 9_000, 5)
            }
            Deed::Hours(hours) => return self.world.hours_pass(hours).await,
            Deed::Pause => return caught_up(&self.world).await,
            Deed::Restart => return self.world.restart().await,
        };
        self.send(submission).await;
    }
}

/// The projector has seen all that is logged; nothing need be published.
async fn caught_up(world: &World) {
    for _ in 0..2_000 {
        let progress = world.service().progress();
        if progress.projected >= progress.logged {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the projector hangs: {:?}", world.service().progress());
}

#[test]
fn any_history_gives_the_same_read_models_however_it_was_cut() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    runner
        .run(&proptest::collection::vec(deed(), 20..45), |deeds| {
            runtime.block_on(async {
                let Some(world) = given().await else { return Ok(()) };
                let mut farm = world.farm("farm").await;
                // Some ground to stand on, so that few deeds fall into the void.
                let packs = farm.pack_lot("P0");
                world.log(farm.harvest(Device::Phone(1), "260105-0", 820_000)).await;
                let source = (farm.lot("260105-0"), 100_000);
                world.log(farm.pack(&[source], &packs, 200)).await;
                world.log(farm.list("l0", &[packs], 25_000, 100)).await;
                let rival = world.farm("rival").await;
                let mut story = Story { world, farm, rival, last: Vec::new() };
                for deed in &deeds {
                    story.happen(*deed).await;
                }
                story.world.settle().await;
                let mut places = story.world.audit().await.places();
                places.extend(differ_without_memory(&story.world).await);
                story.world.stop().await;
                if places.is_empty() { Ok(()) } else { Err(TestCaseError::fail(places.join("\n"))) }
            })
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_thrown_away_are_made_again_the_same() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let packs = farm.pack_lot("P0");
    world.log(farm.harvest(Device::Phone(1), "260105-0", 820_000)).await;
    let source = (farm.lot("260105-0"), 100_000);
    world.log(farm.pack(&[source], &packs, 200)).await;
    world.log(farm.list("l0", &[packs], 25_000, 100)).await;
    world.check().await;
    world.stop().await;
    let store = world.database().open().await;
    let mut unit = store.unit().await.unwrap();
    unit.clear_read_models().await.unwrap();
    unit.save().await.unwrap();
    store.close().await;
    world.start().await.unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gln_that_is_claimed_later_changes_nothing_that_was_judged_before() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let mut shop = world.farm("shop").await;
    let lot = farm.lot("260105-A");
    let gln = Gln::parse("9521234000006").unwrap();
    world.log(farm.harvest(Device::Phone(1), "260105-A", 820_000)).await;
    let to = format!("https://id.gs1.org/414/{gln}");
    world.log(farm.ship(&lot, Quantity::grams(500), &to)).await;
    world.check().await;
    let card = Organisation {
        uri: shop.urn(),
        name: Text::vi("Cửa hàng"),
        kind: OrganisationKind::Cooperative,
        address: Text::vi("Đà Lạt"),
        commune: None,
        identifiers: vec![Identifier { scheme: "gln".to_owned(), value: gln.to_string() }],
        hotline: None,
        website: None,
    };
    world.log(shop.say(Device::Manager, Act::Commerce, &Facts::Organisation(card), &[])).await;
    world.check().await;
    for restart in [false, true] {
        if restart {
            world.restart().await;
        }
        world.log(shop.receive(&lot, Quantity::grams(480), &farm.urn())).await;
        world.check().await;
    }
    world.end().await;
}

/// Where the read models are not those of a projector that takes in each entry alone and reads all else again.
async fn differ_without_memory(world: &World) -> Vec<String> {
    let store = world.service().lookup().store.clone();
    let database = Database::sqlite().await.expect("SQLite is always there");
    let target = database.open().await;
    let projector = Projector::open(world.context.ledger_id, store.clone(), target.clone()).await.unwrap();
    projector.without_memory().catch_up().await.unwrap();
    let places = compare_read_models(&*store, &*target, 20).await.unwrap();
    target.close().await;
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_flags_change_changes_nothing_that_was_judged_before() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let lot = farm.lot("260105-A");
    world.log(farm.harvest(Device::Phone(1), "260105-A", 820_000)).await;
    world.check().await;
    let key = farm.key(Device::Phone(1));
    let (roles, flags, not_after_ms) = (Roles::DIARY | Roles::LOT, Flags::SERVICE, 4_102_444_800_000);
    let possession = nguon_ledger::sign_possession(
        &key,
        world.context.ledger_id,
        farm.id(),
        roles,
        flags,
        not_after_ms,
        None,
    );
    let delegation = nguon_ledger::Delegation {
        device: key.public(),
        roles,
        flags,
        not_after_ms,
        person: None,
        possession,
    };
    world.log(farm.control(Device::Manager, nguon_ledger::Control::Delegate(delegation))).await;
    let sorted = |farm: &mut Farm| {
        let objects = vec![Amount::of(&lot, Quantity::grams(10))];
        let event =
            Event::new(farm.now_ms(), Step::Sorting, What::Objects { action: Action::Observe, objects });
        farm.say(Device::Phone(1), Act::Lot, &Facts::Event(Box::new(event)), &[])
    };
    for restart in [false, true] {
        if restart {
            world.restart().await;
        }
        let said = sorted(&mut farm);
        assert_eq!(Record::parse(&said.record).unwrap().author(), key.public());
        world.log(said).await;
        world.check().await;
    }
    world.end().await;
}
