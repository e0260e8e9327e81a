//! What is wrong with a cell, and what to write instead.

use serde::Serialize;

/// Why a cell cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// A column that must be there is not.
    ColumnMissing,
    /// A column that this kind of sheet does not have.
    ColumnUnknown,
    /// Two columns with one head.
    ColumnTwice,
    /// A cell that must say something is empty.
    Empty,
    /// Typed in TCVN3 or VNI, the alphabets of before Unicode.
    OldAlphabet,
    /// Too long.
    TooLong,
    /// Not a number, or none of ours.
    NotANumber,
    /// A number that can be read in two ways.
    TwoNumbers,
    /// Not a day.
    NotADay,
    /// A day that has not come, or is too long ago.
    DayOutOfRange,
    /// A word that is none of those that may stand there.
    UnknownWord,
    /// A plot, product, lot or commune that nobody knows.
    UnknownThing,
    /// A name that fits several.
    SeveralThings,
    /// A code that cannot be one.
    CodeMalformed,
    /// The same code stands in two rows, or is there already.
    Twice,
    /// Two cells that do not go together.
    DoNotFit,
}

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The sheet's name; empty for a list.
    pub sheet: String,
    /// The row as Excel counts it, from 1.
    pub row: usize,
    /// The column as Excel calls it: `C`.
    pub column: String,
    /// What stands above it.
    pub header: String,
    /// What stands in it, cut to 80 characters.
    pub value: String,
    /// Why.
    pub code: FaultCode,
    /// What is wrong and what to write, in Vietnamese.
    pub vi: String,
    /// The same in English.
    pub en: String,
}

/// A fault that does not know its cell yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: FaultCode,
    pub(crate) vi: String,
    pub(crate) en: String,
}

impl Wrong {
    pub(crate) fn new(code: FaultCode, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, vi: vi.into(), en: en.into() }
    }
}

/// `A`, `B`, … `Z`, `AA`: how Excel calls a column.
pub(crate) fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_as_excel_calls_them() {
        for (column, name) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(letters(column), name);
        }
    }
}
