//! Signed records are sent, and their receipts kept.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::client::{Client, keep_receipts, submit_and_tell};
use crate::parcel::Parcel;

/// `nguon record submit`.
#[derive(Debug, clap::Args)]
pub(super) struct Submit {
    /// Files of signed records, sent in this order.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The ledger's server.
    #[arg(long, value_name = "URL")]
    server: String,
    /// Wait until a checkpoint covers the records, and keep their receipts.
    #[arg(long)]
    wait: bool,
    /// Folder for the receipts, one file for each event id.
    #[arg(long, value_name = "FOLDER", default_value = "receipts")]
    receipts: PathBuf,
    /// The log's key, to check the receipts with.
    #[arg(long, value_name = "VKEY|FILE")]
    log_vkey: Option<String>,
}

impl Submit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let log = self.log_vkey.as_deref().map(crate::inspect::verifier_key).transpose()?;
        let mut parcel = Parcel::default();
        for path in &self.files {
            let file = Parcel::open(path)?;
            // What would be refused anyway is named here, by file.
            file.unpack().with_context(|| format!("{}", path.display()))?;
            parcel.records.extend(file.records);
        }
        let client = Client::new(&self.server)?;
        let (all_logged, said) = submit_and_tell(&client, &parcel)?;
        if self.wait {
            let receipt = |_, event: &nguon_ledger::EventId| self.receipts.join(format!("{event}.receipt"));
            keep_receipts(&client, &parcel, &said, log.as_ref(), receipt)?;
        }
        Ok(if all_logged { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
