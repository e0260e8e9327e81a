//! Ed25519 keys and the one verdict on a signature that every verifier reaches.
//!
//! RFC 8032 leaves room: implementations differ over small-order keys and points, over non-canonical encodings and
//! over the cofactor. A signature that one verifier calls good and another forged would split the ledger, so
//! the room is closed twice:
//!
//! * once per key, at enrolment ([`PublicKey::check_enrolment`]): a canonical encoding of a point on the curve that
//!   is not the identity and has no small-order part;
//! * for each signature ([`VerifyingKey::verify`]): ed25519-dalek's `verify_strict`, which is the cofactorless
//!   equation of RFC 8032, section 5.1.7, with a reduced S and an R of large order.
//!
//! On enrolled keys a verifier without the strict mode (WebCrypto, OpenSSL, Go) agrees once it compares
//! R with the identity's 32 bytes and refuses it; we compare too, so that the rule stands in one place.
//!
//! What this does not do: verify in batches (a batch accepts what single verification refuses) or in ZIP-215 mode,
//! and make keys (randomness comes from outside).

use crate::hash::PublicKey;
use ed25519_dalek::Signer;
use std::fmt;
use zeroize::Zeroize;

/// How the identity point is written: `01` and 31 zero bytes.
const IDENTITY: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// Why a public key may not be enrolled, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The 32 bytes decode to no point.
    #[error("the key is not a point on the curve")]
    NotAPoint,
    /// The bytes decode to a point that is written differently.
    #[error("the key is not in its canonical encoding")]
    NotCanonical,
    /// The neutral element: it verifies what anybody makes up.
    #[error("the key is the identity")]
    Identity,
    /// The point has a small-order part, on which verifiers disagree.
    #[error("the key has a small-order part")]
    SmallOrder,
}

/// Why a signature was refused, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// R is the identity, which lenient verifiers accept.
    #[error("the signature's R is the identity")]
    IdentityNonce,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Invalid,
}

impl PublicKey {
    /// Decodes the key and holds it to the enrolment rule. Costs about as much as two signatures:
    /// do it once per key and keep the answer.
    pub fn check_enrolment(&self) -> Result<VerifyingKey, KeyError> {
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(self.as_bytes()).map_err(|_| KeyError::NotAPoint)?;
        let point = key.to_edwards();
        if point.compress().as_bytes() != self.as_bytes() {
            return Err(KeyError::NotCanonical);
        }
        if *self.as_bytes() == IDENTITY {
            return Err(KeyError::Identity);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::SmallOrder);
        }
        Ok(VerifyingKey(key))
    }
}

/// An enrolled public key, decoded once: cheap to copy and to keep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// The key as it is written.
    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.to_bytes())
    }

    /// The one verdict on a signature.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
        if signature[..32] == IDENTITY {
            return Err(SignatureError::IdentityNonce);
        }
        self.0
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| SignatureError::Invalid)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.public())
    }
}

/// A secret key. Overwritten in memory when dropped, and never printed.
///
/// Whoever reads it signs in its owner's name until an organisation revokes it.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of this seed (RFC 8032, section 5.1.5). The seed is the secret: 32 bytes that nobody can guess.
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let key = Self(ed25519_dalek::SigningKey::from_bytes(&seed));
        seed.zeroize();
        key
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// Signs a message as it is: RFC 8032's plain Ed25519, without context.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(secret half of {})", self.public())
    }
}

/// What is signed: DSSE's pre-authentication encoding (secure-systems-lab/dsse, `protocol.md`) of a body made of parts.
/// The payload type inside it keeps a signature of one kind from standing for another.
pub(crate) fn dsse(payload_type: &str, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = format!("DSSEv1 {} {payload_type} {length} ", payload_type.len()).into_bytes();
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_message_and_key_only() {
        let key = SigningKey::from_seed([1; 32]);
        let other = SigningKey::from_seed([2; 32]);
        let signature = key.sign(b"dau tay");
        let verifying = key.public().check_enrolment().unwrap();
        assert_eq!(verifying.verify(b"dau tay", &signature), Ok(()));
        assert_eq!(verifying.verify(b"dau tam", &signature), Err(SignatureError::Invalid));
        let stranger = other.public().check_enrolment().unwrap();
        assert_eq!(stranger.verify(b"dau tay", &signature), Err(SignatureError::Invalid));
    }

    #[test]
    fn a_secret_key_does_not_print_its_secret() {
        let printed = format!("{:?}", SigningKey::from_seed([0xab; 32]));
        assert!(!printed.contains("abab") && !printed.contains("171"), "{printed}");
    }

    #[test]
    fn the_signed_bytes_name_the_type_and_the_length() {
        assert_eq!(dsse("a/b", &[b"xy", b"z"]), b"DSSEv1 3 a/b 3 xyz");
    }
}
