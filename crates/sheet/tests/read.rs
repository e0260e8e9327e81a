//! Sheets as people fill them in, and what comes of each.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]

use jiff::civil::{Date, date};
use nguon_id::{Commune, ProductCode};
use nguon_sheet::fault::FaultCode;
use nguon_sheet::write::{Value, export, table, template};
use nguon_sheet::{Fault, Grid, Kind, Known, KnownLot, KnownPlot, KnownProduct, Row, Said, read};
use nguon_trace::facts::{Facts, Step, vietnam_day};
use nguon_trace::quantity::Quantity;

const TODAY: Date = date(2026, 4, 20);

fn communes(name: &str) -> Vec<Commune> {
    let commune = |code: &str| Commune::parse(&format!("{code}@2025-07-01")).unwrap();
    match name {
        "Xã Ka Đô" | "Ka Đô" => vec![commune("24943")],
        "Tân Hà" => vec![commune("24871"), commune("23194")],
        "Phường Xuân Trường - Đà Lạt" => vec![commune("24805")],
        _ => Vec::new(),
    }
}

fn known() -> Known<'static> {
    let product = |code: &str, name: &str| KnownProduct {
        code: ProductCode::parse(code).unwrap(),
        name: name.to_owned(),
        uri: format!("https://so.example/p/{code}"),
        gtin: None,
    };
    Known {
        origin: "so.example".to_owned(),
        organisation: "ab".repeat(32),
        today: TODAY,
        plots: vec![KnownPlot {
            code: "LÔ-07".to_owned(),
            uri: "https://so.example/plot/abababababab/lo-07".to_owned(),
        }],
        products: vec![product("dau-tay", "Dâu tây xá"), product("dau-tay-500g", "Dâu tây Đà Lạt")],
        lots: vec![
            KnownLot {
                number: "260412-A".to_owned(),
                uri: "https://so.example/p/dau-tay/l/260412-A".to_owned(),
            },
            KnownLot {
                number: "260411-B".to_owned(),
                uri: "https://so.example/p/dau-tay/l/260411-B".to_owned(),
            },
        ],
        communes: &communes,
    }
}

fn said(kind: Kind, text: &str) -> Result<Vec<Row>, Vec<Fault>> {
    read(kind, &Grid::read(text.as_bytes()).unwrap(), &known())
}

fn rows(kind: Kind, text: &str) -> Vec<Row> {
    said(kind, text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// (row, column, why) of each fault.
fn faults(kind: Kind, text: &str) -> Vec<(usize, String, FaultCode)> {
    let faults = said(kind, text).err().unwrap();
    for fault in &faults {
        assert!(!fault.vi.is_empty() && !fault.en.is_empty() && !fault.header.is_empty(), "{fault:?}");
    }
    faults.into_iter().map(|fault| (fault.row, fault.column, fault.code)).collect()
}

fn facts(row: &Row) -> &Facts {
    match &row.said {
        Said::Facts { facts, .. } => facts,
        Said::Person(_) => panic!("a person"),
    }
}

#[test]
fn each_template_can_be_read_back_with_its_example() {
    for kind in Kind::ALL {
        let grid = Grid::read(&template(kind).unwrap()).unwrap();
        assert_eq!(grid.sheet, kind.title());
        // The example is no thing of the ledger yet.
        let mut known = known();
        match kind {
            Kind::Plots => known.plots.clear(),
            Kind::Products => known.products.clear(),
            Kind::Members | Kind::Diary | Kind::Lots => {}
        }
        let rows = read(kind, &grid, &known).unwrap_or_else(|faults| panic!("{faults:#?}"));
        assert_eq!(rows.len(), if kind == Kind::Diary { 2 } else { 1 }, "{kind:?}");
    }
}

#[test]
fn plots_come_with_crop_area_and_place() {
    let rows = rows(
        Kind::Plots,
        "Mã thửa,Cây trồng,Diện tích,\"Xã, phường\",Cách trồng,Vĩ độ,Kinh độ\n\
         Thửa 12/a,Dâu tây,\"0,35 ha\",Xã Ka Đô,nhà kính,\"11,708\",\"108,548\"\n",
    );
    let [Row { number: 2, said: Said::Facts { act: "diary", facts, subjects, place, .. } }] = rows.as_slice()
    else {
        panic!("one plot")
    };
    let Facts::Plot(plot) = facts.as_ref() else { panic!("a plot") };
    assert_eq!(plot.uri, "https://so.example/plot/abababababab/thua-12-a");
    assert_eq!(subjects.as_slice(), std::slice::from_ref(&plot.uri));
    assert_eq!((plot.area_m2, plot.crop_code.as_deref()), (3_500, Some("strawberry")));
    assert_eq!(plot.growing_method.as_deref(), Some("GREENHOUSE"));
    assert_eq!(*place, Some((108.548, 11.708)));
}

#[test]
fn faults_of_plots_name_their_cells() {
    let found = faults(
        Kind::Plots,
        "Mã thửa,Cây trồng,Diện tích,Xã phường,Vĩ độ,Kinh độ\n\
         LÔ-07,lúa,1000,Ka Đô,,\n\
         T1,lúa,2 sào,Ka Đô,,\n\
         T1,lúa,1000,Ka Đô,,\n\
         T3,,1000,Tân Hà,,\n\
         T4,lúa,1.250,Hà Nội,,\n\
         T5,lúa,1000,Ka Đô,\"108,5\",\"11,7\"\n\
         T6,lúa,1000,Ka Đô,\"11,7\",\n",
    );
    assert_eq!(
        found,
        [
            (2, "A".to_owned(), FaultCode::Twice),
            (3, "C".to_owned(), FaultCode::UnknownWord),
            (4, "A".to_owned(), FaultCode::Twice),
            (5, "B".to_owned(), FaultCode::Empty),
            (5, "D".to_owned(), FaultCode::SeveralThings),
            (6, "C".to_owned(), FaultCode::TwoNumbers),
            (6, "D".to_owned(), FaultCode::UnknownThing),
            (7, "E".to_owned(), FaultCode::NotANumber),
            (8, "F".to_owned(), FaultCode::DoNotFit),
        ]
    );
}

#[test]
fn a_head_that_is_missing_unknown_or_there_twice_is_told() {
    let found = faults(Kind::Plots, "Mã thửa,Cây trồng,Ghi chú riêng,Mã thửa\nT1,lúa,x,T2\n");
    assert_eq!(
        found,
        [
            (1, "C".to_owned(), FaultCode::ColumnUnknown),
            (1, "D".to_owned(), FaultCode::ColumnTwice),
            (1, "E".to_owned(), FaultCode::ColumnMissing),
            (1, "E".to_owned(), FaultCode::ColumnMissing),
        ]
    );
}

#[test]
fn a_diary_becomes_events_of_its_plot() {
    let rows = rows(
        Kind::Diary,
        "Ngày;Mã thửa;Công việc;Vật tư;Cách ly (ngày);Số lô;Sản phẩm;Sản lượng (kg);Người làm\n\
         01/04/2026;lô 07;Phun thuốc;Ridomil Gold® 68WG;7;;;;Trần Thị B\n\
         12/04/2026;LÔ-07;thu hoạch;;;260412-C;dau-tay;120,5;\n",
    );
    let Facts::Event(spray) = facts(&rows[0]) else { panic!("an event") };
    let Step::PlantProtection(spraying) = &spray.step else { panic!("{:?}", spray.step) };
    assert_eq!((spraying.product.as_deref(), spraying.phi_days), (Some("Ridomil Gold® 68WG"), Some(7)));
    assert_eq!(vietnam_day(spray.time_ms), date(2026, 4, 1));
    assert!(spray.for_another);
    let Said::Facts { act, person, subjects, .. } = &rows[0].said else { panic!("facts") };
    assert_eq!((*act, person.as_deref()), ("diary", Some("Trần Thị B")));
    assert_eq!(subjects.as_slice(), ["https://so.example/plot/abababababab/lo-07"]);

    let Facts::Event(harvest) = facts(&rows[1]) else { panic!("an event") };
    let object = &harvest.objects()[0];
    assert_eq!(object.subject, "https://so.example/p/dau-tay/l/260412-C");
    assert_eq!(object.quantity, Some(Quantity::grams(120_500)));
    assert!(!harvest.for_another);
}

#[test]
fn an_unknown_interval_stays_unknown() {
    let rows = rows(Kind::Diary, "Ngày,Mã thửa,Công việc,Vật tư\n01/04/2026,LÔ-07,phun,Thuốc X\n");
    let Facts::Event(spray) = facts(&rows[0]) else { panic!("an event") };
    assert!(matches!(&spray.step, Step::PlantProtection(spraying) if spraying.phi_days.is_none()));
}

#[test]
fn faults_of_a_diary_name_their_cells() {
    let found = faults(
        Kind::Diary,
        "Ngày,Mã thửa,Công việc,Vật tư,Số lô,Sản phẩm,Sản lượng (kg),Cách ly\n\
         21/04/2026,LÔ-07,tưới,,,,,\n\
         01/04/2026,LÔ-99,tưới,,,,,\n\
         01/04/2026,LÔ-07,cày,,,,,\n\
         01/04/2026,LÔ-07,bón phân,,,,,\n\
         01/04/2026,LÔ-07,tưới,,260401-A,,,\n\
         01/04/2026,LÔ-07,thu hoạch,,có dấu,dau-tay,0,\n\
         01/04/2026,LÔ-07,bón phân,Phaân chuoàng,,,,\n\
         01/04/2026,LÔ-07,thu hoạch,,A1,dau-tay,10,7\n",
    );
    assert_eq!(
        found,
        [
            (2, "A".to_owned(), FaultCode::DayOutOfRange),
            (3, "B".to_owned(), FaultCode::UnknownThing),
            (4, "C".to_owned(), FaultCode::UnknownWord),
            (5, "D".to_owned(), FaultCode::Empty),
            (6, "E".to_owned(), FaultCode::DoNotFit),
            (7, "E".to_owned(), FaultCode::CodeMalformed),
            (7, "G".to_owned(), FaultCode::NotANumber),
            (8, "D".to_owned(), FaultCode::OldAlphabet),
            (9, "H".to_owned(), FaultCode::DoNotFit),
        ]
    );
}

#[test]
fn lots_are_made_of_lots_of_the_ledger_and_of_rows_above() {
    let rows = rows(
        Kind::Lots,
        "Số lô,Sản phẩm,Ngày,Công việc,Lô nguồn,Số lượng,Đơn vị,Hạn dùng\n\
         260413-P,dau-tay,13/04/2026,phân loại,260412-A: 100; 260411-B: 20.5 kg,110,kg,\n\
         260413-G,Dâu tây Đà Lạt,13/04/2026,đóng gói,260413-P: 100,200,hộp,20/04/2026\n",
    );
    let Facts::Event(sorted) = facts(&rows[0]) else { panic!("an event") };
    assert_eq!(sorted.inputs()[1].quantity, Some(Quantity::grams(20_500)));
    let Facts::Event(packed) = facts(&rows[1]) else { panic!("an event") };
    assert_eq!(packed.inputs()[0].subject, "https://so.example/p/dau-tay/l/260413-P");
    assert_eq!(packed.outputs()[0].quantity, Some(Quantity::pieces(200)));
    assert_eq!(packed.lot.best_before, Some(date(2026, 4, 20)));

    let found = faults(
        Kind::Lots,
        "Số lô,Sản phẩm,Ngày,Công việc,Lô nguồn,Số lượng,Đơn vị,Hạn dùng\n\
         260412-A,dau-tay,13/04/2026,phân loại,260411-B: 1,1,kg,\n\
         X1,dau-tay,13/04/2026,phân loại,X1: 1,1,kg,\n\
         X2,dau-tay,13/04/2026,phân loại,khong-co: 1,1,kg,\n\
         X3,dau-tay,13/04/2026,phân loại,260411-B,1,kg,\n\
         X4,dau-tay,13/04/2026,đóng gói,260411-B: 1,\"1,5\",hộp,\n\
         X5,dau-tay,13/04/2026,đóng gói,260411-B: 1,1,hộp,01/04/2026\n",
    );
    assert_eq!(
        found,
        [
            (2, "A".to_owned(), FaultCode::Twice),
            (3, "E".to_owned(), FaultCode::UnknownThing),
            (4, "E".to_owned(), FaultCode::UnknownThing),
            (5, "E".to_owned(), FaultCode::CodeMalformed),
            (6, "F".to_owned(), FaultCode::NotANumber),
            (7, "H".to_owned(), FaultCode::DoNotFit),
        ]
    );
}

#[test]
fn members_keep_their_first_zero_and_their_rights() {
    let heads = ["Họ và tên", "Điện thoại", "Vai trò"].map(str::to_owned);
    let cells = vec![Value::text("Rơ Châm H'Phik"), Value::Number(912_345_678.0), Value::text("Tổ trưởng")];
    let bytes = table("Thành viên", &heads, [cells].into_iter()).unwrap();
    let rows = read(Kind::Members, &Grid::read(&bytes).unwrap(), &known()).unwrap_or_default();
    let [Row { said: Said::Person(person), .. }] = rows.as_slice() else { panic!("one person") };
    assert_eq!(person.phone, "0912345678");
    assert_eq!(person.roles, ["diary", "lot"]);
}

#[test]
fn five_thousand_rows_are_read_and_all_or_nothing() {
    let rows = (0..5_000).map(|row| {
        vec![
            Value::text(format!("{:02}/04/2026", row % 20 + 1)),
            Value::text("LÔ-07"),
            Value::text("thu hoạch"),
            Value::text(format!("H{row}")),
            Value::text("dau-tay"),
            Value::thousandths(row * 10 + 500),
        ]
    });
    let heads = ["Ngày", "Mã thửa", "Công việc", "Số lô", "Sản phẩm", "Sản lượng (kg)"].map(str::to_owned);
    let bytes = table("Nhật ký", &heads, rows.clone()).unwrap();
    let taken = read(Kind::Diary, &Grid::read(&bytes).unwrap(), &known()).unwrap_or_default();
    assert_eq!(taken.len(), 5_000);
    let bad = rows.chain([vec![Value::text("hôm qua")]]);
    let bytes = table("Nhật ký", &heads, bad).unwrap();
    let faults = read(Kind::Diary, &Grid::read(&bytes).unwrap(), &known()).err().unwrap();
    assert!(faults.iter().all(|fault| fault.row == 5_002), "{faults:?}");
}

#[test]
fn what_is_exported_is_text_whatever_it_begins_with() {
    let row = vec![Value::text("=HYPERLINK(\"http://evil.example\")"), Value::text("+1"), Value::text("@x")];
    let bytes = export(Kind::Products, [row].into_iter()).unwrap();
    let grid = Grid::read(&bytes).unwrap();
    let cells: Vec<String> = grid.rows[0].1.iter().map(|cell| format!("{cell:?}")).collect();
    assert_eq!(cells[0], "Text(\"=HYPERLINK(\\\"http://evil.example\\\")\")");
}
