//! Sheets of labels: where each label lies on the paper.
//!
//! In millimetres from the upper left corner. Label sizes are what stands on the makers' boxes. The grids of Avery's
//! L sheets lie in the middle of the paper with gaps of 2.5 mm, as Label Planet gives them for the same dies (LP65/38:
//! 4.75 and 10.7 mm, pitch 40.6); gLabels' templates (Debian package `glabels-data`) round to points and put L7163 off
//! the middle by 1.3 mm. 6121 and the full A4 of 24 are gLabels'. Sheets sold in Việt Nam under other numbers (Tomy,
//! for example) follow the same grids; print a test page before a hundred sheets.

use nguon_label::Design;

/// How far a printer may be off, in tenths of a millimetre: farther, and it is the wrong sheet.
pub const OFFSET_TENTHS_MAX: i32 = 100;

/// A label may be so much larger than its cell: what makers round.
const SLACK_MM: f64 = 0.11;

/// A4 (ISO 216).
const A4: [f64; 2] = [210.0, 297.0];

/// A grid of labels on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sheet {
    /// What the command line calls it.
    pub id: &'static str,
    /// For people, in Vietnamese.
    pub name_vi: &'static str,
    /// For people, in English.
    pub name_en: &'static str,
    /// Width and height of the paper.
    pub page_mm: [f64; 2],
    /// Labels in a row.
    pub columns: u32,
    /// Rows.
    pub rows: u32,
    /// Width and height of a label.
    pub label_mm: [f64; 2],
    /// The first label's upper left corner.
    pub origin_mm: [f64; 2],
    /// From one label to the next, across and down.
    pub pitch_mm: [f64; 2],
}

/// The sheets that are known.
pub const SHEETS: [Sheet; 5] = [
    Sheet {
        id: "a4-3x8",
        name_vi: "A4, 24 tem 70 × 37,1 mm, kín tờ",
        name_en: "A4, 24 labels of 70 × 37.1 mm, no margins",
        page_mm: A4,
        columns: 3,
        rows: 8,
        label_mm: [70.0, 37.1],
        origin_mm: [0.0, 0.0],
        pitch_mm: [70.0, 37.1],
    },
    Sheet {
        id: "l7651",
        name_vi: "A4, 65 tem 38,1 × 21,2 mm (Avery L7651)",
        name_en: "A4, 65 labels of 38.1 × 21.2 mm (Avery L7651)",
        page_mm: A4,
        columns: 5,
        rows: 13,
        label_mm: [38.1, 21.2],
        origin_mm: [4.75, 10.7],
        pitch_mm: [40.6, 21.2],
    },
    Sheet {
        id: "6121",
        name_vi: "A4, 65 tem 38,1 × 21,2 mm liền nhau (Avery 6121)",
        name_en: "A4, 65 labels of 38.1 × 21.2 mm without gaps (Avery 6121)",
        page_mm: A4,
        columns: 5,
        rows: 13,
        label_mm: [38.07, 21.21],
        origin_mm: [9.5, 10.49],
        pitch_mm: [38.07, 21.21],
    },
    Sheet {
        id: "l7160",
        name_vi: "A4, 21 tem 63,5 × 38,1 mm (Avery L7160)",
        name_en: "A4, 21 labels of 63.5 × 38.1 mm (Avery L7160)",
        page_mm: A4,
        columns: 3,
        rows: 7,
        label_mm: [63.5, 38.1],
        origin_mm: [7.25, 15.15],
        pitch_mm: [66.0, 38.1],
    },
    Sheet {
        id: "l7163",
        name_vi: "A4, 14 tem 99,1 × 38,1 mm (Avery L7163)",
        name_en: "A4, 14 labels of 99.1 × 38.1 mm (Avery L7163)",
        page_mm: A4,
        columns: 2,
        rows: 7,
        label_mm: [99.1, 38.1],
        origin_mm: [4.65, 15.15],
        pitch_mm: [101.6, 38.1],
    },
];

/// How a sheet is printed this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Tenths of a millimetre to the right: what this printer needs.
    pub offset_x_tenths: i32,
    /// Tenths of a millimetre down.
    pub offset_y_tenths: i32,
    /// The first label to print on, counted from 1 by rows: the ones before are used up.
    pub start: u32,
    /// Whether the labels' edges are drawn, for cutting and for trying a printer.
    pub cut_lines: bool,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting { offset_x_tenths: 0, offset_y_tenths: 0, start: 1, cut_lines: false }
    }
}

/// Why labels cannot go on a sheet.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SheetError {
    /// The design is larger than the sheet's labels.
    #[error(
        "the design is {width_mm} × {height_mm} mm; the sheet's labels are {label_width_mm} × {label_height_mm} mm"
    )]
    TooSmall {
        /// The design's width.
        width_mm: f64,
        /// The design's height.
        height_mm: f64,
        /// The label's width.
        label_width_mm: f64,
        /// The label's height.
        label_height_mm: f64,
    },
    /// The sheet does not have that many labels.
    #[error("the sheet has labels 1 to {labels}; it cannot start at {start}")]
    Start {
        /// What was asked for.
        start: u32,
        /// What there is.
        labels: u32,
    },
    /// A printer that is off by more than a centimetre.
    #[error("an offset of {0} tenths of a millimetre is more than a centimetre: is it the right sheet?")]
    Offset(i32),
}

impl Sheet {
    /// The sheet of this name.
    pub fn lookup(id: &str) -> Option<Sheet> {
        SHEETS.into_iter().find(|sheet| sheet.id == id)
    }

    /// A page for each label: for printers with rolls, and for looking at.
    pub fn single(design: &Design) -> Sheet {
        let size = [design.width_mm(), design.height_mm()];
        Sheet {
            id: "single",
            name_vi: "Mỗi trang một tem",
            name_en: "A page for each label",
            page_mm: size,
            columns: 1,
            rows: 1,
            label_mm: size,
            origin_mm: [0.0, 0.0],
            pitch_mm: size,
        }
    }

    /// Labels on a page.
    pub fn labels(&self) -> u32 {
        self.columns * self.rows
    }

    /// Whether a design of this size goes on its labels.
    pub fn holds(&self, (width_mm, height_mm): (f64, f64)) -> bool {
        width_mm <= self.label_mm[0] + SLACK_MM && height_mm <= self.label_mm[1] + SLACK_MM
    }

    pub(crate) fn check(&self, size_mm: (f64, f64), setting: &Setting) -> Result<(), SheetError> {
        if !self.holds(size_mm) {
            let [label_width_mm, label_height_mm] = self.label_mm;
            let (width_mm, height_mm) = size_mm;
            return Err(SheetError::TooSmall { width_mm, height_mm, label_width_mm, label_height_mm });
        }
        if !(1..=self.labels()).contains(&setting.start) {
            return Err(SheetError::Start { start: setting.start, labels: self.labels() });
        }
        let off = [setting.offset_x_tenths, setting.offset_y_tenths];
        match off.into_iter().find(|tenths| tenths.unsigned_abs() > OFFSET_TENTHS_MAX.unsigned_abs()) {
            Some(tenths) => Err(SheetError::Offset(tenths)),
            None => Ok(()),
        }
    }

    /// The upper left corner of a label's cell, counted from 0 by rows.
    pub(crate) fn cell_mm(&self, cell: u32, setting: &Setting) -> [f64; 2] {
        let column = f64::from(cell % self.columns);
        let row = f64::from(cell / self.columns);
        [
            self.origin_mm[0] + column * self.pitch_mm[0] + f64::from(setting.offset_x_tenths) / 10.0,
            self.origin_mm[1] + row * self.pitch_mm[1] + f64::from(setting.offset_y_tenths) / 10.0,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grid_lies_on_its_paper_and_no_label_on_another() {
        for sheet in SHEETS {
            for axis in 0..2 {
                let count = f64::from([sheet.columns, sheet.rows][axis]);
                let end = sheet.origin_mm[axis] + (count - 1.0) * sheet.pitch_mm[axis] + sheet.label_mm[axis];
                assert!(end <= sheet.page_mm[axis] + 0.01, "{} ends at {end}", sheet.id);
                // What is left on the other side is about as wide as the margin on this one.
                let other = sheet.page_mm[axis] - end;
                assert!((other - sheet.origin_mm[axis]).abs() < 0.7, "{}: {other}", sheet.id);
                assert!(sheet.pitch_mm[axis] >= sheet.label_mm[axis] - 1e-9, "{}", sheet.id);
            }
            assert_eq!(Sheet::lookup(sheet.id), Some(sheet));
        }
        assert_eq!(Sheet::lookup("a4-3x9"), None);
    }

    #[test]
    fn a_half_used_sheet_and_a_printer_that_is_off_are_provided_for() {
        let sheet = SHEETS[1];
        let setting = Setting { offset_x_tenths: 13, offset_y_tenths: -5, ..Setting::default() };
        let [x, y] = sheet.cell_mm(6, &setting);
        assert!((x - (4.75 + 40.6 + 1.3)).abs() < 1e-9 && (y - (10.7 + 21.2 - 0.5)).abs() < 1e-9);
        let size = (38.1, 21.2);
        assert_eq!(sheet.check(size, &setting), Ok(()));
        let start = Setting { start: 66, ..setting };
        assert_eq!(sheet.check(size, &start), Err(SheetError::Start { start: 66, labels: 65 }));
        let offset = Setting { offset_y_tenths: i32::MIN, ..setting };
        assert_eq!(sheet.check(size, &offset), Err(SheetError::Offset(i32::MIN)));
        assert!(matches!(sheet.check((50.0, 30.0), &setting), Err(SheetError::TooSmall { .. })));
    }
}
