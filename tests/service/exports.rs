//! What an office asks for is in its file, with the people and places that only it may see; what was erased is not.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use jiff::civil::date;
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::LotId;
use nguon_ledger::{Act, Standing};
use nguon_service::exports::{DiaryFormat, ExportError, Exports, Fault};
use nguon_tests::World;
use nguon_trace::facts::{
    Action, Correction, ErrorReason, Event, Facts, PlantProtection, Step, What, event_urn,
};

use super::given;

const BASE: &str = "https://shop.example.org";

/// The cells of a sheet, as another reader sees them.
fn sheet(file: &[u8], name: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.to_vec())).unwrap();
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
}

fn whole(file: &[u8], name: &str) -> String {
    sheet(file, name).concat().join(" | ")
}

/// Something on a plot, whosever it is.
fn on(plot: &str, now_ms: i64, step: Step) -> Event {
    let what = What::Objects { action: Action::Observe, objects: Vec::new() };
    Event { place: Some(plot.to_owned()), ..Event::new(now_ms, step, what) }
}

/// A season of one plot: a spraying declared wrong, a rival's word, two harvests in one pack.
async fn season(world: &World) -> (Farm, nguon_ledger::EventId, nguon_ledger::EventId, LotId) {
    let mut farm = Farm::named(1, "farm", &world.context);
    let start = farm.start();
    let card = start.last().unwrap().event_id;
    world.log_all(start).await;
    world.recognise(farm.id(), Standing::PRODUCER).await;
    let spray = farm.spray(Device::Phone(1), Some(7));
    let sprayed = spray.event_id;
    world.log(spray).await;
    let mut wrong = on(&farm.plot(), farm.now_ms(), Step::PlantProtection(PlantProtection::default()));
    wrong.correction = Some(Correction {
        of: event_urn(&sprayed.to_string()),
        declared_ms: farm.now_ms(),
        reason: Some(ErrorReason::DidNotOccur),
        corrective_ids: Vec::new(),
    });
    let correction = farm.say(Device::Phone(1), Act::Diary, &Facts::Event(Box::new(wrong)), &[]);
    world.log(correction).await;
    let watering = farm.water(Device::Phone(2), "=1+1");
    world.log(watering).await;
    let first = farm.harvest(Device::Phone(1), "260105-A", 10_000);
    let harvest = first.event_id;
    world.log(first).await;
    let second = farm.harvest(Device::Phone(2), "260105-B", 5_000);
    world.log(second).await;
    let output = farm.pack_lot("260105-P");
    let inputs = [(farm.lot("260105-A"), 10_000), (farm.lot("260105-B"), 5_000)];
    let packing = farm.pack(&inputs, &output, 30);
    world.log(packing).await;
    let mut rival = world.farm("rival").await;
    let claim = on(&farm.plot(), rival.now_ms(), Step::Irrigation { water: Some("nước thải".to_owned()) });
    let claim = rival.say(Device::Phone(1), Act::Diary, &Facts::Event(Box::new(claim)), &[]);
    world.log(claim).await;
    world.settle().await;
    (farm, card, harvest, LotId::from_uri(&output).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_leads_to_its_plot_on_the_map_until_the_place_is_erased() {
    let Some(world) = given().await else { return };
    let (farm, card, _, pack) = season(&world).await;
    let store = world.service().lookup().store.clone();
    let mut exports = Exports::open(store, BASE.to_owned()).await.unwrap();
    assert_eq!(exports.behind().await.unwrap(), 0);

    let file = exports.eudr(std::slice::from_ref(&pack), false).await.unwrap();
    assert_eq!((file.media_type, file.file_name.as_str()), ("application/geo+json", "eudr-260105-p.geojson"));
    let text = String::from_utf8(file.bytes).unwrap();
    assert!(text.contains(r#"{"type":"Point","coordinates":[108.548000,11.708000]}"#), "{text}");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let properties = &read["features"][0]["properties"];
    assert_eq!(read["features"].as_array().unwrap().len(), 1);
    assert_eq!(properties["ProducerName"], "HTX Thử Nghiệm farm");
    assert_eq!(properties["Area"], 0.25);
    assert_eq!(properties["nguon:netMassKg"], 15.0, "thirty trays of 500 g");
    assert_eq!(properties["nguon:harvestLots"].as_array().unwrap().len(), 2);
    assert_eq!(properties["nguon:plot"], farm.plot());

    world.erase(card, 2).await;
    world.settle().await;
    exports.refresh().await.unwrap();
    let refused = exports.eudr(std::slice::from_ref(&pack), false).await.unwrap_err();
    let ExportError::NotExportable(faults) = refused else { panic!("{refused}") };
    assert_eq!(faults.0, [Fault::PlaceErased { plot: "T01".to_owned() }]);
    let rest = exports.eudr(&[pack], true).await.unwrap();
    let read: serde_json::Value = serde_json::from_slice(&rest.bytes).unwrap();
    assert_eq!((&read["nguon:exportable"], read["features"].as_array().unwrap().len()), (&false.into(), 0));
    assert_eq!(rest.remarks.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fdas_sheet_goes_back_to_the_field() {
    let Some(world) = given().await else { return };
    let (_, _, _, pack) = season(&world).await;
    let store = world.service().lookup().store.clone();
    let mut exports = Exports::open(store, BASE.to_owned()).await.unwrap();
    let file = exports.fsma(&[pack], world.service().now_ms()).await.unwrap();
    assert_eq!(file.file_name, "fsma204-260105-p.xlsx");
    let rows = sheet(&file.bytes, "Initial Packing");
    assert_eq!(rows.len(), 3, "a row for each lot that went in");
    let column = |head: &str| rows[0].iter().position(|cell| cell == head).unwrap();
    assert_eq!(rows[1][column("Quantity received")], "10");
    assert_eq!(rows[1][column("Quantity packed")], "30");
    assert_eq!(rows[1][column("Name of the field or other growing area")], "T01");
    assert_eq!(rows[2][column("Harvested lot (number)")], "260105-B");
    assert!(rows[1][column("Traceability lot code assigned")].starts_with("260105-P (https://"));
    assert_eq!(sheet(&file.bytes, "Harvesting").len(), 3);
    assert!(!whole(&file.bytes, "Harvesting").contains("Người Thử Nghiệm"), "no people in it");

    let unknown = LotId::from_path("/p/ca-chua-thu/l/NONE").unwrap();
    assert!(matches!(exports.fsma(&[unknown], 0).await, Err(ExportError::NoLot(_))));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diary_shows_what_was_taken_back_and_leaves_out_what_a_rival_said() {
    let Some(world) = given().await else { return };
    let (farm, _, harvest, _) = season(&world).await;
    let store = world.service().lookup().store.clone();
    let mut exports = Exports::open(store, BASE.to_owned()).await.unwrap();
    let (from, until, now) = (date(2026, 1, 1), date(2026, 1, 31), world.service().now_ms());
    let plot = exports.plot("t01", Some("farm")).await.unwrap();
    assert_eq!(plot, farm.plot());
    let file = exports.diary(&plot, from, until, DiaryFormat::Xlsx, now).await.unwrap();
    assert_eq!(file.file_name, "diary-t01-2026-01-01-2026-01-31.xlsx");
    let sprays = whole(&file.bytes, "Thuốc BVTV");
    assert!(sprays.contains("Ví Dụ Aba 36EC"), "{sprays}");
    assert!(sprays.contains("Đã đính chính ngày 05/01/2026"), "{sprays}");
    assert!(sprays.contains("việc này không xảy ra"), "{sprays}");
    let harvests = whole(&file.bytes, "Thu hoạch");
    assert_eq!(harvests.matches("không phun trước đó").count(), 2, "{harvests}");
    assert_eq!(harvests.matches("Người Thử Nghiệm").count(), 2, "{harvests}");
    let water = whole(&file.bytes, "Tưới nước");
    assert!(water.contains("=1+1") && !water.contains("nước thải"), "{water}");
    let cover = whole(&file.bytes, "Thửa và người trồng");
    assert!(cover.contains("Có 1 bản ghi của đơn vị khác"), "{cover}");
    assert!(cover.contains("Xã Ka Đô, Lâm Đồng") && cover.contains("11,708000"), "{cover}");
    let printed = exports.diary(&plot, from, until, DiaryFormat::Pdf, now).await.unwrap();
    assert_eq!(printed.media_type, "application/pdf");
    assert!(printed.bytes.starts_with(b"%PDF-"));

    world.erase(harvest, 1).await;
    world.settle().await;
    exports.refresh().await.unwrap();
    let file = exports.diary(&plot, from, until, DiaryFormat::Xlsx, now).await.unwrap();
    let harvests = whole(&file.bytes, "Thu hoạch");
    assert_eq!(harvests.matches("Người Thử Nghiệm").count(), 1, "one of the two is forgotten: {harvests}");

    let backwards = exports.diary(&plot, until, from, DiaryFormat::Pdf, now).await;
    assert!(matches!(backwards, Err(ExportError::Season { .. })));
    let many = exports.plot("T01", None).await;
    assert!(matches!(many, Err(ExportError::SeveralPlots { ref plots, .. }) if plots.len() == 2), "{many:?}");
    assert!(matches!(exports.plot("T99", None).await, Err(ExportError::NoPlot(_))));
    assert!(matches!(exports.plot("https://x.example/\0", None).await, Err(ExportError::NoPlot(_))));
    world.end().await;
}
