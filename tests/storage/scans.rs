//! Scans of labels: a phone counts once a day, and is forgotten with it.

use nguon_storage::{ScanDayRow, ScanPhoneRow, ScanSettledRow, ScanSignRow};

use super::given;

fn phone(number: i64, phone: u8, day: &str, province: &str) -> ScanPhoneRow {
    ScanPhoneRow {
        lot_uri: "lot".to_owned(),
        number,
        phone: vec![phone; 8],
        day: day.to_owned(),
        at_ms: 1_000 + i64::from(phone),
        province: province.to_owned(),
    }
}

fn counted(day: &str, province: &str, phones: i64) -> ScanDayRow {
    ScanDayRow { day: day.to_owned(), province: province.to_owned(), phones }
}

#[tokio::test]
async fn a_phone_is_new_once_a_day_and_names_its_province_once() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    let (first, again) = (phone(7, 1, "2026-04-12", ""), phone(7, 1, "2026-04-12", "68"));
    assert!(unit.insert_scan_phone(&first).await.unwrap());
    unit.add_scans(&first, "", 1).await.unwrap();
    assert!(!unit.insert_scan_phone(&again).await.unwrap());
    assert!(unit.place_scan_phone(&again).await.unwrap());
    unit.add_scans(&again, "", -1).await.unwrap();
    unit.add_scans(&again, "68", 1).await.unwrap();
    // It does not move any more.
    assert!(!unit.place_scan_phone(&phone(7, 1, "2026-04-12", "01")).await.unwrap());
    for row in [phone(7, 2, "2026-04-12", "01"), phone(7, 1, "2026-04-13", ""), phone(8, 1, "2026-04-12", "")]
    {
        assert!(unit.insert_scan_phone(&row).await.unwrap());
        unit.add_scans(&row, &row.province, 1).await.unwrap();
    }
    unit.save().await.unwrap();
    let scans = given.reader().await.scans("lot", 7).await.unwrap();
    let expected =
        [counted("2026-04-12", "01", 1), counted("2026-04-12", "68", 1), counted("2026-04-13", "", 1)];
    assert_eq!(scans, expected);

    // The day is over: phones are gone, numbers stay, and the same phone would be a new one.
    let mut unit = given.unit().await;
    unit.forget_phones("2026-04-13").await.unwrap();
    assert!(unit.insert_scan_phone(&first).await.unwrap());
    assert!(!unit.insert_scan_phone(&phone(7, 1, "2026-04-13", "")).await.unwrap());
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.scans("lot", 7).await.unwrap(), expected);
}

#[tokio::test]
async fn a_day_has_one_salt_and_a_new_one_when_it_is_forgotten() {
    let Some(given) = given().await else { return };
    let mut unit = given.unit().await;
    assert_eq!(unit.scan_salt("2026-04-12", &[1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(unit.scan_salt("2026-04-12", &[2; 32]).await.unwrap(), [1; 32]);
    unit.forget_phones("2026-04-13").await.unwrap();
    assert_eq!(unit.scan_salt("2026-04-12", &[3; 32]).await.unwrap(), [3; 32]);
    unit.save().await.unwrap();
}

#[tokio::test]
async fn a_sign_stands_as_it_was_first_noticed() {
    let Some(given) = given().await else { return };
    let sign = |number: i64, sign: &str, day: &str| ScanSignRow {
        organisation_id: vec![5; 32],
        lot_uri: "lot".to_owned(),
        number,
        sign: sign.to_owned(),
        day: day.to_owned(),
        detail: "{}".to_owned(),
    };
    let mut unit = given.unit().await;
    for row in [
        sign(7, "many_phones", "2026-04-12"),
        sign(7, "many_phones", "2026-04-13"),
        sign(7, "far_apart", "2026-04-14"),
        sign(9, "far_apart", "2026-04-14"),
    ] {
        unit.insert_scan_sign(&row).await.unwrap();
    }
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    let (far, many) = (sign(7, "far_apart", "2026-04-14"), sign(7, "many_phones", "2026-04-12"));
    assert_eq!(reader.scan_signs("lot", 7).await.unwrap(), [far.clone(), many.clone()]);
    assert_eq!(
        reader.scan_signs_of(&[5; 32], ("", 0, ""), 9).await.unwrap(),
        [far, many, sign(9, "far_apart", "2026-04-14")]
    );
    let after = reader.scan_signs_of(&[5; 32], ("lot", 7, "many_phones"), 9).await.unwrap();
    assert_eq!(after, [sign(9, "far_apart", "2026-04-14")]);
    assert_eq!(reader.scan_signs_of(&[6; 32], ("", 0, ""), 9).await.unwrap(), []);
}

#[tokio::test]
async fn what_came_of_looking_into_a_label_ends_its_signs_until_they_are_noticed_again() {
    let Some(given) = given().await else { return };
    let sign = |number: i64, day: &str| ScanSignRow {
        organisation_id: vec![5; 32],
        lot_uri: "lot".to_owned(),
        number,
        sign: "many_phones".to_owned(),
        day: day.to_owned(),
        detail: "{}".to_owned(),
    };
    let settled = |settled_at_ms: i64, reason: &str| ScanSettledRow {
        lot_uri: "lot".to_owned(),
        number: 7,
        settled_at_ms,
        day: "2026-04-13".to_owned(),
        organisation_id: vec![5; 32],
        author: vec![6; 32],
        reason: reason.to_owned(),
        signs: "[]".to_owned(),
        counted: "[[null,3]]".to_owned(),
    };
    let mut unit = given.unit().await;
    unit.insert_scan_sign(&sign(7, "2026-04-12")).await.unwrap();
    unit.insert_scan_sign(&sign(8, "2026-04-12")).await.unwrap();
    unit.settle_scans(&settled(1_000, "Gói trưng bày")).await.unwrap();
    unit.save().await.unwrap();
    let mut reader = given.reader().await;
    assert_eq!(reader.scan_signs("lot", 7).await.unwrap(), []);
    assert_eq!(reader.scan_signs("lot", 8).await.unwrap(), [sign(8, "2026-04-12")], "another label's stay");
    assert_eq!(reader.scans_settled("lot", 7, 9).await.unwrap(), [settled(1_000, "Gói trưng bày")]);
    assert_eq!(reader.scans_settled("lot", 8, 9).await.unwrap(), []);
    drop(reader);

    let mut unit = given.unit().await;
    unit.insert_scan_sign(&sign(7, "2026-04-20")).await.unwrap();
    unit.save().await.unwrap();
    assert_eq!(given.reader().await.scan_signs("lot", 7).await.unwrap(), [sign(7, "2026-04-20")]);
    let mut unit = given.unit().await;
    unit.settle_scans(&settled(2_000, "Lại ở hội chợ")).await.unwrap();
    unit.save().await.unwrap();
    let all = given.reader().await.scans_settled("lot", 7, 1).await.unwrap();
    assert_eq!(all, [settled(2_000, "Lại ở hội chợ")], "the newest first, so many at most");
}
