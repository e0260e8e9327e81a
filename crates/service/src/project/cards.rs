//! Cards of master data: the newest card on a URI counts, from the organisation that laid the first.
//!
//! A card on a URI that another organisation laid is that organisation's claim about somebody else's thing: it is
//! linked to the thing's history and changes nothing.

use nguon_epcis::Document;
use nguon_ledger::Record;
use nguon_storage::SubjectRow;
use nguon_trace::facts::{Facts, organisation_urn};
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
        proven: &[String],
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
        if kind != "organisation" && !proven.contains(&uri) {
            return Ok(());
        }
        self.link(&uri);
        let before = self.subject(&uri).await?;
        if before
            .as_ref()
            .is_some_and(|row| row.organisation_id != organisation.as_bytes() || row.kind != kind)
        {
            return Ok(());
        }
        if let Facts::Organisation(card) = &facts {
            for gln in card.identifiers.iter().filter(|known| known.scheme == "gln") {
                let alias = format!("gln:{}", gln.value);
                if self.alias(&alias).await?.is_none() {
                    self.batch.aliases.insert(alias, uri.clone());
                }
            }
        }
        if let Facts::Product(product) = &facts {
            // Two ways to one product: a GTIN that came after the stickers, and the code that came before it.
            if self.alias(&format!("code:{}", product.code)).await?.is_none_or(|owner| owner == uri) {
                self.batch.aliases.insert(format!("code:{}", product.code), uri.clone());
                if let Some(gtin) = &product.gtin
                    && self.alias(&format!("gtin:{gtin}")).await?.is_none_or(|owner| owner == uri)
                {
                    self.batch.aliases.insert(format!("gtin:{gtin}"), uri.clone());
                }
            }
        }
        let card = Card {
            index: self.size,
            event_id: record.event_id().to_string(),
            organisation: organisation.to_string(),
            facts,
            told: before.as_ref().and_then(Card::of).and_then(|card| card.told),
        };
        let row = SubjectRow {
            uri: uri.clone(),
            kind: kind.to_owned(),
            organisation_id: organisation.as_bytes().to_vec(),
            status: before.map_or(status.to_owned(), |row| row.status),
            search_key: search_key(name.trim()),
            last_index: rows::signed(self.size),
            state: card.state(),
        };
        self.put(row);
        match card.facts {
            Facts::Listing(listing) => self.listing_said(&listing).await,
            _ => Ok(()),
        }
    }
}
