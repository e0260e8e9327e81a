//! Templates to fill in, and what is in the ledger in the same columns: what is exported can be read again.
//!
//! Every cell is a text or a number, never a formula or a link, whatever it begins with (OWASP ASVS 5.0, 1.2.10).

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use crate::columns::Kind;

/// The sheet of a template that says how to fill it in.
const NOTES: &str = "Hướng dẫn";

/// Whether a sheet only tells how to fill in another.
pub(crate) fn is_notes(name: &str) -> bool {
    name == NOTES
}

/// Rows of an export, at most.
pub const ROWS_MAX: usize = 100_000;

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
#[error("the workbook could not be written: {0}")]
pub struct WriteError(#[from] XlsxError);

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
}

impl Value {
    /// A text, or nothing.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// Thousandths: grams as kilograms.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 grams")]
    #[must_use]
    pub fn thousandths(amount: u64) -> Self {
        Self::Number(amount as f64 / 1e3)
    }

    /// A whole number.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
    #[must_use]
    pub fn whole(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

/// A template: the heads, one example, and a second sheet that says what goes where.
pub fn template(kind: Kind) -> Result<Vec<u8>, WriteError> {
    let columns = kind.columns();
    let mut book = Workbook::new();
    let heads: Vec<String> = columns
        .iter()
        .map(|column| if column.required { format!("{} *", column.vi) } else { column.vi.to_owned() })
        .collect();
    sheet(&mut book, kind.title(), &heads, examples(kind).into_iter())?;
    let notes = columns.iter().map(|column| {
        vec![
            Value::text(column.vi),
            Value::text(if column.required { "bắt buộc" } else { "" }),
            Value::text(column.note),
            Value::text(column.en),
        ]
    });
    let heads = ["Cột", "", "Ghi gì", "English"].map(str::to_owned);
    sheet(&mut book, NOTES, &heads, notes)?;
    Ok(book.save_to_buffer()?)
}

/// One row; of a diary, one of a spraying and one of a harvest.
fn examples(kind: Kind) -> Vec<Vec<Value>> {
    let row = |left_out: &[&str], instead: &[(&str, &str)]| {
        let cell = |column: &crate::Column| {
            let other = instead.iter().find(|(key, _)| *key == column.key).map(|(_, value)| *value);
            let is_out = left_out.contains(&column.key);
            Value::text(if is_out { "" } else { other.unwrap_or(column.example) })
        };
        kind.columns().iter().map(cell).collect()
    };
    match kind {
        Kind::Diary => vec![
            row(&["crop", "origin", "water", "lot", "product", "quantity"], &[]),
            row(
                &["input", "substance", "dose", "target", "area", "interval", "crop", "origin", "water"],
                &[("work", "thu hoạch"), ("day", "20/04/2026")],
            ),
        ],
        _ => vec![row(&[], &[])],
    }
}

/// What is there, in the template's columns.
pub fn export(kind: Kind, rows: impl Iterator<Item = Vec<Value>>) -> Result<Vec<u8>, WriteError> {
    let heads: Vec<String> = kind.columns().iter().map(|column| column.vi.to_owned()).collect();
    table(kind.title(), &heads, rows)
}

/// A table with heads of its own.
pub fn table(
    title: &str,
    heads: &[String],
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    sheet(&mut book, title, heads, rows)?;
    Ok(book.save_to_buffer()?)
}

fn sheet(
    book: &mut Workbook,
    title: &str,
    heads: &[String],
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<(), XlsxError> {
    let head = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00E4_EFE4))
        .set_border_bottom(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap();
    // A column typed as text keeps the 0 that a code begins with.
    let text = Format::new().set_num_format("@").set_align(FormatAlign::Top).set_text_wrap();
    let sheet = book.add_worksheet();
    sheet.set_name(title)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, name) in (0_u16..).zip(heads) {
        sheet.write_string_with_format(0, column, name, &head)?;
        let width = name.chars().count().clamp(10, 28) + 4;
        sheet.set_column_width(column, u32::try_from(width).unwrap_or(20))?;
    }
    for (row, cells) in (1_u32..).zip(rows.take(ROWS_MAX)) {
        for (column, value) in (0_u16..).zip(cells) {
            match value {
                Value::Empty => {}
                Value::Text(value) => {
                    let cut: String = value.chars().take(8_000).collect();
                    sheet.write_string_with_format(row, column, cut, &text)?;
                }
                Value::Number(number) => {
                    sheet.write_number(row, column, number)?;
                }
            }
        }
    }
    Ok(())
}
