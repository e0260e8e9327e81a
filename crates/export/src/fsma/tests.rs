use std::io::Cursor;

use calamine::{Data, DataType as _, Reader as _, Xlsx};
use jiff::civil::date;
use nguon_trace::facts::{Action, Amount, Correction, LotData, Paper, Step, What};

use super::*;

const FARM: &str = "aa";
const SHOP: &str = "bb";
const PLOT: &str = "https://so.example.vn/plot/don-duong/DO016";
const RAW: &str = "https://so.example.vn/p/ca-chua/l/260228-DO016";
const PACKS: &str = "https://id.gs1.org/01/09521101000016/10/260302-A";

/// 2026-02-28 08:00 in Vietnam, and so many days later.
fn at(days: i64) -> i64 {
    1_772_240_400_000 + days * 86_400_000
}

fn told(index: u64, event: Event) -> Told {
    let event_id = format!("{index:064x}");
    Told { index, event_id, organisation: FARM.to_owned(), destination: None, event }
}

fn season() -> Records {
    let objects = |action, amount| What::Objects { action, objects: vec![amount] };
    let harvest = Event {
        place: Some(PLOT.to_owned()),
        lot: LotData { harvest_from: Some(date(2026, 2, 28)), ..LotData::default() },
        ..Event::new(at(0), Step::Harvest, objects(Action::Add, Amount::of(RAW, Quantity::grams(820_500))))
    };
    let cooling =
        Event::new(at(0), Step::Cooling, objects(Action::Observe, Amount::of(RAW, Quantity::grams(820_500))));
    let packing = Event::new(
        at(2),
        Step::Packing,
        What::Transformation {
            process: None,
            inputs: vec![Amount::of(RAW, Quantity::grams(800_000))],
            outputs: vec![Amount::of(PACKS, Quantity::pieces(1_600))],
        },
    );
    let shipping = Event {
        destination: Some(format!("urn:nguon:org:{SHOP}")),
        papers: vec![Paper { kind: Some("po".to_owned()), uri: "urn:epcglobal:cbv:bt:1:42".to_owned() }],
        ..Event::new(
            at(3),
            Step::Shipping,
            objects(Action::Observe, Amount::of(PACKS, Quantity::pieces(600))),
        )
    };
    let receiving = Event {
        source: Some(format!("urn:nguon:org:{FARM}")),
        ..Event::new(
            at(3),
            Step::Receiving,
            objects(Action::Observe, Amount::of(PACKS, Quantity::pieces(600))),
        )
    };
    let eaten =
        Event::new(at(4), Step::Selling, objects(Action::Delete, Amount::of(PACKS, Quantity::pieces(2))));
    let taken_back = Event {
        correction: Some(Correction {
            of: "x".to_owned(),
            declared_ms: 0,
            reason: None,
            corrective_ids: Vec::new(),
        }),
        ..shipping.clone()
    };
    let raw = Lot {
        number: "260228-DO016".to_owned(),
        product_uri: Some("https://so.example.vn/p/ca-chua".to_owned()),
        product: Some(Text::both("Cà chua", "Tomatoes")),
        commodity: Some(Text::both("Cà chua", "Tomato")),
        variety: Some("Anna".to_owned()),
        maker: Some(FARM.to_owned()),
        ..Lot::default()
    };
    let packs = Lot {
        number: "260302-A".to_owned(),
        product_uri: Some("https://id.gs1.org/01/09521101000016".to_owned()),
        product: Some(Text::both("Cà chua hộp", "Boxed tomatoes")),
        net_content: Some(Quantity::grams(500)),
        maker: Some(FARM.to_owned()),
        ..Lot::default()
    };
    let farm = Location {
        name: "HTX Đơn Dương".to_owned(),
        phone: Some("0263 000 001".to_owned()),
        address: Some("Xã Ka Đô, Lâm Đồng".to_owned()),
        gln: Some("9521101000009".to_owned()),
    };
    let shop = Location { name: "Công ty Đà Lạt".to_owned(), ..Location::default() };
    let field = Place::Plot {
        field: "DO016".to_owned(),
        locality: "Ka Đô".to_owned(),
        organisation: FARM.to_owned(),
    };
    let mut received = told(14, receiving);
    received.organisation = SHOP.to_owned();
    Records {
        asked: vec!["260302-A".to_owned()],
        told: vec![
            received,
            told(10, harvest),
            told(11, cooling),
            told(12, packing),
            told(13, shipping),
            told(15, eaten),
            told(16, taken_back),
        ],
        lots: [(RAW.to_owned(), raw), (PACKS.to_owned(), packs)].into(),
        places: [(PLOT.to_owned(), field)].into(),
        organisations: [(FARM.to_owned(), farm), (SHOP.to_owned(), shop)].into(),
        ledger: "so.example.vn".to_owned(),
        made_on: date(2026, 11, 27),
    }
}

/// The cells of a sheet by their heads, as another reader sees them.
fn sheet(file: &[u8], name: &str) -> Vec<BTreeMap<String, Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.to_vec())).unwrap();
    let formulas = book.worksheet_formula(name).unwrap();
    assert!(formulas.used_cells().next().is_none(), "{name} has a formula");
    let range = book.worksheet_range(name).unwrap();
    let mut rows = range.rows();
    let heads: Vec<String> = rows.next().unwrap().iter().map(ToString::to_string).collect();
    rows.map(|row| heads.iter().cloned().zip(row.iter().cloned()).collect()).collect()
}

fn day(cell: &Data) -> (i64, bool) {
    let Data::DateTime(day) = cell else { panic!("{cell:?} is no date") };
    #[expect(clippy::cast_possible_truncation, reason = "a whole day of this century")]
    let whole = day.as_f64() as i64;
    (whole, day.is_datetime())
}

#[test]
fn each_event_is_a_row_of_its_sheet_with_typed_cells() {
    let file = season().xlsx().unwrap();
    let text =
        |row: &BTreeMap<String, Data>, head: &str| row[head].get_string().unwrap_or_default().to_owned();
    let farm = "HTX Đơn Dương; 0263 000 001; Xã Ka Đô, Lâm Đồng; Vietnam; GLN 9521101000009";

    let harvesting = sheet(&file, "Harvesting");
    assert_eq!(harvesting.len(), 1);
    let row = &harvesting[0];
    assert_eq!(text(row, "Commodity"), "Tomato (Cà chua)");
    assert_eq!(text(row, "Variety"), "Anna");
    assert_eq!((&row["Quantity"], text(row, "Unit of measure").as_str()), (&Data::Float(820.5), "kg"));
    assert_eq!(text(row, "Name of the field or other growing area"), "DO016");
    assert_eq!(
        text(row, "Location description for the farm where the food was harvested"),
        "HTX Đơn Dương; 0263 000 001; Ka Đô; Vietnam; GLN 9521101000009"
    );
    assert_eq!(
        text(row, "Location description for the immediate subsequent recipient"),
        farm,
        "its own packing line is the first to use it"
    );
    // Excel's day 46,081 is 2026-02-28.
    assert_eq!(day(&row["Date of harvesting"]), (46_081, true));
    assert_eq!(row["Ledger record (index)"], Data::Float(10.0));

    assert_eq!(sheet(&file, "Cooling").len(), 1);
    let packing = sheet(&file, "Initial Packing");
    assert_eq!(packing.len(), 1);
    let row = &packing[0];
    assert_eq!(
        text(row, "Traceability lot code assigned"),
        "260302-A (https://id.gs1.org/01/09521101000016)"
    );
    assert_eq!(text(row, "Product description of the packed food"), "Boxed tomatoes (Cà chua hộp), 0.5 kg");
    assert_eq!(
        (&row["Quantity packed"], &row["Quantity received"]),
        (&Data::Float(1600.0), &Data::Float(800.0))
    );
    assert_eq!(text(row, "Phone number of the harvester"), "0263 000 001");
    assert_eq!(day(&row["Date of cooling"]).0, 46_081);
    assert_eq!(text(row, "Traceability lot code source reference"), "9521101000009");
    assert!(row["Date you received the food"].is_empty(), "nobody recorded that it was received");

    let shipping = sheet(&file, "Shipping");
    assert_eq!(shipping.len(), 1, "what is eaten or taken back is not shipped");
    let row = &shipping[0];
    assert_eq!(
        text(row, "Location description for the immediate subsequent recipient"),
        "Công ty Đà Lạt; Vietnam"
    );
    assert_eq!(text(row, "Reference document type"), "po");
    let receiving = sheet(&file, "Receiving");
    assert_eq!(text(&receiving[0], "Location description for the immediate previous source"), farm);
    assert_eq!(text(&receiving[0], "Reference document type"), "Signed ledger record");
    assert_eq!(sheet(&file, "Transformation").len(), 0);
}

#[test]
fn a_packer_received_the_food_when_it_says_so_and_not_when_somebody_before_it_did() {
    let mut records = season();
    for (index, organisation, day) in [(30, FARM, 1), (31, SHOP, 2)] {
        let objects = vec![Amount::of(RAW, Quantity::grams(820_500))];
        let what = What::Objects { action: Action::Observe, objects };
        let mut received = told(index, Event::new(at(day), Step::Receiving, what));
        received.organisation = organisation.to_owned();
        records.told.push(received);
    }
    let packing = records.told.iter_mut().find(|told| told.index == 12).unwrap();
    packing.organisation = SHOP.to_owned();
    let row = &sheet(&records.xlsx().unwrap(), "Initial Packing")[0];
    assert_eq!(day(&row["Date you received the food"]).0, 46_083);
}

#[test]
fn repacking_is_a_transformation() {
    let mut records = season();
    let other = "https://id.gs1.org/01/09521101000016/10/MIX-1";
    records.lots.insert(other.to_owned(), Lot { number: "MIX-1".to_owned(), ..Lot::default() });
    let mix = Event::new(
        at(5),
        Step::Packing,
        What::Transformation {
            process: None,
            inputs: vec![Amount::of(PACKS, Quantity::pieces(10)), Amount::of(RAW, Quantity::grams(1_000))],
            outputs: vec![Amount::of(other, Quantity::pieces(12))],
        },
    );
    records.told.push(told(20, mix));
    let file = records.xlsx().unwrap();
    let rows = sheet(&file, "Transformation");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["Food produced: new traceability lot code"], Data::String("MIX-1".to_owned()));
    assert_eq!(sheet(&file, "Initial Packing").len(), 2);
}

#[test]
fn no_text_of_anybody_becomes_a_formula_or_breaks_the_sheet() {
    let hostile = [
        r#"=HYPERLINK("http://evil.example","x")"#.to_owned(),
        "+1+1".to_owned(),
        "@SUM(A1)".to_owned(),
        "https://evil.example/".to_owned(),
        "dâu 🍓".repeat(100_000 / 5),
        "\u{0}\u{1}\u{ffff}\u{202e}đảo".to_owned(),
        "]]>&<c>".to_owned(),
    ];
    for text in hostile {
        let mut records = season();
        let lot = records.lots.get_mut(RAW).unwrap();
        lot.commodity = Some(Text::vi(text.clone()));
        lot.variety = Some(text.clone());
        records.organisations.get_mut(FARM).unwrap().name = text.clone();
        records.asked = vec![text.clone()];
        records.ledger = text.clone();
        let file = records.xlsx().unwrap();
        let rows = sheet(&file, "Harvesting");
        let Data::String(read) = &rows[0]["Variety"] else { panic!("{text}: {:?}", rows[0]["Variety"]) };
        assert!(!read.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
        assert!(read.encode_utf16().count() <= 32_767);
        if text.len() < 100 && !text.contains('\u{0}') {
            assert_eq!(*read, text);
        }
        for name in ["Cooling", "Initial Packing", "Shipping", "Receiving", "Transformation", "About"] {
            sheet(&file, name);
        }
    }
}

#[test]
fn without_any_event_there_are_still_the_sheets() {
    let records = Records { told: Vec::new(), ..season() };
    let file = records.xlsx().unwrap();
    assert_eq!(sheet(&file, "Harvesting").len(), 0);
    assert!(sheet(&file, "About").len() > 3);
    assert_eq!(file, records.xlsx().unwrap(), "the same records give the same bytes");
}
