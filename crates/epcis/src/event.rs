//! An EPCIS event, read into facts (EPCIS 2.0, section 7.4; JSON-LD binding, section 10).

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use nguon_trace::facts::{
    Action, Amount, Correction, ErrorReason, Event, LotData, Paper, Part, Photo, Step, Text, Uncounted, What,
};
use nguon_trace::labels::LabelRange;
use nguon_trace::quantity::{Quantity, QuantityError};

use crate::ReadError;
use crate::cbv::{self, Vocabulary, Words, bare};
use crate::context::Context;
use crate::epc::to_digital_link;
use crate::json::{self, Object};

/// Ranges of labels in one event.
const MAX_RANGES: usize = 200;

pub(crate) fn read(kind: &str, object: &Object<'_>, context: &Context) -> Result<Event, ReadError> {
    let what = what(kind, object)?;
    let step = step(object, &what, context)?;
    let id = object.owned("eventID")?;
    let (id, correction) = match object.object("errorDeclaration")? {
        None => (id, None),
        Some(declaration) => {
            (None, Some(correction(&declaration, id.ok_or(ReadError::Missing("eventID"))?)?))
        }
    };
    let lot = match object.object("ilmd")? {
        Some(ilmd) => Some(ilmd),
        None => object.object("nguon:lot")?,
    };
    Ok(Event {
        id,
        labels: labels(object, &what)?,
        time_ms: time(object, "eventTime")?.ok_or(ReadError::Missing("eventTime"))?,
        offset_minutes: offset(object)?,
        step,
        what,
        part: part(object)?,
        place: named(object, "readPoint")?,
        place_after: named(object, "bizLocation")?,
        source: party(object, "sourceList", "source")?,
        destination: party(object, "destinationList", "destination")?,
        certificates: object.texts("certificationInfo")?,
        papers: papers(object)?,
        lot: lot.map(|lot| lot_data(lot.resolve(context)?)).transpose()?.unwrap_or_default(),
        for_another: object.truth("nguon:enteredForAnother")?.unwrap_or(false),
        note: object.prose("nguon:note")?,
        photos: photos(object, context)?,
        correction,
    })
}

fn what(kind: &str, object: &Object<'_>) -> Result<What, ReadError> {
    Ok(match kind {
        "ObjectEvent" => {
            What::Objects { action: action(object)?, objects: amounts(object, "epcList", "quantityList")? }
        }
        "TransformationEvent" => What::Transformation {
            process: object.owned("transformationID")?,
            inputs: amounts(object, "inputEPCList", "inputQuantityList")?,
            outputs: amounts(object, "outputEPCList", "outputQuantityList")?,
        },
        "AggregationEvent" => What::Aggregation {
            action: action(object)?,
            container: object.text("parentID")?.map(|uri| to_digital_link(&uri)),
            contents: amounts(object, "childEPCs", "childQuantityList")?,
        },
        "AssociationEvent" => What::Association {
            action: action(object)?,
            parent: to_digital_link(&object.text("parentID")?.ok_or(ReadError::Missing("parentID"))?),
            children: amounts(object, "childEPCs", "childQuantityList")?,
        },
        "TransactionEvent" => What::Transaction {
            action: action(object)?,
            parent: object.text("parentID")?.map(|uri| to_digital_link(&uri)),
            objects: amounts(object, "epcList", "quantityList")?,
        },
        // An extended event type is named by a URI (EPCIS 2.0, section 7.4.7); a bare word is a slip.
        other if other.contains(':') && object.raw("eventTime").is_some() => What::Foreign(other.to_owned()),
        other => return Err(ReadError::UnknownType(other.to_owned())),
    })
}

fn action(object: &Object<'_>) -> Result<Action, ReadError> {
    match object.text("action")?.as_deref() {
        Some("ADD") => Ok(Action::Add),
        Some("OBSERVE") => Ok(Action::Observe),
        Some("DELETE") => Ok(Action::Delete),
        Some(_) => Err(ReadError::Wrong { field: "action".to_owned(), expected: "ADD, OBSERVE or DELETE" }),
        None => Err(ReadError::Missing("action")),
    }
}

fn amounts(object: &Object<'_>, instances: &str, classes: &str) -> Result<Vec<Amount>, ReadError> {
    let mut amounts: Vec<Amount> =
        object.texts(instances)?.iter().map(|uri| Amount::whole(to_digital_link(uri))).collect();
    for element in object.objects(classes)? {
        let subject = to_digital_link(&element.text("epcClass")?.ok_or(ReadError::Missing("epcClass"))?);
        let decimal = match element.raw("quantity") {
            Some(raw) if raw.starts_with('"') => Some(json::string("quantity", raw)?),
            raw => raw.map(Cow::Borrowed),
        };
        let uom = element.text("uom")?;
        let mut amount = Amount::whole(subject);
        if let Some(decimal) = decimal {
            match Quantity::parse(&decimal, uom.as_deref()) {
                Ok(quantity) => amount.quantity = Some(quantity),
                Err(QuantityError::UnknownUnit(uom)) => {
                    amount.uncounted = Some(Uncounted { decimal: decimal.into_owned(), uom });
                }
                Err(error) => return Err(ReadError::Quantity { subject: amount.subject, error }),
            }
        }
        amounts.push(amount);
    }
    Ok(amounts)
}

fn step(object: &Object<'_>, what: &What, context: &Context) -> Result<Step, ReadError> {
    let biz_step = object.text("bizStep")?.map(|term| context.expand(&term).into_owned());
    let disposition = object.text("disposition")?.map(|term| context.expand(&term).into_owned());
    let recalled = |list: &str| -> Result<bool, ReadError> {
        let Some(persistent) = object.object("persistentDisposition")? else { return Ok(false) };
        Ok(persistent.texts(list)?.iter().any(|term| bare(term, Vocabulary::Disposition) == "recalled"))
    };
    let words = Words {
        biz_step: biz_step.as_deref().map(|term| bare(term, Vocabulary::BizStep)),
        disposition: disposition.as_deref().map(|term| bare(term, Vocabulary::Disposition)),
        sets_recalled: recalled("set")?,
        unsets_recalled: recalled("unset")?,
    };
    let stated = object.text("nguon:step")?;
    let stated = stated.as_deref().map(|term| term.strip_prefix(cbv::OWN_STEP).unwrap_or(term));
    let mut step = match stated {
        Some("other") => Step::Other(words.biz_step.map(str::to_owned)),
        Some(key) => cbv::step_with_key(key).unwrap_or_else(|| cbv::step_of(&words, what)),
        None => cbv::step_of(&words, what),
    };
    match &mut step {
        Step::Planting { crop, variety, seed_origin } => {
            *crop = object.owned("nguon:cropCode")?;
            *variety = object.owned("nguon:variety")?;
            *seed_origin = object.owned("nguon:seedOrigin")?;
        }
        Step::Fertilising { product, dose } => {
            *product = object.owned("nguon:inputName")?;
            *dose = object.owned("nguon:dose")?;
        }
        Step::PlantProtection(spray) => {
            spray.product = object.owned("nguon:inputName")?;
            spray.active_substance = object.owned("nguon:activeSubstance")?;
            spray.dose = object.owned("nguon:dose")?;
            spray.target = object.owned("nguon:target")?;
            spray.area_m2 = object.whole("nguon:areaSquareMetres")?;
            let days = object.whole("nguon:preHarvestIntervalDays")?;
            spray.phi_days = days.map(u16::try_from).transpose().map_err(|_| ReadError::Wrong {
                field: "nguon:preHarvestIntervalDays".to_owned(),
                expected: "a number of days below 65,536",
            })?;
        }
        Step::Irrigation { water } => *water = object.owned("nguon:waterSource")?,
        Step::Waste { what } => *what = object.owned("nguon:collected")?,
        Step::Confirming { events } => *events = object.texts("nguon:confirms")?,
        Step::Test { what, conformant } => {
            *what = object.owned("nguon:tested")?;
            *conformant = object.truth("nguon:conformant")?;
        }
        Step::Inspecting { conformant } if conformant.is_none() => {
            *conformant = object.truth("nguon:conformant")?;
        }
        Step::Recall { reason } | Step::RecallEnded { reason } => *reason = object.prose("nguon:reason")?,
        _ => {}
    }
    Ok(step)
}

/// Milliseconds; a finer fraction is cut off.
pub(crate) fn time(object: &Object<'_>, key: &'static str) -> Result<Option<i64>, ReadError> {
    let Some(text) = object.text(key)? else { return Ok(None) };
    let expected = || ReadError::Wrong { field: key.to_owned(), expected: "a date and time with its offset" };
    // jiff also reads forms that RFC 3339 does not have (a space, a zone in brackets): refuse them here.
    let strict = text.len() >= 20
        && text.as_bytes()[10].eq_ignore_ascii_case(&b'T')
        && !text.contains(['[', ' '])
        && text.starts_with(|c: char| c.is_ascii_digit());
    let instant: Timestamp = text.parse().map_err(|_| expected())?;
    if strict { Ok(Some(instant.as_millisecond())) } else { Err(expected()) }
}

fn offset(object: &Object<'_>) -> Result<i16, ReadError> {
    let text = object.text("eventTimeZoneOffset")?.ok_or(ReadError::Missing("eventTimeZoneOffset"))?;
    let read = || {
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        let (hours, minutes) = (hours.parse::<i16>().ok()?, minutes.parse::<i16>().ok()?);
        let total = hours * 60 + minutes;
        (all_digits && minutes < 60 && total <= 14 * 60).then_some(sign * total)
    };
    read().ok_or_else(|| ReadError::Wrong {
        field: "eventTimeZoneOffset".to_owned(),
        expected: "an offset between -14:00 and +14:00",
    })
}

fn part(object: &Object<'_>) -> Result<Option<Part>, ReadError> {
    let numbers = (object.whole("nguon:part")?, object.whole("nguon:parts")?);
    let (Some(number), Some(of)) = numbers else { return Ok(None) };
    match (u16::try_from(number), u16::try_from(of)) {
        (Ok(number), Ok(of)) if (1..=of).contains(&number) => Ok(Some(Part { number, of })),
        _ => Err(ReadError::Wrong {
            field: "nguon:part".to_owned(),
            expected: "a part between 1 and nguon:parts",
        }),
    }
}

/// The labels, by number; they are those of the one lot that the event is about.
fn labels(object: &Object<'_>, what: &What) -> Result<Vec<LabelRange>, ReadError> {
    let range = |range: Object<'_>| {
        let number = |key: &'static str| range.whole(key)?.ok_or(ReadError::Missing(key));
        LabelRange::new(number("nguon:first")?, number("nguon:last")?).ok_or_else(|| ReadError::Wrong {
            field: "nguon:labels".to_owned(),
            expected: "ranges of numbers from 1 to 33,554,431",
        })
    };
    let ranges: Vec<LabelRange> =
        object.objects("nguon:labels")?.into_iter().map(range).collect::<Result<_, _>>()?;
    let one_lot = matches!(what, What::Objects { objects, .. } if objects.len() == 1);
    match ranges.is_empty() || one_lot && ranges.len() <= MAX_RANGES {
        true => Ok(ranges),
        false => Err(ReadError::Wrong {
            field: "nguon:labels".to_owned(),
            expected: "at most 200 ranges, in an ObjectEvent about one lot",
        }),
    }
}

/// `{"id": …}`.
fn named(object: &Object<'_>, key: &'static str) -> Result<Option<String>, ReadError> {
    let Some(place) = object.object(key)? else { return Ok(None) };
    Ok(place.text("id")?.map(|uri| to_digital_link(&uri)))
}

/// The owner, or else whoever holds the goods; places are not parties.
fn party(object: &Object<'_>, list: &str, key: &'static str) -> Result<Option<String>, ReadError> {
    let mut best: Option<(u8, String)> = None;
    for entry in object.objects(list)? {
        let kind = entry.text("type")?.unwrap_or_default();
        let rank = match bare(&kind, Vocabulary::SourceDestination) {
            "owning_party" => 0,
            "possessing_party" => 1,
            _ => continue,
        };
        if best.as_ref().is_none_or(|(known, _)| rank < *known) {
            let uri = entry.text(key)?.ok_or(ReadError::Missing(key))?;
            best = Some((rank, to_digital_link(&uri)));
        }
    }
    Ok(best.map(|(_, uri)| uri))
}

fn papers(object: &Object<'_>) -> Result<Vec<Paper>, ReadError> {
    let paper = |entry: Object<'_>| {
        let kind = entry.text("type")?.map(|term| bare(&term, Vocabulary::BizTransaction).to_owned());
        Ok(Paper { kind, uri: entry.required("bizTransaction")? })
    };
    object.objects("bizTransactionList")?.into_iter().map(paper).collect()
}

fn lot_data(ilmd: Object<'_>) -> Result<LotData, ReadError> {
    // Foreign ILMD may hold anything; what is no text or no date is not one of our fields.
    let text = |key: &str| ilmd.owned(key).ok().flatten();
    let date = |key: &str| text(key).and_then(|text| text.get(..10)?.parse::<Date>().ok());
    Ok(LotData {
        number: text("cbvmda:lotNumber"),
        product: text("nguon:product"),
        harvest_from: date("cbvmda:harvestStartDate"),
        harvest_until: date("cbvmda:harvestEndDate"),
        produced_on: date("gs1:productionDate"),
        best_before: date("cbvmda:bestBeforeDate"),
        use_by: date("cbvmda:itemExpirationDate"),
        country_of_origin: text("cbvmda:countryOfOrigin"),
        growing_method: text("cbvmda:growingMethodCode"),
        plots: ilmd.texts("nguon:plots")?,
    })
}

fn photos(object: &Object<'_>, context: &Context) -> Result<Vec<Photo>, ReadError> {
    object.objects("nguon:photos")?.into_iter().map(|photo| self::photo(&photo.resolve(context)?)).collect()
}

/// A photograph by its digest.
pub(crate) fn photo(object: &Object<'_>) -> Result<Photo, ReadError> {
    let digest = object.text("nguon:blake3")?.ok_or(ReadError::Missing("nguon:blake3"))?;
    let expected = "64 lower-case hex digits";
    Ok(Photo {
        digest: digest
            .parse()
            .map_err(|_| ReadError::Wrong { field: "nguon:blake3".to_owned(), expected })?,
        media_type: object.required("nguon:mediaType")?,
        caption: object.prose("nguon:caption")?,
    })
}

fn correction(declaration: &Object<'_>, of: String) -> Result<Correction, ReadError> {
    let reason = declaration.text("reason")?.map(|term| match bare(&term, Vocabulary::ErrorReason) {
        "did_not_occur" => ErrorReason::DidNotOccur,
        "incorrect_data" => ErrorReason::IncorrectData,
        other => ErrorReason::Other(other.to_owned()),
    });
    Ok(Correction {
        of,
        declared_ms: time(declaration, "declarationTime")?.ok_or(ReadError::Missing("declarationTime"))?,
        reason,
        corrective_ids: declaration.texts("correctiveEventIDs")?,
    })
}

/// A text for people that must be there.
pub(crate) fn required_prose(object: &Object<'_>, key: &'static str) -> Result<Text, ReadError> {
    object.prose(key)?.ok_or(ReadError::Missing(key))
}
