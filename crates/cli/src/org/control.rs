//! Revoke, rotate, adopt.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{anyhow, ensure};
use nguon_ledger::{Control, EventId, OrganisationId, PublicKey, next_key_digest};

use super::chain::{Chain, Words};
use super::notebook::Notebook;
use super::{open_key, public_key};
use crate::parcel::Signed;
use crate::report::print_fields;

const REVOKE_EXAMPLES: &str = "\
A phone was stolen after its record 41: what it wrote until then stands, and may still arrive late; what it writes \
later is held, and waits for `nguon org adopt`.

  nguon org revoke --key manager.key --revoke 6b1f… --last-good 41 --server https://ledger.example.org
  nguon org revoke --key root.key --revoke 6b1f… --last-good none --out revoke.json

The numbers of --reason are the organisation's own list. The root cannot be revoked, only rotated.";

const ROTATE_EXAMPLES: &str = "\
The root was lost or seen by others. The next root key, restored from its paper, takes its place and commits to one \
after it; the old root is refused from then on.

  nguon org restore --out root-next.key
  nguon org new-root --out spare.key              # spare.key is the root after the next
  nguon org rotate --key root-next.key --org 5da5…2724 --next 3f0c… --server https://ledger.example.org";

/// `nguon org revoke`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = REVOKE_EXAMPLES)]
pub(super) struct Revoke {
    /// Key file of the root or of an admin device.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The public key to end.
    #[arg(long, value_name = "HEX|FILE")]
    revoke: String,
    /// The last record of its chain that the organisation stands behind, or `none`.
    #[arg(long, value_name = "SEQ|none", value_parser = last_good)]
    last_good: LastGood,
    /// Why, as a number from the organisation's own list.
    #[arg(long, default_value_t = 0, value_name = "N")]
    reason: u16,
    /// The organisation's id, if nothing remembers it.
    #[arg(long, value_name = "ID")]
    org: Option<OrganisationId>,
    #[command(flatten)]
    chain: Chain,
}

/// `nguon org rotate`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = ROTATE_EXAMPLES)]
pub(super) struct Rotate {
    /// Key file of the next root: the key that the organisation committed to before.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Public half of the root after it: hex or file.
    #[arg(long, value_name = "HEX|FILE")]
    next: String,
    /// The organisation's id.
    #[arg(long, value_name = "ID")]
    org: OrganisationId,
    #[command(flatten)]
    chain: Chain,
}

/// `nguon org adopt`.
#[derive(Debug, clap::Args)]
pub(super) struct Adopt {
    /// Key file of the root or of an admin device.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Event ids of the records that the organisation stands behind.
    #[arg(value_name = "EVENT", required = true)]
    events: Vec<EventId>,
    /// The organisation's id, if nothing remembers it.
    #[arg(long, value_name = "ID")]
    org: Option<OrganisationId>,
    #[command(flatten)]
    chain: Chain,
}

/// A place in a chain, or none.
#[derive(Debug, Clone, Copy)]
struct LastGood(Option<u64>);

impl Revoke {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let revoked = public_key(&self.revoke)?;
        let LastGood(last_good) = self.last_good;
        let control = Control::Revoke { key: revoked, last_good, reason: self.reason };
        let words = last_good.map_or("none of its records".to_owned(), |seq| format!("up to seq {seq}"));
        continue_chain(&self.chain, &self.key, self.org, control, |author| {
            ensure!(author != revoked, "a key does not end itself; the root or another admin device ends it");
            Ok(vec![("ends", revoked.to_string()), ("stands", words)])
        })
    }
}

impl Rotate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.chain.check()?;
        let key = open_key(&self.key)?;
        let next = public_key(&self.next)?;
        ensure!(next != key.public(), "the next root key is the root key itself; a thief would have both");
        let mut notebook = Notebook::open(self.chain.subjects.as_deref(), &self.key)?;
        let mut signer = self.chain.begin(&key, self.org)?;
        let signed = signer.sign(Words::control(Control::Rotate { next: next_key_digest(&next) }))?;
        tell("Rotation", &signed, vec![("new root", key.public().to_string())])?;
        self.chain.deliver(&[signed], &mut notebook)
    }
}

impl Adopt {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let events = self.events.iter().map(|event| ("adopts", event.to_string())).collect();
        continue_chain(&self.chain, &self.key, self.org, Control::Adopt(self.events), |_| Ok(events))
    }
}

/// Signs a control record at the chain's next place.
pub(super) fn continue_chain(
    chain: &Chain,
    key_file: &std::path::Path,
    organisation: Option<OrganisationId>,
    control: Control,
    says: impl FnOnce(PublicKey) -> anyhow::Result<Vec<(&'static str, String)>>,
) -> anyhow::Result<ExitCode> {
    chain.check()?;
    let key = open_key(key_file)?;
    let says = says(key.public())?;
    let mut notebook = Notebook::open(chain.subjects.as_deref(), key_file)?;
    let title = control.kind().to_string();
    let signed = chain.resume(&key, organisation, &notebook)?.sign(Words::control(control))?;
    tell(&title, &signed, says)?;
    chain.deliver(&[signed], &mut notebook)
}

fn tell(title: &str, signed: &Signed, says: Vec<(&'static str, String)>) -> anyhow::Result<()> {
    let record = &signed.record;
    let mut fields = vec![("organisation", record.organisation().to_string())];
    fields.extend(says);
    fields.extend([
        ("signed by", record.author().to_string()),
        ("seq", record.seq().to_string()),
        ("event id", record.event_id().to_string()),
    ]);
    print_fields(title, &fields)?;
    Ok(())
}

fn last_good(text: &str) -> anyhow::Result<LastGood> {
    if text == "none" {
        return Ok(LastGood(None));
    }
    let seq: u64 = text.parse().map_err(|_| anyhow!("a place in the chain (0, 1, 2, …), or `none`"))?;
    ensure!(seq != u64::MAX, "that place stands for `none`");
    Ok(LastGood(Some(seq)))
}
