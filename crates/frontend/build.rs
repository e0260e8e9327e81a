//! Has Node build the packages of `frontend/` into `OUT_DIR`, and writes the list of what came out.
//!
//! The source tree is not touched but for `node_modules`, which git ignores. It runs when a source, the lock file or a build script
//! changed, and takes some seconds; packages are fetched once for each lock file.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The oldest Node that the scripts are written for.
const NODE_MAJOR_MIN: u32 = 20;
/// What is watched: folders with all that is in them.
const SOURCES: [&str; 8] =
    ["src", "texts", "page", "build.mjs", "install.mjs", "package.json", "package-lock.json", ".npmrc"];

/// What else the farmer's package is made of: the desk's build, and the communes that a plot's form knows.
const BESIDE: [&str; 2] = ["farmer/desk.mjs", "../fixtures/communes.csv"];

/// The packages. The second one reads sources of the first.
const PACKAGES: [&str; 2] = ["verifier", "farmer"];

/// Files that are served under an address of their own: (file, what it is called here, what it is).
const PAGES: [(&str, &str, &str); 6] = [
    ("loader.js", "LOADER", "What a lot's page loads: a button, and nothing else until it is pressed."),
    ("verify.html", "VERIFY", "The check as a page of its own."),
    ("app.html", "APP", "The shell of the farmer's app."),
    ("desk.html", "DESK", "The co-operative's desk, a page of its own."),
    ("sw.js", "WORKER", "The app's service worker: opens it without network."),
    ("manifest.webmanifest", "MANIFEST", "What the app is called and looks like on a phone."),
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    let front = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend");
    for name in PACKAGES.iter().flat_map(|package| SOURCES.map(|name| front.join(package).join(name))) {
        println!("cargo::rerun-if-changed={}", name.display());
    }
    for name in BESIDE {
        println!("cargo::rerun-if-changed={}", front.join(name).display());
    }
    match build(&front) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            for line in why.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build(front: &Path) -> Result<(), String> {
    check_node()?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let mut all = List::default();
    for package in PACKAGES {
        let source = front.join(package);
        let web = out.join(package);
        // Two builds of one tree (a debug and a release one, an editor's) must not install packages over each other.
        let lock = source.join("package-lock.json");
        let lock = File::open(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
        lock.lock().map_err(|error| format!("the lock file could not be locked: {error}"))?;
        run(&source, Command::new("node").arg("install.mjs"))?;
        run(&source, Command::new("node").arg("build.mjs").arg(&web))?;
        all.take(&web)?;
    }
    let policy = read(&out.join("verifier/verify.policy"))?;
    fs::write(out.join("assets.rs"), all.text(&policy)).map_err(|error| format!("assets.rs: {error}"))
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

/// The Rust text that includes every file by its served name.
#[derive(Default)]
struct List {
    assets: String,
    named: String,
}

impl List {
    /// `names.txt` has a line for each file with a served name: `loader.js loader-0123456789abcdef.js`. What has an address of its
    /// own need not be there.
    fn take(&mut self, web: &Path) -> Result<(), String> {
        let names = read(&web.join("names.txt"))?;
        for line in names.lines() {
            let (file, served) = line.split_once(' ').ok_or_else(|| format!("names.txt: {line:?}"))?;
            let asset = asset(web, file, served)?;
            if let Some((_, constant, doc)) = PAGES.iter().find(|(name, ..)| *name == file) {
                self.name(constant, doc, &asset)?;
            }
            // The page has an address of its own.
            if file != "verify.html" {
                writeln!(self.assets, "    {asset},").map_err(|error| error.to_string())?;
            }
        }
        for (file, constant, doc) in PAGES {
            let is_listed = names.lines().any(|line| line.starts_with(&format!("{file} ")));
            if is_listed || !web.join(file).exists() {
                continue;
            }
            let bytes = fs::read(web.join(file)).map_err(|error| format!("{file}: {error}"))?;
            let mut hasher = DefaultHasher::new();
            hasher.write(&bytes);
            let asset = asset(web, file, &format!("{file}-{:016x}", hasher.finish()))?;
            self.name(constant, doc, &asset)?;
        }
        Ok(())
    }

    fn name(&mut self, constant: &str, doc: &str, asset: &str) -> Result<(), String> {
        write!(self.named, "/// {doc}\npub const {constant}: Asset = {asset};\n")
            .map_err(|error| error.to_string())
    }

    fn text(&self, policy: &str) -> String {
        format!(
            "static ASSETS: &[Asset] = &[\n{}];\n{}/// The policy under which [`VERIFY`] is served, as it says itself.\n\
             pub const VERIFY_POLICY: &str = {policy:?};\n",
            self.assets, self.named
        )
    }
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The Rust text of one file.
fn asset(web: &Path, file: &str, served: &str) -> Result<String, String> {
    let media_type = match file.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => return Err(format!("{file} has no known media type")),
    };
    let [plain, brotli] = [web.join(file), web.join(format!("{file}.br"))];
    Ok(format!(
        "Asset {{ name: {served:?}, media_type: {media_type:?}, bytes: include_bytes!({:?}), brotli: include_bytes!({:?}) }}",
        plain.display().to_string(),
        brotli.display().to_string()
    ))
}
