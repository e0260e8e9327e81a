//! What shoppers tell, who read it, and pictures that were taken away: rows of their own beside the log.

use nguon_storage::{ImageRemovalRow, PersonalReadRow, ReportRow};

use super::given;

fn report(case_number: &str, organisation: u8, received_at_ms: i64) -> ReportRow {
    ReportRow {
        case_number: case_number.to_owned(),
        organisation_id: if organisation == 0 { Vec::new() } else { vec![organisation; 32] },
        lot_uri: "https://id.gs1.org/01/09521234567899/10/DL-2611".to_owned(),
        about: "/01/09521234567899/10/DL-2611?'; DROP TABLE report; --".to_owned(),
        reason: "sold-elsewhere".to_owned(),
        words: "Bán ở chợ Bến Thành, không phải Đà Lạt.\nTem bị bóc.".to_owned(),
        contact: "0912 345 678".to_owned(),
        received_at_ms,
        state: "received".to_owned(),
        answer: String::new(),
        closed_at_ms: 0,
        has_photo: false,
    }
}

#[tokio::test]
async fn a_report_is_kept_once_and_listed_with_the_newest_first() {
    let Some(given) = given().await else { return };
    let rows = [report("AAAA", 1, 10), report("BBBB", 1, 20), report("CCCC", 0, 20), report("DDDD", 2, 5)];
    let mut unit = given.unit().await;
    for row in &rows {
        assert!(unit.insert_report(row).await.unwrap());
    }
    unit.insert_report_photo("BBBB", &[0xff, 0xd8, 0xff, 0]).await.unwrap();
    assert!(!unit.insert_report(&report("AAAA", 2, 99)).await.unwrap(), "the first word stands");
    unit.save().await.unwrap();

    let with_photo = ReportRow { has_photo: true, ..rows[1].clone() };
    let mut reader = given.reader().await;
    assert_eq!(reader.report("AAAA").await.unwrap().as_ref(), Some(&rows[0]));
    assert_eq!(reader.report("BBBB").await.unwrap().as_ref(), Some(&with_photo));
    assert_eq!(reader.report("aaaa").await.unwrap(), None);
    assert_eq!(reader.report_photo("BBBB").await.unwrap().as_deref(), Some(&[0xff, 0xd8, 0xff, 0][..]));
    assert_eq!(reader.report_photo("AAAA").await.unwrap(), None);
    let all = reader.list_reports((i64::MAX, ""), 10).await.unwrap();
    assert_eq!(all, [rows[2].clone(), with_photo.clone(), rows[0].clone(), rows[3].clone()]);
    assert_eq!(reader.list_reports((20, "CCCC"), 1).await.unwrap(), std::slice::from_ref(&with_photo));
    assert_eq!(reader.reports_of(&[1; 32], (i64::MAX, ""), 10).await.unwrap(), [with_photo, rows[0].clone()]);
    assert_eq!(reader.reports_of(&[1; 32], (20, "BBBB"), 10).await.unwrap(), [rows[0].clone()]);
    assert_eq!(reader.reports_of(&[], (i64::MAX, ""), 10).await.unwrap(), [rows[2].clone()]);
}

#[tokio::test]
async fn a_unit_that_is_not_saved_reported_nothing() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    unit.insert_report(&report("AAAA", 1, 10)).await.unwrap();
    unit.insert_report_photo("AAAA", &[1]).await.unwrap();
    drop(unit);
    let mut reader = given.reader().await;
    assert_eq!(reader.report("AAAA").await.unwrap(), None);
    assert_eq!(reader.report_photo("AAAA").await.unwrap(), None);
}

#[tokio::test]
async fn contacts_and_photographs_go_some_time_after_the_case_was_closed_and_words_on_request() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    for (case, received) in [("AAAA", 100), ("BBBB", 100), ("CCCC", 100), ("OLD0", 1)] {
        unit.insert_report(&report(case, 1, received)).await.unwrap();
        unit.insert_report_photo(case, &[1]).await.unwrap();
    }
    assert!(unit.set_report_state("AAAA", "closed", "Đã kiểm tra.", 200).await.unwrap());
    assert!(unit.set_report_state("BBBB", "closed", "", 300).await.unwrap());
    assert!(!unit.set_report_state("NONE", "closed", "", 300).await.unwrap());
    assert_eq!(unit.erase_contacts(201, 50).await.unwrap(), 4, "two contacts and two photographs");
    assert_eq!(unit.erase_contacts(201, 50).await.unwrap(), 0);
    assert!(unit.erase_report("CCCC").await.unwrap());
    assert!(!unit.erase_report("NONE").await.unwrap());
    unit.save().await.unwrap();

    let mut reader = given.reader().await;
    let closed = ReportRow {
        contact: String::new(),
        state: "closed".to_owned(),
        answer: "Đã kiểm tra.".to_owned(),
        closed_at_ms: 200,
        ..report("AAAA", 1, 100)
    };
    assert_eq!(reader.report("AAAA").await.unwrap(), Some(closed));
    let later = reader.report("BBBB").await.unwrap().unwrap();
    assert_eq!((later.contact.as_str(), later.has_photo), ("0912 345 678", true));
    let erased = reader.report("CCCC").await.unwrap().unwrap();
    let empty = String::new();
    assert_eq!(
        erased,
        ReportRow { about: empty.clone(), words: empty.clone(), contact: empty, ..report("CCCC", 1, 100) }
    );
    assert!(reader.report("OLD0").await.unwrap().unwrap().contact.is_empty(), "never closed, and old");
}

#[tokio::test]
async fn who_read_personal_data_is_noted() {
    let Some(given) = given().await else { return };
    let read = |read_at_ms, reader: &str| PersonalReadRow {
        case_number: "AAAA".to_owned(),
        read_at_ms,
        reader: reader.to_owned(),
        purpose: "gọi lại".to_owned(),
    };
    let mut unit = given.unit().await;
    for row in [read(2, "Chị Lan"), read(1, "Anh Nam"), read(1, "Anh Nam")] {
        unit.note_personal_read(&row).await.unwrap();
    }
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.personal_reads("AAAA").await.unwrap(), [read(1, "Anh Nam"), read(2, "Chị Lan")]);
    assert_eq!(reader.personal_reads("BBBB").await.unwrap(), []);
}

#[tokio::test]
async fn a_picture_is_taken_away_once_and_stays_on_the_list() {
    let Some(given) = given().await else { return };
    let removal = |n: u8, reason: &str| ImageRemovalRow {
        blake3: vec![n; 32],
        reason: reason.to_owned(),
        removed_by: "Chị Lan".to_owned(),
        removed_at_ms: 7,
    };
    let mut unit = given.unit().await;
    for row in [removal(2, "a face"), removal(1, "a face"), removal(2, "another word")] {
        unit.insert_image_removal(&row).await.unwrap();
    }
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.image_removal(&[2; 32]).await.unwrap(), Some(removal(2, "a face")));
    assert_eq!(reader.image_removal(&[3; 32]).await.unwrap(), None);
    assert_eq!(reader.image_removals(&[], 10).await.unwrap(), [removal(1, "a face"), removal(2, "a face")]);
    assert_eq!(reader.image_removals(&[1; 32], 1).await.unwrap(), [removal(2, "a face")]);
}
