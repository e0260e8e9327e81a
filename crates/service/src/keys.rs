//! The operator's keys: made at the first start, kept in one folder outside the database.
//!
//! ```text
//! keys/log.key             signs checkpoints                       (32-byte seed, hex)
//! keys/operator.key        root of the operator's organisation: standing, epochs, forks, erasures
//! keys/operator-desk.key    an admin key of the operator's, for people: `nguon org standing`, `nguon org erase`
//! keys/operator-next.key   the root that may replace it; take it off the machine and keep it on paper
//! keys/witness.key         the operator's own witness, if it runs one
//! keys/seal.key            keyed hash over held records
//! keys/webhook.key         makes the secrets of webhooks, and signs what they carry: made when it is missing
//! keys/gateways/*.key      sell in the name of the co-operatives that delegated them (`orders::gateway`)
//! keys/serial.key          tags of serials: made when it is missing, and never to be lost once labels are printed
//! ```
//!
//! **Trust.** Who has `log.key` can sign a checkpoint of another history; witnesses and phones that saw the true one
//! notice. Who has `operator.key` can grant and withdraw standing and close accounts, in the open, on the log; it
//! cannot sign for any co-operative. Files are readable by their owner only. Losing them stops the service from
//! signing; nothing already logged is lost.

use std::path::{Path, PathBuf};

use nguon_ledger::SigningKey;
use zeroize::Zeroizing;

/// The seeds, in memory only as long as the service runs.
pub struct OperatorKeys {
    /// Signs checkpoints.
    pub log: Zeroizing<[u8; 32]>,
    /// Signs the operator's records.
    pub operator: SigningKey,
    /// Signs what people at the operator's desk decide; the service itself only enrols it.
    pub desk: SigningKey,
    /// Public half of the next operator root, whose digest goes into the operator's genesis.
    pub operator_next: nguon_ledger::PublicKey,
    /// The operator's own witness.
    pub witness: Zeroizing<[u8; 32]>,
    /// Seals rows of the database that no record vouches for.
    pub seal: Zeroizing<[u8; 32]>,
    /// Makes the tags of serials.
    pub serial: Zeroizing<[u8; 32]>,
    /// Makes the secrets of webhooks.
    pub webhook: Zeroizing<[u8; 32]>,
    /// Sell in the name of co-operatives.
    pub gateways: crate::orders::Gateways,
}

/// Why the keys could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file does not hold 64 hex digits.
    #[error("{0}: a key file holds 64 hex digits and nothing else")]
    Contents(PathBuf),
    /// The system gave no randomness.
    #[error("no randomness from the system: {0}")]
    Randomness(String),
}

/// 32 bytes from the system's random source.
pub fn random_seed() -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let mut seed = Zeroizing::new([0; 32]);
    #[expect(clippy::disallowed_methods, reason = "keys and salts are made here, at the edge")]
    getrandom::fill(seed.as_mut()).map_err(|error| KeyFileError::Randomness(error.to_string()))?;
    Ok(seed)
}

/// Reads a key file.
pub fn read_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|source| KeyFileError::File { path: path.to_owned(), source })?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut()).map_err(|_| KeyFileError::Contents(path.to_owned()))?;
    Ok(seed)
}

/// Writes a key file that did not exist, readable by its owner only.
pub fn write_seed(path: &Path, seed: &[u8; 32]) -> Result<(), KeyFileError> {
    use std::io::Write;
    let file = |source| KeyFileError::File { path: path.to_owned(), source };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(path).map_err(file)?;
    let text = Zeroizing::new(format!("{}\n", hex::encode(seed)));
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(file)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(file)?;
    }
    Ok(())
}

impl OperatorKeys {
    /// Reads the keys of a folder, making those that are missing when `make` is set (a new ledger only: an old
    /// ledger with a new log key would be another ledger).
    pub fn open(folder: &Path, make: bool) -> Result<Self, KeyFileError> {
        let at = |source| KeyFileError::File { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(at)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(at)?;
        }
        let seed = |name: &str| {
            let path = folder.join(name);
            if make && !path.exists() {
                write_seed(&path, &*random_seed()?)?;
            }
            read_seed(&path)
        };
        let operator = SigningKey::from_seed(*seed("operator.key")?);
        let desk = SigningKey::from_seed(*seed("operator-desk.key")?);
        // The next root may be off the machine already: then its public half stays beside.
        let next_public = folder.join("operator-next.pub");
        let operator_next = if next_public.exists() {
            let text = std::fs::read_to_string(&next_public)
                .map_err(|source| KeyFileError::File { path: next_public.clone(), source })?;
            text.trim().parse().map_err(|_| KeyFileError::Contents(next_public.clone()))?
        } else {
            let public = SigningKey::from_seed(*seed("operator-next.key")?).public();
            crate::objects::write_durably(&next_public, format!("{public}\n").as_bytes())
                .map_err(|source| KeyFileError::File { path: next_public.clone(), source })?;
            public
        };
        // A ledger from before labels had numbers, or before there were webhooks, has none yet.
        let later = |name: &str| {
            let path = folder.join(name);
            if !path.exists() {
                write_seed(&path, &*random_seed()?)?;
            }
            read_seed(&path)
        };
        Ok(Self {
            log: seed("log.key")?,
            operator,
            desk,
            operator_next,
            witness: seed("witness.key")?,
            seal: seed("seal.key")?,
            serial: later("serial.key")?,
            webhook: later("webhook.key")?,
            gateways: crate::orders::Gateways::folder(folder.join("gateways")),
        })
    }
}
