//! Licences and sources of everything we link, by the list in `.deny.toml`.
//!
//! cargo-deny checks the same and more where it is installed; this needs nothing but cargo.

use std::collections::BTreeSet;

use crate::workspace::{Workspace, assert_none, files_ending, read};

#[test]
fn every_dependency_has_a_licence_on_the_list() {
    let allowed = allowed();
    let mut faults = Vec::new();
    for package in Workspace::read().packages() {
        let licence = package.licence.as_deref().unwrap_or_default();
        if !satisfies(licence, &allowed) {
            faults.push(format!("{} {}: {licence:?}", package.name, package.version));
        }
    }
    assert_none("Not covered by the list in .deny.toml:", &faults);
}

#[test]
fn every_dependency_comes_from_the_one_registry() {
    let workspace = Workspace::read();
    let ours: BTreeSet<&str> = workspace.members().map(|member| member.name.as_str()).collect();
    let mut registries = BTreeSet::new();
    let mut faults = Vec::new();
    for package in workspace.packages() {
        match &package.source {
            Some(source) if source.starts_with("registry+") || source.starts_with("sparse+") => {
                registries.insert(source.clone());
            }
            Some(source) => faults.push(format!("{}: {source}", package.name)),
            None if ours.contains(package.name.as_str()) => {}
            None => faults.push(format!("{}: a path outside the workspace", package.name)),
        }
    }
    assert_none("No git, no stray paths:", &faults);
    assert!(registries.len() <= 1, "{registries:?}");
}

#[test]
fn every_npm_package_is_pinned_by_hash_has_a_licence_on_the_list_and_names_no_host() {
    let allowed = allowed();
    let mut faults = Vec::new();
    let locks = files_ending(&["package-lock.json"]);
    assert!(locks.contains(&"frontend/verifier/package-lock.json".into()), "{locks:?}");
    for lock in locks {
        let lock_name = lock.display();
        let json: serde_json::Value = serde_json::from_str(&read(&lock)).expect("npm writes JSON");
        for (name, package) in json["packages"].as_object().expect("a lock file lists its packages") {
            // The folder itself, and a package of ours that lies beside it.
            if name.is_empty() || !name.starts_with("node_modules/") {
                continue;
            }
            let licence = package["license"].as_str().unwrap_or_default();
            // What only tests run, in folders of tests, is not shipped.
            if lock.starts_with("frontend") && !satisfies(licence, &allowed) {
                faults.push(format!("{lock_name}: {name}: {licence:?}"));
            }
            if !package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")) {
                faults.push(format!("{lock_name}: {name} is not pinned by its hash"));
            }
            if package.get("resolved").is_some() {
                faults.push(format!(
                    "{lock_name}: {name} comes from a host by name (omit-lockfile-registry-resolved)"
                ));
            }
        }
        let manifest: serde_json::Value =
            serde_json::from_str(&read(lock.with_file_name("package.json"))).expect("package.json is JSON");
        for kind in ["dependencies", "devDependencies"] {
            for (name, version) in manifest[kind].as_object().into_iter().flatten() {
                if !version.as_str().is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
                {
                    faults.push(format!("{lock_name}: {name} {version} is not one version"));
                }
            }
        }
    }
    assert_none("npm packages:", &faults);
}

#[test]
fn an_expression_needs_every_and_and_one_or() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned));
    let check = |expression: &str, verdict: bool| {
        assert_eq!(satisfies(expression, &allowed), verdict, "{expression}");
    };
    check("MIT", true);
    check("GPL-3.0-only", false);
    check("MIT OR GPL-3.0-only", true);
    check("MIT/GPL-3.0", true);
    check("MIT AND GPL-3.0-only", false);
    check("GPL-2.0-only OR MIT AND ISC", true);
    check("(GPL-2.0-only OR MIT) AND ISC", true);
    check("(MIT OR ISC) AND GPL-2.0-only", false);
    check("Apache-2.0 WITH LLVM-exception", true);
    check("Apache-2.0", false);
    check("", false);
    check("MIT ISC", false);
}

fn allowed() -> BTreeSet<String> {
    let deny: toml::Table = read(".deny.toml").parse().expect(".deny.toml is TOML");
    deny["licenses"]["allow"]
        .as_array()
        .expect("[licenses] allow is a list")
        .iter()
        .filter_map(|licence| licence.as_str().map(str::to_owned))
        .collect()
}

/// SPDX 2.3 annex D, as far as crates use it: OR, AND, WITH, brackets, and the old `A/B` for OR.
fn satisfies(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace(" WITH ", "\u{a0}WITH\u{a0}");
    let words: Vec<&str> = spaced.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    let mut rest = words.as_slice();
    let verdict = any_of(&mut rest, allowed);
    verdict && rest.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut verdict = all_of(words, allowed);
    while words.first() == Some(&"OR") {
        *words = &words[1..];
        verdict |= all_of(words, allowed);
    }
    verdict
}

fn all_of(words: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut verdict = one(words, allowed);
    while words.first() == Some(&"AND") {
        *words = &words[1..];
        verdict &= one(words, allowed);
    }
    verdict
}

fn one(words: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    *words = rest;
    if *first != "(" {
        return allowed.contains(&first.replace('\u{a0}', " "));
    }
    let verdict = any_of(words, allowed);
    let closed = words.first() == Some(&")");
    *words = words.get(1..).unwrap_or_default();
    verdict && closed
}
