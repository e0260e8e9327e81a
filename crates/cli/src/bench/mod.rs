//! `nguon bench`: measures on this machine, each time beside a baseline in the same run.

mod feed;
mod home;
mod ingest;
mod judge;
mod label;
mod orders;
mod pages;
mod phones;
mod province;
mod rules;
mod signer;
mod trace;

use std::sync::Arc;
use std::time::Instant;

use nguon_storage::Store;

/// Measures on this machine, beside a baseline in the same run.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// What a snapshot of all listings and the change feed cost, beside reading the same rows alone.
    Feed(feed::Args),
    /// Records a second that are verified, durable and answered, and how long a phone waits.
    Ingest(ingest::Args),
    /// Events a second that are judged from nothing, and what one more costs with many behind it.
    Judge(judge::Args),
    /// Labels a second as PDF sheets and for label printers, beside C qrencode for the codes alone.
    Label(label::Args),
    /// Orders a second and how long buyers wait, on one lot and on many, beside a bare conditional update.
    Orders(orders::Args),
    /// Pages a second, kept and made anew, beside nginx with the same bytes from a file.
    Pages(pages::Args),
    /// How well the rules tell honest seasons from laundered ones.
    Rules(rules::Args),
    /// How long it takes to tell what a lot with ten thousand ancestors was made of.
    Trace(trace::Args),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    match args.what {
        What::Feed(args) => feed::run(args).await,
        What::Ingest(args) => ingest::run(args).await,
        What::Judge(args) => judge::run(args).await,
        What::Label(args) => label::run(&args),
        What::Orders(args) => orders::run(args).await,
        What::Pages(args) => pages::run(args).await,
        What::Rules(args) => rules::run(&args),
        What::Trace(args) => trace::run(args).await,
    }
}

/// Runs with a store of its own, which is gone afterwards.
async fn with_store<F, T>(
    server: Option<&str>,
    round: usize,
    work: impl FnOnce(Arc<dyn Store>, std::path::PathBuf) -> F,
) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let folder = tempfile::tempdir()?;
    let Some(server) = server else {
        let store =
            nguon_storage::open(&format!("sqlite:{}", folder.path().join("bench.sqlite").display())).await?;
        return work(store, folder.path().to_owned()).await;
    };
    let name = format!("nguon_bench_{}_{round}", std::process::id());
    nguon_storage::drop_database(server, &name).await?;
    let address = nguon_storage::create_database(server, &name).await?;
    let store = nguon_storage::open(&address).await?;
    let done = work(store.clone(), folder.path().to_owned()).await;
    store.close().await;
    nguon_storage::drop_database(server, &name).await?;
    done
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    Instant::now()
}

/// The value at a share of the whole, of sorted values; 0 of none.
fn at_share(sorted: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// The most memory that this process held at once since [`forget_peak`], in MiB; nothing where the system does not say
/// (Linux does: `VmHWM`, proc_pid_status(5)).
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}

/// Counts the peak from now on (`5` in clear_refs, proc_pid_clear_refs(5)); where that cannot be done, it is the whole run's.
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}
