//! Has Node build `frontend/verifier` into `OUT_DIR`, and writes the list of what came out.
//!
//! The source tree is not touched but for `node_modules`, which git ignores. It runs when a source, the lock file or a build script
//! changed, and takes about a second; packages are fetched once for each lock file.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The oldest Node that the scripts are written for.
const NODE_MAJOR_MIN: u32 = 20;
/// What is watched: folders with all that is in them.
const SOURCES: [&str; 8] =
    ["src", "texts", "page", "build.mjs", "install.mjs", "package.json", "package-lock.json", ".npmrc"];

fn main() -> ExitCode {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend/verifier");
    println!("cargo::rerun-if-changed=build.rs");
    for name in SOURCES {
        println!("cargo::rerun-if-changed={}", source.join(name).display());
    }
    match build(&source) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            for line in why.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build(source: &Path) -> Result<(), String> {
    check_node()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let web = out.join("web");
    // Two builds of one tree (a debug and a release one, an editor's) must not install packages over each other.
    let lock = source.join("package-lock.json");
    let lock = File::open(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    lock.lock().map_err(|error| format!("the lock file could not be locked: {error}"))?;
    run(source, Command::new("node").arg("install.mjs"))?;
    run(source, Command::new("node").arg("build.mjs").arg(&web))?;
    fs::write(out.join("assets.rs"), list(&web)?).map_err(|error| format!("assets.rs: {error}"))
}

fn check_node() -> Result<(), String> {
    let wanted = format!(
        "The front end is built with Node {NODE_MAJOR_MIN} or newer and npm (on Debian: apt-get install nodejs npm)"
    );
    let answer = Command::new("node").arg("--version").output();
    let answer = answer.map_err(|error| format!("{wanted}, and `node` could not be started: {error}"))?;
    let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= NODE_MAJOR_MIN) {
        return Ok(());
    }
    Err(format!("{wanted}; here is {version:?}."))
}

/// Runs it in the sources' folder; what it said is the error if it fails.
fn run(source: &Path, command: &mut Command) -> Result<(), String> {
    let output = command.current_dir(source).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{command:?} ended with {}:\n{}", output.status, String::from_utf8_lossy(&said).trim()))
}

/// The Rust text that includes every file by its served name. `names.txt` has a line for each: `loader.js loader-0123456789abcdef.js`.
fn list(web: &Path) -> Result<String, String> {
    let read = |name: &str| {
        let file = web.join(name);
        fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
    };
    let mut assets = String::new();
    let mut named = String::new();
    for line in read("names.txt")?.lines() {
        let (file, served) = line.split_once(' ').ok_or_else(|| format!("names.txt: {line:?}"))?;
        let media_type = match file.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("json") => "application/json",
            Some("html") => "text/html; charset=utf-8",
            _ => return Err(format!("{file} has no known media type")),
        };
        let [plain, brotli] = [web.join(file), web.join(format!("{file}.br"))];
        let asset = format!(
            "Asset {{ name: {served:?}, media_type: {media_type:?}, bytes: include_bytes!({:?}), brotli: include_bytes!({:?}) }}",
            plain.display().to_string(),
            brotli.display().to_string()
        );
        let constant = match file {
            "loader.js" => {
                Some(("LOADER", "What a lot's page loads: a button, and nothing else until it is pressed."))
            }
            "verify.html" => Some(("VERIFY", "The check as a page of its own.")),
            _ => None,
        };
        if let Some((name, doc)) = constant {
            write!(named, "/// {doc}\npub const {name}: Asset = {asset};\n")
                .map_err(|error| error.to_string())?;
        }
        // The page has an address of its own.
        if file != "verify.html" {
            writeln!(assets, "    {asset},").map_err(|error| error.to_string())?;
        }
    }
    let policy = read("verify.policy")?;
    Ok(format!(
        "static ASSETS: &[Asset] = &[\n{assets}];\n{named}/// The policy under which [`VERIFY`] is served, as it says itself.\n\
         pub const VERIFY_POLICY: &str = {policy:?};\n"
    ))
}
