//! `nguon org`: an organisation's root key, its devices, and their ends.
//!
//! Everything can be done on a machine without a network: signed records go to a file, and `nguon record submit` sends
//! them from another machine.

pub(crate) mod chain;
mod control;
mod genesis;
mod member;
pub(crate) mod notebook;
mod operator;
mod paper;
mod root;
mod show;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use nguon_ledger::{PublicKey, SigningKey};
use nguon_service::keys::{random_seed, read_seed};

pub(crate) use member::read_person;

const EXAMPLES: &str = "\
An organisation is a root key that delegates. The root stays offline: it signs the genesis, admits a manager's \
device, and comes out again only when that device is lost. The manager's device admits phones. Each key keeps its own \
chain of records; what was signed last is remembered in subjects.json beside the key.

Offline, from nothing to a phone that may write:

  nguon org new-root --out root.key               # two keys and their paper; keep the paper
  nguon org genesis  --key root.key --next root-next.pub --log-vkey log.vkey \\
                     --name 'HTX Rau Đơn Dương' --kind cooperative --address 'Thạnh Mỹ, Đơn Dương' \\
                     --commune 24931@2025-07-01 --out genesis.json
  nguon org invite   --key root.key --role diary,lot,commerce,admin --not-after 2028-12-31 \\
                     --person manager.json --out invitation.json
  nguon org accept   invitation.json --key manager.key --out accepted.json      # on the manager's machine
  nguon org delegate --key root.key --invitation invitation.json --accepted accepted.json \\
                     --person-opening invitation-person.json --out delegate.json
  nguon record submit genesis.json delegate.json --server https://ledger.example.org --wait

Online, each command takes --server URL instead of --out: it asks for the chain's head, signs, sends, and keeps the \
receipt with --receipt FILE.";

/// Organisations: make a root key offline, enrol and end devices, change the root.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Box<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Makes a root key and the one that may replace it, with a paper backup of both. Needs no network.
    NewRoot(root::NewRoot),
    /// Makes a key file again from its paper backup.
    Restore(root::Restore),
    /// Makes the organisation: signs its genesis and its public card. Prints its id.
    Genesis(genesis::Genesis),
    /// Offers rights to a device: writes an invitation.
    Invite(member::Invite),
    /// Answers an invitation on the device: makes its key and signs possession of it.
    Accept(member::Accept),
    /// Admits the device that accepted an invitation. The root or an admin device signs.
    Delegate(member::Delegate),
    /// Ends a key, at a place in its chain. It never comes back.
    Revoke(control::Revoke),
    /// Moves the root to the next key, and commits to the one after it.
    Rotate(control::Rotate),
    /// Takes on records that were held or disputed.
    Adopt(control::Adopt),
    /// The operator recognises or suspends an organisation.
    Standing(operator::Stand),
    /// The operator erases one section of a record, with a notice on the log.
    Erase(operator::Erase),
    /// Shows what a server says of an organisation and its keys.
    Show(show::Show),
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match *args.command {
        Command::NewRoot(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Genesis(command) => command.run(),
        Command::Invite(command) => command.run(),
        Command::Accept(command) => command.run(),
        Command::Delegate(command) => command.run(),
        Command::Revoke(command) => command.run(),
        Command::Rotate(command) => command.run(),
        Command::Adopt(command) => command.run(),
        Command::Standing(command) => command.run(),
        Command::Erase(command) => command.run(),
        Command::Show(command) => command.run(),
    }
}

/// The key of a key file.
pub(crate) fn open_key(path: &Path) -> anyhow::Result<SigningKey> {
    let seed = read_seed(path).context("a key file is made by `nguon org new-root` or `nguon org accept`")?;
    Ok(SigningKey::from_seed(*seed))
}

/// Random bytes, as many as a salt needs.
pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let seed = random_seed()?;
    seed.first_chunk().copied().ok_or_else(|| anyhow!("a salt has at most 32 bytes"))
}

/// A public key in hex, or in a file.
fn public_key(text_or_file: &str) -> anyhow::Result<PublicKey> {
    let path = Path::new(text_or_file);
    let text = if path.is_file() {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {text_or_file}"))?
    } else {
        text_or_file.to_owned()
    };
    let key: PublicKey = text
        .trim()
        .parse()
        .map_err(|_| anyhow!("{text_or_file} is neither a public key (64 hex digits) nor a file with one"))?;
    key.check_enrolment().with_context(|| format!("{text_or_file} is no public key"))?;
    Ok(key)
}

#[cfg(test)]
mod tests;
