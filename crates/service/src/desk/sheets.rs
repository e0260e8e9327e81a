//! Excel vào, Excel ra: a spreadsheet becomes drafts that the importer's own device signs, and what is in the ledger becomes one again.
//!
//! Nothing of a sheet is kept here: the answer goes back to whoever sent it, and what is signed comes in through the one door.

use jiff::civil::Date;
use nguon_id::{Gtin, LotId};
use nguon_ledger::{OrganisationId, Roles};
use nguon_sheet::write::{ROWS_MAX, Value};
use nguon_sheet::{Fault, Grid, GridError, Kind, Known, KnownLot, KnownPlot, KnownProduct, Said, read};
use nguon_storage::SubjectRow;
use nguon_trace::facts::{Facts, Step, vietnam_day};
use nguon_trace::lot::{LotState, LotStatus};
use nguon_trace::quantity::Unit;
use serde_json::{Value as Json, json};

use super::{Desk, DeskError, Member, Person};
use crate::project::{Card, lot_of};

/// Things of one kind that a sheet may name.
const THINGS_MAX: usize = 50_000;
/// Things of one statement.
const PAGE: i64 = 500;

/// Something to be signed.
#[derive(Clone)]
pub struct SheetDraft {
    /// Its row, as Excel counts it.
    pub row: usize,
    /// `diary`, `lot` or `commerce`.
    pub act: &'static str,
    /// The public section, without subjects.
    pub facts: Json,
    /// What it is about, by URI, in the order of handles.
    pub subjects: Vec<String>,
    /// Private sections: (type, payload).
    pub private: Vec<(u16, Json)>,
}

/// What a sheet says.
#[derive(Clone)]
pub enum Imported {
    /// Something is wrong: nothing is taken.
    Faulty {
        /// Rows that were looked at.
        rows: usize,
        /// What is wrong, cell by cell.
        faults: Vec<Fault>,
    },
    /// People to be invited: (row, who).
    People(Vec<(usize, nguon_sheet::Person)>),
    /// Records to be signed.
    Drafts(Vec<SheetDraft>),
}

/// Why a sheet cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// The database, or the key.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The organisation has more things than one sheet can name.
    #[error("the organisation has more than {THINGS_MAX} things of a kind")]
    TooManyThings,
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] nguon_sheet::write::WriteError),
}

impl Desk {
    /// What a sheet says, in the name of the member's organisation.
    pub async fn import(
        &self,
        member: &Member,
        kind: Kind,
        bytes: Vec<u8>,
        origin: &str,
    ) -> Result<Imported, SheetError> {
        if kind == Kind::Members && !member.admits() {
            return Err(DeskError::NotYours.into());
        }
        let organisation = member.organisation();
        let plots = self.cards(organisation, "plot").await?;
        let products = self.cards(organisation, "product").await?;
        let lots = if kind == Kind::Lots { self.lots(organisation).await? } else { Vec::new() };
        let today = vietnam_day(self.clock.now_ms());
        let origin = origin.to_owned();
        // Reading ten thousand rows takes a while, and is nobody else's business.
        let read = tokio::task::spawn_blocking(move || {
            let grid = Grid::read(&bytes)?;
            let rows = grid.rows.len();
            let known = Known {
                origin,
                organisation: organisation.to_string(),
                today,
                plots: plots.into_iter().filter_map(plot).collect(),
                products: products.into_iter().filter_map(product).collect(),
                lots,
                communes: &crate::commune::named,
            };
            Ok::<_, SheetError>((rows, read(kind, &grid, &known)))
        });
        let (rows, said) = read.await.map_err(|_| GridError::Broken("the reader stopped".to_owned()))??;
        let said = match said {
            Ok(said) => said,
            Err(faults) => return Ok(Imported::Faulty { rows, faults }),
        };
        let (mut people, mut drafts) = (Vec::new(), Vec::with_capacity(said.len()));
        for row in said {
            match row.said {
                Said::Person(person) => people.push((row.number, person)),
                Said::Facts { act, facts, subjects, place, person } => {
                    drafts.push(draft(row.number, act, *facts, subjects, place, person));
                }
            }
        }
        Ok(if kind == Kind::Members { Imported::People(people) } else { Imported::Drafts(drafts) })
    }

    /// What is in the ledger of a kind, in the columns of its template; lots with what is left of each.
    pub async fn export(&self, member: &Member, kind: Kind) -> Result<Vec<u8>, SheetError> {
        let organisation = member.organisation();
        match kind {
            Kind::Members => self.export_members(member).await,
            Kind::Plots => {
                let rows = self.cards(organisation, "plot").await?.into_iter().filter_map(plot_row);
                Ok(nguon_sheet::write::export(kind, rows)?)
            }
            Kind::Products => {
                let rows = self.cards(organisation, "product").await?.into_iter().filter_map(product_row);
                Ok(nguon_sheet::write::export(kind, rows)?)
            }
            Kind::Diary => self.export_diary(organisation).await,
            Kind::Lots => self.export_lots(organisation).await,
        }
    }

    async fn export_members(&self, member: &Member) -> Result<Vec<u8>, SheetError> {
        let heads = ["Họ và tên", "Điện thoại", "Vai trò", "Quyền", "Khóa", "Hết hạn", "Đã thu hồi"]
            .map(str::to_owned);
        let rows = self.members(member).await?.into_iter().map(|colleague| {
            let text = |key: &str| match &colleague.person {
                Person::Named(person) => person[key].as_str().unwrap_or_default().to_owned(),
                Person::Erased => if key == "name" { "(đã xóa)" } else { "" }.to_owned(),
                Person::Unnamed => String::new(),
            };
            let until = match colleague.key.rights {
                nguon_ledger::authority::Rights::Delegated { not_after_ms, .. } => {
                    vietnam_day(i64::try_from(not_after_ms).unwrap_or(i64::MAX)).to_string()
                }
                _ => String::new(),
            };
            vec![
                Value::text(text("name")),
                Value::text(text("phone")),
                Value::text(text("role")),
                Value::text(rights(colleague.key.roles)),
                Value::text(colleague.key.key.to_string()),
                Value::text(until),
                Value::text(if colleague.key.revoked.is_some() { "có" } else { "" }),
            ]
        });
        Ok(nguon_sheet::write::table("Thành viên", &heads, rows)?)
    }

    async fn export_diary(&self, organisation: OrganisationId) -> Result<Vec<u8>, SheetError> {
        let mut rows = Vec::new();
        for card in self.cards(organisation, "plot").await? {
            let Facts::Plot(plot) = card.facts else { continue };
            for line in self.diary(&plot.uri, organisation).await? {
                if rows.len() >= ROWS_MAX || !matches!(line.effect, nguon_trace::lot::Effect::Counts) {
                    continue;
                }
                rows.extend(diary_row(&plot.code, &line));
            }
        }
        Ok(nguon_sheet::write::export(Kind::Diary, rows.into_iter())?)
    }

    async fn export_lots(&self, organisation: OrganisationId) -> Result<Vec<u8>, SheetError> {
        let heads = [
            "Số lô",
            "Trạng thái",
            "Đơn vị",
            "Làm ra",
            "Đã dùng",
            "Đã giao",
            "Đã bán",
            "Hao hụt",
            "Còn lại",
            "Thu hoạch từ",
            "Hạn dùng",
            "Cảnh báo",
            "Địa chỉ",
        ]
        .map(str::to_owned);
        let lots = self.all_of(organisation, "lot", |row| lot_of(&row)).await?;
        Ok(nguon_sheet::write::table("Lô", &heads, lots.into_iter().map(lot_row))?)
    }

    /// All cards of a kind of an organisation.
    async fn cards(&self, organisation: OrganisationId, kind: &str) -> Result<Vec<Card>, SheetError> {
        self.all_of(organisation, kind, |row| Card::of(&row)).await
    }

    /// All lots of an organisation, by number.
    async fn lots(&self, organisation: OrganisationId) -> Result<Vec<KnownLot>, SheetError> {
        let known = |row: SubjectRow| {
            let number = LotId::from_uri(&row.uri).ok()?.lot().to_string();
            Some(KnownLot { number, uri: row.uri })
        };
        self.all_of(organisation, "lot", known).await
    }

    /// All things of a kind of an organisation, as `read` takes them from their rows.
    async fn all_of<T>(
        &self,
        organisation: OrganisationId,
        kind: &str,
        read: impl Fn(SubjectRow) -> Option<T>,
    ) -> Result<Vec<T>, SheetError> {
        let mut things = Vec::new();
        let mut after = String::new();
        loop {
            let mut reader = self.store.reader().await.map_err(DeskError::from)?;
            let rows = reader.subjects_of(organisation.as_bytes(), kind, &after, PAGE).await;
            let rows = rows.map_err(DeskError::from)?;
            let Some(last) = rows.last() else { return Ok(things) };
            after.clone_from(&last.uri);
            let is_last = rows.len() < crate::rows::count(PAGE);
            things.extend(rows.into_iter().filter_map(&read));
            if things.len() > THINGS_MAX {
                return Err(SheetError::TooManyThings);
            }
            if is_last {
                return Ok(things);
            }
        }
    }
}

/// A lot and what is left of it.
fn lot_row(lot: LotState) -> Vec<Value> {
    let balance = lot.balance.as_ref();
    let (unit, scale) = match balance.map(|balance| balance.unit) {
        Some(Unit::Gram) => ("kg", true),
        Some(Unit::Millilitre) => ("lít", true),
        _ => ("đơn vị", false),
    };
    let amount = |amount: Option<u64>| match amount {
        None => Value::Empty,
        Some(amount) if scale => Value::thousandths(amount),
        Some(amount) => Value::whole(amount),
    };
    let day = |day: Option<Date>| Value::text(day.map(written).unwrap_or_default());
    let findings: Vec<&str> = lot.findings.iter().map(|finding| finding.text_vi.as_str()).collect();
    vec![
        Value::text(lot.number.unwrap_or_default()),
        Value::text(standing(&lot.status)),
        Value::text(unit),
        amount(balance.map(|balance| balance.made)),
        amount(balance.map(|balance| balance.used)),
        amount(balance.map(|balance| balance.shipped)),
        amount(balance.map(|balance| balance.sold)),
        amount(balance.map(|balance| balance.lost)),
        amount(balance.map(|balance| balance.left)),
        day(lot.harvest_from),
        day(lot.best_before),
        Value::text(findings.join("\n")),
        Value::text(lot.uri),
    ]
}

fn plot(card: Card) -> Option<KnownPlot> {
    match card.facts {
        Facts::Plot(plot) => Some(KnownPlot { code: plot.code, uri: plot.uri }),
        _ => None,
    }
}

fn product(card: Card) -> Option<KnownProduct> {
    match card.facts {
        Facts::Product(card) => {
            Some(KnownProduct { code: card.code, name: card.name.vi, uri: card.uri, gtin: card.gtin })
        }
        _ => None,
    }
}

fn draft(
    row: usize,
    act: &'static str,
    facts: Facts,
    subjects: Vec<String>,
    place: Option<(f64, f64)>,
    person: Option<String>,
) -> SheetDraft {
    let mut private = Vec::new();
    if let Some(name) = person {
        private.push((2, json!({ "type": "nguon:Person", "name": name, "role": "grower" })));
    }
    if let Some((longitude, latitude)) = place {
        let point = json!({ "type": "Point", "coordinates": [longitude, latitude] });
        private.push((3, json!({ "type": "Feature", "properties": {}, "geometry": point })));
    }
    let written = nguon_epcis::write(&nguon_epcis::Document { subjects: Vec::new(), facts });
    let facts = serde_json::from_slice(&written).expect("what is written is JSON");
    SheetDraft { row, act, facts, subjects, private }
}

/// What a key may do, in words.
fn rights(roles: Roles) -> String {
    let names = [
        (Roles::DIARY, "nhật ký"),
        (Roles::LOT, "lô hàng"),
        (Roles::COMMERCE, "bán hàng"),
        (Roles::INSPECTION, "kiểm tra"),
        (Roles::RECALL, "thu hồi"),
        (Roles::ADMIN, "quản trị"),
    ];
    let said = names.into_iter().filter(|(bit, _)| roles.contains(*bit)).map(|(_, name)| name);
    said.collect::<Vec<_>>().join(", ")
}

/// How a lot stands, in words.
fn standing(status: &LotStatus) -> &'static str {
    match status {
        LotStatus::Unknown => "chưa rõ",
        LotStatus::Registered => "đã đăng ký",
        LotStatus::Active => "đang lưu hành",
        LotStatus::SoldOut => "đã hết",
        LotStatus::Destroyed => "đã tiêu hủy",
        LotStatus::Recalled { .. } => "đã thu hồi",
    }
}

/// `12/04/2026`.
fn written(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

fn plot_row(card: Card) -> Option<Vec<Value>> {
    let Facts::Plot(plot) = card.facts else { return None };
    Some(vec![
        Value::text(plot.code),
        Value::text(plot.crop.vi),
        Value::whole(plot.area_m2),
        Value::text(crate::commune::name(&plot.commune)),
        Value::text(plot.place_name.map(|name| name.vi).unwrap_or_default()),
        Value::text(plot.growing_method.unwrap_or_default()),
        Value::text(plot.planting_area_code.unwrap_or_default()),
        // The place is private: it is in no list.
        Value::Empty,
        Value::Empty,
    ])
}

fn product_row(card: Card) -> Option<Vec<Value>> {
    let Facts::Product(product) = card.facts else { return None };
    let content = product.net_content.map(|content| match content.unit {
        Unit::Gram => format!("{} g", content.amount),
        Unit::Millilitre => format!("{} ml", content.amount),
        Unit::Piece => format!("{} cái", content.amount),
    });
    Some(vec![
        Value::text(product.code.to_string()),
        Value::text(product.name.vi),
        Value::text(product.name.en.unwrap_or_default()),
        Value::text(product.category),
        Value::text(product.unit_name.vi),
        Value::text(content.unwrap_or_default()),
        Value::text(product.gtin.as_ref().map(Gtin::to_string).unwrap_or_default()),
        product.shelf_life_days.map_or(Value::Empty, |days| Value::whole(u64::from(days))),
        Value::text(product.storage.map(|text| text.vi).unwrap_or_default()),
        Value::text(product.warnings.map(|text| text.vi).unwrap_or_default()),
        Value::text(product.brand.map(|text| text.vi).unwrap_or_default()),
    ])
}

/// A line of a diary in the template's columns; nothing of what the template has no word for.
fn diary_row(plot: &str, line: &super::DiaryLine) -> Option<Vec<Value>> {
    let event = &line.event;
    let (input, substance, dose, interval) = line.applied();
    let (mut target, mut area, mut crop, mut origin, mut water) = (None, None, None, None, None);
    let mut input = input.map(str::to_owned);
    let work = match &event.step {
        Step::Planting { crop: key, variety, seed_origin } => {
            (crop, origin) = (variety.clone().or_else(|| key.clone()), seed_origin.clone());
            "gieo trồng"
        }
        Step::Fertilising { .. } => "bón phân",
        Step::PlantProtection(spray) => {
            (target, area) = (spray.target.clone(), spray.area_m2);
            "phun thuốc"
        }
        Step::Irrigation { water: from } => {
            water.clone_from(from);
            "tưới nước"
        }
        Step::Waste { what } => {
            input.clone_from(what);
            "thu gom chất thải"
        }
        Step::Harvest => "thu hoạch",
        _ => return None,
    };
    let lot = line.lots().next();
    let number = lot.and_then(|(uri, _)| LotId::from_uri(uri).ok()).map(|id| id.lot().to_string());
    let product = event.lot.product.as_deref().and_then(|uri| uri.rsplit('/').next());
    let grams = lot.and_then(|(_, quantity)| quantity).filter(|quantity| quantity.unit == Unit::Gram);
    let text = |text: Option<String>| Value::text(text.unwrap_or_default());
    Some(vec![
        Value::text(written(vietnam_day(event.time_ms))),
        Value::text(plot),
        Value::text(work),
        text(input),
        text(substance.map(str::to_owned)),
        text(dose.map(str::to_owned)),
        text(target),
        area.map_or(Value::Empty, Value::whole),
        interval.map_or(Value::Empty, |days| Value::whole(u64::from(days))),
        text(crop),
        text(origin),
        text(water),
        text(number),
        Value::text(product.filter(|_| lot.is_some()).unwrap_or_default()),
        grams.map_or(Value::Empty, |quantity| Value::thousandths(quantity.amount)),
        // Names are in no list.
        Value::Empty,
        text(event.note.as_ref().map(|note| note.vi.clone())),
    ])
}
