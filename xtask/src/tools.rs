//! Finding what a step needs, and installing it where that is allowed.
//!
//! Debian packages are installed only by root (a CI machine, a container); cargo's tools go to
//! `target/tools`, so nothing outside the clone changes. `--no-install` forbids both.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::report::Log;

/// Where things are, and whether more may be brought in.
pub(crate) struct Tools {
    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// What cargo builds into.
    pub(crate) target: PathBuf,
    may_install: bool,
}

impl Tools {
    pub(crate) fn new(may_install: bool) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the workspace's folder")?
            .to_path_buf();
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Self { root, target, may_install })
    }

    /// A command in the workspace's folder, with our own tools in front of `PATH`.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .env("PATH", self.path())
            .env("CARGO_TERM_COLOR", "never");
        // `cargo run` tells a program about its own package. Handed on, these would make build
        // scripts that watch them run again, and everything above them be built twice.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name.as_ref());
            }
        }
        command
    }

    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("cargo");
        command.args(arguments);
        command
    }

    /// The program's place on `PATH` or among our own tools.
    pub(crate) fn lookup(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path()).map(|folder| folder.join(program)).find(|file| file.is_file())
    }

    /// Builds a cargo tool into `target/tools` unless it is there. `Some(why)` when it is not to be had.
    pub(crate) fn want_cargo_tool(&self, name: &str, log: &Log) -> Option<String> {
        if self.lookup(name).is_some() {
            return None;
        }
        if !self.may_install {
            return Some(format!("{name} is not here and --no-install was said"));
        }
        let mut install = self.cargo(&["install", "--locked", name, "--root"]);
        install.arg(self.own_tools());
        log.run(&mut install).err().map(|error| format!("{name} could not be installed: {error:#}"))
    }

    /// Installs Debian packages. `Some(why)` when that cannot be done here.
    pub(crate) fn want_packages(&self, packages: &[&str], log: &Log) -> Option<String> {
        if packages.is_empty() {
            return None;
        }
        let missing = packages.join(" ");
        if !self.may_install {
            return Some(format!("not here, and --no-install was said: {missing}"));
        }
        if !is_root() || self.lookup("apt-get").is_none() {
            return Some(format!("not here; on Debian, as root: apt-get install {missing}"));
        }
        let mut update = self.command("apt-get");
        update.args(["update", "-qq"]);
        let mut install = self.command("apt-get");
        install
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "--yes", "--no-install-recommends"])
            // Keeps the answer of `postgres::no_cluster_at_install` when the package asks.
            .args(["-o", "Dpkg::Options::=--force-confold"])
            .args(packages);
        log.run(&mut update)
            .and_then(|()| log.run(&mut install))
            .err()
            .map(|error| format!("{missing} could not be installed: {error:#}"))
    }

    fn own_tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    fn path(&self) -> OsString {
        let before = env::var_os("PATH").unwrap_or_default();
        let own = self.own_tools().join("bin");
        env::join_paths(std::iter::once(own).chain(env::split_paths(&before))).unwrap_or(before)
    }
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    id(&["-u"]).is_ok_and(|uid| uid == "0")
}

/// What `id` answers, as one word.
pub(crate) fn id(arguments: &[&str]) -> Result<String> {
    let output = Command::new("id").args(arguments).output()?;
    if !output.status.success() {
        bail!("id {}: {}", arguments.join(" "), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
