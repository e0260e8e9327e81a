//! Invite, accept, delegate: how a device comes in.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail, ensure};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use nguon_ledger::{Control, Flags, LedgerId, Opening, OrganisationId, Roles, SectionType};
use nguon_service::keys::{random_seed, write_seed};
use serde::{Deserialize, Serialize};

use super::chain::{Chain, Words};
use super::notebook::{ChainState, Notebook};
use super::{open_key, random};
use crate::inspect::{flag_words, role_words};
use crate::parcel::{PackedOpening, expect_absent, write_new};
use crate::report::{print_fields, time};
use nguon_service::desk::{Acceptance, Invitation};

const INVITE_EXAMPLES: &str = "\
Roles: diary (field diary) · lot (harvest, pack, move, process) · commerce (listings, sales) · inspection · recall · \
admin (admits and ends devices; only the root can give it).

Examples:
  nguon org invite --key manager.key --role diary,lot --not-after 2027-12-31 --person farmer.json --out invitation.json
  nguon org invite --org 5da5…2724 --ledger 8553…d044 --role lot --service --not-after 2027-06-30 --out gateway.json

farmer.json: {\"type\": \"nguon:Person\", \"name\": \"Trần Thị B\", \"phone\": \"0900000000\", \"role\": \"grower\"}
The name goes into a file of its own (invitation-person.json); the invitation holds only a commitment to it.";

/// `nguon org invite`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = INVITE_EXAMPLES)]
pub(super) struct Invite {
    /// Key file of the root or admin device, to read ledger and organisation from what is remembered beside it.
    #[arg(long, value_name = "FILE", required_unless_present_all = ["org", "ledger"])]
    key: Option<PathBuf>,
    /// The organisation's id.
    #[arg(long, value_name = "ID")]
    org: Option<OrganisationId>,
    /// The ledger's id.
    #[arg(long, value_name = "ID")]
    ledger: Option<LedgerId>,
    /// What the device may do; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = role, required = true, value_name = "ROLE,…")]
    role: Vec<Roles>,
    /// The key is held by a service on the organisation's behalf (a gateway). Pages say so.
    #[arg(long)]
    service: bool,
    /// Last day (in Việt Nam) on which its records count, such as 2027-12-31.
    #[arg(long, value_name = "DAY", value_parser = last_moment_ms)]
    not_after: u64,
    /// Who holds the device: a file with one person, JSON.
    #[arg(long, value_name = "FILE")]
    person: Option<PathBuf>,
    /// What this signer remembers; without it, subjects.json beside the key.
    #[arg(long, value_name = "FILE")]
    subjects: Option<PathBuf>,
    /// The invitation.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

/// `nguon org accept`.
#[derive(Debug, clap::Args)]
pub(super) struct Accept {
    /// The invitation.
    #[arg(value_name = "INVITATION")]
    invitation: PathBuf,
    /// The device's key file; made if it is not there. It never leaves the device and is in no backup.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What this signer remembers; without it, subjects.json beside the key.
    #[arg(long, value_name = "FILE")]
    subjects: Option<PathBuf>,
    /// The answer, to be sent back.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

/// `nguon org delegate`.
#[derive(Debug, clap::Args)]
pub(super) struct Delegate {
    /// Key file of the root or of an admin device.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The invitation as it was written here. The rights are taken from it alone.
    #[arg(long, value_name = "FILE")]
    invitation: PathBuf,
    /// The device's answer.
    #[arg(long, value_name = "FILE")]
    accepted: PathBuf,
    /// Opening of the person, written beside the invitation.
    #[arg(long, value_name = "FILE")]
    person_opening: Option<PathBuf>,
    #[command(flatten)]
    chain: Chain,
}

/// The person's opening, kept beside the invitation.
#[derive(Serialize, Deserialize)]
struct PersonOpening {
    #[serde(rename = "type")]
    kind: u16,
    #[serde(flatten)]
    opening: PackedOpening,
}

impl Invite {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let person_out = person_file(&self.out);
        expect_absent(&self.out)?;
        let (ledger_id, organisation) = self.place()?;
        let roles = self.role.iter().fold(Roles::default(), |roles, role| roles | *role);
        let flags = if self.service { Flags::SERVICE } else { Flags::default() };
        let person = self.person.as_deref().map(read_person).transpose()?;
        let commitment = person.as_ref().map(Opening::commitment);
        let invitation = Invitation {
            ledger_id,
            organisation,
            roles,
            flags,
            not_after_ms: self.not_after,
            person: commitment,
        };
        if let Some(person) = &person {
            let opening = PackedOpening::of(person);
            write_json(&person_out, &PersonOpening { kind: SectionType::PERSON.0, opening })?;
        }
        write_json(&self.out, &invitation)?;
        let mut fields = vec![
            ("organisation", organisation.to_string()),
            ("roles", role_words(roles)),
            ("flags", flag_words(flags)),
            ("not after", time(self.not_after)),
            ("person", commitment.map_or("none".to_owned(), |person| person.to_string())),
            ("send this", self.out.display().to_string()),
        ];
        if person.is_some() {
            fields.push((
                "keep this",
                format!("{} (the person; needed by `nguon org delegate`)", person_out.display()),
            ));
        }
        print_fields("Invitation", &fields)?;
        Ok(ExitCode::SUCCESS)
    }

    fn place(&self) -> anyhow::Result<(LedgerId, OrganisationId)> {
        let noted = match &self.key {
            Some(path) => Notebook::open(self.subjects.as_deref(), path)?.chain(&open_key(path)?.public())?,
            None => None,
        };
        let unknown = |what: &str, option: &str| {
            anyhow!("which {what}? Nothing beside the key remembers it; give {option} ID")
        };
        Ok((
            self.ledger
                .or(noted.map(|noted| noted.ledger_id))
                .ok_or_else(|| unknown("ledger", "--ledger"))?,
            self.org
                .or(noted.map(|noted| noted.organisation))
                .ok_or_else(|| unknown("organisation", "--org"))?,
        ))
    }
}

impl Accept {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        expect_absent(&self.out)?;
        let invitation: Invitation = read_json(&self.invitation, "an invitation")?;
        let made = !self.key.exists();
        if made {
            write_seed(&std::path::absolute(&self.key)?, &*random_seed()?)?;
        }
        let key = open_key(&self.key)?;
        let mut notebook = Notebook::open(self.subjects.as_deref(), &self.key)?;
        let Invitation { ledger_id, organisation, .. } = invitation;
        match notebook.chain(&key.public())? {
            Some(noted) if noted.organisation != organisation => bail!(
                "this key belongs to the organisation {} for ever; accept with another key file",
                noted.organisation
            ),
            Some(_) => {}
            None => notebook.note_chain(&key.public(), &ChainState { ledger_id, organisation, head: None }),
        }
        notebook.save()?;
        write_json(&self.out, &invitation.accept(&key))?;
        let key_file = self.key.display();
        print_fields(
            "Accepted",
            &[
                ("organisation", organisation.to_string()),
                ("roles", role_words(invitation.roles)),
                ("not after", time(invitation.not_after_ms)),
                (
                    "key",
                    if made { format!("{key_file} (made now)") } else { format!("{key_file} (was there)") },
                ),
                ("public", key.public().to_string()),
                ("send back", self.out.display().to_string()),
            ],
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Delegate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.chain.check()?;
        let key = open_key(&self.key)?;
        let invitation: Invitation = read_json(&self.invitation, "an invitation")?;
        let acceptance: Acceptance = read_json(&self.accepted, "a device's answer")?;
        let delegation = invitation.delegation(&acceptance)?;
        let person = self.person(&invitation)?;
        let mut notebook = Notebook::open(self.chain.subjects.as_deref(), &self.key)?;
        let mut signer = self.chain.resume(&key, Some(invitation.organisation), &notebook)?;
        ensure!(
            signer.ledger_id() == invitation.ledger_id,
            "the invitation is for the ledger {}, and this would be signed for {}",
            invitation.ledger_id,
            signer.ledger_id()
        );
        let signed = signer.sign(Words { person, ..Words::control(Control::Delegate(delegation)) })?;
        print_fields(
            "Delegation",
            &[
                ("device", delegation.device.to_string()),
                ("roles", role_words(delegation.roles)),
                ("not after", time(delegation.not_after_ms)),
                ("signed by", key.public().to_string()),
                ("event id", signed.record.event_id().to_string()),
            ],
        )?;
        self.chain.deliver(&[signed], &mut notebook)
    }

    fn person(&self, invitation: &Invitation) -> anyhow::Result<Option<Opening>> {
        let Some(commitment) = invitation.person else { return Ok(None) };
        let path = self.person_opening.clone().unwrap_or_else(|| person_file(&self.invitation));
        let file: PersonOpening = read_json(&path, "a person's opening (--person-opening)")?;
        let (salt, payload) = file.opening.open()?;
        let opening = Opening { kind: SectionType::PERSON, salt, payload };
        ensure!(
            opening.commitment() == commitment,
            "{} is not the person of this invitation",
            path.display()
        );
        Ok(Some(opening))
    }
}

/// `invitation.json` → `invitation-person.json`.
fn person_file(invitation: &Path) -> PathBuf {
    let stem = invitation.file_stem().unwrap_or_default().to_string_lossy();
    invitation.with_file_name(format!("{stem}-person.json"))
}

/// A person's section, with a salt of its own.
pub(crate) fn read_person(path: &Path) -> anyhow::Result<Opening> {
    let payload = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let person: serde_json::Value =
        serde_json::from_slice(&payload).with_context(|| format!("{} is not JSON", path.display()))?;
    ensure!(
        person.get("name").is_some_and(serde_json::Value::is_string),
        "{} names nobody; a person is {{\"type\": \"nguon:Person\", \"name\": …, \"phone\": …, \"role\": …}}",
        path.display()
    );
    Ok(Opening { kind: SectionType::PERSON, salt: random()?, payload })
}

fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(value)?;
    json.push(b'\n');
    write_new(path, &json)
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path, what: &str) -> anyhow::Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {what}: {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not {what}", path.display()))
}

fn role(text: &str) -> anyhow::Result<Roles> {
    Ok(match text {
        "diary" => Roles::DIARY,
        "lot" => Roles::LOT,
        "commerce" => Roles::COMMERCE,
        "inspection" => Roles::INSPECTION,
        "recall" => Roles::RECALL,
        "admin" => Roles::ADMIN,
        _ => bail!("a role is diary, lot, commerce, inspection, recall or admin"),
    })
}

/// The last millisecond of a day in Việt Nam.
fn last_moment_ms(day: &str) -> anyhow::Result<u64> {
    let day: Date = day.parse().map_err(|_| anyhow!("a day is written 2027-12-31"))?;
    let vietnam = TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or_else(|_| TimeZone::fixed(Offset::constant(7)));
    let morning_after = day.tomorrow()?.to_zoned(vietnam)?;
    u64::try_from(morning_after.timestamp().as_millisecond() - 1)
        .map_err(|_| anyhow!("the day is before 1970"))
}
