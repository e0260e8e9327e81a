//! How an exchange wants to see listings: which, and in which words, units and prices.
//!
//! ```toml
//! language = "vi"                    # names where there are two: vi, en
//! organisations = ["5da5…2724"]      # only these sell here; left out: every co-operative
//! categories = ["coffee", "rice"]    # only this produce; left out: all
//! stock_buffer_permille = 100        # a tenth of the stock is not shown: others sell it too
//!
//! [category_names]                   # the exchange's own names
//! coffee = "Thực phẩm > Đồ uống > Cà phê"
//!
//! [unit_names]                       # by code: g, kg, yen, ta, tonne, ml, l, piece, box …
//! kg = "ký"
//!
//! [price]
//! per = "kg"                         # prices of grams and kilograms are shown for so much
//! add_permille = 50                  # the exchange's share: 5 % on top
//! round_to_dong = 1000               # upwards, to whole thousands
//!
//! [requests_per_minute]
//! feed = 60
//! ```
//!
//! A profile changes what an exchange is *shown* and never what was signed: [`Shown`] stands beside the signed price, unit and
//! category. Whoever is shown a price can still check the one that the co-operative put its name to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Digest, FeedItem, Measure, PriceVnd, Tier, Unit};

/// Entries of a list or table of a profile, at most.
pub(crate) const ENTRIES_MAX: usize = 2_000;
/// Characters of a name in a profile, at most.
pub(crate) const NAME_CHARS_MAX: usize = 300;

/// The language of names where there are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileLanguage {
    /// Vietnamese.
    #[default]
    Vi,
    /// English, and Vietnamese where nobody gave a name in English.
    En,
}

/// What an exchange may see, and how it wants to see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// The language of names.
    pub language: ProfileLanguage,
    /// Sellers by the event id of their genesis record; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisations: Option<BTreeSet<Digest>>,
    /// Categories; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<BTreeSet<String>>,
    /// Thousandths of the stock that are not shown.
    pub stock_buffer_permille: u16,
    /// The exchange's names of categories.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub category_names: BTreeMap<String, String>,
    /// The exchange's names of units.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unit_names: BTreeMap<Unit, String>,
    /// The rule that makes the shown price of the signed one.
    pub price: PriceRule,
    /// How often it may ask.
    pub requests_per_minute: Rates,
}

/// How the shown price is made of the signed one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceRule {
    /// Prices of a mass are shown for a kilogram (`kg`) or a tạ, tấn, yến; of a volume for a litre (`l`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<Unit>,
    /// Thousandths on top.
    pub add_permille: u16,
    /// Rounded upwards to a multiple of so many đồng; 0 and 1: not rounded.
    pub round_to_dong: u32,
}

/// Requests in a minute, by scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Of feeds.
    pub feed: u32,
    /// Of orders.
    pub orders: u32,
    /// Of webhooks' settings.
    pub webhooks: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { feed: 60, orders: 300, webhooks: 30 }
    }
}

/// An exchange as an operator writes it down: a file of `nguon exchange add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeFile {
    /// Its code: small letters, digits, hyphens; for ever.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The file of the feed that it reads, to tell its developer: `listings.json`, `google.xml`, …
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub form: Option<String>,
    /// What its key opens: `feed`, `orders`, `webhooks`.
    pub scopes: Vec<String>,
    /// What it may see, and how.
    #[serde(default)]
    pub profile: Profile,
}

/// Why a profile will not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A list or table is too long.
    #[error("{field} takes {ENTRIES_MAX} entries")]
    TooMany {
        /// Which.
        field: &'static str,
    },
    /// A name is empty, too long or holds control characters.
    #[error("{field}: a name has 1 to {NAME_CHARS_MAX} characters and no control characters: {name:?}")]
    Name {
        /// Where.
        field: &'static str,
        /// Which, cut.
        name: String,
    },
    /// Thousandths beyond reason.
    #[error("{field} is from 0 to {limit}")]
    Permille {
        /// Which.
        field: &'static str,
        /// The most.
        limit: u16,
    },
    /// A price is only carried over to another unit where that is exact.
    #[error("price.per is kg, yen, ta, tonne or l")]
    Per,
    /// A price is rounded to at most a million.
    #[error("price.round_to_dong is at most 1,000,000")]
    Rounding,
    /// A rate of nothing, or beyond what one server is for.
    #[error("requests_per_minute are from 1 to 60,000")]
    Rate,
}

/// What an exchange is shown beside what was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shown {
    /// The name in the exchange's language.
    pub name: String,
    /// The exchange's name of the category, or ours.
    pub category: String,
    /// The price by the exchange's rule, in đồng.
    #[cfg_attr(feature = "openapi", schema(value_type = u64, minimum = 1))]
    pub price_vnd: PriceVnd,
    /// What that price buys.
    pub price_per: Measure,
    /// Prices from some quantity on, by the same rule, for the same amount.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tiers: Vec<Tier>,
    /// Its unit as the exchange calls it.
    pub unit: String,
    /// What is shown of the stock, in the unit it was signed in.
    pub stock: Measure,
    /// Its unit as the exchange calls it.
    pub stock_unit: String,
}

impl Profile {
    /// Whether everything in it is within bounds. What is read from outside is asked once, at the door.
    pub fn check(&self) -> Result<(), ProfileError> {
        let lengths = [
            ("organisations", self.organisations.as_ref().map_or(0, BTreeSet::len)),
            ("categories", self.categories.as_ref().map_or(0, BTreeSet::len)),
            ("category_names", self.category_names.len()),
        ];
        if let Some((field, _)) = lengths.into_iter().find(|(_, length)| *length > ENTRIES_MAX) {
            return Err(ProfileError::TooMany { field });
        }
        let names = self
            .category_names
            .iter()
            .flat_map(|(code, name)| [("category_names", code), ("category_names", name)])
            .chain(self.unit_names.values().map(|name| ("unit_names", name)))
            .chain(self.categories.iter().flatten().map(|name| ("categories", name)));
        for (field, name) in names {
            let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
            if !fits || name.trim().is_empty() || name.chars().any(char::is_control) {
                return Err(ProfileError::Name { field, name: name.chars().take(40).collect() });
            }
        }
        if self.stock_buffer_permille > 1_000 {
            return Err(ProfileError::Permille { field: "stock_buffer_permille", limit: 1_000 });
        }
        if self.price.add_permille > 5_000 {
            return Err(ProfileError::Permille { field: "price.add_permille", limit: 5_000 });
        }
        let per =
            self.price.per.map(|per| per == Unit::Litre || (per != Unit::Gram && per.grams().is_some()));
        if per == Some(false) {
            return Err(ProfileError::Per);
        }
        if self.price.round_to_dong > 1_000_000 {
            return Err(ProfileError::Rounding);
        }
        let rates = self.requests_per_minute;
        if [rates.feed, rates.orders, rates.webhooks].iter().any(|rate| !(1..=60_000).contains(rate)) {
            return Err(ProfileError::Rate);
        }
        Ok(())
    }

    /// Whether the exchange may see, and order, what this seller offers of this category.
    pub fn admits(&self, organisation: &Digest, category: &str) -> bool {
        self.organisations.as_ref().is_none_or(|allowed| allowed.contains(organisation))
            && self.categories.as_ref().is_none_or(|allowed| allowed.contains(category))
    }

    /// What the exchange is shown of an item.
    pub fn show(&self, item: &FeedItem) -> Shown {
        let name = match self.language {
            ProfileLanguage::En => item.name_en.as_ref().unwrap_or(&item.name_vi),
            ProfileLanguage::Vi => &item.name_vi,
        };
        let (price_vnd, price_per) = self.price.apply(item.price_vnd, item.price_per);
        let kept = u128::from(item.stock.value) * u128::from(1_000 - self.stock_buffer_permille.min(1_000));
        let tiers = item
            .tiers
            .iter()
            .map(|tier| Tier { price_vnd: self.price.apply(tier.price_vnd, item.price_per).0, ..*tier });
        // Downwards: what is shown is there.
        let stock = u64::try_from(kept / 1_000).unwrap_or(item.stock.value);
        Shown {
            name: name.clone(),
            category: self.category_names.get(&item.category).unwrap_or(&item.category).clone(),
            price_vnd,
            price_per,
            tiers: tiers.collect(),
            unit: self.unit_name(price_per.unit),
            stock: Measure { value: stock, unit: item.stock.unit },
            stock_unit: self.unit_name(item.stock.unit),
        }
    }

    /// What the exchange calls a unit.
    pub fn unit_name(&self, unit: Unit) -> String {
        let ours = match self.language {
            ProfileLanguage::Vi => unit.name_vi(),
            ProfileLanguage::En => unit.name_en(),
        };
        self.unit_names.get(&unit).map_or(ours, String::as_str).to_owned()
    }
}

impl PriceRule {
    /// The shown price and what it buys. Whole đồng, rounded upwards once, at the end: nobody is shown less than was
    /// signed. A price that would leave [`PriceVnd`]'s range stays as it was signed.
    pub fn apply(&self, price: PriceVnd, per: Measure) -> (PriceVnd, Measure) {
        let (times, over, shown_per) = self.carried(per).unwrap_or((1, 1, per));
        let numerator =
            u128::from(price.dong()) * u128::from(times) * u128::from(1_000 + u32::from(self.add_permille));
        let denominator = u128::from(over) * 1_000;
        let step = u128::from(self.round_to_dong.max(1));
        let shown = numerator.div_ceil(denominator).div_ceil(step) * step;
        match u64::try_from(shown).ok().and_then(|shown| PriceVnd::try_from(shown).ok()) {
            Some(shown) => (shown, shown_per),
            None => (price, per),
        }
    }

    /// The price for `per` times the first over the second is the price of one of the rule's unit.
    fn carried(&self, per: Measure) -> Option<(u64, u64, Measure)> {
        let wanted = self.per?;
        let size = |unit: Unit| match unit {
            Unit::Litre | Unit::Millilitre => unit.millilitres(),
            _ => unit.grams(),
        };
        let same = wanted.grams().is_some() == per.unit.grams().is_some()
            && wanted.millilitres().is_some() == per.unit.millilitres().is_some();
        let over = per.value.checked_mul(size(per.unit)?)?;
        (same && over > 0).then_some((size(wanted)?, over, Measure { value: 1, unit: wanted }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dong(price: u64) -> PriceVnd {
        PriceVnd::try_from(price).unwrap()
    }

    fn of(value: u64, unit: Unit) -> Measure {
        Measure { value, unit }
    }

    fn rule(per: Option<Unit>, add_permille: u16, round_to_dong: u32) -> PriceRule {
        PriceRule { per, add_permille, round_to_dong }
    }

    #[test]
    fn a_price_is_carried_over_to_the_exchanges_unit_and_rounded_upwards_once() {
        let kilogram = Some(Unit::Kilogram);
        let cases = [
            (rule(None, 0, 0), 65_000, of(500, Unit::Gram), 65_000, of(500, Unit::Gram)),
            (rule(kilogram, 0, 0), 65_000, of(500, Unit::Gram), 130_000, of(1, Unit::Kilogram)),
            (rule(kilogram, 50, 1_000), 65_000, of(500, Unit::Gram), 137_000, of(1, Unit::Kilogram)),
            (rule(kilogram, 0, 0), 10_000, of(300, Unit::Gram), 33_334, of(1, Unit::Kilogram)),
            (rule(Some(Unit::Ta), 0, 0), 12_500, of(1, Unit::Kilogram), 1_250_000, of(1, Unit::Ta)),
            (rule(Some(Unit::Litre), 0, 500), 42_100, of(750, Unit::Millilitre), 56_500, of(1, Unit::Litre)),
            // A box is no kilogram, and a litre of honey neither: such prices stay with what they buy.
            (rule(kilogram, 100, 0), 99_999, of(1, Unit::Box), 109_999, of(1, Unit::Box)),
            (rule(kilogram, 0, 0), 42_100, of(1, Unit::Litre), 42_100, of(1, Unit::Litre)),
            (rule(kilogram, 0, 0), 42_100, of(0, Unit::Gram), 42_100, of(0, Unit::Gram)),
            // Beyond what a price can be: as it was signed.
            (
                rule(Some(Unit::Tonne), 0, 0),
                PriceVnd::MAX,
                of(1, Unit::Gram),
                PriceVnd::MAX,
                of(1, Unit::Gram),
            ),
        ];
        for (rule, price, per, shown, shown_per) in cases {
            assert_eq!(rule.apply(dong(price), per), (dong(shown), shown_per), "{rule:?} {price}");
        }
    }

    #[test]
    fn what_no_profile_can_say_is_refused() {
        let long = Profile {
            category_names: (0..=ENTRIES_MAX).map(|n| (n.to_string(), "x".to_owned())).collect(),
            ..Profile::default()
        };
        let named = |name: &str| Profile {
            category_names: [("coffee".to_owned(), name.to_owned())].into(),
            ..Profile::default()
        };
        let priced = |price: PriceRule| Profile { price, ..Profile::default() };
        let rated =
            |feed| Profile { requests_per_minute: Rates { feed, ..Rates::default() }, ..Profile::default() };
        for profile in [
            long,
            named(""),
            named("  "),
            named("a\0b"),
            named(&"ạ".repeat(NAME_CHARS_MAX + 1)),
            Profile { stock_buffer_permille: 1_001, ..Profile::default() },
            priced(rule(None, 5_001, 0)),
            priced(rule(Some(Unit::Box), 0, 0)),
            priced(rule(Some(Unit::Gram), 0, 0)),
            priced(rule(None, 0, 1_000_001)),
            rated(0),
            rated(60_001),
        ] {
            assert!(profile.check().is_err(), "{profile:?}");
        }
        assert_eq!(Profile::default().check(), Ok(()));
        assert_eq!(named("Thực phẩm > Cà phê").check(), Ok(()));
        assert!(serde_json::from_str::<Profile>("{\"categorys\":[]}").is_err(), "a misspelt rule is no rule");
    }

    #[test]
    fn an_exchange_sees_whom_and_what_it_is_allowed_to() {
        let (a, b) = (Digest([1; 32]), Digest([2; 32]));
        let all = Profile::default();
        let some = Profile {
            organisations: Some([a].into()),
            categories: Some(["coffee".to_owned()].into()),
            ..Profile::default()
        };
        let none = Profile { categories: Some(BTreeSet::new()), ..Profile::default() };
        assert!(all.admits(&a, "coffee") && all.admits(&b, "rice"));
        assert!(some.admits(&a, "coffee"));
        assert!(!some.admits(&b, "coffee") && !some.admits(&a, "rice"));
        assert!(!none.admits(&a, "coffee"), "an empty list allows nothing");
    }

    proptest! {
        #[test]
        fn nobody_is_shown_less_than_was_signed(
            price in 1..=PriceVnd::MAX, grams in 1u64..10_000_000, add in 0u16..=5_000, round in 0u32..=1_000_000,
        ) {
            let signed = dong(price);
            let (shown, per) = rule(Some(Unit::Kilogram), add, round).apply(signed, of(grams, Unit::Gram));
            let grams_of = |m: Measure| u128::from(m.value) * u128::from(m.unit.grams().unwrap());
            // shown / per >= price / grams, without a fraction.
            prop_assert!(u128::from(shown.dong()) * u128::from(grams) >= u128::from(price) * grams_of(per));
            prop_assert!(shown.dong() >= 1);
        }
    }
}
