//! `nguon bench feed`: what a snapshot and the change feed cost.
//!
//! - **snapshot**: every listing written in a form, megabytes a second, and the memory it takes. The baseline, in the same run, reads the very
//!   rows in the same steps and puts their text one after the other: what no form can beat.
//! - **nothing new**: a poll that finds nothing, one after the other.
//! - **one in a hundred changed**: the pages that a reader must take then.
//! - **the same again**: whether a snapshot changed (its ETag), as it costs before a 304.
//!
//! Listings are rows as the projector writes them; no record stands behind them, and nothing here reads records.

use std::sync::Arc;
use std::time::Duration;

use nguon_market::form::Form;
use nguon_market::{
    Change, Digest, FeedItem, LotRef, Measure, Organisation, Origin, PriceVnd, ProductKey, Profile, Status,
    Unit,
};
use nguon_service::feeds::{PAGE_MAX, Selection};
use nguon_service::{Service, SystemClock};
use nguon_storage::{FeedRow, Store};
use serde::Serialize;

use super::ingest::settings;
use super::{at_share, forget_peak, now, peak_mib, with_store};
use crate::node;

/// What a snapshot and the change feed cost, beside reading the same rows and nothing else.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Listings on offer.
    #[arg(long, default_value_t = 100_000)]
    listings: u64,
    /// Polls that find nothing.
    #[arg(long, default_value_t = 2_000)]
    polls: u64,
    /// A PostgreSQL server on which databases may be made and removed; SQLite alone without it.
    #[arg(long, env = "NGUON_TEST_POSTGRES", value_name = "ADDRESS", hide_env_values = true)]
    postgres: Option<String>,
    /// The figures as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Figures {
    store: &'static str,
    listings: u64,
    /// Reading the rows in the same steps, and nothing else.
    baseline_mb_per_second: f64,
    snapshots: Vec<Snapshot>,
    nothing_new_per_second: f64,
    nothing_new_p99_ms: f64,
    changed: u64,
    changed_ms: f64,
    changed_mb_per_second: f64,
    tag_first_ms: f64,
    tag_again_ms: f64,
}

#[derive(Serialize)]
struct Snapshot {
    form: &'static str,
    megabytes: f64,
    seconds: f64,
    mb_per_second: f64,
    /// Memory at its highest while it was written, above what there was before; none where the system does not say.
    memory_mib: Option<u64>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for (name, server) in [("SQLite", None), ("PostgreSQL", args.postgres.as_deref())] {
        if name == "PostgreSQL" && server.is_none() {
            eprintln!("  PostgreSQL is left out: no --postgres address");
            continue;
        }
        let args = &args;
        let measured =
            with_store(server, 0, |store, folder| async move { measure(name, store, &folder, args).await });
        let figures = measured.await?;
        if !args.json {
            report(&figures)?;
        }
        all.push(figures);
    }
    if args.json {
        crate::out::line(serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

fn report(of: &Figures) -> anyhow::Result<()> {
    let line = |text: String| crate::out::line(format!("  {:<11} {text}", of.store));
    line(format!("{} listings · rows alone {:.0} MB/s", of.listings, of.baseline_mb_per_second))?;
    for snapshot in &of.snapshots {
        line(format!(
            "snapshot {:<18} {:>5.0} MB in {:>5.2} s · {:>4.0} MB/s · {} MiB above rest",
            snapshot.form,
            snapshot.megabytes,
            snapshot.seconds,
            snapshot.mb_per_second,
            snapshot.memory_mib.map_or("?".to_owned(), |mib| mib.to_string())
        ))?;
    }
    line(format!("nothing new {:.0}/s, p99 {:.2} ms", of.nothing_new_per_second, of.nothing_new_p99_ms))?;
    line(format!("{} changed: {:.0} ms, {:.0} MB/s", of.changed, of.changed_ms, of.changed_mb_per_second))?;
    line(format!("ETag the first time {:.0} ms, again {:.2} ms", of.tag_first_ms, of.tag_again_ms))?;
    Ok(())
}

async fn measure(
    name: &'static str,
    store: Arc<dyn Store>,
    folder: &std::path::Path,
    args: &Args,
) -> anyhow::Result<Figures> {
    let settings = settings(folder, "127.0.0.1:0".parse()?);
    let service = node::start(&settings, store.clone(), Arc::new(SystemClock)).await?;
    let until = jiff::Timestamp::from_millisecond(service.now_ms() + 30 * 86_400_000)?;
    // The genesis is entry 0: rows below the log's size are as good as projected ones.
    for some in (0..args.listings).collect::<Vec<_>>().chunks(5_000) {
        append(&*store, some.iter().copied(), (0, 0), until).await?;
    }
    let begun = now();
    let mut bytes = 0_usize;
    let mut after = String::new();
    loop {
        let rows = store.reader().await?.feed_by_listing(&after, 500).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.listing_uri);
        bytes += rows.iter().map(|row| row.change.len() + 1).sum::<usize>();
    }
    let baseline_mb_per_second = megabytes(bytes) / begun.elapsed().as_secs_f64();

    let profile = Arc::new(Profile::default());
    let mut snapshots = Vec::new();
    for form in [Form::Json, Form::JsonLines, Form::Csv, Form::GoogleXml, Form::SchemaOrg] {
        snapshots.push(snapshot(&service, form, &profile).await?);
    }
    let feeds = service.feeds();
    let first = now();
    feeds.tag(Some(&profile), &Selection::default(), "listings.json").await?;
    let tag_first_ms = milliseconds(first.elapsed());
    let again = now();
    feeds.tag(Some(&profile), &Selection::default(), "listings.json").await?;
    let tag_again_ms = milliseconds(again.elapsed());

    let at_end = feeds.begin(None, Selection::default()).await?.next;
    let mut waits = Vec::new();
    let polling = now();
    for _ in 0..args.polls {
        let one = now();
        let page = feeds.changes(Some(&profile), at_end, PAGE_MAX).await?;
        anyhow::ensure!(page.items.is_empty(), "something is new");
        waits.push(milliseconds(one.elapsed()));
    }
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let nothing_new_per_second = args.polls as f64 / polling.elapsed().as_secs_f64();
    waits.sort_by(f64::total_cmp);

    let changed = (args.listings / 100).max(1);
    let next_position = i64::from(at_end.position) + 1;
    append(&*store, (0..changed).map(|n| n * 100), (0, next_position), until).await?;
    let taking = now();
    let (mut cursor, mut told, mut bytes) = (at_end, 0_u64, 0);
    loop {
        let page = feeds.changes(Some(&profile), cursor, PAGE_MAX).await?;
        bytes += serde_json::to_vec(&page)?.len();
        told += page.items.len() as u64;
        cursor = page.next;
        if !page.has_more {
            break;
        }
    }
    let took = taking.elapsed();
    anyhow::ensure!(told == changed, "{told} changes were told of {changed}");
    let figures = Figures {
        store: name,
        listings: args.listings,
        baseline_mb_per_second,
        snapshots,
        nothing_new_per_second,
        nothing_new_p99_ms: at_share(&waits, 0.99),
        changed,
        changed_ms: milliseconds(took),
        changed_mb_per_second: megabytes(bytes) / took.as_secs_f64(),
        tag_first_ms,
        tag_again_ms,
    };
    service.stop().await;
    Ok(figures)
}

async fn snapshot(service: &Service, form: Form, profile: &Arc<Profile>) -> anyhow::Result<Snapshot> {
    let rest = peak_now();
    forget_peak();
    let begun = now();
    let feeds = service.feeds();
    let mut walk = feeds.begin(Some(profile.clone()), Selection::default()).await?;
    let mut writer = feeds.writer(form, &walk);
    let (mut out, mut bytes) = (Vec::new(), 0);
    writer.begin(&mut out);
    while let Some(items) = feeds.step(&mut walk).await? {
        for item in &items {
            let shown = item.shown.clone().unwrap_or_else(|| profile.show(item));
            writer.item(item, &shown, &mut out);
        }
        bytes += out.len();
        out.clear();
    }
    writer.end(&mut out);
    bytes += out.len();
    let seconds = begun.elapsed().as_secs_f64();
    let memory_mib = peak_mib().zip(rest).map(|(peak, rest)| peak.saturating_sub(rest));
    let megabytes = megabytes(bytes);
    Ok(Snapshot { form: form.file(), megabytes, seconds, mb_per_second: megabytes / seconds, memory_mib })
}

/// What the process holds now, in MiB.
fn peak_now() -> Option<u64> {
    forget_peak();
    peak_mib()
}

async fn append(
    store: &dyn Store,
    listings: impl Iterator<Item = u64>,
    (log_index, from): (i64, i64),
    until: jiff::Timestamp,
) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for (place, n) in listings.enumerate() {
        let item = item(n, until, if from == 0 { 25_000 } else { 24_000 })?;
        // Each listing's first change stands at its own number; later ones behind them all.
        let position = if from == 0 { i64::try_from(n)? + 1 } else { from + i64::try_from(place)? };
        let change = serde_json::to_string(&Change::Put(Box::new(item.clone())))?;
        rows.push(FeedRow { log_index, position, listing_uri: item.listing, change });
    }
    let mut unit = store.unit().await?;
    unit.append_feed(&rows).await?;
    unit.save().await?;
    Ok(())
}

/// A listing as large as those of the demo's season.
fn item(n: u64, until: jiff::Timestamp, price: u64) -> anyhow::Result<FeedItem> {
    let mut id = [7; 32];
    id[..8].copy_from_slice(&(n % 200).to_be_bytes());
    let seller = Organisation {
        id: Digest(id),
        name: format!("Hợp tác xã Nông nghiệp số {}", n % 200),
        address: "Thôn Trường Thọ, phường Xuân Trường - Đà Lạt, Lâm Đồng".to_owned(),
        tax_code: Some("5800000001".to_owned()),
        hotline: Some("0110 000 000".to_owned()),
        website: None,
    };
    let path = format!("/p/ca-chua-don-duong-khay-500g/l/{n:07}");
    Ok(FeedItem {
        listing: format!("https://nguon.example/listing/{n:07}"),
        event_id: Digest(*blake3::hash(&n.to_be_bytes()).as_bytes()),
        log_index: n,
        proof_url: format!("/api/v1/records/{}", blake3::hash(&n.to_be_bytes()).to_hex()),
        trace_url: path.clone(),
        name_vi: "Cà chua Đơn Dương, khay 500 g".to_owned(),
        name_en: Some("Đơn Dương tomatoes, 500 g tray".to_owned()),
        category: "tomato".to_owned(),
        description_vi: Some("Cà chua chín cây, hái buổi sáng, đóng khay tại hợp tác xã.".to_owned()),
        description_en: None,
        brand: None,
        product: ProductKey::InternalCode("ca-chua-don-duong-khay-500g".parse()?),
        producers: vec![seller.clone()],
        organisation: seller,
        origin: Origin {
            commune_code: "24943".parse()?,
            code_edition: "2025-07-01".parse()?,
            province_code: Some("68".to_owned()),
            text: "Xã Ka Đô, Lâm Đồng".to_owned(),
        },
        origins: Vec::new(),
        price_vnd: PriceVnd::try_from(price)?,
        price_per: Measure::pieces(1),
        vat_included: true,
        tiers: Vec::new(),
        valid_from: jiff::Timestamp::UNIX_EPOCH,
        valid_until: until,
        min_order: Some(Measure::pieces(1)),
        net_content: Some(Measure { value: 500, unit: Unit::Gram }),
        packaging: Some("khay".to_owned()),
        storage: Some("Nơi mát, 10–15 °C".to_owned()),
        warnings: None,
        standards: vec!["TCVN 4845:2007".to_owned()],
        stock: Measure::pieces(80),
        lots: vec![LotRef {
            uri: format!("https://nguon.example{path}"),
            code: format!("{n:07}"),
            trace_url: path,
            harvest_date: Some(jiff::civil::date(2026, 11, 20)),
            produced_on: Some(jiff::civil::date(2026, 11, 20)),
            best_before: None,
        }],
        certificates: Vec::new(),
        ocop_stars: None,
        images: Vec::new(),
        status: Status::Active,
        // Thirty days before its end: now.
        updated_at: until.saturating_sub(jiff::SignedDuration::from_hours(30 * 24))?,
        shown: None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_of_the_bench_is_as_large_as_one_of_the_season() {
        let item = item(7, "2026-12-28T00:00:00Z".parse().unwrap(), 25_000).unwrap();
        let bytes = serde_json::to_string(&Change::Put(Box::new(item))).unwrap().len();
        assert!((1_200..3_000).contains(&bytes), "{bytes}");
    }
}
