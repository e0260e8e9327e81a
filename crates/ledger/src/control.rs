//! Control bodies: what a record does to the ledger itself.
//!
//! An event carries no control body. Every other kind carries exactly one, of the length that its kind demands:
//!
//! ```text
//! 10 genesis         32    next key digest
//! 11 delegate        140   device key 32 ‖ role bits 2 ‖ flags 2 ‖ not-after ms 8 ‖ person commitment 32 (or zero)
//!                          ‖ proof of possession 64
//! 12 revoke          42    key 32 ‖ last good seq 8 (all ones: none of it) ‖ reason 2
//! 13 rotate          32    next key digest
//! 20 fork evidence   96    author ‖ event id logged first ‖ event id of the other
//! 21 adopt           32·k  event ids, at least one
//! 22 erasure notice  36    event id 32 ‖ section index 1 (255: a delegation's person) ‖ zero 1 ‖ reason 2
//! 30 epoch           48    log time ms 8 ‖ tree size before it 8 ‖ map root 32 (or zero)
//! 31 standing        36    organisation 32 ‖ standing bits 2 ‖ reason 2
//! 32 next log key    32    Ed25519 public key
//! ```
//!
//! A delegation is agreed by both sides: the organisation signs the record, and the device signs, inside it, the very
//! rights that it receives ([`Delegation::possession_bytes`]). So nobody enrols a key that they do not hold, and a
//! manager cannot change the rights after the phone agreed to them.
//!
//! What this does not do: judge whether the author may do it. That is [`crate::Authority`].

use crate::hash::{Commitment, EventId, LedgerId, NextKeyDigest, OrganisationId, PublicKey};
use crate::key::{KeyError, SignatureError, SigningKey, dsse};
use crate::record::{Kind, RecordError};
use std::ops::BitOr;

/// The DSSE payload type of a proof of possession.
const POSSESSION_TYPE: &str = "application/vnd.nguon.possession.v1";

/// Defines a set of bits on the wire; bits without a name are kept as they came.
macro_rules! bits {
    ($(#[$doc:meta])* $name:ident { $($(#[$bit_doc:meta])* $bit:ident = $value:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);

        impl $name {
            $($(#[$bit_doc])* pub const $bit: Self = Self($value);)*

            /// Whether all of `bits` are set.
            pub const fn contains(self, bits: Self) -> bool {
                self.0 & bits.0 == bits.0
            }
        }

        impl BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

bits! {
    /// What a device may do for its organisation.
    Roles {
        /// Write the farm diary (nhật ký đồng ruộng).
        DIARY = 1;
        /// Harvest, pack, move and process lots.
        LOT = 2;
        /// List, price and sell.
        COMMERCE = 4;
        /// Inspect and certify, if the organisation has that standing.
        INSPECTION = 8;
        /// Recall lots.
        RECALL = 16;
        /// Enrol and revoke devices, adopt records.
        ADMIN = 32;
        /// Everything: what an organisation's root may do.
        ALL = 63;
    }
}

bits! {
    /// How a delegated key is kept.
    Flags {
        /// The key is held by a service on the organisation's behalf: a gateway. Pages say so.
        SERVICE = 1;
    }
}

bits! {
    /// What the operator recognises an organisation as.
    Standing {
        /// Producer.
        PRODUCER = 1;
        /// Packer, processor or trader.
        PACKER = 2;
        /// Certifier or inspector.
        INSPECTOR = 4;
        /// Public authority: may recall anybody's lot.
        AUTHORITY = 8;
        /// Its keys are refused until the bit is taken back.
        SUSPENDED = 0x8000;
    }
}

/// A section index in an erasure notice that stands for the person named in a delegation.
pub const PERSON_OF_DELEGATION: u8 = 255;

/// What a record does to the ledger itself, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// Nothing: an event speaks of the world.
    Event,
    /// Makes an organisation, whose root is the author.
    Genesis {
        /// Commits to the root key that comes after this one.
        next: NextKeyDigest,
    },
    /// Gives a device rights.
    Delegate(Delegation),
    /// Ends a key.
    Revoke {
        /// The key that ends.
        key: PublicKey,
        /// The last place in its chain that its organisation stands behind; `None`: no place at all.
        last_good: Option<u64>,
        /// Why, as a number from the organisation's own list.
        reason: u16,
    },
    /// Moves the root to the author, the key that was committed to before.
    Rotate {
        /// Commits to the root key that comes after this one.
        next: NextKeyDigest,
    },
    /// Shows that an author signed two records for one place in its chain.
    ForkEvidence {
        /// Who.
        author: PublicKey,
        /// The record that was logged first.
        first: EventId,
        /// The record that was logged as disputed.
        other: EventId,
    },
    /// The organisation takes on records that were held or disputed.
    Adopt(Vec<EventId>),
    /// Announces that a section's salt and payload were deleted.
    ErasureNotice {
        /// The record whose section it was.
        event: EventId,
        /// Which section, or [`PERSON_OF_DELEGATION`].
        section: u8,
        /// Why.
        reason: u16,
    },
    /// The operator's clock, and the map it commits to.
    Epoch {
        /// Unix milliseconds; never less than in the epoch before.
        time_ms: u64,
        /// The log's size before this record: its own index.
        size: u64,
        /// Root of the map of standings and newest events; zero while there is none.
        map_root: [u8; 32],
    },
    /// Sets what an organisation is recognised as.
    Standing {
        /// Whose standing.
        organisation: OrganisationId,
        /// The whole of it: bits that are not set are taken back.
        bits: Standing,
        /// Why.
        reason: u16,
    },
    /// Announces the key that will sign checkpoints next.
    NextLogKey(PublicKey),
}

/// The rights that an organisation gives to a device, as both have signed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// The device's key.
    pub device: PublicKey,
    /// What it may do.
    pub roles: Roles,
    /// How it is kept.
    pub flags: Flags,
    /// The last moment, in log time, at which its records count.
    pub not_after_ms: u64,
    /// A section commitment of type 2 to the person who holds it.
    pub person: Option<Commitment>,
    /// The device's own signature over the fields above.
    pub possession: [u8; 64],
}

/// Why a delegation does not show that its device holds the key, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PossessionError {
    /// The device's key may not be enrolled.
    #[error("the device's key may not be enrolled: {0}")]
    Key(#[from] KeyError),
    /// The device did not sign these rights in this organisation of this ledger.
    #[error("the device did not sign these rights: {0}")]
    Signature(#[from] SignatureError),
}

impl Delegation {
    /// What the device signs: its rights, bound to one organisation of one ledger.
    pub fn possession_bytes(&self, ledger: LedgerId, organisation: OrganisationId) -> Vec<u8> {
        let mut rights = Vec::with_capacity(76);
        self.write_rights(&mut rights);
        dsse(POSSESSION_TYPE, &[ledger.as_bytes(), organisation.as_bytes(), &rights])
    }

    /// Checks that the device may be enrolled and agreed to these rights.
    pub fn verify_possession(
        &self,
        ledger: LedgerId,
        organisation: OrganisationId,
    ) -> Result<(), PossessionError> {
        let device = self.device.check_enrolment()?;
        device.verify(&self.possession_bytes(ledger, organisation), &self.possession)?;
        Ok(())
    }

    fn write_rights(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.device.as_bytes());
        bytes.extend_from_slice(&self.roles.0.to_be_bytes());
        bytes.extend_from_slice(&self.flags.0.to_be_bytes());
        bytes.extend_from_slice(&self.not_after_ms.to_be_bytes());
        bytes.extend_from_slice(self.person.unwrap_or(Commitment::ZERO).as_bytes());
    }
}

/// A device's proof that it holds its key and agrees to these rights: what an invited phone sends back.
pub fn sign_possession(
    device: &SigningKey,
    ledger: LedgerId,
    organisation: OrganisationId,
    roles: Roles,
    flags: Flags,
    not_after_ms: u64,
    person: Option<Commitment>,
) -> [u8; 64] {
    let agreed =
        Delegation { device: device.public(), roles, flags, not_after_ms, person, possession: [0; 64] };
    device.sign(&agreed.possession_bytes(ledger, organisation))
}

impl Control {
    /// The kind of record that carries this body.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Event => Kind::Event,
            Self::Genesis { .. } => Kind::Genesis,
            Self::Delegate(_) => Kind::Delegate,
            Self::Revoke { .. } => Kind::Revoke,
            Self::Rotate { .. } => Kind::Rotate,
            Self::ForkEvidence { .. } => Kind::ForkEvidence,
            Self::Adopt(_) => Kind::Adopt,
            Self::ErasureNotice { .. } => Kind::ErasureNotice,
            Self::Epoch { .. } => Kind::Epoch,
            Self::Standing { .. } => Kind::Standing,
            Self::NextLogKey(_) => Kind::NextLogKey,
        }
    }

    /// Whether a body of this kind may have this length.
    pub(crate) fn length_fits(kind: Kind, length: usize) -> bool {
        match kind {
            Kind::Event => length == 0,
            Kind::Genesis | Kind::Rotate | Kind::NextLogKey => length == 32,
            Kind::Delegate => length == 140,
            Kind::Revoke => length == 42,
            Kind::ForkEvidence => length == 96,
            Kind::Adopt => length > 0 && length.is_multiple_of(32),
            Kind::ErasureNotice | Kind::Standing => length == 36,
            Kind::Epoch => length == 48,
        }
    }

    /// Reads a body whose length fits its kind.
    pub(crate) fn read(kind: Kind, bytes: &[u8]) -> Result<Self, RecordError> {
        let mut fields = Fields(bytes);
        Ok(match kind {
            Kind::Event => Self::Event,
            Kind::Genesis => Self::Genesis { next: NextKeyDigest::from_bytes(fields.take()) },
            Kind::Delegate => Self::Delegate(Delegation {
                device: PublicKey::from_bytes(fields.take()),
                roles: Roles(fields.u16()),
                flags: Flags(fields.u16()),
                not_after_ms: fields.u64(),
                person: Some(Commitment::from_bytes(fields.take())).filter(|person| !person.is_zero()),
                possession: fields.take(),
            }),
            Kind::Revoke => Self::Revoke {
                key: PublicKey::from_bytes(fields.take()),
                last_good: Some(fields.u64()).filter(|seq| *seq != u64::MAX),
                reason: fields.u16(),
            },
            Kind::Rotate => Self::Rotate { next: NextKeyDigest::from_bytes(fields.take()) },
            Kind::ForkEvidence => Self::ForkEvidence {
                author: PublicKey::from_bytes(fields.take()),
                first: EventId::from_bytes(fields.take()),
                other: EventId::from_bytes(fields.take()),
            },
            Kind::Adopt => {
                let (ids, _) = bytes.as_chunks::<32>();
                Self::Adopt(ids.iter().map(|id| EventId::from_bytes(*id)).collect())
            }
            Kind::ErasureNotice => {
                let event = EventId::from_bytes(fields.take());
                let [section, zero] = fields.take();
                if zero != 0 {
                    return Err(RecordError::Reserved);
                }
                Self::ErasureNotice { event, section, reason: fields.u16() }
            }
            Kind::Epoch => Self::Epoch { time_ms: fields.u64(), size: fields.u64(), map_root: fields.take() },
            Kind::Standing => Self::Standing {
                organisation: OrganisationId::from_bytes(fields.take()),
                bits: Standing(fields.u16()),
                reason: fields.u16(),
            },
            Kind::NextLogKey => Self::NextLogKey(PublicKey::from_bytes(fields.take())),
        })
    }

    /// Writes the body.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Event => {}
            Self::Genesis { next } | Self::Rotate { next } => bytes.extend_from_slice(next.as_bytes()),
            Self::Delegate(delegation) => {
                delegation.write_rights(bytes);
                bytes.extend_from_slice(&delegation.possession);
            }
            Self::Revoke { key, last_good, reason } => {
                bytes.extend_from_slice(key.as_bytes());
                bytes.extend_from_slice(&last_good.unwrap_or(u64::MAX).to_be_bytes());
                bytes.extend_from_slice(&reason.to_be_bytes());
            }
            Self::ForkEvidence { author, first, other } => {
                bytes.extend_from_slice(author.as_bytes());
                bytes.extend_from_slice(first.as_bytes());
                bytes.extend_from_slice(other.as_bytes());
            }
            Self::Adopt(ids) => ids.iter().for_each(|id| bytes.extend_from_slice(id.as_bytes())),
            Self::ErasureNotice { event, section, reason } => {
                bytes.extend_from_slice(event.as_bytes());
                bytes.extend_from_slice(&[*section, 0]);
                bytes.extend_from_slice(&reason.to_be_bytes());
            }
            Self::Epoch { time_ms, size, map_root } => {
                bytes.extend_from_slice(&time_ms.to_be_bytes());
                bytes.extend_from_slice(&size.to_be_bytes());
                bytes.extend_from_slice(map_root);
            }
            Self::Standing { organisation, bits, reason } => {
                bytes.extend_from_slice(organisation.as_bytes());
                bytes.extend_from_slice(&bits.0.to_be_bytes());
                bytes.extend_from_slice(&reason.to_be_bytes());
            }
            Self::NextLogKey(key) => bytes.extend_from_slice(key.as_bytes()),
        }
    }
}

/// Fields in order from bytes whose length was checked.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self.0.split_first_chunk().expect("the length was checked against the kind");
        self.0 = rest;
        *field
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }
}
