//! The page of one pack: its lot's page, with what is known of this very code before everything else.
//!
//! ```text
//! GET  /01/{gtin}/10/{lot}/21/{serial}    POST the same with province=68: where the reader holds the pack
//! GET  /p/{product}/l/{lot}/s/{serial}
//! ```
//!
//! Whoever opens it is counted, once a day ([`nguon_service::Scan`]), and sees how many phones were there before. No
//! shared cache keeps it. What previews a link or fetches it in advance is no phone in a shop and is not counted.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use nguon_id::PackId;
use nguon_ledger::OrganisationId;
use nguon_service::{LookupError, Lot, Pack, Scan, Settled};
use nguon_trace::facts::vietnam_day;
use nguon_trace::labels::LabelStanding;
use nguon_trace::scans::{self, ScanDay, Sign};
use serde_json::json;

use super::super::answer::{self, wants_json};
use super::super::copies::{self, Form, Key};
use super::super::fault::{self, Fault};
use super::super::lots::json_answer;
use super::super::words::Words;
use super::banner::{Banner, Reason};
use super::photos;
use super::{best_path, view};
use crate::api::body;
use crate::app::App;
use crate::language::Language;
use crate::problem::Problem;
use crate::visitor::Peer;

/// Bytes of `province=68`, and room for what a browser adds.
const FORM_BYTES_MAX: usize = 512;
/// What link previews and crawlers call themselves.
const NOT_IN_A_SHOP: [&str; 9] =
    ["bot/", "bot;", "bot)", "+http", "crawler", "spider/", "linkpreview", "facebookexternalhit", "curl/"];

/// What the page says of this very pack.
pub(super) struct Code {
    /// `Gói số 115`.
    pub(super) title: String,
    /// The serial, in groups that can be compared.
    pub(super) serial: String,
    /// Who scanned it before.
    pub(super) scans: String,
    /// When it was sold.
    pub(super) sold: Option<String>,
    /// How its maker looked into what was strange about it.
    pub(super) settled: Vec<String>,
    /// Where the reader may say in which province it is: code and name.
    pub(super) provinces: Vec<(&'static str, &'static str)>,
    /// Where that is sent.
    pub(super) action: String,
    /// What stands in the way of the lot's own banner.
    pub(super) banner: Option<Banner>,
}

/// A known pack.
struct Known<'a> {
    id: &'a PackId,
    number: u32,
    standing: LabelStanding,
    scans: &'a [ScanDay],
    signs: &'a [Sign],
    settled: &'a [Settled],
}

pub(super) async fn page(
    app: Arc<App>,
    id: PackId,
    peer: Option<Peer>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Result<Response, Problem> {
    let words = Words::of(&uri, &headers);
    let found = match find(&app, &id).await {
        Ok(found) => found,
        // The database does not answer: what was known of the lot is better than nothing, as long as it says that it is old.
        // A page of today without a word about this pack would be taken for a word in its favour.
        Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE && !wants_json(&headers) => {
            let lot = Key::new(id.lot.path(), Form::Html(words));
            return copies::last(&app, &lot, &headers).ok_or(problem);
        }
        Err(problem) => return Err(problem),
    };
    let pack = match found {
        None => return Ok(fault::page(Fault::UnknownLot, &id.lot.path(), words, &uri, &headers)),
        Some(Pack::Foreign { lot }) => return Ok(foreign(&lot, &id, words, &uri, &headers)),
        Some(pack @ Pack::Known { .. }) => pack,
    };
    let Pack::Known { lot, number, standing, scans, signs, settled } = pack else {
        return Err(Problem::new("internal"));
    };
    let known = Known { id: &id, number, standing, scans: &scans, signs: &signs, settled: &settled };
    let mut response = if wants_json(&headers) {
        json_answer(&document(&app, &lot, &known), &headers)?
    } else {
        let gone = photos::gone(&app, &lot).await?;
        let view = view(&app, words, &lot, Some(code(words, &known)), &gone);
        answer::page(StatusCode::OK, &view, words)?.with_script().answer(&headers)
    };
    let kept = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    let canonical = format!("<{}{}>; rel=\"canonical\"", app.service.public_base_url(), best_path(&lot));
    response.headers_mut().extend(HeaderValue::try_from(canonical).ok().map(|link| (header::LINK, link)));
    if method == Method::GET && is_a_person(&headers) {
        count(&app, &lot, &known, peer.as_ref(), &headers, None);
    }
    Ok(response)
}

/// `province=68`, from the form on the page.
pub(crate) async fn place(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = PackId::from_path(uri.path()).map_err(|_| Problem::new("method-not-allowed"))?;
    let read = body::read_form(&headers, body, FORM_BYTES_MAX, &app.body_bytes).await?;
    let mut fields = form_urlencoded::parse(&read.bytes);
    let province = fields.find(|(name, _)| name == "province").map(|(_, code)| code.into_owned());
    let province = province.filter(|code| scans::province(code).is_some());
    if let Some(Pack::Known { lot, number, standing, scans, signs, settled }) = find(&app, &id).await? {
        let known = Known { id: &id, number, standing, scans: &scans, signs: &signs, settled: &settled };
        if let Some(province) = province.filter(|_| is_a_person(&headers) && is_from_here(&headers)) {
            count(&app, &lot, &known, peer.map(|Extension(peer)| peer).as_ref(), &headers, Some(&province));
        }
    }
    Ok(Redirect::to(&Words::of(&uri, &headers).href(&id.path())).into_response())
}

async fn find(app: &App, id: &PackId) -> Result<Option<Pack>, Problem> {
    let (service, asked) = (app.service.clone(), id.clone());
    let found = app.ask(async move { service.pack(&asked).await }).await?;
    found.map_err(|error| Problem::from(LookupError::Store(error)))
}

fn foreign(lot: &Lot, id: &PackId, words: Words, uri: &Uri, headers: &HeaderMap) -> Response {
    let to_lot = words.href(&best_path(lot));
    fault::page_with(Fault::ForeignSerial, id.serial.as_str(), Some(to_lot), words, uri, headers)
}

fn count(
    app: &App,
    lot: &Lot,
    known: &Known<'_>,
    peer: Option<&Peer>,
    headers: &HeaderMap,
    province: Option<&str>,
) {
    let Some(organisation) = lot.state.maker.as_ref().and_then(|id| id.parse::<OrganisationId>().ok()) else {
        return;
    };
    // A label that no record prints or that is void is met by nobody who buys; its page says so to each.
    let met = !matches!(known.standing, LabelStanding::NotPrinted | LabelStanding::Void);
    let Some(peer) = peer.filter(|_| met) else { return };
    app.service.scanned(Scan {
        lot_uri: lot.state.uri.clone(),
        organisation,
        number: known.number,
        sold_on: match known.standing {
            LabelStanding::Sold { time_ms } => Some(vietnam_day(time_ms)),
            _ => None,
        },
        network: peer.network(headers).bytes(),
        agent: headers.get(header::USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes()).to_vec(),
        province: province.map(str::to_owned),
        at_ms: app.service.now_ms(),
    });
}

/// Whether a form was sent from our own page, as far as the browser says it (Fetch Metadata).
fn is_from_here(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

/// Whether somebody looks, as far as a request says it.
fn is_a_person(headers: &HeaderMap) -> bool {
    let field = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A picture or a frame on somebody's page is nobody who opens this one.
    let opened = matches!(field("sec-fetch-dest"), "" | "document");
    let in_advance = ["sec-purpose", "purpose", "x-moz"].iter().any(|name| field(name).contains("prefetch"));
    let agent = field(header::USER_AGENT.as_str()).to_ascii_lowercase();
    opened && !in_advance && !NOT_IN_A_SHOP.iter().any(|name| agent.contains(name))
}

fn code(words: Words, known: &Known<'_>) -> Code {
    let serial = known.id.serial.as_str().to_ascii_uppercase();
    let groups: Vec<&str> =
        (0..serial.len()).step_by(5).filter_map(|at| serial.get(at..serial.len().min(at + 5))).collect();
    let phones = scans::phones(known.scans);
    let first = known.scans.iter().map(|day| day.day).min();
    let named = scans::provinces().iter().map(|province| (province.code.as_str(), name(words, province)));
    let mut provinces: Vec<(&str, &str)> = named.collect();
    provinces.sort_by_key(|(_, name)| nguon_service::search_key(name));
    Code {
        title: words.with("pack-number", &[("number", &words.number(known.number.into()))]),
        serial: groups.join(" "),
        scans: match first {
            None => words.t("pack-scans-none"),
            Some(day) => {
                let count = words.count("pack-scans", phones);
                words.with("pack-scans-since", &[("scans", &count), ("day", &words.date(day))])
            }
        },
        sold: match known.standing {
            LabelStanding::Sold { time_ms } => {
                Some(words.with("pack-sold", &[("day", &words.date(vietnam_day(time_ms)))]))
            }
            _ => None,
        },
        settled: known.settled.iter().map(|one| settled_text(words, one)).collect(),
        provinces,
        action: words.href(&known.id.path()),
        banner: banner(words, known),
    }
}

/// What is known of the code, where that weighs more than what is known of its lot.
fn banner(words: Words, known: &Known<'_>) -> Option<Banner> {
    let plain = |tone, key: &str| Banner {
        tone,
        title: words.t(key),
        text: words.t(&format!("{key}-text")),
        reasons: Vec::new(),
        more: Vec::new(),
        advice: Some(words.t("pack-advice-stop")),
        hotline: None,
    };
    match known.standing {
        LabelStanding::NotPrinted => Some(plain("doubt", "pack-not-printed")),
        LabelStanding::Void => Some(plain("doubt", "pack-void")),
        LabelStanding::NotActive => Some(plain("wait", "pack-not-active")),
        LabelStanding::Active | LabelStanding::Sold { .. } if known.signs.is_empty() => None,
        LabelStanding::Active | LabelStanding::Sold { .. } => {
            let reasons = known.signs.iter().map(|sign| Reason::plain(sign_text(words, sign)));
            let advice = Some(words.t("pack-advice"));
            Some(Banner { reasons: reasons.collect(), advice, ..plain("doubt", "pack-met-often") })
        }
    }
}

fn sign_text(words: Words, sign: &Sign) -> String {
    let province =
        |code: &str| scans::province(code).map_or(code.to_owned(), |known| name(words, known).to_owned());
    let number = |n: u64| words.number(n);
    match sign {
        Sign::FarApart { day, provinces: [one, other] } => words.with(
            "sign-far-apart",
            &[("day", &words.date(*day)), ("one", &province(one)), ("other", &province(other))],
        ),
        Sign::ManyProvinces { provinces } => {
            words.with("sign-many-provinces", &[("number", &provinces.to_string())])
        }
        Sign::ManyPhones { phones } => words.with("sign-many-phones", &[("number", &number(*phones))]),
        Sign::AfterSale { sold_on, phones } => {
            words.with("sign-after-sale", &[("day", &words.date(*sold_on)), ("number", &number(*phones))])
        }
    }
}

/// `Ngày 12/4/2026, đơn vị làm ra lô đã xem xét: … Kết luận: “…”`.
fn settled_text(words: Words, settled: &Settled) -> String {
    let signs: Vec<String> = settled.signs.iter().map(|sign| sign_text(words, sign)).collect();
    words.with(
        "pack-settled",
        &[("day", &words.date(settled.day)), ("signs", &signs.join(" ")), ("reason", &settled.reason)],
    )
}

fn name(words: Words, province: &'static scans::Province) -> &'static str {
    match words.language {
        Language::Vietnamese => &province.vi,
        Language::English => &province.en,
        Language::Chinese => &province.zh,
    }
}

fn document(app: &App, lot: &Lot, known: &Known<'_>) -> serde_json::Value {
    let standing = match known.standing {
        LabelStanding::NotPrinted => "not_printed",
        LabelStanding::NotActive => "not_active",
        LabelStanding::Active => "active",
        LabelStanding::Sold { .. } => "sold",
        LabelStanding::Void => "void",
    };
    json!({
        "lot": lot.state.uri,
        "lot_url": format!("{}{}", app.service.public_base_url(), best_path(lot)),
        "number": known.number,
        "label": standing,
        "phones": scans::phones(known.scans),
        "first_scanned_on": known.scans.iter().map(|day| day.day).min(),
        "signs": known.signs,
        "settled": known.settled.iter().map(|one| json!({
            "day": one.day, "signs": one.signs, "reason": one.reason,
        })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_of_a_link_is_no_phone_in_a_shop() {
        let asked = |name: &'static str, value: &'static str| {
            is_a_person(&HeaderMap::from_iter([(
                header::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]))
        };
        assert!(asked("user-agent", "Mozilla/5.0 (Linux; Android 13) Chrome/120 Mobile Safari/537.36"));
        assert!(!asked("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1)"));
        assert!(!asked("user-agent", "facebookexternalhit/1.1"));
        assert!(asked("user-agent", "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 30) Mobile Safari/537.36"));
        assert!(asked("sec-fetch-dest", "document") && !asked("sec-fetch-dest", "image"));
        assert!(!asked("sec-purpose", "prefetch;prerender"));
    }
}
