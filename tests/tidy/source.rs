//! What no source file may hold: unfinished work, places on somebody's machine, built SQL, and
//! (invariant 8) the clock or chance anywhere but at the edge.

use std::path::Path;

use crate::workspace::{assert_none, files_ending, read};

/// Crates at the edge of the world, where the clock and the random source are read.
const EDGE: [&str; 6] =
    ["crates/cli/", "crates/service/", "crates/storage/", "crates/web/", "tests/", "xtask/"];

const TEXTS: [&str; 15] = [
    ".rs", ".toml", ".md", ".sql", ".sh", ".go", ".ts", ".mjs", ".js", ".html", ".css", ".ftl", ".yml",
    ".json", ".story",
];

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    // Written in halves, so that this file holds none of them.
    let words = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[ig", "nore"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("it.sk", "ip("),
        concat!("test.sk", "ip("),
        concat!(".on", "ly("),
    ];
    let numbered = concat!("TO", "DO(#");
    let mut faults = Vec::new();
    each_line(&[".rs", ".ts", ".mjs", ".js", ".go"], |place, line| {
        for word in words {
            if line.contains(word) {
                faults.push(format!("{place}: {word}"));
            }
        }
        if line.contains(concat!("TO", "DO")) && !line.contains(numbered) {
            faults.push(format!("{place}: a to-do without its issue's number"));
        }
    });
    assert_none("Finish it, or give it a number:", &faults);
}

#[test]
fn no_file_knows_a_place_on_somebodys_machine() {
    let places = [
        concat!("/wo", "rk/"),
        concat!("/tm", "p/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    let mut faults = Vec::new();
    each_line(&TEXTS, |name, line| {
        for place in places {
            for (at, _) in line.match_indices(place) {
                // Inside a longer path it is a folder of somebody's; only what starts there is a place.
                let before = line[..at].chars().next_back();
                if !before.is_some_and(|c| c.is_alphanumeric() || "}).*_-".contains(c)) {
                    faults.push(format!("{name}: {place}"));
                }
            }
        }
    });
    assert_none("Paths come from arguments, settings or the manifest:", &faults);
}

#[test]
fn sql_is_static_text() {
    let mut faults = Vec::new();
    for file in files_ending(&[".rs"]) {
        if file.starts_with("tests/tidy") {
            continue;
        }
        let source = read(&file);
        for builder in ["format!(", "write!(", "concat!("] {
            for (at, _) in source.match_indices(builder) {
                if first_literal(&source[at..]).is_some_and(is_sql) {
                    let line = source[..at].lines().count();
                    faults.push(format!("{}:{line}: SQL in {builder}…)", file.display()));
                }
            }
        }
    }
    assert_none("Static strings and $1, or sqlx's QueryBuilder:", &faults);
}

#[test]
fn the_clock_and_chance_are_read_only_at_the_edge() {
    let lint = concat!("clippy::disallowed", "_methods");
    let mut faults = Vec::new();
    each_line(&[".rs"], |place, line| {
        let at_the_edge = EDGE.iter().any(|edge| place.starts_with(edge));
        if line.contains(lint) && (!at_the_edge || line.contains("allow(")) {
            faults.push(place.to_owned());
        }
    });
    assert_none("Time and randomness arrive as arguments (.clippy.toml):", &faults);
}

fn each_line(endings: &[&str], mut look: impl FnMut(&str, &str)) {
    for file in files_ending(endings) {
        if is_data(&file) {
            continue;
        }
        for (i, line) in read(&file).lines().enumerate() {
            look(&format!("{}:{}", file.display(), i + 1), line);
        }
    }
}

/// Lock files and vectors are made by programs and say what they must.
fn is_data(file: &Path) -> bool {
    file.ends_with("package-lock.json") || file.starts_with("fixtures/vectors")
}

/// The string literal that a macro call begins with.
fn first_literal(call: &str) -> Option<&str> {
    let (before, literal) = call.split_once('"')?;
    // Only the macro's name, a writer's name, `r#`, and white space may stand before it.
    let opens = before.matches('(').count() == 1 && !before.contains(')');
    opens.then(|| literal.split('"').next().unwrap_or_default())
}

fn is_sql(literal: &str) -> bool {
    let literal = literal.trim_start().trim_start_matches('\\').trim_start();
    ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH ", "VALUES ", "ORDER BY "]
        .iter()
        .any(|start| literal.starts_with(start))
}

#[test]
fn built_sql_would_be_noticed() {
    let built = "format!(\"SELECT lot_id FROM {table}\")";
    assert!(first_literal(built).is_some_and(is_sql));
    let wrapped = "format!(\n        \"\\\n        UPDATE lot SET {column} = $1\")";
    assert!(first_literal(wrapped).is_some_and(is_sql));
    assert!(!first_literal("format!(\"{n} lots\")").is_some_and(is_sql));
    assert!(first_literal("write!(out, \"DELETE FROM lot\")").is_some_and(is_sql));
    assert!(!first_literal("format!(name(), \"SELECT \")").is_some_and(is_sql));
}
