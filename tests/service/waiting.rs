//! Records that come before their turn.

use nguon_fixtures::Submission;
use nguon_fixtures::farm::Device;
use nguon_ledger::{Hold, Record};
use nguon_service::submit::{Refused, Taken};
use nguon_storage::HeldRow;
use nguon_tests::{Value, World};

use super::given;

async fn held(world: &World) -> Vec<HeldRow> {
    world.service().lookup().store.reader().await.unwrap().list_held().await.unwrap()
}

async fn index_of(world: &World, submission: &Submission) -> Option<u64> {
    world.settle().await;
    world.service().lookup().entry(submission.event_id).await.unwrap().map(|entry| entry.index)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_after_a_gap_waits_and_is_logged_with_the_missing_one() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let water: Vec<Submission> = (0..4).map(|_| farm.water(Device::Phone(2), "giếng")).collect();
    let seq = Record::parse(&water[0].record).unwrap().seq();

    for late in [3, 1, 3, 2] {
        let answer = world.say(water[late].clone()).await;
        assert_eq!(
            answer,
            Ok(Taken::Held(Hold::Gap { expected: seq })),
            "nothing moves until the first one comes"
        );
    }
    assert_eq!(held(&world).await.len(), 3, "the one that came twice waits once");
    assert_eq!(index_of(&world, &water[3]).await, None);
    let first = world.log(water[0].clone()).await;
    for (n, one) in (0..).zip(&water) {
        assert_eq!(index_of(&world, one).await, Some(first + n));
        assert_eq!(world.say(one.clone()).await, Ok(Taken::Logged { index: first + n, again: true }));
    }
    assert!(held(&world).await.is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_outbox_sent_backwards_is_logged_in_the_order_it_was_signed() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let signed: Vec<Submission> = (0..30).map(|_| farm.water(Device::Phone(2), "giếng")).collect();
    let answers = world.submit(signed.iter().rev().cloned().collect()).await;
    let (logged, waited): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| matches!(answer, Ok(Taken::Logged { .. })));
    assert_eq!((logged.len(), waited.len()), (1, 29));
    let mut indexes = Vec::new();
    for one in &signed {
        indexes.push(index_of(&world, one).await.expect("all were let go"));
    }
    assert_eq!(indexes, (indexes[0]..).take(30).collect::<Vec<_>>());
    assert!(held(&world).await.is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_survives_a_restart() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (missing, late) =
        (farm.water(Device::Phone(2), "giếng"), farm.harvest(Device::Phone(2), "260105-A", 9_000));
    assert!(matches!(world.say(late.clone()).await, Ok(Taken::Held(_))));
    world.check().await;
    world.restart().await;
    assert_eq!(held(&world).await.len(), 1);
    let index = world.log(missing).await;
    assert_eq!(index_of(&world, &late).await, Some(index + 1));
    let entry = world.service().lookup().entry(late.event_id).await.unwrap().unwrap();
    assert_eq!(entry.openings.len(), 1, "its openings waited with it");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_not_make_the_ledger_wait_for_more_than_its_share() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let missing = farm.water(Device::Phone(2), "giếng");
    let many: Vec<Submission> = (0..258).map(|_| farm.water(Device::Phone(2), "giếng")).collect();
    let answers = world.submit(many.clone()).await;
    let waiting = answers.iter().filter(|answer| matches!(answer, Ok(Taken::Held(_)))).count();
    assert_eq!(waiting, 256);
    assert_eq!(answers[256..], [const { Err(Refused::TooManyHeld(256)) }; 2]);
    // One that waits already is no more of them.
    assert!(matches!(world.say(many[0].clone()).await, Ok(Taken::Held(_))));
    // Another phone is not held up.
    world.log(farm.water(Device::Phone(1), "giếng")).await;

    let index = world.log(missing).await;
    assert!(held(&world).await.is_empty());
    assert_eq!(index_of(&world, &many[255]).await, Some(index + 256));
    world.log_all(many[256..].to_vec()).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_ninety_days_is_dropped_and_may_come_again() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (missing, late) = (farm.water(Device::Phone(2), "giếng"), farm.water(Device::Phone(2), "giếng"));
    assert!(matches!(world.say(late.clone()).await, Ok(Taken::Held(_))));
    world.hours_pass(90 * 24).await;
    assert_eq!(held(&world).await.len(), 1, "ninety days to the millisecond");
    world.hours_pass(1).await;
    world.settle().await;
    assert!(held(&world).await.is_empty());
    let index = world.log(missing).await;
    assert_eq!(index_of(&world, &late).await, None);
    assert_eq!(world.log(late).await, index + 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_row_that_was_changed_is_noticed_and_not_used() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (missing, late) = (farm.water(Device::Phone(2), "giếng"), farm.water(Device::Phone(2), "giếng"));
    assert!(matches!(world.say(late.clone()).await, Ok(Taken::Held(_))));
    world.settle().await;
    let mut raw = world.database().raw().await;
    let changed = raw.run("UPDATE held SET received_at_ms = $1", &[Value::Number(7)]).await;
    assert_eq!(changed, 1);
    let places = world.audit().await.places();
    assert_eq!(places.len(), 1, "{places:?}");
    assert!(places[0].starts_with(&format!("held {}", late.event_id)), "{places:?}");

    let index = world.log(missing).await;
    assert_eq!(index_of(&world, &late).await, None, "its time of coming was changed: who knows what else");
    // The phone still has it, and its place is free.
    assert_eq!(world.log(late).await, index + 1);
    assert!(held(&world).await.is_empty(), "a record that is logged no longer waits");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_take_the_places_of_others() {
    let Some(world) = given().await else { return };
    let mut known = world.farm("farm").await;
    // Nobody recognises it, and all its records but the first of a chain are sent.
    let mut stranger = nguon_fixtures::farm::Farm::named(1, "stranger", &world.context);
    world.log_all(stranger.start()).await;
    let first = stranger.water(Device::Phone(2), "giếng");
    let waits: Vec<Submission> = (0..250).map(|_| stranger.water(Device::Phone(2), "giếng")).collect();
    for answer in world.submit(waits).await {
        assert!(matches!(answer, Ok(Taken::Held(_))), "{answer:?}");
    }
    known.water(Device::Phone(2), "giếng");
    let late = known.water(Device::Phone(2), "giếng");
    assert!(matches!(world.say(late).await, Ok(Taken::Held(_))));
    world.log(first).await;
    assert_eq!(held(&world).await.len(), 1, "the stranger's were let go");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_share_a_budget_that_others_do_not_draw_on() {
    let Some(world) = given().await else { return };
    let mut known = world.farm("farm").await;
    let mut stranger = nguon_fixtures::farm::Farm::named(1, "stranger", &world.context);
    world.log_all(stranger.start()).await;
    // A quarter of a mebibyte a record, the most that a record takes.
    let long = "nước ".repeat(30_000);
    let mut taken = 0;
    let now = stranger.now_ms();
    let refused = loop {
        // All within a moment: time brings more.
        stranger.set_now_ms(now);
        let one = stranger.say_long(Device::Phone(2), &long);
        match world.say(one).await {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, Refused::StrangersBudget);
    assert!((25..40).contains(&taken), "8 MiB are some 34 such records, not {taken}");
    world.log(known.say_long(Device::Phone(2), &long)).await;
    // Recognised, it goes on where it was.
    world.recognise(stranger.id(), nguon_ledger::Standing::PRODUCER).await;
    assert!(matches!(world.say(stranger.water(Device::Phone(1), "giếng")).await, Ok(Taken::Logged { .. })));
    world.end().await;
}
