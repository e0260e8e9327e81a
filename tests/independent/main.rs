//! Our log, read by programs that are not ours: Go's sumdb packages, openssl, b3sum, sha256sum.
//!
//! What we write is laid out in a folder as the publisher does it and handed to `main.go` and
//! `walkthrough.sh`, which share no code with us. Each must accept it, and notice one flipped bit
//! wherever it is. The last test does it with what a running service published. Where a program is not installed the test says so and passes; the test command
//! installs them.

mod published;
mod served;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nguon_fixtures::farm::Device;
use nguon_tests::{Database, World};
use published::{Vectors, flip_bit};

/// What a script says when a program it needs is not installed.
const NOT_HERE: i32 = 77;

#[test]
fn go_reads_the_log_of_the_vectors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let vectors = Vectors::read();
    vectors.publish_thousand(folder.path());
    if let Some(said) = check_log(folder.path(), true) {
        assert!(said.contains("1000 entries, root vtbpnWsXQln+iKtzm1fQ/ZHjrpjp6BKerEsBNrFyqeg="), "{said}");
        assert!(said.contains("entries: 1000, each included under the root"), "{said}");
        assert!(said.contains("tiles: 5, each as the entries make it"), "{said}");
    }
}

#[test]
fn go_notices_one_flipped_bit_in_any_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Vectors::read().publish_thousand(folder.path());
    for file in [
        "checkpoint",
        "log.vkey",
        "tile/0/000",
        "tile/0/003.p/232",
        "tile/1/000.p/3",
        "tile/entries/001",
        "tile/entries/003.p/232",
    ] {
        let file = folder.path().join(file);
        let whole = fs::read(&file).expect("published above");
        // The first line of a key is its name; its middle is what counts.
        flip_bit(&file, whole.len() / 2);
        if check_log(folder.path(), false).is_none() {
            return;
        }
        fs::write(&file, whole).expect("writable");
    }
    check_log(folder.path(), true);
}

#[test]
fn one_record_can_be_checked_by_hand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let vectors = Vectors::read();
    for name in ["genesis", "delegate", "event 0", "event with 255 subjects", "rotate"] {
        let event_id = vectors.write_receipt(folder.path(), name);
        if let Some(said) = walk_through(folder.path(), true) {
            assert!(said.contains(&format!("event id {event_id}")), "{name}: {said}");
            assert!(said.contains("is under the signed root"), "{name}: {said}");
            assert!(said.contains("witness.example.edu/w1 saw it at 2026-"), "{name}: {said}");
        }
    }
}

#[test]
fn the_walk_through_notices_one_flipped_bit_anywhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let vectors = Vectors::read();
    vectors.write_receipt(folder.path(), "event 1");
    let receipt = fs::read_to_string(folder.path().join("receipt.tlog-proof")).expect("written above");
    let within = |part: &str| receipt.find(part).unwrap_or_else(|| panic!("{part}: {receipt}"));
    let lines: Vec<&str> = receipt.lines().collect();
    let places = [
        ("receipt.tlog-proof", within("extra ") + 200),
        ("receipt.tlog-proof", within("index ") + 6),
        ("receipt.tlog-proof", within(lines[3]) + 10),
        ("receipt.tlog-proof", within("\n\n") + 2),
        ("receipt.tlog-proof", within("\n\n") + 40),
        ("receipt.tlog-proof", within("— ledger") + 60),
        ("receipt.tlog-proof", within("— witness") + 60),
        ("log.vkey", 50),
        ("witness.vkey", 50),
        ("section-0.salt", 31),
        ("section-1.payload", 0),
    ];
    for (file, at) in places {
        let file = folder.path().join(file);
        let whole = fs::read(&file).expect("written above");
        flip_bit(&file, at);
        if walk_through(folder.path(), false).is_none() {
            return;
        }
        fs::write(&file, whole).expect("writable");
    }
    walk_through(folder.path(), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_running_ledger_publishes_is_read_by_others() {
    let world = World::begin(Database::sqlite().await.expect("SQLite is always there")).await;
    let mut farm = world.farm("farm").await;
    let harvest = farm.harvest(Device::Phone(1), "260105-A", 820_000);
    world.log(harvest.clone()).await;
    // More than one bundle of entries, so that there are full tiles and a second level.
    world
        .log_all((0..260).map(|n| farm.harvest(Device::Phone(1), &format!("26-{n}"), 1_000)).collect())
        .await;
    world.erase(harvest.event_id, 1).await;
    world.check().await;

    served::write_keys(&world);
    let size = world.service().progress().published;
    let mirror = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(here("mirror.sh"));
    command.arg(format!("file://{}", world.public().display())).arg(mirror.path());
    let mirrored = outcome(&mut command, true).map(|_| mirror.path().to_owned());
    for folder in [Some(world.public()), mirrored].iter().flatten() {
        if let Some(said) = check_log(folder, true) {
            assert!(said.contains(&format!("entries: {size}, each included under the root")), "{said}");
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let genesis = farm.id().into();
    for event in [genesis, harvest.event_id] {
        served::write_receipt(&world, event, folder.path()).await;
        if let Some(said) = walk_through(folder.path(), true) {
            assert!(said.contains(&format!("event id {event}")), "{said}");
            assert!(said.contains(&format!("{} saw it at", nguon_tests::WITNESS)), "{said}");
            let opens_facts = said.contains("holds: section 0 is what the record commits to");
            assert_eq!(opens_facts, event == harvest.event_id, "{said}");
        }
    }
    if let Some(said) = walk_through(folder.path(), true) {
        assert!(said.contains("closed: section 1, of type 2"), "the picker was forgotten: {said}");
    }
    world.end().await;
}

fn check_log(folder: &Path, holds: bool) -> Option<String> {
    let mut command = Command::new(here("check-log.sh"));
    command.arg(folder).arg(folder.join("log.vkey"));
    outcome(&mut command, holds)
}

fn walk_through(folder: &Path, holds: bool) -> Option<String> {
    let mut command = Command::new(here("walkthrough.sh"));
    command.arg(folder);
    outcome(&mut command, holds)
}

/// What the program said, if it could run; it must have ended as expected.
fn outcome(command: &mut Command, holds: bool) -> Option<String> {
    let output = command.output().expect("bash runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.code() == Some(NOT_HERE) {
        eprintln!("{}", said.trim());
        return None;
    }
    let expected = i32::from(!holds);
    assert_eq!(output.status.code(), Some(expected), "{said}");
    assert_eq!(said.contains("FAULT"), !holds, "{said}");
    Some(said)
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("independent").join(file)
}
