//! Keys end, roots move, organisations are suspended.

use nguon_fixtures::farm::{Device, Farm};
use nguon_id::LotId;
use nguon_ledger::{Hold, Record, Refusal, Roles, Standing};
use nguon_service::OperatorAct;
use nguon_service::submit::{Refused, Taken};
use nguon_tests::World;

use super::given;

async fn maker(world: &World, farm: &Farm, number: &str) -> Option<String> {
    let id = LotId::from_uri(&farm.lot(number)).unwrap();
    world.service().catalogue().lot(&id).await.unwrap().and_then(|lot| lot.state.maker)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_phone_is_good_up_to_where_its_owner_says() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let signed: Vec<_> = ["260105-A", "260105-B", "260105-C"]
        .map(|number| farm.harvest(Device::Phone(1), number, 1_000))
        .into();
    let good = Record::parse(&signed[1].record).unwrap().seq();
    world.log(farm.revoke(Device::Manager, Device::Phone(1), Some(good))).await;

    // They were in the stolen phone's outbox: late, and as usual.
    world.log_all(signed[..2].to_vec()).await;
    let hold = Hold::AfterRevocation { last_good: Some(good) };
    assert_eq!(world.say(signed[2].clone()).await, Ok(Taken::Held(hold)));
    world.check().await;
    assert_eq!(maker(&world, &farm, "260105-B").await, Some(farm.id().to_string()));
    assert_eq!(maker(&world, &farm, "260105-C").await, None);

    let index = world.log(farm.adopt(Device::Manager, &[signed[2].event_id])).await;
    assert_eq!(world.say(signed[2].clone()).await, Ok(Taken::Logged { index: index + 1, again: true }));
    world.check().await;
    assert_eq!(maker(&world, &farm, "260105-C").await, Some(farm.id().to_string()));

    // It never returns.
    world.log(farm.delegate(Device::Manager, Device::Phone(1), Roles::DIARY | Roles::LOT)).await;
    let next = farm.water(Device::Phone(1), "giếng");
    assert_eq!(world.say(next).await, Ok(Taken::Held(hold)));
    let audited = world.check().await;
    assert_eq!(audited.published.findings.get("key-ended"), Some(&1));
    assert_eq!(audited.published.findings.get("adopted"), Some(&1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_revoked_key_logged_too_much_becomes_a_claim() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (first, second) = (
        farm.harvest(Device::Phone(1), "260105-A", 1_000),
        farm.harvest(Device::Phone(1), "260105-B", 1_000),
    );
    let good = Record::parse(&first.record).unwrap().seq();
    world.log_all(vec![first, second.clone()]).await;
    world.check().await;
    assert_eq!(maker(&world, &farm, "260105-B").await, Some(farm.id().to_string()));

    world.log(farm.revoke(Device::Manager, Device::Phone(1), Some(good))).await;
    world.check().await;
    assert_eq!(maker(&world, &farm, "260105-A").await, Some(farm.id().to_string()));
    assert_eq!(maker(&world, &farm, "260105-B").await, None);

    world.log(farm.adopt(Device::Manager, &[second.event_id])).await;
    world.check().await;
    assert_eq!(maker(&world, &farm, "260105-B").await, Some(farm.id().to_string()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_only_the_new_root_speaks() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.log(farm.rotate(2)).await;
    let phone = Roles::DIARY | Roles::LOT;
    let old = farm.delegate(Device::Root(1), Device::Phone(8), phone);
    assert_eq!(world.refused(old).await, Refused::Authority(Refusal::RootReplaced));
    world.restart().await;
    world.log(farm.delegate(Device::Root(2), Device::Phone(9), phone)).await;
    world.log(farm.harvest(Device::Phone(9), "260105-A", 1_000)).await;
    // Who was not committed to cannot take over.
    let mut thief = Farm::named(5, "farm", &world.context);
    thief.genesis();
    assert_eq!(world.refused(thief.rotate(2)).await, Refused::Authority(Refusal::UnknownKey));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_organisation_is_refused_until_it_no_longer_is() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let harvest = farm.harvest(Device::Phone(1), "260105-A", 1_000);
    let index = world.log(harvest.clone()).await;
    world.recognise(farm.id(), Standing(Standing::SUSPENDED.0 | Standing::PRODUCER.0)).await;
    let water = farm.water(Device::Phone(1), "giếng");
    assert_eq!(world.refused(water.clone()).await, Refused::Authority(Refusal::Suspended));
    assert_eq!(world.say(harvest).await, Ok(Taken::Logged { index, again: true }), "what is logged stays so");
    world.check().await;
    world.recognise(farm.id(), Standing::PRODUCER).await;
    world.log(water).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_expired_key_says_is_logged_and_counts_for_nothing() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let until = u64::try_from(farm.now_ms() + 3_600_000).unwrap();
    let lot = Roles::DIARY | Roles::LOT;
    world.log(farm.delegate_until(Device::Manager, Device::Phone(3), lot, until)).await;
    world.log(farm.harvest(Device::Phone(3), "260105-A", 1_000)).await;
    world.hours_pass(2).await;
    let now = world.service().now_ms();
    farm.set_now_ms(now);
    world.log(farm.harvest(Device::Phone(3), "260105-B", 1_000)).await;
    let audited = world.check().await;
    assert_eq!(audited.published.findings.get("key-expired"), Some(&1));
    assert_eq!(maker(&world, &farm, "260105-A").await, Some(farm.id().to_string()));
    assert_eq!(maker(&world, &farm, "260105-B").await, None);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_the_role_is_logged_with_a_finding() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.log(farm.delegate(Device::Manager, Device::Phone(3), Roles::DIARY)).await;
    world.log(farm.harvest(Device::Phone(3), "260105-A", 1_000)).await;
    // A phone that delegates gives nothing.
    world.log(farm.delegate(Device::Phone(1), Device::Phone(4), Roles::LOT)).await;
    let unknown = farm.water(Device::Phone(4), "giếng");
    assert_eq!(world.refused(unknown).await, Refused::Authority(Refusal::UnknownKey));
    let audited = world.check().await;
    assert_eq!(audited.published.findings.get("role-lacking"), Some(&1));
    assert_eq!(audited.published.findings.get("not-authorised"), Some(&1));
    assert_eq!(maker(&world, &farm, "260105-A").await, None);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_may_not_act_on_what_is_not_there() {
    let Some(world) = given().await else { return };
    let event = nguon_ledger::EventId::from_bytes([3; 32]);
    let refused = world.service().act(OperatorAct::Erase { event, section: 0, reason: 1 }).await;
    assert_eq!(refused, Err(Refused::UnknownEvent(event)));
    world.end().await;
}
