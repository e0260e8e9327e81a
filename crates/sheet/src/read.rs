//! From cells to facts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use nguon_id::{Commune, Gtin, LotCode, LotId, ProductCode};
use nguon_trace::facts::Facts;

use crate::columns::{Column, Kind, folded, places};
use crate::fault::{Fault, FaultCode, Wrong, letters};
use crate::grid::{CELL_CHARS_MAX, Cell, Grid};
use crate::legacy;
use crate::value;

/// Faults that are told: whoever has more corrects these first.
pub const FAULTS_MAX: usize = 500;

/// What is known beforehand.
pub struct Known<'a> {
    /// The ledger's permanent name.
    pub origin: String,
    /// The organisation, hex.
    pub organisation: String,
    /// Today in Vietnam.
    pub today: Date,
    /// The organisation's plots.
    pub plots: Vec<KnownPlot>,
    /// The products that it may make lots of.
    pub products: Vec<KnownProduct>,
    /// Lots that it may draw on.
    pub lots: Vec<KnownLot>,
    /// Communes by name or code: none, one, or several.
    pub communes: &'a dyn Fn(&str) -> Vec<Commune>,
}

/// A plot in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPlot {
    /// The co-operative's code.
    pub code: String,
    /// Its URI.
    pub uri: String,
}

/// A product in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProduct {
    /// Its code.
    pub code: ProductCode,
    /// Its name in Vietnamese.
    pub name: String,
    /// Its URI.
    pub uri: String,
    /// Its GTIN.
    pub gtin: Option<Gtin>,
}

impl KnownProduct {
    /// A lot of it.
    pub(crate) fn lot(&self, lot: LotCode) -> LotId {
        match self.gtin {
            Some(gtin) => LotId::Gs1 { gtin, lot },
            None => LotId::Own { product: self.code.clone(), lot },
        }
    }
}

/// A lot in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLot {
    /// Its number.
    pub number: String,
    /// Its URI.
    pub uri: String,
}

/// Somebody to be invited. No `Debug`: it must not get into a log by a slip.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The telephone number; empty if none is said.
    pub phone: String,
    /// What they may do: `diary`, `lot`, `commerce`, `inspection`.
    pub roles: Vec<&'static str>,
    /// What they are called: `grower`, `packer`, …
    pub title: &'static str,
    /// The co-operative's own code; empty if none is said.
    pub code: String,
}

/// What a row says. No `Debug`: it may name a person.
#[derive(Clone, PartialEq)]
pub enum Said {
    /// Somebody is to be invited.
    Person(Person),
    /// Something to be signed.
    Facts {
        /// `diary`, `lot` or `commerce`.
        act: &'static str,
        /// What.
        facts: Box<Facts>,
        /// What it is about, by URI.
        subjects: Vec<String>,
        /// Longitude and latitude; not for the public.
        place: Option<(f64, f64)>,
        /// Who did it; not for the public.
        person: Option<String>,
    },
}

/// A row that can be taken.
#[derive(Clone, PartialEq)]
pub struct Row {
    /// As Excel counts it.
    pub number: usize,
    /// What it says.
    pub said: Said,
}

/// What a sheet says; or what is wrong with it, cell by cell, [`FAULTS_MAX`] at most.
pub fn read(kind: Kind, grid: &Grid, known: &Known<'_>) -> Result<Vec<Row>, Vec<Fault>> {
    let places = places(kind, grid)?;
    let mut reading = Reading { known, seen: BTreeSet::new(), made: BTreeMap::new() };
    let mut rows = Vec::with_capacity(grid.rows.len());
    let mut faults = Vec::new();
    for (number, cells) in &grid.rows {
        let mut line = Line { kind, places: &places, cells, found: Vec::new() };
        line.check_texts();
        let said = match kind {
            Kind::Members => reading.member(&mut line),
            Kind::Plots => reading.plot(&mut line),
            Kind::Products => reading.product(&mut line),
            Kind::Diary => reading.diary(&mut line),
            Kind::Lots => reading.lot(&mut line),
        };
        if let (Some(said), true) = (said, line.found.is_empty()) {
            rows.push(Row { number: *number, said });
        }
        for (column, wrong) in line.found {
            let place = places.get(column.key).copied().unwrap_or(0);
            faults.push(Fault {
                sheet: grid.sheet.clone(),
                row: *number,
                column: letters(place),
                header: column.vi.to_owned(),
                value: cells.get(place).map(value::text).unwrap_or_default().chars().take(80).collect(),
                code: wrong.code,
                vi: wrong.vi,
                en: wrong.en,
            });
        }
        if faults.len() >= FAULTS_MAX {
            faults.truncate(FAULTS_MAX);
            break;
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

/// What is known, with what the sheet itself has said so far.
pub(crate) struct Reading<'a, 'b> {
    pub(crate) known: &'a Known<'b>,
    /// Codes of this sheet, folded.
    pub(crate) seen: BTreeSet<String>,
    /// Lots of this sheet: folded number → URI.
    pub(crate) made: BTreeMap<String, String>,
}

/// One row, and what is wrong with its cells.
pub(crate) struct Line<'a> {
    kind: Kind,
    places: &'a BTreeMap<&'static str, usize>,
    cells: &'a [Cell],
    found: Vec<(&'static Column, Wrong)>,
}

impl Line<'_> {
    fn column(&self, key: &str) -> &'static Column {
        let columns = self.kind.columns();
        columns.iter().find(|column| column.key == key).unwrap_or(&columns[0])
    }

    /// Says that a cell is wrong.
    pub(crate) fn wrong(&mut self, key: &str, wrong: Wrong) {
        let column = self.column(key);
        if !self.found.iter().any(|(known, _)| known.key == column.key) {
            self.found.push((column, wrong));
        }
    }

    fn check_texts(&mut self) {
        for (key, place) in self.places {
            let Some(cell) = self.cells.get(*place) else { continue };
            let text = match cell {
                Cell::Text(text) => text,
                Cell::Error(error) => {
                    let wrong = Wrong::new(
                        FaultCode::NotANumber,
                        format!("Công thức trong ô báo lỗi {error}. Hãy sửa, hoặc dán giá trị."),
                        format!("The formula of this cell gives {error}. Correct it, or paste the value."),
                    );
                    self.wrong(key, wrong);
                    continue;
                }
                _ => continue,
            };
            if text.chars().count() > CELL_CHARS_MAX {
                let wrong = Wrong::new(
                    FaultCode::TooLong,
                    format!("Quá {CELL_CHARS_MAX} ký tự."),
                    format!("More than {CELL_CHARS_MAX} characters."),
                );
                self.wrong(key, wrong);
            } else if let Some(alphabet) = legacy::alphabet(text) {
                let name = alphabet.name();
                let wrong = Wrong::new(
                    FaultCode::OldAlphabet,
                    format!(
                        "Chữ gõ bằng bảng mã {name}. Hãy chuyển sang Unicode (UniKey: Ctrl+Shift+F6) rồi nhập lại."
                    ),
                    format!("Typed in {name}. Convert the sheet to Unicode and import it again."),
                );
                self.wrong(key, wrong);
            }
        }
    }

    /// The cell, if it says something.
    pub(crate) fn cell(&self, key: &str) -> Option<&Cell> {
        let cell = self.cells.get(*self.places.get(key)?)?;
        (*cell != Cell::Empty).then_some(cell)
    }

    /// Its text, if it says something.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.cell(key).map(value::text)
    }

    /// A cell that must say something.
    pub(crate) fn must<T>(&mut self, key: &str, read: impl FnOnce(&Cell) -> Result<T, Wrong>) -> Option<T> {
        if self.cell(key).is_none() {
            let column = self.column(key);
            let wrong = Wrong::new(
                FaultCode::Empty,
                format!("Ô “{}” còn trống.", column.vi),
                format!("`{}` is empty.", column.en),
            );
            self.wrong(key, wrong);
            return None;
        }
        self.may(key, read)
    }

    /// A cell that may say something.
    pub(crate) fn may<T>(&mut self, key: &str, read: impl FnOnce(&Cell) -> Result<T, Wrong>) -> Option<T> {
        let read = read(self.cell(key)?);
        read.map_err(|wrong| self.wrong(key, wrong)).ok()
    }

    /// A text that must be there.
    pub(crate) fn must_text(&mut self, key: &str) -> Option<String> {
        self.must(key, |cell| Ok(value::text(cell)))
    }

    /// A cell with a word of a list.
    pub(crate) fn must_word<T: Copy>(&mut self, key: &str, words: &[(&[&str], T)]) -> Option<T> {
        let note = self.column(key).note;
        self.must(key, |cell| {
            let said = folded(&value::text(cell));
            let found = words.iter().find(|(names, _)| names.iter().any(|name| folded(name) == said));
            found.map(|(_, meant)| *meant).ok_or_else(|| {
                Wrong::new(
                    FaultCode::UnknownWord,
                    format!("Hãy ghi một trong: {note}."),
                    format!("Write one of: {note}."),
                )
            })
        })
    }
}

impl Reading<'_, '_> {
    /// Notes a code of this sheet; says whether it is new.
    pub(crate) fn first_time(&mut self, line: &mut Line<'_>, key: &str, code: &str) -> bool {
        let new = self.seen.insert(folded(code));
        if !new {
            let wrong = Wrong::new(
                FaultCode::Twice,
                format!("Mã “{code}” đã có ở một dòng trên."),
                format!("`{code}` stands in a row above."),
            );
            line.wrong(key, wrong);
        }
        new
    }

    /// A day that has come and is not too long ago.
    pub(crate) fn past_day(&self, line: &mut Line<'_>, key: &str) -> Option<Date> {
        let today = self.known.today;
        line.must(key, |cell| {
            let day = value::day(cell)?;
            let oldest = Date::new(today.year() - 5, 1, 1).unwrap_or(today);
            if (oldest..=today).contains(&day) {
                return Ok(day);
            }
            Err(Wrong::new(
                FaultCode::DayOutOfRange,
                "Ngày chưa tới, hoặc đã quá 5 năm.",
                "The day has not come, or is more than five years ago.",
            ))
        })
    }

    /// A product by code, GTIN or name.
    pub(crate) fn product_of(&self, cell: &Cell) -> Result<&KnownProduct, Wrong> {
        let said = value::text(cell);
        let key = folded(&said);
        let fits = |one: &&KnownProduct| {
            folded(one.code.as_str()) == key
                || folded(&one.name) == key
                || one.gtin.is_some_and(|gtin| Gtin::parse(&said).ok() == Some(gtin))
        };
        let mut found = self.known.products.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Wrong::new(
                FaultCode::SeveralThings,
                format!("Có nhiều sản phẩm tên “{said}”. Hãy ghi mã sản phẩm."),
                format!("Several products are called `{said}`. Write the product's code."),
            )),
            _ => Err(Wrong::new(
                FaultCode::UnknownThing,
                format!("Chưa có sản phẩm “{said}” trong sổ. Hãy nhập sản phẩm trước."),
                format!("The ledger has no product `{said}`. Import products first."),
            )),
        }
    }

    /// A plot by its code.
    pub(crate) fn plot_of(&self, cell: &Cell) -> Result<&KnownPlot, Wrong> {
        let said = value::text(cell);
        let key = folded(&said);
        let mut found = self.known.plots.iter().filter(|one| folded(&one.code) == key);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Wrong::new(
                FaultCode::SeveralThings,
                format!("Có nhiều thửa mã “{said}”."),
                format!("Several plots have the code `{said}`."),
            )),
            _ => Err(Wrong::new(
                FaultCode::UnknownThing,
                format!("Chưa có thửa “{said}” trong sổ. Hãy nhập thửa trước."),
                format!("The ledger has no plot `{said}`. Import plots first."),
            )),
        }
    }
}

/// A lot number that may stand on a pack.
pub(crate) fn lot_code(cell: &Cell) -> Result<LotCode, Wrong> {
    LotCode::parse(&value::text(cell)).map_err(|error| {
        Wrong::new(
            FaultCode::CodeMalformed,
            "Số lô có 1 đến 20 ký tự: chữ không dấu, chữ số, - / . _ , không có dấu cách.",
            format!("A lot number has 1 to 20 letters, digits or signs: {error}."),
        )
    })
}
