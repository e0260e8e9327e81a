//! What is on record about the lot: the ten items of Circular 02/2024/TT-BKHCN, as far as somebody recorded them, and
//! the papers that stand behind it.

use nguon_id::LotId;
use nguon_service::Certified;

use super::super::organisation;
use super::super::words::day_in_vietnam;
use super::scene::{Named, Scene};

/// Communes named on the first screen; all of them are in the list below.
const ORIGINS: usize = 3;

/// One line of a list.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) values: Vec<Named>,
    /// The value as machines read a day.
    pub(super) day: Option<String>,
}

/// A certificate or an inspection, with who says so.
pub(super) struct Paper {
    pub(super) title: String,
    /// From when, until when; on which day.
    pub(super) when: String,
    /// The paper's number and who issued it.
    pub(super) text: Option<String>,
    /// `confirmed`, `claimed` or `bad`.
    pub(super) tone: &'static str,
    pub(super) mark: String,
}

fn fact(label: String, value: impl Into<String>) -> Fact {
    Fact { label, values: vec![Named::plain(value)], day: None }
}

fn of_day(scene: &Scene<'_>, key: &str, day: Option<jiff::civil::Date>) -> Option<Fact> {
    let day = day?;
    Some(Fact { day: Some(day.to_string()), ..fact(scene.words.t(key), scene.words.date(day)) })
}

fn harvest(scene: &Scene<'_>) -> Option<Fact> {
    let (words, state) = (scene.words, &scene.lot.state);
    match (state.harvest_from, state.harvest_until) {
        (Some(from), Some(until)) if from != until => {
            let both =
                words.with("from-until", &[("from", &words.date(from)), ("until", &words.date(until))]);
            Some(fact(words.t("fact-harvested"), both))
        }
        (from, until) => of_day(scene, "fact-harvested", from.or(until)),
    }
}

/// Who made it and where it grew: the first screen.
pub(super) fn who(scene: &Scene<'_>) -> Vec<Fact> {
    let (words, lot) = (scene.words, scene.lot);
    let mut facts = Vec::new();
    if let Some(maker) = &lot.state.maker {
        facts.push(Fact { label: words.t("fact-maker"), values: vec![scene.organisation(maker)], day: None });
    }
    let origins = scene.origins();
    if !origins.is_empty() {
        let values = origins.into_iter().take(ORIGINS).map(Named::plain).collect();
        facts.push(Fact { label: words.t("fact-grown-in"), values, day: None });
    } else if let Some(card) = lot.state.maker.as_ref().and_then(|maker| lot.organisations.get(maker)) {
        facts.push(fact(words.t("fact-address"), words.text(&card.address)));
    }
    facts
}

/// When: the first screen.
pub(super) fn when(scene: &Scene<'_>) -> Vec<Fact> {
    let state = &scene.lot.state;
    let mut facts = Vec::new();
    facts.extend(harvest(scene));
    if facts.is_empty() {
        facts.extend(of_day(scene, "fact-produced", state.produced_on));
    }
    facts.extend(of_day(scene, "fact-best-before", state.best_before));
    facts.extend(of_day(scene, "fact-use-by", state.use_by));
    facts
}

/// Everything, in the order of the circular.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Fact> {
    let (words, lot, state) = (scene.words, scene.lot, &scene.lot.state);
    let mut facts = vec![fact(words.t("fact-product"), scene.product_name())];
    if let Some(maker) = &state.maker {
        facts.push(Fact { label: words.t("fact-maker"), values: vec![scene.organisation(maker)], day: None });
        if let Some(card) = lot.organisations.get(maker) {
            facts.push(fact(words.t("fact-maker-kind"), organisation::kind(words, card.kind)));
            facts.push(fact(words.t("fact-address"), words.text(&card.address)));
        }
    }
    let origins = scene.origins();
    if !origins.is_empty() {
        let plots = u64::try_from(state.origin_plots.len()).unwrap_or(u64::MAX);
        let mut values: Vec<Named> = origins.into_iter().map(Named::plain).collect();
        values.push(Named::plain(words.count("plots", plots)));
        facts.push(Fact { label: words.t("fact-grown-in"), values, day: None });
    }
    let mut codes: Vec<Named> = Vec::new();
    for plot in state.origin_plots.iter().filter_map(|uri| lot.plots.get(uri)) {
        let code = plot.planting_area_code.iter().cloned().map(Named::plain);
        codes.extend(code.filter(|code| !codes.contains(code)).collect::<Vec<_>>());
    }
    if !codes.is_empty() {
        facts.push(Fact { label: words.t("fact-planting-area"), values: codes, day: None });
    }
    facts.extend(state.growing_method.as_ref().map(|method| {
        let text = words.known("method", method).unwrap_or_else(|| method.clone());
        fact(words.t("fact-growing-method"), text)
    }));
    facts.extend(state.country_of_origin.as_ref().map(|country| {
        let text = if country == "VN" { words.t("country-vn") } else { country.clone() };
        fact(words.t("fact-country"), text)
    }));
    facts.extend(harvest(scene));
    facts.extend(of_day(scene, "fact-produced", state.produced_on));
    facts.push(fact(words.t("fact-lot-number"), lot.id.lot().as_str()));
    match (&lot.product, &lot.id) {
        (Some(product), _) => {
            facts.extend(product.gtin.map(|gtin| fact(words.t("fact-gtin"), gtin.as_str())));
            facts.push(fact(words.t("fact-product-code"), product.code.as_str()));
            facts.extend(
                product.net_content.map(|net| fact(words.t("fact-net-content"), words.quantity(net))),
            );
            facts.extend(
                product
                    .shelf_life_days
                    .map(|days| fact(words.t("fact-shelf-life"), words.count("days", u64::from(days)))),
            );
        }
        (None, LotId::Gs1 { gtin, .. }) => facts.push(fact(words.t("fact-gtin"), gtin.as_str())),
        (None, LotId::Own { product, .. }) => {
            facts.push(fact(words.t("fact-product-code"), product.as_str()))
        }
    }
    facts.push(Fact {
        label: words.t("fact-trace-code"),
        values: vec![Named { text: state.uri.clone(), href: Some(words.href(scene.path)) }],
        day: None,
    });
    facts.extend(of_day(scene, "fact-best-before", state.best_before));
    facts.extend(of_day(scene, "fact-use-by", state.use_by));
    facts
}

/// Certificates, the valid ones that somebody else confirms first.
pub(super) fn papers(scene: &Scene<'_>) -> Vec<Paper> {
    let mut named: Vec<(u8, Paper)> = scene
        .lot
        .state
        .certificates
        .iter()
        .filter_map(|uri| scene.lot.certificates.get(uri))
        .map(|certified| paper(scene, certified))
        .collect();
    named.sort_by(|a, b| (a.0, &a.1.title).cmp(&(b.0, &b.1.title)));
    named.into_iter().map(|(_, paper)| paper).collect()
}

fn paper(scene: &Scene<'_>, certified: &Certified) -> (u8, Paper) {
    let (words, certificate) = (scene.words, &certified.certificate);
    let today = day_in_vietnam(scene.now_ms);
    let is_over = certificate.valid_until.is_some_and(|until| until < today);
    let until = certificate.valid_until.map(|until| words.date(until));
    let validity = match (&until, is_over) {
        (Some(until), true) => words.with("paper-over", &[("until", until)]),
        (Some(until), false) => words.with("paper-until", &[("until", until)]),
        (None, _) => words.with("paper-from", &[("from", &words.date(certificate.valid_from))]),
    };
    let text = words.with("paper-text", &[("number", &certificate.number), ("issuer", &certificate.issuer)]);
    let signer = scene.organisation(&certified.signed_by).text;
    let card = scene.lot.organisations.get(&certified.signed_by);
    let is_issuer = card.is_some_and(|card| {
        card.name.vi == certificate.issuer || card.name.en.as_ref() == Some(&certificate.issuer)
    });
    let (rank, tone, mark) = match (is_over, certified.confirmed) {
        (true, _) => (2, "bad", words.t("mark-over")),
        (false, true) if is_issuer => (0, "confirmed", words.t("mark-issuer")),
        (false, true) => (0, "confirmed", words.with("mark-confirmed", &[("signer", &signer)])),
        (false, false) => (1, "claimed", words.with("mark-claimed", &[("signer", &signer)])),
    };
    (rank, Paper { title: scene.scheme(&certificate.scheme), when: validity, text: Some(text), tone, mark })
}

/// Inspections, the newest first.
pub(super) fn inspections(scene: &Scene<'_>) -> Vec<Paper> {
    let words = scene.words;
    let mut found: Vec<_> = scene.lot.state.inspections.iter().collect();
    found.sort_by_key(|inspection| std::cmp::Reverse(inspection.time_ms));
    let paper = |inspection: &nguon_trace::lot::Inspection| {
        let by = scene.organisation(&inspection.organisation).text;
        let day = words.date(day_in_vietnam(inspection.time_ms));
        let title = match inspection.conformant {
            Some(true) => "inspection-passed",
            Some(false) => "inspection-failed",
            None => "inspection-held",
        };
        let (tone, mark) = match (inspection.conformant, inspection.independent) {
            (Some(false), _) => ("bad", words.with("mark-inspected", &[("signer", &by)])),
            (_, true) => ("confirmed", words.with("mark-inspected", &[("signer", &by)])),
            (_, false) => ("claimed", words.with("mark-inspected-itself", &[("signer", &by)])),
        };
        Paper { title: words.t(title), when: day, text: None, tone, mark }
    };
    found.into_iter().map(paper).collect()
}
