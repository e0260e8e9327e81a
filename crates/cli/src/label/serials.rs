//! Serials for labels, from the file that the server makes of a batch.
//!
//! ```text
//! number,serial,url
//! 1,7K3M9QX2VB,https://nguon.example/01/09521100700023/10/260615-A/21/7K3M9QX2VB
//! ```
//!
//! It is what `GET /api/v1/serials/…` answers. A serial is a secret until it is printed: whoever reads the file, or the
//! labels made of it, can print them too.
//!
//! The whole file is read and checked before anything is printed: half a run of stickers is worse than none. A
//! row takes about 200 bytes of memory.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use nguon_label::QrCode;
use serde::Deserialize;

/// Rows that are read, at most.
const ROWS_MAX: usize = 1_000_000;

/// GS1 General Specifications, 3.5.2: AI 21 has at most 20 characters.
const SERIAL_CHARS_MAX: usize = 20;

/// One pack's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Row {
    /// Its place in the batch.
    pub(super) number: u64,
    /// What is printed.
    pub(super) serial: String,
    /// What its code holds.
    pub(super) url: String,
}

/// Reads a file, or standard input for `-`. Each address must lead to one of the lot's own pages: a changed file would
/// otherwise print codes that lead elsewhere, and the file of another lot would print this lot's name on its packs.
pub(super) fn read(
    file: &Path,
    pages: &[String],
    address: &dyn Fn(&str) -> String,
) -> anyhow::Result<Vec<Row>> {
    let rows = if file == Path::new("-") {
        rows(std::io::stdin().lock(), pages, address)
    } else {
        let open = std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        rows(std::io::BufReader::new(open), pages, address)
    };
    rows.with_context(|| format!("the serials in {}", file.display()))
}

fn rows(input: impl Read, pages: &[String], address: &dyn Fn(&str) -> String) -> anyhow::Result<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let header = reader.headers()?.clone();
    // Spreadsheets put a byte-order mark in front.
    let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
    if names != ["number", "serial", "url"] {
        bail!("the first line must be number,serial,url, not {:?}", names.join(","));
    }
    reader.set_headers(csv::StringRecord::from(names));
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    for (row, line) in reader.deserialize::<Row>().zip(2_usize..) {
        let mut row = row.with_context(|| format!("line {line}"))?;
        if rows.len() == ROWS_MAX {
            bail!("there are more than {ROWS_MAX} rows: print them in parts");
        }
        check(&row, pages).with_context(|| format!("line {line}"))?;
        if !seen.insert(row.serial.clone()) {
            bail!("line {line}: the serial {} stands there twice", row.serial);
        }
        row.url = address(&row.url);
        rows.push(row);
    }
    if rows.is_empty() {
        bail!("there are no rows");
    }
    Ok(rows)
}

fn check(row: &Row, pages: &[String]) -> anyhow::Result<()> {
    let printable = |c: char| c.is_ascii_graphic();
    if row.serial.is_empty() || row.serial.len() > SERIAL_CHARS_MAX || !row.serial.chars().all(printable) {
        bail!("a serial has 1 to {SERIAL_CHARS_MAX} letters, digits or signs, not {:?}", row.serial);
    }
    let of_the_lot =
        |page: &String| row.url.strip_prefix(page.as_str()).is_some_and(|rest| rest.starts_with('/'));
    if !pages.iter().any(of_the_lot) {
        bail!("the address {:?} does not lead to this lot's page, {}", row.url, pages.join(" or "));
    }
    // Signs in a path are written as percent and two digits; only plain serials can be compared.
    let plain = row.serial.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
    let names_it = row.url.strip_suffix(row.serial.as_str()).is_some_and(|before| before.ends_with('/'));
    if plain && !names_it {
        bail!("the address {:?} is not that of the serial {}", row.url, row.serial);
    }
    QrCode::check(&row.url)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Row>, String> {
        let pages =
            ["https://nguon.example/01/1/10/A".to_owned(), "https://nguon.example/p/gao/l/A".to_owned()];
        rows(text.as_bytes(), &pages, &|url| url.to_owned()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_batch_is_read_whole() {
        let good = "\u{feff}number,serial,url\r\n1,7K3M,https://nguon.example/01/1/10/A/21/7K3M\r\n\
                    2,\"9Q/X\",https://nguon.example/p/gao/l/A/s/9Q%2FX\r\n";
        let rows = of(good).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[1].number, rows[1].serial.as_str()), (2, "9Q/X"));
    }

    #[test]
    fn a_file_that_is_not_whole_or_leads_elsewhere_prints_nothing() {
        let row = |row: &str| {
            of(&format!("number,serial,url\n1,AB,https://nguon.example/01/1/10/A/21/AB\n{row}\n"))
        };
        assert!(row("2,CD,https://nguon.example/01/1/10/A/21/CD").is_ok());
        for (bad, why) in [
            ("2,AB,https://nguon.example/01/1/10/A/21/AB", "twice"),
            ("x,CD,https://nguon.example/01/1/10/A/21/CD", "line 3"),
            ("2,CD", "line 3"),
            ("2,,https://nguon.example/01/1/10/A/21/", "a serial has"),
            (
                "2,ABCDEFGHIJKLMNOPQRSTU,https://nguon.example/01/1/10/A/21/ABCDEFGHIJKLMNOPQRSTU",
                "a serial has",
            ),
            ("2,Đ1,https://nguon.example/01/1/10/A/21/Đ1", "a serial has"),
            ("2,CD,https://evil.example/01/1/10/A/21/CD", "does not lead to this lot's page"),
            ("2,CD,https://nguon.example/01/1/10/AB/21/CD", "does not lead to"),
            ("2,CD,https://nguon.example@evil.example/01/1/10/A/21/CD", "does not lead to"),
            ("2,CD,https://nguon.example/01/1/10/A/21/XCD", "is not that of the serial"),
            ("2,CD,https://nguon.example/01/1/10/A/a b/CD", "percent-encode"),
        ] {
            let error = row(bad).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
        assert!(of("number;serial;url\n").unwrap_err().contains("first line"));
        assert!(of("").unwrap_err().contains("first line"));
        assert!(of("number,serial,url\n").unwrap_err().contains("no rows"));
    }
}
