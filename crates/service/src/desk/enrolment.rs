//! Ghi danh bằng mã mời: how a phone comes in without a password.
//!
//! ```text
//! manager's app   makes an id (16 random bytes) and an invitation, lays both here, shows the code
//! phone           reads the invitation by its id, makes a key, signs that it holds it and agrees   ─▶ answer
//! manager's app   sees the answer, compares six digits with the phone, signs the delegation        ─▶ POST /api/v1/records
//! ```
//!
//! **Trust.** Nothing here gives a right: that is the delegation on the log, signed by the manager's own key over rights that the
//! device signed too. Whoever sees the code may answer first; the six digits, worked out of id *and* key, then differ on the two
//! screens. The name of the person is in the code that the manager shows and in a private section, never here.

use nguon_ledger::{OrganisationId, PublicKey, Roles};
use nguon_storage::EnrolmentRow;

use super::invitation::{Acceptance, Invitation};
use super::{Desk, DeskError, Member};
use crate::rows;

/// The longest that an invitation may be open.
pub const LONGEST_MS: i64 = 30 * 86_400_000;
/// Invitations of one organisation at once: a spreadsheet of members makes many.
pub const OPEN_MAX: usize = 1_000;
/// The same of an organisation that nobody recognises: anybody may begin one.
pub const OPEN_MAX_STRANGER: usize = 20;
/// How long an ended invitation is still shown.
const REMEMBERED_MS: i64 = 30 * 86_400_000;

/// An invitation on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret that its code carries.
    pub id: [u8; 16],
    /// What is offered.
    pub invitation: Invitation,
    /// When it was made.
    pub created_at_ms: i64,
    /// Until when it may be answered.
    pub expires_at_ms: i64,
    /// The device that took it.
    pub answer: Option<Acceptance>,
    /// `open` · `answered` · `admitted` · `expired`.
    pub state: &'static str,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It was kept.
    Now,
    /// The same device answered before.
    Before,
}

/// Why an invitation is not laid down or answered.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The key may not admit anybody.
    #[error("the key may not admit anybody")]
    NotYours,
    /// The invitation is of another organisation or ledger, or offers what its key cannot give.
    #[error("the invitation offers what this key cannot give")]
    CannotGive,
    /// It ends before it begins, or too far in the future.
    #[error("an invitation may be open for 30 days at most")]
    Span,
    /// The id is another invitation's.
    #[error("the id is another invitation's")]
    Taken,
    /// Too many are open.
    #[error("too many invitations are open")]
    TooMany,
    /// Nobody laid it down, or it was taken back.
    #[error("there is no such invitation")]
    Unknown,
    /// Its time is over.
    #[error("the invitation's time is over")]
    Expired,
    /// Another device took it.
    #[error("another device took the invitation")]
    Used,
    /// The device does not hold the key, or signed something else.
    #[error("the device did not sign this invitation")]
    Possession,
    /// The database failed.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<nguon_storage::StoreError> for EnrolmentError {
    fn from(error: nguon_storage::StoreError) -> Self {
        Self::Desk(error.into())
    }
}

impl Desk {
    /// Lays an invitation down; answers whether it is new.
    pub async fn invite(
        &self,
        member: &Member,
        id: [u8; 16],
        invitation: Invitation,
        expires_at_ms: i64,
    ) -> Result<bool, EnrolmentError> {
        if !member.admits() {
            return Err(EnrolmentError::NotYours);
        }
        let gives_admin = invitation.roles.contains(Roles::ADMIN);
        let is_root = matches!(member.key.rights, nguon_ledger::authority::Rights::Root);
        let ledger = {
            let known = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.authority.ledger_id()
        };
        if invitation.organisation != member.organisation()
            || invitation.ledger_id != ledger
            || invitation.roles == Roles::default()
            || (gives_admin && !is_root)
        {
            return Err(EnrolmentError::CannotGive);
        }
        let now_ms = self.clock.now_ms();
        if !(now_ms..=now_ms.saturating_add(LONGEST_MS)).contains(&expires_at_ms) {
            return Err(EnrolmentError::Span);
        }
        let text = serde_json::to_string(&invitation).expect("an invitation is JSON");
        let row = EnrolmentRow {
            enrolment_id: id.to_vec(),
            organisation_id: member.organisation().as_bytes().to_vec(),
            invitation: text,
            created_at_ms: now_ms,
            expires_at_ms,
            device: Vec::new(),
            possession: Vec::new(),
        };
        let mut reader = self.store.reader().await?;
        if let Some(known) = reader.enrolment(&id).await? {
            let same = known.organisation_id == row.organisation_id && known.invitation == row.invitation;
            return if same { Ok(false) } else { Err(EnrolmentError::Taken) };
        }
        let is_recognised = {
            let known = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            crate::catalogue::is_recognised(known.authority.standing(member.organisation()))
        };
        let most = if is_recognised { OPEN_MAX } else { OPEN_MAX_STRANGER };
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let laid = reader.enrolments_of(member.organisation().as_bytes(), limit).await?;
        drop(reader);
        if laid.len() >= most {
            return Err(EnrolmentError::TooMany);
        }
        let mut unit = self.store.unit().await?;
        unit.delete_enrolments_before(now_ms.saturating_sub(REMEMBERED_MS)).await?;
        let new = unit.insert_enrolment(&row).await?;
        unit.save().await?;
        if new { Ok(true) } else { Err(EnrolmentError::Taken) }
    }

    /// Takes an invitation back.
    pub async fn withdraw(&self, member: &Member, id: [u8; 16]) -> Result<(), EnrolmentError> {
        if !member.admits() {
            return Err(EnrolmentError::NotYours);
        }
        let mut unit = self.store.unit().await?;
        let was_there = unit.delete_enrolment(member.organisation().as_bytes(), &id).await?;
        unit.save().await?;
        if was_there { Ok(()) } else { Err(EnrolmentError::Unknown) }
    }

    /// The organisation's invitations, the newest first.
    pub async fn enrolments(&self, member: &Member) -> Result<Vec<Enrolment>, EnrolmentError> {
        if !member.admits() {
            return Err(EnrolmentError::NotYours);
        }
        let limit = i64::try_from(OPEN_MAX).unwrap_or(i64::MAX);
        let rows = self.store.reader().await?.enrolments_of(member.organisation().as_bytes(), limit).await?;
        Ok(rows.iter().filter_map(|row| self.enrolment_of(row)).collect())
    }

    /// One invitation, for whoever knows its secret.
    pub async fn enrolment(&self, id: [u8; 16]) -> Result<Enrolment, EnrolmentError> {
        let row = self.store.reader().await?.enrolment(&id).await?.ok_or(EnrolmentError::Unknown)?;
        self.enrolment_of(&row).ok_or(EnrolmentError::Unknown)
    }

    /// A device takes an invitation.
    pub async fn take(
        &self,
        id: [u8; 16],
        device: PublicKey,
        possession: [u8; 64],
    ) -> Result<Answered, EnrolmentError> {
        let enrolment = self.enrolment(id).await?;
        let acceptance = Acceptance { invitation: enrolment.invitation, device, possession };
        if let Some(answer) = enrolment.answer {
            return if answer.device == device { Ok(Answered::Before) } else { Err(EnrolmentError::Used) };
        }
        let now_ms = self.clock.now_ms();
        if enrolment.expires_at_ms < now_ms {
            return Err(EnrolmentError::Expired);
        }
        enrolment.invitation.delegation(&acceptance).map_err(|_| EnrolmentError::Possession)?;
        let mut unit = self.store.unit().await?;
        let kept = unit.answer_enrolment(&id, device.as_bytes(), &possession, now_ms).await?;
        unit.save().await?;
        // Two phones at once: the first one was kept.
        if kept { Ok(Answered::Now) } else { Err(EnrolmentError::Used) }
    }

    fn enrolment_of(&self, row: &EnrolmentRow) -> Option<Enrolment> {
        let invitation: Invitation = serde_json::from_str(&row.invitation).ok()?;
        let answer = (!row.device.is_empty()).then(|| {
            let possession = row.possession.as_slice().try_into().unwrap_or([0; 64]);
            Acceptance { invitation, device: rows::public_key(&row.device), possession }
        });
        let is_admitted =
            answer.is_some_and(|answer| self.is_admitted(&answer.device, invitation.organisation));
        let state = match answer {
            Some(_) if is_admitted => "admitted",
            Some(_) => "answered",
            None if row.expires_at_ms < self.clock.now_ms() => "expired",
            None => "open",
        };
        Some(Enrolment {
            id: row.enrolment_id.as_slice().try_into().ok()?,
            invitation,
            created_at_ms: row.created_at_ms,
            expires_at_ms: row.expires_at_ms,
            answer,
            state,
        })
    }

    fn is_admitted(&self, device: &PublicKey, organisation: OrganisationId) -> bool {
        self.catalogue.key(device).is_some_and(|key| key.organisation == organisation)
    }
}
