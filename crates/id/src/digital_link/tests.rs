use super::*;
use crate::ai;
use crate::ai::ValueError;
use crate::char_set::percent_encode;
use proptest::prelude::*;

const LOT: &str = "https://id.gs1.org/01/09506000134352/10/A1";

fn refusal(uri: &str) -> LinkError {
    DigitalLink::parse(uri).expect_err(uri)
}

#[test]
fn any_host_and_stem_lead_to_the_same_canonical_link() {
    for uri in [
        "https://coop.example/trace/01/09506000134352/10/A1",
        "http://192.0.2.1:8080/01/09506000134352/10/A1#top",
        "HTTPS://ID.GS1.ORG/01/09506000134352/10/A1",
        "https://coop.example/01/x/01/09506000134352/10/A1/",
        "https://[2001:db8::1]/01/09506000134352/10/%41%31",
    ] {
        assert_eq!(DigitalLink::parse(uri).map(|link| link.canonical()), Ok(LOT.to_owned()), "{uri}");
    }
    assert_eq!(DigitalLink::from_path("/01/09506000134352/10/A1").map(|l| l.canonical()), Ok(LOT.to_owned()));
}

#[test]
fn a_refused_link_says_why() {
    use LinkError::*;
    let gtin = "https://a/01/09506000134352";
    let ai = |ai: &str| ai.to_owned();
    let rows = [
        ("HtTp://a/01/09506000134352".to_owned(), Scheme),
        ("https:///01/09506000134352".to_owned(), Host),
        ("https://a_b/01/09506000134352".to_owned(), Host),
        ("https://a".to_owned(), NoKey),
        ("https://a/10/A1".to_owned(), NoKey),
        ("https://a/gtin/09506000134352".to_owned(), NoKey),
        (format!("{gtin}/10/A/B"), NoKey),
        (format!("{gtin}/10/Lô"), Character('ô')),
        (format!("{gtin}/10/A B"), Character(' ')),
        (format!("{gtin}/10/"), Empty { ai: ai("10") }),
        (format!("{gtin}?17="), Empty { ai: ai("17") }),
        (format!("{gtin}/10/A%2"), Encoding { ai: ai("10") }),
        (format!("{gtin}/10/%GG"), Encoding { ai: ai("10") }),
        (format!("{gtin}/10/%C3"), Encoding { ai: ai("10") }),
        (format!("{gtin}/10/%C3%B4"), Value { ai: ai("10"), reason: ValueError::Character('ô') }),
        (format!("{gtin}/10/A%20B"), Value { ai: ai("10"), reason: ValueError::Character(' ') }),
        (format!("{gtin}?240=A+B"), Value { ai: ai("240"), reason: ValueError::Character(' ') }),
        ("https://a/01/09506000134353".to_owned(), Value { ai: ai("01"), reason: ValueError::CheckDigit }),
        (
            "https://a/01/9506000134352".to_owned(),
            Value { ai: ai("01"), reason: ValueError::TooShort { least: 14 } },
        ),
        (
            format!("{gtin}/10/123456789012345678901"),
            Value { ai: ai("10"), reason: ValueError::TooLong { most: 20 } },
        ),
        (format!("{gtin}?17=260230"), Value { ai: ai("17"), reason: ValueError::Date }),
        (format!("{gtin}?422=999"), Value { ai: ai("422"), reason: ValueError::Country }),
        (format!("{gtin}/21/S/10/A"), Qualifiers { key: ai("01") }),
        (format!("{gtin}/22/V/235/T"), Qualifiers { key: ai("01") }),
        (format!("{gtin}/10/A/10/B"), Qualifiers { key: ai("01") }),
        (format!("{gtin}/17/270101"), Qualifiers { key: ai("01") }),
        (format!("{gtin}?9999=1"), UnknownAi { ai: ai("9999") }),
        (format!("{gtin}?17=270101&17=270101"), Repeated { ai: ai("17") }),
        (format!("{gtin}?21=S"), NotAnAttribute { ai: ai("21") }),
        (format!("{gtin}/21/S?10=A"), BelongsInPath { ai: ai("10") }),
        ("https://a/415/9506000134376".to_owned(), Incomplete { ai: ai("415") }),
        (format!("{gtin}?7004=12"), Incomplete { ai: ai("7004") }),
        (format!("{gtin}?37=10"), Contradiction { ai: ai("01"), other: ai("37") }),
        (format!("{gtin}?3103=000500&3102=000050"), Contradiction { ai: ai("3103"), other: ai("3102") }),
        (format!("{gtin}?x={}", "y".repeat(9000)), TooLong),
    ];
    for (uri, reason) in rows {
        assert_eq!(refusal(&uri), reason, "{uri}");
    }
}

#[test]
fn both_ampersand_and_semicolon_part_the_query() {
    let link = DigitalLink::parse(&format!("{LOT}?17=270101;linkType=gs1:pip&;3103=000500&utm")).unwrap();
    assert_eq!(link.canonical(), format!("{LOT}?17=270101&3103=000500"));
    assert_eq!(link.other_parameters().collect::<Vec<_>>(), ["linkType=gs1:pip", "utm"]);
    assert_eq!(link.element_string(), "(01)09506000134352(10)A1(17)270101(3103)000500");
}

#[test]
fn links_of_the_kinds_that_the_standard_shows_are_read() {
    for (uri, elements) in [
        ("https://id.gs1.org/01/09520123456788/22/2A", "(01)09520123456788(22)2A"),
        ("https://id.gs1.org/01/09520123456788/22/A+1", "(01)09520123456788(22)A+1"),
        ("https://id.gs1.org/01/09520123456788/235/X?10=A", "(01)09520123456788(235)X(10)A"),
        ("https://a/01/09520123456788?3103=000195&3922=0299", "(01)09520123456788(3103)000195(3922)0299"),
        (
            "https://a/00/952012345678912345?02=09520123456788&37=25",
            "(00)952012345678912345(02)09520123456788(37)25",
        ),
        ("https://a/414/9520123456788/254/32a%2Fb", "(414)9520123456788(254)32a/b"),
        ("https://a/8004/9520614141234567?01=9520123456788", "(8004)9520614141234567(01)09520123456788"),
        ("https://a/8018/123456789012345675/8019/123", "(8018)123456789012345675(8019)123"),
        ("https://a/8010/9506000%2FP-1/8011/42", "(8010)9506000/P-1(8011)42"),
        ("https://a/8013/1987654Ad4X4bL5ttr2310c2K", "(8013)1987654Ad4X4bL5ttr2310c2K"),
        ("https://a/417/9520123456788/7040/1ABC", "(417)9520123456788(7040)1ABC"),
    ] {
        assert_eq!(
            DigitalLink::parse(uri).map(|link| link.element_string()),
            Ok(elements.to_owned()),
            "{uri}"
        );
    }
}

#[test]
fn only_one_slash_at_the_end_is_tolerated() {
    assert!(DigitalLink::parse("https://a/01/09506000134352/").is_ok());
    assert_eq!(refusal("https://a/01/09506000134352//"), LinkError::NoKey);
    assert_eq!(refusal("https://a/"), LinkError::NoKey);
}

#[test]
fn attributes_of_predefined_length_come_first() {
    let link = DigitalLink::parse(&format!("{LOT}?422=704&7007=260110&17=270101")).unwrap();
    assert_eq!(link.canonical(), format!("{LOT}?17=270101&422=704&7007=260110"));
}

#[test]
fn a_link_to_an_item_lies_in_its_lot() {
    let lot = |path: &str| DigitalLink::from_path(path).unwrap().lot_id().map(|lot| lot.path());
    let wanted = Some("/01/09506000134352/10/A1".to_owned());
    assert_eq!(lot("/01/09506000134352/10/A1"), wanted);
    assert_eq!(lot("/01/09506000134352/10/A1/21/S1?17=270101"), wanted);
    assert_eq!(lot("/01/09506000134352/22/V/10/A1"), None);
    assert_eq!(lot("/01/09506000134352"), None);
    assert_eq!(lot("/00/106141412345678908?10=A1&02=09506000134352&37=4"), None);
}

proptest! {
    #[test]
    fn printing_undoes_parsing(lot in lot_text(), serial in lot_text(), weight in "[0-9]{6}") {
        let uri = format!(
            "https://id.gs1.org/01/09506000134352/10/{}/21/{}?3103={weight}&240={}",
            percent_encode(&lot), percent_encode(&serial), percent_encode(&lot),
        );
        let link = DigitalLink::parse(&uri).unwrap();
        prop_assert_eq!(link.get("10"), Some(lot.as_str()));
        prop_assert_eq!(link.canonical(), uri.clone());
        prop_assert_eq!(DigitalLink::parse(&link.canonical()), Ok(link));
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form(
        stem in "(/[a-z0-9]{0,4}){0,3}",
        query in "((17=270101|422=704|3103=000500|240=[A-Z;]{1,3}|a=b|&|;){0,1}[&;]){0,5}",
    ) {
        if let Ok(link) = DigitalLink::parse(&format!("https://a{stem}/01/09506000134352/10/A1?{query}")) {
            let again = DigitalLink::parse(&link.canonical()).unwrap();
            prop_assert_eq!(again.canonical(), link.canonical());
            prop_assert_eq!(again.path(), link.path());
        }
    }

    #[test]
    fn no_input_panics(
        text in any::<String>(),
        path in "(/(01|10|21|414|8003|8006|8008|8013|3103|09506000134352|%[0-9A-F]{2}|[ -~]{0,5})){0,6}",
        ai in "[0-9]{2,4}",
        value in "[0-9A-Z%!/-]{0,30}",
    ) {
        let _ = DigitalLink::parse(&text);
        let _ = DigitalLink::from_path(&text);
        let _ = DigitalLink::parse(&format!("https://a{path}?{ai}={value}"));
        let _ = DigitalLink::from_path(&format!("/{ai}/{value}?{ai}={value}"));
        let _ = ai::lookup(&ai).map(|row| row.check(&text));
        let _ = ai::lookup(&text);
    }
}

fn lot_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(crate::char_set::SET_82.as_bytes()), 1..=20)
        .prop_map(|bytes| bytes.into_iter().map(char::from).collect())
}
