//! Google Merchant product data: RSS 2.0 with `g:` elements, and the same attributes tab-separated.
//!
//! Meta's catalogue reads both. Attributes are those of the Merchant API's `ProductAttributes`; certificates and the proof go into
//! `product_detail`, because `certification` knows energy labels only. `price` is `65000 VND`: đồng has no smaller unit.
//! A pack's price stands for `unit_pricing_base_measure`, so that a shop can show it by the kilogram.

use super::table::vietnam;
use super::{Heading, cut, offer_id, plain};
use crate::{FeedItem, Measure, ProductKey, Shown, Status, Unit};

/// Characters of a title and a description, at most.
const TITLE: usize = 150;
const DESCRIPTION: usize = 5_000;

/// The attributes of the tab-separated form, in order.
const COLUMNS: [&str; 22] = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "additional_image_link",
    "availability",
    "price",
    "condition",
    "brand",
    "gtin",
    "mpn",
    "identifier_exists",
    "product_type",
    "unit_pricing_measure",
    "unit_pricing_base_measure",
    "expiration_date",
    "shipping_weight",
    "external_seller_id",
    "custom_label_0",
    "custom_label_1",
    "product_detail",
];

/// Attributes with their values; one may come more than once.
fn attributes(item: &FeedItem, shown: &Shown) -> Vec<(&'static str, String)> {
    let mut all = vec![("id", offer_id(&item.listing)), ("title", cut(&bare(&shown.name), TITLE))];
    let described = item.description_vi.as_deref().unwrap_or(&item.name_vi);
    let mut description = format!(
        "{} Xuất xứ: {}.",
        bare(described).trim_end_matches('.').to_owned() + ".",
        bare(&item.origin.text)
    );
    if let Some(storage) = &item.storage {
        description.push_str(&format!(" Bảo quản: {}", bare(storage)));
    }
    all.push(("description", cut(&description, DESCRIPTION)));
    all.push(("link", item.trace_url.clone()));
    let mut images = item.images.iter().map(|image| image.url.clone());
    all.extend(images.next().map(|url| ("image_link", url)));
    all.extend(images.take(9).map(|url| ("additional_image_link", url)));
    let in_stock = item.status == Status::Active && shown.stock.value > 0;
    all.push(("availability", if in_stock { "in_stock" } else { "out_of_stock" }.to_owned()));
    all.push(("price", format!("{} VND", shown.price_vnd.dong())));
    all.push(("condition", "new".to_owned()));
    all.push(("brand", cut(&bare(item.brand.as_ref().unwrap_or(&item.organisation.name)), 70)));
    match &item.product {
        ProductKey::Gtin(gtin) => all.push(("gtin", gtin.to_string())),
        ProductKey::InternalCode(code) => {
            all.push(("mpn", code.to_string()));
            all.push(("identifier_exists", "no".to_owned()));
        }
    }
    all.push(("product_type", cut(&plain(&shown.category), 750)));
    let pack = if is_measured(shown.price_per) { Some(shown.price_per) } else { item.net_content };
    if let Some((size, base)) = pack.and_then(unit_pricing) {
        all.push(("unit_pricing_measure", size));
        all.push(("unit_pricing_base_measure", base.to_owned()));
    }
    all.push(("expiration_date", vietnam(item.valid_until)));
    if let Some(grams) = pack.and_then(|pack| pack.value.checked_mul(pack.unit.grams()?)) {
        all.push(("shipping_weight", format!("{grams} g")));
    }
    all.push(("external_seller_id", item.organisation.id.to_string()[..32].to_owned()));
    all.push(("custom_label_0", format!("commune-{}", item.origin.commune_code)));
    all.extend(item.ocop_stars.map(|stars| ("custom_label_1", format!("ocop-{stars}"))));
    all
}

/// Without a sign that begins or ends markup: Google and Meta refuse HTML in texts, even written with entities.
fn bare(text: &str) -> String {
    plain(&text.replace(['<', '>'], " "))
}

/// `section_name:attribute_name:attribute_value`; colons and commas are structure, so none is in a value's own text.
fn details(item: &FeedItem) -> Vec<[String; 3]> {
    let detail =
        |name: &str, value: String| ["Truy xuất".to_owned(), name.to_owned(), cut(&plain(&value), 1_000)];
    let mut all = vec![
        detail("Mã tin", item.listing.clone()),
        detail("Mã bản ghi", item.event_id.to_string()),
        detail("Bằng chứng", item.proof_url.clone()),
        detail("Người bán", item.organisation.name.clone()),
    ];
    all.extend(item.lots.iter().take(10).map(|lot| detail("Số lô", lot.code.clone())));
    for paper in item.certificates.iter().take(10) {
        all.push(detail("Chứng nhận", format!("{} {}", paper.scheme, paper.number)));
    }
    all
}

fn is_measured(measure: Measure) -> bool {
    measure.unit.grams().is_some() || measure.unit.millilitres().is_some()
}

/// In the units that the attribute knows (kg, g, l, ml).
fn unit_pricing(pack: Measure) -> Option<(String, &'static str)> {
    let (value, unit, base) = match pack.unit {
        Unit::Gram => (pack.value, "g", "1 kg"),
        Unit::Millilitre => (pack.value, "ml", "1 l"),
        Unit::Litre => (pack.value, "l", "1 l"),
        other => (pack.value.checked_mul(other.grams()? / 1_000)?, "kg", "1 kg"),
    };
    (value > 0).then(|| (format!("{value} {unit}"), base))
}

pub(super) fn xml_begin(heading: &Heading, out: &mut Vec<u8>) {
    let (title, link) = (escaped(&heading.title), escaped(&heading.base_url));
    out.extend_from_slice(
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n\
             <title>{title}</title>\n<link>{link}</link>\n<description>{title}</description>\n"
        )
        .as_bytes(),
    );
}

pub(super) fn xml_item(item: &FeedItem, shown: &Shown, out: &mut Vec<u8>) {
    let mut text = String::from("<item>\n");
    for (name, value) in attributes(item, shown) {
        text.push_str(&format!("<g:{name}>{}</g:{name}>\n", escaped(&value)));
    }
    for [section, name, value] in details(item) {
        text.push_str(&format!(
            "<g:product_detail><g:section_name>{}</g:section_name><g:attribute_name>{}</g:attribute_name>\
             <g:attribute_value>{}</g:attribute_value></g:product_detail>\n",
            escaped(&section),
            escaped(&name),
            escaped(&value)
        ));
    }
    text.push_str("</item>\n");
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn xml_end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"</channel>\n</rss>\n");
}

pub(super) fn tsv_begin(out: &mut Vec<u8>) {
    out.extend_from_slice(COLUMNS.join("\t").as_bytes());
    out.push(b'\n');
}

pub(super) fn tsv_item(item: &FeedItem, shown: &Shown, out: &mut Vec<u8>) {
    let attributes = attributes(item, shown);
    let details: Vec<String> = details(item)
        .into_iter()
        .map(|[section, name, value]| format!("{section}:{name}:\"{}\"", value.replace('"', "'")))
        .collect();
    let cells = COLUMNS.map(|column| {
        let mut values: Vec<&str> =
            attributes.iter().filter(|(name, _)| *name == column).map(|(_, value)| value.as_str()).collect();
        if column == "product_detail" {
            values = details.iter().map(String::as_str).collect();
        }
        // Nothing that opens it is a formula either: ids, numbers and addresses are ours, texts are guarded.
        super::table::guarded(&values.join(",")).into_owned()
    });
    out.extend_from_slice(cells.join("\t").as_bytes());
    out.push(b'\n');
}

/// Text of an element (XML 1.0, 2.4), without characters that XML has no place for.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profile;
    use crate::feed::tests::item;
    use crate::form::Form;
    use crate::form::tests::{hostile, written};

    #[test]
    fn a_product_is_said_in_googles_words() {
        let text = written(Form::GoogleXml, &[item()], &Profile::default());
        for wanted in [
            "<g:price>185000 VND</g:price>",
            "<g:availability>in_stock</g:availability>",
            "<g:gtin>09521234567899</g:gtin>",
            "<g:unit_pricing_measure>500 g</g:unit_pricing_measure>",
            "<g:unit_pricing_base_measure>1 kg</g:unit_pricing_base_measure>",
            "<g:expiration_date>2026-12-31T23:59+0700</g:expiration_date>",
            "<g:brand>HTX Nông nghiệp Xuân Trường</g:brand>",
            "<title>Nông sản &lt;Lâm Đồng&gt; &amp; bạn</title>",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
        let mut nothing_left = item();
        nothing_left.stock.value = 0;
        let text = written(Form::GoogleXml, &[nothing_left], &Profile::default());
        assert!(text.contains("<g:availability>out_of_stock</g:availability>"));
    }

    #[test]
    fn no_text_of_a_seller_is_markup_or_a_column() {
        let xml = written(Form::GoogleXml, &[hostile(), item()], &Profile::default());
        assert_eq!(xml.matches("<item>").count(), 2);
        assert!(!xml.contains("<script") && !xml.contains('\u{0}') && !xml.contains('\u{7}'), "{xml}");
        for name in ["title", "description"] {
            let text = xml.split(&format!("<g:{name}>")).nth(1).unwrap().split("</g:").next().unwrap();
            assert!(!text.contains("&lt;"), "{text}");
        }
        let tsv = written(Form::GoogleTsv, &[hostile(), item()], &Profile::default());
        assert_eq!(tsv.lines().count(), 3);
        for line in tsv.lines() {
            assert_eq!(line.split('\t').count(), COLUMNS.len(), "{line}");
            assert!(line.split('\t').all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{line}");
        }
    }
}
