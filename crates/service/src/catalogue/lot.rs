//! A lot with the cards of everything that it names, in few statements: who scans a pack waits for each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use nguon_id::{LotId, ShortCode};
use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::note::{KeyKind, Note};
use nguon_ledger::{Record, Seen};
use nguon_storage::{CheckpointRow, StoreError};
use nguon_trace::absent::{self, Shown};
use nguon_trace::facts::{
    Facts, Listing, Organisation, Product, Text, VIETNAM_OFFSET_MINUTES, organisation_in_urn,
    organisation_urn, vietnam_day,
};
use nguon_trace::finding::Finding;
use nguon_trace::lot::LotState;
use nguon_trace::papers::{self, Paper};

use super::memory::Timed;
use super::reads::Reading;
use super::{Bracket, Catalogue, Certified, Lot, LotBrief, is_askable};
use crate::project::{Card, lot_of, short_alias, short_code};
use crate::rows;
use crate::turns::Name;

/// Cards by URI.
type Cards = HashMap<String, Arc<Card>>;

/// Codes that a lot may have got: the first is nearly always its own.
const SHORT_CODES: u8 = 16;

impl Lot {
    /// Until when nothing about the lot changes if nothing is recorded: a day of Vietnam ends, an offer begins or ends. Unix
    /// milliseconds; at that moment it may be told otherwise.
    pub fn holds_until_ms(&self, now_ms: i64) -> i64 {
        let moments = self
            .listings
            .iter()
            .flat_map(|listing| [listing.valid_from_ms, listing.valid_until_ms.saturating_add(1)]);
        moments.filter(|moment| *moment > now_ms).fold(end_of_day_ms(now_ms), i64::min)
    }
}

/// When this day ends in Vietnam: from then on, what is judged by the day may be judged otherwise. Unix milliseconds.
pub fn end_of_day_ms(now_ms: i64) -> i64 {
    // Vietnam has no summer time, and Unix time no leap seconds.
    const DAY_MS: i64 = 86_400_000;
    const OFFSET_MS: i64 = VIETNAM_OFFSET_MINUTES as i64 * 60_000;
    let day = now_ms.saturating_add(OFFSET_MS).div_euclid(DAY_MS);
    (day + 1).saturating_mul(DAY_MS).saturating_sub(OFFSET_MS)
}

impl Catalogue {
    /// The URI under which a lot stands in the ledger: its own, or the one its product had before or got after a
    /// GTIN, so that printed stickers keep working.
    pub(super) async fn find(
        &self,
        reader: &mut Reading<'_>,
        id: &LotId,
    ) -> Result<Option<(LotId, LotState, u64)>, StoreError> {
        if let Some((state, last_index)) = self.lot_at(reader, id).await? {
            return Ok(Some((id.clone(), state, last_index)));
        }
        let alias = match id {
            LotId::Gs1 { gtin, .. } => format!("gtin:{gtin}"),
            LotId::Own { product, .. } => format!("code:{product}"),
        };
        let Some(uri) = reader.alias(&alias).await? else { return Ok(None) };
        let cards = self.cards(reader, [uri.clone()].into()).await?;
        let Some(Card { facts: Facts::Product(product), .. }) = cards.get(&uri).map(AsRef::as_ref) else {
            return Ok(None);
        };
        let other = match id {
            LotId::Gs1 { lot, .. } => Some(LotId::Own { product: product.code.clone(), lot: lot.clone() }),
            LotId::Own { lot, .. } => product.gtin.map(|gtin| LotId::Gs1 { gtin, lot: lot.clone() }),
        };
        let Some(other) = other else { return Ok(None) };
        Ok(self.lot_at(reader, &other).await?.map(|(state, last_index)| (other, state, last_index)))
    }

    async fn lot_at(
        &self,
        reader: &mut Reading<'_>,
        id: &LotId,
    ) -> Result<Option<(LotState, u64)>, StoreError> {
        let row = reader.subject(&id.uri(&self.origin)).await?;
        Ok(row.and_then(|row| Some((lot_of(&row)?, rows::unsigned(row.last_index)))))
    }

    /// What is remembered of a card, or that there is none.
    pub(super) fn remembered(&self, uri: &str) -> Option<Option<Arc<Card>>> {
        let known = self.memory.as_ref()?.card(uri)?;
        self.store.note(Name::Thing(uri));
        Some(known)
    }

    /// Cards by their URIs; what is no card is not among them.
    pub(super) async fn cards(
        &self,
        reader: &mut Reading<'_>,
        mut wanted: BTreeSet<String>,
    ) -> Result<Cards, StoreError> {
        let mut cards = Cards::with_capacity(wanted.len());
        wanted.retain(|uri| {
            if !is_askable(uri) {
                return false;
            }
            let Some(known) = self.remembered(uri) else { return true };
            cards.extend(known.map(|card| (uri.clone(), card)));
            false
        });
        if wanted.is_empty() {
            return Ok(cards);
        }
        let reading = self.memory.as_ref().map(|memory| memory.begin());
        let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let rows = reader.subjects(&names).await?;
        for row in rows {
            wanted.remove(&row.uri);
            let card = Card::of(&row).map(Arc::new);
            if let Some(reading) = &reading {
                reading.keep_card(&row.uri, card.clone(), row.state.len());
            }
            cards.extend(card.map(|card| (row.uri, card)));
        }
        if let Some(reading) = &reading {
            wanted.iter().for_each(|uri| reading.keep_card(uri, None, 0));
        }
        Ok(cards)
    }

    /// A lot with everything a page about it needs; nothing if no record tells of it.
    pub async fn lot(&self, id: &LotId) -> Result<Option<Lot>, StoreError> {
        // One connection for all of it: to take one costs a statement, and who holds one waits for no second.
        let reader = &mut self.store.reader().await?;
        let Some((id, mut state, last_index)) = self.find(reader, id).await? else { return Ok(None) };
        let partners = state.stages.iter().flat_map(|stage| stage.source.iter().chain(&stage.destination));
        let partners = partners.filter_map(|uri| organisation_in_urn(uri)).map(str::to_owned);
        let mut organisations: BTreeSet<String> =
            state.stages.iter().map(|stage| stage.organisation.clone()).collect();
        organisations.extend(state.maker.iter().chain(&state.holders).cloned());
        organisations.extend(partners);
        let places = state.stages.iter().filter_map(|stage| stage.place.clone());
        let plots: BTreeSet<String> = state.origin_plots.iter().cloned().chain(places).collect();
        let papers = state.inspections.iter().flat_map(|inspection| &inspection.certificates);
        let papers: BTreeSet<String> = state.certificates.iter().chain(papers).cloned().collect();
        let kin = self.products_of_neighbours(reader, &state).await?;

        // What products are called by a GTIN is looked up first; then all cards at once.
        let mut products: BTreeMap<String, String> = BTreeMap::new();
        for uri in kin.values().chain(&state.product) {
            if !products.contains_key(uri) {
                products.insert(uri.clone(), self.product_uri(reader, uri).await?);
            }
        }
        let mut wanted: BTreeSet<String> = organisations.iter().map(|hex| organisation_urn(hex)).collect();
        wanted.extend(plots.iter().chain(&papers).chain(products.values()).cloned());
        let mut cards = self.cards(reader, wanted).await?;

        let mut certificates = BTreeMap::new();
        for uri in papers {
            if let Some(Card { facts: Facts::Certificate(certificate), organisation, event_id, .. }) =
                cards.get(&uri).map(AsRef::as_ref)
            {
                let certified = Certified {
                    certificate: certificate.clone(),
                    signed_by: organisation.clone(),
                    confirmed: self.may_certify(organisation),
                    event_id: event_id.clone(),
                };
                certificates.insert(uri, certified);
            }
        }
        let signers = certificates.values().map(|certified| certified.signed_by.clone());
        let signers: BTreeSet<String> = signers.filter(|hex| !organisations.contains(hex)).collect();
        let cards_of = signers.iter().map(|hex| organisation_urn(hex)).collect();
        cards.extend(self.cards(reader, cards_of).await?);
        organisations.extend(signers);

        let listings = self.listings_of(reader, &state.uri).await?;
        let offers: Vec<&Text> = listings.iter().map(|listing| &listing.title).collect();
        let card_of = |uri: &String| cards.get(uri).map(AsRef::as_ref);
        let product = state.product.as_ref().and_then(|product| card_of(products.get(product)?));
        let shown = Shown {
            product: match product {
                Some(Card { facts: Facts::Product(product), organisation, .. })
                    if papers::is_heard(&state, organisation, false) =>
                {
                    Some(product)
                }
                _ => None,
            },
            offers: &offers,
            plots: &plots
                .iter()
                .filter_map(|uri| match card_of(uri) {
                    Some(Card { facts: Facts::Plot(plot), .. }) => Some(plot),
                    _ => None,
                })
                .collect::<Vec<_>>(),
        };
        let found = self.judge_papers(reader, &state, &certificates, shown).await?;
        state.findings.extend(found);
        state
            .findings
            .sort_by(|a, b| (a.severity, a.code, &a.records).cmp(&(b.severity, b.code, &b.records)));

        let product = |uri: &String| match cards.get(products.get(uri)?).map(AsRef::as_ref) {
            Some(Card { facts: Facts::Product(product), .. }) => Some(Product::clone(product)),
            _ => None,
        };
        let records: BTreeSet<u64> = state.stages.iter().map(|stage| stage.record).collect();
        Ok(Some(Lot {
            short_code: self.short_code_of(reader, &state.uri).await?,
            product: state.product.as_ref().and_then(product),
            neighbours: kin.into_iter().filter_map(|(lot, uri)| Some((lot, product(&uri)?))).collect(),
            organisations: organisations
                .into_iter()
                .filter_map(|hex| Some((organisation(&cards, &hex)?, hex)))
                .map(|(card, hex)| (hex, card))
                .collect(),
            plots: plots
                .into_iter()
                .filter_map(|uri| match cards.get(&uri).map(AsRef::as_ref) {
                    Some(Card { facts: Facts::Plot(card), .. }) => Some((uri, card.clone())),
                    _ => None,
                })
                .collect(),
            certificates,
            listings,
            brackets: self.brackets(reader, records).await?,
            id,
            state,
            last_index,
        }))
    }

    /// The product URIs of the lots it was made of and of those made of it, by lot URI.
    async fn products_of_neighbours(
        &self,
        reader: &mut Reading<'_>,
        state: &LotState,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let inputs = state.inputs.iter().map(|input| input.uri.as_str());
        let outputs = state.outputs.iter().map(|output| output.uri.as_str());
        let lots: BTreeSet<&str> = inputs.chain(outputs).filter(|uri| is_askable(uri)).collect();
        if lots.is_empty() {
            return Ok(BTreeMap::new());
        }
        let briefs = reader.lot_briefs(&Vec::from_iter(lots)).await?;
        let briefs = briefs.lines().filter_map(|line| serde_json::from_str::<LotBrief>(line).ok());
        Ok(briefs.filter_map(|brief| Some((brief.uri, brief.product?))).collect())
    }

    /// What the lot's certificates have against it on the log's day, and which are missing.
    async fn judge_papers(
        &self,
        reader: &mut Reading<'_>,
        state: &LotState,
        certificates: &BTreeMap<String, Certified>,
        shown: Shown<'_>,
    ) -> Result<Vec<Finding>, StoreError> {
        if state.certificates.is_empty() {
            return Ok(absent::judge(state, &[], shown));
        }
        self.store.note(Name::LogDay);
        let now = self.known().authority.newest_epoch();
        let today = vietnam_day(now.map_or(0, |epoch| rows::signed(epoch.time_ms)));
        let mut holders = BTreeMap::new();
        for certified in certificates.values() {
            let uri = &certified.certificate.holder;
            if let Ok(link) = nguon_id::DigitalLink::parse(uri)
                && let Some(owner) = reader.alias(&format!("gln:{}", link.key().value())).await?
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
        let mut found = papers::judge(state, &papers, today);
        found.extend(absent::judge(state, &papers, shown));
        Ok(found)
    }

    async fn short_code_of(
        &self,
        reader: &mut Reading<'_>,
        lot: &str,
    ) -> Result<Option<ShortCode>, StoreError> {
        for attempt in 0..SHORT_CODES {
            let code = short_code(lot, attempt);
            if reader.alias(&short_alias(code)).await?.as_deref() == Some(lot) {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    async fn listings_of(&self, reader: &mut Reading<'_>, lot: &str) -> Result<Vec<Listing>, StoreError> {
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
        let found = self.brackets(&mut self.store.reader().await?, [index].into()).await?;
        Ok(found.get(&index).copied().unwrap_or(Bracket { not_before_ms: None, not_after_ms: None }))
    }

    async fn brackets(
        &self,
        reader: &mut Reading<'_>,
        indexes: BTreeSet<u64>,
    ) -> Result<BTreeMap<u64, Bracket>, StoreError> {
        let asked: Vec<i64> = indexes.iter().map(|index| rows::signed(*index)).collect();
        let none = Bracket { not_before_ms: None, not_after_ms: None };
        let mut brackets: BTreeMap<u64, Bracket> = indexes.into_iter().map(|index| (index, none)).collect();
        if asked.is_empty() {
            return Ok(brackets);
        }
        for entry in reader.covered_entries(&asked).await? {
            let seen = Record::parse(&entry.bytes).map_or(Seen::NONE, |record| record.seen());
            let before = if seen.size == 0 {
                None
            } else {
                self.checkpoint_time(reader, rows::signed(seen.size)).await?
            };
            let after = match entry.covered_by {
                Some(size) => self.checkpoint_time(reader, size).await?,
                None => None,
            };
            let bracket = Bracket {
                // A checkpoint of another root is not ours: it proves nothing about our time.
                not_before_ms: before
                    .filter(|timed| timed.root == seen.root)
                    .and_then(|timed| timed.cosigned_at_ms),
                not_after_ms: after.and_then(|timed| timed.cosigned_at_ms),
            };
            brackets.insert(rows::unsigned(entry.log_index), bracket);
        }
        Ok(brackets)
    }

    async fn checkpoint_time(
        &self,
        reader: &mut Reading<'_>,
        size: i64,
    ) -> Result<Option<Timed>, StoreError> {
        if let Some(known) = self.memory.as_ref().and_then(|memory| memory.checkpoint(size)) {
            self.store.note(Name::Checkpoint(size));
            return Ok(known);
        }
        let reading = self.memory.as_ref().map(|memory| memory.begin());
        let row = reader.checkpoint(size).await?;
        let timed = row.and_then(|row| self.timed(&row));
        if let Some(reading) = reading {
            reading.keep_checkpoint(size, timed);
        }
        Ok(timed)
    }

    /// The earliest time that a known witness put to a checkpoint.
    fn timed(&self, row: &CheckpointRow) -> Option<Timed> {
        let note = Note::parse(&row.note).ok()?;
        let root = Checkpoint::parse(note.text()).ok()?.root();
        let cosigners = self.witnesses.iter().filter(|key| key.kind() == KeyKind::Cosignature);
        let opened = note.open(cosigners).ok();
        let seconds =
            opened.and_then(|opened| opened.iter().filter_map(|signature| signature.cosigned_at).min());
        let cosigned_at_ms = seconds.and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(1000));
        Some(Timed { root, cosigned_at_ms })
    }
}

fn organisation(cards: &Cards, hex: &str) -> Option<Organisation> {
    match cards.get(&organisation_urn(hex)).map(AsRef::as_ref) {
        Some(Card { facts: Facts::Organisation(card), .. }) => Some(card.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_day_ms;

    #[test]
    fn a_day_ends_at_midnight_in_vietnam() {
        // 17 April 2026, 23:59:59.999 and 0:00 the next day.
        assert_eq!(end_of_day_ms(1_776_445_199_999), 1_776_445_200_000);
        assert_eq!(end_of_day_ms(1_776_445_200_000), 1_776_445_200_000 + 86_400_000);
        assert!(end_of_day_ms(i64::MAX) > 1_776_445_200_000, "a broken clock breaks nothing else");
    }
}
