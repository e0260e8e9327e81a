//! May this listing be offered now? One pure function, asked by the page, the feed and the API alike.
//!
//! The invariant: no active listing stands on a lot that is recalled, destroyed, unknown, blocked by a finding or
//! expired, claims a certificate that does not hold, or stands outside its own validity. One bad lot is enough, however many good ones the listing draws on: the buyer
//! does not choose the lot.
//!
//! Instants are Unix milliseconds. A best-before day is a day in Việt Nam (UTC+7, no daylight saving since 1975) and
//! ends at its midnight there.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::{ReasonCode, Status};

/// What the seller says of the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfferState {
    /// For sale.
    Active,
    /// Still shown, nothing left.
    SoldOut,
    /// Taken back.
    Withdrawn,
}

/// A listing, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingState {
    /// What the seller says.
    pub state: OfferState,
    /// First instant of the offer.
    pub valid_from_ms: i64,
    /// Last instant of the offer.
    pub valid_until_ms: i64,
    /// The lots it draws on, by URI.
    pub lots: Vec<String>,
    /// Whether the province recognises the seller and has not suspended it.
    pub seller_recognised: bool,
    /// Whether every certificate that the seller claims for it is its own or a producer's, and holds today.
    pub claims_hold: bool,
}

/// How a lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LotCondition {
    /// Nothing is known against it.
    Sound,
    /// Nothing of it is left.
    SoldOut,
    /// A finding stops its sale: a harvest inside the pre-harvest interval, an erased public fact.
    Blocked,
    /// Tiêu hủy: destroyed.
    Destroyed,
    /// Thu hồi: recalled.
    Recalled,
}

/// A lot, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotState {
    /// Its URI.
    pub lot: String,
    /// How it stands.
    pub condition: LotCondition,
    /// Hạn sử dụng: the last day on which it may be sold.
    pub best_before: Option<Date>,
}

/// One reason, and the lot it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// Which.
    pub code: ReasonCode,
    /// The lot's URI, when a lot is the reason.
    pub lot: Option<String>,
}

/// The decision with all its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    reasons: Vec<Reason>,
}

impl Availability {
    /// Whether it may be offered.
    pub fn is_available(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Everything that speaks against it, the weightiest first.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// The weightiest reason's status, or active.
    pub fn status(&self) -> Status {
        self.reasons.first().map_or(Status::Active, |r| r.code.status())
    }
}

/// Whether `listing` may be offered at `now_ms`, given what is known of its lots.
///
/// A lot that `lots` does not name is unknown. Lots that the listing does not draw on change nothing.
pub fn available(listing: &ListingState, lots: &[LotState], now_ms: i64) -> Availability {
    let mut reasons = Vec::new();
    let mut add = |code, lot: Option<&String>| reasons.push(Reason { code, lot: lot.cloned() });
    let today = day_in_vietnam(now_ms);
    let (mut any_left, mut any_sold_out) = (false, false);
    for uri in &listing.lots {
        let mut known = false;
        for lot in lots.iter().filter(|lot| lot.lot == *uri) {
            known = true;
            match lot.condition {
                LotCondition::Recalled => add(ReasonCode::LotRecalled, Some(uri)),
                LotCondition::Destroyed => add(ReasonCode::LotDestroyed, Some(uri)),
                LotCondition::Blocked => add(ReasonCode::LotBlocked, Some(uri)),
                LotCondition::Sound => any_left = true,
                LotCondition::SoldOut => any_sold_out = true,
            }
            if lot.best_before.is_some_and(|last_day| today > last_day) {
                add(ReasonCode::LotExpired, Some(uri));
            }
        }
        if !known {
            add(ReasonCode::LotUnknown, Some(uri));
        }
    }
    if !listing.claims_hold {
        add(ReasonCode::CertificateLapsed, None);
    }
    if !listing.seller_recognised {
        add(ReasonCode::SellerUnrecognised, None);
    }
    if listing.lots.is_empty() {
        add(ReasonCode::NoLot, None);
    }
    if listing.state == OfferState::Withdrawn {
        add(ReasonCode::Withdrawn, None);
    }
    if now_ms < listing.valid_from_ms {
        add(ReasonCode::NotYetValid, None);
    }
    if now_ms > listing.valid_until_ms {
        add(ReasonCode::Expired, None);
    }
    if listing.state == OfferState::SoldOut || (any_sold_out && !any_left) {
        add(ReasonCode::SoldOut, None);
    }
    reasons.sort();
    reasons.dedup();
    Availability { reasons }
}

/// The first instant after a day in Việt Nam, Unix milliseconds.
pub(crate) fn end_of_day_ms(day: Date) -> i64 {
    let next = day.tomorrow().unwrap_or(Date::MAX);
    let midnight = Offset::constant(7).to_timestamp(next.at(0, 0, 0, 0));
    midnight.map_or(i64::MAX, Timestamp::as_millisecond)
}

/// The calendar day in Việt Nam. An instant beyond the calendar's years counts as its first or last.
fn day_in_vietnam(now_ms: i64) -> Date {
    let edge = if now_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(edge);
    Offset::constant(7).to_datetime(now).date()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_MS: i64 = 86_400_000;
    /// 22 November 2026, 00:00 in Việt Nam.
    const TODAY_MS: i64 = 1_795_280_400_000;

    fn listing(lots: &[&str]) -> ListingState {
        ListingState {
            state: OfferState::Active,
            valid_from_ms: TODAY_MS - 10 * DAY_MS,
            valid_until_ms: TODAY_MS + 10 * DAY_MS,
            lots: lots.iter().map(|l| (*l).to_owned()).collect(),
            seller_recognised: true,
            claims_hold: true,
        }
    }

    fn lot(name: &str, condition: LotCondition) -> LotState {
        LotState { lot: name.to_owned(), condition, best_before: None }
    }

    fn day(text: &str) -> Option<Date> {
        Some(text.parse().unwrap())
    }

    fn codes(availability: &Availability) -> Vec<ReasonCode> {
        availability.reasons().iter().map(|r| r.code).collect()
    }

    #[test]
    fn a_listing_on_sound_lots_is_offered() {
        let lots = [
            lot("a", LotCondition::Sound),
            lot("b", LotCondition::SoldOut),
            lot("c", LotCondition::Recalled),
        ];
        let found = available(&listing(&["a", "b"]), &lots, TODAY_MS);
        assert!(found.is_available());
        assert_eq!((found.status(), found.reasons()), (Status::Active, &[][..]));
    }

    #[test]
    fn one_recalled_lot_takes_the_listing_down() {
        let lots = [lot("a", LotCondition::Sound), lot("b", LotCondition::Recalled)];
        let found = available(&listing(&["a", "b"]), &lots, TODAY_MS);
        assert_eq!(found.reasons(), [Reason { code: ReasonCode::LotRecalled, lot: Some("b".to_owned()) }]);
        assert_eq!(found.status(), Status::Recalled);
        assert!(!found.status().is_listed());
    }

    #[test]
    fn each_fault_has_its_reason_and_status() {
        let sound = lot("a", LotCondition::Sound);
        let cases = [
            (lot("a", LotCondition::Destroyed), ReasonCode::LotDestroyed, Status::Withdrawn),
            (lot("b", LotCondition::Sound), ReasonCode::LotUnknown, Status::Withdrawn),
            (lot("a", LotCondition::Blocked), ReasonCode::LotBlocked, Status::Withdrawn),
            (lot("a", LotCondition::SoldOut), ReasonCode::SoldOut, Status::SoldOut),
            (
                LotState { best_before: day("2026-11-21"), ..sound.clone() },
                ReasonCode::LotExpired,
                Status::Expired,
            ),
        ];
        for (state, code, status) in cases {
            let found = available(&listing(&["a"]), &[state], TODAY_MS);
            assert_eq!((codes(&found), found.status()), (vec![code], status));
        }
        let right = listing(&["a"]);
        let cases = [
            (listing(&[]), ReasonCode::NoLot, Status::Withdrawn),
            (
                ListingState { state: OfferState::Withdrawn, ..right.clone() },
                ReasonCode::Withdrawn,
                Status::Withdrawn,
            ),
            (
                ListingState { valid_from_ms: TODAY_MS + 1, ..right.clone() },
                ReasonCode::NotYetValid,
                Status::Withdrawn,
            ),
            (
                ListingState { valid_until_ms: TODAY_MS - 1, ..right.clone() },
                ReasonCode::Expired,
                Status::Expired,
            ),
            (
                ListingState { seller_recognised: false, ..right.clone() },
                ReasonCode::SellerUnrecognised,
                Status::Withdrawn,
            ),
            (
                ListingState { claims_hold: false, ..right.clone() },
                ReasonCode::CertificateLapsed,
                Status::Withdrawn,
            ),
            (ListingState { state: OfferState::SoldOut, ..right }, ReasonCode::SoldOut, Status::SoldOut),
        ];
        for (listing, code, status) in cases {
            let found = available(&listing, std::slice::from_ref(&sound), TODAY_MS);
            assert_eq!((codes(&found), found.status()), (vec![code], status));
        }
    }

    #[test]
    fn the_weightiest_reason_is_told_first() {
        let mut listing = listing(&["a", "b", "c", "c"]);
        listing.state = OfferState::Withdrawn;
        let lots = [
            LotState { best_before: day("2026-01-01"), ..lot("a", LotCondition::Destroyed) },
            lot("b", LotCondition::Recalled),
        ];
        let found = available(&listing, &lots, TODAY_MS);
        let expected = [
            ReasonCode::LotRecalled,
            ReasonCode::LotDestroyed,
            ReasonCode::LotUnknown,
            ReasonCode::LotExpired,
            ReasonCode::Withdrawn,
        ];
        assert_eq!(codes(&found), expected);
    }

    #[test]
    fn a_best_before_day_ends_at_midnight_in_viet_nam() {
        let lots = [LotState { best_before: day("2026-11-21"), ..lot("a", LotCondition::Sound) }];
        assert!(available(&listing(&["a"]), &lots, TODAY_MS - 1).is_available());
        assert!(!available(&listing(&["a"]), &lots, TODAY_MS).is_available());
    }

    #[test]
    fn a_day_ends_where_the_next_begins_in_viet_nam() {
        assert_eq!(end_of_day_ms(Date::constant(2026, 11, 21)), TODAY_MS);
        assert_eq!(day_in_vietnam(TODAY_MS - 1), Date::constant(2026, 11, 21));
        assert!(end_of_day_ms(Date::MAX) > TODAY_MS);
    }

    #[test]
    fn both_ends_of_the_validity_belong_to_it() {
        let lots = [lot("a", LotCondition::Sound)];
        let listing = listing(&["a"]);
        for (now_ms, expected) in [
            (listing.valid_from_ms - 1, false),
            (listing.valid_from_ms, true),
            (listing.valid_until_ms, true),
            (listing.valid_until_ms + 1, false),
            (i64::MIN, false),
            (i64::MAX, false),
        ] {
            assert_eq!(available(&listing, &lots, now_ms).is_available(), expected, "{now_ms}");
        }
    }

    fn any_lot() -> impl Strategy<Value = LotState> {
        let condition = prop::sample::select(vec![
            LotCondition::Sound,
            LotCondition::SoldOut,
            LotCondition::Blocked,
            LotCondition::Destroyed,
            LotCondition::Recalled,
        ]);
        let best_before = prop::option::of((1i8..=28).prop_map(|day| Date::constant(2026, 11, day)));
        ("[a-d]", condition, best_before).prop_map(|(lot, condition, best_before)| LotState {
            lot,
            condition,
            best_before,
        })
    }

    fn any_listing() -> impl Strategy<Value = ListingState> {
        let state =
            prop::sample::select(vec![OfferState::Active, OfferState::SoldOut, OfferState::Withdrawn]);
        let when = TODAY_MS - 10 * DAY_MS..TODAY_MS + 10 * DAY_MS;
        (state, when.clone(), when, prop::collection::vec("[a-d]", 0..4), any::<(bool, bool)>()).prop_map(
            |(state, valid_from_ms, valid_until_ms, lots, (seller_recognised, claims_hold))| ListingState {
                state,
                valid_from_ms,
                valid_until_ms,
                lots,
                seller_recognised,
                claims_hold,
            },
        )
    }

    proptest! {
        #[test]
        fn no_active_listing_stands_on_a_bad_lot_or_outside_its_validity(
            listing in any_listing(),
            lots in prop::collection::vec(any_lot(), 0..6),
            now_ms in TODAY_MS - 12 * DAY_MS..TODAY_MS + 12 * DAY_MS,
        ) {
            let found = available(&listing, &lots, now_ms);
            // The law, said the other way round: everything that must hold for an offer.
            let hours_since_epoch = now_ms.div_euclid(3_600_000) + 7;
            let today = Date::constant(1970, 1, 1)
                .checked_add(jiff::Span::new().days(hours_since_epoch.div_euclid(24)))
                .unwrap();
            let of = |uri: &String| lots.iter().filter(|l| l.lot == *uri).collect::<Vec<_>>();
            let fit = |l: &&LotState| {
                matches!(l.condition, LotCondition::Sound | LotCondition::SoldOut)
                    && l.best_before.is_none_or(|last| last >= today)
            };
            let lots_are_fit = listing.lots.iter().all(|uri| !of(uri).is_empty() && of(uri).iter().all(fit));
            let some_left = listing.lots.iter().flat_map(of).any(|l| l.condition == LotCondition::Sound);
            let in_time = (listing.valid_from_ms..=listing.valid_until_ms).contains(&now_ms);
            let fit_to_sell = lots_are_fit && some_left && in_time && listing.seller_recognised && listing.claims_hold;
            let expected = listing.state == OfferState::Active && fit_to_sell;
            prop_assert_eq!(found.is_available(), expected);
            prop_assert_eq!(found.status() == Status::Active, expected);
            prop_assert!(found.reasons().is_sorted());
        }

        #[test]
        fn what_else_is_known_of_a_lot_never_brings_a_listing_back(
            listing in any_listing(),
            lots in prop::collection::vec(any_lot(), 1..6),
            bad in any_lot(),
        ) {
            let known = |uri: &String| lots.iter().any(|l| l.lot == *uri);
            prop_assume!(listing.lots.iter().all(known) && bad.condition != LotCondition::Sound);
            let before = available(&listing, &lots, TODAY_MS);
            let mut more = lots.clone();
            more.push(bad);
            let after = available(&listing, &more, TODAY_MS);
            prop_assert!(before.is_available() || !after.is_available());
        }

        #[test]
        fn the_order_of_what_is_known_does_not_matter(
            listing in any_listing(),
            lots in prop::collection::vec(any_lot(), 0..6),
        ) {
            let mut turned = listing.clone();
            turned.lots.reverse();
            let backwards: Vec<LotState> = lots.iter().rev().cloned().collect();
            prop_assert_eq!(available(&listing, &lots, TODAY_MS), available(&turned, &backwards, TODAY_MS));
        }
    }
}
