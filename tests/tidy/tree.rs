//! What lies where: the top level, migrations, vectors (invariants 4, 6 and 7).

use std::collections::BTreeMap;
use std::fs;

use sha2::{Digest, Sha256};

use crate::workspace::{assert_none, files_ending, read, root};

/// What one sees at the top, beside dot-files and what git ignores.
const TOP: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "crates",
    "fixtures",
    "frontend",
    "migrations",
    "qr-templates",
    "tests",
    "xtask",
];

/// Words that tie a schema to one database or let it decide time, chance or order by itself.
const NOT_IN_MIGRATIONS: [&str; 8] = [
    "serial",
    "bigserial",
    "autoincrement",
    "now(",
    "current_timestamp",
    "random(",
    "pg_advisory",
    "listen ",
];

#[test]
fn the_top_level_holds_what_the_layout_lists() {
    let mut faults = Vec::new();
    for entry in fs::read_dir(root()).expect("the root can be listed") {
        let name = entry.expect("its entries too").file_name();
        let name = name.to_string_lossy();
        let ignored = ["target", "node_modules", "nguon-demo"].contains(&name.as_ref());
        if !name.starts_with('.') && !ignored && !TOP.contains(&name.as_ref()) {
            faults.push(name.into_owned());
        }
    }
    assert_none("Everything else hides behind a dot or lies in a folder.", &faults);
}

#[test]
fn each_top_folder_has_a_readme() {
    let mut faults = Vec::new();
    for name in TOP {
        let folder = root().join(name);
        if folder.is_dir() && !folder.join("README.md").is_file() {
            faults.push(format!("{name}/README.md"));
        }
    }
    if !root().join("README.md").is_file() {
        faults.push("README.md".to_owned());
    }
    assert_none("A newcomer reads these first; missing:", &faults);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(root().join(folder))
            .unwrap_or_else(|error| panic!("{folder}: {error}"))
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    };
    let sqlite = names("migrations/sqlite");
    assert!(!sqlite.is_empty(), "there is at least the ledger's own migration");
    assert_eq!(sqlite, names("migrations/postgres"));
    for (i, name) in sqlite.iter().enumerate() {
        let number = format!("{:04}_", i + 1);
        assert!(name.starts_with(&number) && name.ends_with(".sql"), "{name}: not {number}….sql");
    }
}

#[test]
fn a_migration_begins_with_why_and_leaves_time_and_chance_outside() {
    let mut faults = Vec::new();
    for file in files_ending(&[".sql"]) {
        if !file.starts_with("migrations") {
            continue;
        }
        let sql = read(&file);
        let name = file.display();
        if !sql.starts_with("-- ") {
            faults.push(format!("{name} does not begin with why"));
        }
        let statements = without_comments(&sql).to_lowercase();
        for word in NOT_IN_MIGRATIONS {
            if statements.contains(word) {
                faults.push(format!("{name} says {word}"));
            }
        }
        let tables = statements.matches("create table").count();
        let strict =
            statements.lines().filter(|line| line.starts_with(')') && line.contains("strict")).count();
        if file.starts_with("migrations/sqlite") && tables != strict {
            faults.push(format!("{name}: {tables} tables, {strict} of them STRICT"));
        }
    }
    assert_none("Rules for one SQL text on two databases:", &faults);
}

#[test]
fn every_vector_is_read_by_a_rust_test_and_by_the_verifier() {
    let mut unread = Vec::new();
    for (language, ending, below) in [("Rust", ".rs", ""), ("TypeScript", ".test.ts", "frontend/verifier")] {
        let mut readers = String::new();
        for file in files_ending(&[ending]) {
            if file.starts_with(below) && !file.starts_with("tests/tidy") {
                readers.push_str(&read(file));
            }
        }
        let names = vectors().into_keys().filter(|name| !readers.contains(name.as_str()));
        unread.extend(names.map(|name| format!("{name}: no {language} test")));
    }
    assert_none("A vector that no test reads proves nothing:", &unread);
}

#[test]
fn a_released_vector_never_changes() {
    let lock: BTreeMap<String, String> = read("tests/tidy/vectors.lock")
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, file)| (file.to_owned(), hash.to_owned()))
        .collect();
    let vectors: BTreeMap<String, String> =
        vectors().into_iter().map(|(name, hash)| (format!("fixtures/vectors/{name}"), hash)).collect();
    assert_eq!(
        lock, vectors,
        "new behaviour is a new file, added to tests/tidy/vectors.lock \
         (sha256sum fixtures/vectors/*)"
    );
}

/// File name under `fixtures/vectors` → SHA-256.
fn vectors() -> BTreeMap<String, String> {
    let folder = root().join("fixtures/vectors");
    fs::read_dir(&folder)
        .expect("there are vectors")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let bytes = fs::read(&path).expect("a vector can be read");
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, hex::encode(Sha256::digest(bytes)))
        })
        .collect()
}

fn without_comments(sql: &str) -> String {
    sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
