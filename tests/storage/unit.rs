//! Units of work: all or nothing, and nobody waits in vain.

use nguon_storage::StoreError;

use super::given;
use crate::given::{change, checkpoint, held, record, section, subject};

#[tokio::test]
async fn a_unit_that_is_dropped_never_happened() {
    let Some(given) = given().await else { return };
    let given = given.with_head().await;
    let mut unit = given.unit().await;
    unit.advance_head(0, 1, &[1; 32]).await.unwrap();
    unit.insert_records(&[record(0)]).await.unwrap();
    unit.insert_sections(&[section(0, 0)]).await.unwrap();
    unit.hold(&held(1, 2, 3)).await.unwrap();
    unit.put_checkpoint(&checkpoint(1, "x")).await.unwrap();
    unit.set_projection("all", 1).await.unwrap();
    unit.index_events(&[(1, 0)]).await.unwrap();
    unit.link_records(&[("a".to_owned(), 0)]).await.unwrap();
    unit.put_subjects(&[subject("a", "lot", "a", 0)]).await.unwrap();
    unit.put_listing_lots(&[("a".to_owned(), "b".to_owned())]).await.unwrap();
    unit.put_lot_briefs(&[("a".to_owned(), "{}".to_owned())]).await.unwrap();
    unit.put_aliases(&[("short:1".to_owned(), "a".to_owned())]).await.unwrap();
    unit.append_feed(&[change(0, 0)]).await.unwrap();
    drop(unit);

    let mut reader = given.reader().await;
    assert_eq!(reader.head().await.unwrap().unwrap().size, 0);
    assert_eq!(reader.records(0, 10).await.unwrap(), []);
    assert_eq!(reader.sections(0, 10).await.unwrap(), []);
    assert_eq!(reader.list_held().await.unwrap(), []);
    assert_eq!(reader.newest_checkpoint().await.unwrap(), None);
    assert_eq!(reader.projections().await.unwrap(), []);
    assert_eq!(reader.event_index((i64::MIN, 0), 9).await.unwrap(), []);
    assert_eq!(reader.links(("", -1), 9).await.unwrap(), []);
    assert_eq!(reader.all_subjects("", 9).await.unwrap(), []);
    assert_eq!(reader.listing_lots(("", ""), 9).await.unwrap(), []);
    assert_eq!(reader.list_lot_briefs("", 9).await.unwrap(), []);
    assert_eq!(reader.aliases("", 9).await.unwrap(), []);
    assert_eq!(reader.feed(-1, 0, 9).await.unwrap(), []);
    assert_eq!(reader.feed_last().await.unwrap(), None);
}

#[tokio::test]
async fn a_unit_that_failed_saves_nothing_of_itself() {
    let Some(given) = given().await else { return };
    let given = given.with_head().await;
    let mut unit = given.unit().await;
    unit.insert_records(&[record(0)]).await.unwrap();
    assert!(matches!(unit.advance_head(5, 6, &[1; 32]).await, Err(StoreError::HeadMoved)));
    drop(unit);
    assert_eq!(given.reader().await.records(0, 10).await.unwrap(), []);
    // And the next one is not held up by it.
    let mut unit = given.unit().await;
    unit.insert_records(&[record(0)]).await.unwrap();
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.records(0, 10).await.unwrap(), [record(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_at_one_head_the_second_is_told() {
    let Some(given) = given().await else { return };
    let given = given.with_head().await;
    let advance = |root: u8| {
        let store = given.store.clone();
        tokio::spawn(async move {
            let mut unit = store.unit().await?;
            unit.advance_head(0, 1, &[root; 32]).await?;
            unit.save().await
        })
    };
    let racing: Vec<_> = (1..=8).map(advance).collect();
    let (mut won, mut told) = (0, 0);
    for writer in racing {
        match writer.await.unwrap() {
            Ok(()) => won += 1,
            Err(StoreError::HeadMoved) => told += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((won, told), (1, 7));
    assert_eq!(given.reader().await.head().await.unwrap().unwrap().size, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_units_at_once_none_fails() {
    let Some(given) = given().await else { return };
    let writing: Vec<_> = (0..200)
        .map(|index| {
            let store = given.store.clone();
            tokio::spawn(async move {
                let mut unit = store.unit().await?;
                unit.insert_records(&[record(index)]).await?;
                unit.insert_sections(&[section(index, 0), section(index, 1)]).await?;
                unit.save().await?;
                // What was saved is seen by whoever looks afterwards, on any connection.
                assert_eq!(store.reader().await?.records(index, 1).await?, [record(index)]);
                Ok::<(), StoreError>(())
            })
        })
        .collect();
    for unit in writing {
        unit.await.unwrap().unwrap();
    }
    let mut reader = given.reader().await;
    assert_eq!(reader.records(0, 1_000).await.unwrap(), (0..200).map(record).collect::<Vec<_>>());
    assert_eq!(reader.sections(0, 1_000).await.unwrap().len(), 400);
}

#[tokio::test]
async fn what_was_saved_is_there_when_the_store_is_opened_again() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    unit.insert_records(&[record(0)]).await.unwrap();
    unit.save().await.unwrap();
    given.store.close().await;
    let again = given._database.open().await;
    assert_eq!(again.reader().await.unwrap().records(0, 10).await.unwrap(), [record(0)]);
    again.close().await;
}
