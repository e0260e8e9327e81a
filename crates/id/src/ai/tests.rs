//! The table against GS1's own dictionary, row by row, where that file is at hand.

use super::*;

const DICTIONARY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/corpora/gs1-digital-link/syntax/gs1-syntax-dictionary.txt"
);

#[test]
fn rows_are_in_order() {
    assert!(table::ROWS.is_sorted_by(|one, next| one.last < next.first));
}

#[test]
fn only_identifiers_of_the_table_are_known() {
    for known in ["00", "10", "235", "3100", "3105", "3165", "3909", "7039", "99"] {
        assert!(lookup(known).is_some(), "{known}");
    }
    for unknown in ["", "0", "04", "23", "310", "3106", "3170", "3944", "800", "9", "100", "1 ", "٣٤", "310a"]
    {
        assert!(lookup(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn the_table_is_that_of_the_syntax_dictionary() {
    let Ok(dictionary) = std::fs::read_to_string(DICTIONARY) else {
        println!("skipped: the GS1 Syntax Dictionary is not at hand");
        return;
    };
    let mut listed = Vec::new();
    for line in dictionary.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        let (first, last) = words[0].split_once('-').unwrap_or((words[0], words[0]));
        for number in first.parse::<u32>().unwrap()..=last.parse().unwrap() {
            let ai = format!("{number:0width$}", width = first.len());
            check_row(&ai, &words[1..]);
            listed.push(ai);
        }
    }
    assert!(listed.len() > 500, "the dictionary was read");
    for length in 2..=4 {
        for number in 0..10_u32.pow(length) {
            let ai = format!("{number:0width$}", width = length as usize);
            assert_eq!(lookup(&ai).is_some(), listed.contains(&ai), "{ai}");
        }
    }
}

fn check_row(ai: &str, words: &[&str]) {
    let row = lookup(ai).unwrap_or_else(|| panic!("{ai} is missing"));
    let (mut flags, mut parts, mut requires, mut excludes, mut sequences) =
        ("", Vec::new(), "", vec![], None);
    for word in words {
        if let Some(list) = word.strip_prefix("req=") {
            requires = list;
        } else if let Some(list) = word.strip_prefix("ex=") {
            excludes = list.split(',').collect();
        } else if let Some(list) = word.strip_prefix("dlpkey") {
            sequences = Some(list.trim_start_matches('='));
        } else if word.starts_with(['*', '?']) {
            flags = word;
        } else {
            parts.push(expected_part(word));
        }
    }
    let family = format!("{}n", &ai[..ai.len().min(3)]);
    assert_eq!(row.highest_decimal.is_some(), excludes.contains(&family.as_str()), "{ai}: siblings");
    excludes.retain(|pattern| *pattern != family);
    assert_eq!(row.parts.iter().map(|part| format!("{part:?}")).collect::<Vec<_>>(), parts, "{ai}: parts");
    assert_eq!(row.in_query, flags.contains('?'), "{ai}: attribute");
    assert_eq!(has_predefined_length(ai), flags.contains('*'), "{ai}: length");
    assert_eq!((row.requires, row.excludes), (requires, excludes.join(",").as_str()), "{ai}: company");
    let ours = qualifiers(ai).map(|all| all.iter().map(|one| one.join(",")).collect::<Vec<_>>().join("|"));
    assert_eq!(ours.as_deref(), sequences, "{ai}: qualifiers");
}

/// A word of the dictionary such as `[N6],yymmdd` or `X..30,gcppos1`, as our part would print itself.
fn expected_part(word: &str) -> String {
    let plain = word.replace(['[', ']'], "");
    let mut pieces = plain.split(',');
    let (set, length) = pieces.next().unwrap().split_at(1);
    let max: usize = length.trim_start_matches("..").parse().unwrap();
    let min = if length.starts_with("..") { 1 } else { max };
    let set = match set {
        "N" => Set::Digits,
        "X" => Set::Set82,
        "Y" => Set::Set39,
        "Z" => Set::Set64,
        other => panic!("no such set: {other}"),
    };
    let rules: Vec<Rule> = pieces.filter_map(|name| expected_rule(name, set)).collect();
    format!(
        "Part {{ set: {set:?}, min: {min}, max: {max}, optional: {}, rules: {rules:?} }}",
        word.starts_with('[')
    )
}

fn expected_rule(name: &str, set: Set) -> Option<Rule> {
    Some(match name {
        // Digits always begin with digits, which is all that can be said of a prefix here.
        "gcppos1" | "gcppos2" if set == Set::Digits => return None,
        "gcppos1" => Rule::CompanyPrefix,
        // Not checked, as the module says; 7041 with its package types is never part of a Digital Link.
        "couponcode" | "couponposoffer" | "packagetype" => return None,
        "csum" => Rule::CheckDigit,
        "csumalpha" => Rule::CheckPair,
        "yymmdd" => Rule::Date,
        "yymmd0" => Rule::DateOrMonth,
        "yyyymmdd" => Rule::LongDate,
        "hhmi" => Rule::HourMinute,
        "hh" => Rule::Hour,
        "mi" => Rule::Minute,
        "ss" => Rule::Second,
        "iso3166" => Rule::Country,
        "iso3166999" => Rule::CountryOr999,
        "iso3166alpha2" => Rule::CountryLetters,
        "iso4217" => Rule::Currency,
        "pcenc" => Rule::Escapes,
        "latitude" => Rule::Latitude,
        "longitude" => Rule::Longitude,
        "yesno" => Rule::YesNo,
        "hyphen" => Rule::Hyphen,
        "importeridx" => Rule::ImporterIndex,
        "zero" => Rule::Zero,
        "nonzero" => Rule::NonZero,
        "nozeroprefix" => Rule::NoLeadingZero,
        "hasnondigit" => Rule::HasNonDigit,
        "winding" => Rule::Winding,
        "pieceoftotal" => Rule::PieceOfTotal,
        "iban" => Rule::Iban,
        "mediatype" => Rule::MediaType,
        "iso5218" => Rule::Sex,
        "posinseqslash" => Rule::BirthSequence,
        other => panic!("no such rule: {other}"),
    })
}
