//! Lots that are made of lots: packed, sorted, processed, blended.

use nguon_trace::facts::{Amount, Event, Facts, LotData, Step, Text, What};
use nguon_trace::quantity::Unit;

use crate::columns::folded;
use crate::fault::{FaultCode, Wrong};
use crate::grid::Cell;
use crate::read::{Line, Reading, Said, lot_code};
use crate::season::noon_ms;
use crate::value;

/// Source lots of one row.
const SOURCES_MAX: usize = 100;

const WORKS: &[(&[&str], u8)] = &[
    (&["đóng gói", "packing"], 0),
    (&["phân loại", "tách lô", "sorting"], 1),
    (&["chế biến", "processing"], 2),
    (&["phối trộn", "trộn", "gộp lô", "blending"], 2),
];

impl Reading<'_, '_> {
    pub(crate) fn lot(&mut self, line: &mut Line<'_>) -> Option<Said> {
        let code = line.must("lot", lot_code);
        let product = line.must("product", |cell| self.product_of(cell).cloned());
        let day = self.past_day(line, "day");
        let work = line.must_word("work", WORKS);
        let inputs = line.must("sources", |cell| self.sources(cell));
        let unit = line.must("unit", value::unit);
        let output = line.must("quantity", |cell| {
            let said = value::decimal(cell)?;
            match unit {
                Some(Unit::Gram) => value::amount(&said, Some("KGM")),
                Some(Unit::Millilitre) => value::amount(&said, Some("LTR")),
                _ => value::amount(&said, None),
            }
        });
        let best_before = line.may("best_before", value::day);
        if let (Some(day), Some(best)) = (day, best_before)
            && best < day
        {
            let wrong = Wrong::new(
                FaultCode::DoNotFit,
                "Hạn dùng trước ngày làm.",
                "The best-before day is before the day it was made.",
            );
            line.wrong("best_before", wrong);
        }
        let (code, product) = (code?, product?);
        let uri = product.lot(code.clone()).uri(&self.known.origin);
        let is_known = self.known.lots.iter().any(|known| known.uri == uri);
        if is_known || self.made.insert(folded(code.as_str()), uri.clone()).is_some() {
            let wrong = Wrong::new(
                FaultCode::Twice,
                format!("Lô “{code}” đã có. Hãy ghi số lô khác."),
                format!("The lot `{code}` is there already. Write another number."),
            );
            line.wrong("lot", wrong);
        }
        let inputs = inputs?;
        if inputs.iter().any(|input| input.subject == uri) {
            let wrong = Wrong::new(
                FaultCode::DoNotFit,
                "Lô không thể làm từ chính nó.",
                "A lot cannot be made of itself.",
            );
            line.wrong("sources", wrong);
        }
        let day = day?;
        let step = match work? {
            0 => Step::Packing,
            1 => Step::Sorting,
            _ => Step::Processing,
        };
        let mut subjects: Vec<String> = vec![uri.clone()];
        subjects.extend(inputs.iter().map(|input| input.subject.clone()));
        let what =
            What::Transformation { process: None, inputs, outputs: vec![Amount::of(uri.clone(), output?)] };
        let lot = LotData {
            number: Some(code.to_string()),
            product: Some(product.uri),
            produced_on: Some(day),
            best_before,
            ..LotData::default()
        };
        let event = Event {
            lot,
            note: line.text("note").map(Text::vi),
            ..Event::new(noon_ms(day, self.known.today), step, what)
        };
        Some(Said::Facts {
            act: "lot",
            facts: Box::new(Facts::Event(Box::new(event))),
            subjects,
            place: None,
            person: None,
        })
    }

    /// `260412-A: 100; 260411-B: 20,5`, in kilograms.
    fn sources(&self, cell: &Cell) -> Result<Vec<Amount>, Wrong> {
        let said = value::text(cell);
        let mut inputs: Vec<Amount> = Vec::new();
        for part in said.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            let (number, kilograms) = part.rsplit_once(':').ok_or_else(|| {
                Wrong::new(
                    FaultCode::CodeMalformed,
                    format!(
                        "“{part}”: hãy ghi số lô, dấu hai chấm, số kg. Ví dụ: 260412-A: 100; 260411-B: 20,5."
                    ),
                    format!(
                        "`{part}`: write lot number, colon, kilograms, such as 260412-A: 100; 260411-B: 20.5."
                    ),
                )
            })?;
            let uri = self.source(number.trim())?;
            let bare = kilograms.trim().trim_end_matches("kg").trim();
            let quantity = value::kilograms(&Cell::Text(bare.to_owned()))?;
            if inputs.iter().any(|input| input.subject == uri) {
                return Err(Wrong::new(
                    FaultCode::Twice,
                    format!("Lô nguồn “{}” ghi hai lần.", number.trim()),
                    format!("The source lot `{}` is there twice.", number.trim()),
                ));
            }
            inputs.push(Amount::of(uri, quantity));
        }
        match inputs.len() {
            0 => Err(Wrong::new(FaultCode::Empty, "Chưa có lô nguồn.", "There is no source lot.")),
            1..=SOURCES_MAX => Ok(inputs),
            _ => Err(Wrong::new(
                FaultCode::TooLong,
                format!("Nhiều nhất {SOURCES_MAX} lô nguồn một dòng."),
                format!("{SOURCES_MAX} source lots a row at most."),
            )),
        }
    }

    fn source(&self, number: &str) -> Result<String, Wrong> {
        let key = folded(number);
        if let Some(uri) = self.made.get(&key) {
            return Ok(uri.clone());
        }
        let mut found = self.known.lots.iter().filter(|lot| folded(&lot.number) == key || lot.uri == number);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.uri.clone()),
            (Some(_), Some(_)) => Err(Wrong::new(
                FaultCode::SeveralThings,
                format!("Có nhiều lô số “{number}”. Hãy ghi địa chỉ đầy đủ của lô."),
                format!("Several lots have the number `{number}`. Write the lot's whole address."),
            )),
            _ => Err(Wrong::new(
                FaultCode::UnknownThing,
                format!("Không thấy lô nguồn “{number}” trong sổ hay ở các dòng trên."),
                format!("Neither the ledger nor a row above has a source lot `{number}`."),
            )),
        }
    }
}
