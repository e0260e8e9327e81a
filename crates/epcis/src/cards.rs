//! Cards of master data in our own vocabulary: organisation, plot, product, certificate, listing.
//!
//! ```text
//! {"@context": {"id": "@id", "type": "@type", "gs1": …, "nguon": "urn:nguon:voc:"},
//!  "type": "nguon:Plot", "id": "https://…/plot/LO-07", "nguon:code": "LÔ-07", "nguon:commune": "24805@2025-07-01", …}
//! ```
//!
//! EPCIS carries master data of its own only in document headers, as attribute lists that are no events and no records;
//! a card is one record with one subject, so that it can be signed, corrected by a later one and shown alone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use nguon_trace::facts::{
    Certificate, Facts, Identifier, Listing, ListingState, Organisation, OrganisationKind, Photo, Plot,
    PriceTier, Product, Scheme,
};
use nguon_trace::quantity::{Quantity, Ratio};

use crate::ReadError;
use crate::context::Context;
use crate::event::{self, required_prose};
use crate::event_write;
use crate::json::{Object, Writer};

const CONTEXT: &str = r#"{"gs1":"https://gs1.org/voc/","id":"@id","nguon":"urn:nguon:voc:","type":"@type"}"#;

/// The card, if the type is one of ours.
pub(crate) fn read(kind: &str, card: &Object<'_>, context: &Context) -> Result<Option<Facts>, ReadError> {
    Ok(Some(match kind {
        "nguon:Organisation" => Facts::Organisation(organisation(card, context)?),
        "nguon:Plot" => Facts::Plot(plot(card)?),
        "nguon:Product" => Facts::Product(product(card, context)?),
        "nguon:Certificate" => Facts::Certificate(certificate(card)?),
        "nguon:Listing" => Facts::Listing(listing(card, context)?),
        other if other.starts_with("nguon:") => return Err(ReadError::UnknownType(other.to_owned())),
        _ => return Ok(None),
    }))
}

/// Writes what a card or event says.
pub(crate) fn write(facts: &Facts) -> Writer {
    let mut out = Writer::new();
    out.raw("@context", CONTEXT);
    match facts {
        Facts::Organisation(organisation) => write_organisation(&mut out, organisation),
        Facts::Plot(plot) => write_plot(&mut out, plot),
        Facts::Product(product) => write_product(&mut out, product),
        Facts::Certificate(certificate) => write_certificate(&mut out, certificate),
        Facts::Listing(listing) => write_listing(&mut out, listing),
        Facts::Event(event) => return event_write::write(event),
    }
    out
}

fn parsed<T: FromStr>(
    card: &Object<'_>,
    key: &'static str,
    expected: &'static str,
) -> Result<Option<T>, ReadError> {
    let Some(text) = card.text(key)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| ReadError::Wrong { field: key.to_owned(), expected })
}

fn date(card: &Object<'_>, key: &'static str) -> Result<Option<Date>, ReadError> {
    parsed(card, key, "a date, written YYYY-MM-DD")
}

fn whole(card: &Object<'_>, key: &'static str) -> Result<u64, ReadError> {
    card.whole(key)?.ok_or(ReadError::Missing(key))
}

/// `{"nguon:value": 12.5, "nguon:uom": "KGM"}`.
fn quantity(card: &Object<'_>, key: &'static str, context: &Context) -> Result<Option<Quantity>, ReadError> {
    let Some(object) = card.object(key)? else { return Ok(None) };
    let object = object.resolve(context)?;
    let decimal = object.raw("nguon:value").ok_or(ReadError::Missing("nguon:value"))?;
    let quantity = Quantity::parse(decimal, object.text("nguon:uom")?.as_deref());
    quantity.map(Some).map_err(|error| ReadError::Quantity { subject: key.to_owned(), error })
}

fn write_quantity(out: &mut Writer, key: &str, quantity: Quantity) {
    let (decimal, uom) = quantity.to_epcis();
    let mut object = Writer::new();
    object.raw("nguon:value", &decimal);
    object.text_if("nguon:uom", uom);
    out.object(key, object);
}

/// Words of a closed list, each with its spelling.
fn chosen<T: Copy>(
    card: &Object<'_>,
    key: &'static str,
    words: &[(T, &str)],
    expected: &'static str,
) -> Result<T, ReadError> {
    let word = card.required(key)?;
    let found = words.iter().find(|(_, spelling)| *spelling == word);
    found.map(|(value, _)| *value).ok_or_else(|| ReadError::Wrong { field: key.to_owned(), expected })
}

fn spelling<T: Copy + PartialEq>(words: &[(T, &'static str)], value: T) -> impl fmt::Display {
    words
        .iter()
        .find(|(known, _)| *known == value)
        .map(|(_, spelling)| *spelling)
        .expect("the list holds every value")
}

const ORGANISATION_KINDS: [(OrganisationKind, &str); 6] = [
    (OrganisationKind::Cooperative, "cooperative"),
    (OrganisationKind::CooperativeGroup, "cooperative_group"),
    (OrganisationKind::Farm, "farm"),
    (OrganisationKind::Company, "company"),
    (OrganisationKind::Certifier, "certifier"),
    (OrganisationKind::Authority, "authority"),
];

const LISTING_STATES: [(ListingState, &str); 2] =
    [(ListingState::Active, "active"), (ListingState::Withdrawn, "withdrawn")];

const COMMUNE: &str = "a commune code and the day of its list, such as 24805@2025-07-01";

fn organisation(card: &Object<'_>, context: &Context) -> Result<Organisation, ReadError> {
    let mut identifiers = Vec::new();
    for entry in card.objects("nguon:identifiers")? {
        let entry = entry.resolve(context)?;
        identifiers.push(Identifier {
            scheme: entry.required("nguon:scheme")?,
            value: entry.required("nguon:value")?,
        });
    }
    Ok(Organisation {
        uri: card.required("id")?,
        name: required_prose(card, "nguon:name")?,
        kind: chosen(card, "nguon:kind", &ORGANISATION_KINDS, "a kind of organisation")?,
        address: required_prose(card, "nguon:address")?,
        commune: parsed(card, "nguon:commune", COMMUNE)?,
        identifiers,
        hotline: card.owned("nguon:hotline")?,
        website: card.owned("nguon:website")?,
    })
}

fn write_organisation(out: &mut Writer, organisation: &Organisation) {
    out.text("type", "nguon:Organisation");
    out.text("id", &organisation.uri);
    out.prose("nguon:name", &organisation.name);
    out.text_if("nguon:kind", Some(spelling(&ORGANISATION_KINDS, organisation.kind)));
    out.prose("nguon:address", &organisation.address);
    out.text_if("nguon:commune", organisation.commune);
    let identifiers = organisation.identifiers.iter().map(|identifier| {
        let mut out = Writer::new();
        out.text("nguon:scheme", &identifier.scheme);
        out.text("nguon:value", &identifier.value);
        out
    });
    out.objects("nguon:identifiers", identifiers.collect());
    out.text_if("nguon:hotline", organisation.hotline.as_ref());
    out.text_if("nguon:website", organisation.website.as_ref());
}

fn plot(card: &Object<'_>) -> Result<Plot, ReadError> {
    Ok(Plot {
        uri: card.required("id")?,
        code: card.required("nguon:code")?,
        commune: parsed(card, "nguon:commune", COMMUNE)?.ok_or(ReadError::Missing("nguon:commune"))?,
        place_name: card.prose("nguon:placeName")?,
        area_m2: whole(card, "nguon:areaSquareMetres")?,
        crop: required_prose(card, "nguon:crop")?,
        crop_code: card.owned("nguon:cropCode")?,
        growing_method: card.owned("nguon:growingMethod")?,
        planting_area_code: card.owned("nguon:plantingAreaCode")?,
    })
}

fn write_plot(out: &mut Writer, plot: &Plot) {
    out.text("type", "nguon:Plot");
    out.text("id", &plot.uri);
    out.text("nguon:code", &plot.code);
    out.text_if("nguon:commune", Some(plot.commune));
    out.prose_if("nguon:placeName", plot.place_name.as_ref());
    out.number_if("nguon:areaSquareMetres", Some(plot.area_m2));
    out.prose("nguon:crop", &plot.crop);
    out.text_if("nguon:cropCode", plot.crop_code.as_ref());
    out.text_if("nguon:growingMethod", plot.growing_method.as_ref());
    out.text_if("nguon:plantingAreaCode", plot.planting_area_code.as_ref());
}

fn product(card: &Object<'_>, context: &Context) -> Result<Product, ReadError> {
    let days = card.whole("nguon:shelfLifeDays")?.map(u32::try_from).transpose();
    let image =
        card.object("nguon:image")?.map(|image| event::photo(&image.resolve(context)?)).transpose()?;
    Ok(Product {
        uri: card.required("id")?,
        code: parsed(card, "nguon:code", "a product code: small letters, digits, hyphens")?
            .ok_or(ReadError::Missing("nguon:code"))?,
        gtin: parsed(card, "gs1:gtin", "a GTIN")?,
        name: required_prose(card, "nguon:name")?,
        category: card.required("nguon:category")?,
        description: card.prose("nguon:description")?,
        unit_name: required_prose(card, "nguon:unitName")?,
        net_content: quantity(card, "nguon:netContent", context)?,
        shelf_life_days: days.map_err(|_| ReadError::Wrong {
            field: "nguon:shelfLifeDays".to_owned(),
            expected: "a number of days",
        })?,
        input_per_output: ratio(card)?,
        brand: card.prose("nguon:brand")?,
        warnings: card.prose("nguon:warnings")?,
        storage: card.prose("nguon:storage")?,
        standards: card.texts("nguon:standards")?,
        image,
    })
}

fn ratio(card: &Object<'_>) -> Result<Option<Ratio>, ReadError> {
    const KEY: &str = "nguon:inputPerOutput";
    let Some(decimal) = card.raw(KEY) else { return Ok(None) };
    let expected = "a number above 0 and below 1,000,000 with at most three decimals";
    let ratio = Ratio::parse(decimal.trim()).ok_or(ReadError::Wrong { field: KEY.to_owned(), expected })?;
    Ok(Some(ratio))
}

fn write_product(out: &mut Writer, product: &Product) {
    out.text("type", "nguon:Product");
    out.text("id", &product.uri);
    out.text("nguon:code", product.code.as_str());
    out.text_if("gs1:gtin", product.gtin);
    out.prose("nguon:name", &product.name);
    out.text("nguon:category", &product.category);
    out.prose_if("nguon:description", product.description.as_ref());
    out.prose("nguon:unitName", &product.unit_name);
    if let Some(content) = product.net_content {
        write_quantity(out, "nguon:netContent", content);
    }
    out.number_if("nguon:shelfLifeDays", product.shelf_life_days);
    if let Some(ratio) = product.input_per_output {
        out.raw("nguon:inputPerOutput", &ratio.to_decimal());
    }
    out.prose_if("nguon:brand", product.brand.as_ref());
    out.prose_if("nguon:warnings", product.warnings.as_ref());
    out.prose_if("nguon:storage", product.storage.as_ref());
    out.texts("nguon:standards", &product.standards);
    if let Some(image) = &product.image {
        out.object("nguon:image", event_write::photo(image));
    }
}

fn certificate(card: &Object<'_>) -> Result<Certificate, ReadError> {
    Ok(Certificate {
        uri: card.required("id")?,
        scheme: Scheme::from(card.required("nguon:scheme")?),
        number: card.required("nguon:number")?,
        issuer: card.required("nguon:issuer")?,
        holder: card.required("nguon:holder")?,
        valid_from: date(card, "nguon:validFrom")?.ok_or(ReadError::Missing("nguon:validFrom"))?,
        valid_until: date(card, "nguon:validUntil")?,
        scope: card.prose("nguon:scope")?,
        covers: card.texts("nguon:covers")?,
        legal_basis: card.owned("nguon:legalBasis")?,
    })
}

fn write_certificate(out: &mut Writer, certificate: &Certificate) {
    out.text("type", "nguon:Certificate");
    out.text("id", &certificate.uri);
    out.text("nguon:scheme", &certificate.scheme.to_string());
    out.text("nguon:number", &certificate.number);
    out.text("nguon:issuer", &certificate.issuer);
    out.text("nguon:holder", &certificate.holder);
    out.text_if("nguon:validFrom", Some(certificate.valid_from));
    out.text_if("nguon:validUntil", certificate.valid_until);
    out.prose_if("nguon:scope", certificate.scope.as_ref());
    out.texts("nguon:covers", &certificate.covers);
    out.text_if("nguon:legalBasis", certificate.legal_basis.as_ref());
}

fn listing(card: &Object<'_>, context: &Context) -> Result<Listing, ReadError> {
    let needed = |key: &'static str| quantity(card, key, context)?.ok_or(ReadError::Missing(key));
    let time = |key| event::time(card, key)?.ok_or(ReadError::Missing(key));
    Ok(Listing {
        uri: card.required("id")?,
        product: card.required("nguon:product")?,
        lots: card.texts("nguon:lots")?,
        title: required_prose(card, "nguon:title")?,
        price_dong: whole(card, "nguon:priceDong")?,
        price_per: needed("nguon:pricePer")?,
        vat_included: card.truth("nguon:vatIncluded")?.ok_or(ReadError::Missing("nguon:vatIncluded"))?,
        valid_from_ms: time("nguon:validFrom")?,
        valid_until_ms: time("nguon:validUntil")?,
        stock: needed("nguon:stock")?,
        min_order: quantity(card, "nguon:minOrder", context)?,
        tiers: tiers(card, context)?,
        images: pictures(card, context)?,
        certificates: card.texts("nguon:certificates")?,
        state: chosen(card, "nguon:state", &LISTING_STATES, "active or withdrawn")?,
    })
}

fn tiers(card: &Object<'_>, context: &Context) -> Result<Vec<PriceTier>, ReadError> {
    let mut tiers = Vec::new();
    for tier in card.objects("nguon:tiers")? {
        let tier = tier.resolve(context)?;
        tiers.push(PriceTier {
            from: quantity(&tier, "nguon:from", context)?.ok_or(ReadError::Missing("nguon:from"))?,
            price_dong: whole(&tier, "nguon:priceDong")?,
        });
    }
    Ok(tiers)
}

fn pictures(card: &Object<'_>, context: &Context) -> Result<Vec<Photo>, ReadError> {
    card.objects("nguon:images")?.into_iter().map(|image| event::photo(&image.resolve(context)?)).collect()
}

fn write_listing(out: &mut Writer, listing: &Listing) {
    let vietnam = nguon_trace::facts::VIETNAM_OFFSET_MINUTES;
    out.text("type", "nguon:Listing");
    out.text("id", &listing.uri);
    out.text("nguon:product", &listing.product);
    out.texts("nguon:lots", &listing.lots);
    out.prose("nguon:title", &listing.title);
    out.number_if("nguon:priceDong", Some(listing.price_dong));
    write_quantity(out, "nguon:pricePer", listing.price_per);
    out.truth_if("nguon:vatIncluded", Some(listing.vat_included));
    out.text("nguon:validFrom", &event_write::time(listing.valid_from_ms, vietnam));
    out.text("nguon:validUntil", &event_write::time(listing.valid_until_ms, vietnam));
    write_quantity(out, "nguon:stock", listing.stock);
    if let Some(quantity) = listing.min_order {
        write_quantity(out, "nguon:minOrder", quantity);
    }
    let tiers = listing.tiers.iter().map(|tier| {
        let mut out = Writer::new();
        write_quantity(&mut out, "nguon:from", tier.from);
        out.number_if("nguon:priceDong", Some(tier.price_dong));
        out
    });
    out.objects("nguon:tiers", tiers.collect());
    out.objects("nguon:images", listing.images.iter().map(event_write::photo).collect());
    out.texts("nguon:certificates", &listing.certificates);
    out.text_if("nguon:state", Some(spelling(&LISTING_STATES, listing.state)));
}
