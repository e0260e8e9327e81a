//! What a co-operative's desk keeps beside the log: invitations, looks at names, wishes to be erased.

use nguon_storage::{EnrolmentRow, ErasureRequestRow, HeldRow, PersonReadRow};

use super::given;

fn invitation(id: u8, organisation: u8, created_at_ms: i64, expires_at_ms: i64) -> EnrolmentRow {
    EnrolmentRow {
        enrolment_id: vec![id; 16],
        organisation_id: vec![organisation; 32],
        invitation: "{\"roles\": 3}".to_owned(),
        created_at_ms,
        expires_at_ms,
        device: Vec::new(),
        possession: Vec::new(),
    }
}

#[tokio::test]
async fn an_invitation_is_answered_by_one_device_and_in_time() {
    let Some(given) = given().await else { return };
    let rows = [invitation(1, 1, 10, 100), invitation(2, 1, 20, 30), invitation(3, 2, 15, 100)];
    let mut unit = given.unit().await;
    for row in &rows {
        assert!(unit.insert_enrolment(row).await.unwrap());
    }
    assert!(!unit.insert_enrolment(&invitation(1, 2, 99, 999)).await.unwrap(), "the first one stands");
    assert!(unit.answer_enrolment(&[1; 16], &[7; 32], &[8; 64], 50).await.unwrap());
    assert!(!unit.answer_enrolment(&[1; 16], &[9; 32], &[8; 64], 50).await.unwrap(), "answered already");
    assert!(!unit.answer_enrolment(&[2; 16], &[9; 32], &[8; 64], 31).await.unwrap(), "too late");
    assert!(!unit.answer_enrolment(&[4; 16], &[9; 32], &[8; 64], 31).await.unwrap(), "unknown");
    unit.save().await.unwrap();

    let answered = EnrolmentRow { device: vec![7; 32], possession: vec![8; 64], ..rows[0].clone() };
    let mut reader = given.reader().await;
    assert_eq!(reader.enrolment(&[1; 16]).await.unwrap().as_ref(), Some(&answered));
    assert_eq!(reader.enrolment(&[9; 16]).await.unwrap(), None);
    assert_eq!(reader.enrolments_of(&[1; 32], 10).await.unwrap(), [rows[1].clone(), answered.clone()]);
    assert_eq!(reader.enrolments_of(&[1; 32], 1).await.unwrap(), [rows[1].clone()]);
    drop(reader);

    let mut unit = given.unit().await;
    assert!(!unit.delete_enrolment(&[2; 32], &[1; 16]).await.unwrap(), "of another organisation");
    assert!(unit.delete_enrolment(&[2; 32], &[3; 16]).await.unwrap());
    assert_eq!(unit.delete_enrolments_before(100).await.unwrap(), 1);
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.enrolments_of(&[1; 32], 10).await.unwrap(), [answered]);
    assert_eq!(given.reader().await.enrolments_of(&[2; 32], 10).await.unwrap(), []);
}

#[tokio::test]
async fn looks_at_names_and_wishes_to_be_erased_are_kept_by_organisation() {
    let Some(given) = given().await else { return };
    let look = |organisation: u8, read_at_ms, what: &str| PersonReadRow {
        organisation_id: vec![organisation; 32],
        read_at_ms,
        reader: vec![5; 32],
        what: what.to_owned(),
    };
    let wish = |organisation: u8, event: u8, asked_at_ms| ErasureRequestRow {
        organisation_id: vec![organisation; 32],
        event_id: vec![event; 32],
        section: 255,
        reason: 2,
        asked_by: vec![5; 32],
        asked_at_ms,
        answer: String::new(),
    };
    let mut unit = given.unit().await;
    for row in [look(1, 10, "members"), look(1, 20, "lot"), look(2, 15, "members"), look(1, 10, "members")] {
        unit.note_person_read(&row).await.unwrap();
    }
    for row in [wish(1, 1, 10), wish(2, 2, 5)] {
        assert!(unit.insert_erasure_request(&row).await.unwrap());
    }
    assert!(!unit.insert_erasure_request(&wish(1, 1, 99)).await.unwrap(), "asked already");
    assert!(unit.answer_erasure_request(&[2; 32], 255, "Luật buộc giữ 24 tháng.").await.unwrap());
    assert!(!unit.answer_erasure_request(&[2; 32], 1, "").await.unwrap());
    unit.save().await.unwrap();

    let mut reader = given.reader().await;
    assert_eq!(
        reader.person_reads(&[1; 32], 10).await.unwrap(),
        [look(1, 20, "lot"), look(1, 10, "members")]
    );
    let answered = ErasureRequestRow { answer: "Luật buộc giữ 24 tháng.".to_owned(), ..wish(2, 2, 5) };
    assert_eq!(reader.erasure_requests_of(&[2; 32], 10).await.unwrap(), std::slice::from_ref(&answered));
    assert_eq!(reader.erasure_requests(10).await.unwrap(), [answered, wish(1, 1, 10)]);
}

#[tokio::test]
async fn what_waits_in_an_organisations_name_is_found() {
    let Some(given) = given().await else { return };
    let held = |author: u8, seq: i64, organisation: u8| HeldRow {
        author: vec![author; 32],
        seq,
        event_id: vec![author + organisation; 32],
        organisation_id: vec![organisation; 32],
        reason: "gap".to_owned(),
        received_at_ms: 10,
        bytes: vec![1],
        openings: vec![2],
        seal: vec![3],
    };
    let mut unit = given.unit().await;
    for row in [held(2, 4, 1), held(1, 9, 1), held(3, 1, 2)] {
        unit.hold(&row).await.unwrap();
    }
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.held_of(&[1; 32], 10).await.unwrap(), [held(1, 9, 1), held(2, 4, 1)]);
    assert_eq!(reader.held_of(&[1; 32], 1).await.unwrap(), [held(1, 9, 1)]);
}
