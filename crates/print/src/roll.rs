//! What label printers are sent: each label whole, as a picture of black dots.
//!
//! Their own fonts lack Vietnamese letters and their own QR codes choose levels and versions by themselves, so
//! neither is used. Labels go into a writer one after the other; nothing is kept.
//!
//! ```text
//! TSPL   SIZE 50 mm,30 mm ⏎ GAP 2 mm,0 mm ⏎ DIRECTION 1 ⏎          once, lines end in CR LF
//!        CLS ⏎ BITMAP 0,0,bytes of a row,rows,0,<bytes> ⏎ PRINT 1,copies ⏎
//! ZPL    ^XA^PW400^LL240^LH0,0^FO0,0^GFA,n,n,bytes of a row,<hex>^FS^PQcopies^XZ ⏎
//! ```
//!
//! TSPL is what TSC's printers and most cheap ones speak (TSPL/TSPL2 Programming Language, BITMAP: a 0 bit is
//! black); ZPL is Zebra's (ZPL II Programming Guide, ^GF: a 1 bit is black; rows are shortened by its
//! "alternative data compression scheme"). Neither was tried here on a printer of metal: both are read back in tests
//! by readers of their own and the codes decoded.

use std::io::{self, Write};

use crate::bitmap::Bitmap;

/// Printers cut longer labels.
const COPIES_MAX: u32 = 9_999;

/// What a printer understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// TSC and most others: Xprinter, Gprinter, HPRT.
    Tspl,
    /// Zebra and those that follow it.
    Zpl,
}

/// Why a label was not sent.
#[derive(Debug, thiserror::Error)]
pub enum RollError {
    /// The writer refused.
    #[error("the printer's bytes could not be written")]
    Write(#[from] io::Error),
    /// More copies of one label than both languages count, or none.
    #[error("{0} copies of one label: from 1 to 9999 are possible")]
    Copies(u32),
}

/// Labels on their way to a printer.
pub struct Roll<W> {
    out: W,
    language: Language,
}

impl<W: Write> Roll<W> {
    /// Begins: labels of this size, with gaps of so many millimetres between them.
    pub fn begin(
        mut out: W,
        language: Language,
        size_mm: (f64, f64),
        gap_mm: f64,
    ) -> Result<Roll<W>, RollError> {
        if language == Language::Tspl {
            let (width, height) = size_mm;
            write!(out, "SIZE {width} mm,{height} mm\r\nGAP {gap_mm} mm,0 mm\r\nDIRECTION 1\r\n")?;
        }
        Ok(Roll { out, language })
    }

    /// Sends one label, to be printed so many times.
    pub fn label(&mut self, picture: &Bitmap, copies: u32) -> Result<(), RollError> {
        if !(1..=COPIES_MAX).contains(&copies) {
            return Err(RollError::Copies(copies));
        }
        let (bytes, height) = (picture.row_bytes(), picture.height());
        match self.language {
            Language::Tspl => {
                write!(self.out, "CLS\r\nBITMAP 0,0,{bytes},{height},0,")?;
                let inverted: Vec<u8> = picture.rows().flatten().map(|byte| !byte).collect();
                self.out.write_all(&inverted)?;
                write!(self.out, "\r\nPRINT 1,{copies}\r\n")?;
            }
            Language::Zpl => {
                let total = picture.rows().len() * bytes;
                let width = picture.width();
                writeln!(
                    self.out,
                    "^XA^PW{width}^LL{height}^LH0,0^FO0,0^GFA,{total},{total},{bytes},{}^FS^PQ{copies}^XZ",
                    hex(picture)
                )?;
            }
        }
        Ok(())
    }

    /// Hands the writer back.
    pub fn finish(mut self) -> Result<W, RollError> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Rows in hex: `:` is the row above again, `,` fills up with white, `!` with black, and a letter before a digit
/// repeats it (`G` to `Y` 1 to 19 times, `g` to `z` 20 to 400 times).
fn hex(picture: &Bitmap) -> String {
    let mut text = String::new();
    let mut above: &[u8] = &[];
    for row in picture.rows() {
        if row == above {
            text.push(':');
        } else {
            push_row(&mut text, row);
        }
        above = row;
    }
    text
}

fn push_row(text: &mut String, row: &[u8]) {
    let mut digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let last = digits.last().copied().filter(|digit| [0, 15].contains(digit));
    if let Some(last) = last {
        let kept = digits.iter().rposition(|digit| *digit != last).map_or(0, |place| place + 1);
        digits.truncate(kept);
    }
    for run in digits.chunk_by(|a, b| a == b) {
        let mut left = run.len();
        while left > 400 {
            push_run(text, 400, run[0]);
            left -= 400;
        }
        push_run(text, left, run[0]);
    }
    match last {
        Some(0) => text.push(','),
        Some(_) => text.push('!'),
        None => {}
    }
}

fn push_run(text: &mut String, times: usize, digit: u8) {
    const ONES: &[u8; 19] = b"GHIJKLMNOPQRSTUVWXY";
    const TWENTIES: &[u8; 20] = b"ghijklmnopqrstuvwxyz";
    if times > 1 {
        let letters = [(times / 20, TWENTIES.as_slice()), (times % 20, ONES.as_slice())];
        for (count, letters) in letters {
            if let Some(letter) = count.checked_sub(1).and_then(|i| letters.get(i)) {
                text.push(char::from(*letter));
            }
        }
    }
    text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
}
