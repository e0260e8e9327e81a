//! What the feed says of a listing: the offer as it was signed, with what the ledger knows of its product, lots, plots and papers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use nguon_id::{Commune, LotId};
use nguon_market::{
    Certificate as MarketCertificate, Digest, FeedItem, Image, LotRef, Measure,
    Organisation as MarketOrganisation, Origin, PriceVnd, ProductKey, Status, Tier, Unit as MarketUnit,
};
use nguon_trace::facts::{
    Facts, Listing, Organisation, Product, Scheme, Text, organisation_urn, vietnam_day,
};
use nguon_trace::lot::LotState;
use nguon_trace::papers;
use nguon_trace::quantity::{Quantity, Unit};

use super::cards::Card;
use super::{ProjectError, Projector};
use crate::commune;

/// Pictures, tiers and lots' makers of one item, at most: a record may name hundreds.
const PICTURES_MAX: usize = 10;
const TIERS_MAX: usize = 20;
const PRODUCERS_MAX: usize = 20;
/// Plots whose communes are looked at, and communes that are told.
const PLOTS_MAX: usize = 400;
const ORIGINS_MAX: usize = 40;

impl Projector {
    pub(super) async fn item(
        &mut self,
        card: &Card,
        listing: &Listing,
        lots: &[&LotState],
        status: Status,
        at: Timestamp,
    ) -> Result<Option<FeedItem>, ProjectError> {
        let product = self.card_of(&listing.product).await?;
        let Some(Card { facts: Facts::Product(product), .. }) = product.as_deref() else { return Ok(None) };
        let seller = self.card_of(&organisation_urn(&card.organisation)).await?;
        let Some(Card { facts: Facts::Organisation(seller), .. }) = seller.as_deref() else {
            return Ok(None);
        };
        let origins = self.origins(lots, seller).await?;
        let (Some(origin), Ok(price_vnd)) = (origins.first(), PriceVnd::try_from(listing.price_dong)) else {
            return Ok(None);
        };
        let (Ok(valid_from), Ok(valid_until), Ok(id), Ok(event_id)) = (
            Timestamp::from_millisecond(listing.valid_from_ms),
            Timestamp::from_millisecond(listing.valid_until_ms),
            card.organisation.parse::<Digest>(),
            card.event_id.parse::<Digest>(),
        ) else {
            return Ok(None);
        };
        let lot_refs = lot_refs(lots);
        let Some(trace_url) = lot_refs.first().map(|lot| lot.trace_url.clone()) else { return Ok(None) };
        let (certificates, ocop_stars) =
            self.certificates(listing, lots, vietnam_day(at.as_millisecond())).await?;
        Ok(Some(FeedItem {
            listing: listing.uri.clone(),
            event_id,
            log_index: card.index,
            proof_url: format!("/api/v1/records/{}", card.event_id),
            trace_url,
            name_vi: listing.title.vi.clone(),
            name_en: listing.title.en.clone(),
            category: product.category.clone(),
            description_vi: vi(product.description.as_ref()),
            description_en: product.description.as_ref().and_then(|text| text.en.clone()),
            brand: vi(product.brand.as_ref()),
            product: match product.gtin {
                Some(gtin) => ProductKey::Gtin(gtin),
                None => ProductKey::InternalCode(product.code.clone()),
            },
            organisation: organisation(id, seller),
            producers: self.producers(lots).await?,
            origin: origin.clone(),
            origins: if origins.len() > 1 { origins } else { Vec::new() },
            price_vnd,
            price_per: measure(listing.price_per),
            vat_included: listing.vat_included,
            tiers: tiers(listing),
            valid_from,
            valid_until,
            min_order: listing.min_order.map(measure),
            net_content: product.net_content.map(measure),
            packaging: Some(product.unit_name.vi.clone()),
            storage: vi(product.storage.as_ref()),
            warnings: vi(product.warnings.as_ref()),
            standards: product.standards.clone(),
            stock: measure(stock(listing, lots, &card.organisation)),
            lots: lot_refs,
            certificates,
            ocop_stars,
            images: images(listing, product),
            status,
            updated_at: at,
            shown: None,
        }))
    }

    /// The communes of the plots behind the lots, that with the most plots first; the seller's own where none is known.
    async fn origins(
        &mut self,
        lots: &[&LotState],
        seller: &Organisation,
    ) -> Result<Vec<Origin>, ProjectError> {
        let plots: BTreeSet<&String> = lots.iter().flat_map(|lot| &lot.origin_plots).collect();
        let mut communes: BTreeMap<String, (usize, Commune)> = BTreeMap::new();
        for uri in plots.into_iter().take(PLOTS_MAX) {
            if let Some(Card { facts: Facts::Plot(plot), .. }) = self.card_of(uri).await?.as_deref() {
                communes.entry(plot.commune.to_string()).or_insert((0, plot.commune)).0 += 1;
            }
        }
        let mut found: Vec<(usize, Commune)> = communes.into_values().collect();
        // Stable: communes with equally many plots stay in the order of their codes.
        found.sort_by_key(|(plots, _)| std::cmp::Reverse(*plots));
        let named = found.into_iter().map(|(_, commune)| origin(&commune, None)).take(ORIGINS_MAX);
        let mut origins: Vec<Origin> = named.collect();
        if origins.is_empty() {
            origins.extend(seller.commune.map(|commune| origin(&commune, Some(&seller.address))));
        }
        Ok(origins)
    }

    async fn producers(&mut self, lots: &[&LotState]) -> Result<Vec<MarketOrganisation>, ProjectError> {
        let makers: BTreeSet<&String> = lots.iter().filter_map(|lot| lot.maker.as_ref()).collect();
        let mut producers = Vec::new();
        for maker in makers.into_iter().take(PRODUCERS_MAX) {
            let card = self.card_of(&organisation_urn(maker)).await?;
            if let (Some(Card { facts: Facts::Organisation(who), .. }), Ok(id)) =
                (card.as_deref(), maker.parse())
            {
                producers.push(organisation(id, who));
            }
        }
        Ok(producers)
    }

    /// Certificates that hold today. One that ended since a lot was made is no fault of the lot, and no claim for an offer.
    async fn certificates(
        &mut self,
        listing: &Listing,
        lots: &[&LotState],
        today: Date,
    ) -> Result<(Vec<MarketCertificate>, Option<u8>), ProjectError> {
        let named = lots.iter().flat_map(|lot| &lot.certificates).chain(&listing.certificates);
        let named: BTreeSet<&String> = named.collect();
        let (mut found, mut stars) = (Vec::new(), None);
        for uri in named {
            let card = self.card_of(uri).await?;
            let Some(Card { facts: Facts::Certificate(paper), .. }) = card.as_deref() else { continue };
            let last_day = papers::last_day(paper);
            if paper.valid_from > today || last_day.is_some_and(|last| last < today) {
                continue;
            }
            if let Scheme::Ocop { stars: these } = paper.scheme {
                stars = stars.max(Some(these));
            }
            found.push(MarketCertificate {
                scheme: paper.scheme.to_string(),
                number: paper.number.clone(),
                issuer: paper.issuer.clone(),
                valid_from: paper.valid_from,
                valid_until: last_day,
                claimed: listing.certificates.contains(uri),
                confirmed: self.certifies(card.as_deref()),
            });
        }
        Ok((found, stars))
    }
}

fn vi(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.vi.clone())
}

fn organisation(id: Digest, who: &Organisation) -> MarketOrganisation {
    let tax = who.identifiers.iter().find(|identifier| identifier.scheme == "tax");
    MarketOrganisation {
        id,
        name: who.name.vi.clone(),
        address: who.address.vi.clone(),
        tax_code: tax.map(|tax| tax.value.clone()),
        hotline: who.hotline.clone(),
        website: who.website.clone(),
    }
}

fn origin(commune: &Commune, address: Option<&Text>) -> Origin {
    Origin {
        commune_code: commune.code,
        code_edition: commune.edition,
        province_code: commune::province_code(commune).map(str::to_owned),
        text: address.map_or_else(|| commune::name(commune), |address| address.vi.clone()),
    }
}

fn lot_refs(lots: &[&LotState]) -> Vec<LotRef> {
    lots.iter()
        .filter_map(|lot| {
            let id = LotId::from_uri(&lot.uri).ok()?;
            Some(LotRef {
                uri: lot.uri.clone(),
                code: id.lot().to_string(),
                trace_url: id.path(),
                harvest_date: lot.harvest_until.or(lot.harvest_from),
                produced_on: lot.produced_on,
                best_before: lot.best_before,
            })
        })
        .collect()
}

/// Tiers by rising quantity. One whose price no one can mean is left out: the offer's own price stands.
fn tiers(listing: &Listing) -> Vec<Tier> {
    let mut tiers: Vec<Tier> = listing
        .tiers
        .iter()
        .filter(|tier| tier.from.amount > 0 && tier.from.unit == listing.stock.unit)
        .filter_map(|tier| {
            let price_vnd = PriceVnd::try_from(tier.price_dong).ok()?;
            Some(Tier { from: measure(tier.from), price_vnd })
        })
        .collect();
    let size = |tier: &Tier| {
        u128::from(tier.from.value)
            * u128::from(tier.from.unit.grams().or(tier.from.unit.millilitres()).unwrap_or(1))
    };
    tiers.sort_by_key(size);
    tiers.truncate(TIERS_MAX);
    tiers
}

fn images(listing: &Listing, product: &Product) -> Vec<Image> {
    let mut images: Vec<Image> = Vec::new();
    for photo in listing.images.iter().chain(&product.image) {
        let blake3 = Digest(photo.digest.0);
        if images.len() < PICTURES_MAX && images.iter().all(|image| image.blake3 != blake3) {
            let url = format!("/images/{blake3}");
            images.push(Image { blake3, media_type: photo.media_type.clone(), url });
        }
    }
    images
}

/// What may be promised: what the seller says, and no more than it has left of the lots by the records, where both are counted
/// in one unit.
pub(super) fn stock(listing: &Listing, lots: &[&LotState], seller: &str) -> Quantity {
    let mut left: u64 = 0;
    for lot in lots {
        let Some(balance) = lot.balance.filter(|balance| balance.unit == listing.stock.unit) else {
            return listing.stock;
        };
        let held = lot.holdings.get(seller).map_or(balance.left, |holding| holding.left);
        left = left.saturating_add(held);
    }
    Quantity { amount: listing.stock.amount.min(left), ..listing.stock }
}

fn measure(quantity: Quantity) -> Measure {
    match quantity.unit {
        Unit::Gram => Measure::from_grams(quantity.amount),
        Unit::Millilitre => Measure::from_millilitres(quantity.amount),
        Unit::Piece => Measure { value: quantity.amount, unit: MarketUnit::Piece },
    }
}
