//! `nguon bench`: measures on this machine, each time beside a baseline in the same run.

mod ingest;
mod phones;

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
    /// Records a second that are verified, durable and answered, and how long a phone waits.
    Ingest(ingest::Args),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    match args.what {
        What::Ingest(args) => ingest::run(args).await,
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
