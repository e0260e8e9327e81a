//! Spreadsheets: tables of typed cells. A date is a date, a number is a number, and a text is a string whatever it begins
//! with: no cell is ever a formula or a link (OWASP ASVS 5.0, 1.2.10).

use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::text;

/// Characters of a cell, at most (Excel's own limit, in UTF-16 units, is 32,767).
const MAX_CELL_UNITS: usize = 32_000;
/// Rows of a sheet below its heads, at most (Excel's own limit is 2^20 in all).
const MAX_ROWS: usize = 1_000_000;

/// Why there is no spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// More rows than a sheet holds: ask for fewer lots or a shorter time.
    #[error("the sheet `{sheet}` would have {rows} rows, more than {MAX_ROWS}")]
    TooManyRows {
        /// Which sheet.
        sheet: String,
        /// How many rows.
        rows: usize,
    },
    /// The writer refused something.
    #[error("the spreadsheet could not be written: {0}")]
    Writer(String),
}

impl From<XlsxError> for SheetError {
    fn from(error: XlsxError) -> Self {
        Self::Writer(error.to_string())
    }
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Empty,
    Text(String),
    /// A text that nobody may overlook.
    Alarm(String),
    Number(f64),
    Date(Date),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    pub(crate) fn opt_text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    pub(crate) fn date(date: Option<Date>) -> Self {
        date.map_or(Self::Empty, Self::Date)
    }

    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
    pub(crate) fn whole(number: u64) -> Self {
        Self::Number(number as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 grams")]
    pub(crate) fn thousandths(amount: u64) -> Self {
        Self::Number(amount as f64 / 1e3)
    }
}

/// A column: its head, its width in characters.
pub(crate) type Column = (&'static str, u16);

/// A row; struck out if it does not count.
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    pub(crate) struck: bool,
}

impl Row {
    pub(crate) fn of(cells: Vec<Cell>) -> Self {
        Self { cells, struck: false }
    }
}

/// One sheet.
pub(crate) struct Table<'a> {
    pub(crate) name: &'a str,
    /// Lines above the heads.
    pub(crate) above: Vec<String>,
    pub(crate) columns: &'a [Column],
    pub(crate) rows: Vec<Row>,
}

/// What a whole file has in common.
pub(crate) struct Style<'a> {
    pub(crate) title: &'a str,
    pub(crate) author: &'a str,
    /// How dates are shown, in Excel's words.
    pub(crate) dates: &'static str,
    /// When the file was made.
    pub(crate) made_on: Date,
}

/// The file.
pub(crate) fn workbook(tables: &[Table<'_>], style: &Style<'_>) -> Result<Vec<u8>, SheetError> {
    let mut workbook = Workbook::new();
    // Without a day of its own the writer would ask the machine's clock.
    let made = excel(style.made_on).or_else(|| ExcelDateTime::from_ymd(2000, 1, 1).ok());
    let mut properties =
        DocProperties::new().set_title(text::plain(style.title)).set_author(text::plain(style.author));
    if let Some(made) = &made {
        properties = properties.set_creation_datetime(made);
    }
    workbook.set_properties(&properties);
    for table in tables {
        if table.rows.len() > MAX_ROWS {
            return Err(SheetError::TooManyRows { sheet: table.name.to_owned(), rows: table.rows.len() });
        }
        write(workbook.add_worksheet(), table, style)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn write(sheet: &mut Worksheet, table: &Table<'_>, style: &Style<'_>) -> Result<(), SheetError> {
    let line = Color::RGB(0x00BF_C6C1);
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_background_color(Color::RGB(0x00E4_EBE6))
        .set_border(FormatBorder::Thin)
        .set_border_color(line);
    let cell = Format::new()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_border(FormatBorder::Thin)
        .set_border_color(line);
    let date = cell.clone().set_num_format(style.dates).set_align(FormatAlign::Left);
    let struck =
        |format: &Format| format.clone().set_font_strikethrough().set_font_color(Color::RGB(0x0080_8080));
    let (cell_struck, date_struck) = (struck(&cell), struck(&date));
    let alarm = cell.clone().set_bold().set_font_color(Color::RGB(0x008F_2D20));
    sheet.set_name(table.name)?;
    let mut at: u32 = 0;
    for (place, above) in table.above.iter().enumerate() {
        let format = if place == 0 { Format::new().set_bold().set_font_size(14) } else { Format::new() };
        sheet.write_string_with_format(at, 0, fitting(above), &format)?;
        at += 1;
    }
    let first = at;
    let mut last_column = 0;
    for (column, (title, width)) in (0_u16..).zip(table.columns) {
        sheet.write_string_with_format(first, column, *title, &head)?;
        sheet.set_column_width(column, *width)?;
        last_column = column;
    }
    for row in &table.rows {
        at += 1;
        for (column, value) in (0_u16..).zip(&row.cells) {
            let (cell, date) = if row.struck { (&cell_struck, &date_struck) } else { (&cell, &date) };
            match value {
                Cell::Empty => sheet.write_blank(at, column, cell)?,
                Cell::Text(text) => sheet.write_string_with_format(at, column, fitting(text), cell)?,
                Cell::Alarm(text) => {
                    let format = if row.struck { cell } else { &alarm };
                    sheet.write_string_with_format(at, column, fitting(text), format)?
                }
                Cell::Number(number) => sheet.write_number_with_format(at, column, *number, cell)?,
                Cell::Date(day) => match excel(*day) {
                    Some(excel) => sheet.write_datetime_with_format(at, column, &excel, date)?,
                    None => sheet.write_string_with_format(at, column, day.to_string(), cell)?,
                },
            };
        }
    }
    sheet.set_freeze_panes(first + 1, 0)?;
    sheet.set_repeat_rows(first, first)?;
    sheet.autofilter(first, 0, at.max(first + 1), last_column)?;
    // A4, as wide as the page and as long as it gets.
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// A day as Excel counts them: from 1900 on.
fn excel(day: Date) -> Option<ExcelDateTime> {
    let (year, month, day) =
        (day.year().cast_unsigned(), day.month().cast_unsigned(), day.day().cast_unsigned());
    if year < 1900 {
        return None;
    }
    ExcelDateTime::from_ymd(year, month, day).ok()
}

/// A text that a cell holds: without what XML cannot say, cut where it is longer than a cell.
fn fitting(whole: &str) -> String {
    let plain = text::plain(whole);
    if plain.len() <= MAX_CELL_UNITS {
        return plain;
    }
    let mut units = 0;
    let end = plain.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > MAX_CELL_UNITS
    });
    match end {
        Some((end, _)) => format!("{} […]", &plain[..end]),
        None => plain,
    }
}
