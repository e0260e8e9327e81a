//! `nguon bench trace`: how long it takes to tell what a lot with ten thousand ancestors was made of.
//!
//! ```text
//! harvests ──99 each──▶ 100 sorted lots ──▶ blend ──▶ step 1 ──▶ … ──▶ step 200        (a chain)
//!    └──1,000 in one blend, in parts──▶ packs
//! ```
//!
//! All of it is signed, sent through the same door as a phone's records and judged. A **walk** is what
//! `GET /api/v1/trace/back/…` asks the catalogue for; the **answer** is that request over HTTP, on one connection. The
//! **baseline** reads as many rows by their keys, and walks nowhere.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use nguon_id::LotId;
use nguon_ledger::{Act, OrganisationId, Standing};
use nguon_service::{Clock, Incoming, Service, SystemClock, Trace};
use nguon_storage::Store;
use nguon_trace::facts::{Amount, Facts, Part, Step, What};
use nguon_trace::graph::{Bounds, Direction};
use nguon_trace::quantity::Quantity;
use nguon_web::{Web, server};
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::home::Home;
use super::ingest::{read_answer, settings};
use super::province::ORIGIN;
use super::signer::{Newest, Signed, Signer};
use super::{at_share, forget_peak, now, peak_mib, with_store};
use crate::node;

/// How long it takes to tell what a lot with ten thousand ancestors was made of.
///
/// Makes the lots through the service, then walks back from three of them: a blend of all, a lot at the end of a chain of
/// 200 steps behind that blend, and packs of 1,000 lots in one blend. The baseline in the same run reads as many rows
/// by their keys. The aim is 50 ms for a walk over ten thousand lots.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Ancestors of the blend: harvests, and a hundredth as many sorted lots.
    #[arg(long, default_value_t = 10_000)]
    ancestors: u64,
    /// Walks of each; the median is reported with the 99th of a hundred.
    #[arg(long, default_value_t = 30)]
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
    stores: Vec<StoreFigures>,
}

#[derive(Serialize)]
struct StoreFigures {
    store: String,
    blend: Measured,
    chain: Measured,
    packs: Measured,
    memory_peak_mib: Option<u64>,
}

#[derive(Serialize)]
struct Measured {
    /// Lots that the walk reached, the start included.
    lots: usize,
    steps: u32,
    /// As many rows by their keys, and no walk.
    baseline_p50_ms: f64,
    walk_p50_ms: f64,
    walk_p99_ms: f64,
    /// Over HTTP, with names, shares and links as JSON.
    answer_p50_ms: f64,
    answer_p99_ms: f64,
    answer_kib: usize,
}

/// Harvests that one plot gives.
const HARVESTS_OF_A_PLOT: u64 = 20;
/// Lots that are sorted into one.
const SORTED: usize = 99;
const CHAIN: u64 = 200;
/// Lots in one blend.
const BLENDED: usize = 1_000;
/// Of which one record names so many.
const PART: usize = 200;

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Args { ancestors, rounds, postgres, json } = args;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut figures = Figures { cores, stores: Vec::new() };
    for (name, server) in [("SQLite", None), ("PostgreSQL", postgres)] {
        if name == "PostgreSQL" && server.is_none() {
            eprintln!("  PostgreSQL is left out: no --postgres address");
            continue;
        }
        let measured = with_store(server.as_deref(), 0, |store, folder| {
            measure(name.to_owned(), store, folder, ancestors, rounds.max(1))
        });
        let measured = measured.await?;
        if !json {
            for (what, of) in
                [("blend", &measured.blend), ("chain", &measured.chain), ("packs", &measured.packs)]
            {
                crate::out::line(format!(
                    "  {name:<11} {what}: {:>6} lots in {:>3} steps · walk p50 {:>6.1} p99 {:>6.1} ms · baseline {:>6.1} ms · answer p50 {:>6.1} p99 {:>6.1} ms, {} KiB",
                    of.lots,
                    of.steps,
                    of.walk_p50_ms,
                    of.walk_p99_ms,
                    of.baseline_p50_ms,
                    of.answer_p50_ms,
                    of.answer_p99_ms,
                    of.answer_kib
                ))?;
            }
        }
        figures.stores.push(measured);
    }
    if json {
        crate::out::line(serde_json::to_string_pretty(&figures)?)?;
    }
    Ok(())
}

async fn measure(
    name: String,
    store: Arc<dyn Store>,
    folder: PathBuf,
    ancestors: u64,
    rounds: usize,
) -> anyhow::Result<StoreFigures> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mut settings = settings(&folder, address);
    ORIGIN.clone_into(&mut settings.origin);
    let service = Arc::new(node::start(&settings, store.clone(), Arc::new(SystemClock)).await?);
    let mut maker = Maker::begin(&service).await?;
    let starts = maker.lots(ancestors).await?;
    service.settle().await;

    let web = Web::new(nguon_web::Settings {
        service: service.clone(),
        metrics: nguon_web::metrics::builder()?.build_recorder().handle(),
        independent_witnesses: Vec::new(),
        limits: nguon_web::WorkLimits::default(),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server::serve(listener, web.router(), server::Limits::default(), async {
        drop(stopped.await);
    }));
    forget_peak();
    let mut measured = Vec::new();
    for start in &starts {
        measured.push(walk(&service, &*store, address, start, rounds).await?);
    }
    let memory_peak_mib = peak_mib();
    let _ = stop.send(());
    serving.await?;
    web.finished().await;
    drop(maker);
    if let Ok(service) = Arc::try_unwrap(service) {
        service.stop().await;
    }
    let [blend, chain, packs] = <[Measured; 3]>::try_from(measured).ok().context("three starts")?;
    Ok(StoreFigures { store: name, blend, chain, packs, memory_peak_mib })
}

async fn walk(
    service: &Service,
    store: &dyn Store,
    address: std::net::SocketAddr,
    start: &str,
    rounds: usize,
) -> anyhow::Result<Measured> {
    let id = LotId::from_uri(start)?;
    let (mut walks, mut baselines, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut reached, mut most_steps, mut bytes) = (Vec::new(), 0, 0);
    let request = format!("GET /api/v1/trace/back{} HTTP/1.1\r\nhost: bench\r\n\r\n", id.path());
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    for _ in 0..rounds {
        let begun = now();
        let walked = service.catalogue().trace(&id, Direction::Back, Bounds::ALL).await?;
        walks.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let Some(Trace::Walked { lots, cut_off: false, .. }) = walked else {
            bail!("no whole walk from {start}")
        };
        ensure!(
            lots.iter()
                .all(|lot| lot.brief.is_some() && lot.share_millionths.is_some() && lot.maker.is_some()),
            "a lot of the walk is not known"
        );
        most_steps = lots.iter().map(|lot| lot.steps).max().unwrap_or(0);
        reached = lots.into_iter().map(|lot| lot.uri).collect();

        let keys: Vec<&str> = reached.iter().map(String::as_str).collect();
        let begun = now();
        let read = store.reader().await?.lot_briefs(&keys).await?;
        baselines.push(begun.elapsed().as_secs_f64() * 1_000.0);
        ensure!(read.lines().count() == keys.len(), "a row is missing");

        let begun = now();
        stream.write_all(request.as_bytes()).await?;
        let status = read_answer(&mut stream, &mut buffer).await?;
        answers.push(begun.elapsed().as_secs_f64() * 1_000.0);
        ensure!(status == 200, "answered {status}");
        bytes = buffer.len();
    }
    for times in [&mut walks, &mut baselines, &mut answers] {
        times.sort_by(f64::total_cmp);
    }
    Ok(Measured {
        lots: reached.len(),
        steps: most_steps,
        baseline_p50_ms: at_share(&baselines, 0.5),
        walk_p50_ms: at_share(&walks, 0.5),
        walk_p99_ms: at_share(&walks, 0.99),
        answer_p50_ms: at_share(&answers, 0.5),
        answer_p99_ms: at_share(&answers, 0.99),
        answer_kib: bytes / 1024,
    })
}

/// A co-operative that makes the lots: its root signs everything.
struct Maker<'a> {
    service: &'a Service,
    root: Signer,
    newest: Newest,
    home: Home,
    waiting: Vec<Incoming>,
}

impl<'a> Maker<'a> {
    async fn begin(service: &'a Service) -> anyhow::Result<Self> {
        let time_ms = SystemClock.now_ms();
        let root = Signer::new("maker", service.ledger_id(), OrganisationId::ZERO);
        let home = Home { n: 0, own: String::new(), time_ms };
        let mut maker = Self { service, root, newest: Newest::new(), home, waiting: Vec::new() };
        let genesis = maker.root.genesis("the root after it", time_ms)?;
        maker.send(genesis).await?;
        maker.flush().await?;
        let organisation = maker.root.organisation();
        maker.home.own = nguon_trace::facts::organisation_urn(&organisation.to_string());
        let bits = Standing::PRODUCER;
        service.act(nguon_service::OperatorAct::Standing { organisation, bits, reason: 1 }).await?;
        for card in [
            maker.home.organisation()?,
            maker.home.product(&maker.home.loose(), Quantity::grams(1_000))?,
            maker.home.product(&maker.home.packed(), Quantity::grams(500))?,
        ] {
            maker.say(Act::Commerce, card).await?;
        }
        Ok(maker)
    }

    /// Makes all lots; answers the three from which walks begin.
    async fn lots(&mut self, ancestors: u64) -> anyhow::Result<Vec<String>> {
        let sorted = (ancestors / (SORTED as u64 + 1)).max(1);
        let mut harvests = Vec::new();
        for n in 0..sorted * SORTED as u64 {
            let plot = n / HARVESTS_OF_A_PLOT;
            if n % HARVESTS_OF_A_PLOT == 0 {
                let card = self.home.plot_card(plot)?;
                self.say(Act::Diary, card).await?;
            }
            let number = format!("H{n}");
            let lot = self.home.lot(&self.home.loose(), &number);
            let harvest = self.home.harvest(plot, 0, &number, lot.clone(), 50_000);
            self.say(Act::Lot, Facts::Event(Box::new(harvest))).await?;
            harvests.push(lot);
        }
        let mut sorted = Vec::new();
        for (n, lots) in harvests.chunks(SORTED).enumerate() {
            let lot = self.home.lot(&self.home.loose(), &format!("S{n}"));
            self.make(Step::Sorting, lots, 20_000, &lot, None).await?;
            sorted.push(lot);
        }
        let blend = self.home.lot(&self.home.loose(), "BLEND");
        self.make(Step::Processing, &sorted, 500_000, &blend, None).await?;
        let mut last = blend.clone();
        for n in 0..CHAIN {
            let next = self.home.lot(&self.home.loose(), &format!("C{n}"));
            self.make(Step::Handling, std::slice::from_ref(&last), 1_000, &next, None).await?;
            last = next;
        }
        let packs = self.home.lot(&self.home.packed(), "PACKS");
        let blended = &harvests[..BLENDED.min(harvests.len())];
        let of = u16::try_from(blended.len().div_ceil(PART))?;
        for (number, lots) in (1..).zip(blended.chunks(PART)) {
            self.make(Step::Packing, lots, 20_000, &packs, Some(Part { number, of })).await?;
        }
        self.flush().await?;
        Ok(vec![blend, last, packs])
    }

    /// Makes a lot of so many grams of each of these.
    async fn make(
        &mut self,
        step: Step,
        of: &[String],
        grams: u64,
        lot: &str,
        part: Option<Part>,
    ) -> anyhow::Result<()> {
        let inputs = of.iter().map(|lot| Amount::of(lot, Quantity::grams(grams))).collect();
        let made = grams * u64::try_from(of.len())?;
        let output = match part {
            Some(_) => Amount::of(lot, Quantity::pieces(made / 500)),
            None => Amount::of(lot, Quantity::grams(made)),
        };
        let mut event = self.home.made(step, inputs, output);
        event.part = part;
        if let (Some(_), What::Transformation { process, .. }) = (part, &mut event.what) {
            *process = Some(format!("{lot}/blend"));
        }
        self.say(Act::Lot, Facts::Event(Box::new(event))).await
    }

    async fn say(&mut self, act: Act, facts: Facts) -> anyhow::Result<()> {
        let signed = self.root.say(act, facts, None, &mut self.newest, self.home.time_ms)?;
        self.send(signed).await
    }

    async fn send(&mut self, signed: Signed) -> anyhow::Result<()> {
        let Signed { record, openings } = signed;
        let openings = openings.into_iter().map(|opening| (opening.salt, opening.payload)).collect();
        self.waiting.push(Incoming { record: record.as_bytes().to_vec(), openings });
        if self.waiting.len() >= 500 { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        for one in self.service.submit(std::mem::take(&mut self.waiting)).await {
            one.answer.context("a record was not taken")?;
        }
        Ok(())
    }
}
