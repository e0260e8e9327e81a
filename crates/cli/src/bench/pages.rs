//! `nguon bench pages`: pages a second, and how long the slowest of a hundred takes.
//!
//! Three questions, each asked by the same connections in turns, so that whatever else the machine does meets all of them:
//!
//! - **kept**: one lot's page, again and again, as in a storm of scans. The baseline is **nginx** serving the very same
//!   bytes with the same headers from a file (it says so where none is installed).
//! - **made**: pages of lots that nobody asked for yet: read, judged by the day, written, hashed, and compressed.
//! - **made, bare**: the same for one who takes no coding: what the making alone takes.
//!
//! Most lots are copies of rows ([`village`]). What asks and what answers share the machine; neither writes a log.

mod load;
mod nginx;
mod village;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use nguon_service::SystemClock;
use nguon_storage::Store;
use nguon_web::{Web, WorkLimits, server};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::load::{Asked, Load, Round, ask, fire, request};
use self::nginx::Nginx;
use super::ingest::settings;
use super::province::ORIGIN;
use super::{forget_peak, now, peak_mib, with_store};
use crate::node;

/// Pages a second, and how long the slowest of a hundred takes, beside nginx with the same bytes from a file.
///
/// Makes a few hundred lots through the service and the rest as copies of their rows, then asks for pages over kept-open
/// connections: one kept page beside nginx, and pages of lots that nobody asked for yet. The aims are 0.8 of nginx, and
/// 3,000 a second for those that must be made.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Lots in the database; half of them are packs, whose pages are asked for.
    #[arg(long, default_value_t = 1_000_000)]
    lots: u64,
    /// Connections, each with one question at a time.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Seconds of one round.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Rounds; medians are reported, with the least and the most.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// A PostgreSQL server on which databases may be made and removed; SQLite alone without it.
    #[arg(long, env = "NGUON_TEST_POSTGRES", value_name = "ADDRESS", hide_env_values = true)]
    postgres: Option<String>,
    /// The figures as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Figures {
    cores: usize,
    connections: usize,
    nginx_version: Option<String>,
    stores: Vec<StoreFigures>,
}

#[derive(Serialize)]
struct StoreFigures {
    store: String,
    lots: u64,
    fill_seconds: f64,
    /// Bytes of a page: as it is, as it is kept for a browser, as it is sent when it was just made.
    page_bytes: usize,
    kept_bytes: usize,
    quick_bytes: usize,
    kept: Spread,
    nginx: Option<Spread>,
    /// Median of the rounds: kept over nginx in the same round.
    ratio_to_nginx: Option<f64>,
    not_modified: Spread,
    made: Spread,
    made_bare: Spread,
    memory_peak_mib: Option<u64>,
}

#[derive(Serialize, Clone, Copy)]
struct Spread {
    per_second: f64,
    per_second_min: f64,
    per_second_max: f64,
    p50_ms: f64,
    p99_ms: f64,
}

fn spread(rounds: &[Round]) -> Spread {
    let of = |value: fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        (median(&values), values[0], values[values.len() - 1])
    };
    let (per_second, per_second_min, per_second_max) = of(|round| round.per_second);
    let (p50_ms, p99_ms) = (of(|round| round.p50_ms).0, of(|round| round.p99_ms).0);
    Spread { per_second, per_second_min, per_second_max, p50_ms, p99_ms }
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let program = nginx::program();
    if program.is_none() {
        eprintln!("  nginx is left out: it is not installed (Debian: nginx-light)");
    }
    let mut figures =
        Figures { cores, connections: args.connections, nginx_version: None, stores: Vec::new() };
    for (name, server) in [("SQLite", None), ("PostgreSQL", args.postgres.as_deref())] {
        if name == "PostgreSQL" && server.is_none() {
            eprintln!("  PostgreSQL is left out: no --postgres address");
            continue;
        }
        let (args, program) = (&args, program.as_deref());
        let measured =
            with_store(server, 0, |store, folder| measure(name, store, folder, args, program, cores));
        let (measured, version) = measured.await?;
        figures.nginx_version = version.or(figures.nginx_version);
        if !args.json {
            report(&measured, figures.nginx_version.as_deref())?;
        }
        figures.stores.push(measured);
    }
    if args.json {
        crate::out::line(serde_json::to_string_pretty(&figures)?)?;
    }
    Ok(())
}

fn report(of: &StoreFigures, nginx: Option<&str>) -> anyhow::Result<()> {
    let line = |what: &str, spread: &Spread| {
        crate::out::line(format!(
            "  {:<11} {what:<28} {:>7.0}/s ({:.0}–{:.0}) · p50 {:>6.2} p99 {:>6.2} ms",
            of.store,
            spread.per_second,
            spread.per_second_min,
            spread.per_second_max,
            spread.p50_ms,
            spread.p99_ms
        ))
    };
    crate::out::line(format!(
        "  {:<11} {} lots, made in {:.0} s · a page: {} bytes, kept for browsers {}, just made {}",
        of.store, of.lots, of.fill_seconds, of.page_bytes, of.kept_bytes, of.quick_bytes
    ))?;
    line("kept", &of.kept)?;
    if let (Some(spread), Some(ratio)) = (&of.nginx, of.ratio_to_nginx) {
        line(nginx.unwrap_or("nginx"), spread)?;
        crate::out::line(format!("  {:<11} kept over nginx: {ratio:.2}", of.store))?;
    }
    line("kept, not modified (304)", &of.not_modified)?;
    line("made", &of.made)?;
    Ok(line("made, bare", &of.made_bare)?)
}

async fn measure(
    name: &str,
    store: Arc<dyn Store>,
    folder: PathBuf,
    args: &Args,
    program: Option<&Path>,
    cores: usize,
) -> anyhow::Result<(StoreFigures, Option<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mut settings = settings(&folder, address);
    ORIGIN.clone_into(&mut settings.origin);
    let service = Arc::new(node::start(&settings, store.clone(), Arc::new(SystemClock)).await?);
    let begun = now();
    let packs = village::make(&service, &*store, args.lots).await?;
    let fill_seconds = begun.elapsed().as_secs_f64();

    let web = Web::new(nguon_web::Settings {
        service: service.clone(),
        metrics: nguon_web::metrics::builder()?.build_recorder().handle(),
        independent_witnesses: Vec::new(),
        limits: WorkLimits::default(),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let limits = server::Limits { connections: args.connections + 16, ..server::Limits::default() };
    let serving = tokio::spawn(server::serve(listener, web.router(), limits, async {
        drop(stopped.await);
    }));
    forget_peak();
    let load = Load { connections: args.connections, time: Duration::from_secs(args.seconds) };
    let measured = ask_all(address, load, args.rounds.max(1), packs, &folder, program, cores).await;
    let memory_peak_mib = peak_mib();
    let _ = stop.send(());
    serving.await?;
    web.finished().await;
    if let Ok(service) = Arc::try_unwrap(service) {
        service.stop().await;
    }
    let (figures, version) = measured?;
    let (store, lots) = (name.to_owned(), packs * 2);
    Ok((StoreFigures { store, lots, fill_seconds, memory_peak_mib, ..figures }, version))
}

async fn ask_all(
    address: SocketAddr,
    load: Load,
    rounds: usize,
    packs: u64,
    folder: &Path,
    program: Option<&Path>,
    cores: usize,
) -> anyhow::Result<(StoreFigures, Option<String>)> {
    const BROWSER: &str = "gzip, deflate, br";
    let path = village::path(packs / 2);
    let quick = ask(address, &request(&path, BROWSER)).await?;
    let (head, kept) = ask(address, &request(&path, BROWSER)).await?;
    let (_, page) = ask(address, &request(&path, "identity")).await?;
    ensure!(
        String::from_utf8_lossy(&page).contains("banner good"),
        "a page of a lot that does not count would measure nothing"
    );
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or_default().to_owned();
    let nginx = match program {
        Some(program) => Some(Nginx::start(program, folder, &path, (&head, &kept), cores).await?),
        None => None,
    };
    if let Some(nginx) = &nginx {
        let (_, same) = ask(nginx.address, &request(&path, BROWSER)).await?;
        ensure!(same == kept, "nginx sends other bytes");
    }
    let one = |request: Vec<u8>| -> Asked { Arc::new(move |_| request.clone()) };
    // A stride that shares no factor with the number of packs: each is asked for once before any is again.
    let next = Arc::new(AtomicU64::new(0));
    let stride = (packs / 3..).find(|stride| gcd(*stride, packs) == 1).unwrap_or(1);
    let other = |coding: &'static str| -> Asked {
        let next = next.clone();
        Arc::new(move |_| {
            let n = next.fetch_add(1, Ordering::Relaxed);
            request(&village::path(n.wrapping_mul(stride) % packs), coding)
        })
    };
    let conditional = format!("{BROWSER}\r\nif-none-match: {etag}");
    let (mut kept_rounds, mut nginx_rounds, mut unmodified, mut made, mut bare) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        if let Some(nginx) = &nginx {
            nginx_rounds.push(fire(nginx.address, load, one(request(&path, BROWSER)), 200).await?);
        }
        kept_rounds.push(fire(address, load, one(request(&path, BROWSER)), 200).await?);
        unmodified.push(fire(address, load, one(request(&path, &conditional)), 304).await?);
        made.push(fire(address, load, other(BROWSER), 200).await?);
        bare.push(fire(address, load, other("identity"), 200).await?);
    }
    let asked = next.load(Ordering::Relaxed);
    ensure!(asked <= packs, "{asked} pages were asked for, and only {packs} are there: use more --lots");
    let ratio_to_nginx = nginx.as_ref().map(|_| {
        let mut ratios: Vec<f64> = kept_rounds
            .iter()
            .zip(&nginx_rounds)
            .map(|(ours, its)| ours.per_second / its.per_second)
            .collect();
        ratios.sort_by(f64::total_cmp);
        median(&ratios)
    });
    let figures = StoreFigures {
        store: String::new(),
        lots: 0,
        fill_seconds: 0.0,
        page_bytes: page.len(),
        kept_bytes: kept.len(),
        quick_bytes: quick.1.len(),
        kept: spread(&kept_rounds),
        nginx: nginx.as_ref().map(|_| spread(&nginx_rounds)),
        ratio_to_nginx,
        not_modified: spread(&unmodified),
        made: spread(&made),
        made_bare: spread(&bare),
        memory_peak_mib: None,
    };
    Ok((figures, nginx.map(|nginx| nginx.version.clone())))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
