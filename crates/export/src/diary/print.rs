//! The diary on paper.

use nguon_trace::facts::vietnam_day;

use super::Diary;
use super::forms::{self, Form};
use crate::paper::{A4, Colour, Paper, PaperError, Type};
use crate::sheet::{Cell, Row};
use crate::text::{date_vi, number_vi, plain};

const INK: Colour = [0x1c, 0x23, 0x1f];
const SOFT: Colour = [0x5b, 0x67, 0x60];
const FAINT: Colour = [0x8b, 0x94, 0x8e];
const LEAF: Colour = [0x2c, 0x5a, 0x43];
const TINT: Colour = [0xee, 0xf3, 0xef];
const RULE: Colour = [0xc6, 0xcf, 0xc9];

const TITLE: Type = Type::bold(19.0, LEAF);
const UNDER_TITLE: Type = Type::of(9.0, SOFT);
const SECTION: Type = Type::bold(10.5, LEAF);
const HEAD: Type = Type::bold(7.4, INK);
const BODY: Type = Type::of(8.0, INK);
const STRUCK: Type = Type::of(8.0, FAINT);
const ALARM: Type = Type::bold(8.0, [0x8f, 0x2d, 0x20]);
const LABEL: Type = Type::of(8.0, SOFT);
const VALUE: Type = Type::bold(8.6, INK);
const SMALL: Type = Type::of(7.0, SOFT);

const LEFT: f32 = 45.0;
const RIGHT: f32 = A4[0] - 36.0;
const TOP: f32 = 52.0;
const BOTTOM: f32 = A4[1] - 46.0;
const WIDTH: f32 = RIGHT - LEFT;
/// Inside a cell.
const PAD: f32 = 3.6;
/// Letters of one cell that are printed; the spreadsheet has more.
const MAX_LETTERS: usize = 6_000;
/// What signatures need, with the room to write.
const SIGNATURES_HEIGHT: f32 = 110.0;

/// The paper and how far down it is written.
struct Page {
    paper: Paper,
    y: f32,
}

pub(super) fn pdf(diary: &Diary) -> Result<Vec<u8>, PaperError> {
    let mut page = Page { paper: Paper::new()?, y: TOP };
    page.paper.turn();
    page.title(diary);
    page.card(&diary.card());
    for form in forms::of(diary) {
        page.form(&form);
    }
    page.remarks(&diary.remarks());
    page.signatures(diary);
    page.edges(diary);
    let title = format!("Nhật ký sản xuất – thửa {} – {}", diary.plot.code, diary.season());
    page.paper.finish(&title, &diary.farm.name, vietnam_day(diary.made_ms))
}

impl Page {
    fn room(&self) -> f32 {
        BOTTOM - self.y
    }

    fn turn(&mut self) {
        self.paper.turn();
        self.y = TOP;
    }

    fn title(&mut self, diary: &Diary) {
        self.paper.text([LEFT, self.y + 4.0], TITLE, "NHẬT KÝ SẢN XUẤT");
        let standard = "VietGAP trồng trọt · TCVN 11892-1:2017";
        self.paper.text([LEFT, self.y + 19.0], UNDER_TITLE, standard);
        let name = self.cut(VALUE, &diary.farm.name, WIDTH * 0.55);
        self.paper.text_ending([RIGHT, self.y - 1.0], Type::bold(10.5, INK), &name);
        let line = format!("Thửa {} · vụ {}", plain(&diary.plot.code), diary.season());
        let line = self.cut(UNDER_TITLE, &line, WIDTH * 0.6);
        self.paper.text_ending([RIGHT, self.y + 13.0], Type::of(9.5, INK), &line);
        self.y += 28.0;
        self.paper.fill([LEFT, self.y], [WIDTH, 1.4], LEAF);
        self.y += 14.0;
    }

    /// Names and values, in two columns.
    fn card(&mut self, card: &[(String, String)]) {
        let gap = 24.0;
        let column = (WIDTH - gap) / 2.0;
        let label = 92.0;
        let half = card.len().div_ceil(2);
        let (left, right) = card.split_at(half);
        for place in 0..half {
            let cells = [left.get(place), right.get(place)];
            let lines = cells.map(|cell| {
                cell.map(|(_, value)| self.paper.wrap(VALUE, &bounded(value), column - label))
                    .unwrap_or_default()
            });
            let rows = lines[0].len().max(lines[1].len()).max(1);
            let mut line = 0;
            while line < rows {
                if self.room() < VALUE.leading() + 5.0 {
                    self.turn();
                }
                for (side, cell) in cells.iter().enumerate() {
                    let x = if side == 0 { LEFT } else { LEFT + column + gap };
                    let baseline = self.y + VALUE.ascent();
                    if let (Some((name, _)), 0) = (cell, line) {
                        let name = self.cut(LABEL, name, label - 6.0);
                        self.paper.text([x, baseline], LABEL, &name);
                    }
                    if let Some(text) = lines[side].get(line) {
                        self.paper.text([x + label, baseline], VALUE, text);
                    }
                }
                self.y += VALUE.leading();
                line += 1;
            }
            self.y += 2.4;
            self.paper.fill([LEFT, self.y], [column, 0.4], RULE);
            if cells[1].is_some() {
                self.paper.fill([LEFT + column + gap, self.y], [column, 0.4], RULE);
            }
            self.y += 2.6;
        }
        self.y += 8.0;
    }

    fn form(&mut self, form: &Form) {
        let columns = columns(form);
        let heads: Vec<Vec<String>> = form
            .columns
            .iter()
            .zip(&columns)
            .map(|(head, column)| self.paper.wrap(HEAD, head.head, column.width - 2.0 * PAD))
            .collect();
        // A title is not left alone at the foot of a page.
        let needed = if form.rows.is_empty() { 40.0 } else { 74.0 };
        if self.room() < needed {
            self.turn();
        }
        self.paper.text([LEFT, self.y + SECTION.ascent()], SECTION, &form.title);
        self.y += SECTION.leading() + 3.0;
        if form.rows.is_empty() {
            self.paper.text(
                [LEFT, self.y + BODY.ascent()],
                LABEL,
                "Không có bản ghi nào trong thời gian này.",
            );
            self.y += BODY.leading() + 10.0;
            return;
        }
        self.heads(&heads, &columns);
        for row in &form.rows {
            self.row(row, &heads, &columns);
        }
        if let Some(sum) = &form.sum {
            if self.room() < VALUE.leading() + 4.0 {
                self.turn();
            }
            self.y += 3.0;
            self.paper.text([LEFT + PAD, self.y + VALUE.ascent()], VALUE, sum);
            self.y += VALUE.leading();
        }
        self.y += 13.0;
    }

    fn heads(&mut self, heads: &[Vec<String>], columns: &[Column]) {
        let lines = heads.iter().map(Vec::len).max().unwrap_or(1);
        let height = stack(HEAD, lines) + 2.0 * PAD;
        self.paper.fill([LEFT, self.y], [WIDTH, height], TINT);
        self.paper.fill([LEFT, self.y], [WIDTH, 0.8], LEAF);
        let mut x = LEFT;
        for (head, column) in heads.iter().zip(columns) {
            for (down, text) in head.iter().enumerate() {
                let baseline = self.y + PAD + HEAD.ascent() + leadings(HEAD, down);
                let start = column.start(x, self.paper.width(HEAD, text));
                self.paper.text([start, baseline], HEAD, text);
            }
            x += column.width;
        }
        self.y += height;
        self.paper.fill([LEFT, self.y], [WIDTH, 0.6], RULE);
    }

    /// A row, over several pages if it is longer than one.
    fn row(&mut self, row: &Row, heads: &[Vec<String>], columns: &[Column]) {
        let own = row.cells.len().saturating_sub(3);
        let cells: Vec<(Type, Vec<String>)> = row
            .cells
            .iter()
            .zip(columns)
            .enumerate()
            .map(|(place, (cell, column))| {
                let look = match cell {
                    // Who, notes and the record stay readable in a row that is struck out.
                    _ if row.struck && place < own => STRUCK,
                    Cell::Alarm(_) => ALARM,
                    _ => BODY,
                };
                (look, self.paper.wrap(look, &printed(cell), column.width - 2.0 * PAD))
            })
            .collect();
        let lines = cells.iter().map(|(_, lines)| lines.len()).max().unwrap_or(1).max(1);
        let least = stack(BODY, lines.min(12)) + 2.0 * PAD;
        if self.room() < least {
            self.turn();
            self.heads(heads, columns);
        }
        let mut from = 0;
        while from < lines {
            let fits = how_many(self.room() - 2.0 * PAD, BODY.leading()).max(1);
            let until = lines.min(from + fits);
            let mut x = LEFT;
            for ((place, (look, cell)), column) in cells.iter().enumerate().zip(columns) {
                let look = *look;
                for (down, text) in cell.iter().skip(from).take(until - from).enumerate() {
                    let baseline = self.y + PAD + look.ascent() + leadings(look, down);
                    let long = self.paper.width(look, text);
                    let start = column.start(x, long);
                    self.paper.text([start, baseline], look, text);
                    if row.struck && place < own && !text.is_empty() {
                        self.paper.fill([start, baseline - look.size * 0.3], [long, 0.6], SOFT);
                    }
                }
                x += column.width;
            }
            self.y += stack(BODY, until - from) + 2.0 * PAD;
            self.paper.fill([LEFT, self.y], [WIDTH, 0.4], RULE);
            from = until;
            if from < lines {
                self.turn();
                self.heads(heads, columns);
            }
        }
    }

    fn remarks(&mut self, remarks: &[String]) {
        let lines: Vec<String> =
            remarks.iter().flat_map(|remark| self.paper.wrap(SMALL, remark, WIDTH)).collect();
        // With the signatures, so that nobody signs an empty page.
        if self.room() < stack(SMALL, lines.len()) + 8.0 + SIGNATURES_HEIGHT {
            self.turn();
        }
        self.lines([LEFT, self.y], SMALL, &lines);
        self.y += stack(SMALL, lines.len()) + 8.0;
    }

    fn signatures(&mut self, diary: &Diary) {
        if self.room() < SIGNATURES_HEIGHT {
            self.turn();
        }
        let day = "……………………, ngày …… tháng …… năm ………";
        self.y += 8.0;
        self.paper.text_ending([RIGHT, self.y + BODY.ascent()], BODY, day);
        self.y += BODY.leading() + 8.0;
        let column = WIDTH / 3.0;
        let represented = format!("Đại diện {}", plain(&diary.farm.name));
        let people = ["Người ghi nhật ký", "Người kiểm tra, giám sát", represented.as_str()];
        for (place, who) in (0_u8..).zip(people) {
            let middle = LEFT + column * (f32::from(place) + 0.5);
            let who = self.cut(VALUE, who, column - 24.0);
            self.paper.text_around([middle, self.y + VALUE.ascent()], VALUE, &who);
            let below = self.y + VALUE.leading() + SMALL.ascent();
            self.paper.text_around([middle, below], SMALL, "(ký, ghi rõ họ tên)");
            let rule = self.y + 74.0;
            self.paper.fill([middle - column / 2.0 + 30.0, rule], [column - 60.0, 0.5], RULE);
        }
        self.y += 80.0;
    }

    /// What stands on each page: whose diary it is, and which page of how many.
    fn edges(&mut self, diary: &Diary) {
        let pages = self.paper.pages();
        let heading = self.cut(SMALL, &format!("Nhật ký sản xuất  ·  {}", diary.heading()), WIDTH);
        let made = date_vi(vietnam_day(diary.made_ms));
        let foot = self.cut(SMALL, &format!("Sổ {}  ·  lập ngày {made}", plain(&diary.ledger)), WIDTH * 0.8);
        for page in 0..pages {
            self.paper.on(page, |paper| {
                if page > 0 {
                    paper.text([LEFT, 30.0], SMALL, &heading);
                    paper.fill([LEFT, 36.0], [WIDTH, 0.5], RULE);
                }
                let y = A4[1] - 26.0;
                paper.fill([LEFT, y - 10.0], [WIDTH, 0.5], RULE);
                paper.text([LEFT, y], SMALL, &foot);
                paper.text_ending([RIGHT, y], SMALL, &format!("Trang {} / {pages}", page + 1));
            });
        }
    }

    fn lines(&mut self, at: [f32; 2], look: Type, lines: &[String]) {
        for (down, text) in lines.iter().enumerate() {
            self.paper.text([at[0], at[1] + look.ascent() + leadings(look, down)], look, text);
        }
    }

    /// A text on one line, cut where the room ends.
    fn cut(&self, look: Type, text: &str, width: f32) -> String {
        let one_line = plain(&bounded(text)).replace('\n', " ");
        if self.paper.width(look, &one_line) <= width {
            return one_line;
        }
        let room = width - self.paper.width(look, "…");
        let mut used = 0.0;
        let fits = one_line.chars().take_while(|c| {
            used += self.paper.width(look, c.encode_utf8(&mut [0; 4]));
            used <= room
        });
        format!("{}…", fits.collect::<String>().trim_end())
    }
}

/// A column on paper.
struct Column {
    width: f32,
    /// Numbers stand at the right.
    is_number: bool,
}

impl Column {
    /// Where a text of this width begins.
    fn start(&self, left: f32, width: f32) -> f32 {
        if self.is_number { left + self.width - 2.5 * PAD - width } else { left + PAD }
    }
}

fn columns(form: &Form) -> Vec<Column> {
    let fixed: f32 = form.columns.iter().filter_map(|head| head.points).sum();
    let parts: f32 =
        form.columns.iter().filter(|head| head.points.is_none()).map(|head| f32::from(head.width)).sum();
    let columns = form.columns.iter().enumerate().map(|(place, head)| Column {
        width: head.points.unwrap_or((WIDTH - fixed) * f32::from(head.width) / parts),
        is_number: form.rows.iter().any(|row| matches!(row.cells.get(place), Some(Cell::Number(_)))),
    });
    columns.collect()
}

/// What a cell says on paper.
fn printed(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Alarm(text) => bounded(text),
        Cell::Number(number) => number_vi(*number),
        Cell::Date(day) => date_vi(*day),
    }
}

/// As much of a text as is printed, without blank lines.
fn bounded(text: &str) -> String {
    let end = text.char_indices().nth(MAX_LETTERS).map(|(end, _)| end);
    let shown = &text[..end.unwrap_or(text.len())];
    let mut lines: Vec<&str> = shown.lines().filter(|line| !line.trim().is_empty()).collect();
    if end.is_some() {
        lines.push("[… xem bản Excel]");
    }
    lines.join("\n")
}

/// The height of so many lines.
fn stack(look: Type, lines: usize) -> f32 {
    leadings(look, lines)
}

fn leadings(look: Type, lines: usize) -> f32 {
    look.leading() * f32::from(u16::try_from(lines).unwrap_or(u16::MAX))
}

/// How many lines fit.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a page's height, at least zero")]
fn how_many(room: f32, leading: f32) -> usize {
    (room / leading).floor().max(0.0) as usize
}
