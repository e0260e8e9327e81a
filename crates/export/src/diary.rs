//! Nhật ký sản xuất VietGAP: the diary of one plot and season, as an inspector wants to read it.
//!
//! The forms are those of TCVN 11892-1:2017 as farms keep them: plot and grower, seed, fertiliser, plant protection,
//! irrigation, tests, harvest, waste. They come out as a spreadsheet with a sheet for each form, or as an A4 document ready to
//! be printed and signed; both in Vietnamese, with the same lines.
//!
//! Nothing is hidden. A line that was declared wrong stays, struck out, with who declared it; so does one that counts for
//! nothing. Marked are *ghi hộ* (entered for another), *ghi muộn* (recorded more than three days later) and records whose
//! contents were erased. Each line ends with its record's log index and the first twelve digits of its event id, so that it
//! can be checked against the log.
//!
//! Days are calendar days in Vietnam. What was sprayed before the season counts for its harvests, so a caller gives the plot's
//! whole history. Names of people stand in it: it is for whoever may see them.

mod forms;
mod print;

use std::collections::BTreeMap;

use jiff::civil::Date;
use nguon_trace::facts::{Event, Plot, vietnam_day};
use nguon_trace::lot::Effect;

use crate::geometry::Outline;
use crate::paper::PaperError;
use crate::sheet::{Cell, Column, Row, SheetError, Style, Table, workbook};
use crate::text::{date_vi, number_vi, plain, whole_vi};

/// A plot's diary.
#[derive(Debug, Clone)]
pub struct Diary {
    /// Whose plot it is.
    pub farm: Farm,
    /// Its card.
    pub plot: Plot,
    /// The name of its commune.
    pub commune: String,
    /// Its exact place, if it is known and will do.
    pub place: Option<Outline>,
    /// Người trồng: whoever grows there, if a private section says so.
    pub grower: Option<String>,
    /// First day of the season.
    pub from: Date,
    /// Last day of it.
    pub until: Date,
    /// Every record on the plot that its organisation or an inspector signed, in any order, those before the season too.
    pub lines: Vec<Line>,
    /// Records of other organisations on the plot, which count for nothing and are left out.
    pub left_out: u64,
    /// Product names by lot URI.
    pub products: BTreeMap<String, String>,
    /// The log's permanent name.
    pub ledger: String,
    /// Where a record can be looked up today, without a slash at the end.
    pub base_url: String,
    /// When the diary is made, Unix milliseconds.
    pub made_ms: i64,
}

/// The organisation whose diary it is.
#[derive(Debug, Clone, Default)]
pub struct Farm {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Its telephone; never a person's.
    pub phone: Option<String>,
    /// Its names in registers: (`mã số thuế`, `5800…`).
    pub identifiers: Vec<(String, String)>,
    /// Its VietGAP certificate for this plot: number, issuer, validity in words.
    pub certificate: Option<String>,
}

/// One record.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its index in the log.
    pub index: u64,
    /// Its event id, hex.
    pub event_id: String,
    /// When it was logged, Unix milliseconds; 0 is unknown.
    pub logged_ms: i64,
    /// What it says.
    pub said: Said,
    /// What it is worth.
    pub effect: Effect,
    /// The inspector whose word it is, if it is not the plot's organisation's.
    pub inspector: Option<String>,
    /// Whoever did it, by a private section of the record.
    pub person: Option<String>,
    /// The record in which another device confirms what was entered for another.
    pub confirmed_by: Option<u64>,
}

/// What a record says.
#[derive(Debug, Clone)]
pub enum Said {
    /// An event.
    Event(Box<Event>),
    /// Its public facts were erased.
    Erased,
    /// It cannot be read.
    Unreadable,
}

impl Line {
    fn event(&self) -> Option<&Event> {
        match &self.said {
            Said::Event(event) => Some(event),
            Said::Erased | Said::Unreadable => None,
        }
    }

    fn counts(&self) -> bool {
        self.effect == Effect::Counts
    }

    /// The day of the event; of what cannot be read, the day on which it was logged.
    fn day(&self) -> Date {
        vietnam_day(self.event().map_or(self.logged_ms, |event| event.time_ms))
    }
}

impl Diary {
    /// The spreadsheet (`application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`): a sheet for each form.
    pub fn xlsx(&self) -> Result<Vec<u8>, SheetError> {
        let forms = forms::of(self);
        let card = self
            .card()
            .into_iter()
            .map(|(name, value)| Row::of(vec![Cell::text(name), Cell::text(value)]))
            .chain(self.remarks().into_iter().map(|remark| Row::of(vec![Cell::Empty, Cell::text(remark)])))
            .collect();
        let columns: [Column; 2] = [("Mục", 28), ("Nội dung", 90)];
        let mut tables = vec![Table {
            name: "Thửa và người trồng",
            above: vec!["NHẬT KÝ SẢN XUẤT – VietGAP trồng trọt".to_owned()],
            columns: &columns,
            rows: card,
        }];
        let heads: Vec<Vec<Column>> = forms
            .iter()
            .map(|form| form.columns.iter().map(|column| (column.head, column.width)).collect())
            .collect();
        for (form, columns) in forms.into_iter().zip(&heads) {
            let above = vec![form.title, self.heading()];
            tables.push(Table { name: form.sheet, above, columns, rows: form.rows });
        }
        let title = format!("Nhật ký sản xuất – thửa {}", self.plot.code);
        let style = Style {
            title: &title,
            author: &self.farm.name,
            dates: "dd/mm/yyyy",
            made_on: vietnam_day(self.made_ms),
        };
        workbook(&tables, &style)
    }

    /// The document (`application/pdf`): A4, landscape.
    pub fn pdf(&self) -> Result<Vec<u8>, PaperError> {
        print::pdf(self)
    }

    /// `HTX …  ·  thửa LÔ-07  ·  01/03/2026 – 30/06/2026`.
    fn heading(&self) -> String {
        format!("{}  ·  thửa {}  ·  {}", plain(&self.farm.name), plain(&self.plot.code), self.season())
    }

    fn season(&self) -> String {
        format!("{} – {}", date_vi(self.from), date_vi(self.until))
    }

    /// The first form: names and values.
    fn card(&self) -> Vec<(String, String)> {
        let mut card: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                card.push((name.to_owned(), value));
            }
        };
        let plot = &self.plot;
        add("Đơn vị", Some(self.farm.name.clone()));
        add("Địa chỉ", Some(self.farm.address.clone()));
        add("Điện thoại", self.farm.phone.clone());
        add("Thửa (lô)", Some(plot.code.clone()));
        add("Cây trồng", Some(plot.crop.vi.clone()));
        add("Diện tích", Some(area(plot.area_m2)));
        add(
            "Nơi sản xuất",
            Some(
                plot.place_name.as_ref().map_or_else(String::new, |name| format!("{}, ", name.vi))
                    + &self.commune,
            ),
        );
        add("Vị trí (WGS-84)", self.place.as_ref().map(position));
        add("Mã số vùng trồng", plot.planting_area_code.clone());
        add("Phương thức", plot.growing_method.as_deref().map(method));
        add("Người trồng", self.grower.clone());
        add("Thời gian", Some(self.season()));
        add("Giấy chứng nhận", self.farm.certificate.clone());
        for (scheme, value) in &self.farm.identifiers {
            add(scheme, Some(value.clone()));
        }
        card
    }

    /// How to read it and how to check it.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![
            format!(
                "Lập ngày {} từ sổ {}. Mỗi dòng ứng với một bản ghi đã ký, ai sửa hay xóa đều lộ ra; cột cuối ghi số thứ tự trong sổ và 12 chữ số đầu của mã bản ghi.",
                date_vi(vietnam_day(self.made_ms)),
                self.ledger
            ),
            format!("Kiểm tra từng dòng: {}/api/v1/log/entries/ rồi đến số bản ghi.", self.base_url),
            "Dòng gạch ngang: đã được đính chính hoặc không được tính; vẫn giữ lại để đối chiếu.".to_owned(),
        ];
        if self.left_out > 0 {
            remarks.push(format!(
                "Có {} bản ghi của đơn vị khác về thửa này không được tính nên không đưa vào.",
                self.left_out
            ));
        }
        remarks
    }
}

/// `12.500 m² (1,25 ha)`.
#[expect(clippy::cast_precision_loss, reason = "exact below 9 billion hectares")]
fn area(m2: u64) -> String {
    format!("{} m² ({} ha)", whole_vi(m2), number_vi(m2 as f64 / 1e4))
}

fn position(outline: &Outline) -> String {
    let first = outline.first();
    // Latitude first, as people read maps.
    let [lon, lat] = [first.lon_e6, first.lat_e6].map(|e6| crate::geometry::degrees(e6).replace('.', ","));
    match outline.area_m2() {
        None => format!("{lat}° B; {lon}° Đ"),
        Some(m2) => format!("ranh giới {} điểm từ {lat}° B; {lon}° Đ, {}", outline.positions(), area(m2)),
    }
}

/// GS1's growing method codes in Vietnamese; others as they are.
fn method(code: &str) -> String {
    match code {
        "FIELD_GROWN" => "ngoài đồng".to_owned(),
        "GREENHOUSE" => "nhà kính, nhà lưới".to_owned(),
        "HYDROPONIC" => "thủy canh".to_owned(),
        "ORGANIC" => "hữu cơ".to_owned(),
        "INTEGRATED_PEST_MANAGEMENT" => "quản lý dịch hại tổng hợp (IPM)".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests;
