//! Whose word on a checkpoint counts: the log's key, the witnesses, and how many of them it takes.
//!
//! The idea is that of [C2SP tlog-policy], with a plain number instead of groups. A policy is configuration: whoever
//! can change it chooses what its holder believes. It does not know the time, so it does not say whether a
//! cosignature is young; it gives the times.
//!
//! [C2SP tlog-policy]: https://c2sp.org/tlog-policy

use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::note::{KeyKind, Note, NoteError, VerifierKey};

/// The keys that a reader trusts for one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    log: VerifierKey,
    witnesses: Vec<VerifierKey>,
    quorum: usize,
}

/// Why a policy was refused, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The log's key is of another type than `01`.
    #[error("the log's key must be of type 01")]
    LogKeyKind,
    /// A witness's key is of another type than `04`.
    #[error("the key of witness {0} must be of type 04")]
    WitnessKeyKind(String),
    /// One public key stands for two witnesses, and would count twice.
    #[error("the witness {0} has the key of another")]
    SameWitness(String),
    /// More witnesses demanded than there are.
    #[error("a quorum of {quorum} cannot be met by {witnesses} witnesses")]
    Quorum {
        /// The number demanded.
        quorum: usize,
        /// The number there is.
        witnesses: usize,
    },
}

/// What a policy found in a checkpoint that the log signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a checkpoint without its quorum is the operator's word alone"]
pub struct Verdict {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The witnesses who cosigned, each once.
    pub cosigned_by: Vec<Cosigner>,
    /// Whether they are enough.
    pub quorum_met: bool,
}

/// A witness who cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigner {
    /// The witness's name.
    pub witness: String,
    /// When it says it did, in Unix seconds.
    pub unix_seconds: u64,
}

impl Policy {
    /// A policy of these keys; a quorum of zero asks for the log's signature alone.
    pub fn new(log: VerifierKey, witnesses: Vec<VerifierKey>, quorum: usize) -> Result<Policy, PolicyError> {
        if log.kind() != KeyKind::Ed25519 {
            return Err(PolicyError::LogKeyKind);
        }
        for (place, witness) in witnesses.iter().enumerate() {
            if witness.kind() != KeyKind::Cosignature {
                return Err(PolicyError::WitnessKeyKind(witness.name().to_owned()));
            }
            if witnesses[..place].iter().any(|earlier| earlier.public() == witness.public()) {
                return Err(PolicyError::SameWitness(witness.name().to_owned()));
            }
        }
        if quorum > witnesses.len() {
            return Err(PolicyError::Quorum { quorum, witnesses: witnesses.len() });
        }
        Ok(Policy { log, witnesses, quorum })
    }

    /// The log's key; its name is the log's origin.
    pub fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// The witnesses' keys.
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// How many witnesses it takes.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// Judges a note: refused unless it is a checkpoint that this log signed and no signature of a known key in
    /// it is false.
    pub fn judge(&self, note: &Note) -> Result<Verdict, CheckpointError> {
        let opened = note.open(std::iter::once(&self.log).chain(&self.witnesses))?;
        if !opened.iter().any(|signature| *signature.key == self.log) {
            return Err(NoteError::NotSigned.into());
        }
        let checkpoint = Checkpoint::parse(note.text())?;
        checkpoint.expect_origin(self.log.name())?;
        let cosigned_by: Vec<Cosigner> = opened
            .iter()
            .filter_map(|signature| {
                let witness = signature.key.name().to_owned();
                signature.cosigned_at.map(|unix_seconds| Cosigner { witness, unix_seconds })
            })
            .collect();
        let quorum_met = cosigned_by.len() >= self.quorum;
        Ok(Verdict { checkpoint, cosigned_by, quorum_met })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosignature::cosign;
    use crate::merkle::{EMPTY_ROOT, TreeSize};
    use crate::note::NoteSigner;

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::new(name, [seed; 32]).expect("a fair name")
    }

    fn witness_key(name: &str, seed: u8) -> VerifierKey {
        signer(name, seed).verifier_key(KeyKind::Cosignature)
    }

    #[test]
    fn a_policy_with_keys_in_the_wrong_place_is_refused() {
        let log = signer("log.example", 1).verifier_key(KeyKind::Ed25519);
        let (w1, w2) = (witness_key("w1", 2), witness_key("w2", 2));
        assert_eq!(Policy::new(w1.clone(), vec![], 0), Err(PolicyError::LogKeyKind));
        assert_eq!(
            Policy::new(log.clone(), vec![log.clone()], 0),
            Err(PolicyError::WitnessKeyKind("log.example".into()))
        );
        assert_eq!(
            Policy::new(log.clone(), vec![w1.clone(), w2], 1),
            Err(PolicyError::SameWitness("w2".into()))
        );
        assert_eq!(Policy::new(log, vec![w1], 2), Err(PolicyError::Quorum { quorum: 2, witnesses: 1 }));
    }

    #[test]
    fn one_witness_twice_is_no_quorum_of_two() {
        let log = signer("log.example", 1);
        let checkpoint = Checkpoint::new("log.example", TreeSize(0), EMPTY_ROOT).expect("the empty log");
        let mut note = checkpoint.sign(&log).expect("its own checkpoint");
        for unix_seconds in [1_776_168_900, 1_776_168_960] {
            let line = cosign(&checkpoint, &signer("w1", 2), unix_seconds).expect("a fair time");
            note.add(line).expect("room for it");
        }
        let policy = Policy::new(
            log.verifier_key(KeyKind::Ed25519),
            vec![witness_key("w1", 2), witness_key("w2", 3)],
            2,
        )
        .expect("a fair policy");
        let verdict = policy.judge(&note).expect("the log signed it");
        assert_eq!(verdict.cosigned_by, [Cosigner { witness: "w1".into(), unix_seconds: 1_776_168_900 }]);
        assert!(!verdict.quorum_met);

        let line = cosign(&checkpoint, &signer("w2", 3), 1_776_168_970).expect("a fair time");
        note.add(line).expect("room for it");
        assert!(policy.judge(&note).expect("the log signed it").quorum_met);
    }

    #[test]
    fn witnesses_cannot_stand_in_for_the_log() {
        let log = signer("log.example", 1);
        let checkpoint = Checkpoint::new("log.example", TreeSize(0), EMPTY_ROOT).expect("the empty log");
        let line = cosign(&checkpoint, &signer("w1", 2), 1).expect("a fair time");
        let note = Note::parse(format!("{checkpoint}\n{line}").as_bytes()).expect("a note");
        let policy = Policy::new(log.verifier_key(KeyKind::Ed25519), vec![witness_key("w1", 2)], 1)
            .expect("a fair policy");
        assert_eq!(policy.judge(&note), Err(CheckpointError::Note(NoteError::NotSigned)));
    }
}
