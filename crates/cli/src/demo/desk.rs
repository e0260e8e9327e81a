//! The office of one invented co-operative, so that somebody who tries the demo can come in with a phone: two invitations, for a
//! farmer and for a manager, and a clerk who admits whoever takes them.
//!
//! A real manager looks at a face and at the six digits on both screens first. Here nobody can: the keys of invented
//! organisations follow from the demo's seed, and everybody has them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context, anyhow};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nguon_fixtures::LedgerContext;
use nguon_ledger::{Control, Draft, EventId, Flags, Opening, Record, Roles, SectionType, SigningKey};
use nguon_service::desk::{Enrolment, Invitation, Member};
use nguon_service::{Incoming, Service, Taken};
use serde_json::json;

/// Whose office it is: a co-operative with plots, products and lots.
const ORGANISATION: &str = "cau-dat";
/// How long an invitation is open.
const OPEN_MS: i64 = 24 * 3_600_000;
/// How often the clerk looks.
const LOOK: Duration = Duration::from_secs(1);

/// A link that lets a phone or a laptop in, and for whom.
pub(super) struct Invited {
    /// For whom, in both languages.
    pub(super) label: &'static str,
    /// The address to open.
    pub(super) url: String,
}

/// Admits whoever takes the demo's invitations.
pub(super) struct Clerk {
    /// Not held: whoever serves stops it at the end.
    service: Weak<Service>,
    root: SigningKey,
    member: Member,
    /// By invitation: who was meant.
    people: Vec<([u8; 16], Opening)>,
}

impl Clerk {
    /// Lays the invitations down.
    pub(super) async fn invite(
        service: &Arc<Service>,
        seed: u64,
        context: &LedgerContext,
    ) -> anyhow::Result<(Self, Vec<Invited>)> {
        let office = nguon_fixtures::keys::keys(seed, context)
            .into_iter()
            .find(|one| one.key == ORGANISATION)
            .context("the season has that co-operative")?;
        let of_office = service.catalogue().keys_of(office.id);
        let is_root = |key: &SigningKey| {
            of_office.iter().any(|known| {
                known.key == key.public() && matches!(known.rights, nguon_ledger::authority::Rights::Root)
            })
        };
        let mut keys = office.devices.iter().map(nguon_fixtures::keys::DeviceKey::signing_key);
        let root = keys.find(is_root).context("the co-operative has a root key")?;
        let member = service.desk().member(&root.public())?;
        let mut clerk = Self { service: Arc::downgrade(service), root, member, people: Vec::new() };
        let farmer = Roles::DIARY | Roles::LOT;
        let manager = Roles::ALL;
        let mut invited = Vec::new();
        for (label, name, roles, page) in [
            ("sổ tay đồng ruộng · farmer's app", "Nông dân dùng thử", farmer, "/app"),
            ("bàn làm việc HTX · co-op's desk", "Quản lý dùng thử", manager, "/app/desk"),
        ] {
            let id = clerk.lay(service, name, roles).await?;
            let id = id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let words = json!({ "id": id, "name": name, "org": office.name_vi }).to_string();
            let moi = BASE64_URL_SAFE_NO_PAD.encode(words);
            invited.push(Invited { label, url: format!("{}{page}#moi={moi}", service.public_base_url()) });
        }
        Ok((clerk, invited))
    }

    async fn lay(&mut self, service: &Service, name: &str, roles: Roles) -> anyhow::Result<[u8; 16]> {
        let mut id = [0; 16];
        let seed = nguon_service::keys::random_seed()?;
        id.copy_from_slice(&seed[..16]);
        let salt = *nguon_service::keys::random_seed()?;
        let payload =
            json!({ "type": "nguon:Person", "name": name, "role": "grower" }).to_string().into_bytes();
        let person = Opening { kind: SectionType::PERSON, salt, payload };
        let now_ms = service.now_ms();
        let invitation = Invitation {
            ledger_id: service.ledger_id(),
            organisation: self.member.organisation(),
            roles,
            flags: Flags::default(),
            not_after_ms: u64::try_from(now_ms + 365 * 86_400_000).context("a time after 1970")?,
            person: Some(person.commitment()),
        };
        service.desk().invite(&self.member, id, invitation, now_ms + OPEN_MS).await?;
        self.people.push((id, person));
        Ok(id)
    }

    /// Looks for answers until everybody is in, or the ledger ends.
    pub(super) async fn admit_all(mut self) {
        while !self.people.is_empty() {
            tokio::time::sleep(LOOK).await;
            let Some(service) = self.service.upgrade() else { return };
            if let Err(error) = self.look(&service).await {
                tracing::warn!(%error, "the demo's clerk could not admit a device");
            }
        }
    }

    async fn look(&mut self, service: &Service) -> anyhow::Result<()> {
        for enrolment in service.desk().enrolments(&self.member).await? {
            let place = self.people.iter().position(|(id, _)| *id == enrolment.id);
            if let (Some(place), "answered") = (place, enrolment.state) {
                let (_, person) = self.people.remove(place);
                self.admit(service, &enrolment, person).await?;
            }
        }
        Ok(())
    }

    async fn admit(&self, service: &Service, enrolment: &Enrolment, person: Opening) -> anyhow::Result<()> {
        let answer = enrolment.answer.context("it was answered")?;
        let delegation = enrolment.invitation.delegation(&answer)?;
        let head = service.catalogue().key(&self.root.public()).and_then(|key| key.head);
        let draft = Draft {
            seq: head.map_or(0, |head| head.seq + 1),
            prev: head.map_or(EventId::ZERO, |head| head.event),
            device_time_ms: u64::try_from(service.now_ms()).unwrap_or(0),
            ..Draft::first(service.ledger_id(), self.member.organisation(), Control::Delegate(delegation))
        };
        let record: Record = draft.sign(&self.root)?;
        let incoming =
            Incoming { record: record.as_bytes().to_vec(), openings: vec![(person.salt, person.payload)] };
        let answers = service.submit(vec![incoming]).await;
        match answers.into_iter().next().map(|one| one.answer) {
            Some(Ok(Taken::Logged { .. })) => Ok(()),
            other => Err(anyhow!("the delegation was answered {other:?}")),
        }
    }
}
