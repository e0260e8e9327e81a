//! A PostgreSQL server of our own for one test run: a new folder, a free port of the loopback
//! interface, gone afterwards.
//!
//! The server's guardian is a small shell script (`postgres.sh`) in a process group of its own
//! that reads a pipe held by us. However we end (success, a failing step, a panic, Ctrl-C, even
//! a kill that lets nothing run), the pipe closes, and the guardian stops the server and removes
//! the folder. A destructor alone would miss the last two.
//!
//! Trust: the server believes whoever reaches its port, and does not sync to disk
//! (`fsync = off`). It is for tests that make their own databases; nothing else belongs in it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::tools::{Tools, id, is_root};

/// Older servers are not what we run on in production.
const MAJOR_MIN: u32 = 15;

const GUARDIAN: &str = include_str!("postgres.sh");

/// A running server; dropping it stops it.
pub(crate) struct Postgres {
    guardian: Child,
    url: String,
}

impl Postgres {
    /// Starts the server whose programs lie in `bin`.
    pub(crate) fn start(bin: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut shell = as_server_user()?;
        let mut guardian = shell
            .args(["sh", "-eu", "-c", GUARDIAN, "guardian"])
            .arg(bin)
            .arg(port.to_string())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the server's guardian")?;
        let answers = guardian.stdout.take().context("the guardian's output was piped")?;
        let mut answer = String::new();
        BufReader::new(answers).read_line(&mut answer)?;
        if answer.trim() != "ready" {
            let status = guardian.wait()?;
            bail!("PostgreSQL did not start ({status}); its words are above");
        }
        Ok(Self { guardian, url: format!("postgres://nguon@127.0.0.1:{port}/postgres") })
    }

    /// What tests find in `NGUON_TEST_POSTGRES`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        if let Err(error) = self.guardian.wait() {
            eprintln!("xtask: PostgreSQL may still be running: {error}");
        }
    }
}

/// The folder of the newest server of version 15 or later: Debian's places first, then `PATH`.
pub(crate) fn find(tools: &Tools) -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    let on_path = tools
        .lookup("initdb")
        .and_then(|initdb| fs::canonicalize(initdb).ok())
        .and_then(|initdb| initdb.parent().map(Path::to_path_buf));
    debian
        .chain(on_path)
        .filter(|bin| bin.join("initdb").is_file() && bin.join("pg_isready").is_file())
        .filter_map(|bin| Some((major(&bin)?, bin)))
        .filter(|(major, _)| *major >= MAJOR_MIN)
        .max()
        .map(|(_, bin)| bin)
}

/// Debian starts a cluster of its own when the server is installed, on a port that may be taken
/// and for nobody. Its documented switch says no, if it is there before the package.
pub(crate) fn no_cluster_at_install() -> Result<()> {
    let file = Path::new("/etc/postgresql-common/createcluster.conf");
    if file.exists() {
        return Ok(());
    }
    fs::create_dir_all("/etc/postgresql-common")
        .and_then(|()| fs::write(file, "create_main_cluster = false\n"))
        .with_context(|| format!("writing {}", file.display()))
}

fn major(bin: &Path) -> Option<u32> {
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)` → 15.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// initdb refuses root, so root becomes the user that Debian's package made, or else nobody.
fn as_server_user() -> Result<Command> {
    if !is_root() {
        return Ok(Command::new("env"));
    }
    let user = ["postgres", "nobody"]
        .into_iter()
        .find(|user| id(&["-u", user]).is_ok())
        .context("no user to run PostgreSQL as: neither postgres nor nobody exists")?;
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", &id(&["-u", user])?])
        .args(["--regid", &id(&["-g", user])?])
        .arg("--clear-groups");
    // Root's own temporary folder may be closed to that user.
    command.env_remove("TMPDIR");
    Ok(command)
}

/// A port that was free a moment ago. Should another program take it before the server does, the
/// server says so and the run fails; nothing wrong is tested.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::parse_major;

    #[test]
    fn the_version_is_read_from_what_the_server_says() {
        let said = "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n";
        assert_eq!(parse_major(said), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_major("sh: postgres: not found"), None);
    }
}
