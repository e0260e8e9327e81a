//! How many reports are taken: from one network, about one lot, and in all.
//!
//! A network comes as the caller names it (the web's is a /24 or /48: an address is a person's, and a whole block is cheap to a
//! machine). It is known as a keyed hash under a key of this process, in memory only: nobody can read from it who reported.
//!
//! Each count is the generic cell rate algorithm (ITU-T I.371, annex A): a key's number is the moment at which all that it
//! used is given back. At most [`KEYS_MAX`] keys are known; beyond it new ones share one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What there was too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Reports from one network.
    Network,
    /// Reports about one lot.
    Lot,
    /// Reports.
    All,
}

/// Keys of one count.
const KEYS_MAX: usize = 20_000;
/// The key of those who found no room.
const SHARED: u64 = 0;

/// `burst` at once, and one more each `every_ms`.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: i64,
    every_ms: i64,
}

/// Forms sent from a network, good or bad: each is read, up to its eight megabytes.
const KNOCKS: Rate = Rate { burst: 40, every_ms: 15_000 };
/// Mobile networks hide thousands of telephones behind one block.
const NETWORK: Rate = Rate { burst: 10, every_ms: 120_000 };
const LOT: Rate = Rate { burst: 20, every_ms: 180_000 };
/// 4,300 a day, less than a gigabyte if each has a photograph.
const ALL: Rate = Rate { burst: 200, every_ms: 20_000 };

struct Count {
    rate: Rate,
    /// When each key is as if it had never come.
    free_at_ms: HashMap<u64, i64>,
}

impl Count {
    fn new(rate: Rate) -> Self {
        Self { rate, free_at_ms: HashMap::new() }
    }

    fn room(&mut self, key: u64, now_ms: i64) -> u64 {
        if self.free_at_ms.len() >= KEYS_MAX && !self.free_at_ms.contains_key(&key) {
            self.free_at_ms.retain(|_, free| *free > now_ms);
            if self.free_at_ms.len() >= KEYS_MAX {
                return SHARED;
            }
        }
        key
    }

    /// Milliseconds until one more is taken; none to wait is 0.
    fn wait_ms(&self, key: u64, now_ms: i64) -> i64 {
        let free = self.free_at_ms.get(&key).copied().unwrap_or(now_ms);
        (free - now_ms - (self.rate.burst - 1) * self.rate.every_ms).max(0)
    }

    fn use_one(&mut self, key: u64, now_ms: i64) {
        let free = self.free_at_ms.entry(key).or_insert(now_ms);
        *free = (*free).max(now_ms) + self.rate.every_ms;
    }
}

/// All counts.
pub(super) struct Limits(Mutex<Counts>);

struct Counts {
    knocks: Count,
    network: Count,
    lot: Count,
    all: Count,
}

impl Default for Limits {
    fn default() -> Self {
        let [knocks, network, lot, all] = [KNOCKS, NETWORK, LOT, ALL].map(Count::new);
        Self(Mutex::new(Counts { knocks, network, lot, all }))
    }
}

impl Limits {
    /// Counts somebody who sends a form; answers seconds to wait.
    pub(super) fn knock(&self, network: u64, now_ms: i64) -> Result<(), u32> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let network = counts.knocks.room(network, now_ms);
        match counts.knocks.wait_ms(network, now_ms) {
            0 => {
                counts.knocks.use_one(network, now_ms);
                Ok(())
            }
            wait => Err(seconds(wait)),
        }
    }

    /// Counts a report in all three ways, or in none.
    pub(super) fn take(&self, network: u64, lot: u64, now_ms: i64) -> Result<(), (Whose, u32)> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let network = counts.network.room(network, now_ms);
        let lot = counts.lot.room(lot, now_ms);
        for (whose, wait) in [
            (Whose::Network, counts.network.wait_ms(network, now_ms)),
            (Whose::Lot, counts.lot.wait_ms(lot, now_ms)),
            (Whose::All, counts.all.wait_ms(SHARED, now_ms)),
        ] {
            if wait > 0 {
                return Err((whose, seconds(wait)));
            }
        }
        counts.network.use_one(network, now_ms);
        counts.lot.use_one(lot, now_ms);
        counts.all.use_one(SHARED, now_ms);
        Ok(())
    }
}

fn seconds(ms: i64) -> u32 {
    u32::try_from((ms + 999) / 1000).unwrap_or(u32::MAX)
}

/// The key of anything that is counted.
pub(super) fn key(secret: &[u8; 32], of: &[u8]) -> u64 {
    let hash = blake3::keyed_hash(&blake3::derive_key("nguon 2026-11 report limits", secret), of);
    let mut bits = [0; 8];
    bits.copy_from_slice(&hash.as_bytes()[..8]);
    // The shared key is nobody's own.
    u64::from_be_bytes(bits).max(SHARED + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_776_387_600_000;

    #[test]
    fn a_burst_is_taken_and_then_one_by_one() {
        let limits = Limits::default();
        for n in 0..10 {
            assert_eq!(limits.take(1, 100 + n, NOW), Ok(()), "{n}");
        }
        assert_eq!(limits.take(1, 99, NOW), Err((Whose::Network, 120)));
        assert_eq!(limits.take(2, 99, NOW), Ok(()), "another network is not held back");
        assert_eq!(limits.take(1, 99, NOW + 119_999), Err((Whose::Network, 1)));
        assert_eq!(limits.take(1, 99, NOW + 120_000), Ok(()));
        assert_eq!(limits.take(1, 99, NOW + 120_001), Err((Whose::Network, 120)));
        let rested = NOW + 86_400_000;
        assert!((0..10).all(|n| limits.take(1, 200 + n, rested).is_ok()), "all is given back");
    }

    #[test]
    fn a_thousand_networks_against_one_lot_get_twenty_reports_in_and_against_all_two_hundred() {
        let limits = Limits::default();
        let taken = (1..=1_000).filter(|network| limits.take(*network, 7, NOW).is_ok()).count();
        assert_eq!(taken, 20);
        assert_eq!(limits.take(5_000, 7, NOW), Err((Whose::Lot, 180)));
        let taken = (1..=1_000).filter(|n| limits.take(10_000 + *n, 10_000 + *n, NOW).is_ok()).count();
        assert_eq!(taken, 180, "two hundred with those before");
        assert!(matches!(limits.take(9_999, 9_999, NOW), Err((Whose::All, 20))));
    }

    #[test]
    fn what_is_refused_costs_nothing_more() {
        let limits = Limits::default();
        for n in 0..10 {
            limits.take(1, n + 1, NOW).unwrap();
        }
        for _ in 0..1_000 {
            assert!(limits.take(1, 1, NOW).is_err());
        }
        assert_eq!(limits.take(1, 1, NOW + 120_000), Ok(()), "knocking on does not make the wait longer");
    }

    #[test]
    fn memory_is_bounded_and_who_finds_no_room_shares() {
        let mut count = Count::new(NETWORK);
        for key in 1..=50_000 {
            let key = count.room(key, NOW);
            count.use_one(key, NOW);
        }
        assert!(count.free_at_ms.len() <= KEYS_MAX + 1);
        let key = count.room(99_999, NOW);
        assert_eq!(key, SHARED);
        assert!(count.wait_ms(key, NOW) > 0);
        let later = NOW + NETWORK.every_ms;
        assert_eq!(count.room(99_999, later), 99_999, "those whose time is over make room");
    }

    #[test]
    fn a_key_says_nothing_to_another_process() {
        assert_eq!(key(&[1; 32], b"192.0.2.0"), key(&[1; 32], b"192.0.2.0"));
        assert_ne!(key(&[1; 32], b"192.0.2.0"), key(&[1; 32], b"192.0.3.0"));
        assert_ne!(key(&[1; 32], b"192.0.2.0"), key(&[2; 32], b"192.0.2.0"));
    }
}
