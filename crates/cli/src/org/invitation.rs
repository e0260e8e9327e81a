//! Admitting a device: an invitation, the device's answer, and the delegation that both agreed to.
//!
//! ```text
//! manager  invite    {"ledger_id", "organisation", "roles", "flags", "not_after_ms", "person": commitment or null}
//! device   accept    the same, with "device": public key, "possession": base64 of 64 bytes
//! manager  delegate  signs exactly the invitation's rights, if the device signed exactly these
//! ```
//!
//! The delegation takes its rights from the manager's own copy of the invitation, never from the answer: a device that
//! wrote itself more rights is refused. A change is a new invitation.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::{
    Commitment, Delegation, Flags, LedgerId, OrganisationId, PublicKey, Roles, SigningKey, sign_possession,
};
use serde::{Deserialize, Serialize};

/// The rights that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "InvitationText", into = "InvitationText")]
pub(crate) struct Invitation {
    /// In which ledger.
    pub(crate) ledger_id: LedgerId,
    /// By whom.
    pub(crate) organisation: OrganisationId,
    /// What the device may do.
    pub(crate) roles: Roles,
    /// How the key is kept.
    pub(crate) flags: Flags,
    /// Until when.
    pub(crate) not_after_ms: u64,
    /// Who holds it.
    pub(crate) person: Option<Commitment>,
}

/// A device's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AcceptanceText", into = "AcceptanceText")]
pub(crate) struct Acceptance {
    /// The rights it agreed to.
    pub(crate) invitation: Invitation,
    /// Its key.
    pub(crate) device: PublicKey,
    /// Its signature over them.
    pub(crate) possession: [u8; 64],
}

#[derive(Serialize, Deserialize)]
struct InvitationText {
    ledger_id: String,
    organisation: String,
    roles: u16,
    flags: u16,
    not_after_ms: u64,
    person: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct AcceptanceText {
    #[serde(flatten)]
    invitation: InvitationText,
    device: String,
    possession: String,
}

impl TryFrom<InvitationText> for Invitation {
    type Error = anyhow::Error;

    fn try_from(text: InvitationText) -> anyhow::Result<Self> {
        Ok(Self {
            ledger_id: text.ledger_id.parse().context("`ledger_id`")?,
            organisation: text.organisation.parse().context("`organisation`")?,
            roles: Roles(text.roles),
            flags: Flags(text.flags),
            not_after_ms: text.not_after_ms,
            person: text.person.map(|person| person.parse()).transpose().context("`person`")?,
        })
    }
}

impl From<Invitation> for InvitationText {
    fn from(invitation: Invitation) -> Self {
        Self {
            ledger_id: invitation.ledger_id.to_string(),
            organisation: invitation.organisation.to_string(),
            roles: invitation.roles.0,
            flags: invitation.flags.0,
            not_after_ms: invitation.not_after_ms,
            person: invitation.person.map(|person| person.to_string()),
        }
    }
}

impl TryFrom<AcceptanceText> for Acceptance {
    type Error = anyhow::Error;

    fn try_from(text: AcceptanceText) -> anyhow::Result<Self> {
        let possession = STANDARD.decode(&text.possession).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            invitation: text.invitation.try_into()?,
            device: text.device.parse().context("`device`")?,
            possession: possession.context("`possession` is not the base64 of 64 bytes")?,
        })
    }
}

impl From<Acceptance> for AcceptanceText {
    fn from(acceptance: Acceptance) -> Self {
        Self {
            invitation: acceptance.invitation.into(),
            device: acceptance.device.to_string(),
            possession: STANDARD.encode(acceptance.possession),
        }
    }
}

impl Invitation {
    /// The device agrees.
    pub(crate) fn accept(self, device: &SigningKey) -> Acceptance {
        let Self { ledger_id, organisation, roles, flags, not_after_ms, person } = self;
        let possession = sign_possession(device, ledger_id, organisation, roles, flags, not_after_ms, person);
        Acceptance { invitation: self, device: device.public(), possession }
    }

    /// The delegation of these rights to the device that accepted them.
    pub(crate) fn delegation(&self, acceptance: &Acceptance) -> anyhow::Result<Delegation> {
        ensure!(
            acceptance.invitation == *self,
            "the device accepted other rights than the invitation offers; send it the invitation again"
        );
        let delegation = acceptance.delegation();
        delegation
            .verify_possession(self.ledger_id, self.organisation)
            .context("the device did not sign this invitation; let it accept again")?;
        Ok(delegation)
    }
}

impl Acceptance {
    /// The delegation as the device has signed it.
    pub(crate) fn delegation(&self) -> Delegation {
        let Invitation { roles, flags, not_after_ms, person, .. } = self.invitation;
        Delegation { device: self.device, roles, flags, not_after_ms, person, possession: self.possession }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            ledger_id: LedgerId::from_bytes([1; 32]),
            organisation: OrganisationId::from_bytes([2; 32]),
            roles: Roles::DIARY | Roles::LOT,
            flags: Flags::default(),
            not_after_ms: 1_800_000_000_000,
            person: Some(Commitment::from_bytes([3; 32])),
        }
    }

    #[test]
    fn invitation_and_answer_read_back_as_they_were_written() {
        let acceptance = invitation().accept(&SigningKey::from_seed([4; 32]));
        let text = serde_json::to_string(&acceptance).unwrap();
        assert_eq!(serde_json::from_str::<Acceptance>(&text).unwrap(), acceptance);
        let text = serde_json::to_string(&invitation()).unwrap();
        assert_eq!(serde_json::from_str::<Invitation>(&text).unwrap(), invitation());
        assert!(serde_json::from_str::<Invitation>(&text.replace("0202", "02")).is_err());
    }

    #[test]
    fn a_device_cannot_write_itself_more_rights() {
        let device = SigningKey::from_seed([4; 32]);
        assert!(invitation().delegation(&invitation().accept(&device)).is_ok());

        let greedy = Invitation { roles: Roles::ALL, ..invitation() }.accept(&device);
        let error = invitation().delegation(&greedy).unwrap_err();
        assert!(error.to_string().contains("other rights"), "{error}");

        let forged = Acceptance { invitation: invitation(), ..greedy };
        let error = invitation().delegation(&forged).unwrap_err();
        assert!(error.to_string().contains("did not sign"), "{error}");
    }
}
