//! The keys of signed notes and their text form, the *vkey*.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::NoteSignature;
use crate::cosignature;
use crate::hash::PublicKey;
use crate::key::{KeyError, SigningKey, VerifyingKey};
use crate::line;

/// The signature types that this crate makes and verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// Type `01`: Ed25519 over the note's text, as a log signs its checkpoints.
    Ed25519,
    /// Type `04`: a timed Ed25519 cosignature of a witness ([C2SP tlog-cosignature](https://c2sp.org/tlog-cosignature)).
    Cosignature,
}

/// A key that signatures of notes are verified with.
///
/// ```text
/// vkey    <name> + <key ID, 8 hexadecimal digits> + base64(type ‖ 32-byte Ed25519 public key)
/// key ID  the first 4 bytes of SHA-256(name ‖ 0A ‖ type ‖ public key)
/// ```
///
/// It is trusted for what its owner configured it for; whoever changes it makes a foreign log pass for this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
}

/// A key that signs notes: a name and a seed. The seed is overwritten in memory when dropped.
#[derive(Debug)]
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

/// Why a verifier key was refused, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerifierKeyError {
    /// The name is empty, or has a space, a plus or a control character.
    #[error("a key's name is not empty and has neither spaces nor plus nor control characters")]
    Name,
    /// The text does not have the form of a vkey.
    #[error("not a verifier key")]
    Form,
    /// A signature type other than `01` and `04`, or a key of another length.
    #[error("the verifier key is neither Ed25519 nor an Ed25519 cosigner's")]
    Kind,
    /// The public key breaks the enrolment rule.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key ID is not that of the name and the key.
    #[error("the key ID does not belong to this name and key")]
    Id,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            KeyKind::Ed25519 => 0x01,
            KeyKind::Cosignature => 0x04,
        }
    }
}

impl VerifierKey {
    /// Names a public key; the key is held to the enrolment rule.
    pub fn new(name: &str, kind: KeyKind, key: &PublicKey) -> Result<VerifierKey, VerifierKeyError> {
        if !is_name(name) {
            return Err(VerifierKeyError::Name);
        }
        Ok(VerifierKey { name: name.to_owned(), kind, key: key.check_enrolment()? })
    }

    /// The name on its signature lines. A log's key bears the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its signatures.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public key without name and type.
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// The key ID on its signature lines: tells keys of one name apart, proves nothing.
    pub fn id(&self) -> u32 {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.public().as_bytes())
            .finalize();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }

    /// Whether the signature holds: `Some`, with the time for a cosignature.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Option<Option<u64>> {
        match self.kind {
            KeyKind::Ed25519 => {
                self.key.verify(text.as_bytes(), signature.try_into().ok()?).ok()?;
                Some(None)
            }
            KeyKind::Cosignature => cosignature::verify(&self.key, text, signature).map(Some),
        }
    }
}

impl NoteSigner {
    /// A signer from its name and its seed, 32 bytes that nobody can guess.
    pub fn new(name: &str, seed: [u8; 32]) -> Result<NoteSigner, VerifierKeyError> {
        let key = SigningKey::from_seed(seed);
        if !is_name(name) {
            return Err(VerifierKeyError::Name);
        }
        Ok(NoteSigner { name: name.to_owned(), key })
    }

    /// The name on its signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that verifies its signatures of this type.
    pub fn verifier_key(&self, kind: KeyKind) -> VerifierKey {
        VerifierKey::new(&self.name, kind, &self.key.public()).expect("a seed's key keeps the enrolment rule")
    }

    /// Signs `message`; the line carries `prefix` before the signature.
    pub(crate) fn sign(&self, kind: KeyKind, message: &[u8], prefix: &[u8]) -> NoteSignature {
        NoteSignature {
            name: self.name.clone(),
            key_id: self.verifier_key(kind).id(),
            signature: [prefix, &self.key.sign(message)].concat(),
        }
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    /// Parses a vkey; what is accepted prints again as it came.
    fn from_str(text: &str) -> Result<VerifierKey, VerifierKeyError> {
        // Base64 has plus signs too: only the first two part the fields.
        let mut fields = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(VerifierKeyError::Form);
        };
        let encoded = line::base64(encoded).ok_or(VerifierKeyError::Form)?;
        let (kind, key) = encoded.split_first().ok_or(VerifierKeyError::Form)?;
        let kind = [KeyKind::Ed25519, KeyKind::Cosignature].into_iter().find(|known| known.byte() == *kind);
        let (Some(kind), Ok(key)) = (kind, key.try_into()) else {
            return Err(VerifierKeyError::Kind);
        };
        let key = VerifierKey::new(name, kind, &PublicKey::from_bytes(key))?;
        if id == format!("{:08x}", key.id()) { Ok(key) } else { Err(VerifierKeyError::Id) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = line::to_base64([&[self.kind.byte()], &self.public().as_bytes()[..]].concat());
        write!(f, "{}+{:08x}+{encoded}", self.name, self.id())
    }
}

/// Whether a text may stand as a key's name: not empty, no Unicode space, no plus; and no control character, which
/// no note could carry.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '+' || c < ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_spaces_and_no_plus() {
        for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb", "a\u{1}b"] {
            assert_eq!(NoteSigner::new(name, [1; 32]).err(), Some(VerifierKeyError::Name), "{name:?}");
        }
        assert!(NoteSigner::new("sổ.example/tỉnh", [1; 32]).is_ok());
    }

    #[test]
    fn a_vkey_prints_as_it_was_parsed_and_any_change_is_refused() {
        let signer = NoteSigner::new("log.example", [1; 32]).expect("a fair name");
        for kind in [KeyKind::Ed25519, KeyKind::Cosignature] {
            let vkey = signer.verifier_key(kind).to_string();
            assert_eq!(vkey.parse::<VerifierKey>().map(|key| key.to_string()), Ok(vkey.clone()));
            for at in 0..vkey.len() {
                let mut changed = vkey.clone().into_bytes();
                changed[at] ^= 1;
                let changed = String::from_utf8(changed).expect("still ASCII");
                assert!(changed.parse::<VerifierKey>().is_err(), "{changed}");
            }
            assert_eq!(vkey.to_uppercase().parse::<VerifierKey>().ok(), None);
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        let signer = NoteSigner::new("log.example", [0xab; 32]).expect("a fair name");
        assert!(!format!("{signer:?}").contains("abab"));
    }
}
