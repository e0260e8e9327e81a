//! What pages, feeds and people ask: a lot with everything a page about it needs, what is for sale, who is who.
//!
//! Answers come from the read models; who is who from the projector's authority. Both are as of the last projected
//! entry, a moment behind the sequencer.

mod brief;
mod recall;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLockReadGuard};

use nguon_id::{LotId, ShortCode};
use nguon_ledger::authority::{Fork, Head, Revocation, Rights};
use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::note::{KeyKind, Note, VerifierKey};
use nguon_ledger::{Flags, OrganisationId, PublicKey, Record, Roles, Seen, Standing};
use nguon_market::{Change, Cursor, FeedFormat, FeedPage, ReasonCode};
use nguon_storage::{CheckpointRow, Store, StoreError};
use nguon_trace::completeness::{self, Completeness};
use nguon_trace::facts::{
    Certificate, Facts, Listing, Organisation, Plot, Product, organisation_in_urn, organisation_urn,
    vietnam_day,
};
use nguon_trace::finding::Finding;
use nguon_trace::lot::LotState;
use nguon_trace::papers::{self, Paper};
use serde::Serialize;

pub use self::brief::LotBrief;
pub use self::recall::{RecallScope, ScopeHolder, ScopeLot};
pub use self::trace::{Trace, TracedLot};
use crate::project::{Card, Directory, Known, lot_of, short_alias, short_code};
use crate::rows;

/// Items of one page of the feed, at most.
pub const FEED_ITEMS: i64 = 200;
/// Organisations of one page, at most.
pub const ORGANISATIONS: usize = 200;
/// Characters of a search that are looked at.
const SEARCH_CHARS: usize = 200;
/// Newest lots among which the first page chooses.
const NEWEST: i64 = 200;

/// Answers questions.
#[derive(Clone)]
pub struct Catalogue {
    store: Arc<dyn Store>,
    directory: Directory,
    origin: String,
    public_base_url: String,
    witnesses: Vec<VerifierKey>,
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
        public_base_url: String,
        witnesses: Vec<VerifierKey>,
    ) -> Self {
        Self { store, directory, origin, public_base_url, witnesses }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Who is who. Not to be held over an `await`.
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URI under which a lot stands in the ledger: its own, or the one its product had before or got after a
    /// GTIN, so that printed stickers keep working.
    async fn find(&self, id: &LotId) -> Result<Option<(LotId, LotState, u64)>, StoreError> {
        let mut reader = self.store.reader().await?;
        let mut candidates = vec![id.clone()];
        let alias = match id {
            LotId::Gs1 { gtin, .. } => format!("gtin:{gtin}"),
            LotId::Own { product, .. } => format!("code:{product}"),
        };
        if let Some(product) = reader.alias(&alias).await?
            && let Some(row) = reader.subject(&product).await?
            && let Some(Card { facts: Facts::Product(product), .. }) = Card::of(&row)
        {
            match id {
                LotId::Gs1 { lot, .. } => {
                    candidates.push(LotId::Own { product: product.code, lot: lot.clone() });
                }
                LotId::Own { lot, .. } => {
                    candidates.extend(product.gtin.map(|gtin| LotId::Gs1 { gtin, lot: lot.clone() }));
                }
            }
        }
        for candidate in candidates {
            if let Some(row) = reader.subject(&candidate.uri(&self.origin)).await?
                && let Some(state) = lot_of(&row)
            {
                return Ok(Some((candidate, state, rows::unsigned(row.last_index))));
            }
        }
        Ok(None)
    }

    /// A lot with everything a page about it needs; nothing if no record tells of it.
    pub async fn lot(&self, id: &LotId) -> Result<Option<Lot>, StoreError> {
        let Some((id, mut state, last_index)) = self.find(id).await? else { return Ok(None) };
        let mut organisations = BTreeMap::new();
        let mut named: Vec<String> = state.stages.iter().map(|stage| stage.organisation.clone()).collect();
        named.extend(state.maker.iter().chain(&state.holders).cloned());
        let partners = state.stages.iter().flat_map(|stage| stage.source.iter().chain(&stage.destination));
        named.extend(partners.filter_map(|uri| organisation_in_urn(uri)).map(str::to_owned));
        for hex in named {
            if !organisations.contains_key(&hex)
                && let Some(Facts::Organisation(card)) =
                    self.card(&organisation_urn(&hex)).await?.map(|card| card.facts)
            {
                organisations.insert(hex, card);
            }
        }
        let mut plots = BTreeMap::new();
        let places = state.stages.iter().filter_map(|stage| stage.place.as_ref());
        for uri in state.origin_plots.iter().chain(places) {
            if !plots.contains_key(uri)
                && let Some(Facts::Plot(card)) = self.card(uri).await?.map(|card| card.facts)
            {
                plots.insert(uri.clone(), card);
            }
        }
        let mut certificates = BTreeMap::new();
        let papers = state.inspections.iter().flat_map(|inspection| &inspection.certificates);
        for uri in state.certificates.iter().chain(papers) {
            if let Some(card) = self.card(uri).await?
                && let Facts::Certificate(certificate) = card.facts
            {
                let confirmed = self.may_certify(&card.organisation);
                certificates.insert(
                    uri.clone(),
                    Certified {
                        certificate,
                        signed_by: card.organisation,
                        confirmed,
                        event_id: card.event_id,
                    },
                );
            }
        }
        let found = self.judge_papers(&state, &certificates).await?;
        state.findings.extend(found);
        state
            .findings
            .sort_by(|a, b| (a.severity, a.code, &a.records).cmp(&(b.severity, b.code, &b.records)));
        let signers: Vec<String> =
            certificates.values().map(|certified: &Certified| certified.signed_by.clone()).collect();
        for hex in signers {
            if !organisations.contains_key(&hex)
                && let Some(Facts::Organisation(card)) =
                    self.card(&organisation_urn(&hex)).await?.map(|card| card.facts)
            {
                organisations.insert(hex, card);
            }
        }
        let mut neighbours = BTreeMap::new();
        let lots =
            state.inputs.iter().map(|input| &input.uri).chain(state.outputs.iter().map(|output| &output.uri));
        for uri in lots {
            if !neighbours.contains_key(uri)
                && let Some(product) = self.product_of_lot(uri).await?
            {
                neighbours.insert(uri.clone(), product);
            }
        }
        let mut brackets = BTreeMap::new();
        for record in state.stages.iter().map(|stage| stage.record).collect::<BTreeSet<_>>() {
            brackets.insert(record, self.bracket(record).await?);
        }
        let product = match &state.product {
            Some(uri) => self.product(uri).await?,
            None => None,
        };
        let listings = self.listings_of(&state.uri).await?;
        let short_code = self.short_code_of(&state.uri).await?;
        Ok(Some(Lot {
            id,
            state,
            short_code,
            product,
            organisations,
            plots,
            certificates,
            neighbours,
            listings,
            brackets,
            last_index,
        }))
    }

    /// What the lot's certificates have against it on the log's day.
    async fn judge_papers(
        &self,
        state: &LotState,
        certificates: &BTreeMap<String, Certified>,
    ) -> Result<Vec<Finding>, StoreError> {
        let now = self.known().authority.newest_epoch();
        let today = vietnam_day(now.map_or(0, |epoch| rows::signed(epoch.time_ms)));
        let mut holders = BTreeMap::new();
        for certified in certificates.values() {
            let uri = &certified.certificate.holder;
            if let Ok(link) = nguon_id::DigitalLink::parse(uri)
                && let Some(owner) =
                    self.store.reader().await?.alias(&format!("gln:{}", link.key().value())).await?
                && let Some(hex) = organisation_in_urn(&owner)
            {
                holders.insert(uri.as_str(), hex.to_owned());
            }
        }
        let papers: Vec<Paper<'_>> = state
            .certificates
            .iter()
            .map(|uri| {
                let certified = certificates
                    .get(uri)
                    .filter(|one| papers::is_heard(state, &one.signed_by, one.confirmed));
                let card = certified.map(|certified| &certified.certificate);
                let holder = card.and_then(|card| holders.get(card.holder.as_str())).map(String::as_str);
                Paper { uri, card, holder }
            })
            .collect();
        Ok(papers::judge(state, &papers, today))
    }

    /// The lot of a short code typed by hand.
    pub async fn lot_by_short_code(&self, code: ShortCode) -> Result<Option<LotId>, StoreError> {
        let uri = self.store.reader().await?.alias(&short_alias(code)).await?;
        Ok(uri.and_then(|uri| LotId::from_uri(&uri).ok()))
    }

    async fn short_code_of(&self, lot: &str) -> Result<Option<ShortCode>, StoreError> {
        let mut reader = self.store.reader().await?;
        for attempt in 0..16 {
            let code = short_code(lot, attempt);
            if reader.alias(&short_alias(code)).await?.as_deref() == Some(lot) {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// Lots whose product or number contains the text, newest first.
    pub async fn search_lots(&self, text: &str, limit: i64) -> Result<Vec<LotLine>, StoreError> {
        // PostgreSQL's text holds no NUL, and no name holds another control character.
        let text: String = text.chars().filter(|c| !c.is_control()).take(SEARCH_CHARS).collect();
        let key = crate::project::search_key(text.trim());
        let rows = self.store.reader().await?.search_subjects("lot", &key, limit).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            let (Some(state), Ok(id)) = (lot_of(&row), LotId::from_uri(&row.uri)) else { continue };
            lines.push(self.line(id, row.status, state).await?);
        }
        Ok(lines)
    }

    /// Newest lots, the newest of each product before a second one of any: the harvest of one kind does not hide the rest.
    pub async fn newest_lots(&self, limit: usize) -> Result<Vec<LotLine>, StoreError> {
        let rows = self.store.reader().await?.search_subjects("lot", "", NEWEST).await?;
        let found = rows.into_iter().filter_map(|row| {
            let (state, id) = (lot_of(&row)?, LotId::from_uri(&row.uri).ok()?);
            Some((id, row.status, state))
        });
        let mut products = BTreeSet::new();
        let (first, more): (Vec<_>, Vec<_>) =
            found.partition(|(_, _, state)| products.insert(state.product.clone()));
        let mut lines = Vec::with_capacity(limit);
        for (id, status, state) in first.into_iter().chain(more).take(limit) {
            lines.push(self.line(id, status, state).await?);
        }
        Ok(lines)
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
        let rows =
            self.store.reader().await?.subjects_of(organisation.as_bytes(), "lot", after, limit).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            let (Some(state), Ok(id)) = (lot_of(&row), LotId::from_uri(&row.uri)) else { continue };
            lines.push(self.line(id, row.status, state).await?);
        }
        Ok(lines)
    }

    async fn line(&self, id: LotId, status: String, state: LotState) -> Result<LotLine, StoreError> {
        let product = match &state.product {
            Some(uri) => self.product(uri).await?,
            None => None,
        };
        let maker = match &state.maker {
            Some(hex) => self.card(&organisation_urn(hex)).await?.and_then(|card| match card.facts {
                Facts::Organisation(card) => Some(card),
                _ => None,
            }),
            None => None,
        };
        Ok(LotLine { id, status, state, product, maker })
    }

    /// A card by its URI.
    pub async fn card(&self, uri: &str) -> Result<Option<Card>, StoreError> {
        if !is_askable(uri) {
            return Ok(None);
        }
        Ok(self.store.reader().await?.subject(uri).await?.as_ref().and_then(Card::of))
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
        let named = match nguon_id::DigitalLink::parse(uri).ok().and_then(|link| link.gtin()) {
            Some(gtin) => self.store.reader().await?.alias(&format!("gtin:{gtin}")).await?,
            None => None,
        };
        Ok(match self.card(named.as_deref().unwrap_or(uri)).await?.map(|card| card.facts) {
            Some(Facts::Product(product)) => Some(product),
            _ => None,
        })
    }

    async fn product_of_lot(&self, uri: &str) -> Result<Option<Product>, StoreError> {
        if !is_askable(uri) {
            return Ok(None);
        }
        let row = self.store.reader().await?.subject(uri).await?;
        match row.as_ref().and_then(lot_of).and_then(|lot| lot.product) {
            Some(product) => self.product(&product).await,
            None => Ok(None),
        }
    }

    async fn listings_of(&self, lot: &str) -> Result<Vec<Listing>, StoreError> {
        let mut reader = self.store.reader().await?;
        let mut listings = Vec::new();
        // Listings say which lots they draw on; the feed's newest word says whether they are for sale.
        let entries = reader.listings_of_lot(lot).await?;
        for row in entries {
            if row.status == "active"
                && let Some(Card { facts: Facts::Listing(listing), .. }) = Card::of(&row)
            {
                listings.push(listing);
            }
        }
        Ok(listings)
    }

    /// When an entry was logged, as far as cosigned checkpoints prove it.
    pub async fn bracket(&self, index: u64) -> Result<Bracket, StoreError> {
        let mut reader = self.store.reader().await?;
        let row = reader.records(rows::signed(index), 1).await?.into_iter().next();
        let seen =
            row.and_then(|row| Record::parse(&row.bytes).ok()).map_or(Seen::NONE, |record| record.seen());
        let before = if seen.size == 0 { None } else { reader.checkpoint(rows::signed(seen.size)).await? };
        // A checkpoint of another root is not ours: it proves nothing about our time.
        let before = before.filter(|row| {
            let note = Note::parse(&row.note).ok();
            let ours = note.and_then(|note| Checkpoint::parse(note.text()).ok());
            ours.is_some_and(|checkpoint| checkpoint.root() == seen.root)
        });
        let after = reader.checkpoint_covering(rows::signed(index)).await?;
        Ok(Bracket {
            not_before_ms: before.and_then(|row| self.cosigned_at_ms(&row)),
            not_after_ms: after.and_then(|row| self.cosigned_at_ms(&row)),
        })
    }

    /// The earliest time that a known witness put to a checkpoint.
    fn cosigned_at_ms(&self, row: &CheckpointRow) -> Option<i64> {
        let note = Note::parse(&row.note).ok()?;
        let cosigners = self.witnesses.iter().filter(|key| key.kind() == KeyKind::Cosignature);
        let opened = note.open(cosigners).ok()?;
        let seconds = opened.iter().filter_map(|signature| signature.cosigned_at).min()?;
        i64::try_from(seconds).ok()?.checked_mul(1000)
    }

    /// Changes of the listings feed after a cursor, with absolute addresses.
    pub async fn feed(&self, after: Cursor, limit: i64, now_ms: i64) -> Result<FeedPage, StoreError> {
        let limit = limit.clamp(1, FEED_ITEMS);
        let found = self
            .store
            .reader()
            .await?
            .feed(rows::signed(after.log_index), i64::from(after.position), limit + 1)
            .await?;
        let has_more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
        let mut next = after;
        let mut items = Vec::new();
        for row in found.into_iter().take(usize::try_from(limit).unwrap_or_default()) {
            next = Cursor {
                log_index: rows::unsigned(row.log_index),
                position: u32::try_from(row.position).unwrap_or(u32::MAX),
            };
            if let Ok(change) = serde_json::from_str::<Change>(&row.change) {
                items.push(self.absolute(change, now_ms));
            }
        }
        Ok(FeedPage { format: FeedFormat::V1, items, next, has_more })
    }

    fn absolute(&self, change: Change, now_ms: i64) -> Change {
        match change {
            // Log time may stand still for up to an hour; an offer ends at its own minute.
            Change::Put(item) if item.valid_until.as_millisecond() < now_ms => {
                Change::Gone { listing: item.listing, reason: ReasonCode::Expired, at: item.valid_until }
            }
            Change::Put(mut item) => {
                let base = &self.public_base_url;
                let lots = item.lots.iter_mut().map(|lot| &mut lot.trace_url);
                let images = item.images.iter_mut().map(|image| &mut image.url);
                for url in [&mut item.proof_url, &mut item.trace_url].into_iter().chain(lots).chain(images) {
                    *url = format!("{base}{url}");
                }
                Change::Put(item)
            }
            gone @ Change::Gone { .. } => gone,
        }
    }

    fn may_certify(&self, organisation: &str) -> bool {
        let Ok(id) = organisation.parse() else { return false };
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
        let operator = self.known().authority.operator();
        match operator {
            Some(id) => self.organisation(id).await,
            None => Ok(None),
        }
    }

    /// One organisation.
    pub async fn organisation(&self, id: OrganisationId) -> Result<Option<OrganisationView>, StoreError> {
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
        let known = self.known();
        known.authority.key(public).map(|key| view(*public, key))
    }
}

/// Whether an operator stands behind an organisation today.
fn is_recognised(standing: Standing) -> bool {
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
