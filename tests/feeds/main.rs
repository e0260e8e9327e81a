//! Feeds read by what others wrote: Google's own client library, the Data Food Consortium's connector, the vocabularies of
//! schema.org and GS1, and the example client that we give to developers.
//!
//! Each test serves a ledger of its own on a loopback port. Without Node, Python or the packages a test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../pages/site.rs"]
mod site;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nguon_fixtures::farm::Farm;
use nguon_market::{Profile, Rates};
use nguon_service::Scope;
use site::{BEFORE_THE_SEASON_MS, MORNING_MS, Site};

const MINUTE_MS: i64 = 60_000;

/// A key that may ask as often as a test does.
async fn key(site: &Site, code: &str) -> String {
    let rates = Rates { feed: 60_000, ..Rates::default() };
    let profile = Profile { requests_per_minute: rates, ..Profile::default() };
    let key = site.service.exchanges().add(code, "Sàn thử", &profile, &[Scope::Feed]).await.unwrap();
    key.reveal().to_owned()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("feeds")
}

/// Where the test command installs Python's packages.
fn python() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    target.join("tools/feeds/bin/python")
}

#[expect(clippy::print_stdout, reason = "the test command shows what was skipped")]
fn skipped(test: &str, what: &str) {
    println!("skipped: {test}: {what} not here");
}

fn runs(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Runs a program; it must find nothing wrong. Answers what it said.
#[expect(clippy::print_stdout, reason = "what was read is part of the test's log")]
async fn run(mut command: Command) -> String {
    let output =
        tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Asks by curl, as an exchange's first program does.
async fn fetch(site: &Site, key: &str, file: &str, into: &Path) -> PathBuf {
    let path = into.join(file);
    let mut curl = Command::new("curl");
    curl.args(["-sSf", "--compressed", "-H", &format!("Authorization: Bearer {key}"), "-o"]).arg(&path);
    curl.arg(format!("{}/api/v1/feed/{file}", site.origin));
    run(curl).await;
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seasons_offers_are_read_by_programs_that_others_wrote() {
    if !runs("curl") {
        return skipped("feeds of the season", "curl");
    }
    let site = Site::begin(BEFORE_THE_SEASON_MS).await;
    site.play_the_season().await;
    let key = key(&site, "san-lam-dong").await;
    let folder_of_files = tempfile::tempdir().unwrap();
    let into = folder_of_files.path();
    let listings = fetch(&site, &key, "listings.json", into).await;
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(&listings).unwrap()).unwrap();
    let count = document["items"].as_array().unwrap().len();
    assert!(count > 5, "the season ends with {count} offers");
    let xml = fetch(&site, &key, "google.xml", into).await;
    let tsv = fetch(&site, &key, "google.tsv", into).await;
    let dfc = fetch(&site, &key, "dfc.jsonld", into).await;
    let words = fetch(&site, &key, "schema-org.jsonld", into).await;

    let python = python();
    if python.is_file() {
        let mut merchant = Command::new(&python);
        merchant.arg(folder().join("merchant.py")).args([&xml, &tsv, &listings]);
        assert!(run(merchant).await.starts_with(&format!("{count} products")));
    } else {
        skipped("Google's client library", "tests/feeds/requirements.txt, installed by the test command,");
    }
    if runs("node") && folder().join("node_modules/@datafoodconsortium").is_dir() {
        for (script, file) in [("dfc.mjs", &dfc), ("words.mjs", &words)] {
            let mut node = Command::new("node");
            node.arg(script).current_dir(folder()).args([file, &listings]);
            run(node).await;
        }
    } else {
        skipped("the connector and the vocabularies", "node or its packages (npm ci in tests/feeds)");
    }
}

/// Each line of the developers' page as it stands there.
async fn lines_of_the_page(site: &Site, language: &str) -> Vec<String> {
    let mut curl = Command::new("curl");
    curl.args(["-sSf", &format!("{}/developers?lang={language}", site.origin)]);
    let page = run(curl).await;
    let lines = page.split("<code class=\"curl\">").skip(1).map(|rest| rest.split("</code>").next().unwrap());
    let plain = |line: &str| {
        line.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
    };
    lines.map(plain).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_developers_page_does_what_it_says() {
    if !runs("curl") {
        return skipped("the developers' page", "curl");
    }
    let site = Site::begin(MORNING_MS).await;
    let mut farm = site.farm(7, "farm", MORNING_MS + 60 * MINUTE_MS).await;
    let pack = farm.pack_lot("K1");
    site.take([farm.harvest(nguon_fixtures::farm::Device::Phone(1), "C1", 60_000)]).await;
    site.take([farm.pack(&[(farm.lot("C1"), 50_000)], &pack, 100)]).await;
    farm.set_now_ms(farm.now_ms() + 6 * MINUTE_MS);
    site.take([farm.list("a", &[pack], 25_000, 80)]).await;
    let key = key(&site, "san-lam-dong").await;
    let lines = lines_of_the_page(&site, "vi").await;
    assert_eq!(lines, lines_of_the_page(&site, "en").await);
    assert_eq!(lines.len(), 8);
    for line in lines {
        assert!(line.starts_with("curl "), "{line}");
        let folder = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-euc", &format!("{line} --fail-with-body --no-progress-meter")]);
        shell.current_dir(folder.path()).env("NGUON_KEY", &key);
        let said = run(shell).await;
        let kept: usize = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| usize::try_from(entry.unwrap().metadata().unwrap().len()).unwrap())
            .sum();
        // The farm's category is another one than the line asks for.
        assert!(said.len() + kept > 100 || line.contains("category=coffee"), "{line}: {said}");
    }
}

/// What the example client's copy holds, by listing.
fn copy(site: &Site, file: &Path) -> Vec<(String, serde_json::Value)> {
    let database = file.to_str().unwrap();
    let script = "import sqlite3,sys,json\n\
        print(json.dumps(sqlite3.connect(sys.argv[1]).execute('SELECT listing, item FROM listing ORDER BY listing').fetchall()))";
    let output = Command::new("python3").args(["-c", script, database]).output().unwrap();
    assert!(output.status.success(), "{} {}", site.origin, String::from_utf8_lossy(&output.stderr));
    let rows: Vec<(String, String)> = serde_json::from_slice(&output.stdout).unwrap();
    rows.into_iter().map(|(listing, item)| (listing, serde_json::from_str(&item).unwrap())).collect()
}

/// What a snapshot says, by listing.
async fn snapshot(site: &Site, key: &str, into: &Path) -> Vec<(String, serde_json::Value)> {
    let file = fetch(site, key, "listings.json", into).await;
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let items = document["items"].as_array().unwrap().iter();
    let mut all: Vec<_> =
        items.map(|item| (item["listing"].as_str().unwrap().to_owned(), item.clone())).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_client_keeps_its_copy_in_step() {
    if !runs("python3") || !runs("curl") {
        return skipped("the example client", "python3 or curl");
    }
    let site = Site::begin(MORNING_MS).await;
    let mut farm = site.farm(7, "farm", MORNING_MS + 60 * MINUTE_MS).await;
    let key = key(&site, "san-lam-dong").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.sqlite");
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/web/static/keep_in_step.py");
    let step = || {
        let mut python = Command::new("python3");
        python.arg(&client).args([&site.origin, file.to_str().unwrap()]).env("NGUON_KEY", &key);
        run(python)
    };
    let later = |farm: &mut Farm, minutes: i64| {
        let now = farm.now_ms();
        farm.set_now_ms(now + minutes * MINUTE_MS);
    };
    assert_eq!(step().await, "0 listings, 0 changes\n");
    let mut packs = Vec::new();
    for number in ["1", "2"] {
        let (loose, pack) = (farm.lot(&format!("C{number}")), farm.pack_lot(&format!("K{number}")));
        site.take([farm.harvest(nguon_fixtures::farm::Device::Phone(1), &format!("C{number}"), 60_000)])
            .await;
        site.take([farm.pack(&[(loose, 50_000)], &pack, 100)]).await;
        packs.push(pack);
    }
    later(&mut farm, 6);
    site.take([farm.list("a", &packs[..1], 25_000, 80), farm.list("b", &packs[1..], 26_000, 80)]).await;
    assert_eq!(step().await, "2 listings, 2 changes\n");
    assert_eq!(copy(&site, &file), snapshot(&site, &key, folder.path()).await);
    assert_eq!(step().await, "2 listings, 0 changes\n");

    later(&mut farm, 6);
    site.take([farm.list("a", &packs[..1], 21_000, 60), farm.recall(&packs[1..])]).await;
    assert_eq!(step().await, "1 listings, 2 changes\n");
    assert_eq!(copy(&site, &file), snapshot(&site, &key, folder.path()).await);

    // The operator narrows what it may see: the copy is made anew.
    let none = Profile { categories: Some(std::collections::BTreeSet::new()), ..Profile::default() };
    site.service.exchanges().set_profile("san-lam-dong", None, &none).await.unwrap();
    assert!(step().await.starts_with("0 listings"));
    let all = Profile::default();
    site.service.exchanges().set_profile("san-lam-dong", None, &all).await.unwrap();
    assert!(step().await.starts_with("1 listings"));

    // It stood still for a hundred days.
    later(&mut farm, 6);
    site.take([farm.withdraw("a", &packs[..1], 21_000)]).await;
    site.clock.set(farm.now_ms() + 100 * 86_400_000);
    assert_eq!(step().await, "0 listings, 0 changes\n");
}
