//! The log: head, entries, openings, checkpoints.

use nguon_storage::StoreError;

use super::given;
use crate::given::{checkpoint, head, record, section};

#[tokio::test]
async fn a_new_database_has_no_log() {
    let Some(given) = given().await else { return };
    let mut reader = given.reader().await;
    assert_eq!(reader.head().await.unwrap(), None);
    assert_eq!(reader.records(0, 10).await.unwrap(), []);
    assert_eq!(reader.records_at(&[1; 32], 0).await.unwrap(), []);
    assert_eq!(reader.sections(0, 10).await.unwrap(), []);
    assert_eq!(reader.newest_checkpoint().await.unwrap(), None);
    assert_eq!(reader.checkpoint(0).await.unwrap(), None);
    assert_eq!(reader.checkpoint_covering(0).await.unwrap(), None);
    assert_eq!(reader.list_checkpoints(-1, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_head_moves_once_from_each_size() {
    let Some(given) = given().await else { return };
    let given = given.with_head().await;
    let mut unit = given.unit().await;
    unit.advance_head(0, 3, &[3; 32]).await.unwrap();
    unit.save().await.unwrap();
    let mut late = given.unit().await;
    assert!(matches!(late.advance_head(0, 4, &[4; 32]).await, Err(StoreError::HeadMoved)));
    drop(late);
    let found = given.reader().await.head().await.unwrap().unwrap();
    assert_eq!((found.size, found.root), (3, vec![3; 32]));
    assert_eq!((found.ledger_id, found.origin), (vec![9; 32], "ledger.example.org/đà-lạt".to_owned()));
}

#[tokio::test]
async fn a_database_holds_one_ledger_once() {
    let Some(given) = given().await else { return };
    let given = given.with_head().await;
    assert!(given.unit().await.create_head(&head(0)).await.is_err());
    assert_eq!(given.reader().await.head().await.unwrap(), Some(head(0)));
}

#[tokio::test]
async fn entries_come_back_exactly_in_order_and_in_pages() {
    let Some(given) = given().await else { return };
    for count in [0, 1, 3, 257, 1000] {
        let start = count * 10_000;
        let rows: Vec<_> = (start..start + count).map(record).collect();
        let mut unit = given.unit().await;
        // Written backwards: the order is the index's, not that of arrival.
        unit.insert_records(&rows.iter().rev().cloned().collect::<Vec<_>>()).await.unwrap();
        unit.save().await.unwrap();
        let mut reader = given.reader().await;
        assert_eq!(reader.records(start, count + 1).await.unwrap(), rows, "{count} rows");
        if count > 2 {
            assert_eq!(reader.records(start + 1, 2).await.unwrap(), rows[1..3]);
            assert_eq!(reader.records(start + count - 1, 5).await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn an_index_is_given_once_and_a_place_of_a_chain_to_trunk_and_fork() {
    let Some(given) = given().await else { return };
    let trunk = record(5);
    let fork =
        nguon_storage::RecordRow { disputed: true, log_index: 6, event_id: vec![6; 32], ..trunk.clone() };
    let mut unit = given.unit().await;
    unit.insert_records(&[fork.clone(), trunk.clone()]).await.unwrap();
    unit.save().await.unwrap();
    assert_eq!(
        given.reader().await.records_at(&trunk.author, 0).await.unwrap(),
        [trunk.clone(), fork.clone()]
    );
    assert_eq!(given.reader().await.records_at(&trunk.author, 1).await.unwrap(), []);

    for again in [
        record(5),
        nguon_storage::RecordRow { log_index: 7, ..trunk.clone() },
        nguon_storage::RecordRow { log_index: 8, ..fork },
    ] {
        assert!(given.unit().await.insert_records(&[again]).await.is_err());
    }
    assert_eq!(given.reader().await.records(0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_seq_above_what_the_column_can_count_keeps_its_bits() {
    let Some(given) = given().await else { return };
    for (index, seq) in
        [(0, 0), (1, i64::MAX.cast_unsigned()), (2, i64::MAX.cast_unsigned() + 1), (3, u64::MAX)]
    {
        let row = nguon_storage::RecordRow { author: vec![1; 32], seq: seq.cast_signed(), ..record(index) };
        let mut unit = given.unit().await;
        unit.insert_records(std::slice::from_ref(&row)).await.unwrap();
        unit.save().await.unwrap();
        let found = given.reader().await.records_at(&[1; 32], seq.cast_signed()).await.unwrap();
        assert_eq!(found, [row]);
        assert_eq!(found[0].seq.cast_unsigned(), seq);
    }
}

#[tokio::test]
async fn openings_are_read_by_range_and_erased_one_by_one() {
    let Some(given) = given().await else { return };
    let rows: Vec<_> =
        (0..100).flat_map(|index| [0, 1, 255].map(|position| section(index, position))).collect();
    let mut unit = given.unit().await;
    unit.insert_sections(&rows).await.unwrap();
    unit.insert_sections(&[]).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.sections(0, 100).await.unwrap(), rows);
    assert_eq!(reader.sections(10, 11).await.unwrap(), rows[30..33]);
    assert_eq!(reader.sections(10, 10).await.unwrap(), []);
    drop(reader);

    assert!(given.unit().await.insert_sections(&rows[..1]).await.is_err(), "one opening a section");

    let mut unit = given.unit().await;
    unit.erase_section(10, 255).await.unwrap();
    // Again, and one that never was: nothing more to forget.
    unit.erase_section(10, 255).await.unwrap();
    unit.erase_section(10, 7).await.unwrap();
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.sections(10, 11).await.unwrap(), rows[30..32]);
    assert_eq!(given.reader().await.sections(0, 100).await.unwrap().len(), 299);
}

#[tokio::test]
async fn an_event_is_found_by_the_first_eight_bytes_of_its_id() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    unit.insert_records(&[record(0), record(1), record(2)]).await.unwrap();
    unit.index_events(&[(-5, 0), (-5, 2), (i64::MIN, 1)]).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.find_event(-5).await.unwrap(), [record(0), record(2)]);
    assert_eq!(reader.find_event(i64::MIN).await.unwrap(), [record(1)]);
    assert_eq!(reader.find_event(5).await.unwrap(), []);
    assert_eq!(reader.entries_of_event(-5).await.unwrap(), [0, 2]);
    assert_eq!(reader.entries_of_event(0).await.unwrap(), Vec::<i64>::new());
    let all = [(i64::MIN, 1), (-5, 0), (-5, 2)];
    assert_eq!(reader.event_index((i64::MIN, i64::MIN), 10).await.unwrap(), all);
    assert_eq!(reader.event_index((i64::MIN, 1), 1).await.unwrap(), all[1..2]);
    assert_eq!(reader.event_index((-5, 0), 10).await.unwrap(), all[2..]);
}

#[tokio::test]
async fn a_checkpoint_is_replaced_by_the_same_one_with_more_cosignatures() {
    let Some(given) = given().await else { return };
    for (size, note) in [(3, "three"), (10, "ten"), (7, "seven"), (7, "seven\ncosigned")] {
        let mut unit = given.unit().await;
        unit.put_checkpoint(&checkpoint(size, note)).await.unwrap();
        unit.save().await.unwrap();
    }
    let mut reader = given.reader().await;
    let (three, seven, ten) =
        (checkpoint(3, "three"), checkpoint(7, "seven\ncosigned"), checkpoint(10, "ten"));
    assert_eq!(reader.newest_checkpoint().await.unwrap(), Some(ten.clone()));
    assert_eq!(reader.checkpoint(7).await.unwrap(), Some(seven.clone()));
    assert_eq!(reader.checkpoint(8).await.unwrap(), None);
    // Size 3 covers entries 0 to 2.
    for (entry, covering) in
        [(0, Some(&three)), (2, Some(&three)), (3, Some(&seven)), (9, Some(&ten)), (10, None)]
    {
        assert_eq!(reader.checkpoint_covering(entry).await.unwrap().as_ref(), covering, "entry {entry}");
    }
    assert_eq!(reader.list_checkpoints(-1, 10).await.unwrap(), [three, seven.clone(), ten.clone()]);
    assert_eq!(reader.list_checkpoints(3, 1).await.unwrap(), [seven]);
    assert_eq!(reader.list_checkpoints(7, 10).await.unwrap(), [ten]);
}
