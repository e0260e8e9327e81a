//! Receipts: the proof that a record is in the log, in one text that can be kept for years and checked without
//! any network ([C2SP tlog-proof]).
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>            optional; a receipt of this ledger carries the whole signed record here
//! index <decimal>           the record's place in the log
//! base64(hash)              the inclusion proof, from the leaf's sibling up
//! <empty line>
//! <the signed checkpoint, with its cosignatures>
//! ```
//!
//! The extra bytes are not covered by anything until the caller hashes them as the leaf. A receipt proves that the record
//! is under a checkpoint, and who vouches for that; it proves nothing about what the record says, and nothing about what
//! happened after.
//!
//! [C2SP tlog-proof]: https://c2sp.org/tlog-proof

use std::fmt;

use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::line;
use crate::merkle::{Hash, LeafIndex, MerkleError, verify_inclusion};
use crate::note::{Note, NoteError};
use crate::policy::{Policy, Verdict};
use crate::record::MAX_RECORD_BYTES;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The largest extra data: a record.
pub const EXTRA_BYTES_MAX: usize = MAX_RECORD_BYTES;

/// The most hashes an inclusion proof can have.
const HASHES_MAX: usize = 63;

/// An offline-verifiable proof of inclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Extra data, nobody's word by itself; empty if there is none.
    pub extra: Vec<u8>,
    /// The place of the leaf.
    pub index: LeafIndex,
    /// The inclusion proof.
    pub hashes: Vec<Hash>,
    /// The checkpoint that the proof leads to.
    pub checkpoint_note: Note,
}

/// Why a proof was refused, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// Not the lines of a proof.
    #[error("not a tlog-proof")]
    Form,
    /// The extra data is longer than [`EXTRA_BYTES_MAX`], or empty where it should not be named at all.
    #[error("the extra data is empty or longer than {EXTRA_BYTES_MAX} bytes")]
    ExtraLength,
    /// More hashes than any inclusion proof has.
    #[error("an inclusion proof has at most {HASHES_MAX} hashes")]
    HashCount,
    /// The checkpoint in it is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint in it is not one of this log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The leaf is not in the checkpoint's tree at this place.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
}

impl TlogProof {
    /// Parses a proof; what is accepted prints again as the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<TlogProof, ProofError> {
        let mut rest = std::str::from_utf8(bytes).map_err(|_| ProofError::Form)?;
        let mut next = || line::next_line(&mut rest).ok_or(ProofError::Form);
        if next()? != FIRST_LINE {
            return Err(ProofError::Form);
        }
        let mut line = next()?;
        let mut extra = Vec::new();
        if let Some(encoded) = line.strip_prefix("extra ") {
            extra = line::base64(encoded).ok_or(ProofError::Form)?;
            if !(1..=EXTRA_BYTES_MAX).contains(&extra.len()) {
                return Err(ProofError::ExtraLength);
            }
            line = next()?;
        }
        let index = line.strip_prefix("index ").and_then(line::decimal).ok_or(ProofError::Form)?;
        let mut hashes = Vec::new();
        loop {
            match next()? {
                "" => break,
                _ if hashes.len() == HASHES_MAX => return Err(ProofError::HashCount),
                line => hashes.push(line::hash(line).ok_or(ProofError::Form)?),
            }
        }
        let checkpoint_note = Note::parse(rest.as_bytes())?;
        Ok(TlogProof { extra, index: LeafIndex(index), hashes, checkpoint_note })
    }

    /// Checks that the leaf is in the log that the policy trusts. The verdict says by whom the checkpoint is
    /// cosigned and whether they are enough: look at it before saying more than “the operator says so”.
    pub fn verify(&self, policy: &Policy, leaf: Hash) -> Result<Verdict, ProofError> {
        let verdict = policy.judge(&self.checkpoint_note)?;
        verify_inclusion(
            leaf,
            self.index,
            verdict.checkpoint.size(),
            &self.hashes,
            verdict.checkpoint.root(),
        )?;
        Ok(verdict)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", line::to_base64(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", line::to_base64(hash.0))?;
        }
        write!(f, "\n{}", self.checkpoint_note)
    }
}
