//! The steps of `cargo xtask test`, in their order: the cheap and telling ones first.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::postgres::{self, Postgres};
use crate::report::{Log, Outcome, Report};
use crate::tools::Tools;

/// How long each fuzz target runs: a smoke test that the target still builds and finds nothing
/// shallow. Real fuzzing takes hours and is started by hand (`crates/ledger/fuzz`).
const FUZZ_SECONDS: u32 = 15;

/// What the caller asked for.
pub(crate) struct Options {
    /// Only tests whose name contains this; no other step.
    pub(crate) filter: Option<String>,
    /// Whether missing tools may be installed.
    pub(crate) may_install: bool,
}

/// Runs it all; `false` when a step failed.
pub(crate) fn test(options: &Options) -> Result<bool> {
    let tools = Tools::new(options.may_install)?;
    let mut report = Report::new(tools.target.join("xtask"))?;
    let result = match &options.filter {
        Some(filter) => only(filter, &tools, &mut report),
        None => everything(&tools, &mut report),
    };
    report.close(result.is_ok());
    Ok(result.is_ok())
}

/// One story, quickly, on both databases if the second is at hand.
fn only(filter: &str, tools: &Tools, report: &mut Report) -> Result<()> {
    let postgres = server(tools, report)?;
    report.step("tests", |log| run_tests(&[filter], postgres.as_ref(), tools, log))
}

fn everything(tools: &Tools, report: &mut Report) -> Result<()> {
    report.step("format", |log| {
        log.run(&mut tools.cargo(&["fmt", "--all", "--check", "--", "--color=never"]))?;
        Ok(Outcome::Done)
    })?;
    report.step("lints", |log| {
        let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        log.run(&mut tools.cargo(&clippy))?;
        Ok(Outcome::Done)
    })?;
    report.step("licences", |log| licences(tools, log))?;
    report.step("build", |log| {
        log.run(&mut tools.cargo(&["build", "--workspace", "--all-targets"]))?;
        Ok(Outcome::Done)
    })?;
    report.step("front end", |log| front_end(tools, log))?;
    report.step("packages", |log| packages(tools, log))?;
    report.step("page tests", |log| node_packages("tests/pages", &["chromium"], tools, log))?;
    report.step("feed tests", |log| feed_packages(tools, log))?;
    report.step("webhook libraries", |log| webhook_libraries(tools, log))?;
    let postgres = server(tools, report)?;
    report.step("tests", |log| run_tests(&[], postgres.as_ref(), tools, log))?;
    report.step("doc tests", |log| {
        log.run(&mut tools.cargo(&["test", "--doc", "--workspace"]))?;
        Ok(Outcome::Done)
    })?;
    drop(postgres);
    report.step("fuzz", |log| fuzz(tools, log))
}

/// cargo-deny where it is installed. Building it would take longer than the build it judges, and
/// the tidy tests check licences and sources anyway; it adds bans and other platforms.
fn licences(tools: &Tools, log: &Log) -> Result<Outcome> {
    if tools.lookup("cargo-deny").is_none() {
        return Ok(Outcome::Skipped(
            "cargo-deny is not here; the tidy tests check licences and sources".to_owned(),
        ));
    }
    // Its fourth check, advisories, fetches a database and belongs to a day's rhythm, not a change's.
    log.run(&mut tools.cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Done)
}

/// The types and tests of what runs in browsers. Without Node the build before it would have failed.
fn front_end(tools: &Tools, log: &Log) -> Result<Outcome> {
    for package in ["verifier", "farmer"] {
        let folder = tools.root.join("frontend").join(package);
        let node = |arguments: &[&str]| {
            let mut command = tools.command("node");
            command.current_dir(&folder).args(arguments);
            command
        };
        log.run(&mut node(&["install.mjs", "--all"]))?;
        log.run(&mut node(&["node_modules/typescript/bin/tsc", "--noEmit"]))?;
        log.run(node(&["test.mjs"]).arg(tools.target.join(format!("{package}-tests"))))?;
    }
    Ok(Outcome::Done)
}

/// Debian packages that tests use: one installation for all.
fn packages(tools: &Tools, log: &Log) -> Result<Outcome> {
    let mut missing = Vec::new();
    if postgres::find(tools).is_none() {
        missing.push("postgresql");
    }
    for (program, package) in [
        ("go", "golang-go"),
        ("b3sum", "b3sum"),
        ("openssl", "openssl"),
        // Labels: a third decoder, and a program that draws PDF pages and finds their words.
        ("zbarimg", "zbar-tools"),
        ("pdftoppm", "poppler-utils"),
    ] {
        if tools.lookup(program).is_none() {
            missing.push(package);
        }
    }
    // Feeds: Google's schema is a package of Python.
    if !Path::new("/usr/lib/python3/dist-packages/pip").is_dir() && tools.lookup("pip").is_none() {
        missing.extend(["python3-pip", "python3-venv"]);
    }
    if !Path::new("/usr/share/gocode/src/golang.org/x/mod/sumdb").is_dir() {
        missing.push("golang-golang-x-mod-dev");
    }
    for (program, package) in [("chromium", "chromium"), ("node", "nodejs"), ("npm", "npm"), ("curl", "curl")]
    {
        if tools.lookup(program).is_none() {
            missing.push(package);
        }
    }
    // Debian splits off what makes an environment of Python's own.
    if log.run(tools.command("python3").args(["-c", "import ensurepip"])).is_err() {
        missing.push("python3-venv");
    }
    if missing.contains(&"postgresql") && crate::tools::is_root() {
        postgres::no_cluster_at_install()?;
    }
    Ok(match tools.want_packages(&missing, log) {
        None => Outcome::Done,
        Some(why) => Outcome::Skipped(why),
    })
}

/// Our own PostgreSQL, or `None` when there is none to start: then SQLite alone is tested.
fn server(tools: &Tools, report: &mut Report) -> Result<Option<Postgres>> {
    let mut server = None;
    report.step("PostgreSQL", |_| {
        let Some(bin) = postgres::find(tools) else {
            return Ok(Outcome::Skipped(
                "no PostgreSQL 15 or later here: the stories run on SQLite alone".to_owned(),
            ));
        };
        server = Some(Postgres::start(&bin)?);
        Ok(Outcome::Done)
    })?;
    Ok(server)
}

/// nextest where it is installed (one process a test, so one crash hides no other), else libtest.
fn run_tests(filter: &[&str], postgres: Option<&Postgres>, tools: &Tools, log: &Log) -> Result<Outcome> {
    let mut command = if tools.lookup("cargo-nextest").is_some() {
        // Passing tests are kept in the log as well: some say there what they skipped.
        tools.cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--success-output=immediate",
            "--failure-output=final",
        ])
    } else {
        let mut command = tools.cargo(&["test", "--workspace", "--no-fail-fast"]);
        command.args(["--lib", "--bins", "--tests"]);
        command
    };
    command.args(filter);
    match postgres {
        Some(postgres) => command.env("NGUON_TEST_POSTGRES", postgres.url()),
        None => command.env_remove("NGUON_TEST_POSTGRES"),
    };
    log.run(&mut command)?;
    Ok(Outcome::Done)
}

/// Each fuzz target of each crate for a few seconds. The fuzzers are workspaces of their own,
/// built with coverage into `target/fuzz`; libFuzzer wants flags that stable rustc keeps for
/// itself unless `RUSTC_BOOTSTRAP` is set. No address sanitizer: our code forbids `unsafe`, and
/// what we look for is a panic.
fn fuzz(tools: &Tools, log: &Log) -> Result<Outcome> {
    let folders = fuzz_folders(&tools.root.join("crates"))?;
    if folders.is_empty() {
        return Ok(Outcome::Skipped("no crate has fuzz targets".to_owned()));
    }
    if let Some(why) = tools.want_cargo_tool("cargo-fuzz", log) {
        return Ok(Outcome::Skipped(why));
    }
    let built = tools.target.join("fuzz");
    for folder in folders {
        for target in fuzz_targets(&folder)? {
            let corpus = built.join("corpus").join(&target);
            let found = built.join("artifacts").join(&target);
            fs::create_dir_all(&corpus)?;
            fs::create_dir_all(&found)?;
            let mut run = tools.cargo(&["fuzz", "run", "--sanitizer=none", "--fuzz-dir"]);
            run.arg(&folder).arg("--target-dir").arg(&built).arg(&target).arg(&corpus);
            let seeds = folder.join("seeds").join(&target);
            if seeds.is_dir() {
                run.arg(seeds);
            }
            run.arg("--")
                .arg(format!("-max_total_time={FUZZ_SECONDS}"))
                .arg(format!("-artifact_prefix={}/", found.display()))
                .env("RUSTC_BOOTSTRAP", "1");
            log.run(&mut run)?;
        }
    }
    Ok(Outcome::Done)
}

fn fuzz_folders(crates: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(crates)? {
        let folder = entry?.path().join("fuzz");
        if folder.join("Cargo.toml").is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

/// A target is a file of `fuzz_targets`, as `cargo fuzz add` lays them out.
fn fuzz_targets(folder: &Path) -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(folder.join("fuzz_targets"))? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "rs") {
            targets.extend(file.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    targets.sort();
    Ok(targets)
}

/// Two libraries that read our webhooks, exactly as their lock files say: npm's, and PyPI's in an environment of its own. Without
/// them those tests say that they were skipped.
fn webhook_libraries(tools: &Tools, log: &Log) -> Result<Outcome> {
    let folder = tools.root.join("tests/webhooks");
    let mut missing = Vec::new();
    if !folder.join("node_modules/standardwebhooks").is_dir() {
        let mut npm = tools.command("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        missing.extend(log.run(&mut npm).err().map(|error| format!("npm: {error:#}")));
    }
    if !folder.join("python/bin/standardwebhooks.here").is_file() {
        let mut venv = tools.command("python3");
        venv.args(["-m", "venv", "python"]).current_dir(&folder);
        let mut pip = tools.command(&folder.join("python/bin/pip").to_string_lossy());
        pip.args(["install", "--quiet", "--require-hashes", "--no-deps", "-r", "requirements.txt"]);
        pip.current_dir(&folder);
        match log.run(&mut venv).and_then(|()| log.run(&mut pip)) {
            // Written last: it is there when everything is.
            Ok(()) => fs::write(folder.join("python/bin/standardwebhooks.here"), "")?,
            Err(error) => missing.push(format!("pip: {error:#}")),
        }
    }
    Ok(if missing.is_empty() { Outcome::Done } else { Outcome::Skipped(missing.join("; ")) })
}

/// What the scripts of `tests/feeds` need: packages of Node, and of Python in a place of their own, each with the hash that
/// `requirements.txt` names. Without them those tests say that they were skipped.
fn feed_packages(tools: &Tools, log: &Log) -> Result<Outcome> {
    let outcome = node_packages("tests/feeds", &["python3", "curl"], tools, log)?;
    if matches!(outcome, Outcome::Skipped(_)) {
        return Ok(outcome);
    }
    let place = tools.target.join("tools/feeds");
    let wanted = tools.root.join("tests/feeds/requirements.txt");
    // Copied beside what was installed, when all of it was.
    let done = place.join("requirements.txt");
    if fs::read(&done).ok() == Some(fs::read(&wanted)?) {
        return Ok(Outcome::Done);
    }
    let mut venv = tools.command("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&place);
    let mut install = tools.command(&place.join("bin/python").to_string_lossy());
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
    ]);
    install.arg(&wanted);
    Ok(match log.run(&mut venv).and_then(|()| log.run(&mut install)) {
        Ok(()) => {
            fs::copy(&wanted, &done)?;
            Outcome::Done
        }
        Err(error) => Outcome::Skipped(format!("Python's packages could not be installed: {error:#}")),
    })
}

/// What the scripts of a folder need, exactly as their lock file says, and running nothing of it. Without it those tests
/// say that they were skipped.
fn node_packages(folder: &str, programs: &[&str], tools: &Tools, log: &Log) -> Result<Outcome> {
    let folder = tools.root.join(folder);
    for program in ["node", "npm"].iter().chain(programs) {
        if tools.lookup(program).is_none() {
            return Ok(Outcome::Skipped(format!("{program} is not here")));
        }
    }
    // npm writes this file last: it is there, and newer than the lock file, when everything is.
    let modified = |file: &str| fs::metadata(folder.join(file)).and_then(|file| file.modified()).ok();
    let is_there = modified("node_modules/.package-lock.json") > modified("package-lock.json");
    if is_there {
        return Ok(Outcome::Done);
    }
    let mut packages = tools.command("npm");
    packages.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    Ok(match log.run(&mut packages) {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Skipped(format!("the packages could not be installed: {error:#}")),
    })
}
