//! The words of pages: messages, dates, amounts and prices, each as its language writes them.
//!
//! Messages live in `messages/page.*.ftl`, beside those of problems. Days are `17/04/2026` in Vietnamese and
//! `17 Apr 2026` in English, where the number of the month would be read both ways. Times are Vietnam's.

use std::sync::LazyLock;

use axum::http::{HeaderMap, Uri};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use nguon_trace::facts::{Text, VIETNAM_OFFSET_MINUTES};
use nguon_trace::finding::{quantity_en, quantity_vi};
use nguon_trace::quantity::{Quantity, Unit};

use crate::language::{Language, bundle};

static VIETNAMESE: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("vi", include_str!("../../messages/page.vi.ftl")));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("en", include_str!("../../messages/page.en.ftl")));

/// The language of one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) language: Language,
    /// Chosen by a link (`?lang=en`): then the page's own links keep it.
    chosen: bool,
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
        match parameter(uri, "lang").as_deref() {
            Some("vi") => Self { language: Language::Vietnamese, chosen: true },
            Some("en") => Self { language: Language::English, chosen: true },
            _ => Self { language: Language::of(headers), chosen: false },
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
        let bundle = match self.language {
            Language::Vietnamese => &*VIETNAMESE,
            Language::English => &*ENGLISH,
        };
        let message = bundle.get_message(key)?;
        Some(bundle.format_pattern(message.value()?, Some(values), &mut Vec::new()).into_owned())
    }

    /// The tag of the language that the page is not in.
    pub(crate) fn other_tag(&self) -> &'static str {
        if self.is_vietnamese() { Language::English.tag() } else { Language::Vietnamese.tag() }
    }

    /// The language's tag, if a link chose it: forms carry it on.
    pub(crate) fn chosen_tag(&self) -> Option<&'static str> {
        self.chosen.then(|| self.language.tag())
    }

    pub(crate) fn is_vietnamese(&self) -> bool {
        self.language == Language::Vietnamese
    }

    /// What somebody wrote for people: English where the page is and they wrote it.
    pub(crate) fn text<'a>(&self, text: &'a Text) -> &'a str {
        match (self.language, &text.en) {
            (Language::English, Some(english)) => english,
            _ => &text.vi,
        }
    }

    /// A link inside these pages.
    pub(crate) fn href(&self, path: &str) -> String {
        if self.chosen { in_language(path, self.language) } else { path.to_owned() }
    }

    pub(crate) fn date(&self, day: Date) -> String {
        match self.language {
            Language::Vietnamese => day.strftime("%d/%m/%Y").to_string(),
            Language::English => day.strftime("%-d %b %Y").to_string(),
        }
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
        match quantity {
            Quantity { amount: amount @ 1..1000, unit: Unit::Gram } => return format!("{amount} g"),
            Quantity { amount: amount @ 1..1000, unit: Unit::Millilitre } => return format!("{amount} ml"),
            _ => {}
        }
        match self.language {
            Language::Vietnamese => quantity_vi(quantity),
            Language::English => quantity_en(quantity),
        }
    }

    /// `185.000`, `185,000`.
    pub(crate) fn number(&self, n: u64) -> String {
        let group = if self.is_vietnamese() { '.' } else { ',' };
        let digits = n.to_string();
        let mut out = String::new();
        for (place, digit) in digits.char_indices() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
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
        let point = if self.is_vietnamese() { ',' } else { '.' };
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

/// The same address in a language.
pub(crate) fn in_language(path: &str, language: Language) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}lang={}", language.tag())
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
        assert_eq!(
            (VI.quantity(Quantity::grams(250)), EN.quantity(Quantity::grams(2_500))),
            ("250 g".to_owned(), "2.5 kg".to_owned())
        );
    }

    #[test]
    fn a_chosen_language_stays_in_the_links() {
        assert_eq!(VI.href("/p/che/l/1"), "/p/che/l/1");
        assert_eq!(EN.href("/p/che/l/1"), "/p/che/l/1?lang=en");
        assert_eq!(EN.href("/o/1?after=x"), "/o/1?after=x&lang=en");
        let of = |uri: &str| Words::of(&uri.parse().unwrap(), &HeaderMap::new());
        assert_eq!(of("/?lang=en"), EN);
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
    fn each_message_is_in_both_languages_with_the_same_arguments() {
        let vietnamese = messages(include_str!("../../messages/page.vi.ftl"));
        assert_eq!(vietnamese, messages(include_str!("../../messages/page.en.ftl")));
        for key in vietnamese.keys() {
            for words in [VI, EN] {
                assert!(words.format(key, &FluentArgs::new()).is_some(), "{key}");
            }
        }
        for source in [include_str!("../../messages/page.vi.ftl"), include_str!("../../messages/page.en.ftl")]
        {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
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
        let steps = "planting fertilising plant-protection irrigation testing harvesting cooling handling sorting \
            packing processing sampling aggregating disaggregating encoding commissioning shipping transporting \
            receiving storing selling returning inspecting recall recall-ended destroying other";
        asked.extend(steps.split_whitespace().map(|step| format!("step-{step}")));
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
        let known = messages(include_str!("../../messages/page.vi.ftl"));
        for key in asked.iter().filter(|key| !key.contains('{')) {
            assert!(known.contains_key(key), "{key} has no message");
        }
    }

    #[test]
    fn no_page_says_that_a_pack_is_genuine() {
        // Neither language may promise what no code can prove.
        let vietnamese = include_str!("../../messages/page.vi.ftl").to_lowercase();
        for word in ["chính hãng", "hàng thật", "hàng giả", "bảo đảm an toàn"] {
            assert!(!vietnamese.contains(word), "{word}");
        }
        let english = include_str!("../../messages/page.en.ftl").to_lowercase();
        for word in ["genuine", "authentic", "guarantee", "fake"] {
            assert!(!english.contains(word), "{word}");
        }
    }
}
