//! Listings as a table with Vietnamese heads, for staff who work in Excel.
//!
//! CSV (RFC 4180) begins with a byte-order mark, because Excel on Windows reads Vietnamese wrongly without it, and a cell that a
//! spreadsheet would take for a formula (`= + - @`, tab, carriage return first) has an apostrophe before it (OWASP, *CSV
//! injection*). In the workbook a text is a text whatever it begins with.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::Offset;

use super::plain;
use crate::{FeedItem, Measure, ProductKey, Shown, Status, Unit};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A day.
    Day(Date),
}

impl Cell {
    fn text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(plain(text)) }
    }

    fn maybe(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, |text| Self::text(text))
    }

    fn day(day: Option<Date>) -> Self {
        day.map_or(Self::Empty, Self::Day)
    }
}

/// The columns: head, and width in characters for a sheet.
pub const COLUMNS: [(&str, u16); 36] = [
    ("Mã tin", 36),
    ("Tên hàng", 34),
    ("Tên tiếng Anh", 28),
    ("Ngành hàng", 22),
    ("Trạng thái", 12),
    ("Giá (đồng)", 12),
    ("Giá tính cho", 14),
    ("Giá hợp tác xã ký (đồng)", 14),
    ("Đã gồm VAT", 10),
    ("Giá sỉ", 26),
    ("Đơn hàng tối thiểu", 14),
    ("Còn lại", 10),
    ("Đơn vị tồn", 10),
    ("Khối lượng tịnh", 14),
    ("Quy cách", 12),
    ("Người bán", 30),
    ("Địa chỉ người bán", 36),
    ("Mã số thuế", 14),
    ("Điện thoại", 14),
    ("Đơn vị sản xuất", 30),
    ("Xuất xứ", 30),
    ("Mã xã", 8),
    ("Số lô", 18),
    ("Ngày thu hoạch", 12),
    ("Ngày sản xuất", 12),
    ("Hạn sử dụng", 12),
    ("Sao OCOP", 8),
    ("Giấy chứng nhận", 40),
    ("Tiêu chuẩn", 18),
    ("Bảo quản", 24),
    ("Cảnh báo", 24),
    ("GTIN hoặc mã nội bộ", 18),
    ("Ảnh", 40),
    ("Trang truy xuất", 44),
    ("Mã bản ghi", 24),
    ("Bằng chứng trong sổ", 44),
];

/// One row, in the order of [`COLUMNS`].
pub fn row(item: &FeedItem, shown: &Shown) -> Vec<Cell> {
    let joined = |texts: Vec<String>| Cell::text(&texts.join("; "));
    let first_lot = item.lots.first();
    let product = match &item.product {
        ProductKey::Gtin(gtin) => gtin.to_string(),
        ProductKey::InternalCode(code) => code.to_string(),
    };
    let certificates = item.certificates.iter().map(|paper| {
        let until = paper.valid_until.map(|day| format!(", đến {}", day_vi(day))).unwrap_or_default();
        format!("{} {} ({}{until})", paper.scheme, paper.number, paper.issuer)
    });
    let tiers =
        shown.tiers.iter().map(|tier| format!("từ {}: {} đ", measure_vi(tier.from), tier.price_vnd.dong()));
    vec![
        Cell::text(&item.listing),
        Cell::text(&item.name_vi),
        Cell::maybe(item.name_en.as_ref()),
        Cell::text(&shown.category),
        Cell::text(if item.status == Status::SoldOut || shown.stock.value == 0 {
            "hết hàng"
        } else {
            "còn hàng"
        }),
        Cell::Whole(shown.price_vnd.dong()),
        Cell::text(&format!("{} {}", shown.price_per.value, shown.unit)),
        Cell::Whole(item.price_vnd.dong()),
        Cell::text(if item.vat_included { "có" } else { "chưa" }),
        joined(tiers.collect()),
        item.min_order.map_or(Cell::Empty, |least| Cell::text(&measure_vi(least))),
        Cell::Whole(shown.stock.value),
        Cell::text(&shown.stock_unit),
        item.net_content.map_or(Cell::Empty, |net| Cell::text(&measure_vi(net))),
        Cell::maybe(item.packaging.as_ref()),
        Cell::text(&item.organisation.name),
        Cell::text(&item.organisation.address),
        Cell::maybe(item.organisation.tax_code.as_ref()),
        Cell::maybe(item.organisation.hotline.as_ref()),
        joined(item.producers.iter().map(|maker| maker.name.clone()).collect()),
        Cell::text(&item.origin.text),
        Cell::text(item.origin.commune_code.as_str()),
        joined(item.lots.iter().map(|lot| lot.code.clone()).collect()),
        Cell::day(first_lot.and_then(|lot| lot.harvest_date)),
        Cell::day(first_lot.and_then(|lot| lot.produced_on)),
        Cell::day(item.lots.iter().filter_map(|lot| lot.best_before).min()),
        item.ocop_stars.map_or(Cell::Empty, |stars| Cell::Whole(stars.into())),
        joined(certificates.collect()),
        joined(item.standards.clone()),
        Cell::maybe(item.storage.as_ref()),
        Cell::maybe(item.warnings.as_ref()),
        Cell::text(&product),
        joined(item.images.iter().map(|image| image.url.clone()).collect()),
        Cell::text(&item.trace_url),
        Cell::text(&item.event_id.to_string()),
        Cell::text(&item.proof_url),
    ]
}

/// `500 g`, `1 kg`, `12 trái`.
pub(super) fn measure_vi(measure: Measure) -> String {
    let unit = if measure.unit == Unit::Piece { "cái" } else { measure.unit.name_vi() };
    format!("{} {unit}", measure.value)
}

fn day_vi(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// An instant on Việt Nam's clock, as Google wants it: `2026-05-01T00:00+0700`.
pub(super) fn vietnam(at: jiff::Timestamp) -> String {
    Offset::constant(7).to_datetime(at).strftime("%Y-%m-%dT%H:%M+0700").to_string()
}

pub(super) fn csv_begin(out: &mut Vec<u8>) {
    out.extend_from_slice("\u{feff}".as_bytes());
    csv_line(COLUMNS.iter().map(|(head, _)| Cow::Borrowed(*head)), out);
}

pub(super) fn csv_item(item: &FeedItem, shown: &Shown, out: &mut Vec<u8>) {
    let cells = row(item, shown);
    let texts = cells.iter().map(|cell| match cell {
        Cell::Empty => Cow::Borrowed(""),
        Cell::Text(text) => guarded(text),
        Cell::Whole(number) => Cow::Owned(number.to_string()),
        Cell::Day(day) => Cow::Owned(day_vi(*day)),
    });
    csv_line(texts, out);
}

/// What no spreadsheet takes for a formula.
pub fn guarded(text: &str) -> Cow<'_, str> {
    match text.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '|' | '%') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

fn csv_line<'a>(cells: impl Iterator<Item = Cow<'a, str>>, out: &mut Vec<u8>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        if cell.contains([',', '"', '\r', '\n', ';']) || cell.starts_with(' ') || cell.ends_with(' ') {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::tests::item;
    use crate::form::Form;
    use crate::form::tests::{hostile, written};
    use crate::{PriceRule, Profile};

    fn records(text: &str) -> Vec<Vec<String>> {
        let text = text.strip_prefix('\u{feff}').expect("Excel needs the mark");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_table_has_vietnamese_heads_and_a_row_an_item() {
        let profile = Profile {
            price: PriceRule { per: Some(Unit::Kilogram), add_permille: 50, round_to_dong: 1_000 },
            category_names: [("coffee".to_owned(), "Đồ uống, cà phê".to_owned())].into(),
            ..Profile::default()
        };
        let rows = records(&written(Form::Csv, &[item()], &profile));
        let cell = |head: &str| {
            let place = rows[0].iter().position(|cell| cell == head).unwrap_or_else(|| panic!("{head}"));
            rows[1][place].clone()
        };
        assert_eq!(rows.len(), 2);
        assert_eq!(cell("Giá (đồng)"), "389000", "185,000 for 500 g, 5 % on top, whole thousands upwards");
        assert_eq!(
            (cell("Giá tính cho").as_str(), cell("Giá hợp tác xã ký (đồng)").as_str()),
            ("1 kg", "185000")
        );
        assert_eq!(cell("Ngành hàng"), "Đồ uống, cà phê");
        assert_eq!(cell("Giá sỉ"), "từ 20 túi: 362000 đ");
        assert_eq!(cell("Ngày thu hoạch"), "28/10/2026");
        assert_eq!(cell("Mã xã"), "24805");
        assert_eq!(cell("Mã số thuế"), "5800000001");
        assert_eq!(cell("Trạng thái"), "còn hàng");
    }

    #[test]
    fn no_cell_is_a_formula_and_no_text_breaks_its_line() {
        let text = written(Form::Csv, &[hostile(), item()], &Profile::default());
        let rows = records(&text);
        assert_eq!(rows.len(), 3);
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            assert!(!cell.contains('\u{0}') && !cell.contains('\u{202e}'), "{cell:?}");
        }
        assert_eq!(rows[1][15], "'+1+cmd|' /C calc'!A0");
        let row = row(&hostile(), &Profile::default().show(&hostile()));
        assert_eq!(row.len(), COLUMNS.len());
    }
}
