//! The same evidence in a form for phones: one JSON text, a third to a fifth of the bytes of the zip once it is compressed.
//!
//! ```text
//! {"format": "nguon check 1", "origin", "lot", "log_key",
//!  "witnesses": [{"key", "operators_own"}],
//!  "checkpoint": the signed note,
//!  "records": [{"index", "record": base64, "proof": base64 of its hashes from the leaf up, "shared": n,
//!               "facts": [{"position", "salt": base64, "text" or "payload": base64}]}]}
//! ```
//!
//! Neighbours in the log share the upper part of their inclusion proofs: `proof` leaves out the last `shared` hashes, which are
//! those of the record before. `text` is the payload if it is UTF-8, byte for byte.
//!
//! It is read by `frontend/verifier`, which believes nothing of it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use nguon_id::LotId;
use nguon_ledger::merkle::Hash;
use serde::Serialize;

use super::{Collector, EvidenceError, Gathered};

#[derive(Serialize)]
struct Light<'a> {
    format: &'static str,
    origin: &'a str,
    lot: &'a str,
    log_key: &'a str,
    witnesses: Vec<Witness<'a>>,
    checkpoint: String,
    records: Vec<Proven>,
}

#[derive(Serialize)]
struct Witness<'a> {
    key: &'a str,
    operators_own: bool,
}

#[derive(Serialize)]
struct Proven {
    index: u64,
    record: String,
    proof: String,
    #[serde(skip_serializing_if = "is_none")]
    shared: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    facts: Vec<Opened>,
}

#[derive(Serialize)]
struct Opened {
    position: u8,
    salt: String,
    #[serde(flatten)]
    contents: Contents,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Contents {
    Text(String),
    Payload(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Collector<'_> {
    /// The evidence for a phone. `independent` names the witnesses that the operator does not own.
    pub(crate) async fn light(&self, id: &LotId, independent: &[String]) -> Result<Vec<u8>, EvidenceError> {
        let Gathered { lot, entries, .. } = self.gather(id).await?;
        let Some((checkpoint, note)) = self.lookup.checkpoint().await? else {
            return Err(EvidenceError::NotPublished);
        };
        let mut records = Vec::with_capacity(entries.len());
        let mut before: Vec<Hash> = Vec::new();
        for (index, row) in entries {
            let entry = self.lookup.open(row).await?;
            let Some(proof) = self.lookup.receipt_under(&entry, &checkpoint, &note).await? else {
                return Err(EvidenceError::NotPublished);
            };
            let shared =
                before.iter().rev().zip(proof.hashes.iter().rev()).take_while(|(a, b)| a == b).count();
            let own = &proof.hashes[..proof.hashes.len() - shared];
            let own: Vec<u8> = own.iter().flat_map(|hash| hash.0).collect();
            let facts = entry.openings.iter().map(|(position, opening)| Opened {
                position: *position,
                salt: BASE64_STANDARD.encode(opening.salt),
                contents: match String::from_utf8(opening.payload.clone()) {
                    Ok(text) => Contents::Text(text),
                    Err(bytes) => Contents::Payload(BASE64_STANDARD.encode(bytes.as_bytes())),
                },
            });
            let facts = facts.collect();
            let record = BASE64_STANDARD.encode(entry.record.as_bytes());
            records.push(Proven { index, record, proof: BASE64_STANDARD.encode(own), shared, facts });
            before = proof.hashes;
        }
        let witnesses = self.witness_vkeys.iter().map(|key| {
            let name = key.split('+').next().unwrap_or_default();
            Witness { key, operators_own: !independent.iter().any(|known| known == name) }
        });
        let light = Light {
            format: "nguon check 1",
            origin: checkpoint.origin(),
            lot: &lot,
            log_key: &self.log_vkey,
            witnesses: witnesses.collect(),
            // A note is text by its grammar.
            checkpoint: String::from_utf8_lossy(&note).into_owned(),
            records,
        };
        Ok(serde_json::to_vec(&light).expect("it has text keys only"))
    }
}
