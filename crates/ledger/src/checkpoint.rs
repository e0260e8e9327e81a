//! Checkpoints: the log's signed word on how many records it holds and under which root ([C2SP tlog-checkpoint]).
//!
//! ```text
//! <origin>          the log's permanent name, also the name of its key
//! <tree size>       decimal
//! <root hash>       base64 of 32 bytes
//! ```
//!
//! The text is carried by a signed note. This log writes no extension lines, and a checkpoint that has some is
//! refused: they could say to one reader what another cannot audit. The signature says who spoke. That nothing was
//! taken back since an earlier checkpoint, only a consistency proof between the two says
//! ([`crate::merkle::verify_consistency`]).
//!
//! [C2SP tlog-checkpoint]: https://c2sp.org/tlog-checkpoint

use std::fmt;

use thiserror::Error;

use crate::line;
use crate::merkle::{EMPTY_ROOT, Hash, MAX_TREE_SIZE, TreeSize};
use crate::note::{KeyKind, Note, NoteError, NoteSigner, VerifierKey};

/// The size and the root of a log at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: TreeSize,
    root: Hash,
}

/// Why a checkpoint was refused, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The note around it was refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The key given cannot sign checkpoints.
    #[error("the key of {0} does not sign checkpoints")]
    KeyKind(String),
    /// The text is not three lines.
    #[error("a checkpoint is an origin, a size and a root, one a line")]
    Lines,
    /// The origin is empty or has a control character.
    #[error("a checkpoint's origin is not empty and has no control characters")]
    Origin,
    /// The size is not a decimal within [`MAX_TREE_SIZE`].
    #[error("the checkpoint's size is not one")]
    Size,
    /// The root is not the base64 of 32 bytes.
    #[error("the checkpoint's root is not one")]
    Root,
    /// The empty tree has one root only.
    #[error("the empty tree does not have this root")]
    EmptyTreeRoot,
    /// A checkpoint of another log.
    #[error("a checkpoint of {found}, not of {expected}")]
    OtherLog {
        /// The log whose checkpoint was asked for.
        expected: String,
        /// The log that the checkpoint names.
        found: String,
    },
}

impl Checkpoint {
    /// A checkpoint of these values.
    pub fn new(origin: &str, size: TreeSize, root: Hash) -> Result<Checkpoint, CheckpointError> {
        if origin.is_empty() || origin.contains(|c: char| c < ' ') {
            return Err(CheckpointError::Origin);
        }
        if size > MAX_TREE_SIZE {
            return Err(CheckpointError::Size);
        }
        if size.0 == 0 && root != EMPTY_ROOT {
            return Err(CheckpointError::EmptyTreeRoot);
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root })
    }

    /// Parses the text of a note; what is accepted prints again as it came.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut rest = text;
        let mut next = || line::next_line(&mut rest).ok_or(CheckpointError::Lines);
        let (origin, size, root) = (next()?, next()?, next()?);
        if !rest.is_empty() {
            return Err(CheckpointError::Lines);
        }
        let size = line::decimal(size).ok_or(CheckpointError::Size)?;
        let root = line::hash(root).ok_or(CheckpointError::Root)?;
        Checkpoint::new(origin, TreeSize(size), root)
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of records.
    pub fn size(&self) -> TreeSize {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Signs it as the log. The signer must have made sure that it continues every checkpoint signed before.
    pub fn sign(&self, log: &NoteSigner) -> Result<Note, CheckpointError> {
        self.expect_origin(log.name())?;
        Ok(Note::sign(&self.to_string(), log)?)
    }

    /// A log's key bears the log's origin (C2SP tlog-policy, “Defining a log”), so one key can't lend its
    /// signature to a second log of the same operator.
    pub(crate) fn expect_origin(&self, expected: &str) -> Result<(), CheckpointError> {
        if self.origin == expected {
            return Ok(());
        }
        Err(CheckpointError::OtherLog { expected: expected.to_owned(), found: self.origin.clone() })
    }
}

/// Opens a checkpoint signed by the log whose key this is; says nothing about witnesses
/// ([`crate::policy::Policy`] does).
pub fn open_checkpoint(note: &[u8], log: &VerifierKey) -> Result<(Checkpoint, Note), CheckpointError> {
    let note = Note::parse(note)?;
    if log.kind() != KeyKind::Ed25519 {
        return Err(CheckpointError::KeyKind(log.name().to_owned()));
    }
    note.open([log])?;
    let checkpoint = Checkpoint::parse(note.text())?;
    checkpoint.expect_origin(log.name())?;
    Ok((checkpoint, note))
}

/// The text, with its last newline.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, line::to_base64(self.root.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

    #[test]
    fn a_checkpoint_prints_as_it_was_parsed() {
        assert_eq!(Checkpoint::parse(EMPTY).map(|checkpoint| checkpoint.to_string()).as_deref(), Ok(EMPTY));
    }

    #[test]
    fn each_line_is_held_to_its_form() {
        let check = |from: &str, to: &str, refusal: CheckpointError| {
            assert_eq!(Checkpoint::parse(&EMPTY.replacen(from, to, 1)), Err(refusal), "{from:?} -> {to:?}");
        };
        check("FU=\n", "FU=", CheckpointError::Lines);
        check("FU=\n", "FU=\nextension\n", CheckpointError::Lines);
        check("FU=\n", "FU=\n\n", CheckpointError::Lines);
        check("log.example", "", CheckpointError::Origin);
        check("log.example", "log\t", CheckpointError::Origin);
        check("\n0\n", "\n00\n", CheckpointError::Size);
        check("\n0\n", "\n9223372036854775808\n", CheckpointError::Size);
        check("\n0\n", "\n\n", CheckpointError::Size);
        check("47DE", "", CheckpointError::Root);
        check("FU=", "FV=", CheckpointError::Root);
        check("47DE", "47DF", CheckpointError::EmptyTreeRoot);
    }

    #[test]
    fn only_the_log_itself_signs_its_checkpoints() {
        let log = NoteSigner::new("log.example", [1; 32]).expect("a fair name");
        let other = NoteSigner::new("other.example", [1; 32]).expect("a fair name");
        let checkpoint = Checkpoint::parse(EMPTY).expect("fair");
        let note = checkpoint.sign(&log).expect("its own checkpoint").to_string();
        assert_eq!(
            open_checkpoint(note.as_bytes(), &log.verifier_key(KeyKind::Ed25519)).map(|opened| opened.0),
            Ok(checkpoint.clone())
        );
        let refusal =
            CheckpointError::OtherLog { expected: "other.example".into(), found: "log.example".into() };
        assert_eq!(checkpoint.sign(&other), Err(refusal.clone()));
        let foreign = Note::sign(&checkpoint.to_string(), &other).expect("any text").to_string();
        assert_eq!(
            open_checkpoint(foreign.as_bytes(), &other.verifier_key(KeyKind::Ed25519)).map(|opened| opened.0),
            Err(refusal)
        );
        assert_eq!(
            open_checkpoint(note.as_bytes(), &log.verifier_key(KeyKind::Cosignature)).map(|opened| opened.0),
            Err(CheckpointError::KeyKind("log.example".into()))
        );
    }
}
