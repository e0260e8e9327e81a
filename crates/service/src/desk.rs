//! Bàn làm việc của hợp tác xã: what a device of an organisation may know beside what everybody reads, and how people come in.
//!
//! Whoever asks has signed the request with a device's key (`nguon_ledger::request`); [`Desk::member`] says who that is, and every
//! other question is asked in that member's name. What is answered follows from the log and its private sections, but for three
//! things that are the desk's own: invitations on their way ([`enrolment`]), who looked at names, and wishes to have something erased.
//!
//! **Trust.** Names are read from private sections and go to keys with the admin role alone; each look is noted before it. The
//! notes keep honest people honest; they do not stop somebody with a database prompt.

pub mod enrolment;
mod erasure;
mod invitation;
mod messages;
mod people;
pub mod sheets;
mod things;

use std::sync::Arc;

use nguon_ledger::{OrganisationId, PublicKey, Roles};
use nguon_storage::{Store, StoreError};

pub use self::enrolment::{Answered, Enrolment, EnrolmentError};
pub use self::erasure::{ErasureWish, WishError};
pub use self::invitation::{Acceptance, Invitation, InvitationError};
pub use self::messages::{Messages, NoticedFinding, Waiting};
pub use self::people::{Colleague, Person};
pub use self::sheets::{Imported, SheetDraft, SheetError};
pub use self::things::{DiaryLine, Thing};
use crate::catalogue::{Catalogue, KeyView};
use crate::clock::Clock;
use crate::project::{Directory, ProjectError};

/// Why a desk does not answer.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// No organisation lets this key ask.
    #[error("no organisation lets this key ask that")]
    NotYours,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The records cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

/// A device of an organisation, which signed what it asks.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its key, and what it may do.
    pub key: KeyView,
}

impl Member {
    /// Whose it is.
    #[must_use]
    pub fn organisation(&self) -> OrganisationId {
        self.key.organisation
    }

    /// Whether it may admit others, and know who they are.
    #[must_use]
    pub fn admits(&self) -> bool {
        self.key.roles.contains(Roles::ADMIN)
    }
}

/// Answers devices of organisations.
pub struct Desk {
    store: Arc<dyn Store>,
    catalogue: Catalogue,
    directory: Directory,
    clock: Arc<dyn Clock>,
}

impl Desk {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        catalogue: Catalogue,
        directory: Directory,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, catalogue, directory, clock }
    }

    /// Whose key this is, if it may act now.
    pub fn member(&self, key: &PublicKey) -> Result<Member, DeskError> {
        self.catalogue.acting(key).map(|key| Member { key }).ok_or(DeskError::NotYours)
    }

    /// Entries in the read models.
    pub async fn size(&self) -> Result<u64, DeskError> {
        Ok(crate::rows::unsigned(self.store.reader().await?.projection(crate::project::NAME).await?))
    }
}
