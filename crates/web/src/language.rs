//! The language of an answer, and the texts in it.
//!
//! Texts live in `messages/*.ftl` (Project Fluent), Vietnamese first; both files are part of the binary. The language
//! is the one that `Accept-Language` (RFC 9110, section 12.5.4) prefers among the two we have, and Vietnamese when it
//! names neither.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language that texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Tiếng Việt.
    #[default]
    Vietnamese,
    /// English.
    English,
}

/// One message: what it is called, and what to know and do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Text {
    /// A short name that does not change from one occurrence to the next.
    pub title: String,
    /// What happened and what to do.
    pub detail: String,
}

static VIETNAMESE: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("vi", include_str!("../messages/vi.ftl")));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("en", include_str!("../messages/en.ftl")));

/// The messages of one file in one language.
pub(crate) fn bundle(tag: &str, source: &str) -> FluentBundle<FluentResource> {
    // Both sources are part of the binary, and a test parses them.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(parsed, _)| parsed);
    let language = tag.parse().expect("`vi` and `en` are language tags");
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The marks that isolate arguments of another writing direction are of no use in these two languages.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

impl Language {
    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }

    /// The language that a request asks for.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut best = (0, Self::default());
        let ranges = headers.get_all(header::ACCEPT_LANGUAGE);
        for range in ranges.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
        {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let language = match tag.trim().split('-').next().map(str::to_ascii_lowercase).as_deref() {
                Some("vi") => Self::Vietnamese,
                Some("en") => Self::English,
                _ => continue,
            };
            let weight = weight_thousandths(weight);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The message of a key. A key without a message shows itself; a test keeps that from happening.
    pub fn text(self, key: &str, arguments: &[(&'static str, String)]) -> Text {
        let bundle = match self {
            Self::Vietnamese => &*VIETNAMESE,
            Self::English => &*ENGLISH,
        };
        let mut values = FluentArgs::new();
        for (name, value) in arguments {
            values.set(*name, FluentValue::from(value.as_str()));
        }
        let message = bundle.get_message(key);
        let (value, detail) = match &message {
            Some(message) => (message.value(), message.get_attribute("detail").map(|detail| detail.value())),
            None => (None, None),
        };
        let [title, detail] = [value, detail].map(|pattern| match pattern {
            Some(pattern) => bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned(),
            None => key.to_owned(),
        });
        Text { title, detail }
    }

    /// Whether there is a message with both its parts.
    #[cfg(test)]
    pub fn knows(self, key: &str) -> bool {
        let bundle = match self {
            Self::Vietnamese => &*VIETNAMESE,
            Self::English => &*ENGLISH,
        };
        bundle.get_message(key).is_some_and(|m| m.value().is_some() && m.get_attribute("detail").is_some())
    }
}

/// `;q=0.8` as 800; a weight that cannot be read is none.
fn weight_thousandths(parameters: &str) -> u16 {
    let Some(weight) = parameters.split(';').find_map(|one| one.trim().strip_prefix("q=")) else {
        return 1000;
    };
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().unwrap_or(0);
    match whole {
        "1" => 1000,
        "0" => thousandths,
        _ => 0,
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::collections::BTreeMap;

    fn asked(value: &str) -> Language {
        Language::of(&HeaderMap::from_iter([(
            header::ACCEPT_LANGUAGE,
            HeaderValue::from_str(value).unwrap(),
        )]))
    }

    #[test]
    fn vietnamese_unless_english_is_preferred() {
        assert_eq!(Language::of(&HeaderMap::new()), Language::Vietnamese);
        for value in
            ["vi", "vi-VN,vi;q=0.9,en;q=0.8", "fr", "*", "", "en;q=0", "en;q=2", "en;q=0.00001", ";;,,;q="]
        {
            assert_eq!(asked(value), Language::Vietnamese, "{value}");
        }
        for value in ["en", "EN-us", "fr, en;q=0.5", "vi;q=0.5, en;q=0.7", "en ; q=1.0"] {
            assert_eq!(asked(value), Language::English, "{value}");
        }
    }

    /// Message keys with the arguments that each of their parts names.
    fn messages(source: &str) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if !line.starts_with(' ') {
                key = line.split(" =").next().unwrap().to_owned();
                assert!(found.insert(key.clone(), Vec::new()).is_none(), "{key} twice");
            }
            let named = line.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
            found.get_mut(&key).unwrap().extend(named);
        }
        found.values_mut().for_each(|named| named.sort());
        found
    }

    #[test]
    fn each_message_is_in_both_languages_with_the_same_arguments() {
        let vietnamese = messages(include_str!("../messages/vi.ftl"));
        assert_eq!(vietnamese, messages(include_str!("../messages/en.ftl")));
        for key in vietnamese.keys() {
            assert!(Language::Vietnamese.knows(key) && Language::English.knows(key), "{key}");
            assert_ne!(Language::Vietnamese.text(key, &[]), Language::English.text(key, &[]), "{key}");
        }
    }
}
