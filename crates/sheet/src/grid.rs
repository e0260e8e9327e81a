//! Cells of a file, whatever program wrote it, under limits.
//!
//! An XLSX file is a zip archive whose sizes may lie: it is unpacked into nothing first, and counted. Its cells come one by one, so
//! that a string which is named a million times is never a million strings. Formulas are not worked out: the value that the
//! program kept is read.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx, XlsxError};
use unicode_normalization::UnicodeNormalization;

/// Bytes of a file.
pub const FILE_BYTES_MAX: usize = 8 << 20;
/// Bytes of an XLSX file when it is unpacked.
const UNPACKED_BYTES_MAX: u64 = 96 << 20;
/// Files in an XLSX file.
const PARTS_MAX: usize = 2_000;
/// Rows, the heads included.
pub const ROWS_MAX: usize = 10_001;
/// Columns.
pub const COLUMNS_MAX: usize = 64;
/// Characters of a cell.
pub const CELL_CHARS_MAX: usize = 2_000;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, NFC, without blanks around it.
    Text(String),
    /// A number, as Excel keeps it.
    Number(f64),
    /// A day, as Excel keeps it.
    Day(i16, i8, i8),
    /// Yes or no.
    Truth(bool),
    /// An error of a formula: `#N/A`.
    Error(String),
}

/// The cells of one sheet, the heads first.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The sheet's name; empty for a list.
    pub sheet: String,
    /// The heads: (column, text).
    pub heads: Vec<(usize, String)>,
    /// Rows that say something: (row as Excel counts it, cells by column).
    pub rows: Vec<(usize, Vec<Cell>)>,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// Too many bytes.
    #[error("the file is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// It unpacks to more than any sheet of ours has.
    #[error("the file unpacks to more than {UNPACKED_BYTES_MAX} bytes")]
    Bomb,
    /// It is no XLSX file, or a broken one.
    #[error("the file is no workbook that can be read: {0}")]
    Broken(String),
    /// The old format of before 2007.
    #[error("the file is in Excel's format of before 2007")]
    OldExcel,
    /// An encrypted workbook.
    #[error("the workbook is locked with a password")]
    Locked,
    /// The list is in no encoding that is read.
    #[error("the list is not in Unicode")]
    NotUnicode,
    /// More rows than are taken at once.
    #[error("more than {ROWS_MAX} rows")]
    TooManyRows,
    /// More columns than any sheet of ours has.
    #[error("more than {COLUMNS_MAX} columns")]
    TooManyColumns,
    /// There is nothing below the heads.
    #[error("there are no rows below the heads")]
    NoRows,
}

impl GridError {
    /// A stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "sheet-too-large",
            Self::Bomb => "sheet-unpacks-too-large",
            Self::Broken(_) => "sheet-broken",
            Self::OldExcel => "sheet-old-excel",
            Self::Locked => "sheet-locked",
            Self::NotUnicode => "sheet-not-unicode",
            Self::TooManyRows => "sheet-too-many-rows",
            Self::TooManyColumns => "sheet-too-many-columns",
            Self::NoRows => "sheet-no-rows",
        }
    }
}

impl From<XlsxError> for GridError {
    fn from(error: XlsxError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl Grid {
    /// Reads a file: the first sheet of a workbook that is not called after our notes, or a list.
    pub fn read(bytes: &[u8]) -> Result<Self, GridError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(GridError::TooLarge);
        }
        let cells = match bytes {
            [b'P', b'K', 3, 4, ..] => workbook(bytes)?,
            // The compound file of old Excel, and of workbooks that are locked with a password.
            [0xd0, 0xcf, 0x11, 0xe0, ..] => {
                let is_locked = bytes.windows(32).any(|window| window == ENCRYPTED);
                return Err(if is_locked { GridError::Locked } else { GridError::OldExcel });
            }
            _ => list(bytes)?,
        };
        cells.grid()
    }
}

/// `EncryptedPackage` in UTF-16: a stream of a locked workbook.
const ENCRYPTED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

/// Rows of cells, as they come.
#[derive(Default)]
struct Cells {
    sheet: String,
    rows: Vec<(usize, Vec<Cell>)>,
}

impl Cells {
    fn put(&mut self, row: usize, column: usize, cell: Cell) -> Result<(), GridError> {
        if cell == Cell::Empty {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            return Err(GridError::TooManyColumns);
        }
        if self.rows.last().is_none_or(|(last, _)| *last != row) {
            if self.rows.len() >= ROWS_MAX {
                return Err(GridError::TooManyRows);
            }
            self.rows.push((row, Vec::new()));
        }
        if let Some((_, cells)) = self.rows.last_mut() {
            if cells.len() <= column {
                cells.resize(column + 1, Cell::Empty);
            }
            if let Some(place) = cells.get_mut(column) {
                *place = cell;
            }
        }
        Ok(())
    }

    fn grid(mut self) -> Result<Grid, GridError> {
        // A workbook may name its cells in any order.
        self.rows.sort_by_key(|(row, _)| *row);
        let mut rows = self.rows.into_iter();
        let (_, heads) = rows.next().ok_or(GridError::NoRows)?;
        let heads = heads.into_iter().enumerate().filter_map(|(column, cell)| match cell {
            Cell::Text(text) => Some((column, text)),
            Cell::Number(number) => Some((column, number.to_string())),
            _ => None,
        });
        let heads = heads.collect();
        let rows: Vec<(usize, Vec<Cell>)> = rows.collect();
        if rows.is_empty() {
            return Err(GridError::NoRows);
        }
        Ok(Grid { sheet: self.sheet, heads, rows })
    }
}

fn workbook(bytes: &[u8]) -> Result<Cells, GridError> {
    measure(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes))?;
    let names = book.sheet_names();
    let wanted = names.iter().find(|name| !crate::write::is_notes(name));
    let sheet = wanted.ok_or(GridError::NoRows)?.clone();
    let mut cells = Cells { sheet: clean(&sheet), rows: Vec::new() };
    let mut reader = book.worksheet_cells_reader(&sheet)?;
    while let Some(cell) = reader.next_cell()? {
        let (row, column) = cell.get_position();
        let value = match cell.get_value() {
            DataRef::Empty => Cell::Empty,
            DataRef::Int(number) => Cell::Text(number.to_string()),
            DataRef::Float(number) => Cell::Number(*number),
            DataRef::String(text) => text_cell(text),
            DataRef::SharedString(text) => text_cell(text),
            DataRef::Bool(truth) => Cell::Truth(*truth),
            DataRef::DateTime(moment) => {
                let (year, month, day, ..) = moment.to_ymd_hms_milli();
                let narrow = |one: u8| i8::try_from(one).unwrap_or(0);
                Cell::Day(i16::try_from(year).unwrap_or(0), narrow(month), narrow(day))
            }
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text_cell(text),
            DataRef::Error(error) => Cell::Error(error.to_string()),
        };
        cells.put(row as usize + 1, column as usize, value)?;
    }
    Ok(cells)
}

/// Unpacks every part into nothing: what the archive says of its sizes is only said.
fn measure(bytes: &[u8]) -> Result<(), GridError> {
    let broken = |error: &dyn std::fmt::Display| GridError::Broken(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(GridError::Bomb);
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let mut bounded = part.take(left + 1);
        let read = std::io::copy(&mut bounded, &mut std::io::sink()).map_err(|error| broken(&error))?;
        left = left.checked_sub(read).ok_or(GridError::Bomb)?;
    }
    Ok(())
}

/// A list with commas, semicolons or tabs, in UTF-8 or UTF-16.
fn list(bytes: &[u8]) -> Result<Cells, GridError> {
    let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    let head = text.lines().next().unwrap_or_default();
    let count = |separator: char| head.matches(separator).count();
    let separator = [';', '\t', ','].into_iter().max_by_key(|one| count(*one)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut cells = Cells::default();
    // Excel counts rows, not lines: a break inside of a cell is none, an empty line is one (and the reader skips it).
    let (mut lines, mut inside, mut last) = (0, 0, 0);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| GridError::Broken(error.to_string()))? {
        let from = record.position().map_or(last, |place| usize::try_from(place.byte()).unwrap_or(last));
        let gap = text.get(from..).map_or(0, |rest| rest.bytes().take_while(|byte| *byte == b'\n').count());
        let begin = from + gap;
        lines += text.get(last..begin).map_or(0, |passed| passed.matches('\n').count());
        last = begin;
        for (column, field) in record.iter().enumerate() {
            cells.put(1 + lines - inside, column, text_cell(field))?;
        }
        inside += record.iter().map(|field| field.matches('\n').count()).sum::<usize>();
    }
    Ok(cells)
}

fn decode(bytes: &[u8]) -> Result<String, GridError> {
    let utf16 = |bytes: &[u8], pair: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|two| pair([two[0], two[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| GridError::NotUnicode)
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            std::str::from_utf8(rest).map(str::to_owned).map_err(|_| GridError::NotUnicode)
        }
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| GridError::NotUnicode),
    }
}

fn text_cell(text: &str) -> Cell {
    let text = clean(text);
    if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
}

/// NFC, blanks as one blank, none around, no control characters.
fn clean(text: &str) -> String {
    let mut cleaned = String::new();
    let characters = text.nfc().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c });
    for (count, character) in characters.enumerate() {
        // Longer than is taken, so that a cell that is too long is found to be.
        if count > 4 * CELL_CHARS_MAX {
            break;
        }
        if character != ' ' || !cleaned.ends_with(' ') {
            cleaned.push(character);
        }
    }
    cleaned.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_of_all_programs_are_read() {
        let utf16 = |text: &str| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
        };
        for bytes in [
            b"M\xc3\xa3 th\xe1\xbb\xada,Di\xe1\xbb\x87n t\xc3\xadch\nA1,1000\n".to_vec(),
            "\u{feff}Mã thửa;Diện tích\r\nA1;1000\r\n".as_bytes().to_vec(),
            utf16("Mã thửa\tDiện tích\nA1\t1000\n"),
            // Written in parts: a letter and its marks, as some phones do.
            "Ma\u{303} thu\u{31b}\u{309}a,Die\u{323}\u{302}n ti\u{301}ch\nA1,1000\n".as_bytes().to_vec(),
        ] {
            let grid = Grid::read(&bytes).unwrap_or_else(|error| panic!("{error}: {bytes:?}"));
            assert_eq!(
                grid.heads.iter().map(|(_, head)| head.as_str()).collect::<Vec<_>>(),
                ["Mã thửa", "Diện tích"]
            );
            assert_eq!(grid.rows[0].0, 2);
        }
    }

    #[test]
    fn rows_are_counted_as_excel_counts_them() {
        let grid = Grid::read(b"a,b\n\n1,\"two\nlines\"\n3,4\n").unwrap();
        assert_eq!(grid.rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [3, 4]);
    }

    #[test]
    fn what_is_no_sheet_says_why() {
        assert_eq!(Grid::read(b"").unwrap_err(), GridError::NoRows);
        assert_eq!(Grid::read(b"a,b\n").unwrap_err(), GridError::NoRows);
        assert_eq!(Grid::read(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0]).unwrap_err(), GridError::OldExcel);
        let locked = [&[0xd0, 0xcf, 0x11, 0xe0][..], ENCRYPTED].concat();
        assert_eq!(Grid::read(&locked).unwrap_err(), GridError::Locked);
        assert!(matches!(Grid::read(b"PK\x03\x04 no archive").unwrap_err(), GridError::Broken(_)));
        // TCVN3: bytes above 0x7f that are no UTF-8.
        assert_eq!(Grid::read(b"M\xb7 th\xf6a\nA1\n").unwrap_err(), GridError::NotUnicode);
        assert_eq!(Grid::read(&vec![b'a'; FILE_BYTES_MAX + 1]).unwrap_err(), GridError::TooLarge);
        let many = "a\n".repeat(ROWS_MAX + 1);
        assert_eq!(Grid::read(many.as_bytes()).unwrap_err(), GridError::TooManyRows);
        let wide = "a,".repeat(COLUMNS_MAX + 1);
        assert_eq!(Grid::read(wide.as_bytes()).unwrap_err(), GridError::TooManyColumns);
    }

    #[test]
    fn an_archive_that_unpacks_to_too_much_is_found_out_before_it_is_read() {
        use std::io::Write as _;
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file("xl/sharedStrings.xml", options).unwrap();
        let zeros = vec![b' '; 1 << 20];
        for _ in 0..100 {
            archive.write_all(&zeros).unwrap();
        }
        let bytes = archive.finish().unwrap().into_inner();
        assert!(bytes.len() < 1 << 20, "{}", bytes.len());
        assert_eq!(Grid::read(&bytes).unwrap_err(), GridError::Bomb);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Grid::read(&bytes);
            let _ = Grid::read(&[b"PK\x03\x04".as_slice(), &bytes].concat());
        }
    }
}
