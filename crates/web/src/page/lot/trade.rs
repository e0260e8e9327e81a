//! What the lot was made of and what was made of it, what became of it, and where it is offered.

use nguon_trace::facts::Listing;
use nguon_trace::quantity::Quantity;

use super::scene::{Named, Scene};

/// A lot one step back or forward.
pub(super) struct Kin {
    pub(super) lot: Named,
    pub(super) quantity: Option<String>,
    pub(super) share: Option<String>,
}

pub(super) struct Amount {
    pub(super) label: String,
    pub(super) quantity: String,
    pub(super) is_rest: bool,
}

pub(super) struct Offer {
    pub(super) title: String,
    pub(super) price: String,
    pub(super) stock: String,
    pub(super) until: String,
}

pub(super) fn inputs(scene: &Scene<'_>) -> Vec<Kin> {
    let kin = |input: &nguon_trace::lot::Input| Kin {
        lot: scene.kin(&input.uri),
        quantity: input.quantity.map(|quantity| scene.words.quantity(quantity)),
        share: input.share_millionths.map(|share| scene.words.share(share)),
    };
    scene.lot.state.inputs.iter().map(kin).collect()
}

pub(super) fn outputs(scene: &Scene<'_>) -> Vec<Kin> {
    let kin = |output: &nguon_trace::lot::Output| Kin {
        lot: scene.kin(&output.uri),
        quantity: output
            .used
            .map(|quantity| scene.words.with("used-for", &[("quantity", &scene.amount(quantity))])),
        share: None,
    };
    scene.lot.state.outputs.iter().map(kin).collect()
}

pub(super) fn amounts(scene: &Scene<'_>) -> Vec<Amount> {
    let Some(balance) = scene.lot.state.balance else { return Vec::new() };
    let rows = [
        ("amount-made", balance.made, false),
        ("amount-used", balance.used, false),
        ("amount-sold", balance.sold, false),
        ("amount-lost", balance.lost, false),
        ("amount-left", balance.left, true),
        // Where it lies, not what became of it: no part of the sum.
        ("amount-shipped", balance.shipped, false),
    ];
    rows.into_iter()
        .filter(|(key, amount, _)| *amount > 0 || matches!(*key, "amount-made" | "amount-left"))
        .map(|(key, amount, is_rest)| Amount {
            label: scene.words.t(key),
            quantity: scene.amount(Quantity { amount, unit: balance.unit }),
            is_rest,
        })
        .collect()
}

/// Offers that stand now; the feed decides which, this leaves out those whose last minute has passed since.
pub(super) fn offers(scene: &Scene<'_>) -> Vec<Offer> {
    let words = scene.words;
    let offer = |listing: &Listing| Offer {
        title: words.text(&listing.title).to_owned(),
        price: words.with(
            "price-per",
            &[("price", &words.price(listing.price_dong)), ("quantity", &scene.measure(listing.price_per))],
        ),
        stock: words.with("offer-stock", &[("quantity", &scene.amount(listing.stock))]),
        until: words.with("offer-until", &[("until", &words.moment_in_vietnam(listing.valid_until_ms).text)]),
    };
    let stands =
        |listing: &&Listing| listing.valid_from_ms <= scene.now_ms && scene.now_ms <= listing.valid_until_ms;
    scene.lot.listings.iter().filter(stands).map(offer).collect()
}
