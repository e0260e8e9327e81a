//! Numbers, days and amounts as people write them in Vietnam; what could be two things is neither.

use jiff::civil::Date;
use nguon_trace::quantity::{Quantity, Unit};

use crate::columns::folded;
use crate::fault::{FaultCode, Wrong};
use crate::grid::Cell;

/// Square metres of a hectare.
const HECTARE_M2: u64 = 10_000;
/// The largest plot: a tenth of the smallest province.
const AREA_M2_MAX: u64 = 1_000_000_000;

/// A cell's text; numbers as they would be typed.
pub(crate) fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Error(text) => text.clone(),
        Cell::Number(number) => shortest(*number),
        Cell::Day(year, month, day) => format!("{day:02}/{month:02}/{year}"),
        Cell::Truth(true) => "có".to_owned(),
        Cell::Truth(false) => "không".to_owned(),
    }
}

/// The decimal text of Excel's number: it keeps 15 digits, so what comes out of arithmetic beyond them is noise.
fn shortest(number: f64) -> String {
    let rounded = format!("{number:.9}");
    let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
    if trimmed.is_empty() || trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
}

/// A decimal number's text with a point: `1234.5`.
pub(crate) fn decimal(cell: &Cell) -> Result<String, Wrong> {
    let not_a_number = || {
        Wrong::new(
            FaultCode::NotANumber,
            "Ô này phải là một số, ví dụ 120,5.",
            "This cell must be a number, 120.5 for example.",
        )
    };
    let said = match cell {
        Cell::Number(number) if number.is_finite() => return Ok(shortest(*number)),
        Cell::Text(text) => text.replace([' ', '\u{a0}', '\u{202f}'], ""),
        _ => return Err(not_a_number()),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (points, commas) = (said.matches('.').count(), said.matches(',').count());
    let plain = match (points, commas) {
        (0, 0) => said,
        // `1.234,5` and `1,234.5`: whatever stands last divides.
        (1.., 1) if said.rfind(',') > said.rfind('.') && is_grouped(&said, '.', ',') => {
            said.replace('.', "").replace(',', ".")
        }
        (1, 1..) if said.rfind('.') > said.rfind(',') && is_grouped(&said, ',', '.') => said.replace(',', ""),
        (2.., 0) if is_grouped(&said, '.', ',') => said.replace('.', ""),
        (0, 2..) if is_grouped(&said, ',', '.') => said.replace(',', ""),
        (1, 0) | (0, 1) => {
            let (whole, rest) = said.split_once(['.', ',']).unwrap_or((&said, ""));
            if !digits(whole) || !digits(rest) {
                return Err(not_a_number());
            }
            if rest.len() == 3 && whole.len() <= 3 && !whole.starts_with('0') {
                return Err(Wrong::new(
                    FaultCode::TwoNumbers,
                    format!(
                        "“{said}” có thể là {whole}{rest} hoặc {whole},{rest}0. Hãy ghi {whole}{rest}, hoặc thêm một số 0."
                    ),
                    format!(
                        "`{said}` may be {whole}{rest} or {whole}.{rest}0. Write {whole}{rest}, or add a 0."
                    ),
                ));
            }
            format!("{whole}.{rest}")
        }
        _ => return Err(not_a_number()),
    };
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, "0"));
    if digits(whole) && digits(rest) { Ok(plain) } else { Err(not_a_number()) }
}

/// Whether a number's thousands are grouped in threes, before what divides.
fn is_grouped(said: &str, group: char, divides: char) -> bool {
    let whole = said.split(divides).next().unwrap_or_default();
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len()) && groups.all(|one| one.len() == 3)
}

/// A whole number.
pub(crate) fn whole(cell: &Cell, most: u64) -> Result<u64, Wrong> {
    let wrong = || {
        Wrong::new(
            FaultCode::NotANumber,
            format!("Ô này phải là một số nguyên từ 0 đến {most}."),
            format!("This cell must be a whole number from 0 to {most}."),
        )
    };
    let said = decimal(cell)?;
    let (number, rest) = said.split_once('.').unwrap_or((&said, ""));
    if rest.bytes().any(|byte| byte != b'0') {
        return Err(wrong());
    }
    number.parse::<u64>().ok().filter(|number| *number <= most).ok_or_else(wrong)
}

/// Kilograms, as grams.
pub(crate) fn kilograms(cell: &Cell) -> Result<Quantity, Wrong> {
    amount(&decimal(cell)?, Some("KGM"))
}

pub(crate) fn amount(decimal: &str, uom: Option<&str>) -> Result<Quantity, Wrong> {
    let quantity = Quantity::parse(decimal, uom).map_err(|_| {
        let finest = if uom.is_some() { "1 g (0,001 kg)" } else { "một đơn vị" };
        Wrong::new(
            FaultCode::NotANumber,
            format!("Số này quá lớn hoặc nhỏ hơn {finest}."),
            "This number is too large or too fine.",
        )
    })?;
    if quantity.amount == 0 {
        return Err(Wrong::new(
            FaultCode::NotANumber,
            "Số lượng phải lớn hơn 0.",
            "The quantity must be above 0.",
        ));
    }
    Ok(quantity)
}

/// `500 g`, `1,5 kg`, `250 ml`, `12 cái`.
pub(crate) fn content(cell: &Cell) -> Result<Quantity, Wrong> {
    let said = text(cell);
    let end =
        said.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | ' '))).unwrap_or(said.len());
    let (number, unit) = said.split_at(end);
    let number = decimal(&Cell::Text(number.trim().to_owned()))?;
    match folded(unit).as_str() {
        "g" | "gam" | "gram" | "gr" => amount(&number, Some("GRM")),
        "kg" | "kilogam" | "ky" => amount(&number, Some("KGM")),
        "ml" => amount(&number, Some("MLT")),
        "l" | "lit" => amount(&number, Some("LTR")),
        "cai" | "qua" | "trai" | "bong" | "canh" | "goi" | "chiec" | "hop" => amount(&number, None),
        _ => Err(Wrong::new(
            FaultCode::UnknownWord,
            "Hãy ghi số và đơn vị: 500 g, 1,5 kg, 250 ml, 12 quả.",
            "Write a number and a unit: 500 g, 1.5 kg, 250 ml.",
        )),
    }
}

/// The unit of a lot's quantity.
pub(crate) fn unit(cell: &Cell) -> Result<Unit, Wrong> {
    match folded(&text(cell)).as_str() {
        "kg" | "kilogam" | "ky" => Ok(Unit::Gram),
        "l" | "lit" => Ok(Unit::Millilitre),
        "donvi" | "hop" | "tui" | "goi" | "bao" | "chai" | "lo" | "hu" | "thung" | "cai" | "bo" | "qua"
        | "trai" | "pcs" | "khay" | "vi" => Ok(Unit::Piece),
        _ => Err(Wrong::new(
            FaultCode::UnknownWord,
            "Đơn vị là kg, lít, hoặc tên một đơn vị bán (hộp, túi, chai…).",
            "The unit is kg, litre, or what one trade item is called.",
        )),
    }
}

/// Square metres: a number, or one with its unit.
pub(crate) fn area(cell: &Cell) -> Result<u64, Wrong> {
    let said = text(cell);
    let end =
        said.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | ' '))).unwrap_or(said.len());
    let (number, unit) = said.split_at(end);
    let number = match cell {
        Cell::Number(_) => decimal(cell)?,
        _ => decimal(&Cell::Text(number.trim().to_owned()))?,
    };
    let factor = match folded(unit).as_str() {
        "" | "m" | "m2" | "m²" | "metvuong" => 1,
        "ha" | "hecta" => HECTARE_M2,
        "sao" | "cong" | "mau" => {
            return Err(Wrong::new(
                FaultCode::UnknownWord,
                "Sào, công, mẫu mỗi vùng mỗi khác (sào 360, 500 hoặc 1.000 m²). Hãy ghi mét vuông.",
                "A sào is 360, 500 or 1,000 m², by region. Write square metres.",
            ));
        }
        _ => {
            return Err(Wrong::new(
                FaultCode::UnknownWord,
                "Hãy ghi mét vuông, hoặc héc-ta: 3500, 0,35 ha.",
                "Write square metres or hectares: 3500, 0.35 ha.",
            ));
        }
    };
    let scaled = nguon_trace::quantity::Quantity::parse(&number, Some("TNE")).ok();
    // Millionths of the unit, to whole square metres.
    let metres =
        scaled.and_then(|millionths| millionths.amount.checked_mul(factor)).map(|m| m.div_ceil(1_000_000));
    metres.filter(|m2| (1..=AREA_M2_MAX).contains(m2)).ok_or_else(|| {
        Wrong::new(
            FaultCode::NotANumber,
            "Diện tích phải lớn hơn 0 và không quá 100.000 ha.",
            "The area must be above 0 and no more than 100,000 ha.",
        )
    })
}

/// A day: one of Excel's, `12/04/2026`, `12-4-2026` or `2026-04-12`.
pub(crate) fn day(cell: &Cell) -> Result<Date, Wrong> {
    let wrong = || {
        Wrong::new(
            FaultCode::NotADay,
            "Không phải một ngày. Hãy ghi ngày/tháng/năm: 12/04/2026.",
            "This is no day. Write day/month/year: 12/04/2026.",
        )
    };
    match cell {
        Cell::Day(year, month, day) => Date::new(*year, *month, *day).map_err(|_| wrong()),
        Cell::Text(text) => {
            let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
            let [first, month, last] = parts[..] else { return Err(wrong()) };
            let (day, year) = if first.len() == 4 { (last, first) } else { (first, last) };
            let number = |text: &str| text.parse::<i16>().ok();
            let narrow = |text: &str| number(text).and_then(|number| i8::try_from(number).ok());
            let (Some(year), Some(month), Some(day)) = (number(year), narrow(month), narrow(day)) else {
                return Err(wrong());
            };
            // Two digits of a year are a guess.
            if year < 1000 {
                return Err(wrong());
            }
            Date::new(year, month, day).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

/// Degrees, as a text with a point, in millionths at most.
pub(crate) fn degrees(cell: &Cell, most: i32) -> Result<f64, Wrong> {
    let wrong = || {
        Wrong::new(
            FaultCode::NotANumber,
            "Tọa độ là độ thập phân, ví dụ 11,883512 và 108,561274.",
            "A coordinate is in decimal degrees, such as 11.883512 and 108.561274.",
        )
    };
    let said = match cell {
        Cell::Number(number) => shortest(*number),
        // Six decimals are no thousands: a comma here always divides.
        Cell::Text(text) => text.replace(',', "."),
        _ => return Err(wrong()),
    };
    let number: f64 = said.parse().map_err(|_| wrong())?;
    let is_there = number.is_finite() && number.abs() <= f64::from(most);
    if is_there { Ok((number * 1e6).round() / 1e6) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn numbers_are_read_as_they_are_written_here_and_elsewhere() {
        for (said, read) in [
            ("120", "120"),
            ("120,5", "120.5"),
            ("120.5", "120.5"),
            ("1.234,5", "1234.5"),
            ("1,234.5", "1234.5"),
            ("1.234.567", "1234567"),
            ("1 234 567", "1234567"),
            ("0,125", "0.125"),
            ("1,2345", "1.2345"),
        ] {
            assert_eq!(decimal(&cell(said)), Ok(read.to_owned()), "{said}");
        }
        for (said, code) in [
            ("1.250", FaultCode::TwoNumbers),
            ("12,500", FaultCode::TwoNumbers),
            ("12 kg", FaultCode::NotANumber),
            ("-5", FaultCode::NotANumber),
            ("1.2.3", FaultCode::NotANumber),
            ("1,23,456", FaultCode::NotANumber),
            ("=1+1", FaultCode::NotANumber),
            ("", FaultCode::NotANumber),
        ] {
            assert_eq!(decimal(&cell(said)).unwrap_err().code, code, "{said}");
        }
        assert_eq!(decimal(&Cell::Number(0.1 + 0.2)), Ok("0.3".to_owned()));
        assert_eq!(decimal(&Cell::Number(1250.0)), Ok("1250".to_owned()));
        assert!(decimal(&Cell::Number(f64::NAN)).is_err());
        assert!(kilograms(&Cell::Number(-1.0)).is_err());
    }

    #[test]
    fn days_are_days_of_the_calendar() {
        let expected = Date::new(2026, 4, 12).unwrap();
        for said in ["12/04/2026", "12-4-2026", "2026-04-12", "12.4.2026"] {
            assert_eq!(day(&cell(said)), Ok(expected), "{said}");
        }
        assert_eq!(day(&Cell::Day(2026, 4, 12)), Ok(expected));
        for said in ["31/04/2026", "12/04/26", "tháng tư", "12/04", "", "4/13/2026"] {
            assert!(day(&cell(said)).is_err(), "{said}");
        }
        assert!(day(&Cell::Number(46_124.0)).is_err(), "a number is no day");
    }

    #[test]
    fn an_area_says_its_unit_or_is_in_square_metres() {
        assert_eq!(area(&cell("3500")), Ok(3_500));
        assert_eq!(area(&Cell::Number(3_500.0)), Ok(3_500));
        assert_eq!(area(&cell("0,35 ha")), Ok(3_500));
        assert_eq!(area(&cell("3.500,5 m²")), Ok(3_501));
        for said in ["2 sào", "1 công", "0", "-3", "ha", "99999999999999 ha"] {
            assert!(area(&cell(said)).is_err(), "{said}");
        }
    }

    #[test]
    fn contents_say_their_unit() {
        assert_eq!(content(&cell("500 g")), Ok(Quantity::grams(500)));
        assert_eq!(content(&cell("1,5kg")), Ok(Quantity::grams(1_500)));
        assert_eq!(content(&cell("250 ml")), Ok(Quantity::millilitres(250)));
        assert_eq!(content(&cell("12 quả")), Ok(Quantity::pieces(12)));
        assert!(content(&cell("500")).is_err());
        assert!(content(&cell("0,5 g")).is_err(), "finer than a gram");
    }
}
