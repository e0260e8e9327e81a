//! Before somebody signs: what would the rules say?

use std::sync::Arc;
use std::time::Duration;

use nguon_storage::Store;
use tokio::sync::Semaphore;

use crate::clock::Clock;
pub use crate::project::FIRST_DRAFT;
use crate::project::{Directory, Draft, Foreseen, ProjectError, Projector};

/// Drafts of one request, at most.
pub const DRAFTS_MAX: usize = 100;
/// Requests that are looked into at once: one may judge hundreds of lots, and phones that have signed go first.
const AT_ONCE: usize = 2;
/// How long one request is looked into.
const LONGEST: Duration = Duration::from_secs(5);
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why nothing is foreseen.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// Too many ask at once.
    #[error("too many ask at once")]
    Busy,
    /// The drafts would take too long: too many lots hang on them.
    #[error("the drafts take too long to look into")]
    TooMuch,
    /// The records or the read models cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

/// Looks ahead.
pub(crate) struct Preflight {
    store: Arc<dyn Store>,
    directory: Directory,
    clock: Arc<dyn Clock>,
    turns: Semaphore,
}

impl Preflight {
    pub(crate) fn new(store: Arc<dyn Store>, directory: Directory, clock: Arc<dyn Clock>) -> Self {
        Self { store, directory, clock, turns: Semaphore::new(AT_ONCE) }
    }

    pub(crate) async fn foresee(&self, drafts: Vec<Draft>) -> Result<Vec<Foreseen>, PreflightError> {
        let Ok(Ok(_turn)) = tokio::time::timeout(PATIENCE, self.turns.acquire()).await else {
            return Err(PreflightError::Busy);
        };
        let (store, directory) = (self.store.clone(), self.directory.clone());
        let foreseen = Projector::foresee(store, directory, self.clock.now_ms(), drafts);
        match tokio::time::timeout(LONGEST, foreseen).await {
            Ok(foreseen) => Ok(foreseen?),
            Err(_) => Err(PreflightError::TooMuch),
        }
    }
}
