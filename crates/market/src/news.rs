//! What a webhook tells: the difference between how an offer stood and how it stands.
//!
//! ```text
//! {"type": "listing.price_changed", "timestamp": "2026-05-04T03:12:00Z",
//!  "data": {"listing": "https://…/l/ca-chua", "price_vnd": 26000, "price_vnd_before": 25000, …}}
//! ```
//!
//! The envelope is that of Standard Webhooks (`type`, `timestamp`, `data`). A message is a nudge: it names what to look
//! at and how it stands now; the feed is the whole truth, and whoever lost messages follows its cursor.

use serde::{Deserialize, Serialize};

use crate::ReasonCode;

/// How an offer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Whether it may be bought.
    pub state: OfferStanding,
    /// Đồng.
    pub price_vnd: u64,
    /// For so many base units.
    pub price_per: u64,
    /// Whether a certificate that a lot of it goes under has ended.
    pub certificate_ended: bool,
}

/// Whether it may be bought, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferStanding {
    /// Yes.
    ForSale,
    /// Nothing is left.
    OutOfStock,
    /// It is gone, for this reason.
    Gone(ReasonCode),
}

impl OfferStanding {
    /// The stable word, as it is kept.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::ForSale => "for_sale",
            Self::OutOfStock => "out_of_stock",
            Self::Gone(reason) => reason.code(),
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "for_sale" => Some(Self::ForSale),
            "out_of_stock" => Some(Self::OutOfStock),
            _ => ReasonCode::ALL.into_iter().find(|reason| reason.code() == word).map(Self::Gone),
        }
    }
}

/// What there is to tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NewsKind {
    /// Nothing is left of it.
    #[serde(rename = "listing.out_of_stock")]
    OutOfStock,
    /// There is some of it again, or for the first time.
    #[serde(rename = "listing.available")]
    Available,
    /// It costs something else.
    #[serde(rename = "listing.price_changed")]
    PriceChanged,
    /// A lot of it is recalled.
    #[serde(rename = "listing.recalled")]
    Recalled,
    /// A certificate that a lot of it goes under ran out.
    #[serde(rename = "listing.certificate_expired")]
    CertificateExpired,
    /// It left the feed.
    #[serde(rename = "listing.gone")]
    Gone,
    /// A lot in an order of this exchange may not be sold any more, or must be called back from who bought it.
    #[serde(rename = "order.recalled")]
    OrderRecalled,
    /// An order of this exchange took a step that the exchange did not ask for.
    #[serde(rename = "order.changed")]
    OrderChanged,
}

impl NewsKind {
    /// Everything there is to tell of.
    pub const ALL: [NewsKind; 8] = [
        Self::OutOfStock,
        Self::Available,
        Self::PriceChanged,
        Self::Recalled,
        Self::CertificateExpired,
        Self::Gone,
        Self::OrderRecalled,
        Self::OrderChanged,
    ];

    /// The `type` of the message.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::OutOfStock => "listing.out_of_stock",
            Self::Available => "listing.available",
            Self::PriceChanged => "listing.price_changed",
            Self::Recalled => "listing.recalled",
            Self::CertificateExpired => "listing.certificate_expired",
            Self::Gone => "listing.gone",
            Self::OrderRecalled => "order.recalled",
            Self::OrderChanged => "order.changed",
        }
    }

    /// Reads the `type` of a message.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == word)
    }
}

/// What there is to tell when an offer that stood so stands so now; `None`: it was not there before.
#[must_use]
pub fn news(before: Option<&Offer>, now: &Offer) -> Vec<NewsKind> {
    let was = before.map(|offer| offer.state);
    let mut told = Vec::new();
    let shown = |state: Option<OfferStanding>| {
        matches!(state, Some(OfferStanding::ForSale | OfferStanding::OutOfStock))
    };
    let ended = before.is_some_and(|before| !before.certificate_ended) && now.certificate_ended && shown(was);
    if ended {
        told.push(NewsKind::CertificateExpired);
    }
    if was != Some(now.state) {
        match now.state {
            OfferStanding::ForSale => told.push(NewsKind::Available),
            OfferStanding::OutOfStock => told.push(NewsKind::OutOfStock),
            // Recalled also tells who had dropped the listing before: somebody may still have goods of it.
            OfferStanding::Gone(ReasonCode::LotRecalled) if before.is_some() => told.push(NewsKind::Recalled),
            OfferStanding::Gone(_) if shown(was) && !ended => told.push(NewsKind::Gone),
            OfferStanding::Gone(_) => {}
        }
    }
    let price = |offer: &Offer| (offer.price_vnd, offer.price_per);
    if before.is_some_and(|before| price(before) != price(now)) && shown(was) && shown(Some(now.state)) {
        told.push(NewsKind::PriceChanged);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(state: OfferStanding, price_vnd: u64) -> Offer {
        Offer { state, price_vnd, price_per: 1, certificate_ended: false }
    }

    #[test]
    fn each_change_is_told_once_by_its_own_name() {
        use OfferStanding::{ForSale, Gone, OutOfStock};
        let recalled = Gone(ReasonCode::LotRecalled);
        let withdrawn = Gone(ReasonCode::Withdrawn);
        let ended = |state| Offer { certificate_ended: true, ..offer(state, 5) };
        let blocked = Gone(ReasonCode::LotBlocked);
        for (before, now, expected) in [
            (None, offer(ForSale, 5), vec![NewsKind::Available]),
            (None, offer(withdrawn, 5), vec![]),
            (None, offer(recalled, 5), vec![]),
            (Some(offer(ForSale, 5)), offer(ForSale, 5), vec![]),
            (Some(offer(ForSale, 5)), offer(ForSale, 6), vec![NewsKind::PriceChanged]),
            (Some(offer(ForSale, 5)), offer(OutOfStock, 5), vec![NewsKind::OutOfStock]),
            (
                Some(offer(OutOfStock, 5)),
                offer(ForSale, 6),
                vec![NewsKind::Available, NewsKind::PriceChanged],
            ),
            (Some(offer(ForSale, 5)), offer(recalled, 5), vec![NewsKind::Recalled]),
            (Some(offer(withdrawn, 5)), offer(recalled, 5), vec![NewsKind::Recalled]),
            (Some(offer(recalled, 5)), offer(recalled, 9), vec![]),
            (Some(offer(ForSale, 5)), ended(blocked), vec![NewsKind::CertificateExpired]),
            (Some(offer(ForSale, 5)), ended(ForSale), vec![NewsKind::CertificateExpired]),
            (Some(ended(ForSale)), ended(withdrawn), vec![NewsKind::Gone]),
            (Some(ended(blocked)), ended(withdrawn), vec![]),
            (None, ended(ForSale), vec![NewsKind::Available]),
            (Some(offer(OutOfStock, 5)), offer(withdrawn, 7), vec![NewsKind::Gone]),
            (Some(offer(recalled, 5)), offer(ForSale, 5), vec![NewsKind::Available]),
        ] {
            assert_eq!(news(before.as_ref(), &now), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn each_kind_and_each_standing_reads_back() {
        for kind in NewsKind::ALL {
            assert_eq!(NewsKind::parse(kind.key()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.key()));
        }
        let fixed = [OfferStanding::ForSale, OfferStanding::OutOfStock];
        let gone = ReasonCode::ALL;
        for standing in fixed.into_iter().chain(gone.map(OfferStanding::Gone)) {
            assert_eq!(OfferStanding::parse(standing.key()), Some(standing));
        }
    }
}
