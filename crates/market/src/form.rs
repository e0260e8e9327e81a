//! One content, many forms: what each exchange's program or staff reads.
//!
//! | file | form | for whom |
//! |---|---|---|
//! | `listings.json` | one JSON document, versioned, with a published schema | programs |
//! | `listings.jsonl` | one item a line | bulk loads |
//! | `listings.csv`, `listings.xlsx` | a table with Vietnamese heads | staff with Excel |
//! | `google.xml`, `google.tsv` | Google Merchant (RSS 2.0 with `g:`; tab-separated) | product feeds, Meta catalogues |
//! | `schema-org.jsonld` | schema.org and GS1 Web Vocabulary | search engines |
//! | `dfc.jsonld` | Data Food Consortium 1.16 | short food chains' shops |
//!
//! A [`Writer`] takes items one by one and gives bytes, so that a file of any length is written in the memory of one item. Every
//! form names each item's signed record and where its proof is. Prices are whole đồng in all of them: nothing is ever multiplied
//! or divided by a hundred.

mod dfc;
mod google;
mod json;
mod schema_org;
pub mod table;

pub use self::json::SCHEMA;
use crate::{Cursor, FeedItem, Shown};

/// A form that is written item by item. (A spreadsheet is written at once: see [`table`].)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// One JSON document.
    Json,
    /// JSON Lines.
    JsonLines,
    /// CSV with a byte-order mark.
    Csv,
    /// Google Merchant RSS 2.0.
    GoogleXml,
    /// Google Merchant TSV.
    GoogleTsv,
    /// schema.org JSON-LD.
    SchemaOrg,
    /// Data Food Consortium JSON-LD.
    Dfc,
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 7] = [
        Form::Json,
        Form::JsonLines,
        Form::Csv,
        Form::GoogleXml,
        Form::GoogleTsv,
        Form::SchemaOrg,
        Form::Dfc,
    ];

    /// The name of its file.
    pub fn file(self) -> &'static str {
        match self {
            Form::Json => "listings.json",
            Form::JsonLines => "listings.jsonl",
            Form::Csv => "listings.csv",
            Form::GoogleXml => "google.xml",
            Form::GoogleTsv => "google.tsv",
            Form::SchemaOrg => "schema-org.jsonld",
            Form::Dfc => "dfc.jsonld",
        }
    }

    /// The form of a file.
    pub fn of_file(name: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|form| form.file() == name)
    }

    /// IANA media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::JsonLines => "application/jsonl",
            Form::Csv => "text/csv; charset=utf-8; header=present",
            Form::GoogleXml => "application/rss+xml; charset=utf-8",
            Form::GoogleTsv => "text/tab-separated-values; charset=utf-8",
            Form::SchemaOrg | Form::Dfc => "application/ld+json",
        }
    }
}

/// What a whole file has in common.
#[derive(Debug, Clone)]
pub struct Heading {
    /// Where pages are reached, without a slash at the end.
    pub base_url: String,
    /// What the file is called, for people.
    pub title: String,
    /// Where changes go on after this file.
    pub next: Cursor,
    /// Names the selection: another profile, another word.
    pub selection: String,
}

/// Writes items in a form.
#[derive(Debug)]
pub struct Writer {
    form: Form,
    heading: Heading,
    any: bool,
    sellers: dfc::Sellers,
}

impl Writer {
    /// A writer of this form.
    pub fn new(form: Form, heading: Heading) -> Self {
        Self { form, heading, any: false, sellers: dfc::Sellers::default() }
    }

    /// What stands before the items.
    pub fn begin(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Json => json::begin(&self.heading, out),
            Form::JsonLines => {}
            Form::Csv => table::csv_begin(out),
            Form::GoogleXml => google::xml_begin(&self.heading, out),
            Form::GoogleTsv => google::tsv_begin(out),
            Form::SchemaOrg => schema_org::begin(out),
            Form::Dfc => dfc::begin(out),
        }
    }

    /// One item, as the exchange is shown it.
    pub fn item(&mut self, item: &FeedItem, shown: &Shown, out: &mut Vec<u8>) {
        let first = !std::mem::replace(&mut self.any, true);
        match self.form {
            Form::Json => json::item(item, first, out),
            Form::JsonLines => json::line(item, out),
            Form::Csv => table::csv_item(item, shown, out),
            Form::GoogleXml => google::xml_item(item, shown, out),
            Form::GoogleTsv => google::tsv_item(item, shown, out),
            Form::SchemaOrg => schema_org::item(item, shown, first, out),
            Form::Dfc => dfc::item(item, shown, (&self.heading.base_url, first), &mut self.sellers, out),
        }
    }

    /// What stands after the items.
    pub fn end(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Json => out.extend_from_slice(b"\n]}\n"),
            Form::JsonLines | Form::Csv | Form::GoogleTsv => {}
            Form::GoogleXml => google::xml_end(out),
            Form::SchemaOrg => out.extend_from_slice(b"\n]}\n"),
            Form::Dfc => dfc::end(&self.sellers, !self.any, out),
        }
    }
}

/// A text that moves no cursor, breaks no line and ends no document: what people wrote, without control characters (XML 1.0, 2.2
/// has no place for them) and without the characters that turn the direction of other text.
pub(crate) fn plain(text: &str) -> String {
    let harmless = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let lines = text.replace(['\n', '\t', '\r'], " ");
    lines.chars().filter(harmless).collect()
}

/// At most so many characters, cut at a word where there is one.
pub(crate) fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let head: String = text.chars().take(chars.saturating_sub(1)).collect();
    let whole = head.rfind(' ').filter(|at| *at > head.len() / 2).map_or(head.as_str(), |at| &head[..at]);
    format!("{}…", whole.trim_end())
}

/// A listing's URI as an identifier of at most 50 characters that is fit for every exchange (Google's `id`): it is not the URI
/// itself, which has slashes and no bound.
pub fn offer_id(listing: &str) -> String {
    // FNV-1a of 128 bits: names are told apart, nothing is proved by it. The URI stands beside it.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in listing.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("n{hash:032x}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Profile;
    use crate::feed::tests::item;

    pub(crate) fn written(form: Form, items: &[FeedItem], profile: &Profile) -> String {
        let heading = Heading {
            base_url: "https://nguon.example".to_owned(),
            title: "Nông sản <Lâm Đồng> & bạn".to_owned(),
            next: Cursor { log_index: 4711, position: 2, day: 20_785 },
            selection: "s1".to_owned(),
        };
        let mut writer = Writer::new(form, heading);
        let mut out = Vec::new();
        writer.begin(&mut out);
        for item in items {
            writer.item(item, &profile.show(item), &mut out);
        }
        writer.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// What a hostile seller would like to write into every text of a listing.
    pub(crate) fn hostile() -> FeedItem {
        let mut item = item();
        item.name_vi =
            "=HYPERLINK(\"http://evil.example\",\"x\")\u{0}\t\n</g:title><script>alert(1)</script>]]>"
                .to_owned();
        item.description_vi = Some("@SUM(1)\u{202e}\u{7}&amp;<b>".to_owned());
        item.organisation.name = "+1+cmd|' /C calc'!A0".to_owned();
        item.category = "-2+3\"},{\"x\":1".to_owned();
        item
    }

    #[test]
    fn each_form_has_its_own_file_and_names_record_and_proof_of_each_item() {
        let item = item();
        for form in Form::ALL {
            assert_eq!(Form::of_file(form.file()), Some(form));
            let text = written(form, std::slice::from_ref(&item), &Profile::default());
            for wanted in [item.event_id.to_string().as_str(), &item.proof_url, "185000"] {
                assert!(text.contains(wanted), "{form:?} lacks {wanted}: {text}");
            }
        }
        assert_eq!(Form::of_file("listings.xls"), None);
    }

    #[test]
    fn what_is_json_stays_json_whatever_sellers_write_and_however_many_there_are() {
        for items in [&[][..], &[hostile()], &[hostile(), item(), item()]] {
            for form in [Form::Json, Form::SchemaOrg, Form::Dfc] {
                let text = written(form, items, &Profile::default());
                let read: serde_json::Value =
                    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{form:?} {e}: {text}"));
                assert!(read.is_object());
                assert!(!text.contains('\u{0}') && !text.contains("<script"), "{form:?}: {text}");
            }
            let lines = written(Form::JsonLines, items, &Profile::default());
            assert_eq!(lines.lines().count(), items.len());
            for (line, item) in lines.lines().zip(items) {
                assert_eq!(serde_json::from_str::<FeedItem>(line).unwrap(), *item);
            }
        }
    }

    #[test]
    fn an_offers_id_is_short_and_its_own() {
        let ids: std::collections::BTreeSet<String> =
            (0..5_000).map(|n| offer_id(&format!("urn:x:{n}"))).collect();
        assert_eq!(ids.len(), 5_000);
        assert!(ids.iter().all(|id| id.len() <= 50 && id.bytes().all(|b| b.is_ascii_alphanumeric())));
        assert_eq!(
            offer_id(""),
            "n6c62272e07bb014262b821756295c58d",
            "FNV-1a of nothing is its offset basis"
        );
    }

    #[test]
    fn a_text_is_cut_at_a_word() {
        assert_eq!(cut("cà phê", 6), "cà phê");
        assert_eq!(cut("cà phê rang xay", 10), "cà phê…");
        assert_eq!(cut("chuỗidàikhôngcách", 5), "chuỗ…");
        assert_eq!(plain("a\u{0}b\nc\u{202e}d"), "ab cd");
    }
}
