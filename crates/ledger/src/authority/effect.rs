//! What a logged record changes.

use super::{
    Authority, AuthorityFinding, Epoch, Fork, Head, Key, LogKey, Organisation, OwedEvidence, Revocation,
    Rights,
};
use crate::control::{Control, Delegation, Roles, Standing};
use crate::hash::{EventId, NextKeyDigest, OrganisationId, PublicKey};
use crate::record::{Act, Kind, Record};

impl Authority {
    /// The record becomes entry `index`: its effects, and what must be said of it. Refuses nothing: it is for records
    /// that [`Authority::admit`] answered with append or dispute.
    ///
    /// After a disputed record, the operator's evidence must be the next one appended; see
    /// [`Authority::owed_evidence`].
    pub fn append(&mut self, record: &Record, index: u64) -> Vec<AuthorityFinding> {
        let disputed = self.head(&record.author()).is_some_and(|head| record.seq() <= head.seq);
        self.apply(record, index, disputed)
    }

    /// Takes back the effects of an entry without those between: for a start from a store, which gives every control
    /// record in the order of the log, and whether it was logged as disputed. Event records change nothing but
    /// chain heads, so [`Authority::restore_head`] stands for them.
    pub fn restore(&mut self, record: &Record, index: u64, disputed: bool) {
        self.apply(record, index, disputed);
    }

    /// Moves the head of a chain up to this record. For a start from a store; after the control records.
    pub fn restore_head(&mut self, author: &PublicKey, seq: u64, event: EventId) {
        if let Some(key) = self.keys.get_mut(author)
            && key.head.is_none_or(|head| head.seq < seq)
        {
            key.head = Some(Head { seq, event });
        }
    }

    fn apply(&mut self, record: &Record, index: u64, disputed: bool) -> Vec<AuthorityFinding> {
        let author = record.author();
        if record.kind() == Kind::Genesis && !self.keys.contains_key(&author) {
            self.found(record, index);
            return Vec::new();
        }
        if self.is_committed_next(record) && !self.keys.contains_key(&author) {
            self.enrol(author, record.organisation(), Rights::Root, index);
        }
        let Some(key) = self.keys.get_mut(&author).filter(|key| key.organisation == record.organisation())
        else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        if disputed {
            findings.push(AuthorityFinding::Disputed);
            if key.fork.is_none() {
                self.owed_evidence = Some(OwedEvidence { author, other: record.event_id() });
            }
        } else {
            key.head = Some(Head { seq: record.seq(), event: record.event_id() });
        }
        let key = *key;
        let was_held = key.is_doubted(record.seq()) || key.fork.is_some_and(|fork| fork.frozen);
        if !disputed && was_held && self.is_adopted(key.organisation, record.event_id()) {
            findings.push(AuthorityFinding::Adopted);
        }
        if key.is_expired(self.newest_epoch) {
            findings.push(AuthorityFinding::KeyExpired);
        }
        match record.act() {
            Some(act) => self.judge_act(&key, act, &mut findings),
            None if disputed => {}
            None => match self.take_effect(record, &key, index) {
                Ok(None) => {}
                Ok(Some(finding)) | Err(finding) => findings.push(finding),
            },
        }
        findings
    }

    fn found(&mut self, record: &Record, index: u64) {
        let Control::Genesis { next } = *record.control() else { return };
        let organisation = record.belongs_to();
        self.operator.get_or_insert(organisation);
        self.organisations.insert(
            organisation,
            Organisation { root: record.author(), next, standing: Standing(0), since: index },
        );
        self.enrol(record.author(), organisation, Rights::Root, index);
        self.restore_head(&record.author(), record.seq(), record.event_id());
    }

    fn enrol(&mut self, key: PublicKey, organisation: OrganisationId, rights: Rights, index: u64) {
        let enrolled = Key { organisation, rights, since: index, revoked: None, fork: None, head: None };
        self.keys.insert(key, enrolled);
    }

    fn judge_act(&self, key: &Key, act: Act, findings: &mut Vec<AuthorityFinding>) {
        let needs = Roles::for_act(act);
        if !key.roles().contains(needs) {
            findings.push(AuthorityFinding::RoleLacking { needs });
        }
        let standing = self.standing(key.organisation);
        if act == Act::Inspection && !standing.contains(Standing::INSPECTOR) {
            findings.push(AuthorityFinding::StandingLacking);
        }
        if standing.0 & !Standing::SUSPENDED.0 == 0 {
            findings.push(AuthorityFinding::NotRecognised);
        }
    }

    /// The effect of a control record by `key`. An error says why it had none.
    fn take_effect(
        &mut self,
        record: &Record,
        key: &Key,
        index: u64,
    ) -> Result<Option<AuthorityFinding>, AuthorityFinding> {
        let administers = key.roles().contains(Roles::ADMIN) && !key.is_expired(self.newest_epoch);
        let operates = administers && self.operator == Some(key.organisation);
        let may = match record.kind() {
            Kind::Delegate | Kind::Revoke | Kind::Adopt => administers,
            Kind::ForkEvidence | Kind::ErasureNotice | Kind::Epoch | Kind::Standing | Kind::NextLogKey => {
                operates
            }
            Kind::Rotate => {
                self.is_committed_next(record) && key.revoked.is_none() && key.rights != Rights::FormerRoot
            }
            // A second genesis of one key is refused at the door.
            Kind::Genesis | Kind::Event => false,
        };
        if !may {
            return Err(AuthorityFinding::NotAuthorised);
        }
        match record.control() {
            Control::Delegate(delegation) => self.delegate(key, delegation, index)?,
            Control::Revoke { key: target, last_good, reason } => {
                let revocation = Revocation { index, last_good: *last_good, reason: *reason };
                return self.revoke(key, target, revocation);
            }
            Control::Rotate { next } => self.rotate(record.author(), key.organisation, *next, index),
            Control::Adopt(events) => {
                self.adopted.extend(events.iter().map(|event| (key.organisation, *event)));
            }
            Control::ForkEvidence { author, first, other } => {
                let (first, other) = (*first, *other);
                self.owed_evidence.take_if(|owed| owed.author == *author && owed.other == other);
                let forked = self.keys.get_mut(author).ok_or(AuthorityFinding::TargetUnknown)?;
                forked.fork.get_or_insert(Fork { first, other, frozen: true });
                return Ok(Some(AuthorityFinding::Forked { first, other }));
            }
            Control::ErasureNotice { event, section, .. } => {
                self.erased.insert((*event, *section));
            }
            Control::Epoch { time_ms, size, map_root } => {
                if self.newest_epoch.is_some_and(|newest| *time_ms < newest.time_ms) {
                    return Err(AuthorityFinding::EpochBackwards);
                }
                if *size != index {
                    return Err(AuthorityFinding::EpochSize { size: *size, index });
                }
                self.newest_epoch = Some(Epoch { index, time_ms: *time_ms, map_root: *map_root });
            }
            Control::Standing { organisation, bits, .. } => {
                let known =
                    self.organisations.get_mut(organisation).ok_or(AuthorityFinding::TargetUnknown)?;
                known.standing = *bits;
            }
            Control::NextLogKey(next) => {
                next.check_enrolment().map_err(AuthorityFinding::WeakKey)?;
                self.log_keys.push(LogKey { index, key: *next });
            }
            Control::Event | Control::Genesis { .. } => {}
        }
        Ok(None)
    }

    fn delegate(&mut self, by: &Key, delegation: &Delegation, index: u64) -> Result<(), AuthorityFinding> {
        let Delegation { device, roles, flags, not_after_ms, .. } = *delegation;
        let known = self.keys.get(&device);
        let touches_admin =
            roles.contains(Roles::ADMIN) || known.is_some_and(|key| key.roles().contains(Roles::ADMIN));
        if touches_admin && by.rights != Rights::Root {
            return Err(AuthorityFinding::NotAuthorised);
        }
        if let Some(key) = known {
            check_target(by, key)?;
            if key.revoked.is_some() {
                return Err(AuthorityFinding::KeyEnded);
            }
        }
        delegation.verify_possession(self.ledger, by.organisation)?;
        let rights = Rights::Delegated { roles, flags, not_after_ms };
        match self.keys.get_mut(&device) {
            Some(key) => {
                key.rights = rights;
                key.since = index;
                if let Some(fork) = &mut key.fork {
                    fork.frozen = false;
                }
            }
            None => self.enrol(device, by.organisation, rights, index),
        }
        Ok(())
    }

    fn revoke(
        &mut self,
        by: &Key,
        target: &PublicKey,
        revocation: Revocation,
    ) -> Result<Option<AuthorityFinding>, AuthorityFinding> {
        let key = self.keys.get_mut(target).ok_or(AuthorityFinding::TargetUnknown)?;
        if key.roles().contains(Roles::ADMIN)
            && key.organisation == by.organisation
            && by.rights != Rights::Root
        {
            return Err(AuthorityFinding::NotAuthorised);
        }
        check_target(by, key)?;
        // "None of it" lies below every place, as `None` lies below every `Some`.
        if key.revoked.is_some_and(|earlier| earlier.last_good <= revocation.last_good) {
            return Err(AuthorityFinding::KeyEnded);
        }
        key.revoked = Some(revocation);
        let from = revocation.last_good.map_or(0, |last_good| last_good.saturating_add(1));
        Ok(key
            .head
            .filter(|head| from <= head.seq)
            .map(|head| AuthorityFinding::AfterRevocation { from, to: head.seq }))
    }

    fn rotate(&mut self, author: PublicKey, id: OrganisationId, next: NextKeyDigest, index: u64) {
        let Some(organisation) = self.organisations.get_mut(&id) else { return };
        let former = std::mem::replace(&mut organisation.root, author);
        organisation.next = next;
        for (public, rights) in [(former, Rights::FormerRoot), (author, Rights::Root)] {
            if let Some(key) = self.keys.get_mut(&public) {
                key.rights = rights;
                key.since = index;
            }
        }
    }
}

/// Whether `by` may give or take rights of this known key at all.
fn check_target(by: &Key, target: &Key) -> Result<(), AuthorityFinding> {
    if target.organisation != by.organisation {
        return Err(AuthorityFinding::KeyOfAnotherOrganisation);
    }
    match target.rights {
        Rights::Root => Err(AuthorityFinding::KeyIsRoot),
        Rights::FormerRoot => Err(AuthorityFinding::KeyEnded),
        Rights::Delegated { .. } => Ok(()),
    }
}
