//! What pages, feeds and people ask: a lot with everything a page about it needs, what is for sale, who is who.
//!
//! Answers come from the read models; who is who from the projector's authority. Both are as of the last projected
//! entry, a moment behind the sequencer.

mod brief;
mod lot;
mod memory;
mod reads;
mod recall;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLockReadGuard};

use nguon_id::{LotId, ShortCode};
use nguon_ledger::authority::{Fork, Head, Revocation, Rights};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::{Flags, OrganisationId, PublicKey, Roles, Standing};
use nguon_storage::{Store, StoreError, SubjectRow};
use nguon_trace::completeness::{self, Completeness};
use nguon_trace::facts::{Certificate, Facts, Listing, Organisation, Plot, Product, organisation_urn};
use nguon_trace::lot::LotState;
use serde::Serialize;

pub use self::brief::LotBrief;
pub use self::lot::end_of_day_ms;
use self::memory::Memory;
use self::reads::{Reading, Reads};
pub use self::recall::{RecallScope, ScopeHolder, ScopeLot, ScopeOrder};
pub use self::trace::{Trace, TracedLot};
use crate::project::{Card, Directory, Known, lot_of, short_alias};
use crate::turns::{Name, Seen, Turns};

/// Organisations of one page, at most.
pub const ORGANISATIONS: usize = 200;
/// Characters of a search that are looked at.
const SEARCH_CHARS: usize = 200;
/// Newest lots among which the first page chooses.
const NEWEST: i64 = 200;

/// Answers questions.
#[derive(Clone)]
pub struct Catalogue {
    store: Reads,
    directory: Directory,
    origin: Arc<str>,
    witnesses: Arc<[VerifierKey]>,
    /// Cards and times of checkpoints that were read; none where nobody says what changes.
    memory: Option<Arc<Memory>>,
}

/// When a record was logged, as far as signed clocks prove it; and what the phone said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bracket {
    /// The checkpoint that the phone had seen was cosigned then: the record is younger. Unix milliseconds.
    pub not_before_ms: Option<i64>,
    /// The first cosigned checkpoint over the record: it is older. Unix milliseconds.
    pub not_after_ms: Option<i64>,
}

/// A lot, and the cards of everything it names.
#[derive(Debug, Clone)]
pub struct Lot {
    /// How it is named in its records.
    pub id: LotId,
    /// How it stands.
    pub state: LotState,
    /// The code printed under its QR.
    pub short_code: Option<ShortCode>,
    /// Its product.
    pub product: Option<Product>,
    /// Organisations by id, hex.
    pub organisations: BTreeMap<String, Organisation>,
    /// Plots by URI.
    pub plots: BTreeMap<String, Plot>,
    /// Certificates by URI.
    pub certificates: BTreeMap<String, Certified>,
    /// Product names of the lots it was made of and of those made of it, by lot URI.
    pub neighbours: BTreeMap<String, Product>,
    /// Listings that draw on it and are for sale.
    pub listings: Vec<Listing>,
    /// When each of its records was logged, by index.
    pub brackets: BTreeMap<u64, Bracket>,
    /// The newest entry on it.
    pub last_index: u64,
}

impl Lot {
    /// Its best name today: the GS1 one as soon as its product has a GTIN.
    pub fn best_id(&self) -> LotId {
        let number = self.id.lot().clone();
        match self.product.as_ref().and_then(|product| product.gtin) {
            Some(gtin) => LotId::Gs1 { gtin, lot: number },
            None => self.id.clone(),
        }
    }

    /// What the law asks a trace to show, and what of it is on record.
    pub fn completeness(&self) -> Vec<Completeness> {
        completeness::of(completeness::Known {
            state: &self.state,
            product: self.product.as_ref(),
            organisations: &self.organisations,
            plots: &self.plots,
        })
    }
}

/// A certificate, and who says so.
#[derive(Debug, Clone)]
pub struct Certified {
    /// What it says.
    pub certificate: Certificate,
    /// The organisation that signed it, hex.
    pub signed_by: String,
    /// Whether that is a certifier or authority: *confirmed*; otherwise *claimed*.
    pub confirmed: bool,
    /// The record it was laid with, hex.
    pub event_id: String,
}

/// A lot in a list.
#[derive(Debug, Clone)]
pub struct LotLine {
    /// Its name.
    pub id: LotId,
    /// A stable word for how it stands.
    pub status: String,
    /// How it stands.
    pub state: LotState,
    /// Its product.
    pub product: Option<Product>,
    /// Who made it.
    pub maker: Option<Organisation>,
}

/// An organisation as the ledger knows it.
#[derive(Debug, Clone)]
pub struct OrganisationView {
    /// Its id.
    pub id: OrganisationId,
    /// What it says of itself.
    pub card: Option<Organisation>,
    /// What the operator recognises it as.
    pub standing: Standing,
    /// Its root key.
    pub root: PublicKey,
    /// Index of its genesis record.
    pub since: u64,
    /// Whether it is the operator.
    pub operator: bool,
}

/// A key as the ledger knows it: what a phone asks in order to go on.
#[derive(Debug, Clone, Copy)]
pub struct KeyView {
    /// The key.
    pub key: PublicKey,
    /// Whose it is, for ever.
    pub organisation: OrganisationId,
    /// Root, former root or delegated, with roles, flags and end.
    pub rights: Rights,
    /// What it may do now.
    pub roles: Roles,
    /// How it is kept.
    pub flags: Flags,
    /// How it ended, if it did.
    pub revoked: Option<Revocation>,
    /// Its fork, if it ever forked.
    pub fork: Option<Fork>,
    /// Its last accepted record.
    pub head: Option<Head>,
}

impl Catalogue {
    /// A catalogue over the read models of a store.
    pub fn new(
        store: Arc<dyn Store>,
        directory: Directory,
        origin: String,
        witnesses: Vec<VerifierKey>,
    ) -> Self {
        Self {
            store: Reads::new(store),
            directory,
            origin: origin.into(),
            witnesses: witnesses.into(),
            memory: None,
        }
    }

    /// Keeps what is asked for again and again, for as long as nobody says that it changed.
    #[must_use]
    pub(crate) fn remembering(self, turns: Arc<Turns>) -> Self {
        Self { memory: Some(Arc::new(Memory::new(turns))), ..self }
    }

    /// The same answers, each read anew.
    #[must_use]
    pub fn without_memory(&self) -> Self {
        Self { memory: None, ..self.clone() }
    }

    /// The same answers; what they were made of is taken down.
    #[must_use]
    pub fn seen_by(&self, seen: Arc<Seen>) -> Self {
        Self { store: self.store.seen_by(seen), ..self.clone() }
    }

    /// Who is who. Not to be held over an `await`.
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URI under which a lot stands, and who made it.
    pub(crate) async fn maker_of(
        &self,
        id: &LotId,
    ) -> Result<Option<(String, Option<OrganisationId>)>, StoreError> {
        let Some((id, state, _)) = self.find(&mut self.store.reader().await?, id).await? else {
            return Ok(None);
        };
        let maker = state.maker.and_then(|hex| hex.parse().ok());
        Ok(Some((id.uri(&self.origin), maker)))
    }

    /// The lot of a short code typed by hand.
    pub async fn lot_by_short_code(&self, code: ShortCode) -> Result<Option<LotId>, StoreError> {
        let uri = self.store.reader().await?.alias(&short_alias(code)).await?;
        Ok(uri.and_then(|uri| LotId::from_uri(&uri).ok()))
    }

    /// Lots whose product or number contains the text, newest first.
    pub async fn search_lots(&self, text: &str, limit: i64) -> Result<Vec<LotLine>, StoreError> {
        // PostgreSQL's text holds no NUL, and no name holds another control character.
        let text: String = text.chars().filter(|c| !c.is_control()).take(SEARCH_CHARS).collect();
        let key = crate::project::search_key(text.trim());
        let reader = &mut self.store.reader().await?;
        let rows = reader.search_subjects("lot", &key, limit).await?;
        self.lines(reader, rows.into_iter().filter_map(found_lot)).await
    }

    /// Newest lots, the newest of each product before a second one of any: the harvest of one kind does not hide the rest.
    pub async fn newest_lots(&self, limit: usize) -> Result<Vec<LotLine>, StoreError> {
        let reader = &mut self.store.reader().await?;
        let found = reader.search_subjects("lot", "", NEWEST).await?.into_iter().filter_map(found_lot);
        let mut products = BTreeSet::new();
        let (first, more): (Vec<_>, Vec<_>) =
            found.partition(|(_, _, state)| products.insert(state.product.clone()));
        self.lines(reader, first.into_iter().chain(more).take(limit)).await
    }

    /// Lots that an organisation made, in order of URI, after one.
    pub async fn lots_of(
        &self,
        organisation: OrganisationId,
        after: &str,
        limit: i64,
    ) -> Result<Vec<LotLine>, StoreError> {
        if !is_askable(after) {
            return Ok(Vec::new());
        }
        let reader = &mut self.store.reader().await?;
        let rows = reader.subjects_of(organisation.as_bytes(), "lot", after, limit).await?;
        self.lines(reader, rows.into_iter().filter_map(found_lot)).await
    }

    /// Plots that an organisation registered, in order of URI: the first so many.
    pub async fn plots_of(&self, organisation: OrganisationId, limit: i64) -> Result<Vec<Plot>, StoreError> {
        let rows = self.store.reader().await?.subjects_of(organisation.as_bytes(), "plot", "", limit).await?;
        let plot = |row| match Card::of(row)?.facts {
            Facts::Plot(plot) => Some(plot),
            _ => None,
        };
        Ok(rows.iter().filter_map(plot).collect())
    }

    async fn lines(
        &self,
        reader: &mut Reading<'_>,
        found: impl Iterator<Item = FoundLot>,
    ) -> Result<Vec<LotLine>, StoreError> {
        let found: Vec<FoundLot> = found.collect();
        let mut products: BTreeMap<String, String> = BTreeMap::new();
        for uri in found.iter().filter_map(|(_, _, state)| state.product.as_ref()) {
            if !products.contains_key(uri) {
                products.insert(uri.clone(), self.product_uri(reader, uri).await?);
            }
        }
        let makers = found.iter().filter_map(|(_, _, state)| state.maker.as_deref().map(organisation_urn));
        let wanted: BTreeSet<String> = products.values().cloned().chain(makers).collect();
        let cards = self.cards(reader, wanted).await?;
        let line = |(id, status, state): FoundLot| {
            let product = state.product.as_ref().and_then(|uri| cards.get(products.get(uri)?));
            let maker = state.maker.as_ref().and_then(|hex| cards.get(&organisation_urn(hex)));
            LotLine {
                product: product.and_then(|card| match &card.facts {
                    Facts::Product(card) => Some(Product::clone(card)),
                    _ => None,
                }),
                maker: maker.and_then(|card| match &card.facts {
                    Facts::Organisation(card) => Some(card.clone()),
                    _ => None,
                }),
                id,
                status,
                state,
            }
        };
        Ok(found.into_iter().map(line).collect())
    }

    /// A card by its URI.
    pub async fn card(&self, uri: &str) -> Result<Option<Card>, StoreError> {
        if let Some(known) = self.remembered(uri) {
            return Ok(known.map(Arc::unwrap_or_clone));
        }
        let cards = self.cards(&mut self.store.reader().await?, [uri.to_owned()].into()).await?;
        Ok(cards.into_values().next().map(Arc::unwrap_or_clone))
    }

    /// The URN of the organisation that said that this GLN is its own.
    pub(crate) async fn party(&self, uri: &str) -> Result<Option<String>, StoreError> {
        let Ok(link) = nguon_id::DigitalLink::parse(uri) else { return Ok(None) };
        if !matches!(link.key().ai(), "414" | "417") {
            return Ok(None);
        }
        self.store.reader().await?.alias(&format!("gln:{}", link.key().value())).await
    }

    /// A product by its URI, or by a Digital Link with the GTIN that its card names.
    pub(crate) async fn product(&self, uri: &str) -> Result<Option<Product>, StoreError> {
        let uri = self.product_uri(&mut self.store.reader().await?, uri).await?;
        Ok(match self.card(&uri).await?.map(|card| card.facts) {
            Some(Facts::Product(product)) => Some(product),
            _ => None,
        })
    }

    /// The URI of a product's card: a Digital Link's GTIN is another name of it.
    async fn product_uri(&self, reader: &mut Reading<'_>, uri: &str) -> Result<String, StoreError> {
        let named = match nguon_id::DigitalLink::parse(uri).ok().and_then(|link| link.gtin()) {
            Some(gtin) => reader.alias(&format!("gtin:{gtin}")).await?,
            None => None,
        };
        Ok(named.unwrap_or_else(|| uri.to_owned()))
    }

    fn note_organisation(&self, id: OrganisationId) {
        self.store.note(Name::Organisation(id.as_bytes()));
    }

    fn may_certify(&self, organisation: &str) -> bool {
        let Ok(id) = organisation.parse() else { return false };
        self.note_organisation(id);
        let standing = self.known().authority.standing(id);
        standing.0 & (Standing::INSPECTOR.0 | Standing::AUTHORITY.0) != 0
    }

    /// Organisations by id after one, [`ORGANISATIONS`] at most; all who ever began, or only whom the operator
    /// recognises today.
    ///
    /// Anybody may begin an organisation: the directory is in memory, and only the cards of this page are read.
    pub async fn organisations(
        &self,
        after: Option<OrganisationId>,
        limit: usize,
        recognised_only: bool,
    ) -> Result<Vec<OrganisationView>, StoreError> {
        self.store.note(Name::Organisations);
        let page: Vec<OrganisationId> = {
            let known = self.known();
            let organisations = known.authority.organisations();
            organisations
                .filter(|(id, known)| {
                    after.is_none_or(|after| *id > after)
                        && (!recognised_only || is_recognised(known.standing))
                })
                .map(|(id, _)| id)
                .take(limit.min(ORGANISATIONS))
                .collect()
        };
        let mut views = Vec::with_capacity(page.len());
        for id in page {
            views.extend(self.organisation(id).await?);
        }
        Ok(views)
    }

    /// Who runs this ledger, once its genesis is logged.
    pub async fn operator(&self) -> Result<Option<OrganisationView>, StoreError> {
        self.store.note(Name::Organisations);
        let operator = self.known().authority.operator();
        match operator {
            Some(id) => self.organisation(id).await,
            None => Ok(None),
        }
    }

    /// One organisation.
    pub async fn organisation(&self, id: OrganisationId) -> Result<Option<OrganisationView>, StoreError> {
        self.note_organisation(id);
        let (known, operator) = {
            let known = self.known();
            (known.authority.organisation(id).copied(), known.authority.operator() == Some(id))
        };
        let Some(known) = known else { return Ok(None) };
        let card = match self.card(&organisation_urn(&id.to_string())).await?.map(|card| card.facts) {
            Some(Facts::Organisation(card)) => Some(card),
            _ => None,
        };
        Ok(Some(OrganisationView {
            id,
            card,
            standing: known.standing,
            root: known.root,
            since: known.since,
            operator,
        }))
    }

    /// All keys of an organisation.
    pub fn keys_of(&self, organisation: OrganisationId) -> Vec<KeyView> {
        self.note_organisation(organisation);
        let known = self.known();
        known
            .authority
            .keys()
            .filter(|(_, key)| key.organisation == organisation)
            .map(|(public, key)| view(public, key))
            .collect()
    }

    /// A key that may act now: not revoked, not expired, of an organisation that is not suspended.
    pub fn acting(&self, public: &PublicKey) -> Option<KeyView> {
        let known = self.known();
        let key = known.authority.key(public)?;
        let ended = key.revoked.is_some() || key.is_expired(known.authority.newest_epoch());
        let suspended = known.authority.is_suspended(key.organisation);
        (!ended && !suspended).then(|| view(*public, key))
    }

    /// One key.
    pub fn key(&self, public: &PublicKey) -> Option<KeyView> {
        self.store.note(Name::Everything);
        let known = self.known();
        known.authority.key(public).map(|key| view(*public, key))
    }
}

/// A lot of a list: its name, a word for how it stands, how it stands.
type FoundLot = (LotId, String, LotState);

fn found_lot(row: SubjectRow) -> Option<FoundLot> {
    let (id, state) = (LotId::from_uri(&row.uri).ok()?, lot_of(&row)?);
    Some((id, row.status, state))
}

/// Whether an operator stands behind an organisation today.
pub(crate) fn is_recognised(standing: Standing) -> bool {
    standing.0 != 0 && !standing.contains(Standing::SUSPENDED)
}

/// Whether a URI may go into a question: PostgreSQL's text holds no NUL, and a record may name anything as a place.
fn is_askable(uri: &str) -> bool {
    !uri.contains('\0')
}

fn view(public: PublicKey, key: &nguon_ledger::authority::Key) -> KeyView {
    KeyView {
        key: public,
        organisation: key.organisation,
        rights: key.rights,
        roles: key.roles(),
        flags: key.flags(),
        revoked: key.revoked,
        fork: key.fork,
        head: key.head,
    }
}
