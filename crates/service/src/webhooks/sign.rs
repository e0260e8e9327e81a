//! Standard Webhooks signatures (standard-webhooks/standard-webhooks, `spec/standard-webhooks.md`).
//!
//! ```text
//! signed      {webhook-id}.{webhook-timestamp}.{body}
//! v1          HMAC-SHA256 under the endpoint's secret         whsec_ + base64 of its bytes
//! v1a         Ed25519 under the operator's key for webhooks    whpk_ + base64 of its public half
//!
//! webhook-signature: v1,K5oZ…= v1,9bGh…= v1a,Jx0f…=
//! ```
//!
//! Secrets are made from the operator's `webhook.key`, the endpoint's name and a generation: a copy of the database holds none, and a new
//! generation is a new secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use nguon_ledger::{PublicKey, SigningKey};
use sha2::Sha256;
use zeroize::Zeroizing;

const SECRET: &str = "nguon 2026-11-28 webhook endpoint secret";
const SIGNER: &str = "nguon 2026-11-28 webhook signing key";

/// Makes and uses what webhooks are signed with.
pub struct Signer {
    seed: Zeroizing<[u8; 32]>,
    key: SigningKey,
}

/// An endpoint's secret, told to its exchange. No `Debug`: it must not get into a log by a slip.
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// As the libraries of Standard Webhooks take it.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("whsec_{}", STANDARD.encode(*self.0)))
    }
}

impl Signer {
    /// From the operator's seed.
    #[must_use]
    pub fn new(seed: &Zeroizing<[u8; 32]>) -> Self {
        let key = SigningKey::from_seed(blake3::derive_key(SIGNER, seed.as_slice()));
        Self { seed: seed.clone(), key }
    }

    /// The public half of the key of `v1a` signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// The same, as Standard Webhooks writes it.
    #[must_use]
    pub fn public_text(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.public().as_bytes()))
    }

    /// The secret of an endpoint's generation.
    #[must_use]
    pub fn secret(&self, endpoint: &str, generation: i64) -> Secret {
        let mut material = Zeroizing::new(self.seed.to_vec());
        material.extend_from_slice(&generation.to_be_bytes());
        material.extend_from_slice(endpoint.as_bytes());
        Secret(Zeroizing::new(blake3::derive_key(SECRET, &material)))
    }

    /// The value of `webhook-signature`: one `v1` for each secret, the newest first, and the `v1a`.
    #[must_use]
    pub fn signatures(&self, secrets: &[Secret], id: &str, timestamp_s: i64, body: &str) -> String {
        let signed = format!("{id}.{timestamp_s}.{body}");
        let mut all: Vec<String> =
            secrets.iter().map(|secret| format!("v1,{}", hmac(secret.0.as_slice(), &signed))).collect();
        all.push(format!("v1a,{}", STANDARD.encode(self.key.sign(signed.as_bytes()))));
        all.join(" ")
    }
}

fn hmac(secret: &[u8], signed: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length (RFC 2104)");
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_standard_webhooks_is_signed_as_its_libraries_sign_it() {
        // From the test suites of the reference libraries (Python, JavaScript, Go and Rust share it).
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        assert_eq!(hmac(&secret, signed), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_endpoint_and_each_generation_has_a_secret_of_its_own() {
        let (one, other) = (Signer::new(&[1; 32].into()), Signer::new(&[2; 32].into()));
        let text = |signer: &Signer, endpoint, generation| signer.secret(endpoint, generation).reveal();
        let all = [text(&one, "a", 0), text(&one, "a", 1), text(&one, "b", 0), text(&other, "a", 0)];
        for (n, secret) in all.iter().enumerate() {
            assert!(secret.starts_with("whsec_") && !all[..n].contains(secret));
        }
        assert_eq!(
            *text(&one, "a", 0),
            *text(&Signer::new(&[1; 32].into()), "a", 0),
            "the same after a start"
        );
        assert_ne!(one.public(), other.public());
    }

    #[test]
    fn while_secrets_change_both_sign_and_the_operator_always() {
        let signer = Signer::new(&[1; 32].into());
        let secrets = [signer.secret("a", 1), signer.secret("a", 0)];
        let value = signer.signatures(&secrets, "msg_1", 1_614_265_330, "{}");
        let kinds: Vec<&str> = value.split(' ').map(|one| one.split(',').next().unwrap()).collect();
        assert_eq!(kinds, ["v1", "v1", "v1a"]);
        let signature = STANDARD.decode(value.rsplit(',').next().unwrap()).unwrap();
        let key = signer.public().check_enrolment().unwrap();
        key.verify(b"msg_1.1614265330.{}", &signature.try_into().unwrap()).unwrap();
    }
}
