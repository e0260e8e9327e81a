//! Before somebody signs: what would the rules say?

use std::sync::Arc;
use std::time::Duration;

use nguon_id::LotId;
use nguon_storage::Store;
use nguon_trace::draft::Refusal;
use nguon_trace::facts::{Action, Facts, Step, What};
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
    /// The ledger's permanent name: lots without a GTIN are called by it.
    origin: String,
    turns: Semaphore,
}

impl Preflight {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        directory: Directory,
        clock: Arc<dyn Clock>,
        origin: String,
    ) -> Self {
        Self { store, directory, clock, origin, turns: Semaphore::new(AT_ONCE) }
    }

    pub(crate) async fn foresee(&self, drafts: Vec<Draft>) -> Result<Vec<Foreseen>, PreflightError> {
        let Ok(Ok(_turn)) = tokio::time::timeout(PATIENCE, self.turns.acquire()).await else {
            return Err(PreflightError::Busy);
        };
        let (store, directory) = (self.store.clone(), self.directory.clone());
        let names: Vec<Vec<Refusal>> = drafts.iter().map(|draft| self.wrong_names(draft)).collect();
        let foreseen = Projector::foresee(store, directory, self.clock.now_ms(), drafts);
        match tokio::time::timeout(LONGEST, foreseen).await {
            Ok(foreseen) => {
                let mut foreseen = foreseen?;
                for (answer, names) in foreseen.iter_mut().zip(names) {
                    answer.refusals.extend(names);
                }
                Ok(foreseen)
            }
            Err(_) => Err(PreflightError::TooMuch),
        }
    }

    /// Lots that are called by the address of a page, say: the name in records is permanent, and another one.
    fn wrong_names(&self, draft: &Draft) -> Vec<Refusal> {
        let Ok(document) = nguon_epcis::read(&draft.document) else { return Vec::new() };
        let Facts::Event(event) = &document.facts else { return Vec::new() };
        // Lots of another ledger may come in; what is made or labelled here has its name here.
        let begins = matches!(&event.what, What::Objects { action: Action::Add, .. })
            || matches!(event.step, Step::Encoding | Step::Commissioning | Step::Decommissioning);
        let objects = event.objects().iter().filter(|_| begins);
        let wrong = |said: &str| {
            let right = LotId::from_uri(said).ok()?.uri(&self.origin);
            (right != said).then(|| Refusal::WrongName { said: said.to_owned(), right })
        };
        event.outputs().iter().chain(objects).filter_map(|amount| wrong(&amount.subject)).collect()
    }
}
