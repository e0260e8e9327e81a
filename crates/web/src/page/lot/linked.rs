//! The page for machines: JSON-LD (W3C Recommendation of 16 July 2020) in the words of schema.org and of the GS1 Web Vocabulary,
//! with the same numbers as the page and the feed.
//!
//! ```json
//! {"@context": {"@vocab": "https://schema.org/", "gs1": "https://ref.gs1.org/voc/", …},
//!  "@type": ["Product", "gs1:Product"], "@id": "https://…/01/09521100700023/10/260615-A",
//!  "name": "…", "gs1:hasBatchLotNumber": "260615-A", "offers": [{"@type": "Offer", "price": "185000", …}]}
//! ```
//!
//! Everything needed to read it stands in it: no context is fetched from anywhere. How the lot stands is an
//! `additionalProperty` of ours, since neither vocabulary has a word for it beyond `gs1:isProductRecalled`.
//!
//! It is a data block (HTML, section 4.12.1): browsers do not run it. Still every character that could end the element or
//! begin another is written as an escape.

use jiff::Timestamp;
use jiff::civil::Date;
use nguon_service::Certified;
use nguon_trace::facts::Listing;
use nguon_trace::lot::LotStatus;
use nguon_trace::quantity::{Quantity, Unit};
use serde_json::{Map, Value, json};

use super::super::words::day_in_vietnam;
use super::scene::Scene;

/// Codes that the GS1 Web Vocabulary has for `gs1:growingMethod` and that a plot's card may hold.
const GROWING_METHODS: [&str; 10] = [
    "CONVENTIONAL",
    "FIELD_GROWN",
    "GREENHOUSE",
    "HYDROPONIC",
    "INTEGRATED_PEST_MANAGEMENT",
    "ORGANIC",
    "SHADE_GROWN",
    "SUSTAINABLE",
    "WILD",
    "FREE_RANGE",
];

/// What the property of ours is called.
const STATUS: &str = "urn:nguon:voc:status";

/// The data block's text; how the lot stands is told in the words of the banner too.
pub(super) fn of(scene: &Scene<'_>, standing: &str, image: Option<&str>) -> String {
    let text = document(scene, standing, image).to_string();
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

fn document(scene: &Scene<'_>, standing: &str, image: Option<&str>) -> Value {
    let (words, lot, state) = (scene.words, scene.lot, &scene.lot.state);
    let (base, canonical) = (scene.base, scene.canonical());
    let product = lot.product.as_ref();
    let gtin = product.and_then(|product| product.gtin).or(match &lot.id {
        nguon_id::LotId::Gs1 { gtin, .. } => Some(*gtin),
        nguon_id::LotId::Own { .. } => None,
    });
    let is_recalled = matches!(state.status, LotStatus::Recalled { .. });
    let maker = state.maker.as_ref().map(|hex| {
        let card = lot.organisations.get(hex);
        object([
            ("@type", Some(json!(["Organization", "gs1:Organization"]))),
            ("@id", Some(format!("{base}/o/{hex}").into())),
            ("name", Some(scene.organisation(hex).text.into())),
            ("address", card.map(|card| words.text(&card.address).into())),
            ("telephone", card.and_then(|card| card.hotline.clone()).map(Value::from)),
        ])
    });
    let papers = state.certificates.iter().filter_map(|uri| lot.certificates.get(uri));
    let papers: Vec<Value> = papers.map(|certified| paper(scene, certified)).collect();
    let offers: Vec<Value> =
        scene.standing_offers().map(|listing| offer(scene, &canonical, listing)).collect();
    let growing = state.growing_method.as_deref().filter(|method| GROWING_METHODS.contains(method));
    let whole_harvest = state.harvest_from.zip(state.harvest_until).filter(|(from, until)| from != until);
    object([
        ("@context", Some(context())),
        ("@type", Some(json!(["Product", "gs1:Product"]))),
        ("@id", Some(canonical.as_str().into())),
        ("url", Some(canonical.as_str().into())),
        ("name", Some(scene.product_name().into())),
        (
            "description",
            product.and_then(|product| product.description.as_ref()).map(|text| words.text(text).into()),
        ),
        ("image", image.map(Value::from)),
        ("category", product.map(|product| product.category.clone().into())),
        (
            "brand",
            product
                .and_then(|product| product.brand.as_ref())
                .map(|brand| json!({ "@type": "Brand", "name": words.text(brand) })),
        ),
        ("sku", product.map(|product| product.code.as_str().into())),
        ("gtin", gtin.map(|gtin| gtin.as_str().into())),
        ("gs1:gtin", gtin.map(|gtin| gtin.as_str().into())),
        ("gs1:hasBatchLotNumber", Some(lot.id.lot().as_str().into())),
        ("manufacturer", maker),
        ("countryOfOrigin", state.country_of_origin.as_deref().map(country)),
        ("productionDate", day(state.produced_on)),
        ("gs1:productionDate", day(state.produced_on)),
        ("gs1:harvestDate", day(state.harvest_until.filter(|_| whole_harvest.is_none()))),
        ("gs1:harvestDateStart", day(whole_harvest.map(|(from, _)| from))),
        ("gs1:harvestDateEnd", day(whole_harvest.map(|(_, until)| until))),
        ("gs1:bestBeforeDate", day(state.best_before)),
        ("gs1:expirationDate", day(state.use_by)),
        ("gs1:growingMethod", growing.map(|code| json!({ "@id": format!("gs1:GrowingMethodCode-{code}") }))),
        (
            "gs1:netContent",
            product.and_then(|product| product.net_content).map(|net| {
                let (value, unit) = unit_code(net);
                json!({ "@type": "gs1:QuantitativeValue", "gs1:value": value, "gs1:unitCode": unit })
            }),
        ),
        (
            "gs1:provenanceStatement",
            Some(scene.origins().join("; ")).filter(|text| !text.is_empty()).map(Value::from),
        ),
        ("gs1:isProductRecalled", Some(is_recalled.into())),
        ("hasCertification", Some(papers).filter(|list| !list.is_empty()).map(Value::from)),
        (
            "additionalProperty",
            Some(json!([{
                "@type": "PropertyValue", "propertyID": STATUS, "name": standing,
                "value": status(&state.status), "url": format!("{base}/api/v1/lots{}", scene.path),
            }])),
        ),
        ("offers", Some(offers).filter(|list| !list.is_empty()).map(Value::from)),
    ])
}

/// What the words mean, without fetching anything.
fn context() -> Value {
    let date = json!({ "@type": "http://www.w3.org/2001/XMLSchema#date" });
    let dates = [
        "productionDate",
        "harvestDate",
        "harvestDateStart",
        "harvestDateEnd",
        "bestBeforeDate",
        "expirationDate",
    ];
    let mut context = Map::new();
    context.insert("@vocab".to_owned(), "https://schema.org/".into());
    context.insert("gs1".to_owned(), "https://ref.gs1.org/voc/".into());
    for word in ["url", "image", "availability", "certificationStatus"] {
        context.insert(word.to_owned(), json!({ "@type": "@id" }));
    }
    context.extend(dates.map(|word| (format!("gs1:{word}"), date.clone())));
    Value::Object(context)
}

/// An object of what is known.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect::<Map<_, _>>())
}

fn day(day: Option<Date>) -> Option<Value> {
    day.map(|day| day.to_string().into())
}

fn country(code: &str) -> Value {
    json!({ "@type": "Country", "name": code })
}

fn status(status: &LotStatus) -> &'static str {
    match status {
        LotStatus::Unknown => "unknown",
        LotStatus::Registered => "registered",
        LotStatus::Active => "active",
        LotStatus::SoldOut => "sold_out",
        LotStatus::Destroyed => "destroyed",
        LotStatus::Recalled { .. } => "recalled",
    }
}

/// The number and the unit's code in UN/ECE Recommendation 20.
fn unit_code(quantity: Quantity) -> (u64, &'static str) {
    let unit = match quantity.unit {
        Unit::Gram => "GRM",
        Unit::Millilitre => "MLT",
        Unit::Piece => "H87",
    };
    (quantity.amount, unit)
}

fn measure(quantity: Quantity) -> Value {
    let (value, unit) = unit_code(quantity);
    json!({ "@type": "QuantitativeValue", "value": value, "unitCode": unit })
}

fn paper(scene: &Scene<'_>, certified: &Certified) -> Value {
    let certificate = &certified.certificate;
    let today = day_in_vietnam(scene.now_ms);
    let stands =
        certificate.valid_from <= today && certificate.valid_until.is_none_or(|until| today <= until);
    let status = if stands { "CertificationActive" } else { "CertificationInactive" };
    object([
        ("@type", Some("Certification".into())),
        ("name", Some(scene.scheme(&certificate.scheme).into())),
        ("certificationIdentification", Some(certificate.number.clone().into())),
        ("issuedBy", Some(json!({ "@type": "Organization", "name": certificate.issuer }))),
        ("validFrom", day(Some(certificate.valid_from))),
        ("expires", day(certificate.valid_until)),
        ("certificationStatus", Some(format!("https://schema.org/{status}").into())),
    ])
}

fn offer(scene: &Scene<'_>, canonical: &str, listing: &Listing) -> Value {
    let instant = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or_default().to_string();
    let availability = if listing.stock.amount > 0 { "InStock" } else { "OutOfStock" };
    object([
        ("@type", Some("Offer".into())),
        ("@id", Some(listing.uri.clone().into())),
        ("name", Some(scene.words.text(&listing.title).into())),
        ("url", Some(format!("{canonical}#offers").into())),
        ("price", Some(listing.price_dong.to_string().into())),
        ("priceCurrency", Some("VND".into())),
        ("availability", Some(format!("https://schema.org/{availability}").into())),
        ("validFrom", Some(instant(listing.valid_from_ms).into())),
        ("priceValidUntil", Some(instant(listing.valid_until_ms).into())),
        ("inventoryLevel", Some(measure(listing.stock))),
        (
            "priceSpecification",
            Some(json!({
                "@type": "UnitPriceSpecification", "price": listing.price_dong.to_string(),
                "priceCurrency": "VND", "valueAddedTaxIncluded": listing.vat_included,
                "referenceQuantity": measure(listing.price_per),
            })),
        ),
    ])
}
