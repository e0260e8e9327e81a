//! nginx, as Debian packages it: the baseline serves the same bytes with the same headers from a file.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

/// Where packages put it, beside `PATH`.
const PLACES: [&str; 3] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"];
/// Headers that nginx writes by itself.
const OWN: [&str; 4] = ["date", "content-length", "content-type", "connection"];

/// A running nginx, with the system's own sockets and files and no log of requests, as the server beside it.
pub(super) struct Nginx {
    child: Child,
    pub(super) address: SocketAddr,
    pub(super) version: String,
}

/// Its program, if it is installed.
pub(super) fn program() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).map(|folder| folder.join("nginx")).collect::<Vec<_>>());
    PLACES.iter().map(PathBuf::from).chain(on_path).find(|file| file.is_file())
}

impl Nginx {
    /// Serves an answer under a path.
    pub(super) async fn start(
        program: &Path,
        folder: &Path,
        path: &str,
        (head, body): (&str, &[u8]),
        workers: usize,
    ) -> anyhow::Result<Self> {
        // A port that was free a moment ago.
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let root = folder.join("nginx");
        std::fs::create_dir_all(&root)?;
        std::fs::write(root.join("page"), body)?;
        let mut headers = String::new();
        let mut media_type = "text/html";
        for line in head.lines().skip(1) {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("content-type") {
                media_type = value;
            }
            if !OWN.contains(&name.to_ascii_lowercase().as_str()) {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                writeln!(headers, "add_header {name} \"{value}\";")?;
            }
        }
        let place = root.display();
        // Whoever runs this as root has a folder that nobody else reads; without root the first line is not heeded.
        let config = format!(
            "daemon off; user root; worker_processes {workers}; pid {place}/pid; error_log {place}/error.log warn;\n\
             events {{ worker_connections 2048; }}\n\
             http {{\n\
             access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; etag off; keepalive_requests 1000000000;\n\
             open_file_cache max=16 inactive=1h; open_file_cache_valid 1h;\n\
             client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;\n\
             uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;\n\
             server {{ listen {address}; location = {path} {{ types {{ }} default_type \"{media_type}\"; {headers} alias {place}/page; }} }}\n\
             }}\n"
        );
        let file = root.join("nginx.conf");
        std::fs::write(&file, config)?;
        let version = Command::new(program).arg("-v").output()?.stderr;
        let version = String::from_utf8_lossy(&version).trim().replace("nginx version: ", "");
        let child = Command::new(program)
            .args(["-p", &root.display().to_string(), "-c", &file.display().to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nginx does not start")?;
        let nginx = Self { child, address, version };
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Ok(nginx);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = std::fs::read_to_string(root.join("error.log")).unwrap_or_default();
        bail!("nginx does not answer: {log}")
    }
}

impl Drop for Nginx {
    /// The master ends its workers when it is told to (SIGTERM); killed outright it would leave them.
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        drop(self.child.wait());
    }
}
