//! What the co-operatives of [`super::province`] write: their cards, and the events of their plots and lots.

use anyhow::Context;
use jiff::ToSpan;
use nguon_id::{Commune, ProductCode};
use nguon_trace::facts::{
    Action, Amount, Certificate, Event, Facts, Listing, ListingState, LotData, Organisation,
    OrganisationKind, Plot, Product, Scheme, Step, Text, What, vietnam_day,
};
use nguon_trace::quantity::Quantity;

use super::province::{DAY_MS, ORIGIN};

/// A co-operative as it writes facts today.
pub(super) struct Home {
    pub(super) n: u64,
    /// Its URI.
    pub(super) own: String,
    pub(super) time_ms: i64,
}

impl Home {
    pub(super) fn loose(&self) -> String {
        format!("ca-chua-{}", self.n)
    }

    pub(super) fn packed(&self) -> String {
        format!("ca-chua-khay-{}", self.n)
    }

    pub(super) fn lot(&self, product: &str, number: &str) -> String {
        format!("https://{ORIGIN}/p/{product}/l/{number}")
    }

    pub(super) fn plot(&self, plot: u64) -> String {
        format!("https://{ORIGIN}/plot/{}/T{plot:02}", self.n)
    }

    pub(super) fn certificate_uri(&self) -> String {
        format!("https://{ORIGIN}/certificate/{}", self.n)
    }

    pub(super) fn organisation(&self) -> anyhow::Result<Facts> {
        Ok(Facts::Organisation(Organisation {
            uri: self.own.clone(),
            name: Text::both(format!("HTX Thử Nghiệm {}", self.n), format!("Test Co-operative {}", self.n)),
            kind: OrganisationKind::Cooperative,
            address: Text::vi("Xã Ka Đô, tỉnh Lâm Đồng"),
            commune: Some(commune()?),
            identifiers: Vec::new(),
            hotline: None,
            website: None,
        }))
    }

    pub(super) fn product(&self, code: &str, net_content: Quantity) -> anyhow::Result<Facts> {
        Ok(Facts::Product(Product {
            uri: format!("https://{ORIGIN}/p/{code}"),
            code: ProductCode::parse(code)?,
            gtin: None,
            name: Text::both("Cà chua", "Tomatoes"),
            category: "tomato".to_owned(),
            description: None,
            unit_name: Text::both("khay", "tray"),
            net_content: Some(net_content),
            shelf_life_days: Some(8),
            input_per_output: None,
            brand: None,
            warnings: None,
            storage: None,
            standards: Vec::new(),
            image: None,
        }))
    }

    pub(super) fn plot_card(&self, plot: u64) -> anyhow::Result<Facts> {
        Ok(Facts::Plot(Plot {
            uri: self.plot(plot),
            code: format!("T{plot:02}"),
            commune: commune()?,
            place_name: None,
            area_m2: 2_500,
            crop: Text::both("Cà chua", "Tomato"),
            crop_code: Some("tomato".to_owned()),
            growing_method: Some("FIELD_GROWN".to_owned()),
            planting_area_code: None,
        }))
    }

    pub(super) fn certificate(&self) -> Facts {
        let today = vietnam_day(self.time_ms);
        Facts::Certificate(Certificate {
            uri: self.certificate_uri(),
            scheme: Scheme::VietGap,
            number: format!("VietGAP-TT-{:05}", self.n),
            issuer: "Tổ chức chứng nhận thử nghiệm".to_owned(),
            holder: self.own.clone(),
            valid_from: today,
            valid_until: today.checked_add(120.days()).ok(),
            scope: None,
            covers: Vec::new(),
            legal_basis: None,
        })
    }

    pub(super) fn listing(&self, lots: Vec<String>) -> Facts {
        Facts::Listing(Listing {
            uri: format!("https://{ORIGIN}/listing/{}/khay", self.n),
            product: format!("https://{ORIGIN}/p/{}", self.packed()),
            lots,
            title: Text::both("Cà chua, khay 500 g", "Tomatoes, 500 g tray"),
            price_dong: 18_000,
            price_per: Quantity::pieces(1),
            vat_included: true,
            valid_from_ms: self.time_ms,
            valid_until_ms: self.time_ms + 8 * DAY_MS,
            stock: Quantity::pieces(200),
            min_order: None,
            tiers: Vec::new(),
            images: Vec::new(),
            certificates: Vec::new(),
            state: ListingState::Active,
        })
    }

    pub(super) fn on_plot(&self, plot: u64, cycle: u64, step: Step, outputs: Vec<Amount>) -> Event {
        let process = Some(format!("https://{ORIGIN}/cycle/{}/T{plot:02}/{cycle}", self.n));
        let what = What::Transformation { process, inputs: Vec::new(), outputs };
        let mut event = Event::new(self.time_ms, step, what);
        event.place = Some(self.plot(plot));
        event
    }

    pub(super) fn harvest(&self, plot: u64, cycle: u64, number: &str, lot: String, grams: u64) -> Event {
        let outputs = vec![Amount::of(lot, Quantity::grams(grams))];
        let mut event = self.on_plot(plot, cycle, Step::Harvest, outputs);
        let today = vietnam_day(self.time_ms);
        event.lot = LotData {
            number: Some(number.to_owned()),
            product: Some(format!("https://{ORIGIN}/p/{}", self.loose())),
            harvest_from: Some(today),
            harvest_until: Some(today),
            country_of_origin: Some("VN".to_owned()),
            plots: vec![self.plot(plot)],
            ..LotData::default()
        };
        event
    }

    pub(super) fn made(&self, step: Step, inputs: Vec<Amount>, output: Amount) -> Event {
        let what = What::Transformation { process: None, inputs, outputs: vec![output] };
        Event::new(self.time_ms, step, what)
    }

    pub(super) fn seen(&self, step: Step, objects: Vec<Amount>) -> Event {
        Event::new(self.time_ms, step, What::Objects { action: Action::Observe, objects })
    }
}

fn commune() -> anyhow::Result<Commune> {
    Commune::parse("24943@2025-07-01").context("the commune Ka Đô")
}
