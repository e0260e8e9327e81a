//! Whoever asks: so many connections that are kept open, each with one question at a time, on a thread of their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::super::ingest::read_answer;
use super::super::{at_share, now};

/// How hard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) connections: usize,
    pub(super) time: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// The request that is asked as the n-th.
pub(super) type Asked = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// A request as a phone's browser sends it.
pub(super) fn request(path: &str, coding: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: bench\r\nuser-agent: Mozilla/5.0 (Linux; Android 10)\r\naccept: text/html,application/xhtml+xml,*/*;q=0.8\r\naccept-language: vi,en;q=0.5\r\naccept-encoding: {coding}\r\n\r\n"
    )
    .into_bytes()
}

/// Asks until the time is over. Every answer must have this status.
pub(super) async fn fire(
    address: SocketAddr,
    load: Load,
    asked: Asked,
    status: u16,
) -> anyhow::Result<Round> {
    let firing = tokio::task::spawn_blocking(move || {
        // A runtime of its own: what asks takes no turn of what answers.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(all(address, load, asked, status))
    });
    firing.await?
}

async fn all(address: SocketAddr, load: Load, asked: Asked, status: u16) -> anyhow::Result<Round> {
    let (over, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let begun = now();
    let lines: Vec<_> = (0..load.connections)
        .map(|_| tokio::spawn(one(address, over.clone(), next.clone(), asked.clone(), status)))
        .collect();
    tokio::time::sleep(load.time).await;
    over.store(true, Ordering::Relaxed);
    let mut times_ms = Vec::new();
    for line in lines {
        times_ms.extend(line.await??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    times_ms.sort_by(f64::total_cmp);
    ensure!(!times_ms.is_empty(), "nothing was answered");
    Ok(Round {
        per_second: times_ms.len() as f64 / seconds,
        p50_ms: at_share(&times_ms, 0.5),
        p99_ms: at_share(&times_ms, 0.99),
    })
}

async fn one(
    address: SocketAddr,
    over: Arc<AtomicBool>,
    next: Arc<AtomicU64>,
    asked: Asked,
    expected: u16,
) -> anyhow::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut times_ms, mut buffer) = (Vec::with_capacity(1 << 16), Vec::with_capacity(1 << 16));
    while !over.load(Ordering::Relaxed) {
        let request = asked(next.fetch_add(1, Ordering::Relaxed));
        let begun = now();
        stream.write_all(&request).await?;
        let status = read_answer(&mut stream, &mut buffer).await?;
        times_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
        ensure!(status == expected, "answered {status}: {}", String::from_utf8_lossy(&buffer));
    }
    Ok(times_ms)
}

/// One question: the head and the body of its answer.
pub(super) async fn ask(address: SocketAddr, request: &[u8]) -> anyhow::Result<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut buffer = Vec::new();
    let status = read_answer(&mut stream, &mut buffer).await?;
    ensure!(status == 200, "answered {status}: {}", String::from_utf8_lossy(&buffer));
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n").context("no end of the head")?;
    Ok((String::from_utf8(buffer[..end].to_vec())?, buffer[end + 4..].to_vec()))
}
