//! Our own JSON: `{"format": …, "next": …, "selection": …, "items": […]}`, one item a line, and JSON Lines.
//!
//! Its schema is published beside it (`schema.json`, JSON Schema 2020-12) and generated from nothing: it is a file of this crate
//! that a test holds against what is written.

use serde::Serialize;

use super::Heading;
use crate::{FeedFormat, FeedItem};

/// The published schema of `listings.json`, its items and the pages of changes.
pub const SCHEMA: &str = include_str!("schema.json");

pub(super) fn begin(heading: &Heading, out: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Head<'a> {
        format: FeedFormat,
        next: String,
        selection: &'a str,
    }
    let head = Head { format: FeedFormat::V1, next: heading.next.to_string(), selection: &heading.selection };
    let text = serde_json::to_string(&head).expect("a head has text keys only");
    out.extend_from_slice(text.trim_end_matches('}').as_bytes());
    out.extend_from_slice(b",\"items\":[");
}

pub(super) fn item(item: &FeedItem, first: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if first { b"\n" } else { b",\n" });
    write(item, out);
}

pub(super) fn line(item: &FeedItem, out: &mut Vec<u8>) {
    write(item, out);
    out.push(b'\n');
}

/// `<` is written as an escape: inside an HTML page, too, the text ends nothing.
fn write(item: &impl Serialize, out: &mut Vec<u8>) {
    let text = serde_json::to_string(item).expect("an item has text keys only");
    out.extend_from_slice(text.replace('<', "\\u003c").as_bytes());
}

/// The same for documents that other forms build.
pub(super) fn value(value: &serde_json::Value, out: &mut Vec<u8>) {
    write(value, out);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::feed::tests::{item, page};
    use crate::form::Form;
    use crate::form::tests::{hostile, written};
    use crate::{Profile, Unit};

    fn faults(document: &Value) -> Vec<String> {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        validator.iter_errors(document).map(|error| format!("{} {error}", error.instance_path())).collect()
    }

    #[test]
    fn snapshots_and_pages_are_as_the_published_schema_says() {
        let mut shown = item();
        shown.shown = Some(Profile::default().show(&shown));
        for items in [&[][..], &[shown], &[item(), hostile()]] {
            let text = written(Form::Json, items, &Profile::default());
            let document: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(faults(&document), Vec::<String>::new());
            assert_eq!(document["next"], "AgAAAAAAABJnAAAAAlEx");
            assert_eq!(document["items"].as_array().unwrap().len(), items.len());
        }
        assert_eq!(faults(&serde_json::to_value(page()).unwrap()), Vec::<String>::new());
    }

    #[test]
    fn the_schema_sees_what_no_listing_can_say() {
        for (pointer, wrong) in [
            ("/items/0/price_vnd", Value::from(0)),
            ("/items/0/price_vnd", Value::from(65_000.5)),
            ("/items/0/stock/unit", Value::from("KGM")),
            ("/items/0/event_id", Value::from("AB")),
            ("/items/0/valid_until", Value::from("2026-02-30T00:00:00Z")),
            ("/items/0/lots", Value::Array(Vec::new())),
            ("/items/0/status", Value::from("recalled")),
            ("/format", Value::from("nguon-feed-2")),
        ] {
            let mut document: Value =
                serde_json::from_str(&written(Form::Json, &[item()], &Profile::default())).unwrap();
            *document.pointer_mut(pointer).unwrap() = wrong;
            assert!(!faults(&document).is_empty(), "{pointer}");
        }
    }

    #[test]
    fn the_schema_knows_every_unit() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let units: Vec<Value> = Unit::ALL.iter().map(|unit| serde_json::to_value(unit).unwrap()).collect();
        assert_eq!(schema.pointer("/$defs/measure/properties/unit/enum"), Some(&Value::Array(units)));
    }
}
