//! Many at once: phones, and services that should have been one.

use std::sync::Arc;

use nguon_fixtures::Submission;
use nguon_fixtures::farm::{Device, Farm};
use nguon_ledger::{Record, Roles};
use nguon_service::submit::{Refused, Taken};
use nguon_tests::taken;

use super::given;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_phones_at_once_lose_nothing() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let roles = Roles::DIARY | Roles::LOT;
    let phones: Vec<Device> = (10..74).map(Device::Phone).collect();
    let enrolment = phones.iter().map(|phone| farm.delegate(Device::Manager, *phone, roles)).collect();
    world.log_all(enrolment).await;
    let outboxes: Vec<Vec<Submission>> =
        phones.iter().map(|phone| (0..20).map(|_| farm.water(*phone, "giếng")).collect()).collect();
    world.clock.set(farm.now_ms());
    let first = {
        world.settle().await;
        world.service().progress().logged
    };

    let world = Arc::new(world);
    let sending: Vec<_> = outboxes
        .into_iter()
        .map(|outbox| {
            let world = world.clone();
            tokio::spawn(async move {
                let mut indexes = Vec::new();
                // Some one by one, some together, one twice.
                for pair in outbox.chunks(3) {
                    indexes.extend(world.log_all(pair.to_vec()).await);
                }
                assert!(matches!(world.say(outbox[7].clone()).await, Ok(Taken::Logged { again: true, .. })));
                indexes
            })
        })
        .collect();
    let mut all = Vec::new();
    for phone in sending {
        let indexes = phone.await.unwrap();
        assert!(indexes.is_sorted(), "a phone's records keep their order");
        all.extend(indexes);
    }
    all.sort_unstable();
    let mut epochs = 0;
    for index in first..=*all.last().unwrap() {
        if all.binary_search(&index).is_err() {
            epochs += 1;
        }
    }
    assert_eq!(all.len(), 64 * 20);
    assert!(epochs <= 1, "indexes are dense but for an epoch: {epochs}");
    // The audit walks every chain.
    let world = Arc::into_inner(world).expect("all have sent");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_services_on_one_database_the_loser_acknowledges_nothing_more() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.check().await;
    let second = world.another(world.database().open().await).await.unwrap();

    let mut acknowledged: Vec<(Submission, u64)> = Vec::new();
    let one = farm.water(Device::Phone(1), "giếng");
    acknowledged.push((one.clone(), world.log(one).await));
    world.settle().await;
    let signed = checkpoints(&world).await;

    // The second knows only the log it read at its start.
    let two = farm.water(Device::Phone(2), "giếng");
    for _ in 0..2 {
        let answer = world.submit_to(&second, vec![two.clone()]).await.remove(0);
        assert_eq!(answer, Err(Refused::Unavailable));
    }
    let standing = nguon_service::OperatorAct::Standing {
        organisation: farm.id(),
        bits: nguon_ledger::Standing::SUSPENDED,
        reason: 1,
    };
    assert_eq!(second.act(standing).await, Err(Refused::Unavailable));
    assert_eq!(checkpoints(&world).await, signed, "it signs nothing");

    // The first goes on as if nothing had been.
    let index = world.log(two.clone()).await;
    acknowledged.push((two, index));
    second.stop().await;
    world.check().await;
    world.restart().await;
    for (submission, index) in acknowledged {
        assert_eq!(world.say(submission).await, Ok(Taken::Logged { index, again: true }));
    }
    world.end().await;
}

async fn checkpoints(world: &nguon_tests::World) -> usize {
    let store = world.service().lookup().store.clone();
    store.reader().await.unwrap().list_checkpoints(-1, 1_000).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_either_of_two_racing_services_acknowledged_is_lost() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    world.check().await;
    let second = world.another(world.database().open().await).await.unwrap();
    let sent = |farm: &mut Farm, phone| -> Vec<Submission> {
        (0..5).map(|_| farm.water(Device::Phone(phone), "giếng")).collect()
    };
    let (ours, theirs) = (sent(&mut farm, 1), sent(&mut farm, 2));
    let (left, right) = tokio::join!(world.submit(ours.clone()), world.submit_to(&second, theirs.clone()));
    let mut acknowledged = Vec::new();
    for (submission, answer) in ours.into_iter().chain(theirs).zip(left.into_iter().chain(right)) {
        match answer {
            Ok(Taken::Logged { .. }) => acknowledged.push((submission, taken(answer))),
            Err(Refused::Unavailable) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(acknowledged.len(), 5, "one of them won");
    second.stop().await;
    world.restart().await;
    for (submission, index) in acknowledged {
        let record = Record::parse(&submission.record).unwrap();
        assert_eq!(world.say(submission).await, Ok(Taken::Logged { index, again: true }), "{}", record.seq());
    }
    world.end().await;
}
