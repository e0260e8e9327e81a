//! What the operator says: standing, and erasures.

use std::path::PathBuf;
use std::process::ExitCode;

use nguon_ledger::{Control, EventId, OrganisationId, PERSON_OF_DELEGATION, Standing};

use super::chain::Chain;
use super::control::continue_chain;

const STANDING_EXAMPLES: &str = "\
The operator looked at an organisation's papers and recognises it; what it may be is public, on the log.

  nguon org standing --key keys/operator-desk.key --of 5da5…2724 --as producer,packer --server http://127.0.0.1:8080
  nguon org standing --key keys/operator-desk.key --of 5da5…2724 --as producer,suspended --reason 3 --server …
  nguon org standing --key keys/operator-desk.key --of 5da5…2724 --as none --server …

The new standing replaces the old one. The numbers of --reason are the operator's own, published list.";

const ERASE_EXAMPLES: &str = "\
A person asked to be forgotten. The salt and the contents of that section are deleted everywhere the operator keeps \
them; the record, its signature and every proof stay as they are.

  nguon org erase --key keys/operator-desk.key 9fe3…70a3 --section 1 --reason 1 --server http://127.0.0.1:8080
  nguon org erase --key keys/operator-desk.key 9fe3…70a3 --section person --reason 1 --server …

`person` is the person of a delegation. Erasing public facts (type 1) leaves a finding on the lot.";

/// `nguon org standing`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = STANDING_EXAMPLES)]
pub(super) struct Stand {
    /// Key file of the operator's desk.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The organisation that is recognised.
    #[arg(long, value_name = "ID")]
    of: OrganisationId,
    /// What it is recognised as.
    #[arg(long = "as", value_delimiter = ',', required = true, value_name = "STANDING")]
    standing: Vec<Recognised>,
    /// Why, as a number from the operator's list.
    #[arg(long, default_value_t = 0, value_name = "N")]
    reason: u16,
    /// The operator's own id, if nothing remembers it.
    #[arg(long, value_name = "ID")]
    org: Option<OrganisationId>,
    #[command(flatten)]
    chain: Chain,
}

/// `nguon org erase`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = ERASE_EXAMPLES)]
pub(super) struct Erase {
    /// Key file of the operator's desk.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The record whose section is erased.
    #[arg(value_name = "EVENT")]
    event: EventId,
    /// Which section, from 0; or `person`.
    #[arg(long, value_name = "N|person", value_parser = section)]
    section: u8,
    /// The legal reason, as a number from the operator's list.
    #[arg(long, value_name = "N")]
    reason: u16,
    /// The operator's own id, if nothing remembers it.
    #[arg(long, value_name = "ID")]
    org: Option<OrganisationId>,
    #[command(flatten)]
    chain: Chain,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Recognised {
    /// Nothing: its records stay, its lots get no listing.
    None,
    /// Grows.
    Producer,
    /// Packs, processes or trades.
    Packer,
    /// Certifies or inspects.
    Inspector,
    /// May recall anybody's lot.
    Authority,
    /// May not write for now.
    Suspended,
}

impl Recognised {
    fn bits(self) -> Standing {
        match self {
            Self::None => Standing(0),
            Self::Producer => Standing::PRODUCER,
            Self::Packer => Standing::PACKER,
            Self::Inspector => Standing::INSPECTOR,
            Self::Authority => Standing::AUTHORITY,
            Self::Suspended => Standing::SUSPENDED,
        }
    }
}

fn section(text: &str) -> Result<u8, String> {
    match text {
        "person" => Ok(PERSON_OF_DELEGATION),
        number => {
            number.parse().map_err(|_| format!("`{number}` is neither a section's number nor `person`"))
        }
    }
}

impl Stand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let bits = self.standing.iter().fold(Standing(0), |all, one| all | one.bits());
        let words: Vec<String> = self.standing.iter().map(|one| format!("{one:?}").to_lowercase()).collect();
        let control = Control::Standing { organisation: self.of, bits, reason: self.reason };
        let of = self.of.to_string();
        continue_chain(&self.chain, &self.key, self.org, control, |_| {
            Ok(vec![("of", of), ("as", words.join(", "))])
        })
    }
}

impl Erase {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let control =
            Control::ErasureNotice { event: self.event, section: self.section, reason: self.reason };
        let says = vec![("erases", format!("{} section {}", self.event, self.section))];
        continue_chain(&self.chain, &self.key, self.org, control, |_| Ok(says))
    }
}
