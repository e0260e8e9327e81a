//! Which scans are counted at all: a phone once a day, few phones of one network, not too many of one label. Decided before
//! anything waits for the database, so that who floods one label takes no place from the others.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::Scan;

/// Phones of one network that are counted for one label a day: a household, a shop's Wi-Fi.
const OF_ONE_NETWORK: u8 = 3;
/// Phones that are counted for one label a day: what they show is shown by then.
const OF_ONE_LABEL: u16 = 200;
/// Phones of a day that are remembered. Beyond it no new one is counted.
const REMEMBERED: usize = 1_000_000;

/// Today's phones by keyed hash, in memory only: after a restart a phone may be counted once more.
#[derive(Default)]
pub(super) struct Gate {
    hasher: RandomState,
    today: Mutex<Today>,
}

#[derive(Default)]
struct Today {
    day: String,
    phones: HashSet<u64>,
    networks: HashMap<u64, u8>,
    labels: HashMap<u64, u16>,
}

impl Gate {
    /// Whether a scan on this day is one to count. Where a phone says its place it must have been counted before.
    pub(super) fn lets(&self, scan: &Scan, day: &str) -> bool {
        let label = (scan.lot_uri.as_str(), scan.number);
        let phone = self.hasher.hash_one((label, &scan.network, &scan.agent));
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != day {
            *today = Today { day: day.to_owned(), ..Today::default() };
        }
        if scan.province.is_some() {
            return today.phones.contains(&phone);
        }
        if today.phones.contains(&phone) || today.phones.len() >= REMEMBERED {
            return false;
        }
        let network = self.hasher.hash_one((label, &scan.network));
        let of_network = today.networks.get(&network).copied().unwrap_or(0);
        let of_label = today.labels.get(&self.hasher.hash_one(label)).copied().unwrap_or(0);
        if of_network >= OF_ONE_NETWORK || of_label >= OF_ONE_LABEL {
            return false;
        }
        today.networks.insert(network, of_network + 1);
        today.labels.insert(self.hasher.hash_one(label), of_label + 1);
        today.phones.insert(phone);
        true
    }
}
