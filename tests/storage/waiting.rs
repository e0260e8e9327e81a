//! Records that wait for their turn.

use super::given;
use crate::given::held;

#[tokio::test]
async fn a_record_is_held_once_and_released() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    let rows = [held(1, 2, 1), held(1, 2, 2), held(1, 9, 1), held(2, 0, 3)];
    for row in rows.iter().rev() {
        unit.hold(row).await.unwrap();
    }
    // Again, with another reason and time: the first word stands.
    unit.hold(&nguon_storage::HeldRow { reason: "frozen".to_owned(), received_at_ms: 1, ..rows[0].clone() })
        .await
        .unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.held(&[1; 32]).await.unwrap(), rows[..3], "in order of seq, then event id");
    assert_eq!(reader.held(&[3; 32]).await.unwrap(), []);
    assert_eq!(reader.list_held().await.unwrap(), rows);
    drop(reader);

    let mut unit = given.unit().await;
    unit.release(&[1; 32], 2, &[2; 32]).await.unwrap();
    unit.release(&[1; 32], 2, &[2; 32]).await.unwrap();
    unit.release(&[1; 32], 3, &[1; 32]).await.unwrap();
    unit.save().await.unwrap();
    let left = given.reader().await.list_held().await.unwrap();
    assert_eq!(left, [rows[0].clone(), rows[2].clone(), rows[3].clone()]);
}
