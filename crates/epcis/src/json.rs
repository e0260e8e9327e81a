//! JSON objects, read lazily and written in a chosen order.
//!
//! A number's text must survive (a quantity goes from its decimal text to grams without a binary fraction between), so
//! values stay [`RawValue`]s until somebody asks for them. Keys may not repeat: where one does, two readers of the same
//! signed bytes would see two documents.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use nguon_trace::facts::Text;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::context::Context;
use crate::{MAX_CODE_BYTES, MAX_DEPTH, MAX_TEXT_BYTES, MAX_VALUE_BYTES, ReadError};

/// One JSON object whose values are still text.
pub(crate) struct Object<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

/// Reads the document's outermost object, after checking its size and depth.
pub(crate) fn parse(bytes: &[u8], limit: usize) -> Result<Object<'_>, ReadError> {
    if bytes.len() > limit {
        return Err(ReadError::TooLarge { bytes: bytes.len(), limit });
    }
    if depth(bytes) > MAX_DEPTH {
        return Err(ReadError::TooDeep);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| ReadError::NotJson(error.to_string()))?;
    // Values that nobody asks for are scanned, not parsed: so this line alone checks that all of it is JSON.
    parse_text(text)
}

/// The deepest bracket, counted without recursion: a document of a million brackets costs one pass.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn parse_text<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        match message.strip_prefix(REPEATED) {
            Some(rest) => ReadError::RepeatedKey(rest.split('\u{0}').next().unwrap_or(rest).to_owned()),
            None => ReadError::NotJson(message),
        }
    })
}

const REPEATED: &str = "repeated key\u{0}";

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &RawValue>()? {
                    if let Some(key) = insert(&mut entries, key, value) {
                        return Err(serde::de::Error::custom(format!("{REPEATED}{key}\u{0}")));
                    }
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Inserts, or gives the key back if it is there already.
fn insert<'a>(
    entries: &mut BTreeMap<Cow<'a, str>, &'a RawValue>,
    key: Cow<'a, str>,
    value: &'a RawValue,
) -> Option<Cow<'a, str>> {
    if entries.contains_key(&key) {
        return Some(key);
    }
    entries.insert(key, value);
    None
}

impl<'a> Object<'a> {
    /// The same object with its extension keys in our canonical spelling.
    pub(crate) fn resolve(self, context: &Context) -> Result<Self, ReadError> {
        let mut entries = BTreeMap::new();
        for (key, value) in self.0 {
            let key = match context.canonical(&key) {
                Cow::Borrowed(_) => key,
                Cow::Owned(canonical) => Cow::Owned(canonical),
            };
            if let Some(key) = insert(&mut entries, key, value) {
                return Err(ReadError::RepeatedKey(key.into_owned()));
            }
        }
        Ok(Self(entries))
    }

    /// The value's text; null counts as absent.
    pub(crate) fn raw(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(|value| value.get()).filter(|text| *text != "null")
    }

    /// The keys and values, in the order of the keys.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.get()))
    }

    /// A string.
    pub(crate) fn text(&self, key: &str) -> Result<Option<Cow<'a, str>>, ReadError> {
        self.raw(key).map(|raw| string(key, raw)).transpose()
    }

    /// A string of one's own.
    pub(crate) fn owned(&self, key: &str) -> Result<Option<String>, ReadError> {
        Ok(self.text(key)?.map(Cow::into_owned))
    }

    /// A string that must be there.
    pub(crate) fn required(&self, key: &'static str) -> Result<String, ReadError> {
        self.owned(key)?.ok_or(ReadError::Missing(key))
    }

    /// A string, or a list of strings: JSON-LD makes no difference.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, ReadError> {
        self.list(key)?.into_iter().map(|raw| Ok(string(key, raw)?.into_owned())).collect()
    }

    /// A whole number, also as a string (hash dialects disagree about numbers, so some write strings).
    pub(crate) fn whole(&self, key: &str) -> Result<Option<u64>, ReadError> {
        let expected = || ReadError::Wrong { field: key.to_owned(), expected: "a whole number" };
        let Some(raw) = self.raw(key) else { return Ok(None) };
        let digits = if raw.starts_with('"') { string(key, raw)? } else { Cow::Borrowed(raw) };
        digits.parse().map(Some).map_err(|_| expected())
    }

    /// True or false.
    pub(crate) fn truth(&self, key: &str) -> Result<Option<bool>, ReadError> {
        match self.raw(key) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(ReadError::Wrong { field: key.to_owned(), expected: "true or false" }),
        }
    }

    /// An object.
    pub(crate) fn object(&self, key: &str) -> Result<Option<Object<'a>>, ReadError> {
        self.raw(key).map(|raw| object(key, raw)).transpose()
    }

    /// An object or a list of objects.
    pub(crate) fn objects(&self, key: &str) -> Result<Vec<Object<'a>>, ReadError> {
        self.list(key)?.into_iter().map(|raw| object(key, raw)).collect()
    }

    /// A text for people: a string, or JSON-LD value objects with a language each. A text in neither of our languages
    /// stands in for the Vietnamese one if there is none, so that what was written does not stay unread.
    pub(crate) fn prose(&self, key: &str) -> Result<Option<Text>, ReadError> {
        let (mut vi, mut en, mut other) = (None, None, None);
        for raw in self.list(key)? {
            if raw.starts_with('"') {
                vi = Some(lines(key, raw)?.into_owned());
                continue;
            }
            let value = object(key, raw)?;
            let text = value.raw("@value").map(|raw| lines(key, raw)).transpose()?.map(Cow::into_owned);
            match value.text("@language")?.as_deref() {
                Some("vi") | None => vi = text,
                Some("en") => en = text,
                Some(_) => other = text,
            }
        }
        let vi = vi.or(other);
        Ok(match (vi, en) {
            (Some(vi), en) => Some(Text { vi, en }),
            (None, Some(en)) => Some(Text { vi: String::new(), en: Some(en) }),
            (None, None) => None,
        })
    }

    /// The values of a list, or the one value that stands alone.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<&'a str>, ReadError> {
        match self.raw(key) {
            None => Ok(Vec::new()),
            Some(raw) if raw.starts_with('[') => {
                let values: Vec<&RawValue> = parse_text(raw)?;
                Ok(values.into_iter().map(RawValue::get).collect())
            }
            Some(raw) => Ok(vec![raw]),
        }
    }
}

/// A JSON string's value: one line, as long as its field may be.
pub(crate) fn string<'a>(field: &str, raw: &'a str) -> Result<Cow<'a, str>, ReadError> {
    let limit = if CODES.contains(&field) { MAX_CODE_BYTES } else { MAX_VALUE_BYTES };
    bounded(field, raw, limit, |_| false)
}

/// A JSON string's value for people to read: with lines and tabs.
fn lines<'a>(field: &str, raw: &'a str) -> Result<Cow<'a, str>, ReadError> {
    bounded(field, raw, MAX_TEXT_BYTES, |letter| matches!(letter, '\n' | '\t'))
}

/// Fields that are typed, printed and looked up.
const CODES: [&str; 8] = [
    "cbvmda:lotNumber",
    "gs1:gtin",
    "nguon:code",
    "nguon:hotline",
    "nguon:number",
    "nguon:plantingAreaCode",
    "nguon:scheme",
    "nguon:value",
];

fn bounded<'a>(
    field: &str,
    raw: &'a str,
    limit: usize,
    allowed: fn(char) -> bool,
) -> Result<Cow<'a, str>, ReadError> {
    let Key(text) = serde_json::from_str(raw)
        .map_err(|_| ReadError::Wrong { field: field.to_owned(), expected: "a string" })?;
    if text.len() > limit {
        return Err(ReadError::TooLong { field: field.to_owned(), limit });
    }
    let controls = |letter: char| {
        // C1 is left alone: old systems write NEL, and no database or page minds.
        matches!(letter, '\0'..='\u{1f}' | '\u{7f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.chars().any(|letter| controls(letter) && !allowed(letter)) {
        return Err(ReadError::Character(field.to_owned()));
    }
    Ok(text)
}

/// A JSON object.
pub(crate) fn object<'a>(field: &str, raw: &'a str) -> Result<Object<'a>, ReadError> {
    if raw.starts_with('{') {
        parse_text(raw)
    } else {
        Err(ReadError::Wrong { field: field.to_owned(), expected: "an object" })
    }
}

/// Writes one JSON object; keys come out in the order of the calls, absent values not at all.
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quoted(key));
        self.0.push(':');
        self.0.push_str(json);
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.raw(key, &quoted(value));
    }

    pub(crate) fn text_if(&mut self, key: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.text(key, &value.to_string());
        }
    }

    pub(crate) fn number_if(&mut self, key: &str, value: Option<impl Into<u64>>) {
        if let Some(value) = value {
            self.raw(key, &value.into().to_string());
        }
    }

    pub(crate) fn truth_if(&mut self, key: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.raw(key, if value { "true" } else { "false" });
        }
    }

    /// A list of strings, unless it is empty.
    pub(crate) fn texts(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            self.raw(key, &format!("[{}]", values.join(",")));
        }
    }

    pub(crate) fn object(&mut self, key: &str, value: Writer) {
        self.raw(key, &value.finish());
    }

    /// An object, unless it is empty.
    pub(crate) fn object_if(&mut self, key: &str, value: Writer) {
        if value.0.len() > 1 {
            self.object(key, value);
        }
    }

    /// A list of objects, unless it is empty.
    pub(crate) fn objects(&mut self, key: &str, values: Vec<Writer>) {
        if !values.is_empty() {
            let values: Vec<String> = values.into_iter().map(Writer::finish).collect();
            self.raw(key, &format!("[{}]", values.join(",")));
        }
    }

    /// A text for people, as JSON-LD value objects.
    pub(crate) fn prose(&mut self, key: &str, text: &Text) {
        let value = |language: &str, text: &str| {
            let mut value = Writer::new();
            value.text("@value", text);
            value.text("@language", language);
            value
        };
        let mut values = vec![value("vi", &text.vi)];
        values.extend(text.en.as_deref().map(|en| value("en", en)));
        self.objects(key, values);
    }

    pub(crate) fn prose_if(&mut self, key: &str, text: Option<&Text>) {
        if let Some(text) = text {
            self.prose(key, text);
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string has no key that JSON could refuse")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count_as_depth() {
        assert_eq!(depth(br#"{"a":["[[[\"[["]}"#), 2);
    }

    #[test]
    fn vietnamese_stands_before_any_third_language() {
        let check = |json: &str, vi: &str, en: Option<&str>| {
            let json = format!(r#"{{"note":{json}}}"#);
            let text = parse(json.as_bytes(), 1000).unwrap().prose("note").unwrap();
            assert_eq!(text, Some(Text { vi: vi.to_owned(), en: en.map(str::to_owned) }));
        };
        check(r#""mưa""#, "mưa", None);
        check(r#"[{"@value":"mưa","@language":"vi"},{"@value":"pluie","@language":"fr"}]"#, "mưa", None);
        check(
            r#"[{"@value":"rain","@language":"en"},{"@value":"pluie","@language":"fr"}]"#,
            "pluie",
            Some("rain"),
        );
        check(r#"{"@value":"rain","@language":"en"}"#, "", Some("rain"));
    }

    #[test]
    fn what_a_database_or_a_reader_would_trip_over_is_refused() {
        let read = |json: &str| {
            let object = parse(json.as_bytes(), 10_000)?;
            object.text("id")?;
            object.text("nguon:code")?;
            object.prose("note")
        };
        let character = |field: &str| Err(ReadError::Character(field.to_owned()));
        let too_long = |field: &str, limit| Err(ReadError::TooLong { field: field.to_owned(), limit });
        assert_eq!(read(r#"{"note":"một\n\thai"}"#), Ok(Some(Text::vi("một\n\thai"))));
        assert_eq!(read(r#"{"id":"một\nhai"}"#), character("id"));
        for bad in ["\\u0000", "\\u001b", "\\r", "\u{7f}", "\u{202e}", "\u{2067}"] {
            assert_eq!(read(&format!(r#"{{"id":"a{bad}"}}"#)), character("id"), "{bad:?}");
            assert_eq!(read(&format!(r#"{{"note":"a{bad}"}}"#)), character("note"), "{bad:?}");
            let prose = format!(r#"{{"note":[{{"@value":"a{bad}","@language":"en"}}]}}"#);
            assert_eq!(read(&prose), character("note"), "{bad:?}");
        }
        let of = |field: &str, length: usize| format!(r#"{{"{field}":"{}"}}"#, "x".repeat(length));
        assert_eq!(read(&of("id", 512)), Ok(None));
        assert_eq!(read(&of("id", 513)), too_long("id", 512));
        assert_eq!(read(&of("nguon:code", 121)), too_long("nguon:code", 120));
        assert_eq!(read(&of("note", 8193)), too_long("note", 8192));
    }

    #[test]
    fn a_repeated_key_is_refused() {
        let repeated = |json: &'static str| parse(json.as_bytes(), 100).err();
        assert_eq!(repeated(r#"{"a":1,"b":2,"a":3}"#), Some(ReadError::RepeatedKey("a".to_owned())));
        assert_eq!(repeated(r#"{"a":1,"\u0061":3}"#), Some(ReadError::RepeatedKey("a".to_owned())));
    }
}
