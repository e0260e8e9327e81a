//! What is kept in memory between transactions: what was used lately, in about [`Kept::bytes`].
//!
//! There are two generations. What is used moves to the young one; when all young ones together are full, the old ones are
//! forgotten and the young ones grow old. So what is used often stays, and no list of uses has to be kept. Forgetting costs
//! time and nothing else: everything here is read again from the database.

use std::collections::HashMap;

/// Values by name.
pub(super) struct Kept<V> {
    young: HashMap<String, V>,
    old: HashMap<String, V>,
    weigh: fn(&V) -> usize,
    bytes: usize,
}

/// Bytes of a name and its place in a map, about.
const NAME_BYTES: usize = 150;

impl<V> Kept<V> {
    /// Nothing yet; `weigh` says about how many bytes a value takes.
    pub(super) fn new(weigh: fn(&V) -> usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), weigh, bytes: 0 }
    }

    /// What the young generation takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn use_it(&mut self, name: &str) {
        if !self.young.contains_key(name)
            && let Some((name, value)) = self.old.remove_entry(name)
        {
            self.insert(name, value);
        }
    }

    pub(super) fn get(&mut self, name: &str) -> Option<&V> {
        self.use_it(name);
        self.young.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.use_it(name);
        self.young.get_mut(name)
    }

    pub(super) fn contains(&mut self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn insert(&mut self, name: String, value: V) {
        self.old.remove(&name);
        self.bytes += NAME_BYTES + (self.weigh)(&value);
        if let Some(before) = self.young.insert(name, value) {
            self.bytes = self.bytes.saturating_sub(NAME_BYTES + (self.weigh)(&before));
        }
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<V> {
        let Some(value) = self.young.remove(name) else { return self.old.remove(name) };
        self.bytes = self.bytes.saturating_sub(NAME_BYTES + (self.weigh)(&value));
        Some(value)
    }

    /// What was not used since the last time is forgotten.
    pub(super) fn grow_old(&mut self) {
        self.old = std::mem::take(&mut self.young);
        self.bytes = 0;
    }

    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_used_for_a_generation_is_forgotten() {
        let mut kept: Kept<Vec<u8>> = Kept::new(Vec::len);
        kept.insert("lot".to_owned(), vec![0; 1_000]);
        kept.insert("plot".to_owned(), vec![0; 10]);
        assert_eq!(kept.bytes(), 1_010 + 2 * NAME_BYTES);
        kept.grow_old();
        assert_eq!(kept.bytes(), 0);
        assert_eq!(kept.get("lot").map(Vec::len), Some(1_000));
        assert_eq!(kept.bytes(), 1_000 + NAME_BYTES, "what is used counts again");
        kept.grow_old();
        assert!(kept.contains("lot"));
        assert!(!kept.contains("plot"));
    }

    #[test]
    fn bytes_follow_what_is_there() {
        let mut kept: Kept<Vec<u8>> = Kept::new(Vec::len);
        kept.insert("lot".to_owned(), vec![0; 100]);
        kept.insert("lot".to_owned(), vec![0; 300]);
        assert_eq!(kept.bytes(), 300 + NAME_BYTES);
        kept.get_mut("lot").unwrap().push(0);
        let lot = kept.remove("lot").unwrap();
        assert_eq!(
            (lot.len(), kept.bytes()),
            (301, 0),
            "a value that grew takes nothing with it that is not there"
        );
        kept.insert("lot".to_owned(), lot);
        kept.grow_old();
        kept.insert("lot".to_owned(), vec![1]);
        kept.grow_old();
        assert_eq!(kept.remove("lot"), Some(vec![1]), "the newer one");
        assert_eq!(kept.remove("lot"), None);
    }
}
