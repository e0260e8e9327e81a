//! Cards of master data: the newest card on a URI counts, from the organisation that laid the first. One that was not
//! recognised loses the URI to the first recognised one that lays a card there, and gets no other names (codes, GTINs,
//! GLNs) before it is recognised: being first is worth nothing without a standing.
//!
//! A card on a URI that another organisation laid is that organisation's claim about somebody else's thing: it is
//! linked to the thing's history and changes nothing.

use std::collections::BTreeSet;

use nguon_epcis::Document;
use nguon_ledger::{OrganisationId, Record, Subject};
use nguon_storage::SubjectRow;
use nguon_trace::facts::{Facts, Product, organisation_urn};
use nguon_trace::lot::Factors;
use serde::{Deserialize, Serialize};

use super::{ProjectError, Projector, search_key};
use crate::rows;

/// What is kept of a card: which record laid it, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Entry of the newest record on it.
    pub index: u64,
    /// That record's event id, hex.
    pub event_id: String,
    /// Whose it is, hex.
    pub organisation: String,
    /// The entry from which a recognised organisation has it.
    pub since: Option<u64>,
    /// What it says.
    pub facts: Facts,
    /// For a listing: a digest of what the feed last said of it.
    pub(crate) told: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct State {
    index: u64,
    event_id: String,
    organisation: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    since: Option<u64>,
    /// The card as its own JSON document, without subjects.
    document: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    told: Option<String>,
}

impl Card {
    /// The card of a thing's row; nothing if the row is not a card.
    pub fn of(row: &SubjectRow) -> Option<Self> {
        let state: State = serde_json::from_str(&row.state).ok()?;
        let facts = nguon_epcis::read(state.document.to_string().as_bytes()).ok()?.facts;
        Some(Self {
            index: state.index,
            event_id: state.event_id,
            organisation: state.organisation,
            since: state.since,
            facts,
            told: state.told,
        })
    }

    pub(super) fn state(&self) -> String {
        let document = nguon_epcis::write(&Document { subjects: Vec::new(), facts: self.facts.clone() });
        let state = State {
            index: self.index,
            event_id: self.event_id.clone(),
            organisation: self.organisation.clone(),
            since: self.since,
            document: serde_json::from_slice(&document).expect("what is written is JSON"),
            told: self.told.clone(),
        };
        serde_json::to_string(&state).expect("a card has text keys only")
    }
}

impl Projector {
    pub(super) async fn card(
        &mut self,
        record: &Record,
        proven: &[(String, Subject)],
        facts: Facts,
    ) -> Result<(), ProjectError> {
        let organisation = record.belongs_to();
        let own = organisation_urn(&organisation.to_string());
        let (uri, kind, name, status) = match &facts {
            Facts::Organisation(card) => {
                // An organisation speaks of itself only, whatever URI it writes.
                let name = format!("{} {}", card.name.vi, card.name.en.as_deref().unwrap_or_default());
                (own.clone(), "organisation", name, "known")
            }
            Facts::Plot(card) => {
                (card.uri.clone(), "plot", format!("{} {}", card.code, card.crop.vi), "known")
            }
            Facts::Product(card) => {
                let name =
                    format!("{} {} {}", card.name.vi, card.name.en.as_deref().unwrap_or_default(), card.code);
                (card.uri.clone(), "product", name, "known")
            }
            Facts::Certificate(card) => (card.uri.clone(), "certificate", card.number.clone(), "known"),
            Facts::Listing(card) => (card.uri.clone(), "listing", card.title.vi.clone(), "new"),
            Facts::Event(_) => return Ok(()),
        };
        if kind != "organisation" && !proven.iter().any(|(known, _)| *known == uri) {
            return Ok(());
        }
        self.link(&uri);
        let before = self.subject(&uri).await?;
        let known = before.as_ref().and_then(Card::of);
        let recognised = self.standing_at(organisation, self.size).is_recognised();
        if let Some(row) = &before {
            let own = row.organisation_id == organisation.as_bytes();
            // A product's or certificate's address that was taken without a standing, and a product's whose holder lost its
            // own (a suspended one keeps its names). Plots and listings stay with whoever laid them.
            let free = recognised
                && known.as_ref().is_some_and(|card| match kind {
                    "certificate" => card.since.is_none(),
                    "product" => card.since.is_none() || !self.has_standing(&card.organisation),
                    _ => false,
                });
            if row.kind != kind || !(own || free) {
                return Ok(());
            }
        }
        let held = known.as_ref().filter(|card| card.organisation == organisation.to_string());
        let was_held = held.is_some_and(|card| card.since.is_some() == recognised);
        let before_facts = known.as_ref().map(|card| card.facts.clone());
        let card = Card {
            index: self.size,
            event_id: record.event_id().to_string(),
            organisation: organisation.to_string(),
            since: held.and_then(|card| card.since).or(recognised.then_some(self.size)),
            facts,
            told: known.and_then(|card| card.told),
        };
        if recognised {
            self.other_names(&uri, &card.facts).await?;
        }
        let row = SubjectRow {
            uri: uri.clone(),
            kind: kind.to_owned(),
            organisation_id: organisation.as_bytes().to_vec(),
            status: before.map_or(status.to_owned(), |row| row.status),
            search_key: search_key(name.trim()),
            last_index: rows::signed(self.size),
            state: card.state(),
        };
        // What the plot said before, so that what it says otherwise from now on is told to its lots.
        if kind == "plot" {
            self.plot_state(&uri).await?;
        }
        self.put(row);
        match card.facts {
            Facts::Listing(listing) => self.listing_said(&listing).await,
            Facts::Plot(_) => self.plot_changed(&uri).await,
            Facts::Product(product) => {
                let was = before_facts.as_ref().and_then(|facts| match facts {
                    Facts::Product(was) => Some((was.gtin, factors(was))),
                    _ => None,
                });
                if was == Some((product.gtin, factors(&product))) && was_held {
                    return Ok(());
                }
                self.product_changed(&uri, &product).await
            }
            Facts::Certificate(_) if recognised => self.paper_changed(&uri).await,
            _ => Ok(()),
        }
    }

    /// A product's card was laid, declares other factors, or is another organisation's now: its lots are judged again,
    /// with what was made beside them and of them.
    async fn product_changed(&mut self, uri: &str, product: &Product) -> Result<(), ProjectError> {
        let mut prefixes = vec![format!("{uri}/l/")];
        prefixes.extend(product.gtin.as_ref().map(|gtin| format!("https://id.gs1.org/01/{gtin}/10/")));
        let mut lots = BTreeSet::new();
        for prefix in prefixes {
            let pending = self.batch.changed.range(prefix.clone()..);
            lots.extend(pending.take_while(|uri| uri.starts_with(&prefix)).cloned());
            let mut after = prefix.clone();
            while lots.len() < self.reach() {
                let rows = self.target.reader().await?.list_subjects("lot", &after, 500).await?;
                let own = rows.iter().map(|row| &row.uri).take_while(|uri| uri.starts_with(&prefix));
                let own: Vec<String> = own.cloned().collect();
                let Some(last) = own.last() else { break };
                after.clone_from(last);
                let is_end = own.len() < rows.len() || rows.len() < 500;
                lots.extend(own);
                if is_end {
                    break;
                }
            }
        }
        let mut touched = lots.clone();
        for lot in lots {
            touched.extend(self.made_of(&lot).await?);
            let state = self.lot_state(&lot).await?;
            for input in state.iter().flat_map(|state| &state.inputs) {
                touched.extend(self.made_of(&input.uri).await?);
            }
        }
        let reach = self.reach();
        self.judge_from(touched.into_iter().collect(), reach).await
    }

    /// What else a thing is known by.
    async fn other_names(&mut self, uri: &str, facts: &Facts) -> Result<(), ProjectError> {
        match facts {
            Facts::Organisation(card) => {
                for gln in card.identifiers.iter().filter(|known| known.scheme == "gln") {
                    self.name(format!("gln:{}", gln.value), uri).await?;
                }
            }
            // Two ways to one product: a GTIN that came after the stickers, and the code that came before it.
            Facts::Product(product) => {
                if self.name(format!("code:{}", product.code), uri).await?
                    && let Some(gtin) = &product.gtin
                {
                    self.name(format!("gtin:{gtin}"), uri).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives a name to a thing, unless something else has it.
    async fn name(&mut self, alias: String, uri: &str) -> Result<bool, ProjectError> {
        let free = match self.alias(&alias).await? {
            Some(owner) if owner != uri => !self.is_recognised_owner(&owner).await?,
            _ => true,
        };
        if free {
            self.put_alias(alias, uri);
        }
        Ok(free)
    }

    /// Whether the province still recognises the organisation whose thing this is: a name that somebody took wrongly is free
    /// again when the operator takes away the standing it was taken with.
    async fn is_recognised_owner(&mut self, uri: &str) -> Result<bool, ProjectError> {
        let Some(card) = self.card_of(uri).await? else { return Ok(false) };
        Ok(self.has_standing(&card.organisation))
    }

    /// Whether an organisation has a standing, be it suspended.
    fn has_standing(&self, organisation: &str) -> bool {
        let standing = organisation.parse::<OrganisationId>().map(|id| self.standing_at(id, self.size));
        standing.is_ok_and(|standing| standing.0 & !nguon_trace::lot::Standing::SUSPENDED.0 != 0)
    }

    /// An organisation was recognised: what it laid before is its own from now on.
    pub(super) async fn recognised(&mut self, organisation: OrganisationId) -> Result<(), ProjectError> {
        let mut uris: BTreeSet<String> = self.batch.changed.clone();
        for kind in ["organisation", "plot", "product", "certificate", "listing"] {
            let mut after = String::new();
            loop {
                let mut reader = self.target.reader().await?;
                let rows = reader.subjects_of(organisation.as_bytes(), kind, &after, 500).await?;
                let Some(last) = rows.last() else { break };
                after.clone_from(&last.uri);
                uris.extend(rows.into_iter().map(|row| row.uri));
            }
        }
        for uri in uris {
            let Some(mut row) = self.subject(&uri).await? else { continue };
            let Some(card) = Card::of(&row).filter(|card| card.organisation == organisation.to_string())
            else {
                continue;
            };
            self.other_names(&uri, &card.facts).await?;
            if card.since.is_none() {
                row.state = Card { since: Some(self.size), ..card }.state();
                self.put(row);
            }
        }
        Ok(())
    }
}

/// What a product's card declares about its amounts.
pub(super) fn factors(product: &Product) -> Factors {
    Factors { net_content: product.net_content, input_per_output: product.input_per_output }
}
