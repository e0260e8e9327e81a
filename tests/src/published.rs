//! Published files as a mirror has them: a folder.

use std::path::PathBuf;

use nguon_service::audit::Files;

/// A folder of published files.
pub struct PublishedFolder(pub PathBuf);

impl PublishedFolder {
    /// All files, as relative paths, sorted.
    pub fn all(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(self.0.join(&folder)) else { continue };
            for entry in entries {
                let entry = entry.expect("a folder of our own");
                let name = entry.file_name().into_string().expect("published names are ASCII");
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if entry.path().is_dir() { folders.push(path) } else { names.push(path) }
            }
        }
        names.sort();
        names
    }
}

impl Files for PublishedFolder {
    fn get(&self, name: &str) -> std::io::Result<Option<Vec<u8>>> {
        let path = self.0.join(name);
        if path.is_file() { std::fs::read(path).map(Some) } else { Ok(None) }
    }

    fn list(&self, below: &str) -> std::io::Result<Option<Vec<String>>> {
        let below = format!("{below}/");
        Ok(Some(self.all().into_iter().filter(|name| name.starts_with(&below)).collect()))
    }
}
