//! A lot, a language and a time, and what things of the lot are called in them.

use nguon_id::LotId;
use nguon_service::{Lot, commune};
use nguon_trace::facts::organisation_in_urn;
use nguon_trace::finding::Finding;
use nguon_trace::quantity::{Quantity, Unit};

use super::super::words::Words;

pub(super) struct Scene<'a> {
    pub(super) words: Words,
    pub(super) lot: &'a Lot,
    pub(super) now_ms: i64,
}

/// A name, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) text: String,
    pub(super) href: Option<String>,
}

impl Named {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None }
    }
}

impl Scene<'_> {
    /// What the product is called; without a card, the name in its address.
    pub(super) fn product_name(&self) -> String {
        match (&self.lot.product, &self.lot.id) {
            (Some(product), _) => self.words.text(&product.name).to_owned(),
            (None, LotId::Own { product, .. }) => product.to_string(),
            (None, LotId::Gs1 { gtin, .. }) => self.words.with("product-of-gtin", &[("gtin", gtin.as_str())]),
        }
    }

    /// An organisation by its id.
    pub(super) fn organisation(&self, hex: &str) -> Named {
        let text = match self.lot.organisations.get(hex) {
            Some(card) => self.words.text(&card.name).to_owned(),
            None => self.words.with("organisation-without-card", &[("id", hex.get(..8).unwrap_or(hex))]),
        };
        Named { text, href: Some(self.words.href(&format!("/o/{hex}"))) }
    }

    /// So much of the lot: pieces of it by what one piece is called, where the language counts with that word.
    pub(super) fn amount(&self, quantity: Quantity) -> String {
        match (quantity.unit, &self.lot.product) {
            (Unit::Piece, Some(product))
                if self.words.is_vietnamese() && !product.unit_name.vi.is_empty() =>
            {
                format!("{} {}", self.words.number(quantity.amount), product.unit_name.vi)
            }
            _ => self.words.quantity(quantity),
        }
    }

    /// What a price is for: `500 g`, `khay`.
    pub(super) fn measure(&self, quantity: Quantity) -> String {
        match (quantity, &self.lot.product) {
            (Quantity { amount: 1, unit: Unit::Piece }, Some(product)) => {
                self.words.text(&product.unit_name).to_owned()
            }
            _ => self.amount(quantity),
        }
    }

    /// A party of an event, by URI: an organisation of this ledger, or what the event wrote.
    pub(super) fn party(&self, uri: &str) -> Named {
        match organisation_in_urn(uri) {
            Some(hex) => self.organisation(hex),
            None => Named::plain(uri),
        }
    }

    /// A place by its URI: a plot in words, or what the event wrote.
    pub(super) fn place(&self, uri: &str) -> Named {
        let Some(plot) = self.lot.plots.get(uri) else { return web_link(uri) };
        let commune = commune::name(&plot.commune);
        let place = match &plot.place_name {
            Some(place) => format!("{}, {commune}", self.words.text(place)),
            None => commune,
        };
        Named::plain(self.words.with("plot-at", &[("plot", &plot.code), ("place", &place)]))
    }

    /// Communes in which the lot grew, each once; without plots, where its maker has its seat.
    pub(super) fn origins(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for plot in self.lot.state.origin_plots.iter().filter_map(|uri| self.lot.plots.get(uri)) {
            let name = commune::name(&plot.commune);
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }

    /// A finding's sentence, with the lots that it names called by their names.
    pub(super) fn finding(&self, finding: &Finding) -> String {
        let text = if self.words.is_vietnamese() { &finding.text_vi } else { &finding.text_en };
        let named = self.lot.neighbours.keys().filter(|uri| text.contains(uri.as_str()));
        named.fold(text.clone(), |text, uri| text.replace(uri, &self.kin(uri).text))
    }

    /// A lot in a list, by its URI.
    pub(super) fn kin(&self, uri: &str) -> Named {
        let Ok(id) = LotId::from_uri(uri) else { return web_link(uri) };
        let product = match (self.lot.neighbours.get(uri), &id) {
            (Some(product), _) => self.words.text(&product.name).to_owned(),
            (None, LotId::Own { product, .. }) => product.to_string(),
            (None, LotId::Gs1 { gtin, .. }) => gtin.to_string(),
        };
        let text = self.words.with("lot-of-product", &[("product", &product), ("lot", id.lot().as_str())]);
        Named { text, href: Some(self.words.href(&id.path())) }
    }
}

/// A URI that somebody wrote: a link if it leads to the web, a text otherwise (`javascript:` is a URI too).
pub(super) fn web_link(uri: &str) -> Named {
    let is_web = uri.starts_with("https://") || uri.starts_with("http://");
    Named { text: uri.to_owned(), href: is_web.then(|| uri.to_owned()) }
}
