//! schema.org `Product` and `Offer` with the GS1 Web Vocabulary beside it (which has `harvestDate` and `hasBatchLotNumber`).

use serde_json::{Map, Value, json};

use super::{json, plain};
use crate::{FeedItem, Measure, ProductKey, Shown, Status, Unit};

const CONTEXT: &str =
    r#"{"@context":{"@vocab":"https://schema.org/","gs1":"https://ref.gs1.org/voc/"},"@graph":["#;

pub(super) fn begin(out: &mut Vec<u8>) {
    out.extend_from_slice(CONTEXT.as_bytes());
}

pub(super) fn item(item: &FeedItem, shown: &Shown, first: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if first { b"\n" } else { b",\n" });
    json::value(&product(item, shown), out);
}

/// Not one empty thing in it.
fn filled(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let is_said = |value: &Value| !(value.is_null() || value.as_array().is_some_and(Vec::is_empty));
    let pairs = pairs.into_iter().filter(|(_, value)| is_said(value));
    Value::Object(Map::from_iter(pairs.map(|(key, value)| (key.to_owned(), value))))
}

fn product(item: &FeedItem, shown: &Shown) -> Value {
    let seller = organisation(&item.organisation);
    let gtin = match &item.product {
        ProductKey::Gtin(gtin) => json!(gtin.to_string()),
        ProductKey::InternalCode(_) => Value::Null,
    };
    let sku = match &item.product {
        ProductKey::Gtin(gtin) => gtin.to_string(),
        ProductKey::InternalCode(code) => code.to_string(),
    };
    let property =
        |name: &str, value: String| json!({"@type": "PropertyValue", "name": name, "value": value});
    let mut properties = vec![
        property("eventId", item.event_id.to_string()),
        property("proof", item.proof_url.clone()),
        property("communeCode", item.origin.commune_code.to_string()),
    ];
    properties.extend(item.ocop_stars.map(|stars| property("ocopStars", stars.to_string())));
    properties.extend(item.standards.iter().map(|standard| property("standard", plain(standard))));
    let lots: Vec<Value> = item.lots.iter().map(|lot| json!(lot.code)).collect();
    let harvested: Vec<Value> =
        item.lots.iter().filter_map(|lot| lot.harvest_date).map(|day| json!(day.to_string())).collect();
    let produced = item.lots.iter().filter_map(|lot| lot.produced_on).max();
    filled([
        ("@id", json!(format!("{}#product", item.listing))),
        ("@type", json!("Product")),
        ("name", json!(plain(&shown.name))),
        ("description", item.description_vi.as_ref().map_or(Value::Null, |text| json!(plain(text)))),
        ("category", json!(plain(&shown.category))),
        (
            "brand",
            item.brand.as_ref().map_or(Value::Null, |brand| json!({"@type": "Brand", "name": plain(brand)})),
        ),
        ("sku", json!(sku)),
        ("gtin14", gtin),
        ("url", json!(item.trace_url)),
        ("image", item.images.iter().map(|image| json!(image.url)).collect()),
        ("countryOfOrigin", json!({"@type": "Country", "name": "VN"})),
        ("productionDate", produced.map_or(Value::Null, |day| json!(day.to_string()))),
        ("hasMeasurement", item.net_content.map_or(Value::Null, |net| quantity(net, None))),
        ("hasCertification", item.certificates.iter().map(certification).collect()),
        ("manufacturer", item.producers.iter().map(organisation).collect()),
        ("additionalProperty", Value::Array(properties)),
        ("gs1:hasBatchLotNumber", Value::Array(lots)),
        ("gs1:harvestDate", Value::Array(harvested)),
        ("gs1:provenanceStatement", json!(plain(&item.origin.text))),
        ("offers", offer(item, shown, &seller)),
    ])
}

fn offer(item: &FeedItem, shown: &Shown, seller: &Value) -> Value {
    let in_stock = item.status == Status::Active && shown.stock.value > 0;
    let price = |dong: u64, per: Value| {
        json!({
            "@type": "UnitPriceSpecification", "price": dong.to_string(), "priceCurrency": "VND",
            "valueAddedTaxIncluded": item.vat_included, "referenceQuantity": per,
        })
    };
    let mut prices = vec![price(shown.price_vnd.dong(), quantity(shown.price_per, Some(&shown.unit)))];
    for tier in &shown.tiers {
        let mut tiered = price(tier.price_vnd.dong(), quantity(shown.price_per, Some(&shown.unit)));
        tiered["eligibleQuantity"] = json!({
            "@type": "QuantitativeValue", "minValue": tier.from.value, "unitText": tier.from.unit.name_vi(),
        });
        prices.push(tiered);
    }
    filled([
        ("@id", json!(item.listing)),
        ("@type", json!("Offer")),
        ("price", json!(shown.price_vnd.dong().to_string())),
        ("priceCurrency", json!("VND")),
        ("priceSpecification", Value::Array(prices)),
        ("availability", json!(format!("https://schema.org/{}", if in_stock { "InStock" } else { "OutOfStock" }))),
        ("inventoryLevel", quantity(shown.stock, Some(&shown.stock_unit))),
        ("validFrom", json!(item.valid_from.to_string())),
        ("validThrough", json!(item.valid_until.to_string())),
        ("itemCondition", json!("https://schema.org/NewCondition")),
        ("eligibleQuantity", item.min_order.map_or(Value::Null, |least| {
            json!({"@type": "QuantitativeValue", "minValue": least.value, "unitText": least.unit.name_vi()})
        })),
        ("seller", seller.clone()),
    ])
}

fn organisation(who: &crate::Organisation) -> Value {
    filled([
        ("@id", json!(format!("urn:nguon:organisation:{}", who.id))),
        ("@type", json!("Organization")),
        ("name", json!(plain(&who.name))),
        ("address", json!(plain(&who.address))),
        ("taxID", who.tax_code.as_ref().map_or(Value::Null, |tax| json!(plain(tax)))),
        ("telephone", who.hotline.as_ref().map_or(Value::Null, |phone| json!(plain(phone)))),
        ("url", who.website.as_ref().map_or(Value::Null, |url| json!(plain(url)))),
    ])
}

fn certification(paper: &crate::Certificate) -> Value {
    filled([
        ("@type", json!("Certification")),
        ("name", json!(plain(&paper.scheme))),
        ("certificationIdentification", json!(plain(&paper.number))),
        ("issuedBy", json!({"@type": "Organization", "name": plain(&paper.issuer)})),
        ("validFrom", json!(paper.valid_from.to_string())),
        ("expires", paper.valid_until.map_or(Value::Null, |day| json!(day.to_string()))),
    ])
}

/// With a code of UN/ECE Recommendation 20 where there is one: a chục is ten here and twelve elsewhere.
fn quantity(measure: Measure, name: Option<&str>) -> Value {
    let code = match measure.unit {
        Unit::Gram => Some("GRM"),
        Unit::Kilogram => Some("KGM"),
        Unit::Ta => Some("DTN"),
        Unit::Tonne => Some("TNE"),
        Unit::Millilitre => Some("MLT"),
        Unit::Litre => Some("LTR"),
        Unit::Piece => Some("H87"),
        _ => None,
    };
    filled([
        ("@type", json!("QuantitativeValue")),
        ("value", json!(measure.value)),
        ("unitCode", code.map_or(Value::Null, |code| json!(code))),
        ("unitText", json!(plain(name.unwrap_or(measure.unit.name_vi())))),
    ])
}
