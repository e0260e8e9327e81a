//! The forms: which line stands in which, and what its cells say.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use nguon_trace::facts::{Action, Amount, ErrorReason, Event, Step, vietnam_day};
use nguon_trace::lot::{Effect, Void, late_by_ms};
use nguon_trace::quantity::{Quantity, Unit};

use super::{Diary, Line, Said};
use crate::sheet::{Cell, Row};
use crate::text::{clock, date_vi, short};

/// A spraying with an unknown interval makes harvests of so many days uncertain, as `nguon_trace::plot` has it.
const UNKNOWN_PHI_DAYS: i32 = 60;

/// A column of a form.
pub(super) struct Head {
    pub(super) head: &'static str,
    /// In a spreadsheet, in characters; on paper, its part of what others leave.
    pub(super) width: u16,
    /// On paper, in points: of days, hours and record numbers, which are never broken.
    pub(super) points: Option<f32>,
}

impl Head {
    fn of((head, width): (&'static str, u16)) -> Self {
        let points = match head {
            "Ngày" | "Được thu từ ngày" | "Ngày ghi sổ" => Some(56.0),
            "Giờ" => Some(32.0),
            RECORD => Some(96.0),
            _ => None,
        };
        Self { head, width, points }
    }
}

/// The last column.
const RECORD: &str = "Bản ghi trong sổ";

/// One form.
pub(super) struct Form {
    pub(super) sheet: &'static str,
    pub(super) title: String,
    pub(super) columns: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// Below the rows: what they sum up to.
    pub(super) sum: Option<String>,
    /// Whether it is shown without lines too.
    pub(super) required: bool,
}

const SEED: usize = 0;
const FERTILISER: usize = 1;
const SPRAYS: usize = 2;
const WATER: usize = 3;
const TESTS: usize = 4;
const HARVEST: usize = 5;
const WASTE: usize = 6;
const OTHER: usize = 7;
const LOST: usize = 8;

fn empty() -> Vec<Form> {
    let form = |sheet, title: &str, own: &[(&'static str, u16)], required| {
        let common = [("Người thực hiện", 16), ("Ghi chú", 26), (RECORD, 18)];
        let columns = own.iter().chain(&common).copied().map(Head::of).collect();
        Form { sheet, title: title.to_owned(), columns, rows: Vec::new(), sum: None, required }
    };
    vec![
        form(
            "Giống",
            "Giống và gieo trồng",
            &[("Ngày", 11), ("Cây trồng", 20), ("Giống", 18), ("Nguồn giống", 28)],
            true,
        ),
        form(
            "Phân bón",
            "Sử dụng phân bón",
            &[("Ngày", 11), ("Tên phân bón", 28), ("Liều lượng, cách bón", 34)],
            true,
        ),
        form(
            "Thuốc BVTV",
            "Sử dụng thuốc bảo vệ thực vật",
            &[
                ("Ngày", 11),
                ("Giờ", 7),
                ("Tên thuốc", 17),
                ("Hoạt chất", 20),
                ("Dịch hại, lý do", 16),
                ("Liều lượng", 16),
                ("Diện tích (m²)", 10),
                ("Cách ly (ngày)", 9),
                ("Được thu từ ngày", 11),
            ],
            true,
        ),
        form("Tưới nước", "Tưới nước", &[("Ngày", 11), ("Nguồn nước", 50)], true),
        form(
            "Kiểm nghiệm",
            "Kiểm nghiệm và kiểm tra",
            &[
                ("Ngày", 11),
                ("Nội dung", 34),
                ("Kết quả", 13),
                ("Đơn vị kiểm tra", 24),
                ("Phiếu, giấy tờ", 24),
            ],
            true,
        ),
        form(
            "Thu hoạch",
            "Thu hoạch",
            &[
                ("Ngày", 11),
                ("Lô hàng", 20),
                ("Sản phẩm", 20),
                ("Số lượng", 11),
                ("Đơn vị tính", 8),
                ("Số ngày từ lần phun cuối", 10),
                ("Thời gian cách ly", 14),
            ],
            true,
        ),
        form("Chất thải", "Thu gom chất thải", &[("Ngày", 11), ("Nội dung", 60)], true),
        form("Việc khác", "Việc khác trên thửa", &[("Ngày", 11), ("Việc", 22), ("Nội dung", 44)], false),
        form(
            "Không còn nội dung",
            "Bản ghi không còn nội dung",
            &[("Ngày ghi sổ", 11), ("Lý do", 50)],
            false,
        ),
    ]
}

/// A spraying that counts.
struct Spray {
    time_ms: i64,
    day: Date,
    phi_days: Option<u16>,
}

/// The forms of the season.
pub(super) fn of(diary: &Diary) -> Vec<Form> {
    let mut forms = empty();
    let mut lines: Vec<&Line> = diary.lines.iter().collect();
    lines.sort_by_key(|line| {
        (line.day(), line.event().map_or(line.logged_ms, |event| event.time_ms), line.index)
    });
    let by_index: BTreeMap<u64, &Line> = lines.iter().map(|line| (line.index, *line)).collect();
    let sprays: Vec<Spray> =
        lines.iter().filter(|line| line.counts()).filter_map(|line| spray(line)).collect();
    let mut harvested: BTreeMap<Unit, u64> = BTreeMap::new();
    for line in lines.into_iter().filter(|line| (diary.from..=diary.until).contains(&line.day())) {
        let Said::Event(event) = &line.said else {
            let why = match line.said {
                Said::Erased => "Nội dung đã bị xóa theo yêu cầu; dấu vết của bản ghi vẫn còn trong sổ.",
                _ => "Nội dung không đọc được.",
            };
            add(&mut forms[LOST], line, vec![Cell::text(why)], Vec::new());
            continue;
        };
        // A correction stands beside the line that it corrects; one of another diary's line stands alone.
        if let Some(correction) = &event.correction {
            if !matches!(line.effect, Effect::Correction { of: Some(_) }) {
                let what = format!(
                    "{}: bản ghi được đính chính ({}) không có ở đây",
                    reason(correction.reason.as_ref()),
                    correction.of
                );
                add(&mut forms[OTHER], line, vec![Cell::text("Đính chính"), Cell::text(what)], Vec::new());
            }
            continue;
        }
        let mut marks = marks(line, event, &by_index);
        let (form, cells) = match &event.step {
            Step::Planting { crop, variety, seed_origin } => {
                let other = crop.as_deref().filter(|key| diary.plot.crop_code.as_deref() != Some(*key));
                let name = match other {
                    Some(key) => nguon_trace::crops::lookup(key, None).map_or(key, |crop| &crop.vi),
                    None => &diary.plot.crop.vi,
                };
                (
                    SEED,
                    vec![
                        Cell::text(name),
                        Cell::opt_text(variety.clone()),
                        Cell::opt_text(seed_origin.clone()),
                    ],
                )
            }
            Step::Fertilising { product, dose } => {
                (FERTILISER, vec![Cell::opt_text(product.clone()), Cell::opt_text(dose.clone())])
            }
            Step::PlantProtection(spray) => {
                let day = vietnam_day(event.time_ms);
                let free = spray.phi_days.map(|days| after(day, i64::from(days)));
                let phi =
                    spray.phi_days.map_or_else(|| Cell::text("không ghi"), |days| Cell::whole(days.into()));
                let cells = vec![
                    Cell::text(clock(event.time_ms)),
                    Cell::opt_text(spray.product.clone()),
                    Cell::opt_text(spray.active_substance.clone()),
                    Cell::opt_text(spray.target.clone()),
                    Cell::opt_text(spray.dose.clone()),
                    spray.area_m2.map_or(Cell::Empty, Cell::whole),
                    phi,
                    Cell::date(free),
                ];
                (SPRAYS, cells)
            }
            Step::Irrigation { water } => (WATER, vec![Cell::opt_text(water.clone())]),
            Step::Test { what, conformant } => (
                TESTS,
                tested(
                    line,
                    event,
                    what.clone().unwrap_or_else(|| "Kiểm nghiệm".to_owned()),
                    *conformant,
                    diary,
                ),
            ),
            Step::Inspecting { conformant } => {
                (TESTS, tested(line, event, "Kiểm tra".to_owned(), *conformant, diary))
            }
            Step::Waste { what } => (WASTE, vec![Cell::opt_text(what.clone())]),
            Step::Harvest => {
                let plots = event.lot.plots.len();
                if plots > 1 {
                    marks.push(format!("Thu chung {plots} thửa, số lượng là của tất cả"));
                }
                for made in made(event) {
                    if line.counts()
                        && let Some(quantity) = made.quantity
                    {
                        let sum = harvested.entry(quantity.unit).or_default();
                        *sum = sum.saturating_add(quantity.amount);
                    }
                    let cells = harvest(event, made, &sprays, diary);
                    add(&mut forms[HARVEST], line, cells, marks.clone());
                }
                continue;
            }
            Step::Confirming { events } => {
                let what = format!("{} bản ghi đã ghi hộ", events.len());
                (OTHER, vec![Cell::text("Xác nhận"), Cell::text(what)])
            }
            other => (OTHER, vec![Cell::text(step_name(other)), Cell::text(lots(event))]),
        };
        add(&mut forms[form], line, cells, marks);
    }
    if !harvested.is_empty() {
        let sums: Vec<String> = harvested
            .into_iter()
            .map(|(unit, amount)| nguon_trace::finding::quantity_vi(Quantity { amount, unit }))
            .collect();
        forms[HARVEST].sum = Some(format!("Cộng các dòng được tính: {}", sums.join("; ")));
    }
    forms.retain(|form| form.required || !form.rows.is_empty());
    for (number, form) in (1..).zip(&mut forms) {
        form.title = format!("{number}. {}", form.title);
    }
    forms
}

/// A row: its day, its own cells, who, what is to be said of it, where it stands.
fn add(form: &mut Form, line: &Line, own: Vec<Cell>, mut marks: Vec<String>) {
    let mut cells = vec![Cell::Date(line.day())];
    cells.extend(own);
    if let Some(note) = line.event().and_then(|event| event.note.as_ref()) {
        marks.insert(0, note.vi.clone());
    }
    cells.push(Cell::opt_text(line.person.clone()));
    cells.push(Cell::text(marks.join(". ")));
    cells.push(Cell::text(format!("{} · {}", line.index, short(&line.event_id))));
    form.rows.push(Row { cells, struck: !line.counts() });
}

/// What is to be said of a line, whatever it says.
fn marks(line: &Line, event: &Event, by_index: &BTreeMap<u64, &Line>) -> Vec<String> {
    let mut marks = Vec::new();
    match line.effect {
        Effect::Counts | Effect::Correction { .. } => {}
        Effect::Claim => marks.push("Chưa được tính: khóa ký đã bị thu hồi, chưa ai xác nhận".to_owned()),
        Effect::Void { reason } => marks.push(format!("Không được tính: {}", void(reason))),
        Effect::Corrected { by } => {
            let declared =
                by_index.get(&by).and_then(|line| line.event()).and_then(|event| event.correction.as_ref());
            let day =
                declared.map(|declared| format!(" ngày {}", date_vi(vietnam_day(declared.declared_ms))));
            let why = declared.map(|declared| format!(": {}", reason(declared.reason.as_ref())));
            marks.push(format!(
                "Đã đính chính{} (bản ghi {by}){}",
                day.unwrap_or_default(),
                why.unwrap_or_default()
            ));
        }
    }
    if event.for_another {
        marks.push(match line.confirmed_by {
            Some(by) => format!("Ghi hộ, đã được xác nhận (bản ghi {by})"),
            None => "Ghi hộ, chưa được xác nhận".to_owned(),
        });
    }
    if let Some(late) = (line.logged_ms > 0).then(|| late_by_ms(event.time_ms, line.logged_ms)).flatten() {
        let days = late / 86_400_000;
        marks.push(format!("Ghi muộn {days} ngày ({})", date_vi(vietnam_day(line.logged_ms))));
    }
    marks
}

fn void(reason: Void) -> &'static str {
    match reason {
        Void::RoleLacking => "người ký không có quyền ghi việc này",
        Void::StandingLacking => "đơn vị chưa được công nhận",
        Void::Disputed => "một trong hai bản ghi trùng chỗ của cùng một máy",
        Void::Revoked => "khóa ký đã bị thu hồi",
        Void::ActDiffers => "ký là việc khác với nội dung",
        Void::FutureDate => "ghi ngày sau khi vào sổ",
        Void::PlotUnknown => "thửa chưa được đăng ký",
        Void::MadeTwice => "đã ghi một lần trước đó",
    }
}

fn reason(reason: Option<&ErrorReason>) -> String {
    match reason {
        Some(ErrorReason::DidNotOccur) => "việc này không xảy ra".to_owned(),
        Some(ErrorReason::IncorrectData) => "ghi sai số liệu".to_owned(),
        Some(ErrorReason::Other(other)) => other.clone(),
        None => "không nêu lý do".to_owned(),
    }
}

fn tested(line: &Line, event: &Event, what: String, conformant: Option<bool>, diary: &Diary) -> Vec<Cell> {
    let result = match conformant {
        Some(true) => Cell::text("Đạt"),
        Some(false) => Cell::Alarm("KHÔNG ĐẠT".to_owned()),
        None => Cell::text("chưa có kết quả"),
    };
    let papers = event.papers.iter().map(|paper| &paper.uri).chain(&event.certificates);
    let papers: Vec<&str> = papers.map(String::as_str).collect();
    let by = line.inspector.clone().unwrap_or_else(|| diary.farm.name.clone());
    vec![Cell::text(what), result, Cell::text(by), Cell::text(papers.join(" "))]
}

/// The lots that a harvest makes.
fn made(event: &Event) -> impl Iterator<Item = &Amount> {
    let objects = match &event.what {
        nguon_trace::facts::What::Objects { action: Action::Add, objects } => objects.as_slice(),
        _ => &[],
    };
    event.outputs().iter().chain(objects)
}

fn harvest(event: &Event, made: &Amount, sprays: &[Spray], diary: &Diary) -> Vec<Cell> {
    let day = vietnam_day(event.time_ms);
    let from = event.lot.harvest_from.or(event.lot.harvest_until).unwrap_or(day);
    let until = event.lot.harvest_until.unwrap_or(from).max(from);
    // Picked in the morning, sprayed in the afternoon: not a spraying before the harvest.
    let before = || {
        sprays
            .iter()
            .filter(|spray| spray.day < until || (spray.day == until && spray.time_ms <= event.time_ms))
    };
    let last = before().max_by_key(|spray| spray.time_ms);
    let since = last.map(|last| days(last.day, from).max(0));
    let free = before().filter_map(|spray| Some(after(spray.day, i64::from(spray.phi_days?)))).max();
    let unknown = before().any(|spray| spray.phi_days.is_none() && days(spray.day, from) < UNKNOWN_PHI_DAYS);
    let interval = match free {
        Some(free) if from < free => Cell::Alarm(format!("CHƯA ĐỦ: được thu từ {}", date_vi(free))),
        _ if unknown => Cell::text("chưa rõ: có lần phun không ghi"),
        Some(_) => Cell::text("đủ"),
        None => Cell::text("không phun trước đó"),
    };
    let number = nguon_id::LotId::from_uri(&made.subject).map(|id| id.lot().to_string());
    let product = diary.products.get(&made.subject).cloned();
    let (amount, unit) = match (made.quantity, &made.uncounted) {
        (Some(Quantity { amount, unit: Unit::Gram }), _) => (Cell::thousandths(amount), Cell::text("kg")),
        (Some(Quantity { amount, unit: Unit::Millilitre }), _) => {
            (Cell::thousandths(amount), Cell::text("lít"))
        }
        (Some(Quantity { amount, unit: Unit::Piece }), _) => (Cell::whole(amount), Cell::text("đơn vị")),
        (None, Some(other)) => (Cell::text(&other.decimal), Cell::text(&other.uom)),
        (None, None) => (Cell::text("không cân"), Cell::Empty),
    };
    vec![
        Cell::text(number.unwrap_or_else(|_| made.subject.clone())),
        Cell::opt_text(product),
        amount,
        unit,
        since.map_or(Cell::Empty, |days| Cell::whole(u64::from(days.unsigned_abs()))),
        interval,
    ]
}

/// The lots that an event is about, by number.
fn lots(event: &Event) -> String {
    let amounts = event.inputs().iter().chain(event.outputs()).chain(event.objects());
    let numbers = amounts.filter_map(|amount| nguon_id::LotId::from_uri(&amount.subject).ok());
    let numbers: Vec<String> = numbers.map(|id| format!("lô {}", id.lot())).collect();
    numbers.join(", ")
}

fn spray(line: &Line) -> Option<Spray> {
    let event = line.event()?;
    let Step::PlantProtection(spray) = &event.step else { return None };
    Some(Spray { time_ms: event.time_ms, day: vietnam_day(event.time_ms), phi_days: spray.phi_days })
}

fn after(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

fn days(from: Date, until: Date) -> i32 {
    from.until(until).map_or(i32::MAX, |span| span.get_days())
}

fn step_name(step: &Step) -> String {
    let name = match step {
        Step::Cooling => "Làm mát",
        Step::Handling => "Sơ chế",
        Step::Sorting => "Phân loại",
        Step::Packing => "Đóng gói",
        Step::Processing => "Chế biến",
        Step::Sampling => "Lấy mẫu",
        Step::Aggregating => "Xếp vào kiện",
        Step::Disaggregating => "Dỡ khỏi kiện",
        Step::Encoding => "In tem",
        Step::Commissioning => "Kích hoạt tem",
        Step::Decommissioning => "Hủy tem",
        Step::Shipping => "Xuất hàng",
        Step::Transporting => "Vận chuyển",
        Step::Receiving => "Nhận hàng",
        Step::Storing => "Lưu kho",
        Step::Selling => "Bán",
        Step::Returning => "Trả lại",
        Step::Recall { .. } => "Thu hồi",
        Step::RecallEnded { .. } => "Hết thu hồi",
        Step::Destroying => "Tiêu hủy",
        Step::Other(Some(uri)) => return uri.clone(),
        _ => "Việc khác",
    };
    name.to_owned()
}
