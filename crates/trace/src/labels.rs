//! Tem: the numbered labels of a lot, as ranges.
//!
//! ```text
//! printed (encoding)        1 to 1000
//! activated (commissioning) 1 to 990          ─▶ in use: activated, printed and not voided
//! voided (decommissioning)  991 to 1000
//! shipped, sold             1 to 400 to a shop; 7 sold
//! ```
//!
//! A label's number is public; the tag behind it in its serial (AI 21) is not, and is none of this crate's business. All of it is a
//! function of sets: the order in which records came changes nothing, so what is voided stays void.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The highest number of a label in one lot: 25 bits, five characters of base 32.
pub const MAX_LABEL: u32 = (1 << 25) - 1;

/// Labels `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LabelRange {
    /// The first number, 1 or more.
    pub first: u32,
    /// The last number, at most [`MAX_LABEL`].
    pub last: u32,
}

impl LabelRange {
    /// A range, if there is such a one.
    #[must_use]
    pub fn new(first: u64, last: u64) -> Option<Self> {
        let (first, last) = (u32::try_from(first).ok()?, u32::try_from(last).ok()?);
        (1 <= first && first <= last && last <= MAX_LABEL).then_some(Self { first, last })
    }

    /// How many labels these are.
    #[must_use]
    pub fn count(self) -> u64 {
        u64::from(self.last.saturating_sub(self.first)) + 1
    }
}

/// A set of labels: disjoint ranges in ascending order, with a gap between any two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ranges(Vec<LabelRange>);

impl Ranges {
    /// The union of ranges in any order.
    #[must_use]
    pub fn of(ranges: impl IntoIterator<Item = LabelRange>) -> Self {
        let mut all: Vec<LabelRange> = ranges.into_iter().collect();
        all.sort_unstable();
        let mut union: Vec<LabelRange> = Vec::new();
        for range in all {
            match union.last_mut() {
                Some(last) if u64::from(range.first) <= u64::from(last.last) + 1 => {
                    last.last = last.last.max(range.last);
                }
                _ => union.push(range),
            }
        }
        Self(union)
    }

    /// The ranges.
    #[must_use]
    pub fn ranges(&self) -> &[LabelRange] {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many labels these are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|range| range.count()).sum()
    }

    /// Whether a label is among them.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        let after = self.0.partition_point(|range| range.first <= number);
        after > 0 && number <= self.0[after - 1].last
    }

    /// The highest number; none if there is none.
    #[must_use]
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|range| range.last)
    }

    /// These and more.
    #[must_use]
    pub fn with(&self, more: &[LabelRange]) -> Self {
        Self::of(self.0.iter().chain(more).copied())
    }

    /// These without those.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let mut left = Vec::new();
        for range in &self.0 {
            let mut from = range.first;
            let start = others.0.partition_point(|other| other.last < range.first);
            for other in others.0[start..].iter().take_while(|other| other.first <= range.last) {
                if from < other.first {
                    left.push(LabelRange { first: from, last: other.first - 1 });
                }
                from = other.last.saturating_add(1);
            }
            if from <= range.last {
                left.push(LabelRange { first: from, last: range.last });
            }
        }
        Self(left)
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        self.without(&self.without(others))
    }
}

/// Ranges of a text for people, at most: what follows is a sign that there are more.
const SHOWN: usize = 5;

impl Ranges {
    /// All of them as people write them: `1–990, 1001–1010`.
    #[must_use]
    pub fn in_full(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for LabelRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}–{}", self.first, self.last),
        }
    }
}

/// The first few of them.
impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, range) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{range}", if place > 0 { ", " } else { "" })?;
        }
        f.write_str(if self.0.len() > SHOWN { ", …" } else { "" })
    }
}

/// The numbered labels of one lot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// Printed by the maker.
    pub printed: Ranges,
    /// In use: printed, activated and not voided.
    pub active: Ranges,
    /// Voided: spoiled, lost, taken off.
    pub void: Ranges,
    /// Sold to whoever eats it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sales: Vec<LabelSale>,
    /// Shipped to others, by the receiver's id (hex); an empty id is somebody whom the ledger does not know.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shipped: BTreeMap<String, Ranges>,
}

/// Labels whose packs were sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSale {
    /// Which.
    pub labels: Ranges,
    /// When, Unix milliseconds, by the seller's word.
    pub time_ms: i64,
    /// The log index of the record that says so.
    pub record: u64,
}

/// What the ledger says of one label, before anybody asks who scanned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelStanding {
    /// No record says that it was printed.
    NotPrinted,
    /// Printed, and not in use yet.
    NotActive,
    /// In use.
    Active,
    /// In use, and its pack recorded as sold.
    Sold {
        /// When, Unix milliseconds, by the seller's word.
        time_ms: i64,
    },
    /// Voided.
    Void,
}

impl Labels {
    /// Whether the lot has no numbered labels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.printed.is_empty() && self.void.is_empty()
    }

    /// What is known of one of them.
    #[must_use]
    pub fn standing(&self, number: u32) -> LabelStanding {
        if !self.printed.contains(number) {
            LabelStanding::NotPrinted
        } else if self.void.contains(number) {
            LabelStanding::Void
        } else if !self.active.contains(number) {
            LabelStanding::NotActive
        } else {
            let sale = self.sales.iter().find(|sale| sale.labels.contains(number));
            sale.map_or(LabelStanding::Active, |sale| LabelStanding::Sold { time_ms: sale.time_ms })
        }
    }

    /// Those on packs that nobody has recorded as sold.
    #[must_use]
    pub fn unsold(&self) -> Ranges {
        self.active.without(&self.sold())
    }

    /// All that were sold.
    #[must_use]
    pub fn sold(&self) -> Ranges {
        Ranges::of(self.sales.iter().flat_map(|sale| sale.labels.ranges().iter().copied()))
    }

    /// The first number that no label has had.
    #[must_use]
    pub fn next(&self) -> u32 {
        self.printed.last().max(self.void.last()).map_or(1, |last| last.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Vec<LabelRange>> {
        prop::collection::vec((1_u32..60, 0_u32..12), 0..8).prop_map(|pairs| {
            pairs.into_iter().map(|(first, more)| LabelRange { first, last: first + more }).collect()
        })
    }

    fn set(ranges: &[LabelRange]) -> BTreeSet<u32> {
        ranges.iter().flat_map(|range| range.first..=range.last).collect()
    }

    proptest! {
        #[test]
        fn ranges_are_sets_of_numbers(a in ranges(), b in ranges()) {
            let (left, right) = (Ranges::of(a.clone()), Ranges::of(b.clone()));
            let (numbers, others) = (set(&a), set(&b));
            prop_assert_eq!(set(left.ranges()), numbers.clone());
            prop_assert_eq!(left.count(), numbers.len() as u64);
            prop_assert_eq!(set(left.without(&right).ranges()), &numbers - &others);
            prop_assert_eq!(set(left.and(&right).ranges()), &numbers & &others);
            prop_assert_eq!(left.last(), numbers.last().copied());
            for number in 0..80 {
                prop_assert_eq!(left.contains(number), numbers.contains(&number));
            }
            // One way to write a set.
            prop_assert_eq!(Ranges::of(left.ranges().to_vec()), left.clone());
            prop_assert_eq!(Ranges::of(left.without(&right).ranges().to_vec()), left.without(&right));
        }
    }

    #[test]
    fn a_range_has_a_beginning_and_an_end() {
        assert_eq!(
            LabelRange::new(1, u64::from(MAX_LABEL)).map(LabelRange::count),
            Some(u64::from(MAX_LABEL))
        );
        for (first, last) in [(0, 5), (6, 5), (1, u64::from(MAX_LABEL) + 1), (1, u64::MAX)] {
            assert_eq!(LabelRange::new(first, last), None, "{first} to {last}");
        }
    }

    #[test]
    fn a_voided_label_stays_void_whatever_else_is_said() {
        let all = Ranges::of(LabelRange::new(1, 10));
        let void = Ranges::of(LabelRange::new(3, 3));
        let labels = Labels {
            active: all.without(&void),
            sales: vec![LabelSale { labels: Ranges::of(LabelRange::new(3, 4)), time_ms: 5, record: 1 }],
            printed: all,
            void,
            ..Labels::default()
        };
        assert_eq!(labels.standing(3), LabelStanding::Void);
        assert_eq!(labels.standing(4), LabelStanding::Sold { time_ms: 5 });
        assert_eq!(labels.standing(11), LabelStanding::NotPrinted);
        assert_eq!(labels.next(), 11);
    }
}
