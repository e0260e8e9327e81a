//! Gateway keys: a co-operative that has no device at hand all day lets the operator's machine sign its sales.
//!
//! ```text
//! keys/gateways/<name>.key     32-byte seed, hex; made by `nguon org accept`, delegated by the co-operative with `--service`
//! ```
//!
//! The co-operative decides: it delegates such a key (`Flags::SERVICE`, role commerce, an end), pages show what it signed as signed by a
//! service, and it ends it like any other key. A key without that flag is not used, so nobody puts a person's key here by mistake.
//!
//! **Trust.** Who has a file can sell in the name of that co-operative until it ends the key: in the open, on the log. It cannot harvest,
//! recall or admit anybody, unless the co-operative gave it more roles than commerce.

use std::path::PathBuf;

use nguon_ledger::{Authority, Flags, OrganisationId, Roles, SigningKey};

use zeroize::Zeroizing;

use crate::keys::{KeyFileError, read_seed};

/// Where gateway keys come from.
#[derive(Default)]
pub struct Gateways {
    folder: Option<PathBuf>,
    given: Vec<Zeroizing<[u8; 32]>>,
}

impl Gateways {
    /// All `.key` files of a folder, looked at again each time: a key may come while the ledger runs.
    #[must_use]
    pub fn folder(path: PathBuf) -> Self {
        Self { folder: Some(path), given: Vec::new() }
    }

    /// The keys of these seeds.
    #[must_use]
    pub fn of(seeds: &[[u8; 32]]) -> Self {
        Self { folder: None, given: seeds.iter().copied().map(Zeroizing::new).collect() }
    }

    /// Every key there is now.
    pub(crate) fn keys(&self) -> Result<Vec<SigningKey>, KeyFileError> {
        let mut keys: Vec<SigningKey> = self.given.iter().map(|seed| SigningKey::from_seed(**seed)).collect();
        let Some(folder) = &self.folder else { return Ok(keys) };
        let at = |source| KeyFileError::File { path: folder.clone(), source };
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(keys),
            Err(error) => return Err(at(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            files.push(entry.map_err(at)?.path());
        }
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "key")) {
            keys.push(SigningKey::from_seed(*read_seed(file)?));
        }
        Ok(keys)
    }
}

/// The key among these by which an organisation lets a service sell for it now.
pub(crate) fn key_of<'a>(
    keys: &'a [SigningKey],
    authority: &Authority,
    organisation: OrganisationId,
) -> Option<&'a SigningKey> {
    keys.iter().find(|key| {
        authority.key(&key.public()).is_some_and(|known| {
            known.organisation == organisation
                && known.flags().contains(Flags::SERVICE)
                && known.roles().contains(Roles::COMMERCE)
                && known.revoked.is_none()
                && known.fork.is_none()
                && !known.is_expired(authority.newest_epoch())
        })
    })
}
