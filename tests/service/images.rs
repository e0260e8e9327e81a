//! A picture that was taken away stays away, whatever comes back.

use std::io::Cursor;

use nguon_fixtures::farm::Device;
use nguon_ledger::Act;
use nguon_service::images::{Kept, Shown};
use nguon_trace::facts::{Action, Amount, Digest, Event, Facts, Photo, Step, What};
use nguon_trace::quantity::Quantity;

use super::given;

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_picture_stays_away_even_if_an_older_copy_of_the_files_comes_back() {
    let Some(mut world) = given().await else { return };
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(400, 300).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    let bytes = bytes.into_inner();
    let digest = Digest(*blake3::hash(&bytes).as_bytes());

    let mut farm = world.farm("farm").await;
    world.log(farm.harvest(Device::Phone(1), "260105-A", 1_000)).await;
    let objects = vec![Amount::of(farm.lot("260105-A"), Quantity::grams(500))];
    let what = What::Objects { action: Action::Observe, objects };
    let mut event = Event::new(farm.now_ms(), Step::Sorting, what);
    event.photos = vec![Photo { digest, media_type: "image/jpeg".to_owned(), caption: None }];
    let record = farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(event)), &[]);
    let id = record.event_id;
    world.log(record.clone()).await;

    let images = world.service().images();
    assert_eq!(images.keep(digest, id, bytes.clone()).await.unwrap(), Kept::New);
    assert!(matches!(images.show(digest, Some(160)).await.unwrap(), Shown::Picture(_)));
    world.check().await;
    let hex = digest.to_string();
    let folder = world.public().join("images").join(&hex[..2]);
    let copies: Vec<_> = [hex.clone(), format!("{hex}.160")].map(|name| folder.join(name)).into();
    let old: Vec<Vec<u8>> = copies.iter().map(|file| std::fs::read(file).unwrap()).collect();

    // From another process, as `nguon images remove` does it.
    let store = world.database().open().await;
    let objects = nguon_service::Folder::new(world.public()).unwrap();
    nguon_service::images::remove(&*store, &objects, digest, ("a face", "Chị Lan"), 7).await.unwrap();
    store.close().await;
    assert!(copies.iter().all(|file| !file.exists()));
    assert_eq!(world.service().images().show(digest, None).await.unwrap(), Shown::Removed);
    let refused = world.service().images().keep(digest, id, bytes.clone()).await.unwrap_err();
    assert!(matches!(refused, nguon_service::ImageRefused::Removed), "{refused}");

    world.stop().await;
    for (file, bytes) in copies.iter().zip(&old) {
        std::fs::write(file, bytes).unwrap();
    }
    world.start().await.unwrap();
    assert!(copies.iter().all(|file| !file.exists()), "gone again at the start");
    assert_eq!(world.service().images().show(digest, Some(160)).await.unwrap(), Shown::Removed);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_facts_were_erased_names_no_picture_any_more() {
    let Some(mut world) = given().await else { return };
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(40, 30).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let bytes = bytes.into_inner();
    let digest = Digest(*blake3::hash(&bytes).as_bytes());
    let mut farm = world.farm("farm").await;
    world.log(farm.harvest(Device::Phone(1), "260105-A", 1_000)).await;
    let objects = vec![Amount::of(farm.lot("260105-A"), Quantity::grams(500))];
    let mut event =
        Event::new(farm.now_ms(), Step::Sorting, What::Objects { action: Action::Observe, objects });
    event.photos = vec![Photo { digest, media_type: "image/png".to_owned(), caption: None }];
    let record = farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(event)), &[]);
    let id = record.event_id;
    world.log(record).await;
    world.erase(id, 0).await;
    let refused = world.service().images().keep(digest, id, bytes).await.unwrap_err();
    assert!(matches!(refused, nguon_service::ImageRefused::NotNamed), "{refused}");
    // What the audit says of a lot whose public facts were erased is told in `erasure`.
    world.stop().await;
}
