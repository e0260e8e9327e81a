//! The workspace as `cargo metadata` tells it, and the files of the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What git ignores, wherever it lies.
const NOT_OURS: [&str; 5] = [".git", "target", "node_modules", "dist", "nguon-demo"];

/// The folder of the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests/ lies in the root").to_path_buf()
}

/// A package of the lock file that this platform builds.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: Option<String>,
    /// `None`: from a path, so ours.
    pub(crate) source: Option<String>,
    pub(crate) manifest: PathBuf,
    /// Packages that its code links against: no build scripts, no tests.
    normal: Vec<String>,
    /// Names under `[dependencies]` and `[build-dependencies]`, as written.
    pub(crate) direct: BTreeSet<String>,
}

/// All packages by id.
pub(crate) struct Workspace {
    packages: BTreeMap<String, Package>,
    members: Vec<String>,
}

impl Workspace {
    pub(crate) fn read() -> Self {
        let metadata = metadata();
        let mut packages: BTreeMap<String, Package> = list(&metadata["packages"])
            .iter()
            .map(|package| (text(&package["id"]), read_package(package)))
            .collect();
        let nodes = list(&metadata["resolve"]["nodes"]);
        for node in nodes {
            if let Some(package) = packages.get_mut(&text(&node["id"])) {
                package.normal = normal_dependencies(node);
            }
        }
        // Packages of other platforms are listed but not resolved.
        let resolved: BTreeSet<String> = nodes.iter().map(|node| text(&node["id"])).collect();
        packages.retain(|id, _| resolved.contains(id));
        let members = list(&metadata["workspace_members"]).iter().map(text).collect();
        Self { packages, members }
    }

    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.members.iter().map(|id| &self.packages[id])
    }

    pub(crate) fn member(&self, name: &str) -> &Package {
        self.members()
            .find(|package| package.name == name)
            .unwrap_or_else(|| panic!("{name} is not a member of the workspace"))
    }

    /// Names of everything the package's code is built on, however far down.
    pub(crate) fn built_on(&self, package: &Package) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = package.normal.iter().collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                let dependency = &self.packages[id];
                names.insert(dependency.name.clone());
                open.extend(&dependency.normal);
            }
        }
        names
    }
}

/// Every file of the project, as a path from the root, sorted.
pub(crate) fn files() -> Vec<PathBuf> {
    let root = root();
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project can be listed") {
            let path = entry.expect("its entries too").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if NOT_OURS.contains(&name.as_ref()) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(&root).expect("found below the root");
                found.push(relative.to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// Files whose names end so.
pub(crate) fn files_ending(endings: &[&str]) -> Vec<PathBuf> {
    let mut files = files();
    files.retain(|file| {
        let file = file.to_string_lossy();
        endings.iter().any(|ending| file.ends_with(ending))
    });
    files
}

/// The text of a file of the project.
pub(crate) fn read(file: impl AsRef<Path>) -> String {
    let file = root().join(file);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Fails with all the faults at once, one a line.
pub(crate) fn assert_none(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}\n  {}", faults.join("\n  "));
}

/// Only this machine's platform: other platforms' packages need not have been downloaded.
fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--filter-platform"])
        .arg(host())
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {said}");
    serde_json::from_slice(&output.stdout).expect("cargo metadata answers JSON")
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

fn read_package(package: &Value) -> Package {
    let direct = list(&package["dependencies"])
        .iter()
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| text(&dependency["name"]))
        .collect();
    Package {
        name: text(&package["name"]),
        version: text(&package["version"]),
        licence: package["license"].as_str().map(str::to_owned),
        source: package["source"].as_str().map(str::to_owned),
        manifest: PathBuf::from(text(&package["manifest_path"])),
        normal: Vec::new(),
        direct,
    }
}

fn normal_dependencies(node: &Value) -> Vec<String> {
    let is_normal =
        |dependency: &&Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
    list(&node["deps"]).iter().filter(is_normal).map(|dependency| text(&dependency["pkg"])).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
