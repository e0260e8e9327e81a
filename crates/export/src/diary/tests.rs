use std::io::Cursor;

use calamine::{Data, DataType as _, Reader as _, Xlsx};
use jiff::civil::date;
use nguon_id::Commune;
use nguon_trace::facts::{Amount, Correction, ErrorReason, LotData, PlantProtection, Step, Text, What};
use nguon_trace::lot::Void;
use nguon_trace::quantity::Quantity;

use super::*;

const PLOT: &str = "https://so.example.vn/plot/don-duong/DO016";

/// So many days after 2026-01-05, at an hour in Vietnam.
fn at(days: i64, hour: i64) -> i64 {
    1_767_546_000_000 + days * 86_400_000 + hour * 3_600_000
}

fn line(index: u64, event: Event) -> Line {
    Line {
        index,
        event_id: format!("{:016x}", index.wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4),
        logged_ms: event.time_ms.saturating_add(3_600_000),
        said: Said::Event(Box::new(event)),
        effect: Effect::Counts,
        inspector: None,
        person: Some("Kră Jăn Hương".to_owned()),
        confirmed_by: None,
    }
}

fn on_plot(time_ms: i64, step: Step) -> Event {
    let what =
        What::Objects { action: nguon_trace::facts::Action::Observe, objects: vec![Amount::whole(PLOT)] };
    Event { place: Some(PLOT.to_owned()), ..Event::new(time_ms, step, what) }
}

fn sprayed(time_ms: i64, product: &str, phi_days: Option<u16>) -> Event {
    on_plot(
        time_ms,
        Step::PlantProtection(PlantProtection {
            product: Some(product.to_owned()),
            active_substance: Some("Abamectin 1,8 % (w/w)".to_owned()),
            dose: Some("25 ml/bình 16 lít; 400 lít nước/ha".to_owned()),
            target: Some("Bọ trĩ, sâu đục quả".to_owned()),
            area_m2: Some(12_500),
            phi_days,
        }),
    )
}

fn harvested(time_ms: i64, number: &str, grams: u64) -> Event {
    let lot = format!("https://so.example.vn/p/ca-chua-don-duong/l/{number}");
    let objects = vec![Amount::of(lot, Quantity::grams(grams))];
    let what = What::Objects { action: nguon_trace::facts::Action::Add, objects };
    Event { place: Some(PLOT.to_owned()), ..Event::new(time_ms, Step::Harvest, what) }
}

fn empty() -> Diary {
    Diary {
        farm: Farm {
            name: "Hợp tác xã Nông nghiệp Đơn Dương".to_owned(),
            address: "Thôn 3, xã Ka Đô, tỉnh Lâm Đồng".to_owned(),
            phone: Some("0263 000 001".to_owned()),
            identifiers: vec![("Mã số thuế".to_owned(), "5800000001".to_owned())],
            certificate: Some("VietGAP-TT-26-68-001, hiệu lực đến 31/12/2027".to_owned()),
        },
        plot: Plot {
            uri: PLOT.to_owned(),
            code: "DO016".to_owned(),
            commune: Commune::parse("24943@2025-07-01").unwrap(),
            place_name: Some(Text::vi("Ka Đô")),
            area_m2: 12_500,
            crop: Text::both("Cà chua", "Tomato"),
            crop_code: Some("tomato".to_owned()),
            growing_method: Some("GREENHOUSE".to_owned()),
            planting_area_code: Some("VN-LDOR-0019".to_owned()),
        },
        commune: "Xã Ka Đô, Lâm Đồng".to_owned(),
        place: Outline::parse(br#"{"type":"Point","coordinates":[108.534210,11.741380]}"#).ok(),
        grower: Some("Kră Jăn Hương".to_owned()),
        from: date(2026, 1, 1),
        until: date(2026, 6, 30),
        lines: Vec::new(),
        left_out: 0,
        products: BTreeMap::new(),
        ledger: "ledger.lamdong.example/2026".to_owned(),
        base_url: "https://truyxuat.lamdong.example".to_owned(),
        made_ms: at(180, 9),
    }
}

fn season() -> Diary {
    let mut diary = empty();
    let mut lines = Vec::new();
    let crop = Some("tomato".to_owned());
    let variety = Some("Anna F1 ghép gốc cà dại".to_owned());
    let seed_origin =
        Some("Vườn ươm Phong Thúy, Đức Trọng; giấy chứng nhận nguồn giống số 12/2025".to_owned());
    lines.push(line(100, on_plot(at(0, 7), Step::Planting { crop, variety, seed_origin })));
    for week in 0_u64..8 {
        let day = i64::try_from(week).unwrap() * 7;
        let product = Some(
            if week % 2 == 0 { "NPK 16-16-8 Đầu Trâu" } else { "Phân hữu cơ vi sinh Sông Gianh" }.to_owned(),
        );
        let dose = Some("15 kg/sào, bón gốc rồi tưới đẫm".to_owned());
        lines.push(line(110 + week, on_plot(at(5 + day, 8), Step::Fertilising { product, dose })));
        let water = Some("Nước giếng khoan, tưới nhỏ giọt".to_owned());
        lines.push(line(130 + week, on_plot(at(6 + day, 6), Step::Irrigation { water })));
    }
    lines.push(line(150, sprayed(at(20, 16), "Reasgant 1.8EC", Some(7))));
    let mut wrong = line(151, sprayed(at(30, 16), "Radiant 60SC", Some(3)));
    wrong.effect = Effect::Corrected { by: 152 };
    lines.push(wrong);
    let mut declared = sprayed(at(30, 16), "Radiant 60SC", Some(3));
    declared.correction = Some(Correction {
        of: "x".to_owned(),
        declared_ms: at(32, 9),
        reason: Some(ErrorReason::IncorrectData),
        corrective_ids: Vec::new(),
    });
    let mut correction = line(152, declared);
    correction.effect = Effect::Correction { of: Some(151) };
    lines.push(correction);
    let mut late = line(153, sprayed(at(51, 16), "Dithane M-45 80WP", Some(7)));
    late.logged_ms = at(60, 10);
    lines.push(late);
    lines.push(line(154, sprayed(at(90, 7), "Thuốc trừ sâu sinh học tự ủ từ tỏi, ớt, gừng", None)));
    let mut tested = on_plot(
        at(50, 9),
        Step::Test {
            what: Some("Dư lượng thuốc BVTV trên quả, 24 hoạt chất".to_owned()),
            conformant: Some(true),
        },
    );
    tested
        .papers
        .push(nguon_trace::facts::Paper { kind: None, uri: "urn:nguon:paper:KN-2026-0117".to_owned() });
    let mut tested = line(160, tested);
    tested.inspector = Some("Trung tâm Chứng nhận Lâm Đồng".to_owned());
    tested.person = None;
    lines.push(tested);
    for (place, (day, grams)) in
        [(28_i64, 812_500_u64), (54, 640_000), (70, 1_204_300), (95, 333_000)].into_iter().enumerate()
    {
        let number = format!("2603{:02}-DO016", place + 1);
        let index = 170 + u64::try_from(place).unwrap();
        let mut picked = line(index, harvested(at(day, 9), &number, grams));
        if place == 2
            && let Said::Event(event) = &mut picked.said
        {
            event.for_another = true;
            event.note =
                Some(Text::vi("Thu đợt rộ, năm người hái trong hai buổi; quả nứt để riêng, không nhập lô"));
            picked.confirmed_by = Some(180);
        }
        diary.products.insert(
            format!("https://so.example.vn/p/ca-chua-don-duong/l/{number}"),
            "Cà chua Đơn Dương".to_owned(),
        );
        lines.push(picked);
    }
    let waste = Some("42 vỏ chai thuốc đã súc rửa ba lần, giao điểm thu gom của xã".to_owned());
    lines.push(line(190, on_plot(at(100, 15), Step::Waste { what: waste })));
    let mut void = line(191, on_plot(at(101, 15), Step::Waste { what: Some("Bạt cũ".to_owned()) }));
    void.effect = Effect::Void { reason: Void::RoleLacking };
    lines.push(void);
    let events = vec![nguon_trace::facts::event_urn(&lines[0].event_id)];
    lines.push(line(180, on_plot(at(71, 18), Step::Confirming { events })));
    let mut erased = line(192, on_plot(at(102, 15), Step::Harvest));
    erased.said = Said::Erased;
    lines.push(erased);
    diary.lines = lines;
    diary.left_out = 3;
    diary
}

/// The words of a document, page by page, as another reader finds them.
fn pages(file: &[u8]) -> Vec<String> {
    let document = lopdf::Document::load_mem(file).unwrap();
    let numbers: Vec<u32> = document.get_pages().into_keys().collect();
    numbers.into_iter().map(|page| document.extract_text(&[page]).unwrap()).collect()
}

/// What stands in a text, whatever breaks its lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of a sheet below its heads.
fn sheet(file: &[u8], name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.to_vec())).unwrap();
    assert!(book.worksheet_formula(name).unwrap().used_cells().next().is_none(), "{name} has a formula");
    let range = book.worksheet_range(name).unwrap();
    let heads = range.rows().position(|row| row[0].to_string().starts_with("Ngày")).unwrap();
    range.rows().skip(heads + 1).map(<[Data]>::to_vec).collect()
}

#[test]
fn the_spreadsheet_has_a_sheet_for_each_form_with_days_and_numbers() {
    let file = season().xlsx().unwrap();
    let sprays = sheet(&file, "Thuốc BVTV");
    assert_eq!(sprays.len(), 4, "the correction stands beside what it corrects");
    // Excel's day 46,047 is 2026-01-25; seven days later the harvest is free.
    let day = |cell: &Data| cell.get_datetime().map(|day| day.as_f64());
    assert_eq!((day(&sprays[0][0]), day(&sprays[0][8])), (Some(46_047.0), Some(46_054.0)));
    assert_eq!((&sprays[0][6], &sprays[0][7]), (&Data::Float(12_500.0), &Data::Float(7.0)));
    assert_eq!(sprays[1][10], "Đã đính chính ngày 06/02/2026 (bản ghi 152): ghi sai số liệu");
    assert_eq!(sprays[2][10], "Ghi muộn 8 ngày (06/03/2026)");
    assert_eq!((&sprays[3][7], &sprays[3][8]), (&Data::String("không ghi".to_owned()), &Data::Empty));
    assert!(sprays[0][11].to_string().starts_with("150 · "), "{}", sprays[0][11]);

    let harvests = sheet(&file, "Thu hoạch");
    let told: Vec<(String, String, String)> =
        harvests.iter().map(|row| (row[3].to_string(), row[5].to_string(), row[6].to_string())).collect();
    let expected = [
        ("812.5", "8", "đủ"),
        ("640", "3", "CHƯA ĐỦ: được thu từ 04/03/2026"),
        ("1204.3", "19", "đủ"),
        ("333", "5", "chưa rõ: có lần phun không ghi"),
    ];
    assert_eq!(told, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    assert_eq!(
        harvests[2][8],
        "Thu đợt rộ, năm người hái trong hai buổi; quả nứt để riêng, không nhập lô. Ghi hộ, đã được xác nhận (bản ghi 180)"
    );
    let waste = sheet(&file, "Chất thải");
    assert_eq!(waste[1][3], "Không được tính: người ký không có quyền ghi việc này");
    assert_eq!(sheet(&file, "Không còn nội dung").len(), 1);
    assert_eq!(sheet(&file, "Kiểm nghiệm")[0][3], "Trung tâm Chứng nhận Lâm Đồng");
}

#[test]
fn what_was_sprayed_before_the_season_counts_for_its_harvest_and_is_not_listed() {
    let mut diary = season();
    diary.from = date(2026, 2, 26);
    let file = diary.xlsx().unwrap();
    let harvests = sheet(&file, "Thu hoạch");
    assert_eq!(harvests.len(), 3);
    assert_eq!(harvests[0][6], "CHƯA ĐỦ: được thu từ 04/03/2026");
    let sprays = sheet(&file, "Thuốc BVTV");
    assert_eq!(sprays.len(), 1);
}

#[test]
fn the_document_says_the_same_in_vietnamese_on_numbered_pages() {
    let file = season().pdf().unwrap();
    assert!(file.starts_with(b"%PDF-1."));
    let pages = pages(&file);
    let whole = words(&pages.join(" "));
    for part in [
        "NHẬT KÝ SẢN XUẤT",
        "Hợp tác xã Nông nghiệp Đơn Dương",
        "3. Sử dụng thuốc bảo vệ thực vật",
        "Thuốc trừ sâu sinh học tự ủ từ tỏi, ớt, gừng",
        "04/03/2026",
        "Cộng các dòng được tính: 2.989,8 kg",
        "8. Việc khác trên thửa",
        "1 bản ghi đã ghi hộ",
        "9. Bản ghi không còn nội dung",
        "Có 3 bản ghi của đơn vị khác về thửa này không được tính nên không đưa vào.",
        "Người ghi nhật ký",
        "(ký, ghi rõ họ tên)",
    ] {
        // Columns are broken into lines, so each word is looked for.
        for word in part.split(' ') {
            assert!(whole.contains(word), "{word} of `{part}` is missing in\n{whole}");
        }
    }
    let count = pages.len();
    for (place, page) in pages.iter().enumerate() {
        assert!(words(page).contains(&format!("Trang {} / {count}", place + 1)), "{page}");
    }
    // Both fonts are inside, as subsets.
    let text = String::from_utf8_lossy(&file);
    assert_eq!(text.matches("/FontFile2").count(), 2);
    assert!(file.len() < 60_000, "{} bytes: the fonts are cut down", file.len());
    assert_eq!(file, season().pdf().unwrap(), "the same diary gives the same bytes");
}

#[test]
fn a_season_without_any_record_is_a_diary_too() {
    let pages = pages(&empty().pdf().unwrap());
    let whole = words(&pages.join(" "));
    assert_eq!(whole.matches("Không có bản ghi nào trong thời gian này.").count(), 7);
    assert!(sheet(&empty().xlsx().unwrap(), "Giống").is_empty());
}

#[test]
fn no_text_of_anybody_breaks_the_diary() {
    let hostile = [
        r#"=HYPERLINK("http://evil.example","x")"#.to_owned(),
        "x".repeat(100_000),
        "dài ".repeat(25_000),
        "\n".repeat(5_000),
        "\u{0}\u{7}\u{202e}\u{ffff}\u{feff}".to_owned(),
        "مرحبا שלום 你好 🍓".to_owned(),
        String::new(),
    ];
    for text in hostile {
        let mut diary = season();
        let step = Step::Fertilising { product: Some(text.clone()), dose: Some(text.clone()) };
        let mut event = on_plot(at(40, 8), step);
        event.note = Some(Text::vi(text.clone()));
        let mut bad = line(900, event);
        bad.person = Some(text.clone());
        bad.event_id.clone_from(&text);
        diary.lines.push(bad);
        diary.farm.name.clone_from(&text);
        diary.farm.address.clone_from(&text);
        diary.plot.code.clone_from(&text);
        diary.grower = Some(text.clone());
        diary.ledger.clone_from(&text);
        let read = pages(&diary.pdf().unwrap());
        assert!(read.len() < 60, "{} pages", read.len());
        let rows = sheet(&diary.xlsx().unwrap(), "Phân bón");
        assert_eq!(rows.len(), 9);
        for cell in &rows[5] {
            assert!(!cell.to_string().contains(['\u{0}', '\u{202e}']), "{cell}");
        }
    }
    let mut far = season();
    (far.from, far.until) = (jiff::civil::Date::MIN, jiff::civil::Date::MAX);
    let mut event = sprayed(i64::MAX, "x", Some(u16::MAX));
    event.lot = LotData { harvest_from: Some(jiff::civil::Date::MIN), ..LotData::default() };
    far.lines.push(line(901, event.clone()));
    event.step = Step::Harvest;
    event.time_ms = i64::MIN;
    let mut first = line(902, event);
    first.logged_ms = i64::MAX;
    far.lines.push(first);
    assert!(far.pdf().is_ok() && far.xlsx().is_ok());
}
