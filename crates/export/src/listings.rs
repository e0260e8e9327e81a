//! What is for sale as a spreadsheet: one row a listing, for staff of an exchange.

use jiff::civil::Date;

use crate::sheet::{self, Cell, Row, SheetError, Style, Table};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetCell {
    /// Nothing.
    Empty,
    /// A text: never a formula, whatever it begins with.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A day.
    Day(Date),
}

/// A sheet of listings.
pub struct ListingsSheet<'a> {
    /// What the sheet is called.
    pub name: &'a str,
    /// The line above the heads.
    pub title: &'a str,
    /// Who made it.
    pub author: &'a str,
    /// Heads, with their widths in characters.
    pub columns: &'a [(&'static str, u16)],
    /// Rows, in the order of the heads.
    pub rows: Vec<Vec<SheetCell>>,
    /// The day on which it was made.
    pub made_on: Date,
}

impl ListingsSheet<'_> {
    /// The file.
    pub fn to_xlsx(self) -> Result<Vec<u8>, SheetError> {
        let cell = |cell: SheetCell| match cell {
            SheetCell::Empty => Cell::Empty,
            SheetCell::Text(text) => Cell::text(text),
            SheetCell::Whole(number) => Cell::whole(number),
            SheetCell::Day(day) => Cell::date(Some(day)),
        };
        let rows = self.rows.into_iter().map(|row| Row::of(row.into_iter().map(cell).collect())).collect();
        let table =
            Table { name: self.name, above: vec![self.title.to_owned()], columns: self.columns, rows };
        let style =
            Style { title: self.title, author: self.author, dates: "dd/mm/yyyy", made_on: self.made_on };
        sheet::workbook(&[table], &style)
    }
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx};

    use super::*;

    #[test]
    fn a_formula_is_a_text_and_a_number_a_number() {
        let hostile = "=HYPERLINK(\"http://evil.example\",\"Giá\")";
        let sheet = ListingsSheet {
            name: "Hàng bán",
            title: "Tin chào bán",
            author: "Sở",
            columns: &[("Tên hàng", 30), ("Giá (đồng)", 12), ("Hạn sử dụng", 12)],
            rows: vec![vec![
                SheetCell::Text(hostile.to_owned()),
                SheetCell::Whole(1_000_000_000_000),
                SheetCell::Day(jiff::civil::date(2026, 11, 28)),
            ]],
            made_on: jiff::civil::date(2026, 11, 28),
        };
        let bytes = sheet.to_xlsx().unwrap();
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        let cells = book.worksheet_range("Hàng bán").unwrap();
        let row: Vec<Data> = cells.rows().next_back().unwrap().to_vec();
        assert_eq!(row[0], Data::String(hostile.to_owned()));
        assert_eq!(row[1], Data::Float(1e12));
        assert!(matches!(row[2], Data::DateTime(_)), "{:?}", row[2]);
        assert!(book.worksheet_formula("Hàng bán").unwrap().is_empty());
    }
}
