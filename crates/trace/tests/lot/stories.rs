//! What happens to a lot of strawberries, and what the rules make of it.

use std::sync::Arc;

use crate::farm::{
    AUTHORITY, CERTIFIER, COOP, LOT, Log, PACKS, PALLET, PLOT, RIVAL, SHOP, event, holds, judged, kg, made,
    objects, recall,
};
use nguon_trace::facts::{Action, Amount, Event, Part, Step, Text, What, organisation_urn};
use nguon_trace::finding::{Code, Severity};
use nguon_trace::lot::{
    Around, CLAIMS_SHOWN, Effect, Entry, Factors, LotState, LotStatus, Owner, Said, Standing, Upstream, Void,
    Weight, judge, late_by_ms,
};
use nguon_trace::quantity::{Quantity, Ratio};

const LARGE_PACKS: &str = "https://ledger.example/p/hop-dau-tay-lon/l/HDT-L";

fn state(log: &Log) -> LotState {
    judged(LOT, &log.0, &[], None)
}

fn codes(state: &LotState) -> Vec<Code> {
    state.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn of_a_lot_that_nobody_recorded_nothing_is_known() {
    let state = state(&Log::default());
    assert_eq!((state.status, state.maker, state.balance), (LotStatus::Unknown, None, None));
}

#[test]
fn a_printed_code_is_not_yet_a_lot() {
    let mut log = Log::default();
    log.says(COOP, Step::Encoding, objects(Action::Add, LOT, Some(Quantity::pieces(500))));
    assert_eq!(state(&log).status, LotStatus::Registered);
    assert_eq!(state(&log).maker.as_deref(), Some(COOP));
    assert_eq!(state(&log).balance, None, "labels are no strawberries");
    log.harvest(COOP, kg(500));
    assert_eq!(state(&log).status, LotStatus::Active);
}

#[test]
fn a_harvest_makes_a_lot_of_its_plot() {
    let mut log = Log::default();
    let harvest = event(log.harvest(COOP, kg(500)));
    harvest.lot.harvest_from = Some(jiff::civil::date(2026, 4, 12));
    harvest.certificates = vec!["https://ledger.example/cert/VIETGAP-0071".to_owned()];
    let state = state(&log);
    assert!(state.origin_plots.contains(&format!("{PLOT}-{COOP}")));
    assert_eq!(state.harvest_from, Some(jiff::civil::date(2026, 4, 12)));
    assert_eq!(state.product.as_deref(), Some("https://ledger.example/p/dau-tay"));
    assert_eq!(state.number.as_deref(), Some("DT-0412"));
    assert_eq!(state.balance.unwrap().left, 500_000);
    assert_eq!(state.certificates.len(), 1);
    assert_eq!(codes(&state), []);
    assert!(state.may_be_offered());
}

#[test]
fn a_lot_cannot_ship_more_than_it_harvested() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.ship(COOP, SHOP, kg(450));
    assert_eq!(codes(&state(&log)), []);
    log.ship(COOP, SHOP, kg(150));
    let state = state(&log);
    assert_eq!(codes(&state), [Code::BeyondLeft]);
    assert_eq!(state.findings[0].records, [1, 2]);
    assert_eq!(state.findings[0].text_vi, "Đã xuất ra 600 kg trong khi chỉ có 500 kg.");
    assert_eq!(state.findings[0].text_en, "600 kg went out, but only 500 kg was there.");
    assert!(!state.may_be_offered());
}

#[test]
fn what_was_shipped_and_what_arrived_are_both_shown() {
    let mut log = Log::default();
    log.harvest(COOP, kg(1000));
    log.ship(COOP, SHOP, kg(500));
    log.of_lot(SHOP, Step::Receiving, Some(kg(480)));
    log.of_lot(SHOP, Step::Selling, Some(kg(100)));
    let state = state(&log);
    assert_eq!(state.holders.iter().collect::<Vec<_>>(), [SHOP]);
    let shop = state.holdings[SHOP];
    assert_eq!((shop.sent_here, shop.received, shop.sold, shop.left), (500_000, 480_000, 100_000, 380_000));
    assert_eq!(state.holdings[COOP].left, 500_000);
    let balance = state.balance.unwrap();
    assert_eq!(
        (balance.made, balance.shipped, balance.sold, balance.left),
        (1_000_000, 500_000, 100_000, 900_000)
    );
}

#[test]
fn moving_goods_within_one_organisation_makes_none() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.ship(COOP, COOP, kg(500));
    event(log.of_lot(COOP, Step::Receiving, Some(kg(500)))).source = Some(organisation_urn(COOP));
    assert_eq!(state(&log).holdings[COOP].left, 500_000);
    assert!(state(&log).holders.is_empty());
}

#[test]
fn goods_that_come_back_can_be_sold_again() {
    let mut log = Log::default();
    log.harvest(COOP, kg(100));
    log.ship(COOP, SHOP, kg(100));
    log.ship(SHOP, COOP, kg(30));
    log.of_lot(COOP, Step::Returning, Some(kg(30)));
    log.of_lot(COOP, Step::Selling, Some(kg(30)));
    let state = state(&log);
    assert_eq!(codes(&state), []);
    assert_eq!((state.holdings[COOP].left, state.holdings[SHOP].left), (0, 70_000));
}

#[test]
fn a_pallet_takes_along_what_lies_on_it() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    let contents = vec![Amount::of(LOT, kg(200))];
    let container = Some(PALLET.to_owned());
    log.says(COOP, Step::Aggregating, What::Aggregation { action: Action::Add, container, contents });
    let pallet = log.says(COOP, Step::Shipping, objects(Action::Observe, PALLET, None));
    event(pallet).destination = Some(organisation_urn(SHOP));
    let state = state(&log);
    assert_eq!((state.holdings[COOP].shipped, state.holdings[SHOP].sent_here), (200_000, 200_000));
}

#[test]
fn a_buyer_known_by_its_gln_is_the_organisation_that_the_caller_says() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    let shipping = log.of_lot(COOP, Step::Shipping, Some(kg(100)));
    event(shipping).destination = Some("https://id.gs1.org/417/9521234000020".to_owned());
    shipping.destination = Some(SHOP.to_owned());
    log.of_lot(SHOP, Step::Selling, Some(kg(40)));
    assert_eq!(state(&log).holdings[SHOP].left, 60_000);
}

#[test]
fn a_rival_cannot_harm_a_lot() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    let before = state(&log);
    log.of_lot(RIVAL, recall("bịa đặt"), None);
    log.of_lot(RIVAL, Step::Destroying, None);
    log.of_lot(RIVAL, Step::Receiving, Some(kg(9_000)));
    log.of_lot(RIVAL, Step::Selling, Some(kg(9_000)));
    log.of_lot(RIVAL, Step::Inspecting { conformant: Some(false) }, None);
    log.harvest(RIVAL, kg(9_000)).logged_ms += 1_000_000_000;
    log.declare_wrong(RIVAL, 0).disputed = true;
    log.of_lot(RIVAL, recall("bịa đặt"), None).counts = Weight::None { reason: Void::RoleLacking };
    let after = state(&log);
    assert_eq!(after.status, LotStatus::Active);
    assert_eq!(after.findings, []);
    assert_eq!((&after.balance, &after.holdings), (&before.balance, &before.holdings));
    assert_eq!(after.inspections, []);
    assert_eq!(after.stages.iter().filter(|stage| stage.effect == Effect::Claim).count(), 6);
}

#[test]
fn a_receiver_is_who_was_sent_the_goods_and_not_who_says_so() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(SHOP, Step::Receiving, Some(kg(100)));
    assert_eq!(state(&log).stages[1].effect, Effect::Claim);
    log.ship(COOP, SHOP, kg(100));
    assert_eq!(
        state(&log).stages[1].effect,
        Effect::Counts,
        "the maker's word came later, and counts for all"
    );
}

#[test]
fn the_co_operative_recalls_its_lot_and_ends_the_recall() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, recall("Dư lượng thuốc vượt mức"), None);
    let LotStatus::Recalled { reason, by, record, inherited_from, .. } = state(&log).status else { panic!() };
    assert_eq!(reason, Some(Text::vi("Dư lượng thuốc vượt mức")));
    assert_eq!((by.as_str(), record, inherited_from), (COOP, 1, None));
    log.of_lot(COOP, Step::RecallEnded { reason: None }, None);
    assert_eq!(state(&log).status, LotStatus::Active);
}

#[test]
fn an_authority_recalls_anybodys_lot_and_only_an_authority_ends_that() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(AUTHORITY, recall("Kiểm tra đột xuất"), None);
    log.of_lot(COOP, Step::RecallEnded { reason: None }, None);
    assert!(matches!(state(&log).status, LotStatus::Recalled { .. }));
    log.of_lot(AUTHORITY, Step::RecallEnded { reason: None }, None);
    assert_eq!(state(&log).status, LotStatus::Active);
}

#[test]
fn a_shop_cannot_recall_the_makers_lot() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.ship(COOP, SHOP, kg(10));
    log.of_lot(SHOP, recall("không vừa ý"), None);
    assert_eq!(state(&log).status, LotStatus::Active);
}

#[test]
fn packs_show_what_they_are_made_of_and_in_which_shares() {
    let mut log = Log::default();
    log.pack(COOP, &[(LOT, kg(300)), ("urn:lot:b", kg(100))], Quantity::pieces(800));
    let packs = judged(PACKS, &log.0, &[], None);
    let shares: Vec<_> = packs.inputs.iter().map(|input| input.share_millionths).collect();
    assert_eq!(shares, [Some(750_000), Some(250_000)]);
    assert_eq!(packs.balance.unwrap().made, 800);
    assert_eq!(codes(&packs), []);

    log.0.clear();
    log.harvest(COOP, kg(300));
    log.pack(COOP, &[(LOT, kg(300))], Quantity::pieces(600));
    let harvest = state(&log);
    assert_eq!(harvest.outputs[0].uri, PACKS);
    assert_eq!(harvest.outputs[0].used, Some(kg(300)));
    assert_eq!(harvest.status, LotStatus::SoldOut);
}

#[test]
fn more_cannot_come_out_than_went_in() {
    let mut log = Log::default();
    log.pack(COOP, &[(LOT, kg(300))], kg(420));
    let packs = judged(PACKS, &log.0, &[], None);
    assert_eq!(codes(&packs), [Code::OutputBeyondInput]);
    assert_eq!(packs.findings[0].text_vi, "Làm ra 420 kg trong khi chỉ đưa vào 300 kg.");
    assert_eq!(packs.findings[0].severity, Severity::Blocking);
}

#[test]
fn a_recalled_harvest_recalls_everything_made_of_it() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, recall("Dư lượng"), None);
    let harvest = state(&log);

    let mut packing = Log::default();
    packing.pack(COOP, &[(LOT, kg(300))], Quantity::pieces(600));
    let packs = judged(PACKS, &packing.0, &[Upstream::from(&harvest)], None);
    let LotStatus::Recalled { inherited_from, .. } = &packs.status else { panic!("{:?}", packs.status) };
    assert_eq!(inherited_from.as_deref(), Some(LOT));
    assert_eq!(codes(&packs), [Code::RecalledSource]);
    assert!(packs.origin_plots.contains(&format!("{PLOT}-{COOP}")), "the packs come from the harvest's plot");

    let mut gift = Log::default();
    let what = What::Transformation {
        process: None,
        inputs: vec![Amount::of(PACKS, Quantity::pieces(2))],
        outputs: vec![Amount::of("urn:lot:gift", Quantity::pieces(1))],
    };
    gift.says(SHOP, Step::Packing, what);
    let gift = judged("urn:lot:gift", &gift.0, &[Upstream::from(&packs)], None);
    assert!(
        matches!(&gift.status, LotStatus::Recalled { inherited_from: Some(root), .. } if root == LOT),
        "the root stays named, two steps on"
    );
    let unrelated = judged(LOT, &[], &[Upstream::from(&packs)], None);
    assert_eq!(unrelated.status, LotStatus::Unknown, "only what really went in can recall");
}

#[test]
fn nothing_is_edited_and_the_corrected_history_counts() {
    let mut log = Log::default();
    log.harvest(COOP, kg(5_000));
    log.declare_wrong(COOP, 0);
    log.harvest(COOP, kg(500));
    let state = state(&log);
    assert_eq!(state.balance.unwrap().made, 500_000);
    assert_eq!(state.stages.len(), 3, "all of it stays in sight");
    assert_eq!(state.stages[0].effect, Effect::Corrected { by: 1 });
    assert_eq!(state.stages[1].effect, Effect::Correction { of: Some(0) });
    assert_eq!(state.stages[2].effect, Effect::Counts);
}

#[test]
fn a_recall_called_by_mistake_is_corrected_like_any_record() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, recall("nhầm lô"), None);
    log.declare_wrong(COOP, 1);
    assert_eq!(state(&log).status, LotStatus::Active);
}

#[test]
fn a_lot_ends_sold_out_or_destroyed() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, Step::Selling, Some(kg(400)));
    log.of_lot(COOP, Step::Destroying, None);
    let state = state(&log);
    assert_eq!(state.status, LotStatus::Destroyed);
    assert_eq!(state.balance.unwrap().lost, 100_000, "all there was left of it");
    log.0.truncate(2);
    log.of_lot(COOP, Step::Selling, Some(kg(100)));
    assert_eq!(self::state(&log).status, LotStatus::SoldOut);
}

#[test]
fn a_sample_leaves_the_lot() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.says(COOP, Step::Sampling, objects(Action::Delete, LOT, Some(kg(2))));
    assert_eq!(state(&log).balance.unwrap().left, 498_000);
}

#[test]
fn boxes_are_not_kilograms() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, Step::Selling, Some(Quantity::pieces(40)));
    let state = state(&log);
    assert_eq!(codes(&state), [Code::UnitDiffers]);
    assert_eq!(state.balance.unwrap().left, 500_000);
}

#[test]
fn an_inspection_by_the_certifier_is_independent_and_one_by_the_maker_is_not() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, Step::Inspecting { conformant: Some(true) }, None);
    log.of_lot(CERTIFIER, Step::Inspecting { conformant: Some(true) }, None);
    log.of_lot(CERTIFIER, Step::Selling, Some(kg(1))); // what it says beyond inspections is a claim
    let state = state(&log);
    let independent: Vec<_> = state.inspections.iter().map(|inspection| inspection.independent).collect();
    assert_eq!(independent, [false, true]);
    assert_eq!(state.balance.unwrap().sold, 0);
}

#[test]
fn a_late_entry_is_visibly_late() {
    assert_eq!(late_by_ms(0, 86_400_000), None);
    assert_eq!(late_by_ms(86_400_000, 0), None);
    let mut log = Log::default();
    log.harvest(COOP, kg(500)).logged_ms += 5 * 86_400_000;
    let state = state(&log);
    assert_eq!(codes(&state), [Code::LateEntry]);
    assert_eq!(state.findings[0].text_vi, "Có việc được ghi muộn, lâu nhất là 5 ngày sau khi làm.");
    assert!(state.may_be_offered(), "late is no crime");
}

#[test]
fn records_that_do_not_count_are_said_aloud() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500)).disputed = true;
    log.of_lot(COOP, Step::Selling, Some(kg(1))).counts = Weight::None { reason: Void::RoleLacking };
    let inspection = log.of_lot(CERTIFIER, Step::Inspecting { conformant: Some(true) }, None);
    inspection.counts = Weight::None { reason: Void::StandingLacking };
    log.of_lot(COOP, Step::Other(Some("stocking".to_owned())), None);
    log.of_lot(COOP, Step::Storing, None).said = Said::Unreadable;
    let state = state(&log);
    assert_eq!(
        codes(&state),
        [Code::RoleLacking, Code::StandingLacking, Code::Disputed, Code::Unreadable, Code::UnknownStep]
    );
    assert_eq!(state.balance.unwrap().sold, 0);
    assert_eq!(state.stages[1].effect, Effect::Void { reason: Void::RoleLacking });
}

#[test]
fn an_erased_record_blocks_the_lot() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, Step::Storing, None).said = Said::Erased;
    assert_eq!(codes(&state(&log)), [Code::FactsErased]);
    assert!(!state(&log).may_be_offered());
}

#[test]
fn a_maker_without_standing_is_not_recognised() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500)).standing = Standing(0);
    assert_eq!(codes(&state(&log)), [Code::MakerUnrecognised]);
}

#[test]
fn one_large_blend_is_judged_when_all_its_parts_are_there() {
    let part = |log: &mut Log, number: u16, input: &str, made: Option<u64>| {
        let outputs = made.map(|made| Amount::of(PACKS, kg(made))).into_iter().collect();
        let inputs = vec![Amount::of(input, kg(100))];
        let process = Some("urn:blend:1".to_owned());
        let what = What::Transformation { process, inputs, outputs };
        event(log.says(COOP, Step::Sorting, what)).part = Some(Part { number, of: 2 });
    };
    let mut log = Log::default();
    part(&mut log, 1, "urn:lot:a", Some(95));
    let half = judged(PACKS, &log.0, &[], None);
    assert_eq!(codes(&half), [Code::PartsMissing]);
    assert_eq!(half.findings[0].text_vi, "Mẻ chế biến này gồm 2 phần, mới có 1 phần được ghi.");
    part(&mut log, 2, "urn:lot:b", None);
    let hidden = judged(PACKS, &log.0, &[], None);
    assert_eq!(
        codes(&hidden),
        [Code::PartsMissing],
        "a part that does not name the packs hands nothing down"
    );
    part(&mut log, 2, "urn:lot:b", Some(105));
    let whole = judged(PACKS, &log.0, &[], None);
    assert_eq!(codes(&whole), [], "200 kg out of twice 100 kg");
    assert_eq!(whole.inputs.len(), 2);
}

#[test]
fn a_lot_is_the_recognised_makers_whoever_was_first() {
    let mut log = Log::default();
    log.harvest(RIVAL, kg(9_000)).standing = Standing::default();
    assert_eq!(
        state(&log).maker.as_deref(),
        Some(RIVAL),
        "somebody not yet recognised may still be the maker"
    );
    assert_eq!(codes(&state(&log)), [Code::MakerUnrecognised]);
    log.says(COOP, Step::Encoding, objects(Action::Add, LOT, None));
    assert_eq!(state(&log).maker.as_deref(), Some(COOP), "a printed code, too");
    log.harvest(COOP, kg(500));
    log.harvest(SHOP, kg(100));
    let state = state(&log);
    assert_eq!((state.maker.as_deref(), state.balance.unwrap().made), (Some(COOP), 500_000));
    assert_eq!(codes(&state), []);
    assert_eq!(state.claims, 2);
}

#[test]
fn others_make_lots_of_somebodys_product_only_of_what_was_sent_to_them() {
    let mut harvests = Log::default();
    harvests.harvest(COOP, kg(500));
    let coop = |since| Some(Owner { organisation: COOP, since });
    let mut packing = Log::default();
    packing.pack(SHOP, &[(LOT, kg(100))], Quantity::pieces(100));
    let maker = |harvests: &Log, since| {
        judged(PACKS, &packing.0, &[Upstream::from(&state(harvests))], coop(since)).maker
    };
    assert_eq!(maker(&harvests, 0), None, "a claim");
    assert_eq!(maker(&harvests, 1).as_deref(), Some(SHOP), "the product became the co-operative's later");
    harvests.ship(COOP, SHOP, kg(100));
    assert_eq!(maker(&harvests, 0).as_deref(), Some(SHOP));
    let mut stranger = Log::default();
    stranger.harvest(RIVAL, kg(100));
    assert_eq!(judged(LOT, &stranger.0, &[], coop(0)).status, LotStatus::Unknown);
}

#[test]
fn a_thousand_claims_are_counted_and_twenty_shown() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    for _ in 0..1_000 {
        log.of_lot(RIVAL, Step::Selling, Some(kg(1)));
    }
    log.of_lot(COOP, Step::Storing, None);
    let state = state(&log);
    assert_eq!((state.claims, state.stages.len()), (1_000, CLAIMS_SHOWN + 2));
    assert_eq!(state.stages[1].record, 981, "the newest");
}

#[test]
fn a_buyer_of_a_little_cannot_speak_for_the_whole_lot() {
    let mut log = Log::default();
    log.harvest(COOP, kg(1_000));
    log.ship(COOP, SHOP, kg(1));
    let before = state(&log);
    log.harvest(SHOP, kg(50_000));
    log.pack(SHOP, &[("urn:lot:own", kg(5))], kg(5));
    let poisoned = What::Transformation {
        process: None,
        inputs: vec![Amount::of("urn:lot:recalled", kg(5))],
        outputs: vec![Amount::of(LOT, kg(5))],
    };
    event(log.says(SHOP, Step::Processing, poisoned)).lot.number = Some("BỊA".to_owned());
    log.of_lot(SHOP, Step::Destroying, Some(kg(1_000)));
    log.ship(SHOP, RIVAL, kg(5_000));
    let recalled = Upstream {
        status: LotStatus::Recalled {
            reason: None,
            since_ms: 0,
            by: SHOP.to_owned(),
            record: 0,
            inherited_from: None,
        },
        ..Upstream::from(&judged("urn:lot:recalled", &[], &[], None))
    };
    let after = judged(LOT, &log.0, &[recalled], None);
    assert_eq!(after.status, LotStatus::Active);
    assert_eq!((&after.number, &after.origin_plots), (&before.number, &before.origin_plots));
    assert_eq!(after.inputs, []);
    assert_eq!(after.balance.unwrap().made, 1_000_000);
    assert_eq!(after.balance.unwrap().left, 999_000, "one kilogram is all that the shop can lose");
    assert_eq!(codes(&after), [Code::HolderOverdrawn]);
    assert_eq!(
        after.findings[0].text_vi,
        "Một đơn vị nhận hàng đã xuất ra 6.000 kg trong khi chỉ nhận 1 kg."
    );
    assert!(after.may_be_offered(), "the maker goes on selling");

    // What the shop makes of it is another matter.
    let mut packing = Log::default();
    packing.pack(SHOP, &[(LOT, kg(5))], kg(5));
    let packs = judged(PACKS, &packing.0, &[Upstream::from(&after)], None);
    assert_eq!(codes(&packs), [Code::SourceOverdrawn]);
    assert!(!packs.may_be_offered());
}

#[test]
fn a_harvest_from_an_unregistered_plot_has_no_effect() {
    let mut log = Log::default();
    event(log.harvest(COOP, kg(500))).place = Some("https://ledger.example/plot/nobodys".to_owned());
    let lot = state(&log);
    assert_eq!((lot.status.clone(), codes(&lot)), (LotStatus::Unknown, vec![Code::PlotUnknown]));
    assert_eq!(lot.stages[0].effect, Effect::Void { reason: Void::PlotUnknown });
    event(log.harvest(COOP, kg(500))).place = None;
    let lot = state(&log);
    assert_eq!((lot.status.clone(), lot.balance.unwrap().made), (LotStatus::Active, 500_000));
    assert_eq!(codes(&lot), [Code::PlotUnknown, Code::PlotMissing]);
}

#[test]
fn what_was_recorded_twice_was_made_once() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    let twice = Entry { index: 1, event_id: format!("{:064x}", 1), ..log.0[0].clone() };
    log.0.push(twice);
    log.of_lot(COOP, Step::Sorting, None);
    let lot = state(&log);
    assert_eq!(lot.balance.unwrap().made, 500_000);
    assert_eq!(codes(&lot), [Code::MadeTwice]);
    assert_eq!(lot.stages[1].effect, Effect::Void { reason: Void::MadeTwice });
    // A second picking of the same day is no repetition.
    log.harvest(COOP, kg(500));
    assert_eq!(state(&log).balance.unwrap().made, 1_000_000);
}

#[test]
fn what_is_dated_in_the_future_has_no_effect() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    event(log.of_lot(COOP, Step::Selling, Some(kg(500)))).time_ms += 90_000_000;
    let lot = state(&log);
    assert_eq!((lot.status.clone(), codes(&lot)), (LotStatus::Active, vec![Code::FutureDate]));
    // A clock that stands a few hours wrong is no lie.
    event(log.of_lot(COOP, Step::Selling, Some(kg(500)))).time_ms += 3_600_000;
    assert_eq!(state(&log).status, LotStatus::SoldOut);
}

#[test]
fn nobody_ships_to_himself() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.ship(COOP, COOP, kg(400));
    let lot = state(&log);
    assert_eq!(codes(&lot), [Code::SelfShipment]);
    assert_eq!(lot.balance.unwrap().left, 500_000);
}

#[test]
fn more_received_than_shipped_is_shown_and_not_counted() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.ship(COOP, SHOP, kg(400));
    log.of_lot(SHOP, Step::Receiving, Some(kg(450)));
    let lot = state(&log);
    assert_eq!(codes(&lot), [Code::ReceivedBeyondShipped]);
    assert_eq!(lot.findings[0].text_vi, "Bên nhận ghi 450 kg trong khi bên giao chỉ ghi 400 kg.");
    assert_eq!((lot.holdings[SHOP].received, lot.holdings[SHOP].left), (450_000, 400_000));
}

#[test]
fn labels_are_counted_against_packs() {
    let mut log = Log::default();
    log.pack(COOP, &[(LOT, kg(100))], Quantity::pieces(200));
    let print = |log: &mut Log, codes| {
        log.says(COOP, Step::Encoding, objects(Action::Add, PACKS, Some(Quantity::pieces(codes))));
    };
    print(&mut log, 200);
    assert_eq!(codes(&judged(PACKS, &log.0, &[], None)), []);
    print(&mut log, 1);
    let packs = judged(PACKS, &log.0, &[], None);
    assert_eq!(codes(&packs), [Code::LabelsBeyondPacks]);
    assert_eq!(packs.findings[0].text_vi, "Đã in tem cho 201 đơn vị trong khi chỉ đóng gói 200 đơn vị.");
}

#[test]
fn pieces_weigh_what_the_product_declares() {
    let mut log = Log::default();
    log.pack(COOP, &[(LOT, kg(100))], Quantity::pieces(201));
    let with = |net_content| {
        let factors = [holds(net_content)];
        codes(&judge(
            PACKS,
            &log.0,
            Around { upstream: &[made(LOT), made(LARGE_PACKS)], factors: &factors, ..Around::default() },
        ))
    };
    assert_eq!(with(None), [Code::FactorUndeclared], "no factor, no conversion");
    assert_eq!(with(Some(Quantity::grams(500))), [Code::OutputBeyondInput]);
    assert_eq!(with(Some(Quantity::grams(490))), []);
    let litres = with(Some(Quantity::millilitres(500)));
    assert_eq!(litres, [Code::FactorUndeclared], "litres are not kilograms");
}

/// Fresh in, dried out: by the ratio that the product's card declares, whatever it is packed in.
#[test]
fn what_is_dried_takes_what_its_product_declares() {
    let mut log = Log::default();
    log.pack(COOP, &[(LOT, kg(450))], Quantity::pieces(200));
    log.0[0].said = match &log.0[0].said {
        Said::Event(event) => Said::Event(Arc::new(Event { step: Step::Processing, ..Event::clone(event) })),
        _ => panic!("an event"),
    };
    let with = |ratio: Option<&str>| {
        let (product, factors) = holds(Some(Quantity::grams(500)));
        let input_per_output = ratio.and_then(Ratio::parse);
        let factors = [(product, Factors { input_per_output, ..factors })];
        judge(
            PACKS,
            &log.0,
            Around { upstream: &[made(LOT), made(LARGE_PACKS)], factors: &factors, ..Around::default() },
        )
    };
    assert_eq!(codes(&with(Some("4.5"))), []);
    assert_eq!(codes(&with(None)), [Code::FactorUndeclared]);
    let beyond = with(Some("4.501"));
    assert_eq!(codes(&beyond), [Code::OutputBeyondInput]);
    assert_eq!(
        beyond.findings[0].text_vi,
        "Làm ra 100 kg thì theo tỷ lệ đã khai phải cần 450,1 kg nguyên liệu, trong khi chỉ đưa vào 450 kg."
    );
}

/// Two kinds of packs out of one lot are weighed together; packs that go in are weighed as packs.
#[test]
fn every_piece_that_goes_in_or_comes_out_is_weighed_by_its_own_product() {
    const LARGE: &str = LARGE_PACKS;
    let large = nguon_trace::lot::product_of(LARGE).unwrap();
    let factors = [
        holds(Some(Quantity::grams(500))),
        (large, Factors { net_content: Some(Quantity::grams(2_000)), input_per_output: None }),
    ];
    let judged = |inputs: Vec<Amount>, outputs: Vec<Amount>| {
        let mut log = Log::default();
        log.says(COOP, Step::Packing, What::Transformation { process: None, inputs, outputs });
        codes(&judge(
            PACKS,
            &log.0,
            Around { upstream: &[made(LOT), made(LARGE_PACKS)], factors: &factors, ..Around::default() },
        ))
    };
    let (half, two) = (
        |packs| Amount::of(PACKS, Quantity::pieces(packs)),
        |packs| Amount::of(LARGE, Quantity::pieces(packs)),
    );
    assert_eq!(judged(vec![Amount::of(LOT, kg(100))], vec![half(80), two(30)]), []);
    assert_eq!(judged(vec![Amount::of(LOT, kg(100))], vec![half(81), two(30)]), [Code::OutputBeyondInput]);
    assert_eq!(judged(vec![two(10)], vec![half(40)]), [], "repacked");
    assert_eq!(judged(vec![two(10)], vec![half(41)]), [Code::OutputBeyondInput]);
}

#[test]
fn a_record_that_follows_nothing_is_noticed_on_its_own_lot_only() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500)).handle = Some("aa".to_owned());
    log.ship(COOP, SHOP, kg(100)).link_missing = true;
    let strange = log.of_lot(SHOP, Step::Receiving, Some(kg(100)));
    (strange.link_missing, strange.handle) = (true, Some("bb".to_owned()));
    let lot = state(&log);
    assert_eq!(codes(&lot), [Code::LinkMissing]);
    assert_eq!(lot.findings[0].records, [1]);
    log.of_lot(COOP, Step::Storing, None).handle = Some("bb".to_owned());
    assert_eq!(codes(&state(&log)), [Code::LinkMissing, Code::SecondHandle]);
}

#[test]
fn what_was_entered_for_somebody_is_confirmed_by_another_device() {
    let mut log = Log::default();
    event(log.harvest(COOP, kg(500))).for_another = true;
    let harvest = log.0[0].event_id.clone();
    let confirm = Step::Confirming { events: vec![nguon_trace::facts::event_urn(&harvest)] };
    log.of_lot(COOP, confirm.clone(), None);
    assert_eq!(state(&log).stages[0].confirmed_by, None, "not by the device that entered it");
    log.of_lot(SHOP, confirm.clone(), None);
    assert_eq!(state(&log).stages[0].confirmed_by, None, "nor by a stranger");
    log.of_lot(COOP, confirm, None).author = "the farmer's own phone".to_owned();
    assert_eq!(state(&log).stages[0].confirmed_by, Some(3));
    assert!(state(&log).stages[0].for_another);
}

#[test]
fn taking_something_back_repeats_it() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.of_lot(COOP, recall("Dư lượng"), None);
    // Signed by a phone that may write diary entries only: the step decides which right is asked for.
    event(log.declare_wrong(COOP, 1)).step = Step::Other(Some("foo".to_owned()));
    assert!(matches!(state(&log).status, LotStatus::Recalled { .. }));
    log.declare_wrong(COOP, 1);
    assert_eq!(state(&log).status, LotStatus::Active);
}

#[test]
fn nobody_fills_another_ones_pallet() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.ship(COOP, SHOP, kg(1));
    let fill = |log: &mut Log, organisation: &str, quantity| {
        let what = What::Aggregation {
            action: Action::Add,
            container: Some(PALLET.to_owned()),
            contents: vec![Amount::of(LOT, quantity)],
        };
        log.says(organisation, Step::Aggregating, what);
    };
    fill(&mut log, SHOP, kg(50_000));
    fill(&mut log, COOP, kg(100));
    let pallet = What::Objects { action: Action::Observe, objects: vec![Amount::whole(PALLET)] };
    event(log.says(COOP, Step::Shipping, pallet)).destination = Some(organisation_urn(SHOP));
    let lot = state(&log);
    assert_eq!((lot.balance.unwrap().shipped, codes(&lot)), (101_000, vec![]));
}

#[test]
fn lots_of_somebody_elses_product_are_weighed_or_not_offered() {
    let mut harvests = Log::default();
    harvests.harvest(COOP, kg(500));
    harvests.ship(COOP, SHOP, kg(100));
    let upstream = [Upstream::from(&state(&harvests))];
    let owner = Some(Owner { organisation: COOP, since: 0 });
    let with = |used: Option<Quantity>, net_content| {
        let mut packing = Log::default();
        packing.pack(SHOP, &[(LOT, kg(100))], Quantity::pieces(200));
        if let What::Transformation { inputs, .. } = &mut event(&mut packing.0[0]).what {
            inputs[0].quantity = used;
        }
        let factors = [holds(net_content)];
        codes(&judge(PACKS, &packing.0, Around { upstream: &upstream, owner, plots: &[], factors: &factors }))
    };
    let half = Some(Quantity::grams(500));
    assert_eq!(with(Some(kg(100)), half), []);
    assert_eq!(with(Some(kg(100)), None), [Code::BrandUnverified]);
    assert_eq!(with(None, half), [Code::BrandUnverified]);
    assert_eq!(with(Some(kg(99)), half), [Code::OutputBeyondInput]);
}

#[test]
fn a_buyer_has_no_word_on_the_makers_papers() {
    let mut log = Log::default();
    log.harvest(COOP, kg(500));
    log.ship(COOP, SHOP, kg(1));
    let lot = state(&log);
    let heard = |signer, certifies| nguon_trace::papers::is_heard(&lot, signer, certifies);
    assert_eq!([heard(COOP, false), heard(SHOP, false), heard(RIVAL, false)], [true, false, false]);
    assert!(heard(CERTIFIER, true));
}
