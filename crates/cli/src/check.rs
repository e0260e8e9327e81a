//! `nguon verify`: a full, independent audit of a ledger, from a folder or over HTTP.

mod evidence;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::policy::Policy;
use nguon_service::audit::{Files, Findings, Published, Wrong, database, published};
use serde::Serialize;

use crate::out;
use crate::settings::Given;

/// Audits a whole ledger and trusts nobody.
///
/// TARGET is an address (https://…), a folder of published files (with `checkpoint` and `tile/`), or the folder of
/// a running ledger (with `nguon.toml`): then its database is compared row by row, too. A file is evidence about one lot
/// (`nguon export evidence`): it is checked without any network, and the lot is judged again from it.
///
/// The log's key is taken from `log.vkey` beside the files. That proves the files fit each other; to know that they are
/// the ledger you mean, give the key you got from elsewhere with --log-vkey.
///
/// Exit code: 0 all holds, 1 something does not (each place is named), 2 it could not be checked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address, folder, or evidence file.
    #[arg(value_name = "URL|FOLDER|FILE")]
    target: String,
    /// The log's verifier key, from somewhere you trust.
    #[arg(long, value_name = "VKEY")]
    log_vkey: Option<String>,
    /// The log's first key, if it has changed since (32 bytes, hex); the ledger's id is made of it.
    #[arg(long, value_name = "HEX")]
    first_log_key: Option<String>,
    /// A witness's verifier key whose cosignature must be there; may be given several times.
    #[arg(long = "witness", value_name = "VKEY")]
    witnesses: Vec<String>,
    /// How many of the witnesses must have cosigned (default: all that are known).
    #[arg(long, value_name = "N")]
    quorum: Option<usize>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    target: String,
    holds: bool,
    origin: String,
    log_key_from_you: bool,
    size: u64,
    root: Option<String>,
    openings: u64,
    cosigned_by: Vec<Cosigned>,
    findings: std::collections::BTreeMap<String, u64>,
    database_checked: bool,
    faults: u64,
    first_faults: Vec<Wrong>,
}

#[derive(Serialize)]
struct Cosigned {
    witness: String,
    unix_seconds: u64,
}

impl Cosigned {
    fn of(one: &nguon_ledger::policy::Cosigner) -> Self {
        Self { witness: one.witness.clone(), unix_seconds: one.unix_seconds }
    }
}

impl std::fmt::Display for Cosigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = i64::try_from(self.unix_seconds).ok().and_then(|at| jiff::Timestamp::from_second(at).ok());
        write!(f, "{} {}", out::visible(&self.witness), at.map_or(String::new(), |at| at.to_string()))
    }
}

/// Whom the check believes: the keys that were given, or those beside what is checked.
struct Trust {
    policy: Policy,
    first_key: [u8; 32],
    from_you: bool,
    only_operator: bool,
}

impl Trust {
    fn of(
        args: &Args,
        beside: impl Fn(&'static str) -> anyhow::Result<Option<String>>,
    ) -> anyhow::Result<Self> {
        let from_you = args.log_vkey.is_some();
        let log: VerifierKey = match &args.log_vkey {
            Some(text) => crate::inspect::verifier_key(text)?,
            None => parse_vkey(&beside("log.vkey")?.context("there is no log.vkey; give --log-vkey")?)?,
        };
        let first_key = match &args.first_log_key {
            Some(text) => hex::decode(text)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .context("--first-log-key: 64 hex digits")?,
            None => *log.public().as_bytes(),
        };
        let witnesses: Vec<VerifierKey> = if args.witnesses.is_empty() {
            beside("witnesses.vkey")?
                .unwrap_or_default()
                .lines()
                .filter(|line| !line.is_empty())
                .map(parse_vkey)
                .collect::<Result<_, _>>()?
        } else {
            args.witnesses.iter().map(|text| parse_vkey(text)).collect::<Result<_, _>>()?
        };
        let only_operator = witnesses.iter().all(|key| key.name() == crate::node::witness_name(log.name()));
        let quorum = args.quorum.unwrap_or(witnesses.len());
        let policy = Policy::new(log, witnesses, quorum).map_err(|error| anyhow!("{error}"))?;
        Ok(Self { policy, first_key, from_you, only_operator })
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let file = Path::new(&args.target);
    if file.is_file() {
        return evidence::run(&args, file).await;
    }
    let place = Place::of(&args.target)?;
    let Trust { policy, first_key, from_you, only_operator } = Trust::of(&args, |name| place.text(name))?;

    let bar = bar(args.json, "sổ cái · log");
    let files = place.files();
    let proven = tokio::task::block_in_place(|| {
        published(&*files, &policy, &first_key, |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        })
    })
    .with_context(|| format!("{} cannot be read", args.target))?;
    bar.finish_and_clear();
    let database = match &place {
        Place::Node(folder) => Some(audit_database(folder, &policy, &first_key, &proven, args.json).await?),
        _ => None,
    };
    let report = report(&args, &policy, from_you, &proven, database.as_ref());
    if args.json {
        out::line(serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report, only_operator)?;
    }
    Ok(if report.holds { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn parse_vkey(text: &str) -> anyhow::Result<VerifierKey> {
    text.trim()
        .parse()
        .map_err(|error| anyhow!("`{}` is no verifier key: {error}", out::visible(text.trim())))
}

fn bar(hidden: bool, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("  {msg:<24} {bar:32.green} {pos}/{len}  {elapsed}")
        .expect("the template is well formed");
    let bar = ProgressBar::new(0).with_style(style).with_message(what);
    if hidden || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

async fn audit_database(
    folder: &Path,
    policy: &Policy,
    first_key: &[u8; 32],
    proven: &Published,
    json: bool,
) -> anyhow::Result<Findings> {
    let settings = Given::default().resolve(Some(&folder.join(crate::settings::FILE)))?;
    let store =
        nguon_storage::open_for_audit(&settings.database).await.context("the database cannot be audited")?;
    let aside = tempfile::tempdir()?;
    let fresh: Arc<dyn nguon_storage::Store> =
        Arc::new(nguon_storage::SqliteStore::open(&aside.path().join("rebuilt.sqlite")).await?);
    let seal = nguon_service::keys::read_seed(&settings.key_dir.join("seal.key")).ok();
    let bar = bar(json, "cơ sở dữ liệu · database");
    let seal = seal.as_deref();
    let found = database(&store, &fresh, policy, first_key, &proven.leaves, seal, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    store.close().await;
    fresh.close().await;
    Ok(found)
}

fn report(
    args: &Args,
    policy: &Policy,
    from_you: bool,
    proven: &Published,
    database: Option<&Findings>,
) -> Report {
    let none = Findings::default();
    let rows = database.unwrap_or(&none);
    let verdict = proven.verdict.as_ref();
    Report {
        target: args.target.clone(),
        holds: proven.wrong.none() && rows.none(),
        origin: policy.log().name().to_owned(),
        log_key_from_you: from_you,
        size: proven.size().0,
        root: verdict.map(|verdict| verdict.checkpoint.root().to_string()),
        openings: proven.openings,
        cosigned_by: verdict
            .map(|verdict| verdict.cosigned_by.iter().map(Cosigned::of).collect())
            .unwrap_or_default(),
        findings: proven.findings.clone(),
        database_checked: database.is_some(),
        faults: proven.wrong.count + rows.count,
        first_faults: proven.wrong.listed.iter().chain(&rows.listed).cloned().collect(),
    }
}

fn print(report: &Report, only_operator: bool) -> std::io::Result<()> {
    let line = |what: &str, value: String| out::line(format!("  {what:<34} {value}"));
    out::line("")?;
    line("sổ cái · log", out::visible(&report.origin))?;
    line("bản ghi · records", report.size.to_string())?;
    if let Some(root) = &report.root {
        line("gốc · root", root.clone())?;
    }
    line("phần công khai · public openings", report.openings.to_string())?;
    for one in &report.cosigned_by {
        line("đồng ký · cosigned", one.to_string())?;
    }
    if only_operator {
        line("", "chỉ nhân chứng của đơn vị vận hành · by the operator only".to_owned())?;
    }
    if report.database_checked {
        line("cơ sở dữ liệu · database", "so từng dòng · compared row by row".to_owned())?;
    }
    for (code, count) in &report.findings {
        line("ghi nhận về người ký · of signers", format!("{code} × {count}"))?;
    }
    out::line("")?;
    if report.holds {
        out::line("  ✔ Mọi chữ ký, chuỗi, quyền, phần mở, lá và gốc đều khớp.")?;
        out::line("    Every signature, chain, right, opening, leaf and root holds.")?;
        if !report.log_key_from_you {
            out::line(
                "    (Khóa của sổ lấy từ chính nơi này · the log's key came from the same place: see --log-vkey.)",
            )?;
        }
    } else {
        out::line(format!("  ✘ {} chỗ không khớp · places that do not hold:", report.faults))?;
        for wrong in &report.first_faults {
            out::line(format!("    {}", out::visible(&wrong.to_string())))?;
        }
    }
    out::line("")
}

/// Where the files are.
enum Place {
    Folder(PathBuf),
    /// A running ledger's folder, with its database.
    Node(PathBuf),
    Url(String),
}

impl Place {
    fn of(target: &str) -> anyhow::Result<Self> {
        if target.starts_with("http://") || target.starts_with("https://") {
            return Ok(Self::Url(target.trim_end_matches('/').to_owned()));
        }
        let folder = PathBuf::from(target);
        if folder.join(crate::settings::FILE).exists() {
            return Ok(Self::Node(folder));
        }
        if folder.join("checkpoint").exists() {
            return Ok(Self::Folder(folder));
        }
        bail!(
            "{target} is neither an address, nor an evidence file, nor a folder with `checkpoint` or `{}` in it",
            crate::settings::FILE
        )
    }

    fn files(&self) -> Box<dyn Files> {
        match self {
            Self::Folder(folder) => Box::new(FolderFiles(folder.clone())),
            Self::Node(folder) => {
                let settings = Given::default().resolve(Some(&folder.join(crate::settings::FILE)));
                Box::new(FolderFiles(
                    settings.map_or_else(|_| folder.join("public"), |settings| settings.public_dir),
                ))
            }
            Self::Url(base) => Box::new(UrlFiles::new(base.clone())),
        }
    }

    fn text(&self, name: &str) -> anyhow::Result<Option<String>> {
        let bytes = self.files().get(name).with_context(|| format!("{name} cannot be read"))?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

struct FolderFiles(PathBuf);

impl Files for FolderFiles {
    fn get(&self, name: &str) -> std::io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn list(&self, below: &str) -> std::io::Result<Option<Vec<String>>> {
        let mut names = Vec::new();
        let mut folders = vec![below.to_owned()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(self.0.join(&folder)) else { continue };
            for entry in entries {
                let entry = entry?;
                let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if entry.file_type()?.is_dir() { folders.push(name) } else { names.push(name) }
            }
        }
        names.sort();
        Ok(Some(names))
    }
}

struct UrlFiles {
    base: String,
    agent: ureq::Agent,
}

/// A published file is smaller than this: 256 records of 64 KiB.
const FILE_BYTES: u64 = 64 << 20;

/// A checkpoint and a key are much smaller, but a slow line may take its time for a bundle.
const FILE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(60);

impl UrlFiles {
    /// What a server sends is read within bounds of time and size; it sends nobody elsewhere.
    fn new(base: String) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(FILE_TIMEOUT))
            .max_redirects(0)
            .accept_encoding("identity")
            .user_agent(concat!("nguon/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { base, agent }
    }
}

impl Files for UrlFiles {
    fn get(&self, name: &str) -> std::io::Result<Option<Vec<u8>>> {
        match self.agent.get(format!("{}/{name}", self.base)).call() {
            Ok(answer) => {
                // The limit holds for what comes out of a compressed body, too.
                let mut bytes = Vec::new();
                let mut body = std::io::Read::take(answer.into_body().into_reader(), FILE_BYTES + 1);
                std::io::Read::read_to_end(&mut body, &mut bytes)?;
                if bytes.len() as u64 > FILE_BYTES {
                    return Err(std::io::Error::other(format!("{name} is longer than any published file")));
                }
                Ok(Some(bytes))
            }
            Err(ureq::Error::StatusCode(404)) => Ok(None),
            Err(error) => Err(std::io::Error::other(error)),
        }
    }

    fn list(&self, _below: &str) -> std::io::Result<Option<Vec<String>>> {
        Ok(None)
    }
}
