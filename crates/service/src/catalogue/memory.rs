//! What the catalogue keeps of what it read: cards, which many lots share, and the times of checkpoints, whose signatures
//! take longer to verify than all else about a lot.
//!
//! Each is kept with what it was made of ([`crate::turns`]) and counts only while that holds.

use std::sync::Arc;

use nguon_ledger::merkle::Hash;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::project::Card;
use crate::turns::{Basis, Name, Seen, Turns};

/// Bytes of cards, about.
const CARD_BYTES: u64 = 32 << 20;
/// Times of checkpoints: 200 bytes each.
const CHECKPOINTS: usize = 20_000;

/// A value, for as long as it holds.
struct Kept<T> {
    value: T,
    basis: Basis,
    bytes: usize,
}

/// What a checkpoint proves about time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timed {
    /// Over which entries.
    pub(super) root: Hash,
    /// The earliest time that a known witness put to it, Unix milliseconds.
    pub(super) cosigned_at_ms: Option<i64>,
}

#[derive(Clone)]
struct Bytes;

impl<K> Weighter<K, Arc<Kept<Option<Arc<Card>>>>> for Bytes {
    fn weight(&self, _: &K, kept: &Arc<Kept<Option<Arc<Card>>>>) -> u64 {
        kept.bytes as u64
    }
}

pub(super) struct Memory {
    turns: Arc<Turns>,
    cards: Cache<String, Arc<Kept<Option<Arc<Card>>>>, Bytes>,
    checkpoints: Cache<i64, Arc<Kept<Option<Timed>>>>,
}

/// Something is about to be read: begun before it is.
pub(super) struct Reading<'a> {
    memory: &'a Memory,
    seen: Seen,
}

impl Memory {
    pub(super) fn new(turns: Arc<Turns>) -> Self {
        let cards = Cache::with_weighter(20_000, CARD_BYTES, Bytes);
        Self { turns, cards, checkpoints: Cache::new(CHECKPOINTS) }
    }

    /// To be begun before what is put in is read.
    pub(super) fn begin(&self) -> Reading<'_> {
        Reading { memory: self, seen: Seen::begin(self.turns.clone()) }
    }

    /// A card, or that there is none.
    pub(super) fn card(&self, uri: &str) -> Option<Option<Arc<Card>>> {
        self.cards.get(uri).filter(|kept| kept.basis.holds()).map(|kept| kept.value.clone())
    }

    /// What a checkpoint proves, or that there is none of this size.
    pub(super) fn checkpoint(&self, size: i64) -> Option<Option<Timed>> {
        self.checkpoints.get(&size).filter(|kept| kept.basis.holds()).map(|kept| kept.value)
    }
}

impl Reading<'_> {
    pub(super) fn keep_card(&self, uri: &str, card: Option<Arc<Card>>, bytes: usize) {
        self.seen.note(Name::Thing(uri));
        let basis = self.seen.finish();
        let bytes = bytes + uri.len() + basis.bytes() + 200;
        self.memory.cards.insert(uri.to_owned(), Arc::new(Kept { value: card, basis, bytes }));
    }

    pub(super) fn keep_checkpoint(&self, size: i64, timed: Option<Timed>) {
        self.seen.note(Name::Checkpoint(size));
        let basis = self.seen.finish();
        self.memory.checkpoints.insert(size, Arc::new(Kept { value: timed, basis, bytes: 0 }));
    }
}
