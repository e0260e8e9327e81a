//! Makings: no more comes out than went in, by the factors that the products' cards declare.
//!
//! ```text
//! in    500 kg fresh sweet potato                        available: 500 kg
//! out   190 bags of 500 g, of which 1 kg takes 4.5 kg    needed:    427.5 kg
//! ```
//!
//! Pieces become mass (or volume, or stems) by the net content of their product, and what is dried, milled or roasted is
//! counted as what went in by its product's ratio. What is made of lots of the same product (a split, a blend) is counted one
//! to one. Nothing converts without a declared factor: what cannot be compared is said to be so.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Amount, Step};
use crate::finding::{Code, Finding, quantity_en, quantity_vi};
use crate::history::{History, Told, names};
use crate::lot::product_of;
use crate::quantity::{Quantity, Ratio, Unit};

/// What a product's card declares about its amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Factors {
    /// What one piece holds.
    pub net_content: Option<Quantity>,
    /// How much goes in for one that comes out, at least.
    pub input_per_output: Option<Ratio>,
}

/// The products of a lot and of everything that it was made with or of, by [`product_of`].
#[must_use]
pub fn products_around<'a>(
    uri: &str,
    history: impl IntoIterator<Item = &'a crate::lot::Entry>,
) -> BTreeSet<String> {
    let events = history.into_iter().filter_map(crate::history::event);
    let with = events.filter(|event| names(event.outputs(), uri));
    let lots = with.flat_map(|event| event.inputs().iter().chain(event.outputs()));
    let mut products: BTreeSet<String> = lots.filter_map(|lot| product_of(&lot.subject)).collect();
    products.extend(product_of(uri));
    products
}

impl History<'_> {
    /// What a transformation must satisfy: all its parts are there, and no more came out than went in.
    ///
    /// Whoever makes lots of somebody else's product must say how much went in and came out, so that it can be compared.
    pub(crate) fn transformation_findings(
        &self,
        factors: &[(String, Factors)],
        of_another: bool,
    ) -> Vec<Finding> {
        let mut groups: BTreeMap<(&str, &str, u64), Vec<Told<'_>>> = BTreeMap::new();
        // A part that does not name the lot is none of it: what it took in would add weight to the lot without handing
        // down to it what is held against those inputs.
        for (entry, event) in self.by_maker() {
            if event.step == Step::Harvest || !names(event.outputs(), self.uri) {
                continue;
            }
            // Parts of one transformation are judged together; every other event stands for itself.
            let key = match (event.part, event.process()) {
                (Some(_), Some(process)) => (process, entry.organisation.as_str(), 0),
                _ => ("", "", entry.index),
            };
            groups.entry(key).or_default().push((entry, event));
        }
        groups.values().filter_map(|group| finding(group, factors, of_another)).collect()
    }
}

fn finding(group: &[Told<'_>], factors: &[(String, Factors)], of_another: bool) -> Option<Finding> {
    let records: Vec<u64> = group.iter().map(|(entry, _)| entry.index).collect();
    let parts: BTreeSet<u16> = group.iter().filter_map(|(_, event)| Some(event.part?.number)).collect();
    if let Some(of) = group.iter().filter_map(|(_, event)| Some(event.part?.of)).max()
        && parts.len() < usize::from(of)
    {
        return Some(Finding::new(
            Code::PartsMissing,
            records,
            format!("Mẻ chế biến này gồm {of} phần, mới có {} phần được ghi.", parts.len()),
            format!("This transformation has {of} parts, of which {} are recorded.", parts.len()),
        ));
    }
    let outputs: Vec<&Amount> = group.iter().flat_map(|(_, event)| event.outputs()).collect();
    // A lot that goes into itself adds nothing to it.
    let adds = |input: &&Amount| outputs.iter().all(|output| output.subject != input.subject);
    let inputs: Vec<&Amount> = group.iter().flat_map(|(_, event)| event.inputs()).filter(adds).collect();
    let Some(sums) = Sums::of(&inputs, &outputs, factors) else {
        return Some(if of_another {
            Finding::new(
                Code::BrandUnverified,
                records,
                "Lô mang sản phẩm của đơn vị khác mà không so được số lượng với nguyên liệu.".to_owned(),
                "The lot bears somebody else's product, and its quantity cannot be compared with what went in."
                    .to_owned(),
            )
        } else {
            Finding::new(
                Code::FactorUndeclared,
                records,
                "Không so được số lượng làm ra với nguyên liệu: khác đơn vị mà chưa khai cách quy đổi, hoặc thiếu số lượng."
                    .to_owned(),
                "What was made cannot be compared with what went in: the units differ and no factor is declared, or a \
                 quantity is missing."
                    .to_owned(),
            )
        });
    };
    let quantity =
        |amount: u128| Quantity { amount: u64::try_from(amount).unwrap_or(u64::MAX), unit: sums.unit };
    if sums.needed > sums.available {
        let (made, came) = (quantity(sums.made), quantity(sums.came));
        let (vi, en) = if sums.needed == sums.made.saturating_sub(sums.kept) {
            (
                format!("Làm ra {} trong khi chỉ đưa vào {}.", quantity_vi(made), quantity_vi(came)),
                format!("{} came out of only {}.", quantity_en(made), quantity_en(came)),
            )
        } else {
            let needed = quantity(sums.needed.saturating_add(sums.kept));
            (
                format!(
                    "Làm ra {} thì theo tỷ lệ đã khai phải cần {} nguyên liệu, trong khi chỉ đưa vào {}.",
                    quantity_vi(made),
                    quantity_vi(needed),
                    quantity_vi(came)
                ),
                format!(
                    "{} takes {} by the declared ratio, but only {} went in.",
                    quantity_en(made),
                    quantity_en(needed),
                    quantity_en(came)
                ),
            )
        };
        return Some(Finding::new(Code::OutputBeyondInput, records, vi, en));
    }
    let is_processing = group.iter().any(|(_, event)| event.step == Step::Processing);
    (is_processing && !sums.has_ratio).then(|| {
        Finding::new(
            Code::FactorUndeclared,
            records,
            "Chế biến mà chưa khai tỷ lệ nguyên liệu, nên chỉ so được theo tỷ lệ một đổi một.".to_owned(),
            "It was processed, and no ratio is declared: it can only be compared one to one.".to_owned(),
        )
    })
}

/// What went in and came out, all in one unit.
struct Sums {
    unit: Unit,
    came: u128,
    made: u128,
    /// Of what was made, so much is of a product that went in.
    kept: u128,
    /// What the rest of it takes.
    needed: u128,
    /// What is there for that.
    available: u128,
    /// Whether everything that became another product has a declared ratio.
    has_ratio: bool,
}

impl Sums {
    /// In the first unit that every amount can be said in.
    fn of(inputs: &[&Amount], outputs: &[&Amount], factors: &[(String, Factors)]) -> Option<Self> {
        if inputs.is_empty() || outputs.is_empty() {
            return None;
        }
        [Unit::Gram, Unit::Millilitre, Unit::Piece].into_iter().find_map(|unit| {
            let mut by_product: BTreeMap<Option<String>, (u128, u128)> = BTreeMap::new();
            for input in inputs {
                let product = product_of(&input.subject);
                let amount = in_unit(input, product.as_deref(), factors, unit)?;
                by_product.entry(product).or_default().0 += amount;
            }
            for output in outputs {
                let product = product_of(&output.subject);
                let amount = in_unit(output, product.as_deref(), factors, unit)?;
                by_product.entry(product).or_default().1 += amount;
            }
            // Pieces of one thing are no pieces of another, unless both say what they hold.
            let counted_alike = |product: &Option<String>| {
                declared(product.as_deref(), factors).net_content.is_some_and(|net| net.unit == Unit::Piece)
            };
            if unit == Unit::Piece && by_product.len() > 1 && !by_product.keys().all(counted_alike) {
                return None;
            }
            let mut sums = Self { unit, came: 0, made: 0, kept: 0, needed: 0, available: 0, has_ratio: true };
            for (product, (came, made)) in by_product {
                sums.came += came;
                sums.made += made;
                sums.kept += came.min(made);
                sums.available += came.saturating_sub(made);
                let more = made.saturating_sub(came);
                let ratio = declared(product.as_deref(), factors).input_per_output;
                sums.has_ratio &= more == 0 || ratio.is_some();
                sums.needed += match ratio {
                    Some(ratio) => (more * u128::from(ratio.thousandths)).div_ceil(1_000),
                    None => more,
                };
            }
            Some(sums)
        })
    }
}

fn declared(product: Option<&str>, factors: &[(String, Factors)]) -> Factors {
    let known = product.and_then(|product| factors.iter().find(|(known, _)| known == product));
    known.map(|(_, factors)| *factors).unwrap_or_default()
}

fn in_unit(
    amount: &Amount,
    product: Option<&str>,
    factors: &[(String, Factors)],
    unit: Unit,
) -> Option<u128> {
    let quantity = amount.quantity?;
    let net = declared(product, factors).net_content.filter(|net| net.unit == unit);
    match (quantity.unit, net) {
        (Unit::Piece, Some(net)) => Some(u128::from(quantity.amount) * u128::from(net.amount)),
        (own, _) if own == unit => Some(u128::from(quantity.amount)),
        _ => None,
    }
}
