//! Labels on sheets, as PDF.
//!
//! What all labels have in common stands in the file once; each label adds its code and its serial, about one
//! kilobyte. krilla keeps a document in memory until it is finished, so a [`Book`] grows by about three
//! with each label: whoever prints a hundred thousand makes several books, each a file of its own.

use krilla::Document;
use krilla::geom::Transform;
use krilla::graphic::Graphic;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::surface::Surface;
use nguon_label::QrCode;
use resvg::usvg::Tree;

use crate::draw;
use crate::plate::{self, Label, Plate, PlateError};
use crate::press::Press;
use crate::sheet::{Setting, Sheet, SheetError};

const POINTS_IN_A_MM: f64 = 72.0 / 25.4;

/// A sheet with as much room above its labels says there how to print it.
const NOTE_ROOM_MM: f64 = 8.0;

const NOTE: &str = "In ở tỷ lệ 100 % (kích thước thật), không chọn “vừa trang” · Print at 100 % (actual size), not “fit to page”";

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// These labels do not go on this sheet.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A label cannot be drawn.
    #[error(transparent)]
    Plate(#[from] PlateError),
    /// The PDF writer refused something.
    #[error("the PDF could not be written: {0}")]
    Writer(String),
}

/// Sheets of one lot's labels.
pub struct Book<'p> {
    plate: &'p Plate<'p>,
    sheet: Sheet,
    setting: Setting,
    document: Document,
    parts: Parts,
    /// Labels of the page that is not full yet.
    waiting: Vec<(QrCode, Option<Tree>)>,
    next_cell: u32,
    labels: u64,
    pages: u64,
}

/// What stands in the document once.
#[derive(Default)]
struct Parts {
    ground: Option<Graphic>,
    note: Option<Graphic>,
}

impl<'p> Book<'p> {
    /// An empty book.
    pub fn new(plate: &'p Plate<'p>, sheet: &Sheet, setting: &Setting) -> Result<Book<'p>, BookError> {
        sheet.check(plate.size_mm(), setting)?;
        Ok(Book {
            plate,
            sheet: *sheet,
            setting: *setting,
            document: Document::new(),
            parts: Parts::default(),
            waiting: Vec::new(),
            next_cell: setting.start - 1,
            labels: 0,
            pages: 0,
        })
    }

    /// The next label.
    pub fn label(&mut self, label: &Label<'_>) -> Result<(), BookError> {
        self.waiting.push((label.code.clone(), self.plate.own(label)?));
        self.labels += 1;
        let used = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        if self.next_cell.saturating_add(used) >= self.sheet.labels() {
            self.page()?;
        }
        Ok(())
    }

    /// Pages so far, with the one that is not full.
    pub fn pages(&self) -> u64 {
        self.pages + u64::from(!self.waiting.is_empty())
    }

    /// Whether the next label begins a page.
    pub fn page_is_full(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The PDF.
    pub fn finish(mut self, title: &str) -> Result<Vec<u8>, BookError> {
        if !self.waiting.is_empty() {
            self.page()?;
        }
        finish(self.document, title)
    }

    fn page(&mut self) -> Result<(), BookError> {
        let mut page = self.document.start_page_with(page_settings(&self.sheet)?);
        let mut surface = page.surface();
        let mm = to_f32(POINTS_IN_A_MM);
        surface.push_transform(&Transform::from_scale(mm, mm));
        let (width, height) = self.plate.size_mm();
        let cells = self.next_cell..;
        for ((code, own), cell) in self.waiting.drain(..).zip(cells) {
            // In the middle of its cell: a design may be smaller.
            let [x, y] = self.sheet.cell_mm(cell, &self.setting);
            let (x, y) =
                (x + (self.sheet.label_mm[0] - width) / 2.0, y + (self.sheet.label_mm[1] - height) / 2.0);
            surface.push_transform(&Transform::from_translate(to_f32(x), to_f32(y)));
            let ground = self
                .parts
                .ground
                .get_or_insert_with(|| graphic(&mut surface, &self.plate.ground, self.plate.press));
            surface.draw_graphic(ground.clone());
            draw::code(&mut surface, &code, self.plate.qr_place());
            if let Some(own) = own {
                draw::tree(&mut surface, &own, self.plate.press);
            }
            surface.pop();
        }
        if self.setting.cut_lines {
            let lines = plate::read(self.plate.press, &cut_lines(&self.sheet, &self.setting))?;
            draw::tree(&mut surface, &lines, self.plate.press);
        }
        if self.sheet.origin_mm[1] >= NOTE_ROOM_MM {
            if self.parts.note.is_none() {
                let note = plate::read(self.plate.press, &note(&self.sheet))?;
                self.parts.note = Some(graphic(&mut surface, &note, self.plate.press));
            }
            if let Some(note) = &self.parts.note {
                surface.draw_graphic(note.clone());
            }
        }
        surface.pop();
        surface.finish();
        page.finish();
        self.next_cell = 0;
        self.pages += 1;
        Ok(())
    }
}

/// A sheet for trying a printer before good paper goes in: the edges of all labels, their numbers, and a
/// line to measure.
pub fn test_page(press: &Press, sheet: &Sheet, setting: &Setting) -> Result<Vec<u8>, BookError> {
    let room = (sheet.label_mm[0], sheet.label_mm[1]);
    sheet.check(room, setting)?;
    let tree = plate::read(press, &test_svg(sheet, setting))?;
    let mut document = Document::new();
    let mut page = document.start_page_with(page_settings(sheet)?);
    let mut surface = page.surface();
    let mm = to_f32(POINTS_IN_A_MM);
    surface.push_transform(&Transform::from_scale(mm, mm));
    draw::tree(&mut surface, &tree, press);
    surface.pop();
    surface.finish();
    page.finish();
    finish(document, &format!("Trang in thử · Test page: {}", sheet.name_vi))
}

fn page_settings(sheet: &Sheet) -> Result<PageSettings, BookError> {
    let [width, height] = sheet.page_mm.map(|mm| to_f32(mm * POINTS_IN_A_MM));
    PageSettings::from_wh(width, height).ok_or_else(|| BookError::Writer("no page".to_owned()))
}

fn finish(mut document: Document, title: &str) -> Result<Vec<u8>, BookError> {
    document.set_metadata(Metadata::new().title(title.to_owned()).language("vi".to_owned()));
    document.finish().map_err(|error| BookError::Writer(format!("{error:?}")))
}

fn graphic(surface: &mut Surface<'_>, tree: &Tree, press: &Press) -> Graphic {
    let mut builder = surface.stream_builder();
    let mut inside = builder.surface();
    draw::tree(&mut inside, tree, press);
    inside.finish();
    Graphic::new(builder.finish(), false)
}

#[expect(clippy::cast_possible_truncation, reason = "lengths on paper")]
fn to_f32(length: f64) -> f32 {
    length as f32
}

fn page_svg(sheet: &Sheet, inside: &str) -> String {
    let [width, height] = sheet.page_mm;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\">{inside}</svg>"
    )
}

fn edges(sheet: &Sheet, setting: &Setting) -> String {
    let [width, height] = sheet.label_mm;
    let edges = (0..sheet.labels()).map(|cell| {
        let [x, y] = sheet.cell_mm(cell, setting);
        format!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width}\" height=\"{height}\"/>")
    });
    format!("<g fill=\"none\" stroke=\"#777\" stroke-width=\"0.1\">{}</g>", edges.collect::<String>())
}

fn cut_lines(sheet: &Sheet, setting: &Setting) -> String {
    page_svg(sheet, &edges(sheet, setting))
}

fn note(sheet: &Sheet) -> String {
    let [width, _] = sheet.page_mm;
    let text = format!(
        "<text x=\"{}\" y=\"{}\" font-size=\"1.9\" fill=\"#777\" text-anchor=\"middle\">{NOTE}</text>",
        width / 2.0,
        sheet.origin_mm[1] - 2.5
    );
    page_svg(sheet, &text)
}

fn test_svg(sheet: &Sheet, setting: &Setting) -> String {
    let mut inside = edges(sheet, setting);
    let size = sheet.label_mm[1] / 7.0;
    for cell in 0..sheet.labels() {
        let [x, y] = sheet.cell_mm(cell, setting);
        inside.push_str(&format!(
            "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"{size:.2}\" fill=\"#999\">{}</text>",
            x + size,
            y + size * 1.6,
            cell + 1
        ));
    }
    // On as many whole centimetres as there is room for, up to ten.
    let centimetres = ((sheet.page_mm[0] - 10.0) / 10.0).floor().clamp(1.0, 10.0);
    let [page_width, page_height] = sheet.page_mm;
    let (from, y) = ((page_width - centimetres * 10.0) / 2.0, page_height / 2.0);
    let to = from + centimetres * 10.0;
    inside.push_str(&format!(
        "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"9\" fill=\"#fff\"/>\
         <path d=\"M{from} {y}H{to}M{from} {}v4M{to} {}v4\" stroke=\"#000\" stroke-width=\"0.2\" fill=\"none\"/>",
        from - 3.0,
        y - 6.0,
        centimetres * 10.0 + 6.0,
        y - 2.0,
        y - 2.0
    ));
    let size = (centimetres * 0.21).min(2.1);
    let lines = [
        "In ở tỷ lệ 100 %, không chọn “vừa trang”.".to_owned(),
        format!(
            "Đoạn này phải dài đúng {} mm · This line must be {} mm long",
            centimetres * 10.0,
            centimetres * 10.0
        ),
    ];
    for (line, up) in lines.iter().zip([2.4, 1.1]) {
        inside.push_str(&format!(
            "<text x=\"{}\" y=\"{:.2}\" font-size=\"{size:.2}\" text-anchor=\"middle\">{line}</text>",
            page_width / 2.0,
            y - up * size
        ));
    }
    page_svg(sheet, &inside)
}
