//! Where the next record of a key goes, and where it goes to: the options that every signing command shares.
//!
//! With `--server` the chain's head is asked for, the record is sent and its receipt awaited. Without, the head is given
//! (`--head`, `--seq` and `--prev`) or remembered ([`Notebook`]), and the signed record is written to a file for
//! `nguon record submit`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail, ensure};
use nguon_ledger::checkpoint::open_checkpoint;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::{
    Act, Control, Draft, EventId, LedgerId, Opening, OrganisationId, Record, SectionRef, Seen, SigningKey,
    Subject, ledger_id,
};
use nguon_service::clock::{Clock, SystemClock};

use super::notebook::{ChainState, Notebook};
use crate::client::{Client, KeyState, keep_receipts, submit_and_tell};
use crate::parcel::{Parcel, Signed, expect_absent};

/// Where a signed record stands in its chain, and where it is sent or kept.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Chain {
    /// Ask this server for the chain's head, and send the record there.
    #[arg(long, value_name = "URL", help_heading = "Chain")]
    pub(crate) server: Option<String>,
    /// Continue from this file: signed records (the last by this key counts), or a saved answer of
    /// `GET /api/v1/keys/KEY`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "seq"], help_heading = "Chain")]
    head: Option<PathBuf>,
    /// Place in the key's chain, when nothing else says it.
    #[arg(long, value_name = "N", conflicts_with = "server", help_heading = "Chain")]
    seq: Option<u64>,
    /// Event id of the record before it.
    #[arg(long, value_name = "EVENT", requires = "seq", help_heading = "Chain")]
    prev: Option<EventId>,
    /// The ledger's id, in hex. The server, the head file or the log's vkey say it too.
    #[arg(long, value_name = "ID", help_heading = "Chain")]
    pub(crate) ledger: Option<LedgerId>,
    /// The log's key: names the ledger, checks receipts, and lets the record say which checkpoint was seen.
    #[arg(long, value_name = "VKEY|FILE", help_heading = "Chain")]
    pub(crate) log_vkey: Option<String>,
    /// Device time to claim, such as 2026-03-04T06:15:00+07:00; without it, now.
    #[arg(long, value_name = "TIME", help_heading = "Chain")]
    device_time: Option<jiff::Timestamp>,
    /// What this signer remembers: chains and subjects. Without it, subjects.json beside the key.
    #[arg(long, value_name = "FILE", help_heading = "Chain")]
    pub(crate) subjects: Option<PathBuf>,
    /// Write the signed record with its openings here, for `nguon record submit`.
    #[arg(long, short, value_name = "FILE", help_heading = "Chain")]
    pub(crate) out: Option<PathBuf>,
    /// Keep the receipt here (with --server).
    #[arg(long, value_name = "FILE", requires = "server", help_heading = "Chain")]
    receipt: Option<PathBuf>,
}

/// What is to be signed.
pub(crate) struct Words {
    pub(crate) control: Control,
    pub(crate) act: Option<Act>,
    pub(crate) subjects: Vec<Subject>,
    /// One opening a section.
    pub(crate) openings: Vec<Opening>,
    /// The opening of a delegation's person.
    pub(crate) person: Option<Opening>,
}

impl Words {
    /// A control record.
    pub(crate) fn control(control: Control) -> Self {
        Self { control, act: None, subjects: Vec::new(), openings: Vec::new(), person: None }
    }
}

/// A key at its place in the chain, ready to sign.
pub(crate) struct Signer<'a> {
    key: &'a SigningKey,
    state: ChainState,
    seen: Seen,
    device_time_ms: u64,
}

impl Chain {
    /// Refuses what could not be delivered, before anything is signed.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.out.is_some() || self.server.is_some(),
            "say where the signed record goes: --out FILE to keep it, --server URL to send it, or both"
        );
        self.out.as_deref().map_or(Ok(()), expect_absent)
    }

    /// The log's key, if it was given.
    pub(crate) fn log_key(&self) -> anyhow::Result<Option<VerifierKey>> {
        self.log_vkey.as_deref().map(crate::inspect::verifier_key).transpose()
    }

    /// Which ledger the record is for.
    pub(crate) fn ledger_id(&self) -> anyhow::Result<LedgerId> {
        if let Some(id) = self.ledger {
            return Ok(id);
        }
        if let Some(server) = &self.server {
            return Client::new(server)?.ledger_id();
        }
        match self.log_key()? {
            Some(log) => Ok(ledger_id(log.name(), log.public().as_bytes())),
            None => bail!(
                "which ledger? Give --ledger ID, --log-vkey FILE or --server URL; a record is signed for one ledger only"
            ),
        }
    }

    /// A signer that begins a chain: a genesis or a rotation.
    pub(crate) fn begin<'a>(
        &self,
        key: &'a SigningKey,
        organisation: OrganisationId,
    ) -> anyhow::Result<Signer<'a>> {
        let state = ChainState { ledger_id: self.ledger_id()?, organisation, head: None };
        self.signer(key, state)
    }

    /// A signer that goes on where the key's chain stands.
    pub(crate) fn resume<'a>(
        &self,
        key: &'a SigningKey,
        organisation: Option<OrganisationId>,
        notebook: &Notebook,
    ) -> anyhow::Result<Signer<'a>> {
        let state = self.state(key, organisation, notebook)?;
        if let Some(organisation) = organisation
            && organisation != state.organisation
        {
            bail!(
                "the key {} belongs to the organisation {}, not to {organisation}",
                key.public(),
                state.organisation
            );
        }
        self.signer(key, state)
    }

    fn state(
        &self,
        key: &SigningKey,
        organisation: Option<OrganisationId>,
        notebook: &Notebook,
    ) -> anyhow::Result<ChainState> {
        let noted = notebook.chain(&key.public())?;
        let organisation = organisation.or(noted.map(|noted| noted.organisation));
        if let Some(seq) = self.seq {
            let organisation = organisation.ok_or_else(|| anyhow!("whose record is it? Give --org ID"))?;
            let head = match (seq.checked_sub(1), self.prev) {
                (None, None) => None,
                (Some(last), Some(prev)) => Some((last, prev)),
                (None, Some(_)) => bail!("the first record of a chain (--seq 0) has no --prev"),
                (Some(_), None) => bail!("a record at --seq {seq} needs --prev, the event id at {}", seq - 1),
            };
            return Ok(ChainState { ledger_id: self.ledger_id()?, organisation, head });
        }
        let found = if let Some(path) = &self.head {
            Some(self.state_of_file(path, key)?)
        } else if let Some(server) = &self.server {
            self.state_of_server(&Client::new(server)?, key)?
        } else {
            None
        };
        let next = |state: &ChainState| state.head.map_or(0, |(seq, _)| seq + 1);
        match (found, noted) {
            // What was signed here and not sent yet is the newer truth.
            (Some(found), Some(noted))
                if next(&noted) > next(&found) && noted.ledger_id == found.ledger_id =>
            {
                Ok(noted)
            }
            (Some(found), _) => Ok(found),
            (None, Some(noted)) => Ok(noted),
            (None, None) if self.server.is_some() => bail!(
                "the ledger does not know the key {} yet: submit its genesis or its delegation first",
                key.public()
            ),
            (None, None) => bail!(
                "where does the chain of {} stand? Give --server URL, --head FILE, or --seq with --prev; {} does not \
                 remember this key",
                key.public(),
                notebook.path().display()
            ),
        }
    }

    fn state_of_server(&self, client: &Client, key: &SigningKey) -> anyhow::Result<Option<ChainState>> {
        let Some(known) = client.key(&key.public())? else { return Ok(None) };
        let ledger_id = self.ledger.map_or_else(|| client.ledger_id(), Ok)?;
        Ok(Some(ChainState { ledger_id, organisation: known.organisation()?, head: known.head()? }))
    }

    fn state_of_file(&self, path: &Path, key: &SigningKey) -> anyhow::Result<ChainState> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Ok(parcel) = serde_json::from_slice::<Parcel>(&bytes) {
            let last = parcel.last_of(&key.public())?;
            let last =
                last.ok_or_else(|| anyhow!("{} holds no record by {}", path.display(), key.public()))?;
            return Ok(ChainState::after(&last));
        }
        let known: KeyState = serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is neither a file of signed records nor an answer of /api/v1/keys/KEY",
                path.display()
            )
        })?;
        ensure!(known.key == key.public().to_string(), "{} speaks of the key {}", path.display(), known.key);
        Ok(ChainState {
            ledger_id: self.ledger_id()?,
            organisation: known.organisation()?,
            head: known.head()?,
        })
    }

    fn signer<'a>(&self, key: &'a SigningKey, state: ChainState) -> anyhow::Result<Signer<'a>> {
        let now = self.device_time.map_or_else(|| SystemClock.now_ms(), |time| time.as_millisecond());
        let device_time_ms = u64::try_from(now).map_err(|_| anyhow!("the device time is before 1970"))?;
        Ok(Signer { key, state, seen: self.seen()?, device_time_ms })
    }

    /// The newest checkpoint, if it could be verified: a record names none that its signer did not check.
    fn seen(&self) -> anyhow::Result<Seen> {
        let (Some(server), Some(log)) = (&self.server, self.log_key()?) else { return Ok(Seen::NONE) };
        let Some(note) = Client::new(server)?.text("/checkpoint")? else { return Ok(Seen::NONE) };
        let (checkpoint, _) = open_checkpoint(note.as_bytes(), &log).context(
            "the server's checkpoint is not signed by the key given with --log-vkey; nothing was signed",
        )?;
        match checkpoint.size().0 {
            0 => Ok(Seen::NONE),
            size => Ok(Seen { size, root: checkpoint.root() }),
        }
    }

    /// Keeps, remembers and sends what was signed, in this order: nothing that was signed is ever lost, and nothing
    /// leaves before its place in the chain is remembered.
    pub(crate) fn deliver(&self, signed: &[Signed], notebook: &mut Notebook) -> anyhow::Result<ExitCode> {
        let Some(last) = signed.last() else { return Ok(ExitCode::SUCCESS) };
        let parcel = Parcel::of(signed);
        let unsent = || notebook.path().with_file_name(format!("unsent-{}.json", last.record.event_id()));
        let kept = self.out.clone().unwrap_or_else(unsent);
        expect_absent(&kept)?;
        // Under its own name only once the chain is remembered: a file from before a crash is not sent by mistake.
        let aside = kept.with_extension("aside");
        parcel.save(&aside)?;
        notebook.note_chain(&last.record.author(), &ChainState::after(&last.record));
        notebook.save()?;
        std::fs::rename(&aside, &kept).with_context(|| format!("cannot write {}", kept.display()))?;

        let Some(server) = &self.server else {
            eprintln!("signed records: {}", kept.display());
            return Ok(ExitCode::SUCCESS);
        };
        let client = Client::new(server)?;
        let sent = submit_and_tell(&client, &parcel);
        let (all_logged, said) = sent.with_context(|| {
            format!("the signed records are kept: `nguon record submit {} --server {server}`", kept.display())
        })?;
        if all_logged && self.out.is_none() {
            std::fs::remove_file(&kept).with_context(|| format!("cannot remove {}", kept.display()))?;
        } else {
            eprintln!("signed records: {}", kept.display());
        }
        if let Some(path) = &self.receipt {
            let log = self.log_key()?;
            keep_receipts(&client, &parcel, &said, log.as_ref(), |place, _| numbered(path, place))?;
        }
        Ok(if all_logged { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Signer<'_> {
    /// Whose records it signs.
    pub(crate) fn organisation(&self) -> OrganisationId {
        self.state.organisation
    }

    /// Which ledger it signs for.
    pub(crate) fn ledger_id(&self) -> LedgerId {
        self.state.ledger_id
    }

    /// Signs, and stands at the next place.
    pub(crate) fn sign(&mut self, words: Words) -> anyhow::Result<Signed> {
        let commit = |opening: &Opening| SectionRef { kind: opening.kind, commitment: opening.commitment() };
        let record: Record = Draft {
            control: words.control,
            act: words.act,
            ledger_id: self.state.ledger_id,
            organisation: self.state.organisation,
            seq: self.state.head.map_or(0, |(seq, _)| seq.saturating_add(1)),
            prev: self.state.head.map_or(EventId::ZERO, |(_, event)| event),
            device_time_ms: self.device_time_ms,
            seen: self.seen,
            subjects: words.subjects,
            sections: words.openings.iter().map(commit).collect(),
        }
        .sign(self.key)?;
        self.state = ChainState::after(&record);
        Ok(Signed { record, openings: words.openings.into_iter().chain(words.person).collect() })
    }
}

/// `x.receipt`, then `x-2.receipt`, …
fn numbered(path: &Path, place: usize) -> PathBuf {
    if place == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension =
        path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{}{extension}", place + 1))
}
