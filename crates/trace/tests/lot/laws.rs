//! What holds for every history, whatever was recorded.

use crate::farm::{AUTHORITY, CERTIFIER, COOP, LOT, Log, PACKS, RIVAL, SHOP, event, judged, recall};
use nguon_trace::facts::Step;
use nguon_trace::finding::Code;
use nguon_trace::lot::{LotState, Said, Void, Weight, with_claim};
use nguon_trace::quantity::Quantity;
use proptest::prelude::*;

/// One record: who, what, how much, and an oddity.
type Act = (u8, u8, u16, u8);

fn act() -> impl Strategy<Value = Act> {
    (0..5_u8, 0..12_u8, 0..300_u16, 0..16_u8)
}

fn record(log: &mut Log, (who, what, grams, oddity): Act) {
    let organisation = [COOP, SHOP, RIVAL, CERTIFIER, AUTHORITY][usize::from(who)];
    append(log, organisation, what, grams, oddity);
}

fn append(log: &mut Log, organisation: &str, what: u8, grams: u16, oddity: u8) {
    let quantity = Quantity::grams(u64::from(grams));
    let whole = (grams > 20).then_some(quantity);
    let entry = match what {
        0 | 1 => log.harvest(organisation, quantity),
        2 => log.ship(organisation, SHOP, quantity),
        3 => log.ship(organisation, COOP, quantity),
        4 => log.of_lot(organisation, Step::Receiving, Some(quantity)),
        5 => log.of_lot(organisation, Step::Selling, whole),
        6 => log.of_lot(organisation, Step::Destroying, whole),
        7 => log.pack(organisation, &[(LOT, quantity)], Quantity::pieces(u64::from(grams))),
        8 => log.of_lot(organisation, recall("thử"), None),
        9 => log.of_lot(organisation, Step::RecallEnded { reason: None }, None),
        10 => log.of_lot(organisation, Step::Inspecting { conformant: Some(grams > 9) }, None),
        _ => {
            let earlier: Vec<usize> = (0..log.0.len())
                .filter(
                    |index| matches!(&log.0[*index].said, Said::Event(event) if event.correction.is_none()),
                )
                .collect();
            match earlier.get(usize::from(grams) % earlier.len().max(1)) {
                Some(index) => log.declare_wrong(organisation, *index),
                None => log.of_lot(organisation, Step::Storing, None),
            }
        }
    };
    match oddity {
        0 => entry.disputed = true,
        1 => entry.counts = Weight::Claim,
        2 => entry.counts = Weight::None { reason: Void::RoleLacking },
        3 => entry.said = Said::Unreadable,
        4 => event(entry).time_ms -= 1_000_000_000,
        _ => {}
    }
}

fn history(acts: &[Act]) -> Log {
    let mut log = Log::default();
    for act in acts {
        record(&mut log, *act);
    }
    log
}

fn beyond(state: &LotState) -> bool {
    state.findings.iter().any(|finding| matches!(finding.code, Code::BeyondLeft | Code::HolderOverdrawn))
}

proptest! {
    #[test]
    fn the_judgement_does_not_depend_on_the_order_of_arrival(
        acts in proptest::collection::vec(act(), 0..25),
        seed in any::<u64>(),
    ) {
        let log = history(&acts);
        let expected = judged(LOT, &log.0, &[], None);
        let mut shuffled = log.0.clone();
        shuffled.sort_by_key(|entry| (entry.index ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        prop_assert_eq!(&judged(LOT, &shuffled, &[], None), &expected);
        shuffled.extend(log.0.into_iter().take(5));
        prop_assert_eq!(&judged(LOT, &shuffled, &[], None), &expected, "arriving twice changes nothing");
    }

    #[test]
    fn mass_never_appears(acts in proptest::collection::vec(act(), 0..25)) {
        let state = judged(LOT, &history(&acts).0, &[], None);
        let Some(balance) = state.balance else { return Ok(()) };
        let gone = balance.used + balance.sold + balance.lost;
        prop_assert!(balance.left <= balance.made);
        prop_assert!(beyond(&state) || balance.made == gone + balance.left);
        let sum = |part: fn(&nguon_trace::lot::Holding) -> u64| state.holdings.values().map(part).sum::<u64>();
        let maker = state.maker.clone().unwrap();
        prop_assert_eq!(balance.made, state.holdings[&maker].made);
        // Together holders used up no more than the maker shipped, whatever they say.
        let said = sum(|holding| holding.used + holding.sold + holding.lost);
        let own = &state.holdings[&maker];
        let others = said - (own.used + own.sold + own.lost);
        prop_assert_eq!(gone, said - others + others.min(balance.shipped));
        for holding in state.holdings.values() {
            // Nobody receives more than was sent; what comes back to its maker was not sent there.
            let received = match (holding.received, holding.sent_here) {
                (0, sent) => sent,
                (received, 0) => received,
                (received, sent) => received.min(sent),
            };
            let (came, went) =
                (holding.made + received, holding.used + holding.shipped + holding.sold + holding.lost);
            prop_assert_eq!(holding.left, came.saturating_sub(went));
            prop_assert!(beyond(&state) || came == went + holding.left);
        }
    }

    #[test]
    fn what_others_say_changes_neither_status_nor_amounts_nor_findings(
        acts in proptest::collection::vec((0..2_u8, 0..12_u8, 0..300_u16, 0..16_u8), 1..15),
        slander in proptest::collection::vec((0..12_u8, 0..300_u16, 0..16_u8), 0..15),
    ) {
        let mut log = Log::default();
        log.harvest(COOP, Quantity::grams(1_000));
        for act in &acts {
            record(&mut log, *act);
        }
        let before = judged(LOT, &log.0, &[], None);
        // A correction of the very first harvest could leave the lot without a maker: then anybody may be the first.
        prop_assume!(before.maker.as_deref() == Some(COOP));
        for (what, grams, oddity) in slander {
            append(&mut log, RIVAL, what, grams, oddity);
        }
        let after = judged(LOT, &log.0, &[], None);
        prop_assert_eq!(before.status, after.status);
        prop_assert_eq!(before.balance, after.balance);
        prop_assert_eq!(before.holdings, after.holdings);
        prop_assert_eq!(before.holders, after.holders);
        prop_assert_eq!(before.findings, after.findings);
        prop_assert_eq!(before.inspections, after.inspections);
    }

    #[test]
    fn a_claim_alone_gives_what_the_whole_history_gives(
        acts in proptest::collection::vec(act(), 0..25),
        claims in proptest::collection::vec(act(), 1..40),
    ) {
        let mut log = history(&acts);
        let mut state = judged(LOT, &log.0, &[], None);
        for claim in claims {
            record(&mut log, claim);
            let whole = judged(LOT, &log.0, &[], None);
            if let Some(known) = with_claim(&state, log.0.last().unwrap()) {
                prop_assert_eq!(&known, &whole);
            }
            state = whole;
        }
    }

    #[test]
    fn a_judgement_is_stored_and_read_back(acts in proptest::collection::vec(act(), 0..25)) {
        let log = history(&acts);
        for uri in [LOT, PACKS] {
            let state = judged(uri, &log.0, &[], None);
            let json = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(serde_json::from_str::<LotState>(&json).unwrap(), state);
        }
    }
}
