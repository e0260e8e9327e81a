//! The names of things: 32-byte digests and keys, each of its own type.
//!
//! A ledger, an event, an organisation, a subject and a commitment are all 32 bytes, and mixing two of
//! them up would verify nothing and say nothing. So each is a newtype, printed and parsed as lower-case hex.
//!
//! Every digest is BLAKE3 in `derive_key` mode (BLAKE3 specification, section 2.3), under a context string that
//! names the purpose, so that a value made for one purpose never stands for another:
//!
//! ```text
//! ledger id           nguon 2026-11 ledger id v1    origin ‖ 0A ‖ first log key
//! event id            nguon 2026-11 event id v1     record body, without the signature
//! subject handle      nguon 2026-11 subject v1      URI ‖ 00 ‖ 16-byte salt
//! section commitment  nguon 2026-11 section v1      32-byte salt ‖ u16 type ‖ payload
//! next key digest     nguon 2026-11 next key v1     public key
//! ```
//!
//! ```
//! use nguon_ledger::{EventId, handle};
//!
//! let lot = handle("https://id.gs1.org/01/09521234000105/10/A", &[7; 16]);
//! assert_ne!(lot, handle("https://id.gs1.org/01/09521234000105/10/A", &[8; 16]));
//! assert_eq!(EventId::ZERO.to_string(), "0".repeat(64));
//! ```
//!
//! What this does not do: tell whether a digest is *of* anything. That is checked where the bytes are at hand.

use std::fmt;
use std::str::FromStr;

/// Text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct NotHex;

/// Defines one 32-byte name.
macro_rules! name_of_32_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Thirty-two zero bytes: the format's "none".
            pub const ZERO: Self = Self([0; 32]);

            /// Takes the bytes as they are.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Whether this is the format's "none".
            pub fn is_zero(&self) -> bool {
                self.0 == [0; 32]
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotHex;

            fn from_str(text: &str) -> Result<Self, NotHex> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| NotHex)?;
                Ok(Self(bytes))
            }
        }
    };
}

name_of_32_bytes! {
    /// Which log a record was signed for: the same bytes mean nothing in another.
    LedgerId
}
name_of_32_bytes! {
    /// A record's name: the digest of its body, so that signing the same body again is no new event.
    EventId
}
name_of_32_bytes! {
    /// An organisation's name: the event id of its genesis record.
    OrganisationId
}
name_of_32_bytes! {
    /// A subject's name in the log: says nothing about the subject to who lacks its salt.
    Handle
}
name_of_32_bytes! {
    /// A salted commitment to one section's contents.
    Commitment
}
name_of_32_bytes! {
    /// The digest of the key that an organisation's root will move to.
    NextKeyDigest
}
name_of_32_bytes! {
    /// An Ed25519 public key as it is written; [`PublicKey::check_enrolment`] tells whether it may be used.
    PublicKey
}

impl From<EventId> for OrganisationId {
    /// The organisation that a genesis record with this event id makes.
    fn from(genesis: EventId) -> Self {
        Self(genesis.0)
    }
}

impl From<OrganisationId> for EventId {
    /// The genesis record of an organisation.
    fn from(organisation: OrganisationId) -> Self {
        Self(organisation.0)
    }
}

/// The id of the log that has this origin and began with this Ed25519 key.
pub fn ledger_id(origin: &str, log_key: &[u8; 32]) -> LedgerId {
    LedgerId(derive("nguon 2026-11 ledger id v1", &[origin.as_bytes(), b"\n", log_key]))
}

/// The handle of a subject: its URI under its own salt.
pub fn handle(uri: &str, salt: &[u8; 16]) -> Handle {
    Handle(derive("nguon 2026-11 subject v1", &[uri.as_bytes(), &[0], salt]))
}

/// What a genesis or a rotation publishes of the next root key, so that only its holder can move the root.
pub fn next_key_digest(key: &PublicKey) -> NextKeyDigest {
    NextKeyDigest(derive("nguon 2026-11 next key v1", &[&key.0]))
}

/// The name of the record with this body.
pub(crate) fn event_id(body: &[u8]) -> EventId {
    EventId(derive("nguon 2026-11 event id v1", &[body]))
}

/// The commitment to one section.
pub(crate) fn section_commitment(salt: &[u8; 32], section_type: u16, payload: &[u8]) -> Commitment {
    Commitment(derive("nguon 2026-11 section v1", &[salt, &section_type.to_be_bytes(), payload]))
}

fn derive(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_as_it_prints() {
        let id = EventId::from_bytes(std::array::from_fn(|i| u8::try_from(i).unwrap()));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(format!("{id:?}"), format!("EventId({id})"));
    }

    #[test]
    fn text_that_is_not_32_bytes_of_hex_is_refused() {
        for text in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
            assert_eq!(text.parse::<EventId>(), Err(NotHex), "{text}");
        }
    }

    #[test]
    fn one_value_under_two_contexts_has_two_digests() {
        let bytes = [9; 32];
        assert_ne!(event_id(&bytes).as_bytes(), next_key_digest(&PublicKey::from_bytes(bytes)).as_bytes());
    }
}
