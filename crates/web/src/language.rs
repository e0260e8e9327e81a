//! The language of an answer, and the texts in it.
//!
//! Texts live in `messages/*.ftl` (Project Fluent), Vietnamese first; all files are part of the binary. The language
//! is the one that `Accept-Language` (RFC 9110, section 12.5.4) prefers among those we have, and Vietnamese when it
//! names none.
//!
//! A language of the pages is one message file (`messages/page.*.ftl`) and one [`Entry`] here. Errors are told to those
//! who record and to programs, in Vietnamese and English; who asks in another language gets English.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language that texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Tiếng Việt.
    #[default]
    Vietnamese,
    /// English.
    English,
    /// 简体中文: Chinese in simplified characters, for those who buy the province's fruit.
    Chinese,
}

/// What a page must know of a language beside its messages.
pub(crate) struct Entry {
    language: Language,
    /// BCP 47, as documents name it.
    tag: &'static str,
    /// The first part of the tag: what `Accept-Language` is searched for, and what `?lang=` says.
    key: &'static str,
    /// What it calls itself.
    pub(crate) name: &'static str,
    /// The texts of the pages.
    pub(crate) messages: &'static str,
    /// Between thousands.
    pub(crate) group: char,
    /// Before fractions.
    pub(crate) point: char,
    /// How a day is written (strftime).
    pub(crate) day: &'static str,
    /// What Open Graph calls it.
    pub(crate) locale: &'static str,
}

/// In the order of [`Language`].
static ENTRIES: [Entry; 3] = [
    Entry {
        language: Language::Vietnamese,
        tag: "vi",
        key: "vi",
        name: "Tiếng Việt",
        messages: include_str!("../messages/page.vi.ftl"),
        group: '.',
        point: ',',
        day: "%d/%m/%Y",
        locale: "vi_VN",
    },
    Entry {
        language: Language::English,
        tag: "en",
        key: "en",
        name: "English",
        messages: include_str!("../messages/page.en.ftl"),
        group: ',',
        point: '.',
        // The number of the month would be read both ways.
        day: "%-d %b %Y",
        locale: "en_GB",
    },
    Entry {
        language: Language::Chinese,
        tag: "zh-Hans",
        key: "zh",
        name: "中文",
        messages: include_str!("../messages/page.zh.ftl"),
        group: ',',
        point: '.',
        day: "%Y年%-m月%-d日",
        locale: "zh_CN",
    },
];

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
    let language = tag.parse().expect("the tags of the entries are language tags");
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The marks that isolate arguments of another writing direction are of no use in these languages.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

impl Language {
    /// All of them, Vietnamese first.
    pub fn all() -> impl Iterator<Item = Self> {
        ENTRIES.iter().map(|entry| entry.language)
    }

    /// What pages must know of it.
    pub(crate) fn entry(self) -> &'static Entry {
        match self {
            Self::Vietnamese => &ENTRIES[0],
            Self::English => &ENTRIES[1],
            Self::Chinese => &ENTRIES[2],
        }
    }

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        self.entry().tag
    }

    /// What `?lang=` calls it.
    pub fn key(self) -> &'static str {
        self.entry().key
    }

    /// The language of a key.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::all().find(|language| language.key() == key)
    }

    /// The language that errors are told in to whoever asks in this one.
    #[must_use]
    pub fn of_problems(self) -> Self {
        match self {
            Self::Vietnamese => Self::Vietnamese,
            Self::English | Self::Chinese => Self::English,
        }
    }

    /// The language that a request asks for.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut best = (0, Self::default());
        let ranges = headers.get_all(header::ACCEPT_LANGUAGE);
        for range in ranges.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
        {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let first = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let Some(language) = Self::of_key(&first) else { continue };
            let weight = weight_thousandths(weight);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    fn problems(self) -> &'static FluentBundle<FluentResource> {
        match self.of_problems() {
            Self::Vietnamese => &VIETNAMESE,
            Self::English | Self::Chinese => &ENGLISH,
        }
    }

    /// The message of an error's key. A key without a message shows itself; a test keeps that from happening.
    pub fn text(self, key: &str, arguments: &[(&'static str, String)]) -> Text {
        let bundle = self.problems();
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
        self.problems()
            .get_message(key)
            .is_some_and(|m| m.value().is_some() && m.get_attribute("detail").is_some())
    }
}

/// `;q=0.8` as 800; a weight that cannot be read is none.
pub(crate) fn weight_thousandths(parameters: &str) -> u16 {
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
    fn vietnamese_unless_another_language_is_preferred() {
        assert_eq!(Language::of(&HeaderMap::new()), Language::Vietnamese);
        for value in
            ["vi", "vi-VN,vi;q=0.9,en;q=0.8", "fr", "*", "", "en;q=0", "en;q=2", "en;q=0.00001", ";;,,;q="]
        {
            assert_eq!(asked(value), Language::Vietnamese, "{value}");
        }
        for value in ["en", "EN-us", "fr, en;q=0.5", "vi;q=0.5, en;q=0.7", "en ; q=1.0"] {
            assert_eq!(asked(value), Language::English, "{value}");
        }
        for value in ["zh", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans-CN", "zh-TW", "fr, zh;q=0.5, en;q=0.4"] {
            assert_eq!(asked(value), Language::Chinese, "{value}");
            assert_eq!(asked(value).of_problems(), Language::English, "{value}");
        }
    }

    #[test]
    fn each_language_has_its_own_entry() {
        for language in Language::all() {
            assert_eq!(language.entry().language, language);
            assert_eq!(Language::of_key(language.key()), Some(language));
            assert!(language.tag().starts_with(language.key()));
        }
        assert_eq!(Language::of_key("fr"), None);
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
