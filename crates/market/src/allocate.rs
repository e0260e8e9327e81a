//! Which lots fill an order: first expired, first out, and never more of a lot than is free for all lines together.
//!
//! ```text
//! line 1: 30 trays of a listing ─┐            lot A (until 4 May)  20 free ─▶ 20 to line 1
//!                                ├─▶ allocate lot B (until 9 May)  50 free ─▶ 10 to line 1, 25 to line 2
//! line 2: 25 trays of another ───┘
//! ```
//!
//! What two lines take of one lot is summed before anybody looks at the stock (two lines that were each checked against
//! the same full shelf oversold it in other shops). This is a plan: only the conditional update in the database takes
//! stock, and a plan that came too late is made again.

use std::collections::BTreeMap;

/// Something that is counted down: a lot that its seller has, or what a listing offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// Its URI.
    pub uri: String,
    /// How much of it nobody has taken.
    pub free: u64,
    /// The last instant at which it may be sold, Unix milliseconds.
    pub until_ms: i64,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The listing, which is a shelf of its own: its seller offers so much of it.
    pub listing: String,
    /// The lots it draws on, as far as they may be sold.
    pub lots: Vec<String>,
    /// How much.
    pub amount: u64,
    /// The smallest amount that may be given instead.
    pub at_least: u64,
}

/// So much of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// The lot.
    pub lot: String,
    /// How much of it; never nothing.
    pub amount: u64,
}

/// A line cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} cannot be filled: {free} is left")]
pub struct Short {
    /// Which line, from zero.
    pub line: usize,
    /// What is left for it.
    pub free: u64,
}

/// What each line takes of which lot, in the order of the lines. A line that gets less than it wants gets what there is,
/// if that is at least [`Wanted::at_least`]. Shelves that nobody names are not there.
pub fn allocate(lines: &[Wanted], shelves: &[Shelf]) -> Result<Vec<Vec<Take>>, Short> {
    let mut free: BTreeMap<&str, u64> =
        shelves.iter().map(|shelf| (shelf.uri.as_str(), shelf.free)).collect();
    let until: BTreeMap<&str, i64> =
        shelves.iter().map(|shelf| (shelf.uri.as_str(), shelf.until_ms)).collect();
    let mut filled = Vec::with_capacity(lines.len());
    for (line, wanted) in lines.iter().enumerate() {
        let mut lots: Vec<&str> =
            wanted.lots.iter().map(String::as_str).filter(|lot| free.contains_key(lot)).collect();
        lots.sort_by_key(|lot| (until.get(lot).copied(), *lot));
        lots.dedup();
        let offered = free.get(wanted.listing.as_str()).copied().unwrap_or(0);
        let on_lots =
            lots.iter().filter_map(|lot| free.get(lot)).fold(0, |sum: u64, free| sum.saturating_add(*free));
        let left = offered.min(on_lots);
        if left < wanted.at_least.max(1) {
            return Err(Short { line, free: left });
        }
        let mut open = wanted.amount.min(left);
        if let Some(offered) = free.get_mut(wanted.listing.as_str()) {
            *offered -= open;
        }
        let mut takes = Vec::new();
        for lot in lots {
            let Some(on_shelf) = free.get_mut(lot) else { continue };
            let amount = open.min(*on_shelf);
            if amount > 0 {
                *on_shelf -= amount;
                open -= amount;
                takes.push(Take { lot: lot.to_owned(), amount });
            }
        }
        filled.push(takes);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shelf(uri: &str, free: u64, until_ms: i64) -> Shelf {
        Shelf { uri: uri.to_owned(), free, until_ms }
    }

    fn wanted(listing: &str, lots: &[&str], amount: u64, at_least: u64) -> Wanted {
        Wanted {
            listing: listing.to_owned(),
            lots: lots.iter().map(|lot| (*lot).to_owned()).collect(),
            amount,
            at_least,
        }
    }

    fn take(lot: &str, amount: u64) -> Take {
        Take { lot: lot.to_owned(), amount }
    }

    #[test]
    fn what_expires_first_goes_first() {
        let shelves = [shelf("B", 50, 9), shelf("A", 20, 4), shelf("l", 100, 99), shelf("m", 100, 99)];
        let lines = [wanted("l", &["B", "A"], 30, 30), wanted("m", &["A", "B"], 25, 25)];
        let filled = allocate(&lines, &shelves).unwrap();
        assert_eq!(filled, [vec![take("A", 20), take("B", 10)], vec![take("B", 25)]]);
    }

    #[test]
    fn two_lines_on_one_lot_share_what_there_is() {
        let shelves = [shelf("A", 10, 4), shelf("l", 100, 99)];
        let line = wanted("l", &["A"], 6, 6);
        let short = allocate(&[line.clone(), line.clone()], &shelves).unwrap_err();
        assert_eq!(short, Short { line: 1, free: 4 });
        let part = Wanted { at_least: 1, ..line.clone() };
        assert_eq!(allocate(&[line, part], &shelves).unwrap()[1], [take("A", 4)]);
    }

    #[test]
    fn no_more_is_sold_than_the_listing_offers_and_nothing_is_never_a_part() {
        let shelves = [shelf("A", 10, 4), shelf("l", 3, 99), shelf("empty", 0, 9)];
        assert_eq!(allocate(&[wanted("l", &["A"], 4, 4)], &shelves), Err(Short { line: 0, free: 3 }));
        assert_eq!(allocate(&[wanted("l", &["A"], 4, 1)], &shelves).unwrap(), [[take("A", 3)]]);
        assert_eq!(allocate(&[wanted("empty", &["A"], 4, 0)], &shelves), Err(Short { line: 0, free: 0 }));
        assert_eq!(allocate(&[wanted("l", &["gone"], 1, 1)], &shelves), Err(Short { line: 0, free: 0 }));
        assert_eq!(allocate(&[wanted("unknown", &["A"], 1, 1)], &shelves), Err(Short { line: 0, free: 0 }));
    }

    proptest! {
        #[test]
        fn no_shelf_gives_more_than_it_has_and_no_line_gets_more_than_it_wants(
            shelves in prop::collection::btree_map("[a-e]", (0_u64..50, 0_i64..9), 0..6),
            lines in prop::collection::vec(("[a-e]", prop::collection::vec("[a-e]", 0..5), 1_u64..40, 0_u64..40), 0..5),
        ) {
            let shelves: Vec<Shelf> =
                shelves.into_iter().map(|(uri, (free, until_ms))| Shelf { uri, free, until_ms }).collect();
            let lines: Vec<Wanted> = lines
                .into_iter()
                // A lot is never called as a listing is.
                .map(|(listing, lots, amount, least)| Wanted {
                    lots: lots.into_iter().filter(|lot| *lot != listing).collect(),
                    listing, amount, at_least: least.min(amount),
                })
                .collect();
            let listings: Vec<&String> = lines.iter().map(|line| &line.listing).collect();
            prop_assume!(lines.iter().all(|line| line.lots.iter().all(|lot| !listings.contains(&lot))));
            if let Ok(filled) = allocate(&lines, &shelves) {
                for shelf in &shelves {
                    let taken: u64 =
                        filled.iter().flatten().filter(|take| take.lot == shelf.uri).map(|take| take.amount).sum();
                    let offered: u64 = filled
                        .iter()
                        .zip(&lines)
                        .filter(|(_, line)| line.listing == shelf.uri)
                        .flat_map(|(takes, _)| takes)
                        .map(|take| take.amount)
                        .sum();
                    prop_assert!(taken <= shelf.free && offered <= shelf.free);
                }
                for (takes, line) in filled.iter().zip(&lines) {
                    let got: u64 = takes.iter().map(|take| take.amount).sum();
                    prop_assert!(got >= line.at_least.max(1) && got <= line.amount);
                    prop_assert!(takes.iter().all(|take| take.amount > 0 && line.lots.contains(&take.lot)));
                }
            }
        }
    }
}
