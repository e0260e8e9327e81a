//! What is known of the entries taken in: who is who, what was found against an entry when it was logged, which
//! standing an organisation had at it, and what time it was. All of it follows from the records alone, and is in memory.

use std::collections::{BTreeMap, HashMap};

use nguon_ledger::{Authority, AuthorityFinding, Control, LedgerId, OrganisationId, Record};
use nguon_trace::lot::Standing;

use crate::rows;

/// See the module's words.
pub struct Known {
    /// Who is who.
    pub authority: Authority,
    /// What was found against an entry when it was logged; most have none.
    findings: HashMap<u64, Vec<AuthorityFinding>>,
    /// The standing that each organisation was given, by the entry that gave it.
    standings: HashMap<OrganisationId, BTreeMap<u64, Standing>>,
    /// Log time at each entry that changed it: (the epoch's entry, its time).
    epochs: BTreeMap<u64, i64>,
}

impl Known {
    /// Of no entry yet.
    pub(crate) fn new(ledger_id: LedgerId) -> Self {
        Self {
            authority: Authority::new(ledger_id),
            findings: HashMap::new(),
            standings: HashMap::new(),
            epochs: BTreeMap::new(),
        }
    }

    /// Counts an entry, and keeps what is to be remembered of it.
    pub(crate) fn note(&mut self, record: &Record, index: u64) {
        let found = self.authority.append(record, index);
        if !found.is_empty() {
            self.findings.insert(index, found);
        }
        if let Control::Standing { organisation, .. } = record.control() {
            let now = Standing(self.authority.standing(*organisation).0);
            self.standings.entry(*organisation).or_default().insert(index, now);
        }
        if let Some(epoch) = self.authority.newest_epoch()
            && epoch.index == index
        {
            self.epochs.insert(index, rows::signed(epoch.time_ms));
        }
    }

    /// What was found against an entry when it was logged.
    pub(crate) fn findings(&self, index: u64) -> &[AuthorityFinding] {
        self.findings.get(&index).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether an entry counts for nothing by what was found against it.
    pub(crate) fn is_void(&self, index: u64) -> bool {
        self.findings(index).iter().any(AuthorityFinding::is_void)
    }

    /// The standing that an organisation has at an entry.
    pub(crate) fn standing_at(&self, organisation: OrganisationId, index: u64) -> Standing {
        let given = self.standings.get(&organisation).and_then(|known| known.range(..=index).next_back());
        given.map_or(Standing::default(), |(_, standing)| *standing)
    }

    /// The entry of the newest epoch not after this one.
    pub(crate) fn epoch_at(&self, index: u64) -> Option<u64> {
        self.epochs.range(..=index).next_back().map(|(entry, _)| *entry)
    }

    /// Log time at an entry: the newest epoch not after it.
    pub(crate) fn time_at(&self, index: u64) -> i64 {
        self.epochs.range(..=index).next_back().map_or(0, |(_, time)| *time)
    }
}
