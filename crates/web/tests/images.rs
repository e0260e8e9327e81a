//! Photographs that records name: who may bring them, what they may be, and how they are shown.

#![allow(clippy::unwrap_used, reason = "a test")]

mod ledger;

use std::io::Cursor;

use axum::body::Body;
use axum::http::Request;
use image::ImageFormat;
use ledger::{Answer, Ledger};
use nguon_fixtures::Submission;
use nguon_fixtures::farm::{Device, Farm};
use nguon_ledger::{Act, EventId};
use nguon_trace::facts::{Action, Amount, Digest, Event, Facts, Photo, Step, What};
use nguon_trace::quantity::Quantity;

const MORNING_MS: i64 = 1_767_571_200_000;

fn photograph(format: ImageFormat, width: u32, height: u32, shade: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([shade, u8::try_from(x % 251).unwrap(), u8::try_from(y % 241).unwrap()])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn digest(bytes: &[u8]) -> Digest {
    Digest(*blake3::hash(bytes).as_bytes())
}

/// A record that something was seen at a lot, with pictures.
fn seen(farm: &mut Farm, pictures: &[(&[u8], &str)]) -> Submission {
    let lot = farm.lot("C1");
    let objects = vec![Amount::of(&lot, Quantity::grams(9_000))];
    let mut event =
        Event::new(farm.now_ms(), Step::Sorting, What::Objects { action: Action::Observe, objects });
    event.photos = pictures
        .iter()
        .map(|(bytes, kind)| Photo { digest: digest(bytes), media_type: (*kind).to_owned(), caption: None })
        .collect();
    farm.say(Device::Manager, Act::Lot, &Facts::Event(Box::new(event)), &[])
}

async fn farm(standing: u16) -> (Ledger, Farm) {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    if standing != 0 {
        ledger.recognise(farm.id(), standing).await;
    }
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    (ledger, farm)
}

async fn bring(ledger: &Ledger, at: &str, event: EventId, bytes: Vec<u8>) -> Answer {
    let uri = format!("/api/v1/images/{at}?event={event}");
    ledger.call(Request::put(uri).body(Body::from(bytes)).unwrap()).await
}

fn problem(answer: &Answer) -> (u16, String) {
    let document: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
    let code = document["type"].as_str().unwrap().trim_start_matches("urn:nguon:problem:").to_owned();
    (answer.status.as_u16(), code)
}

#[tokio::test]
async fn a_picture_that_a_record_names_is_kept_and_shown_for_ever() {
    let (ledger, mut farm) = farm(3).await;
    let bytes = photograph(ImageFormat::Jpeg, 1_200, 900, 90);
    let at = digest(&bytes).to_string();
    let record = seen(&mut farm, &[(&bytes, "image/jpeg")]);
    let event = record.event_id;

    assert_eq!(problem(&bring(&ledger, &at, event, bytes.clone()).await), (404, "image-not-named".into()));
    ledger.take([record]).await;
    assert!(!ledger.service.images().is_kept(&digest(&bytes).0));
    assert_eq!(problem(&ledger.get(&format!("/images/{at}")).await), (404, "image-not-found".into()));
    let before = ledger.service.turns().now();
    let answer = bring(&ledger, &at, event, bytes.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (201, &*format!("/images/{at}")));
    assert!(ledger.service.images().is_kept(&digest(&bytes).0));
    assert_ne!(ledger.service.turns().now(), before, "pages with it are made again");
    assert_eq!(bring(&ledger, &at, event, bytes.clone()).await.status, 204, "again is free");

    let shown = ledger.get(&format!("/images/{at}")).await;
    assert_eq!(shown.bytes, bytes, "the very bytes");
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "public, max-age=31536000, s-maxage=86400, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ] {
        assert_eq!(shown.header(name), value);
    }
    let etag = shown.header("etag").to_owned();
    let again = ledger.ask(&format!("/images/{at}"), &[("if-none-match", &etag)]).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));

    for width in [160, 320, 480, 960] {
        let first = ledger.get(&format!("/images/{at}?w={width}")).await;
        assert_eq!(first.header("content-type"), "image/jpeg");
        assert_ne!(first.header("etag"), etag);
        let small = image::load_from_memory(&first.bytes).unwrap();
        assert_eq!((small.width(), small.height()), (width, width * 3 / 4));
        assert_eq!(ledger.get(&format!("/images/{at}?w={width}")).await.bytes, first.bytes, "made once");
    }
    for wrong in ["w=481", "w=", "w=480&w=1", "h=480", "w=99999999999"] {
        let answer = ledger.get(&format!("/images/{at}?{wrong}")).await;
        assert_eq!(problem(&answer), (400, "query-unknown".into()), "{wrong}");
    }
}

#[tokio::test]
async fn a_small_picture_is_not_made_larger_and_each_kind_is_shown_as_it_is() {
    let (ledger, mut farm) = farm(3).await;
    for (format, kind) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let bytes = photograph(format, 200, 120, 10);
        let record = seen(&mut farm, &[(&bytes, kind)]);
        let event = record.event_id;
        ledger.take([record]).await;
        let at = digest(&bytes).to_string();
        assert_eq!(bring(&ledger, &at, event, bytes.clone()).await.status, 201, "{kind}");
        let shown = ledger.get(&format!("/images/{at}?w=480")).await;
        assert_eq!((shown.header("content-type"), &shown.bytes), (kind, &bytes));
        let small = ledger.get(&format!("/images/{at}?w=160")).await;
        assert_eq!((small.header("content-type"), small.status.as_u16()), ("image/jpeg", 200));
    }
}

#[tokio::test]
async fn what_no_record_vouches_for_or_is_more_than_a_picture_is_refused_by_name() {
    let (ledger, mut farm) = farm(3).await;
    let honest = photograph(ImageFormat::Jpeg, 64, 48, 1);
    let png = photograph(ImageFormat::Png, 64, 48, 1);
    let mut with_place = honest.clone();
    with_place.splice(2..2, *b"\xff\xe1\0\x10Exif\0\0MM\0*\0\0\0\x08");
    let mut flood = png.clone();
    flood.splice(16..24, [0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0not a picture".to_vec();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    let mut cut = honest.clone();
    cut.truncate(honest.len() / 2);
    let mut rotten = png.clone();
    let data = rotten.windows(4).position(|four| four == b"IDAT").unwrap();
    rotten[data + 8..].fill(0xaa);
    let all: Vec<(Vec<u8>, &str, &str)> = vec![
        (with_place, "image/jpeg", "image-metadata"),
        (flood, "image/png", "image-too-many-pixels"),
        (zip, "image/jpeg", "image-unfit"),
        (svg, "image/svg+xml", "image-unfit"),
        (cut, "image/jpeg", "image-unfit"),
        (rotten, "image/png", "image-unfit"),
        (png.clone(), "image/jpeg", "image-kind-mismatch"),
        (vec![0xff; 3_000_001], "image/jpeg", "image-too-large"),
    ];
    for (bytes, kind, code) in all {
        let record = seen(&mut farm, &[(&bytes, kind)]);
        let event = record.event_id;
        ledger.take([record]).await;
        let at = digest(&bytes).to_string();
        let answer = bring(&ledger, &at, event, bytes).await;
        assert_eq!(problem(&answer).1, code, "{}", answer.text());
        assert_eq!(ledger.get(&format!("/images/{at}")).await.status, 404);
    }

    let record = seen(&mut farm, &[(&honest, "image/jpeg")]);
    let (event, at) = (record.event_id, digest(&honest).to_string());
    ledger.take([record]).await;
    assert_eq!(problem(&bring(&ledger, &at, event, png.clone()).await).1, "image-digest-mismatch");
    let other = digest(&png).to_string();
    assert_eq!(problem(&bring(&ledger, &other, event, png).await).1, "image-not-named");
    let nobody = EventId::from_bytes([9; 32]);
    assert_eq!(problem(&bring(&ledger, &at, nobody, honest.clone()).await).1, "image-not-named");
    for (uri, code) in [
        (format!("/api/v1/images/{at}"), "query-unknown"),
        (format!("/api/v1/images/{at}?event=x"), "id-malformed"),
        (format!("/api/v1/images/..%2f..%2fkeys?event={event}"), "id-malformed"),
        (format!("/api/v1/images/{}?event={event}", at.to_uppercase()), "id-malformed"),
    ] {
        let answer = ledger.call(Request::put(&uri).body(Body::from(honest.clone())).unwrap()).await;
        assert_eq!(problem(&answer), (400, code.into()), "{uri}");
    }
    let zipped =
        Request::put(format!("/api/v1/images/{at}?event={event}")).header("content-encoding", "gzip");
    let answer = ledger.call(zipped.body(Body::from(honest)).unwrap()).await;
    assert_eq!(problem(&answer).1, "encoding-unsupported");
}

#[tokio::test]
async fn a_stranger_hangs_up_no_pictures_and_a_record_no_more_than_twelve() {
    let (ledger, mut farm) = farm(0).await;
    let bytes = photograph(ImageFormat::Jpeg, 64, 48, 1);
    let record = seen(&mut farm, &[(&bytes, "image/jpeg")]);
    let (event, at) = (record.event_id, digest(&bytes).to_string());
    ledger.take([record]).await;
    assert_eq!(
        problem(&bring(&ledger, &at, event, bytes.clone()).await),
        (403, "image-not-recognised".into())
    );
    ledger.recognise(farm.id(), 3).await;
    assert_eq!(bring(&ledger, &at, event, bytes).await.status, 201);

    let many: Vec<Vec<u8>> = (0..13).map(|shade| photograph(ImageFormat::Jpeg, 40, 30, shade * 9)).collect();
    let named: Vec<(&[u8], &str)> = many.iter().map(|bytes| (bytes.as_slice(), "image/jpeg")).collect();
    let record = seen(&mut farm, &named);
    let event = record.event_id;
    ledger.take([record]).await;
    for (n, bytes) in many.into_iter().enumerate() {
        let status = bring(&ledger, &digest(&bytes).to_string(), event, bytes).await.status.as_u16();
        assert_eq!(status, if n < 12 { 201 } else { 404 }, "picture {n}");
    }
}

#[tokio::test]
async fn a_picture_that_was_removed_stays_away() {
    let (ledger, mut farm) = farm(3).await;
    let bytes = photograph(ImageFormat::Jpeg, 700, 500, 1);
    let record = seen(&mut farm, &[(&bytes, "image/jpeg")]);
    let (event, at) = (record.event_id, digest(&bytes).to_string());
    ledger.take([record]).await;
    let page = nguon_id::LotId::from_uri(&farm.lot("C1")).unwrap().path();
    let small = format!("src=\"/images/{at}?w=160\"");
    assert!(!ledger.get(&page).await.text().contains(&small), "nobody brought it yet");
    assert_eq!(bring(&ledger, &at, event, bytes.clone()).await.status, 201);
    assert!(ledger.get(&page).await.text().contains(&small), "a kept page is made again");
    assert_eq!(ledger.get(&format!("/images/{at}?w=320")).await.status, 200);

    ledger.service.images().remove(digest(&bytes), "a face", "Chị Lan").await.unwrap();
    for query in ["", "?w=320", "?w=160"] {
        let answer = ledger.get(&format!("/images/{at}{query}")).await;
        assert_eq!(problem(&answer), (410, "image-removed".into()));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.text().contains("Lan"), "who removed it is nobody's business");
    }
    assert!(!ledger.service.images().is_kept(&digest(&bytes).0));
    let text = ledger.get(&page).await.text().to_owned();
    assert!(!text.contains(&small) && text.contains("1 ảnh của bản ghi này đã được gỡ bỏ"), "{text}");
    assert_eq!(problem(&bring(&ledger, &at, event, bytes).await), (410, "image-removed".into()));
}

#[tokio::test]
async fn a_page_that_is_kept_hears_of_a_picture_that_a_command_took_away() {
    let (ledger, mut farm) = farm(4).await;
    let bytes = photograph(ImageFormat::Jpeg, 700, 500, 1);
    let record = seen(&mut farm, &[(&bytes, "image/jpeg")]);
    let (event, at) = (record.event_id, digest(&bytes).to_string());
    ledger.take([record]).await;
    let page = nguon_id::LotId::from_uri(&farm.lot("C1")).unwrap().path();
    assert_eq!(bring(&ledger, &at, event, bytes.clone()).await.status, 201);
    let small = format!("src=\"/images/{at}?w=160\"");
    assert!(ledger.get(&page).await.text().contains(&small));

    // As `nguon images remove` does, in another process: this one hears nothing.
    let folder = ledger._folder.path();
    let store = nguon_storage::open(&format!("sqlite:{}", folder.join("ledger.db").display())).await.unwrap();
    let objects = nguon_service::Folder::new(folder.join("public")).unwrap();
    nguon_service::images::remove(&*store, &objects, digest(&bytes), ("a face", "Chị Lan"), 7).await.unwrap();
    assert!(ledger.get(&page).await.text().contains(&small), "the page is kept as it was");
    // The command, or the next reader's browser, asks for the picture.
    assert_eq!(problem(&ledger.get(&format!("/images/{at}")).await), (410, "image-removed".into()));
    let text = ledger.get(&page).await.text().to_owned();
    assert!(!text.contains(&small) && text.contains("1 ảnh của bản ghi này đã được gỡ bỏ"), "{text}");
}
