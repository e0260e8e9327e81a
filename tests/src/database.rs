//! A database of a story's own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nguon_storage::Store;
use tempfile::TempDir;

use crate::raw::{Raw, Value};

/// The variable that holds the address of a PostgreSQL server on which databases may be made and dropped.
const SERVER: &str = "NGUON_TEST_POSTGRES";

/// Databases made by this process.
static MADE: AtomicU32 = AtomicU32::new(0);

/// An empty database; it goes when this goes.
pub struct Database(Kind);

enum Kind {
    Sqlite(TempDir),
    Postgres { server: String, name: String, address: String },
}

impl Database {
    /// A new file.
    pub async fn sqlite() -> Option<Self> {
        Some(Self(Kind::Sqlite(tempfile::tempdir().expect("a temporary folder"))))
    }

    /// A new database on the server that the environment names; says so if it names none.
    #[expect(clippy::print_stdout, reason = "the test command shows what was skipped")]
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var(SERVER) else {
            println!("skipped: a story on PostgreSQL: {SERVER} names no server");
            return None;
        };
        let name = format!("story_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let address =
            nguon_storage::create_database(&server, &name).await.expect("the server makes databases");
        Some(Self(Kind::Postgres { server, name, address }))
    }

    /// What [`nguon_storage::open`] opens.
    pub fn address(&self) -> String {
        match &self.0 {
            Kind::Sqlite(_) => format!("sqlite:{}", self.file().display()),
            Kind::Postgres { address, .. } => address.clone(),
        }
    }

    /// The store, migrated.
    pub async fn open(&self) -> Arc<dyn Store> {
        nguon_storage::open(&self.address()).await.expect("a database of our own opens")
    }

    /// Lets nobody into the database any more and drops who is there, or lets them in again; false for a file, which knows
    /// no such thing.
    pub async fn shut(&self, shut: bool) -> bool {
        let Kind::Postgres { server, name, .. } = &self.0 else { return false };
        let mut raw = Raw::postgres(server).await;
        let (open, name) = (Value::Number(i64::from(!shut)), Value::Text(name.clone()));
        let sql = "UPDATE pg_database SET datallowconn = ($1 = 1) WHERE datname = $2";
        assert_eq!(raw.run(sql, &[open, name.clone()]).await, 1);
        if shut {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
            raw.run(sql, &[name]).await;
        }
        true
    }

    /// A connection past the store, for somebody who tampers.
    pub async fn raw(&self) -> Raw {
        match &self.0 {
            Kind::Sqlite(_) => Raw::sqlite(&self.file()).await,
            Kind::Postgres { address, .. } => Raw::postgres(address).await,
        }
    }

    /// SQLite's files: the tables, and what is not in them yet. PostgreSQL keeps its own elsewhere.
    pub fn files(&self) -> Vec<PathBuf> {
        match &self.0 {
            Kind::Sqlite(folder) => {
                let all = std::fs::read_dir(folder.path()).expect("a folder of our own");
                all.map(|file| file.expect("readable").path()).collect()
            }
            Kind::Postgres { .. } => Vec::new(),
        }
    }

    fn file(&self) -> PathBuf {
        match &self.0 {
            Kind::Sqlite(folder) => folder.path().join("ledger.sqlite"),
            Kind::Postgres { .. } => PathBuf::new(),
        }
    }
}

impl Drop for Database {
    /// Also when the story failed. A destructor cannot wait inside the story's runtime, so it waits for a thread.
    fn drop(&mut self) {
        let Kind::Postgres { server, name, .. } = &self.0 else { return };
        let (server, name) = (server.clone(), name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(nguon_storage::drop_database(&server, &name)).map_err(std::io::Error::other)
        });
        // A server that is gone took its databases along.
        drop(dropping.join());
    }
}
