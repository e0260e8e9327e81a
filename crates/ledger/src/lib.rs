//! Who said what, in which order, and nobody can take it back: signed records and the log that holds them.
//!
//! A *record* is a claim that a farmer's phone, a packing house or a gateway signed with its own key. Each key keeps its
//! own hash chain, so phones work offline and side by side. The *log* orders records from all of them in an RFC 6962
//! tree that anyone may mirror, and the *authority* says, from the records alone, which organisation stands behind
//! which key at which moment. This crate reads, makes and checks all three. It knows nothing of farming: what a record
//! says about a lot is a salted commitment here.
//!
//! Everything is pure: bytes, keys and times come in as arguments. It opens no file or socket, reads no clock and
//! makes no randomness.
//!
//! | to do | see |
//! |---|---|
//! | sign a record | [`Draft`], [`SigningKey`] |
//! | read one, check its signature | [`Record`] |
//! | check the contents it commits to | [`section`] |
//! | decide whether it is accepted, and what follows | [`Authority`] |
//! | check a whole log | [`audit::Audit`] |
//! | sign a request for what is not public | [`request`] |

pub mod hash;
pub mod key;

pub mod control;
pub mod record;

pub mod draft;
pub mod section;

pub mod authority;

pub mod merkle;

pub mod tile;

pub mod openings;

mod line;

pub mod note;

pub mod checkpoint;
pub mod cosignature;
pub mod policy;
pub mod proof;
pub mod witness;

pub mod audit;

pub mod request;

pub use authority::{Admission, Authority, AuthorityFinding, Hold, Refusal};
pub use control::{
    Control, Delegation, Flags, PERSON_OF_DELEGATION, PossessionError, Roles, Standing, sign_possession,
};
pub use draft::Draft;
pub use hash::{
    Commitment, EventId, Handle, LedgerId, NextKeyDigest, NotHex, OrganisationId, PublicKey, handle,
    ledger_id, next_key_digest,
};
pub use key::{KeyError, SignatureError, SigningKey, VerifyingKey};
pub use record::{Act, Kind, MAX_RECORD_BYTES, Record, RecordError, SectionRef, Seen, Subject};
pub use section::{Opening, OpeningError, SectionType, check_openings};
