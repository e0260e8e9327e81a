//! The page of a lot.
//!
//! On the first screen: how the lot stands, in colour, sign and words; what it is, from whom and where, when harvested, on
//! which papers. Below: the ten items of Circular 02/2024/TT-BKHCN as far as they are recorded, the stages, what it
//! was made of and what was made of it, amounts, findings, offers, and how to check all that without trusting this server.
//!
//! The canonical address is the lot's best name today: the GS1 one as soon as its product has a GTIN.

mod banner;
mod facts;
mod linked;
mod map;
mod pack;
mod photos;
mod proofs;
mod scene;
mod stages;
mod trade;

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use nguon_id::{LinkError, LotId, LotIdError, PackId};
use nguon_service::{LookupError, Lot};
use nguon_trace::completeness::{Completeness, Presence};
use nguon_trace::facts::Digest;
use nguon_trace::lot::LotStatus;

use self::banner::Banner;
use self::facts::{Fact, Paper};
use self::map::Map;
use self::proofs::Proofs;
use self::scene::Scene;
use self::stages::Stage;
use self::trade::{Amount, Bar, Holder, Kin, Offer};
use super::answer::{self, Page, STYLE, wants_json};
use super::badge;
use super::copies::{self, Form, Key, Making};
use super::fault::{self, Fault};
use super::lots;
use super::picture;
use super::short_code;
use super::words::{Languages, Said, Words, in_language, percent_encoded};
use crate::app::App;
use crate::problem::Problem;
use crate::visitor::Peer;

pub(super) use self::pack::place;

#[derive(Template)]
#[template(path = "page/lot.html")]
struct LotPage {
    words: Words,
    style: &'static str,
    /// Scheme and host of the pages.
    base: String,
    canonical: String,
    languages: Languages,
    code: String,
    banner: Banner,
    /// What is known of one pack of the lot, if its code was scanned.
    pack: Option<pack::Code>,
    title: Said,
    number: String,
    /// Drawn by us; no text in it comes from outside.
    drawing: &'static str,
    drawing_text: String,
    photo: Option<photos::Shown>,
    who: Vec<Fact>,
    when: Vec<Fact>,
    papers: Vec<Paper>,
    inspections: Vec<Paper>,
    description: Option<Said>,
    findings: Vec<Finding>,
    lists: Vec<List>,
    facts: Vec<Fact>,
    stages: Vec<Stage>,
    map: Option<Map>,
    /// How many lots were blended into it, if they were.
    blended: Option<String>,
    inputs: Vec<Kin>,
    /// What to press to see them, if they are many.
    all_inputs: Option<String>,
    outputs: Vec<Kin>,
    all_outputs: Option<String>,
    amounts: Vec<Amount>,
    bar: Option<Bar>,
    holders: Vec<Holder>,
    offers: Vec<Offer>,
    /// Whom to call.
    seller: Option<String>,
    proofs: Proofs,
    short_code: Option<String>,
    qr_svg: String,
    qr_png: String,
    report: String,
    /// JSON-LD, escaped.
    linked: String,
    /// One sentence for whoever shares the address.
    summary: String,
    /// The picture that goes with it.
    shared_picture: String,
    /// Whether rules looked at it and found nothing.
    is_unobjected: bool,
    badge: String,
    /// What to paste into another site, to copy.
    badge_html: String,
}

/// What a law asks for, and what of it is there.
struct List {
    title: Said,
    count: String,
    /// (sign, what it is, whether it is there in words)
    items: Vec<(&'static str, Said, String)>,
}

/// What a rule says.
struct Finding {
    severity: &'static str,
    sign: String,
    rule: String,
    said: Said,
}

pub(super) async fn page(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    if let Ok(id) = PackId::from_path(uri.path()) {
        let peer = peer.map(|Extension(peer)| peer);
        return pack::page(app, id, peer, (method, uri, headers)).await;
    }
    let id = match LotId::from_path(uri.path()) {
        Ok(id) => id,
        Err(error) => {
            // The number under a bar code has 8, 12 or 13 digits; a Digital Link always has 14.
            if let Some(whole) = with_fourteen_digits(uri.path()) {
                return Ok(Redirect::permanent(&words.href(&whole)).into_response());
            }
            if let Some((gtin, serial)) = short_code::product_and_serial(uri.path()) {
                return short_code::pack(&app, serial, Some(gtin), words, &uri, &headers).await;
            }
            let asked = uri.path().to_owned();
            return Ok(fault::page(fault_of(&error), &asked, words, &uri, &headers));
        }
    };
    let form = if wants_json(&headers) { Form::Json } else { Form::Html(words) };
    answer(&app, id, form, &headers).await
}

/// Answers with the page of a lot, or its JSON.
pub(super) async fn answer(
    app: &Arc<App>,
    id: LotId,
    form: Form,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let key = Key::new(id.path(), form);
    copies::answer(app, key, headers, |making| made(making, id.clone(), form)).await
}

async fn made(making: Making, id: LotId, form: Form) -> Result<Page, Problem> {
    let app = &making.app;
    let found = making.catalogue.lot(&id).await;
    let found = found.map_err(|error| Problem::from(LookupError::Store(error)))?;
    let mut gone = HashSet::new();
    if let Some(lot) = &found {
        photos::note(&making.seen, lot);
        gone = photos::gone(app, lot).await?;
    }
    let (page, lot) = match (found, form) {
        (Some(lot), Form::Html(words)) => {
            (answer::page(StatusCode::OK, &view(app, words, &lot, None, &gone), words)?.with_script(), lot)
        }
        (Some(lot), Form::Json) => (lots::document(app, &lot)?, lot),
        (None, Form::Html(words)) => {
            let named = id.path();
            let uri = named.parse::<Uri>().unwrap_or_default();
            return fault::made(Fault::UnknownLot, &named, words, &uri);
        }
        (None, Form::Json) => return Err(Problem::new("lot-not-found")),
    };
    let canonical = format!("<{}{}>; rel=\"canonical\"", app.service.public_base_url(), best_path(&lot));
    let canonical = HeaderValue::try_from(canonical).map_err(|error| Problem::internal(&error))?;
    Ok(page.with(header::LINK, canonical).holding_until_ms(lot.holds_until_ms(making.now_ms)))
}

/// The path with a shorter GTIN filled up with zeros, if that makes it a lot's.
fn with_fourteen_digits(path: &str) -> Option<String> {
    let (gtin, rest) = path.strip_prefix("/01/")?.split_once('/')?;
    let short = matches!(gtin.len(), 8 | 12 | 13) && gtin.bytes().all(|digit| digit.is_ascii_digit());
    let whole = format!("/01/{gtin:0>14}/{rest}");
    LotId::from_path(&whole).ok().filter(|_| short).map(|id| id.path())
}

/// How a lot stands, for the badge: the colour and the sentence of its banner.
pub(super) fn standing(app: &App, words: Words, lot: &Lot) -> (&'static str, String) {
    let path = best_path(lot);
    let base = app.service.public_base_url();
    let banner = banner::of(&Scene { words, lot, now_ms: app.service.now_ms(), base, path: &path });
    (banner.tone, banner.title)
}

fn fault_of(error: &LotIdError) -> Fault {
    match error {
        LotIdError::NotALot | LotIdError::Link(LinkError::NoKey) => Fault::NotALot,
        LotIdError::Link(LinkError::Value { ai, .. }) if ai == "01" => Fault::CheckDigit,
        LotIdError::Link(_) | LotIdError::Product(_) | LotIdError::Lot(_) => Fault::Malformed,
    }
}

/// The path of the lot's best name today.
pub(super) fn best_path(lot: &Lot) -> String {
    let number = lot.id.lot().clone();
    match lot.product.as_ref().and_then(|product| product.gtin) {
        Some(gtin) => LotId::Gs1 { gtin, lot: number }.path(),
        None => lot.id.path(),
    }
}

/// More lots than this are folded away.
const UNFOLDED: usize = 8;

fn many(words: Words, key: &str, count: usize) -> Option<String> {
    (count > UNFOLDED).then(|| words.count(key, u64::try_from(count).unwrap_or(u64::MAX)))
}

fn view(app: &App, words: Words, lot: &Lot, mut pack: Option<pack::Code>, gone: &HashSet<Digest>) -> LotPage {
    let path = best_path(lot);
    let base = app.service.public_base_url();
    let scene = Scene { words, lot, now_ms: app.service.now_ms(), base, path: &path };
    let product = lot.product.as_ref();
    let (drawing, category) = picture::of(product.map_or("", |product| &product.category));
    let findings = lot.state.findings.iter().map(|finding| {
        let severity = finding.severity.key();
        let sign = words.t(&format!("severity-{severity}"));
        Finding { severity, sign, rule: scene.rule(finding), said: scene.finding(finding) }
    });
    let who = facts::who(&scene);
    let banner = banner::of(&scene).or(pack.as_mut().and_then(|pack| pack.banner.take()));
    let summary = std::iter::once(banner.title.clone())
        .chain(who.iter().flat_map(|fact| fact.values.iter().map(|value| value.text.clone())));
    let summary = summary.collect::<Vec<_>>().join(" · ");
    let title = scene.product_said();
    let photo = photos::first(&scene, app.service.images());
    let pictured = photo.as_ref().map(|photo| format!("{base}{}", photo.src));
    LotPage {
        words,
        style: STYLE,
        canonical: scene.canonical(),
        languages: Languages::of_path(words, &path),
        base: base.to_owned(),
        code: String::new(),
        linked: linked::of(&scene, &banner.title, pictured.as_deref()),
        banner,
        pack,
        number: lot.id.lot().to_string(),
        drawing,
        drawing_text: words.with("drawing-alt", &[("what", &words.t(&format!("category-{category}")))]),
        who,
        when: facts::when(&scene),
        papers: facts::papers(&scene),
        inspections: facts::inspections(&scene),
        description: product.and_then(|product| product.description.as_ref()).map(|text| words.said(text)),
        is_unobjected: lot.state.findings.is_empty()
            && matches!(lot.state.status, LotStatus::Active | LotStatus::SoldOut),
        findings: findings.collect(),
        lists: lot.completeness().iter().map(|list| list_of(words, list)).collect(),
        facts: facts::all(&scene),
        stages: stages::of(&scene, app.service.images(), gone),
        map: map::of(&scene),
        blended: (lot.state.inputs.len() > 1)
            .then(|| words.with("inputs-blended", &[("number", &lot.state.inputs.len().to_string())])),
        all_inputs: many(words, "inputs-count", lot.state.inputs.len()),
        inputs: trade::inputs(&scene),
        all_outputs: many(words, "outputs-count", lot.state.outputs.len()),
        outputs: trade::outputs(&scene),
        amounts: trade::amounts(&scene),
        bar: trade::bar(&scene),
        holders: trade::holders(&scene),
        offers: trade::offers(&scene),
        seller: trade::seller(&scene),
        proofs: proofs::of(app, &path),
        short_code: lot.short_code.map(|code| code.to_string()),
        qr_svg: format!("/qr/svg{path}"),
        qr_png: format!("/qr/png{path}?size=12"),
        report: words.href(&format!(
            "/report?code={}",
            lot.short_code.map_or_else(|| percent_encoded(&path), |code| code.to_string())
        )),
        summary,
        shared_picture: pictured.unwrap_or_else(|| format!("{base}/qr/png{path}?size=12")),
        photo,
        badge_html: badge::html(words, base, &path),
        badge: in_language(&badge::path(&path), words.language),
        title,
    }
}

fn list_of(words: Words, list: &Completeness) -> List {
    let missing = list
        .items
        .iter()
        .filter(|item| matches!(item.presence, Presence::Missing | Presence::Partly))
        .count();
    let items = list.items.iter().map(|item| {
        let (sign, key) = match item.presence {
            Presence::There => ("✓", "presence-there"),
            Presence::Partly => ("◐", "presence-partly"),
            Presence::Missing => ("✗", "presence-missing"),
            Presence::NotStated => ("–", "presence-not-stated"),
        };
        (sign, words.said(&item.name), words.t(key))
    });
    let count = match missing {
        0 => words.t("presence-complete"),
        missing => words.with("presence-count", &[("missing", &missing.to_string())]),
    };
    List { title: words.said(&list.name), count, items: items.collect() }
}
