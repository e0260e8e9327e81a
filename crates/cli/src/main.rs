//! The `nguon` binary: runs a ledger, checks one, and signs records.

mod bench;
mod cases;
mod check;
mod client;
mod demo;
mod exchange;
mod export;
mod images;
mod inspect;
mod label;
mod node;
mod orders;
mod org;
mod out;
mod parcel;
mod rebuild;
mod record;
mod report;
mod serial;
mod settings;
mod trace;
mod webhook;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Judging and walking make and drop millions of small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sổ truy xuất nguồn gốc nông sản của tỉnh · the ledger a province runs for its farms.
///
/// Co-operatives sign what they grow, pack and sell; the log orders it and cannot take it back; every pack's code
/// leads to a page that anybody can check.
///
/// Begin with `nguon demo`; check any ledger with `nguon verify`.
#[derive(Parser)]
#[command(name = "nguon", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A whole province to try: makes a ledger with one invented season, serves it, prints where to look.
    Demo {
        /// Where the demo's ledger is kept; a second start goes on with what is there.
        #[arg(long, default_value = "nguon-demo", value_name = "FOLDER")]
        dir: PathBuf,
        /// Address to listen on.
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
        listen: SocketAddr,
        /// Make the ledger and stop, without serving it.
        #[arg(long)]
        no_serve: bool,
    },
    /// Runs the ledger: takes records, publishes the log, serves pages and feeds.
    Serve {
        /// Settings file; without it `nguon.toml` here, if there is one.
        #[arg(long, env = "NGUON_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// The ledger stood still for months, and the clock is right all the same.
        #[arg(long)]
        after_long_silence: bool,
        #[command(flatten)]
        given: settings::Given,
    },
    /// Brings the database's tables up to this version (every start does it too).
    Migrate {
        /// Settings file.
        #[arg(long, env = "NGUON_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        given: settings::Given,
    },
    /// Says what some bytes are and whether they hold: a record, opening, checkpoint, proof or receipt.
    Inspect(inspect::Args),
    /// Audits a whole ledger independently: every signature, chain, right, opening, leaf and root.
    Verify(check::Args),
    /// Organisations: make a root key offline, enrol and end devices, change the root, give standing.
    Org(org::Args),
    /// Signs records from a file and sends them.
    Record(record::Args),
    /// Labels with numbers of their own: which are printed, in use and void, their codes, and what scanning them shows.
    Serial(serial::Args),
    /// Walks from a lot back to what it was made of and forward to what was made of it.
    Trace(trace::Args),
    /// Files for offices: EUDR geolocation, the FSMA 204 sheet, a plot's VietGAP diary. Names and places of people are in them.
    Export(export::Args),
    /// Labels of a lot: pictures, PDF sheets, and bytes for label printers, one or a hundred thousand.
    Label(label::Args),
    /// Reads and answers what shoppers report of suspicious stickers.
    Report(cases::Args),
    /// Exchanges that pull listings and send orders: their accounts, keys and profiles.
    Exchange(exchange::Args),
    /// Orders of exchanges, and whether orders, stock and ledger agree.
    Orders(orders::Args),
    /// What exchanges are told without asking: what did not arrive, and sending it again.
    Webhook(webhook::Args),
    /// Takes photographs away that must not be shown any more.
    Images(images::Args),
    /// Makes the read models again from the records, and says whether they were equal to what was there.
    Rebuild {
        /// Settings file.
        #[arg(long, env = "NGUON_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        given: settings::Given,
    },
    /// Measures on this machine, beside a baseline in the same run.
    Bench(bench::Args),
    /// Prints a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("nguon: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match command {
        Command::Demo { dir, listen, no_serve } => runtime()?.block_on(demo::run(&dir, listen, no_serve))?,
        Command::Serve { config, after_long_silence, given } => {
            node::log_to_stderr();
            let mut settings = given.resolve(config.as_deref())?;
            if after_long_silence {
                settings.longest_silence_ms = i64::MAX;
            }
            runtime()?.block_on(node::serve(settings))?;
        }
        Command::Migrate { config, given } => {
            let settings = given.resolve(config.as_deref())?;
            runtime()?.block_on(node::migrate(&settings))?;
        }
        Command::Inspect(args) => return inspect::run(&args),
        Command::Verify(args) => return runtime()?.block_on(check::run(args)),
        Command::Org(args) => return org::run(args),
        Command::Record(args) => return record::run(args),
        Command::Serial(args) => return serial::run(args),
        Command::Trace(args) => return trace::run(&args),
        Command::Export(args) => return runtime()?.block_on(export::run(args)),
        Command::Label(args) => return label::run(args),
        Command::Report(args) => return runtime()?.block_on(cases::run(args)),
        Command::Exchange(args) => return runtime()?.block_on(exchange::run(args)),
        Command::Orders(args) => return runtime()?.block_on(orders::run(args)),
        Command::Webhook(args) => return runtime()?.block_on(webhook::run(args)),
        Command::Images(args) => return runtime()?.block_on(images::run(args)),
        Command::Rebuild { config, given } => {
            let settings = given.resolve(config.as_deref())?;
            return runtime()?.block_on(rebuild::run(&settings));
        }
        Command::Bench(args) => runtime()?.block_on(bench::run(args))?,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "nguon", &mut std::io::stdout());
        }
    }
    Ok(ExitCode::SUCCESS)
}
