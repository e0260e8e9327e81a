//! The scripts beside this file, run by Node with Debian's Chromium.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::site::Site;

/// A page to look at.
#[derive(Serialize)]
pub(crate) struct Page {
    /// What kind of page it is.
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    /// Whether it has a data block.
    pub(crate) linked: bool,
}

impl Page {
    pub(crate) fn of(name: &str, path: impl Into<String>, status: u16) -> Self {
        Self { name: name.to_owned(), path: path.into(), status, linked: false }
    }

    /// The page of a lot.
    pub(crate) fn lot(name: &str, uri: &str) -> Self {
        let path = nguon_id::LotId::from_uri(uri).expect("a lot").path();
        Self { linked: true, ..Self::of(name, path, 200) }
    }
}

#[derive(Serialize)]
struct Given<'a> {
    origin: &'a str,
    pages: &'a [Page],
}

/// Whether these tests can run here; says why not.
#[expect(clippy::print_stdout, reason = "the test command shows what was skipped")]
pub(crate) fn is_here(test: &str) -> bool {
    let folder = folder();
    let missing = [
        (folder.join("node_modules/playwright-core").is_dir(), "its packages (npm ci in tests/pages)"),
        (has("node"), "node"),
        (Path::new(&chromium()).is_file(), "chromium"),
    ];
    match missing.iter().find(|(there, _)| !there) {
        Some((_, what)) => {
            println!("skipped: {test}: {what} not here");
            false
        }
        None => true,
    }
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pages")
}

fn chromium() -> String {
    std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned())
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Runs a script on pages; it must find nothing wrong.
#[expect(clippy::print_stdout, reason = "what was measured is part of the test's log")]
pub(crate) async fn check(script: &str, site: &Site, pages: &[Page]) {
    let given = serde_json::to_vec(&Given { origin: &site.origin, pages }).expect("JSON");
    let script = script.to_owned();
    let (succeeded, said) = tokio::task::spawn_blocking(move || {
        let mut child = Command::new("node")
            .arg(&script)
            .current_dir(folder())
            .env("CHROMIUM", chromium())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("node starts");
        child.stdin.take().expect("piped").write_all(&given).expect("node reads");
        let output = child.wait_with_output().expect("node ends");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    })
    .await
    .expect("the script was waited for");
    println!("{said}");
    assert!(succeeded, "{said}");
}
