//! `nguon webhook`: where exchanges are told what changes, what did not arrive, and sending it again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use nguon_service::{Clock, SystemClock};
use nguon_storage::Store;

use crate::settings;
use crate::{node, out};

const EXAMPLES: &str = "\
  nguon webhook list                              # endpoints, and how many messages wait, arrived and died
  nguon webhook dead ep_5b1f…                      # what did not arrive in three days, and why
  nguon webhook replay ep_5b1f…                    # sends all of that again
  nguon webhook replay ep_5b1f… --message msg_9c…  # one message, whatever became of it

A running server notices within a second. A message that is sent again keeps its id, so that a receiver knows it.";

/// Webhooks of exchanges.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// The ledger's folder, as `nguon demo` makes one: its `nguon.toml` is read.
    #[arg(long, global = true, value_name = "FOLDER", conflicts_with = "config")]
    dir: Option<PathBuf>,
    /// Settings file; without it `nguon.toml` here, if there is one.
    #[arg(long, global = true, env = "NGUON_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists endpoints with what became of their messages.
    List,
    /// Lists messages that are tried no more.
    Dead {
        /// The endpoint's name.
        endpoint: String,
    },
    /// Sends messages again.
    Replay {
        /// The endpoint's name.
        endpoint: String,
        /// One message; without it, all dead ones.
        #[arg(long, value_name = "ID")]
        message: Option<String>,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.dir.map(|dir| dir.join(settings::FILE)).or(args.config);
    let settings = settings::Given::default().resolve(config.as_deref())?;
    let store = node::open_store(&settings).await?;
    let done = act(&*store, args.what).await;
    store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(store: &dyn Store, what: What) -> anyhow::Result<()> {
    let mut reader = store.reader().await?;
    match what {
        What::List => {
            let mut counts: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
            for (endpoint, state, count) in reader.count_deliveries().await? {
                counts.entry(endpoint).or_default().insert(state, count);
            }
            let endpoints = reader.list_endpoints("", 10_000).await?;
            if endpoints.is_empty() {
                out::line("  Chưa có sàn nào đăng ký nhận tin · no exchange has an endpoint")?;
            }
            for row in endpoints {
                let counted = counts.get(&row.endpoint_id);
                let count = |state: &str| counted.and_then(|all| all.get(state)).copied().unwrap_or(0);
                out::line(format!(
                    "{}  {}  {}  {}",
                    row.endpoint_id,
                    row.exchange_id,
                    row.state,
                    out::visible(&row.url)
                ))?;
                out::line(format!(
                    "    đã nhận · delivered {}, đang chờ · waiting {}, đã thôi gửi · dead {}",
                    count("delivered"),
                    count("waiting"),
                    count("dead")
                ))?;
            }
        }
        What::Dead { endpoint } => {
            ensure!(reader.endpoint(&endpoint).await?.is_some(), "there is no endpoint {endpoint}");
            for row in reader.deliveries_of(&endpoint, "dead", 1_000).await? {
                let kind =
                    reader.message(&row.message_id).await?.map(|message| message.kind).unwrap_or_default();
                let (tries, why) = (row.attempts, out::visible(&row.error));
                out::line(format!("{}  {kind}  {tries} lần · times: {why}", row.message_id))?;
            }
        }
        What::Replay { endpoint, message } => {
            let known = reader.endpoint(&endpoint).await?;
            ensure!(known.is_some_and(|row| row.state == "active"), "there is no active endpoint {endpoint}");
            drop(reader);
            let mut unit = store.unit().await?;
            let again =
                unit.replay(&endpoint, message.as_deref().unwrap_or_default(), SystemClock.now_ms()).await?;
            unit.save().await?;
            out::line(format!("  Gửi lại · sent again: {again}"))?;
        }
    }
    Ok(())
}
