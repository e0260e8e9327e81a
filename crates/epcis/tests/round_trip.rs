//! Whatever facts there are, what is written is read back as it was; and bytes from outside never panic.
//!
//! The larger strategies are boxed: unboxed, their nested types fill a test thread's stack.

use jiff::civil::Date;
use nguon_epcis::{Document, ReadError, read, read_document, write};
use nguon_id::{Commune, Gtin, ProductCode};
use nguon_trace::facts::*;
use nguon_trace::labels::{LabelRange, MAX_LABEL};
use nguon_trace::quantity::{MAX_AMOUNT, Quantity, Ratio, Unit};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Zăâđêôơư0-9 ,.;:'\"\\\\/<>&{}\\[\\]-]{0,24}", Just("Lô số 7 — \u{1F353}".to_owned())]
}

fn uri() -> impl Strategy<Value = String> {
    "urn:thing:[a-z0-9]{1,12}"
}

fn text() -> impl Strategy<Value = Text> {
    let lines = prop_oneof![word(), Just("Lô số 7:\n\tđã hái.".to_owned())];
    (lines, of(word())).prop_map(|(vi, en)| Text { vi, en })
}

fn date() -> impl Strategy<Value = Date> {
    (0..=9998_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| jiff::civil::date(year, month, day))
}

/// Any instant with a four-digit year.
fn time() -> impl Strategy<Value = i64> {
    -62_135_000_000_000..253_402_000_000_000_i64
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let unit = prop_oneof![Just(Unit::Gram), Just(Unit::Millilitre), Just(Unit::Piece)];
    (prop_oneof![0..100_000_u64, 0..=MAX_AMOUNT], unit).prop_map(|(amount, unit)| Quantity { amount, unit })
}

fn lot() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z0-9-]{3,12}".prop_map(|lot| format!("https://id.gs1.org/01/09521234000105/10/{lot}")),
        "[A-Z0-9-]{3,12}".prop_map(|lot| format!("https://ledger.example/p/dau-tay/l/{lot}")),
    ]
}

/// Single things first, then lots: the order in which EPCIS holds them.
fn amounts() -> impl Strategy<Value = Vec<Amount>> {
    let uncounted = ("[1-9][0-9]{0,5}(\\.[0-9]{1,3})?", Just("LBR".to_owned()));
    let uncounted = uncounted.prop_map(|(decimal, uom)| Uncounted { decimal, uom });
    let of_lot = prop_oneof![
        lot().prop_map(Amount::whole),
        (lot(), quantity()).prop_map(|(lot, quantity)| Amount::of(lot, quantity)),
        (lot(), uncounted)
            .prop_map(|(lot, uncounted)| Amount { uncounted: Some(uncounted), ..Amount::whole(lot) }),
    ];
    (proptest::collection::btree_set(uri(), 0..3), vec(of_lot, 0..4))
        .prop_map(|(things, lots)| things.into_iter().map(Amount::whole).chain(lots).collect())
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![Just(Action::Add), Just(Action::Observe), Just(Action::Delete)]
}

fn what() -> BoxedStrategy<What> {
    prop_oneof![
        (action(), amounts()).prop_map(|(action, objects)| What::Objects { action, objects }),
        (of(uri()), amounts(), amounts()).prop_map(|(process, inputs, outputs)| What::Transformation {
            process,
            inputs,
            outputs
        }),
        (action(), of(uri()), amounts()).prop_map(|(action, container, contents)| What::Aggregation {
            action,
            container,
            contents
        }),
        (action(), uri(), amounts()).prop_map(|(action, parent, children)| What::Association {
            action,
            parent,
            children
        }),
        (action(), of(uri()), amounts()).prop_map(|(action, parent, objects)| What::Transaction {
            action,
            parent,
            objects
        }),
        uri().prop_map(What::Foreign),
    ]
    .boxed()
}

fn step() -> BoxedStrategy<Step> {
    let verdict = || of(any::<bool>());
    let spray = (of(word()), of(word()), of(word()), of(word()), of(any::<u64>()), of(any::<u16>()));
    let spray = spray.prop_map(|(product, active_substance, dose, target, area_m2, phi_days)| {
        Step::PlantProtection(PlantProtection { product, active_substance, dose, target, area_m2, phi_days })
    });
    let plain = proptest::sample::select(vec![
        Step::Harvest,
        Step::Cooling,
        Step::Handling,
        Step::Sorting,
        Step::Packing,
        Step::Processing,
        Step::Sampling,
        Step::Aggregating,
        Step::Disaggregating,
        Step::Encoding,
        Step::Commissioning,
        Step::Decommissioning,
        Step::Shipping,
        Step::Transporting,
        Step::Receiving,
        Step::Storing,
        Step::Selling,
        Step::Returning,
        Step::Destroying,
        Step::Other(None),
        Step::Other(Some("stocking".to_owned())),
        Step::Other(Some("shipping".to_owned())),
        Step::Other(Some("https://farm.example/voc/BizStep-pruning".to_owned())),
    ]);
    prop_oneof![
        4 => plain,
        1 => (of(word()), of(word()), of(word())).prop_map(|(crop, variety, seed_origin)| {
            Step::Planting { crop, variety, seed_origin }
        }),
        1 => of(word()).prop_map(|what| Step::Waste { what }),
        1 => vec(uri(), 0..3).prop_map(|events| Step::Confirming { events }),
        1 => (of(word()), of(word())).prop_map(|(product, dose)| Step::Fertilising { product, dose }),
        1 => spray,
        1 => of(word()).prop_map(|water| Step::Irrigation { water }),
        1 => (of(word()), verdict()).prop_map(|(what, conformant)| Step::Test { what, conformant }),
        1 => verdict().prop_map(|conformant| Step::Inspecting { conformant }),
        1 => of(text()).prop_map(|reason| Step::Recall { reason }),
        1 => of(text()).prop_map(|reason| Step::RecallEnded { reason }),
    ]
    .boxed()
}

fn photo() -> impl Strategy<Value = Photo> {
    (any::<[u8; 32]>(), of(text())).prop_map(|(digest, caption)| Photo {
        digest: Digest(digest),
        media_type: "image/jpeg".to_owned(),
        caption,
    })
}

fn lot_data() -> BoxedStrategy<LotData> {
    let texts = (of(word()), of(uri()), of("[A-Z]{2}"), of("[A-Z_]{3,20}"), vec(uri(), 0..3));
    let dates = (of(date()), of(date()), of(date()), of(date()), of(date()));
    (texts, dates)
        .prop_map(|((number, product, country_of_origin, growing_method, plots), dates)| {
            let (harvest_from, harvest_until, produced_on, best_before, use_by) = dates;
            LotData {
                number,
                product,
                harvest_from,
                harvest_until,
                produced_on,
                best_before,
                use_by,
                country_of_origin,
                growing_method,
                plots,
            }
        })
        .boxed()
}

fn correction() -> BoxedStrategy<Correction> {
    let reason = prop_oneof![
        Just(ErrorReason::DidNotOccur),
        Just(ErrorReason::IncorrectData),
        uri().prop_map(ErrorReason::Other),
    ];
    (uri(), time(), of(reason), vec(uri(), 0..3))
        .prop_map(|(of, declared_ms, reason, corrective_ids)| Correction {
            of,
            declared_ms,
            reason,
            corrective_ids,
        })
        .boxed()
}

fn event() -> BoxedStrategy<Event> {
    let papers = (of(Just("po".to_owned())), uri()).prop_map(|(kind, uri)| Paper { kind, uri });
    let part = (1..=500_u16).prop_flat_map(|of| (1..=of).prop_map(move |number| Part { number, of }));
    let basics = (time(), -840..=840_i16, step(), what(), of(part), any::<bool>());
    let names = (of(uri()), of(uri()), of(uri()), of(uri()), of(uri()));
    let more =
        (vec(uri(), 0..3), vec(papers, 0..3), lot_data(), of(text()), vec(photo(), 0..2), of(correction()));
    let range = (1..=MAX_LABEL, 0..1000_u32)
        .prop_map(|(first, more)| LabelRange { first, last: (first + more).min(MAX_LABEL) });
    (basics, names, more, vec(range, 0..3))
        .prop_map(|((time_ms, offset_minutes, step, what, part, for_another), names, more, labels)| {
            let (id, place, place_after, source, destination) = names;
            let (certificates, papers, lot, note, photos, correction) = more;
            // An error declaration bears the id of the wrong event, not one of its own.
            let id = id.filter(|_| correction.is_none());
            let one_lot = matches!(&what, What::Objects { objects, .. } if objects.len() == 1);
            let labels = if one_lot { labels } else { Vec::new() };
            Event {
                id,
                time_ms,
                offset_minutes,
                step,
                what,
                part,
                place,
                place_after,
                source,
                destination,
                certificates,
                papers,
                lot,
                labels,
                for_another,
                note,
                photos,
                correction,
            }
        })
        .boxed()
}

fn commune() -> impl Strategy<Value = Commune> {
    "[0-9]{5}@20[0-9]{2}-0[1-9]-1[0-9]".prop_map(|text| Commune::parse(&text).expect("a code and a day"))
}

fn organisation() -> BoxedStrategy<Facts> {
    let kind = proptest::sample::select(vec![
        OrganisationKind::Cooperative,
        OrganisationKind::CooperativeGroup,
        OrganisationKind::Farm,
        OrganisationKind::Company,
        OrganisationKind::Certifier,
        OrganisationKind::Authority,
    ]);
    let identifier = ("[a-z]{2,8}", word()).prop_map(|(scheme, value)| Identifier { scheme, value });
    (uri(), text(), kind, text(), of(commune()), vec(identifier, 0..3), of(word()), of(word()))
        .prop_map(|(uri, name, kind, address, commune, identifiers, hotline, website)| {
            Facts::Organisation(Organisation {
                uri,
                name,
                kind,
                address,
                commune,
                identifiers,
                hotline,
                website,
            })
        })
        .boxed()
}

fn plot() -> BoxedStrategy<Facts> {
    (uri(), word(), commune(), of(text()), any::<u64>(), text(), of(word()), of((word(), word())))
        .prop_map(|(uri, code, commune, place_name, area_m2, crop, crop_code, codes)| {
            let (growing_method, planting_area_code) = codes.unzip();
            Facts::Plot(Plot {
                uri,
                code,
                commune,
                place_name,
                area_m2,
                crop,
                crop_code,
                growing_method,
                planting_area_code,
            })
        })
        .boxed()
}

fn product() -> BoxedStrategy<Facts> {
    let code = "[a-z0-9]{1,20}".prop_map(|code| ProductCode::parse(&code).expect("letters and digits"));
    let gtin = Just(Gtin::parse("09521234000105").expect("a GTIN of the example prefix"));
    let names = (uri(), code, of(gtin), text(), word(), of(text()), text());
    let ratio = (1..1_000_000_000_u32).prop_map(|thousandths| Ratio { thousandths });
    let said = (of(ratio), of(text()), of(text()), of(text()), vec(word(), 0..3));
    (names, of(quantity()), of(any::<u32>()), said, of(photo()))
        .prop_map(
            |(
                (uri, code, gtin, name, category, description, unit_name),
                net_content,
                shelf_life_days,
                (input_per_output, brand, warnings, storage, standards),
                image,
            )| {
                Facts::Product(Product {
                    uri,
                    code,
                    gtin,
                    name,
                    category,
                    description,
                    unit_name,
                    net_content,
                    shelf_life_days,
                    input_per_output,
                    brand,
                    warnings,
                    storage,
                    standards,
                    image,
                })
            },
        )
        .boxed()
}

fn certificate() -> BoxedStrategy<Facts> {
    let scheme = prop_oneof![
        Just(Scheme::VietGap),
        Just(Scheme::GlobalGap),
        (1..=5_u8).prop_map(|stars| Scheme::Ocop { stars }),
        Just(Scheme::Organic),
        Just(Scheme::FoodSafety),
        Just(Scheme::SelfDeclaration),
        Just(Scheme::TestReport),
        Just(Scheme::PlantingArea),
        "other [a-z]{3,9}".prop_map(Scheme::Other),
    ];
    let names = (uri(), scheme, word(), word(), uri());
    (names, date(), of(date()), of(text()), vec(uri(), 0..3), of(word()))
        .prop_map(
            |((uri, scheme, number, issuer, holder), valid_from, valid_until, scope, covers, legal_basis)| {
                Facts::Certificate(Certificate {
                    uri,
                    scheme,
                    number,
                    issuer,
                    holder,
                    valid_from,
                    valid_until,
                    scope,
                    covers,
                    legal_basis,
                })
            },
        )
        .boxed()
}

fn listing() -> BoxedStrategy<Facts> {
    let state = prop_oneof![Just(ListingState::Active), Just(ListingState::Withdrawn)];
    let names = (uri(), uri(), vec(lot(), 0..3), text());
    let tier = (quantity(), any::<u64>()).prop_map(|(from, price_dong)| PriceTier { from, price_dong });
    let more = (vec(tier, 0..3), vec(photo(), 0..2), vec(uri(), 0..2));
    let amounts = (any::<u64>(), quantity(), any::<bool>(), quantity(), of(quantity()), more);
    (names, amounts, time(), time(), state)
        .prop_map(|((uri, product, lots, title), amounts, valid_from_ms, valid_until_ms, state)| {
            let (price_dong, price_per, vat_included, stock, min_order, more) = amounts;
            let (tiers, images, certificates) = more;
            Facts::Listing(Listing {
                uri,
                product,
                lots,
                title,
                price_dong,
                price_per,
                vat_included,
                valid_from_ms,
                valid_until_ms,
                stock,
                min_order,
                tiers,
                images,
                certificates,
                state,
            })
        })
        .boxed()
}

fn document() -> impl Strategy<Value = Document> {
    let facts = prop_oneof![
        6 => event().prop_map(|event| Facts::Event(Box::new(event))),
        1 => organisation(),
        1 => plot(),
        1 => product(),
        1 => certificate(),
        1 => listing(),
    ];
    (vec((word(), any::<[u8; 16]>()), 0..4), facts).prop_map(|(subjects, facts)| Document { subjects, facts })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read_back(document in document()) {
        let written = write(&document);
        prop_assert_eq!(read(&written), Ok(document), "{}", String::from_utf8_lossy(&written));
    }

    #[test]
    fn bytes_from_outside_never_panic(document in document(), at in any::<usize>(), with in any::<u8>()) {
        let mut written = write(&document);
        let at = at % written.len();
        written[at] = with;
        let _ = read(&written);
        let _ = read_document(&written[..at]);
    }

    #[test]
    fn noise_never_panics(bytes in vec(any::<u8>(), 0..200), text in "[\\[{\":,}\\]a-z0-9]{0,60}") {
        let _ = (read(&bytes), read(text.as_bytes()));
    }
}

#[test]
fn a_document_is_refused_with_the_reason() {
    let check = |json: &str, error: ReadError| assert_eq!(read(json.as_bytes()), Err(error), "{json}");
    let wrong = |field: &str, expected| ReadError::Wrong { field: field.to_owned(), expected };
    let event = |fields: &str| {
        format!(
            r#"{{"type":"ObjectEvent","eventTime":"2026-01-15T10:00:00Z","eventTimeZoneOffset":"+07:00","action":"ADD",{fields}}}"#
        )
    };
    check(r#"{"type":"EPCISDocument","epcisBody":{"eventList":[]}}"#, ReadError::NotOneEvent(0));
    check(r#"{"type":"Harvest"}"#, ReadError::UnknownType("Harvest".to_owned()));
    check(r#"{"type":"nguon:Harvest"}"#, ReadError::UnknownType("nguon:Harvest".to_owned()));
    check(r#"{"type":"ObjectEvent","epcList":[]}"#, ReadError::Missing("action"));
    check("{}", ReadError::Missing("type"));
    check(&event(r#""epcList":7"#), wrong("epcList", "a string"));
    check(
        &event(r#""epcList":[],"nguon:subjects":[{"uri":"a","salt":"00"}]"#),
        wrong("nguon:subjects", "a list of uri and salt"),
    );
    check(
        &event(r#""epcList":[],"nguon:part":3,"nguon:parts":2"#),
        wrong("nguon:part", "a part between 1 and nguon:parts"),
    );
    check(
        &event(r#""epcList":[],"nguon:note":"a","urn:nguon:voc:note":"b""#),
        ReadError::RepeatedKey("nguon:note".to_owned()),
    );
    for (time, good) in [
        ("2026-01-15 10:00:00Z", false),
        ("2026-01-15T10:00:00", false),
        ("2026-01-15T10:00:00.5+07:00", true),
    ] {
        let json = event(r#""epcList":[]"#).replace("2026-01-15T10:00:00Z", time);
        assert_eq!(read(json.as_bytes()).is_ok(), good, "{time}");
    }
    let deep = format!("{}{}", r#"{"a":"#.repeat(65), "}".repeat(65));
    check(&deep, ReadError::TooDeep);
    let long = event(&format!(r#""eventID":"{}""#, "x".repeat(9000)));
    check(&long, ReadError::TooLong { field: "eventID".to_owned(), limit: 512 });
    let large = " ".repeat((1 << 20) + 1);
    check(&large, ReadError::TooLarge { bytes: (1 << 20) + 1, limit: 1 << 20 });
    assert!(matches!(read(b"[]"), Err(ReadError::NotJson(_))));
    assert!(matches!(read(b"{\"type\": \"x\"} trailing"), Err(ReadError::NotJson(_))));
}

#[test]
fn a_quantity_that_cannot_be_counted_is_refused_and_a_foreign_unit_kept() {
    let json = |quantity: &str, uom: &str| {
        format!(
            r#"{{"type":"ObjectEvent","eventTime":"2026-01-15T10:00:00Z","eventTimeZoneOffset":"+07:00","action":"ADD",
            "quantityList":[{{"epcClass":"urn:epc:class:lgtin:0614141.107346.L1","quantity":{quantity},"uom":"{uom}"}}]}}"#
        )
    };
    let subject = "https://id.gs1.org/01/10614141073464/10/L1";
    let read_amount = |quantity: &str, uom: &str| match read(json(quantity, uom).as_bytes())?.facts {
        Facts::Event(event) => Ok(event.objects()[0].clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(read_amount("12.5", "KGM"), Ok(Amount::of(subject, Quantity::grams(12_500))));
    assert_eq!(read_amount("\"12.5\"", "KGM"), Ok(Amount::of(subject, Quantity::grams(12_500))));
    let pounds = read_amount("12.50", "LBR").unwrap();
    assert_eq!(pounds.uncounted, Some(Uncounted { decimal: "12.50".to_owned(), uom: "LBR".to_owned() }));
    for (quantity, uom) in [("-1", "KGM"), ("0.0001", "KGM"), ("1e30", "TNE")] {
        assert!(matches!(read_amount(quantity, uom), Err(ReadError::Quantity { .. })), "{quantity} {uom}");
    }
}
