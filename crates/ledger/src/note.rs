//! Signed notes: text with signature lines below, readable by people and by existing tools ([C2SP signed-note]).
//!
//! ```text
//! <text, one or more lines>
//! <empty line>
//! — <key name> base64(32-bit key ID ‖ signature)      one line each, at least one
//! ```
//!
//! The text ends at the last empty line of the note. A signature of type `01` is Ed25519 over the text; one of type
//! `04` is a witness's timed statement about it ([`crate::cosignature`]). Lines of unknown keys are kept and
//! ignored, so that keys and types can be added later.
//!
//! Until [`Note::open`] found the signature of a key you trust, the text is anybody's: decide nothing by it. Two
//! rules are stricter than the standard asks: a bad signature in the name of a known key refuses the whole note
//! (there it is a SHOULD), and every line of a known key is verified, also a second one.
//!
//! ```
//! use nguon_ledger::note::{KeyKind, Note, NoteSigner};
//!
//! let signer = NoteSigner::new("ledger.example.org/tinh", [7; 32])?;
//! let note = Note::sign("gạo\n", &signer)?;
//! let again = Note::parse(note.to_string().as_bytes())?;
//! let key = signer.verifier_key(KeyKind::Ed25519);
//! let opened = again.open([&key])?;
//! assert_eq!(opened[0].key.name(), "ledger.example.org/tinh");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [C2SP signed-note]: https://c2sp.org/signed-note

mod verifier_key;

pub use verifier_key::{KeyKind, NoteSigner, VerifierKey, VerifierKeyError};

use std::fmt;

use thiserror::Error;

use crate::line;

/// The largest note read or made. The standard asks for room for 16 signatures at least, of up to 5 kB each.
pub const NOTE_BYTES_MAX: usize = 1_000_000;

/// The most signature lines in one note.
pub const SIGNATURES_MAX: usize = 100;

/// A text and the signatures below it, none of them verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: u32,
    signature: Vec<u8>,
}

/// A signature that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened<'k> {
    /// The key that made it.
    pub key: &'k VerifierKey,
    /// When a witness says it made it, in Unix seconds; `None` for a plain signature.
    pub cosigned_at: Option<u64>,
}

/// Why a note was refused, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES_MAX`].
    #[error("a note of {0} bytes is too long")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("the note is not UTF-8")]
    NotUtf8,
    /// A control character other than newline.
    #[error("the note has a control character")]
    ControlCharacter,
    /// The text does not end in a newline.
    #[error("the text does not end in a newline")]
    UnfinishedText,
    /// No empty line with signatures below it.
    #[error("the note has no signatures")]
    NoSignatures,
    /// More than [`SIGNATURES_MAX`] signature lines.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// A line below the text is not a signature line.
    #[error("a line below the text is not a signature")]
    SignatureLine,
    /// A known key's signature does not hold.
    #[error("the signature of {0} does not hold")]
    BadSignature(String),
    /// Nobody known signed.
    #[error("no known key signed the note")]
    NotSigned,
}

impl Note {
    /// Parses a note; what is accepted prints again as the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(bytes.len()));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        check_characters(note)?;
        let blank = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
        Ok(Note { text: text.to_owned(), signatures: parse_signatures(signatures)? })
    }

    /// Signs a text with a key of type `01`. The text must end in a newline and have no other control characters.
    pub fn sign(text: &str, signer: &NoteSigner) -> Result<Note, NoteError> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(text.len()));
        }
        check_characters(text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::UnfinishedText);
        }
        let signature = signer.sign(KeyKind::Ed25519, text.as_bytes(), &[]);
        Ok(Note { text: text.to_owned(), signatures: vec![signature] })
    }

    /// The text, with its last newline. Nobody's word until [`Note::open`] says whose.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line, unless the very line is already there.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() == SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Verifies the signatures of the keys given and ignores all others. Gives one answer a key, the first line's;
    /// refuses the note if any line of these keys does not hold, or if there is none.
    pub fn open<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey> + Clone,
    ) -> Result<Vec<Opened<'k>>, NoteError> {
        let mut opened: Vec<Opened<'k>> = Vec::new();
        for line in &self.signatures {
            for key in keys.clone() {
                if !line.is_of(key) {
                    continue;
                }
                let cosigned_at = key
                    .verify(&self.text, &line.signature)
                    .ok_or_else(|| NoteError::BadSignature(key.name().to_owned()))?;
                if !opened.iter().any(|earlier| earlier.key == key) {
                    opened.push(Opened { key, cosigned_at });
                }
            }
        }
        if opened.is_empty() { Err(NoteError::NotSigned) } else { Ok(opened) }
    }
}

impl NoteSignature {
    /// Whether the line names this key: same name, same key ID (which covers the type).
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.key_id == key.id()
    }

    /// The name of the key that is said to have signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ID of the key that is said to have signed.
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    fn parse(line: &str) -> Option<NoteSignature> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        let decoded = line::base64(encoded)?;
        let (key_id, signature) = decoded.split_first_chunk()?;
        if !verifier_key::is_name(name) || signature.is_empty() {
            return None;
        }
        Some(NoteSignature {
            name: name.to_owned(),
            key_id: u32::from_be_bytes(*key_id),
            signature: signature.to_vec(),
        })
    }
}

/// Parses signature lines alone, as a witness answers with; one at least.
pub fn parse_signatures(lines: &str) -> Result<Vec<NoteSignature>, NoteError> {
    let mut rest = lines;
    let mut signatures = Vec::new();
    while !rest.is_empty() {
        if signatures.len() == SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let line = line::next_line(&mut rest).ok_or(NoteError::SignatureLine)?;
        signatures.push(NoteSignature::parse(line).ok_or(NoteError::SignatureLine)?);
    }
    if signatures.is_empty() { Err(NoteError::NoSignatures) } else { Ok(signatures) }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    // The standard forbids the ASCII control characters below U+0020 and only those.
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        Err(NoteError::ControlCharacter)
    } else {
        Ok(())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(f))
    }
}

/// The line, with its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = line::to_base64([&self.key_id.to_be_bytes()[..], &self.signature].concat());
        writeln!(f, "— {} {encoded}", self.name)
    }
}
