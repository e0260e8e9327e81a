//! A lot, a language and a time, and what things of the lot are called in them.

use nguon_id::LotId;
use nguon_service::{Lot, commune};
use nguon_trace::facts::{Listing, Scheme, organisation_in_urn};
use nguon_trace::finding::Finding;
use nguon_trace::quantity::{Quantity, Unit};

use super::super::words::{Said, Words};

pub(super) struct Scene<'a> {
    pub(super) words: Words,
    pub(super) lot: &'a Lot,
    pub(super) now_ms: i64,
    /// The lot's best address today: scheme and host, and path.
    pub(super) base: &'a str,
    pub(super) path: &'a str,
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
    /// The page's one address.
    pub(super) fn canonical(&self) -> String {
        format!("{}{}", self.base, self.path)
    }

    /// What the product is called; without a card, the name in its address.
    pub(super) fn product_name(&self) -> String {
        self.product_said().text
    }

    /// The same, with the language it is in.
    pub(super) fn product_said(&self) -> Said {
        let text = match (&self.lot.product, &self.lot.id) {
            (Some(product), _) => return self.words.said(&product.name),
            (None, LotId::Own { product, .. }) => product.to_string(),
            (None, LotId::Gs1 { gtin, .. }) => self.words.with("product-of-gtin", &[("gtin", gtin.as_str())]),
        };
        Said { text, lang: None }
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
            (Unit::Piece, Some(product)) => match self.words.counting_word(&product.unit_name) {
                Some(word) => format!("{} {word}", self.words.number(quantity.amount)),
                None => self.words.quantity(quantity),
            },
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
    pub(super) fn finding(&self, finding: &Finding) -> Said {
        let mut said = self.words.finding(finding);
        for uri in self.lot.neighbours.keys() {
            if said.text.contains(uri.as_str()) {
                said.text = said.text.replace(uri, &self.kin(uri).text);
            }
        }
        said
    }

    /// What rule speaks, in a few words of the page's language.
    pub(super) fn rule(&self, finding: &Finding) -> String {
        // Its word for machines is how the code is written as JSON.
        let code = serde_json::to_value(finding.code).ok();
        let word = code.as_ref().and_then(|code| code.as_str()).unwrap_or_default();
        self.words.t(&format!("rule-{}", word.replace('_', "-")))
    }

    /// Offers that stand now; the feed decides which, this leaves out those whose last minute has passed since.
    pub(super) fn standing_offers(&self) -> impl Iterator<Item = &Listing> {
        let stands = |listing: &&Listing| {
            listing.valid_from_ms <= self.now_ms && self.now_ms <= listing.valid_until_ms
        };
        self.lot.listings.iter().filter(stands)
    }

    /// What a kind of paper is called.
    pub(super) fn scheme(&self, scheme: &Scheme) -> String {
        match scheme {
            Scheme::Ocop { stars } => self.words.with("scheme-ocop", &[("stars", &stars.to_string())]),
            Scheme::Other(name) => name.clone(),
            known => {
                let word = known.to_string();
                self.words.known("scheme", &word).unwrap_or(word)
            }
        }
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
