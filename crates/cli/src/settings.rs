//! Settings: a TOML file, the environment, then flags; the later wins. `nguon serve --help` lists them.
//!
//! ```toml
//! origin        = "ledger.lamdong.example/2026"   # permanent; never changes, not even with the domain
//! public_base_url = "https://truyxuat.lamdong.example"
//! operator_name = "Sở Nông nghiệp và Môi trường tỉnh Lâm Đồng"
//! database      = "sqlite:ledger.sqlite"          # or postgres://user@host/db; the password in PGPASSWORD
//! public_dir    = "public"
//! key_dir       = "keys"
//! listen        = "127.0.0.1:8080"
//! metrics_listen = "127.0.0.1:9108"               # /metrics for Prometheus; without it there is none
//! contact_days  = 90                              # what shoppers left is forgotten so long after their case is closed
//! ```
//!
//! Relative paths are relative to the file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nguon_service::webhooks::guard::Network;
use serde::{Deserialize, Serialize};

/// Settings as a person writes them; everything may be absent in one place and given in another.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// The log's permanent name, like a host and path; chosen once, outlives any domain.
    #[arg(long, env = "NGUON_ORIGIN", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
    /// Where pages and codes are reached today; printed into QR codes.
    #[arg(long, env = "NGUON_PUBLIC_BASE_URL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_base_url: Option<String>,
    /// Name of the operator, for its genesis record (the first start only).
    #[arg(long, env = "NGUON_OPERATOR_NAME", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operator_name: Option<String>,
    /// `sqlite:FILE` or `postgres://…`.
    #[arg(long, env = "NGUON_DATABASE", value_name = "ADDRESS", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database: Option<String>,
    /// Folder of the published files.
    #[arg(long, env = "NGUON_PUBLIC_DIR", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_dir: Option<PathBuf>,
    /// Folder of the operator's keys.
    #[arg(long, env = "NGUON_KEY_DIR", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_dir: Option<PathBuf>,
    /// Address to listen on. TLS is a proxy's work: see crates/cli/OPERATING.md.
    #[arg(long, env = "NGUON_LISTEN", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<SocketAddr>,
    /// Address for /metrics alone, which nobody outside should reach; without it there is none.
    #[arg(long, env = "NGUON_METRICS_LISTEN", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Memory for pages that are kept as they were made, in MiB; 0 keeps none.
    #[arg(long, env = "NGUON_PAGE_MEMORY_MIB", value_name = "MIB")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page_memory_mib: Option<u32>,
    /// Days after a case was closed for which the contact and photograph of who reported are kept.
    #[arg(long, env = "NGUON_CONTACT_DAYS", value_name = "DAYS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contact_days: Option<u16>,
    /// Networks that webhooks may reach though they are not public, such as 10.20.0.0/16; several with commas.
    #[arg(long, env = "NGUON_WEBHOOK_NETWORKS", value_delimiter = ',', value_name = "NETWORK,…")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_networks: Option<Vec<String>>,
}

/// Settings with every question answered.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) origin: String,
    pub(crate) public_base_url: String,
    pub(crate) operator_name: String,
    pub(crate) database: String,
    pub(crate) public_dir: PathBuf,
    pub(crate) key_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    /// Where `/metrics` is read, if anywhere.
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Memory for pages, in MiB.
    pub(crate) page_memory_mib: u32,
    /// Days after a case was closed for which contacts are kept.
    pub(crate) contact_days: u16,
    /// How far the clock may be ahead of the ledger's newest epoch at a start.
    pub(crate) longest_silence_ms: i64,
    /// Networks that webhooks may reach though they are not public.
    pub(crate) webhook_networks: Vec<Network>,
}

/// Two to three thousand pages of lots.
pub(crate) const PAGE_MEMORY_MIB: u32 = 128;
/// Ninety days: a ledger that stood still for longer is started by somebody who says so.
const LONGEST_SILENCE_MS: i64 = 90 * 86_400_000;

/// The file that settings are read from when none is named.
pub(crate) const FILE: &str = "nguon.toml";

impl Given {
    /// Fills what is absent here from a file, and the rest with defaults.
    pub(crate) fn resolve(self, file: Option<&Path>) -> anyhow::Result<Settings> {
        let path = file.map_or_else(|| PathBuf::from(FILE), Path::to_owned);
        let (from_file, base) = if path.exists() {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let given: Self =
                toml::from_str(&text).with_context(|| format!("{} is not understood", path.display()))?;
            (given, path.parent().map(Path::to_owned).unwrap_or_default())
        } else if file.is_some() {
            bail!("there is no settings file {}", path.display());
        } else {
            (Self::default(), PathBuf::new())
        };
        let near = |given: Option<PathBuf>, filed: Option<PathBuf>, or: &str| match (given, filed) {
            (Some(path), _) => path,
            (None, Some(path)) => base.join(path),
            (None, None) => base.join(or),
        };
        let Some(origin) = self.origin.or(from_file.origin) else {
            bail!("the log needs its permanent name: set origin in {} or give --origin", path.display());
        };
        let listen = self.listen.or(from_file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let database = match (self.database, from_file.database) {
            (Some(address), _) => address,
            (None, Some(address)) => match address.strip_prefix("sqlite:") {
                Some(file) => format!("sqlite:{}", base.join(file).display()),
                None => address,
            },
            (None, None) => format!("sqlite:{}", base.join("ledger.sqlite").display()),
        };
        let public_base_url =
            self.public_base_url.or(from_file.public_base_url).unwrap_or(format!("http://{listen}"));
        Ok(Settings {
            origin,
            public_base_url: public_base_url.trim_end_matches('/').to_owned(),
            operator_name: self.operator_name.or(from_file.operator_name).unwrap_or("nguon".to_owned()),
            database,
            public_dir: near(self.public_dir, from_file.public_dir, "public"),
            key_dir: near(self.key_dir, from_file.key_dir, "keys"),
            listen,
            metrics_listen: self.metrics_listen.or(from_file.metrics_listen),
            page_memory_mib: self.page_memory_mib.or(from_file.page_memory_mib).unwrap_or(PAGE_MEMORY_MIB),
            contact_days: self
                .contact_days
                .or(from_file.contact_days)
                .unwrap_or(nguon_service::reports::CONTACT_DAYS),
            longest_silence_ms: LONGEST_SILENCE_MS,
            webhook_networks: self
                .webhook_networks
                .or(from_file.webhook_networks)
                .unwrap_or_default()
                .iter()
                .map(|text| text.parse().with_context(|| "webhook_networks"))
                .collect::<anyhow::Result<_>>()?,
        })
    }
}
