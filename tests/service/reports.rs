//! A shopper reports a sticker: it arrives, it is answered, it is forgotten, and it changes no lot.

use nguon_fixtures::farm::Device;
use nguon_id::LotId;
use nguon_service::reports::desk::DeskError;
use nguon_service::reports::{Filled, Progress, Reason, ReportRefused, Whose};
use nguon_tests::World;

use super::given;

const CANARY: &str = "0987 654 321";

fn from(block: u16) -> [u8; 2] {
    block.to_be_bytes()
}

/// A form that somebody took half a minute to fill in.
fn form(world: &World, about: &str) -> Filled {
    let token = world.service().reports().form();
    world.clock.set(world.service().now_ms() + 30_000);
    Filled { token, about: about.to_owned(), reason: "looks-different".to_owned(), ..Filled::default() }
}

fn days_pass(world: &World, days: i64) {
    world.clock.set(world.service().now_ms() + days * 86_400_000);
}

/// A world with one lot: its path, and its maker.
async fn lot(world: &World) -> (String, nguon_ledger::OrganisationId) {
    let mut farm = world.farm("farm").await;
    world.log(farm.harvest(Device::Phone(1), "260105-A", 1_000)).await;
    world.settle().await;
    (LotId::from_uri(&farm.lot("260105-A")).unwrap().path(), farm.id())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_reaches_the_maker_and_the_province_and_survives_a_restart() {
    let Some(mut world) = given().await else { return };
    let (path, maker) = lot(&world).await;
    let short = world.service().catalogue().lot(&LotId::from_path(&path).unwrap()).await.unwrap().unwrap();
    let short = short.short_code.unwrap().to_string();
    let mut cases = Vec::new();
    for about in [
        format!("https://shop.example.org{path}?lang=en"),
        path.clone(),
        short.to_lowercase(),
        format!("http://copy.example.net{path}"),
        "https://evil.example.net/win-a-prize".to_owned(),
        String::new(),
    ] {
        let filled = Filled { words: "Bán ở chợ Bến Thành".to_owned(), ..form(&world, &about) };
        let received = world.service().reports().receive(&from(1), filled).await.unwrap();
        assert!(!received.again);
        cases.push(received.case);
    }
    world.restart().await;
    let told = world.service().reports_of(maker, None, 10).await.unwrap();
    let numbers: Vec<_> = told.iter().rev().map(|case| case.case).collect();
    assert_eq!(numbers, cases[..4], "those that lead to its lot");
    assert!(
        told.iter().all(|case| case.reason == Reason::LooksDifferent && case.organisation == Some(maker))
    );
    let desk = world.service().reports().desk().clone();
    let all = desk.list(None, 4).await.unwrap();
    let rest = desk.list(all.last(), 10).await.unwrap();
    let numbers: Vec<_> = rest.iter().chain(all.iter()).map(|case| case.case).collect();
    assert_eq!(numbers.len(), 6);
    assert!(cases.iter().all(|case| numbers.contains(case)), "the province reads all");
    let stranger = nguon_ledger::OrganisationId::from_bytes([9; 32]);
    assert_eq!(world.service().reports_of(stranger, None, 10).await.unwrap(), []);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_makes_one_case_however_often_it_is_sent() {
    let Some(world) = given().await else { return };
    let (path, _) = lot(&world).await;
    let filled = form(&world, &path);
    let reports = world.service().reports();
    let sender = from(1);
    let (first, second) =
        tokio::join!(reports.receive(&sender, filled.clone()), reports.receive(&sender, filled.clone()));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.case, second.case);
    assert!(first.again != second.again, "one of the two made it");
    assert!(reports.receive(&from(2), filled.clone()).await.unwrap().again);
    let other = Filled { words: "Thêm một điều".to_owned(), ..filled };
    let refused = reports.receive(&from(1), other).await.unwrap_err();
    assert!(matches!(refused, ReportRefused::SentOtherwise(case) if case == first.case), "{refused}");
    assert_eq!(reports.desk().list(None, 10).await.unwrap().len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_reports_change_no_lot_and_most_are_not_even_taken() {
    let Some(world) = given().await else { return };
    let (path, _) = lot(&world).await;
    let id = LotId::from_path(&path).unwrap();
    let before = world.service().catalogue().lot(&id).await.unwrap().unwrap().state;
    let size = world.service().progress().logged;
    let token = world.service().reports().form();
    world.clock.set(world.service().now_ms() + 30_000);
    let mut taken = 0;
    for n in 0..10_000_u16 {
        // One form, tried from everywhere with other words, and a form of its own now and then.
        let token = if n % 20 == 0 { world.service().reports().form() } else { token.clone() };
        if n % 500 == 0 {
            world.clock.set(world.service().now_ms() + 3_000);
        }
        let filled = Filled { token, words: format!("{n}"), ..form_of(&path) };
        match world.service().reports().receive(&from(n), filled).await {
            Ok(_) => taken += 1,
            Err(ReportRefused::TooMany { whose, .. }) => assert_eq!(whose, Whose::Lot),
            Err(ReportRefused::SentOtherwise(_) | ReportRefused::Token(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!((1..=21).contains(&taken), "{taken} were taken");
    world.settle().await;
    assert_eq!(world.service().catalogue().lot(&id).await.unwrap().unwrap().state, before);
    assert_eq!(world.service().progress().logged, size, "nothing of it is in the log");
    world.end().await;
}

fn form_of(path: &str) -> Filled {
    Filled { about: path.to_owned(), reason: "sold-elsewhere".to_owned(), ..Filled::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_opened_answered_and_forgotten_after_its_time() {
    let Some(world) = given().await else { return };
    let (path, maker) = lot(&world).await;
    let reports = world.service().reports();
    let mut photo = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(2_000, 1_500).write_to(&mut photo, image::ImageFormat::Jpeg).unwrap();
    let mut photo = photo.into_inner();
    // A place in it, and something behind its end.
    photo.splice(2..2, *b"\xff\xe1\0\x18Exif\0\0MM\0*\0\0\0\x08\0\0GPSGPS");
    photo.extend(b"a film behind the last byte");
    let filled = Filled { contact: CANARY.to_owned(), photo, ..form(&world, &path) };
    let case = reports.receive(&from(1), filled).await.unwrap().case;
    let sender = from(1);
    let other = reports.receive(&sender, Filled { contact: CANARY.to_owned(), ..form(&world, &path) });
    let other = other.await.unwrap().case;

    let desk = reports.desk();
    let known = desk.case(case).await.unwrap().unwrap();
    assert_eq!((known.progress, known.has_contact, known.has_photo), (Progress::Received, true, true));
    assert!(
        !format!("{known:?} {:?}", world.service().reports_of(maker, None, 9).await.unwrap())
            .contains(CANARY)
    );

    for (who, why) in [("", "gọi lại"), ("Chị Lan", " \u{200b}")] {
        let refused = desk.personal(case, who, why).await.err().unwrap();
        assert!(matches!(refused, DeskError::Unsaid), "{refused}");
    }
    assert_eq!(desk.looks(case).await.unwrap(), []);
    let personal = desk.personal(case, "Chị Lan", "gọi lại").await.unwrap();
    assert_eq!(personal.contact, CANARY);
    let kept = image::load_from_memory(personal.photo.as_deref().unwrap()).unwrap();
    assert_eq!((kept.width(), kept.height()), (1_280, 960), "written anew, smaller");
    let holds = |needle: &[u8]| {
        personal
            .photo
            .iter()
            .flatten()
            .copied()
            .collect::<Vec<_>>()
            .windows(needle.len())
            .any(|w| w == needle)
    };
    assert!(!holds(b"GPS") && !holds(b"Exif") && !holds(b"a film"));
    assert_eq!(
        desk.looks(case).await.unwrap(),
        [(world.service().now_ms(), "Chị Lan".to_owned(), "gọi lại".to_owned())]
    );

    desk.open(case).await.unwrap();
    assert_eq!(desk.case(case).await.unwrap().unwrap().progress, Progress::Open);
    desk.close(case, "Đã kiểm tra tại chợ.\u{202e} Cảm ơn.").await.unwrap();
    days_pass(&world, 1);
    // Again is no slip only with the same words; whoever means it says so.
    desk.close(case, "Đã kiểm tra tại chợ. Cảm ơn.").await.unwrap();
    assert!(matches!(desk.close(case, "Khác").await, Err(DeskError::Closed(_))));
    assert!(matches!(desk.open(case).await, Err(DeskError::Closed(_))));
    assert_eq!(desk.case(case).await.unwrap().unwrap().answer, "Đã kiểm tra tại chợ. Cảm ơn.");
    desk.answer_again(case, "Đã kiểm tra tại chợ. Cảm ơn bạn.").await.unwrap();
    let closed = desk.case(case).await.unwrap().unwrap();
    assert_eq!(
        (closed.progress, closed.answer.as_str()),
        (Progress::Closed, "Đã kiểm tra tại chợ. Cảm ơn bạn.")
    );
    let nobody = nguon_id::CaseNumber::from_bits(1);
    assert!(matches!(desk.close(nobody, "x").await, Err(DeskError::NoCase(_))));
    assert!(matches!(desk.personal(nobody, "Lan", "x").await, Err(DeskError::NoCase(_))));
    assert!(matches!(desk.answer_again(case, &"x".repeat(1_001)).await, Err(DeskError::TooLong)));
    assert!(!desk.case(case).await.unwrap().unwrap().is_erased());

    days_pass(&world, 88);
    assert_eq!(reports.forget().await.unwrap(), 0, "89 days after it was closed for the first time");
    days_pass(&world, 2);
    assert_eq!(reports.forget().await.unwrap(), 2, "a contact and a photograph");
    let forgotten = desk.case(case).await.unwrap().unwrap();
    assert!(!forgotten.has_contact && !forgotten.has_photo);
    assert_eq!(forgotten.answer, closed.answer, "the answer stays");
    assert!(desk.case(other).await.unwrap().unwrap().has_contact, "still open");
    days_pass(&world, 366);
    assert_eq!(reports.forget().await.unwrap(), 1, "nothing is kept for ever because nobody closed it");
    for file in world.database().files() {
        let bytes = std::fs::read(&file).unwrap();
        let is_there = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!is_there, "{} still holds what was forgotten", file.display());
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_asks_is_forgotten_at_once() {
    let Some(world) = given().await else { return };
    let (path, _) = lot(&world).await;
    let filled =
        Filled { contact: CANARY.to_owned(), words: "Tôi là Lan".to_owned(), ..form(&world, &path) };
    let case = world.service().reports().receive(&from(1), filled).await.unwrap().case;
    let desk = world.service().reports().desk();
    desk.erase(case).await.unwrap();
    let erased = desk.case(case).await.unwrap().unwrap();
    assert_eq!((erased.words.as_str(), erased.about.as_str(), erased.has_contact), ("", "", false));
    assert!(!erased.lot_uri.is_empty(), "which lot it was about stays");
    assert!(matches!(desk.erase(nguon_id::CaseNumber::from_bits(1)).await, Err(DeskError::NoCase(_))));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_or_too_much_of_one_refuses_the_report_by_name() {
    let Some(world) = given().await else { return };
    let reports = world.service().reports();
    let mut flood = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut flood, image::ImageFormat::Png).unwrap();
    let mut flood = flood.into_inner();
    flood.splice(16..24, [0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    for (photo, code) in [
        (flood, "photo-too-large"),
        (b"PK\x03\x04 a zip called photo.jpg".to_vec(), "photo"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "photo"),
        (b"<svg onload=alert(1)>".to_vec(), "photo"),
        (b"GIF89a\x01\0\x01\0".to_vec(), "photo"),
    ] {
        let refused = reports.receive(&from(1), Filled { photo, ..form(&world, "x") }).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
    assert_eq!(reports.desk().list(None, 10).await.unwrap(), [], "nothing of them is kept");
    world.end().await;
}
