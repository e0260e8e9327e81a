//! Laws that hold over every history, tried on random ones.

use crate::history::{Log, Outcome, Signer, key, ledger, revoke};
use nguon_ledger::authority::{Authority, Key};
use nguon_ledger::{Act, Control, Draft, EventId, PublicKey, Record, Roles, Standing, next_key_digest};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One step of a random history. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    Event {
        phone: usize,
        act: u8,
    },
    /// Signs without sending: the next one leaves a gap.
    Forget {
        phone: usize,
    },
    Retry {
        entry: usize,
    },
    Fork {
        phone: usize,
        back: usize,
    },
    Delegate {
        phone: usize,
        roles: u16,
        not_after_ms: u64,
        by_admin: bool,
    },
    Revoke {
        phone: usize,
        last_good: Option<u64>,
    },
    Adopt {
        phone: usize,
    },
    Send {
        phone: usize,
    },
    Rotate {
        organisation: usize,
    },
    Standing {
        organisation: usize,
        bits: u16,
    },
    Epoch {
        time_ms: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (phone, organisation) = (0..6_usize, 0..2_usize);
    prop_oneof![
        6 => (phone.clone(), 1..=5_u8).prop_map(|(phone, act)| Step::Event { phone, act }),
        1 => phone.clone().prop_map(|phone| Step::Forget { phone }),
        2 => any::<usize>().prop_map(|entry| Step::Retry { entry }),
        2 => (phone.clone(), 0..4_usize).prop_map(|(phone, back)| Step::Fork { phone, back }),
        2 => (phone.clone(), 0..64_u16, 0..200_u64, any::<bool>()).prop_map(
            |(phone, roles, not_after_ms, by_admin)| Step::Delegate { phone, roles, not_after_ms, by_admin }
        ),
        1 => (phone.clone(), proptest::option::of(0..6_u64))
            .prop_map(|(phone, last_good)| Step::Revoke { phone, last_good }),
        2 => phone.clone().prop_map(|phone| Step::Adopt { phone }),
        2 => phone.prop_map(|phone| Step::Send { phone }),
        1 => organisation.clone().prop_map(|organisation| Step::Rotate { organisation }),
        1 => (organisation, prop_oneof![Just(0), Just(1), Just(5), Just(0x8001)])
            .prop_map(|(organisation, bits)| Step::Standing { organisation, bits }),
        1 => (0..200_u64).prop_map(|time_ms| Step::Epoch { time_ms }),
    ]
}

/// Two co-operatives with three phones each, and everything that the phones signed.
struct Province {
    log: Log,
    roots: Vec<Signer>,
    next_seeds: Vec<u64>,
    phones: Vec<Signer>,
    written: Vec<Vec<Record>>,
}

impl Province {
    fn new() -> Self {
        let mut log = Log::new();
        let mut roots = vec![log.co_operative(100), log.co_operative(200)];
        let roles = [Roles::DIARY | Roles::LOT, Roles::ALL, Roles::DIARY];
        let phones = (0..6).map(|i| log.phone(&mut roots[i / 3], 300 + i as u64, roles[i % 3])).collect();
        Self { log, roots, next_seeds: vec![101, 201], phones, written: vec![Vec::new(); 6] }
    }

    fn offer(&mut self, record: &Record) -> Outcome {
        let outcome = self.log.offer(record);
        // Whatever is logged as trunk answers a retry with itself, at once and free.
        if matches!(outcome, Outcome::Logged(_)) {
            let before = self.log.authority.clone();
            assert_eq!(self.log.offer(record), Outcome::Duplicate);
            assert_eq!(self.log.authority, before);
        }
        outcome
    }

    /// Offers a root's control record; a refused one is as if never signed.
    fn offer_by_root(&mut self, organisation: usize, control: Control) {
        let record = self.roots[organisation].draft(control).sign(&self.roots[organisation].key).unwrap();
        if matches!(self.offer(&record), Outcome::Logged(_)) {
            self.roots[organisation].last = Some(record);
        }
    }

    fn take(&mut self, step: &Step, note: u64) {
        match *step {
            Step::Event { phone, act } => {
                let record = self.phones[phone].event(Act::from_byte(act).unwrap(), note);
                self.written[phone].push(record.clone());
                self.offer(&record);
            }
            Step::Forget { phone } => {
                let record = self.phones[phone].diary(note);
                self.written[phone].push(record);
            }
            Step::Retry { entry } => {
                let (record, disputed) = self.log.entries[entry % self.log.entries.len()].clone();
                let expected = if disputed { Outcome::Conflict } else { Outcome::Duplicate };
                let outcome = self.log.offer(&record);
                let is_refused = disputed && matches!(outcome, Outcome::Refused(_));
                assert!(outcome == expected || is_refused, "{outcome:?}");
            }
            Step::Fork { phone, back } => {
                let written = &self.written[phone];
                let Some(at) = written.len().checked_sub(1 + back) else { return };
                let old = &written[at];
                let draft = Draft {
                    act: Some(Act::Diary),
                    seq: old.seq(),
                    prev: old.prev(),
                    device_time_ms: 1_000_000 + note,
                    ..self.phones[phone].draft(Control::Event)
                };
                let record = draft.sign(&self.phones[phone].key).unwrap();
                self.offer(&record);
            }
            Step::Delegate { phone, roles, not_after_ms, by_admin } => {
                let control = self.phones[phone].agree(Roles(roles), not_after_ms);
                if by_admin {
                    let admin = phone / 3 * 3 + 1;
                    let record = self.phones[admin].sign(control);
                    self.written[admin].push(record.clone());
                    self.offer(&record);
                } else {
                    self.offer_by_root(phone / 3, control);
                }
            }
            Step::Revoke { phone, last_good } => {
                self.offer_by_root(phone / 3, revoke(self.phones[phone].public(), last_good));
            }
            Step::Adopt { phone } => {
                let events: Vec<EventId> =
                    self.written[phone].iter().rev().take(3).map(Record::event_id).collect();
                if !events.is_empty() {
                    self.offer_by_root(phone / 3, Control::Adopt(events));
                }
            }
            Step::Send { phone } => {
                for record in self.written[phone].clone() {
                    self.offer(&record);
                }
            }
            Step::Rotate { organisation } => {
                let seed = self.next_seeds[organisation];
                let mut next = Signer::new(seed, self.roots[organisation].organisation);
                let record = next.sign(Control::Rotate { next: next_key_digest(&key(seed + 1).public()) });
                if matches!(self.offer(&record), Outcome::Logged(_)) {
                    self.roots[organisation] = next;
                    self.next_seeds[organisation] = seed + 1;
                }
            }
            Step::Standing { organisation, bits } => {
                self.log.set_standing(self.roots[organisation].organisation, Standing(bits));
            }
            Step::Epoch { time_ms } => {
                self.log.epoch(time_ms);
            }
        }
    }

    /// Every chain in the log is whole, and every author forked at most once.
    fn check_chains(&self) {
        let authors: BTreeSet<PublicKey> =
            self.log.entries.iter().map(|(record, _)| record.author()).collect();
        for author in authors {
            let of_author = || self.log.entries.iter().filter(|(record, _)| record.author() == author);
            let mut prev = EventId::ZERO;
            for (place, (record, _)) in of_author().filter(|(_, disputed)| !disputed).enumerate() {
                assert_eq!((record.seq(), record.prev()), (place as u64, prev));
                prev = record.event_id();
            }
            assert_eq!(self.log.authority.head(&author).unwrap().event, prev);
            let disputed = of_author().filter(|(_, disputed)| *disputed).count();
            let forked = self.log.authority.key(&author).unwrap().fork.is_some();
            assert_eq!(disputed, usize::from(forked));
        }
    }

    /// The state rebuilt as a store does it, from control records and chain heads.
    fn restored(&self) -> Authority {
        let mut authority = Authority::new(ledger());
        for (index, (record, disputed)) in (0..).zip(&self.log.entries) {
            if record.act().is_none() {
                authority.restore(record, index, *disputed);
            }
        }
        for (record, disputed) in &self.log.entries {
            if !disputed {
                authority.restore_head(&record.author(), record.seq(), record.event_id());
            }
        }
        authority
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_offered_the_log_stays_whole(steps in proptest::collection::vec(step(), 1..60)) {
        let mut province = Province::new();
        for (note, step) in (1..).zip(&steps) {
            province.take(step, note);
        }
        province.check_chains();
        prop_assert_eq!(province.restored(), province.log.authority.clone());
    }

    #[test]
    fn the_order_of_strangers_does_not_change_a_chain(
        events in proptest::collection::vec((0..6_usize, 1..=5_u8), 1..40),
        priorities in proptest::collection::vec(any::<u32>(), 40),
    ) {
        let mut province = Province::new();
        let records: Vec<Record> = (1..)
            .zip(&events)
            .map(|(note, (phone, act))| province.phones[*phone].event(Act::from_byte(*act).unwrap(), note))
            .collect();
        // Another order that keeps each phone's own.
        let mut other: Vec<(u32, usize)> = Vec::new();
        for (i, (phone, _)) in events.iter().enumerate() {
            let before = other.iter().filter(|(_, j)| events[*j].0 == *phone).map(|(p, _)| *p).max();
            other.push((priorities[i].max(before.unwrap_or(0)), i));
        }
        other.sort_by_key(|(priority, i)| (*priority, *i));

        let mut there = Province::new();
        for record in &records {
            prop_assert!(matches!(province.offer(record), Outcome::Logged(_)));
        }
        for (_, i) in other {
            prop_assert!(matches!(there.offer(&records[i]), Outcome::Logged(_)));
        }
        let keys = |province: &Province| -> Vec<(PublicKey, Key)> {
            province.log.authority.keys().map(|(public, key)| (public, *key)).collect()
        };
        prop_assert_eq!(keys(&province), keys(&there));
    }
}
