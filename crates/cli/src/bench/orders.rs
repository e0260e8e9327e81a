//! `nguon bench orders`: orders a second and how long a buyer waits, beside a bare conditional update in the same run.
//!
//! ```text
//! hot        everybody orders from one listing on one lot: the worst case of contention
//! spread     each order goes to one of a thousand listings, each on a lot of its own
//! bare       UPDATE stock SET taken = taken + 1 WHERE … AND supply - taken >= 1, in a transaction of its own: what any shop must do
//! ```
//!
//! An order is a plan, and in one transaction the order with line, lot and step, two conditional updates and what webhooks say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use nguon_market::{Measure, Profile, Unit};
use nguon_service::SystemClock;
use nguon_service::orders::{NewLine, NewOrder, Orders};
use nguon_storage::{StockKey, StockRow, Store};

use super::{at_share, now, with_store};
use crate::out;

/// Measures orders.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Buyers at the same time.
    #[arg(long, default_value_t = 64)]
    buyers: usize,
    /// A PostgreSQL server on which databases may be made; SQLite is always measured.
    #[arg(long, env = "NGUON_TEST_POSTGRES", value_name = "ADDRESS", hide_env_values = true)]
    postgres: Option<String>,
}

const SELLER: [u8; 32] = [1; 32];
const LISTINGS: u64 = 1_000;

fn listing(n: u64) -> String {
    format!("https://bench.example/l/{n}")
}

fn lot(n: u64) -> String {
    format!("https://bench.example/p/khay/l/{n}")
}

fn rows() -> Vec<StockRow> {
    let row = |uri: String, kind: &str, epoch: &str, detail: String| StockRow {
        organisation_id: SELLER.to_vec(),
        uri,
        kind: kind.to_owned(),
        unit: "piece".to_owned(),
        supply: 1_000_000_000,
        taken: 0,
        epoch: epoch.to_owned(),
        standing: "for_sale".to_owned(),
        from_ms: 0,
        until_ms: i64::MAX,
        price_dong: 25_000,
        price_per: 1,
        detail,
        told: String::new(),
    };
    let detail = |n: u64| {
        format!(
            "{{\"lots\":[\"{}\"],\"product\":\"p\",\"title\":\"Cà chua\",\"category\":\"tomato\",\"price_unit\":\"piece\",\
             \"certificate_ended\":false,\"min_order\":0}}",
            lot(n)
        )
    };
    (0..LISTINGS)
        .flat_map(|n| [row(lot(n), "lot", "", String::new()), row(listing(n), "listing", "e", detail(n))])
        .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    Bare,
    Hot,
    Spread,
}

impl Load {
    fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare update",
            Self::Hot => "orders, one lot",
            Self::Spread => "orders, 1000 lots",
        }
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    out::line(format!("{} buyers at once, {} s each", args.buyers, args.seconds))?;
    out::line(format!(
        "{:<12} {:<18} {:>10} {:>10} {:>10} {:>10}",
        "", "", "a second", "p50 ms", "p99 ms", "of bare"
    ))?;
    let servers: Vec<Option<&str>> = [None].into_iter().chain(args.postgres.as_deref().map(Some)).collect();
    for (round, server) in servers.into_iter().enumerate() {
        with_store(server, round, |store, _| measure(store, &args)).await?;
    }
    Ok(())
}

async fn measure(store: Arc<dyn Store>, args: &Args) -> anyhow::Result<()> {
    let mut bare = 0.0;
    for load in [Load::Bare, Load::Hot, Load::Spread] {
        let mut unit = store.unit().await?;
        unit.put_stock(&rows()).await?;
        unit.save().await?;
        let before = taken(&store).await?;
        let mut waits = play(&store, load, args).await?;
        let done = waits.len();
        // Lots and listings: each order takes of both, the bare update of one.
        let expected = if load == Load::Bare { done } else { 2 * done };
        let sold = taken(&store).await? - before;
        ensure!(u64::try_from(sold)? == u64::try_from(expected)?, "{sold} taken for {expected}");
        waits.sort_by(f64::total_cmp);
        let rate = done as f64 / args.seconds as f64;
        if load == Load::Bare {
            bare = rate;
        }
        let describe = store.describe().split('.').next().unwrap_or_default().to_owned();
        out::line(format!(
            "{describe:<12} {:<18} {rate:>10.0} {:>10.1} {:>10.1} {:>9.0}%",
            load.name(),
            at_share(&waits, 0.5),
            at_share(&waits, 0.99),
            if bare > 0.0 { rate / bare * 100.0 } else { 0.0 }
        ))?;
    }
    store.close().await;
    Ok(())
}

async fn taken(store: &Arc<dyn Store>) -> anyhow::Result<i64> {
    let mut after = (Vec::new(), String::new());
    let mut sum = 0;
    loop {
        let page = store.reader().await?.list_stock((&after.0, &after.1), 1_000).await?;
        let Some(last) = page.last() else { return Ok(sum) };
        after = (last.organisation_id.clone(), last.uri.clone());
        sum += page.iter().map(|row| row.taken).sum::<i64>();
    }
}

/// How long each took, in milliseconds.
async fn play(store: &Arc<dyn Store>, load: Load, args: &Args) -> anyhow::Result<Vec<f64>> {
    let orders = Arc::new(Orders::desk(store.clone(), Arc::new(SystemClock)));
    let next = Arc::new(AtomicU64::new(0));
    let end = now() + Duration::from_secs(args.seconds);
    let mut buyers = Vec::new();
    for _ in 0..args.buyers {
        let (store, orders, next) = (store.clone(), orders.clone(), next.clone());
        buyers.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            while now() < end {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let begun = now();
                if load == Load::Bare {
                    let key =
                        StockKey { organisation_id: SELLER.to_vec(), uri: lot(0), epoch: String::new() };
                    let mut unit = store.unit().await?;
                    ensure!(unit.take_stock(&key, 1, 1).await?, "there is enough");
                    unit.save().await?;
                } else {
                    let place = if load == Load::Hot { 0 } else { n % LISTINGS };
                    let order = NewOrder {
                        exchange: "bench".to_owned(),
                        reference: format!("{}-{n}", load.name().len()),
                        lines: vec![NewLine {
                            listing: listing(place),
                            quantity: Measure { value: 1, unit: Unit::Piece },
                            price_vnd: None,
                        }],
                        partial: false,
                        confirm: false,
                        hold_ms: None,
                        idempotency_key: None,
                    };
                    orders.reserve(&order, &Profile::default()).await?;
                }
                waits.push(begun.elapsed().as_secs_f64() * 1_000.0);
            }
            Ok::<_, anyhow::Error>(waits)
        }));
    }
    let mut all = Vec::new();
    for buyer in buyers {
        all.extend(buyer.await??);
    }
    Ok(all)
}
