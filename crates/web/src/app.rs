//! What handlers share, and the one way in which they run use cases.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use metrics_exporter_prometheus::PrometheusHandle;
use nguon_service::Service;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::api::health::Publishing;
use crate::page::Copies;
use crate::problem::Problem;

/// A use case that has not answered after this long is answered for; it runs on to its end.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Forms with files that are taken apart at once.
const FORMS: usize = 4;

/// Snapshots that are written at once: each is as slow as its reader.
const SNAPSHOTS: usize = 16;
/// And of one exchange: a program that hangs must not keep the others out.
const SNAPSHOTS_EACH: usize = 2;

/// The turn to write one snapshot; given back when it is dropped.
pub(crate) struct SnapshotTurn {
    _of_all: OwnedSemaphorePermit,
    _of_one: OwnedSemaphorePermit,
}

/// What the process may do at once.
#[derive(Debug, Clone, Copy)]
pub struct WorkLimits {
    /// Use cases under way. Beyond it a request is answered `busy`.
    pub use_cases: u32,
    /// Bytes of request bodies in memory. A large request takes about four times its body while it is read.
    pub body_bytes: u32,
    /// Bytes of pages that are kept as they were made; 0 keeps none.
    pub page_bytes: u64,
}

impl Default for WorkLimits {
    fn default() -> Self {
        Self { use_cases: 512, body_bytes: 64 << 20, page_bytes: 128 << 20 }
    }
}

/// What handlers share.
pub(crate) struct App {
    pub(crate) service: Arc<Service>,
    pub(crate) metrics: PrometheusHandle,
    /// Names of witnesses that the operator does not own.
    pub(crate) independent_witnesses: Vec<String>,
    /// Set once, when all routes are known.
    pub(crate) openapi: OnceLock<Bytes>,
    pub(crate) publishing: Publishing,
    pub(crate) body_bytes: Arc<Semaphore>,
    pub(crate) copies: Copies,
    /// Forms with files that are taken apart at once: each takes about three times its body.
    pub(crate) forms: Semaphore,
    /// Snapshots of what is for sale that are being written.
    snapshots: Arc<Semaphore>,
    /// The same by exchange. There are dozens, and only such as hold a key come here.
    snapshots_of: Mutex<HashMap<String, Arc<Semaphore>>>,
    use_cases: Arc<Semaphore>,
    limits: WorkLimits,
}

impl App {
    pub(crate) fn new(settings: crate::Settings) -> Self {
        let limits = settings.limits;
        Self {
            service: settings.service,
            metrics: settings.metrics,
            independent_witnesses: settings.independent_witnesses,
            openapi: OnceLock::new(),
            publishing: Publishing::default(),
            body_bytes: Arc::new(Semaphore::new(limits.body_bytes as usize)),
            copies: Copies::new(limits.page_bytes),
            forms: Semaphore::new(FORMS),
            snapshots: Arc::new(Semaphore::new(SNAPSHOTS)),
            snapshots_of: Mutex::default(),
            use_cases: Arc::new(Semaphore::new(limits.use_cases as usize)),
            limits,
        }
    }

    /// The turn to write a snapshot for an exchange, or `busy`.
    pub(crate) fn snapshot_turn(&self, exchange: &str) -> Result<SnapshotTurn, Problem> {
        let busy = |_| Problem::new("busy");
        let own = {
            let mut turns = self.snapshots_of.lock().unwrap_or_else(PoisonError::into_inner);
            let own = turns.entry(exchange.to_owned());
            own.or_insert_with(|| Arc::new(Semaphore::new(SNAPSHOTS_EACH))).clone()
        };
        Ok(SnapshotTurn {
            _of_one: own.try_acquire_owned().map_err(busy)?,
            _of_all: self.snapshots.clone().try_acquire_owned().map_err(busy)?,
        })
    }

    /// Begins a use case, whether or not anybody waits for it.
    pub(crate) fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, Problem> {
        let permit = self.use_cases.clone().try_acquire_owned().map_err(|_| Problem::new("busy"))?;
        let running = async move {
            let answer = work.await;
            drop(permit);
            answer
        };
        Ok(tokio::spawn(running.in_current_span()))
    }

    /// Runs a use case to its end, also when the client leaves or time is up: a future dropped while a transaction
    /// begins can leave that transaction open in the pool (sqlx 0.9.0).
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        match tokio::time::timeout(ANSWER_WITHIN, self.begin(work)?).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(broken)) => Err(Problem::internal(&broken)),
            Err(_) => Err(Problem::new("timed-out")),
        }
    }

    /// Waits until no use case is under way. New ones are `busy` from now on.
    pub(crate) async fn finished(&self) {
        if let Ok(all) = self.use_cases.acquire_many(self.limits.use_cases).await {
            all.forget();
        }
    }
}
