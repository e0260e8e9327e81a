//! A witness's timed statement that a checkpoint continues everything it saw of the log before, after
//! [C2SP tlog-cosignature], the Ed25519 form (`cosignature/v1`, key type `04`).
//!
//! ```text
//! signature line   — <witness> base64(32-bit key ID ‖ u64 Unix seconds ‖ 64-byte signature)
//!
//! signed bytes     cosignature/v1⏎
//!                  time <Unix seconds>⏎
//!                  <the text of the checkpoint>
//! ```
//!
//! What it says is only worth the witness's independence: it does not say that the log's records are true, and a
//! cosignature by the log's own operator says no more than the log's signature. The signed bytes hold no witness
//! name, so a witness key must not serve two witnesses. The ML-DSA form (type `06`) is not spoken here; its
//! lines are kept and ignored like those of any unknown key.
//!
//! [C2SP tlog-cosignature]: https://c2sp.org/tlog-cosignature

use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::key::VerifyingKey;
use crate::note::{KeyKind, NoteSignature, NoteSigner};

/// The latest time a cosignature may bear: 2⁶³ − 1 seconds.
const UNIX_SECONDS_MAX: u64 = i64::MAX.unsigned_abs();

/// A time that no cosignature can bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a cosignature's time is at most 2^63 - 1 seconds")]
pub struct TimeOutOfRange;

/// Cosigns a checkpoint. The caller is the witness and must have seen that the checkpoint continues all it cosigned
/// before: [`crate::witness::Witness`] does both.
pub fn cosign(
    checkpoint: &Checkpoint,
    witness: &NoteSigner,
    unix_seconds: u64,
) -> Result<NoteSignature, TimeOutOfRange> {
    if unix_seconds > UNIX_SECONDS_MAX {
        return Err(TimeOutOfRange);
    }
    let message = message(&checkpoint.to_string(), unix_seconds);
    Ok(witness.sign(KeyKind::Cosignature, &message, &unix_seconds.to_be_bytes()))
}

/// The time of a cosignature that holds.
pub(crate) fn verify(key: &VerifyingKey, text: &str, signature: &[u8]) -> Option<u64> {
    let (time, signature) = signature.split_first_chunk()?;
    let unix_seconds = u64::from_be_bytes(*time);
    if unix_seconds > UNIX_SECONDS_MAX {
        return None;
    }
    key.verify(&message(text, unix_seconds), signature.try_into().ok()?).ok()?;
    Some(unix_seconds)
}

fn message(text: &str, unix_seconds: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {unix_seconds}\n{text}").into_bytes()
}
