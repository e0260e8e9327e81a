//! Facts of an event, written as strict EPCIS 2.0 JSON-LD.
//!
//! Strict means: bare words for CBV terms, namespaces declared in the document itself (hash implementations differ on
//! prefixes that come from GS1's remote context alone), ILMD only where EPCIS allows it, times with milliseconds and
//! the event's own offset.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::Offset;
use nguon_id::{DigitalLink, LotId};
use nguon_trace::facts::{Action, Amount, ErrorReason, Event, LotData, Photo, Step, What};

use crate::cbv::{self, Words};
use crate::json::Writer;

const CONTEXT: &str = r#"["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"cbvmda":"urn:epcglobal:cbv:mda:","gs1":"https://gs1.org/voc/","nguon":"urn:nguon:voc:"}]"#;

pub(crate) fn write(event: &Event) -> Writer {
    let mut out = Writer::new();
    out.raw("@context", CONTEXT);
    let kind = match &event.what {
        What::Objects { .. } => "ObjectEvent",
        What::Transformation { .. } => "TransformationEvent",
        What::Aggregation { .. } => "AggregationEvent",
        What::Association { .. } => "AssociationEvent",
        What::Transaction { .. } => "TransactionEvent",
        What::Foreign(kind) => kind,
    };
    out.text("type", kind);
    out.text_if("eventID", event.correction.as_ref().map(|correction| &correction.of).or(event.id.as_ref()));
    out.text("eventTime", &time(event.time_ms, event.offset_minutes));
    out.text("eventTimeZoneOffset", &offset(event.offset_minutes));
    if let Some(correction) = &event.correction {
        let mut declaration = Writer::new();
        declaration.text("declarationTime", &time(correction.declared_ms, event.offset_minutes));
        declaration.text_if(
            "reason",
            correction.reason.as_ref().map(|reason| match reason {
                ErrorReason::DidNotOccur => "did_not_occur",
                ErrorReason::IncorrectData => "incorrect_data",
                ErrorReason::Other(uri) => uri,
            }),
        );
        declaration.texts("correctiveEventIDs", &correction.corrective_ids);
        out.object("errorDeclaration", declaration);
    }
    things(&mut out, &event.what);
    step(&mut out, event);
    for (key, place) in [("readPoint", &event.place), ("bizLocation", &event.place_after)] {
        if let Some(uri) = place {
            let mut named = Writer::new();
            named.text("id", uri);
            out.object(key, named);
        }
    }
    let papers = event.papers.iter().map(|paper| {
        let mut out = Writer::new();
        out.text_if("type", paper.kind.as_ref());
        out.text("bizTransaction", &paper.uri);
        out
    });
    out.objects("bizTransactionList", papers.collect());
    party(&mut out, "sourceList", "source", event.source.as_deref());
    party(&mut out, "destinationList", "destination", event.destination.as_deref());
    out.texts("certificationInfo", &event.certificates);
    let ilmd = match &event.what {
        What::Objects { action: Action::Add, .. } | What::Transformation { .. } => "ilmd",
        _ => "nguon:lot",
    };
    out.object_if(ilmd, lot(&event.lot));
    if let Some(part) = event.part {
        out.raw("nguon:part", &part.number.to_string());
        out.raw("nguon:parts", &part.of.to_string());
    }
    let labels = event.labels.iter().map(|range| {
        let mut out = Writer::new();
        out.raw("nguon:first", &range.first.to_string());
        out.raw("nguon:last", &range.last.to_string());
        out
    });
    out.objects("nguon:labels", labels.collect());
    out.truth_if("nguon:enteredForAnother", event.for_another.then_some(true));
    out.prose_if("nguon:note", event.note.as_ref());
    out.objects("nguon:photos", event.photos.iter().map(photo).collect());
    out
}

fn things(out: &mut Writer, what: &What) {
    match what {
        What::Objects { action, objects } => {
            out.text("action", action_word(*action));
            amounts(out, "epcList", "quantityList", objects);
            if objects.is_empty() {
                out.raw("epcList", "[]");
            }
        }
        What::Transformation { process, inputs, outputs } => {
            out.text_if("transformationID", process.as_ref());
            amounts(out, "inputEPCList", "inputQuantityList", inputs);
            amounts(out, "outputEPCList", "outputQuantityList", outputs);
        }
        What::Aggregation { action, container, contents } => {
            out.text("action", action_word(*action));
            out.text_if("parentID", container.as_ref());
            amounts(out, "childEPCs", "childQuantityList", contents);
        }
        What::Association { action, parent, children } => {
            out.text("action", action_word(*action));
            out.text("parentID", parent);
            amounts(out, "childEPCs", "childQuantityList", children);
        }
        What::Transaction { action, parent, objects } => {
            out.text("action", action_word(*action));
            out.text_if("parentID", parent.as_ref());
            amounts(out, "epcList", "quantityList", objects);
            if objects.is_empty() {
                out.raw("epcList", "[]");
            }
        }
        What::Foreign(_) => {}
    }
}

fn action_word(action: Action) -> &'static str {
    match action {
        Action::Add => "ADD",
        Action::Observe => "OBSERVE",
        Action::Delete => "DELETE",
    }
}

fn amounts(out: &mut Writer, instances: &str, classes: &str, amounts: &[Amount]) {
    let mut seen = BTreeSet::new();
    let (mut whole, mut counted) = (Vec::new(), Vec::new());
    for amount in amounts {
        let quantified = amount.quantity.is_some() || amount.uncounted.is_some();
        if quantified || is_class(&amount.subject) {
            counted.push(quantity_element(amount));
        } else if seen.insert(&amount.subject) {
            whole.push(amount.subject.clone());
        }
    }
    out.texts(instances, &whole);
    out.objects(classes, counted);
}

/// Lots and products are classes of many pieces (`epcClass`); pallets, plots and whatever else has a URI are one thing.
fn is_class(uri: &str) -> bool {
    LotId::from_uri(uri).is_ok()
        || DigitalLink::parse(uri).is_ok_and(|link| link.gtin().is_some() && link.get("21").is_none())
}

fn quantity_element(amount: &Amount) -> Writer {
    let mut out = Writer::new();
    out.text("epcClass", &amount.subject);
    if let Some(quantity) = amount.quantity {
        let (decimal, uom) = quantity.to_epcis();
        out.raw("quantity", &decimal);
        out.text_if("uom", uom);
    } else if let Some(uncounted) = &amount.uncounted {
        // The text came from a JSON number; if somebody built it from something else, a string keeps the JSON whole.
        if serde_json::from_str::<f64>(&uncounted.decimal).is_ok() {
            out.raw("quantity", &uncounted.decimal);
        } else {
            out.text("quantity", &uncounted.decimal);
        }
        out.text("uom", &uncounted.uom);
    }
    out
}

fn step(out: &mut Writer, event: &Event) {
    let (biz_step, disposition) = cbv::words_of(&event.step);
    out.text_if("bizStep", biz_step.as_ref());
    out.text_if("disposition", disposition);
    // Only objects and transformations may carry a persistent disposition (EPCIS 2.0, section 7.3.5).
    let persists = matches!(event.what, What::Objects { .. } | What::Transformation { .. });
    let recall = match event.step {
        Step::Recall { .. } if persists => Some("set"),
        Step::RecallEnded { .. } if persists => Some("unset"),
        _ => None,
    };
    if let Some(key) = recall {
        let mut persistent = Writer::new();
        persistent.texts(key, &["recalled".to_owned()]);
        out.object("persistentDisposition", persistent);
    }

    let words = Words {
        biz_step: biz_step.as_deref(),
        disposition,
        sets_recalled: recall == Some("set"),
        unsets_recalled: recall == Some("unset"),
    };
    let understood = cbv::step_of(&words, &event.what);
    let same = match &event.step {
        Step::Other(_) => understood == event.step,
        step => understood.key() == step.key(),
    };
    if !same {
        out.text("nguon:step", &format!("{}{}", cbv::OWN_STEP, event.step.key()));
    }

    match &event.step {
        Step::Planting { crop, variety, seed_origin } => {
            out.text_if("nguon:cropCode", crop.as_ref());
            out.text_if("nguon:variety", variety.as_ref());
            out.text_if("nguon:seedOrigin", seed_origin.as_ref());
        }
        Step::Fertilising { product, dose } => {
            out.text_if("nguon:inputName", product.as_ref());
            out.text_if("nguon:dose", dose.as_ref());
        }
        Step::PlantProtection(spray) => {
            out.text_if("nguon:inputName", spray.product.as_ref());
            out.text_if("nguon:activeSubstance", spray.active_substance.as_ref());
            out.text_if("nguon:dose", spray.dose.as_ref());
            out.text_if("nguon:target", spray.target.as_ref());
            out.number_if("nguon:areaSquareMetres", spray.area_m2);
            out.number_if("nguon:preHarvestIntervalDays", spray.phi_days);
        }
        Step::Irrigation { water } => out.text_if("nguon:waterSource", water.as_ref()),
        Step::Waste { what } => out.text_if("nguon:collected", what.as_ref()),
        Step::Confirming { events } => out.texts("nguon:confirms", events),
        Step::Test { what, conformant } => {
            out.text_if("nguon:tested", what.as_ref());
            out.truth_if("nguon:conformant", *conformant);
        }
        Step::Recall { reason } | Step::RecallEnded { reason } => {
            out.prose_if("nguon:reason", reason.as_ref())
        }
        _ => {}
    }
}

fn party(out: &mut Writer, list: &str, key: &str, uri: Option<&str>) {
    if let Some(uri) = uri {
        let mut party = Writer::new();
        party.text("type", "owning_party");
        party.text(key, uri);
        out.objects(list, vec![party]);
    }
}

fn lot(lot: &LotData) -> Writer {
    let mut out = Writer::new();
    out.text_if("cbvmda:lotNumber", lot.number.as_ref());
    out.text_if("cbvmda:harvestStartDate", lot.harvest_from);
    out.text_if("cbvmda:harvestEndDate", lot.harvest_until);
    out.text_if("cbvmda:bestBeforeDate", lot.best_before);
    out.text_if("cbvmda:itemExpirationDate", lot.use_by);
    out.text_if("cbvmda:countryOfOrigin", lot.country_of_origin.as_ref());
    out.text_if("cbvmda:growingMethodCode", lot.growing_method.as_ref());
    out.text_if("gs1:productionDate", lot.produced_on);
    out.text_if("nguon:product", lot.product.as_ref());
    out.texts("nguon:plots", &lot.plots);
    out
}

/// A photograph by its digest.
pub(crate) fn photo(photo: &Photo) -> Writer {
    let mut out = Writer::new();
    out.text("nguon:blake3", &photo.digest.to_string());
    out.text("nguon:mediaType", &photo.media_type);
    out.prose_if("nguon:caption", photo.caption.as_ref());
    out
}

const DAY_MS: i64 = 86_400_000;
/// 0000-01-02 to 9999-12-30 in UTC: a four-digit year at any offset.
const YEARS_MS: std::ops::RangeInclusive<i64> = -62_167_219_200_000 + DAY_MS..=253_402_300_799_999 - DAY_MS;

/// RFC 3339 with milliseconds, on a clock that is `offset_minutes` ahead of UTC.
pub(crate) fn time(ms: i64, offset_minutes: i16) -> String {
    let ms = ms.clamp(*YEARS_MS.start(), *YEARS_MS.end());
    let instant = Timestamp::from_millisecond(ms).expect("jiff knows the years -9999 to 9999");
    let minutes = i32::from(within_a_day(offset_minutes));
    let clock = Offset::from_seconds(minutes * 60).expect("14 hours are less than jiff's 25");
    format!("{}{}", clock.to_datetime(instant).strftime("%Y-%m-%dT%H:%M:%S.%3f"), offset(offset_minutes))
}

fn offset(minutes: i16) -> String {
    let minutes = within_a_day(minutes);
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
}

/// EPCIS' schema takes offsets from -14:00 to +14:00.
fn within_a_day(minutes: i16) -> i16 {
    minutes.clamp(-14 * 60, 14 * 60)
}
