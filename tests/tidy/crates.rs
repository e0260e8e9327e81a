//! Who may depend on whom: invariants 1, 2, 3 and 5.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{Workspace, assert_none, read, root};

/// Crates that take values and give values. The fixtures too: a season is made from a seed.
const PURE: [&str; 11] = [
    "nguon-id",
    "nguon-ledger",
    "nguon-trace",
    "nguon-epcis",
    "nguon-label",
    "nguon-fonts",
    "nguon-print",
    "nguon-market",
    "nguon-export",
    "nguon-sheet",
    "nguon-fixtures",
];

/// Runtimes, sockets, databases, and sources of time and chance.
const WORLD: [&str; 22] = [
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "hyper",
    "hyper-util",
    "axum",
    "tower-http",
    "reqwest",
    "ureq",
    "rustls",
    "sqlx",
    "sqlx-core",
    "rusqlite",
    "libsqlite3-sys",
    "object_store",
    "getrandom",
    "rand",
    "rand_chacha",
    "fastrand",
    "tracing-subscriber",
];

/// Packages that one crate alone may name, with the crates that may. `nguon-tests` plays the world
/// outside: it calls the router and stands in for a shop's receiver, so it may name axum; it plays
/// somebody with a database prompt, who changes what the store never would, so it may name sqlx.
const ONLY: [(&str, &[&str]); 10] = [
    ("sqlx", &["nguon-storage", "nguon-tests"]),
    ("libsqlite3-sys", &["nguon-storage"]),
    ("axum", &["nguon-web", "nguon-tests"]),
    ("utoipa-axum", &["nguon-web"]),
    ("askama", &["nguon-web"]),
    ("tower-http", &["nguon-web"]),
    // Heavy to build: whoever wants a spreadsheet or a PDF asks the crate that makes them.
    ("rust_xlsxwriter", &["nguon-export", "nguon-sheet"]),
    ("krilla", &["nguon-export", "nguon-print"]),
    ("skrifa", &["nguon-export", "nguon-print"]),
    ("resvg", &["nguon-print"]),
];

#[test]
fn a_pure_crate_is_built_on_no_runtime_socket_database_or_chance() {
    let workspace = Workspace::read();
    let mut faults = Vec::new();
    for name in PURE {
        let below = workspace.built_on(workspace.member(name));
        for world in WORLD {
            let seeded = name == "nguon-fixtures" && world == "rand_chacha";
            // Whoever encrypts a zip archive needs chance; a spreadsheet is not encrypted.
            let unused = matches!(name, "nguon-export" | "nguon-sheet") && world == "getrandom";
            if below.contains(world) && !seeded && !unused {
                faults.push(format!("{name} is built on {world}"));
            }
        }
    }
    assert_none("Pure crates take the world as arguments.", &faults);
}

#[test]
fn what_touches_the_world_is_seen_through_its_dependencies() {
    let workspace = Workspace::read();
    let below = workspace.built_on(workspace.member("nguon-service"));
    assert!(below.contains("libsqlite3-sys"), "else the rule above would prove nothing: {below:?}");
}

#[test]
fn the_ledger_knows_nothing_of_farming_and_farming_nothing_of_the_ledger() {
    let workspace = Workspace::read();
    for name in ["nguon-ledger", "nguon-id"] {
        let below = workspace.built_on(workspace.member(name));
        let ours: Vec<_> = below.iter().filter(|name| name.starts_with("nguon-")).collect();
        assert!(ours.is_empty(), "{name} is built on {ours:?}");
    }
    let below = workspace.built_on(workspace.member("nguon-trace"));
    assert!(!below.contains("nguon-ledger"), "the rules know no hash");
}

#[test]
fn only_storage_names_sqlx_and_only_web_names_axum() {
    let workspace = Workspace::read();
    let mut faults = Vec::new();
    for member in workspace.members() {
        for (package, allowed) in ONLY {
            if member.direct.contains(package) && !allowed.contains(&member.name.as_str()) {
                faults.push(format!("{} names {package}", member.name));
            }
        }
    }
    assert_none("One crate is the door to each of these.", &faults);
}

#[test]
fn every_member_keeps_the_workspace_lints() {
    let mut faults = Vec::new();
    for member in Workspace::read().members() {
        let manifest = read(&member.manifest);
        if !manifest.contains("[lints]\nworkspace = true") {
            faults.push(format!("{} has lints of its own or none", member.name));
        }
    }
    assert_none("Lints are the workspace's.", &faults);
}

#[test]
fn the_map_names_each_member_its_arrows_and_its_purity() {
    let workspace = Workspace::read();
    let map = map();
    let members: BTreeSet<&str> = workspace.members().map(|m| m.name.as_str()).collect();
    let named: BTreeSet<&str> = map.keys().map(String::as_str).collect();
    assert_eq!(named, members, "crates/README.md names each member and no other");

    let mut faults = Vec::new();
    for member in workspace.members() {
        let row = &map[&member.name];
        let arrows: BTreeSet<String> =
            member.direct.iter().filter_map(|name| name.strip_prefix("nguon-").map(str::to_owned)).collect();
        if row.depends_on != arrows {
            faults.push(format!(
                "{}: the map says {:?}, Cargo.toml says {arrows:?}",
                member.name, row.depends_on
            ));
        }
        if row.pure != PURE.contains(&member.name.as_str()) {
            faults.push(format!("{}: pure or not?", member.name));
        }
    }
    assert_none("crates/README.md is the map; keep it true.", &faults);
}

#[test]
fn the_walkthroughs_name_modules_that_exist() {
    let map = read("crates/README.md");
    let (_, walkthroughs) = map.split_once("## Walkthrough").expect("there are walkthroughs");
    let mut faults = Vec::new();
    for quoted in walkthroughs.split('`').skip(1).step_by(2) {
        let mut path = quoted.split("::");
        let (Some(krate), Some(module)) = (path.next(), path.next()) else {
            continue;
        };
        let place = root().join("crates").join(krate).join("src").join(module);
        if !place.is_dir() && !place.with_extension("rs").is_file() {
            faults.push(quoted.to_owned());
        }
    }
    assert_none("crates/README.md leads a newcomer to what is not there:", &faults);
}

struct Row {
    depends_on: BTreeSet<String>,
    pure: bool,
}

/// The rows `| \`nguon-id\` | one line | id, ledger or — | yes or no |` of the map.
fn map() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in read("crates/README.md").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, _, depends_on, pure, _] = cells.as_slice() else {
            continue;
        };
        let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) else {
            continue;
        };
        let depends_on =
            depends_on.split(',').map(str::trim).filter(|name| *name != "—").map(str::to_owned).collect();
        let pure = *pure == "yes";
        rows.insert(name.to_owned(), Row { depends_on, pure });
    }
    rows
}
