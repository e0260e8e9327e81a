//! Data Food Consortium 1.16: enterprises supply products, a catalogue item stands for each, and an offer has its price.
//!
//! ```text
//! Enterprise ─supplies─▶ SuppliedProduct ─referencedBy─▶ CatalogItem ─offeredThrough─▶ Offer ─hasPrice─▶ Price
//!     └────────manages──────────────────────────────────────┘
//! ```
//!
//! `dfc-b:referencedBy` is written with each product: importers that do not find it see a price of 0 and no stock
//! (openfoodfoundation/openfoodnetwork #14797). Stock is always a number, never "unlimited" (#14798). The words are theirs, with their
//! spelling. Numbers are strings, as their own connector writes them. Their list of measures has no đồng, so a price's unit is the
//! currency's name at the EU's publications office, where they take countries from.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{json, offer_id, plain};
use crate::{FeedItem, Measure, Organisation, Shown, Unit};

const CONTEXT: &str =
    "https://www.datafoodconsortium.org/wp-content/plugins/wordpress-context-jsonld/context_1.16.0.jsonld";
const DONG: &str = "http://publications.europa.eu/resource/authority/currency/VND";

/// What each seller supplies, told at the end: names only, some hundred bytes an item.
#[derive(Debug, Default)]
pub(super) struct Sellers(BTreeMap<String, (Organisation, Vec<String>)>);

pub(super) fn begin(out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{{\"@context\":\"{CONTEXT}\",\"@graph\":[").as_bytes());
}

pub(super) fn item(
    item: &FeedItem,
    shown: &Shown,
    (base, first): (&str, bool),
    sellers: &mut Sellers,
    out: &mut Vec<u8>,
) {
    let id = offer_id(&item.listing);
    let seller = sellers.0.entry(item.organisation.id.to_string());
    seller.or_insert_with(|| (item.organisation.clone(), Vec::new())).1.push(id.clone());
    for (place, node) in nodes(item, shown, base, &id).iter().enumerate() {
        out.extend_from_slice(if first && place == 0 { b"\n" } else { b",\n" });
        json::value(node, out);
    }
}

pub(super) fn end(sellers: &Sellers, mut first: bool, out: &mut Vec<u8>) {
    for (organisation, ids) in sellers.0.values() {
        out.extend_from_slice(if std::mem::take(&mut first) { b"\n" } else { b",\n" });
        let of = |kind: &str| -> Vec<Value> { ids.iter().map(|id| json!(node_id(kind, id))).collect() };
        json::value(
            &json!({
                "@id": format!("urn:nguon:organisation:{}", organisation.id),
                "@type": "dfc-b:Enterprise",
                "dfc-b:name": plain(&organisation.name),
                "dfc-b:hasDescription": plain(&organisation.address),
                "dfc-b:supplies": of("product"),
                "dfc-b:manages": of("item"),
            }),
            out,
        );
    }
    out.extend_from_slice(b"\n]}\n");
}

fn node_id(kind: &str, id: &str) -> String {
    format!("urn:nguon:dfc:{kind}:{id}")
}

fn nodes(item: &FeedItem, shown: &Shown, base: &str, id: &str) -> Vec<Value> {
    let (product, catalog_item, offer) = (node_id("product", id), node_id("item", id), node_id("offer", id));
    // The connector looks for these two among blank nodes alone.
    let (price, quantity) = (format!("_:price-{id}"), format!("_:quantity-{id}"));
    let pack = item.net_content.unwrap_or(shown.price_per);
    let described = item.description_vi.as_ref().unwrap_or(&item.name_vi);
    let proof = format!(
        "{} Giá cho {} {}. Nguồn gốc: {} Bản ghi {} ({}).",
        plain(described),
        shown.price_per.value,
        plain(&shown.unit),
        item.trace_url,
        item.event_id,
        item.proof_url
    );
    let mut supplied = json!({
        "@id": product,
        "@type": "dfc-b:SuppliedProduct",
        "dfc-b:name": plain(&shown.name),
        "dfc-b:description": proof,
        "dfc-b:hasQuantity": quantity,
        "dfc-b:suppliedBy": format!("urn:nguon:organisation:{}", item.organisation.id),
        "dfc-b:referencedBy": catalog_item,
        "dfc-b:image": item.images.iter().map(|image| json!(image.url)).collect::<Vec<_>>(),
    });
    if item.images.is_empty()
        && let Some(node) = supplied.as_object_mut()
    {
        node.remove("dfc-b:image");
    }
    let papers = item.certificates.iter().enumerate().map(|(place, paper)| {
        json!({
            "@id": format!("{product}:certificate:{place}"),
            "@type": "dfc-b:Certfication",
            "dfc-b:name": plain(&format!("{} {}", paper.scheme, paper.number)),
            "dfc-b:certiferReference": plain(&paper.issuer),
        })
    });
    let mut nodes = vec![
        supplied,
        json!({
            "@id": catalog_item,
            "@type": "dfc-b:CatalogItem",
            "dfc-b:sku": id,
            "dfc-b:references": product,
            "dfc-b:stockLimitation": shown.stock.value.to_string(),
            "dfc-b:offeredThrough": offer,
            "dfc-b:managedBy": format!("urn:nguon:organisation:{}", item.organisation.id),
        }),
        json!({
            "@id": offer,
            "@type": "dfc-b:Offer",
            "dfc-b:offeredItem": catalog_item,
            "dfc-b:hasPrice": price,
            "dfc-b:URL": format!("{base}{}", item.trace_url.strip_prefix(base).unwrap_or_default()),
        }),
        json!({
            "@id": price,
            "@type": "dfc-b:Price",
            "dfc-b:value": shown.price_vnd.dong().to_string(),
            "dfc-b:hasUnit": DONG,
        }),
        json!({
            "@id": quantity,
            "@type": "dfc-b:QuantitativeValue",
            "dfc-b:value": pack.value.to_string(),
            "dfc-b:hasUnit": unit(pack),
        }),
    ];
    nodes.extend(papers);
    nodes
}

fn unit(measure: Measure) -> &'static str {
    match measure.unit {
        Unit::Gram => "dfc-m:Gram",
        Unit::Kilogram => "dfc-m:Kilogram",
        Unit::Tonne => "dfc-m:Tonne",
        Unit::Millilitre => "dfc-m:Millilitre",
        Unit::Litre => "dfc-m:Litre",
        Unit::Bunch => "dfc-m:Bunch",
        Unit::Box | Unit::Carton => "dfc-m:Box",
        Unit::Bag | Unit::Sack => "dfc-m:Bag",
        _ => "dfc-m:Piece",
    }
}
