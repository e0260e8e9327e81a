//! Who cosigns checkpoints: a port for witnesses elsewhere, and the operator's own.
//!
//! The operator's own witness proves nothing about the operator: pages and tools say "cosigned by the operator only"
//! until somebody else's witness is named in the settings. It exists so that the whole path works from the first day.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use nguon_ledger::checkpoint::{Checkpoint, open_checkpoint};
use nguon_ledger::note::{KeyKind, NoteSigner, VerifierKey};
use nguon_ledger::witness::{AddCheckpoint, Witness, WitnessRefusal};

use crate::clock::Clock;
use crate::objects::write_durably;

/// A witness's answer.
pub enum Asked {
    /// Its signature lines.
    Cosigned(Vec<u8>),
    /// It knows another size; ask again from there.
    Knows(u64),
}

/// Somebody who cosigns.
#[async_trait]
pub trait Cosigner: Send + Sync {
    /// Its key, as pinned in the settings.
    fn key(&self) -> VerifierKey;
    /// The size we think it cosigned last; 0 when we don't know.
    fn known_size(&self) -> u64;
    /// Asks it once.
    async fn ask(&self, request: &AddCheckpoint) -> Result<Asked, String>;
}

/// The operator's own witness, in this process. Its newest checkpoint is written to a file before it answers.
pub struct OwnWitness {
    clock: Arc<dyn Clock>,
    key: VerifierKey,
    origin: String,
    newest: PathBuf,
    state: Mutex<Witness>,
}

impl OwnWitness {
    /// A witness of one log, going on from its file.
    pub fn open(
        name: &str,
        seed: [u8; 32],
        log: VerifierKey,
        newest: PathBuf,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let signer = NoteSigner::new(name, seed).map_err(|error| error.to_string())?;
        let key = signer.verifier_key(KeyKind::Cosignature);
        let before: Option<Checkpoint> = match std::fs::read(&newest) {
            Ok(note) => Some(
                open_checkpoint(&note, &log).map_err(|error| format!("{}: {error}", newest.display()))?.0,
            ),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{}: {error}", newest.display())),
        };
        let origin = log.name().to_owned();
        let mut witness = Witness::new(signer);
        witness.watch(log, before.as_ref()).map_err(|error| error.to_string())?;
        Ok(Self { clock, key, origin, newest, state: Mutex::new(witness) })
    }
}

#[async_trait]
impl Cosigner for OwnWitness {
    fn key(&self) -> VerifierKey {
        self.key.clone()
    }

    fn known_size(&self) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.newest(&self.origin).map_or(0, |(size, _)| size.0)
    }

    async fn ask(&self, request: &AddCheckpoint) -> Result<Asked, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = self.clock.now_ms().unsigned_abs() / 1000;
        match state.add_checkpoint(request, seconds) {
            Ok(signature) => {
                write_durably(&self.newest, request.checkpoint.to_string().as_bytes())
                    .map_err(|error| format!("{}: {error}", self.newest.display()))?;
                Ok(Asked::Cosigned(signature.to_string().into_bytes()))
            }
            Err(WitnessRefusal::Conflict(size)) => Ok(Asked::Knows(size.0)),
            Err(refusal) => Err(refusal.to_string()),
        }
    }
}
