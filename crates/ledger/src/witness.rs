//! Witnesses: who keeps the log from showing two histories, and the request that asks one for its cosignature
//! ([C2SP tlog-witness], `add-checkpoint`).
//!
//! ```text
//! old <size>                    the size that the witness cosigned last, in decimal
//! base64(hash)                  the consistency proof from there, 0 to 63 lines
//! <empty line>
//! <the signed checkpoint>
//! ```
//!
//! The answer is the witness's signature lines, or a status: [`WitnessRefusal::status`]. The log adds the lines to
//! its checkpoint with [`add_cosignatures`].
//!
//! [`Witness`] is the state and the rule, without network, clock or disk. Its owner persists what
//! [`Witness::newest`] says *before* an answer leaves, and handles one request at a time: a witness that forgets,
//! or that two requests overtake in each other, cosigns two histories. That state is trusted: whoever can set it back can make
//! the witness lie.
//!
//! [C2SP tlog-witness]: https://c2sp.org/tlog-witness

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::cosignature::{TimeOutOfRange, cosign};
use crate::line;
use crate::merkle::{EMPTY_ROOT, Hash, TreeSize, verify_consistency};
use crate::note::{KeyKind, Note, NoteError, NoteSignature, NoteSigner, VerifierKey, parse_signatures};

/// The content type of the answer 409, whose body is the size that the witness knows.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// The most hashes in a request's proof.
const PROOF_LENGTH_MAX: usize = 63;

/// A request for a cosignature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness cosigned last, as the log knows it; 0 if none.
    pub old_size: TreeSize,
    /// The proof that the checkpoint continues the tree of that size.
    pub proof: Vec<Hash>,
    /// The checkpoint to cosign.
    pub checkpoint: Note,
}

/// A request that does not have the form above.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// Not the lines in front of a checkpoint.
    #[error("not an add-checkpoint request")]
    Form,
    /// More hashes than any consistency proof has.
    #[error("a consistency proof has at most {PROOF_LENGTH_MAX} hashes")]
    ProofLength,
    /// The checkpoint is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// Why a witness does not cosign, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WitnessRefusal {
    /// The note is no checkpoint of the plain form.
    #[error(transparent)]
    Malformed(CheckpointError),
    /// The witness does not watch this log.
    #[error("this witness does not watch {0}")]
    UnknownLog(String),
    /// The log's key did not sign, or not this.
    #[error("the log's signature does not hold")]
    BadSignature,
    /// The old size is larger than the checkpoint's.
    #[error("the old size is larger than the checkpoint's")]
    OldSizeBeyondCheckpoint,
    /// The witness knows another size; the request may be made again from there.
    #[error("the witness cosigned {0} leaves last")]
    Conflict(TreeSize),
    /// Another root at the size the witness already cosigned: the log shows two histories.
    #[error("the witness cosigned another root for {0} leaves")]
    OtherRoot(TreeSize),
    /// The proof does not hold: the log cannot show that it only grew.
    #[error("the consistency proof does not hold")]
    BadProof,
    /// The witness's clock is out of the range of cosignatures: nothing the log can do about it.
    #[error(transparent)]
    Clock(#[from] TimeOutOfRange),
}

/// A witness: its key, and the newest checkpoint it cosigned of each log it watches.
#[derive(Debug)]
pub struct Witness {
    signer: NoteSigner,
    logs: BTreeMap<String, Watched>,
}

#[derive(Debug)]
struct Watched {
    key: VerifierKey,
    size: TreeSize,
    root: Hash,
}

impl AddCheckpoint {
    /// Parses a request's body; what is accepted prints again as it came.
    pub fn parse(body: &[u8]) -> Result<AddCheckpoint, RequestError> {
        let mut rest = std::str::from_utf8(body).map_err(|_| RequestError::Form)?;
        let old = line::next_line(&mut rest)
            .and_then(|line| line.strip_prefix("old "))
            .ok_or(RequestError::Form)?;
        let old_size = TreeSize(line::decimal(old).ok_or(RequestError::Form)?);
        let mut proof = Vec::new();
        loop {
            match line::next_line(&mut rest).ok_or(RequestError::Form)? {
                "" => break,
                _ if proof.len() == PROOF_LENGTH_MAX => return Err(RequestError::ProofLength),
                line => proof.push(line::hash(line).ok_or(RequestError::Form)?),
            }
        }
        Ok(AddCheckpoint { old_size, proof, checkpoint: Note::parse(rest.as_bytes())? })
    }
}

impl Witness {
    /// A witness that watches no log yet.
    pub fn new(signer: NoteSigner) -> Witness {
        Witness { signer, logs: BTreeMap::new() }
    }

    /// The key that its cosignatures are verified with.
    pub fn verifier_key(&self) -> VerifierKey {
        self.signer.verifier_key(KeyKind::Cosignature)
    }

    /// Watches the log of this key from the newest checkpoint it cosigned, if there is one. Refused if the
    /// checkpoint is another log's.
    pub fn watch(&mut self, log: VerifierKey, newest: Option<&Checkpoint>) -> Result<(), CheckpointError> {
        if log.kind() != KeyKind::Ed25519 {
            return Err(CheckpointError::KeyKind(log.name().to_owned()));
        }
        let (size, root) = match newest {
            None => (TreeSize(0), EMPTY_ROOT),
            Some(checkpoint) => {
                checkpoint.expect_origin(log.name())?;
                (checkpoint.size(), checkpoint.root())
            }
        };
        self.logs.insert(log.name().to_owned(), Watched { key: log, size, root });
        Ok(())
    }

    /// The newest size and root it cosigned of a log, zero and [`EMPTY_ROOT`] if none: what to persist.
    pub fn newest(&self, origin: &str) -> Option<(TreeSize, Hash)> {
        self.logs.get(origin).map(|log| (log.size, log.root))
    }

    /// Checks a request and cosigns. `unix_seconds` is the time that the cosignature will bear.
    pub fn add_checkpoint(
        &mut self,
        request: &AddCheckpoint,
        unix_seconds: u64,
    ) -> Result<NoteSignature, WitnessRefusal> {
        let checkpoint = Checkpoint::parse(request.checkpoint.text()).map_err(WitnessRefusal::Malformed)?;
        let log = self
            .logs
            .get_mut(checkpoint.origin())
            .ok_or_else(|| WitnessRefusal::UnknownLog(checkpoint.origin().to_owned()))?;
        request.checkpoint.open([&log.key]).map_err(|_| WitnessRefusal::BadSignature)?;
        if request.old_size > checkpoint.size() {
            return Err(WitnessRefusal::OldSizeBeyondCheckpoint);
        }
        if request.old_size != log.size {
            return Err(WitnessRefusal::Conflict(log.size));
        }
        if log.size == checkpoint.size() && log.root != checkpoint.root() {
            return Err(WitnessRefusal::OtherRoot(log.size));
        }
        verify_consistency(log.size, log.root, checkpoint.size(), checkpoint.root(), &request.proof)
            .map_err(|_| WitnessRefusal::BadProof)?;
        let cosignature = cosign(&checkpoint, &self.signer, unix_seconds)?;
        (log.size, log.root) = (checkpoint.size(), checkpoint.root());
        Ok(cosignature)
    }
}

impl WitnessRefusal {
    /// The HTTP status that the standard gives this refusal.
    pub fn status(&self) -> u16 {
        match self {
            WitnessRefusal::Malformed(_) | WitnessRefusal::OldSizeBeyondCheckpoint => 400,
            WitnessRefusal::UnknownLog(_) => 404,
            WitnessRefusal::BadSignature => 403,
            WitnessRefusal::Conflict(_) | WitnessRefusal::OtherRoot(_) => 409,
            WitnessRefusal::BadProof => 422,
            WitnessRefusal::Clock(_) => 500,
        }
    }

    /// The size to answer a 409 with, as [`SIZE_CONTENT_TYPE`]: the decimal and a newline.
    pub fn known_size(&self) -> Option<TreeSize> {
        match self {
            WitnessRefusal::Conflict(size) | WitnessRefusal::OtherRoot(size) => Some(*size),
            _ => None,
        }
    }
}

/// Adds the cosignatures in a witness's answer to a checkpoint: those of the witnesses given that hold. Lines of
/// unknown keys are dropped; refused if a known witness's line does not hold or none is there.
pub fn add_cosignatures(note: &mut Note, answer: &[u8], witnesses: &[VerifierKey]) -> Result<(), NoteError> {
    let answer = std::str::from_utf8(answer).map_err(|_| NoteError::NotUtf8)?;
    let lines = parse_signatures(answer)?.into_iter();
    let mut cosigned = note.clone();
    let mut known = 0_usize;
    for line in lines.filter(|line| witnesses.iter().any(|witness| line.is_of(witness))) {
        cosigned.add(line)?;
        known += 1;
    }
    if known == 0 {
        return Err(NoteError::NotSigned);
    }
    cosigned.open(witnesses)?;
    *note = cosigned;
    Ok(())
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        for hash in &self.proof {
            writeln!(f, "{}", line::to_base64(hash.0))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
