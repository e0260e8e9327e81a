//! `nguon bench judge`: how fast the rules judge a whole province from nothing, and what one more event costs.
//!
//! The records are those of [`super::province`], written into the ledger's tables as the sequencer writes them, and read by
//! the same projector that follows the log in `nguon serve` and makes the read models again in `nguon rebuild`. The
//! **baseline** reads the same rows and parses them (record and EPCIS document), and judges nothing.
//!
//! One more event: a record is written, then the time is taken until the read models say it, for one record after the
//! other; once with ten thousand events behind it, once with all. What follows from the events before must not show.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use nguon_ledger::{Record, SectionType};
use nguon_service::Projector;
use nguon_storage::{Store, Table};
use serde::Serialize;
use tokio::sync::mpsc;

use super::province::{Province, RECORDS_OF_A_COOPERATIVE};
use super::signer::Signed;
use super::{at_share, forget_peak, now, peak_mib, with_store};

/// Events a second that are judged from nothing, and what one more costs with many behind it.
///
/// Signs the records of a province (one co-operative for each thousand), writes them as the log does, and lets the read
/// models be made of them. The baseline in the same run reads and parses the same records and judges nothing. Then one
/// event after the other: its time with ten thousand events behind it and with all of them should be the same.
/// A million events need about 6 GB of disk where temporary files are, and a quarter of an hour a database.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Events to judge from nothing.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Events before those that are measured one by one in a small ledger.
    #[arg(long, default_value_t = 10_000)]
    few: u64,
    /// Events that are measured one by one.
    #[arg(long, default_value_t = 500)]
    single: u64,
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
    few: Measured,
    many: Measured,
    /// Median time of one event with many behind it, over the same with few.
    ratio_one_p50: f64,
}

#[derive(Serialize)]
struct Measured {
    events: u64,
    /// Reading and parsing alone.
    baseline_seconds: f64,
    baseline_events_per_second: f64,
    judge_seconds: f64,
    judge_events_per_second: f64,
    /// The process before judging, and at its highest while judging.
    memory_before_mib: Option<u64>,
    memory_peak_mib: Option<u64>,
    lots: i64,
    things: i64,
    links: i64,
    /// What the read models added to the database file.
    read_models_mib: Option<u64>,
    one_p50_ms: f64,
    one_p99_ms: f64,
    /// A start with these events: who is who is read again.
    open_seconds: f64,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Args { events, few, single, postgres, json } = args;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut figures = Figures { cores, stores: Vec::new() };
    for (name, server) in [("SQLite", None), ("PostgreSQL", postgres)] {
        if name == "PostgreSQL" && server.is_none() {
            eprintln!("  PostgreSQL is left out: no --postgres address");
            continue;
        }
        let mut both = Vec::new();
        for (round, events) in [few, events].into_iter().enumerate() {
            let measured = with_store(server.as_deref(), round, |store, folder| async move {
                measure(store, &folder, events, single).await
            });
            let measured = measured.await?;
            // Beside the figures as JSON: each line took minutes.
            if json {
                eprintln!("{}", line(name, &measured))
            } else {
                crate::out::line(line(name, &measured))?
            }
            both.push(measured);
        }
        let (many, few) = (both.pop().context("two rounds")?, both.pop().context("two rounds")?);
        let ratio_one_p50 = many.one_p50_ms / few.one_p50_ms;
        if !json {
            crate::out::line(format!(
                "  {name:<11} one more event: {:.2} ms with {} behind it, {:.2} ms with {} = {ratio_one_p50:.2} ×",
                few.one_p50_ms, few.events, many.one_p50_ms, many.events
            ))?;
        }
        figures.stores.push(StoreFigures { store: name.to_owned(), few, many, ratio_one_p50 });
    }
    if json {
        crate::out::line(serde_json::to_string_pretty(&figures)?)?;
    }
    Ok(())
}

fn line(name: &str, measured: &Measured) -> String {
    let mib = |memory: Option<u64>| memory.map_or("?".to_owned(), |mib| mib.to_string());
    format!(
        "  {name:<11} {:>9} events judged {:>7.0}/s in {:.1} s · baseline {:>7.0}/s · one p50 {:.2} p99 {:.2} ms · memory {} → {} MiB · {} lots · read models {} MiB · start {:.1} s",
        measured.events,
        measured.judge_events_per_second,
        measured.judge_seconds,
        measured.baseline_events_per_second,
        measured.one_p50_ms,
        measured.one_p99_ms,
        mib(measured.memory_before_mib),
        mib(measured.memory_peak_mib),
        measured.lots,
        mib(measured.read_models_mib),
        measured.open_seconds,
    )
}

async fn measure(store: Arc<dyn Store>, folder: &Path, events: u64, single: u64) -> anyhow::Result<Measured> {
    let mut province = Province::new(events / RECORDS_OF_A_COOPERATIVE);
    let ledger_id = province.ledger_id();
    province = fill(&*store, province, events).await?;

    let begun = now();
    read_and_parse(&*store, events).await?;
    let baseline_seconds = begun.elapsed().as_secs_f64();

    store.scrub().await.ok();
    let bytes_before = file_bytes(folder);
    forget_peak();
    let memory_before_mib = peak_mib();
    let begun = now();
    let mut projector = Projector::open(ledger_id, store.clone(), store.clone()).await?;
    let size = projector.catch_up().await?;
    let judge_seconds = begun.elapsed().as_secs_f64();
    let memory_peak_mib = peak_mib();
    ensure!(size == events, "{size} of {events} events were taken in");
    let mut reader = store.reader().await?;
    let (things, links) = (reader.count(Table::Subject).await?, reader.count(Table::SubjectRecord).await?);
    drop(reader);
    store.scrub().await.ok();
    let read_models_mib = file_bytes(folder).zip(bytes_before).map(|(now, then)| (now - then) >> 20);
    let lots = check_lots(&*store).await?;

    let mut times_ms = Vec::new();
    for n in 0..single {
        write(&*store, vec![province.next()?], events + n).await?;
        let begun = now();
        projector.catch_up().await?;
        times_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    times_ms.sort_by(f64::total_cmp);
    ensure!(projector.size() == events + single, "an event was not taken in");
    drop(projector);
    let begun = now();
    Projector::open(ledger_id, store.clone(), store.clone()).await?;
    let open_seconds = begun.elapsed().as_secs_f64();
    Ok(Measured {
        events,
        baseline_seconds,
        baseline_events_per_second: events as f64 / baseline_seconds,
        judge_seconds,
        judge_events_per_second: events as f64 / judge_seconds,
        memory_before_mib,
        memory_peak_mib,
        lots,
        things,
        links,
        read_models_mib,
        one_p50_ms: at_share(&times_ms, 0.5),
        one_p99_ms: at_share(&times_ms, 0.99),
        open_seconds,
    })
}

/// Signs so many records on another core while those before are written.
async fn fill(store: &dyn Store, mut province: Province, events: u64) -> anyhow::Result<Province> {
    let (send, mut groups) = mpsc::channel(4);
    let signing = tokio::task::spawn_blocking(move || {
        let mut left = events;
        while left > 0 {
            let take = left.min(1_000);
            let group = (0..take).map(|_| province.next()).collect::<anyhow::Result<Vec<Signed>>>()?;
            send.blocking_send(group).context("the writer stopped")?;
            left -= take;
        }
        Ok(province)
    });
    let mut next = 0;
    while let Some(group) = groups.recv().await {
        let length = u64::try_from(group.len())?;
        write(store, group, next).await?;
        next += length;
    }
    signing.await?
}

async fn write(store: &dyn Store, group: Vec<Signed>, first: u64) -> anyhow::Result<()> {
    let (mut records, mut sections) = (Vec::with_capacity(group.len()), Vec::new());
    for (signed, index) in group.into_iter().zip(first..) {
        let (record, openings) = signed.rows(i64::try_from(index)?)?;
        records.push(record);
        sections.extend(openings);
    }
    let mut unit = store.unit().await?;
    unit.insert_records(&records).await?;
    unit.insert_sections(&sections).await?;
    Ok(unit.save().await?)
}

/// The baseline: the same rows, read in the same pieces and parsed, and nothing made of them.
async fn read_and_parse(store: &dyn Store, events: u64) -> anyhow::Result<()> {
    let mut from = 0;
    let mut read = 0_u64;
    loop {
        let mut reader = store.reader().await?;
        let records = reader.records(from, 500).await?;
        let Some(last) = records.last() else { break };
        let to = last.log_index + 1;
        let sections = reader.sections(from, to).await?;
        for row in &records {
            std::hint::black_box(Record::parse(&row.bytes)?);
            read += 1;
        }
        for section in sections.iter().filter(|section| section.kind == i64::from(SectionType::PUBLIC.0)) {
            std::hint::black_box(nguon_epcis::read(&section.payload)?);
        }
        from = to;
    }
    ensure!(read == events, "{read} of {events} events were read");
    Ok(())
}

/// How many lots there are. That they were judged, and that the rules find nothing wrong with most of them, is looked at
/// in the first thousands: a benchmark over records that count for nothing would measure nothing.
async fn check_lots(store: &dyn Store) -> anyhow::Result<i64> {
    let (mut lots, mut sound, mut looked_at) = (0, 0, 0);
    let mut after = String::new();
    loop {
        let rows = store.reader().await?.list_subjects("lot", &after, 2_000).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.uri);
        lots += i64::try_from(rows.len())?;
        for row in rows.iter().take(4_000_usize.saturating_sub(looked_at)) {
            let state: nguon_trace::lot::LotState = serde_json::from_str(&row.state)?;
            sound += usize::from(state.maker.is_some() && state.findings.is_empty());
            looked_at += 1;
        }
    }
    ensure!(sound * 10 > looked_at * 9, "only {sound} of {looked_at} lots are sound");
    Ok(lots)
}

/// Bytes of the database, where it is a file of ours.
fn file_bytes(folder: &Path) -> Option<u64> {
    Some(std::fs::metadata(folder.join("bench.sqlite")).ok()?.len())
}
