//! One key, two records for one place.

use nguon_fixtures::farm::Device;
use nguon_ledger::{Act, Control, Hold, Roles};
use nguon_service::submit::{Refused, Taken};
use nguon_tests::World;

use super::given;

async fn logged(world: &World) -> u64 {
    world.settle().await;
    world.service().progress().logged
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_fork_is_logged_with_its_evidence_and_the_second_is_not() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let trunk = farm.water(Device::Phone(1), "giếng");
    world.log(trunk.clone()).await;
    let before = logged(&world).await;

    let (well, stream) = (farm.watering("giếng khác"), farm.watering("suối"));
    let fork = farm.say_from_old_copy(Device::Phone(1), Act::Diary, &well);
    let Refused::Fork { first, other, logged: shown, .. } = world.refused(fork.clone()).await else {
        panic!("a fork is a conflict")
    };
    assert_eq!((first, other, shown), (trunk.event_id, fork.event_id, true));
    assert_eq!(logged(&world).await, before + 2);
    let disputed = world.service().lookup().entry_at(before).await.unwrap().unwrap();
    assert_eq!((disputed.record.event_id(), disputed.disputed), (fork.event_id, true));
    let evidence = world.service().lookup().entry_at(before + 1).await.unwrap().unwrap();
    let author = farm.public(Device::Phone(1));
    assert_eq!(*evidence.record.control(), Control::ForkEvidence { author, first, other });

    // The same fork again, and another one: answered, never logged.
    let second = farm.say_from_old_copy(Device::Phone(1), Act::Diary, &stream);
    for again in [fork.clone(), second.clone()] {
        let refused = world.refused(again.clone()).await;
        assert!(
            matches!(refused, Refused::Fork { other, logged: false, .. } if other == again.event_id),
            "{refused:?}"
        );
    }
    assert_eq!(logged(&world).await, before + 2);
    // The trunk is answered as before.
    assert!(matches!(world.say(trunk).await, Ok(Taken::Logged { again: true, .. })));
    let audited = world.check().await;
    assert_eq!(audited.published.findings.get("forked"), Some(&1));
    assert_eq!(audited.published.findings.get("disputed"), Some(&1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_between_good_records_of_one_request_keeps_its_evidence_next_to_it() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let mut sent = vec![farm.water(Device::Phone(1), "giếng")];
    let facts = farm.watering("suối");
    sent.push(farm.say_from_old_copy(Device::Phone(1), Act::Diary, &facts));
    sent.push(farm.water(Device::Phone(2), "giếng"));
    let answers = world.submit(sent).await;
    let Ok(Taken::Logged { index, .. }) = answers[0] else { panic!("{answers:?}") };
    assert!(matches!(answers[1], Err(Refused::Fork { logged: true, .. })), "{answers:?}");
    assert_eq!(answers[2], Ok(Taken::Logged { index: index + 3, again: false }));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_chain_waits_until_its_phone_is_delegated_again() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    let facts = farm.watering("suối");
    world.refused(farm.say_from_old_copy(Device::Phone(1), Act::Diary, &facts)).await;

    let (next, last) = (farm.water(Device::Phone(1), "giếng"), farm.water(Device::Phone(1), "giếng"));
    assert!(matches!(world.say(next.clone()).await, Ok(Taken::Held(Hold::Frozen { .. }))));
    assert!(matches!(world.say(last.clone()).await, Ok(Taken::Held(Hold::Gap { .. }))));
    let again = farm.delegate(Device::Manager, Device::Phone(1), Roles::DIARY | Roles::LOT);
    let index = world.log(again).await;
    for (n, one) in [(1, next), (2, last)] {
        assert_eq!(world.say(one).await, Ok(Taken::Logged { index: index + n, again: true }));
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adopting_lets_a_held_record_of_a_forked_chain_in() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    let facts = farm.watering("suối");
    world.refused(farm.say_from_old_copy(Device::Phone(1), Act::Diary, &facts)).await;
    let (next, last) = (farm.water(Device::Phone(1), "giếng"), farm.water(Device::Phone(1), "giếng"));
    assert!(matches!(world.say(next.clone()).await, Ok(Taken::Held(Hold::Frozen { .. }))));
    let index = world.log(farm.adopt(Device::Manager, &[next.event_id])).await;
    assert_eq!(world.say(next).await, Ok(Taken::Logged { index: index + 1, again: true }));
    // Adopting one opens no chain.
    assert!(matches!(world.say(last).await, Ok(Taken::Held(Hold::Frozen { .. }))));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_up_to_a_held_record_of_a_forked_chain_lets_it_in() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    let facts = farm.watering("suối");
    world.refused(farm.say_from_old_copy(Device::Phone(1), Act::Diary, &facts)).await;
    let (next, last) = (farm.water(Device::Phone(1), "giếng"), farm.water(Device::Phone(1), "giếng"));
    assert!(matches!(world.say(next.clone()).await, Ok(Taken::Held(Hold::Frozen { .. }))));
    let good = nguon_ledger::Record::parse(&next.record).unwrap().seq();
    let index = world.log(farm.revoke(Device::Manager, Device::Phone(1), Some(good))).await;
    assert_eq!(world.say(next).await, Ok(Taken::Logged { index: index + 1, again: true }));
    assert!(matches!(world.say(last).await, Ok(Taken::Held(Hold::AfterRevocation { .. }))));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disputed_harvest_counts_once_it_is_adopted() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    let mut other = farm.harvest(Device::Phone(2), "260105-A", 5_000);
    // The same harvest, signed by the copy of the first phone.
    let nguon_trace::facts::Facts::Event(event) =
        nguon_epcis::read(&other.openings[0].payload).unwrap().facts
    else {
        panic!("a harvest is an event")
    };
    other = farm.say_from_old_copy(Device::Phone(1), Act::Lot, &nguon_trace::facts::Facts::Event(event));
    world.refused(other.clone()).await;
    world.check().await;
    let id = nguon_id::LotId::from_uri(&farm.lot("260105-A")).unwrap();
    let lot = world.service().catalogue().lot(&id).await.unwrap().expect("it is claimed");
    assert_eq!(lot.state.maker, None, "a disputed record makes nothing");
    world.log(farm.adopt(Device::Manager, &[other.event_id])).await;
    world.check().await;
    let lot = world.service().catalogue().lot(&id).await.unwrap().unwrap();
    assert_eq!(lot.state.maker, Some(farm.id().to_string()));
    world.end().await;
}
