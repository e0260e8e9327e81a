//! Signed files are checked offline: structure, signatures, openings, chains.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::inspect::inspect_parcel;
use crate::parcel::Parcel;

/// `nguon record check`.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Files of signed records.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Say it in JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut all_hold = true;
        let mut answers = Vec::new();
        for path in &self.files {
            let mut report = inspect_parcel(&Parcel::open(path)?);
            report.title = format!("{}: {}", path.display(), report.title);
            all_hold &= report.all_holds();
            if self.json {
                answers.push(report.to_json());
            } else {
                report.print()?;
            }
        }
        if self.json {
            writeln!(std::io::stdout(), "{:#}", serde_json::Value::Array(answers))?;
        }
        Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
