//! What a plot's diary has against what grew there.

use jiff::civil::{Date, date};
use nguon_trace::facts::{Amount, PlantProtection, Step, What};
use nguon_trace::finding::{Code, Finding, Severity};
use nguon_trace::lot::{Entry, Said};
use nguon_trace::plot::{Ground, judge};
use nguon_trace::quantity::Quantity;

use crate::farm::{COOP, Log, RIVAL, event, kg};

const PLOT: &str = "https://ledger.example/plot/LO-07";

/// A tenth of a hectare.
fn ground(crop: &'static str, method: &'static str) -> Ground<'static> {
    Ground {
        organisation: COOP,
        area_m2: 1_000,
        crop_code: Some(crop),
        growing_method: Some(method),
        beside: &[],
    }
}

/// Noon in Vietnam.
fn noon(day: Date) -> i64 {
    day.at(5, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .expect("a day of this century")
        .timestamp()
        .as_millisecond()
}

fn says(log: &mut Log, organisation: &str, day: Date, step: Step, outputs: Vec<Amount>) {
    let what = What::Transformation { process: None, inputs: Vec::new(), outputs };
    let entry = log.says(organisation, step, what);
    let told = event(entry);
    (told.time_ms, told.place) = (noon(day), Some(PLOT.to_owned()));
    entry.logged_ms = noon(day);
}

fn spray(log: &mut Log, organisation: &str, day: Date, phi_days: Option<u16>) {
    let spray = PlantProtection { product: Some("Ví Dụ 36EC".to_owned()), phi_days, ..Default::default() };
    says(log, organisation, day, Step::PlantProtection(spray), Vec::new());
}

fn harvest(log: &mut Log, organisation: &str, day: Date, lot: &str, quantity: Quantity) {
    says(log, organisation, day, Step::Harvest, vec![Amount::of(lot, quantity)]);
}

fn plant(log: &mut Log, day: Date, crop: &str) {
    let planting = Step::Planting { crop: Some(crop.to_owned()), variety: None, seed_origin: None };
    says(log, COOP, day, planting, Vec::new());
}

fn found(log: &Log, ground: Ground<'_>, lot: &str) -> Vec<Finding> {
    judge(PLOT, &log.0, Some(ground)).lots.remove(lot).map(|on| on.findings).unwrap_or_default()
}

fn codes(log: &Log, ground: Ground<'_>, lot: &str) -> Vec<Code> {
    found(log, ground, lot).into_iter().map(|finding| finding.code).collect()
}

const TOMATO: fn() -> Ground<'static> = || ground("tomato", "FIELD_GROWN");

#[test]
fn the_interval_is_counted_in_days_from_the_day_of_spraying() {
    // Sprayed on 1 June with seven days: the first day of harvest is 8 June.
    for (day, expected) in [(7, vec![Code::InsidePhi]), (8, vec![])] {
        let mut log = Log::default();
        spray(&mut log, COOP, date(2026, 6, 1), Some(7));
        harvest(&mut log, COOP, date(2026, 6, day), "lot", kg(100));
        assert_eq!(codes(&log, TOMATO(), "lot"), expected, "{day} June");
    }
    let mut log = Log::default();
    spray(&mut log, COOP, date(2026, 6, 1), Some(7));
    harvest(&mut log, COOP, date(2026, 6, 7), "lot", kg(100));
    let finding = &found(&log, TOMATO(), "lot")[0];
    assert_eq!(
        finding.text_vi,
        "Thu hoạch ngày 7/6/2026 khi chưa hết thời gian cách ly: phun Ví Dụ 36EC ngày 1/6/2026, cách ly 7 ngày, sớm nhất ngày 8/6/2026 mới được thu."
    );
    assert_eq!(finding.records, [0, 1]);
}

#[test]
fn days_are_days_in_vietnam_whatever_the_clock_in_utc_says() {
    let mut log = Log::default();
    spray(&mut log, COOP, date(2026, 6, 1), Some(7));
    // 7 June, 17:30 UTC is half past midnight of 8 June in Đà Lạt.
    harvest(&mut log, COOP, date(2026, 6, 8), "lot", kg(100));
    event(&mut log.0[1]).time_ms = noon(date(2026, 6, 7)) + 12 * 3_600_000 + 1_800_000;
    assert_eq!(codes(&log, TOMATO(), "lot"), []);
    event(&mut log.0[1]).time_ms -= 3_600_000;
    assert_eq!(codes(&log, TOMATO(), "lot"), [Code::InsidePhi]);
}

#[test]
fn picked_in_the_morning_and_sprayed_in_the_afternoon() {
    let mut log = Log::default();
    harvest(&mut log, COOP, date(2026, 6, 1), "morning", kg(100));
    spray(&mut log, COOP, date(2026, 6, 1), Some(3));
    event(&mut log.0[1]).time_ms += 3_600_000;
    harvest(&mut log, COOP, date(2026, 6, 1), "evening", kg(100));
    event(&mut log.0[2]).time_ms += 7_200_000;
    assert_eq!(codes(&log, TOMATO(), "morning"), []);
    assert_eq!(codes(&log, TOMATO(), "evening"), [Code::InsidePhi]);
}

#[test]
fn an_unknown_interval_is_unverified_and_never_zero() {
    let mut log = Log::default();
    spray(&mut log, COOP, date(2026, 6, 1), None);
    harvest(&mut log, COOP, date(2026, 6, 20), "soon", kg(100));
    harvest(&mut log, COOP, date(2026, 9, 20), "long after", kg(100));
    assert_eq!(codes(&log, TOMATO(), "soon"), [Code::PhiUnverified]);
    assert_eq!(codes(&log, TOMATO(), "long after"), []);
    spray(&mut log, COOP, date(2026, 6, 18), Some(0));
    assert_eq!(codes(&log, TOMATO(), "soon"), [Code::PhiUnverified], "zero days is a statement");
}

#[test]
fn each_pick_of_a_long_harvest_is_judged() {
    let mut log = Log::default();
    spray(&mut log, COOP, date(2026, 6, 10), Some(3));
    for day in [9, 11, 12, 13] {
        harvest(&mut log, COOP, date(2026, 6, day), &format!("pick {day}"), kg(10));
    }
    let verdicts = [9, 11, 12, 13].map(|day| codes(&log, TOMATO(), &format!("pick {day}")).len());
    assert_eq!(verdicts, [0, 1, 1, 0]);
    // A lot of several days is inside the interval if one of its days is.
    harvest(&mut log, COOP, date(2026, 6, 14), "week", kg(10));
    let told = event(log.0.last_mut().unwrap());
    (told.lot.harvest_from, told.lot.harvest_until) = (Some(date(2026, 6, 12)), Some(date(2026, 6, 14)));
    assert_eq!(codes(&log, TOMATO(), "week"), [Code::InsidePhi]);
}

#[test]
fn a_late_spray_counts_as_if_it_had_come_in_time() {
    let mut in_time = Log::default();
    spray(&mut in_time, COOP, date(2026, 6, 1), Some(7));
    harvest(&mut in_time, COOP, date(2026, 6, 4), "lot", kg(100));
    let mut late = Log::default();
    harvest(&mut late, COOP, date(2026, 6, 4), "lot", kg(100));
    assert_eq!(codes(&late, TOMATO(), "lot"), []);
    spray(&mut late, COOP, date(2026, 6, 1), Some(7));
    assert_eq!(codes(&late, TOMATO(), "lot"), codes(&in_time, TOMATO(), "lot"));
    late.declare_wrong(COOP, 1);
    let taken_back = found(&late, TOMATO(), "lot");
    assert_eq!(taken_back.len(), 1, "what was declared wrong does not count, and stays in sight");
    assert_eq!((taken_back[0].code, taken_back[0].severity), (Code::SprayTakenBack, Severity::Warning));
}

#[test]
fn nobody_else_sprays_or_harvests_there() {
    let mut log = Log::default();
    harvest(&mut log, COOP, date(2026, 6, 4), "lot", kg(100));
    spray(&mut log, RIVAL, date(2026, 6, 3), Some(30));
    harvest(&mut log, RIVAL, date(2026, 6, 4), "stolen", kg(90_000));
    assert_eq!(codes(&log, TOMATO(), "lot"), []);
    assert!(!judge(PLOT, &log.0, Some(TOMATO())).lots.contains_key("stolen"));
    assert!(judge(PLOT, &log.0, None).lots.is_empty(), "nobody registered it");
}

#[test]
fn a_tenth_of_a_hectare_does_not_give_twenty_tonnes() {
    // 130 t a hectare at most: 13 t here.
    let mut log = Log::default();
    plant(&mut log, date(2026, 1, 5), "tomato");
    harvest(&mut log, COOP, date(2026, 4, 1), "first", kg(9_000));
    harvest(&mut log, COOP, date(2026, 4, 8), "second", kg(4_000));
    harvest(&mut log, COOP, date(2026, 4, 15), "third", kg(1));
    assert_eq!(codes(&log, TOMATO(), "first"), []);
    assert_eq!(codes(&log, TOMATO(), "second"), [], "exactly the cap is still possible");
    let third = &found(&log, TOMATO(), "third")[0];
    assert_eq!((third.code, third.records.as_slice()), (Code::YieldImplausible, [1, 2, 3].as_slice()));
    assert_eq!(
        third.text_vi,
        "Từ ngày 1/4/2026 đến ngày 15/4/2026 thửa này ghi thu 13.001 kg; 1.000 m² cà chua cho nhiều nhất khoảng 13.000 kg."
    );
    // A new planting begins anew, but plantings alone do not make a year longer: three cycles are the most.
    plant(&mut log, date(2026, 5, 1), "tomato");
    harvest(&mut log, COOP, date(2026, 7, 1), "next cycle", kg(13_000));
    assert_eq!(codes(&log, TOMATO(), "next cycle"), []);
    plant(&mut log, date(2026, 7, 2), "tomato");
    harvest(&mut log, COOP, date(2026, 7, 20), "invented cycle", kg(13_000));
    assert_eq!(codes(&log, TOMATO(), "invented cycle"), [Code::YieldImplausible]);
}

#[test]
fn a_yield_is_compared_with_what_was_planted() {
    let mut log = Log::default();
    plant(&mut log, date(2026, 1, 5), "potato");
    harvest(&mut log, COOP, date(2026, 4, 1), "lot", kg(4_001));
    assert_eq!(codes(&log, TOMATO(), "lot"), [Code::YieldImplausible], "40 t of potatoes a hectare");
    let unknown = Ground { crop_code: None, ..TOMATO() };
    harvest(&mut log, COOP, date(2025, 12, 1), "before any planting", kg(1));
    assert_eq!(codes(&log, unknown, "before any planting"), [Code::YieldUnverified]);
    harvest(&mut log, COOP, date(2026, 4, 1), "in boxes", Quantity::pieces(7));
    assert_eq!(codes(&log, TOMATO(), "in boxes"), [Code::YieldUnverified]);
}

#[test]
fn strawberries_in_july_grow_under_cover() {
    let mut log = Log::default();
    harvest(&mut log, COOP, date(2026, 7, 10), "lot", kg(100));
    assert_eq!(codes(&log, ground("strawberry", "FIELD_GROWN"), "lot"), [Code::OutOfSeason]);
    assert_eq!(codes(&log, ground("strawberry", "GREENHOUSE"), "lot"), []);
    let finding = &found(&log, ground("strawberry", "FIELD_GROWN"), "lot")[0];
    assert_eq!(finding.text_vi, "Thu hoạch ngày 10/7/2026 là trái vụ của dâu tây ngoài trời ở đây.");
}

#[test]
fn an_erased_record_of_the_plot_is_missed() {
    let mut log = Log::default();
    spray(&mut log, COOP, date(2026, 6, 1), Some(7));
    harvest(&mut log, COOP, date(2026, 6, 4), "lot", kg(100));
    log.0[0].said = Said::Erased;
    assert_eq!(codes(&log, TOMATO(), "lot"), [Code::FactsErased]);
}

proptest::proptest! {
    #[test]
    fn the_order_of_arrival_is_nothing(
        acts in proptest::collection::vec((0..4_u8, 0..120_i8, 1..9_000_u64), 1..20),
        seed in proptest::prelude::any::<u64>(),
    ) {
        let mut log = Log::default();
        for (what, day, amount) in acts {
            let day = date(2026, 3, 1).checked_add(jiff::ToSpan::days(i64::from(day))).unwrap();
            match what {
                0 => spray(&mut log, COOP, day, u16::try_from(amount % 21).ok().filter(|days| *days > 0)),
                1 => plant(&mut log, day, "tomato"),
                _ => harvest(&mut log, COOP, day, &format!("lot {}", amount % 5), kg(amount)),
            }
        }
        let expected = judge(PLOT, &log.0, Some(TOMATO()));
        let mut shuffled: Vec<Entry> = log.0.clone();
        shuffled.sort_by_key(|entry| (entry.index ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        shuffled.extend(log.0.into_iter().take(3));
        proptest::prop_assert_eq!(judge(PLOT, &shuffled, Some(TOMATO())), expected);
    }
}
