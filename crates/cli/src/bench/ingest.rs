//! `nguon bench ingest`: durable, verified records a second through HTTP, beside a bare server in the same run.
//!
//! The **baseline** is as little as a durable ledger can do over HTTP: a hyper server that reads a body, checks its
//! signature with `verify_strict`, hands it to one writer that groups what waits into one insert, and answers when the
//! commit is durable. **nguon** is the whole service: JSON, openings, authority, chains, tree, published files, witness and
//! read models. Both store through the same code, and the load comes from the same cores.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::{LedgerId, PublicKey, Record, VerifyingKey};
use nguon_service::SystemClock;
use nguon_storage::{RecordRow, Store};
use nguon_web::{Web, server};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::phones::{Fleet, each_phone, requests};
use super::{now, with_store};
use crate::node;
use crate::settings::Settings;

/// Records a second that are verified, durable and answered, and how long a phone waits.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Connections, each sending its own phone's chain, one record after the other.
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Seconds of one round.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds of each; the median is reported with its spread.
    #[arg(long, default_value_t = 3)]
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
    seconds: u64,
    stores: Vec<StoreFigures>,
}

#[derive(Serialize)]
struct StoreFigures {
    store: String,
    baseline: Spread,
    nguon: Spread,
    /// Median of nguon over median of the baseline.
    ratio: f64,
}

#[derive(Serialize)]
struct Spread {
    records_per_second: f64,
    records_per_second_min: f64,
    records_per_second_max: f64,
    latency_p50_ms: f64,
    latency_p99_ms: f64,
    /// Seconds from the last answer until read models and published files had caught up.
    catch_up_seconds: f64,
}

struct Round {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    catch_up_s: f64,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Args { connections, seconds, rounds, postgres, json } = args;
    let mut figures = Figures {
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        connections,
        seconds,
        stores: Vec::new(),
    };
    let servers = [("SQLite", None), ("PostgreSQL", postgres)];
    for (name, server) in servers {
        if name == "PostgreSQL" && server.is_none() {
            eprintln!("  PostgreSQL is left out: no --postgres address");
            continue;
        }
        let (mut bare, mut whole) = (Vec::new(), Vec::new());
        for round in 0..rounds.max(1) {
            let load = Duration::from_secs(seconds);
            bare.push(
                with_store(server.as_deref(), round, |store, _| baseline(store, connections, load)).await?,
            );
            whole.push(
                with_store(server.as_deref(), round, |store, folder| nguon(store, folder, connections, load))
                    .await?,
            );
            if !json {
                let (bare, whole) = (&bare[round], &whole[round]);
                crate::out::line(format!(
                    "  {name:<11} vòng {}  nền {:>7.0}/s p99 {:>6.1} ms   nguon {:>7.0}/s p50 {:>5.1} p99 {:>6.1} ms  bắt kịp {:.1} s",
                    round + 1,
                    bare.per_second,
                    bare.p99_ms,
                    whole.per_second,
                    whole.p50_ms,
                    whole.p99_ms,
                    whole.catch_up_s
                ))?;
            }
        }
        let (baseline, nguon) = (spread(&bare), spread(&whole));
        let ratio = nguon.records_per_second / baseline.records_per_second;
        figures.stores.push(StoreFigures { store: name.to_owned(), baseline, nguon, ratio });
    }
    if json {
        crate::out::line(serde_json::to_string_pretty(&figures)?)?;
    } else {
        for one in &figures.stores {
            crate::out::line(format!(
                "  {:<11} nguon {:.0}/s [{:.0}..{:.0}], p99 {:.1} ms = {:.2} × nền · baseline {:.0}/s [{:.0}..{:.0}]",
                one.store,
                one.nguon.records_per_second,
                one.nguon.records_per_second_min,
                one.nguon.records_per_second_max,
                one.nguon.latency_p99_ms,
                one.ratio,
                one.baseline.records_per_second,
                one.baseline.records_per_second_min,
                one.baseline.records_per_second_max,
            ))?;
        }
    }
    Ok(())
}

fn spread(rounds: &[Round]) -> Spread {
    let of = |value: fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[0], values[values.len() - 1])
    };
    let (median, min, max) = of(|round| round.per_second);
    Spread {
        records_per_second: median,
        records_per_second_min: min,
        records_per_second_max: max,
        latency_p50_ms: of(|round| round.p50_ms).0,
        latency_p99_ms: of(|round| round.p99_ms).0,
        catch_up_seconds: of(|round| round.catch_up_s).0,
    }
}

async fn nguon(
    store: Arc<dyn Store>,
    folder: std::path::PathBuf,
    connections: usize,
    load: Duration,
) -> anyhow::Result<Round> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let settings = settings(&folder, address);
    let service = Arc::new(node::start(&settings, store, Arc::new(SystemClock)).await?);
    let mut fleet = Fleet::new(service.ledger_id(), connections)?;
    for (n, one) in service.submit(fleet.enrolment()?).await.into_iter().enumerate() {
        one.answer.with_context(|| format!("enrolling device {n}"))?;
    }
    let (organisation, bits) = (fleet.organisation, nguon_ledger::Standing::PRODUCER);
    service.act(nguon_service::OperatorAct::Standing { organisation, bits, reason: 1 }).await?;
    let requests = requests(
        &mut fleet,
        each_phone(connections, load),
        |record, opening| {
            let body = format!(
                r#"{{"records":[{{"record":"{}","openings":[{{"salt":"{}","payload":"{}"}}]}}]}}"#,
                STANDARD.encode(record.as_bytes()),
                hex::encode(opening.salt),
                STANDARD.encode(&opening.payload)
            );
            (body.into_bytes(), "application/json")
        },
        "/api/v1/records",
    )?;
    let metrics = nguon_web::metrics::builder()?.build_recorder().handle();
    let limits = nguon_web::WorkLimits::default();
    let web = Web::new(nguon_web::Settings {
        service: service.clone(),
        metrics,
        independent_witnesses: Vec::new(),
        limits,
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let caps = server::Limits {
        connections: connections + 16,
        connections_per_address: connections + 16,
        ..server::Limits::default()
    };
    let serving = tokio::spawn(server::serve(listener, web.router(), caps, async {
        drop(stopped.await);
    }));
    let mut round = fire(address, requests, load).await?;
    let since = now();
    service.settle().await;
    round.catch_up_s = since.elapsed().as_secs_f64();
    let _ = stop.send(());
    serving.await?;
    web.finished().await;
    if let Ok(service) = Arc::try_unwrap(service) {
        service.stop().await;
    }
    Ok(round)
}

pub(super) fn settings(folder: &Path, listen: std::net::SocketAddr) -> Settings {
    Settings {
        origin: "nguon.example/bench".to_owned(),
        public_base_url: format!("http://{listen}"),
        operator_name: "bench".to_owned(),
        database: String::new(),
        public_dir: folder.join("public"),
        key_dir: folder.join("keys"),
        listen,
        metrics_listen: None,
        page_memory_mib: crate::settings::PAGE_MEMORY_MIB,
        contact_days: nguon_service::reports::CONTACT_DAYS,
        longest_silence_ms: i64::MAX,
        webhook_networks: Vec::new(),
    }
}

/// A record and the sender that answers it.
type Waiting = (RecordRow, oneshot::Sender<bool>);

async fn baseline(store: Arc<dyn Store>, connections: usize, load: Duration) -> anyhow::Result<Round> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mut fleet = Fleet::new(LedgerId::from_bytes([1; 32]), connections)?;
    let keys: std::collections::HashMap<PublicKey, VerifyingKey> = fleet
        .phones
        .iter()
        .filter_map(|phone| Some((phone.key.public(), phone.key.public().check_enrolment().ok()?)))
        .collect();
    let requests = requests(
        &mut fleet,
        each_phone(connections, load),
        |record, opening| {
            let mut body = record.as_bytes().to_vec();
            let length = u32::try_from(body.len()).unwrap_or(0);
            body.splice(0..0, length.to_be_bytes());
            body.extend_from_slice(&opening.payload);
            (body, "application/octet-stream")
        },
        "/",
    )?;
    let (queue, waiting) = mpsc::channel::<Waiting>(4_096);
    let writer = tokio::spawn(write_groups(store, waiting));
    let (stop, stopped) = oneshot::channel::<()>();
    let accepting = tokio::spawn(accept(listener, Arc::new(keys), queue, stopped));
    let round = fire(address, requests, load).await?;
    let _ = stop.send(());
    accepting.await?;
    writer.await??;
    Ok(round)
}

async fn accept(
    listener: TcpListener,
    keys: Arc<std::collections::HashMap<PublicKey, VerifyingKey>>,
    queue: mpsc::Sender<Waiting>,
    mut stopped: oneshot::Receiver<()>,
) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => return,
        };
        let Ok((stream, _)) = stream else { continue };
        drop(stream.set_nodelay(true));
        let (keys, queue) = (keys.clone(), queue.clone());
        tokio::spawn(async move {
            let answer = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let (keys, queue) = (keys.clone(), queue.clone());
                async move {
                    use http_body_util::BodyExt;
                    let body = request.into_body().collect().await?.to_bytes();
                    let stored = store_one(&keys, &queue, &body).await;
                    let status = if stored { 201 } else { 400 };
                    let mut answer = hyper::Response::new(http_body_util::Full::new(
                        hyper::body::Bytes::from_static(b"{}"),
                    ));
                    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
                    Ok::<_, hyper::Error>(answer)
                }
            });
            let io = hyper_util::rt::TokioIo::new(stream);
            drop(hyper::server::conn::http1::Builder::new().serve_connection(io, answer).await);
        });
    }
}

async fn store_one(
    keys: &std::collections::HashMap<PublicKey, VerifyingKey>,
    queue: &mpsc::Sender<Waiting>,
    body: &[u8],
) -> bool {
    let Some((length, rest)) = body.split_first_chunk::<4>() else { return false };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let Some(Ok(record)) = rest.get(..length).map(Record::parse) else { return false };
    let verified = keys.get(&record.author()).is_some_and(|key| record.verify(key).is_ok());
    if !verified {
        return false;
    }
    let row = RecordRow {
        log_index: 0,
        organisation_id: record.organisation().as_bytes().to_vec(),
        author: record.author().as_bytes().to_vec(),
        seq: record.seq().cast_signed(),
        disputed: false,
        kind: record.kind() as i64,
        event_id: record.event_id().as_bytes().to_vec(),
        bytes: rest.to_vec(),
    };
    let (done, answer) = oneshot::channel();
    queue.send((row, done)).await.is_ok() && answer.await.unwrap_or(false)
}

async fn write_groups(store: Arc<dyn Store>, mut waiting: mpsc::Receiver<Waiting>) -> anyhow::Result<()> {
    let mut next = 0;
    while let Some(first) = waiting.recv().await {
        let mut group = vec![first];
        while group.len() < 512 {
            let Ok(more) = waiting.try_recv() else { break };
            group.push(more);
        }
        let (mut rows, answers): (Vec<RecordRow>, Vec<_>) = group.into_iter().unzip();
        for row in &mut rows {
            row.log_index = next;
            next += 1;
        }
        let mut unit = store.unit().await?;
        unit.insert_records(&rows).await?;
        unit.save().await?;
        for answer in answers {
            let _ = answer.send(true);
        }
    }
    Ok(())
}

/// Sends each phone's chain over its own connection until the time is over, and times every answer.
async fn fire(
    address: std::net::SocketAddr,
    requests: Vec<Vec<Vec<u8>>>,
    load: Duration,
) -> anyhow::Result<Round> {
    let over = Arc::new(AtomicBool::new(false));
    let start = now();
    let tasks: Vec<_> = requests
        .into_iter()
        .map(|chain| {
            let over = over.clone();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let mut latencies = Vec::with_capacity(chain.len());
                let mut buffer = Vec::with_capacity(4_096);
                for request in chain {
                    if over.load(Ordering::Relaxed) {
                        return Ok(latencies);
                    }
                    let sent = now();
                    stream.write_all(&request).await?;
                    let status = read_answer(&mut stream, &mut buffer).await?;
                    if status != 201 {
                        bail!("a record was answered {status}: {}", String::from_utf8_lossy(&buffer));
                    }
                    latencies.push(sent.elapsed());
                }
                bail!("the records signed beforehand ran out: this machine is faster than expected")
            })
        })
        .collect();
    tokio::time::sleep(load).await;
    over.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    let took = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
        let place = ((latencies.len() as f64) * share) as usize;
        latencies
            .get(place.min(latencies.len().saturating_sub(1)))
            .map_or(0.0, |one| one.as_secs_f64() * 1000.0)
    };
    Ok(Round {
        per_second: latencies.len() as f64 / took,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        catch_up_s: 0.0,
    })
}

/// Reads one answer of a keep-alive connection; its bytes are left in the buffer.
pub(super) async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<u16> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end])?;
        let status = head.get(9..12).and_then(|status| status.parse().ok()).context("no status line")?;
        let length: usize = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            // An answer of this status has no body (RFC 9110, section 15.4.5).
            .or((status == 304).then_some(0))
            .context("no content-length")?;
        while buffer.len() < end + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        return Ok(status);
    }
}
