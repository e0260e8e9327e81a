//! `nguon record`: signs what happened, sends it, checks it.

mod check;
mod photo;
mod preflight;
pub(crate) mod sign;
mod submit;

use std::process::ExitCode;

const EXAMPLES: &str = "\
A record is a JSON document of public facts (an EPCIS 2.0 event, or a card of this project's vocabulary), signed by a \
device's key. Names, exact places and files go into sections of their own, which can be erased later.

  nguon record sign   --key phone.key --act lot --facts harvest.json --person farmer.json \\
                      --attach row.jpg --out signed.json
  nguon record preflight harvest.json --org ID --server https://ledger.example.org   # before signing
  nguon record check  signed.json                                     # offline
  nguon record submit signed.json --server https://ledger.example.org --wait --receipts receipts/

A signed file is kept until its receipt is there. Sending it twice is safe: the ledger answers the same again.";

/// Signs records from a file and sends them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Signs public facts, with a person, places and files if there are any.
    Sign(Box<sign::Sign>),
    /// Asks the ledger what its rules would say of facts before they are signed.
    Preflight(preflight::Preflight),
    /// Sends signed records, prints each answer, keeps the receipts.
    Submit(submit::Submit),
    /// Makes photographs clean before they are named, and brings them to the ledger after.
    Photo(photo::Bring),
    /// Checks signatures and openings of signed files, offline.
    Check(check::Check),
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Sign(command) => command.run(),
        Command::Preflight(command) => command.run(),
        Command::Submit(command) => command.run(),
        Command::Photo(command) => command.run(),
        Command::Check(command) => command.run(),
    }
}

#[cfg(test)]
mod tests;
