//! `nguon images`: pictures that must not be shown any more.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use nguon_service::{Clock as _, Folder, SystemClock};
use nguon_trace::facts::Digest;

use crate::settings;
use crate::{node, out};

const EXAMPLES: &str = "\
Somebody is to be seen in a photograph and does not wish it:

  nguon images remove 3f9a…77 --reason 'a face, on request' --by 'Chị Lan' --config /etc/nguon/nguon.toml

The picture and its smaller copies are deleted, and nobody can bring it again; the record with its digest stays, and the page says
that it was removed. The service may run meanwhile. Browsers that have it keep it until they forget it, proxies for a day.";

/// Takes photographs away.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Deletes a picture for good.
    Remove {
        /// Its BLAKE3: the last part of its address.
        #[arg(value_name = "BLAKE3")]
        digest: Digest,
        /// Why; kept in the database.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who takes it away; kept in the database.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// The ledger's folder, as `nguon demo` makes one: its `nguon.toml` is read.
        #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
        dir: Option<PathBuf>,
        /// Settings file; without it `nguon.toml` here, if there is one.
        #[arg(long, env = "NGUON_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        given: settings::Given,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let What::Remove { digest, reason, by, dir, config, given } = args.what;
    let config = dir.map(|dir| dir.join(settings::FILE)).or(config);
    let settings = given.resolve(config.as_deref())?;
    let store = node::open_store(&settings).await?;
    let objects = Folder::new(&settings.public_dir).context("the published files")?;
    let now_ms = SystemClock.now_ms();
    let was_kept = nguon_service::images::is_kept(&objects, digest)?;
    nguon_service::images::remove(&*store, &objects, digest, (&reason, &by), now_ms).await?;
    store.close().await;
    // A server that runs beside this keeps pages with the picture on them; asked for it, it notices that it is gone.
    let asked = format!("http://{}/images/{digest}", settings.listen);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(std::time::Duration::from_secs(3)))
        .http_status_as_error(false)
        .build()
        .into();
    let noticed = tokio::task::spawn_blocking(move || agent.get(&asked).call().is_ok()).await?;
    if !noticed {
        out::line(
            "  Không gọi được máy chủ của sổ; nếu nó đang chạy, trang đổi khi có người mở ảnh ấy lần tới.",
        )?;
        out::line(
            "  The server did not answer; if it runs, its pages change when somebody opens the picture next.",
        )?;
    }
    if was_kept {
        out::line(format!("  Ảnh đã gỡ, không nhận lại · removed, and not taken again: {digest}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    out::line(format!("  Sổ không giữ ảnh nào có mã {digest}: chưa gỡ gì, chỉ không nhận ảnh ấy nữa."))?;
    out::line(
        "  No such picture is kept: nothing was removed, it is only not taken any more. Look at the digest.",
    )?;
    Ok(ExitCode::FAILURE)
}
