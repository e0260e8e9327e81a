//! Which namespace a prefix means.
//!
//! JSON-LD lets each document choose its prefixes, so `farm:note` and `nguon:note` may be one field, and one namespace
//! has three spellings in the wild (`urn:epcglobal:cbv:mda:`, without the last colon, with `#`). A [`Context`] turns
//! every key into one canonical spelling: `nguon:`, `cbvmda:` or `gs1:` and the name, or the full IRI, or the bare word.
//!
//! This is not a JSON-LD processor: no remote context is fetched, no term other than a prefix is looked at. GS1's own
//! context is known by heart, as far as its prefixes go.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::ReadError;
use crate::json::{self, Object};

/// Our own terms.
pub(crate) const NGUON: &str = "urn:nguon:voc:";

const CANONICAL: [(&str, &str); 9] = [
    ("nguon", NGUON),
    ("cbvmda", "urn:epcglobal:cbv:mda:"),
    ("cbvmda", "urn:epcglobal:cbv:mda#"),
    ("gs1", "https://gs1.org/voc/"),
    ("gs1", "http://gs1.org/voc/"),
    ("gs1", "https://ref.gs1.org/voc/"),
    ("gs1", "https://www.gs1.org/voc/"),
    ("cbv", "https://ref.gs1.org/cbv/"),
    ("epcis", "https://ref.gs1.org/epcis/"),
];

/// The prefixes in force at some place of a document.
#[derive(Clone)]
pub(crate) struct Context(BTreeMap<String, String>);

impl Context {
    /// What GS1's EPCIS context declares, and our own prefix.
    pub(crate) fn new() -> Self {
        let known = [CANONICAL[0], CANONICAL[1], CANONICAL[3], CANONICAL[7], CANONICAL[8]];
        Self(known.into_iter().map(|(prefix, namespace)| (prefix.to_owned(), namespace.to_owned())).collect())
    }

    /// This context, with what the object's own `@context` adds.
    pub(crate) fn with(mut self, object: &Object<'_>) -> Result<Self, ReadError> {
        for raw in object.list("@context")? {
            if !raw.starts_with('{') {
                continue;
            }
            for (prefix, namespace) in json::object("@context", raw)?.entries() {
                // A term may also be defined by an object (with a type, a container); such a term is no prefix.
                if namespace.starts_with('"') {
                    let namespace = json::string("@context", namespace)?;
                    self.0.insert(prefix.to_owned(), namespace.into_owned());
                }
            }
        }
        Ok(self)
    }

    /// A CURIE as the full IRI; anything else as it is.
    pub(crate) fn expand<'k>(&self, term: &'k str) -> Cow<'k, str> {
        let Some((prefix, name)) = term.split_once(':') else { return Cow::Borrowed(term) };
        match self.0.get(prefix) {
            Some(namespace) if namespace == "urn:epcglobal:cbv:mda" => {
                Cow::Owned(format!("{namespace}:{name}"))
            }
            Some(namespace) => Cow::Owned(format!("{namespace}{name}")),
            None => Cow::Borrowed(term),
        }
    }

    /// The canonical spelling of a key or a type.
    pub(crate) fn canonical<'k>(&self, key: &'k str) -> Cow<'k, str> {
        let expanded = self.expand(key);
        for (prefix, namespace) in CANONICAL {
            if let Some(name) = expanded.strip_prefix(namespace) {
                return Cow::Owned(format!("{prefix}:{name}"));
            }
        }
        expanded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_field_has_one_spelling() {
        let json = br#"{"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"mda": "urn:epcglobal:cbv:mda", "n": "urn:nguon:voc:", "farm": "https://farm.example/voc/"}]}"#;
        let context = Context::new().with(&json::parse(json, 1000).unwrap()).unwrap();
        let check = |key: &str, canonical: &str| assert_eq!(context.canonical(key), canonical);
        check("n:note", "nguon:note");
        check("nguon:note", "nguon:note");
        check("urn:nguon:voc:note", "nguon:note");
        check("mda:lotNumber", "cbvmda:lotNumber");
        check("cbvmda:lotNumber", "cbvmda:lotNumber");
        check("urn:epcglobal:cbv:mda#lotNumber", "cbvmda:lotNumber");
        check("https://ref.gs1.org/voc/productionDate", "gs1:productionDate");
        check("farm:note", "https://farm.example/voc/note");
        check("eventTime", "eventTime");
        check("unknown:thing", "unknown:thing");
    }
}
