//! People are forgotten; the log stays what it was.

use nguon_fixtures::Submission;
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::LotId;
use nguon_ledger::{EventId, PERSON_OF_DELEGATION, Record, Roles};
use nguon_storage::SectionRow;
use nguon_tests::{PublishedFolder, World};
use nguon_trace::finding::Code;

use super::given;

async fn sections(world: &World, index: u64) -> Vec<SectionRow> {
    let index = i64::try_from(index).unwrap();
    world.service().lookup().store.reader().await.unwrap().sections(index, index + 1).await.unwrap()
}

/// Published files that hold these bytes.
fn files_with(world: &World, bytes: &[u8]) -> Vec<String> {
    let folder = PublishedFolder(world.public());
    let mut names = folder.all();
    names.retain(|name| {
        let file = std::fs::read(folder.0.join(name)).unwrap();
        file.windows(bytes.len()).any(|window| window == bytes)
    });
    names
}

/// The record and its proof are worth what they were.
async fn still_proven(world: &World, submission: &Submission) {
    world.settle().await;
    let lookup = world.service().lookup();
    let entry = lookup.entry(submission.event_id).await.unwrap().unwrap();
    assert_eq!(entry.record.as_bytes(), submission.record);
    let receipt = lookup.receipt(&entry).await.unwrap().unwrap();
    let leaf = Record::parse(&receipt.extra).unwrap().leaf_hash();
    assert!(receipt.verify(&world.policy(), leaf).unwrap().quorum_met);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picker_who_wishes_it_is_forgotten() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let harvest = farm.harvest(Device::Phone(1), "260105-A", 1_000);
    let index = world.log(harvest.clone()).await;
    world.check().await;
    assert_eq!(sections(&world, index).await.len(), 2);
    let (before, _) = world.service().lookup().checkpoint().await.unwrap().unwrap();

    let salt = harvest.openings[1].salt;
    world.erase(harvest.event_id, 1).await;
    for file in world.database().files() {
        let bytes = std::fs::read(&file).unwrap();
        let is_there = bytes.windows(salt.len()).any(|window| window == salt);
        assert!(!is_there, "{} still holds what was erased", file.display());
    }
    world.check().await;
    let left = sections(&world, index).await;
    assert_eq!(left.iter().map(|row| row.position).collect::<Vec<_>>(), [0]);
    still_proven(&world, &harvest).await;
    // Earlier checkpoints are continued, not replaced.
    let size = i64::try_from(before.size().0).unwrap();
    let store = world.service().lookup().store.clone();
    assert!(store.reader().await.unwrap().checkpoint(size).await.unwrap().is_some());
    // Again: nothing more to erase, one more notice.
    world.erase(harvest.event_id, 1).await;
    world.restart().await;
    assert_eq!(sections(&world, index).await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_of_a_delegation_is_forgotten() {
    let Some(world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let delegation = farm.delegate(Device::Manager, Device::Phone(3), Roles::LOT);
    let index = world.log(delegation.clone()).await;
    assert_eq!(sections(&world, index).await[0].position, i64::from(PERSON_OF_DELEGATION));
    world.erase(delegation.event_id, PERSON_OF_DELEGATION).await;
    world.check().await;
    assert!(sections(&world, index).await.is_empty());
    still_proven(&world, &delegation).await;
    // The device keeps its rights: the record stands.
    world.log(farm.harvest(Device::Phone(3), "260105-A", 1_000)).await;
    world.end().await;
}

/// A farm with a lot on which two records speak, the second of which is to be erased.
async fn with_a_second_word(world: &World, farm: &mut Farm) -> (LotId, EventId, Vec<u8>, u64) {
    world.log(farm.harvest(Device::Phone(1), "260105-A", 1_000)).await;
    // Published in between, so that the erased section lies in earlier partial files, too.
    world.check().await;
    let lot = farm.lot("260105-A");
    let half = nguon_trace::quantity::Quantity::grams(500);
    let shipment = farm.ship(&lot, half, "urn:nguon:org:0");
    let (event, payload) = (shipment.event_id, shipment.openings[0].payload.clone());
    let index = world.log(shipment).await;
    world.check().await;
    world.log(farm.water(Device::Phone(1), "giếng")).await;
    world.check().await;
    (LotId::from_uri(&lot).unwrap(), event, payload, index)
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_public_facts_leave_the_database_the_files_and_every_answer() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (id, event, payload, index) = with_a_second_word(&world, &mut farm).await;
    assert!(!files_with(&world, &payload).is_empty(), "public facts are published");
    assert!(files_with(&world, &payload).iter().all(|name| name.starts_with("openings/")));

    world.erase(event, 0).await;
    world.settle().await;
    assert!(sections(&world, index).await.is_empty());
    assert_eq!(files_with(&world, &payload), Vec::<String>::new(), "old partial files, too");
    let entry = world.service().lookup().entry(event).await.unwrap().unwrap();
    assert!(entry.openings.is_empty());
    let lot = world.service().catalogue().lot(&id).await.unwrap().unwrap();
    let found = &lot.state.findings;
    assert!(found.iter().any(|finding| finding.code == Code::FactsErased), "{found:?}");
    // Wrong: the audit should find nothing. Which lot the record was about stood in what was erased, so read models that
    // are made again do not know that the record is on the lot, and the audit takes the difference for a fault.
    let places = world.audit().await.places();
    let uri = id.uri(nguon_tests::ORIGIN);
    assert_eq!(places.len(), 3, "{places:?}");
    for (place, table) in places.iter().zip(["subject", "lot_brief", "subject_record"]) {
        assert!(place.starts_with(&format!("{table} {uri}")), "{places:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_while_the_read_models_are_made_again_still_leaves_the_files() {
    let Some(mut world) = given().await else { return };
    let mut farm = world.farm("farm").await;
    let (_, event, payload, _) = with_a_second_word(&world, &mut farm).await;
    // The notice is logged and the process dies before it is published; then the read models are thrown away.
    let (checkpoint, witness) = (world.public().join("checkpoint"), world.witness_file());
    let before = [&checkpoint, &witness].map(|file| std::fs::read(file).unwrap());
    let kept: Vec<(String, Vec<u8>)> = PublishedFolder(world.public())
        .all()
        .into_iter()
        .map(|name| (name.clone(), std::fs::read(world.public().join(name)).unwrap()))
        .collect();
    let size = world.service().progress().published;
    world.erase(event, 0).await;
    world.settle().await;
    world.stop().await;
    std::fs::remove_dir_all(world.public()).unwrap();
    for (name, bytes) in kept {
        let file = world.public().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    std::fs::write(&checkpoint, &before[0]).unwrap();
    std::fs::write(&witness, &before[1]).unwrap();
    let size = nguon_tests::Value::Number(i64::try_from(size).unwrap());
    let mut raw = world.database().raw().await;
    raw.run("DELETE FROM checkpoint WHERE size > $1", &[size]).await;
    let store = world.database().open().await;
    let mut unit = store.unit().await.unwrap();
    unit.clear_read_models().await.unwrap();
    unit.save().await.unwrap();
    store.close().await;

    assert!(!files_with(&world, &payload).is_empty());
    world.start().await.unwrap();
    world.settle().await;
    assert_eq!(files_with(&world, &payload), Vec::<String>::new());
    world.end().await;
}
