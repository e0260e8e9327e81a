//! Where published files go: a small port, so that S3-compatible storage can follow the folder.
//!
//! Names are relative paths like `tile/0/x001/067`. Files are public; who can write here can serve rubbish, which
//! every reader notices against the signed checkpoint, or take files away, which a mirror brings back.

use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

/// Publishes and reads back whole files.
pub trait Objects: Send + Sync {
    /// Makes `name` hold exactly these bytes, durably, and never half of them.
    fn put(&self, name: &str, bytes: &[u8]) -> std::io::Result<()>;
    /// The bytes of `name`, or nothing.
    fn get(&self, name: &str) -> std::io::Result<Option<Vec<u8>>>;
    /// Whether there is a file `name`.
    fn has(&self, name: &str) -> std::io::Result<bool>;
    /// Removes `name` and, if it is a folder, all below it. Absent is fine.
    fn remove(&self, name: &str) -> std::io::Result<()>;
}

/// Files in a folder: written aside, synced, renamed, and the folder synced.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A folder, made if absent.
    pub fn new(root: impl Into<PathBuf>) -> std::io::Result<Self> {
        let root = root.into();
        std::fs::create_dir_all(&root)?;
        Ok(Self { root })
    }

    fn path(&self, name: &str) -> std::io::Result<PathBuf> {
        let relative = Path::new(name);
        if name.is_empty() || !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a plain relative path"));
        }
        Ok(self.root.join(relative))
    }
}

/// Writes a file aside, syncs it, renames it into place and syncs its folder: after a crash the old bytes are
/// there or the new ones, never half of them.
pub fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut made = folder.to_path_buf();
    let mut missing = Vec::new();
    while !made.exists() {
        missing.push(made.clone());
        if !made.pop() {
            break;
        }
    }
    std::fs::create_dir_all(folder)?;
    let aside = path.with_extension("aside");
    let mut file = std::fs::File::create(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&aside, path)?;
    std::fs::File::open(folder)?.sync_all()?;
    for new in missing {
        if let Some(parent) = new.parent() {
            std::fs::File::open(parent)?.sync_all()?;
        }
    }
    Ok(())
}

impl Objects for Folder {
    fn put(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        write_durably(&self.path(name)?, bytes)
    }

    fn get(&self, name: &str) -> std::io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        match std::fs::File::open(self.path(name)?).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound
                        | std::io::ErrorKind::IsADirectory
                        | std::io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn has(&self, name: &str) -> std::io::Result<bool> {
        Ok(self.path(name)?.is_file())
    }

    fn remove(&self, name: &str) -> std::io::Result<()> {
        let path = self.path(name)?;
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_the_folder() {
        let folder =
            Folder::new(std::env::temp_dir().join("nguon-objects-test")).expect("a temporary folder");
        for name in ["", "../x", "/etc/passwd", "a/../../b", "."] {
            assert!(folder.put(name, b"x").is_err(), "{name}");
            assert!(folder.get(name).is_err(), "{name}");
        }
        folder.put("tile/0/000.p/3", b"abc").expect("writable");
        assert_eq!(folder.get("tile/0/000.p/3").expect("readable").as_deref(), Some(&b"abc"[..]));
        assert_eq!(folder.get("tile/0/000").expect("readable"), None);
        folder.remove("tile/0/000.p").expect("removable");
        assert_eq!(folder.get("tile/0/000.p/3").expect("readable"), None);
    }
}
