//! The genesis of an organisation, and the public card that follows it.
//!
//! The organisation's id is the event id of its genesis record, so the genesis cannot carry the card that names the id:
//! the root signs two records, the genesis (seq 0) and the card (seq 1, act commerce, `urn:nguon:org:ID`).

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{anyhow, ensure};
use nguon_epcis::Document;
use nguon_id::Commune;
use nguon_ledger::{
    Act, Control, EventId, Opening, OrganisationId, SectionType, Subject, handle, next_key_digest,
};
use nguon_trace::facts::{Facts, Identifier, Organisation, OrganisationKind, Text, organisation_urn};

use super::chain::{Chain, Words};
use super::notebook::Notebook;
use super::{open_key, public_key, random};
use crate::report::print_fields;

const EXAMPLES: &str = "\
Examples:
  nguon org genesis --key root.key --next root-next.pub --log-vkey log.vkey --out genesis.json \\
    --name 'HTX Dâu tây Lang Biang' --name-en 'Lang Biang Strawberry Co-operative' --kind cooperative \\
    --address 'Phường Lang Biang - Đà Lạt, Lâm Đồng' --commune 24846@2025-07-01 \\
    --hotline 02633000000 --identifier tax=5800000000

The card is public and signed for ever; a later card replaces it on the pages and does not delete it. Put no private \
person's name or number in it. The operator gives the organisation its standing after it has looked at the papers.";

/// `nguon org genesis`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Genesis {
    /// The root's key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Public half of the next root key: hex or file. Only its digest is published.
    #[arg(long, value_name = "HEX|FILE")]
    next: String,
    /// The organisation's name in Vietnamese.
    #[arg(long)]
    name: String,
    /// Its name in English.
    #[arg(long)]
    name_en: Option<String>,
    /// What it is: cooperative, cooperative-group, farm, company, certifier or authority.
    #[arg(long, value_parser = kind)]
    kind: OrganisationKind,
    /// Its address in Vietnamese.
    #[arg(long)]
    address: String,
    /// Its address in English.
    #[arg(long)]
    address_en: Option<String>,
    /// Code of its commune and the day of the list that the code is from, such as 24805@2025-07-01.
    #[arg(long, value_name = "CODE@DATE")]
    commune: Option<Commune>,
    /// The organisation's telephone number, never a person's.
    #[arg(long, value_name = "NUMBER")]
    hotline: Option<String>,
    /// Its web page.
    #[arg(long, value_name = "URL")]
    website: Option<String>,
    /// Its names in registers: gln, tax, puc, ggn, internal, …
    #[arg(long, value_name = "REGISTER=NAME", value_parser = identifier)]
    identifier: Vec<Identifier>,
    #[command(flatten)]
    chain: Chain,
}

impl Genesis {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.chain.check()?;
        let key = open_key(&self.key)?;
        let next = public_key(&self.next)?;
        ensure!(next != key.public(), "the next root key is the root key itself; a thief would have both");
        let mut notebook = Notebook::open(self.chain.subjects.as_deref(), &self.key)?;
        ensure!(
            notebook.chain(&key.public())?.is_none(),
            "{} remembers that this key signed already; a root makes one organisation, once",
            notebook.path().display()
        );

        let mut signer = self.chain.begin(&key, OrganisationId::ZERO)?;
        let genesis = signer.sign(Words::control(Control::Genesis { next: next_key_digest(&next) }))?;
        let organisation = signer.organisation();
        let uri = organisation_urn(&organisation.to_string());
        let salt: [u8; 16] = random()?;
        let document =
            Document { facts: Facts::Organisation(self.card(&uri)), subjects: vec![(uri.clone(), salt)] };
        let payload = nguon_epcis::write(&document);
        // What we cannot read back, nobody's page can show.
        nguon_epcis::read(&payload)?;
        let card = signer.sign(Words {
            act: Some(Act::Commerce),
            subjects: vec![Subject { handle: handle(&uri, &salt), newest: EventId::ZERO }],
            openings: vec![Opening { kind: SectionType::PUBLIC, salt: random()?, payload }],
            ..Words::control(Control::Event)
        })?;
        notebook.note_subject(&uri, &salt, Some(card.record.event_id()));
        print_fields(
            &self.name,
            &[
                ("organisation", organisation.to_string()),
                ("ledger", signer.ledger_id().to_string()),
                ("root", key.public().to_string()),
                ("remembered in", notebook.path().display().to_string()),
            ],
        )?;
        self.chain.deliver(&[genesis, card], &mut notebook)
    }

    fn card(&self, uri: &str) -> Organisation {
        Organisation {
            uri: uri.to_owned(),
            name: Text { vi: self.name.clone(), en: self.name_en.clone() },
            kind: self.kind,
            address: Text { vi: self.address.clone(), en: self.address_en.clone() },
            commune: self.commune,
            identifiers: self.identifier.clone(),
            hotline: self.hotline.clone(),
            website: self.website.clone(),
        }
    }
}

fn kind(text: &str) -> anyhow::Result<OrganisationKind> {
    Ok(match text {
        "cooperative" => OrganisationKind::Cooperative,
        "cooperative-group" => OrganisationKind::CooperativeGroup,
        "farm" => OrganisationKind::Farm,
        "company" => OrganisationKind::Company,
        "certifier" => OrganisationKind::Certifier,
        "authority" => OrganisationKind::Authority,
        _ => anyhow::bail!(
            "an organisation is a cooperative, cooperative-group, farm, company, certifier or authority"
        ),
    })
}

fn identifier(text: &str) -> anyhow::Result<Identifier> {
    let (scheme, value) = text
        .split_once('=')
        .ok_or_else(|| anyhow!("a register's name and the name there, such as tax=5800000000"))?;
    Ok(Identifier { scheme: scheme.to_owned(), value: value.to_owned() })
}
