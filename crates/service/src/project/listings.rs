//! Listings: judged again when they change, when a lot they draw on changes, and when log time passes one of their
//! days. Every difference becomes one change of the feed, at the entry that caused it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use nguon_ledger::OrganisationId;
use nguon_market::{
    Availability, Change, ListingState, LotCondition, LotState as MarketLot, OfferState, available,
};
use nguon_storage::FeedRow;
use nguon_trace::facts::{Facts, Listing, ListingState as Said, organisation_in_urn, vietnam_day};
use nguon_trace::finding::{Finding, Severity};
use nguon_trace::lot::{LotState, LotStatus, inspects};
use nguon_trace::papers::{self, Paper};

use super::cards::Card;
use super::item::stock;
use super::lots::lot_of;
use super::{ProjectError, Projector};
use crate::rows;
use crate::sequencer::EPOCH_MS;

impl Projector {
    /// Knows all listings of the target again: who draws on which lot, and which days are still to come.
    pub(super) async fn load_listings(&mut self) -> Result<(), ProjectError> {
        self.listings.clear();
        self.calendar.clear();
        self.offered.clear();
        self.papers.clear();
        let now = self.time_at(self.size);
        let mut after = String::new();
        loop {
            let rows = self.target.reader().await?.list_subjects("listing", &after, 500).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.uri);
            let mut draws: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for row in rows {
                if let Some(Card { facts: Facts::Listing(listing), .. }) = Card::of(&row) {
                    self.follow(&listing, now);
                    if row.status != "gone" {
                        self.offered.insert(row.uri.clone());
                    }
                    self.under(&row.uri, &listing.certificates);
                    for lot in listing.lots {
                        draws.entry(lot).or_default().push(row.uri.clone());
                    }
                }
            }
            let lots: Vec<&str> = draws.keys().map(String::as_str).collect();
            let rows = self.target.reader().await?.subjects(&lots).await?;
            for lot in rows.iter().filter_map(lot_of) {
                for listing in draws.get(&lot.uri).into_iter().flatten() {
                    self.under(listing, &lot.certificates);
                }
            }
        }
    }

    fn follow(&mut self, listing: &Listing, now_ms: i64) {
        for lot in &listing.lots {
            self.listings.entry(lot.clone()).or_default().insert(listing.uri.clone());
        }
        // The day after the last valid millisecond is when it is over.
        for day in [listing.valid_from_ms, listing.valid_until_ms.saturating_add(1)] {
            if day > now_ms {
                self.calendar.insert((day, listing.uri.clone()));
            }
        }
    }

    pub(super) async fn listing_said(&mut self, listing: &Listing) -> Result<(), ProjectError> {
        let lots = listing.lots.iter().map(|lot| (lot.clone(), listing.uri.clone()));
        self.batch.listing_lots.extend(lots);
        self.follow(listing, self.time_at(self.size));
        self.offer(&listing.uri).await
    }

    /// Listings of a lot that was judged again.
    pub(super) async fn lot_changed(&mut self, lot: &str) -> Result<(), ProjectError> {
        if self.stocked.contains_key(lot) {
            self.batch.lots.insert(lot.to_owned());
        }
        for listing in self.listings.get(lot).cloned().unwrap_or_default() {
            self.offer(&listing).await?;
        }
        Ok(())
    }

    /// A certificate was laid or replaced: what is offered on lots that name it is judged again.
    pub(super) async fn paper_changed(&mut self, uri: &str) -> Result<(), ProjectError> {
        // Also what left the feed because of the certificate may come back.
        for listing in self.papers.get(uri).cloned().unwrap_or_default() {
            let Some(card) = self.card_of(&listing).await? else { continue };
            let Facts::Listing(offer) = &card.facts else { continue };
            let mut names_it = offer.certificates.iter().any(|claimed| claimed == uri);
            for lot in &offer.lots {
                names_it =
                    names_it || self.lot_state(lot).await?.is_some_and(|lot| lot.certificates.contains(uri));
            }
            if names_it {
                self.offer(&listing).await?;
            }
        }
        Ok(())
    }

    /// Remembers that a listing draws on lots under these certificates. It may not do so any more when it is asked.
    fn under<'a>(&mut self, listing: &str, certificates: impl IntoIterator<Item = &'a String>) {
        for certificate in certificates {
            let known = self.papers.entry(certificate.clone()).or_default();
            if !known.contains(listing) {
                known.insert(listing.to_owned());
            }
        }
    }

    /// Whether the province recognises the organisation now, and has not suspended it.
    fn may_sell(&self, organisation: &str) -> bool {
        let standing = organisation.parse().map(|id| self.standing_at(id, self.size)).unwrap_or_default();
        standing.makes() && standing.is_recognised()
    }

    /// An organisation was recognised, suspended or let in again: what it offers is judged again.
    pub(super) async fn standing_changed(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<(), ProjectError> {
        let mut offers: BTreeSet<String> = self.batch.changed.clone();
        let mut after = String::new();
        loop {
            let mut reader = self.target.reader().await?;
            let rows = reader.subjects_of(organisation.as_bytes(), "listing", &after, 500).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.uri);
            offers.extend(rows.into_iter().map(|row| row.uri));
        }
        for uri in offers {
            let own =
                self.card_of(&uri).await?.is_some_and(|card| card.organisation == organisation.to_string());
            if own {
                self.offer(&uri).await?;
            }
        }
        Ok(())
    }

    /// Whether a certificate's card counts for the lot.
    fn is_heard(&self, card: &Card, lot: &LotState) -> bool {
        papers::is_heard(lot, &card.organisation, self.certifies(Some(card)))
    }

    /// What the lot's certificates bring up on this day.
    pub(super) async fn papers_findings(
        &mut self,
        lot: &LotState,
        today: Date,
    ) -> Result<Vec<Finding>, ProjectError> {
        let mut cards = Vec::with_capacity(lot.certificates.len());
        for uri in &lot.certificates {
            let card = self.card_of(uri).await?;
            let holder = match card.as_deref() {
                Some(Card { facts: Facts::Certificate(paper), .. }) => self.party(&paper.holder).await?,
                _ => None,
            };
            cards.push((uri, card, holder));
        }
        let papers: Vec<Paper<'_>> = cards
            .iter()
            .map(|(uri, card, holder)| Paper {
                uri,
                card: card.as_deref().and_then(|card| match &card.facts {
                    Facts::Certificate(paper) if self.is_heard(card, lot) => Some(paper),
                    _ => None,
                }),
                holder: holder.as_deref(),
            })
            .collect();
        Ok(papers::judge(lot, &papers, today))
    }

    /// Log time moved: listings whose first or last day lies behind it now.
    pub(super) async fn time_passes(&mut self, index: u64) -> Result<(), ProjectError> {
        let now = self.time_at(index);
        while let Some((day, listing)) = self.calendar.first().cloned() {
            if day > now {
                break;
            }
            self.calendar.pop_first();
            self.offer(&listing).await?;
        }
        // Best-before days pass at midnight in Vietnam; what is offered is looked at once a day of log time.
        let day = |time: i64| time.saturating_add(7 * 3_600_000).div_euclid(86_400_000);
        if index > 0 && day(now) != day(self.time_at(index - 1)) {
            self.batch.day_passed = true;
            let offered: Vec<String> = self.offered.iter().cloned().collect();
            for some in offered.chunks(500) {
                self.prefetch_offers(some).await?;
                for listing in some {
                    self.offer(listing).await?;
                }
            }
        }
        Ok(())
    }

    /// Log time may be one step behind the clock that the seller signed by.
    pub(super) fn offer_time(&self) -> i64 {
        self.time_at(self.size).saturating_add(EPOCH_MS)
    }

    /// The lots that a listing draws on: only such as its own organisation made or received.
    pub(super) async fn lots_behind(
        &mut self,
        card: &Card,
        listing: &Listing,
    ) -> Result<Vec<Arc<LotState>>, ProjectError> {
        let mut lots = Vec::new();
        for lot in &listing.lots {
            let Some(state) = self.lot_state(lot).await? else { continue };
            self.under(&listing.uri, &state.certificates);
            lots.extend(Some(state).filter(|lot| {
                lot.maker.as_deref() == Some(card.organisation.as_str())
                    || lot.holders.contains(&card.organisation)
            }));
        }
        Ok(lots)
    }

    /// Whether a listing may be offered, with everything that speaks against it; nothing if it is none.
    pub(super) async fn availability(&mut self, uri: &str) -> Result<Option<Availability>, ProjectError> {
        let Some(card) = self.card_of(uri).await? else { return Ok(None) };
        let Facts::Listing(listing) = &card.facts else { return Ok(None) };
        let now = self.offer_time();
        let lots = self.lots_behind(&card, listing).await?;
        let mut blocked = BTreeSet::new();
        for lot in &lots {
            let found = self.papers_findings(lot, vietnam_day(now)).await?;
            if found.iter().any(|finding| finding.severity == Severity::Blocking) {
                blocked.insert(lot.uri.as_str());
            }
        }
        let mine: Vec<&LotState> = lots.iter().map(AsRef::as_ref).collect();
        let hold = self.claims_hold(&card, listing, &mine, vietnam_day(now)).await?;
        Ok(Some(judge(
            listing,
            &mine,
            &blocked,
            (&card.organisation, self.may_sell(&card.organisation), hold),
            now,
        )))
    }

    /// Whether each certificate that the seller claims for the offer is laid by somebody who is heard, was issued to the seller or
    /// a producer, and holds on this day.
    async fn claims_hold(
        &mut self,
        offer: &Card,
        listing: &Listing,
        lots: &[&LotState],
        today: Date,
    ) -> Result<bool, ProjectError> {
        for uri in &listing.certificates {
            self.under(&listing.uri, [uri]);
            let card = self.card_of(uri).await?;
            let Some(Card { facts: Facts::Certificate(paper), organisation, .. }) = card.as_deref() else {
                return Ok(false);
            };
            let known = match organisation_in_urn(&paper.holder) {
                Some(holder) => Some(holder.to_owned()),
                None => self.party(&paper.holder).await?,
            };
            let ours = |id: &str| {
                id == offer.organisation
                    || lots
                        .iter()
                        .any(|lot| lot.maker.as_deref() == Some(id) || lot.source_makers.contains(id))
            };
            let heard = ours(organisation) || self.certifies(card.as_deref());
            let holds = paper.valid_from <= today && papers::last_day(paper).is_none_or(|last| today <= last);
            if !heard || !holds || known.as_deref().is_some_and(|holder| !ours(holder)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether who laid a card certifies.
    pub(super) fn certifies(&self, card: Option<&Card>) -> bool {
        card.is_some_and(|card| {
            let standing = card.organisation.parse().map(|id| self.standing_at(id, card.index));
            inspects(standing.unwrap_or_default())
        })
    }

    /// Judges one listing and, if what the feed said of it no longer holds, says the new thing.
    async fn offer(&mut self, uri: &str) -> Result<(), ProjectError> {
        let Some(mut row) = self.subject(uri).await? else { return Ok(()) };
        let Some(card) = self.card_of(uri).await? else { return Ok(()) };
        let Facts::Listing(listing) = &card.facts else { return Ok(()) };
        let Some(judged) = self.availability(uri).await? else { return Ok(()) };
        self.batch.offers.insert(uri.to_owned());
        let now = self.offer_time();
        let lots = self.lots_behind(&card, listing).await?;
        let mine: Vec<&LotState> = lots.iter().map(AsRef::as_ref).collect();
        let at = Timestamp::from_millisecond(now).unwrap_or_default();
        let item = if judged.status().is_listed() {
            self.item(&card, listing, &mine, judged.status(), at).await?
        } else {
            None
        };
        let (status, change) = match item {
            Some(item) => {
                let status = if judged.is_available() { "active" } else { "sold_out" };
                (status, Some(Change::Put(Box::new(item))))
            }
            None if row.status == "new" || row.status == "gone" => ("gone", None),
            None => {
                let reason = judged
                    .reasons()
                    .first()
                    .map_or(nguon_market::ReasonCode::Withdrawn, |reason| reason.code);
                ("gone", Some(Change::Gone { listing: uri.to_owned(), reason, at }))
            }
        };
        let told = change.as_ref().map(digest);
        let news = change.filter(|_| told != card.told);
        if row.status == status && news.is_none() {
            return Ok(());
        }
        if let Some(change) = news {
            let index = rows::signed(self.size);
            let position = self.batch.feed.iter().filter(|row| row.log_index == index).count();
            self.batch.feed.push(FeedRow {
                log_index: index,
                position: i64::try_from(position).unwrap_or(i64::MAX),
                listing_uri: uri.to_owned(),
                change: serde_json::to_string(&change).expect("a change has text keys only"),
            });
        }
        if status == "gone" {
            self.offered.remove(uri);
        } else {
            self.offered.insert(uri.to_owned());
        }
        status.clone_into(&mut row.status);
        row.state = Card { told, ..Card::clone(&card) }.state();
        self.put(row);
        Ok(())
    }
}

/// What a change says, without when it was said.
fn digest(change: &Change) -> String {
    let mut timeless = change.clone();
    match &mut timeless {
        Change::Put(item) => item.updated_at = Timestamp::UNIX_EPOCH,
        Change::Gone { at, .. } => *at = Timestamp::UNIX_EPOCH,
    }
    let text = serde_json::to_string(&timeless).expect("a change has text keys only");
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

fn judge(
    listing: &Listing,
    lots: &[&LotState],
    blocked: &BTreeSet<&str>,
    (seller, seller_recognised, claims_hold): (&str, bool, bool),
    now_ms: i64,
) -> Availability {
    let state = ListingState {
        state: match listing.state {
            Said::Active if stock(listing, lots, seller).amount == 0 => OfferState::SoldOut,
            Said::Active => OfferState::Active,
            Said::Withdrawn => OfferState::Withdrawn,
        },
        valid_from_ms: listing.valid_from_ms,
        valid_until_ms: listing.valid_until_ms,
        lots: listing.lots.clone(),
        seller_recognised,
        claims_hold,
    };
    let lots: Vec<MarketLot> =
        lots.iter().map(|lot| market_lot(lot, blocked.contains(lot.uri.as_str()))).collect();
    available(&state, &lots, now_ms)
}

fn market_lot(lot: &LotState, by_papers: bool) -> MarketLot {
    let blocked = by_papers || lot.findings.iter().any(|finding| finding.severity == Severity::Blocking);
    MarketLot {
        lot: lot.uri.clone(),
        condition: match &lot.status {
            LotStatus::Recalled { .. } => LotCondition::Recalled,
            LotStatus::Destroyed => LotCondition::Destroyed,
            _ if blocked => LotCondition::Blocked,
            LotStatus::Registered | LotStatus::Unknown => LotCondition::Blocked,
            LotStatus::SoldOut => LotCondition::SoldOut,
            LotStatus::Active => LotCondition::Sound,
        },
        best_before: lot.best_before,
    }
}
