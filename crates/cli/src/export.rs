//! `nguon export`: files for offices, from the ledger's own database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::civil::Date;
use nguon_id::LotId;
use nguon_service::exports::{DiaryFormat, Export, ExportError, Exports};
use nguon_service::{Clock as _, SystemClock};

use crate::client::Client;
use crate::out;
use crate::settings;

const EXAMPLES: &str = "\
  nguon export eudr /01/09521100700023/10/261018-A --dir nguon-demo
  nguon export fsma /01/09521101000016/10/260302-A --dir nguon-demo -o tomatoes.xlsx
  nguon export evidence https://ledger.example.org/01/09521101000016/10/260302-A
  nguon export recall /p/ca-chua-don-duong/l/260228-DO016 --dir nguon-demo
  nguon export diary DO016 --of 'Ba Dòng Suối' --from 2026-01-01 --until 2026-06-30 --pdf --dir nguon-demo

But for evidence these files hold what the ledger keeps private: names of growers and the exact places of their plots. Make them
for the co-operative whose they are, when it asks, and hand them to nobody else.

Exit code: 0 written, 1 refused (something is missing, and said), 2 it could not be done.";

/// Files for offices, for whoever runs the ledger, when the co-operative asks for them.
///
/// They are read from the ledger's database, which is not changed and may be in use. Private sections are in them: names of
/// people and exact places.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
#[expect(clippy::large_enum_variant, reason = "one is made, once")]
enum What {
    /// Everything that speaks of a lot in one zip: public facts alone, for whoever wants to check it without us.
    Evidence {
        /// The lot, its page's address or path, its URI, or what its QR code says.
        #[arg(value_name = "LOT")]
        lot: String,
        /// The ledger's address; taken from LOT if that is an address of the ledger's own pages.
        #[arg(long, env = "NGUON_SERVER", value_name = "URL")]
        server: Option<String>,
        /// The file to write; without it a name of its own, here.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    #[command(flatten)]
    Office(Office),
}

/// What is read from the ledger's own database.
#[derive(Debug, clap::Subcommand)]
enum Office {
    /// The plots on which lots grew, as GeoJSON for a buyer in the European Union (Regulation 2023/1115).
    Eudr {
        /// The lots: their pages' addresses or paths, their URIs, or what their QR codes say.
        #[arg(required = true, value_name = "LOT")]
        lots: Vec<String>,
        /// Also if a plot is missing: the file says itself that it is not whole.
        #[arg(long)]
        rest: bool,
        #[command(flatten)]
        common: Common,
    },
    /// What happened to lots and to all they were made of, as the spreadsheet of the United States' FSMA 204.
    Fsma {
        /// The lots, as above.
        #[arg(required = true, value_name = "LOT")]
        lots: Vec<String>,
        #[command(flatten)]
        common: Common,
    },
    /// What a recall of a lot reaches, whom to call, and the people who worked on it, as a spreadsheet in Vietnamese.
    Recall {
        /// The lot, as above.
        #[arg(value_name = "LOT")]
        lot: String,
        #[command(flatten)]
        common: Common,
    },
    /// The VietGAP diary of a plot and season, in Vietnamese.
    Diary {
        /// The plot: its URI, or the co-operative's code for it.
        #[arg(value_name = "PLOT")]
        plot: String,
        /// Whose plot it is, if several have the code: a part of the organisation's name, or its id.
        #[arg(long, value_name = "ORGANISATION")]
        of: Option<String>,
        /// First day of the season.
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Date,
        /// Last day of the season.
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Date,
        /// A document to print and sign (the default).
        #[arg(long)]
        pdf: bool,
        /// A spreadsheet.
        #[arg(long, conflicts_with = "pdf")]
        xlsx: bool,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
struct Common {
    /// The file to write; without it a name of its own, here.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The ledger's folder, as `nguon demo` makes one: its `nguon.toml` is read.
    #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
    dir: Option<PathBuf>,
    /// Settings file; without it `nguon.toml` here, if there is one.
    #[arg(long, env = "NGUON_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    given: settings::Given,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let office = match &args.what {
        What::Evidence { lot, server, output } => {
            return tokio::task::block_in_place(|| evidence(lot, server.as_deref(), output.as_deref()));
        }
        What::Office(office) => office,
    };
    let (Office::Eudr { common, .. }
    | Office::Fsma { common, .. }
    | Office::Recall { common, .. }
    | Office::Diary { common, .. }) = office;
    let config = common.dir.as_ref().map(|dir| dir.join(settings::FILE)).or_else(|| common.config.clone());
    let settings = common.given.clone().resolve(config.as_deref())?;
    let store = nguon_storage::open_for_audit(&settings.database)
        .await
        .with_context(|| "the ledger's database cannot be opened".to_owned())?;
    let mut exports = Exports::open(store.clone(), settings.public_base_url).await?;
    let behind = exports.behind().await?;
    let made = make(&mut exports, office).await;
    store.close().await;
    let export = match made {
        Ok(export) => export,
        Err(Failure::Refused(error)) => {
            refused(&error);
            return Ok(ExitCode::from(1));
        }
        Err(Failure::Asked(error)) => return Err(error),
    };
    if behind > 0 {
        eprintln!(
            "  ! {behind} bản ghi mới nhất chưa có trong tệp · the newest {behind} records are not in the file yet"
        );
    }
    for (vi, en) in &export.remarks {
        eprintln!("  ! {} · {}", out::visible(vi), out::visible(en));
    }
    let file = common.output.clone().unwrap_or_else(|| PathBuf::from(&export.file_name));
    write(&file, &export)?;
    out::line(format!("  Đã ghi · wrote {} ({} bytes)", file.display(), export.bytes.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// Asks a running ledger: proofs come from what it published.
fn evidence(lot: &str, server: Option<&str>, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    let (server, id) = crate::trace::lot(lot, server)?;
    let Some(bytes) = Client::new(&server)?.download(&format!("/api/v1/evidence{}", id.path()))? else {
        eprintln!("  Sổ không có lô {} · the ledger has no such lot", id.path());
        return Ok(ExitCode::from(1));
    };
    let own = PathBuf::from(format!(
        "evidence-{}.zip",
        id.lot().as_str().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    ));
    let file = output.map_or(own, Path::to_path_buf);
    std::fs::write(&file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
    out::line(format!(
        "  Đã ghi · wrote {} ({} bytes); nguon verify {}",
        file.display(),
        bytes.len(),
        file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

enum Failure {
    /// The rules said no.
    Refused(ExportError),
    /// The question was wrong, or the world broke.
    Asked(anyhow::Error),
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Project(_) | ExportError::Sheet(_) | ExportError::Paper(_) | ExportError::Empty => {
                Self::Asked(error.into())
            }
            refused => Self::Refused(refused),
        }
    }
}

async fn make(exports: &mut Exports, what: &Office) -> Result<Export, Failure> {
    let now_ms = SystemClock.now_ms();
    Ok(match what {
        Office::Eudr { lots, rest, .. } => exports.eudr(&named(lots)?, *rest).await?,
        Office::Fsma { lots, .. } => exports.fsma(&named(lots)?, now_ms).await?,
        Office::Recall { lot, .. } => {
            let (_, id) = crate::trace::lot(lot, None).map_err(Failure::Asked)?;
            exports.recall(&id, now_ms).await?
        }
        Office::Diary { plot, of, from, until, xlsx, .. } => {
            let plot = exports.plot(plot, of.as_deref()).await?;
            let format = if *xlsx { DiaryFormat::Xlsx } else { DiaryFormat::Pdf };
            exports.diary(&plot, *from, *until, format, now_ms).await?
        }
    })
}

fn named(lots: &[String]) -> Result<Vec<LotId>, Failure> {
    lots.iter()
        .map(|lot| crate::trace::lot(lot, None).map(|(_, id)| id))
        .collect::<anyhow::Result<_>>()
        .map_err(Failure::Asked)
}

/// Says in plain words what is missing.
fn refused(error: &ExportError) {
    let ExportError::NotExportable(faults) = error else {
        for line in error.to_string().lines() {
            eprintln!("  ✘ {}", out::visible(line));
        }
        return;
    };
    eprintln!("  ✘ Chưa xuất được · not exportable:");
    for fault in &faults.0 {
        eprintln!("    - {} · {}", out::visible(&fault.vi()), out::visible(&fault.en()));
    }
    eprintln!(
        "  --rest: xuất phần còn lại · --rest writes what there is, and says in the file that it is not whole"
    );
}

/// Writes a file that only its owner may read: people's names and places are in it.
fn write(file: &Path, export: &Export) -> anyhow::Result<()> {
    use std::io::Write as _;
    if file.is_dir() {
        bail!("{} is a folder: name a file", file.display());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut opened = options.open(file).with_context(|| format!("cannot write {}", file.display()))?;
    // One that was there before may have been open to others.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mine = std::fs::Permissions::from_mode(0o600);
        opened.set_permissions(mine).with_context(|| format!("cannot close {} to others", file.display()))?;
    }
    opened.write_all(&export.bytes).with_context(|| format!("cannot write {}", file.display()))
}
