//! A store that can be taken away from a running service, and brought back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use nguon_storage::{Reader, Store, StoreError, TableShape, Unit};

use crate::database::Database;

/// Hands everything on to the store of a database, and counts who reads.
pub struct Switch {
    store: RwLock<Arc<dyn Store>>,
    description: String,
    readers: AtomicUsize,
}

impl Switch {
    /// Over this database.
    pub async fn over(database: &Database) -> Arc<Self> {
        let store = database.open().await;
        let description = store.describe().to_owned();
        Arc::new(Self { store: RwLock::new(store), description, readers: AtomicUsize::new(0) })
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the database away: a server lets nobody in any more and drops who is there; a file's connections are closed.
    pub async fn take_away(&self, database: &Database) {
        if !database.shut(true).await {
            self.store().close().await;
        }
    }

    /// Brings it back.
    pub async fn bring_back(&self, database: &Database) {
        if !database.shut(false).await {
            let store = database.open().await;
            *self.store.write().unwrap_or_else(PoisonError::into_inner) = store;
        }
    }

    /// How often somebody took a connection for reading.
    pub fn readers(&self) -> usize {
        self.readers.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Store for Switch {
    async fn scrub(&self) -> Result<(), StoreError> {
        self.store().scrub().await
    }

    async fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.readers.fetch_add(1, Ordering::SeqCst);
        self.store().reader().await
    }

    async fn unit(&self) -> Result<Box<dyn Unit>, StoreError> {
        self.store().unit().await
    }

    fn describe(&self) -> &str {
        &self.description
    }

    async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        self.store().integrity().await
    }

    async fn shape(&self) -> Result<Vec<TableShape>, StoreError> {
        self.store().shape().await
    }

    async fn close(&self) {
        self.store().close().await;
    }
}
