//! A process dies between any two steps of publishing; a database is restored or changed.

use std::path::Path;

use nguon_fixtures::farm::{Device, Farm};
use nguon_service::sequencer::StartError;
use nguon_tests::{PublishedFolder, Value, World};

use super::given;

/// A ledger with two checkpoints of some size, of which the second is to be left half done; and the first one's size,
/// file and witness's file.
async fn two_checkpoints(world: &World) -> (Farm, u64, [Vec<u8>; 2]) {
    let mut farm = world.farm("farm").await;
    world.check().await;
    let size = world.service().progress().published;
    let files = [world.public().join("checkpoint"), world.witness_file()];
    let before = files.map(|file| std::fs::read(file).unwrap());
    // One request, one transaction, one checkpoint.
    let numbers = ["260105-A", "260105-B", "260105-C"];
    world.log_all(numbers.map(|number| farm.harvest(Device::Phone(1), number, 1_000)).into()).await;
    world.check().await;
    (farm, size, before)
}

/// It starts again, all is published, and it goes on.
async fn starts_sound(world: &mut World, farm: &mut Farm) {
    world.start().await.unwrap();
    world.check().await;
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    world.check().await;
    world.stop().await;
}

fn number(value: u64) -> Value {
    Value::Number(i64::try_from(value).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_and_goes_on() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    for round in 0..3 {
        let logged = world.log(farm.harvest(Device::Phone(1), &format!("260105-{round}"), 1_000)).await;
        world.restart().await;
        let progress = world.service().progress();
        assert_eq!(progress.published, logged + 1, "what was taken is published before it stops");
        world.check().await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_died_after_the_tiles_and_before_the_checkpoint() {
    let Some(mut world) = given().await else { return };
    let (mut farm, size, [checkpoint, witness]) = two_checkpoints(&world).await;
    world.stop().await;
    let mut raw = world.database().raw().await;
    assert_eq!(raw.run("DELETE FROM checkpoint WHERE size > $1", &[number(size)]).await, 1);
    std::fs::write(world.public().join("checkpoint"), checkpoint).unwrap();
    std::fs::write(world.witness_file(), witness).unwrap();
    starts_sound(&mut world, &mut farm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_died_after_signing_and_before_the_witness() {
    let Some(mut world) = given().await else { return };
    let (mut farm, size, [checkpoint, witness]) = two_checkpoints(&world).await;
    world.stop().await;
    let mut raw = world.database().raw().await;
    let Some(Value::Bytes(note)) = raw.value("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").await
    else {
        panic!("a note is bytes")
    };
    let lines: Vec<&str> = std::str::from_utf8(&note).unwrap().lines().collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("— ")).count(), 2);
    let alone = format!("{}\n", lines[..lines.len() - 1].join("\n"));
    let changed = raw
        .run(
            "UPDATE checkpoint SET note = $1 WHERE size > $2",
            &[Value::Bytes(alone.into_bytes()), number(size)],
        )
        .await;
    assert_eq!(changed, 1);
    std::fs::write(world.public().join("checkpoint"), checkpoint).unwrap();
    std::fs::write(world.witness_file(), witness).unwrap();
    starts_sound(&mut world, &mut farm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_died_after_the_witness_and_before_its_answer_was_kept() {
    let Some(mut world) = given().await else { return };
    let (mut farm, size, [checkpoint, _]) = two_checkpoints(&world).await;
    world.stop().await;
    let mut raw = world.database().raw().await;
    raw.run("DELETE FROM checkpoint WHERE size > $1", &[number(size)]).await;
    std::fs::write(world.public().join("checkpoint"), checkpoint).unwrap();
    // The witness knows a size that we do not: it says so, and takes the same tree again.
    starts_sound(&mut world, &mut farm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_died_before_the_checkpoint_was_shown() {
    let Some(mut world) = given().await else { return };
    let (mut farm, size, [checkpoint, _]) = two_checkpoints(&world).await;
    world.stop().await;
    let shown = world.public().join("checkpoints");
    let newest = PublishedFolder(shown.clone()).all().pop().unwrap();
    assert!(newest > format!("{size:03}"));
    std::fs::remove_file(shown.join(newest)).unwrap();
    std::fs::write(world.public().join("checkpoint"), checkpoint).unwrap();
    starts_sound(&mut world, &mut farm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn published_files_that_are_gone_are_written_again() {
    let Some(mut world) = given().await else { return };
    let (mut farm, _, _) = two_checkpoints(&world).await;
    // Beyond one bundle, so that there are full tiles and partial ones.
    let many = (0..300).map(|_| farm.water(Device::Phone(2), "giếng")).collect();
    world.log_all(many).await;
    world.check().await;
    for gone in [
        "",
        "tile",
        "tile/entries",
        "tile/0",
        "tile/1",
        "openings",
        "openings/000",
        "checkpoint",
        "tile/entries/000",
    ] {
        world.stop().await;
        remove(&world.public().join(gone));
        world.start().await.unwrap();
        let places = {
            world.settle().await;
            world.audit().await.places()
        };
        assert!(places.is_empty(), "without {gone:?}: {places:?}");
    }
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    world.end().await;
}

fn remove(path: &Path) {
    if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_to_start_on_a_changed_record() {
    let Some(mut world) = given().await else { return };
    let (mut farm, _, _) = two_checkpoints(&world).await;
    world.stop().await;
    let mut raw = world.database().raw().await;
    let Some(Value::Number(entries)) = raw.value("SELECT size FROM log_head").await else { panic!("a size") };
    for index in 0..entries {
        let row = Value::Number(index);
        let read = ["SELECT bytes FROM record WHERE log_index =", &index.to_string()].join(" ");
        let Some(Value::Bytes(good)) = raw.value(&read).await else { panic!("bytes") };
        // Another byte of each record: in the end every field of some record.
        let at = usize::try_from(index * 31).unwrap() % good.len();
        let mut bad = good.clone();
        bad[at] ^= 1;
        raw.run("UPDATE record SET bytes = $1 WHERE log_index = $2", &[Value::Bytes(bad), row.clone()]).await;
        let refused = world.refusal().await;
        assert!(
            matches!(refused, StartError::Damaged { .. } | StartError::RootDiffers { .. }),
            "byte {at} of {index}: {refused}"
        );
        raw.run("UPDATE record SET bytes = $1 WHERE log_index = $2", &[Value::Bytes(good), row]).await;
    }
    starts_sound(&mut world, &mut farm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_to_start_on_another_head() {
    let Some(mut world) = given().await else { return };
    let (mut farm, size, _) = two_checkpoints(&world).await;
    world.stop().await;
    let mut raw = world.database().raw().await;
    let Some(good @ Value::Bytes(_)) = raw.value("SELECT root FROM log_head").await else { panic!("a root") };
    raw.run("UPDATE log_head SET root = $1", &[Value::Bytes(vec![0; 32])]).await;
    assert!(matches!(world.refusal().await, StartError::RootDiffers { .. }));
    raw.run("UPDATE log_head SET root = $1", &[good]).await;
    raw.run("UPDATE log_head SET size = size + 1", &[]).await;
    assert!(matches!(world.refusal().await, StartError::RootDiffers { .. }));
    raw.run("UPDATE log_head SET size = size - 1", &[]).await;
    // A checkpoint that nobody signed.
    let Some(note @ Value::Bytes(_)) =
        raw.value("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").await
    else {
        panic!("a note")
    };
    raw.run("UPDATE checkpoint SET note = $1 WHERE size > $2", &[Value::Bytes(b"x".to_vec()), number(size)])
        .await;
    assert!(matches!(world.refusal().await, StartError::Damaged { .. }));
    raw.run("UPDATE checkpoint SET note = $1 WHERE size > $2", &[note, number(size)]).await;
    starts_sound(&mut world, &mut farm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_an_older_backup_than_what_it_signed() {
    let Some(mut world) = given().await else { return };
    let (_, size, [checkpoint, _]) = two_checkpoints(&world).await;
    world.stop().await;
    // The log as it was at the first checkpoint, with the checkpoints of today.
    let note = nguon_ledger::note::Note::parse(&checkpoint).unwrap();
    let root = world.policy().judge(&note).unwrap().checkpoint.root();
    let mut raw = world.database().raw().await;
    raw.run("DELETE FROM record WHERE log_index >= $1", &[number(size)]).await;
    raw.run("DELETE FROM section WHERE log_index >= $1", &[number(size)]).await;
    raw.run("UPDATE log_head SET size = $1, root = $2", &[number(size), Value::Bytes(root.0.to_vec())]).await;
    let refused = world.refusal().await;
    assert!(
        matches!(refused, StartError::BehindCheckpoint { signed, size: found } if signed > found && found == size),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_whole_older_backup_than_what_it_showed() {
    let Some(mut world) = given().await else { return };
    let (_, size, [checkpoint, _]) = two_checkpoints(&world).await;
    world.stop().await;
    let note = nguon_ledger::note::Note::parse(&checkpoint).unwrap();
    let root = world.policy().judge(&note).unwrap().checkpoint.root();
    let mut raw = world.database().raw().await;
    for table in ["record", "section", "event_index", "subject_record", "feed_change"] {
        raw.run(&["DELETE FROM", table, "WHERE log_index >= $1"].join(" "), &[number(size)]).await;
    }
    raw.run("DELETE FROM checkpoint WHERE size > $1", &[number(size)]).await;
    raw.run("UPDATE projection SET size = $1", &[number(size)]).await;
    raw.run("UPDATE log_head SET size = $1, root = $2", &[number(size), Value::Bytes(root.0.to_vec())]).await;
    // Database and its checkpoints agree with each other; only the published files and the witness know more.
    let refused = world.refusal().await;
    assert!(
        matches!(refused, StartError::BehindCheckpoint { signed, size: found } if signed > found && found == size),
        "{refused}"
    );
    // Nor when somebody lost the checkpoint's file and what the witness remembers: the tiles are there.
    std::fs::remove_file(world.public().join("checkpoint")).unwrap();
    std::fs::remove_file(world.witness_file()).unwrap();
    assert!(matches!(world.refusal().await, StartError::BehindCheckpoint { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_start_with_a_clock_that_is_years_ahead() {
    let Some(mut world) = given().await else { return };
    world.farm("farm").await;
    world.check().await;
    let now = world.service().now_ms();
    let settings = world.settings;
    world.settings =
        || nguon_service::Settings { longest_silence_ms: 90 * 86_400_000, ..nguon_tests::settings() };
    world.clock.set(now + 10 * 365 * 86_400_000);
    assert!(matches!(world.refusal().await, StartError::ClockAhead { .. }));
    // Somebody says that it is right.
    world.settings = settings;
    world.start().await.unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_another_name_or_another_log_key() {
    let Some(mut world) = given().await else { return };
    let (mut farm, _, _) = two_checkpoints(&world).await;
    let (settings, keys) = (world.settings, world.keys);
    world.stop().await;
    std::fs::remove_file(world.witness_file()).unwrap();
    world.settings = || nguon_service::Settings {
        origin: "ledger.example.org/other".to_owned(),
        public_base_url: String::new(),
        operator_name: String::new(),
        longest_silence_ms: i64::MAX,
        webhook_networks: Vec::new(),
    };
    assert!(matches!(world.refusal().await, StartError::OtherLedger { .. }));
    world.settings = settings;
    world.keys = || nguon_service::OperatorKeys {
        log: [9; 32].into(),
        operator: nguon_ledger::SigningKey::from_seed([2; 32]),
        operator_next: nguon_ledger::SigningKey::from_seed([3; 32]).public(),
        desk: nguon_ledger::SigningKey::from_seed([6; 32]),
        witness: [4; 32].into(),
        seal: [5; 32].into(),
        serial: [6; 32].into(),
        webhook: [8; 32].into(),
        gateways: Default::default(),
    };
    assert!(matches!(world.refusal().await, StartError::OtherLedger { .. }));
    world.keys = keys;
    starts_sound(&mut world, &mut farm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_start_with_another_operators_key() {
    let Some(mut world) = given().await else { return };
    let right = world.keys;
    world.keys = || nguon_service::OperatorKeys {
        log: [1; 32].into(),
        operator: nguon_ledger::SigningKey::from_seed([9; 32]),
        operator_next: nguon_ledger::SigningKey::from_seed([3; 32]).public(),
        desk: nguon_ledger::SigningKey::from_seed([6; 32]),
        witness: [4; 32].into(),
        seal: [5; 32].into(),
        serial: [6; 32].into(),
        webhook: [8; 32].into(),
        gateways: Default::default(),
    };
    assert!(matches!(world.refusal().await, StartError::OtherOperator { .. }));
    world.keys = right;
    world.start().await.unwrap();
    world.end().await;
}
