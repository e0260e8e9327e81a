//! What a page was made of, and whether any of it changed since: by this a kept copy is known to be as good as a new one.
//!
//! Whatever a question reads has a [`Name`]. The one who asks may carry a [`Seen`], which collects the names of all
//! that was looked at, and of what was looked for and not there. Whoever changes something says its name to [`Turns`]
//! **after** the change is committed and **before** it is told to anybody ([`crate::Service::settle`]). So
//!
//! ```text
//! begun = turns.now()  ─▶  read  ─▶  answer
//! the answer is as good as a new one  ⇔  no name it read changed in a turn after `begun`
//! ```
//!
//! A change that commits while the answer is being made comes in a later turn than `begun`, so the answer does not count
//! as good, be it that it read the old, the new, or some of both.
//!
//! Turns keep no names. Each name has a place in a table of fixed size, by a keyed hash, and the table says in which turn
//! something at that place last changed. Two names at one place cost a page that is made again for nothing, and never a
//! page that is wrong.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Places of the table: 2 MiB. A storm changes about two thousand names a transaction; a page reads about fifty.
const PLACES: usize = 1 << 18;

/// Something that a question reads and that can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name<'a> {
    /// A thing's row, by its URI.
    Thing(&'a str),
    /// Which things of this kind there are.
    Kind(&'a str),
    /// Which things of this kind an organisation has.
    KindOf(&'a [u8], &'a str),
    /// What another name stands for.
    Alias(&'a str),
    /// Which listings draw on a lot.
    ListingsOf(&'a str),
    /// An organisation's standing and keys.
    Organisation(&'a [u8]),
    /// Which organisations there are.
    Organisations,
    /// The checkpoint of a size, with its cosignatures.
    Checkpoint(i64),
    /// Which checkpoint is the newest.
    NewestCheckpoint,
    /// The day of log time: papers are judged by it.
    LogDay,
    /// Anything at all: what was read has no name of its own.
    Everything,
}

/// When what changed.
pub struct Turns {
    hasher: RandomState,
    now: AtomicU64,
    places: Box<[AtomicU64]>,
    changing: Mutex<()>,
}

impl Default for Turns {
    fn default() -> Self {
        let places = (0..PLACES).map(|_| AtomicU64::new(0)).collect();
        // The hash is keyed: nobody can choose names that meet at one place.
        Self { hasher: RandomState::new(), now: AtomicU64::new(0), places, changing: Mutex::new(()) }
    }
}

impl Turns {
    /// The turn that is complete.
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Acquire)
    }

    fn place(&self, name: Name<'_>) -> u32 {
        let place = self.hasher.hash_one(name) % (PLACES as u64);
        u32::try_from(place).unwrap_or(0)
    }

    /// Says that these changed. They are committed.
    pub(crate) fn changed<'a>(&self, names: impl IntoIterator<Item = Name<'a>>) {
        let _mine = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.now.load(Ordering::Relaxed) + 1;
        for name in names.into_iter().chain([Name::Everything]) {
            if let Some(place) = self.places.get(self.place(name) as usize) {
                place.store(turn, Ordering::Release);
            }
        }
        // Last: who sees this turn sees all its places.
        self.now.store(turn, Ordering::Release);
    }

    /// Says that anything may have changed.
    pub(crate) fn all_changed(&self) {
        let _mine = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.now.load(Ordering::Relaxed) + 1;
        for place in &self.places {
            place.store(turn, Ordering::Release);
        }
        self.now.store(turn, Ordering::Release);
    }

    fn is_untouched(&self, places: &[u32], since: u64) -> bool {
        places.iter().all(|place| {
            let place = self.places.get(*place as usize);
            place.is_none_or(|place| place.load(Ordering::Acquire) <= since)
        })
    }
}

/// Collects what is read while an answer is made.
pub struct Seen {
    turns: std::sync::Arc<Turns>,
    begun: u64,
    places: Mutex<Vec<u32>>,
}

impl Seen {
    /// Begins; everything that is noted is read after this.
    pub fn begin(turns: std::sync::Arc<Turns>) -> Self {
        let begun = turns.now();
        Self { turns, begun, places: Mutex::new(Vec::with_capacity(64)) }
    }

    /// Notes a name. It does not matter whether before or after it is read.
    pub fn note(&self, name: Name<'_>) {
        let place = self.turns.place(name);
        self.places.lock().unwrap_or_else(PoisonError::into_inner).push(place);
    }

    /// What was read, for good.
    pub fn finish(&self) -> Basis {
        let mut places = std::mem::take(&mut *self.places.lock().unwrap_or_else(PoisonError::into_inner));
        places.sort_unstable();
        places.dedup();
        Basis {
            turns: self.turns.clone(),
            begun: self.begun,
            checked: AtomicU64::new(self.begun),
            places: places.into(),
        }
    }
}

/// What an answer was made of.
pub struct Basis {
    turns: std::sync::Arc<Turns>,
    begun: u64,
    /// The newest turn up to which nothing of it had changed: in quiet times one look is enough.
    checked: AtomicU64,
    places: Box<[u32]>,
}

impl Basis {
    /// Whether nothing of it changed.
    pub fn holds(&self) -> bool {
        let now = self.turns.now();
        if now == self.checked.load(Ordering::Relaxed) {
            return true;
        }
        let holds = self.turns.is_untouched(&self.places, self.begun);
        if holds {
            self.checked.fetch_max(now, Ordering::Relaxed);
        }
        holds
    }

    /// Bytes that it takes in memory, about.
    pub fn bytes(&self) -> usize {
        std::mem::size_of::<Self>() + self.places.len() * 4
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn an_answer_holds_until_something_that_it_read_changes() {
        let turns = Arc::new(Turns::default());
        let made_of = |names: &[Name<'_>]| {
            let seen = Seen::begin(turns.clone());
            names.iter().for_each(|name| seen.note(*name));
            seen.finish()
        };
        let lot = made_of(&[Name::Thing("lot"), Name::ListingsOf("lot")]);
        let other = made_of(&[Name::Thing("other"), Name::Everything]);
        assert!(lot.holds() && other.holds());
        turns.changed([Name::Thing("plot")]);
        assert!(lot.holds(), "nothing of it");
        assert!(!other.holds(), "what has no name of its own hangs on everything");
        turns.changed([Name::Alias("lot"), Name::Kind("lot")]);
        assert!(lot.holds(), "an alias is not the thing of the same spelling");
        turns.changed([Name::ListingsOf("lot")]);
        assert!(!lot.holds() && !lot.holds());
        let again = made_of(&[Name::Thing("lot")]);
        assert!(again.holds());
        turns.all_changed();
        assert!(!again.holds());
    }

    #[test]
    fn what_changes_while_an_answer_is_made_is_not_missed() {
        let turns = Arc::new(Turns::default());
        let seen = Seen::begin(turns.clone());
        seen.note(Name::Thing("lot"));
        turns.changed([Name::Thing("lot")]);
        seen.note(Name::Thing("card"));
        assert!(!seen.finish().holds());
    }
}
