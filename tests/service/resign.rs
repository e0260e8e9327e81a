//! A second valid signature over the same message, as a phone makes that signs with random nonces.

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use sha2::{Digest, Sha512};

/// Ed25519 (RFC 8032, 5.1.6) with another nonce than the one the message gives.
pub(crate) fn sign_again(seed: [u8; 32], message: &[u8]) -> [u8; 64] {
    let expanded: [u8; 64] = Sha512::digest(seed).into();
    let (half, _) = expanded.split_first_chunk::<32>().expect("64 bytes");
    let secret = Scalar::from_bytes_mod_order(clamp_integer(*half));
    let public = EdwardsPoint::mul_base(&secret).compress();
    let nonce = Scalar::from(20_261_122_u64);
    let commitment = EdwardsPoint::mul_base(&nonce).compress();
    let challenge = Sha512::new()
        .chain_update(commitment.as_bytes())
        .chain_update(public.as_bytes())
        .chain_update(message)
        .finalize();
    let response = nonce + Scalar::from_bytes_mod_order_wide(&challenge.into()) * secret;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(commitment.as_bytes());
    signature[32..].copy_from_slice(response.as_bytes());
    signature
}
