//! What runs in the reader's browser? The front end, as it was built.
//!
//! `build.rs` has Node make it out of `frontend/` whenever its sources change; here it is bytes. A crate of its own, so that a changed
//! sentence does not compile the web side again and a changed handler does not run Node.
//!
//! ```
//! let loader = nguon_frontend::LOADER;
//! assert_eq!(nguon_frontend::asset(loader.name).map(|asset| asset.bytes), Some(loader.bytes));
//! assert_eq!(nguon_frontend::asset("loader.js"), None);
//! ```

/// A file that browsers load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// What it is served as: its name with a hash of its bytes.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
    /// The same, compressed (RFC 7932).
    pub brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The asset that is served under this name.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A phone on 3G loads the module, one language and the loader: 30 kB at most, compressed. The loader comes with every page.
    #[test]
    fn the_check_fits_its_budget() {
        let sum = |ending: &str, starting: &str| {
            let of = ASSETS.iter().filter(|one| one.name.starts_with(starting) && one.name.ends_with(ending));
            let sizes: Vec<usize> = of.map(|one| one.brotli.len()).collect();
            assert!(!sizes.is_empty(), "{starting}…{ending}");
            sizes.into_iter().max().unwrap_or_default()
        };
        let module = sum(".js", "verifier-");
        let sentences = sum(".json", "verifier-");
        assert!(module + sentences <= 30_000, "{module} + {sentences} bytes");
        assert!(LOADER.bytes.len() <= 1_024, "{} bytes", LOADER.bytes.len());
        assert!(VERIFY.brotli.len() <= 40_000, "{} bytes", VERIFY.brotli.len());
    }

    /// What a phone keeps of the farmer's app: script, style, one language and icons.
    #[test]
    fn the_shell_fits_its_budget() {
        let parts = ASSETS.iter().filter(|one| one.name.starts_with("app-") || one.name.starts_with("icon"));
        let sum: usize =
            APP.brotli.len() + WORKER.brotli.len() + parts.map(|one| one.brotli.len()).sum::<usize>();
        assert!((1_000..=150_000).contains(&sum), "{sum} bytes");
    }
}
