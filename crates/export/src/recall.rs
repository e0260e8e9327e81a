//! Hồ sơ thu hồi: what a recall reaches, whom to call, and who worked on it, for the desk that calls it (Circular
//! 02/2024/TT-BKHCN, "one step back, one step forward"; here all the way).
//!
//! Five sheets in Vietnamese: the lots, who has them, the orders that they went into, the plots, the people. The last holds
//! personal data; of buyers the ledger knows none, and the exchange of an order does.

use jiff::civil::Date;
use nguon_trace::labels::Ranges;
use nguon_trace::quantity::{Quantity, Unit};

use crate::sheet::{Cell, Column, Row, SheetError, Style, Table, workbook};

/// What a recall reaches.
#[derive(Debug, Clone, Default)]
pub struct Recall {
    /// The lot that it begins with, as people call it.
    pub lot: String,
    /// The ledger's name.
    pub ledger: String,
    /// The lots, nearest first.
    pub lots: Vec<Lot>,
    /// Who made or got some of them.
    pub holdings: Vec<Holding>,
    /// Orders of exchanges that some of it went into.
    pub orders: Vec<Order>,
    /// Where the lot grew.
    pub plots: Vec<Plot>,
    /// Who worked on the lot, and on what it was made of.
    pub people: Vec<Person>,
}

/// A lot to call back.
#[derive(Debug, Clone)]
pub struct Lot {
    /// Its product's name.
    pub product: String,
    /// Its number.
    pub number: String,
    /// Its URI.
    pub uri: String,
    /// Whether it is recalled already.
    pub is_recalled: bool,
    /// Made.
    pub made: Option<Quantity>,
    /// Sold to whoever eats it.
    pub sold: Option<Quantity>,
    /// Still somewhere.
    pub left: Option<Quantity>,
    /// The numbers of its labels on packs that nobody has recorded as sold.
    pub labels: Ranges,
}

/// What somebody has of a lot.
#[derive(Debug, Clone)]
pub struct Holding {
    /// Whose it is: a name, or what the seller called a buyer outside the ledger.
    pub name: String,
    /// Its telephone number.
    pub hotline: Option<String>,
    /// The lot's number.
    pub lot: String,
    /// Made or got.
    pub got: Option<Quantity>,
    /// Left; none outside the ledger.
    pub left: Option<Quantity>,
    /// The numbers of the labels that were shipped there.
    pub labels: Ranges,
}

/// An order of an exchange: the exchange knows who bought.
#[derive(Debug, Clone)]
pub struct Order {
    /// The exchange's code.
    pub exchange: String,
    /// What the exchange calls the order.
    pub reference: String,
    /// Where it stands, in words.
    pub state: String,
    /// The lot's number.
    pub lot: String,
    /// How much of it.
    pub quantity: Quantity,
    /// What the ledger's records call it.
    pub order_id: String,
}

/// A plot.
#[derive(Debug, Clone)]
pub struct Plot {
    /// The co-operative's code.
    pub code: String,
    /// Where it lies, in words.
    pub place: String,
    /// Its URI.
    pub uri: String,
}

/// Somebody who worked on it, as a record names them.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name.
    pub name: String,
    /// What was done.
    pub work: String,
    /// When.
    pub day: Date,
    /// The lot's number, or the plot.
    pub on: String,
    /// For which organisation.
    pub organisation: String,
    /// The record's place in the log.
    pub index: u64,
}

impl Recall {
    /// The spreadsheet (`application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`).
    pub fn xlsx(&self, made_on: Date) -> Result<Vec<u8>, SheetError> {
        const LOTS: [Column; 9] = [
            ("Sản phẩm", 34),
            ("Số lô", 18),
            ("Đang thu hồi", 12),
            ("Làm ra", 12),
            ("Đã bán", 12),
            ("Còn đâu đó", 12),
            ("Đơn vị tính", 12),
            ("Tem chưa bán", 24),
            ("Mã truy xuất", 60),
        ];
        const HOLDINGS: [Column; 7] = [
            ("Đơn vị", 40),
            ("Điện thoại", 18),
            ("Số lô", 18),
            ("Làm ra hoặc nhận", 14),
            ("Còn", 12),
            ("Đơn vị tính", 12),
            ("Tem đã giao", 24),
        ];
        const ORDERS: [Column; 7] = [
            ("Sàn", 24),
            ("Mã đơn của sàn", 28),
            ("Tình trạng", 20),
            ("Số lô", 18),
            ("Số lượng", 12),
            ("Đơn vị tính", 12),
            ("Mã đơn trong sổ", 36),
        ];
        const PLOTS: [Column; 3] = [("Thửa", 14), ("Nơi", 50), ("Mã thửa", 60)];
        const PEOPLE: [Column; 6] = [
            ("Người", 30),
            ("Việc", 22),
            ("Ngày", 12),
            ("Lô hoặc thửa", 24),
            ("Đơn vị", 34),
            ("Bản ghi số", 12),
        ];
        let lots = self.lots.iter().map(|lot| {
            let [made, sold, left] = [lot.made, lot.sold, lot.left].map(amount);
            Row::of(vec![
                Cell::text(&lot.product),
                Cell::text(&lot.number),
                if lot.is_recalled { Cell::Alarm("đang thu hồi".to_owned()) } else { Cell::Empty },
                made,
                sold,
                left,
                Cell::text(unit(lot.made)),
                Cell::text(lot.labels.in_full()),
                Cell::text(&lot.uri),
            ])
        });
        let holdings = self.holdings.iter().map(|held| {
            Row::of(vec![
                Cell::text(&held.name),
                Cell::opt_text(held.hotline.as_ref()),
                Cell::text(&held.lot),
                amount(held.got),
                amount(held.left),
                Cell::text(unit(held.got)),
                Cell::text(held.labels.in_full()),
            ])
        });
        let orders = self.orders.iter().map(|order| {
            Row::of(vec![
                Cell::text(&order.exchange),
                Cell::text(&order.reference),
                Cell::text(&order.state),
                Cell::text(&order.lot),
                amount(Some(order.quantity)),
                Cell::text(unit(Some(order.quantity))),
                Cell::text(&order.order_id),
            ])
        });
        let plots = self.plots.iter().map(|plot| {
            Row::of(vec![Cell::text(&plot.code), Cell::text(&plot.place), Cell::text(&plot.uri)])
        });
        let people = self.people.iter().map(|person| {
            Row::of(vec![
                Cell::text(&person.name),
                Cell::text(&person.work),
                Cell::Date(person.day),
                Cell::text(&person.on),
                Cell::text(&person.organisation),
                Cell::whole(person.index),
            ])
        });
        let above = |title: &str| vec![title.to_owned(), format!("Lô {} – sổ {}", self.lot, self.ledger)];
        let tables = [
            Table {
                name: "Lô phải thu hồi",
                above: above("LÔ PHẢI THU HỒI"),
                columns: &LOTS,
                rows: lots.collect(),
            },
            Table {
                name: "Ai đang giữ",
                above: above("AI ĐANG GIỮ, GỌI CHO AI"),
                columns: &HOLDINGS,
                rows: holdings.collect(),
            },
            Table {
                name: "Đơn hàng trên sàn",
                above: above("ĐƠN HÀNG TRÊN SÀN – hỏi sàn ai đã mua"),
                columns: &ORDERS,
                rows: orders.collect(),
            },
            Table {
                name: "Thửa", above: above("THỬA ĐÃ TRỒNG"), columns: &PLOTS, rows: plots.collect()
            },
            Table {
                name: "Người làm",
                above: above("NGƯỜI LÀM – dữ liệu cá nhân, không chuyển cho người khác"),
                columns: &PEOPLE,
                rows: people.collect(),
            },
        ];
        let title = format!("Hồ sơ thu hồi – lô {}", self.lot);
        let style = Style { title: &title, author: &self.ledger, dates: "dd/mm/yyyy", made_on };
        workbook(&tables, &style)
    }
}

fn amount(quantity: Option<Quantity>) -> Cell {
    quantity.map_or(Cell::Empty, |quantity| match quantity.unit {
        Unit::Gram | Unit::Millilitre => Cell::thousandths(quantity.amount),
        Unit::Piece => Cell::whole(quantity.amount),
    })
}

fn unit(quantity: Option<Quantity>) -> &'static str {
    match quantity.map(|quantity| quantity.unit) {
        Some(Unit::Gram) => "kg",
        Some(Unit::Millilitre) => "lít",
        Some(Unit::Piece) => "gói",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader};
    use jiff::civil::date;
    use nguon_trace::labels::LabelRange;

    use super::*;

    #[test]
    fn whoever_has_some_of_it_is_on_the_sheet_and_no_name_is_a_formula() {
        let recall = Recall {
            lot: "260228-DO016".to_owned(),
            ledger: "ledger.example.org".to_owned(),
            holdings: vec![Holding {
                name: "=HYPERLINK(\"http://x\")".to_owned(),
                hotline: Some("0263 000 0000".to_owned()),
                lot: "260302-A".to_owned(),
                got: Some(Quantity::pieces(48)),
                left: Some(Quantity::pieces(12)),
                labels: Ranges::of(LabelRange::new(1, 48)),
            }],
            orders: vec![Order {
                exchange: "san-lam-dong".to_owned(),
                reference: "=DH-77".to_owned(),
                state: "đang giao".to_owned(),
                lot: "260302-A".to_owned(),
                quantity: Quantity::pieces(3),
                order_id: "00ff".to_owned(),
            }],
            people: vec![Person {
                name: "Người Thử Nghiệm".to_owned(),
                work: "thu hoạch".to_owned(),
                day: date(2026, 2, 28),
                on: "260228-DO016".to_owned(),
                organisation: "HTX Thử Nghiệm".to_owned(),
                index: 77,
            }],
            ..Recall::default()
        };
        let bytes = recall.xlsx(date(2026, 3, 14)).unwrap();
        let mut read = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(
            read.sheet_names(),
            ["Lô phải thu hồi", "Ai đang giữ", "Đơn hàng trên sàn", "Thửa", "Người làm"]
        );
        let ordered = read.worksheet_range("Đơn hàng trên sàn").unwrap();
        let cells: Vec<&Data> = ordered.rows().next_back().unwrap().iter().collect();
        assert_eq!((cells[1], cells[4]), (&Data::String("=DH-77".to_owned()), &Data::Float(3.0)));
        assert!(read.worksheet_formula("Đơn hàng trên sàn").unwrap().is_empty());
        let held = read.worksheet_range("Ai đang giữ").unwrap();
        let cells: Vec<&Data> = held.rows().next_back().unwrap().iter().collect();
        assert_eq!(cells[0], &Data::String("=HYPERLINK(\"http://x\")".to_owned()));
        assert_eq!((cells[3], cells[4]), (&Data::Float(48.0), &Data::Float(12.0)));
        assert_eq!(cells[6], &Data::String("1–48".to_owned()));
        assert!(read.worksheet_formula("Ai đang giữ").unwrap().is_empty());
        let people = read.worksheet_range("Người làm").unwrap();
        assert_eq!(people.rows().next_back().unwrap()[0], Data::String("Người Thử Nghiệm".to_owned()));
    }
}
