//! A few organisations around one lot of strawberries, and a way to say what each of them recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use nguon_trace::facts::{
    Action, Amount, Correction, ErrorReason, Event, Step, Text, What, event_urn, organisation_urn,
};
use nguon_trace::lot::{
    Around, Entry, Factors, LotState, LotStatus, Owner, Said, Standing, Upstream, Weight, grown_on, judge,
    sources,
};
use nguon_trace::plot::{self, Ground, PlotState};
use nguon_trace::quantity::Quantity;

pub(crate) const LOT: &str = "https://ledger.example/p/dau-tay/l/DT-0412";
pub(crate) const PACKS: &str = "https://ledger.example/p/hop-dau-tay/l/HDT-0413";
pub(crate) const PLOT: &str = "https://ledger.example/plot/LO-07";
pub(crate) const PALLET: &str = "https://id.gs1.org/00/095212340000000013";

pub(crate) const COOP: &str = "c0";
pub(crate) const SHOP: &str = "50";
pub(crate) const RIVAL: &str = "bad";
pub(crate) const CERTIFIER: &str = "ce";
pub(crate) const AUTHORITY: &str = "au";

const MORNING_MS: i64 = 1_775_952_000_000; // 12 April 2026, 07:00 in Đà Lạt
const HOUR_MS: i64 = 3_600_000;

/// A lot judged with the lots it was made of. Each organisation has one plot, on which as much tomato grows as it likes.
pub(crate) fn judged(uri: &str, log: &[Entry], upstream: &[Upstream], owner: Option<Owner<'_>>) -> LotState {
    let plots: Vec<PlotState> = grown_on(uri, log)
        .into_iter()
        .map(|plot| {
            let organisation = plot.strip_prefix(PLOT).and_then(|own| own.strip_prefix('-'));
            let ground = organisation.map(|organisation| Ground {
                organisation,
                area_m2: u64::MAX / 200_000,
                crop_code: Some("tomato"),
                growing_method: None,
                beside: &[],
            });
            plot::judge(plot, log, ground)
        })
        .collect();
    let plots: Vec<&PlotState> = plots.iter().collect();
    let upstream = with_the_rest(uri, log, upstream);
    judge(uri, log, Around { upstream: &upstream, owner, plots: &plots, factors: &half_kilos() })
}

/// What a test says nothing of was made by the co-operative, and nothing is against it.
pub(crate) fn with_the_rest(uri: &str, log: &[Entry], told: &[Upstream]) -> Vec<Upstream> {
    let mut all = told.to_vec();
    for source in sources(uri, log) {
        if !told.iter().any(|lot| lot.uri == source) {
            all.push(made(source));
        }
    }
    all
}

/// A lot that the co-operative made, with nothing against it.
pub(crate) fn made(uri: &str) -> Upstream {
    Upstream {
        uri: uri.to_owned(),
        status: LotStatus::Active,
        maker: Some(COOP.to_owned()),
        source_makers: BTreeSet::new(),
        holders: BTreeSet::new(),
        origin_plots: BTreeSet::new(),
        harvest_from: None,
        harvest_until: None,
        blocked_by: BTreeSet::new(),
        overdrawn: BTreeSet::new(),
        is_of_unknown_source: false,
        recalls: Vec::new(),
    }
}

/// A pack holds half a kilogram.
pub(crate) fn half_kilos() -> [(String, Factors); 1] {
    [holds(Some(Quantity::grams(500)))]
}

/// What the card of the packs declares.
pub(crate) fn holds(net_content: Option<Quantity>) -> (String, Factors) {
    let product = nguon_trace::lot::product_of(PACKS).expect("a lot of a product");
    (product, Factors { net_content, input_per_output: None })
}

pub(crate) fn kg(kilograms: u64) -> Quantity {
    Quantity::grams(kilograms * 1000)
}

/// Records in the order of the log.
#[derive(Default, Clone)]
pub(crate) struct Log(pub(crate) Vec<Entry>);

impl Log {
    /// Appends what an organisation says; gives the record back to change what the ledger thinks of it.
    pub(crate) fn says(&mut self, organisation: &str, step: Step, what: What) -> &mut Entry {
        let index = u64::try_from(self.0.len()).expect("few records");
        let time = MORNING_MS + i64::try_from(index).expect("few records") * HOUR_MS;
        self.0.push(Entry {
            index,
            event_id: format!("{index:064x}"),
            organisation: organisation.to_owned(),
            author: format!("phone of {organisation}"),
            standing: match organisation {
                CERTIFIER => Standing::CERTIFIER,
                AUTHORITY => Standing::AUTHORITY,
                _ => Standing::PRODUCER,
            },
            counts: Weight::Full,
            device_time_ms: time.unsigned_abs(),
            logged_ms: time,
            handle: None,
            link_missing: false,
            gateway: false,
            disputed: false,
            destination: None,
            said: Said::Event(Arc::new(Event::new(time, step, what))),
        });
        self.0.last_mut().expect("just pushed")
    }

    pub(crate) fn harvest(&mut self, organisation: &str, quantity: Quantity) -> &mut Entry {
        let entry = self.says(organisation, Step::Harvest, objects(Action::Add, LOT, Some(quantity)));
        event(entry).place = Some(format!("{PLOT}-{organisation}"));
        entry
    }

    pub(crate) fn of_lot(
        &mut self,
        organisation: &str,
        step: Step,
        quantity: Option<Quantity>,
    ) -> &mut Entry {
        self.says(organisation, step, objects(Action::Observe, LOT, quantity))
    }

    pub(crate) fn ship(&mut self, organisation: &str, to: &str, quantity: Quantity) -> &mut Entry {
        let entry = self.of_lot(organisation, Step::Shipping, Some(quantity));
        event(entry).destination = Some(organisation_urn(to));
        entry
    }

    pub(crate) fn pack(
        &mut self,
        organisation: &str,
        used: &[(&str, Quantity)],
        made: Quantity,
    ) -> &mut Entry {
        let inputs = used.iter().map(|(lot, quantity)| Amount::of(*lot, *quantity)).collect();
        let outputs = vec![Amount::of(PACKS, made)];
        self.says(organisation, Step::Packing, What::Transformation { process: None, inputs, outputs })
    }

    /// Repeats a record as an error declaration.
    pub(crate) fn declare_wrong(&mut self, organisation: &str, index: usize) -> &mut Entry {
        let of = self.0[index].clone();
        let Said::Event(wrong) = of.said else { panic!("record {index} is no event") };
        let entry = self.says(organisation, wrong.step.clone(), wrong.what.clone());
        let declared_ms = event(entry).time_ms;
        let correction = Correction {
            of: event_urn(&of.event_id),
            declared_ms,
            reason: Some(ErrorReason::IncorrectData),
            corrective_ids: Vec::new(),
        };
        *event(entry) = Event { correction: Some(correction), ..Event::clone(&wrong) };
        entry
    }
}

pub(crate) fn objects(action: Action, uri: &str, quantity: Option<Quantity>) -> What {
    What::Objects { action, objects: vec![Amount { quantity, ..Amount::whole(uri) }] }
}

pub(crate) fn event(entry: &mut Entry) -> &mut Event {
    match &mut entry.said {
        Said::Event(event) => Arc::make_mut(event),
        other => panic!("no event: {other:?}"),
    }
}

pub(crate) fn recall(reason: &str) -> Step {
    Step::Recall { reason: Some(Text::vi(reason)) }
}
