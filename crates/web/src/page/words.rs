//! The words of pages: messages, dates, amounts and prices, each as its language writes them.
//!
//! Messages live in `messages/page.*.ftl`, beside those of problems; how a language writes days and numbers is its
//! [`Entry`](crate::language). Times are Vietnam's.
//!
//! What people wrote for people stands in the ledger in Vietnamese and, where they wrote it, in English. A page in a
//! third language shows the English, else the Vietnamese, says so, and marks each such text with its language.

use std::sync::LazyLock;

use axum::http::{HeaderMap, Uri};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use nguon_trace::facts::{Text, VIETNAM_OFFSET_MINUTES};
use nguon_trace::finding::Finding;
use nguon_trace::quantity::{Quantity, Unit};

use crate::language::{Language, bundle};

/// The messages of the pages, in the order of [`Language::all`].
static MESSAGES: LazyLock<Vec<(Language, FluentBundle<FluentResource>)>> = LazyLock::new(|| {
    let of = |language: Language| (language, bundle(language.tag(), language.entry().messages));
    Language::all().map(of).collect()
});

/// The language of one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Words {
    pub(crate) language: Language,
    /// Chosen by a link (`?lang=en`): then the page's own links keep it.
    chosen: bool,
}

/// What somebody said, and in which language if it is not the page's (WCAG 2.2, criterion 3.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) lang: Option<&'static str>,
}

/// An instant as people read it and as machines do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// `17/04/2026 08:30`.
    pub(crate) text: String,
    /// `2026-04-17T08:30:00+07:00`.
    pub(crate) machine: String,
}

impl Words {
    /// The language that a link chose, or else the one that the reader's browser prefers.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        match parameter(uri, "lang").as_deref().and_then(Language::of_key) {
            Some(language) => Self { language, chosen: true },
            None => Self { language: Language::of(headers), chosen: false },
        }
    }

    /// The message of a key; a key without a message shows itself, and a test keeps that from happening.
    pub(crate) fn t(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The message of a key, with texts put in.
    pub(crate) fn with(&self, key: &str, arguments: &[(&'static str, &str)]) -> String {
        let mut values = FluentArgs::new();
        for (name, value) in arguments {
            values.set(*name, FluentValue::from(*value));
        }
        self.format(key, &values).unwrap_or_else(|| key.to_owned())
    }

    /// The message of a key, with a number that decides between one and many.
    pub(crate) fn count(&self, key: &str, n: u64) -> String {
        let mut values = FluentArgs::new();
        values.set("n", FluentValue::from(n));
        values.set("number", FluentValue::from(self.number(n)));
        self.format(key, &values).unwrap_or_else(|| key.to_owned())
    }

    /// The message of a key made of a prefix and a word of our own, if there is one.
    pub(crate) fn known(&self, prefix: &str, word: &str) -> Option<String> {
        let key = format!("{prefix}-{}", word.replace('_', "-").to_ascii_lowercase());
        self.format(&key, &FluentArgs::new())
    }

    fn format(&self, key: &str, values: &FluentArgs<'_>) -> Option<String> {
        let (_, bundle) = MESSAGES.iter().find(|(language, _)| *language == self.language)?;
        let message = bundle.get_message(key)?;
        Some(bundle.format_pattern(message.value()?, Some(values), &mut Vec::new()).into_owned())
    }

    /// What `?lang=` calls the language, if a link chose it: forms carry it on.
    pub(crate) fn chosen_tag(&self) -> Option<&'static str> {
        self.chosen.then(|| self.language.key())
    }

    /// Whether records are written in another language than the page: then it says so.
    pub(crate) fn is_of_readers_alone(&self) -> bool {
        self.language != Language::Vietnamese
    }

    /// What somebody wrote for people.
    pub(crate) fn text<'a>(&self, text: &'a Text) -> &'a str {
        self.written(text).1
    }

    /// The same, marked with its language where that is not the page's.
    pub(crate) fn said(&self, text: &Text) -> Said {
        let (language, text) = self.written(text);
        self.in_language_of(language, text)
    }

    /// A rule's sentence, marked likewise.
    pub(crate) fn finding(&self, finding: &Finding) -> Said {
        match self.language {
            Language::Vietnamese => self.in_language_of(Language::Vietnamese, &finding.text_vi),
            Language::English | Language::Chinese => self.in_language_of(Language::English, &finding.text_en),
        }
    }

    fn written<'a>(&self, text: &'a Text) -> (Language, &'a str) {
        match (self.language, &text.en) {
            (Language::English | Language::Chinese, Some(english)) => (Language::English, english),
            _ => (Language::Vietnamese, &text.vi),
        }
    }

    fn in_language_of(&self, language: Language, text: &str) -> Said {
        Said { text: text.to_owned(), lang: (language != self.language).then(|| language.tag()) }
    }

    /// What one piece of a product is called, where the language counts with that word (`80 khay`).
    pub(crate) fn counting_word<'a>(&self, unit_name: &'a Text) -> Option<&'a str> {
        let is_known = self.language == Language::Vietnamese && !unit_name.vi.is_empty();
        is_known.then_some(unit_name.vi.as_str())
    }

    /// A link inside these pages.
    pub(crate) fn href(&self, path: &str) -> String {
        if self.chosen { in_language(path, self.language) } else { path.to_owned() }
    }

    pub(crate) fn date(&self, day: Date) -> String {
        day.strftime(self.language.entry().day).to_string()
    }

    /// A moment, to the minute, on the clock of a place.
    pub(crate) fn moment(&self, ms: i64, offset_minutes: i16) -> Moment {
        let at = Timestamp::from_millisecond(ms).unwrap_or_default();
        let offset = Offset::from_seconds(i32::from(offset_minutes) * 60).unwrap_or(Offset::UTC);
        let local = offset.to_datetime(at);
        Moment {
            text: format!("{} {}", self.date(local.date()), local.strftime("%H:%M")),
            machine: at.display_with_offset(offset).to_string(),
        }
    }

    /// A moment on Vietnam's clock.
    pub(crate) fn moment_in_vietnam(&self, ms: i64) -> Moment {
        self.moment(ms, VIETNAM_OFFSET_MINUTES)
    }

    /// Below a kilogram in grams, as on packs; otherwise as findings write it.
    pub(crate) fn quantity(&self, quantity: Quantity) -> String {
        let (text, _) = quantity.to_epcis();
        let amount = self.decimal(&text);
        match (quantity.unit, quantity.amount) {
            (Unit::Gram, 1..1000) => format!("{} g", quantity.amount),
            (Unit::Millilitre, 1..1000) => format!("{} ml", quantity.amount),
            (Unit::Gram, _) => self.with("quantity-kilograms", &[("number", &amount)]),
            (Unit::Millilitre, _) => self.with("quantity-litres", &[("number", &amount)]),
            (Unit::Piece, n) => self.count("quantity-pieces", n),
        }
    }

    /// Square metres, from a hectare on as hectares.
    pub(crate) fn area(&self, m2: u64) -> String {
        match m2 {
            0..10_000 => format!("{} m²", self.number(m2)),
            _ => format!("{} ha", self.decimal(&format!("{}.{}", m2 / 10_000, m2 % 10_000 / 1_000))),
        }
    }

    /// `185.000`, `185,000`.
    pub(crate) fn number(&self, n: u64) -> String {
        self.decimal(&n.to_string())
    }

    /// Plain decimal digits with a point, as the language groups and points them.
    fn decimal(&self, plain: &str) -> String {
        let entry = self.language.entry();
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let mut out = String::new();
        for (place, digit) in whole.char_indices() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                out.push(entry.group);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push(entry.point);
            out.push_str(fraction);
        }
        out
    }

    /// `185.000 ₫`.
    pub(crate) fn price(&self, dong: u64) -> String {
        format!("{}\u{a0}₫", self.number(dong))
    }

    /// Millionths as a percentage with one decimal.
    pub(crate) fn share(&self, millionths: u32) -> String {
        let tenths = (millionths + 500) / 1000;
        let point = self.language.entry().point;
        match tenths % 10 {
            0 => format!("{}%", tenths / 10),
            rest => format!("{}{point}{rest}%", tenths / 10),
        }
    }
}

/// The day that a moment falls on in Vietnam.
pub(crate) fn day_in_vietnam(ms: i64) -> Date {
    let offset = Offset::from_seconds(i32::from(VIETNAM_OFFSET_MINUTES) * 60).unwrap_or(Offset::UTC);
    offset.to_datetime(Timestamp::from_millisecond(ms).unwrap_or_default()).date()
}

/// A text as a query's value: every byte percent-encoded unless it is unreserved (RFC 3986, section 2.3).
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The same address in a language.
pub(crate) fn in_language(path: &str, language: Language) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}lang={}", language.key())
}

/// The same page in each language: the menu at its top, and what search engines are told.
pub(crate) struct Languages(Vec<InLanguage>);

/// A page in one language.
pub(crate) struct InLanguage {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) href: String,
    is_current: bool,
}

impl Languages {
    /// Of the page at an address, with those of its parameters that say what is on it.
    pub(crate) fn of(words: Words, uri: &Uri) -> Self {
        let kept: Vec<&str> = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| ["after=", "code=", "q="].iter().any(|name| pair.starts_with(name)))
            .collect();
        match kept.as_slice() {
            [] => Self::of_path(words, uri.path()),
            kept => Self::of_path(words, &format!("{}?{}", uri.path(), kept.join("&"))),
        }
    }

    /// Of the page at a path.
    pub(crate) fn of_path(words: Words, path: &str) -> Self {
        let of = |language: Language| InLanguage {
            tag: language.tag(),
            name: language.entry().name,
            href: in_language(path, language),
            is_current: language == words.language,
        };
        Self(Language::all().map(of).collect())
    }

    pub(crate) fn all(&self) -> &[InLanguage] {
        &self.0
    }

    /// Those that the page is not in.
    pub(crate) fn others(&self) -> impl Iterator<Item = &InLanguage> {
        self.0.iter().filter(|one| !one.is_current)
    }
}

/// The first parameter of this name in an address's query, decoded (WHATWG URL, section 5.1).
pub(crate) fn parameter(uri: &Uri, name: &str) -> Option<String> {
    parameters(uri).into_iter().find_map(|(found, value)| (found == name).then_some(value))
}

/// The parameters of an address's query, decoded.
pub(crate) fn parameters(uri: &Uri) -> Vec<(String, String)> {
    axum::extract::Query::try_from_uri(uri).map(|query| query.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    const VI: Words = Words { language: Language::Vietnamese, chosen: false };
    const EN: Words = Words { language: Language::English, chosen: true };
    const ZH: Words = Words { language: Language::Chinese, chosen: false };

    #[test]
    fn each_language_writes_days_numbers_and_prices_its_own_way() {
        let day = jiff::civil::date(2026, 4, 7);
        assert_eq!((VI.date(day), EN.date(day)), ("07/04/2026".to_owned(), "7 Apr 2026".to_owned()));
        assert_eq!(VI.moment_in_vietnam(1_776_391_800_000).text, "17/04/2026 09:10");
        assert_eq!(VI.moment_in_vietnam(1_776_391_800_000).machine, "2026-04-17T09:10:00+07:00");
        assert_eq!(day_in_vietnam(1_776_445_199_999), jiff::civil::date(2026, 4, 17));
        assert_eq!(day_in_vietnam(1_776_445_200_000), jiff::civil::date(2026, 4, 18));
        assert_eq!((VI.price(1_185_000), EN.number(999)), ("1.185.000\u{a0}₫".to_owned(), "999".to_owned()));
        assert_eq!((VI.share(333_333), EN.share(120_500)), ("33,3%".to_owned(), "12.1%".to_owned()));
        assert_eq!(VI.share(1_000_000), "100%");
        assert_eq!(ZH.date(day), "2026年4月7日");
        let check = |quantity, texts: [&str; 3]| {
            assert_eq!([VI, EN, ZH].map(|words| words.quantity(quantity)), texts.map(str::to_owned));
        };
        check(Quantity::grams(250), ["250 g", "250 g", "250 g"]);
        check(Quantity::grams(1_002_500), ["1.002,5 kg", "1,002.5 kg", "1,002.5 kg"]);
        check(Quantity::millilitres(1_500), ["1,5 lít", "1.5 l", "1.5 升"]);
        check(Quantity::pieces(1), ["1 đơn vị", "1 piece", "1 件"]);
        assert_eq!([9_500, 12_499, 123_000_000].map(|m2| VI.area(m2)), ["9.500 m²", "1,2 ha", "12.300,0 ha"]);
        check(Quantity::pieces(1_000), ["1.000 đơn vị", "1,000 pieces", "1,000 件"]);
    }

    #[test]
    fn a_text_in_another_language_than_the_page_is_marked() {
        let (both, vi) = (Text::both("chín đỏ", "ripe"), Text::vi("chín đỏ"));
        let said = |words: Words, text: &Text| {
            let said = words.said(text);
            (said.text, said.lang)
        };
        assert_eq!(said(VI, &both), ("chín đỏ".to_owned(), None));
        assert_eq!(said(EN, &both), ("ripe".to_owned(), None));
        assert_eq!(said(EN, &vi), ("chín đỏ".to_owned(), Some("vi")));
        assert_eq!(said(ZH, &both), ("ripe".to_owned(), Some("en")));
        assert_eq!(said(ZH, &vi), ("chín đỏ".to_owned(), Some("vi")));
    }

    #[test]
    fn a_chosen_language_stays_in_the_links() {
        assert_eq!(VI.href("/p/che/l/1"), "/p/che/l/1");
        assert_eq!(EN.href("/p/che/l/1"), "/p/che/l/1?lang=en");
        assert_eq!(EN.href("/o/1?after=x"), "/o/1?after=x&lang=en");
        let of = |uri: &str| Words::of(&uri.parse().unwrap(), &HeaderMap::new());
        assert_eq!(of("/?lang=en"), EN);
        assert_eq!(of("/?lang=zh"), Words { chosen: true, ..ZH });
        assert_eq!(ZH.href("/p/che/l/1"), "/p/che/l/1");
        assert_eq!(of("/?lang=fr&lang=en"), VI);
        assert_eq!(of("/?lang=%zz"), VI);
    }

    /// Message keys with the arguments that each names.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            if !line.starts_with(' ') {
                key = line.split(" =").next().unwrap().to_owned();
                assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{key} twice");
            }
            let named = line.split("$").skip(1).map(|rest| {
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>()
            });
            found.get_mut(&key).unwrap().extend(named.filter(|name| name != "n" && name != "number"));
        }
        found
    }

    #[test]
    fn each_message_is_in_each_language_with_the_same_arguments() {
        let vietnamese = messages(Language::Vietnamese.entry().messages);
        for language in Language::all() {
            let source = language.entry().messages;
            assert_eq!(vietnamese, messages(source), "{}", language.tag());
            assert!(FluentResource::try_new(source.to_owned()).is_ok(), "{}", language.tag());
            let words = Words { language, chosen: false };
            for key in vietnamese.keys() {
                assert!(words.format(key, &FluentArgs::new()).is_some(), "{key} in {}", language.tag());
            }
        }
    }

    #[test]
    fn each_key_that_a_page_asks_for_has_a_message() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["templates/page", "src/page", "src/page/lot"].map(|folder| root.join(folder));
        let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
        let mut asked: BTreeSet<String> = BTreeSet::new();
        for file in files.map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            let source = std::fs::read_to_string(file).unwrap();
            for call in [
                "words.t(\"",
                "words.with(\"",
                "words.count(\"",
                ", \"amount-",
                "line(\"",
                "plain(\"stop\", \"",
            ] {
                let prefix = if call.ends_with("amount-") { "amount-" } else { "" };
                let found = source.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                asked.extend(found.map(|key| format!("{prefix}{key}")));
            }
        }
        assert!(asked.len() > 100, "{}", asked.len());
        // Every step and every rule that there is, by the words that stand in the source.
        let trace = root.join("../trace/src");
        let steps = std::fs::read_to_string(trace.join("facts/step.rs")).unwrap();
        let keys = steps.split("pub fn key(").nth(1).unwrap().split("\n    }").next().unwrap();
        let keys: Vec<&str> = keys.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(keys.len() > 25 && keys.contains(&"decommissioning"), "{keys:?}");
        asked.extend(keys.iter().map(|step| format!("step-{}", step.replace('_', "-"))));
        let findings = std::fs::read_to_string(trace.join("finding.rs")).unwrap();
        let codes = findings.split("pub enum Code {").nth(1).unwrap().split("\n}").next().unwrap();
        let codes: Vec<&str> = codes
            .lines()
            .filter(|line| line.ends_with(','))
            .map(|line| line.trim().trim_end_matches(','))
            .collect();
        assert!(codes.len() > 35, "{codes:?}");
        asked.extend(codes.iter().map(|code| {
            let mut key = "rule".to_owned();
            for c in code.chars() {
                if c.is_uppercase() {
                    key.push('-');
                }
                key.push(c.to_ascii_lowercase());
            }
            key
        }));
        asked.extend(["blocking", "warning", "info"].map(|severity| format!("severity-{severity}")));
        let kinds = [
            "recalled",
            "destroyed",
            "claims-only",
            "doubtful",
            "registered",
            "expired",
            "sold-out",
            "active",
        ];
        asked.extend(
            kinds
                .iter()
                .chain(&["noted"])
                .flat_map(|kind| [format!("status-{kind}"), format!("status-{kind}-text")]),
        );
        let known = messages(Language::Vietnamese.entry().messages);
        for key in asked.iter().filter(|key| !key.contains('{')) {
            assert!(known.contains_key(key), "{key} has no message");
        }
    }

    #[test]
    fn no_page_says_that_a_pack_is_genuine() {
        // No language may promise what no code can prove.
        let words = [
            (Language::Vietnamese, "chính hãng, hàng thật, hàng giả, bảo đảm an toàn"),
            (Language::English, "genuine, authentic, guarantee, fake"),
            (Language::Chinese, "正品, 真品, 真货, 假货, 保真, 保证"),
        ];
        assert_eq!(words.len(), Language::all().count());
        for (language, words) in words {
            let messages = language.entry().messages.to_lowercase();
            for word in words.split(", ") {
                assert!(!messages.contains(word), "{word}");
            }
        }
    }
}
