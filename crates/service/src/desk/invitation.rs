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

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use nguon_ledger::{
    Commitment, Delegation, Flags, LedgerId, OrganisationId, PossessionError, PublicKey, Roles, SigningKey,
    sign_possession,
};
use serde::{Deserialize, Serialize};

/// Why an invitation or its answer will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// A field is not what it should be.
    #[error("`{0}` is not written as it should be")]
    Field(&'static str),
    /// The answer is to another invitation.
    #[error("the device accepted other rights than the invitation offers; send it the invitation again")]
    OtherRights,
    /// The device does not hold the key, or signed something else.
    #[error("the device did not sign this invitation; let it accept again: {0}")]
    Possession(#[from] PossessionError),
}

/// The rights that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "InvitationText", into = "InvitationText")]
pub struct Invitation {
    /// In which ledger.
    pub ledger_id: LedgerId,
    /// By whom.
    pub organisation: OrganisationId,
    /// What the device may do.
    pub roles: Roles,
    /// How the key is kept.
    pub flags: Flags,
    /// Until when.
    pub not_after_ms: u64,
    /// Who holds it.
    pub person: Option<Commitment>,
}

/// A device's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AcceptanceText", into = "AcceptanceText")]
pub struct Acceptance {
    /// The rights it agreed to.
    pub invitation: Invitation,
    /// Its key.
    pub device: PublicKey,
    /// Its signature over them.
    pub possession: [u8; 64],
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
    type Error = InvitationError;

    fn try_from(text: InvitationText) -> Result<Self, InvitationError> {
        let wrong = InvitationError::Field;
        Ok(Self {
            ledger_id: text.ledger_id.parse().map_err(|_| wrong("ledger_id"))?,
            organisation: text.organisation.parse().map_err(|_| wrong("organisation"))?,
            roles: Roles(text.roles),
            flags: Flags(text.flags),
            not_after_ms: text.not_after_ms,
            person: text.person.map(|person| person.parse()).transpose().map_err(|_| wrong("person"))?,
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
    type Error = InvitationError;

    fn try_from(text: AcceptanceText) -> Result<Self, InvitationError> {
        let possession = STANDARD.decode(&text.possession).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            invitation: text.invitation.try_into()?,
            device: text.device.parse().map_err(|_| InvitationError::Field("device"))?,
            possession: possession.ok_or(InvitationError::Field("possession"))?,
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
    pub fn accept(self, device: &SigningKey) -> Acceptance {
        let Self { ledger_id, organisation, roles, flags, not_after_ms, person } = self;
        let possession = sign_possession(device, ledger_id, organisation, roles, flags, not_after_ms, person);
        Acceptance { invitation: self, device: device.public(), possession }
    }

    /// The delegation of these rights to the device that accepted them.
    pub fn delegation(&self, acceptance: &Acceptance) -> Result<Delegation, InvitationError> {
        if acceptance.invitation != *self {
            return Err(InvitationError::OtherRights);
        }
        let delegation = acceptance.delegation();
        delegation.verify_possession(self.ledger_id, self.organisation)?;
        Ok(delegation)
    }
}

impl Acceptance {
    /// The delegation as the device has signed it.
    pub fn delegation(&self) -> Delegation {
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
