//! Every design on every sheet that holds it, as a printer's own program draws the PDF: cut, read, and searched.

use std::process::Command;

use crate::given::{Grey, LONG, USUAL, designs, installed};
use nguon_label::QrCode;
use nguon_print::{Book, BookError, Label, Plate, Press, SHEETS, Setting, Sheet, SheetError, test_page};

fn serial(n: u32) -> String {
    format!("{n:07}-K3M9QX2")
}

fn url(n: u32) -> String {
    format!("https://nguon.example/01/09521234567899/10/DL-2611-07/21/{}", serial(n))
}

fn book(plate: &Plate<'_>, sheet: &Sheet, setting: &Setting, labels: u32) -> Vec<u8> {
    let mut book = Book::new(plate, sheet, setting).unwrap();
    for n in 1..=labels {
        let code = QrCode::new(&url(n)).unwrap();
        book.label(&Label { code: &code, serial: &serial(n) }).unwrap();
    }
    book.finish("Tem thử").unwrap()
}

/// Pages as poppler draws them; nothing where it is not installed.
fn pages(pdf: &[u8], dpi: u32) -> Option<Vec<Grey>> {
    if !installed("pdftoppm") {
        eprintln!("pdftoppm is not here (Debian: poppler-utils): the PDF is not drawn");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("labels.pdf");
    std::fs::write(&file, pdf).unwrap();
    let mut draw = Command::new("pdftoppm");
    draw.args(["-gray", "-r", &dpi.to_string()]).arg(&file).arg(folder.path().join("page"));
    assert!(draw.status().unwrap().success());
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|name| name.extension().is_some_and(|e| e == "pgm"));
    names.sort();
    Some(names.iter().map(|name| Grey::of_pgm(&std::fs::read(name).unwrap())).collect())
}

/// The upper left corner of a label's cell, reckoned apart from the crate.
fn corner(sheet: &Sheet, cell: u32) -> [f64; 2] {
    let (column, row) = (f64::from(cell % sheet.columns), f64::from(cell / sheet.columns));
    [sheet.origin_mm[0] + column * sheet.pitch_mm[0], sheet.origin_mm[1] + row * sheet.pitch_mm[1]]
}

fn every_label_of(name: &str, dpi: u32) {
    let press = Press::new().unwrap();
    let (name, design) = designs().into_iter().find(|(known, _)| known == name).unwrap();
    let plate = press.plate(&design, &LONG, "vi").unwrap();
    for sheet in SHEETS.into_iter().chain([Sheet::single(&design)]) {
        if !sheet.holds(plate.size_mm()) {
            continue;
        }
        let pdf = book(&plate, &sheet, &Setting::default(), sheet.labels());
        let Some(pages) = pages(&pdf, dpi) else { return };
        assert_eq!(pages.len(), 1, "{name} on {}", sheet.id);
        for cell in 0..sheet.labels() {
            let place = format!("{name} on {}, label {cell} at {dpi} dpi", sheet.id);
            let label = pages[0].crop(corner(&sheet, cell), sheet.label_mm, dpi);
            // Decoders that are programs are started for the corners of the sheet.
            if cell == 0 || cell + 1 == sheet.labels() {
                label.assert_reads(&url(cell + 1), &place);
            } else {
                assert_eq!(label.read(), url(cell + 1), "{place}");
            }
        }
    }
}

#[test]
fn plain_labels_are_read_from_every_sheet() {
    every_label_of("plain-50x30", 203);
    every_label_of("plain-50x30", 300);
}

#[test]
fn retail_labels_are_read_from_every_sheet() {
    every_label_of("retail-100x60", 203);
    every_label_of("retail-100x60", 300);
}

#[test]
fn labels_for_24_are_read_from_every_sheet() {
    every_label_of("sheet-70x37", 203);
    every_label_of("sheet-70x37", 300);
}

#[test]
fn small_labels_are_read_from_every_sheet_at_203_dpi() {
    every_label_of("small-38x21", 203);
}

#[test]
fn small_labels_are_read_from_every_sheet_at_300_dpi() {
    every_label_of("small-38x21", 300);
}

#[test]
fn a_new_design_is_in_the_tests_above() {
    let tested = ["plain-50x30", "retail-100x60", "sheet-70x37", "small-38x21"];
    let names: Vec<String> = designs().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, tested);
}

#[test]
fn the_words_of_a_label_are_found_in_its_pdf() {
    if !installed("pdftotext") {
        eprintln!("pdftotext is not here (Debian: poppler-utils): words are not searched");
        return;
    }
    let press = Press::new().unwrap();
    for (name, design) in designs() {
        let plate = press.plate(&design, &USUAL, "vi").unwrap();
        let pdf = book(&plate, &Sheet::single(&design), &Setting::default(), 2);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("labels.pdf");
        std::fs::write(&file, &pdf).unwrap();
        let out = Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for field in design.fields() {
            let words = match field {
                "product" => USUAL.product,
                "organisation" => USUAL.organisation,
                "lot" => USUAL.lot,
                "packed_on" => USUAL.packed_on,
                "net_weight" => USUAL.net_weight,
                "certificates" => USUAL.certificates,
                "storage" => USUAL.storage,
                "address" => USUAL.address,
                "short_code" => USUAL.short_code,
                "serial" => "0000002-K3M9QX2",
                _ => continue,
            };
            assert!(text.contains(words), "{name}: {words:?} is not in {text}");
        }
        let document = lopdf::Document::load_mem(&pdf).unwrap();
        assert_eq!(document.get_pages().len(), 2);
        let fonts = document.objects.values().filter_map(|object| object.as_dict().ok());
        let files = fonts.filter(|dict| dict.get(b"FontFile2").is_ok()).count();
        assert_eq!(files, 2, "{name}: both fonts are inside, once");
        assert!(pdf.len() < 40_000, "{name}: {} bytes", pdf.len());
    }
}

#[test]
fn a_half_used_sheet_is_gone_on_with_and_the_next_is_whole() {
    let press = Press::new().unwrap();
    let (_, design) = designs().into_iter().find(|(name, _)| name == "sheet-70x37").unwrap();
    let plate = press.plate(&design, &USUAL, "vi").unwrap();
    let sheet = Sheet::lookup("a4-3x8").unwrap();
    // A printer that prints 1.5 mm too far left and 2 mm too low is set right.
    let setting = Setting { offset_x_tenths: 15, offset_y_tenths: -20, start: 23, cut_lines: true };
    let pdf = book(&plate, &sheet, &setting, 3);
    let Some(pages) = pages(&pdf, 203) else { return };
    assert_eq!(pages.len(), 2);
    let moved = |cell| corner(&sheet, cell).map(|mm| mm + if mm > 100.0 { 0.0 } else { 1.5 });
    let [_, y] = corner(&sheet, 22);
    let first = pages[0].crop([71.5, y - 2.0], sheet.label_mm, 203);
    assert_eq!(first.read(), url(1));
    assert_eq!(pages[1].crop([moved(0)[0], 0.0], sheet.label_mm, 203).read(), url(3));
    // All before label 23 is white but for the edges.
    let unused = pages[0].crop([2.5, 0.5], [64.0, 33.0], 203);
    assert!(unused.luma.iter().all(|luma| *luma == 255));
    let edge = pages[0].crop([0.5, 10.0], [3.0, 10.0], 203);
    assert!(edge.luma.iter().any(|luma| *luma < 200), "the edge is drawn, 1.5 mm to the right");
}

#[test]
fn a_full_page_ends_where_the_next_begins() {
    let press = Press::new().unwrap();
    let (_, design) = designs().into_iter().find(|(name, _)| name == "small-38x21").unwrap();
    let plate = press.plate(&design, &USUAL, "vi").unwrap();
    let sheet = Sheet::lookup("6121").unwrap();
    let code = QrCode::new(&url(1)).unwrap();
    let label = Label { code: &code, serial: "" };
    let mut book = Book::new(&plate, &sheet, &Setting::default()).unwrap();
    assert_eq!((book.pages(), book.page_is_full()), (0, true));
    for _ in 0..65 {
        book.label(&label).unwrap();
    }
    assert_eq!((book.pages(), book.page_is_full()), (1, true));
    book.label(&label).unwrap();
    assert_eq!((book.pages(), book.page_is_full()), (2, false));
    let first = book.finish("Tem").unwrap();
    // The same labels make the same bytes, today and elsewhere.
    let mut again = Book::new(&plate, &sheet, &Setting::default()).unwrap();
    for _ in 0..66 {
        again.label(&label).unwrap();
    }
    assert_eq!(again.finish("Tem").unwrap(), first);
}

#[test]
fn a_design_too_large_for_its_sheet_is_refused() {
    let press = Press::new().unwrap();
    let (_, design) = designs().into_iter().find(|(name, _)| name == "retail-100x60").unwrap();
    let plate = press.plate(&design, &USUAL, "vi").unwrap();
    let refused = Book::new(&plate, &SHEETS[0], &Setting::default()).err().unwrap();
    assert!(matches!(refused, BookError::Sheet(SheetError::TooSmall { .. })), "{refused}");
}

#[test]
fn a_test_page_has_a_line_to_measure() {
    let press = Press::new().unwrap();
    for sheet in SHEETS {
        let pdf = test_page(&press, &sheet, &Setting::default()).unwrap();
        let Some(pages) = pages(&pdf, 254) else { return };
        // Ten dots a millimetre: a line of 1,000 dots in the middle of the paper.
        let page = &pages[0];
        let longest = (page.height / 2 - 4..page.height / 2 + 4)
            .map(|y| {
                let row = &page.luma[y * page.width..][..page.width];
                row.split(|luma| *luma > 60).map(<[u8]>::len).max().unwrap_or(0)
            })
            .max()
            .unwrap();
        assert!((998..=1004).contains(&longest), "{}: {longest} dots", sheet.id);
    }
}
