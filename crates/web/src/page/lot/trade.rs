//! What the lot was made of and what was made of it, what became of it, and where it is offered.

use nguon_trace::facts::Listing;
use nguon_trace::quantity::Quantity;

use super::super::words::Said;
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
    /// Which part of the bar it is; `made` is none.
    pub(super) class: &'static str,
}

/// An organisation that had some of the lot.
pub(super) struct Holder {
    pub(super) who: Named,
    /// What it did with it, and what is left.
    pub(super) amounts: String,
}

/// Where all of the lot went, as a bar.
pub(super) struct Bar {
    /// (class, where it begins, how long it is), of 1,000.
    pub(super) parts: Vec<(&'static str, u64, u64)>,
}

pub(super) struct Offer {
    pub(super) title: Said,
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
        ("amount-made", balance.made, "made"),
        ("amount-used", balance.used, "used"),
        ("amount-sold", balance.sold, "sold"),
        ("amount-lost", balance.lost, "lost"),
        ("amount-left", balance.left, "left"),
        // Where it lies, not what became of it: no part of the sum.
        ("amount-shipped", balance.shipped, "made"),
    ];
    rows.into_iter()
        .filter(|(key, amount, _)| *amount > 0 || matches!(*key, "amount-made" | "amount-left"))
        .map(|(key, amount, class)| Amount {
            label: scene.words.t(key),
            quantity: scene.amount(Quantity { amount, unit: balance.unit }),
            class,
        })
        .collect()
}

/// What was used, sold, lost and is left, where there is anything to compare.
pub(super) fn bar(scene: &Scene<'_>) -> Option<Bar> {
    let balance = scene.lot.state.balance?;
    let amounts =
        [("used", balance.used), ("sold", balance.sold), ("lost", balance.lost), ("left", balance.left)];
    // Wide enough for whatever was written: sums of what others say.
    let whole: u128 = amounts.iter().map(|(_, amount)| u128::from(*amount)).sum();
    let mut begin = 0;
    let mut parts = Vec::new();
    for (class, amount) in amounts.into_iter().filter(|(_, amount)| *amount > 0) {
        let length = u64::try_from(u128::from(amount) * 1_000 / whole).unwrap_or_default();
        parts.push((class, begin, length));
        begin += length;
    }
    (parts.len() > 1).then_some(Bar { parts })
}

/// Through whose hands it went: the maker first. Nothing, if it never left the maker.
pub(super) fn holders(scene: &Scene<'_>) -> Vec<Holder> {
    let (words, state) = (scene.words, &scene.lot.state);
    let Some(balance) = state.balance.filter(|_| state.holdings.len() > 1) else { return Vec::new() };
    let mut holdings: Vec<_> = state.holdings.iter().collect();
    holdings.sort_by_key(|(hex, _)| (state.maker.as_ref() != Some(*hex), (*hex).clone()));
    let holder = |(hex, holding): (&String, &nguon_trace::lot::Holding)| {
        let said = if holding.received == 0 { holding.sent_here } else { 0 };
        let rows = [
            ("holder-made", holding.made),
            ("holder-received", holding.received),
            ("holder-sent", said),
            ("holder-used", holding.used),
            ("holder-shipped", holding.shipped),
            ("holder-sold", holding.sold),
            ("holder-lost", holding.lost),
        ];
        let left = std::iter::once(("holder-left", holding.left));
        let amounts = rows.into_iter().filter(|(_, amount)| *amount > 0).chain(left).map(|(key, amount)| {
            words.with(key, &[("quantity", &scene.amount(Quantity { amount, unit: balance.unit }))])
        });
        Holder { who: scene.organisation(hex), amounts: amounts.collect::<Vec<_>>().join(" · ") }
    };
    holdings.into_iter().map(holder).collect()
}

/// Offers that stand now.
pub(super) fn offers(scene: &Scene<'_>) -> Vec<Offer> {
    let words = scene.words;
    let offer = |listing: &Listing| Offer {
        title: words.said(&listing.title),
        price: words.with(
            "price-per",
            &[("price", &words.price(listing.price_dong)), ("quantity", &scene.measure(listing.price_per))],
        ),
        stock: words.with("offer-stock", &[("quantity", &scene.amount(listing.stock))]),
        until: words.with("offer-until", &[("until", &words.moment_in_vietnam(listing.valid_until_ms).text)]),
    };
    scene.standing_offers().map(offer).collect()
}

/// Whom to call to buy: the maker's own number. The ledger takes no orders.
pub(super) fn seller(scene: &Scene<'_>) -> Option<String> {
    let hotline = scene.lot.organisations.get(scene.lot.state.maker.as_ref()?)?.hotline.as_ref()?;
    Some(scene.words.with("offer-call", &[("who", hotline)]))
}
