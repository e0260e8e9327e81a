//! The diary: a row is something that somebody did on a plot.

use jiff::civil::Date;
use nguon_trace::facts::{Action, Amount, Event, Facts, LotData, PlantProtection, Step, Text, What};

use crate::columns::folded;
use crate::fault::{FaultCode, Wrong};
use crate::plots::crop_key;
use crate::read::{Line, Reading, Said, lot_code};
use crate::value;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Planting,
    Fertilising,
    Protection,
    Irrigation,
    Waste,
    Harvest,
}

const WORKS: &[(&[&str], Work)] = &[
    (&["gieo trồng", "gieo", "trồng", "trồng mới", "planting"], Work::Planting),
    (&["bón phân", "bón", "fertilising"], Work::Fertilising),
    (&["phun thuốc", "phun", "bảo vệ thực vật", "plant_protection"], Work::Protection),
    (&["tưới nước", "tưới", "irrigation"], Work::Irrigation),
    (&["thu gom chất thải", "chất thải", "waste"], Work::Waste),
    (&["thu hoạch", "hái", "harvesting"], Work::Harvest),
];

impl Reading<'_, '_> {
    pub(crate) fn diary(&mut self, line: &mut Line<'_>) -> Option<Said> {
        let day = self.past_day(line, "day");
        let work = line.must_word("work", WORKS);
        let plot = line.must("plot", |cell| self.plot_of(cell).map(|plot| plot.uri.clone()));
        let input = line.text("input");
        let interval = line.may("interval", |cell| value::whole(cell, 366));
        let treated = line.may("area", value::area);
        let only_for = |line: &mut Line<'_>, keys: &[&str], wanted: Work, name: &str| {
            if work.is_some_and(|work| work != wanted) {
                for key in keys {
                    if line.cell(key).is_some() {
                        let wrong = Wrong::new(
                            FaultCode::DoNotFit,
                            format!("Ô này chỉ ghi khi công việc là {name}."),
                            "This cell goes with another kind of work.".to_owned(),
                        );
                        line.wrong(key, wrong);
                    }
                }
            }
        };
        only_for(line, &["lot", "product", "quantity"], Work::Harvest, "thu hoạch");
        only_for(line, &["substance", "target", "area", "interval"], Work::Protection, "phun thuốc");
        only_for(line, &["crop", "origin"], Work::Planting, "gieo trồng");
        only_for(line, &["water"], Work::Irrigation, "tưới nước");
        let is_input = matches!(work, Some(Work::Fertilising | Work::Protection));
        if is_input && input.is_none() {
            line.must_text("input");
        }
        let harvest =
            if work == Some(Work::Harvest) { self.harvest(line, day, plot.as_deref()) } else { None };
        let (day, work, plot) = (day?, work?, plot?);
        let step = match work {
            Work::Planting => {
                let said = line.text("crop");
                Step::Planting {
                    crop: said.as_deref().and_then(crop_key).map(str::to_owned),
                    variety: said.filter(|said| crop_key(said).is_none()),
                    seed_origin: line.text("origin"),
                }
            }
            Work::Fertilising => Step::Fertilising { product: input, dose: line.text("dose") },
            Work::Protection => Step::PlantProtection(PlantProtection {
                product: input,
                active_substance: line.text("substance"),
                dose: line.text("dose"),
                target: line.text("target"),
                area_m2: treated,
                phi_days: interval.and_then(|days| u16::try_from(days).ok()),
            }),
            Work::Irrigation => Step::Irrigation { water: line.text("water") },
            Work::Waste => Step::Waste { what: input },
            Work::Harvest => Step::Harvest,
        };
        let (what, lot, subjects, act) = match (work, harvest) {
            (Work::Harvest, Some((uri, amount, lot))) => {
                let what = What::Objects { action: Action::Add, objects: vec![amount] };
                (what, lot, vec![uri, plot.clone()], "lot")
            }
            (Work::Harvest, None) => return None,
            _ => {
                let what =
                    What::Objects { action: Action::Observe, objects: vec![Amount::whole(plot.clone())] };
                (what, LotData::default(), vec![plot.clone()], "diary")
            }
        };
        let person = line.text("person");
        let event = Event {
            place: Some(plot),
            lot,
            for_another: person.is_some(),
            note: line.text("note").map(Text::vi),
            ..Event::new(noon_ms(day, self.known.today), step, what)
        };
        Some(Said::Facts {
            act,
            facts: Box::new(Facts::Event(Box::new(event))),
            subjects,
            place: None,
            person,
        })
    }

    fn harvest(
        &mut self,
        line: &mut Line<'_>,
        day: Option<Date>,
        plot: Option<&str>,
    ) -> Option<(String, Amount, LotData)> {
        let code = line.must("lot", lot_code);
        let product = line.must("product", |cell| self.product_of(cell).cloned());
        let quantity = line.must("quantity", value::kilograms);
        let (code, product) = (code?, product?);
        let uri = product.lot(code.clone()).uri(&self.known.origin);
        // One lot from several plots is several rows of one day; the first one makes it known to the rest.
        self.made.insert(folded(code.as_str()), uri.clone());
        let (day, plot) = (day?, plot?);
        let lot = LotData {
            number: Some(code.to_string()),
            product: Some(product.uri),
            harvest_from: Some(day),
            harvest_until: Some(day),
            country_of_origin: Some("VN".to_owned()),
            plots: vec![plot.to_owned()],
            ..LotData::default()
        };
        Some((uri.clone(), Amount::of(uri, quantity?), lot))
    }
}

/// Noon of a day in Vietnam; the morning of today, which has come.
pub(crate) fn noon_ms(day: Date, today: Date) -> i64 {
    let hour = if day == today { 0 } else { 12 };
    let vietnam = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    day.at(hour, 0, 0, 0).to_zoned(vietnam).map_or(0, |moment| moment.timestamp().as_millisecond())
}
